/* SPDX-License-Identifier: MIT */
#include "cli/ack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

static bool
is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
reads_stdin(char *const *names)
{
	bool reads = *names == NULL;

	for (; *names != NULL; names++)
		reads = reads || strcmp(*names, "-") == 0;
	return reads;
}

/* The descriptor of EVHUB_ACK, which our children do not get. */
static enum ev_code
take_fd(const char *text, int *fd, struct ev_err *e)
{
	int mode = -1;
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && n <= INT_MAX)
		mode = fcntl((int)n, F_GETFL);
	if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY) {
		ev_fail(
		    e, EV_USAGE, "found '%s', wanted a descriptor that is open for writing", text);
		ev_err_name(e, "EVHUB_ACK");
		return EV_USAGE;
	}
	*fd = (int)n;
	if (n > STDERR_FILENO && fcntl((int)n, F_SETFD, FD_CLOEXEC) < 0)
		return ev_fail_sys(e, "EVHUB_ACK");
	return unsetenv("EVHUB_ACK") < 0 ? ev_fail_sys(e, "EVHUB_ACK") : EV_OK;
}

static enum ev_code
say(struct ev_ack *a, struct ev_err *e)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "ok %" PRIu64 "\n", a->barriers);
	enum ev_code rc = ev_write_all(a->fd, line, (size_t)n, e);

	if (rc == EV_OK)
		a->answered = a->barriers;
	else
		ev_err_name(e, "EVHUB_ACK");
	return rc;
}

enum ev_code
ev_ack_init(struct ev_ack *a, char *const *names, bool effect, bool forced, struct ev_err *e)
{
	const char *text = getenv("EVHUB_ACK");
	enum ev_code rc;

	*a = (struct ev_ack){ .fd = -1 };
	if (text != NULL && *text != '\0') {
		a->on = reads_stdin(names) && is_pipe(STDIN_FILENO);
		if ((rc = take_fd(text, &a->fd, e)) != EV_OK)
			return rc;
	} else if (forced) {
		return ev_fail(e, EV_USAGE, "--ack wants a descriptor in EVHUB_ACK");
	}
	if (forced && !a->on)
		return ev_fail(e, EV_USAGE, "--ack wants a pipe as standard input");
	a->last = a->on && (effect || forced || !is_pipe(STDOUT_FILENO));
	a->file = a->last && !effect && is_file(STDOUT_FILENO);
	return a->last ? say(a, e) : EV_OK;
}

enum ev_code
ev_ack_barrier(struct ev_ack *a, struct ev_out *out, struct ev_err *e)
{
	a->barriers++;
	if (a->last)
		return ev_ack_answer(a, e);
	return out != NULL ? ev_out_line(out, EV_LIT(""), e) : EV_OK;
}

enum ev_code
ev_ack_answer(struct ev_ack *a, struct ev_err *e)
{
	if (!ev_ack_due(a))
		return EV_OK;
	while (a->file && fdatasync(STDOUT_FILENO) < 0) {
		if (errno == EINVAL || errno == EROFS || errno == ENOTSUP)
			break;
		if (errno != EINTR) {
			enum ev_code rc = ev_fail_sys(e, "cannot make the output durable");

			ev_err_name(e, "stdout");
			return rc;
		}
	}
	return say(a, e);
}
