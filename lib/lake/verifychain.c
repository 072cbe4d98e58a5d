/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "lake/chain.h"
#include "lake/grow.h"
#include "lake/segment.h"
#include "lake/verify.h"

enum { MAX_CHAIN = 1 << 30 };

/* What the chain says of a ULID that is not among the live ones. */
struct gone {
	char ulid[27];
	int64_t seq; /* of the line that added it */
};

struct chain {
	struct ev_verifier *v;
	const struct ev_seg **live; /* owned array, sorted by ULID */
	bool *proved;               /* owned; by live: a line adds it */
	size_t n;
	struct gone *gone; /* owned; added and not removed by any line so far */
	size_t gones, cap;
	int64_t seq, upto; /* the last line's; the catalog's */
	bool files;
};

static int
by_ulid(const void *a, const void *b)
{
	return strcmp(
	    (*(const struct ev_seg *const *)a)->ulid, (*(const struct ev_seg *const *)b)->ulid);
}

static size_t
find_live(const struct chain *c, const char *ulid)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(c->live[mid]->ulid, ulid) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n && strcmp(c->live[lo]->ulid, ulid) == 0 ? lo : c->n;
}

static enum ev_code
check_sha(struct chain *c, const struct ev_seg *row, const char *sha256, struct ev_err *e)
{
	int fd = openat(c->v->lake.dir, row->path, O_RDONLY | O_CLOEXEC);
	struct ev_err why = { 0 };
	struct ev_sums sums;
	enum ev_code rc;

	if (fd < 0)
		return ev_verify_failed(
		    c->v, row->path, ev_fail_sys(&why, "%s", row->path), &why, e);
	rc = ev_file_sums(fd, true, &sums, &why);
	close(fd);
	if (rc == EV_OK && strcmp(sums.sha256, sha256) != 0)
		ev_verify_report(c->v, row->path, "its SHA-256 is not that in the chain");
	return ev_verify_failed(c->v, row->path, rc, &why, e);
}

static enum ev_code
added(struct chain *c, const struct ev_chain_line *line, const struct ev_chain_file *file,
    struct ev_err *e)
{
	size_t i = find_live(c, file->ulid);

	if (i < c->n) {
		c->proved[i] = true;
		if (c->live[i]->seq != line->seq)
			ev_verify_report(c->v, c->live[i]->path,
			    "the chain adds it as %" PRId64 ", the catalog as %" PRId64, line->seq,
			    c->live[i]->seq);
		return c->files ? check_sha(c, c->live[i], file->sha256, e) : EV_OK;
	}
	if (c->gones == c->cap) {
		struct gone *v = ev_grow(c->gone, &c->cap, sizeof(*v), e);

		if (v == NULL)
			return EV_SYS;
		c->gone = v;
	}
	memcpy(c->gone[c->gones].ulid, file->ulid, sizeof(file->ulid));
	c->gone[c->gones++].seq = line->seq;
	return EV_OK;
}

static void
removed(struct chain *c, const char *ulid)
{
	size_t i;

	if (find_live(c, ulid) < c->n)
		ev_verify_report(
		    c->v, "chain.ndjson", "%s is removed, and live in the catalog", ulid);
	for (i = 0; i < c->gones && strcmp(c->gone[i].ulid, ulid) != 0; i++)
		;
	if (i < c->gones)
		c->gone[i] = c->gone[--c->gones];
}

/*
 * One line of the chain. Those beyond the catalog's moment were written since, or were never
 * finished.
 */
static enum ev_code
check_line(struct chain *c, const struct ev_chain_line *line, const char *prev, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	if (strcmp(line->prev, prev) != 0)
		ev_verify_report(c->v, "chain.ndjson",
		    "transaction %" PRId64 " does not follow from what stands before it",
		    line->seq);
	if (line->seq != c->seq + 1)
		ev_verify_report(c->v, "chain.ndjson",
		    "transaction %" PRId64 " comes after %" PRId64, line->seq, c->seq);
	if (strcmp(line->why, "put") != 0)
		ev_verify_report(c->v, "chain.ndjson",
		    "transaction %" PRId64 " has an unknown reason", line->seq);
	c->seq = line->seq;
	if (line->seq > c->upto)
		return EV_OK;
	for (size_t i = 0; rc == EV_OK && i < line->adds; i++)
		rc = added(c, line, &line->add[i], e);
	for (size_t i = 0; i < line->removes; i++)
		removed(c, line->remove[i]);
	return rc;
}

static enum ev_code
check_lines(struct chain *c, struct ev_slice text, struct ev_err *e)
{
	struct ev_err why = { 0 };
	struct ev_chain_line line;
	char prev[65];
	enum ev_code rc = EV_OK;

	memcpy(prev, c->v->lake.root, sizeof(prev));
	while (rc == EV_OK && text.n > 0) {
		const char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf != NULL ? (size_t)(lf - text.p) : text.n;

		if (lf == NULL) {
			ev_verify_report(c->v, "chain.ndjson", "the last line has no end");
			break;
		}
		rc = ev_chain_parse((struct ev_slice){ text.p, n }, &line, &why);
		if (rc == EV_OK)
			rc = check_line(c, &line, prev, e);
		else
			rc = ev_verify_failed(c->v, "chain.ndjson", rc, &why, e);
		ev_chain_fini(&line);
		if (rc == EV_OK)
			rc = ev_sha256((struct ev_slice){ text.p, n + 1 }, prev, e);
		text.p += n + 1;
		text.n -= n + 1;
	}
	return rc;
}

static void
check_rest(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->proved[i])
			ev_verify_report(
			    c->v, c->live[i]->path, "no transaction of the chain adds it");
	for (size_t i = 0; i < c->gones; i++)
		ev_verify_report(c->v, "chain.ndjson",
		    "%s, added by transaction %" PRId64 ", is gone and no transaction removed it",
		    c->gone[i].ulid, c->gone[i].seq);
	if (c->seq < c->upto)
		ev_verify_report(c->v, "chain.ndjson",
		    "it ends with transaction %" PRId64 ", the catalog knows %" PRId64, c->seq,
		    c->upto);
}

enum ev_code
ev_verify_chain(
    struct ev_verifier *v, const struct ev_segs *live, int64_t seq, bool files, struct ev_err *e)
{
	struct chain c = { .v = v, .n = live->n, .upto = seq, .files = files };
	struct ev_buf text = EV_BUF(MAX_CHAIN);
	struct ev_err why = { 0 };
	enum ev_code rc;

	c.live = calloc(live->n + 1, sizeof(struct ev_seg *));
	c.proved = calloc(live->n + 1, sizeof(*c.proved));
	if (c.live == NULL || c.proved == NULL) {
		rc = ev_fail_mem(e);
	} else if ((rc = ev_file_read(v->lake.dir, "chain.ndjson", &text, &why)) != EV_OK) {
		rc = ev_verify_failed(v, "chain.ndjson", rc, &why, e);
	} else {
		for (size_t i = 0; i < live->n; i++)
			c.live[i] = &live->v[i];
		if (c.n > 1)
			qsort(c.live, c.n, sizeof(struct ev_seg *), by_ulid);
		if ((rc = check_lines(&c, ev_buf_view(&text), e)) == EV_OK)
			check_rest(&c);
	}
	ev_buf_fini(&text);
	free(c.live);
	free(c.proved);
	free(c.gone);
	return rc;
}
