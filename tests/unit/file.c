/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

/* A folder of the test's own; everything below is relative to it. */
static int top;

static bool
holds(const char *path, const char *want)
{
	struct ev_buf b = EV_BUF(1 << 20);
	bool same = ev_file_read(top, path, &b, NULL) == EV_OK &&
	    ev_slice_eq(ev_buf_view(&b), ev_slice_str(want));

	ev_buf_fini(&b);
	return same;
}

static size_t
entries(const char *path)
{
	int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;

	for (struct dirent *ent; d != NULL && (ent = readdir(d)) != NULL;)
		n += ent->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

static void
files_are_read_whole(void)
{
	struct ev_buf b = EV_BUF(100000), small = EV_BUF(10);
	char big[70000];
	struct ev_err e = { 0 };

	memset(big, 'x', sizeof(big));
	ok(ev_file_replace(top, "big", (struct ev_slice){ big, sizeof(big) }, &e) == EV_OK);
	ok(ev_buf_add(&b, "<", 1, NULL) == EV_OK && ev_file_read(top, "big", &b, &e) == EV_OK);
	ok_as(b.n == sizeof(big) + 1 && *b.p == '<' && memcmp(b.p + 1, big, sizeof(big)) == 0 &&
		b.p[b.n] == '\0',
	    "a file is added behind what was there");
	ok(ev_buf_add(&small, "12345", 5, NULL) == EV_OK &&
	    ev_file_read(top, "big", &small, &e) == EV_SYS);
	is_str(e.text, "big holds more than the limit of 10 bytes");
	is_slice(ev_buf_view(&small), "12345");
	ok(ev_file_replace(top, "five", EV_LIT("abcde"), NULL) == EV_OK &&
	    ev_file_read(top, "five", &small, NULL) == EV_OK);
	ok_as(small.n == 10, "exactly the limit is allowed");
	ok(ev_file_replace(top, "empty", EV_LIT(""), NULL) == EV_OK &&
	    ev_file_read(top, "empty", &small, NULL) == EV_OK);
	ev_buf_fini(&b);
	ev_buf_fini(&small);
}

static void
what_cannot_be_read_is_named(void)
{
	struct ev_buf b = EV_BUF(100);
	struct ev_err e = { 0 };

	ok(ev_file_read(top, "absent", &b, &e) == EV_SYS && e.sys == ENOENT);
	is_str(e.text, "cannot open absent: No such file or directory");
	e = (struct ev_err){ 0 };
	ok(ev_file_read(top, ".", &b, &e) == EV_SYS && e.sys == EISDIR);
	is_str(e.text, "cannot read .: Is a directory");
	ok(b.n == 0);
	ev_buf_fini(&b);
}

static void
a_file_is_replaced_in_one_step(void)
{
	struct stat before, after;
	int fd;
	char old[8] = "";

	ok(ev_file_replace(top, "state", EV_LIT("one"), NULL) == EV_OK && holds("state", "one"));
	fd = openat(top, "state", O_RDONLY | O_CLOEXEC);
	ok(fd >= 0 && fstat(fd, &before) == 0);
	umask(027);
	ok(ev_file_replace(top, "state", EV_LIT("two"), NULL) == EV_OK && holds("state", "two"));
	ok(fstatat(top, "state", &after, 0) == 0 && after.st_ino != before.st_ino);
	ok_as((after.st_mode & 0777) == 0640, "the mode is 0666 less the umask");
	umask(022);
	ok_as(read(fd, old, sizeof(old)) == 3 && memcmp(old, "one", 3) == 0,
	    "who had the old one open still reads it");
	close(fd);
	ok_as(entries(".") == 4, "no temporary file is left");
}

static void
a_failed_replacement_leaves_the_old_file(void)
{
	char name[PATH_MAX + 10];
	struct ev_err e = { 0 };
	size_t before = entries(".");

	ok(ev_file_replace(top, "no/such", EV_LIT("x"), &e) == EV_SYS && e.sys == ENOENT);
	e = (struct ev_err){ 0 };
	ok(mkdirat(top, "full", 0777) == 0 && mkdirat(top, "full/x", 0777) == 0);
	ok_as(ev_file_replace(top, "full", EV_LIT("x"), &e) == EV_SYS && e.sys == EISDIR,
	    "a folder is not replaced");
	ok_as(entries(".") == before + 1, "no temporary file is left");
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	e = (struct ev_err){ 0 };
	ok(ev_file_replace(top, name, EV_LIT("x"), &e) == EV_SYS && e.sys == ENAMETOOLONG);
	e = (struct ev_err){ 0 };
	ok(ev_dir_make(top, name, &e) == EV_SYS && e.sys == ENAMETOOLONG);
}

/* A limit of the file's size stands for a full disk: the write comes up short, then fails. */
static void
a_failed_write_leaves_the_old_file(void)
{
	struct rlimit old, small;
	char big[1000];
	struct ev_err e = { 0 };
	size_t before = entries(".");

	memset(big, 'x', sizeof(big));
	ok(ev_file_replace(top, "kept", EV_LIT("kept"), NULL) == EV_OK);
	ok(getrlimit(RLIMIT_FSIZE, &old) == 0);
	small = old;
	small.rlim_cur = 100;
	signal(SIGXFSZ, SIG_IGN);
	ok(setrlimit(RLIMIT_FSIZE, &small) == 0);
	ok(ev_file_replace(top, "kept", (struct ev_slice){ big, sizeof(big) }, &e) == EV_SYS &&
	    e.sys == EFBIG);
	ok(setrlimit(RLIMIT_FSIZE, &old) == 0);
	ok(strncmp(e.text, "cannot write kept.", 18) == 0);
	ok(holds("kept", "kept"));
	ok_as(entries(".") == before + 1, "no temporary file is left");
}

static void
folders_are_made_with_their_parents(void)
{
	struct ev_err e = { 0 };
	struct stat st;

	ok(ev_dir_make(top, "a/b/c", &e) == EV_OK && fstatat(top, "a/b/c", &st, 0) == 0 &&
	    S_ISDIR(st.st_mode));
	ok_as(ev_dir_make(top, "a/b/c", &e) == EV_OK, "what is there is fine");
	ok(ev_dir_make(top, "d//e///f//", &e) == EV_OK && fstatat(top, "d/e/f", &st, 0) == 0);
	ok(ev_dir_make(top, "./g/../h", &e) == EV_OK && fstatat(top, "h", &st, 0) == 0);
	ok(ev_dir_make(AT_FDCWD, "/", &e) == EV_OK);
	ok(ev_dir_make(top, ".", &e) == EV_OK);
	ok(ev_dir_make(top, "", &e) == EV_SYS && e.sys == ENOENT);
	e = (struct ev_err){ 0 };
	ok(ev_dir_make(top, "state", &e) == EV_SYS);
	is_str(e.text, "state is there and is no folder");
	e = (struct ev_err){ 0 };
	ok(ev_dir_make(top, "state/x", &e) == EV_SYS && e.code == EV_SYS);
	ok(ev_dir_sync(top, "a/b", NULL) == EV_OK);
	ok(ev_dir_sync(top, "absent", NULL) == EV_SYS);
	ok(ev_file_replace(top, "a/b/file", EV_LIT("deep"), NULL) == EV_OK &&
	    holds("a/b/file", "deep"));
}

int
main(void)
{
	char dir[] = "file-XXXXXX";

	if (mkdtemp(dir) == NULL || (top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		perror(dir);
		return 99;
	}
	files_are_read_whole();
	what_cannot_be_read_is_named();
	a_file_is_replaced_in_one_step();
	a_failed_replacement_leaves_the_old_file();
	a_failed_write_leaves_the_old_file();
	folders_are_made_with_their_parents();
	close(top);
	return tap_done();
}
