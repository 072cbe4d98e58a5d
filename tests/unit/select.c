/* SPDX-License-Identifier: MIT */
#include "match/select.h"

#include "line.h"
#include "tap.h"

enum { MAX = 8 };

static const char *words[5][MAX];
static struct ev_select_args args;

static void
set_list(struct ev_list *list, const char **store, const char *a, const char *b)
{
	store[0] = a;
	store[1] = b;
	store[2] = NULL;
	*list = (struct ev_list){ store, a == NULL ? 0 : b == NULL ? 1 : 2 };
}

static void
nothing_asked(void)
{
	args = (struct ev_select_args){ .since = { false, 0, 0 } };
}

/* 1, 0, or minus the code of a failure. */
static int
selected(const char *text)
{
	struct ev_paths set = { 0 };
	struct ev_err e = { 0 };
	struct ev_select s;
	bool yes = false;
	struct line l;
	enum ev_code rc = ev_select_init(&s, &args, &set, &e);

	if (rc == EV_OK) {
		line_scan(&l, &set, text);
		rc = ev_select_match(&s, &l.scan, &yes, &e);
		line_free(&l);
		ev_select_fini(&s);
	} else if (e.name != NULL) {
		printf("# %s: %s\n", e.name, e.text);
	}
	ev_paths_fini(&set);
	return rc == EV_OK ? yes : -(int)rc;
}

static void
without_options_all_are_selected(void)
{
	nothing_asked();
	ok(!ev_select_asked(&args));
	ok(selected("{}") == 1);
}

static void
any_type_is_enough(void)
{
	nothing_asked();
	set_list(&args.types, words[0], "order-*", "a");
	ok(ev_select_asked(&args));
	ok(selected("{\"type\":\"order-paid\"}") == 1);
	ok(selected("{\"type\":\"a\"}") == 1);
	ok(selected("{\"type\":\"b\"}") == 0);
	ok(selected("{\"type\":7}") == 0);
	ok(selected("{}") == 0);
}

static void
since_is_inside_and_until_outside(void)
{
	nothing_asked();
	args.since = (struct ev_when){ true, 1000, 0 };
	args.until = (struct ev_when){ true, 2000, 86400000 };
	ok(ev_select_asked(&args));
	ok(selected("{\"timestamp\":999}") == 0);
	ok(selected("{\"timestamp\":1000}") == 1);
	ok(selected("{\"timestamp\":1.999e3}") == 1);
	ok(selected("{\"timestamp\":2000}") == 0);
	ok(selected("{\"timestamp\":1500.5}") == 0);
	ok(selected("{\"timestamp\":\"1500\"}") == 0);
	ok(selected("{\"timestamp\":1e30}") == 0);
	ok(selected("{}") == 0);
	args.until.set = false;
	ok(selected("{\"timestamp\":9223372036854775807}") == 1);
	args.since.set = false;
	args.until.set = true;
	ok(selected("{\"timestamp\":-9223372036854775808}") == 1);
}

static void
any_key_is_enough(void)
{
	nothing_asked();
	set_list(&args.keys, words[0], "o-1", "\xc3\xa9");
	ok(selected("{\"partitionKey\":\"o-1\"}") == 1);
	ok(selected("{\"partitionKey\":\"\\u00e9\"}") == 1);
	ok(selected("{\"partitionKey\":\"o-11\"}") == 0);
	ok(selected("{\"partitionKey\":7}") == 0);
	ok(selected("{}") == 0);
}

static void
all_tags_must_be_there(void)
{
	nothing_asked();
	set_list(&args.tags, words[0], "source=shop", "a.\"b=2=3");
	ok(selected("{\"tags\":{\"source\":\"shop\",\"a.\\\"b\":\"2=3\"}}") == 1);
	ok(selected("{\"tags\":{\"source\":\"shop\"}}") == 0);
	ok(selected("{\"tags\":{\"a.\\\"b\":\"2=3\"}}") == 0);
	set_list(&args.tags, words[0], "n=2.50", NULL);
	ok(selected("{\"tags\":{\"n\":2.50}}") == 1);
	ok(selected("{\"tags\":{\"n\":\"2.50\"}}") == 1);
	ok(selected("{\"tags\":{\"n\":2.5}}") == 0);
	set_list(&args.tags, words[0], "n=", NULL);
	ok(selected("{\"tags\":{\"n\":\"\"}}") == 1);
	ok(selected("{\"tags\":{}}") == 0);
	ok(selected("{\"tags\":\"n\"}") == 0);
}

static void
where_is_and_where_any_is_or(void)
{
	nothing_asked();
	set_list(&args.where, words[0], "a > 1", "b = x");
	ok(selected("{\"a\":2,\"b\":\"x\"}") == 1);
	ok(selected("{\"a\":1,\"b\":\"x\"}") == 0);
	ok(selected("{\"a\":2,\"b\":\"y\"}") == 0);
	set_list(&args.where_any, words[1], "c = 1", "c = 2");
	ok(selected("{\"a\":2,\"b\":\"x\"}") == 0);
	ok(selected("{\"a\":2,\"b\":\"x\",\"c\":1}") == 1);
	ok(selected("{\"a\":2,\"b\":\"x\",\"c\":2}") == 1);
	ok(selected("{\"a\":1,\"b\":\"x\",\"c\":2}") == 0);
}

static void
options_are_joined_by_and(void)
{
	nothing_asked();
	set_list(&args.types, words[0], "t", NULL);
	set_list(&args.keys, words[1], "k", NULL);
	set_list(&args.tags, words[2], "a=1", NULL);
	set_list(&args.where, words[3], "x exists", NULL);
	args.since = (struct ev_when){ true, 5, 0 };
	ok(selected("{\"type\":\"t\",\"timestamp\":5,\"partitionKey\":\"k\",\"tags\":{\"a\":1},"
		    "\"x\":0}") == 1);
	ok(selected("{\"type\":\"u\",\"timestamp\":5,\"partitionKey\":\"k\",\"tags\":{\"a\":1},"
		    "\"x\":0}") == 0);
	ok(selected("{\"type\":\"t\",\"timestamp\":4,\"partitionKey\":\"k\",\"tags\":{\"a\":1},"
		    "\"x\":0}") == 0);
	ok(selected("{\"type\":\"t\",\"timestamp\":5,\"partitionKey\":\"l\",\"tags\":{\"a\":1},"
		    "\"x\":0}") == 0);
	ok(selected("{\"type\":\"t\",\"timestamp\":5,\"partitionKey\":\"k\",\"tags\":{\"a\":2},"
		    "\"x\":0}") == 0);
	ok(selected("{\"type\":\"t\",\"timestamp\":5,\"partitionKey\":\"k\",\"tags\":{\"a\":1}}") ==
	    0);
}

static void
mistakes_name_the_option(void)
{
	static const struct {
		size_t list;
		const char *word, *name, *text;
	} bad[] = {
		{ offsetof(struct ev_select_args, types), "", "--type", "an empty type pattern" },
		{ offsetof(struct ev_select_args, tags), "a", "--tag",
		    "found 'a', wanted NAME=VALUE" },
		{ offsetof(struct ev_select_args, tags), "=a", "--tag",
		    "found '=a', wanted NAME=VALUE" },
		{ offsetof(struct ev_select_args, tags), "\xff=a", "--tag",
		    "the name of the tag is no UTF-8" },
		{ offsetof(struct ev_select_args, where), "a =", "--where", "no value behind =" },
		{ offsetof(struct ev_select_args, where_any), "a =", "--where-any",
		    "no value behind =" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ev_paths set = { 0 };
		struct ev_err e = { 0 };
		struct ev_select s;

		nothing_asked();
		set_list((struct ev_list *)(void *)((char *)&args + bad[i].list), words[0],
		    bad[i].word, NULL);
		ok(ev_select_init(&s, &args, &set, &e) == EV_USAGE);
		is_str(e.name, bad[i].name);
		is_str(e.text, bad[i].text);
		ev_paths_fini(&set);
	}
}

static void
only_the_paths_asked_for_are_added(void)
{
	struct ev_paths set = { 0 };
	struct ev_err e = { 0 };
	struct ev_select s;

	nothing_asked();
	set_list(&args.types, words[0], "t", NULL);
	ok(ev_select_init(&s, &args, &set, &e) == EV_OK);
	ok(set.paths == 1);
	ev_select_fini(&s);
	ev_paths_fini(&set);
}

int
main(void)
{
	without_options_all_are_selected();
	any_type_is_enough();
	since_is_inside_and_until_outside();
	any_key_is_enough();
	all_tags_must_be_there();
	where_is_and_where_any_is_or();
	options_are_joined_by_and();
	mistakes_name_the_option();
	only_the_paths_asked_for_are_added();
	return tap_done();
}
