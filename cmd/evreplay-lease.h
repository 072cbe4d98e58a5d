/* SPDX-License-Identifier: MIT */
#ifndef EVREPLAY_LEASE_H
#define EVREPLAY_LEASE_H

#include "evreplay.h"
#include "stream/lease.h"

/* The events of a shard that a queue leases: which, and their lines. */
struct leases {
	struct ev_stream *stream; /* borrowed */
	uint32_t shard;
	struct ev_queue queue;
	struct ev_cursor cursor;
	struct ev_scan scan;
	bool opened, reads, inside; /* reads: the cursor is open; inside: a block is at hand */
	uint64_t next;              /* the number of the line that scan reads next */
	/* --ordered: NULL without it */
	struct leases_key *known; /* owned; keys of events by number, of EV_LEASES at most */
	struct leases_key *busy;  /* owned; a hash table of keys that are leased, by somebody */
	uint64_t round;           /* what `busy` says holds for this one */
	struct ev_err *why;       /* of a failure while events are chosen; borrowed */
	enum ev_code failed;
};

/* Takes part in the group's queue. *q holds nothing after a failure. */
enum ev_code evreplay_leases_open(struct leases *q, const struct replay *r, struct ev_stream *s,
    uint32_t shard, struct ev_err *e) EV_MUST;

/* Leases up to n events that are durable; *wake as of ev_queue_lease. */
enum ev_code evreplay_leases_take(struct leases *q, int64_t visibility, struct ev_lease *out,
    size_t n, size_t *got, int64_t *wake, struct ev_err *e) EV_MUST;

/* The line of an event, which q->scan has read. EV_DATA: it is bad. Borrowed until the next call.
 */
enum ev_code evreplay_leases_line(
    struct leases *q, uint64_t seq, struct ev_slice *line, struct ev_err *e) EV_MUST;

void evreplay_leases_close(struct leases *q);

#endif
