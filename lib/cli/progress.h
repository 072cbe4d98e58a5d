/* SPDX-License-Identifier: MIT */
#ifndef EV_PROGRESS_H
#define EV_PROGRESS_H

#include "cli/opt.h"

/*
 * A line on stderr that says how far the command is: on a terminal, after 2 seconds, at most 10
 * times a second; messages wipe it away. Never with -q; --progress=always shows it at once and
 * everywhere.
 */
struct ev_progress {
	bool on;
	uint64_t total;       /* bytes to read in all; 0: not known */
	uint64_t start, next; /* ns of ev_mono: the beginning, the next time to show it */
	uint64_t bytes;       /* at the last step */
};

/* events: stdout gets the events, so that a terminal there is no place for a line of progress. */
void ev_progress_init(struct ev_progress *p, const struct ev_common *c, bool events,
    uint64_t total);

/* So far. It may be called for every event: it reads the clock only where bytes grew, once a block. */
void ev_progress_step(struct ev_progress *p, uint64_t bytes, uint64_t events);

/* Wipes the line. Safe on a zeroed one. */
void ev_progress_end(struct ev_progress *p);

/* Bytes in all of the files, as ev_in_init takes their names; 0 if one of them is no regular file. */
uint64_t ev_progress_total(const char *const *names);

#endif
