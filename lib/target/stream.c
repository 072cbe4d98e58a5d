/* SPDX-License-Identifier: MIT */
/* stream:DIR: events kept for a time, in order per shard, for readers with positions of their own.
 */
#include "stream/stream.h"

#include <stdlib.h>

#include "base/io.h"
#include "base/time.h"
#include "event/event.h"
#include "json/str.h"
#include "target/scheme.h"

enum {
	OPEN_SHARDS = 64,        /* appenders at once: each has a few descriptors */
	BUFFERED = 4 * EV_BLOCK, /* bytes collected in all shards together */
	LONGEST = 1 << 30        /* bytes of a line that a stream takes */
};
#define NO_KEY UINT32_MAX

struct shard {
	struct ev_buf lines; /* whole, not yet appended */
	uint64_t n;          /* of them */
	bool open;
	uint64_t torn; /* of the appender, that the target knows of */
	uint64_t used; /* the clock when it was used last */
	struct ev_append append;
};

struct hub {
	char *path; /* owned; the stream borrows it */
	struct ev_stream stream;
	struct shard *shard; /* owned */
	uint32_t key;        /* path number of key=; NO_KEY: the event's own */
	struct ev_buf text;  /* a key, unescaped */
	size_t buffered, open;
	uint64_t clock;
	uint64_t since; /* ev_mono of the first line that is not synced; 0: none */
};

/* The options but key=, which is ours and not the stream's. */
struct options {
	struct ev_buf rest;
	struct ev_slice key; /* p NULL: none */
};

static enum ev_code
split(const char *opts, struct options *o, struct ev_err *e)
{
	struct ev_slice k, v;
	enum ev_code rc;

	*o = (struct options){ .rest = EV_BUF(SIZE_MAX / 2) };
	while ((rc = ev_opts_next(&opts, &k, &v, e)) == EV_OK) {
		if (ev_slice_eq(k, EV_LIT("key")))
			o->key = v;
		else
			rc = ev_buf_addf(&o->rest, e, "%s%.*s=%.*s", o->rest.n > 0 ? "&" : "",
			    EV_FMT(k), EV_FMT(v));
		if (rc != EV_OK)
			break;
	}
	if (rc == EV_NO)
		return EV_OK;
	ev_buf_fini(&o->rest);
	return rc;
}

static enum ev_code
add_key(struct ev_slice key, struct ev_paths *set, uint32_t *number, struct ev_err *e)
{
	struct ev_err why = { 0 };

	*number = NO_KEY;
	if (key.p == NULL || ev_paths_add(set, key, number, &why) == EV_OK)
		return EV_OK;
	return ev_fail(e, why.code, "key=%.*s: %s", EV_FMT(key), why.text);
}

static enum ev_code
stream_check(const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct options o;
	uint32_t key;
	enum ev_code rc;

	if (*rest == '\0')
		return ev_fail(e, EV_USAGE, "a folder was wanted");
	if ((rc = split(opts, &o, e)) != EV_OK)
		return rc;
	if ((rc = ev_stream_check(ev_buf_str(&o.rest), e)) == EV_OK)
		rc = add_key(o.key, set, &key, e);
	ev_buf_fini(&o.rest);
	return rc;
}

static void
free_hub(struct hub *h)
{
	uint32_t shards = h->shard != NULL ? h->stream.conf.shards : 0;

	for (uint32_t i = 0; i < shards; i++) {
		if (h->shard[i].open)
			ev_append_close(&h->shard[i].append);
		ev_buf_fini(&h->shard[i].lines);
	}
	free(h->shard);
	ev_stream_close(&h->stream);
	ev_buf_fini(&h->text);
	free(h->path);
	free(h);
}

static enum ev_code
sync_shard(struct shard *s, struct ev_err *e)
{
	return s->open ? ev_append_sync(&s->append, e) : EV_OK;
}

/* Closes the appender that was not used for the longest time, when too many are open. */
static enum ev_code
make_way(struct hub *h, struct ev_err *e)
{
	struct shard *oldest = NULL;
	enum ev_code rc;

	if (h->open < OPEN_SHARDS)
		return EV_OK;
	for (uint32_t i = 0; i < h->stream.conf.shards; i++)
		if (h->shard[i].open && (oldest == NULL || h->shard[i].used < oldest->used))
			oldest = &h->shard[i];
	if (oldest == NULL || (rc = sync_shard(oldest, e)) != EV_OK)
		return oldest == NULL ? EV_OK : rc;
	ev_append_close(&oldest->append);
	oldest->open = false;
	h->open--;
	return EV_OK;
}

static enum ev_code
open_shard(struct ev_target *t, struct shard *s, struct ev_err *e)
{
	struct hub *h = t->impl;
	enum ev_code rc;

	s->used = ++h->clock;
	if (s->open)
		return EV_OK;
	if ((rc = make_way(h, e)) != EV_OK ||
	    (rc = ev_append_open(&s->append, &h->stream, (uint32_t)(s - h->shard), e)) != EV_OK)
		return rc;
	s->open = true;
	s->torn = 0;
	h->open++;
	return EV_OK;
}

/* Appends what was collected for the shard: visible to who looks, not yet durable. */
static enum ev_code
drain_shard(struct ev_target *t, struct shard *s, struct ev_err *e)
{
	struct hub *h = t->impl;
	uint64_t first;
	enum ev_code rc;

	if (s->n == 0)
		return EV_OK;
	if ((rc = open_shard(t, s, e)) != EV_OK)
		return rc;
	rc = ev_append_lines(&s->append, ev_buf_view(&s->lines), s->n, &first, e);
	t->failed |= rc != EV_OK;
	t->torn += s->append.torn - s->torn;
	s->torn = s->append.torn;
	h->buffered -= s->lines.n;
	s->n = 0;
	if (s->lines.cap > 2 * BUFFERED / h->stream.conf.shards)
		ev_buf_fini(&s->lines);
	else
		ev_buf_clear(&s->lines);
	return rc;
}

static enum ev_code
each(struct ev_target *t,
    enum ev_code (*act)(struct ev_target *t, struct shard *s, struct ev_err *e), struct ev_err *e)
{
	struct hub *h = t->impl;
	enum ev_code rc = EV_OK;

	for (uint32_t i = 0; i < h->stream.conf.shards && rc == EV_OK; i++)
		rc = act(t, &h->shard[i], e);
	return rc;
}

static enum ev_code
settle_shard(struct ev_target *t, struct shard *s, struct ev_err *e)
{
	enum ev_code rc = drain_shard(t, s, e);

	return rc == EV_OK ? sync_shard(s, e) : rc;
}

static enum ev_code
stream_sync(struct ev_target *t, struct ev_err *e)
{
	struct hub *h = t->impl;
	enum ev_code rc;

	if (t->failed)
		return ev_fail(e, EV_SYS, "an append to it failed before");
	rc = each(t, settle_shard, e);
	if (rc == EV_OK) {
		h->since = 0;
		t->durable = t->forgetful ? 0 : t->events;
	}
	t->failed |= rc != EV_OK;
	return rc;
}

/* The age of the oldest line that is not synced is what the stream's sync says at most. */
static bool
is_due(const struct hub *h)
{
	const int64_t ms = h->stream.conf.sync_ms;

	return h->since != 0 && ms >= 0 && ev_mono() - h->since >= (uint64_t)ms * 1000000;
}

/* With sync=batch always, with sync=none never but at the caller's word. */
static enum ev_code
stream_flush(struct ev_target *t, struct ev_err *e)
{
	return is_due(t->impl) ? stream_sync(t, e) : each(t, drain_shard, e);
}

/* The value at a path as bytes; false: there is none. */
static enum ev_code
key_of(struct hub *h, const struct ev_val *v, struct ev_slice *key, bool *found, struct ev_err *e)
{
	*found = v->kind != EV_ABSENT && v->kind != EV_NULL;
	*key = v->raw;
	return v->kind == EV_STRING ? ev_str_view(v->raw, &h->text, key, e) : EV_OK;
}

/* By its key, else by its id; the first shard takes what has neither. */
static enum ev_code
find_shard(struct hub *h, const struct ev_val *val, struct shard **s, struct ev_err *e)
{
	const uint32_t path[] = { h->key != NO_KEY ? h->key : EV_KEY, EV_ID };
	struct ev_slice key;
	uint32_t shard = 0;
	bool found = false;
	enum ev_code rc = EV_OK;

	for (size_t i = 0; i < 2 && h->stream.conf.shards > 1 && !found && rc == EV_OK; i++)
		rc = key_of(h, &val[path[i]], &key, &found, e);
	if (rc == EV_OK && found)
		rc = h->stream.conf.hash->shard(key, h->stream.conf.shards, &shard, e);
	*s = &h->shard[shard];
	return rc;
}

static enum ev_code
stream_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	struct hub *h = t->impl;
	struct shard *s;
	enum ev_code rc;

	if (memchr(line.p, '\0', line.n) != NULL || memchr(line.p, '\n', line.n) != NULL)
		return ev_fail(e, EV_DATA, "a line of a stream holds no NUL and no line feed");
	if (line.n >= LONGEST)
		return ev_fail(e, EV_DATA, "%zu bytes are too long for a stream", line.n);
	if ((rc = find_shard(h, val, &s, e)) != EV_OK)
		return rc;
	if (h->buffered + line.n >= BUFFERED || s->lines.n + line.n >= EV_BLOCK ||
	    (h->stream.conf.sync_ms > 0 && is_due(h)))
		rc = stream_flush(t, e);
	if (rc != EV_OK || (rc = ev_buf_reserve(&s->lines, line.n + 1, e)) != EV_OK)
		return rc;
	memcpy(s->lines.p + s->lines.n, line.p, line.n);
	s->lines.n += line.n;
	s->lines.p[s->lines.n++] = '\n';
	s->n++;
	h->buffered += line.n + 1;
	if (h->since == 0)
		h->since = ev_mono();
	return EV_OK;
}

static int
stream_nap(const struct ev_target *t)
{
	const struct hub *h = t->impl;
	uint64_t age;

	if (h->since == 0 || h->stream.conf.sync_ms < 0)
		return 0;
	age = (ev_mono() - h->since) / 1000000;
	return age >= (uint64_t)h->stream.conf.sync_ms
	    ? 1
	    : (int)(h->stream.conf.sync_ms - (int64_t)age);
}

static enum ev_code
open_hub(
    struct ev_target *t, struct hub *h, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct options o;
	enum ev_code rc;

	if ((rc = split(opts, &o, e)) != EV_OK)
		return rc;
	if ((rc = add_key(o.key, set, &h->key, e)) == EV_OK)
		rc = ev_stream_open(&h->stream, h->path, ev_buf_str(&o.rest), true, e);
	ev_buf_fini(&o.rest);
	if (rc != EV_OK)
		return rc;
	h->shard = calloc(h->stream.conf.shards, sizeof(*h->shard));
	if (h->shard == NULL)
		return ev_fail_mem(e);
	for (uint32_t i = 0; i < h->stream.conf.shards; i++)
		h->shard[i].lines = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	t->wants = h->stream.conf.shards > 1;
	t->forgetful = h->stream.conf.sync_ms < 0;
	return open_shard(t, &h->shard[0], e); /* trouble is heard of before anything is read */
}

static enum ev_code
stream_open(
    struct ev_target *t, const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	struct hub *h = calloc(1, sizeof(*h));
	enum ev_code rc;

	if (h == NULL || (h->path = strdup(rest)) == NULL) {
		free(h);
		return ev_fail_mem(e);
	}
	h->text = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	t->impl = h;
	if ((rc = open_hub(t, h, opts, set, e)) != EV_OK)
		free_hub(h);
	return rc;
}

static void
stream_close(struct ev_target *t)
{
	free_hub(t->impl);
}

const struct ev_scheme ev_scheme_stream = {
	.name = "stream",
	.check = stream_check,
	.open = stream_open,
	.put = stream_put,
	.flush = stream_flush,
	.nap = stream_nap,
	.sync = stream_sync,
	.close = stream_close,
};
