/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_SEAL_H
#define EV_LAKE_SEAL_H

#include "lake/compare.h"

/*
 * Marks what must not be kept of the batch: duplicates of segments that became live after *seen,
 * and (with inside) of each other. Conflicts go to p's hook, or cut the batch, with the reason in
 * held. *seen: the last seq looked at.
 */
enum ev_code ev_dedupe(
    struct ev_put *p, bool inside, int64_t *seen, struct ev_err *held, struct ev_err *e) EV_MUST;

/* Hands the conflicts found to p's hook, in order of arrival. */
enum ev_code ev_settle_conflicts(
    struct ev_put *p, struct ev_compare *c, struct ev_err *held, struct ev_err *e) EV_MUST;

/* What a crash left: see evlake(5). The caller holds LOCK EX. */
enum ev_code ev_recover(struct ev_lake *l, struct ev_err *e) EV_MUST;

/* Milliseconds that dead segments are kept for readers that hold an older answer. */
enum { EV_GRACE = 10 * 60 * 1000 };

#endif
