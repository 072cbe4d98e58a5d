/* SPDX-License-Identifier: MIT */
#include "json/walk.h"

#include <endian.h>
#include <stdlib.h>

#include "json/str.h"

enum { FEW = 8 }; /* members that are faster compared one by one than looked up */

/* What may follow a number or literal. */
static const bool ends[256] = {
	[' '] = true,
	['\t'] = true,
	['\n'] = true,
	['\r'] = true,
	[','] = true,
	[']'] = true,
	['}'] = true,
	[':'] = true,
	['{'] = true,
	['['] = true,
};

/*
 * Behind the digits at p; NULL when there is none. Eight bytes at a time: digits become 0 to 9, and
 * adding 0x76 sets the top bit of all else. EV_PAD bytes behind the block are readable, so it may
 * look that far.
 */
static inline const char *
digits(const char *p)
{
	uint64_t w, other;
	const char *from = p;

	for (;; p += 8) {
		memcpy(&w, p, sizeof(w));
		w = le64toh(w) ^ 0x3030303030303030ULL;
		other = (((w & 0x7f7f7f7f7f7f7f7fULL) + 0x7676767676767676ULL) | w) &
		    0x8080808080808080ULL;
		if (other != 0)
			break;
	}
	p += __builtin_ctzll(other) / 8;
	return p > from ? p : NULL;
}

EV_INLINE struct ev_scalar
number(const char *p)
{
	struct ev_scalar v = { NULL, EV_NUMBER, 0 };
	const char *from = *p == '-' ? p + 1 : p;

	p = *from == '0' ? from + 1 : digits(from);
	if (p == NULL)
		return v;
	if (p - from < 8)
		v.whole = (uint8_t)(p - from);
	if (*p == '.' && (p = digits(p + 1)) == NULL)
		return v;
	if (*p == 'e' || *p == 'E') {
		v.whole = 0;
		p++;
		if (*p == '+' || *p == '-')
			p++;
		p = digits(p);
	}
	v.end = p;
	return v;
}

static const char *
literal(const char *p, struct ev_slice word)
{
	return memcmp(p, word.p, word.n) == 0 ? p + word.n : NULL;
}

EV_INLINE struct ev_scalar
scalar(const char *p)
{
	struct ev_scalar v;

	switch (*p) {
	case 't':
		v = (struct ev_scalar){ literal(p, EV_LIT("true")), EV_TRUE, 0 };
		break;
	case 'f':
		v = (struct ev_scalar){ literal(p, EV_LIT("false")), EV_FALSE, 0 };
		break;
	case 'n':
		v = (struct ev_scalar){ literal(p, EV_LIT("null")), EV_NULL, 0 };
		break;
	default:
		v = number(p);
		break;
	}
	if (v.end != NULL && !ends[(unsigned char)*v.end])
		v.end = NULL;
	return v;
}

struct ev_scalar
ev_walk_scalar(const char *p)
{
	return scalar(p);
}

/* The array *v doubles. */
static bool
grow(struct ev_scan *s, void *v, size_t *cap, size_t size)
{
	size_t want = *cap == 0 ? 16 : *cap * 2;
	void *p, *old;

	memcpy(&old, v, sizeof(old));
	p = realloc(old, want * size);
	if (p == NULL) {
		s->work->no_memory = true;
		return false;
	}
	memcpy(v, &p, sizeof(p));
	*cap = want;
	return true;
}

bool
ev_walk_more_values(struct ev_scan *s)
{
	return grow(s, &s->many, &s->work->many_cap, sizeof(*s->many));
}

bool
ev_walk_more_places(struct ev_scan *s)
{
	return grow(s, &s->place, &s->work->place_cap, sizeof(*s->place));
}

/* Of a path with [*] an earlier value may be left: the last one. */
static void
restore(struct ev_scan *s, uint32_t path)
{
	size_t i;

	for (i = s->manys; i > 0 && s->many[i - 1].path != path;)
		i--;
	s->val[path] = i > 0 ? s->many[i - 1] : (struct ev_val){ .kind = EV_ABSENT };
}

static void
forget_path(struct ev_scan *s, uint32_t path, size_t from)
{
	size_t i, k = from;

	for (i = from; i < s->manys; i++)
		if (s->many[i].path != path)
			s->many[k++] = s->many[i];
	if (from < s->manys)
		s->manys = k;
	/* a touched path stays one, so that reset finds it: a second entry would not fit */
	if (s->val[path].kind != EV_ABSENT) {
		restore(s, path);
		for (i = 0; s->work->touched[i] != path; i++)
			;
		if (s->val[path].kind == EV_ABSENT)
			s->work->touched[i] = s->work->touched[--s->work->touches];
	}
}

void
ev_walk_forget(struct ev_scan *s, uint32_t node, size_t from)
{
	const struct ev_pnode *v = s->paths->node;
	uint32_t k;

	if (v[node].path != 0)
		forget_path(s, v[node].path - 1, from);
	for (k = v[node].child; k != 0; k = v[k].next)
		ev_walk_forget(s, k, from);
}

/* Whether key holds a backslash; keys are short. */
static inline bool
has_escape(struct ev_slice key)
{
	size_t i;

	for (i = 0; i < key.n; i++)
		if (key.p[i] == '\\')
			return true;
	return false;
}

uint32_t
ev_walk_find(const struct ev_paths *set, uint32_t node, struct ev_slice key)
{
	const struct ev_pnode *v = set->node;
	bool escaped = has_escape(key);
	uint32_t k;

	if (v[node].members > FEW && !escaped)
		return ev_paths_find(set, node, key);
	for (k = v[node].child; k != 0; k = v[k].next) {
		if (v[k].index != -1)
			continue;
		if (escaped ? ev_str_eq((struct ev_slice){ key.p - 1, key.n + 2 }, v[k].key)
			    : ev_slice_eq(key, v[k].key))
			return k;
	}
	return 0;
}

/* Behind the last quote before `next`: between a string's end and the next position there is only
 * white space. */
static inline const char *
string_end(const char *next)
{
	do
		next--;
	while (*next != '"');
	return next + 1;
}

/*
 * Checks a value that nobody wants, at level depth; returns the position behind it, NULL when it is
 * bad. An LF stands behind every line, and no rule takes one, so a cut value ends there.
 */
static const uint32_t *
skip(const char *b, const uint32_t *t, uint8_t *close, unsigned depth)
{
	const unsigned base = depth;
	char c;

value:
	c = b[*t];
	if (c == '"') {
		t++;
	} else if (c == '{') {
		if (++depth > EV_DEPTH)
			return NULL;
		close[depth] = '}';
		if (b[*++t] != '}')
			goto member;
	} else if (c == '[') {
		if (++depth > EV_DEPTH)
			return NULL;
		close[depth] = ']';
		if (b[*++t] != ']')
			goto value;
	} else {
		if (scalar(b + *t).end == NULL)
			return NULL;
		t++;
	}
	while (depth != base) {
		c = b[*t];
		if (c == ',') {
			t++;
			if (close[depth] == '}')
				goto member;
			goto value;
		}
		if (c != (char)close[depth])
			return NULL;
		t++;
		depth--;
	}
	return t;
member:
	if (b[*t] != '"' || b[t[1]] != ':')
		return NULL;
	t += 2;
	goto value;
}

struct walk {
	struct ev_scan *s;
	const char *b;
	const struct ev_pnode *node; /* of s->paths */
	struct ev_scan_work *work;   /* of s */
};

/* The same of a member's value: most are no containers. */
EV_INLINE const uint32_t *
pass(const struct walk *w, const uint32_t *t, unsigned depth)
{
	const char *p = w->b + *t;

	if (*p == '{' || *p == '[')
		return skip(w->b, t, w->work->close, depth);
	return *p == '"' || scalar(p).end != NULL ? t + 1 : NULL;
}

static const uint32_t *object(
    const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth);
static const uint32_t *array(
    const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth);
static const uint32_t *through(
    const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth);

EV_INLINE const uint32_t *
container(const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth, bool twice)
{
	const struct ev_pnode *n = &w->node[node];
	const bool object_here = w->b[*t] == '{', through_it = w->s->paths->through && !object_here;
	const char *p = w->b + *t;

	if (n->child == 0 && !through_it)
		t = skip(w->b, t, w->work->close, depth);
	else if (depth == EV_DEPTH)
		return NULL;
	else if (object_here)
		t = object(w, node, t + 1, depth + 1);
	else
		t = (through_it ? through : array)(w, node, t + 1, depth + 1);
	if (t != NULL && n->path != 0)
		ev_walk_keep(w->s, n, p,
		    (struct ev_scalar){ w->b + t[-1] + 1, object_here ? EV_OBJECT : EV_ARRAY, 0 },
		    twice);
	return t;
}

/* Walks the value at t, within a container of level depth, and keeps it. */
EV_INLINE const uint32_t *
value(const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth, bool twice)
{
	const struct ev_pnode *n = &w->node[node];
	const char *p = w->b + *t;
	struct ev_scalar v;

	if (*p == '{' || *p == '[')
		return container(w, node, t, depth, twice);
	if (*p == '"')
		v = (struct ev_scalar){ string_end(w->b + t[1]), EV_STRING, 0 };
	else
		v = scalar(p);
	if (v.end == NULL)
		return NULL;
	if (n->path != 0)
		ev_walk_keep(w->s, n, p, v, twice);
	return t + 1;
}

/* A wanted member's value; the last duplicate wins, with its whole value. */
EV_INLINE const uint32_t *
member(const struct walk *w, uint32_t child, const uint32_t *t, unsigned depth, uint32_t instance,
    size_t from)
{
	uint32_t *seen = &w->work->seen[child];
	bool twice = *seen == instance;

	if (twice)
		ev_walk_forget(w->s, child, from);
	*seen = instance;
	return value(w, child, t, depth, twice);
}

/* t is behind the brace; depth is that of this object. */
static const uint32_t *
object(const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth)
{
	const uint32_t instance = ++w->work->instance;
	const size_t from = w->s->manys;
	const char *b = w->b;
	uint32_t i;

	if (b[*t] == '}')
		return t + 1;
	for (i = 0;; i++, t++) {
		const char *key;
		uint32_t child;

		if (b[*t] != '"' || b[t[1]] != ':')
			return NULL;
		key = b + *t + 1;
		child = ev_walk_child(w->s, node,
		    (struct ev_slice){ key, (size_t)(string_end(b + t[1]) - 1 - key) }, i);
		t += 2;
		t = child == 0 ? pass(w, t, depth) : member(w, child, t, depth, instance, from);
		if (t == NULL)
			return NULL;
		if (b[*t] != ',')
			return b[*t] == '}' ? t + 1 : NULL;
	}
}

static const uint32_t *
element(const struct walk *w, uint32_t node, int64_t index, const uint32_t *t, unsigned depth)
{
	const struct ev_pnode *v = w->node;
	const uint32_t *end = NULL;
	uint32_t k;

	/* [0] and [*] may both want it: then it is walked twice */
	for (k = v[node].child; k != 0; k = v[k].next)
		if ((v[k].index == index || v[k].index == -2) &&
		    (end = value(w, k, t, depth, false)) == NULL)
			return NULL;
	return end != NULL ? end : skip(w->b, t, w->work->close, depth);
}

static const uint32_t *
array(const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth)
{
	const char *b = w->b;
	int64_t i;

	if (b[*t] == ']')
		return t + 1;
	for (i = 0;; i++, t++) {
		if ((t = element(w, node, i, t, depth)) == NULL)
			return NULL;
		if (b[*t] != ',')
			return b[*t] == ']' ? t + 1 : NULL;
	}
}

/* An array that is transparent: each element stands for the whole. */
static const uint32_t *
through(const struct walk *w, uint32_t node, const uint32_t *t, unsigned depth)
{
	const uint32_t outer = w->work->here, number = w->work->arrays++;
	const char *b = w->b;
	uint32_t i;

	if (b[*t] == ']')
		return t + 1;
	for (i = 0;; i++, t++) {
		if (!ev_walk_enter(w->s, outer, number, i) ||
		    (t = value(w, node, t, depth, false)) == NULL)
			return NULL;
		if (b[*t] != ',')
			break;
	}
	w->work->here = outer;
	return b[*t] == ']' ? t + 1 : NULL;
}

const uint32_t *
ev_walk_full(struct ev_scan *s, const char *base, const uint32_t *t, struct ev_slice *whole)
{
	const struct walk w = { s, base, s->paths != NULL ? s->paths->node : NULL, s->work };
	const char *p = base + *t, *end;

	if (s->paths != NULL && s->paths->n > 0)
		t = value(&w, 0, t, 0, false);
	else
		t = skip(base, t, s->work->close, 0);
	if (t == NULL)
		return NULL;
	if (*p == '{' || *p == '[')
		end = base + t[-1] + 1;
	else if (*p == '"')
		end = string_end(base + *t);
	else
		end = scalar(p).end;
	*whole = (struct ev_slice){ p, (size_t)(end - p) };
	return t;
}
