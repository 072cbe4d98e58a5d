/* SPDX-License-Identifier: MIT */
#ifndef EV_SLICE_H
#define EV_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Borrowed bytes; no NUL at the end. */
struct ev_slice {
	const char *p;
	size_t n;
};

#define EV_LIT(s) ((struct ev_slice){ "" s, sizeof(s) - 1 })

/* For printf's "%.*s". */
#define EV_FMT(s) (int)(s).n, (s).p

static inline struct ev_slice
ev_slice_str(const char *s)
{
	return (struct ev_slice){ s, strlen(s) };
}

static inline bool
ev_slice_eq(struct ev_slice a, struct ev_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
ev_slice_begins(struct ev_slice s, struct ev_slice with)
{
	return s.n >= with.n && (with.n == 0 || memcmp(s.p, with.p, with.n) == 0);
}

static inline bool
ev_slice_ends(struct ev_slice s, struct ev_slice with)
{
	return s.n >= with.n && (with.n == 0 || memcmp(s.p + s.n - with.n, with.p, with.n) == 0);
}

/* Without the white space of JSON at both ends. */
static inline struct ev_slice
ev_slice_trim(struct ev_slice s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t' || *s.p == '\r' || *s.p == '\n')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 &&
	    (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r' ||
		s.p[s.n - 1] == '\n'))
		s.n--;
	return s;
}

#endif
