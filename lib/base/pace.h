/* SPDX-License-Identifier: MIT */
#ifndef EV_PACE_H
#define EV_PACE_H

#include <stdint.h>

#include "base/err.h"

/*
 * When the next event may go: so many per time, or with the gaps that their timestamps had. Clock
 * times are nanoseconds of ev_mono; nothing here looks at a clock or waits.
 */
struct ev_pace {
	uint64_t interval; /* ns between two events; 0: no rate */
	double speed;      /* how many times as fast as the timestamps; 0: none */
	bool begun;
	uint64_t slot;         /* by rate: the next one */
	uint64_t start;        /* by speed: when the first event went */
	int64_t first, latest; /* its timestamp, and the greatest so far */
};

/* Any zeroed struct ev_pace lets everything go at once. Both may be set: the later time counts. */

/* `N/s`, `N/m`, `N/h`, `N/d`, `N/250ms`; N alone is per second. */
enum ev_code ev_pace_rate(struct ev_pace *p, const char *text, struct ev_err *e) EV_MUST;

/* A decimal number above 0. */
enum ev_code ev_pace_speed(struct ev_pace *p, const char *text, struct ev_err *e) EV_MUST;

/*
 * When the event with the timestamp ms, the next one, may go; not later than now: at once. By rate,
 * at most 100 ms that were missed are made up for. By speed the greatest timestamp so far counts:
 * an event that is late goes at once and delays none.
 */
uint64_t ev_pace_due(struct ev_pace *p, int64_t ms, uint64_t now);

#endif
