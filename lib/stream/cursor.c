/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "stream/count.h"
#include "stream/files.h"
#include "stream/segment.h"

enum {
	GRACE = 100,       /* ms that a writer is given to sync what it appended */
	TRIES = 3,         /* retention may pass while we look for the first segment */
	MAX_LINE = 1 << 30 /* of a stream; what is longer was not appended by us */
};

struct ev_cursor_work {
	int head, seg;  /* -1: not open */
	uint64_t base;  /* of the open segment */
	uint64_t at;    /* byte in it that comes next */
	uint64_t limit; /* bytes of it that may be handed out */
	struct ev_buf buf;
	struct ev_files files; /* open once HEAD did not do */
	unsigned char boot[EV_BOOT];
};

static enum ev_code
enter(struct ev_cursor *c, uint64_t base, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	enum ev_code rc;
	int fd;

	if ((rc = ev_seg_open(c->stream, c->shard, base, ".ndjson", O_RDONLY, &fd, e)) != EV_OK)
		return rc;
	if (w->seg >= 0)
		close(w->seg);
	w->seg = fd;
	w->base = base;
	w->at = w->limit = 0;
	return EV_OK;
}

static enum ev_code
removed(uint64_t wanted, uint64_t first, struct ev_err *e)
{
	return ev_fail(
	    e, EV_USAGE, "offset %" PRIu64 " was removed, the first is %" PRIu64, wanted, first);
}

/* No segment begins where the next event was to come from. */
static enum ev_code
missing(struct ev_cursor *c, struct ev_err *e)
{
	uint64_t *list;
	enum ev_code rc;
	size_t n;

	if ((rc = ev_seg_list(c->stream, c->shard, &list, &n, e)) != EV_OK)
		return rc;
	if (n > 0 && list[0] > c->next)
		rc = removed(c->next, list[0], e);
	else
		rc = ev_fail(e, EV_SYS,
		    "shard %" PRIu32 ": no segment begins at offset %" PRIu64
		    ", where the one before ends",
		    c->shard, c->next);
	free(list);
	return rc;
}

static enum ev_code
enter_next(struct ev_cursor *c, struct ev_err *e)
{
	enum ev_code rc = enter(c, c->next, e);

	return rc == EV_NO ? missing(c, e) : rc;
}

/* Looks at the shard as a writer does, and mends it. EV_NO: a writer is at work and wait is not
 * set. sync: also what a writer left that is gone. */
static enum ev_code
settle(struct ev_cursor *c, bool wait, bool sync, struct ev_err *e)
{
	struct ev_files *f = &c->work->files;
	enum ev_code rc;

	if (f->stream == NULL &&
	    (rc = ev_files_open(f, c->stream, c->shard, EV_TO_READ, e)) != EV_OK)
		return rc;
	if ((rc = ev_files_lock(f, wait, e)) != EV_OK)
		return rc;
	rc = ev_files_refresh(f, e);
	if (rc == EV_OK && sync && !f->readonly)
		rc = ev_files_sync(f, e);
	ev_files_unlock(f);
	return rc;
}

/* HEAD. EV_NO: it does not count. */
static enum ev_code
read_head(struct ev_cursor *c, struct ev_head *h, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	char path[EV_SEG_PATH];
	enum ev_code rc;

	if (w->head < 0) {
		ev_seg_folder(path, c->shard, "HEAD");
		w->head = openat(c->stream->dir, path, O_RDONLY | O_CLOEXEC);
	}
	rc = ev_head_read(w->head, h, e);
	return rc == EV_OK && memcmp(h->boot, w->boot, EV_BOOT) != 0 ? EV_NO : rc;
}

/* How far the shard may be read. */
static enum ev_code
look(struct ev_cursor *c, struct ev_head *h, struct ev_err *e)
{
	enum ev_code rc = read_head(c, h, e);

	if (rc != EV_NO)
		return rc;
	if ((rc = settle(c, true, false, e)) == EV_OK)
		*h = c->work->files.at;
	return rc;
}

/* Whether the writer of what is behind HEAD's synced bytes had the time to sync it. */
static bool
is_stale(const struct ev_cursor *c, const struct ev_head *h)
{
	const int64_t sync = c->stream->conf.sync_ms;
	int64_t age = ev_now() - h->ms;

	return sync < 0 || age < 0 || age > sync + GRACE;
}

/*
 * All that is synced was read. A writer that was killed before its fdatasync leaves lines that
 * nobody would ever sync: whoever finds them does it.
 */
static enum ev_code
sync_tail(struct ev_cursor *c, const struct ev_head *h, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	uint64_t size;
	enum ev_code rc;

	if ((rc = ev_seg_size(w->seg, &size, e)) != EV_OK)
		return rc;
	if (size <= h->synced || !is_stale(c, h))
		return EV_NO;
	if ((rc = settle(c, false, true, e)) != EV_OK)
		return rc;
	if (w->files.at.base == w->base && w->files.at.synced <= w->at)
		return EV_NO;
	return EV_OK;
}

/* A shard that nothing was ever appended to has no segment. */
static enum ev_code
enter_first(struct ev_cursor *c, struct ev_err *e)
{
	uint64_t *list;
	size_t n;
	enum ev_code rc = enter(c, c->next, e);

	if (rc != EV_NO || (rc = ev_seg_list(c->stream, c->shard, &list, &n, e)) != EV_OK)
		return rc;
	free(list);
	return n == 0 ? EV_NO : missing(c, e);
}

/* Finds more to read. EV_NO: there is none. */
static enum ev_code
advance(struct ev_cursor *c, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	struct ev_head h;
	enum ev_code rc;

	if (w->seg < 0 && (rc = enter_first(c, e)) != EV_OK)
		return rc;
	if ((rc = look(c, &h, e)) != EV_OK)
		return rc;
	if (h.base < w->base || (h.base == w->base && h.synced < w->at))
		return EV_NO;
	if (h.base == w->base && h.synced == w->at)
		return sync_tail(c, &h, e);
	if (h.base == w->base) {
		w->limit = h.synced;
		return EV_OK;
	}
	if ((rc = ev_seg_size(w->seg, &w->limit, e)) != EV_OK || w->at < w->limit)
		return rc;
	return enter_next(c, e);
}

/* For who only looks: all whole lines that are there. */
static enum ev_code
advance_unsynced(struct ev_cursor *c, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;

	return w->seg >= 0 && c->next == w->base ? EV_NO : enter(c, c->next, e);
}

/*
 * Whole lines from w->at on, at most EV_BLOCK bytes but one line at least. EV_NO: what is there is
 * no whole line.
 */
static enum ev_code
read_lines(struct ev_cursor *c, struct ev_slice *block, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	const char *lf;
	uint64_t left = w->limit - w->at;
	size_t want = EV_BLOCK, got;
	enum ev_code rc;

	for (;; want *= 2) {
		want = left < want ? (size_t)left : want;
		w->buf.n = 0;
		if ((rc = ev_buf_reserve(&w->buf, want + EV_PAD, e)) != EV_OK ||
		    (rc = ev_seg_read(w->seg, w->buf.p, want, w->at, &got, e)) != EV_OK)
			return rc;
		lf = got > 0 ? memrchr(w->buf.p, '\n', got) : NULL;
		if (lf != NULL || got < want || want == left)
			break;
	}
	if (lf == NULL)
		return EV_NO;
	*block = (struct ev_slice){ w->buf.p, (size_t)(lf + 1 - w->buf.p) };
	return EV_OK;
}

/* The limit promised whole lines. A file that is shorter was replaced when a sync failed. */
static enum ev_code
read_synced(struct ev_cursor *c, struct ev_slice *block, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	const uint64_t at = w->at, limit = w->limit;
	enum ev_code rc = read_lines(c, block, e);

	if (rc == EV_NO && at == 0 && (rc = enter(c, w->base, e)) == EV_OK) {
		w->limit = limit;
		rc = read_lines(c, block, e);
	}
	if (rc == EV_NO)
		rc = ev_fail(e, EV_SYS,
		    "p%04" PRIu32 "/%020" PRIu64 ".ndjson holds no whole line at byte %" PRIu64
		    " where %" PRIu64 " bytes were wanted",
		    c->shard, w->base, at, limit);
	return rc;
}

static enum ev_code
read_unsynced(struct ev_cursor *c, struct ev_slice *block, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	const char *nul;
	enum ev_code rc;

	if (w->seg < 0)
		return EV_NO;
	if ((rc = ev_seg_size(w->seg, &w->limit, e)) != EV_OK || w->limit <= w->at)
		return rc == EV_OK ? EV_NO : rc;
	if ((rc = read_lines(c, block, e)) != EV_OK)
		return rc;
	nul = memchr(block->p, '\0', block->n);
	if (nul == NULL)
		return EV_OK;
	nul = memrchr(block->p, '\n', (size_t)(nul - block->p));
	block->n = nul != NULL ? (size_t)(nul + 1 - block->p) : 0;
	return block->n > 0 ? EV_OK : EV_NO;
}

enum ev_code
ev_cursor_next(struct ev_cursor *c, struct ev_slice *block, uint64_t *first, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	enum ev_code rc;

	for (;;) {
		if (c->unsynced)
			rc = read_unsynced(c, block, e);
		else
			rc = w->at < w->limit ? read_synced(c, block, e) : EV_NO;
		if (rc != EV_NO)
			break;
		rc = c->unsynced ? advance_unsynced(c, e) : advance(c, e);
		if (rc != EV_OK)
			return rc;
	}
	if (rc != EV_OK)
		return rc;
	*first = c->next;
	c->next += ev_lf_count(*block);
	c->bytes += block->n;
	w->at += block->n;
	return EV_OK;
}

/* How far the index of the open segment counts; INT64_MAX: to its end. */
static enum ev_code
cap_of(struct ev_cursor *c, uint64_t *cap, struct ev_err *e)
{
	struct ev_head h;
	enum ev_code rc = c->unsynced ? read_head(c, &h, e) : look(c, &h, e);

	*cap = INT64_MAX;
	if (rc == EV_NO)
		*cap = 0; /* who only looks does not mend it */
	else if (rc == EV_OK && h.base == c->work->base)
		*cap = c->unsynced ? h.bytes : h.synced;
	return rc == EV_NO ? EV_OK : rc;
}

/* Goes to where an index says that a line begins; one does not, if it is damaged. */
static enum ev_code
go_to(struct ev_cursor *c, const struct ev_entry *en, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	enum ev_code rc;
	char before = '\0';
	size_t got;

	if (en->byte > 0 && (rc = ev_seg_read(w->seg, &before, 1, en->byte - 1, &got, e)) != EV_OK)
		return rc;
	if ((en->byte > 0 && before != '\n') || en->seq < w->base)
		return EV_OK;
	c->next = en->seq;
	w->at = w->limit = en->byte;
	return EV_OK;
}

/* Goes to the last index entry that is not behind seq, nor behind what may be read. */
static enum ev_code
use_index(struct ev_cursor *c, uint64_t seq, struct ev_err *e)
{
	struct ev_entry en;
	uint64_t i, cap;
	enum ev_code rc;
	int idx;

	if ((rc = cap_of(c, &cap, e)) != EV_OK)
		return rc;
	rc = ev_seg_open(c->stream, c->shard, c->work->base, ".idx", O_RDONLY, &idx, e);
	if (rc != EV_OK)
		return rc == EV_NO ? EV_OK : rc;
	rc = ev_idx_find(idx, EV_BY_SEQ, (int64_t)seq, &i, &en, e);
	if (rc == EV_OK && en.byte > cap)
		rc = ev_idx_find(idx, EV_BY_BYTE, (int64_t)cap, &i, &en, e);
	close(idx);
	if (rc == EV_OK)
		rc = go_to(c, &en, e);
	return rc == EV_NO ? EV_OK : rc;
}

/* Enters the segment that holds seq, at seq or somewhere before it. */
static enum ev_code
seek(struct ev_cursor *c, const uint64_t *list, size_t n, uint64_t seq, struct ev_err *e)
{
	enum ev_code rc;

	if (seq < list[0])
		return removed(seq, list[0], e);
	while (list[n - 1] > seq)
		n--;
	if ((rc = enter(c, list[n - 1], e)) != EV_OK)
		return rc == EV_NO ? EV_AGAIN : rc;
	c->next = c->work->base;
	return use_index(c, seq, e);
}

/* Reads on to seq. EV_NO: the end comes before. */
static enum ev_code
skip_to(struct ev_cursor *c, uint64_t seq, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	struct ev_slice block;
	uint64_t first;
	enum ev_code rc;

	while (c->next < seq) {
		if ((rc = ev_cursor_next(c, &block, &first, e)) != EV_OK)
			return rc;
		if (c->next > seq) {
			w->at -= block.n - ev_lf_skip(block, seq - first);
			c->next = seq;
		}
	}
	return EV_OK;
}

/* To the end. For who only looks it is where reading stops; else nothing before it may vanish. */
static enum ev_code
seek_end(struct ev_cursor *c, const uint64_t *list, size_t n, struct ev_err *e)
{
	struct ev_cursor_work *w = c->work;
	struct ev_slice block;
	struct ev_head h;
	uint64_t first;
	enum ev_code rc;

	if (c->unsynced) {
		if ((rc = seek(c, list, n, INT64_MAX, e)) != EV_OK)
			return rc;
		while ((rc = ev_cursor_next(c, &block, &first, e)) == EV_OK)
			;
		return rc == EV_NO ? EV_OK : rc;
	}
	if ((rc = look(c, &h, e)) != EV_OK)
		return rc;
	if (h.synced < h.bytes) {
		if ((rc = settle(c, true, true, e)) != EV_OK)
			return rc;
		h = w->files.at;
	}
	if ((rc = enter(c, h.base, e)) != EV_OK)
		return rc == EV_NO ? EV_AGAIN : rc;
	c->next = h.next;
	w->at = w->limit = h.bytes;
	return EV_OK;
}

static enum ev_code
beyond(struct ev_cursor *c, uint64_t seq, struct ev_err *e)
{
	return ev_fail(
	    e, EV_USAGE, "offset %" PRIu64 " is beyond the end, which is %" PRIu64, seq, c->next);
}

/* To seq, or behind it where what comes before `since` ends. */
static enum ev_code
seek_from(struct ev_cursor *c, const uint64_t *list, size_t n, uint64_t seq, int64_t since,
    struct ev_err *e)
{
	uint64_t at = seq;
	enum ev_code rc;

	if (since > INT64_MIN && (rc = ev_shard_at(c->stream, c->shard, since, &at, e)) != EV_OK)
		return rc;
	if (seq < list[0])
		return removed(seq, list[0], e);
	if ((rc = seek(c, list, n, at > seq ? at : seq, e)) != EV_OK)
		return rc;
	rc = skip_to(c, at > seq ? at : seq, e);
	if (rc != EV_NO)
		return rc;
	return c->next < seq ? beyond(c, seq, e) : EV_OK;
}

/* EV_AGAIN: a segment went while we looked for it. */
static enum ev_code
place(struct ev_cursor *c, enum ev_from from, uint64_t seq, int64_t since, struct ev_err *e)
{
	uint64_t *list;
	enum ev_code rc;
	size_t n;

	if ((rc = ev_seg_list(c->stream, c->shard, &list, &n, e)) != EV_OK)
		return rc;
	c->next = 0;
	if (n == 0)
		rc = from == EV_FROM_SEQ && seq > 0 ? beyond(c, seq, e) : EV_OK;
	else if (from == EV_FROM_LATEST)
		rc = seek_end(c, list, n, e);
	else
		rc = seek_from(c, list, n, from == EV_FROM_EARLIEST ? list[0] : seq, since, e);
	free(list);
	return rc;
}

enum ev_code
ev_cursor_open(struct ev_cursor *c, struct ev_stream *s, uint32_t shard, enum ev_from from,
    uint64_t seq, int64_t since, bool unsynced, struct ev_err *e)
{
	struct ev_cursor_work *w = calloc(1, sizeof(*w));
	enum ev_code rc;

	*c = (struct ev_cursor){ .stream = s, .shard = shard, .unsynced = unsynced, .work = w };
	if (w == NULL)
		return ev_fail_mem(e);
	w->head = w->seg = -1;
	w->buf = (struct ev_buf)EV_BUF(MAX_LINE);
	rc = ev_boot_id(w->boot, e);
	for (int i = 0; rc == EV_OK && i < TRIES; i++) {
		rc = place(c, from, seq, since, e);
		c->bytes = 0;
		if (rc == EV_OK)
			return EV_OK;
		if (rc == EV_AGAIN && i + 1 < TRIES)
			rc = EV_OK;
	}
	if (rc == EV_AGAIN)
		rc = ev_fail(e, EV_SYS, "segments vanish faster than they can be opened");
	ev_cursor_close(c);
	return rc;
}

void
ev_cursor_close(struct ev_cursor *c)
{
	struct ev_cursor_work *w = c->work;

	if (w == NULL)
		return;
	if (w->head >= 0)
		close(w->head);
	if (w->seg >= 0)
		close(w->seg);
	ev_files_close(&w->files);
	ev_buf_fini(&w->buf);
	free(w);
	c->work = NULL;
}
