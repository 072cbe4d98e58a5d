/* SPDX-License-Identifier: MIT */
#ifndef EV_SORT_H
#define EV_SORT_H

#include <stdint.h>

#include "base/err.h"

/*
 * Records put into the order of a number, ties in the order they were
 * added, in bounded memory: what exceeds it goes as sorted runs into
 * temporary files that have no name, and is merged from there. Memory: what
 * init was given, the C library's copy of the index while it sorts, and one record.
 */
struct ev_sort {
	size_t max;         /* of mem */
	const char *dir;    /* for temporary files; borrowed */
	char *mem;          /* owned; records from the front, the index from the back */
	size_t used, n;     /* bytes of records, entries of the index */
	size_t next;        /* entry that comes next when all of it stayed in memory */
	struct ev_sort_run *run; /* owned; in the order they were added */
	size_t runs, cap;
	size_t *heap; /* owned; run numbers */
	size_t heaped;
	char *record; /* owned; one that a window did not hold */
	size_t record_cap;
	bool reading;
};

/* memory: at least 64 KiB. dir: a folder for temporary files. */
enum ev_code ev_sort_init(
    struct ev_sort *s, size_t memory, const char *dir, struct ev_err *e) EV_MUST;

/* The record is copied. Not after the first ev_sort_next. */
enum ev_code ev_sort_add(
    struct ev_sort *s, int64_t key, struct ev_slice record, struct ev_err *e) EV_MUST;

/* The next record; borrowed until the next call. EV_NO: that was the last one. */
enum ev_code ev_sort_next(
    struct ev_sort *s, int64_t *key, struct ev_slice *record, struct ev_err *e) EV_MUST;

/* Safe on a zeroed one, and twice. */
void ev_sort_fini(struct ev_sort *s);

#endif
