/* SPDX-License-Identifier: MIT */
#ifndef EV_SIEVE_H
#define EV_SIEVE_H

#include "match/strings.h"

/* A number, by its rank. */
struct ev_point {
	int64_t rank;
	uint32_t pred;
};

/* A range of numbers; the bounds by their ranks, the ends of int64_t where there is none. */
struct ev_range {
	int64_t low, high;
	int64_t highest; /* the greatest upper bound of the tree whose root this is */
	uint32_t pred;
};

/* All predicates of one path, arranged so that a leaf finds the true ones without trying each.
 * Read-only once made. */
struct ev_sieve {
	uint32_t exists,
	    literal[EV_OP_NULL + 1]; /* 1 + predicate, 0: none; literal by enum ev_op */
	struct ev_strings plain, folded;
	bool has_plain, has_folded;
	struct ev_point *point; /* owned; equality with numbers, by rank */
	uint32_t points;
	struct ev_range *range; /* owned; by lower bound; a tree has its root in the middle */
	uint32_t ranges;
	uint32_t *cidr; /* owned; predicates by (family, bits, address) */
	uint32_t cidrs;
	struct ev_words regex, not ;
};

/* Numbers whose ranks lie between these, which they do not reach, meet the same predicates. */
struct ev_gap {
	int64_t low, high;
};

/* What one thread needs to look at leaves. */
struct ev_look {
	struct ev_hits to;          /* set by the caller */
	struct ev_gap gap;          /* that of the last leaf, if it is a number */
	struct ev_buf text, folded; /* owned */
	struct ev_regex_work regex; /* owned */
};

enum ev_code ev_sieve_init(struct ev_sieve *x, const struct ev_preds *preds,
    const struct ev_words *list, struct ev_err *e) EV_MUST;

/* Finds every predicate but the NOTs that is true of the leaf. EV_DATA: a regex reached its limit.
 */
enum ev_code ev_sieve_find(const struct ev_sieve *x, struct ev_look *l, const struct ev_val *leaf,
    struct ev_err *e) EV_MUST;
void ev_sieve_fini(struct ev_sieve *x);
void ev_look_fini(struct ev_look *l);

#endif
