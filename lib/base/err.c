/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Drops a UTF-8 sequence that the end of the text may have cut. */
static void
drop_torn(char *text, size_t n)
{
	while (n > 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0 && (unsigned char)text[n - 1] >= 0xc0)
		n--;
	text[n] = '\0';
}

/* The reason at the end is never cut off: a long message gives way. */
EV_PRINTF(4, 0)
static void
put(struct ev_err *e, enum ev_code code, int sys, const char *fmt, va_list ap)
{
	char why[80] = "";
	size_t room, i;
	int n;

	if (e == NULL || e->code != EV_OK)
		return;
	e->code = code;
	e->sys = sys;
	if (sys != 0)
		snprintf(why, sizeof(why), ": %s", strerror(sys));
	room = sizeof(e->text) - strlen(why);
	n = vsnprintf(e->text, room, fmt, ap);
	if (n < 0 || (size_t)n >= room)
		drop_torn(e->text, strnlen(e->text, room - 1));
	for (i = 0; e->text[i] != '\0'; i++) /* what a message quotes may hold anything */
		if ((unsigned char)e->text[i] < 0x20 || e->text[i] == 0x7f)
			e->text[i] = '.';
	memcpy(e->text + i, why, strlen(why) + 1);
}

enum ev_code
ev_fail(struct ev_err *e, enum ev_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(e, code, 0, fmt, ap);
	va_end(ap);
	return code;
}

enum ev_code
ev_fail_sys(struct ev_err *e, const char *fmt, ...)
{
	int sys = errno;
	enum ev_code code = sys == EPIPE ? EV_PIPE : EV_SYS;
	va_list ap;

	va_start(ap, fmt);
	put(e, code, sys, fmt, ap);
	va_end(ap);
	return code;
}

enum ev_code
ev_fail_mem(struct ev_err *e)
{
	return ev_fail(e, EV_SYS, "out of memory");
}

void
ev_err_name(struct ev_err *e, const char *name)
{
	if (e != NULL && e->name == NULL)
		e->name = name;
}

void
ev_err_place(struct ev_err *e, unsigned long line, struct ev_slice text, size_t off)
{
	const size_t room = sizeof(e->near) - 1;
	size_t from = 0, n, i;

	if (e == NULL || e->line != 0)
		return;
	if (off > text.n)
		off = text.n;
	e->line = line;
	e->col = (unsigned long)off + 1;
	if (off > room / 2 && text.n > room)
		from = text.n - off < room / 2 ? text.n - room : off - room / 2;
	/* never begin or end inside a UTF-8 sequence */
	while (from > 0 && from < text.n && ((unsigned char)text.p[from] & 0xc0) == 0x80)
		from++;
	n = text.n - from < room ? text.n - from : room;
	while (n > 0 && from + n < text.n && ((unsigned char)text.p[from + n] & 0xc0) == 0x80)
		n--;
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text.p[from + i];

		e->near[i] = (char)(c < 0x20 || c == 0x7f ? '.' : c);
	}
	e->near[n] = '\0';
	e->caret = (unsigned)(off - from);
}

void
ev_err_offset(struct ev_err *e, struct ev_slice text, size_t off)
{
	size_t i, from = 0, end;
	unsigned long line = 1;

	if (off > text.n)
		off = text.n;
	for (i = 0; i < off; i++)
		if (text.p[i] == '\n') {
			line++;
			from = i + 1;
		}
	for (end = off; end < text.n && text.p[end] != '\n'; end++)
		;
	ev_err_place(e, line, (struct ev_slice){ text.p + from, end - from }, off - from);
}
