/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_CATALOG_H
#define EV_LAKE_CATALOG_H

#include "lake/index.h"

struct ev_catalog;

/* catalog.db: which segments there are. Only catalog.c knows that it is SQLite. */
enum ev_seg_state { EV_SEALING, EV_LIVE, EV_DEAD };

struct ev_seg {
	int64_t seg;   /* number of the row */
	char ulid[27]; /* upper case */
	char path[80]; /* below the lake */
	char dt[12];   /* 2026-11-02 */
	int64_t state, seq, ts0, ts1, dead_at;
	uint64_t n, rbytes, cbytes, evix_off, idt_off, idt_bits, file_xxh;
};
struct ev_segs {
	struct ev_seg *v; /* owned */
	size_t n;
};

/* How many events of a type an hour has in a segment. */
struct ev_rollup {
	int64_t hour;     /* since the epoch */
	uint32_t type, n; /* number of a name in the segment's index */
};

enum ev_catalog_how {
	EV_CATALOG_READ, /* also in a folder that cannot be written to */
	EV_CATALOG_WRITE,
	EV_CATALOG_MAKE /* and make it where it is not there */
};

/* lake: path of the lake's folder. EV_USAGE: a newer version. EV_SYS: not there, or damaged. */
enum ev_code ev_catalog_open(
    struct ev_catalog **c, const char *lake, enum ev_catalog_how how, struct ev_err *e) EV_MUST;
void ev_catalog_close(struct ev_catalog *c);

/* A transaction; write: nobody else writes meanwhile (waits up to 10 s, then EV_AGAIN). */
enum ev_code ev_catalog_begin(struct ev_catalog *c, bool write, struct ev_err *e) EV_MUST;
enum ev_code ev_catalog_commit(struct ev_catalog *c, struct ev_err *e) EV_MUST;
void ev_catalog_rollback(struct ev_catalog *c); /* safe without a transaction */

/* Which segments: the zero of each member but state stands for all. */
struct ev_seg_filter {
	enum ev_seg_state state;
	const char *dt;
	int64_t after; /* seq greater than this */
	bool timed;
	int64_t ts0, ts1; /* hold something between these, both included */
};
/* By seq, then seg. out is zeroed before; free(out->v). */
enum ev_code ev_catalog_segs(struct ev_catalog *c, const struct ev_seg_filter *f,
    struct ev_segs *out, struct ev_err *e) EV_MUST;

/* The greatest seq, 0 where there is none. */
enum ev_code ev_catalog_seq(struct ev_catalog *c, int64_t *seq, struct ev_err *e) EV_MUST;

/* The state of a segment by its ULID; -1: there is no such row. */
enum ev_code ev_catalog_state(
    struct ev_catalog *c, const char *ulid, int64_t *state, struct ev_err *e) EV_MUST;

/* T1: a row with state EV_SEALING; sets s->seg. */
enum ev_code ev_catalog_add(struct ev_catalog *c, struct ev_seg *s, struct ev_err *e) EV_MUST;
/* T2: live under seq, with its frames and roll-ups. */
enum ev_code ev_catalog_live(struct ev_catalog *c, const struct ev_seg *s, int64_t seq,
    const struct ev_index *ix, const struct ev_rollup *roll, size_t rolls,
    struct ev_err *e) EV_MUST;
enum ev_code ev_catalog_dead(
    struct ev_catalog *c, int64_t seg, int64_t at, struct ev_err *e) EV_MUST;
/* Deletes the row and all that hangs on it. */
enum ev_code ev_catalog_drop(struct ev_catalog *c, int64_t seg, struct ev_err *e) EV_MUST;

/* Roll-ups of a segment, by hour and type; name and the whole row are borrowed during the call. */
enum ev_code ev_catalog_rollups(struct ev_catalog *c, int64_t seg,
    enum ev_code (*row)(
	void *arg, int64_t hour, struct ev_slice name, uint64_t n, struct ev_err *e),
    void *arg, struct ev_err *e) EV_MUST;

/*
 * Whether the rows of a segment's frames are those of the index. EV_NO: not; *bad is the first that
 * differs.
 */
enum ev_code ev_catalog_same_blocks(struct ev_catalog *c, int64_t seg, const struct ev_index *ix,
    size_t *bad, struct ev_err *e) EV_MUST;
/* The same for its roll-ups. A segment without any is fine. */
enum ev_code ev_catalog_same_rollups(struct ev_catalog *c, int64_t seg, const struct ev_index *ix,
    const struct ev_rollup *roll, size_t rolls, struct ev_err *e) EV_MUST;

/* SQLite's own check of the file; what it says goes to report, which may be called many times. */
enum ev_code ev_catalog_check(struct ev_catalog *c, void (*report)(void *arg, const char *what),
    void *arg, struct ev_err *e) EV_MUST;

#endif
