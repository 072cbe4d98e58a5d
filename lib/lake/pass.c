/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/hash.h"
#include "lake/catalog.h"
#include "lake/lake.h"

enum ev_code
ev_lake_seq(struct ev_lake *l, int64_t *seq, struct ev_err *e)
{
	return ev_catalog_seq(l->catalog, seq, e);
}

enum ev_code
ev_lake_set(struct ev_lake *l, int64_t after, int64_t upto, uint64_t *set, struct ev_err *e)
{
	const struct ev_seg_filter f = { .state = EV_LIVE, .after = after };
	struct ev_segs segs;
	struct ev_hasher h;
	enum ev_code rc;

	if ((rc = ev_catalog_segs(l->catalog, &f, &segs, e)) != EV_OK)
		return rc;
	if ((rc = ev_hasher_init(&h, e)) == EV_OK) {
		for (size_t i = 0; i < segs.n; i++)
			if (segs.v[i].seq <= upto)
				ev_hasher_add(&h, segs.v[i].ulid, strlen(segs.v[i].ulid));
		*set = ev_hasher_sum(&h);
		ev_hasher_fini(&h);
	}
	free(segs.v);
	return rc;
}
