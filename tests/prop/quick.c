/* SPDX-License-Identifier: MIT */
/*
 * Property: numbers read for comparison order as the plain reading of their text orders them, and
 * what their first digits say is true.
 */
#include "match/quick.h"

#include "json/walk.h"
#include "prop/prop.h"
#include "tap.h"

enum { ROUNDS = 200000, ROOM = 96 };

struct number {
	char text[ROOM];
	struct ev_val v;
	struct ev_quick q;
};

/* Few different digits, so that numbers are often near each other or equal. */
static size_t
add_digits(uint64_t *r, char *to, size_t n, size_t most)
{
	size_t many = prop_below(r, most) + 1;

	while (many-- > 0)
		to[n++] = prop_below(r, 3) > 0 ? '0' : (char)('0' + prop_below(r, 10));
	return n;
}

static void
make(uint64_t *r, struct number *x)
{
	size_t n = 0;

	memset(x->text, ' ', sizeof(x->text));
	if (prop_below(r, 2) == 0)
		x->text[n++] = '-';
	x->text[n++] = (char)('0' + prop_below(r, 3));
	if (x->text[n - 1] != '0' && prop_below(r, 2) == 0)
		n = add_digits(r, x->text, n, prop_below(r, 4) == 0 ? 20 : 8);
	if (prop_below(r, 3) > 0) {
		x->text[n++] = '.';
		n = add_digits(r, x->text, n, prop_below(r, 4) == 0 ? 25 : 9);
	}
	if (prop_below(r, 6) == 0) {
		n += (size_t)snprintf(x->text + n, ROOM - n, "e%d", (int)prop_below(r, 12) - 6);
		x->text[n] = ' ';
	}
	x->v.raw = (struct ev_slice){ x->text, n };
	x->v.whole = ev_walk_scalar(x->text).whole;
	ev_quick_read(&x->q, x->v.raw);
}

static int
sign(int c)
{
	return (c > 0) - (c < 0);
}

int
main(int argc, char **argv)
{
	uint64_t r = prop_seed(argc, argv);
	size_t order = 0, ranks = 0, outlines = 0, equal = 0, outlined = 0, i;

	for (i = 0; i < ROUNDS; i++) {
		struct number a, b;
		struct ev_num x, y;
		struct ev_ranks is;
		int c;

		make(&r, &a);
		make(&r, &b);
		x = ev_num_read(a.v.raw);
		y = ev_num_read(b.v.raw);
		c = sign(ev_num_cmp(&x, &y));
		is = ev_quick_outline(&a.v);
		equal += c == 0;
		outlined += is.least > INT64_MIN;
		order += sign(ev_quick_cmp(&a.q, &b.q)) != c;
		ranks += a.q.rank != b.q.rank && (a.q.rank < b.q.rank) != (c < 0);
		outlines += is.least > a.q.rank || is.greatest < a.q.rank;
	}
	ok_as(order == 0, "they compare as their texts do");
	ok_as(ranks == 0, "different ranks tell which is greater");
	ok_as(outlines == 0, "the rank is one of those that the first digits leave");
	ok_as(equal > 100 && outlined > ROUNDS / 3, "equal numbers and outlines are common");
	return tap_done();
}
