/* SPDX-License-Identifier: MIT */
#include "work/answer.h"

#include "json/num.h"
#include "json/str.h"

/* The last member of that name, as everywhere. */
static struct ev_val
member(struct ev_slice object, const char *name)
{
	struct ev_val v, found = { .kind = EV_ABSENT };
	struct ev_iter it = ev_iter_view(object);
	struct ev_slice key;

	while (it.object && ev_iter_next(&it, &key, &v))
		if (ev_str_eq(key, ev_slice_str(name)))
			found = v;
	return found;
}

/* A number of JSON that is one of a barrier. */
static bool
read_number(struct ev_slice s, uint64_t *n)
{
	int64_t v;

	if (!ev_num_ok(s) || !ev_num_int(s, &v) || v < 0)
		return false;
	*n = (uint64_t)v;
	return true;
}

static bool
read_json(struct ev_answer *a, struct ev_slice line)
{
	struct ev_val batch, failures, first;
	struct ev_slice name;
	struct ev_iter it;
	size_t off;

	if (line.n == 0 || line.p[0] != '{' || ev_json_check(line, &off, NULL) != EV_OK)
		return false;
	batch = member(line, "batch");
	failures = member(line, "batchItemFailures");
	if (batch.kind != EV_NUMBER || failures.kind != EV_ARRAY)
		return false;
	it = ev_iter_view(failures.raw);
	if (ev_iter_next(&it, &name, &first))
		a->failures = failures.raw;
	return read_number(batch.raw, &a->batch);
}

enum ev_code
ev_answer_read(struct ev_answer *a, struct ev_slice line, struct ev_err *e)
{
	const struct ev_slice ok = EV_LIT("ok "), s = ev_slice_trim(line);
	const int n = s.n < 100 ? (int)s.n : 100;

	*a = (struct ev_answer){ 0, { NULL, 0 } };
	if (ev_slice_begins(s, ok)
		? read_number((struct ev_slice){ s.p + ok.n, s.n - ok.n }, &a->batch)
		: read_json(a, s))
		return EV_OK;
	return ev_fail(e, EV_DATA,
	    "answered '%.*s', wanted 'ok K' or {\"batch\":K,\"batchItemFailures\":[...]}", n, s.p);
}

bool
ev_answer_next(struct ev_iter *it, struct ev_slice *id)
{
	struct ev_slice name;
	struct ev_val v;

	if (!ev_iter_next(it, &name, &v))
		return false;
	v = member(v.raw, "itemIdentifier");
	*id = v.kind == EV_STRING ? v.raw : (struct ev_slice){ NULL, 0 };
	return true;
}
