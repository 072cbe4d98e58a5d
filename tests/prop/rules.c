/* SPDX-License-Identifier: MIT */
/*
 * Property: the rules that an event meets are those whose conditions hold one at a time by their
 * plain definitions, in order of priority, up to the first that stops.
 */
#include "match/rules.h"
#include "event/event.h"
#include "line.h"
#include "prop/prop.h"
#include "tap.h"

enum { ROUNDS = 400, RULES = 12, EVENTS = 10, TEXT = 16384 };

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
add_type(uint64_t *r, struct text *t)
{
	add(t,
	    PICK(r, "\"a.b\"", "\"a*\"", "\"*b\"", "\"*\"", "\"a?b\"", "\"?.*\"", "\"a.*.c\"",
		"\"b-c\"", "\"*-*\"", "\"/^a/\"", "\"/c$/\"", "\"a-b-c\"", "\"\\u00e9*\"",
		"\"*\\\\*\""));
}

static void
add_key(uint64_t *r, struct text *t)
{
	add(t,
	    PICK(r, "a.b", "a.*", "#", "*", "a.#", "#.b", "a.#.c", "#.b.#", "*.b", "a-b", "a.*.c",
		"*.*.#", "a..b", "b-*"));
}

static void
add_pattern(uint64_t *r, struct text *t, bool tags)
{
	if (tags)
		add(t,
		    PICK(r, "{\"s\":[\"x\"]}", "{\"s\":[{\"anything-but\":\"x\"}]}",
			"{\"n\":[{\"numeric\":[\">\",1]}]}",
			"{\"$or\":[{\"s\":[\"y\"]},{\"n\":[1]}]}", "{\"s\":[{\"exists\":false}]}",
			"{\"s\":[\"x\"],\"n\":[2]}"));
	else
		add(t,
		    PICK(r, "{\"o\":{\"k\":[1]}}", "{\"o\":{\"k\":[1],\"v\":[2]}}",
			"{\"type\":[{\"prefix\":\"a\"}]}",
			"{\"$or\":[{\"type\":[\"a.b\"]},{\"o\":{\"k\":[2]}}]}",
			"{\"tags\":{\"s\":[\"x\"]}}",
			"{\"$or\":[{\"tags\":{\"n\":[1]}},{\"tags\":{\"s\":[\"y\"]}}],\"o\":{\"k\":"
			"[1,2]}}",
			"{\"tags\":{\"n\":[{\"exists\":false}]},\"type\":[{\"suffix\":\"b\"}]}",
			"{\"o\":{\"v\":[{\"exists\":false}]}}"));
}

static void
add_binding(uint64_t *r, struct text *t)
{
	size_t kind = prop_below(r, 4);

	if (kind == 0) {
		add(t, "{\"exchange\":\"headers\",\"headers\":");
		add(t,
		    PICK(r, "{\"s\":\"x\"}", "{\"s\":\"x\",\"n\":1}", "{\"n\":null,\"s\":\"y\"}"));
		add(t, PICK(r, "}", ",\"x-match\":\"any\"}", ",\"x-match\":\"all\"}"));
	} else {
		add(t,
		    kind == 1 ? "{\"exchange\":\"direct\",\"key\":\""
			      : "{\"exchange\":\"topic\",\"key\":\"");
		add_key(r, t);
		add(t, PICK(r, "\"}", "\",\"separator\":\"-\"}"));
	}
}

static void
add_rule(uint64_t *r, struct text *t, size_t i)
{
	char head[100];

	snprintf(head, sizeof(head), "%s{\"id\":\"%zu\",\"priority\":%zu", i > 0 ? ",\n" : "", i,
	    prop_below(r, 3));
	add(t, head);
	add(t, PICK(r, "", "", "", ",\"stop\":true", ",\"enabled\":false"));
	if (prop_below(r, 3) == 0) {
		add(t, ",\"eventType\":[");
		add_type(r, t);
		add(t, ",");
		add_type(r, t);
		add(t, "]");
	}
	if (prop_below(r, 3) == 0) {
		add(t, ",\"pattern\":");
		add_pattern(r, t, false);
	}
	if (prop_below(r, 4) == 0)
		add(t,
		    PICK(r, ",\"where\":\"o.k >= 1\"", ",\"where\":[\"tags.s = x\",\"o exists\"]",
			",\"where\":\"o[*].v = 2\"", ",\"where\":\"type !exists\""));
	if (prop_below(r, 3) == 0) {
		add(t, ",\"binding\":");
		add_binding(r, t);
	}
	if (prop_below(r, 4) == 0) {
		bool body = prop_below(r, 2) == 0;

		add(t, body ? ",\"policyScope\":\"MessageBody\",\"policy\":" : ",\"policy\":");
		add_pattern(r, t, !body);
	}
	if (prop_below(r, 8) == 0)
		add(t, PICK(r, ",\"size\":{\"min\":60}", ",\"size\":{\"max\":60}"));
	add(t, "}");
}

static void
make_event(uint64_t *r, struct text *t)
{
	t->n = 0;
	add(t, "{\"id\":\"1\"");
	add(t,
	    PICK(r, ",\"type\":\"a.b\"", ",\"type\":\"a-b\"", ",\"type\":\"a.b.c\"",
		",\"type\":\"a-b-c\"", ",\"type\":\"b-c\"", ",\"type\":\"\"",
		",\"type\":\"\\u00e9b\"", ",\"type\":\"a\\\\b\"", ",\"type\":[\"a.b\"]",
		",\"type\":5", ",\"type\":\"a..b\"", "", ",\"type\":\"x\",\"type\":\"a.b\"",
		",\"type\":{\"k\":\"a.b\"}"));
	add(t,
	    PICK(r, ",\"tags\":{\"s\":\"x\"}", ",\"tags\":{\"s\":\"y\",\"n\":1}",
		",\"tags\":{\"s\":\"x\",\"n\":2.0}", ",\"tags\":{}", "",
		",\"tags\":[{\"s\":\"x\"},{\"n\":1}]", ",\"tags\":5"));
	add(t,
	    PICK(r, ",\"o\":{\"k\":1}", ",\"o\":{\"k\":2,\"v\":2}", ",\"o\":[{\"k\":1},{\"v\":2}]",
		",\"o\":[{\"k\":1,\"v\":2}]", "", ",\"o\":{\"k\":[1,2]}"));
	add(t, "}");
}

/* The ids of the rules by their plain definitions, one after the other. */
static bool
want(const struct ev_rules *r, const struct line *l, char out[200])
{
	size_t i, n = 0;
	bool stop = false;

	out[0] = '\0';
	for (i = 0; i < r->n && !stop; i++) {
		struct ev_rule_verdict v;

		if (!r->rule[i].enabled)
			continue;
		if (ev_rule_explain(&r->rule[i], &l->scan, l->text, &v, NULL) != EV_OK)
			return false;
		if (v.met) {
			n += (size_t)snprintf(out + n, 200 - n, "%s ", r->rule[i].id);
			stop = r->rule[i].stop;
		}
		ev_rule_verdict_fini(&v);
	}
	return true;
}

static bool
got(struct ev_ruling *g, const struct line *l, char out[200])
{
	size_t i, n = 0;

	out[0] = '\0';
	if (ev_ruling_run(g, &l->scan, l->text, NULL) != EV_OK)
		return false;
	for (i = 0; i < g->hits; i++)
		n += (size_t)snprintf(out + n, 200 - n, "%s ", g->hit[i]->id);
	return true;
}

static size_t
one_round(uint64_t *r, size_t *hits)
{
	struct ev_buf text = EV_BUF(TEXT);
	struct ev_rules rules;
	struct ev_ruling g;
	struct ev_err e = { 0 };
	static struct text t;
	size_t i, wrong = 0;

	t.n = 0;
	add(&t, "[");
	for (i = 0; i < RULES; i++)
		add_rule(r, &t, i);
	add(&t, "]");
	if (ev_buf_add(&text, t.p, t.n, NULL) != EV_OK ||
	    ev_rules_load(&rules, &text, NULL, NULL, &e) != EV_OK) {
		printf("# %lu:%lu %s\n", e.line, e.col, e.text);
		return 1;
	}
	if (ev_ruling_init(&g, &rules, NULL) != EV_OK)
		exit(2);
	for (i = 0; i < EVENTS; i++) {
		char a[200], b[200];
		static struct text event;
		struct line l;

		make_event(r, &event);
		line_scan(&l, &rules.set, event.p);
		if ((!got(&g, &l, a) || !want(&rules, &l, b) || strcmp(a, b) != 0) && wrong++ == 0)
			printf("# got %s, wanted %s\n# of %.*s\n# by %.*s\n", a, b, (int)event.n,
			    event.p, EV_FMT(rules.text));
		*hits += g.hits;
		line_free(&l);
	}
	ev_ruling_fini(&g);
	ev_rules_fini(&rules);
	return wrong;
}

int
main(int argc, char **argv)
{
	uint64_t seed = prop_seed(argc, argv), r = seed;
	size_t round, wrong = 0, hits = 0;

	for (round = 0; round < ROUNDS && wrong == 0; round++)
		wrong += one_round(&r, &hits);
	printf("# %zu hits\n", hits);
	ok_as(wrong == 0, "rules applied at once give what their conditions give one at a time");
	ok_as(hits > ROUNDS, "hits are common");
	return tap_done();
}
