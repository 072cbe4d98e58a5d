/* SPDX-License-Identifier: MIT */
#include "event/event.h"

#include "json/iter.h"
#include "json/num.h"
#include "json/str.h"

const char *const ev_member_name[EV_MEMBERS] = {
	[EV_ID] = "id",
	[EV_TYPE] = "type",
	[EV_TIMESTAMP] = "timestamp",
	[EV_KEY] = "partitionKey",
	[EV_TAGS] = "tags",
	[EV_RAW] = "raw",
	[EV_EEM] = "eem",
	[EV_TRIGGERS] = "triggers",
};

enum ev_code
ev_event_paths(struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	uint32_t number;
	size_t i;

	for (i = 0; i < EV_MEMBERS && rc == EV_OK; i++)
		rc = ev_paths_add(set, ev_slice_str(ev_member_name[i]), &number, e);
	return rc;
}

struct ev_event
ev_event_view(struct ev_slice line, const struct ev_val *val)
{
	struct ev_event ev = { .line = line };

	memcpy(ev.member, val, sizeof(ev.member));
	return ev;
}

/* What is being checked, for the place in messages. */
struct check {
	struct ev_slice line;
	struct ev_err *e;
};

/* The place of v; of a member that is not there, the place of its object. */
static enum ev_code
bad_at(const struct check *c, const struct ev_val *v, enum ev_code rc)
{
	size_t off = (size_t)((uintptr_t)v->raw.p - (uintptr_t)c->line.p);

	ev_err_place(c->e, 0, c->line, v->raw.p != NULL && off < c->line.n ? off : 0);
	return rc;
}

static enum ev_code
wrong(const struct check *c, const char *what, const struct ev_val *v, const char *wanted)
{
	return bad_at(c, v,
	    ev_fail(c->e, EV_DATA, "%s is %s; %s was wanted", what, ev_kind_name(v->kind), wanted));
}

static enum ev_code
check_string(const struct check *c, const char *what, const struct ev_val *v)
{
	if (v->kind != EV_STRING)
		return wrong(c, what, v, "a string");
	return EV_OK;
}

/* A string that names something. */
static enum ev_code
check_name(const struct check *c, const char *what, const struct ev_val *v)
{
	enum ev_code rc = check_string(c, what, v);

	if (rc == EV_OK && v->raw.n == 2)
		rc = bad_at(c, v, ev_fail(c->e, EV_DATA, "%s is an empty string", what));
	return rc;
}

static enum ev_code
check_time(const struct check *c, const char *what, const struct ev_val *v, int64_t *ms)
{
	if (v->kind != EV_NUMBER)
		return wrong(c, what, v, "an integer, epoch milliseconds,");
	if (!ev_num_int(v->raw, ms))
		return bad_at(c, v,
		    ev_fail(c->e, EV_DATA,
			"%s is %.*s; an integer of 64 bits, epoch milliseconds, was wanted", what,
			v->raw.n < 40 ? (int)v->raw.n : 40, v->raw.p));
	return EV_OK;
}

static enum ev_code
check_tags(const struct check *c, const struct ev_val *tags)
{
	struct ev_slice name;
	struct ev_iter it;
	struct ev_val v;

	if (tags->kind == EV_ABSENT)
		return EV_OK;
	if (tags->kind != EV_OBJECT)
		return wrong(c, "tags", tags, "an object");
	it = ev_iter_view(tags->raw);
	while (ev_iter_next(&it, &name, &v))
		if (v.kind != EV_STRING && v.kind != EV_NUMBER)
			return bad_at(c, &v,
			    ev_fail(c->e, EV_DATA,
				"tag %.*s is %s; a string or a number was wanted",
				name.n < 80 ? (int)name.n : 80, name.p, ev_kind_name(v.kind)));
	return EV_OK;
}

static enum ev_code
check_trigger(const struct check *c, const struct ev_val *trigger)
{
	struct ev_iter it = ev_iter_view(trigger->raw);
	struct ev_val id = *trigger, type = *trigger, time = *trigger, v;
	struct ev_slice name;
	enum ev_code rc;
	int64_t ms;

	if (trigger->kind != EV_OBJECT)
		return wrong(
		    c, "an element of triggers", trigger, "an object of id, type and timestamp");
	id.kind = type.kind = time.kind = EV_ABSENT;
	while (ev_iter_next(&it, &name, &v)) {
		if (ev_str_eq(name, EV_LIT("id")))
			id = v;
		else if (ev_str_eq(name, EV_LIT("type")))
			type = v;
		else if (ev_str_eq(name, EV_LIT("timestamp")))
			time = v;
	}
	if ((rc = check_name(c, "id of a trigger", &id)) != EV_OK)
		return rc;
	if ((rc = check_name(c, "type of a trigger", &type)) != EV_OK)
		return rc;
	return check_time(c, "timestamp of a trigger", &time, &ms);
}

static enum ev_code
check_triggers(const struct check *c, const struct ev_val *triggers)
{
	enum ev_code rc = EV_OK;
	struct ev_slice name;
	struct ev_iter it;
	struct ev_val v;

	if (triggers->kind == EV_ABSENT)
		return EV_OK;
	if (triggers->kind != EV_ARRAY)
		return wrong(c, "triggers", triggers, "an array");
	it = ev_iter_view(triggers->raw);
	while (rc == EV_OK && ev_iter_next(&it, &name, &v))
		rc = check_trigger(c, &v);
	return rc;
}

enum ev_code
ev_event_check(const struct ev_event *ev, int64_t *ms, struct ev_err *e)
{
	const struct ev_val *m = ev->member;
	struct check c = { ev->line, e };
	enum ev_code rc;

	if ((rc = check_name(&c, "id", &m[EV_ID])) != EV_OK ||
	    (rc = check_name(&c, "type", &m[EV_TYPE])) != EV_OK)
		return rc;
	if ((rc = check_time(&c, "timestamp", &m[EV_TIMESTAMP], ms)) != EV_OK)
		return rc;
	if (m[EV_KEY].kind != EV_ABSENT &&
	    (rc = check_string(&c, "partitionKey", &m[EV_KEY])) != EV_OK)
		return rc;
	if ((rc = check_tags(&c, &m[EV_TAGS])) != EV_OK)
		return rc;
	if (m[EV_EEM].kind != EV_ABSENT && m[EV_EEM].kind != EV_OBJECT)
		return wrong(&c, "eem", &m[EV_EEM], "an object");
	return check_triggers(&c, &m[EV_TRIGGERS]);
}

enum ev_code
ev_event_check_once(const struct ev_event *ev, struct ev_err *e)
{
	struct check c = { ev->line, e };
	size_t i;

	for (i = 0; i < EV_MEMBERS; i++)
		if (ev->member[i].twice)
			return bad_at(&c, &ev->member[i],
			    ev_fail(e, EV_DATA,
				"%s stands twice in the envelope; this is the second",
				ev_member_name[i]));
	return EV_OK;
}
