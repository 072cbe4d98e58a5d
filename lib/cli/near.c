/* SPDX-License-Identifier: MIT */
#include "cli/near.h"

#include <string.h>

enum { LONGEST = 40, LIMIT = 2 };

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edits from a to b, swapped neighbours being one (optimal string alignment). Neither is longer
 * than LONGEST.
 */
static size_t
distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t rows[3][LONGEST + 1], i, j;

	for (j = 0; j <= bn; j++)
		rows[0][j] = j;
	for (i = 1; i <= an; i++) {
		size_t *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= bn; j++) {
			now[j] = min(up[j], now[j - 1]) + 1;
			now[j] = min(now[j], up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min(now[j], up2[j - 2] + 1);
		}
	}
	return rows[an % 3][bn];
}

void
ev_near_try(struct ev_near *n, const char *word)
{
	size_t an = strlen(n->wrong), bn = strlen(word), d;

	if (an == 0 || an > LONGEST || bn > LONGEST)
		return;
	d = distance(n->wrong, an, word, bn);
	if (an > 1 && strncmp(n->wrong, word, an) == 0)
		d = 1;
	if (d > LIMIT || d >= bn || (n->best != NULL && d >= n->away))
		return;
	n->best = word;
	n->away = d;
}
