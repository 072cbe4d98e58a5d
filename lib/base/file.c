/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

static enum ev_code
read_all(int fd, const char *path, struct ev_buf *b, struct ev_err *e)
{
	char part[16384];
	enum ev_code rc;
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ev_fail_sys(e, "cannot read %s", path);
		if ((size_t)n > b->max - b->n)
			return ev_fail(
			    e, EV_SYS, "%s holds more than the limit of %zu bytes", path, b->max);
		if ((rc = ev_buf_add(b, part, (size_t)n, e)) != EV_OK)
			return rc;
	}
	return EV_OK;
}

enum ev_code
ev_file_read(int dir, const char *path, struct ev_buf *b, struct ev_err *e)
{
	size_t before = b->n;
	enum ev_code rc;
	int fd;

	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ev_fail_sys(e, "cannot open %s", path);
	rc = read_all(fd, path, b, e);
	close(fd);
	if (rc != EV_OK && b->p != NULL) {
		b->n = before;
		b->p[before] = '\0';
	}
	return rc;
}

/* The folder that path's last name stands in, slashes at the end not counted. */
static void
parent_of(char out[PATH_MAX], const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0)
		out[n++] = '.';
	else
		memcpy(out, path, n);
	out[n] = '\0';
}

enum ev_code
ev_dir_sync(int dir, const char *path, struct ev_err *e)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum ev_code rc = EV_OK;

	if (fd < 0)
		return ev_fail_sys(e, "cannot open the folder %s", path);
	if (fsync(fd) < 0)
		rc = ev_fail_sys(e, "cannot sync the folder %s", path);
	close(fd);
	return rc;
}

/* Writes and syncs the new file tmp; removes it again when that fails. */
static enum ev_code
write_new(int dir, const char *tmp, struct ev_slice bytes, struct ev_err *e)
{
	int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	enum ev_code rc;

	if (fd < 0)
		return ev_fail_sys(e, "cannot make %s", tmp);
	rc = ev_write_all(fd, bytes.p, bytes.n, NULL);
	if (rc != EV_OK)
		rc = ev_fail_sys(e, "cannot write %s", tmp);
	else if (fsync(fd) < 0)
		rc = ev_fail_sys(e, "cannot sync %s", tmp);
	if (close(fd) < 0 && rc == EV_OK)
		rc = ev_fail_sys(e, "cannot close %s", tmp);
	if (rc != EV_OK)
		(void)unlinkat(dir, tmp, 0);
	return rc;
}

enum ev_code
ev_file_replace(int dir, const char *path, struct ev_slice bytes, struct ev_err *e)
{
	char tmp[PATH_MAX], parent[PATH_MAX];
	unsigned mark;
	enum ev_code rc;

	if (getrandom(&mark, sizeof(mark), 0) != sizeof(mark))
		return ev_fail_sys(e, "getrandom");
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.%08x.tmp", path, mark) >= sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return ev_fail_sys(e, "cannot make a file beside %.80s", path);
	}
	if ((rc = write_new(dir, tmp, bytes, e)) != EV_OK)
		return rc;
	if (renameat(dir, tmp, dir, path) < 0) {
		rc = ev_fail_sys(e, "cannot rename %s to %s", tmp, path);
		(void)unlinkat(dir, tmp, 0);
		return rc;
	}
	parent_of(parent, path);
	return ev_dir_sync(dir, parent, e);
}

/* One folder whose parent is there. */
static enum ev_code
make_one(int dir, const char *path, struct ev_err *e)
{
	char parent[PATH_MAX];
	struct stat st;

	if (mkdirat(dir, path, 0777) == 0) {
		parent_of(parent, path);
		return ev_dir_sync(dir, parent, e);
	}
	if (errno != EEXIST)
		return ev_fail_sys(e, "cannot make the folder %s", path);
	if (fstatat(dir, path, &st, 0) < 0)
		return ev_fail_sys(e, "cannot use the folder %s", path);
	if (!S_ISDIR(st.st_mode))
		return ev_fail(e, EV_SYS, "%s is there and is no folder", path);
	return EV_OK;
}

enum ev_code
ev_dir_make(int dir, const char *path, struct ev_err *e)
{
	char upto[PATH_MAX];
	size_t n = strlen(path);
	enum ev_code rc = EV_OK;

	if (n >= sizeof(upto)) {
		errno = ENAMETOOLONG;
		return ev_fail_sys(e, "cannot make the folder %.80s", path);
	}
	memcpy(upto, path, n + 1);
	for (size_t i = 1; rc == EV_OK && i < n; i++) {
		if (upto[i] != '/' || upto[i - 1] == '/' || upto[i + 1] == '\0')
			continue;
		upto[i] = '\0';
		rc = make_one(dir, upto, e);
		upto[i] = '/';
	}
	return rc == EV_OK ? make_one(dir, upto, e) : rc;
}
