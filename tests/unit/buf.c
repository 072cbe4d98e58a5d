/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "tap.h"

static void
bytes_are_added(void)
{
	struct ev_buf b = EV_BUF(1 << 20);

	is_str(ev_buf_str(&b), "");
	ok(ev_buf_view(&b).n == 0);
	ok(ev_buf_add(&b, NULL, 0, NULL) == EV_OK && ev_buf_add(&b, "ab", 2, NULL) == EV_OK);
	ok(ev_buf_addc(&b, '\0', NULL) == EV_OK && ev_buf_adds(&b, EV_LIT("cd"), NULL) == EV_OK);
	ok(ev_buf_addf(&b, NULL, "<%s %d>", "x", 7) == EV_OK &&
	    ev_buf_addf(&b, NULL, "%s", "") == EV_OK);
	ok(ev_slice_eq(ev_buf_view(&b), EV_LIT("ab\0cd<x 7>")));
	ok_as(b.p[b.n] == '\0', "a NUL that is not counted follows");
	ev_buf_clear(&b);
	is_str(ev_buf_str(&b), "");
	ev_buf_fini(&b);
	ev_buf_fini(&b);
	ok_as(b.p == NULL && b.n == 0 && b.max == 1 << 20,
	    "fini may come twice, and the limit stays");
	ok_as(ev_buf_addc(&b, 'x', NULL) == EV_OK, "it may be used again");
	ev_buf_fini(&b);
}

static void
much_is_held(void)
{
	struct ev_buf b = EV_BUF(1 << 20);
	size_t wrong = 0;

	for (unsigned i = 0; i < 100000; i++)
		wrong +=
		    ev_buf_add(&b, &(char){ (char)(i * 7) }, 1, NULL) != EV_OK || b.p[b.n] != '\0';
	for (unsigned i = 0; i < b.n; i++)
		wrong += b.p[i] != (char)(i * 7);
	ok(wrong == 0 && b.n == 100000);
	ev_buf_fini(&b);
}

static void
the_limit_is_the_limit(void)
{
	struct ev_buf b = EV_BUF(100);
	char text[200] = "";
	struct ev_err e = { 0 };

	ok(ev_buf_add(&b, text, 90, &e) == EV_OK);
	ok(ev_buf_add(&b, text, 11, &e) == EV_SYS && b.n == 90);
	is_str(e.text, "more than the limit of 100 bytes");
	ok(ev_buf_addf(&b, NULL, "%11d", 1) == EV_SYS && b.n == 90 && b.p[90] == '\0');
	ok(ev_buf_addf(&b, NULL, "%10d", 1) == EV_OK && b.n == 100);
	ok(ev_buf_addc(&b, 'x', NULL) == EV_SYS && b.n == 100);
	ok(ev_buf_reserve(&b, 0, NULL) == EV_OK && ev_buf_reserve(&b, 1, NULL) == EV_SYS);
	ok(ev_buf_reserve(&b, (size_t)-1, NULL) == EV_SYS &&
	    ev_buf_reserve(&b, (size_t)-50, NULL) == EV_SYS);
	ev_buf_fini(&b);
	b = (struct ev_buf)EV_BUF(0);
	ok(ev_buf_add(&b, "", 0, NULL) == EV_OK && ev_buf_addc(&b, 'x', NULL) == EV_SYS);
	ev_buf_fini(&b);
}

static void
room_is_made_ahead(void)
{
	struct ev_buf b = EV_BUF(10000);
	const char *p;

	ok(ev_buf_reserve(&b, 5000, NULL) == EV_OK && b.cap > 5000 && b.n == 0);
	p = b.p;
	for (int i = 0; i < 5000; i++)
		if (ev_buf_addc(&b, 'x', NULL) != EV_OK)
			break;
	ok_as(b.n == 5000 && b.p == p, "what was reserved needs no other place");
	ev_buf_fini(&b);
}

int
main(void)
{
	bytes_are_added();
	much_is_held();
	the_limit_is_the_limit();
	room_is_made_ahead();
	return tap_done();
}
