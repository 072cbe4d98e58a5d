/* SPDX-License-Identifier: MIT */
#include "event/type.h"

#include <stdlib.h>

#include "event/regex.h"
#include "json/str.h"

struct ev_type_pattern {
	struct ev_slice text;                                      /* borrowed */
	bool (*meets)(struct ev_slice text, struct ev_slice type); /* NULL: the regex */
	struct ev_regex regex;
};

/* Bytes of the UTF-8 character that s begins with. */
static size_t
char_len(struct ev_slice s)
{
	size_t n = 1;

	while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Goes back to the last `*` only, which is enough: pattern times text at worst. */
static bool
glob_meets(struct ev_slice glob, struct ev_slice s)
{
	size_t g = 0, i = 0, star = SIZE_MAX, from = 0;

	while (i < s.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			from = i;
		} else if (g < glob.n && glob.p[g] == '?') {
			g++;
			i += char_len((struct ev_slice){ s.p + i, s.n - i });
		} else if (g < glob.n && glob.p[g] == s.p[i]) {
			g++;
			i++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			i = from += char_len((struct ev_slice){ s.p + from, s.n - from });
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

/* A `*` behind a plain letter: `order-*` in a regex is any number of `-`. */
static bool
looks_like_glob(struct ev_slice re)
{
	size_t i;

	for (i = 1; i < re.n; i++) {
		unsigned char before = (unsigned char)re.p[i - 1];
		bool plain = before == '-' || before == '_' || (before >= 'a' && before <= 'z');

		if (re.p[i] == '*' && plain && (i < 2 || re.p[i - 2] != '\\'))
			return true;
	}
	return false;
}

static enum ev_code
init_regex(struct ev_type_pattern *p, const char **warn, struct ev_err *e)
{
	struct ev_slice re = { p->text.p + 1, p->text.n - 2 };
	enum ev_code rc;

	if (p->text.n < 3 || p->text.p[p->text.n - 1] != '/') {
		ev_fail(e, EV_USAGE,
		    "a type pattern that begins with / is a regular expression and ends with /; "
		    "(?i) in it ignores case");
		ev_err_place(e, 0, p->text, p->text.n);
		return EV_USAGE;
	}
	p->meets = NULL;
	if ((rc = ev_regex_init(&p->regex, re, p->text, e)) != EV_OK)
		return rc;
	if (warn != NULL && looks_like_glob(re))
		*warn = "the type pattern looks like a glob, but in a regular expression * repeats "
			"what stands before it; "
			"a glob is written without the slashes";
	else if (warn != NULL && !ev_regex_anchored(&p->regex))
		*warn = "the regular expression meets its text anywhere in a type; ^ at its "
			"beginning anchors it";
	return EV_OK;
}

enum ev_code
ev_types_add(struct ev_types *t, const char *pattern, const char **warn, struct ev_err *e)
{
	struct ev_type_pattern p = { .text = ev_slice_str(pattern), .meets = ev_slice_eq }, *v;
	const char **exact;
	enum ev_code rc;

	if (warn != NULL)
		*warn = NULL;
	if (p.text.n == 0)
		return ev_fail(e, EV_USAGE, "an empty type pattern");
	v = realloc(t->v, (t->n + 1) * sizeof(*v));
	if (v == NULL)
		return ev_fail_mem(e);
	t->v = v;
	exact = realloc(t->exact, (t->n + 1) * sizeof(*exact));
	if (exact == NULL)
		return ev_fail_mem(e);
	t->exact = exact;
	if (*pattern == '/') {
		if ((rc = init_regex(&p, warn, e)) != EV_OK)
			return rc;
	} else if (strpbrk(pattern, "*?") != NULL) {
		p.meets = glob_meets;
	} else {
		t->exact[t->exacts++] = pattern;
	}
	t->v[t->n++] = p;
	return EV_OK;
}

enum ev_code
ev_types_match(struct ev_types *t, const struct ev_val *type, bool *yes, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	struct ev_slice text;
	size_t i;

	*yes = false;
	if (type->kind != EV_STRING)
		return EV_OK;
	if (!ev_str_plain(type->raw, &text)) {
		t->tmp.max = type->raw.n;
		if ((rc = ev_str_view(type->raw, &t->tmp, &text, e)) != EV_OK)
			return rc;
	}
	for (i = 0; i < t->n && !*yes && rc == EV_OK; i++) {
		const struct ev_type_pattern *p = &t->v[i];

		if (p->meets != NULL)
			*yes = p->meets(p->text, text);
		else
			rc = ev_regex_match(&p->regex, text, yes, e);
	}
	return rc;
}

bool
ev_types_exact(const struct ev_types *t, const char *const **names, size_t *n)
{
	*names = t->exact;
	*n = t->exacts;
	return t->exacts == t->n;
}

void
ev_types_fini(struct ev_types *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		ev_regex_fini(&t->v[i].regex);
	free(t->v);
	free(t->exact);
	ev_buf_fini(&t->tmp);
	*t = (struct ev_types){ 0 };
}
