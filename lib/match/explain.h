/* SPDX-License-Identifier: MIT */
#ifndef EV_EXPLAIN_H
#define EV_EXPLAIN_H

#include "base/buf.h"
#include "cli/table.h"

/*
 * Why a pattern meets an event or does not: the plain definition of matching, run over one event.
 * Slow and obvious; never on a hot path. Of the conjunctions of the pattern ($or multiplied out) it
 * tells about one that matches, or about the one with the fewest conditions that are not met.
 */
struct ev_condition {
	struct ev_slice path; /* `order.items.sku`; borrowed from the explanation, as all of them */
	struct ev_slice wanted; /* the alternatives as written in the pattern: JSON */
	struct ev_slice found;  /* the values at the path, JSON, a comma between; `…` where cut;
				   empty: nothing is there */
	bool met;               /* together with the other conditions that are met */
	struct ev_slice by; /* what met it, and where: `"b" at tags[1]`, `absent in a[0]`; or why
			       it is not met: `nothing is there`, `0 of 3 values, the last one …` */
};

struct ev_explanation {
	bool match;
	struct ev_condition *condition; /* owned; in the pattern's order */
	size_t n;
	struct ev_buf text; /* owns what the slices point at */
};

/*
 * *x needs no preparation. EV_USAGE: the pattern is bad (line and column in it). EV_DATA: the event
 * is bad (line 1 and column) or cannot be decided. Holds nothing after a failure.
 */
enum ev_code ev_explain(struct ev_explanation *x, struct ev_slice pattern, struct ev_slice event,
    struct ev_err *e) EV_MUST;
void ev_explanation_fini(struct ev_explanation *x);

/* A condition as a row of a table, or as an object: path, wanted, found, met, by. */
enum { EV_EXPLAIN_COLS = 5 };
extern const struct ev_col ev_explain_cols[EV_EXPLAIN_COLS];
void ev_explain_row(const struct ev_condition *c, struct ev_cell cells[EV_EXPLAIN_COLS]);

#endif
