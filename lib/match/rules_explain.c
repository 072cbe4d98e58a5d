/* SPDX-License-Identifier: MIT */
/* Why a rule meets an event or does not: each condition by its plain definition. */
#include "event/event.h"
#include "match/explain.h"
#include "match/rules_read.h"

enum { TEXT = 64 << 20 }; /* of what a pattern's explanation says */

struct look {
	const struct ev_rule_work *w;
	const struct ev_scan *scan;
	struct ev_slice line;
	struct ev_rule_verdict *v;
	struct ev_err *e;
};

static enum ev_code
check_type(struct look *l, bool *yes)
{
	const struct ev_val *type = &l->scan->val[EV_TYPE];
	struct ev_types set = l->w->set;
	enum ev_code rc;

	*yes = true;
	if (l->w->n_type == 0)
		return EV_OK;
	set.tmp = (struct ev_buf){ 0 }; /* ours */
	rc = ev_types_match(&set, type, yes, l->e);
	ev_buf_fini(&set.tmp);
	l->v->path = EV_LIT("type");
	l->v->wanted = l->w->types;
	l->v->found = type->raw;
	return rc;
}

/* A copy in v->text, which has room for it. */
static enum ev_code
keep(struct look *l, struct ev_slice text, struct ev_slice *copy)
{
	size_t from = l->v->text.n;
	enum ev_code rc = ev_buf_adds(&l->v->text, text, l->e);

	*copy = (struct ev_slice){ ev_buf_str(&l->v->text) + from, text.n };
	return rc;
}

/* The first condition that was not met. */
static enum ev_code
keep_failure(struct look *l, const struct ev_explanation *x)
{
	const struct ev_condition *c = x->condition;
	struct ev_rule_verdict *v = l->v;
	enum ev_code rc;
	size_t i;

	for (i = 0; i < x->n && c[i].met; i++)
		;
	if (i == x->n) /* each one is, but not by the same elements */
		return keep(l, EV_LIT("each field is met, but not all by the same array elements"),
		    &v->why);
	rc = ev_buf_reserve(&v->text, c[i].path.n + c[i].wanted.n + c[i].found.n + c[i].by.n, l->e);
	if (rc != EV_OK || (rc = keep(l, c[i].path, &v->path)) != EV_OK ||
	    (rc = keep(l, c[i].wanted, &v->wanted)) != EV_OK ||
	    (rc = keep(l, c[i].found, &v->found)) != EV_OK)
		return rc;
	return keep(l, c[i].by, &v->why);
}

/* A pattern over the event, or over one of its members. */
static enum ev_code
check(struct look *l, const char *member, struct ev_slice pattern, bool *yes)
{
	struct ev_buf all = EV_BUF(pattern.n + 32);
	struct ev_explanation x = { 0 };
	enum ev_code rc = EV_OK;

	*yes = true;
	if (pattern.n == 0)
		return EV_OK;
	if (member != NULL) {
		rc = ev_buf_addf(&all, l->e, "{\"%s\":", member);
		if (rc == EV_OK && (rc = ev_buf_adds(&all, pattern, l->e)) == EV_OK)
			rc = ev_buf_addc(&all, '}', l->e);
		pattern = ev_buf_view(&all);
	}
	if (rc == EV_OK && (rc = ev_explain(&x, pattern, l->line, l->e)) == EV_OK) {
		*yes = x.match;
		if (!*yes)
			rc = keep_failure(l, &x);
		ev_explanation_fini(&x);
	}
	ev_buf_fini(&all);
	return rc;
}

static enum ev_code
check_pattern(struct look *l, bool *yes)
{
	return check(l, NULL, l->w->pattern, yes);
}

static enum ev_code
check_policy(struct look *l, bool *yes)
{
	return check(l, l->w->body ? NULL : "tags", l->w->policy, yes);
}

static enum ev_code
check_where(struct look *l, bool *yes)
{
	const struct ev_rule_work *w = l->w;
	struct ev_buf tmp = { 0 };
	enum ev_code rc = EV_OK;
	size_t i;

	*yes = true;
	for (i = 0; rc == EV_OK && i < w->conditions; i++)
		if ((rc = ev_where_match(&w->condition[i], l->scan, &tmp, yes, l->e)) == EV_OK &&
		    !*yes) {
			const struct ev_val *found = &l->scan->val[w->condition[i].path];

			l->v->wanted = (struct ev_slice){ w->expr[i].p + 1, w->expr[i].n - 2 };
			l->v->found = found->raw;
			break;
		}
	ev_buf_fini(&tmp);
	return rc;
}

static enum ev_code
check_binding(struct look *l, bool *yes)
{
	const struct ev_binding *b = &l->w->bind;
	const struct ev_val *type = &l->scan->val[EV_TYPE];
	struct ev_buf tmp = { 0 };
	enum ev_code rc;

	if (b->exchange == EV_HEADERS)
		return check(l, "tags", ev_buf_view(&b->headers), yes);
	rc = ev_binding_match(b, type, &tmp, yes, l->e);
	ev_buf_fini(&tmp);
	l->v->path = EV_LIT("type");
	l->v->wanted = b->key_raw;
	l->v->found = type->raw;
	return rc;
}

static enum ev_code
check_size(struct look *l, bool *yes)
{
	struct ev_rule_verdict *v = l->v;
	enum ev_code rc;

	*yes = l->line.n >= l->w->min && l->line.n <= l->w->max;
	if (*yes)
		return EV_OK;
	v->wanted = l->w->size;
	rc = ev_buf_addf(&v->text, l->e, "%zu", l->line.n);
	v->found = ev_buf_view(&v->text);
	return rc;
}

static const struct {
	const char *condition;
	enum ev_code (*check)(struct look *l, bool *yes);
} checks[] = {
	{ "eventType", check_type },
	{ "pattern", check_pattern },
	{ "where", check_where },
	{ "binding", check_binding },
	{ "policy", check_policy },
	{ "size", check_size },
};

enum ev_code
ev_rule_explain(const struct ev_rule *rule, const struct ev_scan *plain, struct ev_slice line,
    struct ev_rule_verdict *v, struct ev_err *e)
{
	struct look l = { rule->work, plain, line, v, e };
	enum ev_code rc = EV_OK;
	bool yes = true;
	size_t i;

	*v = (struct ev_rule_verdict){ .text = EV_BUF(TEXT) };
	for (i = 0; rc == EV_OK && yes && i < sizeof(checks) / sizeof(*checks); i++) {
		v->path = v->wanted = v->found = v->why = EV_LIT("");
		rc = checks[i].check(&l, &yes);
		v->condition = checks[i].condition;
	}
	v->met = yes;
	if (yes) {
		v->condition = NULL;
		v->path = v->wanted = v->found = v->why = EV_LIT("");
	}
	return rc;
}

void
ev_rule_verdict_fini(struct ev_rule_verdict *v)
{
	ev_buf_fini(&v->text);
	*v = (struct ev_rule_verdict){ 0 };
}
