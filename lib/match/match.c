/* SPDX-License-Identifier: MIT */
/* One event against a set of patterns. */
#include "match/match.h"

#include <stdlib.h>

#include "match/sieve.h"
#include "match/words.h"

/* What else is known of a predicate. Numbers instead of clearing: what is not of this event does
 * not count. */
struct truth {
	uint32_t leaf;    /* the leaf that it was settled for last */
	uint32_t outside; /* the event in which it was true of a leaf outside of arrays */
	uint32_t hits;    /* 1 + the last hit in this event; 0: none */
};

/* A predicate that is true of a leaf within an array. */
struct hit {
	uint32_t place, before; /* before: 1 + an earlier hit of the predicate */
};

/* The numbers of a path that lie in this gap say nothing new in this event. */
struct alike {
	uint32_t event; /* 0: none */
	struct ev_gap gap;
};

struct ev_matching_work {
	uint64_t *is_true; /* a bit per predicate: among 10,000 rules a number per predicate
			      does not stay in the cache */
	uint32_t *used;    /* the words of is_true that are not 0 */
	uint32_t uses;
	struct truth *truth; /* per predicate */
	struct alike *alike; /* per path */
	uint32_t *there;     /* per path: the event in which it had a leaf last */
	uint32_t *done;      /* per rule: the event in which it matched last */
	uint32_t *met;       /* borrowed; rules that match */
	uint32_t mets;
	uint32_t *true_now; /* predicates that carry something and are true */
	uint32_t trues;
	struct hit *hit;
	uint32_t hits, hit_cap;
	uint32_t event, leaf;
	uint32_t place; /* of the leaf being looked at */
	bool arrays;    /* some leaf lies within one */
	bool placed;    /* a predicate whose elements count is true of this leaf */
	bool no_memory;
	const struct ev_match *match;
	const struct ev_scan *scan;
	struct ev_look look;
	uint32_t *chosen; /* per field of the conjunction being tried: a place */
	uint32_t tries;
};

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

static inline void
meet(struct ev_matching_work *w, uint32_t rule)
{
	if (w->done[rule] != w->event) {
		w->done[rule] = w->event;
		w->met[w->mets++] = rule;
	}
}

/* Whether it is true of some leaf of this event. */
static inline bool
is_true(const struct ev_matching_work *w, uint32_t pred)
{
	return (w->is_true[pred / 64] >> pred % 64 & 1) != 0;
}

/* A predicate became true in this event: what hangs under it will be tried. */
static inline void
begin(struct ev_matching_work *w, uint32_t pred, unsigned role)
{
	const struct ev_lists *l = &w->match->alone;
	uint32_t i;

	if (w->is_true[pred / 64] == 0)
		w->used[w->uses++] = pred / 64;
	w->is_true[pred / 64] |= 1ULL << pred % 64;
	w->truth[pred].hits = 0;
	if ((role & EV_DECIDES) != 0)
		for (i = l->from[pred]; i < l->from[pred + 1]; i++)
			meet(w, l->v[i]);
	if ((role & EV_CARRIES) != 0)
		w->true_now[w->trues++] = pred;
	if ((role & EV_PLACED) == 0)
		w->truth[pred].outside = w->event;
}

/* The predicate is true of the leaf being looked at. */
static inline void
note(struct ev_matching_work *w, uint32_t pred, unsigned role)
{
	struct truth *t = &w->truth[pred];

	if (!is_true(w, pred))
		begin(w, pred, role);
	if ((role & EV_PLACED) == 0 || t->leaf == w->leaf)
		return;
	w->placed = true;
	t->leaf = w->leaf;
	if (w->place == 0)
		t->outside = w->event;
	else
		add_hit(w, t);
}

/* The same of one that is no NOT. */
static void
on_hit(void *arg, uint32_t pred)
{
	struct ev_matching_work *w = arg;
	const struct ev_lists *l = &w->match->denies;
	const unsigned role = w->match->role[pred];
	uint32_t i;

	if ((role & EV_DENIES) != 0)
		for (i = l->from[pred]; i < l->from[pred + 1]; i++)
			w->truth[l->v[i]].leaf = w->leaf;
	note(w, pred, role);
}

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
	w->met = g->rule;
	w->is_true = calloc(m->preds.n / 64 + 1, sizeof(*w->is_true));
	w->used = calloc(m->preds.n / 64 + 1, sizeof(*w->used));
	w->truth = calloc(m->preds.n + 1, sizeof(*w->truth));
	w->true_now = calloc(m->preds.n + 1, sizeof(*w->true_now));
	w->alike = calloc(m->paths.paths + 1, sizeof(*w->alike));
	w->there = calloc(m->paths.paths + 1, sizeof(*w->there));
	w->done = calloc(m->rules + 1, sizeof(*w->done));
	w->chosen = calloc(m->most + 1, sizeof(*w->chosen));
	w->look.to = (struct ev_hits){ &m->preds, on_hit, w };
	if (w->is_true == NULL || w->used == NULL || w->truth == NULL || w->true_now == NULL ||
	    w->alike == NULL || w->there == NULL || w->done == NULL || w->chosen == NULL) {
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
		free(w->is_true);
		free(w->used);
		free(w->truth);
		free(w->alike);
		free(w->there);
		free(w->done);
		free(w->true_now);
		free(w->hit);
		free(w->chosen);
		ev_look_fini(&w->look);
	}
	free(w);
	free(g->rule);
	*g = (struct ev_matching){ 0 };
}

/* anything-but: true of a leaf of which none of the inner predicates is. */
static void
note_nots(struct ev_matching_work *w, const struct ev_sieve *x)
{
	size_t i;

	for (i = 0; i < x->not .n; i++) {
		const uint32_t pred = x->not .v[i];

		if (w->truth[pred].leaf != w->leaf)
			note(w, pred, w->match->role[pred]);
	}
}

/*
 * Whether a number meets just what an earlier one of its path met: then it says nothing new. Most
 * numbers of an array lie between the same two bounds; in arrays of coordinates this took a fifth
 * off the time.
 */
static inline bool
is_alike(const struct ev_matching_work *w, const struct ev_val *leaf)
{
	const struct alike *a = &w->alike[leaf->path];
	struct ev_ranks is;

	if (a->event != w->event || leaf->kind != EV_NUMBER)
		return false;
	is = ev_quick_outline(leaf);
	return is.least > a->gap.low && is.greatest < a->gap.high;
}

static enum ev_code
look_at(struct ev_matching_work *w, const struct ev_val *leaf, struct ev_err *e)
{
	const struct ev_sieve *x = &w->match->sieve[leaf->path];
	enum ev_code rc;

	if (++w->leaf == 0) { /* after 4 billion leaves the numbers begin again */
		uint32_t p;

		for (p = 0; p < w->match->preds.n; p++)
			w->truth[p].leaf = 0;
		w->leaf = 1;
	}
	w->place = leaf->place;
	w->arrays |= leaf->place != 0;
	w->placed = false;
	w->there[leaf->path] = w->event;
	rc = ev_sieve_find(x, &w->look, leaf, e);
	if (rc == EV_OK)
		note_nots(w, x);
	if (leaf->kind == EV_NUMBER && !w->placed)
		w->alike[leaf->path] = (struct alike){ w->event, w->look.gap };
	return rc;
}

static enum ev_code
look_at_leaves(struct ev_matching_work *w, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < w->scan->manys && rc == EV_OK; i++)
		if (!is_alike(w, &w->scan->many[i]))
			rc = look_at(w, &w->scan->many[i], e);
	return rc == EV_OK && w->no_memory ? ev_fail_mem(e) : rc;
}

/*
 * Whether two places name no array with different elements. Where their ways outwards meet, they
 * come from one array or from two; inner places have the greater numbers.
 */
static bool
agree(const struct ev_place *v, uint32_t a, uint32_t b)
{
	uint32_t x = 0, y = 0;

	while (a != b)
		if (a > b) {
			x = a;
			a = v[a].outer;
		} else {
			y = b;
			b = v[b].outer;
		}
	return x == 0 || y == 0 || v[x].array != v[y].array;
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

		if (!is_true(w, f.pred[k]))
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
stands(const struct ev_matching_work *w, const struct field *f)
{
	enum standing s = UNMET;
	uint32_t k;

	for (k = 0; k < f->n; k++)
		if (is_true(w, f->pred[k])) {
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
try(struct ev_matching_work *w, const uint32_t *body, struct ev_err *e)
{
	const uint32_t rule = body[0], n = body[1], *at = body + 2;
	uint32_t i, bound = 0, absent = 0;

	for (i = 0; i < n; i++) {
		struct field f = read_field(&at);
		enum standing s = stands(w, &f);

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
	meet(w, rule);
	return EV_OK;
}

static void
next_event(struct ev_matching_work *w)
{
	while (w->uses > 0)
		w->is_true[w->used[--w->uses]] = 0;
	if (++w->event == 0) { /* the numbers begin again */
		memset(w->truth, 0, w->match->preds.n * sizeof(*w->truth));
		memset(w->alike, 0, w->match->paths.paths * sizeof(*w->alike));
		memset(w->there, 0, w->match->paths.paths * sizeof(*w->there));
		memset(w->done, 0, w->match->rules * sizeof(*w->done));
		w->event = w->leaf = 1;
	}
	w->trues = w->mets = 0;
	w->hits = 0;
	w->arrays = w->no_memory = false;
}

/* What hangs under a predicate that is true. */
static enum ev_code
try_hung(struct ev_matching_work *w, uint32_t pred, struct ev_err *e)
{
	const struct ev_match *m = w->match;
	const uint32_t *h = &m->hung.v[m->hung.from[pred]];
	const uint32_t *end = &m->hung.v[m->hung.from[pred + 1]];
	enum ev_code rc = EV_OK;

	for (; h < end && rc == EV_OK; h++)
		rc = try(w, &m->body.v[*h], e);
	return rc;
}

enum ev_code
ev_matching_run(struct ev_matching *g, const struct ev_scan *scan, struct ev_err *e)
{
	struct ev_matching_work *w = g->work;
	const struct ev_match *m = g->match;
	enum ev_code rc;
	size_t i;

	w->scan = scan;
	next_event(w);
	rc = look_at_leaves(w, e);
	for (i = 0; i < w->trues && rc == EV_OK; i++)
		rc = try_hung(w, w->true_now[i], e);
	for (i = 0; i < m->always.n && rc == EV_OK; i++)
		rc = try(w, &m->body.v[m->always.v[i]], e);
	g->rules = w->mets;
	return rc;
}
