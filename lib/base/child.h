/* SPDX-License-Identifier: MIT */
#ifndef EV_CHILD_H
#define EV_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/*
 * A command that we start, feed and judge by its exit status. SIGPIPE must be ignored
 * (ev_sig_init).
 *
 * It leads a process group of its own, so that its end takes a whole pipeline along, and so that a
 * Ctrl-C at the terminal reaches us alone: the first signal that asks to stop lets it finish what
 * it was given, the second one, while we talk to it, ends its group before it ends us. The price:
 * it may write to the terminal, but one that reads from it (a prompt for a password) is
 * stopped by the kernel, as any job in the background is.
 */
struct ev_child {
	pid_t pid; /* leader of its process group; 0: none runs */
	int in;    /* we write its stdin here; -1: none */
	int err;   /* we read its stderr here; -1: it has ours */
	int ack;   /* we read its answers here; -1: none */
	int fd;    /* readable once it has ended; -1: the kernel has no such thing */
};

struct ev_child_args {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *env;  /* K, V, ..., NULL: added or replaced; may be NULL */
	bool take_err;           /* its stderr comes to us; else it is ours */
	/* It gets a descriptor to answer on (a single digit where one is free, for shells), named
	 * by EVHUB_ACK; else EVHUB_ACK is taken out of its environment. See cli/ack.h. */
	bool answers;
	/* Close-on-exec descriptors that it inherits all the same, ended by -1; may be NULL. Locks
	 * that are to last as long as the last process of it. What is not close-on-exec, as
	 * our own caller gave it to us, goes on to it as from a shell. */
	const int *keep;
};

/*
 * Starts it with a pipe for stdin. Signals are as they were before ev_sig_init, SIGPIPE is at its
 * default. EV_USAGE: there is no such command or it cannot be run; e names it. *c needs no
 * preparation, and holds nothing after a failure.
 */
enum ev_code ev_child_start(
    struct ev_child *c, const struct ev_child_args *a, struct ev_err *e) EV_MUST;

/* The last bytes that it said on stderr. */
enum { EV_CHILD_TAIL = 4096 };
struct ev_child_tail {
	char p[EV_CHILD_TAIL];
	size_t n;
};

/*
 * What we want of it. Its stdin is written while its stderr and its answers are read, so that
 * neither side waits for ever for the other.
 */
struct ev_child_talk {
	struct ev_slice bytes; /* left to be written; moves on */
	bool wait;             /* for answers, once bytes are written */
	bool end;              /* close its stdin once bytes are written, and wait for its end */
	uint64_t deadline;     /* ns of ev_mono; 0: none */
	struct ev_child_tail *err; /* gets its stderr, which goes on to ours as well; may be NULL */
	struct ev_buf *answers;    /* its answers are appended; may be NULL: they are not read */
	int status;                /* once it has ended: as of waitpid */
};

/*
 * EV_OK: all was written, and with `end` it has ended: c->pid is 0, t->status tells how.
 *
 * EV_NO: not yet; call again to go on. Answers came, or the deadline passed, or a signal came
 * (ev_sig_stop, ev_sig_stats): whoever has a deadline looks at the clock.
 *
 * EV_PIPE, without `end` only: it has ended (c->pid is 0), or has closed its stdin before all was
 * written. With `end` that is no failure by itself: the status tells, as for head(1).
 *
 * Answers that came before its end are in `answers` with EV_OK and EV_PIPE, too. A line of up to
 * PIPE_BUF bytes reaches it as a whole or not at all, also when we die in between.
 */
enum ev_code ev_child_talk(struct ev_child *c, struct ev_child_talk *t, struct ev_err *e) EV_MUST;

/*
 * Ends its process group: SIGTERM, and SIGKILL for what is left once its leader has ended or
 * `grace` ms have passed; closes our ends; reaps. Safe on a zeroed one, and twice.
 */
void ev_child_end(struct ev_child *c, int grace);

/*
 * What an exit status of a COMMAND means (design.md, positions): one table for evreplay, evroute
 * and later evsink. status: as of waitpid.
 */
enum ev_verdict {
	EV_DONE,      /* 0, 3 */
	EV_POISON,    /* 4, 1, 7 to 125: an event of the batch cannot be done */
	EV_TRANSIENT, /* 6, death by a signal, 128 and above (a shell's word for that): the batch
			 may be sent again */
	EV_BROKEN,    /* 2, 126, 127: the command line is wrong */
	EV_HALT       /* 5: a system error */
};
enum ev_verdict ev_child_verdict(int status);

/* "ended with status 1", "was killed by signal 9 (Killed)". */
enum { EV_CHILD_HOW = 64 };
void ev_child_how(char out[EV_CHILD_HOW], int status);

#endif
