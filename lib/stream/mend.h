/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_MEND_H
#define EV_STREAM_MEND_H

#include "stream/index.h"

/*
 * Walks the lines of a segment, up to the first one that is not whole or holds a NUL byte, and
 * makes the index fit: entries that are right stay, with their times; from the first wrong one on
 * it is built anew.
 */
struct ev_mend {
	int seg, idx;     /* idx -1: none */
	bool readonly;    /* the index is left as it is */
	uint64_t index;   /* bytes between two entries, at least */
	uint64_t rewrite; /* bytes from here on are written once more, so that a sync tries all of
			     them; UINT64_MAX: none */
	int64_t now;      /* for new entries */
	/* Where it begins, and where it ended. */
	uint64_t end, seq; /* behind the last whole line */
	uint64_t entries;  /* of the index before it */
	int64_t ms;        /* of the last entry */
	/* Its own. */
	uint64_t size;
	uint64_t kept;        /* entries that were there and are right */
	struct ev_entry old;  /* the next one that is there */
	struct ev_entry last; /* the last that is kept or new */
	bool own;             /* no entry that is there counts any more */
	bool wrong;           /* because one of them is wrong */
};

/* Up to byte `size`. */
enum ev_code ev_mend_run(struct ev_mend *m, uint64_t size, struct ev_err *e) EV_MUST;

#endif
