/* SPDX-License-Identifier: MIT */
#include "event/tally.h"

#include "tap.h"

static struct ev_err e;

static enum ev_code
add(struct ev_tally *t, const char *raw, enum ev_kind kind, int64_t ms)
{
	struct ev_val v = { .raw = ev_slice_str(raw), .kind = kind };

	return ev_tally_add(t, &v, ms < 0 ? NULL : &ms, &e);
}

static void
types_are_counted_with_their_times(void)
{
	struct ev_tally t = { 0 };

	ok(add(&t, "\"b\"", EV_STRING, 5) == EV_OK && add(&t, "\"a\"", EV_STRING, 7) == EV_OK);
	ok(add(&t, "\"b\"", EV_STRING, 3) == EV_OK && add(&t, "\"b\"", EV_STRING, 9) == EV_OK);
	ok(add(&t, "\"b\"", EV_STRING, -1) == EV_OK);
	ev_tally_sort(&t);
	ok(t.n == 2);
	is_str(t.row[0].type, "a");
	is_str(t.row[1].type, "b");
	ok(t.row[1].events == 4 && t.row[1].timed && t.row[1].first == 3 && t.row[1].last == 9);
	ev_tally_fini(&t);
	ev_tally_fini(&t);
}

static void
spellings_of_one_type_are_one(void)
{
	struct ev_tally t = { 0 };

	ok(add(&t, "\"a-b\"", EV_STRING, 1) == EV_OK &&
	    add(&t, "\"a\\u002db\"", EV_STRING, 1) == EV_OK);
	ok(t.n == 1 && t.row[0].events == 2);
	ev_tally_fini(&t);
}

static void
no_type_is_a_row_of_its_own_and_first(void)
{
	struct ev_tally t = { 0 };

	ok(add(&t, "\"\"", EV_STRING, 1) == EV_OK && add(&t, "", EV_ABSENT, -1) == EV_OK);
	ok(add(&t, "7", EV_NUMBER, -1) == EV_OK);
	ev_tally_sort(&t);
	ok(t.n == 2 && t.row[0].type == NULL && t.row[0].events == 2 && !t.row[0].timed);
	is_str(t.row[1].type, "");
	ev_tally_fini(&t);
}

static void
many_types_are_kept_up_to_the_limit(void)
{
	struct ev_tally t = { 0 };
	enum ev_code rc = EV_OK;
	char raw[32];
	int i, again;

	for (again = 0; again < 2; again++)
		for (i = 0; i < EV_TALLY_MAX && rc == EV_OK; i++) {
			snprintf(raw, sizeof(raw), "\"type-%d\"", i);
			rc = add(&t, raw, EV_STRING, i);
		}
	ok(rc == EV_OK && t.n == EV_TALLY_MAX);
	ok(add(&t, "\"one more\"", EV_STRING, 0) == EV_SYS && e.code == EV_SYS);
	for (i = 0; i < EV_TALLY_MAX && t.row[i].events == 2; i++)
		;
	ok_as(i == EV_TALLY_MAX, "each was counted twice");
	ev_tally_fini(&t);
}

int
main(void)
{
	types_are_counted_with_their_times();
	spellings_of_one_type_are_one();
	no_type_is_a_row_of_its_own_and_first();
	many_types_are_kept_up_to_the_limit();
	return tap_done();
}
