/* SPDX-License-Identifier: MIT */
#ifndef EV_NEWER_H
#define EV_NEWER_H

#include "state/store.h"

/*
 * The newest event seen per key, by (timestamp, id), so that what is older is dropped, in whatever
 * order it comes. A batch that is sent again under the same EVHUB_BATCH is judged as the first
 * time. Bounded by the store's rows; the keys that changed longest ago are forgotten first.
 */
struct ev_newer {
	struct ev_store *store; /* borrowed */
	struct ev_stmt find, put, cut;
};

/* store outlives w's use, w outlives store: ev_store_close frees the statements. */
void ev_newer_init(struct ev_newer *w, struct ev_store *store);

/*
 * *pass: no newer event of this key was seen; the same event again passes. Without a key or an
 * integer for a timestamp it cannot be called old, and passes; without an id only the timestamps
 * count.
 */
enum ev_code ev_newer_see(struct ev_newer *w, const struct ev_val *key,
    const struct ev_val *timestamp, const struct ev_val *id, bool *pass, struct ev_err *e) EV_MUST;

/* Forgets what is beyond the bound. Before a commit. */
enum ev_code ev_newer_prune(struct ev_newer *w, struct ev_err *e) EV_MUST;

#endif
