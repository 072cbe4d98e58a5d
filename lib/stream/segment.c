/* SPDX-License-Identifier: MIT */
#include "stream/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/file.h"
#include "base/io.h"
#include "stream/count.h"
#include "stream/index.h"

void
ev_seg_folder(char out[EV_SEG_PATH], uint32_t shard, const char *name)
{
	snprintf(out, EV_SEG_PATH, "p%04" PRIu32 "%s%s", shard, name != NULL ? "/" : "",
	    name != NULL ? name : "");
}

void
ev_seg_path(char out[EV_SEG_PATH], uint32_t shard, uint64_t base, const char *suffix)
{
	snprintf(out, EV_SEG_PATH, "p%04" PRIu32 "/%020" PRIu64 "%s", shard, base, suffix);
}

/* EV_NO: name is no segment and does not look like one. */
static enum ev_code
parse_name(const char *name, uint32_t shard, uint64_t *base, struct ev_err *e)
{
	struct ev_slice s = ev_slice_str(name);
	size_t digits = ev_digits(s);

	if (!ev_slice_ends(s, EV_LIT(".ndjson")))
		return EV_NO;
	errno = 0;
	if (digits == EV_SEG_DIGITS && s.n == digits + strlen(".ndjson"))
		*base = strtoull(name, NULL, 10);
	else
		errno = EINVAL;
	if (errno == 0)
		return EV_OK;
	return ev_fail(e, EV_SYS,
	    "p%04" PRIu32 "/%.80s is no name of a segment: a number of 20 digits and .ndjson "
	    "were wanted",
	    shard, name);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static enum ev_code
add_base(uint64_t **list, size_t *n, size_t *cap, uint64_t base, struct ev_err *e)
{
	uint64_t *more;

	if (*n == *cap) {
		size_t want = *cap == 0 ? 16 : 2 * *cap;

		more = realloc(*list, want * sizeof(*more));
		if (more == NULL)
			return ev_fail_mem(e);
		*list = more;
		*cap = want;
	}
	(*list)[(*n)++] = base;
	return EV_OK;
}

static enum ev_code
read_names(DIR *dir, uint32_t shard, uint64_t **base, size_t *n, struct ev_err *e)
{
	struct dirent *de;
	enum ev_code rc;
	uint64_t seq = 0;
	size_t cap = 0;

	for (;;) {
		errno = 0;
		de = readdir(dir);
		if (de == NULL)
			return errno != 0 ? ev_fail_sys(e, "cannot read p%04" PRIu32, shard)
					  : EV_OK;
		rc = parse_name(de->d_name, shard, &seq, e);
		if (rc == EV_OK)
			rc = add_base(base, n, &cap, seq, e);
		if (rc != EV_OK && rc != EV_NO)
			return rc;
	}
}

enum ev_code
ev_seg_list(struct ev_stream *s, uint32_t shard, uint64_t **base, size_t *n, struct ev_err *e)
{
	char folder[EV_SEG_PATH];
	enum ev_code rc;
	DIR *dir;
	int fd;

	*base = NULL;
	*n = 0;
	ev_seg_folder(folder, shard, NULL);
	fd = openat(s->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		rc = ev_fail_sys(e, "cannot open %s", folder);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	rc = read_names(dir, shard, base, n, e);
	closedir(dir);
	if (rc != EV_OK) {
		free(*base);
		*base = NULL;
	} else if (*n > 0) {
		qsort(*base, *n, sizeof(**base), compare);
	}
	return rc;
}

enum ev_code
ev_seg_open(struct ev_stream *s, uint32_t shard, uint64_t base, const char *suffix, int flags,
    int *fd, struct ev_err *e)
{
	char path[EV_SEG_PATH];

	ev_seg_path(path, shard, base, suffix);
	*fd = openat(s->dir, path, flags | O_CLOEXEC, 0666);
	if (*fd >= 0)
		return EV_OK;
	return errno == ENOENT ? EV_NO : ev_fail_sys(e, "cannot open %s", path);
}

enum ev_code
ev_seg_size(int fd, uint64_t *bytes, struct ev_err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ev_fail_sys(e, "cannot look at a segment");
	*bytes = (uint64_t)st.st_size;
	return EV_OK;
}

enum ev_code
ev_seg_read(int fd, char *p, size_t n, uint64_t at, size_t *got, struct ev_err *e)
{
	ssize_t r;

	for (*got = 0; *got < n; *got += (size_t)r) {
		r = pread(fd, p + *got, n - *got, (off_t)(at + *got));
		if (r < 0 && errno == EINTR)
			r = 0;
		else if (r < 0)
			return ev_fail_sys(e, "cannot read a segment");
		else if (r == 0)
			break;
	}
	return EV_OK;
}

enum ev_code
ev_seg_write(int fd, const void *p, size_t n, uint64_t at, struct ev_err *e)
{
	const char *from = p;
	ssize_t w;

	for (size_t done = 0; done < n; done += (size_t)w) {
		w = pwrite(fd, from + done, n - done, (off_t)(at + done));
		if (w < 0 && errno == EINTR)
			w = 0;
		else if (w < 0)
			return ev_fail_sys(e, "cannot write");
	}
	return EV_OK;
}

/* Hands the first `to` bytes from `from` on to take, block by block. */
static enum ev_code
each_block(int fd, uint64_t from, uint64_t to, void (*take)(void *arg, struct ev_slice block),
    void *arg, struct ev_err *e)
{
	char *buf = malloc(EV_BLOCK);
	enum ev_code rc = buf != NULL ? EV_OK : ev_fail_mem(e);
	size_t got;

	for (; rc == EV_OK && from < to; from += got) {
		rc = ev_seg_read(
		    fd, buf, to - from < EV_BLOCK ? (size_t)(to - from) : EV_BLOCK, from, &got, e);
		if (rc == EV_OK && got == 0)
			rc = ev_fail(
			    e, EV_SYS, "a segment ends at byte %" PRIu64 " of %" PRIu64, from, to);
		if (rc == EV_OK)
			take(arg, (struct ev_slice){ buf, got });
	}
	free(buf);
	return rc;
}

static void
count_block(void *arg, struct ev_slice block)
{
	*(uint64_t *)arg += ev_lf_count(block);
}

enum ev_code
ev_seg_count(int fd, uint64_t from, uint64_t to, uint64_t *lines, struct ev_err *e)
{
	*lines = 0;
	return each_block(fd, from, to, count_block, lines, e);
}

static void
hash_block(void *arg, struct ev_slice block)
{
	ev_hasher_add(arg, block.p, block.n);
}

enum ev_code
ev_seg_hash(int fd, uint64_t bytes, uint64_t *sum, struct ev_err *e)
{
	struct ev_hasher h;
	enum ev_code rc = ev_hasher_init(&h, e);

	if (rc != EV_OK)
		return rc;
	if ((rc = each_block(fd, 0, bytes, hash_block, &h, e)) == EV_OK)
		*sum = ev_hasher_sum(&h);
	ev_hasher_fini(&h);
	return rc;
}

enum ev_code
ev_seg_first_ms(struct ev_stream *s, uint32_t shard, uint64_t base, int64_t *ms, struct ev_err *e)
{
	struct ev_entry en;
	enum ev_code rc;
	int fd;

	if ((rc = ev_seg_open(s, shard, base, ".idx", O_RDONLY, &fd, e)) != EV_OK)
		return rc;
	rc = ev_idx_get(fd, 0, &en, e);
	close(fd);
	if (rc == EV_OK && en.seq == EV_TRAILER)
		rc = EV_NO;
	if (rc == EV_OK)
		*ms = en.ms;
	return rc;
}

/* The index goes first: a segment without one can be read. */
static enum ev_code
remove_one(struct ev_stream *s, uint32_t shard, uint64_t base, struct ev_err *e)
{
	static const char *const suffix[] = { ".idx", ".ndjson" };
	char path[EV_SEG_PATH];

	for (size_t i = 0; i < 2; i++) {
		ev_seg_path(path, shard, base, suffix[i]);
		if (unlinkat(s->dir, path, 0) < 0 && errno != ENOENT)
			return ev_fail_sys(e, "cannot remove %s", path);
	}
	return EV_OK;
}

enum ev_code
ev_seg_remove(struct ev_stream *s, uint32_t shard, const uint64_t *base, size_t n, struct ev_err *e)
{
	char folder[EV_SEG_PATH];
	enum ev_code rc = EV_OK;

	for (size_t i = 0; i < n && rc == EV_OK; i++)
		rc = remove_one(s, shard, base[i], e);
	ev_seg_folder(folder, shard, NULL);
	return rc == EV_OK && n > 0 ? ev_dir_sync(s->dir, folder, e) : rc;
}
