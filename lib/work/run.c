/* SPDX-License-Identifier: MIT */
#include "work/run.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "work/work.h"

static enum ev_code
make_jobs(struct ev_run_work *k, size_t n, struct ev_err *e)
{
	k->job = calloc(n, sizeof(struct ev_job *));
	if (k->job == NULL)
		return ev_fail_mem(e);
	for (; k->jobs < n; k->jobs++) {
		k->job[k->jobs] = calloc(1, sizeof(struct ev_job));
		if (k->job[k->jobs] == NULL)
			return ev_fail_mem(e);
	}
	return EV_OK;
}

static void
free_work(struct ev_run_work *k)
{
	size_t i;

	for (i = 0; i < k->jobs; i++) {
		ev_job_fini(k->job[i]);
		free(k->job[i]);
	}
	free(k->job);
	ev_buf_fini(&k->lines);
	ev_buf_fini(&k->out);
	ev_buf_fini(&k->answers);
	free(k);
}

enum ev_code
ev_run_open(struct ev_run *r, const struct ev_run_args *args, struct ev_err *e)
{
	struct ev_run_work *k = calloc(1, sizeof(*k));
	enum ev_code rc;

	*r = (struct ev_run){ .args = *args };
	if (k == NULL)
		return ev_fail_mem(e);
	if (!args->worker || args->inflight == 0)
		r->args.inflight = 1;
	k->random = ev_mono() ^ (uint64_t)getpid() << 32;
	/* a batch was bounded when it was made */
	k->lines = k->out = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	k->answers = (struct ev_buf)EV_BUF(EV_MAX_LINE + EV_BLOCK);
	if ((rc = make_jobs(k, r->args.inflight, e)) != EV_OK) {
		free_work(k);
		return rc;
	}
	r->work = k;
	return EV_OK;
}

enum ev_code
ev_finish(struct ev_run *r, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	struct ev_job *j;
	enum ev_code rc;

	while (r->open > 0 && ev_job_next(k->job[0]) == NULL) {
		j = k->job[0];
		if (k->unsynced && (rc = ev_faults_sync(r->args.faults, e)) != EV_OK)
			return rc;
		k->unsynced = false;
		if ((rc = r->args.done(r->args.arg, &j->b, e)) != EV_OK)
			return rc;
		r->batches++;
		r->open--;
		memmove(k->job, k->job + 1, r->open * sizeof(*k->job));
		k->job[r->open] = j;
	}
	return EV_OK;
}

static enum ev_code
add_job(struct ev_run *r, struct ev_micro *b, struct ev_err *e)
{
	enum ev_code rc = ev_job_take(r->work->job[r->open], b, e);

	r->open += rc == EV_OK;
	return rc != EV_OK ? rc : ev_finish(r, e); /* an empty one is done */
}

/* A command for every part of the batch, until it is done. */
static enum ev_code
run_once(struct ev_run *r, struct ev_micro *b, struct ev_err *e)
{
	struct ev_word w;
	enum ev_code rc;

	rc = add_job(r, b, e);
	while (rc == EV_OK && r->open > 0) {
		struct ev_job *j = r->work->job[0];

		if ((rc = ev_back_off(r, 0, e)) == EV_OK &&
		    (rc = ev_once(r, j, ev_job_next(j), &w, e)) == EV_OK &&
		    (rc = ev_judge(r, j, &w, e)) == EV_OK)
			rc = ev_finish(r, e);
	}
	return rc;
}

/* Whether one of the open batches had trouble: then they go one by one, in order. */
static bool
careful(const struct ev_run *r)
{
	size_t i;

	for (i = 0; i < r->open; i++)
		if (r->work->job[i]->trouble)
			return true;
	return false;
}

/* Gives the worker what it may have now. */
static enum ev_code
give(struct ev_run *r, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	enum ev_code rc;
	size_t i;

	if (ev_mono() < k->not_before)
		return EV_OK;
	for (i = 0; i < r->open; i++) {
		struct ev_job *j = k->job[i];
		bool other = k->child.pid != 0 && strcmp(k->id, j->b.id) != 0;

		if (j->barrier != 0 || ev_job_next(j) == NULL)
			continue;
		if (ev_worker_owes(r) > 0 && (other || careful(r)))
			return EV_OK;
		if (other && (rc = ev_worker_retire(r, e)) != EV_OK)
			return rc;
		if ((rc = ev_worker_give(r, j, e)) != EV_OK)
			return rc;
	}
	return EV_OK;
}

/* Until no more than `most` batches are open, and what can be written is. EV_NO: `until` came
 * first. */
static enum ev_code
work_down(struct ev_run *r, size_t most, uint64_t until, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	enum ev_code rc;

	for (;;) {
		if ((rc = give(r, e)) != EV_OK)
			return rc;
		if (r->open <= most && k->out.n == 0)
			return EV_OK;
		if (ev_worker_owes(r) > 0)
			rc = ev_worker_turn(r, r->open > most, until, e);
		else
			rc = ev_back_off(r, until, e);
		if (rc != EV_OK)
			return rc;
		if (until != 0 && ev_mono() >= until && r->open > most)
			return EV_NO;
	}
}

static enum ev_code
run_worker(struct ev_run *r, struct ev_micro *b, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = work_down(r, r->args.inflight - 1, 0, e)) != EV_OK ||
	    (rc = add_job(r, b, e)) != EV_OK)
		return rc;
	return work_down(r, r->args.inflight, 0, e);
}

enum ev_code
ev_run_put(struct ev_run *r, struct ev_micro *b, struct ev_err *e)
{
	return r->args.worker ? run_worker(r, b, e) : run_once(r, b, e);
}

enum ev_code
ev_run_settle(struct ev_run *r, int ms, struct ev_err *e)
{
	const uint64_t now = ev_mono();
	const uint64_t until = ms < 0 ? 0 : now + (uint64_t)ms * 1000000;
	enum ev_code rc;

	/* one that idles may have something to say on stderr, or have ended */
	if (r->open == 0 && r->work->child.pid != 0 &&
	    (rc = ev_worker_turn(r, true, now, e)) != EV_OK)
		return rc;
	return work_down(r, 0, until, e);
}

int
ev_run_fd(const struct ev_run *r)
{
	return r->work->child.pid != 0 ? r->work->child.ack : -1;
}

enum ev_code
ev_run_close(struct ev_run *r, struct ev_err *e)
{
	struct ev_run_work *k = r->work;
	enum ev_code rc = EV_OK;

	if (k == NULL)
		return EV_OK;
	if (k->child.pid != 0 && r->open == 0)
		rc = ev_worker_retire(r, e);
	ev_child_end(&k->child, EV_GRACE);
	free_work(k);
	r->work = NULL;
	r->open = 0;
	return rc;
}
