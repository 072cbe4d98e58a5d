/* SPDX-License-Identifier: MIT */
#ifndef EV_QUICK_H
#define EV_QUICK_H

#include "json/num.h"

/*
 * A number with its first 18 digits in a machine word, so that most comparisons are of integers;
 * what the word cannot tell apart goes by the text. As exact as struct ev_num.
 */
struct ev_quick {
	struct ev_slice raw; /* borrowed */
	uint64_t top;        /* the first digits, as if there were 18 */
	int64_t exp;         /* as in struct ev_num */
	int sign;
	bool more; /* there are further digits */
};

/* raw is a valid JSON number, borrowed. */
struct ev_quick ev_quick_read(struct ev_slice raw);

/* <0, 0, >0. */
int ev_quick_cmp(const struct ev_quick *a, const struct ev_quick *b);

#endif
