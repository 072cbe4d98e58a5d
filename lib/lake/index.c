/* SPDX-License-Identifier: MIT */
#include "lake/index.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/bytes.h"

enum {
	EVIX_MAGIC = 0x184D2A5D,
	SEEK_MAGIC = 0x184D2A5E,
	BLKT_ROW = 44,
	HEADER = 16, /* EVLKIX01, version, sections: at the front of the payload */
	SECTION = 28,
	MAX_SECTIONS = 16
};
#define SEEK_FOOT 0x8F92EAB1u
#define NAME "EVLKIX01"

static const char tags[EV_SECTIONS][5] = { "BLKT", "TYPE", "IDTB", "META" };

static enum ev_code
write_blkt(const struct ev_index *ix, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; rc == EV_OK && i < ix->frames; i++) {
		const struct ev_frame *f = &ix->frame[i];
		unsigned char p[BLKT_ROW];

		ev_le_put(p, f->off, 8);
		ev_le_put(p + 8, f->clen, 4);
		ev_le_put(p + 12, f->rlen, 4);
		ev_le_put(p + 16, f->n, 4);
		ev_le_put(p + 20, (uint64_t)f->ts0, 8);
		ev_le_put(p + 28, (uint64_t)f->ts1, 8);
		ev_le_put(p + 36, f->xxh3, 8);
		rc = ev_buf_add(out, p, sizeof(p), e);
	}
	return rc;
}

static enum ev_code
write_types(const struct ev_index *ix, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = ev_varint_add(out, ix->types, e);
	size_t i, k;

	for (i = 0; rc == EV_OK && i < ix->types; i++)
		if ((rc = ev_varint_add(out, ix->type[i].n, e)) == EV_OK)
			rc = ev_buf_adds(out, ix->type[i], e);
	for (i = 0; rc == EV_OK && i < ix->frames; i++) {
		rc = ev_varint_add(out, ix->first[i + 1] - ix->first[i], e);
		for (k = ix->first[i]; rc == EV_OK && k < ix->first[i + 1]; k++)
			if ((rc = ev_varint_add(out, ix->tally[k].type, e)) == EV_OK)
				rc = ev_varint_add(out, ix->tally[k].n, e);
	}
	return rc;
}

static enum ev_code
write_seek(const struct ev_index *ix, uint64_t evix_len, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	if ((rc = ev_le_add(out, SEEK_MAGIC, 4, e)) != EV_OK ||
	    (rc = ev_le_add(out, 8 * (ix->frames + 1) + EV_SEEK_END, 4, e)) != EV_OK)
		return rc;
	for (i = 0; i < ix->frames; i++)
		if ((rc = ev_le_add(out, ix->frame[i].clen, 4, e)) != EV_OK ||
		    (rc = ev_le_add(out, ix->frame[i].rlen, 4, e)) != EV_OK)
			return rc;
	if ((rc = ev_le_add(out, evix_len, 4, e)) != EV_OK ||
	    (rc = ev_le_add(out, 0, 4, e)) != EV_OK ||
	    (rc = ev_le_add(out, ix->frames + 1, 4, e)) != EV_OK ||
	    (rc = ev_buf_addc(out, 0, e)) != EV_OK)
		return rc;
	return ev_le_add(out, SEEK_FOOT, 4, e);
}

/* The directory of sections and the lengths, once the sections stand behind them. */
static void
fill_head(char *evix, struct ev_evix *map)
{
	unsigned char *p = (unsigned char *)evix;
	int i;

	ev_le_put(p, EVIX_MAGIC, 4);
	ev_le_put(p + 4, map->len - 8, 4);
	memcpy(p + 8, NAME, 8);
	ev_le_put(p + 16, 1, 4);
	ev_le_put(p + 20, EV_SECTIONS, 4);
	for (p += 24, i = 0; i < EV_SECTIONS; i++, p += SECTION) {
		struct ev_section *s = &map->section[i];

		s->xxh3 = ev_xxh3(evix + (s->off - map->off), (size_t)s->len);
		memcpy(p, tags[i], 4);
		ev_le_put(p + 4, s->off - map->off - 8, 8);
		ev_le_put(p + 12, s->len, 8);
		ev_le_put(p + 20, s->xxh3, 8);
	}
}

enum ev_code
ev_index_write(const struct ev_index *ix, struct ev_slice ids, struct ev_slice meta,
    struct ev_buf *out, struct ev_evix *map, struct ev_err *e)
{
	const struct ev_frame *last = ix->frames > 0 ? &ix->frame[ix->frames - 1] : NULL;
	size_t at = out->n, head = 8 + HEADER + EV_SECTIONS * SECTION, from;
	enum ev_code rc;
	int i;

	*map = (struct ev_evix){ .off = last != NULL ? last->off + last->clen : 0 };
	if ((rc = ev_buf_reserve(out, head, e)) != EV_OK)
		return rc;
	memset(out->p + at, 0, head);
	out->n += head;
	for (i = 0; i < EV_SECTIONS; i++) {
		from = out->n;
		rc = i == EV_BLKT          ? write_blkt(ix, out, e)
		    : i == EV_TYPE_SECTION ? write_types(ix, out, e)
					   : ev_buf_adds(out, i == EV_IDTB ? ids : meta, e);
		if (rc != EV_OK)
			return rc;
		map->section[i].off = map->off + (from - at);
		map->section[i].len = out->n - from;
	}
	map->len = out->n - at;
	if (map->len > UINT32_MAX)
		return ev_fail(e, EV_SYS, "an index of %llu bytes does not fit into a segment",
		    (unsigned long long)map->len);
	fill_head(out->p + at, map);
	return write_seek(ix, map->len, out, e);
}

static enum ev_code
bad_seek(struct ev_err *e, const char *what)
{
	return ev_fail(e, EV_SYS, "the seek table is damaged: %s", what);
}

enum ev_code
ev_seek_size(const char end[EV_SEEK_END], uint64_t *size, struct ev_err *e)
{
	uint64_t entries = ev_le_get(end, 4);

	if (ev_le_get(end + 5, 4) != SEEK_FOOT)
		return bad_seek(e, "the file does not end with its mark");
	if (end[4] != 0)
		return bad_seek(e, "its descriptor is not 0");
	if (entries < 1 || entries > EV_FRAMES + 1)
		return bad_seek(e, "its number of frames cannot be");
	*size = 8 + 8 * entries + EV_SEEK_END;
	return EV_OK;
}

enum ev_code
ev_seek_read(struct ev_slice t, uint64_t size, struct ev_evix *map, size_t *frames,
    struct ev_frame *out, struct ev_err *e)
{
	size_t entries = (t.n - 8 - EV_SEEK_END) / 8, i;
	uint64_t off = 0;

	if (ev_le_get(t.p, 4) != SEEK_MAGIC || ev_le_get(t.p + 4, 4) != t.n - 8)
		return bad_seek(e, "its header differs");
	for (i = 0; i + 1 < entries; i++) {
		if (out != NULL) {
			out[i].clen = (uint32_t)ev_le_get(t.p + 8 + 8 * i, 4);
			out[i].rlen = (uint32_t)ev_le_get(t.p + 12 + 8 * i, 4);
		}
		off += ev_le_get(t.p + 8 + 8 * i, 4);
	}
	map->off = off;
	map->len = ev_le_get(t.p + 8 + 8 * i, 4);
	*frames = i;
	if (ev_le_get(t.p + 12 + 8 * i, 4) != 0)
		return bad_seek(e, "its entry for the index has raw bytes");
	if (map->off + map->len + t.n != size)
		return bad_seek(e, "its lengths do not add up to the file");
	return EV_OK;
}

static enum ev_code
bad_evix(struct ev_err *e, const char *what)
{
	return ev_fail(e, EV_SYS, "the index is damaged: %s", what);
}

static int
section_no(const char *tag)
{
	int i;

	for (i = 0; i < EV_SECTIONS && memcmp(tag, tags[i], 4) != 0; i++)
		;
	return i;
}

enum ev_code
ev_evix_read(struct ev_slice head, struct ev_evix *map, struct ev_err *e)
{
	uint64_t sections, i, end = 8 + HEADER;
	const char *p = head.p;
	int k;

	memset(map->section, 0, sizeof(map->section));
	if (head.n < 8 + HEADER || ev_le_get(p, 4) != EVIX_MAGIC ||
	    ev_le_get(p + 4, 4) != map->len - 8 || memcmp(p + 8, NAME, 8) != 0)
		return bad_evix(e, "its header differs");
	if (ev_le_get(p + 16, 4) > 1)
		return ev_fail(e, EV_USAGE, "an index of version %u; this evhub reads version 1",
		    (unsigned)ev_le_get(p + 16, 4));
	sections = ev_le_get(p + 20, 4);
	if (ev_le_get(p + 16, 4) != 1 || sections > MAX_SECTIONS ||
	    head.n < 8 + HEADER + sections * SECTION)
		return bad_evix(e, "its version or number of sections cannot be");
	end += sections * SECTION;
	for (i = 0, p += 24; i < sections; i++, p += SECTION) {
		struct ev_section s = { map->off + 8 + ev_le_get(p + 4, 8), ev_le_get(p + 12, 8),
			ev_le_get(p + 20, 8) };

		/* without gaps: every byte of the index is under some hash */
		if (s.off != map->off + end || s.len > map->len - end)
			return bad_evix(e, "a section is not where it should be");
		end += s.len;
		k = section_no(p);
		if (k < EV_SECTIONS && map->section[k].off != 0)
			return bad_evix(e, "a section stands twice");
		if (k < EV_SECTIONS)
			map->section[k] = s;
	}
	if (end != map->len)
		return bad_evix(e, "its sections do not fill it");
	for (k = 0; k < EV_SECTIONS; k++)
		if (map->section[k].off == 0)
			return ev_fail(
			    e, EV_SYS, "the index is damaged: it has no section %s", tags[k]);
	return EV_OK;
}

enum ev_code
ev_blkt_read(struct ev_slice blkt, const struct ev_evix *map, struct ev_index *ix, struct ev_err *e)
{
	size_t frames = blkt.n / BLKT_ROW, i;
	uint64_t off = 0;

	if (blkt.n % BLKT_ROW != 0 || frames > EV_FRAMES)
		return bad_evix(e, "the length of BLKT cannot be");
	ix->frame = calloc(frames + 1, sizeof(*ix->frame));
	if (ix->frame == NULL)
		return ev_fail_mem(e);
	ix->frames = frames;
	for (i = 0; i < frames; i++) {
		const char *p = blkt.p + i * BLKT_ROW;

		ix->frame[i] = (struct ev_frame){
			.off = ev_le_get(p, 8),
			.clen = (uint32_t)ev_le_get(p + 8, 4),
			.rlen = (uint32_t)ev_le_get(p + 12, 4),
			.n = (uint32_t)ev_le_get(p + 16, 4),
			.ts0 = (int64_t)ev_le_get(p + 20, 8),
			.ts1 = (int64_t)ev_le_get(p + 28, 8),
			.xxh3 = ev_le_get(p + 36, 8),
		};
		if (ix->frame[i].off != off)
			return bad_evix(e, "its frames leave gaps");
		off += ix->frame[i].clen;
	}
	return off == map->off ? EV_OK : bad_evix(e, "its frames do not end where it begins");
}

static enum ev_code
read_names(struct ev_slice *s, struct ev_index *ix, struct ev_err *e)
{
	uint32_t n, len, i;

	if (!ev_varint_take(s, &n) || n > s->n)
		return bad_evix(e, "TYPE has no names");
	ix->type = calloc((size_t)n + 1, sizeof(*ix->type));
	if (ix->type == NULL)
		return ev_fail_mem(e);
	ix->types = n;
	for (i = 0; i < n; i++) {
		if (!ev_varint_take(s, &len) || len > s->n)
			return bad_evix(e, "a name in TYPE has no end");
		ix->type[i] = (struct ev_slice){ s->p, len };
		s->p += len;
		s->n -= len;
	}
	return EV_OK;
}

static enum ev_code
read_tallies(struct ev_slice *s, struct ev_index *ix, size_t frame, struct ev_err *e)
{
	uint32_t pairs, i, at = ix->first[frame];
	uint64_t sum = 0;

	if (!ev_varint_take(s, &pairs) || pairs > s->n / 2)
		return bad_evix(e, "TYPE lacks a frame");
	for (i = 0; i < pairs; i++) {
		struct ev_type_n *t = &ix->tally[at + i];

		if (!ev_varint_take(s, &t->type) || !ev_varint_take(s, &t->n) ||
		    t->type >= ix->types || (i > 0 && t->type <= t[-1].type))
			return bad_evix(e, "a type count in TYPE cannot be");
		sum += t->n;
	}
	if (sum != ix->frame[frame].n)
		return bad_evix(e, "the counts of TYPE and BLKT differ");
	ix->first[frame + 1] = at + pairs;
	return EV_OK;
}

enum ev_code
ev_type_read(struct ev_slice s, struct ev_index *ix, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	if ((rc = read_names(&s, ix, e)) != EV_OK)
		return rc;
	/* a pair takes two bytes at least, so what is left bounds their number */
	ix->tally = calloc(s.n / 2 + 1, sizeof(*ix->tally));
	ix->first = calloc(ix->frames + 1, sizeof(*ix->first));
	if (ix->tally == NULL || ix->first == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < ix->frames; i++)
		if ((rc = read_tallies(&s, ix, i, e)) != EV_OK)
			return rc;
	return s.n == 0 ? EV_OK : bad_evix(e, "TYPE has bytes behind its end");
}

void
ev_index_fini(struct ev_index *ix)
{
	free(ix->frame);
	free(ix->type);
	free(ix->tally);
	free(ix->first);
	*ix = (struct ev_index){ 0 };
}
