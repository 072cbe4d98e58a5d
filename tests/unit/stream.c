/* SPDX-License-Identifier: MIT */
/* Appending to a stream and reading it, and every file byte by byte. */
#include <inttypes.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "base/hash.h"
#include "base/time.h"
#include "stream/count.h"
#include "stream/index.h"
#include "base/bytes.h"
#include "streams.h"
#include "tap.h"

static void
stream_json_says_what_the_stream_is(void)
{
	struct ev_buf text = BUF, want = BUF;
	struct ev_err e = { 0 };
	struct ev_stream s;

	ok(ev_stream_open(&s, "hub/plain", "", true, &e) == EV_OK);
	ok_as(
	    strlen(s.conf.id) == 26 && strspn(s.conf.id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == 26,
	    "a stream has a ULID");
	slurp("hub/plain/stream.json", &text);
	addf(&want,
	    "{\"version\":1,\"id\":\"%s\",\"shards\":1,\"hash\":\"xxh3\",\"segment\":134217728,"
	    "\"index\":65536,\"retention\":null,\"sync\":\"5ms\"}\n",
	    s.conf.id);
	is_slice(ev_buf_view(&text), ev_buf_str(&want));
	ok_as(size_of("hub/plain/p0000") >= 0, "the folder of its shard is there");
	ev_stream_close(&s);

	ok(ev_stream_open(&s, "hub/full",
	       "shards=3&hash=crc32&segment=1M&index=4K&retention=36h,10G&sync=batch", true,
	       &e) == EV_OK);
	slurp("hub/full/stream.json", &text);
	ev_buf_clear(&want);
	addf(&want,
	    "{\"version\":1,\"id\":\"%s\",\"shards\":3,\"hash\":\"crc32\",\"segment\":1048576,"
	    "\"index\":4096,\"retention\":\"36h,10G\",\"sync\":\"batch\"}\n",
	    s.conf.id);
	is_slice(ev_buf_view(&text), ev_buf_str(&want));
	ev_stream_close(&s);
	ok_as(size_of("hub/full/p0002") >= 0 && size_of("hub/full/p0003") < 0,
	    "a folder per shard, counted from 0");

	ok(ev_stream_open(&s, "hub/full", "retention=129600s,10240M&shards=3", false, &e) == EV_OK);
	ok_as(s.conf.retention_ms == 36 * INT64_C(3600000) &&
		s.conf.retention_bytes == UINT64_C(10) << 30 && s.conf.sync_ms == 0 &&
		s.conf.shards == 3 && s.conf.segment == 1 << 20 && s.conf.index == 4096,
	    "what it says is read back, and the same value in other words agrees");
	ev_stream_close(&s);
	ev_stream_close(&s);
	ev_buf_fini(&text);
	ev_buf_fini(&want);
}

static void
refuses(const char *dir, const char *options, bool make, const char *says)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	enum ev_code rc = ev_stream_open(&s, dir, options, make, &e);

	ok_as(rc == EV_USAGE && strstr(e.text, says) != NULL, says);
	if (rc == EV_OK)
		ev_stream_close(&s);
	else
		printf("# %s\n", e.text);
}

static void
options_are_checked(void)
{
	refuses("hub/none", "", false, "no such folder");
	refuses("hub", "", false, "no stream.json");
	refuses("hub", "", true, "not empty: it holds");
	refuses("hub/full", "shards=4", true, "has shards=3 and shards=4 was asked for");
	refuses("hub/plain", "retention=7d", true, "has retention=none and retention=7d");
	refuses("hub/plain", "sync=none", true, "has sync=5ms and sync=none");
	refuses("hub/new", "shard=4", true, "unknown option 'shard=4'");
	refuses("hub/new", "shards", true, "unknown option 'shards'");
	refuses("hub/new", "shards=0", true, "from 1 to 1024");
	refuses("hub/new", "shards=1025", true, "from 1 to 1024");
	refuses("hub/new", "shards=18446744073709551617", true, "from 1 to 1024");
	refuses("hub/new", "hash=md5", true, "xxh3, kinesis, murmur2, crc32");
	refuses("hub/new", "segment=1", true, "from 1K to 1T");
	refuses("hub/new", "retention=7", true, "a duration, a size, or both");
	refuses("hub/new", "retention=7d,8d", true, "a duration, a size, or both");
	refuses("hub/new", "sync=2m", true, "a duration up to 1m");
	refuses("hub/new", "segment=1T&index=256", true, "too fine");
	ok_as(size_of("hub/new") < 0, "and nothing is made");
	refuses("hub/full", "retention=1500ms,1025B", true,
	    "retention=36h,10G and retention=1500ms,1025B");
	ok(ev_stream_check("shards=2&retention=10G&sync=250ms", NULL) == EV_OK);
	ok(ev_stream_check("retention=none", NULL) == EV_OK);
	ok(ev_stream_check("key=id", NULL) == EV_USAGE);
}

static void
a_bad_stream_json_is_refused(void)
{
	static const struct {
		const char *text, *says;
		enum ev_code rc;
	} bad[] = {
		{ "", "damaged", EV_SYS },
		{ "[]", "a version was wanted", EV_SYS },
		{ "{\"version\":0}", "a version was wanted", EV_SYS },
		{ "{\"version\":2}", "this evhub reads version 1", EV_USAGE },
		{ "{\"version\":1,\"id\":\"x\"}", "no ULID", EV_SYS },
		{ "{\"version\":1,\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"shards\":\"1\"}",
		    "shards=a string", EV_SYS },
		{ "{\"version\":1,\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"shards\":1}",
		    "hash=", EV_SYS },
		{ "{\"version\":1,\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"shards\":1,\"hash\":null,"
		  "\"segment\":134217728,\"index\":65536,\"retention\":null,\"sync\":\"5ms\"}",
		    "hash=null", EV_SYS },
		{ "{\"version\":1,\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"shards\":1,"
		  "\"hash\":\"xxh3\",\"segment\":134217728,\"index\":65536,\"retention\":7,"
		  "\"sync\":\"5ms\"}",
		    "retention=a number", EV_SYS },
	};

	must(mkdir("bad", 0777) == 0, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ev_err e = { 0 };
		struct ev_stream s;

		spew("bad/stream.json", bad[i].text, strlen(bad[i].text));
		ok_as(ev_stream_open(&s, "bad", "", true, &e) == bad[i].rc &&
			strstr(e.text, bad[i].says) != NULL,
		    bad[i].says);
		printf("# %s\n", e.text);
	}
}

/* Several at once make one stream. */
static void
makers_agree(void)
{
	struct ev_buf text = BUF;
	int status, good = 0;
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			struct ev_stream s;
			struct ev_err e = { 0 };
			char name[32];

			must(ev_stream_open(&s, "made/by/many", "shards=2", true, &e) == EV_OK, &e);
			snprintf(name, sizeof(name), "maker-%d", i);
			spew(name, s.conf.id, 26);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		must(waitpid(pid[i], &status, 0) == pid[i], NULL);
	slurp("made/by/many/stream.json", &text);
	for (int i = 0; i < 4; i++) {
		struct ev_buf id = BUF;
		char name[32];

		snprintf(name, sizeof(name), "maker-%d", i);
		slurp(name, &id);
		good += id.n == 26 && memmem(text.p, text.n, id.p, 26) != NULL;
		ev_buf_fini(&id);
	}
	ok_as(good == 4, "four that make a stream at once have the same one");
	ev_buf_fini(&text);
}

static void
lines_are_counted(void)
{
	char text[1000];
	int wrong = 0;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 7)
		text[i] = '\n';
	for (size_t n = 0; n <= sizeof(text); n++)
		wrong += ev_lf_count((struct ev_slice){ text, n }) != (n + 6) / 7;
	ok_as(wrong == 0, "line feeds are counted in texts of any length");
	ok(ev_lf_skip((struct ev_slice){ text, 100 }, 0) == 0);
	ok(ev_lf_skip((struct ev_slice){ text, 100 }, 2) == 8);
	ok(ev_lf_skip((struct ev_slice){ text, 100 }, 99) == 100);
}

static void
the_files_of_a_shard(void)
{
	static const char text[] = "{\"n\":0}\n{\"n\":1}\n";
	unsigned char boot[EV_BOOT];
	struct ev_buf b = BUF;
	struct ev_err e = { 0 };
	const unsigned char *p;
	int64_t before = ev_now(), ms;
	uint64_t first = 9;

	ok(append_text("one", "", 0, ev_slice_str(text), &first, &e) == EV_OK);
	ok_as(first == 0, "numbers begin at 0");
	slurp("one/p0000/00000000000000000000.ndjson", &b);
	is_slice(ev_buf_view(&b), text);

	slurp("one/p0000/00000000000000000000.idx", &b);
	p = (const unsigned char *)b.p;
	ms = b.n >= 24 ? (int64_t)ev_le_get(p + 16, 8) : 0;
	ok_as(
	    b.n == 24 && ev_le_get(p, 8) == 0 && ev_le_get(p + 8, 8) == 0 && ms >= before && ms <= ev_now(),
	    "an index entry is u64 seq, u64 byte, i64 ms");

	slurp("one/p0000/HEAD", &b);
	p = (const unsigned char *)b.p;
	must(ev_boot_id(boot, &e) == EV_OK, &e);
	ok_as(b.n == 4096 + 72, "HEAD has two slots of 72 bytes, at 0 and 4096");
	/* 1: the shard is made, 2: appended, 3: synced */
	p += 4096;
	ok_as(ev_le_get(p, 8) == 3 && ev_le_get(p + 8, 8) == 0 && ev_le_get(p + 16, 8) == 2 &&
		ev_le_get(p + 24, 8) == 16 && ev_le_get(p + 32, 8) == 16 &&
		(int64_t)ev_le_get(p + 40, 8) == ms && memcmp(p + 48, boot, 16) == 0 &&
		ev_le_get(p + 64, 8) == ev_xxh3(p, 64),
	    "a slot is gen, base, next_seq, bytes, synced_bytes, ms, boot id, xxh3; odd ones "
	    "second");
	p -= 4096;
	ok_as(ev_le_get(p, 8) == 2 && ev_le_get(p + 16, 8) == 2 && ev_le_get(p + 24, 8) == 16 &&
		ev_le_get(p + 32, 8) == 0 && ev_le_get(p + 64, 8) == ev_xxh3(p, 64),
	    "the slot before it is of the append, not yet synced");

	ok(append_text("one", "", 0, EV_LIT("{\"n\":2}\n"), &first, &e) == EV_OK && first == 2);
	ok_as(holds_numbers("one", 3), "what is appended is read back, and goes on");
	ok(is_well("one"));
	ev_buf_fini(&b);
}

static void
what_is_no_line_is_refused(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	uint64_t first;

	must(ev_stream_open(&s, "one", "", false, &e) == EV_OK, &e);
	must(ev_append_open(&a, &s, 0, &e) == EV_OK, &e);
	ok(ev_append_lines(&a, EV_LIT("a\nb\n"), 1, &first, &e) == EV_DATA);
	e = (struct ev_err){ 0 };
	ok(ev_append_lines(&a, EV_LIT("a\nb"), 1, &first, &e) == EV_DATA);
	e = (struct ev_err){ 0 };
	ok(ev_append_lines(&a, EV_LIT("a\0b\n"), 1, &first, &e) == EV_DATA);
	e = (struct ev_err){ 0 };
	ok(ev_append_lines(&a, EV_LIT(""), 0, &first, &e) == EV_OK && first == 3);
	ok(ev_append_sync(&a, &e) == EV_OK);
	ev_append_close(&a);
	ev_append_close(&a);
	ok(ev_append_open(&a, &s, 1, &e) == EV_USAGE);
	ev_stream_close(&s);
	ok_as(holds_numbers("one", 3), "and nothing of it is there");
}

/* Every entry of the index of the segment at path. */
static size_t
load_index(const char *path, struct ev_entry *en, size_t most)
{
	struct ev_buf b = BUF;
	size_t n;

	slurp(path, &b);
	n = b.n / EV_ENTRY;
	must(b.n % EV_ENTRY == 0 && n <= most, NULL);
	for (size_t i = 0; i < n; i++)
		ev_entry_get((const unsigned char *)b.p + i * EV_ENTRY, &en[i]);
	ev_buf_fini(&b);
	return n;
}

/* An index of the file at path as it must be when entries are due every `index` bytes. */
static bool
index_fits(const char *segment, const char *index, uint64_t base, uint64_t every)
{
	static struct ev_entry en[10000];
	struct ev_buf b = BUF;
	size_t n = load_index(index, en, 10000), i = 0;
	uint64_t seq = base, due = 0;
	bool good = true;

	slurp(segment, &b);
	for (size_t at = 0; at < b.n; seq++) {
		if (at >= due) {
			good &= i < n && en[i].byte == at && en[i].seq == seq &&
			    (i == 0 || en[i].ms >= en[i - 1].ms);
			due = at + every;
			i++;
		}
		at = (size_t)((char *)memchr(b.p + at, '\n', b.n - at) - b.p) + 1;
	}
	if (n == i + 1)
		good &= en[i].seq == UINT64_MAX && en[i].byte == b.n &&
		    (uint64_t)en[i].ms == ev_xxh3(b.p, b.n);
	ev_buf_fini(&b);
	return good && (n == i || n == i + 1);
}

static void
the_index_is_sparse(void)
{
	append_numbers("sparse", "index=256", 0, 10, 1);
	append_numbers("sparse", "", 10, 990, 3);
	append_numbers("sparse", "", 1000, 5000, 5000);
	append_numbers("sparse", "", 6000, 1, 1);
	ok_as(index_fits("sparse/p0000/00000000000000000000.ndjson",
		  "sparse/p0000/00000000000000000000.idx", 0, 256),
	    "an entry per 256 bytes or more, at the beginning of a line, in batches of any size");
	ok(holds_numbers("sparse", 6001));
	ok(is_well("sparse"));
}

static void
reads_from_any_place(const char *dir, uint64_t n)
{
	struct ev_buf got = BUF, want = BUF;
	uint64_t first, next;
	int wrong = 0;

	for (uint64_t seq = 0; seq <= n; seq += n > 500 && seq + 17 < n ? 17 : 1) {
		struct ev_err e = { 0 };

		ev_buf_clear(&want);
		add_numbers(&want, seq, n - seq);
		wrong += read_from(dir, 0, EV_FROM_SEQ, seq, INT64_MIN, seq % 2, &got, &first,
			     &next, &e) != EV_OK ||
		    first != seq || next != n || got.n != want.n ||
		    (got.n > 0 && memcmp(got.p, want.p, got.n) != 0);
	}
	ok_as(wrong == 0, "a reader begins at any number, and gets all from there on");
	ev_buf_fini(&got);
	ev_buf_fini(&want);
}

static void
segments_roll(void)
{
	struct ev_buf list = BUF, got = BUF;
	struct ev_entry en[64];
	struct ev_err e = { 0 };
	uint64_t first, next;
	size_t n;

	append_numbers("roll", "segment=1K&index=256", 0, 300, 7);
	/* lines of 8, 9 and 10 bytes, in batches of 7: 119 are the first to fill 1 KiB, then 105 */
	ok_as(size_of("roll/p0000/00000000000000000119.ndjson") >= 1024,
	    "a segment is named after its first event");
	ok_as(size_of("roll/p0000/00000000000000000000.ndjson") >= 1024 &&
		size_of("roll/p0000/00000000000000000000.ndjson") < 1024 + 7 * 10,
	    "it is full at `segment` bytes, and holds whole batches");
	ok_as(index_fits("roll/p0000/00000000000000000000.ndjson",
		  "roll/p0000/00000000000000000000.idx", 0, 256) &&
		index_fits("roll/p0000/00000000000000000119.ndjson",
		    "roll/p0000/00000000000000000119.idx", 119, 256),
	    "each segment has an index");
	n = load_index("roll/p0000/00000000000000000000.idx", en, 64);
	ok_as(n > 1 && en[n - 1].seq == UINT64_MAX, "that of a sealed one ends with a trailer");
	n = load_index("roll/p0000/00000000000000000224.idx", en, 64);
	ok_as(n > 0 && en[n - 1].seq != UINT64_MAX, "that of the last one does not");
	ok(holds_numbers("roll", 300));
	reads_from_any_place("roll", 300);
	ok(read_from("roll", 0, EV_FROM_SEQ, 301, INT64_MIN, false, &got, &first, &next, &e) ==
	    EV_USAGE);
	is_str(e.text, "offset 301 is beyond the end, which is 300");
	ok(is_well("roll"));
	e = (struct ev_err){ 0 };
	poke("roll/p0000/00000000000000000119.idx", "\x07", 1, 24 + 8);
	ok_as(read_from("roll", 0, EV_FROM_SEQ, 200, INT64_MIN, false, &got, &first, &next, &e) ==
		    EV_OK &&
		first == 200 && memcmp(got.p, "{\"n\":200}\n", 10) == 0,
	    "an index entry within a line is not believed");
	ev_buf_fini(&list);
	ev_buf_fini(&got);
}

static void
long_lines_are_read_whole(void)
{
	struct ev_err e = { 0 };
	struct ev_buf text = BUF, got = BUF;
	uint64_t first, next;

	for (size_t i = 0; i < 5; i++) {
		addf(&text, "{\"i\":%zu,\"x\":\"", i);
		must(ev_buf_reserve(&text, i << 19, &e) == EV_OK, &e);
		memset(text.p + text.n, 'x', i << 19);
		text.n += i << 19;
		addf(&text, "\"}\n");
	}
	ok(append_text("long", "segment=1M", 0, ev_buf_view(&text), &first, &e) == EV_OK);
	ok(append_text("long", "", 0, ev_buf_view(&text), &first, &e) == EV_OK && first == 5);
	ok(read_from("long", 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &got, &first, &next, &e) ==
	    EV_OK);
	ok_as(next == 10 && got.n == 2 * text.n && memcmp(got.p, text.p, text.n) == 0 &&
		memcmp(got.p + text.n, text.p, text.n) == 0,
	    "lines longer than a block come back whole");
	ok(is_well("long"));
	ev_buf_fini(&text);
	ev_buf_fini(&got);
}

static void
a_reader_sees_what_is_synced(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	struct ev_cursor c, all;
	struct ev_slice block;
	uint64_t first;

	must(ev_stream_open(&s, "seen", "sync=10s", true, &e) == EV_OK, &e);
	ok(ev_cursor_open(&c, &s, 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &e) == EV_OK);
	ok_as(ev_cursor_next(&c, &block, &first, &e) == EV_NO, "an empty shard has nothing");
	ok_as(size_of("seen/p0000/HEAD") < 0, "and a reader makes no files in it");
	must(ev_append_open(&a, &s, 0, &e) == EV_OK, &e);
	must(ev_append_lines(&a, EV_LIT("a\nb\n"), 2, &first, &e) == EV_OK, &e);
	ok_as(ev_cursor_next(&c, &block, &first, &e) == EV_NO,
	    "what is appended and not synced is not handed out");
	ok(ev_cursor_open(&all, &s, 0, EV_FROM_EARLIEST, 0, INT64_MIN, true, &e) == EV_OK);
	ok(ev_cursor_next(&all, &block, &first, &e) == EV_OK && first == 0);
	is_slice(block, "a\nb\n");
	ok(ev_cursor_next(&all, &block, &first, &e) == EV_NO);
	must(ev_append_sync(&a, &e) == EV_OK, &e);
	ok(ev_cursor_next(&c, &block, &first, &e) == EV_OK && first == 0);
	is_slice(block, "a\nb\n");
	ok(c.next == 2 && c.bytes == 4);
	ok(ev_cursor_next(&c, &block, &first, &e) == EV_NO);
	ev_cursor_close(&c);

	must(ev_append_lines(&a, EV_LIT("c\n"), 1, &first, &e) == EV_OK, &e);
	ok(ev_cursor_open(&c, &s, 0, EV_FROM_LATEST, 0, INT64_MIN, false, &e) == EV_OK);
	ok_as(c.next == 3, "the latest place is behind all that is there");
	must(ev_append_lines(&a, EV_LIT("d\n"), 1, &first, &e) == EV_OK, &e);
	must(ev_append_sync(&a, &e) == EV_OK, &e);
	ok(ev_cursor_next(&c, &block, &first, &e) == EV_OK && first == 3);
	is_slice(block, "d\n");
	ev_cursor_close(&c);
	ok(ev_cursor_next(&all, &block, &first, &e) == EV_OK && first == 2);
	is_slice(block, "c\nd\n");
	ev_cursor_close(&all);
	ok(ev_cursor_open(&all, &s, 0, EV_FROM_LATEST, 0, INT64_MIN, true, &e) == EV_OK);
	ok(all.next == 4 && ev_cursor_next(&all, &block, &first, &e) == EV_NO);
	ev_cursor_close(&all);
	ev_append_close(&a);
	ev_stream_close(&s);
}

/* sync=none: the reader syncs what it is handed. */
static void
without_a_policy_readers_sync(void)
{
	struct ev_head h;
	struct ev_err e = { 0 };
	uint64_t first;

	ok(append_text("none", "sync=none", 0, EV_LIT("{\"n\":0}\n{\"n\":1}\n"), &first, &e) ==
	    EV_OK);
	ok(head_of("none", &h) == EV_OK && h.bytes == 16 && h.synced == 0);
	ok(holds_numbers("none", 2));
	ok_as(head_of("none", &h) == EV_OK && h.synced == 16,
	    "what is handed out was made durable before");
}

static void
writer(const char *dir, int number, int batches)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_append a;
	struct ev_buf b = BUF;
	uint64_t first;

	must(ev_stream_open(&s, dir, "segment=64K&index=1K&sync=batch", true, &e) == EV_OK, &e);
	must(ev_append_open(&a, &s, 0, &e) == EV_OK, &e);
	for (int i = 0; i < batches; i++) {
		int n = 1 + i * 7 % 23;

		ev_buf_clear(&b);
		for (int k = 0; k < n; k++)
			addf(&b, "{\"writer\":%d,\"batch\":%d,\"line\":%d,\"of\":%d}\n", number, i,
			    k, n);
		must(ev_append_lines(&a, ev_buf_view(&b), (uint64_t)n, &first, &e) == EV_OK, &e);
		if (i % 3 == 0)
			must(ev_append_sync(&a, &e) == EV_OK, &e);
	}
	must(ev_append_sync(&a, &e) == EV_OK, &e);
	ev_append_close(&a);
	ev_stream_close(&s);
	ev_buf_fini(&b);
}

enum { WRITERS = 4, BATCHES = 200 };

/* Follows until it has seen `wanted` lines, all whole, with each writer's batches in one piece and
 * in order. */
static int
follow(const char *dir, uint64_t wanted)
{
	int batch[WRITERS] = { 0 }, line = 0, current = -1;
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_cursor c;
	struct ev_follow f;
	struct ev_slice block;
	uint64_t first, seen = 0;

	must(ev_stream_open(&s, dir, "", false, &e) == EV_OK, &e);
	must(ev_cursor_open(&c, &s, 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &e) == EV_OK, &e);
	must(ev_follow_open(&f, &s, 0, 1, &e) == EV_OK, &e);
	while (seen < wanted) {
		struct pollfd p = { .fd = f.fd, .events = POLLIN };
		enum ev_code rc = ev_cursor_next(&c, &block, &first, &e);

		if (rc == EV_NO) {
			must(poll(&p, 1, EV_FOLLOW_POLL) >= 0, NULL);
			ev_follow_drain(&f);
			continue;
		}
		must(rc == EV_OK, &e);
		if (first != seen)
			return 1;
		for (const char *at = block.p; at < block.p + block.n; seen++) {
			int w, b, l, of, n = 0;

			if (sscanf(at, "{\"writer\":%d,\"batch\":%d,\"line\":%d,\"of\":%d}%n", &w,
				&b, &l, &of, &n) != 4 ||
			    at[n] != '\n' || w < 0 || w >= WRITERS)
				return 2;
			if ((line == 0 ? l != 0 : w != current) || l != line || b != batch[w])
				return 3;
			current = w;
			line = l + 1 == of ? 0 : l + 1;
			batch[w] += l + 1 == of;
			at += n + 1;
		}
	}
	ev_cursor_close(&c);
	ev_follow_close(&f);
	ev_stream_close(&s);
	return 0;
}

static void
writers_and_readers_side_by_side(void)
{
	struct ev_stream s;
	struct ev_err e = { 0 };
	uint64_t wanted = 0;
	int status, bad = 0;
	pid_t pid[WRITERS + 2];

	for (int i = 0; i < BATCHES; i++)
		wanted += (uint64_t)(1 + i * 7 % 23) * WRITERS;
	must(ev_stream_open(&s, "many", "segment=64K&index=1K&sync=batch", true, &e) == EV_OK, &e);
	ev_stream_close(&s);
	fflush(stdout);
	for (int i = 0; i < WRITERS + 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0 && i < WRITERS)
			writer("many", i, BATCHES);
		if (pid[i] == 0)
			_exit(i < WRITERS ? 0 : follow("many", wanted));
	}
	for (int i = 0; i < WRITERS + 2; i++) {
		must(waitpid(pid[i], &status, 0) == pid[i], NULL);
		bad += status != 0;
		if (status != 0)
			printf("# %s %d ended with %#x\n", i < WRITERS ? "writer" : "reader", i,
			    (unsigned)status);
	}
	ok_as(bad == 0,
	    "four writers and two followers: batches in one piece, in order, numbers without "
	    "holes");
	ok_as(size_of("many/p0000/00000000000000000000.ndjson") >= 65536, "over several segments");
	ok(is_well("many"));
}

/* A follower that sleeps is woken by what becomes durable. */
static void
a_follower_wakes(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_follow f;
	struct pollfd p;
	uint64_t first;

	must(ev_stream_open(&s, "awake", "shards=3", true, &e) == EV_OK, &e);
	ok(ev_follow_open(&f, &s, 1, 3, &e) == EV_USAGE);
	e = (struct ev_err){ 0 };
	must(ev_follow_open(&f, &s, 1, 2, &e) == EV_OK, &e);
	if (f.fd >= 0) {
		p = (struct pollfd){ .fd = f.fd, .events = POLLIN };
		ok(append_text("awake", "", 0, EV_LIT("a\n"), &first, &e) == EV_OK);
		ok_as(poll(&p, 1, 0) == 0, "another shard wakes nobody");
		ok(append_text("awake", "", 2, EV_LIT("a\n"), &first, &e) == EV_OK);
		ok_as(poll(&p, 1, 10000) == 1, "its own does");
		ev_follow_drain(&f);
		ok_as(poll(&p, 1, 0) == 0, "once");
	}
	ev_follow_close(&f);
	ev_follow_close(&f);
	ev_stream_close(&s);
}

static void
retention_takes_from_the_front(void)
{
	struct ev_err e = { 0 };
	struct ev_buf got = BUF;
	struct ev_stream s;
	struct ev_cursor c;
	struct ev_shard_info info;
	struct ev_slice block;
	uint64_t first, next;

	append_numbers("kept", "segment=1K&index=256&retention=4K", 0, 100, 10);
	must(ev_stream_open(&s, "kept", "", false, &e) == EV_OK, &e);
	must(ev_cursor_open(&c, &s, 0, EV_FROM_SEQ, 0, INT64_MIN, false, &e) == EV_OK, &e);
	append_numbers("kept", "", 100, 2900, 10);
	must(ev_shard_info(&s, 0, &info, &e) == EV_OK, &e);
	ok_as(
	    info.first > 0 && info.next == 3000 && info.bytes >= 3072 && info.bytes <= 4096 + 1200,
	    "by size: no more than was asked for and a segment stay");
	ok(read_from("kept", 0, EV_FROM_EARLIEST, 0, INT64_MIN, false, &got, &first, &next, &e) ==
		EV_OK &&
	    first == info.first && next == 3000);
	ok(read_from("kept", 0, EV_FROM_SEQ, 5, INT64_MIN, false, &got, &first, &next, &e) ==
	    EV_USAGE);
	ok_as(strstr(e.text, "offset 5 was removed, the first is ") != NULL,
	    "a reader that comes too late is told");
	e = (struct ev_err){ 0 };
	while (ev_cursor_next(&c, &block, &first, &e) == EV_OK)
		;
	ok_as(e.code == EV_USAGE && strstr(e.text, "was removed, the first is ") != NULL,
	    "and so is one that retention overtook");
	ok(is_well("kept"));
	ev_cursor_close(&c);
	ev_stream_close(&s);
	ev_buf_fini(&got);
}

/* Moves all the times in the indexes of a stream and its HEAD back. */
static void
grow_old(const char *dir, uint64_t base, int64_t by)
{
	struct ev_buf b = BUF;
	struct ev_head h;
	char path[256];

	snprintf(path, sizeof(path), "%s/p0000/%020" PRIu64 ".idx", dir, base);
	slurp(path, &b);
	for (size_t i = 0; i < b.n; i += EV_ENTRY)
		if (ev_le_get((unsigned char *)b.p + i, 8) != UINT64_MAX)
			ev_le_put((unsigned char *)b.p + i + 16, ev_le_get((unsigned char *)b.p + i + 16, 8) - (uint64_t)by, 8);
	poke(path, b.p, b.n, 0);
	ev_buf_fini(&b);
	must(head_of(dir, &h) == EV_OK, NULL);
	if (h.base == base) {
		h.gen++;
		h.ms -= by;
		set_head(dir, &h);
	}
}

static void
retention_by_age(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_shard_info info;

	append_numbers("aged", "retention=1h", 0, 10, 10);
	grow_old("aged", 0, 3600 * 1000);
	append_numbers("aged", "", 10, 10, 10);
	must(ev_stream_open(&s, "aged", "", false, &e) == EV_OK, &e);
	must(ev_shard_info(&s, 0, &info, &e) == EV_OK, &e);
	ok_as(info.segments == 2 && info.first == 0,
	    "a segment as old as retention allows is followed by another");
	grow_old("aged", 0, 3600 * 1000);
	grow_old("aged", 10, 3601 * 1000);
	append_numbers("aged", "", 20, 10, 10);
	must(ev_shard_info(&s, 0, &info, &e) == EV_OK, &e);
	ok_as(info.segments == 2 && info.first == 10, "and goes when all of it is too old");
	ok(is_well("aged"));
	ev_stream_close(&s);
}

static void
an_index_finds_a_time(void)
{
	struct ev_err e = { 0 };
	struct ev_stream s;
	struct ev_buf got = BUF;
	uint64_t seq, first, next;
	int64_t now = ev_now();

	append_numbers("when", "segment=1K&index=256", 0, 300, 5);
	grow_old("when", 0, 3600 * 1000);
	must(ev_stream_open(&s, "when", "", false, &e) == EV_OK, &e);
	ok(ev_shard_at(&s, 0, INT64_MIN, &seq, &e) == EV_OK && seq == 0);
	ok(ev_shard_at(&s, 0, now - 3700 * 1000, &seq, &e) == EV_OK && seq == 0);
	ok_as(ev_shard_at(&s, 0, now - 1800 * 1000, &seq, &e) == EV_OK && seq > 30 && seq < 130,
	    "the last entry before a time, in the last segment that begins before it");
	ok_as(read_from("when", 0, EV_FROM_EARLIEST, 0, now - 1800 * 1000, false, &got, &first,
		  &next, &e) == EV_OK &&
		first == seq && next == 300,
	    "a reader passes over what is older");
	ok_as(read_from("when", 0, EV_FROM_SEQ, 200, now - 1800 * 1000, false, &got, &first, &next,
		  &e) == EV_OK &&
		first == 200,
	    "but not back over where it is");
	ok(ev_shard_at(&s, 0, INT64_MAX, &seq, &e) == EV_OK && seq <= 299);
	ev_stream_close(&s);
	ev_buf_fini(&got);
}

int
main(void)
{
	stream_json_says_what_the_stream_is();
	options_are_checked();
	a_bad_stream_json_is_refused();
	makers_agree();
	lines_are_counted();
	the_files_of_a_shard();
	what_is_no_line_is_refused();
	the_index_is_sparse();
	segments_roll();
	long_lines_are_read_whole();
	a_reader_sees_what_is_synced();
	without_a_policy_readers_sync();
	writers_and_readers_side_by_side();
	a_follower_wakes();
	retention_takes_from_the_front();
	retention_by_age();
	an_index_finds_a_time();
	return tap_done();
}
