/* SPDX-License-Identifier: MIT */
#include "lake/query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "json/num.h"
#include "json/str.h"
#include "lake/grow.h"
#include "lake/held.h"
#include "lake/segment.h"

/*
 * Descriptors that a query holds open, so that what dies meanwhile stays readable; the rest is
 * opened when it comes.
 */
enum { OPEN_FILES = 400 };

struct source {
	struct ev_seg row;
	int fd; /* owned; -1: not open */
};

struct wanted {
	struct ev_frame f;
	uint32_t source, no; /* no: of the frame in it */
};

struct ev_query_work {
	struct ev_lake *lake;
	struct ev_query_args args;
	const struct ev_query_hooks *hooks;
	struct source *source; /* in the order they are read */
	size_t sources, next;  /* next: the first whose frames are not in frame */
	struct wanted *frame;  /* of the segment (by time: of the bucket) at hand */
	size_t frames, cap, at;
	struct ev_unpacker u;
	struct ev_held held; /* by time: lines that are selected and not due yet */
	struct ev_buf one;   /* by time: the line at hand */
	bool inside;         /* a decoded frame is being scanned */
};

enum ev_code
ev_type_wanted(struct ev_select *select, struct ev_slice name, bool *yes, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc;

	*yes = true;
	if (select == NULL || select->types.n == 0)
		return EV_OK;
	rc = ev_str_encode(name, &text, e);
	if (rc == EV_OK) {
		const struct ev_val v = { .raw = ev_buf_view(&text), .kind = EV_STRING };

		rc = ev_types_match(&select->types, &v, yes, e);
	}
	ev_buf_fini(&text);
	return rc;
}

static int
by_arrival(const void *a, const void *b)
{
	const struct ev_seg *x = &((const struct source *)a)->row,
			    *y = &((const struct source *)b)->row;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x->seg > y->seg) - (x->seg < y->seg);
}

/* Buckets in order of time: their folders differ where they do, and no two overlap. */
static bool
same_bucket(const struct ev_seg *x, const struct ev_seg *y)
{
	size_t n = (size_t)(strrchr(x->path, '/') - x->path) + 1;

	return strncmp(x->path, y->path, n) == 0;
}

static int
by_bucket(const void *a, const void *b)
{
	const struct ev_seg *x = &((const struct source *)a)->row,
			    *y = &((const struct source *)b)->row;

	if (!same_bucket(x, y))
		return x->ts0 < y->ts0 ? -1 : 1;
	return by_arrival(a, b);
}

static void
close_sources(struct ev_query_work *w)
{
	for (size_t i = 0; i < w->sources; i++)
		if (w->source[i].fd >= 0)
			close(w->source[i].fd);
	free(w->source);
	w->source = NULL;
	w->sources = 0;
}

static enum ev_code
load_rows(struct ev_query_work *w, struct ev_err *e)
{
	struct ev_seg_filter f = { .state = EV_LIVE,
		.after = w->args.after,
		.ts0 = INT64_MIN,
		.ts1 = INT64_MAX,
		.timed = true };
	const struct ev_select *s = w->args.select;
	int64_t upto = w->args.upto > 0 ? w->args.upto : INT64_MAX;
	struct ev_segs segs;
	enum ev_code rc;

	if (s != NULL && s->has_since)
		f.ts0 = s->since;
	if (s != NULL && s->has_until) {
		if (s->until == INT64_MIN)
			return EV_OK; /* nothing is before it */
		f.ts1 = s->until - 1;
	}
	if (w->args.resumed && w->args.from > f.ts0)
		f.ts0 = w->args.from;
	if ((rc = ev_catalog_segs(w->lake->catalog, &f, &segs, e)) != EV_OK)
		return rc;
	w->source = calloc(segs.n + 1, sizeof(*w->source));
	if (w->source != NULL) {
		for (size_t i = 0; i < segs.n; i++)
			if (segs.v[i].seq <= upto)
				w->source[w->sources++] = (struct source){ segs.v[i], -1 };
	}
	free(segs.v);
	if (w->source == NULL)
		return ev_fail_mem(e);
	for (size_t i = 0; i < w->sources; i++)
		if (strchr(w->source[i].row.path, '/') == NULL)
			return ev_fail(e, EV_SYS, "catalog.db: a segment has no path");
	qsort(w->source, w->sources, sizeof(*w->source), w->args.by_time ? by_bucket : by_arrival);
	return EV_OK;
}

/* EV_NO: a segment went away after the catalog was read. */
static enum ev_code
open_first(struct ev_query_work *w, struct ev_err *e)
{
	size_t i;

	for (i = 0; i < w->sources && i < OPEN_FILES; i++) {
		struct source *s = &w->source[i];

		s->fd = openat(w->lake->dir, s->row.path, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0 && errno == ENOENT)
			return EV_NO;
		if (s->fd < 0 && errno == EMFILE && i > 0)
			break;
		if (s->fd < 0)
			return ev_fail_sys(e, "cannot open %s", s->row.path);
	}
	/* where the process may not have as many, half of what it may have is left to others */
	for (size_t k = i / 2; i < OPEN_FILES && i < w->sources && k < i; k++) {
		close(w->source[k].fd);
		w->source[k].fd = -1;
	}
	return EV_OK;
}

/* The live segments of one moment; when one is gone already, those of a later moment, once. */
static enum ev_code
load_sources(struct ev_query_work *w, struct ev_err *e)
{
	enum ev_code rc = EV_NO;

	for (int tries = 0; rc == EV_NO && tries < 2; tries++) {
		close_sources(w);
		if ((rc = load_rows(w, e)) == EV_OK)
			rc = open_first(w, e);
	}
	return rc == EV_NO ? ev_fail(e, EV_SYS, "a live segment is not there") : rc;
}

/* A descriptor of the caller's own. */
static enum ev_code
open_source(struct ev_query_work *w, const struct source *s, int *fd, struct ev_err *e)
{
	*fd = s->fd >= 0 ? fcntl(s->fd, F_DUPFD_CLOEXEC, 3)
			 : openat(w->lake->dir, s->row.path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? ev_fail_sys(e, "cannot open %s", s->row.path) : EV_OK;
}

static bool
in_time(const struct ev_query_args *args, const struct ev_frame *f)
{
	const struct ev_select *s = args->select;

	return (!args->resumed || f->ts1 >= args->from) &&
	    (s == NULL ||
		((!s->has_since || f->ts1 >= s->since) && (!s->has_until || f->ts0 < s->until)));
}

static bool
has_type(const struct ev_index *ix, const bool *match, size_t k)
{
	for (size_t i = ix->first[k]; i < ix->first[k + 1]; i++)
		if (match[ix->tally[i].type])
			return true;
	return false;
}

static enum ev_code
want_frame(
    struct ev_query_work *w, const struct ev_frame *f, size_t source, size_t no, struct ev_err *e)
{
	if (w->frames == w->cap) {
		struct wanted *v = ev_grow(w->frame, &w->cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		w->frame = v;
	}
	w->frame[w->frames++] = (struct wanted){ *f, (uint32_t)source, (uint32_t)no };
	return EV_OK;
}

static enum ev_code
choose_frames(struct ev_query_work *w, size_t source, const struct ev_index *ix, const bool *match,
    struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (size_t k = 0; rc == EV_OK && k < ix->frames; k++) {
		bool done = false;

		if (!in_time(&w->args, &ix->frame[k]) || !has_type(ix, match, k))
			continue;
		if (w->hooks != NULL)
			rc = w->hooks->frame(w->hooks->arg, ix, match, k, &done, e);
		if (rc == EV_OK && !done)
			rc = want_frame(w, &ix->frame[k], source, k, e);
	}
	return rc;
}

/* The frames of one segment that may hold what is selected. */
static enum ev_code
look_into(struct ev_query *q, size_t source, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	const struct source *s = &w->source[source];
	struct ev_segment seg;
	bool done = false, *match;
	enum ev_code rc = EV_OK;
	int fd;

	if (w->hooks != NULL)
		rc = w->hooks->segment(w->hooks->arg, &s->row, &done, e);
	if (rc != EV_OK || done)
		return rc;
	if ((rc = open_source(w, s, &fd, e)) != EV_OK ||
	    (rc = ev_segment_take(&seg, fd, s->row.path, e)) != EV_OK)
		return rc;
	q->segments++;
	match = calloc(seg.index.types + 1, sizeof(*match));
	if (match == NULL)
		rc = ev_fail_mem(e);
	for (size_t i = 0; rc == EV_OK && i < seg.index.types; i++)
		rc = ev_type_wanted(w->args.select, seg.index.type[i], &match[i], e);
	if (rc == EV_OK)
		rc = choose_frames(w, source, &seg.index, match, e);
	free(match);
	ev_segment_close(&seg);
	return rc;
}

static int
by_first_time(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->f.ts0 != y->f.ts0)
		return x->f.ts0 < y->f.ts0 ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->no > y->no) - (x->no < y->no);
}

/* The next segment, or the next bucket. EV_NO: there is none. */
static enum ev_code
next_group(struct ev_query *q, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	size_t first = w->next;
	enum ev_code rc;

	for (size_t i = 0; i < first; i++) /* read to their end */
		if (w->source[i].fd >= 0) {
			close(w->source[i].fd);
			w->source[i].fd = -1;
		}
	if (first == w->sources)
		return EV_NO;
	w->frames = w->at = 0;
	do {
		if ((rc = look_into(q, w->next, e)) != EV_OK)
			return rc;
		w->next++;
	} while (w->args.by_time && w->next < w->sources &&
	    same_bucket(&w->source[first].row, &w->source[w->next].row));
	if (w->args.by_time && w->frames > 0)
		qsort(w->frame, w->frames, sizeof(*w->frame), by_first_time);
	return EV_OK;
}

/* Decodes a frame and begins to scan it. */
static enum ev_code
begin_frame(struct ev_query *q, const struct wanted *f, struct ev_slice *raw, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	const struct source *s = &w->source[f->source];
	struct ev_err why = { 0 };
	enum ev_code rc;
	int fd = s->fd;

	if (fd < 0 && (rc = open_source(w, s, &fd, e)) != EV_OK)
		return rc;
	rc = ev_frame_read(&w->u, fd, &f->f, raw, &why);
	if (s->fd < 0)
		close(fd);
	if (rc != EV_OK)
		return ev_fail(e, rc, "%s: %s", s->row.path, why.text);
	q->frames++;
	q->bytes += raw->n;
	return ev_scan_block(&q->scan, *raw, e);
}

/* The next line of the block that is selected. EV_NO: the end of the block. */
static enum ev_code
next_selected(struct ev_query *q, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	unsigned long blank;
	bool yes = true;
	enum ev_code rc;

	while ((rc = ev_scan_line(&q->scan, &q->line, &blank, e)) == EV_OK) {
		if (w->args.select != NULL &&
		    (rc = ev_select_match(w->args.select, &q->scan, &yes, e)) != EV_OK)
			return rc;
		if (!yes)
			continue;
		if (!ev_num_int(q->scan.val[EV_TIMESTAMP].raw, &q->ms))
			return ev_fail(e, EV_SYS, "an event in the lake has no time");
		if (w->args.resumed && q->ms < w->args.from)
			continue;
		return EV_OK;
	}
	return rc;
}

static enum ev_code
next_by_arrival(struct ev_query *q, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	struct ev_slice raw;
	enum ev_code rc;

	for (;;) {
		if (w->inside && (rc = next_selected(q, e)) != EV_NO)
			return rc;
		w->inside = false;
		while (w->at == w->frames)
			if ((rc = next_group(q, e)) != EV_OK)
				return rc;
		if ((rc = begin_frame(q, &w->frame[w->at++], &raw, e)) != EV_OK)
			return rc;
		w->inside = true;
	}
}

/* Holds what is selected of the next frame. */
static enum ev_code
hold_frame(struct ev_query *q, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	const struct wanted *f = &w->frame[w->at];
	uint64_t rank = (uint64_t)f->source << 32 | (uint64_t)f->no << 20;
	struct ev_slice raw;
	enum ev_code rc;

	if ((rc = begin_frame(q, f, &raw, e)) != EV_OK)
		return rc;
	w->at++;
	while ((rc = next_selected(q, e)) == EV_OK)
		if ((rc = ev_held_add(&w->held, q->ms, rank++, q->line, e)) != EV_OK)
			return rc;
	ev_held_end(&w->held);
	return rc == EV_NO ? EV_OK : rc;
}

/* The least time that is held goes out once no frame that is left begins at it or before. */
static enum ev_code
next_by_time(struct ev_query *q, struct ev_err *e)
{
	struct ev_query_work *w = q->work;
	unsigned long blank;
	enum ev_code rc;

	for (;;) {
		if (w->at < w->frames &&
		    (w->held.n == 0 || w->frame[w->at].f.ts0 <= w->held.v[0].ms)) {
			if ((rc = hold_frame(q, e)) != EV_OK)
				return rc;
			continue;
		}
		if (w->held.n > 0)
			break;
		if ((rc = next_group(q, e)) != EV_OK)
			return rc;
	}
	q->ms = w->held.v[0].ms;
	if ((rc = ev_held_take(&w->held, &w->one, e)) != EV_OK ||
	    (rc = ev_buf_reserve(&w->one, EV_PAD, e)) != EV_OK)
		return rc;
	memset(w->one.p + w->one.n, '\n', EV_PAD);
	if ((rc = ev_scan_block(&q->scan, ev_buf_view(&w->one), e)) != EV_OK)
		return rc;
	return ev_scan_line(&q->scan, &q->line, &blank, e);
}

enum ev_code
ev_query_next(struct ev_query *q, struct ev_err *e)
{
	return q->work->args.by_time ? next_by_time(q, e) : next_by_arrival(q, e);
}

enum ev_code
ev_query_open_with(struct ev_query *q, struct ev_lake *l, const struct ev_query_args *args,
    const struct ev_query_hooks *hooks, struct ev_err *e)
{
	struct ev_query_work *w = calloc(1, sizeof(*w));
	enum ev_code rc;

	*q = (struct ev_query){ .work = w };
	if (w == NULL)
		return ev_fail_mem(e);
	*w = (struct ev_query_work){ .lake = l, .args = *args, .hooks = hooks, .u = EV_UNPACKER };
	w->one = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	if ((rc = ev_scan_init(&q->scan, args->paths, args->trust, args->isa, e)) == EV_OK)
		rc = load_sources(w, e);
	if (rc != EV_OK)
		ev_query_close(q);
	return rc;
}

enum ev_code
ev_query_open(
    struct ev_query *q, struct ev_lake *l, const struct ev_query_args *args, struct ev_err *e)
{
	return ev_query_open_with(q, l, args, NULL, e);
}

void
ev_query_close(struct ev_query *q)
{
	struct ev_query_work *w = q->work;

	ev_scan_fini(&q->scan);
	if (w == NULL)
		return;
	close_sources(w);
	free(w->frame);
	ev_unpacker_fini(&w->u);
	ev_held_fini(&w->held);
	ev_buf_fini(&w->one);
	free(w);
	q->work = NULL;
}
