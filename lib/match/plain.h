/* SPDX-License-Identifier: MIT */
#ifndef EV_PLAIN_H
#define EV_PLAIN_H

#include "match/match.h"

/*
 * The plain definition of matching, over one event: its leaves with their memberships, one
 * predicate against one leaf, and the choice of one leaf for each field. Slow and obvious. Shares
 * with the fast path no more than how a pattern is read.
 */
enum {
	EV_STEPS = 16 << 20, /* of work on one event, before giving up */
	EV_LEAVES = 1 << 20  /* of one event */
};

/* An element of an array. */
struct ev_element {
	uint32_t outer; /* the element that the array sits in; 0: none */
	uint32_t array; /* number of the array */
	uint32_t index;
	uint32_t node; /* of the path that leads to the array */
};

struct ev_leaf {
	uint32_t element; /* the innermost one that it sits in; 0: none */
	struct ev_val v;  /* borrowed from the event; .path is set */
};

struct ev_plain {
	const struct ev_match *match; /* borrowed; not built, or built: its fields are read only */
	struct ev_leaf *leaf;         /* owned; of wanted paths */
	size_t leaves, leaf_cap;
	struct ev_element *element; /* owned; [0] stands for being in none */
	size_t elements, element_cap;
	struct ev_words *meets; /* owned; per field: the leaves that satisfy an alternative */
	uint32_t *choice; /* owned; per field of the conjunction tried last: a leaf, or one of: */
	uint64_t steps;   /* done so far, of EV_STEPS */
	struct ev_val *last; /* owned; while reading, per node: the last one of a member's values */
	struct ev_buf text, folded;
};

#define EV_MET_BY_ABSENCE UINT32_MAX
#define EV_UNMET (UINT32_MAX - 1)

/*
 * Reads the event, valid JSON, and finds for each field of m the leaves that satisfy it. EV_DATA:
 * it cannot be decided (a regex limit, too much work). *p needs no preparation; after a failure
 * too, it is freed by ev_plain_fini.
 */
enum ev_code ev_plain_init(
    struct ev_plain *p, const struct ev_match *m, struct ev_slice event, struct ev_err *e) EV_MUST;

/*
 * *yes: whether one leaf (or absence) can be chosen for all but at most `unmet` fields of the
 * conjunction so that all agree; then choice has it. EV_DATA: too much work.
 */
enum ev_code ev_plain_choose(struct ev_plain *p, const struct ev_conjunction *c, uint32_t unmet,
    bool *yes, struct ev_err *e) EV_MUST;

/* Whether the leaf agrees with all leaves chosen for the first n fields. */
bool ev_plain_agrees(struct ev_plain *p, uint32_t leaf, uint32_t n);

void ev_plain_fini(struct ev_plain *p);

#endif
