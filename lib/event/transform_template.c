/* SPDX-License-Identifier: MIT */
/* An InputTemplate becomes pieces. */
#include "event/transform_template.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/near.h"
#include "json/str.h"

enum { TEXT = 256 * 1024, NAME = 64 };

static const struct {
	const char *name;
	enum ev_source source;
} reserved[] = {
	{ "aws.events.rule-arn", EV_SOURCE_RULE_ARN },
	{ "aws.events.rule-name", EV_SOURCE_RULE_NAME },
	{ "aws.events.event.ingestion-time", EV_SOURCE_INGESTED },
	{ "aws.events.event", EV_SOURCE_HEAD },
	{ "aws.events.event.json", EV_SOURCE_EVENT },
};

enum { RESERVED = sizeof(reserved) / sizeof(*reserved) };

/* A template being compiled. */
struct maker {
	struct ev_input *out;
	const struct ev_variables *names;
	struct ev_slice text;
	struct ev_buf probe; /* text with a string for every bare <name>: JSON where text is a
				template of it */
	size_t at, *off;
	struct ev_err *e;
};

enum ev_code
ev_input_add(struct ev_input *t, const struct ev_piece *piece, bool quoted, struct ev_err *e)
{
	if (t->n == t->cap) {
		size_t cap = t->cap == 0 ? 8 : t->cap * 2;
		struct ev_piece *v = realloc(t->piece, cap * sizeof(*v));

		if (v == NULL)
			return ev_fail_mem(e);
		t->piece = v;
		t->cap = cap;
	}
	t->piece[t->n] = *piece;
	t->piece[t->n++].quoted = quoted;
	return EV_OK;
}

enum ev_code
ev_input_add_text(struct ev_input *t, struct ev_slice text, struct ev_err *e)
{
	struct ev_piece *last = t->n > 0 ? &t->piece[t->n - 1] : NULL;
	struct ev_piece piece = { .source = EV_SOURCE_TEXT, .from = t->text.n, .n = text.n };
	enum ev_code rc;

	t->text.max = TEXT;
	if ((rc = ev_buf_adds(&t->text, text, e)) != EV_OK)
		return rc;
	if (last == NULL || last->source != EV_SOURCE_TEXT)
		return ev_input_add(t, &piece, false, e);
	last->n += text.n;
	return EV_OK;
}

void
ev_input_fini(struct ev_input *t)
{
	ev_buf_fini(&t->text);
	free(t->piece);
	*t = (struct ev_input){ 0 };
}

static enum ev_code
copy(struct maker *m, size_t n)
{
	struct ev_slice text = { m->text.p + m->at, n };

	m->at += n;
	return ev_input_add_text(m->out, text, m->e);
}

/* The name within the angle brackets that text has at `at`; empty: none is there. */
static struct ev_slice
name_at(struct ev_slice text, size_t at)
{
	struct ev_slice name = { text.p + at + 1, 0 };
	size_t i;

	for (i = at + 1; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '_' || c == '-' || c == '.'))
			break;
	}
	if (i < text.n && text.p[i] == '>')
		name.n = i - at - 1;
	return name;
}

static bool
find(const struct ev_variables *names, struct ev_slice name, struct ev_piece *piece)
{
	size_t i;

	for (i = 0; i < RESERVED; i++)
		if (ev_slice_eq(name, ev_slice_str(reserved[i].name))) {
			*piece = (struct ev_piece){ .source = reserved[i].source };
			return true;
		}
	for (i = 0; i < names->n; i++)
		if (ev_slice_eq(name, names->v[i].name)) {
			*piece = names->v[i].value;
			return true;
		}
	return false;
}

static enum ev_code
refuse(struct maker *m, size_t off, const char *what)
{
	*m->off = off;
	return ev_fail(m->e, EV_USAGE, "InputTemplate: %s", what);
}

static enum ev_code
unknown(struct maker *m, struct ev_slice name)
{
	char wrong[NAME], word[NAME], best[NAME] = "", text[200];
	struct ev_near near = { .wrong = wrong };
	size_t i, away = SIZE_MAX;

	snprintf(wrong, sizeof(wrong), "%.*s", name.n < NAME ? (int)name.n : NAME - 1, name.p);
	for (i = 0; i < RESERVED + m->names->n; i++) {
		if (i < RESERVED)
			snprintf(word, sizeof(word), "%s", reserved[i].name);
		else
			snprintf(
			    word, sizeof(word), "%.*s", EV_FMT(m->names->v[i - RESERVED].name));
		ev_near_try(&near, word);
		if (near.best == NULL || near.away == away)
			continue;
		away = near.away;
		memcpy(best, word, sizeof(best));
	}
	snprintf(text, sizeof(text),
	    *best != '\0' ? "found <%s>, which InputPathsMap does not have; did you mean <%s>?"
			  : "found <%s>, which InputPathsMap does not have",
	    wrong, best);
	return refuse(m, m->at, text);
}

/* What stands at m->at, where a name is: a piece of it. */
static enum ev_code
take_name(struct maker *m, struct ev_slice name, bool quoted)
{
	struct ev_piece piece;

	if (!find(m->names, name, &piece))
		return unknown(m, name);
	m->at += name.n + 2;
	return ev_input_add(m->out, &piece, quoted, m->e);
}

static size_t
blanks(struct ev_slice s, size_t at)
{
	while (at < s.n && strchr(" \t\r\n", s.p[at]) != NULL && s.p[at] != '\0')
		at++;
	return at;
}

static bool
is_at(struct ev_slice s, size_t at, char c)
{
	return at < s.n && s.p[at] == c;
}

/* A <name> outside of strings; the probe has a string in its place, as long as it is. */
static enum ev_code
take_bare(struct maker *m)
{
	struct ev_slice name = name_at(m->text, m->at);
	size_t from = m->at;

	if (name.n == 0)
		return refuse(m, from, "found '<', wanted <name>");
	memset(m->probe.p + from, ' ', name.n + 2);
	memset(m->probe.p + from, '"', 2);
	if (is_at(m->text, blanks(m->text, from + name.n + 2), ':'))
		return refuse(m, from, "a <name> is no member's name");
	return take_name(m, name, false);
}

/*
 * Behind the quote that ends a string. Another string on a line below, outside of everything, goes
 * on with the text: what lies between is blank in the probe.
 */
static enum ev_code
end_string(struct maker *m, size_t from, bool named, bool *in)
{
	size_t end = m->at, next = blanks(m->text, end + 1);

	if (is_at(m->text, next, ':') && named)
		return refuse(m, from, "a <name> within a member's name");
	if (m->text.p[0] == '"' && is_at(m->text, next, '"') &&
	    memchr(m->text.p + end, '\n', next - end) != NULL) {
		memset(m->probe.p + end, ' ', next + 1 - end);
		m->at = next + 1;
		return ev_input_add_text(m->out, EV_LIT("\\n"), m->e);
	}
	*in = false;
	return copy(m, 1);
}

static enum ev_code
take_string(struct maker *m)
{
	size_t from = m->at;
	bool named = false, in = true;
	enum ev_code rc = copy(m, 1);

	while (rc == EV_OK && in && m->at < m->text.n) {
		struct ev_slice name = { NULL, 0 };

		switch (m->text.p[m->at]) {
		case '"':
			rc = end_string(m, from, named, &in);
			break;
		case '\\':
			rc = copy(m, m->at + 1 < m->text.n ? 2 : 1);
			break;
		case '<':
			name = name_at(m->text, m->at);
			named |= name.n > 0;
			rc = name.n > 0 ? take_name(m, name, true) : copy(m, 1);
			break;
		default:
			rc = copy(m, 1);
		}
	}
	return rc;
}

static enum ev_code
make_json(struct maker *m)
{
	struct ev_err why = { 0 };
	char text[sizeof(why.text)];
	enum ev_code rc = EV_OK;
	size_t off;

	m->probe.max = m->text.n;
	if ((rc = ev_buf_adds(&m->probe, m->text, m->e)) != EV_OK)
		return rc;
	while (rc == EV_OK && m->at < m->text.n) {
		char c = m->text.p[m->at];

		if (c == '"')
			rc = take_string(m);
		else if (c == '<')
			rc = take_bare(m);
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			m->at++;
		else
			rc = copy(m, 1);
	}
	if (rc != EV_OK || ev_json_check(ev_buf_view(&m->probe), &off, &why) == EV_OK)
		return rc;
	if (is_at(m->text, off, '<')) { /* where the probe has a string */
		snprintf(text, sizeof(text), "found a <name>%s", strchrnul(why.text, ','));
		return refuse(m, off, text);
	}
	return refuse(m, off, why.text);
}

/* Text as the inside of a JSON string. */
static enum ev_code
add_inside(struct maker *m, struct ev_slice text)
{
	struct ev_buf raw = EV_BUF(6 * text.n + 2);
	enum ev_code rc = ev_str_encode(text, &raw, m->e);

	if (rc == EV_OK)
		rc = ev_input_add_text(m->out, (struct ev_slice){ raw.p + 1, raw.n - 2 }, m->e);
	ev_buf_fini(&raw);
	return rc;
}

static enum ev_code
make_text(struct maker *m)
{
	enum ev_code rc = ev_input_add_text(m->out, EV_LIT("\""), m->e);

	while (rc == EV_OK && m->at < m->text.n) {
		struct ev_slice name = name_at(m->text, m->at), part = { m->text.p + m->at, 1 };

		if (*part.p == '<' && name.n > 0) {
			rc = take_name(m, name, true);
			continue;
		}
		while (m->at + part.n < m->text.n && part.p[part.n] != '<')
			part.n++;
		m->at += part.n;
		rc = add_inside(m, part);
	}
	return rc == EV_OK ? ev_input_add_text(m->out, EV_LIT("\""), m->e) : rc;
}

static bool
is_json(struct ev_slice text)
{
	size_t off;

	if (text.n > 0 && strchr("{[\"", text.p[0]) != NULL && text.p[0] != '\0')
		return true;
	if (is_at(text, 0, '<'))
		return text.n > 2 && name_at(text, 0).n == text.n - 2;
	return ev_json_check(text, &off, NULL) == EV_OK;
}

enum ev_code
ev_input_init(struct ev_input *t, struct ev_slice text, const struct ev_variables *names,
    size_t *off, struct ev_err *e)
{
	struct ev_slice inner = ev_slice_trim(text);
	struct maker m = { .out = t, .names = names, .text = text, .off = off, .e = e };
	enum ev_code rc;

	*off = 0;
	if (!is_json(inner))
		return make_text(&m);
	m.text = inner;
	rc = make_json(&m);
	*off += (size_t)(inner.p - text.p);
	ev_buf_fini(&m.probe);
	return rc;
}
