/* SPDX-License-Identifier: MIT */
#include <fcntl.h>

#include "base/file.h"
#include "evfilter.h"
#include "json/str.h"
#include "match/explain.h"
#include "match/match.h"

enum { COLS = 2 + EV_EXPLAIN_COLS };

static const struct ev_col cols[COLS] = {
	{ "event", EV_CELL_STR },
	{ "match", EV_CELL_BOOL },
	{ "path", EV_CELL_STR },
	{ "wanted", EV_CELL_STR },
	{ "found", EV_CELL_STR },
	{ "met", EV_CELL_BOOL },
	{ "by", EV_CELL_STR },
};

static enum ev_code
read_pattern(struct evfilter_explain *x, const struct ev_select_args *args, struct ev_err *e)
{
	enum ev_code rc;

	x->pattern = (struct ev_buf)EV_BUF(EV_PATTERN);
	x->name = "--pattern";
	if (args->pattern != NULL)
		return ev_buf_adds(&x->pattern, ev_slice_str(args->pattern), e);
	x->name = args->pattern_file;
	rc = ev_file_read(AT_FDCWD, x->name, &x->pattern, e);
	if (rc != EV_OK && e != NULL)
		e->code = EV_USAGE;
	return rc != EV_OK ? EV_USAGE : rc;
}

/* That it is one is said before anything is read. */
static enum ev_code
check_pattern(const struct evfilter_explain *x, struct ev_err *e)
{
	struct ev_match m = { .rules = 0 };
	enum ev_code rc = ev_match_add(&m, ev_buf_view(&x->pattern), 0, e);

	if (rc != EV_OK)
		ev_err_name(e, x->name);
	ev_match_fini(&m);
	return rc;
}

enum ev_code
evfilter_explain_open(struct evfilter_explain *x, const struct ev_select_args *args,
    struct ev_select_args *plain, struct ev_out *out, struct ev_err *e)
{
	enum ev_code rc;

	*x = (struct evfilter_explain){ .pattern = EV_BUF(EV_PATTERN) };
	if ((args->pattern == NULL) == (args->pattern_file == NULL))
		return ev_fail(e, EV_USAGE, "--explain wants one pattern, by -p or -P");
	if ((rc = read_pattern(x, args, e)) != EV_OK || (rc = check_pattern(x, e)) != EV_OK)
		return rc;
	*plain = *args;
	plain->pattern = plain->pattern_file = NULL;
	ev_table_open(&x->table, &args->events.common, cols, COLS, out);
	return EV_OK;
}

static enum ev_code
show(struct evfilter_explain *x, const struct ev_explanation *why, struct ev_slice id,
    struct ev_err *e)
{
	struct ev_cell cells[COLS];
	enum ev_code rc = EV_OK;
	size_t i;

	cells[0] = ev_cell_str(id);
	cells[1] = ev_cell_int(why->match);
	for (i = 0; i < why->n && rc == EV_OK; i++) {
		ev_explain_row(&why->condition[i], cells + 2);
		rc = ev_table_row(&x->table, cells, e);
	}
	return rc;
}

enum ev_code
evfilter_explain_event(
    struct evfilter_explain *x, struct ev_slice line, const struct ev_val *id, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(EV_MAX_LINE);
	struct ev_explanation why;
	struct ev_slice name = { NULL, 0 };
	enum ev_code rc;

	rc = ev_explain(&why, ev_buf_view(&x->pattern), line, e);
	if (rc != EV_OK)
		return rc;
	if (id->kind == EV_STRING && (rc = ev_str_decode(id->raw, &text, e)) == EV_OK)
		name = ev_buf_view(&text);
	if (rc == EV_OK)
		rc = show(x, &why, name, e);
	ev_explanation_fini(&why);
	ev_buf_fini(&text);
	return rc;
}

enum ev_code
evfilter_explain_close(struct evfilter_explain *x, bool drop, struct ev_err *e)
{
	ev_buf_fini(&x->pattern);
	return ev_table_close(&x->table, drop, e);
}
