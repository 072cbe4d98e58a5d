/* SPDX-License-Identifier: MIT */
#ifndef EVLAKE_H
#define EVLAKE_H

#include "cli/opt.h"

/* The subcommands that have a file of their own. */
extern const struct ev_cmd evlake_put;
extern const struct ev_cmd evlake_count;
extern const struct ev_cmd evlake_verify;

/* The folder that an operand LAKE names: a path, or `lake:DIR` as other commands write it. */
const char *evlake_path(const char *operand);

#endif
