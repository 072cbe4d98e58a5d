/* SPDX-License-Identifier: MIT */
#include "event/type.h"

#include <stdlib.h>

#include "event/regex.h"
#include "tap.h"

/* Whether the type (raw JSON) meets the pattern: 1, 0, or minus the code of a failure. */
static int
meets(const char *pattern, const char *raw)
{
	struct ev_val v = { .raw = ev_slice_str(raw), .kind = *raw == '"' ? EV_STRING : EV_NUMBER };
	struct ev_types t = { 0 };
	struct ev_err e = { 0 };
	bool yes = false;
	enum ev_code rc = ev_types_add(&t, pattern, NULL, &e);

	if (rc == EV_OK)
		rc = ev_types_match(&t, &v, &yes, &e);
	ev_types_fini(&t);
	return rc == EV_OK ? yes : -(int)rc;
}

static const char *
warning(const char *pattern)
{
	struct ev_types t = { 0 };
	struct ev_err e = { 0 };
	const char *warn;

	ok(ev_types_add(&t, pattern, &warn, &e) == EV_OK);
	ev_types_fini(&t);
	return warn;
}

static void
exact_names_meet_after_unescaping(void)
{
	ok(meets("order-paid", "\"order-paid\"") == 1);
	ok(meets("order-paid", "\"order-pai\\u0064\"") == 1);
	ok(meets("order-paid", "\"order-paids\"") == 0);
	ok(meets("order-paid", "\"order-pai\"") == 0);
	ok(meets("7", "7") == 0);
	ok(meets("x", "\"\"") == 0);
}

static void
globs_are_anchored(void)
{
	ok(meets("order-*", "\"order-paid\"") == 1);
	ok(meets("order-*", "\"order-\"") == 1);
	ok(meets("order-*", "\"reorder-paid\"") == 0);
	ok(meets("*-paid", "\"order-paid\"") == 1);
	ok(meets("*-paid", "\"order-paid-late\"") == 0);
	ok(meets("*", "\"\"") == 1);
	ok(meets("?", "\"\"") == 0);
	ok(meets("?", "\"\xc3\xa9\"") == 1);
	ok(meets("??", "\"\xc3\xa9\"") == 0);
	ok(meets("*?", "\"\\u00e9\"") == 1);
	ok(meets("*a*b*c", "\"xxaxxbxxc\"") == 1);
	ok(meets("*a*b*c", "\"xxaxxcxxb\"") == 0);
	ok(meets("*ab*ab*", "\"abab\"") == 1);
	ok(meets("*ab*ab*", "\"aab\"") == 0);
	ok(meets("a*a", "\"a\"") == 0);
	ok(meets("a.c*", "\"abc\"") == 0);
}

static void
a_glob_ends_in_time(void)
{
	char text[4002], glob[] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";

	memset(text, 'a', sizeof(text));
	text[0] = text[4000] = '"';
	text[4001] = '\0';
	ok(meets(glob, text) == 0);
}

static void
regexes_are_unanchored_and_utf(void)
{
	ok(meets("/paid|sent/", "\"order-paid-late\"") == 1);
	ok(meets("/^paid/", "\"order-paid\"") == 0);
	ok(meets("/^.$/", "\"\xc3\xa9\"") == 1);
	ok(meets("/(?i)PAID$/", "\"order-paid\"") == 1);
	ok(meets("/paid$/", "\"paid\\n\"") == 0);
	ok(meets("/./", "\"\\ud800\"") == 0);
	ok(meets("/a/b/", "\"a/b\"") == 1);
}

static void
bad_patterns_are_told_with_their_place(void)
{
	static const struct {
		const char *pattern, *text;
		unsigned long col;
	} bad[] = {
		{ "", "an empty type pattern", 0 },
		{ "/(a/", "regular expression: missing closing parenthesis", 4 },
		{ "/a**+/", "regular expression: quantifier does not follow a repeatable item", 4 },
		{ "/paid",
		    "a type pattern that begins with / is a regular expression and ends with /; "
		    "(?i) in it ignores case",
		    6 },
		{ "/paid/i",
		    "a type pattern that begins with / is a regular expression and ends with /; "
		    "(?i) in it ignores case",
		    8 },
		{ "//",
		    "a type pattern that begins with / is a regular expression and ends with /; "
		    "(?i) in it ignores case",
		    3 },
		{ "/\\C/", "regular expression: using \\C is disabled by the application", 4 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ev_types t = { 0 };
		struct ev_err e = { 0 };

		ok(ev_types_add(&t, bad[i].pattern, NULL, &e) == EV_USAGE);
		is_str(e.text, bad[i].text);
		if (!ok_as(e.col == bad[i].col, "the place"))
			printf("# %s: %lu\n", bad[i].pattern, e.col);
		ev_types_fini(&t);
	}
}

static void
mistakes_are_warned_of(void)
{
	ok(strstr(warning("/thing-*/"), "glob") != NULL);
	ok(strstr(warning("/^thing-*/"), "glob") != NULL);
	ok(strstr(warning("/thing/"), "anywhere") != NULL);
	ok(strstr(warning("/^a|b/"), "anywhere") != NULL);
	ok(warning("/^thing-.*$/") == NULL);
	ok(warning("/^(a|b)x*y?/") != NULL);
	ok(warning("/^a\\-*/") == NULL);
	ok(warning("thing-*") == NULL);
	ok(warning("thing") == NULL);
}

static void
any_of_a_set_is_enough(void)
{
	struct ev_val paid = { .raw = EV_LIT("\"order-paid\""), .kind = EV_STRING };
	const char *const *names;
	struct ev_types t = { 0 };
	struct ev_err e = { 0 };
	size_t n;
	bool yes;

	ok(ev_types_add(&t, "a", NULL, &e) == EV_OK && ev_types_add(&t, "b", NULL, &e) == EV_OK);
	ok(ev_types_exact(&t, &names, &n) && n == 2 && strcmp(names[1], "b") == 0);
	ok(ev_types_match(&t, &paid, &yes, &e) == EV_OK && !yes);
	ok(ev_types_add(&t, "/nothing/", NULL, &e) == EV_OK &&
	    ev_types_add(&t, "order-*", NULL, &e) == EV_OK);
	ok(!ev_types_exact(&t, &names, &n));
	ok(ev_types_match(&t, &paid, &yes, &e) == EV_OK && yes);
	ev_types_fini(&t);
}

static void
a_limit_is_no_answer(void)
{
	char text[64];
	size_t n;

	for (n = 0; n < 40; n++)
		text[n + 1] = 'a';
	text[0] = '"';
	strcpy(text + 41, "b\"");
	ok(meets("/^(a+)+$/", text) == -(int)EV_DATA);
}

static void
a_match_that_recurses_ends(void)
{
	struct ev_regex r;
	struct ev_err e = { 0 };
	size_t n = 4 << 20;
	char *text = malloc(n);
	enum ev_code rc;
	bool yes;

	if (text == NULL)
		abort();
	memset(text, '(', n);
	ok(ev_regex_init(&r, EV_LIT("^(\\((?1)*\\))*$"), EV_LIT("^(\\((?1)*\\))*$"), &e) == EV_OK);
	rc = ev_regex_match(&r, (struct ev_slice){ text, n }, &yes, &e);
	ok(rc == EV_DATA || (rc == EV_OK && !yes));
	ev_regex_fini(&r);
	ev_regex_fini(&r);
	free(text);
}

int
main(void)
{
	exact_names_meet_after_unescaping();
	globs_are_anchored();
	a_glob_ends_in_time();
	regexes_are_unanchored_and_utf();
	bad_patterns_are_told_with_their_place();
	mistakes_are_warned_of();
	any_of_a_set_is_enough();
	a_limit_is_no_answer();
	a_match_that_recurses_ends();
	return tap_done();
}
