/* SPDX-License-Identifier: MIT */
#include "json/num.h"

#include "json/scan.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* a + b, kept at the ends of 64 bits. */
static int64_t
add_sat(int64_t a, int64_t b)
{
	int64_t v;

	if (__builtin_add_overflow(a, b, &v))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return v;
}

/* What follows the 'e'. */
static int64_t
read_exp(struct ev_slice s)
{
	bool minus = s.n > 0 && *s.p == '-';
	int64_t v = 0;

	for (size_t i = minus || (s.n > 0 && *s.p == '+'); i < s.n; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s.p[i] - '0', &v))
			return minus ? INT64_MIN : INT64_MAX;
	return minus ? -v : v;
}

struct ev_num
ev_num_read(struct ev_slice raw)
{
	bool minus = raw.n > 0 && *raw.p == '-';
	size_t i, first = 0, last = 0, point = 0;
	bool digits = false, pointed = false;
	int64_t exp = 0;

	for (i = minus; i < raw.n && (is_digit(raw.p[i]) || raw.p[i] == '.'); i++) {
		if (raw.p[i] == '.') {
			point = i;
			pointed = true;
		} else if (raw.p[i] != '0') {
			if (!digits)
				first = i;
			digits = true;
			last = i;
		}
	}
	if (!digits)
		return (struct ev_num){ 0, 0, { raw.p, 0 } };
	if (!pointed)
		point = i;
	if (i < raw.n)
		exp = read_exp((struct ev_slice){ raw.p + i + 1, raw.n - i - 1 });
	/* digits before the point or, below 0, zeros behind it: the point itself is no digit */
	exp = add_sat(exp, (int64_t)point - (int64_t)first + (first > point));
	return (struct ev_num){ minus ? -1 : 1, exp, { raw.p + first, last - first + 1 } };
}

/* The next digit, past a point; 0 at the end. */
static char
next_digit(struct ev_slice s, size_t *i)
{
	if (*i < s.n && s.p[*i] == '.')
		++*i;
	return *i < s.n ? s.p[(*i)++] : '0';
}

int
ev_num_cmp(const struct ev_num *a, const struct ev_num *b)
{
	size_t i = 0, k = 0;

	if (a->sign != b->sign)
		return a->sign < b->sign ? -1 : 1;
	if (a->exp != b->exp)
		return a->exp < b->exp ? -a->sign : a->sign;
	while (i < a->text.n || k < b->text.n) {
		char x = next_digit(a->text, &i), y = next_digit(b->text, &k);

		if (x != y)
			return x < y ? -a->sign : a->sign;
	}
	return 0;
}

bool
ev_num_ok(struct ev_slice s)
{
	size_t off;

	/* the check allows white space round a value; a number ends in a digit */
	return s.n > 0 && (is_digit(*s.p) || *s.p == '-') && is_digit(s.p[s.n - 1]) &&
	    ev_json_check(s, &off, NULL) == EV_OK;
}

bool
ev_num_int(struct ev_slice raw, int64_t *v)
{
	struct ev_num a = ev_num_read(raw);
	size_t i = 0;
	int64_t n = 0;

	if (a.exp > 19 || a.exp < 0) /* 19 digits at most, or a fraction below 0.1 */
		return false;
	/* towards the sign, as INT64_MIN has no positive twin */
	for (int64_t k = 0; k < a.exp; k++) {
		int digit = (next_digit(a.text, &i) - '0') * a.sign;

		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
			return false;
	}
	if (i < a.text.n) /* a part is left behind the point: its last digit is not 0 */
		return false;
	*v = n;
	return true;
}
