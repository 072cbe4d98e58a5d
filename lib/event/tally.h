/* SPDX-License-Identifier: MIT */
#ifndef EV_TALLY_H
#define EV_TALLY_H

#include <stdint.h>

#include "event/event.h"

/* How many events there are of each type, and the times of the first and the last. */
enum { EV_TALLY_MAX = 65536 }; /* different types */

struct ev_tally_row {
	char *type; /* owned, unescaped, n bytes; NULL: no type, or one that is no string */
	size_t n;
	uint64_t hash, events;
	bool timed; /* first and last are set */
	int64_t first, last;
};

struct ev_tally {
	struct ev_tally_row *row; /* owned; after ev_tally_sort by name, without type first */
	size_t n, cap;
	uint32_t *slot; /* owned; row number + 1 by hash, 0: free; twice cap of them */
};

/* Any zeroed struct ev_tally is an empty one. */

/* type: a captured value. ms: NULL for an event without a time. EV_SYS past EV_TALLY_MAX. */
enum ev_code ev_tally_add(
    struct ev_tally *t, const struct ev_val *type, const int64_t *ms, struct ev_err *e) EV_MUST;

/* By the bytes of the name. Nothing may be added afterwards. */
void ev_tally_sort(struct ev_tally *t);

void ev_tally_fini(struct ev_tally *t);

#endif
