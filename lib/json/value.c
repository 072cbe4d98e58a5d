/* SPDX-License-Identifier: MIT */
#include "json/value.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/file.h"

/*
 * Without memory jansson 2.14 calls a valid text wrong, or drops a character of a string and goes
 * on. So its allocations are watched.
 */
static _Thread_local bool starved;

static void *
watched_malloc(size_t n)
{
	void *p = malloc(n);

	starved |= p == NULL;
	return p;
}

/* struct ev_value is never defined: it is jansson's node under our name. */
static const json_t *
node(const struct ev_value *v)
{
	return (const json_t *)v;
}

/* Iteration changes nothing, but jansson's functions for it ask for a node that may be changed. */
static json_t *
loose(const struct ev_value *v)
{
	return (json_t *)(uintptr_t)v;
}

enum ev_code
ev_value_parse(struct ev_slice text, struct ev_value **root, struct ev_err *e)
{
	const size_t flags = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	json_error_t why;
	json_t *tree;
	size_t off;

	*root = NULL;
	if (ev_json_check(text, &off, e) != EV_OK) { /* our messages, and a limit of depth */
		ev_err_offset(e, text, off);
		return EV_DATA;
	}
	json_set_alloc_funcs(watched_malloc, free);
	starved = false;
	tree = json_loadb(text.p, text.n, flags, &why);
	if (starved) {
		json_decref(tree);
		return ev_fail_mem(e);
	}
	if (tree == NULL) {
		ev_fail(e, EV_DATA, "%s", why.text);
		ev_err_offset(e, text, why.position > 0 ? (size_t)why.position - 1 : 0);
		return EV_DATA;
	}
	*root = (struct ev_value *)tree;
	return EV_OK;
}

enum ev_code
ev_value_load(const char *path, size_t limit, struct ev_value **root, struct ev_err *e)
{
	struct ev_buf b = EV_BUF(limit);
	struct ev_err why = { 0 };
	enum ev_code rc;

	*root = NULL;
	rc = ev_file_read(AT_FDCWD, path, &b, e);
	if (rc == EV_OK && (rc = ev_value_parse(ev_buf_view(&b), root, &why)) != EV_OK) {
		rc = why.code = rc == EV_DATA ? EV_USAGE : rc;
		why.name = path;
		if (e != NULL && e->code == EV_OK)
			*e = why;
	}
	ev_buf_fini(&b);
	return rc;
}

void
ev_value_free(struct ev_value *root)
{
	json_decref((json_t *)root);
}

enum ev_kind
ev_value_kind(const struct ev_value *v)
{
	static const enum ev_kind kinds[] = {
		[JSON_OBJECT] = EV_OBJECT,
		[JSON_ARRAY] = EV_ARRAY,
		[JSON_STRING] = EV_STRING,
		[JSON_INTEGER] = EV_NUMBER,
		[JSON_REAL] = EV_NUMBER,
		[JSON_TRUE] = EV_TRUE,
		[JSON_FALSE] = EV_FALSE,
		[JSON_NULL] = EV_NULL,
	};

	return v == NULL ? EV_ABSENT : kinds[json_typeof(node(v))];
}

const struct ev_value *
ev_value_get(const struct ev_value *v, struct ev_slice name)
{
	return (const struct ev_value *)json_object_getn(node(v), name.p, name.n);
}

size_t
ev_value_count(const struct ev_value *v)
{
	return json_object_size(node(v)) + json_array_size(node(v)); /* 0 for a foreign kind */
}

const struct ev_value *
ev_value_at(const struct ev_value *v, size_t i)
{
	return (const struct ev_value *)json_array_get(node(v), i);
}

void *
ev_value_next(
    const struct ev_value *v, void *it, struct ev_slice *name, const struct ev_value **value)
{
	it = it == NULL ? json_object_iter(loose(v)) : json_object_iter_next(loose(v), it);
	if (it == NULL)
		return NULL;
	*name = (struct ev_slice){ json_object_iter_key(it), json_object_iter_key_len(it) };
	*value = (const struct ev_value *)json_object_iter_value(it);
	return it;
}

struct ev_slice
ev_value_str(const struct ev_value *v)
{
	return (struct ev_slice){ json_string_value(node(v)), json_string_length(node(v)) };
}

bool
ev_value_int(const struct ev_value *v, int64_t *n)
{
	const double end = 9223372036854775808.0; /* 2^63 */
	double d;

	if (v == NULL)
		return false;
	if (json_is_integer(node(v))) {
		*n = json_integer_value(node(v));
		return true;
	}
	d = json_real_value(node(v));
	if (!json_is_real(node(v)) || d < -end || d >= end || (double)(int64_t)d < d ||
	    (double)(int64_t)d > d)
		return false;
	*n = (int64_t)d;
	return true;
}

double
ev_value_real(const struct ev_value *v)
{
	return json_number_value(node(v));
}

static bool
equal_numbers(const struct ev_value *a, const struct ev_value *b)
{
	int64_t x, y;
	bool ints = ev_value_int(a, &x);

	if (ints != ev_value_int(b, &y))
		return false;
	return ints
	    ? x == y
	    : !(ev_value_real(a) < ev_value_real(b)) && !(ev_value_real(a) > ev_value_real(b));
}

static bool
equal_objects(const struct ev_value *a, const struct ev_value *b)
{
	const struct ev_value *value;
	struct ev_slice name;

	for (void *it = ev_value_next(a, NULL, &name, &value); it != NULL;
	     it = ev_value_next(a, it, &name, &value))
		if (!ev_value_equal(value, ev_value_get(b, name)))
			return false;
	return true;
}

static bool
equal_arrays(const struct ev_value *a, const struct ev_value *b)
{
	for (size_t i = 0; i < ev_value_count(a); i++)
		if (!ev_value_equal(ev_value_at(a, i), ev_value_at(b, i)))
			return false;
	return true;
}

bool
ev_value_equal(const struct ev_value *a, const struct ev_value *b)
{
	enum ev_kind kind = ev_value_kind(a);

	if (kind != ev_value_kind(b) || ev_value_count(a) != ev_value_count(b))
		return false;
	if (kind == EV_NUMBER)
		return equal_numbers(a, b);
	if (kind == EV_STRING)
		return ev_slice_eq(ev_value_str(a), ev_value_str(b));
	if (kind == EV_ARRAY)
		return equal_arrays(a, b);
	return kind != EV_OBJECT || equal_objects(a, b);
}
