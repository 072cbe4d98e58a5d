/* SPDX-License-Identifier: MIT */
#include "json/lines.h"

#include <unistd.h>

#include "json/iter.h"

enum ev_code
ev_lines_open(struct ev_lines *l, const char *const *names, size_t max_line,
    const struct ev_paths *paths, bool trust, const char *isa, struct ev_err *e)
{
	*l = (struct ev_lines){ .no = 0 };
	ev_in_init(&l->in, names, max_line);
	return ev_scan_init(&l->scan, paths, trust, isa, e);
}

/* A byte order mark may stand at the start of the input only. */
static void
drop_bom(struct ev_slice *block)
{
	if (ev_slice_begins(*block, EV_LIT("\xef\xbb\xbf"))) {
		block->p += 3;
		block->n -= 3;
	}
}

static enum ev_code
next_block(struct ev_lines *l, struct ev_err *e)
{
	struct ev_slice block;
	enum ev_code rc;
	bool fresh;

	l->line = (struct ev_slice){ NULL, 0 };
	rc = ev_in_block(&l->in, &block, &fresh, e);
	if (fresh)
		l->no = 0;
	if (rc == EV_DATA) { /* too long to be kept */
		l->bad++;
		e->line = l->no + 1;
		return rc;
	}
	if (rc != EV_OK)
		return rc;
	if (fresh)
		drop_bom(&block);
	return ev_scan_block(&l->scan, block, e);
}

/* What is no event although it is JSON, or not even that: counts it and completes its place. */
static enum ev_code
bad_line(struct ev_lines *l, struct ev_err *e)
{
	l->bad++;
	e->line = l->no;
	ev_err_name(e, l->in.name);
	return EV_DATA;
}

static enum ev_code
check_line(struct ev_lines *l, struct ev_err *e)
{
	if (l->line.n > l->in.max_line) {
		ev_fail(e, EV_DATA,
		    "a line of %zu bytes, wanted at most %zu; raise --max-line to read it",
		    l->line.n, l->in.max_line);
		l->line = (struct ev_slice){ NULL, 0 };
		return bad_line(l, e);
	}
	if (*l->scan.value.p != '{') {
		ev_fail(e, EV_DATA, "found %s, wanted an object",
		    ev_kind_name(ev_kind_of(l->scan.value)));
		ev_err_place(e, l->no, l->line, (size_t)(l->scan.value.p - l->line.p));
		return bad_line(l, e);
	}
	l->events++;
	return EV_OK;
}

/* Reports the blank lines before the line at hand. */
static enum ev_code
pass_barriers(struct ev_lines *l, unsigned long n, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (l->barrier == NULL || l->in.fd != STDIN_FILENO)
		return EV_OK;
	for (; rc == EV_OK && n > 0; n--)
		rc = l->barrier(l->arg, e);
	return rc;
}

enum ev_code
ev_lines_next(struct ev_lines *l, struct ev_err *e)
{
	unsigned long skipped;
	enum ev_code rc, passed;

	for (;;) {
		rc = ev_scan_line(&l->scan, &l->line, &skipped, e);
		l->no += skipped;
		l->from = rc == EV_NO ? NULL : l->line.p;
		if (skipped > 0 && (passed = pass_barriers(l, skipped, e)) != EV_OK)
			return passed;
		if (rc == EV_NO) {
			if ((rc = next_block(l, e)) != EV_OK)
				return rc;
			continue;
		}
		l->no++;
		if (rc == EV_OK)
			return check_line(l, e);
		return rc == EV_DATA ? bad_line(l, e) : rc;
	}
}

void
ev_lines_unread(struct ev_lines *l, bool line)
{
	const struct ev_slice block = l->scan.block;
	const char *from = line && l->from != NULL ? l->from : block.p + l->scan.at;

	if (block.p != NULL)
		ev_in_unread(&l->in, (struct ev_slice){ from, (size_t)(block.p + block.n - from) });
}

void
ev_lines_close(struct ev_lines *l)
{
	ev_in_close(&l->in);
	ev_scan_fini(&l->scan);
	l->line = (struct ev_slice){ NULL, 0 };
}
