/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum ev_code
ev_buf_reserve(struct ev_buf *b, size_t n, struct ev_err *e)
{
	size_t want, cap;
	char *p;

	if (n > b->max || b->n > b->max - n)
		return ev_fail(e, EV_SYS, "more than the limit of %zu bytes", b->max);
	want = b->n + n + 1;
	if (want <= b->cap)
		return EV_OK;
	cap = b->cap < 32 ? 64 : b->cap + b->cap / 2;
	if (cap < want)
		cap = want;
	p = realloc(b->p, cap);
	if (p == NULL)
		return ev_fail_mem(e);
	b->p = p;
	b->cap = cap;
	b->p[b->n] = '\0';
	return EV_OK;
}

enum ev_code
ev_buf_add(struct ev_buf *b, const void *p, size_t n, struct ev_err *e)
{
	enum ev_code rc = ev_buf_reserve(b, n, e);

	if (rc != EV_OK)
		return rc;
	if (n != 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return EV_OK;
}

enum ev_code
ev_buf_adds(struct ev_buf *b, struct ev_slice s, struct ev_err *e)
{
	return ev_buf_add(b, s.p, s.n, e);
}

enum ev_code
ev_buf_addc(struct ev_buf *b, char c, struct ev_err *e)
{
	return ev_buf_add(b, &c, 1, e);
}

enum ev_code
ev_buf_addf(struct ev_buf *b, struct ev_err *e, const char *fmt, ...)
{
	enum ev_code rc;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return ev_fail_sys(e, "format");
	if ((rc = ev_buf_reserve(b, (size_t)n, e)) != EV_OK)
		return rc;
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return EV_OK;
}

void
ev_buf_clear(struct ev_buf *b)
{
	b->n = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void
ev_buf_fini(struct ev_buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}
