/* SPDX-License-Identifier: MIT */
#include "state/unique.h"

void
ev_unique_init(struct ev_unique *u, struct ev_store *store, int64_t window)
{
	*u = (struct ev_unique){
		.store = store,
		.window = window,
		.find = { .sql =
			      "SELECT n, at, batch, run FROM seen WHERE hash = ?1 AND key = ?2" },
		.add = { .sql = "INSERT INTO seen(hash, key, at, batch, run) VALUES(?1, ?2, ?3, "
				"?4, ?5)" },
		.again = { .sql = "UPDATE seen SET run = ?2 WHERE n = ?1" },
		.drop = { .sql = "DELETE FROM seen WHERE n = ?1" },
		.expire = { .sql = "DELETE FROM seen WHERE n < coalesce((SELECT n FROM seen WHERE "
				   "at > ?1 ORDER BY n LIMIT 1),"
				   " 9223372036854775807)" },
		.cut = { .sql = "DELETE FROM seen WHERE n <= (SELECT max(n) FROM seen) - ?1" },
	};
}

enum ev_code
ev_unique_see(
    struct ev_unique *u, const struct ev_val *v, int64_t now, bool *fresh, struct ev_err *e)
{
	enum { N, AT, BATCH, RUN, COLUMNS };
	struct ev_store *s = u->store;
	struct ev_datum row[COLUMNS],
	    in[5] = { [2] = { .i = now }, [3] = { .i = s->batch }, [4] = { .i = s->run } };
	char key[EV_STORE_KEY];
	enum ev_code rc;

	*fresh = true;
	if (v->kind == EV_ABSENT || v->kind == EV_NULL)
		return EV_OK;
	if ((rc = ev_store_key(s, v, key, &in[1].bytes, e)) != EV_OK)
		return rc;
	in[0].i = ev_store_hash(s, in[1].bytes);
	rc = ev_store_run(s, &u->find, in, 2, row, COLUMNS, e);
	if (rc == EV_OK && u->window >= 0 && row[AT].i <= now - u->window) {
		rc = ev_store_do(s, &u->drop, &row[N], 1, e);
		return rc != EV_OK ? rc : ev_store_do(s, &u->add, in, 5, e);
	}
	if (rc == EV_NO)
		return ev_store_do(s, &u->add, in, 5, e);
	*fresh = rc == EV_OK && s->batch != 0 && row[BATCH].i == s->batch && row[RUN].i != s->run;
	if (*fresh) {
		struct ev_datum mark[2] = { row[N], { .i = s->run } };

		rc = ev_store_do(s, &u->again, mark, 2, e);
	}
	return rc;
}

enum ev_code
ev_unique_prune(struct ev_unique *u, int64_t now, struct ev_err *e)
{
	struct ev_datum rows = { .i = u->store->rows }, edge = { .i = now - u->window };
	enum ev_code rc = EV_OK;

	if (u->window >= 0)
		rc = ev_store_do(u->store, &u->expire, &edge, 1, e);
	return rc != EV_OK ? rc : ev_store_do(u->store, &u->cut, &rows, 1, e);
}
