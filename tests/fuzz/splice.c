/* SPDX-License-Identifier: MIT */
/* A path, an LF, a new name, an LF, a line: edits of a valid line give valid JSON, of a broken one
 * no harm. */
#include "json/splice.h"

#include <stdint.h>
#include <stdlib.h>

#include "json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ev_slice
cut(struct ev_slice *rest)
{
	const char *lf = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
	struct ev_slice head = { rest->p, lf == NULL ? 0 : (size_t)(lf - rest->p) };

	if (lf != NULL)
		*rest = (struct ev_slice){ lf + 1, rest->n - head.n - 1 };
	return head;
}

static void
must_hold(enum ev_code rc, bool valid, struct ev_buf *out)
{
	size_t off;

	if (rc == EV_SYS)
		abort();
	if (rc != EV_OK && rc != EV_NO && out->n != 0)
		abort();
	if ((rc == EV_OK || rc == EV_NO) && valid &&
	    ev_json_check(ev_buf_view(out), &off, NULL) != EV_OK)
		abort();
	ev_buf_clear(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ev_slice line = { (const char *)data, size };
	struct ev_slice path = cut(&line), name = cut(&line);
	struct ev_buf out = EV_BUF(1 << 20);
	size_t off;
	bool valid = line.n < 1 << 16 && ev_json_check(line, &off, NULL) == EV_OK;

	if (line.n < 1 << 16 && name.n < 1 << 12) {
		must_hold(
		    ev_splice_set(line, path, EV_LIT("{\"v\":[1]}"), &out, NULL), valid, &out);
		must_hold(ev_splice_delete(line, path, &out, NULL), valid, &out);
		must_hold(ev_splice_rename(line, path, name, &out, NULL), valid, &out);
	}
	ev_buf_fini(&out);
	return 0;
}
