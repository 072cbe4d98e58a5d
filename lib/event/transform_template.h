/* SPDX-License-Identifier: MIT */
#ifndef EV_TRANSFORM_TEMPLATE_H
#define EV_TRANSFORM_TEMPLATE_H

#include "base/buf.h"
#include "json/scan.h"

/* What transform.c runs and template.c makes of an InputTemplate: pieces, one behind the other. */
enum ev_source {
	EV_SOURCE_TEXT,  /* fixed */
	EV_SOURCE_VALUE, /* of a path */
	EV_SOURCE_EVENT, /* the line */
	EV_SOURCE_HEAD,  /* the line without its member `detail` */
	EV_SOURCE_RULE_ARN,
	EV_SOURCE_RULE_NAME,
	EV_SOURCE_INGESTED
};

struct ev_piece {
	enum ev_source source;
	bool quoted;    /* within a string */
	bool many;      /* the path has a [*] */
	uint32_t path;  /* of a value */
	size_t from, n; /* fixed text, in ev_input.text */
};

struct ev_input {
	struct ev_buf text;     /* owned */
	struct ev_piece *piece; /* owned */
	size_t n, cap;
};

/* A name that a template may use. */
struct ev_variable {
	struct ev_slice name; /* borrowed */
	struct ev_piece value;
};

struct ev_variables {
	struct ev_variable *v; /* owned */
	size_t n;
};

enum ev_code ev_input_add_text(struct ev_input *t, struct ev_slice text, struct ev_err *e) EV_MUST;
enum ev_code ev_input_add(
    struct ev_input *t, const struct ev_piece *piece, bool quoted, struct ev_err *e) EV_MUST;

/*
 * Compiles text. EV_USAGE: *off is the place in text of what e says. *t, zeroed or filled, is
 * finished by its owner also after a failure.
 */
enum ev_code ev_input_init(struct ev_input *t, struct ev_slice text,
    const struct ev_variables *names, size_t *off, struct ev_err *e) EV_MUST;
void ev_input_fini(struct ev_input *t);

#endif
