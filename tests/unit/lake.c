/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/hash.h"
#include "lake/conf.h"
#include "lake/network.h"
#include "lakes.h"
#include "tap.h"

#define BUF EV_BUF(1 << 28)
#define DAY 86400000LL

static bool
sound(const char *dir)
{
	struct ev_buf out = BUF;
	enum ev_code rc = verify_text(dir, EV_VERIFY_FULL, &out);

	if (rc != EV_OK)
		printf("# %s\n", ev_buf_str(&out));
	ev_buf_fini(&out);
	return rc == EV_OK;
}

/* Makes a lake whose frames and segments are small. */
static void
make_lake(const char *dir, uint32_t frame, uint64_t segment, bool hour)
{
	struct ev_lake l = {
		.path = dir, .lock = -1, .frame = frame, .segment = segment, .hour = hour
	};
	struct ev_err e = { 0 };

	if (mkdir(dir, 0777) != 0)
		abort();
	l.dir = open(dir, O_RDONLY | O_DIRECTORY);
	must(ev_lake_make(&l, &e) == EV_OK, &e);
	ev_lake_close(&l);
}

static void
small_segments_keep_all_ids(void)
{
	static const int sizes[] = { 1, 2, 31, 32, 33 };
	char what[64], id[32];

	for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
		struct ev_buf in = BUF, out = BUF;
		struct did d;
		int i;

		for (i = 0; i < sizes[k]; i++) {
			snprintf(id, sizeof(id), "id-%d", i);
			add_event(&in, id, i, "small");
		}
		d = put_text("small", ev_buf_view(&in), NULL);
		for (i = 0; i < sizes[k]; i++) {
			snprintf(id, sizeof(id), "id-%d", i);
			if (get_text("small", id, &out) != EV_OK)
				break;
		}
		snprintf(what, sizeof(what), "a segment of %d: all ids found, sound", sizes[k]);
		ok_as(d.rc == EV_OK && d.segments == 1 && i == sizes[k] &&
			ev_slice_eq(ev_buf_view(&in), ev_buf_view(&out)) &&
			get_text("small", "id-none", &out) == EV_NO && sound("small"),
		    what);
		remove_lake("small");
		ev_buf_fini(&in);
		ev_buf_fini(&out);
	}
	ok_as(put_text("small", EV_LIT(""), NULL).rc == EV_OK && sound("small"),
	    "a lake without events is sound");
	remove_lake("small");
}

/* Each line alone in its frame: the 4,097th frame is in a second segment. */
static void
a_segment_has_4096_frames_at_most(void)
{
	struct ev_buf in = BUF, out = BUF;
	struct did d;
	char id[32];

	make_lake("frames", 64, 1 << 30, false);
	for (int i = 0; i < 4200; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		add_event(
		    &in, id, i, "longer than a frame of this lake may be, so that it stands alone");
	}
	d = put_text("frames", ev_buf_view(&in), NULL);
	ok_as(d.rc == EV_OK && d.kept == 4200 && d.segments == 2, "4,200 frames take two segments");
	ok_as(query_text("frames", false, -1, -1, &out) == EV_OK &&
		ev_slice_eq(ev_buf_view(&in), ev_buf_view(&out)),
	    "every line comes back, in order of arrival");
	ev_buf_clear(&out);
	ok_as(get_text("frames", "id-4095", &out) == EV_OK &&
		get_text("frames", "id-4096", &out) == EV_OK &&
		get_text("frames", "id-4199", &out) == EV_OK,
	    "ids on both sides are found");
	ok(sound("frames"));
	remove_lake("frames");
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

static void
a_segment_ends_at_its_size(void)
{
	struct ev_buf in = BUF;
	struct did d;
	char id[32];

	make_lake("size", 1 << 20, 1000, false);
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		add_event(&in, id, i, "0123456789");
	}
	d = put_text("size", ev_buf_view(&in), NULL);
	ok_as(d.rc == EV_OK && d.kept == 100 && d.segments > 5,
	    "segments are sealed at the size lake.json says");
	ok(sound("size"));
	remove_lake("size");
	ev_buf_fini(&in);
}

static void
long_lines_stand_alone(void)
{
	struct ev_buf in = BUF, out = BUF;
	char *x = malloc(17 << 20);

	memset(x, 'x', 17 << 20);
	add_event(&in, "before", 1, "short");
	x[(1 << 20) - 100] = '\0';
	add_event(&in, "nearly a frame", 2, x);
	x[(1 << 20) - 100] = 'x';
	x[3 << 20] = '\0';
	add_event(&in, "three frames", 3, x);
	add_event(&in, "between", 4, "short");
	x[3 << 20] = 'x';
	x[(16 << 20) - 60] = '\0';
	add_event(&in, "the limit", 5, x);
	add_event(&in, "after", 6, "short");
	ok(put_text("long", ev_buf_view(&in), NULL).rc == EV_OK);
	ok_as(query_text("long", false, -1, -1, &out) == EV_OK &&
		ev_slice_eq(ev_buf_view(&in), ev_buf_view(&out)),
	    "they come back as they were");
	ev_buf_clear(&out);
	ok_as(get_text("long", "three frames", &out) == EV_OK && out.n > 3 << 20,
	    "and are found by id");
	ev_buf_clear(&out);
	ok_as(query_text("long", true, -1, -1, &out) == EV_OK &&
		ev_slice_eq(ev_buf_view(&in), ev_buf_view(&out)),
	    "and by time");
	ok(sound("long"));
	remove_lake("long");
	free(x);
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

struct hashed {
	uint64_t h;
	uint32_t n;
};

static int
by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	return (x->h > y->h) - (x->h < y->h);
}

/* Small tables know 29 bits of a hash: among 200,000 ids some pair agrees in them. */
static void
the_line_decides_not_the_prefix(void)
{
	enum { N = 200000 };
	struct hashed *v = calloc(N, sizeof(*v));
	struct ev_buf in = BUF, out = BUF;
	char a[32], b[32];
	struct did first, second;
	size_t i;

	for (i = 0; i < N; i++) {
		snprintf(a, sizeof(a), "c-%zu", i);
		v[i] = (struct hashed){ ev_xxh3(a, strlen(a)), (uint32_t)i };
	}
	qsort(v, N, sizeof(*v), by_hash);
	for (i = 1; i < N && v[i].h >> 35 != v[i - 1].h >> 35; i++)
		;
	ok_as(i < N, "two ids with one prefix of 29 bits");
	snprintf(a, sizeof(a), "c-%u", v[i - 1].n);
	snprintf(b, sizeof(b), "c-%u", v[i].n);
	add_event(&in, a, 5, "the first");
	first = put_text("prefix", ev_buf_view(&in), NULL);
	ok_as(get_text("prefix", b, &out) == EV_NO, "the other id is not found");
	ev_buf_clear(&in);
	add_event(&in, b, 5, "the second");
	second = put_text("prefix", ev_buf_view(&in), NULL);
	ok_as(first.kept == 1 && second.kept == 1 && second.duplicates == 0, "both are kept");
	ok_as(get_text("prefix", a, &out) == EV_OK && strstr(out.p, "the first") != NULL &&
		strstr(out.p, "the second") == NULL,
	    "each is found alone");
	ok(sound("prefix"));
	remove_lake("prefix");
	free(v);
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

static enum ev_code
set_aside(void *arg, struct ev_slice line, struct ev_err *e)
{
	addf(arg, "%s:%lu %s\n%.*s\n", e->name, e->line, e->text, (int)line.n, line.p);
	*e = (struct ev_err){ 0 };
	return EV_OK;
}

static void
duplicates_are_kept_once(void)
{
	struct ev_put_args none = { .dedupe = EV_DEDUPE_NONE };
	struct ev_put_args window = { .dedupe = EV_DEDUPE_WINDOW, .window = 3600000 };
	struct ev_buf in = BUF, out = BUF;
	struct did d;

	add_event(&in, "a", 1, "one");
	add_event(&in, "b", 2, "two");
	add_event(&in, "a", 1, "one");
	add_event(&in, "a", 2, "another time");
	addf(&in, "{\"id\":\"\\u0061\",\"type\":\"t\",\"timestamp\":3,\"x\":\"\"}\n");
	add_event(&in, "b", 2, "two");
	d = put_text("dup", ev_buf_view(&in), NULL);
	ok_as(d.rc == EV_OK && d.kept == 4 && d.duplicates == 2 && d.acked == 6, "within a batch");
	d = put_text("dup", ev_buf_view(&in), NULL);
	ok_as(d.rc == EV_OK && d.kept == 0 && d.duplicates == 6 && d.acked == 6, "across segments");
	d = put_text("dup", ev_buf_view(&in), &window);
	ok_as(d.rc == EV_OK && d.kept == 0, "within the window");
	ok_as(get_text("dup", "a", &out) == EV_OK && strstr(out.p, "\\u0061") != NULL,
	    "two spellings of an id are one id");
	ok(sound("dup"));
	d = put_text("dup", ev_buf_view(&in), &none);
	ok_as(d.rc == EV_OK && d.kept == 6, "but with --dedupe none all are kept");
	remove_lake("dup");
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

static void
the_same_id_with_other_bytes_is_never_dropped(void)
{
	struct ev_buf in = BUF, told = BUF, out = BUF;
	struct ev_put_args args = { .conflict = set_aside, .arg = &told };
	struct did d;

	add_event(&in, "a", 1, "one");
	add_event(&in, "b", 2, "two");
	add_event(&in, "a", 1, "ONE");
	add_event(&in, "c", 3, "three");
	d = put_text("conflict", ev_buf_view(&in), NULL);
	ok_as(d.rc == EV_DATA && d.e.line == 3 && d.e.col == 7,
	    "it stops the put, which names its place");
	is_str(d.e.text, "id a of 1970-01-01T00:00:00.001Z is there already, with other bytes");
	ok_as(d.acked == 2 && d.kept == 2, "what came before it is kept and acknowledged");
	ok_as(get_text("conflict", "c", &out) == EV_NO, "what comes after it is not");
	d = put_text("conflict", ev_buf_view(&in), &args);
	ok_as(d.rc == EV_OK && d.acked == 4 && d.kept == 1 && d.duplicates == 2 && d.conflicts == 1,
	    "with a hook it is set aside, and the rest goes on");
	is_str(told.p,
	    "text:3 id a of 1970-01-01T00:00:00.001Z is there already, with other bytes\n"
	    "{\"id\":\"a\",\"type\":\"t\",\"timestamp\":1,\"x\":\"ONE\"}\n");
	ok(sound("conflict"));
	remove_lake("conflict");
	ev_buf_fini(&in);
	ev_buf_fini(&told);
	ev_buf_fini(&out);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void
times_go_to_the_folder_of_their_day(void)
{
	struct ev_buf in = BUF, out = BUF;
	struct did d;

	add_event(&in, "last of a day", 1700006399999, "");
	add_event(&in, "first of a day", 1700006400000, "");
	add_event(&in, "leap day", 1709164800000, "");
	add_event(&in, "end of leap day", 1709251199999, "");
	add_event(&in, "zero", 0, "");
	add_event(&in, "before zero", -1, "");
	add_event(&in, "least", INT64_MIN, "");
	add_event(&in, "greatest", INT64_MAX, "");
	add_event(&in, "year 9999", 253402300799999, "");
	add_event(&in, "year 10000", 253402300800000, "");
	d = put_text("days", ev_buf_view(&in), NULL);
	ok_as(d.rc == EV_OK && d.kept == 10 && d.segments == 7, "a segment per day");
	ok(is_folder("days/data/dt=2023-11-14") && is_folder("days/data/dt=2023-11-15"));
	ok(is_folder("days/data/dt=2024-02-29") && !is_folder("days/data/dt=2024-03-01"));
	ok(is_folder("days/data/dt=1970-01-01") && is_folder("days/data/dt=1969-12-31"));
	ok_as(is_folder("days/data/dt=0001-01-01") && is_folder("days/data/dt=9999-12-31"),
	    "what no date names is in the first and the last folder");
	ok(sound("days"));
	ok(query_text("days", false, INT64_MIN, -5, &out) == EV_OK && out.n > 0 &&
	    strstr(out.p, "least") != NULL);
	ev_buf_clear(&out);
	ok(query_text("days", false, 253402300800000, -1, &out) == EV_OK &&
	    strstr(out.p, "10000") != NULL && strstr(out.p, "greatest") != NULL &&
	    strstr(out.p, "9999") == NULL);
	ev_buf_clear(&out);
	ok(query_text("days", false, -2, 1, &out) == EV_OK &&
	    strstr(out.p, "before zero") != NULL && strstr(out.p, "\"zero") != NULL &&
	    strstr(out.p, "leap") == NULL);
	ev_buf_clear(&out);
	ok(query_text("days", true, -1, -1, &out) == EV_OK);
	ok_as(strstr(out.p, "least") < strstr(out.p, "before zero") &&
		strstr(out.p, "before zero") < strstr(out.p, "\"zero") &&
		strstr(out.p, "last of") < strstr(out.p, "first of") &&
		strstr(out.p, "10000") < strstr(out.p, "greatest"),
	    "and time orders them all");
	remove_lake("days");

	make_lake("hours", 1 << 20, 1 << 30, true);
	ok(put_text("hours", ev_buf_view(&in), NULL).rc == EV_OK && sound("hours"));
	ok(is_folder("hours/data/dt=2024-02-29/hour=00") &&
	    is_folder("hours/data/dt=2024-02-29/hour=23"));
	remove_lake("hours");
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

/* Small frames that overlap in time, over several segments: the order is that of a stable sort. */
static void
time_order_is_a_stable_sort(void)
{
	enum { N = 2000 };
	struct ev_buf in = BUF, out = BUF;
	long long last = INT64_MIN, ms;
	int last_n = -1, n, lines = 0, wrong = 0;
	unsigned seed = 7;
	char id[32], *p;

	make_lake("order", 600, 1 << 30, false);
	for (int i = 0; i < N; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(id, sizeof(id), "%d", i);
		add_event(&in, id,
		    (long long)(i / 10) * 1000 - (seed >> 16) % 60 * 1000 + (seed >> 8) % 3 * DAY,
		    "");
		if (i % 500 == 499) {
			if (put_text("order", ev_buf_view(&in), NULL).rc != EV_OK)
				abort();
			ev_buf_clear(&in);
		}
	}
	ok(query_text("order", true, -1, -1, &out) == EV_OK);
	for (p = out.p; p != NULL && *p != '\0'; p = strchr(p, '\n') + 1) {
		if (sscanf(p, "{\"id\":\"%d\",\"type\":\"t\",\"timestamp\":%lld", &n, &ms) != 2)
			abort();
		wrong += ms < last || (ms == last && n < last_n);
		last = ms;
		last_n = n;
		lines++;
	}
	ok_as(lines == N && wrong == 0, "by time, ties by arrival");
	remove_lake("order");
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

/* Many partitions at once: more open frames than memory is given for. */
static void
many_days_spill(void)
{
	struct ev_buf in = EV_BUF(1 << 30), out = EV_BUF(1 << 30);
	char *x = malloc(150001), id[32];
	struct rlimit all, few;
	struct did d;

	if (getrlimit(RLIMIT_NOFILE, &all) != 0)
		abort();
	memset(x, 'x', 150000);
	x[150000] = '\0';
	for (int round = 0; round < 3; round++)
		for (int day = 0; day < 200; day++) {
			snprintf(id, sizeof(id), "%d-%d", day, round);
			add_event(&in, id, day * DAY, x);
		}
	d = put_text("spill", ev_buf_view(&in), NULL);
	ok_as(
	    d.rc == EV_OK && d.kept == 600 && d.segments == 200, "a segment per day all the same");
	ok(query_text("spill", false, -1, -1, &out) == EV_OK && out.n == in.n);
	few = all;
	few.rlim_cur = 40;
	ev_buf_clear(&out);
	ok(setrlimit(RLIMIT_NOFILE, &few) == 0);
	ok_as(query_text("spill", false, -1, -1, &out) == EV_OK && out.n == in.n,
	    "with 40 descriptors for 200 segments, too");
	ok(setrlimit(RLIMIT_NOFILE, &all) == 0);
	ok(sound("spill"));
	remove_lake("spill");
	free(x);
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void
what_is_newer_is_refused_untouched(void)
{
	struct ev_buf in = BUF, before = BUF, after = BUF;
	struct ev_err e = { 0 };
	struct ev_lake l;

	add_event(&in, "a", 1, "");
	ok(put_text("newer", ev_buf_view(&in), NULL).rc == EV_OK);
	must(ev_file_read(AT_FDCWD, "newer/lake.json", &before, &e) == EV_OK, &e);
	memcpy(strstr(before.p, "\"version\":1"), "\"version\":2", 11);
	write_file("newer/lake.json", before.p);
	ok(ev_lake_open(&l, "newer", EV_LAKE_READ, &e) == EV_USAGE);
	is_str(e.text, "lake.json has version 2; this evhub reads version 1");
	e = (struct ev_err){ 0 };
	ok(ev_lake_open(&l, "newer", EV_LAKE_PUT, &e) == EV_USAGE);
	ok_as(ev_file_read(AT_FDCWD, "newer/lake.json", &after, NULL) == EV_OK &&
		strcmp(after.p, before.p) == 0,
	    "and left as it is");
	remove_lake("newer");
	ev_buf_fini(&in);
	ev_buf_fini(&before);
	ev_buf_fini(&after);
}

static void
what_is_no_lake_is_refused(void)
{
	struct ev_err e = { 0 };
	struct ev_lake l;

	ok(ev_lake_open(&l, "nowhere", EV_LAKE_READ, &e) == EV_USAGE);
	mkdir("full", 0777);
	write_file("full/letter.txt", "dear\n");
	e = (struct ev_err){ 0 };
	ok(ev_lake_open(&l, "full", EV_LAKE_PUT, &e) == EV_USAGE);
	is_str(e.text, "full is no lake and not empty: it holds letter.txt");
	e = (struct ev_err){ 0 };
	ok(ev_lake_open(&l, "full", EV_LAKE_READ, &e) == EV_USAGE);
	remove_lake("full");
	is_str(ev_network_fs(0x6969), "NFS");
	is_str(ev_network_fs(0xffffffffff534d42), "SMB");
	ok_as(ev_network_fs(0xef53) == NULL, "ext4 is no network");
}

/* Processes that put the same events at the same time keep one of each. */
static void
puts_side_by_side_keep_one(void)
{
	enum { PUTS = 4, N = 300 };
	struct ev_buf in = BUF, out = BUF;
	int ready[2], bad = 0, status;
	char id[32], c;
	const char *p;
	size_t lines = 0;

	for (int i = 0; i < N; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		add_event(&in, id, i % 3 * DAY + i, "");
	}
	for (int round = 0; round < 5; round++) {
		lines = 0;
		if (pipe(ready) != 0)
			abort();
		for (int k = 0; k < PUTS; k++)
			if (fork() == 0) {
				close(ready[1]);
				if (read(ready[0], &c, 1) <
				    0) /* all start when the pipe is closed */
					_exit(9);
				_exit((int)put_text("side", ev_buf_view(&in), NULL).rc);
			}
		close(ready[0]);
		close(ready[1]);
		for (int k = 0; k < PUTS; k++)
			bad += wait(&status) < 0 || status != 0;
		ev_buf_clear(&out);
		bad += query_text("side", false, -1, -1, &out) != EV_OK;
		for (p = out.p; (p = strchr(p, '\n')) != NULL; p++)
			lines++;
		bad += lines != N || !sound("side");
		remove_lake("side");
	}
	ok_as(bad == 0, "four puts of the same events, five times");
	ev_buf_fini(&in);
	ev_buf_fini(&out);
}

int
main(void)
{
	small_segments_keep_all_ids();
	a_segment_has_4096_frames_at_most();
	a_segment_ends_at_its_size();
	long_lines_stand_alone();
	the_line_decides_not_the_prefix();
	duplicates_are_kept_once();
	the_same_id_with_other_bytes_is_never_dropped();
	times_go_to_the_folder_of_their_day();
	time_order_is_a_stable_sort();
	many_days_spill();
	what_is_newer_is_refused_untouched();
	what_is_no_lake_is_refused();
	puts_side_by_side_keep_one();
	return tap_done();
}
