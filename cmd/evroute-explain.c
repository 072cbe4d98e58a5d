/* SPDX-License-Identifier: MIT */
/* Why a rule matches an event or does not; whether the rules do what somebody expects of them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/near.h"
#include "cli/table.h"
#include "event/event.h"
#include "evroute.h"
#include "json/iter.h"
#include "json/str.h"

/* What there is to say about an event and a rule. */
struct story {
	bool match;
	struct ev_slice condition, path, wanted, found, why; /* p NULL: nothing to say */
};

struct teller {
	struct evroute *f;
	struct ev_out out;
	struct ev_table table;
	struct ev_buf label; /* of the event, or of the case */
	struct ev_buf tmp;
	struct ev_rule_verdict verdict;
	const struct ev_rule *stop; /* the rule that stopped the search; NULL: none */
	/* of --test */
	bool *wanted, *got; /* owned; per rule */
	uint64_t cases, wrong;
};

static struct ev_slice
said(struct ev_slice s)
{
	return s.n > 0 ? s : (struct ev_slice){ NULL, 0 };
}

/* *s borrows from t until the next call. Rules come in their order, from the first one on. */
static enum ev_code
tell(struct teller *t, const struct ev_rule *rule, const struct ev_scan *scan, struct ev_slice line,
    struct story *s, struct ev_err *e)
{
	struct ev_rule_verdict *v = &t->verdict;
	enum ev_code rc;

	*s = (struct story){ .match = false };
	if (!rule->enabled || t->stop != NULL) {
		s->condition = rule->enabled ? EV_LIT("stop") : EV_LIT("enabled");
		s->why = t->stop != NULL ? ev_slice_str(t->stop->id) : (struct ev_slice){ NULL, 0 };
		if (!rule->enabled)
			s->why = EV_LIT("the rule is disabled");
		return EV_OK;
	}
	ev_rule_verdict_fini(v);
	if ((rc = ev_rule_explain(rule, scan, line, v, e)) != EV_OK)
		return rc;
	s->match = v->met;
	s->condition = v->condition != NULL ? ev_slice_str(v->condition) : s->condition;
	s->path = said(v->path);
	s->wanted = said(v->wanted);
	s->found = said(v->found);
	s->why = said(v->why);
	if (v->met && rule->stop)
		t->stop = rule;
	return EV_OK;
}

static enum ev_code
open_teller(struct teller *t, const struct ev_col *cols, size_t n, struct ev_err *e)
{
	struct evroute *f = t->f;
	enum ev_code rc;

	t->label = t->tmp = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	if ((rc = evroute_rules_load(f, false, false, &f->rules, e)) != EV_OK ||
	    (rc = ev_out_open(&t->out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	ev_table_open(&t->table, &f->conf->events.common, cols, n, &t->out);
	return EV_OK;
}

/* rc: how it went so far, which e tells. */
static enum ev_code
close_teller(struct teller *t, enum ev_code rc, struct ev_err *e)
{
	bool drop = rc == EV_SYS || rc == EV_PIPE;
	struct ev_err why = { 0 };
	enum ev_code end = ev_table_close(&t->table, drop, &why), last;

	last = ev_out_close(&t->out, drop || end != EV_OK, &why);
	end = end == EV_OK ? last : end;
	if (rc == EV_OK && end != EV_OK) {
		rc = end;
		*e = why;
	}
	ev_buf_fini(&t->label);
	ev_buf_fini(&t->tmp);
	ev_rule_verdict_fini(&t->verdict);
	free(t->wanted);
	free(t->got);
	return rc;
}

/*
 * --explain
 */

enum { X_EVENT, X_RULE, X_MATCH, X_CONDITION, X_PATH, X_WANTED, X_FOUND, X_WHY, X_COLS };

/* The event's id, or else where it stands. */
static enum ev_code
label_event(struct teller *t, const struct ev_val *id, struct ev_err *e)
{
	const struct ev_lines *l = &t->f->lines;

	ev_buf_clear(&t->label);
	if (id->kind == EV_STRING)
		return ev_str_decode(id->raw, &t->label, e);
	return ev_buf_addf(&t->label, e, "%s:%lu", l->in.name, l->no);
}

static enum ev_code
explain_rule(struct teller *t, const struct ev_rule *rule, struct ev_err *e)
{
	const struct ev_lines *l = &t->f->lines;
	struct story s;
	enum ev_code rc = tell(t, rule, &l->scan, l->line, &s, e);
	const struct ev_cell cells[X_COLS] = {
		[X_EVENT] = ev_cell_str(ev_buf_view(&t->label)),
		[X_RULE] = ev_cell_str(ev_slice_str(rule->id)),
		[X_MATCH] = ev_cell_int(s.match),
		[X_CONDITION] = ev_cell_str(s.condition),
		[X_PATH] = ev_cell_str(s.path),
		[X_WANTED] = ev_cell_str(s.wanted),
		[X_FOUND] = ev_cell_str(s.found),
		[X_WHY] = ev_cell_str(s.why),
	};

	return rc == EV_OK ? ev_table_row(&t->table, cells, e) : rc;
}

static enum ev_code
explain_event(struct teller *t, struct ev_err *e)
{
	const struct ev_rules *rules = &t->f->rules->rules;
	enum ev_code rc = label_event(t, &t->f->lines.scan.val[EV_ID], e);
	size_t i;

	t->stop = NULL;
	for (i = 0; i < rules->n && rc == EV_OK; i++)
		rc = explain_rule(t, &rules->rule[i], e);
	if (rc == EV_DATA) {
		e->line = t->f->lines.no;
		ev_err_name(e, t->f->lines.in.name);
	}
	return rc;
}

static enum ev_code
flush(void *arg, struct ev_err *e)
{
	struct teller *t = arg;

	return ev_out_flush(&t->out, e);
}

static enum ev_code
open_lines(struct teller *t, const char *const *names, const struct ev_paths *set, struct ev_err *e)
{
	const struct ev_events *events = &t->f->conf->events;
	enum ev_code rc = ev_lines_open(
	    &t->f->lines, names, events->max_line, set, events->trust, getenv("EVHUB_SCAN"), e);

	t->f->lines.in.idle = flush;
	t->f->lines.in.arg = t;
	return rc;
}

enum ev_code
evroute_explain(struct evroute *f, struct ev_err *e)
{
	static const struct ev_col cols[X_COLS] = {
		[X_EVENT] = { "event", EV_CELL_STR },
		[X_RULE] = { "rule", EV_CELL_STR },
		[X_MATCH] = { "match", EV_CELL_BOOL },
		[X_CONDITION] = { "condition", EV_CELL_STR },
		[X_PATH] = { "path", EV_CELL_STR },
		[X_WANTED] = { "wanted", EV_CELL_STR },
		[X_FOUND] = { "found", EV_CELL_STR },
		[X_WHY] = { "why", EV_CELL_STR },
	};
	struct teller t = { .f = f };
	enum ev_code rc = open_teller(&t, cols, X_COLS, e);

	if (rc == EV_OK)
		rc = open_lines(&t, (const char *const *)f->names, &f->rules->rules.set, e);
	if (rc == EV_OK)
		ev_note_stdin(&f->conf->events.common, f->names);
	while (rc == EV_OK && (rc = ev_lines_next(&f->lines, e)) == EV_OK)
		rc = explain_event(&t, e);
	return close_teller(&t, rc == EV_NO ? EV_OK : rc, e);
}

/*
 * --test
 */

enum { C_CASE, C_RULE, C_EXPECTED, C_MATCH, C_CONDITION, C_PATH, C_WANTED, C_FOUND, C_WHY, C_COLS };

/* What is wrong with a case, at a value of it. */
EV_PRINTF(4, 5)
static enum ev_code
refuse(struct teller *t, struct ev_slice at, struct ev_err *e, const char *fmt, ...)
{
	const struct ev_lines *l = &t->f->lines;
	char text[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ev_fail(e, EV_USAGE, "%s", text);
	ev_err_name(e, l->in.name);
	ev_err_place(e, l->no, l->line, (size_t)(at.p - l->line.p));
	return EV_USAGE;
}

/* The rule of that id; an id that no rule has is a slip that must not pass. */
static enum ev_code
expect(struct teller *t, const struct ev_val *v, struct ev_err *e)
{
	const struct ev_rules *rules = &t->f->rules->rules;
	struct ev_near near = { 0 };
	enum ev_code rc;
	size_t i;

	if (v->kind != EV_STRING)
		return refuse(
		    t, v->raw, e, "found %s, wanted the id of a rule", ev_kind_name(v->kind));
	ev_buf_clear(&t->tmp);
	if ((rc = ev_str_decode(v->raw, &t->tmp, e)) != EV_OK)
		return rc;
	near.wrong = ev_buf_str(&t->tmp);
	for (i = 0; i < rules->n; i++) {
		if (strcmp(rules->rule[i].id, near.wrong) == 0) {
			t->wanted[i] = true;
			return EV_OK;
		}
		ev_near_try(&near, rules->rule[i].id);
	}
	if (near.best != NULL)
		return refuse(t, v->raw, e, "no rule has the id \"%s\"; did you mean \"%s\"?",
		    near.wrong, near.best);
	return refuse(t, v->raw, e, "no rule has the id \"%s\"", near.wrong);
}

/* Takes {"event":…,"rules":[…]} apart. */
static enum ev_code
read_case(struct teller *t, struct ev_slice *event, struct ev_err *e)
{
	const struct ev_slice line = t->f->lines.scan.value;
	struct ev_iter it = ev_iter_view(line);
	struct ev_val v, ev = { .kind = EV_ABSENT }, rules = { .kind = EV_ABSENT };
	enum ev_code rc = EV_OK;
	struct ev_slice name;

	while (ev_iter_next(&it, &name, &v)) {
		if (ev_str_eq(name, EV_LIT("event")))
			ev = v;
		else if (ev_str_eq(name, EV_LIT("rules")))
			rules = v;
		else
			return refuse(t, name, e, "found the member %.*s, wanted event and rules",
			    EV_FMT(name));
	}
	if (ev.kind != EV_OBJECT)
		return refuse(t, ev.raw.p != NULL ? ev.raw : line, e,
		    "the event is %s, wanted an object", ev_kind_name(ev.kind));
	if (rules.kind != EV_ARRAY)
		return refuse(t, rules.raw.p != NULL ? rules.raw : line, e,
		    "rules is %s, wanted an array of ids", ev_kind_name(rules.kind));
	memset(t->wanted, 0, t->f->rules->rules.n * sizeof(*t->wanted));
	for (it = ev_iter_view(rules.raw); rc == EV_OK && ev_iter_next(&it, &name, &v);)
		rc = expect(t, &v, e);
	*event = ev.raw;
	return rc;
}

/* A rule of which the case says something else. */
static enum ev_code
differ(struct teller *t, size_t i, const struct story *s, struct ev_err *e)
{
	const struct ev_cell cells[C_COLS] = {
		[C_CASE] = ev_cell_str(ev_buf_view(&t->label)),
		[C_RULE] = ev_cell_str(ev_slice_str(t->f->rules->rules.rule[i].id)),
		[C_EXPECTED] = ev_cell_int(t->wanted[i]),
		[C_MATCH] = ev_cell_int(t->got[i]),
		[C_CONDITION] = ev_cell_str(s->condition),
		[C_PATH] = ev_cell_str(s->path),
		[C_WANTED] = ev_cell_str(s->wanted),
		[C_FOUND] = ev_cell_str(s->found),
		[C_WHY] = ev_cell_str(s->why),
	};

	return ev_table_row(&t->table, cells, e);
}

static enum ev_code
compare(struct teller *t, struct ev_slice line, struct ev_err *e)
{
	const struct ev_rules *rules = &t->f->rules->rules;
	const struct ev_ruling *g = &t->f->rules->ruling;
	bool same = true;
	enum ev_code rc = EV_OK;
	struct story s;
	size_t i;

	memset(t->got, 0, rules->n * sizeof(*t->got));
	for (i = 0; i < g->hits; i++)
		t->got[g->hit[i] - rules->rule] = true;
	t->stop = NULL;
	for (i = 0; i < rules->n && rc == EV_OK; i++) {
		if ((rc = tell(t, &rules->rule[i], &t->f->scan, line, &s, e)) != EV_OK ||
		    t->wanted[i] == t->got[i])
			continue;
		rc = differ(t, i, &s, e);
		same = false;
	}
	t->wrong += !same;
	return rc;
}

static enum ev_code
test_case(struct teller *t, struct ev_err *e)
{
	const struct ev_lines *l = &t->f->lines;
	struct ev_slice event, line;
	enum ev_code rc;

	t->cases++;
	ev_buf_clear(&t->label);
	if ((rc = read_case(t, &event, e)) != EV_OK ||
	    (rc = ev_buf_addf(&t->label, e, "%s:%lu", l->in.name, l->no)) != EV_OK)
		return rc;
	if ((rc = evroute_scan(t->f, event, &line, e)) == EV_OK &&
	    (rc = ev_ruling_run(&t->f->rules->ruling, &t->f->scan, line, e)) == EV_OK)
		rc = compare(t, line, e);
	if (rc == EV_DATA) {
		e->line = l->no;
		ev_err_name(e, l->in.name);
	}
	return rc;
}

static enum ev_code
open_test(struct teller *t, const char *const *names, struct ev_err *e)
{
	static const struct ev_col cols[C_COLS] = {
		[C_CASE] = { "case", EV_CELL_STR },
		[C_RULE] = { "rule", EV_CELL_STR },
		[C_EXPECTED] = { "expected", EV_CELL_BOOL },
		[C_MATCH] = { "match", EV_CELL_BOOL },
		[C_CONDITION] = { "condition", EV_CELL_STR },
		[C_PATH] = { "path", EV_CELL_STR },
		[C_WANTED] = { "wanted", EV_CELL_STR },
		[C_FOUND] = { "found", EV_CELL_STR },
		[C_WHY] = { "why", EV_CELL_STR },
	};
	struct evroute *f = t->f;
	enum ev_code rc;

	if ((rc = open_teller(t, cols, C_COLS, e)) != EV_OK ||
	    (rc = open_lines(t, names, NULL, e)) != EV_OK)
		return rc;
	t->wanted = calloc(f->rules->rules.n + 1, sizeof(*t->wanted));
	t->got = calloc(f->rules->rules.n + 1, sizeof(*t->got));
	if (t->wanted == NULL || t->got == NULL)
		return ev_fail_mem(e);
	return ev_scan_init(&f->scan, &f->rules->rules.set, false, getenv("EVHUB_SCAN"), e);
}

enum ev_code
evroute_test(struct evroute *f, struct ev_err *e)
{
	const char *const names[] = { f->conf->test, NULL };
	struct teller t = { .f = f };
	enum ev_code rc = open_test(&t, names, e);

	while (rc == EV_OK && (rc = ev_lines_next(&f->lines, e)) == EV_OK)
		rc = test_case(&t, e);
	if (rc == EV_DATA)
		rc = e->code = EV_USAGE; /* a case is no event that came in */
	rc = close_teller(&t, rc == EV_NO ? EV_OK : rc, e);
	if (rc == EV_OK)
		ev_note(&f->conf->events.common, "%llu cases, %llu differ",
		    (unsigned long long)t.cases, (unsigned long long)t.wrong);
	return rc == EV_OK && t.wrong > 0 ? EV_NO : rc;
}
