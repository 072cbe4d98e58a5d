/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/emit.h"
#include "cli/help.h"
#include "cli/shell.h"

static const char *const kinds[] = {
	[EV_OPT_FLAG] = "flag",
	[EV_OPT_STR] = "string",
	[EV_OPT_LIST] = "list",
	[EV_OPT_COUNT] = "count",
	[EV_OPT_FD] = "descriptor",
	[EV_OPT_SIZE] = "size",
	[EV_OPT_DURATION] = "duration",
	[EV_OPT_WHEN] = "time",
	[EV_OPT_CHOICE] = "choice",
	[EV_OPT_FILE] = "file",
	[EV_OPT_DIR] = "folder",
	[EV_OPT_ADDRESS] = "address"
};

/* An option, on a line of its own. */
static void
json_option(struct ev_emit *m, const struct ev_rows *r)
{
	char letter[2] = { r->row->letter, '\0' }, arg[128];
	bool optional;
	struct ev_slice s = ev_opt_arg(r->row, &optional);

	snprintf(arg, sizeof(arg), "%.*s", EV_FMT(s));
	ev_emit(m, "{\"name\":");
	ev_emit_json(m, r->row->name);
	ev_emit(m, ",\"letter\":");
	ev_emit_json(m, r->row->letter != 0 ? letter : NULL);
	ev_emit(m, ",\"kind\":\"%s\",\"arg\":", kinds[r->row->kind]);
	ev_emit_json(m, s.n > 0 ? arg : NULL);
	ev_emit(m, ",\"optional\":%s,\"group\":", optional ? "true" : "false");
	ev_emit_json(m, r->group);
	ev_emit(m, ",\"help\":");
	ev_emit_json(m, r->row->help);
	ev_emit(m, "}");
}

static void
json_options(struct ev_emit *m, const struct ev_cmd *cmd)
{
	struct ev_rows r = { .cmd = cmd };
	const char *comma = "";

	while (ev_rows_next(&r))
		if (r.row->help != NULL) {
			ev_emit(m, "%s\n", comma);
			json_option(m, &r);
			comma = ",";
		}
}

static void
json_examples(struct ev_emit *m, const struct ev_example *x)
{
	const char *comma = "";

	for (; x != NULL && x->run != NULL; x++) {
		ev_emit(m, "%s\n{\"run\":", comma);
		ev_emit_json(m, x->run);
		ev_emit(m, ",\"what\":");
		ev_emit_json(m, x->what);
		ev_emit(m, "}");
		comma = ",";
	}
}

static void
json_cmd(struct ev_emit *m, const struct ev_cmd *cmd)
{
	ev_emit(m, "{\"name\":");
	ev_emit_json(m, cmd->name);
	ev_emit(m, ",\"summary\":");
	ev_emit_json(m, cmd->summary);
	ev_emit(m, ",\"operands\":");
	ev_emit_json(m, cmd->operands);
	ev_emit(m, ",\"examples\":[");
	json_examples(m, cmd->examples);
	ev_emit(m, "],\"options\":[");
	json_options(m, cmd);
	ev_emit(m, "]");
}

static void
dump_json(struct ev_emit *m, const struct ev_cmd *root)
{
	const struct ev_cmd *sub;

	json_cmd(m, root);
	ev_emit(m, ",\"subcommands\":[");
	for (sub = root->sub; sub != NULL && sub->name != NULL; sub++) {
		ev_emit(m, sub == root->sub ? "\n" : ",\n");
		json_cmd(m, sub);
		ev_emit(m, "}");
	}
	ev_emit(m, "]}\n");
}

/*
 * A sentence of mdoc: begun with a capital and ended by a full stop. Backslashes are escaped, and a
 * hyphen that begins a word is a minus.
 */
static void
mdoc_text(struct ev_emit *m, const char *text)
{
	char last = ' ';

	if (*text >= 'a' && *text <= 'z') {
		last = (char)(*text++ - 'a' + 'A');
		ev_emit(m, "%c", last);
	}
	for (; *text != '\0'; last = *text++) {
		if (*text == '\\')
			ev_emit(m, "\\e");
		else if (*text == '-' && strchr(" -'\"(=/", last) != NULL)
			ev_emit(m, "\\-");
		else if (last == ' ' && (*text == '.' || *text == '\''))
			ev_emit(m, "\\&%c", *text);
		else
			ev_emit(m, "%c", *text);
	}
	ev_emit(m, ".\n");
}

static void
mdoc_option(struct ev_emit *m, const struct ev_opt *o)
{
	bool optional;
	struct ev_slice arg = ev_opt_arg(o, &optional);

	ev_emit(m, ".It ");
	if (o->letter != 0)
		ev_emit(m, "Fl %c%s", o->letter, o->name != NULL ? " , " : "");
	if (o->name != NULL)
		ev_emit(m, "Fl Fl %s", o->name);
	if (optional)
		ev_emit(m, " Ns Oo = Ns Ar %.*s Oc", EV_FMT(arg));
	else if (arg.n > 0)
		ev_emit(m, o->name != NULL ? " Ns = Ns Ar %.*s" : " Ar %.*s", EV_FMT(arg));
	ev_emit(m, "\n");
	mdoc_text(m, o->help);
}

/* The rows of cmd that are, or are not, common to all commands. groups: each under a heading. */
static void
mdoc_options(struct ev_emit *m, const struct ev_cmd *cmd, bool common, bool groups)
{
	struct ev_rows r = { .cmd = cmd };
	const char *group = NULL;

	while (ev_rows_next(&r)) {
		if (r.row->help == NULL || r.common != common)
			continue;
		if (group == NULL || (groups && strcmp(group, r.group) != 0)) {
			if (group != NULL)
				ev_emit(m, ".El\n");
			if (groups)
				ev_emit(m, ".Ss %s\n", r.group);
			ev_emit(m, ".Bl -tag -width Ds\n");
			group = r.group;
		}
		mdoc_option(m, r.row);
	}
	if (group != NULL)
		ev_emit(m, ".El\n");
}

static void
dump_man(struct ev_emit *m, const struct ev_cmd *root)
{
	const struct ev_cmd *sub;

	ev_emit(m, "A switch\n.Fl Fl x\nis turned off by\n.Fl Fl no\\-x .\n");
	mdoc_options(m, root, false, true);
	for (sub = root->sub; sub != NULL && sub->name != NULL; sub++) {
		ev_emit(m, ".Ss %s %s\n", root->name, sub->name);
		mdoc_text(m, sub->summary);
		mdoc_options(m, sub, false, false);
	}
	mdoc_options(m, root, true, true);
}

enum ev_code
ev_dump(const struct ev_cmd *root, const char *format, struct ev_buf *out, struct ev_err *e)
{
	static const struct {
		const char *name;
		void (*dump)(struct ev_emit *, const struct ev_cmd *);
	} formats[] = {
		{ "json", dump_json },
		{ "man", dump_man },
		{ "bash", ev_shell_bash },
		{ "zsh", ev_shell_zsh },
		{ "fish", ev_shell_fish },
	};
	struct ev_emit m = { out, e, EV_OK };
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, format) == 0)
			formats[i].dump(&m, root);
	return m.rc;
}
