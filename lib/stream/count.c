/* SPDX-License-Identifier: MIT */
#include "stream/count.h"

enum { STEP = 128 /* bytes whose count fits in a byte: a loop that compilers vectorise */ };

uint64_t
ev_lf_count(struct ev_slice s)
{
	uint64_t n = 0;

	for (; s.n >= STEP; s.p += STEP, s.n -= STEP) {
		unsigned char part = 0;

		for (int i = 0; i < STEP; i++)
			part = (unsigned char)(part + (s.p[i] == '\n'));
		n += part;
	}
	for (; s.n > 0; s.p++, s.n--)
		n += *s.p == '\n';
	return n;
}

size_t
ev_lf_skip(struct ev_slice s, uint64_t n)
{
	const char *p = s.p, *end = s.p + s.n;

	for (; n > 0 && p < end; n--) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p != NULL ? p + 1 : end;
	}
	return (size_t)(p - s.p);
}
