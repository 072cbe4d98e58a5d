/* SPDX-License-Identifier: MIT */
/* A command that is started once: what it is given, and what becomes of it. */
#include <inttypes.h>
#include <sys/wait.h>

#include "base/io.h"
#include "base/time.h"
#include "cli/say.h"
#include "work/work.h"

enum {
	NS = 1000000,      /* in a ms */
	PATIENCE = 10000,  /* ms of silence before a hint */
	LAST_WORDS = 60000 /* ms for its end, once its stdin was closed */
};

static enum ev_code
start(struct ev_run *r, const struct ev_job *j, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	const char *const env[] = { "EVHUB_BATCH", k->id, NULL };
	const struct ev_child_args args = {
		.argv = r->args.command,
		.env = env,
		.take_err = true,
		.answers = true,
		.keep = r->args.keep,
	};

	memcpy(k->id, j->b.id, sizeof(k->id));
	k->tail.n = 0;
	return ev_child_start(&k->child, &args, e);
}

enum ev_code
ev_worker_give(struct ev_run *r, struct ev_job *j, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	const struct ev_part *p = ev_job_next(j);
	struct ev_slice lines;
	enum ev_code rc;

	if ((k->child.pid == 0 && (rc = start(r, j, e)) != EV_OK) ||
	    (rc = ev_job_lines(j, p, &k->lines, &lines, e)) != EV_OK ||
	    (rc = ev_buf_reserve(&k->out, lines.n + 1, e)) != EV_OK ||
	    (rc = ev_buf_adds(&k->out, lines, e)) != EV_OK ||
	    (rc = ev_buf_addc(&k->out, '\n', e)) != EV_OK)
		return rc;
	if (ev_worker_owes(r) == 0)
		k->heard = ev_mono();
	j->barrier = ++k->sent;
	r->invocations++;
	return EV_OK;
}

/* It is gone. What it owed is to be given again; returns the first of that, or NULL. */
static struct ev_job *
forget(struct ev_run *r)
{
	struct ev_run_work *k = r->work;
	struct ev_job *first = NULL;
	size_t i;

	for (i = 0; i < r->open; i++) {
		struct ev_job *j = k->job[i];

		if (j->barrier != 0 && (first == NULL || j->barrier < first->barrier))
			first = j;
	}
	for (i = 0; i < r->open; i++)
		k->job[i]->barrier = 0;
	ev_buf_clear(&k->out);
	ev_buf_clear(&k->answers);
	k->written = 0;
	k->sent = k->answered = 0;
	return first;
}

/* Ends it for what the text says: what it owed may be sent to another. */
static enum ev_code
drop(struct ev_run *r, struct ev_word *w, struct ev_err *e)
{
	struct ev_job *j;

	ev_child_end(&r->work->child, EV_GRACE);
	j = forget(r);
	w->verdict = EV_TRANSIENT;
	return j != NULL ? ev_judge(r, j, w, e) : EV_OK;
}

/*
 * It ended by itself. A status of 0 is no answer: what it had not read is lost in the pipe. Where
 * it did something before it is merely started again, and the verdict counts else.
 */
static enum ev_code
ended(struct ev_run *r, int status, struct ev_err *e)
{
	const bool worked = r->work->answered > 0;
	struct ev_word w = { .verdict = ev_child_verdict(status) };
	struct ev_job *j = forget(r);
	char how[EV_CHILD_HOW];

	ev_child_how(how, status);
	r->faulty += WIFEXITED(status) && WEXITSTATUS(status) == EV_PARTIAL;
	if (j == NULL && w.verdict != EV_DONE)
		ev_warn("'%s' %s after its last batch", r->args.command[0], how);
	if (j == NULL || (w.verdict == EV_DONE && worked))
		return EV_OK;
	if (w.verdict == EV_DONE) {
		w.verdict = EV_TRANSIENT;
		ev_word_say(&w, r, &r->work->tail,
		    "%s without an answer; wanted 'ok K' for each blank line, on the descriptor "
		    "that EVHUB_ACK names",
		    how);
	} else {
		ev_word_say(&w, r, &r->work->tail, "%s", how);
	}
	return ev_judge(r, j, &w, e);
}

/* The answers that came; nonsense ends the worker. */
static enum ev_code
hear(struct ev_run *r, struct ev_err *e)
{
	struct ev_err why = { 0 };
	struct ev_word w;
	bool nonsense;
	enum ev_code rc = ev_hear(r, &nonsense, &why);

	if (rc == EV_OK)
		return EV_OK;
	if (!nonsense) {
		if (e != NULL)
			*e = why;
		return rc;
	}
	ev_word_say(&w, r, NULL, "%s", why.text);
	return drop(r, &w, e);
}

static const char hint[] =
    "a stage that drops blank lines cannot be part of a worker, and an effect command whose stdout "
    "is a pipe needs --ack";

/* Past the time for an answer it is ended; without one there is a hint, once. */
static enum ev_code
mind_silence(struct ev_run *r, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	const uint64_t silent = (ev_mono() - k->heard) / NS;
	struct ev_word w;

	if (k->child.pid == 0 || ev_worker_owes(r) == 0)
		return EV_OK;
	if (k->stop != 0 && ev_mono() >= k->stop) {
		ev_word_say(&w, r, &k->tail, "did not answer in time to stop");
		return drop(r, &w, e);
	}
	if (r->args.timeout > 0 && silent >= (uint64_t)r->args.timeout) {
		ev_word_say(&w, r, &k->tail, "did not answer within %" PRId64 " ms (%s)",
		    r->args.timeout, hint);
		return drop(r, &w, e);
	}
	if (!k->hinted && silent >= PATIENCE) {
		ev_warn(
		    "no answer from '%s' for %d s: %s", r->args.command[0], PATIENCE / 1000, hint);
		k->hinted = true;
	}
	return EV_OK;
}

/* When something is to be done even if nothing happens; 0: never. */
static uint64_t
wake_at(struct ev_run *r, uint64_t until)
{
	struct ev_run_work *k = r->work;
	uint64_t at = 0;

	if (ev_worker_owes(r) > 0 && r->args.timeout > 0)
		at = k->heard + (uint64_t)r->args.timeout * NS;
	else if (ev_worker_owes(r) > 0 && !k->hinted)
		at = k->heard + (uint64_t)PATIENCE * NS;
	if (at == 0 || (until != 0 && until < at))
		at = until;
	return ev_stop_until(&k->stop, ev_tick_until(r, at));
}

/* ms, or the time for an answer where that is less. */
static int64_t
patience(const struct ev_run *r, int64_t ms)
{
	return r->args.timeout > 0 && r->args.timeout < ms ? r->args.timeout : ms;
}

/* Closes its stdin and waits for its end, for ms at most: EV_NO. */
static enum ev_code
see_off(struct ev_run *r, int64_t ms, int *status, struct ev_err *e)
{
	const uint64_t until = ev_mono() + (uint64_t)ms * NS;
	struct ev_run_work *k = r->work;
	struct ev_child_talk t = { .end = true, .err = &k->tail };
	enum ev_code rc;

	t.answers = ev_worker_owes(r) > 0 ? &k->answers : NULL;
	for (;;) {
		t.deadline = ev_tick_until(r, until);
		rc = ev_child_talk(&k->child, &t, e);
		*status = t.status;
		if (rc != EV_NO || k->child.pid == 0 || ev_mono() >= until ||
		    k->answers.n > EV_MAX_LINE)
			return rc;
		ev_tick(r);
	}
}

static enum ev_code
talk(struct ev_run *r, bool wait, uint64_t until, int *status, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	struct ev_child_talk t = {
		.bytes = { ev_buf_str(&k->out) + k->written, k->out.n - k->written },
		.wait = wait,
		.deadline = wake_at(r, until),
		.err = &k->tail,
		.answers = &k->answers,
	};
	enum ev_code rc = ev_child_talk(&k->child, &t, e);

	if (rc == EV_PIPE)
		*status = t.status;
	k->written = k->out.n - t.bytes.n;
	if (t.bytes.n == 0) {
		k->written = 0;
		ev_buf_clear(&k->out);
	}
	return rc;
}

enum ev_code
ev_worker_turn(struct ev_run *r, bool wait, uint64_t until, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	int status = -1; /* it has not ended */
	struct ev_word w;
	enum ev_code rc;

	rc = talk(r, wait, until, &status, e);
	if (rc == EV_NO)
		ev_tick(r);
	if (rc == EV_PIPE && k->child.pid != 0)
		rc = see_off(r, patience(r, EV_GRACE), &status, e);
	if (rc == EV_SYS || (rc = hear(r, e)) != EV_OK)
		return rc;
	if (k->child.pid == 0 && status != -1)
		return k->sent > 0 ? ended(r, status, e) : EV_OK; /* nonsense was judged */
	if (k->child.in >= 0 || k->child.pid == 0)
		return mind_silence(r, e);
	ev_word_say(&w, r, &k->tail, "closed its stdin, yet did not end");
	return drop(r, &w, e);
}

enum ev_code
ev_worker_retire(struct ev_run *r, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	enum ev_code rc;
	int status;

	rc = see_off(r, LAST_WORDS, &status, e);
	if (rc == EV_OK)
		return ended(r, status, e);
	if (rc == EV_NO)
		ev_warn("'%s' did not end within %d s of its last batch", r->args.command[0],
		    LAST_WORDS / 1000);
	ev_child_end(&k->child, EV_GRACE);
	(void)forget(r);
	return rc == EV_NO ? EV_OK : rc;
}
