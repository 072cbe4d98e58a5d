/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_GROUPS_H
#define EV_LAKE_GROUPS_H

#include "lake/lake.h"

/* Groups of a count while they are made: a hash table over their keys. A zeroed one is empty. */
struct ev_groups {
	struct ev_count_group *v; /* owned, with the bytes of their keys */
	size_t n, cap;
	uint32_t *slot; /* owned; number + 1 */
	size_t slots;   /* a power of two, at least twice n */
};

/* Adds n to the group with this key of bys values; the bytes are copied. EV_SYS past EV_GROUPS. */
enum ev_code ev_groups_add(struct ev_groups *g, const struct ev_slice *key, size_t bys, uint64_t n,
    struct ev_err *e) EV_MUST;
/* By the bytes of the keys. Nothing may be added afterwards. */
void ev_groups_sort(struct ev_groups *g, size_t bys);
void ev_groups_fini(struct ev_groups *g);

#endif
