/* SPDX-License-Identifier: MIT */
#ifndef EV_SELECT_H
#define EV_SELECT_H

#include "cli/opt.h"
#include "event/type.h"

/*
 * Selecting events by type, time, key, tag and conditions: one set of options and one
 * meaning for evfilter, evlake query and evreplay. Options of different names are joined by AND.
 */
struct ev_select_args {
	struct ev_events events;    /* first, so that offsets of its rows hold */
	struct ev_list types, keys; /* any of them */
	struct ev_list tags, where; /* all of them */
	struct ev_list where_any;   /* any of them */
	const char *pattern, *pattern_file;
	struct ev_when since,
	    until; /* since ≤ timestamp < until; until a width (`2026-11`) means its beginning */
};
extern const struct ev_opt ev_opt_select[]; /* -t/--type, --since, --until, --key, --tag, --where,
					       --where-any, -p/--pattern, -P/--pattern-file */

struct ev_select {
	struct ev_types types;
	bool has_since, has_until;
	int64_t since, until;
	struct ev_select_rules *rules; /* owned: paths, keys, tags, conditions, pattern */
};

/* Whether args ask for nothing but types and times, which an index can answer. */
bool ev_select_plain(const struct ev_select_args *args);

/* Whether any selecting option was given. */
bool ev_select_asked(const struct ev_select_args *args);

/*
 * Compiles args, which outlive s; adds the paths it asks for to set. Warnings go through ev_warn.
 * EV_USAGE has the option as its name and points into the option's text. s needs no preparation,
 * and holds nothing after a failure.
 */
enum ev_code ev_select_init(struct ev_select *s, const struct ev_select_args *args,
    struct ev_paths *set, struct ev_err *e) EV_MUST;

/*
 * *yes: whether the event of this scan, whose line it has just read, is selected. A time bound
 * selects no event without an integer for its timestamp. EV_DATA: it cannot be said (a regex
 * limit).
 */
enum ev_code ev_select_match(
    struct ev_select *s, const struct ev_scan *scan, bool *yes, struct ev_err *e) EV_MUST;

void ev_select_fini(struct ev_select *s);

#endif
