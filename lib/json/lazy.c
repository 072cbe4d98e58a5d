/* SPDX-License-Identifier: MIT */
/* The lazy walk: unwanted values are skipped, not checked, and the line ends when all wanted ones
 * are there. */
#include "json/walk.h"

enum { BAD = 0 }; /* no value ends at offset 0 */
static const size_t done =
    SIZE_MAX; /* all wanted values below are there; the end was not looked for */

struct lazy {
	struct ev_scan *s;
	const struct ev_isa *isa;
	struct ev_slice line;
};

static char
at(const struct lazy *l, size_t i)
{
	return i < l->line.n ? l->line.p[i] : '\n';
}

static size_t
blanks(const struct lazy *l, size_t i)
{
	while (
	    i < l->line.n && (l->line.p[i] == ' ' || l->line.p[i] == '\t' || l->line.p[i] == '\r'))
		i++;
	return i;
}

/* The end of the value that begins at i, whatever it holds. */
static size_t
skip(const struct lazy *l, size_t i, struct ev_scalar *v)
{
	*v = (struct ev_scalar){ NULL, EV_STRING, 0 };
	switch (at(l, i)) {
	case '"':
		i = l->isa->string_end(l->line, i + 1) + 1;
		break;
	case '{':
	case '[':
		v->kind = l->line.p[i] == '{' ? EV_OBJECT : EV_ARRAY;
		i = l->isa->skip(l->line, i + 1) + 1;
		break;
	default:
		if (i >= l->line.n)
			return BAD;
		*v = ev_walk_scalar(l->line.p + i);
		return v->end != NULL ? (size_t)(v->end - l->line.p) : BAD;
	}
	return i <= l->line.n ? i : BAD;
}

static size_t value(struct lazy *l, uint32_t node, size_t i, unsigned depth);

static size_t
object(struct lazy *l, uint32_t node, size_t i, unsigned depth)
{
	uint32_t wanted = l->s->paths->node[node].members;
	struct ev_scalar v;
	uint32_t nth = 0;

	i = blanks(l, i);
	if (at(l, i) == '}')
		return i + 1;
	for (;; i++) {
		uint32_t child;
		size_t from, key = blanks(l, i) + 1;

		if (at(l, key - 1) != '"')
			return BAD;
		i = l->isa->string_end(l->line, key);
		child =
		    ev_walk_child(l->s, node, (struct ev_slice){ l->line.p + key, i - key }, nth++);
		i = blanks(l, i + 1);
		if (at(l, i) != ':')
			return BAD;
		from = blanks(l, i + 1);
		i = child == 0 ? skip(l, from, &v) : value(l, child, from, depth);
		if (i != BAD && child != 0 && --wanted == 0)
			return done;
		i = blanks(l, i == done ? skip(l, from, &v) : i);
		if (at(l, i) != ',')
			return i != BAD && at(l, i) == '}' ? i + 1 : BAD;
	}
}

/* The element at i; its end. */
static size_t
element(struct lazy *l, uint32_t node, int64_t index, size_t i, unsigned depth)
{
	const struct ev_pnode *v = l->s->paths->node;
	struct ev_scalar none;
	size_t end = done;
	uint32_t k;

	if (l->s->paths->through)
		end = value(l, node, i, depth);
	else
		for (k = v[node].child; k != 0 && end != BAD; k = v[k].next)
			if (v[k].index == index || v[k].index == -2)
				end = value(l, k, i, depth);
	return end == done ? skip(l, i, &none) : end;
}

static size_t
array(struct lazy *l, uint32_t node, size_t i, unsigned depth)
{
	struct ev_scan_work *w = l->s->work;
	const uint32_t outer = w->here, number = w->arrays++;
	uint32_t index;

	i = blanks(l, i);
	if (at(l, i) == ']')
		return i + 1;
	for (index = 0;; index++, i++) {
		if (l->s->paths->through && !ev_walk_enter(l->s, outer, number, index))
			return BAD;
		i = element(l, node, index, blanks(l, i), depth);
		if (i == BAD)
			return BAD;
		i = blanks(l, i);
		if (at(l, i) != ',')
			break;
	}
	w->here = outer;
	return at(l, i) == ']' ? i + 1 : BAD;
}

static size_t
value(struct lazy *l, uint32_t node, size_t i, unsigned depth)
{
	const struct ev_pnode *n = &l->s->paths->node[node];
	struct ev_scalar v = { NULL, EV_ABSENT, 0 };
	const size_t from = i;
	const char c = at(l, i);

	if ((c == '{' && n->child != 0) || (c == '[' && (n->child != 0 || l->s->paths->through))) {
		v.kind = c == '{' ? EV_OBJECT : EV_ARRAY;
		i = depth == EV_DEPTH ? (size_t)BAD
				      : (c == '{' ? object : array)(l, node, i + 1, depth + 1);
		if (i == done && n->path != 0 &&
		    !l->s->paths->through) /* it is wanted itself: find its end */
			i = skip(l, from, &v);
	} else {
		i = skip(l, i, &v);
	}
	if (i != BAD && i != done && n->path != 0) {
		v.end = l->line.p + i;
		ev_walk_keep(l->s, n, l->line.p + from, v, false);
	}
	return i;
}

bool
ev_walk_lazy(struct ev_scan *s, struct ev_slice line)
{
	struct lazy l = { s, s->work->isa, line };

	return s->paths == NULL || s->paths->paths == 0 || value(&l, 0, 0, 0) != BAD;
}
