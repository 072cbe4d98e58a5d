/* SPDX-License-Identifier: MIT */
#include "event/event.h"

#include "json/iter.h"
#include "line.h"
#include "tap.h"

static struct ev_paths set;

/* What the check of this line says: "" when it is well formed. *col: the place. */
static const char *
check(const char *text, unsigned long *col)
{
	static struct ev_err e;
	struct ev_event ev;
	struct line l;
	int64_t ms;

	e = (struct ev_err){ 0 };
	line_scan(&l, &set, text);
	ev = ev_event_view(l.text, l.scan.val);
	if (ev_event_check(&ev, &ms, &e) == EV_OK)
		(void)(ev_event_check_once(&ev, &e) == EV_OK);
	line_free(&l);
	if (col != NULL)
		*col = e.col;
	return e.text;
}

#define BASE "\"id\":\"x\",\"type\":\"a-b\",\"timestamp\":1"

static void
good_envelopes_pass(void)
{
	is_str(check("{" BASE "}", NULL), "");
	is_str(check("{\"timestamp\":-1,\"type\":\"a\",\"id\":\"\\u0041\"}", NULL), "");
	is_str(check("{\"id\":\"x\",\"type\":\"t\",\"timestamp\":17e11}", NULL), "");
	is_str(check("{" BASE
		     ",\"partitionKey\":\"\",\"tags\":{},\"raw\":null,\"eem\":{},\"triggers\":[]}",
		   NULL),
	    "");
	is_str(check("{" BASE ",\"tags\":{\"a\":\"x\",\"b\":-2.5e3}}", NULL), "");
	is_str(check("{" BASE
		     ",\"triggers\":[{\"timestamp\":1,\"id\":\"q\",\"type\":\"t\",\"more\":[1]}]}",
		   NULL),
	    "");
}

static void
each_rule_is_told_with_what_was_found_and_wanted(void)
{
	is_str(check("{}", NULL), "id is missing; a string was wanted");
	is_str(check("{\"id\":7}", NULL), "id is a number; a string was wanted");
	is_str(check("{\"id\":\"\"}", NULL), "id is an empty string");
	is_str(check("{\"id\":\"x\"}", NULL), "type is missing; a string was wanted");
	is_str(check("{\"id\":\"x\",\"type\":\"t\"}", NULL),
	    "timestamp is missing; an integer, epoch milliseconds, was wanted");
	is_str(check("{\"id\":\"x\",\"type\":\"t\",\"timestamp\":\"1\"}", NULL),
	    "timestamp is a string; an integer, epoch milliseconds, was wanted");
	is_str(check("{\"id\":\"x\",\"type\":\"t\",\"timestamp\":1.5}", NULL),
	    "timestamp is 1.5; an integer of 64 bits, epoch milliseconds, was wanted");
	is_str(check("{\"id\":\"x\",\"type\":\"t\",\"timestamp\":9223372036854775808}", NULL),
	    "timestamp is 9223372036854775808; an integer of 64 bits, epoch milliseconds, was "
	    "wanted");
	is_str(check("{" BASE ",\"partitionKey\":null}", NULL),
	    "partitionKey is null; a string was wanted");
	is_str(check("{" BASE ",\"tags\":[]}", NULL), "tags is an array; an object was wanted");
	is_str(check("{" BASE ",\"tags\":{\"a\":1,\"b\":true}}", NULL),
	    "tag \"b\" is true; a string or a number was wanted");
	is_str(check("{" BASE ",\"eem\":\"x\"}", NULL), "eem is a string; an object was wanted");
	is_str(check("{" BASE ",\"triggers\":{}}", NULL),
	    "triggers is an object; an array was wanted");
	is_str(check("{" BASE ",\"triggers\":[1]}", NULL),
	    "an element of triggers is a number; an object of id, type and timestamp was wanted");
	is_str(check("{" BASE ",\"triggers\":[{\"id\":\"q\",\"type\":\"t\"}]}", NULL),
	    "timestamp of a trigger is missing; an integer, epoch milliseconds, was wanted");
}

static void
the_place_is_the_value(void)
{
	unsigned long col;

	check("{\"type\":\"t\", \"id\": 7}", &col);
	ok_as(col == 20, "a member's value");
	check("{" BASE ",\"tags\":{\"a\":1,\"b\":true}}", &col);
	ok_as(col == 56, "a tag's value");
	check("{" BASE ",\"triggers\":[{\"id\":\"q\"}]}", &col);
	ok_as(col == 50, "of a member that is missing in a trigger, the trigger");
	check("  {}", &col);
	ok_as(col == 1, "of a missing member, the object");
}

static void
the_last_duplicate_counts_and_publishers_refuse_it(void)
{
	is_str(check("{\"id\":7," BASE "}", NULL),
	    "id stands twice in the envelope; this is the second");
	is_str(check("{" BASE ",\"id\":7}", NULL), "id is a number; a string was wanted");
	is_str(check("{" BASE ",\"raw\":1,\"raw\":1}", NULL),
	    "raw stands twice in the envelope; this is the second");
	is_str(check("{" BASE ",\"thing\":1,\"thing\":1}", NULL), "");
}

static void
the_walk_gives_members_and_elements(void)
{
	struct ev_iter it = ev_iter_view(EV_LIT(" { \"a,}\\\"\" : [1,{\"b\":2}] , \"c\":\"x]\" }"));
	struct ev_slice name;
	struct ev_val v;

	ok(ev_iter_next(&it, &name, &v) && v.kind == EV_ARRAY);
	is_slice(name, "\"a,}\\\"\"");
	is_slice(v.raw, "[1,{\"b\":2}]");
	ok(ev_iter_next(&it, &name, &v) && v.kind == EV_STRING);
	is_slice(v.raw, "\"x]\"");
	ok(!ev_iter_next(&it, &name, &v));
	it = ev_iter_view(EV_LIT("[ null,-1e3 ,true]"));
	ok(ev_iter_next(&it, &name, &v) && v.kind == EV_NULL);
	ok(ev_iter_next(&it, &name, &v) && v.kind == EV_NUMBER);
	is_slice(v.raw, "-1e3");
	ok(ev_iter_next(&it, &name, &v) && v.kind == EV_TRUE);
	ok(!ev_iter_next(&it, &name, &v));
}

/* Under --trust anything may come. */
static void
the_walk_of_rubbish_ends(void)
{
	static const char *const rubbish[] = { "", " ", "{", "[", "{\"", "{\"a", "{\"a\\",
		"{\"a\":", "{\"a\":\"\\", "[[[[", "]", "{]", "{\"a\"}", "[,,", "{{{", "[\"]", "x" };
	size_t i, n;

	for (i = 0; i < sizeof(rubbish) / sizeof(*rubbish); i++) {
		size_t len = strlen(rubbish[i]);
		char *copy = malloc(len + (len == 0));
		struct ev_iter it;
		struct ev_slice name;
		struct ev_val v;

		if (copy == NULL)
			abort();
		memcpy(copy, rubbish[i], len);
		it = ev_iter_view((struct ev_slice){ copy, len });
		for (n = 0; n < 9 && ev_iter_next(&it, &name, &v); n++)
			;
		ok_as(n < 9, rubbish[i]);
		free(copy);
	}
}

int
main(void)
{
	struct ev_err e = { 0 };

	if (ev_event_paths(&set, &e) != EV_OK)
		return 1;
	good_envelopes_pass();
	each_rule_is_told_with_what_was_found_and_wanted();
	the_place_is_the_value();
	the_last_duplicate_counts_and_publishers_refuse_it();
	the_walk_gives_members_and_elements();
	the_walk_of_rubbish_ends();
	ev_paths_fini(&set);
	return tap_done();
}
