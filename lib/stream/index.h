/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_INDEX_H
#define EV_STREAM_INDEX_H

#include <stdint.h>

#include "base/err.h"

/*
 * The sparse index beside a segment: where lines begin, one entry per `index` bytes or more, and
 * when they were appended. Times never descend and are never before the true one, so that a search
 * by time passes over no event. A sealed segment's ends with a trailer.
 */
struct ev_entry {
	uint64_t seq;  /* of the line; EV_TRAILER: of none */
	uint64_t byte; /* where it begins; of a trailer the segment's size */
	int64_t ms;    /* epoch; of a trailer the XXH3-64 of the segment */
};

#define EV_TRAILER UINT64_MAX
enum { EV_ENTRY = 24 /* bytes */ };

void ev_entry_put(unsigned char p[EV_ENTRY], const struct ev_entry *en);
void ev_entry_get(const unsigned char p[EV_ENTRY], struct ev_entry *en);

/* Whole entries in the file, a trailer not counted: *sealed then holds it, else its seq is 0. */
enum ev_code ev_idx_count(int fd, uint64_t *n, struct ev_entry *sealed, struct ev_err *e) EV_MUST;

/* Entry i. EV_NO: there is none. */
enum ev_code ev_idx_get(int fd, uint64_t i, struct ev_entry *en, struct ev_err *e) EV_MUST;

/* The last entry whose key is at most v, *i its number; EV_NO: there is none (fd -1: no index). */
enum ev_idx_key { EV_BY_SEQ, EV_BY_BYTE, EV_BY_MS };
enum ev_code ev_idx_find(int fd, enum ev_idx_key key, int64_t v, uint64_t *i, struct ev_entry *en,
    struct ev_err *e) EV_MUST;

/* Writes entry i. */
enum ev_code ev_idx_put(int fd, uint64_t i, const struct ev_entry *en, struct ev_err *e) EV_MUST;

/* Cuts off what is behind the first n entries. */
enum ev_code ev_idx_cut(int fd, uint64_t n, struct ev_err *e) EV_MUST;

#endif
