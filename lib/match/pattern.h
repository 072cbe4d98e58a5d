/* SPDX-License-Identifier: MIT */
#ifndef EV_PATTERN_H
#define EV_PATTERN_H

#include "match/match.h"

/* What the two parts of reading a pattern share: its structure (pattern.c) and its alternatives
 * (operator.c). */
struct ev_pattern_reader {
	struct ev_match *m;
	struct ev_slice text; /* the whole pattern; borrowed */
	struct ev_buf tmp;    /* the last unescaped string */
	struct ev_err *e;
};

/* Where an alternative stands: on which path, and whose list its predicates go to. */
struct ev_pattern_place {
	uint32_t path;
	struct ev_words *list;
	bool *absent; /* set by {"exists":false}; NULL within anything-but */
	bool in_not;  /* within anything-but */
};

/* EV_USAGE with the place of `at` in the pattern's text. */
enum ev_code ev_pattern_refuse(
    struct ev_pattern_reader *r, struct ev_slice at, const char *fmt, ...) EV_PRINTF(3, 4);

/* Reads one alternative of a field: a literal or an operator; its predicates go to the place's
 * list. */
enum ev_code ev_pattern_alternative(
    struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v) EV_MUST;

/* Whether name (unescaped) is that of an operator. */
bool ev_pattern_is_operator(struct ev_slice name);

#endif
