/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/schema.h"
#include "tap.h"

static char said[400];

static void
write_schema(const char *type, const char *text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "s/%s.json", type);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* "" when the schema can be used, else code and message. */
static const char *
load(const char *schema, struct ev_schemas *s)
{
	struct ev_err e = { 0 };

	said[0] = '\0';
	write_schema("t", schema);
	if (ev_schemas_load(s, "s", &e) != EV_OK)
		snprintf(said, sizeof(said), "%d %s", e.code, e.text);
	return said;
}

/* "" when the event meets the schema, else column and message. */
static const char *
check(const char *schema, const char *event)
{
	struct ev_slice line = { event, strlen(event) };
	const struct ev_val type = { .raw = EV_LIT("\"t\""), .kind = EV_STRING };
	struct ev_err e = { 0 };
	struct ev_schemas s;

	if (*load(schema, &s) == '\0' && ev_schemas_check(&s, line, &type, &e) != EV_OK)
		snprintf(said, sizeof(said), "%lu: %s", e.col, e.text);
	ev_schemas_fini(&s);
	return said;
}

static const char *
loads(const char *schema)
{
	struct ev_schemas s;

	load(schema, &s);
	ev_schemas_fini(&s);
	return said;
}

static const struct {
	const char *schema, *event, *says;
} cases[] = {
	/* what a schema of nothing allows */
	{ "{}", "{\"a\":1}", "" },
	{ "true", "{}", "" },
	{ "false", "{}", "1: the event is nothing that t.json allows" },
	/* type */
	{ "{\"type\":\"object\"}", "{}", "" },
	{ "{\"type\":\"array\"}", "{}", "1: the event is {}; t.json wants array" },
	{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":31.50}", "6: a is 31.50; t.json wants string" },
	{ "{\"properties\":{\"a\":{\"type\":[\"null\",\"boolean\"]}}}", "{\"a\":null}", "" },
	{ "{\"properties\":{\"a\":{\"type\":[\"null\",\"boolean\"]}}}", "{\"a\":false}", "" },
	{ "{\"properties\":{\"a\":{\"type\":[\"null\",\"boolean\"]}}}", "{\"a\":0}", "6: a is 0; t.json wants null or boolean" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1.0}", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":-120e-1}", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":0.0}", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":123456789012345678901234567890}", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1.5}", "6: a is 1.5; t.json wants integer" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1e-1}", "6: a is 1e-1; t.json wants integer" },
	{ "{\"properties\":{\"a\":{\"type\":\"number\"}}}", "{\"a\":1}", "" },
	/* numbers by exact value */
	{ "{\"properties\":{\"a\":{\"minimum\":0.1}}}", "{\"a\":0.1}", "" },
	{ "{\"properties\":{\"a\":{\"minimum\":0.1}}}", "{\"a\":0.09999999999999999999999}",
	    "6: a is 0.09999999999999999999999; t.json wants at least 0.1" },
	{ "{\"properties\":{\"a\":{\"maximum\":9007199254740992}}}", "{\"a\":9007199254740993}",
	    "6: a is 9007199254740993; t.json wants at most 9007199254740992" },
	{ "{\"properties\":{\"a\":{\"exclusiveMinimum\":0}}}", "{\"a\":0.0}", "6: a is 0.0; t.json wants more than 0" },
	{ "{\"properties\":{\"a\":{\"exclusiveMinimum\":0}}}", "{\"a\":1e-400}", "" },
	{ "{\"properties\":{\"a\":{\"exclusiveMaximum\":1}}}", "{\"a\":1}", "6: a is 1; t.json wants less than 1" },
	{ "{\"properties\":{\"a\":{\"minimum\":1}}}", "{\"a\":\"0\"}", "" },
	/* strings */
	{ "{\"properties\":{\"a\":{\"minLength\":2}}}", "{\"a\":\"\\u00fc\"}",
	    "6: a has 1 characters; t.json wants at least 2" },
	{ "{\"properties\":{\"a\":{\"maxLength\":1}}}", "{\"a\":\"\\ud83d\\ude00\"}", "" },
	{ "{\"properties\":{\"a\":{\"maxLength\":1}}}", "{\"a\":\"xy\"}", "6: a has 2 characters; t.json wants at most 1" },
	{ "{\"properties\":{\"a\":{\"pattern\":\"^o-[0-9]+$\"}}}", "{\"a\":\"o-17\"}", "" },
	{ "{\"properties\":{\"a\":{\"pattern\":\"^o-[0-9]+$\"}}}", "{\"a\":\"\\u006f-17\"}", "" },
	{ "{\"properties\":{\"a\":{\"pattern\":\"^o-[0-9]+$\"}}}", "{\"a\":\"o-\"}",
	    "6: a is \"o-\"; t.json wants a match of \"^o-[0-9]+$\"" },
	{ "{\"properties\":{\"a\":{\"pattern\":\"b\"}}}", "{\"a\":\"abc\"}", "" },
	/* enum and const */
	{ "{\"properties\":{\"a\":{\"enum\":[\"x\",2,null]}}}", "{\"a\":2.0}", "" },
	{ "{\"properties\":{\"a\":{\"enum\":[\"x\",2,null]}}}", "{\"a\":\"\\u0078\"}", "" },
	{ "{\"properties\":{\"a\":{\"enum\":[\"x\",2]}}}", "{\"a\":\"2\"}", "6: a is \"2\"; t.json wants one of [\"x\",2]" },
	{ "{\"properties\":{\"a\":{\"const\":{\"x\":[1,2],\"y\":true}}}}", "{\"a\":{ \"y\":true,\"x\":[1.0,2] }}", "" },
	{ "{\"properties\":{\"a\":{\"const\":{\"x\":[1,2]}}}}", "{\"a\":{\"x\":[1]}}",
	    "6: a is {\"x\":[1]}; t.json wants {\"x\":[1,2]}" },
	{ "{\"properties\":{\"a\":{\"const\":{\"x\":1}}}}", "{\"a\":{\"x\":1,\"y\":1}}",
	    "6: a is {\"x\":1,\"y\":1}; t.json wants {\"x\":1}" },
	{ "{\"properties\":{\"a\":{\"const\":\"\\\\\\\"\"}}}", "{\"a\":\"\\u005c\\\"\"}", "" },
	{ "{\"properties\":{\"a\":{\"const\":false}}}", "{\"a\":true}", "6: a is true; t.json wants false" },
	/* objects */
	{ "{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":null}", "" },
	{ "{\"required\":[\"a\",\"b\"]}", "{\"a\":1}", "1: the event lacks b, which t.json requires" },
	{ "{\"properties\":{\"o\":{\"required\":[\"a\"]}}}", "{\"o\":{}}", "6: o lacks a, which t.json requires" },
	{ "{\"required\":[\"a\"]}", "{\"\\u0061\":1}", "" },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1,\"b\":2}",
	    "12: b is no member that t.json knows" },
	{ "{\"required\":[\"a\"],\"additionalProperties\":false}", "{\"a\":1}", "6: a is no member that t.json knows" },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"number\"}}", "{\"a\":\"\",\"b\":2}", "" },
	{ "{\"additionalProperties\":{\"type\":\"number\"}}", "{\"b\":\"2\"}", "6: b is \"2\"; t.json wants number" },
	{ "{\"properties\":{\"a\":false}}", "{\"a\":1}", "6: a is nothing that t.json allows" },
	{ "{\"minProperties\":1}", "{}", "1: the event has 0 members; t.json wants at least 1" },
	{ "{\"maxProperties\":1}", "{\"a\":1,\"b\":1}", "1: the event has 2 members; t.json wants at most 1" },
	{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":1,\"a\":\"x\"}", "6: a is 1; t.json wants string" },
	/* arrays */
	{ "{\"properties\":{\"a\":{\"items\":{\"type\":\"number\"}}}}", "{\"a\":[1,2,\"3\"]}",
	    "11: a[2] is \"3\"; t.json wants number" },
	{ "{\"properties\":{\"a\":{\"items\":{\"properties\":{\"sku\":{\"type\":\"string\"}}}}}}",
	    "{\"a\":[{\"sku\":\"x\"},{\"sku\":7}]}", "26: a[1].sku is 7; t.json wants string" },
	{ "{\"properties\":{\"a\":{\"items\":[{\"const\":1},{\"const\":2}],\"additionalItems\":false}}}", "{\"a\":[1,2]}", "" },
	{ "{\"properties\":{\"a\":{\"items\":[{\"const\":1},{\"const\":2}],\"additionalItems\":false}}}", "{\"a\":[1,2,3]}",
	    "11: a[2] is nothing that t.json allows" },
	{ "{\"properties\":{\"a\":{\"items\":[{\"const\":1}]}}}", "{\"a\":[1,\"any\"]}", "" },
	{ "{\"properties\":{\"a\":{\"items\":{},\"additionalItems\":false}}}", "{\"a\":[1]}", "" },
	{ "{\"properties\":{\"a\":{\"minItems\":1}}}", "{\"a\":[]}", "6: a has 0 elements; t.json wants at least 1" },
	{ "{\"properties\":{\"a\":{\"maxItems\":1}}}", "{\"a\":[1,2]}", "6: a has 2 elements; t.json wants at most 1" },
	{ "{\"properties\":{\"a\":{\"uniqueItems\":true}}}", "{\"a\":[1,\"1\",[1],{\"a\":1}]}", "" },
	{ "{\"properties\":{\"a\":{\"uniqueItems\":true}}}", "{\"a\":[10,1e1]}",
	    "6: a has 10 twice; t.json wants each element once" },
	/* combinations */
	{ "{\"allOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}", "{\"a\":1}",
	    "1: the event lacks b, which t.json requires" },
	{ "{\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}", "{\"b\":1}", "" },
	{ "{\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}", "{\"c\":1}",
	    "1: the event meets none of the schemas in anyOf of t.json" },
	{ "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}", "{\"a\":1}", "" },
	{ "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}", "{\"a\":1,\"b\":1}",
	    "1: the event meets two of the schemas in oneOf of t.json" },
	{ "{\"oneOf\":[{\"required\":[\"a\"]}]}", "{}", "1: the event meets none of the schemas in oneOf of t.json" },
	{ "{\"not\":{\"required\":[\"a\"]}}", "{\"b\":1}", "" },
	{ "{\"not\":{\"required\":[\"a\"]}}", "{\"a\":1}", "1: the event is what `not` of t.json excludes" },
	/* references; what stands beside one is ignored */
	{ "{\"properties\":{\"a\":{\"$ref\":\"#/definitions/n\",\"type\":\"string\"}},"
	  "\"definitions\":{\"n\":{\"type\":\"number\"}}}", "{\"a\":1}", "" },
	{ "{\"properties\":{\"a\":{\"$ref\":\"#/definitions/n~1%7E~0\"}},\"definitions\":{\"n/~~\":{\"type\":\"number\"}}}",
	    "{\"a\":\"1\"}", "6: a is \"1\"; t.json wants number" },
	{ "{\"properties\":{\"a\":{\"$ref\":\"#/allOf/1\"}},\"allOf\":[{},{\"properties\":{\"b\":{\"const\":1}}}]}",
	    "{\"a\":{\"b\":2}}", "11: a.b is 2; t.json wants 1" },
	{ "{\"properties\":{\"n\":{\"type\":\"number\"},\"next\":{\"$ref\":\"#\"}},\"required\":[\"n\"]}",
	    "{\"n\":1,\"next\":{\"n\":2,\"next\":{}}}", "29: next.next lacks n, which t.json requires" },
	/* said, and not looked at */
	{ "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$id\":\"x\",\"title\":\"T\",\"description\":\"d\","
	  "\"format\":\"email\",\"default\":1,\"examples\":[1],\"$comment\":\"c\",\"x-owner\":\"me\"}", "{}", "" },
};

static const struct {
	const char *schema, *says;
} bad[] = {
	{ "", "2 s/t.json:1:1: " },
	{ "{\"type\":\"object\"", "2 s/t.json:1:" },
	{ "{\"type\":\"object\",\"type\":\"array\"}", "2 s/t.json:1:" },
	{ "[]", "2 s/t.json:1:1: found an array, wanted a schema: an object or a boolean" },
	{ "{\n  \"properties\": {\n    \"a\": {\"typ\": \"string\"}\n  }\n}",
	    "2 s/t.json:3:11: keyword \"typ\" is not supported" },
	{ "{\"type\":\"int\"}", "2 s/t.json:1:9: found a string, wanted a type: " },
	{ "{\"type\":[]}", "2 s/t.json:1:9: found an array, wanted at least one type" },
	{ "{\"type\":[1]}", "2 s/t.json:1:10: found a number, wanted a type: " },
	{ "{\"enum\":1}", "2 s/t.json:1:9: found a number, wanted an array of values" },
	{ "{\"minimum\":\"1\"}", "2 s/t.json:1:12: found a string, wanted a number" },
	{ "{\"exclusiveMinimum\":true}", "2 s/t.json:1:21: found true, wanted a number" },
	{ "{\"minLength\":-1}", "2 s/t.json:1:14: an integer from 0 on was wanted" },
	{ "{\"maxItems\":1.5}", "2 s/t.json:1:13: an integer from 0 on was wanted" },
	{ "{\"pattern\":\"(\"}", "2 s/t.json:1:12: regular expression: " },
	{ "{\"pattern\":1}", "2 s/t.json:1:12: found a number, wanted a regular expression" },
	{ "{\"properties\":[]}", "2 s/t.json:1:15: found an array, wanted an object of schemas" },
	{ "{\"required\":\"a\"}", "2 s/t.json:1:13: found a string, wanted an array of names" },
	{ "{\"required\":[1]}", "2 s/t.json:1:14: found a number, wanted a name" },
	{ "{\"uniqueItems\":1}", "2 s/t.json:1:16: found a number, wanted a boolean" },
	{ "{\"allOf\":{}}", "2 s/t.json:1:10: found an object, wanted an array of schemas" },
	{ "{\"anyOf\":[]}", "2 s/t.json:1:10: found an array, wanted at least one schema" },
	{ "{\"not\":1}", "2 s/t.json:1:8: found a number, wanted a schema: an object or a boolean" },
	{ "{\"if\":{}}", "2 s/t.json:1:2: keyword \"if\" is not supported" },
	{ "{\"$ref\":\"other.json\"}", "2 s/t.json:1:9: $ref \"other.json\": one within the file, " },
	{ "{\"$ref\":\"#/definitions/x\"}", "2 s/t.json:1:9: $ref \"#/definitions/x\" leads nowhere" },
	{ "{\"$ref\":1}", "2 s/t.json:1:9: found a number, wanted a reference" },
	{ "{\"$ref\":\"#\"}", "2 s/t.json:1:1: this schema leads back to itself for the same value" },
	{ "{\"allOf\":[{\"not\":{\"$ref\":\"#\"}}]}", "2 s/t.json:1:1: this schema leads back to itself" },
	{ "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}", "2 s/t.json:1:12: a schema of draft-07 was wanted" },
};

static void
every_keyword(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check(cases[i].schema, cases[i].event);
		if (!tap_is(said, strlen(said), cases[i].says, strlen(cases[i].says), cases[i].schema, __FILE__, __LINE__))
			printf("# event: %s\n", cases[i].event);
	}
}

static void
schemas_that_cannot_be_used(void)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		loads(bad[i].schema);
		if (!tap_ok(strncmp(said, bad[i].says, strlen(bad[i].says)) == 0, bad[i].says, __FILE__, __LINE__))
			printf("#  got: %s\n# want: %s...\n", said, bad[i].says);
	}
}

static void
types_have_their_files(void)
{
	const struct ev_val none = { .kind = EV_ABSENT }, other = { .raw = EV_LIT("\"../t\""), .kind = EV_STRING },
			    nul = { .raw = EV_LIT("\"t\\u0000\""), .kind = EV_STRING };
	struct ev_err e = { 0 };
	struct ev_schemas s;

	write_schema("u", "{}");
	write_schema("t", "{}");
	ok(ev_schemas_load(&s, "s", &e) == EV_OK);
	ok(s.n == 2);
	ok(ev_schemas_check(&s, EV_LIT("{}"), &none, &e) == EV_DATA);
	is_str(e.text, "no schema for the type ");
	e = (struct ev_err){ 0 };
	ok(ev_schemas_check(&s, EV_LIT("{}"), &other, &e) == EV_DATA);
	is_str(e.text, "no schema for the type ../t");
	ok(ev_schemas_check(&s, EV_LIT("{}"), &nul, NULL) == EV_DATA);
	ev_schemas_fini(&s);
	ok(unlink("s/u.json") == 0);
}

static void
folders(void)
{
	struct ev_err e = { 0 };
	struct ev_schemas s;

	ok(mkdir("empty", 0777) == 0);
	ok(ev_schemas_load(&s, "empty", &e) == EV_USAGE);
	is_str(e.text, "no schema in empty; TYPE.json was wanted");
	ev_schemas_fini(&s);
	e = (struct ev_err){ 0 };
	ok(ev_schemas_load(&s, "missing", &e) == EV_USAGE);
	is_str(e.text, "cannot open the schemas in missing: No such file or directory");
	ev_schemas_fini(&s);
}

/* Two ways down at every level: 2^n without a limit. */
static void
work_is_bounded(void)
{
	static const char schema[] = "{\"anyOf\":[{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"type\":\"null\"}},"
				     "\"required\":[\"b\"]},{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"c\"]}]}";
	static char event[4000];
	size_t i, n = 0;

	for (i = 0; i < 400; i++)
		n += (size_t)snprintf(event + n, sizeof(event) - n, "{\"a\":");
	n += (size_t)snprintf(event + n, sizeof(event) - n, "1");
	memset(event + n, '}', 400);
	is_str(check(schema, event), "1: the event needs too much work to be checked by t.json");
}

int
main(void)
{
	if (mkdir("s", 0777) < 0)
		return 1;
	every_keyword();
	schemas_that_cannot_be_used();
	types_have_their_files();
	folders();
	work_is_bounded();
	return tap_done();
}
