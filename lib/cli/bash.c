/* SPDX-License-Identifier: MIT */
#include "cli/shell.h"

/*
 * bash divides words at '=' and ':' too, and takes an answer for the last piece only: the pieces
 * are joined, answered as a whole, and the joined part is cut off the answers.
 */
static const char head[] =
    "\tlocal line=${COMP_LINE:0:COMP_POINT} last=${COMP_WORDS[COMP_CWORD]} i=$COMP_CWORD\n"
    "\tlocal cur=$last opt val pre= sub= word schemes='" EV_SHELL_SCHEMES "'\n"
    "\n"
    "\twhile ((i > 1)); do\n"
    "\t\tword=${COMP_WORDS[i-1]}\n"
    "\t\t[[ $line == *\"$word$cur\" && ($word == [=:]* || $cur == [=:]*) ]] || break\n"
    "\t\tcur=$word$cur\n"
    "\t\t((i--))\n"
    "\tdone\n"
    "\topt=${COMP_WORDS[i-1]} val=$cur\n"
    "\tif [[ $cur == --*=* ]]; then\n"
    "\t\tpre=${cur%%=*}= opt=${cur%%=*}= val=${cur#*=}\n"
    "\tfi\n";

static const char tail[] =
    "\tcase $1 in\n"
    "\twords) mapfile -t COMPREPLY < <(compgen -W \"$2\" -P \"$pre\" -- \"$val\") ;;\n"
    "\tfiles) mapfile -t COMPREPLY < <(compgen -f -P \"$pre\" -- \"$val\") ;;\n"
    "\tfolders) mapfile -t COMPREPLY < <(compgen -d -P \"$pre\" -- \"$val\") ;;\n"
    "\taddresses)\n"
    "\t\tmapfile -t COMPREPLY < <(\n"
    "\t\t\tif [[ $val == @(file|lake):* ]]; then\n"
    "\t\t\t\tcompgen -f -P \"$pre${val%%:*}:\" -- \"${val#*:}\"\n"
    "\t\t\telse\n"
    "\t\t\t\tcompgen -W \"$schemes\" -P \"$pre\" -- \"$val\"\n"
    "\t\t\t\tcompgen -f -P \"$pre\" -- \"$val\"\n"
    "\t\t\tfi\n"
    "\t\t)\n"
    "\t\t[[ ${COMPREPLY[0]-} == *: ]] && compopt -o nospace 2>/dev/null\n"
    "\t\t;;\n"
    "\tesac\n"
    "\t[[ $1 == words ]] || compopt -o filenames 2>/dev/null\n"
    "\t[[ $last == [=:]* ]] || cur=${cur%\"$last\"}\n"
    "\tCOMPREPLY=(\"${COMPREPLY[@]#\"$cur\"}\")\n"
    "}\n";

static const char *const fills[] = {
	[EV_FILL_NONE] = "none",
	[EV_FILL_WORDS] = "words",
	[EV_FILL_FILES] = "files",
	[EV_FILL_FOLDERS] = "folders",
	[EV_FILL_ADDRESSES] = "addresses"
};

/* The case of an option that takes a value; sub: "" or the subcommand's name. */
static void
value_case(struct ev_emit *m, const char *sub, const struct ev_opt *o)
{
	const char *bar = "\t";
	bool optional;

	(void)ev_opt_arg(o, &optional);
	if (o->kind == EV_OPT_FLAG || o->help == NULL)
		return;
	if (o->name != NULL) {
		ev_emit(m, "%s'%s --%s='", bar, sub, o->name);
		bar = " | ";
	}
	if (o->name != NULL && !optional)
		ev_emit(m, "%s'%s --%s'", bar, sub, o->name);
	if (o->letter != 0 && !optional)
		ev_emit(m, "%s'%s -%c'", bar, sub, o->letter);
	ev_emit(m, ") set -- %s", fills[ev_shell_fill(o)]);
	if (ev_shell_fill(o) == EV_FILL_WORDS) {
		ev_emit(m, " '");
		ev_shell_words(m, o);
		ev_emit(m, "'");
	}
	ev_emit(m, " ;;\n");
}

static void
option_words(struct ev_emit *m, const struct ev_cmd *cmd)
{
	struct ev_rows r = { .cmd = cmd };
	const char *blank = "";

	while (ev_rows_next(&r)) {
		if (r.row->help == NULL)
			continue;
		if (r.row->name != NULL)
			ev_emit(m, "%s--%s", blank, r.row->name);
		else
			ev_emit(m, "%s-%c", blank, r.row->letter);
		blank = " ";
	}
}

static void
sub_words(struct ev_emit *m, const struct ev_cmd *sub, const char *between)
{
	const char *sep = "";

	for (; sub != NULL && sub->name != NULL; sub++, sep = between)
		ev_emit(m, "%s%s", sep, sub->name);
}

/* The cases of one command: values, then its options, then its operands. */
static void
cases(struct ev_emit *m, const char *sub, const struct ev_cmd *cmd)
{
	struct ev_rows r = { .cmd = cmd };

	while (ev_rows_next(&r))
		value_case(m, sub, r.row);
	ev_emit(m, "\t'%s '*)\n\t\tif [[ $cur == -* ]]; then\n\t\t\tset -- words '", sub);
	option_words(m, cmd);
	ev_emit(m, "'\n\t\telse\n\t\t\tset -- ");
	if (cmd->sub != NULL) {
		ev_emit(m, "words '");
		sub_words(m, cmd->sub, " ");
		ev_emit(m, "'");
	} else {
		ev_emit(m, "%s", fills[ev_shell_operands(cmd)]);
	}
	ev_emit(m, "\n\t\tfi\n\t\t;;\n");
}

void
ev_shell_bash(struct ev_emit *m, const struct ev_cmd *root)
{
	const struct ev_cmd *sub = root->sub;

	ev_emit(m, "# bash completion of %s, written by %s --dump-options=bash\n_%s()\n{\n%s",
	    root->name, root->name, root->name, head);
	if (sub != NULL) {
		ev_emit(m, "\tfor word in \"${COMP_WORDS[@]:1:i-1}\"; do\n\t\tcase $word in\n\t\t");
		sub_words(m, sub, " | ");
		ev_emit(m, ") sub=$word && break ;;\n\t\tesac\n\tdone\n");
	}
	ev_emit(m, "\tcase \"$sub $opt\" in\n");
	for (; sub != NULL && sub->name != NULL; sub++)
		cases(m, sub->name, sub);
	cases(m, "", root);
	ev_emit(m, "\tesac\n%scomplete -F _%s %s\n", tail, root->name, root->name);
}
