/* SPDX-License-Identifier: MIT */
/*
 * A writer and readers of one shard, to be killed in the middle of their work:
 *
 *	streamer append DIR RUN   four batches of eight lines, a sync after every second one
 *	streamer read DIR         what a reader gets
 *	streamer consume DIR      the same as group g, with a commit after every fifth line
 *	streamer position DIR     of the group g
 *	streamer reboot DIR       HEAD of another boot
 *	streamer verify DIR
 *
 * Lines go to stdout as "NUMBER LINE", those of append once they are acknowledged. Ends with a code
 * of enum ev_code.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream/head.h"
#include "stream/stream.h"

enum { BATCHES = 4, PER = 8, COMMIT = 5 };

/* In one write, so that what was shown was shown whole. */
static void
show(uint64_t seq, const char *line, size_t n)
{
	char out[256];
	int len = snprintf(out, sizeof(out), "%" PRIu64 " %.*s\n", seq, (int)n, line);

	if (write(STDOUT_FILENO, out, (size_t)len) != len)
		exit(99);
}

static enum ev_code
append_batches(struct ev_append *a, const char *run, struct ev_err *e)
{
	char lines[BATCHES][PER][64], text[PER * 64];
	uint64_t first[BATCHES];
	int shown = 0;
	enum ev_code rc;

	for (int b = 0; b < BATCHES; b++) {
		size_t n = 0;

		for (int i = 0; i < PER; i++) {
			snprintf(lines[b][i], 64, "{\"run\":\"%s\",\"batch\":%d,\"line\":%d}", run,
			    b, i);
			n += (size_t)sprintf(text + n, "%s\n", lines[b][i]);
		}
		rc = ev_append_lines(a, (struct ev_slice){ text, n }, PER, &first[b], e);
		if (rc != EV_OK)
			return rc;
		if (b % 2 == 0)
			continue;
		if ((rc = ev_append_sync(a, e)) != EV_OK)
			return rc;
		for (; shown <= b; shown++)
			for (int i = 0; i < PER; i++)
				show(first[shown] + (uint64_t)i, lines[shown][i],
				    strlen(lines[shown][i]));
	}
	return EV_OK;
}

static enum ev_code
append(const char *dir, const char *run, struct ev_err *e)
{
	struct ev_stream s;
	struct ev_append a;
	enum ev_code rc =
	    ev_stream_open(&s, dir, "segment=1K&index=256&retention=6K&sync=batch", true, e);

	if (rc != EV_OK)
		return rc;
	if ((rc = ev_append_open(&a, &s, 0, e)) == EV_OK) {
		rc = append_batches(&a, run, e);
		ev_append_close(&a);
	}
	ev_stream_close(&s);
	return rc;
}

/* Shows a block; g: commits, NULL: does not. */
static enum ev_code
take(struct ev_slice block, uint64_t seq, struct ev_group *g, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (block.n > 0 && rc == EV_OK) {
		size_t n = (size_t)((const char *)memchr(block.p, '\n', block.n) - block.p);

		show(seq++, block.p, n);
		block.p += n + 1;
		block.n -= n + 1;
		if (g != NULL && (seq % COMMIT == 0 || block.n == 0))
			rc = ev_group_commit(g, seq, e);
	}
	return rc;
}

static enum ev_code
read_shard(struct ev_stream *s, struct ev_group *g, struct ev_err *e)
{
	bool known = g != NULL && g->known;
	struct ev_cursor c;
	struct ev_slice block;
	uint64_t first;
	enum ev_code rc = ev_cursor_open(&c, s, 0, known ? EV_FROM_SEQ : EV_FROM_EARLIEST,
	    known ? g->next : 0, INT64_MIN, false, e);

	if (rc != EV_OK)
		return rc;
	while ((rc = ev_cursor_next(&c, &block, &first, e)) == EV_OK &&
	    (rc = take(block, first, g, e)) == EV_OK)
		;
	ev_cursor_close(&c);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
consume(struct ev_stream *s, struct ev_err *e)
{
	struct ev_group g;
	int64_t owner;
	enum ev_code rc = ev_group_open(&g, s, "g", 0, &owner, e);

	if (rc != EV_OK)
		return rc;
	rc = read_shard(s, &g, e);
	ev_group_close(&g);
	return rc;
}

static enum ev_code
position(struct ev_stream *s, struct ev_err *e)
{
	uint64_t next;
	int64_t owner;
	enum ev_code rc = ev_group_look(s, "g", 0, &next, &owner, e);

	if (rc == EV_OK || rc == EV_NO)
		printf("%" PRIu64 "\n", rc == EV_OK ? next : 0);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
reboot(struct ev_stream *s, struct ev_err *e)
{
	int fd = openat(s->dir, "p0000/HEAD", O_RDWR);
	struct ev_head h;
	enum ev_code rc = ev_head_read(fd, &h, e);

	if (rc != EV_OK)
		return rc == EV_NO ? EV_OK : rc;
	h.gen++;
	memset(h.boot, 0x77, EV_BOOT);
	rc = ev_head_write(fd, &h, e);
	close(fd);
	return rc;
}

static void
report(void *arg, const char *place, const char *what)
{
	(void)arg;
	printf("%s: %s\n", place, what);
}

static enum ev_code
on_stream(const char *what, const char *dir, struct ev_err *e)
{
	uint64_t events, bytes;
	struct ev_stream s;
	enum ev_code rc = ev_stream_open(&s, dir, "", false, e);

	if (rc != EV_OK)
		return rc;
	if (strcmp(what, "read") == 0)
		rc = read_shard(&s, NULL, e);
	else if (strcmp(what, "consume") == 0)
		rc = consume(&s, e);
	else if (strcmp(what, "position") == 0)
		rc = position(&s, e);
	else if (strcmp(what, "reboot") == 0)
		rc = reboot(&s, e);
	else
		rc = ev_shard_verify(&s, 0, report, NULL, &events, &bytes, e);
	ev_stream_close(&s);
	return rc;
}

int
main(int argc, char **argv)
{
	struct ev_err e = { 0 };
	enum ev_code rc;

	if (argc == 4)
		rc = append(argv[2], argv[3], &e);
	else if (argc == 3)
		rc = on_stream(argv[1], argv[2], &e);
	else
		return 99;
	if (rc != EV_OK)
		fprintf(stderr, "streamer: %s\n", e.text);
	return (int)rc;
}
