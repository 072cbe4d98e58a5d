/* SPDX-License-Identifier: MIT */
/* lake:DIR: events kept for ever. */
#include "lake/lake.h"

#include <stdlib.h>

#include "target/scheme.h"

/* A seal is due after so many bytes, or so long after the first event that waits for it. */
enum { SEAL_BYTES = 64 << 20, SEAL_MS = 60 * 1000 };

struct store {
	char *path; /* owned; the lake borrows it */
	struct ev_lake lake;
	struct ev_put put;
};

static enum ev_code
lake_check(const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	(void)set;
	if (*rest == '\0')
		return ev_fail(e, EV_USAGE, "a folder was wanted");
	return ev_opts_none("lake", opts, e);
}

static enum ev_code
on_conflict(void *arg, struct ev_slice line, struct ev_err *e)
{
	struct ev_target *t = arg;

	return t->conflict != NULL ? t->conflict(t->arg, line, e) : EV_DATA;
}

static enum ev_code
on_settle(void *arg, struct ev_err *e)
{
	struct ev_target *t = arg;

	return t->settle != NULL ? t->settle(t->arg, e) : EV_OK;
}

static enum ev_code
open_store(struct ev_target *t, struct store *s, struct ev_err *e)
{
	const struct ev_put_args args = {
		.seal_bytes = SEAL_BYTES,
		.seal_ms = SEAL_MS,
		.conflict = on_conflict,
		.settle = on_settle,
		.arg = t,
	};
	enum ev_code rc;

	if ((rc = ev_lake_open(&s->lake, s->path, EV_LAKE_PUT, e)) != EV_OK)
		return rc;
	rc = ev_put_open(&s->put, &s->lake, &args, e);
	if (rc != EV_OK)
		ev_lake_close(&s->lake);
	return rc;
}

static enum ev_code
lake_open(
    struct ev_target *t, const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	enum ev_code rc;

	(void)opts;
	(void)set;
	if (s == NULL || (s->path = strdup(rest)) == NULL) {
		free(s);
		return ev_fail_mem(e);
	}
	if ((rc = open_store(t, s, e)) != EV_OK) {
		free(s->path);
		free(s);
		return rc;
	}
	t->impl = s;
	t->wants = true;
	return EV_OK;
}

static enum ev_code
lake_sync(struct ev_target *t, struct ev_err *e)
{
	struct store *s = t->impl;
	enum ev_code rc = ev_put_seal(&s->put, e);

	t->durable = s->put.acked;
	t->failed |= rc != EV_OK;
	return rc;
}

/* A seal that is due precedes the event, so that its failure is never taken for one of the event.
 */
static enum ev_code
lake_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	const struct ev_event ev = ev_event_view(line, val);
	struct store *s = t->impl;
	enum ev_code rc;

	if (ev_put_due(&s->put) && (rc = lake_sync(t, e)) != EV_OK)
		return rc;
	return ev_put_add(&s->put, &ev, t->name, t->line, e);
}

/* A segment per pause would be many small ones: the batch stays open until a seal is due. */
static enum ev_code
lake_flush(struct ev_target *t, struct ev_err *e)
{
	struct store *s = t->impl;

	return ev_put_due(&s->put) ? lake_sync(t, e) : EV_OK;
}

static int
lake_nap(const struct ev_target *t)
{
	const struct store *s = t->impl;

	return ev_put_nap(&s->put);
}

static void
lake_close(struct ev_target *t)
{
	struct store *s = t->impl;

	ev_put_close(&s->put);
	ev_lake_close(&s->lake);
	free(s->path);
	free(s);
}

const struct ev_scheme ev_scheme_lake = {
	.name = "lake",
	.check = lake_check,
	.open = lake_open,
	.put = lake_put,
	.flush = lake_flush,
	.nap = lake_nap,
	.sync = lake_sync,
	.close = lake_close,
};
