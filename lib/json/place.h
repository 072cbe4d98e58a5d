/* SPDX-License-Identifier: MIT */
#ifndef EV_PLACE_H
#define EV_PLACE_H

#include "base/err.h"

/* From places in a part of a text back to places in the text, for messages. */

/* The offset in raw, a valid JSON string, of byte off of the text that it stands for. */
size_t ev_place_string(struct ev_slice raw, size_t off);

/* The offset in text of the line and column that why names; line 0 is the first. */
size_t ev_place_error(const struct ev_err *why, struct ev_slice text);

#endif
