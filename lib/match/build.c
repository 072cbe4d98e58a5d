/* SPDX-License-Identifier: MIT */
/* A set of patterns made ready: predicates into sieves, conjunctions under their rarest field. */
#include "match/match.h"

#include <stdlib.h>

#include "match/sieve.h"
#include "match/words.h"

/* How common a predicate is expected to be true: the field with the least sum carries its
 * conjunction. */
static const unsigned weight[] = {
	[EV_OP_EXISTS] = 256,
	[EV_OP_TRUE] = 64,
	[EV_OP_FALSE] = 64,
	[EV_OP_NULL] = 64,
	[EV_OP_EQUAL] = 1,
	[EV_OP_PREFIX] = 4,
	[EV_OP_SUFFIX] = 4,
	[EV_OP_WILD] = 4,
	[EV_OP_IEQUAL] = 1,
	[EV_OP_IPREFIX] = 4,
	[EV_OP_ISUFFIX] = 4,
	[EV_OP_IWILD] = 4,
	[EV_OP_REGEX] = 16,
	[EV_OP_CIDR] = 4,
	[EV_OP_NUMBER] = 1,
	[EV_OP_RANGE] = 32,
	[EV_OP_NOT] = 256,
};

static enum ev_code
build_sieves(struct ev_match *m, struct ev_err *e)
{
	struct ev_words *list = calloc(m->paths.paths + 1, sizeof(*list));
	enum ev_code rc = EV_OK;
	uint32_t i;

	m->sieve = calloc(m->paths.paths + 1, sizeof(*m->sieve));
	if (list == NULL || m->sieve == NULL)
		rc = ev_fail_mem(e);
	for (i = 0; rc == EV_OK && i < m->preds.n; i++)
		rc = ev_words_add(&list[m->preds.v[i].path], i, e);
	for (i = 0; rc == EV_OK && i < m->paths.paths; i++)
		rc = ev_sieve_init(&m->sieve[i], &m->preds, &list[i], e);
	for (i = 0; list != NULL && i < m->paths.paths; i++)
		free(list[i].v);
	free(list);
	return rc;
}

/* How often a field is expected to be met; the greatest number where absence may meet it. */
static uint64_t
cost(const struct ev_match *m, const struct ev_field *f, const uint32_t *sharers)
{
	uint64_t sum = 0;
	uint32_t k;

	for (k = 0; k < f->n; k++) {
		uint32_t p = m->list.v[f->first + k];

		sum += (uint64_t)weight[m->preds.v[p].op] * (15 + sharers[p]);
	}
	return f->absent ? UINT64_MAX : sum;
}

/* The rarest field comes first: the conjunction hangs under it. */
static void
sort_fields(const struct ev_match *m, const struct ev_conjunction *c, const uint32_t *sharers)
{
	uint32_t *v = &m->member.v[c->first], i, k;

	for (i = 1; i < c->n; i++)
		for (k = i; k > 0 &&
		     cost(m, &m->field[v[k]], sharers) < cost(m, &m->field[v[k - 1]], sharers);
		     k--) {
			uint32_t swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}

static void
count_sharers(const struct ev_match *m, uint32_t *sharers)
{
	uint32_t c, i, k;

	for (c = 0; c < m->conjunctions; c++)
		for (i = 0; i < m->conjunction[c].n; i++) {
			const struct ev_field *f =
			    &m->field[m->member.v[m->conjunction[c].first + i]];

			for (k = 0; k < f->n; k++)
				sharers[m->list.v[f->first + k]]++;
		}
}

static enum ev_code
add_words(struct ev_words *w, const uint32_t *v, size_t n, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < n && rc == EV_OK; i++)
		rc = ev_words_add(w, v[i], e);
	return rc;
}

static enum ev_code
write_body(struct ev_match *m, struct ev_conjunction *c, struct ev_err *e)
{
	const uint32_t head[] = { c->rule, c->n };
	enum ev_code rc = m->body.n == 0 ? ev_words_add(&m->body, 0, e) : EV_OK;
	uint32_t i;

	c->body = (uint32_t)m->body.n;
	if (rc == EV_OK)
		rc = add_words(&m->body, head, 2, e);
	for (i = 0; i < c->n && rc == EV_OK; i++) {
		const struct ev_field *f = &m->field[m->member.v[c->first + i]];
		const uint32_t field[] = { f->path, f->absent, f->n };

		if ((rc = add_words(&m->body, field, 3, e)) == EV_OK)
			rc = add_words(&m->body, &m->list.v[f->first], f->n, e);
	}
	return rc;
}

/* The field that carries c; NULL: each may be met by absence. */
static const struct ev_field *
carrier(const struct ev_match *m, const struct ev_conjunction *c)
{
	const struct ev_field *f = &m->field[m->member.v[c->first]];

	return f->absent ? NULL : f;
}

/* Pairs of a predicate and what belongs to its list, one behind the other. */
static enum ev_code
add_pair(struct ev_words *pairs, uint32_t pred, uint32_t v, struct ev_err *e)
{
	const uint32_t pair[] = { pred, v };

	return add_words(pairs, pair, 2, e);
}

/* Makes the lists of n predicates; frees the pairs. */
static enum ev_code
make_lists(struct ev_lists *l, struct ev_words *pairs, uint32_t n, struct ev_err *e)
{
	size_t i;

	l->from = calloc((size_t)n + 2, sizeof(*l->from));
	l->v = calloc(pairs->n / 2 + 1, sizeof(*l->v));
	if (l->from != NULL && l->v != NULL) {
		/* lengths two further, then beginnings one further, which filling makes ends */
		for (i = 0; i < pairs->n; i += 2)
			l->from[pairs->v[i] + 2]++;
		for (i = 2; i <= n; i++)
			l->from[i] += l->from[i - 1];
		for (i = 0; i < pairs->n; i += 2)
			l->v[l->from[pairs->v[i] + 1]++] = pairs->v[i + 1];
	}
	free(pairs->v);
	return l->from != NULL && l->v != NULL ? EV_OK : ev_fail_mem(e);
}

static enum ev_code
list_denied(struct ev_match *m, struct ev_err *e)
{
	struct ev_words pairs = { NULL, 0, 0 };
	enum ev_code rc = EV_OK, done;
	uint32_t p, i;

	for (p = 0; p < m->preds.n; p++)
		for (i = 0; i < m->preds.v[p].inners && rc == EV_OK; i++)
			rc = add_pair(&pairs, m->preds.v[p].inner[i], p, e);
	done = make_lists(&m->denies, &pairs, m->preds.n, e);
	return rc != EV_OK ? rc : done;
}

/* Conjunctions of one field go to `alone`, others to `hung` by their numbers. */
static enum ev_code
list_carried(struct ev_match *m, struct ev_err *e)
{
	struct ev_words alone = { NULL, 0, 0 }, hung = { NULL, 0, 0 };
	enum ev_code rc = EV_OK, done, last;
	uint32_t c, i;

	for (c = 0; c < m->conjunctions; c++) {
		const struct ev_conjunction *x = &m->conjunction[c];
		const struct ev_field *f = carrier(m, x);

		for (i = 0; f != NULL && i < f->n && rc == EV_OK; i++)
			rc = x->n == 1 ? add_pair(&alone, m->list.v[f->first + i], x->rule, e)
				       : add_pair(&hung, m->list.v[f->first + i], c, e);
	}
	done = make_lists(&m->alone, &alone, m->preds.n, e);
	last = make_lists(&m->hung, &hung, m->preds.n, e);
	return rc != EV_OK ? rc : done != EV_OK ? done : last;
}

/* Hangs the conjunctions: numbers in `hung` become bodies. */
static enum ev_code
hang(struct ev_match *m, struct ev_err *e)
{
	enum ev_code rc = list_carried(m, e);
	struct ev_conjunction *c;
	uint32_t i;

	for (i = 0; rc == EV_OK && i < m->hung.from[m->preds.n]; i++) {
		c = &m->conjunction[m->hung.v[i]];
		rc = c->body == 0 ? write_body(m, c, e) : EV_OK;
		m->hung.v[i] = c->body;
	}
	for (c = m->conjunction; rc == EV_OK && c < m->conjunction + m->conjunctions; c++)
		if (carrier(m, c) == NULL && (rc = write_body(m, c, e)) == EV_OK)
			rc = ev_words_add(&m->always, c->body, e);
	return rc;
}

static bool
has_list(const struct ev_lists *l, uint32_t p)
{
	return l->from[p] < l->from[p + 1];
}

/* The roles of the conjunctions' predicates, and of those that have a list. */
static void
find_roles(struct ev_match *m)
{
	uint32_t c, i, k, p;

	for (c = 0; c < m->conjunctions; c++)
		for (i = 0; i < m->conjunction[c].n && m->conjunction[c].n > 1; i++) {
			const struct ev_field *f =
			    &m->field[m->member.v[m->conjunction[c].first + i]];

			for (k = 0; k < f->n; k++)
				m->role[m->list.v[f->first + k]] = EV_PLACED;
		}
	for (p = 0; p < m->preds.n; p++) {
		m->role[p] |= has_list(&m->hung, p) ? EV_CARRIES : 0;
		m->role[p] |= has_list(&m->alone, p) ? EV_DECIDES : 0;
		m->role[p] |= has_list(&m->denies, p) ? EV_DENIES : 0;
	}
}

enum ev_code
ev_match_build(struct ev_match *m, struct ev_err *e)
{
	uint32_t *sharers = calloc((size_t)m->preds.n + 1, sizeof(*sharers)), c;
	enum ev_code rc = EV_OK;

	m->paths.through = true;
	m->role = calloc((size_t)m->preds.n + 1, sizeof(*m->role));
	if (sharers == NULL || m->role == NULL)
		rc = ev_fail_mem(e);
	if (rc == EV_OK)
		rc = build_sieves(m, e);
	if (rc == EV_OK) {
		count_sharers(m, sharers);
		for (c = 0; c < m->conjunctions; c++) {
			sort_fields(m, &m->conjunction[c], sharers);
			if (m->conjunction[c].n > m->most)
				m->most = m->conjunction[c].n;
		}
		rc = list_denied(m, e);
	}
	if (rc == EV_OK && (rc = hang(m, e)) == EV_OK)
		find_roles(m);
	free(sharers);
	return rc;
}

void
ev_match_fini(struct ev_match *m)
{
	uint32_t i;

	for (i = 0; m->sieve != NULL && i < m->paths.paths; i++)
		ev_sieve_fini(&m->sieve[i]);
	free(m->sieve);
	ev_paths_fini(&m->paths);
	ev_preds_fini(&m->preds);
	free(m->list.v);
	free(m->member.v);
	free(m->field);
	free(m->conjunction);
	free(m->body.v);
	free(m->hung.v);
	free(m->hung.from);
	free(m->alone.v);
	free(m->alone.from);
	free(m->denies.v);
	free(m->denies.from);
	free(m->always.v);
	free(m->role);
	*m = (struct ev_match){ 0 };
}
