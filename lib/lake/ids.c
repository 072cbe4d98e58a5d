/* SPDX-License-Identifier: MIT */
#include "lake/ids.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "lake/frame.h"

enum { ENTRY = 5, PER_BUCKET = 32, FRAME_BITS = 12, MAX_BITS = 27 };

unsigned
ev_ids_bits(uint64_t n)
{
	unsigned b = 1; /* never 0: a hash shifted by 64 has no value */

	while (n >> b > PER_BUCKET)
		b++;
	return b;
}

static uint64_t
fingerprint(uint64_t h, unsigned bits)
{
	return (h << bits) >> 36;
}

enum ev_code
ev_ids_write(const struct ev_id_at *id, size_t n, struct ev_buf *out, struct ev_err *e)
{
	unsigned bits = ev_ids_bits(n);
	size_t i, k = 0, slots = (size_t)1 << bits;
	unsigned char *p;
	enum ev_code rc;

	if ((rc = ev_buf_reserve(out, 1 + 4 * (slots + 1) + ENTRY * n, e)) != EV_OK)
		return rc;
	p = (unsigned char *)out->p + out->n;
	*p++ = (unsigned char)bits;
	for (i = 0; i <= slots; i++, p += 4) {
		while (k < n && id[k].h >> (64 - bits) < i)
			k++;
		ev_le_put(p, k, 4);
	}
	for (i = 0; i < n; i++, p += ENTRY)
		ev_le_put(p, fingerprint(id[i].h, bits) << FRAME_BITS | id[i].frame, ENTRY);
	out->n = (size_t)(p - (unsigned char *)out->p);
	return EV_OK;
}

/* The table while it is looked into: read at once, or piece by piece. */
struct view {
	const struct ev_ids *t;
	struct ev_buf all, piece;
	unsigned bits;
	uint64_t entries; /* where they begin in the section */
	uint64_t n;
};

static enum ev_code
look(struct view *v, uint64_t off, size_t n, const char **p, struct ev_err *e)
{
	enum ev_code rc;

	if (off + n > v->t->len)
		return ev_fail(e, EV_SYS,
		    "the id table is damaged: it ends at byte %llu, %llu is wanted",
		    (unsigned long long)v->t->len, (unsigned long long)(off + n));
	if (v->all.n > 0) {
		*p = v->all.p + off;
		return EV_OK;
	}
	ev_buf_clear(&v->piece);
	if ((rc = ev_buf_reserve(&v->piece, n, e)) != EV_OK ||
	    (rc = ev_pread_all(v->t->fd, v->piece.p, n, v->t->off + off, e)) != EV_OK)
		return rc;
	*p = v->piece.p;
	return EV_OK;
}

static enum ev_code
begin(struct view *v, size_t wanted, struct ev_err *e)
{
	const struct ev_ids *t = v->t;
	enum ev_code rc;
	const char *p;

	if ((rc = look(v, 0, 1, &p, e)) != EV_OK)
		return rc;
	v->bits = (unsigned char)*p;
	if (v->bits < 1 || v->bits > MAX_BITS)
		return ev_fail(
		    e, EV_SYS, "the id table is damaged: a directory of %u bits", v->bits);
	v->entries = 1 + 4 * (((uint64_t)1 << v->bits) + 1);
	if ((rc = look(v, v->entries - 4, 4, &p, e)) != EV_OK)
		return rc;
	v->n = ev_le_get(p, 4);
	if (v->entries + ENTRY * v->n != t->len)
		return ev_fail(e, EV_SYS,
		    "the id table is damaged: %llu ids do not take %llu bytes",
		    (unsigned long long)v->n, (unsigned long long)t->len);
	if (wanted < v->n / 64) /* two small reads per id cost less than all of it */
		return EV_OK;
	if ((rc = ev_buf_reserve(&v->all, (size_t)t->len, e)) != EV_OK ||
	    (rc = ev_pread_all(t->fd, v->all.p, (size_t)t->len, t->off, e)) != EV_OK)
		return rc;
	v->all.n = (size_t)t->len;
	return EV_OK;
}

static enum ev_code
match_one(struct view *v, size_t i, uint64_t h,
    enum ev_code (*hit)(void *arg, size_t i, uint32_t frame, struct ev_err *e), void *arg,
    struct ev_err *e)
{
	uint64_t fp = fingerprint(h, v->bits), lo, hi, k, entry;
	enum ev_code rc;
	const char *p;

	if ((rc = look(v, 1 + 4 * (h >> (64 - v->bits)), 8, &p, e)) != EV_OK)
		return rc;
	lo = ev_le_get(p, 4);
	hi = ev_le_get(p + 4, 4);
	if (lo > hi || hi > v->n)
		return ev_fail(e, EV_SYS, "the id table is damaged: its directory does not ascend");
	if (lo == hi)
		return EV_OK;
	if ((rc = look(v, v->entries + ENTRY * lo, (size_t)(ENTRY * (hi - lo)), &p, e)) != EV_OK)
		return rc;
	for (k = lo; k < hi; k++, p += ENTRY) {
		entry = ev_le_get(p, ENTRY);
		if (entry >> FRAME_BITS > fp)
			break;
		if (entry >> FRAME_BITS == fp &&
		    (rc = hit(arg, i, (uint32_t)(entry & ((1u << FRAME_BITS) - 1)), e)) != EV_OK)
			return rc;
	}
	return EV_OK;
}

enum ev_code
ev_ids_match(const struct ev_ids *t, const uint64_t *h, size_t n,
    enum ev_code (*hit)(void *arg, size_t i, uint32_t frame, struct ev_err *e), void *arg,
    struct ev_err *e)
{
	struct view v = { .t = t, .all = EV_BUF(SIZE_MAX), .piece = EV_BUF(SIZE_MAX) };
	enum ev_code rc = begin(&v, n, e);
	size_t i;

	for (i = 0; rc == EV_OK && i < n; i++)
		rc = match_one(&v, i, h[i], hit, arg, e);
	ev_buf_fini(&v.all);
	ev_buf_fini(&v.piece);
	return rc;
}
