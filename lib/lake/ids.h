/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_IDS_H
#define EV_LAKE_IDS_H

#include <stdint.h>

#include "base/buf.h"

/*
 * The IDTB section: the hashes of a segment's ids, sorted, 5 bytes each, behind a directory of
 * their first bits. It tells in which frames an id may be; only the line there is an answer.
 */
struct ev_id_at {
	uint64_t h;
	uint32_t frame;
};

/* Appends the table of n ids, sorted by hash, then frame. */
enum ev_code ev_ids_write(
    const struct ev_id_at *id, size_t n, struct ev_buf *out, struct ev_err *e) EV_MUST;

/* How many bits the directory of n ids has. */
unsigned ev_ids_bits(uint64_t n);

/* A table in a file. */
struct ev_ids {
	int fd; /* borrowed */
	uint64_t off, len;
};

/*
 * Looks up n hashes, sorted, and calls hit for each frame that may hold h[i]. Few are looked up
 * where they are; for many the table is read at once. EV_SYS: the table is damaged.
 */
enum ev_code ev_ids_match(const struct ev_ids *t, const uint64_t *h, size_t n,
    enum ev_code (*hit)(void *arg, size_t i, uint32_t frame, struct ev_err *e), void *arg,
    struct ev_err *e) EV_MUST;

#endif
