/* SPDX-License-Identifier: MIT */
#ifndef EV_ACK_H
#define EV_ACK_H

#include "base/io.h"

/*
 * Barriers and answers (see ev(7)). Where EVHUB_ACK names a descriptor and stdin is a pipe that is
 * read, a blank line on it is a barrier: it ends a batch. A stage makes its faults and state
 * durable, then passes the barrier on; the last stage makes everything durable and answers `ok K`
 * on that descriptor, K being the barriers read since its start.
 *
 * In a command: ev_ack_init once its options are known; where a.on, ev_lines.barrier is a function
 * that calls its settle (what it does before it waits) and then ev_ack_barrier. Nothing after a
 * failure of either: a stage that fails ends without an answer.
 *
 * Answers are cumulative. Where being durable is dear (a lake seals a segment) an answering stage
 * does it once for several batches: its barrier function only counts, a->barriers++, and it calls
 * ev_ack_answer whenever all that was read is durable: before it waits for input while ev_ack_due,
 * and at the end.
 */
struct ev_ack {
	bool on;           /* blank lines are barriers */
	bool last;         /* we answer; else the barrier goes on to stdout */
	bool file;         /* our output is a file, to be made durable before an answer */
	int fd;            /* answers go there; borrowed; -1: none */
	uint64_t barriers; /* read so far */
	uint64_t answered; /* of these */
};

/*
 * Looks at EVHUB_ACK, stdin and stdout, and takes EVHUB_ACK out of the environment and away from
 * children. names: the operands; only a stdin among them has barriers. A filter answers where its
 * stdout is a file or a device and passes barriers on where it is a pipe or a socket. effect: all
 * that this command does ends here and nothing of it goes to stdout (evpub --to, evlake put,
 * evroute with targets only): it answers wherever stdout leads. forced: --ack was given: it
 * answers. An answering stage says `ok 0` at once, so that who started it knows that answers will
 * come. EV_USAGE: EVHUB_ACK is no open descriptor, or --ack where there are no barriers.
 */
enum ev_code ev_ack_init(
    struct ev_ack *a, char *const *names, bool effect, bool forced, struct ev_err *e) EV_MUST;

/*
 * A barrier was read and all before it is as durable as this stage can make it. Passes the barrier
 * on: adds it to out (its stdout; may be NULL where nothing is written), to be flushed before the
 * next wait. Or answers, as ev_ack_answer, for which out must have been flushed.
 */
enum ev_code ev_ack_barrier(struct ev_ack *a, struct ev_out *out, struct ev_err *e) EV_MUST;

/* Whether a barrier that was read waits for our answer. */
static inline bool
ev_ack_due(const struct ev_ack *a)
{
	return a->last && a->answered < a->barriers;
}

/*
 * All that was read is durable, but for a stdout that is a file, which this makes durable. Answers
 * if that is due.
 */
enum ev_code ev_ack_answer(struct ev_ack *a, struct ev_err *e) EV_MUST;

#endif
