/* SPDX-License-Identifier: MIT */
#ifndef EV_UNIQUE_H
#define EV_UNIQUE_H

#include "state/store.h"

/*
 * Which keys were seen. A key that an earlier run saw under the same EVHUB_BATCH is fresh again,
 * once per run, so that a batch sent again is not swallowed by its own first try. Bounded by the
 * window and the store's rows; what is forgotten is fresh again.
 */
struct ev_unique {
	struct ev_store *store; /* borrowed */
	struct ev_stmt find, add, again, drop, expire, cut;
	int64_t window; /* ms that a key is remembered; -1: until rows run out */
};

/* store outlives u's use, u outlives store: ev_store_close frees the statements. */
void ev_unique_init(struct ev_unique *u, struct ev_store *store, int64_t window);

/* *fresh: v was not seen, and is from now on. A value that is absent or null is always fresh. */
enum ev_code ev_unique_see(struct ev_unique *u, const struct ev_val *v, int64_t now, bool *fresh,
    struct ev_err *e) EV_MUST;

/* Forgets what is beyond the bounds. Before a commit. */
enum ev_code ev_unique_prune(struct ev_unique *u, int64_t now, struct ev_err *e) EV_MUST;

#endif
