/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_GROW_H
#define EV_LAKE_GROW_H

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

/*
 * An array of at least twice *cap elements of this size, with the contents of v, which is gone
 * then; *cap is brought up to date. NULL when there is no memory: e says so, and v is as it was.
 */
static inline void *
ev_grow(void *v, size_t *cap, size_t size, struct ev_err *e)
{
	size_t want = *cap == 0 ? 64 : 2 * *cap;
	void *p = want <= SIZE_MAX / size ? realloc(v, want * size) : NULL;

	if (p == NULL)
		ev_fail_mem(e);
	else
		*cap = want;
	return p;
}

#endif
