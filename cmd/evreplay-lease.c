/* SPDX-License-Identifier: MIT */
#include "evreplay-lease.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "json/iter.h"

/* Slots for keys that are leased: at most half of them are ever used. */
enum { BUSY = 2 * EV_LEASES };

/* known: n is the event's number + 1; busy: the round. 0: the slot is free. */
struct leases_key {
	uint64_t n, key;
};

static enum ev_code
open_keys(struct leases *q, struct ev_err *e)
{
	q->known = calloc(EV_LEASES, sizeof(*q->known));
	q->busy = calloc(BUSY, sizeof(*q->busy));
	return q->known == NULL || q->busy == NULL ? ev_fail_mem(e) : EV_OK;
}

/* Where a group begins that has no position. */
static enum ev_code
begin(struct leases *q, const char *offset, struct ev_err *e)
{
	struct ev_shard_info info;
	enum ev_code rc = ev_shard_info(q->stream, q->shard, &info, e);

	if (rc != EV_OK)
		return rc;
	if (offset == NULL || strcmp(offset, "earliest") == 0)
		return ev_queue_begin(&q->queue, info.first, e);
	if (strcmp(offset, "latest") == 0)
		return ev_queue_begin(&q->queue, info.synced, e);
	return ev_queue_begin(&q->queue, strtoull(offset, NULL, 10), e);
}

enum ev_code
evreplay_leases_open(
    struct leases *q, const struct replay *r, struct ev_stream *s, uint32_t shard, struct ev_err *e)
{
	const struct conf *c = r->conf;
	enum ev_code rc;

	*q = (struct leases){ .stream = s, .shard = shard };
	if ((rc = ev_queue_open(&q->queue, s, c->group, shard, e)) != EV_OK)
		return rc;
	q->opened = true;
	if ((rc = begin(q, c->offset, e)) == EV_OK &&
	    (rc = ev_scan_init(
		 &q->scan, &r->paths, c->select.events.trust, getenv("EVHUB_SCAN"), e)) == EV_OK &&
	    c->ordered)
		rc = open_keys(q, e);
	if (rc != EV_OK)
		evreplay_leases_close(q);
	return rc;
}

void
evreplay_leases_close(struct leases *q)
{
	if (q->reads)
		ev_cursor_close(&q->cursor);
	if (q->opened)
		ev_queue_close(&q->queue);
	ev_scan_fini(&q->scan);
	free(q->known);
	free(q->busy);
	*q = (struct leases){ 0 };
}

/* Goes to the line of number seq: on from where it stands, where that is not behind it. */
static enum ev_code
seek(struct leases *q, uint64_t seq, struct ev_err *e)
{
	enum ev_code rc;

	if (q->reads && q->inside && q->next <= seq)
		return EV_OK;
	if (q->reads && !q->inside && q->cursor.next == seq)
		return EV_OK;
	if (q->reads)
		ev_cursor_close(&q->cursor);
	q->inside = false;
	rc = ev_cursor_open(&q->cursor, q->stream, q->shard, EV_FROM_SEQ, seq, INT64_MIN, false, e);
	q->reads = rc == EV_OK;
	return rc;
}

static enum ev_code
next_block(struct leases *q, uint64_t seq, struct ev_err *e)
{
	struct ev_slice block;
	enum ev_code rc = ev_cursor_next(&q->cursor, &block, &q->next, e);

	if (rc == EV_NO)
		return ev_fail(
		    e, EV_SYS, "event %llu is not there any more", (unsigned long long)seq);
	q->inside = rc == EV_OK;
	return rc == EV_OK ? ev_scan_block(&q->scan, block, e) : rc;
}

enum ev_code
evreplay_leases_line(struct leases *q, uint64_t seq, struct ev_slice *line, struct ev_err *e)
{
	unsigned long blank;
	enum ev_code rc = seek(q, seq, e);

	while (rc == EV_OK) {
		struct ev_err why = { 0 };

		if (!q->inside && (rc = next_block(q, seq, e)) != EV_OK)
			return rc;
		rc = ev_scan_line(&q->scan, line, &blank, &why);
		q->next += blank;
		q->inside = rc != EV_NO;
		if (rc == EV_OK && *q->scan.value.p != '{')
			rc = ev_fail(&why, EV_DATA, "found %s, wanted an object",
			    ev_kind_name(ev_kind_of(q->scan.value)));
		if (q->inside && (q->next++ == seq || (rc != EV_OK && rc != EV_DATA))) {
			*e = why;
			return rc;
		}
		rc = EV_OK; /* somebody else's line, good or bad */
	}
	return rc;
}

/* The key that orders an event: its partitionKey, else its id; 0 for none of both. */
static enum ev_code
key_of(struct leases *q, uint64_t seq, uint64_t *key, struct ev_err *e)
{
	struct leases_key *k = &q->known[seq % EV_LEASES];
	const struct ev_val *v = q->scan.val;
	struct ev_slice line;
	enum ev_code rc = EV_OK;

	if (k->n != seq + 1) {
		rc = evreplay_leases_line(q, seq, &line, e);
		if (rc != EV_OK && rc != EV_DATA)
			return rc;
		v = v[EV_KEY].kind == EV_STRING ? &v[EV_KEY] : &v[EV_ID];
		k->n = seq + 1;
		k->key = rc == EV_OK && v->kind == EV_STRING ? ev_xxh3(v->raw.p, v->raw.n) : 0;
		if (rc == EV_DATA)
			*e = (struct ev_err){ 0 }; /* told when it is its turn */
	}
	*key = k->key;
	return EV_OK;
}

/* The slot of a key: that which holds it in this round, or a free one. */
static struct leases_key *
slot(struct leases *q, uint64_t key)
{
	size_t i = key % BUSY;

	while (q->busy[i].n == q->round && q->busy[i].key != key)
		i = (i + 1) % BUSY;
	return &q->busy[i];
}

/* As ev_queue_lease has it: an event whose key is held waits, and so do all that follow it. */
static bool
pass(void *arg, uint64_t seq, bool held)
{
	struct leases *q = arg;
	struct leases_key *s;
	uint64_t key = 0;

	if (q->failed == EV_OK)
		q->failed = key_of(q, seq, &key, q->why);
	if (q->failed != EV_OK)
		return true;
	if (key == 0)
		return false;
	s = slot(q, key);
	if (held)
		*s = (struct leases_key){ q->round, key };
	return s->n == q->round;
}

enum ev_code
evreplay_leases_take(struct leases *q, int64_t visibility, struct ev_lease *out, size_t n,
    size_t *got, int64_t *wake, struct ev_err *e)
{
	struct ev_shard_info info;
	enum ev_code rc = ev_shard_info(q->stream, q->shard, &info, e);

	if (rc != EV_OK)
		return rc;
	q->round++;
	q->failed = EV_OK;
	q->why = e;
	rc = ev_queue_lease(&q->queue, info.synced, ev_now(), visibility, out, n, got, wake,
	    q->known != NULL ? pass : NULL, q, e);
	return rc == EV_OK ? q->failed : rc;
}
