/* SPDX-License-Identifier: MIT */
#include "lake/fields.h"

#include "base/io.h"
#include "json/num.h"
#include "json/str.h"

enum ev_code
ev_fields_read(
    struct ev_fields *f, struct ev_slice text, const char *const *paths, struct ev_err *e)
{
	struct ev_err why = { 0 };
	unsigned long blank;
	struct ev_slice line;
	uint32_t no;
	enum ev_code rc;

	*f = (struct ev_fields){ .text = EV_BUF(text.n + 2 * EV_PAD) };
	for (; *paths != NULL; paths++)
		if ((rc = ev_paths_add(&f->paths, ev_slice_str(*paths), &no, e)) != EV_OK)
			return rc;
	if ((rc = ev_buf_adds(&f->text, text, e)) != EV_OK ||
	    (rc = ev_buf_reserve(&f->text, EV_PAD, e)) != EV_OK ||
	    (rc = ev_scan_init(&f->scan, &f->paths, false, NULL, e)) != EV_OK)
		return rc;
	for (size_t i = 0; i < f->text.n; i++)
		if (f->text.p[i] == '\n')
			f->text.p[i] = ' ';
	memset(f->text.p + f->text.n, '\n', EV_PAD);
	if ((rc = ev_scan_block(&f->scan, ev_buf_view(&f->text), &why)) == EV_OK)
		rc = ev_scan_line(&f->scan, &line, &blank, &why);
	if (rc == EV_OK && line.p[0] == '{')
		return EV_OK;
	return rc == EV_SYS ? ev_fail(e, rc, "%s", why.text)
			    : ev_fail(e, EV_SYS, "it is no JSON object: %s",
				  rc == EV_DATA ? why.text : "nothing like it is there");
}

void
ev_fields_fini(struct ev_fields *f)
{
	ev_scan_fini(&f->scan);
	ev_paths_fini(&f->paths);
	ev_buf_fini(&f->text);
}

bool
ev_field_int(const struct ev_val *v, int64_t *to)
{
	return v->kind == EV_NUMBER && ev_num_int(v->raw, to);
}

bool
ev_field_uint(const struct ev_val *v, uint64_t *to)
{
	int64_t n;

	if (!ev_field_int(v, &n) || n < 0)
		return false;
	*to = (uint64_t)n;
	return true;
}

bool
ev_field_text(const struct ev_val *v, char *to, size_t size)
{
	struct ev_slice s;

	if (v->kind != EV_STRING || !ev_str_plain(v->raw, &s) || s.n >= size)
		return false;
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}
