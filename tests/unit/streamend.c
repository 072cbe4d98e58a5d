/* SPDX-License-Identifier: MIT */
/* What crashes and failing disks leave of the end of a shard, and what is made of it. */
#include <errno.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/time.h"
#include "stream/index.h"
#include "streams.h"
#include "tap.h"

#define SEG "p0000/00000000000000000000.ndjson"
#define IDX "p0000/00000000000000000000.idx"

/* The library's calls come by here. */
static int syncs, sync_fails; /* calls of fdatasync; those that are yet to fail */
static long room = -1;        /* bytes that write still takes; -1: any number */

int
fdatasync(int fd)
{
	syncs++;
	if (sync_fails > 0) {
		sync_fails--;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t done;

	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (room > 0 && (long)n > room)
		n = (size_t)room;
	done = syscall(SYS_write, fd, p, n);
	if (room > 0 && done > 0)
		room -= done;
	return done;
}

static void
join(char out[256], const char *dir, const char *file)
{
	snprintf(out, 256, "%s/%s", dir, file);
}

/* Appends bytes to a file of the stream, as a writer that was killed leaves them. */
static void
leave(const char *dir, const char *file, const char *p, size_t n)
{
	char path[256];

	join(path, dir, file);
	poke(path, p, n, size_of(path));
}

/* A stream of n numbered lines, synced, in one segment with index entries. */
static void
make(const char *dir, uint64_t n)
{
	remove_stream(dir);
	append_numbers(dir, "index=256", 0, n, 7);
}

/* After more lines were appended all of [0, n) is there, the shard is well and so is its index. */
static bool
goes_on(const char *dir, uint64_t n)
{
	append_numbers(dir, "", n, 20, 5);
	return holds_numbers(dir, n + 20) && is_well(dir);
}

static void
a_torn_tail_is_cut(void)
{
	static const char torn[] = "{\"n\":100,\"x\":\"torn";
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;

	make("torn", 100);
	leave("torn", SEG, torn, strlen(torn));
	must(ev_stream_open(&s, "torn", "", false, &e) == EV_OK, &e);
	ok(ev_append_open(&a, &s, 0, &e) == EV_OK);
	ok_as(a.torn == strlen(torn) && a.next == 100, "a torn last line is cut off, and counted");
	ev_append_close(&a);
	ev_stream_close(&s);
	ok(goes_on("torn", 100));
}

static void
whole_lines_without_head_stay(void)
{
	static const char more[] = "{\"n\":100}\n{\"n\":101}\n{\"n\":102";
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;

	make("whole", 100);
	leave("whole", SEG, more, strlen(more));
	must(ev_stream_open(&s, "whole", "", false, &e) == EV_OK, &e);
	ok(ev_append_open(&a, &s, 0, &e) == EV_OK);
	ok_as(a.next == 102 && a.torn == 8,
	    "whole lines of a batch that was cut short stay and have numbers");
	ev_append_close(&a);
	ev_stream_close(&s);
	ok(goes_on("whole", 102));
}

static void
holes_are_cut(void)
{
	static const char zero[5000], behind[] = "{\"n\":100}\n";
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	char path[256];

	for (int i = 0; i < 8; i++) {
		size_t n = i & 1 ? sizeof(zero) : 1;

		make("hole", 100);
		join(path, "hole", SEG);
		leave("hole", SEG, zero, n);
		if (i & 2)
			leave("hole", SEG, behind, strlen(behind));
		if (i & 4)
			reboot("hole");
		must(ev_stream_open(&s, "hole", "", false, &e) == EV_OK, &e);
		ok(ev_append_open(&a, &s, 0, &e) == EV_OK);
		ok_as(a.next == 100 && a.torn == n + (i & 2 ? strlen(behind) : 0),
		    "a hole of zeros is cut off, with what is behind it");
		ev_append_close(&a);
		ev_stream_close(&s);
		ok(goes_on("hole", 100));
	}
}

static void
spoil_head(const char *dir, int how)
{
	struct ev_head h;
	char path[256];

	join(path, dir, "p0000/HEAD");
	must(head_of(dir, &h) == EV_OK, NULL);
	h.gen++;
	if (how == 0)
		must(unlink(path) == 0, NULL);
	if (how == 1 || how == 2) /* one slot torn, or both */
		poke(path, "torn", 4, h.gen & 1 ? 8 : 4096 + 8);
	if (how == 2)
		poke(path, "torn", 4, h.gen & 1 ? 4096 + 8 : 8);
	if (how == 3)
		h.bytes -= 9;
	if (how == 4)
		h.bytes += 1000;
	if (how == 5)
		h.base = 70;
	if (how == 6)
		memset(h.boot, 1, EV_BOOT);
	if (how == 7)
		h.synced = 300;
	if (how >= 3 && how <= 7)
		set_head(dir, &h);
	if (how == 8)
		spew(path, "", 0);
}

static void
spoil_index(const char *dir, int how)
{
	struct ev_buf b = BUF;
	char path[256];

	join(path, dir, IDX);
	slurp(path, &b);
	if (how == 1)
		must(unlink(path) == 0, NULL);
	if (how == 2)
		must(truncate(path, (off_t)b.n - 30) == 0, NULL);
	if (how == 3)
		poke(path, "\xff\xff\xff", 3, 24);
	if (how == 4)
		poke(path, b.p, b.n, (off_t)b.n);
	if (how == 5)
		spew(path, "\0\0\0\0\0\0\0", 7);
	ev_buf_fini(&b);
}

/* Whatever HEAD and the index say, the lines decide. */
static void
any_head_and_index_will_do(void)
{
	static const char torn[] = "{\"n\":1";
	int wrong = 0;

	for (int head = 0; head < 10; head++)
		for (int index = 0; index < 6; index++)
			for (int tail = 0; tail < 2; tail++) {
				/* an index counts as long as HEAD does: see evstream(5) */
				bool vouched =
				    head == 1 || head == 3 || head == 4 || head == 7 || head == 9;

				if (vouched && index > 2 && index != 5)
					continue;
				make("any", 100);
				spoil_head("any", head);
				spoil_index("any", index);
				if (tail)
					leave("any", SEG, torn, strlen(torn));
				append_numbers("any", "", 100, 20, 5);
				if (!holds_numbers("any", 120) ||
				    (!(vouched && index > 0) && !is_well("any"))) {
					printf("# HEAD %d, index %d, tail %d\n", head, index, tail);
					wrong++;
				}
			}
	ok_as(wrong == 0, "spoilt, stale, torn or missing HEAD and index: nothing is lost");
}

/* A reader comes to it first. Where HEAD fell back to what was not synced yet it gives the writer
 * some time. */
static void
a_reader_recovers_too(void)
{
	static const int spoilt[] = { 0, 1, 2, 3, 4, 6, 8 };
	int wrong = 0;

	for (size_t i = 0; i < sizeof(spoilt) / sizeof(*spoilt); i++) {
		bool good = false;

		make("first", 100);
		spoil_head("first", spoilt[i]);
		leave("first", SEG, "{\"n\":1", 6);
		for (int tries = 0; tries < 1000 && !good; tries++) {
			if (tries > 0)
				usleep(10000);
			good = holds_numbers("first", 100);
		}
		wrong += !good;
	}
	ok_as(wrong == 0, "a reader that comes first finds all there is");
}

/* Sets the clock of HEAD so that its writer has been silent for so long. */
static void
silent(const char *dir, int64_t ms)
{
	struct ev_head h;

	must(head_of(dir, &h) == EV_OK, NULL);
	h.gen++;
	h.ms = ev_now() - ms;
	set_head(dir, &h);
}

/* Appends without a sync, as one who is killed before it. */
static void
append_only(const char *dir, uint64_t from, uint64_t n)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	struct ev_buf b = BUF;
	uint64_t first;

	add_numbers(&b, from, n);
	must(ev_stream_open(&s, dir, "sync=5ms", true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK &&
		ev_append_lines(&a, ev_buf_view(&b), n, &first, &e) == EV_OK,
	    &e);
	ev_append_close(&a);
	ev_stream_close(&s);
	ev_buf_fini(&b);
}

static void
what_the_dead_left_is_synced(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_cursor c;
	struct ev_slice block;
	uint64_t first;
	int before, lock;

	remove_stream("dead");
	append_only("dead", 0, 10);
	must(ev_stream_open(&s, "dead", "", false, &e) == EV_OK, &e);
	must(ev_cursor_open(&c, &s, 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &e) == EV_OK, &e);
	silent("dead", 10);
	ok_as(ev_cursor_next(&c, &block, &first, &e) == EV_NO,
	    "a writer has the time that the policy gives it");
	silent("dead", 1000);
	lock = open("dead/p0000/LOCK", O_RDWR);
	must(flock(lock, LOCK_EX) == 0, NULL);
	ok_as(ev_cursor_next(&c, &block, &first, &e) == EV_NO,
	    "one that is at work is not disturbed");
	close(lock);
	before = syncs;
	ok_as(ev_cursor_next(&c, &block, &first, &e) == EV_OK && c.next == 10,
	    "what a writer left that is silent for too long is read");
	ok_as(syncs > before, "after the reader made it durable");
	ev_cursor_close(&c);
	ev_stream_close(&s);
	ok(holds_numbers("dead", 10));

	append_only("dead", 10, 10);
	before = syncs;
	append_only("dead", 20, 10);
	ok_as(syncs == before + 1, "the next writer syncs what it finds");
	ok(goes_on("dead", 30));
}

/* fdatasync fails under one writer while another has lines that wait for it. */
static void
a_failed_sync_acknowledges_nothing(const char *dir, uint64_t synced)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a, b, c;
	struct ev_buf t = BUF;
	uint64_t first;

	remove_stream(dir);
	must(ev_stream_open(&s, dir, "index=256", true, &e) == EV_OK, &e);
	ev_stream_close(&s);
	if (synced > 0)
		append_numbers(dir, "", 0, synced, 10);
	must(ev_stream_open(&s, dir, "", true, &e) == EV_OK, &e);
	must(ev_append_open(&a, &s, 0, &e) == EV_OK && ev_append_open(&b, &s, 0, &e) == EV_OK &&
		ev_append_open(&c, &s, 0, &e) == EV_OK,
	    &e);
	add_numbers(&t, 5000, 50);
	must(ev_append_lines(&a, ev_buf_view(&t), 50, &first, &e) == EV_OK && first == synced, &e);
	must(ev_append_lines(&b, ev_buf_view(&t), 50, &first, &e) == EV_OK, &e);
	sync_fails = 1;
	ok_as(ev_append_sync(&b, &e) == EV_SYS && e.sys == EIO, "a failed fdatasync is told");
	e = (struct ev_err){ 0 };
	ok_as(ev_append_lines(&b, ev_buf_view(&t), 50, &first, &e) == EV_SYS,
	    "its writer takes no more");
	ok(ev_append_sync(&b, &e) == EV_SYS);
	ok_as(holds_numbers(dir, synced), "what it did not cover is not handed out");
	ev_buf_clear(&t);
	add_numbers(&t, synced, 200);
	e = (struct ev_err){ 0 };
	ok_as(ev_append_lines(&c, ev_buf_view(&t), 200, &first, &e) == EV_OK && first == synced,
	    "the numbers are given to the next writer");
	ok(ev_append_sync(&c, &e) == EV_OK);
	ok_as(ev_append_sync(&a, &e) == EV_SYS,
	    "who waited for that fdatasync is not told that a later one covered him");
	ev_append_close(&a);
	ev_append_close(&b);
	ev_append_close(&c);
	ev_stream_close(&s);
	ok(goes_on(dir, synced + 200));
	ev_buf_fini(&t);
}

/* The writer whose fdatasync failed cannot even cut its lines off. */
static void
a_failed_sync_that_repeats(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a, b;
	struct ev_buf t = BUF;
	uint64_t first;

	make("twice", 10);
	must(ev_stream_open(&s, "twice", "", true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK && ev_append_open(&b, &s, 0, &e) == EV_OK,
	    &e);
	add_numbers(&t, 5000, 50);
	must(ev_append_lines(&a, ev_buf_view(&t), 50, &first, &e) == EV_OK &&
		ev_append_lines(&b, ev_buf_view(&t), 50, &first, &e) == EV_OK,
	    &e);
	sync_fails = 2;
	ok(ev_append_sync(&b, &e) == EV_SYS);
	sync_fails = 0;
	e = (struct ev_err){ 0 };
	ok(ev_append_sync(&a, &e) == EV_SYS);
	ev_append_close(&a);
	ev_append_close(&b);
	ev_stream_close(&s);
	ok(holds_numbers("twice", 10));
	ok(goes_on("twice", 10));
	ev_buf_fini(&t);
}

static void
one_sync_covers_all(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a, b;
	uint64_t first;
	int before;

	must(ev_stream_open(&s, "group", "segment=1K", true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK && ev_append_open(&b, &s, 0, &e) == EV_OK,
	    &e);
	must(ev_append_lines(&a, EV_LIT("{\"n\":0}\n"), 1, &first, &e) == EV_OK &&
		ev_append_lines(&b, EV_LIT("{\"n\":1}\n"), 1, &first, &e) == EV_OK,
	    &e);
	before = syncs;
	ok(ev_append_sync(&b, &e) == EV_OK && syncs == before + 1);
	ok_as(ev_append_sync(&a, &e) == EV_OK && syncs == before + 1,
	    "one fdatasync covers every batch before it");
	must(ev_append_lines(&a, EV_LIT("{\"n\":2}\n"), 1, &first, &e) == EV_OK, &e);
	ev_append_close(&b);
	append_numbers("group", "", 3, 300, 10);
	before = syncs;
	ok_as(ev_append_sync(&a, &e) == EV_OK && syncs == before, "and so does a new segment");
	ev_append_close(&a);
	ev_stream_close(&s);
	ok(holds_numbers("group", 303));
}

static void
a_full_disk_takes_nothing_of_a_batch(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	struct ev_buf t = BUF;
	uint64_t first;
	int wrong = 0;

	make("full", 50);
	must(ev_stream_open(&s, "full", "", true, &e) == EV_OK &&
		ev_append_open(&a, &s, 0, &e) == EV_OK,
	    &e);
	add_numbers(&t, 50, 100);
	for (long n = 0; n < (long)t.n; n += 13) {
		enum ev_code rc;

		e = (struct ev_err){ 0 };
		room = n;
		rc = ev_append_lines(&a, ev_buf_view(&t), 100, &first, &e);
		room = -1;
		wrong +=
		    rc != EV_SYS || e.sys != ENOSPC || size_of("full/" SEG) != 440 || a.next != 50;
	}
	ok_as(wrong == 0, "after ENOSPC at any byte the size is as before");
	e = (struct ev_err){ 0 };
	ok_as(ev_append_lines(&a, ev_buf_view(&t), 100, &first, &e) == EV_OK && first == 50,
	    "and once there is room the batch is taken");
	ok(ev_append_sync(&a, &e) == EV_OK);
	ev_append_close(&a);
	ev_stream_close(&s);
	ok(goes_on("full", 150));
	ev_buf_fini(&t);
}

/* The states between the steps from one segment to the next. */
static void
a_crash_while_rolling(void)
{
	struct ev_head h;

	for (int step = 0; step < 6; step++) {
		remove_stream("rolling");
		append_numbers("rolling", "segment=1K&index=256", 0, 119, 7);
		if (step >= 1) /* the next was made */
			spew("rolling/p0000/00000000000000000119.ndjson", "", 0);
		if (step >= 2)
			reboot("rolling");
		if (step == 3) /* power: the index of the sealed one was not synced */
			spew("rolling/" IDX, "\0\0\0\0\0\0\0\0", 8);
		if (step == 4)
			must(unlink("rolling/" IDX) == 0, NULL);
		if (step == 5) {
			must(head_of("rolling", &h) == EV_OK, NULL);
			must(unlink("rolling/p0000/HEAD") == 0, NULL);
		}
		append_numbers("rolling", "", 119, 7, 7);
		ok_as(size_of("rolling/" SEG) == 1080 &&
			size_of("rolling/p0000/00000000000000000119.ndjson") == 70,
		    "a crash while a new segment was begun: the next writer ends it");
		ok(goes_on("rolling", 126));
	}
}

static void
refuses_to_read(const char *says)
{
	struct ev_buf got = BUF;
	struct ev_err e = { 0 };
	uint64_t first, next;

	reboot("gap");
	ok_as(read_from("gap", 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &got, &first, &next, &e) ==
		    EV_SYS &&
		strstr(e.text, says) != NULL,
	    says);
	printf("# %s\n", e.text);
	e = (struct ev_err){ 0 };
	ok(append_text("gap", "", 0, EV_LIT("x\n"), &first, &e) == EV_SYS);
	ev_buf_fini(&got);
}

static void
segments_that_do_not_fit(void)
{
	remove_stream("gap");
	append_numbers("gap", "segment=1K", 0, 150, 7);
	spew("gap/p0000/5.ndjson", "", 0);
	refuses_to_read("is no name of a segment");
	must(unlink("gap/p0000/5.ndjson") == 0, NULL);
	must(rename("gap/p0000/00000000000000000119.ndjson",
		 "gap/p0000/00000000000000000120.ndjson") == 0,
	    NULL);
	refuses_to_read("ends before offset 119, and the next segment begins at 120");
	must(rename("gap/p0000/00000000000000000120.ndjson",
		 "gap/p0000/00000000000000000118.ndjson") == 0,
	    NULL);
	refuses_to_read("ends before offset 119, and the next segment begins at 118");
}

/* As nobody, in a folder that belongs to somebody else. */
static int
read_as_nobody(const char *dir, uint64_t n)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		bool good;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(3);
		good = holds_numbers(dir, n);
		fflush(stdout);
		_exit(good ? 0 : 1);
	}
	must(waitpid(pid, &status, 0) == pid, NULL);
	return status;
}

static void
who_may_not_write_reads(void)
{
	make("others", 100);
	must(system("chmod -R a-w others; chmod a+rx .") == 0, NULL);
	ok_as(read_as_nobody("others", 100) == 0, "a reader needs no permission to write");
	must(system("chmod -R u+w others") == 0, NULL);
	reboot("others");
	must(system("printf '{\"n\":1' >>others/" SEG "; chmod -R a-w others") == 0, NULL);
	ok_as(read_as_nobody("others", 100) == 0, "not even after a reboot, with a torn tail");
	must(system("chmod -R u+w others") == 0, NULL);
	ok_as(size_of("others/" SEG) == 890 + 6, "which it leaves as it is");
	append_only("others", 100, 10);
	silent("others", 1000);
	must(system("chmod -R a-w others") == 0, NULL);
	ok_as(read_as_nobody("others", 100) == 0, "what is not synced it does not see");
	must(system("chmod -R u+w others") == 0, NULL);
	ok(goes_on("others", 110));
}

int
main(void)
{
	a_torn_tail_is_cut();
	whole_lines_without_head_stay();
	holes_are_cut();
	any_head_and_index_will_do();
	a_reader_recovers_too();
	what_the_dead_left_is_synced();
	a_failed_sync_acknowledges_nothing("failed", 100);
	a_failed_sync_acknowledges_nothing("fresh", 0);
	a_failed_sync_that_repeats();
	one_sync_covers_all();
	a_full_disk_takes_nothing_of_a_batch();
	a_crash_while_rolling();
	segments_that_do_not_fit();
	who_may_not_write_reads();
	return tap_done();
}
