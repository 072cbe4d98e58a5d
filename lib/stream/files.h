/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_FILES_H
#define EV_STREAM_FILES_H

#include "stream/head.h"
#include "stream/index.h"
#include "stream/stream.h"

/*
 * One shard as those see it who change it. All but opening happens under its lock:
 *
 *	ev_files_lock, ev_files_refresh, (add | roll | sync), ev_files_unlock
 *
 * Who waits for an fdatasync watches an open file. Lines that an fdatasync failed on are cut off,
 * and the file then never grows again, lest the same bytes of it hold other lines: a file that is
 * as long as it was holds what was written to it.
 */
struct ev_files {
	struct ev_stream *stream; /* borrowed */
	uint32_t shard;
	bool readonly;            /* its files may not be written: nothing is mended but in here */
	int lock, head, seg, idx; /* -1: not open */
	unsigned char boot[EV_BOOT];
	struct ev_head at;    /* how things stand; of the segment that is open */
	struct ev_entry last; /* the index's last entry, of `entries` */
	uint64_t entries;
	uint64_t pending; /* bytes of it up to our own last line that is not synced; 0: none */
	uint64_t torn;    /* bytes that recovery cut off */
};

/*
 * EV_TO_READ: files that may not be written make it readonly; EV_TO_LOOK: it is readonly anyway,
 * and makes no files. *f holds nothing after a failure.
 */
enum ev_files_mode { EV_TO_WRITE, EV_TO_READ, EV_TO_LOOK };
enum ev_code ev_files_open(struct ev_files *f, struct ev_stream *s, uint32_t shard,
    enum ev_files_mode mode, struct ev_err *e) EV_MUST;
void ev_files_close(struct ev_files *f);

/* EV_NO: somebody has it, and wait is not set. Past EINTR: writers hold it for milliseconds. */
enum ev_code ev_files_lock(struct ev_files *f, bool wait, struct ev_err *e) EV_MUST;
void ev_files_unlock(struct ev_files *f);

/*
 * Brings f->at up to date; recovers what a crash left. What others left unsynced before we opened
 * the segment is synced, unless the stream never syncs. EV_SYS: our own pending lines were cut off.
 */
enum ev_code ev_files_refresh(struct ev_files *f, struct ev_err *e) EV_MUST;

/* Opens the segment and its index, and forgets what was open and how things stood. EV_NO: there is
 * no such segment. */
enum ev_code ev_files_load(struct ev_files *f, uint64_t base, struct ev_err *e) EV_MUST;

/* Writes HEAD with the next generation, then f->at is *h. */
enum ev_code ev_files_set(struct ev_files *f, struct ev_head *h, struct ev_err *e) EV_MUST;

/*
 * Finds the end of the shard, by the files themselves. h: what HEAD says, of this boot if trusted.
 * Lines behind byte `limit` of the last segment are cut off. What stays is synced.
 */
enum ev_code ev_files_recover(struct ev_files *f, const struct ev_head *h, bool trusted,
    uint64_t limit, struct ev_err *e) EV_MUST;

/* Syncs what is not. After a failure all of it is cut off, and only close is allowed. */
enum ev_code ev_files_sync(struct ev_files *f, struct ev_err *e) EV_MUST;

/* What follows an fdatasync of the first `bytes` bytes of the segment: HEAD, or after a failure the
 * cut. */
enum ev_code ev_files_settle(
    struct ev_files *f, uint64_t bytes, enum ev_code done, struct ev_err *e) EV_MUST;

/* Who syncs without the lock does so one after the other: flock(2) of HEAD. It comes before the
 * lock. */
enum ev_code ev_files_queue(struct ev_files *f, struct ev_err *e) EV_MUST;
void ev_files_leave(struct ev_files *f);

/* Seals the segment, which is synced, and begins the next. */
enum ev_code ev_files_roll(struct ev_files *f, struct ev_err *e) EV_MUST;

/* Puts a new file in the place of the segment, which is empty. */
enum ev_code ev_files_renew(struct ev_files *f, struct ev_err *e) EV_MUST;

/* Gives a segment of this size its trailer, durably. entries: in its index. */
enum ev_code ev_files_seal(
    int seg, int idx, uint64_t size, uint64_t entries, struct ev_err *e) EV_MUST;

/* Removes the segments that retention gives up. */
enum ev_code ev_files_retain(struct ev_files *f, int64_t now, struct ev_err *e) EV_MUST;

/* fdatasync, past EINTR. */
enum ev_code ev_files_fdatasync(int fd, const char *what, struct ev_err *e) EV_MUST;

#endif
