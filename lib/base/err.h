/* SPDX-License-Identifier: MIT */
#ifndef EV_ERR_H
#define EV_ERR_H

#include "base/slice.h"

/*
 * What a function that can fail returns. The first seven are the exit
 * statuses 0 to 6; EV_PIPE never leaves a process as a status, it becomes
 * death by SIGPIPE.
 */
enum ev_code {
	EV_OK,      /* all done */
	EV_NO,      /* the answer is no; the end of something */
	EV_USAGE,   /* usage or configuration */
	EV_PARTIAL, /* done, some events became faults */
	EV_DATA,    /* a bad event */
	EV_SYS,     /* system or I/O error, out of memory */
	EV_AGAIN,   /* the far end is unavailable */
	EV_PIPE     /* the reader of our output is gone */
};

#define EV_MUST __attribute__((warn_unused_result))
#define EV_PRINTF(f, a) __attribute__((format(printf, f, a)))

/*
 * One failure: the first one; later ones never hide it. The layer that
 * knows the place adds it. Holds no memory of its own but `near`, so it
 * needs no fini and may be copied.
 */
struct ev_err {
	enum ev_code code;
	int sys;                 /* errno, or 0 */
	const char *name;        /* input or file; borrowed, outlives the error */
	unsigned long line, col; /* from 1; 0: no place. col counts bytes */
	unsigned caret;          /* offset in near that the caret points at */
	char text[256];          /* what was found and what was wanted; no newline */
	char near[96];           /* the part of the line round the place; "" for none */
};

/* Sets e (which may be NULL) unless it holds a failure already; returns code. */
enum ev_code ev_fail(struct ev_err *e, enum ev_code code, const char *fmt, ...) EV_PRINTF(3, 4);

/*
 * The same with errno's text behind the message. The code is EV_SYS, but
 * EV_PIPE for EPIPE. Reads errno first thing.
 */
enum ev_code ev_fail_sys(struct ev_err *e, const char *fmt, ...) EV_PRINTF(2, 3);

/* EV_SYS: out of memory. */
enum ev_code ev_fail_mem(struct ev_err *e);

/* Adds the name, where e has none. */
void ev_err_name(struct ev_err *e, const char *name);

/*
 * Adds the place: line number, and a copy of the text round offset off of
 * that line (bytes from 0), with the caret on it. Control bytes are shown
 * as '.'.
 */
void ev_err_place(struct ev_err *e, unsigned long line, struct ev_slice text, size_t off);

/* The same for byte off of a text of several lines: finds the line. */
void ev_err_offset(struct ev_err *e, struct ev_slice text, size_t off);

#endif
