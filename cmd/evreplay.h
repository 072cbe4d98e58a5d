/* SPDX-License-Identifier: MIT */
#ifndef EVREPLAY_H
#define EVREPLAY_H

#include "base/io.h"
#include "base/pace.h"
#include "base/sort.h"
#include "cli/progress.h"
#include "cli/stats.h"
#include "event/tally.h"
#include "work/checkpoint.h"
#include "work/run.h"

/*
 * The parts of evreplay: evreplay.c opens and ends, -order sorts, -pump takes events from the lanes
 * of the source and gives them to a sink: -print (stdout) or -command (COMMAND); -commit moves
 * positions, -jobs starts a process per share of the shards, -queue and -lease share a group.
 */
#define EVREPLAY_UNSET UINT64_MAX /* a number that was not given */

struct conf {
	struct ev_select_args select; /* first: holds ev_events and ev_common */
	const char *order;            /* NULL: what the source has */
	uint64_t limit;
	const char *rate, *speed;
	bool dry_run;
	/* where to begin and to end */
	uint64_t shard; /* or EVREPLAY_UNSET */
	const char *offset;
	bool follow, unsynced;
	const char *group, *state, *commit;
	/* what COMMAND gets, and what becomes of its failures */
	uint64_t batch, batch_bytes;  /* or EVREPLAY_UNSET */
	int64_t window;               /* ms; -1: none */
	uint64_t retries, max_faults; /* or EVREPLAY_UNSET */
	int64_t max_age, timeout;     /* ms; -1: none */
	const char *give_up;
	bool worker;
	uint64_t inflight, jobs; /* or EVREPLAY_UNSET */
	/* a work queue */
	bool queue, ordered;
	int64_t visibility;    /* ms; -1: not given */
	uint64_t max_receives; /* or EVREPLAY_UNSET; 0: no limit */
	char **words;          /* COMMAND; NULL: none */
};

/* What is counted. */
struct counts {
	uint64_t read, bytes, sent, faults, waits, batches, invocations, retries;
};

/* An event on its way. Borrowed until the next one of its lane. */
struct item {
	struct ev_slice line;
	struct ev_val type;
	bool timed;
	int64_t ms;
	uint64_t seq;
};

/* A lane of the source and what is on its way from it. */
struct replay;
struct lane {
	struct ev_source_lane *from; /* borrowed */
	bool ended;
	/* the open batch */
	size_t n, bytes;
	uint64_t since; /* ns of ev_mono, of its first event */
	struct ev_micro batch;
	/* what was handed on: the positions behind batches that are not done, in order */
	struct ev_position *ring; /* owned */
	size_t size, first, waiting;
	uint64_t committed;      /* when, ns of ev_mono: workers */
	struct ev_position done; /* behind what is done */
	struct ev_position last; /* what is committed */
	bool moved;              /* they differ */
	char id[160];            /* EVHUB_BATCH of what comes next */
	struct ev_run run;
	bool runs, failed;
	int keep[2]; /* what COMMAND inherits */
	struct replay *replay;
};

/* Where events go. */
struct sink {
	/* Puts an event into the lane's open batch. */
	enum ev_code (*put)(
	    struct replay *r, struct lane *l, const struct item *it, struct ev_err *e);
	/* Hands on the open batch, which is not empty. */
	enum ev_code (*hand_on)(struct replay *r, struct lane *l, struct ev_err *e);
	/* Before a wait: what is on its way goes. May move positions. */
	enum ev_code (*settle)(struct replay *r, struct lane *l, struct ev_err *e);
	/* All that was handed on is done, or cannot be. */
	enum ev_code (*finish)(struct replay *r, struct lane *l, struct ev_err *e);
};
extern const struct sink evreplay_print, evreplay_count, evreplay_command;

struct replay {
	const struct conf *conf;
	const char *address;
	struct ev_source source;
	struct ev_checkpoint checkpoint;
	struct lane *lane; /* owned; as many as the source has, one where it is sorted */
	size_t lanes;
	bool begun;     /* the source can be read */
	bool positions; /* are kept */
	bool durable;   /* stdout is a file, which is synced before a position is committed */
	const struct sink *sink;
	size_t most_events, most_bytes; /* of a batch */
	bool need_time;                 /* events without a timestamp are bad */
	const char *inputs[2];          /* the file that is read */
	struct ev_paths paths;
	struct ev_select select;
	struct ev_sort sort;
	bool by_time, sorted; /* sorted: all was read */
	struct ev_faults faults;
	uint64_t synced; /* faults that are durable */
	/* Something could not be made durable, and was told. A second try might seem to succeed,
	 * so that no position moves any more. */
	bool stuck;
	struct ev_out out;
	struct ev_pace pace;
	struct ev_tally tally;
	uint64_t start; /* ns of ev_mono */
	struct ev_progress progress;
	uint64_t taken, sent, waits;
	struct counts earlier; /* of runners that are closed */
	int report;            /* a job's counts go here, not to stderr; -1: it is none */
};

/* Whether conf makes sense; its defaults. EV_USAGE says what does not. */
enum ev_code evreplay_check(struct conf *c, const char *address, struct ev_err *e) EV_MUST;

/* The next event of a lane, sorted where that was asked for; bad lines are faults. As
 * ev_source_next. */
enum ev_code evreplay_next(
    struct replay *r, struct lane *l, struct item *it, struct ev_err *e) EV_MUST;
/* The same before sorting. */
enum ev_code evreplay_read(
    struct replay *r, struct lane *l, struct item *it, struct ev_err *e) EV_MUST;
void evreplay_took(struct replay *r, struct lane *l);

/* Until the source or the limit ends. EV_NO: a signal asked to stop. */
enum ev_code evreplay_pump(struct replay *r, struct ev_err *e) EV_MUST;

void evreplay_add_run(struct counts *sum, const struct ev_run *run);
void evreplay_add_counts(struct counts *sum, const struct counts *c);
void evreplay_show_counts(const struct conf *conf, uint64_t start, const struct counts *c);
void evreplay_show_stats(const struct replay *r);
/* At the end: --stats, or for the process that we are a job of. */
void evreplay_end_stats(const struct replay *r);

/* SIGUSR1, progress. */
void evreplay_tick(struct replay *r);

/* Opens the places of positions and finds where each lane begins. EV_NO: a signal asked to stop. */
enum ev_code evreplay_begin(struct replay *r, struct ev_err *e) EV_MUST;
/* What is done is p; evreplay_commit makes that last, with the faults before it. */
void evreplay_done(struct lane *l, const struct ev_position *p);
enum ev_code evreplay_commit(struct replay *r, struct lane *l, struct ev_err *e) EV_MUST;

/* What --dry-run found. */
enum ev_code evreplay_report(struct replay *r, struct ev_err *e) EV_MUST;
/* stdout where positions are kept without a COMMAND. */
enum ev_code evreplay_open_print(struct replay *r, struct ev_err *e) EV_MUST;

/* The lane's runner, with what done does. lock: that COMMAND is to inherit; -1: none. */
enum ev_code evreplay_open_run(struct replay *r, struct lane *l, int lock,
    enum ev_code (*done)(void *arg, const struct ev_micro *b, struct ev_err *e),
    struct ev_err *e) EV_MUST;

/* --queue: leases events, instead of evreplay_begin and evreplay_pump. */
enum ev_code evreplay_queue(struct replay *r, struct ev_err *e) EV_MUST;

/* Runs jobs processes of evreplay_share, which serves every jobs-th shard from `first` on. */
enum ev_code evreplay_jobs(const struct conf *c, const char *address, struct ev_err *e) EV_MUST;
enum ev_code evreplay_share(const struct conf *c, const char *address, uint32_t first,
    uint32_t step, int report, struct ev_err *e) EV_MUST;

#endif
