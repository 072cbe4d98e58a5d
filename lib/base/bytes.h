/* SPDX-License-Identifier: MIT */
#ifndef EV_BYTES_H
#define EV_BYTES_H

#include <stdint.h>

#include "base/buf.h"

/* Little-endian numbers of fixed width, and varints (unsigned LEB128, shortest form). */

static inline void
ev_le_put(unsigned char *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static inline uint64_t
ev_le_get(const void *at, unsigned bytes)
{
	const unsigned char *p = at;
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static inline enum ev_code
ev_le_add(struct ev_buf *b, uint64_t v, unsigned bytes, struct ev_err *e)
{
	unsigned char p[8];

	ev_le_put(p, v, bytes);
	return ev_buf_add(b, p, bytes, e);
}

static inline enum ev_code
ev_varint_add(struct ev_buf *b, uint64_t v, struct ev_err *e)
{
	unsigned char p[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		p[n++] = (unsigned char)(v | 0x80);
	p[n++] = (unsigned char)v;
	return ev_buf_add(b, p, n, e);
}

/* Takes a varint of at most 32 bits from the front of s; false: there is none in its shortest form.
 */
static inline bool
ev_varint_take(struct ev_slice *s, uint32_t *v)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 5 && i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];

		sum |= (uint64_t)(c & 0x7f) << 7 * i;
		if (c & 0x80)
			continue;
		if ((c == 0 && i > 0) || sum > UINT32_MAX)
			return false;
		*v = (uint32_t)sum;
		s->p += i + 1;
		s->n -= i + 1;
		return true;
	}
	return false;
}

#endif
