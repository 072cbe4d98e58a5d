/* SPDX-License-Identifier: MIT */
#include "stream/conf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"
#include "base/time.h"
#include "json/iter.h"
#include "json/value.h"

#define MAX_SEGMENT ((uint64_t)1 << 40)
enum {
	MIN_SEGMENT = 1024,
	MIN_INDEX = 256,
	MAX_ENTRIES = 1 << 20, /* of an index */
	MAX_SYNC = EV_MINUTE,
	FORM = 80 /* a value as text */
};

/* A value: how it is read, and how it is written so that it reads back. */
struct option {
	const char *name;
	bool number; /* in stream.json; else a string, "" null */
	const char *wanted;
	bool (*parse)(struct ev_stream_conf *c, struct ev_slice v);
	void (*print)(const struct ev_stream_conf *c, char out[FORM]);
};

static bool
parse_shards(struct ev_stream_conf *c, struct ev_slice v)
{
	size_t n = v.n;
	int64_t shards;

	if (n == 0 || ev_digits(v) != n || !ev_take_int(&v, n, &shards) || shards < 1 ||
	    shards > EV_SHARDS)
		return false;
	c->shards = (uint32_t)shards;
	return true;
}

static void
print_shards(const struct ev_stream_conf *c, char out[FORM])
{
	snprintf(out, FORM, "%" PRIu32, c->shards);
}

static bool
parse_hash(struct ev_stream_conf *c, struct ev_slice v)
{
	const struct ev_shard_hash *hash = ev_shard_hash_find(v);

	if (hash != NULL)
		c->hash = hash;
	return hash != NULL;
}

static void
print_hash(const struct ev_stream_conf *c, char out[FORM])
{
	snprintf(out, FORM, "%s", c->hash->name);
}

static bool
parse_segment(struct ev_stream_conf *c, struct ev_slice v)
{
	return ev_size_parse(v, &c->segment, NULL) == EV_OK && c->segment >= MIN_SEGMENT &&
	    c->segment <= MAX_SEGMENT;
}

static void
print_segment(const struct ev_stream_conf *c, char out[FORM])
{
	snprintf(out, FORM, "%" PRIu64, c->segment);
}

static bool
parse_index(struct ev_stream_conf *c, struct ev_slice v)
{
	return ev_size_parse(v, &c->index, NULL) == EV_OK && c->index >= MIN_INDEX &&
	    c->index <= MAX_SEGMENT;
}

static void
print_index(const struct ev_stream_conf *c, char out[FORM])
{
	snprintf(out, FORM, "%" PRIu64, c->index);
}

/* One part of a retention; a bare number could be seconds or bytes. */
static bool
parse_limit(struct ev_stream_conf *c, struct ev_slice v)
{
	int64_t ms;
	uint64_t bytes;

	if (v.n == 0 || ev_digit(v.p[v.n - 1]))
		return false;
	if (ev_duration_parse(v, &ms, NULL) == EV_OK && ms > 0) {
		c->retention_ms = ms;
		return true;
	}
	if (ev_size_parse(v, &bytes, NULL) != EV_OK || bytes == 0)
		return false;
	c->retention_bytes = bytes;
	return true;
}

static bool
parse_retention(struct ev_stream_conf *c, struct ev_slice v)
{
	const char *comma = v.n > 0 ? memchr(v.p, ',', v.n) : NULL;
	size_t n = comma != NULL ? (size_t)(comma - v.p) : v.n;

	c->retention_ms = 0;
	c->retention_bytes = 0;
	if (v.n == 0 || ev_slice_eq(v, EV_LIT("none")))
		return true;
	if (!parse_limit(c, (struct ev_slice){ v.p, n }))
		return false;
	return comma == NULL ||
	    (parse_limit(c, (struct ev_slice){ comma + 1, v.n - n - 1 }) && c->retention_ms > 0 &&
		c->retention_bytes > 0);
}

struct unit {
	const char *name;
	uint64_t n;
};

/* v in the greatest unit that it is a multiple of; the last one of units is 1. */
static int
print_amount(char *out, size_t room, uint64_t v, const struct unit *units)
{
	while (v % units->n != 0)
		units++;
	return snprintf(out, room, "%" PRIu64 "%s", v / units->n, units->name);
}

static void
print_retention(const struct ev_stream_conf *c, char out[FORM])
{
	static const struct unit times[] = {
		{ "d", EV_DAY },
		{ "h", EV_HOUR },
		{ "m", EV_MINUTE },
		{ "s", EV_SECOND },
		{ "ms", 1 },
	};
	static const struct unit sizes[] = {
		{ "T", (uint64_t)1 << 40 },
		{ "G", 1 << 30 },
		{ "M", 1 << 20 },
		{ "K", 1 << 10 },
		{ "B", 1 },
	};
	int n = 0;

	*out = '\0';
	if (c->retention_ms > 0)
		n = print_amount(out, FORM, (uint64_t)c->retention_ms, times);
	if (c->retention_ms > 0 && c->retention_bytes > 0)
		out[n++] = ',';
	if (c->retention_bytes > 0)
		print_amount(out + n, FORM - (size_t)n, c->retention_bytes, sizes);
}

static bool
parse_sync(struct ev_stream_conf *c, struct ev_slice v)
{
	if (ev_slice_eq(v, EV_LIT("batch")))
		c->sync_ms = 0;
	else if (ev_slice_eq(v, EV_LIT("none")))
		c->sync_ms = -1;
	else if (ev_duration_parse(v, &c->sync_ms, NULL) != EV_OK || c->sync_ms < 1 ||
	    c->sync_ms > MAX_SYNC)
		return false;
	return true;
}

static void
print_sync(const struct ev_stream_conf *c, char out[FORM])
{
	if (c->sync_ms > 0)
		snprintf(out, FORM, "%" PRId64 "ms", c->sync_ms);
	else
		snprintf(out, FORM, "%s", c->sync_ms == 0 ? "batch" : "none");
}

static const struct option options[] = {
	{ "shards", true, "a number from 1 to 1024", parse_shards, print_shards },
	{ "hash", false, ev_shard_hash_names, parse_hash, print_hash },
	{ "segment", true, "a size from 1K to 1T", parse_segment, print_segment },
	{ "index", true, "a size from 256 to 1T", parse_index, print_index },
	{ "retention", false, "a duration, a size, or both with a comma, such as 7d,10G",
	    parse_retention, print_retention },
	{ "sync", false, "batch, none or a duration up to 1m", parse_sync, print_sync },
};
enum { OPTIONS = sizeof(options) / sizeof(*options) };

void
ev_stream_conf_init(struct ev_stream_conf *c)
{
	*c = (struct ev_stream_conf){
		.shards = 1,
		.hash = ev_shard_hash_find(EV_LIT("xxh3")),
		.segment = 128 << 20,
		.index = 64 << 10,
		.sync_ms = 5,
	};
}

static const struct option *
find(struct ev_slice name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (ev_slice_eq(name, ev_slice_str(options[i].name)))
			return &options[i];
	return NULL;
}

static enum ev_code
set(struct ev_stream_conf *c, const struct option *o, struct ev_slice v, struct ev_err *e)
{
	if (o->parse(c, v))
		return EV_OK;
	return ev_fail(e, EV_USAGE, "%s=%.*s: wanted %s", o->name, EV_FMT(ev_shown(v)), o->wanted);
}

/* What holds between values. */
static enum ev_code
check(const struct ev_stream_conf *c, struct ev_err *e)
{
	if (c->segment / c->index <= MAX_ENTRIES)
		return EV_OK;
	return ev_fail(e, EV_USAGE,
	    "index=%" PRIu64 " is too fine for segment=%" PRIu64 ": at most %d entries", c->index,
	    c->segment, MAX_ENTRIES);
}

/* The next option of *text, which moves behind it. EV_NO at the end. */
static enum ev_code
next(const char **text, const struct option **o, struct ev_slice *v, struct ev_err *e)
{
	struct ev_slice part = { *text, strcspn(*text, "&") };
	const char *eq = memchr(part.p, '=', part.n);
	size_t n = eq != NULL ? (size_t)(eq - part.p) : part.n;

	if (**text == '\0')
		return EV_NO;
	*text += part.n + (part.p[part.n] == '&');
	*o = find((struct ev_slice){ part.p, n });
	if (eq == NULL || *o == NULL)
		return ev_fail(e, EV_USAGE,
		    "unknown option '%.*s' of a stream; wanted shards=, hash=, segment=, index=, "
		    "retention= or sync=",
		    EV_FMT(ev_shown(part)));
	*v = (struct ev_slice){ eq + 1, part.n - n - 1 };
	return EV_OK;
}

enum ev_code
ev_stream_conf_options(struct ev_stream_conf *c, const char *text, struct ev_err *e)
{
	const struct option *o;
	struct ev_slice v;
	enum ev_code rc;

	while ((rc = next(&text, &o, &v, e)) == EV_OK)
		if ((rc = set(c, o, v, e)) != EV_OK)
			return rc;
	return rc == EV_NO ? check(c, e) : rc;
}

enum ev_code
ev_stream_conf_agrees(const struct ev_stream_conf *c, const char *text, struct ev_err *e)
{
	char is[FORM], wanted[FORM];
	const struct option *o;
	struct ev_slice v;
	enum ev_code rc;

	while ((rc = next(&text, &o, &v, e)) == EV_OK) {
		struct ev_stream_conf asked = *c;

		if ((rc = set(&asked, o, v, e)) != EV_OK)
			return rc;
		o->print(c, is);
		o->print(&asked, wanted);
		if (strcmp(is, wanted) != 0)
			return ev_fail(e, EV_USAGE,
			    "the stream has %s=%s and %s=%.*s was asked for; it keeps what it "
			    "was made with",
			    o->name, *is != '\0' ? is : "none", o->name, EV_FMT(ev_shown(v)));
	}
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
damaged(struct ev_err *e, const char *what)
{
	return ev_fail(e, EV_SYS, "stream.json is damaged: %s", what);
}

static enum ev_code
take_option(
    struct ev_stream_conf *c, const struct option *o, const struct ev_value *v, struct ev_err *e)
{
	char digits[FORM];
	struct ev_err why = { 0 };
	struct ev_slice text = ev_value_str(v);
	int64_t n;

	if (o->number && ev_value_int(v, &n)) {
		snprintf(digits, sizeof(digits), "%" PRId64, n);
		text = ev_slice_str(digits);
	} else if (o->number ||
	    (ev_value_kind(v) != EV_STRING &&
		(o->parse != parse_retention || ev_value_kind(v) != EV_NULL))) {
		text = ev_slice_str(ev_kind_name(ev_value_kind(v)));
	}
	if (set(c, o, text, &why) != EV_OK)
		return damaged(e, why.text);
	return EV_OK;
}

static enum ev_code
take(struct ev_stream_conf *c, const struct ev_value *root, struct ev_err *e)
{
	struct ev_slice id = ev_value_str(ev_value_get(root, EV_LIT("id")));
	struct ev_err why = { 0 };
	int64_t version;
	enum ev_code rc;

	if (!ev_value_int(ev_value_get(root, EV_LIT("version")), &version) || version < 1)
		return damaged(e, "a version was wanted");
	if (version > 1)
		return ev_fail(e, EV_USAGE,
		    "stream.json has version %" PRId64 "; this evhub reads version 1", version);
	if (id.n != sizeof(c->id) - 1)
		return damaged(e, "id is no ULID");
	memcpy(c->id, id.p, id.n);
	c->id[id.n] = '\0';
	for (size_t i = 0; i < OPTIONS; i++)
		if ((rc = take_option(c, &options[i],
			 ev_value_get(root, ev_slice_str(options[i].name)), e)) != EV_OK)
			return rc;
	return check(c, &why) == EV_OK ? EV_OK : damaged(e, why.text);
}

enum ev_code
ev_stream_conf_parse(struct ev_stream_conf *c, struct ev_slice text, struct ev_err *e)
{
	struct ev_err why = { 0 };
	struct ev_value *root = NULL;
	enum ev_code rc = ev_value_parse(text, &root, &why);

	ev_stream_conf_init(c);
	if (rc == EV_DATA)
		return damaged(e, why.text);
	if (rc != EV_OK)
		return ev_fail(e, rc, "%s", why.text);
	rc = take(c, root, e);
	ev_value_free(root);
	return rc;
}

enum ev_code
ev_stream_conf_print(const struct ev_stream_conf *c, struct ev_buf *out, struct ev_err *e)
{
	char text[FORM];
	enum ev_code rc = ev_buf_addf(out, e, "{\"version\":1,\"id\":\"%s\"", c->id);

	for (size_t i = 0; rc == EV_OK && i < OPTIONS; i++) {
		const struct option *o = &options[i];

		o->print(c, text);
		if (o->number)
			rc = ev_buf_addf(out, e, ",\"%s\":%s", o->name, text);
		else if (*text == '\0')
			rc = ev_buf_addf(out, e, ",\"%s\":null", o->name);
		else
			rc = ev_buf_addf(out, e, ",\"%s\":\"%s\"", o->name, text);
	}
	return rc == EV_OK ? ev_buf_adds(out, EV_LIT("}\n"), e) : rc;
}
