/* SPDX-License-Identifier: MIT */
/* What is sent of a batch, in which order, and what a partial answer leaves of it. */
#include "tap.h"
#include "work/names.h"
#include "work/partial.h"

static void
fill(struct ev_job *j, const char *const *lines)
{
	struct ev_micro b = { 0 };
	uint64_t seq = 0;

	for (; *lines != NULL; lines++)
		if (ev_micro_add(&b, ev_slice_str(*lines), seq++, NULL) != EV_OK)
			exit(1);
	if (ev_job_take(j, &b, NULL) != EV_OK)
		exit(1);
	ev_micro_fini(&b);
}

/* The first bytes of the lines that are sent next; "" where none are. */
static const char *
next(struct ev_job *j)
{
	static char s[64];
	const struct ev_part *p = ev_job_next(j);
	size_t n = 0, i;

	for (i = p != NULL ? p->from : 0; p != NULL && i < p->to && n < sizeof(s) - 1; i++)
		s[n++] = ev_micro_line(&j->b, j->list[i]).p[0];
	s[n] = '\0';
	return s;
}

static const char *const eight[] = { "a", "b", "c", "d", "e", "f", "g", "h", NULL };

static void
the_left_half_goes_first(void)
{
	struct ev_job j = { 0 };

	fill(&j, eight);
	is_str(next(&j), "abcdefgh");
	is_str(next(&j), "abcdefgh");
	ev_job_halve(&j);
	is_str(next(&j), "abcd");
	ev_job_halve(&j);
	is_str(next(&j), "ab");
	ev_job_passed(&j);
	is_str(next(&j), "c"); /* cd must hold it, and is not sent as a whole */
	ev_job_passed(&j);
	is_str(next(&j), "d"); /* it is sent for its own verdict */
	ev_job_faulted(&j);
	is_str(next(&j), "efgh"); /* of which nothing is known */
	ev_job_passed(&j);
	is_str(next(&j), "");
	ok(ev_job_next(&j) == NULL);
	ev_job_fini(&j);
}

static void
a_suspicion_may_be_wrong(void)
{
	struct ev_job j = { 0 };

	fill(&j, eight);
	(void)next(&j);
	ev_job_halve(&j);
	is_str(next(&j), "abcd");
	ev_job_passed(&j);
	is_str(next(&j), "ef");
	ev_job_passed(&j);
	is_str(next(&j), "g");
	ev_job_passed(&j);
	is_str(next(&j), "h");
	ev_job_passed(&j);
	ok(ev_job_next(&j) == NULL);
	ev_job_fini(&j);
}

static void
lines_are_a_view_or_gathered(void)
{
	struct ev_buf buf = EV_BUF(1000);
	struct ev_slice lines;
	struct ev_job j = { 0 };

	fill(&j, eight);
	ok(ev_job_lines(&j, ev_job_next(&j), &buf, &lines, NULL) == EV_OK);
	is_slice(lines, "a\nb\nc\nd\ne\nf\ng\nh\n");
	ok(lines.p == j.b.bytes.p);
	j.state[1] = j.state[3] = EV_FAILED;
	ev_job_renew(&j);
	is_str(next(&j), "bd");
	ok(ev_job_lines(&j, ev_job_next(&j), &buf, &lines, NULL) == EV_OK);
	is_slice(lines, "b\nd\n");
	ev_job_passed(&j);
	is_str(next(&j), "acefgh");
	ev_buf_fini(&buf);
	ev_job_fini(&j);
}

static void
memory_is_used_again(void)
{
	struct ev_micro b = { 0 };
	struct ev_job j = { 0 };
	const char *bytes;

	ok(ev_micro_add(&b, EV_LIT("a"), 1, NULL) == EV_OK);
	ok(ev_job_take(&j, &b, NULL) == EV_OK);
	ok(b.n == 0);
	bytes = j.b.bytes.p;
	ok(ev_micro_add(&b, EV_LIT("b"), 2, NULL) == EV_OK);
	ok(ev_job_take(&j, &b, NULL) == EV_OK);
	ok(b.bytes.p == bytes && b.n == 0 && b.bytes.n == 0);
	ok(j.b.item[0].seq == 2);
	is_slice(ev_micro_line(&j.b, 0), "b");
	ok(ev_job_take(&j, &b, NULL) == EV_OK);
	ok_as(ev_job_next(&j) == NULL, "an empty batch is done");
	ev_micro_fini(&b);
	ev_job_fini(&j);
}

/*
 * What that answer makes of what jobs[which] was sent last: per item `.` passed, `F` failed, `w`
 * waits.
 */
static const char *
mark(struct ev_job *const *jobs, size_t which, const char *answer)
{
	static const char letters[] = { [EV_WAITS] = 'w', [EV_FAILED] = 'F', [EV_PASSED] = '.' };
	static char s[256];
	struct ev_job *j = jobs[which];
	struct ev_partial p;
	struct ev_answer a;
	size_t i;

	(void)ev_job_next(j);
	if (ev_answer_read(&a, ev_slice_str(answer), NULL) != EV_OK ||
	    ev_partial_mark(jobs, which, &a, &p, NULL) != EV_OK)
		return "error";
	if (p.unknown.p != NULL) {
		snprintf(s, sizeof(s), "unknown: %.*s", EV_FMT(p.unknown));
		return s;
	}
	for (i = 0; i < j->b.n && i < sizeof(s) - 1; i++)
		s[i] = letters[j->state[i]];
	s[i] = '\0';
	ev_job_renew(j);
	return s;
}

static void
marks(struct ev_job *const *jobs, size_t which, const char *answer, const char *want)
{
	const char *got = mark(jobs, which, answer);

	is_str(got, want);
}

#define E(id) "{\"id\":\"" id "\"}"
#define K(id, key) "{\"id\":\"" id "\",\"partitionKey\":\"" key "\"}"
#define T(id, trigger) "{\"id\":\"" id "\",\"triggers\":[{\"id\":\"" trigger "\",\"type\":\"t\"}]}"
#define NAMED(ids) "{\"batch\":1,\"batchItemFailures\":[" ids "]}"
#define N(id) "{\"itemIdentifier\":\"" id "\"}"

struct partial_case {
	const char *lines[8];
	const char *answer, *states;
};

static void
items_fail_pass_and_wait(void)
{
	static const struct partial_case cases[] = {
		{ { E("1"), E("2"), E("3") }, NAMED(N("2")), ".F." },
		{ { E("1"), E("2"), E("3") }, NAMED(N("#1") "," N("#3")), "F.F" },
		{ { E("1"), E("2"), E("3") }, NAMED(N("2") "," N("#2")), ".F." },
		{ { E("1"), E("2"), E("1") }, NAMED(N("1")), "F.F" }, /* the same id */
		{ { E("\\u0061"), E("b") }, NAMED(N("a")), "F." },    /* and written otherwise */
		{ { E("a"), E("b") }, NAMED(N("\\u0061")), "F." },
		{ { T("1", "x"), T("2", "y"), T("3", "x") }, NAMED(N("3")), "F.F" },
		{ { E("x"), T("2", "x"), E("3") }, NAMED(N("2")), "FF." },
		{ { E("x"), T("2", "x"), E("3") }, NAMED(N("x")), "FF." },
		{ { T("1", "x"), T("2", "x"), T("2", "y"), T("4", "y") }, NAMED(N("1")), "FF.." },
		{ { K("1", "k"), E("2"), K("3", "k") }, NAMED(N("1")), "F.w" },
		{ { K("1", "k"), E("2"), K("3", "k") }, NAMED(N("3")), "..F" },
		{ { K("1", "k"), K("2", "l"), K("3", "k") }, NAMED(N("1")), "F.w" },
		{ { K("1", "k"), K("2", "k"), K("3", "k") }, NAMED(N("1") "," N("2")), "FFw" },
		/* the third must not overtake the second */
		{ { K("1", "k"), K("2", "k"), K("3", "k") }, NAMED(N("1") "," N("3")), "Fww" },
		{ { E("1"), E("2") }, NAMED(N("9")), "unknown: \"9\"" },
		{ { E("1"), E("2") }, NAMED(N("1") "," N("#3")), "unknown: \"#3\"" },
		{ { E("1"), E("2") }, NAMED(N("#0")), "unknown: \"#0\"" },
		{ { E("1"), E("2") }, NAMED("{}"), "unknown: null" },
		{ { E("1"), E("2") }, NAMED("7"), "unknown: null" },
		{ { E("1"), E("2") }, NAMED("{\"itemIdentifier\":null}"), "unknown: null" },
		{ { "no JSON", "{\"id\":", "{\"id\":7,\"triggers\":[1,{\"id\":2}]}", "[]" },
		    NAMED(N("#2") "," N("#3")), ".FF." },
		{ { E("1"), E("2") }, NAMED(""), ".." },
		{ { E("1"), E("2") }, "ok 1", ".." },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ev_job j = { 0 }, *jobs[] = { &j };

		fill(&j, cases[i].lines);
		marks(jobs, 0, cases[i].answer, cases[i].states);
		ev_job_fini(&j);
	}
}

static void
the_failed_go_first_then_those_that_waited(void)
{
	static const char *const lines[] = { K("1", "k"), K("2", "k"), E("3"), K("4", "k"), NULL };
	struct ev_job j = { 0 }, *jobs[] = { &j };

	fill(&j, lines);
	marks(jobs, 0, NAMED(N("1")), "Fw.w");
	ok(ev_job_next(&j)->to == 1);
	marks(jobs, 0, NAMED(N("1")), "Fw.w"); /* again */
	marks(jobs, 0, "ok 1", ".w.w");
	ok(ev_job_next(&j)->to == 2);
	marks(jobs, 0, NAMED(N("#2")), "...F");
	ev_job_passed(&j);
	ok(ev_job_next(&j) == NULL);
	ev_job_fini(&j);
}

static void
a_later_batch_waits(void)
{
	static const char *const first[] = { K("1", "k"), E("2"), NULL };
	static const char *const second[] = { K("3", "k"), K("4", "l"), E("5"), NULL };
	struct ev_job a = { 0 }, b = { 0 }, *jobs[] = { &a, &b };

	fill(&a, first);
	fill(&b, second);
	marks(jobs, 0, NAMED(N("1")), "F.");
	marks(jobs, 1, "ok 2", "w..");
	marks(jobs, 0, "ok 3", "..");
	marks(jobs, 1, "ok 4", "...");
	ev_job_fini(&a);
	ev_job_fini(&b);
}

static void
answers_have_two_forms(void)
{
	static const struct {
		const char *line;
		int64_t batch; /* -1: none */
		bool failures;
	} cases[] = {
		{ "ok 0", 0, false },
		{ "ok 17", 17, false },
		{ "ok 17\r", 17, false },
		{ "{\"batch\":3,\"batchItemFailures\":[]}", 3, false },
		{ " {\"batchItemFailures\":[{\"itemIdentifier\":\"a\"}],\"batch\":3} ", 3, true },
		{ "", -1, false },
		{ "ok", -1, false },
		{ "ok ", -1, false },
		{ "ok  1", -1, false },
		{ "ok -1", -1, false },
		{ "ok 1.5", -1, false },
		{ "ok 1x", -1, false },
		{ "ok 99999999999999999999", -1, false },
		{ "OK 1", -1, false },
		{ "{\"batch\":3}", -1, false },
		{ "{\"batch\":\"3\",\"batchItemFailures\":[]}", -1, false },
		{ "{\"batch\":3,\"batchItemFailures\":null}", -1, false },
		{ "{\"batch\":3,\"batchItemFailures\":[}", -1, false },
		{ "[]", -1, false },
		{ "{", -1, false },
	};
	struct ev_answer a;
	enum ev_code rc;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rc = ev_answer_read(&a, ev_slice_str(cases[i].line), NULL);
		ok_as(rc == (cases[i].batch < 0 ? EV_DATA : EV_OK), cases[i].line);
		if (rc == EV_OK)
			ok_as(a.batch == (uint64_t)cases[i].batch &&
				(a.failures.p != NULL) == cases[i].failures,
			    "and what it says");
	}
}

static void
a_set_holds_what_was_added(void)
{
	struct ev_names s = { 0 };
	int i, missing = 0, extra = 0;
	char name[32];

	ok(!ev_names_have(&s, EV_LIT("")));
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i * 7);
		if (ev_names_add(&s, ev_slice_str(name), NULL) != EV_OK ||
		    ev_names_add(&s, ev_slice_str(name), NULL) != EV_OK)
			missing++;
	}
	for (i = 0; i < 7000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		missing += i % 7 == 0 && !ev_names_have(&s, ev_slice_str(name));
		extra += i % 7 != 0 && ev_names_have(&s, ev_slice_str(name));
	}
	ok(missing == 0 && extra == 0 && s.n == 1000);
	ok(ev_names_add(&s, EV_LIT(""), NULL) == EV_OK && ev_names_have(&s, EV_LIT("")));
	ev_names_fini(&s);
	ok(!ev_names_have(&s, EV_LIT("7")));
}

int
main(void)
{
	the_left_half_goes_first();
	a_suspicion_may_be_wrong();
	lines_are_a_view_or_gathered();
	memory_is_used_again();
	items_fail_pass_and_wait();
	the_failed_go_first_then_those_that_waited();
	a_later_batch_waits();
	answers_have_two_forms();
	a_set_holds_what_was_added();
	return tap_done();
}
