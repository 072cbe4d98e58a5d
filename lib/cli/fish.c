/* SPDX-License-Identifier: MIT */
#include "cli/shell.h"

static void
begin(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd)
{
	ev_emit(m, "complete -c %s", root->name);
	if (cmd != root)
		ev_emit(m, " -n '__fish_seen_subcommand_from %s'", cmd->name);
	else if (root->sub != NULL)
		ev_emit(m, " -n __fish_use_subcommand");
}

static void
describe(struct ev_emit *m, const char *text)
{
	ev_emit(m, " -d '");
	ev_emit_escaped(m, ev_slice_str(text), "\\'", "\\");
	ev_emit(m, "'\n");
}

/* Whether the option wants a value (-r), whether files are offered (no -f), and which words. */
static void
value(struct ev_emit *m, const struct ev_opt *o)
{
	enum ev_fill fill = ev_shell_fill(o);
	bool optional;

	if (o->kind == EV_OPT_FLAG)
		return;
	(void)ev_opt_arg(o, &optional);
	if (!optional)
		ev_emit(m, " -r");
	if (fill != EV_FILL_FILES && fill != EV_FILL_ADDRESSES)
		ev_emit(m, " -f");
	if (fill == EV_FILL_FOLDERS)
		ev_emit(m, " -a '(__fish_complete_directories)'");
	if (fill == EV_FILL_ADDRESSES)
		ev_emit(m, " -a '" EV_SHELL_SCHEMES "'");
	if (fill == EV_FILL_WORDS) {
		ev_emit(m, " -a '");
		ev_shell_words(m, o);
		ev_emit(m, "'");
	}
}

static void
option(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd,
    const struct ev_opt *o)
{
	begin(m, root, cmd);
	if (o->letter != 0)
		ev_emit(m, " -s %c", o->letter);
	if (o->name != NULL)
		ev_emit(m, " -l %s", o->name);
	value(m, o);
	describe(m, o->help);
}

static void
operands(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd)
{
	enum ev_fill fill = ev_shell_operands(cmd);

	if (fill == EV_FILL_FILES)
		return;
	begin(m, root, cmd);
	if (fill == EV_FILL_ADDRESSES)
		ev_emit(m, " -a '" EV_SHELL_SCHEMES "'");
	else
		ev_emit(m, " -f");
	if (fill == EV_FILL_FOLDERS)
		ev_emit(m, " -a '(__fish_complete_directories)'");
	ev_emit(m, "\n");
}

static void
command(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd)
{
	struct ev_rows r = { .cmd = cmd };

	operands(m, root, cmd);
	while (ev_rows_next(&r))
		if (r.row->help != NULL)
			option(m, root, cmd, r.row);
}

void
ev_shell_fish(struct ev_emit *m, const struct ev_cmd *root)
{
	const struct ev_cmd *sub;

	ev_emit(m, "# fish completion of %s, written by %s --dump-options=fish\n", root->name,
	    root->name);
	command(m, root, root);
	for (sub = root->sub; sub != NULL && sub->name != NULL; sub++) {
		ev_emit(m, "complete -c %s -n __fish_use_subcommand -f -a %s", root->name,
		    sub->name);
		describe(m, sub->summary);
		command(m, root, sub);
	}
}
