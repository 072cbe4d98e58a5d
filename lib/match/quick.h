/* SPDX-License-Identifier: MIT */
#ifndef EV_QUICK_H
#define EV_QUICK_H

#include "json/num.h"
#include "json/scan.h"

/*
 * A number with its first 18 digits in a machine word, so that most comparisons are of integers;
 * what the words cannot tell apart goes by the text. As exact as struct ev_num.
 */
struct ev_quick {
	struct ev_slice raw; /* borrowed */
	int64_t rank;        /* of two numbers with different ranks, the greater has the greater */
	uint64_t top;        /* the first digits, as if there were 18 */
	int64_t exp;         /* as in struct ev_num */
	int sign;
	bool more; /* there are further digits */
};

enum { EV_QUICK_PAD = 8 }; /* bytes behind a number that are readable */

/* raw is a valid JSON number, borrowed; no digit stands behind it, and EV_QUICK_PAD bytes do. */
void ev_quick_read(struct ev_quick *q, struct ev_slice raw);

/* The rank of a number is one of these. */
struct ev_ranks {
	int64_t least, greatest;
};

/*
 * What the first seven digits of a captured number say: half the work of reading it, and mostly all
 * that comparisons need. The ends of int64_t where they say nothing.
 */
struct ev_ranks ev_quick_outline(const struct ev_val *v);

/* <0, 0, >0. */
int ev_quick_cmp(const struct ev_quick *a, const struct ev_quick *b);

#endif
