/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/say.h"
#include "cli/stats.h"
#include "cli/table.h"
#include "evlake.h"
#include "lake/lake.h"

struct conf {
	struct ev_common common;
	bool quick, chain;
};

static const struct ev_opt options[] = {
	{ 0, "chain", EV_OPT_FLAG, NULL, offsetof(struct conf, chain), "Checking",
	    "only the chain: that no line and no file was changed since it was sealed" },
	{ 0, "quick", EV_OPT_FLAG, NULL, offsetof(struct conf, quick), NULL,
	    "only the hashes of indexes and frames; decode nothing (with --chain: both)" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evlake verify lake", "reads every event, and compares all there is" },
	{ "evlake verify --quick lake", "the same without decoding" },
	{ NULL, NULL },
};

struct verify {
	struct ev_table table;
	struct ev_out out;
	struct ev_err e;
	enum ev_code rc; /* of the output */
};

static void
on_report(void *arg, const char *place, const char *what)
{
	struct verify *v = arg;
	const struct ev_cell cells[] = { ev_cell_str(ev_slice_str(place)),
		ev_cell_str(ev_slice_str(what)) };

	if (v->rc == EV_OK)
		v->rc = ev_table_row(&v->table, cells, &v->e);
}

/* The chain alone is about whole files: nothing is counted then. */
static void
tell(const struct conf *c, const struct ev_verified *seen)
{
	const char *verdict = seen->wrong == 0 ? "all is well" : "something is wrong";

	if (c->chain && seen->segments == 0)
		ev_note(&c->common, "the chain and the SHA-256 of every file: %s", verdict);
	else
		ev_note(&c->common,
		    "%" PRIu64 " segments, %" PRIu64 " frames, %" PRIu64 " events read: %s",
		    seen->segments, seen->frames, seen->events, verdict);
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	static const struct ev_col cols[] = { { "place", EV_CELL_STR },
		{ "problem", EV_CELL_STR } };
	const struct conf *c = arg;
	struct verify v = { .rc = EV_OK };
	const struct ev_verify_args args = {
		.how = (c->quick ? (unsigned)EV_VERIFY_QUICK : 0) |
		    (c->chain ? (unsigned)EV_VERIFY_CHAIN : 0),
		.report = on_report,
		.arg = &v,
	};
	struct ev_stats stats = { .start = ev_mono() };
	struct ev_verified seen = { 0 };
	enum ev_code rc, end;

	if ((rc = ev_out_open(&v.out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	ev_table_open(&v.table, &c->common, cols, 2, &v.out);
	rc = ev_lake_verify(evlake_path(operand[0]), &args, &seen, e);
	end = ev_table_close(&v.table, v.rc != EV_OK, &v.e);
	v.rc = v.rc == EV_OK ? end : v.rc;
	end = ev_out_close(&v.out, v.rc != EV_OK, &v.e);
	v.rc = v.rc == EV_OK ? end : v.rc;
	stats.read = seen.events;
	stats.bytes = seen.bytes;
	stats.more[0] = (struct ev_counter){ "segments", seen.segments };
	stats.more[1] = (struct ev_counter){ "frames", seen.frames };
	stats.more[2] = (struct ev_counter){ "wrong", seen.wrong };
	if (c->common.stats != NULL)
		ev_stats_show(&stats, &c->common);
	if (rc == EV_OK || rc == EV_NO)
		tell(c, &seen);
	if (v.rc != EV_OK && (rc == EV_OK || rc == EV_NO)) {
		*e = v.e;
		return v.rc;
	}
	return rc;
}

const struct ev_cmd evlake_verify = {
	.name = "verify",
	.summary = "says what is wrong with a lake, and where",
	.operands = "LAKE",
	.min = 1,
	.max = 1,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.run = run,
};
