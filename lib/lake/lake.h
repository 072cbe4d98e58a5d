/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_H
#define EV_LAKE_H

#include "base/buf.h"
#include "event/event.h"
#include "match/select.h"

/*
 * A lake keeps events for ever: compressed segments by event time, a catalog, a chain of proof (see
 * evlake(5)). Any number of processes may put and read side by side.
 */
enum ev_lake_mode { EV_LAKE_READ, EV_LAKE_PUT };

struct ev_lake {
	const char *path;           /* borrowed */
	int dir, lock;              /* descriptors, -1: none; lock is held shared in EV_LAKE_PUT */
	char id[27];                /* ULID in upper case */
	uint32_t frame;             /* raw bytes aimed at per frame, at most 1 MiB */
	uint64_t segment;           /* raw bytes after which a segment is sealed */
	bool hour;                  /* folders by hour below those by day */
	char root[65];              /* hex SHA-256 of lake.json: what the chain begins with */
	struct ev_catalog *catalog; /* owned */
};

/*
 * Opens the lake in the folder path; in EV_LAKE_PUT it is made on first use, with parents and a
 * bucket per day. Whoever finds nobody putting finishes or clears away first what a crash left. *l
 * needs no preparation and holds nothing after a failure. EV_USAGE: no lake, one of a newer
 * version, or a network file system. path is borrowed.
 */
enum ev_code ev_lake_open(
    struct ev_lake *l, const char *path, enum ev_lake_mode mode, struct ev_err *e) EV_MUST;

/* Safe on a zeroed or closed one. */
void ev_lake_close(struct ev_lake *l);

/* Putting: events collect in a batch; sealing makes the batch durable and visible, all or nothing.
 */
enum ev_dedupe {
	EV_DEDUPE_EXACT,  /* an id and timestamp that are in the lake or the batch already: a
			     duplicate */
	EV_DEDUPE_WINDOW, /* the same, but only segments sealed within the last `window` ms are
			     looked at */
	EV_DEDUPE_NONE
};

struct ev_put_args {
	uint64_t seal_bytes; /* raw bytes in the batch after which a seal is due; 0: the lake's
				segment */
	int64_t seal_ms;     /* time after its first event when a seal is due; 0: never */
	enum ev_dedupe dedupe;
	int64_t window;
	/*
	 * An event whose id and timestamp are there already with other bytes; e holds the EV_DATA
	 * (and the place as name:line). EV_OK, with e cleared: it was set aside. EV_DATA: stop;
	 * what was put before it is sealed, it and what follows is given up, the seal fails. NULL
	 * is the latter.
	 */
	enum ev_code (*conflict)(void *arg, struct ev_slice line, struct ev_err *e);
	/* Makes what was set aside durable, before the batch becomes visible; may be NULL. */
	enum ev_code (*settle)(void *arg, struct ev_err *e);
	void *arg;
};

struct ev_put {
	struct ev_lake *lake; /* borrowed */
	struct ev_put_args args;
	uint64_t taken; /* events put */
	uint64_t acked; /* of these: durable, duplicates and conflicts set aside included */
	uint64_t kept, duplicates, conflicts;
	uint64_t segments, raw, stored; /* sealed: number of files, bytes before and after */
	struct ev_batch *batch;         /* owned; what is not sealed */
};

/*
 * args may be NULL: exact dedupe, no time. *p needs no preparation and holds nothing after a
 * failure.
 */
enum ev_code ev_put_open(
    struct ev_put *p, struct ev_lake *l, const struct ev_put_args *args, struct ev_err *e) EV_MUST;

/*
 * Adds an event; its line is copied. EV_DATA: its envelope is not complete (see ev_event_check); it
 * was not taken, the next one may follow. name (borrowed until the seal; may be NULL) and line say
 * where it came from, for messages. Afterwards, when ev_put_due, seal before the next one.
 */
enum ev_code ev_put_add(struct ev_put *p, const struct ev_event *ev, const char *name,
    unsigned long line, struct ev_err *e) EV_MUST;

/* Whether the batch is full or its time is over. */
bool ev_put_due(const struct ev_put *p);

/* Milliseconds until the batch's time is over, at least 1; 0: no such time. */
int ev_put_nap(const struct ev_put *p);

/*
 * Makes the batch durable and visible: when it returns EV_OK all that was put is acknowledged.
 * EV_DATA: a conflict (see ev_put_args); p->acked says how many events were made durable. After any
 * failure only close is allowed.
 */
enum ev_code ev_put_seal(struct ev_put *p, struct ev_err *e) EV_MUST;

/* Gives up what is not sealed. Safe on a zeroed or closed one. */
void ev_put_close(struct ev_put *p);

/*
 * Reading: a cursor over the live segments of one moment. Segments and frames are skipped by time
 * and type, the rest is scanned and selected.
 */
struct ev_query_args {
	struct ev_select *select; /* borrowed; NULL: every event */
	const struct ev_paths
	    *paths;   /* borrowed; begins with the envelope's (ev_event_paths), holds select's */
	bool by_time; /* ascending time, ties by arrival; else by arrival */
	bool trust;
	const char *isa; /* as ev_scan_init */
	/* A pass: only what became live behind the seq `after`, up to and with `upto`; upto 0: all.
	 */
	int64_t after, upto;
	bool resumed; /* nothing before the timestamp `from` */
	int64_t from;
};

/*
 * Passes over a lake, for readers that go on where they stopped: whatever becomes live has a
 * greater seq than all before it. The seq of the newest, 0 for an empty lake.
 */
enum ev_code ev_lake_seq(struct ev_lake *l, int64_t *seq, struct ev_err *e) EV_MUST;

/*
 * A hash of which segments a pass reads: while it is the same, the pass hands out the same events
 * in the same order; a compaction changes it.
 */
enum ev_code ev_lake_set(
    struct ev_lake *l, int64_t after, int64_t upto, uint64_t *set, struct ev_err *e) EV_MUST;

struct ev_query {
	/* the event at hand; borrowed until the next call */
	struct ev_slice line; /* without LF */
	int64_t ms;           /* its timestamp */
	struct ev_scan scan;  /* scan.val: its captures by path number */
	/* so far */
	uint64_t segments, frames, bytes; /* read: files, frames decoded, their raw bytes */
	struct ev_query_work *work;       /* owned */
};

/*
 * *q needs no preparation and holds nothing after a failure. Memory: one frame; by time, the
 * selected lines of frames that overlap in time, at most of one bucket (a day).
 */
enum ev_code ev_query_open(struct ev_query *q, struct ev_lake *l, const struct ev_query_args *args,
    struct ev_err *e) EV_MUST;
/* EV_NO: the end. EV_SYS: a segment is damaged or gone; e says which. */
enum ev_code ev_query_next(struct ev_query *q, struct ev_err *e) EV_MUST;
void ev_query_close(struct ev_query *q);

/*
 * Appends every event with this id, a line each with LF, in order of arrival, to out. EV_NO: there
 * is none.
 */
enum ev_code ev_lake_get(
    struct ev_lake *l, struct ev_slice id, struct ev_buf *out, struct ev_err *e) EV_MUST;

/*
 * Counting. by: "type", "day", "hour", "key" or a path. Answers from the catalog and the footers
 * where they tell, with the same answer as a full scan. EV_SYS past EV_GROUPS groups.
 */
enum { EV_GROUPS = 1000000, EV_BYS = 8 };

struct ev_count_group {
	struct ev_slice *key; /* owned; by[i]'s value: JSON text, empty where it is absent */
	uint64_t n;
};
struct ev_counts {
	struct ev_count_group *group; /* owned, sorted by key; without `by` at most a single one */
	size_t groups;
	uint64_t frames; /* that had to be decoded */
};
struct ev_count_args {
	struct ev_select *select; /* borrowed; NULL: every event */
	bool plain;               /* select asks for nothing but types and times */
	struct ev_paths *paths;   /* as in ev_query_args; paths of `by` are added */
	const char *const *by;    /* borrowed */
	size_t bys;               /* at most EV_BYS */
	bool trust;
	const char *isa;
};
enum ev_code ev_lake_count(struct ev_lake *l, const struct ev_count_args *args,
    struct ev_counts *out, struct ev_err *e) EV_MUST;
void ev_counts_fini(struct ev_counts *c);

/* Types, sorted by name: how many events, and the exact times of the first and the last. */
struct ev_type_row {
	struct ev_slice name; /* unescaped; owned */
	uint64_t n;
	int64_t first, last;
};
enum ev_code ev_lake_types(
    struct ev_lake *l, struct ev_type_row **rows, size_t *n, struct ev_err *e) EV_MUST;
void ev_type_rows_free(struct ev_type_row *rows, size_t n);

/*
 * Compares files, footers, catalog and chain. Reports each difference (place, what) and goes on.
 * EV_OK: all is well; EV_NO: something was reported; anything else: it could not look.
 */
enum ev_verify {
	EV_VERIFY_FULL = 0,
	EV_VERIFY_QUICK = 1, /* hashes of footers and frames, nothing decoded */
	EV_VERIFY_CHAIN = 2 /* the chain with the SHA-256 of every file; may be joined with QUICK */
};
struct ev_verify_args {
	unsigned how; /* enum ev_verify */
	void (*report)(void *arg, const char *place, const char *what);
	void *arg;
};
struct ev_verified {
	uint64_t segments, frames, events, bytes, wrong;
};
enum ev_code ev_lake_verify(const char *path, const struct ev_verify_args *args,
    struct ev_verified *seen, struct ev_err *e) EV_MUST;

#endif
