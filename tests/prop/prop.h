/* SPDX-License-Identifier: MIT */
/* Seeded random numbers for property tests: the seed is printed, and given again by argv[1] or EVHUB_SEED. */
#ifndef PROP_H
#define PROP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* splitmix64 */
static inline uint64_t
prop_next(uint64_t *r)
{
	uint64_t z = *r += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline size_t
prop_below(uint64_t *r, size_t n)
{
	return n == 0 ? 0 : (size_t)(prop_next(r) % n);
}

static inline uint64_t
prop_seed(int argc, char **argv)
{
	const char *s = argc > 1 ? argv[1] : getenv("EVHUB_SEED");
	uint64_t seed = s != NULL ? strtoull(s, NULL, 0) : (uint64_t)time(NULL);

	printf("# seed %llu\n", (unsigned long long)seed);
	return seed;
}

#endif
