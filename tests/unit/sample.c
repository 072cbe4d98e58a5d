/* SPDX-License-Identifier: MIT */
#include "match/sample.h"

#include "line.h"
#include "tap.h"

/* The greatest hash that is in the sample; 0 where text says none. */
static uint64_t
part(const char *text)
{
	struct ev_paths set = { 0 };
	struct ev_sample s;
	struct ev_err e = { 0 };
	uint64_t below = ev_sample_init(&s, text, &set, &e) == EV_OK ? s.below : 0;

	ev_sample_fini(&s);
	ev_paths_fini(&set);
	return below;
}

static bool
in_half(const char *text)
{
	struct ev_paths set = { 0 };
	struct ev_sample s;
	struct ev_err e = { 0 };
	struct line l;
	bool yes;

	if (ev_sample_init(&s, "1/2", &set, &e) != EV_OK)
		abort();
	line_scan(&l, &set, text);
	if (ev_sample_match(&s, l.text, &l.scan, &yes, &e) != EV_OK)
		abort();
	line_free(&l);
	ev_sample_fini(&s);
	ev_paths_fini(&set);
	return yes;
}

static void
parts_are_exact(void)
{
	ok(part("1/1") == UINT64_MAX && part("100%") == UINT64_MAX &&
	    part("100.00%") == UINT64_MAX);
	ok(part("1/2") == UINT64_C(0x7fffffffffffffff) && part("50%") == part("1/2"));
	ok(part("1/3") == UINT64_C(0x5555555555555554));
	ok(part("2/3") == UINT64_C(0xaaaaaaaaaaaaaaa9));
	ok(part("2.5%") == part("1/40") && part("0.001%") == part("1/100000"));
	ok(part("1/999999999999") == UINT64_C(18446743));
	ok(part("0.0000000001%") == UINT64_C(18446743));
}

static void
what_is_no_part_is_refused(void)
{
	static const char *const bad[] = { "", "1", "%", "/2", "1/", "1/0", "0/1", "0%", "3/2",
		"101%", "1/2/3", "-1/2", "1 /2", "1.5/2", "1/2.5", "5.%", ".5%", "1e1%",
		"1/1000000000000000", "5%%" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_as(part(bad[i]) == 0, bad[i]);
}

static void
the_id_decides(void)
{
	char a[64], b[64];
	int i, same = 0, in = 0;

	for (i = 0; i < 100; i++) {
		snprintf(a, sizeof(a), "{\"id\":\"e%d\",\"n\":1}", i);
		snprintf(b, sizeof(b), "{\"n\":2,\"id\":\"\\u0065%d\"}", i);
		same += in_half(a) == in_half(b);
		in += in_half(a);
	}
	ok(same == 100);
	ok(in > 25 && in < 75);
	for (i = in = 0; i < 100; i++) {
		snprintf(a, sizeof(a), "{\"n\":%d}", i);
		in += in_half(a);
	}
	ok_as(in > 25 && in < 75, "without an id all its bytes do");
}

int
main(void)
{
	parts_are_exact();
	what_is_no_part_is_refused();
	the_id_decides();
	return tap_done();
}
