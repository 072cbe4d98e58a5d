/* SPDX-License-Identifier: MIT */
/*
 * Rules when memory runs out: the n-th allocation fails, for every n; each failure is told as
 * EV_SYS and, under a sanitizer, leaks nothing. Linked with -Wl,--wrap=… for the three functions
 * below.
 */
#include "event/event.h"
#include "line.h"
#include "match/rules.h"
#include "match/rules_eventbridge.h"
#include "tap.h"

/* The linker's names; weak, so that a program that was linked without --wrap can say so. */
void *__real_malloc(size_t n) __attribute__((weak));
void *__real_calloc(size_t n, size_t size) __attribute__((weak));
void *__real_realloc(void *p, size_t n) __attribute__((weak));
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/* Allocations that succeed before one fails; below 0: it has failed, or none is to. */
static long good = -1;

static bool
fails(void)
{
	return good >= 0 && good-- == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static const char rules[] =
    "{\"separator\":\"-\",\"dlq\":\"d\",\"retry\":{\"age\":\"2h\"},\"rules\":["
    "{\"id\":\"a\",\"description\":\"x\",\"eventType\":[\"order-*\",\"order?paid\",\"a*b\"],"
    "\"pattern\":{\"tags\":{\"s\":[{\"anything-but\":\"y\"}]}},\"where\":[\"id exists\",\"tags.s = "
    "x\"],"
    "\"policy\":{\"s\":[\"x\"]},\"shards\":4,\"partitionKey\":\"tags[\\\"s#\\\"]\",\"to\":["
    "\"stream:x\","
    "{\"address\":\"stream:y\",\"input\":{\"InputPath\":\"$.a['b']\"}}]},"
    "{\"id\":\"b\",\"enabled\":false,\"binding\":{\"exchange\":\"headers\",\"headers\":{\"s\":null,"
    "\"n\":1},"
    "\"x-match\":\"any\"},\"size\":{\"max\":\"1K\"}},"
    "{\"id\":\"c\",\"priority\":1,\"binding\":{\"exchange\":\"topic\",\"key\":\"#.order.*\"}}]}";

static const char event[] =
    "{\"id\":\"1\",\"type\":\"order\\u002dpaid\",\"tags\":{\"s\":\"x\"},\"a\":{\"b\":[1]}}";

static void
ignore(void *arg, const struct ev_err *why)
{
	(void)arg;
	(void)why;
}

static enum ev_code
load(struct ev_rules *r, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(1 << 20);
	enum ev_code rc = ev_buf_add(&text, rules, sizeof(rules) - 1, e);

	return rc == EV_OK ? ev_rules_load(r, &text, ignore, NULL, e) : rc;
}

static enum ev_code
do_load(struct ev_err *e)
{
	struct ev_rules r;
	enum ev_code rc = load(&r, e);

	if (rc == EV_OK)
		ev_rules_fini(&r);
	return rc;
}

/* The rules and the line are made before anything fails. */
static struct ev_rules ready;
static struct line line;

static enum ev_code
do_apply(struct ev_err *e)
{
	struct ev_ruling g;
	enum ev_code rc = ev_ruling_init(&g, &ready, e);

	if (rc != EV_OK)
		return rc;
	rc = ev_ruling_run(&g, &line.scan, line.text, e);
	if (rc == EV_OK && g.hits != 2)
		rc = EV_NO;
	ev_ruling_fini(&g);
	return rc;
}

static enum ev_code
do_explain(struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < ready.n && rc == EV_OK; i++) {
		struct ev_rule_verdict v;

		rc = ev_rule_explain(&ready.rule[i], &line.scan, line.text, &v, e);
		ev_rule_verdict_fini(&v);
	}
	return rc;
}

static enum ev_code
do_transform(struct ev_err *e)
{
	static const char input[] = "{\"InputTransformer\":{\"InputPathsMap\":{\"a\":\"$.a\",\"b\":"
				    "\"$['a'].b[*]\"},\"InputTemplate\":"
				    "\"{\\\"a\\\":<a>,\\\"t\\\":\\\"<a> <b> <aws.events.event> "
				    "<aws.events.rule-arn>\\\"}\"}}";
	const struct ev_transform_vars vars = { EV_LIT("arn"), EV_LIT("name"), 0 };
	struct ev_buf out = EV_BUF(10000);
	struct ev_paths set = { 0 };
	struct ev_transform t;
	enum ev_code rc = ev_event_paths(&set, e);

	if (rc == EV_OK && (rc = ev_transform_init(&t, ev_slice_str(input), &set, e)) == EV_OK) {
		struct ev_scan s;
		struct ev_slice text;
		unsigned long skipped;

		rc = ev_scan_init(&s, &set, false, NULL, e);
		if (rc == EV_OK && (rc = ev_scan_block(&s, line.scan.block, e)) == EV_OK &&
		    (rc = ev_scan_line(&s, &text, &skipped, e)) == EV_OK)
			rc = ev_transform_run(&t, &s, text, &vars, &out, e);
		ev_scan_fini(&s);
		ev_transform_fini(&t);
	}
	ev_paths_fini(&set);
	ev_buf_fini(&out);
	return rc;
}

static enum ev_code
do_import(struct ev_err *e)
{
	static const char export[] =
	    "{\"Rules\":[{\"Name\":\"a\",\"EventPattern\":\"{\\\"a\\\":[1]}\",\"EventBusName\":"
	    "\"b\"}]}"
	    "{\"Targets\":[{\"Arn\":\"arn:aws:sqs:r:1:q\",\"KinesisParameters\":{"
	    "\"PartitionKeyPath\":\"$.a\"},"
	    "\"DeadLetterConfig\":{\"Arn\":\"arn:aws:sqs:r:1:d\"}},{\"Arn\":\"q\"}]}";
	struct ev_buf out = EV_BUF(10000);
	enum ev_code rc = ev_rules_from_eventbridge(ev_slice_str(export), &out, ignore, NULL, e);

	ev_buf_fini(&out);
	return rc;
}

static const struct {
	const char *name;
	enum ev_code (*run)(struct ev_err *e);
} works[] = {
	{ "loading", do_load },
	{ "applying", do_apply },
	{ "explaining", do_explain },
	{ "transforming", do_transform },
	{ "importing", do_import },
};

static void
fail_each(const char *name, enum ev_code (*run)(struct ev_err *e))
{
	size_t n = 0, wrong = 0;
	char what[80];
	bool failed;

	do {
		struct ev_err e = { 0 };
		enum ev_code rc;

		good = (long)n;
		rc = run(&e);
		failed = good < 0; /* then the n-th allocation was asked for */
		good = -1;
		if (failed ? rc != EV_SYS || e.code != EV_SYS || e.text[0] == '\0' : rc != EV_OK) {
			wrong++;
			printf("# allocation %zu: status %d, %s\n", n, rc, e.text);
		}
	} while (failed && n++ < 10000);
	printf("# %zu allocations\n", n);
	snprintf(what, sizeof(what), "%s: every failed allocation is told", name);
	ok_as(wrong == 0 && n > 0 && n < 10000, what);
}

int
main(void)
{
	struct ev_err e = { 0 };

	if (__real_malloc == NULL)
		tap_skip_all("linked without --wrap");
	if (!ok(load(&ready, &e) == EV_OK)) {
		printf("# %s\n", e.text);
		return tap_done();
	}
	line_scan(&line, &ready.set, event);
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
		fail_each(works[i].name, works[i].run);
	line_free(&line);
	ev_rules_fini(&ready);
	return tap_done();
}
