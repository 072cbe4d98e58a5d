/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_COMPARE_H
#define EV_LAKE_COMPARE_H

#include "lake/batch.h"

/*
 * Events of a batch compared with lines that were there first. These are collected, and the
 * comparison goes in the order of the batch's frames, so that each is decoded in turn and not at
 * random.
 */
struct ev_compare {
	struct ev_batch *b; /* borrowed */
	struct ev_paths paths;
	struct ev_scan scan; /* over the envelope */
	struct ev_buf id;    /* free for use between calls */
	struct ev_buf one;   /* the line that was scanned last, alone */
	struct ev_buf lines; /* that were there first */
	struct ev_compare_ref {
		uint32_t entry; /* to be compared */
		size_t off, n;  /* with this line of `lines` */
	} * ref;                /* owned */
	size_t refs, ref_cap;
	uint32_t *conflict; /* owned; entries with the id of another line */
	size_t conflicts, conflict_cap;
	/* the frame of the batch that is decoded */
	int fd; /* owned; of part; -1: none */
	size_t part, frame;
	struct ev_slice raw;
	struct ev_unpacker u;
};

/* *c needs no preparation; fini it also after a failure. */
enum ev_code ev_compare_init(struct ev_compare *c, struct ev_batch *b, struct ev_err *e) EV_MUST;
void ev_compare_fini(struct ev_compare *c);

/* The line of an entry, from the batch's own files; borrowed until the next call. */
enum ev_code ev_compare_mine(
    struct ev_compare *c, uint32_t entry, struct ev_slice *line, struct ev_err *e) EV_MUST;

/* Scans a line, and appends its id, unescaped. */
enum ev_code ev_compare_id(
    struct ev_compare *c, struct ev_slice line, struct ev_buf *id, struct ev_err *e) EV_MUST;

/* The entry is to be compared with this line, which is copied. */
enum ev_code ev_compare_add(
    struct ev_compare *c, uint32_t entry, struct ev_slice line, struct ev_err *e) EV_MUST;

/*
 * Compares what was added, if enough came together (or `all` there is): the same bytes are a
 * duplicate and the same id with other bytes is a conflict, both dropped; another id is nothing.
 */
enum ev_code ev_compare_run(struct ev_compare *c, bool all, struct ev_err *e) EV_MUST;

#endif
