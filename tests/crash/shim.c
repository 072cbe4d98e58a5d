/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a command, it counts the calls that change files, and makes the one of a number
 *fail.
 *
 *	EVSHIM=MODE:N
 *	count   changes nothing
 *	kill    SIGKILL instead of call N
 *	tear    a write writes half of its bytes, then SIGKILL
 *	power   SIGKILL instead of call N, and what was not synced is undone: bytes behind the last
 *fsync of a file, names made in folders that were not synced (pwrite, SQLite's, counts as synced)
 *	enospc  call N fails with ENOSPC; full: and all that follow
 *	eio     call N fails with EIO
 *	short   a write writes half of its bytes, and says so
 *
 *	EVSHIM_LOG=FILE  gets one line per call at the end: its number and name
 *
 * Calls on descriptors 1 and 2 do not count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 4096 };

static const char *mode = "count";
static long fatal, calls;
static const char *called[MOST];
static int busy; /* undoing: calls are our own */

/* What a power cut would undo, oldest first. */
struct change {
	enum { GONE, DATA, NAME, MOVE } what;
	dev_t dev; /* DATA: of the file; NAME, MOVE: of the folder that must be synced */
	ino_t ino;
	off_t size; /* DATA: that is synced */
	char path[PATH_MAX], old[PATH_MAX];
};
static struct change change[MOST];
static size_t changes;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void
begin(void)
{
	const char *s = getenv("EVSHIM"), *colon = s != NULL ? strchr(s, ':') : NULL;

	if (colon == NULL)
		return;
	mode = strndup(s, (size_t)(colon - s));
	fatal = atol(colon + 1);
}

__attribute__((destructor)) static void
end(void)
{
	const char *log = getenv("EVSHIM_LOG");
	FILE *f;

	busy = 1;
	f = log != NULL ? fopen(log, "w") : NULL;
	for (long i = 1; f != NULL && i <= calls && i < MOST; i++)
		fprintf(f, "%ld %s\n", i, called[i]);
	if (f != NULL)
		fclose(f);
}

static int
is(const char *name)
{
	return strcmp(mode, name) == 0;
}

static void
absolute(char out[PATH_MAX], int dir, const char *path)
{
	char link[64], base[PATH_MAX] = "";
	ssize_t n;

	if (*path == '/') {
		snprintf(out, PATH_MAX, "%s", path);
		return;
	}
	snprintf(link, sizeof(link), dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dir);
	n = readlink(link, base, sizeof(base) - 1);
	base[n > 0 ? n : 0] = '\0';
	if ((size_t)snprintf(out, PATH_MAX, "%.2000s/%.2000s", base, path) >= PATH_MAX)
		abort();
}

static struct change *
new_change(void)
{
	if (changes == MOST)
		abort();
	return &change[changes++];
}

/* A name that lasts once its folder is synced. */
static void
note_name(int what, const char *path, const char *old)
{
	struct change *c = new_change();
	char folder[PATH_MAX];
	struct stat st;

	memset(c, 0, sizeof(*c));
	snprintf(c->path, sizeof(c->path), "%s", path);
	snprintf(c->old, sizeof(c->old), "%s", old);
	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	if (stat(*folder != '\0' ? folder : "/", &st) == 0) {
		c->what = what;
		c->dev = st.st_dev;
		c->ino = st.st_ino;
	}
}

/* Bytes that last once their file is synced. */
static void
note_data(int fd)
{
	char link[64];
	struct change *c;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	for (size_t i = 0; i < changes; i++)
		if (change[i].what == DATA && change[i].dev == st.st_dev &&
		    change[i].ino == st.st_ino)
			return;
	c = new_change();
	*c =
	    (struct change){ .what = DATA, .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size };
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, c->path, sizeof(c->path) - 1);
	c->path[n > 0 ? n : 0] = '\0';
}

static void
note_sync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return;
	for (size_t i = 0; i < changes; i++)
		if (change[i].dev == st.st_dev && change[i].ino == st.st_ino &&
		    (change[i].what == DATA) == !S_ISDIR(st.st_mode))
			change[i].what = GONE;
}

/* Bytes that are not synced go with their file. */
static void
follow(const char *from, const char *to)
{
	for (size_t i = 0; i < changes; i++)
		if (change[i].what == DATA && strcmp(change[i].path, from) == 0)
			memcpy(change[i].path, to, PATH_MAX);
}

/* Undoes the last change first. */
static void
cut_power(void)
{
	busy = 1;
	while (changes > 0) {
		struct change *c = &change[--changes];

		if (c->what == MOVE && rename(c->path, c->old) == 0)
			follow(c->path, c->old);
		else if (c->what == NAME && unlink(c->path) != 0)
			rmdir(c->path);
		else if (c->what == DATA && truncate(c->path, c->size) != 0)
			continue;
	}
}

static void
die(void)
{
	kill(getpid(), SIGKILL);
	pause();
}

/* Counts a call. 0: it is to happen; else what it fails with; -1: half of a write is to happen. */
static int
count(const char *name, int writes)
{
	int saved = errno, this;

	if (busy)
		return 0;
	calls++;
	if (calls < MOST)
		called[calls] = name;
	this = calls == fatal;
	if (this && (is("kill") || (is("tear") && !writes)))
		die();
	if (this && is("power")) {
		cut_power();
		die();
	}
	errno = saved;
	if (this && (is("tear") || is("short")))
		return writes ? -1 : 0;
	if ((this && is("enospc")) || (is("full") && fatal > 0 && calls >= fatal))
		return ENOSPC;
	return this && is("eio") ? EIO : 0;
}

static int
quiet(int fd)
{
	return fd == STDOUT_FILENO || fd == STDERR_FILENO;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) = REAL(write);
	int how = quiet(fd) ? 0 : count("write", n > 1);
	ssize_t got;

	if (how > 0) {
		errno = how;
		return -1;
	}
	if (!busy)
		note_data(fd);
	got = real(fd, p, how < 0 ? n / 2 : n);
	if (how < 0 && is("tear"))
		die();
	return got;
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	ssize_t (*real)(int, const struct iovec *, int) = REAL(writev);
	int how = quiet(fd) ? 0 : count("writev", 0);

	if (how > 0) {
		errno = how;
		return -1;
	}
	return real(fd, v, n);
}

static ssize_t
pwrite_as(
    ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *p, size_t n, off_t off)
{
	int how = count("pwrite", n > 1);
	ssize_t got;

	if (how > 0) {
		errno = how;
		return -1;
	}
	got = real(fd, p, how < 0 ? n / 2 : n, off);
	if (how < 0 && is("tear"))
		die();
	return got;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t off)
{
	return pwrite_as(REAL(pwrite), fd, p, n, off);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite_as(
	    (ssize_t(*)(int, const void *, size_t, off_t))REAL(pwrite64), fd, p, n, off);
}

/* The calls that are one line each. */
#define CALL(name, params, args, note)                                                             \
	int name params                                                                            \
	{                                                                                          \
		int(*real) params = (int(*) params)REAL(name), rc;                                 \
		int how = count(#name, 0);                                                         \
                                                                                                   \
		if (how > 0) {                                                                     \
			errno = how;                                                               \
			return -1;                                                                 \
		}                                                                                  \
		rc = real args;                                                                    \
		if (rc == 0 && !busy) {                                                            \
			note;                                                                      \
		}                                                                                  \
		return rc;                                                                         \
	}

static void
made(int dir, const char *path)
{
	char p[PATH_MAX];
	int saved = errno;

	absolute(p, dir, path);
	note_name(NAME, p, "");
	errno = saved;
}

static void
moved(int from, const char *old, int to, const char *new)
{
	char p[PATH_MAX] = "", q[PATH_MAX] = "";

	absolute(p, to, new);
	absolute(q, from, old);
	note_name(MOVE, p, q);
	follow(q, p);
}

CALL(fsync, (int fd), (fd), note_sync(fd))
CALL(fdatasync, (int fd), (fd), note_sync(fd))
CALL(ftruncate, (int fd, off_t n), (fd, n), (void)0)
CALL(ftruncate64, (int fd, off64_t n), (fd, n), (void)0)
CALL(rename, (const char *a, const char *b), (a, b), moved(AT_FDCWD, a, AT_FDCWD, b))
CALL(renameat, (int d, const char *a, int f, const char *b), (d, a, f, b), moved(d, a, f, b))
CALL(mkdir, (const char *path, mode_t m), (path, m), made(AT_FDCWD, path))
CALL(mkdirat, (int d, const char *path, mode_t m), (d, path, m), made(d, path))
CALL(unlink, (const char *path), (path), (void)0)
CALL(unlinkat, (int d, const char *path, int flags), (d, path, flags), (void)0)

/* An open that may make a file. */
static int
open_as(int (*real)(int, const char *, int, ...), int dir, const char *path, int flags, mode_t m)
{
	int how = 0, fresh = 0, fd;

	if ((flags & O_CREAT) != 0) {
		how = count("open", 0);
		fresh = faccessat(dir, path, F_OK, 0) != 0;
	}
	if (how > 0) {
		errno = how;
		return -1;
	}
	fd = real(dir, path, flags, m);
	if (fd >= 0 && fresh && !busy)
		made(dir, path);
	return fd;
}

#define OPENAT(name, params, dir)                                                                  \
	int name params                                                                            \
	{                                                                                          \
		mode_t m = 0;                                                                      \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, flags);                                                               \
		if ((flags & O_CREAT) != 0)                                                        \
			m = va_arg(ap, mode_t);                                                    \
		va_end(ap);                                                                        \
		return open_as(                                                                    \
		    (int (*)(int, const char *, int, ...))REAL(openat64), dir, path, flags, m);    \
	}

OPENAT(open, (const char *path, int flags, ...), AT_FDCWD)
OPENAT(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENAT(openat, (int d, const char *path, int flags, ...), d)
OPENAT(openat64, (int d, const char *path, int flags, ...), d)
