/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/io.h"

/*
 * Whether a write that failed is tried again. A descriptor that somebody else made non-blocking is
 * waited for: it is shared with whoever started us.
 */
static bool
again(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (errno == EAGAIN)
		(void)poll(&p, 1, -1); /* the next write tells what came of it */
	else if (errno != EINTR)
		return false;
	return true;
}

enum ev_code
ev_write_all(int fd, const void *p, size_t n, struct ev_err *e)
{
	const char *at = p;
	ssize_t w;

	while (n > 0) {
		w = write(fd, at, n);
		if (w < 0 && again(fd))
			continue;
		if (w < 0)
			return ev_fail_sys(e, "write");
		at += w;
		n -= (size_t)w;
	}
	return EV_OK;
}

enum ev_code
ev_out_open(struct ev_out *o, int fd, const char *name, struct ev_err *e)
{
	*o = (struct ev_out){ .fd = fd, .name = name };
	o->buf = malloc(EV_BLOCK);
	if (o->buf == NULL)
		return ev_fail_mem(e);
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	return EV_OK;
}

/* Writes the collected bytes and then s, in one call while the kernel takes all. */
static enum ev_code
drain(struct ev_out *o, struct ev_slice s, struct ev_err *e)
{
	struct iovec v[2] = { { o->buf, o->n }, { (void *)(uintptr_t)s.p, s.n } };
	ssize_t w;

	while (v[0].iov_len + v[1].iov_len > 0) {
		w = writev(o->fd, v, 2);
		if (w < 0 && again(o->fd))
			continue;
		if (w < 0) {
			enum ev_code rc = ev_fail_sys(e, "write");

			ev_err_name(e, o->name);
			memmove(o->buf, v[0].iov_base, v[0].iov_len);
			o->n = v[0].iov_len;
			return rc;
		}
		o->bytes += (uint64_t)w;
		for (int i = 0; i < 2; i++) {
			size_t k = (size_t)w < v[i].iov_len ? (size_t)w : v[i].iov_len;

			v[i].iov_base = (char *)v[i].iov_base + k;
			v[i].iov_len -= k;
			w -= (ssize_t)k;
		}
	}
	o->n = 0;
	return EV_OK;
}

enum ev_code
ev_out_add(struct ev_out *o, struct ev_slice s, struct ev_err *e)
{
	if (s.n > EV_BLOCK - o->n) {
		size_t head = s.n < EV_BLOCK ? EV_BLOCK - o->n : 0;
		enum ev_code rc;

		if (head == 0) /* as large as a block: no copy */
			return drain(o, s, e);
		memcpy(o->buf + o->n, s.p, head);
		o->n += head;
		if ((rc = drain(o, EV_LIT(""), e)) != EV_OK)
			return rc;
		s.p += head;
		s.n -= head;
	}
	if (s.n > 0)
		memcpy(o->buf + o->n, s.p, s.n);
	o->n += s.n;
	return EV_OK;
}

enum ev_code
ev_out_line(struct ev_out *o, struct ev_slice line, struct ev_err *e)
{
	enum ev_code rc;

	if (line.n < EV_BLOCK - o->n) { /* the usual case: both fit */
		memcpy(o->buf + o->n, line.p, line.n);
		o->n += line.n;
		o->buf[o->n++] = '\n';
		return EV_OK;
	}
	if ((rc = ev_out_add(o, line, e)) != EV_OK)
		return rc;
	return ev_out_add(o, EV_LIT("\n"), e);
}

enum ev_code
ev_out_flush(struct ev_out *o, struct ev_err *e)
{
	return o->n == 0 ? EV_OK : drain(o, EV_LIT(""), e);
}

enum ev_code
ev_out_close(struct ev_out *o, bool drop, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (o->buf != NULL && !drop)
		rc = ev_out_flush(o, e);
	free(o->buf);
	o->buf = NULL;
	o->n = 0;
	return rc;
}
