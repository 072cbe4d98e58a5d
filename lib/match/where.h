/* SPDX-License-Identifier: MIT */
#ifndef EV_WHERE_H
#define EV_WHERE_H

#include "base/buf.h"
#include "event/regex.h"
#include "json/num.h"
#include "json/scan.h"

/*
 * A condition on one value: `order.total >= 100`.
 *
 *	PATH = VALUE   (also ==)        equal
 *	PATH != VALUE                   there, and not equal
 *	PATH < VALUE   <= > >=          numbers by exact decimal value, strings by their bytes
 *	PATH ^= TEXT   $= *=            a string that begins with, ends with, contains TEXT
 *	PATH ~ REGEX                    a string in which REGEX finds a match
 *	PATH exists    !exists          there (null is there), not there
 *
 * VALUE is a JSON string, number, true, false, null, 'text as it stands', or a bare word, which is
 *a string. Values of different types are never equal, and neither less nor more. A member that is
 *not there meets `!exists` alone. Of a path with [*], any element may meet the condition.
 */
struct ev_where {
	const struct ev_where_op *op;
	uint32_t path;
	bool many;             /* the path has a [*] */
	enum ev_kind kind;     /* of the value on the right */
	struct ev_buf text;    /* owned; that value, without quotes and escapes */
	struct ev_num num;     /* borrowed from text */
	struct ev_regex regex; /* owned */
};

/*
 * Adds the path to set. EV_USAGE: the place in e is in expr (line number 0). Holds nothing after a
 * failure.
 */
enum ev_code ev_where_init(
    struct ev_where *w, struct ev_slice expr, struct ev_paths *set, struct ev_err *e) EV_MUST;

/* *yes: whether the scanned event meets it. tmp is overwritten. EV_DATA: a regex reached its limit.
 */
enum ev_code ev_where_match(const struct ev_where *w, const struct ev_scan *scan,
    struct ev_buf *tmp, bool *yes, struct ev_err *e) EV_MUST;

/* Safe on a zeroed one. */
void ev_where_fini(struct ev_where *w);

#endif
