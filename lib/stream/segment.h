/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_SEGMENT_H
#define EV_STREAM_SEGMENT_H

#include "stream/stream.h"

/* The files of a shard: pNNNN/ and what is in it. Paths are relative to the stream's folder. */
enum { EV_SEG_PATH = 48, EV_SEG_DIGITS = 20 };

/* `p0000`; with a name `p0000/NAME`. */
void ev_seg_folder(char out[EV_SEG_PATH], uint32_t shard, const char *name);

/* `p0000/00000000000000000000SUFFIX`. */
void ev_seg_path(char out[EV_SEG_PATH], uint32_t shard, uint64_t base, const char *suffix);

/* By the sequence number of its first event, ascending. Free it. EV_SYS for an .ndjson that is no
 * segment's name, which would sort wrongly. */
enum ev_code ev_seg_list(
    struct ev_stream *s, uint32_t shard, uint64_t **base, size_t *n, struct ev_err *e) EV_MUST;

/* EV_NO: there is no such file. */
enum ev_code ev_seg_open(struct ev_stream *s, uint32_t shard, uint64_t base, const char *suffix,
    int flags, int *fd, struct ev_err *e) EV_MUST;

enum ev_code ev_seg_size(int fd, uint64_t *bytes, struct ev_err *e) EV_MUST;

/* All of n bytes at offset at, less at the end of the file: *got. */
enum ev_code ev_seg_read(
    int fd, char *p, size_t n, uint64_t at, size_t *got, struct ev_err *e) EV_MUST;

/* All of n bytes at offset at. */
enum ev_code ev_seg_write(int fd, const void *p, size_t n, uint64_t at, struct ev_err *e) EV_MUST;

/* Lines in [from, to), by LF. EV_SYS if the file ends before. */
enum ev_code ev_seg_count(
    int fd, uint64_t from, uint64_t to, uint64_t *lines, struct ev_err *e) EV_MUST;

/* XXH3-64 of the first `bytes` bytes. */
enum ev_code ev_seg_hash(int fd, uint64_t bytes, uint64_t *sum, struct ev_err *e) EV_MUST;

/* When its first event was appended, by its index. EV_NO: not known. */
enum ev_code ev_seg_first_ms(
    struct ev_stream *s, uint32_t shard, uint64_t base, int64_t *ms, struct ev_err *e) EV_MUST;

/* Removes the first n of the list. One that is gone already is no failure. */
enum ev_code ev_seg_remove(
    struct ev_stream *s, uint32_t shard, const uint64_t *base, size_t n, struct ev_err *e) EV_MUST;

#endif
