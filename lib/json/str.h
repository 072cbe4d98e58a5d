/* SPDX-License-Identifier: MIT */
#ifndef EV_STR_H
#define EV_STR_H

#include "base/buf.h"

/* JSON strings. raw is a valid one, with its quotes. Lone surrogates become three bytes (WTF-8). */

/* The inside of raw when it holds no escape: no copy is needed. */
bool ev_str_plain(struct ev_slice raw, struct ev_slice *inside);

/* Appends raw, unescaped, to out. */
enum ev_code ev_str_decode(struct ev_slice raw, struct ev_buf *out, struct ev_err *e) EV_MUST;

/* The text of raw: a view into raw, or where it holds escapes into tmp, which is overwritten. */
enum ev_code ev_str_view(
    struct ev_slice raw, struct ev_buf *tmp, struct ev_slice *text, struct ev_err *e) EV_MUST;

/* Whether raw, unescaped, is text. Decodes nothing where it can. */
bool ev_str_eq(struct ev_slice raw, struct ev_slice text);

/* Appends text, which must be UTF-8, as a JSON string; surrogates of WTF-8 become \u escapes. */
enum ev_code ev_str_encode(struct ev_slice text, struct ev_buf *out, struct ev_err *e) EV_MUST;

/*
 * The length of the UTF-8 sequence that s, which is not empty, begins with. 0 when it begins with
 * none: *bad is then the offset of the byte that cannot be, s.n where one is missing.
 */
size_t ev_utf8_next(struct ev_slice s, size_t *bad);

/* Whether s is UTF-8, without encoded surrogates. */
bool ev_utf8_ok(struct ev_slice s);

/* Appends s in base64 (RFC 4648, with padding). */
enum ev_code ev_base64(struct ev_slice s, struct ev_buf *out, struct ev_err *e) EV_MUST;

#endif
