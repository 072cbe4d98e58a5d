/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "evstream.h"
#include "json/num.h"
#include "json/scan.h"

struct conf {
	struct ev_common common;
	bool skew;
};

static const struct ev_opt options[] = {
	{ 0, "skew", EV_OPT_FLAG, NULL, offsetof(struct conf, skew), "Listing",
	    "how evenly the hash spreads events and bytes over the shards: 100 is an even share" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evstream ls hub/bus", "the shards, and how far every group has come" },
	{ "evstream ls --skew hub/bus", "whether some shards get more than their share" },
	{ NULL, NULL },
};

struct ls {
	const struct conf *conf;
	const char *dir;
	struct dirent **name; /* owned, with all it holds; streams within dir. NULL: dir is one */
	size_t names;
	struct evstream_report report;
	int64_t now;
	struct ev_paths set; /* of one path, timestamp */
	struct ev_scan scan;
	/* the stream at hand */
	struct ev_stream stream;
	struct ev_shard_info *shard; /* owned; one per shard */
};

static struct ev_cell
unknown(void)
{
	return (struct ev_cell){ .known = false };
}

/* A time in JSON, how long ago it is for people; 0 is none. */
static struct ev_cell
ago(const struct ls *l, int64_t ms)
{
	if (ms == 0)
		return unknown();
	if (l->report.json)
		return ev_cell_int(ms);
	return ev_cell_int(ms < l->now ? l->now - ms : 0);
}

static enum ev_code
show_shards(struct ls *l, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; rc == EV_OK && i < l->stream.conf.shards; i++) {
		const struct ev_shard_info *s = &l->shard[i];
		const struct ev_cell cells[] = { ev_cell_str(ev_slice_str(l->stream.path)),
			evstream_cell(i), evstream_cell(s->first),
			s->next > s->first ? evstream_cell(s->next - 1) : unknown(),
			evstream_cell(s->next - s->first), evstream_cell(s->bytes),
			evstream_cell(s->segments), ago(l, s->oldest), ago(l, s->newest) };

		rc = evstream_report_row(&l->report, cells, e);
	}
	return rc;
}

/* What n is of its even share of the whole, in percent. */
static struct ev_cell
share(uint64_t n, uint64_t whole, uint32_t shards)
{
	if (whole == 0)
		return unknown();
	return ev_cell_int((int64_t)(100.0 * (double)n * shards / (double)whole + 0.5));
}

static enum ev_code
show_skew(struct ls *l, struct ev_err *e)
{
	uint32_t n = l->stream.conf.shards;
	uint64_t events = 0, bytes = 0;
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; i < n; i++) {
		events += l->shard[i].next - l->shard[i].first;
		bytes += l->shard[i].bytes;
	}
	for (uint32_t i = 0; rc == EV_OK && i < n; i++) {
		uint64_t own = l->shard[i].next - l->shard[i].first;
		const struct ev_cell cells[] = { ev_cell_str(ev_slice_str(l->stream.path)),
			evstream_cell(i), ev_cell_str(ev_slice_str(l->stream.conf.hash->name)),
			evstream_cell(own), share(own, events, n), evstream_cell(l->shard[i].bytes),
			share(l->shard[i].bytes, bytes, n), evstream_cell(own) };

		rc = evstream_report_row(&l->report, cells, e);
	}
	return rc;
}

/* The timestamp of the event at seq; EV_NO: it has none. */
static enum ev_code
timestamp_at(struct ls *l, uint32_t shard, uint64_t seq, int64_t *ms, struct ev_err *e)
{
	struct ev_cursor c;
	struct ev_slice block, line;
	unsigned long skipped;
	uint64_t first;
	enum ev_code rc =
	    ev_cursor_open(&c, &l->stream, shard, EV_FROM_SEQ, seq, INT64_MIN, true, e);

	if (rc != EV_OK)
		return rc;
	if ((rc = ev_cursor_next(&c, &block, &first, e)) == EV_OK) {
		const char *end = memchr(block.p, '\n', block.n);

		block.n = end != NULL ? (size_t)(end - block.p) + 1 : block.n;
		if ((rc = ev_scan_block(&l->scan, block, e)) == EV_OK)
			rc = ev_scan_line(&l->scan, &line, &skipped, NULL);
		if (rc == EV_DATA ||
		    (rc == EV_OK &&
			(l->scan.val[0].kind != EV_NUMBER || !ev_num_int(l->scan.val[0].raw, ms))))
			rc = EV_NO;
	}
	ev_cursor_close(&c);
	return rc;
}

/*
 * How long the oldest event that the group has not read has been waiting. It was appended when it
 * happened, or later where it came late; not before the oldest of its shard, not after the newest.
 */
static enum ev_code
age(struct ls *l, uint32_t shard, uint64_t next, struct ev_cell *cell, struct ev_err *e)
{
	const struct ev_shard_info *s = &l->shard[shard];
	int64_t ms;
	enum ev_code rc;

	*cell = ev_cell_int(0);
	if (next >= s->next)
		return EV_OK;
	rc = timestamp_at(l, shard, next > s->first ? next : s->first, &ms, e);
	if (rc == EV_NO)
		ms = s->oldest;
	else if (rc != EV_OK)
		return rc;
	ms = ms < s->oldest ? s->oldest : ms;
	ms = ms > s->newest ? s->newest : ms;
	*cell = ev_cell_int(ms < l->now ? l->now - ms : 0);
	return EV_OK;
}

static enum ev_code
show_group(struct ls *l, const char *name, uint32_t shard, struct ev_err *e)
{
	const struct ev_shard_info *s = &l->shard[shard];
	struct ev_queue_info q;
	struct ev_cell cells[] = { ev_cell_str(ev_slice_str(l->stream.path)),
		ev_cell_str(ev_slice_str(name)), evstream_cell(shard), unknown(), unknown(),
		unknown(), unknown(), unknown(), unknown() };
	int64_t owner;
	uint64_t next;
	bool queue;
	enum ev_code rc = evstream_position(&l->stream, name, shard, &next, &owner, &q, &queue, e);

	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if (rc == EV_OK) {
		uint64_t from = next > s->first ? next : s->first;
		uint64_t lag = from < s->next ? s->next - from : 0;

		cells[3] = evstream_cell(next);
		cells[4] = evstream_cell(lag > q.done ? lag - q.done : 0);
		if ((rc = age(l, shard, next, &cells[5], e)) != EV_OK)
			return rc;
		if (from > next || l->report.json)
			cells[6] = evstream_cell(from - next);
	}
	if (queue)
		cells[7] = evstream_cell(q.leased + q.paused);
	if (owner != 0)
		cells[8] = ev_cell_int(owner);
	return evstream_report_row(&l->report, cells, e);
}

static enum ev_code
show_groups(struct ls *l, struct ev_err *e)
{
	char **name;
	size_t n;
	enum ev_code rc = ev_group_list(&l->stream, &name, &n, e);

	if (rc != EV_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		for (uint32_t k = 0; rc == EV_OK && k < l->stream.conf.shards; k++)
			rc = show_group(l, name[i], k, e);
		free(name[i]);
	}
	free(name);
	return rc;
}

/* One stream at a time, with what is known of its shards. */
static enum ev_code
with_stream(struct ls *l, const char *path, enum ev_code (*show)(struct ls *, struct ev_err *),
    struct ev_err *e)
{
	enum ev_code rc = ev_stream_open(&l->stream, path, "", false, e);

	if (rc != EV_OK)
		return rc;
	l->shard = calloc(l->stream.conf.shards, sizeof(*l->shard));
	if (l->shard == NULL)
		rc = ev_fail_mem(e);
	for (uint32_t i = 0; rc == EV_OK && i < l->stream.conf.shards; i++)
		rc = ev_shard_info(&l->stream, i, &l->shard[i], e);
	if (rc == EV_OK)
		rc = show(l, e);
	free(l->shard);
	ev_stream_close(&l->stream);
	return rc;
}

static enum ev_code
each_stream(struct ls *l, enum ev_code (*show)(struct ls *, struct ev_err *), struct ev_err *e)
{
	struct ev_buf path = EV_BUF(PATH_MAX);
	enum ev_code rc = EV_OK;

	if (l->name == NULL)
		return with_stream(l, l->dir, show, e);
	for (size_t i = 0; rc == EV_OK && i < l->names; i++) {
		ev_buf_clear(&path);
		rc = ev_buf_addf(&path, e, "%s/%s", l->dir, l->name[i]->d_name);
		if (rc == EV_OK)
			rc = with_stream(l, ev_buf_str(&path), show, e);
	}
	ev_buf_fini(&path);
	return rc;
}

static bool
is_stream(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is = fd >= 0 && faccessat(fd, "stream.json", F_OK, 0) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

/* The streams within dir, unless it is one itself; or none, and then opening dir says what is
 * wrong. */
static void
look_within(struct ls *l)
{
	int n, dir = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || is_stream(dir, ".") ||
	    (n = scandirat(dir, ".", &l->name, NULL, alphasort)) < 0)
		n = 0;
	for (int i = 0; i < n; i++)
		if (*l->name[i]->d_name != '.' && is_stream(dir, l->name[i]->d_name))
			l->name[l->names++] = l->name[i];
		else
			free(l->name[i]);
	if (l->names == 0) {
		free(l->name);
		l->name = NULL;
	}
	if (dir >= 0)
		close(dir);
}

static enum ev_code
show_all(struct ls *l, struct ev_err *e)
{
	static const struct ev_col shards[] = { { "stream", EV_CELL_STR }, { "shard", EV_CELL_INT },
		{ "first", EV_CELL_INT }, { "last", EV_CELL_INT }, { "events", EV_CELL_INT },
		{ "bytes", EV_CELL_SIZE }, { "segments", EV_CELL_INT },
		{ "oldest", EV_CELL_DURATION }, { "newest", EV_CELL_DURATION } };
	static const struct ev_col skew[] = { { "stream", EV_CELL_STR }, { "shard", EV_CELL_INT },
		{ "hash", EV_CELL_STR }, { "events", EV_CELL_INT },
		{ "events_percent", EV_CELL_INT }, { "bytes", EV_CELL_SIZE },
		{ "bytes_percent", EV_CELL_INT }, { "", EV_CELL_BAR } };
	static const struct ev_col groups[] = { { "stream", EV_CELL_STR }, { "group", EV_CELL_STR },
		{ "shard", EV_CELL_INT }, { "position", EV_CELL_INT }, { "lag", EV_CELL_INT },
		{ "age", EV_CELL_DURATION }, { "lost", EV_CELL_INT }, { "inflight", EV_CELL_INT },
		{ "owner", EV_CELL_INT } };
	struct evstream_report *r = &l->report;
	size_t hidden = l->name == NULL;
	enum ev_code rc;

	if (l->conf->skew) {
		rc = evstream_report_table(r, skew, sizeof(skew) / sizeof(*skew), hidden, e);
		return rc == EV_OK ? each_stream(l, show_skew, e) : rc;
	}
	rc = evstream_report_table(r, shards, sizeof(shards) / sizeof(*shards), hidden, e);
	if (rc == EV_OK)
		rc = each_stream(l, show_shards, e);
	if (rc == EV_OK)
		rc = evstream_report_table(r, groups, sizeof(groups) / sizeof(*groups), hidden, e);
	return rc == EV_OK ? each_stream(l, show_groups, e) : rc;
}

static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct ls l = { .conf = arg, .dir = evstream_path(operand[0]), .now = ev_now() };
	uint32_t timestamp;
	enum ev_code rc;

	look_within(&l);
	if ((rc = ev_paths_add(&l.set, EV_LIT("timestamp"), &timestamp, e)) == EV_OK &&
	    (rc = ev_scan_init(&l.scan, &l.set, true, getenv("EVHUB_SCAN"), e)) == EV_OK &&
	    (rc = evstream_report_open(&l.report, arg, e)) == EV_OK)
		rc = show_all(&l, e);
	rc = evstream_report_close(&l.report, rc, e);
	ev_scan_fini(&l.scan);
	ev_paths_fini(&l.set);
	for (size_t i = 0; i < l.names; i++)
		free(l.name[i]);
	free(l.name);
	return rc;
}

const struct ev_cmd evstream_ls = {
	.name = "ls",
	.summary = "lists the shards of a stream, or of all streams in a folder, and the positions "
		   "of their groups",
	.operands = "DIR",
	.min = 1,
	.max = 1,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.run = run,
};
