/* SPDX-License-Identifier: MIT */
#ifndef EV_SCHEMA_MAKE_H
#define EV_SCHEMA_MAKE_H

#include "event/schema_node.h"

/* One schema being compiled; between schema_compile.c, which makes nodes, and schema_keyword.c,
 * which fills them. */
struct ev_schema_job {
	struct ev_schema *s;
	struct ev_slice root; /* the whole schema */
	struct ev_buf tmp;
	struct ev_err *e;
};

/* The node of the schema at text: compiled once, so that those that refer to themselves end. */
enum ev_code ev_schema_node_at(
    struct ev_schema_job *c, struct ev_slice text, const struct ev_schema_node **out) EV_MUST;

/* Puts a member of the schema into its node; name is raw. */
enum ev_code ev_schema_keyword(struct ev_schema_job *c, struct ev_schema_node *n,
    struct ev_slice name, const struct ev_val *v) EV_MUST;

/* Adds the place of a byte of the text to the failure; returns rc. */
enum ev_code ev_schema_bad_at(const struct ev_schema_job *c, const char *at, enum ev_code rc);

/* EV_USAGE: found the kind of v, wanted something else. */
enum ev_code ev_schema_wanted(
    const struct ev_schema_job *c, const struct ev_val *v, const char *what);

#endif
