/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include <time.h>

#include "base/digits.h"

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t); /* every Linux has the clocks asked for */
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int64_t
ev_now(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) / 1000000);
}

uint64_t
ev_mono(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
ev_cpu(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/*
 * The parts of a time. Each takes what it knows from the front of *s and returns NULL, or says what
 * it wanted.
 */

static const char too_far[] = "one that 64 bits of milliseconds can hold";

/* Two digits, from lo to hi. */
static bool
take_two(struct ev_slice *s, int lo, int hi, int *v)
{
	if (s->n < 2 || !ev_digit(s->p[0]) || !ev_digit(s->p[1]))
		return false;
	*v = (s->p[0] - '0') * 10 + (s->p[1] - '0');
	ev_skip(s, 2);
	return *v >= lo && *v <= hi;
}

static int
days_in(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* The year is four digits, or a sign and up to nine. *parts: how many of year, month and day. */
static const char *
take_date(struct ev_slice *s, struct ev_date *d, int *parts)
{
	bool minus = ev_take_char(s, '-'), sign = minus || ev_take_char(s, '+');
	size_t n = ev_digits(*s);

	*parts = 1;
	if (n < 4 || n > (sign ? 9 : 4) || !ev_take_int(s, n, &d->year))
		return "a year of four digits";
	if (minus)
		d->year = -d->year;
	if (!ev_take_char(s, '-'))
		return NULL;
	*parts = 2;
	if (!take_two(s, 1, 12, &d->month))
		return "a month from 01 to 12";
	if (!ev_take_char(s, '-'))
		return NULL;
	*parts = 3;
	if (!take_two(s, 1, days_in(d->year, d->month), &d->day))
		return "a day, in two digits, that the month has";
	return NULL;
}

/* Digits behind the milliseconds are cut off. */
static const char *
take_fraction(struct ev_slice *s, int *ms)
{
	size_t n = ev_digits(*s);

	if (n == 0)
		return "digits behind the point";
	for (size_t i = 0; i < 3; i++)
		*ms = *ms * 10 + (i < n ? s->p[i] - '0' : 0);
	ev_skip(s, n);
	return NULL;
}

/* HH:MM[:SS[.fraction]]; second 60, a leap second, is the first of the next minute. */
static const char *
take_clock(struct ev_slice *s, struct ev_date *d)
{
	if (!take_two(s, 0, 23, &d->hour))
		return "an hour from 00 to 23";
	if (!ev_take_char(s, ':') || !take_two(s, 0, 59, &d->minute))
		return "a colon and a minute from 00 to 59";
	if (!ev_take_char(s, ':'))
		return NULL;
	if (!take_two(s, 0, 60, &d->second))
		return "a second from 00 to 60";
	return ev_take_char(s, '.') ? take_fraction(s, &d->ms) : NULL;
}

/* Z, +HH:MM, +HHMM or nothing, which is UTC. */
static const char *
take_offset(struct ev_slice *s, int64_t *ms)
{
	bool minus;
	int h, m;

	if (s->n == 0 || ev_take_char(s, 'Z') || ev_take_char(s, 'z'))
		return NULL;
	minus = ev_take_char(s, '-');
	if ((!minus && !ev_take_char(s, '+')) || !take_two(s, 0, 23, &h))
		return "Z or an offset such as +01:00";
	(void)ev_take_char(s, ':');
	if (!take_two(s, 0, 59, &m))
		return "an offset such as +01:00";
	*ms = (minus ? -1 : 1) * (h * EV_HOUR + m * EV_MINUTE);
	return NULL;
}

/* How long the year, month or day lasts that begins at ms. */
static int64_t
width_of(struct ev_date d, int parts, int64_t ms)
{
	if (parts == 3)
		return EV_DAY;
	if (parts == 2 && d.month < 12) {
		d.month++;
	} else {
		d.month = 1;
		d.year++;
	}
	return ev_date_ms(&d) - ms;
}

static const char *
parse_date(struct ev_slice s, int64_t *ms, int64_t *width)
{
	struct ev_date d = { .month = 1, .day = 1 };
	int64_t offset = 0;
	int parts;
	const char *wanted = take_date(&s, &d, &parts);
	bool clock = wanted == NULL && parts == 3 &&
	    (ev_take_char(&s, 'T') || ev_take_char(&s, 't') || ev_take_char(&s, ' '));

	if (clock)
		wanted = take_clock(&s, &d);
	if (clock && wanted == NULL)
		wanted = take_offset(&s, &offset);
	if (wanted != NULL)
		return wanted;
	if (s.n != 0)
		return "nothing behind it";
	if (!ev_date_fits(&d, ms) || __builtin_sub_overflow(*ms, offset, ms))
		return too_far;
	*width = clock ? 0 : width_of(d, parts, *ms);
	return NULL;
}

/* Up to 11 digits are seconds, more are milliseconds. */
static const char *
parse_epoch(struct ev_slice s, int64_t *ms)
{
	bool minus = ev_take_char(&s, '-');
	size_t n = s.n;

	if (n == 0 || ev_digits(s) != n)
		return "an integer of epoch seconds or milliseconds";
	if (!ev_take_int(&s, n, ms))
		return too_far;
	if (n <= 11)
		*ms *= EV_SECOND;
	if (minus)
		*ms = -*ms;
	return NULL;
}

/* -10m, +2h. A number alone might as well mean epoch seconds, so it is refused. */
static const char *
parse_relative(struct ev_slice s, int64_t now, int64_t *ms)
{
	bool minus = ev_take_char(&s, '-'), over;

	if (!minus)
		(void)ev_take_char(&s, '+');
	if (s.n == 0 || ev_digit(s.p[s.n - 1]) || ev_duration_parse(s, ms, NULL) != EV_OK)
		return "a number with ms, s, m, h, d or w behind the sign, such as -10m";
	over = minus ? __builtin_sub_overflow(now, *ms, ms) : __builtin_add_overflow(now, *ms, ms);
	return over ? too_far : NULL;
}

/* now, and the midnights near it. */
static bool
parse_word(struct ev_slice s, int64_t now, int64_t *ms, int64_t *width)
{
	static const struct {
		const char *name;
		int days;
	} words[] = { { "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 } };
	struct ev_date d = ev_date_of(now);

	*ms = now;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!ev_slice_eq(s, ev_slice_str(words[i].name)))
			continue;
		d.day += words[i].days;
		d.hour = d.minute = d.second = d.ms = 0;
		*ms = ev_date_ms(&d);
		*width = EV_DAY;
		return true;
	}
	return ev_slice_eq(s, EV_LIT("now"));
}

static const char *
parse(struct ev_slice s, int64_t now, int64_t *ms, int64_t *width)
{
	struct ev_slice rest = s;
	bool sign = ev_take_char(&rest, '-') || ev_take_char(&rest, '+');
	size_t n = ev_digits(rest);

	*width = 0;
	if (parse_word(s, now, ms, width))
		return NULL;
	if (ev_take_char(&rest, '@'))
		return parse_epoch(rest, ms);
	if (n == s.n && n != 4 && n != 0)
		return parse_epoch(s, ms);
	if (sign && (n == rest.n || rest.p[n] != '-'))
		return parse_relative(s, now, ms);
	if (n != 0)
		return parse_date(s, ms, width);
	return "one such as 2026-11-02T10:00:00Z, 2026-11, -10m, yesterday or epoch seconds";
}

enum ev_code
ev_time_parse(struct ev_slice s, int64_t now, int64_t *ms, int64_t *width, struct ev_err *e)
{
	int64_t point, length;
	const char *wanted = parse(s, now, &point, &length);

	if (wanted != NULL)
		return ev_fail(
		    e, EV_USAGE, "found the time \"%.*s\", wanted %s", EV_FMT(ev_shown(s)), wanted);
	*ms = point;
	*width = length;
	return EV_OK;
}
