/* SPDX-License-Identifier: MIT */
/* Batches for a COMMAND, by the runner. */
#include <stdio.h>
#include <stdlib.h>

#include "base/sig.h"
#include "base/time.h"
#include "evreplay.h"

/* ns between two commits of a worker that is busy. */
#define COMMIT UINT64_C(5000000)

/* A batch was done, in the order they were handed on. */
static enum ev_code
on_done(void *arg, const struct ev_micro *b, struct ev_err *e)
{
	struct lane *l = arg;

	(void)e;
	l->replay->sent += b->n;
	evreplay_done(l, &l->ring[l->first]);
	l->first = (l->first + 1) % l->size;
	l->waiting--;
	return EV_OK;
}

static void
on_tick(void *arg)
{
	const struct lane *l = arg;

	evreplay_tick(l->replay);
}

enum ev_code
evreplay_open_run(struct replay *r, struct lane *l, int lock,
    enum ev_code (*done)(void *arg, const struct ev_micro *b, struct ev_err *e), struct ev_err *e)
{
	const struct conf *c = r->conf;
	const struct ev_run_args args = {
		.command = (const char *const *)c->words,
		.worker = c->worker,
		.inflight = c->inflight,
		.retries = c->retries,
		.max_age = c->max_age,
		.give_up_fault = strcmp(c->give_up, "fault") == 0,
		.max_faults = c->max_faults,
		.timeout = c->timeout,
		.back_off = 100,
		.keep = lock >= 0 ? l->keep : NULL,
		.faults = &r->faults,
		.done = done,
		.tick = on_tick,
		.arg = l,
	};
	enum ev_code rc;

	l->keep[0] = lock;
	l->keep[1] = -1;
	rc = ev_run_open(&l->run, &args, e);
	l->runs = rc == EV_OK;
	return rc;
}

static enum ev_code
start(struct replay *r, struct lane *l, struct ev_err *e)
{
	int lock = r->conf->state != NULL ? r->checkpoint.lock : l->from->lock;

	l->size = r->conf->inflight + 1;
	l->ring = calloc(l->size, sizeof(*l->ring));
	return l->ring != NULL ? evreplay_open_run(r, l, lock, on_done, e) : ev_fail_mem(e);
}

static enum ev_code
put_line(struct replay *r, struct lane *l, const struct item *it, struct ev_err *e)
{
	enum ev_code rc;

	if (!l->runs && (rc = start(r, l, e)) != EV_OK)
		return rc;
	if (l->batch.n == 0)
		l->batch.since = (int64_t)ev_mono();
	return ev_micro_add(&l->batch, it->line, it->seq, e);
}

/*
 * What was done while the runner was at work lasts, also where it failed in the end. The batches of
 * a worker have no position in their names, so that one commit may serve several while it is busy.
 */
static enum ev_code
after_run(struct replay *r, struct lane *l, enum ev_code rc, bool busy, struct ev_err *e)
{
	struct ev_err later = { 0 };
	uint64_t now;

	if (rc == EV_OK) {
		now = r->conf->worker ? ev_mono() : 0;
		if (r->conf->worker && busy && now < l->committed + COMMIT)
			return EV_OK;
		l->committed = now;
		return evreplay_commit(r, l, e);
	}
	l->failed = true;
	if (evreplay_commit(r, l, &later) != EV_OK)
		ev_warn("%s", later.text);
	return rc;
}

static enum ev_code
hand_on(struct replay *r, struct lane *l, struct ev_err *e)
{
	snprintf(l->batch.id, sizeof(l->batch.id), "%s", l->id);
	l->ring[(l->first + l->waiting) % l->size] = l->from->at;
	l->waiting++;
	return after_run(r, l, ev_run_put(&l->run, &l->batch, e), true, e);
}

/* Waits at most ms for answers. */
static enum ev_code
hear(struct replay *r, struct lane *l, int ms, struct ev_err *e)
{
	enum ev_code rc = l->waiting > 0 ? ev_run_settle(&l->run, ms, e) : EV_OK;

	if (rc == EV_NO && ev_sig_stop() == 0)
		rc = EV_OK; /* not yet */
	return after_run(r, l, rc, false, e);
}

static enum ev_code
settle(struct replay *r, struct lane *l, struct ev_err *e)
{
	enum ev_code rc = hear(r, l, 0, e);

	if (rc != EV_OK || l->waiting > 0 || l->n > 0)
		return rc;
	evreplay_done(l, &l->from->at); /* what was passed over */
	return evreplay_commit(r, l, e);
}

static enum ev_code
finish(struct replay *r, struct lane *l, struct ev_err *e)
{
	enum ev_code rc = EV_OK, end;

	if (!l->failed && (rc = hear(r, l, -1, e)) == EV_OK)
		rc = settle(r, l, e);
	end = l->runs ? ev_run_close(&l->run, e) : EV_OK;
	l->runs = false;
	return rc != EV_OK ? rc : end;
}

const struct sink evreplay_command = { put_line, hand_on, settle, finish };
