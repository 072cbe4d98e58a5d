/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_HEAD_H
#define EV_STREAM_HEAD_H

#include <stdint.h>

#include "base/err.h"

/*
 * pNNNN/HEAD: where the end of a shard is, so that opening needs no search. Not synced, so it holds
 * only for the running system that wrote it: who finds another boot id looks for himself.
 */
enum { EV_BOOT = 16, EV_HEAD = 64 /* bytes of a slot's body */ };

struct ev_head {
	uint64_t gen;
	uint64_t base;   /* the last segment, by the sequence number of its first event */
	uint64_t next;   /* sequence number behind its last line */
	uint64_t bytes;  /* of it */
	uint64_t synced; /* bytes of it that cannot vanish; segments before it are synced */
	int64_t ms;      /* when the last batch was appended */
	unsigned char boot[EV_BOOT];
};

void ev_head_put(unsigned char body[EV_HEAD], const struct ev_head *h);
void ev_head_get(const unsigned char body[EV_HEAD], struct ev_head *h);

/* The slot that counts, whatever its boot id. EV_NO: there is none (fd -1: no file). */
enum ev_code ev_head_read(int fd, struct ev_head *h, struct ev_err *e) EV_MUST;
enum ev_code ev_head_write(int fd, const struct ev_head *h, struct ev_err *e) EV_MUST;

/* The boot id of the running system. */
enum ev_code ev_boot_id(unsigned char id[EV_BOOT], struct ev_err *e) EV_MUST;

#endif
