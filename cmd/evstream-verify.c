/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "base/sig.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "evstream.h"

struct conf {
	struct ev_common common;
	uint64_t shard;
};

static const struct ev_opt options[] = {
	{ 0, "shard", EV_OPT_COUNT, "N", offsetof(struct conf, shard), "Checking",
	    "only this shard" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evstream verify hub/bus", "reads every byte, and compares all there is" },
	{ NULL, NULL },
};

struct verify {
	const struct conf *conf;
	struct ev_stream stream;
	struct evstream_report report;
	uint64_t shards, wrong;
	struct ev_err e;
	enum ev_code rc; /* of the output */
};

static void
defaults(void *arg)
{
	struct conf *conf = arg;

	conf->shard = EVSTREAM_ALL;
}

static void
on_report(void *arg, const char *place, const char *what)
{
	struct verify *v = arg;
	const struct ev_cell cells[] = { ev_cell_str(ev_slice_str(place)),
		ev_cell_str(ev_slice_str(what)) };

	v->wrong++;
	if (v->rc == EV_OK)
		v->rc = evstream_report_row(&v->report, cells, &v->e);
}

/* Bytes there are to read; for the progress. */
static enum ev_code
total(struct verify *v, uint32_t first, uint32_t end, uint64_t *bytes, struct ev_err *e)
{
	struct ev_shard_info info;
	enum ev_code rc = EV_OK;

	*bytes = 0;
	for (; rc == EV_OK && first < end; first++) {
		rc = ev_shard_info(&v->stream, first, &info, e);
		*bytes += rc == EV_OK ? info.bytes : 0;
	}
	return rc;
}

static enum ev_code
check_shards(struct verify *v, struct ev_err *e)
{
	struct ev_stats *stats = &v->report.stats;
	struct ev_progress progress;
	uint32_t shard, end;
	uint64_t all;
	enum ev_code rc = evstream_shards(&v->stream, v->conf->shard, &shard, &end, e);

	if (rc != EV_OK || (rc = total(v, shard, end, &all, e)) != EV_OK)
		return rc;
	ev_progress_init(&progress, &v->conf->common, false, all);
	for (; (rc == EV_OK || rc == EV_NO) && shard < end && ev_sig_stop() == 0; shard++) {
		uint64_t events = 0, bytes = 0;

		rc = ev_shard_verify(&v->stream, shard, on_report, v, &events, &bytes, e);
		v->shards++;
		stats->read += events;
		stats->bytes += bytes;
		stats->more[1] = (struct ev_counter){ "shards", v->shards };
		ev_progress_step(&progress, stats->bytes, stats->read);
		if (ev_sig_stats())
			ev_stats_show(stats, &v->conf->common);
	}
	ev_progress_end(&progress);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
verify(struct verify *v, struct ev_err *e)
{
	static const struct ev_col cols[] = { { "place", EV_CELL_STR },
		{ "problem", EV_CELL_STR } };
	enum ev_code rc;

	if ((rc = evstream_report_open(&v->report, &v->conf->common, e)) == EV_OK &&
	    (rc = evstream_report_table(&v->report, cols, 2, 0, e)) == EV_OK &&
	    (rc = check_shards(v, e)) == EV_OK && (rc = v->rc) != EV_OK)
		*e = v->e;
	rc = evstream_report_close(&v->report, rc, e);
	if (rc != EV_OK || ev_sig_stop() != 0)
		return rc;
	ev_note(&v->conf->common, "%" PRIu64 " shard%s, %" PRIu64 " events read: %s", v->shards,
	    v->shards == 1 ? "" : "s", v->report.stats.read,
	    v->wrong == 0 ? "all is well" : "something is wrong");
	return v->wrong == 0 ? EV_OK : EV_NO;
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct verify v = { .conf = arg };
	enum ev_code rc = ev_stream_open(&v.stream, evstream_path(operand[0]), "", false, e);

	if (rc != EV_OK)
		return rc;
	rc = verify(&v, e);
	ev_stream_close(&v.stream);
	return rc;
}

const struct ev_cmd evstream_verify = {
	.name = "verify",
	.summary = "says what is wrong with a stream, and where",
	.operands = "DIR",
	.min = 1,
	.max = 1,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = defaults,
	.run = run,
};
