/* SPDX-License-Identifier: MIT */
/* One event against a set of patterns. */
#include "match/match.h"

#include <stdlib.h>

#include "match/sieve.h"
#include "match/words.h"

/* What else is known of a predicate. Numbers instead of clearing: what is not of this event does
 * not count. */
struct truth {
	uint32_t leaf;    /* the leaf of which it was true last */
	uint32_t outside; /* the event in which it was true of a leaf outside of arrays */
	uint32_t hits;    /* 1 + the last hit in this event; 0: none */
};

/* A predicate that is true of a leaf within an array. */
struct hit {
	uint32_t place, before; /* before: 1 + an earlier hit of the predicate */
};

struct ev_matching_work {
	uint32_t *event_of;       /* per predicate: the event in which it was true last */
	struct truth *truth;      /* per predicate */
	uint32_t *there;          /* per path: the event in which it had a leaf last */
	uint32_t *done;           /* per rule: the event in which it matched last */
	struct ev_words true_now; /* predicates that carry something and are true */
	struct hit *hit;
	uint32_t hits, hit_cap;
	uint32_t event, leaf;
	uint32_t place; /* of the leaf being looked at */
	bool arrays;    /* some leaf lies within one */
	bool no_memory;
	const struct ev_match *match;
	const struct ev_scan *scan;
	struct ev_scratch scratch;
	uint32_t *chosen; /* per field of the conjunction being tried: a place */
	uint32_t tries;
};

enum ev_code
ev_matching_init(struct ev_matching *g, const struct ev_match *m, struct ev_err *e)
{
	struct ev_matching_work *w = calloc(1, sizeof(*w));

	*g = (struct ev_matching){ .match = m, .work = w };
	g->rule = calloc(m->rules + 1, sizeof(*g->rule));
	if (w == NULL || g->rule == NULL) {
		ev_matching_fini(g);
		return ev_fail_mem(e);
	}
	w->match = m;
	w->event_of = calloc(m->preds.n + 1, sizeof(*w->event_of));
	w->truth = calloc(m->preds.n + 1, sizeof(*w->truth));
	w->there = calloc(m->paths.paths + 1, sizeof(*w->there));
	w->done = calloc(m->rules + 1, sizeof(*w->done));
	w->chosen = calloc(m->most + 1, sizeof(*w->chosen));
	if (w->event_of == NULL || w->truth == NULL || w->there == NULL || w->done == NULL ||
	    w->chosen == NULL) {
		ev_matching_fini(g);
		return ev_fail_mem(e);
	}
	return EV_OK;
}

void
ev_matching_fini(struct ev_matching *g)
{
	struct ev_matching_work *w = g->work;

	if (w != NULL) {
		free(w->event_of);
		free(w->truth);
		free(w->there);
		free(w->done);
		free(w->true_now.v);
		free(w->hit);
		free(w->chosen);
		ev_buf_fini(&w->scratch.text);
		ev_buf_fini(&w->scratch.folded);
	}
	free(w);
	free(g->rule);
	*g = (struct ev_matching){ 0 };
}

static void
add_hit(struct ev_matching_work *w, struct truth *t)
{
	if (w->hits == w->hit_cap) {
		uint32_t cap = w->hit_cap == 0 ? 64 : w->hit_cap * 2;
		struct hit *v = realloc(w->hit, cap * sizeof(*v));

		if (v == NULL) {
			w->no_memory = true;
			return;
		}
		w->hit = v;
		w->hit_cap = cap;
	}
	w->hit[w->hits] = (struct hit){ w->place, t->hits };
	t->hits = ++w->hits;
}

/* ev_hit: the predicate is true of the leaf being looked at. */
static void
on_hit(void *arg, uint32_t pred)
{
	struct ev_matching_work *w = arg;
	struct truth *t = &w->truth[pred];

	if (t->leaf == w->leaf)
		return;
	t->leaf = w->leaf;
	if (w->event_of[pred] != w->event) {
		w->event_of[pred] = w->event;
		t->hits = 0;
		if (w->match->from.v[pred] != w->match->from.v[pred + 1] &&
		    ev_words_add(&w->true_now, pred, NULL) != EV_OK)
			w->no_memory = true;
	}
	if (w->place == 0)
		t->outside = w->event;
	else
		add_hit(w, t);
}

/* anything-but: true of a leaf of which none of the inner predicates is. */
static void
find_nots(struct ev_matching_work *w, const struct ev_sieve *x)
{
	size_t i;

	for (i = 0; i < x->not .n; i++) {
		const struct ev_pred *p = &w->match->preds.v[x->not .v[i]];
		uint32_t k;

		for (k = 0; k < p->inners && w->truth[p->inner[k]].leaf != w->leaf; k++)
			;
		if (k == p->inners)
			on_hit(w, x->not .v[i]);
	}
}

static enum ev_code
look_at_leaves(struct ev_matching_work *w, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < w->scan->manys && rc == EV_OK; i++) {
		const struct ev_val *leaf = &w->scan->many[i];
		const struct ev_sieve *x = &w->match->sieve[leaf->path];

		if (++w->leaf == 0) { /* after 4 billion leaves the numbers begin again */
			uint32_t p;

			for (p = 0; p < w->match->preds.n; p++)
				w->truth[p].leaf = 0;
			w->leaf = 1;
		}
		w->place = leaf->place;
		w->arrays |= leaf->place != 0;
		w->there[leaf->path] = w->event;
		rc = ev_sieve_find(x, &w->match->preds, leaf, &w->scratch, on_hit, w, e);
		if (rc == EV_OK)
			find_nots(w, x);
	}
	return rc == EV_OK && w->no_memory ? ev_fail_mem(e) : rc;
}

/* Whether two places name no array with different elements. */
static bool
agree(const struct ev_place *v, uint32_t a, uint32_t b)
{
	uint32_t x, y;

	for (x = a; x != 0; x = v[x].outer)
		for (y = b; y != 0; y = v[y].outer)
			if (v[x].array == v[y].array && v[x].index != v[y].index)
				return false;
	return true;
}

static bool
agrees_with_chosen(const struct ev_matching_work *w, uint32_t place, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (w->chosen[i] != UINT32_MAX && !agree(w->scan->place, place, w->chosen[i]))
			return false;
	return true;
}

/* Whether no leaf of the path agrees with what the n fields have chosen. */
static bool
absent(const struct ev_matching_work *w, uint32_t path, uint32_t n)
{
	size_t i;

	if (w->there[path] != w->event)
		return true;
	for (i = 0; i < w->scan->manys; i++)
		if (w->scan->many[i].path == path &&
		    agrees_with_chosen(w, w->scan->many[i].place, n))
			return false;
	return true;
}

/* A field in a body, and where the next one begins. */
struct field {
	uint32_t path, absent, n;
	const uint32_t *pred;
};

static inline struct field
read_field(const uint32_t **at)
{
	struct field f = { (*at)[0], (*at)[1], (*at)[2], *at + 3 };

	*at += 3 + f.n;
	return f;
}

/* What is being tried: the fields from `at` on, the first of which is number i of n. */
struct attempt {
	const uint32_t *body, *at;
	uint32_t i, n;
};

/* Fields that chose absence (UINT32_MAX) are checked last, against all the others. */
static bool
absences_hold(const struct ev_matching_work *w, const struct attempt *a)
{
	const uint32_t *at = a->body;
	uint32_t i;

	for (i = 0; i < a->n; i++) {
		struct field f = read_field(&at);

		if (w->chosen[i] == UINT32_MAX && !absent(w, f.path, a->n))
			return false;
	}
	return true;
}

static bool choose(struct ev_matching_work *w, struct attempt a);

static bool
choose_place(struct ev_matching_work *w, const struct attempt *next, uint32_t place)
{
	if (++w->tries > EV_TRIES || !agrees_with_chosen(w, place, next->i - 1))
		return false;
	w->chosen[next->i - 1] = place;
	return choose(w, *next);
}

/* Tries the leaves that meet the next field, one after the other, then its absence. */
static bool
choose(struct ev_matching_work *w, struct attempt a)
{
	struct field f;
	uint32_t k, h;

	if (a.i == a.n)
		return absences_hold(w, &a);
	f = read_field(&a.at);
	a.i++;
	for (k = 0; k < f.n; k++) {
		const struct truth *t = &w->truth[f.pred[k]];

		if (w->event_of[f.pred[k]] != w->event)
			continue;
		if (t->outside == w->event && choose_place(w, &a, 0))
			return true;
		for (h = t->hits; h != 0; h = w->hit[h - 1].before)
			if (choose_place(w, &a, w->hit[h - 1].place))
				return true;
	}
	if (f.absent == 0)
		return false;
	w->chosen[a.i - 1] = UINT32_MAX;
	return choose(w, a);
}

/* How a field stands before elements are chosen. */
enum standing {
	UNMET,
	FREE, /* met outside of arrays, or no leaf at all: whatever the others choose */
	BOUND /* met within arrays, or by absence from some element: must agree with the others */
};

static inline enum standing
look_at(const struct ev_matching_work *w, const struct field *f)
{
	enum standing s = UNMET;
	uint32_t k;

	for (k = 0; k < f->n; k++)
		if (w->event_of[f->pred[k]] == w->event) {
			if (!w->arrays || w->truth[f->pred[k]].outside == w->event)
				return FREE;
			s = BOUND;
		}
	if (f->absent == 0)
		return s;
	if (w->there[f->path] != w->event)
		return FREE;
	return w->arrays ? BOUND : s;
}

static enum ev_code
try(struct ev_matching *g, const uint32_t *body, struct ev_err *e)
{
	struct ev_matching_work *w = g->work;
	const uint32_t rule = body[0], n = body[1], *at = body + 2;
	uint32_t i, bound = 0, absent = 0;

	for (i = 0; i < n; i++) {
		struct field f = read_field(&at);
		enum standing s = look_at(w, &f);

		if (s == UNMET)
			return EV_OK;
		bound += s == BOUND;
		absent |= s == BOUND ? f.absent : 0;
	}
	if (w->done[rule] == w->event)
		return EV_OK;
	if (bound > 1 || absent != 0) { /* a single element that was chosen agrees with all that is
					   outside of arrays */
		w->tries = 0;
		if (!choose(w, (struct attempt){ body + 2, body + 2, 0, n })) {
			if (w->tries > EV_TRIES)
				return ev_fail(e, EV_DATA,
				    "more than %d choices of array elements for one pattern",
				    EV_TRIES);
			return EV_OK;
		}
	}
	w->done[rule] = w->event;
	g->rule[g->rules++] = rule;
	return EV_OK;
}

static void
next_event(struct ev_matching_work *w)
{
	if (++w->event == 0) { /* the numbers begin again */
		memset(w->event_of, 0, w->match->preds.n * sizeof(*w->event_of));
		memset(w->truth, 0, w->match->preds.n * sizeof(*w->truth));
		memset(w->there, 0, w->match->paths.paths * sizeof(*w->there));
		memset(w->done, 0, w->match->rules * sizeof(*w->done));
		w->event = w->leaf = 1;
	}
	w->true_now.n = 0;
	w->hits = 0;
	w->arrays = w->no_memory = false;
}

enum ev_code
ev_matching_run(struct ev_matching *g, const struct ev_scan *scan, struct ev_err *e)
{
	struct ev_matching_work *w = g->work;
	const struct ev_match *m = g->match;
	enum ev_code rc;
	uint32_t h;
	size_t i;

	g->rules = 0;
	w->scan = scan;
	next_event(w);
	rc = look_at_leaves(w, e);
	for (i = 0; i < w->true_now.n && rc == EV_OK; i++)
		for (h = m->from.v[w->true_now.v[i]];
		     h < m->from.v[w->true_now.v[i] + 1] && rc == EV_OK; h++)
			rc = try(g, &m->body.v[m->hung.v[h]], e);
	for (i = 0; i < m->always.n && rc == EV_OK; i++)
		rc = try(g, &m->body.v[m->always.v[i]], e);
	return rc;
}
