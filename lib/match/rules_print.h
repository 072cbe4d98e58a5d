/* SPDX-License-Identifier: MIT */
#ifndef EV_RULES_PRINT_H
#define EV_RULES_PRINT_H

#include "base/buf.h"

/*
 * Appends json, which is valid, laid out for people: what is short stands on one line. Scalars and
 * names keep their bytes.
 */
enum ev_code ev_rules_print(struct ev_slice json, struct ev_buf *out, struct ev_err *e) EV_MUST;

#endif
