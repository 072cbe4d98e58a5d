/* SPDX-License-Identifier: MIT */
#include "json/stage.h"

#define MARK_TARGET

struct chunk {
	const unsigned char *p;
};

struct utf8 {
	unsigned want;           /* continuation bytes still to come */
	unsigned char low, high; /* limits of the next one */
	bool bad;
};

/*
 * A byte's classes, one bit in each of five bytes, so that eight bytes shifted by their place
 * give eight bits of five bitmaps at once.
 */
#define BACKSLASH 1ULL
#define QUOTE (1ULL << 8)
#define CONTROL (1ULL << 16)
#define SPACE (1ULL << 24)
#define MARK (1ULL << 32)

static const uint64_t class[256] = {
	[0x00] = CONTROL,
	[0x01] = CONTROL,
	[0x02] = CONTROL,
	[0x03] = CONTROL,
	[0x04] = CONTROL,
	[0x05] = CONTROL,
	[0x06] = CONTROL,
	[0x07] = CONTROL,
	[0x08] = CONTROL,
	['\t'] = CONTROL | SPACE,
	['\n'] = CONTROL | MARK,
	[0x0b] = CONTROL,
	[0x0c] = CONTROL,
	['\r'] = CONTROL | SPACE,
	[0x0e] = CONTROL,
	[0x0f] = CONTROL,
	[0x10] = CONTROL,
	[0x11] = CONTROL,
	[0x12] = CONTROL,
	[0x13] = CONTROL,
	[0x14] = CONTROL,
	[0x15] = CONTROL,
	[0x16] = CONTROL,
	[0x17] = CONTROL,
	[0x18] = CONTROL,
	[0x19] = CONTROL,
	[0x1a] = CONTROL,
	[0x1b] = CONTROL,
	[0x1c] = CONTROL,
	[0x1d] = CONTROL,
	[0x1e] = CONTROL,
	[0x1f] = CONTROL,
	[' '] = SPACE,
	['"'] = QUOTE,
	['\\'] = BACKSLASH,
	['{'] = MARK,
	['}'] = MARK,
	['['] = MARK,
	[']'] = MARK,
	[':'] = MARK,
	[','] = MARK,
};

EV_INLINE struct chunk
load(const char *p)
{
	return (struct chunk){ (const unsigned char *)p };
}

EV_INLINE struct bits
classify(struct chunk v)
{
	struct bits b = { 0 };
	int i, j;

	for (i = 0; i < 64; i += 8) {
		uint64_t c = 0;

		for (j = 0; j < 8; j++)
			c |= class[v.p[i + j]] << j;
		b.backslash |= (c & 0xff) << i;
		b.quote |= (c >> 8 & 0xff) << i;
		b.control |= (c >> 16 & 0xff) << i;
		b.space |= (c >> 24 & 0xff) << i;
		b.mark |= (c >> 32 & 0xff) << i;
	}
	return b;
}

/* Those of the bytes in `among` that are in set. */
EV_INLINE uint64_t
which(const unsigned char *p, uint64_t among, const bool set[256])
{
	uint64_t hits = 0;

	for (; among != 0; among &= among - 1)
		if (set[p[__builtin_ctzll(among)]])
			hits |= among & -among;
	return hits;
}

EV_INLINE uint64_t
escapes_ok(struct chunk v, uint64_t among)
{
	static const bool set[256] = {
		['"'] = true,
		['\\'] = true,
		['/'] = true,
		['b'] = true,
		['f'] = true,
		['n'] = true,
		['r'] = true,
		['t'] = true,
		['u'] = true,
	};

	return which(v.p, among, set);
}

EV_INLINE uint64_t
escaped_u(struct chunk v, uint64_t among)
{
	static const bool set[256] = { ['u'] = true };

	return which(v.p, among, set);
}

EV_INLINE int
first_bit(uint64_t bits)
{
	return bits == 0 ? 0 : __builtin_ctzll(bits);
}

/* Bit i of the result: the parity of bits 0 to i. */
EV_INLINE uint64_t
prefix_xor(uint64_t b)
{
	int i;

	for (i = 1; i < 64; i *= 2)
		b ^= b << i;
	return b;
}

/* What the first byte of a sequence wants: how many more, and the limits of the next (Unicode 15,
 * table 3-7). */
static void
utf8_begin(struct utf8 *u, unsigned char c)
{
	u->low = 0x80;
	u->high = 0xbf;
	if (c < 0x80)
		return;
	if (c >= 0xc2 && c <= 0xdf)
		u->want = 1;
	else if (c >= 0xe0 && c <= 0xef)
		u->want = 2;
	else if (c >= 0xf0 && c <= 0xf4)
		u->want = 3;
	else
		u->bad = true;
	if (c == 0xe0)
		u->low = 0xa0;
	else if (c == 0xed)
		u->high = 0x9f;
	else if (c == 0xf0)
		u->low = 0x90;
	else if (c == 0xf4)
		u->high = 0x8f;
}

static void
utf8_byte(struct utf8 *u, unsigned char c)
{
	if (u->want == 0) {
		utf8_begin(u, c);
		return;
	}
	if (c < u->low || c > u->high)
		u->bad = true;
	u->want--;
	u->low = 0x80;
	u->high = 0xbf;
}

EV_INLINE void
utf8_step(struct chunk v, struct utf8 *u)
{
	int i, j;

	for (i = 0; i < 64; i += 8) {
		uint64_t w;

		memcpy(&w, v.p + i, sizeof(w));
		if (u->want == 0 && (w & 0x8080808080808080ULL) == 0)
			continue;
		for (j = 0; j < 8; j++)
			utf8_byte(u, v.p[i + j]);
	}
}

EV_INLINE uint64_t
utf8_bad(const struct utf8 *u)
{
	return u->bad;
}

#include "json/stage_mark.inc"

static bool
here(void)
{
	return true;
}

static size_t
string_end(struct ev_slice text, size_t at)
{
	for (; at < text.n; at++) {
		if (text.p[at] == '"')
			return at;
		if (text.p[at] == '\\')
			at++;
	}
	return text.n;
}

static size_t
skip(struct ev_slice text, size_t at)
{
	size_t depth = 1;

	for (; at < text.n; at++) {
		switch (text.p[at]) {
		case '"':
			at = string_end(text, at + 1);
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return at;
			break;
		default:
			break;
		}
	}
	return text.n;
}

const struct ev_isa ev_isa_scalar = { "scalar", here, mark, string_end, skip };
