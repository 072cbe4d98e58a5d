/* SPDX-License-Identifier: MIT */
#include "stream/mend.h"

#include <stdlib.h>

#include "base/io.h"
#include "stream/segment.h"

/* Fetches the entry that is next to be met. */
static enum ev_code
fetch(struct ev_mend *m, struct ev_err *e)
{
	enum ev_code rc = m->idx >= 0 ? ev_idx_get(m->idx, m->entries, &m->old, e) : EV_NO;

	m->own |= rc == EV_NO || m->old.byte >= m->size;
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
keep(struct ev_mend *m, const struct ev_entry *en, struct ev_err *e)
{
	m->last = *en;
	m->ms = en->ms;
	m->entries++;
	if (m->own)
		return EV_OK;
	m->kept++;
	return fetch(m, e);
}

/* A line begins at m->end. Where an entry is due there must be one. */
static enum ev_code
mark(struct ev_mend *m, struct ev_err *e)
{
	struct ev_entry en = { m->seq, m->end, m->now > m->ms ? m->now : m->ms };
	bool due = m->entries == 0 || m->end - m->last.byte >= m->index;
	enum ev_code rc;

	if (!m->own && m->old.byte == m->end && m->old.seq == m->seq && m->old.ms >= m->ms)
		return keep(m, &m->old, e);
	if (!due && (m->own || m->old.byte > m->end))
		return EV_OK;
	m->wrong |= !m->own;
	m->own = true;
	if (!due)
		return EV_OK;
	if (!m->readonly && (rc = ev_idx_put(m->idx, m->entries, &en, e)) != EV_OK)
		return rc;
	return keep(m, &en, e);
}

/* The lines that end in the n bytes at p, which are those from byte `at` on. */
static enum ev_code
walk(struct ev_mend *m, const char *p, size_t n, uint64_t at, struct ev_err *e)
{
	const char *from = p, *lf;
	enum ev_code rc;

	while ((lf = memchr(from, '\n', n - (size_t)(from - p))) != NULL) {
		if ((rc = mark(m, e)) != EV_OK)
			return rc;
		m->seq++;
		m->end = at + (uint64_t)(lf + 1 - p);
		from = lf + 1;
		if (from == p + n)
			break;
	}
	return EV_OK;
}

static enum ev_code
write_again(struct ev_mend *m, const char *p, size_t n, uint64_t at, struct ev_err *e)
{
	size_t skip = m->rewrite <= at ? 0 : n;

	if (m->rewrite > at && m->rewrite - at < n)
		skip = (size_t)(m->rewrite - at);
	return ev_seg_write(m->seg, p + skip, n - skip, at + skip, e);
}

enum ev_code
ev_mend_run(struct ev_mend *m, uint64_t size, struct ev_err *e)
{
	char *buf = malloc(EV_BLOCK);
	const char *nul = NULL;
	enum ev_code rc;
	size_t got = 0;

	m->size = size;
	rc = buf != NULL ? fetch(m, e) : ev_fail_mem(e);
	if (rc == EV_OK && m->entries > 0 &&
	    (rc = ev_idx_get(m->idx, m->entries - 1, &m->last, e)) == EV_NO)
		rc = ev_fail(e, EV_SYS, "an index was cut while it was read");
	for (uint64_t at = m->end; rc == EV_OK && at < size && nul == NULL; at += got) {
		rc = ev_seg_read(m->seg, buf, size - at < EV_BLOCK ? (size_t)(size - at) : EV_BLOCK,
		    at, &got, e);
		if (rc != EV_OK || got == 0)
			break;
		nul = memchr(buf, '\0', got);
		got = nul != NULL ? (size_t)(nul - buf) : got;
		rc = write_again(m, buf, got, at, e);
		if (rc == EV_OK)
			rc = walk(m, buf, got, at, e);
	}
	free(buf);
	if (rc == EV_OK && m->idx >= 0 && !m->readonly)
		rc = ev_idx_cut(m->idx, m->entries, e);
	return rc;
}
