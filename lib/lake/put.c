/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/time.h"
#include "lake/batch.h"

enum { MAX_TYPE = 65536 };
#define MAX_LINE ((size_t)1 << 30)

/* What is unescaped where that needs memory. */
struct put_work {
	struct ev_batch batch; /* first: ev_put.batch */
	struct ev_buf id, type;
};

enum ev_code
ev_put_open(struct ev_put *p, struct ev_lake *l, const struct ev_put_args *args, struct ev_err *e)
{
	struct put_work *w = calloc(1, sizeof(*w));

	*p = (struct ev_put){ .lake = l };
	if (w == NULL)
		return ev_fail_mem(e);
	if (args != NULL)
		p->args = *args;
	ev_batch_init(&w->batch, l);
	w->id = w->type = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	p->batch = &w->batch;
	return EV_OK;
}

static enum ev_code
check_sizes(const struct ev_event *ev, struct ev_err *e)
{
	if (ev->line.n >= MAX_LINE)
		return ev_fail(e, EV_DATA, "an event of %zu bytes; a lake keeps less than %zu",
		    ev->line.n, MAX_LINE);
	if (ev->member[EV_TYPE].raw.n > MAX_TYPE)
		return ev_fail(e, EV_DATA, "type has %zu bytes; a lake keeps at most %d",
		    ev->member[EV_TYPE].raw.n, MAX_TYPE);
	return EV_OK;
}

enum ev_code
ev_put_add(struct ev_put *p, const struct ev_event *ev, const char *name, unsigned long line,
    struct ev_err *e)
{
	struct put_work *w = (struct put_work *)(void *)p->batch;
	struct ev_batch_line l = { .line = ev->line, .name = name, .no = line };
	enum ev_code rc;

	if ((rc = ev_event_check(ev, &l.ms, e)) != EV_OK || (rc = check_sizes(ev, e)) != EV_OK ||
	    (rc = ev_batch_read(&l, ev->member, &w->id, &w->type, e)) != EV_OK)
		return rc;
	if (w->batch.full)
		return ev_fail(e, EV_SYS, "the batch is full and was not sealed");
	if ((rc = ev_batch_add(&w->batch, &l, e)) == EV_OK)
		p->taken++;
	return rc;
}

bool
ev_put_due(const struct ev_put *p)
{
	const struct ev_batch *b = p->batch;

	if (b->n == 0)
		return false;
	return b->full || (p->args.seal_bytes > 0 && b->raw >= p->args.seal_bytes) ||
	    b->raw >= p->lake->segment || (p->args.seal_ms > 0 && ev_put_nap(p) == 1);
}

int
ev_put_nap(const struct ev_put *p)
{
	int64_t left;

	if (p->args.seal_ms <= 0 || p->batch->n == 0)
		return 0;
	left = p->args.seal_ms - (int64_t)((ev_mono() - p->batch->since) / 1000000);
	return left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : (int)left;
}

void
ev_put_close(struct ev_put *p)
{
	struct put_work *w = (struct put_work *)(void *)p->batch;

	if (w == NULL)
		return;
	ev_batch_fini(&w->batch);
	ev_buf_fini(&w->id);
	ev_buf_fini(&w->type);
	free(w);
	p->batch = NULL;
}
