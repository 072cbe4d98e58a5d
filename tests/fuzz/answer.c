/* SPDX-License-Identifier: MIT */
/*
 * A worker's answer (the first line) to a batch (the others): what it leaves to be done is done in
 * a bounded number of parts, and all items pass in the end.
 */
#include "work/partial.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ev_slice
take_line(struct ev_slice *rest)
{
	const char *lf = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
	size_t n = lf == NULL ? rest->n : (size_t)(lf - rest->p);
	struct ev_slice line = { rest->p, n };

	n += lf != NULL;
	*rest = (struct ev_slice){ rest->p + n, rest->n - n };
	return line;
}

/* How many items have that state. */
static size_t
count(const struct ev_job *j, enum ev_item_state state)
{
	size_t n = 0, i;

	for (i = 0; i < j->b.n; i++)
		n += j->state[i] == state;
	return n;
}

static void
answer(struct ev_job *j, const struct ev_answer *a)
{
	static const struct ev_answer ok = { 0, { NULL, 0 } };
	struct ev_partial p;
	size_t parts = 0;

	if (ev_job_next(j) == NULL)
		return;
	if (ev_partial_mark(&j, 0, a, &p, NULL) != EV_OK)
		abort();
	if (p.unknown.p != NULL && count(j, EV_WAITS) != j->b.n)
		abort();
	if (p.unknown.p == NULL &&
	    (p.passed != count(j, EV_PASSED) || p.failed != count(j, EV_FAILED) ||
		(a->failures.p != NULL) != (p.failed > 0)))
		abort();
	ev_job_renew(j);
	while (ev_job_next(j) != NULL && parts++ < 2) {
		if (ev_partial_mark(&j, 0, &ok, &p, NULL) != EV_OK)
			abort();
		ev_job_renew(j);
	}
	if (parts > 2 || count(j, EV_PASSED) != j->b.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ev_slice rest = { (const char *)data, size }, line = take_line(&rest);
	struct ev_micro b = { 0 };
	struct ev_job j = { 0 };
	struct ev_answer a;

	if (ev_answer_read(&a, line, NULL) != EV_OK)
		return 0;
	while (rest.n > 0 && b.n < 1000)
		if (ev_micro_add(&b, take_line(&rest), b.n, NULL) != EV_OK)
			abort();
	if (ev_job_take(&j, &b, NULL) != EV_OK)
		abort();
	answer(&j, &a);
	ev_job_fini(&j);
	ev_micro_fini(&b);
	return 0;
}
