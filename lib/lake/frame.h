/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_FRAME_H
#define EV_LAKE_FRAME_H

#include <stdint.h>

#include "base/buf.h"

/* One zstd frame: whole lines, its content size in the header, a checksum at its end. */
struct ev_frame {
	uint64_t off;        /* in the file */
	uint32_t clen, rlen; /* compressed, raw */
	uint32_t n;          /* events */
	int64_t ts0, ts1;    /* least and greatest timestamp */
	uint64_t xxh3;       /* of the compressed bytes */
};

/* Any zeroed one is valid; what it needs is made at first use and reused. One serves one thread. */
struct ev_packer {
	void *ctx; /* owned */
	struct ev_buf out;
};
struct ev_unpacker {
	void *ctx; /* owned */
	struct ev_buf in, out;
};

#define EV_PACKER                                                                                  \
	{                                                                                          \
		NULL, EV_BUF(SIZE_MAX)                                                             \
	}
#define EV_UNPACKER                                                                                \
	{                                                                                          \
		NULL, EV_BUF(SIZE_MAX), EV_BUF(SIZE_MAX)                                           \
	}

/* *packed is borrowed until the next call. */
enum ev_code ev_pack(struct ev_packer *p, struct ev_slice raw, int level, struct ev_slice *packed,
    struct ev_err *e) EV_MUST;
void ev_packer_fini(struct ev_packer *p);

/*
 * Reads and decodes the frame f of the file fd, checking its hash and size. *raw is borrowed until
 * the next call, with EV_PAD readable bytes behind it. EV_SYS: damaged; the text has no file name.
 */
enum ev_code ev_frame_read(struct ev_unpacker *u, int fd, const struct ev_frame *f,
    struct ev_slice *raw, struct ev_err *e) EV_MUST;
/* The compressed bytes only, their hash checked; borrowed until the next call. */
enum ev_code ev_frame_packed(struct ev_unpacker *u, int fd, const struct ev_frame *f,
    struct ev_slice *packed, struct ev_err *e) EV_MUST;
void ev_unpacker_fini(struct ev_unpacker *u);

/* All of n bytes at off; EV_SYS at the end of the file. */
enum ev_code ev_pread_all(int fd, void *p, size_t n, uint64_t off, struct ev_err *e) EV_MUST;

#endif
