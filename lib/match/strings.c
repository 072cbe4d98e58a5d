/* SPDX-License-Identifier: MIT */
#include "match/strings.h"

#include <endian.h>
#include <stdlib.h>

#include "base/hash.h"
#include "match/words.h"

/* Which of the structures a predicate belongs to, and the text it is found by. */
enum { EQUAL, PREFIX, SUFFIX, GRAM };

static struct ev_slice
longest(const struct ev_pred *p)
{
	struct ev_slice best = p->part[1];
	uint32_t i;

	for (i = 2; i + 1 < p->parts; i++)
		if (p->part[i].n > best.n)
			best = p->part[i];
	return best;
}

static int
home(const struct ev_pred *p, struct ev_slice *text)
{
	*text = p->text;
	if (p->op == EV_OP_EQUAL || p->op == EV_OP_IEQUAL)
		return EQUAL;
	if (p->op == EV_OP_PREFIX || p->op == EV_OP_IPREFIX)
		return PREFIX;
	if (p->op == EV_OP_SUFFIX || p->op == EV_OP_ISUFFIX)
		return SUFFIX;
	*text = p->part[p->parts - 1];
	if (text->n >= p->part[0].n && text->n > 0)
		return SUFFIX;
	*text = p->part[0];
	if (text->n > 0 || p->parts == 2) /* a star alone: the empty prefix */
		return PREFIX;
	*text = longest(p);
	return GRAM;
}

static bool
is_wild(const struct ev_pred *p)
{
	return p->op == EV_OP_WILD || p->op == EV_OP_IWILD;
}

static int
compare_from_end(struct ev_slice a, struct ev_slice b)
{
	size_t i, n = a.n < b.n ? a.n : b.n;

	for (i = 1; i <= n; i++)
		if (a.p[a.n - i] != b.p[b.n - i])
			return (unsigned char)a.p[a.n - i] < (unsigned char)b.p[b.n - i] ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

static int
compare(struct ev_slice a, struct ev_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : a.n < b.n ? -1 : a.n > b.n;
}

struct entry {
	struct ev_slice text;
	uint32_t pred;
};

static int
by_beginning(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare(x->text, y->text);
}

static int
by_end(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare_from_end(x->text, y->text);
}

static bool
covers(const struct ev_affixes *a, struct ev_slice whole, struct ev_slice part)
{
	return a->from_end ? ev_slice_ends(whole, part) : ev_slice_begins(whole, part);
}

/* The first (or from the end on, last) eight bytes as a number that sorts as they do; zeros stand
 * for missing ones. */
static uint64_t
key_of(const struct ev_affixes *a, struct ev_slice text)
{
	uint64_t w = 0;
	size_t i, n = text.n < 8 ? text.n : 8;

	if (!a->from_end && n == 8) {
		memcpy(&w, text.p, 8);
		return be64toh(w);
	}
	if (n == 8) {
		memcpy(&w, text.p + text.n - 8, 8);
		return le64toh(w);
	}
	for (i = 0; i < n; i++)
		w |= (uint64_t)(unsigned char)text.p[a->from_end ? text.n - 1 - i : i]
		    << (56 - 8 * i);
	return w;
}

/* Entries of one text become one affix with a list of predicates; each gets its link to a shorter
 * one. */
static enum ev_code
build_affixes(
    struct ev_affixes *a, struct entry *v, size_t n, struct ev_words *pred, struct ev_err *e)
{
	uint32_t top = 0;
	size_t i;

	if (n == 0)
		return EV_OK;
	a->v = calloc(n, sizeof(*a->v));
	a->key = calloc(n, sizeof(*a->key));
	if (a->v == NULL || a->key == NULL)
		return ev_fail_mem(e);
	qsort(v, n, sizeof(*v), a->from_end ? by_end : by_beginning);
	for (i = 0; i < n; i++) {
		enum ev_code rc;

		if (i == 0 || !ev_slice_eq(v[i].text, v[i - 1].text)) {
			/* what covers it is the last one, or one that this is linked to */
			while (top != 0 && !covers(a, v[i].text, a->v[top - 1].text))
				top = a->v[top - 1].shorter;
			a->key[a->n] = key_of(a, v[i].text);
			a->v[a->n] = (struct ev_affix){ v[i].text, top, (uint32_t)pred->n, 0 };
			top = ++a->n;
		}
		a->v[a->n - 1].n++;
		if ((rc = ev_words_add(pred, v[i].pred, e)) != EV_OK)
			return rc;
	}
	return EV_OK;
}

static int
by_key(const void *a, const void *b)
{
	const struct ev_gram *x = a, *y = b;

	if ((x->text.n == 1) != (y->text.n == 1))
		return x->text.n == 1 ? 1 : -1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static uint16_t
pair(const char *p, size_t n)
{
	return (uint16_t)((unsigned char)p[0] << 8 | (n > 1 ? (unsigned char)p[1] : 0));
}

static enum ev_code
build_grams(struct ev_strings *s, const struct entry *v, size_t n, struct ev_err *e)
{
	size_t i;

	if (n == 0)
		return EV_OK;
	s->gram = calloc(n, sizeof(*s->gram));
	s->seen = calloc(65536 / 64, sizeof(*s->seen));
	if (s->gram == NULL || s->seen == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < n; i++)
		s->gram[s->grams++] =
		    (struct ev_gram){ pair(v[i].text.p, v[i].text.n), v[i].pred, v[i].text };
	qsort(s->gram, n, sizeof(*s->gram), by_key);
	while (s->pairs < n && s->gram[s->pairs].text.n > 1)
		s->pairs++;
	for (i = 0; i < s->pairs; i++)
		s->seen[s->gram[i].key >> 6] |= 1ULL << (s->gram[i].key & 63);
	return EV_OK;
}

static enum ev_code
build_table(struct ev_strings *s, const struct entry *v, size_t n, struct ev_err *e)
{
	size_t i;

	if (n == 0)
		return EV_OK;
	for (s->slots = 8; s->slots < 2 * n; s->slots *= 2)
		;
	s->table = calloc(s->slots, sizeof(*s->table));
	if (s->table == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < n; i++) {
		uint64_t h = ev_xxh3(v[i].text.p, v[i].text.n);
		uint32_t k = (uint32_t)h & (s->slots - 1);

		while (s->table[k].pred != 0)
			k = (k + 1) & (s->slots - 1);
		s->table[k] = (struct ev_equal){ (uint32_t)(h >> 32), v[i].pred + 1 };
	}
	return EV_OK;
}

enum ev_code
ev_strings_init(struct ev_strings *s, const struct ev_preds *preds, const struct ev_words *list,
    struct ev_err *e)
{
	struct entry *v[4] = { NULL, NULL, NULL, NULL };
	size_t n[4] = { 0, 0, 0, 0 }, i;
	enum ev_code rc = EV_OK;

	*s = (struct ev_strings){ .suffixes = { .from_end = true } };
	for (i = 0; i < 4 && rc == EV_OK; i++)
		if ((v[i] = calloc(list->n + 1, sizeof(*v[i]))) == NULL)
			rc = ev_fail_mem(e);
	for (i = 0; i < list->n && rc == EV_OK; i++) {
		struct ev_slice text;
		int k = home(&preds->v[list->v[i]], &text);

		v[k][n[k]++] = (struct entry){ text, list->v[i] };
	}
	if (rc == EV_OK)
		rc = build_table(s, v[EQUAL], n[EQUAL], e);
	if (rc == EV_OK)
		rc = build_affixes(&s->prefixes, v[PREFIX], n[PREFIX], &s->pred, e);
	if (rc == EV_OK)
		rc = build_affixes(&s->suffixes, v[SUFFIX], n[SUFFIX], &s->pred, e);
	if (rc == EV_OK)
		rc = build_grams(s, v[GRAM], n[GRAM], e);
	for (i = 0; i < 4; i++)
		free(v[i]);
	return rc;
}

void
ev_strings_fini(struct ev_strings *s)
{
	free(s->table);
	free(s->prefixes.v);
	free(s->prefixes.key);
	free(s->suffixes.v);
	free(s->suffixes.key);
	free(s->pred.v);
	free(s->gram);
	free(s->seen);
	*s = (struct ev_strings){ 0 };
}

struct search {
	const struct ev_strings *s;
	const struct ev_preds *preds;
	struct ev_slice text;
	ev_hit *hit;
	void *arg;
};

static void
try(const struct search *q, uint32_t pred)
{
	const struct ev_pred *p = &q->preds->v[pred];

	if (!is_wild(p) || ev_pred_wild(p, q->text))
		q->hit(q->arg, pred);
}

static void
find_equal(const struct search *q)
{
	const struct ev_equal *t = q->s->table;
	uint64_t h;
	uint32_t i;

	if (q->s->slots == 0)
		return;
	h = ev_xxh3(q->text.p, q->text.n);
	for (i = (uint32_t)h & (q->s->slots - 1); t[i].pred != 0; i = (i + 1) & (q->s->slots - 1))
		if (t[i].hash == (uint32_t)(h >> 32) &&
		    ev_slice_eq(q->preds->v[t[i].pred - 1].text, q->text))
			q->hit(q->arg, t[i].pred - 1);
}

/* All entries that text begins (or ends) with: the greatest one that is not behind it, or shorter
 * ones that it is linked to. */
static void
find_affixes(const struct search *q, const struct ev_affixes *a)
{
	const uint64_t key = key_of(a, q->text);
	uint32_t low = 0, high = a->n, at, i;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = a->key[mid] < key ? -1 : 1;

		if (a->key[mid] == key)
			c = a->from_end ? compare_from_end(a->v[mid].text, q->text)
					: compare(a->v[mid].text, q->text);

		if (c <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (at = low; at != 0 && !covers(a, q->text, a->v[at - 1].text);)
		at = a->v[at - 1].shorter;
	for (; at != 0; at = a->v[at - 1].shorter)
		for (i = 0; i < a->v[at - 1].n; i++)
			try(q, q->s->pred.v[a->v[at - 1].first + i]);
}

/* The grams with this key among [low, high). */
static void
find_key(const struct search *q, uint32_t low, uint32_t high, uint16_t key, size_t at)
{
	const uint32_t end = high;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (q->s->gram[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < end && q->s->gram[low].key == key; low++) {
		const struct ev_gram *g = &q->s->gram[low];

		if (q->text.n - at >= g->text.n &&
		    memcmp(q->text.p + at, g->text.p, g->text.n) == 0)
			try(q, g->pred);
	}
}

static void
find_grams(const struct search *q)
{
	const struct ev_strings *s = q->s;
	size_t i;

	for (i = 0; s->pairs > 0 && i + 1 < q->text.n; i++) {
		uint16_t key = pair(q->text.p + i, 2);

		if ((s->seen[key >> 6] >> (key & 63) & 1) != 0)
			find_key(q, 0, s->pairs, key, i);
	}
	for (i = 0; s->grams > s->pairs && i < q->text.n; i++)
		find_key(q, s->pairs, s->grams, pair(q->text.p + i, 1), i);
}

void
ev_strings_find(const struct ev_strings *s, const struct ev_preds *preds, struct ev_slice text,
    ev_hit *hit, void *arg)
{
	const struct search q = { s, preds, text, hit, arg };

	find_equal(&q);
	if (s->prefixes.n > 0)
		find_affixes(&q, &s->prefixes);
	if (s->suffixes.n > 0)
		find_affixes(&q, &s->suffixes);
	if (s->grams > 0)
		find_grams(&q);
}
