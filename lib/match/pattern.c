/* SPDX-License-Identifier: MIT */
/* From a pattern's text to conjunctions of fields. The text is read as it stands: number spelling
 * counts. */
#include <stdlib.h>

#include "json/iter.h"
#include "json/str.h"
#include "match/pattern.h"
#include "match/words.h"

static enum ev_code
new_field(struct ev_pattern_reader *r, const struct ev_field *f, uint32_t *number)
{
	struct ev_match *m = r->m;

	if (m->fields == m->field_cap) {
		uint32_t cap = m->field_cap == 0 ? 64 : m->field_cap * 2;
		struct ev_field *v = realloc(m->field, cap * sizeof(*v));

		if (v == NULL)
			return ev_fail_mem(r->e);
		m->field = v;
		m->field_cap = cap;
	}
	m->field[m->fields] = *f;
	*number = m->fields++;
	return EV_OK;
}

/* A leaf of the pattern: the list of alternatives of one field. */
static enum ev_code
read_field(struct ev_pattern_reader *r, uint32_t node, const struct ev_val *v, uint32_t *number)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_field f = { .first = (uint32_t)r->m->list.n,
		.at = (uint32_t)(v->raw.p - r->text.p),
		.len = (uint32_t)v->raw.n };
	struct ev_pattern_place at = { 0, NULL, &f.absent, false };
	struct ev_words list = { NULL, 0, 0 };
	struct ev_slice none;
	struct ev_val each;
	enum ev_code rc;
	size_t n = 0, i;

	rc = ev_paths_number(&r->m->paths, node, &f.path, r->e);
	at.path = f.path;
	at.list = &list;
	for (; rc == EV_OK && ev_iter_next(&it, &none, &each); n++)
		rc = ev_pattern_alternative(r, &at, &each);
	if (rc == EV_OK && n == 0)
		rc = ev_pattern_refuse(r, v->raw, "an empty list, wanted at least one alternative");
	for (i = 0; rc == EV_OK && i < list.n; i++)
		rc = ev_words_add(&r->m->list, list.v[i], r->e);
	f.n = (uint32_t)list.n;
	free(list.v);
	return rc != EV_OK ? rc : new_field(r, &f, number);
}

/* Sets of conjunctions: for each one the number of its fields, then the fields. */
struct set {
	struct ev_words words;
	size_t n;
};

static enum ev_code
same_path(struct ev_pattern_reader *r, uint32_t a, uint32_t b)
{
	struct ev_err first = { 0 };

	ev_err_offset(&first, r->text, r->m->field[a].at);
	return ev_pattern_refuse(r, (struct ev_slice){ r->text.p + r->m->field[b].at, 0 },
	    "the same path twice; the first one is at line %lu, column %lu", first.line, first.col);
}

/* Appends to out the conjunction of a and b. */
static enum ev_code
join(struct ev_pattern_reader *r, struct set *out, const uint32_t *a, const uint32_t *b)
{
	enum ev_code rc = ev_words_add(&out->words, a[0] + b[0], r->e);
	uint32_t i, j;

	for (i = 1; i <= a[0]; i++)
		for (j = 1; j <= b[0]; j++)
			if (r->m->field[a[i]].path == r->m->field[b[j]].path)
				return same_path(r, a[i], b[j]);
	for (i = 1; rc == EV_OK && i <= a[0]; i++)
		rc = ev_words_add(&out->words, a[i], r->e);
	for (j = 1; rc == EV_OK && j <= b[0]; j++)
		rc = ev_words_add(&out->words, b[j], r->e);
	out->n++;
	return rc;
}

/* *a becomes all pairs of a and b. */
static enum ev_code
multiply(struct ev_pattern_reader *r, struct set *a, const struct set *b)
{
	struct set out = { { NULL, 0, 0 }, 0 };
	const uint32_t *x, *y;
	enum ev_code rc = EV_OK;

	if (a->n * b->n > EV_CONJUNCTIONS)
		return ev_pattern_refuse(r, r->text,
		    "more than %d alternatives when its $or are multiplied out", EV_CONJUNCTIONS);
	for (x = a->words.v; rc == EV_OK && x < a->words.v + a->words.n; x += x[0] + 1)
		for (y = b->words.v; rc == EV_OK && y < b->words.v + b->words.n; y += y[0] + 1)
			rc = join(r, &out, x, y);
	free(a->words.v);
	*a = out;
	return rc;
}

static enum ev_code read_object(struct ev_pattern_reader *r, uint32_t node, const struct ev_val *v,
    bool in_or, struct set *out);

static enum ev_code
read_or(struct ev_pattern_reader *r, uint32_t node, const struct ev_val *v, struct set *out)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_slice none;
	struct ev_val each;
	enum ev_code rc = EV_OK;
	size_t n, i;

	if (v->kind != EV_ARRAY)
		return ev_pattern_refuse(r, v->raw,
		    "$or: found %s, wanted a list of two or more patterns", ev_kind_name(v->kind));
	for (n = 0; rc == EV_OK && ev_iter_next(&it, &none, &each); n++) {
		struct set one = { { NULL, 0, 0 }, 0 };

		if (each.kind != EV_OBJECT)
			rc = ev_pattern_refuse(r, each.raw, "$or: found %s, wanted a pattern",
			    ev_kind_name(each.kind));
		else
			rc = read_object(r, node, &each, true, &one);
		for (i = 0; rc == EV_OK && i < one.words.n; i++)
			rc = ev_words_add(&out->words, one.words.v[i], r->e);
		out->n += one.n;
		free(one.words.v);
		if (rc == EV_OK && out->n > EV_CONJUNCTIONS)
			rc = ev_pattern_refuse(r, each.raw,
			    "more than %d alternatives when its $or are multiplied out",
			    EV_CONJUNCTIONS);
	}
	if (rc == EV_OK && n < 2)
		rc = ev_pattern_refuse(r, v->raw, "$or: found %zu, wanted two or more patterns", n);
	return rc;
}

/* What stands under one name: a set of conjunctions. */
static enum ev_code
read_member(struct ev_pattern_reader *r, uint32_t node, struct ev_slice name,
    const struct ev_val *v, bool in_or, struct set *out)
{
	uint32_t child, field = 0;
	enum ev_code rc;

	if ((rc = ev_paths_member(&r->m->paths, node, name, &child, r->e)) != EV_OK)
		return rc;
	if (v->kind == EV_OBJECT)
		return read_object(r, child, v, in_or, out);
	if (v->kind != EV_ARRAY)
		return ev_pattern_refuse(r, v->raw,
		    "found %s, wanted a list of alternatives or an object", ev_kind_name(v->kind));
	if ((rc = read_field(r, child, v, &field)) == EV_OK &&
	    (rc = ev_words_add(&out->words, 1, r->e)) == EV_OK)
		rc = ev_words_add(&out->words, field, r->e);
	out->n = 1;
	return rc;
}

/* The names of one object, to find one that comes twice. */
static enum ev_code
once(struct ev_pattern_reader *r, struct ev_slice object, struct ev_slice key, struct ev_slice name)
{
	struct ev_iter it = ev_iter_view(object);
	struct ev_slice other;
	struct ev_val v;

	while (ev_iter_next(&it, &other, &v) && other.p < key.p)
		if (ev_str_eq(other, name))
			return ev_pattern_refuse(r, key, "the member \"%.*s\" twice in one object",
			    name.n > 60 ? 60 : (int)name.n, name.p);
	return EV_OK;
}

static enum ev_code
read_object(
    struct ev_pattern_reader *r, uint32_t node, const struct ev_val *v, bool in_or, struct set *out)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_buf decoded = EV_BUF(EV_PATTERN);
	struct ev_slice key, name;
	enum ev_code rc = EV_OK;
	struct ev_val value;

	if ((rc = ev_words_add(&out->words, 0, r->e)) != EV_OK) /* one empty conjunction */
		return rc;
	out->n = 1;
	if (!ev_iter_next(&it, &key, &value))
		return ev_pattern_refuse(r, v->raw, "an empty object, wanted at least one member");
	do {
		struct set under = { { NULL, 0, 0 }, 0 };

		ev_buf_clear(&decoded);
		if ((rc = ev_str_view(key, &decoded, &name, r->e)) == EV_OK &&
		    (rc = once(r, v->raw, key, name)) == EV_OK) {
			if (ev_slice_eq(name, EV_LIT("$or")))
				rc = read_or(r, node, &value, &under);
			else if (in_or && ev_pattern_is_operator(name))
				rc = ev_pattern_refuse(r, key,
				    "$or: the operator \"%.*s\" as a member's name", EV_FMT(name));
			else
				rc = read_member(r, node, name, &value, in_or, &under);
		}
		if (rc == EV_OK)
			rc = multiply(r, out, &under);
		free(under.words.v);
	} while (rc == EV_OK && ev_iter_next(&it, &key, &value));
	ev_buf_fini(&decoded);
	return rc;
}

static enum ev_code
keep(struct ev_pattern_reader *r, const struct set *all, uint32_t rule)
{
	struct ev_match *m = r->m;
	const uint32_t *w;
	enum ev_code rc = EV_OK;
	uint32_t i;

	for (w = all->words.v; rc == EV_OK && w < all->words.v + all->words.n; w += w[0] + 1) {
		if (m->conjunctions == m->conjunction_cap) {
			uint32_t cap = m->conjunction_cap == 0 ? 64 : m->conjunction_cap * 2;
			struct ev_conjunction *v = realloc(m->conjunction, cap * sizeof(*v));

			if (v == NULL)
				return ev_fail_mem(r->e);
			m->conjunction = v;
			m->conjunction_cap = cap;
		}
		m->conjunction[m->conjunctions++] =
		    (struct ev_conjunction){ rule, (uint32_t)m->member.n, w[0], 0 };
		for (i = 1; rc == EV_OK && i <= w[0]; i++)
			rc = ev_words_add(&m->member, w[i], r->e);
	}
	return rc;
}

enum ev_code
ev_match_add(struct ev_match *m, struct ev_slice text, uint32_t rule, struct ev_err *e)
{
	struct ev_err own = { 0 };
	struct ev_pattern_reader r = { m, text, EV_BUF(EV_PATTERN), e != NULL ? e : &own };
	struct set all = { { NULL, 0, 0 }, 0 };
	uint32_t before = m->conjunctions;
	struct ev_val v;
	enum ev_code rc;
	size_t off;

	m->paths.through = true;
	if (text.n > EV_PATTERN)
		return ev_fail(
		    e, EV_USAGE, "a pattern of %zu bytes, wanted at most %d", text.n, EV_PATTERN);
	if (ev_json_check(text, &off, &own) != EV_OK) {
		own.near[0] = '\0';
		return ev_pattern_refuse(&r, (struct ev_slice){ text.p + off, 0 }, "%s", own.text);
	}
	text = ev_slice_trim(text);
	v = (struct ev_val){ .raw = text, .kind = ev_kind_of(text) };
	if (v.kind != EV_OBJECT)
		rc = ev_pattern_refuse(
		    &r, v.raw, "found %s, wanted a pattern: an object", ev_kind_name(v.kind));
	else
		rc = read_object(&r, 0, &v, false, &all);
	if (rc == EV_OK)
		rc = keep(&r, &all, rule);
	if (rc != EV_OK)
		m->conjunctions = before;
	else if (rule >= m->rules)
		m->rules = rule + 1;
	free(all.words.v);
	ev_buf_fini(&r.tmp);
	return rc;
}
