/* SPDX-License-Identifier: MIT */
#include "event/transform.h"

#include "event/event.h"
#include "line.h"
#include "tap.h"

static const char event[] =
    "{\"id\":\"e-1\",\"type\":\"order-submitted\",\"n\":1.50,\"s\":\"a \\\"b\\\" "
    "\\u00e9\",\"z\":null,"
    "\"o\":{\"k\":[1, 2.0],\"t\":\"x\\ny\"},\"list\":[{\"v\":1},{\"v\":\"q\"},{}],\"odd name\":7,"
    "\"detail\":{\"state\":\"RUNNING\",\"instance-id\":\"i-01\"}}";

static char said[400];

/* What becomes of the event, else "code line:column message". */
static const char *
made(const char *input)
{
	const struct ev_transform_vars vars = { EV_LIT("arn:x:rule/\"r\""), EV_LIT("big"),
		1700000000000 };
	struct ev_transform t = { 0 };
	struct ev_paths set = { 0 };
	struct ev_err e = { 0 };
	struct ev_buf out = EV_BUF(4096);
	struct line l;
	enum ev_code rc = ev_event_paths(&set, &e);
	size_t off;

	if (rc == EV_OK && (rc = ev_transform_init(&t, ev_slice_str(input), &set, &e)) == EV_OK) {
		line_scan(&l, &set, event);
		rc = ev_transform_run(&t, &l.scan, l.text, &vars, &out, &e);
		line_free(&l);
	}
	if (rc != EV_OK)
		snprintf(said, sizeof(said), "%d %lu:%lu %s", rc, e.line, e.col, e.text);
	else if (ev_json_check(ev_buf_view(&out), &off, NULL) != EV_OK ||
	    memchr(out.p, '\n', out.n) != NULL)
		snprintf(said, sizeof(said), "no line of JSON: %s", ev_buf_str(&out));
	else
		snprintf(said, sizeof(said), "%s", ev_buf_str(&out));
	ev_buf_fini(&out);
	ev_transform_fini(&t);
	ev_paths_fini(&set);
	return said;
}

struct row {
	const char *input, *want, *says;
};

static void
each(const struct row *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const char *got = made(v[i].input);

		if (!ok_as(strcmp(got, v[i].want) == 0, v[i].says))
			printf("#  got: %s\n# want: %s\n", got, v[i].want);
	}
}

#define EACH(v) each(v, sizeof(v) / sizeof(*(v)))
#define TEMPLATE(text)                                                                             \
	"{\"InputTransformer\":{\"InputPathsMap\":{\"instance\":\"$.detail.instance-id\","         \
	"\"state\":\"$.detail.state\",\"n\":\"$.n\",\"s\":\"$.s\",\"z\":\"$.z\",\"o\":\"$.o\","    \
	"\"no\":\"$.x.y\","                                                                        \
	"\"all\":\"list[*].v\",\"none\":\"n[*]\",\"ev\":\"$\"},\"InputTemplate\":\"" text "\"}}"

static void
a_path_or_a_constant(void)
{
	static const struct row rows[] = {
		{ "{\"InputPath\":\"$.o\"}", "{\"k\":[1, 2.0],\"t\":\"x\\ny\"}",
		    "a part keeps its bytes" },
		{ "{\"InputPath\":\"$\"}", event, "$ is the event" },
		{ "{\"InputPath\":\"$.o.k[1]\"}", "2.0", "elements by number" },
		{ "{\"InputPath\":\"o.k[1]\"}", "2.0", "our own form of a path" },
		{ "{\"InputPath\":\"$['odd name']\"}", "7", "a name in single quotes" },
		{ "{\"InputPath\":\"$[\\\"odd name\\\"]\"}", "7", "a name in double quotes" },
		{ "{\"InputPath\":\"$.list[*].v\"}", "[1,\"q\"]", "all elements, as an array" },
		{ "{\"InputPath\":\"$.x\"}", "4 0:0 nothing is at the InputPath $.x",
		    "a part that is not there is a fault" },
		{ "{\"InputPath\":\"$.o..k\"}",
		    "2 1:19 InputPath: path: found '.', wanted a member's name",
		    "a path that is none" },
		{ "{\"InputPath\":\"\"}", "2 1:14 InputPath: found 0 characters, wanted 1 to 256",
		    "an empty path" },
		{ "{\"InputPath\":5}", "2 1:14 InputPath: found a number, wanted a string",
		    "a path that is no string" },
		{ "{\"Input\":\"{\\\"a\\\": [1.0,\\n2]}\"}", "{\"a\": [1.0, 2]}",
		    "a constant, in a string, on one line" },
		{ "{\"Input\":{\"a\":1.0}}", "{\"a\":1.0}", "a constant as it stands" },
		{ "{\"Input\":\"{\\\"a\\\":x}\"}",
		    "2 1:18 Input: a string that holds JSON was wanted: found 'x', wanted a value",
		    "a constant that is no JSON: the place within the string" },
		{ "{}",
		    "2 1:1 input: found an object, wanted an object with one of InputPath, Input "
		    "and "
		    "InputTransformer",
		    "nothing" },
		{ "{\"Inputs\":1}",
		    "2 1:2 input: found \"Inputs\", wanted one of InputPath, Input and "
		    "InputTransformer",
		    "an unknown form" },
		{ "{\"Input\":1,\"InputPath\":\"$\"}",
		    "2 1:12 input: found \"Input\", wanted one of InputPath, Input and "
		    "InputTransformer, not two "
		    "members",
		    "two forms" },
	};

	EACH(rows);
}

/* The examples of EventBridge's own description, with our way to treat what holds quotes. */
static void
templates_of_json(void)
{
	static const struct row rows[] = {
		{ TEMPLATE("{\\\"instance\\\" : <instance>,\\n \\\"state\\\": <state>}"),
		    "{\"instance\":\"i-01\",\"state\":\"RUNNING\"}",
		    "bare names, blanks left out" },
		{ TEMPLATE("{\\\"t\\\":\\\"<instance> is in \\\\\\\"<state>\\\\\\\"\\\"}"),
		    "{\"t\":\"i-01 is in \\\"RUNNING\\\"\"}", "names within quotes" },
		{ TEMPLATE("[<n>,\\\"<n>\\\",<z>,\\\"<z>\\\"]"), "[1.50,\"1.50\",null,\"null\"]",
		    "numbers and null keep their text" },
		{ TEMPLATE("[<s>,\\\"[<s>]\\\"]"),
		    "[\"a \\\"b\\\" \\u00e9\",\"[a \\\"b\\\" \\u00e9]\"]",
		    "strings keep their escapes" },
		{ TEMPLATE("[<o>,\\\"<o>\\\"]"),
		    "[{\"k\":[1, 2.0],\"t\":\"x\\ny\"},"
		    "\"{\\\"k\\\":[1, 2.0],\\\"t\\\":\\\"x\\\\ny\\\"}\"]",
		    "an object within quotes is its JSON, escaped" },
		{ TEMPLATE("{\\\"a\\\":<no>,\\\"b\\\":\\\"[<no>]\\\"}"),
		    "{\"a\":\"\",\"b\":\"[]\"}", "what is not there leaves nothing" },
		{ TEMPLATE("[<all>,<none>,\\\"<all>\\\"]"), "[[1,\"q\"],\"\",\"[1,\\\"q\\\"]\"]",
		    "all elements" },
		{ TEMPLATE("<o>"), "{\"k\":[1, 2.0],\"t\":\"x\\ny\"}", "one name alone" },
		{ TEMPLATE("<ev>"), event, "the whole event" },
		{ TEMPLATE(" 12 "), "12", "a template that happens to be JSON" },
		{ TEMPLATE("{\\\"html\\\":\\\"a < b, </p>, <a b>\\\"}"),
		    "{\"html\":\"a < b, </p>, <a b>\"}", "what is no name stays" },
		{ TEMPLATE("\\\"<instance>\\\"\\n\\\"is <state>\\\""), "\"i-01\\nis RUNNING\"",
		    "strings one below the other are lines of one text" },
	};

	EACH(rows);
}

static void
templates_of_text(void)
{
	static const struct row rows[] = {
		{ TEMPLATE("<instance> is in state <state>"), "\"i-01 is in state RUNNING\"",
		    "plain text becomes a string" },
		{ TEMPLATE("say \\\"<s>\\\"\\n<o>"),
		    "\"say \\\"a \\\"b\\\" \\u00e9\\\"\\n{\\\"k\\\":[1, "
		    "2.0],\\\"t\\\":\\\"x\\\\ny\\\"}\"",
		    "what it holds is escaped" },
		{ TEMPLATE("<no>, <n>"), "\", 1.50\"",
		    "what is not there leaves nothing in a text" },
	};

	EACH(rows);
}

static void
reserved_names(void)
{
	static const struct row rows[] = {
		{ TEMPLATE(
		      "{\\\"arn\\\":<aws.events.rule-arn>,\\\"t\\\":\\\"<aws.events.rule-name> at "
		      "<aws.events.event.ingestion-time>\\\"}"),
		    "{\"arn\":\"arn:x:rule/\\\"r\\\"\",\"t\":\"big at 2023-11-14T22:13:20.000Z\"}",
		    "rule and time" },
		{ TEMPLATE("{\\\"e\\\":<aws.events.event.json>}"), NULL, "the event" },
		{ TEMPLATE("<aws.events.event>"), NULL, "the event without its detail" },
		{ TEMPLATE("[<aws.events.rule>]"),
		    "2 1:211 InputTemplate: found <aws.events.rule>, which InputPathsMap does not "
		    "have; did you "
		    "mean <aws.events.rule-arn>?",
		    "a reserved name that there is not" },
	};
	char want[1000];

	each(rows, 1);
	snprintf(want, sizeof(want), "{\"e\":%s}", event);
	is_str(made(rows[1].input), want);
	snprintf(want, sizeof(want), "%.*s}", (int)(strstr(event, ",\"detail\"") - event), event);
	is_str(made(rows[2].input), want);
	each(rows + 3, 1);
}

static void
refusals(void)
{
	static const struct row rows[] = {
		{ TEMPLATE("{<state>:1}"), "2 1:211 InputTemplate: a <name> is no member's name",
		    "a name as a key" },
		{ TEMPLATE("{\\\"a<state>\\\":1}"),
		    "2 1:211 InputTemplate: a <name> within a member's name",
		    "a name within a key" },
		{ TEMPLATE("{\\\"a\\\":\\\"<stat>\\\"}"),
		    "2 1:219 InputTemplate: found <stat>, which InputPathsMap does not have; did "
		    "you mean "
		    "<state>?",
		    "a mistyped name" },
		{ TEMPLATE("{\\\"a\\\":1<state>}"),
		    "2 1:218 InputTemplate: found a <name>, wanted ',' or '}'",
		    "a name behind a number" },
		{ TEMPLATE("{\\\"a\\\":<state><n>}"),
		    "2 1:224 InputTemplate: found a <name>, wanted ',' or '}'",
		    "two names in a row" },
		{ TEMPLATE("{\\\"a\\\":tru}"), "2 1:220 InputTemplate: found '}', wanted true",
		    "no JSON" },
		{ TEMPLATE("{\\\"a\\\":<b c>}"), "2 1:217 InputTemplate: found '<', wanted <name>",
		    "no name" },
		{ TEMPLATE("\\\"a\\\" \\\"b\\\""),
		    "2 1:216 InputTemplate: found '\"', wanted the end of the text",
		    "two strings on one line" },
		{ TEMPLATE(""), "2 1:209 InputTemplate: found 0 characters, wanted 1 to 8192",
		    "an empty template" },
		{ "{\"InputTransformer\":{\"InputPathsMap\":{\"AWSx\":\"$.a\"},\"InputTemplate\":"
		  "\"1\"}}",
		    "2 1:39 InputPathsMap: a name consists of letters, digits, _ and - and does "
		    "not begin with "
		    "AWS",
		    "a name that is reserved" },
		{ "{\"InputTransformer\":{\"InputPathsMap\":{\"a.b\":\"$.a\"},\"InputTemplate\":"
		  "\"1\"}}",
		    "2 1:39 InputPathsMap: a name consists of letters, digits, _ and - and does "
		    "not begin with "
		    "AWS",
		    "a name with a dot" },
		{ "{\"InputTransformer\":{\"InputPathsMap\":{\"a\":\"$.a.*\"},\"InputTemplate\":"
		  "\"1\"}}",
		    "2 1:48 InputPathsMap: a: path: found '*', wanted a member's name",
		    "a path with a star for members" },
		{ "{\"InputTransformer\":{\"InputPathsMap\":{}}}",
		    "2 1:21 InputTransformer: no InputTemplate", "no template" },
		{ "{\"InputTransformer\":{\"InputTemplates\":\"\"}}",
		    "2 1:22 InputTransformer: found \"InputTemplates\", wanted InputPathsMap and "
		    "InputTemplate",
		    "an unknown member" },
	};

	EACH(rows);
}

static void
limits_are_those_of_eventbridge(void)
{
	static char text[20000];
	size_t n = 0, i;

	n += (size_t)sprintf(text, "{\"InputTransformer\":{\"InputPathsMap\":{");
	for (i = 0; i < 101; i++)
		n += (size_t)sprintf(text + n, "%s\"n%zu\":\"a\"", i > 0 ? "," : "", i);
	sprintf(text + n, "},\"InputTemplate\":\"1\"}}");
	ok_as(strstr(made(text), "more than 100 names") != NULL, "100 names");
	n = (size_t)sprintf(text, "{\"InputPath\":\"");
	memset(text + n, 'a', 257);
	sprintf(text + n + 257, "\"}");
	ok_as(strstr(made(text), "found 257 characters, wanted 1 to 256") != NULL,
	    "256 characters of a path");
	n = (size_t)sprintf(text, "{\"InputTransformer\":{\"InputTemplate\":\"");
	memset(text + n, 'a', 8193);
	sprintf(text + n + 8193, "\"}}");
	ok_as(strstr(made(text), "found 8193 characters") != NULL, "8192 characters of a template");
}

int
main(void)
{
	struct ev_transform t = { 0 };

	a_path_or_a_constant();
	templates_of_json();
	templates_of_text();
	reserved_names();
	refusals();
	limits_are_those_of_eventbridge();
	ev_transform_fini(&t);
	return tap_done();
}
