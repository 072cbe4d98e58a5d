/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

#include "tap.h"

struct fault {
	struct ev_slice text;
	size_t off;
	const char *message;
};

#define FAULT(s, off, message)                                                                     \
	{                                                                                          \
		{ "" s, sizeof(s) - 1 }, off, message                                              \
	}

static void
faults_are_placed_and_named(void)
{
	static const struct fault f[] = {
		FAULT("", 0, "found the end of the text, wanted a value"),
		FAULT("  ", 2, "found the end of the text, wanted a value"),
		FAULT("{", 1, "found the end of the text, wanted a member's name in quotes"),
		FAULT("{a:1}", 1, "found 'a', wanted a member's name in quotes"),
		FAULT("{,}", 1, "found ',', wanted a member's name in quotes"),
		FAULT("{\"a\"}", 4, "found '}', wanted ':'"),
		FAULT("{\"a\":}", 5, "found '}', wanted a value"),
		FAULT("{\"a\":1,}", 7, "found '}', wanted a member's name in quotes"),
		FAULT("{\"a\":1 \"b\":2}", 7, "found '\"', wanted ',' or '}'"),
		FAULT("{\"a\":1]", 6, "found ']', wanted ',' or '}'"),
		FAULT("[1 2]", 3, "found '2', wanted ',' or ']'"),
		FAULT("[1,]", 3, "found ']', wanted a value"),
		FAULT("[1", 2, "found the end of the text, wanted ',' or ']'"),
		FAULT("[]]", 2, "found ']', wanted the end of the text"),
		FAULT("{} {}", 3, "found '{', wanted the end of the text"),
		FAULT("1 1", 2, "found '1', wanted the end of the text"),
		FAULT("tru", 3, "found the end of the text, wanted true"),
		FAULT("nul1", 3, "found '1', wanted null"),
		FAULT("truee", 4, "found 'e', wanted the end of the text"),
		FAULT("True", 0, "found 'T', wanted a value"),
		FAULT("NaN", 0, "found 'N', wanted a value"),
		FAULT("'a'", 0, "found ''', wanted a value"),
		FAULT("01", 1, "found '1', wanted no digit behind a leading 0"),
		FAULT("-01", 2, "found '1', wanted no digit behind a leading 0"),
		FAULT("-", 1, "found the end of the text, wanted a digit"),
		FAULT("+1", 0, "found '+', wanted a value"),
		FAULT(".5", 0, "found '.', wanted a value"),
		FAULT("1.", 2, "found the end of the text, wanted a digit behind the point"),
		FAULT("1.e5", 2, "found 'e', wanted a digit behind the point"),
		FAULT("1e", 2, "found the end of the text, wanted a digit of the exponent"),
		FAULT("1e+-5", 3, "found '-', wanted a digit of the exponent"),
		FAULT("\"a", 2, "found the end of the text, wanted the '\"' that ends the string"),
		FAULT("\"a\n\"", 2, "found byte 0x0a, wanted an escape for a control character"),
		FAULT("\"\0\"", 1, "found byte 0x00, wanted an escape for a control character"),
		FAULT("\"\x1f\"", 1, "found byte 0x1f, wanted an escape for a control character"),
		FAULT("\"\\x\"", 2,
		    "found 'x', wanted one of \" \\ / b f n r t u behind a backslash"),
		FAULT("\"\\\0\"", 2,
		    "found byte 0x00, wanted one of \" \\ / b f n r t u behind a backslash"),
		FAULT("\"\\", 2,
		    "found the end of the text, wanted one of \" \\ / b f n r t u behind a "
		    "backslash"),
		FAULT("\"\\u12g4\"", 5, "found 'g', wanted four hexadecimal digits behind \\u"),
		FAULT("\"\\u12\0004\"", 5,
		    "found byte 0x00, wanted four hexadecimal digits behind \\u"),
		FAULT("\"\\u123", 6,
		    "found the end of the text, wanted four hexadecimal digits behind \\u"),
		FAULT("\"\xe2\x82(\"", 3, "found '(', wanted UTF-8"),
		FAULT("\"\xc3\"", 2, "found '\"', wanted UTF-8"),
		FAULT("\"\xc3", 2, "found the end of the text, wanted UTF-8"),
		FAULT("\"\xed\xa0\x80\"", 2, "found byte 0xa0, wanted UTF-8"),
		FAULT("\0{}", 0, "found byte 0x00, wanted a value"),
		FAULT("{}\0", 2, "found byte 0x00, wanted the end of the text"),
		FAULT("1\0", 1, "found byte 0x00, wanted the end of the text"),
		FAULT("\xef\xbb\xbf{}", 0,
		    "found byte 0xef, wanted a value; a byte order mark may only begin the first line"),
		FAULT("\f1", 0, "found byte 0x0c, wanted a value"),
		FAULT("[1,\v2]", 3, "found byte 0x0b, wanted a value"),
		FAULT("\xc2\xa0"
		      "1",
		    0, "found byte 0xc2, wanted a value"),
		FAULT("/**/1", 0, "found '/', wanted a value"),
	};

	for (size_t i = 0; i < sizeof(f) / sizeof(*f); i++) {
		struct ev_err e = { 0 };
		size_t off = 99;

		ok(ev_json_check(f[i].text, &off, &e) == EV_DATA && e.code == EV_DATA &&
		    off == f[i].off);
		is_str(e.text, f[i].message);
	}
}

static void
what_is_json_is_accepted(void)
{
	static const char *const good[] = { "{}", "[]", " \t\r\n{ } ", "[[[]],[{}],{\"a\":[]}]",
		"{\"\":\"\",\"\":0}", "0", "-0", "-0.0E-0", "1e400", "\"\"",
		"\"\x7f\xc2\x80\xef\xbb\xbf\"", "true", "false", "null",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD800\\udfff\\uDEAD\\ubeef\"",
		"[1,2.5,-3e+7 , \"x\"\r\n,null]", "{\"a\":{\"b\":[true,false]} , \"c\" :\t1}",
		"\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\"" };
	size_t off = 0;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(ev_json_check(ev_slice_str(good[i]), &off, NULL) == EV_OK &&
		    off == strlen(good[i]));
}

/* n openings, their middle, n ends. */
static enum ev_code
nested(const char *opens, const char *middle, const char *ends, size_t n, size_t *off)
{
	static char text[8192];
	size_t o = strlen(opens), at = 0;

	for (size_t i = 0; i < n; i++, at += o)
		memcpy(text + at, opens, o);
	memcpy(text + at, middle, strlen(middle));
	at += strlen(middle);
	memset(text + at, *ends, n);
	return ev_json_check((struct ev_slice){ text, at + n }, off, NULL);
}

static void
depth_512_is_accepted_and_513_is_not(void)
{
	size_t off = 0;

	ok(nested("[", "", "]", 512, &off) == EV_OK);
	ok(nested("[", "1", "]", 512, &off) == EV_OK);
	ok(nested("[", "", "]", 513, &off) == EV_DATA && off == 512);
	ok(nested("{\"a\":", "1", "}", 512, &off) == EV_OK);
	ok(nested("{\"a\":", "1", "}", 513, &off) == EV_DATA && off == 512 * 5);
	ok(nested("[", "[],[]", "]", 511, &off) == EV_OK);
	ok(nested("[", "[],[[]]", "]", 511, &off) == EV_DATA);
}

/* No cut of a text is a value, but those of a number. */
static void
every_cut_is_refused_at_its_end(void)
{
	static const char text[] =
	    "{\"a\\u00e9\":[1.5e3,true,null,false,\"x\\n\xe2\x82\xac\"],\"b\":{\"c\":-0}}";
	size_t wrong = 0, off;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		wrong +=
		    ev_json_check((struct ev_slice){ text, n }, &off, NULL) != EV_DATA || off != n;
	ok(wrong == 0);
	ok(ev_json_check((struct ev_slice){ text, sizeof(text) - 1 }, &off, NULL) == EV_OK);
}

int
main(void)
{
	faults_are_placed_and_named();
	what_is_json_is_accepted();
	depth_512_is_accepted_and_513_is_not();
	every_cut_is_refused_at_its_end();
	return tap_done();
}
