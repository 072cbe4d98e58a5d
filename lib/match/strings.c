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

static inline void
set_bit(uint64_t *v, unsigned i)
{
	v[i / 64] |= 1ULL << i % 64;
}

static inline bool
has_bit(const uint64_t *v, unsigned i)
{
	return (v[i / 64] >> i % 64 & 1) != 0;
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

/* A text of at most eight bytes as a number, its first byte the least; never reads past it. */
static inline uint64_t
small(const char *p, size_t n)
{
	uint32_t low, high;
	uint64_t w = 0;

	if (n == 8) {
		memcpy(&w, p, 8);
		return le64toh(w);
	}
	if (n >= 4) {
		memcpy(&low, p, 4);
		memcpy(&high, p + n - 4, 4);
		return le32toh(low) | (uint64_t)le32toh(high) << 8 * (n - 4);
	}
	if (n > 0) {
		w = (unsigned char)p[0];
		w |= (uint64_t)(unsigned char)p[n / 2] << 8 * (n / 2);
		w |= (uint64_t)(unsigned char)p[n - 1] << 8 * (n - 1);
	}
	return w;
}

/* The first (or from the end on, last) eight bytes as a number that sorts as they do; zeros stand
 * for missing ones. */
static inline uint64_t
key_of(const struct ev_affixes *a, struct ev_slice text)
{
	const size_t n = text.n < 8 ? text.n : 8;

	if (!a->from_end)
		return __builtin_bswap64(small(text.p, n));
	return n == 0 ? 0 : small(text.p + text.n - n, n) << (64 - 8 * n);
}

/* The byte that a text, which is not empty, begins (or ends) with. */
static inline unsigned char
outer_byte(const struct ev_affixes *a, struct ev_slice text)
{
	return (unsigned char)text.p[a->from_end ? text.n - 1 : 0];
}

/* Whether an entry may be found in text: most texts end here. */
static inline bool
may_have(const struct ev_affixes *a, struct ev_slice text)
{
	return a->all || (text.n > 0 && has_bit(a->seen, outer_byte(a, text)));
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
			if (v[i].text.n == 0)
				a->all = true;
			else
				set_bit(a->seen, outer_byte(a, v[i].text));
		}
		a->v[a->n - 1].n++;
		if ((rc = ev_words_add(pred, v[i].pred, e)) != EV_OK)
			return rc;
	}
	return EV_OK;
}

static struct ev_equal
equal_of(struct ev_slice text)
{
	const uint32_t n = text.n < UINT32_MAX ? (uint32_t)text.n : UINT32_MAX;

	return (struct ev_equal){ n <= 8 ? small(text.p, n) : ev_xxh3(text.p, text.n), n, 0 };
}

static uint32_t
slot(const struct ev_strings *s, const struct ev_equal *t)
{
	return (uint32_t)((t->key ^ t->len) * 0x9e3779b97f4a7c15ULL >> 32) & (s->slots - 1);
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
		set_bit(s->seen, s->gram[i].key);
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
		struct ev_equal t = equal_of(v[i].text);
		uint32_t k = slot(s, &t);

		while (s->table[k].pred != 0)
			k = (k + 1) & (s->slots - 1);
		t.pred = v[i].pred + 1;
		s->table[k] = t;
		s->lens |= 1ULL << (t.len < 63 ? t.len : 63);
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
		const struct ev_pred *p = &preds->v[list->v[i]];
		int k = home(p, &text);

		v[k][n[k]++] = (struct entry){ text, list->v[i] | (is_wild(p) ? EV_WILD : 0) };
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

static void
try(const struct ev_hits *to, struct ev_slice text, uint32_t pred)
{
	const uint32_t number = pred & ~EV_WILD;

	if (number == pred || ev_pred_wild(&to->preds->v[number], text))
		to->hit(to->arg, number);
}

static void
find_equal(const struct ev_strings *s, const struct ev_hits *to, struct ev_slice text)
{
	struct ev_equal want;
	uint32_t i, k;

	want = equal_of(text);
	for (i = slot(s, &want); (k = s->table[i].pred) != 0; i = (i + 1) & (s->slots - 1))
		if (s->table[i].key == want.key && s->table[i].len == want.len &&
		    (want.len <= 8 || ev_slice_eq(to->preds->v[k - 1].text, text)))
			to->hit(to->arg, k - 1);
}

/* The number of entries that are not behind the text. Where keys differ they decide, without a
 * branch. */
static uint32_t
find_place(const struct ev_affixes *a, struct ev_slice text, uint64_t key)
{
	uint32_t low = 0, n = a->n, high;

	for (; n > 1; n -= n / 2)
		low += n / 2 & -(uint32_t)(a->key[low + n / 2 - 1] < key);
	low += a->key[low] < key;
	for (high = a->n; low < high && a->key[low] == key;) {
		uint32_t mid = low + (high - low) / 2;

		if (a->key[mid] == key &&
		    (a->from_end ? compare_from_end : compare)(a->v[mid].text, text) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether text begins (or ends) with entry i. */
static bool
has_affix(const struct ev_affixes *a, uint32_t i, struct ev_slice text, uint64_t key)
{
	const size_t n = a->v[i].text.n;

	if (n > text.n || (n > 0 && ((a->key[i] ^ key) >> (n < 8 ? 64 - 8 * n : 0)) != 0))
		return false;
	return n <= 8 || covers(a, text, a->v[i].text);
}

/* All entries that text begins (or ends) with: the greatest one that is not behind it, or shorter
 * ones that it is linked to. */
static void
find_affixes(const struct ev_affixes *a, const struct ev_words *pred, const struct ev_hits *to,
    struct ev_slice text)
{
	const uint64_t key = key_of(a, text);
	uint32_t at = find_place(a, text, key), i;

	while (at != 0 && !has_affix(a, at - 1, text, key))
		at = a->v[at - 1].shorter;
	for (; at != 0; at = a->v[at - 1].shorter)
		for (i = 0; i < a->v[at - 1].n; i++)
			try(to, text, pred->v[a->v[at - 1].first + i]);
}

/* The grams with this key among [low, high). */
static void
find_key(const struct ev_strings *s, const struct ev_hits *to, struct ev_slice text, size_t at,
    uint16_t key, uint32_t low, uint32_t high)
{
	const uint32_t end = high;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->gram[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < end && s->gram[low].key == key; low++) {
		const struct ev_gram *g = &s->gram[low];

		if (text.n - at >= g->text.n && memcmp(text.p + at, g->text.p, g->text.n) == 0)
			try(to, text, g->pred);
	}
}

static void
find_grams(const struct ev_strings *s, const struct ev_hits *to, struct ev_slice text)
{
	size_t i;

	for (i = 0; s->pairs > 0 && i + 1 < text.n; i++) {
		uint16_t key = pair(text.p + i, 2);

		if (has_bit(s->seen, key))
			find_key(s, to, text, i, key, 0, s->pairs);
	}
	for (i = 0; s->grams > s->pairs && i < text.n; i++)
		find_key(s, to, text, i, pair(text.p + i, 1), s->pairs, s->grams);
}

void
ev_strings_find(const struct ev_strings *s, const struct ev_hits *to, struct ev_slice text)
{
	if ((s->lens >> (text.n < 63 ? text.n : 63) & 1) != 0)
		find_equal(s, to, text);
	if (may_have(&s->prefixes, text))
		find_affixes(&s->prefixes, &s->pred, to, text);
	if (may_have(&s->suffixes, text))
		find_affixes(&s->suffixes, &s->pred, to, text);
	if (s->grams > 0)
		find_grams(s, to, text);
}
