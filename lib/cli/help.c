/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include "cli/emit.h"
#include "cli/text.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

#ifdef __clang__
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

enum { NAMES = 30, SUBNAMES = 12 }; /* the columns of the descriptions */

/* "-t, --type PATTERN" */
static void
names(struct ev_emit *m, const struct ev_opt *o)
{
	bool optional;
	struct ev_slice arg = ev_opt_arg(o, &optional);

	if (o->name == NULL)
		ev_emit(m, "-%c", o->letter);
	else if (o->letter != 0)
		ev_emit(m, "-%c, --%s", o->letter, o->name);
	else
		ev_emit(m, "    --%s", o->name);
	if (arg.n > 0)
		ev_emit(m, optional ? "[=%.*s]" : " %.*s", EV_FMT(arg));
}

/* Bytes of the words that fit in width; all of the first word even if it does not. */
static size_t
fold(struct ev_slice s, size_t width)
{
	size_t fits = ev_text_cut(s, width), n = fits;

	if (fits == s.n)
		return fits;
	while (n > 0 && s.p[n] != ' ')
		n--;
	if (n > 0)
		return n;
	while (fits < s.n && s.p[fits] != ' ')
		fits++;
	return fits;
}

/* The text in lines that begin at column indent; there the cursor stands already. */
static void
folded(struct ev_emit *m, const char *text, size_t indent, size_t width)
{
	struct ev_slice s = ev_slice_str(text);
	size_t room = width > indent + 20 ? width - indent : 20, n;

	while (s.n > 0) {
		n = fold(s, room);
		ev_emit(m, "%.*s\n", (int)n, s.p);
		n += n < s.n; /* the blank */
		s = (struct ev_slice){ s.p + n, s.n - n };
		if (s.n > 0)
			ev_emit(m, "%*s", (int)indent, "");
	}
}

/*
 * What was emitted since byte from stands in the left column; the text goes to the right one,
 * folded unless width is 0.
 */
static void
beside(struct ev_emit *m, size_t from, const char *text, size_t column, size_t width)
{
	size_t n;

	if (m->rc != EV_OK)
		return;
	n = ev_text_width((struct ev_slice){ m->b->p + from, m->b->n - from });
	if (n + 2 > column) {
		ev_emit(m, width == 0 ? "  " : "\n");
		n = width == 0 ? column : 0;
	}
	ev_emit(m, "%*s", (int)(column - n), "");
	if (width == 0)
		ev_emit(m, "%s\n", text);
	else
		folded(m, text, column, width);
}

/* All rows: under the headings of their groups, or brief, a line each. */
static void
options(struct ev_emit *m, const struct ev_cmd *cmd, bool brief, size_t width)
{
	struct ev_rows r = { .cmd = cmd };
	const char *group = "";

	if (brief)
		ev_emit(m, "\n");
	while (ev_rows_next(&r)) {
		size_t from;

		if (r.row->help == NULL)
			continue;
		if (!brief && strcmp(group, r.group) != 0)
			ev_emit(m, "\n%s:\n", r.group);
		group = r.group;
		from = m->b->n;
		ev_emit(m, "  ");
		names(m, r.row);
		beside(m, from, r.row->help, NAMES, brief ? 0 : width);
	}
}

static void
examples(struct ev_emit *m, const struct ev_example *x, size_t width)
{
	if (x == NULL || x->run == NULL)
		return;
	ev_emit(m, "Examples:\n");
	for (; x->run != NULL; x++) {
		ev_emit(m, "  %s\n      ", x->run);
		folded(m, x->what, 6, width);
	}
	ev_emit(m, "\n");
}

static void
subcommands(struct ev_emit *m, const struct ev_cmd *sub, size_t width)
{
	if (sub == NULL)
		return;
	ev_emit(m, "\nSubcommands:\n");
	for (; sub->name != NULL; sub++) {
		size_t from = m->b->n;

		ev_emit(m, "  %s", sub->name);
		beside(m, from, sub->summary, SUBNAMES, width);
	}
}

/* "evlake put" */
static void
full_name(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd)
{
	ev_emit(m, "%s", root->name);
	if (cmd != root)
		ev_emit(m, " %s", cmd->name);
}

static void
title(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd, size_t width)
{
	size_t from = m->b->n;

	full_name(m, root, cmd);
	ev_emit(m, ": ");
	folded(m, cmd->summary, m->b->n - from, width);
	ev_emit(m, "\n");
}

static void
usage(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd)
{
	const char *operands = cmd->sub != NULL ? "SUBCOMMAND ..." : cmd->operands;

	full_name(m, root, cmd);
	ev_emit(m, " [OPTION...]");
	if (operands != NULL)
		ev_emit(m, " %s", operands);
}

enum ev_code
ev_usage(const struct ev_cmd *root, const struct ev_cmd *cmd, struct ev_buf *out, struct ev_err *e)
{
	struct ev_emit m = { out, e, EV_OK };

	usage(&m, root, cmd);
	return m.rc;
}

static void
closing(struct ev_emit *m, const struct ev_cmd *root)
{
	ev_emit(m, "\nA switch --x is turned off by --no-x; -- ends the options.\n"
	    "Exit status: 0 done, 1 the answer is no, 2 usage, 3 done but for faults,\n"
	    "4 a bad event, 5 a system error, 6 try again later. More: man %s\n", root->name);
}

enum ev_code
ev_help(const struct ev_cmd *root, const struct ev_cmd *cmd, bool brief, size_t width,
    struct ev_buf *out, struct ev_err *e)
{
	struct ev_emit m = { out, e, EV_OK };

	width = width > 100 ? 100 : width;
	if (!brief) {
		title(&m, root, cmd, width);
		examples(&m, cmd->examples, width);
	}
	ev_emit(&m, "Usage: ");
	usage(&m, root, cmd);
	ev_emit(&m, "\n");
	subcommands(&m, cmd->sub, width);
	options(&m, cmd, brief, width);
	if (!brief)
		closing(&m, root);
	return m.rc;
}

enum ev_code
ev_version(const struct ev_cmd *root, const char *form, struct ev_buf *out, struct ev_err *e)
{
	struct ev_emit m = { out, e, EV_OK };

	ev_emit(&m, "%s (evhub) %s\n", root->name, PACKAGE_VERSION);
	if (strcmp(form, "long") != 0)
		return m.rc;
	ev_emit(&m, "compiler: %s %s\n", COMPILER, __VERSION__);
#ifdef EV_BUILD_FLAGS
	ev_emit(&m, "flags: %s\n", EV_BUILD_FLAGS);
#endif
#ifdef EV_BUILD_LIBRARIES
	ev_emit(&m, "libraries: %s\n", EV_BUILD_LIBRARIES);
#endif
	return m.rc;
}
