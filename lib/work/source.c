/* SPDX-License-Identifier: MIT */
#include "work/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "json/iter.h"

/* By scheme; "fd" is stdin. */
static const struct ev_source_kind *const kinds[] = {
	&ev_source_file,
	&ev_source_stdin,
	&ev_source_lake,
	&ev_source_stream,
};

void
ev_position_text(char out[EV_POSITION_TEXT], const struct ev_position *p)
{
	if (p->upto == 0)
		snprintf(out, EV_POSITION_TEXT, "%llu", (unsigned long long)p->at);
	else
		snprintf(out, EV_POSITION_TEXT, "%llu.%lld.%lld.%016llx", (unsigned long long)p->at,
		    (long long)p->upto, (long long)p->ms,
		    (unsigned long long)ev_xxh3(p->id, strlen(p->id)));
}

bool
ev_position_same(const struct ev_position *a, const struct ev_position *b)
{
	return a->at == b->at && a->upto == b->upto && a->set == b->set && a->ms == b->ms &&
	    strcmp(a->id, b->id) == 0;
}

static enum ev_code
find_kind(struct ev_source *s, struct ev_err *e)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->scheme, s->parts.scheme->name) == 0)
			break;
	if (i == sizeof(kinds) / sizeof(*kinds) ||
	    (kinds[i] == &ev_source_stdin && strcmp(s->address, "-") != 0))
		return ev_fail(e, EV_USAGE,
		    "%s cannot be read; wanted stream:DIR, lake:DIR, a file or '-'", s->address);
	s->kind = kinds[i];
	return EV_OK;
}

static enum ev_code
make_lanes(struct ev_source *s, struct ev_err *e)
{
	const struct ev_source_args *a = &s->args;
	uint32_t n;

	if (a->first >= s->shards && a->one)
		return ev_fail(e, EV_USAGE, "%s has no shard %u; wanted 0 to %u", s->address,
		    a->first, s->shards - 1);
	s->lane = calloc(s->shards, sizeof(*s->lane));
	if (s->lane == NULL)
		return ev_fail_mem(e);
	for (n = a->first; n < s->shards && (!a->one || s->lanes == 0); n += a->step)
		s->lane[s->lanes++] = (struct ev_source_lane){ .shard = n, .lock = -1 };
	return EV_OK;
}

enum ev_code
ev_source_open(
    struct ev_source *s, const char *address, const struct ev_source_args *args, struct ev_err *e)
{
	enum ev_code rc;

	*s = (struct ev_source){ .address = address, .args = *args, .shards = 1 };
	if ((rc = ev_address_parse(&s->parts, address, e)) != EV_OK)
		return rc;
	if ((rc = find_kind(s, e)) == EV_OK && (rc = s->kind->open(s, e)) == EV_OK)
		rc = make_lanes(s, e);
	if (rc != EV_OK)
		ev_source_close(s, e);
	return rc;
}

enum ev_code
ev_source_join(struct ev_source *s, struct ev_source_lane *l, const char *group, int64_t *owner,
    struct ev_err *e)
{
	*owner = 0;
	if (s->kind->join == NULL)
		return ev_fail(e, EV_USAGE,
		    "%s has no groups, which only a stream has; use --state", s->address);
	return s->kind->join(s, l, group, owner, e);
}

enum ev_code
ev_source_begin(struct ev_source *s, struct ev_source_lane *l, bool known, enum ev_begin from,
    uint64_t number, struct ev_err *e)
{
	enum ev_code rc;

	if (!known)
		l->at = (struct ev_position){ .at = from == EV_BEGIN_NUMBER ? number : 0 };
	rc = s->kind->begin(s, l, known ? EV_BEGIN_NUMBER : from, e);
	l->behind = l->at;
	return rc;
}

enum ev_code
ev_source_next(
    struct ev_source *s, struct ev_source_lane *l, struct ev_source_item *it, struct ev_err *e)
{
	*it = (struct ev_source_item){ 0 };
	return s->kind->next(s, l, it, e);
}

enum ev_code
ev_source_wait(struct ev_source *s, int ms, struct ev_err *e)
{
	return s->kind->wait(s, ms, e);
}

enum ev_code
ev_source_commit(
    struct ev_source *s, struct ev_source_lane *l, const struct ev_position *p, struct ev_err *e)
{
	return s->kind->commit(s, l, p, e);
}

enum ev_code
ev_source_mark(
    struct ev_source *s, const struct ev_position *p, char out[EV_SOURCE_MARK], struct ev_err *e)
{
	if (s->kind->mark != NULL)
		return s->kind->mark(s, p, out, e);
	snprintf(out, EV_SOURCE_MARK, "%s", s->id);
	return EV_OK;
}

enum ev_code
ev_source_check(struct ev_source *s, const struct ev_position *p, const char *mark, bool *same,
    struct ev_err *e)
{
	if (s->kind->check != NULL)
		return s->kind->check(s, p, mark, same, e);
	*same = strcmp(mark, s->id) == 0;
	return EV_OK;
}

/* e outlives s: names in s give way to the address, and a place to words at the end of the text. */
static void
outlive(const struct ev_source *s, struct ev_err *e)
{
	size_t n = strlen(e->text);

	if (e->name != NULL && e->name == s->parts.rest)
		e->name = s->address;
	for (uint32_t i = 0; e->name != NULL && i < s->lanes; i++)
		if (e->name == s->lane[i].place) {
			snprintf(e->text + n, sizeof(e->text) - n, " (%s)", e->name);
			e->name = s->address;
			e->line = 0;
		}
}

void
ev_source_close(struct ev_source *s, struct ev_err *e)
{
	if (e != NULL)
		outlive(s, e);
	if (s->kind != NULL)
		s->kind->close(s);
	ev_address_fini(&s->parts);
	free(s->lane);
	*s = (struct ev_source){ 0 };
}

/* A line that is JSON, but no event. */
static enum ev_code
check_line(const struct ev_source *s, const struct ev_scan *scan, struct ev_source_item *it,
    struct ev_err *e)
{
	if (it->line.n > s->args.max_line) {
		ev_fail(e, EV_DATA,
		    "a line of %zu bytes, wanted at most %zu; raise --max-line to read it",
		    it->line.n, s->args.max_line);
		it->line = (struct ev_slice){ NULL, 0 };
		return EV_DATA;
	}
	if (*scan->value.p == '{')
		return EV_OK;
	ev_fail(e, EV_DATA, "found %s, wanted an object", ev_kind_name(ev_kind_of(scan->value)));
	ev_err_place(e, 1, it->line, (size_t)(scan->value.p - it->line.p));
	return EV_DATA;
}

enum ev_code
ev_source_line(struct ev_source *s, struct ev_scan *scan, struct ev_source_item *it,
    unsigned long *blank, bool *yes, struct ev_err *e)
{
	enum ev_code rc = ev_scan_line(scan, &it->line, blank, e);

	it->scan = scan;
	*yes = true;
	if (rc == EV_NO)
		return rc;
	it->seq = ++s->read;
	s->passed += it->line.n + 1;
	if (rc == EV_OK)
		rc = check_line(s, scan, it, e);
	if (rc == EV_OK)
		rc = ev_select_match(s->args.select, scan, yes, e);
	return rc;
}
