/* SPDX-License-Identifier: MIT */
/* A command that is started for one part of a batch, and judged by its exit status. */
#include <inttypes.h>
#include <sys/wait.h>

#include "base/time.h"
#include "work/work.h"

static void
say_end(struct ev_run *r, struct ev_word *w, int status)
{
	char how[EV_CHILD_HOW];

	ev_child_how(how, status);
	w->verdict = ev_child_verdict(status);
	r->faulty += WIFEXITED(status) && WEXITSTATUS(status) == EV_PARTIAL;
	ev_word_say(w, r, &r->work->tail, "%s", how);
}

/* Talks to it until it has ended, or its time is over. */
static enum ev_code
see_off(struct ev_run *r, struct ev_child *c, struct ev_slice lines, struct ev_word *w,
    struct ev_err *e)
{
	const uint64_t timeout = (uint64_t)r->args.timeout * 1000000;
	const uint64_t until = timeout != 0 ? ev_mono() + timeout : 0;
	struct ev_child_talk t = { .bytes = lines, .end = true, .err = &r->work->tail };
	uint64_t stop = 0;
	enum ev_code rc;

	for (;;) {
		t.deadline = ev_stop_until(&stop, ev_tick_until(r, until));
		rc = ev_child_talk(c, &t, e);
		if (rc != EV_NO)
			break;
		ev_tick(r);
		if (c->pid == 0 || (stop != 0 && ev_mono() >= stop))
			return EV_NO;
		if (until != 0 && ev_mono() >= until) {
			w->verdict = EV_TRANSIENT;
			ev_word_say(w, r, &r->work->tail, "did not end within %" PRId64 " ms",
			    r->args.timeout);
			return EV_OK;
		}
	}
	if (rc == EV_OK)
		say_end(r, w, t.status);
	return rc;
}

enum ev_code
ev_once(struct ev_run *r, const struct ev_job *j, const struct ev_part *p, struct ev_word *w,
    struct ev_err *e)
{
	const char *const env[] = { "EVHUB_BATCH", j->b.id, NULL };
	const struct ev_child_args args = {
		.argv = r->args.command,
		.env = env,
		.take_err = true,
		.keep = r->args.keep,
	};
	struct ev_slice lines;
	struct ev_child c;
	enum ev_code rc;

	r->work->tail.n = 0;
	if ((rc = ev_job_lines(j, p, &r->work->lines, &lines, e)) != EV_OK ||
	    (rc = ev_child_start(&c, &args, e)) != EV_OK)
		return rc;
	r->invocations++;
	rc = see_off(r, &c, lines, w, e);
	ev_child_end(&c, EV_GRACE);
	return rc;
}
