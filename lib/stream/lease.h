/* SPDX-License-Identifier: MIT */
#ifndef EV_LEASE_H
#define EV_LEASE_H

#include "stream/stream.h"

/*
 * A group as a work queue: any number of processes lease events of one shard one by one, as
 * consumers of a queue do. An event that is neither done nor given back within its visibility time
 * is leased again. The group's position (.off) is the floor: all before it is done. What lies
 * between the floor and the last leased event is kept in groups/GROUP/pNNNN.queue, a ring of fixed
 * records under a lock (see lease.c): losing it (it is not synced) leads to events sent again,
 * never to events lost. A process opens its own after it was forked: the lock belongs to the open
 * file.
 */
enum { EV_LEASES = 65536 /* events in flight or done out of order per shard, at most */ };

struct ev_lease {
	uint64_t seq;
	uint32_t receives; /* times it was leased, this one included */
};

struct ev_queue {
	struct ev_group group; /* lock is shared between the owners of a queue, so that it keeps
				  plain consumers out */
	struct ev_queue_work *work; /* owned */
};

/* EV_AGAIN: a plain consumer has the group; its pid is in the message. *q holds nothing after a
 * failure. */
enum ev_code ev_queue_open(struct ev_queue *q, struct ev_stream *s, const char *name,
    uint32_t shard, struct ev_err *e) EV_MUST;

/* Sets the floor of a group that has no position yet, durably; else it stays. Without it the floor
 * is 0. */
enum ev_code ev_queue_begin(struct ev_queue *q, uint64_t seq, struct ev_err *e) EV_MUST;

/*
 * Leases up to n events from among [floor, end), lowest first, for `visibility` ms from now. *got:
 * how many. *wake: epoch ms when the next lease or pause runs out, 0: none; for the wait when *got
 * is 0.
 *
 * pass (may be NULL) keeps the order per key: it is called for every event from the floor on that
 * is not done, lowest first, under the queue's lock. held: it is leased by somebody or paused, and
 * what pass returns is not looked at. Otherwise it is a candidate, and true passes over it.
 */
enum ev_code ev_queue_lease(struct ev_queue *q, uint64_t end, int64_t now, int64_t visibility,
    struct ev_lease *out, size_t n, size_t *got, int64_t *wake,
    bool (*pass)(void *arg, uint64_t seq, bool held), void *arg, struct ev_err *e) EV_MUST;

/*
 * These n are done: never again. *late (may be NULL): how many of them were not ours any more,
 * since their lease had run out and somebody else has or had the event. The floor moves over what
 * is done and is committed durably, once per call.
 */
enum ev_code ev_queue_done(
    struct ev_queue *q, const struct ev_lease *l, size_t n, size_t *late, struct ev_err *e) EV_MUST;

/* Given back: it may be leased again at `when` (epoch ms). EV_NO: it was not ours any more. */
enum ev_code ev_queue_back(
    struct ev_queue *q, const struct ev_lease *l, int64_t when, struct ev_err *e) EV_MUST;
void ev_queue_close(struct ev_queue *q);

/* For reports, without a lock. EV_NO: the group is no queue. */
struct ev_queue_info {
	uint64_t leased, paused; /* now */
	uint64_t done;           /* beyond the floor */
};
enum ev_code ev_queue_look(struct ev_stream *s, const char *name, uint32_t shard, int64_t now,
    struct ev_queue_info *info, struct ev_err *e) EV_MUST;

/*
 * Forgets what is done and leased beyond the floor: for who moves the group, whose lock he holds
 * (ev_group_open).
 */
enum ev_code ev_queue_forget(const struct ev_group *g, struct ev_err *e) EV_MUST;

#endif
