/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "cli/ack.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/stats.h"
#include "evlake.h"
#include "json/lines.h"
#include "lake/lake.h"
#include "target/target.h"

/* A seal is due so long after the first event that waits for it, unless told otherwise. */
enum { SEAL_MS = 60 * EV_SECOND };

struct conf {
	struct ev_events events; /* first: holds ev_common */
	struct ev_list seal;
	const char *dedupe;
	int acks;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 0, "acks", EV_OPT_FD, "FD", AT(acks), "Keeping events",
	    "write {\"acked\":N} to this descriptor when the first N events are durable" },
	{ 0, "dedupe", EV_OPT_STR, "HOW", AT(dedupe), NULL,
	    "what counts as kept already: exact (the same id and timestamp), window=DURATION (only "
	    "among what was"
	    " sealed so long ago), none" },
	{ 0, "seal-every", EV_OPT_LIST, "SIZE|DURATION", AT(seal), NULL,
	    "seal after so many bytes (64M) or so much time (60s); give it twice for both" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_events, NULL };

static const struct ev_example examples[] = {
	{ "evlake put lake shop.ndjson", "keeps every event, once" },
	{ "evlake put --seal-every 5s --acks 1 lake < shop.ndjson",
	    "says how many are durable as it goes" },
	{ NULL, NULL },
};

struct put {
	const struct conf *conf;
	struct ev_lake lake;
	struct ev_put_args args;
	struct ev_put put;
	struct ev_paths set;
	struct ev_lines lines;
	struct ev_faults faults;
	struct ev_ack ack;
	struct ev_err stop; /* the conflict that a seal while waiting ended with */
	off_t start;        /* of stdin */
	uint64_t bad;       /* lines that became faults when they were read */
	uint64_t acked, waits, bytes;
	struct ev_stats stats;
	struct ev_progress progress;
};

static void
set_defaults(void *arg)
{
	struct conf *conf = arg;

	conf->acks = -1;
	conf->dedupe = "exact";
}

/* `64M` is a size, `60s` a duration: the unit tells. */
static enum ev_code
read_seal(const struct ev_list *list, struct ev_put_args *args, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (size_t i = 0; rc == EV_OK && i < list->n; i++) {
		struct ev_slice s = ev_slice_str(list->v[i]);
		bool time = s.n > 0 && strchr("smhdw", s.p[s.n - 1]) != NULL;

		rc = time ? ev_duration_parse(s, &args->seal_ms, e)
			  : ev_size_parse(s, &args->seal_bytes, e);
		if (rc == EV_OK && (time ? args->seal_ms < 1 : args->seal_bytes < 1))
			rc = ev_fail(e, EV_USAGE,
			    "'%s' is nothing; a size as 64M or a duration as 60s was wanted",
			    list->v[i]);
	}
	if (rc != EV_OK)
		ev_err_name(e, "--seal-every");
	return rc;
}

static enum ev_code
read_dedupe(const char *text, struct ev_put_args *args, struct ev_err *e)
{
	struct ev_slice s = ev_slice_str(text);
	enum ev_code rc;

	if (strcmp(text, "exact") == 0 || strcmp(text, "none") == 0) {
		args->dedupe = *text == 'e' ? EV_DEDUPE_EXACT : EV_DEDUPE_NONE;
		return EV_OK;
	}
	if (!ev_slice_begins(s, EV_LIT("window=")))
		return ev_fail(e, EV_USAGE,
		    "--dedupe is '%s'; exact, window=DURATION or none was wanted", text);
	args->dedupe = EV_DEDUPE_WINDOW;
	rc = ev_duration_parse((struct ev_slice){ s.p + 7, s.n - 7 }, &args->window, e);
	ev_err_name(e, "--dedupe");
	return rc;
}

static enum ev_code
on_conflict(void *arg, struct ev_slice line, struct ev_err *e)
{
	struct put *p = arg;

	return ev_faults_take(&p->faults, line, e);
}

static enum ev_code
on_settle(void *arg, struct ev_err *e)
{
	struct put *p = arg;

	return ev_faults_sync(&p->faults, e);
}

/* Tells how many of the events read are durable: in the lake or, as faults, where these go. */
static enum ev_code
acknowledge(struct put *p, struct ev_err *e)
{
	uint64_t now = p->put.acked + p->bad;
	char line[64];
	enum ev_code rc;

	if (p->conf->acks < 0 || now == p->acked)
		return EV_OK;
	p->acked = now;
	snprintf(line, sizeof(line), "{\"acked\":%" PRIu64 "}\n", now);
	rc = ev_write_all(p->conf->acks, line, strlen(line), e);
	if (rc != EV_OK)
		ev_err_name(e, "--acks");
	return rc;
}

/* A conflict that ends the run is acknowledged up to it. */
static enum ev_code
seal(struct put *p, struct ev_err *e)
{
	enum ev_code rc = ev_put_seal(&p->put, e);

	if (rc == EV_OK && (rc = acknowledge(p, e)) == EV_OK)
		return ev_ack_answer(&p->ack, e);
	if (rc == EV_DATA) {
		p->stop = *e;
		if (acknowledge(p, NULL) != EV_OK)
			ev_warn("could not write to descriptor %d (--acks)", p->conf->acks);
	}
	return rc;
}

static void
show_stats(struct put *p)
{
	struct ev_stats *s = &p->stats;

	s->read = p->lines.events + p->lines.bad;
	s->bytes = p->lines.in.bytes;
	s->more[0] = (struct ev_counter){ "written", p->put.kept };
	s->more[1] = (struct ev_counter){ "faults", p->faults.taken };
	s->more[2] = (struct ev_counter){ "waits", p->waits };
	s->more[3] = (struct ev_counter){ "duplicates", p->put.duplicates };
	s->more[4] = (struct ev_counter){ "acked", p->put.acked + p->bad };
	s->more[5] = (struct ev_counter){ "segments", p->put.segments };
	s->more[6] = (struct ev_counter){ "stored", p->put.stored };
	ev_stats_show(s, &p->conf->events.common);
}

/* While the input pauses: what is due is sealed, and the next look is when something will be. */
static enum ev_code
idle(void *arg, struct ev_err *e)
{
	struct put *p = arg;
	enum ev_code rc;

	p->waits++;
	if (ev_sig_stats())
		show_stats(p);
	if ((ev_put_due(&p->put) || ev_ack_due(&p->ack)) && (rc = seal(p, e)) != EV_OK)
		return rc;
	p->lines.in.nap = ev_put_nap(&p->put);
	return EV_OK;
}

/* A batch ends. It is answered with the next seal, which comes when the input pauses. */
static enum ev_code
barrier(void *arg, struct ev_err *e)
{
	struct put *p = arg;

	(void)e;
	p->ack.barriers++;
	return EV_OK;
}

static enum ev_code
open_all(struct put *p, char **operand, struct ev_err *e)
{
	const struct conf *c = p->conf;
	const struct ev_events *events = &c->events;
	const char *const *names = (const char *const *)operand + 1;
	enum ev_code rc;

	p->args = (struct ev_put_args){
		.seal_ms = SEAL_MS, .conflict = on_conflict, .settle = on_settle, .arg = p
	};
	if ((rc = read_seal(&c->seal, &p->args, e)) != EV_OK ||
	    (rc = read_dedupe(c->dedupe, &p->args, e)) != EV_OK)
		return rc;
	if (c->acks >= 0 && fcntl(c->acks, F_GETFD) < 0)
		return ev_fail(e, EV_USAGE, "--acks: descriptor %d is not open", c->acks);
	for (const char *const *name = names; events->faults != NULL && *name != NULL; name++)
		if (ev_address_same(*name, events->faults))
			return ev_fail(
			    e, EV_USAGE, "%s is where --faults goes, %s", *name, events->faults);
	if ((rc = ev_event_paths(&p->set, e)) != EV_OK ||
	    (rc = ev_lake_open(&p->lake, evlake_path(operand[0]), EV_LAKE_PUT, e)) != EV_OK ||
	    (rc = ev_put_open(&p->put, &p->lake, &p->args, e)) != EV_OK ||
	    (rc = ev_faults_open(&p->faults, events->faults, "evlake", getenv("EVHUB_BATCH"),
		 events->tags, e)) != EV_OK ||
	    (rc = ev_ack_init(&p->ack, operand + 1, true, false, e)) != EV_OK)
		return rc;
	p->faults.target.inputs = names;
	p->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
	rc = ev_lines_open(
	    &p->lines, names, events->max_line, &p->set, events->trust, getenv("EVHUB_SCAN"), e);
	p->lines.in.idle = idle;
	p->lines.barrier = p->ack.on ? barrier : NULL;
	p->lines.in.arg = p->lines.arg = p;
	p->stats.start = ev_mono();
	ev_progress_init(&p->progress, &events->common, false, ev_progress_total(names));
	return rc;
}

/* What is looked at once per block. */
static void
tick(struct put *p)
{
	if (p->lines.in.bytes == p->bytes)
		return;
	p->bytes = p->lines.in.bytes;
	ev_progress_step(&p->progress, p->bytes, p->lines.events);
	if (ev_sig_stats())
		show_stats(p);
}

static enum ev_code
take_event(struct put *p, struct ev_err *e)
{
	const struct ev_event ev = ev_event_view(p->lines.line, p->lines.scan.val);
	enum ev_code rc = ev_put_add(&p->put, &ev, p->lines.in.name, p->lines.no, e);

	if (rc == EV_DATA) {
		e->line = p->lines.no;
		ev_err_name(e, p->lines.in.name);
	}
	return rc;
}

static enum ev_code
loop(struct put *p, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (rc == EV_OK) {
		rc = ev_lines_next(&p->lines, e);
		tick(p);
		if (rc == EV_OK)
			rc = take_event(p, e);
		if (rc == EV_DATA && p->stop.code == EV_OK &&
		    (rc = ev_faults_take(&p->faults, p->lines.line, e)) == EV_OK)
			p->bad++;
		if (rc == EV_OK && ev_put_due(&p->put))
			rc = seal(p, e);
	}
	return rc;
}

/* Sets stdin back to the line of a conflict, which was read long ago. */
static void
go_back(struct put *p)
{
	unsigned long line = 1;
	off_t at = p->start;
	char part[16384];
	ssize_t n;

	if (at < 0 || p->stop.name == NULL || strcmp(p->stop.name, "stdin") != 0)
		return;
	while (line < p->stop.line && (n = pread(STDIN_FILENO, part, sizeof(part), at)) > 0) {
		const char *from = part, *lf = part;

		while (line < p->stop.line &&
		    (lf = memchr(from, '\n', (size_t)(part + n - from))) != NULL) {
			from = lf + 1;
			line++;
		}
		at += lf != NULL ? from - part : n;
	}
	(void)lseek(STDIN_FILENO, at, SEEK_SET);
}

/* Whatever ended the loop but a failure of the lake itself: what was put before is sealed. */
static enum ev_code
finish(struct put *p, enum ev_code rc, struct ev_err *e)
{
	struct ev_err last = { 0 };
	enum ev_code end = EV_OK;

	if (rc == EV_NO)
		rc = EV_OK;
	if (p->stop.code == EV_OK && (rc == EV_OK || rc == EV_DATA)) {
		end = seal(p, &last);
		if (end != EV_OK) { /* it happened earlier in the input */
			*e = last;
			rc = end;
		} else if (rc == EV_DATA) {
			ev_lines_unread(&p->lines, true);
		}
	}
	if (p->stop.code != EV_OK && rc == EV_DATA) {
		*e = p->stop;
		go_back(p);
	}
	return rc == EV_OK && p->faults.taken > 0 ? EV_PARTIAL : rc;
}

static void
summarize(struct put *p)
{
	char raw[32], stored[32];

	ev_size_print(raw, p->put.raw);
	ev_size_print(stored, p->put.stored);
	ev_note(&p->conf->events.common,
	    "%" PRIu64 " events: %" PRIu64 " kept, %" PRIu64 " duplicates, %" PRIu64
	    " faults; %" PRIu64 " segments, %s in %s",
	    p->put.acked + p->bad, p->put.kept, p->put.duplicates, p->faults.taken, p->put.segments,
	    raw, stored);
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct put p = { .conf = arg };
	enum ev_code rc = open_all(&p, operand, e);

	if (rc == EV_OK) {
		ev_note_stdin(arg, operand + 1);
		rc = finish(&p, loop(&p, e), e);
		ev_progress_end(&p.progress);
		if (p.conf->events.common.stats != NULL)
			show_stats(&p);
		if (rc == EV_OK || rc == EV_PARTIAL || rc == EV_DATA)
			summarize(&p);
	}
	ev_lines_close(&p.lines);
	ev_put_close(&p.put);
	ev_lake_close(&p.lake);
	ev_faults_close(&p.faults);
	ev_paths_fini(&p.set);
	return rc;
}

const struct ev_cmd evlake_put = {
	.name = "put",
	.summary = "keeps events: durable, once each, and acknowledged when they are",
	.operands = "LAKE [SOURCE...]",
	.min = 1,
	.max = SIZE_MAX,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = set_defaults,
	.run = run,
};
