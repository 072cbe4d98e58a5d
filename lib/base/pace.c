/* SPDX-License-Identifier: MIT */
#include "base/pace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

#define MS INT64_C(1000000) /* in ns */
#define CATCH_UP (100 * MS)
#define LONGEST (366 * INT64_C(86400000)) /* ms that a rate may be counted over */
#define FOREVER 9e18                      /* ns; fits in 63 bits */

enum ev_code
ev_pace_rate(struct ev_pace *p, const char *text, struct ev_err *e)
{
	size_t digits = strspn(text, "0123456789");
	const char *per = text[digits] == '\0' ? "/s" : text + digits;
	uint64_t n = digits > 0 && digits < 11 ? strtoull(text, NULL, 10) : 0;
	char duration[32];
	int64_t ms = 0;

	if (n == 0 || n > 1000000000 || per[0] != '/' || per[1] == '\0' || strlen(per) > 20)
		goto wrong;
	/* a unit alone is one of it */
	snprintf(
	    duration, sizeof(duration), "%s%s", per[1] >= '0' && per[1] <= '9' ? "" : "1", per + 1);
	if (ev_duration_parse(ev_slice_str(duration), &ms, NULL) != EV_OK || ms < 1 || ms > LONGEST)
		goto wrong;
	p->interval = (uint64_t)(ms * MS) / n;
	return EV_OK;
wrong:
	return ev_fail(
	    e, EV_USAGE, "found '%s', wanted a rate such as 500/s, 10/m or 1/250ms", text);
}

enum ev_code
ev_pace_speed(struct ev_pace *p, const char *text, struct ev_err *e)
{
	char *end;

	p->speed = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(p->speed) || p->speed <= 0) {
		p->speed = 0;
		return ev_fail(e, EV_USAGE,
		    "found '%s', wanted a number above 0: 1 is as it was, 60 is a minute per "
		    "second",
		    text);
	}
	return EV_OK;
}

static uint64_t
by_rate(struct ev_pace *p, uint64_t now)
{
	uint64_t at = p->slot;

	if (at + CATCH_UP < now)
		at = now - CATCH_UP;
	p->slot = at + p->interval;
	return at;
}

static uint64_t
by_speed(struct ev_pace *p, int64_t ms)
{
	double after;

	if (ms > p->latest)
		p->latest = ms;
	after = ((double)p->latest - (double)p->first) / p->speed * (double)MS;
	return p->start + (uint64_t)(after < FOREVER ? after : FOREVER);
}

uint64_t
ev_pace_due(struct ev_pace *p, int64_t ms, uint64_t now)
{
	uint64_t rate = 0, speed = 0;

	if (!p->begun) {
		p->begun = true;
		p->slot = p->start = now;
		p->first = p->latest = ms;
	}
	if (p->interval > 0)
		rate = by_rate(p, now);
	if (p->speed > 0)
		speed = by_speed(p, ms);
	return rate > speed ? rate : speed;
}
