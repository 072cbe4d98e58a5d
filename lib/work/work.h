/* SPDX-License-Identifier: MIT */
#ifndef EV_WORK_H
#define EV_WORK_H

#include "work/job.h"
#include "work/run.h"

/* What the files of the runner share. */
enum {
	EV_GRACE = 5000,        /* ms between SIGTERM and SIGKILL for a command */
	EV_TICK = 1000,         /* ms between calls of args.tick */
	EV_BACK_OFF_MAX = 60000 /* ms */
};

struct ev_run_work {
	struct ev_job **job; /* owned; the first r->open of them are being done, in order */
	size_t jobs;
	struct ev_buf lines; /* of a part whose items do not stand side by side */
	struct ev_child_tail tail;
	uint64_t streak;     /* faults in a row */
	uint64_t random;     /* state of the jitter */
	uint64_t not_before; /* ns of ev_mono; a back-off: nothing is sent before */
	bool unsynced;       /* faults were taken */
	/* of a worker */
	struct ev_child child;
	char id[sizeof(((struct ev_micro *)0)->id)]; /* its EVHUB_BATCH */
	struct ev_buf out; /* lines and barriers; from `written` on they are to be written */
	size_t written;
	struct ev_buf answers;   /* the last one may lack its end */
	uint64_t sent, answered; /* barriers since it was started */
	uint64_t heard; /* when it last answered, or got something to answer, ns of ev_mono */
	bool hinted;
	uint64_t stop; /* see ev_stop_until */
};

/* What became of a part that was sent. */
struct ev_word {
	enum ev_verdict verdict;
	char text[sizeof(((struct ev_err *)0)->text)];
};

/* The text: "'COMMAND' how: the end of what it said". tail may be NULL. */
void ev_word_say(struct ev_word *w, const struct ev_run *r, const struct ev_child_tail *tail,
    const char *fmt, ...) EV_PRINTF(4, 5);

/*
 * Draws the conclusion for the part of j that is next: it is done, sent again, halved or made a
 * fault, or it ends the run (anything but EV_OK).
 */
enum ev_code ev_judge(
    struct ev_run *r, struct ev_job *j, const struct ev_word *w, struct ev_err *e) EV_MUST;

/* Waits until a back-off is over, or `until` (ns of ev_mono; 0: no limit). EV_NO: a signal asked to
 * stop. */
enum ev_code ev_back_off(struct ev_run *r, uint64_t until, struct ev_err *e) EV_MUST;

/* The time (ns of ev_mono) until which to wait, so that args.tick comes in time; until: 0 for no
 * limit. */
uint64_t ev_tick_until(const struct ev_run *r, uint64_t until);
void ev_tick(struct ev_run *r);

/*
 * Once a signal asked to stop, what runs has EV_STOP_PATIENCE ms to end: *stop, 0 at first, is when
 * they are over. The earlier of that and until (0: no limit).
 */
enum { EV_STOP_PATIENCE = 10000 };
uint64_t ev_stop_until(uint64_t *stop, uint64_t until);

/* Sends the part to a command of its own, and waits for its end. */
enum ev_code ev_once(struct ev_run *r, const struct ev_job *j, const struct ev_part *p,
    struct ev_word *w, struct ev_err *e) EV_MUST;

/* The first jobs that are done altogether are handed to args.done, once their faults are durable.
 */
enum ev_code ev_finish(struct ev_run *r, struct ev_err *e) EV_MUST;

/* How many barriers are unanswered. */
static inline uint64_t
ev_worker_owes(const struct ev_run *r)
{
	return r->work->sent - r->work->answered;
}

/* Hands the next part of j to the worker, which is started where none runs. */
enum ev_code ev_worker_give(struct ev_run *r, struct ev_job *j, struct ev_err *e) EV_MUST;

/*
 * Writes what it was given and, with `wait`, waits for answers and judges them, until something
 * happened or `until` (ns of ev_mono; 0: no limit). A worker that fell is judged; what it owed is
 * to be given again.
 */
enum ev_code ev_worker_turn(struct ev_run *r, bool wait, uint64_t until, struct ev_err *e) EV_MUST;

/* Closes its stdin and waits for its end; it owes nothing. */
enum ev_code ev_worker_retire(struct ev_run *r, struct ev_err *e) EV_MUST;

/*
 * Judges what came in w->answers, line by line. *nonsense: it cannot be; e (EV_DATA) tells why, and
 * the worker is of no use any more.
 */
enum ev_code ev_hear(struct ev_run *r, bool *nonsense, struct ev_err *e) EV_MUST;

#endif
