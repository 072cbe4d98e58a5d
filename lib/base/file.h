/* SPDX-License-Identifier: MIT */
#ifndef EV_FILE_H
#define EV_FILE_H

#include "base/buf.h"

/* Files that must last. Paths are relative to the folder dir (AT_FDCWD: the working folder). */

/* Appends the whole file to b; its limit bounds it. */
enum ev_code ev_file_read(int dir, const char *path, struct ev_buf *b, struct ev_err *e) EV_MUST;

/*
 * Writes a temporary file beside path, fsyncs, renames, fsyncs the folder. Mode 0666 less the umask.
 * After a failure the old file is still there, or the new one if the folder's fsync was what failed.
 */
enum ev_code ev_file_replace(int dir, const char *path, struct ev_slice bytes,
    struct ev_err *e) EV_MUST;

/* fsync of the folder at path. */
enum ev_code ev_dir_sync(int dir, const char *path, struct ev_err *e) EV_MUST;

/* mkdir of path and its missing parents; each new one's parent is fsynced. */
enum ev_code ev_dir_make(int dir, const char *path, struct ev_err *e) EV_MUST;

#endif
