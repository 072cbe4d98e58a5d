/* SPDX-License-Identifier: MIT */
#ifndef EV_SHELL_H
#define EV_SHELL_H

#include "cli/emit.h"
#include "cli/opt.h"

/* Completion scripts: each works when it is sourced and when the shell loads it from its folder. */
void ev_shell_bash(struct ev_emit *m, const struct ev_cmd *root);
void ev_shell_zsh(struct ev_emit *m, const struct ev_cmd *root);
void ev_shell_fish(struct ev_emit *m, const struct ev_cmd *root);

/* What an argument is completed with. */
enum ev_fill { EV_FILL_NONE, EV_FILL_WORDS, EV_FILL_FILES, EV_FILL_FOLDERS, EV_FILL_ADDRESSES };

enum ev_fill ev_shell_fill(const struct ev_opt *o);
enum ev_fill ev_shell_operands(const struct ev_cmd *cmd);

/* The words of a choice with blanks between. */
void ev_shell_words(struct ev_emit *m, const struct ev_opt *o);

/* The schemes that an address may begin with. */
#define EV_SHELL_SCHEMES "exec: file: fd: lake: null: stream:"

#endif
