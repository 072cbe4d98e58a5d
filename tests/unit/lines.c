/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "json/lines.h"
#include "tap.h"

/* What ev_lines_next and its barriers said, in order: 'e' an event, 'b' a bad line, '|' a barrier.
 */
static char seen[64];

static void
note(char c)
{
	size_t n = strlen(seen);

	seen[n] = c;
	seen[n + 1] = '\0';
}

/* arg: NULL, or how many barriers are passed before one fails. */
static enum ev_code
on_barrier(void *arg, struct ev_err *e)
{
	int *left = arg;

	if (left != NULL && (*left)-- == 0)
		return ev_fail(e, EV_SYS, "no more");
	note('|');
	return EV_OK;
}

/* Reads text as stdin, in one piece. */
static enum ev_code
read_all(struct ev_lines *l, const char *text, bool barriers, int *left)
{
	struct ev_err e = { 0 };
	enum ev_code rc;
	int p[2];

	if (pipe(p) < 0 || write(p[1], text, strlen(text)) < 0 || close(p[1]) < 0 ||
	    dup2(p[0], STDIN_FILENO) < 0 || close(p[0]) < 0)
		abort();
	seen[0] = '\0';
	if (ev_lines_open(l, NULL, EV_MAX_LINE, NULL, false, NULL, &e) != EV_OK)
		abort();
	l->barrier = barriers ? on_barrier : NULL;
	l->arg = left;
	while ((rc = ev_lines_next(l, &e)) == EV_OK || rc == EV_DATA) {
		note(rc == EV_OK ? 'e' : 'b');
		e = (struct ev_err){ 0 };
	}
	return rc;
}

int
main(void)
{
	struct ev_lines l;
	int left = 2;

	ok(read_all(&l, "{}\n\n{}\n{\n\n\n{}\n", true, NULL) == EV_NO);
	is_str(seen, "e|eb||e");
	ok_as(l.no == 7, "they are counted as lines");
	ev_lines_close(&l);
	ok(read_all(&l, "\n{}\n\n", true, NULL) == EV_NO);
	is_str(seen, "|e|");
	ev_lines_close(&l);
	ok(read_all(&l, "{}\n\n{}", true, NULL) == EV_NO);
	is_str(seen, "e|e");
	ev_lines_close(&l);
	ok(read_all(&l, "{}\n\n{}\n\n", false, NULL) == EV_NO);
	is_str(seen, "ee");
	ev_lines_close(&l);
	ok_as(read_all(&l, "{}\n\n\n{}\n\n{}\n", true, &left) == EV_SYS,
	    "a barrier that fails ends the reading");
	is_str(seen, "e||e");
	ev_lines_close(&l);
	return tap_done();
}
