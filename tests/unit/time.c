/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include "tap.h"

/* 2026-11-02T10:20:30.456Z, a Monday. */
static const int64_t now = 1793614830456;

struct moment {
	const char *text;
	int64_t ms, width;
};

static void
reads(const struct moment *m, size_t n)
{
	char what[160];

	for (size_t i = 0; i < n; i++) {
		struct ev_err e = { 0 };
		int64_t ms = 0, width = -1;
		enum ev_code rc = ev_time_parse(ev_slice_str(m[i].text), now, &ms, &width, &e);

		snprintf(what, sizeof(what), "\"%s\" is read", m[i].text);
		if (!ok_as(rc == EV_OK && ms == m[i].ms && width == m[i].width, what))
			printf("# got %lld for %lld, wanted %lld for %lld; %s\n", (long long)ms,
			    (long long)width, (long long)m[i].ms, (long long)m[i].width, e.text);
	}
}

static void
dates_and_times_are_read(void)
{
	static const struct moment m[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "1970-01-01T00:00:00.001Z", 1, 0 },
		{ "1969-12-31T23:59:59.999Z", -1, 0 },
		{ "2026-11-02T10:20:30.456Z", 1793614830456, 0 },
		{ "2026-11-02T10:20:30.456789Z", 1793614830456, 0 },
		{ "2026-11-02T10:20:30.5z", 1793614830500, 0 },
		{ "2026-11-02t10:20:30Z", 1793614830000, 0 },
		{ "2026-11-02 10:20:30", 1793614830000, 0 },
		{ "2026-11-02 10:20", 1793614800000, 0 },
		{ "2026-11-02T10:20Z", 1793614800000, 0 },
		{ "2026-11-02T11:20:30+01:00", 1793614830000, 0 },
		{ "2026-11-02T11:20:30+0100", 1793614830000, 0 },
		{ "2026-11-02T04:50:30-05:30", 1793614830000, 0 },
		{ "2026-11-02T10:20:30-00:00", 1793614830000, 0 },
		{ "2026-11-03T10:19:30+23:59", 1793614830000, 0 },
		{ "1969-12-31T23:59:59.0009Z", -1000, 0 },
		{ "2016-12-31T23:59:60Z", 1483228800000, 0 },
		{ "2016-12-31T23:59:60.5Z", 1483228800500, 0 },
		{ "2000-02-29T00:00:00Z", 951782400000, 0 },
		{ "2024-02-29T12:00:00Z", 1709208000000, 0 },
		{ "0000-01-01T00:00:00Z", -62167219200000, 0 },
		{ "0000-02-29T00:00:00Z", -62162121600000, 0 },
		{ "0001-01-01T00:00:00Z", -62135596800000, 0 },
		{ "9999-12-31T23:59:59.999Z", 253402300799999, 0 },
		{ "+10000-01-01T00:00:00Z", 253402300800000, 0 },
		{ "-0001-12-31T23:59:59.999Z", -62167219200001, 0 },
		{ "+2026-11-02", 1793577600000, 86400000 },
		{ "-292275055-05-16T16:47:04.192Z", INT64_MIN, 0 },
		{ "+292278994-08-17T07:12:55.807Z", INT64_MAX, 0 },
	};

	reads(m, sizeof(m) / sizeof(*m));
}

static void
what_has_a_width_says_so(void)
{
	static const struct moment m[] = {
		{ "2026-11-02", 1793577600000, 86400000 },
		{ "2026-11", 1793491200000, 30 * 86400000ll },
		{ "2026-12", 1796083200000, 31 * 86400000ll },
		{ "2026-02", 1769904000000, 28 * 86400000ll },
		{ "2024-02", 1706745600000, 29 * 86400000ll },
		{ "1900-02", -2206310400000, 28 * 86400000ll },
		{ "2000-02", 949363200000, 29 * 86400000ll },
		{ "2026", 1767225600000, 365 * 86400000ll },
		{ "2024", 1704067200000, 366 * 86400000ll },
		{ "0000", -62167219200000, 366 * 86400000ll },
		{ "today", 1793577600000, 86400000 },
		{ "yesterday", 1793491200000, 86400000 },
		{ "tomorrow", 1793664000000, 86400000 },
	};

	reads(m, sizeof(m) / sizeof(*m));
}

static void
points_relative_to_now_and_the_epoch_are_read(void)
{
	static const struct moment m[] = {
		{ "now", 1793614830456, 0 },
		{ "-10m", 1793614230456, 0 },
		{ "+2h", 1793622030456, 0 },
		{ "-1.5s", 1793614828956, 0 },
		{ "-2w", 1792405230456, 0 },
		{ "-250ms", 1793614830206, 0 },
		{ "0", 0, 0 },
		{ "1", 1000, 0 },
		{ "20261102", 20261102000, 0 },
		{ "1793614830", 1793614830000, 0 },
		{ "99999999999", 99999999999000, 0 },
		{ "100000000000", 100000000000, 0 },
		{ "1793614830456", 1793614830456, 0 },
		{ "@0", 0, 0 },
		{ "@2026", 2026000, 0 },
		{ "@-5", -5000, 0 },
		{ "@1793614830456", 1793614830456, 0 },
		{ "@-9223372036854775807", -INT64_MAX, 0 },
		{ "9223372036854775807", INT64_MAX, 0 },
	};

	reads(m, sizeof(m) / sizeof(*m));
}

static void
what_is_no_time_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"-",
		"+",
		"@",
		"@-",
		"@x",
		"@1.5",
		"x",
		"Now",
		"yesterdayx",
		"2026-",
		"2026-1",
		"2026-13",
		"2026-00",
		"2026-11-",
		"2026-11-2",
		"2026-11-31",
		"2026-02-29",
		"1900-02-29",
		"2026-11-00",
		"2026-11-02T",
		"2026-11-02T10",
		"2026-11-02T24:00",
		"2026-11-02T10:60",
		"2026-11-02T10:20:61Z",
		"2026-11-02T10:20:30.",
		"2026-11-02T10:20:30.Z",
		"2026-11-02T10:20:30+1",
		"2026-11-02T10:20:30+01:60",
		"2026-11-02T10:20:30+24:00",
		"2026-11-02T10:20:30ZZ",
		"2026-11-02T10:20:30 Z",
		"2026-11-02Z",
		"2026-11-02x",
		"2026-11T10:20",
		"26-11-02",
		"20261-11-02",
		"202-11-02",
		"-10",
		"+10",
		"-10x",
		"--10m",
		"-1.5",
		"+0044",
		"99999999999999999999",
		"+292278994-08-17T07:12:55.808Z",
		"+292278994-08-17T08:12:55.807+00:00",
		"-292275055-05-16T16:47:04.191Z",
		"+999999999-01-01",
		"-292275055-05-16T16:47:04.192+00:01",
		"+1234567890-01-01",
		" 2026",
		"2026 ",
		"2026-11-02T10:20:30,5Z",
	};
	char what[160];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ev_err e = { 0 };
		int64_t ms = 42, width = 43;
		enum ev_code rc = ev_time_parse(ev_slice_str(bad[i]), now, &ms, &width, &e);

		snprintf(what, sizeof(what), "\"%s\" is refused and changes nothing", bad[i]);
		ok_as(rc == EV_USAGE && ms == 42 && width == 43 && strstr(e.text, "wanted") != NULL,
		    what);
	}
	ok_as(ev_time_parse(EV_LIT("2026\0"), now, &(int64_t){ 0 }, &(int64_t){ 0 }, NULL) ==
		EV_USAGE,
	    "a NUL is no part of a time");
}

static void
relative_times_do_not_overflow(void)
{
	struct ev_err e = { 0 };
	int64_t ms = 0, width = 0;

	ok(ev_time_parse(EV_LIT("+1s"), INT64_MAX, &ms, &width, &e) == EV_USAGE);
	ok(ev_time_parse(EV_LIT("-1ms"), INT64_MIN, &ms, &width, NULL) == EV_USAGE);
	ok(ev_time_parse(EV_LIT("-1ms"), INT64_MAX, &ms, &width, NULL) == EV_OK &&
	    ms == INT64_MAX - 1);
	ok(ev_time_parse(EV_LIT("yesterday"), INT64_MIN, &ms, &width, NULL) == EV_OK &&
	    ms == INT64_MIN);
	ok(ev_time_parse(EV_LIT("today"), -1, &ms, &width, NULL) == EV_OK && ms == -86400000);
}

static void
messages_name_what_was_found_and_wanted(void)
{
	struct ev_err e = { 0 };
	int64_t ms, width;

	ok(ev_time_parse(EV_LIT("2026-13-01"), now, &ms, &width, &e) == EV_USAGE);
	is_str(e.text, "found the time \"2026-13-01\", wanted a month from 01 to 12");
	e = (struct ev_err){ 0 };
	ok(ev_time_parse(EV_LIT("-10"), now, &ms, &width, &e) == EV_USAGE);
	is_str(e.text,
	    "found the time \"-10\", wanted a number with ms, s, m, h, d or w behind the sign, "
	    "such as -10m");
	e = (struct ev_err){ 0 };
	ok(ev_duration_parse(EV_LIT("ten"), &ms, &e) == EV_USAGE);
	is_str(e.text,
	    "found the duration \"ten\", wanted a number with ms, s, m, h, d or w, such as 1.5s");
}

static void
prints(int64_t ms, const char *want)
{
	char got[EV_TIME];
	int64_t back = 0, width;

	ev_time_print(got, ms);
	is_str(got, want);
	ok_as(ev_time_parse(ev_slice_str(got), now, &back, &width, NULL) == EV_OK && back == ms,
	    "what is printed reads back");
}

static void
times_are_printed(void)
{
	prints(0, "1970-01-01T00:00:00.000Z");
	prints(-1, "1969-12-31T23:59:59.999Z");
	prints(now, "2026-11-02T10:20:30.456Z");
	prints(951782400000, "2000-02-29T00:00:00.000Z");
	prints(-62167219200000, "0000-01-01T00:00:00.000Z");
	prints(-62167219200001, "-0001-12-31T23:59:59.999Z");
	prints(253402300799999, "9999-12-31T23:59:59.999Z");
	prints(253402300800000, "+10000-01-01T00:00:00.000Z");
	prints(INT64_MIN, "-292275055-05-16T16:47:04.192Z");
	prints(INT64_MAX, "+292278994-08-17T07:12:55.807Z");
}

static void
dates_saturate(void)
{
	struct ev_date d = { .year = INT64_MAX, .month = 12, .day = 31 };
	int64_t ms = 7;

	ok(ev_date_ms(&d) == INT64_MAX);
	ok(!ev_date_fits(&d, &ms) && ms == 7);
	d.year = INT64_MIN;
	ok(ev_date_ms(&d) == INT64_MIN);
	d = (struct ev_date){ .year = 292278994, .month = 8, .day = 18 };
	ok(ev_date_ms(&d) == INT64_MAX);
	d = (struct ev_date){ .year = 1970, .month = 1, .day = 32 };
	ok_as(ev_date_ms(&d) == 31 * 86400000ll, "a day past its month counts on");
	d = (struct ev_date){ .year = 1970, .month = 1, .day = 0 };
	ok(ev_date_ms(&d) == -86400000);
}

struct amount {
	const char *text;
	int64_t want; /* -1: refused */
};

static void
durations_are_read(void)
{
	static const struct amount a[] = {
		{ "0", 0 },
		{ "5", 5000 },
		{ "1.5", 1500 },
		{ "250ms", 250 },
		{ "1.5s", 1500 },
		{ "10m", 600000 },
		{ "2h", 7200000 },
		{ "7d", 604800000 },
		{ "2w", 1209600000 },
		{ "0.001s", 1 },
		{ "0.0019s", 1 },
		{ "0.99999999999999999999999999999999s", 999 },
		{ "1.000000000000000000000000000000w", 604800000 },
		{ "9223372036854775807ms", INT64_MAX },
		{ "9223372036854775808ms", -1 },
		{ "9223372036854776s", -1 },
		{ "99999999999999999999w", -1 },
		{ "", -1 },
		{ "s", -1 },
		{ ".5s", -1 },
		{ "1.s", -1 },
		{ "-1s", -1 },
		{ "1 s", -1 },
		{ "1x", -1 },
		{ "1.5ms", -1 },
		{ "1S", -1 },
		{ "1h30m", -1 },
		{ "1e3", -1 },
	};
	char what[80];

	for (size_t i = 0; i < sizeof(a) / sizeof(*a); i++) {
		int64_t ms = 0;
		enum ev_code rc = ev_duration_parse(ev_slice_str(a[i].text), &ms, NULL);

		snprintf(what, sizeof(what), "the duration \"%s\"", a[i].text);
		ok_as(a[i].want < 0 ? rc == EV_USAGE : rc == EV_OK && ms == a[i].want, what);
	}
}

static void
sizes_are_read(void)
{
	static const struct amount a[] = {
		{ "0", 0 },
		{ "5", 5 },
		{ "64K", 65536 },
		{ "64k", 65536 },
		{ "64KB", 65536 },
		{ "64KiB", 65536 },
		{ "1.5M", 1572864 },
		{ "2G", 2147483648 },
		{ "1T", 1099511627776 },
		{ "10B", 10 },
		{ "0.3K", 307 },
		{ "8388607T", 9223370937343148032 },
		{ "16777216T", -1 },
		{ "1.5", -1 },
		{ "1.5B", -1 },
		{ "K", -1 },
		{ "", -1 },
		{ "-1K", -1 },
		{ "1KK", -1 },
		{ "1Kb", -1 },
		{ "1 K", -1 },
		{ "99999999999999999999", -1 },
	};
	char what[80];

	for (size_t i = 0; i < sizeof(a) / sizeof(*a); i++) {
		uint64_t n = 0;
		enum ev_code rc = ev_size_parse(ev_slice_str(a[i].text), &n, NULL);

		snprintf(what, sizeof(what), "the size \"%s\"", a[i].text);
		ok_as(
		    a[i].want < 0 ? rc == EV_USAGE : rc == EV_OK && n == (uint64_t)a[i].want, what);
	}
}

static void
amounts_are_printed_for_people(void)
{
	static const struct amount d[] = { { "0ms", 0 }, { "999ms", 999 }, { "1.0s", 1000 },
		{ "1.5s", 1599 }, { "59.9s", 59999 }, { "1.0m", 60000 }, { "1.5h", 5400000 },
		{ "23.9h", 86399999 }, { "1.0d", 86400000 }, { "106751991167.3d", INT64_MAX },
		{ "-1.5s", -1500 }, { "-106751991167.3d", INT64_MIN } };
	static const struct amount s[] = { { "0B", 0 }, { "1023B", 1023 }, { "1.0K", 1024 },
		{ "64.0K", 65536 }, { "1.5M", 1572864 }, { "1023.9M", 1073741823 },
		{ "8388607.9T", INT64_MAX } };
	char got[32];

	for (size_t i = 0; i < sizeof(d) / sizeof(*d); i++) {
		ev_duration_print(got, d[i].want);
		is_str(got, d[i].text);
	}
	for (size_t i = 0; i < sizeof(s) / sizeof(*s); i++) {
		ev_size_print(got, (uint64_t)s[i].want);
		is_str(got, s[i].text);
	}
	ev_size_print(got, UINT64_MAX);
	is_str(got, "16777215.9T");
}

static void
clocks_run(void)
{
	uint64_t mono = ev_mono(), cpu = ev_cpu();
	volatile unsigned spin = 0;

	while (ev_cpu() == cpu)
		spin++;
	ok(ev_mono() > mono);
	ok_as(ev_now() > 1600000000000 && ev_now() < 32503680000000,
	    "the clock shows this millennium");
}

int
main(void)
{
	dates_and_times_are_read();
	what_has_a_width_says_so();
	points_relative_to_now_and_the_epoch_are_read();
	what_is_no_time_is_refused();
	relative_times_do_not_overflow();
	messages_name_what_was_found_and_wanted();
	times_are_printed();
	dates_saturate();
	durations_are_read();
	sizes_are_read();
	amounts_are_printed_for_people();
	clocks_run();
	return tap_done();
}
