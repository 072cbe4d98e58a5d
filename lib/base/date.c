/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/time.h"

/* Days of an era of 400 years, and from the first day of era 0 (0000-03-01) to 1970-01-01. */
enum { ERA = 146097, EPOCH = 719468 };

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March here, so that the
 * leap day is the last of its year (the method of H. Hinnant's days_from_civil).
 */
static int64_t
days_of(int64_t year, int month, int mday)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + mday - 1;

	return era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
}

struct ev_date
ev_date_of(int64_t ms)
{
	int64_t rest = ms % EV_DAY + (ms % EV_DAY < 0 ? EV_DAY : 0);
	int64_t z = floor_div(ms, EV_DAY) + EPOCH;
	int64_t era = floor_div(z, ERA);
	int64_t of_era = z - era * ERA;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t march = (5 * of_year + 2) / 153;
	struct ev_date d;

	d.day = (int)(of_year - (153 * march + 2) / 5 + 1);
	d.month = (int)(march < 10 ? march + 3 : march - 9);
	d.year = y + era * 400 + (d.month <= 2);
	d.hour = (int)(rest / EV_HOUR);
	d.minute = (int)(rest % EV_HOUR / EV_MINUTE);
	d.second = (int)(rest % EV_MINUTE / EV_SECOND);
	d.ms = (int)(rest % EV_SECOND);
	return d;
}

bool
ev_date_fits(const struct ev_date *d, int64_t *ms)
{
	const int64_t far = 300000000; /* years: somewhat more than 64 bits hold */
	int64_t of_day = (int64_t)d->hour * EV_HOUR + (int64_t)d->minute * EV_MINUTE +
	    (int64_t)d->second * EV_SECOND + d->ms;
	int64_t days, v;

	if (d->year < -far || d->year > far)
		return false;
	days = days_of(d->year, d->month, d->day);
	if (days < 0) { /* towards 0, or the first day of all would overflow */
		days++;
		of_day -= EV_DAY;
	}
	if (__builtin_mul_overflow(days, EV_DAY, &v) || __builtin_add_overflow(v, of_day, &v))
		return false;
	*ms = v;
	return true;
}

int64_t
ev_date_ms(const struct ev_date *d)
{
	int64_t ms;

	if (ev_date_fits(d, &ms))
		return ms;
	return d->year < 1970 ? INT64_MIN : INT64_MAX;
}

void
ev_time_print(char out[EV_TIME], int64_t ms)
{
	struct ev_date d = ev_date_of(ms);
	int n = snprintf(
	    out, EV_TIME, d.year < 0 || d.year > 9999 ? "%+05lld" : "%04lld", (long long)d.year);

	snprintf(out + n, EV_TIME - (size_t)n, "-%02d-%02dT%02d:%02d:%02d.%03dZ", d.month, d.day,
	    d.hour, d.minute, d.second, d.ms);
}
