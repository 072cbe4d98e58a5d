/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/emit.h"
#include "cli/text.h"

enum {
	BATCH = 1000,       /* rows that settle the widths */
	WAITING = 16 << 20, /* bytes of rows that wait, at most */
	LIMIT = 256 << 20,  /* bytes of a JSON object, or of a batch */
	LONGEST = 1000,     /* width of a cell: no terminal shows more */
	NARROW = 8,         /* a column of text is not made narrower */
	BAR = 24            /* width of a bar where there is room */
};

void
ev_table_open(struct ev_table *t, const struct ev_common *c, const struct ev_col *cols, size_t n,
    struct ev_out *out)
{
	*t = (struct ev_table){ .cols = cols, .n = n, .out = out, .text = EV_BUF(LIMIT) };
	t->columns = isatty(out->fd) ? ev_columns(out->fd) : SIZE_MAX;
	t->json = c->json || (!c->table && t->columns == SIZE_MAX);
}

static void
json_cell(struct ev_emit *m, enum ev_cell_kind kind, const struct ev_cell *cell)
{
	if (!cell->known)
		ev_emit(m, "null");
	else if (kind == EV_CELL_BOOL)
		ev_emit(m, cell->i != 0 ? "true" : "false");
	else if (kind != EV_CELL_STR)
		ev_emit(m, "%lld", (long long)cell->i);
	else if (m->rc == EV_OK)
		m->rc = ev_text_json(m->b, cell->s, m->e);
}

static enum ev_code
json_row(struct ev_table *t, const struct ev_cell *cells, struct ev_err *e)
{
	struct ev_emit m = { &t->text, e, EV_OK };
	const char *sep = "{";
	size_t i;

	ev_buf_clear(&t->text);
	for (i = 0; i < t->n; i++) {
		if (t->cols[i].kind == EV_CELL_BAR)
			continue;
		ev_emit(&m, "%s", sep);
		ev_emit_json(&m, t->cols[i].name);
		ev_emit(&m, ":");
		json_cell(&m, t->cols[i].kind, &cells[i]);
		sep = ",";
	}
	ev_emit(&m, "}");
	return m.rc == EV_OK ? ev_out_line(t->out, ev_buf_view(&t->text), e) : m.rc;
}

/* The text of a cell that is no string. A bar's is its number until it is drawn. */
static void
print_number(char out[EV_TIME], enum ev_cell_kind kind, int64_t i)
{
	if (kind == EV_CELL_SIZE)
		ev_size_print(out, i > 0 ? (uint64_t)i : 0);
	else if (kind == EV_CELL_DURATION)
		ev_duration_print(out, i);
	else if (kind == EV_CELL_TIME)
		ev_time_print(out, i);
	else if (kind == EV_CELL_BOOL)
		snprintf(out, EV_TIME, "%s", i != 0 ? "yes" : "no");
	else
		snprintf(out, EV_TIME, "%lld", (long long)i);
}

/* Keeps the cell's text, made harmless for a terminal. */
static enum ev_code
keep(struct ev_table *t, size_t col, const struct ev_cell *cell, struct ev_err *e)
{
	struct ev_slice s = cell->s;
	size_t from = t->text.n, width;
	char number[EV_TIME];
	enum ev_code rc;

	if (!cell->known) {
		s = EV_LIT("");
	} else if (t->cols[col].kind != EV_CELL_STR) {
		print_number(number, t->cols[col].kind, cell->i);
		s = ev_slice_str(number);
	}
	s.n = ev_text_cut(s, LONGEST);
	if ((rc = ev_buf_adds(&t->text, s, e)) != EV_OK)
		return rc;
	t->text.n = from + ev_text_plain(t->text.p + from, s.n);
	width = ev_text_width((struct ev_slice){ t->text.p + from, t->text.n - from });
	if (t->cols[col].kind == EV_CELL_BAR) {
		t->top = cell->i > t->top ? cell->i : t->top;
		width = BAR;
	}
	if (!t->begun && width > t->width[col])
		t->width[col] = width;
	return ev_buf_addc(&t->text, '\0', e);
}

static size_t
heading_width(const struct ev_table *t, size_t col)
{
	return ev_text_width(ev_slice_str(t->cols[col].name));
}

/* The column that gives way next: a bar before text, of text the widest; t->n when none can. */
static size_t
gives_way(const struct ev_table *t)
{
	size_t widest = t->n, i;

	for (i = 0; i < t->n; i++) {
		if (t->cols[i].kind == EV_CELL_BAR && t->width[i] > heading_width(t, i))
			return i;
		if (t->cols[i].kind == EV_CELL_STR && t->width[i] > NARROW &&
		    (widest == t->n || t->width[i] > t->width[widest]))
			widest = i;
	}
	return widest;
}

/* Makes columns narrower until all fit, with two blanks between them. */
static void
fit(struct ev_table *t)
{
	size_t all = 2 * (t->n - 1), i;

	for (i = 0; i < t->n; i++) {
		if (heading_width(t, i) > t->width[i])
			t->width[i] = heading_width(t, i);
		all += t->width[i];
	}
	for (; all > t->columns && (i = gives_way(t)) < t->n; all--)
		t->width[i]--;
}

/* A bar of eighths of a column: "█████▍". */
static void
draw_bar(struct ev_emit *m, int64_t value, int64_t top, size_t width)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	bool utf8 = ev_utf8();
	size_t n;

	if (value <= 0 || top <= 0)
		return;
	n = (size_t)((double)value / (double)top * (double)width * 8 + 0.5);
	for (; n >= 8; n -= 8)
		ev_emit(m, "%s", utf8 ? "█" : "#");
	ev_emit(m, "%s", utf8 ? eighths[n] : n >= 4 ? "#" : "");
}

static bool
to_the_right(enum ev_cell_kind kind)
{
	return kind == EV_CELL_INT || kind == EV_CELL_SIZE || kind == EV_CELL_DURATION;
}

/* The text in its column, cut where it is too wide. */
static void
put_cell(struct ev_emit *m, const struct ev_table *t, size_t col, const char *text)
{
	struct ev_slice s = ev_slice_str(text);
	size_t width = t->width[col], w = ev_text_width(s);
	size_t gap = w < width ? width - w : 0;
	const char *dots = ev_utf8() ? "…" : "~";

	if (to_the_right(t->cols[col].kind))
		ev_emit(m, "%*s", (int)gap, "");
	if (w > width && t->columns != SIZE_MAX && t->cols[col].kind == EV_CELL_STR)
		ev_emit(m, "%.*s%s", (int)ev_text_cut(s, width - 1), text, dots);
	else
		ev_emit(m, "%s", text);
	ev_emit(m, "%*s", to_the_right(t->cols[col].kind) ? 2 : (int)gap + 2, "");
}

static void
put_bar(struct ev_emit *m, const struct ev_table *t, size_t col, const char *text)
{
	struct ev_buf drawn = EV_BUF(256);
	struct ev_emit bar = { &drawn, m->e, m->rc };
	long long value = 0;

	if (sscanf(text, "%lld", &value) == 1)
		draw_bar(&bar, value, t->top, t->width[col]);
	m->rc = bar.rc;
	put_cell(m, t, col, ev_buf_str(&drawn));
	ev_buf_fini(&drawn);
}

/* No blanks at the end of a line. */
static void
end_line(struct ev_emit *m)
{
	while (m->b->n > 0 && m->b->p[m->b->n - 1] == ' ')
		m->b->n--;
}

static void
put_heading(struct ev_emit *m, const struct ev_table *t)
{
	bool bold = ev_color(t->out->fd);
	size_t i;

	ev_emit(m, bold ? "\033[1m" : "");
	for (i = 0; i < t->n; i++)
		put_cell(m, t, i, t->cols[i].name);
	end_line(m);
	ev_emit(m, bold ? "\033[0m\n" : "\n");
}

/* The rows that wait, behind the heading if they are the first. */
static enum ev_code
print(struct ev_table *t, struct ev_err *e)
{
	struct ev_buf lines = EV_BUF(LIMIT);
	struct ev_emit m = { &lines, e, EV_OK };
	const char *cell = t->text.p;
	enum ev_code rc;
	size_t i;

	if (!t->begun) {
		fit(t);
		put_heading(&m, t);
		t->begun = true;
	}
	for (; t->rows > 0; t->rows--) {
		for (i = 0; i < t->n; i++, cell += strlen(cell) + 1)
			if (t->cols[i].kind == EV_CELL_BAR)
				put_bar(&m, t, i, cell);
			else
				put_cell(&m, t, i, cell);
		end_line(&m);
		ev_emit(&m, "\n");
	}
	rc = m.rc == EV_OK ? ev_out_add(t->out, ev_buf_view(&lines), e) : m.rc;
	ev_buf_fini(&lines);
	ev_buf_clear(&t->text);
	return rc;
}

enum ev_code
ev_table_row(struct ev_table *t, const struct ev_cell *cells, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	if (t->json)
		return json_row(t, cells, e);
	for (i = 0; rc == EV_OK && i < t->n; i++)
		rc = keep(t, i, &cells[i], e);
	if (rc != EV_OK)
		return rc;
	t->rows++;
	return t->rows >= BATCH || t->text.n >= WAITING ? print(t, e) : EV_OK;
}

enum ev_code
ev_table_close(struct ev_table *t, bool drop, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (!drop && t->rows > 0)
		rc = print(t, e);
	ev_buf_fini(&t->text);
	t->rows = 0;
	return rc;
}
