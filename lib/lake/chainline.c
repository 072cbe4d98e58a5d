/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>

#include "lake/chain.h"
#include "lake/fields.h"
#include "json/str.h"

enum { SEQ, WHY, PREV, ULID, SHA, REMOVE };

enum ev_code
ev_chain_print(const struct ev_chain_line *line, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	rc = ev_buf_addf(
	    out, e, "{\"seq\":%" PRId64 ",\"why\":\"%s\",\"add\":[", line->seq, line->why);
	for (i = 0; rc == EV_OK && i < line->adds; i++)
		rc = ev_buf_addf(out, e, "%s{\"ulid\":\"%s\",\"sha256\":\"%s\"}", i > 0 ? "," : "",
		    line->add[i].ulid, line->add[i].sha256);
	if (rc == EV_OK)
		rc = ev_buf_adds(out, EV_LIT("],\"remove\":["), e);
	for (i = 0; rc == EV_OK && i < line->removes; i++)
		rc = ev_buf_addf(out, e, "%s\"%s\"", i > 0 ? "," : "", line->remove[i]);
	if (rc == EV_OK)
		rc = ev_buf_addf(out, e, "],\"source\":[],\"prev\":\"%s\"}\n", line->prev);
	return rc;
}

/* All values of the paths with [*]. */
static bool
take_lists(struct ev_chain_line *line, const struct ev_scan *scan)
{
	size_t shas = 0;

	for (size_t i = 0; i < scan->manys; i++) {
		const struct ev_val *v = &scan->many[i];

		if (v->path == ULID && !ev_field_text(v, line->add[line->adds++].ulid, 27))
			return false;
		if (v->path == SHA && !ev_field_text(v, line->add[shas++].sha256, 65))
			return false;
		if (v->path == REMOVE && !ev_field_text(v, line->remove[line->removes++], 27))
			return false;
	}
	return shas == line->adds;
}

static bool
take_line(struct ev_chain_line *line, const struct ev_scan *scan)
{
	const struct ev_val *v = scan->val;

	return ev_field_int(&v[SEQ], &line->seq) &&
	    ev_field_text(&v[WHY], line->why, sizeof(line->why)) &&
	    ev_field_text(&v[PREV], line->prev, sizeof(line->prev)) && take_lists(line, scan);
}

/* What was read is what would be written: nothing hides beside the members. */
static enum ev_code
same_bytes(const struct ev_chain_line *line, struct ev_slice text, struct ev_err *e)
{
	struct ev_buf again = EV_BUF(2 * text.n + 1024);
	enum ev_code rc = ev_chain_print(line, &again, e);

	if (rc == EV_OK && !ev_slice_eq((struct ev_slice){ again.p, again.n - 1 }, text))
		rc = ev_fail(e, EV_SYS, "chain.ndjson: not a line as the lake writes it");
	ev_buf_fini(&again);
	return rc;
}

enum ev_code
ev_chain_parse(struct ev_slice text, struct ev_chain_line *line, struct ev_err *e)
{
	static const char *const paths[] = { "seq", "why", "prev", "add[*].ulid", "add[*].sha256",
		"remove[*]", NULL };
	struct ev_err why = { 0 };
	struct ev_fields f;
	enum ev_code rc;

	*line = (struct ev_chain_line){ 0 };
	rc = ev_fields_read(&f, text, paths, &why);
	if (rc != EV_OK) {
		ev_fail(e, rc, "chain.ndjson: %s", why.text);
	} else {
		line->add = calloc(f.scan.manys + 1, sizeof(*line->add));
		line->remove = calloc(f.scan.manys + 1, sizeof(*line->remove));
		if (line->add == NULL || line->remove == NULL)
			rc = ev_fail_mem(e);
		else if (!take_line(line, &f.scan))
			rc = ev_fail(e, EV_SYS,
			    "chain.ndjson: seq, why, add, remove or prev is not as it should be");
		else
			rc = same_bytes(line, text, e);
	}
	ev_fields_fini(&f);
	return rc;
}

void
ev_chain_fini(struct ev_chain_line *line)
{
	free(line->add);
	free(line->remove);
	line->add = NULL;
	line->remove = NULL;
}
