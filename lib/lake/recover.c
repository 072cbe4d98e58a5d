/* SPDX-License-Identifier: MIT */
/*
 * After a crash. A file that T1 knows is complete and synced, in tmp/ or under data/: all of them
 * go live together, as one batch that others' events are compared with like any other. What T1 does
 * not know is deleted.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "lake/bucket.h"
#include "lake/chain.h"
#include "lake/seal.h"
#include "lake/segment.h"

enum { AT_ONCE = 4096 /* segments that go live in one transaction */ };

struct recovery {
	struct ev_lake *l;
	struct ev_put put;
	struct ev_paths paths;
	struct ev_scan scan;
	struct ev_unpacker u;
	struct ev_buf id, type;
};

/* tmp/ has the file's name in lower case. */
static void
tmp_path_of(char out[EV_TMP_PATH], const char *ulid)
{
	ev_tmp_path(out, ulid);
	for (char *p = out; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* One event of a file that is there. */
static enum ev_code
note_line(struct recovery *r, size_t part, size_t frame, size_t off, struct ev_slice line,
    struct ev_err *e)
{
	struct ev_batch_line bl = { .line = line };
	enum ev_code rc = ev_batch_read(&bl, r->scan.val, &r->id, &r->type, e);

	if (rc != EV_OK)
		return rc;
	return ev_batch_note(r->put.batch, part, (uint32_t)(frame << EV_AT_BITS | off), &bl, e);
}

static enum ev_code
note_frame(
    struct recovery *r, size_t part, const struct ev_segment *s, size_t frame, struct ev_err *e)
{
	unsigned long blank;
	struct ev_slice raw, line;
	enum ev_code rc;

	if ((rc = ev_frame_read(&r->u, s->fd, &s->index.frame[frame], &raw, e)) != EV_OK ||
	    (rc = ev_scan_block(&r->scan, raw, e)) != EV_OK)
		return rc;
	while ((rc = ev_scan_line(&r->scan, &line, &blank, e)) == EV_OK)
		if ((rc = note_line(r, part, frame, (size_t)(line.p - raw.p), line, e)) != EV_OK)
			break;
	return rc == EV_NO  ? EV_OK
	    : rc == EV_DATA ? EV_SYS
			    : rc; /* what was put once is no bad event now */
}

/* Takes a complete file into the batch, as a part that is past T1. */
static enum ev_code
load_part(struct recovery *r, const struct ev_seg *row, struct ev_segment *s, bool moved,
    const char *sha256, struct ev_err *e)
{
	struct ev_batch *b = r->put.batch;
	char tmp[EV_TMP_PATH];
	struct ev_part *p;
	enum ev_code rc;

	b->tried = true;
	if ((rc = ev_batch_new_part(b, ev_bucket_of(row->ts0, r->l->hour), e)) != EV_OK)
		return rc;
	p = &b->part[b->parts - 1];
	tmp_path_of(tmp, row->ulid);
	memcpy(p->file, tmp + 4, EV_ULID);
	memcpy(p->sha256, sha256, sizeof(p->sha256));
	p->row = *row;
	p->sealed = true;
	p->moved = moved;
	p->raw = row->rbytes;
	p->size = s->evix.off;
	p->frame = s->index.frame; /* the part's from here on */
	p->frames = p->cap = s->index.frames;
	for (size_t f = 0; rc == EV_OK && f < s->index.frames; f++)
		rc = note_frame(r, b->parts - 1, s, f, e);
	s->index.frame = NULL;
	return rc;
}

/* Where a segment that T1 knows is: in its place, or in tmp/ still. EV_NO: nowhere. */
static enum ev_code
find_file(const struct recovery *r, const struct ev_seg *row, char tmp[EV_TMP_PATH],
    const char **path, int *fd, struct ev_err *e)
{
	*path = row->path;
	*fd = openat(r->l->dir, row->path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT) {
		tmp_path_of(tmp, row->ulid);
		*path = tmp;
		*fd = openat(r->l->dir, tmp, O_RDONLY | O_CLOEXEC);
	}
	if (*fd >= 0)
		return EV_OK;
	return errno == ENOENT ? EV_NO : ev_fail_sys(e, "cannot open %s", *path);
}

/*
 * A row with state 0. A file that is not as T1 says cannot go live: it is dead, and kept for its
 * grace.
 */
static enum ev_code
recover_row(struct recovery *r, const struct ev_seg *row, struct ev_err *e)
{
	char tmp[EV_TMP_PATH];
	struct ev_segment s;
	struct ev_sums sums;
	const char *path;
	enum ev_code rc;
	int fd;

	rc = find_file(r, row, tmp, &path, &fd, e);
	if (rc != EV_OK)
		return rc == EV_NO ? ev_catalog_drop(r->l->catalog, row->seg, e) : rc;
	if ((rc = ev_file_sums(fd, true, &sums, e)) != EV_OK) {
		close(fd);
		return rc;
	}
	if (sums.size != row->cbytes || sums.xxh3 != row->file_xxh) {
		close(fd);
		return ev_catalog_dead(r->l->catalog, row->seg, ev_now(), e);
	}
	if ((rc = ev_segment_take(&s, fd, path, e)) != EV_OK)
		return rc;
	rc = load_part(r, row, &s, path == row->path, sums.sha256, e);
	ev_segment_close(&s);
	return rc;
}

/* *more: there may be others left. */
static enum ev_code
recover_some(struct recovery *r, bool *more, struct ev_err *e)
{
	struct ev_seg_filter f = { .state = EV_SEALING };
	struct ev_segs segs;
	size_t n, i;
	enum ev_code rc;

	if ((rc = ev_catalog_segs(r->l->catalog, &f, &segs, e)) != EV_OK)
		return rc;
	n = segs.n < AT_ONCE ? segs.n : AT_ONCE;
	*more = n < segs.n;
	for (i = 0; rc == EV_OK && i < n; i++)
		rc = recover_row(r, &segs.v[i], e);
	free(segs.v);
	return rc == EV_OK && n > 0 ? ev_put_seal(&r->put, e) : rc;
}

/*
 * Nobody was told that the event was kept: its sender has it still, and meets the conflict when it
 * puts it again.
 */
static enum ev_code
leave_out(void *arg, struct ev_slice line, struct ev_err *e)
{
	(void)arg;
	(void)line;
	*e = (struct ev_err){ 0 };
	return EV_OK;
}

static enum ev_code
recover_sealing(struct ev_lake *l, struct ev_err *e)
{
	const struct ev_put_args args = { .conflict = leave_out };
	struct recovery r = {
		.l = l, .u = EV_UNPACKER, .id = EV_BUF(SIZE_MAX / 2), .type = EV_BUF(SIZE_MAX / 2)
	};
	bool more = true;
	enum ev_code rc;

	if ((rc = ev_put_open(&r.put, l, &args, e)) == EV_OK &&
	    (rc = ev_event_paths(&r.paths, e)) == EV_OK &&
	    (rc = ev_scan_init(&r.scan, &r.paths, false, NULL, e)) == EV_OK)
		while (rc == EV_OK && more)
			rc = recover_some(&r, &more, e);
	ev_put_close(&r.put);
	ev_scan_fini(&r.scan);
	ev_paths_fini(&r.paths);
	ev_unpacker_fini(&r.u);
	ev_buf_fini(&r.id);
	ev_buf_fini(&r.type);
	return rc;
}

static enum ev_code
remove_dead(struct ev_lake *l, const struct ev_seg *s, struct ev_err *e)
{
	char folder[sizeof(s->path)];
	const char *slash = strrchr(s->path, '/');
	enum ev_code rc;

	if (unlinkat(l->dir, s->path, 0) < 0) {
		if (errno != ENOENT)
			return ev_fail_sys(e, "cannot remove %s", s->path);
	} else if (slash != NULL) {
		memcpy(folder, s->path, (size_t)(slash - s->path));
		folder[slash - s->path] = '\0';
		if ((rc = ev_dir_sync(l->dir, folder, e)) != EV_OK)
			return rc;
	}
	return ev_catalog_drop(l->catalog, s->seg, e);
}

/* Segments whose grace is over. */
static enum ev_code
bury(struct ev_lake *l, struct ev_err *e)
{
	struct ev_seg_filter f = { .state = EV_DEAD };
	struct ev_segs segs;
	int64_t now = ev_now();
	enum ev_code rc = ev_catalog_segs(l->catalog, &f, &segs, e);

	if (rc != EV_OK)
		return rc;
	for (size_t i = 0; rc == EV_OK && i < segs.n; i++)
		if (segs.v[i].dead_at <= now - EV_GRACE)
			rc = remove_dead(l, &segs.v[i], e);
	free(segs.v);
	return rc;
}

static enum ev_code
empty_tmp(struct ev_lake *l, struct ev_err *e)
{
	int fd = openat(l->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;
	enum ev_code rc = EV_OK;

	if (dir == NULL) {
		rc = ev_fail_sys(e, "cannot read tmp");
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == EV_OK && (de = readdir(dir)) != NULL)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0 &&
		    unlinkat(fd, de->d_name, 0) < 0)
			rc = ev_fail_sys(e, "cannot remove tmp/%s", de->d_name);
	closedir(dir);
	return rc;
}

enum ev_code
ev_recover(struct ev_lake *l, struct ev_err *e)
{
	struct ev_chain chain;
	enum ev_code rc;

	if ((rc = ev_chain_open(&chain, l, e)) !=
	    EV_OK) /* cuts a line whose transaction did not happen */
		return rc;
	ev_chain_close(&chain);
	if ((rc = recover_sealing(l, e)) != EV_OK || (rc = bury(l, e)) != EV_OK)
		return rc;
	return empty_tmp(l, e);
}
