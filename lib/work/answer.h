/* SPDX-License-Identifier: MIT */
#ifndef EV_ANSWER_H
#define EV_ANSWER_H

#include <stdint.h>

#include "json/iter.h"

/* What a worker says of a batch: `ok K` or {"batch":K,"batchItemFailures":[…]}. */
struct ev_answer {
	uint64_t batch;           /* the barrier, counted from its start */
	struct ev_slice failures; /* the array as it came; p is NULL: nothing failed */
};

/* EV_DATA: the line is neither. Borrows it. */
enum ev_code ev_answer_read(struct ev_answer *a, struct ev_slice line, struct ev_err *e) EV_MUST;

/*
 * The next itemIdentifier, a JSON string, of ev_iter_view(a->failures). False at the end. Where
 * an element has none, id->p is NULL.
 */
bool ev_answer_next(struct ev_iter *it, struct ev_slice *id);

#endif
