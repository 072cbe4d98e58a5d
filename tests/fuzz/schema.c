/* SPDX-License-Identifier: MIT */
/* First line: an event; the rest: a schema for it. */
#include <stdint.h>
#include <stdlib.h>

#include "event/schema_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct ev_schema *s, struct ev_slice line)
{
	struct ev_err e = { 0 };
	enum ev_code rc;
	size_t off;

	if (line.n == 0 || line.p[0] != '{' || line.p[line.n - 1] != '}' || ev_json_check(line, &off, NULL) != EV_OK)
		return;
	rc = ev_schema_check(s, line, &e);
	if ((rc != EV_OK && rc != EV_DATA) || (rc == EV_OK) != (e.code == EV_OK) || e.col > line.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char type[] = "t";
	struct ev_schema s = { .type = type, .text = EV_BUF(1 << 20) };
	const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
	struct ev_err e = { 0 };
	enum ev_code rc;
	size_t n;

	if (lf == NULL)
		return 0;
	n = (size_t)(lf - data);
	if (ev_buf_add(&s.text, lf + 1, size - n - 1, NULL) == EV_OK) {
		rc = ev_schema_compile(&s, &e);
		if (rc == EV_OK)
			check(&s, (struct ev_slice){ (const char *)data, n });
		else if (rc != EV_USAGE || e.text[0] == '\0')
			abort();
	}
	ev_schema_drop(&s);
	ev_buf_fini(&s.text);
	return 0;
}
