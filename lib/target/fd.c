/* SPDX-License-Identifier: MIT */
/* `-` and fd:N: lines to a descriptor that somebody else opened. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "target/scheme.h"

enum ev_code
ev_fd_sync(int fd, struct ev_err *e)
{
	while (fdatasync(fd) < 0) {
		if (errno == EINVAL || errno == EROFS || errno == ENOTSUP)
			return EV_OK;
		if (errno != EINTR)
			return ev_fail_sys(e, "fdatasync");
	}
	return EV_OK;
}

static enum ev_code
find_fd(const char *rest, int *fd, struct ev_err *e)
{
	char *end;
	long n;
	int mode;

	if (strcmp(rest, "-") == 0)
		rest = "1";
	errno = 0;
	n = strtol(rest, &end, 10);
	if (*rest < '0' || *rest > '9' || *end != '\0' || errno != 0 || n > 1 << 20)
		return ev_fail(e, EV_USAGE, "the number of a descriptor was wanted");
	*fd = (int)n;
	mode = fcntl(*fd, F_GETFL);
	if (mode < 0)
		return ev_fail(e, EV_USAGE, "it is not open");
	if ((mode & O_ACCMODE) == O_RDONLY)
		return ev_fail(e, EV_USAGE, "it is open for reading only");
	return EV_OK;
}

static enum ev_code
fd_check(const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc = ev_opts_none("descriptor", opts, e);
	int fd;

	(void)set;
	return rc == EV_OK ? find_fd(rest, &fd, e) : rc;
}

static enum ev_code
fd_open(
    struct ev_target *t, const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct ev_out *out;
	enum ev_code rc;
	int fd = -1;

	(void)opts;
	(void)set;
	if ((rc = find_fd(rest, &fd, e)) != EV_OK)
		return rc;
	out = calloc(1, sizeof(*out));
	if (out == NULL)
		return ev_fail_mem(e);
	rc = ev_out_open(out, fd, fd == STDOUT_FILENO ? "stdout" : t->address, e);
	if (rc == EV_OK)
		t->impl = out;
	else
		free(out);
	return rc;
}

static enum ev_code
fd_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	(void)val;
	return ev_out_line(t->impl, line, e);
}

static enum ev_code
fd_sync(struct ev_target *t, struct ev_err *e)
{
	struct ev_out *out = t->impl;
	enum ev_code rc = ev_out_flush(out, e);

	return rc == EV_OK ? ev_fd_sync(out->fd, e) : rc;
}

static void
fd_close(struct ev_target *t)
{
	if (ev_out_close(t->impl, true, NULL) != EV_OK) {
		/* it drops: nothing can fail */
	}
	free(t->impl);
}

const struct ev_scheme ev_scheme_fd = {
	.name = "fd",
	.check = fd_check,
	.open = fd_open,
	.put = fd_put,
	.flush = fd_sync,
	.sync = fd_sync,
	.close = fd_close,
};
