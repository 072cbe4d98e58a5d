/* SPDX-License-Identifier: MIT */
#ifndef EV_SCHEME_H
#define EV_SCHEME_H

#include <sys/types.h>

#include "target/target.h"

/* The rows of the table of schemes, one file each; for target.c. */
extern const struct ev_scheme ev_scheme_exec;
extern const struct ev_scheme ev_scheme_fd;
extern const struct ev_scheme ev_scheme_file;
extern const struct ev_scheme ev_scheme_lake;
extern const struct ev_scheme ev_scheme_null;
extern const struct ev_scheme ev_scheme_stream;

/* fdatasync; what cannot be synced (a pipe, a terminal, a device) is as durable as it gets. */
enum ev_code ev_fd_sync(int fd, struct ev_err *e) EV_MUST;

/*
 * A path that holds `{type}`, `{key}`, `{date}`, `{hour}` or `{path.to.field}`, expanded per event.
 */
struct ev_template {
	struct ev_template_part *part; /* owned */
	size_t parts;
	bool varies; /* it holds a field */
};

/* EV_USAGE for an unclosed brace or a bad path. Fields are added to set. *t holds nothing after a
 * failure. */
enum ev_code ev_template_parse(
    struct ev_template *t, const char *text, struct ev_paths *set, struct ev_err *e) EV_MUST;

/*
 * Replaces out by the path for an event. Values are percent-encoded but for letters, digits, `_`,
 * `-` and inner dots, so that none chooses a folder. EV_DATA: the event lacks a value, or it is too
 * long for a file name.
 */
enum ev_code ev_template_expand(const struct ev_template *t, const struct ev_val *val,
    struct ev_buf *out, struct ev_err *e) EV_MUST;
void ev_template_fini(struct ev_template *t);

/*
 * The words of a command line, divided as a shell does it: by blanks, with quotes and backslashes;
 * nothing is expanded. EV_USAGE, with the place, for what is not closed and for what a shell would
 * not take for a word: | & ; < > ( ). *words: NULL-terminated, one block to be freed.
 */
enum ev_code ev_words_split(const char *text, char ***words, struct ev_err *e) EV_MUST;

/*
 * Makes a file of lines, of *size bytes and locked by the caller, end in a whole line. A last line
 * without LF that is a whole JSON object gets its LF; any other is torn: it is appended to
 * PATH.torn, durably, before it is cut off. fd is open for reading and appending. *size: the new
 * one; *torn grows by what was moved.
 */
enum ev_code ev_tail_settle(
    int fd, const char *path, off_t *size, uint64_t *torn, struct ev_err *e) EV_MUST;

/* fsync of the folder that holds path. */
enum ev_code ev_tail_sync_folder(const char *path, struct ev_err *e) EV_MUST;

#endif
