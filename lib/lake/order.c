/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "lake/batch.h"

enum { TOP_BITS = 16, TOPS = 1 << TOP_BITS };

static int
by_hash(const void *a, const void *b, void *arg)
{
	const uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct ev_entry *entry = arg, *x = &entry[i], *y = &entry[k];

	if (x->h != y->h)
		return x->h < y->h ? -1 : 1;
	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return i < k ? -1 : i > k;
}

/*
 * Hashes are even: a first pass by their top bits leaves a handful per slot, which is sorted where
 * it lies.
 */
static void
sort_hashes(struct ev_batch *b, uint32_t *slot)
{
	size_t i;
	uint32_t at = 0, n;

	memset(slot, 0, (TOPS + 1) * sizeof(*slot));
	for (i = 0; i < b->n; i++)
		slot[b->entry[i].h >> (64 - TOP_BITS)]++;
	for (i = 0; i <= TOPS; i++) {
		n = slot[i];
		slot[i] = at;
		at += n;
	}
	for (i = 0; i < b->n; i++)
		b->by_hash[slot[b->entry[i].h >> (64 - TOP_BITS)]++] = (uint32_t)i;
	for (i = 0, at = 0; i < TOPS; i++) { /* slot[i] is its end by now */
		if (slot[i] - at > 1)
			qsort_r(
			    b->by_hash + at, slot[i] - at, sizeof(*b->by_hash), by_hash, b->entry);
		at = slot[i];
	}
}

/* Divides the numbers in from (NULL: 0, 1, 2, …) by part, keeping their order. */
static void
divide(const struct ev_batch *b, const uint32_t *from, uint32_t *to, size_t *at)
{
	memcpy(at, b->start, (b->parts + 1) * sizeof(*at));
	for (size_t i = 0; i < b->n; i++) {
		uint32_t k = from != NULL ? from[i] : (uint32_t)i;

		to[at[b->entry[k].part]++] = k;
	}
}

enum ev_code
ev_batch_sort(struct ev_batch *b, struct ev_err *e)
{
	uint32_t *slot = malloc((TOPS + 1) * sizeof(*slot));
	size_t *at = malloc((b->parts + 1) * sizeof(*at)), i;
	bool have;

	b->by_hash = malloc(b->n * sizeof(uint32_t) + 1);
	b->part_hash = malloc(b->n * sizeof(uint32_t) + 1);
	b->part_order = malloc(b->n * sizeof(uint32_t) + 1);
	b->start = calloc(b->parts + 2, sizeof(*b->start));
	have = slot != NULL && at != NULL && b->by_hash != NULL && b->part_hash != NULL &&
	    b->part_order != NULL && b->start != NULL;
	if (have) {
		for (i = 0; i < b->n; i++)
			b->start[b->entry[i].part + 1]++;
		for (i = 0; i < b->parts; i++)
			b->start[i + 1] += b->start[i];
		sort_hashes(b, slot);
		divide(b, b->by_hash, b->part_hash, at);
		divide(b, NULL, b->part_order, at);
	}
	free(slot);
	free(at);
	return have ? EV_OK : ev_fail_mem(e);
}
