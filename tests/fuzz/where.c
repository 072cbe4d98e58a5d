/* SPDX-License-Identifier: MIT */
/* A condition, a line feed, an event: any condition is compiled or refused, any event judged. */
#include "match/where.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The block is a copy with the padding that scanners read. */
static void
match(const struct ev_where *w, const struct ev_paths *set, struct ev_slice text)
{
	char *block = calloc(1, text.n + 64);
	struct ev_buf tmp = EV_BUF(0);
	struct ev_err e = { 0 };
	struct ev_slice line;
	struct ev_scan scan;
	unsigned long skipped;
	bool yes;

	if (block == NULL)
		abort();
	if (text.n > 0)
		memcpy(block, text.p, text.n);
	if (ev_scan_init(&scan, set, false, NULL, &e) != EV_OK ||
	    ev_scan_block(&scan, (struct ev_slice){ block, text.n }, &e) != EV_OK)
		abort();
	while (ev_scan_line(&scan, &line, &skipped, &e) != EV_NO) {
		if (e.code == EV_OK && ev_where_match(w, &scan, &tmp, &yes, &e) != EV_OK &&
		    e.code != EV_DATA)
			abort();
		e = (struct ev_err){ 0 };
	}
	ev_scan_fini(&scan);
	ev_buf_fini(&tmp);
	free(block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ev_slice all = { (const char *)p, n }, expr = all, text = { "", 0 };
	const char *lf = n > 0 ? memchr(p, '\n', n) : NULL;
	struct ev_paths set = { 0 };
	struct ev_err e = { 0 };
	struct ev_where w;
	enum ev_code rc;

	if (lf != NULL) {
		expr.n = (size_t)(lf - all.p);
		text = (struct ev_slice){ lf + 1, n - expr.n - 1 };
	}
	rc = ev_where_init(&w, expr, &set, &e);
	if (rc == EV_OK) {
		match(&w, &set, text);
		ev_where_fini(&w);
	} else if (rc != EV_USAGE || e.text[0] == '\0' || e.col > expr.n + 1) {
		abort(); /* a refusal has words and a place in the condition */
	}
	ev_paths_fini(&set);
	return 0;
}
