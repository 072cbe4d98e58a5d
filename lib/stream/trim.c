/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "stream/segment.h"

/* The bytes of the segments in the list. */
static enum ev_code
add_sizes(struct ev_stream *s, uint32_t shard, const uint64_t *list, size_t n, uint64_t *bytes,
    struct ev_err *e)
{
	char path[EV_SEG_PATH];
	struct stat st;

	for (size_t i = 0; i < n; i++) {
		ev_seg_path(path, shard, list[i], ".ndjson");
		if (fstatat(s->dir, path, &st, 0) == 0)
			*bytes += (uint64_t)st.st_size;
		else if (errno != ENOENT)
			return ev_fail_sys(e, "cannot look at %s", path);
	}
	return EV_OK;
}

enum ev_code
ev_shard_trim(struct ev_stream *s, uint32_t shard, uint64_t seq, bool dry, uint64_t *segments,
    uint64_t *bytes, uint64_t *first, struct ev_err *e)
{
	uint64_t *list;
	size_t n, gone = 0;
	enum ev_code rc;

	*segments = *bytes = *first = 0;
	if ((rc = ev_seg_list(s, shard, &list, &n, e)) != EV_OK)
		return rc;
	while (gone + 1 < n && list[gone + 1] <= seq)
		gone++;
	*first = n > 0 ? list[gone] : 0;
	*segments = gone;
	rc = add_sizes(s, shard, list, gone, bytes, e);
	if (rc == EV_OK && !dry)
		rc = ev_seg_remove(s, shard, list, gone, e);
	free(list);
	return rc;
}
