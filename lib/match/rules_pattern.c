/* SPDX-License-Identifier: MIT */
/* What --check says of a pattern: section 1.7 and 1.8 of the pattern language, "accepted though
 * surprising". */
#include "json/iter.h"
#include "json/str.h"
#include "match/pattern.h"
#include "match/rules_read.h"

enum { SEVERAL = 64 }; /* alternatives of one list that are compared with each other */

struct look {
	struct ev_rules_reader *rd;
	bool regex, wildcard; /* extensions already told */
};

/* An alternative taken apart. */
struct alternative {
	struct ev_val v;    /* all of it */
	struct ev_slice op; /* the operator's name with its quotes; empty: a literal */
	struct ev_val arg;
};

static bool
is_op(const struct alternative *a, const char *op)
{
	return a->op.n > 0 && ev_str_eq(a->op, ev_slice_str(op));
}

static void
check_one(struct look *l, const struct alternative *a)
{
	bool empty = a->arg.kind == EV_STRING && a->arg.raw.n == 2;

	if (empty && (is_op(a, "prefix") || is_op(a, "suffix")))
		ev_rules_warn(l->rd, a->v.raw.p, "%.*s is met by every string", EV_FMT(a->v.raw));
	if (!l->regex && is_op(a, "regex")) {
		l->regex = true;
		ev_rules_warn(
		    l->rd, a->op.p, "\"regex\" is an extension: EventBridge does not take it");
	}
	if (!l->wildcard && is_op(a, "wildcard") && a->arg.kind == EV_OBJECT) {
		l->wildcard = true;
		ev_rules_warn(l->rd, a->op.p,
		    "\"wildcard\" ignoring case is an extension: EventBridge does not take it");
	}
}

/* Whether a, an anything-but, lets pass all but what b is. */
static bool
all_but(const struct alternative *a, const struct alternative *b)
{
	struct ev_slice none;
	struct ev_iter it;
	struct ev_val v;
	size_t n;

	if (!is_op(a, "anything-but") || b->op.n > 0 || a->arg.kind == EV_OBJECT)
		return false;
	if (a->arg.kind != EV_ARRAY)
		return ev_slice_eq(a->arg.raw, b->v.raw);
	it = ev_iter_view(a->arg.raw);
	for (n = 0; n < 2 && ev_iter_next(&it, &none, &v); n++)
		if (!ev_slice_eq(v.raw, b->v.raw))
			return false;
	return n == 1;
}

/* Why b adds nothing to a, or both together are no condition; NULL: all is well. */
static const char *
both(const struct alternative *a, const struct alternative *b)
{
	struct ev_slice p = a->arg.raw, s = b->v.raw;

	if (ev_slice_eq(a->v.raw, b->v.raw))
		return "the same alternative twice";
	if (all_but(a, b) || all_but(b, a))
		return "together with an alternative before it, every value meets the list";
	if (is_op(a, "exists") && is_op(b, "exists"))
		return "exists true and false: every event meets the list";
	if (is_op(a, "exists") && a->arg.kind == EV_TRUE)
		return "{\"exists\":true} covers it";
	if (is_op(a, "prefix") && a->arg.kind == EV_STRING && b->v.kind == EV_STRING &&
	    memchr(p.p, '\\', p.n) == NULL && p.n <= s.n && memcmp(p.p, s.p, p.n - 1) == 0)
		return "the prefix in the list covers it";
	return NULL;
}

/* The alternatives of one field. */
static void
check_list(struct look *l, const struct ev_val *list)
{
	struct ev_iter it = ev_iter_view(list->raw), inner;
	struct alternative a[SEVERAL];
	struct ev_slice none;
	const char *why;
	size_t n = 0, k;

	while (n < SEVERAL && ev_iter_next(&it, &none, &a[n].v)) {
		a[n].op = EV_LIT("");
		a[n].arg = (struct ev_val){ .kind = EV_ABSENT };
		inner = ev_iter_view(a[n].v.raw);
		if (a[n].v.kind == EV_OBJECT)
			(void)ev_iter_next(&inner, &a[n].op, &a[n].arg);
		check_one(l, &a[n]);
		for (k = 0, why = NULL; k < n && why == NULL; k++)
			if ((why = both(&a[k], &a[n])) == NULL)
				why = both(&a[n], &a[k]);
		if (why != NULL)
			ev_rules_warn(l->rd, a[n].v.raw.p, "%s", why);
		n++;
	}
}

/* Whether a member's name, with its quotes, is that of an operator. */
static bool
names_operator(struct ev_slice key)
{
	struct ev_slice name;

	return ev_str_plain(key, &name) && ev_pattern_is_operator(name);
}

static void
check_object(struct look *l, const struct ev_val *object)
{
	struct ev_iter it = ev_iter_view(object->raw), list;
	struct ev_slice key, none;
	struct ev_val v, each;

	while (ev_iter_next(&it, &key, &v)) {
		bool either = ev_str_eq(key, EV_LIT("$or"));

		if (!either && ev_slice_begins(key, EV_LIT("\"$")))
			ev_rules_warn(l->rd, key.p,
			    "%.*s is the name of a field here; only $or is more", EV_FMT(key));
		if (v.kind == EV_ARRAY && names_operator(key))
			ev_rules_warn(l->rd, key.p,
			    "%.*s is the name of a field here; as an operator it stands in a list: "
			    "[{%.*s:…}]",
			    EV_FMT(key), EV_FMT(key));
		if (v.kind == EV_OBJECT)
			check_object(l, &v);
		else if (either)
			for (list = ev_iter_view(v.raw); ev_iter_next(&list, &none, &each);)
				check_object(l, &each);
		else
			check_list(l, &v);
	}
}

void
ev_rule_check_pattern(struct ev_rules_reader *rd, struct ev_slice pattern)
{
	struct look l = { .rd = rd };
	struct ev_val v = { .raw = pattern, .kind = EV_OBJECT };

	if (pattern.n > 0)
		check_object(&l, &v);
}
