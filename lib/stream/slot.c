/* SPDX-License-Identifier: MIT */
#include "stream/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"

enum { FILE_MOST = EV_SLOT_AT + EV_SLOT_BODY + EV_SLOT_HASH };

static bool
is_zero(const unsigned char *p, size_t n)
{
	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	return n == 0;
}

const unsigned char *
ev_slot_pick(const unsigned char *file, size_t size, size_t n, bool *blank)
{
	const unsigned char *best = NULL;

	*blank = size < EV_SLOT_AT || is_zero(file, size < n ? size : n);
	for (size_t at = 0; at + n + EV_SLOT_HASH <= size && at <= EV_SLOT_AT; at += EV_SLOT_AT) {
		const unsigned char *body = file + at;

		if (ev_le_get(body, 8) == 0 || ev_le_get(body + n, 8) != ev_xxh3(body, n))
			continue;
		if (best == NULL || ev_le_get(body, 8) > ev_le_get(best, 8))
			best = body;
	}
	return best;
}

enum ev_code
ev_slot_read(int fd, unsigned char *body, size_t n, bool *blank, const char *name, struct ev_err *e)
{
	unsigned char file[FILE_MOST];
	const unsigned char *best;
	ssize_t got;

	do
		got = pread(fd, file, EV_SLOT_AT + n + EV_SLOT_HASH, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return ev_fail_sys(e, "cannot read %s", name);
	best = ev_slot_pick(file, (size_t)got, n, blank);
	if (best == NULL)
		return EV_NO;
	memcpy(body, best, n);
	return EV_OK;
}

enum ev_code
ev_slot_write(int fd, const unsigned char *body, size_t n, const char *name, struct ev_err *e)
{
	off_t at = (ev_le_get(body, 8) & 1) != 0 ? EV_SLOT_AT : 0;
	unsigned char slot[EV_SLOT_BODY + EV_SLOT_HASH];
	ssize_t put;

	memcpy(slot, body, n);
	ev_le_put(slot + n, ev_xxh3(body, n), 8);
	do
		put = pwrite(fd, slot, n + EV_SLOT_HASH, at);
	while (put < 0 && errno == EINTR);
	if (put < 0)
		return ev_fail_sys(e, "cannot write %s", name);
	if ((size_t)put != n + EV_SLOT_HASH)
		return ev_fail(e, EV_SYS, "cannot write %s: a short write", name);
	return EV_OK;
}

enum ev_code
ev_slot_make(int fd, size_t n, const char *name, struct ev_err *e)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return ev_fail_sys(e, "cannot look at %s", name);
	if (st.st_size >= (off_t)(EV_SLOT_AT + n + EV_SLOT_HASH))
		return EV_NO;
	do
		rc = posix_fallocate(fd, 0, (off_t)(EV_SLOT_AT + n + EV_SLOT_HASH));
	while (rc == EINTR);
	if (rc == 0)
		return EV_OK;
	errno = rc;
	return ev_fail_sys(e, "cannot make %s", name);
}
