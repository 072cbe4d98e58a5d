/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"
#include "event/event.h"
#include "target/target.h"
#include "tap.h"

static char text[1 << 20];

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

static void
fill(const char *path, const char *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 || write(fd, bytes, strlen(bytes)) < 0 || close(fd) < 0)
		abort();
}

/* A target and a scanner for what is put there. */
struct place {
	struct ev_target t;
	struct ev_paths set;
	struct ev_scan scan;
	struct ev_err e;
};

static enum ev_code
open_place(struct place *p, const char *address)
{
	enum ev_code rc;

	*p = (struct place){ 0 };
	if (ev_event_paths(&p->set, &p->e) != EV_OK)
		abort();
	rc = ev_target_open(&p->t, address, &p->set, &p->e);
	if (ev_scan_init(&p->scan, &p->set, false, NULL, NULL) != EV_OK)
		abort();
	return rc;
}

static void
close_place(struct place *p)
{
	ev_target_close(&p->t);
	ev_scan_fini(&p->scan);
	ev_paths_fini(&p->set);
}

static enum ev_code
put(struct place *p, const char *line)
{
	static char padded[64 * 1024];
	struct ev_slice at = { padded, strlen(line) };
	unsigned long skipped;

	memset(padded, '\n', sizeof(padded));
	memcpy(padded, line, at.n);
	if (ev_scan_block(&p->scan, at, &p->e) != EV_OK || ev_scan_line(&p->scan, &at, &skipped, &p->e) != EV_OK)
		abort();
	return ev_target_put(&p->t, at, p->scan.val, &p->e);
}

/* The outcome of opening: "" or the message. */
static const char *
open_says(const char *address)
{
	static char said[300];
	struct place p;

	said[0] = '\0';
	if (open_place(&p, address) != EV_OK)
		snprintf(said, sizeof(said), "%d %s", p.e.code, p.e.text);
	close_place(&p);
	return said;
}

/* "scheme|rest|opts" */
static const char *
parsed(const char *address)
{
	static char out[256];
	struct ev_address a;
	struct ev_err e = { 0 };

	if (ev_address_parse(&a, address, &e) != EV_OK)
		snprintf(out, sizeof(out), "%d", e.code);
	else
		snprintf(out, sizeof(out), "%s|%s|%s", a.scheme->name, a.rest, a.opts);
	ev_address_fini(&a);
	return out;
}

static void
the_grammar(void)
{
	is_str(parsed("-"), "fd|-|");
	is_str(parsed("fd:3"), "fd|3|");
	is_str(parsed("a"), "file|a|");
	is_str(parsed("./a:b"), "file|./a:b|");
	is_str(parsed("file:a:b"), "file|a:b|");
	is_str(parsed("c:/tmp"), "file|c:/tmp|");
	is_str(parsed("2026-11-01T10:00"), "file|2026-11-01T10:00|");
	is_str(parsed("lakes:a"), "file|lakes:a|");
	is_str(parsed("File:a"), "file|File:a|");
	is_str(parsed("lake:a/b"), "lake|a/b|");
	is_str(parsed("null:"), "null||");
	is_str(parsed("-#a=b"), "fd|-|a=b");
	is_str(parsed("lake:x#a=b&c=d"), "lake|x|a=b&c=d");
	is_str(parsed("a%23b%23"), "file|a#b#|");
	is_str(parsed("a#b#c=1"), "file|a#b|c=1");
	is_str(parsed("a%2523%2"), "file|a%2523%2|");
	is_str(parsed(""), "2");
	is_str(parsed("#a=b"), "2");
	is_str(parsed("gopher://x"), "2");
	is_str(parsed("x://y"), "file|x://y|");
}

static void
options_of_an_address(void)
{
	const char *s = "a=b&c=&d=e=f";
	struct ev_slice k, v;

	ok(ev_opts_next(&s, &k, &v, NULL) == EV_OK);
	is_slice(k, "a");
	is_slice(v, "b");
	ok(ev_opts_next(&s, &k, &v, NULL) == EV_OK);
	is_slice(k, "c");
	is_slice(v, "");
	ok(ev_opts_next(&s, &k, &v, NULL) == EV_OK);
	is_slice(k, "d");
	is_slice(v, "e=f");
	ok(ev_opts_next(&s, &k, &v, NULL) == EV_NO);
	s = "=x";
	ok(ev_opts_next(&s, &k, &v, NULL) == EV_USAGE);
	s = "x&y=1";
	ok(ev_opts_next(&s, &k, &v, NULL) == EV_USAGE);
}

static void
bad_addresses_say_why(void)
{
	is_str(open_says("gopher://x"), "2 unknown scheme 'gopher://'; wanted '-', a path, exec:, fd:N, file:, lake:, null: or stream:");
	is_str(open_says("f#sync=no"),
	    "2 unknown option 'sync' of a file address, which has none (a '#' in a name is %23)");
	is_str(open_says("f#x"), "2 'x' behind the '#' of an address; wanted NAME=VALUE (a '#' in a name is %23)");
	is_str(open_says("lake:d#a=1"),
	    "2 unknown option 'a' of a lake address, which has none (a '#' in a name is %23)");
	is_str(open_says("null:x"), "2 'x' behind null:, which takes nothing");
	is_str(open_says("fd:x"), "2 the number of a descriptor was wanted");
	is_str(open_says("fd:"), "2 the number of a descriptor was wanted");
	is_str(open_says("fd:-1"), "2 the number of a descriptor was wanted");
	is_str(open_says("fd:99999999999999999999"), "2 the number of a descriptor was wanted");
	is_str(open_says("fd:777"), "2 it is not open");
	is_str(open_says("file:"), "2 a path was wanted");
	is_str(open_says("lake:"), "2 a folder was wanted");
	is_str(open_says("a/{type"), "2 '{type': a '{' without its '}'");
	is_str(open_says("a/{items[*].x}"), "2 '{items[*].x}' may be many values; a path without [*] was wanted");
	ok(strncmp(open_says("a/{}"), "2 path:", 7) == 0);
	is_str(open_says("missing/f"), "5 cannot open: No such file or directory");
	is_str(open_says("."), "5 cannot open: Is a directory");
	is_str(contents("f"), "(none)");
}

static void
a_check_touches_nothing(void)
{
	struct ev_paths set = { 0 };

	ok(ev_target_check("checked", &set, NULL) == EV_OK);
	ok(ev_target_check("lake:checked", &set, NULL) == EV_OK);
	ok(ev_target_check("{a.b}/x", &set, NULL) == EV_OK);
	ok(ev_target_check("{a.b/x", &set, NULL) == EV_USAGE);
	ok(access("checked", F_OK) < 0);
	ev_paths_fini(&set);
}

static void
lines_are_appended(void)
{
	struct place p;

	fill("plain", "{\"n\":0}\n");
	ok(open_place(&p, "plain") == EV_OK);
	ok(!p.t.wants);
	ok(put(&p, "{\"n\":1}") == EV_OK);
	ok(put(&p, "{\"n\":2}") == EV_OK);
	ok(p.t.events == 2 && p.t.durable == 0);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	ok(p.t.durable == 2);
	is_str(contents("plain"), "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
	ok(put(&p, "{\"n\":3}") == EV_OK);
	close_place(&p);
	ok_as(strlen(contents("plain")) == 24, "what was not synced is given up at close");
}

static void
names_come_from_the_event(void)
{
	struct place p;

	ok(open_place(&p, "out/{type}/{date}-{hour}.{order.id}.{key}") == EV_OK);
	ok(p.t.wants);
	ok(put(&p, "{\"id\":\"1\",\"type\":\"a/../b\",\"timestamp\":1793530800000,\"partitionKey\":\"\\u00fc k\",\"order\":"
		   "{\"id\":-1.5e+3}}") == EV_OK);
	ok(put(&p, "{\"id\":\"2\",\"type\":\"..\",\"timestamp\":-1,\"partitionKey\":\"x.y.\",\"order\":{\"id\":true}}") ==
	    EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	ok(access("out/a%2F..%2Fb/2026-11-01-11.-1.5e%2B3.%C3%BC%20k", F_OK) == 0);
	ok(access("out/%2E%2E/1969-12-31-23.true.x.y%2E", F_OK) == 0);
	close_place(&p);
}

static const char *
put_says(struct place *p, const char *line)
{
	p->e = (struct ev_err){ 0 };
	return put(p, line) == EV_DATA ? p->e.text : "(taken)";
}

static void
an_event_that_names_no_file_is_bad(void)
{
	char line[1000] = "{\"k\":\"";
	struct place p;

	ok(open_place(&p, "bad/{k}") == EV_OK);
	is_str(put_says(&p, "{}"), "k is missing; the destination's '{k}' wants a value");
	is_str(put_says(&p, "{\"k\":null}"), "k is null; the destination's '{k}' wants a value");
	is_str(put_says(&p, "{\"k\":[]}"), "k is an array; the destination's '{k}' wants a value");
	is_str(put_says(&p, "{\"k\":{}}"), "k is an object; the destination's '{k}' wants a value");
	is_str(put_says(&p, "{\"k\":\"\"}"), "k is empty; the destination's '{k}' wants a value");
	memset(line + 6, 'x', 300);
	memcpy(line + 306, "\"}", 3);
	is_str(put_says(&p, line), "k has 300 bytes, too many for the name of a file");
	memset(line + 6, ' ', 90);
	memcpy(line + 96, "\"}", 3);
	ok_as(strstr(put_says(&p, line), "is too long for the name of a file") != NULL, "270 bytes once encoded are too many");
	ok(put(&p, "{\"k\":\"\\u0000\"}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("bad/%00"), "{\"k\":\"\\u0000\"}\n");
	ok(p.t.events == 1);
	close_place(&p);
	ok(open_place(&p, "bad/{hour}") == EV_OK);
	is_str(put_says(&p, "{\"timestamp\":\"now\"}"), "no timestamp, which the destination's '{hour}' wants");
	close_place(&p);
}

static void
many_files_share_few_descriptors(void)
{
	char line[96], path[64];
	struct place p;
	int i, good = 0;

	ok(open_place(&p, "many/{k}") == EV_OK);
	for (i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "{\"k\":%d,\"n\":%d}", i % 1500, i);
		good += put(&p, line) == EV_OK;
	}
	ok_as(good == 3000, "1500 files, twice each");
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	close_place(&p);
	for (i = good = 0; i < 1500; i++) {
		snprintf(path, sizeof(path), "many/%d", i);
		snprintf(line, sizeof(line), "{\"k\":%d,\"n\":%d}\n{\"k\":%d,\"n\":%d}\n", i, i, i, i + 1500);
		good += strcmp(contents(path), line) == 0;
	}
	ok_as(good == 1500, "each holds its two lines in order");
}

static void
a_file_that_vanished_is_not_called_durable(void)
{
	char line[32];
	struct place p;
	int i;

	ok(open_place(&p, "gone/{k}") == EV_OK);
	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "{\"k\":%d}", i);
		if (put(&p, line) != EV_OK)
			abort();
	}
	ok(unlink("gone/0") == 0);
	ok(ev_target_sync(&p.t, &p.e) == EV_SYS);
	is_str(p.e.text, "gone/0 was removed or replaced before its lines were durable");
	close_place(&p);
}

/* Opens, puts {"n":1}, syncs. */
static uint64_t
add_one(const char *path)
{
	struct place p;
	uint64_t torn;

	if (open_place(&p, path) != EV_OK || put(&p, "{\"n\":1}") != EV_OK || ev_target_sync(&p.t, &p.e) != EV_OK)
		printf("# %s\n", p.e.text);
	torn = p.t.torn;
	close_place(&p);
	return torn;
}

static void
a_torn_last_line_is_moved(void)
{
	char *big = malloc(200001);

	fill("torn", "{\"a\":1}\n{\"b\":");
	ok(add_one("torn") == 5);
	is_str(contents("torn"), "{\"a\":1}\n{\"n\":1}\n");
	is_str(contents("torn.torn"), "{\"b\":\n");
	fill("torn", "x");
	ok(add_one("torn") == 1);
	is_str(contents("torn"), "{\"n\":1}\n");
	is_str(contents("torn.torn"), "{\"b\":\nx\n");
	fill("whole", "{\"a\":1}\n{\"b\":\"\\n\"}");
	ok(add_one("whole") == 0);
	is_str(contents("whole"), "{\"a\":1}\n{\"b\":\"\\n\"}\n{\"n\":1}\n");
	is_str(contents("whole.torn"), "(none)");
	fill("scalar", "17");
	ok_as(add_one("scalar") == 2, "a number may be half a number: it is moved");
	memset(big, 'y', 200000);
	memcpy(big, "{}\n", 3);
	big[200000] = '\0';
	fill("big", big);
	ok(add_one("big") == 199997);
	is_str(contents("big"), "{}\n{\"n\":1}\n");
	ok(strlen(contents("big.torn")) == 199998);
	free(big);
}

static void
a_torn_line_that_appears_later_is_moved_too(void)
{
	struct place p;
	FILE *f;

	ok(open_place(&p, "later") == EV_OK);
	ok(put(&p, "{\"n\":1}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	f = fopen("later", "a");
	ok(f != NULL && fputs("{\"killed\":", f) >= 0 && fclose(f) == 0);
	ok(put(&p, "{\"n\":2}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("later"), "{\"n\":1}\n{\"n\":2}\n");
	is_str(contents("later.torn"), "{\"killed\":\n");
	ok(p.t.torn == 10);
	close_place(&p);
}

/* A child that holds the file's lock for a while with a torn tail, which it then completes. */
static pid_t
slow_writer(const char *path, int ready)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
	if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(fd, "{\"slow\":", 8) != 8 || write(ready, "", 1) != 1)
		_exit(1);
	usleep(200000);
	_exit(write(fd, "1}\n", 3) != 3);
}

static void
the_line_another_writer_is_at_is_not_torn(void)
{
	int ready[2], status = 1;
	char c;
	pid_t pid;

	ok(pipe(ready) == 0);
	pid = slow_writer("shared", ready[1]);
	ok(read(ready[0], &c, 1) == 1);
	ok(add_one("shared") == 0);
	ok(waitpid(pid, &status, 0) == pid && status == 0);
	is_str(contents("shared"), "{\"slow\":1}\n{\"n\":1}\n");
	is_str(contents("shared.torn"), "(none)");
	close(ready[0]);
	close(ready[1]);
}

static void
descriptors_and_devices(void)
{
	struct place p;
	char got[16] = "";
	int fd[2];
	char address[32];

	ok(pipe(fd) == 0);
	snprintf(address, sizeof(address), "fd:%d", fd[1]);
	ok(open_place(&p, address) == EV_OK);
	ok(put(&p, "{\"n\":1}") == EV_OK);
	ok_as(ev_target_sync(&p.t, &p.e) == EV_OK, "a pipe that cannot be synced is no failure");
	ok(read(fd[0], got, sizeof(got) - 1) == 8);
	is_str(got, "{\"n\":1}\n");
	close(fd[0]);
	ok(put(&p, "{\"n\":2}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_PIPE);
	close_place(&p);
	close(fd[1]);
	snprintf(address, sizeof(address), "fd:%d", open("plain", O_RDONLY));
	ok_as(strstr(open_says(address), "it is open for reading only") != NULL, "a descriptor must be writable");
	ok(open_place(&p, "/dev/null") == EV_OK);
	ok(put(&p, "{}") == EV_OK && ev_target_sync(&p.t, &p.e) == EV_OK);
	close_place(&p);
	ok(open_place(&p, "/dev/full") == EV_OK);
	ok(put(&p, "{}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_SYS);
	is_str(p.e.text, "write: No space left on device");
	close_place(&p);
	ok(open_place(&p, "null:") == EV_OK);
	ok(put(&p, "{}") == EV_OK && ev_target_sync(&p.t, &p.e) == EV_OK && p.t.events == 1);
	close_place(&p);
}

static void
a_long_line_is_one_write(void)
{
	static char line[600 * 1024];
	struct ev_slice s = { line, sizeof(line) };
	struct place p;
	struct stat st;

	memset(line, 'z', sizeof(line));
	ok(open_place(&p, "long") == EV_OK);
	ok(ev_target_put(&p.t, s, NULL, &p.e) == EV_OK);
	ok(ev_target_put(&p.t, s, NULL, &p.e) == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	ok(stat("long", &st) == 0 && st.st_size == 2 * (sizeof(line) + 1));
	close_place(&p);
}

static void
the_same_place(void)
{
	int saved = dup(0), fd;

	fill("one", "");
	fill("two", "");
	ok(symlink("one", "alias") == 0);
	ok(mkdir("dir", 0777) == 0);
	ok(ev_address_same("one", "file:one"));
	ok(ev_address_same("one", "./alias"));
	ok(!ev_address_same("one", "two"));
	ok(!ev_address_same("one", "three"));
	ok(ev_address_same("lake:dir", "lake:dir/."));
	ok(!ev_address_same("one", "null:"));
	fd = open("one", O_RDONLY);
	ok(dup2(fd, 0) == 0);
	ok(ev_address_same("-", "one"));
	ok(!ev_address_same("-", "two"));
	ok(dup2(saved, 0) == 0);
	close(fd);
	close(saved);
	ok_as(!ev_address_same("/dev/null", "/dev/null"), "a device is no file that grows");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	the_grammar();
	options_of_an_address();
	bad_addresses_say_why();
	a_check_touches_nothing();
	lines_are_appended();
	names_come_from_the_event();
	an_event_that_names_no_file_is_bad();
	many_files_share_few_descriptors();
	a_file_that_vanished_is_not_called_durable();
	a_torn_last_line_is_moved();
	a_torn_line_that_appears_later_is_moved_too();
	the_line_another_writer_is_at_is_not_torn();
	descriptors_and_devices();
	a_long_line_is_one_write();
	the_same_place();
	return tap_done();
}
