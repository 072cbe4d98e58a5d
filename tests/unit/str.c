/* SPDX-License-Identifier: MIT */
#include "json/str.h"

#include "tap.h"

/* Texts that leave as they came, and what they look like in JSON. */
static const struct {
	struct ev_slice text;
	const char *json;
} same[] = {
	{ { "", 0 }, "\"\"" },
	{ { "abc", 3 }, "\"abc\"" },
	{ { "a\"b\\c/d", 7 }, "\"a\\\"b\\\\c/d\"" },
	{ { "\b\f\n\r\t", 5 }, "\"\\b\\f\\n\\r\\t\"" },
	{ { "\0\1\v\x1f\x7f", 5 }, "\"\\u0000\\u0001\\u000b\\u001f\x7f\"" },
	{ { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ { "\xed\x9f\xbf\xee\x80\x80", 6 }, "\"\xed\x9f\xbf\xee\x80\x80\"" },
	{ { "\xed\xa0\xbd", 3 }, "\"\\ud83d\"" },
	{ { "x\xed\xb8\x80y", 5 }, "\"x\\ude00y\"" },
	{ { "\xed\xbf\xbf\xed\xa0\x80", 6 }, "\"\\udfff\\ud800\"" },
};

/* Other ways to write a text. */
static const struct {
	const char *json, *text;
} other[] = {
	{ "\"\\/\"", "/" },
	{ "\"\\u0061\\u00E9\\u20ac\"", "a\xc3\xa9\xe2\x82\xac" },
	{ "\"\\uD83D\\uDE00\"", "\xf0\x9f\x98\x80" },
	{ "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf" },
	{ "\"\\ud83d\\ud83d\\ude00\"", "\xed\xa0\xbd\xf0\x9f\x98\x80" },
	{ "\"\\ud83dx\\ude00\"", "\xed\xa0\xbdx\xed\xb8\x80" },
	{ "\"\\ud83d\\n\"", "\xed\xa0\xbd\n" },
	{ "\"\\ud83d\\u0041\"",
	    "\xed\xa0\xbd"
	    "A" },
	{ "\"\\uffff\\u07ff\\u0800\\u007f\\u0080\"",
	    "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80\x7f\xc2\x80" },
};

static void
check_pair(struct ev_slice json, struct ev_slice text)
{
	struct ev_buf out = EV_BUF(1000), tmp = EV_BUF(1000);
	struct ev_slice view = { NULL, 0 };
	char longer[64];

	ok(ev_buf_add(&out, "<", 1, NULL) == EV_OK && ev_str_decode(json, &out, NULL) == EV_OK);
	ok_as(out.n == text.n + 1 && *out.p == '<' && memcmp(out.p + 1, text.p, text.n) == 0,
	    "a string is decoded behind what was there");
	ok(ev_str_view(json, &tmp, &view, NULL) == EV_OK && ev_slice_eq(view, text));
	ok(ev_str_eq(json, text));
	memcpy(longer, text.p, text.n);
	longer[text.n] = 'x';
	ok_as(
	    !ev_str_eq(json, (struct ev_slice){ longer, text.n + 1 }), "a longer text is another");
	ok_as(text.n == 0 || !ev_str_eq(json, (struct ev_slice){ text.p, text.n - 1 }),
	    "and so is a shorter one");
	if (text.n > 0)
		longer[text.n - 1] ^= 1;
	ok_as(text.n == 0 || !ev_str_eq(json, (struct ev_slice){ longer, text.n }),
	    "and one of the same length");
	ev_buf_fini(&out);
	ev_buf_fini(&tmp);
}

static void
strings_are_decoded_and_encoded(void)
{
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		struct ev_buf out = EV_BUF(1000);

		ok(ev_str_encode(same[i].text, &out, NULL) == EV_OK);
		is_slice(ev_buf_view(&out), same[i].json);
		ev_buf_fini(&out);
		check_pair(ev_slice_str(same[i].json), same[i].text);
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		check_pair(ev_slice_str(other[i].json), ev_slice_str(other[i].text));
}

static void
plain_strings_are_not_copied(void)
{
	struct ev_buf tmp = EV_BUF(100);
	struct ev_slice raw = EV_LIT("\"plain\""), view = { NULL, 0 };

	ok(ev_str_plain(raw, &view));
	is_slice(view, "plain");
	ok(!ev_str_plain(EV_LIT("\"\\n\""), &view));
	ok(ev_str_view(raw, &tmp, &view, NULL) == EV_OK && view.p == raw.p + 1 && tmp.p == NULL);
	ok(ev_str_view(EV_LIT("\"\\n\""), &tmp, &view, NULL) == EV_OK && view.p == tmp.p);
	ok(ev_str_view(EV_LIT("\"\\t\""), &tmp, &view, NULL) == EV_OK);
	is_slice(view, "\t");
	ev_buf_fini(&tmp);
}

static void
the_limit_of_the_buffer_holds(void)
{
	struct ev_buf out = EV_BUF(4);

	ok(ev_str_decode(EV_LIT("\"12345\""), &out, NULL) == EV_SYS && out.n == 0);
	ok(ev_str_encode(EV_LIT("123"), &out, NULL) == EV_SYS && out.n == 0);
	ok(ev_base64(EV_LIT("1234"), &out, NULL) == EV_SYS && out.n == 0);
	ev_buf_fini(&out);
}

/* All sequences of up to four bytes, of which the later ones are at the ends of ranges, against the
 * table of RFC 3629. */
static bool
utf8_by_the_book(const unsigned char *p, size_t n)
{
	unsigned c;

	if (n == 1)
		return p[0] < 0x80;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	if (n == 2)
		return p[0] >= 0xc2 && p[0] <= 0xdf;
	c = n == 3
	    ? (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu)
	    : (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	if (n == 3)
		return (p[0] & 0xf0) == 0xe0 && c >= 0x800 && (c < 0xd800 || c > 0xdfff);
	return (p[0] & 0xf8) == 0xf0 && c >= 0x10000 && c <= 0x10ffff;
}

static void
utf8_is_what_rfc_3629_says(void)
{
	static const unsigned char tails[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
		0xff };
	const size_t k = sizeof(tails);
	size_t wrong = 0;

	for (unsigned first = 0; first < 256; first++) {
		for (size_t i = 0; i < k * k * k; i++) {
			unsigned char p[4] = { (unsigned char)first, tails[i % k], tails[i / k % k],
				tails[i / k / k] };
			size_t want = 0, bad;

			for (size_t n = 1; n <= 4 && want == 0; n++)
				want = utf8_by_the_book(p, n) ? n : 0;
			wrong += ev_utf8_next((struct ev_slice){ (char *)p, 4 }, &bad) != want;
		}
	}
	ok_as(wrong == 0, "sequences are taken and refused as RFC 3629 says");
}

static void
the_byte_that_cannot_be_is_found(void)
{
	static const struct {
		const char *text;
		size_t bad;
	} cases[] = { { "\x80", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 },
		{ "\xf5\x80\x80\x80", 0 }, { "\xff", 0 }, { "\xe0\x80\x80", 1 },
		{ "\xed\xa0\x80", 1 }, { "\xf0\x8f\x80\x80", 1 }, { "\xf4\x90\x80\x80", 1 },
		{ "\xe2\x82(", 2 }, { "\xf0\x9f\x98(", 3 }, { "\xc3", 1 }, { "\xe2\x82", 2 },
		{ "\xf0\x9f\x98", 3 } };
	size_t bad = 99;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok(ev_utf8_next(ev_slice_str(cases[i].text), &bad) == 0 && bad == cases[i].bad);
	ok(ev_utf8_ok(EV_LIT("")));
	ok(ev_utf8_ok(EV_LIT("0123456789\xc3\xa9"
			     "0123456789\xf0\x9f\x98\x80")));
	ok(!ev_utf8_ok(EV_LIT("0123456789\xc3"
			      "0123456789")));
	ok(!ev_utf8_ok(EV_LIT("0123456789\xed\xa0\x80")));
	ok(!ev_utf8_ok(EV_LIT("01234567\xc3")));
}

/* RFC 4648, section 10. */
static void
base64_is_that_of_rfc_4648(void)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfb", "//77" }, { "\xfb\xef\xbe", "++++" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct ev_buf out = EV_BUF(100);

		ok(ev_base64(ev_slice_str(pairs[i][0]), &out, NULL) == EV_OK);
		is_slice(ev_buf_view(&out), pairs[i][1]);
		ev_buf_fini(&out);
	}
}

int
main(void)
{
	strings_are_decoded_and_encoded();
	plain_strings_are_not_copied();
	the_limit_of_the_buffer_holds();
	utf8_is_what_rfc_3629_says();
	the_byte_that_cannot_be_is_found();
	base64_is_that_of_rfc_4648();
	return tap_done();
}
