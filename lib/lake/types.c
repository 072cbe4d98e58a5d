/* SPDX-License-Identifier: MIT */
/*
 * Types with their counts and their exact first and last times. Counts stand in the footers. A time
 * is looked up in a frame only where the frame's own bounds could still move it, so that few are
 * decoded.
 */
#include <stdlib.h>

#include "lake/catalog.h"
#include "lake/grow.h"
#include "lake/lake.h"
#include "lake/segment.h"
#include "json/num.h"
#include "json/str.h"

enum { MAX_TYPES = 1000000 };

struct types {
	struct ev_lake *l;
	struct ev_type_row *row; /* sorted by name */
	size_t n, cap;
	struct ev_paths paths;
	struct ev_scan scan;
	struct ev_unpacker u;
	struct ev_buf tmp;
};

static int
compare(struct ev_slice a, struct ev_slice b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* The row of a type; made when it is not there. */
static enum ev_code
find_row(struct types *t, struct ev_slice name, struct ev_type_row **row, struct ev_err *e)
{
	size_t lo = 0, hi = t->n;
	char *copy;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = compare(t->row[mid].name, name);

		*row = &t->row[mid];
		if (c == 0)
			return EV_OK;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (t->n == MAX_TYPES)
		return ev_fail(e, EV_SYS, "more than %d types", MAX_TYPES);
	if (t->n == t->cap) {
		struct ev_type_row *v = ev_grow(t->row, &t->cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		t->row = v;
	}
	if ((copy = malloc(name.n + 1)) == NULL)
		return ev_fail_mem(e);
	memcpy(copy, name.p, name.n);
	memmove(t->row + lo + 1, t->row + lo, (t->n - lo) * sizeof(*t->row));
	t->n++;
	*row = &t->row[lo];
	**row =
	    (struct ev_type_row){ .name = { copy, name.n }, .first = INT64_MAX, .last = INT64_MIN };
	return EV_OK;
}

static void
move_times(struct ev_type_row *row, int64_t ts0, int64_t ts1)
{
	row->first = ts0 < row->first ? ts0 : row->first;
	row->last = ts1 > row->last ? ts1 : row->last;
}

static enum ev_code
read_frame(struct types *t, const struct ev_segment *s, size_t k, struct ev_err *e)
{
	unsigned long blank;
	struct ev_slice raw, line, name;
	struct ev_type_row *row;
	int64_t ms;
	enum ev_code rc;

	if ((rc = ev_frame_read(&t->u, s->fd, &s->index.frame[k], &raw, e)) != EV_OK ||
	    (rc = ev_scan_block(&t->scan, raw, e)) != EV_OK)
		return rc;
	while ((rc = ev_scan_line(&t->scan, &line, &blank, e)) == EV_OK) {
		const struct ev_val *v = t->scan.val;

		if (v[EV_TYPE].kind != EV_STRING || !ev_num_int(v[EV_TIMESTAMP].raw, &ms))
			return ev_fail(e, EV_SYS, "an event in the lake has no envelope");
		if ((rc = ev_str_view(v[EV_TYPE].raw, &t->tmp, &name, e)) != EV_OK ||
		    (rc = find_row(t, name, &row, e)) != EV_OK)
			return rc;
		move_times(row, ms, ms);
	}
	return rc == EV_NO ? EV_OK : rc;
}

/*
 * Counts frame k in (forward only) and reads it if it could move the first (backward: the last)
 * time of a type it has.
 */
static enum ev_code
take_frame(struct types *t, const struct ev_segment *s, size_t k, bool forward, struct ev_err *e)
{
	const struct ev_index *ix = &s->index;
	const struct ev_frame *f = &ix->frame[k];
	struct ev_type_row *row;
	bool read = false;
	enum ev_code rc;

	for (size_t i = ix->first[k]; i < ix->first[k + 1]; i++) {
		if ((rc = find_row(t, ix->type[ix->tally[i].type], &row, e)) != EV_OK)
			return rc;
		if (forward)
			row->n += ix->tally[i].n;
		if (ix->first[k + 1] - ix->first[k] ==
		    1) /* the only one: the frame's bounds are its own */
			move_times(row, f->ts0, f->ts1);
		read = read || (forward ? f->ts0 < row->first : f->ts1 > row->last);
	}
	return read ? read_frame(t, s, k, e) : EV_OK;
}

static enum ev_code
take_segment(struct types *t, const struct ev_seg *row, bool forward, struct ev_err *e)
{
	struct ev_err why = { 0 };
	struct ev_segment s;
	enum ev_code rc;

	if ((rc = ev_segment_open(&s, t->l->dir, row->path, e)) != EV_OK)
		return rc;
	for (size_t i = 0; rc == EV_OK && i < s.index.frames; i++)
		rc = take_frame(t, &s, forward ? i : s.index.frames - 1 - i, forward, &why);
	ev_segment_close(&s);
	return why.code == EV_OK ? rc : ev_fail(e, rc, "%s: %s", row->path, why.text);
}

static int
by_ts0(const void *a, const void *b)
{
	const struct ev_seg *x = a, *y = b;

	return (x->ts0 > y->ts0) - (x->ts0 < y->ts0);
}

static int
by_ts1_down(const void *a, const void *b)
{
	const struct ev_seg *x = a, *y = b;

	return (x->ts1 < y->ts1) - (x->ts1 > y->ts1);
}

static enum ev_code
take_all(struct types *t, struct ev_err *e)
{
	struct ev_seg_filter f = { .state = EV_LIVE };
	struct ev_segs segs;
	enum ev_code rc = ev_catalog_segs(t->l->catalog, &f, &segs, e);

	if (rc != EV_OK)
		return rc;
	for (int pass = 0; rc == EV_OK && pass < 2; pass++) {
		if (segs.n > 1)
			qsort(segs.v, segs.n, sizeof(*segs.v), pass == 0 ? by_ts0 : by_ts1_down);
		for (size_t i = 0; rc == EV_OK && i < segs.n; i++)
			rc = take_segment(t, &segs.v[i], pass == 0, e);
	}
	free(segs.v);
	return rc;
}

enum ev_code
ev_lake_types(struct ev_lake *l, struct ev_type_row **rows, size_t *n, struct ev_err *e)
{
	struct types t = { .l = l, .u = EV_UNPACKER, .tmp = EV_BUF(SIZE_MAX / 2) };
	enum ev_code rc;

	if ((rc = ev_event_paths(&t.paths, e)) == EV_OK &&
	    (rc = ev_scan_init(&t.scan, &t.paths, false, NULL, e)) == EV_OK)
		rc = take_all(&t, e);
	ev_scan_fini(&t.scan);
	ev_paths_fini(&t.paths);
	ev_unpacker_fini(&t.u);
	ev_buf_fini(&t.tmp);
	if (rc != EV_OK) {
		ev_type_rows_free(t.row, t.n);
		t = (struct types){ 0 };
	}
	*rows = t.row;
	*n = t.n;
	return rc;
}

void
ev_type_rows_free(struct ev_type_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		union {
			const char *borrowed;
			char *owned;
		} name = { rows[i].name.p };

		free(name.owned);
	}
	free(rows);
}
