/* SPDX-License-Identifier: MIT */
#ifndef EV_RUN_H
#define EV_RUN_H

#include "base/child.h"
#include "target/target.h"
#include "work/batch.h"

/*
 * The runner: hands micro-batches to a COMMAND and judges it by its exit status or, where it is a
 * long-lived worker, by its answers. Poison is found by bisection and becomes a fault; what is
 * transient is sent again with exponential back-off and full jitter. SIGPIPE must be ignored
 * (ev_sig_init).
 *
 * A worker that ends or is killed is judged by its status for the first batch that it had not
 * answered, and the others are sent again; a status of 0 answers nothing. One that answers what
 * cannot be, or nothing in time, is ended: transient. What it names in a partial answer is
 * transient as well and sent again alone, see partial.h; poison it sets aside as faults of its own,
 * or it ends with 4.
 *
 * One source and shard per runner: a worker's EVHUB_BATCH is that of the batch it is started for,
 * and a batch with another id waits until the worker has ended and another is started.
 */
struct ev_run_args {
	const char *const *command; /* NULL-terminated; borrowed */
	bool worker;                /* started once, batches divided by barriers */
	size_t inflight;    /* batches of a worker that may be unanswered; 0 is taken for 1 */
	uint64_t retries;   /* attempts after the first; UINT64_MAX: no limit */
	int64_t max_age;    /* ms since a batch was put, after which no retry begins; 0: no limit */
	bool give_up_fault; /* past those: bisect and make faults; else end with EV_AGAIN */
	uint64_t max_faults; /* that many in a row end with EV_DATA; 0: no limit */
	int64_t timeout;     /* ms per attempt; 0: none. Past it the command is ended: transient */
	int64_t back_off;    /* ms, the first; doubles up to a minute */
	const int *keep; /* descriptors that the command inherits (the group's lock), ended by -1;
			    borrowed; may be NULL */
	struct ev_faults *faults; /* borrowed; may be NULL. Its batch is set to the batch's id */
	/*
	 * Called once per batch, in the order they were put: all of it is done, and its faults are
	 * durable. Commits its position. b may be empty, if it was put so. A failure of it is that
	 * of the caller at hand.
	 */
	enum ev_code (*done)(void *arg, const struct ev_micro *b, struct ev_err *e);
	/*
	 * While it waits (for a command, or a back-off), once a second and when a signal came: for
	 * SIGUSR1 and progress. May be NULL.
	 */
	void (*tick)(void *arg);
	void *arg;
};

struct ev_run {
	struct ev_run_args args;
	/* So far. invocations: starts, or barriers sent; faulty: commands that ended with 3, as
	 * they made faults of their own */
	uint64_t batches, invocations, retries, faults, faulty;
	size_t open;              /* batches that were put and are not done: workers only */
	struct ev_run_work *work; /* owned */
};

/* Starts nothing. *r needs no preparation, holds nothing after a failure, and must not move. */
enum ev_code ev_run_open(
    struct ev_run *r, const struct ev_run_args *args, struct ev_err *e) EV_MUST;

/*
 * Runs a batch. Its contents are taken (b is empty afterwards, ready for the next; its id stays).
 * Without workers it was done when this returns EV_OK; with them it was sent (unless a retry is
 * due), and args.done comes with a later call: who then waits for input calls ev_run_settle
 * meanwhile, or nobody sends it again.
 *
 * EV_AGAIN: given up (6), nothing of it committed. EV_USAGE: the command is wrong (2). EV_SYS (5).
 * EV_DATA: a poisonous event and nowhere for its fault, or max_faults in a row. EV_NO: a signal
 * asked to stop, and it would have to be sent again; it counts as unread. After any of these
 * nothing but ev_run_close is allowed.
 */
enum ev_code ev_run_put(struct ev_run *r, struct ev_micro *b, struct ev_err *e) EV_MUST;

/*
 * Waits until all that was put is done (r->open is 0): EV_OK. At most `ms` (-1: no limit; 0: does
 * what can be done at once): EV_NO. A signal that asks to stop lets the batches end that a worker
 * has; EV_NO where they would have to be sent again. Other codes as of ev_run_put.
 */
enum ev_code ev_run_settle(struct ev_run *r, int ms, struct ev_err *e) EV_MUST;

/* Readable when a call of ev_run_settle is due; -1: none runs, or there is nothing to wait for. */
int ev_run_fd(const struct ev_run *r);

/*
 * Closes a worker's stdin and waits for its end, or, where batches are open, ends it: these are
 * given up. Safe on a zeroed one, and twice.
 */
enum ev_code ev_run_close(struct ev_run *r, struct ev_err *e) EV_MUST;

#endif
