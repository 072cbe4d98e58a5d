/* SPDX-License-Identifier: MIT */
#ifndef EV_SIEVE_H
#define EV_SIEVE_H

#include "match/strings.h"

/* All predicates of one path, arranged so that a leaf finds the true ones without trying each.
 * Read-only once made. */
struct ev_sieve {
	uint32_t exists,
	    literal[EV_OP_NULL + 1]; /* 1 + predicate, 0: none; literal by enum ev_op */
	struct ev_strings plain, folded;
	bool has_plain, has_folded;
	uint32_t *number;  /* owned; table by value: 1 + predicate */
	uint32_t numbers;  /* slots */
	uint32_t *range;   /* owned; predicates by their lower bound */
	uint32_t *highest; /* owned; of the tree over range: whose upper bound is the greatest */
	uint32_t ranges;
	uint32_t *cidr; /* owned; predicates by (family, bits, address) */
	uint32_t cidrs;
	struct ev_words regex, not ;
};

/* What looking at a leaf needs, one of each per thread. */
struct ev_scratch {
	struct ev_buf text, folded;
};

enum ev_code ev_sieve_init(struct ev_sieve *x, const struct ev_preds *preds,
    const struct ev_words *list, struct ev_err *e) EV_MUST;

/* Calls hit for every predicate but the NOTs that is true of the leaf. EV_DATA: a regex reached its
 * limit. */
enum ev_code ev_sieve_find(const struct ev_sieve *x, const struct ev_preds *preds,
    const struct ev_val *leaf, struct ev_scratch *scratch, ev_hit *hit, void *arg,
    struct ev_err *e) EV_MUST;
void ev_sieve_fini(struct ev_sieve *x);

#endif
