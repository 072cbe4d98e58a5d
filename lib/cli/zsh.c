/* SPDX-License-Identifier: MIT */
#include "cli/shell.h"

/* s inside single quotes; special: what _arguments wants a backslash before. */
static void
quoted(struct ev_emit *m, const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			ev_emit(m, "'\\''");
		else
			ev_emit_escaped(m, (struct ev_slice){ s, 1 }, special, "\\");
	}
}

/* The action that completes a value. */
static void
action(struct ev_emit *m, const struct ev_cmd *root, enum ev_fill fill, const struct ev_opt *o)
{
	switch (fill) {
	case EV_FILL_NONE:
		ev_emit(m, " ");
		break;
	case EV_FILL_WORDS:
		ev_emit(m, "(");
		ev_shell_words(m, o);
		ev_emit(m, ")");
		break;
	case EV_FILL_FILES:
		ev_emit(m, "_files");
		break;
	case EV_FILL_FOLDERS:
		ev_emit(m, "_files -/");
		break;
	case EV_FILL_ADDRESSES:
		ev_emit(m, "_%s_address", root->name);
		break;
	}
}

/* '*'{-t+,--type=}'[help]:PATTERN:action' */
static void
spec(struct ev_emit *m, const struct ev_cmd *root, const struct ev_opt *o)
{
	bool optional;
	struct ev_slice arg = ev_opt_arg(o, &optional);
	const char *eq = arg.n == 0 ? "" : optional ? "=-" : "=";

	ev_emit(m, "\t\t");
	if (o->name == NULL)
		ev_emit(m, "-%c%s", o->letter, arg.n > 0 ? "+" : "");
	else if (o->kind == EV_OPT_LIST)
		ev_emit(m, "'*'");
	else if (o->letter != 0)
		ev_emit(m, "'(-%c --%s)'", o->letter, o->name);
	if (o->name != NULL && o->letter != 0)
		ev_emit(m, "{-%c%s,--%s%s}", o->letter, arg.n > 0 ? "+" : "", o->name, eq);
	else if (o->name != NULL)
		ev_emit(m, "--%s%s", o->name, eq);
	ev_emit(m, "'[");
	quoted(m, o->help, "[]\\");
	ev_emit(m, "]");
	if (arg.n > 0) {
		ev_emit(m, optional ? "::" : ":");
		ev_emit_escaped(m, arg, ":\\'", "\\");
		ev_emit(m, ":");
		action(m, root, ev_shell_fill(o), o);
	}
	ev_emit(m, "'\n");
}

static void
specs(struct ev_emit *m, const struct ev_cmd *root, const struct ev_cmd *cmd)
{
	struct ev_rows r = { .cmd = cmd };

	ev_emit(m, "\tspecs=(\n");
	while (ev_rows_next(&r))
		if (r.row->help != NULL)
			spec(m, root, r.row);
	if (cmd->operands != NULL && cmd->sub == NULL) {
		ev_emit(m, "\t\t'*:");
		quoted(m, cmd->operands, ":\\");
		ev_emit(m, ":");
		action(m, root, ev_shell_operands(cmd), NULL);
		ev_emit(m, "'\n");
	}
	ev_emit(m, "\t)\n");
}

static void
subcommands(struct ev_emit *m, const struct ev_cmd *root)
{
	const struct ev_cmd *sub;

	ev_emit(m, "\t_arguments -s -S -C $specs '1: :->sub' '*:: :->rest' && return\n"
	    "\tif [[ $state == sub ]]; then\n\t\tsubs=(\n");
	for (sub = root->sub; sub->name != NULL; sub++) {
		ev_emit(m, "\t\t\t'%s:", sub->name);
		quoted(m, sub->summary, ":\\");
		ev_emit(m, "'\n");
	}
	ev_emit(m, "\t\t)\n\t\t_describe subcommand subs\n\t\treturn\n\tfi\n\tcase $words[1] in\n");
	for (sub = root->sub; sub->name != NULL; sub++) {
		ev_emit(m, "\t%s)\n", sub->name);
		specs(m, root, sub);
		ev_emit(m, "\t;;\n");
	}
	ev_emit(m, "\t*) return 1 ;;\n\tesac\n");
}

void
ev_shell_zsh(struct ev_emit *m, const struct ev_cmd *root)
{
	const char *name = root->name;

	ev_emit(m, "#compdef %s\n# zsh completion of %s, written by %s --dump-options=zsh\n"
	    "_%s_address() {\n\tif compset -P '(file|lake):'; then\n\t\t_files\n\telse\n"
	    "\t\tcompadd -S '' -- " EV_SHELL_SCHEMES "\n\t\t_files\n\tfi\n}\n"
	    "_%s() {\n\tlocal curcontext=$curcontext state line\n\tlocal -A opt_args\n"
	    "\tlocal -a specs subs\n",
	    name, name, name, name, name);
	specs(m, root, root);
	if (root->sub != NULL)
		subcommands(m, root);
	ev_emit(m, "\t_arguments -s -S $specs\n}\n"
	    "if [[ ${funcstack[1]-} == _%s ]]; then\n\t_%s \"$@\"\nelse\n\tcompdef _%s %s\nfi\n",
	    name, name, name, name);
}
