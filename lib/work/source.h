/* SPDX-License-Identifier: MIT */
#ifndef EV_SOURCE_H
#define EV_SOURCE_H

#include "match/select.h"
#include "target/target.h"

/*
 * What events are read from: the shards of a stream, a file or stdin, a lake. One file per kind and
 * one row of the table in source.c. Only ev_source_wait waits. A position tells where to go on; it
 * is committed, to the group of a stream or to a state file (see checkpoint.h), only when what
 * precedes it is done.
 */
enum { EV_POSITION_ID = 96, EV_POSITION_TEXT = 96, EV_SOURCE_MARK = 96 };

struct ev_position {
	uint64_t at; /* stream: number of the next event; file: bytes; lake: the seq that is done */
	/* inside a pass over a lake: */
	int64_t upto; /* the seq that is done after it; 0: outside of any */
	uint64_t set; /* ev_lake_set */
	int64_t ms;   /* timestamp of the last event that is done */
	char
	    id[EV_POSITION_ID]; /* its id as it stands in JSON, or "#" and a hash of a longer one */
};

/* As text without blanks, the end of an EVHUB_BATCH. */
void ev_position_text(char out[EV_POSITION_TEXT], const struct ev_position *p);
bool ev_position_same(const struct ev_position *a, const struct ev_position *b);

/* An event that is selected, or a bad line. Borrowed until the next call for its lane. */
struct ev_source_item {
	struct ev_slice line;       /* without LF; NULL: too long to be kept */
	const struct ev_scan *scan; /* has just read the line */
	unsigned long no;           /* number of the line, for messages */
	uint64_t seq; /* number of the event: stream; else of the line in this run, from 1 */
};

/* A shard of a stream; a file or a lake is a single lane. */
struct ev_source_lane {
	uint32_t shard;
	enum ev_pause { EV_PAUSE_MORE, EV_PAUSE_IDLE, EV_PAUSE_END } pause;
	struct ev_position at;     /* behind all that was taken or passed over */
	struct ev_position behind; /* and behind the event at hand */
	bool known;                /* its group has a position */
	int lock;                  /* of its group, for a COMMAND to inherit; -1: none */
	char place[32];            /* of a bad line, where lines have no numbers */
	void *impl;
};

struct ev_source_args {
	struct ev_select *select;     /* borrowed */
	const struct ev_paths *paths; /* borrowed; begins with the envelope's, holds select's */
	size_t max_line;
	bool trust;
	const char *isa; /* as ev_scan_init */
	bool by_time;    /* a lake; else in order of arrival */
	bool follow;     /* the end is a pause */
	bool positions;  /* they are wanted: a last line that lacks its LF may still be growing */
	bool unsynced;   /* of a stream also what could still vanish */
	bool one;        /* shard `first` alone */
	uint32_t first, step; /* else shards first, first + step, ...; step is at least 1 */
};

struct ev_source {
	const struct ev_source_kind *kind;
	const char *address; /* borrowed; for messages */
	struct ev_address parts;
	struct ev_source_args args;
	char id[40]; /* what EVHUB_BATCH begins with; "": a pipe, which has no position either */
	struct ev_source_lane *lane; /* owned */
	uint32_t lanes, shards;      /* shards: that there are */
	uint64_t read, bytes;        /* lines and bytes so far */
	uint64_t passed, total; /* bytes of lines that were handed out or passed over; of all, 0:
				   not known */
	void *impl;             /* owned */
};

/* Where a lane begins that has no position. */
enum ev_begin { EV_BEGIN_EARLIEST, EV_BEGIN_LATEST, EV_BEGIN_NUMBER };

struct ev_source_kind {
	const char *scheme;
	/* Opens what s->parts names; sets id and shards, and leaves the rest to begin. */
	enum ev_code (*open)(struct ev_source *s, struct ev_err *e);
	/* As ev_source_begin, but that l->at holds the position for EV_BEGIN_NUMBER. */
	enum ev_code (*begin)(
	    struct ev_source *s, struct ev_source_lane *l, enum ev_begin from, struct ev_err *e);
	enum ev_code (*next)(struct ev_source *s, struct ev_source_lane *l,
	    struct ev_source_item *it, struct ev_err *e);
	enum ev_code (*wait)(struct ev_source *s, int ms, struct ev_err *e);
	/* NULL: it has no groups. */
	enum ev_code (*join)(struct ev_source *s, struct ev_source_lane *l, const char *group,
	    int64_t *owner, struct ev_err *e);
	enum ev_code (*commit)(struct ev_source *s, struct ev_source_lane *l,
	    const struct ev_position *p, struct ev_err *e);
	/* NULL: s->id, which is compared. */
	enum ev_code (*mark)(struct ev_source *s, const struct ev_position *p,
	    char out[EV_SOURCE_MARK], struct ev_err *e);
	enum ev_code (*check)(struct ev_source *s, const struct ev_position *p, const char *mark,
	    bool *same, struct ev_err *e);
	void (*close)(struct ev_source *s);
};
extern const struct ev_source_kind ev_source_file, ev_source_stdin, ev_source_lake,
    ev_source_stream;

/*
 * Opens a source; nothing of it is read. address is borrowed. *s needs no preparation and holds
 * nothing after a failure. EV_USAGE: nothing that can be read, no such lake, stream or shard.
 */
enum ev_code ev_source_open(struct ev_source *s, const char *address,
    const struct ev_source_args *args, struct ev_err *e) EV_MUST;

/*
 * Makes a lane of a stream that of a group: l->known and l->at say where it goes on. EV_AGAIN:
 * process *owner has it (0: not known); the caller may try again. EV_USAGE: the source has no
 * groups.
 */
enum ev_code ev_source_join(struct ev_source *s, struct ev_source_lane *l, const char *group,
    int64_t *owner, struct ev_err *e) EV_MUST;

/*
 * Before the first ev_source_next. known: at l->at, set by the caller or ev_source_join; else at
 * the place that `from` names (number: for EV_BEGIN_NUMBER), and l->at tells it.
 */
enum ev_code ev_source_begin(struct ev_source *s, struct ev_source_lane *l, bool known,
    enum ev_begin from, uint64_t number, struct ev_err *e) EV_MUST;

/*
 * The next event that is selected; l->at stays before it until ev_source_take. EV_DATA: a bad line,
 * in *it; taken likewise. EV_NO: none, l->pause says why: EV_PAUSE_MORE: others were passed over,
 * call again; EV_PAUSE_IDLE: nothing is there yet; EV_PAUSE_END: nothing will come.
 */
enum ev_code ev_source_next(struct ev_source *s, struct ev_source_lane *l,
    struct ev_source_item *it, struct ev_err *e) EV_MUST;

static inline void
ev_source_take(struct ev_source_lane *l)
{
	l->at = l->behind;
}

/* Waits until a lane may have something, a signal came, or ms passed (-1: no limit). */
enum ev_code ev_source_wait(struct ev_source *s, int ms, struct ev_err *e) EV_MUST;

/* Commits p to the lane's group; durable when it returns EV_OK. */
enum ev_code ev_source_commit(struct ev_source *s, struct ev_source_lane *l,
    const struct ev_position *p, struct ev_err *e) EV_MUST;

/* What a position in this source is kept with, so that it is known again. */
enum ev_code ev_source_mark(struct ev_source *s, const struct ev_position *p,
    char out[EV_SOURCE_MARK], struct ev_err *e) EV_MUST;
enum ev_code ev_source_check(struct ev_source *s, const struct ev_position *p, const char *mark,
    bool *same, struct ev_err *e) EV_MUST;

/*
 * Sets a seekable stdin to behind what was taken or passed over, frees. What e (may be NULL)
 * borrows of s is replaced. Safe on a zeroed one.
 */
void ev_source_close(struct ev_source *s, struct ev_err *e);

/*
 * For the kinds: the next line of the block that scan reads. EV_NO: the end of the block. *yes:
 * whether it is selected. *blank: lines without anything that were passed over before it.
 */
enum ev_code ev_source_line(struct ev_source *s, struct ev_scan *scan, struct ev_source_item *it,
    unsigned long *blank, bool *yes, struct ev_err *e) EV_MUST;

#endif
