/* SPDX-License-Identifier: MIT */
#ifndef EV_TEXT_H
#define EV_TEXT_H

#include "base/buf.h"

/*
 * Text for people. A width is the number of code points: combining marks and the double width
 * of East Asian letters are not looked at.
 */

/* Bytes of the code point at the front, 1 for a byte that begins none; 0 at the end. */
size_t ev_text_step(struct ev_slice s);

size_t ev_text_width(struct ev_slice s);

/* Bytes of the longest beginning that is at most width wide. */
size_t ev_text_cut(struct ev_slice s, size_t width);

/*
 * Puts '.' for every control character (C0, DEL, C1) and '?' for what is no UTF-8, in place. Returns
 * the new length.
 */
size_t ev_text_plain(char *p, size_t n);

/* Adds s as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
enum ev_code ev_text_json(struct ev_buf *b, struct ev_slice s, struct ev_err *e) EV_MUST;

#endif
