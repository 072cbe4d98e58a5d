/* SPDX-License-Identifier: MIT */
#ifndef EV_DIGITS_H
#define EV_DIGITS_H

#include <stdint.h>

#include "base/slice.h"

/* What the parsers of times and amounts share: each takes from the front of *s what it knows. */

static inline bool
ev_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many digits s begins with. */
static inline size_t
ev_digits(struct ev_slice s)
{
	size_t n = 0;

	while (n < s.n && ev_digit(s.p[n]))
		n++;
	return n;
}

static inline void
ev_skip(struct ev_slice *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static inline bool
ev_take_char(struct ev_slice *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	ev_skip(s, 1);
	return true;
}

/* Takes n digits; false past 64 bits. */
static inline bool
ev_take_int(struct ev_slice *s, size_t n, int64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(*v, 10, v) ||
		    __builtin_add_overflow(*v, s->p[i] - '0', v))
			return false;
	ev_skip(s, n);
	return true;
}

/* As much of s as a message can show. */
static inline struct ev_slice
ev_shown(struct ev_slice s)
{
	return (struct ev_slice){ s.p, s.n < 60 ? s.n : 60 };
}

#endif
