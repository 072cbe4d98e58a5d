/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/files.h"
#include "stream/mend.h"
#include "stream/segment.h"

/* HEAD as this system left it. EV_NO: it does not count. */
static enum ev_code
read_head(struct ev_stream *s, uint32_t shard, struct ev_head *h, struct ev_err *e)
{
	unsigned char boot[EV_BOOT];
	char path[EV_SEG_PATH];
	enum ev_code rc;
	int fd;

	if ((rc = ev_boot_id(boot, e)) != EV_OK)
		return rc;
	ev_seg_folder(path, shard, "HEAD");
	fd = openat(s->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return ev_fail_sys(e, "cannot open %s", path);
	rc = ev_head_read(fd, h, e);
	if (fd >= 0)
		close(fd);
	return rc == EV_OK && memcmp(h->boot, boot, EV_BOOT) != 0 ? EV_NO : rc;
}

/* Without HEAD the lines of the last segment tell; nothing is mended. */
static enum ev_code
find_end(struct ev_stream *s, int seg, int idx, uint64_t base, struct ev_head *h, struct ev_err *e)
{
	struct ev_mend m = {
		.seg = seg,
		.idx = idx,
		.readonly = true,
		.index = s->conf.index,
		.rewrite = UINT64_MAX,
		.seq = base,
	};
	uint64_t size;
	enum ev_code rc;

	if ((rc = ev_seg_size(seg, &size, e)) == EV_OK && (rc = ev_mend_run(&m, size, e)) == EV_OK)
		*h = (struct ev_head){
			.base = base, .next = m.seq, .bytes = m.end, .synced = m.end, .ms = m.ms
		};
	return rc;
}

/* The sequence number behind the synced lines. */
static enum ev_code
find_synced(int seg, int idx, const struct ev_head *h, uint64_t *synced, struct ev_err *e)
{
	struct ev_entry en = { .seq = h->base };
	uint64_t i, lines;
	enum ev_code rc;

	*synced = h->next;
	if (h->synced == h->bytes)
		return EV_OK;
	rc = ev_idx_find(idx, EV_BY_BYTE, (int64_t)h->synced, &i, &en, e);
	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if ((rc = ev_seg_count(seg, en.byte, h->synced, &lines, e)) == EV_OK)
		*synced = en.seq + lines;
	return rc;
}

static enum ev_code
describe_last(struct ev_stream *s, uint32_t shard, uint64_t base, struct ev_shard_info *info,
    struct ev_err *e)
{
	struct ev_head h;
	int seg = -1, idx = -1;
	enum ev_code rc = read_head(s, shard, &h, e);

	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if (rc == EV_OK)
		base = h.base;
	else
		h.gen = 0;
	if ((rc = ev_seg_open(s, shard, base, ".ndjson", O_RDONLY, &seg, e)) != EV_OK)
		return rc == EV_NO ? ev_fail(e, EV_SYS, "a segment vanished") : rc;
	rc = ev_seg_open(s, shard, base, ".idx", O_RDONLY, &idx, e);
	if ((rc == EV_OK || rc == EV_NO) && h.gen == 0)
		rc = find_end(s, seg, idx, base, &h, e);
	if (rc == EV_OK || rc == EV_NO)
		rc = find_synced(seg, idx, &h, &info->synced, e);
	info->next = h.next;
	info->newest = h.ms;
	close(seg);
	if (idx >= 0)
		close(idx);
	return rc;
}

static enum ev_code
describe(struct ev_stream *s, uint32_t shard, const uint64_t *list, size_t n,
    struct ev_shard_info *info, struct ev_err *e)
{
	char path[EV_SEG_PATH];
	struct stat st;
	enum ev_code rc;

	if (n == 0)
		return EV_OK;
	info->segments = n;
	info->first = list[0];
	for (size_t i = 0; i < n; i++) {
		ev_seg_path(path, shard, list[i], ".ndjson");
		if (fstatat(s->dir, path, &st, 0) == 0)
			info->bytes += (uint64_t)st.st_size;
		else if (errno != ENOENT)
			return ev_fail_sys(e, "cannot look at %s", path);
	}
	if ((rc = describe_last(s, shard, list[n - 1], info, e)) != EV_OK)
		return rc;
	rc = ev_seg_first_ms(s, shard, list[0], &info->oldest, e);
	return rc == EV_NO ? EV_OK : rc;
}

enum ev_code
ev_shard_info(struct ev_stream *s, uint32_t shard, struct ev_shard_info *info, struct ev_err *e)
{
	uint64_t *list;
	size_t n;
	enum ev_code rc;

	*info = (struct ev_shard_info){ 0 };
	if ((rc = ev_seg_list(s, shard, &list, &n, e)) != EV_OK)
		return rc;
	rc = describe(s, shard, list, n, info, e);
	free(list);
	return rc;
}

/* The last segment whose first event was appended before ms: none of those before it matters. */
static enum ev_code
find_segment(struct ev_stream *s, uint32_t shard, const uint64_t *list, size_t n, int64_t ms,
    uint64_t *base, struct ev_err *e)
{
	size_t low = 0, high = n;
	int64_t first;
	enum ev_code rc;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		rc = ev_seg_first_ms(s, shard, list[middle], &first, e);
		if (rc != EV_OK && rc != EV_NO)
			return rc;
		if (rc == EV_OK && first < ms)
			low = middle + 1;
		else
			high = middle;
	}
	*base = list[low > 0 ? low - 1 : 0];
	return EV_OK;
}

enum ev_code
ev_shard_at(struct ev_stream *s, uint32_t shard, int64_t ms, uint64_t *seq, struct ev_err *e)
{
	struct ev_entry en;
	uint64_t *list, i;
	size_t n;
	enum ev_code rc;
	int idx = -1;

	*seq = 0;
	if ((rc = ev_seg_list(s, shard, &list, &n, e)) != EV_OK || n == 0)
		return rc;
	rc = find_segment(s, shard, list, n, ms, seq, e);
	free(list);
	if (rc != EV_OK || ms == INT64_MIN)
		return rc;
	if ((rc = ev_seg_open(s, shard, *seq, ".idx", O_RDONLY, &idx, e)) == EV_OK) {
		rc = ev_idx_find(idx, EV_BY_MS, ms - 1, &i, &en, e);
		close(idx);
	}
	if (rc == EV_OK && en.seq >= *seq)
		*seq = en.seq;
	return rc == EV_NO ? EV_OK : rc;
}
