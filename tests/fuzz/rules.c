/* SPDX-License-Identifier: MIT */
/*
 * Rules, a line that is `--`, an event: no crash; a refusal says where; what applies at once is
 * what applies one at a time. The rules are an export of EventBridge's, too: what becomes of one is
 * rules.
 */
#include "match/rules.h"

#include <stdint.h>
#include <stdlib.h>

#include "json/iter.h"
#include "match/rules_eventbridge.h"

enum { PAD = 64, TEXT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
warn(void *arg, const struct ev_err *why)
{
	(void)arg;
	if (why->line == 0 || why->text[0] == '\0')
		abort();
}

/* *bad: one of them could not be decided. */
static size_t
one_at_a_time(const struct ev_rules *r, const struct ev_scan *s, struct ev_slice line, bool *bad)
{
	bool stop = false;
	size_t i, n = 0;

	*bad = false;
	for (i = 0; i < r->n && !stop && !*bad; i++) {
		struct ev_rule_verdict v;

		if (!r->rule[i].enabled)
			continue;
		*bad = ev_rule_explain(&r->rule[i], s, line, &v, NULL) != EV_OK;
		n += !*bad && v.met;
		stop = !*bad && v.met && r->rule[i].stop;
		ev_rule_verdict_fini(&v);
	}
	return n;
}

static void
apply(const struct ev_rules *r, struct ev_slice event)
{
	struct ev_ruling g;
	struct ev_scan s = { 0 };
	struct ev_slice line;
	unsigned long skipped;
	bool bad;

	if (ev_ruling_init(&g, r, NULL) != EV_OK)
		return;
	if (ev_scan_init(&s, &r->set, false, NULL, NULL) == EV_OK &&
	    ev_scan_block(&s, event, NULL) == EV_OK)
		while (ev_scan_line(&s, &line, &skipped, NULL) == EV_OK)
			if (ev_kind_of(s.value) == EV_OBJECT &&
			    ev_ruling_run(&g, &s, line, NULL) == EV_OK &&
			    one_at_a_time(r, &s, line, &bad) != g.hits && !bad)
				abort();
	ev_scan_fini(&s);
	ev_ruling_fini(&g);
}

static struct ev_buf
copy(struct ev_slice text)
{
	struct ev_buf b = EV_BUF(TEXT);

	if (ev_buf_adds(&b, text, NULL) != EV_OK)
		exit(0);
	return b;
}

static void
load(struct ev_buf *text, struct ev_slice event)
{
	struct ev_err e = { 0 };
	struct ev_rules r;

	if (ev_rules_load(&r, text, warn, NULL, &e) == EV_OK) {
		apply(&r, event);
		ev_rules_fini(&r);
	} else if (e.code == EV_USAGE && (e.line == 0 || e.text[0] == '\0')) {
		abort();
	}
}

static void
import(struct ev_slice text)
{
	struct ev_buf out = EV_BUF(TEXT);
	struct ev_err e = { 0 };
	size_t off;

	if (ev_rules_from_eventbridge(text, &out, warn, NULL, &e) == EV_OK) {
		if (ev_json_check(ev_buf_view(&out), &off, NULL) != EV_OK)
			abort();
		load(&out, EV_LIT("{}\n"));
	} else if (e.code == EV_USAGE && (e.line == 0 || e.text[0] == '\0')) {
		abort();
	}
	ev_buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *cut = size > 0 ? memmem(p, size, "\n--\n", 4) : NULL;
	struct ev_slice text = { p, cut != NULL ? (size_t)(cut - p) : size };
	size_t n = cut != NULL ? size - text.n - 4 : 0;
	struct ev_buf rules;
	char *event;

	if (size > TEXT / 2)
		return 0;
	event = malloc(n + PAD);
	if (event == NULL)
		return 0;
	if (n > 0)
		memcpy(event, cut + 4, n);
	memset(event + n, '\n', PAD);
	rules = copy(text);
	load(&rules, (struct ev_slice){ event, n });
	import(text);
	free(event);
	return 0;
}
