/* SPDX-License-Identifier: MIT */
#ifndef EV_ITER_H
#define EV_ITER_H

#include "json/scan.h"

/*
 * The members of an object, or the elements of an array, one after the other. For values that the
 * scanner captured: valid JSON, or under --trust anything, which ends the walk early but never
 * leaves the slice.
 */
struct ev_iter {
	struct ev_slice rest; /* borrowed */
	bool object;
};

struct ev_iter ev_iter_view(struct ev_slice raw);

/* The next value, and of an object its member's name with quotes. False at the end. */
bool ev_iter_next(struct ev_iter *it, struct ev_slice *name, struct ev_val *v);

/* The kind of a value, by its first byte. */
enum ev_kind ev_kind_of(struct ev_slice raw);

/* For messages: "a number", "null", … */
const char *ev_kind_name(enum ev_kind kind);

#endif
