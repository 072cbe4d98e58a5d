/* SPDX-License-Identifier: MIT */
#ifndef EV_TARGET_H
#define EV_TARGET_H

#include "base/buf.h"
#include "base/hash.h"
#include "json/scan.h"

/*
 * Addresses: `-`, `fd:N`, PATH, `file:PATH`, `null:`, `lake:DIR`. A scheme is `[a-z][a-z0-9]+:` at
 * the start and in the table; any other colon belongs to a path; an unknown `scheme://` is an
 * error. Our options follow the last `#` as `k=v&k=v`; a literal `#` is `%23`. A new scheme is one
 * file and one row of the table in target.c.
 */
struct ev_target;

struct ev_scheme {
	const char *name;
	bool whole; /* it takes no options: a '#' belongs to the address */
	/*
	 * Whether the address is well formed; touches nothing. rest: what follows the colon, %23
	 * decoded, without options; opts: behind the '#', "" for none (see ev_opts_next).
	 * Paths whose values are wanted are added to set.
	 */
	enum ev_code (*check)(
	    const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e);
	/* After a check. rest is borrowed for the call only. */
	enum ev_code (*open)(struct ev_target *t, const char *rest, const char *opts,
	    struct ev_paths *set, struct ev_err *e);
	enum ev_code (*put)(
	    struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e);
	enum ev_code (*flush)(struct ev_target *t, struct ev_err *e);
	enum ev_code (*sync)(struct ev_target *t, struct ev_err *e);
	/* As ev_target_nap; NULL: never. */
	int (*nap)(const struct ev_target *t);
	/* Frees; what was not synced is given up. */
	void (*close)(struct ev_target *t);
};

/* An address taken apart. */
struct ev_address {
	const struct ev_scheme *scheme; /* "fd" with rest "-" for `-`, "file" for a PATH */
	char *rest;                     /* owned; %23 decoded */
	char *opts;                     /* owned; %23 decoded; "" for none */
};

/* EV_USAGE when it is none: what was found, and the schemes there are. */
enum ev_code ev_address_parse(struct ev_address *a, const char *address, struct ev_err *e) EV_MUST;
void ev_address_fini(struct ev_address *a);

/*
 * The next `k=v` of opts, which moves behind it. EV_NO at the end; EV_USAGE where a key lacks its
 * `=`. Borrowed.
 */
enum ev_code ev_opts_next(
    const char **opts, struct ev_slice *k, struct ev_slice *v, struct ev_err *e) EV_MUST;

/* EV_USAGE, naming the first option, unless opts is empty: for schemes that have none. */
enum ev_code ev_opts_none(const char *scheme, const char *opts, struct ev_err *e) EV_MUST;

/*
 * Whether the destination is the very file or folder that the source reads (`-`: stdin): it would
 * feed itself.
 */
bool ev_address_same(const char *source, const char *destination);

/* Where events go. */
struct ev_target {
	const struct ev_scheme *scheme;
	const char *address; /* borrowed; for messages */
	void *impl;          /* owned by the scheme */
	bool wants;          /* ev_target_put looks at values: without, val may be NULL */
	uint64_t events;     /* put */
	bool forgetful;      /* a sync makes nothing durable (a stream with sync=none) */
	bool failed;         /* making durable failed: only close is allowed */
	uint64_t durable;    /* of these: certainly durable */
	uint64_t torn;       /* bytes of torn last lines that were found and moved aside */
	/* The caller may set these: where the event at hand came from, for messages; name outlives
	 * the target. */
	const char *name;
	unsigned long line;
	/* What the caller reads, as for ev_in_init: a name that an event chooses may not be one of
	 * them. */
	const char *const *inputs;
	/*
	 * And these, once open: an event that turns out to be bad only when it is made durable (a
	 * lake holds its id and timestamp with other bytes). conflict: e holds the EV_DATA; EV_OK,
	 * with e cleared: it was set aside, as a fault. settle makes what was set aside durable
	 * before the others become so. Without them such an event fails the sync.
	 */
	enum ev_code (*conflict)(void *arg, struct ev_slice line, struct ev_err *e);
	enum ev_code (*settle)(void *arg, struct ev_err *e);
	void *arg;
};

/*
 * Whether ev_target_open would understand the address; opens nothing. EV_USAGE for an unknown
 * scheme or option, a bad template. set as below.
 */
enum ev_code ev_target_check(const char *address, struct ev_paths *set, struct ev_err *e) EV_MUST;

/*
 * set holds the envelope's paths (ev_event_paths) and no scanner uses it yet; what the address asks
 * for is added to it. EV_USAGE for an unknown scheme or option. *t needs no preparation, holds
 * nothing after a failure, and must not move while it is open. address is borrowed.
 */
enum ev_code ev_target_open(
    struct ev_target *t, const char *address, struct ev_paths *set, struct ev_err *e) EV_MUST;

/*
 * Puts one event; line, without its LF, is copied or written. val: the values of that line by path
 * number, of a scanner over the set given to ev_target_open: `ev_target_put(&t, l.line, l.scan.val,
 * e)`. EV_DATA: this event cannot go there (it lacks what the address asks for) and nothing of it
 * was written: the next one may. Anything else: the destination failed.
 */
enum ev_code ev_target_put(
    struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e) EV_MUST;

/*
 * Before a wait for input: what was put becomes visible to readers where that is cheap (a file is
 * synced, a lake keeps its open segment). Acknowledges nothing.
 */
enum ev_code ev_target_flush(struct ev_target *t, struct ev_err *e) EV_MUST;

/* Milliseconds after which a waiting caller should sync, at least 1; 0: no need. */
int ev_target_nap(const struct ev_target *t);

/*
 * Makes all that was put durable, as far as the scheme can; after EV_OK all of it may be
 * acknowledged. EV_DATA: a conflict that nobody set aside; what was put before it is durable. Or a
 * command that could not do some event since the last sync: of these nothing is known.
 */
enum ev_code ev_target_sync(struct ev_target *t, struct ev_err *e) EV_MUST;

/* Safe on a zeroed or closed one. What was not synced may be lost. */
void ev_target_close(struct ev_target *t);

/*
 * `--faults`: bad events on their way to an address. The protocol of a command:
 *	rc = ev_lines_next(...);
 *	if (rc == EV_DATA)
 *		rc = ev_faults_take(&f, l.line, &e);   EV_OK: it is a fault now, e is clear, go on
 * and ev_faults_sync before anything is acknowledged and at the end.
 * Without an address the failure stays as it is: the command stops with it.
 */
struct ev_faults {
	struct ev_target target;
	bool on;
	struct ev_paths set; /* of the target, over fault events */
	struct ev_scan scan;
	struct ev_digest sha1;
	struct ev_buf line;
	const char *function, *batch; /* borrowed */
	const char *const *tags;      /* borrowed */
	struct ev_slice said;         /* borrowed; the caller may set it: see ev_fault.said */
	uint64_t taken;
};

/* address: NULL for none. batch: EVHUB_BATCH or NULL. tags: K, V, …, NULL, or NULL. All borrowed.
 */
enum ev_code ev_faults_open(struct ev_faults *f, const char *address, const char *function,
    const char *batch, const char *const *tags, struct ev_err *e) EV_MUST;

/*
 * Turns the EV_DATA in e, about record, into a fault; clears e on success. Where record.p is NULL
 * (a line too long to keep) or without an address it returns e's code and leaves e alone. There are
 * no faults of faults: any failure to write one is EV_SYS or EV_AGAIN, and e then tells that one.
 */
enum ev_code ev_faults_take(struct ev_faults *f, struct ev_slice record, struct ev_err *e) EV_MUST;

/* Makes the faults taken durable. EV_SYS or EV_AGAIN when it cannot. */
enum ev_code ev_faults_sync(struct ev_faults *f, struct ev_err *e) EV_MUST;
void ev_faults_close(struct ev_faults *f);

#endif
