/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_VERIFY_H
#define EV_LAKE_VERIFY_H

#include "lake/catalog.h"
#include "lake/lake.h"

struct ev_verifier {
	const struct ev_verify_args *args;
	struct ev_verified *seen;
	struct ev_lake lake;
};

/* Reports one difference. */
void ev_verify_report(struct ev_verifier *v, const char *place, const char *fmt, ...)
    EV_PRINTF(3, 4);

/* A failure that tells of damage is reported, and cleared; others are given back. */
enum ev_code ev_verify_failed(struct ev_verifier *v, const char *place, enum ev_code rc,
    struct ev_err *why, struct ev_err *e) EV_MUST;

/* All about one live segment but its SHA-256. */
enum ev_code ev_verify_segment(
    struct ev_verifier *v, const struct ev_seg *row, struct ev_err *e) EV_MUST;

/*
 * The chain against the rows of one moment, which are those up to seq. With files: their SHA-256
 * too.
 */
enum ev_code ev_verify_chain(struct ev_verifier *v, const struct ev_segs *live, int64_t seq,
    bool files, struct ev_err *e) EV_MUST;

#endif
