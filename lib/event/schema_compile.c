/* SPDX-License-Identifier: MIT */
/*
 * From the text of a schema to nodes. The text itself is walked, not a tree of it, so that numbers
 * keep their digits and every error has its place.
 */
#include <stdio.h>
#include <stdlib.h>

#include "event/schema_make.h"
#include "json/iter.h"
#include "json/str.h"
#include "json/value.h"

/* The place of a byte of the text, as line and column. */
enum ev_code
ev_schema_bad_at(const struct ev_schema_job *c, const char *at, enum ev_code rc)
{
	struct ev_slice text = ev_buf_view(&c->s->text);
	const char *begin = text.p, *end;
	unsigned long line = 1;
	const char *p;

	for (p = text.p; p < at; p++)
		if (*p == '\n') {
			line++;
			begin = p + 1;
		}
	end = memchr(at, '\n', (size_t)(text.p + text.n - at));
	if (end == NULL)
		end = text.p + text.n;
	ev_err_place(
	    c->e, line, (struct ev_slice){ begin, (size_t)(end - begin) }, (size_t)(at - begin));
	return rc;
}

enum ev_code
ev_schema_wanted(const struct ev_schema_job *c, const struct ev_val *v, const char *what)
{
	return ev_schema_bad_at(c, v->raw.p,
	    ev_fail(c->e, EV_USAGE, "found %s, wanted %s", ev_kind_name(v->kind), what));
}

/*
 * References.
 */

/* The member or element that a step of a pointer names; p NULL: there is none. */
static struct ev_slice
step_into(struct ev_slice value, struct ev_slice step)
{
	struct ev_iter it = ev_iter_view(value);
	enum ev_kind kind = ev_kind_of(value);
	struct ev_slice name;
	struct ev_val v;
	char index[24];
	size_t i = 0;

	if (kind != EV_OBJECT && kind != EV_ARRAY)
		return (struct ev_slice){ NULL, 0 };
	while (ev_iter_next(&it, &name, &v)) {
		if (kind == EV_OBJECT && ev_str_eq(name, step))
			return v.raw;
		if (kind == EV_ARRAY && snprintf(index, sizeof(index), "%zu", i++) > 0 &&
		    ev_slice_eq(step, ev_slice_str(index)))
			return v.raw;
	}
	return (struct ev_slice){ NULL, 0 };
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes the step of a pointer in a URI up to the next '/', in place; *n: its length. Returns what
 * follows. */
static char *
take_step(char *p, size_t *n)
{
	char *from = p, *to = p;

	for (; *p != '\0' && *p != '/'; p++) {
		if (p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			p[2] = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		}
		if (*p == '~' && (p[1] == '0' || p[1] == '1'))
			*to++ = *++p == '0' ? '~' : '/';
		else
			*to++ = *p;
	}
	*n = (size_t)(to - from);
	return p;
}

static enum ev_code
resolve(struct ev_schema_job *c, const struct ev_val *v, struct ev_slice *target)
{
	struct ev_slice text;
	enum ev_code rc;
	char *copy, *p, *step;
	size_t n;

	if (v->kind != EV_STRING)
		return ev_schema_wanted(c, v, "a reference");
	if ((rc = ev_str_view(v->raw, &c->tmp, &text, c->e)) != EV_OK)
		return rc;
	if (text.n == 0 || text.p[0] != '#' || (text.n > 1 && text.p[1] != '/'))
		return ev_schema_bad_at(c, v->raw.p,
		    ev_fail(c->e, EV_USAGE,
			"$ref %.*s: one within the file, "
			"#/definitions/NAME, was wanted",
			v->raw.n < 80 ? (int)v->raw.n : 80, v->raw.p));
	copy = strndup(text.p + 1, text.n - 1);
	if (copy == NULL)
		return ev_fail_mem(c->e);
	*target = c->root;
	for (p = copy; *p == '/' && target->p != NULL;) {
		step = p + 1;
		p = take_step(step, &n);
		*target = step_into(*target, (struct ev_slice){ step, n });
	}
	free(copy);
	if (target->p == NULL)
		return ev_schema_bad_at(c, v->raw.p,
		    ev_fail(c->e, EV_USAGE, "$ref %.*s leads nowhere",
			v->raw.n < 80 ? (int)v->raw.n : 80, v->raw.p));
	return EV_OK;
}

/* Draft-07 ignores what stands beside a $ref. *found: there is one. */
static enum ev_code
compile_ref(struct ev_schema_job *c, struct ev_schema_node *n, bool *found)
{
	struct ev_iter it = ev_iter_view(n->text);
	struct ev_slice name, target;
	enum ev_code rc;
	struct ev_val v;

	*found = false;
	while (ev_iter_next(&it, &name, &v))
		if (ev_str_eq(name, EV_LIT("$ref"))) {
			*found = true;
			rc = resolve(c, &v, &target);
			return rc == EV_OK ? ev_schema_node_at(c, target, &n->ref) : rc;
		}
	return EV_OK;
}

/*
 * Nodes.
 */

static struct ev_schema_node *
add_node(struct ev_schema_job *c, struct ev_slice text)
{
	struct ev_schema *s = c->s;
	struct ev_schema_node *n;

	if (s->node == NULL)
		s->node = calloc(EV_SCHEMA_NODES, sizeof(struct ev_schema_node *));
	n = s->node != NULL ? calloc(1, sizeof(*n)) : NULL;
	if (n == NULL)
		return NULL;
	n->text = text;
	n->length.to = n->items.to = n->members.to = UINT64_MAX;
	s->node[s->nodes++] = n;
	return n;
}

static int
by_name(const void *pa, const void *pb)
{
	struct ev_slice a = ((const struct ev_schema_name *)pa)->name;
	struct ev_slice b = ((const struct ev_schema_name *)pb)->name;
	int d = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return d != 0 ? d : a.n < b.n ? -1 : a.n > b.n;
}

/* Gives back the room that was taken for the greatest number of names. */
static void
close_names(struct ev_schema_node *n)
{
	struct ev_schema_name *less;

	if (n->names == 0)
		return;
	qsort(n->name, n->names, sizeof(*n->name), by_name);
	less = realloc(n->name, n->names * sizeof(*n->name));
	if (less != NULL)
		n->name = less;
}

static enum ev_code
fill_node(struct ev_schema_job *c, struct ev_schema_node *n)
{
	struct ev_iter it = ev_iter_view(n->text);
	enum ev_code rc;
	struct ev_slice name;
	struct ev_val v;
	bool is_ref;

	if ((rc = compile_ref(c, n, &is_ref)) != EV_OK || is_ref)
		return rc;
	while (rc == EV_OK && ev_iter_next(&it, &name, &v))
		rc = ev_schema_keyword(c, n, name, &v);
	close_names(n);
	return rc;
}

/* The node of the schema at text: a schema is compiled once, so that those that refer to themselves
 * end. */
enum ev_code
ev_schema_node_at(struct ev_schema_job *c, struct ev_slice text, const struct ev_schema_node **out)
{
	const struct ev_val v = { .raw = text, .kind = ev_kind_of(text) };
	struct ev_schema_node *n;
	size_t i;

	for (i = 0; i < c->s->nodes; i++)
		if (c->s->node[i]->text.p == text.p) {
			*out = c->s->node[i];
			return EV_OK;
		}
	if (v.kind != EV_OBJECT && v.kind != EV_TRUE && v.kind != EV_FALSE)
		return ev_schema_wanted(c, &v, "a schema: an object or a boolean");
	if (c->s->nodes == EV_SCHEMA_NODES)
		return ev_schema_bad_at(
		    c, text.p, ev_fail(c->e, EV_USAGE, "more than %d schemas", EV_SCHEMA_NODES));
	n = add_node(c, text);
	if (n == NULL)
		return ev_fail_mem(c->e);
	*out = n;
	n->never = v.kind == EV_FALSE;
	return v.kind == EV_OBJECT ? fill_node(c, n) : EV_OK;
}

/*
 * Schemas that lead to themselves for the same value would be checked without an end.
 */

static bool leads_back(const struct ev_schema_node *n);

static bool
list_leads_back(const struct ev_schema_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (leads_back(list->v[i]))
			return true;
	return false;
}

static bool
leads_back(const struct ev_schema_node *from)
{
	struct ev_schema_node *n =
	    (struct ev_schema_node *)(uintptr_t)from; /* ours: the mark is for this walk */
	bool back;

	if (n == NULL || n->visit == 2)
		return false;
	if (n->visit == 1)
		return true;
	n->visit = 1;
	back = leads_back(n->ref) || leads_back(n->not ) || list_leads_back(&n->all) ||
	    list_leads_back(&n->any) || list_leads_back(&n->one);
	n->visit = 2;
	return back;
}

static enum ev_code
check_ends(struct ev_schema_job *c)
{
	size_t i;

	for (i = 0; i < c->s->nodes; i++)
		if (leads_back(c->s->node[i]))
			return ev_schema_bad_at(c, c->s->node[i]->text.p,
			    ev_fail(c->e, EV_USAGE,
				"this schema leads back to itself for the same value"));
	return EV_OK;
}

/* The one value in the text, without white space around it. */
static struct ev_slice
trim(struct ev_slice s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL && s.p[0] != '\0') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

enum ev_code
ev_schema_compile(struct ev_schema *s, struct ev_err *e)
{
	struct ev_schema_job c = { .s = s, .tmp = EV_BUF(SIZE_MAX / 2), .e = e };
	const struct ev_schema_node *root;
	struct ev_value *tree = NULL;
	enum ev_code rc;

	/* jansson refuses what the walk takes for granted: what is no JSON, and members that stand
	 * twice */
	rc = ev_value_parse(ev_buf_view(&s->text), &tree, e);
	ev_value_free(tree);
	if (rc == EV_DATA) {
		if (e != NULL)
			e->code = EV_USAGE;
		return EV_USAGE;
	}
	c.root = trim(ev_buf_view(&s->text));
	if (rc == EV_OK)
		rc = ev_schema_node_at(&c, c.root, &root);
	if (rc == EV_OK)
		rc = check_ends(&c);
	ev_buf_fini(&c.tmp);
	return rc;
}

void
ev_schema_drop(struct ev_schema *s)
{
	struct ev_schema_node *n;
	size_t i, k;

	for (i = 0; i < s->nodes; i++) {
		n = s->node[i];
		for (k = 0; k < n->names; k++)
			free((char *)(uintptr_t)n->name[k].name.p);
		free(n->name);
		free(n->tuple.v);
		free(n->all.v);
		free(n->any.v);
		free(n->one.v);
		if (n->regex != NULL)
			ev_regex_fini(n->regex);
		free(n->regex);
		free(n);
	}
	free(s->node);
	s->node = NULL;
	s->nodes = 0;
}
