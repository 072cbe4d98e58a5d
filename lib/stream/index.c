/* SPDX-License-Identifier: MIT */
#include "stream/index.h"

#include <unistd.h>

#include "base/bytes.h"
#include "stream/segment.h"

void
ev_entry_put(unsigned char p[EV_ENTRY], const struct ev_entry *en)
{
	ev_le_put(p, en->seq, 8);
	ev_le_put(p + 8, en->byte, 8);
	ev_le_put(p + 16, (uint64_t)en->ms, 8);
}

void
ev_entry_get(const unsigned char p[EV_ENTRY], struct ev_entry *en)
{
	en->seq = ev_le_get(p, 8);
	en->byte = ev_le_get(p + 8, 8);
	en->ms = (int64_t)ev_le_get(p + 16, 8);
}

enum ev_code
ev_idx_get(int fd, uint64_t i, struct ev_entry *en, struct ev_err *e)
{
	unsigned char p[EV_ENTRY];
	enum ev_code rc;
	size_t got;

	if ((rc = ev_seg_read(fd, (char *)p, EV_ENTRY, i * EV_ENTRY, &got, e)) != EV_OK)
		return rc;
	if (got < EV_ENTRY)
		return EV_NO;
	ev_entry_get(p, en);
	return EV_OK;
}

enum ev_code
ev_idx_count(int fd, uint64_t *n, struct ev_entry *sealed, struct ev_err *e)
{
	struct ev_entry last;
	enum ev_code rc;

	*sealed = (struct ev_entry){ 0 };
	if ((rc = ev_seg_size(fd, n, e)) != EV_OK)
		return rc;
	*n /= EV_ENTRY;
	if (*n == 0)
		return EV_OK;
	rc = ev_idx_get(fd, *n - 1, &last, e);
	if (rc == EV_OK && last.seq == EV_TRAILER) {
		*sealed = last;
		--*n;
	}
	return rc == EV_NO ? EV_OK : rc;
}

static int64_t
key_of(const struct ev_entry *en, enum ev_idx_key key)
{
	const int64_t keys[] = { (int64_t)en->seq, (int64_t)en->byte, en->ms };

	return keys[key];
}

enum ev_code
ev_idx_find(
    int fd, enum ev_idx_key key, int64_t v, uint64_t *i, struct ev_entry *en, struct ev_err *e)
{
	uint64_t low = 0, high;
	struct ev_entry found = { 0 }, probe;
	enum ev_code rc;

	if (fd < 0)
		return EV_NO;
	if ((rc = ev_idx_count(fd, &high, &probe, e)) != EV_OK)
		return rc;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if ((rc = ev_idx_get(fd, middle, &probe, e)) != EV_OK)
			return rc; /* a cut behind our back: no index then */
		if (key_of(&probe, key) <= v) {
			found = probe;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0)
		return EV_NO;
	*i = low - 1;
	*en = found;
	return EV_OK;
}

enum ev_code
ev_idx_put(int fd, uint64_t i, const struct ev_entry *en, struct ev_err *e)
{
	unsigned char p[EV_ENTRY];

	ev_entry_put(p, en);
	return ev_seg_write(fd, p, EV_ENTRY, i * EV_ENTRY, e);
}

enum ev_code
ev_idx_cut(int fd, uint64_t n, struct ev_err *e)
{
	return ftruncate(fd, (off_t)(n * EV_ENTRY)) < 0 ? ev_fail_sys(e, "cannot cut an index")
							: EV_OK;
}
