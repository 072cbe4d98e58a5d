/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_QUERY_H
#define EV_LAKE_QUERY_H

#include "lake/catalog.h"
#include "lake/lake.h"

/* How others than ev_query_next make use of what the cursor passes. */
struct ev_query_hooks {
	/* *done: the segment needs no look into it. */
	enum ev_code (*segment)(void *arg, const struct ev_seg *row, bool *done, struct ev_err *e);
	/* A frame that is wanted; match[i]: type i of the index is. *done: it needs no decoding. */
	enum ev_code (*frame)(void *arg, const struct ev_index *ix, const bool *match, size_t k,
	    bool *done, struct ev_err *e);
	void *arg;
};

/* As ev_query_open; hooks is borrowed and may be NULL. */
enum ev_code ev_query_open_with(struct ev_query *q, struct ev_lake *l,
    const struct ev_query_args *args, const struct ev_query_hooks *hooks, struct ev_err *e) EV_MUST;

/* Whether a type, unescaped, is one that select wants; select may be NULL. */
enum ev_code ev_type_wanted(
    struct ev_select *select, struct ev_slice name, bool *yes, struct ev_err *e) EV_MUST;

#endif
