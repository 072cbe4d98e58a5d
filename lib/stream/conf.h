/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_CONF_H
#define EV_STREAM_CONF_H

#include "stream/stream.h"

/* stream.json: what the stream is; written once. */
enum { EV_STREAM_JSON = 65536 /* bytes at most */ };

void ev_stream_conf_init(struct ev_stream_conf *c);

/* Sets what `a=1&b=2` asks for. EV_USAGE for an unknown option or a bad value. */
enum ev_code ev_stream_conf_options(
    struct ev_stream_conf *c, const char *options, struct ev_err *e) EV_MUST;

/* EV_USAGE, with both, where options ask for something else than c is. */
enum ev_code ev_stream_conf_agrees(
    const struct ev_stream_conf *c, const char *options, struct ev_err *e) EV_MUST;

/* EV_USAGE: a newer version. EV_SYS: damaged. */
enum ev_code ev_stream_conf_parse(
    struct ev_stream_conf *c, struct ev_slice text, struct ev_err *e) EV_MUST;

/* Appends the text of stream.json. */
enum ev_code ev_stream_conf_print(
    const struct ev_stream_conf *c, struct ev_buf *out, struct ev_err *e) EV_MUST;

#endif
