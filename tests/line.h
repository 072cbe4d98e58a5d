/* SPDX-License-Identifier: MIT */
/* One line through the scanner, for tests of what looks at scanned lines. */
#ifndef LINE_H
#define LINE_H

#include <stdlib.h>

#include "json/scan.h"

struct line {
	struct ev_scan scan;
	struct ev_slice text; /* the scanned line */
	char *block;
};

/* Ends the test when text is no line of JSON. */
static inline void
line_scan(struct line *l, const struct ev_paths *set, const char *text)
{
	size_t n = strlen(text);
	struct ev_err e = { 0 };
	unsigned long skipped;

	*l = (struct line){ .block = calloc(1, n + 1 + 64) };
	if (l->block == NULL)
		abort();
	memcpy(l->block, text, n);
	l->block[n] = '\n';
	if (ev_scan_init(&l->scan, set, false, NULL, &e) != EV_OK ||
	    ev_scan_block(&l->scan, (struct ev_slice){ l->block, n + 1 }, &e) != EV_OK ||
	    ev_scan_line(&l->scan, &l->text, &skipped, &e) != EV_OK)
		abort();
}

static inline void
line_free(struct line *l)
{
	ev_scan_fini(&l->scan);
	free(l->block);
}

#endif
