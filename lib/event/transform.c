/* SPDX-License-Identifier: MIT */
#include "event/transform.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "event/transform_template.h"
#include "json/iter.h"
#include "json/place.h"
#include "json/splice.h"
#include "json/str.h"

enum { NAMES = 100, PATH = 256, TEMPLATE = 8192 }; /* EventBridge's limits, in characters */

struct ev_transform_work {
	struct ev_input template;
	struct ev_buf path; /* of InputPath, for messages; empty: another form */
};

struct reader {
	struct ev_transform_work *work;
	struct ev_slice text;
	struct ev_paths *set;
	struct ev_variables names;
	struct ev_buf tmp; /* the last unescaped string */
	struct ev_err *e;
};

static enum ev_code
refuse(struct reader *r, const char *at)
{
	ev_err_offset(r->e, r->text, (size_t)(at - r->text.p));
	return EV_USAGE;
}

static enum ev_code
wanted(struct reader *r, const char *member, const struct ev_val *v, const char *what)
{
	ev_fail(r->e, EV_USAGE, "%s: found %s, wanted %s", member, ev_kind_name(v->kind), what);
	return refuse(r, v->raw.p);
}

static size_t
characters(struct ev_slice text)
{
	size_t i, n = 0;

	for (i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

/* The text of a string of 1 to max characters, in r->tmp. */
static enum ev_code
read_string(
    struct reader *r, const char *member, const struct ev_val *v, size_t max, struct ev_slice *text)
{
	enum ev_code rc;
	size_t n;

	if (v->kind != EV_STRING)
		return wanted(r, member, v, "a string");
	ev_buf_clear(&r->tmp);
	r->tmp.max = v->raw.n;
	if ((rc = ev_str_decode(v->raw, &r->tmp, r->e)) != EV_OK)
		return rc;
	*text = ev_buf_view(&r->tmp);
	n = characters(*text);
	if (n >= 1 && n <= max)
		return EV_OK;
	ev_fail(r->e, EV_USAGE, "%s: found %zu characters, wanted 1 to %zu", member, n, max);
	return refuse(r, v->raw.p);
}

/* From `['a']`, as JSONPath has it, to `["a"]`; names in double quotes stay. */
static enum ev_code
own_quotes(struct ev_slice text, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	const char *end;
	size_t i, n;

	for (i = 0; rc == EV_OK && i < text.n; i += n) {
		struct ev_slice rest = { text.p + i, text.n - i };

		n = 1;
		if (ev_slice_begins(rest, EV_LIT("[\""))) {
			for (n = 2; n < rest.n && rest.p[n] != '"'; n++)
				n += rest.p[n] == '\\';
			n = n < rest.n ? n : rest.n;
		} else if (ev_slice_begins(rest, EV_LIT("['")) &&
		    (end = memchr(rest.p + 2, '\'', rest.n - 2)) != NULL) {
			n = (size_t)(end + 1 - rest.p);
			rc = ev_buf_addc(out, '[', e);
			if (rc == EV_OK)
				rc = ev_str_encode((struct ev_slice){ rest.p + 2, n - 3 }, out, e);
			continue;
		}
		rc = ev_buf_add(out, rest.p, n, e);
	}
	return rc;
}

/* Whether a path has a [*]; those within quotes do not count. */
static bool
has_star(struct ev_slice path)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i + 2 < path.n; i++) {
		if (path.p[i] == '"')
			quoted = !quoted;
		else if (quoted && path.p[i] == '\\')
			i++;
		else if (!quoted && memcmp(path.p + i, "[*]", 3) == 0)
			return true;
	}
	return false;
}

static enum ev_code
read_path(struct reader *r, const char *member, const struct ev_val *v, struct ev_piece *piece)
{
	struct ev_buf own = EV_BUF(8 * PATH);
	struct ev_err why = { 0 };
	struct ev_slice text;
	enum ev_code rc;
	size_t front = 0;

	if ((rc = read_string(r, member, v, PATH, &text)) != EV_OK)
		return rc;
	if (ev_slice_eq(text, EV_LIT("$"))) {
		*piece = (struct ev_piece){ .source = EV_SOURCE_EVENT };
		return EV_OK;
	}
	if (text.n > 1 && text.p[0] == '$' && (text.p[1] == '.' || text.p[1] == '['))
		front = text.p[1] == '.' ? 2 : 1;
	*piece = (struct ev_piece){ .source = EV_SOURCE_VALUE };
	rc = own_quotes((struct ev_slice){ text.p + front, text.n - front }, &own, r->e);
	if (rc == EV_OK) {
		piece->many = has_star(ev_buf_view(&own));
		rc = ev_paths_add(r->set, ev_buf_view(&own), &piece->path, &why);
		if (rc != EV_OK)
			ev_fail(r->e, rc, "%s: %s", member, why.text);
	}
	ev_buf_fini(&own);
	if (rc != EV_USAGE)
		return rc;
	front += why.col > 0 ? why.col - 1 : 0;
	return refuse(r, v->raw.p + ev_place_string(v->raw, front));
}

static enum ev_code
read_input_path(struct reader *r, const struct ev_val *v)
{
	struct ev_transform_work *w = r->work;
	struct ev_piece piece;
	enum ev_code rc = read_path(r, "InputPath", v, &piece);

	if (rc != EV_OK)
		return rc;
	w->path.max = r->tmp.n;
	if ((rc = ev_buf_adds(&w->path, ev_buf_view(&r->tmp), r->e)) != EV_OK)
		return rc;
	return ev_input_add(&w->template, &piece, false, r->e);
}

/* A constant on one line: line feeds stand between tokens only, where a blank will do. */
static enum ev_code
add_constant(struct reader *r, struct ev_slice json)
{
	struct ev_input *t = &r->work->template;
	enum ev_code rc = ev_input_add_text(t, ev_slice_trim(json), r->e);
	size_t i;

	for (i = 0; rc == EV_OK && i < t->text.n; i++)
		if (t->text.p[i] == '\n' || t->text.p[i] == '\r')
			t->text.p[i] = ' ';
	return rc;
}

static enum ev_code
read_input(struct reader *r, const struct ev_val *v)
{
	struct ev_err why = { 0 };
	struct ev_slice text;
	enum ev_code rc;
	size_t off;

	if (v->kind != EV_STRING)
		return add_constant(r, v->raw);
	if ((rc = read_string(r, "Input", v, TEMPLATE, &text)) != EV_OK)
		return rc;
	if (ev_json_check(text, &off, &why) == EV_OK)
		return add_constant(r, text);
	ev_fail(r->e, EV_USAGE, "Input: a string that holds JSON was wanted: %s", why.text);
	return refuse(r, v->raw.p + ev_place_string(v->raw, off));
}

static bool
name_ok(struct ev_slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '_' || c == '-'))
			return false;
	}
	return name.n > 0 && !ev_slice_begins(name, EV_LIT("AWS"));
}

static enum ev_code
read_names(struct reader *r, const struct ev_val *map)
{
	struct ev_iter it = ev_iter_view(map->raw);
	struct ev_slice key;
	struct ev_val v;
	enum ev_code rc;
	char what[PATH];

	if (map->kind != EV_OBJECT)
		return wanted(r, "InputPathsMap", map, "an object of names and paths");
	r->names.v = calloc(NAMES, sizeof(*r->names.v));
	if (r->names.v == NULL)
		return ev_fail_mem(r->e);
	while (ev_iter_next(&it, &key, &v)) {
		struct ev_variable *name = &r->names.v[r->names.n];

		if (r->names.n == NAMES) {
			ev_fail(r->e, EV_USAGE, "InputPathsMap: more than %d names", NAMES);
			return refuse(r, key.p);
		}
		name->name = (struct ev_slice){ key.p + 1, key.n - 2 };
		if (!name_ok(name->name)) {
			ev_fail(r->e, EV_USAGE,
			    "InputPathsMap: a name consists of letters, digits, _ and - and does "
			    "not begin with AWS");
			return refuse(r, key.p);
		}
		snprintf(what, sizeof(what), "InputPathsMap: %.*s", EV_FMT(name->name));
		if ((rc = read_path(r, what, &v, &name->value)) != EV_OK)
			return rc;
		r->names.n++;
	}
	return EV_OK;
}

static enum ev_code
read_template(struct reader *r, const struct ev_val *v)
{
	struct ev_slice text;
	enum ev_code rc;
	size_t off;

	if ((rc = read_string(r, "InputTemplate", v, TEMPLATE, &text)) != EV_OK)
		return rc;
	rc = ev_input_init(&r->work->template, text, &r->names, &off, r->e);
	return rc == EV_USAGE ? refuse(r, v->raw.p + ev_place_string(v->raw, off)) : rc;
}

static enum ev_code
read_transformer(struct reader *r, const struct ev_val *object)
{
	struct ev_iter it = ev_iter_view(object->raw);
	struct ev_val v, map = { .kind = EV_ABSENT }, template = map;
	enum ev_code rc = EV_OK;
	struct ev_slice key;

	if (object->kind != EV_OBJECT)
		return wanted(r, "InputTransformer", object, "an object");
	while (ev_iter_next(&it, &key, &v)) {
		if (ev_str_eq(key, EV_LIT("InputPathsMap")))
			map = v;
		else if (ev_str_eq(key, EV_LIT("InputTemplate")))
			template = v;
		else {
			ev_fail(r->e, EV_USAGE,
			    "InputTransformer: found %.*s, wanted InputPathsMap and InputTemplate",
			    key.n > 60 ? 60 : EV_FMT(key));
			return refuse(r, key.p);
		}
	}
	if (map.kind != EV_ABSENT)
		rc = read_names(r, &map);
	if (rc != EV_OK)
		return rc;
	if (template.kind != EV_ABSENT)
		return read_template(r, &template);
	ev_fail(r->e, EV_USAGE, "InputTransformer: no InputTemplate");
	return refuse(r, object->raw.p);
}

static const struct {
	const char *name;
	enum ev_code (*read)(struct reader *r, const struct ev_val *v);
} forms[] = {
	{ "InputPath", read_input_path },
	{ "Input", read_input },
	{ "InputTransformer", read_transformer },
};

enum { FORMS = sizeof(forms) / sizeof(*forms) };

static enum ev_code
read_form(struct reader *r, struct ev_slice text)
{
	struct ev_val all = { .raw = ev_slice_trim(text), .kind = ev_kind_of(ev_slice_trim(text)) },
		      v;
	struct ev_iter it = ev_iter_view(all.raw);
	struct ev_slice key, second;
	struct ev_val more;
	size_t i;

	if (all.kind != EV_OBJECT || !ev_iter_next(&it, &key, &v))
		return wanted(r, "input", &all,
		    "an object with one of InputPath, Input and InputTransformer");
	for (i = 0; i < FORMS && !ev_str_eq(key, ev_slice_str(forms[i].name)); i++)
		;
	if (i == FORMS || ev_iter_next(&it, &second, &more)) {
		ev_fail(r->e, EV_USAGE,
		    "input: found %.*s, wanted one of InputPath, Input and InputTransformer%s",
		    key.n > 60 ? 60 : EV_FMT(key), i == FORMS ? "" : ", not two members");
		return refuse(r, i == FORMS ? key.p : second.p);
	}
	return forms[i].read(r, &v);
}

enum ev_code
ev_transform_init(
    struct ev_transform *t, struct ev_slice text, struct ev_paths *set, struct ev_err *e)
{
	struct reader r = { .text = text, .set = set, .e = e };
	enum ev_code rc;

	r.work = t->work = calloc(1, sizeof(*t->work));
	if (t->work == NULL)
		return ev_fail_mem(e);
	rc = read_form(&r, text);
	free(r.names.v);
	ev_buf_fini(&r.tmp);
	if (rc != EV_OK)
		ev_transform_fini(t);
	return rc;
}

/* An event that transforms are run on. */
struct run {
	const struct ev_scan *scan;
	struct ev_slice line;
	const struct ev_transform_vars *vars;
	struct ev_buf tmp; /* a value that does not stand in the line */
	struct ev_err *e;
};

/* All values of a path with [*], as an array in tmp. */
static enum ev_code
view_many(struct run *r, uint32_t path, struct ev_slice *json)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; rc == EV_OK && i < r->scan->manys; i++) {
		const struct ev_val *v = &r->scan->many[i];

		if (v->path != path)
			continue;
		rc = ev_buf_addc(&r->tmp, r->tmp.n == 0 ? '[' : ',', r->e);
		if (rc == EV_OK)
			rc = ev_buf_adds(&r->tmp, v->raw, r->e);
	}
	if (rc == EV_OK && r->tmp.n > 0)
		rc = ev_buf_addc(&r->tmp, ']', r->e);
	*json = ev_buf_view(&r->tmp);
	return rc;
}

/* The line without `detail`, in tmp. */
static enum ev_code
view_head(struct run *r, struct ev_slice *json)
{
	enum ev_code rc = ev_splice_delete(r->line, EV_LIT("detail"), &r->tmp, r->e);

	*json = ev_buf_view(&r->tmp);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
view_text(struct run *r, struct ev_slice text, struct ev_slice *json)
{
	enum ev_code rc = ev_str_encode(text, &r->tmp, r->e);

	*json = ev_buf_view(&r->tmp);
	return rc;
}

/* What a piece stands for, as JSON; empty: nothing is there. Borrowed until the next call. */
static enum ev_code
view(struct run *r, const struct ev_piece *piece, struct ev_slice *json)
{
	char time[EV_TIME];

	ev_buf_clear(&r->tmp);
	*json = EV_LIT("");
	switch (piece->source) {
	case EV_SOURCE_VALUE:
		if (piece->many)
			return view_many(r, piece->path, json);
		if (r->scan->val[piece->path].kind != EV_ABSENT)
			*json = r->scan->val[piece->path].raw;
		return EV_OK;
	case EV_SOURCE_EVENT:
		*json = ev_slice_trim(r->line);
		return EV_OK;
	case EV_SOURCE_HEAD:
		return view_head(r, json);
	case EV_SOURCE_RULE_ARN:
		return view_text(r, r->vars->rule_arn, json);
	case EV_SOURCE_RULE_NAME:
		return view_text(r, r->vars->rule_name, json);
	case EV_SOURCE_INGESTED:
		ev_time_print(time, r->vars->ingested);
		return view_text(r, ev_slice_str(time), json);
	case EV_SOURCE_TEXT:
		break;
	}
	return EV_OK;
}

/* json within a string: a string's inside as it stands, anything else escaped. */
static enum ev_code
add_inside(struct ev_slice json, struct ev_buf *out, struct ev_err *e)
{
	size_t from = out->n;
	enum ev_code rc;

	if (ev_kind_of(json) == EV_STRING)
		return ev_buf_add(out, json.p + 1, json.n - 2, e);
	if ((rc = ev_str_encode(json, out, e)) != EV_OK)
		return rc;
	memmove(out->p + from, out->p + from + 1, out->n - from - 2);
	out->n -= 2;
	return EV_OK;
}

static enum ev_code
put(struct run *r, const struct ev_transform_work *w, const struct ev_piece *piece,
    struct ev_buf *out)
{
	struct ev_slice json;
	enum ev_code rc;

	if (piece->source == EV_SOURCE_TEXT)
		return ev_buf_add(out, w->template.text.p + piece->from, piece->n, r->e);
	if ((rc = view(r, piece, &json)) != EV_OK)
		return rc;
	if (json.n > 0)
		return piece->quoted ? add_inside(json, out, r->e) : ev_buf_adds(out, json, r->e);
	if (w->path.n > 0)
		return ev_fail(r->e, EV_DATA, "nothing is at the InputPath %.*s", EV_FMT(w->path));
	return piece->quoted ? EV_OK : ev_buf_adds(out, EV_LIT("\"\""), r->e);
}

enum ev_code
ev_transform_run(const struct ev_transform *t, const struct ev_scan *scan, struct ev_slice line,
    const struct ev_transform_vars *vars, struct ev_buf *out, struct ev_err *e)
{
	struct run r = { scan, line, vars, EV_BUF(64), e };
	const struct ev_transform_work *w = t->work;
	enum ev_code rc = EV_OK;
	size_t i, from = out->n;

	if (w == NULL)
		return ev_buf_adds(out, ev_slice_trim(line), e);
	r.tmp.max += 2 * line.n + 6 * (vars->rule_arn.n + vars->rule_name.n);
	for (i = 0; rc == EV_OK && i < w->template.n; i++)
		rc = put(&r, w, &w->template.piece[i], out);
	if (rc != EV_OK)
		out->n = from;
	ev_buf_fini(&r.tmp);
	return rc;
}

void
ev_transform_fini(struct ev_transform *t)
{
	if (t->work != NULL) {
		ev_input_fini(&t->work->template);
		ev_buf_fini(&t->work->path);
	}
	free(t->work);
	*t = (struct ev_transform){ 0 };
}
