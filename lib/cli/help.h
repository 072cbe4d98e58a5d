/* SPDX-License-Identifier: MIT */
#ifndef EV_HELP_H
#define EV_HELP_H

#include "base/buf.h"
#include "cli/opt.h"

/* --help and -h (brief) of cmd in width columns. root: what cmd is a subcommand of, or cmd itself. */
enum ev_code ev_help(const struct ev_cmd *root, const struct ev_cmd *cmd, bool brief, size_t width,
    struct ev_buf *out, struct ev_err *e) EV_MUST;

/* --version: one line; with "long" also how this program was built. */
enum ev_code ev_version(const struct ev_cmd *root, const char *form, struct ev_buf *out,
    struct ev_err *e) EV_MUST;

/* "evfilter [OPTION...] [FILE...]" */
enum ev_code ev_usage(const struct ev_cmd *root, const struct ev_cmd *cmd, struct ev_buf *out,
    struct ev_err *e) EV_MUST;

/* --dump-options=FORMAT */
enum ev_code ev_dump(const struct ev_cmd *root, const char *format, struct ev_buf *out,
    struct ev_err *e) EV_MUST;

#endif
