/* SPDX-License-Identifier: MIT */
#include "evreplay.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/sig.h"
#include "base/time.h"

/* Bytes of events that --order time keeps in memory. */
enum { SORT_MEMORY = 64 << 20 };

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 0, "order", EV_OPT_CHOICE, "time|arrival", AT(order), "Order and pace",
	    "sort by timestamp, or keep the order of arrival (a lake: time, else arrival)" },
	{ 0, "rate", EV_OPT_STR, "N/DURATION", AT(rate), NULL,
	    "at most N events per s, m, h or a duration such as 500ms, evenly spaced; N alone is "
	    "per second" },
	{ 0, "speed", EV_OPT_STR, "X", AT(speed), NULL,
	    "keep the gaps between timestamps, X times as fast" },
	{ 'n', "limit", EV_OPT_COUNT, "N", AT(limit), "Output", "stop after N events" },
	{ 0, "dry-run", EV_OPT_FLAG, NULL, AT(dry_run), NULL,
	    "send nothing; count the events by type" },
	{ 0, "shard", EV_OPT_COUNT, "N", AT(shard), "Where to begin",
	    "of a stream this shard alone" },
	{ 0, "offset", EV_OPT_STR, "N|earliest|latest", AT(offset), NULL,
	    "begin at this event of a stream or byte of a file, where no position is kept yet "
	    "(earliest)" },
	{ 'f', "follow", EV_OPT_FLAG, NULL, AT(follow), NULL, "at the end wait for more events" },
	{ 0, "group", EV_OPT_STR, "GROUP", AT(group), NULL,
	    "go on at the position of this consumer group of the stream, and move it" },
	{ 0, "state", EV_OPT_FILE, "FILE", AT(state), NULL,
	    "go on at the position in FILE, and move it" },
	{ 0, "commit", EV_OPT_CHOICE, "written", AT(commit), NULL,
	    "move the position over what was written to a pipe, which may lose it" },
	{ 0, "unsynced", EV_OPT_FLAG, NULL, AT(unsynced), NULL,
	    "of a stream show also what a power cut could still undo" },
	{ 0, "batch", EV_OPT_COUNT, "N", AT(batch), "COMMAND",
	    "hand on at most N events at once (100)" },
	{ 0, "batch-bytes", EV_OPT_SIZE, "SIZE", AT(batch_bytes), NULL,
	    "and at most SIZE bytes, but one event at least (16M)" },
	{ 0, "window", EV_OPT_DURATION, "DURATION", AT(window), NULL,
	    "wait so long for a batch to fill up (0: hand on what is there)" },
	{ 0, "retries", EV_OPT_COUNT, "N", AT(retries), NULL,
	    "try a batch so many times again when COMMAND is unavailable (10; inside of another "
	    "runner 0)" },
	{ 0, "max-age", EV_OPT_DURATION, "DURATION", AT(max_age), NULL,
	    "no retry so long after a batch was first tried" },
	{ 0, "give-up", EV_OPT_CHOICE, "stop|fault", AT(give_up), NULL,
	    "what follows the last retry: end with status 6 (stop), or look for the events that "
	    "fail and make them faults" },
	{ 0, "max-faults", EV_OPT_COUNT, "N", AT(max_faults), NULL,
	    "stop after N events in a row that became faults (100)" },
	{ 0, "timeout", EV_OPT_DURATION, "DURATION", AT(timeout), NULL,
	    "end a COMMAND that takes longer for a batch, and try again" },
	{ 0, "worker", EV_OPT_FLAG, NULL, AT(worker), NULL,
	    "start COMMAND once and divide batches by barriers" },
	{ 0, "inflight", EV_OPT_COUNT, "N", AT(inflight), NULL,
	    "batches that a worker may leave unanswered (1)" },
	{ 'j', "jobs", EV_OPT_COUNT, "N", AT(jobs), NULL,
	    "divide the shards of a stream among N processes" },
	{ 0, "queue", EV_OPT_FLAG, NULL, AT(queue), "Work queue",
	    "share the events of the group with others that lease from it" },
	{ 0, "visibility", EV_OPT_DURATION, "DURATION", AT(visibility), NULL,
	    "lease an event so long; then others may get it (30s)" },
	{ 0, "max-receives", EV_OPT_COUNT, "N", AT(max_receives), NULL,
	    "an event that was leased more often becomes a fault (10 with --faults, else 0: no "
	    "limit)" },
	{ 0, "ordered", EV_OPT_FLAG, NULL, AT(ordered), NULL,
	    "lease no event while one before it with the same partitionKey is not done" },
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
	{ "evreplay stream:hub/bus --group copy -- evpub --to copy.ndjson",
	    "a consumer of a stream, which goes on where it stopped; -f leaves it running" },
	{ "evreplay lake:lake --state replay.pos --batch 1000 -- evpub --to orders.ndjson",
	    "what came since the last time, in batches, each of which is done or sent again" },
	{ NULL, NULL },
};

/* What EVHUB_BATCH begins with where the source has no name: the outer batch, or this run. */
static enum ev_code
name_pipe(struct replay *r, struct ev_err *e)
{
	const char *outer = getenv("EVHUB_BATCH");
	char id[EV_ULID];
	enum ev_code rc;

	if (r->source.id[0] != '\0')
		return EV_OK;
	if (r->positions)
		return ev_fail(e, EV_USAGE, "%s is a pipe, which has no positions", r->address);
	if (outer != NULL) {
		snprintf(r->source.id, sizeof(r->source.id), "in-%016llx",
		    (unsigned long long)ev_xxh3(outer, strlen(outer)));
		return EV_OK;
	}
	if ((rc = ev_ulid(id, ev_now(), e)) == EV_OK)
		snprintf(r->source.id, sizeof(r->source.id), "run-%s", id);
	return rc;
}

static enum ev_code
make_lanes(struct replay *r, struct ev_err *e)
{
	r->lane = calloc(r->source.lanes + 1, sizeof(*r->lane));
	if (r->lane == NULL)
		return ev_fail_mem(e);
	for (; r->lanes < r->source.lanes; r->lanes++) {
		struct lane *l = &r->lane[r->lanes];

		l->from = &r->source.lane[r->lanes];
		l->replay = r;
		l->batch.bytes = (struct ev_buf)EV_BUF(SIZE_MAX / 2); /* bounded by --batch-bytes */
	}
	return EV_OK;
}

static enum ev_code
open_source(struct replay *r, uint32_t first, uint32_t step, struct ev_err *e)
{
	const struct conf *c = r->conf;
	const char *faults = c->select.events.faults;
	bool time = c->order != NULL && strcmp(c->order, "time") == 0;
	const struct ev_source_args args = {
		.select = &r->select,
		.paths = &r->paths,
		.max_line = (size_t)c->select.events.max_line,
		.trust = c->select.events.trust,
		.isa = getenv("EVHUB_SCAN"),
		.by_time = c->order == NULL || time,
		.follow = c->follow,
		.positions = r->positions,
		.unsynced = c->unsynced,
		.one = c->shard != EVREPLAY_UNSET,
		.first = c->shard != EVREPLAY_UNSET ? (uint32_t)c->shard : first,
		.step = step,
	};
	enum ev_code rc;

	if (ev_address_same(r->address, "-")) /* COMMAND's too */
		return ev_fail(e, EV_USAGE, "%s is the output too", r->address);
	if (faults != NULL && ev_address_same(r->address, faults))
		return ev_fail(e, EV_USAGE, "%s is where --faults goes, %s", r->address, faults);
	if ((rc = ev_source_open(&r->source, r->address, &args, e)) != EV_OK ||
	    (rc = name_pipe(r, e)) != EV_OK)
		return rc;
	if (r->source.kind == &ev_source_file || r->source.kind == &ev_source_stdin)
		r->inputs[0] =
		    strcmp(r->address, "-") != 0 && strcmp(r->source.parts.rest, "-") == 0
		    ? "./-"
		    : r->source.parts.rest;
	r->by_time = time && r->source.kind != &ev_source_lake;
	r->need_time = r->by_time || (r->pace.speed > 0 && r->source.kind != &ev_source_lake);
	return make_lanes(r, e);
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
open_sort(struct replay *r, struct ev_err *e)
{
	const char *tmp = getenv("TMPDIR");

	if (!r->by_time)
		return EV_OK;
	return ev_sort_init(&r->sort, SORT_MEMORY, tmp != NULL && *tmp != '\0' ? tmp : "/tmp", e);
}

static void
choose_sink(struct replay *r)
{
	const struct conf *c = r->conf;
	bool batches = c->words != NULL || r->positions;

	r->sink = c->dry_run   ? &evreplay_count
	    : c->words != NULL ? &evreplay_command
			       : &evreplay_print;
	r->most_events = batches ? (size_t)c->batch : SIZE_MAX;
	r->most_bytes = (size_t)c->batch_bytes;
}

static enum ev_code
open_all(struct replay *r, uint32_t first, uint32_t step, struct ev_err *e)
{
	const struct ev_select_args *s = &r->conf->select;
	const char *batch = getenv("EVHUB_BATCH");
	enum ev_code rc;

	r->start = ev_mono();
	r->positions = (r->conf->group != NULL && !r->conf->queue) || r->conf->state != NULL;
	choose_sink(r);
	if (r->conf->words == NULL)
		ev_sig_watch(STDOUT_FILENO);
	if ((rc = parse_pace(&r->pace, r->conf, e)) != EV_OK ||
	    (rc = ev_event_paths(&r->paths, e)) != EV_OK ||
	    (rc = ev_select_init(&r->select, s, &r->paths, e)) != EV_OK ||
	    (rc = ev_out_open(&r->out, STDOUT_FILENO, "stdout", e)) != EV_OK ||
	    (rc = r->conf->words == NULL ? evreplay_open_print(r, e) : EV_OK) != EV_OK ||
	    (rc = open_source(r, first, step, e)) != EV_OK || (rc = open_sort(r, e)) != EV_OK ||
	    (rc = ev_faults_open(
		 &r->faults, s->events.faults, ev_prog(), batch, s->events.tags, e)) != EV_OK)
		return rc;
	if (r->inputs[0] != NULL)
		r->faults.target.inputs = r->inputs;
	return r->conf->queue ? EV_OK : evreplay_begin(r, e);
}

static void
close_all(struct replay *r, struct ev_err *e)
{
	for (size_t i = 0; i < r->lanes; i++) {
		ev_micro_fini(&r->lane[i].batch);
		free(r->lane[i].ring);
	}
	free(r->lane);
	ev_checkpoint_close(&r->checkpoint);
	ev_tally_fini(&r->tally);
	ev_sort_fini(&r->sort);
	ev_source_close(&r->source, e);
	ev_faults_close(&r->faults);
	ev_select_fini(&r->select);
	ev_paths_fini(&r->paths);
}

static bool
made_faults(const struct replay *r)
{
	bool faulty = r->faults.taken > 0;

	for (size_t i = 0; i < r->lanes && !faulty; i++)
		faulty = r->lane[i].run.faulty > 0;
	return faulty;
}

/* After the source: nothing is left in memory, and the status says what came of it all. */
static enum ev_code
finish(struct replay *r, enum ev_code rc, struct ev_err *e)
{
	struct ev_err later = { 0 };
	enum ev_code end;

	for (size_t i = 0; i < r->lanes && !r->conf->queue; i++) {
		end = r->sink->finish(r, &r->lane[i], rc == EV_OK || rc == EV_NO ? e : &later);
		rc = rc == EV_OK || rc == EV_NO ? (end != EV_OK ? end : rc) : rc;
	}
	rc = rc == EV_NO ? EV_OK : rc;
	ev_progress_end(&r->progress);
	if (rc == EV_OK && r->conf->dry_run && ev_sig_stop() == 0)
		rc = evreplay_report(r, e);
	end = ev_out_flush(&r->out, e);
	rc = rc != EV_OK ? rc : end;
	end = ev_faults_sync(&r->faults, e);
	rc = rc != EV_OK ? rc : end;
	evreplay_end_stats(r);
	return rc == EV_OK && made_faults(r) ? EV_PARTIAL : rc;
}

enum ev_code
evreplay_share(const struct conf *c, const char *address, uint32_t first, uint32_t step, int report,
    struct ev_err *e)
{
	struct replay r = { .conf = c, .address = address, .report = report };
	char *operand[] = { NULL, NULL };
	enum ev_code rc, end;

	rc = open_all(&r, first, step, e);
	if (rc == EV_OK) {
		memcpy(operand, &address, sizeof(address));
		ev_note_stdin(&c->select.events.common, operand);
		ev_progress_init(
		    &r.progress, &c->select.events.common, !c->dry_run, r.source.total);
		rc = finish(&r, c->queue ? evreplay_queue(&r, e) : evreplay_pump(&r, e), e);
	}
	end = ev_out_close(&r.out, true, e);
	rc = rc != EV_OK ? rc : end;
	close_all(&r, e);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
run(void *pconf, char **operand, struct ev_err *e)
{
	struct conf *c = pconf;
	enum ev_code rc = evreplay_check(c, operand[0], e);

	if (rc != EV_OK)
		return rc;
	if (c->jobs != EVREPLAY_UNSET && c->jobs > 1)
		return evreplay_jobs(c, operand[0], e);
	return evreplay_share(c, operand[0], 0, 1, -1, e);
}

static void
init(void *pconf)
{
	struct conf *c = pconf;

	c->limit = UINT64_MAX;
	c->shard = c->batch = c->batch_bytes = c->retries = c->max_faults = EVREPLAY_UNSET;
	c->inflight = c->jobs = c->max_receives = EVREPLAY_UNSET;
	c->window = c->max_age = c->timeout = c->visibility = -1;
}

static const struct ev_cmd evreplay = {
	.name = "evreplay",
	.summary = "read events back from a lake, a stream or a file, by time and at a pace, for "
		   "one consumer",
	.operands = "SOURCE [-- COMMAND [ARG...]]",
	.min = 1,
	.max = 1,
	.words = AT(words),
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
