/* SPDX-License-Identifier: MIT */
/* -j N: a process for every N-th shard. Order is kept per shard. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "evreplay.h"

enum { LOOK = 50 /* ms */ };

struct job {
	pid_t pid;  /* 0: it has ended */
	int counts; /* we read them here; -1: closed */
};

struct jobs {
	const struct conf *conf;
	struct job *job; /* owned */
	size_t n, left;
	enum ev_code worst;
	bool stopping;
};

/* How bad a status is, beside those of others. */
static int
rank(enum ev_code rc)
{
	static const enum ev_code order[] = { EV_OK, EV_NO, EV_PARTIAL, EV_AGAIN, EV_PIPE, EV_DATA,
		EV_SYS, EV_USAGE };
	int i = 0;

	while (order[i] != rc)
		i++;
	return i;
}

static void
stop(struct jobs *j)
{
	j->stopping = true;
	for (size_t i = 0; i < j->n; i++)
		if (j->job[i].pid > 0)
			(void)kill(j->job[i].pid, SIGTERM);
}

static enum ev_code
status_of(const struct jobs *j, int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) <= EV_AGAIN ? (enum ev_code)WEXITSTATUS(status) : EV_SYS;
	return j->stopping ? EV_OK : EV_SYS; /* we ended it; or somebody else did */
}

/* The first failure stops the others. */
static void
ended(struct jobs *j, struct job *job, int status)
{
	enum ev_code rc = status_of(j, status);

	job->pid = 0;
	j->left--;
	if (rank(rc) > rank(j->worst))
		j->worst = rc;
	if (rank(rc) > rank(EV_PARTIAL) && !j->stopping)
		stop(j);
}

/* *child: we are the new process, and counts go to its descriptor. */
static enum ev_code
start(struct jobs *j, size_t i, int *child, struct ev_err *e)
{
	pid_t parent = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return ev_fail_sys(e, "pipe");
	j->job[i] = (struct job){ .pid = fork(), .counts = fd[0] };
	if (j->job[i].pid != 0) {
		close(fd[1]);
		j->left += j->job[i].pid > 0;
		return j->job[i].pid < 0 ? ev_fail_sys(e, "fork") : EV_OK;
	}
	/* a process group of its own: it hears of a signal of the terminal once, by us; and it does
	 * not outlive us */
	*child = fd[1];
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == parent ? ev_sig_init(e) : EV_NO;
}

static void
reap(struct jobs *j, int flags)
{
	int status;

	for (size_t i = 0; i < j->n; i++)
		if (j->job[i].pid > 0 && waitpid(j->job[i].pid, &status, flags) == j->job[i].pid)
			ended(j, &j->job[i], status);
}

static enum ev_code
wait_for_all(struct jobs *j, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	while (j->left > 0 && (rc == EV_OK || rc == EV_NO)) {
		for (i = 0; j->job[i].pid <= 0; i++)
			;
		/* its end of the pipe is closed when it ends; others are seen a little later */
		rc = ev_sig_wait(j->job[i].counts, LOOK, e);
		if (ev_sig_stop() != 0 && !j->stopping)
			stop(j);
		if (ev_sig_stats())
			for (i = 0; i < j->n; i++)
				if (j->job[i].pid > 0)
					(void)kill(j->job[i].pid, SIGUSR1);
		reap(j, WNOHANG);
	}
	return rc == EV_NO ? EV_OK : rc;
}

static void
show_stats(const struct jobs *j, uint64_t started)
{
	struct counts sum = { 0 }, c;

	if (j->conf->select.events.common.stats == NULL)
		return;
	for (size_t i = 0; i < j->n; i++)
		if (j->job[i].counts >= 0 && read(j->job[i].counts, &c, sizeof(c)) == sizeof(c))
			evreplay_add_counts(&sum, &c);
	evreplay_show_counts(j->conf, started, &sum);
}

enum ev_code
evreplay_jobs(const struct conf *c, const char *address, struct ev_err *e)
{
	struct jobs j = { .conf = c, .n = (size_t)c->jobs };
	uint64_t started = ev_mono();
	enum ev_code rc = EV_OK, end;
	int child = -1;

	j.job = calloc(j.n, sizeof(*j.job));
	if (j.job == NULL)
		return ev_fail_mem(e);
	for (size_t i = 0; i < j.n; i++)
		j.job[i].counts = -1;
	for (size_t i = 0; rc == EV_OK && i < j.n; i++) {
		rc = start(&j, i, &child, e);
		if (child >= 0) {
			free(j.job);
			if (rc != EV_OK)
				return rc;
			/* those of a queue share all shards */
			return c->queue
			    ? evreplay_share(c, address, 0, 1, child, e)
			    : evreplay_share(c, address, (uint32_t)i, (uint32_t)j.n, child, e);
		}
	}
	if (rc != EV_OK)
		stop(&j);
	end = wait_for_all(&j, e);
	show_stats(&j, started);
	for (size_t i = 0; i < j.n; i++)
		if (j.job[i].counts >= 0)
			close(j.job[i].counts);
	free(j.job);
	return rc != EV_OK ? rc : end != EV_OK ? end : j.worst;
}
