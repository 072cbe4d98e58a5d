/* SPDX-License-Identifier: MIT */
#include "event/text.h"

#include <unistd.h>

void
ev_text_init(struct ev_text *t, const char *const *names, size_t max_line)
{
	*t = (struct ev_text){ .no = 0 };
	ev_in_init(&t->in, names, max_line);
}

static enum ev_code
next_block(struct ev_text *t, struct ev_err *e)
{
	enum ev_code rc;
	bool fresh;

	t->line = (struct ev_slice){ NULL, 0 };
	rc = ev_in_block(&t->in, &t->block, &fresh, e);
	if (fresh)
		t->no = 0;
	if (rc == EV_DATA)
		e->line = t->no + 1;
	t->at = rc == EV_OK && fresh && ev_slice_begins(t->block, EV_LIT("\xef\xbb\xbf")) ? 3 : 0;
	if (rc != EV_OK)
		t->block = (struct ev_slice){ NULL, 0 };
	return rc;
}

/* The line at t->at, of a block that has one. EV_NO: nothing is in it. */
static enum ev_code
take_line(struct ev_text *t, struct ev_err *e)
{
	const char *p = t->block.p + t->at;
	const char *lf = memchr(p, '\n', t->block.n - t->at);
	size_t n = lf != NULL ? (size_t)(lf - p) : t->block.n - t->at, i = 0;
	enum ev_code rc;

	t->at += n + (lf != NULL);
	t->no++;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	t->line = (struct ev_slice){ p, n };
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (i < n)
		return EV_OK;
	if (lf == NULL || t->barrier == NULL || t->in.fd != STDIN_FILENO)
		return EV_NO;
	rc = t->barrier(t->arg, e);
	return rc == EV_OK ? EV_NO : rc;
}

enum ev_code
ev_text_next(struct ev_text *t, struct ev_err *e)
{
	enum ev_code rc = EV_NO;

	while (rc == EV_NO) {
		if (t->at < t->block.n)
			rc = take_line(t, e);
		else if ((rc = next_block(t, e)) == EV_OK)
			rc = EV_NO;
		else
			return rc;
	}
	if (rc != EV_OK)
		return rc;
	if (t->line.n <= t->in.max_line)
		return EV_OK;
	ev_fail(e, EV_DATA, "a line of %zu bytes, wanted at most %zu; raise --max-line to read it",
	    t->line.n, t->in.max_line);
	ev_err_name(e, t->in.name);
	e->line = t->no;
	t->line = (struct ev_slice){ NULL, 0 };
	return EV_DATA;
}

void
ev_text_unread(struct ev_text *t, bool line)
{
	const char *from = line && t->line.p != NULL ? t->line.p : t->block.p + t->at;

	if (t->block.p != NULL)
		ev_in_unread(
		    &t->in, (struct ev_slice){ from, (size_t)(t->block.p + t->block.n - from) });
}

void
ev_text_close(struct ev_text *t)
{
	ev_in_close(&t->in);
	t->block = t->line = (struct ev_slice){ NULL, 0 };
}
