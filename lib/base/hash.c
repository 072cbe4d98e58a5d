/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <xxhash.h>

uint64_t
ev_xxh3(const void *p, size_t n)
{
	return XXH3_64bits(p, n);
}

enum ev_code
ev_hasher_init(struct ev_hasher *h, struct ev_err *e)
{
	h->state = XXH3_createState();
	if (h->state == NULL)
		return ev_fail_mem(e);
	(void)XXH3_64bits_reset(h->state); /* fails for NULL alone, as does update */
	return EV_OK;
}

void
ev_hasher_add(struct ev_hasher *h, const void *p, size_t n)
{
	if (n != 0)
		(void)XXH3_64bits_update(h->state, p, n);
}

uint64_t
ev_hasher_sum(const struct ev_hasher *h)
{
	return XXH3_64bits_digest(h->state);
}

void
ev_hasher_fini(struct ev_hasher *h)
{
	(void)XXH3_freeState(h->state);
	h->state = NULL;
}
