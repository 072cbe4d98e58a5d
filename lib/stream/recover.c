/* SPDX-License-Identifier: MIT */
/* What a crash left of a shard: its end is found by the files themselves. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "stream/files.h"
#include "stream/mend.h"
#include "stream/segment.h"

/* Makes the first segment of a shard that has none. */
static enum ev_code
make_first(struct ev_files *f, struct ev_err *e)
{
	char folder[EV_SEG_PATH];
	enum ev_code rc;
	int fd;

	if (f->readonly)
		return EV_OK;
	rc = ev_seg_open(f->stream, f->shard, 0, ".ndjson", O_RDWR | O_CREAT, &fd, e);
	if (rc != EV_OK)
		return rc == EV_NO ? ev_fail_sys(e, "cannot make a segment") : rc;
	close(fd);
	ev_seg_folder(folder, f->shard, NULL);
	return ev_dir_sync(f->stream->dir, folder, e);
}

static enum ev_code
mend_sealed(struct ev_files *f, int seg, int idx, uint64_t base, uint64_t *next, int64_t *ms,
    struct ev_err *e)
{
	struct ev_mend m = {
		.seg = seg,
		.idx = idx,
		.readonly = f->readonly,
		.index = f->stream->conf.index,
		.rewrite = UINT64_MAX,
		.now = ev_now(),
		.seq = base,
	};
	struct ev_entry sealed = { 0 };
	uint64_t n = 0, size;
	enum ev_code rc;

	if ((rc = ev_seg_size(seg, &size, e)) != EV_OK ||
	    (idx >= 0 && (rc = ev_idx_count(idx, &n, &sealed, e)) != EV_OK))
		return rc;
	m.readonly |= sealed.byte == size && sealed.seq == EV_TRAILER;
	if (m.readonly && n > 0) { /* as its trailer is there, so are the others */
		struct ev_entry en;

		if ((rc = ev_idx_get(idx, n - 1, &en, e)) != EV_OK)
			return rc == EV_NO ? EV_OK : rc;
		m.end = en.byte;
		m.seq = en.seq;
		m.ms = en.ms;
		m.entries = n - 1;
	}
	if ((rc = ev_mend_run(&m, size, e)) != EV_OK)
		return rc;
	*next = m.seq;
	*ms = m.ms;
	if (m.end != size)
		return ev_fail(e, EV_SYS,
		    "p%04" PRIu32 "/%020" PRIu64 ".ndjson: byte %" PRIu64
		    " belongs to no whole line",
		    f->shard, base, m.end);
	return m.readonly ? EV_OK : ev_files_seal(seg, idx, size, m.entries, e);
}

/* The segment before the last one: ends where the last begins, and has its trailer. */
static enum ev_code
settle_sealed(struct ev_files *f, uint64_t before, uint64_t base, int64_t *ms, struct ev_err *e)
{
	const int flags = f->readonly ? O_RDONLY : O_RDWR | O_CREAT;
	uint64_t next = 0;
	int seg, idx;
	enum ev_code rc;

	rc = ev_seg_open(f->stream, f->shard, before, ".ndjson", O_RDONLY, &seg, e);
	if (rc != EV_OK)
		return rc == EV_NO ? EV_OK : rc; /* retention was faster */
	rc = ev_seg_open(f->stream, f->shard, before, ".idx", flags, &idx, e);
	if (rc == EV_OK || rc == EV_NO)
		rc = mend_sealed(f, seg, idx, before, &next, ms, e);
	if (rc == EV_OK && next != base)
		rc = ev_fail(e, EV_SYS,
		    "p%04" PRIu32 "/%020" PRIu64 ".ndjson ends before offset %" PRIu64
		    ", and the next segment begins at %" PRIu64,
		    f->shard, before, next, base);
	close(seg);
	if (idx >= 0)
		close(idx);
	return rc;
}

/* *base: of the last segment, which there is then. *ms: of the last index entry before it. */
static enum ev_code
find_last(struct ev_files *f, uint64_t *base, int64_t *ms, struct ev_err *e)
{
	uint64_t *list;
	enum ev_code rc;
	size_t n;

	if ((rc = ev_seg_list(f->stream, f->shard, &list, &n, e)) != EV_OK)
		return rc;
	*base = n > 0 ? list[n - 1] : 0;
	*ms = 0;
	if (n == 0)
		rc = make_first(f, e);
	else if (n > 1)
		rc = settle_sealed(f, list[n - 2], *base, ms, e);
	free(list);
	return rc;
}

/* Walks the open segment from where HEAD vouches for it, or from its beginning. */
static enum ev_code
find_end(struct ev_files *f, const struct ev_head *h, bool vouched, uint64_t size,
    struct ev_mend *m, struct ev_err *e)
{
	struct ev_entry en;
	enum ev_code rc = EV_NO;
	uint64_t i;

	if (vouched)
		rc = ev_idx_find(f->idx, EV_BY_BYTE, (int64_t)h->synced, &i, &en, e);
	if (rc == EV_OK && en.byte <= size) {
		m->end = en.byte;
		m->seq = en.seq;
		m->ms = en.ms;
		m->entries = i;
	}
	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if (vouched && !f->readonly)
		m->rewrite = h->synced;
	return ev_mend_run(m, size, e);
}

/* Cuts the segment to what was found and makes that durable; who may not write does what he can. */
static enum ev_code
settle_last(struct ev_files *f, uint64_t size, uint64_t end, struct ev_err *e)
{
	enum ev_code rc;

	if (!f->readonly && size > end && ftruncate(f->seg, (off_t)end) < 0)
		return ev_fail_sys(e, "cannot cut a torn segment");
	rc = ev_files_fdatasync(f->seg, "a segment", f->readonly ? NULL : e);
	return f->readonly ? EV_OK : rc;
}

enum ev_code
ev_files_recover(
    struct ev_files *f, const struct ev_head *h, bool trusted, uint64_t limit, struct ev_err *e)
{
	struct ev_mend m = {
		.index = f->stream->conf.index,
		.readonly = f->readonly,
		.rewrite = UINT64_MAX,
		.now = ev_now(),
	};
	uint64_t base, size, pending = f->pending;
	struct ev_head found;
	bool vouched, same;
	enum ev_code rc;

	if ((rc = find_last(f, &base, &m.ms, e)) != EV_OK)
		return rc;
	vouched = trusted && h->base == base;
	same = f->seg >= 0 && f->at.base == base;
	rc = ev_files_load(f, base, e);
	if (rc == EV_NO && f->readonly) /* nothing was ever written */
		return ev_files_set(f, &(struct ev_head){ .gen = h->gen }, e);
	if (rc != EV_OK)
		return rc == EV_NO ? ev_fail(e, EV_SYS, "a segment vanished") : rc;
	m.seg = f->seg;
	m.idx = f->idx;
	m.seq = base;
	if ((rc = ev_seg_size(f->seg, &size, e)) != EV_OK ||
	    (rc = find_end(f, h, vouched, size < limit ? size : limit, &m, e)) != EV_OK ||
	    (rc = settle_last(f, size, m.end, e)) != EV_OK)
		return rc;
	f->torn += limit == UINT64_MAX ? size - m.end : 0;
	f->entries = m.entries;
	f->last = m.last;
	found = (struct ev_head){ h->gen, base, m.seq, m.end, m.end, h->ms > m.ms ? h->ms : m.ms,
		{ 0 } };
	if (!vouched || f->readonly || m.end >= h->bytes)
		return ev_files_set(f, &found, e);
	f->at = found; /* HEAD stays as it is until the file is another one */
	rc = m.end > 0 ? ev_files_roll(f, e) : ev_files_renew(f, e);
	if (rc == EV_OK && same && pending > m.end)
		rc = ev_fail(e, EV_SYS, "lines that were not yet durable were cut off");
	return rc;
}
