/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_BUCKET_H
#define EV_LAKE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A bucket is the stretch of event time that one folder holds: a day or an hour of UTC. Times
 * before year 1 belong to the first bucket and those beyond 9999 to the last, so that every folder
 * has a name that readers of hive partitions take for a date.
 */
enum { EV_BUCKET_NAME = 32 };

int64_t ev_bucket_of(int64_t ms, bool hour);

/* `dt=2026-11-02` or `dt=2026-11-02/hour=07`. */
void ev_bucket_name(char out[EV_BUCKET_NAME], int64_t bucket, bool hour);

/* Hours since the epoch, rounded down. */
int64_t ev_hour_of(int64_t ms);

#endif
