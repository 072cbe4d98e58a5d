/* SPDX-License-Identifier: MIT */
/* How a child is started. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/child_ends.h"

extern char **environ;

/* Its environment: pointers, and the texts that are ours. */
struct env {
	char **v;   /* owned, NULL at the end */
	char *text; /* owned */
};

static bool
named(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool
replaced(const char *entry, const char *const *kv)
{
	for (; kv != NULL && *kv != NULL; kv += 2)
		if (named(entry, *kv))
			return true;
	return named(entry, "EVHUB_ACK");
}

/* "name=value", with its NUL; returns what is behind it. */
static char *
put_var(char *at, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value);

	memcpy(at, name, n);
	at[n] = '=';
	memcpy(at + n + 1, value, v + 1);
	return at + n + v + 2;
}

static enum ev_code
make_env(struct env *env, const char *const *kv, const char *ack, struct ev_err *e)
{
	size_t n = 0, bytes = sizeof("EVHUB_ACK=") + strlen(ack), i;
	char *at;

	for (i = 0; environ[i] != NULL; i++)
		n++;
	for (i = 0; kv != NULL && kv[i] != NULL; i += 2, n++)
		bytes += strlen(kv[i]) + strlen(kv[i + 1]) + 2;
	env->v = malloc((n + 2) * sizeof(*env->v));
	env->text = at = malloc(bytes);
	if (env->v == NULL || env->text == NULL)
		return ev_fail_mem(e);
	for (i = n = 0; environ[i] != NULL; i++)
		if (!replaced(environ[i], kv))
			env->v[n++] = environ[i];
	for (; kv != NULL && *kv != NULL; kv += 2) {
		env->v[n++] = at;
		at = put_var(at, kv[0], kv[1]);
	}
	if (*ack != '\0') {
		env->v[n++] = at;
		(void)put_var(at, "EVHUB_ACK", ack);
	}
	env->v[n] = NULL;
	return EV_OK;
}

/* Its ends of our pipes; -1: none. */
struct ends {
	int in, err, ack;
	int answer; /* the number under which it gets ack */
};

static bool
kept(const int *keep, int fd)
{
	for (; keep != NULL && *keep >= 0; keep++)
		if (*keep == fd)
			return true;
	return false;
}

/* A number of one digit that it does not get for something else: some shells know no others. */
static int
answer_number(const int *keep, int fallback)
{
	int fd, flags;

	for (fd = STDERR_FILENO + 1; fd <= 9; fd++) {
		flags = fcntl(fd, F_GETFD);
		if (!kept(keep, fd) && (flags < 0 || (flags & FD_CLOEXEC) != 0))
			return fd;
	}
	return fallback;
}

/* Our end, which does not block, and its end; `ours` is 0 or 1: whether we read or write. */
static enum ev_code
open_pipe(int *our, int *its, int ours, struct ev_err *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return ev_fail_sys(e, "pipe for a command");
	*our = fd[ours];
	*its = fd[1 - ours];
	if (fcntl(*our, F_SETFL, O_NONBLOCK) < 0)
		return ev_fail_sys(e, "pipe for a command");
	return EV_OK;
}

static enum ev_code
open_pipes(struct ev_child *c, struct ends *end, const struct ev_child_args *a, struct ev_err *e)
{
	enum ev_code rc = open_pipe(&c->in, &end->in, 1, e);

	if (rc == EV_OK && a->take_err)
		rc = open_pipe(&c->err, &end->err, 0, e);
	if (rc == EV_OK && a->answers)
		rc = open_pipe(&c->ack, &end->ack, 0, e);
	if (rc == EV_OK && a->answers)
		end->answer = answer_number(a->keep, end->ack);
	return rc;
}

/* What happens to its descriptors before it runs; a dup2 onto itself takes close-on-exec away. */
static int
plan(posix_spawn_file_actions_t *f, const struct ends *end, const int *keep)
{
	int rc = posix_spawn_file_actions_adddup2(f, end->in, STDIN_FILENO);

	if (rc == 0 && end->err >= 0)
		rc = posix_spawn_file_actions_adddup2(f, end->err, STDERR_FILENO);
	for (; rc == 0 && keep != NULL && *keep >= 0; keep++)
		rc = posix_spawn_file_actions_adddup2(f, *keep, *keep);
	if (rc == 0 && end->ack >= 0)
		rc = posix_spawn_file_actions_adddup2(f, end->ack, end->answer);
	return rc;
}

/* A group of its own; what we ignore, as it expects it. Our handlers end by themselves. */
static int
manners(posix_spawnattr_t *a)
{
	sigset_t usual;
	int rc;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	sigaddset(&usual, SIGCHLD);
	rc = posix_spawnattr_setflags(a, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnattr_setpgroup(a, 0);
	return rc != 0 ? rc : posix_spawnattr_setsigdefault(a, &usual);
}

/* Returns 0 or an errno, that of exec included. */
static int
spawn(pid_t *pid, const struct ends *end, const struct ev_child_args *a, char **env)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	if ((rc = posix_spawn_file_actions_init(&files)) != 0)
		return rc;
	if ((rc = posix_spawnattr_init(&attr)) == 0) {
		if ((rc = plan(&files, end, a->keep)) == 0 && (rc = manners(&attr)) == 0)
			rc = posix_spawnp(
			    pid, a->argv[0], &files, &attr, (char *const *)(uintptr_t)a->argv, env);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* What kept a command from running: the caller's mistake, or the system's. */
static enum ev_code
refused(const char *command, int sys, struct ev_err *e)
{
	static const int mistakes[] = { ENOENT, EACCES, EPERM, ENOEXEC, ENOTDIR, EISDIR, ELOOP,
		ENAMETOOLONG, ELIBBAD, EINVAL, ETXTBSY };
	size_t i;

	errno = sys;
	for (i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		if (sys == mistakes[i])
			return ev_fail(e, EV_USAGE, "cannot run '%s': %s", command, strerror(sys));
	return ev_fail_sys(e, "start '%s'", command);
}

static enum ev_code
start(struct ev_child *c, struct ends *end, const struct ev_child_args *a, struct ev_err *e)
{
	struct env env = { NULL, NULL };
	char ack[16] = "";
	enum ev_code rc;
	int sys;

	if ((rc = open_pipes(c, end, a, e)) != EV_OK)
		return rc;
	if (a->answers)
		snprintf(ack, sizeof(ack), "%d", end->answer);
	rc = make_env(&env, a->env, ack, e);
	if (rc == EV_OK && (sys = spawn(&c->pid, end, a, env.v)) != 0) {
		c->pid = 0;
		rc = refused(a->argv[0], sys, e);
	}
	free(env.v);
	free(env.text);
	return rc;
}

/* Where our caller ignores SIGCHLD, the kernel would take its status before we see it. */
static void
mind_children(void)
{
	struct sigaction sa;

	if (sigaction(SIGCHLD, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

enum ev_code
ev_child_start(struct ev_child *c, const struct ev_child_args *a, struct ev_err *e)
{
	struct ends end = { -1, -1, -1, -1 };
	enum ev_code rc;

	*c = (struct ev_child){ 0, -1, -1, -1, -1 };
	mind_children();
	rc = start(c, &end, a, e);
	ev_fd_shut(&end.in);
	ev_fd_shut(&end.err);
	ev_fd_shut(&end.ack);
	if (rc != EV_OK)
		ev_child_shut(c);
	else
		c->fd = (int)syscall(SYS_pidfd_open, c->pid, 0); /* close-on-exec always */
	return rc;
}
