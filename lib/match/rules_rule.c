/* SPDX-License-Identifier: MIT */
/* One rule of the file: its members, its conditions. */
#include <stdlib.h>

#include "base/time.h"
#include "event/event.h"
#include "json/iter.h"
#include "json/str.h"
#include "match/rules_read.h"

typedef enum ev_code reader(struct ev_rules_reader *rd, const struct ev_val *v);

/* Read before anything else, so that all messages can name the rule. */
static enum ev_code
find_id(struct ev_rules_reader *rd, const struct ev_val *object)
{
	struct ev_iter it = ev_iter_view(object->raw);
	struct ev_slice key;
	struct ev_val v;

	while (object->kind == EV_OBJECT && ev_iter_next(&it, &key, &v))
		if (ev_str_eq(key, EV_LIT("id")))
			return ev_rules_string(rd, "id", &v, &rd->rule->id);
	return EV_OK;
}

static enum ev_code
read_id(struct ev_rules_reader *rd, const struct ev_val *v)
{
	return rd->rule->id != NULL ? EV_OK : ev_rules_refuse(rd, v->raw.p, "no id");
}

static enum ev_code
read_description(struct ev_rules_reader *rd, const struct ev_val *v)
{
	struct ev_buf text = EV_BUF(v->raw.n);
	enum ev_code rc;

	if (v->kind != EV_STRING)
		return ev_rules_wanted(rd, "description", v, "a string");
	if ((rc = ev_buf_adds(&text, EV_LIT(""), rd->e)) == EV_OK &&
	    (rc = ev_str_decode(v->raw, &text, rd->e)) == EV_OK) {
		rd->rule->description = text.p;
		return EV_OK;
	}
	ev_buf_fini(&text);
	return rc;
}

static enum ev_code
read_enabled(struct ev_rules_reader *rd, const struct ev_val *v)
{
	return ev_rules_bool(rd, "enabled", v, &rd->rule->enabled);
}

static enum ev_code
read_stop(struct ev_rules_reader *rd, const struct ev_val *v)
{
	return ev_rules_bool(rd, "stop", v, &rd->rule->stop);
}

static enum ev_code
read_priority(struct ev_rules_reader *rd, const struct ev_val *v)
{
	return ev_rules_int(rd, "priority", v, INT64_MIN, INT64_MAX, &rd->rule->priority);
}

static enum ev_code
add_type(struct ev_rules_reader *rd, const struct ev_val *v)
{
	struct ev_rule_work *w = rd->rule->work;
	char **type = realloc(w->type, (w->n_type + 1) * sizeof(*type));
	struct ev_err why = { 0 };
	const char *warn;
	enum ev_code rc;

	if (type == NULL)
		return ev_fail_mem(rd->e);
	w->type = type;
	if ((rc = ev_rules_string(rd, "eventType", v, &type[w->n_type])) != EV_OK)
		return rc;
	rc = ev_types_add(&w->set, type[w->n_type++], &warn, &why);
	if (rc != EV_OK)
		return ev_rules_relay(rd, "eventType", v->raw, true, &why);
	if (warn != NULL)
		ev_rules_warn(rd, v->raw.p, "eventType: %s", warn);
	w->loose |= *type[w->n_type - 1] != '/' && strchr(type[w->n_type - 1], '?') != NULL;
	return EV_OK;
}

static enum ev_code
read_types(struct ev_rules_reader *rd, const struct ev_val *v)
{
	struct ev_rules_list l = { .v = *v };
	enum ev_code rc;
	bool more;

	rd->rule->work->types = v->raw;
	while ((rc = ev_rules_list_next(rd, "eventType", &l, &more)) == EV_OK && more)
		if ((rc = add_type(rd, &l.v)) != EV_OK)
			break;
	return rc;
}

/* Whether an object is a pattern; the engine gets it later, together with other conditions. */
static enum ev_code
check_pattern(struct ev_rules_reader *rd, const char *member, struct ev_slice raw)
{
	struct ev_match alone = { 0 };
	struct ev_err why = { 0 };
	enum ev_code rc = ev_match_add(&alone, raw, 0, &why);

	ev_match_fini(&alone);
	return rc == EV_OK ? rc : ev_rules_relay(rd, member, raw, false, &why);
}

static enum ev_code
read_pattern(struct ev_rules_reader *rd, const struct ev_val *v)
{
	rd->rule->work->pattern = v->raw;
	return check_pattern(rd, "pattern", v->raw);
}

static enum ev_code
read_policy(struct ev_rules_reader *rd, const struct ev_val *v)
{
	rd->rule->work->policy = v->raw;
	return check_pattern(rd, "policy", v->raw);
}

static enum ev_code
read_scope(struct ev_rules_reader *rd, const struct ev_val *v)
{
	struct ev_rule_work *w = rd->rule->work;

	if (w->policy.n == 0)
		return ev_rules_refuse(rd, v->raw.p, "policyScope: there is no policy");
	if (v->kind != EV_STRING)
		return ev_rules_wanted(rd, "policyScope", v, "a string");
	w->body = ev_str_eq(v->raw, EV_LIT("MessageBody"));
	if (w->body || ev_str_eq(v->raw, EV_LIT("MessageAttributes")))
		return EV_OK;
	return ev_rules_refuse(rd, v->raw.p,
	    "policyScope: found %.*s, wanted \"MessageAttributes\" or \"MessageBody\"",
	    v->raw.n > 40 ? 40 : EV_FMT(v->raw));
}

/* Room for one more of both vectors. */
static enum ev_code
grow_conditions(struct ev_rule_work *w, struct ev_err *e)
{
	struct ev_where *condition =
	    realloc(w->condition, (w->conditions + 1) * sizeof(*condition));
	struct ev_slice *expr;

	if (condition == NULL)
		return ev_fail_mem(e);
	w->condition = condition;
	expr = realloc(w->expr, (w->conditions + 1) * sizeof(*expr));
	if (expr == NULL)
		return ev_fail_mem(e);
	w->expr = expr;
	return EV_OK;
}

static enum ev_code
add_where(struct ev_rules_reader *rd, const struct ev_val *v)
{
	struct ev_rule_work *w = rd->rule->work;
	struct ev_err why = { 0 };
	char *expr = NULL;
	enum ev_code rc;

	if ((rc = grow_conditions(w, rd->e)) != EV_OK ||
	    (rc = ev_rules_string(rd, "where", v, &expr)) != EV_OK)
		return rc;
	rc = ev_where_init(&w->condition[w->conditions], ev_slice_str(expr), &rd->r->set, &why);
	free(expr);
	if (rc != EV_OK)
		return ev_rules_relay(rd, "where", v->raw, true, &why);
	w->expr[w->conditions++] = v->raw;
	return EV_OK;
}

static enum ev_code
read_where(struct ev_rules_reader *rd, const struct ev_val *v)
{
	struct ev_rules_list l = { .v = *v };
	enum ev_code rc;
	bool more;

	rd->rule->work->where = v->raw;
	while ((rc = ev_rules_list_next(rd, "where", &l, &more)) == EV_OK && more)
		if ((rc = add_where(rd, &l.v)) != EV_OK)
			break;
	return rc;
}

static enum ev_code
read_binding(struct ev_rules_reader *rd, const struct ev_val *v)
{
	rd->rule->work->binding = v->raw;
	return ev_binding_read(rd, &rd->rule->work->bind, v);
}

/* A number of bytes, or a text such as "64K". */
static enum ev_code
read_bytes(struct ev_rules_reader *rd, const struct ev_val *v, uint64_t *bytes)
{
	struct ev_err why = { 0 };
	char *text = NULL;
	enum ev_code rc;
	int64_t n;

	if (v->kind == EV_ABSENT)
		return EV_OK;
	if (v->kind != EV_STRING) {
		rc = ev_rules_int(rd, "size", v, 0, INT64_MAX, &n);
		*bytes = rc == EV_OK ? (uint64_t)n : 0;
		return rc;
	}
	if ((rc = ev_rules_string(rd, "size", v, &text)) != EV_OK)
		return rc;
	rc = ev_size_parse(ev_slice_str(text), bytes, &why);
	free(text);
	return rc == EV_OK ? rc : ev_rules_relay(rd, "size", v->raw, true, &why);
}

static enum ev_code
read_size(struct ev_rules_reader *rd, const struct ev_val *v)
{
	static const char *const names[] = { "min", "max" };
	struct ev_rule_work *w = rd->rule->work;
	struct ev_val m[2];
	enum ev_code rc;

	w->size = v->raw;
	if ((rc = ev_rules_members(rd, "size", v, names, 2, m)) != EV_OK ||
	    (rc = read_bytes(rd, &m[0], &w->min)) != EV_OK ||
	    (rc = read_bytes(rd, &m[1], &w->max)) != EV_OK)
		return rc;
	if (m[0].kind == EV_ABSENT && m[1].kind == EV_ABSENT)
		return ev_rules_refuse(rd, v->raw.p, "size: found neither min nor max");
	if (w->min > w->max)
		return ev_rules_refuse(rd, m[0].raw.p, "size: min is greater than max");
	return EV_OK;
}

/* In the order in which they are read; those of struct ev_rule_to_member's order come last. */
static const struct {
	const char *name;
	reader *read; /* NULL: by ev_rule_read_to */
	bool always;  /* also when it is missing */
} members[] = {
	{ "id", read_id, true },
	{ "description", read_description, false },
	{ "enabled", read_enabled, false },
	{ "priority", read_priority, false },
	{ "stop", read_stop, false },
	{ "eventType", read_types, false },
	{ "pattern", read_pattern, false },
	{ "where", read_where, false },
	{ "binding", read_binding, false },
	{ "policy", read_policy, false },
	{ "policyScope", read_scope, false },
	{ "size", read_size, false },
	{ "shards", NULL, false },
	{ "partitionKey", NULL, false },
	{ "retry", NULL, false },
	{ "dlq", NULL, false },
	{ "input", NULL, false },
	{ "to", NULL, false },
};

enum { MEMBERS = sizeof(members) / sizeof(*members), OWN = MEMBERS - EV_TO_MEMBERS };

enum ev_code
ev_rule_read(struct ev_rules_reader *rd, const struct ev_val *object)
{
	const char *names[MEMBERS];
	struct ev_val v[MEMBERS];
	enum ev_code rc;
	size_t i;

	for (i = 0; i < MEMBERS; i++)
		names[i] = members[i].name;
	rd->rule->enabled = true;
	rd->rule->off = (size_t)(object->raw.p - rd->text.p);
	rd->rule->work->max = UINT64_MAX;
	if ((rc = find_id(rd, object)) != EV_OK ||
	    (rc = ev_rules_members(rd, NULL, object, names, MEMBERS, v)) != EV_OK)
		return rc;
	for (i = 0; i < OWN && rc == EV_OK; i++)
		if (v[i].kind != EV_ABSENT || members[i].always)
			rc = members[i].read(rd, &v[i]);
	return rc == EV_OK ? ev_rule_read_to(rd, v + OWN) : rc;
}

/* The engine knows that some leaf at `type` meets the types; a list of types is no type. */
static enum ev_code
type_holds(struct ev_rule_work *w, const struct ev_val *type, struct ev_buf *tmp, bool *yes,
    struct ev_err *e)
{
	struct ev_types set = w->set;
	enum ev_code rc;

	*yes = type->kind == EV_STRING;
	if (!w->loose || !*yes)
		return EV_OK;
	set.tmp = *tmp; /* the thread's own */
	rc = ev_types_match(&set, type, yes, e);
	*tmp = set.tmp;
	return rc;
}

enum ev_code
ev_rule_holds(const struct ev_rule *rule, const struct ev_scan *scan, struct ev_slice line,
    struct ev_buf *tmp, bool *yes, struct ev_err *e)
{
	struct ev_rule_work *w = rule->work;
	enum ev_code rc = EV_OK;
	size_t i;

	*yes = line.n >= w->min && line.n <= w->max;
	if (*yes && w->n_type > 0)
		rc = type_holds(w, &scan->val[EV_TYPE], tmp, yes, e);
	if (rc == EV_OK && *yes && w->bind.key != NULL)
		rc = ev_binding_match(&w->bind, &scan->val[EV_TYPE], tmp, yes, e);
	for (i = 0; rc == EV_OK && *yes && i < w->conditions; i++)
		rc = ev_where_match(&w->condition[i], scan, tmp, yes, e);
	return rc;
}

void
ev_rule_fini(struct ev_rule *rule)
{
	struct ev_rule_work *w = rule->work;

	free(rule->id);
	free(rule->description);
	while (rule->tos > 0)
		ev_rule_to_fini(&rule->to[--rule->tos]);
	free(rule->to);
	if (w != NULL) {
		ev_types_fini(&w->set);
		while (w->n_type > 0)
			free(w->type[--w->n_type]);
		while (w->conditions > 0)
			ev_where_fini(&w->condition[--w->conditions]);
		free(w->type);
		free(w->condition);
		free(w->expr);
		ev_binding_fini(&w->bind);
	}
	free(w);
	*rule = (struct ev_rule){ 0 };
}
