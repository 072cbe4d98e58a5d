/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "cli/ack.h"
#include "cli/progress.h"
#include "cli/stats.h"
#include "event/event.h"
#include "evfilter.h"
#include "json/lines.h"
#include "match/sample.h"
#include "match/select.h"
#include "state/newer.h"
#include "state/unique.h"
#include "target/target.h"

/* Events between two commits of the state while the input does not pause. */
enum { COMMIT_EVERY = 50000 };

struct conf {
	struct ev_select_args select; /* first: holds ev_events and ev_common */
	bool invert, count, explain, exit, ack;
	uint64_t limit;
	const char *sample, *unique, *state;
	int64_t window;
	bool newer;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 'v', "invert", EV_OPT_FLAG, NULL, AT(invert), "Selecting events",
	    "keep the events that are not selected" },
	{ 0, "sample", EV_OPT_STR, "1/N|P%", AT(sample), "Fewer events",
	    "keep a part of them, always the same by id: 1/100 or 2.5%" },
	{ 'n', "limit", EV_OPT_COUNT, "N", AT(limit), NULL, "stop reading after N events" },
	{ 0, "unique", EV_OPT_STR, "[=PATH]", AT(unique), NULL,
	    "drop an event whose id, or value at PATH, was seen before" },
	{ 0, "window", EV_OPT_DURATION, "DURATION", AT(window), NULL,
	    "how long --unique remembers what it saw" },
	{ 0, "newer", EV_OPT_FLAG, NULL, AT(newer), NULL,
	    "drop an event that is older than one seen of its partitionKey" },
	{ 0, "state", EV_OPT_FILE, "FILE", AT(state), NULL,
	    "where --unique and --newer remember what they saw" },
	{ 'c', "count", EV_OPT_FLAG, NULL, AT(count), "Output",
	    "write the number of events instead of the events" },
	{ 0, "explain", EV_OPT_FLAG, NULL, AT(explain), NULL,
	    "instead of the events write, condition by condition of the pattern, why each matches "
	    "or "
	    "not" },
	{ 'e', "exit-status", EV_OPT_FLAG, NULL, AT(exit), NULL, "exit 1 when no event was kept" },
	{ 0, "ack", EV_OPT_FLAG, NULL, AT(ack), NULL,
	    "as a worker's stage: answer its batches here although stdout is a pipe" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { ev_opt_select, options, ev_opt_events, ev_opt_report,
	NULL };

static const struct ev_example examples[] = {
	{ "evfilter -t 'order-*' --where 'order.total >= 100' shop.ndjson", "the larger orders" },
	{ "evfilter -p "
	  "'{\"order\":{\"items\":{\"sku\":[{\"prefix\":\"TOOL-\"}],\"quantity\":[{\"numeric\":[\">"
	  "=\",3]}]}}}' "
	  "shop.ndjson",
	    "orders with an item of a kind, three or more of it" },
	{ "evfilter --since 2026-11-01T12:00Z --key o-10512 shop.ndjson",
	    "what happened to one order since noon" },
	{ "evfilter -e -n 1 -t payment-declined shop.ndjson",
	    "whether a payment was declined, and the first that was" },
	{ "evfilter --unique --window 7d --state seen.db shop.ndjson",
	    "every event once, over several runs too" },
	{ NULL, NULL },
};

struct filter {
	const struct conf *conf;
	struct ev_paths set;
	struct ev_select select;
	struct ev_lines lines;
	struct ev_faults faults;
	struct ev_out out;
	struct ev_select_args selects; /* with explain: all but the pattern */
	struct evfilter_explain explain;
	struct ev_ack ack;
	bool regular; /* stdout is a file that is made durable */
	struct ev_store store;
	struct ev_unique unique;
	struct ev_newer newer;
	uint32_t unique_path, id, key, timestamp; /* of --unique; of --newer */
	struct ev_sample sample;
	uint64_t selected, kept; /* kept: went on to the output */
	uint64_t duplicates, stale;
	uint64_t waits, bytes; /* bytes: read at the last tick */
	struct ev_stats stats;
	struct ev_progress progress;
};

static void
set_defaults(void *arg)
{
	struct conf *conf = arg;

	conf->limit = UINT64_MAX;
	conf->window = -1;
}

static enum ev_code
check_conf(const struct conf *c, struct ev_err *e)
{
	if (c->invert && !ev_select_asked(&c->select))
		return ev_fail(
		    e, EV_USAGE, "-v without an option that selects events would keep none");
	if (c->explain && (c->invert || c->count || c->exit))
		return ev_fail(
		    e, EV_USAGE, "--explain tells of every event; it goes without -v, -c and -e");
	if (c->window >= 0 && c->unique == NULL)
		return ev_fail(e, EV_USAGE, "--window is of use with --unique only");
	if (c->state != NULL && c->unique == NULL && !c->newer)
		return ev_fail(e, EV_USAGE, "--state is of use with --unique or --newer only");
	return EV_OK;
}

/*
 * What is read must not be written to: it would feed itself. And faults in the middle of events
 * would spoil them.
 */
static enum ev_code
check_loops(const struct conf *c, char *const *names, struct ev_err *e)
{
	static char only_stdin[] = "-";
	char *const none[] = { only_stdin, NULL };
	const char *faults = c->select.events.faults;

	if (faults != NULL &&
	    (strcmp(faults, "-") == 0 || strcmp(faults, "fd:1") == 0 ||
		ev_address_same("fd:1", faults)))
		return ev_fail(e, EV_USAGE, "--faults %s is where the events go", faults);
	for (names = *names != NULL ? names : none; *names != NULL; names++) {
		const char *name = strcmp(*names, "-") == 0 ? "stdin" : *names;

		if (ev_address_same(*names, "-"))
			return ev_fail(e, EV_USAGE, "%s is the output too", name);
		if (faults != NULL && ev_address_same(*names, faults))
			return ev_fail(e, EV_USAGE, "%s is where --faults goes, %s", name, faults);
	}
	return EV_OK;
}

/* The path whose values --unique remembers; one with [*] has no single value. */
static enum ev_code
add_unique(struct filter *f, const char *path, struct ev_err *e)
{
	enum ev_code rc = ev_paths_add(&f->set, ev_slice_str(path), &f->unique_path, e);
	uint32_t i;

	for (i = 0; rc == EV_OK && i < f->set.n; i++)
		if (f->set.node[i].path == f->unique_path + 1 && f->set.node[i].many)
			rc = ev_fail(e, EV_USAGE, "found %s, wanted a path without [*]", path);
	if (rc != EV_OK) {
		ev_err_name(e, "--unique");
		e->line = 0; /* options have no lines */
	}
	return rc;
}

static enum ev_code
add_paths(struct filter *f, struct ev_err *e)
{
	const struct conf *c = f->conf;
	enum ev_code rc = EV_OK;

	f->selects = c->select;
	f->out.fd = STDOUT_FILENO; /* for the table, though it is opened later */
	if (c->explain &&
	    (rc = evfilter_explain_open(&f->explain, &c->select, &f->selects, &f->out, e)) != EV_OK)
		return rc;
	rc = ev_select_init(&f->select, &f->selects, &f->set, e);
	if (rc == EV_OK && c->explain)
		rc = ev_paths_add(&f->set, EV_LIT("id"), &f->id, e);
	if (rc == EV_OK && c->unique != NULL)
		rc = add_unique(f, *c->unique != '\0' ? c->unique : "id", e);
	if (rc == EV_OK && c->sample != NULL &&
	    (rc = ev_sample_init(&f->sample, c->sample, &f->set, e)) != EV_OK)
		ev_err_name(e, "--sample");
	if (rc != EV_OK || !c->newer)
		return rc;
	if ((rc = ev_paths_add(&f->set, EV_LIT("id"), &f->id, e)) != EV_OK ||
	    (rc = ev_paths_add(&f->set, EV_LIT("partitionKey"), &f->key, e)) != EV_OK)
		return rc;
	return ev_paths_add(&f->set, EV_LIT("timestamp"), &f->timestamp, e);
}

/*
 * After a crash the output may end within a line. Its event was not remembered and comes again, so
 * that the line is only ended: the next event must not be glued to it.
 */
static enum ev_code
mend_output(struct filter *f, struct ev_err *e)
{
	int how = fcntl(STDOUT_FILENO, F_GETFL), fd;
	enum ev_code rc = EV_OK;
	struct stat st;
	char last;

	if (!f->regular || how < 0 || (how & O_APPEND) == 0 || fstat(STDOUT_FILENO, &st) < 0 ||
	    st.st_size == 0)
		return EV_OK;
	/* stdout is open for writing only; a file that may not be read is left as it is */
	fd = open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return EV_OK;
	if (pread(fd, &last, 1, st.st_size - 1) != 1) {
		rc = ev_fail_sys(e, "cannot read the end of the output");
		ev_err_name(e, "stdout");
	} else if (last != '\n') {
		rc = ev_out_add(&f->out, EV_LIT("\n"), e);
	}
	close(fd);
	return rc;
}

static enum ev_code
open_state(struct filter *f, const char *batch, struct ev_err *e)
{
	const struct conf *c = f->conf;

	if (c->unique == NULL && !c->newer)
		return EV_OK;
	ev_unique_init(&f->unique, &f->store, c->window);
	ev_newer_init(&f->newer, &f->store);
	return ev_store_open(&f->store, c->state, batch, e);
}

/* A count is no event that goes on: who counts answers. */
static enum ev_code
open_output(struct filter *f, char **names, struct ev_err *e)
{
	const struct conf *c = f->conf;
	enum ev_code rc;
	struct stat st;

	if ((rc = ev_out_open(&f->out, STDOUT_FILENO, "stdout", e)) != EV_OK ||
	    (rc = ev_ack_init(&f->ack, names, c->count, c->ack, e)) != EV_OK)
		return rc;
	if (!c->count)
		ev_sig_watch(STDOUT_FILENO);
	f->regular = (c->state != NULL || f->ack.file) && fstat(STDOUT_FILENO, &st) == 0 &&
	    S_ISREG(st.st_mode);
	return mend_output(f, e);
}

/*
 * What must be, in this order, before the process waits or ends: events written, faults durable,
 * state durable. A crash between these steps repeats events when the input is read again, and loses
 * none.
 */
static enum ev_code
settle(struct filter *f, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = ev_out_flush(&f->out, e)) != EV_OK ||
	    (rc = ev_faults_sync(&f->faults, e)) != EV_OK)
		return rc;
	if (!f->store.open)
		return EV_OK;
	if (f->regular && fdatasync(STDOUT_FILENO) < 0 && errno != EINVAL) {
		rc = ev_fail_sys(e, "cannot make the output durable");
		ev_err_name(e, "stdout");
		return rc;
	}
	if (f->conf->unique != NULL && (rc = ev_unique_prune(&f->unique, ev_now(), e)) != EV_OK)
		return rc;
	if (f->conf->newer && (rc = ev_newer_prune(&f->newer, e)) != EV_OK)
		return rc;
	return ev_store_commit(&f->store, e);
}

static void
show_stats(struct filter *f)
{
	struct ev_stats *s = &f->stats;

	s->read = f->lines.events + f->lines.bad;
	s->bytes = f->lines.in.bytes;
	s->more[0] = (struct ev_counter){ "matched", f->selected };
	s->more[1] = (struct ev_counter){ "written", f->conf->count ? 0 : f->kept };
	s->more[2] = (struct ev_counter){ "faults", f->faults.taken };
	s->more[3] = (struct ev_counter){ "waits", f->waits };
	s->more[4] = (struct ev_counter){ "duplicates", f->duplicates };
	s->more[5] = (struct ev_counter){ "stale", f->stale };
	ev_stats_show(s, &f->conf->select.events.common);
}

/* Called when the input pauses, and when a signal ended the wait. */
static enum ev_code
idle(void *arg, struct ev_err *e)
{
	struct filter *f = arg;
	enum ev_code rc;

	f->waits++;
	if (ev_sig_stats())
		show_stats(f);
	rc = settle(f, e);
	return rc == EV_OK ? ev_ack_answer(&f->ack, e) : rc;
}

/* A batch ends. It goes on at once; an answer waits for a pause, and may be one for several. */
static enum ev_code
barrier(void *arg, struct ev_err *e)
{
	struct filter *f = arg;
	enum ev_code rc = EV_OK;

	if (f->ack.last)
		f->ack.barriers++;
	else if ((rc = settle(f, e)) == EV_OK)
		rc = ev_ack_barrier(&f->ack, &f->out, e);
	return rc;
}

/* What is looked at once per block. */
static void
tick(struct filter *f)
{
	if (f->lines.in.bytes == f->bytes)
		return;
	f->bytes = f->lines.in.bytes;
	ev_progress_step(&f->progress, f->bytes, f->kept);
	if (ev_sig_stats())
		show_stats(f);
}

static enum ev_code
open_all(struct filter *f, char **names, struct ev_err *e)
{
	const struct ev_events *events = &f->conf->select.events;
	const char *batch = getenv("EVHUB_BATCH");
	enum ev_code rc;

	if (batch != NULL && *batch == '\0')
		batch = NULL;
	if ((rc = check_conf(f->conf, e)) != EV_OK ||
	    (rc = check_loops(f->conf, names, e)) != EV_OK)
		return rc;
	if ((rc = add_paths(f, e)) != EV_OK)
		return rc;
	if ((rc = ev_faults_open(&f->faults, events->faults, "evfilter", batch, events->tags, e)) !=
		EV_OK ||
	    (rc = open_state(f, batch, e)) != EV_OK || (rc = open_output(f, names, e)) != EV_OK)
		return rc;
	f->faults.target.inputs = (const char *const *)names;
	rc = ev_lines_open(&f->lines, (const char *const *)names, events->max_line, &f->set,
	    events->trust, getenv("EVHUB_SCAN"), e);
	f->lines.in.idle = idle;
	f->lines.barrier = f->ack.on ? barrier : NULL;
	f->lines.in.arg = f->lines.arg = f;
	f->stats.start = ev_mono();
	ev_progress_init(&f->progress, &events->common, !f->conf->count,
	    ev_progress_total((const char *const *)names));
	return rc;
}

/* Whether the state lets it pass. */
static enum ev_code
remembered(struct filter *f, bool *yes, struct ev_err *e)
{
	const struct ev_val *val = f->lines.scan.val;
	enum ev_code rc = EV_OK;

	if (f->selected % COMMIT_EVERY == 0 && (rc = settle(f, e)) != EV_OK)
		return rc;
	if (f->conf->unique != NULL) {
		rc = ev_unique_see(&f->unique, &val[f->unique_path], ev_now(), yes, e);
		f->duplicates += !*yes;
	}
	if (rc == EV_OK && *yes && f->conf->newer) {
		rc = ev_newer_see(&f->newer, &val[f->key], &val[f->timestamp], &val[f->id], yes, e);
		f->stale += !*yes;
	}
	return rc;
}

/* Decides about the current event and writes it. */
static enum ev_code
filter_event(struct filter *f, struct ev_err *e)
{
	const struct conf *c = f->conf;
	enum ev_code rc;
	bool yes;

	if ((rc = ev_select_match(&f->select, &f->lines.scan, &yes, e)) != EV_OK)
		return rc;
	yes = yes != c->invert;
	f->selected += yes;
	if (yes && c->sample != NULL)
		rc = ev_sample_match(&f->sample, f->lines.line, &f->lines.scan, &yes, e);
	if (rc == EV_OK && yes && (c->unique != NULL || c->newer))
		rc = remembered(f, &yes, e);
	if (rc != EV_OK || !yes)
		return rc;
	f->kept++;
	if (c->explain)
		return evfilter_explain_event(
		    &f->explain, f->lines.line, &f->lines.scan.val[f->id], e);
	return c->count ? EV_OK : ev_out_line(&f->out, f->lines.line, e);
}

/* EV_OK: all that was wanted was read. *broken: writing failed, nothing more may be written. */
static enum ev_code
loop(struct filter *f, bool *broken, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	*broken = false;
	while (rc == EV_OK && f->kept < f->conf->limit) {
		rc = ev_lines_next(&f->lines, e);
		tick(f);
		if (rc == EV_OK) {
			rc = filter_event(f, e);
			*broken = rc != EV_OK && rc != EV_DATA;
			if (rc == EV_DATA) {
				e->line = f->lines.no;
				ev_err_name(e, f->lines.in.name);
			}
		}
		if (rc == EV_DATA)
			rc = ev_faults_take(&f->faults, f->lines.line, e);
	}
	ev_lines_unread(&f->lines, rc != EV_OK && rc != EV_NO);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
work(struct filter *f, struct ev_err *e)
{
	enum ev_code rc, end;
	char number[32];
	bool broken;

	rc = loop(f, &broken, e);
	if (rc == EV_OK && f->conf->count) {
		int n = snprintf(number, sizeof(number), "%llu", (unsigned long long)f->kept);

		rc = ev_out_line(&f->out, (struct ev_slice){ number, (size_t)n }, e);
		broken = rc != EV_OK;
	}
	if (f->conf->explain) {
		end = evfilter_explain_close(&f->explain, broken, e);
		broken = broken || end != EV_OK;
		rc = rc == EV_OK ? end : rc;
	}
	end = broken ? EV_OK : settle(f, e);
	if (!broken && end == EV_OK && (rc == EV_OK || rc == EV_DATA))
		end = ev_ack_answer(&f->ack, e);
	if (rc == EV_OK)
		rc = end;
	ev_progress_end(&f->progress);
	if (f->conf->select.events.common.stats != NULL)
		show_stats(f);
	if (rc == EV_OK && f->faults.taken > 0)
		return EV_PARTIAL;
	return rc == EV_OK && f->conf->exit && f->kept == 0 ? EV_NO : rc;
}

static enum ev_code
run(void *arg, char **names, struct ev_err *e)
{
	struct filter f = { .conf = arg };
	enum ev_code rc = open_all(&f, names, e), end;

	if (rc == EV_OK) {
		ev_note_stdin(arg, names);
		rc = work(&f, e);
	}
	end = ev_out_close(&f.out, true, e);
	rc = rc == EV_OK ? end : rc;
	if (evfilter_explain_close(&f.explain, true, NULL) != EV_OK) {
		/* it drops: nothing can fail */
	}
	ev_lines_close(&f.lines);
	ev_faults_close(&f.faults);
	ev_store_close(&f.store);
	ev_select_fini(&f.select);
	ev_paths_fini(&f.set);
	ev_sample_fini(&f.sample);
	return rc;
}

static const struct ev_cmd evfilter = {
	.name = "evfilter",
	.summary =
	    "keeps the events that match type, time, key, tags, conditions or a pattern; drops "
	    "duplicates and stale events",
	.operands = "[FILE...]",
	.max = SIZE_MAX,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = set_defaults,
	.run = run,
};

int
main(int argc, char **argv)
{
	return ev_main(&evfilter, argc, argv);
}
