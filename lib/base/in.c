/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sig.h"

static const char *const only_stdin[] = { "-", NULL };

void
ev_in_init(struct ev_in *in, const char *const *names, size_t max_line)
{
	*in = (struct ev_in){ .fd = -1, .max_line = max_line };
	in->names = names != NULL && names[0] != NULL ? names : only_stdin;
}

static enum ev_code
open_next(struct ev_in *in, struct ev_err *e)
{
	const char *name = *in->names;
	struct stat st;
	int fd;

	in->names++;
	in->offset = in->given = 0;
	in->start = in->end = 0;
	in->eof = false;
	if (strcmp(name, "-") == 0) {
		in->fd = STDIN_FILENO;
		in->name = "stdin";
	} else {
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return ev_fail_sys(e, "cannot open %s", name);
		in->fd = fd;
		in->name = name;
	}
	if (fstat(in->fd, &st) < 0)
		return ev_fail_sys(e, "cannot read %s", in->name);
	if (S_ISDIR(st.st_mode))
		return ev_fail(
		    e, EV_USAGE, "%s is a folder; a file of events was wanted", in->name);
	(void)fcntl(in->fd, F_SETPIPE_SZ, 1 << 20);
	return EV_OK;
}

static void
close_file(struct ev_in *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
}

/* Room for one more read; grows for a long line up to the limit. */
static enum ev_code
make_room(struct ev_in *in, struct ev_err *e)
{
	size_t have = in->end - in->start, cap;
	char *p;

	if (in->start > 0) {
		memmove(in->buf, in->buf + in->start, have);
		in->start = 0;
		in->end = have;
	}
	if (in->cap >= have + EV_BLOCK + EV_PAD)
		return EV_OK;
	/* a line that outgrows the block doubles it: 16 MiB is read in seven steps */
	cap = have <= EV_BLOCK ? 2 * EV_BLOCK + EV_PAD : 2 * have + EV_BLOCK + EV_PAD;
	p = realloc(in->buf, cap);
	if (p == NULL)
		return ev_fail_mem(e);
	in->buf = p;
	in->cap = cap;
	memset(in->buf + in->end, 0, in->cap - in->end);
	return EV_OK;
}

/* EV_OK: there is something to read. EV_NO: a signal asked to stop. */
static enum ev_code
wait_input(struct ev_in *in, struct ev_err *e)
{
	enum ev_code rc = ev_sig_wait(in->fd, 0, e);

	while (rc == EV_NO && ev_sig_stop() == 0) {
		if (in->idle != NULL && (rc = in->idle(in->arg, e)) != EV_OK)
			return rc;
		rc = ev_sig_wait(in->fd, in->nap > 0 ? in->nap : -1, e);
	}
	return rc == EV_OK && ev_sig_stop() != 0 ? EV_NO : rc;
}

/* One read, after waiting. EV_NO: a signal asked to stop. */
static enum ev_code
fill(struct ev_in *in, struct ev_err *e)
{
	enum ev_code rc;
	ssize_t n;

	if ((rc = make_room(in, e)) != EV_OK)
		return rc;
	for (;;) {
		if ((rc = wait_input(in, e)) != EV_OK)
			return rc;
		n = read(in->fd, in->buf + in->end, EV_BLOCK);
		if (n >= 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return ev_fail_sys(e, "read");
	}
	in->eof = n == 0;
	in->end += (size_t)n;
	in->bytes += (uint64_t)n;
	return EV_OK;
}

/* Hands out [start, start + n). */
static enum ev_code
give(struct ev_in *in, size_t n, struct ev_slice *block)
{
	*block = (struct ev_slice){ in->buf + in->start, n };
	in->start += n;
	in->given = n;
	return EV_OK;
}

static enum ev_code
too_long(struct ev_in *in, struct ev_err *e)
{
	ev_fail(e, EV_DATA,
	    "a line of more than %zu bytes at byte %llu; raise --max-line to read it", in->max_line,
	    (unsigned long long)in->offset);
	return EV_DATA;
}

static enum ev_code
next_block(struct ev_in *in, struct ev_slice *block, struct ev_err *e)
{
	size_t seen = 0, have;
	enum ev_code rc;
	const char *lf;

	for (;;) {
		have = in->end - in->start;
		lf = have > seen ? memrchr(in->buf + in->start + seen, '\n', have - seen) : NULL;
		if (lf != NULL)
			return give(in, (size_t)(lf - (in->buf + in->start)) + 1, block);
		if (have > in->max_line + 1) /* a CR may stand before the LF */
			return too_long(in, e);
		seen = have;
		if (in->eof && have == 0)
			return EV_NO;
		if (in->eof) {
			in->buf[in->end] = '\n'; /* behind the block, for the scanner */
			return give(in, have, block);
		}
		if ((rc = fill(in, e)) != EV_OK)
			return rc;
	}
}

enum ev_code
ev_in_block(struct ev_in *in, struct ev_slice *block, bool *fresh, struct ev_err *e)
{
	enum ev_code rc;

	*fresh = false;
	for (;;) {
		if (in->fd < 0) {
			if (*in->names == NULL)
				return EV_NO;
			if ((rc = open_next(in, e)) != EV_OK)
				return rc;
			*fresh = true;
		}
		in->offset += in->given;
		in->given = 0;
		rc = next_block(in, block, e);
		if (rc != EV_NO || ev_sig_stop() != 0) {
			if (rc != EV_OK && rc != EV_NO)
				ev_err_name(e, in->name);
			return rc;
		}
		close_file(in);
	}
}

void
ev_in_unread(struct ev_in *in, struct ev_slice rest)
{
	off_t ahead = (off_t)(rest.n + (in->end - in->start));

	if (in->fd >= 0 && ahead > 0)
		(void)lseek(in->fd, -ahead, SEEK_CUR); /* a pipe refuses; nothing to mend there */
}

void
ev_in_close(struct ev_in *in)
{
	close_file(in);
	free(in->buf);
	in->buf = NULL;
	in->cap = in->start = in->end = 0;
}
