/* SPDX-License-Identifier: MIT */
/* Files of lines end in a whole line: what a crash or a full disk left of one is moved aside. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"
#include "json/scan.h"
#include "target/scheme.h"

enum { CHUNK = 64 * 1024 };

/* All of n bytes at offset at. */
static enum ev_code
read_at(int fd, char *p, size_t n, off_t at, const char *path, struct ev_err *e)
{
	ssize_t r;

	while (n > 0) {
		r = pread(fd, p, n, at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ev_fail_sys(e, "read the end of %s", path);
		if (r == 0)
			return ev_fail(e, EV_SYS, "%s became shorter while it was read", path);
		p += r;
		n -= (size_t)r;
		at += r;
	}
	return EV_OK;
}

/* *start: where the last line begins, that is behind the last LF before size. */
static enum ev_code
find_last_line(int fd, const char *path, off_t size, char *chunk, off_t *start, struct ev_err *e)
{
	enum ev_code rc;
	const char *lf;
	off_t at;

	for (; size > 0; size = at) {
		at = size > CHUNK ? size - CHUNK : 0;
		if ((rc = read_at(fd, chunk, (size_t)(size - at), at, path, e)) != EV_OK)
			return rc;
		lf = memrchr(chunk, '\n', (size_t)(size - at));
		if (lf != NULL) {
			*start = at + (lf - chunk) + 1;
			return EV_OK;
		}
	}
	*start = 0;
	return EV_OK;
}

/* *yes: whether [start, size) is a whole JSON object: it lacks nothing but its LF. */
static enum ev_code
is_event(int fd, const char *path, off_t start, off_t size, bool *yes, struct ev_err *e)
{
	struct ev_buf b = EV_BUF(EV_MAX_LINE);
	size_t n = (size_t)(size - start), off;
	enum ev_code rc;

	*yes = false;
	if (size - start > EV_MAX_LINE)
		return EV_OK;
	rc = ev_buf_reserve(&b, n, e);
	if (rc == EV_OK)
		rc = read_at(fd, b.p, n, start, path, e);
	if (rc == EV_OK)
		*yes = b.p[0] == '{' &&
		    ev_json_check((struct ev_slice){ b.p, n }, &off, NULL) == EV_OK;
	ev_buf_fini(&b);
	return rc;
}

static enum ev_code
copy_tail(int fd, const char *path, off_t start, off_t size, int to, char *chunk, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t n;

	for (; start < size && rc == EV_OK; start += (off_t)n) {
		n = size - start < CHUNK ? (size_t)(size - start) : CHUNK;
		if ((rc = read_at(fd, chunk, n, start, path, e)) == EV_OK)
			rc = ev_write_all(to, chunk, n, e);
	}
	return rc == EV_OK ? ev_write_all(to, "\n", 1, e) : rc;
}

/*
 * The copy is durable before the cut, so that a crash between them leaves the
 * bytes twice and never nowhere.
 */
static enum ev_code
move_aside(int fd, const char *path, off_t start, off_t size, char *chunk, struct ev_err *e)
{
	struct ev_buf name = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc;
	int to = -1;

	if ((rc = ev_buf_addf(&name, e, "%s.torn", path)) != EV_OK)
		return rc;
	to = open(name.p, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (to < 0)
		rc = ev_fail_sys(e, "cannot open %s for a torn last line", name.p);
	if (rc == EV_OK)
		rc = copy_tail(fd, path, start, size, to, chunk, e);
	if (rc == EV_OK && fsync(to) < 0)
		rc = ev_fail_sys(e, "fsync of %s", name.p);
	if (to >= 0 && close(to) < 0 && rc == EV_OK)
		rc = ev_fail_sys(e, "close %s", name.p);
	if (rc == EV_OK)
		rc = ev_tail_sync_folder(path, e);
	if (rc == EV_OK && ftruncate(fd, start) < 0)
		rc = ev_fail_sys(e, "cut the torn last line of %s", path);
	ev_buf_fini(&name);
	return rc;
}

static enum ev_code
mend(int fd, const char *path, off_t *size, char *chunk, uint64_t *torn, struct ev_err *e)
{
	enum ev_code rc;
	off_t start;
	bool whole;

	if ((rc = find_last_line(fd, path, *size, chunk, &start, e)) != EV_OK)
		return rc;
	if ((rc = is_event(fd, path, start, *size, &whole, e)) != EV_OK)
		return rc;
	if (whole) {
		rc = ev_write_all(fd, "\n", 1, e);
		*size += rc == EV_OK;
	} else if ((rc = move_aside(fd, path, start, *size, chunk, e)) == EV_OK) {
		*torn += (uint64_t)(*size - start);
		*size = start;
	}
	return rc;
}

enum ev_code
ev_tail_settle(int fd, const char *path, off_t *size, uint64_t *torn, struct ev_err *e)
{
	enum ev_code rc;
	char last = '\n', *chunk;

	if (*size > 0 && (rc = read_at(fd, &last, 1, *size - 1, path, e)) != EV_OK)
		return rc;
	if (last == '\n')
		return EV_OK;
	chunk = malloc(CHUNK);
	if (chunk == NULL)
		return ev_fail_mem(e);
	rc = mend(fd, path, size, chunk, torn, e);
	free(chunk);
	return rc;
}

enum ev_code
ev_tail_sync_folder(const char *path, struct ev_err *e)
{
	const char *slash = strrchr(path, '/');
	enum ev_code rc;
	char *folder;

	folder =
	    slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (folder == NULL)
		return ev_fail_mem(e);
	rc = ev_dir_sync(AT_FDCWD, folder, e);
	free(folder);
	return rc;
}
