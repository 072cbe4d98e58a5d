/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

#include <stdlib.h>

#include "json/walk.h"

static const struct ev_isa *const isas[] = {
	/* best first */
#if defined(__x86_64__)
	&ev_isa_avx2,
#endif
	&ev_isa_scalar,
};

static enum ev_code
choose(const char *name, const struct ev_isa **isa, struct ev_err *e)
{
	size_t i;

	for (i = 0; i < sizeof(isas) / sizeof(*isas); i++) {
		*isa = isas[i];
		if ((name == NULL || strcmp(name, isas[i]->name) == 0) && isas[i]->here())
			return EV_OK;
	}
	return ev_fail(e, EV_USAGE,
	    "scanner \"%s\": unknown, or not supported by this processor; wanted scalar or avx2",
	    name);
}

enum ev_code
ev_scan_init(
    struct ev_scan *s, const struct ev_paths *paths, bool trust, const char *isa, struct ev_err *e)
{
	size_t n = paths != NULL ? paths->n + 1 : 1;
	struct ev_scan_work *w;
	enum ev_code rc;
	size_t i;

	*s = (struct ev_scan){ .paths = paths, .trust = trust };
	w = s->work = calloc(1, sizeof(*w));
	if (w == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < EV_WALK_GUESSES; i++)
		w->guess[i].len = UINT32_MAX; /* no name */
	s->val = calloc(n, sizeof(*s->val));
	w->touched = calloc(n, sizeof(*w->touched));
	w->seen = calloc(n, sizeof(*w->seen));
	if (s->val == NULL || w->touched == NULL || w->seen == NULL)
		rc = ev_fail_mem(e);
	else
		rc = choose(isa, &w->isa, e);
	if (rc != EV_OK)
		ev_scan_fini(s);
	return rc;
}

void
ev_scan_fini(struct ev_scan *s)
{
	if (s->work != NULL) {
		free(s->work->pos);
		free(s->work->touched);
		free(s->work->seen);
	}
	free(s->work);
	free(s->val);
	free(s->many);
	free(s->place);
	*s = (struct ev_scan){ 0 };
}

/* Marks text; an end position that points at the LF behind it comes last. */
static enum ev_code
mark(struct ev_scan_work *w, struct ev_slice text, bool *bad, struct ev_err *e)
{
	size_t want = text.n + 64 + 8, n;

	if (text.n > UINT32_MAX - 128)
		return ev_fail(
		    e, EV_SYS, "a block of %zu bytes; at most 4 GiB can be scanned", text.n);
	if (w->cap < want) {
		free(w->pos);
		w->cap = 0;
		w->pos = malloc(want * sizeof(*w->pos));
		if (w->pos == NULL)
			return ev_fail_mem(e);
		w->cap = want;
	}
	n = w->isa->mark(text, w->pos, bad);
	w->pos[n] = (uint32_t)text.n;
	w->next = w->pos;
	return EV_OK;
}

enum ev_code
ev_scan_block(struct ev_scan *s, struct ev_slice block, struct ev_err *e)
{
	s->block = block;
	s->at = 0;
	s->work->by_line = false;
	return s->trust ? EV_OK : mark(s->work, block, &s->work->by_line, e);
}

static void
reset(struct ev_scan *s)
{
	struct ev_scan_work *w = s->work;

	while (w->touches > 0)
		s->val[w->touched[--w->touches]] = (struct ev_val){ .kind = EV_ABSENT };
	s->manys = 0;
	s->places = 1; /* 0 is outside of arrays */
	w->arrays = w->here = 0;
	if (w->instance > UINT32_MAX / 2) { /* numbers of objects must not come again */
		memset(w->seen, 0, (s->paths != NULL ? s->paths->n + 1 : 1) * sizeof(*w->seen));
		w->instance = 0;
	}
}

/* The line at s->at; steps past its LF. */
static struct ev_slice
cut_line(struct ev_scan *s)
{
	const char *p = s->block.p + s->at, *lf = memchr(p, '\n', s->block.n - s->at);
	struct ev_slice line = { p, lf != NULL ? (size_t)(lf - p) : s->block.n - s->at };

	s->at += line.n + (lf != NULL ? 1 : 0);
	return line;
}

/* Without the CR that stands before the LF. */
static struct ev_slice
drop_cr(struct ev_slice line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Says what is wrong with a line that the fast path refused. */
static enum ev_code
refuse(struct ev_scan *s, struct ev_slice line, struct ev_err *e)
{
	size_t off = 0;

	if (s->work->no_memory) {
		s->work->no_memory = false;
		return ev_fail_mem(e);
	}
	reset(s);
	if (ev_json_check(line, &off, e) == EV_OK)
		return ev_fail(e, EV_DATA, "the scanner refuses what is valid JSON: a bug");
	if (e != NULL && e->near[0] == '\0')
		ev_err_place(e, 1, line, off);
	return EV_DATA;
}

/* A line on its own: in blocks where the first stage found something bad, and under trust. */
static enum ev_code
single(struct ev_scan *s, struct ev_slice *line, unsigned long *skipped, struct ev_err *e)
{
	struct ev_scan_work *w = s->work;
	struct ev_slice raw;
	const uint32_t *t;
	enum ev_code rc;
	bool bad = false;

	for (;; ++*skipped) {
		if (s->at >= s->block.n)
			return EV_NO;
		raw = cut_line(s);
		s->value = ev_slice_trim(raw);
		if (s->value.n > 0)
			break;
	}
	*line = drop_cr(raw);
	if (s->trust)
		return ev_walk_lazy(s, s->value) && !w->no_memory ? EV_OK : refuse(s, *line, e);
	if ((rc = mark(w, raw, &bad, e)) != EV_OK)
		return rc;
	w->first = w->pos;
	w->base = raw.p;
	t = bad ? NULL : ev_walk_full(s, raw.p, w->pos, &s->value);
	return t != NULL && *t == raw.n && !w->no_memory ? EV_OK : refuse(s, *line, e);
}

enum ev_code
ev_scan_line(struct ev_scan *s, struct ev_slice *line, unsigned long *skipped, struct ev_err *e)
{
	struct ev_scan_work *w = s->work;
	const char *b = s->block.p;
	const uint32_t *t;

	*skipped = 0;
	reset(s);
	if (s->block.n == 0)
		return EV_NO;
	if (w->by_line || s->trust)
		return single(s, line, skipped, e);
	for (; *w->next < s->block.n && b[*w->next] == '\n'; w->next++) {
		++*skipped;
		s->at = *w->next + 1;
	}
	if (*w->next >= s->block.n)
		return EV_NO;
	w->first = w->next;
	w->base = b;
	t = ev_walk_full(s, b, w->next, &s->value);
	if (t != NULL && b[*t] == '\n' && !w->no_memory) {
		*line = drop_cr((struct ev_slice){ b + s->at, *t - s->at });
		s->at = *t < s->block.n ? *t + 1 : *t;
		w->next = *t < s->block.n ? t + 1 : t;
		return EV_OK;
	}
	*line = drop_cr(cut_line(s));
	while (*w->next < s->at && *w->next < s->block.n)
		w->next++;
	return refuse(s, *line, e);
}

enum ev_code
ev_scan_again(struct ev_scan *s, const struct ev_scan *other, struct ev_err *e)
{
	bool good;

	reset(s);
	if (s->trust)
		good = ev_walk_lazy(s, other->value);
	else
		good = ev_walk_full(s, other->work->base, other->work->first, &s->value) != NULL;
	if (s->work->no_memory) {
		s->work->no_memory = false;
		return ev_fail_mem(e);
	}
	return good ? EV_OK : ev_fail(e, EV_DATA, "found no JSON, which --trust promised");
}
