/* SPDX-License-Identifier: MIT */
#include "match/where.h"

#include <ctype.h>

#include "json/iter.h"
#include "json/str.h"

/* What a comparison says: one of these, and an operator holds for some of them. */
enum { LESS = 1, EQUAL = 2, MORE = 4, OTHER = 8 };

enum form { COMPARE, TEXT, REGEX, EXISTS };

struct ev_where_op {
	const char *name;
	enum form form;
	int holds; /* COMPARE: for these; EXISTS: EQUAL there, OTHER not there */
	bool (*meets)(struct ev_slice text, struct ev_slice with); /* TEXT */
};

static bool
contains(struct ev_slice text, struct ev_slice with)
{
	return with.n == 0 || memmem(text.p, text.n, with.p, with.n) != NULL;
}

/* A name stands before those that it begins with. */
static const struct ev_where_op ops[] = {
	{ "!exists", EXISTS, OTHER, NULL },
	{ "exists", EXISTS, EQUAL, NULL },
	{ "!=", COMPARE, LESS | MORE | OTHER, NULL },
	{ "<=", COMPARE, LESS | EQUAL, NULL },
	{ ">=", COMPARE, MORE | EQUAL, NULL },
	{ "^=", TEXT, 0, ev_slice_begins },
	{ "$=", TEXT, 0, ev_slice_ends },
	{ "*=", TEXT, 0, contains },
	{ "==", COMPARE, EQUAL, NULL },
	{ "=", COMPARE, EQUAL, NULL },
	{ "<", COMPARE, LESS, NULL },
	{ ">", COMPARE, MORE, NULL },
	{ "~", REGEX, 0, NULL },
};

#define OPS "= != < <= > >= ~ ^= $= *= exists or !exists"

static enum ev_code
bad(struct ev_slice expr, size_t off, struct ev_err *e)
{
	ev_err_place(e, 0, expr, off);
	return EV_USAGE;
}

static size_t
blanks(struct ev_slice s, size_t at)
{
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
		at++;
	return at;
}

/* Behind the bracket that opens at `at`, quoted names passed over. */
static size_t
bracket_end(struct ev_slice s, size_t at)
{
	bool quoted = false;

	for (at++; at < s.n && (quoted || s.p[at] != ']'); at++) {
		if (s.p[at] == '"')
			quoted = !quoted;
		else if (quoted && s.p[at] == '\\')
			at++;
	}
	return at < s.n ? at + 1 : s.n;
}

/* Where the path ends that expr has at `at`: before a blank or an operator, `$=` included. */
static size_t
path_end(struct ev_slice expr, size_t at, bool *many)
{
	*many = false;
	while (at < expr.n && strchr(" \t=!<>~^*", expr.p[at]) == NULL) {
		if (expr.p[at] == '$' && at + 1 < expr.n && expr.p[at + 1] == '=')
			break;
		if (expr.p[at] == '[') {
			*many = *many || (at + 1 < expr.n && expr.p[at + 1] == '*');
			at = bracket_end(expr, at);
		} else {
			at++;
		}
	}
	return at;
}

static enum ev_code
read_path(
    struct ev_where *w, struct ev_slice expr, size_t *at, struct ev_paths *set, struct ev_err *e)
{
	size_t from = *at, end = path_end(expr, from, &w->many);
	struct ev_slice path = { expr.p + from, end - from };
	struct ev_err why = { 0 };
	enum ev_code rc;

	if (path.n == 0) {
		ev_fail(e, EV_USAGE, "a condition begins with a path, as in order.total >= 100");
		return bad(expr, from, e);
	}
	rc = ev_paths_add(set, path, &w->path, &why);
	if (rc != EV_OK) {
		ev_fail(e, rc, "%s", why.text);
		ev_err_place(e, 0, expr, from + (why.col > 0 ? why.col - 1 : 0));
		return rc;
	}
	*at = blanks(expr, end);
	return EV_OK;
}

static enum ev_code
read_op(struct ev_where *w, struct ev_slice expr, size_t *at, struct ev_err *e)
{
	struct ev_slice rest = { expr.p + *at, expr.n - *at };
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (ev_slice_begins(rest, ev_slice_str(ops[i].name))) {
			w->op = &ops[i];
			*at = blanks(expr, *at + strlen(ops[i].name));
			return EV_OK;
		}
	ev_fail(e, EV_USAGE, "%s; wanted " OPS, rest.n > 0 ? "unknown operator" : "no operator");
	return bad(expr, *at, e);
}

/* Digits and at most one point, but no JSON number: 007, .5, +1, 1. */
static bool
nearly_number(struct ev_slice s)
{
	size_t i, digits = 0, others = 0;

	for (i = s.p[0] == '+' || s.p[0] == '-' ? 1 : 0; i < s.n; i++) {
		digits += isdigit((unsigned char)s.p[i]) != 0;
		others += s.p[i] == '.' ? 1 : isdigit((unsigned char)s.p[i]) ? 0 : 2;
	}
	return digits > 0 && others < 2 && !ev_num_ok(s);
}

static enum ev_kind
word_kind(struct ev_slice s)
{
	if (ev_num_ok(s))
		return EV_NUMBER;
	if (ev_slice_eq(s, EV_LIT("true")))
		return EV_TRUE;
	if (ev_slice_eq(s, EV_LIT("false")))
		return EV_FALSE;
	return ev_slice_eq(s, EV_LIT("null")) ? EV_NULL : EV_STRING;
}

static enum ev_code
read_word(struct ev_where *w, struct ev_slice expr, struct ev_slice s, struct ev_slice *text,
    struct ev_err *e)
{
	size_t at = (size_t)(s.p - expr.p), i;

	if (w->op->form != REGEX && strchr("=<>!~^$*&|([{", s.p[0]) != NULL) {
		ev_fail(e, EV_USAGE, "a text that begins with %c is put in quotes", s.p[0]);
		return bad(expr, at, e);
	}
	for (i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || s.p[i] == '\t') {
			ev_fail(e, EV_USAGE,
			    "something behind the value; a text with blanks is put in quotes, "
			    "another condition in another option");
			return bad(expr, blanks(expr, at + i), e);
		}
	if (w->op->form == COMPARE) {
		if (nearly_number(s)) {
			ev_fail(
			    e, EV_USAGE, "this is no JSON number; as a text it is put in quotes");
			return bad(expr, at, e);
		}
		w->kind = word_kind(s);
	}
	*text = s;
	return EV_OK;
}

/* The inside of s when both its ends are the mark and none is between them. */
static bool
between(struct ev_slice s, char mark, struct ev_slice *inside)
{
	*inside = (struct ev_slice){ s.p + 1, s.n - 2 };
	return s.n >= 2 && s.p[s.n - 1] == mark &&
	    (mark == '/' || memchr(inside->p, mark, inside->n) == NULL);
}

/* Sets w->kind and the text, a part of expr, or of w->text where a JSON string has escapes. */
static enum ev_code
read_value(struct ev_where *w, struct ev_slice expr, struct ev_slice s, struct ev_slice *text,
    struct ev_err *e)
{
	size_t at = (size_t)(s.p - expr.p), off;

	w->kind = EV_STRING;
	if (s.n == 0) {
		ev_fail(e, EV_USAGE, "no value behind %s", w->op->name);
		return bad(expr, at, e);
	}
	if (s.p[0] == '"') {
		if (ev_json_check(s, &off, NULL) != EV_OK) {
			ev_fail(e, EV_USAGE, "this is no JSON string");
			return bad(expr, at + off, e);
		}
		return ev_str_view(s, &w->text, text, e);
	}
	if (s.p[0] == '\'') {
		if (between(s, '\'', text))
			return EV_OK;
		ev_fail(e, EV_USAGE, "a text in single quotes ends with one and holds none");
		return bad(expr, at, e);
	}
	if (w->op->form == REGEX && s.p[0] == '/' && between(s, '/', text))
		return EV_OK;
	return read_word(w, expr, s, text, e);
}

/* Keeps what the operator compares with. */
static enum ev_code
keep_value(struct ev_where *w, struct ev_slice expr, struct ev_slice text, struct ev_err *e)
{
	bool escaped = text.p == w->text.p;
	enum ev_code rc;

	if (w->op->form == REGEX)
		return ev_regex_init(&w->regex, text, escaped ? text : expr, e);
	if (w->op->form == COMPARE && w->kind != EV_STRING && w->kind != EV_NUMBER &&
	    w->op->holds != EQUAL && (w->op->holds & OTHER) == 0) {
		ev_fail(e, EV_USAGE, "%s compares with a number or a text", w->op->name);
		return bad(expr, (size_t)(text.p - expr.p), e);
	}
	if (!escaped && (rc = ev_buf_adds(&w->text, text, e)) != EV_OK)
		return rc;
	if (w->kind == EV_NUMBER)
		w->num = ev_num_read(ev_buf_view(&w->text));
	return EV_OK;
}

static enum ev_code
parse(struct ev_where *w, struct ev_slice expr, struct ev_paths *set, struct ev_err *e)
{
	size_t at = blanks(expr, 0), end = expr.n;
	struct ev_slice text;
	enum ev_code rc;

	if ((rc = read_path(w, expr, &at, set, e)) != EV_OK ||
	    (rc = read_op(w, expr, &at, e)) != EV_OK)
		return rc;
	while (end > at && (expr.p[end - 1] == ' ' || expr.p[end - 1] == '\t'))
		end--;
	if (w->op->form == EXISTS) {
		if (at == end)
			return EV_OK;
		ev_fail(e, EV_USAGE, "something behind %s", w->op->name);
		return bad(expr, at, e);
	}
	if ((rc = read_value(w, expr, (struct ev_slice){ expr.p + at, end - at }, &text, e)) !=
	    EV_OK)
		return rc;
	return keep_value(w, expr, text, e);
}

enum ev_code
ev_where_init(struct ev_where *w, struct ev_slice expr, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc;

	*w = (struct ev_where){ .text = EV_BUF(expr.n) };
	rc = parse(w, expr, set, e);
	if (rc != EV_OK)
		ev_where_fini(w);
	return rc;
}

static int
order(int cmp)
{
	return cmp < 0 ? LESS : cmp > 0 ? MORE : EQUAL;
}

static int
compare_text(struct ev_slice a, struct ev_slice b)
{
	int cmp = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order(cmp != 0 ? cmp : (a.n > b.n) - (a.n < b.n));
}

/* One value against the condition. */
static enum ev_code
test(const struct ev_where *w, const struct ev_val *v, struct ev_buf *tmp, bool *yes,
    struct ev_err *e)
{
	struct ev_slice text = { "", 0 };
	enum ev_code rc;
	int is = OTHER;

	*yes = false;
	if (v->kind == EV_STRING && w->kind == EV_STRING) {
		tmp->max = v->raw.n;
		if ((rc = ev_str_view(v->raw, tmp, &text, e)) != EV_OK)
			return rc;
		if (w->op->form == REGEX)
			return ev_regex_match(&w->regex, text, yes, e);
		if (w->op->form == TEXT)
			*yes = w->op->meets(text, ev_buf_view(&w->text));
		else
			is = compare_text(text, ev_buf_view(&w->text));
	} else if (v->kind == EV_NUMBER && w->kind == EV_NUMBER) {
		struct ev_num num = ev_num_read(v->raw);

		is = order(ev_num_cmp(&num, &w->num));
	} else if (v->kind == w->kind) {
		is = EQUAL;
	}
	if (w->op->form == COMPARE)
		*yes = (w->op->holds & is) != 0;
	return EV_OK;
}

static bool
is_there(const struct ev_where *w, const struct ev_scan *scan)
{
	size_t i;

	if (!w->many)
		return scan->val[w->path].kind != EV_ABSENT;
	for (i = 0; i < scan->manys; i++)
		if (scan->many[i].path == w->path)
			return true;
	return false;
}

enum ev_code
ev_where_match(const struct ev_where *w, const struct ev_scan *scan, struct ev_buf *tmp, bool *yes,
    struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	*yes = false;
	if (w->op->form == EXISTS)
		*yes = is_there(w, scan) == (w->op->holds == EQUAL);
	else if (!w->many && scan->val[w->path].kind != EV_ABSENT)
		rc = test(w, &scan->val[w->path], tmp, yes, e);
	else if (w->many)
		for (i = 0; i < scan->manys && !*yes && rc == EV_OK; i++)
			if (scan->many[i].path == w->path)
				rc = test(w, &scan->many[i], tmp, yes, e);
	return rc;
}

void
ev_where_fini(struct ev_where *w)
{
	ev_buf_fini(&w->text);
	ev_regex_fini(&w->regex);
	*w = (struct ev_where){ 0 };
}
