/* SPDX-License-Identifier: MIT */
#include "match/rules_print.h"

#include "json/iter.h"

enum { SHORT = 72 };

/* Without white space between tokens. */
static enum ev_code
minify(struct ev_slice json, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = ev_buf_reserve(out, json.n, e);
	bool string = false;
	size_t i;

	for (i = 0; rc == EV_OK && i < json.n; i++) {
		char c = json.p[i];

		if (!string && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		if (c == '"')
			string = !string;
		rc = ev_buf_addc(out, c, e);
		if (rc == EV_OK && string && c == '\\' && i + 1 < json.n)
			rc = ev_buf_addc(out, json.p[++i], e);
	}
	return rc;
}

/* Between elements: a blank, or a line of its own for each. */
static enum ev_code
space(bool flat, size_t depth, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc;

	if (flat)
		return ev_buf_addc(out, ' ', e);
	rc = ev_buf_addc(out, '\n', e);
	while (rc == EV_OK && depth-- > 0)
		rc = ev_buf_adds(out, EV_LIT("  "), e);
	return rc;
}

static enum ev_code
print(const struct ev_val *v, size_t depth, bool flat, struct ev_buf *out, struct ev_err *e)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_slice key;
	struct ev_val each;
	enum ev_code rc;
	size_t n;

	if ((v->kind != EV_OBJECT && v->kind != EV_ARRAY) || v->raw.n == 2)
		return ev_buf_adds(out, v->raw, e);
	flat = flat || (depth > 1 && v->raw.n < SHORT);
	rc = ev_buf_addc(out, v->raw.p[0], e);
	for (n = 0; rc == EV_OK && ev_iter_next(&it, &key, &each); n++) {
		if (n > 0)
			rc = ev_buf_addc(out, ',', e);
		if (rc == EV_OK && (n > 0 || !flat))
			rc = space(flat, depth + 1, out, e);
		if (rc == EV_OK && key.n > 0)
			rc = ev_buf_addf(out, e, "%.*s: ", EV_FMT(key));
		if (rc == EV_OK)
			rc = print(&each, depth + 1, flat, out, e);
	}
	if (rc == EV_OK && !flat)
		rc = space(flat, depth, out, e);
	return rc == EV_OK ? ev_buf_addc(out, v->raw.p[v->raw.n - 1], e) : rc;
}

enum ev_code
ev_rules_print(struct ev_slice json, struct ev_buf *out, struct ev_err *e)
{
	struct ev_buf small = EV_BUF(json.n);
	struct ev_val v;
	enum ev_code rc = minify(json, &small, e);

	v.raw = ev_buf_view(&small);
	v.kind = ev_kind_of(v.raw);
	if (rc == EV_OK && (rc = print(&v, 0, false, out, e)) == EV_OK)
		rc = ev_buf_addc(out, '\n', e);
	ev_buf_fini(&small);
	return rc;
}
