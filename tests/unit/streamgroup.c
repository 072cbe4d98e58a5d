/* SPDX-License-Identifier: MIT */
/* Consumer groups, and what looks after a stream: info, trim, verify. */
#include <errno.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/hash.h"
#include "base/time.h"
#include "base/bytes.h"
#include "stream/offset.h"
#include "streams.h"
#include "tap.h"

static int sync_fails; /* calls of fdatasync that are yet to fail */

int
fdatasync(int fd)
{
	if (sync_fails > 0) {
		sync_fails--;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void
names_of_groups(void)
{
	char longest[EV_GROUP_NAME + 2];

	memset(longest, 'g', sizeof(longest));
	longest[EV_GROUP_NAME + 1] = '\0';
	ok(ev_group_name_check("orders-2.v_1", NULL) == EV_OK);
	ok(ev_group_name_check("", NULL) == EV_USAGE);
	ok(ev_group_name_check(".", NULL) == EV_USAGE);
	ok(ev_group_name_check("..", NULL) == EV_USAGE);
	ok(ev_group_name_check(".hidden", NULL) == EV_USAGE);
	ok(ev_group_name_check("a/b", NULL) == EV_USAGE);
	ok(ev_group_name_check("a b", NULL) == EV_USAGE);
	ok(ev_group_name_check(longest, NULL) == EV_USAGE);
	longest[EV_GROUP_NAME] = '\0';
	ok(ev_group_name_check(longest, NULL) == EV_OK);
}

static void
the_file_of_a_position(void)
{
	struct ev_buf b = BUF;
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_group g;
	const unsigned char *p;
	int64_t owner, before = ev_now();
	uint64_t next;

	must(ev_stream_open(&s, "g", "shards=2", true, &e) == EV_OK, &e);
	ok(ev_group_look(&s, "readers", 1, &next, &owner, &e) == EV_NO && owner == 0);
	ok(ev_group_open(&g, &s, "readers", 1, &owner, &e) == EV_OK && !g.known && g.next == 0);
	ok_as(ev_group_look(&s, "readers", 1, &next, &owner, &e) == EV_NO && owner == getpid(),
	    "who opened a group is its owner, before anything is committed");
	ok(ev_group_commit(&g, 7, &e) == EV_OK && g.known && g.next == 7);
	ok(ev_group_commit(&g, UINT64_C(0x1122334455), &e) == EV_OK);
	ok_as(ev_group_look(&s, "readers", 1, &next, &owner, &e) == EV_OK &&
		next == UINT64_C(0x1122334455) && owner == getpid(),
	    "a look tells position and owner");
	slurp("g/groups/readers/p0001.off", &b);
	p = (const unsigned char *)b.p + 4096;
	ok_as(b.n == 4096 + 40 && ev_le_get(p, 8) == 3 && ev_le_get(p + 8, 8) == UINT64_C(0x1122334455) &&
		ev_le_get(p + 16, 8) == (uint64_t)getpid() && (int64_t)ev_le_get(p + 24, 8) >= before &&
		ev_le_get(p + 32, 8) == ev_xxh3(p, 32),
	    "a slot is gen, next_seq, owner pid, ms, xxh3; odd ones at 4096");
	p -= 4096;
	ok_as(ev_le_get(p, 8) == 2 && ev_le_get(p + 8, 8) == 7 && ev_le_get(p + 32, 8) == ev_xxh3(p, 32),
	    "and even ones at 0");
	ev_group_close(&g);
	ev_group_close(&g);
	ok(ev_group_look(&s, "readers", 1, &next, &owner, &e) == EV_OK && owner == 0);
	ok(ev_group_open(&g, &s, "readers", 1, &owner, &e) == EV_OK && g.known &&
	    g.next == UINT64_C(0x1122334455));
	ev_group_close(&g);
	ok(ev_group_open(&g, &s, "readers", 2, &owner, &e) == EV_USAGE);
	e = (struct ev_err){ 0 };
	ok(ev_group_open(&g, &s, "../x", 0, &owner, &e) == EV_USAGE);
	ev_stream_close(&s);
	ev_buf_fini(&b);
}

/* A torn slot leaves the one before; two torn ones are damage, unless nothing was ever durable. */
static void
torn_positions(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_group g;
	struct ev_buf b = BUF;
	int64_t owner;
	int wrong = 0;

	must(ev_stream_open(&s, "torn", "", true, &e) == EV_OK &&
		ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_OK &&
		ev_group_commit(&g, 10, &e) == EV_OK && ev_group_commit(&g, 20, &e) == EV_OK,
	    &e);
	ev_group_close(&g);
	slurp("torn/groups/g/p0000.off", &b);
	for (size_t i = 0; i < 80; i++) { /* generation 3 is in the second slot, 2 in the first */
		size_t at = i < 40 ? i : 4096 + i - 40;
		uint64_t next;
		char c = (char)(b.p[at] ^ 0x10);

		poke("torn/groups/g/p0000.off", &c, 1, (off_t)at);
		wrong += ev_group_look(&s, "g", 0, &next, &owner, &e) != EV_OK ||
		    next != (i < 40 ? 20 : 10);
		poke("torn/groups/g/p0000.off", &b.p[at], 1, (off_t)at);
	}
	ok_as(wrong == 0, "with any byte of a slot flipped the other one counts");
	poke("torn/groups/g/p0000.off", "x", 1, 8);
	poke("torn/groups/g/p0000.off", "x", 1, 4104);
	ok(ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_SYS);
	ok_as(strstr(e.text, "groups/g/p0000.off is damaged") != NULL, "with both it is damage");
	e = (struct ev_err){ 0 };
	must(truncate("torn/groups/g/p0000.off", 0) == 0 &&
		truncate("torn/groups/g/p0000.off", 4136) == 0,
	    NULL);
	poke("torn/groups/g/p0000.off", "\1\0\0\0\0\0\0\0torn", 12, 4096);
	ok_as(ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_OK && !g.known,
	    "a first commit that was torn was never one");
	ev_group_close(&g);
	ev_stream_close(&s);
	ev_buf_fini(&b);
}

/* The lock goes with the last process that has it. */
static void
one_owner(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_group g, other;
	int64_t owner;
	int told[2], go[2], status;
	char c;
	pid_t pid;

	must(ev_stream_open(&s, "own", "", true, &e) == EV_OK && pipe(told) == 0 && pipe(go) == 0,
	    &e);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		must(ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_OK &&
			write(told[1], "x", 1) == 1 && read(go[0], &c, 1) == 1,
		    &e);
		raise(SIGKILL);
	}
	must(read(told[0], &c, 1) == 1, NULL);
	ok(ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_AGAIN && owner == pid);
	ok_as(strstr(e.text, "group g, shard 0: process ") != NULL, "another is told who has it");
	printf("# %s\n", e.text);
	e = (struct ev_err){ 0 };
	must(write(go[1], "x", 1) == 1 && waitpid(pid, &status, 0) == pid, NULL);
	ok_as(ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_OK,
	    "once its process is killed it is free at once");
	ok(ev_group_share(&other, &s, "g", 0, &owner, &e) == EV_AGAIN && owner == getpid());
	e = (struct ev_err){ 0 };
	ev_group_close(&g);

	ok(ev_group_share(&g, &s, "g", 0, &owner, &e) == EV_OK);
	ok_as(ev_group_share(&other, &s, "g", 0, &owner, &e) == EV_OK, "a queue has many owners");
	ok(ev_group_commit(&g, 5, &e) == EV_OK && ev_group_reload(&other, &e) == EV_OK &&
	    other.known && other.next == 5);
	ok(ev_group_commit(&other, 6, &e) == EV_OK && ev_group_reload(&g, &e) == EV_OK &&
	    g.next == 6);
	ev_group_close(&other);
	ok_as(ev_group_open(&other, &s, "g", 0, &owner, &e) == EV_AGAIN,
	    "which keep a single one out");
	ev_group_close(&g);

	e = (struct ev_err){ 0 };
	must(ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_OK, &e);
	sync_fails = 1;
	ok(ev_group_commit(&g, 9, &e) == EV_SYS && g.next == 6);
	e = (struct ev_err){ 0 };
	ok_as(ev_group_commit(&g, 9, &e) == EV_SYS,
	    "after a failed sync nothing is committed any more");
	ev_group_close(&g);
	ev_stream_close(&s);
}

static void
groups_are_listed(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_group g;
	char **names;
	int64_t owner;
	size_t n;

	must(ev_stream_open(&s, "list", "", true, &e) == EV_OK, &e);
	ok(ev_group_list(&s, &names, &n, &e) == EV_OK && n == 0 && names == NULL);
	for (int i = 0; i < 3; i++) {
		static const char *const name[] = { "orders", "audit", "billing" };

		must(ev_group_open(&g, &s, name[i], 0, &owner, &e) == EV_OK, &e);
		ev_group_close(&g);
	}
	ok(ev_group_list(&s, &names, &n, &e) == EV_OK && n == 3);
	ok_as(n == 3 && strcmp(names[0], "audit") == 0 && strcmp(names[2], "orders") == 0,
	    "sorted by name");
	while (n > 0)
		free(names[--n]);
	free(names);
	ev_stream_close(&s);
}

static void
what_a_shard_is(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_shard_info info;
	struct ev_append a;
	uint64_t first;
	int64_t before = ev_now();

	must(ev_stream_open(&s, "info", "segment=1K&sync=1m", true, &e) == EV_OK, &e);
	ok(ev_shard_info(&s, 0, &info, &e) == EV_OK && info.next == 0 && info.segments == 0 &&
	    info.oldest == 0);
	append_numbers("info", "", 0, 300, 7);
	ok(ev_shard_info(&s, 0, &info, &e) == EV_OK);
	ok(info.first == 0 && info.next == 300 && info.synced == 300 && info.segments == 3 &&
	    info.bytes == 10 * 8 + 90 * 9 + 200 * 10);
	ok(info.oldest >= before && info.newest >= info.oldest && info.newest <= ev_now());
	must(ev_append_open(&a, &s, 0, &e) == EV_OK &&
		ev_append_lines(&a, EV_LIT("a\nb\n"), 2, &first, &e) == EV_OK,
	    &e);
	ok_as(ev_shard_info(&s, 0, &info, &e) == EV_OK && info.next == 302 && info.synced == 300,
	    "it tells what could still vanish");
	ev_append_close(&a);
	reboot("info");
	ok_as(ev_shard_info(&s, 0, &info, &e) == EV_OK && info.next == 302,
	    "without HEAD the lines tell");
	ev_stream_close(&s);
}

static void
trim_takes_whole_segments(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	uint64_t segments, bytes, first;

	append_numbers("trim", "segment=1K", 0, 500, 7);
	must(ev_stream_open(&s, "trim", "", false, &e) == EV_OK, &e);
	ok(ev_shard_trim(&s, 0, 118, false, &segments, &bytes, &first, &e) == EV_OK &&
	    segments == 0 && bytes == 0 && first == 0);
	ok(ev_shard_trim(&s, 0, 250, true, &segments, &bytes, &first, &e) == EV_OK &&
	    segments == 2 && bytes == 1080 + 1050 && first == 224);
	ok(holds_numbers("trim", 500));
	ok(ev_shard_trim(&s, 0, 119, false, &segments, &bytes, &first, &e) == EV_OK &&
	    segments == 1 && first == 119);
	ok(size_of("trim/p0000/00000000000000000000.ndjson") < 0 &&
	    size_of("trim/p0000/00000000000000000000.idx") < 0);
	ok(ev_shard_trim(&s, 0, UINT64_MAX, false, &segments, &bytes, &first, &e) == EV_OK &&
	    first == 434);
	ok_as(size_of("trim/p0000/00000000000000000434.ndjson") > 0, "but never the last one");
	ok(is_well("trim"));
	append_numbers("trim", "", 500, 10, 10);
	ok(is_well("trim"));
	ev_stream_close(&s);
}

/* Flips one bit of every byte of a file in turn; verify must say so, or the byte be one of `but`.
 */
static void
every_flip_shows(const char *path, const char *what, bool (*but)(size_t at))
{
	struct ev_buf said = BUF, all = BUF;
	uint64_t events, bytes;
	int missed = 0;

	slurp(path, &all);
	for (size_t i = 0; i < all.n; i++) {
		char c = (char)(all.p[i] ^ (1 << i % 8));

		if (but != NULL && but(i))
			continue;
		poke(path, &c, 1, (off_t)i);
		if (verify_text("flip", &said, &events, &bytes) != EV_NO || said.n == 0) {
			printf("# byte %zu of %s: not noticed: %s\n", i, path, ev_buf_str(&said));
			missed++;
		}
		poke(path, &all.p[i], 1, (off_t)i);
	}
	ok_as(missed == 0 && all.n > 0, what);
	ok(is_well("flip"));
	ev_buf_fini(&said);
	ev_buf_fini(&all);
}

/* What a bit of a time may be is only known to be no less than the one before, and no more than
 * now. */
static bool
is_time(size_t at)
{
	return at % 24 >= 16 && at < 24 * 5;
}

static bool
is_no_line_end(size_t at)
{
	return (at + 1) % 10 != 0;
}

static void
verify_finds(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_group g;
	struct ev_head h;
	struct ev_buf said = BUF;
	int64_t owner;
	uint64_t events, bytes;

	append_numbers("flip", "segment=1K&index=256", 0, 300, 7);
	ok(verify_text("flip", &said, &events, &bytes) == EV_OK && events == 300 && bytes == 2890);
	every_flip_shows("flip/p0000/00000000000000000119.ndjson",
	    "every flipped byte of a sealed segment", NULL);
	every_flip_shows("flip/p0000/00000000000000000119.idx",
	    "of its index, but times, and of its trailer", is_time);
	every_flip_shows("flip/p0000/00000000000000000224.ndjson",
	    "of line ends in the last segment", is_no_line_end);

	must(ev_stream_open(&s, "flip", "", false, &e) == EV_OK &&
		ev_group_open(&g, &s, "g", 0, &owner, &e) == EV_OK &&
		ev_group_commit(&g, 300, &e) == EV_OK,
	    &e);
	ok(is_well("flip"));
	must(ev_group_commit(&g, 301, &e) == EV_OK, &e);
	ok(verify_text("flip", &said, &events, &bytes) == EV_NO);
	is_slice(ev_buf_view(&said),
	    "groups/g/p0000.off: position 301 is beyond the end, which is 300\n");
	must(ev_group_commit(&g, 300, &e) == EV_OK, &e);
	ev_group_close(&g);
	ev_stream_close(&s);

	must(head_of("flip", &h) == EV_OK, NULL);
	h.gen++;
	h.next--;
	set_head("flip", &h);
	ok(verify_text("flip", &said, &events, &bytes) == EV_NO);
	is_slice(ev_buf_view(&said),
	    "p0000/HEAD: it says segment 224, 760 bytes, next offset 299; found are 224, 760, "
	    "300\n");
	h.gen++;
	h.next++;
	set_head("flip", &h);

	poke("flip/p0000/00000000000000000224.ndjson", "{\"torn", 6, 760);
	ok_as(
	    verify_text("flip", &said, &events, &bytes) == EV_OK && events == 300 && bytes == 2890,
	    "what a killed writer left behind the end is well");
	must(truncate("flip/p0000/00000000000000000224.ndjson", 750) == 0, NULL);
	ok(verify_text("flip", &said, &events, &bytes) == EV_NO);
	is_slice(ev_buf_view(&said),
	    "p0000/HEAD: it says segment 224, 760 bytes, next offset 300; found are 224, 750, 299\n"
	    "groups/g/p0000.off: position 300 is beyond the end, which is 299\n");
	poke("flip/p0000/00000000000000000224.ndjson", "{\"n\":299}\n", 10, 750);
	must(rename("flip/p0000/00000000000000000119.ndjson", "flip/moved") == 0, NULL);
	ok(verify_text("flip", &said, &events, &bytes) == EV_NO);
	is_slice(ev_buf_view(&said),
	    "p0000/00000000000000000224.ndjson: the segment before it ends before offset 119\n");
	must(rename("flip/moved", "flip/p0000/00000000000000000119.ndjson") == 0 &&
		unlink("flip/p0000/00000000000000000000.idx") == 0,
	    NULL);
	ok_as(is_well("flip"), "a removal that was cut short is well");
	must(unlink("flip/p0000/00000000000000000119.idx") == 0, NULL);
	ok(verify_text("flip", &said, &events, &bytes) == EV_NO);
	is_slice(ev_buf_view(&said), "p0000/00000000000000000119.ndjson: it has no index\n");
	ev_buf_fini(&said);
}

int
main(void)
{
	names_of_groups();
	the_file_of_a_position();
	torn_positions();
	one_owner();
	groups_are_listed();
	what_a_shard_is();
	trim_takes_whole_segments();
	verify_finds();
	return tap_done();
}
