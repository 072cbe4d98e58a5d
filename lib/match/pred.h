/* SPDX-License-Identifier: MIT */
#ifndef EV_PRED_H
#define EV_PRED_H

#include "base/buf.h"
#include "event/regex.h"
#include "json/path.h"
#include "match/quick.h"

/*
 * Predicates of patterns: one for each distinct (path, operator, value), whichever rules and fields
 * share it. A predicate is true of a leaf.
 */
enum ev_op {
	EV_OP_EXISTS,
	EV_OP_TRUE,
	EV_OP_FALSE,
	EV_OP_NULL,
	EV_OP_EQUAL,
	EV_OP_PREFIX,
	EV_OP_SUFFIX,
	EV_OP_WILD, /* strings by their bytes */
	EV_OP_IEQUAL,
	EV_OP_IPREFIX,
	EV_OP_ISUFFIX,
	EV_OP_IWILD, /* strings folded; text is folded too */
	EV_OP_REGEX,
	EV_OP_CIDR,
	EV_OP_NUMBER,
	EV_OP_RANGE,
	EV_OP_NOT /* none of the inner ones */
};

struct ev_bound {
	bool set, open; /* open: the bound itself is not in the range */
	struct ev_quick num;
};

struct ev_pred {
	enum ev_op op;
	uint32_t path;
	struct ev_slice text;  /* owned; what the operator compares with, unescaped */
	struct ev_slice *part; /* owned; of a wildcard: the text between the stars, at least two */
	uint32_t parts;
	struct ev_bound low, high; /* borrow text */
	unsigned char addr[16];    /* of a CIDR: network address */
	unsigned family, bits;     /* 4 or 6 */
	uint32_t *inner;           /* owned; of NOT */
	uint32_t inners;
	struct ev_regex regex; /* owned */
};

struct ev_preds {
	struct ev_pred *v; /* owned */
	uint32_t n, cap;
	uint32_t *table; /* owned; 1 + number, 0 for empty */
	uint32_t slots;
};

/*
 * Finds the predicate equal to want or adds it, which takes over text, part, inner and regex; they
 * are freed when it was there already, or on failure.
 */
enum ev_code ev_preds_take(
    struct ev_preds *p, struct ev_pred *want, uint32_t *number, struct ev_err *e) EV_MUST;
void ev_pred_fini(struct ev_pred *p);
void ev_preds_fini(struct ev_preds *p);

/* Whether text (folded for EV_OP_IWILD) meets the wildcard; linear time. */
bool ev_pred_wild(const struct ev_pred *p, struct ev_slice text);

/* Whether number lies in the range. */
bool ev_pred_range(const struct ev_pred *p, const struct ev_quick *number);

/*
 * Reads an IP address, for IPv4 four decimal octets, leading zeros allowed. Returns 4 or 6, 0 when
 * it is none; an IPv4 address takes the first 4 bytes of addr.
 */
unsigned ev_address_read(struct ev_slice text, unsigned char addr[16]);

/* Clears all but the first bits of addr. */
void ev_address_mask(unsigned char addr[16], unsigned bits);

#endif
