/* SPDX-License-Identifier: MIT */
#ifndef EV_REGEX_H
#define EV_REGEX_H

#include "base/err.h"

/*
 * A regular expression: PCRE2 in UTF mode with its JIT, and limits on matching, so that no text
 * makes it run for long. Finds a match anywhere; `$` is the end only. One thread.
 */
struct ev_regex {
	void *code, *data, *context, *stack; /* owned */
};

/*
 * EV_USAGE with PCRE2's words when it does not compile; the place in e is in pattern (line number
 * 0), or where pattern is a part of whole, in that.
 */
enum ev_code ev_regex_init(
    struct ev_regex *r, struct ev_slice pattern, struct ev_slice whole, struct ev_err *e) EV_MUST;

/*
 * Text that is no UTF-8 (a lone surrogate) is met by none. EV_DATA: a limit was reached, so it
 * cannot be said.
 */
enum ev_code ev_regex_match(
    const struct ev_regex *r, struct ev_slice text, bool *yes, struct ev_err *e) EV_MUST;

/* Whether every alternative begins with `^`. */
bool ev_regex_anchored(const struct ev_regex *r);

/* Safe on a zeroed one. */
void ev_regex_fini(struct ev_regex *r);

#endif
