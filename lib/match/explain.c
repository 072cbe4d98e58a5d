/* SPDX-License-Identifier: MIT */
#include "match/explain.h"

#include <stdlib.h>

#include "cli/emit.h"
#include "cli/text.h"
#include "json/iter.h"
#include "json/str.h"
#include "match/plain.h"

enum {
	VALUE = 80,          /* characters shown of one value, */
	FOUND = 240,         /* and of all values at a path */
	TEXT_MAX = 256 << 20 /* bytes of an explanation */
};

/* What the texts of one explanation are made from. */
struct teller {
	struct ev_plain *plain;
	const struct ev_conjunction *c;
	struct ev_slice pattern;
	struct ev_emit m;
};

static void
add_value(struct teller *t, struct ev_slice raw)
{
	size_t n = ev_text_cut(raw, VALUE);

	ev_emit(&t->m, "%.*s%s", (int)n, raw.p, n < raw.n ? "…" : "");
}

/* Names that a path holds without quotes. */
static bool
is_bare(struct ev_slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && (c == '\0' || strchr("_-$@/", c) == NULL))
			return false;
	}
	return name.n > 0;
}

static void
add_name(struct teller *t, struct ev_slice name, bool first)
{
	if (is_bare(name)) {
		ev_emit(&t->m, "%s%.*s", first ? "" : ".", EV_FMT(name));
		return;
	}
	ev_emit(&t->m, "[");
	if (t->m.rc == EV_OK)
		t->m.rc = ev_str_encode(name, t->m.b, t->m.e);
	ev_emit(&t->m, "]");
}

/* The indexes of the elements of this node's arrays that element lies in, the outermost first. */
static void
add_indexes(struct teller *t, uint32_t node, uint32_t element)
{
	const struct ev_element *v = t->plain->element;

	if (element == 0)
		return;
	add_indexes(t, node, v[element].outer);
	if (v[element].node == node)
		ev_emit(&t->m, "[%u]", v[element].index);
}

/* The path to node, within the elements that element lies in (0: none). */
static void
add_path(struct teller *t, uint32_t node, uint32_t element)
{
	const struct ev_pnode *v = t->plain->match->paths.node;

	if (node != 0) {
		add_path(t, v[node].parent, element);
		add_name(t, v[node].key, v[node].parent == 0);
	}
	add_indexes(t, node, element);
}

static uint32_t
node_of(const struct ev_paths *set, uint32_t path)
{
	uint32_t k;

	for (k = 0; k < set->n && set->node[k].path != path + 1;)
		k++;
	return k;
}

static void
add_leaf(struct teller *t, uint32_t leaf)
{
	const struct ev_leaf *l = &t->plain->leaf[leaf];

	add_value(t, l->v.raw);
	if (l->element != 0) {
		ev_emit(&t->m, " at ");
		add_path(t, node_of(&t->plain->match->paths, l->v.path), l->element);
	}
}

static bool
leads_to(const struct ev_paths *set, uint32_t node, uint32_t below)
{
	while (below > node) /* parents have the smaller numbers */
		below = set->node[below].parent;
	return below == node;
}

/* The innermost element that the others chose and that the path leads through; 0: none. */
static uint32_t
chosen_element(const struct teller *t, uint32_t path)
{
	const struct ev_paths *set = &t->plain->match->paths;
	uint32_t best = 0, i, x, node = node_of(set, path);

	for (i = 0; i < t->c->n; i++) {
		if (t->plain->choice[i] >= EV_UNMET)
			continue;
		x = t->plain->leaf[t->plain->choice[i]].element;
		while (x != 0 && !leads_to(set, t->plain->element[x].node, node))
			x = t->plain->element[x].outer;
		if (x > best) /* inner elements come behind the outer ones */
			best = x;
	}
	return best;
}

static void
add_absence(struct teller *t, uint32_t path)
{
	uint32_t x = chosen_element(t, path);

	ev_emit(&t->m, x != 0 ? "absent in " : "absent");
	if (x != 0)
		add_path(t, t->plain->element[x].node, x);
}

/* Why field number i of the conjunction is not met. */
static void
add_reason(struct teller *t, uint32_t field)
{
	const struct ev_field *f = &t->plain->match->field[field];
	const struct ev_words *meets = &t->plain->meets[field];
	uint32_t k, there = 0, last = 0;

	for (k = 0; k < t->plain->leaves; k++)
		if (t->plain->leaf[k].v.path == f->path) {
			there++;
			last = k;
		}
	if (there == 0) {
		ev_emit(&t->m, "nothing is there");
	} else if (meets->n > 0) {
		add_leaf(t, meets->v[0]);
		ev_emit(&t->m, ", in another element than the rest");
	} else if (there == 1) {
		ev_emit(&t->m, f->n == 0 ? "there: " : "not ");
		add_leaf(t, last);
	} else {
		ev_emit(&t->m,
		    f->n == 0 ? "there: %u values, the last one " : "0 of %u values, the last one ",
		    there);
		add_leaf(t, last);
	}
}

static void
add_by(struct teller *t, uint32_t i)
{
	const uint32_t field = t->plain->match->member.v[t->c->first + i];
	const uint32_t choice = t->plain->choice[i];

	if (choice == EV_UNMET)
		add_reason(t, field);
	else if (choice == EV_MET_BY_ABSENCE)
		add_absence(t, t->plain->match->field[field].path);
	else
		add_leaf(t, choice);
}

static void
add_found(struct teller *t, uint32_t path)
{
	const size_t from = t->m.b->n;
	uint32_t k;

	for (k = 0; k < t->plain->leaves && t->m.rc == EV_OK; k++)
		if (t->plain->leaf[k].v.path == path) {
			if (t->m.b->n - from > FOUND) {
				ev_emit(&t->m, ",…");
				break;
			}
			ev_emit(&t->m, t->m.b->n > from ? "," : "");
			add_value(t, t->plain->leaf[k].v.raw);
		}
}

/* One condition's texts behind one another; their places are settled when all are there. */
static void
tell_field(struct teller *t, struct ev_condition *c, uint32_t i)
{
	const struct ev_field *f =
	    &t->plain->match->field[t->plain->match->member.v[t->c->first + i]];
	struct ev_slice *part[] = { &c->path, &c->wanted, &c->found, &c->by };
	size_t k, from = t->m.b->n;

	c->met = t->plain->choice[i] != EV_UNMET;
	for (k = 0; k < 4; k++, from = t->m.b->n) {
		if (k == 0)
			add_path(t, node_of(&t->plain->match->paths, f->path), 0);
		else if (k == 1)
			ev_emit(&t->m, "%.*s", (int)f->len, t->pattern.p + f->at);
		else if (k == 2)
			add_found(t, f->path);
		else
			add_by(t, i);
		part[k]->n = t->m.b->n - from;
	}
}

static enum ev_code
tell(struct ev_explanation *x, struct teller *t, struct ev_err *e)
{
	const char *at;
	uint32_t i;

	x->text = (struct ev_buf)EV_BUF(TEXT_MAX);
	x->condition = calloc(t->c->n, sizeof(*x->condition));
	if (x->condition == NULL)
		return ev_fail_mem(e);
	t->m = (struct ev_emit){ &x->text, e, EV_OK };
	for (; x->n < t->c->n; x->n++)
		tell_field(t, &x->condition[x->n], (uint32_t)x->n);
	for (at = ev_buf_str(&x->text), i = 0; i < x->n; i++) {
		struct ev_condition *c = &x->condition[i];

		c->path.p = at;
		c->wanted.p = c->path.p + c->path.n;
		c->found.p = c->wanted.p + c->wanted.n;
		c->by.p = c->found.p + c->found.n;
		at = c->by.p + c->by.n;
	}
	return t->m.rc;
}

/* A conjunction that matches, or *yes is false. */
static enum ev_code
find_match(struct ev_plain *p, const struct ev_conjunction **c, bool *yes, struct ev_err *e)
{
	const struct ev_match *m = p->match;
	enum ev_code rc = EV_OK;
	uint32_t i;

	*yes = false;
	for (i = 0; i < m->conjunctions && rc == EV_OK && !*yes; i++)
		rc = ev_plain_choose(p, *c = &m->conjunction[i], 0, yes, e);
	return rc;
}

/* The first conjunction with the fewest conditions unmet; where that takes too many steps, the
 * first one, each field for itself. */
static void
find_nearest(struct ev_plain *p, const struct ev_conjunction **c)
{
	const struct ev_match *m = p->match;
	uint32_t unmet, i;
	bool yes;

	p->steps = 0;
	for (unmet = 1; p->steps <= EV_STEPS; unmet++)
		for (i = 0; i < m->conjunctions; i++)
			if (ev_plain_choose(p, *c = &m->conjunction[i], unmet, &yes, NULL) ==
				EV_OK &&
			    yes)
				return;
	*c = m->conjunction;
	for (i = 0; i < (*c)->n; i++)
		p->choice[i] = EV_UNMET;
}

static enum ev_code
explain(struct ev_explanation *x, struct ev_plain *p, struct ev_slice pattern, struct ev_err *e)
{
	struct teller t = { p, NULL, pattern, { NULL, e, EV_OK } };
	enum ev_code rc = find_match(p, &t.c, &x->match, e);

	if (rc == EV_OK && !x->match)
		find_nearest(p, &t.c);
	return rc != EV_OK ? rc : tell(x, &t, e);
}

static enum ev_code
check_event(struct ev_slice event, struct ev_err *e)
{
	const enum ev_kind kind = ev_kind_of(ev_slice_trim(event));
	struct ev_err why = { 0 };
	size_t off = 0;

	if (ev_json_check(event, &off, &why) != EV_OK)
		ev_fail(e, EV_DATA, "%s", why.text);
	else if (kind != EV_OBJECT)
		ev_fail(e, EV_DATA, "found %s, wanted an event: an object", ev_kind_name(kind));
	else
		return EV_OK;
	if (e != NULL)
		ev_err_place(e, 1, event, off);
	return EV_DATA;
}

enum ev_code
ev_explain(
    struct ev_explanation *x, struct ev_slice pattern, struct ev_slice event, struct ev_err *e)
{
	struct ev_plain plain = { 0 };
	struct ev_match m = { 0 };
	enum ev_code rc;

	*x = (struct ev_explanation){ 0 };
	if ((rc = ev_match_add(&m, pattern, 0, e)) == EV_OK &&
	    (rc = check_event(event, e)) == EV_OK &&
	    (rc = ev_plain_init(&plain, &m, event, e)) == EV_OK)
		rc = explain(x, &plain, pattern, e);
	ev_plain_fini(&plain);
	ev_match_fini(&m);
	if (rc != EV_OK)
		ev_explanation_fini(x);
	return rc;
}

void
ev_explanation_fini(struct ev_explanation *x)
{
	free(x->condition);
	ev_buf_fini(&x->text);
	*x = (struct ev_explanation){ 0 };
}

const struct ev_col ev_explain_cols[EV_EXPLAIN_COLS] = {
	{ "path", EV_CELL_STR },
	{ "wanted", EV_CELL_STR },
	{ "found", EV_CELL_STR },
	{ "met", EV_CELL_BOOL },
	{ "by", EV_CELL_STR },
};

void
ev_explain_row(const struct ev_condition *c, struct ev_cell cells[EV_EXPLAIN_COLS])
{
	cells[0] = ev_cell_str(c->path);
	cells[1] = ev_cell_str(c->wanted);
	cells[2] = ev_cell_str(c->found);
	cells[2].known = c->found.n > 0;
	cells[3] = ev_cell_int(c->met);
	cells[4] = ev_cell_str(c->by);
}
