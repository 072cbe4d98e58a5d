/* SPDX-License-Identifier: MIT */
/* Streams in the working folder, for tests: text in, text out. A failure of the test itself aborts.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "stream/head.h"
#include "stream/slot.h"
#include "stream/stream.h"

#define BUF EV_BUF(1 << 28)

static inline void
must(int good, const struct ev_err *e)
{
	if (good)
		return;
	fprintf(stderr, "# %s\n", e != NULL ? e->text : "the test itself failed");
	abort();
}

/* printf at the end of b. */
static inline void __attribute__((format(printf, 2, 3)))
addf(struct ev_buf *b, const char *fmt, ...)
{
	struct ev_err e = { 0 };
	va_list ap;
	char *p;

	va_start(ap, fmt);
	must(vasprintf(&p, fmt, ap) >= 0, NULL);
	va_end(ap);
	must(ev_buf_add(b, p, strlen(p), &e) == EV_OK, &e);
	free(p);
}

/* Lines `{"n":from}` and following. */
static inline void
add_numbers(struct ev_buf *b, uint64_t from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		addf(b, "{\"n\":%llu}\n", (unsigned long long)(from + i));
}

/* The contents of a file; all of it replaces what b held. */
static inline void
slurp(const char *path, struct ev_buf *b)
{
	struct ev_err e = { 0 };

	ev_buf_clear(b);
	must(ev_file_read(AT_FDCWD, path, b, &e) == EV_OK, &e);
}

static inline void
spew(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	must(fd >= 0 && write(fd, p, n) == (ssize_t)n && close(fd) == 0, NULL);
}

/* n bytes at offset at. */
static inline void
poke(const char *path, const void *p, size_t n, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0666);

	must(fd >= 0 && pwrite(fd, p, n, at) == (ssize_t)n && close(fd) == 0, NULL);
}

static inline off_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Appends text, whole lines, and syncs. *first: of the first line. */
static inline enum ev_code
append_text(const char *dir, const char *options, uint32_t shard, struct ev_slice text,
    uint64_t *first, struct ev_err *e)
{
	struct ev_stream s;
	struct ev_append a;
	uint64_t lines = 0;
	enum ev_code rc = ev_stream_open(&s, dir, options, true, e);

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	if (rc != EV_OK)
		return rc;
	if ((rc = ev_append_open(&a, &s, shard, e)) == EV_OK) {
		if ((rc = ev_append_lines(&a, text, lines, first, e)) == EV_OK)
			rc = ev_append_sync(&a, e);
		ev_append_close(&a);
	}
	ev_stream_close(&s);
	return rc;
}

/* n numbered lines from `from` on, in batches; aborts when it cannot. */
static inline void
append_numbers(const char *dir, const char *options, uint64_t from, uint64_t n, uint64_t batch)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	struct ev_buf b = BUF;
	uint64_t first, part;

	must(ev_stream_open(&s, dir, options, true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK,
	    &e);
	for (; n > 0; n -= part, from += part) {
		part = n < batch ? n : batch;
		ev_buf_clear(&b);
		add_numbers(&b, from, part);
		must(ev_append_lines(&a, ev_buf_view(&b), part, &first, &e) == EV_OK, &e);
	}
	must(ev_append_sync(&a, &e) == EV_OK, &e);
	ev_append_close(&a);
	ev_stream_close(&s);
	ev_buf_fini(&b);
}

/* What a reader gets from there on, in out. *next: behind the last. */
static inline enum ev_code
read_from(const char *dir, uint32_t shard, enum ev_from from, uint64_t seq, int64_t since,
    bool unsynced, struct ev_buf *out, uint64_t *first, uint64_t *next, struct ev_err *e)
{
	struct ev_stream s;
	struct ev_cursor c;
	struct ev_slice block;
	uint64_t at;
	enum ev_code rc;

	ev_buf_clear(out);
	*first = *next = 0;
	must(ev_stream_open(&s, dir, "", false, e) == EV_OK, e);
	rc = ev_cursor_open(&c, &s, shard, from, seq, since, unsynced, e);
	if (rc == EV_OK) {
		*first = c.next;
		while ((rc = ev_cursor_next(&c, &block, &at, e)) == EV_OK)
			must(ev_buf_adds(out, block, e) == EV_OK, e);
		*next = c.next;
		ev_cursor_close(&c);
	}
	ev_stream_close(&s);
	return rc == EV_NO ? EV_OK : rc;
}

/* Whether a reader from the beginning gets exactly the numbered lines [0, n). */
static inline bool
holds_numbers(const char *dir, uint64_t n)
{
	struct ev_buf want = BUF, got = BUF;
	struct ev_err e = { 0 };
	uint64_t first, next;
	bool same;

	add_numbers(&want, 0, n);
	same = read_from(dir, 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &got, &first, &next, &e) ==
		EV_OK &&
	    first == 0 && next == n && got.n == want.n && (n == 0 || memcmp(got.p, want.p, n) == 0);
	if (!same)
		printf("# %s: %llu to %llu, %zu bytes: %s\n", dir, (unsigned long long)first,
		    (unsigned long long)next, got.n, e.text);
	ev_buf_fini(&want);
	ev_buf_fini(&got);
	return same;
}

/* HEAD as it counts. */
static inline enum ev_code
head_of(const char *dir, struct ev_head *h)
{
	struct ev_err e = { 0 };
	char path[256];
	enum ev_code rc;
	int fd;

	snprintf(path, sizeof(path), "%s/p0000/HEAD", dir);
	fd = open(path, O_RDONLY);
	rc = ev_head_read(fd, h, &e);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Makes HEAD one that counts, with this in it. */
static inline void
set_head(const char *dir, const struct ev_head *h)
{
	struct ev_err e = { 0 };
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/p0000/HEAD", dir);
	fd = open(path, O_RDWR | O_CREAT, 0666);
	must(fd >= 0 && ev_head_write(fd, h, &e) == EV_OK, &e);
	close(fd);
}

/* As after a reboot. */
static inline void
reboot(const char *dir)
{
	struct ev_head h;

	if (head_of(dir, &h) != EV_OK)
		return;
	h.gen++;
	memset(h.boot, 0x5a, EV_BOOT);
	set_head(dir, &h);
}

static inline void
keep_report(void *arg, const char *place, const char *what)
{
	addf(arg, "%s: %s\n", place, what);
}

/* What verify says of the first shard, in out. */
static inline enum ev_code
verify_text(const char *dir, struct ev_buf *out, uint64_t *events, uint64_t *bytes)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	enum ev_code rc;

	ev_buf_clear(out);
	must(ev_stream_open(&s, dir, "", false, &e) == EV_OK, &e);
	rc = ev_shard_verify(&s, 0, keep_report, out, events, bytes, &e);
	if (rc != EV_OK && rc != EV_NO)
		addf(out, "verify: %s\n", e.text);
	ev_stream_close(&s);
	return rc;
}

static inline bool
is_well(const char *dir)
{
	struct ev_buf said = BUF;
	uint64_t events, bytes;
	enum ev_code rc = verify_text(dir, &said, &events, &bytes);

	if (rc != EV_OK)
		printf("# %s: %s", dir, ev_buf_str(&said));
	ev_buf_fini(&said);
	return rc == EV_OK;
}

static inline void
remove_stream(const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	must(system(command) == 0, NULL);
}

#endif
