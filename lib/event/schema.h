/* SPDX-License-Identifier: MIT */
#ifndef EV_SCHEMA_H
#define EV_SCHEMA_H

#include "json/scan.h"

/*
 * JSON Schema, a subset of draft-07 (evpub(1) lists it): a folder holds TYPE.json for each type of
 * event. A schema is compiled once; keywords that are not of the subset and could refuse something
 * are errors. Events are checked as they stand in the line: numbers by exact value, no tree is
 * built.
 */
struct ev_schemas {
	struct ev_schema *v; /* owned; sorted by type */
	size_t n;
};

/*
 * Loads every *.json in the folder. EV_USAGE when there is none, or for a schema that cannot be
 * used: the text in e begins with its path and place. *s needs no preparation; fini is needed also
 * after a failure.
 */
enum ev_code ev_schemas_load(struct ev_schemas *s, const char *folder, struct ev_err *e) EV_MUST;

/*
 * Checks an event, a valid line, against the schema of its type (a captured value). EV_DATA: what
 * was found, where and what the schema wants (the place as line 0: the caller knows the number), or
 * there is no schema for the type.
 */
enum ev_code ev_schemas_check(struct ev_schemas *s, struct ev_slice line, const struct ev_val *type,
    struct ev_err *e) EV_MUST;

void ev_schemas_fini(struct ev_schemas *s);

#endif
