/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>

#include "tap.h"

static void
the_first_failure_is_kept(void)
{
	struct ev_err e = { 0 };

	ok(ev_fail(&e, EV_DATA, "found %d", 1) == EV_DATA);
	ok(ev_fail(&e, EV_SYS, "found %d", 2) == EV_SYS);
	ok_as(ev_fail_mem(&e) == EV_SYS, "a later failure returns its own code");
	ok(e.code == EV_DATA && e.sys == 0);
	is_str(e.text, "found 1");
	ev_err_name(&e, "first");
	ev_err_name(&e, "second");
	is_str(e.name, "first");
	ev_err_place(&e, 3, EV_LIT("abc"), 1);
	ev_err_place(&e, 4, EV_LIT("xyz"), 2);
	ok(e.line == 3 && e.col == 2 && e.caret == 1);
	is_str(e.near, "abc");
}

static void
no_error_is_needed(void)
{
	errno = EPIPE;
	ok(ev_fail_sys(NULL, "write") == EV_PIPE);
	ok(ev_fail(NULL, EV_NO, "no") == EV_NO && ev_fail_mem(NULL) == EV_SYS);
	ev_err_name(NULL, "x");
	ev_err_place(NULL, 1, EV_LIT("x"), 0);
}

static void
errno_is_told(void)
{
	struct ev_err e = { 0 };

	errno = ENOENT;
	ok(ev_fail_sys(&e, "cannot open %s", "x") == EV_SYS && e.sys == ENOENT);
	is_str(e.text, "cannot open x: No such file or directory");
	e = (struct ev_err){ 0 };
	errno = EPIPE;
	ok(ev_fail_sys(&e, "write") == EV_PIPE && e.code == EV_PIPE);
	e = (struct ev_err){ 0 };
	ok(ev_fail_mem(&e) == EV_SYS && e.sys == 0);
	is_str(e.text, "out of memory");
}

static void
a_long_message_keeps_its_reason(void)
{
	static const char reason[] = ": No such file or directory";
	char path[4096];
	struct ev_err e = { 0 };
	size_t n;

	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	errno = ENOENT;
	ok(ev_fail_sys(&e, "cannot open %s", path) == EV_SYS);
	n = strlen(e.text);
	ok(n == sizeof(e.text) - 1 && strcmp(e.text + n - (sizeof(reason) - 1), reason) == 0);
}

static void
a_message_is_one_line_of_text(void)
{
	struct ev_err e = { 0 };
	char wide[600];

	ev_fail(&e, EV_DATA, "found \"%s\", wanted %s", "a\nb\x1b[31m\x7f", "\xc3\xa9");
	is_str(e.text, "found \"a.b.[31m.\", wanted \xc3\xa9");
	for (size_t shift = 0; shift < 3; shift++) {
		bool whole;
		size_t n;

		memset(wide, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(wide); i += 3)
			memcpy(wide + i, "\xe2\x82\xac", 4);
		e = (struct ev_err){ 0 };
		ev_fail(&e, EV_DATA, "%s", wide);
		n = strlen(e.text);
		whole = (n - shift) % 3 == 0 && n > 240;
		ok_as(whole, "no character is cut in two");
	}
}

/* The place of every offset in a text: the caret stands on the same byte as in the text. */
static void
carets_point_at(const char *text, size_t n)
{
	size_t wrong = 0;

	for (size_t off = 0; off <= n + 3; off++) {
		size_t at = off < n ? off : n;
		struct ev_err e = { 0 };

		ev_err_place(&e, 7, (struct ev_slice){ text, n }, off);
		wrong += e.line != 7 || e.col != at + 1 || e.caret > strlen(e.near) ||
		    strlen(e.near) >= sizeof(e.near);
		wrong += at < n && e.near[e.caret] != text[at];
		wrong += strlen(e.near) > 0 && ((unsigned char)e.near[0] & 0xc0) == 0x80;
		wrong += strstr(text, e.near) == NULL;
	}
	ok_as(wrong == 0, "the caret stands where the text has the place");
}

static void
places_are_shown(void)
{
	char text[1001];
	struct ev_err e = { 0 };

	carets_point_at("", 0);
	carets_point_at("x", 1);
	for (size_t i = 0; i < 1000; i++)
		text[i] = (char)('a' + i * 7 % 26);
	text[1000] = '\0';
	carets_point_at(text, 1000);
	text[95] = '\0';
	carets_point_at(text, 95);
	text[94] = '\0';
	carets_point_at(text, 94);
	for (size_t i = 0; i + 3 <= 1000; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[999] = '\0';
	carets_point_at(text, 999);
	ev_err_place(&e, 1, EV_LIT("a\tb\0c\x7f"), 2);
	is_str(e.near, "a.b.c.");
}

static void
places_in_texts_of_several_lines_are_shown(void)
{
	static const char text[] = "one\n\ntwo three\n";
	static const struct {
		size_t off;
		unsigned long line, col;
		const char *near;
	} c[] = { { 0, 1, 1, "one" }, { 3, 1, 4, "one" }, { 4, 2, 1, "" }, { 5, 3, 1, "two three" },
		{ 9, 3, 5, "two three" }, { 14, 3, 10, "two three" }, { 15, 4, 1, "" }, { 99, 4, 1, "" } };

	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct ev_err e = { 0 };

		ev_err_offset(&e, ev_slice_str(text), c[i].off);
		ok(e.line == c[i].line && e.col == c[i].col && e.caret == c[i].col - 1);
		is_str(e.near, c[i].near);
	}
	ev_err_offset(NULL, EV_LIT("x"), 0);
}

int
main(void)
{
	the_first_failure_is_kept();
	no_error_is_needed();
	errno_is_told();
	a_long_message_keeps_its_reason();
	a_message_is_one_line_of_text();
	places_are_shown();
	places_in_texts_of_several_lines_are_shown();
	return tap_done();
}
