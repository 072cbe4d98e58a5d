/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_FIELDS_H
#define EV_LAKE_FIELDS_H

#include "base/buf.h"
#include "json/scan.h"

/*
 * A small JSON object of the lake's own (lake.json, META, a line of the chain) and the members
 * asked for.
 */
struct ev_fields {
	struct ev_paths paths;
	struct ev_scan scan; /* scan.val[i]: the member paths[i] */
	struct ev_buf text;
};

/*
 * paths: NULL-terminated. EV_SYS when text is no JSON object. *f needs no preparation; fini it also
 * after a failure.
 */
enum ev_code ev_fields_read(
    struct ev_fields *f, struct ev_slice text, const char *const *paths, struct ev_err *e) EV_MUST;
void ev_fields_fini(struct ev_fields *f);

/* False: the value is no integer, no unsigned one, no plain string that fits with its NUL. */
bool ev_field_int(const struct ev_val *v, int64_t *to);
bool ev_field_uint(const struct ev_val *v, uint64_t *to);
bool ev_field_text(const struct ev_val *v, char *to, size_t size);

#endif
