/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "lake/batch.h"
#include "lake/bucket.h"
#include "lake/rollup.h"

/* The types of one frame while they are counted. */
struct types {
	uint32_t *local; /* by the batch's number: the segment's number + 1 */
	uint32_t *count; /* by the segment's number: events in this frame */
	uint32_t *seen;  /* numbers that the frame has */
	size_t seens, cap;
};

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Appends the counts of the frame that ends here. */
static enum ev_code
end_frame(struct types *t, struct ev_index *ix, size_t frame, struct ev_err *e)
{
	size_t need = ix->first[frame] + t->seens, i;

	if (need > t->cap) {
		size_t cap = 2 * need;
		struct ev_type_n *v = realloc(ix->tally, cap * sizeof(*v));

		if (v == NULL)
			return ev_fail_mem(e);
		ix->tally = v;
		t->cap = cap;
	}
	qsort(t->seen, t->seens, sizeof(*t->seen), by_number);
	for (i = 0; i < t->seens; i++) {
		ix->tally[ix->first[frame] + i] =
		    (struct ev_type_n){ t->seen[i], t->count[t->seen[i]] };
		t->count[t->seen[i]] = 0;
	}
	ix->first[frame + 1] = (uint32_t)need;
	t->seens = 0;
	return EV_OK;
}

static void
count_entry(
    const struct ev_batch *b, const struct ev_entry *en, struct types *t, struct ev_index *ix)
{
	struct ev_frame *f = &ix->frame[en->at >> EV_AT_BITS];
	uint32_t k = t->local[en->type];

	if (k == 0) {
		ix->type[ix->types] =
		    (struct ev_slice){ b->names.p + b->type[en->type].off, b->type[en->type].n };
		k = t->local[en->type] = (uint32_t)++ix->types;
	}
	if (t->count[--k]++ == 0)
		t->seen[t->seens++] = k;
	if (f->n++ == 0)
		f->ts0 = f->ts1 = en->ms;
	if (en->ms < f->ts0)
		f->ts0 = en->ms;
	if (en->ms > f->ts1)
		f->ts1 = en->ms;
}

static enum ev_code
count_part(struct ev_batch *b, size_t k, struct types *t, struct ev_rolls *r, struct ev_err *e)
{
	struct ev_index *ix = &b->part[k].index;
	size_t frame = 0, i;
	enum ev_code rc;

	for (i = b->start[k]; i < b->start[k + 1]; i++) {
		const struct ev_entry *en = &b->entry[b->part_order[i]];

		if (en->drop)
			continue;
		for (; frame < en->at >> EV_AT_BITS; frame++)
			if ((rc = end_frame(t, ix, frame, e)) != EV_OK)
				return rc;
		count_entry(b, en, t, ix);
		if ((rc = ev_rolls_add(r, ev_hour_of(en->ms), t->local[en->type] - 1, e)) != EV_OK)
			return rc;
	}
	for (; frame < ix->frames; frame++)
		if ((rc = end_frame(t, ix, frame, e)) != EV_OK)
			return rc;
	return EV_OK;
}

enum ev_code
ev_part_index(struct ev_batch *b, size_t k, struct ev_err *e)
{
	struct ev_part *p = &b->part[k];
	struct ev_index *ix = &p->index;
	struct types t = { 0 };
	struct ev_rolls r = { 0 };
	enum ev_code rc;

	ix->frame = p->frame;
	ix->frames = p->frames;
	for (size_t i = 0; i < ix->frames; i++)
		ix->frame[i].n = 0;
	ix->first = calloc(ix->frames + 1, sizeof(*ix->first));
	ix->type = calloc(b->types + 1, sizeof(*ix->type));
	t.local = calloc(b->types + 1, sizeof(*t.local));
	t.count = calloc(b->types + 1, sizeof(*t.count));
	t.seen = calloc(b->types + 1, sizeof(*t.seen));
	if (ix->first == NULL || ix->type == NULL || t.local == NULL || t.count == NULL ||
	    t.seen == NULL)
		rc = ev_fail_mem(e);
	else
		rc = count_part(b, k, &t, &r, e);
	free(t.local);
	free(t.count);
	free(t.seen);
	free(r.slot);
	p->roll = r.v;
	p->rolls = r.n;
	return rc;
}
