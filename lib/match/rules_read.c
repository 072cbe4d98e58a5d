/* SPDX-License-Identifier: MIT */
/* What all parts of a rules file are read with: members, strings, numbers, refusals. */
#include "match/rules_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/near.h"
#include "json/iter.h"
#include "json/place.h"
#include "json/str.h"

/* `rule "id": ` before what e says already. */
static void
name_rule(const struct ev_rule *rule, struct ev_err *e)
{
	struct ev_err named = { 0 };
	size_t n;

	if (e == NULL || rule == NULL)
		return;
	if (rule->id != NULL) {
		n = strlen(rule->id);
		for (n = n < 60 ? n : 60; n > 0 && ((unsigned char)rule->id[n] & 0xc0) == 0x80; n--)
			;
		ev_fail(&named, EV_USAGE, "rule \"%.*s\": %s", (int)n, rule->id, e->text);
	} else {
		ev_fail(&named, EV_USAGE, "rule number %zu: %s", rule->work->order + 1, e->text);
	}
	memcpy(e->text, named.text, sizeof(e->text));
}

void
ev_rules_blame(const struct ev_rules *r, const struct ev_rule *rule, size_t off, struct ev_err *e)
{
	name_rule(rule, e);
	ev_err_offset(e, ev_buf_view(&r->text), off);
}

enum ev_code
ev_rules_refuse(struct ev_rules_reader *rd, const char *at, const char *fmt, ...)
{
	char text[sizeof(rd->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (rd->e != NULL && rd->e->code == EV_OK) {
		ev_fail(rd->e, EV_USAGE, "%s", text);
		name_rule(rd->rule, rd->e);
		ev_err_offset(rd->e, rd->text, (size_t)(at - rd->text.p));
	}
	return EV_USAGE;
}

enum ev_code
ev_rules_wanted(
    struct ev_rules_reader *rd, const char *member, const struct ev_val *v, const char *what)
{
	return ev_rules_refuse(
	    rd, v->raw.p, "%s: found %s, wanted %s", member, ev_kind_name(v->kind), what);
}

enum ev_code
ev_rules_relay(struct ev_rules_reader *rd, const char *member, struct ev_slice part, bool quoted,
    const struct ev_err *why)
{
	size_t off;

	if (why->code != EV_USAGE)
		return ev_fail(rd->e, why->code, "%s", why->text);
	if (quoted)
		off = ev_place_string(part, why->col > 0 ? why->col - 1 : 0);
	else
		off = ev_place_error(why, part);
	return ev_rules_refuse(rd, part.p + off, "%s: %s", member, why->text);
}

void
ev_rules_warn(struct ev_rules_reader *rd, const char *at, const char *fmt, ...)
{
	struct ev_err why = { 0 };
	char text[sizeof(why.text)];
	va_list ap;

	if (rd->warn == NULL || rd->warnings > EV_RULES_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (++rd->warnings > EV_RULES_WARNINGS)
		snprintf(text, sizeof(text), "more warnings than %d; the others are not told",
		    EV_RULES_WARNINGS);
	ev_fail(&why, EV_USAGE, "%s", text);
	name_rule(rd->rule, &why);
	ev_err_offset(&why, rd->text, (size_t)(at - rd->text.p));
	rd->warn(rd->arg, &why);
}

static enum ev_code
unknown(struct ev_rules_reader *rd, const char *front, struct ev_slice key,
    const char *const *names, size_t n)
{
	struct ev_near near = { .wrong = NULL };
	char word[64];
	size_t i;

	snprintf(word, sizeof(word), "%.*s", key.n > 60 ? 60 : (int)key.n - 2, key.p + 1);
	near.wrong = word;
	for (i = 0; i < n; i++)
		ev_near_try(&near, names[i]);
	return near.best != NULL
	    ? ev_rules_refuse(rd, key.p, "%sunknown member \"%s\"; did you mean \"%s\"?", front,
		  word, near.best)
	    : ev_rules_refuse(rd, key.p, "%sunknown member \"%s\"", front, word);
}

enum ev_code
ev_rules_members(struct ev_rules_reader *rd, const char *what, const struct ev_val *object,
    const char *const *names, size_t n, struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(object->raw);
	char front[40] = "";
	struct ev_slice key;
	struct ev_val value;
	size_t i;

	if (what != NULL)
		snprintf(front, sizeof(front), "%s: ", what);
	for (i = 0; i < n; i++)
		v[i] = (struct ev_val){ .raw = { object->raw.p, 0 }, .kind = EV_ABSENT };
	if (object->kind != EV_OBJECT)
		return ev_rules_refuse(rd, object->raw.p, "%sfound %s, wanted an object", front,
		    ev_kind_name(object->kind));
	while (ev_iter_next(&it, &key, &value)) {
		for (i = 0; i < n && !ev_str_eq(key, ev_slice_str(names[i])); i++)
			;
		if (i == n)
			return unknown(rd, front, key, names, n);
		if (v[i].kind != EV_ABSENT)
			return ev_rules_refuse(
			    rd, key.p, "%sthe member \"%s\" twice", front, names[i]);
		v[i] = value;
	}
	return EV_OK;
}

enum ev_code
ev_rules_string(struct ev_rules_reader *rd, const char *member, const struct ev_val *v, char **text)
{
	struct ev_buf own = EV_BUF(v->raw.n);
	enum ev_code rc;
	size_t i;

	if (v->kind != EV_STRING)
		return ev_rules_wanted(rd, member, v, "a string");
	if ((rc = ev_str_decode(v->raw, &own, rd->e)) != EV_OK)
		return rc;
	for (i = 0; i < own.n && (unsigned char)own.p[i] >= 0x20; i++)
		;
	if (own.n > 0 && i == own.n) {
		*text = own.p;
		return EV_OK;
	}
	ev_buf_fini(&own);
	return ev_rules_refuse(rd, v->raw.p + ev_place_string(v->raw, i), "%s: %s", member,
	    i == 0 && v->raw.n == 2 ? "found an empty string" : "found a control character");
}

enum ev_code
ev_rules_bool(struct ev_rules_reader *rd, const char *member, const struct ev_val *v, bool *yes)
{
	*yes = v->kind == EV_TRUE;
	return *yes || v->kind == EV_FALSE ? EV_OK
					   : ev_rules_wanted(rd, member, v, "true or false");
}

enum ev_code
ev_rules_int(struct ev_rules_reader *rd, const char *member, const struct ev_val *v, int64_t min,
    int64_t max, int64_t *n)
{
	if (v->kind == EV_NUMBER && ev_num_int(v->raw, n) && *n >= min && *n <= max)
		return EV_OK;
	if (v->kind == EV_NUMBER)
		return ev_rules_refuse(rd, v->raw.p,
		    "%s: found %.*s, wanted an integer from %lld to %lld", member,
		    v->raw.n > 40 ? 40 : EV_FMT(v->raw), (long long)min, (long long)max);
	return ev_rules_wanted(rd, member, v, "an integer");
}

enum ev_code
ev_rules_list_next(
    struct ev_rules_reader *rd, const char *member, struct ev_rules_list *l, bool *more)
{
	struct ev_slice none;

	if (l->n == 0 && l->v.kind == EV_ARRAY) {
		l->list = true;
		l->it = ev_iter_view(l->v.raw);
	}
	if (l->list) {
		struct ev_slice whole = l->v.raw;

		*more = ev_iter_next(&l->it, &none, &l->v);
		if (!*more && l->n == 0)
			return ev_rules_refuse(rd, whole.p, "%s: an empty list", member);
	} else {
		*more = l->n == 0;
	}
	l->n++;
	return EV_OK;
}
