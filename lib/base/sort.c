/* SPDX-License-Identifier: MIT */
#include "base/sort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

/*
 * A run is a file of records: key, length, bytes. When FAN runs of one
 * level stand at the end of the list they become one run of the next level,
 * so that each byte is written once per level and few files are open.
 * Runs stay in the order they were added; that keeps ties in order.
 */
enum { FAN = 64, WINDOW = 128 * 1024 };

struct head {
	int64_t key;
	uint64_t n;
};

struct ev_sort_run {
	int fd;
	unsigned level;
	uint64_t size, at; /* of the file; of it, what was read into the window */
	char *window;      /* owned while merging */
	size_t start, end; /* of the window: what was not handed out yet */
	struct head head;  /* of the record that comes next */
};

struct entry {
	int64_t key;
	uint64_t off, n;
};

enum ev_code
ev_sort_init(struct ev_sort *s, size_t memory, const char *dir, struct ev_err *e)
{
	*s = (struct ev_sort){ .max = memory / sizeof(struct entry) * sizeof(struct entry),
		.dir = dir };
	s->mem = malloc(s->max);
	return s->mem != NULL ? EV_OK : ev_fail_mem(e);
}

/* The index as an array: the entry added last is the first. */
static struct entry *
entries(const struct ev_sort *s)
{
	return (struct entry *)(void *)(s->mem + s->max) - s->n;
}

static int
by_key(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static void
sort_memory(struct ev_sort *s)
{
	if (s->n > 1)
		qsort(entries(s), s->n, sizeof(struct entry), by_key);
}

static enum ev_code
temporary(const struct ev_sort *s, int *fd, struct ev_err *e)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/evsort.XXXXXX", s->dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ev_fail(
		    e, EV_USAGE, "the name of the folder for temporary files is too long");
	*fd = mkostemp(path, O_CLOEXEC);
	if (*fd < 0)
		return ev_fail_sys(e, "temporary file in %s", s->dir);
	if (unlink(path) == 0)
		return EV_OK;
	ev_fail_sys(e, "unlink %s", path);
	close(*fd);
	return EV_SYS;
}

/* A new run at the end of the list; its file is empty. */
static enum ev_code
add_run(struct ev_sort *s, unsigned level, struct ev_sort_run **run, struct ev_err *e)
{
	enum ev_code rc;
	int fd;

	if (s->runs == s->cap) {
		size_t cap = s->cap == 0 ? FAN : 2 * s->cap;
		void *p = realloc(s->run, cap * sizeof(*s->run));

		if (p == NULL)
			return ev_fail_mem(e);
		s->run = p;
		s->cap = cap;
	}
	if ((rc = temporary(s, &fd, e)) != EV_OK)
		return rc;
	*run = &s->run[s->runs++];
	**run = (struct ev_sort_run){ .fd = fd, .level = level };
	return EV_OK;
}

static void
close_run(struct ev_sort_run *r)
{
	close(r->fd);
	free(r->window);
}

static enum ev_code
put_record(struct ev_out *o, int64_t key, struct ev_slice record, struct ev_err *e)
{
	struct head h = { key, record.n };
	enum ev_code rc;

	if ((rc = ev_out_add(o, (struct ev_slice){ (const char *)&h, sizeof(h) }, e)) != EV_OK)
		return rc;
	return ev_out_add(o, record, e);
}

/* Ends the writing of a run. */
static enum ev_code
end_run(struct ev_out *o, enum ev_code rc, struct ev_sort_run *r, struct ev_err *e)
{
	enum ev_code end = ev_out_close(o, rc != EV_OK, e);

	r->size = o->bytes;
	return rc != EV_OK ? rc : end;
}

/* At least want (≤ WINDOW) bytes in the window. */
static enum ev_code
refill(struct ev_sort_run *r, size_t want, struct ev_err *e)
{
	ssize_t k;

	if (r->end - r->start >= want)
		return EV_OK;
	memmove(r->window, r->window + r->start, r->end - r->start);
	r->end -= r->start;
	r->start = 0;
	while (r->end < want) {
		k = pread(r->fd, r->window + r->end, WINDOW - r->end, (off_t)r->at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return ev_fail_sys(e, "read of a temporary file");
		if (k == 0)
			return ev_fail(e, EV_SYS, "a temporary file ends before its last record");
		r->at += (uint64_t)k;
		r->end += (size_t)k;
	}
	return EV_OK;
}

/* Reads the next head. EV_NO at the end of the run. */
static enum ev_code
next_head(struct ev_sort_run *r, struct ev_err *e)
{
	enum ev_code rc;

	if (r->at - (r->end - r->start) == r->size)
		return EV_NO;
	if ((rc = refill(r, sizeof(r->head), e)) != EV_OK)
		return rc;
	memcpy(&r->head, r->window + r->start, sizeof(r->head));
	r->start += sizeof(r->head);
	return EV_OK;
}

/* The bytes of the record whose head was read: in the window, or a copy in s. */
static enum ev_code
body(struct ev_sort *s, struct ev_sort_run *r, struct ev_slice *record, struct ev_err *e)
{
	size_t n = (size_t)r->head.n, have, k;
	enum ev_code rc;

	if (n <= WINDOW) {
		rc = refill(r, n, e);
		*record = (struct ev_slice){ r->window + r->start, n };
		r->start += n;
		return rc;
	}
	if (n > s->record_cap) {
		free(s->record);
		s->record_cap = 0;
		s->record = malloc(n);
		if (s->record == NULL)
			return ev_fail_mem(e);
		s->record_cap = n;
	}
	for (have = 0; have < n; have += k) {
		k = n - have < WINDOW ? n - have : WINDOW;
		if ((rc = refill(r, k, e)) != EV_OK)
			return rc;
		memcpy(s->record + have, r->window + r->start, k);
		r->start += k;
	}
	*record = (struct ev_slice){ s->record, n };
	return EV_OK;
}

static bool
before(const struct ev_sort *s, size_t a, size_t b)
{
	int64_t ka = s->run[a].head.key, kb = s->run[b].head.key;

	return ka != kb ? ka < kb : a < b;
}

static void
sink(struct ev_sort *s, size_t i)
{
	size_t child, top = s->heap[i];

	while ((child = 2 * i + 1) < s->heaped) {
		if (child + 1 < s->heaped && before(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s, s->heap[child], top))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = top;
}

/* Begins to merge the runs from `first` to the last. */
static enum ev_code
begin_merge(struct ev_sort *s, size_t first, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	free(s->heap);
	s->heaped = 0;
	s->heap = malloc((s->runs - first + 1) * sizeof(*s->heap));
	if (s->heap == NULL)
		return ev_fail_mem(e);
	for (i = first; i < s->runs; i++) {
		s->run[i].window = malloc(WINDOW);
		if (s->run[i].window == NULL)
			return ev_fail_mem(e);
		if ((rc = next_head(&s->run[i], e)) != EV_OK)
			return rc;
		s->heap[s->heaped++] = i;
	}
	for (i = s->heaped / 2; i-- > 0;)
		sink(s, i);
	return EV_OK;
}

/* EV_NO when all runs are at their end. *begun: false before the first call of a merge. */
static enum ev_code
merge_next(struct ev_sort *s, bool *begun, int64_t *key, struct ev_slice *record, struct ev_err *e)
{
	enum ev_code rc;

	if (*begun && s->heaped > 0) {
		rc = next_head(&s->run[s->heap[0]], e);
		if (rc == EV_NO)
			s->heap[0] = s->heap[--s->heaped];
		else if (rc != EV_OK)
			return rc;
		if (s->heaped > 0)
			sink(s, 0);
	}
	*begun = true;
	if (s->heaped == 0)
		return EV_NO;
	*key = s->run[s->heap[0]].head.key;
	return body(s, &s->run[s->heap[0]], record, e);
}

/* The runs from `first` on become one of the next level. */
static enum ev_code
merge_level(struct ev_sort *s, size_t first, struct ev_err *e)
{
	struct ev_slice record;
	struct ev_sort_run *into;
	struct ev_out o;
	bool begun = false;
	int64_t key;
	enum ev_code rc;
	size_t i;

	if ((rc = begin_merge(s, first, e)) != EV_OK ||
	    (rc = add_run(s, s->run[first].level + 1, &into, e)) != EV_OK)
		return rc;
	if ((rc = ev_out_open(&o, into->fd, "a temporary file", e)) != EV_OK)
		return rc;
	while ((rc = merge_next(s, &begun, &key, &record, e)) == EV_OK)
		if ((rc = put_record(&o, key, record, e)) != EV_OK)
			break;
	if ((rc = end_run(&o, rc == EV_NO ? EV_OK : rc, into, e)) != EV_OK)
		return rc;
	for (i = first; i + 1 < s->runs; i++)
		close_run(&s->run[i]);
	s->run[first] = *into;
	s->runs = first + 1;
	return EV_OK;
}

static enum ev_code
merge_full_levels(struct ev_sort *s, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (rc == EV_OK && s->runs >= FAN &&
	    s->run[s->runs - FAN].level == s->run[s->runs - 1].level)
		rc = merge_level(s, s->runs - FAN, e);
	return rc;
}

/* What is in memory becomes a run. */
static enum ev_code
spill(struct ev_sort *s, struct ev_err *e)
{
	struct ev_sort_run *r;
	struct ev_out o;
	enum ev_code rc;
	size_t i;

	if (s->n == 0)
		return EV_OK;
	sort_memory(s);
	if ((rc = add_run(s, 0, &r, e)) != EV_OK ||
	    (rc = ev_out_open(&o, r->fd, "a temporary file", e)) != EV_OK)
		return rc;
	for (i = 0; i < s->n && rc == EV_OK; i++) {
		struct entry x = entries(s)[i];

		rc = put_record(&o, x.key, (struct ev_slice){ s->mem + x.off, (size_t)x.n }, e);
	}
	if ((rc = end_run(&o, rc, r, e)) != EV_OK)
		return rc;
	s->n = s->used = 0;
	return merge_full_levels(s, e);
}

/* A record larger than the memory is a run of its own. */
static enum ev_code
spill_record(struct ev_sort *s, int64_t key, struct ev_slice record, struct ev_err *e)
{
	struct ev_sort_run *r;
	struct ev_out o;
	enum ev_code rc;

	if ((rc = add_run(s, 0, &r, e)) != EV_OK ||
	    (rc = ev_out_open(&o, r->fd, "a temporary file", e)) != EV_OK)
		return rc;
	rc = put_record(&o, key, record, e);
	if ((rc = end_run(&o, rc, r, e)) != EV_OK)
		return rc;
	return merge_full_levels(s, e);
}

enum ev_code
ev_sort_add(struct ev_sort *s, int64_t key, struct ev_slice record, struct ev_err *e)
{
	enum ev_code rc;

	if (record.n + sizeof(struct entry) > s->max - s->used - s->n * sizeof(struct entry) &&
	    (rc = spill(s, e)) != EV_OK)
		return rc;
	if (record.n + sizeof(struct entry) > s->max)
		return spill_record(s, key, record, e);
	if (record.n > 0)
		memcpy(s->mem + s->used, record.p, record.n);
	s->n++;
	*entries(s) = (struct entry){ key, s->used, record.n };
	s->used += record.n;
	return EV_OK;
}

/* The first call: either memory is sorted, or the last of it joins the runs. */
static enum ev_code
begin_reading(struct ev_sort *s, struct ev_err *e)
{
	enum ev_code rc;

	s->reading = true;
	if (s->runs == 0) {
		sort_memory(s);
		return EV_OK;
	}
	if ((rc = spill(s, e)) != EV_OK)
		return rc;
	free(s->mem);
	s->mem = NULL;
	return begin_merge(s, 0, e);
}

enum ev_code
ev_sort_next(struct ev_sort *s, int64_t *key, struct ev_slice *record, struct ev_err *e)
{
	bool begun = s->reading;
	enum ev_code rc;

	if (!s->reading && (rc = begin_reading(s, e)) != EV_OK)
		return rc;
	if (s->runs > 0)
		return merge_next(s, &begun, key, record, e);
	if (s->next == s->n)
		return EV_NO;
	*key = entries(s)[s->next].key;
	*record =
	    (struct ev_slice){ s->mem + entries(s)[s->next].off, (size_t)entries(s)[s->next].n };
	s->next++;
	return EV_OK;
}

void
ev_sort_fini(struct ev_sort *s)
{
	while (s->runs > 0)
		close_run(&s->run[--s->runs]);
	free(s->run);
	free(s->heap);
	free(s->mem);
	free(s->record);
	*s = (struct ev_sort){ 0 };
}
