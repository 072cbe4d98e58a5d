/* SPDX-License-Identifier: MIT */
#include "lake/batch.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/time.h"
#include "lake/bucket.h"
#include "lake/grow.h"
#include "json/num.h"
#include "json/str.h"

enum { SLOTS = 4 * EV_BATCH_TYPES };

void
ev_batch_init(struct ev_batch *b, struct ev_lake *l)
{
	*b = (struct ev_batch){
		.lake = l,
		.names = EV_BUF(
		    EV_BATCH_NAMES + (64 << 20)), /* the last name may be as long as a line */
		.packer = EV_PACKER,
	};
}

void
ev_part_fini(struct ev_part *p)
{
	ev_buf_fini(&p->open);
	free(p->frame);
	p->index.frame = NULL; /* the same */
	ev_index_fini(&p->index);
	free(p->roll);
	p->frame = NULL;
	p->roll = NULL;
}

void
ev_batch_fini(struct ev_batch *b)
{
	char path[EV_TMP_PATH];
	size_t i;

	for (i = 0; i < b->parts; i++) {
		struct ev_part *p = &b->part[i];

		/* what the catalog may know is for recovery to finish */
		if (p->file[0] != '\0' && !(b->tried && p->sealed)) {
			ev_tmp_path(path, p->file);
			(void)unlinkat(b->lake->dir, path, 0);
		}
		ev_part_fini(p);
	}
	free(b->part);
	free(b->entry);
	free(b->type);
	free(b->slot);
	free(b->name);
	free(b->by_hash);
	free(b->part_hash);
	free(b->part_order);
	free(b->start);
	ev_buf_fini(&b->names);
	ev_packer_fini(&b->packer);
	ev_batch_init(b, b->lake);
}

enum ev_code
ev_batch_new_part(struct ev_batch *b, int64_t bucket, struct ev_err *e)
{
	struct ev_part *v;

	if (b->parts > UINT16_MAX)
		return ev_fail(e, EV_SYS, "more than %d segments at once", UINT16_MAX);
	if (b->parts == b->part_cap) {
		v = ev_grow(b->part, &b->part_cap, sizeof(*v), e);
		if (v == NULL)
			return EV_SYS;
		b->part = v;
	}
	b->part[b->parts++] = (struct ev_part){ .bucket = bucket, .open = EV_BUF(SIZE_MAX / 2) };
	return EV_OK;
}

/* The part of a bucket. Few are open at a time, and most events go where the last one went. */
static enum ev_code
find_part(struct ev_batch *b, int64_t bucket, size_t *k, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	if (b->parts > 0 && b->part[b->last].bucket == bucket) {
		*k = b->last;
		return EV_OK;
	}
	for (i = 0; i < b->parts && b->part[i].bucket != bucket; i++)
		;
	if (i == b->parts && (rc = ev_batch_new_part(b, bucket, e)) != EV_OK)
		return rc;
	*k = b->last = i;
	return EV_OK;
}

static struct ev_slice
type_name(const struct ev_batch *b, size_t i)
{
	return (struct ev_slice){ b->names.p + b->type[i].off, b->type[i].n };
}

static enum ev_code
new_type(struct ev_batch *b, struct ev_slice name, uint64_t hash, uint32_t slot, struct ev_err *e)
{
	enum ev_code rc;

	if (b->types > 2 * (size_t)EV_BATCH_TYPES)
		return ev_fail(e, EV_SYS, "more than %d types at once", 2 * EV_BATCH_TYPES);
	b->type[b->types] = (struct ev_type_name){ b->names.n, name.n, hash };
	if ((rc = ev_buf_adds(&b->names, name, e)) != EV_OK)
		return rc;
	b->slot[slot] = (uint32_t)++b->types;
	if (b->types >= EV_BATCH_TYPES || b->names.n >= EV_BATCH_NAMES)
		b->full = true;
	return EV_OK;
}

static enum ev_code
find_type(struct ev_batch *b, struct ev_slice name, uint32_t *number, struct ev_err *e)
{
	uint64_t hash;
	uint32_t slot;
	enum ev_code rc;

	if (b->types > 0 && ev_slice_eq(type_name(b, b->last_type), name)) {
		*number = (uint32_t)b->last_type;
		return EV_OK;
	}
	if (b->slot == NULL) {
		b->slot = calloc(SLOTS, sizeof(*b->slot));
		b->type = calloc(2 * (size_t)EV_BATCH_TYPES + 1, sizeof(*b->type));
		if (b->slot == NULL || b->type == NULL)
			return ev_fail_mem(e);
	}
	hash = ev_xxh3(name.p, name.n);
	for (slot = (uint32_t)hash % SLOTS; b->slot[slot] != 0; slot = (slot + 1) % SLOTS) {
		size_t i = b->slot[slot] - 1;

		if (b->type[i].hash == hash && ev_slice_eq(type_name(b, i), name)) {
			*number = (uint32_t)(b->last_type = i);
			return EV_OK;
		}
	}
	if ((rc = new_type(b, name, hash, slot, e)) == EV_OK)
		*number = (uint32_t)(b->last_type = b->types - 1);
	return rc;
}

static enum ev_code
find_name(struct ev_batch *b, const char *name, size_t *number, struct ev_err *e)
{
	*number = 0;
	if (name == NULL)
		return EV_OK;
	if (b->name == NULL) {
		b->name = calloc(EV_BATCH_INPUTS + 1, sizeof(*b->name));
		if (b->name == NULL)
			return ev_fail_mem(e);
	}
	if (b->inputs == 0 || b->name[b->inputs] != name)
		b->name[++b->inputs] = name;
	if (b->inputs == EV_BATCH_INPUTS)
		b->full = true;
	*number = b->inputs;
	return EV_OK;
}

enum ev_code
ev_batch_read(struct ev_batch_line *l, const struct ev_val *val, struct ev_buf *id,
    struct ev_buf *type, struct ev_err *e)
{
	struct ev_slice text;
	enum ev_code rc;

	if (val[EV_ID].kind != EV_STRING || val[EV_TYPE].kind != EV_STRING ||
	    val[EV_TIMESTAMP].kind != EV_NUMBER || !ev_num_int(val[EV_TIMESTAMP].raw, &l->ms))
		return ev_fail(e, EV_DATA, "an event without id, type or timestamp");
	if ((rc = ev_str_view(val[EV_ID].raw, id, &text, e)) != EV_OK)
		return rc;
	l->h = ev_xxh3(text.p, text.n);
	return ev_str_view(val[EV_TYPE].raw, type, &l->type, e);
}

enum ev_code
ev_batch_note(
    struct ev_batch *b, size_t part, uint32_t at, const struct ev_batch_line *l, struct ev_err *e)
{
	struct ev_entry *en, *v;
	uint32_t type = 0;
	size_t name;
	enum ev_code rc;

	if (b->n == b->cap) {
		v = ev_grow(b->entry, &b->cap, sizeof(*v), e);
		if (v == NULL)
			return EV_SYS;
		b->entry = v;
	}
	if ((rc = find_type(b, l->type, &type, e)) != EV_OK ||
	    (rc = find_name(b, l->name, &name, e)) != EV_OK)
		return rc;
	if (b->n == 0)
		b->since = ev_mono();
	en = &b->entry[b->n++];
	*en = (struct ev_entry){
		.h = l->h, .ms = l->ms, .at = at, .type = type, .part = (uint16_t)part
	};
	en->line = l->no > UINT32_MAX ? 0 : (uint32_t)l->no;
	en->name = name & 0x3fff;
	if (b->n >= EV_BATCH_EVENTS)
		b->full = true;
	return EV_OK;
}

static enum ev_code
flush_part(struct ev_batch *b, struct ev_part *p, struct ev_err *e)
{
	enum ev_code rc = ev_part_write(b, p, ev_buf_view(&p->open), e);

	ev_buf_clear(&p->open);
	if (p->frames + 1 >=
	    EV_FRAMES) /* the frame that is filled now is the last one there is a number for */
		b->full = true;
	return rc;
}

static void
count_held(struct ev_batch *b, struct ev_part *p)
{
	b->held += p->open.cap - p->counted;
	p->counted = p->open.cap;
}

/* Writes the open frame that was added to longest ago, and frees its memory. */
static enum ev_code
spill(struct ev_batch *b, struct ev_err *e)
{
	struct ev_part *oldest = NULL;
	enum ev_code rc = EV_OK;

	for (size_t i = 0; i < b->parts; i++)
		if (b->part[i].open.cap > 0 &&
		    (oldest == NULL || b->part[i].touched < oldest->touched))
			oldest = &b->part[i];
	if (oldest == NULL)
		return EV_OK;
	if (oldest->open.n > 0)
		rc = flush_part(b, oldest, e);
	ev_buf_fini(&oldest->open);
	count_held(b, oldest);
	return rc;
}

static enum ev_code
add_line(struct ev_batch *b, struct ev_part *p, struct ev_slice line, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = ev_buf_reserve(&p->open, line.n + 1, e)) != EV_OK)
		return rc;
	memcpy(p->open.p + p->open.n, line.p, line.n);
	p->open.n += line.n;
	p->open.p[p->open.n++] = '\n';
	p->raw += line.n + 1;
	b->raw += line.n + 1;
	count_held(b, p);
	return EV_OK;
}

enum ev_code
ev_batch_add(struct ev_batch *b, const struct ev_batch_line *l, struct ev_err *e)
{
	size_t size = l->line.n + 1, k;
	struct ev_part *p;
	enum ev_code rc;

	if ((rc = find_part(b, ev_bucket_of(l->ms, b->lake->hour), &k, e)) != EV_OK)
		return rc;
	p = &b->part[k];
	if (p->open.n > 0 && p->open.n + size > b->lake->frame &&
	    (rc = flush_part(b, p, e)) != EV_OK)
		return rc;
	rc = ev_batch_note(b, k, (uint32_t)p->frames << EV_AT_BITS | (uint32_t)p->open.n, l, e);
	if (rc != EV_OK || (rc = add_line(b, p, l->line, e)) != EV_OK)
		return rc;
	p->touched = b->n;
	if (p->open.n > b->lake->frame) { /* alone in its frame */
		if ((rc = flush_part(b, p, e)) != EV_OK)
			return rc;
		ev_buf_fini(&p->open);
		count_held(b, p);
	}
	while (b->held > EV_BATCH_OPEN)
		if ((rc = spill(b, e)) != EV_OK)
			return rc;
	if (p->raw >= b->lake->segment || b->parts >= EV_BATCH_PARTS)
		b->full = true;
	return EV_OK;
}

enum ev_code
ev_batch_flush(struct ev_batch *b, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (size_t i = 0; rc == EV_OK && i < b->parts; i++) {
		struct ev_part *p = &b->part[i];

		if (p->open.n > 0)
			rc = flush_part(b, p, e);
		ev_buf_fini(&p->open); /* sealing wants the memory */
		count_held(b, p);
	}
	return rc;
}
