/* SPDX-License-Identifier: MIT */
/* A TAP harness in one header: a test program includes it once and ends by `return tap_done();`. */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

static inline int
tap_ok(int good, const char *what, const char *file, int line)
{
	tap_n++;
	printf("%s %d - %s\n", good ? "ok" : "not ok", tap_n, what);
	if (!good) {
		tap_bad++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

static inline int
tap_is(const char *a, size_t an, const char *b, size_t bn, const char *what, const char *file, int line)
{
	int good = an == bn && (an == 0 || memcmp(a, b, an) == 0);

	tap_ok(good, what, file, line);
	if (!good)
		printf("#  got: %.*s\n# want: %.*s\n", (int)an, a, (int)bn, b);
	return good;
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad != 0;
}

/* The whole program is left out: automake's skip. */
static inline void
tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

#define ok(x) tap_ok((x) ? 1 : 0, #x, __FILE__, __LINE__)
#define ok_as(x, what) tap_ok((x) ? 1 : 0, what, __FILE__, __LINE__)
#define is_str(got, want) tap_is(got, strlen(got), want, strlen(want), #got, __FILE__, __LINE__)
#define is_slice(got, want) tap_is((got).p, (got).n, want, strlen(want), #got, __FILE__, __LINE__)

#endif
