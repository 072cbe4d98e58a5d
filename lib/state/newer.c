/* SPDX-License-Identifier: MIT */
#include "state/newer.h"

#include "json/num.h"

/*
 * A row as the statements take and give it. A timestamp and the id behind it (as the store holds
 * it; NULL: no event) are a point in the order of a key's events: the newest ever, the newest
 * before the batch, the newest in this run.
 */
enum { KEY, NEWEST, BASE = NEWEST + 2, VIEW = BASE + 2, BATCH = VIEW + 2, RUN, CELLS };

void
ev_newer_init(struct ev_newer *w, struct ev_store *store)
{
	*w = (struct ev_newer){
		.store = store,
		.find = { .sql = "SELECT ts, id, base_ts, base_id, view_ts, view_id, batch, run "
				 "FROM newest WHERE key = ?1" },
		.put = { .sql = "INSERT OR REPLACE INTO newest(key, ts, id, base_ts, base_id, "
				"view_ts, view_id, batch, run)"
				" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)" },
		.cut = { .sql = "DELETE FROM newest WHERE n <= (SELECT max(n) FROM newest) - ?1" },
	};
}

/* Of two points; one without an id is as old as another of its time. */
static int
compare(const struct ev_datum *a, const struct ev_datum *b)
{
	struct ev_slice x = a[1].bytes, y = b[1].bytes;
	int cmp;

	if (a->i != b->i)
		return a->i < b->i ? -1 : 1;
	if (x.n == 0 || y.n == 0)
		return 0;
	cmp = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
	return cmp != 0 ? cmp : (x.n > y.n) - (x.n < y.n);
}

/* Sets the point to the event unless the event is older. */
static bool
advance(struct ev_datum *point, const struct ev_datum *event)
{
	if (point[1].bytes.p != NULL && compare(event, point) < 0)
		return false;
	memcpy(point, event, 2 * sizeof(*point));
	return true;
}

/*
 * Judges the event and updates row. In a new batch all that came before is the base; another run of
 * the same batch begins again from its base.
 */
static bool
judge(struct ev_datum row[CELLS], const struct ev_datum event[2], const struct ev_store *s)
{
	if (row[BATCH].i != s->batch || s->batch == 0) {
		memcpy(&row[BASE], &row[NEWEST], 2 * sizeof(*row));
		memcpy(&row[VIEW], &row[NEWEST], 2 * sizeof(*row));
	} else if (row[RUN].i != s->run) {
		memcpy(&row[VIEW], &row[BASE], 2 * sizeof(*row));
	}
	row[BATCH].i = s->batch;
	row[RUN].i = s->run;
	(void)advance(&row[NEWEST], event);
	return advance(&row[VIEW], event);
}

enum ev_code
ev_newer_see(struct ev_newer *w, const struct ev_val *key, const struct ev_val *timestamp,
    const struct ev_val *id, bool *pass, struct ev_err *e)
{
	struct ev_datum row[CELLS] = { 0 }, event[2] = { [1] = { .bytes = EV_LIT("") } };
	char key_bytes[EV_STORE_KEY], id_bytes[EV_STORE_KEY];
	enum ev_code rc;

	*pass = true;
	if (key->kind != EV_STRING || timestamp->kind != EV_NUMBER ||
	    !ev_num_int(timestamp->raw, &event[0].i))
		return EV_OK;
	if ((rc = ev_store_key(w->store, key, key_bytes, &row[KEY].bytes, e)) != EV_OK)
		return rc;
	if (id->kind == EV_STRING &&
	    (rc = ev_store_key(w->store, id, id_bytes, &event[1].bytes, e)) != EV_OK)
		return rc;
	rc = ev_store_run(w->store, &w->find, &row[KEY], 1, &row[NEWEST], CELLS - NEWEST, e);
	if (rc != EV_OK && rc != EV_NO)
		return rc;
	*pass = judge(row, event, w->store);
	return ev_store_do(w->store, &w->put, row, CELLS, e);
}

enum ev_code
ev_newer_prune(struct ev_newer *w, struct ev_err *e)
{
	struct ev_datum rows = { .i = w->store->rows };

	return ev_store_do(w->store, &w->cut, &rows, 1, e);
}
