/* SPDX-License-Identifier: MIT */
/* The alternatives of a pattern's fields become predicates. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/near.h"
#include "json/iter.h"
#include "json/str.h"
#include "match/fold.h"
#include "match/pattern.h"
#include "match/words.h"

enum ev_code
ev_pattern_refuse(struct ev_pattern_reader *r, struct ev_slice at, const char *fmt, ...)
{
	char text[sizeof(r->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ev_fail(r->e, EV_USAGE, "%s", text);
	ev_err_offset(r->e, r->text, (size_t)(at.p - r->text.p));
	return EV_USAGE;
}

/* A copy of text for a predicate to own, with the padding that numbers want. */
static enum ev_code
own(struct ev_pattern_reader *r, struct ev_slice text, struct ev_slice *copy)
{
	char *p = calloc(1, text.n + EV_QUICK_PAD);

	if (p == NULL)
		return ev_fail_mem(r->e);
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	*copy = (struct ev_slice){ p, text.n };
	return EV_OK;
}

/* The same of a JSON string, unescaped, and folded where the operator ignores case. */
static enum ev_code
own_string(struct ev_pattern_reader *r, struct ev_slice raw, bool fold, struct ev_slice *copy)
{
	struct ev_buf folded = EV_BUF(2 * EV_PATTERN);
	struct ev_slice text;
	enum ev_code rc;

	if ((rc = ev_str_view(raw, &r->tmp, &text, r->e)) != EV_OK)
		return rc;
	if (fold && (rc = ev_fold(text, &folded, r->e)) == EV_OK)
		text = ev_buf_view(&folded);
	if (rc == EV_OK)
		rc = own(r, text, copy);
	ev_buf_fini(&folded);
	return rc;
}

/* p goes into the set, its number into the field's list. */
static enum ev_code
take(struct ev_pattern_reader *r, struct ev_words *list, struct ev_pred *p)
{
	uint32_t number;
	enum ev_code rc = ev_preds_take(&r->m->preds, p, &number, r->e);

	return rc != EV_OK ? rc : ev_words_add(list, number, r->e);
}

static enum ev_code
add_plain(struct ev_pattern_reader *r, const struct ev_pattern_place *at, enum ev_op op,
    struct ev_slice raw)
{
	struct ev_pred p = { .op = op, .path = at->path };
	enum ev_code rc = EV_OK;

	if (raw.n > 0)
		rc = own_string(r, raw, op >= EV_OP_IEQUAL && op <= EV_OP_IWILD, &p.text);
	return rc != EV_OK ? rc : take(r, at->list, &p);
}

static enum ev_code
add_number(struct ev_pattern_reader *r, const struct ev_pattern_place *at, struct ev_slice raw)
{
	struct ev_pred p = { .op = EV_OP_NUMBER, .path = at->path };
	enum ev_code rc = own(r, raw, &p.text);

	if (rc != EV_OK)
		return rc;
	p.low.set = true;
	ev_quick_read(&p.low.num, p.text);
	p.high = p.low;
	return take(r, at->list, &p);
}

typedef enum ev_code operator(
    struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v);

static operator read_prefix, read_suffix, read_ignore_case, read_exactly, read_wildcard, read_not,
    read_numeric, read_exists, read_cidr, read_regex;

static const struct {
	const char *name;
	operator* read;
	bool in_not; /* may stand within anything-but */
} operators[] = {
	{ "prefix", read_prefix, true },
	{ "suffix", read_suffix, true },
	{ "equals-ignore-case", read_ignore_case, true },
	{ "wildcard", read_wildcard, true },
	{ "anything-but", read_not, false },
	{ "numeric", read_numeric, false },
	{ "exists", read_exists, false },
	{ "cidr", read_cidr, false },
	{ "exactly", read_exactly, false },
	{ "regex", read_regex, false },
};

enum { OPERATORS = sizeof(operators) / sizeof(*operators) };

static size_t
find_operator(struct ev_slice name)
{
	size_t i;

	for (i = 0; i < OPERATORS; i++)
		if (ev_slice_eq(name, ev_slice_str(operators[i].name)))
			break;
	return i;
}

bool
ev_pattern_is_operator(struct ev_slice name)
{
	return find_operator(name) < OPERATORS;
}

static enum ev_code
unknown(struct ev_pattern_reader *r, struct ev_slice at, struct ev_slice name)
{
	struct ev_near near = { .wrong = NULL };
	char word[64];
	size_t i;

	if (ev_slice_eq(name, EV_LIT("shellstyle")))
		return ev_pattern_refuse(
		    r, at, "operator \"shellstyle\" is not supported; write \"wildcard\"");
	if (ev_slice_eq(name, EV_LIT("regexp")))
		return ev_pattern_refuse(
		    r, at, "operator \"regexp\" is not supported; write \"regex\" (PCRE2)");
	snprintf(word, sizeof(word), "%.*s", EV_FMT(name));
	near.wrong = word;
	for (i = 0; i < OPERATORS; i++)
		ev_near_try(&near, operators[i].name);
	if (near.best != NULL)
		return ev_pattern_refuse(
		    r, at, "unknown operator \"%s\"; did you mean \"%s\"?", word, near.best);
	return ev_pattern_refuse(r, at, "unknown operator \"%s\"", word);
}

/* {"equals-ignore-case": …} as the value of prefix, suffix and wildcard: *v becomes the inner
 * value. */
static enum ev_code
inner_ignore_case(struct ev_pattern_reader *r, const char *name, struct ev_val *v, bool *ignore)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_slice key, text;
	struct ev_val inner, second;
	enum ev_code rc;

	*ignore = v->kind == EV_OBJECT;
	if (!*ignore)
		return EV_OK;
	if (!ev_iter_next(&it, &key, &inner))
		return ev_pattern_refuse(
		    r, v->raw, "%s: found {}, wanted a string or {\"equals-ignore-case\":…}", name);
	if ((rc = ev_str_view(key, &r->tmp, &text, r->e)) != EV_OK)
		return rc;
	if (!ev_slice_eq(text, EV_LIT("equals-ignore-case")))
		return ev_pattern_refuse(r, key,
		    "%s: found \"%.*s\", wanted \"equals-ignore-case\"", name, EV_FMT(text));
	if (ev_iter_next(&it, &key, &second))
		return ev_pattern_refuse(r, key, "%s: a second member, wanted one", name);
	*v = inner;
	return EV_OK;
}

static enum ev_code
read_string(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v,
    const char *name, enum ev_op op, enum ev_op iop)
{
	struct ev_val value = *v;
	bool ignore = false;
	enum ev_code rc = EV_OK;

	if (iop != op && !at->in_not)
		rc = inner_ignore_case(r, name, &value, &ignore);
	if (rc != EV_OK)
		return rc;
	if (value.kind != EV_STRING)
		return ev_pattern_refuse(
		    r, value.raw, "%s: found %s, wanted a string", name, ev_kind_name(value.kind));
	if (at->in_not && value.raw.n == 2 && (op == EV_OP_PREFIX || op == EV_OP_SUFFIX))
		return ev_pattern_refuse(
		    r, value.raw, "anything-but: an empty %s is met by every string", name);
	return add_plain(r, at, ignore ? iop : op, value.raw);
}

static enum ev_code
read_prefix(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	return read_string(r, at, v, "prefix", EV_OP_PREFIX, EV_OP_IPREFIX);
}

static enum ev_code
read_suffix(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	return read_string(r, at, v, "suffix", EV_OP_SUFFIX, EV_OP_ISUFFIX);
}

static enum ev_code
read_ignore_case(
    struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	return read_string(r, at, v, "equals-ignore-case", EV_OP_IEQUAL, EV_OP_IEQUAL);
}

static enum ev_code
read_exactly(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	return read_string(r, at, v, "exactly", EV_OP_EQUAL, EV_OP_EQUAL);
}

/*
 * Cuts p->text at its stars: \* and \\ are the only escapes, ** is refused. A text without a star
 * is one part. The parts' bytes stand behind the array of parts: the text as written tells
 * wildcards apart.
 */
static enum ev_code
cut_wildcard(struct ev_pattern_reader *r, struct ev_slice raw, struct ev_pred *p)
{
	struct ev_slice *part = calloc(1, (p->text.n + 1) * (sizeof(*part) + 1));
	char *q = (char *)(part + p->text.n + 1), *from = q;
	size_t i;

	p->part = part;
	if (part == NULL)
		return ev_fail_mem(r->e);
	for (i = 0; i < p->text.n; i++) {
		char c = p->text.p[i], next = i + 1 < p->text.n ? p->text.p[i + 1] : '\0';

		if (c == '*') {
			if (next == '*')
				return ev_pattern_refuse(r, raw,
				    "wildcard: ** is not allowed, one star is any run of bytes");
			part[p->parts++] = (struct ev_slice){ from, (size_t)(q - from) };
			from = q;
			continue;
		}
		if (c == '\\') {
			if (next != '*' && next != '\\')
				return ev_pattern_refuse(
				    r, raw, "wildcard: a backslash stands before * or \\ only");
			c = next;
			i++;
		}
		*q++ = c;
	}
	part[p->parts++] = (struct ev_slice){ from, (size_t)(q - from) };
	return EV_OK;
}

/* A wildcard without a star is plain text. */
static enum ev_code
make_plain(struct ev_pattern_reader *r, struct ev_pred *p)
{
	struct ev_pred plain = { .op = p->op == EV_OP_WILD ? EV_OP_EQUAL : EV_OP_IEQUAL,
		.path = p->path };
	enum ev_code rc = own(r, p->part[0], &plain.text);

	ev_pred_fini(p);
	*p = plain;
	return rc;
}

static enum ev_code
read_wildcard(
    struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	struct ev_pred p = { .op = EV_OP_WILD, .path = at->path };
	struct ev_val value = *v;
	bool ignore = false;
	enum ev_code rc = EV_OK;

	if (!at->in_not)
		rc = inner_ignore_case(r, "wildcard", &value, &ignore);
	if (rc != EV_OK)
		return rc;
	if (value.kind != EV_STRING)
		return ev_pattern_refuse(
		    r, value.raw, "wildcard: found %s, wanted a string", ev_kind_name(value.kind));
	if (ignore)
		p.op = EV_OP_IWILD;
	if ((rc = own_string(r, value.raw, ignore, &p.text)) == EV_OK)
		rc = cut_wildcard(r, value.raw, &p);
	if (rc == EV_OK && p.parts == 1)
		rc = make_plain(r, &p);
	if (rc != EV_OK) {
		ev_pred_fini(&p);
		return rc;
	}
	return take(r, at->list, &p);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* The literals of anything-but: strings only or numbers only. */
static enum ev_code
read_not_list(
    struct ev_pattern_reader *r, const struct ev_pattern_place *inner, const struct ev_val *list)
{
	struct ev_iter it = ev_iter_view(list->raw);
	enum ev_kind kind = EV_ABSENT;
	struct ev_slice name;
	struct ev_val v;
	enum ev_code rc;

	while (ev_iter_next(&it, &name, &v)) {
		if (v.kind != EV_STRING && v.kind != EV_NUMBER)
			return ev_pattern_refuse(r, v.raw,
			    "anything-but: found %s, wanted a string or a number",
			    ev_kind_name(v.kind));
		if (kind != EV_ABSENT && v.kind != kind)
			return ev_pattern_refuse(
			    r, v.raw, "anything-but: a list of strings or of numbers, not of both");
		kind = v.kind;
		rc = kind == EV_STRING ? add_plain(r, inner, EV_OP_EQUAL, v.raw)
				       : add_number(r, inner, v.raw);
		if (rc != EV_OK)
			return rc;
	}
	return kind == EV_ABSENT ? ev_pattern_refuse(r, list->raw, "anything-but: an empty list")
				 : EV_OK;
}

/* {"prefix": x} and the like within anything-but; x a string or a list of strings. */
static enum ev_code
read_not_object(
    struct ev_pattern_reader *r, const struct ev_pattern_place *inner, const struct ev_val *object)
{
	struct ev_iter it = ev_iter_view(object->raw), list;
	struct ev_slice key, text, none;
	struct ev_val v, each;
	enum ev_code rc = EV_OK;
	size_t i, n = 0;

	if (!ev_iter_next(&it, &key, &v))
		return ev_pattern_refuse(r, object->raw, "anything-but: an empty object");
	if ((rc = ev_str_view(key, &r->tmp, &text, r->e)) != EV_OK)
		return rc;
	i = find_operator(text);
	if (i == OPERATORS)
		return unknown(r, key, text);
	if (!operators[i].in_not)
		return ev_pattern_refuse(r, key,
		    "anything-but: \"%s\" may not stand here; wanted prefix, suffix, "
		    "equals-ignore-case or wildcard",
		    operators[i].name);
	if (v.kind != EV_ARRAY) {
		rc = operators[i].read(r, inner, &v);
	} else {
		for (list = ev_iter_view(v.raw); rc == EV_OK && ev_iter_next(&list, &none, &each);
		     n++)
			rc = operators[i].read(r, inner, &each);
		if (rc == EV_OK && n == 0)
			rc = ev_pattern_refuse(r, v.raw, "anything-but: an empty list");
	}
	if (rc == EV_OK && ev_iter_next(&it, &key, &each))
		rc = ev_pattern_refuse(r, key, "anything-but: a second operator, wanted one");
	return rc;
}

static enum ev_code
read_not(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	struct ev_words inner = { NULL, 0, 0 };
	struct ev_pattern_place within = { at->path, &inner, NULL, true };
	struct ev_pred p = { .op = EV_OP_NOT, .path = at->path };
	enum ev_code rc;

	if (v->kind == EV_STRING)
		rc = add_plain(r, &within, EV_OP_EQUAL, v->raw);
	else if (v->kind == EV_NUMBER)
		rc = add_number(r, &within, v->raw);
	else if (v->kind == EV_ARRAY)
		rc = read_not_list(r, &within, v);
	else if (v->kind == EV_OBJECT)
		rc = read_not_object(r, &within, v);
	else
		rc = ev_pattern_refuse(r, v->raw,
		    "anything-but: found %s, wanted a string, a number, a list or an operator",
		    ev_kind_name(v->kind));
	if (rc != EV_OK) {
		free(inner.v);
		return rc;
	}
	qsort(inner.v, inner.n, sizeof(*inner.v), by_number);
	p.inner = inner.v;
	p.inners = (uint32_t)inner.n;
	return take(r, at->list, &p);
}

enum { EQ, LT, LE, GT, GE, COMPARISONS };

static const char *const comparisons[COMPARISONS] = { "=", "<", "<=", ">", ">=" };

/* One pair of numeric: its operator and number. */
static enum ev_code
read_pair(struct ev_pattern_reader *r, struct ev_iter *it, struct ev_slice whole,
    const struct ev_val *op, int *which, struct ev_val *number)
{
	struct ev_slice none, text = EV_LIT("");
	enum ev_code rc = EV_OK;

	if (op->kind == EV_STRING)
		rc = ev_str_view(op->raw, &r->tmp, &text, r->e);
	for (*which = 0;
	     *which < COMPARISONS && !ev_slice_eq(text, ev_slice_str(comparisons[*which]));
	     ++*which)
		;
	if (rc != EV_OK)
		return rc;
	if (*which == COMPARISONS)
		return ev_pattern_refuse(r, op->raw,
		    "numeric: found %.*s, wanted \"=\", \"<\", \"<=\", \">\" or \">=\"",
		    op->raw.n > 40 ? 40 : EV_FMT(op->raw));
	if (!ev_iter_next(it, &none, number))
		return ev_pattern_refuse(
		    r, whole, "numeric: no number behind \"%s\"", comparisons[*which]);
	if (number->kind != EV_NUMBER)
		return ev_pattern_refuse(r, number->raw, "numeric: found %s, wanted a number",
		    ev_kind_name(number->kind));
	return EV_OK;
}

static void
set_bound(struct ev_pred *p, int which, struct ev_slice number)
{
	struct ev_bound b = { .set = true, .open = which == LT || which == GT };

	ev_quick_read(&b.num, number);
	if (which == GT || which == GE || which == EQ)
		p->low = b;
	if (which == LT || which == LE || which == EQ)
		p->high = b;
}

static enum ev_code
read_numeric(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	struct ev_pred p = { .op = EV_OP_RANGE, .path = at->path };
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_val op, low, high;
	struct ev_slice none;
	int first, second;
	enum ev_code rc;

	if (v->kind != EV_ARRAY)
		return ev_pattern_refuse(r, v->raw,
		    "numeric: found %s, wanted a list such as [\">=\",100]", ev_kind_name(v->kind));
	if (!ev_iter_next(&it, &none, &op))
		return ev_pattern_refuse(r, v->raw, "numeric: an empty list");
	if ((rc = read_pair(r, &it, v->raw, &op, &first, &low)) != EV_OK)
		return rc;
	high = low;
	second = first;
	if (ev_iter_next(&it, &none, &op)) {
		if ((rc = read_pair(r, &it, v->raw, &op, &second, &high)) != EV_OK)
			return rc;
		if ((first != GT && first != GE) || (second != LT && second != LE))
			return ev_pattern_refuse(r, op.raw,
			    "numeric: two bounds are a lower one (> or >=), then an upper one (< "
			    "or <=)");
		if (ev_iter_next(&it, &none, &op))
			return ev_pattern_refuse(r, op.raw, "numeric: more than two bounds");
	}
	if (first == EQ)
		return add_number(r, at, low.raw);
	/* the numbers' text lies in one piece of the pattern, from the first to the second */
	if ((rc = own(r,
		 (struct ev_slice){ low.raw.p, (size_t)(high.raw.p + high.raw.n - low.raw.p) },
		 &p.text)) != EV_OK)
		return rc;
	set_bound(&p, first, (struct ev_slice){ p.text.p, low.raw.n });
	set_bound(&p, second, (struct ev_slice){ p.text.p + p.text.n - high.raw.n, high.raw.n });
	if (p.low.set && p.high.set && ev_quick_cmp(&p.low.num, &p.high.num) >= 0) {
		ev_pred_fini(&p);
		return ev_pattern_refuse(
		    r, high.raw, "numeric: the lower bound is not less than the upper one");
	}
	return take(r, at->list, &p);
}

static enum ev_code
read_exists(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	if (v->kind == EV_FALSE) {
		*at->absent = true;
		return EV_OK;
	}
	if (v->kind != EV_TRUE)
		return ev_pattern_refuse(
		    r, v->raw, "exists: found %s, wanted true or false", ev_kind_name(v->kind));
	return add_plain(r, at, EV_OP_EXISTS, EV_LIT(""));
}

static bool
read_bits(struct ev_slice text, unsigned max, unsigned *bits)
{
	size_t i;

	*bits = 0;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || i > 3)
			return false;
		*bits = *bits * 10 + (unsigned)(text.p[i] - '0');
	}
	return text.n > 0 && *bits <= max;
}

static enum ev_code
read_cidr(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	struct ev_pred p = { .op = EV_OP_CIDR, .path = at->path };
	struct ev_slice text = EV_LIT(""), net;
	enum ev_code rc;
	const char *slash;
	char key[18];

	if (v->kind != EV_STRING)
		return ev_pattern_refuse(r, v->raw,
		    "cidr: found %s, wanted a string such as \"10.0.0.0/8\"",
		    ev_kind_name(v->kind));
	if ((rc = ev_str_view(v->raw, &r->tmp, &text, r->e)) != EV_OK)
		return rc;
	slash = memchr(text.p, '/', text.n);
	if (slash == NULL)
		return ev_pattern_refuse(
		    r, v->raw, "cidr: no slash, wanted an address, a slash and a number of bits");
	net = (struct ev_slice){ text.p, (size_t)(slash - text.p) };
	p.family = ev_address_read(net, p.addr);
	if (p.family == 0)
		return ev_pattern_refuse(r, v->raw, "cidr: \"%.*s\" is no IP address", EV_FMT(net));
	net = (struct ev_slice){ slash + 1, text.n - net.n - 1 };
	if (!read_bits(net, p.family == 4 ? 32 : 128, &p.bits))
		return ev_pattern_refuse(r, v->raw,
		    "cidr: found \"%.*s\" behind the slash, wanted 0 to %d", EV_FMT(net),
		    p.family == 4 ? 32 : 128);
	if (p.family == 4)
		memset(p.addr + 4, 0, 12);
	ev_address_mask(p.addr, p.bits);
	key[0] = (char)p.family;
	key[1] = (char)p.bits;
	memcpy(key + 2, p.addr, 16);
	rc = own(r, (struct ev_slice){ key, sizeof(key) }, &p.text);
	return rc != EV_OK ? rc : take(r, at->list, &p);
}

static enum ev_code
read_regex(struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	struct ev_pred p = { .op = EV_OP_REGEX, .path = at->path };
	struct ev_err why = { 0 };
	enum ev_code rc;

	if (v->kind != EV_STRING)
		return ev_pattern_refuse(
		    r, v->raw, "regex: found %s, wanted a string", ev_kind_name(v->kind));
	if ((rc = own_string(r, v->raw, false, &p.text)) != EV_OK)
		return rc;
	rc = ev_regex_init(&p.regex, p.text, p.text, &why);
	if (rc != EV_OK) {
		ev_pred_fini(&p);
		return rc == EV_USAGE ? ev_pattern_refuse(r, v->raw, "regex: %s", why.text)
				      : ev_fail(r->e, rc, "%s", why.text);
	}
	return take(r, at->list, &p);
}

static enum ev_code
read_operator(
    struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_slice key, text;
	struct ev_val value, second;
	enum ev_code rc;
	size_t i;

	if (!ev_iter_next(&it, &key, &value))
		return ev_pattern_refuse(r, v->raw, "an empty object, wanted an operator");
	if ((rc = ev_str_view(key, &r->tmp, &text, r->e)) != EV_OK)
		return rc;
	i = find_operator(text);
	if (i == OPERATORS)
		return unknown(r, key, text);
	if ((rc = operators[i].read(r, at, &value)) != EV_OK)
		return rc;
	if (ev_iter_next(&it, &key, &second))
		return ev_pattern_refuse(r, key, "a second operator in one object, wanted one");
	return EV_OK;
}

enum ev_code
ev_pattern_alternative(
    struct ev_pattern_reader *r, const struct ev_pattern_place *at, const struct ev_val *v)
{
	switch (v->kind) {
	case EV_STRING:
		return add_plain(r, at, EV_OP_EQUAL, v->raw);
	case EV_NUMBER:
		return add_number(r, at, v->raw);
	case EV_TRUE:
		return add_plain(r, at, EV_OP_TRUE, EV_LIT(""));
	case EV_FALSE:
		return add_plain(r, at, EV_OP_FALSE, EV_LIT(""));
	case EV_NULL:
		return add_plain(r, at, EV_OP_NULL, EV_LIT(""));
	case EV_OBJECT:
		return read_operator(r, at, v);
	case EV_ARRAY:
	case EV_ABSENT:
		break;
	}
	return ev_pattern_refuse(r, v->raw, "an array within a list of alternatives");
}
