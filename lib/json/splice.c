/* SPDX-License-Identifier: MIT */
#include "json/splice.h"

#include "json/scan.h"
#include "json/iter.h"
#include "json/str.h"

/*
 * The walk below trusts the grammar, as the line was scanned, but no length: on a broken line it
 * ends, with a wrong answer at worst.
 */

/* The first offset from at on that holds no white space. */
static size_t
space(struct ev_slice s, size_t at)
{
	while (at < s.n && memchr(" \t\n\r", s.p[at], 4) != NULL)
		at++;
	return at;
}

/* Behind the string that begins at at. */
static size_t
string_end(struct ev_slice s, size_t at)
{
	for (at++; at < s.n && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return at < s.n ? at + 1 : s.n;
}

/* Behind the value that begins at at. */
static size_t
value_end(struct ev_slice s, size_t at)
{
	size_t depth = 0;

	do {
		char c = at < s.n ? s.p[at] : '\0';

		if (c == '"') {
			at = string_end(s, at);
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= depth > 0 && (c == '}' || c == ']');
		at++;
		if (depth == 0 && c != '}' && c != ']') /* a number or a literal */
			while (at < s.n && memchr(",]} \t\n\r", s.p[at], 7) == NULL)
				at++;
	} while (depth > 0 && at < s.n);
	return at < s.n ? at : s.n;
}

/* A member or an element; offsets in the line. */
struct item {
	size_t from;              /* end of the item before it, or behind the bracket that opens */
	size_t begin, value, end; /* begin: its name, or the value of an element */
	struct ev_slice name;     /* raw; p is NULL for an element */
	int64_t index;
};

/* The items of the object or array that opens at open. */
struct walk {
	struct ev_slice s;
	size_t open;
	bool members;
	struct item it; /* the last one handed out */
};

static struct walk
walk_of(struct ev_slice s, size_t open)
{
	struct walk w = { .s = s, .open = open, .members = open < s.n && s.p[open] == '{' };

	w.it.end = open + 1;
	w.it.index = -1;
	return w;
}

static bool
holds_items(struct ev_slice s, size_t at)
{
	return at < s.n && (s.p[at] == '{' || s.p[at] == '[');
}

/* The next item is w->it; false behind the last one, which stays there. */
static bool
next_item(struct walk *w)
{
	struct item it = { .from = w->it.end, .index = w->it.index + 1 };
	size_t at = space(w->s, it.from);

	if (at < w->s.n && w->s.p[at] == ',' && it.index > 0)
		at = space(w->s, at + 1);
	if (at >= w->s.n || w->s.p[at] == '}' || w->s.p[at] == ']')
		return false;
	it.begin = it.value = at;
	if (w->members) {
		at = string_end(w->s, at);
		it.name = (struct ev_slice){ w->s.p + it.begin, at - it.begin };
		if (*it.name.p != '"' || it.name.n < 2)
			return false; /* no valid line */
		at = space(w->s, at);
		it.value = at < w->s.n ? space(w->s, at + 1) : at; /* past the colon */
	}
	it.end = value_end(w->s, it.value);
	w->it = it;
	return true;
}

static bool
is_item(const struct walk *w, const struct ev_pnode *want)
{
	if (want->index >= 0)
		return !w->members && w->it.index == want->index;
	return w->members && ev_str_eq(w->it.name, want->key);
}

/* Where a path leads in a line. */
struct spot {
	const struct ev_pnode *step; /* the last one that was looked for */
	size_t open; /* what it was looked for in: an object, an array, or another value */
	bool found;
	struct item it; /* then: the last item that the step names */
	int64_t items;  /* in open */
	size_t end;     /* of its last item, or behind its opening bracket */
};

static struct spot
follow(struct ev_slice line, const struct ev_paths *path)
{
	struct spot at = { .step = path->node + path->node->child, .open = space(line, 0) };

	for (;;) {
		struct walk w = walk_of(line, at.open);

		at.found = false;
		while (holds_items(line, at.open) && next_item(&w)) {
			if (is_item(&w, at.step)) {
				at.it = w.it;
				at.found = true;
			}
		}
		at.items = w.it.index + 1;
		at.end = w.it.end;
		if (!at.found || at.step->child == 0)
			return at;
		at.open = at.it.value;
		at.step = path->node + at.step->child;
	}
}

/* A path of one member or element. */
static enum ev_code
parse(struct ev_paths *path, struct ev_slice text, struct ev_err *e)
{
	uint32_t number;
	enum ev_code rc = ev_paths_add(path, text, &number, e);

	if (rc == EV_OK && path->node[path->n - 1].many)
		rc = ev_fail(e, EV_USAGE, "found [*] in the path, wanted one member or element");
	return rc;
}

static enum ev_code
add_range(struct ev_buf *out, struct ev_slice line, size_t from, size_t to, struct ev_err *e)
{
	return ev_buf_add(out, line.p + from, to - from, e);
}

/* What is left of out after a failure: what it held before. */
static enum ev_code
done(struct ev_paths *path, struct ev_buf *out, size_t before, enum ev_code rc)
{
	ev_paths_fini(path);
	if (rc != EV_OK && rc != EV_NO && out->p != NULL) {
		out->n = before;
		out->p[before] = '\0';
	}
	return rc;
}

/* For messages. */
static const char *
kind_at(struct ev_slice line, size_t at)
{
	return ev_kind_name(ev_kind_of((struct ev_slice){ line.p + at, line.n - at }));
}

/* Why the path cannot be made in line: EV_OK when it can. */
static enum ev_code
can_add(struct ev_slice line, const struct ev_paths *path, const struct spot *at, struct ev_err *e)
{
	const struct ev_pnode *step = at->step;
	bool object = at->open < line.n && line.p[at->open] == '{';

	while (object && step->index < 0 && step->child != 0)
		step = path->node + step->child;
	if (object && step->index < 0)
		return EV_OK;
	if (step->index < 0)
		ev_fail(e, EV_DATA, "found %s, wanted an object that can hold \"%.*s\"",
		    kind_at(line, at->open), EV_FMT(step->key));
	else if (step == at->step)
		ev_fail(e, EV_DATA, "found %s, wanted an array with element %lld",
		    kind_at(line, at->open), (long long)step->index);
	else
		ev_fail(e, EV_DATA, "found no \"%.*s\", wanted an array with element %lld",
		    EV_FMT(at->step->key), (long long)step->index);
	ev_err_place(e, 0, line, at->open);
	return EV_DATA;
}

/* Adds the member, and objects round the value for the steps behind it. */
static enum ev_code
add_member(struct ev_slice line, const struct ev_paths *path, const struct spot *at,
    struct ev_slice value, struct ev_buf *out, struct ev_err *e)
{
	const struct ev_pnode *step = at->step;
	enum ev_code rc = add_range(out, line, 0, at->end, e);
	size_t made = 0;

	if (rc == EV_OK && at->items > 0)
		rc = ev_buf_addc(out, ',', e);
	for (;; step = path->node + step->child, made++) {
		if (rc == EV_OK && (rc = ev_str_encode(step->key, out, e)) == EV_OK)
			rc = ev_buf_addc(out, ':', e);
		if (step->child == 0)
			break;
		if (rc == EV_OK)
			rc = ev_buf_addc(out, '{', e);
	}
	if (rc == EV_OK)
		rc = ev_buf_adds(out, value, e);
	for (; rc == EV_OK && made > 0; made--)
		rc = ev_buf_addc(out, '}', e);
	return rc == EV_OK ? add_range(out, line, at->end, line.n, e) : rc;
}

/* line with text instead of [from, to). */
static enum ev_code
replace(struct ev_slice line, size_t from, size_t to, struct ev_slice text, struct ev_buf *out,
    struct ev_err *e)
{
	enum ev_code rc = add_range(out, line, 0, from, e);

	if (rc == EV_OK)
		rc = ev_buf_adds(out, text, e);
	return rc == EV_OK ? add_range(out, line, to, line.n, e) : rc;
}

enum ev_code
ev_splice_set(struct ev_slice line, struct ev_slice path, struct ev_slice value, struct ev_buf *out,
    struct ev_err *e)
{
	struct ev_paths steps = { 0 };
	enum ev_code rc = parse(&steps, path, e);
	size_t before = out->n;
	struct spot at;

	if (rc != EV_OK)
		return done(&steps, out, before, rc);
	at = follow(line, &steps);
	if (at.found)
		rc = replace(line, at.it.value, at.it.end, value, out, e);
	else if ((rc = can_add(line, &steps, &at, e)) == EV_OK)
		rc = add_member(line, &steps, &at, value, out, e);
	return done(&steps, out, before, rc);
}

/*
 * line without the items of at->open that the step names. An item goes with the comma before it,
 * the first with the one behind it; the white space behind the opening bracket stays there.
 */
static enum ev_code
remove_items(struct ev_slice line, const struct spot *at, struct ev_buf *out, struct ev_err *e)
{
	struct walk w = walk_of(line, at->open);
	size_t first = space(line, at->open + 1);
	bool kept = false;
	enum ev_code rc = add_range(out, line, 0, at->open + 1, e);

	while (rc == EV_OK && next_item(&w)) {
		if (is_item(&w, at->step))
			continue;
		if (!kept && w.it.index > 0) {
			w.it.from = w.it.begin;
			rc = add_range(out, line, at->open + 1, first, e);
		}
		if (rc == EV_OK)
			rc = add_range(out, line, w.it.from, w.it.end, e);
		kept = true;
	}
	return rc == EV_OK ? add_range(out, line, w.it.end, line.n, e) : rc;
}

enum ev_code
ev_splice_delete(struct ev_slice line, struct ev_slice path, struct ev_buf *out, struct ev_err *e)
{
	struct ev_paths steps = { 0 };
	enum ev_code rc = parse(&steps, path, e);
	size_t before = out->n;
	struct spot at;

	if (rc != EV_OK)
		return done(&steps, out, before, rc);
	at = follow(line, &steps);
	if (at.found)
		rc = remove_items(line, &at, out, e);
	else if ((rc = ev_buf_adds(out, line, e)) == EV_OK)
		rc = EV_NO;
	return done(&steps, out, before, rc);
}

/* Whether the object has a member called name. */
static bool
has_member(struct ev_slice line, size_t open, struct ev_slice name)
{
	struct walk w = walk_of(line, open);

	while (next_item(&w))
		if (ev_str_eq(w.it.name, name))
			return true;
	return false;
}

static enum ev_code
rename_item(struct ev_slice line, const struct spot *at, struct ev_slice name, struct ev_buf *out,
    struct ev_err *e)
{
	size_t begin = at->it.begin, end = begin + at->it.name.n;
	enum ev_code rc;

	if (ev_slice_eq(name, at->step->key))
		return ev_buf_adds(out, line, e);
	if (has_member(line, at->open, name)) {
		ev_fail(
		    e, EV_DATA, "found a member of the new name already: \"%.*s\"", EV_FMT(name));
		ev_err_place(e, 0, line, at->open);
		return EV_DATA;
	}
	rc = add_range(out, line, 0, begin, e);
	if (rc == EV_OK)
		rc = ev_str_encode(name, out, e);
	return rc == EV_OK ? add_range(out, line, end, line.n, e) : rc;
}

enum ev_code
ev_splice_rename(struct ev_slice line, struct ev_slice path, struct ev_slice name,
    struct ev_buf *out, struct ev_err *e)
{
	struct ev_paths steps = { 0 };
	enum ev_code rc = parse(&steps, path, e);
	size_t before = out->n;
	struct spot at;

	if (rc == EV_OK && !ev_utf8_ok(name))
		rc = ev_fail(e, EV_USAGE, "found bytes in the new name that are no UTF-8");
	if (rc == EV_OK && steps.node[steps.n - 1].index >= 0)
		rc = ev_fail(e, EV_USAGE,
		    "found an element at the end of the path, wanted a member to rename");
	if (rc != EV_OK)
		return done(&steps, out, before, rc);
	at = follow(line, &steps);
	if (at.found)
		rc = rename_item(line, &at, name, out, e);
	else if ((rc = ev_buf_adds(out, line, e)) == EV_OK)
		rc = EV_NO;
	return done(&steps, out, before, rc);
}
