/* SPDX-License-Identifier: MIT */
#ifndef EV_IO_H
#define EV_IO_H

#include <stdint.h>

#include "base/err.h"

enum {
	EV_BLOCK = 256 * 1024, /* bytes a read asks for, bytes a busy writer collects */
	EV_PAD = 64,           /* readable bytes behind every block, for SIMD */
	EV_MAX_LINE = 16 << 20 /* default limit of a line, its LF not counted */
};

/*
 * The writer: collects blocks of EV_BLOCK and writes them. It never writes
 * by itself when idle: the reader calls ev_out_flush before it waits.
 */
struct ev_out {
	int fd;           /* borrowed */
	const char *name; /* borrowed; for messages */
	char *buf;        /* owned */
	size_t n;
	uint64_t bytes; /* written to fd, not merely collected */
};

/* Also asks for a pipe of 1 MiB where fd is one; refusal is no error. */
enum ev_code ev_out_open(struct ev_out *o, int fd, const char *name, struct ev_err *e) EV_MUST;
enum ev_code ev_out_add(struct ev_out *o, struct ev_slice s, struct ev_err *e) EV_MUST;
/* The line and an LF. */
enum ev_code ev_out_line(struct ev_out *o, struct ev_slice line, struct ev_err *e) EV_MUST;
enum ev_code ev_out_flush(struct ev_out *o, struct ev_err *e) EV_MUST;
/* Frees; flushes first unless drop. Does not close fd. Safe on a zeroed or closed one. */
enum ev_code ev_out_close(struct ev_out *o, bool drop, struct ev_err *e) EV_MUST;

/*
 * The reader: blocks of whole lines from a list of operands, one after the
 * other as if concatenated, though a line never spans two files.
 */
struct ev_in {
	const char *const *names; /* borrowed, NULL at the end; "-" is stdin */
	const char *name;         /* of the open one, "stdin" for stdin; NULL before the first */
	int fd;                   /* -1: none is open */
	char *buf;                /* owned */
	size_t cap, start, end;   /* [start, end) was read and is not yet handed out */
	size_t max_line;          /* bytes */
	uint64_t bytes;           /* read in all */
	uint64_t offset;          /* in the open file: of the first byte of the last block */
	size_t given;             /* bytes of the last block */
	bool eof;
	/* called before a wait for input, so that an idle pipe holds nothing back, and when a
	 * signal or nap ended it; may be NULL */
	enum ev_code (*idle)(void *arg, struct ev_err *e);
	void *arg;
	int nap; /* ms that a wait lasts at most before idle is called again; 0: no limit. idle may
		    set it */
};

/* names: the operands, NULL-terminated and borrowed; an empty list reads stdin. */
void ev_in_init(struct ev_in *in, const char *const *names, size_t max_line);

/*
 * The next block of whole lines, at least one; only the last line of a file
 * may lack its LF, and then has one behind it that does not count. Borrowed until the next call;
 * EV_PAD bytes behind it are readable. *fresh: it is the first of its file. EV_NO at the end of the
 * last file, or when a signal asked to stop. EV_DATA for a line longer than max_line: it cannot be
 * kept whole in bounded memory, so it stops the reader even where bad lines become faults.
 */
enum ev_code ev_in_block(
    struct ev_in *in, struct ev_slice *block, bool *fresh, struct ev_err *e) EV_MUST;

/*
 * Sets a seekable file back to where rest begins, the part of the last
 * block that was not used: the next reader of the same descriptor goes on there.
 */
void ev_in_unread(struct ev_in *in, struct ev_slice rest);

/* Frees, and closes the open file. Safe on a zeroed or closed one. */
void ev_in_close(struct ev_in *in);

/* All of n bytes, past EINTR and short writes. */
enum ev_code ev_write_all(int fd, const void *p, size_t n, struct ev_err *e) EV_MUST;

#endif
