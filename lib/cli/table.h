/* SPDX-License-Identifier: MIT */
#ifndef EV_TABLE_H
#define EV_TABLE_H

#include "base/buf.h"
#include "base/io.h"
#include "cli/opt.h"

/*
 * Reports: on a terminal a table that fits its width, in a pipe a JSON object per line; --json and
 * --table (ev_opt_report) force one of them, --json more than --table. The kind of a column says how
 * its cells are read and shown.
 */
enum ev_cell_kind {
	EV_CELL_STR,
	EV_CELL_INT,
	EV_CELL_SIZE,     /* bytes; 1.5M in a table */
	EV_CELL_DURATION, /* ms; 1.5s in a table */
	EV_CELL_TIME,     /* epoch ms; RFC 3339 in a table */
	EV_CELL_BOOL,     /* yes or no in a table */
	EV_CELL_BAR       /* the length of a bar, the longest being the greatest; not in JSON */
};

struct ev_col {
	const char *name; /* heading, and member in JSON */
	enum ev_cell_kind kind;
};

struct ev_cell {
	bool known; /* false: nothing in a table, null in JSON */
	struct ev_slice s;
	int64_t i;
};

static inline struct ev_cell
ev_cell_str(struct ev_slice s)
{
	return (struct ev_cell){ s.p != NULL, s, 0 };
}

/* For all other kinds. */
static inline struct ev_cell
ev_cell_int(int64_t i)
{
	return (struct ev_cell){ true, { NULL, 0 }, i };
}

enum { EV_COLS = 16 };

struct ev_table {
	const struct ev_col *cols; /* borrowed */
	size_t n;
	struct ev_out *out; /* borrowed */
	size_t columns;     /* of the terminal; SIZE_MAX: not one, so that nothing is cut */
	bool json, begun;   /* begun: the heading was printed, the widths are settled */
	size_t width[EV_COLS];
	struct ev_buf text; /* cells of the rows that wait, a NUL behind each */
	size_t rows;        /* that wait */
	int64_t top;        /* the greatest bar */
};

/* n: at most EV_COLS. Out is the caller's, and so is its flush. */
void ev_table_open(struct ev_table *t, const struct ev_common *c, const struct ev_col *cols, size_t n,
    struct ev_out *out);

/* A row of n cells, which are not kept. A table waits for 1000 rows to settle the widths. */
enum ev_code ev_table_row(struct ev_table *t, const struct ev_cell *cells, struct ev_err *e) EV_MUST;

/* Prints what waits, unless drop, and frees. Safe on a zeroed or closed one. */
enum ev_code ev_table_close(struct ev_table *t, bool drop, struct ev_err *e) EV_MUST;

#endif
