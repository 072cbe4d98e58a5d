/* SPDX-License-Identifier: MIT */
#ifndef EV_SAY_H
#define EV_SAY_H

#include <stdbool.h>

#include "base/err.h"

/*
 * What a command says to people, on stderr. Each message is one write, so that the stages of a
 * pipe do not mix their lines; control characters in it are shown as '.'.
 */
struct ev_common;

/* The running command's name for messages and faults: "evlake put" is "evlake". */
const char *ev_prog(void);

/* A line on stderr: "prog: text". Nothing with quiet. */
void ev_note(const struct ev_common *c, const char *fmt, ...) EV_PRINTF(2, 3);
void ev_warn(const char *fmt, ...) EV_PRINTF(1, 2);

/* Notes that events are read from the terminal, where stdin (no name, or "-") is one. */
void ev_note_stdin(const struct ev_common *c, char *const *names);

/* "prog: name:line:col: text", and where near is set that part of the line with a caret under it. */
void ev_say_err(const struct ev_err *e);

/* The text and an LF as they are: for lines that a program reads. */
void ev_say_line(const char *text);

/* Shows a line that the next message, or "", wipes away. */
void ev_say_bar(const char *text);

/* The process's own: set once by ev_main. when: auto, always, never. */
void ev_say_init(const char *prog, const char *when);

/* Whether what goes to fd is coloured: --color, NO_COLOR, CLICOLOR_FORCE, a terminal that is not dumb. */
bool ev_color(int fd);

/* Whether people see UTF-8: the locale says so, and TERM is not "dumb". */
bool ev_utf8(void);

/* Columns of the terminal at fd, 80 where it is none. */
size_t ev_columns(int fd);

#endif
