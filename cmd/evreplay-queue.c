/* SPDX-License-Identifier: MIT */
/*
 * --queue: any number of processes share a group and lease its events, as consumers of a queue do.
 * An event that is done is never leased again; one whose COMMAND was unavailable is given back,
 * after a pause; one whose process died is leased again when its visibility is over.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/sig.h"
#include "base/time.h"
#include "cli/say.h"
#include "evreplay-lease.h"

enum {
	FIRST_PAUSE = 100, /* ms before an event that was given back is leased again; it doubles */
	MOST_PAUSE = 60000
};

/* A shard, and what is leased of it. */
struct desk {
	struct lane *lane; /* borrowed */
	struct leases leases;
	struct ev_lease *held, *gone; /* owned: of the batch; of what is not for COMMAND */
	size_t n, m;                  /* how many each */
};

struct queue {
	struct replay *r;
	struct ev_stream stream;
	struct ev_follow follow;
	bool opened, follows;
	struct desk *desk; /* owned; one per lane */
	size_t desks;
};

static enum ev_code
on_done(void *arg, const struct ev_micro *b, struct ev_err *e)
{
	struct lane *l = arg;

	(void)e;
	l->replay->sent += b->n;
	return EV_OK;
}

static enum ev_code
give_back(struct desk *d, const struct ev_lease *l, size_t n, bool pause, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (size_t i = 0; i < n && (rc == EV_OK || rc == EV_NO); i++) {
		uint64_t clock = ev_mono();
		uint64_t most = UINT64_C(1) << (l[i].receives < 20 ? l[i].receives : 20);
		int64_t ms = 0;

		if (pause) { /* full jitter */
			most = most * FIRST_PAUSE < MOST_PAUSE ? most * FIRST_PAUSE : MOST_PAUSE;
			ms = (int64_t)(ev_xxh3(&clock, sizeof(clock)) % most) + 1;
		}
		rc = ev_queue_back(&d->leases.queue, &l[i], ev_now() + ms, e);
	}
	return rc == EV_NO ? EV_OK : rc; /* somebody else's by now */
}

static enum ev_code
check_receives(const struct replay *r, const struct ev_lease *l, struct ev_err *e)
{
	uint64_t most = r->conf->max_receives;

	if (most == 0 || l->receives <= most)
		return EV_OK;
	return ev_fail(e, EV_DATA, "received %u times, at most %llu were wanted", l->receives,
	    (unsigned long long)most);
}

/* Puts a leased event into the batch, or among those that are gone. */
static enum ev_code
sort_out(struct queue *q, struct desk *d, const struct ev_lease *l, struct ev_err *e)
{
	struct ev_source_lane *from = d->lane->from;
	struct replay *r = q->r;
	struct ev_slice line;
	bool yes = true;
	enum ev_code rc = evreplay_leases_line(&d->leases, l->seq, &line, e);

	if (rc == EV_OK && (rc = check_receives(r, l, e)) == EV_OK)
		rc = ev_select_match(&r->select, &d->leases.scan, &yes, e);
	if (rc == EV_OK && yes) {
		d->held[d->n++] = *l;
		return ev_micro_add(&d->lane->batch, line, l->seq, e);
	}
	if (rc == EV_DATA) {
		snprintf(from->place, sizeof(from->place), "shard %u, offset %llu", from->shard,
		    (unsigned long long)l->seq);
		ev_err_name(e, from->place);
		r->faults.batch = d->lane->id;
		rc = ev_faults_take(&r->faults, line, e);
	}
	d->gone[d->m++] = *l;
	return rc;
}

static enum ev_code
done(struct desk *d, const struct ev_lease *l, size_t n, struct ev_err *e)
{
	size_t late = 0;
	enum ev_code rc = n > 0 ? ev_queue_done(&d->leases.queue, l, n, &late, e) : EV_OK;

	if (rc == EV_OK && late > 0)
		ev_warn("%zu events took longer than --visibility and go to another consumer too",
		    late);
	return rc;
}

/* After a failure the runner is made anew. */
static void
end_run(struct replay *r, struct lane *l)
{
	struct ev_err later = { 0 };

	if (l->runs && ev_run_close(&l->run, &later) != EV_OK)
		ev_warn("%s", later.text);
	evreplay_add_run(&r->earlier, &l->run);
	l->run = (struct ev_run){ 0 };
	l->runs = false;
}

static enum ev_code
run_batch(struct queue *q, struct desk *d, struct ev_err *e)
{
	struct lane *l = d->lane;
	enum ev_code rc;

	if (!l->runs &&
	    (rc = evreplay_open_run(q->r, l, d->leases.queue.group.lock, on_done, e)) != EV_OK)
		return rc;
	l->batch.since = (int64_t)ev_mono();
	snprintf(l->batch.id, sizeof(l->batch.id), "%s", l->id);
	rc = ev_run_put(&l->run, &l->batch, e);
	return rc == EV_OK ? ev_run_settle(&l->run, -1, e) : rc;
}

/* Hands on the batch. What COMMAND was not available for goes back, and nothing stops. */
static enum ev_code
deliver(struct queue *q, struct desk *d, struct ev_err *e)
{
	enum ev_code rc = run_batch(q, d, e);
	struct ev_err later = { 0 };

	if (rc == EV_OK)
		return done(d, d->held, d->n, e);
	end_run(q->r, d->lane);
	if (rc == EV_AGAIN) {
		ev_warn("%s; %zu events go back", e->text, d->n);
		*e = (struct ev_err){ 0 };
		return give_back(d, d->held, d->n, true, e);
	}
	if (give_back(d, d->held, d->n, false, &later) != EV_OK)
		ev_warn("%s", later.text);
	return rc;
}

static enum ev_code
settle(struct queue *q, struct desk *d, struct ev_err *e)
{
	struct replay *r = q->r;
	enum ev_code rc = EV_OK;

	if (d->m > 0 && r->faults.taken != r->synced) {
		if ((rc = ev_faults_sync(&r->faults, e)) != EV_OK)
			return rc;
		r->synced = r->faults.taken;
	}
	return done(d, d->gone, d->m, e);
}

/* Leases a batch and sees to it. *busy: there was something. *wake: as of ev_queue_lease. */
static enum ev_code
serve(struct queue *q, struct desk *d, bool *busy, int64_t *wake, struct ev_err *e)
{
	struct replay *r = q->r;
	uint64_t left = r->conf->limit - r->taken;
	size_t n = left < r->most_events ? (size_t)left : r->most_events, got = 0, i;
	struct ev_lease *taken = d->held + r->most_events;
	struct ev_err later = { 0 };
	enum ev_code rc;

	d->n = d->m = 0;
	if ((rc = evreplay_leases_take(&d->leases, r->conf->visibility, taken, n, &got, wake, e)) !=
	    EV_OK)
		return rc;
	*busy = *busy || got > 0;
	r->taken += got;
	r->source.read += got;
	for (i = 0; rc == EV_OK && i < got; i++)
		rc = sort_out(q, d, &taken[i], e);
	if (rc == EV_OK && (rc = settle(q, d, e)) == EV_OK)
		return d->n > 0 ? deliver(q, d, e) : EV_OK;
	if (give_back(d, taken, got, false, &later) != EV_OK)
		ev_warn("%s", later.text);
	return rc;
}

/* Waits until something may be leased: new events, or old ones whose time is over. */
static enum ev_code
wait_more(struct queue *q, int64_t wake, struct ev_err *e)
{
	int64_t ms = wake > 0 ? wake - ev_now() : EV_FOLLOW_POLL;
	enum ev_code rc;

	ms = ms < 1 ? 1 : ms > EV_FOLLOW_POLL ? EV_FOLLOW_POLL : ms;
	rc = ev_sig_wait(q->follow.fd, (int)ms, e);
	if (rc == EV_OK)
		ev_follow_drain(&q->follow);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
pump(struct queue *q, struct ev_err *e)
{
	struct replay *r = q->r;
	enum ev_code rc = EV_OK;
	bool busy = true;

	while (rc == EV_OK && ev_sig_stop() == 0 && r->taken < r->conf->limit &&
	    (busy || r->conf->follow)) {
		int64_t first = 0, wake;

		busy = false;
		for (size_t i = 0; rc == EV_OK && i < q->desks; i++) {
			wake = 0;
			rc = serve(q, &q->desk[i], &busy, &wake, e);
			if (wake > 0 && (first == 0 || wake < first))
				first = wake;
		}
		evreplay_tick(r);
		if (rc == EV_OK && !busy && r->conf->follow)
			rc = wait_more(q, first, e);
	}
	return rc;
}

/* What is not followed ends with 6 as long as something waits for another try. */
static enum ev_code
check_paused(struct queue *q, struct ev_err *e)
{
	struct ev_queue_info info;
	uint64_t paused = 0;
	enum ev_code rc = EV_OK;

	for (size_t i = 0; (rc == EV_OK || rc == EV_NO) && i < q->desks; i++) {
		rc = ev_queue_look(
		    &q->stream, q->r->conf->group, q->desk[i].leases.shard, ev_now(), &info, e);
		paused += rc == EV_OK ? info.paused : 0;
	}
	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if (paused > 0 && ev_sig_stop() == 0)
		return ev_fail(
		    e, EV_AGAIN, "%llu events wait for another try", (unsigned long long)paused);
	return EV_OK;
}

static enum ev_code
open_desk(struct queue *q, struct desk *d, struct lane *l, struct ev_err *e)
{
	size_t n = q->r->most_events;

	d->lane = l;
	snprintf(l->id, sizeof(l->id), "%s %u queue", q->r->source.id, l->from->shard);
	d->held = calloc(2 * n, sizeof(*d->held)); /* behind the batch: what was taken */
	d->gone = calloc(n, sizeof(*d->gone));
	if (d->held == NULL || d->gone == NULL)
		return ev_fail_mem(e);
	return evreplay_leases_open(&d->leases, q->r, &q->stream, l->from->shard, e);
}

static enum ev_code
open_queue(struct queue *q, struct ev_err *e)
{
	struct replay *r = q->r;
	const struct ev_address *a = &r->source.parts;
	uint32_t first = r->lane[0].from->shard, last = r->lane[r->lanes - 1].from->shard;
	enum ev_code rc = ev_stream_open(&q->stream, a->rest, a->opts, false, e);

	if (rc != EV_OK)
		return rc;
	q->opened = true;
	if (r->conf->follow) {
		rc = ev_follow_open(&q->follow, &q->stream, first, last - first + 1, e);
		q->follows = rc == EV_OK;
	}
	q->desk = calloc(r->lanes, sizeof(*q->desk));
	if (q->desk == NULL)
		return ev_fail_mem(e);
	while (rc == EV_OK && q->desks < r->lanes) {
		rc = open_desk(q, &q->desk[q->desks], &r->lane[q->desks], e);
		q->desks++;
	}
	return rc;
}

static void
close_queue(struct queue *q)
{
	for (size_t i = 0; i < q->desks; i++) {
		end_run(q->r, q->desk[i].lane);
		evreplay_leases_close(&q->desk[i].leases);
		free(q->desk[i].held);
		free(q->desk[i].gone);
	}
	free(q->desk);
	if (q->follows)
		ev_follow_close(&q->follow);
	if (q->opened)
		ev_stream_close(&q->stream);
}

enum ev_code
evreplay_queue(struct replay *r, struct ev_err *e)
{
	struct queue q = { .r = r };
	enum ev_code rc = open_queue(&q, e);

	if (rc == EV_OK)
		rc = pump(&q, e);
	if (rc == EV_OK && !r->conf->follow && r->taken < r->conf->limit)
		rc = check_paused(&q, e);
	close_queue(&q);
	return rc;
}
