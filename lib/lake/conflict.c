/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/time.h"
#include "lake/seal.h"

/* What is wrong with an event whose id is taken. *line: borrowed until the next call on c. */
static enum ev_code
describe(struct ev_compare *c, uint32_t entry, struct ev_slice *line, struct ev_err *why,
    struct ev_err *e)
{
	const struct ev_entry *en = &c->b->entry[entry];
	char when[EV_TIME];
	enum ev_code rc;

	ev_buf_clear(&c->id);
	if ((rc = ev_compare_mine(c, entry, line, e)) != EV_OK ||
	    (rc = ev_compare_id(c, *line, &c->id, e)) != EV_OK)
		return rc;
	ev_time_print(when, en->ms);
	ev_fail(why, EV_DATA, "id %.*s of %s is there already, with other bytes",
	    c->id.n < 80 ? (int)c->id.n : 80, ev_buf_str(&c->id), when);
	if (en->name > 0)
		ev_err_name(why, c->b->name[en->name]);
	if (en->line > 0)
		ev_err_place(why, en->line, *line, (size_t)(c->scan.val[EV_ID].raw.p - c->one.p));
	return EV_OK;
}

static int
ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The batch ends before this entry. */
static void
cut(struct ev_batch *b, size_t entry)
{
	b->cut = entry;
	for (size_t k = entry; k < b->n; k++)
		b->entry[k].drop = 1;
}

/* In order of arrival, as if each had been met when it came. */
enum ev_code
ev_settle_conflicts(struct ev_put *p, struct ev_compare *c, struct ev_err *held, struct ev_err *e)
{
	const struct ev_put_args *args = &p->args;
	enum ev_code rc = EV_OK;

	if (c->conflicts > 0)
		qsort(c->conflict, c->conflicts, sizeof(*c->conflict), ascending);
	for (size_t i = 0; rc == EV_OK && i < c->conflicts && c->conflict[i] < c->b->cut; i++) {
		struct ev_err why = { 0 };
		struct ev_slice line;

		if ((rc = describe(c, c->conflict[i], &line, &why, e)) != EV_OK)
			return rc;
		rc = args->conflict != NULL ? args->conflict(args->arg, line, &why) : EV_DATA;
		if (rc == EV_OK) {
			p->conflicts++;
		} else if (rc == EV_DATA) {
			*held = why;
			cut(c->b, c->conflict[i]);
			rc = EV_OK;
		} else if (e != NULL && e->code == EV_OK) {
			*e = why;
		}
	}
	return rc;
}
