/* SPDX-License-Identifier: MIT */
/* Rules files as a whole: the installed examples, their JSON Schema, EventBridge's exports, many
 * rules. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "event/schema.h"
#include "json/iter.h"
#include "json/str.h"
#include "match/rules.h"
#include "match/rules_eventbridge.h"
#include "tap.h"

static struct ev_schemas schemas;
static char warned[8000], said[400];

static void
warn(void *arg, const struct ev_err *why)
{
	size_t n = strlen(warned);

	(void)arg;
	snprintf(warned + n, sizeof(warned) - n, "%lu:%lu %s\n", why->line, why->col, why->text);
}

static struct ev_buf
read_file(const char *path)
{
	struct ev_buf text = EV_BUF(EV_RULES_TEXT);
	struct ev_err e = { 0 };

	if (ev_file_read(AT_FDCWD, path, &text, &e) != EV_OK) {
		printf("Bail out! %s\n", e.text);
		exit(2);
	}
	return text;
}

static struct ev_buf
copy(struct ev_slice text)
{
	struct ev_buf b = EV_BUF(EV_RULES_TEXT);

	if (ev_buf_adds(&b, text, NULL) != EV_OK)
		exit(2);
	return b;
}

/* "" when the rules load, else the message; text is taken. */
static const char *
load(struct ev_buf *text)
{
	struct ev_err e = { 0 };
	struct ev_rules r;

	said[0] = warned[0] = '\0';
	if (ev_rules_load(&r, text, warn, NULL, &e) == EV_OK)
		ev_rules_fini(&r);
	else
		snprintf(said, sizeof(said), "%lu:%lu %s", e.line, e.col, e.text);
	return said;
}

static bool
schema_takes(struct ev_slice text)
{
	const struct ev_val type = { .raw = EV_LIT("\"rules\""), .kind = EV_STRING };
	struct ev_err e = { 0 };
	bool yes = ev_schemas_check(&schemas, ev_slice_trim(text), &type, &e) == EV_OK;

	snprintf(said, sizeof(said), "%s", e.text);
	return yes;
}

static void
the_examples_are_good(const char *share)
{
	static const char *const names[] = { "shop", "bindings", "policies" };
	char path[4096];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct ev_buf text;

		snprintf(path, sizeof(path), "%s/rules/%s.json", share, names[i]);
		text = read_file(path);
		if (!ok_as(schema_takes(ev_buf_view(&text)), "the schema takes the example"))
			printf("# %s: %s\n", path, said);
		if (!ok_as(*load(&text) == '\0' && *warned == '\0',
			"the example loads without a warning"))
			printf("# %s: %s\n# %s\n", path, said, warned);
	}
}

static void
the_schema_refuses_what_is_no_rules_file(void)
{
	static const char *const bad[] = {
		"3",
		"{}",
		"{\"rules\":{}}",
		"{\"rules\":[],\"rule\":1}",
		"{\"rules\":[],\"separator\":\"_\"}",
		"[5]",
		"[{}]",
		"[{\"id\":\"\"}]",
		"[{\"id\":\"a\\u0000\"}]",
		"[{\"id\":\"a\",\"patern\":{}}]",
		"[{\"id\":\"a\",\"stop\":1}]",
		"[{\"id\":\"a\",\"priority\":1.5}]",
		"[{\"id\":\"a\",\"eventType\":[]}]",
		"[{\"id\":\"a\",\"eventType\":[\"a\",5]}]",
		"[{\"id\":\"a\",\"pattern\":{}}]",
		"[{\"id\":\"a\",\"pattern\":[]}]",
		"[{\"id\":\"a\",\"policy\":{\"a\":[1]},\"policyScope\":\"Body\"}]",
		"[{\"id\":\"a\",\"size\":{}}]",
		"[{\"id\":\"a\",\"size\":{\"max\":\"5Q\"}}]",
		"[{\"id\":\"a\",\"binding\":{\"key\":\"a\"}}]",
		"[{\"id\":\"a\",\"binding\":{\"exchange\":\"topics\",\"key\":\"a\"}}]",
		"[{\"id\":\"a\",\"binding\":{\"exchange\":\"topic\"}}]",
		"[{\"id\":\"a\",\"binding\":{\"exchange\":\"fanout\",\"key\":\"a\"}}]",
		"[{\"id\":\"a\",\"binding\":{\"exchange\":\"headers\",\"headers\":{}}}]",
		"[{\"id\":\"a\",\"binding\":{\"exchange\":\"headers\",\"headers\":{\"a\":[1]}}}]",
		"[{\"id\":\"a\",\"to\":[]}]",
		"[{\"id\":\"a\",\"to\":{\"dlq\":\"x\"}}]",
		"[{\"id\":\"a\",\"to\":{\"address\":\"x\",\"wrap\":\"cloudevents\"}}]",
		"[{\"id\":\"a\",\"to\":\"x\",\"input\":{}}]",
		"[{\"id\":\"a\",\"to\":\"x\",\"input\":{\"InputPath\":\"\"}}]",
		"[{\"id\":\"a\",\"to\":\"x\",\"input\":{\"InputTransformer\":{}}}]",
		"[{\"id\":\"a\",\"to\":\"stream:x\",\"shards\":0}]",
		"[{\"id\":\"a\",\"to\":\"x\",\"retry\":{\"attempts\":186}}]",
		"[{\"id\":\"a\",\"to\":\"x\",\"retry\":{\"age\":59}}]",
	};
	size_t i, wrong = 0;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ev_buf text = copy(ev_slice_str(bad[i]));

		if (schema_takes(ev_slice_str(bad[i])) || *load(&text) == '\0') {
			printf("# taken: %s\n", bad[i]);
			wrong++;
		}
	}
	ok_as(wrong == 0, "what the schema refuses is refused when loading, too");
}

/* Each member once. */
static const char every[] =
    "[{\"id\":\"a\",\"description\":\"\",\"enabled\":false,\"priority\":-5,\"stop\":true,"
    "\"eventType\":[\"a\",\"/b/\"],\"pattern\":{\"a\":[1]},\"where\":[\"a = 1\"],"
    "\"policy\":{\"a\":[1]},\"policyScope\":\"MessageBody\",\"size\":{\"min\":0,\"max\":\"1.5KiB\"}"
    ","
    "\"binding\":{\"exchange\":\"topic\",\"key\":\"a.#\",\"separator\":\".\"},"
    "\"shards\":1024,\"partitionKey\":\"a[0]\",\"retry\":{\"attempts\":185,\"age\":\"1.5h\"},"
    "\"dlq\":\"d\",\"input\":{\"Input\":[1]},"
    "\"to\":[\"stream:x\",{\"address\":\"stream:y\",\"dlq\":\"e\",\"retry\":{\"age\":60},"
    "\"input\":{\"InputTransformer\":{\"InputPathsMap\":{\"a\":\"$\"},\"InputTemplate\":\"<a>\"}}}]"
    "}]";

static const char bound[] =
    "[{\"id\":\"a\",\"binding\":{\"exchange\":\"headers\",\"headers\":{\"a\":1,\"b\":null,\"c\":"
    "\"x\"},"
    "\"x-match\":\"any\"}},{\"id\":\"b\",\"binding\":{\"exchange\":\"fanout\"},\"to\":\"x\"}]";

static const char whole[] = "{\"$schema\":\"x\",\"description\":\"\",\"separator\":\"-\","
			    "\"retry\":{},\"dlq\":\"d\",\"rules\":[]}";

static void
the_schema_takes_every_member(void)
{
	static const char *const good[] = { "[]", whole, every, bound };
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct ev_buf text = copy(ev_slice_str(good[i]));

		if (!ok_as(schema_takes(ev_slice_str(good[i])), "the schema takes it"))
			printf("# %s\n", said);
		if (!ok_as(*load(&text) == '\0', "and so does loading"))
			printf("# %s\n", said);
	}
}

/* What becomes of an export, or "line:column message"; and what it is told. */
static const char *imported(struct ev_slice export)
{
	static struct ev_buf out;
	struct ev_err e = { 0 };

	warned[0] = '\0';
	ev_buf_clear(&out);
	out.max = EV_RULES_TEXT;
	if (ev_rules_from_eventbridge(export, &out, warn, NULL, &e) == EV_OK)
		return ev_buf_str(&out);
	snprintf(said, sizeof(said), "%lu:%lu %s", e.line, e.col, e.text);
	return said;
}

#define SQS "arn:aws:sqs:eu-west-1:1:"

static void
exports_of_eventbridge(const char *share)
{
	static const struct {
		const char *export, *want;
	} rows[] = {
		{ "{\"Name\":\"a\",\"EventPattern\":\"{\\\"n\\\":[1.0,9007199254740993]}\"}"
		  "{\"Targets\":[{\"Id\":\"1\",\"Arn\":\"" SQS "q\"}]}",
		    "[\n  {\n    \"id\": \"a\",\n    \"pattern\": {\"n\": [1.0, "
		    "9007199254740993]},\n"
		    "    \"to\": [{\"address\": \"stream:q\"}]\n  }\n]\n" },
		{ "{\"Resources\":{\"Hot\":{\"Type\":\"AWS::Events::Rule\",\"Properties\":{"
		  "\"EventPattern\":"
		  "{\"a\":[1.0]},\"Targets\":[{\"Id\":\"1\",\"Arn\":{\"Fn::GetAtt\":[\"Queue\","
		  "\"Arn\"]}}]}},"
		  "\"B\":{\"Type\":\"AWS::S3::Bucket\"}}}",
		    "[\n  {\n    \"id\": \"Hot\",\n    \"pattern\": {\"a\": [1.0]},\n"
		    "    \"to\": [{\"address\": \"stream:Queue\"}]\n  }\n]\n" },
		{ "", "1:1 no rules in it" },
		{ "[]", "1:1 no rules in it" },
		{ "{\"a\":1}",
		    "1:1 found neither Rules, Targets, Resources nor a rule with a Name, as "
		    "EventBridge exports "
		    "them" },
		{ "{\"Targets\":[]}",
		    "1:12 targets of no rule: wanted a rule before them, or its name as \"Rule\"" },
		{ "{\"Name\":\"a\",\"EventPattern\":\"{\\\"n\\\":[1,]}\"}",
		    "1:39 EventPattern: found ']', wanted a value" },
		{ "{\"Name\":\"a\",\"EventPattern\":\"{\\\"n\\\":[{\\\"prefixx\\\":1}]}\"}",
		    "1:38 EventPattern: unknown operator \"prefixx\"; did you mean \"prefix\"?" },
		{ "{\"Name\":\"a\",\"EventPattern\":\"{\\\"n\\\":[1]}\",\"Targets\":[{}]}",
		    "1:53 a target without an Arn" },
		{ "{\"Rules\":[{\"Name\":5,\"EventPattern\":\"{\\\"n\\\":[1]}\"}]}",
		    "1:11 a rule without a name" },
		{ "{\"Rules\":[5]}",
		    "1:11 found neither Rules, Targets, Resources nor a rule with a Name, as "
		    "EventBridge exports "
		    "them" },
		{ "{\"Name\":\"a\"} }", "1:14 found no JSON" },
	};
	struct ev_buf text, rules;
	char path[4096];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is_str(imported(ev_slice_str(rows[i].export)), rows[i].want);

	snprintf(path, sizeof(path), "%s/rules/export-eventbridge.json", share);
	text = read_file(path);
	rules = copy(ev_slice_str(imported(ev_buf_view(&text))));
	ok_as(strstr(warned, "33:7 \"SqsParameters\" is left out\n") != NULL,
	    "what is left out is told");
	ok_as(strstr(warned, "function:desk:live becomes stream:desk-live\n") != NULL,
	    "and what is changed");
	ok_as(strstr(warned, "18:5 a rule without an EventPattern is left out") != NULL,
	    "and a schedule");
	ok_as(strstr(ev_buf_str(&rules), "[\">=\", 100.00]") != NULL, "numbers keep their text");
	ok_as(strstr(ev_buf_str(&rules), "\"stream:orders#key=detail.order.id\"") != NULL,
	    "a partition key becomes an option");
	ok_as(schema_takes(ev_buf_view(&rules)), "the schema takes what comes out");
	if (!ok_as(*load(&rules) == '\0' && *warned == '\0', "and it loads without a warning"))
		printf("# %s\n# %s\n", said, warned);
	ev_buf_fini(&text);
}

static void
names_of_arns(void)
{
	static const struct {
		const char *arn, *want;
	} rows[] = {
		{ SQS "orders", "stream:orders" },
		{ SQS "orders.fifo", "stream:orders.fifo" },
		{ "arn:aws:lambda:eu-west-1:1:function:bill:7", "stream:bill-7" },
		{ "arn:aws:kinesis:eu-west-1:1:stream/clicks", "stream:clicks" },
		{ "arn:aws:events:eu-west-1:1:event-bus/default", "stream:default" },
		{ "arn:aws:logs:eu-west-1:1:log-group:/aws/x:*", "stream:aws-x" },
		{ "arn:aws:states:eu-west-1:1:stateMachine:a b", "stream:a-b" },
		{ SQS "..", "stream:unnamed" },
		{ SQS "../../etc", "stream:etc" },
		{ "Queue", "stream:Queue" },
		{ "", "stream:unnamed" },
	};
	char export[400], want[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(export, sizeof(export),
		    "{\"Name\":\"a\",\"EventPattern\":\"{\\\"n\\\":[1]}\",\"Targets\":[{\"Arn\":\"%"
		    "s\"}]}",
		    rows[i].arn);
		snprintf(want, sizeof(want), "{\"address\": \"%s\"}", rows[i].want);
		if (!ok_as(strstr(imported(ev_slice_str(export)), want) != NULL, want))
			printf("# of %s: %s\n", rows[i].arn, imported(ev_slice_str(export)));
	}
	(void)imported(EV_LIT("{\"Name\":\"a\",\"EventPattern\":\"{\\\"n\\\":[1]}\",\"Targets\":["
			      "{\"Arn\":\"" SQS "q\"},{\"Arn\":\"arn:aws:sns:eu-west-1:1:q\"}]}"));
	ok_as(strstr(warned, "stream:q is also the address of " SQS "q\n") != NULL,
	    "two of the same name are told");
}

/* A line {"name":…,"pattern":…} of the shared sets as a rule. */
static void
add_rule(struct ev_buf *rules, struct ev_slice line, size_t i)
{
	struct ev_iter it = ev_iter_view(line);
	struct ev_slice key;
	struct ev_val v;

	while (ev_iter_next(&it, &key, &v))
		if (ev_str_eq(key, EV_LIT("pattern")) &&
		    (ev_buf_addf(rules, NULL,
			 "%s{\"id\":\"%zu\",\"eventType\":\"a-*\",\"pattern\":",
			 i > 0 ? ",\n" : "[", i) != EV_OK ||
			ev_buf_adds(rules, v.raw, NULL) != EV_OK ||
			ev_buf_addc(rules, '}', NULL) != EV_OK))
			exit(2);
}

static void
the_shared_sets_load(void)
{
	static const char *const sets[] = { "exact", "combo", "complex-arrays",
		"anything-but-wildcard", "scale-10000", "wild-200" };
	const char *shared = getenv("EVHUB_SHARED");
	char path[4096];
	size_t i, n;

	for (i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct ev_buf rules = EV_BUF(EV_RULES_TEXT), text;
		uint64_t began;
		char *p, *lf;

		snprintf(path, sizeof(path), "%s/conformance/bench-rules/%s.ndjson",
		    shared != NULL ? shared : "../shared", sets[i]);
		if (access(path, R_OK) != 0) {
			printf("# no shared sets of rules here: left out\n");
			return;
		}
		text = read_file(path);
		for (p = text.p, n = 0; (lf = strchr(p, '\n')) != NULL; p = lf + 1)
			add_rule(&rules, (struct ev_slice){ p, (size_t)(lf - p) }, n++);
		if (ev_buf_addc(&rules, ']', NULL) != EV_OK)
			exit(2);
		began = ev_mono();
		if (!ok_as(*load(&rules) == '\0' && n > 0, sets[i]))
			printf("# %s\n", said);
		printf("# %zu rules in %llu ms\n", n,
		    (unsigned long long)(ev_mono() - began) / 1000000);
		ev_buf_fini(&text);
	}
}

/* The schemas of a folder are those of events; this one's type is `rules`. */
int
main(void)
{
	const char *top = getenv("SRCDIR");
	char share[2048], folder[4096];
	struct ev_err e = { 0 };

	snprintf(share, sizeof(share), "%s/share", top != NULL ? top : ".");
	snprintf(folder, sizeof(folder), "%s/schemas", share);
	if (!ok_as(
		ev_schemas_load(&schemas, folder, &e) == EV_OK, "the schema is one that we know"))
		printf("# %s\n", e.text);
	the_examples_are_good(share);
	the_schema_takes_every_member();
	the_schema_refuses_what_is_no_rules_file();
	exports_of_eventbridge(share);
	names_of_arns();
	the_shared_sets_load();
	ev_schemas_fini(&schemas);
	return tap_done();
}
