/* SPDX-License-Identifier: MIT */
#include "evlake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/stats.h"
#include "cli/table.h"
#include "lake/lake.h"

const char *
evlake_path(const char *operand)
{
	return strncmp(operand, "lake:", 5) == 0 ? operand + 5 : operand;
}

struct query_conf {
	struct ev_select_args select; /* first: holds ev_events and ev_common */
	uint64_t limit;
	const char *order;
};

#define AT(member) offsetof(struct query_conf, member)

static const struct ev_opt query_options[] = {
	{ 'n', "limit", EV_OPT_COUNT, "N", AT(limit), "Output", "stop after N events" },
	{ 0, "order", EV_OPT_CHOICE, "arrival|time", AT(order), NULL,
	    "in the order in which they came, or by timestamp" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const query_tables[] = { ev_opt_select, query_options, NULL };

static const struct ev_example query_examples[] = {
	{ "evlake query lake -t 'order-*' --where 'order.total >= 100'", "the larger orders" },
	{ "evlake query lake --since 2026-11-01T12:00Z --order time -n 10",
	    "the first ten since noon" },
	{ NULL, NULL },
};

struct query {
	const struct query_conf *conf;
	struct ev_lake lake;
	struct ev_paths set;
	struct ev_select select;
	struct ev_query query;
	struct ev_out out;
	uint64_t written;
	struct ev_stats stats;
	struct ev_progress progress;
};

static void
query_defaults(void *arg)
{
	struct query_conf *conf = arg;

	conf->limit = UINT64_MAX;
	conf->order = "arrival";
}

static void
query_stats(struct query *q)
{
	struct ev_stats *s = &q->stats;

	s->read = q->written;
	s->bytes = q->query.bytes;
	s->more[0] = (struct ev_counter){ "written", q->written };
	s->more[1] = (struct ev_counter){ "segments", q->query.segments };
	s->more[2] = (struct ev_counter){ "frames", q->query.frames };
	ev_stats_show(s, &q->conf->select.events.common);
}

static enum ev_code
query_events(struct query *q, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (rc == EV_OK && q->written < q->conf->limit && ev_sig_stop() == 0) {
		if ((rc = ev_query_next(&q->query, e)) == EV_OK &&
		    (rc = ev_out_line(&q->out, q->query.line, e)) == EV_OK)
			q->written++;
		ev_progress_step(&q->progress, q->query.bytes, q->written);
		if (ev_sig_stats())
			query_stats(q);
	}
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
query_open(struct query *q, const char *lake, struct ev_err *e)
{
	const struct query_conf *c = q->conf;
	struct ev_query_args args = {
		.select = &q->select,
		.paths = &q->set,
		.by_time = strcmp(c->order, "time") == 0,
		.isa = getenv("EVHUB_SCAN"),
	};
	enum ev_code rc;

	if ((rc = ev_event_paths(&q->set, e)) != EV_OK ||
	    (rc = ev_select_init(&q->select, &c->select, &q->set, e)) != EV_OK ||
	    (rc = ev_lake_open(&q->lake, evlake_path(lake), EV_LAKE_READ, e)) != EV_OK ||
	    (rc = ev_query_open(&q->query, &q->lake, &args, e)) != EV_OK)
		return rc;
	q->stats.start = ev_mono();
	ev_progress_init(&q->progress, &c->select.events.common, true, 0);
	return ev_out_open(&q->out, STDOUT_FILENO, "stdout", e);
}

static enum ev_code
query_run(void *arg, char **operand, struct ev_err *e)
{
	struct query q = { .conf = arg };
	enum ev_code rc = query_open(&q, operand[0], e), end;

	if (rc == EV_OK) {
		rc = query_events(&q, e);
		ev_progress_end(&q.progress);
	}
	/* what was found is written, also when the search ended badly */
	end = ev_out_close(&q.out, rc == EV_PIPE, rc == EV_OK ? e : NULL);
	if (q.conf->select.events.common.stats != NULL)
		query_stats(&q);
	ev_query_close(&q.query);
	ev_lake_close(&q.lake);
	ev_select_fini(&q.select);
	ev_paths_fini(&q.set);
	return rc == EV_OK ? end : rc;
}

static const struct ev_example get_examples[] = {
	{ "evlake get lake 01M6ARXDN000XZ6HMSE6W965SE", "the event with this id" },
	{ NULL, NULL },
};

/* *missing: ids that the lake has no event of; each is named. */
static enum ev_code
get_all(struct ev_lake *l, char **ids, struct ev_out *out, bool *missing, struct ev_err *e)
{
	struct ev_buf lines = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc = EV_OK;

	for (; rc == EV_OK && *ids != NULL; ids++) {
		ev_buf_clear(&lines);
		rc = ev_lake_get(l, ev_slice_str(*ids), &lines, e);
		if (rc == EV_OK)
			rc = ev_out_add(out, ev_buf_view(&lines), e);
		if (rc == EV_NO) {
			ev_warn("no event has the id %s", *ids);
			*missing = true;
			rc = EV_OK;
		}
	}
	ev_buf_fini(&lines);
	return rc;
}

static enum ev_code
get_run(void *arg, char **operand, struct ev_err *e)
{
	struct ev_out out = { 0 };
	struct ev_lake lake;
	bool missing = false;
	enum ev_code rc, end;

	(void)arg;
	if ((rc = ev_lake_open(&lake, evlake_path(operand[0]), EV_LAKE_READ, e)) != EV_OK)
		return rc;
	if ((rc = ev_out_open(&out, STDOUT_FILENO, "stdout", e)) == EV_OK)
		rc = get_all(&lake, operand + 1, &out, &missing, e);
	end = ev_out_close(&out, rc == EV_PIPE, rc == EV_OK ? e : NULL);
	ev_lake_close(&lake);
	if (rc == EV_OK)
		rc = end;
	return rc == EV_OK && missing ? EV_NO : rc;
}

static const struct ev_opt *const report_tables[] = { ev_opt_report, NULL };

static const struct ev_example types_examples[] = {
	{ "evlake types lake", "what there is, how much of it, and from when to when" },
	{ NULL, NULL },
};

static enum ev_code
types_print(const struct ev_common *c, const struct ev_type_row *row, size_t n, struct ev_err *e)
{
	static const struct ev_col cols[] = { { "type", EV_CELL_STR }, { "count", EV_CELL_INT },
		{ "first", EV_CELL_TIME }, { "last", EV_CELL_TIME }, { "", EV_CELL_BAR } };
	struct ev_out out = { 0 };
	struct ev_table t;
	enum ev_code rc, end;

	if ((rc = ev_out_open(&out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	ev_table_open(&t, c, cols, sizeof(cols) / sizeof(*cols), &out);
	for (size_t i = 0; rc == EV_OK && i < n; i++) {
		const struct ev_cell cells[] = { ev_cell_str(row[i].name),
			ev_cell_int((int64_t)row[i].n), ev_cell_int(row[i].first),
			ev_cell_int(row[i].last), ev_cell_int((int64_t)row[i].n) };

		rc = ev_table_row(&t, cells, e);
	}
	end = ev_table_close(&t, rc != EV_OK, e);
	rc = rc == EV_OK ? end : rc;
	end = ev_out_close(&out, rc != EV_OK, e);
	return rc == EV_OK ? end : rc;
}

static enum ev_code
types_run(void *arg, char **operand, struct ev_err *e)
{
	struct ev_lake lake;
	struct ev_type_row *row;
	size_t n;
	enum ev_code rc = ev_lake_open(&lake, evlake_path(operand[0]), EV_LAKE_READ, e);

	if (rc != EV_OK)
		return rc;
	if ((rc = ev_lake_types(&lake, &row, &n, e)) == EV_OK) {
		rc = types_print(arg, row, n, e);
		ev_type_rows_free(row, n);
	}
	ev_lake_close(&lake);
	return rc;
}

static const struct ev_cmd query = {
	.name = "query",
	.summary = "writes the events that are selected, as they were put",
	.operands = "LAKE",
	.min = 1,
	.max = 1,
	.examples = query_examples,
	.tables = query_tables,
	.conf = sizeof(struct query_conf),
	.init = query_defaults,
	.run = query_run,
};

static const struct ev_cmd get = {
	.name = "get",
	.summary = "writes the events with these ids",
	.operands = "LAKE ID...",
	.min = 2,
	.max = SIZE_MAX,
	.examples = get_examples,
	.conf = sizeof(struct ev_common),
	.run = get_run,
};

static const struct ev_cmd types = {
	.name = "types",
	.summary =
	    "lists the types of events, with their number and the times of the first and the last",
	.operands = "LAKE",
	.min = 1,
	.max = 1,
	.examples = types_examples,
	.tables = report_tables,
	.conf = sizeof(struct ev_common),
	.run = types_run,
};

static const struct ev_example examples[] = {
	{ "evlake put lake shop.ndjson", "keeps every event, once" },
	{ "evlake query lake --since 2026-11-01 -t 'order-*'", "asks for some" },
	{ "evlake count lake --by type --by day", "counts them" },
	{ "evlake verify lake", "checks every byte" },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	const struct ev_cmd sub[] = { evlake_put, query, get, evlake_count, types, evlake_verify,
		{ 0 } };
	const struct ev_cmd evlake = {
		.name = "evlake",
		.summary = "keeps every event for ever in compressed files with an index, and "
			   "answers questions about them",
		.operands = "put|query|get|count|types|verify LAKE...",
		.min = 1,
		.max = SIZE_MAX,
		.examples = examples,
		.conf = sizeof(struct ev_common),
		.sub = sub,
	};

	return ev_main(&evlake, argc, argv);
}
