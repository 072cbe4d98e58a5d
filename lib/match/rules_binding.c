/* SPDX-License-Identifier: MIT */
#include "match/rules_binding.h"

#include <stdlib.h>

#include "json/iter.h"
#include "json/str.h"
#include "match/match.h"
#include "match/rules_read.h"

/* The words of a text, one after the other. */
struct words {
	struct ev_slice rest;
	bool dash, end;
};

static struct words
words_of(struct ev_slice text, bool dash)
{
	return (struct words){ text, dash, text.n == 0 }; /* an empty key has no word */
}

static struct ev_slice
next_word(struct words *w)
{
	struct ev_slice word = { w->rest.p, 0 };

	while (word.n < w->rest.n && word.p[word.n] != '.' && !(w->dash && word.p[word.n] == '-'))
		word.n++;
	w->end = word.n == w->rest.n;
	w->rest.p += word.n + !w->end;
	w->rest.n -= word.n + !w->end;
	return word;
}

/* Goes back to the last `#` only, which is enough. */
bool
ev_binding_meets(const struct ev_binding *b, struct ev_slice text)
{
	struct words at = words_of(text, b->dash), from = at;
	size_t k = 0, many = SIZE_MAX;

	while (!at.end) {
		struct words next = at;
		struct ev_slice word = next_word(&next);

		if (k < b->words && b->word[k].kind == EV_WORD_ANYS) {
			many = k++;
			from = at;
		} else if (k < b->words &&
		    (b->word[k].kind == EV_WORD_ANY || ev_slice_eq(word, b->word[k].text))) {
			k++;
			at = next;
		} else if (many != SIZE_MAX) {
			k = many + 1;
			next_word(&from);
			at = from;
		} else {
			return false;
		}
	}
	while (k < b->words && b->word[k].kind == EV_WORD_ANYS)
		k++;
	return k == b->words;
}

enum ev_code
ev_binding_match(const struct ev_binding *b, const struct ev_val *type, struct ev_buf *tmp,
    bool *yes, struct ev_err *e)
{
	struct ev_slice text;
	enum ev_code rc;

	*yes = b->exchange != EV_DIRECT && b->exchange != EV_TOPIC;
	if (*yes || type->kind != EV_STRING)
		return EV_OK;
	tmp->max = type->raw.n;
	if ((rc = ev_str_view(type->raw, tmp, &text, e)) == EV_OK)
		*yes = ev_binding_meets(b, text);
	return rc;
}

/* The text of a wildcard between stars, with its escapes. */
static enum ev_code
escape(struct ev_slice stars, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; rc == EV_OK && i < stars.n; i++) {
		char c = stars.p[i];

		if (c == '*' || c == '\\')
			rc = ev_buf_addc(out, '\\', e);
		if (rc == EV_OK)
			rc = ev_buf_addc(out, c == EV_STAR ? '*' : c, e);
	}
	return rc;
}

enum ev_code
ev_stars_pattern(struct ev_slice stars, struct ev_buf *out, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(2 * stars.n);
	const char *star = memchr(stars.p, EV_STAR, stars.n), *op = "wildcard";
	enum ev_code rc;

	if (star == NULL)
		return ev_str_encode(stars, out, e);
	if (star == stars.p + stars.n - 1)
		op = "prefix";
	else if (star == stars.p && memchr(star + 1, EV_STAR, stars.n - 1) == NULL)
		op = "suffix";
	if (*op != 'w')
		rc = ev_buf_add(&text, stars.p + (*op == 's'), stars.n - 1, e);
	else
		rc = escape(stars, &text, e);
	if (rc == EV_OK && (rc = ev_buf_addf(out, e, "{\"%s\":", op)) == EV_OK &&
	    (rc = ev_str_encode(ev_buf_view(&text), out, e)) == EV_OK)
		rc = ev_buf_addc(out, '}', e);
	ev_buf_fini(&text);
	return rc;
}

static enum ev_code
add_star(struct ev_buf *stars, struct ev_err *e)
{
	if (stars->n > 0 && stars->p[stars->n - 1] == EV_STAR)
		return EV_OK;
	return ev_buf_addc(stars, EV_STAR, e);
}

enum ev_code
ev_binding_pattern(const struct ev_binding *b, struct ev_buf *out, struct ev_err *e)
{
	struct ev_buf stars = EV_BUF(2 * strlen(b->key) + 2);
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; rc == EV_OK && i < b->words; i++) {
		bool beside = b->word[i].kind == EV_WORD_ANYS ||
		    (i > 0 && b->word[i - 1].kind == EV_WORD_ANYS);

		if (i > 0 && b->dash) /* any of the two separators */
			rc = add_star(&stars, e);
		else if (i > 0 && !beside) /* beside `#` it may be missing */
			rc = ev_buf_addc(&stars, '.', e);
		if (rc == EV_OK)
			rc = b->word[i].kind == EV_WORD ? ev_buf_adds(&stars, b->word[i].text, e)
							: add_star(&stars, e);
	}
	if (rc == EV_OK)
		rc = ev_stars_pattern(ev_buf_view(&stars), out, e);
	ev_buf_fini(&stars);
	return rc;
}

static enum ev_code
cut_words(struct ev_binding *b, struct ev_err *e)
{
	struct words all = words_of(ev_slice_str(b->key), b->dash);

	b->word = calloc(strlen(b->key) + 1, sizeof(*b->word));
	if (b->word == NULL)
		return ev_fail_mem(e);
	while (!all.end) {
		struct ev_binding_word *w = &b->word[b->words++];

		w->text = next_word(&all);
		if (b->exchange == EV_TOPIC && ev_slice_eq(w->text, EV_LIT("*")))
			w->kind = EV_WORD_ANY;
		else if (b->exchange == EV_TOPIC && ev_slice_eq(w->text, EV_LIT("#")))
			w->kind = EV_WORD_ANYS;
	}
	return EV_OK;
}

static bool
compared(struct ev_slice key)
{
	return !ev_slice_begins(key, EV_LIT("\"x-"));
}

static enum ev_code
count_headers(struct ev_rules_reader *rd, const struct ev_val *headers, size_t *n)
{
	struct ev_iter it = ev_iter_view(headers->raw);
	struct ev_slice key;
	struct ev_val v;

	for (*n = 0; ev_iter_next(&it, &key, &v); *n += compared(key)) {
		if (v.kind == EV_OBJECT || v.kind == EV_ARRAY)
			return ev_rules_wanted(
			    rd, "headers", &v, "a string, a number, a boolean or null");
		if (!compared(key))
			ev_rules_warn(rd, key.p, "a header that begins with x- is never compared");
	}
	if (*n > 0)
		return EV_OK;
	return ev_rules_refuse(
	    rd, headers->raw.p, "headers: nothing to compare, wanted at least one tag");
}

/* The members of tags that are compared: `{"a":["x"],"b":[1]}`, or as alternatives of a $or. */
static enum ev_code
make_headers(struct ev_binding *b, const struct ev_val *headers, bool any, struct ev_err *e)
{
	struct ev_iter it = ev_iter_view(headers->raw);
	struct ev_buf *out = &b->headers;
	struct ev_slice key;
	struct ev_val v;
	enum ev_code rc;

	out->max = 8 * headers->raw.n + 64;
	rc = ev_buf_adds(out, any ? EV_LIT("{\"$or\":[") : EV_LIT("{"), e);
	while (rc == EV_OK && ev_iter_next(&it, &key, &v)) {
		if (!compared(key))
			continue;
		if (v.kind == EV_NULL)
			v.raw = EV_LIT("{\"exists\":true}");
		if (out->p[out->n - 1] == ']' || out->p[out->n - 1] == '}')
			rc = ev_buf_addc(out, ',', e);
		if (rc == EV_OK)
			rc = ev_buf_addf(out, e, "%s%.*s:[%.*s]%s", any ? "{" : "", EV_FMT(key),
			    EV_FMT(v.raw), any ? "}" : "");
	}
	return rc == EV_OK ? ev_buf_addf(out, e, "%s}", any ? "]" : "") : rc;
}

enum { EXCHANGE, KEY, HEADERS, X_MATCH, SEPARATOR, MEMBERS };

static const char *const members[MEMBERS] = { "exchange", "key", "headers", "x-match",
	"separator" };

/* Which of the words v is. */
static enum ev_code
choose(struct ev_rules_reader *rd, const struct ev_val *v, const char *what,
    const char *const *words, size_t n, size_t *which)
{
	for (*which = 0; *which < n; ++*which)
		if (v->kind == EV_STRING && ev_str_eq(v->raw, ev_slice_str(words[*which])))
			return EV_OK;
	return ev_rules_refuse(rd, v->raw.p, "binding: found %.*s, wanted %s",
	    v->raw.n > 40 ? 40 : EV_FMT(v->raw), what);
}

static enum ev_code
read_headers(struct ev_rules_reader *rd, struct ev_binding *b, const struct ev_val *v)
{
	static const char *const ways[] = { "all", "any" };
	enum ev_code rc;
	size_t any = 0, n;

	if (v[X_MATCH].kind != EV_ABSENT &&
	    (rc = choose(rd, &v[X_MATCH], "the x-match \"all\" or \"any\"", ways, 2, &any)) !=
		EV_OK)
		return rc;
	if (v[HEADERS].kind != EV_OBJECT)
		return ev_rules_wanted(
		    rd, "headers", &v[HEADERS], "an object of tags and their values");
	if ((rc = count_headers(rd, &v[HEADERS], &n)) != EV_OK)
		return rc;
	/* a $or has two alternatives at least: any of one header is that header */
	return make_headers(b, &v[HEADERS], any == 1 && n > 1, rd->e);
}

static enum ev_code
read_key(struct ev_rules_reader *rd, struct ev_binding *b, const struct ev_val *v)
{
	enum ev_code rc;

	if (v[KEY].kind == EV_ABSENT)
		return ev_rules_refuse(rd, v[EXCHANGE].raw.p, "binding: no key");
	if ((rc = ev_rules_string(rd, "key", &v[KEY], &b->key)) != EV_OK)
		return rc;
	b->key_raw = v[KEY].raw;
	return cut_words(b, rd->e);
}

enum ev_code
ev_binding_read(struct ev_rules_reader *rd, struct ev_binding *b, const struct ev_val *object)
{
	static const char *const exchanges[] = { "direct", "topic", "headers", "fanout" };
	static const char *const separators[] = { ".", "-" };
	struct ev_val v[MEMBERS];
	bool keyed, headed;
	enum ev_code rc;
	size_t which;

	if ((rc = ev_rules_members(rd, "binding", object, members, MEMBERS, v)) != EV_OK)
		return rc;
	if (v[EXCHANGE].kind == EV_ABSENT)
		return ev_rules_refuse(rd, object->raw.p, "binding: no exchange");
	if ((rc = choose(rd, &v[EXCHANGE],
		 "the exchange \"direct\", \"topic\", \"headers\" or \"fanout\"", exchanges, 4,
		 &which)) != EV_OK)
		return rc;
	b->exchange = (enum ev_exchange)(EV_DIRECT + which);
	keyed = b->exchange == EV_DIRECT || b->exchange == EV_TOPIC;
	headed = b->exchange == EV_HEADERS;
	for (which = KEY; which < MEMBERS; which++)
		if (v[which].kind != EV_ABSENT &&
		    !(which == HEADERS || which == X_MATCH ? headed : keyed))
			return ev_rules_refuse(rd, v[which].raw.p,
			    "binding: %s means nothing to this exchange", members[which]);
	b->dash = rd->dash;
	if (v[SEPARATOR].kind != EV_ABSENT) {
		if ((rc = choose(rd, &v[SEPARATOR], "the separator \".\" or \"-\"", separators, 2,
			 &which)) != EV_OK)
			return rc;
		b->dash = which == 1;
	}
	return keyed ? read_key(rd, b, v) : headed ? read_headers(rd, b, v) : EV_OK;
}

void
ev_binding_fini(struct ev_binding *b)
{
	free(b->key);
	free(b->word);
	ev_buf_fini(&b->headers);
	*b = (struct ev_binding){ 0 };
}
