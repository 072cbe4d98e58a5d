/* SPDX-License-Identifier: MIT */
#ifndef EV_BUF_H
#define EV_BUF_H

#include "base/err.h"

/*
 * A growing buffer that is given its limit. A failure leaves the contents
 * as they were. A NUL that is not counted follows the bytes once something
 * was added.
 */
struct ev_buf {
	char *p; /* owned */
	size_t n, cap, max;
};

#define EV_BUF(limit)                                                                              \
	{                                                                                          \
		NULL, 0, 0, (limit)                                                                \
	}

/* Makes room for n more bytes behind p + n. EV_SYS past the limit or out of memory. */
enum ev_code ev_buf_reserve(struct ev_buf *b, size_t n, struct ev_err *e) EV_MUST;

enum ev_code ev_buf_add(struct ev_buf *b, const void *p, size_t n, struct ev_err *e) EV_MUST;
enum ev_code ev_buf_adds(struct ev_buf *b, struct ev_slice s, struct ev_err *e) EV_MUST;
enum ev_code ev_buf_addc(struct ev_buf *b, char c, struct ev_err *e) EV_MUST;
enum ev_code ev_buf_addf(struct ev_buf *b, struct ev_err *e, const char *fmt, ...) EV_MUST
    EV_PRINTF(3, 4);

/* The bytes; borrowed until the next change. */
static inline struct ev_slice
ev_buf_view(const struct ev_buf *b)
{
	return (struct ev_slice){ b->p != NULL ? b->p : "", b->n };
}

/* The bytes as a string; "" for an empty buffer. Borrowed until the next change. */
static inline const char *
ev_buf_str(const struct ev_buf *b)
{
	return b->p != NULL ? b->p : "";
}

void ev_buf_clear(struct ev_buf *b);
void ev_buf_fini(struct ev_buf *b);

#endif
