/* SPDX-License-Identifier: MIT */
#ifndef EV_TEXT_H
#define EV_TEXT_H

#include "base/io.h"

/* Lines of plain text from operands, in the manner of ev_lines: blank ones are skipped, a CR before
 * the LF is no part. */
struct ev_text {
	struct ev_in in;
	struct ev_slice block; /* borrowed */
	size_t at;             /* of block: where the next line begins */
	struct ev_slice line;  /* borrowed until the next call; p NULL: too long, and not kept */
	unsigned long no;      /* its number in its file, from 1 */
	/* As ev_lines.barrier: called for every blank line of stdin. NULL: they mean nothing. */
	enum ev_code (*barrier)(void *arg, struct ev_err *e);
	void *arg; /* of barrier */
};

/* As ev_in_init. Set t->in.idle before the first ev_text_next. */
void ev_text_init(struct ev_text *t, const char *const *names, size_t max_line);

/*
 * EV_OK: a line. EV_NO: the end, or a signal asked to stop. EV_DATA: a line of more than max_line
 * bytes, which stops the reader. Whether it is UTF-8 is not looked at.
 */
enum ev_code ev_text_next(struct ev_text *t, struct ev_err *e) EV_MUST;

/* As ev_lines_unread. */
void ev_text_unread(struct ev_text *t, bool line);

void ev_text_close(struct ev_text *t);

#endif
