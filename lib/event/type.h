/* SPDX-License-Identifier: MIT */
#ifndef EV_TYPE_H
#define EV_TYPE_H

#include "base/buf.h"
#include "json/scan.h"

/*
 * Type patterns: exact text, an anchored glob (`order-*`, `*` any run, `?` one character), or
 * `/regex/` (PCRE2, UTF, unanchored). An event's type meets the set when it meets one of its
 * patterns. A zeroed set is empty.
 */
struct ev_types {
	struct ev_type_pattern *v; /* owned */
	const char **exact;        /* owned; the exact ones, borrowed from the caller */
	size_t n, exacts;
	struct ev_buf tmp; /* owned; a type without its escapes */
};

/*
 * Adds a pattern, borrowed. EV_USAGE when it is empty, or a regex that does not end or compile,
 * with PCRE2's words and place. *warn (may be NULL): a constant sentence when the regex is
 * unanchored at its beginning or looks like a glob, else NULL.
 */
enum ev_code ev_types_add(
    struct ev_types *t, const char *pattern, const char **warn, struct ev_err *e) EV_MUST;

/*
 * *yes: whether type, a captured value, meets one. No string: no. EV_DATA: a regex reached its
 * match limit.
 */
enum ev_code ev_types_match(
    struct ev_types *t, const struct ev_val *type, bool *yes, struct ev_err *e) EV_MUST;

/* Whether it could match no more than the exact names given back (for index look-ups). */
bool ev_types_exact(const struct ev_types *t, const char *const **names, size_t *n);

void ev_types_fini(struct ev_types *t);

#endif
