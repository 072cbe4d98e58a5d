/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/id.h"
#include "base/io.h"
#include "base/time.h"
#include "event/stamp.h"
#include "json/iter.h"
#include "json/num.h"
#include "json/str.h"

/* Of ids made from values; made once, at random. */
static const unsigned char namespace[16] = { 0x8c, 0x2e, 0x61, 0xf0, 0x1d, 0x95, 0x4b, 0x3a, 0xb6,
	0x0f, 0x77, 0xd2, 0x49, 0xa8, 0x3c, 0xe1 };

/* An event being made. */
struct job {
	struct ev_stamp *s;
	struct ev_slice line;     /* what came in */
	struct ev_val payload;    /* of a payload: all of it */
	const struct ev_val *val; /* of line; NULL for text */
	struct ev_event ev;
	int64_t ms;           /* the timestamp */
	char id[EV_UUID + 2]; /* made ones, as JSON */
	char time[24];
	bool changed;
	struct ev_err *e;
};

static struct ev_val
of_kind(enum ev_kind kind, struct ev_slice raw)
{
	return (struct ev_val){ .raw = raw, .kind = kind };
}

/* Completes a failure about v by its place, where it stands in the line. */
static enum ev_code
bad_at(const struct job *j, const struct ev_val *v, enum ev_code rc)
{
	bool inside =
	    v->kind != EV_ABSENT && v->raw.p >= j->line.p && v->raw.p < j->line.p + j->line.n;

	ev_err_place(j->e, 0, j->line, inside ? (size_t)(v->raw.p - j->line.p) : 0);
	return rc;
}

static enum ev_code
wrong(const struct job *j, const char *member, const struct ev_pick *pick, const struct ev_val *v,
    const char *wanted)
{
	return bad_at(j, v,
	    ev_fail(j->e, EV_DATA, "%.*s is %s; %s was wanted for the %s", EV_FMT(pick->text),
		ev_kind_name(v->kind), wanted, member));
}

static struct ev_val
take(const struct job *j, const struct ev_pick *pick)
{
	if (pick->whole)
		return j->payload;
	return j->val != NULL ? j->val[pick->path] : of_kind(EV_ABSENT, EV_LIT(""));
}

static void
set(struct job *j, enum ev_member m, struct ev_val v)
{
	j->ev.member[m] = v;
	j->changed = true;
}

static enum ev_code
make_type(struct job *j)
{
	const struct ev_pick *pick = &j->s->type;
	struct ev_val v;

	if (j->s->type_text.n > 0) {
		set(j, EV_TYPE, of_kind(EV_STRING, ev_buf_view(&j->s->type_text)));
		return EV_OK;
	}
	if (pick->text.p == NULL)
		return bad_at(j, &j->ev.member[EV_TYPE],
		    ev_fail(j->e, EV_DATA, "no type; --type or --type-from gives one"));
	v = take(j, pick);
	if (v.kind != EV_STRING || v.raw.n == 2)
		return wrong(j, "type", pick, &v, "a string that is not empty");
	if (ev_str_eq(v.raw, EV_LIT("fault")))
		return bad_at(
		    j, &v, ev_fail(j->e, EV_DATA, "the type 'fault' is reserved for faults"));
	set(j, EV_TYPE, v);
	return EV_OK;
}

static enum ev_code
make_key(struct job *j)
{
	const struct ev_pick *pick = &j->s->key;
	struct ev_val v = take(j, pick);
	enum ev_code rc;

	if (v.kind != EV_STRING && v.kind != EV_NUMBER)
		return wrong(j, "partitionKey", pick, &v, "a string or a number");
	if (v.kind == EV_NUMBER) {
		ev_buf_clear(&j->s->key_text);
		if ((rc = ev_buf_addf(&j->s->key_text, j->e, "\"%.*s\"", EV_FMT(v.raw))) != EV_OK)
			return rc;
		v = of_kind(EV_STRING, ev_buf_view(&j->s->key_text));
	}
	set(j, EV_KEY, v);
	return EV_OK;
}

/* Seconds have up to 11 digits, milliseconds more: 12 digits are the years 1973 to 33658. */
static int64_t
scale(int64_t v)
{
	return v < 100000000000 && v > -100000000000 ? v * 1000 : v;
}

/* *ms from a number or the text of a string. Only what names a point in time by itself: never
 * "now". */
static enum ev_code
read_time(struct job *j, const struct ev_val *v)
{
	struct ev_slice text;
	int64_t width;
	enum ev_code rc;

	if (v->kind == EV_NUMBER) {
		if (!ev_num_int(v->raw, &j->ms))
			return EV_DATA;
		j->ms = scale(j->ms);
		return EV_OK;
	}
	if (v->kind != EV_STRING)
		return EV_DATA;
	if ((rc = ev_str_view(v->raw, &j->s->tmp, &text, j->e)) != EV_OK)
		return rc;
	if (text.n < 9 || text.p[0] < '0' || text.p[0] > '9')
		return EV_DATA;
	return ev_time_parse(text, 0, &j->ms, &width, NULL) == EV_OK ? EV_OK : EV_DATA;
}

static enum ev_code
no_time(struct job *j, const struct ev_val *v)
{
	static const char wanted[] = "RFC 3339 or an integer, epoch seconds or milliseconds,";
	bool shown = v->kind == EV_STRING || v->kind == EV_NUMBER;

	if (!shown || v->raw.n > 40)
		return wrong(j, "timestamp", &j->s->time, v, wanted);
	return bad_at(j, v,
	    ev_fail(j->e, EV_DATA, "%.*s is %.*s; %s was wanted for the timestamp",
		EV_FMT(j->s->time.text), EV_FMT(v->raw), wanted));
}

static enum ev_code
make_time(struct job *j)
{
	const struct ev_pick *pick = &j->s->time;
	enum ev_code rc = EV_OK;
	struct ev_val v;

	if (pick->text.p != NULL) {
		v = take(j, pick);
		rc = read_time(j, &v);
		if (rc == EV_DATA)
			return no_time(j, &v);
		if (rc != EV_OK)
			return rc;
	} else if (j->s->args.entity != NULL) {
		j->ms = ev_now();
	} else {
		return bad_at(j, &j->ev.member[EV_TIMESTAMP],
		    ev_fail(j->e, EV_DATA, "no timestamp; --time-from gives one"));
	}
	snprintf(j->time, sizeof(j->time), "%lld", (long long)j->ms);
	set(j, EV_TIMESTAMP, of_kind(EV_NUMBER, ev_slice_str(j->time)));
	return EV_OK;
}

/*
 * One spelling per value: a string unescaped between quotes, anything else as it stands. Where a
 * copy is needed it is appended to tmp and p left NULL.
 */
static enum ev_code
one_spelling(struct job *j, const struct ev_val *v, struct ev_slice *part)
{
	struct ev_buf *tmp = &j->s->tmp;
	size_t from = tmp->n;
	struct ev_slice inside;
	enum ev_code rc;

	*part = v->raw;
	if (v->kind != EV_STRING || ev_str_plain(v->raw, &inside))
		return EV_OK;
	if ((rc = ev_buf_addc(tmp, '"', j->e)) != EV_OK ||
	    (rc = ev_str_decode(v->raw, tmp, j->e)) != EV_OK ||
	    (rc = ev_buf_addc(tmp, '"', j->e)) != EV_OK)
		return rc;
	*part = (struct ev_slice){ NULL, tmp->n - from };
	return EV_OK;
}

/* UUIDv5 over the type and the values. */
static enum ev_code
id_of_values(struct job *j)
{
	struct ev_slice part[EV_STAMP_IDS + 1];
	struct ev_val v = j->ev.member[EV_TYPE];
	size_t i, at = 0, n = j->s->ids;
	enum ev_code rc;

	ev_buf_clear(&j->s->tmp);
	rc = one_spelling(j, &v, &part[0]);
	for (i = 0; i < n && rc == EV_OK; i++) {
		v = take(j, &j->s->id[i]);
		if (v.kind == EV_ABSENT || v.kind == EV_NULL)
			return wrong(j, "id", &j->s->id[i], &v, "a value");
		rc = one_spelling(j, &v, &part[i + 1]);
	}
	for (i = 0; i <= n && rc == EV_OK; i++)
		if (part[i].p == NULL) {
			part[i].p = j->s->tmp.p + at;
			at += part[i].n;
		}
	return rc == EV_OK ? ev_uuid5(j->id + 1, &j->s->sha1, namespace, part, n + 1, j->e) : rc;
}

/* A UUIDv7 holds the event's own time where it can, so that a search by id knows where to look. */
static enum ev_code
random_id(struct job *j)
{
	const struct ev_val *time = &j->ev.member[EV_TIMESTAMP];
	int64_t ms;

	if (j->s->args.id != NULL && strcmp(j->s->args.id, "uuid4") == 0)
		return ev_uuid4(j->id + 1, j->e);
	if (time->kind != EV_NUMBER || !ev_num_int(time->raw, &ms) || ms < 0 ||
	    ms >= (int64_t)1 << 48)
		ms = ev_now();
	return ev_uuid7(j->id + 1, ms, j->e);
}

static enum ev_code
make_id(struct job *j)
{
	enum ev_code rc;

	if (j->s->ids == 0 && j->s->args.id == NULL && j->s->args.entity == NULL)
		return bad_at(j, &j->ev.member[EV_ID],
		    ev_fail(j->e, EV_DATA, "no id; --id-from or --id gives one"));
	rc = j->s->ids > 0 ? id_of_values(j) : random_id(j);
	if (rc != EV_OK)
		return rc;
	j->id[0] = '"';
	memcpy(j->id + EV_UUID, "\"", 2);
	set(j, EV_ID, of_kind(EV_STRING, ev_slice_str(j->id)));
	return EV_OK;
}

/* What the event lacks; the type first and the id last, for that depends on the others. */
static enum ev_code
make_missing(struct job *j)
{
	const struct ev_val *m = j->ev.member;
	enum ev_code rc;

	if (m[EV_TYPE].kind == EV_ABSENT && (rc = make_type(j)) != EV_OK)
		return rc;
	if (m[EV_TIMESTAMP].kind == EV_ABSENT && (rc = make_time(j)) != EV_OK)
		return rc;
	if (m[EV_KEY].kind == EV_ABSENT && j->s->key.text.p != NULL && (rc = make_key(j)) != EV_OK)
		return rc;
	return m[EV_ID].kind == EV_ABSENT ? make_id(j) : EV_OK;
}

/*
 * Writing the event.
 */

static bool
lacks(const struct job *j, size_t tag)
{
	return j->val == NULL || j->s->args.entity != NULL ||
	    j->val[j->s->tag[tag].path].kind == EV_ABSENT;
}

static bool
lacks_tags(const struct job *j)
{
	size_t i;

	for (i = 0; i < j->s->ntags; i++)
		if (lacks(j, i))
			return true;
	return false;
}

static struct ev_slice
without_end(struct ev_slice object)
{
	object.n--;
	while (object.n > 1 && strchr(" \t\r\n", object.p[object.n - 1]) != NULL)
		object.n--;
	return object;
}

/* The event's own tags, with their bytes, then those it lacks. */
static enum ev_code
write_tags(const struct job *j)
{
	const struct ev_val *own = &j->ev.member[EV_TAGS];
	struct ev_buf *out = &j->s->out;
	struct ev_slice head = EV_LIT("{");
	enum ev_code rc;
	size_t i;

	if (own->kind == EV_OBJECT)
		head = without_end(own->raw);
	rc = ev_buf_adds(out, head, j->e);
	for (i = 0; i < j->s->ntags && rc == EV_OK; i++) {
		if (!lacks(j, i))
			continue;
		if (out->p[out->n - 1] != '{')
			rc = ev_buf_addc(out, ',', j->e);
		if (rc == EV_OK)
			rc = ev_buf_adds(out, j->s->tag[i].text, j->e);
	}
	return rc == EV_OK ? ev_buf_addc(out, '}', j->e) : rc;
}

static enum ev_code
write_member(const struct job *j, enum ev_member m)
{
	static const struct ev_slice before[EV_FRONT] = {
		[EV_ID] = { "\"id\":", 5 },
		[EV_TYPE] = { "\"type\":", 7 },
		[EV_TIMESTAMP] = { "\"timestamp\":", 12 },
		[EV_KEY] = { "\"partitionKey\":", 15 },
		[EV_TAGS] = { "\"tags\":", 7 },
	};
	const struct ev_val *v = &j->ev.member[m];
	struct ev_buf *out = &j->s->out;
	bool more_tags = m == EV_TAGS && lacks_tags(j);
	enum ev_code rc;

	if (v->kind == EV_ABSENT && !more_tags)
		return EV_OK;
	if (out->n > 1 && (rc = ev_buf_addc(out, ',', j->e)) != EV_OK)
		return rc;
	if ((rc = ev_buf_adds(out, before[m], j->e)) != EV_OK)
		return rc;
	return more_tags ? write_tags(j) : ev_buf_adds(out, v->raw, j->e);
}

/*
 * Where the member with this value begins: at the quote before its name, which is one of the
 * envelope's and so holds none.
 */
static const char *
member_start(struct ev_slice line, const struct ev_val *v)
{
	const char *end = memrchr(line.p, '"', (size_t)(v->raw.p - line.p));

	return memrchr(line.p, '"', (size_t)(end - line.p));
}

/* Adds what is between two members that were taken out, without the blanks and commas at its ends.
 */
static enum ev_code
write_piece(const struct job *j, const char *from, const char *to)
{
	static const char between[] = " \t\r\n,";
	enum ev_code rc;

	while (from < to && memchr(between, *from, 5) != NULL)
		from++;
	while (from < to && memchr(between, to[-1], 5) != NULL)
		to--;
	if (from == to)
		return EV_OK;
	if ((rc = ev_buf_addc(&j->s->out, ',', j->e)) != EV_OK)
		return rc;
	return ev_buf_add(&j->s->out, from, (size_t)(to - from), j->e);
}

/* The other members of an envelope: their bytes, in their order. */
static enum ev_code
write_rest(const struct job *j)
{
	const struct ev_val *own[EV_FRONT];
	/* white space may stand round the object */
	const char *at = (const char *)memchr(j->line.p, '{', j->line.n) + 1;
	const char *end = memrchr(j->line.p, '}', j->line.n);
	enum ev_code rc = EV_OK;
	size_t i, k, n = 0;

	for (i = 0; i < EV_FRONT; i++) {
		if (j->val[i].kind == EV_ABSENT)
			continue;
		for (k = n++; k > 0 && own[k - 1]->raw.p > j->val[i].raw.p; k--)
			own[k] = own[k - 1];
		own[k] = &j->val[i];
	}
	for (i = 0; i < n && rc == EV_OK; i++) {
		rc = write_piece(j, at, member_start(j->line, own[i]));
		at = own[i]->raw.p + own[i]->raw.n;
	}
	return rc == EV_OK ? write_piece(j, at, end) : rc;
}

static enum ev_code
write_payload(const struct job *j)
{
	struct ev_buf *out = &j->s->out;
	enum ev_code rc;

	if ((rc = ev_buf_addc(out, ',', j->e)) != EV_OK ||
	    (rc = ev_buf_adds(out, ev_buf_view(&j->s->entity), j->e)) != EV_OK ||
	    (rc = ev_buf_addc(out, ':', j->e)) != EV_OK)
		return rc;
	return ev_buf_adds(out, j->payload.raw, j->e);
}

static enum ev_code
write_event(const struct job *j, struct ev_slice *line)
{
	struct ev_buf *out = &j->s->out;
	enum ev_code rc;
	size_t m;

	ev_buf_clear(out);
	if ((rc = ev_buf_reserve(out, j->line.n + EV_PAD, j->e)) != EV_OK ||
	    (rc = ev_buf_addc(out, '{', j->e)) != EV_OK)
		return rc;
	for (m = 0; m < EV_FRONT && rc == EV_OK; m++)
		rc = write_member(j, (enum ev_member)m);
	if (rc == EV_OK)
		rc = j->s->args.entity != NULL ? write_payload(j) : write_rest(j);
	if (rc == EV_OK)
		rc = ev_buf_addc(out, '}', j->e);
	if (rc == EV_OK)
		rc = ev_buf_reserve(out, EV_PAD, j->e);
	if (rc != EV_OK)
		return rc;
	memset(out->p + out->n, '\n', EV_PAD);
	*line = ev_buf_view(out);
	j->s->stamped++;
	return EV_OK;
}

enum ev_code
ev_stamp_line(struct ev_stamp *s, struct ev_slice line, const struct ev_val *val,
    struct ev_slice *out, struct ev_err *e)
{
	struct job j = { .s = s,
		.line = line,
		.payload = of_kind(EV_OBJECT, ev_slice_trim(line)),
		.val = val,
		.e = e };
	enum ev_code rc;

	j.ev.line = line;
	if (s->args.entity == NULL)
		j.ev = ev_event_view(line, val);
	if ((rc = make_missing(&j)) != EV_OK)
		return rc;
	if (s->args.entity == NULL) {
		if ((rc = ev_event_check(&j.ev, &j.ms, e)) != EV_OK ||
		    (rc = ev_event_check_once(&j.ev, e)) != EV_OK)
			return rc;
		if (!j.changed && !lacks_tags(&j)) {
			*out = line;
			return EV_OK;
		}
	}
	return write_event(&j, out);
}

enum ev_code
ev_stamp_text(struct ev_stamp *s, struct ev_slice text, struct ev_slice *out, struct ev_err *e)
{
	struct job j = { .s = s, .line = text, .e = e };
	enum ev_code rc;
	size_t at, n, bad;

	for (at = 0; at < text.n; at += n) {
		n = ev_utf8_next((struct ev_slice){ text.p + at, text.n - at }, &bad);
		if (n == 0) {
			ev_fail(e, EV_DATA, "text that is no UTF-8");
			ev_err_place(e, 0, text, at + bad);
			return EV_DATA;
		}
	}
	ev_buf_clear(&s->payload);
	if ((rc = ev_str_encode(text, &s->payload, e)) != EV_OK)
		return rc;
	j.payload = of_kind(EV_STRING, ev_buf_view(&s->payload));
	if ((rc = make_missing(&j)) != EV_OK)
		return rc;
	return write_event(&j, out);
}
