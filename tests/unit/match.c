/* SPDX-License-Identifier: MIT */
#include "match/match.h"

#include <pthread.h>

#include "tap.h"

enum verdict { NO, YES, REFUSED };

static struct ev_slice
block(char *to, size_t room, const char *text)
{
	size_t n = strlen(text);

	if (n + 80 > room)
		exit(2);
	memset(to, '}', room);
	memcpy(to, text, n);
	to[n] = '\n';
	return (struct ev_slice){ to, n };
}

/* Rules that an event meets, as a bitmap by rule number. */
static uint64_t
meets(const struct ev_match *m, const char *event, bool trust)
{
	static __thread char text[4096];
	struct ev_matching g = { 0 };
	struct ev_scan s = { 0 };
	struct ev_slice line;
	unsigned long skipped;
	uint64_t bits = 0;
	uint32_t i;

	if (ev_matching_init(&g, m, NULL) == EV_OK &&
	    ev_scan_init(&s, &m->paths, trust, NULL, NULL) == EV_OK &&
	    ev_scan_block(&s, block(text, sizeof(text), event), NULL) == EV_OK &&
	    ev_scan_line(&s, &line, &skipped, NULL) == EV_OK &&
	    ev_matching_run(&g, &s, NULL) == EV_OK)
		for (i = 0; i < g.rules; i++)
			bits |= 1ULL << g.rule[i];
	ev_scan_fini(&s);
	ev_matching_fini(&g);
	return bits;
}

static enum verdict
verdict(const char *pattern, const char *event, bool trust)
{
	struct ev_match m = { 0 };
	enum verdict v = REFUSED;

	if (ev_match_add(&m, ev_slice_str(pattern), 0, NULL) == EV_OK &&
	    ev_match_build(&m, NULL) == EV_OK)
		v = meets(&m, event, trust) != 0 ? YES : NO;
	ev_match_fini(&m);
	return v;
}

static const struct {
	const char *pattern, *event;
	enum verdict want;
} cases[] = {
	/* anything-but needs a leaf, lets other types pass, and an array when any element passes */
	{ "{\"f\":[{\"anything-but\":\"a\"}]}", "{\"g\":1}", NO },
	{ "{\"f\":[{\"anything-but\":\"a\"}]}", "{\"f\":null}", YES },
	{ "{\"f\":[{\"anything-but\":\"a\"}]}", "{\"f\":[\"a\",\"b\"]}", YES },
	{ "{\"f\":[{\"anything-but\":\"a\"}]}", "{\"f\":[\"a\",\"a\"]}", NO },
	{ "{\"f\":[{\"anything-but\":[1,2]}]}", "{\"f\":1.0}", NO },
	{ "{\"f\":[{\"anything-but\":{\"prefix\":[\"a\",\"b\"]}}]}", "{\"f\":\"bc\"}", NO },
	/* exists sees leaves only, and absence is about the same element */
	{ "{\"f\":[{\"exists\":false}]}", "{\"f\":[]}", YES },
	{ "{\"f\":[{\"exists\":false}]}", "{\"f\":{\"x\":1}}", YES },
	{ "{\"f\":[{\"exists\":true}]}", "{\"f\":[[],[null]]}", YES },
	{ "{\"a\":{\"k\":[\"n\"],\"e\":[{\"exists\":false}]}}", "{\"a\":[{\"k\":\"n\"},{\"e\":1}]}",
	    YES },
	{ "{\"a\":{\"k\":[\"n\"],\"e\":[{\"exists\":false}]}}", "{\"a\":[{\"k\":\"n\",\"e\":1}]}",
	    NO },
	{ "{\"a\":{\"e\":[{\"exists\":false}]}}", "{\"a\":[{\"k\":\"n\"},{\"e\":1}]}", NO },
	/* null, absence, the empty string, 0 and false are five things */
	{ "{\"f\":[null]}", "{}", NO },
	{ "{\"f\":[\"\"]}", "{\"f\":null}", NO },
	{ "{\"f\":[0]}", "{\"f\":false}", NO },
	{ "{\"f\":[true]}", "{\"f\":\"true\"}", NO },
	{ "{\"f\":[{\"wildcard\":\"1*\"}]}", "{\"f\":12}", NO },
	/* numbers by exact value */
	{ "{\"f\":[300]}", "{\"f\":3.00e+2}", YES },
	{ "{\"f\":[9007199254740993]}", "{\"f\":9007199254740992}", NO },
	{ "{\"f\":[0.1]}", "{\"f\":0.1000000000000000055}", NO },
	{ "{\"f\":[-0]}", "{\"f\":0e5}", YES },
	{ "{\"f\":[1e400]}", "{\"f\":10e399}", YES },
	{ "{\"f\":[{\"numeric\":[\">\",12345678901234567890,\"<=\",12345678901234567891]}]}",
	    "{\"f\":12345678901234567891}", YES },
	{ "{\"f\":[{\"numeric\":[\">\",12345678901234567890,\"<=\",12345678901234567891]}]}",
	    "{\"f\":12345678901234567890}", NO },
	{ "{\"f\":[{\"numeric\":[\"<\",0.001]}]}", "{\"f\":-1e-400}", YES },
	/* two fields, one array: the same element */
	{ "{\"a\":{\"k\":[1],\"v\":[2]}}", "{\"a\":[{\"k\":1,\"v\":3},{\"k\":4,\"v\":2}]}", NO },
	{ "{\"a\":{\"k\":[1],\"v\":[2]}}", "{\"a\":[{\"k\":1,\"v\":3},[{\"k\":1,\"v\":2}]]}", YES },
	{ "{\"a\":{\"k\":[1]},\"b\":{\"v\":[2]}}",
	    "{\"a\":[{\"k\":1}],\"b\":[{\"v\":0},{\"v\":2}]}", YES },
	{ "{\"a\":{\"$or\":[{\"k\":[1]},{\"v\":[2]}],\"w\":[3]}}", "{\"a\":[{\"v\":2},{\"w\":3}]}",
	    NO },
	{ "{\"a\":{\"$or\":[{\"k\":[1]},{\"v\":[2]}],\"w\":[3]}}", "{\"a\":[{\"v\":2,\"w\":3}]}",
	    YES },
	/* of numbers alike, a later one may be in the element that counts */
	{ "{\"a\":{\"k\":[\"n\"],\"v\":[{\"numeric\":[\">\",1]}]}}",
	    "{\"a\":[{\"k\":\"m\",\"v\":5.25},{\"k\":\"n\",\"v\":5.5}]}", YES },
	{ "{\"a\":{\"k\":[\"n\"],\"v\":[{\"anything-but\":[1]}]}}",
	    "{\"a\":[{\"k\":\"m\",\"v\":5.25},{\"k\":\"n\",\"v\":5.5}]}", YES },
	{ "{\"a\":[{\"anything-but\":[2]},7]}", "{\"a\":[2,2.0,20e-1,2.00000000]}", NO },
	{ "{\"a\":[{\"numeric\":[\">\",5.00000001]}]}",
	    "{\"a\":[4,5,5.00000001,5.000000010,5.00000002]}", YES },
	{ "{\"a\":[{\"numeric\":[\"<\",-5.00000001]}]}", "{\"a\":[-4,-5,-5.00000001]}", NO },
	{ "{\"a\":[1234567,{\"numeric\":[\">\",12345678]}]}", "{\"a\":[1234567.5,12345678,0.1]}",
	    NO },
	/* names of all lengths, at one position in objects of one path */
	{ "{\"a\":{\"\":[1]}}", "{\"a\":[{\"\\u0000\":1},{\"x\":1},{\"\":2}]}", NO },
	{ "{\"a\":{\"\":[1]}}", "{\"a\":[{\"x\":1},{\"\":1}]}", YES },
	{ "{\"a\":{\"abcdefg\":[1]}}", "{\"a\":[{\"abcdefgh\":1},{\"abcdef\":1},{\"abcdefh\":1}]}",
	    NO },
	{ "{\"a\":{\"abcdefgh\":[1]}}", "{\"a\":[{\"abcdefgi\":1},{\"abcdefgh\":1}]}", YES },
	{ "{\"a\":{\"abcdefghijklmnop\":[1]}}",
	    "{\"a\":[{\"abcdefghijklmnoq\":1},{\"abcdefgxijklmnop\":1},{\"abcdefghijklmnop\":1}]}",
	    YES },
	{ "{\"a\":{\"abcdefghijklmnopq\":[1]}}",
	    "{\"a\":[{\"abcdefghijklmnopr\":1},{\"abcdefghxjklmnopq\":1}]}", NO },
	{ "{\"a\":{\"b\":[1]},\"c\":{\"b\":[2]}}",
	    "{\"a\":{\"x\":0,\"b\":1},\"c\":{\"x\":0,\"b\":2}}", YES },
	{ "{\"a\":{\"b\":[1]}}", "{\"a\":[{\"\\u0062\":1}]}", YES },
	{ "{\"a\\\\b\":[1]}", "{\"a\\\\b\":1}", YES },
	{ "{\"a\\\\n\":[1]}", "{\"a\\n\":1}", NO },
	/* strings of the lengths at which comparing changes */
	{ "{\"f\":[\"12345678\",\"123456789\"]}", "{\"f\":\"1234567\"}", NO },
	{ "{\"f\":[\"12345678\",\"1234567\"]}", "{\"f\":\"123456789\"}", NO },
	{ "{\"f\":[\"123\\u0000\"]}", "{\"f\":\"123\"}", NO },
	{ "{\"f\":[{\"prefix\":\"12345678x\"},{\"prefix\":\"12345678y\"}]}",
	    "{\"f\":\"12345678yz\"}", YES },
	{ "{\"f\":[{\"suffix\":\"x12345678\"},{\"suffix\":\"y1234567\"}]}",
	    "{\"f\":\"zx12345678\"}", YES },
	{ "{\"f\":[{\"suffix\":\"x12345678\"},{\"suffix\":\"y1234567\"}]}", "{\"f\":\"12345678\"}",
	    NO },
	{ "{\"f\":[{\"prefix\":\"a\\u0000\"}]}", "{\"f\":\"a\"}", NO },
	{ "{\"f\":[{\"equals-ignore-case\":\"ABCDEFGHIJK\\u00c9@[\"}]}",
	    "{\"f\":\"abcdefghijk\\u00e9@[\"}", YES },
	{ "{\"f\":[{\"equals-ignore-case\":\"@ABCXYZ[`{\"}]}", "{\"f\":\"@abcxyz[`{\"}", YES },
	{ "{\"f\":[{\"equals-ignore-case\":\"@ABCXYZ[\"}]}", "{\"f\":\"`abcxyz{\"}", NO },
	/* escaped names, on either side; inside of an unwanted subtree; a dot is part of a name */
	{ "{\"\\u0061\":[1]}", "{\"a\":1}", YES },
	{ "{\"a\":[1]}", "{\"\\u0061\":1}", YES },
	{ "{\"a\":[1]}", "{\"b\":{\"a\":1}}", NO },
	{ "{\"a.b\":[1]}", "{\"a\":{\"b\":1}}", NO },
	/* escapes in values */
	{ "{\"f\":[{\"prefix\":\"a\\\"\"}]}", "{\"f\":\"\\u0061\\\"b\"}", YES },
	{ "{\"f\":[{\"wildcard\":\"*\\u0000*\"}]}", "{\"f\":\"x\\u0000y\"}", YES },
	/* wildcards */
	{ "{\"f\":[{\"wildcard\":\"*ab*ab*\"}]}", "{\"f\":\"xabyab\"}", YES },
	{ "{\"f\":[{\"wildcard\":\"*ab*ab*\"}]}", "{\"f\":\"xab\"}", NO },
	{ "{\"f\":[{\"wildcard\":\"a*a\"}]}", "{\"f\":\"a\"}", NO },
	{ "{\"f\":[{\"wildcard\":\"\\\\*x*\"}]}", "{\"f\":\"*xy\"}", YES },
	{ "{\"f\":[{\"wildcard\":\"*\"}]}", "{\"f\":\"\"}", YES },
	{ "{\"f\":[{\"wildcard\":{\"equals-ignore-case\":\"A*Z\"}}]}", "{\"f\":\"abZ\"}", YES },
	{ "{\"f\":[{\"suffix\":{\"equals-ignore-case\":\"\xc3\x89T\xc3\x89\"}}]}",
	    "{\"f\":\"l'\xc3\xa9t\xc3\xa9\"}", YES },
	/* addresses */
	{ "{\"f\":[{\"cidr\":\"10.0.0.0/8\"}]}", "{\"f\":\"a00::1\"}", NO },
	{ "{\"f\":[{\"cidr\":\"10.0.0.0/8\"}]}", "{\"f\":\"::ffff:10.0.0.1\"}", NO },
	{ "{\"f\":[{\"cidr\":\"10.0.0.0/8\"}]}", "{\"f\":\"10.00.0.01\"}", YES },
	{ "{\"f\":[{\"cidr\":\"0.0.0.0/0\"}]}", "{\"f\":\"255.255.255.255\"}", YES },
	{ "{\"f\":[{\"cidr\":\"10.0.0.1/32\"}]}", "{\"f\":\"10.0.0.1/32\"}", NO },
	{ "{\"f\":[{\"cidr\":\"2001:db8::/33\"}]}", "{\"f\":\"2001:DB8:7fff::1\"}", YES },
	/* regex */
	{ "{\"f\":[{\"regex\":\"^o-[0-9]+$\"}]}", "{\"f\":\"o-17\"}", YES },
	/* never everything */
	{ "{}", "{\"a\":1}", REFUSED },
	{ "{\"f\":[]}", "{\"f\":1}", REFUSED },
	{ "{\"f\":\"a\"}", "{\"f\":\"a\"}", REFUSED },
	{ "{\"f\":[{\"prefixx\":\"a\"}]}", "{\"f\":\"a\"}", REFUSED },
	{ "{\"f\":[{\"prefix\":\"a\",\"suffix\":\"b\"}]}", "{\"f\":\"a\"}", REFUSED },
	{ "{\"a\":[1],\"a\":[2]}", "{\"a\":1}", REFUSED },
	{ "{\"$or\":[{\"a\":[1]}]}", "{\"a\":1}", REFUSED },
	{ "{\"f\":[{\"numeric\":[\">=\",5,\"<=\",5]}]}", "{\"f\":5}", REFUSED },
};

static void
cases_give_their_verdict(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!ok_as(verdict(cases[i].pattern, cases[i].event, false) == cases[i].want &&
			    verdict(cases[i].pattern, cases[i].event, true) == cases[i].want,
			"a pattern gives its verdict"))
			printf("# %s  %s\n", cases[i].pattern, cases[i].event);
}

static void
errors_have_a_place(void)
{
	struct ev_match m = { 0 };
	struct ev_err e = { 0 };

	ok(ev_match_add(&m, EV_LIT("{\n  \"a\": [\n    {\"prefixx\": \"b\"}\n  ]\n}"), 0, &e) ==
	    EV_USAGE);
	is_str(e.text, "unknown operator \"prefixx\"; did you mean \"prefix\"?");
	ok(e.line == 3 && e.col == 6 && e.near[e.caret] == '"');
	ev_match_fini(&m);
}

/* Rules that share paths, predicates and prefixes; of each rule whether it is met by the events. */
static void
many_rules_do_not_disturb_each_other(void)
{
	struct ev_match m = { 0 };
	char text[128], event[128];
	size_t wrong = 0;
	unsigned i, k;

	for (i = 0; i < 60; i++) {
		static const char *const op[] = { "prefix", "suffix", "wildcard" };

		snprintf(text, sizeof(text),
		    "{\"f\":[{\"%s\":\"%s%u\"}],\"n\":[{\"numeric\":[\">=\",%u]}]}", op[i % 3],
		    i % 3 == 2 ? "*" : "", i / 3, i);
		wrong += ev_match_add(&m, ev_slice_str(text), i, NULL) != EV_OK;
	}
	wrong += ev_match_build(&m, NULL) != EV_OK;
	for (k = 0; k < 200; k++) {
		uint64_t want = 0;

		snprintf(event, sizeof(event), "{\"n\":%u.5,\"f\":\"%u\"}", k % 70, k);
		for (i = 0; i < 60; i++) {
			char part[16], value[16];
			size_t pn = (size_t)snprintf(part, sizeof(part), "%u", i / 3),
			       vn = (size_t)snprintf(value, sizeof(value), "%u", k);
			bool meets_f =
			    vn >= pn && memcmp(i % 3 == 0 ? value : value + vn - pn, part, pn) == 0;

			if (meets_f && k % 70 >= i)
				want |= 1ULL << i;
		}
		wrong += meets(&m, event, false) != want;
	}
	ok_as(wrong == 0, "60 rules on 200 events give what each gives alone");
	ev_match_fini(&m);
}

static void *
match_often(void *arg)
{
	const struct ev_match *m = arg;
	uintptr_t good = 0;
	int i;

	for (i = 0; i < 2000; i++)
		good += meets(m, i % 2 == 0 ? "{\"f\":\"a1\",\"r\":\"xyz\"}" : "{\"f\":\"b\"}",
			    false) == (i % 2 == 0 ? 7 : 0);
	return (void *)(good == 2000 ? (uintptr_t)1 : 0);
}

static void
threads_may_share_a_set(void)
{
	struct ev_match m = { 0 };
	pthread_t t[2];
	void *good[2] = { NULL, NULL };
	int i;

	ok(ev_match_add(&m, EV_LIT("{\"f\":[{\"prefix\":\"a\"}]}"), 0, NULL) == EV_OK);
	ok(ev_match_add(&m, EV_LIT("{\"r\":[{\"wildcard\":\"x*z\"}]}"), 1, NULL) == EV_OK);
	ok(ev_match_add(&m, EV_LIT("{\"r\":[{\"regex\":\"^(x|y)+z$\"}]}"), 2, NULL) == EV_OK);
	ok(ev_match_build(&m, NULL) == EV_OK);
	for (i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, match_often, &m) != 0)
			exit(2);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], &good[i]);
	ok_as(good[0] != NULL && good[1] != NULL, "two threads match with one set");
	ev_match_fini(&m);
}

int
main(void)
{
	cases_give_their_verdict();
	errors_have_a_place();
	many_rules_do_not_disturb_each_other();
	threads_may_share_a_set();
	return tap_done();
}
