/* SPDX-License-Identifier: MIT */
/* How a child is ended and judged. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/child_ends.h"
#include "base/time.h"

enum { LOOK = 10 /* ms between looks for an end that no descriptor tells of */ };

/* Whether it ended within ms; it stays a zombie, so that its number is nobody else's. */
static bool
ends_within(const struct ev_child *c, int ms)
{
	uint64_t until = ev_mono() + (uint64_t)ms * 1000000, now;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	siginfo_t info = { 0 };

	for (;;) {
		if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == c->pid)
			return true;
		now = ev_mono();
		if (now >= until)
			return false;
		ms = (int)((until - now) / 1000000) + 1;
		(void)poll(&p, 1, c->fd < 0 && ms > LOOK ? LOOK : ms);
	}
}

void
ev_child_end(struct ev_child *c, int grace)
{
	int status;

	if (c->pid == 0)
		return;
	kill(-c->pid, SIGTERM);
	kill(-c->pid, SIGCONT); /* a stopped one could not end */
	(void)ends_within(c, grace);
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	ev_child_shut(c);
}

enum ev_verdict
ev_child_verdict(int status)
{
	static const struct {
		int last; /* status up to which it holds */
		enum ev_verdict verdict;
	} table[] = {
		{ 0, EV_DONE },
		{ 1, EV_POISON },
		{ 2, EV_BROKEN },
		{ 3, EV_DONE },
		{ 4, EV_POISON },
		{ 5, EV_HALT },
		{ 6, EV_TRANSIENT },
		{ 125, EV_POISON },
		{ 127, EV_BROKEN },
	};
	size_t i;

	for (i = 0; WIFEXITED(status) && i < sizeof(table) / sizeof(*table); i++)
		if (WEXITSTATUS(status) <= table[i].last)
			return table[i].verdict;
	return EV_TRANSIENT;
}

void
ev_child_how(char out[EV_CHILD_HOW], int status)
{
	if (WIFSIGNALED(status))
		snprintf(out, EV_CHILD_HOW, "was killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		snprintf(out, EV_CHILD_HOW, "ended with status %d", WEXITSTATUS(status));
}
