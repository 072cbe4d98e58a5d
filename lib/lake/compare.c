/* SPDX-License-Identifier: MIT */
#include "lake/compare.h"

#include <unistd.h>

#include "base/io.h"
#include "event/event.h"
#include "lake/grow.h"
#include "json/str.h"

enum { ENOUGH = 32 << 20 /* bytes of lines */ };

enum ev_code
ev_compare_init(struct ev_compare *c, struct ev_batch *b, struct ev_err *e)
{
	enum ev_code rc;

	*c = (struct ev_compare){ .b = b, .fd = -1, .u = EV_UNPACKER };
	c->id = c->one = c->lines = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	if ((rc = ev_event_paths(&c->paths, e)) != EV_OK)
		return rc;
	return ev_scan_init(&c->scan, &c->paths, false, NULL, e);
}

void
ev_compare_fini(struct ev_compare *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	ev_scan_fini(&c->scan);
	ev_paths_fini(&c->paths);
	ev_buf_fini(&c->id);
	ev_buf_fini(&c->one);
	ev_buf_fini(&c->lines);
	ev_unpacker_fini(&c->u);
	free(c->ref);
	free(c->conflict);
	c->ref = NULL;
	c->conflict = NULL;
}

enum ev_code
ev_compare_mine(struct ev_compare *c, uint32_t entry, struct ev_slice *line, struct ev_err *e)
{
	const struct ev_entry *en = &c->b->entry[entry];
	const struct ev_part *p = &c->b->part[en->part];
	size_t frame = en->at >> EV_AT_BITS;
	enum ev_code rc;

	if (c->fd < 0 || c->part != en->part) {
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		if ((rc = ev_part_open(c->b, p, &c->fd, e)) != EV_OK)
			return rc;
		c->part = en->part;
		c->frame = SIZE_MAX;
	}
	if (c->frame != frame) {
		c->frame = SIZE_MAX;
		if ((rc = ev_frame_read(&c->u, c->fd, &p->frame[frame], &c->raw, e)) != EV_OK)
			return rc;
		c->frame = frame;
	}
	*line = ev_entry_line(en, c->raw);
	return EV_OK;
}

enum ev_code
ev_compare_id(struct ev_compare *c, struct ev_slice line, struct ev_buf *id, struct ev_err *e)
{
	unsigned long blank;
	enum ev_code rc;

	ev_buf_clear(&c->one);
	if ((rc = ev_buf_reserve(&c->one, line.n + EV_PAD, e)) != EV_OK)
		return rc;
	memcpy(c->one.p, line.p, line.n);
	memset(c->one.p + line.n, '\n', EV_PAD);
	if ((rc = ev_scan_block(&c->scan, (struct ev_slice){ c->one.p, line.n }, e)) != EV_OK ||
	    (rc = ev_scan_line(&c->scan, &line, &blank, e)) != EV_OK)
		return rc;
	return ev_str_decode(c->scan.val[EV_ID].raw, id, e);
}

static enum ev_code
same_id(struct ev_compare *c, struct ev_slice a, struct ev_slice b, bool *same, struct ev_err *e)
{
	size_t n;
	enum ev_code rc;

	ev_buf_clear(&c->id);
	if ((rc = ev_compare_id(c, a, &c->id, e)) != EV_OK)
		return rc;
	n = c->id.n;
	if ((rc = ev_compare_id(c, b, &c->id, e)) == EV_OK)
		*same = c->id.n == 2 * n && memcmp(c->id.p, c->id.p + n, n) == 0;
	return rc;
}

static enum ev_code
add_conflict(struct ev_compare *c, uint32_t entry, struct ev_err *e)
{
	if (c->conflicts == c->conflict_cap) {
		uint32_t *v = ev_grow(c->conflict, &c->conflict_cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		c->conflict = v;
	}
	c->conflict[c->conflicts++] = entry;
	return EV_OK;
}

static enum ev_code
compare(struct ev_compare *c, const struct ev_compare_ref *r, struct ev_err *e)
{
	struct ev_entry *en = &c->b->entry[r->entry];
	struct ev_slice first = { c->lines.p + r->off, r->n }, line;
	bool same = true;
	enum ev_code rc;

	if (en->drop)
		return EV_OK;
	if ((rc = ev_compare_mine(c, r->entry, &line, e)) != EV_OK)
		return rc;
	if (!ev_slice_eq(first, line)) {
		if ((rc = same_id(c, first, line, &same, e)) == EV_OK && same)
			rc = add_conflict(c, r->entry, e);
	}
	if (rc == EV_OK && same)
		en->drop = 1;
	return rc;
}

static int
by_place(const void *a, const void *b, void *arg)
{
	const struct ev_entry *entry = arg;
	const struct ev_entry *x = &entry[((const struct ev_compare_ref *)a)->entry];
	const struct ev_entry *y = &entry[((const struct ev_compare_ref *)b)->entry];

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

enum ev_code
ev_compare_add(struct ev_compare *c, uint32_t entry, struct ev_slice line, struct ev_err *e)
{
	if (c->refs == c->ref_cap) {
		struct ev_compare_ref *v = ev_grow(c->ref, &c->ref_cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		c->ref = v;
	}
	c->ref[c->refs++] = (struct ev_compare_ref){ entry, c->lines.n, line.n };
	return ev_buf_adds(&c->lines, line, e);
}

enum ev_code
ev_compare_run(struct ev_compare *c, bool all, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (c->refs == 0 || (!all && c->lines.n < ENOUGH))
		return EV_OK;
	qsort_r(c->ref, c->refs, sizeof(*c->ref), by_place, c->b->entry);
	for (size_t i = 0; rc == EV_OK && i < c->refs; i++)
		rc = compare(c, &c->ref[i], e);
	c->refs = 0;
	ev_buf_clear(&c->lines);
	return rc;
}
