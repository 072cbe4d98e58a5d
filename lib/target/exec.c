/* SPDX-License-Identifier: MIT */
/*
 * exec:COMMAND: lines to the stdin of a command, which says by its answers, or else by its exit
 * status, whether they are done.
 *
 * A command that said `ok 0` on EVHUB_ACK, once, answers: it is asked by a barrier and lives on.
 * Any other is run to its end, once per sync. Where a barrier gets no answer in time (a stage that
 * drops blank lines hides it from one behind that would answer), the command is run to its end as
 * well: that is always right, and costs no more than its start.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/io.h"
#include "base/time.h"
#include "json/num.h"
#include "json/value.h"
#include "target/scheme.h"

enum {
	PATIENCE = 2 * EV_SECOND, /* for an answer, at first; doubled when one came too late */
	GRACE = 5 * EV_SECOND,    /* for the end of a command that has nothing left to do */
	ANSWER = 1 << 20          /* bytes of an answer */
};

struct exec {
	char **words; /* owned, in one block */
	struct ev_child child;
	struct ev_buf lines; /* put, and not yet written to it */
	struct ev_buf said;  /* answers, not yet looked at */
	struct ev_child_tail tail;
	bool dirty;              /* something was put since the last sync */
	bool answers;            /* it said so */
	bool silent;             /* and yet a barrier was lost: it is asked no more */
	bool deaf;               /* it ended, or closed its stdin, before we did */
	int status;              /* of its end, as of waitpid */
	uint64_t sent, answered; /* barriers, since it was started */
	uint64_t patience;       /* ms */
};

static enum ev_code
exec_check(const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc;
	char **words;

	(void)opts;
	(void)set;
	rc = ev_words_split(rest, &words, e);
	if (rc == EV_OK)
		free(words);
	return rc;
}

static enum ev_code
exec_open(
    struct ev_target *t, const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct exec *x = calloc(1, sizeof(*x));
	enum ev_code rc;

	(void)opts;
	(void)set;
	if (x == NULL)
		return ev_fail_mem(e);
	rc = ev_words_split(rest, &x->words, e);
	if (rc != EV_OK) {
		free(x);
		return rc;
	}
	x->lines = (struct ev_buf)EV_BUF(SIZE_MAX / 2); /* lines were bounded when they were read */
	x->said = (struct ev_buf)EV_BUF(ANSWER);
	x->patience = PATIENCE;
	t->impl = x;
	return EV_OK;
}

static enum ev_code
start(struct exec *x, struct ev_err *e)
{
	const struct ev_child_args args = {
		.argv = (const char *const *)x->words,
		.take_err = true,
		.answers = !x->silent,
	};

	x->sent = x->answered = 0;
	x->tail.n = 0;
	x->deaf = false;
	ev_buf_clear(&x->said);
	return ev_child_start(&x->child, &args, e);
}

/* The number of `ok K`, or of {"batch":K,"batchItemFailures":[...]} and how many failed. */
static bool
read_answer(struct ev_slice line, int64_t *k, size_t *failed)
{
	struct ev_value *root = NULL;
	bool good;

	*failed = 0;
	if (ev_slice_begins(line, EV_LIT("ok "))) {
		struct ev_slice n = { line.p + 3, line.n - 3 };

		return ev_num_ok(n) && ev_num_int(n, k) && *k >= 0;
	}
	good = ev_value_parse(line, &root, NULL) == EV_OK &&
	    ev_value_int(ev_value_get(root, EV_LIT("batch")), k) && *k > 0;
	*failed = ev_value_count(ev_value_get(root, EV_LIT("batchItemFailures")));
	ev_value_free(root);
	return good;
}

static enum ev_code
take_answer(struct exec *x, struct ev_slice line, struct ev_err *e)
{
	size_t failed;
	int64_t k;

	if (!read_answer(line, &k, &failed) || (uint64_t)k > x->sent ||
	    (k > 0 && (uint64_t)k <= x->answered))
		return ev_fail(e, EV_AGAIN,
		    "it answered '%.*s' after %" PRIu64 " batches, of which %" PRIu64
		    " were answered",
		    line.n < 100 ? (int)line.n : 100, line.p, x->sent, x->answered);
	if (failed > 0)
		return ev_fail(e, EV_DATA, "%zu events failed: %.*s", failed,
		    line.n < 200 ? (int)line.n : 200, line.p);
	x->answers = true;
	if (k > 0)
		x->answered = (uint64_t)k;
	return EV_OK;
}

/* Takes the whole lines of what it said. */
static enum ev_code
hear(struct exec *x, struct ev_err *e)
{
	struct ev_slice rest = ev_buf_view(&x->said);
	enum ev_code rc = EV_OK;
	const char *lf;

	while (rc == EV_OK && (lf = memchr(rest.p, '\n', rest.n)) != NULL) {
		size_t n = (size_t)(lf - rest.p);

		rc = take_answer(x, (struct ev_slice){ rest.p, n }, e);
		rest.p += n + 1;
		rest.n -= n + 1;
	}
	if (x->said.n > 0)
		memmove(x->said.p, rest.p, rest.n);
	x->said.n = rest.n;
	return rc;
}

/* As ev_child_talk, and looks at the answers. EV_AGAIN or EV_DATA: they are bad. */
static enum ev_code
talk(struct exec *x, struct ev_child_talk *t, struct ev_err *e)
{
	enum ev_code rc, heard;

	t->err = &x->tail;
	t->answers = &x->said;
	rc = ev_child_talk(&x->child, t, e);
	if (rc != EV_OK && rc != EV_NO && rc != EV_PIPE)
		return rc;
	if (rc == EV_NO && x->child.pid == 0)
		return ev_fail(e, EV_AGAIN, "it was stopped by a signal to us");
	x->status = t->status;
	heard = hear(x, e);
	return heard != EV_OK ? heard : rc;
}

/* Writes what was collected. One that is deaf said all it will: its status. */
static enum ev_code
feed(struct exec *x, struct ev_err *e)
{
	struct ev_child_talk t = { .bytes = ev_buf_view(&x->lines) };
	enum ev_code rc = EV_OK;

	if (t.bytes.n > 0 && x->child.pid == 0 && !x->deaf)
		rc = start(x, e);
	while (rc == EV_OK && t.bytes.n > 0 && !x->deaf) {
		rc = talk(x, &t, e);
		x->deaf = rc == EV_PIPE;
		if (rc == EV_NO || rc == EV_PIPE)
			rc = EV_OK;
	}
	ev_buf_clear(&x->lines);
	return rc;
}

/* Asks by a barrier whether all is done. EV_NO: no answer in time. EV_PIPE: it ended instead. */
static enum ev_code
ask(struct exec *x, struct ev_err *e)
{
	struct ev_child_talk t = {
		.bytes = EV_LIT("\n"),
		.wait = true,
		.deadline = ev_mono() + x->patience * 1000000,
	};
	enum ev_code rc;

	x->sent++;
	do {
		rc = talk(x, &t, e);
		if (x->answered == x->sent && (rc == EV_NO || rc == EV_PIPE))
			return EV_OK;
	} while (rc == EV_NO && ev_mono() < t.deadline);
	x->deaf = rc == EV_PIPE;
	return rc;
}

static struct ev_slice
last_line(const struct ev_child_tail *t)
{
	struct ev_slice s = { t->p, t->n };
	const char *lf;

	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	lf = s.n > 0 ? memrchr(s.p, '\n', s.n) : NULL;
	if (lf != NULL) {
		s.n -= (size_t)(lf + 1 - s.p);
		s.p = lf + 1;
	}
	return s;
}

/*
 * What its end says of the lines. One that answered for earlier ones, and then ended by itself, may
 * not have seen these, whatever its status.
 */
static enum ev_code
judge(const struct exec *x, bool by_itself, struct ev_err *e)
{
	static const enum ev_code codes[] = {
		[EV_DONE] = EV_OK,
		[EV_POISON] = EV_DATA,
		[EV_TRANSIENT] = EV_AGAIN,
		[EV_BROKEN] = EV_USAGE,
		[EV_HALT] = EV_SYS,
	};
	enum ev_code rc = codes[ev_child_verdict(x->status)];
	struct ev_slice why = last_line(&x->tail);
	char how[EV_CHILD_HOW];

	if (rc == EV_OK && by_itself && x->answered > 0)
		return ev_fail(e, EV_AGAIN, "it ended before it answered");
	if (rc == EV_OK)
		return EV_OK;
	ev_child_how(how, x->status);
	return ev_fail(e, rc, "it %s%s%.*s", how, why.n > 0 ? ": " : "", EV_FMT(why));
}

/* Runs it to its end. */
static enum ev_code
finish(struct exec *x, struct ev_err *e)
{
	struct ev_child_talk t = { .end = true, .status = x->status };
	bool by_itself = x->deaf;
	enum ev_code rc = EV_NO;

	while (rc == EV_NO)
		rc = talk(x, &t, e);
	if (rc != EV_OK)
		return rc;
	if (!by_itself && x->answered < x->sent)
		x->silent = true;
	else if (!by_itself && x->sent > 0) /* the answer came too late */
		x->patience *= 2;
	x->deaf = false;
	return judge(x, by_itself, e);
}

static enum ev_code
exec_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	struct exec *x = t->impl;
	enum ev_code rc;

	(void)val;
	if (x->lines.n > 0 && x->lines.n + line.n >= EV_BLOCK && (rc = feed(x, e)) != EV_OK)
		return rc;
	x->dirty = true;
	if ((rc = ev_buf_adds(&x->lines, line, e)) != EV_OK)
		return rc;
	return ev_buf_addc(&x->lines, '\n', e);
}

static enum ev_code
exec_flush(struct ev_target *t, struct ev_err *e)
{
	return feed(t->impl, e);
}

static enum ev_code
exec_sync(struct ev_target *t, struct ev_err *e)
{
	struct exec *x = t->impl;
	enum ev_code rc;

	if (!x->dirty)
		return EV_OK;
	if ((rc = feed(x, e)) != EV_OK)
		return rc;
	rc = x->answers && !x->silent && !x->deaf ? ask(x, e) : EV_NO;
	if (rc == EV_NO || rc == EV_PIPE)
		rc = finish(x, e);
	x->dirty = rc != EV_OK;
	if (rc == EV_DATA)
		ev_err_name(e, t->address);
	return rc;
}

/* One that did all it was given ends by itself; any other is ended. */
static void
exec_close(struct ev_target *t)
{
	struct exec *x = t->impl;
	struct ev_child_talk end = {
		.end = true,
		.deadline = ev_mono() + (uint64_t)GRACE * 1000000,
	};

	while (!x->dirty && x->child.pid != 0 && talk(x, &end, NULL) == EV_NO &&
	    ev_mono() < end.deadline)
		;
	ev_child_end(&x->child, GRACE);
	ev_buf_fini(&x->lines);
	ev_buf_fini(&x->said);
	free(x->words);
	free(x);
}

const struct ev_scheme ev_scheme_exec = {
	.name = "exec",
	.whole = true,
	.check = exec_check,
	.open = exec_open,
	.put = exec_put,
	.flush = exec_flush,
	.sync = exec_sync,
	.close = exec_close,
};
