/* SPDX-License-Identifier: MIT */
#ifndef EV_EVENT_H
#define EV_EVENT_H

#include "json/scan.h"

/*
 * The envelope as a view over a line: the values of the members, in whatever order they came.
 * Borrowed from the line. The first EV_FRONT members are those that writers put in front.
 */
enum ev_member {
	EV_ID,
	EV_TYPE,
	EV_TIMESTAMP,
	EV_KEY,
	EV_TAGS,
	EV_RAW,
	EV_EEM,
	EV_TRIGGERS,
	EV_MEMBERS,
	EV_FRONT = EV_TAGS + 1
};

/* Their names in JSON. */
extern const char *const ev_member_name[EV_MEMBERS];

struct ev_event {
	struct ev_slice line;             /* without LF */
	struct ev_val member[EV_MEMBERS]; /* raw JSON; EV_ABSENT where missing */
};

/*
 * Adds the envelope's members to an empty set, so that their path numbers are those of enum
 * ev_member.
 */
enum ev_code ev_event_paths(struct ev_paths *set, struct ev_err *e) EV_MUST;

/* The view of a scanned line. */
struct ev_event ev_event_view(struct ev_slice line, const struct ev_val *val);

/*
 * Whether the envelope is complete and well formed: the table of "The event" in the design. EV_DATA
 * names the member, what was found and wanted; the place is the member's value in the line (line
 * number 0: the caller knows it). *ms: the timestamp.
 */
enum ev_code ev_event_check(const struct ev_event *ev, int64_t *ms, struct ev_err *e) EV_MUST;

/* The same for a member twice in the envelope, which only publishers refuse. */
enum ev_code ev_event_check_once(const struct ev_event *ev, struct ev_err *e) EV_MUST;

#endif
