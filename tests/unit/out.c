/* SPDX-License-Identifier: MIT */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int alarms;

static void
on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Interrupts whatever waits, every millisecond. */
static void
interrupt(bool on)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval every = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* A child that reads the pipe slowly and ends with 0 when it got want bytes, each that of its
 * place. */
static pid_t
slow_reader(int fd[2], size_t want, size_t piece)
{
	pid_t child = fork();
	size_t at = 0;
	char b[4096];
	ssize_t n;

	if (child != 0)
		return child;
	close(fd[1]);
	while ((n = read(fd[0], b, piece)) > 0) {
		for (ssize_t i = 0; i < n; i++, at++)
			if (b[i] != (char)(at * 7 + at / 251))
				_exit(1);
		if (at % 65536 < piece)
			usleep(2000);
	}
	_exit(at != want);
}

static void
pattern(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 7 + i / 251);
}

static bool
ended_well(pid_t child)
{
	int status = 1;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

static char big[3 * EV_BLOCK + 17];

static void
all_arrives_past_signals_and_short_writes(bool nonblocking)
{
	struct ev_out o;
	size_t at = 0, piece = 1;
	pid_t child;
	int fd[2];
	bool good = true;

	alarms = 0;
	ok(pipe(fd) == 0);
	child = slow_reader(fd, sizeof(big), 1024);
	close(fd[0]);
	ok(ev_out_open(&o, fd[1], "pipe", NULL) == EV_OK);
	(void)fcntl(fd[1], F_SETPIPE_SZ, 4096);
	if (nonblocking)
		ok(fcntl(fd[1], F_SETFL, O_NONBLOCK) == 0);
	interrupt(true);
	for (; at < sizeof(big) && good; at += piece, piece = piece * 5 % (2 * EV_BLOCK)) {
		piece = sizeof(big) - at < piece ? sizeof(big) - at : piece;
		good = ev_out_add(&o, (struct ev_slice){ big + at, piece }, NULL) == EV_OK;
	}
	ok(good && ev_out_close(&o, false, NULL) == EV_OK && o.bytes == sizeof(big));
	interrupt(false);
	close(fd[1]);
	ok(ended_well(child));
	ok_as(alarms > 0, "signals came in between");
}

static void
write_all_writes_all(void)
{
	pid_t child;
	int fd[2];

	ok(pipe(fd) == 0);
	child = slow_reader(fd, sizeof(big), 4096);
	close(fd[0]);
	interrupt(true);
	ok(ev_write_all(fd[1], big, sizeof(big), NULL) == EV_OK);
	interrupt(false);
	close(fd[1]);
	ok(ended_well(child));
}

/* What the pipe holds now. */
static size_t
waiting(int fd, char *p, size_t max)
{
	ssize_t n;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	n = read(fd, p, max);
	return n < 0 ? 0 : (size_t)n;
}

static void
nothing_is_written_before_a_flush_or_a_block(void)
{
	char got[256] = "";
	struct ev_out o;
	int fd[2];

	ok(pipe(fd) == 0 && ev_out_open(&o, fd[1], "pipe", NULL) == EV_OK);
	ok(ev_out_line(&o, EV_LIT("one"), NULL) == EV_OK &&
	    ev_out_add(&o, EV_LIT("two"), NULL) == EV_OK);
	ok(ev_out_line(&o, EV_LIT(""), NULL) == EV_OK && ev_out_add(&o, EV_LIT(""), NULL) == EV_OK);
	ok(waiting(fd[0], got, sizeof(got)) == 0 && o.bytes == 0);
	ok(ev_out_flush(&o, NULL) == EV_OK && o.bytes == 8);
	ok(waiting(fd[0], got, sizeof(got)) == 8 && memcmp(got, "one\ntwo\n", 8) == 0);
	ok_as(ev_out_flush(&o, NULL) == EV_OK && waiting(fd[0], got, sizeof(got)) == 0,
	    "an empty flush writes nothing");
	ok(ev_out_add(&o, EV_LIT("dropped"), NULL) == EV_OK &&
	    ev_out_close(&o, true, NULL) == EV_OK);
	ok(waiting(fd[0], got, sizeof(got)) == 0);
	ok_as(ev_out_close(&o, false, NULL) == EV_OK, "close may come twice");
	close(fd[0]);
	close(fd[1]);
}

/* Lines whose LF falls before, on and behind the border of the block. */
static void
lines_at_the_border_of_a_block_are_whole(void)
{
	char path[] = "out-XXXXXX", *back;
	int fd = mkstemp(path);
	size_t at = 0;
	bool good = true;
	struct ev_out o;

	ok(fd >= 0 && ev_out_open(&o, fd, path, NULL) == EV_OK);
	for (size_t n = EV_BLOCK - 3; n <= EV_BLOCK + 3 && good; n++) {
		good = ev_out_line(&o, (struct ev_slice){ big, n }, NULL) == EV_OK &&
		    ev_out_line(&o, EV_LIT("x"), NULL) == EV_OK;
		at += n + 3;
	}
	ok(good && ev_out_close(&o, false, NULL) == EV_OK && o.bytes == at);
	back = malloc(at);
	ok(back != NULL && pread(fd, back, at, 0) == (ssize_t)at);
	at = 0;
	for (size_t n = EV_BLOCK - 3; n <= EV_BLOCK + 3 && good && back != NULL; n++, at += 3) {
		good = memcmp(back + at, big, n) == 0 && memcmp(back + at + n, "\nx\n", 3) == 0;
		at += n;
	}
	ok(good);
	free(back);
	close(fd);
	unlink(path);
}

static void
a_full_disk_is_an_error(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct ev_err e = { 0 };
	struct ev_out o;

	if (fd < 0) {
		printf("# no /dev/full here\n");
		return;
	}
	ok(ev_write_all(fd, "x", 1, &e) == EV_SYS && e.sys == ENOSPC);
	e = (struct ev_err){ 0 };
	ok(ev_out_open(&o, fd, "full", &e) == EV_OK && ev_out_line(&o, EV_LIT("x"), &e) == EV_OK);
	ok(ev_out_flush(&o, &e) == EV_SYS && e.sys == ENOSPC && o.bytes == 0);
	is_str(e.name, "full");
	is_str(e.text, "write: No space left on device");
	ok_as(ev_out_close(&o, false, &e) == EV_SYS && o.buf == NULL,
	    "close tells it again, and frees");
	ok(ev_out_open(&o, fd, "full", NULL) == EV_OK);
	ok(ev_out_add(&o, (struct ev_slice){ big, sizeof(big) }, NULL) == EV_SYS);
	ok_as(ev_out_close(&o, true, NULL) == EV_OK, "what is dropped fails no more");
	close(fd);
}

static void
a_reader_that_is_gone_is_told_apart(void)
{
	struct ev_err e = { 0 };
	struct ev_out o;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	ok(pipe(fd) == 0 && close(fd[0]) == 0 && ev_out_open(&o, fd[1], "pipe", NULL) == EV_OK);
	ok(ev_out_line(&o, EV_LIT("x"), NULL) == EV_OK && ev_out_flush(&o, &e) == EV_PIPE &&
	    e.code == EV_PIPE);
	ok(ev_out_close(&o, true, NULL) == EV_OK);
	close(fd[1]);
}

int
main(void)
{
	pattern(big, sizeof(big));
	all_arrives_past_signals_and_short_writes(false);
	all_arrives_past_signals_and_short_writes(true);
	write_all_writes_all();
	nothing_is_written_before_a_flush_or_a_block();
	lines_at_the_border_of_a_block_are_whole();
	a_full_disk_is_an_error();
	a_reader_that_is_gone_is_told_apart();
	return tap_done();
}
