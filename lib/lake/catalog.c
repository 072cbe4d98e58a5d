/* SPDX-License-Identifier: MIT */
#include "lake/catalog.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "lake/grow.h"

enum { APPLICATION = 0x45564C4B, VERSION = 1, BUSY_MS = 10000 };

struct ev_catalog {
	sqlite3 *db;
};

static const char schema[] =
    "CREATE TABLE segment(seg INTEGER PRIMARY KEY, ulid TEXT NOT NULL UNIQUE, path TEXT NOT NULL "
    "UNIQUE,"
    " state INT NOT NULL, dt TEXT NOT NULL, tier INT NOT NULL, ord INT NOT NULL, seq INT,"
    " ts0 INT, ts1 INT, n INT, rbytes INT, cbytes INT, evix_off INT, idt_off INT, idt_bits INT,"
    " file_xxh INT, remote TEXT, dead_at INT);"
    "CREATE INDEX segment_ts ON segment(state, ts0, ts1);"
    "CREATE TABLE type(tid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE block(seg INT, blk INT, off INT, clen INT, rlen INT, n INT, ts0 INT, ts1 INT,"
    " types BLOB, xxh INT, PRIMARY KEY(seg,blk)) WITHOUT ROWID;"
    "CREATE TABLE rollup(hour INT, tid INT, seg INT, n INT, PRIMARY KEY(hour,tid,seg)) WITHOUT "
    "ROWID;"
    "CREATE TABLE run(run INTEGER PRIMARY KEY, path TEXT UNIQUE, level INT, n INT);"
    "CREATE TABLE run_seg(run INT, ord INT, seg INT, PRIMARY KEY(run,ord)) WITHOUT ROWID;"
    "CREATE TABLE source(name TEXT, part INT, next_seq INT, PRIMARY KEY(name,part)) WITHOUT ROWID;"
    "CREATE TABLE tomb(id TEXT PRIMARY KEY, at INT, why TEXT) WITHOUT ROWID;"
    "PRAGMA application_id=0x45564C4B;"
    "PRAGMA user_version=1;";

static enum ev_code
fail(struct ev_catalog *c, struct ev_err *e)
{
	int code = c->db != NULL ? sqlite3_errcode(c->db) & 0xff : SQLITE_NOMEM;
	int sys = c->db != NULL ? sqlite3_system_errno(c->db) : 0;

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return ev_fail(e, EV_AGAIN, "catalog.db is locked by another process since %d s",
		    BUSY_MS / 1000);
	if (sys != 0 && (code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_CANTOPEN))
		return ev_fail(
		    e, EV_SYS, "catalog.db: %s: %s", sqlite3_errmsg(c->db), strerror(sys));
	return ev_fail(
	    e, EV_SYS, "catalog.db: %s", c->db != NULL ? sqlite3_errmsg(c->db) : "out of memory");
}

static enum ev_code
run(struct ev_catalog *c, const char *sql, struct ev_err *e)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? EV_OK : fail(c, e);
}

static enum ev_code
prepare(struct ev_catalog *c, const char *sql, sqlite3_stmt **st, struct ev_err *e)
{
	return sqlite3_prepare_v2(c->db, sql, -1, st, NULL) == SQLITE_OK ? EV_OK : fail(c, e);
}

/* Runs a statement that gives no rows. */
static enum ev_code
step(struct ev_catalog *c, sqlite3_stmt *st, struct ev_err *e)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	return rc == SQLITE_DONE ? EV_OK : fail(c, e);
}

/* Binds integers from the first parameter on; the list ends with its length. */
static void
bind_ints(sqlite3_stmt *st, int from, int n, ...)
{
	va_list ap;

	va_start(ap, n);
	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(st, from + i, va_arg(ap, sqlite3_int64));
	va_end(ap);
}

/* One row of integers. */
static enum ev_code
one_int(struct ev_catalog *c, const char *sql, int64_t *v, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, sql, &st, e);

	if (rc != EV_OK)
		return rc;
	if (sqlite3_step(st) == SQLITE_ROW)
		*v = sqlite3_column_int64(st, 0);
	else
		rc = fail(c, e);
	sqlite3_finalize(st);
	return rc;
}

/*
 * A folder that cannot be written to has no place for SQLite's shared memory. Without a log
 * behind it the file is all there is, and can be read as it stands.
 */
static bool
immutable(const char *lake, const char *path)
{
	struct ev_buf wal = EV_BUF(SIZE_MAX);
	struct stat st;
	bool yes = false;

	if (access(lake, W_OK) != 0 && ev_buf_addf(&wal, NULL, "%s-wal", path) == EV_OK)
		yes = stat(wal.p, &st) != 0 || st.st_size == 0;
	ev_buf_fini(&wal);
	return yes;
}

/* file:PATH?immutable=1 */
static enum ev_code
uri(const char *path, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = ev_buf_adds(out, EV_LIT("file:"), e);

	for (; rc == EV_OK && *path != '\0'; path++)
		rc = strchr("%?#", *path) != NULL
		    ? ev_buf_addf(out, e, "%%%02X", (unsigned char)*path)
		    : ev_buf_addc(out, *path, e);
	return rc != EV_OK ? rc : ev_buf_adds(out, EV_LIT("?immutable=1"), e);
}

static enum ev_code
open_file(struct ev_catalog *c, const char *lake, enum ev_catalog_how how, struct ev_err *e)
{
	struct ev_buf path = EV_BUF(SIZE_MAX), name = EV_BUF(SIZE_MAX);
	int flags = SQLITE_OPEN_READWRITE | (how == EV_CATALOG_MAKE ? SQLITE_OPEN_CREATE : 0);
	enum ev_code rc;

	rc = ev_buf_addf(&path, e, "%s/catalog.db", lake);
	if (rc == EV_OK && access(path.p, F_OK) != 0 && how != EV_CATALOG_MAKE)
		rc = ev_fail_sys(e, "catalog.db");
	else if (rc == EV_OK && how == EV_CATALOG_READ && immutable(lake, path.p)) {
		flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
		rc = uri(path.p, &name, e);
	} else if (rc == EV_OK) {
		rc = ev_buf_adds(&name, ev_buf_view(&path), e);
	}
	if (rc == EV_OK &&
	    sqlite3_open_v2(name.p, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		rc = fail(c, e);
	ev_buf_fini(&path);
	ev_buf_fini(&name);
	return rc;
}

static enum ev_code
check_version(struct ev_catalog *c, struct ev_err *e)
{
	int64_t app = 0, version = 0;
	enum ev_code rc;

	if ((rc = one_int(c, "PRAGMA application_id", &app, e)) != EV_OK ||
	    (rc = one_int(c, "PRAGMA user_version", &version, e)) != EV_OK)
		return rc;
	if (app != APPLICATION)
		return ev_fail(e, EV_SYS, "catalog.db is not the catalog of a lake");
	if (version > VERSION)
		return ev_fail(e, EV_USAGE,
		    "catalog.db has version %" PRId64 "; this evhub reads version %d", version,
		    VERSION);
	return version == VERSION ? EV_OK
				  : ev_fail(e, EV_SYS, "catalog.db has version %" PRId64, version);
}

/* Makes the tables, all or none; whoever was killed half way is followed by one who does it again.
 */
static enum ev_code
make_tables(struct ev_catalog *c, struct ev_err *e)
{
	int64_t version = 0;
	enum ev_code rc;

	if ((rc = run(c, "PRAGMA journal_mode=WAL", e)) != EV_OK ||
	    (rc = run(c, "BEGIN IMMEDIATE", e)) != EV_OK)
		return rc;
	rc = one_int(c, "PRAGMA user_version", &version, e);
	if (rc == EV_OK && version == 0)
		rc = run(c, schema, e);
	if (rc == EV_OK)
		rc = run(c, "COMMIT", e);
	if (rc != EV_OK)
		ev_catalog_rollback(c);
	return rc;
}

enum ev_code
ev_catalog_open(
    struct ev_catalog **out, const char *lake, enum ev_catalog_how how, struct ev_err *e)
{
	struct ev_catalog *c = calloc(1, sizeof(*c));
	enum ev_code rc;

	*out = c;
	if (c == NULL)
		return ev_fail_mem(e);
	if ((rc = open_file(c, lake, how, e)) == EV_OK) {
		sqlite3_busy_timeout(c->db, BUSY_MS);
		rc = run(c, "PRAGMA synchronous=FULL", e);
	}
	if (rc == EV_OK && how == EV_CATALOG_MAKE)
		rc = make_tables(c, e);
	if (rc == EV_OK)
		rc = check_version(c, e);
	if (rc != EV_OK) {
		ev_catalog_close(c);
		*out = NULL;
	}
	return rc;
}

void
ev_catalog_close(struct ev_catalog *c)
{
	if (c == NULL)
		return;
	sqlite3_close(c->db);
	free(c);
}

enum ev_code
ev_catalog_begin(struct ev_catalog *c, bool write, struct ev_err *e)
{
	return run(c, write ? "BEGIN IMMEDIATE" : "BEGIN", e);
}

enum ev_code
ev_catalog_commit(struct ev_catalog *c, struct ev_err *e)
{
	return run(c, "COMMIT", e);
}

void
ev_catalog_rollback(struct ev_catalog *c)
{
	if (c != NULL && c->db != NULL && !sqlite3_get_autocommit(c->db))
		(void)sqlite3_exec(
		    c->db, "ROLLBACK", NULL, NULL, NULL); /* the failure before it is the news */
}

enum ev_code
ev_catalog_seq(struct ev_catalog *c, int64_t *seq, struct ev_err *e)
{
	return one_int(c, "SELECT ifnull(max(seq), 0) FROM segment", seq, e);
}

static void
copy_text(char *to, size_t size, sqlite3_stmt *st, int col)
{
	const unsigned char *s = sqlite3_column_text(st, col);
	size_t n = s != NULL ? strlen((const char *)s) : 0;

	if (n >= size)
		n = 0; /* no name of ours: it will not be found, and is said so there */
	if (n > 0)
		memcpy(to, s, n);
	to[n] = '\0';
}

static void
read_seg(sqlite3_stmt *st, struct ev_seg *s)
{
	s->seg = sqlite3_column_int64(st, 0);
	copy_text(s->ulid, sizeof(s->ulid), st, 1);
	copy_text(s->path, sizeof(s->path), st, 2);
	copy_text(s->dt, sizeof(s->dt), st, 3);
	s->state = sqlite3_column_int64(st, 4);
	s->seq = sqlite3_column_int64(st, 5);
	s->ts0 = sqlite3_column_int64(st, 6);
	s->ts1 = sqlite3_column_int64(st, 7);
	s->n = (uint64_t)sqlite3_column_int64(st, 8);
	s->rbytes = (uint64_t)sqlite3_column_int64(st, 9);
	s->cbytes = (uint64_t)sqlite3_column_int64(st, 10);
	s->evix_off = (uint64_t)sqlite3_column_int64(st, 11);
	s->idt_off = (uint64_t)sqlite3_column_int64(st, 12);
	s->idt_bits = (uint64_t)sqlite3_column_int64(st, 13);
	s->file_xxh = (uint64_t)sqlite3_column_int64(st, 14);
	s->dead_at = sqlite3_column_int64(st, 15);
}

enum ev_code
ev_catalog_segs(
    struct ev_catalog *c, const struct ev_seg_filter *f, struct ev_segs *out, struct ev_err *e)
{
	static const char sql[] =
	    "SELECT seg,ulid,path,dt,state,seq,ts0,ts1,n,rbytes,cbytes,evix_off,idt_off,idt_bits,"
	    "file_xxh,dead_at FROM segment WHERE state=?1 AND ifnull(seq,0)>=?2 AND ts0<=?3 AND "
	    "ts1>=?4"
	    " AND (?5 IS NULL OR dt=?5) ORDER BY seq, seg";
	size_t cap = 0;
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, sql, &st, e);
	int got = SQLITE_DONE;

	*out = (struct ev_segs){ 0 };
	if (rc != EV_OK)
		return rc;
	bind_ints(st, 1, 4, (sqlite3_int64)f->state,
	    (sqlite3_int64)(f->after > 0 ? f->after + 1 : 0),
	    (sqlite3_int64)(f->timed ? f->ts1 : INT64_MAX),
	    (sqlite3_int64)(f->timed ? f->ts0 : INT64_MIN));
	sqlite3_bind_text(st, 5, f->dt, -1, SQLITE_STATIC);
	while (rc == EV_OK && (got = sqlite3_step(st)) == SQLITE_ROW) {
		if (out->n == cap) {
			struct ev_seg *v = ev_grow(out->v, &cap, sizeof(*v), e);

			if (v == NULL) {
				rc = EV_SYS;
				break;
			}
			out->v = v;
		}
		read_seg(st, &out->v[out->n++]);
	}
	if (rc == EV_OK && got != SQLITE_DONE)
		rc = fail(c, e);
	sqlite3_finalize(st);
	if (rc != EV_OK) {
		free(out->v);
		*out = (struct ev_segs){ 0 };
	}
	return rc;
}

enum ev_code
ev_catalog_state(struct ev_catalog *c, const char *ulid, int64_t *state, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, "SELECT state FROM segment WHERE ulid=?1", &st, e);
	int got;

	*state = -1;
	if (rc != EV_OK)
		return rc;
	sqlite3_bind_text(st, 1, ulid, -1, SQLITE_STATIC);
	got = sqlite3_step(st);
	if (got == SQLITE_ROW)
		*state = sqlite3_column_int64(st, 0);
	else if (got != SQLITE_DONE)
		rc = fail(c, e);
	sqlite3_finalize(st);
	return rc;
}

enum ev_code
ev_catalog_add(struct ev_catalog *c, struct ev_seg *s, struct ev_err *e)
{
	static const char sql[] =
	    "INSERT INTO "
	    "segment(ulid,path,dt,state,tier,ord,ts0,ts1,n,rbytes,cbytes,evix_off,idt_off,"
	    "idt_bits,file_xxh) VALUES(?1,?2,?3,0,0,0,?4,?5,?6,?7,?8,?9,?10,?11,?12)";
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, sql, &st, e);

	if (rc != EV_OK)
		return rc;
	sqlite3_bind_text(st, 1, s->ulid, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, s->path, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, s->dt, -1, SQLITE_STATIC);
	bind_ints(st, 4, 9, (sqlite3_int64)s->ts0, (sqlite3_int64)s->ts1, (sqlite3_int64)s->n,
	    (sqlite3_int64)s->rbytes, (sqlite3_int64)s->cbytes, (sqlite3_int64)s->evix_off,
	    (sqlite3_int64)s->idt_off, (sqlite3_int64)s->idt_bits, (sqlite3_int64)s->file_xxh);
	if ((rc = step(c, st, e)) == EV_OK)
		s->seg = sqlite3_last_insert_rowid(c->db);
	sqlite3_finalize(st);
	return rc;
}

/* The catalog's number of each name of the index; 0: it has none. */
static enum ev_code
find_types(struct ev_catalog *c, const struct ev_index *ix, int64_t *tid, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, "SELECT tid FROM type WHERE name=?1", &st, e);
	int got;

	for (size_t i = 0; rc == EV_OK && i < ix->types; i++) {
		sqlite3_bind_text(st, 1, ix->type[i].p, (int)ix->type[i].n, SQLITE_STATIC);
		got = sqlite3_step(st);
		if (got == SQLITE_ROW)
			tid[i] = sqlite3_column_int64(st, 0);
		else if (got != SQLITE_DONE)
			rc = fail(c, e);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return rc;
}

static enum ev_code
add_types(struct ev_catalog *c, const struct ev_index *ix, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, "INSERT OR IGNORE INTO type(name) VALUES(?1)", &st, e);

	for (size_t i = 0; rc == EV_OK && i < ix->types; i++) {
		sqlite3_bind_text(st, 1, ix->type[i].p, (int)ix->type[i].n, SQLITE_STATIC);
		rc = step(c, st, e);
	}
	sqlite3_finalize(st);
	return rc;
}

struct pair {
	int64_t tid;
	uint32_t n;
};

static int
by_tid(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* The (tid, count) pairs of frame k, ascending by tid. */
static enum ev_code
block_types(const struct ev_index *ix, size_t k, const int64_t *tid, struct pair *pair,
    struct ev_buf *out, struct ev_err *e)
{
	size_t n = ix->first[k + 1] - ix->first[k], i;
	enum ev_code rc = EV_OK;

	for (i = 0; i < n; i++) {
		const struct ev_type_n *t = &ix->tally[ix->first[k] + i];

		pair[i] = (struct pair){ tid[t->type], t->n };
	}
	qsort(pair, n, sizeof(*pair), by_tid);
	ev_buf_clear(out);
	for (i = 0; rc == EV_OK && i < n; i++)
		if ((rc = ev_varint_add(out, (uint64_t)pair[i].tid, e)) == EV_OK)
			rc = ev_varint_add(out, pair[i].n, e);
	return rc;
}

static enum ev_code
add_blocks(struct ev_catalog *c, int64_t seg, const struct ev_index *ix, const int64_t *tid,
    struct pair *pair, struct ev_err *e)
{
	struct ev_buf types = EV_BUF(SIZE_MAX);
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c,
	    "INSERT INTO block(seg,blk,off,clen,rlen,n,ts0,ts1,xxh,types) "
	    "VALUES(?,?,?,?,?,?,?,?,?,?)",
	    &st, e);

	for (size_t k = 0; rc == EV_OK && k < ix->frames; k++) {
		const struct ev_frame *f = &ix->frame[k];

		if ((rc = block_types(ix, k, tid, pair, &types, e)) != EV_OK)
			break;
		bind_ints(st, 1, 9, (sqlite3_int64)seg, (sqlite3_int64)k, (sqlite3_int64)f->off,
		    (sqlite3_int64)f->clen, (sqlite3_int64)f->rlen, (sqlite3_int64)f->n,
		    (sqlite3_int64)f->ts0, (sqlite3_int64)f->ts1, (sqlite3_int64)f->xxh3);
		sqlite3_bind_blob(st, 10, ev_buf_str(&types), (int)types.n, SQLITE_STATIC);
		rc = step(c, st, e);
	}
	sqlite3_finalize(st);
	ev_buf_fini(&types);
	return rc;
}

static enum ev_code
add_rollups(struct ev_catalog *c, int64_t seg, const int64_t *tid, const struct ev_rollup *roll,
    size_t rolls, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, "INSERT INTO rollup(hour,tid,seg,n) VALUES(?,?,?,?)", &st, e);

	for (size_t i = 0; rc == EV_OK && i < rolls; i++) {
		bind_ints(st, 1, 4, (sqlite3_int64)roll[i].hour, (sqlite3_int64)tid[roll[i].type],
		    (sqlite3_int64)seg, (sqlite3_int64)roll[i].n);
		rc = step(c, st, e);
	}
	sqlite3_finalize(st);
	return rc;
}

enum ev_code
ev_catalog_live(struct ev_catalog *c, const struct ev_seg *s, int64_t seq,
    const struct ev_index *ix, const struct ev_rollup *roll, size_t rolls, struct ev_err *e)
{
	int64_t *tid = calloc(ix->types + 1, sizeof(*tid));
	struct pair *pair = calloc(ix->types + 1, sizeof(*pair));
	sqlite3_stmt *st = NULL;
	enum ev_code rc;

	rc = tid != NULL && pair != NULL ? EV_OK : ev_fail_mem(e);
	if (rc == EV_OK && (rc = add_types(c, ix, e)) == EV_OK &&
	    (rc = find_types(c, ix, tid, e)) == EV_OK &&
	    (rc = add_blocks(c, s->seg, ix, tid, pair, e)) == EV_OK &&
	    (rc = add_rollups(c, s->seg, tid, roll, rolls, e)) == EV_OK &&
	    (rc = prepare(c, "UPDATE segment SET state=1, seq=?2 WHERE seg=?1", &st, e)) == EV_OK) {
		bind_ints(st, 1, 2, (sqlite3_int64)s->seg, (sqlite3_int64)seq);
		rc = step(c, st, e);
	}
	sqlite3_finalize(st);
	free(tid);
	free(pair);
	return rc;
}

/* One statement with up to two integers. */
static enum ev_code
run_ints(struct ev_catalog *c, const char *sql, int64_t a, int64_t b, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, sql, &st, e);

	if (rc != EV_OK)
		return rc;
	bind_ints(st, 1, sqlite3_bind_parameter_count(st), (sqlite3_int64)a, (sqlite3_int64)b);
	rc = step(c, st, e);
	sqlite3_finalize(st);
	return rc;
}

enum ev_code
ev_catalog_dead(struct ev_catalog *c, int64_t seg, int64_t at, struct ev_err *e)
{
	return run_ints(c, "UPDATE segment SET state=2, dead_at=?2 WHERE seg=?1", seg, at, e);
}

enum ev_code
ev_catalog_drop(struct ev_catalog *c, int64_t seg, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = run_ints(c, "DELETE FROM block WHERE seg=?1", seg, 0, e)) != EV_OK ||
	    (rc = run_ints(c, "DELETE FROM rollup WHERE seg=?1", seg, 0, e)) != EV_OK)
		return rc;
	return run_ints(c, "DELETE FROM segment WHERE seg=?1", seg, 0, e);
}

enum ev_code
ev_catalog_rollups(struct ev_catalog *c, int64_t seg,
    enum ev_code (*row)(
	void *arg, int64_t hour, struct ev_slice name, uint64_t n, struct ev_err *e),
    void *arg, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(
	    c, "SELECT hour, name, n FROM rollup JOIN type USING(tid) WHERE seg=?1", &st, e);
	int got = SQLITE_DONE;

	if (rc != EV_OK)
		return rc;
	sqlite3_bind_int64(st, 1, seg);
	while (rc == EV_OK && (got = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		rc = row(arg, sqlite3_column_int64(st, 0),
		    (struct ev_slice){
			name != NULL ? name : "", (size_t)sqlite3_column_bytes(st, 1) },
		    (uint64_t)sqlite3_column_int64(st, 2), e);
	}
	if (rc == EV_OK && got != SQLITE_DONE)
		rc = fail(c, e);
	sqlite3_finalize(st);
	return rc;
}

/* Whether the row at st is that of frame k. */
static bool
same_block(sqlite3_stmt *st, const struct ev_frame *f, size_t k, const struct ev_buf *types)
{
	const int64_t want[] = { (int64_t)k, (int64_t)f->off, f->clen, f->rlen, f->n, f->ts0,
		f->ts1, (int64_t)f->xxh3 };
	int i, n = (int)(sizeof(want) / sizeof(*want));

	for (i = 0; i < n && sqlite3_column_int64(st, i) == want[i]; i++)
		;
	return i == n && (size_t)sqlite3_column_bytes(st, n) == types->n &&
	    (types->n == 0 || memcmp(sqlite3_column_blob(st, n), types->p, types->n) == 0);
}

static enum ev_code
compare_blocks(struct ev_catalog *c, int64_t seg, const struct ev_index *ix, const int64_t *tid,
    struct pair *pair, size_t *bad, struct ev_err *e)
{
	struct ev_buf types = EV_BUF(SIZE_MAX / 2);
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c,
	    "SELECT blk,off,clen,rlen,n,ts0,ts1,xxh,types FROM block WHERE seg=?1 ORDER BY blk",
	    &st, e);
	int got = SQLITE_DONE;

	sqlite3_bind_int64(st, 1, seg);
	for (*bad = 0; rc == EV_OK && (got = sqlite3_step(st)) == SQLITE_ROW; ++*bad) {
		if (*bad == ix->frames)
			rc = EV_NO;
		else if ((rc = block_types(ix, *bad, tid, pair, &types, e)) == EV_OK &&
		    !same_block(st, &ix->frame[*bad], *bad, &types))
			rc = EV_NO;
		if (rc != EV_OK)
			break;
	}
	if (rc == EV_OK && got != SQLITE_DONE)
		rc = fail(c, e);
	else if (rc == EV_OK && *bad < ix->frames)
		rc = EV_NO;
	sqlite3_finalize(st);
	ev_buf_fini(&types);
	return rc;
}

enum ev_code
ev_catalog_same_blocks(
    struct ev_catalog *c, int64_t seg, const struct ev_index *ix, size_t *bad, struct ev_err *e)
{
	int64_t *tid = calloc(ix->types + 1, sizeof(*tid));
	struct pair *pair = calloc(ix->types + 1, sizeof(*pair));
	enum ev_code rc = tid != NULL && pair != NULL ? find_types(c, ix, tid, e) : ev_fail_mem(e);

	*bad = 0;
	if (rc == EV_OK)
		rc = compare_blocks(c, seg, ix, tid, pair, bad, e);
	free(tid);
	free(pair);
	return rc;
}

static enum ev_code
compare_rollups(struct ev_catalog *c, int64_t seg, const int64_t *tid, const struct ev_rollup *roll,
    size_t rolls, struct ev_err *e)
{
	sqlite3_stmt *st;
	int64_t there = 0;
	enum ev_code rc =
	    prepare(c, "SELECT n FROM rollup WHERE hour=?1 AND tid=?2 AND seg=?3", &st, e);
	int got;

	for (size_t i = 0; rc == EV_OK && i < rolls; i++) {
		bind_ints(st, 1, 3, (sqlite3_int64)roll[i].hour, (sqlite3_int64)tid[roll[i].type],
		    (sqlite3_int64)seg);
		got = sqlite3_step(st);
		if (got != SQLITE_ROW && got != SQLITE_DONE)
			rc = fail(c, e);
		else if (got == SQLITE_ROW && sqlite3_column_int64(st, 0) == roll[i].n)
			there++;
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	if (rc != EV_OK ||
	    (rc = prepare(c, "SELECT count(*) FROM rollup WHERE seg=?1", &st, e)) != EV_OK)
		return rc;
	sqlite3_bind_int64(st, 1, seg);
	if (sqlite3_step(st) != SQLITE_ROW)
		rc = fail(c, e);
	else if (sqlite3_column_int64(st, 0) != 0 &&
	    (sqlite3_column_int64(st, 0) != there || there != (int64_t)rolls))
		rc = EV_NO;
	sqlite3_finalize(st);
	return rc;
}

enum ev_code
ev_catalog_same_rollups(struct ev_catalog *c, int64_t seg, const struct ev_index *ix,
    const struct ev_rollup *roll, size_t rolls, struct ev_err *e)
{
	int64_t *tid = calloc(ix->types + 1, sizeof(*tid));
	enum ev_code rc = tid != NULL ? find_types(c, ix, tid, e) : ev_fail_mem(e);

	if (rc == EV_OK)
		rc = compare_rollups(c, seg, tid, roll, rolls, e);
	free(tid);
	return rc;
}

enum ev_code
ev_catalog_check(
    struct ev_catalog *c, void (*report)(void *arg, const char *what), void *arg, struct ev_err *e)
{
	sqlite3_stmt *st;
	enum ev_code rc = prepare(c, "PRAGMA integrity_check", &st, e);
	int got = SQLITE_DONE;

	if (rc != EV_OK)
		return rc;
	while ((got = sqlite3_step(st)) == SQLITE_ROW) {
		const char *what = (const char *)sqlite3_column_text(st, 0);

		if (what != NULL && strcmp(what, "ok") != 0)
			report(arg, what);
	}
	if (got != SQLITE_DONE)
		rc = fail(c, e);
	sqlite3_finalize(st);
	return rc;
}
