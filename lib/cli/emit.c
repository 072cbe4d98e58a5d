/* SPDX-License-Identifier: MIT */
#include "cli/emit.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/text.h"

void
ev_emit(struct ev_emit *m, const char *fmt, ...)
{
	struct ev_buf *b = m->b;
	va_list ap;
	int n;

	if (m->rc != EV_OK)
		return;
	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	m->rc = n < 0 ? ev_fail_sys(m->e, "format") : ev_buf_reserve(b, (size_t)n, m->e);
	if (m->rc != EV_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
ev_emit_json(struct ev_emit *m, const char *s)
{
	if (s == NULL)
		ev_emit(m, "null");
	else if (m->rc == EV_OK)
		m->rc = ev_text_json(m->b, ev_slice_str(s), m->e);
}

void
ev_emit_escaped(struct ev_emit *m, struct ev_slice s, const char *special, const char *escape)
{
	for (; s.n > 0; s.p++, s.n--) {
		bool is = *s.p != '\0' && strchr(special, *s.p) != NULL;

		ev_emit(m, "%s%c", is ? escape : "", *s.p);
	}
}
