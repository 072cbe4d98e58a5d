/* SPDX-License-Identifier: MIT */
#include "match/rules_eventbridge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/iter.h"
#include "json/place.h"
#include "json/str.h"
#include "match/match.h"
#include "match/rules_print.h"

enum { RULES = 64 << 20, NAME = 256, WARNINGS = 1000 };

/* A rule of the export, and the targets that stand outside of it. */
struct found {
	struct ev_val rule;   /* its object */
	struct ev_slice name; /* a JSON string; empty: the object has it */
	struct ev_val *list;  /* owned; arrays of targets */
	size_t lists;
};

/* A target's address and what it was, to find those that collide. */
struct mapped {
	char *address, *arn; /* owned */
	const char *at;
};

struct importer {
	struct ev_slice text;
	struct ev_buf *out; /* the rules file, not yet printed prettily */
	struct found *found;
	size_t n, cap;
	struct mapped *mapped;
	size_t maps;
	size_t written, warnings;
	void (*warn)(void *arg, const struct ev_err *why);
	void *arg;
	struct ev_err *e;
};

static struct ev_val
get(const struct ev_val *object, const char *name)
{
	struct ev_iter it = ev_iter_view(object->raw);
	struct ev_val v, last = { .raw = object->raw, .kind = EV_ABSENT };
	struct ev_slice key;

	while (object->kind == EV_OBJECT && ev_iter_next(&it, &key, &v))
		if (ev_str_eq(key, ev_slice_str(name)))
			last = v;
	return last;
}

static enum ev_code refuse(struct importer *m, const char *at, const char *fmt, ...)
    EV_PRINTF(3, 4);

static enum ev_code
refuse(struct importer *m, const char *at, const char *fmt, ...)
{
	char text[sizeof(m->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ev_fail(m->e, EV_USAGE, "%s", text);
	ev_err_offset(m->e, m->text, (size_t)(at - m->text.p));
	return EV_USAGE;
}

static void warn(struct importer *m, const char *at, const char *fmt, ...) EV_PRINTF(3, 4);

static void
warn(struct importer *m, const char *at, const char *fmt, ...)
{
	struct ev_err why = { 0 };
	char text[sizeof(why.text)];
	va_list ap;

	if (m->warn == NULL || m->warnings > WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (++m->warnings > WARNINGS)
		snprintf(
		    text, sizeof(text), "more warnings than %d; the others are not told", WARNINGS);
	ev_fail(&why, EV_USAGE, "%s", text);
	ev_err_offset(&why, m->text, (size_t)(at - m->text.p));
	m->warn(m->arg, &why);
}

/*
 * Finding the rules.
 */

static enum ev_code
add_rule(struct importer *m, const struct ev_val *rule, struct ev_slice name)
{
	if (rule->kind != EV_OBJECT)
		return refuse(m, rule->raw.p, "found %s, wanted a rule", ev_kind_name(rule->kind));
	if (m->n == m->cap) {
		size_t cap = m->cap == 0 ? 16 : m->cap * 2;
		struct found *v = realloc(m->found, cap * sizeof(*v));

		if (v == NULL)
			return ev_fail_mem(m->e);
		m->found = v;
		m->cap = cap;
	}
	m->found[m->n++] = (struct found){ .rule = *rule, .name = name };
	return EV_OK;
}

static struct found *
find_rule(struct importer *m, const struct ev_val *name)
{
	size_t i;

	for (i = m->n; i > 0; i--) {
		struct ev_val own = get(&m->found[i - 1].rule, "Name");

		if (ev_slice_eq(own.raw, name->raw))
			return &m->found[i - 1];
	}
	return NULL;
}

/* Targets that stand outside of a rule. */
static enum ev_code
add_targets(struct importer *m, const struct ev_val *document, const struct ev_val *targets)
{
	struct ev_val name = get(document, "Rule"), *v;
	struct found *to = m->n > 0 ? &m->found[m->n - 1] : NULL;

	if (name.kind != EV_ABSENT)
		to = find_rule(m, &name);
	if (to == NULL)
		return refuse(m, targets->raw.p,
		    "targets of no rule: wanted a rule before them, or its name as \"Rule\"");
	v = realloc(to->list, (to->lists + 1) * sizeof(*v));
	if (v == NULL)
		return ev_fail_mem(m->e);
	to->list = v;
	v[to->lists++] = *targets;
	return EV_OK;
}

static enum ev_code
add_resources(struct importer *m, const struct ev_val *resources)
{
	struct ev_iter it = ev_iter_view(resources->raw);
	enum ev_code rc = EV_OK;
	struct ev_slice key;
	struct ev_val v;

	while (rc == EV_OK && resources->kind == EV_OBJECT && ev_iter_next(&it, &key, &v)) {
		struct ev_val type = get(&v, "Type"), properties = get(&v, "Properties");

		if (type.kind == EV_STRING && ev_str_eq(type.raw, EV_LIT("AWS::Events::Rule")))
			rc = add_rule(m, &properties, key);
	}
	return rc;
}

static enum ev_code add_document(struct importer *m, const struct ev_val *v);

static enum ev_code
add_each(struct importer *m, const struct ev_val *list)
{
	struct ev_iter it = ev_iter_view(list->raw);
	enum ev_code rc = EV_OK;
	struct ev_slice none;
	struct ev_val v;

	while (rc == EV_OK && ev_iter_next(&it, &none, &v))
		rc = add_document(m, &v);
	return rc;
}

static enum ev_code
add_document(struct importer *m, const struct ev_val *v)
{
	struct ev_val rules = get(v, "Rules"), targets = get(v, "Targets"),
		      resources = get(v, "Resources");

	if (v->kind == EV_ARRAY)
		return add_each(m, v);
	if (rules.kind == EV_ARRAY)
		return add_each(m, &rules);
	if (resources.kind == EV_OBJECT)
		return add_resources(m, &resources);
	if (get(v, "Name").kind != EV_ABSENT)
		return add_rule(m, v, EV_LIT(""));
	if (targets.kind == EV_ARRAY)
		return add_targets(m, v, &targets);
	return refuse(m, v->raw.p,
	    "found neither Rules, Targets, Resources nor a rule with a Name, as EventBridge "
	    "exports "
	    "them");
}

/* All JSON texts, one after the other. */
static enum ev_code
find_rules(struct importer *m)
{
	struct ev_iter it = { m->text, false };
	struct ev_err why = { 0 };
	struct ev_slice none;
	struct ev_val v;
	enum ev_code rc = EV_OK;
	size_t off;

	while (rc == EV_OK && ev_iter_next(&it, &none, &v)) {
		if (ev_json_check(v.raw, &off, &why) != EV_OK)
			return refuse(m, v.raw.p + off, "%s", why.text);
		rc = add_document(m, &v);
	}
	if (rc == EV_OK && ev_slice_trim(it.rest).n > 0)
		return refuse(m, ev_slice_trim(it.rest).p, "found no JSON");
	return rc == EV_OK && m->n == 0 ? refuse(m, m->text.p, "no rules in it") : rc;
}

/*
 * Writing them.
 */

static enum ev_code
put(struct importer *m, const char *text)
{
	return ev_buf_adds(m->out, ev_slice_str(text), m->e);
}

/* `,"name":` and the value as it stands. */
static enum ev_code
put_member(struct importer *m, const char *name, struct ev_slice json)
{
	enum ev_code rc = ev_buf_addf(m->out, m->e, ",\"%s\":", name);

	return rc == EV_OK ? ev_buf_adds(m->out, json, m->e) : rc;
}

static bool
plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '.';
}

/* The resource of an ARN without its kind, as rules_eventbridge.h says. */
static void
name_of(struct ev_slice arn, char name[NAME])
{
	struct ev_slice rest = arn;
	size_t i, n = 0, colons = 0;

	for (i = 0; i < arn.n && colons < 5; i++)
		if (arn.p[i] == ':' && ++colons == 5)
			rest = (struct ev_slice){ arn.p + i + 1, arn.n - i - 1 };
	for (i = 0; i < rest.n && rest.p[i] != ':' && rest.p[i] != '/'; i++)
		;
	if (colons == 5 && i + 1 < rest.n)
		rest = (struct ev_slice){ rest.p + i + 1, rest.n - i - 1 };
	for (i = 0; i < rest.n && n + 2 < NAME; i++) {
		if (plain(rest.p[i]) && (n > 0 || rest.p[i] != '.'))
			name[n++] = rest.p[i];
		else if (!plain(rest.p[i]) && n > 0 && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n > 0 && name[n - 1] == '-')
		n--;
	name[n] = '\0';
	if (n == 0)
		snprintf(name, NAME, "unnamed");
}

/* The first string within a value: an ARN, or what a CloudFormation function is about. */
static struct ev_val
first_string(struct ev_val v)
{
	struct ev_slice key;

	while (v.kind == EV_OBJECT || v.kind == EV_ARRAY) {
		struct ev_iter it = ev_iter_view(v.raw);

		if (!ev_iter_next(&it, &key, &v))
			v.kind = EV_ABSENT;
	}
	return v;
}

static enum ev_code
remember(struct importer *m, const char *address, const char *arn, const char *at)
{
	struct mapped *v = m->mapped;

	if ((m->maps & (m->maps - 1)) == 0) /* a power of two, or 0: full */
		v = realloc(v, (m->maps == 0 ? 1 : 2 * m->maps) * sizeof(*v));
	if (v == NULL)
		return ev_fail_mem(m->e);
	m->mapped = v;
	v[m->maps] = (struct mapped){ strdup(address), strdup(arn), at };
	if (v[m->maps].address == NULL || v[m->maps].arn == NULL) {
		free(v[m->maps].address);
		free(v[m->maps].arn);
		return ev_fail_mem(m->e);
	}
	m->maps++;
	return EV_OK;
}

/* The address of an ARN, with options behind it, as a JSON string. */
static enum ev_code
put_address(struct importer *m, const struct ev_val *arn, const char *options)
{
	struct ev_val text = first_string(*arn);
	struct ev_buf own = EV_BUF(text.raw.n),
		      address = EV_BUF(NAME + 4 * text.raw.n + strlen(options));
	char name[NAME];
	enum ev_code rc;

	if (text.kind != EV_STRING)
		return refuse(
		    m, arn->raw.p, "Arn: found %s, wanted a string", ev_kind_name(arn->kind));
	if ((rc = ev_str_decode(text.raw, &own, m->e)) == EV_OK) {
		name_of(ev_buf_view(&own), name);
		rc = ev_buf_addf(&address, m->e, "stream:%s", name);
	}
	if (rc == EV_OK &&
	    (rc = remember(m, ev_buf_str(&address), ev_buf_str(&own), arn->raw.p)) == EV_OK) {
		warn(
		    m, arn->raw.p, "%.120s becomes %.100s", ev_buf_str(&own), ev_buf_str(&address));
		rc = ev_buf_adds(&address, ev_slice_str(options), m->e);
	}
	if (rc == EV_OK)
		rc = ev_str_encode(ev_buf_view(&address), m->out, m->e);
	ev_buf_fini(&own);
	ev_buf_fini(&address);
	return rc;
}

/* `#key=PATH` from a Kinesis target's path into the event. */
static enum ev_code
key_option(struct importer *m, const struct ev_val *target, struct ev_buf *option)
{
	struct ev_val kinesis = get(target, "KinesisParameters"),
		      path = get(&kinesis, "PartitionKeyPath");
	struct ev_slice text;
	enum ev_code rc;

	option->max = path.raw.n + 8;
	if (path.kind != EV_STRING)
		return ev_buf_adds(option, EV_LIT(""), m->e);
	if (!ev_str_plain(path.raw, &text) || memchr(text.p, '#', text.n) != NULL ||
	    memchr(text.p, '&', text.n) != NULL) {
		warn(m, path.raw.p,
		    "this PartitionKeyPath cannot stand in an address and is left out");
		return ev_buf_adds(option, EV_LIT(""), m->e);
	}
	if (ev_slice_begins(text, EV_LIT("$.")))
		text = (struct ev_slice){ text.p + 2, text.n - 2 };
	rc = ev_buf_adds(option, EV_LIT("#key="), m->e);
	return rc == EV_OK ? ev_buf_adds(option, text, m->e) : rc;
}

static const char *const inputs[] = { "Input", "InputPath", "InputTransformer" };

static enum ev_code
put_input(struct importer *m, const struct ev_val *target)
{
	enum ev_code rc = EV_OK;
	bool any = false;
	size_t i;

	for (i = 0; i < 3 && rc == EV_OK; i++) {
		struct ev_val v = get(target, inputs[i]);

		if (v.kind == EV_ABSENT || v.kind == EV_NULL)
			continue;
		if (any)
			return refuse(m, v.raw.p,
			    "a target has one of Input, InputPath and InputTransformer");
		any = true;
		if ((rc = ev_buf_addf(m->out, m->e, ",\"input\":{\"%s\":", inputs[i])) == EV_OK &&
		    (rc = ev_buf_adds(m->out, v.raw, m->e)) == EV_OK)
			rc = put(m, "}");
	}
	return rc;
}

static enum ev_code
put_retry(struct importer *m, const struct ev_val *target)
{
	struct ev_val policy = get(target, "RetryPolicy"),
		      attempts = get(&policy, "MaximumRetryAttempts"),
		      age = get(&policy, "MaximumEventAgeInSeconds");
	enum ev_code rc = EV_OK;

	if (attempts.kind != EV_NUMBER && age.kind != EV_NUMBER)
		return EV_OK;
	rc = put(m, ",\"retry\":{");
	if (rc == EV_OK && attempts.kind == EV_NUMBER)
		rc = ev_buf_addf(m->out, m->e, "\"attempts\":%.*s%s", EV_FMT(attempts.raw),
		    age.kind == EV_NUMBER ? "," : "");
	if (rc == EV_OK && age.kind == EV_NUMBER)
		rc = ev_buf_addf(m->out, m->e, "\"age\":%.*s", EV_FMT(age.raw));
	return rc == EV_OK ? put(m, "}") : rc;
}

static enum ev_code
put_dlq(struct importer *m, const struct ev_val *target)
{
	struct ev_val config = get(target, "DeadLetterConfig"), arn = get(&config, "Arn");
	enum ev_code rc;

	if (arn.kind == EV_ABSENT || arn.kind == EV_NULL)
		return EV_OK;
	rc = put(m, ",\"dlq\":");
	return rc == EV_OK ? put_address(m, &arn, "") : rc;
}

/* What the rules file has no word for. */
static void
warn_others(struct importer *m, const struct ev_val *object, const char *const *known)
{
	struct ev_iter it = ev_iter_view(object->raw);
	struct ev_slice key;
	struct ev_val v;
	size_t i;

	while (ev_iter_next(&it, &key, &v)) {
		for (i = 0; known[i] != NULL && !ev_str_eq(key, ev_slice_str(known[i])); i++)
			;
		if (known[i] == NULL)
			warn(m, key.p, "%.*s is left out", key.n > 80 ? 80 : EV_FMT(key));
	}
}

static enum ev_code
put_target(struct importer *m, const struct ev_val *target, bool first)
{
	static const char *const known[] = { "Id", "Arn", "RoleArn", "Input", "InputPath",
		"InputTransformer", "RetryPolicy", "DeadLetterConfig", "KinesisParameters", NULL };
	struct ev_val arn = get(target, "Arn");
	struct ev_buf option = EV_BUF(0);
	enum ev_code rc;

	if (target->kind != EV_OBJECT || arn.kind == EV_ABSENT)
		return refuse(m, target->raw.p, "a target without an Arn");
	warn_others(m, target, known);
	rc = key_option(m, target, &option);
	if (rc == EV_OK && (rc = put(m, first ? "{\"address\":" : ",{\"address\":")) == EV_OK)
		rc = put_address(m, &arn, ev_buf_str(&option));
	ev_buf_fini(&option);
	if (rc != EV_OK || (rc = put_input(m, target)) != EV_OK ||
	    (rc = put_retry(m, target)) != EV_OK || (rc = put_dlq(m, target)) != EV_OK)
		return rc;
	return put(m, "}");
}

/* The targets of one list; *n counts those written. */
static enum ev_code
put_list(struct importer *m, const struct ev_val *list, size_t *n)
{
	struct ev_iter it = ev_iter_view(list->raw);
	enum ev_code rc = EV_OK;
	struct ev_slice none;
	struct ev_val v;

	while (rc == EV_OK && list->kind == EV_ARRAY && ev_iter_next(&it, &none, &v)) {
		if (*n == 0)
			rc = put(m, ",\"to\":[");
		if (rc == EV_OK)
			rc = put_target(m, &v, (*n)++ == 0);
	}
	return rc;
}

static enum ev_code
put_targets(struct importer *m, const struct found *f)
{
	struct ev_val own = get(&f->rule, "Targets");
	size_t i, n = 0;
	enum ev_code rc = put_list(m, &own, &n);

	for (i = 0; i < f->lists && rc == EV_OK; i++)
		rc = put_list(m, &f->list[i], &n);
	if (rc == EV_OK && n == 0)
		warn(m, f->rule.raw.p, "a rule without targets: what it meets goes to stdout");
	return rc == EV_OK && n > 0 ? put(m, "]") : rc;
}

/* The pattern's text, which is JSON within a string in what the API gives. */
static enum ev_code
put_pattern(struct importer *m, const struct ev_val *v)
{
	struct ev_buf own = EV_BUF(v->raw.n);
	struct ev_slice text = v->raw;
	struct ev_err why = { 0 };
	struct ev_match scratch = { 0 };
	enum ev_code rc = EV_OK;
	size_t off;

	if (v->kind == EV_STRING) {
		if ((rc = ev_str_decode(v->raw, &own, m->e)) != EV_OK)
			return rc;
		text = ev_buf_view(&own);
		if (ev_json_check(text, &off, &why) != EV_OK)
			rc = refuse(m, v->raw.p + ev_place_string(v->raw, off), "EventPattern: %s",
			    why.text);
	}
	if (rc == EV_OK && (rc = ev_match_add(&scratch, text, 0, &why)) != EV_OK) {
		off = ev_place_error(&why, text);
		rc = rc != EV_USAGE
		    ? ev_fail(m->e, rc, "%s", why.text)
		    : refuse(m,
			  v->raw.p + (v->kind == EV_STRING ? ev_place_string(v->raw, off) : off),
			  "EventPattern: %s", why.text);
	}
	if (rc == EV_OK)
		rc = put_member(m, "pattern", text);
	ev_match_fini(&scratch);
	ev_buf_fini(&own);
	return rc;
}

/* The rule's name; of one on another bus than the default one BUS/NAME. */
static enum ev_code
put_id(struct importer *m, const struct found *f)
{
	struct ev_val name = get(&f->rule, "Name"), bus = get(&f->rule, "EventBusName");
	struct ev_slice inside = name.kind == EV_STRING ? name.raw : f->name, before;
	const char *slash;
	enum ev_code rc;

	if (inside.n < 3)
		return refuse(m, f->rule.raw.p, "a rule without a name");
	inside = (struct ev_slice){ inside.p + 1, inside.n - 2 };
	if ((rc = put(m, "{\"id\":\"")) != EV_OK)
		return rc;
	if (bus.kind == EV_STRING && bus.raw.n > 2) {
		before = (struct ev_slice){ bus.raw.p + 1, bus.raw.n - 2 };
		slash = memrchr(before.p, '/', before.n);
		if (slash != NULL)
			before = (struct ev_slice){ slash + 1,
				(size_t)(before.p + before.n - slash) - 1 };
		if (!ev_slice_eq(before, EV_LIT("default")))
			rc = ev_buf_addf(m->out, m->e, "%.*s/", EV_FMT(before));
	}
	return rc == EV_OK ? ev_buf_addf(m->out, m->e, "%.*s\"", EV_FMT(inside)) : rc;
}

static enum ev_code
put_rule(struct importer *m, const struct found *f)
{
	static const char *const known[] = { "Name", "Arn", "EventPattern", "State", "Description",
		"EventBusName", "RoleArn", "Targets", "ScheduleExpression", "CreatedBy",
		"ManagedBy", NULL };
	struct ev_val pattern = get(&f->rule, "EventPattern"), state = get(&f->rule, "State"),
		      description = get(&f->rule, "Description");
	enum ev_code rc;

	warn_others(m, &f->rule, known);
	if (pattern.kind != EV_STRING && pattern.kind != EV_OBJECT) {
		warn(m, f->rule.raw.p,
		    "a rule without an EventPattern is left out: a schedule is cron's work");
		return EV_OK;
	}
	if (m->written++ > 0 && (rc = put(m, ",")) != EV_OK)
		return rc;
	if ((rc = put_id(m, f)) != EV_OK)
		return rc;
	if (description.kind == EV_STRING)
		rc = put_member(m, "description", description.raw);
	if (rc == EV_OK && state.kind == EV_STRING && ev_str_eq(state.raw, EV_LIT("DISABLED")))
		rc = put_member(m, "enabled", EV_LIT("false"));
	if (rc != EV_OK || (rc = put_pattern(m, &pattern)) != EV_OK ||
	    (rc = put_targets(m, f)) != EV_OK)
		return rc;
	return put(m, "}");
}

static int
by_address(const void *a, const void *b)
{
	const struct mapped *x = a, *y = b;
	int c = strcmp(x->address, y->address);

	return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

static void
warn_collisions(struct importer *m)
{
	size_t i;

	if (m->maps > 1)
		qsort(m->mapped, m->maps, sizeof(*m->mapped), by_address);
	for (i = 1; i < m->maps; i++)
		if (strcmp(m->mapped[i].address, m->mapped[i - 1].address) == 0 &&
		    strcmp(m->mapped[i].arn, m->mapped[i - 1].arn) != 0)
			warn(m, m->mapped[i].at, "%.80s is also the address of %.120s",
			    m->mapped[i].address, m->mapped[i - 1].arn);
}

static enum ev_code
write_rules(struct importer *m)
{
	enum ev_code rc = put(m, "[");
	size_t i;

	for (i = 0; i < m->n && rc == EV_OK; i++)
		rc = put_rule(m, &m->found[i]);
	if (rc == EV_OK)
		rc = put(m, "]");
	if (rc == EV_OK)
		warn_collisions(m);
	return rc;
}

static void
fini(struct importer *m)
{
	while (m->n > 0)
		free(m->found[--m->n].list);
	while (m->maps > 0) {
		free(m->mapped[--m->maps].address);
		free(m->mapped[m->maps].arn);
	}
	free(m->found);
	free(m->mapped);
}

enum ev_code
ev_rules_from_eventbridge(struct ev_slice text, struct ev_buf *out,
    void (*warn_of)(void *arg, const struct ev_err *why), void *arg, struct ev_err *e)
{
	struct ev_buf rules = EV_BUF(RULES);
	struct ev_err own = { 0 };
	struct importer m = {
		.text = text, .out = &rules, .warn = warn_of, .arg = arg, .e = e != NULL ? e : &own
	};
	enum ev_code rc;

	if ((rc = find_rules(&m)) == EV_OK && (rc = write_rules(&m)) == EV_OK)
		rc = ev_rules_print(ev_buf_view(&rules), out, m.e);
	fini(&m);
	ev_buf_fini(&rules);
	return rc;
}
