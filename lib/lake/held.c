/* SPDX-License-Identifier: MIT */
#include "lake/held.h"

#include "lake/grow.h"

static bool
less(const struct ev_held_line *a, const struct ev_held_line *b)
{
	return a->ms != b->ms ? a->ms < b->ms : a->rank < b->rank;
}

/* A pack to add to. */
static enum ev_code
open_pack(struct ev_held *h, struct ev_err *e)
{
	if (h->spares > 0) {
		h->open = h->spare[--h->spares] + 1;
		return EV_OK;
	}
	if (h->packs == h->pack_cap) {
		size_t cap = h->pack_cap == 0 ? 16 : 2 * h->pack_cap;
		struct ev_held_pack *p = realloc(h->pack, cap * sizeof(*p));
		uint32_t *s;

		if (p == NULL)
			return ev_fail_mem(e);
		h->pack = p;
		s = realloc(h->spare, cap * sizeof(*s));
		if (s == NULL)
			return ev_fail_mem(e);
		h->spare = s;
		h->pack_cap = cap;
	}
	h->pack[h->packs] = (struct ev_held_pack){ .lines = EV_BUF(SIZE_MAX / 2) };
	h->open = (uint32_t)++h->packs;
	return EV_OK;
}

enum ev_code
ev_held_add(struct ev_held *h, int64_t ms, uint64_t rank, struct ev_slice line, struct ev_err *e)
{
	struct ev_held_line one = { .ms = ms, .rank = rank, .n = line.n };
	struct ev_held_pack *p;
	enum ev_code rc;
	size_t i;

	if (h->n == h->cap) {
		struct ev_held_line *v = ev_grow(h->v, &h->cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		h->v = v;
	}
	if (h->open == 0 && (rc = open_pack(h, e)) != EV_OK)
		return rc;
	p = &h->pack[h->open - 1];
	one.off = p->lines.n;
	one.pack = h->open - 1;
	if ((rc = ev_buf_adds(&p->lines, line, e)) != EV_OK)
		return rc;
	p->left++;
	for (i = h->n++; i > 0 && less(&one, &h->v[(i - 1) / 2]); i = (i - 1) / 2)
		h->v[i] = h->v[(i - 1) / 2];
	h->v[i] = one;
	return EV_OK;
}

void
ev_held_end(struct ev_held *h)
{
	h->open = 0;
}

/* Takes the root out of the heap. */
static void
pop(struct ev_held *h)
{
	struct ev_held_line last = h->v[--h->n];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < h->n) {
		if (k + 1 < h->n && less(&h->v[k + 1], &h->v[k]))
			k++;
		if (!less(&h->v[k], &last))
			break;
		h->v[i] = h->v[k];
		i = k;
	}
	h->v[i] = last;
}

enum ev_code
ev_held_take(struct ev_held *h, struct ev_buf *out, struct ev_err *e)
{
	const struct ev_held_line *one = &h->v[0];
	struct ev_held_pack *p = &h->pack[one->pack];
	uint32_t number = one->pack;
	enum ev_code rc;

	ev_buf_clear(out);
	if ((rc = ev_buf_add(out, p->lines.p + one->off, one->n, e)) != EV_OK)
		return rc;
	pop(h);
	if (--p->left == 0 && h->open != number + 1) {
		ev_buf_fini(&p->lines);
		h->spare[h->spares++] = number;
	}
	return EV_OK;
}

void
ev_held_fini(struct ev_held *h)
{
	for (size_t i = 0; i < h->packs; i++)
		ev_buf_fini(&h->pack[i].lines);
	free(h->pack);
	free(h->spare);
	free(h->v);
	*h = (struct ev_held){ 0 };
}
