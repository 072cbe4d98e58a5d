/* SPDX-License-Identifier: MIT */
/*
 * stream append DIR OPTIONS BATCH EVENTS   appends, an ev_append_sync per batch
 * stream read DIR                          reads all of it
 * stream redis PORT BATCH EVENTS           the same appends as pipelines of XADD
 * stream cost DIR SIZE                     appends to a shard whose segment has SIZE bytes
 *
 * Each prints one figure: events per second, MB per second, or microseconds per append. Events are
 * synthetic and have 1,170 bytes with their LF.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "stream/head.h"
#include "stream/index.h"
#include "stream/slot.h"
#include "stream/stream.h"

enum { EVENT = 1170, OPENS = 50, APPENDS = 200 };

static void
must(int good, const struct ev_err *e)
{
	if (good)
		return;
	fprintf(stderr, "stream: %s\n", e->text);
	exit(5);
}

/* n events in one piece. */
static char *
make_events(size_t n)
{
	char *all = malloc(n * EVENT + 1);
	int head;

	for (size_t i = 0; all != NULL && i < n; i++) {
		char *at = all + i * EVENT;

		head = snprintf(at, EVENT,
		    "{\"id\":\"%020zu\",\"type\":\"order-submitted\","
		    "\"timestamp\":1700000000000,\"partitionKey\":\"o-%zu\","
		    "\"order\":{\"text\":\"",
		    i, i % 97);
		memset(at + head, 'a' + (char)(i % 26), EVENT - (size_t)head);
		memcpy(at + EVENT - 4, "\"}}\n", 4);
	}
	return all;
}

static double
since(uint64_t start)
{
	return (double)(ev_mono() - start) / 1e9;
}

static void
bench_append(const char *dir, const char *options, size_t batch, size_t events)
{
	char *lines = make_events(batch);
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	uint64_t first, start;

	must(ev_stream_open(&s, dir, options, true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK,
	    &e);
	start = ev_mono();
	for (size_t i = 0; i < events; i += batch) {
		must(ev_append_lines(
			 &a, (struct ev_slice){ lines, batch * EVENT }, batch, &first, &e) == EV_OK,
		    &e);
		must(ev_append_sync(&a, &e) == EV_OK, &e);
	}
	printf("%.0f\n", (double)events / since(start));
	ev_append_close(&a);
	ev_stream_close(&s);
	free(lines);
}

static void
bench_read(const char *dir)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_cursor c;
	struct ev_slice block;
	uint64_t first, start;
	enum ev_code rc;

	must(ev_stream_open(&s, dir, "", false, &e) == EV_OK &&
		ev_cursor_open(&c, &s, 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &e) == EV_OK,
	    &e);
	start = ev_mono();
	while ((rc = ev_cursor_next(&c, &block, &first, &e)) == EV_OK)
		;
	must(rc == EV_NO, &e);
	printf("%.0f\n", (double)c.bytes / since(start) / 1e6);
	ev_cursor_close(&c);
	ev_stream_close(&s);
}

static void
send_all(int fd, const char *p, size_t n)
{
	struct ev_err e = { 0 };

	must(ev_write_all(fd, p, n, &e) == EV_OK, &e);
}

/* Reads `replies` replies: each is a bulk string of two lines. */
static void
read_replies(int fd, size_t replies)
{
	static char buf[65536];
	size_t lines = 0;
	ssize_t n;

	while (lines < 2 * replies) {
		n = read(fd, buf, sizeof(buf));
		if (n <= 0 || (lines == 0 && buf[0] != '$')) {
			fprintf(stderr, "stream: redis answers %.*s\n", (int)(n > 0 ? n : 0), buf);
			exit(5);
		}
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	}
}

static void
bench_redis(int port, size_t batch, size_t events)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	char *lines = make_events(batch), *pipeline = malloc(batch * (EVENT + 100)), *p = pipeline;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t start;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		perror("stream: redis");
		exit(6);
	}
	for (size_t i = 0; i < batch; i++) {
		p += sprintf(
		    p, "*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$1\r\n*\r\n$1\r\ne\r\n$%d\r\n", EVENT - 1);
		memcpy(p, lines + i * EVENT, EVENT - 1);
		p += EVENT - 1;
		*p++ = '\r';
		*p++ = '\n';
	}
	start = ev_mono();
	for (size_t i = 0; i < events; i += batch) {
		send_all(fd, pipeline, (size_t)(p - pipeline));
		read_replies(fd, batch);
	}
	printf("%.0f\n", (double)events / since(start));
	close(fd);
	free(lines);
	free(pipeline);
}

/* A shard with a segment that has this size and hardly any bytes, as HEAD would describe it. */
static void
make_sparse(const char *dir, uint64_t size)
{
	struct ev_head h = { 1, 0, 1, size, size, 1, { 0 } };
	struct ev_entry en = { 0, 0, 1 };
	struct ev_err e = { 0 };
	struct ev_stream s;
	char path[4096];
	int fd;

	must(ev_stream_open(&s, dir, "segment=1T&index=64M&sync=batch", true, &e) == EV_OK, &e);
	ev_stream_close(&s);
	snprintf(path, sizeof(path), "%s/p0000/00000000000000000000.ndjson", dir);
	fd = open(path, O_RDWR | O_CREAT, 0666);
	must(
	    fd >= 0 && ftruncate(fd, (off_t)size) == 0 && pwrite(fd, "\n", 1, (off_t)size - 1) == 1,
	    &e);
	close(fd);
	snprintf(path, sizeof(path), "%s/p0000/00000000000000000000.idx", dir);
	fd = open(path, O_RDWR | O_CREAT, 0666);
	must(fd >= 0 && ev_idx_put(fd, 0, &en, &e) == EV_OK, &e);
	close(fd);
	snprintf(path, sizeof(path), "%s/p0000/HEAD", dir);
	fd = open(path, O_RDWR | O_CREAT, 0666);
	must(fd >= 0 && ev_boot_id(h.boot, &e) == EV_OK && ev_head_write(fd, &h, &e) == EV_OK, &e);
	close(fd);
}

/* Opens and appends, without syncs: the file system's share does not grow with the file. */
static void
bench_cost(const char *dir, uint64_t size)
{
	char *lines = make_events(1);
	struct ev_err e = { 0 };
	struct ev_stream s;
	uint64_t first, start;

	make_sparse(dir, size);
	must(ev_stream_open(&s, dir, "", false, &e) == EV_OK, &e);
	start = ev_mono();
	for (int i = 0; i < OPENS; i++) {
		struct ev_append a;

		must(ev_append_open(&a, &s, 0, &e) == EV_OK, &e);
		for (int k = 0; k < APPENDS; k++)
			must(ev_append_lines(
				 &a, (struct ev_slice){ lines, EVENT }, 1, &first, &e) == EV_OK,
			    &e);
		must(ev_append_sync(&a, &e) == EV_OK, &e);
		ev_append_close(&a);
	}
	printf("%.2f\n", since(start) * 1e6 / (OPENS * APPENDS));
	ev_stream_close(&s);
	free(lines);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "append") == 0 && argc == 6)
		bench_append(
		    argv[2], argv[3], strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
	else if (strcmp(what, "read") == 0 && argc == 3)
		bench_read(argv[2]);
	else if (strcmp(what, "redis") == 0 && argc == 5)
		bench_redis(atoi(argv[2]), strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	else if (strcmp(what, "cost") == 0 && argc == 4)
		bench_cost(argv[2], strtoull(argv[3], NULL, 10));
	else
		return 2;
	return fflush(stdout) != 0 ? 5 : 0;
}
