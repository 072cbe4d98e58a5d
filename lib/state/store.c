/* SPDX-License-Identifier: MIT */
#include "state/store.h"

#include <errno.h>
#include <sqlite3.h>

#include "json/str.h"

enum {
	APPLICATION = 0x65765354, /* "evST" in the file's header */
	VERSION = 1,              /* of the tables */
	WAIT_MS = 2000,           /* for a process that is about to let go of the file */
};

/*
 * Rows are numbered in the order they came, so that the oldest are those with the smallest n. A
 * newer row of a key replaces the older one and takes a new number.
 */
static const char schema[] =
    "CREATE TABLE run(n INTEGER NOT NULL, salt INTEGER NOT NULL);"
    "INSERT INTO run VALUES(0, random());"
    /* keys seen: when, in which batch, by which run. A hash needs a sixth of the pages in an index
     */
    "CREATE TABLE seen(n INTEGER PRIMARY KEY, hash INTEGER NOT NULL, key BLOB NOT NULL,"
    " at INTEGER NOT NULL, batch INTEGER NOT NULL, run INTEGER NOT NULL);"
    "CREATE INDEX seen_hash ON seen(hash);"
    /* (timestamp, id) per key: the newest ever, the newest before the batch and in this run */
    "CREATE TABLE newest(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, ts INTEGER NOT NULL, id,"
    " base_ts INTEGER NOT NULL, base_id, view_ts INTEGER NOT NULL, view_id,"
    " batch INTEGER NOT NULL, run INTEGER NOT NULL);"
    "PRAGMA application_id=0x65765354; PRAGMA user_version=1;";

static enum ev_code
fail(struct ev_store *s, int code, struct ev_err *e)
{
	const char *why = s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(code);

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ev_fail(e, EV_AGAIN, "state file %s is in use by another process", s->name);
	case SQLITE_NOTADB:
		return ev_fail(e, EV_USAGE, "%s is no state file: it is no SQLite file", s->name);
	case SQLITE_NOMEM:
		return ev_fail_mem(e);
	case SQLITE_CANTOPEN:
		errno = s->db != NULL ? sqlite3_system_errno(s->db) : 0;
		return errno != 0 ? ev_fail_sys(e, "cannot open state file %s", s->name)
				  : ev_fail(e, EV_SYS, "cannot open state file %s", s->name);
	default:
		return ev_fail(e, EV_SYS, "state file %s: %s", s->name, why);
	}
}

static enum ev_code
exec(struct ev_store *s, const char *sql, struct ev_err *e)
{
	int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? EV_OK : fail(s, code, e);
}

/* One integer. */
static enum ev_code
ask(struct ev_store *s, const char *sql, int64_t *v, struct ev_err *e)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		*v = sqlite3_column_int64(stmt, 0);
		code = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	if (code == SQLITE_DONE)
		return ev_fail(e, EV_SYS, "state file %s is damaged: a row is missing", s->name);
	return code == SQLITE_OK ? EV_OK : fail(s, code, e);
}

/* Refuses what is not ours before anything is written. *fresh: the file is empty. */
static enum ev_code
identify(struct ev_store *s, bool *fresh, struct ev_err *e)
{
	int64_t application, version, tables;
	enum ev_code rc;

	if ((rc = ask(s, "PRAGMA application_id", &application, e)) != EV_OK ||
	    (rc = ask(s, "PRAGMA user_version", &version, e)) != EV_OK ||
	    (rc = ask(s, "SELECT count(*) FROM sqlite_schema", &tables, e)) != EV_OK)
		return rc;
	*fresh = application == 0 && version == 0 && tables == 0;
	if (!*fresh && application != APPLICATION)
		return ev_fail(e, EV_USAGE,
		    "%s is no state file: it is another program's SQLite file", s->name);
	if (!*fresh && version != VERSION)
		return ev_fail(e, EV_USAGE, "state file %s has version %lld, wanted %d", s->name,
		    (long long)version, VERSION);
	return EV_OK;
}

/* Settings, tables, and the number of this run, which lasts with the first commit. */
static enum ev_code
prepare(struct ev_store *s, bool private, struct ev_err *e)
{
	const char *how = private
	    ? "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"
	    : "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;";
	enum ev_code rc;
	bool fresh;

	if ((rc = exec(s, "PRAGMA locking_mode=EXCLUSIVE", e)) != EV_OK ||
	    (rc = identify(s, &fresh, e)) != EV_OK || (rc = exec(s, how, e)) != EV_OK ||
	    (rc = exec(s, "BEGIN IMMEDIATE", e)) != EV_OK)
		return rc;
	s->open = true;
	if (fresh && (rc = exec(s, schema, e)) != EV_OK)
		return rc;
	if ((rc = exec(s, "UPDATE run SET n = n + 1", e)) != EV_OK ||
	    (rc = ask(s, "SELECT n FROM run", &s->run, e)) != EV_OK)
		return rc;
	return ask(s, "SELECT salt FROM run", &s->salt, e);
}

enum ev_code
ev_store_open(struct ev_store *s, const char *path, const char *batch, struct ev_err *e)
{
	const int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_EXRESCODE;
	enum ev_code rc;
	sqlite3 *db;
	int code;

	*s = (struct ev_store){ .name = path != NULL ? path : "(temporary)", .tmp = EV_BUF(0) };
	s->rows = path != NULL ? EV_STORE_ROWS : EV_STORE_ROWS_TMP;
	if (batch != NULL)
		s->batch = (int64_t)(ev_xxh3(batch, strlen(batch)) | 1);
	if (path != NULL && (*path == '\0' || *path == ':')) /* SQLite would keep nothing */
		return ev_fail(e, EV_USAGE, "'%s' is no path of a state file", path);
	code = sqlite3_open_v2(path != NULL ? path : "", &db, how, NULL);
	s->db = db;
	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(db, WAIT_MS);
		rc = prepare(s, path == NULL, e);
	} else {
		rc = fail(s, code, e);
	}
	if (rc != EV_OK)
		ev_store_close(s);
	return rc;
}

static int
bind(sqlite3_stmt *stmt, const struct ev_datum *in, size_t n)
{
	int code = SQLITE_OK;
	size_t i;

	for (i = 0; i < n && code == SQLITE_OK; i++) {
		if (in[i].bytes.p != NULL)
			code = sqlite3_bind_blob64(
			    stmt, (int)i + 1, in[i].bytes.p, in[i].bytes.n, SQLITE_STATIC);
		else
			code = sqlite3_bind_int64(stmt, (int)i + 1, in[i].i);
	}
	return code;
}

static struct ev_datum
column(sqlite3_stmt *stmt, int i)
{
	struct ev_datum c = { 0, { NULL, 0 } };

	if (sqlite3_column_type(stmt, i) == SQLITE_BLOB) {
		const void *p = sqlite3_column_blob(stmt, i);

		c.bytes =
		    (struct ev_slice){ p != NULL ? p : "", (size_t)sqlite3_column_bytes(stmt, i) };
	} else {
		c.i = sqlite3_column_int64(stmt, i);
	}
	return c;
}

static enum ev_code
ready(struct ev_store *s, struct ev_stmt *q, struct ev_err *e)
{
	sqlite3_stmt *stmt;
	enum ev_code rc;
	int code;

	if (!s->open) {
		if ((rc = exec(s, "BEGIN IMMEDIATE", e)) != EV_OK)
			return rc;
		s->open = true;
	}
	if (q->stmt != NULL) {
		sqlite3_reset(q->stmt);
		return EV_OK;
	}
	code = sqlite3_prepare_v3(s->db, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (code != SQLITE_OK)
		return fail(s, code, e);
	q->stmt = stmt;
	q->next = s->queries;
	s->queries = q;
	return EV_OK;
}

enum ev_code
ev_store_run(struct ev_store *s, struct ev_stmt *q, const struct ev_datum *in, size_t n,
    struct ev_datum *out, size_t m, struct ev_err *e)
{
	enum ev_code rc = ready(s, q, e);
	size_t i;
	int code;

	if (rc != EV_OK)
		return rc;
	code = bind(q->stmt, in, n);
	if (code == SQLITE_OK)
		code = sqlite3_step(q->stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return fail(s, code, e);
	for (i = 0; code == SQLITE_ROW && i < m; i++)
		out[i] = column(q->stmt, (int)i);
	return code == SQLITE_ROW ? EV_OK : EV_NO;
}

enum ev_code
ev_store_do(
    struct ev_store *s, struct ev_stmt *q, const struct ev_datum *in, size_t n, struct ev_err *e)
{
	enum ev_code rc = ev_store_run(s, q, in, n, NULL, 0, e);

	return rc == EV_NO ? EV_OK : rc;
}

enum ev_code
ev_store_commit(struct ev_store *s, struct ev_err *e)
{
	struct ev_stmt *q;
	enum ev_code rc;

	if (!s->open)
		return EV_OK;
	for (q = s->queries; q != NULL;
	     q = q->next) /* one that reads would keep the WAL from being emptied */
		sqlite3_reset(q->stmt);
	rc = exec(s, "COMMIT", e);
	s->open = rc != EV_OK;
	return rc;
}

/* Long text as its digest. */
static enum ev_code
digest(struct ev_store *s, struct ev_slice text, char *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (s->sha.ctx == NULL)
		rc = ev_digest_init(&s->sha, "SHA256", e);
	if (rc == EV_OK)
		rc = ev_digest_add(&s->sha, text.p, text.n, e);
	return rc != EV_OK ? rc : ev_digest_sum(&s->sha, (unsigned char *)out, e);
}

enum ev_code
ev_store_key(struct ev_store *s, const struct ev_val *v, char out[EV_STORE_KEY],
    struct ev_slice *key, struct ev_err *e)
{
	struct ev_slice text = v->raw;
	bool string = v->kind == EV_STRING;
	enum ev_code rc = EV_OK;

	if (string) {
		s->tmp.max = v->raw.n;
		rc = ev_str_view(v->raw, &s->tmp, &text, e);
	}
	if (rc != EV_OK)
		return rc;
	*key = (struct ev_slice){ out, 1 + text.n };
	if (text.n < EV_STORE_KEY) {
		out[0] = string ? 's' : 'j';
		memcpy(out + 1, text.p, text.n);
		return EV_OK;
	}
	out[0] = string ? 'S' : 'J';
	key->n = 33;
	return digest(s, text, out + 1, e);
}

int64_t
ev_store_hash(const struct ev_store *s, struct ev_slice key)
{
	char salted[sizeof(s->salt) + EV_STORE_KEY];

	memcpy(salted, &s->salt, sizeof(s->salt));
	memcpy(salted + sizeof(s->salt), key.p, key.n);
	return (int64_t)ev_xxh3(salted, sizeof(s->salt) + key.n);
}

void
ev_store_close(struct ev_store *s)
{
	struct ev_stmt *q;

	for (q = s->queries; q != NULL; q = q->next) {
		sqlite3_finalize(q->stmt);
		q->stmt = NULL;
	}
	sqlite3_close(s->db); /* an open transaction is rolled back */
	ev_digest_fini(&s->sha);
	ev_buf_fini(&s->tmp);
	*s = (struct ev_store){ 0 };
}
