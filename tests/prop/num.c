/* SPDX-License-Identifier: MIT */
/* Property: numbers compare as their digits do when they are written out in full, however they are
 * spelled. */
#include "json/num.h"

#include "prop/prop.h"
#include "tap.h"

enum { ROUNDS = 200000, HALF = 60, WIDE = 2 * HALF };

/* Fixed point: WIDE digits, HALF of them before the point. */
struct fixed {
	bool minus;
	char digit[WIDE];
};

/* A few digits near the point, mostly the same ones, so that equal and nearly equal numbers are
 * common. */
static struct fixed
any_fixed(uint64_t *r)
{
	struct fixed f = { .minus = prop_below(r, 3) == 0 };
	size_t n = prop_below(r, 6), from = HALF - 20 + prop_below(r, 40);

	for (size_t i = 0; i < n; i++)
		f.digit[from + i] = (char)(prop_below(r, 3) == 0 ? prop_below(r, 10) : 1);
	return f;
}

static int
cmp_fixed(const struct fixed *a, const struct fixed *b)
{
	static const char zero[WIDE];
	bool az = memcmp(a->digit, zero, WIDE) == 0, bz = memcmp(b->digit, zero, WIDE) == 0;
	int sa = az ? 0 : a->minus ? -1 : 1, sb = bz ? 0 : b->minus ? -1 : 1, c;

	if (sa != sb)
		return sa < sb ? -1 : 1;
	c = memcmp(a->digit, b->digit, WIDE) * (sa < 0 ? -1 : 1);
	return (c > 0) - (c < 0);
}

/* One of the ways to spell f in JSON: the point anywhere, zeros round it, an exponent to make up
 * for it. */
static size_t
spell(uint64_t *r, const struct fixed *f, char *out)
{
	size_t first = 0, last = WIDE, point, n = 0;
	long exp;

	while (first < WIDE - 1 && f->digit[first] == 0)
		first++;
	while (last > first + 1 && f->digit[last - 1] == 0)
		last--;
	first -= prop_below(r, first < 3 ? 1 : 3);
	last += prop_below(r, WIDE - last < 3 ? 1 : 3);
	point = prop_below(r, 2) == 0 ? last : first + prop_below(r, last - first + 1);
	exp = (long)HALF - (long)point;
	if (f->minus)
		out[n++] = '-';
	while (first < point && first < last && f->digit[first] == 0 &&
	    first + 1 < point) /* JSON wants no leading zero */
		first++;
	if (first >= point)
		out[n++] = '0';
	for (size_t i = first; i < last; i++) {
		if (i == point)
			out[n++] = '.';
		out[n++] = (char)('0' + f->digit[i]);
	}
	if (exp != 0 || prop_below(r, 4) == 0)
		n += (size_t)snprintf(out + n, HALF, "%c%s%0*ld", prop_below(r, 2) ? 'e' : 'E',
		    exp < 0                ? "-"
			: prop_below(r, 2) ? "+"
					   : "",
		    (int)prop_below(r, 4), labs(exp));
	out[n] = '\0';
	return n;
}

/* The integer that f is, where 64 bits hold it. */
static bool
int_of(const struct fixed *f, int64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < WIDE; i++) {
		if (i >= HALF && f->digit[i] != 0)
			return false;
		if (i < HALF &&
		    (__builtin_mul_overflow(*v, 10, v) ||
			__builtin_add_overflow(*v, f->minus ? -f->digit[i] : f->digit[i], v)))
			return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	uint64_t r = prop_seed(argc, argv);
	size_t bad = 0, wrong = 0, wrong_int = 0, equal = 0, ints = 0;
	char a[2 * WIDE], b[2 * WIDE];

	for (int i = 0; i < ROUNDS; i++) {
		struct fixed x = any_fixed(&r), y = prop_below(&r, 4) == 0 ? x : any_fixed(&r);
		struct ev_slice sa = { a, spell(&r, &x, a) }, sb = { b, spell(&r, &y, b) };
		struct ev_num na, nb;
		int want = cmp_fixed(&x, &y), got;
		int64_t v = 0, w = 0;

		if (!ev_num_ok(sa) || !ev_num_ok(sb)) {
			if (bad++ == 0)
				printf("# no number: %s or %s\n", a, b);
			continue;
		}
		na = ev_num_read(sa);
		nb = ev_num_read(sb);
		got = ev_num_cmp(&na, &nb);
		if ((got > 0) - (got < 0) != want && wrong++ == 0)
			printf("# %s and %s: %d, wanted %d\n", a, b, got, want);
		if ((ev_num_int(sa, &v) != int_of(&x, &w) || (int_of(&x, &w) && v != w)) &&
		    wrong_int++ == 0)
			printf("# as an integer: %s\n", a);
		equal += want == 0;
		ints += int_of(&x, &w);
	}
	printf("# %zu equal, %zu integers\n", equal, ints);
	ok_as(bad == 0, "all spellings are numbers");
	ok_as(wrong == 0, "numbers compare as their digits do");
	ok_as(wrong_int == 0, "integers are those of the digits");
	ok_as(equal > ROUNDS / 10 && ints > ROUNDS / 10 && ints < ROUNDS,
	    "equal ones and integers are common");
	return tap_done();
}
