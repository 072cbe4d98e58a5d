/* SPDX-License-Identifier: MIT */
#ifndef EV_FAULT_H
#define EV_FAULT_H

#include "base/buf.h"
#include "base/hash.h"

/*
 * Fault events: an error and the record that caused it, in the structure of aws-lambda-stream
 * (see "Faults" in the design). The id is a UUIDv5 over (functionname, pipeline, record, batch), so
 * that a batch sent again repeats it.
 */
struct ev_fault {
	const char *function;   /* the command: "evfilter" */
	const char *pipeline;   /* rule or pipeline; NULL: none */
	const char *batch;      /* EVHUB_BATCH, NULL: none */
	struct ev_slice record; /* what came in, byte for byte */
	int64_t now;            /* epoch ms */
	const struct ev_err *err;
	struct ev_slice
	    said; /* the last words of a command that failed, for the stack; empty: none */
	const char *const *tags; /* K, V, K, V, …, NULL: standard tags; NULL: none */
};

/*
 * Appends the fault, one line without LF, to out, or nothing when it fails. A record that is JSON
 * (at most 500 levels deep) stands as it is, else as a JSON string, else (no UTF-8) in base64 with
 * "encoding":"base64". A JSON object of at most 128 KiB stands as the event too. The partitionKey
 * is the record's own, so that the faults of a key keep their order, or else the fault's id. err's
 * message is the reason alone, so that faults group by it; its place is in the stack. sha1: a SHA-1
 * digest of the caller's.
 */
enum ev_code ev_fault_write(
    const struct ev_fault *f, struct ev_digest *sha1, struct ev_buf *out, struct ev_err *e) EV_MUST;

#endif
