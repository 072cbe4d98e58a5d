/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/stats.h"
#include "cli/table.h"
#include "evlake.h"
#include "json/str.h"
#include "lake/lake.h"

struct conf {
	struct ev_select_args select; /* first: holds ev_events and ev_common */
	struct ev_list by;
};

static const struct ev_opt options[] = {
	{ 0, "by", EV_OPT_LIST, "type|day|hour|key|PATH", offsetof(struct conf, by), "Counting",
	    "a count for each type, day or hour (UTC), partitionKey or value at PATH; several: for "
	    "each combination" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_select, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evlake count lake -t 'order-*'", "how many orders" },
	{ "evlake count lake --by hour", "how busy each hour was" },
	{ "evlake count lake -t stock-depleted --by stock.sku",
	    "which products ran out, and how often" },
	{ NULL, NULL },
};

struct count {
	const struct conf *conf;
	struct ev_lake lake;
	struct ev_paths set;
	struct ev_select select;
	struct ev_counts counts;
	struct ev_out out;
	struct ev_buf text;
};

/* {"type":"order-placed","day":"2026-11-02","count":12}: the values as they were in the events. */
static enum ev_code
print_json(struct count *c, const struct ev_count_group *g, struct ev_err *e)
{
	const struct ev_list *by = &c->conf->by;
	enum ev_code rc;

	ev_buf_clear(&c->text);
	rc = ev_buf_addc(&c->text, '{', e);
	for (size_t i = 0; rc == EV_OK && i < by->n; i++)
		if ((rc = ev_str_encode(ev_slice_str(by->v[i]), &c->text, e)) == EV_OK &&
		    (rc = ev_buf_addc(&c->text, ':', e)) == EV_OK &&
		    (rc = ev_buf_adds(&c->text, g->key[i].n > 0 ? g->key[i] : EV_LIT("null"), e)) ==
			EV_OK)
			rc = ev_buf_addc(&c->text, ',', e);
	if (rc == EV_OK)
		rc = ev_buf_addf(&c->text, e, "\"count\":%" PRIu64 "}", g->n);
	return rc == EV_OK ? ev_out_line(&c->out, ev_buf_view(&c->text), e) : rc;
}

static enum ev_code
print_row(struct count *c, struct ev_table *t, const struct ev_count_group *g, struct ev_err *e)
{
	struct ev_cell cells[EV_BYS + 2];
	size_t n = c->conf->by.n, ends[EV_BYS], i;
	enum ev_code rc = EV_OK;

	ev_buf_clear(&c->text);
	for (i = 0; rc == EV_OK && i < n; i++) {
		rc = g->key[i].n > 0 && g->key[i].p[0] == '"'
		    ? ev_str_decode(g->key[i], &c->text, e)
		    : ev_buf_adds(&c->text, g->key[i], e);
		ends[i] = c->text.n;
	}
	if (rc != EV_OK)
		return rc;
	for (i = 0; i < n; i++) {
		size_t from = i > 0 ? ends[i - 1] : 0;

		cells[i] =
		    ev_cell_str((struct ev_slice){ ev_buf_str(&c->text) + from, ends[i] - from });
	}
	cells[n] = cells[n + 1] = ev_cell_int((int64_t)g->n);
	return ev_table_row(t, cells, e);
}

static enum ev_code
print_groups(struct count *c, struct ev_err *e)
{
	struct ev_col cols[EV_BYS + 2];
	size_t n = c->conf->by.n, i;
	struct ev_table t;
	enum ev_code rc = EV_OK, end;

	for (i = 0; i < n; i++)
		cols[i] = (struct ev_col){ c->conf->by.v[i], EV_CELL_STR };
	cols[n] = (struct ev_col){ "count", EV_CELL_INT };
	cols[n + 1] = (struct ev_col){ "", EV_CELL_BAR };
	ev_table_open(&t, &c->conf->select.events.common, cols, n + 2, &c->out);
	for (i = 0; rc == EV_OK && i < c->counts.groups; i++)
		rc = t.json ? print_json(c, &c->counts.group[i], e)
			    : print_row(c, &t, &c->counts.group[i], e);
	end = ev_table_close(&t, rc != EV_OK, e);
	return rc == EV_OK ? end : rc;
}

/* One number: the same in a terminal and in a pipe. */
static enum ev_code
print_number(struct count *c, struct ev_err *e)
{
	const struct ev_count_group none = { 0 }, *g = c->counts.groups > 0 ? c->counts.group : &none;
	enum ev_code rc;

	if (c->conf->select.events.common.json)
		return print_json(c, g, e);
	ev_buf_clear(&c->text);
	rc = ev_buf_addf(&c->text, e, "%" PRIu64, g->n);
	return rc == EV_OK ? ev_out_line(&c->out, ev_buf_view(&c->text), e) : rc;
}

static enum ev_code
count(struct count *c, const char *lake, struct ev_err *e)
{
	const struct ev_select_args *s = &c->conf->select;
	const struct ev_count_args args = {
		.select = &c->select,
		.plain = ev_select_plain(s),
		.paths = &c->set,
		.by = c->conf->by.v,
		.bys = c->conf->by.n,
		.isa = getenv("EVHUB_SCAN"),
	};
	struct ev_stats stats = { .start = ev_mono() };
	enum ev_code rc;

	if ((rc = ev_event_paths(&c->set, e)) != EV_OK ||
	    (rc = ev_select_init(&c->select, s, &c->set, e)) != EV_OK ||
	    (rc = ev_lake_open(&c->lake, evlake_path(lake), EV_LAKE_READ, e)) != EV_OK ||
	    (rc = ev_lake_count(&c->lake, &args, &c->counts, e)) != EV_OK ||
	    (rc = ev_out_open(&c->out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	rc = c->conf->by.n > 0 ? print_groups(c, e) : print_number(c, e);
	stats.more[0] = (struct ev_counter){ "groups", c->counts.groups };
	stats.more[1] = (struct ev_counter){ "frames", c->counts.frames };
	if (s->events.common.stats != NULL)
		ev_stats_show(&stats, &s->events.common);
	return rc;
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct count c = { .conf = arg, .text = EV_BUF(SIZE_MAX / 2) };
	enum ev_code rc = count(&c, operand[0], e), end = ev_out_close(&c.out, rc != EV_OK, e);

	ev_counts_fini(&c.counts);
	ev_lake_close(&c.lake);
	ev_select_fini(&c.select);
	ev_paths_fini(&c.set);
	ev_buf_fini(&c.text);
	return rc == EV_OK ? end : rc;
}

const struct ev_cmd evlake_count = {
	.name = "count",
	.summary = "counts events, from the index where it tells",
	.operands = "LAKE",
	.min = 1,
	.max = 1,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.run = run,
};
