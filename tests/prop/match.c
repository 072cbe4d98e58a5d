/* SPDX-License-Identifier: MIT */
/*
 * Property: many compiled patterns at once give what the plain definition gives for each alone. The
 * definition: a pattern, its $or multiplied out, matches when one leaf can be chosen for each field
 * so that each satisfies an alternative, any two memberships agree, and for a field satisfied by
 * absence no leaf of its path agrees with all chosen.
 */
#include <ctype.h>

#include "json/iter.h"
#include "json/num.h"
#include "json/str.h"
#include "match/explain.h"
#include "match/match.h"
#include "prop/prop.h"
#include "tap.h"

enum {
	ROUNDS = 3000,
	RULES = 24,
	EVENTS = 12,
	TEXT = 4096,
	LEAVES = 512,
	DEEP = 8,
	FIELDS = 16,
	CONJUNCTIONS = 64
};

/*
 * The reference.
 */

struct leaf {
	char path[64];
	struct ev_val v;
	const char *array[DEEP]; /* where each array begins */
	int index[DEEP], deep;
};

struct leaves {
	struct leaf v[LEAVES];
	size_t n;
};

struct field {
	char path[64];
	struct ev_slice alternatives;
};

struct conjunction {
	struct field v[FIELDS];
	int n;
};

struct alternatives {
	struct conjunction v[CONJUNCTIONS];
	int n;
};

static void
collect(struct leaves *out, struct leaf at, struct ev_val v)
{
	struct ev_iter it = ev_iter_view(v.raw), rest;
	struct ev_slice name, other;
	struct ev_val child, twin;

	if (v.kind == EV_OBJECT) {
		while (ev_iter_next(&it, &name, &child)) {
			struct leaf below = at;
			bool last = true;

			for (rest = it; ev_iter_next(&rest, &other, &twin);)
				last &= !ev_slice_eq(name, other);
			snprintf(
			    below.path, sizeof(below.path), "%.40s.%.*s", at.path, EV_FMT(name));
			if (last)
				collect(out, below, child);
		}
	} else if (v.kind == EV_ARRAY) {
		at.array[at.deep] = v.raw.p;
		at.index[at.deep++] = 0;
		for (; ev_iter_next(&it, &name, &child); at.index[at.deep - 1]++)
			collect(out, at, child);
	} else if (out->n < LEAVES) {
		at.v = v;
		out->v[out->n++] = at;
	}
}

static bool
agree(const struct leaf *a, const struct leaf *b)
{
	int i, k;

	for (i = 0; i < a->deep; i++)
		for (k = 0; k < b->deep; k++)
			if (a->array[i] == b->array[k] && a->index[i] != b->index[k])
				return false;
	return true;
}

static bool
wild(const char *p, const char *t)
{
	if (*p == '*')
		return wild(p + 1, t) || (*t != '\0' && wild(p, t + 1));
	return *p == '\0' ? *t == '\0' : *p == *t && wild(p + 1, t + 1);
}

static void
text_of(struct ev_slice raw, bool fold, char out[256])
{
	size_t i, n = raw.n - 2 < 255 ? raw.n - 2 : 255;

	for (i = 0; i < n; i++)
		out[i] = fold ? (char)tolower((unsigned char)raw.p[i + 1]) : raw.p[i + 1];
	out[n] = '\0';
}

static bool meets(struct ev_slice alternative, const struct ev_val *v);

static bool
meets_string(struct ev_slice op, struct ev_slice arg, const struct ev_val *v)
{
	bool fold = arg.p[0] == '{' || ev_slice_eq(op, EV_LIT("\"equals-ignore-case\""));
	struct ev_iter it = ev_iter_view(arg);
	struct ev_slice name;
	struct ev_val inner;
	char a[256], t[256];
	size_t an, tn;

	if (v->kind != EV_STRING)
		return false;
	if (arg.p[0] == '{' && ev_iter_next(&it, &name, &inner))
		arg = inner.raw;
	text_of(arg, fold, a);
	text_of(v->raw, fold, t);
	an = strlen(a);
	tn = strlen(t);
	if (ev_slice_eq(op, EV_LIT("\"prefix\"")))
		return strncmp(a, t, an) == 0;
	if (ev_slice_eq(op, EV_LIT("\"suffix\"")))
		return tn >= an && strcmp(t + tn - an, a) == 0;
	if (ev_slice_eq(op, EV_LIT("\"wildcard\"")))
		return wild(a, t);
	return strcmp(a, t) == 0;
}

static bool
meets_range(struct ev_slice arg, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(arg);
	struct ev_slice none;
	struct ev_val op, bound;
	struct ev_num x, y;

	if (v->kind != EV_NUMBER)
		return false;
	x = ev_num_read(v->raw);
	while (ev_iter_next(&it, &none, &op) && ev_iter_next(&it, &none, &bound)) {
		int c;

		y = ev_num_read(bound.raw);
		c = ev_num_cmp(&x, &y);
		if (!((op.raw.p[1] == '<' && c < 0) || (op.raw.p[1] == '>' && c > 0) ||
			(c == 0 && (op.raw.p[1] == '=' || op.raw.p[2] == '='))))
			return false;
	}
	return true;
}

static bool
meets_none(struct ev_slice arg, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(arg);
	struct ev_slice name;
	struct ev_val each;

	if (arg.p[0] != '[')
		return !meets(arg, v);
	while (ev_iter_next(&it, &name, &each))
		if (meets(each.raw, v))
			return false;
	return true;
}

static bool
meets(struct ev_slice alternative, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(alternative);
	struct ev_slice op;
	struct ev_val arg;
	struct ev_num x, y;

	if (alternative.p[0] == '{') {
		if (!ev_iter_next(&it, &op, &arg))
			return false;
		if (ev_slice_eq(op, EV_LIT("\"exists\"")))
			return arg.kind == EV_TRUE;
		if (ev_slice_eq(op, EV_LIT("\"anything-but\"")))
			return meets_none(arg.raw, v);
		if (ev_slice_eq(op, EV_LIT("\"numeric\"")))
			return meets_range(arg.raw, v);
		return meets_string(op, arg.raw, v);
	}
	if (ev_kind_of(alternative) != v->kind)
		return false;
	if (v->kind != EV_NUMBER)
		return ev_slice_eq(alternative, v->raw);
	x = ev_num_read(alternative);
	y = ev_num_read(v->raw);
	return ev_num_cmp(&x, &y) == 0;
}

static void
multiply_out(struct alternatives *all, const char *path, struct ev_slice object)
{
	struct ev_iter it = ev_iter_view(object), each;
	struct ev_slice name, none;
	struct ev_val v, alternative;

	while (ev_iter_next(&it, &name, &v)) {
		char below[64];
		int i, n = all->n;

		snprintf(below, sizeof(below), "%.40s.%.*s", path, EV_FMT(name));
		if (ev_slice_eq(name, EV_LIT("\"$or\""))) {
			struct alternatives *sum = calloc(1, sizeof(*sum)),
					    *one = malloc(sizeof(*one));

			if (sum == NULL || one == NULL)
				exit(2);
			for (each = ev_iter_view(v.raw);
			     ev_iter_next(&each, &none, &alternative);) {
				*one = *all;
				multiply_out(one, path, alternative.raw);
				for (i = 0; i < one->n && sum->n < CONJUNCTIONS; i++)
					sum->v[sum->n++] = one->v[i];
			}
			*all = *sum;
			free(sum);
			free(one);
		} else if (v.kind == EV_OBJECT) {
			multiply_out(all, below, v.raw);
		} else {
			for (i = 0; i < n; i++) {
				struct field *f = &all->v[i].v[all->v[i].n++];

				snprintf(f->path, sizeof(f->path), "%s", below);
				f->alternatives = v.raw;
			}
		}
	}
}

static bool
try(const struct conjunction *c, const struct leaves *l, int i, const struct leaf *chosen[FIELDS])
{
	struct ev_iter it;
	struct ev_slice none;
	struct ev_val alternative;
	size_t k;
	int j;

	if (i == c->n) {
		for (j = 0; j < c->n; j++)
			for (k = 0; chosen[j] == NULL && k < l->n; k++) {
				bool all = strcmp(l->v[k].path, c->v[j].path) == 0;

				for (int m = 0; all && m < c->n; m++)
					all = chosen[m] == NULL || agree(&l->v[k], chosen[m]);
				if (all)
					return false;
			}
		return true;
	}
	for (it = ev_iter_view(c->v[i].alternatives); ev_iter_next(&it, &none, &alternative);) {
		if (ev_slice_eq(alternative.raw, EV_LIT("{\"exists\":false}"))) {
			chosen[i] = NULL;
			if (try(c, l, i + 1, chosen))
				return true;
			continue;
		}
		for (k = 0; k < l->n; k++) {
			bool fits = strcmp(l->v[k].path, c->v[i].path) == 0 &&
			    meets(alternative.raw, &l->v[k].v);

			for (j = 0; fits && j < i; j++)
				fits = chosen[j] == NULL || agree(&l->v[k], chosen[j]);
			chosen[i] = &l->v[k];
			if (fits && try(c, l, i + 1, chosen))
				return true;
		}
	}
	return false;
}

static bool
matches(const char *pattern, const struct leaves *l)
{
	static struct alternatives all;
	const struct leaf *chosen[FIELDS];
	int i;

	memset(&all, 0, sizeof(all));
	all.n = 1;
	multiply_out(&all, "", ev_slice_str(pattern));
	for (i = 0; i < all.n; i++)
		if (try(&all.v[i], l, 0, chosen))
			return true;
	return false;
}

/*
 * Random patterns and events over few names and values, so that they meet often.
 */

struct text {
	char p[TEXT];
	size_t n;
};

static void
add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->n + n < TEXT) {
		memcpy(t->p + t->n, s, n + 1);
		t->n += n;
	}
}

static const char *
pick(uint64_t *r, const char *const *v, size_t n)
{
	return v[prop_below(r, n)];
}

#define PICK(r, ...)                                                                               \
	pick(r, (const char *const[]){ __VA_ARGS__ },                                              \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void
add_alternative(uint64_t *r, struct text *t)
{
	add(t,
	    PICK(r, "\"x\"", "\"xy\"", "\"Xyx\"", "\"\"", "1", "2.0", "10e-1", "true", "null",
		"{\"prefix\":\"x\"}", "{\"prefix\":\"\"}", "{\"suffix\":\"y\"}",
		"{\"suffix\":{\"equals-ignore-case\":\"YX\"}}",
		"{\"prefix\":{\"equals-ignore-case\":\"xY\"}}", "{\"equals-ignore-case\":\"XY\"}",
		"{\"wildcard\":\"x*\"}", "{\"wildcard\":\"*y*\"}", "{\"wildcard\":\"*x*x\"}",
		"{\"wildcard\":\"*yx*y*\"}", "{\"wildcard\":{\"equals-ignore-case\":\"*Y\"}}",
		"{\"anything-but\":\"x\"}", "{\"anything-but\":[1,2]}",
		"{\"anything-but\":[\"x\",\"xy\"]}", "{\"anything-but\":{\"prefix\":\"x\"}}",
		"{\"anything-but\":{\"suffix\":\"y\"}}", "{\"exists\":true}", "{\"exists\":false}",
		"{\"numeric\":[\">\",1]}", "{\"numeric\":[\"<=\",2]}",
		"{\"numeric\":[\">=\",1,\"<\",2]}", "{\"numeric\":[\"=\",1.50]}",
		"{\"numeric\":[\"<\",-122.4160094]}", "{\"numeric\":[\">\",123.45678,\"<=\",1e9]}",
		"123456789", "{\"anything-but\":[-122.4160094,0.5]}"));
}

static void add_pattern(uint64_t *r, struct text *t, int depth);

static void
add_field(uint64_t *r, struct text *t, int depth, const char *name)
{
	size_t n = prop_below(r, 2) + 1;

	add(t, "\"");
	add(t, name);
	add(t, "\":");
	if (depth > 0 && prop_below(r, 3) == 0) {
		add_pattern(r, t, depth - 1);
		return;
	}
	add(t, "[");
	while (n-- > 0) {
		add_alternative(r, t);
		if (n > 0)
			add(t, ",");
	}
	add(t, "]");
}

static void
add_pattern(uint64_t *r, struct text *t, int depth)
{
	size_t first = prop_below(r, 3), n = prop_below(r, 2) + 1, i;
	static const char *const names[] = { "a", "bbbbbbbbb", "c" };

	add(t, "{");
	for (i = 0; i < n; i++) {
		if (i > 0)
			add(t, ",");
		add_field(r, t, depth, names[(first + i) % 3]);
	}
	if (n == 1 && prop_below(r, 4) == 0) {
		add(t, ",\"$or\":[{");
		add_field(r, t, 0, names[(first + 1) % 3]);
		add(t, "},{");
		add_field(r, t, depth > 0 ? depth - 1 : 0, names[(first + 2) % 3]);
		add(t, "}]");
	}
	add(t, "}");
}

static void
add_value(uint64_t *r, struct text *t, int depth)
{
	size_t kind = prop_below(r, depth > 0 ? 6 : 2), n = prop_below(r, 4), i;

	if (kind < 2) {
		add(t,
		    PICK(r, "\"x\"", "\"xy\"", "\"XY\"", "\"yx\"", "\"xyxy\"", "\"\"", "1", "1.0",
			"2", "1.5", "-3", "true", "false", "null", "0.5", "-122.4160094",
			"-122.41600940", "-122.4160095", "-122.41", "123.45678", "123.456780000001",
			"12345678.9e1", "123456789", "1234567", "-0.0", "5e-1"));
		return;
	}
	add(t, kind < 4 ? "[" : "{");
	for (i = 0; i < n; i++) {
		if (i > 0)
			add(t, ",");
		if (kind >= 4)
			add(t, PICK(r, "\"a\":", "\"bbbbbbbbb\":", "\"c\":"));
		add_value(r, t, depth - 1);
	}
	add(t, kind < 4 ? "]" : "}");
}

static void
make_event(uint64_t *r, struct text *t)
{
	size_t i;

	t->n = 0;
	add(t, "{");
	for (i = 0; i < 3; i++) {
		add(t, i > 0 ? "," : "");
		add(t, PICK(r, "\"a\":", "\"bbbbbbbbb\":", "\"c\":"));
		add_value(r, t, 3);
	}
	add(t, "}");
	memset(t->p + t->n, '\n', 64);
}

/* Whether the explanation says the same, and of conditions that are not met if it is no match. */
static bool
explained(const struct text *rule, const struct text *event, bool want)
{
	struct ev_explanation x;
	size_t i, unmet = 0;
	bool match;

	if (ev_explain(&x, (struct ev_slice){ rule->p, rule->n },
		(struct ev_slice){ event->p, event->n }, NULL) != EV_OK)
		return false;
	for (i = 0; i < x.n; i++)
		unmet += !x.condition[i].met;
	match = x.match;
	ev_explanation_fini(&x);
	return match == want && (unmet == 0) == want;
}

static size_t
check_event(struct ev_matching *g, struct ev_scan *s, const struct text *rule,
    const struct text *event, size_t *hits)
{
	static struct leaves l;
	struct ev_slice line;
	unsigned long skipped;
	size_t wrong = 0;
	bool got[RULES] = { false };
	uint32_t i;

	l.n = 0;
	collect(&l, (struct leaf){ .deep = 0 },
	    (struct ev_val){ .raw = { event->p, event->n }, .kind = EV_OBJECT });
	if (ev_scan_block(s, (struct ev_slice){ event->p, event->n }, NULL) != EV_OK ||
	    ev_scan_line(s, &line, &skipped, NULL) != EV_OK || ev_matching_run(g, s, NULL) != EV_OK)
		return 1;
	for (i = 0; i < g->rules; i++)
		got[g->rule[i]] = true;
	for (i = 0; i < RULES; i++) {
		bool want = matches(rule[i].p, &l);

		*hits += want;
		if ((got[i] != want || !explained(&rule[i], event, want)) && wrong++ == 0)
			printf("# wanted %d of %s\n# on %.*s\n", want, rule[i].p, (int)event->n,
			    event->p);
	}
	return wrong;
}

int
main(int argc, char **argv)
{
	static struct text rule[RULES], event;
	uint64_t seed = prop_seed(argc, argv), r = seed;
	size_t wrong = 0, hits = 0, round, i;

	for (round = 0; round < ROUNDS / EVENTS && wrong == 0; round++) {
		struct ev_match m = { 0 };
		struct ev_matching g = { 0 };
		struct ev_scan s = { 0 };

		for (i = 0; i < RULES; i++) {
			do {
				rule[i].n = 0;
				add_pattern(&r, &rule[i], 2);
			} while (ev_match_add(&m, (struct ev_slice){ rule[i].p, rule[i].n },
				     (uint32_t)i, NULL) != EV_OK);
		}
		if (ev_match_build(&m, NULL) != EV_OK || ev_matching_init(&g, &m, NULL) != EV_OK ||
		    ev_scan_init(&s, &m.paths, false, NULL, NULL) != EV_OK)
			return 2;
		for (i = 0; i < EVENTS; i++) {
			make_event(&r, &event);
			wrong += check_event(&g, &s, rule, &event, &hits);
		}
		ev_scan_fini(&s);
		ev_matching_fini(&g);
		ev_match_fini(&m);
	}
	printf("# %zu matches\n", hits);
	ok_as(wrong == 0, "compiled patterns give what the definition gives");
	ok_as(hits > ROUNDS, "matches are common");
	return tap_done();
}
