/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "stream/files.h"
#include "stream/mend.h"
#include "stream/segment.h"

struct verify {
	struct ev_stream *stream;
	uint32_t shard;
	void (*report)(void *arg, const char *place, const char *what);
	void *arg;
	bool differs;
	/* The end when nobody wrote. What a crash left behind it is no damage: the next writer
	 * mends it. */
	bool trusted; /* head holds for this system */
	struct ev_head head;
	uint64_t found; /* bytes of the last segment */
	uint64_t size;  /* those that must be whole lines */
	uint64_t next;  /* where the next segment must begin */
};

EV_PRINTF(3, 4)
static void
differ(struct verify *v, const char *place, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	v->differs = true;
	v->report(v->arg, place, what);
}

static enum ev_code
look_at(struct verify *v, struct ev_files *f, uint64_t **list, size_t *n, struct ev_err *e)
{
	enum ev_code rc = ev_head_read(f->head, &v->head, e);
	int fd;

	if (rc != EV_OK && rc != EV_NO)
		return rc;
	v->trusted = rc == EV_OK && memcmp(v->head.boot, f->boot, EV_BOOT) == 0;
	if ((rc = ev_seg_list(v->stream, v->shard, list, n, e)) != EV_OK || *n == 0)
		return rc;
	rc = ev_seg_open(v->stream, v->shard, (*list)[*n - 1], ".ndjson", O_RDONLY, &fd, e);
	if (rc != EV_OK)
		return rc == EV_NO ? ev_fail(e, EV_SYS, "a segment vanished") : rc;
	rc = ev_seg_size(fd, &v->found, e);
	close(fd);
	v->size = v->found;
	if (v->trusted && v->head.base == (*list)[*n - 1] && v->head.bytes < v->found)
		v->size = v->head.bytes;
	return rc;
}

/* The shard at an instant when no writer is in the middle of a batch. Free the list. */
static enum ev_code
look(struct verify *v, uint64_t **list, size_t *n, struct ev_err *e)
{
	struct ev_files f;
	enum ev_code rc;

	*list = NULL;
	if ((rc = ev_files_open(&f, v->stream, v->shard, EV_TO_LOOK, e)) != EV_OK)
		return rc;
	if ((rc = ev_files_lock(&f, true, e)) == EV_OK) {
		rc = look_at(v, &f, list, n, e);
		ev_files_unlock(&f);
	}
	ev_files_close(&f);
	return rc;
}

/* A segment and its index, open. */
struct one {
	char place[EV_SEG_PATH];
	uint64_t base, size;
	int seg, idx; /* idx -1: none */
	bool first, last;
	bool loose; /* its index does not count yet, or no more */
};

static enum ev_code
check_trailer(
    struct verify *v, const struct one *o, const struct ev_entry *sealed, struct ev_err *e)
{
	uint64_t sum;
	enum ev_code rc;

	if (sealed->seq != EV_TRAILER) {
		differ(v, o->place, "it is sealed, and its index has no trailer");
		return EV_OK;
	}
	if (sealed->byte != o->size) {
		differ(v, o->place,
		    "it has %" PRIu64 " bytes, and had %" PRIu64 " when it was sealed", o->size,
		    sealed->byte);
		return EV_OK;
	}
	if ((rc = ev_seg_hash(o->seg, o->size, &sum, e)) == EV_OK && sum != (uint64_t)sealed->ms)
		differ(v, o->place,
		    "its bytes are not those that were sealed: XXH3 %016" PRIx64
		    " instead of %016" PRIx64,
		    sum, (uint64_t)sealed->ms);
	return rc;
}

static enum ev_code
check_lines(struct verify *v, const struct one *o, uint64_t entries, struct ev_err *e)
{
	struct ev_mend m = {
		.seg = o->seg,
		.idx = o->idx,
		.readonly = true,
		.index = v->stream->conf.index,
		.rewrite = UINT64_MAX,
		.now = ev_now(),
		.seq = o->base,
	};
	enum ev_code rc = ev_mend_run(&m, o->size, e);

	if (rc != EV_OK)
		return rc;
	if (m.end < o->size && (v->trusted || !o->last))
		differ(v, o->place, "byte %" PRIu64 " of %" PRIu64 " belongs to no whole line",
		    m.end, o->size);
	if (!o->loose && (m.wrong || (m.kept < entries && (!o->last || m.old.byte < o->size))))
		differ(v, o->place, "entry %" PRIu64 " of its index is wrong", m.kept);
	v->next = m.seq;
	return EV_OK;
}

static enum ev_code
check_one(struct verify *v, struct one *o, struct ev_err *e)
{
	struct ev_entry sealed = { 0 };
	uint64_t entries = 0;
	enum ev_code rc = EV_OK;

	o->size = v->size;
	if (!o->last && (rc = ev_seg_size(o->seg, &o->size, e)) != EV_OK)
		return rc;
	if (o->idx >= 0)
		rc = ev_idx_count(o->idx, &entries, &sealed, e);
	else if (!o->loose &&
	    !o->first) /* of the first it may have gone: it is removed before it */
		differ(v, o->place, "it has no index");
	if (rc != EV_OK || (rc = check_lines(v, o, entries, e)) != EV_OK)
		return rc;
	return o->last || o->loose || o->idx < 0 ? EV_OK : check_trailer(v, o, &sealed, e);
}

/* Segment i of n. EV_NO: retention took it. */
static enum ev_code
check_segment(
    struct verify *v, const uint64_t *list, size_t i, size_t n, uint64_t *bytes, struct ev_err *e)
{
	struct one o = { .base = list[i], .first = i == 0, .last = i + 1 == n };
	enum ev_code rc;

	/* an empty one behind it: the crash may have come before it was sealed */
	o.loose = o.last ? !v->trusted || v->found == 0 : i + 2 == n && v->found == 0;
	ev_seg_path(o.place, v->shard, o.base, ".ndjson");
	rc = ev_seg_open(v->stream, v->shard, o.base, ".ndjson", O_RDONLY, &o.seg, e);
	if (rc != EV_OK)
		return rc;
	rc = ev_seg_open(v->stream, v->shard, o.base, ".idx", O_RDONLY, &o.idx, e);
	if (rc == EV_OK || rc == EV_NO)
		rc = check_one(v, &o, e);
	close(o.seg);
	if (o.idx >= 0)
		close(o.idx);
	*bytes += o.size;
	return rc;
}

static enum ev_code
check_segments(struct verify *v, const uint64_t *list, size_t n, uint64_t *events, uint64_t *bytes,
    struct ev_err *e)
{
	char place[EV_SEG_PATH];
	bool known = false; /* where the segment must begin */
	enum ev_code rc;

	for (size_t i = 0; i < n; i++) {
		if (known && v->next != list[i]) {
			ev_seg_path(place, v->shard, list[i], ".ndjson");
			differ(
			    v, place, "the segment before it ends before offset %" PRIu64, v->next);
		}
		rc = check_segment(v, list, i, n, bytes, e);
		if (rc != EV_OK && rc != EV_NO)
			return rc;
		known = rc == EV_OK;
		*events += known ? v->next - list[i] : 0;
	}
	return EV_OK;
}

static void
check_head(struct verify *v, const uint64_t *list, size_t n)
{
	const struct ev_head *h = &v->head;
	uint64_t base = list[n - 1];
	bool rolled = n > 1 && h->base == list[n - 2] && v->found == 0;
	char place[EV_SEG_PATH];

	ev_seg_folder(place, v->shard, "HEAD");
	if (!v->trusted)
		return; /* it does not count: the next writer looks for himself */
	if (h->next != v->next || (!rolled && (h->base != base || h->bytes > v->found)))
		differ(v, place,
		    "it says segment %" PRIu64 ", %" PRIu64 " bytes, next offset %" PRIu64
		    "; found are %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		    h->base, h->bytes, h->next, base, v->found, v->next);
	if (h->synced > h->bytes)
		differ(v, place, "it calls %" PRIu64 " of %" PRIu64 " bytes synced", h->synced,
		    h->bytes);
}

static enum ev_code
check_group(struct verify *v, const char *name, struct ev_err *e)
{
	struct ev_err why = { 0 };
	char place[32 + EV_GROUP_NAME];
	uint64_t next;
	int64_t owner;
	enum ev_code rc = ev_group_look(v->stream, name, v->shard, &next, &owner, &why);

	snprintf(place, sizeof(place), "groups/%s/p%04" PRIu32 ".off", name, v->shard);
	if (rc == EV_SYS && why.sys != 0)
		return ev_fail(e, rc, "%s", why.text);
	if (rc == EV_SYS)
		differ(v, place, "%s", why.text);
	else if (rc == EV_OK && next > v->next)
		differ(v, place, "position %" PRIu64 " is beyond the end, which is %" PRIu64, next,
		    v->next);
	return EV_OK;
}

static enum ev_code
check_groups(struct verify *v, struct ev_err *e)
{
	char **names;
	size_t n;
	enum ev_code rc = ev_group_list(v->stream, &names, &n, e);

	if (rc != EV_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (rc == EV_OK)
			rc = check_group(v, names[i], e);
		free(names[i]);
	}
	free(names);
	return rc;
}

enum ev_code
ev_shard_verify(struct ev_stream *s, uint32_t shard,
    void (*report)(void *arg, const char *place, const char *what), void *arg, uint64_t *events,
    uint64_t *bytes, struct ev_err *e)
{
	struct verify v = { .stream = s, .shard = shard, .report = report, .arg = arg };
	uint64_t *list;
	size_t n;
	enum ev_code rc;

	*events = *bytes = 0;
	if ((rc = look(&v, &list, &n, e)) == EV_OK)
		rc = check_segments(&v, list, n, events, bytes, e);
	if (rc == EV_OK && n > 0)
		check_head(&v, list, n);
	if (rc == EV_OK)
		rc = check_groups(&v, e);
	free(list);
	return rc == EV_OK && v.differs ? EV_NO : rc;
}
