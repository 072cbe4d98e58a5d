/* SPDX-License-Identifier: MIT */
#include "event/fault.h"

#include "base/id.h"
#include "json/iter.h"
#include "json/str.h"

enum {
	MAX_LEVELS = 500, /* of a record that stands as it is: a fault of a fault still fits the
			     depth limit */
	MAX_EVENT = 128 *
	    1024, /* of a record that stands as the event too: the fault stays below 256 KiB */
};

/* Of the ids of faults; made once, at random. */
static const unsigned char namespace[16] = { 0x5e, 0x1b, 0x0c, 0xd4, 0x93, 0x7a, 0x4f, 0x62, 0xa8,
	0x3d, 0x21, 0x6f, 0xb7, 0x58, 0xe9, 0x04 };

/* Whether s is UTF-8 for its first n bytes exactly. */
static bool
one_char(struct ev_slice s, size_t n)
{
	return n <= s.n && ev_utf8_ok((struct ev_slice){ s.p, n });
}

/* As a JSON string; bytes that are no UTF-8 (a message may quote such) become U+FFFD. */
static enum ev_code
add_text(struct ev_buf *out, struct ev_slice s, struct ev_err *e)
{
	struct ev_buf tmp = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc = EV_OK;
	size_t n;

	if (ev_utf8_ok(s))
		return ev_str_encode(s, out, e);
	for (; s.n > 0 && rc == EV_OK; s.p += n, s.n -= n) {
		for (n = 1; n < 4 && !one_char(s, n); n++)
			;
		if (one_char(s, n)) {
			rc = ev_buf_add(&tmp, s.p, n, e);
		} else {
			n = 1;
			rc = ev_buf_add(&tmp, "\xef\xbf\xbd", 3, e);
		}
	}
	if (rc == EV_OK)
		rc = ev_str_encode(ev_buf_view(&tmp), out, e);
	ev_buf_fini(&tmp);
	return rc;
}

static enum ev_code
add_lit(struct ev_buf *out, const char *s, struct ev_err *e)
{
	return ev_buf_add(out, s, strlen(s), e);
}

/* before, which ends with a colon, and the text behind it. */
static enum ev_code
add_member(struct ev_buf *out, const char *before, const char *text, struct ev_err *e)
{
	enum ev_code rc = add_lit(out, before, e);

	return rc != EV_OK ? rc : add_text(out, ev_slice_str(text), e);
}

/* How deep a valid JSON text is. */
static size_t
levels(struct ev_slice s)
{
	size_t i, depth = 0, most = 0;
	bool quoted = false;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\';
		else if (c == '{' || c == '[')
			most = ++depth > most ? depth : most;
		else if (c == '}' || c == ']')
			depth--;
	}
	return most;
}

static bool
stands(struct ev_slice record)
{
	size_t off;

	return ev_json_check(record, &off, NULL) == EV_OK && levels(record) <= MAX_LEVELS;
}

/* The record's value without the white space before it; its first byte tells the kind. */
static struct ev_slice
trim(struct ev_slice s)
{
	while (s.n > 0 && strchr(" \t\r", s.p[0]) != NULL && s.p[0] != '\0') {
		s.p++;
		s.n--;
	}
	return s;
}

/*
 * The record's own partitionKey, so that the faults of one key keep their order; else the fault's
 * id.
 */
static enum ev_code
add_key(struct ev_buf *out, struct ev_slice record, bool object, const char *id, struct ev_err *e)
{
	struct ev_slice name, key = { NULL, 0 };
	struct ev_iter it = ev_iter_view(record);
	struct ev_val v;

	while (object && ev_iter_next(&it, &name, &v))
		if (v.kind == EV_STRING && ev_str_eq(name, EV_LIT("partitionKey")))
			key = v.raw;
	return key.p != NULL ? ev_buf_adds(out, key, e) : add_text(out, ev_slice_str(id), e);
}

static enum ev_code
add_tags(struct ev_buf *out, const struct ev_fault *f, struct ev_err *e)
{
	const char *const *kv = f->tags;
	enum ev_code rc = add_member(out, ",\"tags\":{\"functionname\":", f->function, e);

	if (rc == EV_OK && f->pipeline != NULL)
		rc = add_member(out, ",\"pipeline\":", f->pipeline, e);
	for (; rc == EV_OK && kv != NULL && kv[0] != NULL; kv += 2) {
		if (strcmp(kv[0], "functionname") == 0 || strcmp(kv[0], "pipeline") == 0)
			continue; /* the fault's own win */
		if ((rc = add_member(out, ",", kv[0], e)) == EV_OK)
			rc = add_member(out, ":", kv[1], e);
	}
	return rc != EV_OK ? rc : add_lit(out, "}", e);
}

static const char *
error_name(enum ev_code code)
{
	static const char *const names[] = {
		[EV_USAGE] = "UsageError",
		[EV_DATA] = "BadEvent",
		[EV_SYS] = "SystemError",
		[EV_AGAIN] = "Unavailable",
	};
	const char *name = (size_t)code < sizeof(names) / sizeof(*names) ? names[code] : NULL;

	return name != NULL ? name : "Error";
}

/*
 * The message is the reason alone, so that faults group by it; place and surroundings are the
 * stack.
 */
static enum ev_code
add_err(struct ev_buf *out, const struct ev_err *why, struct ev_slice said, struct ev_err *e)
{
	const char *name = error_name(why->code);
	struct ev_buf stack = EV_BUF(1 << 20);
	enum ev_code rc;

	if ((rc = add_member(out, ",\"err\":{\"name\":", name, e)) != EV_OK ||
	    (rc = add_member(out, ",\"message\":", why->text, e)) != EV_OK)
		return rc;
	rc = ev_buf_addf(&stack, e, "%s: %s", name, why->text);
	if (rc == EV_OK && why->name != NULL)
		rc = ev_buf_addf(&stack, e, "\n    at %s:%lu", why->name, why->line);
	if (rc == EV_OK && why->name != NULL && why->col != 0)
		rc = ev_buf_addf(&stack, e, ":%lu", why->col);
	if (rc == EV_OK && why->near[0] != '\0')
		rc = ev_buf_addf(&stack, e, "\n    near %s", why->near);
	if (rc == EV_OK && said.n > 0)
		rc = ev_buf_addf(&stack, e, "\n%.*s", EV_FMT(said));
	if (rc == EV_OK)
		rc = add_member(out, ",\"stack\":", ev_buf_str(&stack), e);
	ev_buf_fini(&stack);
	return rc != EV_OK ? rc : add_lit(out, "}", e);
}

/* The record in the first form that can hold it. */
static enum ev_code
add_record(struct ev_buf *out, struct ev_slice record, bool json, struct ev_err *e)
{
	enum ev_code rc;

	if (json)
		return ev_buf_adds(out, record, e);
	if (ev_utf8_ok(record))
		return ev_str_encode(record, out, e);
	if ((rc = add_lit(out, "\"", e)) != EV_OK || (rc = ev_base64(record, out, e)) != EV_OK)
		return rc;
	return add_lit(out, "\",\"encoding\":\"base64\"", e);
}

static enum ev_code
add_uow(struct ev_buf *out, const struct ev_fault *f, bool json, bool object, struct ev_err *e)
{
	enum ev_code rc = add_lit(out, ",\"uow\":{", e);

	if (rc == EV_OK && f->pipeline != NULL &&
	    (rc = add_member(out, "\"pipeline\":", f->pipeline, e)) == EV_OK)
		rc = add_lit(out, ",", e);
	if (rc != EV_OK || (rc = add_lit(out, "\"record\":", e)) != EV_OK ||
	    (rc = add_record(out, f->record, json, e)) != EV_OK)
		return rc;
	if (object && f->record.n <= MAX_EVENT && (rc = add_lit(out, ",\"event\":", e)) == EV_OK)
		rc = ev_buf_adds(out, f->record, e);
	return rc != EV_OK ? rc : add_lit(out, "}}", e);
}

static enum ev_code
write_fault(const struct ev_fault *f, const char *id, struct ev_buf *out, struct ev_err *e)
{
	bool json = stands(f->record), object = json && trim(f->record).p[0] == '{';
	enum ev_code rc;

	rc = ev_buf_addf(out, e,
	    "{\"id\":\"%s\",\"type\":\"fault\",\"timestamp\":%lld,\"partitionKey\":", id,
	    (long long)f->now);
	if (rc != EV_OK || (rc = add_key(out, f->record, object, id, e)) != EV_OK ||
	    (rc = add_tags(out, f, e)) != EV_OK || (rc = add_err(out, f->err, f->said, e)) != EV_OK)
		return rc;
	return add_uow(out, f, json, object, e);
}

enum ev_code
ev_fault_write(
    const struct ev_fault *f, struct ev_digest *sha1, struct ev_buf *out, struct ev_err *e)
{
	struct ev_slice part[4] = {
		ev_slice_str(f->function),
		ev_slice_str(f->pipeline != NULL ? f->pipeline : ""),
		f->record,
		ev_slice_str(f->batch != NULL ? f->batch : ""),
	};
	size_t before = out->n;
	char id[EV_UUID];
	enum ev_code rc;

	if ((rc = ev_uuid5(id, sha1, namespace, part, 4, e)) != EV_OK)
		return rc;
	rc = write_fault(f, id, out, e);
	if (rc != EV_OK)
		out->n = before;
	return rc;
}
