/* SPDX-License-Identifier: MIT */
#include "match/quick.h"

enum { DIGITS = 18 };

/* The digits of a number without an exponent, in one pass. */
struct pass {
	uint64_t top;
	unsigned n; /* digits in top */
	int64_t exp;
	bool point, more;
};

static inline void
digit(struct pass *p, unsigned d)
{
	if (p->n == 0 && d == 0) { /* a leading zero: behind the point it lowers the exponent */
		p->exp -= p->point ? 1 : 0;
		return;
	}
	p->exp += p->point ? 0 : 1;
	if (p->n == DIGITS) {
		p->more |= d != 0;
		return;
	}
	p->top = p->top * 10 + d;
	p->n++;
}

struct ev_quick
ev_quick_read(struct ev_slice raw)
{
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
	struct pass p = { 0 };
	const bool minus = raw.n > 0 && *raw.p == '-';
	size_t i;

	for (i = minus; i < raw.n; i++) {
		unsigned d = (unsigned)(unsigned char)raw.p[i] - '0';

		if (d < 10)
			digit(&p, d);
		else if (raw.p[i] == '.')
			p.point = true;
		else
			break;
	}
	if (i < raw.n) /* an exponent, which may be of any size */
		p.exp = ev_num_read(raw).exp;
	if (p.n == 0)
		return (struct ev_quick){ raw, 0, 0, 0, false };
	return (struct ev_quick){ raw, p.top * tens[DIGITS - p.n], p.exp, minus ? -1 : 1, p.more };
}

int
ev_quick_cmp(const struct ev_quick *a, const struct ev_quick *b)
{
	struct ev_num x, y;

	if (a->sign != b->sign)
		return a->sign < b->sign ? -1 : 1;
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
