/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

#include "tap.h"

static const char *const isas[] = { "scalar", "avx2", "trust" };

/* A scanner over one copied text, with the LF and padding that the contract asks for. */
struct bench {
	struct ev_paths set;
	struct ev_scan scan;
	char text[8192];
	struct ev_slice line;
	struct ev_err err;
	unsigned long skipped;
};

static bool
set_up(struct bench *b, const char *isa, const char *const *paths)
{
	bool trust = strcmp(isa, "trust") == 0;
	uint32_t number;

	memset(b, 0, sizeof(*b));
	for (; *paths != NULL; paths++)
		if (ev_paths_add(&b->set, ev_slice_str(*paths), &number, &b->err) != EV_OK)
			return false;
	return ev_scan_init(&b->scan, &b->set, trust, trust ? NULL : isa, &b->err) == EV_OK;
}

static enum ev_code
feed(struct bench *b, struct ev_slice text)
{
	memset(b->text, '7', sizeof(b->text)); /* what stands behind must not matter */
	memcpy(b->text, text.p, text.n);
	b->text[text.n] = '\n';
	b->err = (struct ev_err){ 0 };
	return ev_scan_block(&b->scan, (struct ev_slice){ b->text, text.n }, &b->err);
}

static enum ev_code
next(struct bench *b)
{
	b->err = (struct ev_err){ 0 };
	return ev_scan_line(&b->scan, &b->line, &b->skipped, &b->err);
}

static enum ev_code
one(struct bench *b, const char *text)
{
	enum ev_code rc = feed(b, ev_slice_str(text));

	return rc == EV_OK ? next(b) : rc;
}

static void
tear_down(struct bench *b)
{
	ev_scan_fini(&b->scan);
	ev_paths_fini(&b->set);
}

static void
values_are_captured(const char *isa)
{
	static const char *const paths[] = { "id", "a.b", "s", "tags[\"x.y\"]", "list[1]",
		"deep.er[0].k", "no", NULL };
	struct bench b;

	ok(set_up(&b, isa, paths));
	ok(one(&b,
	       " {\"s\" : \"q\\\"\\\\\" ,\"a\":{\"z\":1,\"b\" :-1.5e+3 },\"id\":\"i\", "
	       "\"tags\":{\"x.y\":true},"
	       "\"list\":[ 0 , {\"b\":null} ],\"deep\":{\"er\":[{\"k\":[]}]}} \r\n") == EV_OK);
	is_slice(b.scan.val[0].raw, "\"i\"");
	is_slice(b.scan.val[1].raw, "-1.5e+3");
	ok(b.scan.val[1].kind == EV_NUMBER);
	is_slice(b.scan.val[2].raw, "\"q\\\"\\\\\"");
	ok(b.scan.val[3].kind == EV_TRUE);
	is_slice(b.scan.val[4].raw, "{\"b\":null}");
	is_slice(b.scan.val[5].raw, "[]");
	ok(b.scan.val[6].kind == EV_ABSENT);
	ok_as(b.scan.value.p[0] == '{' && b.scan.value.p[b.scan.value.n - 1] == '}',
	    "white space is not part of the value");
	ok_as(
	    b.line.p[0] == ' ' && b.line.p[b.line.n - 1] == ' ', "but of the line; the CR is not");
	ok(next(&b) == EV_NO);
	tear_down(&b);
}

static void
captures_do_not_outlive_their_line(const char *isa)
{
	static const char *const paths[] = { "id", "a", NULL };
	struct bench b;

	ok(set_up(&b, isa, paths));
	ok(one(&b, "{\"id\":1,\"a\":2}\n\n \r\n{\"id\":3}\n{}") == EV_OK);
	ok(next(&b) == EV_OK && b.skipped == 2);
	is_slice(b.scan.val[0].raw, "3");
	ok(b.scan.val[1].kind == EV_ABSENT);
	ok(next(&b) == EV_OK && b.scan.val[0].kind == EV_ABSENT);
	is_slice(b.line, "{}");
	ok(next(&b) == EV_NO);
	tear_down(&b);
}

static void
the_last_duplicate_wins_with_its_whole_value(const char *isa)
{
	static const char *const paths[] = { "a", "a.b", "a.c", "l[*].x", NULL };
	struct bench b;

	ok(set_up(&b, isa, paths));
	ok(one(&b,
	       "{\"a\":{\"b\":\"x\"},\"l\":[{\"x\":0}],\"a\":{\"c\":1},\"l\":[{\"x\":1,\"x\":2},{"
	       "\"x\":3}]}") == EV_OK);
	is_slice(b.scan.val[0].raw, "{\"c\":1}");
	ok(b.scan.val[0].twice);
	ok_as(b.scan.val[1].kind == EV_ABSENT, "what stood under the first duplicate is withdrawn");
	is_slice(b.scan.val[2].raw, "1");
	ok(!b.scan.val[2].twice);
	if (ok(b.scan.manys == 2)) {
		is_slice(b.scan.many[0].raw, "2");
		is_slice(b.scan.many[1].raw, "3");
	}
	tear_down(&b);
}

static void
every_element_is_captured(const char *isa)
{
	static const char *const paths[] = { "items[*].sku", "items[1].sku", "items[*]", NULL };
	struct bench b;

	ok(set_up(&b, isa, paths));
	ok(one(&b,
	       "{\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\",\"n\":[1,2]},7,[{\"sku\":\"no\"}]]}") ==
	    EV_OK);
	ok_as(b.scan.manys == 6, "two members and four elements");
	is_slice(b.scan.val[1].raw, "\"b\"");
	is_slice(b.scan.val[0].raw, "\"b\"");
	is_slice(b.scan.val[2].raw, "[{\"sku\":\"no\"}]");
	tear_down(&b);
}

static void
escaped_names_are_found(const char *isa)
{
	static const char *const paths[] = { "id", "caf\xc3\xa9", "tags[\"a\\\"b\"]", NULL };
	struct bench b;

	ok(set_up(&b, isa, paths));
	ok(one(&b, "{\"\\u0069d\":1,\"caf\\u00e9\":2,\"tags\":{\"a\\u0022b\":3}}") == EV_OK);
	is_slice(b.scan.val[0].raw, "1");
	is_slice(b.scan.val[1].raw, "2");
	is_slice(b.scan.val[2].raw, "3");
	tear_down(&b);
}

static void
a_bad_line_does_not_touch_its_neighbours(const char *isa)
{
	static const char *const bad[] = { "{\"a\":\"cut}", "{\"a\":\"\x01\"}", "{\"a\":\"\\x\"}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xe2\x82", "{\"a\":1", "{\"a\":01}", "{\"a\":1]",
		"{\"a\" 1}", "{\"a\":1}}", "{\"a\":tru}", "{\"a\":\"\\u12g4\"}", "\\\"",
		"{\"a\":1\x01}", "{\"a\":\"\\ud8\"}", "{\"a\":1,}", "{,}", "[1,]", "{\"a\":+1}",
		"\"", "{\"\\\":1}" };
	static const char *const paths[] = { "a", NULL };
	struct bench b;
	size_t i;

	if (strcmp(isa, "trust") == 0)
		return; /* says that it was checked before */
	ok(set_up(&b, isa, paths));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[256];
		size_t n = (size_t)snprintf(
		    text, sizeof(text), "{\"a\":\"before\"}\n%s\r\n{\"a\":\"behind\"}", bad[i]);
		bool good;

		good = feed(&b, (struct ev_slice){ text, n }) == EV_OK && next(&b) == EV_OK &&
		    ev_slice_eq(b.scan.val[0].raw, EV_LIT("\"before\"")) && next(&b) == EV_DATA &&
		    b.err.col > 0 && ev_slice_eq(b.line, ev_slice_str(bad[i])) &&
		    next(&b) == EV_OK && ev_slice_eq(b.scan.val[0].raw, EV_LIT("\"behind\"")) &&
		    next(&b) == EV_NO;
		if (!ok_as(good, "a bad line is refused, the lines round it are read"))
			printf("# %s: %s\n", isa, bad[i]);
	}
	tear_down(&b);
}

static void
depth_is_limited(const char *isa)
{
	static const char *const paths[] = { "a", NULL };
	char text[2048];
	struct bench b;
	size_t n;

	ok(set_up(&b, isa, paths));
	for (n = 512; n <= 513; n++) {
		memcpy(text, "{\"a\":", 5);
		memset(text + 5, '[', n - 1);
		memset(text + 5 + n - 1, ']', n - 1);
		text[5 + 2 * (n - 1)] = '}';
		text[6 + 2 * (n - 1)] = '\0';
		if (n == 512)
			ok_as(one(&b, text) == EV_OK, "512 levels are accepted");
		else if (strcmp(isa, "trust") != 0)
			ok_as(one(&b, text) == EV_DATA, "513 are not");
	}
	tear_down(&b);
}

/* Each text at every place of the 64-byte blocks. */
static void
borders_of_blocks_do_not_matter(const char *isa)
{
	static const char *const texts[] = { "\\\\", "\\\"", "\\\\\\\"", "\\u00e9", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\\\\\\\\\\n" };
	static const char *const paths[] = { "v", "n", NULL };
	size_t i, pad, wrong = 0;
	struct bench b;

	ok(set_up(&b, isa, paths));
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (pad = 0; pad < 130; pad++) {
			char text[512], want[64];

			snprintf(text, sizeof(text),
			    "{\"p\":\"%*s\",\"v\":\"%s\",\"n\":-12345678901234567890}", (int)pad,
			    "", texts[i]);
			snprintf(want, sizeof(want), "\"%s\"", texts[i]);
			wrong += one(&b, text) != EV_OK ||
			    !ev_slice_eq(b.scan.val[0].raw, ev_slice_str(want)) ||
			    !ev_slice_eq(b.scan.val[1].raw, EV_LIT("-12345678901234567890"));
		}
	ok_as(wrong == 0, "values across block borders are captured");
	tear_down(&b);
}

static void
wrong_paths_are_refused(void)
{
	static const struct {
		const char *text;
		unsigned long col;
	} bad[] = { { "", 1 }, { ".", 1 }, { "a.", 3 }, { "a..b", 3 }, { "a[", 3 }, { "a[]", 3 },
		{ "a[x]", 3 }, { "a[1", 4 }, { "a[\"x]", 6 }, { "a b", 2 }, { "a[-1]", 3 },
		{ "a[99999999999]", 13 } };
	struct ev_paths set = { 0 };
	uint32_t number;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ev_err e = { 0 };

		if (!ok_as(ev_paths_add(&set, ev_slice_str(bad[i].text), &number, &e) == EV_USAGE &&
			    e.col == bad[i].col,
			"a wrong path is refused with its place"))
			printf("# %s: col %lu\n", bad[i].text, e.col);
	}
	ev_paths_fini(&set);
}

int
main(void)
{
	struct ev_scan s;
	struct ev_err e = { 0 };
	size_t i;

	wrong_paths_are_refused();
	ok(ev_scan_init(&s, NULL, false, "mmx", &e) == EV_USAGE);
	for (i = 0; i < sizeof(isas) / sizeof(*isas); i++) {
		if (strcmp(isas[i], "avx2") == 0) {
			if (ev_scan_init(&s, NULL, false, "avx2", NULL) != EV_OK) {
				printf("# this processor has no AVX2\n");
				continue;
			}
			ev_scan_fini(&s);
		}
		printf("# %s\n", isas[i]);
		values_are_captured(isas[i]);
		captures_do_not_outlive_their_line(isas[i]);
		if (strcmp(isas[i], "trust") != 0)
			the_last_duplicate_wins_with_its_whole_value(isas[i]);
		every_element_is_captured(isas[i]);
		escaped_names_are_found(isas[i]);
		a_bad_line_does_not_touch_its_neighbours(isas[i]);
		depth_is_limited(isas[i]);
		borders_of_blocks_do_not_matter(isas[i]);
	}
	return tap_done();
}
