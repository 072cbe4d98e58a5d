/* SPDX-License-Identifier: MIT */
/* Where lanes begin, and how far they are. */
#include "evreplay.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sig.h"
#include "cli/say.h"

enum { AGAIN = 100 /* ms between two looks at the lock of a group */ };

/* EVHUB_BATCH of what comes next: a worker has the same one all its life. */
static void
name_batch(struct replay *r, struct lane *l)
{
	char at[EV_POSITION_TEXT];

	ev_position_text(at, &l->last);
	snprintf(l->id, sizeof(l->id), "%s %u %s", r->source.id, l->from->shard,
	    r->conf->worker ? "worker" : at);
}

/* One owner of a shard at a time: waits until the last process of the one before it is gone. */
static enum ev_code
join(struct replay *r, struct lane *l, struct ev_err *e)
{
	int64_t owner, told = -1;
	enum ev_code rc;

	for (;;) {
		rc = ev_source_join(&r->source, l->from, r->conf->group, &owner, e);
		if (rc != EV_AGAIN)
			return rc;
		*e = (struct ev_err){ 0 };
		if (owner != told && owner > 0)
			ev_note(&r->conf->select.events.common,
			    "waiting for process %lld, which has shard %u of group %s",
			    (long long)owner, l->from->shard, r->conf->group);
		else if (owner != told)
			ev_note(&r->conf->select.events.common,
			    "waiting for the process that has shard %u of group %s", l->from->shard,
			    r->conf->group);
		told = owner;
		rc = ev_sig_wait(-1, AGAIN, e);
		if (ev_sig_stop() != 0 || (rc != EV_OK && rc != EV_NO))
			return rc;
	}
}

/* *known: the lane has a position. */
static enum ev_code
find_position(struct replay *r, struct lane *l, bool *known, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	*known = false;
	if (r->conf->group != NULL) {
		rc = join(r, l, e);
		*known = l->from->known;
	} else if (r->conf->state != NULL) {
		*known = ev_checkpoint_find(&r->checkpoint, l->from, &l->from->at);
	}
	return rc;
}

static enum ev_begin
parse_offset(const char *text, uint64_t *number)
{
	if (text == NULL || strcmp(text, "earliest") == 0)
		return EV_BEGIN_EARLIEST;
	if (strcmp(text, "latest") == 0)
		return EV_BEGIN_LATEST;
	*number = strtoull(text, NULL, 10);
	return EV_BEGIN_NUMBER;
}

static enum ev_code
begin_lane(struct replay *r, struct lane *l, struct ev_err *e)
{
	uint64_t number = 0;
	enum ev_begin from = parse_offset(r->conf->offset, &number);
	enum ev_code rc;
	bool known;

	if ((rc = find_position(r, l, &known, e)) != EV_OK ||
	    (rc = ev_source_begin(&r->source, l->from, known, from, number, e)) != EV_OK)
		return rc;
	l->last = l->done = l->from->at;
	name_batch(r, l);
	if (known || !r->positions)
		return EV_OK;
	/* a run that dies before its first commit must not begin at a later "latest" */
	l->moved = true;
	return evreplay_commit(r, l, e);
}

enum ev_code
evreplay_begin(struct replay *r, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (r->conf->state != NULL &&
	    (rc = ev_checkpoint_open(&r->checkpoint, r->conf->state, &r->source, e)) != EV_OK)
		return rc;
	for (size_t i = 0; rc == EV_OK && i < r->lanes; i++)
		rc = begin_lane(r, &r->lane[i], e);
	return rc;
}

void
evreplay_done(struct lane *l, const struct ev_position *p)
{
	l->done = *p;
	l->moved = !ev_position_same(&l->done, &l->last);
}

/* The faults before the position, then the position. */
static enum ev_code
save(struct replay *r, struct lane *l, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (r->faults.taken != r->synced && (rc = ev_faults_sync(&r->faults, e)) != EV_OK)
		return rc;
	r->synced = r->faults.taken;
	if (r->conf->group != NULL)
		rc = ev_source_commit(&r->source, l->from, &l->done, e);
	else if (r->conf->state != NULL)
		rc = ev_checkpoint_commit(&r->checkpoint, &r->source, l->from, &l->done, e);
	return rc;
}

enum ev_code
evreplay_commit(struct replay *r, struct lane *l, struct ev_err *e)
{
	enum ev_code rc;

	if (!l->moved || r->stuck)
		return EV_OK;
	if ((rc = save(r, l, e)) != EV_OK) {
		r->stuck = true;
		return rc;
	}
	l->last = l->done;
	l->moved = false;
	name_batch(r, l);
	return EV_OK;
}
