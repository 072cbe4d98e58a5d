/* SPDX-License-Identifier: MIT */
#include "work/job.h"

#include <stdlib.h>

#include "base/time.h"

static enum ev_code
grow(struct ev_job *j, size_t n, struct ev_err *e)
{
	unsigned char *state;
	size_t *list;

	if (n <= j->cap)
		return EV_OK;
	state = realloc(j->state, n);
	if (state == NULL)
		return ev_fail_mem(e);
	j->state = state;
	list = realloc(j->list, n * sizeof(*list));
	if (list == NULL)
		return ev_fail_mem(e);
	j->list = list;
	j->cap = n;
	return EV_OK;
}

enum ev_code
ev_job_take(struct ev_job *j, struct ev_micro *b, struct ev_err *e)
{
	struct ev_micro old = j->b;
	enum ev_code rc;

	if ((rc = grow(j, b->n, e)) != EV_OK)
		return rc;
	if (b->n > 0)
		memset(j->state, EV_WAITS, b->n);
	j->b = *b;
	b->bytes = old.bytes;
	b->item = old.item;
	b->cap = old.cap;
	ev_micro_clear(b);
	j->since = ev_mono();
	j->attempt = j->barrier = 0;
	j->trouble = j->given_up = false;
	ev_job_renew(j);
	return EV_OK;
}

/* Makes one part of the items in that state; false: there are none. */
static bool
gather(struct ev_job *j, enum ev_item_state state)
{
	size_t n = 0, i;

	for (i = 0; i < j->b.n; i++)
		if (j->state[i] == state)
			j->list[n++] = i;
	if (n > 0)
		j->part[j->parts++] = (struct ev_part){ 0, n, false };
	return n > 0;
}

void
ev_job_renew(struct ev_job *j)
{
	j->parts = 0;
	if (!gather(j, EV_FAILED))
		(void)gather(j, EV_WAITS);
}

const struct ev_part *
ev_job_next(struct ev_job *j)
{
	struct ev_part *top;

	if (j->parts == 0)
		ev_job_renew(j);
	if (j->parts == 0)
		return NULL;
	for (;;) {
		top = &j->part[j->parts - 1];
		if (!top->guilty || top->to - top->from == 1)
			return top;
		ev_job_halve(j);
	}
}

enum ev_code
ev_job_lines(const struct ev_job *j, const struct ev_part *p, struct ev_buf *buf,
    struct ev_slice *lines, struct ev_err *e)
{
	size_t first = j->list[p->from], last = j->list[p->to - 1], i;
	const struct ev_item_at *item = j->b.item;
	enum ev_code rc = EV_OK;

	if (last - first == p->to - 1 - p->from) { /* side by side */
		*lines = (struct ev_slice){ j->b.bytes.p + item[first].off,
			item[last].off + item[last].n + 1 - item[first].off };
		return EV_OK;
	}
	ev_buf_clear(buf);
	for (i = p->from; i < p->to && rc == EV_OK; i++)
		rc =
		    ev_buf_add(buf, j->b.bytes.p + item[j->list[i]].off, item[j->list[i]].n + 1, e);
	*lines = ev_buf_view(buf);
	return rc;
}

void
ev_job_passed(struct ev_job *j)
{
	const struct ev_part *p = &j->part[--j->parts];
	size_t i;

	for (i = p->from; i < p->to; i++)
		j->state[j->list[i]] = EV_PASSED;
}

/* The last part holds poison, which is all that is known of the parents of those below it. */
static void
acquit(struct ev_job *j)
{
	if (j->parts > 1)
		j->part[j->parts - 2].guilty = false;
}

void
ev_job_faulted(struct ev_job *j)
{
	acquit(j);
	ev_job_passed(j);
}

void
ev_job_halve(struct ev_job *j)
{
	struct ev_part whole = j->part[j->parts - 1];
	size_t middle = whole.from + (whole.to - whole.from) / 2;

	acquit(j);
	j->parts--;
	j->part[j->parts++] = (struct ev_part){ middle, whole.to, true };
	j->part[j->parts++] = (struct ev_part){ whole.from, middle, false };
}

void
ev_job_fini(struct ev_job *j)
{
	ev_micro_fini(&j->b);
	free(j->state);
	free(j->list);
	*j = (struct ev_job){ 0 };
}
