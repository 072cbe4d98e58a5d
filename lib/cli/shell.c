/* SPDX-License-Identifier: MIT */
#include "cli/shell.h"

enum ev_fill
ev_shell_fill(const struct ev_opt *o)
{
	static const enum ev_fill fills[] = {
		[EV_OPT_CHOICE] = EV_FILL_WORDS,
		[EV_OPT_FILE] = EV_FILL_FILES,
		[EV_OPT_DIR] = EV_FILL_FOLDERS,
		[EV_OPT_ADDRESS] = EV_FILL_ADDRESSES
	};

	return fills[o->kind];
}

enum ev_fill
ev_shell_operands(const struct ev_cmd *cmd)
{
	static const struct {
		const char *word;
		enum ev_fill fill;
	} rows[] = {
		{ "SOURCE", EV_FILL_ADDRESSES },
		{ "ADDRESS", EV_FILL_ADDRESSES },
		{ "FILE", EV_FILL_FILES },
		{ "LAKE", EV_FILL_FOLDERS },
		{ "DIR", EV_FILL_FOLDERS }
	};
	size_t i;

	for (i = 0; cmd->operands != NULL && i < sizeof(rows) / sizeof(*rows); i++)
		if (strstr(cmd->operands, rows[i].word) != NULL)
			return rows[i].fill;
	return EV_FILL_NONE;
}

void
ev_shell_words(struct ev_emit *m, const struct ev_opt *o)
{
	struct ev_slice words, word;
	const char *blank = "";
	bool optional;

	words = ev_opt_arg(o, &optional);
	for (; ev_opt_word(&words, &word); blank = " ")
		ev_emit(m, "%s%.*s", blank, EV_FMT(word));
}
