/* SPDX-License-Identifier: MIT */
#include "lake/bucket.h"

#include <stdio.h>

#include "base/time.h"

#define FIRST_MS (-62135596800000) /* 0001-01-01T00:00:00Z */
#define LAST_MS 253402300799999    /* 9999-12-31T23:59:59.999Z */
#define HOUR_MS 3600000
#define DAY_MS (24 * HOUR_MS)

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
ev_bucket_of(int64_t ms, bool hour)
{
	if (ms < FIRST_MS)
		ms = FIRST_MS;
	if (ms > LAST_MS)
		ms = LAST_MS;
	return floor_div(ms, hour ? HOUR_MS : DAY_MS);
}

void
ev_bucket_name(char out[EV_BUCKET_NAME], int64_t bucket, bool hour)
{
	struct ev_date d = ev_date_of(bucket * (hour ? HOUR_MS : DAY_MS));
	int n = snprintf(out, EV_BUCKET_NAME, "dt=%04d-%02d-%02d", (int)d.year, d.month, d.day);

	if (hour && n > 0)
		snprintf(out + n, EV_BUCKET_NAME - (size_t)n, "/hour=%02d", d.hour);
}

int64_t
ev_hour_of(int64_t ms)
{
	return floor_div(ms, HOUR_MS);
}
