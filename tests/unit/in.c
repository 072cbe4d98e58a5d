/* SPDX-License-Identifier: MIT */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sig.h"
#include "tap.h"

static void
put(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	ok(fd >= 0 && ev_write_all(fd, text, n, NULL) == EV_OK && close(fd) == 0);
}

/* All blocks of what names lists, each marked with a '^' where a file begins; also whether each
 * obeys the contract. */
static enum ev_code
slurp(struct ev_in *in, struct ev_buf *all, bool *good, struct ev_err *e)
{
	struct ev_slice block;
	enum ev_code rc;
	bool fresh, torn = false;
	unsigned sum = 0;

	*good = true;
	while ((rc = ev_in_block(in, &block, &fresh, e)) == EV_OK) {
		*good &= block.n > 0 && (!torn || fresh);
		torn = block.n == 0 || block.p[block.n - 1] != '\n';
		*good &= !torn || block.p[block.n] == '\n';
		for (size_t i = 0; i < EV_PAD; i++) /* a sanitizer watches */
			sum += (unsigned char)block.p[block.n + i];
		if ((fresh && ev_buf_addc(all, '^', NULL) != EV_OK) ||
		    ev_buf_adds(all, block, NULL) != EV_OK)
			return EV_SYS;
	}
	if (sum == 1)
		printf("#\n"); /* so that the sum is not for nothing */
	return rc;
}

static void
files_are_read_one_after_the_other(void)
{
	static const char *const names[] = { "in-a", "in-b", "in-empty", "in-c", NULL };
	struct ev_buf all = EV_BUF(1 << 20);
	struct ev_in in;
	bool good;

	put("in-a", "a1\na2", 5);
	put("in-b", "\n\r\nb", 4);
	put("in-empty", "", 0);
	put("in-c", "c\0c\n", 4);
	ev_in_init(&in, names, EV_MAX_LINE);
	ok(in.name == NULL);
	ok(slurp(&in, &all, &good, NULL) == EV_NO && good);
	ok_as(ev_slice_eq(ev_buf_view(&all), EV_LIT("^a1\na2^\n\r\nb^c\0c\n")),
	    "files are read whole and in order, no line spans two");
	ok(in.bytes == 13);
	ev_in_close(&in);
	ev_in_close(&in);
	ev_buf_fini(&all);
}

static void
places_in_the_file_are_known(void)
{
	static const char *const names[] = { "in-big", "in-a", NULL };
	char *text = malloc(5 * EV_BLOCK);
	size_t n = 5 * EV_BLOCK, at = 0, wrong = 0;
	struct ev_slice block;
	struct ev_in in;
	bool fresh;

	if (text == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		text[i] = i % 1000 == 999 ? '\n' : (char)('a' + i * i % 26);
	put("in-big", text, n);
	ev_in_init(&in, names, EV_MAX_LINE);
	while (ev_in_block(&in, &block, &fresh, NULL) == EV_OK) {
		if (fresh && at > 0)
			break;
		wrong += in.offset != at || memcmp(block.p, text + at, block.n) != 0;
		at += block.n;
	}
	ok(wrong == 0 && at == n);
	ok_as(fresh && in.offset == 0 && strcmp(in.name, "in-a") == 0, "the next file begins at 0");
	ev_in_close(&in);
	free(text);
}

static enum ev_code
read_line_of(size_t n, const char *end, size_t max, struct ev_err *e)
{
	static const char *const names[] = { "in-long", NULL };
	struct ev_buf all = EV_BUF(64 << 20);
	char *text = malloc(n + 16);
	enum ev_code rc = EV_SYS;
	struct ev_in in;
	bool good = false;

	if (text != NULL) {
		size_t m = strlen(end);

		memset(text, 'x', n);
		memcpy(text + n, end, m + 1);
		put("in-long", text, n + m);
		ev_in_init(&in, names, max);
		rc = slurp(&in, &all, &good, e);
		if (rc == EV_NO)
			good &= all.n == n + m + 1 && memcmp(all.p + 1, text, n + m) == 0;
		ev_in_close(&in);
	}
	free(text);
	ev_buf_fini(&all);
	return good ? rc : EV_SYS;
}

static void
long_lines_are_read_up_to_the_limit(void)
{
	static const size_t sizes[] = { EV_BLOCK - 1, EV_BLOCK, EV_BLOCK + 1, 2 * EV_BLOCK,
		2 * EV_BLOCK + 63, 1 << 20, (3 << 20) + 5 };
	struct ev_err e = { 0 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		ok(read_line_of(sizes[i], "\nshort\n", EV_MAX_LINE, NULL) == EV_NO);
		ok(read_line_of(sizes[i], "", EV_MAX_LINE, NULL) == EV_NO);
	}
	ok_as(read_line_of(1 << 20, "\n", 1 << 20, NULL) == EV_NO, "a line of the limit is read");
	ok_as(read_line_of(1 << 20, "\r\n", 1 << 20, NULL) == EV_NO, "its CR does not count");
	ok_as(read_line_of(1 << 20, "", 1 << 20, NULL) == EV_NO, "nor the end of the file");
	ok(read_line_of((1 << 20) + 2 * EV_BLOCK, "\n", 1 << 20, &e) == EV_DATA &&
	    e.code == EV_DATA);
	is_str(e.name, "in-long");
	is_str(e.text, "a line of more than 1048576 bytes at byte 0; raise --max-line to read it");
}

static void
what_cannot_be_read_is_named(void)
{
	static const char *const absent[] = { "in-absent", NULL }, *const folder[] = { ".", NULL };
	struct ev_slice block;
	struct ev_err e = { 0 };
	struct ev_in in;
	bool fresh;

	ev_in_init(&in, absent, EV_MAX_LINE);
	ok(ev_in_block(&in, &block, &fresh, &e) == EV_SYS && e.sys == ENOENT);
	is_str(e.text, "cannot open in-absent: No such file or directory");
	ev_in_close(&in);
	e = (struct ev_err){ 0 };
	ev_in_init(&in, folder, EV_MAX_LINE);
	ok(ev_in_block(&in, &block, &fresh, &e) == EV_USAGE);
	is_str(e.text, ". is a folder; a file of events was wanted");
	ev_in_close(&in);
}

/* A pipe as stdin, into which a child writes what write_it does. */
static pid_t
feed(void (*write_it)(int fd))
{
	int fd[2];
	pid_t child;

	if (pipe(fd) != 0 || (child = fork()) < 0)
		return -1;
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		close(fd[0]);
		write_it(fd[1]);
		_exit(0);
	}
	dup2(fd[0], STDIN_FILENO);
	close(fd[0]);
	close(fd[1]);
	return child;
}

static void
reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static const char dribbled[] = "one\ntwo\r\n\nthree four five\n\xc3\xa9\nlast";

static void
dribble(int fd)
{
	for (size_t i = 0; i < sizeof(dribbled) - 1; i++) {
		if (write(fd, dribbled + i, 1) != 1)
			_exit(1);
		usleep(1500);
	}
}

struct idler {
	unsigned calls;
	enum ev_code answer;
};

static enum ev_code
on_idle(void *arg, struct ev_err *e)
{
	struct idler *i = arg;

	i->calls++;
	return i->answer == EV_OK ? EV_OK : ev_fail(e, i->answer, "idle failed");
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
interrupt(bool on)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval every = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void
dribbled_input_is_read_past_signals(bool signals, bool nonblocking)
{
	struct ev_buf all = EV_BUF(1000);
	struct idler idler = { 0, EV_OK };
	pid_t child = feed(dribble);
	struct ev_in in;
	bool good;

	ev_in_init(&in, NULL, EV_MAX_LINE);
	in.idle = on_idle;
	in.arg = &idler;
	if (nonblocking)
		ok(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) == 0);
	interrupt(signals);
	ok(slurp(&in, &all, &good, NULL) == EV_NO && good);
	interrupt(false);
	ok(all.n == sizeof(dribbled) && memcmp(all.p + 1, dribbled, sizeof(dribbled) - 1) == 0);
	ok_as(idler.calls > 3, "the idle hook is called before each wait");
	is_str(in.name, "stdin");
	ev_in_close(&in);
	ev_buf_fini(&all);
	reap(child);
}

static void
one_line_then_wait(int fd)
{
	if (write(fd, "line\nhalf", 9) == 9)
		usleep(300000);
}

static void
a_lone_line_is_handed_out_at_once(void)
{
	struct idler idler = { 0, EV_OK };
	pid_t child = feed(one_line_then_wait);
	struct ev_err e = { 0 };
	struct ev_slice block;
	struct ev_in in;
	bool fresh;

	ev_in_init(&in, NULL, EV_MAX_LINE);
	in.idle = on_idle;
	in.arg = &idler;
	ok(ev_in_block(&in, &block, &fresh, NULL) == EV_OK && fresh);
	is_slice(block, "line\n");
	idler.answer = EV_PIPE;
	ok_as(ev_in_block(&in, &block, &fresh, &e) == EV_PIPE && e.code == EV_PIPE && !fresh,
	    "a failed idle hook ends the reading");
	ev_in_close(&in);
	kill(child, SIGKILL);
	reap(child);
}

static void
naps_call_the_idle_hook(void)
{
	struct idler idler = { 0, EV_OK };
	pid_t child = feed(one_line_then_wait);
	struct ev_slice block;
	struct ev_in in;
	bool fresh;

	ev_in_init(&in, NULL, EV_MAX_LINE);
	in.idle = on_idle;
	in.arg = &idler;
	in.nap = 10;
	ok(ev_in_block(&in, &block, &fresh, NULL) == EV_OK);
	idler.calls = 0;
	ok(ev_in_block(&in, &block, &fresh, NULL) == EV_OK);
	is_slice(block, "half");
	ok_as(idler.calls >= 2, "a wait is interrupted by naps");
	ev_in_close(&in);
	reap(child);
}

static void
what_was_not_used_is_given_back(void)
{
	int fd = open("in-rest", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct ev_slice block;
	struct ev_in in;
	char got[32] = "";
	bool fresh;

	ok(fd >= 0 && write(fd, "1\n2\n3\nrest", 10) == 10 && lseek(fd, 2, SEEK_SET) == 2 &&
	    dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	ev_in_init(&in, NULL, EV_MAX_LINE);
	ok(ev_in_block(&in, &block, &fresh, NULL) == EV_OK);
	is_slice(block, "2\n3\n");
	ev_in_unread(&in, (struct ev_slice){ block.p + 2, 2 });
	ev_in_close(&in);
	ok(read(STDIN_FILENO, got, sizeof(got)) == 6 && memcmp(got, "3\nrest", 6) == 0);
	close(fd);
}

/* The last, as the flag stays up. */
static void
a_signal_stops_the_reading(void)
{
	pid_t child = feed(one_line_then_wait), self = getpid(), killer;
	struct ev_slice block;
	struct ev_in in;
	bool fresh;

	ok(ev_sig_init(NULL) == EV_OK);
	ev_in_init(&in, NULL, EV_MAX_LINE);
	ok(ev_in_block(&in, &block, &fresh, NULL) == EV_OK);
	killer = fork();
	if (killer == 0) {
		usleep(20000);
		kill(self, SIGUSR1);
		usleep(20000);
		kill(self, SIGTERM);
		_exit(0);
	}
	ok_as(ev_in_block(&in, &block, &fresh, NULL) == EV_NO && ev_sig_stop() == SIGTERM,
	    "SIGTERM ends the wait");
	ok(ev_sig_stats() && !ev_sig_stats());
	ev_sig_reloads();
	raise(SIGHUP);
	ok_as(ev_sig_reload() && !ev_sig_reload() && ev_sig_stop() == SIGTERM,
	    "SIGHUP asks to reload where that was said");
	ok(ev_in_block(&in, &block, &fresh, NULL) == EV_NO);
	ev_in_close(&in);
	kill(child, SIGKILL);
	reap(child);
	reap(killer);
}

int
main(void)
{
	files_are_read_one_after_the_other();
	places_in_the_file_are_known();
	long_lines_are_read_up_to_the_limit();
	what_cannot_be_read_is_named();
	dribbled_input_is_read_past_signals(false, false);
	dribbled_input_is_read_past_signals(true, false);
	dribbled_input_is_read_past_signals(true, true);
	a_lone_line_is_handed_out_at_once();
	naps_call_the_idle_hook();
	what_was_not_used_is_given_back();
	a_signal_stops_the_reading();
	return tap_done();
}
