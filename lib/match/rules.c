/* SPDX-License-Identifier: MIT */
/* The rules file as a whole. */
#include "match/rules.h"

#include <stdlib.h>

#include "event/event.h"
#include "json/iter.h"
#include "json/str.h"
#include "match/rules_read.h"

/* Room for one more rule; the new one is empty and counts. */
static enum ev_code
add_rule(struct ev_rules *r, struct ev_err *e)
{
	struct ev_rule *v = r->rule;

	if ((r->n & (r->n - 1)) == 0) /* a power of two, or 0: full */
		v = realloc(v, (r->n == 0 ? 1 : 2 * r->n) * sizeof(*v));
	if (v == NULL)
		return ev_fail_mem(e);
	r->rule = v;
	v[r->n] = (struct ev_rule){ .work = calloc(1, sizeof(*v->work)) };
	if (v[r->n].work == NULL)
		return ev_fail_mem(e);
	v[r->n].work->order = r->n;
	r->n++;
	return EV_OK;
}

static enum ev_code
read_rules(struct ev_rules_reader *rd, const struct ev_val *list)
{
	struct ev_iter it = ev_iter_view(list->raw);
	struct ev_slice none;
	struct ev_val v;
	enum ev_code rc = EV_OK;

	if (list->kind != EV_ARRAY)
		return ev_rules_wanted(rd, "rules", list, "a list of rules");
	while (rc == EV_OK && ev_iter_next(&it, &none, &v)) {
		if ((rc = add_rule(rd->r, rd->e)) != EV_OK)
			break;
		rd->rule = &rd->r->rule[rd->r->n - 1];
		if ((rc = ev_rule_read(rd, &v)) == EV_OK)
			rc = ev_rule_compile(rd);
		if (rc == EV_OK)
			ev_rule_check(rd);
	}
	rd->rule = NULL;
	return rc;
}

enum { RULES, DESCRIPTION, SCHEMA, SEPARATOR, RETRY, DLQ, MEMBERS };

static const char *const members[MEMBERS] = { "rules", "description", "$schema", "separator",
	"retry", "dlq" };

/* What holds for all rules. */
static enum ev_code
read_defaults(struct ev_rules_reader *rd, const struct ev_val v[MEMBERS])
{
	size_t i;

	for (i = DESCRIPTION; i < MEMBERS; i++)
		if (v[i].kind != EV_ABSENT && v[i].kind != EV_STRING && i != RETRY)
			return ev_rules_wanted(rd, members[i], &v[i], "a string");
	rd->dlq = v[DLQ];
	if (v[SEPARATOR].kind != EV_ABSENT) {
		rd->dash = ev_str_eq(v[SEPARATOR].raw, EV_LIT("-"));
		if (!rd->dash && !ev_str_eq(v[SEPARATOR].raw, EV_LIT(".")))
			return ev_rules_refuse(rd, v[SEPARATOR].raw.p,
			    "separator: found %.*s, wanted \".\" or \"-\"",
			    v[SEPARATOR].raw.n > 40 ? 40 : EV_FMT(v[SEPARATOR].raw));
	}
	return v[RETRY].kind != EV_ABSENT ? ev_rule_read_retry(rd, &v[RETRY], &rd->retry) : EV_OK;
}

static enum ev_code
read_file(struct ev_rules_reader *rd, const struct ev_val *all)
{
	struct ev_val v[MEMBERS];
	enum ev_code rc;

	if (all->kind != EV_OBJECT)
		return read_rules(rd, all);
	if ((rc = ev_rules_members(rd, "rules file", all, members, MEMBERS, v)) != EV_OK)
		return rc;
	if (v[RULES].kind == EV_ABSENT)
		return ev_rules_refuse(
		    rd, all->raw.p, "no rules, wanted a list of rules or {\"rules\":[…]}");
	rc = read_defaults(rd, v);
	return rc == EV_OK ? read_rules(rd, &v[RULES]) : rc;
}

static int
by_id(const void *a, const void *b)
{
	const struct ev_rule *const *x = a, *const *y = b;
	int c = strcmp((*x)->id, (*y)->id);

	return c != 0 ? c : ((*x)->off > (*y)->off) - ((*x)->off < (*y)->off);
}

static enum ev_code
check_ids(struct ev_rules_reader *rd)
{
	struct ev_rules *r = rd->r;
	struct ev_rule **v = calloc(r->n + 1, sizeof(*v));
	enum ev_code rc = EV_OK;
	size_t i;

	if (v == NULL)
		return ev_fail_mem(rd->e);
	for (i = 0; i < r->n; i++)
		v[i] = &r->rule[i];
	qsort(v, r->n, sizeof(*v), by_id);
	for (i = 1; i < r->n && rc == EV_OK; i++) {
		struct ev_err first = { 0 };

		if (strcmp(v[i - 1]->id, v[i]->id) != 0)
			continue;
		ev_err_offset(&first, rd->text, v[i - 1]->off);
		rd->rule = v[i];
		rc = ev_rules_refuse(rd, rd->text.p + v[i]->off,
		    "the same id twice; the first one is at line %lu, column %lu", first.line,
		    first.col);
	}
	free(v);
	return rc;
}

static int
by_priority(const void *a, const void *b)
{
	const struct ev_rule *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* From places in the file to places by priority. */
static enum ev_code
sort(struct ev_rules *r, struct ev_err *e)
{
	struct ev_rules_work *w = r->work;
	uint32_t *place = calloc(r->n + 1, sizeof(*place)), i;

	w->always = calloc(r->n + 1, sizeof(*w->always));
	if (place == NULL || w->always == NULL) {
		free(place);
		return ev_fail_mem(e);
	}
	if (r->n > 1)
		qsort(r->rule, r->n, sizeof(*r->rule), by_priority);
	for (i = 0; i < r->n; i++) {
		place[r->rule[i].work->order] = i;
		if (r->rule[i].enabled && r->rule[i].work->parts == 0)
			w->always[w->n_always++] = i;
	}
	for (i = 0; i < w->numbers; i++)
		w->rule_of[i] = place[w->rule_of[i]];
	free(place);
	return EV_OK;
}

static enum ev_code
load(struct ev_rules_reader *rd)
{
	struct ev_rules *r = rd->r;
	struct ev_err why = { 0 };
	struct ev_val all;
	enum ev_code rc;
	size_t off;

	r->work = calloc(1, sizeof(*r->work));
	if (r->work == NULL)
		return ev_fail_mem(rd->e);
	if (rd->text.n > EV_RULES_TEXT)
		return ev_fail(rd->e, EV_USAGE, "rules of %zu bytes, wanted at most %d", rd->text.n,
		    EV_RULES_TEXT);
	if (ev_json_check(rd->text, &off, &why) != EV_OK)
		return ev_rules_refuse(rd, rd->text.p + off, "%s", why.text);
	all.raw = ev_slice_trim(rd->text);
	all.kind = ev_kind_of(all.raw);
	if ((rc = ev_event_paths(&r->set, rd->e)) != EV_OK || (rc = read_file(rd, &all)) != EV_OK ||
	    (rc = check_ids(rd)) != EV_OK || (rc = sort(r, rd->e)) != EV_OK)
		return rc;
	ev_rules_check(rd);
	return r->work->numbers > 0 ? ev_match_build(&r->match, rd->e) : EV_OK;
}

enum ev_code
ev_rules_load(struct ev_rules *r, struct ev_buf *text,
    void (*warn)(void *arg, const struct ev_err *why), void *arg, struct ev_err *e)
{
	struct ev_err own = { 0 };
	struct ev_rules_reader rd = {
		.r = r,
		.text = ev_buf_view(text),
		.warn = warn,
		.arg = arg,
		.e = e != NULL ? e : &own,
		.retry = { EV_RETRY_ATTEMPTS, EV_RETRY_AGE },
		.dlq = { .kind = EV_ABSENT },
	};
	enum ev_code rc;

	*r = (struct ev_rules){ .text = *text };
	*text = (struct ev_buf){ .max = text->max };
	rc = load(&rd);
	if (rc != EV_OK)
		ev_rules_fini(r);
	return rc;
}

void
ev_rules_fini(struct ev_rules *r)
{
	while (r->n > 0)
		ev_rule_fini(&r->rule[--r->n]);
	free(r->rule);
	ev_match_fini(&r->match);
	ev_paths_fini(&r->set);
	if (r->work != NULL) {
		free(r->work->rule_of);
		free(r->work->always);
	}
	free(r->work);
	ev_buf_fini(&r->text);
	*r = (struct ev_rules){ 0 };
}
