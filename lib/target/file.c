/* SPDX-License-Identifier: MIT */
/*
 * PATH and file:PATH: lines appended to a file, or to one file per value of a template.
 *
 * Writers share a file: every write happens under its flock, holds whole lines, and follows a
 * look at the end of the file, so that one that was killed in the middle of a line spoils nobody
 * else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"
#include "target/scheme.h"

enum {
	OPEN_MAX_FILES = 64, /* descriptors at once */
	KNOWN_MAX = 1024,    /* files written since the last sync */
	SMALL = 16 * 1024    /* bytes collected per file where there are many */
};

struct part {
	char *path; /* owned */
	int fd;     /* -1: closed, to be opened again */
	bool regular;
	bool linked; /* its folder was synced since it was opened first */
	bool dirty;  /* written since the last sync */
	dev_t dev;
	ino_t ino;
	off_t end;         /* where our last write left it */
	struct ev_buf buf; /* whole lines, not yet written */
	uint64_t used;     /* the clock when it was used last */
};

struct file {
	struct ev_template name;
	struct ev_buf path; /* of the event at hand */
	struct part *part;  /* owned */
	size_t n, cap, open;
	struct part *last; /* the one used last, in part; NULL: none */
	uint64_t clock;
};

/* A failure about a file; the address tells the name, but for a template. */
static enum ev_code
failed(const struct ev_target *t, const struct part *f, const char *what, struct ev_err *e)
{
	return t->wants ? ev_fail_sys(e, "%s %s", what, f->path) : ev_fail_sys(e, "%s", what);
}

static enum ev_code
lock(const struct ev_target *t, const struct part *f, struct ev_err *e)
{
	while (f->regular && flock(f->fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return failed(t, f, "lock", e);
	return EV_OK;
}

static void
unlock(const struct part *f)
{
	if (f->regular)
		(void)flock(f->fd, LOCK_UN); /* of a lock that is held: it cannot fail */
}

/* Looks at the end of a locked file, if somebody else moved it. */
static enum ev_code
settle(struct ev_target *t, struct part *f, struct ev_err *e)
{
	struct stat st;

	if (!f->regular)
		return EV_OK;
	if (fstat(f->fd, &st) < 0)
		return failed(t, f, "stat", e);
	if (st.st_size == f->end)
		return EV_OK;
	f->end = st.st_size;
	return ev_tail_settle(f->fd, f->path, &f->end, &t->torn, e);
}

/* After a write that stopped in the middle of a line: cuts back to the last whole one. */
static void
roll_back(struct part *f, size_t done)
{
	const char *lf = done > 0 ? memrchr(f->buf.p, '\n', done) : NULL;
	size_t whole = lf != NULL ? (size_t)(lf - f->buf.p) + 1 : 0;
	struct stat st;

	/* unless one that takes no lock wrote behind us; whoever opens it next mends the tail all
	 * the same */
	if (f->regular && fstat(f->fd, &st) == 0 && st.st_size == f->end + (off_t)done &&
	    ftruncate(f->fd, f->end + (off_t)whole) == 0)
		f->end += (off_t)whole;
}

/* Writes the collected lines to the locked file. What a failure leaves in the buffer is given up.
 */
static enum ev_code
append(const struct ev_target *t, struct part *f, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t done = 0;
	ssize_t w;

	while (done < f->buf.n && rc == EV_OK) {
		w = write(f->fd, f->buf.p + done, f->buf.n - done);
		if (w >= 0)
			done += (size_t)w;
		else if (errno != EINTR)
			rc = failed(t, f, "write", e);
	}
	f->dirty = true;
	if (rc == EV_OK)
		f->end += (off_t)done;
	else
		roll_back(f, done);
	return rc;
}

static enum ev_code
drain(struct ev_target *t, struct part *f, struct ev_err *e)
{
	enum ev_code rc;

	if (f->buf.n == 0)
		return EV_OK;
	if ((rc = lock(t, f, e)) != EV_OK)
		return rc;
	if ((rc = settle(t, f, e)) == EV_OK)
		rc = append(t, f, e);
	unlock(f);
	if (f->buf.cap > 4 * EV_BLOCK) /* one long line; the next is not */
		ev_buf_fini(&f->buf);
	else
		ev_buf_clear(&f->buf);
	return rc;
}

static enum ev_code
make_folder(const char *path, struct ev_err *e)
{
	const char *slash = strrchr(path, '/');
	enum ev_code rc;
	char *folder;

	if (slash == NULL || slash == path)
		return EV_OK;
	folder = strndup(path, (size_t)(slash - path));
	if (folder == NULL)
		return ev_fail_mem(e);
	rc = ev_dir_make(AT_FDCWD, folder, e);
	free(folder);
	return rc;
}

/* A regular file is opened for reading too, for the look at its end; a FIFO must not be. */
static int
open_append(const char *path, int create)
{
	const int flags = O_APPEND | O_CLOEXEC | O_NOCTTY | create;
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return open(path, O_WRONLY | flags, 0666);
	return open(path, O_RDWR | flags, 0666);
}

static enum ev_code
vanished(const struct part *f, struct ev_err *e)
{
	return ev_fail(
	    e, EV_SYS, "%s was removed or replaced before its lines were durable", f->path);
}

/* Whether the regular file st is one that the caller reads: it would feed itself, for ever. */
static bool
is_input(const struct ev_target *t, const struct stat *st)
{
	static const char *const only_stdin[] = { "-", NULL };
	const char *const *name = t->inputs;
	struct stat in;

	if (name == NULL || !S_ISREG(st->st_mode))
		return false;
	for (name = *name != NULL ? name : only_stdin; *name != NULL; name++)
		if ((strcmp(*name, "-") == 0 ? fstat(STDIN_FILENO, &in) : stat(*name, &in)) == 0 &&
		    in.st_dev == st->st_dev && in.st_ino == st->st_ino)
			return true;
	return false;
}

/* Opens it, the first time or again, and mends its end. */
static enum ev_code
open_part(struct ev_target *t, struct part *f, bool folders, struct ev_err *e)
{
	bool again = f->dirty;
	enum ev_code rc;
	struct stat st;

	f->fd = open_append(f->path, again ? 0 : O_CREAT);
	if (f->fd < 0 && errno == ENOENT && folders && !again) {
		if ((rc = make_folder(f->path, e)) != EV_OK)
			return rc;
		f->fd = open_append(f->path, O_CREAT);
	}
	if (f->fd < 0 && errno == ENOENT && again)
		return vanished(f, e);
	if (f->fd < 0)
		return failed(t, f, "cannot open", e);
	((struct file *)t->impl)->open++;
	if (fstat(f->fd, &st) < 0)
		return failed(t, f, "stat", e);
	if (is_input(t, &st))
		return ev_fail(e, EV_USAGE, "%s is read as well as written", f->path);
	if (again &&
	    (st.st_dev != f->dev || st.st_ino != f->ino || (f->regular && st.st_size < f->end)))
		return vanished(f, e);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->regular = S_ISREG(st.st_mode);
	if ((rc = lock(t, f, e)) != EV_OK)
		return rc;
	rc = settle(t, f, e);
	unlock(f);
	return rc;
}

static enum ev_code
close_part(const struct ev_target *t, struct part *f, struct ev_err *e)
{
	int fd = f->fd;

	f->fd = -1;
	if (fd < 0)
		return EV_OK;
	((struct file *)t->impl)->open--;
	return close(fd) < 0 ? failed(t, f, "close", e) : EV_OK;
}

/* Closes the file that was not used for the longest time, when too many are open. */
static enum ev_code
make_way(struct ev_target *t, struct ev_err *e)
{
	struct file *file = t->impl;
	struct part *oldest = NULL;
	enum ev_code rc;
	size_t i;

	if (file->open < OPEN_MAX_FILES)
		return EV_OK;
	for (i = 0; i < file->n; i++)
		if (file->part[i].fd >= 0 && (oldest == NULL || file->part[i].used < oldest->used))
			oldest = &file->part[i];
	if ((rc = drain(t, oldest, e)) != EV_OK)
		return rc;
	return close_part(t, oldest, e);
}

static enum ev_code
sync_part(struct ev_target *t, struct part *f, struct ev_err *e)
{
	enum ev_code rc;

	if (f->dirty && f->fd < 0) {
		if ((rc = make_way(t, e)) != EV_OK || (rc = open_part(t, f, false, e)) != EV_OK)
			return rc;
	}
	if ((rc = drain(t, f, e)) != EV_OK || !f->dirty)
		return rc;
	if ((rc = ev_fd_sync(f->fd, e)) != EV_OK)
		return rc;
	if (f->regular && !f->linked && (rc = ev_tail_sync_folder(f->path, e)) != EV_OK)
		return rc;
	f->linked = true;
	f->dirty = false;
	return EV_OK;
}

static void
forget(struct part *f)
{
	ev_buf_fini(&f->buf);
	free(f->path);
	*f = (struct part){ .fd = -1 };
}

/* Makes all durable, and forgets the files that are closed. */
static enum ev_code
file_sync(struct ev_target *t, struct ev_err *e)
{
	struct file *file = t->impl;
	enum ev_code rc = EV_OK;
	size_t i, kept = 0;

	file->last = NULL;
	for (i = 0; i < file->n && rc == EV_OK; i++)
		rc = sync_part(t, &file->part[i], e);
	if (rc != EV_OK)
		return rc;
	for (i = 0; i < file->n; i++) {
		if (file->part[i].fd < 0)
			forget(&file->part[i]);
		else
			file->part[kept++] = file->part[i];
	}
	file->n = kept;
	return EV_OK;
}

/* A new one for file->path; NULL after a failure. */
static struct part *
add_part(struct ev_target *t, struct ev_err *e)
{
	struct file *file = t->impl;
	struct part *f;

	if (file->n == KNOWN_MAX && file_sync(t, e) != EV_OK)
		return NULL;
	if (file->n == file->cap) {
		size_t cap = file->cap == 0 ? 1 : file->cap * 2;

		f = realloc(file->part, cap * sizeof(*f));
		if (f != NULL) {
			file->part = f;
			file->cap = cap;
		}
	}
	f = file->n < file->cap ? &file->part[file->n] : NULL;
	if (f != NULL) {
		*f = (struct part){ .fd = -1, .end = -1, .buf = EV_BUF(SIZE_MAX / 2) };
		f->path = strdup(ev_buf_str(&file->path));
	}
	if (f == NULL || f->path == NULL) {
		(void)ev_fail_mem(e);
		return NULL;
	}
	file->n++;
	return f;
}

static struct part *
known_part(struct file *file)
{
	size_t i;

	if (file->last != NULL && strcmp(file->last->path, file->path.p) == 0)
		return file->last;
	for (i = 0; i < file->n; i++)
		if (strcmp(file->part[i].path, file->path.p) == 0)
			return &file->part[i];
	return NULL;
}

/* The file at file->path, known or new, and open. */
static enum ev_code
find_part(struct ev_target *t, struct part **out, struct ev_err *e)
{
	struct file *file = t->impl;
	struct part *f = known_part(file);
	enum ev_code rc;

	if (f == NULL)
		f = add_part(t, e);
	if (f == NULL)
		return EV_SYS;
	if (f->fd < 0) {
		if ((rc = make_way(t, e)) != EV_OK ||
		    (rc = open_part(t, f, file->name.varies, e)) != EV_OK)
			return rc;
	}
	f->used = ++file->clock;
	file->last = *out = f;
	return EV_OK;
}

static void
file_close(struct ev_target *t)
{
	struct file *file = t->impl;
	size_t i;

	for (i = 0; i < file->n; i++) {
		if (close_part(t, &file->part[i], NULL) != EV_OK) {
			/* what was not synced is given up */
		}
		forget(&file->part[i]);
	}
	free(file->part);
	ev_buf_fini(&file->path);
	ev_template_fini(&file->name);
	free(file);
}

/* Without a field the one file is opened at once: the command hears of trouble before it reads
 * anything. */
static enum ev_code
open_first(struct ev_target *t, const char *path, struct ev_paths *set, struct ev_err *e)
{
	struct file *file = t->impl;
	struct part *f;
	enum ev_code rc;

	if ((rc = ev_template_parse(&file->name, path, set, e)) != EV_OK)
		return rc;
	t->wants = file->name.varies;
	if (t->wants)
		return EV_OK;
	if ((rc = ev_template_expand(&file->name, NULL, &file->path, e)) != EV_OK)
		return rc;
	return find_part(t, &f, e);
}

static enum ev_code
file_check(const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct ev_template name;
	enum ev_code rc;

	if (*rest == '\0')
		return ev_fail(e, EV_USAGE, "a path was wanted");
	if ((rc = ev_opts_none("file", opts, e)) != EV_OK ||
	    (rc = ev_template_parse(&name, rest, set, e)) != EV_OK)
		return rc;
	ev_template_fini(&name);
	return EV_OK;
}

static enum ev_code
file_open(
    struct ev_target *t, const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct file *file;
	enum ev_code rc;

	(void)opts;
	file = calloc(1, sizeof(*file));
	if (file == NULL)
		return ev_fail_mem(e);
	file->path = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	t->impl = file;
	if ((rc = open_first(t, rest, set, e)) != EV_OK)
		file_close(t);
	return rc;
}

static enum ev_code
file_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	struct file *file = t->impl;
	struct part *f;
	enum ev_code rc;

	if (t->wants && (rc = ev_template_expand(&file->name, val, &file->path, e)) != EV_OK)
		return rc;
	if ((rc = find_part(t, &f, e)) != EV_OK)
		return rc;
	if (f->buf.n > 0 && f->buf.n + line.n >= (t->wants ? SMALL : EV_BLOCK) &&
	    (rc = drain(t, f, e)) != EV_OK)
		return rc;
	if ((rc = ev_buf_reserve(&f->buf, line.n + 1, e)) != EV_OK)
		return rc;
	memcpy(f->buf.p + f->buf.n, line.p, line.n);
	f->buf.n += line.n;
	f->buf.p[f->buf.n++] = '\n';
	return EV_OK;
}

const struct ev_scheme ev_scheme_file = {
	.name = "file",
	.check = file_check,
	.open = file_open,
	.put = file_put,
	.flush = file_sync,
	.sync = file_sync,
	.close = file_close,
};
