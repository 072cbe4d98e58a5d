/* SPDX-License-Identifier: MIT */
#include "stream/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/segment.h"
#include "stream/slot.h"

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool
is_refusal(int sys)
{
	return sys == EACCES || sys == EROFS || sys == EPERM;
}

/* A file of the folder; made where it may be. Without it fd is -1 for who may only read. */
static enum ev_code
open_file(struct ev_files *f, const char *name, enum ev_files_mode mode, int *fd, struct ev_err *e)
{
	char path[EV_SEG_PATH];

	ev_seg_folder(path, f->shard, name);
	*fd = -1;
	if (!f->readonly) {
		*fd = openat(f->stream->dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		f->readonly = *fd < 0 && mode == EV_TO_READ && is_refusal(errno);
	}
	if (f->readonly) {
		*fd = openat(f->stream->dir, path, O_RDONLY | O_CLOEXEC);
		if (*fd < 0 && errno == ENOENT)
			return EV_OK;
	}
	return *fd < 0 ? ev_fail_sys(e, "cannot open %s", path) : EV_OK;
}

enum ev_code
ev_files_open(struct ev_files *f, struct ev_stream *s, uint32_t shard, enum ev_files_mode mode,
    struct ev_err *e)
{
	enum ev_code rc;

	*f = (struct ev_files){ .stream = s,
		.shard = shard,
		.readonly = mode == EV_TO_LOOK,
		.lock = -1,
		.head = -1,
		.seg = -1,
		.idx = -1 };
	if (shard >= s->conf.shards)
		rc = ev_fail(e, EV_USAGE, "there is no shard %u: the stream has %u",
		    (unsigned)shard, (unsigned)s->conf.shards);
	else if ((rc = ev_boot_id(f->boot, e)) == EV_OK &&
	    (rc = open_file(f, "LOCK", mode, &f->lock, e)) == EV_OK &&
	    (rc = open_file(f, "HEAD", mode, &f->head, e)) == EV_OK && !f->readonly)
		rc = ev_slot_make(f->head, EV_HEAD, "HEAD", e);
	rc = rc == EV_NO ? EV_OK : rc;
	if (rc != EV_OK)
		ev_files_close(f);
	return rc;
}

void
ev_files_close(struct ev_files *f)
{
	if (f->stream == NULL)
		return;
	shut(&f->lock);
	shut(&f->head);
	shut(&f->seg);
	shut(&f->idx);
	f->stream = NULL;
}

enum ev_code
ev_files_lock(struct ev_files *f, bool wait, struct ev_err *e)
{
	while (f->lock >= 0 && flock(f->lock, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK && !wait)
			return EV_NO;
		if (errno != EINTR)
			return ev_fail_sys(e, "cannot lock shard %u", (unsigned)f->shard);
	}
	return EV_OK;
}

void
ev_files_unlock(struct ev_files *f)
{
	if (f->lock >= 0)
		(void)flock(f->lock, LOCK_UN); /* of a lock that is held: it cannot fail */
}

enum ev_code
ev_files_queue(struct ev_files *f, struct ev_err *e)
{
	while (flock(f->head, LOCK_EX) < 0)
		if (errno != EINTR)
			return ev_fail_sys(e, "cannot lock HEAD of shard %u", (unsigned)f->shard);
	return EV_OK;
}

void
ev_files_leave(struct ev_files *f)
{
	(void)flock(f->head, LOCK_UN); /* of a lock that is held: it cannot fail */
}

enum ev_code
ev_files_fdatasync(int fd, const char *what, struct ev_err *e)
{
	while (fdatasync(fd) < 0)
		if (errno != EINTR)
			return ev_fail_sys(e, "cannot sync %s", what);
	return EV_OK;
}

enum ev_code
ev_files_set(struct ev_files *f, struct ev_head *h, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	h->gen++;
	memcpy(h->boot, f->boot, EV_BOOT);
	if (!f->readonly)
		rc = ev_head_write(f->head, h, e);
	if (rc == EV_OK)
		f->at = *h;
	return rc;
}

static enum ev_code
load_index(struct ev_files *f, struct ev_err *e)
{
	struct ev_entry sealed;
	enum ev_code rc;

	f->entries = 0;
	f->last = (struct ev_entry){ 0 };
	if (f->idx < 0)
		return EV_OK;
	rc = ev_idx_count(f->idx, &f->entries, &sealed, e);
	if (rc == EV_OK && f->entries > 0)
		rc = ev_idx_get(f->idx, f->entries - 1, &f->last, e);
	return rc == EV_NO ? ev_fail(e, EV_SYS, "an index was cut while it was read") : rc;
}

enum ev_code
ev_files_load(struct ev_files *f, uint64_t base, struct ev_err *e)
{
	const int flags = f->readonly ? O_RDONLY : O_RDWR;
	enum ev_code rc;

	shut(&f->seg);
	shut(&f->idx);
	f->pending = 0;
	if ((rc = ev_seg_open(f->stream, f->shard, base, ".ndjson", flags, &f->seg, e)) != EV_OK)
		return rc;
	rc = ev_seg_open(
	    f->stream, f->shard, base, ".idx", f->readonly ? flags : flags | O_CREAT, &f->idx, e);
	if (rc == EV_OK || rc == EV_NO)
		rc = load_index(f, e);
	if (rc == EV_OK)
		f->at = (struct ev_head){ .base = base };
	else
		shut(&f->seg);
	return rc;
}

/* *same: the open segment is the one that h names. *size: its size. */
static enum ev_code
look(struct ev_files *f, const struct ev_head *h, bool *same, uint64_t *size, struct ev_err *e)
{
	struct stat st;

	*same = false;
	if (f->seg < 0)
		return EV_OK;
	if (fstat(f->seg, &st) < 0)
		return ev_fail_sys(e, "cannot look at a segment");
	*size = (uint64_t)st.st_size;
	if (*size < f->pending)
		return ev_fail(e, EV_SYS,
		    "lines that were not yet durable were cut off: an fdatasync failed elsewhere");
	*same = h->base == f->at.base && st.st_nlink > 0;
	return EV_OK;
}

/* Opens the segment that HEAD names. *foreign: it holds lines that are not synced. */
static enum ev_code
follow(struct ev_files *f, const struct ev_head *h, uint64_t *size, bool *foreign, struct ev_err *e)
{
	enum ev_code rc = ev_files_load(f, h->base, e);

	*foreign = h->synced < h->bytes && f->stream->conf.sync_ms >= 0 && !f->readonly;
	return rc == EV_OK ? ev_seg_size(f->seg, size, e) : rc;
}

enum ev_code
ev_files_refresh(struct ev_files *f, struct ev_err *e)
{
	bool same, foreign = false;
	struct ev_head h;
	uint64_t size = 0;
	enum ev_code rc = ev_head_read(f->head, &h, e);
	bool trusted = rc == EV_OK && memcmp(h.boot, f->boot, EV_BOOT) == 0;

	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if ((rc = look(f, &h, &same, &size, e)) != EV_OK)
		return rc;
	if (trusted && !same)
		rc = follow(f, &h, &size, &foreign, e);
	else if (trusted && h.gen != f->at.gen)
		rc = load_index(f, e);
	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if (!trusted || rc == EV_NO || foreign || size != h.bytes)
		return ev_files_recover(f, &h, trusted, UINT64_MAX, e);
	f->at = h;
	return EV_OK;
}

/*
 * What an fdatasync did not do it will not do the next time either: the kernel may hold for clean
 * what never reached the disk. So the lines go. Who has the file open is told of the failure by his
 * own fdatasync; who opens it later writes what is not synced once more.
 */
enum ev_code
ev_files_settle(struct ev_files *f, uint64_t bytes, enum ev_code done, struct ev_err *e)
{
	struct ev_head h = f->at;
	struct ev_err ignored = { 0 };

	if (done == EV_OK && h.synced >= bytes)
		return EV_OK;
	if (done == EV_OK) {
		h.synced = bytes;
		return ev_files_set(f, &h, e);
	}
	if (ev_files_recover(f, &h, true, h.synced, &ignored) != EV_OK) {
		/* the size differs from HEAD's: the next one recovers */
	}
	return done;
}

enum ev_code
ev_files_sync(struct ev_files *f, struct ev_err *e)
{
	if (f->at.synced == f->at.bytes)
		return EV_OK;
	return ev_files_settle(f, f->at.bytes, ev_files_fdatasync(f->seg, "a segment", e), e);
}
