/* SPDX-License-Identifier: MIT */
#ifndef EV_STORE_H
#define EV_STORE_H

#include "base/buf.h"
#include "base/hash.h"
#include "json/scan.h"

/*
 * A small durable store in one SQLite file, which one process at a time holds. What is changed
 * lasts from ev_store_commit on (WAL, fsync); what was not committed is gone after a crash. The
 * caller commits AFTER the output that the changes stand for was written: a crash between the two
 * repeats events and loses none.
 */
enum {
	EV_STORE_ROWS = 10000000,    /* the most that a table of a file keeps */
	EV_STORE_ROWS_TMP = 1000000, /* and of a private store */
	EV_STORE_KEY = 65            /* bytes of a key at most */
};

struct ev_store {
	void *db;         /* owned */
	const char *name; /* borrowed; for messages */
	bool open;        /* a transaction is */
	int64_t batch; /* stands for EVHUB_BATCH, 0: none. Two that share a number repeat events, no
			  more */
	int64_t run;   /* number of this process in this file */
	int64_t salt;  /* of hashes in this file, so that nobody can choose keys that collide */
	int64_t rows;  /* the most that a table keeps */
	struct ev_stmt *queries; /* borrowed; those prepared */
	struct ev_digest sha;    /* for long keys; made when first needed */
	struct ev_buf tmp;
};

/* A statement, prepared when first run. Outlives the store; the store frees what it holds. */
struct ev_stmt {
	const char *sql;
	void *stmt;
	struct ev_stmt *next;
};

/* A value on its way in or out: an integer, or bytes when p is not NULL. */
struct ev_datum {
	int64_t i;
	struct ev_slice bytes;
};

/*
 * path: a state file, made when there is none; NULL: a private store that ends with the process, in
 * memory and, beyond a few MiB in a temporary file. batch: EVHUB_BATCH or NULL. EV_USAGE: a file
 * that is no state file of ours, or a newer one; EV_AGAIN: another process holds it. *s needs no
 * preparation and holds nothing after a failure.
 */
enum ev_code ev_store_open(
    struct ev_store *s, const char *path, const char *batch, struct ev_err *e) EV_MUST;

/*
 * Runs q with n values for its ?1, ?2, …; begins a transaction when none is open. EV_OK: a row, its
 * first m columns in out (bytes borrowed until q runs again, or the next commit); EV_NO: none.
 */
enum ev_code ev_store_run(struct ev_store *s, struct ev_stmt *q, const struct ev_datum *in,
    size_t n, struct ev_datum *out, size_t m, struct ev_err *e) EV_MUST;

/* The same for statements that give no row. */
enum ev_code ev_store_do(struct ev_store *s, struct ev_stmt *q, const struct ev_datum *in, size_t n,
    struct ev_err *e) EV_MUST;

/* Makes all changes last. */
enum ev_code ev_store_commit(struct ev_store *s, struct ev_err *e) EV_MUST;

/*
 * A captured value as tables hold it: its text (of a string, unescaped) when it is short, else the
 * SHA-256 of that; strings and others apart. out holds the bytes.
 */
enum ev_code ev_store_key(struct ev_store *s, const struct ev_val *v, char out[EV_STORE_KEY],
    struct ev_slice *key, struct ev_err *e) EV_MUST;

/* The hash of such a key. */
int64_t ev_store_hash(const struct ev_store *s, struct ev_slice key);

/* Rolls back what was not committed. Safe on a zeroed or closed one. */
void ev_store_close(struct ev_store *s);

#endif
