/* SPDX-License-Identifier: MIT */
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t want_stop, want_stats, want_reload, reloads;
static int wake[2] = { -1, -1 }, watched = -1;

static void
on_signal(int sig)
{
	int saved = errno;

	if (sig == SIGUSR1) {
		want_stats = 1;
	} else if (sig == SIGHUP && reloads != 0) {
		want_reload = 1;
	} else {
		if (want_stop != 0) { /* the second one: at once */
			signal(sig, SIG_DFL);
			raise(sig);
		}
		want_stop = sig;
	}
	if (write(wake[1], "", 1) < 0) {
		/* the pipe is full: the waiter wakes all the same */
	}
	errno = saved;
}

enum ev_code
ev_sig_init(struct ev_err *e)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct sigaction sa = { .sa_handler = on_signal }, old;
	size_t i;

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return ev_fail_sys(e, "pipe for signals");
	sigemptyset(&sa.sa_mask);
	sa.sa_flags = SA_NODEFER;
	for (i = 0; i < sizeof(stops) / sizeof(*stops); i++) {
		/* what the parent ignores (nohup) stays ignored */
		if (sigaction(stops[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(stops[i], &sa, NULL) < 0)
			return ev_fail_sys(e, "signal %d", stops[i]);
	}
	sa.sa_handler = SIG_IGN;
	if (sigaction(SIGPIPE, &sa, NULL) < 0 || sigaction(SIGXFSZ, &sa, NULL) < 0)
		return ev_fail_sys(e, "SIGPIPE");
	return EV_OK;
}

int
ev_sig_stop(void)
{
	return want_stop;
}

bool
ev_sig_stats(void)
{
	bool asked = want_stats != 0;

	want_stats = 0;
	return asked;
}

void
ev_sig_reloads(void)
{
	reloads = 1;
}

bool
ev_sig_reload(void)
{
	bool asked = want_reload != 0;

	want_reload = 0;
	return asked;
}

bool
ev_sig_unread(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

void
ev_sig_watch(int fd)
{
	watched = fd;
}

enum ev_code
ev_sig_wait(int fd, int ms, struct ev_err *e)
{
	struct pollfd p[3] = { { .fd = fd, .events = POLLIN }, { .fd = wake[0], .events = POLLIN },
		{ .fd = ms != 0 ? watched : -1 } };
	char drain[64];
	int n;

	if (want_stop != 0)
		ms = 0;
	n = poll(p, 3, ms);
	if (n < 0)
		return errno == EINTR ? EV_NO : ev_fail_sys(e, "poll");
	if (p[1].revents != 0)
		while (read(wake[0], drain, sizeof(drain)) > 0)
			;
	if (p[0].revents == 0 && (p[2].revents & POLLERR) != 0)
		return ev_fail(e, EV_PIPE, "nobody reads the output");
	/* a descriptor that poll refuses is one whose read tells why */
	return p[0].revents != 0 ? EV_OK : EV_NO;
}

void
ev_sig_die(int sig)
{
	sigset_t none;

	signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	raise(sig);
	_exit(128 + sig);
}
