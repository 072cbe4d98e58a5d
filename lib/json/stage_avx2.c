/* SPDX-License-Identifier: MIT */
#include "json/stage.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif
#define MARK_TARGET

struct chunk {
	__m256i a, b;
};

struct utf8 {
	__m256i bad, before,
	    cut; /* errors; the 32 bytes before; whether these end within a sequence */
};

EV_INLINE struct chunk
load(const char *p)
{
	return (struct chunk){ _mm256_loadu_si256((const void *)p),
		_mm256_loadu_si256((const void *)(p + 32)) };
}

/* The top bits of 64 bytes. */
EV_INLINE uint64_t
top(__m256i a, __m256i b)
{
	return (uint64_t)(uint32_t)_mm256_movemask_epi8(a) |
	    (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

EV_INLINE uint64_t
equal(struct chunk v, char c)
{
	__m256i x = _mm256_set1_epi8(c);

	return top(_mm256_cmpeq_epi8(v.a, x), _mm256_cmpeq_epi8(v.b, x));
}

/* A table of 16 bytes in both lanes. */
#define TABLE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

/*
 * Structural characters: with bit 5 set, each has a low nibble of its own; a byte is one if it
 * equals the table's entry. Control bytes that take part (0x1a, 0x0c) are told apart by the walk.
 */
EV_INLINE __m256i
is_mark(__m256i v)
{
	const __m256i table = TABLE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
	__m256i op = _mm256_cmpeq_epi8(
	    _mm256_or_si256(v, _mm256_set1_epi8(0x20)), _mm256_shuffle_epi8(table, v));

	return _mm256_or_si256(op, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')));
}

EV_INLINE __m256i
is_space(__m256i v)
{
	const __m256i table = TABLE(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0);

	return _mm256_cmpeq_epi8(v, _mm256_shuffle_epi8(table, v));
}

EV_INLINE __m256i
is_control(__m256i v)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
}

EV_INLINE struct bits
classify(struct chunk v)
{
	return (struct bits){
		.backslash = equal(v, '\\'),
		.quote = equal(v, '"'),
		.control = top(is_control(v.a), is_control(v.b)),
		.space = top(is_space(v.a), is_space(v.b)),
		.mark = top(is_mark(v.a), is_mark(v.b)),
	};
}

/* All but the bytes "\/bfnrtu: a bit per high nibble, in the table of low nibbles the bits of those
 * it goes with. */
EV_INLINE __m256i
no_escape(__m256i v)
{
	const __m256i low = TABLE(0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1);
	const __m256i high = TABLE(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256i h = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
	__m256i hit = _mm256_and_si256(_mm256_shuffle_epi8(low, v), _mm256_shuffle_epi8(high, h));

	return _mm256_cmpeq_epi8(hit, _mm256_setzero_si256());
}

EV_INLINE uint64_t
escapes_ok(struct chunk v, uint64_t among)
{
	return among & ~top(no_escape(v.a), no_escape(v.b));
}

EV_INLINE uint64_t
escaped_u(struct chunk v, uint64_t among)
{
	return among & equal(v, 'u');
}

EV_INLINE int
first_bit(uint64_t bits)
{
	return (int)_tzcnt_u64(bits); /* defined for 0, unlike ctz */
}

EV_INLINE uint64_t
prefix_xor(uint64_t b)
{
	__m128i all = _mm_set1_epi8((char)0xff);

	return (uint64_t)_mm_cvtsi128_si64(
	    _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)b), all, 0));
}

/* v with the n last bytes of `before` in front. */
#define SHIFTED(v, before, n)                                                                      \
	_mm256_alignr_epi8(v, _mm256_permute2x128_si256(before, v, 0x21), 16 - (n))

/* The errors of Keiser and Lemire; each bit is one kind, set where all three nibbles agree on it.
 */
enum {
	TOO_SHORT = 1,
	TOO_LONG = 2,
	OVERLONG_3 = 4,
	TOO_LARGE = 8,
	SURROGATE = 16,
	OVERLONG_2 = 32,
	TOO_LARGE_1000 = 64,
	OVERLONG_4 = 64,
	TWO_CONTS = 128,
	CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS
};

EV_INLINE __m256i
utf8_special(__m256i v, __m256i before1)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	const __m256i high1 = TABLE(TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
	    TOO_LONG, TOO_LONG, (char)TWO_CONTS, (char)TWO_CONTS, (char)TWO_CONTS, (char)TWO_CONTS,
	    TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
	    TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4);
	const __m256i low1 = TABLE((char)(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4),
	    (char)(CARRY | OVERLONG_2), (char)CARRY, (char)CARRY, (char)(CARRY | TOO_LARGE),
	    (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
	    (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
	    (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
	    (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
	    (char)(CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE),
	    (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000));
	const __m256i high2 = TABLE(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
	    TOO_SHORT, TOO_SHORT, TOO_SHORT,
	    (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
	    (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE),
	    (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE),
	    (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT,
	    TOO_SHORT, TOO_SHORT);
	__m256i h1 = _mm256_and_si256(_mm256_srli_epi16(before1, 4), nibble);
	__m256i h2 = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);

	return _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(high1, h1),
				    _mm256_shuffle_epi8(low1, _mm256_and_si256(before1, nibble))),
	    _mm256_shuffle_epi8(high2, h2));
}

EV_INLINE void
utf8_vector(__m256i v, struct utf8 *u)
{
	__m256i before1 = SHIFTED(v, u->before, 1);
	__m256i third =
	    _mm256_subs_epu8(SHIFTED(v, u->before, 2), _mm256_set1_epi8((char)(0xe0 - 0x80)));
	__m256i fourth =
	    _mm256_subs_epu8(SHIFTED(v, u->before, 3), _mm256_set1_epi8((char)(0xf0 - 0x80)));
	__m256i must =
	    _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));

	u->bad = _mm256_or_si256(u->bad, _mm256_xor_si256(must, utf8_special(v, before1)));
	u->before = v;
}

EV_INLINE void
utf8_step(struct chunk v, struct utf8 *u)
{
	/* the greatest last bytes that do not begin a sequence which goes on in the next step */
	const __m256i last = _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, (char)(0xf0 - 1),
	    (char)(0xe0 - 1), (char)(0xc0 - 1));

	if (_mm256_movemask_epi8(_mm256_or_si256(v.a, v.b)) == 0) {
		u->bad = _mm256_or_si256(u->bad, u->cut);
		u->cut = _mm256_setzero_si256();
		u->before = v.b;
		return;
	}
	utf8_vector(v.a, u);
	utf8_vector(v.b, u);
	u->cut = _mm256_subs_epu8(v.b, last);
}

EV_INLINE uint64_t
utf8_bad(const struct utf8 *u)
{
	return !_mm256_testz_si256(u->bad, u->bad);
}

#include "json/stage_mark.inc"

static size_t
string_end(struct ev_slice text, size_t at)
{
	const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');

	while (at < text.n) {
		__m256i v = _mm256_loadu_si256((const void *)(text.p + at));
		uint32_t q = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, quote));
		uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, backslash));

		if (q != 0 && (b == 0 || _tzcnt_u32(q) < _tzcnt_u32(b))) {
			at += _tzcnt_u32(q);
			break;
		}
		at += b == 0 ? 32 : _tzcnt_u32(b) + 2;
	}
	return at < text.n ? at : text.n;
}

static size_t
skip(struct ev_slice text, size_t at)
{
	struct carry c = { 0 };
	int64_t depth = 1;

	for (; at < text.n; at += 64) {
		struct chunk v = load(text.p + at);
		uint64_t quote = equal(v, '"') & ~find_escaped(equal(v, '\\'), &c);
		uint64_t in_string = prefix_xor(quote) ^ c.in_string;
		uint64_t open = (equal(v, '{') | equal(v, '[')) & ~in_string;
		uint64_t close = (equal(v, '}') | equal(v, ']')) & ~in_string;

		c.in_string = (uint64_t)0 - (in_string >> 63);
		if (depth > __builtin_popcountll(close)) {
			depth += __builtin_popcountll(open) - __builtin_popcountll(close);
			continue;
		}
		for (; close != 0; close &= close - 1) {
			uint64_t before = (close & -close) - 1;

			depth += __builtin_popcountll(open & before) - 1;
			open &= ~before;
			if (depth == 0) {
				at += _tzcnt_u64(close);
				return at < text.n ? at : text.n;
			}
		}
		depth += __builtin_popcountll(open);
	}
	return text.n;
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

static bool
here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
	    __builtin_cpu_supports("pclmul");
}

const struct ev_isa ev_isa_avx2 = { "avx2", here, mark, string_end, skip };
#endif
