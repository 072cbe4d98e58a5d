/* SPDX-License-Identifier: MIT */
#include "event/fault.h"

#include <stdint.h>
#include <stdlib.h>

#include "json/scan.h"
#include "tap.h"

static struct ev_digest sha1;
static struct ev_buf out = EV_BUF(64 << 20);

static struct ev_err
bad_event(void)
{
	struct ev_err why = { 0 };

	ev_fail(&why, EV_DATA, "id is missing");
	ev_err_place(&why, 3, EV_LIT("{\"a\":1}"), 0);
	ev_err_name(&why, "in.ndjson");
	return why;
}

static const char *
fault(struct ev_slice record, const char *batch)
{
	static struct ev_err e;
	struct ev_err why = bad_event();
	struct ev_fault f = { .function = "evfilter",
		.batch = batch,
		.record = record,
		.now = 1700000000123,
		.err = &why };

	e = (struct ev_err){ 0 };
	ev_buf_clear(&out);
	if (ev_fault_write(&f, &sha1, &out, &e) != EV_OK)
		return e.text;
	return ev_buf_str(&out);
}

static bool
is_json(void)
{
	size_t off;

	return ev_json_check(ev_buf_view(&out), &off, NULL) == EV_OK;
}

static bool
has(const char *part)
{
	bool found = strstr(ev_buf_str(&out), part) != NULL;

	if (!found)
		printf("# wanted %s\n# in %.2000s\n", part, ev_buf_str(&out));
	return found && is_json();
}

static void
the_structure_is_exact(void)
{
	is_str(fault(EV_LIT("{\"a\":1}"), NULL),
	    "{\"id\":\"fcc388a1-893d-5536-8a71-b49aeb789290\",\"type\":\"fault\",\"timestamp\":"
	    "1700000000123,"
	    "\"partitionKey\":\"fcc388a1-893d-5536-8a71-b49aeb789290\",\"tags\":{\"functionname\":"
	    "\"evfilter\"},"
	    "\"err\":{\"name\":\"BadEvent\",\"message\":\"id is missing\","
	    "\"stack\":\"BadEvent: id is missing\\n    at in.ndjson:3:1\\n    near "
	    "{\\\"a\\\":1}\"},"
	    "\"uow\":{\"record\":{\"a\":1},\"event\":{\"a\":1}}}");
}

static void
pipeline_and_tags_stand_where_they_belong(void)
{
	static const char *const tags[] = { "stage", "dev", "functionname", "no", "pipeline", "no",
		"a\"b", "\xff", NULL };
	struct ev_err why = bad_event(), e = { 0 };
	struct ev_fault f = { .function = "evsink",
		.pipeline = "orders",
		.record = EV_LIT("7"),
		.err = &why,
		.tags = tags };

	ev_buf_clear(&out);
	ok(ev_fault_write(&f, &sha1, &out, &e) == EV_OK);
	ok(has("\"tags\":{\"functionname\":\"evsink\",\"pipeline\":\"orders\",\"stage\":\"dev\","
	       "\"a\\\"b\":\"\xef\xbf\xbd\"}"));
	ok(has("\"uow\":{\"pipeline\":\"orders\",\"record\":7}"));
}

static void
the_id_is_that_of_function_pipeline_record_and_batch(void)
{
	char first[60];

	snprintf(first, sizeof(first), "%.46s", fault(EV_LIT("{}"), "b1"));
	ok_as(strncmp(fault(EV_LIT("{}"), "b1"), first, 46) == 0,
	    "the same batch sent again repeats it");
	ok_as(strncmp(fault(EV_LIT("{}"), "b2"), first, 46) != 0, "another batch has another");
	ok_as(strncmp(fault(EV_LIT("{} "), "b1"), first, 46) != 0, "another record has another");
}

static void
the_record_stays_as_it_is_where_it_can(void)
{
	fault(EV_LIT(" {\"n\":1.50,\"n\":1e400,\"s\":\"\\ud800\"}\t"), NULL);
	ok(has("\"record\": {\"n\":1.50,\"n\":1e400,\"s\":\"\\ud800\"}\t,\"event\": {\"n\":1.50"));
	fault(EV_LIT("[1,2]"), NULL);
	ok_as(has("\"uow\":{\"record\":[1,2]}}"), "JSON that is no object has no event");
	fault(EV_LIT("not \"json\"\x01\xc3\xa9"), NULL);
	ok_as(has("\"uow\":{\"record\":\"not \\\"json\\\"\\u0001\xc3\xa9\"}}"),
	    "no JSON is a string");
	fault((struct ev_slice){ "\0x", 2 }, NULL);
	ok_as(has("\"uow\":{\"record\":\"\\u0000x\"}}"), "NUL too");
	fault(EV_LIT("{\"a\":\"\xff\"}"), NULL);
	ok_as(has("\"uow\":{\"record\":\"eyJhIjoi/yJ9\",\"encoding\":\"base64\"}}"),
	    "no UTF-8 is base64");
	fault(EV_LIT(""), NULL);
	ok(has("\"uow\":{\"record\":\"\"}}"));
}

static void
deep_records_are_strings(void)
{
	char deep[2 * 512];
	size_t n;

	for (n = 499; n <= 512; n++) {
		memset(deep, '[', n);
		memset(deep + n, ']', n);
		fault((struct ev_slice){ deep, 2 * n }, NULL);
		ok_as(has(n <= 500 ? "\"record\":[[" : "\"record\":\"[["),
		    n <= 500 ? "up to 500 levels: JSON" : "deeper: a string");
	}
}

static void
the_key_is_the_record_s_own(void)
{
	fault(EV_LIT("{\"partitionKey\":\"a\",\"partition\\u004bey\":\"k\\n\"}"), NULL);
	ok(has("\"partitionKey\":\"k\\n\",\"tags\""));
	fault(EV_LIT("{\"partitionKey\":7}"), NULL);
	ok_as(strstr(ev_buf_str(&out), "\"partitionKey\":7,\"tags\"") == NULL && is_json(),
	    "a key that is no string is none");
}

static void
a_large_record_stands_once(void)
{
	size_t n = 256 * 1024;
	char *big = malloc(n);

	if (big == NULL)
		abort();
	memset(big, 'x', n);
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + n - 2, "\"}", 2);
	fault((struct ev_slice){ big, n }, NULL);
	ok(out.n < n + 1024 && is_json() && strstr(ev_buf_str(&out), "\"event\":") == NULL);
	free(big);
}

static void
words_that_are_no_utf8_do_not_spoil_it(void)
{
	struct ev_err why = { 0 }, e = { 0 };
	struct ev_fault f = { .function = "evfilter", .record = EV_LIT("x"), .err = &why };

	ev_fail(&why, EV_DATA, "found \xe9t\xc3\xa9 \xf0\x9f");
	ev_err_place(&why, 1, EV_LIT("\xff\"\xe2\x82"), 0);
	ev_err_name(&why, "f\xfc.ndjson");
	ev_buf_clear(&out);
	ok(ev_fault_write(&f, &sha1, &out, &e) == EV_OK);
	ok(has("\"message\":\"found \xef\xbf\xbdt\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\""));
}

static void
a_failure_leaves_the_buffer_as_it_was(void)
{
	struct ev_buf small = EV_BUF(300);
	struct ev_err why = bad_event(), e = { 0 };
	struct ev_fault f = { .function = "evfilter", .record = EV_LIT("{}"), .err = &why };

	if (ev_buf_adds(&small, EV_LIT("before"), &e) != EV_OK)
		abort();
	ok(ev_fault_write(&f, &sha1, &small, &e) == EV_SYS);
	is_slice(ev_buf_view(&small), "before");
	ev_buf_fini(&small);
}

int
main(void)
{
	struct ev_err e = { 0 };

	if (ev_digest_init(&sha1, "SHA1", &e) != EV_OK)
		return 1;
	the_structure_is_exact();
	pipeline_and_tags_stand_where_they_belong();
	the_id_is_that_of_function_pipeline_record_and_batch();
	the_record_stays_as_it_is_where_it_can();
	deep_records_are_strings();
	the_key_is_the_record_s_own();
	a_large_record_stands_once();
	words_that_are_no_utf8_do_not_spoil_it();
	a_failure_leaves_the_buffer_as_it_was();
	ev_digest_fini(&sha1);
	ev_buf_fini(&out);
	return tap_done();
}
