/* SPDX-License-Identifier: MIT */
#include "json/splice.h"

#include "tap.h"

enum verb { SET, DELETE, RENAME };

struct edit {
	const char *line, *path, *arg; /* the value, NULL, or the new name */
	const char *want;              /* the result, or the message */
	enum ev_code rc;
	unsigned long col; /* of a failure; 0: none */
};

static enum ev_code
call(enum verb verb, const struct edit *c, struct ev_buf *out, struct ev_err *e)
{
	struct ev_slice line = ev_slice_str(c->line), path = ev_slice_str(c->path);

	if (verb == SET)
		return ev_splice_set(line, path, ev_slice_str(c->arg), out, e);
	if (verb == DELETE)
		return ev_splice_delete(line, path, out, e);
	return ev_splice_rename(line, path, ev_slice_str(c->arg), out, e);
}

static void
check(enum verb verb, const struct edit *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ev_buf out = EV_BUF(1000);
		struct ev_err e = { 0 };
		enum ev_code rc;

		if (ev_buf_add(&out, "<", 1, NULL) != EV_OK)
			return;
		rc = call(verb, &c[i], &out, &e);
		if (!ok_as(rc == c[i].rc && e.col == c[i].col, "the status is as it should be"))
			printf("# %s of %s: status %d, column %lu, %s\n", c[i].path, c[i].line, rc,
			    e.col, e.text);
		if (rc == EV_OK || rc == EV_NO) {
			is_slice(((struct ev_slice){ out.p + 1, out.n - 1 }), c[i].want);
		} else {
			is_str(e.text, c[i].want);
			ok_as(out.n == 1, "a failure adds nothing");
		}
		ev_buf_fini(&out);
	}
}

static void
members_are_set(void)
{
	static const struct edit c[] = {
		{ "{}", "a", "1", "{\"a\":1}", EV_OK, 0 },
		{ "{ }", "a", "1", "{\"a\":1 }", EV_OK, 0 },
		{ " { \"a\" : 1 , \"b\":2 } ", "a", "[3]", " { \"a\" : [3] , \"b\":2 } ", EV_OK,
		    0 },
		{ "{\"a\":1 , \"b\":2 }", "c", "\"x\"", "{\"a\":1 , \"b\":2,\"c\":\"x\" }", EV_OK,
		    0 },
		{ "{\"a\":1,\"a\":2,\"b\":3}", "a", "9", "{\"a\":1,\"a\":9,\"b\":3}", EV_OK, 0 },
		{ "{\"a\":{\"b\":1},\"a\":{\"b\":2}}", "a.b", "9",
		    "{\"a\":{\"b\":1},\"a\":{\"b\":9}}", EV_OK, 0 },
		{ "{\"a\":{\"b\":1},\"a\":{}}", "a.b", "9", "{\"a\":{\"b\":1},\"a\":{\"b\":9}}",
		    EV_OK, 0 },
		{ "{}", "a.b.c", "1", "{\"a\":{\"b\":{\"c\":1}}}", EV_OK, 0 },
		{ "{\"a\":{\"x\":0}}", "a.b.c", "1", "{\"a\":{\"x\":0,\"b\":{\"c\":1}}}", EV_OK,
		    0 },
		{ "{\"\\u0061\":1}", "a", "2", "{\"\\u0061\":2}", EV_OK, 0 },
		{ "{\"a\\\"b\":1}", "[\"a\\\"b\"]", "2", "{\"a\\\"b\":2}", EV_OK, 0 },
		{ "{}", "[\"a\\\"\\u00e9\\n\"]", "2", "{\"a\\\"\xc3\xa9\\n\":2}", EV_OK, 0 },
		{ "{\"a\":[1,{\"b\":2} , 3]}", "a[1].b", "9", "{\"a\":[1,{\"b\":9} , 3]}", EV_OK,
		    0 },
		{ "{\"a\":[1,{\"b\":2} , 3]}", "a[2]", "{}", "{\"a\":[1,{\"b\":2} , {}]}", EV_OK,
		    0 },
		{ "{\"a\":[1,{}]}", "a[1].b.c", "9", "{\"a\":[1,{\"b\":{\"c\":9}}]}", EV_OK, 0 },
		{ "{\"a\":\"}]\\\"{[,\",\"b\":1}", "b", "2", "{\"a\":\"}]\\\"{[,\",\"b\":2}", EV_OK,
		    0 },
		{ "{\"n\":1e400,\"m\":0.10,\"k\":\"\\/\"}", "k", "1",
		    "{\"n\":1e400,\"m\":0.10,\"k\":1}", EV_OK, 0 },
		{ "{\"a\":-1.5e+3}", "a", "true", "{\"a\":true}", EV_OK, 0 },
		{ "{\"a\":null\t}", "a", "0", "{\"a\":0\t}", EV_OK, 0 },
		{ "{\"a\":5}", "a.b", "1", "found a number, wanted an object that can hold \"b\"",
		    EV_DATA, 6 },
		{ "{\"a\":\"s\"}", "a.b", "1",
		    "found a string, wanted an object that can hold \"b\"", EV_DATA, 6 },
		{ "{\"a\": [{}]}", "a.b", "1",
		    "found an array, wanted an object that can hold \"b\"", EV_DATA, 7 },
		{ "{\"a\":null}", "a.b.c", "1", "found null, wanted an object that can hold \"b\"",
		    EV_DATA, 6 },
		{ "{\"a\":true}", "a.b", "1",
		    "found true, wanted an object that can hold \"b\"", EV_DATA, 6 },
		{ "{\"a\":[1,2]}", "a[2]", "1", "found an array, wanted an array with element 2",
		    EV_DATA, 6 },
		{ "{\"a\":{}}", "a[0]", "1", "found an object, wanted an array with element 0",
		    EV_DATA, 6 },
		{ "{}", "a.b[0]", "1", "found no \"a\", wanted an array with element 0", EV_DATA,
		    1 },
		{ "{}", "a[*]", "1", "found [*] in the path, wanted one member or element",
		    EV_USAGE, 0 },
		{ "{}", "\xff", "1", "path: bytes that are no UTF-8", EV_USAGE, 0 },
		{ "{}", "a[", "1",
		    "path: found its end, wanted an element's number, '*' or a quoted name",
		    EV_USAGE, 3 },
	};

	check(SET, c, sizeof(c) / sizeof(*c));
}

static void
members_are_deleted(void)
{
	static const struct edit c[] = {
		{ "{\"a\":1}", "a", NULL, "{}", EV_OK, 0 },
		{ "{ \"a\" : 1 }", "a", NULL, "{ }", EV_OK, 0 },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "a", NULL, "{\"b\":2,\"c\":3}", EV_OK, 0 },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "b", NULL, "{\"a\":1,\"c\":3}", EV_OK, 0 },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "c", NULL, "{\"a\":1,\"b\":2}", EV_OK, 0 },
		{ "{ \"a\":1, \"b\":2 , \"c\":3 }", "a", NULL, "{ \"b\":2 , \"c\":3 }", EV_OK, 0 },
		{ "{ \"a\":1, \"b\":2 , \"c\":3 }", "b", NULL, "{ \"a\":1 , \"c\":3 }", EV_OK, 0 },
		{ "{ \"a\":1, \"b\":2 , \"c\":3 }", "c", NULL, "{ \"a\":1, \"b\":2 }", EV_OK, 0 },
		{ "{\"a\":1,\"b\":2,\"\\u0061\":3}", "a", NULL, "{\"b\":2}", EV_OK, 0 },
		{ "{\"a\":1,\"a\":2,\"b\":3,\"a\":4,\"c\":5}", "a", NULL, "{\"b\":3,\"c\":5}",
		    EV_OK, 0 },
		{ "{\"a\":1,\"a\":2}", "a", NULL, "{}", EV_OK, 0 },
		{ "{\"o\":{\"a\":[1]},\"z\":0}", "o.a", NULL, "{\"o\":{},\"z\":0}", EV_OK, 0 },
		{ "{\"o\":[1, 2 ,3]}", "o[0]", NULL, "{\"o\":[2 ,3]}", EV_OK, 0 },
		{ "{\"o\":[1, 2 ,3]}", "o[1]", NULL, "{\"o\":[1 ,3]}", EV_OK, 0 },
		{ "{\"o\":[1, 2 ,3]}", "o[2]", NULL, "{\"o\":[1, 2]}", EV_OK, 0 },
		{ "{\"o\":[{\"a\":1,\"b\":2}]}", "o[0].a", NULL, "{\"o\":[{\"b\":2}]}", EV_OK, 0 },
		{ "{\"o\":[]}", "o[0]", NULL, "{\"o\":[]}", EV_NO, 0 },
		{ "{\"a\":1}", "b", NULL, "{\"a\":1}", EV_NO, 0 },
		{ "{\"a\":1}", "a.b", NULL, "{\"a\":1}", EV_NO, 0 },
		{ "{\"a\":1}", "a[0]", NULL, "{\"a\":1}", EV_NO, 0 },
		{ "{\"a\":[1]}", "a.b", NULL, "{\"a\":[1]}", EV_NO, 0 },
		{ "{\"a\":{\"0\":1}}", "a[0]", NULL, "{\"a\":{\"0\":1}}", EV_NO, 0 },
		{ "{\"a\":{\"b\":1},\"a\":{}}", "a.b", NULL, "{\"a\":{\"b\":1},\"a\":{}}", EV_NO,
		    0 },
		{ "{ }", "a", NULL, "{ }", EV_NO, 0 },
	};

	check(DELETE, c, sizeof(c) / sizeof(*c));
}

static void
members_are_renamed(void)
{
	static const struct edit c[] = {
		{ "{\"a\" : 1, \"b\":2}", "a", "c", "{\"c\" : 1, \"b\":2}", EV_OK, 0 },
		{ "{\"a\":1,\"a\":2}", "a", "b", "{\"a\":1,\"b\":2}", EV_OK, 0 },
		{ "{\"\\u0061\":1}", "a", "b", "{\"b\":1}", EV_OK, 0 },
		{ "{\"\\u0061\":1}", "a", "a", "{\"\\u0061\":1}", EV_OK, 0 },
		{ "{\"a\":1}", "a", "q\"\\\n", "{\"q\\\"\\\\\\n\":1}", EV_OK, 0 },
		{ "{\"a\":1}", "a", "", "{\"\":1}", EV_OK, 0 },
		{ "{\"o\":[{\"a\":1}]}", "o[0].a", "b", "{\"o\":[{\"b\":1}]}", EV_OK, 0 },
		{ "{\"o\":{\"a\":1},\"b\":2}", "o.a", "b", "{\"o\":{\"b\":1},\"b\":2}", EV_OK, 0 },
		{ "{\"a\":1}", "b", "c", "{\"a\":1}", EV_NO, 0 },
		{ "{\"a\":1,\"\\u0062\":2}", "a", "b",
		    "found a member of the new name already: \"b\"", EV_DATA, 1 },
		{ "{\"o\": {\"a\":1,\"b\":2}}", "o.a", "b",
		    "found a member of the new name already: \"b\"", EV_DATA, 7 },
		{ "{\"a\":1}", "a", "\xff", "found bytes in the new name that are no UTF-8",
		    EV_USAGE, 0 },
		{ "{\"a\":[1]}", "a[0]", "b",
		    "found an element at the end of the path, wanted a member to rename", EV_USAGE,
		    0 },
	};

	check(RENAME, c, sizeof(c) / sizeof(*c));
}

static void
the_limit_of_the_buffer_holds(void)
{
	static const struct edit edits[] = { { "{\"a\":1}", "b", "2345678", NULL, EV_SYS, 0 },
		{ "{\"a\":1234567,\"b\":2}", "b", NULL, NULL, EV_SYS, 0 },
		{ "{\"a\":1}", "a", "bcdefghijkl", NULL, EV_SYS, 0 },
		{ "{\"a\":12345678}", "b", NULL, NULL, EV_SYS, 0 } };
	static const enum verb verbs[] = { SET, DELETE, RENAME, DELETE };

	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		struct ev_buf out = EV_BUF(10);

		ok(ev_buf_addc(&out, '<', NULL) == EV_OK &&
		    call(verbs[i], &edits[i], &out, NULL) == EV_SYS);
		is_slice(ev_buf_view(&out), "<");
		ev_buf_fini(&out);
	}
}

/* What --trust may let through: every cut of a line, and every byte of it broken. */
static void
broken_lines_do_no_harm(void)
{
	static const char line[] =
	    "{ \"a\" : [1,{\"b\":\"x\\\"\"}] , \"c\\u0061\":{\"d\":null},\"e\":tru}";
	static const struct edit edits[] = { { NULL, "a[1].b", "9", NULL, EV_OK, 0 },
		{ NULL, "c.d.e", "9", NULL, EV_OK, 0 }, { NULL, "zz", "9", NULL, EV_OK, 0 },
		{ NULL, "e", "a", NULL, EV_OK, 0 } };
	static const char bytes[] = "\"\\{}[]:, \0";
	size_t calls = 0;

	for (size_t cut = 0; cut < sizeof(line); cut++) {
		for (size_t i = 0; i < 3 * 4 * sizeof(bytes); i++) {
			struct ev_buf out = EV_BUF(1000);
			struct edit c = edits[i / 3 % 4];
			size_t n = i / 12 == 0 ? cut : sizeof(line) - 1;
			char *copy = malloc(n + 1);

			if (copy == NULL)
				break;
			memcpy(copy, line, n);
			copy[n] = '\0';
			if (i / 12 > 0 && cut < n) /* a NUL makes another cut */
				copy[cut] = bytes[i / 12 - 1];
			c.line = copy;
			calls += call((enum verb)(i % 3), &c, &out, NULL) != EV_USAGE;
			ev_buf_fini(&out);
			free(copy);
		}
	}
	ok_as(calls > 1000, "broken lines are worked on without harm");
}

int
main(void)
{
	members_are_set();
	members_are_deleted();
	members_are_renamed();
	the_limit_of_the_buffer_holds();
	broken_lines_do_no_harm();
	return tap_done();
}
