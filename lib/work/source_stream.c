/* SPDX-License-Identifier: MIT */
/* A stream: a lane is a shard, its position the number of the next event. */
#include "stream/stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sig.h"
#include "work/source.h"

struct shard {
	struct ev_cursor cursor;
	struct ev_group group;
	bool reads, joined;
	struct ev_scan scan;
	bool inside;   /* a block is at hand */
	uint64_t next; /* number of the line that scan reads next */
};

struct stream {
	struct ev_stream stream;
	struct ev_follow follow;
	bool follows;
};

static enum ev_code
open_stream(struct ev_source *s, struct ev_err *e)
{
	struct stream *t = calloc(1, sizeof(*t));
	enum ev_code rc;

	if (t == NULL)
		return ev_fail_mem(e);
	t->stream.dir = -1;
	s->impl = t;
	if ((rc = ev_stream_open(&t->stream, s->parts.rest, s->parts.opts, false, e)) != EV_OK)
		return rc;
	s->shards = t->stream.conf.shards;
	snprintf(s->id, sizeof(s->id), "%s", t->stream.conf.id);
	return EV_OK;
}

static enum ev_code
get_shard(struct ev_source_lane *l, struct shard **h, struct ev_err *e)
{
	if (l->impl == NULL)
		l->impl = calloc(1, sizeof(**h));
	*h = l->impl;
	return *h == NULL ? ev_fail_mem(e) : EV_OK;
}

static enum ev_code
join(struct ev_source *s, struct ev_source_lane *l, const char *group, int64_t *owner,
    struct ev_err *e)
{
	struct stream *t = s->impl;
	struct shard *h;
	enum ev_code rc = get_shard(l, &h, e);

	if (rc != EV_OK ||
	    (rc = ev_group_open(&h->group, &t->stream, group, l->shard, owner, e)) != EV_OK)
		return rc;
	h->joined = true;
	l->lock = h->group.lock;
	l->known = h->group.known;
	l->at = (struct ev_position){ .at = h->group.next };
	return EV_OK;
}

static enum ev_code
commit(struct ev_source *s, struct ev_source_lane *l, const struct ev_position *p, struct ev_err *e)
{
	struct shard *h = l->impl;

	(void)s;
	return ev_group_commit(&h->group, p->at, e);
}

/* Once, before the first look: what comes between the two is not missed. */
static enum ev_code
begin_follow(struct ev_source *s, struct stream *t, struct ev_err *e)
{
	uint32_t first = s->lane[0].shard, last = s->lane[s->lanes - 1].shard;
	enum ev_code rc;

	if (!s->args.follow || t->follows)
		return EV_OK;
	rc = ev_follow_open(&t->follow, &t->stream, first, last - first + 1, e);
	t->follows = rc == EV_OK;
	return rc;
}

static enum ev_code
begin(struct ev_source *s, struct ev_source_lane *l, enum ev_begin from, struct ev_err *e)
{
	static const enum ev_from how[] = {
		[EV_BEGIN_EARLIEST] = EV_FROM_EARLIEST,
		[EV_BEGIN_LATEST] = EV_FROM_LATEST,
		[EV_BEGIN_NUMBER] = EV_FROM_SEQ,
	};
	const struct ev_select *select = s->args.select;
	int64_t since = select->has_since ? select->since : INT64_MIN;
	struct stream *t = s->impl;
	struct shard *h;
	enum ev_code rc;

	if ((rc = get_shard(l, &h, e)) != EV_OK || (rc = begin_follow(s, t, e)) != EV_OK ||
	    (rc = ev_cursor_open(&h->cursor, &t->stream, l->shard, how[from], l->at.at, since,
		 s->args.unsynced, e)) != EV_OK)
		return rc;
	h->reads = true;
	l->at.at = h->cursor.next;
	return ev_scan_init(&h->scan, s->args.paths, s->args.trust, s->args.isa, e);
}

/* EV_NO: caught up. */
static enum ev_code
next_block(struct ev_source *s, struct shard *h, struct ev_err *e)
{
	struct ev_slice block;
	enum ev_code rc = ev_cursor_next(&h->cursor, &block, &h->next, e);

	if (rc != EV_OK)
		return rc;
	s->bytes += block.n;
	h->inside = true;
	return ev_scan_block(&h->scan, block, e);
}

static enum ev_code
next(struct ev_source *s, struct ev_source_lane *l, struct ev_source_item *it, struct ev_err *e)
{
	struct shard *h = l->impl;
	unsigned long blank;
	enum ev_code rc;
	bool yes;

	if (!h->inside && (rc = next_block(s, h, e)) != EV_OK) {
		l->pause = s->args.follow ? EV_PAUSE_IDLE : EV_PAUSE_END;
		return rc;
	}
	do {
		rc = ev_source_line(s, &h->scan, it, &blank, &yes, e);
		h->next += blank;
		it->seq = h->next;
		h->next += rc != EV_NO;
		l->behind.at = h->next;
		if (!yes || rc == EV_NO)
			ev_source_take(l);
	} while (rc == EV_OK && !yes);
	if (rc == EV_DATA) {
		snprintf(l->place, sizeof(l->place), "shard %u, offset %llu", l->shard,
		    (unsigned long long)it->seq);
		ev_err_name(e, l->place);
	}
	if (rc != EV_NO)
		return rc;
	h->inside = false;
	l->pause = EV_PAUSE_MORE;
	return EV_NO;
}

static enum ev_code
wait_more(struct ev_source *s, int ms, struct ev_err *e)
{
	struct stream *t = s->impl;
	enum ev_code rc =
	    ev_sig_wait(t->follow.fd, ms >= 0 && ms < EV_FOLLOW_POLL ? ms : EV_FOLLOW_POLL, e);

	if (rc == EV_OK)
		ev_follow_drain(&t->follow);
	return rc;
}

static void
close_stream(struct ev_source *s)
{
	struct stream *t = s->impl;

	if (t == NULL)
		return;
	for (uint32_t i = 0; i < s->lanes; i++) {
		struct shard *h = s->lane[i].impl;

		if (h == NULL)
			continue;
		if (h->reads)
			ev_cursor_close(&h->cursor);
		if (h->joined)
			ev_group_close(&h->group);
		ev_scan_fini(&h->scan);
		free(h);
	}
	if (t->follows)
		ev_follow_close(&t->follow);
	if (t->stream.dir >= 0)
		ev_stream_close(&t->stream);
	free(t);
}

const struct ev_source_kind ev_source_stream = {
	.scheme = "stream",
	.open = open_stream,
	.begin = begin,
	.next = next,
	.wait = wait_more,
	.join = join,
	.commit = commit,
	.close = close_stream,
};
