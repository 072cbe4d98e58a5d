/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_SEGMENT_H
#define EV_LAKE_SEGMENT_H

#include "lake/ids.h"
#include "lake/index.h"

/* A sealed segment, open for reading; it needs no catalog. */
struct ev_segment {
	int fd;        /* owned; -1: not open */
	uint64_t size; /* bytes */
	struct ev_evix evix;
	struct ev_index index;
	struct ev_ids ids;
	struct ev_buf bytes[EV_SECTIONS]; /* of the sections that were read: all but IDTB */
};

/*
 * Opens the segment and reads its footer, checking what it reads. *s needs no preparation and holds
 * nothing after a failure. EV_SYS: damaged, with the path in the text; e->sys is ENOENT when it is
 * gone.
 */
enum ev_code ev_segment_open(
    struct ev_segment *s, int dir, const char *path, struct ev_err *e) EV_MUST;
/* The same in two steps, for those who hold many descriptors open first. */
enum ev_code ev_segment_take(struct ev_segment *s, int fd, const char *path,
    struct ev_err *e) EV_MUST; /* owns fd, also when it fails */
void ev_segment_close(struct ev_segment *s);

/* Reads a whole section into out and checks its hash. */
enum ev_code ev_segment_section(const struct ev_segment *s, enum ev_section_no no,
    struct ev_buf *out, struct ev_err *e) EV_MUST;

/* What META says. */
struct ev_meta {
	char ulid[27]; /* upper case */
	int64_t ts0, ts1;
	uint64_t n;
};
enum ev_code ev_meta_read(struct ev_slice bytes, struct ev_meta *m, struct ev_err *e) EV_MUST;
enum ev_code ev_meta_write(
    const struct ev_meta *m, int level, struct ev_buf *out, struct ev_err *e) EV_MUST;

/*
 * Both hashes of a whole file: XXH3-64, and SHA-256 in hex where sha is not NULL. *size: bytes
 * read.
 */
struct ev_sums {
	uint64_t size, xxh3;
	char sha256[65]; /* "" when not asked for */
};
enum ev_code ev_file_sums(int fd, bool sha, struct ev_sums *sums, struct ev_err *e) EV_MUST;

/* Hex SHA-256 of bytes. */
enum ev_code ev_sha256(struct ev_slice s, char out[65], struct ev_err *e) EV_MUST;

#endif
