/* SPDX-License-Identifier: MIT */
#include "lake/lake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sig.h"
#include "lake/catalog.h"
#include "lake/conf.h"
#include "lake/network.h"
#include "lake/seal.h"

enum { MAKE_POLL = 10 /* ms between two looks at a lake that another process makes */ };

/* SQLite's log needs memory that all processes share; network file systems have none. */
static enum ev_code
check_fs(struct ev_lake *l, struct ev_err *e)
{
	struct statfs fs;
	const char *name;

	if (fstatfs(l->dir, &fs) < 0)
		return ev_fail_sys(e, "%s", l->path);
	name = ev_network_fs((unsigned long)fs.f_type);
	if (name == NULL)
		return EV_OK;
	return ev_fail(
	    e, EV_USAGE, "%s is on %s; a lake wants a file system of this machine", l->path, name);
}

/* A blocking lock gives way to a signal that asks to stop. */
static enum ev_code
lock(struct ev_lake *l, int how, struct ev_err *e)
{
	while (flock(l->lock, how) < 0)
		if (errno != EINTR || ev_sig_stop() != 0)
			return ev_fail_sys(e, "cannot lock %s/LOCK", l->path);
	return EV_OK;
}

static enum ev_code
open_lock(struct ev_lake *l, int flags, struct ev_err *e)
{
	l->lock = openat(l->dir, "LOCK", O_RDONLY | O_CLOEXEC | flags, 0666);
	return l->lock < 0 ? ev_fail_sys(e, "cannot open %s/LOCK", l->path) : EV_OK;
}

/* A folder becomes a lake when it is empty, or holds what somebody left who was making one. */
static enum ev_code
check_empty(struct ev_lake *l, struct ev_err *e)
{
	static const char *const ours[] = { ".", "..", "LOCK", "tmp", "data", "chain.ndjson",
		"catalog.db", "lake.json." };
	int fd = openat(l->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;
	enum ev_code rc = EV_OK;

	if (dir == NULL) {
		rc = ev_fail_sys(e, "cannot read %s", l->path);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == EV_OK && (de = readdir(dir)) != NULL) {
		size_t i, n = sizeof(ours) / sizeof(*ours);

		for (i = 0; i < n; i++)
			if (strncmp(de->d_name, ours[i], strlen(ours[i])) == 0)
				break;
		if (i == n)
			rc = ev_fail(e, EV_USAGE, "%s is no lake and not empty: it holds %s",
			    l->path, de->d_name);
	}
	closedir(dir);
	return rc;
}

/* The folders, the chain and the catalog; lake.json last, so that what has one is whole. */
static enum ev_code
make_parts(struct ev_lake *l, struct ev_err *e)
{
	struct ev_catalog *c;
	enum ev_code rc;
	int fd;

	if ((rc = ev_dir_make(l->dir, "tmp", e)) != EV_OK ||
	    (rc = ev_dir_make(l->dir, "data", e)) != EV_OK ||
	    (rc = ev_catalog_open(&c, l->path, EV_CATALOG_MAKE, e)) != EV_OK)
		return rc;
	ev_catalog_close(c);
	fd = openat(l->dir, "chain.ndjson", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return ev_fail_sys(e, "cannot make %s/chain.ndjson", l->path);
	if (fsync(fd) < 0)
		rc = ev_fail_sys(e, "cannot sync %s/chain.ndjson", l->path);
	close(fd);
	if (rc != EV_OK || (rc = ev_conf_write(l, e)) != EV_OK)
		return rc;
	return ev_dir_sync(l->dir, "..", e);
}

/*
 * Waits until nobody else makes the lake, or it is there: whoever made it may go on putting, and so
 * hold the lock, for days. EV_OK: it is there; EV_NO: it is ours to make.
 */
static enum ev_code
wait_to_make(struct ev_lake *l, struct ev_err *e)
{
	enum ev_code rc;

	while (flock(l->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ev_fail_sys(e, "cannot lock %s/LOCK", l->path);
		if ((rc = ev_conf_read(l, e)) != EV_NO)
			return rc;
		if (ev_sig_stop() != 0)
			return ev_fail(e, EV_SYS, "%s is being made by another process", l->path);
		rc = ev_sig_wait(-1, MAKE_POLL, e);
		if (rc != EV_OK && rc != EV_NO)
			return rc;
	}
	return ev_conf_read(l, e); /* somebody may have been faster */
}

enum ev_code
ev_lake_make(struct ev_lake *l, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = check_empty(l, e)) != EV_OK || (rc = open_lock(l, O_CREAT, e)) != EV_OK)
		return rc;
	rc = wait_to_make(l, e);
	if (rc == EV_NO && (rc = make_parts(l, e)) == EV_OK)
		rc = ev_conf_read(l, e);
	close(l->lock); /* and with it the lock */
	l->lock = -1;
	return rc;
}

static enum ev_code
open_folder(struct ev_lake *l, enum ev_lake_mode mode, struct ev_err *e)
{
	enum ev_code rc;

	l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir < 0 && errno == ENOENT && mode == EV_LAKE_PUT) {
		if ((rc = ev_dir_make(AT_FDCWD, l->path, e)) != EV_OK)
			return rc;
		l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (l->dir >= 0)
		return EV_OK;
	if (errno == ENOENT || errno == ENOTDIR)
		return ev_fail(e, EV_USAGE, "%s is no lake: there is no such folder", l->path);
	return ev_fail_sys(e, "cannot open %s", l->path);
}

/* Whoever finds nobody in the lake mends it. A reader that may not, or cannot, reads what is there.
 */
static enum ev_code
mend(struct ev_lake *l, enum ev_lake_mode mode, struct ev_err *e)
{
	struct ev_err why = { 0 };
	enum ev_code rc = EV_OK;

	if (flock(l->lock, LOCK_EX | LOCK_NB) == 0) {
		rc = ev_recover(l, mode == EV_LAKE_PUT ? e : &why);
		if (mode == EV_LAKE_READ)
			return lock(l, LOCK_UN, e);
	}
	return rc == EV_OK && mode == EV_LAKE_PUT ? lock(l, LOCK_SH, e) : rc;
}

static enum ev_code
open_lake(struct ev_lake *l, enum ev_lake_mode mode, struct ev_err *e)
{
	bool put = mode == EV_LAKE_PUT;
	enum ev_code rc;

	if ((rc = open_folder(l, mode, e)) != EV_OK || (rc = check_fs(l, e)) != EV_OK)
		return rc;
	rc = ev_conf_read(l, e);
	if (rc == EV_NO)
		rc = put ? ev_lake_make(l, e)
			 : ev_fail(e, EV_USAGE, "%s is no lake: it has no lake.json", l->path);
	if (rc != EV_OK)
		return rc;
	rc = ev_catalog_open(&l->catalog, l->path, put ? EV_CATALOG_WRITE : EV_CATALOG_READ, e);
	if (rc != EV_OK)
		return rc;
	if (!put && faccessat(l->dir, ".", W_OK, 0) != 0)
		return EV_OK;
	if ((rc = open_lock(l, 0, e)) != EV_OK)
		return rc;
	return mend(l, mode, e);
}

enum ev_code
ev_lake_open(struct ev_lake *l, const char *path, enum ev_lake_mode mode, struct ev_err *e)
{
	enum ev_code rc;

	*l = (struct ev_lake){
		.path = path, .dir = -1, .lock = -1, .frame = EV_FRAME, .segment = EV_SEGMENT
	};
	rc = open_lake(l, mode, e);
	if (rc != EV_OK)
		ev_lake_close(l);
	return rc;
}

void
ev_lake_close(struct ev_lake *l)
{
	ev_catalog_close(l->catalog);
	l->catalog = NULL;
	if (l->lock > 0)
		close(l->lock);
	if (l->dir > 0)
		close(l->dir);
	l->lock = l->dir = -1;
}
