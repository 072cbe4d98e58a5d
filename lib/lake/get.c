/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "lake/catalog.h"
#include "lake/lake.h"
#include "lake/segment.h"
#include "json/str.h"

struct get {
	struct ev_slice id;
	struct ev_buf *out;
	struct ev_paths paths;
	struct ev_scan scan;
	struct ev_unpacker u;
	uint32_t frame[EV_FRAMES]; /* of one segment, that may hold the id */
	size_t frames;
	bool found;
};

static enum ev_code
on_hit(void *arg, size_t i, uint32_t frame, struct ev_err *e)
{
	struct get *g = arg;

	(void)i;
	(void)e;
	if (g->frames == 0 || (g->frame[g->frames - 1] != frame && g->frames < EV_FRAMES))
		g->frame[g->frames++] = frame;
	return EV_OK;
}

static enum ev_code
get_from_frame(struct get *g, int fd, const struct ev_frame *f, struct ev_err *e)
{
	unsigned long blank;
	struct ev_slice raw, line;
	enum ev_code rc;

	if ((rc = ev_frame_read(&g->u, fd, f, &raw, e)) != EV_OK ||
	    (rc = ev_scan_block(&g->scan, raw, e)) != EV_OK)
		return rc;
	while ((rc = ev_scan_line(&g->scan, &line, &blank, e)) == EV_OK) {
		if (g->scan.val[EV_ID].kind != EV_STRING ||
		    !ev_str_eq(g->scan.val[EV_ID].raw, g->id))
			continue;
		g->found = true;
		if ((rc = ev_buf_adds(g->out, line, e)) != EV_OK ||
		    (rc = ev_buf_addc(g->out, '\n', e)) != EV_OK)
			return rc;
	}
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
get_from_segment(struct get *g, struct ev_segment *s, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (size_t i = 0; rc == EV_OK && i < g->frames; i++)
		rc = g->frame[i] < s->index.frames
		    ? get_from_frame(g, s->fd, &s->index.frame[g->frame[i]], e)
		    : ev_fail(
			  e, EV_SYS, "the id table is damaged: there is no frame %u", g->frame[i]);
	return rc;
}

/*
 * The catalog tells where the id table is: a segment that has no such id costs an open and three
 * reads.
 */
static enum ev_code
get_one(struct get *g, struct ev_lake *l, const struct ev_seg *row, uint64_t h, struct ev_err *e)
{
	uint64_t len = 1 + 4 * (((uint64_t)1 << (row->idt_bits & 31)) + 1) + 5 * row->n;
	int fd = openat(l->dir, row->path, O_RDONLY | O_CLOEXEC);
	struct ev_ids ids = { fd, row->idt_off, len };
	struct ev_err why = { 0 };
	struct ev_segment s;
	enum ev_code rc;

	if (fd < 0)
		return ev_fail_sys(e, "cannot open %s", row->path);
	g->frames = 0;
	rc = ev_ids_match(&ids, &h, 1, on_hit, g, &why);
	if (rc != EV_OK || g->frames == 0) {
		close(fd);
	} else if ((rc = ev_segment_take(&s, fd, row->path, e)) == EV_OK) {
		rc = get_from_segment(g, &s, &why);
		ev_segment_close(&s);
	}
	return why.code == EV_OK ? rc : ev_fail(e, rc, "%s: %s", row->path, why.text);
}

enum ev_code
ev_lake_get(struct ev_lake *l, struct ev_slice id, struct ev_buf *out, struct ev_err *e)
{
	struct ev_seg_filter f = { .state = EV_LIVE };
	struct get *g = calloc(1, sizeof(*g));
	uint64_t h = ev_xxh3(id.p, id.n);
	struct ev_segs segs = { 0 };
	bool found;
	enum ev_code rc;

	if (g == NULL)
		return ev_fail_mem(e);
	*g = (struct get){ .id = id, .out = out, .u = EV_UNPACKER };
	if ((rc = ev_event_paths(&g->paths, e)) == EV_OK &&
	    (rc = ev_scan_init(&g->scan, &g->paths, false, NULL, e)) == EV_OK)
		rc = ev_catalog_segs(l->catalog, &f, &segs, e);
	for (size_t i = 0; rc == EV_OK && i < segs.n; i++)
		rc = get_one(g, l, &segs.v[i], h, e);
	found = g->found;
	free(segs.v);
	ev_scan_fini(&g->scan);
	ev_paths_fini(&g->paths);
	ev_unpacker_fini(&g->u);
	free(g);
	return rc == EV_OK && !found ? EV_NO : rc;
}
