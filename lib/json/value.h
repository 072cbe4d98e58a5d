/* SPDX-License-Identifier: MIT */
#ifndef EV_VALUE_H
#define EV_VALUE_H

#include <stdint.h>

#include "base/err.h"
#include "json/scan.h"

/*
 * JSON as a tree, for configuration, schemas and reports: never for events on a hot path. A node
 * knows no place in the text. Numbers are 64 bit integers or doubles: others are refused when
 * loading. Nodes are borrowed from their tree and only read: threads may share it.
 */
struct ev_value;

/*
 * Loads one JSON text. EV_DATA for what is no JSON, a member that stands twice, a number that fits
 * neither form or a lone surrogate; e has the line and column in text.
 */
enum ev_code ev_value_parse(struct ev_slice text, struct ev_value **root, struct ev_err *e) EV_MUST;

/*
 * The same for a file of at most limit bytes, a configuration: EV_USAGE then. The name in e is
 * path, borrowed.
 */
enum ev_code ev_value_load(
    const char *path, size_t limit, struct ev_value **root, struct ev_err *e) EV_MUST;

/* Frees the tree whose root it is; NULL is fine. */
void ev_value_free(struct ev_value *root);

/* EV_ABSENT for NULL. */
enum ev_kind ev_value_kind(const struct ev_value *v);

/* The member of that name, or NULL when there is none or v (which may be NULL) is no object. */
const struct ev_value *ev_value_get(const struct ev_value *v, struct ev_slice name);

/* Members of an object or elements of an array; 0 for anything else. */
size_t ev_value_count(const struct ev_value *v);

/* Element i, or NULL when there is none or v is no array. */
const struct ev_value *ev_value_at(const struct ev_value *v, size_t i);

/*
 * Members in the order of the text; it is NULL before the first:
 *
 *	for (void *it = ev_value_next(v, NULL, &name, &value); it != NULL;
 *	    it = ev_value_next(v, it, &name, &value))
 */
void *ev_value_next(
    const struct ev_value *v, void *it, struct ev_slice *name, const struct ev_value **value);

/* The text of a string; empty, with p NULL, for anything else. */
struct ev_slice ev_value_str(const struct ev_value *v);

/* Whether v is an integer of 64 bits by its value (3.0 is one): then *n. */
bool ev_value_int(const struct ev_value *v, int64_t *n);

/* The number as a double; 0 for anything else. */
double ev_value_real(const struct ev_value *v);

/* Whether both are the same value: numbers by value, members in any order. */
bool ev_value_equal(const struct ev_value *a, const struct ev_value *b);

#endif
