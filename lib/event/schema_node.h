/* SPDX-License-Identifier: MIT */
#ifndef EV_SCHEMA_NODE_H
#define EV_SCHEMA_NODE_H

#include "base/buf.h"
#include "event/regex.h"
#include "event/schema.h"

/* A compiled schema; between schema_compile.c, which makes it, and schema_check.c, which uses it.
 */

enum { EV_SCHEMA_NODES = 4096, EV_SCHEMA_NAMES = 1024 };

/* Bits of ev_schema_node.types. */
enum ev_schema_type {
	EV_IS_NULL = 1,
	EV_IS_BOOLEAN = 2,
	EV_IS_NUMBER = 4,
	EV_IS_INTEGER = 8,
	EV_IS_STRING = 16,
	EV_IS_ARRAY = 32,
	EV_IS_OBJECT = 64
};
extern const char *const ev_schema_type_name[7]; /* by bit */

struct ev_schema_node;

/* A member that the schema names. */
struct ev_schema_name {
	struct ev_slice name;              /* owned; unescaped */
	const struct ev_schema_node *node; /* NULL: only required */
	bool required;
};

/* Several schemas for one value, or for the elements of a tuple. */
struct ev_schema_list {
	const struct ev_schema_node **v; /* owned array */
	size_t n;
};

/* From and to, both of them allowed. */
struct ev_schema_range {
	uint64_t from, to;
};

/* All slices but names are parts of the schema's text; p NULL: the keyword is not there. */
struct ev_schema_node {
	struct ev_slice text; /* of this schema */
	bool never;           /* `false` */
	bool unique;
	unsigned types;                   /* 0: all */
	struct ev_slice choice, constant; /* enum, const */
	struct ev_slice min, max, above, below;
	struct ev_schema_range length, items, members;
	struct ev_slice pattern;     /* for messages */
	struct ev_regex *regex;      /* owned */
	struct ev_schema_name *name; /* owned; sorted */
	size_t names;
	const struct ev_schema_node *others, *element, *other_elements; /* NULL: anything */
	struct ev_schema_list tuple, all, any, one;
	const struct ev_schema_node * not, *ref;
	unsigned char visit; /* while cycles are looked for */
};

struct ev_schema {
	char *type;                   /* owned; "order-paid" */
	char *path;                   /* owned; of the file */
	struct ev_buf text;           /* of the file; nodes point into it */
	struct ev_schema_node **node; /* owned, each; the first is the root */
	size_t nodes;
};

/* Compiles s->text. EV_USAGE with the place in the text. */
enum ev_code ev_schema_compile(struct ev_schema *s, struct ev_err *e) EV_MUST;

/* Frees the nodes. */
void ev_schema_drop(struct ev_schema *s);

/* Checks a value, all of line, against the root. EV_DATA as ev_schemas_check. */
enum ev_code ev_schema_check(
    const struct ev_schema *s, struct ev_slice line, struct ev_err *e) EV_MUST;

#endif
