/* SPDX-License-Identifier: MIT */
#include "match/sieve.h"

#include <stdlib.h>

#include "json/str.h"
#include "match/fold.h"
#include "match/words.h"

enum {
	STRINGS = 16 << 20,
	FEW = 8, /* ranges that are faster gone through than searched */
};

static int
by_low(const void *a, const void *b)
{
	const struct ev_range *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
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

static int
by_rank(const void *a, const void *b)
{
	const struct ev_point *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static enum ev_code
build_points(
    struct ev_sieve *x, const struct ev_preds *preds, const struct ev_words *list, struct ev_err *e)
{
	if (list->n == 0)
		return EV_OK;
	x->point = calloc(list->n, sizeof(*x->point));
	if (x->point == NULL)
		return ev_fail_mem(e);
	for (; x->points < list->n; x->points++)
		x->point[x->points] = (struct ev_point){ preds->v[list->v[x->points]].low.num.rank,
			list->v[x->points] };
	qsort(x->point, x->points, sizeof(*x->point), by_rank);
	return EV_OK;
}

/* Sets highest in the tree over range[low, high); returns that of its root. */
static int64_t
build_tree(struct ev_range *range, uint32_t low, uint32_t high)
{
	uint32_t mid = low + (high - low) / 2;
	int64_t below, above;

	if (low == high)
		return INT64_MIN;
	below = build_tree(range, low, mid);
	above = build_tree(range, mid + 1, high);
	if (above < below)
		above = below;
	return range[mid].highest = above > range[mid].high ? above : range[mid].high;
}

static enum ev_code
build_ranges(
    struct ev_sieve *x, const struct ev_preds *preds, const struct ev_words *list, struct ev_err *e)
{
	if (list->n == 0)
		return EV_OK;
	x->range = calloc(list->n, sizeof(*x->range));
	if (x->range == NULL)
		return ev_fail_mem(e);
	for (; x->ranges < list->n; x->ranges++) {
		const struct ev_pred *p = &preds->v[list->v[x->ranges]];

		x->range[x->ranges] = (struct ev_range){ p->low.set ? p->low.num.rank : INT64_MIN,
			p->high.set ? p->high.num.rank : INT64_MAX, 0, list->v[x->ranges] };
	}
	qsort(x->range, x->ranges, sizeof(*x->range), by_low);
	build_tree(x->range, 0, x->ranges);
	return EV_OK;
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
		rc = build_points(x, preds, &list[NUMBER], e);
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
	free(x->point);
	free(x->range);
	free(x->cidr);
	free(x->regex.v);
	free(x->not .v);
	*x = (struct ev_sieve){ 0 };
}

void
ev_look_fini(struct ev_look *l)
{
	ev_buf_fini(&l->text);
	ev_buf_fini(&l->folded);
	ev_regex_work_fini(&l->regex);
}

static inline void
tell(const struct ev_hits *to, uint32_t pred)
{
	to->hit(to->arg, pred);
}

/* The number being looked for: read only where its outline leaves a comparison open. */
struct number {
	struct ev_ranks is;
	bool read;
	struct ev_slice raw;
	struct ev_gap gap; /* between the bounds that it was compared with */
	struct ev_quick quick;
};

static void
read_number(struct number *n)
{
	ev_quick_read(&n->quick, n->raw);
	n->is.least = n->is.greatest = n->quick.rank;
	n->read = true;
}

/* n was compared with a bound. */
static inline void
narrow(struct ev_gap *gap, const struct number *n, int64_t bound)
{
	if (bound <= n->is.least && bound > gap->low)
		gap->low = bound;
	if (bound >= n->is.greatest && bound < gap->high)
		gap->high = bound;
}

/* Equal ranks do not tell whether n is in the range. */
static bool
is_open(const struct ev_range *r, const struct number *n)
{
	return (n->is.least <= r->low && n->is.greatest >= r->low) ||
	    (n->is.least <= r->high && n->is.greatest >= r->high);
}

static inline bool
in_range(const struct ev_hits *to, const struct ev_range *r, struct number *n)
{
	if (is_open(r, n) && !n->read)
		read_number(n);
	narrow(&n->gap, n, r->low);
	narrow(&n->gap, n, r->high);
	if (is_open(r, n))
		return ev_pred_range(&to->preds->v[r->pred], &n->quick);
	return n->is.least > r->low && n->is.greatest < r->high;
}

/* Those of range[low, high) that n lies in: subtrees that end below it are not entered, small ones
 * gone through. */
static void
find_ranges(const struct ev_range *v, const struct ev_hits *to, struct number *n, uint32_t low,
    uint32_t high)
{
	while (high - low > FEW) {
		const uint32_t mid = low + (high - low) / 2;

		if (n->is.least > v[mid].highest) {
			narrow(&n->gap, n, v[mid].highest);
			return;
		}
		find_ranges(v, to, n, low, mid);
		if (n->is.greatest < v[mid].low) {
			narrow(&n->gap, n, v[mid].low);
			return;
		}
		if (in_range(to, &v[mid], n))
			tell(to, v[mid].pred);
		low = mid + 1;
	}
	for (; low < high; low++)
		if (in_range(to, &v[low], n))
			tell(to, v[low].pred);
}

/* The first of the points that is not less than rank; without a branch for each step. */
static const struct ev_point *
find_point(const struct ev_sieve *x, int64_t rank)
{
	const struct ev_point *at = x->point;
	uint32_t n;

	for (n = x->points; n > 1; n -= n / 2)
		at += at[n / 2 - 1].rank < rank ? n / 2 : 0;
	return at + (at->rank < rank);
}

static void
find_points(const struct ev_sieve *x, const struct ev_hits *to, struct number *n)
{
	const struct ev_point *end = x->point + x->points, *at = find_point(x, n->is.least);

	if (at < end && at->rank <= n->is.greatest && !n->read) {
		read_number(n);
		at = find_point(x, n->is.least);
	}
	if (at > x->point)
		narrow(&n->gap, n, at[-1].rank);
	if (at < end)
		narrow(&n->gap, n, at->rank);
	for (; at < end && at->rank <= n->is.greatest; at++)
		if (ev_quick_cmp(&n->quick, &to->preds->v[at->pred].low.num) == 0)
			tell(to, at->pred);
}

static void
find_numbers(const struct ev_sieve *x, struct ev_look *l, const struct ev_val *leaf)
{
	struct number n;

	n.gap = (struct ev_gap){ INT64_MIN, INT64_MAX };
	n.raw = leaf->raw;
	n.read = false;
	n.is = ev_quick_outline(leaf);
	if (x->points > 0)
		find_points(x, &l->to, &n);
	find_ranges(x->range, &l->to, &n, 0, x->ranges);
	l->gap = n.gap;
}

/* The first of cidr[low, n) that is not before (family, bits, addr). */
static uint32_t
find_cidr(const struct ev_sieve *x, const struct ev_preds *preds, uint32_t low, unsigned family,
    unsigned bits, const unsigned char addr[16])
{
	uint32_t high = x->cidrs;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (compare_cidr(&preds->v[x->cidr[mid]], family, bits, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* One look-up for each length of mask that the family's blocks have. */
static void
find_addresses(const struct ev_sieve *x, const struct ev_hits *to, struct ev_slice text)
{
	static const unsigned char zero[16];
	const struct ev_preds *preds = to->preds;
	unsigned char addr[16] = { 0 }, net[16];
	unsigned family = ev_address_read(text, addr), bits;
	uint32_t i;

	if (family == 0)
		return;
	for (i = find_cidr(x, preds, 0, family, 0, zero); i < x->cidrs;
	     i = find_cidr(x, preds, i, family, bits + 1, zero)) {
		const struct ev_pred *p = &preds->v[x->cidr[i]];

		if (p->family != family)
			return;
		bits = p->bits;
		memcpy(net, addr, sizeof(net));
		ev_address_mask(net, bits);
		i = find_cidr(x, preds, i, family, bits, net);
		if (i < x->cidrs && compare_cidr(&preds->v[x->cidr[i]], family, bits, net) == 0)
			tell(to, x->cidr[i]);
	}
}

static enum ev_code
find_regexes(const struct ev_sieve *x, struct ev_look *l, struct ev_slice text, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	bool yes;
	size_t i;

	for (i = 0; i < x->regex.n && rc == EV_OK; i++) {
		rc = ev_regex_match_with(
		    &l->to.preds->v[x->regex.v[i]].regex, &l->regex, text, &yes, e);
		if (rc == EV_OK && yes)
			tell(&l->to, x->regex.v[i]);
	}
	return rc;
}

static enum ev_code
find_strings(const struct ev_sieve *x, struct ev_look *l, struct ev_slice raw, struct ev_err *e)
{
	struct ev_slice text;
	enum ev_code rc;

	if (!x->has_plain && !x->has_folded && x->cidrs == 0 && x->regex.n == 0)
		return EV_OK;
	l->text.max = l->folded.max = STRINGS * 2;
	if ((rc = ev_str_view(raw, &l->text, &text, e)) != EV_OK)
		return rc;
	if (x->has_plain)
		ev_strings_find(&x->plain, &l->to, text);
	if (x->cidrs > 0)
		find_addresses(x, &l->to, text);
	if (x->has_folded) {
		ev_buf_clear(&l->folded);
		if ((rc = ev_fold(text, &l->folded, e)) != EV_OK)
			return rc;
		ev_strings_find(&x->folded, &l->to, ev_buf_view(&l->folded));
	}
	return find_regexes(x, l, text, e);
}

enum ev_code
ev_sieve_find(
    const struct ev_sieve *x, struct ev_look *l, const struct ev_val *leaf, struct ev_err *e)
{
	static const enum ev_op literal[] = {
		[EV_NULL] = EV_OP_NULL, [EV_FALSE] = EV_OP_FALSE, [EV_TRUE] = EV_OP_TRUE
	};

	if (x->exists != 0)
		tell(&l->to, x->exists - 1);
	if (leaf->kind == EV_STRING)
		return find_strings(x, l, leaf->raw, e);
	if (leaf->kind == EV_NUMBER)
		find_numbers(x, l, leaf);
	else if (x->literal[literal[leaf->kind]] != 0)
		tell(&l->to, x->literal[literal[leaf->kind]] - 1);
	return EV_OK;
}
