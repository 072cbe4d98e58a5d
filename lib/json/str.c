/* SPDX-License-Identifier: MIT */
#include "json/str.h"

#include <stdint.h>

bool
ev_str_plain(struct ev_slice raw, struct ev_slice *inside)
{
	*inside = (struct ev_slice){ raw.p + 1, raw.n - 2 };
	return memchr(inside->p, '\\', inside->n) == NULL;
}

static unsigned
hex4(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

/* UTF-8 of c, a surrogate in three bytes; returns how many. */
static size_t
put_utf8(char out[4], unsigned c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

/*
 * The escape that s begins with. *len: its bytes in s, a surrogate pair's both halves; returns how
 * many bytes went to out.
 */
static size_t
take_escape(struct ev_slice s, char out[4], size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	unsigned c, low;

	*len = s.n < 2 ? s.n : 2;
	if (s.n < 6 || s.p[1] != 'u') {
		at = s.n < 2 || s.p[1] == '\0' ? NULL : strchr(from, s.p[1]);
		out[0] = at != NULL ? to[at - from] : '\\'; /* else it was no valid string */
		return 1;
	}
	*len = 6;
	c = hex4(s.p + 2) & 0xffff;
	if (c >= 0xd800 && c < 0xdc00 && s.n >= 12 && s.p[6] == '\\' && s.p[7] == 'u') {
		low = hex4(s.p + 8) & 0xffff;
		if (low >= 0xdc00 && low < 0xe000) {
			*len = 12;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return put_utf8(out, c);
}

/* The bytes of s before its first backslash. */
static size_t
run_of(struct ev_slice s)
{
	const char *b = s.n == 0 ? NULL : memchr(s.p, '\\', s.n);

	return b == NULL ? s.n : (size_t)(b - s.p);
}

enum ev_code
ev_str_decode(struct ev_slice raw, struct ev_buf *out, struct ev_err *e)
{
	struct ev_slice s = { raw.p + 1, raw.n - 2 };
	/* no escape is shorter than what it stands for */
	enum ev_code rc = ev_buf_reserve(out, s.n, e);
	char c[4];
	size_t n, len;

	while (rc == EV_OK && s.n > 0) {
		len = n = run_of(s);
		if (n > 0) {
			rc = ev_buf_add(out, s.p, n, e);
		} else {
			n = take_escape(s, c, &len);
			rc = ev_buf_add(out, c, n, e);
		}
		s.p += len;
		s.n -= len;
	}
	return rc;
}

enum ev_code
ev_str_view(struct ev_slice raw, struct ev_buf *tmp, struct ev_slice *text, struct ev_err *e)
{
	enum ev_code rc;

	if (ev_str_plain(raw, text))
		return EV_OK;
	ev_buf_clear(tmp);
	rc = ev_str_decode(raw, tmp, e);
	*text = ev_buf_view(tmp);
	return rc;
}

bool
ev_str_eq(struct ev_slice raw, struct ev_slice text)
{
	struct ev_slice s = { raw.p + 1, raw.n - 2 };
	size_t n, len;
	char c[4];

	while (s.n > 0) {
		const char *piece = s.p;

		len = n = run_of(s);
		if (n == 0) {
			piece = c;
			n = take_escape(s, c, &len);
		}
		if (!ev_slice_begins(text, (struct ev_slice){ piece, n }))
			return false;
		text.p += n;
		text.n -= n;
		s.p += len;
		s.n -= len;
	}
	return text.n == 0;
}

/* The letter behind the backslash, 'u' for \u00XX, 0 for a byte that stands as it is. */
static char
escape_of(unsigned char c)
{
	static const char low[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";

	return c < 0x20 ? low[c] : c == '"' || c == '\\' ? (char)c : 0;
}

/* The surrogate that WTF-8 at s holds, or 0. */
static unsigned
surrogate_at(struct ev_slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < 3 || p[0] != 0xed || (p[1] & 0xe0) != 0xa0)
		return 0;
	return 0xd000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

enum ev_code
ev_str_encode(struct ev_slice text, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = ev_buf_reserve(out, text.n + 2, e);
	size_t from = 0, i = 0;

	if (rc == EV_OK)
		rc = ev_buf_addc(out, '"', e);
	while (rc == EV_OK && i < text.n) {
		unsigned char c = (unsigned char)text.p[i];
		unsigned code = surrogate_at((struct ev_slice){ text.p + i, text.n - i });
		char letter = code != 0 ? 'u' : escape_of(c);

		if (letter == 0) {
			i++;
			continue;
		}
		rc = ev_buf_add(out, text.p + from, i - from, e);
		if (rc == EV_OK && letter == 'u')
			rc = ev_buf_addf(out, e, "\\u%04x", code != 0 ? code : c);
		else if (rc == EV_OK)
			rc = ev_buf_add(out, (char[]){ '\\', letter }, 2, e);
		from = i += code != 0 ? 3 : 1;
	}
	if (rc == EV_OK)
		rc = ev_buf_add(out, text.p + from, text.n - from, e);
	return rc == EV_OK ? ev_buf_addc(out, '"', e) : rc;
}

size_t
ev_utf8_next(struct ev_slice s, size_t *bad)
{
	/* what follows the first byte: how many, and the range of the first (RFC 3629, 4) */
	static const struct {
		unsigned char first, last, more, lo, hi;
	} leads[] = {
		{ 0x00, 0x7f, 0, 0, 0 },
		{ 0xc2, 0xdf, 1, 0x80, 0xbf },
		{ 0xe0, 0xe0, 2, 0xa0, 0xbf },
		{ 0xe1, 0xec, 2, 0x80, 0xbf },
		{ 0xed, 0xed, 2, 0x80, 0x9f },
		{ 0xee, 0xef, 2, 0x80, 0xbf },
		{ 0xf0, 0xf0, 3, 0x90, 0xbf },
		{ 0xf1, 0xf3, 3, 0x80, 0xbf },
		{ 0xf4, 0xf4, 3, 0x80, 0x8f },
	};
	const unsigned char *p = (const unsigned char *)s.p;
	size_t row = 0;

	*bad = 0;
	while (row < sizeof(leads) / sizeof(*leads) &&
	    (p[0] < leads[row].first || p[0] > leads[row].last))
		row++;
	if (row == sizeof(leads) / sizeof(*leads))
		return 0;
	for (*bad = 1; *bad <= leads[row].more; ++*bad) {
		unsigned lo = *bad == 1 ? leads[row].lo : 0x80;
		unsigned hi = *bad == 1 ? leads[row].hi : 0xbf;

		if (*bad == s.n || p[*bad] < lo || p[*bad] > hi)
			return 0;
	}
	return *bad;
}

bool
ev_utf8_ok(struct ev_slice s)
{
	size_t i = 0, n, bad;

	while (i < s.n) {
		uint64_t eight;

		if (s.n - i >= sizeof(eight)) { /* most text is ASCII */
			memcpy(&eight, s.p + i, sizeof(eight));
			if ((eight & 0x8080808080808080u) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		n = ev_utf8_next((struct ev_slice){ s.p + i, s.n - i }, &bad);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

enum ev_code
ev_base64(struct ev_slice s, struct ev_buf *out, struct ev_err *e)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	enum ev_code rc = ev_buf_reserve(out, (s.n + 2) / 3 * 4, e);
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; rc == EV_OK && i < s.n; i += 3) {
		size_t have = s.n - i < 3 ? s.n - i : 3;
		unsigned v = (unsigned)p[i] << 16;
		char four[4];

		v |= have > 1 ? (unsigned)p[i + 1] << 8 : 0;
		v |= have > 2 ? p[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			four[k] = k <= have ? letters[v >> (18 - 6 * k) & 63] : '=';
		rc = ev_buf_add(out, four, 4, e);
	}
	return rc;
}
