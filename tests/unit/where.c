/* SPDX-License-Identifier: MIT */
#include "match/where.h"

#include "line.h"
#include "tap.h"

static struct ev_err last;

/*
 * Whether the line meets the condition: 1, 0, or minus the code of a failure, which is left in
 * last.
 */
static int
holds(const char *expr, const char *text)
{
	struct ev_buf tmp = EV_BUF(0);
	struct ev_paths set = { 0 };
	struct ev_where w;
	enum ev_code rc;
	struct line l;
	bool yes = false;

	last = (struct ev_err){ 0 };
	rc = ev_where_init(&w, ev_slice_str(expr), &set, &last);
	if (rc == EV_OK) {
		line_scan(&l, &set, text);
		rc = ev_where_match(&w, &l.scan, &tmp, &yes, &last);
		line_free(&l);
		ev_where_fini(&w);
	}
	ev_buf_fini(&tmp);
	ev_paths_fini(&set);
	return rc == EV_OK ? yes : -(int)rc;
}

/* A condition, a line, what comes out. */
struct row {
	const char *expr, *text;
	int want;
};

static void
each(const struct row *v, size_t n)
{
	char what[400];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(what, sizeof(what), "%s %s %.200s", v[i].expr,
		    v[i].want ? "holds for" : "does not hold for", v[i].text);
		if (!ok_as(holds(v[i].expr, v[i].text) == v[i].want, what))
			printf("# %s\n", last.text);
	}
}

#define EACH(v) each(v, sizeof(v) / sizeof(*(v)))

static void
numbers_compare_by_exact_value(void)
{
	static const struct row rows[] = {
		{ "n = 300", "{\"n\":3e2}", 1 },
		{ "n = 300.00", "{\"n\":300}", 1 },
		{ "n == 0", "{\"n\":-0.0}", 1 },
		{ "n = 9007199254740993", "{\"n\":9007199254740992}", 0 },
		{ "n != 9007199254740993", "{\"n\":9007199254740992}", 1 },
		{ "n > 9007199254740992", "{\"n\":9007199254740993}", 1 },
		{ "n = 0.1", "{\"n\":0.1000000000000000055511151231257827021181583404541015625}",
		    0 },
		{ "n < 1e400", "{\"n\":12345678901234567890}", 1 },
		{ "n > -1e400", "{\"n\":-12345678901234567890}", 1 },
		{ "n >= 100", "{\"n\":100}", 1 },
		{ "n >= 100", "{\"n\":99.999}", 0 },
		{ "n<=100", "{\"n\":1E2}", 1 },
		{ "n>100", "{\"n\":100}", 0 },
		{ "n<-1.5", "{\"n\":-2}", 1 },
	};

	EACH(rows);
}

static void
strings_compare_by_bytes_after_unescaping(void)
{
	static const struct row rows[] = {
		{ "s = abc", "{\"s\":\"a\\u0062c\"}", 1 },
		{ "s = \"a\\u0062c\"", "{\"s\":\"abc\"}", 1 },
		{ "s = 'a \"b\"'", "{\"s\":\"a \\\"b\\\"\"}", 1 },
		{ "s = \"\"", "{\"s\":\"\"}", 1 },
		{ "s = ''", "{\"s\":\"x\"}", 0 },
		{ "s = \xc3\xa9", "{\"s\":\"\\u00e9\"}", 1 },
		{ "s != abc", "{\"s\":\"abd\"}", 1 },
		{ "s < b", "{\"s\":\"abc\"}", 1 },
		{ "s < abc", "{\"s\":\"ab\"}", 1 },
		{ "s > ab", "{\"s\":\"abc\"}", 1 },
		{ "s >= 2026-11-02", "{\"s\":\"2026-11-02T10:00:00Z\"}", 1 },
		{ "s < 2026-11-02", "{\"s\":\"2026-11-02T10:00:00Z\"}", 0 },
		{ "s > \"a\\u0000\"", "{\"s\":\"a\\u0000b\"}", 1 },
		{ "s = \"\\ud800\"", "{\"s\":\"\\ud800\"}", 1 },
		{ "s = \"\\ud800\"", "{\"s\":\"\\ud801\"}", 0 },
	};

	EACH(rows);
}

static void
parts_of_strings_are_found(void)
{
	static const struct row rows[] = {
		{ "s ^= order-", "{\"s\":\"order-paid\"}", 1 },
		{ "s ^= order-", "{\"s\":\"reorder-\"}", 0 },
		{ "s $= paid", "{\"s\":\"order-paid\"}", 1 },
		{ "s$=paid", "{\"s\":\"order-paid\"}", 1 },
		{ "s *= er-p", "{\"s\":\"ord\\u0065r-paid\"}", 1 },
		{ "s *= \"\"", "{\"s\":\"\"}", 1 },
		{ "s *= 10", "{\"s\":\"a10b\"}", 1 },
		{ "s *= 10", "{\"s\":10}", 0 },
		{ "s ~ ^order-(paid|sent)$", "{\"s\":\"order-sent\"}", 1 },
		{ "s~/^o.*d$/", "{\"s\":\"order-paid\"}", 1 },
		{ "s ~ 'a b'", "{\"s\":\"xa by\"}", 1 },
		{ "s ~ \"^\\\\d+$\"", "{\"s\":\"123\"}", 1 },
		{ "s ~ 1", "{\"s\":1}", 0 },
		{ "s ~ .", "{\"s\":\"\\ud800\"}", 0 },
	};

	EACH(rows);
}

static void
types_that_differ_are_never_equal(void)
{
	static const struct row rows[] = {
		{ "v = 1", "{\"v\":\"1\"}", 0 },
		{ "v = \"1\"", "{\"v\":1}", 0 },
		{ "v != 1", "{\"v\":\"1\"}", 1 },
		{ "v < 1", "{\"v\":\"0\"}", 0 },
		{ "v >= 1", "{\"v\":null}", 0 },
		{ "v = true", "{\"v\":true}", 1 },
		{ "v = true", "{\"v\":\"true\"}", 0 },
		{ "v = 'true'", "{\"v\":\"true\"}", 1 },
		{ "v = false", "{\"v\":true}", 0 },
		{ "v != false", "{\"v\":true}", 1 },
		{ "v = null", "{\"v\":null}", 1 },
		{ "v != null", "{\"v\":0}", 1 },
		{ "v = x", "{\"v\":[\"x\"]}", 0 },
		{ "v != x", "{\"v\":[\"x\"]}", 1 },
		{ "v != x", "{\"v\":{}}", 1 },
	};

	EACH(rows);
}

static void
a_member_that_is_not_there_meets_nothing_but_its_absence(void)
{
	static const struct row rows[] = {
		{ "v = null", "{}", 0 },
		{ "v != 1", "{}", 0 },
		{ "v < 1", "{}", 0 },
		{ "v *= ''", "{}", 0 },
		{ "v exists", "{}", 0 },
		{ "v !exists", "{}", 1 },
		{ "v exists", "{\"v\":null}", 1 },
		{ "v !exists", "{\"v\":null}", 0 },
		{ "a.b exists", "{\"a\":1}", 0 },
		{ "a.b !exists ", "{\"a\":[]}", 1 },
		{ "a[*].b exists", "{\"a\":[{},{\"b\":1}]}", 1 },
		{ "a[*].b exists", "{\"a\":[{},{\"c\":1}]}", 0 },
		{ "a[*].b !exists", "{\"a\":[]}", 1 },
	};

	EACH(rows);
}

static void
paths_go_anywhere(void)
{
	static const struct row rows[] = {
		{ "order.items[1].sku = b",
		    "{\"order\":{\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}}", 1 },
		{ "order.items[*].sku = b",
		    "{\"order\":{\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}}", 1 },
		{ "order.items[*].sku = c",
		    "{\"order\":{\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}}", 0 },
		{ "order.items[*].sku != a",
		    "{\"order\":{\"items\":[{\"sku\":\"a\"},{\"sku\":\"a\"}]}}", 0 },
		{ "tags[\"a.b = c\"] = 1", "{\"tags\":{\"a.b = c\":1}}", 1 },
		{ "tags[\"]\\\"\"]=1", "{\"tags\":{\"]\\\"\":1}}", 1 },
		{ "a-b/c@d = 1", "{\"a-b/c@d\":1}", 1 },
		{ "[\"a$\"] = 1", "{\"a$\":1}", 1 },
		{ "a.b = 2", "{\"a\":{\"b\":1},\"a\":{\"b\":2}}", 1 },
		{ "a.b = 1", "{\"a\":{\"b\":1},\"a\":{\"c\":2}}", 0 },
	};

	EACH(rows);
}

static void
mistakes_are_told_with_their_place(void)
{
	static const struct {
		const char *expr, *text;
		unsigned long col;
	} bad[] = {
		{ "", "a condition begins with a path, as in order.total >= 100", 1 },
		{ "= 1", "a condition begins with a path, as in order.total >= 100", 1 },
		{ "a..b = 1", "path: found '.', wanted a member's name", 3 },
		{ " a[x = 1", "path: found 'x', wanted an element's number, '*' or a quoted name",
		    4 },
		{ "a", "no operator; wanted = != < <= > >= ~ ^= $= *= exists or !exists", 2 },
		{ "a is 1", "unknown operator; wanted = != < <= > >= ~ ^= $= *= exists or !exists",
		    3 },
		{ "a !~ x", "unknown operator; wanted = != < <= > >= ~ ^= $= *= exists or !exists",
		    3 },
		{ "a =", "no value behind =", 4 },
		{ "a =  ", "no value behind =", 6 },
		{ "a = b c",
		    "something behind the value; a text with blanks is put in quotes, another "
		    "condition in another option",
		    7 },
		{ "a = 1 && b = 2",
		    "something behind the value; a text with blanks is put in quotes, another "
		    "condition in another option",
		    7 },
		{ "a =~ x", "a text that begins with ~ is put in quotes", 4 },
		{ "a = [1]", "a text that begins with [ is put in quotes", 5 },
		{ "a = \"x", "this is no JSON string", 7 },
		{ "a = \"x\" y", "this is no JSON string", 9 },
		{ "a = \"\\x\"", "this is no JSON string", 7 },
		{ "a = 'x", "a text in single quotes ends with one and holds none", 5 },
		{ "a = '", "a text in single quotes ends with one and holds none", 5 },
		{ "a = 'x'y'", "a text in single quotes ends with one and holds none", 5 },
		{ "a >= .5", "this is no JSON number; as a text it is put in quotes", 6 },
		{ "a = 007", "this is no JSON number; as a text it is put in quotes", 5 },
		{ "a < true", "< compares with a number or a text", 5 },
		{ "a >= null", ">= compares with a number or a text", 6 },
		{ "a exists 1", "something behind exists", 10 },
		{ "a ~ (x", "regular expression: missing closing parenthesis", 7 },
		{ "a ~ /x(/", "regular expression: missing closing parenthesis", 8 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ok_as(holds(bad[i].expr, "{}") == -(int)EV_USAGE, bad[i].expr);
		is_str(last.text, bad[i].text);
		if (!ok_as(last.col == bad[i].col, "the place"))
			printf("# got %lu, wanted %lu\n", last.col, bad[i].col);
	}
}

static void
words_that_only_look_like_numbers_are_texts(void)
{
	static const struct row rows[] = {
		{ "v = -", "{\"v\":\"-\"}", 1 },
		{ "v = 1.2.3", "{\"v\":\"1.2.3\"}", 1 },
		{ "v = 10-11", "{\"v\":\"10-11\"}", 1 },
		{ "v = '007'", "{\"v\":\"007\"}", 1 },
		{ "v = +1a", "{\"v\":\"+1a\"}", 1 },
	};

	EACH(rows);
}

static void
a_regex_at_its_limit_is_no_answer(void)
{
	ok(holds("v ~ ^(a+)+$", "{\"v\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}") ==
	    -(int)EV_DATA);
}

int
main(void)
{
	numbers_compare_by_exact_value();
	strings_compare_by_bytes_after_unescaping();
	parts_of_strings_are_found();
	types_that_differ_are_never_equal();
	a_member_that_is_not_there_meets_nothing_but_its_absence();
	paths_go_anywhere();
	mistakes_are_told_with_their_place();
	words_that_only_look_like_numbers_are_texts();
	a_regex_at_its_limit_is_no_answer();
	return tap_done();
}
