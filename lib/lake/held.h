/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_HELD_H
#define EV_LAKE_HELD_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Lines that wait for their time: a heap over copies, which lie together per frame and are freed
 * with the last line of it. A zeroed one is empty.
 */
struct ev_held_line {
	int64_t ms;
	uint64_t rank; /* among equal times */
	size_t off, n;
	uint32_t pack;
};
struct ev_held {
	struct ev_held_line *v; /* owned; v[0] is the least */
	size_t n, cap;
	struct ev_held_pack {
		struct ev_buf lines;
		size_t left; /* of its lines */
	} * pack;            /* owned */
	size_t packs, pack_cap;
	uint32_t open;   /* number + 1 of the pack that is added to; 0: none */
	uint32_t *spare; /* owned; packs that can be used again */
	size_t spares;
};

enum ev_code ev_held_add(
    struct ev_held *h, int64_t ms, uint64_t rank, struct ev_slice line, struct ev_err *e) EV_MUST;
/* What is added from here on lies elsewhere. */
void ev_held_end(struct ev_held *h);
/* Moves the least line, of which there is one, into out. */
enum ev_code ev_held_take(struct ev_held *h, struct ev_buf *out, struct ev_err *e) EV_MUST;
void ev_held_fini(struct ev_held *h);

#endif
