/* SPDX-License-Identifier: MIT */
/* A rule's conditions as patterns of the engine, so that the cost of an event follows what it
 * meets. */
#include <stdlib.h>

#include "json/iter.h"
#include "json/str.h"
#include "match/rules_read.h"

/*
 * A condition that is a pattern, or that a pattern is wider than: over the event, or over one
 * member of it. Conditions are joined into one pattern where no member of the event is asked for by
 * two of them: then no array is common to them, from which one pattern would have to choose one
 * element.
 */
struct part {
	const char *condition;
	const char *member; /* NULL: over the event */
	struct ev_slice at; /* in the rules' text */
	struct ev_slice json;
	bool joined;
};

enum { PARTS = 4 };

/* Whether an object, or an alternative of its $or, has a member of that name. */
static bool
mentions(struct ev_slice object, const char *name)
{
	struct ev_iter it = ev_iter_view(object), each;
	struct ev_slice key, none;
	struct ev_val v, alternative;

	while (ev_iter_next(&it, &key, &v)) {
		if (ev_str_eq(key, ev_slice_str(name)))
			return true;
		if (v.kind != EV_ARRAY || !ev_str_eq(key, EV_LIT("$or")))
			continue;
		for (each = ev_iter_view(v.raw); ev_iter_next(&each, &none, &alternative);)
			if (mentions(alternative.raw, name))
				return true;
	}
	return false;
}

/* Gives the pattern to the engine. */
static enum ev_code
add(struct ev_rules_reader *rd, struct ev_slice pattern, struct ev_err *why)
{
	struct ev_rules_work *w = rd->r->work;
	struct ev_match scratch = { 0 };
	enum ev_code rc;

	if (!rd->rule->enabled) { /* only whether it could */
		rc = ev_match_add(&scratch, pattern, 0, why);
		ev_match_fini(&scratch);
		return rc;
	}
	if (w->numbers == w->cap) {
		uint32_t cap = w->cap == 0 ? 64 : w->cap * 2;
		uint32_t *v = realloc(w->rule_of, cap * sizeof(*v));

		if (v == NULL)
			return ev_fail_mem(why);
		w->rule_of = v;
		w->cap = cap;
	}
	if ((rc = ev_match_add(&rd->r->match, pattern, w->numbers, why)) != EV_OK)
		return rc;
	w->rule_of[w->numbers++] = (uint32_t)rd->rule->work->order;
	rd->rule->work->parts++;
	return EV_OK;
}

/* Appends the members that the part stands for. */
static enum ev_code
add_members(const struct part *p, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = out->n > 1 ? ev_buf_addc(out, ',', e) : EV_OK;

	if (rc == EV_OK && p->member == NULL) /* without its braces */
		return ev_buf_add(out, p->json.p + 1, p->json.n - 2, e);
	if (rc == EV_OK)
		rc = ev_buf_addf(out, e, "\"%s\":", p->member);
	return rc == EV_OK ? ev_buf_adds(out, p->json, e) : rc;
}

/* Puts those of the n parts that are joined into one pattern; false: it is too much for one. */
static enum ev_code
add_joined(struct ev_rules_reader *rd, const struct part *p, size_t n, bool *done)
{
	struct ev_buf pattern = EV_BUF(2);
	struct ev_err why = { 0 };
	enum ev_code rc;
	size_t i;

	for (i = 0; i < n; i++)
		pattern.max += p[i].json.n + 16;
	rc = ev_buf_addc(&pattern, '{', &why);
	for (i = 0; i < n && rc == EV_OK; i++)
		if (p[i].joined)
			rc = add_members(&p[i], &pattern, &why);
	if (rc == EV_OK && (rc = ev_buf_addc(&pattern, '}', &why)) == EV_OK)
		rc = add(rd, ev_buf_view(&pattern), &why);
	ev_buf_fini(&pattern);
	*done = rc == EV_OK;
	return rc == EV_USAGE ? EV_OK : rc == EV_OK ? rc : ev_fail(rd->e, rc, "%s", why.text);
}

static enum ev_code
add_alone(struct ev_rules_reader *rd, const struct part *p)
{
	struct ev_buf pattern = EV_BUF(p->json.n + 16);
	struct ev_err why = { 0 };
	enum ev_code rc = ev_buf_addc(&pattern, '{', rd->e);

	if (rc == EV_OK)
		rc = add_members(p, &pattern, rd->e);
	if (rc == EV_OK)
		rc = ev_buf_addc(&pattern, '}', rd->e);
	if (rc == EV_OK && (rc = add(rd, ev_buf_view(&pattern), &why)) != EV_OK) {
		why.line = why.col = 0;
		rc = ev_rules_relay(rd, p->condition, p->at, false, &why);
	}
	ev_buf_fini(&pattern);
	return rc;
}

/* Chooses what is joined: one part over the event, and one for each member that it does not ask
 * for. */
static void
choose(struct part *p, size_t n)
{
	struct ev_slice base = EV_LIT("{}");
	size_t i, k;

	for (i = 0; i < n && base.n == 2; i++)
		if (p[i].member == NULL) {
			p[i].joined = true;
			base = p[i].json;
		}
	for (i = 0; i < n; i++) {
		bool first = p[i].member != NULL && !mentions(base, p[i].member);

		for (k = 0; first && k < i; k++)
			first = p[k].member == NULL || strcmp(p[k].member, p[i].member) != 0;
		p[i].joined |= first;
	}
}

static enum ev_code
add_parts(struct ev_rules_reader *rd, struct part *p, size_t n)
{
	bool done = false;
	enum ev_code rc;
	size_t i;

	choose(p, n);
	rc = n > 0 ? add_joined(rd, p, n, &done) : EV_OK;
	for (i = 0; i < n && rc == EV_OK; i++)
		if (!done || !p[i].joined)
			rc = add_alone(rd, &p[i]);
	return rc;
}

/* A type pattern as an alternative; `?` is not known to the engine: any run of bytes is wider. */
static enum ev_code
add_type(const char *type, struct ev_buf *out, struct ev_err *e)
{
	struct ev_slice text = ev_slice_str(type);
	struct ev_buf stars = EV_BUF(text.n);
	enum ev_code rc = EV_OK;
	size_t i;

	if (*type == '/') {
		if ((rc = ev_buf_adds(out, EV_LIT("{\"regex\":"), e)) == EV_OK)
			rc = ev_str_encode((struct ev_slice){ type + 1, text.n - 2 }, out, e);
		return rc == EV_OK ? ev_buf_addc(out, '}', e) : rc;
	}
	for (i = 0; i < text.n && rc == EV_OK; i++) {
		bool star = type[i] == '*' || type[i] == '?';

		if (!star || stars.n == 0 || stars.p[stars.n - 1] != EV_STAR)
			rc = ev_buf_addc(&stars, star ? EV_STAR : type[i], e);
	}
	if (rc == EV_OK)
		rc = ev_stars_pattern(ev_buf_view(&stars), out, e);
	ev_buf_fini(&stars);
	return rc;
}

/* The alternatives for the member `type`; none: out stays empty. */
static enum ev_code
make_types(const struct ev_rule_work *w, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	out->max = 16 * (w->types.n + w->binding.n) + 64;
	for (i = 0; i < w->n_type && rc == EV_OK; i++)
		if ((rc = ev_buf_addc(out, i == 0 ? '[' : ',', e)) == EV_OK)
			rc = add_type(w->type[i], out, e);
	if (rc == EV_OK && w->n_type == 0 && w->bind.key != NULL &&
	    (rc = ev_buf_addc(out, '[', e)) == EV_OK)
		rc = ev_binding_pattern(&w->bind, out, e);
	return rc == EV_OK && out->n > 0 ? ev_buf_addc(out, ']', e) : rc;
}

enum ev_code
ev_rule_compile(struct ev_rules_reader *rd)
{
	struct ev_rule_work *w = rd->rule->work;
	struct ev_slice type = w->n_type > 0 ? w->types : w->binding;
	struct ev_buf types = EV_BUF(0);
	struct part p[PARTS];
	size_t n = 0;
	enum ev_code rc = make_types(w, &types, rd->e);

	if (w->pattern.n > 0)
		p[n++] = (struct part){ "pattern", NULL, w->pattern, w->pattern, false };
	if (w->policy.n > 0)
		p[n++] =
		    (struct part){ "policy", w->body ? NULL : "tags", w->policy, w->policy, false };
	if (types.n > 0)
		p[n++] = (struct part){ w->n_type > 0 ? "eventType" : "binding", "type", type,
			ev_buf_view(&types), false };
	if (w->bind.headers.n > 0)
		p[n++] = (struct part){ "binding", "tags", w->binding,
			ev_buf_view(&w->bind.headers), false };
	if (rc == EV_OK)
		rc = add_parts(rd, p, n);
	ev_buf_fini(&types);
	return rc;
}
