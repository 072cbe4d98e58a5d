/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_CONF_H
#define EV_LAKE_CONF_H

#include "lake/lake.h"

/* lake.json: what the lake is; written once, when all the rest is there. */
enum {
	EV_FRAME = 1 << 20,  /* default and greatest of `frame`: an offset in it takes 20 bits */
	EV_SEGMENT = 1 << 30 /* default of `segment` */
};

/*
 * Reads lake.json below l->dir into id, frame, segment, hour and root. EV_NO: there is none.
 * EV_USAGE: a newer version. EV_SYS: damaged.
 */
enum ev_code ev_conf_read(struct ev_lake *l, struct ev_err *e) EV_MUST;

/*
 * Makes the lake in l->dir, with the frame, segment and hour that l has, unless another process
 * does so meanwhile; reads lake.json then. EV_USAGE: the folder holds something else.
 */
enum ev_code ev_lake_make(struct ev_lake *l, struct ev_err *e) EV_MUST;

/* Appends what lake.json holds. */
enum ev_code ev_conf_print(const struct ev_lake *l, struct ev_buf *out, struct ev_err *e) EV_MUST;

/* Gives the lake its id and writes lake.json with its frame, segment and hour. */
enum ev_code ev_conf_write(struct ev_lake *l, struct ev_err *e) EV_MUST;

#endif
