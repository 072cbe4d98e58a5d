/* SPDX-License-Identifier: MIT */
#include "work/names.h"

#include <stdlib.h>

#include "base/hash.h"

/* The slot that holds name, or the empty one where it belongs. At least one is empty. */
static struct ev_name *
find(const struct ev_names *s, struct ev_slice name)
{
	size_t i = ev_xxh3(name.p, name.n) & (s->cap - 1);

	for (;; i = (i + 1) & (s->cap - 1)) {
		const struct ev_name *at = &s->slot[i];

		if (at->off == 0 ||
		    ev_slice_eq(name, (struct ev_slice){ s->text.p + at->off - 1, at->n }))
			return &s->slot[i];
	}
}

static enum ev_code
grow(struct ev_names *s, struct ev_err *e)
{
	struct ev_names old = *s;
	size_t i;

	s->cap = old.cap == 0 ? 64 : old.cap * 2;
	s->slot = calloc(s->cap, sizeof(*s->slot));
	if (s->slot == NULL) {
		*s = old;
		return ev_fail_mem(e);
	}
	for (i = 0; i < old.cap; i++)
		if (old.slot[i].off != 0)
			*find(s,
			    (struct ev_slice){ s->text.p + old.slot[i].off - 1, old.slot[i].n }) =
			    old.slot[i];
	free(old.slot);
	return EV_OK;
}

enum ev_code
ev_names_add(struct ev_names *s, struct ev_slice name, struct ev_err *e)
{
	struct ev_name *at;
	enum ev_code rc;

	s->text.max = SIZE_MAX / 2; /* of a batch, which is bounded */
	if (s->n * 2 >= s->cap && (rc = grow(s, e)) != EV_OK)
		return rc;
	at = find(s, name);
	if (at->off != 0)
		return EV_OK;
	if ((rc = ev_buf_adds(&s->text, name, e)) != EV_OK)
		return rc;
	*at = (struct ev_name){ s->text.n - name.n + 1, name.n };
	s->n++;
	return EV_OK;
}

bool
ev_names_have(const struct ev_names *s, struct ev_slice name)
{
	return s->n > 0 && find(s, name)->off != 0;
}

void
ev_names_fini(struct ev_names *s)
{
	ev_buf_fini(&s->text);
	free(s->slot);
	*s = (struct ev_names){ 0 };
}
