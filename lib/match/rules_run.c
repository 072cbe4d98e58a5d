/* SPDX-License-Identifier: MIT */
/* Rules applied to events. */
#include <stdlib.h>

#include "match/rules_read.h"

struct ev_ruling_work {
	struct ev_matching matching;
	struct ev_scan scan; /* the line once more, for the paths of the patterns */
	uint32_t *parts;     /* per rule: patterns that the event met */
	uint32_t *candidate; /* places of rules whose patterns all match */
	size_t candidates;
	struct ev_buf tmp;
};

enum ev_code
ev_ruling_init(struct ev_ruling *g, const struct ev_rules *r, struct ev_err *e)
{
	struct ev_ruling_work *w = calloc(1, sizeof(*w));
	enum ev_code rc = EV_OK;

	*g = (struct ev_ruling){ .rules = r, .work = w };
	g->hit = calloc(r->n + 1, sizeof(*g->hit));
	if (w != NULL) {
		w->parts = calloc(r->n + 1, sizeof(*w->parts));
		w->candidate = calloc(r->n + 1, sizeof(*w->candidate));
	}
	if (w == NULL || g->hit == NULL || w->parts == NULL || w->candidate == NULL)
		rc = ev_fail_mem(e);
	if (rc == EV_OK && r->work->numbers > 0 &&
	    (rc = ev_matching_init(&w->matching, &r->match, e)) == EV_OK)
		rc = ev_scan_init(&w->scan, &r->match.paths, false, NULL, e);
	if (rc != EV_OK)
		ev_ruling_fini(g);
	return rc;
}

void
ev_ruling_fini(struct ev_ruling *g)
{
	struct ev_ruling_work *w = g->work;

	if (w != NULL) {
		ev_matching_fini(&w->matching);
		ev_scan_fini(&w->scan);
		free(w->parts);
		free(w->candidate);
		ev_buf_fini(&w->tmp);
	}
	free(w);
	free(g->hit);
	*g = (struct ev_ruling){ 0 };
}

/* The rules of which the engine has met all patterns. */
static enum ev_code
match(struct ev_ruling *g, const struct ev_scan *plain, struct ev_err *e)
{
	const struct ev_rules *r = g->rules;
	struct ev_ruling_work *w = g->work;
	enum ev_code rc;
	uint32_t i;

	w->scan.trust = plain->trust;
	if ((rc = ev_scan_again(&w->scan, plain, e)) != EV_OK ||
	    (rc = ev_matching_run(&w->matching, &w->scan, e)) != EV_OK)
		return rc;
	for (i = 0; i < w->matching.rules; i++) {
		uint32_t place = r->work->rule_of[w->matching.rule[i]];

		if (++w->parts[place] == r->rule[place].work->parts)
			w->candidate[w->candidates++] = place;
	}
	for (i = 0; i < w->matching.rules; i++)
		w->parts[r->work->rule_of[w->matching.rule[i]]] = 0;
	return EV_OK;
}

/* Ascending; in place, since nothing is allocated per event. */
static void
sort(uint32_t *v, size_t n)
{
	size_t gap, i, k;

	for (gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (i = gap; i < n; i++) {
			uint32_t x = v[i];

			for (k = i; k >= gap && v[k - gap] > x; k -= gap)
				v[k] = v[k - gap];
			v[k] = x;
		}
}

enum ev_code
ev_ruling_run(
    struct ev_ruling *g, const struct ev_scan *plain, struct ev_slice line, struct ev_err *e)
{
	const struct ev_rules *r = g->rules;
	struct ev_ruling_work *w = g->work;
	enum ev_code rc = EV_OK;
	bool yes, stop = false;
	size_t i;

	g->hits = 0;
	w->candidates = r->work->n_always;
	if (w->candidates > 0)
		memcpy(w->candidate, r->work->always, w->candidates * sizeof(*w->candidate));
	if (r->work->numbers > 0 && (rc = match(g, plain, e)) != EV_OK)
		return rc;
	sort(w->candidate, w->candidates);
	for (i = 0; i < w->candidates && !stop; i++) {
		const struct ev_rule *rule = &r->rule[w->candidate[i]];

		if ((rc = ev_rule_holds(rule, plain, line, &w->tmp, &yes, e)) != EV_OK)
			return rc;
		if (!yes)
			continue;
		g->hit[g->hits++] = rule;
		stop = rule->stop;
	}
	return EV_OK;
}
