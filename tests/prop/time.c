/* SPDX-License-Identifier: MIT */
/* Property: times print, read back and fall into the calendar as the C library's do. */
#include "base/time.h"

#include "prop/prop.h"
#include "tap.h"

enum { ROUNDS = 200000 };

/* Any int64, or one nearer to our time. */
static int64_t
any_ms(uint64_t *r)
{
	return (int64_t)prop_next(r) >> prop_below(r, 62);
}

static bool
round_trips(int64_t ms)
{
	int64_t back, width;
	char text[EV_TIME];

	ev_time_print(text, ms);
	return ev_time_parse(ev_slice_str(text), 0, &back, &width, NULL) == EV_OK && back == ms &&
	    width == 0;
}

/* Against gmtime_r, which counts in another way. */
static bool
is_the_librarys(int64_t ms)
{
	int64_t rest = ms % 1000 + (ms % 1000 < 0 ? 1000 : 0);
	time_t s = ms / 1000 - (ms % 1000 < 0);
	struct ev_date d = ev_date_of(ms);
	struct tm tm;

	return gmtime_r(&s, &tm) != NULL && d.year == tm.tm_year + 1900ll &&
	    d.month == tm.tm_mon + 1 && d.day == tm.tm_mday && d.hour == tm.tm_hour &&
	    d.minute == tm.tm_min && d.second == tm.tm_sec && d.ms == rest && ev_date_ms(&d) == ms;
}

/* The same time with an offset, in one of the forms that people write. */
static bool
offset_does_not_matter(uint64_t *r, int64_t ms)
{
	int minutes = (int)prop_below(r, 24 * 60);
	bool minus = prop_below(r, 2) != 0;
	int64_t local, back, width;
	char text[EV_TIME], all[EV_TIME + 40];

	if (minus ? __builtin_sub_overflow(ms, minutes * 60000ll, &local)
		  : __builtin_add_overflow(ms, minutes * 60000ll, &local))
		return true;
	ev_time_print(text, local);
	text[strlen(text) - 1] = '\0'; /* its Z */
	if (prop_below(r, 2) != 0)
		*strchr(text, 'T') = ' ';
	if (prop_below(r, 2) != 0)
		snprintf(all, sizeof(all), "%s%c%02d:%02d", text, minus ? '-' : '+', minutes / 60,
		    minutes % 60);
	else
		snprintf(all, sizeof(all), "%s000%c%02d%02d", text, minus ? '-' : '+', minutes / 60,
		    minutes % 60);
	return ev_time_parse(ev_slice_str(all), 0, &back, &width, NULL) == EV_OK && back == ms;
}

/* What is printed for people is no more than the amount, and less than a tenth of its unit off. */
static bool
amounts_read_back(uint64_t *r)
{
	int64_t ms = (int64_t)(prop_next(r) >> (1 + prop_below(r, 62))), back;
	uint64_t bytes = prop_next(r) >> prop_below(r, 63), size;
	char text[32];

	ev_duration_print(text, ms);
	if (ev_duration_parse(ev_slice_str(text), &back, NULL) != EV_OK || back > ms ||
	    (ms - back) / 10 > ms / 100)
		return false;
	ev_size_print(text, bytes);
	return ev_size_parse(ev_slice_str(text), &size, NULL) == EV_OK && size <= bytes &&
	    (bytes - size) / 10 <= bytes / 100;
}

int
main(int argc, char **argv)
{
	uint64_t r = prop_seed(argc, argv);
	size_t wrong[4] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		int64_t ms = any_ms(&r);

		wrong[0] += !round_trips(ms);
		wrong[1] += !is_the_librarys(ms);
		wrong[2] += !offset_does_not_matter(&r, ms);
		wrong[3] += !amounts_read_back(&r);
		if (wrong[0] + wrong[1] + wrong[2] + wrong[3] == 1)
			printf("# first failure: %lld\n", (long long)ms);
	}
	ok_as(wrong[0] == 0, "a printed time reads back");
	ok_as(wrong[1] == 0, "dates are those of the C library");
	ok_as(wrong[2] == 0, "a time with an offset is the same time");
	ok_as(wrong[3] == 0, "durations and sizes for people read back");
	return tap_done();
}
