/* SPDX-License-Identifier: MIT */
/* Events as they come from a lane of the source, or all of them sorted by time. */
#include "base/sig.h"
#include "evreplay.h"
#include "json/num.h"

/* Where the type stands in a line, kept before it while it is sorted. */
struct place {
	size_t off, n;
};

/* The time of the line at hand. EV_DATA where one is needed and there is none. */
static enum ev_code
take_time(struct replay *r, const struct ev_source_item *from, struct item *it, struct ev_err *e)
{
	const struct ev_val *v = &from->scan->val[EV_TIMESTAMP];

	it->timed = v->kind == EV_NUMBER && ev_num_int(v->raw, &it->ms);
	if (it->timed || !r->need_time)
		return EV_OK;
	if (v->kind == EV_ABSENT)
		ev_fail(e, EV_DATA, "no timestamp, which --order time and --speed need");
	else
		ev_fail(
		    e, EV_DATA, "the timestamp is no integer, which --order time and --speed need");
	ev_err_place(
	    e, from->no, from->line, v->kind == EV_ABSENT ? 0 : (size_t)(v->raw.p - from->line.p));
	if (r->inputs[0] != NULL)
		ev_err_name(e, strcmp(r->inputs[0], "-") == 0 ? "stdin" : r->inputs[0]);
	return EV_DATA;
}

enum ev_code
evreplay_read(struct replay *r, struct lane *l, struct item *it, struct ev_err *e)
{
	struct ev_source_item from;
	enum ev_code rc;

	for (;;) {
		rc = ev_source_next(&r->source, l->from, &from, e);
		if (rc == EV_OK)
			rc = take_time(r, &from, it, e);
		if (rc == EV_OK)
			break;
		if (rc != EV_DATA)
			return rc;
		if (r->conf->words != NULL)
			r->faults.batch = l->id;
		if ((rc = ev_faults_take(&r->faults, from.line, e)) != EV_OK)
			return rc;
		ev_source_take(l->from);
	}
	it->line = from.line;
	it->type = from.scan->val[EV_TYPE];
	it->seq = from.seq;
	return EV_OK;
}

static enum ev_code
sort_item(struct replay *r, struct ev_buf *record, const struct item *it, struct ev_err *e)
{
	struct place place = { 0, 0 };
	enum ev_code rc;

	if (it->type.kind == EV_STRING)
		place = (struct place){ (size_t)(it->type.raw.p - it->line.p), it->type.raw.n };
	ev_buf_clear(record);
	if ((rc = ev_buf_add(record, &place, sizeof(place), e)) != EV_OK ||
	    (rc = ev_buf_adds(record, it->line, e)) != EV_OK)
		return rc;
	return ev_sort_add(&r->sort, it->ms, ev_buf_view(record), e);
}

/* Reads what a lane has into the sorter, waits where it has nothing yet. */
static enum ev_code
read_lane(struct replay *r, struct lane *l, struct ev_buf *record, struct ev_err *e)
{
	struct item it;
	enum ev_code rc = EV_OK;

	while (rc == EV_OK) {
		rc = evreplay_read(r, l, &it, e);
		if (rc == EV_OK) {
			if ((rc = sort_item(r, record, &it, e)) == EV_OK)
				ev_source_take(l->from);
			continue;
		}
		if (rc != EV_NO || l->from->pause == EV_PAUSE_END || ev_sig_stop() != 0)
			break;
		evreplay_tick(r);
		rc = EV_OK;
		if (l->from->pause == EV_PAUSE_IDLE) {
			if ((rc = ev_faults_sync(&r->faults, e)) == EV_OK)
				rc = ev_source_wait(&r->source, -1, e);
			rc = rc == EV_NO ? EV_OK : rc;
		}
	}
	return rc == EV_NO && ev_sig_stop() == 0 ? EV_OK : rc;
}

static enum ev_code
read_all(struct replay *r, struct ev_err *e)
{
	struct ev_buf record = EV_BUF(SIZE_MAX);
	enum ev_code rc = EV_OK;

	for (size_t i = 0; rc == EV_OK && i < r->lanes; i++)
		rc = read_lane(r, &r->lane[i], &record, e);
	ev_buf_fini(&record);
	return rc;
}

/* All come by the first lane. */
static enum ev_code
next_sorted(struct replay *r, struct lane *l, struct item *it, struct ev_err *e)
{
	struct ev_slice record;
	struct place place;
	enum ev_code rc;

	l->from->pause = EV_PAUSE_END;
	if (l != r->lane)
		return EV_NO;
	if (!r->sorted && (rc = read_all(r, e)) != EV_OK)
		return rc;
	r->sorted = true;
	if ((rc = ev_sort_next(&r->sort, &it->ms, &record, e)) != EV_OK)
		return rc;
	memcpy(&place, record.p, sizeof(place));
	it->line = (struct ev_slice){ record.p + sizeof(place), record.n - sizeof(place) };
	it->type = (struct ev_val){ .raw = { it->line.p + place.off, place.n },
		.kind = place.n > 0 ? EV_STRING : EV_ABSENT };
	it->timed = true;
	return EV_OK;
}

enum ev_code
evreplay_next(struct replay *r, struct lane *l, struct item *it, struct ev_err *e)
{
	return r->by_time ? next_sorted(r, l, it, e) : evreplay_read(r, l, it, e);
}

void
evreplay_took(struct replay *r, struct lane *l)
{
	if (!r->by_time)
		ev_source_take(l->from);
}
