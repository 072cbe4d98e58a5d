/* SPDX-License-Identifier: MIT */
/* The keywords of a schema. */
#include <stdlib.h>

#include "event/schema_make.h"
#include "json/iter.h"
#include "json/num.h"
#include "json/str.h"

const char *const ev_schema_type_name[7] = { "null", "boolean", "number", "integer", "string",
	"array", "object" };

typedef enum ev_code keyword(
    struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v);

static enum ev_code
add_type(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	size_t i;

	for (i = 0;
	     v->kind == EV_STRING && i < sizeof(ev_schema_type_name) / sizeof(*ev_schema_type_name);
	     i++)
		if (ev_str_eq(v->raw, ev_slice_str(ev_schema_type_name[i]))) {
			n->types |= 1u << i;
			return EV_OK;
		}
	return ev_schema_wanted(
	    c, v, "a type: null, boolean, number, integer, string, array or object");
}

static enum ev_code
set_type(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(v->raw);
	enum ev_code rc = EV_OK;
	struct ev_slice name;
	struct ev_val one;

	if (v->kind != EV_ARRAY)
		return add_type(c, n, v);
	while (rc == EV_OK && ev_iter_next(&it, &name, &one))
		rc = add_type(c, n, &one);
	return rc == EV_OK && n->types == 0 ? ev_schema_wanted(c, v, "at least one type") : rc;
}

static enum ev_code
set_enum(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	if (v->kind != EV_ARRAY)
		return ev_schema_wanted(c, v, "an array of values");
	n->choice = v->raw;
	return EV_OK;
}

static enum ev_code
set_const(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	(void)c;
	n->constant = v->raw;
	return EV_OK;
}

static enum ev_code
set_number(struct ev_schema_job *c, struct ev_slice *where, const struct ev_val *v)
{
	if (v->kind != EV_NUMBER)
		return ev_schema_wanted(c, v, "a number");
	*where = v->raw;
	return EV_OK;
}

static enum ev_code
set_minimum(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_number(c, &n->min, v);
}

static enum ev_code
set_maximum(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_number(c, &n->max, v);
}

static enum ev_code
set_above(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_number(c, &n->above, v);
}

static enum ev_code
set_below(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_number(c, &n->below, v);
}

static enum ev_code
set_count(struct ev_schema_job *c, uint64_t *where, const struct ev_val *v)
{
	int64_t n = -1;

	if (v->kind != EV_NUMBER || !ev_num_int(v->raw, &n) || n < 0)
		return ev_schema_bad_at(
		    c, v->raw.p, ev_fail(c->e, EV_USAGE, "an integer from 0 on was wanted"));
	*where = (uint64_t)n;
	return EV_OK;
}

static enum ev_code
set_min_length(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_count(c, &n->length.from, v);
}

static enum ev_code
set_max_length(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_count(c, &n->length.to, v);
}

static enum ev_code
set_min_items(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_count(c, &n->items.from, v);
}

static enum ev_code
set_max_items(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_count(c, &n->items.to, v);
}

static enum ev_code
set_min_members(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_count(c, &n->members.from, v);
}

static enum ev_code
set_max_members(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_count(c, &n->members.to, v);
}

static enum ev_code
set_unique(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	if (v->kind != EV_TRUE && v->kind != EV_FALSE)
		return ev_schema_wanted(c, v, "a boolean");
	n->unique = v->kind == EV_TRUE;
	return EV_OK;
}

static enum ev_code
set_pattern(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	struct ev_slice text;
	enum ev_code rc;

	if (v->kind != EV_STRING)
		return ev_schema_wanted(c, v, "a regular expression");
	if ((rc = ev_str_view(v->raw, &c->tmp, &text, c->e)) != EV_OK)
		return rc;
	n->pattern = v->raw;
	n->regex = calloc(1, sizeof(*n->regex));
	if (n->regex == NULL)
		return ev_fail_mem(c->e);
	rc = ev_regex_init(n->regex, text, text, c->e);
	if (rc == EV_USAGE && c->e != NULL)
		c->e->line = c->e->col = 0; /* that place is in the pattern */
	return rc == EV_USAGE ? ev_schema_bad_at(c, v->raw.p, rc) : rc;
}

/* The entry of that name, which may be new. */
static struct ev_schema_name *
find_name(struct ev_schema_job *c, struct ev_schema_node *n, struct ev_slice name)
{
	size_t i;
	char *copy;

	for (i = 0; i < n->names; i++)
		if (ev_slice_eq(n->name[i].name, name))
			return &n->name[i];
	if (n->names == EV_SCHEMA_NAMES) {
		ev_fail(c->e, EV_USAGE, "more than %d members", EV_SCHEMA_NAMES);
		return NULL;
	}
	if (n->name == NULL)
		n->name = calloc(EV_SCHEMA_NAMES, sizeof(*n->name));
	copy = malloc(name.n + 1);
	if (n->name == NULL || copy == NULL) {
		free(copy);
		(void)ev_fail_mem(c->e);
		return NULL;
	}
	memcpy(copy, name.p, name.n);
	n->name[n->names].name = (struct ev_slice){ copy, name.n };
	return &n->name[n->names++];
}

static enum ev_code
name_failed(const struct ev_schema_job *c)
{
	return c->e != NULL && c->e->code != EV_OK ? c->e->code : EV_SYS;
}

static enum ev_code
set_properties(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_schema_name *m;
	const struct ev_schema_node *node;
	enum ev_code rc = EV_OK;
	struct ev_slice name, text;
	struct ev_val value;

	if (v->kind != EV_OBJECT)
		return ev_schema_wanted(c, v, "an object of schemas");
	while (rc == EV_OK && ev_iter_next(&it, &name, &value)) {
		if ((rc = ev_schema_node_at(c, value.raw, &node)) != EV_OK ||
		    (rc = ev_str_view(name, &c->tmp, &text, c->e)) != EV_OK)
			return rc;
		m = find_name(c, n, text);
		if (m == NULL)
			return name_failed(c);
		m->node = node;
	}
	return rc;
}

static enum ev_code
set_required(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_schema_name *m;
	struct ev_slice name, text;
	struct ev_val value;
	enum ev_code rc;

	if (v->kind != EV_ARRAY)
		return ev_schema_wanted(c, v, "an array of names");
	while (ev_iter_next(&it, &name, &value)) {
		if (value.kind != EV_STRING)
			return ev_schema_wanted(c, &value, "a name");
		if ((rc = ev_str_view(value.raw, &c->tmp, &text, c->e)) != EV_OK)
			return rc;
		m = find_name(c, n, text);
		if (m == NULL)
			return name_failed(c);
		m->required = true;
	}
	return EV_OK;
}

static enum ev_code
set_others(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return ev_schema_node_at(c, v->raw, &n->others);
}

/* Several schemas. */
static enum ev_code
set_list(struct ev_schema_job *c, struct ev_schema_list *list, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(v->raw);
	enum ev_code rc = EV_OK;
	struct ev_slice name;
	struct ev_val value;
	size_t n = 0;

	if (v->kind != EV_ARRAY)
		return ev_schema_wanted(c, v, "an array of schemas");
	while (ev_iter_next(&it, &name, &value))
		n++;
	if (n == 0)
		return ev_schema_wanted(c, v, "at least one schema");
	list->v = calloc(n, sizeof(*list->v));
	if (list->v == NULL)
		return ev_fail_mem(c->e);
	it = ev_iter_view(v->raw);
	while (rc == EV_OK && ev_iter_next(&it, &name, &value))
		rc = ev_schema_node_at(c, value.raw, &list->v[list->n++]);
	return rc;
}

static enum ev_code
set_items(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return v->kind == EV_ARRAY ? set_list(c, &n->tuple, v)
				   : ev_schema_node_at(c, v->raw, &n->element);
}

static enum ev_code
set_other_items(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return ev_schema_node_at(c, v->raw, &n->other_elements);
}

static enum ev_code
set_all(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_list(c, &n->all, v);
}

static enum ev_code
set_any(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_list(c, &n->any, v);
}

static enum ev_code
set_one(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return set_list(c, &n->one, v);
}

static enum ev_code
set_not(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	return ev_schema_node_at(c, v->raw, &n->not );
}

/* Of $schema: other drafts give some keywords another meaning. */
static enum ev_code
check_draft(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	static const char *const known[] = { "http://json-schema.org/draft-07/schema#",
		"http://json-schema.org/draft-07/schema",
		"https://json-schema.org/draft-07/schema#",
		"https://json-schema.org/draft-07/schema",
		"http://json-schema.org/draft-06/schema#",
		"http://json-schema.org/draft-06/schema" };
	size_t i;

	(void)n;
	for (i = 0; v->kind == EV_STRING && i < sizeof(known) / sizeof(*known); i++)
		if (ev_str_eq(v->raw, ev_slice_str(known[i])))
			return EV_OK;
	return ev_schema_bad_at(c, v->raw.p,
	    ev_fail(c->e, EV_USAGE, "a schema of draft-07 was wanted, as %s says", known[0]));
}

/* Says nothing about events. */
static enum ev_code
ignore(struct ev_schema_job *c, struct ev_schema_node *n, const struct ev_val *v)
{
	(void)c;
	(void)n;
	(void)v;
	return EV_OK;
}

static const struct {
	const char *name;
	keyword *set;
} keywords[] = {
	{ "type", set_type },
	{ "enum", set_enum },
	{ "const", set_const },
	{ "minimum", set_minimum },
	{ "maximum", set_maximum },
	{ "exclusiveMinimum", set_above },
	{ "exclusiveMaximum", set_below },
	{ "minLength", set_min_length },
	{ "maxLength", set_max_length },
	{ "pattern", set_pattern },
	{ "properties", set_properties },
	{ "required", set_required },
	{ "additionalProperties", set_others },
	{ "minProperties", set_min_members },
	{ "maxProperties", set_max_members },
	{ "items", set_items },
	{ "additionalItems", set_other_items },
	{ "minItems", set_min_items },
	{ "maxItems", set_max_items },
	{ "uniqueItems", set_unique },
	{ "allOf", set_all },
	{ "anyOf", set_any },
	{ "oneOf", set_one },
	{ "not", set_not },
	{ "$schema", check_draft },
	{ "definitions", ignore }, /* compiled where a $ref leads there */
	{ "$defs", ignore },
	{ "$id", ignore },
	{ "$comment", ignore },
	{ "title", ignore },
	{ "description", ignore },
	{ "default", ignore },
	{ "examples", ignore },
	{ "format", ignore },
	{ "contentEncoding", ignore },
	{ "contentMediaType", ignore },
	{ "readOnly", ignore },
	{ "writeOnly", ignore },
	{ "deprecated", ignore },
};

enum ev_code
ev_schema_keyword(
    struct ev_schema_job *c, struct ev_schema_node *n, struct ev_slice name, const struct ev_val *v)
{
	size_t i;

	for (i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (ev_str_eq(name, ev_slice_str(keywords[i].name)))
			return keywords[i].set(c, n, v);
	if (name.n > 3 && memcmp(name.p, "\"x-", 3) == 0)
		return EV_OK;
	return ev_schema_bad_at(c, name.p,
	    ev_fail(c->e, EV_USAGE, "keyword %.*s is not supported", name.n < 80 ? (int)name.n : 80,
		name.p));
}
