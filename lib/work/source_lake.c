/* SPDX-License-Identifier: MIT */
/*
 * A lake: passes over what became live since the one before. Inside of a pass the position is an
 * event, by its timestamp and id: what has an earlier timestamp is done, and of those with the same
 * one what the pass hands out before it. Where that order is not what it was (a compaction), all
 * events of that timestamp are repeated.
 */
#include "lake/lake.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/sig.h"
#include "work/source.h"

enum { POLL = 1000 /* ms between two looks for new segments */ };

struct lake {
	struct ev_lake lake;
	struct ev_query query;
	bool inside;    /* a pass has begun */
	bool resumed;   /* in the middle, where an earlier run stopped */
	uint64_t skip;  /* events of the position's timestamp that are done */
	uint64_t bytes; /* of the passes before */
};

static enum ev_code
open_lake(struct ev_source *s, struct ev_err *e)
{
	enum ev_code rc = ev_opts_none(s->parts.scheme->name, s->parts.opts, e);
	struct lake *k;

	if (rc != EV_OK)
		return rc;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return ev_fail_mem(e);
	s->impl = k;
	if ((rc = ev_lake_open(&k->lake, s->parts.rest, EV_LAKE_READ, e)) == EV_OK)
		snprintf(s->id, sizeof(s->id), "%s", k->lake.id);
	return rc;
}

static enum ev_code
begin(struct ev_source *s, struct ev_source_lane *l, enum ev_begin from, struct ev_err *e)
{
	struct lake *k = s->impl;
	int64_t seq = 0;
	enum ev_code rc;

	if ((rc = ev_lake_seq(&k->lake, &seq, e)) != EV_OK)
		return rc;
	if (from == EV_BEGIN_LATEST)
		l->at.at = (uint64_t)seq;
	if (l->at.at > (uint64_t)seq || l->at.upto > seq)
		return ev_fail(e, EV_USAGE, "%s ends with seq %lld, the position is behind it",
		    s->address, (long long)seq);
	return EV_OK;
}

/* The id as a position holds it: as it stands in JSON, without the quotes. */
static void
id_text(char out[EV_POSITION_ID], const struct ev_scan *scan)
{
	struct ev_slice id = scan->val[EV_ID].raw;

	if (scan->val[EV_ID].kind == EV_STRING) {
		id.p++;
		id.n -= 2;
	}
	if (id.n < EV_POSITION_ID && (id.n == 0 || *id.p != '#'))
		snprintf(out, EV_POSITION_ID, "%.*s", EV_FMT(id));
	else
		snprintf(out, EV_POSITION_ID, "#%016llx", (unsigned long long)ev_xxh3(id.p, id.n));
}

static enum ev_code
open_query(struct ev_source *s, const struct ev_position *at, struct ev_query *q, struct ev_err *e)
{
	struct lake *k = s->impl;
	const struct ev_query_args args = {
		.select = s->args.select,
		.paths = s->args.paths,
		.by_time = s->args.by_time,
		.trust = s->args.trust,
		.isa = s->args.isa,
		.after = (int64_t)at->at,
		.upto = at->upto,
		.resumed = at->id[0] != '\0',
		.from = at->ms,
	};

	return ev_query_open(q, &k->lake, &args, e);
}

/* How many events of the position's timestamp the pass hands out up to its event; 0: it is not
 * there. */
static enum ev_code
count_done(struct ev_source *s, const struct ev_position *at, uint64_t *n, struct ev_err *e)
{
	char id[EV_POSITION_ID];
	struct ev_query q;
	uint64_t seen = 0;
	enum ev_code rc;

	*n = 0;
	if ((rc = open_query(s, at, &q, e)) != EV_OK)
		return rc;
	while (*n == 0 && (rc = ev_query_next(&q, e)) == EV_OK && q.ms == at->ms) {
		seen++;
		id_text(id, &q.scan);
		if (strcmp(id, at->id) == 0)
			*n = seen;
	}
	ev_query_close(&q);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
resume(struct ev_source *s, struct ev_source_lane *l, struct ev_err *e)
{
	const struct ev_position *at = &l->at;
	struct lake *k = s->impl;
	uint64_t before = 0, after = 0;
	enum ev_code rc;

	if ((rc = ev_lake_set(&k->lake, (int64_t)at->at, at->upto, &before, e)) != EV_OK ||
	    (rc = count_done(s, at, &k->skip, e)) != EV_OK ||
	    (rc = open_query(s, at, &k->query, e)) != EV_OK)
		return rc;
	k->inside = k->resumed = true;
	rc = ev_lake_set(&k->lake, (int64_t)at->at, at->upto, &after, e);
	if (before != at->set || after != before)
		k->skip = 0;
	l->behind = *at;
	l->behind.set = before;
	return rc;
}

/* EV_NO: nothing became live since the last pass. */
static enum ev_code
next_pass(struct ev_source *s, struct ev_source_lane *l, struct ev_err *e)
{
	struct lake *k = s->impl;
	struct ev_position *at = &l->behind;
	enum ev_code rc;

	if (l->at.upto > 0)
		return resume(s, l, e);
	*at = (struct ev_position){ .at = l->at.at };
	if ((rc = ev_lake_seq(&k->lake, &at->upto, e)) != EV_OK)
		return rc;
	if ((uint64_t)at->upto <= at->at)
		return EV_NO;
	/* before the query: one that a compaction passes is not taken for the order it had */
	if ((rc = ev_lake_set(&k->lake, (int64_t)at->at, at->upto, &at->set, e)) != EV_OK)
		return rc;
	rc = open_query(s, at, &k->query, e);
	k->inside = rc == EV_OK;
	k->resumed = false;
	return rc;
}

static void
end_pass(struct ev_source *s, struct ev_source_lane *l)
{
	struct lake *k = s->impl;

	k->bytes += k->query.bytes;
	ev_query_close(&k->query);
	k->inside = false;
	l->behind = (struct ev_position){ .at = (uint64_t)l->behind.upto };
	ev_source_take(l);
	l->pause = s->args.follow || k->resumed ? EV_PAUSE_MORE : EV_PAUSE_END;
}

static enum ev_code
next(struct ev_source *s, struct ev_source_lane *l, struct ev_source_item *it, struct ev_err *e)
{
	struct lake *k = s->impl;
	enum ev_code rc;

	if (!k->inside && (rc = next_pass(s, l, e)) != EV_OK) {
		l->pause = s->args.follow ? EV_PAUSE_IDLE : EV_PAUSE_END;
		return rc;
	}
	do {
		rc = ev_query_next(&k->query, e);
		s->bytes = k->bytes + k->query.bytes;
	} while (rc == EV_OK && k->skip > 0 && k->query.ms == l->at.ms && k->skip-- > 0);
	if (rc == EV_NO)
		end_pass(s, l);
	if (rc != EV_OK)
		return rc;
	it->line = k->query.line;
	it->scan = &k->query.scan;
	it->seq = ++s->read;
	s->passed += it->line.n + 1;
	if (s->args.positions) {
		l->behind.ms = k->query.ms;
		id_text(l->behind.id, it->scan);
	}
	return EV_OK;
}

static enum ev_code
wait_more(struct ev_source *s, int ms, struct ev_err *e)
{
	(void)s;
	return ev_sig_wait(-1, ms >= 0 && ms < POLL ? ms : POLL, e);
}

static void
close_lake(struct ev_source *s)
{
	struct lake *k = s->impl;

	if (k == NULL)
		return;
	ev_query_close(&k->query);
	ev_lake_close(&k->lake);
	free(k);
}

const struct ev_source_kind ev_source_lake = {
	.scheme = "lake",
	.open = open_lake,
	.begin = begin,
	.next = next,
	.wait = wait_more,
	.close = close_lake,
};
