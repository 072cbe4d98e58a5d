/* SPDX-License-Identifier: MIT */
#ifndef EV_STATS_H
#define EV_STATS_H

#include "cli/opt.h"

/* "matched", "written", "faults", "waits", where it counts that, then the command's own. */
struct ev_counter {
	const char *name; /* a constant; NULL: the end */
	uint64_t n;
};

/*
 * What --stats and SIGUSR1 (ev_sig_stats) show. The command sets start once, and brings the rest up
 * to date before it calls ev_stats_show.
 */
struct ev_stats {
	uint64_t start;             /* ev_mono at the beginning */
	uint64_t read, bytes;       /* events and bytes that came in */
	struct ev_counter more[12]; /* the last one is never used */
};

/* One line on stderr, with times and rates: an object with --stats=json, else for people. */
void ev_stats_show(const struct ev_stats *s, const struct ev_common *c);

#endif
