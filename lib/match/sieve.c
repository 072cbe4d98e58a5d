/* SPDX-License-Identifier: MIT */
#include "match/sieve.h"

#include <stdlib.h>

#include "json/str.h"
#include "match/fold.h"
#include "match/words.h"

enum { STRINGS = 16 << 20 };

/* Which bounds come first: no lower bound before any, a closed one before an open one. */
static int
compare_low(const struct ev_bound *a, const struct ev_bound *b)
{
	int c;

	if (!a->set || !b->set)
		return (a->set ? 1 : 0) - (b->set ? 1 : 0);
	c = ev_quick_cmp(&a->num, &b->num);
	return c != 0 ? c : (int)a->open - (int)b->open;
}

static int
compare_high(const struct ev_bound *a, const struct ev_bound *b)
{
	int c;

	if (!a->set || !b->set)
		return (b->set ? 1 : 0) - (a->set ? 1 : 0);
	c = ev_quick_cmp(&a->num, &b->num);
	return c != 0 ? c : (int)b->open - (int)a->open;
}

static int
by_low(const void *a, const void *b, void *arg)
{
	const struct ev_preds *preds = arg;
	const uint32_t *x = a, *y = b;

	return compare_low(&preds->v[*x].low, &preds->v[*y].low);
}

static int
compare_cidr(const struct ev_pred *p, unsigned family, unsigned bits, const unsigned char addr[16])
{
	if (p->family != family)
		return p->family < family ? -1 : 1;
	if (p->bits != bits)
		return p->bits < bits ? -1 : 1;
	return memcmp(p->addr, addr, 16);
}

static int
by_cidr(const void *a, const void *b, void *arg)
{
	const struct ev_preds *preds = arg;
	const uint32_t *x = a, *y = b;
	const struct ev_pred *q = &preds->v[*y];

	return compare_cidr(&preds->v[*x], q->family, q->bits, q->addr);
}

static uint32_t
hash_number(const struct ev_quick *n)
{
	uint64_t h = (n->top ^ (uint64_t)n->exp) * 0x9e3779b97f4a7c15ULL;

	return (uint32_t)(h >> 32);
}

static enum ev_code
build_numbers(
    struct ev_sieve *x, const struct ev_preds *preds, const struct ev_words *list, struct ev_err *e)
{
	size_t i;

	if (list->n == 0)
		return EV_OK;
	for (x->numbers = 8; x->numbers < 2 * list->n; x->numbers *= 2)
		;
	x->number = calloc(x->numbers, sizeof(*x->number));
	if (x->number == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < list->n; i++) {
		uint32_t k = hash_number(&preds->v[list->v[i]].low.num) & (x->numbers - 1);

		while (x->number[k] != 0)
			k = (k + 1) & (x->numbers - 1);
		x->number[k] = list->v[i] + 1;
	}
	return EV_OK;
}

/* The tree over range[low, high) has its root in the middle; highest[root] is the range in it that
 * reaches highest. */
static uint32_t
build_tree(struct ev_sieve *x, const struct ev_preds *preds, uint32_t low, uint32_t high)
{
	uint32_t mid = low + (high - low) / 2, best = x->range[mid], side;
	uint32_t from[2] = { low, mid + 1 }, to[2] = { mid, high };
	int i;

	for (i = 0; i < 2; i++)
		if (from[i] < to[i]) {
			side = build_tree(x, preds, from[i], to[i]);
			if (compare_high(&preds->v[side].high, &preds->v[best].high) > 0)
				best = side;
		}
	return x->highest[mid] = best;
}

/* list's numbers go to x as an array of its own. */
static enum ev_code
copy(const struct ev_words *list, uint32_t **v, uint32_t *n, struct ev_err *e)
{
	if (list->n == 0)
		return EV_OK;
	*v = malloc(list->n * sizeof(**v));
	if (*v == NULL)
		return ev_fail_mem(e);
	memcpy(*v, list->v, list->n * sizeof(**v));
	*n = (uint32_t)list->n;
	return EV_OK;
}

static enum ev_code
build_ranges(
    struct ev_sieve *x, const struct ev_preds *preds, const struct ev_words *list, struct ev_err *e)
{
	enum ev_code rc = copy(list, &x->range, &x->ranges, e);

	if (rc != EV_OK || x->ranges == 0)
		return rc;
	x->highest = calloc(x->ranges, sizeof(*x->highest));
	if (x->highest == NULL)
		return ev_fail_mem(e);
	qsort_r(x->range, x->ranges, sizeof(*x->range), by_low, (void *)(uintptr_t)preds);
	build_tree(x, preds, 0, x->ranges);
	return EV_OK;
}

/* Which structure of the index holds an operator. */
enum { LITERAL, PLAIN, FOLDED, NUMBER, RANGE, CIDR, REGEX, NOT, KINDS };

static const unsigned char kind_of[] = {
	[EV_OP_EXISTS] = LITERAL,
	[EV_OP_TRUE] = LITERAL,
	[EV_OP_FALSE] = LITERAL,
	[EV_OP_NULL] = LITERAL,
	[EV_OP_EQUAL] = PLAIN,
	[EV_OP_PREFIX] = PLAIN,
	[EV_OP_SUFFIX] = PLAIN,
	[EV_OP_WILD] = PLAIN,
	[EV_OP_IEQUAL] = FOLDED,
	[EV_OP_IPREFIX] = FOLDED,
	[EV_OP_ISUFFIX] = FOLDED,
	[EV_OP_IWILD] = FOLDED,
	[EV_OP_REGEX] = REGEX,
	[EV_OP_CIDR] = CIDR,
	[EV_OP_NUMBER] = NUMBER,
	[EV_OP_RANGE] = RANGE,
	[EV_OP_NOT] = NOT,
};

static void
set_literals(struct ev_sieve *x, const struct ev_preds *preds, const struct ev_words *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		x->literal[preds->v[list->v[i]].op] = list->v[i] + 1;
	x->exists = x->literal[EV_OP_EXISTS];
}

static enum ev_code
build(
    struct ev_sieve *x, const struct ev_preds *preds, struct ev_words list[KINDS], struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	set_literals(x, preds, &list[LITERAL]);
	x->has_plain = list[PLAIN].n > 0;
	x->has_folded = list[FOLDED].n > 0;
	if (x->has_plain)
		rc = ev_strings_init(&x->plain, preds, &list[PLAIN], e);
	if (rc == EV_OK && x->has_folded)
		rc = ev_strings_init(&x->folded, preds, &list[FOLDED], e);
	if (rc == EV_OK)
		rc = build_numbers(x, preds, &list[NUMBER], e);
	if (rc == EV_OK)
		rc = build_ranges(x, preds, &list[RANGE], e);
	if (rc == EV_OK)
		rc = copy(&list[CIDR], &x->cidr, &x->cidrs, e);
	if (x->cidrs > 0)
		qsort_r(x->cidr, x->cidrs, sizeof(*x->cidr), by_cidr, (void *)(uintptr_t)preds);
	return rc;
}

enum ev_code
ev_sieve_init(
    struct ev_sieve *x, const struct ev_preds *preds, const struct ev_words *list, struct ev_err *e)
{
	struct ev_words kind[KINDS] = { { NULL, 0, 0 } };
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < list->n && rc == EV_OK; i++)
		rc = ev_words_add(&kind[kind_of[preds->v[list->v[i]].op]], list->v[i], e);
	if (rc == EV_OK)
		rc = build(x, preds, kind, e);
	x->regex = kind[REGEX];
	x->not = kind[NOT];
	for (i = 0; i < REGEX; i++)
		free(kind[i].v);
	return rc;
}

void
ev_sieve_fini(struct ev_sieve *x)
{
	ev_strings_fini(&x->plain);
	ev_strings_fini(&x->folded);
	free(x->number);
	free(x->range);
	free(x->highest);
	free(x->cidr);
	free(x->regex.v);
	free(x->not .v);
	*x = (struct ev_sieve){ 0 };
}

struct search {
	const struct ev_sieve *x;
	const struct ev_preds *preds;
	ev_hit *hit;
	void *arg;
};

/* Those of range[low, high) that number lies in: subtrees that end below it are not entered. */
static void
find_ranges(const struct search *q, const struct ev_quick *number, uint32_t low, uint32_t high)
{
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct ev_pred *p = &q->preds->v[q->x->range[mid]];
		const struct ev_bound *top = &q->preds->v[q->x->highest[mid]].high;

		if (top->set && ev_quick_cmp(number, &top->num) > 0)
			return;
		find_ranges(q, number, low, mid);
		if (p->low.set && ev_quick_cmp(number, &p->low.num) < 0)
			return;
		if (ev_pred_range(p, number))
			q->hit(q->arg, q->x->range[mid]);
		low = mid + 1;
	}
}

static void
find_numbers(const struct search *q, struct ev_slice raw)
{
	const struct ev_sieve *x = q->x;
	struct ev_quick n;
	uint32_t i, k;

	if (x->numbers == 0 && x->ranges == 0)
		return;
	n = ev_quick_read(raw);
	if (x->numbers > 0)
		for (i = hash_number(&n) & (x->numbers - 1); (k = x->number[i]) != 0;
		     i = (i + 1) & (x->numbers - 1))
			if (ev_quick_cmp(&n, &q->preds->v[k - 1].low.num) == 0)
				q->hit(q->arg, k - 1);
	find_ranges(q, &n, 0, x->ranges);
}

/* The first of cidr[low, n) that is not before (family, bits, addr). */
static uint32_t
find_cidr(const struct search *q, uint32_t low, unsigned family, unsigned bits,
    const unsigned char addr[16])
{
	uint32_t high = q->x->cidrs;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (compare_cidr(&q->preds->v[q->x->cidr[mid]], family, bits, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* One look-up for each length of mask that the family's blocks have. */
static void
find_addresses(const struct search *q, struct ev_slice text)
{
	static const unsigned char zero[16];
	unsigned char addr[16] = { 0 }, net[16];
	unsigned family = ev_address_read(text, addr), bits;
	uint32_t i;

	if (family == 0)
		return;
	for (i = find_cidr(q, 0, family, 0, zero); i < q->x->cidrs;
	     i = find_cidr(q, i, family, bits + 1, zero)) {
		const struct ev_pred *p = &q->preds->v[q->x->cidr[i]];

		if (p->family != family)
			return;
		bits = p->bits;
		memcpy(net, addr, sizeof(net));
		ev_address_mask(net, bits);
		i = find_cidr(q, i, family, bits, net);
		if (i < q->x->cidrs &&
		    compare_cidr(&q->preds->v[q->x->cidr[i]], family, bits, net) == 0)
			q->hit(q->arg, q->x->cidr[i]);
	}
}

static enum ev_code
find_regexes(const struct search *q, struct ev_slice text, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	bool yes;
	size_t i;

	for (i = 0; i < q->x->regex.n && rc == EV_OK; i++) {
		rc = ev_regex_match(&q->preds->v[q->x->regex.v[i]].regex, text, &yes, e);
		if (rc == EV_OK && yes)
			q->hit(q->arg, q->x->regex.v[i]);
	}
	return rc;
}

static enum ev_code
find_strings(const struct search *q, struct ev_slice raw, struct ev_scratch *s, struct ev_err *e)
{
	const struct ev_sieve *x = q->x;
	struct ev_slice text;
	enum ev_code rc;

	if (!x->has_plain && !x->has_folded && x->cidrs == 0 && x->regex.n == 0)
		return EV_OK;
	s->text.max = s->folded.max = STRINGS * 2;
	if ((rc = ev_str_view(raw, &s->text, &text, e)) != EV_OK)
		return rc;
	if (x->has_plain)
		ev_strings_find(&x->plain, q->preds, text, q->hit, q->arg);
	if (x->cidrs > 0)
		find_addresses(q, text);
	if (x->has_folded) {
		ev_buf_clear(&s->folded);
		if ((rc = ev_fold(text, &s->folded, e)) != EV_OK)
			return rc;
		ev_strings_find(&x->folded, q->preds, ev_buf_view(&s->folded), q->hit, q->arg);
	}
	return find_regexes(q, text, e);
}

enum ev_code
ev_sieve_find(const struct ev_sieve *x, const struct ev_preds *preds, const struct ev_val *leaf,
    struct ev_scratch *scratch, ev_hit *hit, void *arg, struct ev_err *e)
{
	static const enum ev_op literal[] = {
		[EV_NULL] = EV_OP_NULL, [EV_FALSE] = EV_OP_FALSE, [EV_TRUE] = EV_OP_TRUE
	};
	const struct search q = { x, preds, hit, arg };
	uint32_t k = leaf->kind <= EV_TRUE ? x->literal[literal[leaf->kind]] : 0;

	if (x->exists != 0)
		hit(arg, x->exists - 1);
	if (leaf->kind == EV_STRING)
		return find_strings(&q, leaf->raw, scratch, e);
	if (leaf->kind == EV_NUMBER)
		find_numbers(&q, leaf->raw);
	else if (k != 0)
		hit(arg, k - 1);
	return EV_OK;
}
