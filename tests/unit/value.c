/* SPDX-License-Identifier: MIT */
#include "json/value.h"

#include <unistd.h>

#include "tap.h"

static struct ev_value *
parse(const char *text)
{
	struct ev_value *v = NULL;
	struct ev_err e = { 0 };

	if (ev_value_parse(ev_slice_str(text), &v, &e) != EV_OK)
		printf("# %s: %s\n", text, e.text);
	return v;
}

static void
a_tree_is_walked(void)
{
	struct ev_value *root =
	    parse("{\"s\":\"a\\u0000\\u00e9\",\"n\":-5,\"r\":2.5,\"t\":true,\"f\":false,\"z\":null,"
		  "\"l\":[1,[],{}],\"o\":{\"x\":{}}}");
	static const struct {
		const char *name;
		enum ev_kind kind;
		size_t count;
	} want[] = { { "s", EV_STRING, 0 }, { "n", EV_NUMBER, 0 }, { "r", EV_NUMBER, 0 },
		{ "t", EV_TRUE, 0 }, { "f", EV_FALSE, 0 }, { "z", EV_NULL, 0 },
		{ "l", EV_ARRAY, 3 }, { "o", EV_OBJECT, 1 } };
	const struct ev_value *v = NULL, *l;
	struct ev_slice name;
	size_t i = 0;

	ok(ev_value_kind(root) == EV_OBJECT && ev_value_count(root) == 8);
	for (void *it = ev_value_next(root, NULL, &name, &v); it != NULL;
	     it = ev_value_next(root, it, &name, &v), i++) {
		is_slice(name, want[i].name);
		ok(ev_value_kind(v) == want[i].kind && ev_value_count(v) == want[i].count);
		ok(ev_value_get(root, name) == v);
	}
	ok_as(i == 8, "members come in the order of the text");
	v = ev_value_get(root, EV_LIT("s"));
	ok_as(ev_slice_eq(ev_value_str(v), EV_LIT("a\0\xc3\xa9")), "a text may hold a NUL");
	l = ev_value_get(root, EV_LIT("l"));
	ok(ev_value_kind(ev_value_at(l, 2)) == EV_OBJECT && ev_value_at(l, 3) == NULL &&
	    ev_value_at(root, 0) == NULL);
	ok(ev_value_get(root, EV_LIT("no")) == NULL && ev_value_get(l, EV_LIT("s")) == NULL);
	ok_as(ev_value_get(root, (struct ev_slice){ "sss", 1 }) == v,
	    "a name needs no NUL behind it");
	ok_as(ev_value_next(l, NULL, &name, &v) == NULL, "an array has no members");
	ev_value_free(root);
}

static void
nothing_has_no_kind(void)
{
	struct ev_slice name;
	const struct ev_value *v;
	int64_t n = 7;

	ok(ev_value_kind(NULL) == EV_ABSENT && ev_value_count(NULL) == 0);
	ok(ev_value_get(NULL, EV_LIT("a")) == NULL && ev_value_at(NULL, 0) == NULL);
	ok(ev_value_str(NULL).p == NULL && ev_value_str(NULL).n == 0 && !ev_value_int(NULL, &n) &&
	    n == 7);
	ok(ev_value_next(NULL, NULL, &name, &v) == NULL);
	ev_value_free(NULL);
}

static void
numbers_are_read(void)
{
	static const struct {
		const char *text;
		bool is;
		int64_t n;
	} c[] = { { "0", true, 0 }, { "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775807", true, INT64_MAX }, { "3.0", true, 3 },
		{ "3e2", true, 300 }, { "-0.0", true, 0 }, { "3.5", false, 0 },
		{ "1e19", false, 0 }, { "9.3e18", false, 0 },
		{ "-9223372036854775808.0", true, INT64_MIN }, { "\"3\"", false, 0 },
		{ "true", false, 0 } };

	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct ev_value *v = parse(c[i].text);
		int64_t n = 0;

		ok_as(ev_value_int(v, &n) == c[i].is && n == c[i].n, c[i].text);
		ev_value_free(v);
	}
}

static void
equal_values_are_equal(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} c[] = { { "1", "1.0", true }, { "1", "2", false }, { "2.5", "25e-1", true },
		{ "2.5", "2.6", false }, { "1e19", "10e18", true },
		{ "9007199254740993", "9007199254740992.0", false }, { "1e19", "1", false },
		{ "1", "\"1\"", false }, { "\"a\"", "\"\\u0061\"", true },
		{ "\"a\"", "\"b\"", false }, { "null", "null", true }, { "true", "true", true },
		{ "true", "false", false }, { "[1,[2]]", "[1.0,[2]]", true },
		{ "[1,2]", "[2,1]", false }, { "[1]", "[1,1]", false }, { "[]", "{}", false },
		{ "{\"a\":1,\"b\":{\"c\":[]}}", "{\"b\":{\"c\":[]},\"a\":1}", true },
		{ "{\"a\":1}", "{\"b\":1}", false }, { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
		{ "{\"a\":null}", "{\"b\":null}", false } };

	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct ev_value *a = parse(c[i].a), *b = parse(c[i].b);

		ok(ev_value_equal(a, b) == c[i].equal && ev_value_equal(b, a) == c[i].equal);
		ev_value_free(a);
		ev_value_free(b);
	}
	ok(ev_value_equal(NULL, NULL));
}

static void
bad_texts_are_placed(void)
{
	static const struct {
		const char *text;
		unsigned long line, col;
		const char *message, *near;
	} c[] = {
		{ "", 1, 1, "found the end of the text, wanted a value", "" },
		{ "{\n  \"a\": 1,\n  \"b\": }\n", 3, 8, "found '}', wanted a value", "  \"b\": }" },
		{ "{\n  \"a\": 1,\n  \"a\": 2\n}", 3, 5, "duplicate object key near '\"a\"'",
		    "  \"a\": 2" },
		{ "[1,\n 1e400]", 2, 6, "real number overflow near '1e400'", " 1e400]" },
		{ "[12345678901234567890]", 1, 21, "too big integer near '12345678901234567890'",
		    "[12345678901234567890]" },
	};
	struct ev_value *v;

	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct ev_err e = { 0 };

		ok(ev_value_parse(ev_slice_str(c[i].text), &v, &e) == EV_DATA && v == NULL &&
		    e.code == EV_DATA);
		is_str(e.text, c[i].message);
		ok(e.line == c[i].line && e.col == c[i].col);
		is_str(e.near, c[i].near);
	}
	ok_as(ev_value_parse(EV_LIT("\"\\ud800\""), &v, NULL) == EV_DATA,
	    "a lone surrogate is refused");
	ok_as(ev_value_parse(EV_LIT("{\"\\u0000\":1}"), &v, NULL) == EV_DATA,
	    "a NUL in a name is refused");
}

static bool
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	return f != NULL && fputs(text, f) >= 0 && fclose(f) == 0;
}

static void
files_are_loaded(void)
{
	char path[] = "value-XXXXXX";
	int fd = mkstemp(path);
	struct ev_value *v = NULL;
	struct ev_err e = { 0 };

	ok(fd >= 0 && close(fd) == 0 && put(path, "{\"a\":[1]}\n"));
	ok(ev_value_load(path, 10, &v, &e) == EV_OK && ev_value_count(v) == 1);
	ev_value_free(v);
	ok(ev_value_load(path, 9, &v, &e) == EV_SYS && v == NULL &&
	    strstr(e.text, "more than the limit of 9 bytes") != NULL);
	e = (struct ev_err){ 0 };
	ok(put(path, "{\n \"a\":x}") && ev_value_load(path, 100, &v, &e) == EV_USAGE &&
	    e.code == EV_USAGE);
	ok(e.name == path && e.line == 2 && e.col == 6);
	ok(ev_value_load(path, 100, &v, NULL) == EV_USAGE);
	ok(unlink(path) == 0);
	e = (struct ev_err){ 0 };
	ok(ev_value_load(path, 100, &v, &e) == EV_SYS && v == NULL);
}

int
main(void)
{
	a_tree_is_walked();
	nothing_has_no_kind();
	numbers_are_read();
	equal_values_are_equal();
	bad_texts_are_placed();
	files_are_loaded();
	return tap_done();
}
