/* SPDX-License-Identifier: MIT */
#ifndef EV_REGEX_H
#define EV_REGEX_H

#include "base/err.h"

/* What one thread needs to match, whichever expressions. A zeroed one is ready. */
struct ev_regex_work {
	void *data, *context, *stack; /* owned */
};

/*
 * A regular expression: PCRE2 in UTF mode with its JIT, and limits on matching, so that no text
 * makes it run for long. Finds a match anywhere; `$` is the end only.
 */
struct ev_regex {
	void *code;                /* owned; read-only, threads may share it */
	struct ev_regex_work *own; /* owned; of ev_regex_match */
};

/*
 * EV_USAGE with PCRE2's words when it does not compile; the place in e is in pattern (line number
 * 0), or where pattern is a part of whole, in that.
 */
enum ev_code ev_regex_init(
    struct ev_regex *r, struct ev_slice pattern, struct ev_slice whole, struct ev_err *e) EV_MUST;

/*
 * Text that is no UTF-8 (a lone surrogate) is met by none. EV_DATA: a limit was reached, so it
 * cannot be said. One thread at a time.
 */
enum ev_code ev_regex_match(
    const struct ev_regex *r, struct ev_slice text, bool *yes, struct ev_err *e) EV_MUST;

/* The same with a thread's own work: the expression itself is only read. */
enum ev_code ev_regex_match_with(const struct ev_regex *r, struct ev_regex_work *w,
    struct ev_slice text, bool *yes, struct ev_err *e) EV_MUST;

/* Whether every alternative begins with `^`. */
bool ev_regex_anchored(const struct ev_regex *r);

/* Both are safe on zeroed ones. */
void ev_regex_fini(struct ev_regex *r);
void ev_regex_work_fini(struct ev_regex_work *w);

#endif
