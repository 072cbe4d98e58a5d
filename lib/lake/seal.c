/* SPDX-License-Identifier: MIT */
/* Sealing: the steps that make a batch durable and visible, all of it or nothing (evlake(5)). */
#include "lake/seal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "lake/bucket.h"
#include "lake/chain.h"
#include "lake/ids.h"
#include "lake/segment.h"

/* The id table of part k: its hashes are sorted, of equal ones the frames are not. */
static enum ev_code
write_ids(const struct ev_batch *b, size_t k, struct ev_buf *out, struct ev_err *e)
{
	size_t most = b->start[k + 1] - b->start[k], n = 0, i, j;
	struct ev_id_at *id = malloc(most * sizeof(*id) + 1), one;
	enum ev_code rc;

	if (id == NULL)
		return ev_fail_mem(e);
	for (i = b->start[k]; i < b->start[k + 1]; i++) {
		const struct ev_entry *en = &b->entry[b->part_hash[i]];

		if (en->drop)
			continue;
		one = (struct ev_id_at){ en->h, en->at >> EV_AT_BITS };
		for (j = n++; j > 0 && id[j - 1].h == one.h && id[j - 1].frame > one.frame; j--)
			id[j] = id[j - 1];
		id[j] = one;
	}
	rc = ev_ids_write(id, n, out, e);
	free(id);
	return rc;
}

/* Fills the part's row but for the hash of the file. */
static void
fill_row(const struct ev_batch *b, struct ev_part *p)
{
	const struct ev_index *ix = &p->index;
	char folder[EV_BUCKET_NAME];
	struct ev_seg *s = &p->row;
	size_t i;

	*s = (struct ev_seg){ .ts0 = ix->frame[0].ts0, .ts1 = ix->frame[0].ts1, .rbytes = p->raw };
	for (i = 0; i < ix->frames; i++) {
		s->n += ix->frame[i].n;
		s->ts0 = ix->frame[i].ts0 < s->ts0 ? ix->frame[i].ts0 : s->ts0;
		s->ts1 = ix->frame[i].ts1 > s->ts1 ? ix->frame[i].ts1 : s->ts1;
	}
	for (i = 0; p->file[i] != '\0'; i++)
		s->ulid[i] = (char)toupper((unsigned char)p->file[i]);
	ev_bucket_name(folder, p->bucket, b->lake->hour);
	snprintf(s->dt, sizeof(s->dt), "%.10s", folder + 3);
	snprintf(s->path, sizeof(s->path), "data/%s/%s.ndjson.zst", folder, p->file);
}

/* Step 1 of a part: the index behind its frames, fsync. */
static enum ev_code
finish_file(struct ev_batch *b, size_t k, struct ev_buf *ids, struct ev_buf *meta,
    struct ev_buf *footer, struct ev_err *e)
{
	struct ev_part *p = &b->part[k];
	struct ev_meta m;
	struct ev_evix map;
	enum ev_code rc;

	if ((rc = ev_part_index(b, k, e)) != EV_OK)
		return rc;
	fill_row(b, p);
	m = (struct ev_meta){ .ts0 = p->row.ts0, .ts1 = p->row.ts1, .n = p->row.n };
	memcpy(m.ulid, p->row.ulid, sizeof(m.ulid));
	if ((rc = write_ids(b, k, ids, e)) != EV_OK ||
	    (rc = ev_meta_write(&m, EV_LEVEL, meta, e)) != EV_OK ||
	    (rc = ev_index_write(
		 &p->index, ev_buf_view(ids), ev_buf_view(meta), footer, &map, e)) != EV_OK)
		return rc;
	p->row.evix_off = map.off;
	p->row.idt_off = map.section[EV_IDTB].off;
	p->row.idt_bits = ev_ids_bits(p->row.n);
	p->row.cbytes = p->size + footer->n;
	return ev_part_bytes(b, p, ev_buf_view(footer), true, e);
}

static enum ev_code
sum_file(struct ev_batch *b, struct ev_part *p, struct ev_err *e)
{
	struct ev_sums sums;
	enum ev_code rc;
	int fd;

	if ((rc = ev_part_open(b, p, &fd, e)) != EV_OK)
		return rc;
	rc = ev_file_sums(fd, true, &sums, e);
	close(fd);
	if (rc == EV_OK && sums.size != p->row.cbytes)
		rc = ev_fail(e, EV_SYS, "%s has %llu bytes, %llu were written", p->file,
		    (unsigned long long)sums.size, (unsigned long long)p->row.cbytes);
	p->row.file_xxh = sums.xxh3;
	memcpy(p->sha256, sums.sha256, sizeof(p->sha256));
	return rc;
}

static enum ev_code
finish_part(struct ev_batch *b, size_t k, struct ev_err *e)
{
	struct ev_buf ids = EV_BUF(UINT32_MAX), meta = EV_BUF(4096), footer = EV_BUF(UINT32_MAX);
	enum ev_code rc = finish_file(b, k, &ids, &meta, &footer, e);

	ev_buf_fini(&ids);
	ev_buf_fini(&meta);
	ev_buf_fini(&footer);
	if (rc != EV_OK || (rc = sum_file(b, &b->part[k], e)) != EV_OK)
		return rc;
	b->part[k].sealed = true;
	return EV_OK;
}

/* Rewrites the parts that lost events, and completes all that are not. */
static enum ev_code
finish_parts(struct ev_batch *b, struct ev_unpacker *u, struct ev_err *e)
{
	bool dirty = false;
	enum ev_code rc;

	for (size_t k = 0; k < b->parts; k++) {
		struct ev_part *p = &b->part[k];
		uint64_t kept = 0;

		for (size_t i = b->start[k]; i < b->start[k + 1]; i++)
			kept += !b->entry[b->part_order[i]].drop;
		/*
		 * a finished part lost some when it holds more than are kept, an open one when it
		 * ever had more
		 */
		if (kept < (p->sealed ? p->row.n : b->start[k + 1] - b->start[k]) &&
		    p->frames > 0 && (rc = ev_part_rewrite(b, k, u, e)) != EV_OK)
			return rc;
		if (!p->sealed && p->frames > 0) {
			if ((rc = finish_part(b, k, e)) != EV_OK)
				return rc;
			dirty = true;
		}
		if (p->sealed && p->index.first == NULL && (rc = ev_part_index(b, k, e)) != EV_OK)
			return rc; /* of a file that a crash left */
	}
	return dirty ? ev_dir_sync(b->lake->dir, "tmp", e) : EV_OK;
}

/* T1: the catalog knows the files before they leave tmp/. */
static enum ev_code
record(struct ev_batch *b, struct ev_err *e)
{
	struct ev_catalog *c = b->lake->catalog;
	enum ev_code rc;
	size_t k;

	b->tried = true;
	if ((rc = ev_catalog_begin(c, true, e)) != EV_OK)
		return rc;
	for (k = 0; rc == EV_OK && k < b->parts; k++) {
		struct ev_part *p = &b->part[k];

		if (p->sealed && p->row.seg == 0)
			rc = ev_catalog_add(c, &p->row, e);
		if (rc == EV_OK && p->old != 0) /* nobody ever saw it: its grace is over */
			rc = ev_catalog_dead(c, p->old, 0, e);
	}
	if (rc == EV_OK)
		rc = ev_catalog_commit(c, e);
	if (rc != EV_OK)
		ev_catalog_rollback(c);
	for (k = 0; rc == EV_OK && k < b->parts; k++)
		b->part[k].old = 0;
	return rc;
}

/*
 * Step 3: into data/. The folders are synced even where another process made them: it may have died
 * before.
 */
static enum ev_code
move_part(struct ev_batch *b, struct ev_part *p, struct ev_err *e)
{
	char folder[EV_BUCKET_NAME + 8], tmp[EV_TMP_PATH];
	int dir = b->lake->dir;
	enum ev_code rc;

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(p->row.path, '/') - p->row.path),
	    p->row.path);
	if (!p->moved) {
		ev_tmp_path(tmp, p->file);
		if ((rc = ev_dir_make(dir, folder, e)) != EV_OK)
			return rc;
		if (renameat(dir, tmp, dir, p->row.path) < 0)
			return ev_fail_sys(e, "cannot rename %s to %s", tmp, p->row.path);
		p->moved = true;
	}
	if ((rc = ev_dir_sync(dir, folder, e)) != EV_OK || !b->lake->hour)
		return rc;
	*strrchr(folder, '/') = '\0';
	return ev_dir_sync(dir, folder, e);
}

static enum ev_code
move_parts(struct ev_batch *b, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	for (size_t k = 0; rc == EV_OK && k < b->parts; k++)
		if (b->part[k].sealed)
			rc = move_part(b, &b->part[k], e);
	return rc != EV_OK ? rc : ev_dir_sync(b->lake->dir, "data", e);
}

/* Whether segments became live that the batch was not compared with. */
static enum ev_code
any_newer(struct ev_catalog *c, int64_t seen, bool *yes, struct ev_err *e)
{
	int64_t seq;
	enum ev_code rc = ev_catalog_seq(c, &seq, e);

	*yes = rc == EV_OK && seq > seen;
	return rc;
}

static enum ev_code
add_to_chain(struct ev_batch *b, int64_t *seq, struct ev_err *e)
{
	struct ev_chain_file *file = calloc(b->parts + 1, sizeof(*file));
	struct ev_chain chain;
	size_t n = 0;
	enum ev_code rc;

	if (file == NULL)
		return ev_fail_mem(e);
	for (size_t k = 0; k < b->parts; k++)
		if (b->part[k].sealed) {
			memcpy(file[n].ulid, b->part[k].row.ulid, sizeof(file[n].ulid));
			memcpy(file[n++].sha256, b->part[k].sha256, sizeof(file[n].sha256));
		}
	if ((rc = ev_chain_open(&chain, b->lake, e)) == EV_OK) {
		rc = ev_chain_add(&chain, "put", file, n, seq, e);
		ev_chain_close(&chain);
	}
	free(file);
	return rc;
}

/*
 * T2, and within it the line of the chain: the write transaction keeps both in one order. Should
 * the commit fail, the line stays: whoever comes next sees whether the transaction happened.
 */
static enum ev_code
publish(struct ev_batch *b, struct ev_err *e)
{
	struct ev_catalog *c = b->lake->catalog;
	int64_t seq = 0;
	enum ev_code rc = add_to_chain(b, &seq, e);

	for (size_t k = 0; rc == EV_OK && k < b->parts; k++) {
		const struct ev_part *p = &b->part[k];

		if (p->sealed)
			rc = ev_catalog_live(c, &p->row, seq, &p->index, p->roll, p->rolls, e);
	}
	return rc != EV_OK ? rc : ev_catalog_commit(c, e);
}

/* *again: others published meanwhile, which the batch must be compared with first. */
static enum ev_code
try_publish(struct ev_put *p, int64_t seen, bool *again, struct ev_err *e)
{
	struct ev_catalog *c = p->lake->catalog;
	enum ev_code rc;

	*again = false;
	if ((rc = ev_catalog_begin(c, true, e)) != EV_OK)
		return rc;
	if (p->args.dedupe != EV_DEDUPE_NONE)
		rc = any_newer(c, seen, again, e);
	if (rc == EV_OK && !*again)
		rc = publish(p->batch, e);
	if (rc != EV_OK || *again)
		ev_catalog_rollback(c);
	return rc;
}

static bool
any_sealed(const struct ev_batch *b)
{
	size_t k;

	for (k = 0; k < b->parts && !b->part[k].sealed; k++)
		;
	return k < b->parts;
}

/*
 * One round: what is to be kept is complete, known, in its place, and made visible unless others
 * came first.
 */
static enum ev_code
round_of(struct ev_put *p, struct ev_unpacker *u, int64_t seen, bool *again, struct ev_err *e)
{
	struct ev_batch *b = p->batch;
	enum ev_code rc;

	*again = false;
	if ((rc = finish_parts(b, u, e)) != EV_OK)
		return rc;
	/* what was set aside is durable before what stands beside it is acknowledged */
	if (p->args.settle != NULL && (rc = p->args.settle(p->args.arg, e)) != EV_OK)
		return rc;
	if ((rc = record(b, e)) != EV_OK || !any_sealed(b))
		return rc;
	if ((rc = move_parts(b, e)) != EV_OK)
		return rc;
	return try_publish(p, seen, again, e);
}

static void
count_sealed(struct ev_put *p, uint64_t conflicts)
{
	struct ev_batch *b = p->batch;
	uint64_t kept = 0;

	for (size_t i = 0; i < b->n; i++)
		kept += !b->entry[i].drop;
	p->kept += kept;
	p->duplicates += b->cut - kept - (p->conflicts - conflicts);
	p->acked += b->cut;
	for (size_t k = 0; k < b->parts; k++)
		if (b->part[k].sealed) {
			p->segments++;
			p->raw += b->part[k].row.rbytes;
			p->stored += b->part[k].row.cbytes;
		}
}

static enum ev_code
seal_batch(struct ev_put *p, struct ev_err *held, struct ev_err *e)
{
	struct ev_unpacker u = EV_UNPACKER;
	uint64_t conflicts = p->conflicts;
	bool again = true, inside = true;
	int64_t seen = 0;
	enum ev_code rc;

	if ((rc = ev_batch_flush(p->batch, e)) != EV_OK ||
	    (rc = ev_batch_sort(p->batch, e)) != EV_OK)
		return rc;
	p->batch->cut = p->batch->n;
	while (rc == EV_OK && again) {
		if (p->args.dedupe != EV_DEDUPE_NONE)
			rc = ev_dedupe(p, inside, &seen, held, e);
		if (rc == EV_OK)
			rc = round_of(p, &u, seen, &again, e);
		inside = false;
	}
	ev_unpacker_fini(&u);
	if (rc == EV_OK)
		count_sealed(p, conflicts);
	return rc;
}

enum ev_code
ev_put_seal(struct ev_put *p, struct ev_err *e)
{
	struct ev_err held = { 0 };
	enum ev_code rc;

	if (p->batch->n == 0)
		return p->args.settle != NULL ? p->args.settle(p->args.arg, e) : EV_OK;
	rc = seal_batch(p, &held, e);
	ev_batch_fini(p->batch);
	if (rc == EV_OK && held.code != EV_OK) {
		if (e != NULL && e->code == EV_OK)
			*e = held;
		rc = held.code;
	}
	return rc;
}
