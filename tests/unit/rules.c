/* SPDX-License-Identifier: MIT */
#include "match/rules.h"

#include "event/event.h"
#include "line.h"
#include "tap.h"

static char said[2000], warned[2000];

static void
warn(void *arg, const struct ev_err *why)
{
	size_t n = strlen(warned);

	(void)arg;
	snprintf(warned + n, sizeof(warned) - n, "%lu:%lu %s\n", why->line, why->col, why->text);
}

/* "" when the rules load, else "code line:column message"; warnings are in warned. */
static const char *
load(const char *rules, struct ev_rules *r)
{
	struct ev_buf text = EV_BUF(EV_RULES_TEXT);
	struct ev_err e = { 0 };
	enum ev_code rc = ev_buf_adds(&text, ev_slice_str(rules), &e);

	said[0] = warned[0] = '\0';
	if (rc == EV_OK)
		rc = ev_rules_load(r, &text, warn, NULL, &e);
	if (rc != EV_OK)
		snprintf(said, sizeof(said), "%d %lu:%lu %s", rc, e.line, e.col, e.text);
	return said;
}

/* The ids of the rules that the event meets, or the failure. */
static const char *
hits(const char *rules, const char *event)
{
	struct ev_ruling g = { 0 };
	struct ev_rules r;
	struct ev_err e = { 0 };
	enum ev_code rc;
	struct line l;
	size_t i, n = 0;

	if (*load(rules, &r) != '\0')
		return said;
	line_scan(&l, &r.set, event);
	if ((rc = ev_ruling_init(&g, &r, &e)) == EV_OK &&
	    (rc = ev_ruling_run(&g, &l.scan, l.text, &e)) == EV_OK)
		for (i = 0; i < g.hits; i++)
			n += (size_t)snprintf(
			    said + n, sizeof(said) - n, "%s%s", i > 0 ? " " : "", g.hit[i]->id);
	if (rc != EV_OK)
		snprintf(said, sizeof(said), "%d %s", rc, e.text);
	line_free(&l);
	ev_ruling_fini(&g);
	ev_rules_fini(&r);
	return said;
}

/* Why the first rule fails: "condition|path|wanted|found", or "met". */
static const char *
explained(const char *rules, const char *event)
{
	struct ev_rule_verdict v = { 0 };
	struct ev_rules r;
	struct ev_err e = { 0 };
	struct line l;

	if (*load(rules, &r) != '\0')
		return said;
	line_scan(&l, &r.set, event);
	if (ev_rule_explain(&r.rule[0], &l.scan, l.text, &v, &e) != EV_OK)
		snprintf(said, sizeof(said), "%s", e.text);
	else if (v.met)
		snprintf(said, sizeof(said), "%s", v.condition == NULL ? "met" : v.condition);
	else
		snprintf(said, sizeof(said), "%s|%.*s|%.*s|%.*s", v.condition, EV_FMT(v.path),
		    EV_FMT(v.wanted), EV_FMT(v.found));
	ev_rule_verdict_fini(&v);
	line_free(&l);
	ev_rules_fini(&r);
	return said;
}

struct row {
	const char *a, *b, *want, *says;
};

static void
check(const char *got, const char *want, const char *says)
{
	if (!ok_as(strcmp(got, want) == 0, says))
		printf("#  got: %s\n# want: %s\n", got, want);
}

#define EACH(rows, f)                                                                              \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof(*(rows)); i_++)                             \
	check(f(rows[i_].a, rows[i_].b), rows[i_].want, rows[i_].says)

/* One rule called a with these members. */
#define RULE(members) "[{\"id\":\"a\"," members "}]"
#define PAID                                                                                       \
	"{\"id\":\"1\",\"type\":\"order-paid\",\"tags\":{\"source\":\"shop\",\"n\":5},\"order\":{" \
	"\"total\":120.0}}"

static void
each_condition(void)
{
	static const struct row rows[] = {
		{ "[]", PAID, "", "no rules, no hits" },
		{ "[{\"id\":\"a\"}]", PAID, "a", "a rule without a condition meets everything" },
		{ RULE("\"eventType\":\"order-paid\""), PAID, "a", "an exact type" },
		{ RULE("\"eventType\":\"order\""), PAID, "", "an exact type is anchored" },
		{ RULE("\"eventType\":\"order-*\""), PAID, "a", "a glob that is a prefix" },
		{ RULE("\"eventType\":\"*-paid\""), PAID, "a", "a glob that is a suffix" },
		{ RULE("\"eventType\":\"o*r-*d\""), PAID, "a", "a glob with two stars" },
		{ RULE("\"eventType\":\"*\""), PAID, "a", "any type" },
		{ RULE("\"eventType\":\"*\""), "{\"id\":\"1\"}", "", "any type, but one" },
		{ RULE("\"eventType\":\"**d\""), PAID, "a", "two stars in a row" },
		{ RULE("\"eventType\":\"order?paid\""), PAID, "a", "one character" },
		{ RULE("\"eventType\":\"order??paid\""), PAID, "", "two characters are not one" },
		{ RULE("\"eventType\":\"a?c\""), "{\"type\":\"a\\u20acc\"}", "a",
		    "a character of three bytes" },
		{ RULE("\"eventType\":\"/^order-(paid|sent)$/\""), PAID, "a",
		    "a regular expression" },
		{ RULE("\"eventType\":\"/^paid/\""), PAID, "", "an anchored one" },
		{ RULE("\"eventType\":[\"x\",\"order-*\"]"), PAID, "a", "any of several types" },
		{ RULE("\"eventType\":\"a\\\\*\""), "{\"type\":\"a\\\\b\"}", "a",
		    "a backslash is a letter" },
		{ RULE("\"eventType\":\"order-paid\""), "{\"type\":[\"order-paid\"]}", "",
		    "a list is no type" },
		{ RULE("\"eventType\":\"order-paid\""),
		    "{\"type\":\"x\",\"type\":\"order-p\\u0061id\"}", "a",
		    "the last duplicate, with an escape" },
		{ RULE("\"pattern\":{\"order\":{\"total\":[{\"numeric\":[\">\",100]}]}}"), PAID,
		    "a", "a pattern" },
		{ RULE("\"pattern\":{\"order\":{\"total\":[120]}},\"eventType\":\"order-*\""), PAID,
		    "a", "type and pattern" },
		{ RULE("\"pattern\":{\"order\":{\"total\":[120]}},\"eventType\":\"parcel-*\""),
		    PAID, "", "the type fails" },
		{ RULE("\"pattern\":{\"order\":{\"total\":[1]}},\"eventType\":\"order-*\""), PAID,
		    "", "the pattern fails" },
		{ RULE("\"pattern\":{\"type\":[{\"suffix\":\"paid\"}]},\"eventType\":\"order-*\""),
		    PAID, "a", "a pattern that asks for the type, too" },
		{ RULE("\"pattern\":{\"$or\":[{\"type\":[\"x\"]},{\"id\":[\"1\"]}]},\"eventType\":"
		       "\"order-*\""),
		    PAID, "a", "a pattern that asks for the type in one alternative" },
		{ RULE("\"where\":\"order.total >= 100\""), PAID, "a", "a condition" },
		{ RULE("\"where\":[\"order.total >= 100\",\"tags.n = 6\"]"), PAID, "",
		    "all of several" },
		{ RULE("\"where\":\"order.note !exists\""), PAID, "a", "absence" },
		{ RULE("\"size\":{\"min\":100}"), PAID, "", "too short" },
		{ RULE("\"size\":{\"min\":10,\"max\":\"1K\"}"), PAID, "a", "between two sizes" },
		{ RULE("\"size\":{\"max\":10}"), PAID, "", "too long" },
		{ RULE("\"policy\":{\"source\":[\"shop\"],\"n\":[{\"numeric\":[\">\",4]}]}"), PAID,
		    "a", "a policy is over the tags" },
		{ RULE("\"policy\":{\"source\":[\"mill\"]}"), PAID, "", "another tag" },
		{ RULE("\"policy\":{\"$or\":[{\"source\":[\"x\"]},{\"n\":[5]}]}"), PAID, "a",
		    "a policy with $or" },
		{ RULE("\"policy\":{\"order\":{\"total\":[120]}},\"policyScope\":\"MessageBody\""),
		    PAID, "a", "a policy over the event" },
		{ RULE("\"policy\":{\"source\":[\"shop\"]},\"policyScope\":\"MessageAttributes\""),
		    PAID, "a", "its default" },
		{ RULE("\"pattern\":{\"tags\":{\"n\":[5]}},\"policy\":{\"n\":[{\"numeric\":[\">\","
		       "4]}]}"),
		    PAID, "a", "a pattern and a policy that ask for the same tag" },
		{ RULE("\"pattern\":{\"tags\":{\"n\":[6]}},\"policy\":{\"n\":[{\"numeric\":[\">\","
		       "4]}]}"),
		    PAID, "", "of which one fails" },
		{ RULE("\"pattern\":{\"id\":[\"1\"]},\"policy\":{\"id\":[\"1\"]},\"policyScope\":"
		       "\"MessageBody\""),
		    PAID, "a", "a pattern and a policy over the event" },
		{ RULE("\"pattern\":{\"a\":{\"k\":[1]}},\"policy\":{\"a\":{\"v\":[2]}},"
		       "\"policyScope\":\"MessageBody\""),
		    "{\"a\":[{\"k\":1},{\"v\":2}]}", "a",
		    "each chooses array elements of its own" },
		{ RULE("\"pattern\":{\"a\":{\"k\":[1],\"v\":[2]}}"),
		    "{\"a\":[{\"k\":1},{\"v\":2}]}", "", "which one pattern must not" },
	};

	EACH(rows, hits);
}

#define TOPIC(key) RULE("\"binding\":{\"exchange\":\"topic\",\"key\":\"" key "\"}")
#define KEBAB(key)                                                                                 \
	RULE("\"binding\":{\"exchange\":\"topic\",\"key\":\"" key "\",\"separator\":\"-\"}")
#define TYPE(type) "{\"type\":\"" type "\"}"

static void
bindings_of_topics(void)
{
	static const struct row rows[] = {
		{ TOPIC("order.*.created"), TYPE("order.item.created"), "a", "* is one word" },
		{ TOPIC("order.*.created"), TYPE("order.created"), "", "not none" },
		{ TOPIC("order.*.created"), TYPE("order.a.b.created"), "", "and not two" },
		{ TOPIC("order.#"), TYPE("order"), "a", "# is no word" },
		{ TOPIC("order.#"), TYPE("order.a.b"), "a", "or several" },
		{ TOPIC("order.#"), TYPE("orders.a"), "", "of whole words" },
		{ TOPIC("#.created"), TYPE("created"), "a", "# in front, no word" },
		{ TOPIC("#.created"), TYPE("a.b.created"), "a", "# in front, two words" },
		{ TOPIC("#.created"), TYPE("a.recreated"), "", "# in front, of whole words" },
		{ TOPIC("a.#.b"), TYPE("a.b"), "a", "# in the middle, no word" },
		{ TOPIC("a.#.b"), TYPE("a.b.b.c.b"), "a", "# in the middle, goes on to the last" },
		{ TOPIC("a.#.b.#.c"), TYPE("a.x.b.y.c"), "a", "# twice" },
		{ TOPIC("a.#.b.#.c"), TYPE("a.x.c.y.b"), "", "# twice, in order" },
		{ TOPIC("#"), TYPE(""), "a", "# meets the empty key" },
		{ TOPIC("*"), TYPE(""), "", "* does not" },
		{ TOPIC("#"), "{\"id\":\"1\"}", "", "no type, no key" },
		{ TOPIC("*.*"), TYPE("a.b"), "a", "two words" },
		{ TOPIC("*.#"), TYPE("a"), "a", "one word at least" },
		{ TOPIC("order-*"), TYPE("order-paid"), "", "a star within a word is a letter" },
		{ TOPIC("order-*"), TYPE("order-*"), "a", "and meets itself" },
		{ TOPIC("a.b"), TYPE("a.b"), "a", "no star at all" },
		{ TOPIC("a..b"), TYPE("a..b"), "a", "an empty word" },
		{ TOPIC("a.*.b"), TYPE("a..b"), "a", "is a word" },
		{ KEBAB("order.*.created"), TYPE("order-item-created"), "a",
		    "words between hyphens" },
		{ KEBAB("order-*"), TYPE("order-paid"), "a", "in the key, too" },
		{ KEBAB("order-*"), TYPE("order-paid-twice"), "", "one word is one word" },
		{ KEBAB("order.#"), TYPE("order"), "a", "# is no word there, too" },
		{ KEBAB("a.b"), TYPE("a-b"), "a", "no star at all, another separator" },
		{ KEBAB("a.b"), TYPE("axb"), "", "but a separator" },
		{ "{\"separator\":\"-\",\"rules\":" TOPIC("a.*") "}", TYPE("a-b"), "a",
		    "the separator of the file" },
		{ "{\"separator\":\"-\",\"rules\":[{\"id\":\"a\",\"binding\":{\"exchange\":"
		  "\"topic\",\"key\":\"a.*\","
		  "\"separator\":\".\"}}]}",
		    TYPE("a-b"), "", "and that of the binding, which wins" },
		{ RULE("\"binding\":{\"exchange\":\"topic\",\"key\":\"order.#\"},\"eventType\":\"*."
		       "paid\""),
		    TYPE("order.x.paid"), "a", "a binding and a type" },
		{ RULE("\"binding\":{\"exchange\":\"topic\",\"key\":\"order.*\"},\"eventType\":\"*."
		       "paid\""),
		    TYPE("order.x.paid"), "", "of which one fails" },
	};

	EACH(rows, hits);
}

#define BIND(members) RULE("\"binding\":{" members "}")

static void
other_bindings(void)
{
	static const struct row rows[] = {
		{ BIND("\"exchange\":\"direct\",\"key\":\"order-paid\""), PAID, "a", "direct" },
		{ BIND("\"exchange\":\"direct\",\"key\":\"order-*\""), PAID, "",
		    "direct knows no star" },
		{ BIND("\"exchange\":\"direct\",\"key\":\"#\""), TYPE("#"), "a",
		    "direct takes it as it stands" },
		{ BIND("\"exchange\":\"direct\",\"key\":\"a.b\",\"separator\":\"-\""), TYPE("a-b"),
		    "a", "direct with the other separator" },
		{ BIND("\"exchange\":\"fanout\""), "{}", "a", "fanout" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"source\":\"shop\",\"n\":5.0}"),
		    PAID, "a", "all headers" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"source\":\"shop\",\"n\":6}"), PAID,
		    "", "one of all headers fails" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"source\":\"x\",\"n\":5},\"x-"
		       "match\":\"any\""),
		    PAID, "a", "any header" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"source\":\"x\"},\"x-match\":"
		       "\"any\""),
		    PAID, "", "any of one" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"n\":null}"), PAID, "a",
		    "a header of whatever value" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"m\":null}"), PAID, "",
		    "that is not there" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"x-a\":1,\"n\":5}"), PAID, "a",
		    "x-headers are not compared" },
		{ RULE("\"binding\":{\"exchange\":\"headers\",\"headers\":{\"n\":5}},\"policy\":{"
		       "\"n\":[5]},"
		       "\"pattern\":{\"tags\":{\"n\":[5]}}"),
		    PAID, "a", "three conditions on one tag" },
		{ RULE("\"binding\":{\"exchange\":\"headers\",\"headers\":{\"n\":5}},\"policy\":{"
		       "\"n\":[6]},"
		       "\"pattern\":{\"tags\":{\"n\":[5]}}"),
		    PAID, "", "of which one fails" },
	};

	EACH(rows, hits);
}

static void
order_and_stop(void)
{
	static const struct row rows[] = {
		{ "[{\"id\":\"a\"},{\"id\":\"b\"}]", PAID, "a b", "the order of the file" },
		{ "[{\"id\":\"a\"},{\"id\":\"b\",\"priority\":1}]", PAID, "b a", "priority" },
		{ "[{\"id\":\"a\",\"priority\":-1},{\"id\":\"b\"},{\"id\":\"c\"}]", PAID, "b c a",
		    "ties keep the order of the file" },
		{ "[{\"id\":\"a\",\"stop\":true},{\"id\":\"b\"}]", PAID, "a", "stop" },
		{ "[{\"id\":\"a\",\"stop\":true,\"eventType\":\"x\"},{\"id\":\"b\"}]", PAID, "b",
		    "a rule that is not met does not stop" },
		{ "[{\"id\":\"a\",\"stop\":true,\"enabled\":false},{\"id\":\"b\"}]", PAID, "b",
		    "a disabled rule is out" },
		{ "[{\"id\":\"a\",\"eventType\":\"order-paid\"},{\"id\":\"b\",\"where\":\"id = "
		  "'1'\",\"priority\":2},"
		  "{\"id\":\"c\",\"pattern\":{\"id\":[\"1\"]},\"priority\":1,\"stop\":true}]",
		    PAID, "b c", "priority and stop over all kinds" },
	};

	EACH(rows, hits);
}

static const char *
refusal(const char *rules, const char *none)
{
	struct ev_rules r;

	(void)none;
	if (*load(rules, &r) == '\0')
		ev_rules_fini(&r);
	return said;
}

static void
refusals(void)
{
	static const struct row rows[] = {
		{ "", NULL, "2 1:1 found the end of the text, wanted a value", "nothing" },
		{ "[{\"id\":\"a\"}\n{}]", NULL, "2 2:1 found '{', wanted ',' or ']'", "no JSON" },
		{ "3", NULL, "2 1:1 rules: found a number, wanted a list of rules", "a number" },
		{ "{}", NULL, "2 1:1 no rules, wanted a list of rules or {\"rules\":[…]}",
		    "no rules" },
		{ "{\"rule\":[]}", NULL,
		    "2 1:2 rules file: unknown member \"rule\"; did you mean \"rules\"?",
		    "a member of the file" },
		{ "[5]", NULL, "2 1:2 rule number 1: found a number, wanted an object", "a rule" },
		{ "[{}]", NULL, "2 1:2 rule number 1: no id", "no id" },
		{ "[{\"id\":\"\"}]", NULL, "2 1:9 rule number 1: id: found an empty string",
		    "an empty id" },
		{ "[{\"id\":\"a\\u0000\"}]", NULL,
		    "2 1:10 rule number 1: id: found a control character", "a NUL in an id" },
		{ "[{\"id\":\"a\"},\n {\"id\":\"a\"}]", NULL,
		    "2 2:2 rule \"a\": the same id twice; the first one is at line 1, column 2",
		    "an id twice" },
		{ RULE("\"patern\":{}"), NULL,
		    "2 1:12 rule \"a\": unknown member \"patern\"; did you mean "
		    "\"pattern\"?",
		    "a mistyped member" },
		{ RULE("\"stop\":true,\"stop\":true"), NULL,
		    "2 1:24 rule \"a\": the member \"stop\" twice", "a member twice" },
		{ RULE("\"stop\":1"), NULL,
		    "2 1:19 rule \"a\": stop: found a number, wanted true or false", "a switch" },
		{ RULE("\"priority\":1.5"), NULL,
		    "2 1:23 rule \"a\": priority: found 1.5, wanted an integer from "
		    "-9223372036854775808 to "
		    "9223372036854775807",
		    "a priority" },
		{ RULE("\"eventType\":[]"), NULL, "2 1:24 rule \"a\": eventType: an empty list",
		    "no types" },
		{ RULE("\"eventType\":[\"a\",5]"), NULL,
		    "2 1:29 rule \"a\": eventType: found a number, wanted a string",
		    "a type that is none" },
		{ RULE("\"eventType\":\"/a\""), NULL,
		    "2 1:27 rule \"a\": eventType: a type pattern that begins with / is a regular "
		    "expression and "
		    "ends with /; (?i) in it ignores case",
		    "a regex that does not end" },
		{ RULE("\n\"pattern\":{\n  \"a\":[{\"prefixx\":\"b\"}]}"), NULL,
		    "2 3:9 rule \"a\": pattern: unknown operator \"prefixx\"; did you mean "
		    "\"prefix\"?",
		    "within a pattern the place in the file" },
		{ RULE("\"policy\":{\n\"a\":5}"), NULL,
		    "2 2:5 rule \"a\": policy: found a number, wanted a list of alternatives or an "
		    "object",
		    "and within a policy" },
		{ RULE("\"policyScope\":\"MessageBody\""), NULL,
		    "2 1:26 rule \"a\": policyScope: there is no policy", "a scope of nothing" },
		{ RULE("\"policy\":{\"a\":[1]},\"policyScope\":\"Body\""), NULL,
		    "2 1:45 rule \"a\": policyScope: found \"Body\", wanted \"MessageAttributes\" "
		    "or "
		    "\"MessageBody\"",
		    "an unknown scope" },
		{ RULE("\"where\":\"\\u0061 >> 5\""), NULL,
		    "2 1:29 rule \"a\": where: a text that begins with > is put in quotes",
		    "within a condition the place behind an escape" },
		{ RULE("\"where\":[\"a = 1\",\"b\"]"), NULL,
		    "2 1:31 rule \"a\": where: no operator; wanted = != < <= > >= ~ ^= $= *= "
		    "exists or !exists",
		    "in the second condition" },
		{ RULE("\"size\":{}"), NULL, "2 1:19 rule \"a\": size: found neither min nor max",
		    "no size" },
		{ RULE("\"size\":{\"min\":2,\"max\":1}"), NULL,
		    "2 1:26 rule \"a\": size: min is greater than max",
		    "sizes the wrong way round" },
		{ RULE("\"size\":{\"max\":\"5Q\"}"), NULL,
		    "2 1:27 rule \"a\": size: found the size \"5Q\", wanted a number with or "
		    "without K, M, G or T, "
		    "such as 64K",
		    "a size that is none" },
		{ BIND("\"key\":\"a\""), NULL, "2 1:22 rule \"a\": binding: no exchange",
		    "no exchange" },
		{ BIND("\"exchange\":\"topics\",\"key\":\"a\""), NULL,
		    "2 1:34 rule \"a\": binding: found \"topics\", wanted the exchange \"direct\", "
		    "\"topic\", "
		    "\"headers\" or \"fanout\"",
		    "an unknown exchange" },
		{ BIND("\"exchange\":\"topic\""), NULL, "2 1:34 rule \"a\": binding: no key",
		    "no key" },
		{ BIND("\"exchange\":\"fanout\",\"key\":\"a\""), NULL,
		    "2 1:49 rule \"a\": binding: key means nothing to this exchange",
		    "a key of fanout" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{}"), NULL,
		    "2 1:54 rule \"a\": headers: nothing to compare, wanted at least one tag",
		    "no headers" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"a\":[1]}"), NULL,
		    "2 1:59 rule \"a\": headers: found an array, wanted a string, a number, a "
		    "boolean or null",
		    "a header that is a list" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"a\":1},\"x-match\":\"one\""), NULL,
		    "2 1:72 rule \"a\": binding: found \"one\", wanted the x-match \"all\" or "
		    "\"any\"",
		    "an unknown x-match" },
		{ BIND("\"exchange\":\"topic\",\"key\":\"a\",\"separator\":\"_\""), NULL,
		    "2 1:64 rule \"a\": binding: found \"_\", wanted the separator \".\" or \"-\"",
		    "an unknown separator" },
		{ RULE("\"to\":[]"), NULL, "2 1:17 rule \"a\": to: an empty list", "no targets" },
		{ RULE("\"to\":[5]"), NULL,
		    "2 1:18 rule \"a\": to: found a number, wanted an address or an object with "
		    "one",
		    "a target that is none" },
		{ RULE("\"to\":{\"dlq\":\"x\"}"), NULL, "2 1:17 rule \"a\": to: no address",
		    "no address" },
		{ RULE("\"to\":{\"addres\":\"x\"}"), NULL,
		    "2 1:18 rule \"a\": to: unknown member \"addres\"; did you mean \"address\"?",
		    "a mistyped member of a target" },
		{ RULE("\"to\":{\"address\":\"x\",\"wrap\":\"cloudevents\"}"), NULL,
		    "2 1:39 rule \"a\": wrap: this version delivers events in no other wrapping; "
		    "leave it out",
		    "a wrapping" },
		{ RULE("\"to\":{\"address\":\"x\",\"input\":{\n\"InputPath\":\"$.a..b\"}}"), NULL,
		    "2 2:18 rule \"a\": input: InputPath: path: found '.', wanted a member's name",
		    "within an input the place in the file" },
		{ RULE("\"input\":{\"InputPath\":\"$\"}"), NULL,
		    "2 1:20 rule \"a\": input: there is no `to` that it is about",
		    "an input of nothing" },
		{ RULE("\"to\":\"x\",\"shards\":4"), NULL,
		    "2 1:17 rule \"a\": shards: only stream: addresses have shards, found another "
		    "one",
		    "shards of a file" },
		{ RULE("\"to\":\"stream:x#shards=2\",\"shards\":4"), NULL,
		    "2 1:17 rule \"a\": the address has options of its own for what the rule says",
		    "shards twice" },
		{ RULE("\"to\":\"stream:x\",\"shards\":0"), NULL,
		    "2 1:37 rule \"a\": shards: found 0, wanted an integer from 1 to 1024",
		    "no shards" },
		{ RULE("\"to\":\"stream:x\",\"partitionKey\":\"a..b\""), NULL,
		    "2 1:46 rule \"a\": partitionKey: path: found '.', wanted a member's name",
		    "a key that is no path" },
		{ RULE("\"to\":\"x\",\"retry\":{\"attempts\":186}"), NULL,
		    "2 1:41 rule \"a\": attempts: found 186, wanted an integer from 0 to 185",
		    "many attempts" },
		{ RULE("\"to\":\"x\",\"retry\":{\"age\":59}"), NULL,
		    "2 1:36 rule \"a\": age: found 59, wanted an integer from 60 to 86400",
		    "a short age" },
		{ RULE("\"to\":\"x\",\"retry\":{\"age\":\"2d\"}"), NULL,
		    "2 1:36 rule \"a\": age: found \"2d\", wanted 60s to 1d", "a long age" },
		{ RULE("\"enabled\":false,\"pattern\":{\"a\":[]}"), NULL,
		    "2 1:43 rule \"a\": pattern: an empty list, wanted at least one alternative",
		    "a disabled rule is checked as well" },
	};

	EACH(rows, refusal);
}

/* "address dlq attempts age" of each target. */
static const char *
targets(const char *rules, const char *none)
{
	struct ev_rules r;
	size_t i, k, n = 0;

	(void)none;
	if (*load(rules, &r) != '\0')
		return said;
	for (i = 0; i < r.n; i++)
		for (k = 0; k < r.rule[i].tos; k++) {
			const struct ev_rule_to *to = &r.rule[i].to[k];

			n += (size_t)snprintf(said + n, sizeof(said) - n, "%s%s %s %u %lld",
			    n > 0 ? "; " : "", to->address, to->dlq != NULL ? to->dlq : "-",
			    to->attempts, (long long)to->age / 1000);
		}
	ev_rules_fini(&r);
	return said;
}

static void
what_is_delivered(void)
{
	static const struct row rows[] = {
		{ RULE("\"to\":\"x\""), NULL, "x - 185 86400", "one address" },
		{ RULE("\"to\":[\"x\",{\"address\":\"y\"}]"), NULL, "x - 185 86400; y - 185 86400",
		    "a list" },
		{ RULE("\"to\":[\"x\",{\"address\":\"y\",\"dlq\":\"e\",\"retry\":{\"attempts\":1}}]"
		       ",\"dlq\":\"d\","
		       "\"retry\":{\"attempts\":0,\"age\":60}"),
		    NULL, "x d 0 60; y e 1 60", "the rule's dlq and retry, and the target's own" },
		{ "{\"dlq\":\"f\",\"retry\":{\"age\":\"2h\"},\"rules\":" RULE("\"to\":\"x\"") "}",
		    NULL, "x f 185 7200", "the file's" },
		{ RULE("\"to\":\"stream:x\",\"shards\":4"), NULL, "stream:x#shards=4 - 185 86400",
		    "shards" },
		{ RULE("\"to\":\"stream:x#sync=5ms\",\"shards\":4,\"partitionKey\":\"tags[\\\"a#"
		       "\\\"]\""),
		    NULL, "stream:x#sync=5ms&shards=4&key=tags[\"a%23\"] - 185 86400",
		    "shards and key behind others" },
		{ RULE("\"to\":\"stream:x\",\"partitionKey\":\"order.id\""), NULL,
		    "stream:x#key=order.id - 185 86400", "a key" },
	};

	EACH(rows, targets);
}

static const char *
warnings(const char *rules, const char *none)
{
	struct ev_rules r;

	(void)none;
	if (*load(rules, &r) != '\0')
		return said;
	ev_rules_fini(&r);
	return warned;
}

static void
what_check_says(void)
{
	static const struct row rows[] = {
		{ RULE("\"eventType\":\"order-*\",\"to\":\"x\""), NULL, "",
		    "nothing of a good rule" },
		{ RULE("\"binding\":{\"exchange\":\"fanout\"}"), NULL, "", "nothing of fanout" },
		{ "[{\"id\":\"a\"}]", NULL,
		    "1:2 rule \"a\": has no condition: it meets every event\n", "no condition" },
		{ RULE("\"pattern\":{\"$gt\":[1]}"), NULL,
		    "1:23 rule \"a\": \"$gt\" is the name of a field here; only $or is more\n",
		    "a key with $" },
		{ RULE("\"pattern\":{\"a\":{\"prefix\":[\"b\"]}}"), NULL,
		    "1:28 rule \"a\": \"prefix\" is the name of a field here; as an operator it "
		    "stands in a list: "
		    "[{\"prefix\":…}]\n",
		    "a field called prefix" },
		{ RULE("\"pattern\":{\"a\":[{\"prefix\":\"\"}]}"), NULL,
		    "1:28 rule \"a\": {\"prefix\":\"\"} is met by every string\n",
		    "an empty prefix" },
		{ RULE("\"pattern\":{\"a\":[{\"regex\":\"b\"}],\"b\":[{\"regex\":\"b\"}]}"), NULL,
		    "1:29 rule \"a\": \"regex\" is an extension: EventBridge does not take it\n",
		    "an extension, once" },
		{ RULE("\"pattern\":{\"a\":[{\"wildcard\":{\"equals-ignore-case\":\"b*\"}}]}"),
		    NULL,
		    "1:29 rule \"a\": \"wildcard\" ignoring case is an extension: EventBridge does "
		    "not take it\n",
		    "another extension" },
		{ RULE("\"pattern\":{\"a\":[{\"anything-but\":\"b\"},\"b\"]}"), NULL,
		    "1:49 rule \"a\": together with an alternative before it, every value meets "
		    "the list\n",
		    "always true" },
		{ RULE("\"pattern\":{\"a\":[\"b\",{\"anything-but\":[\"b\"]}]}"), NULL,
		    "1:32 rule \"a\": together with an alternative before it, every value meets "
		    "the list\n",
		    "always true, with a list" },
		{ RULE("\"pattern\":{\"a\":[{\"anything-but\":[\"b\",\"c\"]},\"b\"]}"), NULL, "",
		    "not always true" },
		{ RULE("\"pattern\":{\"a\":[1,2,1]}"), NULL,
		    "1:32 rule \"a\": the same alternative twice\n", "an alternative twice" },
		{ RULE("\"pattern\":{\"a\":[{\"exists\":true},1]}"), NULL,
		    "1:44 rule \"a\": {\"exists\":true} covers it\n",
		    "an alternative that another covers" },
		{ RULE("\"pattern\":{\"a\":[{\"exists\":false},{\"exists\":true}]}"), NULL,
		    "1:45 rule \"a\": exists true and false: every event meets the list\n",
		    "there or not" },
		{ RULE("\"pattern\":{\"$or\":[{\"a\":[{\"prefix\":\"b\"},\"bc\",\"cb\"]},{\"b\":[1]"
		       "}]}"),
		    NULL, "1:51 rule \"a\": the prefix in the list covers it\n",
		    "a prefix that covers, within $or" },
		{ TOPIC("order-*"), NULL,
		    "1:48 rule \"a\": \"order-*\" is a word like any other: * and # stand for "
		    "whole words, and "
		    "words are divided by dots; an eventType may be meant, or "
		    "\"separator\":\"-\"\n",
		    "a star within a word" },
		{ KEBAB("order-*"), NULL, "", "but not where hyphens divide words" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"x-a\":1,\"n\":5}"), NULL,
		    "1:55 rule \"a\": a header that begins with x- is never compared\n",
		    "a header x-" },
		{ RULE("\"eventType\":\"/order-*/\""), NULL,
		    "1:24 rule \"a\": eventType: the type pattern looks like a glob, but in a "
		    "regular expression * "
		    "repeats what stands before it; a glob is written without the slashes\n",
		    "a regex that looks like a glob" },
		{ RULE("\"eventType\":\"a\",\"to\":[\"x\",\"y\",\"x\"]"), NULL,
		    "1:42 rule \"a\": the target x twice: it gets each event once\n",
		    "a target twice" },
		{ RULE("\"eventType\":\"a\",\"to\":[\"x\",{\"address\":\"x\",\"input\":{"
		       "\"InputPath\":\"$\"}}]"),
		    NULL, "", "but not with another input" },
		{ RULE("\"eventType\":[\"a\",\"b\"],\"pattern\":{\"type\":[\"c\"]}"), NULL,
		    "1:2 rule \"a\": can never match: no type meets all that eventType, pattern "
		    "and binding say of "
		    "it\n",
		    "types that exclude each other" },
		{ RULE("\"eventType\":\"order-*\",\"pattern\":{\"type\":[\"c\",\"d\"]}"), NULL,
		    "1:2 rule \"a\": can never match: no type meets all that eventType, pattern "
		    "and binding say of "
		    "it\n",
		    "a glob and types that exclude each other" },
		{ RULE("\"eventType\":\"order-*\",\"binding\":{\"exchange\":\"direct\",\"key\":"
		       "\"x\"}"),
		    NULL,
		    "1:2 rule \"a\": can never match: no type meets all that eventType, pattern "
		    "and binding say of "
		    "it\n",
		    "a glob and a key that exclude each other" },
		{ RULE("\"eventType\":\"order-*\",\"pattern\":{\"type\":[\"c\",{\"suffix\":\"x\"}]"
		       "}"),
		    NULL, "", "but not where it cannot be said" },
		{ "[{\"id\":\"a\",\"binding\":{\"exchange\":\"fanout\"},\"stop\":true},\n"
		  "{\"id\":\"b\",\"where\":\"a = 1\"}]",
		    NULL,
		    "2:1 rule \"b\": is never reached: the rule \"a\" meets every event and "
		    "stops\n",
		    "a rule behind one that always stops" },
	};

	EACH(rows, warnings);
}

static void
why_not(void)
{
	static const struct row rows[] = {
		{ RULE("\"eventType\":\"order-*\",\"where\":\"order.total > 100\""), PAID, "met",
		    "all met" },
		{ RULE("\"eventType\":[\"a\",\"b*\"]"), PAID,
		    "eventType|type|[\"a\",\"b*\"]|\"order-paid\"", "type" },
		{ RULE("\"pattern\":{\"order\":{\"total\":[1,2]}}"), PAID,
		    "pattern|order.total|[1,2]|120.0", "pattern" },
		{ RULE("\"where\":[\"id exists\",\"order.total > 200\"]"), PAID,
		    "where||order.total > 200|120.0", "condition" },
		{ TOPIC("order.#"), PAID, "binding|type|\"order.#\"|\"order-paid\"", "binding" },
		{ BIND("\"exchange\":\"headers\",\"headers\":{\"source\":\"mill\"}"), PAID,
		    "binding|tags.source|[\"mill\"]|\"shop\"", "headers" },
		{ RULE("\"policy\":{\"n\":[6]}"), PAID, "policy|tags.n|[6]|5", "policy" },
		{ RULE("\"size\":{\"max\":10}"), PAID, "size||{\"max\":10}|85", "size" },
		{ RULE("\"enabled\":false,\"eventType\":\"order-paid\""), PAID, "met",
		    "as if enabled" },
		{ RULE("\"eventType\":\"x\",\"where\":\"id = 2\""), PAID,
		    "eventType|type|\"x\"|\"order-paid\"", "the first that fails" },
	};

	EACH(rows, explained);
}

static void
a_text_keeps_its_own_limit_of_warnings(void)
{
	static char rules[40000];
	size_t n = 0, i, lines = 0;
	struct ev_rules r;

	n += (size_t)sprintf(rules, "[{\"id\":\"0\"}");
	for (i = 1; i < 1000; i++)
		n += (size_t)sprintf(rules + n, ",{\"id\":\"%zu\"}", i);
	sprintf(rules + n, "]");
	ok(*load(rules, &r) == '\0' && r.n == 1000);
	for (i = 0; warned[i] != '\0'; i++)
		lines += warned[i] == '\n';
	ok_as(lines > 0 && lines <= EV_RULES_WARNINGS + 1, "warnings end some day");
	ev_rules_fini(&r);
}

int
main(void)
{
	each_condition();
	bindings_of_topics();
	other_bindings();
	order_and_stop();
	refusals();
	what_is_delivered();
	what_check_says();
	why_not();
	a_text_keeps_its_own_limit_of_warnings();
	return tap_done();
}
