/* SPDX-License-Identifier: MIT */
/* From one segment to the next, and the end of the oldest ones. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "stream/files.h"
#include "stream/segment.h"

enum ev_code
ev_files_seal(int seg, int idx, uint64_t size, uint64_t entries, struct ev_err *e)
{
	struct ev_entry trailer = { EV_TRAILER, size, 0 };
	uint64_t sum;
	enum ev_code rc = ev_seg_hash(seg, size, &sum, e);

	trailer.ms = (int64_t)sum;
	if (rc == EV_OK)
		rc = ev_idx_put(idx, entries, &trailer, e);
	return rc == EV_OK ? ev_files_fdatasync(idx, "an index", e) : rc;
}

/* Makes the segment that begins at base, empty; what a crash left of one is taken. */
static enum ev_code
make_segment(struct ev_files *f, uint64_t base, struct ev_err *e)
{
	char path[EV_SEG_PATH];
	struct stat st;
	enum ev_code rc = EV_OK;
	int fd;

	ev_seg_path(path, f->shard, base, ".ndjson");
	fd = openat(f->stream->dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return ev_fail_sys(e, "cannot make %s", path);
	if (fstat(fd, &st) < 0)
		rc = ev_fail_sys(e, "cannot look at %s", path);
	else if (st.st_size != 0)
		rc = ev_fail(e, EV_SYS, "%s is there already, and not empty", path);
	close(fd);
	if (rc != EV_OK)
		return rc;
	ev_seg_folder(path, f->shard, NULL);
	return ev_dir_sync(f->stream->dir, path, e);
}

enum ev_code
ev_files_roll(struct ev_files *f, struct ev_err *e)
{
	struct ev_head h = f->at;
	enum ev_code rc;

	if ((rc = make_segment(f, h.next, e)) != EV_OK ||
	    (rc = ev_files_seal(f->seg, f->idx, h.bytes, f->entries, e)) != EV_OK)
		return rc;
	h.base = h.next;
	h.bytes = h.synced = 0;
	if ((rc = ev_files_load(f, h.base, e)) != EV_OK)
		return rc == EV_NO ? ev_fail(e, EV_SYS, "a segment vanished") : rc;
	return ev_files_set(f, &h, e);
}

enum ev_code
ev_files_renew(struct ev_files *f, struct ev_err *e)
{
	char path[EV_SEG_PATH];
	struct ev_head h = f->at;
	enum ev_code rc;

	ev_seg_path(path, f->shard, h.base, ".ndjson");
	if ((rc = ev_file_replace(f->stream->dir, path, EV_LIT(""), e)) != EV_OK ||
	    (rc = ev_files_load(f, h.base, e)) != EV_OK)
		return rc == EV_NO ? ev_fail(e, EV_SYS, "a segment vanished") : rc;
	return ev_files_set(f, &h, e);
}

/* How many segments at the front are older than the limit: all of one's events are older than the
 * first of the next. */
static enum ev_code
count_old(struct ev_files *f, const uint64_t *list, size_t n, int64_t before, size_t *old,
    struct ev_err *e)
{
	int64_t ms;
	enum ev_code rc;

	for (*old = 0; *old + 1 < n; ++*old) {
		rc = ev_seg_first_ms(f->stream, f->shard, list[*old + 1], &ms, e);
		if (rc == EV_NO || (rc == EV_OK && ms >= before))
			return EV_OK;
		if (rc != EV_OK)
			return rc;
	}
	return EV_OK;
}

/* How many at the front must go so that the rest holds at most `most` bytes. */
static enum ev_code
count_large(struct ev_files *f, const uint64_t *list, size_t n, uint64_t most, size_t *large,
    struct ev_err *e)
{
	char path[EV_SEG_PATH];
	uint64_t sum = 0;
	struct stat st;

	for (*large = n; *large > 0; --*large) {
		ev_seg_path(path, f->shard, list[*large - 1], ".ndjson");
		if (fstatat(f->stream->dir, path, &st, 0) < 0) {
			if (errno == ENOENT)
				return EV_OK;
			return ev_fail_sys(e, "cannot look at %s", path);
		}
		sum += (uint64_t)st.st_size;
		if (sum > most)
			return EV_OK;
	}
	return EV_OK;
}

enum ev_code
ev_files_retain(struct ev_files *f, int64_t now, struct ev_err *e)
{
	const struct ev_stream_conf *c = &f->stream->conf;
	size_t n, old = 0, large = 0;
	uint64_t *list;
	enum ev_code rc;

	if (c->retention_ms == 0 && c->retention_bytes == 0)
		return EV_OK;
	if ((rc = ev_seg_list(f->stream, f->shard, &list, &n, e)) != EV_OK)
		return rc;
	if (c->retention_ms > 0)
		rc = count_old(f, list, n, now - c->retention_ms, &old, e);
	if (rc == EV_OK && c->retention_bytes > 0)
		rc = count_large(f, list, n, c->retention_bytes, &large, e);
	if (large > old)
		old = large;
	if (n > 0 && old > n - 1)
		old = n - 1;
	if (rc == EV_OK)
		rc = ev_seg_remove(f->stream, f->shard, list, old, e);
	free(list);
	return rc;
}
