/* SPDX-License-Identifier: MIT */
/* From the lanes of the source to a sink: batches, pace, waits. */
#include "base/sig.h"
#include "base/time.h"
#include "evreplay.h"

enum { ANSWERS = 5 /* ms between two looks at workers that are to answer */ };

void
evreplay_tick(struct replay *r)
{
	ev_progress_step(&r->progress, r->source.passed, r->source.read);
	if (ev_sig_stats())
		evreplay_show_stats(r);
}

/* Nanoseconds until the lane's open batch is due, 0: now. */
static uint64_t
due_in(const struct replay *r, const struct lane *l)
{
	uint64_t now = ev_mono(), window;

	if (r->conf->window <= 0)
		return 0;
	window = (uint64_t)r->conf->window * 1000000;
	return now < l->since + window ? l->since + window - now : 0;
}

static enum ev_code
hand_on(struct replay *r, struct lane *l, struct ev_err *e)
{
	enum ev_code rc = r->sink->hand_on(r, l, e);

	l->n = l->bytes = 0;
	return rc;
}

static enum ev_code
flush(struct replay *r, struct ev_err *e)
{
	enum ev_code rc = ev_out_flush(&r->out, e);

	if (rc == EV_OK && r->faults.taken != r->synced) {
		rc = ev_faults_sync(&r->faults, e);
		r->synced = r->faults.taken;
	}
	r->stuck = r->stuck || rc != EV_OK;
	return rc;
}

/*
 * Nothing is there: what is on its way goes. *ms: when to look again at the latest, -1: only when
 * something comes.
 */
static enum ev_code
settle(struct replay *r, int *ms, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	*ms = -1;
	for (size_t i = 0; rc == EV_OK && i < r->lanes; i++) {
		struct lane *l = &r->lane[i];
		uint64_t wait = l->n > 0 ? due_in(r, l) / 1000000 + 1 : 0;

		if (l->n > 0 && due_in(r, l) == 0) {
			rc = hand_on(r, l, e);
			wait = 0;
		}
		if (rc == EV_OK)
			rc = r->sink->settle(r, l, e);
		if (l->waiting > 0)
			wait = ANSWERS;
		if (wait > 0 && (*ms < 0 || wait < (uint64_t)*ms))
			*ms = wait < 3600000 ? (int)wait : 3600000;
	}
	evreplay_tick(r);
	return rc == EV_OK ? flush(r, e) : rc;
}

/* Waits until `at`. EV_NO: a signal asked to stop. */
static enum ev_code
wait_until(struct replay *r, uint64_t at, struct ev_err *e)
{
	uint64_t now = ev_mono(), ms;
	enum ev_code rc;
	int most;

	r->waits += now < at;
	for (; now < at; now = ev_mono()) {
		if ((rc = settle(r, &most, e)) != EV_OK)
			return rc;
		if (ev_sig_stop() != 0)
			return EV_NO;
		ms = (at - now + 999999) / 1000000;
		if (most >= 0 && (uint64_t)most < ms)
			ms = (uint64_t)most;
		rc = ev_sig_wait(-1, ms < 3600000 ? (int)ms : 3600000, e);
		if (rc != EV_OK && rc != EV_NO)
			return rc;
	}
	return EV_OK;
}

static enum ev_code
put_item(struct replay *r, struct lane *l, const struct item *it, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (!r->conf->dry_run && (r->pace.interval > 0 || r->pace.speed > 0))
		rc = wait_until(r, ev_pace_due(&r->pace, it->timed ? it->ms : 0, ev_mono()), e);
	/* an event that would make the batch too large begins the next one */
	if (rc == EV_OK && l->n > 0 &&
	    (l->bytes >= r->most_bytes || it->line.n >= r->most_bytes - l->bytes))
		rc = hand_on(r, l, e);
	if (rc == EV_OK && (rc = r->sink->put(r, l, it, e)) == EV_OK) {
		if (l->n++ == 0)
			l->since = r->conf->window > 0 ? ev_mono() : 0;
		l->bytes += it->line.n + 1;
		r->taken++;
		evreplay_took(r, l);
	}
	return rc;
}

/* The first bad event stops all; what precedes it in its lane is handed on. */
static enum ev_code
stop_at(struct replay *r, struct lane *l, struct ev_err *e)
{
	struct ev_err why = *e;
	enum ev_code rc = EV_OK;

	*e = (struct ev_err){ 0 };
	if (l->n > 0)
		rc = hand_on(r, l, e);
	if (rc != EV_OK)
		return rc;
	*e = why;
	return EV_DATA;
}

/* Whether the open batch is complete; idle: nothing more is there. */
static bool
complete(const struct replay *r, const struct lane *l, bool idle)
{
	return l->ended || l->n >= r->most_events || r->taken >= r->conf->limit ||
	    (r->conf->window > 0 ? due_in(r, l) == 0 : idle);
}

/* Takes what a lane has, a batch at most. *busy: it had something. */
static enum ev_code
serve(struct replay *r, struct lane *l, bool *busy, struct ev_err *e)
{
	struct item it = { 0 };
	enum ev_code rc = EV_OK;

	while (rc == EV_OK && r->taken < r->conf->limit && l->n < r->most_events &&
	    ev_sig_stop() == 0) {
		rc = evreplay_next(r, l, &it, e);
		if (rc == EV_OK)
			rc = put_item(r, l, &it, e);
	}
	if (rc == EV_DATA)
		return stop_at(r, l, e);
	if (ev_sig_stop() != 0 && (rc == EV_OK || rc == EV_NO))
		return EV_NO;
	if (rc != EV_OK && rc != EV_NO)
		return rc;
	l->ended = rc == EV_NO && l->from->pause == EV_PAUSE_END;
	*busy = *busy || rc == EV_OK || l->from->pause == EV_PAUSE_MORE;
	if (l->n > 0 && complete(r, l, rc == EV_NO && l->from->pause == EV_PAUSE_IDLE))
		return hand_on(r, l, e);
	return EV_OK;
}

static enum ev_code
round_of_lanes(struct replay *r, bool *more, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	bool busy = false;
	int ms;

	*more = false;
	for (size_t i = 0; rc == EV_OK && i < r->lanes && r->taken < r->conf->limit; i++) {
		if (!r->lane[i].ended)
			rc = serve(r, &r->lane[i], &busy, e);
		*more = *more || !r->lane[i].ended;
	}
	*more = *more && r->taken < r->conf->limit;
	if (rc != EV_OK || !*more || busy) {
		evreplay_tick(r);
		return rc;
	}
	if ((rc = settle(r, &ms, e)) == EV_OK)
		rc = ev_source_wait(&r->source, ms, e);
	return rc == EV_NO ? EV_OK : rc;
}

enum ev_code
evreplay_pump(struct replay *r, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	bool more = true;

	while (rc == EV_OK && more && ev_sig_stop() == 0)
		rc = round_of_lanes(r, &more, e);
	return rc == EV_OK && ev_sig_stop() != 0 ? EV_NO : rc;
}
