/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "stream/count.h"
#include "stream/files.h"
#include "stream/segment.h"

struct ev_append_work {
	struct ev_files files;
};

/* Index entries for those of the lines that are due one. */
static enum ev_code
add_entries(struct ev_files *f, struct ev_slice lines, int64_t ms, struct ev_err *e)
{
	struct ev_entry en = { f->at.next, f->at.bytes, ms };
	size_t off = 0, to;
	enum ev_code rc;
	const char *lf;

	for (;;) {
		uint64_t due = f->entries > 0 ? f->last.byte + f->stream->conf.index : en.byte;

		if (due > en.byte) {
			if (due - f->at.bytes >= lines.n)
				return EV_OK;
			to = (size_t)(due - f->at.bytes) - 1;
			lf = memchr(lines.p + to, '\n', lines.n - to);
			to = (size_t)(lf - lines.p) + 1; /* the last byte is one */
			if (to == lines.n)
				return EV_OK;
			en.seq += ev_lf_count((struct ev_slice){ lines.p + off, to - off });
			en.byte = f->at.bytes + to;
			off = to;
		}
		if ((rc = ev_idx_put(f->idx, f->entries, &en, e)) != EV_OK)
			return rc;
		f->last = en;
		f->entries++;
	}
}

static enum ev_code
write_lines(struct ev_files *f, struct ev_slice lines, struct ev_err *e)
{
	size_t done = 0;
	ssize_t w;

	if (lseek(f->seg, (off_t)f->at.bytes, SEEK_SET) < 0)
		return ev_fail_sys(e, "cannot append");
	while (done < lines.n) {
		w = write(f->seg, lines.p + done, lines.n - done);
		if (w >= 0)
			done += (size_t)w;
		else if (errno != EINTR)
			return ev_fail_sys(e, "cannot append");
	}
	return EV_OK;
}

/* Where this fails too, the size differs from HEAD's and the next writer recovers. */
static void
roll_back(struct ev_files *f)
{
	if (ev_idx_cut(f->idx, f->entries, NULL) != EV_OK ||
	    ftruncate(f->seg, (off_t)f->at.bytes) < 0)
		return;
}

static enum ev_code
add(struct ev_files *f, struct ev_slice lines, uint64_t n, struct ev_err *e)
{
	struct ev_head h = f->at;
	const struct ev_entry last = f->last;
	const uint64_t entries = f->entries;
	const int64_t now = ev_now();
	enum ev_code rc;

	h.ms = now > h.ms ? now : h.ms;
	h.bytes += lines.n;
	h.next += n;
	if ((rc = write_lines(f, lines, e)) == EV_OK &&
	    (rc = add_entries(f, lines, h.ms, e)) == EV_OK)
		rc = ev_files_set(f, &h, e);
	if (rc == EV_OK) {
		f->pending = h.bytes;
	} else {
		f->last = last;
		f->entries = entries;
		roll_back(f);
	}
	return rc;
}

/* Whether the segment is full, or its first event as old as retention allows. */
static enum ev_code
is_full(struct ev_files *f, int64_t now, bool *full, struct ev_err *e)
{
	const struct ev_stream_conf *c = &f->stream->conf;
	struct ev_entry first;
	enum ev_code rc;

	*full = f->at.bytes >= c->segment;
	if (*full || c->retention_ms == 0 || f->entries == 0)
		return EV_OK;
	if ((rc = ev_idx_get(f->idx, 0, &first, e)) != EV_OK)
		return rc == EV_NO ? EV_OK : rc;
	*full = f->at.bytes > 0 && now > first.ms && now - first.ms >= c->retention_ms;
	return EV_OK;
}

static enum ev_code
make_room(struct ev_files *f, struct ev_err *e)
{
	const int64_t now = ev_now();
	enum ev_code rc;
	bool full;

	if ((rc = is_full(f, now, &full, e)) != EV_OK || !full)
		return rc;
	if ((rc = ev_files_sync(f, e)) != EV_OK || (rc = ev_files_roll(f, e)) != EV_OK)
		return rc;
	return ev_files_retain(f, now, e);
}

enum ev_code
ev_append_open(struct ev_append *a, struct ev_stream *s, uint32_t shard, struct ev_err *e)
{
	struct ev_append_work *w = calloc(1, sizeof(*w));
	enum ev_code rc;

	*a = (struct ev_append){ .stream = s, .shard = shard, .work = w };
	if (w == NULL)
		return ev_fail_mem(e);
	if ((rc = ev_files_open(&w->files, s, shard, EV_TO_WRITE, e)) == EV_OK &&
	    (rc = ev_files_lock(&w->files, true, e)) == EV_OK) {
		rc = ev_files_refresh(&w->files, e);
		ev_files_unlock(&w->files);
	}
	a->next = w->files.at.next;
	a->torn = w->files.torn;
	if (rc != EV_OK)
		ev_append_close(a);
	return rc;
}

static enum ev_code
check(struct ev_slice lines, uint64_t n, struct ev_err *e)
{
	uint64_t found = ev_lf_count(lines);

	if (found != n || lines.p[lines.n - 1] != '\n')
		return ev_fail(e, EV_DATA,
		    "%" PRIu64 " whole lines were to be appended, %" PRIu64
		    " line feeds were found",
		    n, found);
	if (memchr(lines.p, '\0', lines.n) != NULL)
		return ev_fail(e, EV_DATA, "a NUL byte cannot stand in a stream");
	return EV_OK;
}

static enum ev_code
refused(struct ev_err *e)
{
	return ev_fail(e, EV_SYS, "the shard failed before");
}

enum ev_code
ev_append_lines(
    struct ev_append *a, struct ev_slice lines, uint64_t n, uint64_t *first, struct ev_err *e)
{
	struct ev_files *f = &a->work->files;
	enum ev_code rc;

	*first = a->next;
	if (lines.n == 0 && n == 0)
		return EV_OK;
	if (a->failed)
		return refused(e);
	if ((rc = check(lines, n, e)) != EV_OK || (rc = ev_files_lock(f, true, e)) != EV_OK)
		return rc;
	if ((rc = ev_files_refresh(f, e)) == EV_OK)
		rc = make_room(f, e);
	a->failed = rc != EV_OK;
	if (rc == EV_OK) {
		*first = f->at.next;
		rc = add(f, lines, n, e);
	}
	ev_files_unlock(f);
	a->next = f->at.next;
	a->torn = f->torn;
	return rc;
}

/* *covered: somebody else's sync covered our lines. First HEAD, then the size: see ev_files. */
static enum ev_code
look(struct ev_files *f, struct ev_head *h, bool *covered, struct ev_err *e)
{
	uint64_t size;
	enum ev_code rc = ev_head_read(f->head, h, e);

	*covered = false;
	if (rc != EV_OK)
		return rc == EV_NO ? EV_OK : rc;
	if ((rc = ev_seg_size(f->seg, &size, e)) != EV_OK)
		return rc;
	*covered = memcmp(h->boot, f->boot, EV_BOOT) == 0 && h->base == f->at.base &&
	    h->synced >= f->pending && size >= f->pending;
	return EV_OK;
}

/* Syncs what HEAD tells, while others append behind it. */
static enum ev_code
sync_to(struct ev_files *f, const struct ev_head *h, struct ev_err *e)
{
	enum ev_code done = EV_OK, rc;

	if (h->base == f->at.base)
		done = ev_files_fdatasync(f->seg, "a segment", e);
	if ((rc = ev_files_lock(f, true, e)) != EV_OK)
		return rc;
	rc = ev_files_refresh(f, e);
	if (rc == EV_OK && f->pending > 0) /* else our segment was sealed, and synced before */
		rc = ev_files_settle(f, h->bytes, done, e);
	ev_files_unlock(f);
	return done != EV_OK ? done : rc;
}

/* Who comes while another syncs waits, and mostly finds himself covered then. */
static enum ev_code
sync_pending(struct ev_files *f, struct ev_err *e)
{
	struct ev_head h;
	bool covered;
	enum ev_code rc;

	if ((rc = look(f, &h, &covered, e)) != EV_OK || covered ||
	    (rc = ev_files_queue(f, e)) != EV_OK)
		return rc;
	rc = look(f, &h, &covered, e);
	if (rc == EV_OK && !covered)
		rc = sync_to(f, &h, e);
	ev_files_leave(f);
	return rc;
}

enum ev_code
ev_append_sync(struct ev_append *a, struct ev_err *e)
{
	struct ev_files *f = &a->work->files;
	enum ev_code rc;

	if (a->failed)
		return refused(e);
	if (f->pending == 0 || a->stream->conf.sync_ms < 0)
		return EV_OK;
	rc = sync_pending(f, e);
	a->failed = rc != EV_OK;
	f->pending = 0;
	return rc;
}

void
ev_append_close(struct ev_append *a)
{
	if (a->work != NULL)
		ev_files_close(&a->work->files);
	free(a->work);
	a->work = NULL;
}
