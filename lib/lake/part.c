/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "lake/batch.h"
#include "lake/grow.h"

void
ev_tmp_path(char out[EV_TMP_PATH], const char *ulid)
{
	snprintf(out, EV_TMP_PATH, "tmp/%.26s", ulid);
}

/*
 * Files are opened for each write: a batch has more parts than a process may have descriptors, and
 * a frame costs far more than an open.
 */
enum ev_code
ev_part_bytes(
    struct ev_batch *b, const struct ev_part *p, struct ev_slice s, bool sync, struct ev_err *e)
{
	char path[EV_TMP_PATH];
	enum ev_code rc;
	int fd;

	ev_tmp_path(path, p->file);
	fd = openat(b->lake->dir, path,
	    O_WRONLY | O_APPEND | O_CLOEXEC | (p->size == 0 ? O_CREAT | O_EXCL : 0), 0666);
	if (fd < 0)
		return ev_fail_sys(e, "cannot make %s", path);
	rc = ev_write_all(fd, s.p, s.n, NULL);
	if (rc != EV_OK)
		rc = ev_fail_sys(e, "cannot write %s", path);
	else if (sync && fsync(fd) < 0)
		rc = ev_fail_sys(e, "cannot sync %s", path);
	if (close(fd) < 0 && rc == EV_OK)
		rc = ev_fail_sys(e, "cannot close %s", path);
	return rc;
}

enum ev_code
ev_part_append(
    struct ev_batch *b, struct ev_part *p, struct ev_slice packed, uint32_t rlen, struct ev_err *e)
{
	enum ev_code rc;

	if (p->file[0] == '\0' && (rc = ev_ulid(p->file, ev_now(), e)) != EV_OK)
		return rc;
	if (p->frames == p->cap) {
		struct ev_frame *v = ev_grow(p->frame, &p->cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		p->frame = v;
	}
	if (p->frames == EV_FRAMES)
		return ev_fail(e, EV_SYS, "a segment holds %d frames at most", EV_FRAMES);
	if ((rc = ev_part_bytes(b, p, packed, false, e)) != EV_OK)
		return rc;
	p->frame[p->frames++] = (struct ev_frame){
		.off = p->size,
		.clen = (uint32_t)packed.n,
		.rlen = rlen,
		.xxh3 = ev_xxh3(packed.p, packed.n),
	};
	p->size += packed.n;
	return EV_OK;
}

enum ev_code
ev_part_write(struct ev_batch *b, struct ev_part *p, struct ev_slice raw, struct ev_err *e)
{
	struct ev_slice packed;
	enum ev_code rc;

	if ((rc = ev_pack(&b->packer, raw, EV_LEVEL, &packed, e)) != EV_OK)
		return rc;
	return ev_part_append(b, p, packed, (uint32_t)raw.n, e);
}

enum ev_code
ev_part_open(const struct ev_batch *b, const struct ev_part *p, int *fd, struct ev_err *e)
{
	char tmp[EV_TMP_PATH];
	const char *path = p->row.path;

	if (!p->moved) {
		ev_tmp_path(tmp, p->file);
		path = tmp;
	}
	*fd = openat(b->lake->dir, path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? ev_fail_sys(e, "cannot open %s", path) : EV_OK;
}

/* The entries of part k that are in frame f, from *i on; *i moves behind them. */
static size_t
entries_of(const struct ev_batch *b, size_t k, size_t f, size_t *i)
{
	size_t from = *i;

	while (*i < b->start[k + 1] && b->entry[b->part_order[*i]].at >> EV_AT_BITS == f)
		++*i;
	return from;
}

/* Copies the lines that are kept of one frame, and tells their entries the new place. */
static enum ev_code
keep_lines(struct ev_batch *b, size_t from, size_t to, size_t frame, struct ev_slice raw,
    struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	ev_buf_clear(out);
	for (size_t i = from; rc == EV_OK && i < to; i++) {
		struct ev_entry *en = &b->entry[b->part_order[i]];
		struct ev_slice line = ev_entry_line(en, raw);

		if (en->drop)
			continue;
		en->at = (uint32_t)frame << EV_AT_BITS | (uint32_t)out->n;
		if ((rc = ev_buf_adds(out, line, e)) == EV_OK)
			rc = ev_buf_addc(out, '\n', e);
	}
	return rc;
}

/* One frame of the old file into the new one: as it is, with fewer lines, or not at all. */
static enum ev_code
rewrite_frame(struct ev_batch *b, struct ev_part *p, int fd, const struct ev_frame *f, size_t from,
    size_t to, struct ev_unpacker *u, struct ev_buf *lines, struct ev_err *e)
{
	struct ev_slice raw;
	size_t kept = 0, i;
	enum ev_code rc;

	for (i = from; i < to; i++)
		kept += !b->entry[b->part_order[i]].drop;
	if (kept == 0)
		return EV_OK;
	if (kept == to - from) {
		for (i = from; i < to; i++) {
			struct ev_entry *en = &b->entry[b->part_order[i]];

			en->at =
			    (uint32_t)p->frames << EV_AT_BITS | (en->at & ((1u << EV_AT_BITS) - 1));
		}
		rc = ev_frame_packed(u, fd, f, &raw, e);
		p->raw += f->rlen;
		return rc != EV_OK ? rc : ev_part_append(b, p, raw, f->rlen, e);
	}
	if ((rc = ev_frame_read(u, fd, f, &raw, e)) != EV_OK ||
	    (rc = keep_lines(b, from, to, p->frames, raw, lines, e)) != EV_OK)
		return rc;
	p->raw += lines->n;
	return ev_part_write(b, p, ev_buf_view(lines), e);
}

enum ev_code
ev_part_rewrite(struct ev_batch *b, size_t k, struct ev_unpacker *u, struct ev_err *e)
{
	struct ev_part *p = &b->part[k],
		       new = { .bucket = p->bucket, .open = EV_BUF(SIZE_MAX / 2) };
	struct ev_buf lines = EV_BUF(SIZE_MAX / 2);
	char path[EV_TMP_PATH];
	size_t f, i = b->start[k];
	enum ev_code rc;
	int fd;

	if ((rc = ev_part_open(b, p, &fd, e)) != EV_OK)
		return rc;
	for (f = 0; rc == EV_OK && f < p->frames; f++) {
		size_t from = entries_of(b, k, f, &i);

		rc = rewrite_frame(b, &new, fd, &p->frame[f], from, i, u, &lines, e);
	}
	close(fd);
	ev_buf_fini(&lines);
	if (rc == EV_OK && !p->sealed) {
		ev_tmp_path(path, p->file);
		if (unlinkat(b->lake->dir, path, 0) < 0)
			rc = ev_fail_sys(e, "cannot remove %s", path);
	}
	if (rc != EV_OK) {
		if (new.file[0] != '\0') {
			ev_tmp_path(path, new.file);
			(void)unlinkat(b->lake->dir, path, 0);
		}
		ev_part_fini(&new);
		return rc;
	}
	new.old = p->row.seg;
	ev_part_fini(p);
	*p = new;
	return EV_OK;
}
