/* SPDX-License-Identifier: MIT */
/*
 * Which events of a batch are in the lake, or in the batch, already. Hashes name the candidates,
 * lines decide.
 */
#include "lake/seal.h"

#include <stdlib.h>

#include "base/time.h"
#include "lake/bucket.h"
#include "lake/grow.h"
#include "lake/ids.h"
#include "lake/segment.h"

struct candidate {
	uint32_t frame, entry;
};

struct dedupe {
	struct ev_put *p;
	struct ev_batch *b;
	struct ev_compare c;
	struct candidate *cand; /* owned; of one segment */
	size_t cands, cand_cap;
	const uint32_t *look; /* entry numbers of the hashes that are looked up */
	struct ev_unpacker u; /* for the frames of the lake */
};

/* One line of a candidate frame: the candidates with its hash and time are to be compared with it.
 */
static enum ev_code
their_line(
    struct dedupe *d, const struct candidate *c, size_t n, struct ev_slice line, struct ev_err *e)
{
	const struct ev_entry *entry = d->b->entry;
	struct ev_batch_line theirs = { .line = line };
	size_t lo = 0, hi = n;
	enum ev_code rc;

	if ((rc = ev_batch_read(&theirs, d->c.scan.val, &d->c.id, &d->c.one, e)) != EV_OK)
		return rc;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (entry[c[mid].entry].h < theirs.h)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && entry[c[lo].entry].h == theirs.h; lo++)
		if (entry[c[lo].entry].ms == theirs.ms &&
		    (rc = ev_compare_add(&d->c, c[lo].entry, line, e)) != EV_OK)
			return rc;
	return EV_OK;
}

static enum ev_code
their_frame(struct dedupe *d, const struct ev_segment *s, const struct candidate *c, size_t n,
    struct ev_err *e)
{
	unsigned long blank;
	struct ev_slice raw, line;
	enum ev_code rc;

	if (c->frame >= s->index.frames)
		return ev_fail(
		    e, EV_SYS, "the id table is damaged: there is no frame %u", c->frame);
	if ((rc = ev_frame_read(&d->u, s->fd, &s->index.frame[c->frame], &raw, e)) != EV_OK ||
	    (rc = ev_scan_block(&d->c.scan, raw, e)) != EV_OK)
		return rc;
	while ((rc = ev_scan_line(&d->c.scan, &line, &blank, e)) == EV_OK)
		if ((rc = their_line(d, c, n, line, e)) != EV_OK)
			return rc;
	if (rc != EV_NO)
		return rc;
	return ev_compare_run(&d->c, false, e);
}

static enum ev_code
on_hit(void *arg, size_t i, uint32_t frame, struct ev_err *e)
{
	struct dedupe *d = arg;

	if (d->cands == d->cand_cap) {
		struct candidate *v = ev_grow(d->cand, &d->cand_cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		d->cand = v;
	}
	d->cand[d->cands++] = (struct candidate){ frame, d->look[i] };
	return EV_OK;
}

static int
by_frame(const void *a, const void *b, void *arg)
{
	const struct candidate *x = a, *y = b;
	const struct ev_entry *entry = arg;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (entry[x->entry].h > entry[y->entry].h) - (entry[x->entry].h < entry[y->entry].h);
}

static enum ev_code
compare_segment(
    struct dedupe *d, const struct ev_segment *s, const uint64_t *h, size_t n, struct ev_err *e)
{
	size_t from, to;
	enum ev_code rc;

	d->cands = 0;
	if ((rc = ev_ids_match(&s->ids, h, n, on_hit, d, e)) != EV_OK)
		return rc;
	if (d->cands > 0)
		qsort_r(d->cand, d->cands, sizeof(*d->cand), by_frame, d->b->entry);
	for (from = 0; rc == EV_OK && from < d->cands; from = to) {
		for (to = from; to < d->cands && d->cand[to].frame == d->cand[from].frame; to++)
			;
		rc = their_frame(d, s, d->cand + from, to - from, e);
	}
	return rc == EV_OK ? ev_compare_run(&d->c, true, e) : rc;
}

/* The hashes of part k that are kept, with their entries behind d->look. */
static enum ev_code
hashes_of(struct dedupe *d, size_t k, uint64_t **h, uint32_t **look, size_t *n, struct ev_err *e)
{
	const struct ev_batch *b = d->b;
	size_t most = b->start[k + 1] - b->start[k];

	*n = 0;
	*h = malloc(most * sizeof(**h) + 1);
	*look = malloc(most * sizeof(**look) + 1);
	if (*h == NULL || *look == NULL)
		return ev_fail_mem(e);
	for (size_t i = b->start[k]; i < b->start[k + 1]; i++) {
		const struct ev_entry *en = &b->entry[b->part_hash[i]];

		if (en->drop)
			continue;
		(*h)[*n] = en->h;
		(*look)[(*n)++] = b->part_hash[i];
	}
	d->look = *look;
	return EV_OK;
}

/* Part k against one segment of its bucket. */
static enum ev_code
against_segment(struct dedupe *d, size_t k, const struct ev_seg *row, struct ev_err *e)
{
	struct ev_err why = { 0 };
	struct ev_segment s;
	uint64_t *h;
	uint32_t *look;
	size_t n;
	enum ev_code rc;

	if ((rc = ev_segment_open(&s, d->b->lake->dir, row->path, e)) != EV_OK)
		return rc;
	rc = hashes_of(d, k, &h, &look, &n, &why);
	if (rc == EV_OK)
		rc = compare_segment(d, &s, h, n, &why);
	free(h);
	free(look);
	ev_segment_close(&s);
	return rc == EV_OK ? rc
			   : ev_fail(e, rc == EV_DATA ? EV_SYS : rc, "%s: %s", row->path, why.text);
}

/* When a segment was made: the first 48 bits of its ULID, in Crockford's base 32. */
static int64_t
made_at(const char *ulid)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	int64_t ms = 0;

	for (int i = 0; i < 10 && ulid[i] != '\0'; i++) {
		const char *at = strchr(digits, ulid[i]);

		ms = ms << 5 | (at != NULL ? at - digits : 0);
	}
	return ms;
}

/* Part k against all segments of its bucket that are live since `after`. */
static enum ev_code
against_lake(struct dedupe *d, size_t k, const struct ev_segs *segs, struct ev_err *e)
{
	const struct ev_put_args *args = &d->p->args;
	char folder[EV_BUCKET_NAME];
	int64_t oldest = args->dedupe == EV_DEDUPE_WINDOW ? ev_now() - args->window : INT64_MIN;
	size_t n;
	enum ev_code rc = EV_OK;

	ev_bucket_name(folder, d->b->part[k].bucket, d->b->lake->hour);
	n = strlen(folder);
	for (size_t i = 0; rc == EV_OK && i < segs->n; i++) {
		const struct ev_seg *s = &segs->v[i];

		if (strncmp(s->path + 5, folder, n) == 0 && s->path[5 + n] == '/' &&
		    made_at(s->ulid) >= oldest)
			rc = against_segment(d, k, s, e);
	}
	return rc;
}

/* Two of the batch with one hash and time. */
struct pair {
	uint32_t first, later;
};

static int
by_first(const void *a, const void *b, void *arg)
{
	const struct pair *x = a, *y = b;
	const struct ev_entry *entry = arg, *p = &entry[x->first], *q = &entry[y->first];

	if (p->part != q->part)
		return p->part < q->part ? -1 : 1;
	if (p->at != q->at)
		return p->at < q->at ? -1 : 1;
	return (x->later > y->later) - (x->later < y->later);
}

/* Of each hash and time the first that was not a first before, and those after it. */
static enum ev_code
find_pairs(struct ev_batch *b, struct pair **pair, size_t *n, struct ev_err *e)
{
	struct ev_entry *first = NULL;
	uint32_t no = 0;
	size_t cap = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct ev_entry *en = &b->entry[b->by_hash[i]];

		if (en->drop || en->first)
			continue;
		if (first == NULL || first->h != en->h || first->ms != en->ms) {
			first = en;
			no = b->by_hash[i];
			first->first = 1;
			continue;
		}
		if (*n == cap) {
			struct pair *v = ev_grow(*pair, &cap, sizeof(*v), e);

			if (v == NULL)
				return EV_SYS;
			*pair = v;
		}
		(*pair)[(*n)++] = (struct pair){ no, b->by_hash[i] };
	}
	return EV_OK;
}

/*
 * A round among the batch's own. Ids that differ and have one hash take a round each. *more: there
 * was something to compare.
 */
static enum ev_code
inside_round(struct dedupe *d, bool *more, struct ev_err *e)
{
	struct pair *pair = NULL;
	struct ev_slice line;
	size_t n = 0;
	enum ev_code rc = find_pairs(d->b, &pair, &n, e);

	*more = n > 0;
	if (rc == EV_OK && n > 0)
		qsort_r(pair, n, sizeof(*pair), by_first, d->b->entry);
	for (size_t i = 0; rc == EV_OK && i < n; i++) {
		if ((rc = ev_compare_mine(&d->c, pair[i].first, &line, e)) == EV_OK)
			rc = ev_compare_add(&d->c, pair[i].later, line, e);
		if (rc == EV_OK)
			rc = ev_compare_run(&d->c, false, e);
	}
	free(pair);
	return rc == EV_OK ? ev_compare_run(&d->c, true, e) : rc;
}

static enum ev_code
find_all(struct dedupe *d, bool inside, const struct ev_segs *segs, struct ev_err *e)
{
	bool more = inside;
	enum ev_code rc = EV_OK;

	for (size_t k = 0; rc == EV_OK && k < d->b->parts && segs->n > 0; k++)
		rc = against_lake(d, k, segs, e);
	while (rc == EV_OK && more)
		rc = inside_round(d, &more, e);
	return rc;
}

/* The segments to compare with and the seq that they go up to, of one moment. */
static enum ev_code
snapshot(struct ev_put *p, int64_t *seen, struct ev_segs *segs, struct ev_err *e)
{
	const struct ev_batch *b = p->batch;
	struct ev_seg_filter f = {
		.state = EV_LIVE, .after = *seen, .timed = true, .ts0 = INT64_MAX, .ts1 = INT64_MIN
	};
	struct ev_catalog *c = p->lake->catalog;
	enum ev_code rc;

	for (size_t i = 0; i < b->n; i++) {
		f.ts0 = b->entry[i].ms < f.ts0 ? b->entry[i].ms : f.ts0;
		f.ts1 = b->entry[i].ms > f.ts1 ? b->entry[i].ms : f.ts1;
	}
	if ((rc = ev_catalog_begin(c, false, e)) != EV_OK)
		return rc;
	if ((rc = ev_catalog_segs(c, &f, segs, e)) == EV_OK)
		rc = ev_catalog_seq(c, seen, e);
	ev_catalog_rollback(c);
	return rc;
}

enum ev_code
ev_dedupe(struct ev_put *p, bool inside, int64_t *seen, struct ev_err *held, struct ev_err *e)
{
	struct dedupe d = { .p = p, .b = p->batch, .u = EV_UNPACKER };
	struct ev_segs segs = { 0 };
	enum ev_code rc;

	if ((rc = ev_compare_init(&d.c, p->batch, e)) == EV_OK &&
	    (rc = snapshot(p, seen, &segs, e)) == EV_OK &&
	    (rc = find_all(&d, inside, &segs, e)) == EV_OK)
		rc = ev_settle_conflicts(p, &d.c, held, e);
	ev_compare_fini(&d.c);
	ev_unpacker_fini(&d.u);
	free(d.cand);
	free(segs.v);
	return rc;
}
