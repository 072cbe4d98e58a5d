/* SPDX-License-Identifier: MIT */
#include "match/quick.h"

#include <endian.h>

enum { DIGITS = 18 };

static const uint64_t tens[DIGITS + 1] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
};

/* A run of digits read so far. */
struct run {
	uint64_t value;
	unsigned n; /* digits; at most DIGITS, or the run was left */
};

/* The number that eight digits make, the first the least byte of w: neighbours are added up thrice.
 */
static inline uint64_t
eight(uint64_t w)
{
	w = (w * 10 + (w >> 8)) & 0x00ff00ff00ff00ffULL;
	w = (w * 100 + (w >> 16)) & 0x0000ffff0000ffffULL;
	return (w * 10000 + (w >> 32)) & 0xffffffffULL;
}

/* Eight bytes of text, digits as 0 to 9. */
static inline uint64_t
load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w) ^ 0x3030303030303030ULL;
}

/* Adds the digits at p to r, eight at a time: adding 0x76 sets the top bit of all that is none. */
static inline const char *
add_digits(struct run *r, const char *p)
{
	unsigned n;

	do {
		const uint64_t w = load(p),
			       other = (((w & 0x7f7f7f7f7f7f7f7fULL) + 0x7676767676767676ULL) | w) &
		    0x8080808080808080ULL;

		n = other != 0 ? (unsigned)__builtin_ctzll(other) / 8 : 8;
		if (n == 0)
			break;
		/* the last digit becomes the last of eight */
		r->value = r->value * tens[n] + eight(w << (64 - 8 * n));
		r->n += n;
		p += n;
	} while (n == 8 && r->n <= DIGITS);
	return p;
}

static int64_t
rank(int sign, int64_t exp, uint64_t top)
{
	const int64_t far = 1000, near = exp > far ? far : exp < -far ? -far : exp;

	return sign * ((near + far + 1) << 52 | (int64_t)(top >> 8));
}

/* With an exponent, or with more digits than a word holds: goes by the text. */
static void
read_long(struct ev_quick *q, struct ev_slice raw)
{
	const struct ev_num num = ev_num_read(raw);
	unsigned n = 0;
	size_t i;

	q->top = 0;
	for (i = 0; i < num.text.n && n < DIGITS; i++)
		if (num.text.p[i] != '.') {
			q->top = q->top * 10 + (unsigned)(num.text.p[i] - '0');
			n++;
		}
	q->top *= tens[DIGITS - n];
	q->exp = num.exp;
	q->sign = num.sign;
	q->more = i < num.text.n;
}

static void
set(struct ev_quick *q, const struct run *r, unsigned before, int sign)
{
	unsigned digits = r->n;

	while (digits > 0 && r->value < tens[digits - 1])
		digits--; /* leading zeros */
	q->top = r->value * tens[DIGITS - digits];
	q->exp = digits > 0 ? (int64_t)digits - (r->n - before) : 0;
	q->sign = digits > 0 ? sign : 0;
	q->more = false;
}

void
ev_quick_read(struct ev_quick *q, struct ev_slice raw)
{
	const int sign = *raw.p == '-' ? -1 : 1;
	struct run r = { 0, 0 };
	const char *p = add_digits(&r, raw.p + (sign < 0));
	const unsigned before = r.n;

	if (*p == '.' && r.n <= DIGITS)
		p = add_digits(&r, p + 1);
	q->raw = raw;
	if (p != raw.p + raw.n || r.n > DIGITS)
		read_long(q, raw);
	else
		set(q, &r, before, sign);
	q->rank = rank(q->sign, q->exp, q->top);
}

struct ev_ranks
ev_quick_outline(const struct ev_val *v)
{
	const bool minus = *v->raw.p == '-';
	const size_t n = v->raw.n - minus; /* digits and the point */
	const uint64_t before = (1ULL << 8 * v->whole) - 1;
	uint64_t w = load(v->raw.p + minus), top;
	int64_t near, far;

	if (v->whole == 0)
		return (struct ev_ranks){ INT64_MIN, INT64_MAX };
	w = (w & before) | (w >> 8 & ~before); /* without the point */
	if (n <= 8)
		w &= (1ULL << 8 * (n > v->whole ? n - 1 : n)) - 1;
	top = eight(w) * tens[DIGITS - 8];
	if (v->raw.p[minus] == '0') /* its first digit stands further behind, or it has none */
		return top == 0 && n <= 8 ? (struct ev_ranks){ 0, 0 }
					  : (struct ev_ranks){ INT64_MIN, INT64_MAX };
	near = rank(1, v->whole, top);
	far = n <= 8 ? near : rank(1, v->whole, top + tens[DIGITS - 7] - 1);
	return minus ? (struct ev_ranks){ -far, -near } : (struct ev_ranks){ near, far };
}

int
ev_quick_cmp(const struct ev_quick *a, const struct ev_quick *b)
{
	struct ev_num x, y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->sign != 0 && a->exp != b->exp)
		return a->exp < b->exp ? -a->sign : a->sign;
	if (a->top != b->top)
		return a->top < b->top ? -a->sign : a->sign;
	if (!a->more && !b->more)
		return 0;
	x = ev_num_read(a->raw);
	y = ev_num_read(b->raw);
	return ev_num_cmp(&x, &y);
}
