/* SPDX-License-Identifier: MIT */
#ifndef EV_NUM_H
#define EV_NUM_H

#include <stdint.h>

#include "base/slice.h"

/*
 * Numbers by exact decimal value, whatever their size: sign, digits without
 * leading or trailing zeros, and the decimal exponent of the first digit
 * (saturating at 64 bits). No binary floating point is involved.
 */
struct ev_num {
	int sign;             /* -1, 0, 1 */
	int64_t exp;          /* value = 0.d1d2d3… × 10^exp */
	struct ev_slice text; /* from the first to the last digit but 0; may hold a '.'; borrowed */
};

/* raw is a valid JSON number. */
struct ev_num ev_num_read(struct ev_slice raw);

/* <0, 0, >0. */
int ev_num_cmp(const struct ev_num *a, const struct ev_num *b);

/* Whether s is a JSON number and nothing else. */
bool ev_num_ok(struct ev_slice s);

/* Whether raw, a valid JSON number, is an integer of 64 bits by its value (3e2 is 300): then *v. */
bool ev_num_int(struct ev_slice raw, int64_t *v);

#endif
