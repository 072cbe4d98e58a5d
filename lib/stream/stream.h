/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_H
#define EV_STREAM_H

#include "base/buf.h"
#include "base/hash.h"
#include "stream/shard.h"

/*
 * A stream keeps events for a time, in order per shard, in files that `tail -f` reads (see
 * evstream(5)). Any number of processes append, read and commit side by side.
 */
enum {
	EV_SHARDS = 1024,
	EV_GROUP_NAME = 128 /* bytes of a name: letters, digits, '.', '_', '-', no dot first */
};

struct ev_stream_conf {
	char id[27]; /* ULID in upper case */
	uint32_t shards;
	const struct ev_shard_hash *hash;
	uint64_t segment, index;  /* bytes */
	int64_t retention_ms;     /* 0: for ever */
	uint64_t retention_bytes; /* per shard; 0: no limit */
	int64_t sync_ms; /* 0: fdatasync per batch; -1: none (never acknowledged as durable); else
			    the greatest age in ms of what is not yet synced */
};

struct ev_stream {
	int dir;
	const char *path; /* borrowed; for messages */
	struct ev_stream_conf conf;
};

/*
 * Opens the stream in the folder path. make: it is made on first use, parents too, with the options
 * or defaults (two that make it at once agree on one). options:
 * `shards=4&retention=7d&sync=batch&hash=xxh3&segment=128M`,
 * "" for none; retention may be a duration, a size or both with a comma. EV_USAGE: no stream there,
 * options that disagree with stream.json (both are named), an unknown option, a newer version. *s
 * needs no preparation, holds nothing after a failure.
 */
enum ev_code ev_stream_open(struct ev_stream *s, const char *path, const char *options, bool make,
    struct ev_err *e) EV_MUST;
/* Whether options are well formed; touches nothing. */
enum ev_code ev_stream_check(const char *options, struct ev_err *e) EV_MUST;
void ev_stream_close(struct ev_stream *s);

/* Appending to one shard. */
struct ev_append {
	struct ev_stream *stream; /* borrowed */
	uint32_t shard;
	uint64_t next;               /* sequence number behind our last append */
	uint64_t torn;               /* bytes that recovery cut off */
	bool failed;                 /* an fdatasync failed: only close is allowed */
	struct ev_append_work *work; /* owned */
};
enum ev_code ev_append_open(
    struct ev_append *a, struct ev_stream *s, uint32_t shard, struct ev_err *e) EV_MUST;

/*
 * Appends n whole lines, each with its LF, in one write under the shard's lock. *first: the
 * sequence number of the first. Not yet durable. After a failure nothing of it is in the stream.
 */
enum ev_code ev_append_lines(struct ev_append *a, struct ev_slice lines, uint64_t n,
    uint64_t *first, struct ev_err *e) EV_MUST;

/*
 * Makes all that this appender appended durable, and says so in HEAD; free where somebody else's
 * sync covered it. With sync=none it does nothing: readers sync what they are handed. After a
 * failure nothing of it is acknowledged, what was not synced is cut off, and only close is allowed.
 */
enum ev_code ev_append_sync(struct ev_append *a, struct ev_err *e) EV_MUST;
void ev_append_close(struct ev_append *a);

/* Where a reader begins. */
enum ev_from { EV_FROM_SEQ, EV_FROM_EARLIEST, EV_FROM_LATEST };

/* Reading one shard. */
struct ev_cursor {
	struct ev_stream *stream; /* borrowed */
	uint32_t shard;
	bool unsynced;               /* also what could still vanish; for looking only */
	uint64_t next;               /* sequence number of the next event */
	uint64_t bytes;              /* read */
	struct ev_cursor_work *work; /* owned */
};
/*
 * EV_FROM_SEQ: seq may be anything up to the end. EV_USAGE: it was removed ("offset N was removed,
 * the first is M") or is beyond the end. since (INT64_MIN: none): segments and index entries whose
 * events were all appended before that time (epoch ms) are passed over; an event is never younger
 * than its append, so that no event with timestamp >= since is skipped unless its timestamp lies in
 * the future of its append.
 */
enum ev_code ev_cursor_open(struct ev_cursor *c, struct ev_stream *s, uint32_t shard,
    enum ev_from from, uint64_t seq, int64_t since, bool unsynced, struct ev_err *e) EV_MUST;

/*
 * The next block of whole lines, each with its LF, as much as is there and is synced (at most about
 * 256 KiB, one line at least); EV_PAD bytes behind it are readable. *first: sequence number of its
 * first line. Borrowed until the next call. EV_NO: caught up. What a writer that is gone left
 * unsynced is synced here, and then read. EV_USAGE: retention took away what was to come next.
 * EV_DATA never: lines are not looked into but for LF and NUL.
 */
enum ev_code ev_cursor_next(
    struct ev_cursor *c, struct ev_slice *block, uint64_t *first, struct ev_err *e) EV_MUST;
void ev_cursor_close(struct ev_cursor *c);

/* What wakes followers: one for all cursors of a stream. */
struct ev_follow {
	int fd; /* readable when something may have come; -1: no inotify, poll only */
};
enum {
	EV_FOLLOW_POLL = 1000 /* ms between two looks, at most: network file systems send nothing */
};
enum ev_code ev_follow_open(struct ev_follow *f, struct ev_stream *s, uint32_t shard_first,
    uint32_t shards, struct ev_err *e) EV_MUST;
/* After fd was readable, before looking with ev_cursor_next. */
void ev_follow_drain(struct ev_follow *f);
void ev_follow_close(struct ev_follow *f);

/* The position of a consumer group in one shard. */
struct ev_group {
	struct ev_stream *stream; /* borrowed */
	const char *name;         /* borrowed */
	uint32_t shard;
	int lock;      /* held while open; may be inherited by a COMMAND. -1: only looked at */
	bool known;    /* a position was committed before */
	uint64_t next; /* committed: the sequence number to go on with */
	struct ev_group_work *work; /* owned */
};
/*
 * Takes the group's lock of the shard; makes the group on first use. EV_AGAIN: another process has
 * it, *owner is its pid (0: not known) and e names it; the caller may try again. *g holds nothing
 * after a failure.
 */
enum ev_code ev_group_open(struct ev_group *g, struct ev_stream *s, const char *name,
    uint32_t shard, int64_t *owner, struct ev_err *e) EV_MUST;
/*
 * The same, but the lock is shared with others that share it, and keeps out who wants the group
 * alone (EV_AGAIN). Who shares it commits under a lock of his own, and reloads before.
 */
enum ev_code ev_group_share(struct ev_group *g, struct ev_stream *s, const char *name,
    uint32_t shard, int64_t *owner, struct ev_err *e) EV_MUST;
/* Brings known and next up to date with what others committed. */
enum ev_code ev_group_reload(struct ev_group *g, struct ev_err *e) EV_MUST;
/* Durable when it returns EV_OK. After a failure only close is allowed. */
enum ev_code ev_group_commit(struct ev_group *g, uint64_t next, struct ev_err *e) EV_MUST;
/* The position without the lock; EV_NO: none was committed. */
enum ev_code ev_group_look(struct ev_stream *s, const char *name, uint32_t shard, uint64_t *next,
    int64_t *owner, struct ev_err *e) EV_MUST;
void ev_group_close(struct ev_group *g);

/* EV_USAGE unless name may be a group's. */
enum ev_code ev_group_name_check(const char *name, struct ev_err *e) EV_MUST;

/* For reports. */
struct ev_shard_info {
	uint64_t first, next, synced; /* sequence numbers; next: behind the last line; synced: the
					 first that could still vanish */
	uint64_t bytes, segments;
	int64_t oldest, newest; /* append times of the first and last batch, epoch ms; 0: none */
};
enum ev_code ev_shard_info(
    struct ev_stream *s, uint32_t shard, struct ev_shard_info *info, struct ev_err *e) EV_MUST;

/* Names of the groups, sorted; free each and the array. */
enum ev_code ev_group_list(struct ev_stream *s, char ***names, size_t *n, struct ev_err *e) EV_MUST;

/* The first sequence number appended at or after ms, at an index entry's grain: never one too late.
 */
enum ev_code ev_shard_at(
    struct ev_stream *s, uint32_t shard, int64_t ms, uint64_t *seq, struct ev_err *e) EV_MUST;

/*
 * Removes whole segments from the front: those that hold only events before seq, never the last
 * one. dry: only counts. *segments, *bytes, *first: what went, and the first sequence number that
 * stays.
 */
enum ev_code ev_shard_trim(struct ev_stream *s, uint32_t shard, uint64_t seq, bool dry,
    uint64_t *segments, uint64_t *bytes, uint64_t *first, struct ev_err *e) EV_MUST;

/*
 * Checks one shard, beside writers too: lines whole and no NUL, numbers without holes between
 * segments, index entries on line beginnings with right numbers, trailers' sizes and hashes, HEAD,
 * positions. Reports each difference and goes on. What a crash left for the next writer to mend is
 * none. EV_NO: something was reported.
 */
enum ev_code ev_shard_verify(struct ev_stream *s, uint32_t shard,
    void (*report)(void *arg, const char *place, const char *what), void *arg, uint64_t *events,
    uint64_t *bytes, struct ev_err *e) EV_MUST;

#endif
