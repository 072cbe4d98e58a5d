/* SPDX-License-Identifier: MIT */
#ifndef EV_SIG_H
#define EV_SIG_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Signals as values. SIGINT, SIGTERM and SIGHUP ask to stop: the loop reads
 * no more, finishes or rolls back its unit of work, flushes, and ends by
 * ev_sig_die; a second one kills at once. SIGUSR1 asks for a line of
 * counts. SIGPIPE is ignored, so that EPIPE is a value. The flags are the
 * process's own; a handler only sets them and writes a byte to a pipe, so
 * that no signal is missed between looking and waiting.
 */
enum ev_code ev_sig_init(struct ev_err *e) EV_MUST;

/* The signal that asked to stop, or 0. */
int ev_sig_stop(void);

/* Whether counts were asked for since the last call. */
bool ev_sig_stats(void);

/* From here on SIGHUP asks to load the configuration again, not to stop. */
void ev_sig_reloads(void);

/* Whether that was asked for since the last call. */
bool ev_sig_reload(void);

/* Whether fd is a pipe that nobody reads any more. */
bool ev_sig_unread(int fd);

/*
 * From here on a wait ends with EV_PIPE when nobody reads fd any more: for commands whose work is
 * to write there, so that an idle one does not outlive its reader. -1: no longer.
 */
void ev_sig_watch(int fd);

/*
 * Waits until fd is readable, a signal came, or ms milliseconds passed
 * (-1: no limit, 0: only looks). EV_OK: readable (or at its end);
 * EV_NO: not (a signal, or the time is over).
 */
enum ev_code ev_sig_wait(int fd, int ms, struct ev_err *e) EV_MUST;

/* Restores the default of sig and raises it. */
void ev_sig_die(int sig) __attribute__((noreturn));

#endif
