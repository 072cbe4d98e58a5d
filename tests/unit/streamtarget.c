/* SPDX-License-Identifier: MIT */
/* stream:DIR as a destination. */
#include <inttypes.h>
#include <stdarg.h>

#include "base/io.h"
#include "base/time.h"
#include "event/event.h"
#include "streams.h"
#include "tap.h"
#include "target/target.h"

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
	must(ev_event_paths(&p->set, &p->e) == EV_OK, &p->e);
	rc = ev_target_open(&p->t, address, &p->set, &p->e);
	must(ev_scan_init(&p->scan, &p->set, false, NULL, NULL) == EV_OK, NULL);
	return rc;
}

static void
close_place(struct place *p)
{
	ev_target_close(&p->t);
	ev_scan_fini(&p->scan);
	ev_paths_fini(&p->set);
}

static enum ev_code __attribute__((format(printf, 2, 3))) put(struct place *p, const char *fmt, ...)
{
	static char padded[64 * 1024];
	struct ev_slice at = { padded, 0 };
	unsigned long skipped;
	va_list ap;

	va_start(ap, fmt);
	at.n = (size_t)vsnprintf(padded, sizeof(padded) - EV_PAD, fmt, ap);
	va_end(ap);
	memset(padded + at.n, '\n', EV_PAD);
	must(ev_scan_block(&p->scan, at, &p->e) == EV_OK &&
		ev_scan_line(&p->scan, &at, &skipped, &p->e) == EV_OK,
	    &p->e);
	return ev_target_put(&p->t, at, p->scan.val, &p->e);
}

/* The lines of a shard; what is not synced too. */
static const char *
lines_of(const char *dir, uint32_t shard)
{
	static struct ev_buf b = BUF;
	struct ev_err e = { 0 };
	uint64_t first, next;

	must(read_from(dir, shard, EV_FROM_EARLIEST, 0, INT64_MIN, true, &b, &first, &next, &e) ==
		EV_OK,
	    &e);
	return ev_buf_str(&b);
}

static uint32_t
shard_of(const char *key, uint32_t shards)
{
	uint32_t shard;

	must(ev_shard_hash_find(EV_LIT("xxh3"))->shard(ev_slice_str(key), shards, &shard, NULL) ==
		EV_OK,
	    NULL);
	return shard;
}

static void
lines_become_visible_then_durable(void)
{
	struct ev_head h;
	struct place p;

	ok(open_place(&p, "stream:bus#sync=1m") == EV_OK && !p.t.wants && !p.t.forgetful);
	ok_as(ev_target_nap(&p.t) == 0, "with nothing put there is no need to sync");
	ok(ev_target_put(&p.t, EV_LIT("{\"n\":0}"), NULL, &p.e) == EV_OK);
	is_str(lines_of("bus", 0), "");
	ok(ev_target_flush(&p.t, &p.e) == EV_OK);
	is_str(lines_of("bus", 0), "{\"n\":0}\n");
	ok_as(holds_numbers("bus", 0), "a flush shows it to those who look");
	ok(ev_target_nap(&p.t) > 0 && ev_target_nap(&p.t) <= 60000 && p.t.durable == 0);
	ok(ev_target_put(&p.t, EV_LIT("{\"n\":1}"), NULL, &p.e) == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK && p.t.durable == 2 && ev_target_nap(&p.t) == 0);
	ok_as(holds_numbers("bus", 2), "a sync to consumers");
	close_place(&p);
	ok(head_of("bus", &h) == EV_OK && h.synced == 16);

	ok(open_place(&p, "stream:each#sync=batch") == EV_OK);
	ok(ev_target_put(&p.t, EV_LIT("{\"n\":0}"), NULL, &p.e) == EV_OK);
	ok(ev_target_flush(&p.t, &p.e) == EV_OK && p.t.durable == 1);
	ok_as(holds_numbers("each", 1), "with sync=batch every flush is durable");
	close_place(&p);

	ok(open_place(&p, "stream:due#sync=1ms") == EV_OK);
	ok(ev_target_put(&p.t, EV_LIT("{\"n\":0}"), NULL, &p.e) == EV_OK);
	for (int i = 0; i < 10000 && p.t.durable == 0; i++)
		must(usleep(1000) == 0 && ev_target_flush(&p.t, &p.e) == EV_OK, &p.e);
	ok_as(p.t.durable == 1, "once the time is over a flush syncs");
	close_place(&p);
}

static void
many_lines(void)
{
	struct place p;

	ok(open_place(&p, "stream:much#segment=1M&sync=5ms") == EV_OK);
	for (int i = 0; i < 200000; i++)
		must(put(&p, "{\"n\":%d}", i) == EV_OK, &p.e);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK && p.t.events == 200000 && p.t.durable == 200000);
	close_place(&p);
	ok(holds_numbers("much", 200000));
	ok(is_well("much"));
}

static void
the_key_chooses_the_shard(void)
{
	struct place p;
	char want[256];

	ok(open_place(&p, "stream:keys#shards=4") == EV_OK && p.t.wants);
	ok(put(&p, "{\"id\":\"i-1\",\"partitionKey\":\"k-1\"}") == EV_OK);
	ok(put(&p, "{\"id\":\"i-2\"}") == EV_OK);
	ok(put(&p, "{\"id\":\"i-3\",\"partitionKey\":null}") == EV_OK);
	ok(put(&p, "{\"id\":\"i-4\",\"partitionKey\":\"\\u006b-1\"}") == EV_OK);
	ok(put(&p, "{\"id\":\"i-5\",\"partitionKey\":17}") == EV_OK);
	ok(put(&p, "{\"x\":1}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	close_place(&p);
	ok_as(strstr(lines_of("keys", shard_of("k-1", 4)), "i-1") != NULL, "by its partitionKey");
	ok_as(strstr(lines_of("keys", shard_of("k-1", 4)), "i-4") != NULL, "however it is spelt");
	ok_as(strstr(lines_of("keys", shard_of("i-2", 4)), "i-2") != NULL &&
		strstr(lines_of("keys", shard_of("i-3", 4)), "i-3") != NULL,
	    "else by its id");
	ok_as(strstr(lines_of("keys", shard_of("17", 4)), "i-5") != NULL, "a number by its text");
	ok_as(strstr(lines_of("keys", 0), "{\"x\":1}\n") != NULL, "without either the first shard");

	ok(open_place(&p, "stream:path#shards=4&key=order.id&hash=xxh3") == EV_OK);
	ok(put(&p, "{\"id\":\"i-1\",\"partitionKey\":\"k\",\"order\":{\"id\":\"o-9\"}}") == EV_OK);
	ok(put(&p, "{\"id\":\"i-2\",\"partitionKey\":\"k\"}") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	close_place(&p);
	ok_as(
	    strstr(lines_of("path", shard_of("o-9", 4)), "i-1") != NULL, "or by the key asked for");
	snprintf(want, sizeof(want), "{\"id\":\"i-2\",\"partitionKey\":\"k\"}\n");
	ok_as(strstr(lines_of("path", shard_of("i-2", 4)), want) != NULL, "else by its id");
}

/* More shards than descriptors for all of them. */
static void
more_shards_than_are_open(void)
{
	struct place p;
	uint64_t sum = 0;

	ok(open_place(&p, "stream:wide#shards=200") == EV_OK);
	for (int i = 0; i < 20000; i++)
		must(put(&p, "{\"id\":\"i-%d\",\"x\":\"%0100d\"}", i, i) == EV_OK, &p.e);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	close_place(&p);
	for (uint32_t i = 0; i < 200; i++)
		sum += strlen(lines_of("wide", i));
	ok_as(sum ==
		20000 * (sizeof("{\"id\":\"i-\",\"x\":\"\"}\n") - 1 + 100) + 10 + 90 * 2 + 900 * 3 +
		    9000 * 4 + 10000 * 5,
	    "200 shards get all of it");
}

static void
what_a_stream_does_not_take(void)
{
	struct place p;

	ok(open_place(&p, "stream:bus") == EV_OK);
	ok(ev_target_put(&p.t, EV_LIT("a\0b"), NULL, &p.e) == EV_DATA);
	p.e = (struct ev_err){ 0 };
	ok(ev_target_put(&p.t, EV_LIT("a\nb"), NULL, &p.e) == EV_DATA);
	p.e = (struct ev_err){ 0 };
	ok(ev_target_put(&p.t, EV_LIT("{\"n\":2}"), NULL, &p.e) == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK && p.t.durable == 1);
	close_place(&p);
	ok_as(holds_numbers("bus", 3), "the next line is taken all the same");
}

static void
says(const char *address, const char *what)
{
	struct place p;

	ok_as(open_place(&p, address) == EV_USAGE && strstr(p.e.text, what) != NULL, what);
	printf("# %s\n", p.e.text);
	close_place(&p);
}

static void
bad_addresses(void)
{
	says("stream:", "a folder was wanted");
	says("stream:#shards=1", "a folder was wanted");
	says("stream:bus#shards=7", "shards=1 and shards=7");
	says("stream:new#shard=7", "unknown option 'shard=7'");
	says("stream:new#key=a..b", "key=a..b: ");
	says("stream:new#key", "wanted NAME=VALUE");
	ok_as(size_of("new") < 0, "nothing is made");
}

static void
faults_want_a_stream_that_syncs(void)
{
	struct ev_err e = { 0 }, why = { .code = EV_DATA, .text = "bad" };
	struct ev_faults f;

	ok(ev_faults_open(&f, "stream:loose#sync=none", "test", NULL, NULL, &e) == EV_USAGE);
	ok_as(strstr(e.text, "sync=none") != NULL, "sync=none keeps no fault");
	e = (struct ev_err){ 0 };
	ok(ev_faults_open(&f, "stream:loose", "test", NULL, NULL, &e) == EV_USAGE);
	e = (struct ev_err){ 0 };
	ok(ev_faults_open(&f, "stream:faults#shards=2", "test", NULL, NULL, &e) == EV_OK);
	ok(ev_faults_take(&f, EV_LIT("rubbish"), &why) == EV_OK && ev_faults_sync(&f, &e) == EV_OK);
	ev_faults_close(&f);
	ok(strstr(lines_of("faults", 0), "\"record\":\"rubbish\"") != NULL ||
	    strstr(lines_of("faults", 1), "\"record\":\"rubbish\"") != NULL);
}

static void
a_torn_tail_is_counted(void)
{
	struct place p;

	poke("bus/p0000/00000000000000000000.ndjson", "{\"torn", 6, 24);
	ok(open_place(&p, "stream:bus") == EV_OK);
	ok(ev_target_put(&p.t, EV_LIT("{\"n\":3}"), NULL, &p.e) == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK && p.t.torn == 6);
	close_place(&p);
	ok(holds_numbers("bus", 4));
}

int
main(void)
{
	lines_become_visible_then_durable();
	many_lines();
	the_key_chooses_the_shard();
	more_shards_than_are_open();
	what_a_stream_does_not_take();
	bad_addresses();
	faults_want_a_stream_that_syncs();
	a_torn_tail_is_counted();
	return tap_done();
}
