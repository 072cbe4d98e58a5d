/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "lake/bucket.h"
#include "lake/groups.h"
#include "lake/query.h"
#include "json/str.h"

enum kind { TYPE, DAY, HOUR, MEMBER };

struct count {
	struct ev_lake *l;
	const struct ev_count_args *args;
	struct {
		enum kind kind;
		uint32_t path; /* of a MEMBER */
	} by[EV_BYS];
	struct ev_groups groups;
	struct ev_buf text[EV_BYS];
	bool plain; /* types and times say it all */
	/* a segment's roll-ups */
	const struct ev_seg *row;
	uint64_t sum;
};

static enum ev_code
time_text(struct ev_buf *out, int64_t ms, enum kind kind, struct ev_err *e)
{
	char text[EV_TIME], *t;

	ev_time_print(text, ms);
	t = strchr(text, 'T');
	if (t != NULL)
		t[kind == DAY ? 0 : 3] = '\0';
	return ev_buf_addf(out, e, kind == DAY ? "\"%s\"" : "\"%s:00Z\"", text);
}

/* Adds n events of this type and time; what is neither is taken from scan. */
static enum ev_code
add(struct count *c, struct ev_slice type, int64_t ms, const struct ev_scan *scan, uint64_t n,
    struct ev_err *e)
{
	struct ev_slice key[EV_BYS], text;
	struct ev_buf tmp = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc = EV_OK;

	for (size_t i = 0; rc == EV_OK && i < c->args->bys; i++) {
		const struct ev_val *v = scan != NULL ? &scan->val[c->by[i].path] : NULL;

		ev_buf_clear(&c->text[i]);
		if (c->by[i].kind == TYPE)
			rc = ev_str_encode(type, &c->text[i], e);
		else if (c->by[i].kind != MEMBER)
			rc = time_text(&c->text[i], ms, c->by[i].kind, e);
		else if (v != NULL && v->kind == EV_STRING) { /* one spelling of each text */
			if ((rc = ev_str_view(v->raw, &tmp, &text, e)) == EV_OK)
				rc = ev_str_encode(text, &c->text[i], e);
		} else if (v != NULL && v->kind != EV_ABSENT)
			rc = ev_buf_adds(&c->text[i], v->raw, e);
		key[i] = ev_buf_view(&c->text[i]);
	}
	ev_buf_fini(&tmp);
	return rc != EV_OK ? rc : ev_groups_add(&c->groups, key, c->args->bys, n, e);
}

/* Whether all of [ts0, ts1] is selected by time. */
static bool
within(const struct ev_select *s, int64_t ts0, int64_t ts1)
{
	return s == NULL ||
	    ((!s->has_since || s->since <= ts0) && (!s->has_until || ts1 < s->until));
}

/* Hours beyond what milliseconds can say begin with the first of these. */
static int64_t
hour_ms(int64_t hour)
{
	return hour < INT64_MIN / EV_HOUR ? INT64_MIN : hour * EV_HOUR;
}

static enum ev_code
sum_rollup(void *arg, int64_t hour, struct ev_slice name, uint64_t n, struct ev_err *e)
{
	struct count *c = arg;

	(void)hour;
	(void)name;
	(void)e;
	c->sum += n;
	return EV_OK;
}

static enum ev_code
add_rollup(void *arg, int64_t hour, struct ev_slice name, uint64_t n, struct ev_err *e)
{
	struct count *c = arg;
	const struct ev_select *s = c->args->select;
	int64_t from = hour_ms(hour);
	bool yes;
	enum ev_code rc;

	/* no bound cuts an hour that the segment has (see whole_hours) */
	if (s != NULL &&
	    ((s->has_since && s->since > c->row->ts0 && from < s->since) ||
		(s->has_until && s->until <= c->row->ts1 && from >= s->until)))
		return EV_OK;
	if ((rc = ev_type_wanted(c->args->select, name, &yes, e)) != EV_OK || !yes)
		return rc;
	return add(c, name, from, NULL, n, e);
}

/* Whether the bounds of time leave every hour of the segment whole. */
static bool
whole_hours(const struct ev_select *s, const struct ev_seg *row)
{
	return s == NULL ||
	    ((!s->has_since || s->since <= row->ts0 || s->since % EV_HOUR == 0) &&
		(!s->has_until || s->until > row->ts1 || s->until % EV_HOUR == 0));
}

/* The roll-ups answer for a segment when they are whole: they are no part of its file. */
static enum ev_code
on_segment(void *arg, const struct ev_seg *row, bool *done, struct ev_err *e)
{
	struct count *c = arg;
	enum ev_code rc;

	if (!c->plain || !whole_hours(c->args->select, row))
		return EV_OK;
	c->row = row;
	c->sum = 0;
	if ((rc = ev_catalog_rollups(c->l->catalog, row->seg, sum_rollup, c, e)) != EV_OK ||
	    c->sum != row->n)
		return rc;
	*done = true;
	return ev_catalog_rollups(c->l->catalog, row->seg, add_rollup, c, e);
}

/*
 * The counts per type answer for a frame that no bound of time cuts, and that lies in one day or
 * hour where these are asked for.
 */
static enum ev_code
on_frame(
    void *arg, const struct ev_index *ix, const bool *match, size_t k, bool *done, struct ev_err *e)
{
	struct count *c = arg;
	const struct ev_frame *f = &ix->frame[k];
	enum ev_code rc = EV_OK;

	if (!c->plain || !within(c->args->select, f->ts0, f->ts1))
		return EV_OK;
	for (size_t i = 0; i < c->args->bys; i++)
		if (c->by[i].kind != TYPE && ev_hour_of(f->ts0) != ev_hour_of(f->ts1))
			return EV_OK;
	*done = true;
	for (size_t i = ix->first[k]; rc == EV_OK && i < ix->first[k + 1]; i++) {
		const struct ev_type_n *t = &ix->tally[i];

		if (match[t->type])
			rc = add(c, ix->type[t->type], f->ts0, NULL, t->n, e);
	}
	return rc;
}

static enum ev_code
count_events(struct count *c, struct ev_query *q, struct ev_err *e)
{
	struct ev_buf tmp = EV_BUF(SIZE_MAX / 2);
	struct ev_slice type;
	enum ev_code rc;

	while ((rc = ev_query_next(q, e)) == EV_OK)
		if ((rc = ev_str_view(q->scan.val[EV_TYPE].raw, &tmp, &type, e)) != EV_OK ||
		    (rc = add(c, type, q->ms, &q->scan, 1, e)) != EV_OK)
			break;
	ev_buf_fini(&tmp);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
read_by(struct count *c, struct ev_err *e)
{
	static const char *const names[] = { "type", "day", "hour" };
	enum ev_code rc;

	if (c->args->bys > EV_BYS)
		return ev_fail(e, EV_USAGE, "--by is given %zu times; at most %d were wanted",
		    c->args->bys, EV_BYS);
	c->plain = c->args->plain;
	for (size_t i = 0; i < c->args->bys; i++) {
		const char *by = c->args->by[i];

		c->by[i].kind = TYPE;
		while (c->by[i].kind < MEMBER && strcmp(by, names[c->by[i].kind]) != 0)
			c->by[i].kind++;
		if (c->by[i].kind < MEMBER)
			continue;
		c->plain = false;
		if (strstr(by, "[*]") != NULL)
			return ev_fail(
			    e, EV_USAGE, "--by %s: a path with [*] names more than one value", by);
		if (strcmp(by, "key") == 0)
			by = ev_member_name[EV_KEY];
		if ((rc = ev_paths_add(c->args->paths, ev_slice_str(by), &c->by[i].path, e)) !=
		    EV_OK) {
			ev_err_name(e, "--by");
			return rc;
		}
	}
	return EV_OK;
}

enum ev_code
ev_lake_count(
    struct ev_lake *l, const struct ev_count_args *args, struct ev_counts *out, struct ev_err *e)
{
	struct count c = { .l = l, .args = args };
	const struct ev_query_hooks hooks = { on_segment, on_frame, &c };
	struct ev_query q;
	enum ev_code rc;

	*out = (struct ev_counts){ 0 };
	for (size_t i = 0; i < EV_BYS; i++)
		c.text[i] = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	if ((rc = read_by(&c, e)) != EV_OK)
		return rc;
	const struct ev_query_args qa = {
		.select = args->select, .paths = args->paths, .trust = args->trust, .isa = args->isa
	};
	if ((rc = ev_query_open_with(&q, l, &qa, &hooks, e)) == EV_OK) {
		rc = count_events(&c, &q, e);
		out->frames = q.frames;
		ev_query_close(&q);
	}
	for (size_t i = 0; i < EV_BYS; i++)
		ev_buf_fini(&c.text[i]);
	if (rc != EV_OK) {
		ev_groups_fini(&c.groups);
		return rc;
	}
	ev_groups_sort(&c.groups, args->bys);
	out->group = c.groups.v;
	out->groups = c.groups.n;
	free(c.groups.slot);
	return EV_OK;
}

void
ev_counts_fini(struct ev_counts *c)
{
	struct ev_groups g = { .v = c->group, .n = c->groups };

	ev_groups_fini(&g);
	*c = (struct ev_counts){ 0 };
}
