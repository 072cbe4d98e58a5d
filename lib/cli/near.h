/* SPDX-License-Identifier: MIT */
#ifndef EV_NEAR_H
#define EV_NEAR_H

#include <stddef.h>

/*
 * The nearest word to a mistyped one: `struct ev_near n = { .wrong = "cuont" }`, every known word
 * through ev_near_try, then n.best, NULL when none is near. A word that wrong begins is near;
 * otherwise up to two letters may differ, be missing, be too many or be swapped.
 */
struct ev_near {
	const char *wrong, *best; /* borrowed */
	size_t away;
};

void ev_near_try(struct ev_near *n, const char *word);

#endif
