/* SPDX-License-Identifier: MIT */
#include "lake/groups.h"

#include <stdlib.h>

#include "base/hash.h"

static uint64_t
hash_key(const struct ev_slice *key, size_t bys)
{
	uint64_t h = 0;

	for (size_t i = 0; i < bys; i++)
		h = h * 0x9E3779B97F4A7C15u ^ ev_xxh3(key[i].p, key[i].n);
	return h ^ h >> 32;
}

static bool
same_key(const struct ev_slice *a, const struct ev_slice *b, size_t bys)
{
	size_t i;

	for (i = 0; i < bys && ev_slice_eq(a[i], b[i]); i++)
		;
	return i == bys;
}

static size_t
slot_of(const struct ev_groups *g, const struct ev_slice *key, size_t bys)
{
	size_t i = hash_key(key, bys) & (g->slots - 1);

	while (g->slot[i] != 0 && !same_key(g->v[g->slot[i] - 1].key, key, bys))
		i = (i + 1) & (g->slots - 1);
	return i;
}

static enum ev_code
grow(struct ev_groups *g, size_t bys, struct ev_err *e)
{
	size_t cap = g->cap == 0 ? 64 : 2 * g->cap;
	struct ev_count_group *v = realloc(g->v, cap * sizeof(*v));
	uint32_t *slot = calloc(2 * cap, sizeof(*slot));

	if (v != NULL)
		g->v = v;
	if (v == NULL || slot == NULL) {
		free(slot);
		return ev_fail_mem(e);
	}
	free(g->slot);
	g->slot = slot;
	g->slots = 2 * cap;
	g->cap = cap;
	for (size_t i = 0; i < g->n; i++)
		g->slot[slot_of(g, g->v[i].key, bys)] = (uint32_t)i + 1;
	return EV_OK;
}

/* The values and their bytes in one piece of memory. */
static struct ev_slice *
copy_key(const struct ev_slice *key, size_t bys)
{
	size_t bytes = 1;
	struct ev_slice *copy;
	char *p;

	for (size_t i = 0; i < bys; i++)
		bytes += key[i].n;
	copy = malloc(bys * sizeof(*copy) + bytes);
	if (copy == NULL)
		return NULL;
	p = (char *)(copy + bys);
	for (size_t i = 0; i < bys; i++) {
		copy[i] = (struct ev_slice){ p, key[i].n };
		if (key[i].n > 0)
			memcpy(p, key[i].p, key[i].n);
		p += key[i].n;
	}
	return copy;
}

enum ev_code
ev_groups_add(
    struct ev_groups *g, const struct ev_slice *key, size_t bys, uint64_t n, struct ev_err *e)
{
	struct ev_slice *copy;
	enum ev_code rc;
	size_t i;

	if (g->n == g->cap && (rc = grow(g, bys, e)) != EV_OK)
		return rc;
	i = slot_of(g, key, bys);
	if (g->slot[i] != 0) {
		g->v[g->slot[i] - 1].n += n;
		return EV_OK;
	}
	if (g->n == EV_GROUPS)
		return ev_fail(
		    e, EV_SYS, "more than %d groups; count something coarser", EV_GROUPS);
	if ((copy = copy_key(key, bys)) == NULL)
		return ev_fail_mem(e);
	g->v[g->n] = (struct ev_count_group){ copy, n };
	g->slot[i] = (uint32_t)++g->n;
	return EV_OK;
}

static int
by_key(const void *a, const void *b, void *arg)
{
	const struct ev_slice *x = ((const struct ev_count_group *)a)->key,
			      *y = ((const struct ev_count_group *)b)->key;
	const size_t *bys = arg;

	for (size_t i = 0; i < *bys; i++) {
		size_t n = x[i].n < y[i].n ? x[i].n : y[i].n;
		int c = n > 0 ? memcmp(x[i].p, y[i].p, n) : 0;

		if (c == 0)
			c = (x[i].n > y[i].n) - (x[i].n < y[i].n);
		if (c != 0)
			return c;
	}
	return 0;
}

void
ev_groups_sort(struct ev_groups *g, size_t bys)
{
	if (g->n > 1)
		qsort_r(g->v, g->n, sizeof(*g->v), by_key, &bys);
}

void
ev_groups_fini(struct ev_groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->v[i].key);
	free(g->v);
	free(g->slot);
	*g = (struct ev_groups){ 0 };
}
