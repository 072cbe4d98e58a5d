/* SPDX-License-Identifier: MIT */
#include "lake/rollup.h"

#include <stdlib.h>

static size_t
slot_of(const struct ev_rolls *r, int64_t hour, uint32_t type)
{
	uint64_t h =
	    ((uint64_t)hour * 0x9E3779B97F4A7C15u) ^ ((uint64_t)type * 0xC2B2AE3D27D4EB4Fu);
	size_t i = (h ^ h >> 29) & (r->slots - 1);

	while (r->slot[i] != 0 &&
	    (r->v[r->slot[i] - 1].hour != hour || r->v[r->slot[i] - 1].type != type))
		i = (i + 1) & (r->slots - 1);
	return i;
}

static enum ev_code
grow(struct ev_rolls *r, struct ev_err *e)
{
	size_t cap = r->cap == 0 ? 64 : 2 * r->cap;
	struct ev_rollup *v = realloc(r->v, cap * sizeof(*v));
	uint32_t *slot = calloc(2 * cap, sizeof(*slot));

	if (v != NULL)
		r->v = v;
	if (v == NULL || slot == NULL) {
		free(slot);
		return ev_fail_mem(e);
	}
	free(r->slot);
	r->slot = slot;
	r->slots = 2 * cap;
	r->cap = cap;
	for (size_t i = 0; i < r->n; i++)
		r->slot[slot_of(r, r->v[i].hour, r->v[i].type)] = (uint32_t)i + 1;
	return EV_OK;
}

enum ev_code
ev_rolls_add(struct ev_rolls *r, int64_t hour, uint32_t type, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	if (r->n == r->cap && (rc = grow(r, e)) != EV_OK)
		return rc;
	i = slot_of(r, hour, type);
	if (r->slot[i] == 0) {
		r->v[r->n] = (struct ev_rollup){ .hour = hour, .type = type };
		r->slot[i] = (uint32_t)++r->n;
	}
	r->v[r->slot[i] - 1].n++;
	return EV_OK;
}

void
ev_rolls_fini(struct ev_rolls *r)
{
	free(r->v);
	free(r->slot);
	*r = (struct ev_rolls){ 0 };
}
