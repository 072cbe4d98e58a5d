/* SPDX-License-Identifier: MIT */
/* An event against its schema: one walk over the line, guided by the nodes. */
#include <stdarg.h>
#include <stdio.h>

#include "event/schema_node.h"
#include "json/iter.h"
#include "json/num.h"
#include "json/str.h"

enum {
	LEVELS = 1024,       /* schemas within each other, for the stack */
	WORK_MIN = 16 << 20, /* bytes looked at per event, plus so many times its length */
	WORK_TIMES = 64
};

/* Where a value is; the way back to the root. */
struct spot {
	const struct spot *up;
	struct ev_slice name; /* raw, of a member; p NULL: an element */
	size_t index;
	struct ev_val v;
};

/* One event. */
struct check {
	const struct ev_schema *s;
	struct ev_slice line;
	uint64_t work; /* bytes that may still be looked at */
	unsigned level;
	enum ev_code stop; /* not EV_OK: it cannot be said; no answer counts */
	struct ev_buf tmp;
};

static enum ev_code check_node(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e);

/*
 * Messages.
 */

static void
print_spot(const struct spot *at, char *out, size_t size)
{
	size_t n;

	if (at->up == NULL) {
		out[0] = '\0';
		return;
	}
	print_spot(at->up, out, size);
	n = strlen(out);
	if (at->name.p == NULL)
		snprintf(out + n, size - n, "[%zu]", at->index);
	else
		snprintf(out + n, size - n, "%s%.*s", n > 0 ? "." : "",
		    (int)(at->name.n < 60 ? at->name.n - 2 : 60), at->name.p + 1);
}

/* "order.total is "31.50"; order-paid.json wants a number". e NULL: nobody asks. */
static enum ev_code EV_PRINTF(4, 5)
    refuse(const struct check *c, const struct spot *at, struct ev_err *e, const char *fmt, ...)
{
	char path[100], text[160];
	va_list ap;

	if (e == NULL || e->code != EV_OK)
		return EV_DATA;
	print_spot(at, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ev_fail(e, EV_DATA, "%s %s", path[0] != '\0' ? path : "the event", text);
	ev_err_place(e, 0, c->line, (size_t)(at->v.raw.p - c->line.p));
	return EV_DATA;
}

/* A value for a message, cut where it is long. */
struct shown {
	char text[44];
};

static struct shown
show(struct ev_slice raw)
{
	struct shown s;
	size_t n = raw.n < 40 ? raw.n : 37;

	while (n > 0 && n < raw.n && ((unsigned char)raw.p[n] & 0xc0) == 0x80)
		n--;
	snprintf(s.text, sizeof(s.text), "%.*s%s", (int)n, raw.p, n < raw.n ? "..." : "");
	return s;
}

static enum ev_code
not_so(const struct check *c, const struct spot *at, struct ev_err *e, const char *wants,
    struct ev_slice what)
{
	if (e == NULL)
		return EV_DATA;
	return refuse(c, at, e, "is %s; %s.json wants %s%s", show(at->v.raw).text, c->s->type,
	    wants, show(what).text);
}

/*
 * Equality, of values that are valid JSON.
 */

static bool same(struct check *c, struct ev_slice a, struct ev_slice b, unsigned level);

/* False when there was too much work. */
static bool
spend(struct check *c, size_t bytes)
{
	if (c->work < bytes)
		c->stop = EV_DATA;
	if (c->stop != EV_OK)
		return false;
	c->work -= bytes;
	return true;
}

static bool
view(struct check *c, struct ev_slice raw, struct ev_slice *text)
{
	enum ev_code rc = ev_str_view(raw, &c->tmp, text, NULL);

	if (rc != EV_OK)
		c->stop = rc;
	return rc == EV_OK;
}

static bool
same_text(struct check *c, struct ev_slice a, struct ev_slice b)
{
	struct ev_slice text;

	if (ev_str_plain(a, &text))
		return ev_str_eq(b, text);
	if (ev_str_plain(b, &text))
		return ev_str_eq(a, text);
	return view(c, a, &text) && ev_str_eq(b, text);
}

static bool
same_arrays(struct check *c, struct ev_slice a, struct ev_slice b, unsigned level)
{
	struct ev_iter ia = ev_iter_view(a), ib = ev_iter_view(b);
	struct ev_slice name;
	struct ev_val va, vb;
	bool more;

	while ((more = ev_iter_next(&ia, &name, &va))) {
		if (!ev_iter_next(&ib, &name, &vb) || !same(c, va.raw, vb.raw, level + 1))
			return false;
	}
	return !ev_iter_next(&ib, &name, &vb);
}

static size_t
count_members(struct ev_slice raw)
{
	struct ev_iter it = ev_iter_view(raw);
	struct ev_slice name;
	struct ev_val v;
	size_t n = 0;

	while (ev_iter_next(&it, &name, &v))
		n++;
	return n;
}

/* The last member of that name. */
static bool
find_member(struct check *c, struct ev_slice object, struct ev_slice name, struct ev_val *out)
{
	struct ev_iter it = ev_iter_view(object);
	struct ev_slice other;
	bool found = false;
	struct ev_val v;

	if (!spend(c, object.n))
		return false;
	while (ev_iter_next(&it, &other, &v))
		if (same_text(c, name, other)) {
			*out = v;
			found = true;
		}
	return found;
}

static bool
same_objects(struct check *c, struct ev_slice a, struct ev_slice b, unsigned level)
{
	struct ev_iter it = ev_iter_view(a);
	struct ev_slice name;
	struct ev_val v, other;

	if (count_members(a) != count_members(b))
		return false;
	while (ev_iter_next(&it, &name, &v))
		if (!find_member(c, b, name, &other) || !same(c, v.raw, other.raw, level + 1))
			return false;
	return true;
}

/* Numbers are the same by value, objects whatever the order of their members. */
static bool
same(struct check *c, struct ev_slice a, struct ev_slice b, unsigned level)
{
	enum ev_kind kind = ev_kind_of(a);
	struct ev_num na, nb;

	if (kind != ev_kind_of(b) || level > EV_DEPTH || !spend(c, a.n + b.n))
		return false;
	if (kind == EV_NUMBER) {
		na = ev_num_read(a);
		nb = ev_num_read(b);
		return ev_num_cmp(&na, &nb) == 0;
	}
	if (kind == EV_STRING)
		return same_text(c, a, b);
	if (kind == EV_ARRAY)
		return same_arrays(c, a, b, level);
	return kind != EV_OBJECT || same_objects(c, a, b, level);
}

/*
 * Keywords.
 */

/* An integer is a number without a fraction, however it is spelled. */
static bool
is_integer(struct ev_slice raw)
{
	struct ev_num n = ev_num_read(raw);
	bool point = n.text.n > 0 && memchr(n.text.p, '.', n.text.n) != NULL;

	return n.sign == 0 || n.exp >= (int64_t)(n.text.n - point);
}

static enum ev_code
check_type(struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	static const unsigned bit[] = {
		[EV_NULL] = EV_IS_NULL,
		[EV_FALSE] = EV_IS_BOOLEAN,
		[EV_TRUE] = EV_IS_BOOLEAN,
		[EV_NUMBER] = EV_IS_NUMBER,
		[EV_STRING] = EV_IS_STRING,
		[EV_ARRAY] = EV_IS_ARRAY,
		[EV_OBJECT] = EV_IS_OBJECT,
	};
	char names[80] = "";
	size_t i, len;

	if (n->types == 0 || (n->types & bit[at->v.kind]) != 0)
		return EV_OK;
	if (at->v.kind == EV_NUMBER && (n->types & EV_IS_INTEGER) != 0 && is_integer(at->v.raw))
		return EV_OK;
	for (i = 0; i < sizeof(ev_schema_type_name) / sizeof(*ev_schema_type_name); i++) {
		len = strlen(names);
		if ((n->types & 1u << i) != 0)
			snprintf(names + len, sizeof(names) - len, "%s%s", len > 0 ? " or " : "",
			    ev_schema_type_name[i]);
	}
	return refuse(c, at, e, "is %s; %s.json wants %s", show(at->v.raw).text, c->s->type, names);
}

static enum ev_code
check_choice(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	struct ev_slice name;
	struct ev_iter it;
	struct ev_val v;

	if (n->constant.p != NULL && !same(c, at->v.raw, n->constant, 0))
		return not_so(c, at, e, "", n->constant);
	if (n->choice.p == NULL)
		return EV_OK;
	it = ev_iter_view(n->choice);
	while (ev_iter_next(&it, &name, &v))
		if (same(c, at->v.raw, v.raw, 0))
			return EV_OK;
	return not_so(c, at, e, "one of ", n->choice);
}

static enum ev_code
check_number(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	const struct {
		struct ev_slice limit;
		int from, to; /* what the comparison may give */
		const char *wants;
	} limits[] = {
		{ n->min, 0, 1, "at least " },
		{ n->max, -1, 0, "at most " },
		{ n->above, 1, 1, "more than " },
		{ n->below, -1, -1, "less than " },
	};
	struct ev_num a, b;
	size_t i;
	int d;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (limits[i].limit.p == NULL)
			continue;
		a = ev_num_read(at->v.raw);
		b = ev_num_read(limits[i].limit);
		d = ev_num_cmp(&a, &b);
		d = (d > 0) - (d < 0);
		if (d < limits[i].from || d > limits[i].to)
			return not_so(c, at, e, limits[i].wants, limits[i].limit);
	}
	return EV_OK;
}

static enum ev_code
check_range(const struct check *c, const struct ev_schema_range *r, uint64_t n, const char *what,
    const struct spot *at, struct ev_err *e)
{
	if (n < r->from)
		return refuse(c, at, e, "has %llu %s; %s.json wants at least %llu",
		    (unsigned long long)n, what, c->s->type, (unsigned long long)r->from);
	if (n > r->to)
		return refuse(c, at, e, "has %llu %s; %s.json wants at most %llu",
		    (unsigned long long)n, what, c->s->type, (unsigned long long)r->to);
	return EV_OK;
}

static enum ev_code
check_string(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	bool counts = n->length.from > 0 || n->length.to < UINT64_MAX, yes = true;
	struct ev_slice text;
	enum ev_code rc;
	uint64_t chars = 0;
	size_t i;

	if (!counts && n->regex == NULL)
		return EV_OK;
	if (!view(c, at->v.raw, &text))
		return c->stop;
	for (i = 0; i < text.n; i++)
		chars += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	if ((rc = check_range(c, &n->length, chars, "characters", at, e)) != EV_OK)
		return rc;
	if (n->regex != NULL && (rc = ev_regex_match(n->regex, text, &yes, NULL)) != EV_OK)
		return c->stop = rc;
	return yes ? EV_OK : not_so(c, at, e, "a match of ", n->pattern);
}

static enum ev_code
check_unique(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	struct ev_iter a = ev_iter_view(at->v.raw), b;
	struct ev_slice name;
	struct ev_val va, vb;

	while (n->unique && ev_iter_next(&a, &name, &va)) {
		b = a;
		while (ev_iter_next(&b, &name, &vb))
			if (same(c, va.raw, vb.raw, 0))
				return refuse(c, at, e,
				    "has %s twice; %s.json wants each element once",
				    show(va.raw).text, c->s->type);
	}
	return EV_OK;
}

static enum ev_code
check_array(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	struct ev_iter it = ev_iter_view(at->v.raw);
	struct spot below = { .up = at };
	const struct ev_schema_node *want;
	enum ev_code rc = EV_OK;
	struct ev_slice name;

	while (rc == EV_OK && ev_iter_next(&it, &name, &below.v)) {
		if (below.index < n->tuple.n)
			want = n->tuple.v[below.index];
		else
			want = n->tuple.n > 0 ? n->other_elements : n->element;
		if (want != NULL)
			rc = check_node(c, want, &below, e);
		below.index++;
	}
	if (rc == EV_OK)
		rc = check_range(c, &n->items, below.index, "elements", at, e);
	return rc == EV_OK ? check_unique(c, n, at, e) : rc;
}

/* The index of the name that the schema gives a member; names: there is none. */
static size_t
find_name(const struct ev_schema_node *n, struct ev_slice name)
{
	size_t lo = 0, hi = n->names, mid;
	struct ev_slice at;
	int d;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		at = n->name[mid].name;
		d = memcmp(name.p, at.p, name.n < at.n ? name.n : at.n);
		if (d == 0)
			d = name.n < at.n ? -1 : name.n > at.n;
		if (d == 0)
			return mid;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return n->names;
}

static enum ev_code
check_member(struct check *c, const struct ev_schema_node *n, size_t i, const struct spot *at,
    struct ev_err *e)
{
	const struct ev_schema_node *want = i < n->names ? n->name[i].node : NULL;

	if (want == NULL) /* named by nobody, or by `required` alone */
		want = n->others;
	if (want != NULL && want->never && want == n->others)
		return refuse(c, at, e, "is no member that %s.json knows", c->s->type);
	return want != NULL ? check_node(c, want, at, e) : EV_OK;
}

static enum ev_code
check_object(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	uint64_t seen[EV_SCHEMA_NAMES / 64] = { 0 }, members = 0;
	struct ev_iter it = ev_iter_view(at->v.raw);
	struct spot below = { .up = at };
	enum ev_code rc = EV_OK;
	struct ev_slice text;
	size_t i;

	while (rc == EV_OK && ev_iter_next(&it, &below.name, &below.v)) {
		if (!view(c, below.name, &text))
			return c->stop;
		i = find_name(n, text);
		if (i < n->names)
			seen[i / 64] |= (uint64_t)1 << i % 64;
		members++;
		rc = check_member(c, n, i, &below, e);
	}
	for (i = 0; i < n->names && rc == EV_OK; i++)
		if (n->name[i].required && (seen[i / 64] >> i % 64 & 1) == 0)
			rc = refuse(c, at, e, "lacks %.*s, which %s.json requires",
			    n->name[i].name.n < 80 ? (int)n->name[i].name.n : 80, n->name[i].name.p,
			    c->s->type);
	return rc == EV_OK ? check_range(c, &n->members, members, "members", at, e) : rc;
}

/* How many of the schemas hold, until `enough` do. */
static enum ev_code
count_holds(struct check *c, const struct ev_schema_list *list, const struct spot *at,
    size_t enough, size_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < list->n && *n < enough && c->stop == EV_OK; i++)
		*n += check_node(c, list->v[i], at, NULL) == EV_OK;
	return c->stop;
}

static enum ev_code
check_lists(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i, holds;

	for (i = 0; i < n->all.n && rc == EV_OK; i++)
		rc = check_node(c, n->all.v[i], at, e);
	if (rc == EV_OK && n->any.n > 0 && (rc = count_holds(c, &n->any, at, 1, &holds)) == EV_OK &&
	    holds == 0)
		rc = refuse(c, at, e, "meets none of the schemas in anyOf of %s.json", c->s->type);
	if (rc == EV_OK && n->one.n > 0 && (rc = count_holds(c, &n->one, at, 2, &holds)) == EV_OK &&
	    holds != 1)
		rc = refuse(c, at, e, "meets %s of the schemas in oneOf of %s.json",
		    holds == 0 ? "none" : "two", c->s->type);
	if (rc == EV_OK && n->not != NULL && check_node(c, n->not, at, NULL) == EV_OK)
		rc = refuse(c, at, e, "is what `not` of %s.json excludes", c->s->type);
	return rc;
}

static enum ev_code
check_value(
    struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	enum ev_code rc;

	if (n->never)
		return refuse(c, at, e, "is nothing that %s.json allows", c->s->type);
	if (n->ref != NULL)
		return check_node(c, n->ref, at, e);
	if ((rc = check_type(c, n, at, e)) != EV_OK)
		return rc;
	if ((n->constant.p != NULL || n->choice.p != NULL) &&
	    (rc = check_choice(c, n, at, e)) != EV_OK)
		return rc;
	if (at->v.kind == EV_NUMBER)
		rc = check_number(c, n, at, e);
	else if (at->v.kind == EV_STRING)
		rc = check_string(c, n, at, e);
	else if (at->v.kind == EV_ARRAY)
		rc = check_array(c, n, at, e);
	else if (at->v.kind == EV_OBJECT)
		rc = check_object(c, n, at, e);
	return rc == EV_OK ? check_lists(c, n, at, e) : rc;
}

/* e: NULL where the answer alone is wanted. */
static enum ev_code
check_node(struct check *c, const struct ev_schema_node *n, const struct spot *at, struct ev_err *e)
{
	enum ev_code rc;

	if (c->level == LEVELS)
		c->stop = EV_DATA;
	if (!spend(c, at->v.raw.n + 1))
		return c->stop;
	c->level++;
	rc = check_value(c, n, at, e);
	c->level--;
	return c->stop != EV_OK ? c->stop : rc;
}

enum ev_code
ev_schema_check(const struct ev_schema *s, struct ev_slice line, struct ev_err *e)
{
	struct check c = {
		.s = s,
		.line = line,
		.work = WORK_MIN + WORK_TIMES * (uint64_t)line.n,
		.tmp = EV_BUF(SIZE_MAX / 2),
	};
	const struct spot root = { .v = { .raw = line, .kind = ev_kind_of(line) } };
	struct ev_err why = { 0 };
	enum ev_code rc = check_node(&c, s->node[0], &root, &why);

	ev_buf_fini(&c.tmp);
	if (c.stop == EV_SYS)
		return ev_fail_mem(e);
	if (c.stop == EV_DATA) {
		why = (struct ev_err){ 0 };
		rc = refuse(
		    &c, &root, &why, "needs too much work to be checked by %s.json", s->type);
	}
	if (rc != EV_OK && e != NULL && e->code == EV_OK)
		*e = why;
	return rc;
}
