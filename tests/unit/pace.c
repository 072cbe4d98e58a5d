/* SPDX-License-Identifier: MIT */
#include "base/pace.h"

#include "tap.h"

#define MS UINT64_C(1000000)
#define NOW (1000 * MS)

static struct ev_err e;

static uint64_t
interval(const char *text)
{
	struct ev_pace p = { 0 };

	e = (struct ev_err){ 0 };
	return ev_pace_rate(&p, text, &e) == EV_OK ? p.interval : 0;
}

static void
rates_are_read(void)
{
	ok(interval("1/s") == 1000 * MS);
	ok(interval("200") == 5 * MS);
	ok(interval("6/m") == 10000 * MS);
	ok(interval("2/500ms") == 250 * MS);
	ok(interval("1000000000/s") == 1);
	ok(interval("1/7d") == 7 * 86400 * 1000 * MS);
}

static void
what_is_no_rate_is_refused(void)
{
	static const char *const bad[] = { "", "/s", "0/s", "-1/s", "1/", "1/x", "1/0s", "1.5/s",
		"1/s/s", "1s", "1000000001/s", "1/99999d", "99999999999999999999/s",
		"1/00000000000000000000000000001s" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_as(interval(bad[i]) == 0 && e.code == EV_USAGE && e.text[0] != '\0', bad[i]);
}

static void
speeds_are_read(void)
{
	static const char *const bad[] = { "", "0", "-1", "x", "1x", "inf", "nan", "1e999" };
	struct ev_pace p = { 0 };
	size_t i;

	ok(ev_pace_speed(&p, "0.5", &e) == EV_OK && p.speed == 0.5);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e = (struct ev_err){ 0 };
		ok_as(
		    ev_pace_speed(&p, bad[i], &e) == EV_USAGE && p.speed == 0 && e.code == EV_USAGE,
		    bad[i]);
	}
}

static void
without_a_pace_all_goes_at_once(void)
{
	struct ev_pace p = { 0 };

	ok(ev_pace_due(&p, 5, NOW) <= NOW);
	ok(ev_pace_due(&p, INT64_MAX, NOW) <= NOW);
}

static void
a_rate_spaces_events_evenly(void)
{
	struct ev_pace p = { .interval = 10 * MS };

	ok(ev_pace_due(&p, 0, NOW) == NOW);
	ok(ev_pace_due(&p, 0, NOW) == NOW + 10 * MS);
	ok_as(ev_pace_due(&p, 0, NOW + 12 * MS) == NOW + 20 * MS,
	    "being late does not shift the others");
	ok_as(ev_pace_due(&p, 0, NOW + 5000 * MS) == NOW + 4900 * MS,
	    "a pause is made up for by 100 ms");
	ok(ev_pace_due(&p, 0, NOW + 5000 * MS) == NOW + 4910 * MS);
}

static void
speed_keeps_the_gaps(void)
{
	struct ev_pace p = { .speed = 10 };

	ok(ev_pace_due(&p, 1000, NOW) == NOW);
	ok(ev_pace_due(&p, 2000, NOW) == NOW + 100 * MS);
	ok_as(ev_pace_due(&p, -500000, NOW + 100 * MS) == NOW + 100 * MS,
	    "a late event goes at once");
	ok_as(
	    ev_pace_due(&p, 3000, NOW + 100 * MS) == NOW + 200 * MS, "and does not delay the next");
	ok(ev_pace_due(&p, 3000, NOW + 900 * MS) < NOW + 900 * MS);
}

static void
extreme_times_do_not_overflow(void)
{
	struct ev_pace p = { .speed = 1e-9 };

	ok(ev_pace_due(&p, INT64_MIN, NOW) == NOW);
	ok(ev_pace_due(&p, INT64_MAX, NOW) > NOW);
	p = (struct ev_pace){ .interval = 1 };
	ok(ev_pace_due(&p, 0, 5) == 5);
	ok(ev_pace_due(&p, 0, 5) == 6);
}

static void
the_later_of_both_counts(void)
{
	struct ev_pace p = { .interval = 50 * MS, .speed = 1 };

	ok(ev_pace_due(&p, 0, NOW) == NOW);
	ok(ev_pace_due(&p, 10, NOW) == NOW + 50 * MS);
	ok(ev_pace_due(&p, 300, NOW + 50 * MS) == NOW + 300 * MS);
}

int
main(void)
{
	rates_are_read();
	what_is_no_rate_is_refused();
	speeds_are_read();
	without_a_pace_all_goes_at_once();
	a_rate_spaces_events_evenly();
	speed_keeps_the_gaps();
	extreme_times_do_not_overflow();
	the_later_of_both_counts();
	return tap_done();
}
