/* SPDX-License-Identifier: MIT */
#include "json/path.h"

#include <stdlib.h>

#include "base/hash.h"
#include "json/scan.h"
#include "json/str.h"

enum { STEPS = 64, KEY = 64 * 1024 };

/* A step of a path: a member, or an element. */
struct step {
	struct ev_slice key; /* into the text or into tmp */
	int64_t index;       /* as in struct ev_pnode */
};

struct parser {
	struct ev_slice text;
	size_t at;
	struct ev_buf tmp; /* the last unescaped key */
};

static enum ev_code
bad(const struct parser *p, struct ev_err *e, const char *wanted)
{
	if (p->at < p->text.n)
		ev_fail(e, EV_USAGE, "path: found '%c', wanted %s", p->text.p[p->at], wanted);
	else
		ev_fail(e, EV_USAGE, "path: found its end, wanted %s", wanted);
	ev_err_place(e, 1, p->text, p->at);
	return EV_USAGE;
}

static bool
bare(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c >= 0x80 || (c != '\0' && strchr("_-$@/", c) != NULL);
}

static enum ev_code
read_name(struct parser *p, struct step *s, struct ev_err *e)
{
	size_t from = p->at;

	while (p->at < p->text.n && bare((unsigned char)p->text.p[p->at]))
		p->at++;
	if (p->at == from)
		return bad(p, e, "a member's name");
	*s = (struct step){ { p->text.p + from, p->at - from }, -1 };
	return EV_OK;
}

static enum ev_code
read_number(struct parser *p, struct step *s, struct ev_err *e)
{
	int64_t v = 0;
	size_t from = p->at;

	while (p->at < p->text.n && p->text.p[p->at] >= '0' && p->text.p[p->at] <= '9') {
		if (v > INT32_MAX)
			return bad(p, e, "a smaller number");
		v = v * 10 + (p->text.p[p->at++] - '0');
	}
	if (p->at == from)
		return bad(p, e, "an element's number, '*' or a quoted name");
	*s = (struct step){ { NULL, 0 }, v };
	return EV_OK;
}

/* The offset behind the JSON string that begins at p->at, or 0. */
static size_t
string_end(const struct parser *p)
{
	size_t i;

	for (i = p->at + 1; i < p->text.n; i++) {
		if (p->text.p[i] == '\\')
			i++;
		else if (p->text.p[i] == '"')
			return i + 1;
	}
	return 0;
}

static enum ev_code
read_quoted(struct parser *p, struct step *s, struct ev_err *e)
{
	size_t end = string_end(p), off;
	struct ev_slice raw;
	enum ev_code rc;

	if (end == 0) {
		p->at = p->text.n;
		return bad(p, e, "'\"'");
	}
	raw = (struct ev_slice){ p->text.p + p->at, end - p->at };
	if (ev_json_check(raw, &off, NULL) != EV_OK) {
		p->at += off;
		return bad(p, e, "a JSON string");
	}
	if ((rc = ev_str_view(raw, &p->tmp, &s->key, e)) != EV_OK)
		return rc;
	s->index = -1;
	p->at = end;
	return EV_OK;
}

/* What stands in brackets. */
static enum ev_code
read_bracket(struct parser *p, struct step *s, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	char c;

	p->at++;
	c = p->at < p->text.n ? p->text.p[p->at] : '\0';
	if (c == '*') {
		p->at++;
		*s = (struct step){ { NULL, 0 }, -2 };
	} else if (c == '"') {
		rc = read_quoted(p, s, e);
	} else {
		rc = read_number(p, s, e);
	}
	if (rc != EV_OK)
		return rc;
	if (p->at >= p->text.n || p->text.p[p->at] != ']')
		return bad(p, e, "']'");
	p->at++;
	return EV_OK;
}

static enum ev_code
read_step(struct parser *p, struct step *s, struct ev_err *e)
{
	if (p->at < p->text.n && p->text.p[p->at] == '[')
		return read_bracket(p, s, e);
	if (p->at > 0) {
		if (p->text.p[p->at] != '.')
			return bad(p, e, "'.' or '['");
		p->at++;
	}
	return read_name(p, s, e);
}

static enum ev_code
new_node(struct ev_paths *set, struct step s, bool many, uint32_t *number, struct ev_err *e)
{
	char *key = NULL;

	if (set->n == set->cap) {
		uint32_t cap = set->cap == 0 ? 16 : set->cap * 2;
		struct ev_pnode *v = realloc(set->node, cap * sizeof(*v));

		if (v == NULL)
			return ev_fail_mem(e);
		set->node = v;
		set->cap = cap;
	}
	if (s.index == -1) {
		key = malloc(s.key.n + 1);
		if (key == NULL)
			return ev_fail_mem(e);
		if (s.key.n > 0)
			memcpy(key, s.key.p, s.key.n);
		key[s.key.n] = '\0';
	}
	set->node[set->n] =
	    (struct ev_pnode){ .key = { key, s.key.n }, .index = s.index, .many = many };
	*number = set->n++;
	return EV_OK;
}

/* Where the member stands in the table, or the empty slot where it belongs. */
static uint32_t *
slot(const struct ev_paths *set, uint32_t parent, struct ev_slice name)
{
	uint64_t h = ev_xxh3(name.p, name.n) ^ parent * 0x9e3779b97f4a7c15ULL;
	uint32_t i = (uint32_t)(h >> 32) & (set->slots - 1), k;

	for (; (k = set->table[i]) != 0; i = (i + 1) & (set->slots - 1))
		if (set->node[k].parent == parent && ev_slice_eq(set->node[k].key, name))
			break;
	return &set->table[i];
}

/* Room in the table for one more; at most half full. */
static enum ev_code
grow_table(struct ev_paths *set, struct ev_err *e)
{
	struct ev_paths wider = *set;
	uint32_t i;

	if (set->n < set->slots / 2)
		return EV_OK;
	wider.slots = set->slots == 0 ? 64 : set->slots * 2;
	wider.table = calloc(wider.slots, sizeof(*wider.table));
	if (wider.table == NULL)
		return ev_fail_mem(e);
	for (i = 1; i < set->n; i++)
		if (set->node[i].index == -1)
			*slot(&wider, set->node[i].parent, set->node[i].key) = i;
	free(set->table);
	*set = wider;
	return EV_OK;
}

uint32_t
ev_paths_find(const struct ev_paths *set, uint32_t parent, struct ev_slice name)
{
	return set->slots == 0 ? 0 : *slot(set, parent, name);
}

/* The child of parent for step s; made when there is none. */
static enum ev_code
descend(struct ev_paths *set, uint32_t parent, struct step s, uint32_t *child, struct ev_err *e)
{
	uint32_t k = 0;
	enum ev_code rc;

	if ((rc = grow_table(set, e)) != EV_OK)
		return rc;
	if (s.index == -1)
		k = ev_paths_find(set, parent, s.key);
	else
		for (k = set->node[parent].child; k != 0 && set->node[k].index != s.index;)
			k = set->node[k].next;
	if (k == 0) {
		if ((rc = new_node(set, s, set->node[parent].many || s.index == -2, &k, e)) !=
		    EV_OK)
			return rc;
		set->node[k].parent = parent;
		set->node[k].next = set->node[parent].child;
		set->node[parent].child = k;
		if (s.index == -1) {
			set->node[parent].members++;
			*slot(set, parent, set->node[k].key) = k;
		}
	}
	*child = k;
	return EV_OK;
}

/* The root is there from the first use on. */
static enum ev_code
need_root(struct ev_paths *set, struct ev_err *e)
{
	uint32_t root;

	return set->n > 0 ? EV_OK
			  : new_node(set, (struct step){ { NULL, 0 }, -2 }, false, &root, e);
}

enum ev_code
ev_paths_member(
    struct ev_paths *set, uint32_t parent, struct ev_slice name, uint32_t *node, struct ev_err *e)
{
	enum ev_code rc = need_root(set, e);

	return rc != EV_OK ? rc : descend(set, parent, (struct step){ name, -1 }, node, e);
}

enum ev_code
ev_paths_number(struct ev_paths *set, uint32_t node, uint32_t *number, struct ev_err *e)
{
	if (set->node[node].path == 0) {
		if (set->paths == EV_PATH_MAX)
			return ev_fail(e, EV_USAGE, "more than %d paths", EV_PATH_MAX);
		set->node[node].path = ++set->paths;
	}
	*number = set->node[node].path - 1;
	return EV_OK;
}

enum ev_code
ev_paths_add(struct ev_paths *set, struct ev_slice text, uint32_t *number, struct ev_err *e)
{
	struct parser p = { text, 0, EV_BUF(KEY) };
	uint32_t at = 0, steps = 0;
	enum ev_code rc = need_root(set, e);

	if (rc == EV_OK && !ev_utf8_ok(text))
		rc = ev_fail(e, EV_USAGE, "path: bytes that are no UTF-8");
	do {
		struct step s = { { NULL, 0 }, -1 };

		if (rc == EV_OK && ++steps > STEPS)
			rc = ev_fail(e, EV_USAGE, "path: more than %d steps", STEPS);
		if (rc == EV_OK)
			rc = read_step(&p, &s, e);
		if (rc == EV_OK)
			rc = descend(set, at, s, &at, e);
	} while (rc == EV_OK && p.at < text.n);
	if (rc == EV_OK)
		rc = ev_paths_number(set, at, number, e);
	ev_buf_fini(&p.tmp);
	return rc;
}

void
ev_paths_fini(struct ev_paths *set)
{
	uint32_t i;

	for (i = 0; i < set->n; i++)
		free((char *)(uintptr_t)set->node[i].key.p);
	free(set->node);
	free(set->table);
	*set = (struct ev_paths){ 0 };
}
