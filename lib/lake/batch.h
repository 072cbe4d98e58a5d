/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_BATCH_H
#define EV_LAKE_BATCH_H

#include "base/id.h"
#include "lake/catalog.h"
#include "lake/lake.h"

/*
 * What was put and is not sealed: a part per bucket, each becoming one segment, and an entry per
 * event. Frames that are full, and buffers that would exceed EV_BATCH_OPEN, are in tmp/. Memory:
 * EV_BATCH_OPEN, 44 bytes per event (for the sort at the seal, too), the names of types.
 */
enum {
	EV_BATCH_OPEN = 48 << 20,  /* bytes of open frames */
	EV_BATCH_EVENTS = 1 << 20, /* events, types, ...: past any of these limits a seal is due */
	EV_BATCH_PARTS = 1024,
	EV_BATCH_TYPES = 1 << 16,
	EV_BATCH_NAMES = 1 << 23,  /* bytes of the names of types */
	EV_BATCH_INPUTS = 1 << 13, /* names of inputs */
	EV_AT_BITS = 20,           /* of an entry's `at`: offset in the frame */
	EV_LEVEL = 2               /* zstd level of what is put */
};

struct ev_entry {
	uint64_t h; /* of the id */
	int64_t ms;
	uint32_t at;   /* number of the frame in its part << EV_AT_BITS | offset of the line */
	uint32_t line; /* its number in its input */
	uint32_t type; /* number in ev_batch.type */
	uint16_t part;
	uint16_t name : 14; /* number in ev_batch.name; 0: none */
	uint16_t drop : 1;  /* not to be kept */
	uint16_t first : 1; /* all others with its hash and time were compared with it */
};

struct ev_part {
	int64_t bucket;
	struct ev_buf open;     /* the frame being filled */
	size_t counted;         /* of ev_batch.held */
	uint64_t touched;       /* entry that was added last */
	char file[EV_ULID];     /* name below tmp/; "": nothing is written yet */
	struct ev_frame *frame; /* owned; n, ts0 and ts1 are filled when sealing */
	size_t frames, cap;
	uint64_t raw, size; /* bytes before and after compression */
	/* from sealing on */
	struct ev_index index;  /* owned; frames too, the names of types are the batch's */
	struct ev_rollup *roll; /* owned */
	size_t rolls;
	struct ev_seg row; /* row.seg != 0: T1 is done */
	char sha256[65];
	bool sealed; /* the file is complete and synced */
	bool moved;  /* it is under data/ */
	int64_t old; /* row of the complete file that this one stands for; 0: none */
};

struct ev_batch {
	struct ev_lake *lake;         /* borrowed */
	struct ev_part *part;         /* owned */
	size_t parts, part_cap, last; /* last: that of the last event */
	struct ev_entry *entry;       /* owned */
	size_t n, cap;
	size_t cut; /* entries that count; fewer than n when a conflict ended the batch */
	struct ev_type_name {
		size_t off, n; /* in names */
		uint64_t hash;
	} * type;       /* owned */
	uint32_t *slot; /* owned; number of a type + 1, by hash */
	size_t types, last_type;
	struct ev_buf names;
	const char **name; /* owned; of inputs, borrowed; name[0] is none */
	size_t inputs;
	uint64_t raw;   /* bytes */
	size_t held;    /* bytes of open frames */
	uint64_t since; /* ev_mono of the first event */
	bool full;      /* a limit was reached */
	bool tried;     /* T1 was: the catalog may know its files */
	struct ev_packer packer;
	/* made by ev_batch_sort: entry numbers */
	uint32_t *by_hash;    /* owned; by hash, time, arrival */
	uint32_t *part_hash;  /* owned; by part, then as by_hash; part k from start[k] on */
	uint32_t *part_order; /* owned; by part, then arrival */
	size_t *start;        /* owned; parts + 1 */
};

void ev_batch_init(struct ev_batch *b, struct ev_lake *l);
void ev_batch_fini(struct ev_batch *b); /* also removes files that T1 does not know; safe twice */

/* A line and what its entry needs; h, type and ms are those of the line. */
struct ev_batch_line {
	struct ev_slice line, type; /* type: unescaped */
	uint64_t h;
	int64_t ms;
	const char *name;
	unsigned long no;
};
/*
 * Fills h, type and ms from the values of a scanned line; id and type are memory for what has
 * escapes. EV_DATA: it has no id, type or time. Lines that are in a lake need no more than that:
 * what else an envelope wants may change.
 */
enum ev_code ev_batch_read(struct ev_batch_line *l, const struct ev_val *val, struct ev_buf *id,
    struct ev_buf *type, struct ev_err *e) EV_MUST;

enum ev_code ev_batch_add(
    struct ev_batch *b, const struct ev_batch_line *l, struct ev_err *e) EV_MUST;

/* The same for a line that stands at `at` in a part whose file is there already. */
enum ev_code ev_batch_note(struct ev_batch *b, size_t part, uint32_t at,
    const struct ev_batch_line *l, struct ev_err *e) EV_MUST;
enum ev_code ev_batch_new_part(
    struct ev_batch *b, int64_t bucket, struct ev_err *e) EV_MUST; /* the last one */

/* Writes all open frames. */
enum ev_code ev_batch_flush(struct ev_batch *b, struct ev_err *e) EV_MUST;
enum ev_code ev_batch_sort(struct ev_batch *b, struct ev_err *e) EV_MUST;

/* Appends a frame to the file of a part; makes it with the first one. */
enum ev_code ev_part_write(
    struct ev_batch *b, struct ev_part *p, struct ev_slice raw, struct ev_err *e) EV_MUST;
enum ev_code ev_part_append(struct ev_batch *b, struct ev_part *p, struct ev_slice packed,
    uint32_t rlen, struct ev_err *e) EV_MUST;
/* Bytes behind the last frame. */
enum ev_code ev_part_bytes(struct ev_batch *b, const struct ev_part *p, struct ev_slice s,
    bool sync, struct ev_err *e) EV_MUST;

/* Opens the part's file where it is. */
enum ev_code ev_part_open(
    const struct ev_batch *b, const struct ev_part *p, int *fd, struct ev_err *e) EV_MUST;
void ev_part_fini(struct ev_part *p);

/* The line of an entry in its decoded frame, without LF. */
static inline struct ev_slice
ev_entry_line(const struct ev_entry *en, struct ev_slice raw)
{
	size_t off = en->at & ((1u << EV_AT_BITS) - 1);
	const char *lf = off < raw.n ? memchr(raw.p + off, '\n', raw.n - off) : NULL;

	return (struct ev_slice){ raw.p + off, lf != NULL ? (size_t)(lf - raw.p) - off : 0 };
}

/* tmp/ULID */
enum { EV_TMP_PATH = 4 + EV_ULID };
void ev_tmp_path(char out[EV_TMP_PATH], const char *ulid);

/* Fills p->index and p->roll from the entries of part number k that are kept. */
enum ev_code ev_part_index(struct ev_batch *b, size_t k, struct ev_err *e) EV_MUST;

/* Writes part k anew without the entries that are dropped; what was complete before becomes p->old.
 */
enum ev_code ev_part_rewrite(
    struct ev_batch *b, size_t k, struct ev_unpacker *u, struct ev_err *e) EV_MUST;

#endif
