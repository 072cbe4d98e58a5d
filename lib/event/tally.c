/* SPDX-License-Identifier: MIT */
#include "event/tally.h"

#include <stdlib.h>

#include "base/hash.h"
#include "json/str.h"

enum { FIRST = 64 };

/* Where a row of this name is, or would be. */
static uint32_t *
find(const struct ev_tally *t, const char *type, size_t n, uint64_t hash)
{
	size_t mask = 2 * t->cap - 1, i = (size_t)hash & mask;
	const struct ev_tally_row *r;

	for (; t->slot[i] != 0; i = (i + 1) & mask) {
		r = &t->row[t->slot[i] - 1];
		if (r->hash == hash && r->n == n && (r->type == NULL) == (type == NULL) &&
		    (n == 0 || memcmp(r->type, type, n) == 0))
			break;
	}
	return &t->slot[i];
}

static enum ev_code
grow(struct ev_tally *t, struct ev_err *e)
{
	size_t cap = t->cap == 0 ? FIRST : 2 * t->cap, i;
	uint32_t *slot;
	void *row;

	if (cap > EV_TALLY_MAX)
		return ev_fail(e, EV_SYS, "more than %d different types", EV_TALLY_MAX);
	row = realloc(t->row, cap * sizeof(*t->row));
	if (row == NULL)
		return ev_fail_mem(e);
	t->row = row;
	slot = calloc(2 * cap, sizeof(*slot));
	if (slot == NULL)
		return ev_fail_mem(e);
	free(t->slot);
	t->slot = slot;
	t->cap = cap;
	for (i = 0; i < t->n; i++)
		*find(t, t->row[i].type, t->row[i].n, t->row[i].hash) = (uint32_t)(i + 1);
	return EV_OK;
}

/* A new row at the slot. */
static enum ev_code
add_row(struct ev_tally *t, const char *type, size_t n, uint64_t hash, struct ev_err *e)
{
	struct ev_tally_row *r;
	char *copy = NULL;
	enum ev_code rc;

	if (t->n == t->cap && (rc = grow(t, e)) != EV_OK)
		return rc;
	if (type != NULL) {
		copy = malloc(n + 1);
		if (copy == NULL)
			return ev_fail_mem(e);
		memcpy(copy, type, n);
		copy[n] = '\0';
	}
	r = &t->row[t->n++];
	*r = (struct ev_tally_row){ .type = copy, .n = n, .hash = hash };
	*find(t, type, n, hash) = (uint32_t)t->n;
	return EV_OK;
}

static void
count(struct ev_tally_row *r, const int64_t *ms)
{
	r->events++;
	if (ms == NULL)
		return;
	if (!r->timed || *ms < r->first)
		r->first = *ms;
	if (!r->timed || *ms > r->last)
		r->last = *ms;
	r->timed = true;
}

enum ev_code
ev_tally_add(struct ev_tally *t, const struct ev_val *type, const int64_t *ms, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(EV_TALLY_MAX * (size_t)1024);
	struct ev_slice name = { NULL, 0 };
	enum ev_code rc = EV_OK;
	uint32_t no = 0;
	uint64_t hash;

	if (type->kind == EV_STRING)
		rc = ev_str_view(type->raw, &text, &name, e);
	if (rc == EV_OK) {
		hash = ev_xxh3(name.p, name.n);
		if (t->cap > 0)
			no = *find(t, name.p, name.n, hash);
		if (no == 0) {
			rc = add_row(t, name.p, name.n, hash, e);
			no = (uint32_t)t->n;
		}
	}
	ev_buf_fini(&text);
	if (rc == EV_OK)
		count(&t->row[no - 1], ms);
	return rc;
}

static int
by_name(const void *pa, const void *pb)
{
	const struct ev_tally_row *a = pa, *b = pb;
	int d;

	if (a->type == NULL || b->type == NULL)
		return (a->type != NULL) - (b->type != NULL);
	d = memcmp(a->type, b->type, a->n < b->n ? a->n : b->n);
	return d != 0 ? d : a->n < b->n ? -1 : a->n > b->n;
}

void
ev_tally_sort(struct ev_tally *t)
{
	if (t->n > 1)
		qsort(t->row, t->n, sizeof(*t->row), by_name);
}

void
ev_tally_fini(struct ev_tally *t)
{
	while (t->n > 0)
		free(t->row[--t->n].type);
	free(t->row);
	free(t->slot);
	*t = (struct ev_tally){ 0 };
}
