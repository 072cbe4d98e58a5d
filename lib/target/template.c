/* SPDX-License-Identifier: MIT */
/* Paths that depend on the event: logs/{type}/{date}.ndjson */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "event/event.h"
#include "json/iter.h"
#include "json/num.h"
#include "json/str.h"
#include "target/scheme.h"

enum part_kind { LITERAL, FIELD, DATE, HOUR };

struct ev_template_part {
	enum part_kind kind;
	char *text;    /* owned; the literal, or the field's path for messages */
	uint32_t path; /* of a FIELD */
};

static const struct {
	const char *name;
	enum part_kind kind;
	const char *path; /* of a FIELD */
} words[] = {
	{ "type", FIELD, "type" },
	{ "key", FIELD, "partitionKey" },
	{ "date", DATE, NULL },
	{ "hour", HOUR, NULL },
};

static enum ev_code
add_field(
    struct ev_template_part *part, struct ev_slice path, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc;
	uint32_t i;

	part->kind = FIELD;
	if ((rc = ev_paths_add(set, path, &part->path, e)) != EV_OK)
		return rc;
	for (i = 0; i < set->n; i++)
		if (set->node[i].path == part->path + 1 && set->node[i].many)
			return ev_fail(e, EV_USAGE,
			    "'{%s}' may be many values; a path without [*] was wanted", part->text);
	return EV_OK;
}

/* name: what stands between braces. */
static enum ev_code
add_name(
    struct ev_template_part *part, struct ev_slice name, struct ev_paths *set, struct ev_err *e)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!ev_slice_eq(name, ev_slice_str(words[i].name)))
			continue;
		part->kind = words[i].kind;
		return part->kind == FIELD ? add_field(part, ev_slice_str(words[i].path), set, e)
					   : EV_OK;
	}
	return add_field(part, name, set, e);
}

/* The part that text begins with: bytes up to a brace, or what is in braces. *used: its length. */
static enum ev_code
parse_part(
    struct ev_template *t, const char *text, size_t *used, struct ev_paths *set, struct ev_err *e)
{
	struct ev_template_part *part = &t->part[t->parts];
	bool field = *text == '{';
	size_t n = strcspn(text + field, field ? "}" : "{");

	*part = (struct ev_template_part){ .kind = LITERAL };
	*used = field ? n + 2 : n;
	if (field && text[1 + n] != '}')
		return ev_fail(e, EV_USAGE, "'%s': a '{' without its '}'", text);
	part->text = strndup(text + field, n);
	if (part->text == NULL)
		return ev_fail_mem(e);
	t->parts++;
	t->varies |= field;
	return field ? add_name(part, (struct ev_slice){ part->text, n }, set, e) : EV_OK;
}

enum ev_code
ev_template_parse(struct ev_template *t, const char *text, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t used;

	*t = (struct ev_template){ 0 };
	t->part = calloc(strlen(text) + 1, sizeof(*t->part)); /* a part has one byte at least */
	if (t->part == NULL)
		return ev_fail_mem(e);
	for (; rc == EV_OK && *text != '\0'; text += used)
		rc = parse_part(t, text, &used, set, e);
	if (rc != EV_OK)
		ev_template_fini(t);
	return rc;
}

void
ev_template_fini(struct ev_template *t)
{
	size_t i;

	for (i = 0; i < t->parts; i++)
		free(t->part[i].text);
	free(t->part);
	*t = (struct ev_template){ 0 };
}

static bool
stands_bare(struct ev_slice s, size_t i)
{
	char c = s.p[i];

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '-' || (c == '.' && i > 0 && i + 1 < s.n);
}

static enum ev_code
add_encoded(struct ev_slice s, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < s.n && rc == EV_OK; i++) {
		if (stands_bare(s, i))
			rc = ev_buf_addc(out, s.p[i], e);
		else
			rc = ev_buf_addf(out, e, "%%%02X", (unsigned char)s.p[i]);
	}
	return rc;
}

static enum ev_code
add_value(const struct ev_template_part *part, const struct ev_val *v, struct ev_buf *out,
    struct ev_err *e)
{
	struct ev_buf tmp = EV_BUF(SIZE_MAX / 2);
	struct ev_slice text = v->raw;
	enum ev_code rc = EV_OK;

	if (v->kind == EV_ABSENT || v->kind == EV_NULL || v->kind == EV_ARRAY ||
	    v->kind == EV_OBJECT)
		return ev_fail(e, EV_DATA, "%s is %s; the destination's '{%s}' wants a value",
		    part->text, ev_kind_name(v->kind), part->text);
	if (v->kind == EV_STRING)
		rc = ev_str_view(v->raw, &tmp, &text, e);
	if (rc == EV_OK && text.n == 0)
		rc = ev_fail(e, EV_DATA, "%s is empty; the destination's '{%s}' wants a value",
		    part->text, part->text);
	else if (rc == EV_OK && text.n > NAME_MAX)
		rc = ev_fail(e, EV_DATA, "%s has %zu bytes, too many for the name of a file",
		    part->text, text.n);
	if (rc == EV_OK)
		rc = add_encoded(text, out, e);
	ev_buf_fini(&tmp);
	return rc;
}

static enum ev_code
add_time(const struct ev_template_part *part, const struct ev_val *timestamp, struct ev_buf *out,
    struct ev_err *e)
{
	struct ev_date d;
	int64_t ms;

	if (timestamp->kind != EV_NUMBER || !ev_num_int(timestamp->raw, &ms))
		return ev_fail(
		    e, EV_DATA, "no timestamp, which the destination's '{%s}' wants", part->text);
	d = ev_date_of(ms);
	if (part->kind == HOUR)
		return ev_buf_addf(out, e, "%02d", d.hour);
	return ev_buf_addf(out, e, "%04lld-%02d-%02d", (long long)d.year, d.month, d.day);
}

/* The kernel would refuse it, which is no reason to stop at one event. */
static enum ev_code
check_lengths(struct ev_slice path, struct ev_err *e)
{
	size_t i, begin = 0, longest = 0;

	for (i = 0; i <= path.n; i++)
		if (i == path.n || path.p[i] == '/') {
			longest = i - begin > longest ? i - begin : longest;
			begin = i + 1;
		}
	if (longest > NAME_MAX - strlen(".torn") || path.n + strlen(".torn") >= PATH_MAX)
		return ev_fail(e, EV_DATA, "'%.60s…' is too long for the name of a file", path.p);
	return EV_OK;
}

enum ev_code
ev_template_expand(
    const struct ev_template *t, const struct ev_val *val, struct ev_buf *out, struct ev_err *e)
{
	const struct ev_template_part *part;
	enum ev_code rc = EV_OK;
	size_t i;

	ev_buf_clear(out);
	for (i = 0; i < t->parts && rc == EV_OK; i++) {
		part = &t->part[i];
		if (part->kind == LITERAL)
			rc = ev_buf_adds(out, ev_slice_str(part->text), e);
		else if (part->kind == FIELD)
			rc = add_value(part, &val[part->path], out, e);
		else
			rc = add_time(part, &val[EV_TIMESTAMP], out, e);
	}
	return rc == EV_OK && t->varies ? check_lengths(ev_buf_view(out), e) : rc;
}
