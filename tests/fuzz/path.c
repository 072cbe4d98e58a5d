/* SPDX-License-Identifier: MIT */
/* Lines of paths into one set: it stays a tree, a path has one number, and a refusal has its place.
 */
#include "json/path.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add(struct ev_paths *set, struct ev_slice text)
{
	uint32_t number = 0, again = 1;
	struct ev_err e = { 0 };
	enum ev_code rc = ev_paths_add(set, text, &number, &e);

	if (rc == EV_USAGE && (e.text[0] == '\0' || e.col > text.n + 1))
		abort();
	if (rc == EV_OK &&
	    (ev_paths_add(set, text, &again, NULL) != EV_OK || again != number ||
		number >= set->paths))
		abort();
}

/* Nodes below and including at, stopped where they are more than the set has: a cycle. */
static void
count(const struct ev_paths *set, uint32_t at, size_t *nodes, size_t *ends)
{
	if (++*nodes > set->n)
		abort();
	*ends += set->node[at].path != 0;
	for (uint32_t k = set->node[at].child; k != 0; k = set->node[k].next)
		count(set, k, nodes, ends);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ev_slice rest = { (const char *)data, size };
	struct ev_paths set = { 0 };
	size_t nodes = 0, ends = 0;

	while (rest.n > 0 && set.n < 10000) {
		const char *lf = memchr(rest.p, '\n', rest.n);
		size_t n = lf == NULL ? rest.n : (size_t)(lf - rest.p);

		add(&set, (struct ev_slice){ rest.p, n });
		n += lf != NULL;
		rest = (struct ev_slice){ rest.p + n, rest.n - n };
	}
	if (set.n > 0)
		count(&set, 0, &nodes, &ends);
	if (nodes != set.n || ends != set.paths)
		abort();
	ev_paths_fini(&set);
	return 0;
}
