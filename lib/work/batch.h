/* SPDX-License-Identifier: MIT */
#ifndef EV_WORK_BATCH_H
#define EV_WORK_BATCH_H

#include <stdint.h>

#include "base/buf.h"

/* A micro-batch: whole lines in order, sent to a command as they are. Any zeroed one is empty. */
struct ev_item_at {
	size_t off, n; /* of its line in bytes, without the LF */
	uint64_t seq;  /* its number in its source */
};

struct ev_micro {
	struct ev_buf bytes;     /* lines, each with its LF */
	struct ev_item_at *item; /* owned */
	size_t n, cap;
	/*
	 * EVHUB_BATCH of whoever handles it: source id, shard and committed position, divided by
	 * blanks. The same on retry, bisection and restart, so that state beside the command knows
	 * a batch that is sent again. For a worker, whose environment is fixed when it is started,
	 * "worker" stands for the position.
	 */
	char id[160];
	int64_t since; /* when its first event was read, ns of ev_mono */
};

/* line is copied; it is not blank (that would be a barrier) and holds no LF. */
enum ev_code ev_micro_add(
    struct ev_micro *b, struct ev_slice line, uint64_t seq, struct ev_err *e) EV_MUST;
void ev_micro_clear(struct ev_micro *b);
void ev_micro_fini(struct ev_micro *b);

static inline struct ev_slice
ev_micro_line(const struct ev_micro *b, size_t i)
{
	return (struct ev_slice){ b->bytes.p + b->item[i].off, b->item[i].n };
}

#endif
