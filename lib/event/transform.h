/* SPDX-License-Identifier: MIT */
#ifndef EV_TRANSFORM_H
#define EV_TRANSFORM_H

#include "base/buf.h"
#include "json/scan.h"

/*
 * The input of a target, as EventBridge makes it. Compiled once; values are spliced from the line,
 *so that they keep their bytes. One of
 *
 *	{"InputPath":"$.order"}          a part of the event; EV_DATA where it is not there
 *	{"Input":"{\"a\":1}"}            a constant: JSON in a string, or any other JSON value
 *itself
 *	{"InputTransformer":{"InputPathsMap":{"id":"$.order.id"},"InputTemplate":"…<id>…"}}
 *
 * Paths are those of path.h, with or without `$.` in front; `$` is the event; a path with [*] gives
 *an array. A template that begins with `{`, `[` or `"`, or is one <name>, is JSON: a bare <name> is
 *the value with its bytes, within quotes it is the value's text, escaped. Blanks between its tokens
 *are left out, as EventBridge does. Strings one below the other become one string of several lines.
 *Any other template is plain text and becomes a JSON string. What a name does not find leaves
 *nothing: an empty string where a value must stand. So the result is always JSON.
 *
 * EventBridge splices values into strings as they are, which breaks the JSON where one holds a
 *quote (an object always does); here they are escaped.
 */
struct ev_transform {
	struct ev_transform_work *work; /* owned; NULL: the event itself */
};

struct ev_transform_vars {
	struct ev_slice rule_arn, rule_name; /* of the rule; unescaped text, UTF-8 */
	int64_t ingested;                    /* epoch ms */
};

/*
 * text: the JSON object (one of the three members), valid JSON. Wanted paths are added to set.
 * EV_USAGE says what is wrong with line and column in text. *t holds nothing after a failure.
 */
enum ev_code ev_transform_init(
    struct ev_transform *t, struct ev_slice text, struct ev_paths *set, struct ev_err *e) EV_MUST;

/*
 * Appends the input for the line that scan (over set) has just read: one line, without LF. EV_DATA:
 * there is none, since InputPath finds nothing. Thread-safe.
 */
enum ev_code ev_transform_run(const struct ev_transform *t, const struct ev_scan *scan,
    struct ev_slice line, const struct ev_transform_vars *vars, struct ev_buf *out,
    struct ev_err *e) EV_MUST;
void ev_transform_fini(struct ev_transform *t);

#endif
