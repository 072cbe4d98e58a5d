/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/near.h"
#include "cli/say.h"
#include "evstream.h"

struct conf {
	struct ev_common common;
	const char *offset;
	struct ev_when since;
	uint64_t shard;
	bool dry_run;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 0, "offset", EV_OPT_STR, "N|earliest|latest", AT(offset), "Where to",
	    "to this place: the first event there is, behind the last one, or the event of that "
	    "number" },
	{ 0, "since", EV_OPT_WHEN, "TIME", AT(since), NULL,
	    "to where this was the time; rather some events too many than one too few" },
	{ 0, "shard", EV_OPT_COUNT, "N", AT(shard), NULL, "only in this shard" },
	{ 0, "dry-run", EV_OPT_FLAG, NULL, AT(dry_run), NULL, "show what would be done" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evstream reset hub/bus watch --offset earliest", "lets the group read all of it again" },
	{ "evstream reset hub/bus watch --since -10m --dry-run", "what that would repeat or skip" },
	{ NULL, NULL },
};

struct move {
	struct ev_group group;
	bool held;      /* group is open */
	uint64_t first; /* number that is there */
	uint64_t to;
};

struct reset {
	const struct conf *conf;
	const char *name; /* of the group */
	enum ev_from from;
	uint64_t seq;
	struct evstream_report report;
	struct ev_stream stream;
	uint32_t first;    /* shard */
	struct move *move; /* owned; of the shards from first on */
	uint32_t moves;
};

static void
defaults(void *arg)
{
	struct conf *conf = arg;

	conf->shard = EVSTREAM_ALL;
}

static enum ev_code
read_place(struct reset *r, struct ev_err *e)
{
	const struct conf *c = r->conf;

	if ((c->offset != NULL) == c->since.set)
		return ev_fail(e, EV_USAGE, "wanted one of --offset and --since, found %s",
		    c->since.set ? "both" : "none");
	if (c->since.set)
		return EV_OK;
	if (strcmp(c->offset, "earliest") == 0)
		r->from = EV_FROM_EARLIEST;
	else if (strcmp(c->offset, "latest") == 0)
		r->from = EV_FROM_LATEST;
	else if (!evstream_number(c->offset, &r->seq))
		return ev_fail(e, EV_USAGE,
		    "--offset: found '%s'; wanted a number, earliest or latest", c->offset);
	return EV_OK;
}

/* Moving a group makes none: a name that is new is a wrong one. */
static enum ev_code
check_name(struct reset *r, struct ev_err *e)
{
	struct ev_near near = { .wrong = r->name };
	bool known = false;
	char **name;
	size_t n;
	enum ev_code rc;

	if ((rc = ev_group_name_check(r->name, e)) != EV_OK ||
	    (rc = ev_group_list(&r->stream, &name, &n, e)) != EV_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		known = known || strcmp(name[i], r->name) == 0;
		ev_near_try(&near, name[i]);
	}
	if (!known)
		rc = ev_fail(e, EV_USAGE, "stream %s has no group '%s'%s%s%s", r->stream.path,
		    r->name, near.best != NULL ? "; did you mean '" : "",
		    near.best != NULL ? near.best : "", near.best != NULL ? "'?" : "");
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
	return rc;
}

/* What could still vanish is not skipped: the end is behind the last event that is durable. */
static enum ev_code
find_place(struct reset *r, struct move *m, struct ev_err *e)
{
	struct ev_shard_info info;
	uint32_t shard = m->group.shard;
	enum ev_code rc = ev_shard_info(&r->stream, shard, &info, e);

	if (rc != EV_OK)
		return rc;
	m->first = info.first;
	if (r->conf->since.set) {
		rc = ev_shard_at(&r->stream, shard, r->conf->since.ms, &m->to, e);
		m->to = m->to < info.synced ? m->to : info.synced;
		return rc;
	}
	m->to = r->from == EV_FROM_SEQ    ? r->seq
	    : r->from == EV_FROM_EARLIEST ? info.first
					  : info.synced;
	if (m->to < info.first)
		return ev_fail(e, EV_USAGE,
		    "shard %" PRIu32 ": offset %" PRIu64 " was removed, the first is %" PRIu64,
		    shard, m->to, info.first);
	if (m->to > info.synced)
		return ev_fail(e, EV_USAGE,
		    "shard %" PRIu32 ": offset %" PRIu64 " is beyond the end, which is %" PRIu64
		    "%s",
		    shard, m->to, info.synced,
		    r->moves > 1 ? "; each shard counts its own events, see --shard" : "");
	return EV_OK;
}

/* Before anything is moved all shards are known to be free, and to have the place. */
static enum ev_code
prepare(struct reset *r, struct ev_err *e)
{
	int64_t owner;
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; rc == EV_OK && i < r->moves; i++) {
		struct move *m = &r->move[i];

		rc = ev_group_open(&m->group, &r->stream, r->name, r->first + i, &owner, e);
		m->held = rc == EV_OK;
		if (rc == EV_OK)
			rc = find_place(r, m, e);
	}
	return rc;
}

static enum ev_code
show(struct reset *r, const struct move *m, struct ev_err *e)
{
	const struct ev_group *g = &m->group;
	uint64_t from = g->next > m->first ? g->next : m->first;
	struct ev_cell cells[] = { ev_cell_str(ev_slice_str(r->name)), evstream_cell(g->shard),
		{ .known = false }, evstream_cell(m->to), { .known = false }, { .known = false } };

	if (g->known) {
		cells[2] = evstream_cell(g->next);
		cells[4] = evstream_cell(m->to < from ? from - m->to : 0);
		cells[5] = evstream_cell(m->to > from ? m->to - from : 0);
	}
	return evstream_report_row(&r->report, cells, e);
}

static enum ev_code
move_all(struct reset *r, struct ev_err *e)
{
	static const struct ev_col cols[] = { { "group", EV_CELL_STR }, { "shard", EV_CELL_INT },
		{ "from", EV_CELL_INT }, { "to", EV_CELL_INT }, { "again", EV_CELL_INT },
		{ "skipped", EV_CELL_INT } };
	enum ev_code rc;

	rc = evstream_report_table(&r->report, cols, sizeof(cols) / sizeof(*cols), 0, e);
	for (uint32_t i = 0; rc == EV_OK && i < r->moves; i++) {
		struct move before = r->move[i];

		/* in this order a crash in between repeats events, and skips none */
		if (!r->conf->dry_run &&
		    ((rc = ev_queue_forget(&before.group, e)) != EV_OK ||
			(rc = ev_group_commit(&r->move[i].group, before.to, e)) != EV_OK))
			break;
		rc = show(r, &before, e);
	}
	return rc;
}

static enum ev_code
reset(struct reset *r, struct ev_err *e)
{
	uint32_t end;
	enum ev_code rc;

	if ((rc = check_name(r, e)) != EV_OK ||
	    (rc = evstream_shards(&r->stream, r->conf->shard, &r->first, &end, e)) != EV_OK)
		return rc;
	r->moves = end - r->first;
	r->move = calloc(r->moves, sizeof(*r->move));
	if (r->move == NULL)
		return ev_fail_mem(e);
	if ((rc = prepare(r, e)) == EV_OK &&
	    (rc = evstream_report_open(&r->report, &r->conf->common, e)) == EV_OK)
		rc = move_all(r, e);
	rc = evstream_report_close(&r->report, rc, e);
	if (rc == EV_OK && r->conf->dry_run)
		ev_note(&r->conf->common, "nothing was moved: --dry-run");
	return rc;
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct reset r = { .conf = arg, .name = operand[1] };
	enum ev_code rc;

	if ((rc = read_place(&r, e)) != EV_OK ||
	    (rc = ev_stream_open(&r.stream, evstream_path(operand[0]), "", false, e)) != EV_OK)
		return rc;
	rc = reset(&r, e);
	for (uint32_t i = 0; r.move != NULL && i < r.moves; i++)
		if (r.move[i].held)
			ev_group_close(&r.move[i].group);
	free(r.move);
	ev_stream_close(&r.stream);
	return rc;
}

const struct ev_cmd evstream_reset = {
	.name = "reset",
	.summary = "moves a group to another place, while nobody reads for it",
	.operands = "DIR GROUP",
	.min = 2,
	.max = 2,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = defaults,
	.run = run,
};
