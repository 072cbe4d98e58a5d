/* SPDX-License-Identifier: MIT */
#ifndef EVROUTE_H
#define EVROUTE_H

#include "cli/ack.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/stats.h"
#include "json/lines.h"
#include "match/rules.h"
#include "target/target.h"

/*
 * What the files of evroute share:
 *	evroute.c          options, the loop, its life and its end
 *	evroute-rules.c    a file of rules and who sends what where; reloading
 *	evroute-send.c     one event: which rules, which inputs, which addresses, which faults
 *	evroute-dest.c     one address: opens it, puts, keeps what is not durable yet
 *	evroute-retry.c    sends that again, finds what is poison
 *	evroute-report.c   --list, --dry-run, --stats
 *	evroute-explain.c  --explain and --test
 */
struct evroute_conf {
	struct ev_events events; /* first: holds ev_common */
	const char *rules, *unmatched, *annotate, *test, *import;
	bool check, explain, list, dry_run, ack;
};

/* The path of --annotate, which was given. */
static inline const char *
evroute_annotate(const struct evroute_conf *c)
{
	return *c->annotate != '\0' ? c->annotate : "rules";
}

struct evroute;

/* A line that is kept until it is durable. */
struct evroute_item {
	size_t off, n; /* in evroute.log */
	struct evroute_sender *who;
	const char *name; /* where the event came from; outlives it */
	unsigned long no;
	bool done; /* durable, or set aside */
};

/* An address, opened once for all that send there. */
struct evroute_dest {
	struct evroute *f;         /* borrowed */
	char *address;             /* owned */
	struct ev_target target;   /* does not move: each struct has an allocation of its own */
	struct ev_paths *set;      /* borrowed; that its target was opened with */
	bool open, dirty;          /* dirty: put to since it was durable */
	bool faulty;               /* faults are among that */
	bool busy;                 /* at work: nothing can be diverted to it */
	bool firm;                 /* takes a line for good or fails for good: nothing is kept */
	bool used;                 /* by the rules in force */
	struct evroute_item *item; /* owned; put since it was durable */
	size_t items, cap, found;  /* found: that a conflict was last about */
	unsigned refused;          /* in a row, by making it fail */
	uint64_t event;            /* the event that got is about */
	size_t *got;               /* owned; inputs of that event that it has */
	size_t gots, got_cap;
	uint64_t due; /* ev_mono when it wants to be durable; 0: no need */
	uint64_t events, bytes, retries;
};

/* For whom a line goes somewhere: a target of a rule, or what has no rule (--unmatched, faults). */
struct evroute_sender {
	const struct ev_rule *rule;  /* borrowed; NULL: none */
	const struct ev_rule_to *to; /* borrowed; NULL: the event itself */
	const char *address;         /* borrowed */
	struct evroute_dest *dest;   /* borrowed; NULL before anything is opened */
	struct evroute_dest *dead;   /* the dlq; NULL: none */
	bool fault;                  /* it sends faults, of which there are no faults */
	uint64_t events, faults;
};

/* A file of rules in force. */
struct evroute_rules {
	struct ev_rules rules;
	struct ev_ruling ruling;
	struct evroute_sender *sender; /* owned; of all rules in their order, then --unmatched */
	size_t senders;
	size_t *first;     /* owned; per rule its first sender, and one behind the last rule's */
	uint64_t *matched; /* owned; per rule */
};

/* What may leave for an event: the event itself or what a rule made of it. */
struct evroute_input {
	bool own;     /* the event itself */
	size_t at, n; /* else in evroute.made */
	size_t off;   /* in evroute.log; SIZE_MAX: it is not kept yet */
};

struct evroute {
	const struct evroute_conf *conf;
	char **names;                /* the operands; borrowed */
	struct evroute_rules *rules; /* owned */

	struct evroute_dest **dest; /* owned, in order of their first use */
	size_t dests;
	struct evroute_dest *faults; /* --faults; NULL: none */
	struct evroute_sender fault; /* sends to any of them */
	struct ev_buf log;           /* whole lines: what items are about */
	size_t kept;                 /* items of all dests */
	struct ev_scan scan;         /* of a line that was made here, in text */
	struct ev_buf text;

	struct ev_lines lines;
	uint64_t event;       /* number of the event at hand */
	struct ev_slice line; /* as it leaves */
	struct ev_buf annotated, made, value;
	struct evroute_input *input; /* owned; of the event at hand */
	size_t inputs, input_cap;

	struct ev_digest sha1;
	struct ev_buf fault_line, fault_batch;
	const char *batch;
	uint64_t fault_count, unmatched, waits, bytes;

	struct ev_ack ack;
	struct ev_out out; /* stdout, for barriers */
	bool ended;        /* a failure after which nothing more is made durable */
	struct ev_stats stats;
	struct ev_progress progress;
};

/*
 * Addresses (evroute-dest.c).
 */

/* Whether both mean the same place by their text. */
bool evroute_same(const char *a, const char *b);

/* Finds the address among those in use, or opens it; set as ev_target_open. */
enum ev_code evroute_dest_get(struct evroute *f, const char *address, struct ev_paths *set,
    struct evroute_dest **dest, struct ev_err *e) EV_MUST;

/* Opens it again, all being durable, for lines of another scanner. */
enum ev_code evroute_dest_again(
    struct evroute_dest *d, struct ev_paths *set, struct ev_err *e) EV_MUST;

/* Where e's name is the address, which may go now, makes it a part of the text. */
void evroute_own_name(const char *address, struct ev_err *e);

/* Closes those that are not in use (all: every one). What is not durable is given up. */
void evroute_dests_close(struct evroute *f, bool all);

/*
 * Puts a line for who; *off: where the log keeps it, SIZE_MAX if it does not yet. val: its values,
 * NULL if it has to be scanned. What the address refuses becomes a fault where there is a place for
 * one; what fails for a time is sent again.
 */
enum ev_code evroute_put(struct evroute *f, struct evroute_sender *who, struct ev_slice line,
    const struct ev_val *val, size_t *off, struct ev_err *e) EV_MUST;

/* Before a wait; *nap: ms after which a waiting caller should call again, 0: no need. */
enum ev_code evroute_flush(struct evroute *f, int *nap, struct ev_err *e) EV_MUST;

/* Makes all that was put durable, faults last. */
enum ev_code evroute_commit(struct evroute *f, struct ev_err *e) EV_MUST;

/* Whether so much is kept that it is time to commit. */
bool evroute_full(const struct evroute *f);

/*
 * Puts the line of an item to the target alone. EV_DATA, and it is still open: the line cannot go
 * there; after any other failure it is closed.
 */
enum ev_code evroute_offer(struct evroute_dest *d, const struct evroute_item *it,
    struct ev_slice line, const struct ev_val *val, struct ev_err *e) EV_MUST;

/* The line of an item. */
struct ev_slice evroute_kept(const struct evroute_dest *d, const struct evroute_item *it);

/* Makes durable what was put to the target; closes it after a failure. */
enum ev_code evroute_make_durable(struct evroute_dest *d, struct ev_err *e) EV_MUST;

/* Sets an item aside, for the reason in e. */
enum ev_code evroute_divert_item(
    struct evroute_dest *d, struct evroute_item *it, struct ev_err *e) EV_MUST;

/* Its items are all done. */
void evroute_forget(struct evroute_dest *d);

/*
 * What follows from rc, with which putting or making durable has ended, e being its reason
 * (evroute-retry.c). EV_OK: all items are done, and forgotten.
 */
enum ev_code evroute_settle(struct evroute_dest *d, enum ev_code rc, struct ev_err *e) EV_MUST;

/* The values of a line that was made here, and the line itself as they are of it. */
enum ev_code evroute_scan(
    struct evroute *f, struct ev_slice text, struct ev_slice *line, struct ev_err *e) EV_MUST;

/*
 * Events (evroute-send.c).
 */

/* Sends the event that f->lines has just read. EV_DATA: it is bad. */
enum ev_code evroute_send(struct evroute *f, struct ev_err *e) EV_MUST;

/* Turns *e, about a line that was meant for who (NULL: for nobody yet), into a fault for `to`. */
enum ev_code evroute_fault(struct evroute *f, struct evroute_dest *to,
    const struct evroute_sender *who, struct ev_slice line, struct ev_err *e) EV_MUST;

/*
 * What cannot go where who wanted it, as e says: to who's dlq, else (EV_DATA) to --faults, else e
 * stands. name, no: where the event came from.
 */
enum ev_code evroute_divert(struct evroute *f, struct evroute_sender *who, struct ev_slice line,
    const char *name, unsigned long no, struct ev_err *e) EV_MUST;

/*
 * Rules (evroute-rules.c).
 */

/*
 * Loads the rules of f->conf, with all warnings where warn is set, and checks all addresses; opens
 * them where `open` is set.
 */
enum ev_code evroute_rules_load(struct evroute *f, bool warn, bool open,
    struct evroute_rules **rules, struct ev_err *e) EV_MUST;
void evroute_rules_free(struct evroute_rules *r);

/*
 * Loads them again between two events; where that fails it says so and all stays as it is. A
 * failure is one of the addresses in use.
 */
enum ev_code evroute_reload(struct evroute *f, struct ev_err *e) EV_MUST;

/* The value of a rule's member as the file has it; p NULL: there is none. */
struct ev_slice evroute_member(
    const struct ev_rules *r, const struct ev_rule *rule, const char *name);

/* Whether any of them sends to stdout. */
bool evroute_writes_stdout(const struct evroute_rules *r);

/* EV_USAGE where barriers are to be passed on or answered, and an address in use acknowledges
 * nothing. */
enum ev_code evroute_check_worker(
    const struct evroute *f, const struct evroute_rules *r, struct ev_err *e) EV_MUST;

/* The id of its rule; "" for none. */
const char *evroute_id(const struct evroute_sender *who);

/*
 * Reports (evroute-report.c, evroute-explain.c): on stdout.
 */
enum ev_code evroute_list(struct evroute *f, struct ev_err *e) EV_MUST;
/* What each rule sent where; on stderr as --stats wants it, on stdout as a report. */
enum ev_code evroute_report(struct evroute *f, int fd, struct ev_err *e) EV_MUST;
enum ev_code evroute_import(struct evroute *f, struct ev_err *e) EV_MUST;
enum ev_code evroute_explain(struct evroute *f, struct ev_err *e) EV_MUST;
enum ev_code evroute_test(struct evroute *f, struct ev_err *e) EV_MUST;

#endif
