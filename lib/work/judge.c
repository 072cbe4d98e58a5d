/* SPDX-License-Identifier: MIT */
/* What follows from a verdict: done, again, halved, a fault, or the end. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "cli/say.h"
#include "work/work.h"

enum { NS = 1000000 /* in a ms */ };

static bool
blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

/* The end of what it said, at most room bytes, from the beginning of a line where one is there. */
static struct ev_slice
last_words(const struct ev_child_tail *t, size_t room)
{
	struct ev_slice s = { t->p, t->n }, cut;
	const char *lf;

	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	cut = s;
	if (s.n > room)
		cut = (struct ev_slice){ s.p + s.n - room, room };
	else if (t->n < sizeof(t->p))
		return s;
	lf = memchr(cut.p, '\n', cut.n);
	if (lf != NULL)
		cut = (struct ev_slice){ lf + 1, (size_t)(cut.p + cut.n - lf) - 1 };
	while (cut.n > 0 && ((unsigned char)*cut.p & 0xc0) == 0x80) { /* the rest of a letter */
		cut.p++;
		cut.n--;
	}
	return cut;
}

void
ev_word_say(struct ev_word *w, const struct ev_run *r, const struct ev_child_tail *tail,
    const char *fmt, ...)
{
	const size_t size = sizeof(w->text);
	struct ev_slice last;
	va_list ap;
	size_t n, i;

	snprintf(w->text, size, "'%.60s' ", r->args.command[0]);
	n = strlen(w->text);
	va_start(ap, fmt);
	vsnprintf(w->text + n, size - n, fmt, ap);
	va_end(ap);
	n += strlen(w->text + n);
	if (tail == NULL || n + 3 > size)
		return;
	last = last_words(tail, size - n - 3);
	if (last.n == 0)
		return;
	snprintf(w->text + n, size - n, ": %.*s", EV_FMT(last));
	for (i = n; w->text[i] != '\0'; i++)
		if (blank(w->text[i]))
			w->text[i] = ' ';
}

uint64_t
ev_tick_until(const struct ev_run *r, uint64_t until)
{
	const uint64_t tick = ev_mono() + (uint64_t)EV_TICK * NS;

	return r->args.tick != NULL && (until == 0 || tick < until) ? tick : until;
}

uint64_t
ev_stop_until(uint64_t *stop, uint64_t until)
{
	if (*stop == 0 && ev_sig_stop() != 0)
		*stop = ev_mono() + (uint64_t)EV_STOP_PATIENCE * NS;
	return *stop != 0 && (until == 0 || *stop < until) ? *stop : until;
}

void
ev_tick(struct ev_run *r)
{
	if (r->args.tick != NULL)
		r->args.tick(r->args.arg);
}

/* Below n, which is not 0: splitmix64. */
static uint64_t
draw(uint64_t *state, uint64_t n)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % n;
}

/* Exponential, with full jitter: anything up to the base doubled with each attempt. */
static uint64_t
back_off(struct ev_run *r, uint64_t attempt)
{
	uint64_t ms = (uint64_t)r->args.back_off;

	while (attempt-- > 0 && ms < EV_BACK_OFF_MAX)
		ms *= 2;
	return draw(&r->work->random, (ms < EV_BACK_OFF_MAX ? ms : EV_BACK_OFF_MAX) * NS + 1);
}

enum ev_code
ev_back_off(struct ev_run *r, uint64_t until, struct ev_err *e)
{
	enum ev_code rc = EV_NO;

	if (until == 0 || until > r->work->not_before)
		until = r->work->not_before;
	while (rc == EV_NO || rc == EV_OK) {
		uint64_t now = ev_mono(), end = ev_tick_until(r, until);

		if (now >= until)
			return EV_OK;
		if (ev_sig_stop() != 0)
			return EV_NO;
		rc = ev_sig_wait(-1, (int)((end - now + NS - 1) / NS), e);
		ev_tick(r);
	}
	return rc;
}

static enum ev_code
passed(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	(void)w;
	(void)e;
	ev_job_passed(j);
	j->attempt = 0;
	r->work->streak = 0;
	return EV_OK;
}

/* Nobody takes the fault: the place is added, which would keep faults from being grouped. */
static enum ev_code
stop_at(const struct ev_job *j, size_t item, const struct ev_word *w, struct ev_err *e)
{
	ev_fail(e, EV_DATA, "event %" PRIu64 ": %s", j->b.item[item].seq, w->text);
	ev_err_place(e, 0, ev_micro_line(&j->b, item), 0);
	return EV_DATA;
}

static enum ev_code
count_fault(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	enum ev_code rc;

	ev_job_faulted(j);
	j->attempt = 0;
	r->faults++;
	k->unsynced = true;
	if (++k->streak != r->args.max_faults)
		return EV_OK;
	if ((rc = ev_faults_sync(r->args.faults, e)) != EV_OK)
		return rc;
	return ev_fail(e, EV_DATA, "%" PRIu64 " events in a row became faults, the last one as %s",
	    k->streak, w->text);
}

static enum ev_code
make_fault(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	struct ev_faults *f = r->args.faults;
	struct ev_err why = { 0 };
	size_t item = j->list[j->part[j->parts - 1].from];
	const char *batch;
	enum ev_code rc;

	if (f == NULL || !f->on)
		return stop_at(j, item, w, e);
	ev_fail(&why, EV_DATA, "%s", w->text);
	batch = f->batch;
	f->batch = j->b.id; /* the fault has the same id when the batch comes again */
	f->said = (struct ev_slice){ r->work->tail.p, r->work->tail.n };
	rc = ev_faults_take(f, ev_micro_line(&j->b, item), &why);
	f->said = (struct ev_slice){ NULL, 0 };
	f->batch = batch;
	if (rc == EV_OK)
		return count_fault(r, j, w, e);
	if (e != NULL)
		*e = why;
	return rc;
}

static enum ev_code
poisoned(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	const struct ev_part *p = &j->part[j->parts - 1];

	j->trouble = true;
	if (p->to - p->from == 1)
		return make_fault(r, j, w, e);
	j->attempt = 0;
	ev_job_halve(j);
	return EV_OK;
}

/* Whether the job may be sent once more. */
static bool
may_retry(const struct ev_run *r, const struct ev_job *j)
{
	const uint64_t age = (uint64_t)r->args.max_age * NS;

	return !j->given_up && j->attempt < r->args.retries &&
	    (age == 0 || ev_mono() - j->since <= age);
}

static enum ev_code
transient(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	j->trouble = true;
	if (ev_sig_stop() != 0)
		return EV_NO;             /* it may have been the signal's doing */
	if (ev_sig_unread(STDOUT_FILENO)) /* which it cannot get over, having ours */
		return ev_fail(e, EV_PIPE, "%s", w->text);
	if (may_retry(r, j)) {
		r->retries++;
		r->work->not_before = ev_mono() + back_off(r, j->attempt++);
		ev_warn("%s; retry %" PRIu64, w->text, j->attempt);
		return EV_OK;
	}
	if (!r->args.give_up_fault && j->attempt == 0)
		return ev_fail(e, EV_AGAIN, "%s", w->text);
	if (!r->args.give_up_fault)
		return ev_fail(
		    e, EV_AGAIN, "%s; gave up after %" PRIu64 " retries", w->text, j->attempt);
	j->given_up = true;
	return poisoned(r, j, w, e);
}

static enum ev_code
broken(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	(void)r;
	(void)j;
	return ev_fail(e, EV_USAGE, "%s", w->text);
}

static enum ev_code
halt(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	(void)r;
	(void)j;
	return ev_fail(e, EV_SYS, "%s", w->text);
}

enum ev_code
ev_judge(struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e)
{
	static enum ev_code (*const follows[])(
	    struct ev_run *, struct ev_job *, const struct ev_word *, struct ev_err *) = {
		[EV_DONE] = passed,
		[EV_POISON] = poisoned,
		[EV_TRANSIENT] = transient,
		[EV_BROKEN] = broken,
		[EV_HALT] = halt,
	};

	return follows[w->verdict](r, j, w, e);
}
