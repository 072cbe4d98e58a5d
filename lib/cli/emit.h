/* SPDX-License-Identifier: MIT */
#ifndef EV_EMIT_H
#define EV_EMIT_H

#include "base/buf.h"

/*
 * Collects generated text: `struct ev_emit m = { b, e, EV_OK }`. After a failure, which m.rc keeps,
 * nothing more is added, so that only the end looks at it.
 */
struct ev_emit {
	struct ev_buf *b;
	struct ev_err *e;
	enum ev_code rc;
};

void ev_emit(struct ev_emit *m, const char *fmt, ...) EV_PRINTF(2, 3);

/* s in JSON's quotes; NULL is null. */
void ev_emit_json(struct ev_emit *m, const char *s);

/* s with an escape before each letter that is one of special. */
void ev_emit_escaped(struct ev_emit *m, struct ev_slice s, const char *special, const char *escape);

#endif
