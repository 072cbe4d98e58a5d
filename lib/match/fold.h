/* SPDX-License-Identifier: MIT */
#ifndef EV_FOLD_H
#define EV_FOLD_H

#include "base/buf.h"

/*
 * Appends text, each code point folded by Unicode simple case folding: two texts that differ in
 * case only have the same folded bytes. text is UTF-8, lone surrogates in three bytes allowed.
 */
enum ev_code ev_fold(struct ev_slice text, struct ev_buf *out, struct ev_err *e) EV_MUST;

#endif
