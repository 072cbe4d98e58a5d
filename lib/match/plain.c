/* SPDX-License-Identifier: MIT */
#include "match/plain.h"

#include <stdlib.h>

#include "json/iter.h"
#include "json/str.h"
#include "match/fold.h"
#include "match/words.h"

/* Room for one more behind n entries of the array *v, at most max of them. */
static enum ev_code
room(void *v, size_t n, size_t *cap, size_t size, struct ev_err *e)
{
	size_t want = *cap == 0 ? 16 : *cap * 2;
	void *p, *old;

	if (n < *cap)
		return EV_OK;
	if (n >= EV_LEAVES)
		return ev_fail(
		    e, EV_DATA, "more than %d values where the pattern looks", EV_LEAVES);
	memcpy(&old, v, sizeof(old));
	if ((p = realloc(old, want * size)) == NULL)
		return ev_fail_mem(e);
	memcpy(v, &p, sizeof(p));
	*cap = want;
	return EV_OK;
}

static enum ev_code collect(
    struct ev_plain *p, uint32_t node, struct ev_val v, uint32_t element, struct ev_err *e);

/* The last of equal members counts, with its whole value. */
static enum ev_code
collect_object(
    struct ev_plain *p, uint32_t node, struct ev_val v, uint32_t element, struct ev_err *e)
{
	const struct ev_paths *set = &p->match->paths;
	struct ev_iter it = ev_iter_view(v.raw);
	struct ev_slice key, name;
	struct ev_val member;
	enum ev_code rc;
	uint32_t k;

	while (ev_iter_next(&it, &key, &member)) {
		if ((rc = ev_str_view(key, &p->text, &name, e)) != EV_OK)
			return rc;
		if ((k = ev_paths_find(set, node, name)) != 0)
			p->last[k] = member;
	}
	for (k = set->node[node].child; k != 0; k = set->node[k].next) {
		member = p->last[k];
		p->last[k].kind = EV_ABSENT;
		if (member.kind != EV_ABSENT && (rc = collect(p, k, member, element, e)) != EV_OK)
			return rc;
	}
	return EV_OK;
}

/* Each element stands where the array does. */
static enum ev_code
collect_array(
    struct ev_plain *p, uint32_t node, struct ev_val v, uint32_t element, struct ev_err *e)
{
	const uint32_t array = (uint32_t)p->elements; /* that of its first element is unique */
	struct ev_iter it = ev_iter_view(v.raw);
	enum ev_code rc = EV_OK;
	struct ev_slice none;
	struct ev_val each;
	uint32_t i;

	for (i = 0; rc == EV_OK && ev_iter_next(&it, &none, &each); i++) {
		rc = room(&p->element, p->elements, &p->element_cap, sizeof(*p->element), e);
		if (rc != EV_OK)
			return rc;
		p->element[p->elements++] = (struct ev_element){ element, array, i, node };
		rc = collect(p, node, each, (uint32_t)p->elements - 1, e);
	}
	return rc;
}

static enum ev_code
collect(struct ev_plain *p, uint32_t node, struct ev_val v, uint32_t element, struct ev_err *e)
{
	const struct ev_pnode *n = &p->match->paths.node[node];
	enum ev_code rc;

	if (v.kind == EV_OBJECT)
		return collect_object(p, node, v, element, e);
	if (v.kind == EV_ARRAY)
		return collect_array(p, node, v, element, e);
	if (n->path == 0)
		return EV_OK;
	if ((rc = room(&p->leaf, p->leaves, &p->leaf_cap, sizeof(*p->leaf), e)) != EV_OK)
		return rc;
	v.path = n->path - 1;
	p->leaf[p->leaves++] = (struct ev_leaf){ element, v };
	return EV_OK;
}

static bool
in_block(const struct ev_pred *p, struct ev_slice text)
{
	unsigned char addr[16] = { 0 };
	unsigned family = ev_address_read(text, addr);

	ev_address_mask(addr, p->bits);
	return family == p->family && memcmp(addr, p->addr, family == 4 ? 4 : 16) == 0;
}

static bool
in_range(const struct ev_pred *p, struct ev_slice raw)
{
	const struct ev_num n = ev_num_read(raw), low = ev_num_read(p->low.num.raw),
			    high = ev_num_read(p->high.num.raw);
	int above = p->low.set ? ev_num_cmp(&n, &low) : 1;
	int below = p->high.set ? ev_num_cmp(&high, &n) : 1;

	return above >= (p->low.open ? 1 : 0) && below >= (p->high.open ? 1 : 0);
}

static enum ev_code
meets_text(
    struct ev_plain *x, const struct ev_pred *p, struct ev_slice raw, bool *yes, struct ev_err *e)
{
	struct ev_slice text;
	enum ev_code rc;

	if ((rc = ev_str_view(raw, &x->text, &text, e)) != EV_OK)
		return rc;
	if (p->op >= EV_OP_IEQUAL && p->op <= EV_OP_IWILD) {
		ev_buf_clear(&x->folded);
		if ((rc = ev_fold(text, &x->folded, e)) != EV_OK)
			return rc;
		text = ev_buf_view(&x->folded);
	}
	if (p->op == EV_OP_REGEX)
		return ev_regex_match(&p->regex, text, yes, e);
	if (p->op == EV_OP_EQUAL || p->op == EV_OP_IEQUAL)
		*yes = ev_slice_eq(text, p->text);
	else if (p->op == EV_OP_PREFIX || p->op == EV_OP_IPREFIX)
		*yes = ev_slice_begins(text, p->text);
	else if (p->op == EV_OP_SUFFIX || p->op == EV_OP_ISUFFIX)
		*yes = ev_slice_ends(text, p->text);
	else if (p->op == EV_OP_WILD || p->op == EV_OP_IWILD)
		*yes = ev_pred_wild(p, text);
	else if (p->op == EV_OP_CIDR)
		*yes = in_block(p, text);
	return EV_OK;
}

/* Whether predicate number k is true of v. */
static enum ev_code
meets(struct ev_plain *x, uint32_t k, const struct ev_val *v, bool *yes, struct ev_err *e)
{
	const struct ev_pred *p = &x->match->preds.v[k];
	enum ev_code rc = EV_OK;
	bool inner = false;
	uint32_t i;

	x->steps++;
	*yes = false;
	if (p->op == EV_OP_EXISTS)
		*yes = true;
	else if (p->op == EV_OP_TRUE || p->op == EV_OP_FALSE || p->op == EV_OP_NULL)
		*yes = v->kind ==
		    (p->op == EV_OP_TRUE           ? EV_TRUE
			    : p->op == EV_OP_FALSE ? EV_FALSE
						   : EV_NULL);
	else if (p->op == EV_OP_NUMBER || p->op == EV_OP_RANGE)
		*yes = v->kind == EV_NUMBER && in_range(p, v->raw);
	else if (p->op != EV_OP_NOT && v->kind == EV_STRING)
		rc = meets_text(x, p, v->raw, yes, e);
	if (p->op != EV_OP_NOT)
		return rc;
	for (i = 0; i < p->inners && !inner && rc == EV_OK; i++)
		rc = meets(x, p->inner[i], v, &inner, e);
	*yes = !inner;
	return rc;
}

static enum ev_code
too_much(struct ev_err *e)
{
	return ev_fail(e, EV_DATA, "more than %d steps to decide one pattern", EV_STEPS);
}

/* The leaves that satisfy one of the field's alternatives. */
static enum ev_code
find_leaves(struct ev_plain *p, uint32_t field, struct ev_err *e)
{
	const struct ev_match *m = p->match;
	const struct ev_field *f = &m->field[field];
	enum ev_code rc = EV_OK;
	uint32_t i, k;

	for (i = 0; i < p->leaves && rc == EV_OK; i++) {
		bool yes = false;

		if (p->leaf[i].v.path != f->path)
			continue;
		for (k = 0; k < f->n && !yes && rc == EV_OK; k++)
			rc = meets(p, m->list.v[f->first + k], &p->leaf[i].v, &yes, e);
		if (rc == EV_OK && yes)
			rc = ev_words_add(&p->meets[field], i, e);
		if (rc == EV_OK && p->steps > EV_STEPS)
			rc = too_much(e);
	}
	return rc;
}

enum ev_code
ev_plain_init(struct ev_plain *p, const struct ev_match *m, struct ev_slice event, struct ev_err *e)
{
	struct ev_val whole = { .raw = ev_slice_trim(event) };
	enum ev_code rc;
	uint32_t i;

	*p =
	    (struct ev_plain){ .match = m, .text = EV_BUF(event.n), .folded = EV_BUF(2 * event.n) };
	whole.kind = ev_kind_of(whole.raw);
	p->last = calloc(m->paths.n + 1, sizeof(*p->last));
	p->meets = calloc(m->fields + 1, sizeof(*p->meets));
	p->choice = calloc(m->fields + 1, sizeof(*p->choice));
	if (p->last == NULL || p->meets == NULL || p->choice == NULL)
		return ev_fail_mem(e);
	rc = room(&p->element, 0, &p->element_cap, sizeof(*p->element), e);
	p->elements = 1;
	if (rc == EV_OK)
		rc = collect(p, 0, whole, 0, e);
	for (i = 0; i < m->fields && rc == EV_OK; i++)
		rc = find_leaves(p, i, e);
	return rc;
}

void
ev_plain_fini(struct ev_plain *p)
{
	uint32_t i;

	for (i = 0; p->meets != NULL && i < p->match->fields; i++)
		free(p->meets[i].v);
	free(p->meets);
	free(p->leaf);
	free(p->element);
	free(p->choice);
	free(p->last);
	ev_buf_fini(&p->text);
	ev_buf_fini(&p->folded);
	*p = (struct ev_plain){ 0 };
}

/* Whether two leaves' memberships name no array with different elements. */
static bool
agree(struct ev_plain *p, uint32_t a, uint32_t b)
{
	const struct ev_element *v = p->element;
	uint32_t x, y;

	for (x = p->leaf[a].element; x != 0; x = v[x].outer)
		for (y = p->leaf[b].element; y != 0; y = v[y].outer, p->steps++)
			if (v[x].array == v[y].array && v[x].index != v[y].index)
				return false;
	return true;
}

bool
ev_plain_agrees(struct ev_plain *p, uint32_t leaf, uint32_t n)
{
	uint32_t i;

	p->steps += n + 1;
	for (i = 0; i < n; i++)
		if (p->choice[i] < EV_UNMET && !agree(p, leaf, p->choice[i]))
			return false;
	return true;
}

/* Whether no leaf at the path of field i agrees with what the n fields have chosen. */
static bool
absent(struct ev_plain *p, const struct ev_conjunction *c, uint32_t i)
{
	uint32_t path = p->match->field[p->match->member.v[c->first + i]].path, k;

	for (k = 0; k < p->leaves && p->steps <= EV_STEPS; k++, p->steps++)
		if (p->leaf[k].v.path == path && ev_plain_agrees(p, k, c->n))
			return false;
	return true;
}

/* Absence is looked at last, against the leaves chosen for the other fields. */
static bool
absences_hold(struct ev_plain *p, const struct ev_conjunction *c, uint32_t unmet)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < c->n; i++)
		wrong += p->choice[i] == EV_MET_BY_ABSENCE && !absent(p, c, i);
	if (wrong > unmet)
		return false;
	for (i = 0; i < c->n && wrong > 0; i++)
		if (p->choice[i] == EV_MET_BY_ABSENCE && !absent(p, c, i))
			p->choice[i] = EV_UNMET; /* has no leaf: it changes no other's absence */
	return true;
}

/* Chooses for the fields from number i on. */
static bool
choose(struct ev_plain *p, const struct ev_conjunction *c, uint32_t i, uint32_t unmet)
{
	const uint32_t field = i < c->n ? p->match->member.v[c->first + i] : 0;
	const struct ev_words *leaves = &p->meets[field];
	size_t k;

	if (++p->steps > EV_STEPS)
		return false;
	if (i == c->n)
		return absences_hold(p, c, unmet);
	for (k = 0; k < leaves->n && p->steps <= EV_STEPS; k++)
		if (ev_plain_agrees(p, leaves->v[k], i)) {
			p->choice[i] = leaves->v[k];
			if (choose(p, c, i + 1, unmet))
				return true;
		}
	if (p->match->field[field].absent) {
		p->choice[i] = EV_MET_BY_ABSENCE;
		if (choose(p, c, i + 1, unmet))
			return true;
	}
	p->choice[i] = EV_UNMET;
	return unmet > 0 && choose(p, c, i + 1, unmet - 1);
}

enum ev_code
ev_plain_choose(
    struct ev_plain *p, const struct ev_conjunction *c, uint32_t unmet, bool *yes, struct ev_err *e)
{
	*yes = choose(p, c, 0, unmet); /* what it says counts if all steps were done */
	return p->steps <= EV_STEPS ? EV_OK : too_much(e);
}
