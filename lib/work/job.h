/* SPDX-License-Identifier: MIT */
#ifndef EV_JOB_H
#define EV_JOB_H

#include "work/batch.h"

/*
 * A batch that is being done, and how far: which of its items are done, and which part of the
 * others is sent next. No I/O.
 *
 * Bisection: a part that holds poison is halved, the left half goes first, so that the order stays.
 * Where the left half passes, the right one must hold the poison: it is halved without being sent,
 * down to a single item, which is sent for its own verdict. One poison among n items takes at
 * most 2·log2(n) + 1 parts, the first included.
 */
enum ev_item_state {
	EV_WAITS,  /* not yet done, or done too early: it is sent behind the failed ones */
	EV_FAILED, /* an answer named it, or one that it belongs to */
	EV_PASSED  /* done, or a fault */
};

struct ev_part {
	size_t from, to; /* of ev_job.list */
	bool guilty;     /* its parent holds poison; so does it if its left sibling passes */
};

enum { EV_PARTS = 8 * sizeof(size_t) + 1 /* a stack of halves is never deeper */ };

struct ev_job {
	struct ev_micro b;
	unsigned char *state;          /* owned; enum ev_item_state, by item */
	size_t *list;                  /* owned; the items that parts are made of, in order */
	size_t cap;                    /* of both */
	struct ev_part part[EV_PARTS]; /* a stack; the last is next */
	size_t parts;
	uint64_t attempt; /* in a row that did nothing */
	uint64_t since;   /* when it was put, ns of ev_mono */
	bool trouble;     /* not all went well: other jobs wait meanwhile */
	bool given_up;    /* no more retries: it is bisected */
	uint64_t barrier; /* the one that ends what a worker has of it; 0: it has nothing of it */
};

/* Takes the contents of b, which gets those of j to be used again, but its id. */
enum ev_code ev_job_take(struct ev_job *j, struct ev_micro *b, struct ev_err *e) EV_MUST;

/* The part to be sent next; NULL: the job is done. */
const struct ev_part *ev_job_next(struct ev_job *j);

/* The lines of that part: a view, or gathered in buf, which is overwritten. */
enum ev_code ev_job_lines(const struct ev_job *j, const struct ev_part *p, struct ev_buf *buf,
    struct ev_slice *lines, struct ev_err *e) EV_MUST;

/* That part passed. */
void ev_job_passed(struct ev_job *j);

/* That part, of one item, was the poison and is a fault now. */
void ev_job_faulted(struct ev_job *j);

/* That part, of more than one item, holds poison. */
void ev_job_halve(struct ev_job *j);

/* Some states were changed: what is sent next is made of them, the failed ones first. */
void ev_job_renew(struct ev_job *j);

void ev_job_fini(struct ev_job *j);

#endif
