/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lakes.h"
#include "tap.h"

#define BUF EV_BUF(1 << 24)
#define LAKE "flips"

/*
 * Flips one bit of every byte of a file, in turn, and asks verify. Its answer must be that
 * something is wrong.
 */
static void
every_flip_shows(const char *path, unsigned how, const char *what)
{
	struct ev_buf said = BUF;
	int fd = open(path, O_RDWR), missed = 0;
	struct stat st;
	unsigned char c, flipped;

	if (fd < 0 || fstat(fd, &st) != 0)
		abort();
	for (off_t i = 0; i < st.st_size; i++) {
		if (pread(fd, &c, 1, i) != 1)
			abort();
		flipped = c ^ (unsigned char)(1 << i % 8);
		if (pwrite(fd, &flipped, 1, i) != 1)
			abort();
		ev_buf_clear(&said);
		if (verify_text(LAKE, how, &said) != EV_NO || said.n == 0) {
			/* a version above ours is refused as such */
			if (strstr(ev_buf_str(&said), "version") == NULL) {
				printf("# byte %lld of %s: not noticed\n", (long long)i, path);
				missed++;
			}
		}
		if (pwrite(fd, &c, 1, i) != 1)
			abort();
	}
	close(fd);
	ok_as(missed == 0 && st.st_size > 0, what);
	ev_buf_clear(&said);
	ok_as(verify_text(LAKE, how, &said) == EV_OK, "and what was flipped back is well");
	ev_buf_fini(&said);
}

static void
every_cut_shows(const char *path)
{
	struct ev_buf said = BUF, all = BUF;
	struct ev_err e = { 0 };
	struct stat st;
	int missed = 0, fd = open(path, O_RDWR);

	if (fd < 0 || fstat(fd, &st) != 0)
		abort();
	must(ev_buf_reserve(&all, (size_t)st.st_size, &e) == EV_OK, &e);
	if (pread(fd, all.p, (size_t)st.st_size, 0) != st.st_size)
		abort();
	for (off_t n = 0; n < st.st_size; n++) {
		if (ftruncate(fd, n) != 0)
			abort();
		ev_buf_clear(&said);
		missed += verify_text(LAKE, EV_VERIFY_FULL, &said) != EV_NO;
		if (pwrite(fd, all.p, (size_t)st.st_size, 0) != st.st_size)
			abort();
	}
	ok_as(missed == 0, "a segment that is cut short anywhere");
	close(fd);
	ev_buf_fini(&said);
	ev_buf_fini(&all);
}

/* The path of the only segment in a folder. */
static void
segment_in(const char *folder, char *path, size_t size)
{
	DIR *dir = opendir(folder);
	struct dirent *de;

	while (dir != NULL && (de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.')
			snprintf(path, size, "%s/%s", folder, de->d_name);
	if (dir == NULL)
		abort();
	closedir(dir);
}

static void
a_missing_file_and_a_strange_one_show(const char *path)
{
	struct ev_buf said = BUF;
	char other[600];

	snprintf(other, sizeof(other), "%.500s.away", path);
	if (rename(path, other) != 0)
		abort();
	ok(verify_text(LAKE, EV_VERIFY_QUICK, &said) == EV_NO);
	ok_as(strstr(said.p, "No such file") != NULL &&
		strstr(said.p, "does not know this file") != NULL,
	    "both are named");
	if (rename(other, path) != 0)
		abort();
	ev_buf_clear(&said);
	ok(verify_text(LAKE, EV_VERIFY_FULL, &said) == EV_OK);
	ev_buf_fini(&said);
}

int
main(void)
{
	struct ev_buf in = BUF;
	char path[500];

	add_event(&in, "a", 1700006400001, "one");
	add_event(&in, "b", 1700006400002, "two");
	addf(&in, "{\"id\":\"c\",\"type\":\"other\",\"timestamp\":1700006400003}\n");
	ok(put_text(LAKE, ev_buf_view(&in), NULL).rc == EV_OK);
	ev_buf_clear(&in);
	add_event(&in, "d", 1700092800001, "one");
	ok(put_text(LAKE, ev_buf_view(&in), NULL).rc == EV_OK);
	segment_in(LAKE "/data/dt=2023-11-15", path, sizeof(path));
	every_flip_shows(path, EV_VERIFY_FULL, "a flipped bit in every byte of a segment");
	every_flip_shows(path, EV_VERIFY_QUICK, "the same, without decoding");
	every_flip_shows(path, EV_VERIFY_CHAIN, "the same, by the chain");
	every_flip_shows(
	    LAKE "/lake.json", EV_VERIFY_QUICK, "a flipped bit in every byte of lake.json");
	every_flip_shows(
	    LAKE "/chain.ndjson", EV_VERIFY_FULL, "a flipped bit in every byte of the chain");
	every_cut_shows(path);
	a_missing_file_and_a_strange_one_show(path);
	ev_buf_fini(&in);
	return tap_done();
}
