/* SPDX-License-Identifier: MIT */
#include "match/explain.h"

#include "match/plain.h"
#include "tap.h"

static const struct {
	const char *pattern, *event;
	bool match;
	const char *told; /* of each condition: path, wanted, found, + or -, by; lines */
} cases[] = {
	{ "{\"a\":[1,2.0]}", "{\"a\":2}", true, "a|[1,2.0]|2|+|2" },
	{ "{\"a\":{\"b\":[\"x\"]}}", "{\"a\":{\"c\":1}}", false,
	    "a.b|[\"x\"]||-|nothing is there" },
	{ "{\"a\":[{\"prefix\":\"x\"}]}", "{\"a\":\"yx\"}", false,
	    "a|[{\"prefix\":\"x\"}]|\"yx\"|-|not \"yx\"" },
	/* conditions behind one that is not met are told as well */
	{ "{\"a\":[1],\"b\":[2],\"c\":[3]}", "{\"b\":2,\"c\":[4,5]}", false,
	    "a|[1]||-|nothing is there\nb|[2]|2|+|2\n"
	    "c|[3]|4,5|-|0 of 2 values, the last one 5 at c[1]" },
	/* which element passed */
	{ "{\"f\":[{\"anything-but\":\"a\"}]}", "{\"f\":[\"a\",\"b\"]}", true,
	    "f|[{\"anything-but\":\"a\"}]|\"a\",\"b\"|+|\"b\" at f[1]" },
	{ "{\"f\":[{\"anything-but\":{\"prefix\":[\"a\",\"b\"]}}]}", "{\"f\":[[\"b\"],[1]]}", true,
	    "f|[{\"anything-but\":{\"prefix\":[\"a\",\"b\"]}}]|\"b\",1|+|1 at f[1][0]" },
	/* the same element, or not */
	{ "{\"a\":{\"k\":[\"n\"],\"v\":[1]}}",
	    "{\"a\":[{\"k\":\"n\",\"v\":2},{\"k\":\"m\",\"v\":1}]}", false,
	    "a.k|[\"n\"]|\"n\",\"m\"|+|\"n\" at a[0].k\n"
	    "a.v|[1]|2,1|-|1 at a[1].v, in another element than the rest" },
	{ "{\"a\":{\"k\":[1],\"v\":[2]}}", "{\"a\":[{\"k\":1,\"v\":3},{\"k\":1,\"v\":2}]}", true,
	    "a.k|[1]|1,1|+|1 at a[1].k\na.v|[2]|3,2|+|2 at a[1].v" },
	/* in which element a member was absent */
	{ "{\"a\":{\"k\":[\"n\"],\"err\":[{\"exists\":false}]}}",
	    "{\"a\":[{\"k\":\"n\",\"err\":1},{\"k\":\"n\"}]}", true,
	    "a.k|[\"n\"]|\"n\",\"n\"|+|\"n\" at a[1].k\n"
	    "a.err|[{\"exists\":false}]|1|+|absent in a[1]" },
	{ "{\"a\":{\"err\":[{\"exists\":false}]}}", "{\"a\":[{\"k\":\"n\"},{\"err\":1}]}", false,
	    "a.err|[{\"exists\":false}]|1|-|there: 1 at a[1].err" },
	{ "{\"f\":[{\"exists\":false}]}", "{\"f\":{\"x\":1}}", true,
	    "f|[{\"exists\":false}]||+|absent" },
	/* of $or, what matches, or the alternative that lacks least */
	{ "{\"$or\":[{\"a\":[1],\"b\":[1]},{\"c\":[2]}]}", "{\"c\":2}", true, "c|[2]|2|+|2" },
	{ "{\"$or\":[{\"a\":[1],\"b\":[1]},{\"a\":[1],\"c\":[2]}]}", "{\"a\":1,\"c\":3}", false,
	    "a|[1]|1|+|1\nb|[1]||-|nothing is there" },
	/* names are written as a path has them; the last duplicate wins, however it is spelled */
	{ "{\"a.b\":{\"c d\":[1]}}", "{\"a.b\":{\"c d\":2},\"a\\u002eb\":{\"c\\u0020d\":1}}", true,
	    "[\"a.b\"][\"c d\"]|[1]|1|+|1" },
	{ "{\"f\":[{\"cidr\":\"10.0.0.0/8\"}]}", "{\"f\":\"10.1.2.3\"}", true,
	    "f|[{\"cidr\":\"10.0.0.0/8\"}]|\"10.1.2.3\"|+|\"10.1.2.3\"" },
	{ "{\"f\":[{\"regex\":\"^o-\"}]}", "{\"f\":\"o-1\"}", true,
	    "f|[{\"regex\":\"^o-\"}]|\"o-1\"|+|\"o-1\"" },
};

static void
show(const struct ev_explanation *x, char *to, size_t room)
{
	size_t i, n = 0;

	to[0] = '\0';
	for (i = 0; i < x->n && n < room; i++) {
		const struct ev_condition *c = &x->condition[i];

		n += (size_t)snprintf(to + n, room - n, "%s%.*s|%.*s|%.*s|%c|%.*s",
		    i > 0 ? "\n" : "", EV_FMT(c->path), EV_FMT(c->wanted), EV_FMT(c->found),
		    c->met ? '+' : '-', EV_FMT(c->by));
	}
}

static void
each_condition_is_told(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ev_explanation x;
		char told[1024];

		if (ev_explain(&x, ev_slice_str(cases[i].pattern), ev_slice_str(cases[i].event),
			NULL) != EV_OK) {
			ok_as(false, "it can be explained");
			continue;
		}
		show(&x, told, sizeof(told));
		ok(x.match == cases[i].match);
		is_str(told, cases[i].told);
		ev_explanation_fini(&x);
	}
}

static void
errors_say_which_text_is_bad(void)
{
	struct ev_explanation x;
	struct ev_err e = { 0 };

	ok(ev_explain(&x, EV_LIT("{\"a\":\n[]}"), EV_LIT("{}"), &e) == EV_USAGE);
	ok(e.line == 2 && e.col == 1 && x.condition == NULL);
	e = (struct ev_err){ 0 };
	ok(ev_explain(&x, EV_LIT("{\"a\":[1]}"), EV_LIT("{\"a\":01}"), &e) == EV_DATA);
	ok(e.line == 1 && e.col == 7);
	e = (struct ev_err){ 0 };
	ok(ev_explain(&x, EV_LIT("{\"a\":[1]}"), EV_LIT("[{\"a\":1}]"), &e) == EV_DATA);
	is_str(e.text, "found an array, wanted an event: an object");
}

/* Pairs of elements that never agree, over and over. */
static void
work_has_a_limit(void)
{
	const struct ev_slice pattern = EV_LIT("{\"a\":{\"b\":[1],\"c\":[1],\"g\":[2]},\"h\":[1]}");
	struct ev_buf event = EV_BUF(1 << 20);
	struct ev_explanation x;
	struct ev_err e = { 0 };
	enum ev_code rc = ev_buf_adds(&event, EV_LIT("{\"a\":["), &e);
	int i;

	for (i = 0; rc == EV_OK && i < 20000; i++)
		rc = ev_buf_adds(&event, EV_LIT("{\"b\":1},{\"c\":1},{\"g\":2},"), &e);
	if (rc == EV_OK)
		rc = ev_buf_adds(&event, EV_LIT("0],\"h\":1}"), &e);
	if (rc != EV_OK)
		exit(2);
	rc = ev_explain(&x, pattern, ev_buf_view(&event), &e);
	ok(rc == EV_DATA);
	is_str(e.text, "more than 16777216 steps to decide one pattern");
	ev_buf_fini(&event);
}

static void
long_values_are_cut(void)
{
	struct ev_buf event = EV_BUF(1 << 20);
	struct ev_explanation x;
	enum ev_code rc = ev_buf_adds(&event, EV_LIT("{\"a\":[\"b"), NULL);
	int i;

	for (i = 0; rc == EV_OK && i < 200; i++)
		rc = ev_buf_adds(&event, EV_LIT("\xc3\xa9"), NULL);
	for (i = 0; rc == EV_OK && i < 1000; i++)
		rc = ev_buf_adds(&event, i == 0 ? EV_LIT("\",1") : EV_LIT(",1"), NULL);
	if (rc != EV_OK || ev_buf_adds(&event, EV_LIT("]}"), NULL) != EV_OK ||
	    ev_explain(&x, EV_LIT("{\"a\":[{\"prefix\":\"b\"}]}"), ev_buf_view(&event), NULL) !=
		EV_OK)
		exit(2);
	ok(x.match && x.n == 1);
	ok(x.condition[0].found.n < 300 && ev_slice_ends(x.condition[0].found, EV_LIT(",1,…")));
	ok(ev_slice_ends(x.condition[0].by, EV_LIT("\xc3\xa9… at a[0]")));
	ev_explanation_fini(&x);
	ev_buf_fini(&event);
}

int
main(void)
{
	each_condition_is_told();
	errors_say_which_text_is_bad();
	work_has_a_limit();
	long_values_are_cut();
	return tap_done();
}
