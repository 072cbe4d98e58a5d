/* SPDX-License-Identifier: MIT */
#include "lake/chain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lake/catalog.h"
#include "lake/frame.h"
#include "lake/segment.h"

/* No line is longer: a transaction of the greatest number of segments takes a quarter of it. */
enum { TAIL = 4 << 20 };

/* Whether the transaction of this line happened: what it adds is there, what it removes is not. */
static enum ev_code
happened(struct ev_lake *l, const struct ev_chain_line *line, bool *yes, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	int64_t state;
	size_t i;

	*yes = true;
	for (i = 0; *yes && i < line->adds; i++) {
		if ((rc = ev_catalog_state(l->catalog, line->add[i].ulid, &state, e)) != EV_OK)
			return rc;
		*yes = state == EV_LIVE || state == EV_DEAD;
	}
	for (i = 0; *yes && i < line->removes; i++) {
		if ((rc = ev_catalog_state(l->catalog, line->remove[i], &state, e)) != EV_OK)
			return rc;
		*yes = state == EV_DEAD || state < 0;
	}
	return rc;
}

/* The last line of text, which ends with an LF or is empty. */
static struct ev_slice
last_line(struct ev_slice text)
{
	const char *lf = text.n > 1 ? memrchr(text.p, '\n', text.n - 1) : NULL;
	size_t from = lf != NULL ? (size_t)(lf - text.p) + 1 : 0;

	return (struct ev_slice){ text.p + from, text.n - from };
}

/* Cuts from text what must not count, at most one line and a torn end; what is left ends the chain.
 */
static enum ev_code
find_end(struct ev_chain *c, struct ev_lake *l, struct ev_slice *text, struct ev_err *e)
{
	const char *lf = text->n > 0 ? memrchr(text->p, '\n', text->n) : NULL;
	struct ev_chain_line line;
	bool yes = false;
	enum ev_code rc;
	int tries;

	text->n = lf != NULL ? (size_t)(lf - text->p) + 1 : 0;
	memcpy(c->prev, l->root, sizeof(c->prev));
	for (tries = 0; text->n > 0; tries++) {
		struct ev_slice last = last_line(*text);

		rc = ev_chain_parse(
		    (struct ev_slice){ last.p, last.n - 1 }, &line, tries > 0 ? e : NULL);
		if (rc == EV_OK)
			rc = happened(l, &line, &yes, e);
		else if (tries > 0)
			return rc;
		c->seq = line.seq;
		ev_chain_fini(&line);
		if (rc == EV_OK && yes)
			return ev_sha256(last, c->prev, e);
		if (tries > 0)
			return rc != EV_OK
			    ? rc
			    : ev_fail(e, EV_SYS,
				  "chain.ndjson: the catalog does not know transaction %" PRId64,
				  c->seq);
		text->n -= last.n;
		c->seq = 0;
	}
	return EV_OK;
}

static enum ev_code
load_end(struct ev_chain *c, struct ev_lake *l, struct ev_buf *b, struct ev_err *e)
{
	struct ev_slice text;
	struct stat st;
	uint64_t from, size;
	enum ev_code rc;
	int64_t known;

	if (fstat(c->fd, &st) < 0)
		return ev_fail_sys(e, "chain.ndjson");
	size = (uint64_t)st.st_size;
	from = size > TAIL ? size - TAIL : 0;
	if ((rc = ev_buf_reserve(b, (size_t)(size - from), e)) != EV_OK ||
	    (rc = ev_pread_all(c->fd, b->p, (size_t)(size - from), from, e)) != EV_OK)
		return rc;
	text = (struct ev_slice){ b->p, (size_t)(size - from) };
	if ((rc = find_end(c, l, &text, e)) != EV_OK ||
	    (rc = ev_catalog_seq(l->catalog, &known, e)) != EV_OK)
		return rc;
	if (known > c->seq)
		return ev_fail(e, EV_SYS,
		    "chain.ndjson ends with transaction %" PRId64 ", the catalog knows %" PRId64
		    ": the chain was cut",
		    c->seq, known);
	c->size = from + text.n;
	if (c->size < size && (ftruncate(c->fd, (off_t)c->size) < 0 || fsync(c->fd) < 0))
		return ev_fail_sys(e, "cannot cut chain.ndjson");
	return EV_OK;
}

enum ev_code
ev_chain_open(struct ev_chain *c, struct ev_lake *l, struct ev_err *e)
{
	struct ev_buf b = EV_BUF(TAIL + 1);
	enum ev_code rc;

	*c = (struct ev_chain){ .fd =
				    openat(l->dir, "chain.ndjson", O_RDWR | O_APPEND | O_CLOEXEC) };
	if (c->fd < 0)
		return ev_fail_sys(e, "cannot open chain.ndjson");
	rc = load_end(c, l, &b, e);
	ev_buf_fini(&b);
	if (rc != EV_OK)
		ev_chain_close(c);
	return rc;
}

enum ev_code
ev_chain_add(struct ev_chain *c, const char *why, struct ev_chain_file *add, size_t adds,
    int64_t *seq, struct ev_err *e)
{
	struct ev_chain_line line = { .seq = c->seq + 1, .add = add, .adds = adds };
	struct ev_buf text = EV_BUF(TAIL);
	enum ev_code rc;

	memcpy(line.prev, c->prev, sizeof(line.prev));
	memcpy(line.why, why, strlen(why) + 1);
	if ((rc = ev_chain_print(&line, &text, e)) == EV_OK) {
		rc = ev_write_all(c->fd, text.p, text.n, NULL);
		if (rc != EV_OK)
			rc = ev_fail_sys(e, "cannot write chain.ndjson");
		else if (fsync(c->fd) < 0)
			rc = ev_fail_sys(e, "cannot sync chain.ndjson");
		/*
		 * a torn line is cut by the next writer; here only not to leave it where that is
		 * easy
		 */
		if (rc != EV_OK && ftruncate(c->fd, (off_t)c->size) < 0)
			ev_fail_sys(e, "cannot cut chain.ndjson");
	}
	ev_buf_fini(&text);
	*seq = line.seq;
	return rc;
}

void
ev_chain_close(struct ev_chain *c)
{
	if (c->fd > 0)
		close(c->fd);
	c->fd = -1;
}
