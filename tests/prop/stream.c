/* SPDX-License-Identifier: MIT */
/*
 * Property: writers are killed at random moments, beside a reader, and now and then the power goes,
 * which leaves of what was not synced anything or nothing. What was acknowledged is read under its
 * number, what was read stays, no number is acknowledged twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "prop/prop.h"
#include "stream/head.h"
#include "stream/stream.h"
#include "tap.h"

enum { ROUNDS = 40, WRITERS = 3, MOST = 1 << 20 };
#define DIR "hub"

struct ack {
	uint64_t seq, hash; /* of a line */
};

static uint64_t acked[MOST], handed[MOST]; /* hashes by number; 0: not yet */
static uint64_t end;                       /* behind the greatest number */
static int wrong;

static void
must(int good, const struct ev_err *e)
{
	if (good)
		return;
	fprintf(stderr, "# %s\n", e != NULL ? e->text : strerror(errno));
	abort();
}

static void
blame(const char *what, uint64_t seq)
{
	if (wrong++ < 20)
		printf("# %s: number %" PRIu64 "\n", what, seq);
}

/* Appends until it is killed; acknowledgements, of one line each, go to fd. */
static void
write_on(int fd, uint64_t seed, int number)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	struct ack acks[256];
	char text[20 * 160];
	uint64_t first, i = 0;
	size_t waiting = 0;

	must(ev_stream_open(&s, DIR, "segment=16K&index=512", true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK,
	    &e);
	for (;;) {
		size_t n = 1 + prop_below(&seed, 20), len[20], at = 0;

		for (size_t k = 0; k < n; k++, i++) {
			len[k] = (size_t)sprintf(text + at,
			    "{\"writer\":%d,\"pid\":%d,\"i\":%" PRIu64 ",\"x\":\"%.*s\"}\n", number,
			    (int)getpid(), i, (int)prop_below(&seed, 60),
			    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
			at += len[k];
		}
		must(
		    ev_append_lines(&a, (struct ev_slice){ text, at }, n, &first, &e) == EV_OK, &e);
		at = 0;
		for (size_t k = 0; k < n; k++, waiting++) {
			acks[waiting] = (struct ack){ first + k, ev_xxh3(text + at, len[k]) };
			at += len[k];
		}
		if (waiting < 200 && prop_below(&seed, 3) != 0)
			continue;
		must(ev_append_sync(&a, &e) == EV_OK, &e);
		/* at most PIPE_BUF: whole or not at all */
		must(write(fd, acks, waiting * sizeof(*acks)) == (ssize_t)(waiting * sizeof(*acks)),
		    NULL);
		waiting = 0;
	}
}

static void
note(uint64_t *table, uint64_t seq, uint64_t hash, const char *what)
{
	must(seq < MOST, NULL);
	if (table[seq] != 0 && table[seq] != hash)
		blame(what, seq);
	table[seq] = hash;
	end = seq >= end ? seq + 1 : end;
}

/* What the reader has for us now. */
static uint64_t
read_on(struct ev_cursor *c)
{
	struct ev_err e = { 0 };
	struct ev_slice block;
	uint64_t first, n = 0;
	enum ev_code rc;

	while ((rc = ev_cursor_next(c, &block, &first, &e)) == EV_OK)
		while (block.n > 0) {
			size_t len =
			    (size_t)((const char *)memchr(block.p, '\n', block.n) - block.p) + 1;

			note(handed, first++, ev_xxh3(block.p, len), "read, and changed");
			block.p += len;
			block.n -= len;
			n++;
		}
	must(rc == EV_NO, &e);
	return n;
}

static void
open_cursor(struct ev_stream *s, struct ev_cursor *c)
{
	struct ev_err e = { 0 };

	must(ev_stream_open(s, DIR, "segment=16K&index=512", true, &e) == EV_OK &&
		ev_cursor_open(c, s, 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &e) == EV_OK,
	    &e);
}

static void
close_cursor(struct ev_stream *s, struct ev_cursor *c)
{
	ev_cursor_close(c);
	ev_stream_close(s);
}

/* Writers until `acks` of their lines were acknowledged, then none. */
static void
run_writers(uint64_t *r, size_t acks, struct ev_cursor *c)
{
	pid_t pid[WRITERS];
	struct ack got[256];
	size_t seen = 0;
	ssize_t n;
	int fd[2];

	must(pipe(fd) == 0, NULL);
	for (int i = 0; i < WRITERS; i++) {
		uint64_t seed = prop_next(r);

		fflush(stdout);
		pid[i] = fork();
		must(pid[i] >= 0, NULL);
		if (pid[i] == 0) {
			close(fd[0]);
			write_on(fd[1], seed, i);
		}
	}
	close(fd[1]);
	for (bool killed = false; (n = read(fd[0], got, sizeof(got))) > 0;) {
		must(n % (ssize_t)sizeof(*got) == 0, NULL);
		for (size_t i = 0; i < (size_t)n / sizeof(*got); i++, seen++)
			note(acked, got[i].seq, got[i].hash, "acknowledged twice");
		read_on(c);
		for (int i = 0; i < WRITERS && seen >= acks && !killed; i++)
			kill(pid[i], SIGKILL);
		killed |= seen >= acks;
	}
	close(fd[0]);
	for (int i = 0; i < WRITERS; i++)
		must(waitpid(pid[i], NULL, 0) == pid[i], NULL);
}

/* What a power cut does to a file beyond `kept` bytes: it may end anywhere, with zeros anywhere. */
static void
cut_power_of(uint64_t *r, const char *path, off_t kept)
{
	static const char zero[4096];
	int fd = open(path, O_RDWR);
	struct stat st;
	off_t size, hole;

	if (fd < 0)
		return;
	must(fstat(fd, &st) == 0, NULL);
	size = kept + (off_t)prop_below(r, (size_t)(st.st_size - kept + 1));
	hole = kept + (off_t)prop_below(r, (size_t)(size - kept + 1));
	must(ftruncate(fd, size) == 0, NULL);
	if (prop_below(r, 2) != 0 && size > hole) {
		size_t n = (size_t)(size - hole);

		n = n < sizeof(zero) ? n : sizeof(zero);
		must(pwrite(fd, zero, n, hole) == (ssize_t)n, NULL);
	}
	close(fd);
}

static void
cut_power(uint64_t *r)
{
	int fd = open(DIR "/p0000/HEAD", O_RDWR);
	struct ev_err e = { 0 };
	struct ev_head h;
	char path[128];

	must(fd >= 0 && ev_head_read(fd, &h, &e) == EV_OK, &e);
	snprintf(path, sizeof(path), DIR "/p0000/%020" PRIu64 ".ndjson", h.base);
	cut_power_of(r, path, (off_t)h.synced);
	snprintf(path, sizeof(path), DIR "/p0000/%020" PRIu64 ".idx", h.base);
	cut_power_of(r, path, 0);
	h.gen++;
	memset(h.boot, (int)prop_below(r, 256), EV_BOOT);
	must(ev_head_write(fd, &h, &e) == EV_OK, &e);
	close(fd);
	if (prop_below(r, 4) == 0)
		must(unlink(DIR "/p0000/HEAD") == 0, NULL);
}

static void
report(void *arg, const char *place, const char *what)
{
	(void)arg;
	printf("# %s: %s\n", place, what);
}

/* All that was acknowledged or handed out is read from the beginning, by somebody new. */
static void
check_all(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_cursor c;
	uint64_t n, events, bytes;

	open_cursor(&s, &c);
	n = read_on(&c);
	for (uint64_t i = 0; i < end; i++) {
		if (acked[i] != 0 && (i >= n || handed[i] != acked[i]))
			blame("acknowledged, and lost", i);
		else if (handed[i] != 0 && i >= n)
			blame("read, and lost", i);
	}
	if (ev_shard_verify(&s, 0, report, NULL, &events, &bytes, &e) != EV_OK || events < n)
		blame("verify", events);
	close_cursor(&s, &c);
}

int
main(int argc, char **argv)
{
	uint64_t r = prop_seed(argc, argv), lines = 0;
	struct ev_stream s;
	struct ev_cursor c;

	open_cursor(&s, &c);
	for (int round = 0; round < ROUNDS; round++) {
		run_writers(&r, prop_below(&r, 600), &c);
		if (prop_below(&r, 3) == 0) {
			close_cursor(&s, &c);
			cut_power(&r);
			check_all();
			open_cursor(&s, &c);
		} else if (prop_below(&r, 2) == 0) {
			check_all();
		}
	}
	close_cursor(&s, &c);
	check_all();
	for (uint64_t i = 0; i < end; i++)
		lines += acked[i] != 0;
	printf("# %" PRIu64 " numbers, %" PRIu64 " lines acknowledged\n", end, lines);
	ok_as(wrong == 0 && lines > 0, "nothing acknowledged is lost, nothing read changes");
	return tap_done();
}
