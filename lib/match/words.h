/* SPDX-License-Identifier: MIT */
#ifndef EV_WORDS_H
#define EV_WORDS_H

#include <stdlib.h>

#include "match/match.h"

/* Growing lists of numbers. */
static inline enum ev_code EV_MUST
ev_words_add(struct ev_words *w, uint32_t v, struct ev_err *e)
{
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 8 : w->cap * 2;
		uint32_t *p = realloc(w->v, cap * sizeof(*p));

		if (p == NULL)
			return ev_fail_mem(e);
		w->v = p;
		w->cap = cap;
	}
	w->v[w->n++] = v;
	return EV_OK;
}

#endif
