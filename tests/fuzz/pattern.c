/* SPDX-License-Identifier: MIT */
/* A pattern, an LF, events: no crash; what is accepted can be matched, as the plain definition
 * says.
 */
#include "match/explain.h"
#include "match/match.h"

#include <stdint.h>
#include <stdlib.h>

enum { PAD = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The plain definition has fewer limits on what it looks at, more on how long. */
static void
compare(struct ev_slice pattern, struct ev_slice event, bool match)
{
	struct ev_explanation x;

	if (ev_explain(&x, pattern, event, NULL) != EV_OK)
		return;
	if (x.match != match)
		abort();
	ev_explanation_fini(&x);
}

static void
match(const struct ev_match *m, struct ev_slice pattern, struct ev_slice event, bool trust)
{
	struct ev_matching g = { 0 };
	struct ev_scan s = { 0 };
	struct ev_slice line;
	unsigned long skipped;

	if (ev_matching_init(&g, m, NULL) == EV_OK &&
	    ev_scan_init(&s, &m->paths, trust, NULL, NULL) == EV_OK &&
	    ev_scan_block(&s, event, NULL) == EV_OK)
		while (ev_scan_line(&s, &line, &skipped, NULL) == EV_OK)
			if (ev_matching_run(&g, &s, NULL) == EV_OK) {
				if (g.rules > 1)
					abort(); /* one pattern is one rule */
				if (!trust)
					compare(pattern, line, g.rules == 1);
			}
	ev_scan_fini(&s);
	ev_matching_fini(&g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
	struct ev_match m = { 0 };
	struct ev_err e = { 0 };
	struct ev_slice pattern;
	size_t n;
	char *p;

	if (lf == NULL)
		return 0;
	n = size - (size_t)(lf + 1 - data);
	p = malloc(n + PAD);
	if (p == NULL)
		return 0;
	memcpy(p, lf + 1, n);
	memset(p + n, '\n', PAD);
	pattern = (struct ev_slice){ (const char *)data, (size_t)(lf - data) };
	if (ev_match_add(&m, pattern, 0, &e) == EV_OK) {
		if (ev_match_build(&m, &e) != EV_OK)
			abort();
		match(&m, pattern, (struct ev_slice){ p, n }, false);
		match(&m, pattern, (struct ev_slice){ p, n }, true);
	} else if (e.line == 0 || e.text[0] == '\0') {
		abort(); /* a refusal says where and why */
	}
	ev_match_fini(&m);
	free(p);
	return 0;
}
