/* SPDX-License-Identifier: MIT */
#include "json/iter.h"

static size_t
blanks(struct ev_slice s)
{
	size_t i = 0;

	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r' || s.p[i] == '\n'))
		i++;
	return i;
}

static struct ev_slice
skip(struct ev_slice s, size_t n)
{
	return n > 0 ? (struct ev_slice){ s.p + n, s.n - n } : s; /* p may be NULL */
}

/* Bytes of the string that s begins with, both quotes included. */
static size_t
string_len(struct ev_slice s)
{
	const char *from = s.p + 1, *end = s.p + s.n, *quote, *p;

	while (from < end && (quote = memchr(from, '"', (size_t)(end - from))) != NULL) {
		for (p = quote; p > from && p[-1] == '\\'; p--)
			;
		if ((quote - p) % 2 == 0)
			return (size_t)(quote - s.p) + 1;
		from = quote + 1;
	}
	return s.n;
}

/* Bytes of the object or array that s begins with. */
static size_t
nest_len(struct ev_slice s)
{
	size_t i = 0, depth = 0;

	while (i < s.n) {
		char c = s.p[i];

		if (c == '"') {
			i += string_len(skip(s, i));
			continue;
		}
		i++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			break;
	}
	return i;
}

static size_t
scalar_len(struct ev_slice s)
{
	size_t i = 0;

	while (i < s.n && strchr(",]} \t\r\n", s.p[i]) == NULL)
		i++;
	return i;
}

static size_t
value_len(struct ev_slice s)
{
	switch (s.n > 0 ? s.p[0] : 0) {
	case '"':
		return string_len(s);
	case '{':
	case '[':
		return nest_len(s);
	default:
		return scalar_len(s);
	}
}

enum ev_kind
ev_kind_of(struct ev_slice raw)
{
	static const struct {
		char c;
		enum ev_kind kind;
	} first[] = {
		{ '"', EV_STRING },
		{ '{', EV_OBJECT },
		{ '[', EV_ARRAY },
		{ 't', EV_TRUE },
		{ 'f', EV_FALSE },
		{ 'n', EV_NULL },
	};
	size_t i;

	if (raw.n == 0)
		return EV_ABSENT;
	for (i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (raw.p[0] == first[i].c)
			return first[i].kind;
	return EV_NUMBER;
}

const char *
ev_kind_name(enum ev_kind kind)
{
	static const char *const names[] = {
		[EV_ABSENT] = "missing",
		[EV_NULL] = "null",
		[EV_FALSE] = "false",
		[EV_TRUE] = "true",
		[EV_NUMBER] = "a number",
		[EV_STRING] = "a string",
		[EV_ARRAY] = "an array",
		[EV_OBJECT] = "an object",
	};

	return names[kind];
}

struct ev_iter
ev_iter_view(struct ev_slice raw)
{
	struct ev_slice s = skip(raw, blanks(raw));

	return (struct ev_iter){ s.n > 0 ? skip(s, 1) : s, s.n > 0 && s.p[0] == '{' };
}

/* Passes blanks and one comma or colon. */
static struct ev_slice
pass(struct ev_slice s, char mark)
{
	s = skip(s, blanks(s));
	if (s.n > 0 && s.p[0] == mark)
		s = skip(s, 1);
	return skip(s, blanks(s));
}

static struct ev_slice
take(struct ev_slice *s, size_t n)
{
	struct ev_slice head = { s->p, n };

	*s = skip(*s, n);
	return head;
}

bool
ev_iter_next(struct ev_iter *it, struct ev_slice *name, struct ev_val *v)
{
	struct ev_slice s = pass(it->rest, ',');

	*name = EV_LIT("");
	if (it->object) {
		if (s.n == 0 || s.p[0] != '"')
			return false;
		*name = take(&s, string_len(s));
		s = pass(s, ':');
	}
	*v = (struct ev_val){ .raw = take(&s, value_len(s)) };
	v->kind = ev_kind_of(v->raw);
	it->rest = s;
	return v->raw.n > 0;
}
