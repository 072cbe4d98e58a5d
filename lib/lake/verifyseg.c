/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lake/batch.h"
#include "lake/bucket.h"
#include "lake/grow.h"
#include "lake/rollup.h"
#include "lake/segment.h"
#include "lake/verify.h"

struct check {
	struct ev_verifier *v;
	const struct ev_seg *row;
	struct ev_segment s;
	struct ev_unpacker u;
	struct ev_paths paths;
	struct ev_scan scan;
	struct ev_buf id_text, name, section;
	uint32_t *by_name;   /* numbers of the index's types, sorted by name */
	uint32_t *count;     /* of the types, in the frame at hand */
	struct ev_id_at *id; /* of all events */
	size_t ids, id_cap;
	struct ev_rolls rolls;
};

static void
wrong(struct check *c, const char *what)
{
	ev_verify_report(c->v, c->row->path, "%s", what);
}

/* The seek table says again what BLKT says. */
static enum ev_code
check_seek(struct check *c, struct ev_err *e)
{
	const struct ev_index *ix = &c->s.index;
	uint64_t size = c->s.size - c->s.evix.off - c->s.evix.len;
	struct ev_frame *f = calloc(EV_FRAMES + 1, sizeof(*f));
	struct ev_evix map;
	size_t frames = 0, i;
	enum ev_code rc = f != NULL ? EV_OK : ev_fail_mem(e);

	ev_buf_clear(&c->section);
	if (rc == EV_OK && (rc = ev_buf_reserve(&c->section, (size_t)size, e)) == EV_OK &&
	    (rc = ev_pread_all(c->s.fd, c->section.p, (size_t)size, c->s.size - size, e)) ==
		EV_OK) {
		c->section.n = (size_t)size;
		rc = ev_seek_read(ev_buf_view(&c->section), c->s.size, &map, &frames, f, e);
	}
	for (i = 0; rc == EV_OK && i < frames && i < ix->frames; i++)
		if (f[i].clen != ix->frame[i].clen || f[i].rlen != ix->frame[i].rlen)
			break;
	if (rc == EV_OK && (i < frames || i < ix->frames))
		wrong(c, "the seek table and the index differ");
	free(f);
	return rc;
}

/* What the catalog and META say of the segment as a whole, against its footer. */
static enum ev_code
check_row(struct check *c, struct ev_err *e)
{
	const struct ev_index *ix = &c->s.index;
	const struct ev_seg *row = c->row;
	uint64_t n = 0, rbytes = 0;
	int64_t ts0 = INT64_MAX, ts1 = INT64_MIN;
	struct ev_meta m;
	enum ev_code rc;

	for (size_t i = 0; i < ix->frames; i++) {
		n += ix->frame[i].n;
		rbytes += ix->frame[i].rlen;
		ts0 = ix->frame[i].ts0 < ts0 ? ix->frame[i].ts0 : ts0;
		ts1 = ix->frame[i].ts1 > ts1 ? ix->frame[i].ts1 : ts1;
	}
	if ((rc = ev_meta_read(ev_buf_view(&c->s.bytes[EV_META]), &m, e)) != EV_OK)
		return rc;
	if (m.n != n || m.ts0 != ts0 || m.ts1 != ts1)
		wrong(c, "META and the index differ");
	if (strcmp(m.ulid, row->ulid) != 0)
		wrong(c, "META has another ULID than the catalog");
	if (row->n != n || row->ts0 != ts0 || row->ts1 != ts1 || row->rbytes != rbytes ||
	    row->cbytes != c->s.size || row->evix_off != c->s.evix.off ||
	    row->idt_off != c->s.evix.section[EV_IDTB].off || row->idt_bits != ev_ids_bits(n))
		wrong(c, "the row of the catalog and the index differ");
	return EV_OK;
}

/* The folder is the bucket of the least and the greatest time, the file's name the ULID. */
static void
check_place(struct check *c)
{
	const struct ev_seg *row = c->row;
	bool hour = c->v->lake.hour;
	int64_t bucket = ev_bucket_of(row->ts0, hour);
	char folder[EV_BUCKET_NAME], want[sizeof(row->path) + EV_BUCKET_NAME];

	ev_bucket_name(folder, bucket, hour);
	snprintf(want, sizeof(want), "data/%s/%s.ndjson.zst", folder, row->ulid);
	for (char *p = strrchr(want, '/'); *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strcmp(want, row->path) != 0 || bucket != ev_bucket_of(row->ts1, hour) ||
	    strncmp(row->dt, folder + 3, 10) != 0 || row->dt[10] != '\0')
		wrong(c, "its times do not belong to its folder, or its name is not its ULID");
}

static int
compare_names(const void *a, const void *b, void *arg)
{
	const struct ev_slice *name = arg, *x = &name[*(const uint32_t *)a],
			      *y = &name[*(const uint32_t *)b];
	size_t n = x->n < y->n ? x->n : y->n;
	int r = n > 0 ? memcmp(x->p, y->p, n) : 0;

	return r != 0 ? r : (x->n > y->n) - (x->n < y->n);
}

/* The number of a type; ix->types when the index does not know it. */
static size_t
find_type(const struct check *c, struct ev_slice name)
{
	const struct ev_index *ix = &c->s.index;
	size_t lo = 0, hi = ix->types;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct ev_slice pair[2] = { ix->type[c->by_name[mid]], name };
		int r = compare_names(&(uint32_t){ 0 }, &(uint32_t){ 1 }, pair);

		if (r == 0)
			return c->by_name[mid];
		if (r < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return ix->types;
}

static enum ev_code
add_id(struct check *c, uint64_t h, size_t frame, struct ev_err *e)
{
	if (c->ids == c->id_cap) {
		struct ev_id_at *v = ev_grow(c->id, &c->id_cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		c->id = v;
	}
	c->id[c->ids++] = (struct ev_id_at){ h, (uint32_t)frame };
	return EV_OK;
}

static enum ev_code
check_line(struct check *c, size_t k, struct ev_slice line, uint64_t *unknown, struct ev_err *e)
{
	const struct ev_frame *f = &c->s.index.frame[k];
	struct ev_batch_line l = { .line = line };
	size_t type;
	enum ev_code rc;

	if ((rc = ev_batch_read(&l, c->scan.val, &c->id_text, &c->name, e)) != EV_OK ||
	    (rc = add_id(c, l.h, k, e)) != EV_OK)
		return rc;
	type = find_type(c, l.type);
	if (type == c->s.index.types || l.ms < f->ts0 || l.ms > f->ts1) {
		++*unknown;
		return EV_OK;
	}
	c->count[type]++;
	return ev_rolls_add(&c->rolls, ev_hour_of(l.ms), (uint32_t)type, e);
}

/* Decodes a frame and counts again. */
static enum ev_code
check_frame(struct check *c, size_t k, struct ev_err *e)
{
	const struct ev_index *ix = &c->s.index;
	unsigned long blank;
	uint64_t unknown = 0, n = 0;
	struct ev_slice raw, line;
	size_t i;
	enum ev_code rc;

	if ((rc = ev_frame_read(&c->u, c->s.fd, &ix->frame[k], &raw, e)) != EV_OK ||
	    (rc = ev_scan_block(&c->scan, raw, e)) != EV_OK)
		return rc;
	memset(c->count, 0, (ix->types + 1) * sizeof(*c->count));
	while ((rc = ev_scan_line(&c->scan, &line, &blank, e)) == EV_OK) {
		n++;
		if ((rc = check_line(c, k, line, &unknown, e)) != EV_OK)
			return rc;
	}
	if (rc != EV_NO)
		return rc;
	for (i = ix->first[k]; i < ix->first[k + 1]; i++)
		if (c->count[ix->tally[i].type] != ix->tally[i].n)
			break;
	if (unknown > 0 || n != ix->frame[k].n || i < ix->first[k + 1])
		ev_verify_report(
		    c->v, c->row->path, "frame %zu: its events and the index differ", k);
	c->v->seen->events += n;
	c->v->seen->bytes += raw.n;
	return EV_OK;
}

static int
by_hash(const void *a, const void *b)
{
	const struct ev_id_at *x = a, *y = b;

	if (x->h != y->h)
		return x->h < y->h ? -1 : 1;
	return (x->frame > y->frame) - (x->frame < y->frame);
}

/* The id table is what it would be if it were made again. */
static enum ev_code
check_ids(struct check *c, bool decoded, struct ev_err *e)
{
	struct ev_buf again = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc = ev_segment_section(&c->s, EV_IDTB, &c->section, e);

	if (rc != EV_OK || !decoded)
		return rc;
	if (c->ids > 0)
		qsort(c->id, c->ids, sizeof(*c->id), by_hash);
	rc = ev_ids_write(c->id, c->ids, &again, e);
	if (rc == EV_OK && !ev_slice_eq(ev_buf_view(&again), ev_buf_view(&c->section)))
		wrong(c, "the id table is not that of its events");
	ev_buf_fini(&again);
	return rc;
}

/* Each frame, damaged ones reported one by one. *sound: none was. */
static enum ev_code
check_frames(struct check *c, bool decode, bool *sound, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	*sound = true;
	for (size_t k = 0; rc == EV_OK && k < c->s.index.frames; k++) {
		struct ev_err why = { 0 };
		struct ev_slice packed;

		rc = decode ? check_frame(c, k, &why)
			    : ev_frame_packed(&c->u, c->s.fd, &c->s.index.frame[k], &packed, &why);
		c->v->seen->frames++;
		*sound = *sound && rc == EV_OK;
		rc = ev_verify_failed(c->v, c->row->path, rc, &why, e);
	}
	return rc;
}

static enum ev_code
prepare(struct check *c, struct ev_err *e)
{
	const struct ev_index *ix = &c->s.index;
	enum ev_code rc;

	c->by_name = calloc(ix->types + 1, sizeof(*c->by_name));
	c->count = calloc(ix->types + 1, sizeof(*c->count));
	if (c->by_name == NULL || c->count == NULL)
		return ev_fail_mem(e);
	for (size_t i = 0; i < ix->types; i++)
		c->by_name[i] = (uint32_t)i;
	if (ix->types > 1)
		qsort_r(c->by_name, ix->types, sizeof(*c->by_name), compare_names, ix->type);
	if ((rc = ev_event_paths(&c->paths, e)) != EV_OK)
		return rc;
	return ev_scan_init(&c->scan, &c->paths, false, NULL, e);
}

static enum ev_code
check_catalog(struct check *c, bool decoded, struct ev_err *e)
{
	struct ev_catalog *cat = c->v->lake.catalog;
	size_t bad;
	enum ev_code rc = ev_catalog_same_blocks(cat, c->row->seg, &c->s.index, &bad, e);

	if (rc == EV_NO)
		ev_verify_report(c->v, c->row->path,
		    "frame %zu: its row in the catalog and the index differ", bad);
	else if (rc != EV_OK)
		return rc;
	if (!decoded)
		return EV_OK;
	rc = ev_catalog_same_rollups(cat, c->row->seg, &c->s.index, c->rolls.v, c->rolls.n, e);
	if (rc == EV_NO)
		wrong(c, "its roll-ups in the catalog differ from its events");
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
check_all(struct check *c, struct ev_err *e)
{
	bool decode = (c->v->args->how & EV_VERIFY_QUICK) == 0, sound;
	enum ev_code rc;

	if ((rc = prepare(c, e)) != EV_OK || (rc = check_seek(c, e)) != EV_OK ||
	    (rc = check_row(c, e)) != EV_OK)
		return rc;
	check_place(c);
	if ((rc = check_frames(c, decode, &sound, e)) != EV_OK)
		return rc;
	if ((rc = check_ids(c, decode && sound, e)) != EV_OK)
		return rc;
	return check_catalog(c, decode && sound, e);
}

enum ev_code
ev_verify_segment(struct ev_verifier *v, const struct ev_seg *row, struct ev_err *e)
{
	struct check c = { .v = v, .row = row, .u = EV_UNPACKER };
	struct ev_err why = { 0 };
	struct ev_sums sums;
	enum ev_code rc;

	c.id_text = c.name = c.section = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	if ((rc = ev_segment_open(&c.s, v->lake.dir, row->path, &why)) == EV_OK) {
		v->seen->segments++;
		if ((v->args->how & EV_VERIFY_QUICK) == 0 &&
		    (rc = ev_file_sums(c.s.fd, false, &sums, &why)) == EV_OK &&
		    sums.xxh3 != row->file_xxh)
			wrong(&c, "the hash of the file is not that in the catalog");
		if (rc == EV_OK)
			rc = check_all(&c, &why);
		ev_segment_close(&c.s);
	}
	ev_scan_fini(&c.scan);
	ev_paths_fini(&c.paths);
	ev_unpacker_fini(&c.u);
	ev_buf_fini(&c.id_text);
	ev_buf_fini(&c.name);
	ev_buf_fini(&c.section);
	ev_rolls_fini(&c.rolls);
	free(c.by_name);
	free(c.count);
	free(c.id);
	return ev_verify_failed(v, row->path, rc, &why, e);
}
