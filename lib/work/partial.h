/* SPDX-License-Identifier: MIT */
#ifndef EV_PARTIAL_H
#define EV_PARTIAL_H

#include "work/answer.h"
#include "work/job.h"

/*
 * What a partial answer leaves to be done, and in which order.
 *
 * An item fails when the answer names it, by its id or as `#LINE` (from 1, in what was sent up to
 * that barrier), and when it shares its id or one of its trigger ids with one that was named: they
 * come from the same unit of work.
 *
 * The order per partitionKey: an item does not pass while an earlier one of its key, of this batch
 * or an earlier one, is still to be done. A worker may well have done it (it was sent behind it),
 * but then the later change came before the earlier one: it waits, and is sent again behind it, so
 * that what lasts is the newest. It is done twice rather than in the wrong order. Items without a
 * partitionKey wait for none.
 *
 * The failed ones are sent next, alone; once they passed, those that waited (struct ev_job).
 */
struct ev_partial {
	size_t passed, failed;
	struct ev_slice unknown; /* an itemIdentifier that was not sent; p is NULL: none */
};

/*
 * Sets the states of the items of the part of job[which] that is next, by what the answer says of
 * it. job[0 .. which-1] are those before it. With p->unknown nothing was set: the answer is about
 * something else, so the whole part failed.
 */
enum ev_code ev_partial_mark(struct ev_job *const *job, size_t which, const struct ev_answer *a,
    struct ev_partial *p, struct ev_err *e) EV_MUST;

#endif
