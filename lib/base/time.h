/* SPDX-License-Identifier: MIT */
#ifndef EV_TIME_H
#define EV_TIME_H

#include <stdint.h>

#include "base/err.h"

/* Times are epoch milliseconds, UTC; durations milliseconds; sizes bytes. */

enum {
	EV_SECOND = 1000,
	EV_MINUTE = 60 * EV_SECOND,
	EV_HOUR = 60 * EV_MINUTE,
	EV_DAY = 24 * EV_HOUR
};

int64_t ev_now(void);

/* Monotonic nanoseconds, and CPU nanoseconds of this process. */
uint64_t ev_mono(void);
uint64_t ev_cpu(void);

/*
 * A point in time as people write it: RFC 3339 with any offset (`2026-11-02T10:00:00.5+01:00`, a
 * blank for the T, seconds or offset left out), `2026-11-02`, `2026-11`, `2026` (their beginning,
 * UTC), `now`, `today`, `yesterday`, `tomorrow` (UTC midnight), `-10m`, `+2h` (from now), `@N` or
 * an integer of epoch seconds (up to 11 digits) or milliseconds (12 digits and more). *width: how
 * long what was named lasts (a day for `2026-11-02`), 0 for a point. Four digits are a year, @2026
 * a second. What ev_time_print prints reads back. Second 60 is the first of the next minute.
 * EV_USAGE: what was found and wanted; *ms and *width are then as before.
 */
enum ev_code ev_time_parse(
    struct ev_slice s, int64_t now, int64_t *ms, int64_t *width, struct ev_err *e) EV_MUST;

/*
 * RFC 3339 in UTC with milliseconds: 2026-11-02T10:00:00.500Z. Years before 0 and beyond 9999 get a
 * sign (ISO 8601 expanded).
 */
enum { EV_TIME = 40 };
void ev_time_print(char out[EV_TIME], int64_t ms);

/* The UTC calendar: days since the epoch, and back. Any int64 of ms is fine. */
struct ev_date {
	int64_t year;
	int month, day, hour, minute, second, ms; /* month and day from 1 */
};
struct ev_date ev_date_of(int64_t ms);
/* Days outside of their month count on. Beyond 64 bits: the nearest that they hold. */
int64_t ev_date_ms(const struct ev_date *d);
/* The same, but false, and *ms as before, beyond 64 bits. */
bool ev_date_fits(const struct ev_date *d, int64_t *ms);

/* `250ms`, `1.5s`, `10m`, `2h`, `7d`, `2w`; a bare number is seconds. */
enum ev_code ev_duration_parse(struct ev_slice s, int64_t *ms, struct ev_err *e) EV_MUST;
/* `64K`, `1.5M`, `2G`, `1T` (powers of 1024; `KB`, `KiB` are the same); a bare number is bytes. */
enum ev_code ev_size_parse(struct ev_slice s, uint64_t *bytes, struct ev_err *e) EV_MUST;
/* For people: `250ms`, `1.5s`, `512B`, `64.0K`; cut off, not rounded. */
void ev_duration_print(char out[32], int64_t ms);
void ev_size_print(char out[32], uint64_t bytes);

#endif
