/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/sig.h"
#include "base/time.h"
#include "tap.h"

/* A limit that no test comes near. */
#define LATER (ev_mono() + 60 * (uint64_t)1000000000)

static char text[1 << 16];

/* The file's contents as a string; "(none)" when there is no such file. */
static const char *
contents(const char *path)
{
	struct ev_buf b = EV_BUF(sizeof(text) - 1);

	if (ev_file_read(AT_FDCWD, path, &b, NULL) != EV_OK)
		return "(none)";
	memcpy(text, ev_buf_str(&b), b.n + 1);
	ev_buf_fini(&b);
	return text;
}

static enum ev_code
start(struct ev_child *c, const char *script, const char *const *env, bool take_err, bool answers)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct ev_child_args a = {
		.argv = argv, .env = env, .take_err = take_err, .answers = answers
	};
	struct ev_err e = { 0 };
	enum ev_code rc = ev_child_start(c, &a, &e);

	if (rc != EV_OK)
		printf("# %s\n", e.text);
	return rc;
}

/* Runs the script with that stdin to its end; its status as of waitpid, -1 for none. */
static int
run(const char *script, struct ev_slice in, struct ev_child_tail *tail)
{
	struct ev_child_talk t = { .bytes = in, .end = true, .deadline = LATER, .err = tail };
	struct ev_err e = { 0 };
	struct ev_child c;

	if (start(&c, script, NULL, tail != NULL, false) != EV_OK ||
	    ev_child_talk(&c, &t, &e) != EV_OK)
		return -1;
	ok(c.pid == 0 && c.in == -1 && c.err == -1 && c.fd == -1);
	return t.status;
}

static int
status_of(int code)
{
	return code << 8; /* as waitpid tells it */
}

static void
a_verdict_follows_from_the_status(void)
{
	static const struct {
		int status;
		enum ev_verdict verdict;
	} want[] = {
		{ 0, EV_DONE },
		{ 1, EV_POISON },
		{ 2, EV_BROKEN },
		{ 3, EV_DONE },
		{ 4, EV_POISON },
		{ 5, EV_HALT },
		{ 6, EV_TRANSIENT },
		{ 7, EV_POISON },
		{ 64, EV_POISON },
		{ 125, EV_POISON },
		{ 126, EV_BROKEN },
		{ 127, EV_BROKEN },
		{ 128, EV_TRANSIENT },
		{ 137, EV_TRANSIENT },
		{ 255, EV_TRANSIENT },
	};
	char how[EV_CHILD_HOW], script[32];
	int status;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		snprintf(script, sizeof(script), "exit %d", want[i].status);
		status = run(script, EV_LIT(""), NULL);
		snprintf(text, sizeof(text), "ended with status %d", want[i].status);
		ev_child_how(how, status);
		is_str(how, text);
		ok_as(ev_child_verdict(status) == want[i].verdict,
		    "and its verdict is that of the table");
	}
	status = run("kill -9 $$", EV_LIT(""), NULL);
	ev_child_how(how, status);
	is_str(how, "was killed by signal 9 (Killed)");
	ok_as(ev_child_verdict(status) == EV_TRANSIENT, "death by a signal is transient");
}

static void
it_gets_its_stdin(void)
{
	struct ev_buf big = EV_BUF(1 << 24);
	size_t i;

	ok(run("cat >in", EV_LIT("{\"id\":1}\n{\"id\":2}\n"), NULL) == 0);
	is_str(contents("in"), "{\"id\":1}\n{\"id\":2}\n");
	ok(run("cat >in", EV_LIT(""), NULL) == 0);
	is_str(contents("in"), "");
	for (i = 0; i < 300000; i++)
		if (ev_buf_addf(&big, NULL, "%zu\n", i) != EV_OK)
			break;
	ok_as(run("cat >in; wc -l <in >n", ev_buf_view(&big), NULL) == 0, "megabytes reach it");
	ok(atoi(contents("n")) == 300000);
	ev_buf_fini(&big);
}

static void
no_line_is_too_long(void)
{
	struct ev_buf big = EV_BUF(1 << 24);

	ok(ev_buf_reserve(&big, 1 << 20, NULL) == EV_OK);
	memset(big.p, 'x', 1 << 20);
	big.n = 1 << 20;
	ok(ev_buf_add(&big, "\nshort\n", 7, NULL) == EV_OK);
	ok(run("tr -d x >in", ev_buf_view(&big), NULL) == 0);
	is_str(contents("in"), "\nshort\n");
	ev_buf_fini(&big);
}

static void
one_that_does_not_read_is_judged_by_its_status(void)
{
	struct ev_buf big = EV_BUF(1 << 24);

	ok(ev_buf_reserve(&big, 1 << 22, NULL) == EV_OK);
	memset(big.p, '\n', 1 << 22);
	big.n = 1 << 22;
	ok(run("exit 0", ev_buf_view(&big), NULL) == 0);
	ok(run("head -n 1 >/dev/null", ev_buf_view(&big), NULL) == 0);
	ok(run("exec <&-; exit 4", ev_buf_view(&big), NULL) == status_of(4));
	ev_buf_fini(&big);
}

/* Our own stderr goes to a file meanwhile. */
static int
aside(const char *path)
{
	int saved = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	dup2(fd, STDERR_FILENO);
	close(fd);
	return saved;
}

static void
back(int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void
the_end_of_its_stderr_is_kept_and_all_is_passed_on(void)
{
	static struct ev_child_tail tail;
	struct ev_buf big = EV_BUF(1 << 24);
	int saved = aside("err"), status;
	struct stat st;

	status = run("echo one >&2; echo two >&2", EV_LIT(""), &tail);
	back(saved);
	ok(status == 0);
	is_slice(((struct ev_slice){ tail.p, tail.n }), "one\ntwo\n");
	is_str(contents("err"), "one\ntwo\n");

	tail.n = 0;
	ok(ev_buf_reserve(&big, 1 << 20, NULL) == EV_OK);
	memset(big.p, '\n', 1 << 20);
	big.n = 1 << 20;
	saved = aside("err");
	status = run("i=0; while [ $i -lt 2000 ]; do echo 0123456789012345678901234567890123456789 "
		     "$i >&2; i=$((i + 1)); done; cat >/dev/null; echo last >&2",
	    ev_buf_view(&big), &tail);
	back(saved);
	ok_as(status == 0, "one that floods stderr before it reads does not hang");
	ok(tail.n == sizeof(tail.p));
	ok(memcmp(tail.p + tail.n - 10, " 1999\nlast", 10) != 0);
	ok(memcmp(tail.p + tail.n - 11, " 1999\nlast\n", 11) == 0);
	ok(stat("err", &st) == 0 && st.st_size > 65000);
	ev_buf_fini(&big);
}

static void
it_has_the_environment_and_a_few_more(void)
{
	static const char *const env[] = { "EVHUB_BATCH", "s 0 17", "HOME", "/new", NULL };
	struct ev_child_talk t = { .end = true, .deadline = LATER };
	struct ev_err e = { 0 };
	struct ev_child c;

	setenv("HOME", "/old", 1);
	setenv("KEPT", "yes", 1);
	setenv("EVHUB_ACK", "77", 1);
	ok(start(&c,
	       "echo \"$EVHUB_BATCH|$HOME|$KEPT|${EVHUB_ACK-unset}\" >env; env | grep -c ^HOME= >n",
	       env, false, false) == EV_OK);
	ok(ev_child_talk(&c, &t, &e) == EV_OK);
	is_str(contents("env"), "s 0 17|/new|yes|unset\n");
	is_str(contents("n"), "1\n");
	unsetenv("EVHUB_ACK");
}

static void
it_answers_on_a_descriptor(void)
{
	struct ev_buf said = EV_BUF(1 << 20);
	struct ev_child_talk t = {
		.bytes = EV_LIT("a\n\n"), .wait = true, .deadline = LATER, .answers = &said
	};
	struct ev_err e = { 0 };
	struct ev_child c;

	ok(start(&c,
	       "n=0; while read -r x; do [ -n \"$x\" ] || echo ok $((n += 1)) >&$EVHUB_ACK; done; "
	       "echo bye >&$EVHUB_ACK",
	       NULL, false, true) == EV_OK);
	while (said.n < 5 && ev_child_talk(&c, &t, &e) == EV_NO && ev_mono() < t.deadline)
		;
	is_slice(ev_buf_view(&said), "ok 1\n");
	ok_as(c.pid != 0, "and lives on");
	ev_buf_clear(&said);
	t.bytes = EV_LIT("b\n\n\n");
	while (said.n < 10 && ev_child_talk(&c, &t, &e) == EV_NO && ev_mono() < t.deadline)
		;
	is_slice(ev_buf_view(&said), "ok 2\nok 3\n");
	ev_buf_clear(&said);
	t.end = true;
	while (ev_child_talk(&c, &t, &e) == EV_NO && ev_mono() < t.deadline)
		;
	ok(c.pid == 0 && t.status == 0);
	is_slice(ev_buf_view(&said), "bye\n");
	ev_buf_fini(&said);
}

static void
its_death_is_told(void)
{
	struct ev_buf said = EV_BUF(1 << 20);
	struct ev_child_talk t = { .wait = true, .deadline = LATER, .answers = &said };
	struct ev_err e = { 0 };
	struct ev_child c;
	enum ev_code rc;

	ok(start(&c, "echo ok 0 >&$EVHUB_ACK; exit 6", NULL, false, true) == EV_OK);
	do
		rc = ev_child_talk(&c, &t, &e);
	while (rc == EV_NO && ev_mono() < t.deadline);
	ok(rc == EV_PIPE);
	ok(c.pid == 0 && t.status == status_of(6));
	is_slice(ev_buf_view(&said), "ok 0\n");
	ev_buf_fini(&said);

	t = (struct ev_child_talk){ .bytes = EV_LIT("x\n"), .deadline = LATER };
	ok(start(&c, "exec <&-; read x <fifo", NULL, false, false) == EV_OK);
	do /* until it has closed it, the pipe has room */
		t.bytes = EV_LIT("x\n");
	while ((rc = ev_child_talk(&c, &t, &e)) == EV_OK && ev_mono() < t.deadline);
	ok_as(rc == EV_PIPE && c.in == -1, "a closed stdin is told");
	ev_child_end(&c, 5000);
	ok(c.pid == 0);
}

static void
a_deadline_is_kept(void)
{
	struct ev_child_talk t = { .end = true, .deadline = ev_mono() };
	struct ev_err e = { 0 };
	struct ev_child c;
	enum ev_code rc;
	int saved;

	ok(mkfifo("never", 0600) == 0);
	ok(start(&c, "read x <never", NULL, false, false) == EV_OK);
	ok(ev_child_talk(&c, &t, &e) == EV_NO);
	ok(c.pid != 0);
	ev_child_end(&c, 5000);
	ok(c.pid == 0 && c.in == -1);
	ev_child_end(&c, 5000);

	saved = aside("err");
	rc = start(&c, "while :; do echo chatter >&2; done", NULL, true, false);
	t = (struct ev_child_talk){ .end = true, .deadline = ev_mono() + 20000000 };
	if (rc == EV_OK)
		rc = ev_child_talk(&c, &t, &e);
	back(saved);
	ok_as(rc == EV_NO && c.pid != 0, "also by one that never stops talking");
	ev_child_end(&c, 5000);
	ok(c.pid == 0);
}

/* Whether a lock on the file is free, now or within a limit. */
static bool
becomes_free(const char *path)
{
	uint64_t limit = LATER;
	int fd = open(path, O_RDWR | O_CREAT, 0666);
	bool is;

	while (!(is = flock(fd, LOCK_EX | LOCK_NB) == 0) && ev_mono() < limit)
		usleep(1000);
	close(fd);
	return is;
}

static void
the_whole_group_ends(void)
{
	struct ev_child_talk t = { .wait = true, .deadline = LATER };
	struct ev_buf said = EV_BUF(1 << 20);
	struct ev_err e = { 0 };
	const char *const argv[] = { "sh", "-c",
		"trap '' TERM; (trap '' TERM; echo >&$EVHUB_ACK; read x <never) | cat & wait",
		NULL };
	int lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666), keep[] = { lock, -1 };
	struct ev_child_args a = { .argv = argv, .answers = true, .keep = keep };
	struct ev_child c;

	ok(flock(lock, LOCK_EX) == 0);
	t.answers = &said;
	ok(ev_child_start(&c, &a, &e) == EV_OK);
	ok(ev_child_talk(&c, &t, &e) == EV_NO);
	close(lock);
	lock = open("lock", O_RDWR | O_CLOEXEC);
	ok_as(flock(lock, LOCK_EX | LOCK_NB) != 0, "the lock is inherited");
	close(lock);
	ev_child_end(&c, 10);
	ok_as(becomes_free("lock"), "all that ignored SIGTERM is gone with its leader");
	ev_buf_fini(&said);
}

static void
our_descriptors_stay_ours(void)
{
	int lock = open("lock2", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	struct ev_child_talk t = { .end = true, .deadline = LATER };
	struct ev_err e = { 0 };
	struct ev_child c, other;

	ok(flock(lock, LOCK_EX) == 0);
	ok(start(&other, "cat >/dev/null", NULL, true, true) == EV_OK);
	ok(start(&c, "ls /proc/self/fd | tr '\\n' ' ' >fds", NULL, false, false) == EV_OK);
	ok(ev_child_talk(&c, &t, &e) == EV_OK);
	ok_as(
	    strcmp(contents("fds"), "0 1 2 3 ") == 0, "nothing but 0, 1, 2 and that of ls itself");
	t = (struct ev_child_talk){ .end = true, .deadline = LATER };
	ok_as(ev_child_talk(&other, &t, &e) == EV_OK && t.status == 0,
	    "so that the end of our side is the end of a pipe");
	close(lock);
}

static void
what_cannot_be_run_is_a_mistake(void)
{
	const char *const argv[] = { "no-such-command", NULL }, *const dir[] = { "./folder", NULL };
	struct ev_child_args a = { .argv = argv, .take_err = true, .answers = true };
	struct ev_err e = { 0 };
	struct ev_child c;

	ok(ev_child_start(&c, &a, &e) == EV_USAGE);
	is_str(e.text, "cannot run 'no-such-command': No such file or directory");
	ok(c.pid == 0 && c.in == -1 && c.err == -1 && c.ack == -1);
	ev_child_end(&c, 0);
	ok(mkdir("folder", 0777) == 0);
	a.argv = dir;
	e = (struct ev_err){ 0 };
	ok(ev_child_start(&c, &a, &e) == EV_USAGE);
	is_str(e.text, "cannot run './folder': Permission denied");
}

static void
signals_are_at_their_defaults(void)
{
	ok_as(WTERMSIG(run("kill -PIPE $$; exit 1", EV_LIT(""), NULL)) == SIGPIPE,
	    "SIGPIPE kills it");
	ok_as(WTERMSIG(run("kill -INT $$; exit 1", EV_LIT(""), NULL)) == SIGINT, "SIGINT kills it");
}

static void
nobody_takes_its_status(void)
{
	signal(SIGCHLD, SIG_IGN);
	ok_as(run("sh -c 'exit 4'", EV_LIT("x\n"), NULL) == status_of(4),
	    "not even where SIGCHLD was ignored");
}

static void
an_older_kernel_will_do(void)
{
	struct ev_child_talk t = { .bytes = EV_LIT("x\n"), .end = true, .deadline = LATER };
	struct ev_err e = { 0 };
	struct ev_child c;

	ok(start(&c, "cat >in; exit 7", NULL, true, false) == EV_OK);
	close(c.fd);
	c.fd = -1;
	ok(ev_child_talk(&c, &t, &e) == EV_OK && t.status == status_of(7));
	is_str(contents("in"), "x\n");
	ok(start(&c, "trap '' TERM; read x <never", NULL, false, false) == EV_OK);
	close(c.fd);
	c.fd = -1;
	ev_child_end(&c, 20);
	ok(c.pid == 0);
}

/* What a process does with a stubborn command, and how it ends when it is signalled once and twice.
 */
static void
talker(const char *script)
{
	struct ev_child_talk t = { .end = true };
	struct ev_err e = { 0 };
	struct ev_child c;
	enum ev_code rc;

	if (ev_sig_init(&e) != EV_OK || start(&c, script, NULL, false, false) != EV_OK)
		_exit(10);
	do
		rc = ev_child_talk(&c, &t, &e);
	while (rc == EV_NO && c.pid != 0);
	_exit(rc == EV_OK && ev_sig_stop() != 0 ? 20 : 30);
}

static void
await(const char *path)
{
	uint64_t limit = LATER;

	while (access(path, F_OK) != 0 && ev_mono() < limit)
		usleep(1000);
}

static void
a_signal_lets_it_end_and_a_second_one_does_not(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		talker("flock lock3 sh -c '>up1; read x <gate; >done1'");
	ok(mkfifo("gate", 0600) == 0);
	await("up1");
	kill(pid, SIGTERM);
	usleep(1000);
	ok(close(open("gate", O_WRONLY)) == 0);
	ok(waitpid(pid, &status, 0) == pid);
	ok_as(WIFEXITED(status) && WEXITSTATUS(status) == 20, "the first signal lets it end");
	ok(access("done1", F_OK) == 0);

	pid = fork();
	if (pid == 0)
		talker("flock lock3 sh -c '>up2; read x <gate; >done2'");
	await("up2");
	kill(pid, SIGINT);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		usleep(1000);
		kill(pid, SIGINT);
	}
	ok_as(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "the second one ends us");
	ok_as(becomes_free("lock3"), "and the command");
	ok(access("done2", F_OK) != 0);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	setenv("PATH", "/usr/bin:/bin",
	    1);                       /* a folder there that may not be read changes what is said */
	closefrom(STDERR_FILENO + 1); /* what our caller left open */
	ok(mkfifo("fifo", 0600) == 0);
	a_verdict_follows_from_the_status();
	it_gets_its_stdin();
	no_line_is_too_long();
	one_that_does_not_read_is_judged_by_its_status();
	the_end_of_its_stderr_is_kept_and_all_is_passed_on();
	it_has_the_environment_and_a_few_more();
	it_answers_on_a_descriptor();
	its_death_is_told();
	a_deadline_is_kept();
	the_whole_group_ends();
	our_descriptors_stay_ours();
	what_cannot_be_run_is_a_mistake();
	signals_are_at_their_defaults();
	nobody_takes_its_status();
	an_older_kernel_will_do();
	a_signal_lets_it_end_and_a_second_one_does_not();
	return tap_done();
}
