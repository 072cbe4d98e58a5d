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
	enum ev_code rc;
	uint32_t i;

	c->body = (uint32_t)m->body.n;
	rc = add_words(&m->body, head, 2, e);
	for (i = 0; i < c->n && rc == EV_OK; i++) {
		const struct ev_field *f = &m->field[m->member.v[c->first + i]];
		const uint32_t field[] = { f->path, f->absent, f->n };

		if ((rc = add_words(&m->body, field, 3, e)) == EV_OK)
			rc = add_words(&m->body, &m->list.v[f->first], f->n, e);
	}
	if (c->n > m->most)
		m->most = c->n;
	return rc;
}

/* The field that carries c; NULL: each may be met by absence. */
static const struct ev_field *
carrier(const struct ev_match *m, const struct ev_conjunction *c)
{
	const struct ev_field *f = &m->field[m->member.v[c->first]];

	return f->absent ? NULL : f;
}

/* Hangs the bodies: counts per predicate, then places; next has room for both. */
static enum ev_code
hang(struct ev_match *m, uint32_t *next, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	uint32_t c, i, total = 0;
	const struct ev_field *f;

	for (c = 0; c < m->conjunctions; c++)
		for (i = 0, f = carrier(m, &m->conjunction[c]); f != NULL && i < f->n; i++)
			next[m->list.v[f->first + i]]++;
	for (i = 0; rc == EV_OK && i <= m->preds.n; i++) {
		uint32_t n = next[i];

		rc = ev_words_add(&m->from, total, e);
		next[i] = total;
		total += n;
	}
	m->hung.v = calloc(total + 1, sizeof(*m->hung.v));
	if (m->hung.v == NULL)
		return ev_fail_mem(e);
	for (c = 0; rc == EV_OK && c < m->conjunctions; c++) {
		if ((f = carrier(m, &m->conjunction[c])) == NULL)
			rc = ev_words_add(&m->always, m->conjunction[c].body, e);
		for (i = 0; f != NULL && i < f->n; i++)
			m->hung.v[next[m->list.v[f->first + i]]++] = m->conjunction[c].body;
	}
	return rc;
}

enum ev_code
ev_match_build(struct ev_match *m, struct ev_err *e)
{
	uint32_t *count = calloc(2 * ((size_t)m->preds.n + 1), sizeof(*count)), c;
	enum ev_code rc = count == NULL ? ev_fail_mem(e) : EV_OK;

	m->paths.through = true;
	if (rc == EV_OK)
		rc = build_sieves(m, e);
	if (rc == EV_OK)
		count_sharers(m, count);
	for (c = 0; c < m->conjunctions && rc == EV_OK; c++) {
		sort_fields(m, &m->conjunction[c], count);
		rc = write_body(m, &m->conjunction[c], e);
	}
	if (rc == EV_OK)
		rc = hang(m, count + m->preds.n + 1, e);
	free(count);
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
	free(m->from.v);
	free(m->always.v);
	*m = (struct ev_match){ 0 };
}
