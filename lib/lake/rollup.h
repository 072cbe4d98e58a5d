/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_ROLLUP_H
#define EV_LAKE_ROLLUP_H

#include "base/err.h"
#include "lake/catalog.h"

/* Roll-ups while they are made: a hash table. A zeroed one is empty. */
struct ev_rolls {
	struct ev_rollup *v; /* owned */
	size_t n, cap;
	uint32_t *slot; /* owned; number + 1 */
	size_t slots;   /* a power of two, at least twice n */
};

/* One more event of this hour and type. */
enum ev_code ev_rolls_add(
    struct ev_rolls *r, int64_t hour, uint32_t type, struct ev_err *e) EV_MUST;
void ev_rolls_fini(struct ev_rolls *r);

#endif
