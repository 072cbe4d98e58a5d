/* SPDX-License-Identifier: MIT */
/* How a child is fed and heard. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/child_ends.h"
#include "base/io.h"
#include "base/sig.h"
#include "base/time.h"

enum {
	READ = 64 * 1024, /* at once: all that a pipe holds */
	LOOK = 10,        /* ms between looks for an end that no descriptor tells of */
	LOOK_STOP = 100,  /* ms between looks for a second signal */
	GRACE_STOP = 500, /* ms for the group when the second signal came */
	NS = 1000000      /* in a ms */
};

static void
keep_tail(struct ev_child_tail *t, const char *p, size_t n)
{
	size_t room = sizeof(t->p);

	if (n > room) {
		p += n - room;
		n = room;
	}
	if (t->n + n > room) {
		size_t drop = t->n + n - room;

		memmove(t->p, t->p + drop, t->n - drop);
		t->n -= drop;
	}
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

/* Reads once; 0 also where there is nothing now. At its end, or where it fails, fd is closed. */
static size_t
take(int *fd, char *p, size_t n)
{
	ssize_t got = *fd < 0 ? 0 : read(*fd, p, n);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		ev_fd_shut(fd);
	return got < 0 ? 0 : (size_t)got;
}

static void
take_err(struct ev_child *c, struct ev_child_tail *tail)
{
	struct ev_err lost = { 0 };
	char p[READ];
	size_t n = take(&c->err, p, sizeof(p));

	if (n == 0)
		return;
	if (tail != NULL)
		keep_tail(tail, p, n);
	if (ev_write_all(STDERR_FILENO, p, n, &lost) != EV_OK)
		return; /* nobody is left to tell */
}

static enum ev_code
take_answers(struct ev_child *c, struct ev_buf *to, struct ev_err *e)
{
	enum ev_code rc;

	if (c->ack < 0 || to == NULL)
		return EV_OK;
	if ((rc = ev_buf_reserve(to, READ, e)) == EV_OK)
		to->n += take(&c->ack, to->p + to->n, READ);
	return rc;
}

/*
 * How much goes at once. A write of up to PIPE_BUF bytes goes as a whole or not at all: whole
 * lines, so that our own death in between leaves no torn event to whoever reads them. A longer line
 * goes alone.
 */
static size_t
chunk(struct ev_slice s)
{
	const char *lf;

	if (s.n <= PIPE_BUF)
		return s.n;
	lf = memrchr(s.p, '\n', PIPE_BUF);
	if (lf == NULL)
		lf = memchr(s.p + PIPE_BUF, '\n', s.n - PIPE_BUF);
	return lf != NULL ? (size_t)(lf - s.p) + 1 : s.n;
}

/* EV_PIPE: nobody reads any more. */
static enum ev_code
feed(struct ev_child *c, struct ev_slice *s, struct ev_err *e)
{
	ssize_t n = 0;

	while (s->n > 0 && n >= 0) {
		n = write(c->in, s->p, chunk(*s));
		if (n > 0) {
			s->p += n;
			s->n -= (size_t)n;
		}
	}
	if (n >= 0 || errno == EAGAIN || errno == EINTR)
		return EV_OK;
	if (errno != EPIPE)
		return ev_fail_sys(e, "write to a command");
	ev_fd_shut(&c->in);
	return EV_PIPE;
}

/* Reaps it if it has ended; what its pipes still hold is taken. */
static enum ev_code
reap(struct ev_child *c, struct ev_child_talk *t, struct ev_err *e)
{
	pid_t pid = waitpid(c->pid, &t->status, WNOHANG);
	enum ev_code rc;

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return EV_OK;
	if (pid < 0)
		return ev_fail_sys(e, "wait for a command");
	c->pid = 0;
	take_err(c, t->err);
	rc = take_answers(c, t->answers, e);
	ev_child_shut(c);
	return rc;
}

/* The signals that ask to stop. */
static void
stops(sigset_t *s)
{
	sigemptyset(s);
	sigaddset(s, SIGINT);
	sigaddset(s, SIGTERM);
	sigaddset(s, SIGHUP);
}

static bool
stop_pending(void)
{
	sigset_t s;

	return sigpending(&s) == 0 &&
	    (sigismember(&s, SIGINT) == 1 || sigismember(&s, SIGTERM) == 1 ||
		sigismember(&s, SIGHUP) == 1);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long to wait, ns; INT64_MAX: no limit. */
static int64_t
patience(const struct ev_child *c, const struct ev_child_talk *t)
{
	uint64_t now = ev_mono();
	int64_t ns = INT64_MAX;

	if (t->deadline != 0)
		ns = t->deadline > now ? (int64_t)(t->deadline - now) : 0;
	if (c->fd < 0)
		ns = least(ns, (int64_t)LOOK * NS);
	if (ev_sig_stop() != 0)
		ns = least(ns, (int64_t)LOOK_STOP * NS);
	return ns;
}

/*
 * Waits until something can be done. The signals that ask to stop are let in here alone, so that
 * none is missed between looking and waiting; a second one is not let in: it stays pending, and is
 * looked for.
 */
static int
wait_for(struct pollfd p[4], int64_t ns, const sigset_t *open)
{
	struct timespec ts = { ns / 1000000000, (long)(ns % 1000000000) };

	return ppoll(p, 4, ns == INT64_MAX ? NULL : &ts, ev_sig_stop() != 0 ? NULL : open);
}

static enum ev_code
serve(struct ev_child *c, struct ev_child_talk *t, const struct pollfd p[4], struct ev_err *e)
{
	size_t before = t->answers != NULL ? t->answers->n : 0;
	enum ev_code rc = EV_OK;

	if (p[1].revents != 0)
		take_err(c, t->err);
	if (p[2].revents != 0)
		rc = take_answers(c, t->answers, e);
	if (rc == EV_OK && (p[3].revents != 0 || c->fd < 0))
		rc = reap(c, t, e);
	if (rc != EV_OK || c->pid == 0)
		return rc;
	if (p[0].revents != 0 && (rc = feed(c, &t->bytes, e)) == EV_PIPE && t->end)
		rc = EV_OK; /* the status tells */
	if (rc == EV_OK && t->answers != NULL && t->answers->n > before)
		rc = EV_NO;
	return rc;
}

/* Whether there is more to wait for. */
static bool
unfinished(struct ev_child *c, const struct ev_child_talk *t)
{
	if (c->pid == 0)
		return false;
	if (t->end && t->bytes.n == 0)
		ev_fd_shut(&c->in);
	return t->end || t->wait || (t->bytes.n > 0 && c->in >= 0);
}

static enum ev_code
turn(struct ev_child *c, struct ev_child_talk *t, const sigset_t *open, struct ev_err *e)
{
	struct pollfd p[4] = {
		{ .fd = t->bytes.n > 0 ? c->in : -1, .events = POLLOUT },
		{ .fd = c->err, .events = POLLIN },
		{ .fd = t->answers != NULL ? c->ack : -1, .events = POLLIN },
		{ .fd = c->fd, .events = POLLIN },
	};
	int n = wait_for(p, patience(c, t), open);

	if (n < 0 && errno != EINTR)
		return ev_fail_sys(e, "poll");
	if (n < 0)
		return EV_NO;
	if (ev_sig_stop() != 0 && stop_pending()) {
		ev_child_end(c, GRACE_STOP);
		return EV_NO; /* the signal is let in now, and ends us */
	}
	return serve(c, t, p, e);
}

enum ev_code
ev_child_talk(struct ev_child *c, struct ev_child_talk *t, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	sigset_t stop, open;

	stops(&stop);
	sigprocmask(SIG_BLOCK, &stop, &open);
	while (rc == EV_OK && unfinished(c, t)) {
		rc = turn(c, t, &open, e);
		if (rc == EV_OK && t->deadline != 0 && ev_mono() >= t->deadline && unfinished(c, t))
			rc = EV_NO; /* also where it never stops talking */
	}
	sigprocmask(SIG_SETMASK, &open, NULL);
	if (rc == EV_OK && !t->end && (c->pid == 0 || t->bytes.n > 0))
		rc = EV_PIPE;
	return rc;
}
