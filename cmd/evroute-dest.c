/* SPDX-License-Identifier: MIT */
/*
 * One address of evroute. What was put and is not durable yet is kept, so that it can be sent
 * again when the address fails for a time, or set aside when it cannot go there.
 */
#include <stdlib.h>

#include "base/time.h"
#include "evroute.h"

enum { KEEP = 64 << 20 }; /* bytes of all that is kept */

/*
 * Addresses.
 */

bool
evroute_same(const char *a, const char *b)
{
	struct ev_address x = { 0 }, y = { 0 };
	bool same = false;

	if (ev_address_parse(&x, a, NULL) == EV_OK && ev_address_parse(&y, b, NULL) == EV_OK) {
		const char *p = strcmp(x.rest, "-") == 0 ? "1" : x.rest;
		const char *q = strcmp(y.rest, "-") == 0 ? "1" : y.rest;

		same = x.scheme == y.scheme && strcmp(p, q) == 0 && strcmp(x.opts, y.opts) == 0;
	}
	ev_address_fini(&x);
	ev_address_fini(&y);
	return same;
}

struct ev_slice
evroute_kept(const struct evroute_dest *d, const struct evroute_item *it)
{
	return (struct ev_slice){ d->f->log.p + it->off, it->n };
}

/* An item of d that is the line, looked for from the one found last on; NULL: none. */
static struct evroute_item *
find_item(struct evroute_dest *d, struct ev_slice line)
{
	size_t i;

	for (i = 0; i < d->items; i++) {
		struct evroute_item *it = &d->item[(d->found + i) % d->items];

		if (it->done || !ev_slice_eq(evroute_kept(d, it), line))
			continue;
		d->found = (size_t)(it - d->item);
		return it;
	}
	return NULL;
}

enum ev_code
evroute_divert_item(struct evroute_dest *d, struct evroute_item *it, struct ev_err *e)
{
	it->done = true;
	d->events--;
	d->bytes -= it->n;
	it->who->events--;
	return evroute_divert(d->f, it->who, evroute_kept(d, it), it->name, it->no, e);
}

/* An event that the target found bad only when it made it durable. */
static enum ev_code
conflict(void *arg, struct ev_slice line, struct ev_err *e)
{
	struct evroute_dest *d = arg;
	struct evroute_item *it = find_item(d, line);

	return it != NULL ? evroute_divert_item(d, it, e) : e->code;
}

static enum ev_code sync_dest(struct evroute_dest *d, struct ev_err *e);

/* Makes the faults durable before what they stand for is taken as done. */
static enum ev_code
settle_faults(void *arg, struct ev_err *e)
{
	struct evroute_dest *d = arg;
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < d->f->dests && rc == EV_OK; i++)
		if (d->f->dest[i]->faulty && !d->f->dest[i]->busy)
			rc = sync_dest(d->f->dest[i], e);
	return rc;
}

static enum ev_code
open_target(struct evroute_dest *d, struct ev_err *e)
{
	static const char *const firm[] = { "fd", "file", "null", "stream" };
	const char *address = d->f->conf->dry_run ? "null:" : d->address;
	enum ev_code rc;
	size_t i;

	if ((rc = ev_target_open(&d->target, address, d->set, e)) != EV_OK)
		return rc;
	d->open = true;
	d->firm = false;
	for (i = 0; i < sizeof(firm) / sizeof(*firm); i++)
		d->firm |= strcmp(d->target.scheme->name, firm[i]) == 0;
	d->target.inputs = (const char *const *)d->f->names;
	d->target.conflict = conflict;
	d->target.settle = settle_faults;
	d->target.arg = d;
	return EV_OK;
}

static void
close_target(struct evroute_dest *d)
{
	if (d->open)
		ev_target_close(&d->target);
	d->open = false;
}

static void
free_dest(struct evroute_dest *d)
{
	close_target(d);
	free(d->address);
	free(d->item);
	free(d->got);
	free(d);
}

void
evroute_own_name(const char *address, struct ev_err *e)
{
	const struct ev_err why = *e;

	if (why.code == EV_OK || why.name != address)
		return;
	*e = (struct ev_err){ 0 };
	ev_fail(e, why.code, "%s: %s", why.name, why.text);
	e->sys = why.sys;
}

static enum ev_code
add_dest(struct evroute *f, const char *address, struct ev_paths *set, struct evroute_dest **dest,
    struct ev_err *e)
{
	struct evroute_dest **list =
	    realloc(f->dest, (f->dests + 1) * sizeof(struct evroute_dest *));
	struct evroute_dest *d = calloc(1, sizeof(*d));
	enum ev_code rc;

	if (list != NULL)
		f->dest = list;
	if (list == NULL || d == NULL || (d->address = strdup(address)) == NULL) {
		free(d);
		return ev_fail_mem(e);
	}
	d->f = f;
	d->set = set;
	if ((rc = open_target(d, e)) != EV_OK) {
		evroute_own_name(d->address, e);
		free_dest(d);
		return rc;
	}
	f->dest[f->dests++] = d;
	*dest = d;
	return EV_OK;
}

enum ev_code
evroute_dest_get(struct evroute *f, const char *address, struct ev_paths *set,
    struct evroute_dest **dest, struct ev_err *e)
{
	size_t i;

	for (i = 0; i < f->dests; i++) {
		*dest = f->dest[i];
		if (evroute_same((*dest)->address, address))
			return EV_OK;
	}
	return add_dest(f, address, set, dest, e);
}

enum ev_code
evroute_dest_again(struct evroute_dest *d, struct ev_paths *set, struct ev_err *e)
{
	d->set = set;
	close_target(d);
	return open_target(d, e);
}

void
evroute_dests_close(struct evroute *f, bool all)
{
	size_t i, n = 0;

	for (i = 0; i < f->dests; i++) {
		if (all || !f->dest[i]->used)
			free_dest(f->dest[i]);
		else
			f->dest[n++] = f->dest[i];
	}
	f->dests = n;
	if (!all)
		return;
	free(f->dest);
	f->dest = NULL;
}

/*
 * Lines.
 */

enum ev_code
evroute_scan(struct evroute *f, struct ev_slice text, struct ev_slice *line, struct ev_err *e)
{
	unsigned long skipped;
	enum ev_code rc;

	ev_buf_clear(&f->text);
	if ((rc = ev_buf_adds(&f->text, text, e)) != EV_OK ||
	    (rc = ev_buf_reserve(&f->text, EV_PAD, e)) != EV_OK)
		return rc;
	memset(f->text.p + f->text.n, '\n', EV_PAD);
	if ((rc = ev_scan_block(&f->scan, ev_buf_view(&f->text), e)) != EV_OK)
		return rc;
	rc = ev_scan_line(&f->scan, line, &skipped, e);
	if (rc == EV_NO)
		return ev_fail(e, EV_DATA, "found an empty line, wanted JSON");
	return rc;
}

/* Keeps a line for d. */
static enum ev_code
keep(struct evroute_dest *d, const struct evroute_item *it, struct ev_slice line, size_t *off,
    struct ev_err *e)
{
	struct evroute *f = d->f;
	enum ev_code rc;

	if (d->items == d->cap) {
		size_t cap = d->cap == 0 ? 64 : 2 * d->cap;
		struct evroute_item *item = realloc(d->item, cap * sizeof(*item));

		if (item == NULL)
			return ev_fail_mem(e);
		d->item = item;
		d->cap = cap;
	}
	if (*off == SIZE_MAX) {
		if ((rc = ev_buf_adds(&f->log, line, e)) != EV_OK)
			return rc;
		*off = f->log.n - line.n;
	}
	d->item[d->items] = *it;
	d->item[d->items].off = *off;
	d->items++;
	f->kept++;
	return EV_OK;
}

void
evroute_forget(struct evroute_dest *d)
{
	d->f->kept -= d->items;
	d->items = d->found = 0;
	d->dirty = d->faulty = false;
}

enum ev_code
evroute_offer(struct evroute_dest *d, const struct evroute_item *it, struct ev_slice line,
    const struct ev_val *val, struct ev_err *e)
{
	struct evroute *f = d->f;
	bool busy = d->busy;
	enum ev_code rc;

	if (!d->open && (rc = open_target(d, e)) != EV_OK)
		return rc;
	if (d->target.wants && val == NULL) {
		if ((rc = evroute_scan(f, line, &line, e)) != EV_OK)
			return rc;
		val = f->scan.val;
	}
	d->target.name = it->name;
	d->target.line = it->no;
	d->dirty = d->busy = true;
	rc = ev_target_put(&d->target, line, val, e);
	d->busy = busy;
	if (rc != EV_OK && (rc != EV_DATA || d->target.failed))
		close_target(d);
	return rc;
}

enum ev_code
evroute_make_durable(struct evroute_dest *d, struct ev_err *e)
{
	bool busy = d->busy;
	enum ev_code rc;

	if (!d->open)
		return EV_OK; /* all of it was set aside */
	d->busy = true;
	rc = ev_target_sync(&d->target, e);
	d->busy = busy;
	if (rc != EV_OK)
		close_target(d);
	return rc;
}

static enum ev_code
sync_dest(struct evroute_dest *d, struct ev_err *e)
{
	return d->dirty ? evroute_settle(d, evroute_make_durable(d, e), e) : EV_OK;
}

enum ev_code
evroute_put(struct evroute *f, struct evroute_sender *who, struct ev_slice line,
    const struct ev_val *val, size_t *off, struct ev_err *e)
{
	const struct evroute_item it = {
		.n = line.n, .who = who, .name = f->lines.in.name, .no = f->lines.no
	};
	struct evroute_dest *d = who->dest;
	size_t at = d->items;
	enum ev_code rc;

	if (d->busy)
		return ev_fail(e, EV_AGAIN,
		    "%s cannot take what another address refused: it fails itself", d->address);
	if (!d->firm && (rc = keep(d, &it, line, off, e)) != EV_OK)
		return rc;
	d->faulty |= who->fault;
	rc = evroute_offer(d, &it, line, val, e);
	if (rc == EV_DATA && d->open && !f->ended) {
		if (!d->firm)
			d->item[at].done = true;
		return evroute_divert(f, who, line, it.name, it.no, e);
	}
	d->events++;
	d->bytes += line.n;
	who->events++;
	return rc == EV_OK || f->ended ? rc : evroute_settle(d, rc, e);
}

static int
shorter(int a, int b)
{
	return a == 0 || (b > 0 && b < a) ? b : a;
}

static enum ev_code
flush_dest(struct evroute_dest *d, int *nap, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	int wait;

	if (d->due != 0 && ev_mono() >= d->due)
		rc = sync_dest(d, e);
	else if (d->open && (rc = ev_target_flush(&d->target, e)) != EV_OK) {
		close_target(d);
		rc = evroute_settle(d, rc, e);
	}
	wait = d->open ? ev_target_nap(&d->target) : 0;
	d->due = wait > 0 ? ev_mono() + (uint64_t)wait * 1000000 : 0;
	*nap = shorter(*nap, wait);
	return rc;
}

static void
trim(struct evroute *f)
{
	if (f->kept > 0)
		return;
	if (f->log.cap > KEEP / 4)
		ev_buf_fini(&f->log);
	else
		ev_buf_clear(&f->log);
}

enum ev_code
evroute_flush(struct evroute *f, int *nap, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	*nap = 0;
	for (i = 0; i < f->dests && rc == EV_OK; i++)
		rc = flush_dest(f->dest[i], nap, e);
	trim(f);
	return rc;
}

bool
evroute_full(const struct evroute *f)
{
	return f->log.n + f->kept * sizeof(struct evroute_item) > KEEP;
}

/* One that is unavailable does not keep the others from being durable. */
static enum ev_code
sync_all(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc, all = EV_OK;
	size_t i;

	for (i = 0; i < f->dests && (all == EV_OK || all == EV_AGAIN); i++) {
		struct ev_err why = { 0 };

		rc = sync_dest(f->dest[i], &why);
		if (rc == EV_OK || (rc == EV_AGAIN && all == EV_AGAIN))
			continue;
		*e = why;
		all = rc;
	}
	return all;
}

enum ev_code
evroute_commit(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc = sync_all(f, e);

	/* faults may have gone to an address that was durable already; they make no others */
	if (rc == EV_OK)
		rc = sync_all(f, e);
	trim(f);
	return rc;
}
