/* SPDX-License-Identifier: MIT */
#include "evstream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"

const char *
evstream_path(const char *operand)
{
	return strncmp(operand, "stream:", 7) == 0 ? operand + 7 : operand;
}

enum ev_code
evstream_shards(
    const struct ev_stream *s, uint64_t shard, uint32_t *first, uint32_t *end, struct ev_err *e)
{
	uint32_t n = s->conf.shards;

	*first = 0;
	*end = n;
	if (shard == EVSTREAM_ALL)
		return EV_OK;
	if (shard >= n)
		return ev_fail(e, EV_USAGE,
		    "stream %s has no shard %" PRIu64 ": its %" PRIu32
		    " shard%s from 0 to %" PRIu32,
		    s->path, shard, n, n == 1 ? " goes" : "s go", n - 1);
	*first = (uint32_t)shard;
	*end = *first + 1;
	return EV_OK;
}

bool
evstream_number(const char *text, uint64_t *n)
{
	errno = 0;
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	*n = strtoull(text, NULL, 10);
	return errno == 0;
}

enum ev_code
evstream_position(struct ev_stream *s, const char *group, uint32_t shard, uint64_t *next,
    int64_t *owner, struct ev_queue_info *q, bool *queue, struct ev_err *e)
{
	enum ev_code rc = ev_group_look(s, group, shard, next, owner, e), also;

	if (rc != EV_OK && rc != EV_NO)
		return rc;
	also = ev_queue_look(s, group, shard, ev_now(), q, e);
	if (also != EV_OK && also != EV_NO)
		return also;
	*queue = also == EV_OK;
	return *queue ? EV_OK : rc;
}

struct ev_cell
evstream_cell(uint64_t n)
{
	return ev_cell_int(n < INT64_MAX ? (int64_t)n : INT64_MAX);
}

enum ev_code
evstream_report_open(struct evstream_report *r, const struct ev_common *c, struct ev_err *e)
{
	static const struct ev_col none[] = { { "", EV_CELL_STR } };
	enum ev_code rc;

	*r = (struct evstream_report){ .common = c };
	r->stats.start = ev_mono();
	r->stats.more[0].name = "rows";
	if ((rc = ev_out_open(&r->out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	ev_table_open(&r->table, c, none, 1, &r->out);
	r->json = r->table.json;
	return EV_OK;
}

enum ev_code
evstream_report_table(
    struct evstream_report *r, const struct ev_col *cols, size_t n, size_t hidden, struct ev_err *e)
{
	enum ev_code rc = ev_table_close(&r->table, false, e);

	r->gap = !r->json && r->out.bytes + r->out.n > 0;
	r->hidden = r->json ? 0 : hidden;
	ev_table_open(&r->table, r->common, cols + r->hidden, n - r->hidden, &r->out);
	return rc;
}

enum ev_code
evstream_report_row(struct evstream_report *r, const struct ev_cell *cells, struct ev_err *e)
{
	enum ev_code rc = r->gap ? ev_out_line(&r->out, EV_LIT(""), e) : EV_OK;

	r->gap = false;
	r->stats.more[0].n++;
	return rc == EV_OK ? ev_table_row(&r->table, cells + r->hidden, e) : rc;
}

enum ev_code
evstream_report_close(struct evstream_report *r, enum ev_code rc, struct ev_err *e)
{
	struct ev_err late = { 0 };
	bool drop = rc == EV_PIPE || r->table.out == NULL;
	enum ev_code end = ev_table_close(&r->table, drop, &late), shut;

	shut = ev_out_close(&r->out, drop || end != EV_OK, &late);
	end = end == EV_OK ? shut : end;
	if (r->common != NULL && r->common->stats != NULL)
		ev_stats_show(&r->stats, r->common);
	if ((rc != EV_OK && rc != EV_NO) || end == EV_OK)
		return rc;
	*e = late;
	return end;
}

static const struct ev_example examples[] = {
	{ "evstream ls hub/bus", "how much there is, and how far every group has come" },
	{ "evstream reset hub/bus watch --since 2026-11-01T12:00Z", "lets a group read again" },
	{ "evstream trim hub/bus --before=-7d", "shows what is older; --yes removes it" },
	{ "evstream verify hub/bus", "checks every byte" },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	const struct ev_cmd sub[] = { evstream_ls, evstream_reset, evstream_trim, evstream_verify,
		{ 0 } };
	const struct ev_cmd evstream = {
		.name = "evstream",
		.summary = "looks after streams: what they hold, how far their readers are, what "
			   "may go",
		.operands = "ls|reset|trim|verify DIR...",
		.min = 1,
		.max = SIZE_MAX,
		.examples = examples,
		.conf = sizeof(struct ev_common),
		.sub = sub,
	};

	return ev_main(&evstream, argc, argv);
}
