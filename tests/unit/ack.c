/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/ack.h"
#include "tap.h"

/* A stage: a process of its own with these. */
struct stage {
	char in, out; /* p: a pipe, s: a socket, f: a file, n: /dev/null */
	const char *names[3];
	bool effect, forced;
	int barriers, counted; /* passed to ev_ack_barrier; only counted, and then answered */
	const char *ack;       /* EVHUB_ACK; NULL: the descriptor of a file named answers */
};

static char said[1024];

static const char *
contents(const char *path)
{
	struct ev_buf b = EV_BUF(sizeof(said) - 1);

	if (ev_file_read(AT_FDCWD, path, &b, NULL) != EV_OK)
		return "(none)";
	memcpy(said, ev_buf_str(&b), b.n + 1);
	ev_buf_fini(&b);
	return said;
}

/* One of the two ends that a letter of struct stage stands for; the other one is left open. */
static int
open_end(char kind, int standard)
{
	int fd[2] = { -1, -1 };

	if (kind == 'p' && pipe(fd) == 0)
		return standard == STDIN_FILENO ? fd[0] : fd[1];
	if (kind == 's' && socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0)
		return fd[0];
	return kind == 'f' ? open("stdout", O_RDWR | O_CREAT | O_TRUNC, 0666)
			   : open("/dev/null", O_RDWR);
}

static void
set_up(const struct stage *s)
{
	int in = open_end(s->in, STDIN_FILENO), out = open_end(s->out, STDOUT_FILENO);
	int answers = open("answers", O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (in < 0 || out < 0 || answers < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(answers, 9) < 0)
		_exit(100);
	if (*(s->ack == NULL ? "9" : s->ack) == '\0')
		unsetenv("EVHUB_ACK");
	else
		setenv("EVHUB_ACK", s->ack == NULL ? "9" : s->ack, 1);
}

/* Its exit status: the code that it ended with, and 10 more where it does not answer. */
static int
play(const struct stage *s)
{
	char *names[3];
	struct ev_err e = { 0 };
	struct ev_out out;
	struct ev_ack a;
	enum ev_code rc;

	set_up(s);
	memcpy(names, s->names, sizeof(names));
	if (ev_out_open(&out, STDOUT_FILENO, "stdout", &e) != EV_OK)
		return 100;
	rc = ev_ack_init(&a, names, s->effect, s->forced, &e);
	if (rc != EV_OK)
		return (int)rc;
	if (getenv("EVHUB_ACK") != NULL ||
	    ((fcntl(9, F_GETFD) & FD_CLOEXEC) == 0) != (s->ack != NULL))
		return 101;
	for (int i = 0; i < s->barriers && rc == EV_OK; i++)
		rc = ev_ack_barrier(&a, &out, &e);
	a.barriers += (uint64_t)s->counted;
	if (ev_ack_due(&a) != (a.last && s->counted > 0))
		return 102;
	if (rc == EV_OK)
		rc = ev_ack_answer(&a, &e);
	if (rc == EV_OK && s->out != 'n') {
		/* its stdout is read back through a file */
		int fd = open("passed", O_WRONLY | O_CREAT | O_TRUNC, 0666);

		if (write(fd, out.buf, out.n) < 0)
			return 103;
	}
	return (int)rc + (a.last ? 0 : 10);
}

static int
run(const struct stage *s)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(play(s));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
a_stage_passes_barriers_on(void)
{
	ok_as(run(&(struct stage){ .in = 'p', .out = 'p', .barriers = 2 }) == 10,
	    "a pipe behind it: it passes barriers on");
	is_str(contents("passed"), "\n\n");
	is_str(contents("answers"), "");
	ok_as(run(&(struct stage){ .in = 's', .out = 's', .barriers = 1 }) == 10,
	    "sockets are pipes");
	is_str(contents("passed"), "\n");
}

static void
the_last_one_answers(void)
{
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .barriers = 2 }) == 0,
	    "a file behind it: it answers");
	is_str(contents("answers"), "ok 0\nok 1\nok 2\n");
	is_str(contents("passed"), "");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'n', .barriers = 1 }) == 0,
	    "a device behind it: it answers");
	is_str(contents("answers"), "ok 0\nok 1\n");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'p', .effect = true, .barriers = 1 }) == 0,
	    "one whose effects end here answers, a pipe or not");
	is_str(contents("answers"), "ok 0\nok 1\n");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'p', .forced = true, .barriers = 1 }) == 0,
	    "--ack: it answers");
	is_str(contents("answers"), "ok 0\nok 1\n");
	is_str(contents("passed"), "");
}

static void
answers_are_cumulative(void)
{
	ok(run(&(struct stage){ .in = 'p', .out = 'f', .barriers = 1, .counted = 3 }) == 0);
	is_str(contents("answers"), "ok 0\nok 1\nok 4\n");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f' }) == 0,
	    "nothing was read: nothing more is said");
	is_str(contents("answers"), "ok 0\n");
}

static void
where_there_are_no_barriers(void)
{
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .ack = "" }) == 10,
	    "no EVHUB_ACK: no barriers");
	ok_as(run(&(struct stage){ .in = 'f', .out = 'f' }) == 10, "stdin is a file: no barriers");
	is_str(contents("answers"), "");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .names = { "a" } }) == 10,
	    "stdin is not read: no barriers");
	is_str(contents("answers"), "");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .names = { "a", "-" } }) == 0,
	    "stdin among files: barriers");
}

static void
what_is_refused(void)
{
	static const char *const bad[] = { "x", "-1", "9x", " 9", "8", "99999999999", "0x9" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .ack = bad[i] }) == EV_USAGE,
		    bad[i]);
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .ack = "0" }) == EV_USAGE,
	    "a descriptor to read from");
	ok_as(run(&(struct stage){ .in = 'p', .out = 'f', .ack = "", .forced = true }) == EV_USAGE,
	    "--ack without EVHUB_ACK");
	ok_as(run(&(struct stage){ .in = 'f', .out = 'f', .forced = true }) == EV_USAGE,
	    "--ack without a pipe to read");
}

int
main(void)
{
	a_stage_passes_barriers_on();
	the_last_one_answers();
	answers_are_cumulative();
	where_there_are_no_barriers();
	what_is_refused();
	return tap_done();
}
