/* SPDX-License-Identifier: MIT */
#include "work/batch.h"

#include <stdlib.h>

static enum ev_code
grow(struct ev_micro *b, struct ev_err *e)
{
	size_t cap = b->cap == 0 ? 64 : b->cap * 2;
	struct ev_item_at *p = realloc(b->item, cap * sizeof(*p));

	if (p == NULL)
		return ev_fail_mem(e);
	b->item = p;
	b->cap = cap;
	return EV_OK;
}

enum ev_code
ev_micro_add(struct ev_micro *b, struct ev_slice line, uint64_t seq, struct ev_err *e)
{
	size_t off = b->bytes.n;
	enum ev_code rc;

	if (b->bytes.max == 0)
		b->bytes.max = SIZE_MAX / 2; /* the caller bounds lines and their number */
	if (b->n == b->cap && (rc = grow(b, e)) != EV_OK)
		return rc;
	if ((rc = ev_buf_reserve(&b->bytes, line.n + 1, e)) != EV_OK ||
	    (rc = ev_buf_adds(&b->bytes, line, e)) != EV_OK ||
	    (rc = ev_buf_addc(&b->bytes, '\n', e)) != EV_OK)
		return rc;
	b->item[b->n++] = (struct ev_item_at){ off, line.n, seq };
	return EV_OK;
}

void
ev_micro_clear(struct ev_micro *b)
{
	ev_buf_clear(&b->bytes);
	b->n = 0;
}

void
ev_micro_fini(struct ev_micro *b)
{
	ev_buf_fini(&b->bytes);
	free(b->item);
	*b = (struct ev_micro){ 0 };
}
