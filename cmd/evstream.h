/* SPDX-License-Identifier: MIT */
#ifndef EVSTREAM_H
#define EVSTREAM_H

#include "cli/stats.h"
#include "cli/table.h"
#include "stream/lease.h"

/* The subcommands. */
extern const struct ev_cmd evstream_ls;
extern const struct ev_cmd evstream_reset;
extern const struct ev_cmd evstream_trim;
extern const struct ev_cmd evstream_verify;

/* The folder that an operand DIR names: a path, or `stream:DIR` as other commands write it. */
const char *evstream_path(const char *operand);

/*
 * --shard: the shards [*first, *end); EVSTREAM_ALL, its default, is all of them. EV_USAGE: the
 * stream has no such shard.
 */
#define EVSTREAM_ALL UINT64_MAX
enum ev_code evstream_shards(const struct ev_stream *s, uint64_t shard, uint32_t *first,
    uint32_t *end, struct ev_err *e) EV_MUST;

/*
 * As ev_group_look, but a work queue always has a position: it begins at 0. *queue: whether it is
 * one, *q then how it is.
 */
enum ev_code evstream_position(struct ev_stream *s, const char *group, uint32_t shard,
    uint64_t *next, int64_t *owner, struct ev_queue_info *q, bool *queue, struct ev_err *e) EV_MUST;

/* What is printed: one or more tables on stdout. A zeroed one may be closed. */
struct evstream_report {
	const struct ev_common *common; /* borrowed */
	struct ev_out out;
	struct ev_table table;
	struct ev_stats stats; /* shown at the end where asked for; who has more to tell adds it */
	size_t hidden;         /* columns at the left that are not shown */
	bool json;
	bool gap; /* an empty line comes before the next row */
};
enum ev_code evstream_report_open(
    struct evstream_report *r, const struct ev_common *c, struct ev_err *e) EV_MUST;

/*
 * Begins a table (borrowed columns) behind what was printed before. hidden: so many columns at the
 * left are shown in JSON alone.
 */
enum ev_code evstream_report_table(struct evstream_report *r, const struct ev_col *cols, size_t n,
    size_t hidden, struct ev_err *e) EV_MUST;
enum ev_code evstream_report_row(
    struct evstream_report *r, const struct ev_cell *cells, struct ev_err *e) EV_MUST;

/* rc: of the work so far. What was found is printed in any case; the first failure is returned. */
enum ev_code evstream_report_close(
    struct evstream_report *r, enum ev_code rc, struct ev_err *e) EV_MUST;

/* Whether text is a whole number of 64 bits and nothing else. */
bool evstream_number(const char *text, uint64_t *n);

/* A number or size as a cell. */
struct ev_cell evstream_cell(uint64_t n);

#endif
