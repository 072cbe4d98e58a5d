/* SPDX-License-Identifier: MIT */
#ifndef EV_SPLICE_H
#define EV_SPLICE_H

#include "base/buf.h"
#include "json/path.h"

/*
 * Edits of one JSON object that leave every other byte alone. line is a valid object; path is a
 * single path as in path.h, without [*] (EV_USAGE otherwise); value is valid JSON. The result is
 * appended to out, which must not hold line; a failure leaves out as it was. Of a member that stands
 * twice the last one is meant. On EV_DATA e has the place in the line (line number 0: the caller
 * knows it). A line that is no valid JSON gives some answer, safely. A call walks what each step of
 * the path stands in.
 */

/*
 * Replaces the value, or adds the member at the end of its object;
 * missing parents are made. EV_DATA when a parent is there and is no
 * object, or an array index is not there.
 */
enum ev_code ev_splice_set(struct ev_slice line, struct ev_slice path, struct ev_slice value,
    struct ev_buf *out, struct ev_err *e) EV_MUST;

/*
 * Deletes the member (every duplicate of it) or element with its comma. EV_NO, and line copied, when
 * it is not there.
 */
enum ev_code ev_splice_delete(
    struct ev_slice line, struct ev_slice path, struct ev_buf *out, struct ev_err *e) EV_MUST;

/*
 * Gives the member another name (unescaped text), in its place. EV_NO as
 * above; EV_DATA when the object has a member of that name already.
 */
enum ev_code ev_splice_rename(struct ev_slice line, struct ev_slice path, struct ev_slice name,
    struct ev_buf *out, struct ev_err *e) EV_MUST;

#endif
