/* SPDX-License-Identifier: MIT */
#ifndef EVFILTER_H
#define EVFILTER_H

#include "cli/table.h"
#include "match/select.h"

/* --explain: of each event, condition by condition of the pattern, what was wanted and what found.
 */
struct evfilter_explain {
	struct ev_buf pattern;
	const char *name; /* borrowed; of the pattern, for messages */
	struct ev_table table;
};

/*
 * *plain becomes args without the pattern, to select the events that are explained. EV_USAGE: there
 * is no pattern, or more than one. *x needs no preparation; close it after a failure, too.
 */
enum ev_code evfilter_explain_open(struct evfilter_explain *x, const struct ev_select_args *args,
    struct ev_select_args *plain, struct ev_out *out, struct ev_err *e) EV_MUST;

/* EV_DATA: it cannot be said of this event. id may be absent. */
enum ev_code evfilter_explain_event(struct evfilter_explain *x, struct ev_slice line,
    const struct ev_val *id, struct ev_err *e) EV_MUST;

enum ev_code evfilter_explain_close(
    struct evfilter_explain *x, bool drop, struct ev_err *e) EV_MUST;

#endif
