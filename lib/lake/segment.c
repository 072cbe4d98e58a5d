/* SPDX-License-Identifier: MIT */
#include "lake/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/bytes.h"

enum ev_code
ev_segment_section(
    const struct ev_segment *s, enum ev_section_no no, struct ev_buf *out, struct ev_err *e)
{
	static const char names[EV_SECTIONS][5] = { "BLKT", "TYPE", "IDTB", "META" };
	const struct ev_section *at = &s->evix.section[no];
	enum ev_code rc;

	ev_buf_clear(out);
	if ((rc = ev_buf_reserve(out, (size_t)at->len, e)) != EV_OK ||
	    (rc = ev_pread_all(s->fd, out->p, (size_t)at->len, at->off, e)) != EV_OK)
		return rc;
	out->n = (size_t)at->len;
	if (ev_xxh3(out->p, out->n) != at->xxh3)
		return ev_fail(
		    e, EV_SYS, "the index is damaged: the hash of %s differs", names[no]);
	return EV_OK;
}

/* The seek table at the end of the file tells where EVIX is. */
static enum ev_code
find_evix(struct ev_segment *s, struct ev_err *e)
{
	struct ev_buf b = EV_BUF(SIZE_MAX);
	char end[EV_SEEK_END];
	uint64_t table;
	size_t frames;
	enum ev_code rc;

	if (s->size < EV_SEEK_END)
		return ev_fail(e, EV_SYS, "%llu bytes are no segment", (unsigned long long)s->size);
	if ((rc = ev_pread_all(s->fd, end, sizeof(end), s->size - sizeof(end), e)) != EV_OK ||
	    (rc = ev_seek_size(end, &table, e)) != EV_OK)
		return rc;
	if (table > s->size)
		return ev_fail(e, EV_SYS, "the seek table is damaged: it is longer than the file");
	if ((rc = ev_buf_reserve(&b, (size_t)table, e)) == EV_OK &&
	    (rc = ev_pread_all(s->fd, b.p, (size_t)table, s->size - table, e)) == EV_OK) {
		b.n = (size_t)table;
		rc = ev_seek_read(ev_buf_view(&b), s->size, &s->evix, &frames, NULL, e);
	}
	ev_buf_fini(&b);
	return rc;
}

static enum ev_code
read_footer(struct ev_segment *s, struct ev_err *e)
{
	char head[EV_EVIX_HEAD];
	size_t n;
	enum ev_code rc;

	if ((rc = find_evix(s, e)) != EV_OK)
		return rc;
	n = s->evix.len < sizeof(head) ? (size_t)s->evix.len : sizeof(head);
	if ((rc = ev_pread_all(s->fd, head, n, s->evix.off, e)) != EV_OK ||
	    (rc = ev_evix_read((struct ev_slice){ head, n }, &s->evix, e)) != EV_OK)
		return rc;
	for (int i = 0; i < EV_SECTIONS; i++)
		if (i != EV_IDTB &&
		    (rc = ev_segment_section(s, (enum ev_section_no)i, &s->bytes[i], e)) != EV_OK)
			return rc;
	if ((rc = ev_blkt_read(ev_buf_view(&s->bytes[EV_BLKT]), &s->evix, &s->index, e)) != EV_OK)
		return rc;
	s->ids =
	    (struct ev_ids){ s->fd, s->evix.section[EV_IDTB].off, s->evix.section[EV_IDTB].len };
	return ev_type_read(ev_buf_view(&s->bytes[EV_TYPE_SECTION]), &s->index, e);
}

/* Puts the path in front of the reason. */
static enum ev_code
at_path(enum ev_code rc, const char *path, const struct ev_err *why, struct ev_err *e)
{
	ev_fail(e, rc, "%s: %s", path, why->text);
	return rc;
}

enum ev_code
ev_segment_take(struct ev_segment *s, int fd, const char *path, struct ev_err *e)
{
	struct ev_err why = { 0 };
	struct stat st;
	enum ev_code rc;

	*s = (struct ev_segment){ .fd = fd };
	for (int i = 0; i < EV_SECTIONS; i++)
		s->bytes[i].max = UINT32_MAX;
	if (fstat(fd, &st) < 0) {
		rc = ev_fail_sys(&why, "fstat");
	} else {
		s->size = (uint64_t)st.st_size;
		rc = read_footer(s, &why);
	}
	if (rc == EV_OK)
		return EV_OK;
	ev_segment_close(s);
	return at_path(rc, path, &why, e);
}

enum ev_code
ev_segment_open(struct ev_segment *s, int dir, const char *path, struct ev_err *e)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	*s = (struct ev_segment){ .fd = -1 };
	return fd < 0 ? ev_fail_sys(e, "open %s", path) : ev_segment_take(s, fd, path, e);
}

void
ev_segment_close(struct ev_segment *s)
{
	if (s->fd > 0)
		close(s->fd);
	s->fd = -1;
	ev_index_fini(&s->index);
	for (int i = 0; i < EV_SECTIONS; i++)
		ev_buf_fini(&s->bytes[i]);
}
