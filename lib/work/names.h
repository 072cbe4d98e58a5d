/* SPDX-License-Identifier: MIT */
#ifndef EV_NAMES_H
#define EV_NAMES_H

#include "base/buf.h"

/* A set of strings. Any zeroed one is empty. */
struct ev_name {
	size_t off, n; /* of ev_names.text; off is 1 more, 0: an empty slot */
};

struct ev_names {
	struct ev_buf text;
	struct ev_name *slot; /* owned; a hash table, open addressing */
	size_t n, cap;        /* cap: a power of two */
};

/* name is copied. */
enum ev_code ev_names_add(struct ev_names *s, struct ev_slice name, struct ev_err *e) EV_MUST;
bool ev_names_have(const struct ev_names *s, struct ev_slice name);
void ev_names_fini(struct ev_names *s);

#endif
