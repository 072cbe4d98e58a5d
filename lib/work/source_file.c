/* SPDX-License-Identifier: MIT */
/* A file, or stdin. Its position is a byte, the beginning of a line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/sig.h"
#include "work/source.h"

enum {
	HEAD = 4096, /* bytes that a file is known by */
	POLL = 1000  /* ms between two looks at a file that is followed */
};

struct file {
	int fd;
	const char *name; /* for messages */
	bool regular;
	dev_t dev;
	ino_t ino;
	int watch;              /* inotify; -1: none */
	char *buf;              /* owned */
	size_t cap, start, end; /* [start, end) was read and not yet handed out */
	uint64_t next;          /* offset of buf[end] */
	uint64_t block_end;     /* offset behind the block at hand */
	bool eof, tail;         /* tail: the block at hand is a last line without LF */
	struct ev_scan scan;
	bool inside;          /* a block is at hand */
	uint64_t begun;       /* offset that reading began at */
	unsigned long no;     /* number of the line at hand since then */
	unsigned long before; /* lines before `begun`; counted when a message first wants it */
	bool counted;
};

static enum ev_code
open_fd(struct ev_source *s, int fd, const char *name, struct ev_err *e)
{
	struct file *f = calloc(1, sizeof(*f));
	struct stat st;

	if (f == NULL) {
		if (fd != STDIN_FILENO)
			close(fd);
		return ev_fail_mem(e);
	}
	s->impl = f;
	*f = (struct file){ .fd = fd, .name = name, .watch = -1 };
	if (fstat(fd, &st) < 0)
		return ev_fail_sys(e, "cannot read %s", name);
	if (S_ISDIR(st.st_mode))
		return ev_fail(e, EV_USAGE, "%s is a folder; a file of events was wanted", name);
	f->regular = S_ISREG(st.st_mode);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	if (f->regular) {
		s->total = (uint64_t)st.st_size;
		snprintf(s->id, sizeof(s->id), "%llx-%llx", (unsigned long long)f->dev,
		    (unsigned long long)f->ino);
	}
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	return ev_scan_init(&f->scan, s->args.paths, s->args.trust, s->args.isa, e);
}

static enum ev_code
open_file(struct ev_source *s, struct ev_err *e)
{
	enum ev_code rc = ev_opts_none(s->parts.scheme->name, s->parts.opts, e);
	int fd;

	if (rc != EV_OK)
		return rc;
	fd = open(s->parts.rest, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ev_fail_sys(e, "cannot open %s", s->parts.rest);
	return open_fd(s, fd, s->parts.rest, e);
}

static enum ev_code
open_stdin(struct ev_source *s, struct ev_err *e)
{
	enum ev_code rc = ev_opts_none("-", s->parts.opts, e);

	return rc == EV_OK ? open_fd(s, STDIN_FILENO, "stdin", e) : rc;
}

/* EV_USAGE unless a line begins at `at`. */
static enum ev_code
check_start(const struct file *f, uint64_t at, struct ev_err *e)
{
	struct stat st;
	char c = '\n';

	if (fstat(f->fd, &st) < 0)
		return ev_fail_sys(e, "cannot read %s", f->name);
	if (at > (uint64_t)st.st_size)
		return ev_fail(e, EV_USAGE, "byte %llu is behind the end of %s, %llu bytes",
		    (unsigned long long)at, f->name, (unsigned long long)st.st_size);
	if (at > 0 && pread(f->fd, &c, 1, (off_t)at - 1) != 1)
		return ev_fail_sys(e, "cannot read %s", f->name);
	/* a last line may lack its LF */
	if (c != '\n' && at < (uint64_t)st.st_size && pread(f->fd, &c, 1, (off_t)at) == 1 &&
	    c != '\n')
		return ev_fail(e, EV_USAGE, "no line begins at byte %llu of %s",
		    (unsigned long long)at, f->name);
	return EV_OK;
}

/* Where a regular file is read from. */
static enum ev_code
choose_start(const struct file *f, struct ev_source_lane *l, enum ev_begin from, struct ev_err *e)
{
	off_t here = 0;

	if (from == EV_BEGIN_NUMBER)
		return check_start(f, l->at.at, e);
	if (from == EV_BEGIN_LATEST)
		here = lseek(f->fd, 0, SEEK_END);
	else if (f->fd == STDIN_FILENO)
		here = lseek(f->fd, 0, SEEK_CUR);
	if (here < 0)
		return ev_fail_sys(e, "cannot read %s", f->name);
	l->at.at = (uint64_t)here;
	return EV_OK;
}

static void
watch(struct file *f)
{
	char link[32];

	f->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", f->fd);
	if (f->watch >= 0 && inotify_add_watch(f->watch, link, IN_MODIFY) < 0) {
		close(f->watch); /* then it is looked at once in a while */
		f->watch = -1;
	}
}

static enum ev_code
begin(struct ev_source *s, struct ev_source_lane *l, enum ev_begin from, struct ev_err *e)
{
	struct file *f = s->impl;
	enum ev_code rc;

	if (!f->regular && from != EV_BEGIN_EARLIEST)
		return ev_fail(e, EV_USAGE, "%s is no file and has no places to begin at", f->name);
	if (f->regular) {
		if ((rc = choose_start(f, l, from, e)) != EV_OK)
			return rc;
		if (lseek(f->fd, (off_t)l->at.at, SEEK_SET) < 0)
			return ev_fail_sys(e, "cannot read %s", f->name);
	}
	if (f->regular && s->args.follow)
		watch(f);
	f->begun = f->next = f->block_end = l->at.at;
	if (s->total > 0 && !s->args.follow)
		s->total = s->total > f->begun ? s->total - f->begun : 0;
	return EV_OK;
}

/* Room for one more read; grows for a long line up to the limit. */
static enum ev_code
make_room(struct file *f, struct ev_err *e)
{
	size_t have = f->end - f->start, cap;
	char *p;

	if (f->start > 0) {
		memmove(f->buf, f->buf + f->start, have);
		f->start = 0;
		f->end = have;
	}
	if (f->cap >= have + EV_BLOCK + EV_PAD)
		return EV_OK;
	cap = 2 * have + 2 * EV_BLOCK + EV_PAD;
	p = realloc(f->buf, cap);
	if (p == NULL)
		return ev_fail_mem(e);
	f->buf = p;
	f->cap = cap;
	memset(f->buf + f->end, 0, f->cap - f->end);
	return EV_OK;
}

/* EV_NO, unless a file that is followed got shorter: what it says from now on is not known. */
static enum ev_code
check_cut(const struct file *f, struct ev_err *e)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return ev_fail_sys(e, "cannot read %s", f->name);
	if ((uint64_t)st.st_size >= f->next)
		return EV_NO;
	return ev_fail(e, EV_SYS, "%s was cut to %llu bytes while it was followed", f->name,
	    (unsigned long long)st.st_size);
}

/* One read. EV_NO: nothing is there yet. */
static enum ev_code
fill(struct ev_source *s, struct file *f, struct ev_err *e)
{
	enum ev_code rc = make_room(f, e);
	ssize_t n;

	if (rc != EV_OK || (!f->regular && (rc = ev_sig_wait(f->fd, 0, e)) != EV_OK))
		return rc;
	n = read(f->fd, f->buf + f->end, EV_BLOCK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return EV_NO;
	if (n < 0) {
		ev_fail_sys(e, "read");
		ev_err_name(e, f->name);
		return EV_SYS;
	}
	if (n == 0 && f->regular && s->args.follow)
		return check_cut(f, e);
	f->eof = n == 0;
	f->end += (size_t)n;
	f->next += (uint64_t)n;
	s->bytes += (uint64_t)n;
	return EV_OK;
}

static enum ev_code
give(struct file *f, size_t n, struct ev_err *e)
{
	struct ev_slice block = { f->buf + f->start, n };

	f->start += n;
	f->block_end = f->next - (f->end - f->start);
	if (f->block_end == n && ev_slice_begins(block, EV_LIT("\xef\xbb\xbf"))) {
		block.p += 3; /* a byte order mark */
		block.n -= 3;
	}
	f->inside = true;
	return ev_scan_block(&f->scan, block, e);
}

static enum ev_code
too_long(const struct ev_source *s, struct file *f, struct ev_err *e)
{
	f->no++;
	ev_fail(e, EV_DATA,
	    "a line of more than %zu bytes at byte %llu; raise --max-line to read it",
	    s->args.max_line, (unsigned long long)f->block_end);
	return EV_DATA;
}

/* The next block of whole lines. EV_NO: the end, or nothing is there yet. */
static enum ev_code
next_block(struct ev_source *s, struct file *f, struct ev_err *e)
{
	size_t seen = 0, have;
	enum ev_code rc;
	const char *lf;

	for (;;) {
		have = f->end - f->start;
		lf = have > seen ? memrchr(f->buf + f->start + seen, '\n', have - seen) : NULL;
		if (lf != NULL)
			return give(f, (size_t)(lf - (f->buf + f->start)) + 1, e);
		if (have > s->args.max_line + 1) /* a CR may stand before the LF */
			return too_long(s, f, e);
		seen = have;
		if (f->eof && (have == 0 || f->tail))
			return EV_NO;
		if (f->eof) {
			f->buf[f->end] = '\n'; /* behind the block, for the scanner */
			f->tail = true;
			return give(f, have, e);
		}
		if ((rc = fill(s, f, e)) != EV_OK)
			return rc;
	}
}

/* Lines of a regular file before those that were read. */
static unsigned long
lines_before(struct file *f)
{
	char part[16384];
	uint64_t at = 0;
	ssize_t n = 1;

	if (f->counted || !f->regular || f->fd == STDIN_FILENO)
		return f->before;
	f->counted = true;
	while (at < f->begun && n > 0) {
		size_t want = f->begun - at < sizeof(part) ? (size_t)(f->begun - at) : sizeof(part);

		n = pread(f->fd, part, want, (off_t)at);
		for (ssize_t i = 0; i < n; i++)
			f->before += part[i] == '\n';
		at += n > 0 ? (uint64_t)n : 0;
	}
	return f->before;
}

/* A last line without LF that may still grow: it is not read. */
static bool
growing(const struct ev_source *s, const struct file *f, enum ev_code rc)
{
	return rc == EV_DATA && f->tail && s->args.positions && f->regular;
}

static enum ev_code
rest(struct ev_source *s, struct ev_source_lane *l)
{
	const struct file *f = s->impl;

	l->pause = f->eof ? EV_PAUSE_END : EV_PAUSE_IDLE;
	return EV_NO;
}

static enum ev_code
next(struct ev_source *s, struct ev_source_lane *l, struct ev_source_item *it, struct ev_err *e)
{
	struct file *f = s->impl;
	unsigned long blank;
	enum ev_code rc;
	bool yes;

	if (!f->inside) {
		if ((rc = next_block(s, f, e)) == EV_NO)
			return rest(s, l);
		if (rc != EV_OK) {
			it->no = rc == EV_DATA ? f->no + lines_before(f) : 0;
			if (rc == EV_DATA) {
				e->line = it->no;
				ev_err_name(e, f->name);
			}
			return rc;
		}
	}
	do {
		rc = ev_source_line(s, &f->scan, it, &blank, &yes, e);
		f->no += blank + (rc != EV_NO);
		if (growing(s, f, rc)) {
			*e = (struct ev_err){ 0 };
			s->read--;
			f->inside = false;
			return rest(s, l);
		}
		l->behind.at = f->block_end - (f->scan.block.n - f->scan.at);
		if (!yes || rc == EV_NO)
			ev_source_take(l);
	} while (rc == EV_OK && !yes);
	it->no = f->no;
	if (rc == EV_DATA) {
		e->line = it->no = f->no + lines_before(f);
		ev_err_name(e, f->name);
	}
	if (rc != EV_NO)
		return rc;
	f->inside = false;
	l->pause = EV_PAUSE_MORE;
	return EV_NO;
}

static enum ev_code
wait_more(struct ev_source *s, int ms, struct ev_err *e)
{
	struct file *f = s->impl;
	char drain[4096];
	enum ev_code rc;

	if (!f->regular)
		return ev_sig_wait(f->fd, ms, e);
	rc = ev_sig_wait(f->watch, ms >= 0 && ms < POLL ? ms : POLL, e);
	while (rc == EV_OK && read(f->watch, drain, sizeof(drain)) > 0)
		;
	return rc;
}

/* The file itself, and what it begins with up to the position: what is behind may still change. */
static enum ev_code
write_mark(const struct file *f, size_t head, char out[EV_SOURCE_MARK], struct ev_err *e)
{
	char bytes[HEAD];
	ssize_t n = pread(f->fd, bytes, head, 0);

	if (n < 0)
		return ev_fail_sys(e, "cannot read %s", f->name);
	snprintf(out, EV_SOURCE_MARK, "%llx-%llx-%zu-%016llx", (unsigned long long)f->dev,
	    (unsigned long long)f->ino, head, (unsigned long long)ev_xxh3(bytes, (size_t)n));
	return EV_OK;
}

static enum ev_code
mark(struct ev_source *s, const struct ev_position *p, char out[EV_SOURCE_MARK], struct ev_err *e)
{
	return write_mark(s->impl, p->at < HEAD ? (size_t)p->at : HEAD, out, e);
}

static enum ev_code
check(
    struct ev_source *s, const struct ev_position *p, const char *old, bool *same, struct ev_err *e)
{
	struct file *f = s->impl;
	char now[EV_SOURCE_MARK];
	struct stat st;
	enum ev_code rc;

	*same = false;
	if (fstat(f->fd, &st) < 0)
		return ev_fail_sys(e, "cannot read %s", f->name);
	if ((uint64_t)st.st_size < p->at)
		return EV_OK;
	if ((rc = mark(s, p, now, e)) == EV_OK)
		*same = strcmp(old, now) == 0;
	return rc;
}

static void
close_file(struct ev_source *s)
{
	struct file *f = s->impl;

	if (f == NULL)
		return;
	/* the next reader of stdin goes on behind what was taken */
	if (f->fd == STDIN_FILENO && f->regular && s->lane != NULL && s->lane->at.at < f->next)
		(void)lseek(f->fd, (off_t)s->lane->at.at, SEEK_SET);
	if (f->fd > STDIN_FILENO)
		close(f->fd);
	if (f->watch >= 0)
		close(f->watch);
	ev_scan_fini(&f->scan);
	free(f->buf);
	free(f);
}

const struct ev_source_kind ev_source_file = {
	.scheme = "file",
	.open = open_file,
	.begin = begin,
	.next = next,
	.wait = wait_more,
	.mark = mark,
	.check = check,
	.close = close_file,
};

const struct ev_source_kind ev_source_stdin = {
	.scheme = "fd",
	.open = open_stdin,
	.begin = begin,
	.next = next,
	.wait = wait_more,
	.mark = mark,
	.check = check,
	.close = close_file,
};
