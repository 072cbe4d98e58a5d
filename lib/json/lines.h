/* SPDX-License-Identifier: MIT */
#ifndef EV_LINES_H
#define EV_LINES_H

#include "base/io.h"
#include "json/scan.h"

/*
 * Events from operands: the line reader and the scanner together. This is
 * the loop of every command:
 *
 *	while ((rc = ev_lines_next(&l, &e)) == EV_OK)
 *		... l.line, l.scan.val[path] ...
 */
struct ev_lines {
	struct ev_in in;
	struct ev_scan scan;
	struct ev_slice line; /* the event with its white space, or the bad line; borrowed until the
				 next call */
	const char *from;     /* where the line begins in its block, kept or not */
	unsigned long no;     /* its number in its file, from 1 */
	uint64_t events, bad; /* lines so far: good ones, bad ones */
	/*
	 * Called for every blank line of stdin, once all lines before it were handed out and before
	 * any behind it is: the barrier that ends a batch (see cli/ack.h). What it returns but
	 * EV_OK ends ev_lines_next; the next line then counts as the current one. NULL: they mean
	 * nothing.
	 */
	enum ev_code (*barrier)(void *arg, struct ev_err *e);
	void *arg; /* of barrier */
};

/*
 * names, max_line: as ev_in_init. paths, trust, isa: as ev_scan_init.
 * Set l->in.idle before the first ev_lines_next.
 */
enum ev_code ev_lines_open(struct ev_lines *l, const char *const *names, size_t max_line,
    const struct ev_paths *paths, bool trust, const char *isa, struct ev_err *e) EV_MUST;

/*
 * EV_OK: an event, a JSON object. EV_NO: the end, or a signal asked to stop.
 * EV_DATA: a bad line; e has the name, line, column and reason, and
 * l->line its bytes. The caller makes it a fault and clears e, or stops. Where
 * l->line.p is NULL the line is longer than max_line and was not kept: stop.
 * Anything else: the reader failed.
 */
enum ev_code ev_lines_next(struct ev_lines *l, struct ev_err *e) EV_MUST;

/* Gives back what was read ahead of the current line, and with `line` that line too. */
void ev_lines_unread(struct ev_lines *l, bool line);

void ev_lines_close(struct ev_lines *l);

#endif
