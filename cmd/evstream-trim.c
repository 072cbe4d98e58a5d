/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>

#include "base/time.h"
#include "cli/say.h"
#include "evstream.h"

struct conf {
	struct ev_common common;
	const char *before;
	uint64_t shard;
	bool yes, force;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 0, "before", EV_OPT_STR, "OFFSET|TIME", AT(before), "What goes",
	    "events before this number (digits alone), or appended before this time; whole "
	    "segments, never the last one" },
	{ 0, "shard", EV_OPT_COUNT, "N", AT(shard), NULL, "only in this shard" },
	{ 0, "yes", EV_OPT_FLAG, NULL, AT(yes), NULL,
	    "remove it; without, it is only shown what would go" },
	{ 0, "force", EV_OPT_FLAG, NULL, AT(force), NULL,
	    "remove it, also what a group has still to read" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evstream trim hub/bus --before=-7d", "what would go: all that is older than a week" },
	{ "evstream trim hub/bus --before=-7d --yes", "and now remove it" },
	{ NULL, NULL },
};

/* What goes from one shard. */
struct cut {
	uint64_t segments, bytes;
	uint64_t seq;         /* asked for */
	uint64_t first, left; /* the first number there is, and will be */
};

struct loss {
	const char *group; /* borrowed */
	uint32_t shard;
	uint64_t position, events;
};

struct trim {
	const struct conf *conf;
	struct evstream_report report;
	struct ev_stream stream;
	uint32_t first;  /* shard */
	struct cut *cut; /* owned; of the shards from first on */
	uint32_t cuts;
	char **group; /* owned, and each name */
	size_t groups;
	struct loss *loss; /* owned */
	size_t losses;
};

static void
defaults(void *arg)
{
	struct conf *conf = arg;

	conf->shard = EVSTREAM_ALL;
}

/* Digits are a number; a TIME that is one is written @N. */
static enum ev_code
find_place(struct trim *t, uint32_t shard, uint64_t *seq, struct ev_err *e)
{
	struct ev_err why = { 0 };
	int64_t ms, width;

	if (evstream_number(t->conf->before, seq))
		return EV_OK;
	if (ev_time_parse(ev_slice_str(t->conf->before), ev_now(), &ms, &width, &why) != EV_OK)
		return ev_fail(e, EV_USAGE, "--before: %s", why.text);
	return ev_shard_at(&t->stream, shard, ms, seq, e);
}

static enum ev_code
cut_all(struct trim *t, bool dry, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; rc == EV_OK && i < t->cuts; i++) {
		struct cut *c = &t->cut[i];

		rc = ev_shard_trim(
		    &t->stream, t->first + i, c->seq, dry, &c->segments, &c->bytes, &c->left, e);
	}
	return rc;
}

static enum ev_code
plan(struct trim *t, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; rc == EV_OK && i < t->cuts; i++) {
		struct cut *c = &t->cut[i];
		struct ev_shard_info info;

		if ((rc = ev_shard_info(&t->stream, t->first + i, &info, e)) == EV_OK)
			rc = find_place(t, t->first + i, &c->seq, e);
		c->first = info.first;
	}
	return rc == EV_OK ? cut_all(t, true, e) : rc;
}

static enum ev_code
add_loss(struct trim *t, const char *group, uint32_t shard, uint64_t position, uint64_t events,
    struct ev_err *e)
{
	struct loss *more = realloc(t->loss, (t->losses + 1) * sizeof(*more));

	if (more == NULL)
		return ev_fail_mem(e);
	t->loss = more;
	more[t->losses++] = (struct loss){ group, shard, position, events };
	return EV_OK;
}

/* What a group has still to read of that which goes. */
static enum ev_code
find_losses(struct trim *t, const char *group, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; rc == EV_OK && i < t->cuts; i++) {
		const struct cut *c = &t->cut[i];
		struct ev_queue_info q;
		uint64_t next, from;
		int64_t owner;
		bool queue;

		rc = evstream_position(
		    &t->stream, group, t->first + i, &next, &owner, &q, &queue, e);
		if (rc == EV_OK) {
			from = next > c->first ? next : c->first;
			if (from < c->left)
				rc = add_loss(t, group, t->first + i, next, c->left - from, e);
		} else if (rc == EV_NO) {
			rc = EV_OK;
		}
	}
	return rc;
}

static enum ev_code
find_all_losses(struct trim *t, struct ev_err *e)
{
	enum ev_code rc = ev_group_list(&t->stream, &t->group, &t->groups, e);

	for (size_t i = 0; rc == EV_OK && i < t->groups; i++)
		rc = find_losses(t, t->group[i], e);
	return rc;
}

static enum ev_code
show(struct trim *t, struct ev_err *e)
{
	static const struct ev_col cuts[] = { { "shard", EV_CELL_INT }, { "segments", EV_CELL_INT },
		{ "events", EV_CELL_INT }, { "bytes", EV_CELL_SIZE }, { "first", EV_CELL_INT } };
	static const struct ev_col losses[] = { { "group", EV_CELL_STR }, { "shard", EV_CELL_INT },
		{ "position", EV_CELL_INT }, { "loses", EV_CELL_INT } };
	enum ev_code rc;

	rc = evstream_report_table(&t->report, cuts, sizeof(cuts) / sizeof(*cuts), 0, e);
	for (uint32_t i = 0; rc == EV_OK && i < t->cuts; i++) {
		const struct cut *c = &t->cut[i];
		const struct ev_cell cells[] = { evstream_cell(t->first + i),
			evstream_cell(c->segments), evstream_cell(c->left - c->first),
			evstream_cell(c->bytes), evstream_cell(c->left) };

		rc = evstream_report_row(&t->report, cells, e);
	}
	if (rc == EV_OK && t->losses > 0)
		rc = evstream_report_table(
		    &t->report, losses, sizeof(losses) / sizeof(*losses), 0, e);
	for (size_t i = 0; rc == EV_OK && i < t->losses; i++) {
		const struct loss *l = &t->loss[i];
		const struct ev_cell cells[] = { ev_cell_str(ev_slice_str(l->group)),
			evstream_cell(l->shard), evstream_cell(l->position),
			evstream_cell(l->events) };

		rc = evstream_report_row(&t->report, cells, e);
	}
	return rc;
}

static void
tell(const struct trim *t, bool done)
{
	const struct ev_common *c = &t->conf->common;
	uint64_t segments = 0;

	for (uint32_t i = 0; i < t->cuts; i++)
		segments += t->cut[i].segments;
	if (segments == 0)
		ev_note(c, "nothing to remove: only whole segments go, and never the last one");
	else if (!done)
		ev_note(
		    c, "nothing was removed yet: %s does it", t->losses > 0 ? "--force" : "--yes");
}

static enum ev_code
trim(struct trim *t, struct ev_err *e)
{
	bool wanted = t->conf->yes || t->conf->force;
	bool refused = wanted && !t->conf->force;
	uint32_t end;
	enum ev_code rc;

	if ((rc = evstream_shards(&t->stream, t->conf->shard, &t->first, &end, e)) != EV_OK)
		return rc;
	t->cuts = end - t->first;
	t->cut = calloc(t->cuts, sizeof(*t->cut));
	if (t->cut == NULL)
		return ev_fail_mem(e);
	if ((rc = plan(t, e)) != EV_OK || (rc = find_all_losses(t, e)) != EV_OK)
		return rc;
	refused = refused && t->losses > 0;
	if (wanted && !refused && (rc = cut_all(t, false, e)) != EV_OK)
		return rc;
	if ((rc = evstream_report_open(&t->report, &t->conf->common, e)) == EV_OK)
		rc = show(t, e);
	rc = evstream_report_close(&t->report, rc, e);
	if (rc == EV_OK && refused)
		return ev_fail(e, EV_USAGE,
		    "nothing was removed: group '%s' has still to read %" PRIu64
		    " of these events; --force removes them all the same",
		    t->loss->group, t->loss->events);
	if (rc == EV_OK)
		tell(t, wanted);
	return rc;
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct trim t = { .conf = arg };
	enum ev_code rc;

	if (t.conf->before == NULL)
		return ev_fail(
		    e, EV_USAGE, "wanted --before, the place or time up to which events may go");
	if ((rc = ev_stream_open(&t.stream, evstream_path(operand[0]), "", false, e)) != EV_OK)
		return rc;
	rc = trim(&t, e);
	for (size_t i = 0; i < t.groups; i++)
		free(t.group[i]);
	free(t.group);
	free(t.loss);
	free(t.cut);
	ev_stream_close(&t.stream);
	return rc;
}

const struct ev_cmd evstream_trim = {
	.name = "trim",
	.summary = "removes old events before their time, but none that a group has still to read",
	.operands = "DIR",
	.min = 1,
	.max = 1,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = defaults,
	.run = run,
};
