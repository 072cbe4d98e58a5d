/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/pace.h"
#include "base/sig.h"
#include "base/sort.h"
#include "base/time.h"
#include "cli/progress.h"
#include "cli/stats.h"
#include "cli/table.h"
#include "event/tally.h"
#include "json/lines.h"
#include "json/num.h"
#include "lake/lake.h"
#include "match/select.h"
#include "target/target.h"

/* Bytes of events that --order time of a file keeps in memory. */
enum { SORT_MEMORY = 64 << 20 };

struct conf {
	struct ev_select_args select; /* first: holds ev_events and ev_common */
	const char *order;            /* NULL: what the source has */
	uint64_t limit;
	const char *rate, *speed;
	bool dry_run;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 0, "order", EV_OPT_CHOICE, "time|arrival", AT(order), "Order and pace",
	    "sort by timestamp, or keep the order of arrival (a lake: time, else arrival)" },
	{ 0, "rate", EV_OPT_STR, "N/DURATION", AT(rate), NULL,
	    "at most N events per s, m, h or a duration such as 500ms, evenly spaced" },
	{ 0, "speed", EV_OPT_STR, "X", AT(speed), NULL,
	    "keep the gaps between timestamps, X times as fast" },
	{ 'n', "limit", EV_OPT_COUNT, "N", AT(limit), "Output", "stop after N events" },
	{ 0, "dry-run", EV_OPT_FLAG, NULL, AT(dry_run), NULL,
	    "send nothing; count the events by type" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { ev_opt_select, options, ev_opt_events, ev_opt_report,
	NULL };

static const struct ev_example examples[] = {
	{ "evreplay lake:lake --since 2026-11-01T10:00Z --until 2026-11-01T11:00Z",
	    "an hour of a lake, in order of time" },
	{ "evreplay shop.ndjson -t 'order-*' --rate 2000/s",
	    "the orders of a file, 2000 a second" },
	{ "evreplay shop.ndjson --order time --speed 86400",
	    "a day in a second, with its quiet and busy hours" },
	{ "evreplay lake:lake --dry-run", "what a replay would send" },
	{ NULL, NULL },
};

/* An event on its way out. */
struct item {
	struct ev_slice line;
	struct ev_val type;
	bool timed;
	int64_t ms;
};

struct replay {
	const struct conf *conf;
	enum ev_code (*next)(struct replay *r, struct item *it, struct ev_err *e);
	bool need_time; /* events without a timestamp are bad */
	struct ev_paths paths;
	struct ev_select select;
	struct ev_lake lake;
	struct ev_query query;
	struct ev_lines lines;
	struct ev_sort sort;
	bool sorted; /* all was read */
	struct ev_faults faults;
	struct ev_out out;
	struct ev_pace pace;
	struct ev_tally tally;
	struct ev_stats stats;
	struct ev_progress progress;
	uint64_t sent, waits;
};

/* Where the type stands in a line, kept before it while it is sorted. */
struct place {
	size_t off, n;
};

static void
show_stats(struct replay *r)
{
	struct ev_stats *s = &r->stats;
	bool lake = r->query.work != NULL;

	s->read = lake ? r->sent : r->lines.events + r->lines.bad;
	s->bytes = lake ? r->query.bytes : r->lines.in.bytes;
	s->more[0] = (struct ev_counter){ "written", r->conf->dry_run ? 0 : r->sent };
	s->more[1] = (struct ev_counter){ "faults", r->faults.taken };
	s->more[2] = (struct ev_counter){ "waits", r->waits };
	ev_stats_show(s, &r->conf->select.events.common);
}

/* Before a wait, for input or for the time of an event. */
static enum ev_code
settle(void *arg, struct ev_err *e)
{
	struct replay *r = arg;
	enum ev_code rc = ev_out_flush(&r->out, e);

	if (rc == EV_OK)
		rc = ev_faults_sync(&r->faults, e);
	if (ev_sig_stats())
		show_stats(r);
	return rc;
}

/* Waits until `at`; what was written before is on its way. EV_NO: a signal asked to stop. */
static enum ev_code
wait_until(struct replay *r, uint64_t at, struct ev_err *e)
{
	uint64_t now = ev_mono(), ms;
	enum ev_code rc;

	r->waits += now < at;
	for (; now < at; now = ev_mono()) {
		if ((rc = settle(r, e)) != EV_OK)
			return rc;
		if (ev_sig_stop() != 0)
			return EV_NO;
		ms = (at - now + 999999) / 1000000;
		rc = ev_sig_wait(-1, ms < 3600000 ? (int)ms : 3600000, e);
		if (rc != EV_OK && rc != EV_NO)
			return rc;
	}
	return EV_OK;
}

/* The time of the line at hand. EV_DATA where one is needed and there is none. */
static enum ev_code
take_time(struct replay *r, struct item *it, struct ev_err *e)
{
	const struct ev_val *v = &r->lines.scan.val[EV_TIMESTAMP];

	it->timed = v->kind == EV_NUMBER && ev_num_int(v->raw, &it->ms);
	if (it->timed || !r->need_time)
		return EV_OK;
	if (v->kind == EV_ABSENT)
		ev_fail(e, EV_DATA, "no timestamp, which --order time and --speed need");
	else
		ev_fail(
		    e, EV_DATA, "the timestamp is no integer, which --order time and --speed need");
	ev_err_place(e, r->lines.no, r->lines.line,
	    v->kind == EV_ABSENT ? 0 : (size_t)(v->raw.p - r->lines.line.p));
	return EV_DATA;
}

/* The next selected line of a file, bad ones made faults. */
static enum ev_code
next_line(struct replay *r, struct item *it, struct ev_err *e)
{
	enum ev_code rc;
	bool yes;

	do {
		rc = ev_lines_next(&r->lines, e);
		yes = false;
		if (rc == EV_OK)
			rc = ev_select_match(&r->select, &r->lines.scan, &yes, e);
		if (rc == EV_OK && yes)
			rc = take_time(r, it, e);
		if (rc == EV_DATA) {
			yes = false;
			e->line = r->lines.no;
			ev_err_name(e, r->lines.in.name);
			rc = ev_faults_take(&r->faults, r->lines.line, e);
		}
		ev_progress_step(&r->progress, r->lines.in.bytes, r->lines.events);
		if (ev_sig_stats())
			show_stats(r);
	} while (rc == EV_OK && !yes);
	it->line = r->lines.line;
	it->type = r->lines.scan.val[EV_TYPE];
	return rc;
}

/* Reads all of the file into the sorter. */
static enum ev_code
read_all(struct replay *r, struct ev_err *e)
{
	struct ev_buf record = EV_BUF(SIZE_MAX);
	struct place place;
	struct item it;
	enum ev_code rc;

	while ((rc = next_line(r, &it, e)) == EV_OK) {
		place = (struct place){ 0, 0 };
		if (it.type.kind == EV_STRING)
			place =
			    (struct place){ (size_t)(it.type.raw.p - it.line.p), it.type.raw.n };
		ev_buf_clear(&record);
		if ((rc = ev_buf_add(&record, &place, sizeof(place), e)) != EV_OK ||
		    (rc = ev_buf_adds(&record, it.line, e)) != EV_OK ||
		    (rc = ev_sort_add(&r->sort, it.ms, ev_buf_view(&record), e)) != EV_OK)
			break;
	}
	ev_buf_fini(&record);
	return rc == EV_NO && ev_sig_stop() == 0 ? EV_OK : rc;
}

static enum ev_code
next_sorted(struct replay *r, struct item *it, struct ev_err *e)
{
	struct ev_slice record;
	struct place place;
	enum ev_code rc;

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

static enum ev_code
next_of_lake(struct replay *r, struct item *it, struct ev_err *e)
{
	enum ev_code rc = ev_query_next(&r->query, e);

	if (rc == EV_OK)
		*it = (struct item){ r->query.line, r->query.scan.val[EV_TYPE], true, r->query.ms };
	ev_progress_step(&r->progress, r->query.bytes, r->sent);
	if (ev_sig_stats())
		show_stats(r);
	return rc;
}

static enum ev_code
open_lake(struct replay *r, const char *dir, struct ev_err *e)
{
	const struct conf *c = r->conf;
	struct ev_query_args args = {
		.select = &r->select,
		.paths = &r->paths,
		.by_time = c->order == NULL || strcmp(c->order, "time") == 0,
		.trust = c->select.events.trust,
		.isa = getenv("EVHUB_SCAN"),
	};
	enum ev_code rc;

	r->next = next_of_lake;
	if ((rc = ev_lake_open(&r->lake, dir, EV_LAKE_READ, e)) != EV_OK)
		return rc;
	return ev_query_open(&r->query, &r->lake, &args, e);
}

static enum ev_code
open_file(struct replay *r, const char *const *names, struct ev_err *e)
{
	const struct ev_events *c = &r->conf->select.events;
	const char *tmp = getenv("TMPDIR");
	bool by_time = r->conf->order != NULL && strcmp(r->conf->order, "time") == 0;
	enum ev_code rc;

	r->next = by_time ? next_sorted : next_line;
	r->need_time = by_time || r->pace.speed > 0;
	rc = ev_lines_open(
	    &r->lines, names, (size_t)c->max_line, &r->paths, c->trust, getenv("EVHUB_SCAN"), e);
	r->lines.in.idle = settle;
	r->lines.in.arg = r;
	if (rc == EV_OK && by_time)
		rc = ev_sort_init(
		    &r->sort, SORT_MEMORY, tmp != NULL && *tmp != '\0' ? tmp : "/tmp", e);
	return rc;
}

static enum ev_code
open_source(struct replay *r, const char *address, struct ev_address *a, const char **names,
    struct ev_err *e)
{
	const char *faults = r->conf->select.events.faults;
	enum ev_code rc = ev_address_parse(a, address, e);

	if (rc != EV_OK || (rc = ev_opts_none(a->scheme->name, a->opts, e)) != EV_OK)
		return rc;
	if (ev_address_same(address, "-"))
		return ev_fail(e, EV_USAGE, "%s is the output too", address);
	if (faults != NULL && ev_address_same(address, faults))
		return ev_fail(e, EV_USAGE, "%s is where --faults goes, %s", address, faults);
	if (strcmp(a->scheme->name, "lake") == 0)
		return open_lake(r, a->rest, e);
	names[0] = strcmp(address, "-") != 0 && strcmp(a->rest, "-") == 0 ? "./-" : a->rest;
	if (strcmp(a->scheme->name, "file") != 0 && strcmp(address, "-") != 0)
		return ev_fail(
		    e, EV_USAGE, "%s cannot be read; wanted lake:DIR, a file or '-'", address);
	return open_file(r, names, e);
}

static enum ev_code
parse_pace(struct ev_pace *p, const struct conf *c, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (c->rate != NULL && (rc = ev_pace_rate(p, c->rate, e)) != EV_OK)
		ev_err_name(e, "--rate");
	if (rc == EV_OK && c->speed != NULL && (rc = ev_pace_speed(p, c->speed, e)) != EV_OK)
		ev_err_name(e, "--speed");
	return rc;
}

static enum ev_code
open_all(struct replay *r, const char *address, struct ev_address *a, const char **names,
    struct ev_err *e)
{
	const struct ev_select_args *s = &r->conf->select;
	const char *batch = getenv("EVHUB_BATCH");
	enum ev_code rc;

	r->stats.start = ev_mono();
	if ((rc = parse_pace(&r->pace, r->conf, e)) != EV_OK ||
	    (rc = ev_event_paths(&r->paths, e)) != EV_OK ||
	    (rc = ev_select_init(&r->select, s, &r->paths, e)) != EV_OK ||
	    (rc = ev_out_open(&r->out, STDOUT_FILENO, "stdout", e)) != EV_OK ||
	    (rc = ev_faults_open(
		 &r->faults, s->events.faults, ev_prog(), batch, s->events.tags, e)) != EV_OK ||
	    (rc = open_source(r, address, a, names, e)) != EV_OK)
		return rc;
	if (names[0] != NULL)
		r->faults.target.inputs = names;
	ev_progress_init(&r->progress, &s->events.common, !r->conf->dry_run,
	    names[0] != NULL ? ev_progress_total(names) : 0);
	return EV_OK;
}

static enum ev_code
send_item(struct replay *r, const struct item *it, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (r->conf->dry_run)
		return ev_tally_add(&r->tally, &it->type, it->timed ? &it->ms : NULL, e);
	if (r->pace.interval > 0 || r->pace.speed > 0)
		rc = wait_until(r, ev_pace_due(&r->pace, it->timed ? it->ms : 0, ev_mono()), e);
	return rc == EV_OK ? ev_out_line(&r->out, it->line, e) : rc;
}

/* Until the source or the limit ends. A seekable stdin is left behind the last line sent. */
static enum ev_code
send_all(struct replay *r, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	struct item it = { 0 };
	bool held = false;

	while (r->sent < r->conf->limit) {
		rc = r->next(r, &it, e);
		held = rc == EV_OK;
		if (rc != EV_OK || (rc = send_item(r, &it, e)) != EV_OK)
			break;
		held = false;
		r->sent++;
	}
	if (r->next == next_line)
		ev_lines_unread(&r->lines, held || rc == EV_DATA);
	return rc == EV_NO ? EV_OK : rc;
}

/* What --dry-run found. */
static enum ev_code
report(struct replay *r, struct ev_err *e)
{
	static const struct ev_col cols[] = {
		{ "type", EV_CELL_STR },
		{ "events", EV_CELL_INT },
		{ "first", EV_CELL_TIME },
		{ "last", EV_CELL_TIME },
	};
	enum ev_code rc = EV_OK, end;
	struct ev_table t;
	size_t i;

	ev_tally_sort(&r->tally);
	ev_table_open(
	    &t, &r->conf->select.events.common, cols, sizeof(cols) / sizeof(*cols), &r->out);
	for (i = 0; i < r->tally.n && rc == EV_OK; i++) {
		const struct ev_tally_row *row = &r->tally.row[i];
		struct ev_cell first = ev_cell_int(row->first), last = ev_cell_int(row->last);

		first.known = last.known = row->timed;
		rc = ev_table_row(&t,
		    (struct ev_cell[]){ ev_cell_str((struct ev_slice){ row->type, row->n }),
			ev_cell_int((int64_t)row->events), first, last },
		    e);
	}
	end = ev_table_close(&t, rc != EV_OK, e);
	return rc != EV_OK ? rc : end;
}

static void
close_all(struct replay *r)
{
	ev_tally_fini(&r->tally);
	ev_sort_fini(&r->sort);
	ev_lines_close(&r->lines);
	ev_query_close(&r->query);
	ev_lake_close(&r->lake);
	ev_faults_close(&r->faults);
	ev_select_fini(&r->select);
	ev_paths_fini(&r->paths);
}

/* After the source: nothing is left in memory, and the status says what came of it all. */
static enum ev_code
finish(struct replay *r, enum ev_code rc, struct ev_err *e)
{
	enum ev_code end;

	ev_progress_end(&r->progress);
	if (rc == EV_OK && r->conf->dry_run && ev_sig_stop() == 0)
		rc = report(r, e);
	end = ev_out_flush(&r->out, e);
	rc = rc != EV_OK ? rc : end;
	end = ev_faults_sync(&r->faults, e);
	rc = rc != EV_OK ? rc : end;
	if (r->conf->select.events.common.stats != NULL)
		show_stats(r);
	return rc == EV_OK && r->faults.taken > 0 ? EV_PARTIAL : rc;
}

static enum ev_code
run(void *pconf, char **operand, struct ev_err *e)
{
	struct replay r = { .conf = pconf };
	struct ev_address address = { 0 };
	const char *names[2] = { NULL, NULL };
	enum ev_code rc, end;

	rc = open_all(&r, operand[0], &address, names, e);
	if (rc == EV_OK) {
		ev_note_stdin(pconf, operand);
		rc = finish(&r, send_all(&r, e), e);
	}
	end = ev_out_close(&r.out, true, e);
	rc = rc != EV_OK ? rc : end;
	close_all(&r);
	if (address.rest != NULL && e->name == address.rest) /* which must not outlive it */
		e->name = operand[0];
	ev_address_fini(&address);
	return rc;
}

static void
init(void *pconf)
{
	struct conf *c = pconf;

	c->limit = UINT64_MAX;
}

static const struct ev_cmd evreplay = {
	.name = "evreplay",
	.summary = "read events back from a lake or a file, by time and at a pace",
	.operands = "SOURCE",
	.min = 1,
	.max = 1,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = init,
	.run = run,
};

int
main(int argc, char **argv)
{
	return ev_main(&evreplay, argc, argv);
}
