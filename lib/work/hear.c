/* SPDX-License-Identifier: MIT */
/* What a worker's answers mean for the batches that it has. */
#include <inttypes.h>

#include "base/io.h"
#include "base/time.h"
#include "work/answer.h"
#include "work/partial.h"
#include "work/work.h"

/* Some items of the part were named, or may pass only behind those of an earlier batch. */
static enum ev_code
hear_partial(struct ev_run *r, size_t which, const struct ev_answer *a, struct ev_err *e)
{
	struct ev_job *j = r->work->job[which];
	const struct ev_part part = j->part[j->parts - 1];
	struct ev_word w = { .verdict = EV_TRANSIENT };
	struct ev_partial p;
	enum ev_code rc;

	if ((rc = ev_partial_mark(r->work->job, which, a, &p, e)) != EV_OK)
		return rc;
	j->trouble = true;
	if (p.unknown.p != NULL) {
		ev_word_say(&w, r, NULL, "named %.*s, which was not sent", EV_FMT(p.unknown));
		return ev_judge(r, j, &w, e);
	}
	ev_job_renew(j);
	if (p.passed > 0)
		j->attempt = r->work->streak = 0;
	if (p.failed == 0)
		return EV_OK;
	ev_word_say(&w, r, &r->work->tail, "named %zu of %zu events that failed", p.failed,
	    part.to - part.from);
	return ev_judge(r, j, &w, e);
}

/* The answer to one barrier; failures.p is NULL: all that was sent up to it is done. */
static enum ev_code
hear_one(struct ev_run *r, uint64_t barrier, const struct ev_answer *a, struct ev_err *e)
{
	static const struct ev_word done = { .verdict = EV_DONE };
	struct ev_job **job = r->work->job;
	enum ev_code rc;
	size_t i = 0;

	while (job[i]->barrier != barrier)
		i++;
	job[i]->barrier = 0;
	if (i == 0 && a->failures.p == NULL)
		rc = ev_judge(r, job[i], &done, e);
	else
		rc = hear_partial(r, i, a, e);
	return rc != EV_OK ? rc : ev_finish(r, e);
}

static enum ev_code
hear_line(struct ev_run *r, struct ev_slice line, bool *nonsense, struct ev_err *e)
{
	static const struct ev_answer ok = { 0, { NULL, 0 } };
	struct ev_run_work *k = r->work;
	enum ev_code rc = EV_OK;
	struct ev_answer a;

	*nonsense = ev_answer_read(&a, line, e) != EV_OK;
	if (*nonsense)
		return EV_DATA;
	if (a.batch == 0 && a.failures.p == NULL && k->answered == 0)
		return EV_OK; /* it says that it will answer */
	*nonsense = a.batch <= k->answered || a.batch > k->sent;
	if (*nonsense)
		return ev_fail(e, EV_DATA,
		    "answered for batch %" PRIu64 ", wanted one of those after %" PRIu64
		    " and up to %" PRIu64,
		    a.batch, k->answered, k->sent);
	while (rc == EV_OK && k->answered < a.batch) {
		k->answered++;
		rc = hear_one(r, k->answered, k->answered == a.batch ? &a : &ok, e);
	}
	k->heard = ev_mono();
	k->tail.n = 0;
	return rc;
}

enum ev_code
ev_hear(struct ev_run *r, bool *nonsense, struct ev_err *e)
{
	struct ev_buf *b = &r->work->answers;
	struct ev_slice rest = ev_buf_view(b);
	enum ev_code rc = EV_OK;
	const char *lf;
	size_t n;

	*nonsense = false;
	while (rc == EV_OK && (lf = memchr(rest.p, '\n', rest.n)) != NULL) {
		n = (size_t)(lf - rest.p);
		rc = hear_line(r, (struct ev_slice){ rest.p, n }, nonsense, e);
		rest = (struct ev_slice){ lf + 1, rest.n - n - 1 };
	}
	if (b->n > 0)
		memmove(b->p, rest.p, rest.n);
	b->n = rest.n;
	*nonsense = *nonsense || (rc == EV_OK && b->n > EV_MAX_LINE);
	if (rc == EV_OK && *nonsense)
		return ev_fail(
		    e, EV_DATA, "answered more than %d bytes without a line's end", EV_MAX_LINE);
	return rc;
}
