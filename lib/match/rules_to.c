/* SPDX-License-Identifier: MIT */
/* Where a rule sends what it meets. */
#include <stdlib.h>

#include "base/time.h"
#include "json/iter.h"
#include "json/place.h"
#include "json/str.h"
#include "match/rules_read.h"

/* What the rule says for all its targets. */
struct common {
	struct ev_buf options; /* of stream: addresses: `shards=4&key=order.id` */
	const struct ev_val *shards, *key, *dlq, *input;
	struct ev_retry retry;
};

/* Seconds, or a text such as "2h". */
static enum ev_code
read_age(struct ev_rules_reader *rd, const struct ev_val *v, int64_t *age)
{
	struct ev_err why = { 0 };
	char *text = NULL;
	enum ev_code rc;

	if (v->kind != EV_STRING) {
		rc = ev_rules_int(
		    rd, "age", v, EV_RETRY_AGE_MIN / EV_SECOND, EV_RETRY_AGE / EV_SECOND, age);
		*age = rc == EV_OK ? *age * EV_SECOND : 0;
		return rc;
	}
	if ((rc = ev_rules_string(rd, "age", v, &text)) != EV_OK)
		return rc;
	rc = ev_duration_parse(ev_slice_str(text), age, &why);
	free(text);
	if (rc != EV_OK)
		return ev_rules_relay(rd, "age", v->raw, true, &why);
	if (*age < EV_RETRY_AGE_MIN || *age > EV_RETRY_AGE)
		return ev_rules_refuse(rd, v->raw.p, "age: found %.*s, wanted 60s to 1d",
		    v->raw.n > 40 ? 40 : EV_FMT(v->raw));
	return EV_OK;
}

enum ev_code
ev_rule_read_retry(struct ev_rules_reader *rd, const struct ev_val *v, struct ev_retry *retry)
{
	static const char *const names[] = { "attempts", "age" };
	struct ev_val m[2];
	enum ev_code rc;
	int64_t n;

	if ((rc = ev_rules_members(rd, "retry", v, names, 2, m)) != EV_OK)
		return rc;
	if (m[0].kind != EV_ABSENT) {
		if ((rc = ev_rules_int(rd, "attempts", &m[0], 0, EV_RETRY_ATTEMPTS, &n)) != EV_OK)
			return rc;
		retry->attempts = (uint32_t)n;
	}
	return m[1].kind != EV_ABSENT ? read_age(rd, &m[1], &retry->age) : EV_OK;
}

/* The path as an option's value: # is %23 there, and & would end it. */
static enum ev_code
add_key(struct ev_rules_reader *rd, struct common *c)
{
	struct ev_paths scratch = { 0 };
	struct ev_err why = { 0 };
	char *path = NULL;
	enum ev_code rc;
	uint32_t none;
	size_t i;

	if ((rc = ev_rules_string(rd, "partitionKey", c->key, &path)) != EV_OK)
		return rc;
	rc = ev_paths_add(&scratch, ev_slice_str(path), &none, &why);
	ev_paths_fini(&scratch);
	if (rc != EV_OK)
		rc = ev_rules_relay(rd, "partitionKey", c->key->raw, true, &why);
	else if (strchr(path, '&') != NULL)
		rc = ev_rules_refuse(
		    rd, c->key->raw.p, "partitionKey: found '&', which cannot stand in an address");
	if (rc == EV_OK)
		rc = ev_buf_addf(&c->options, rd->e, "%skey=", c->options.n > 0 ? "&" : "");
	for (i = 0; rc == EV_OK && path[i] != '\0'; i++)
		rc = path[i] == '#' ? ev_buf_adds(&c->options, EV_LIT("%23"), rd->e)
				    : ev_buf_addc(&c->options, path[i], rd->e);
	free(path);
	return rc;
}

static enum ev_code
make_options(struct ev_rules_reader *rd, struct common *c)
{
	enum ev_code rc = EV_OK;
	int64_t n;

	c->options.max = 3 * c->key->raw.n + 64;
	if (c->shards->kind != EV_ABSENT &&
	    (rc = ev_rules_int(rd, "shards", c->shards, 1, 1024, &n)) == EV_OK)
		rc = ev_buf_addf(&c->options, rd->e, "shards=%d", (int)n);
	return rc == EV_OK && c->key->kind != EV_ABSENT ? add_key(rd, c) : rc;
}

/* Whether the options of an address have one of that name. */
static bool
has_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	while (options != NULL) {
		options++;
		if (strncmp(options, name, n) == 0 && options[n] == '=')
			return true;
		options = strchr(options, '&');
	}
	return false;
}

/* The address with the rule's options behind its own. */
static enum ev_code
extend(struct ev_rules_reader *rd, const struct common *c, const struct ev_val *v, char **address)
{
	struct ev_buf all = EV_BUF(strlen(*address) + c->options.n + 1);
	const char *own = strrchr(*address, '#'),
		   *name = c->shards->kind != EV_ABSENT ? "shards" : "partitionKey";
	enum ev_code rc;

	if (strncmp(*address, "stream:", 7) != 0)
		return ev_rules_refuse(rd, v->raw.p,
		    "%s: only stream: addresses have shards, found another one", name);
	if ((c->shards->kind != EV_ABSENT && has_option(own, "shards")) ||
	    (c->key->kind != EV_ABSENT && has_option(own, "key")))
		return ev_rules_refuse(
		    rd, v->raw.p, "the address has options of its own for what the rule says");
	if ((rc = ev_buf_adds(&all, ev_slice_str(*address), rd->e)) == EV_OK &&
	    (rc = ev_buf_addc(&all, own != NULL ? '&' : '#', rd->e)) == EV_OK)
		rc = ev_buf_adds(&all, ev_buf_view(&c->options), rd->e);
	if (rc != EV_OK) {
		ev_buf_fini(&all);
		return rc;
	}
	free(*address);
	*address = all.p;
	return EV_OK;
}

static enum ev_code
read_address(struct ev_rules_reader *rd, const struct common *c, const struct ev_val *v,
    struct ev_rule_to *to)
{
	enum ev_code rc;

	if ((rc = ev_rules_string(rd, "to", v, &to->address)) != EV_OK)
		return rc;
	to->off = (size_t)(v->raw.p - rd->text.p);
	return c->options.n > 0 ? extend(rd, c, v, &to->address) : EV_OK;
}

static enum ev_code
read_dlq(struct ev_rules_reader *rd, const struct ev_val *v, struct ev_rule_to *to)
{
	to->dlq_off = (size_t)(v->raw.p - rd->text.p);
	return v->kind == EV_ABSENT ? EV_OK : ev_rules_string(rd, "dlq", v, &to->dlq);
}

static enum ev_code
read_input(struct ev_rules_reader *rd, const struct ev_val *v, struct ev_rule_to *to)
{
	struct ev_err why = { 0 };
	enum ev_code rc;

	if (v->kind == EV_ABSENT)
		return EV_OK;
	to->input = v->raw;
	rc = ev_transform_init(&to->transform, v->raw, &rd->r->set, &why);
	return rc == EV_OK ? rc : ev_rules_relay(rd, "input", v->raw, false, &why);
}

enum { ADDRESS, INPUT, DLQ, RETRY, WRAP, MEMBERS };

static const char *const members[MEMBERS] = { "address", "input", "dlq", "retry", "wrap" };

static enum ev_code
read_one(struct ev_rules_reader *rd, const struct common *c, const struct ev_val *v,
    struct ev_rule_to *to)
{
	struct ev_retry retry = c->retry;
	struct ev_val m[MEMBERS];
	enum ev_code rc;
	size_t i;

	for (i = 0; i < MEMBERS; i++)
		m[i] = (struct ev_val){ .kind = EV_ABSENT };
	if (v->kind == EV_STRING)
		m[ADDRESS] = *v;
	else if (v->kind != EV_OBJECT)
		return ev_rules_wanted(rd, "to", v, "an address or an object with one");
	else if ((rc = ev_rules_members(rd, "to", v, members, MEMBERS, m)) != EV_OK)
		return rc;
	if (m[ADDRESS].kind == EV_ABSENT)
		return ev_rules_refuse(rd, v->raw.p, "to: no address");
	if (m[WRAP].kind != EV_ABSENT)
		return ev_rules_refuse(rd, m[WRAP].raw.p,
		    "wrap: this version delivers events in no other wrapping; leave it out");
	if ((rc = read_address(rd, c, &m[ADDRESS], to)) != EV_OK ||
	    (rc = read_dlq(rd, m[DLQ].kind != EV_ABSENT ? &m[DLQ] : c->dlq, to)) != EV_OK ||
	    (rc = read_input(rd, m[INPUT].kind != EV_ABSENT ? &m[INPUT] : c->input, to)) != EV_OK)
		return rc;
	if (m[RETRY].kind != EV_ABSENT)
		rc = ev_rule_read_retry(rd, &m[RETRY], &retry);
	to->attempts = retry.attempts;
	to->age = retry.age;
	return rc;
}

/* Room for one more; the new one is zeroed and counts. */
static enum ev_code
add_to(struct ev_rule *rule, struct ev_err *e)
{
	struct ev_rule_to *v = rule->to;

	if ((rule->tos & (rule->tos - 1)) == 0) /* a power of two, or 0: full */
		v = realloc(v, (rule->tos == 0 ? 1 : 2 * rule->tos) * sizeof(*v));
	if (v == NULL)
		return ev_fail_mem(e);
	rule->to = v;
	v[rule->tos++] = (struct ev_rule_to){ 0 };
	return EV_OK;
}

static enum ev_code
read_all(struct ev_rules_reader *rd, const struct common *c, const struct ev_val *v)
{
	struct ev_iter it = ev_iter_view(v->raw);
	struct ev_slice none;
	struct ev_val each = *v;
	enum ev_code rc = EV_OK;
	bool more = true;

	if (v->kind == EV_ARRAY && !ev_iter_next(&it, &none, &each))
		return ev_rules_refuse(rd, v->raw.p, "to: an empty list");
	while (rc == EV_OK && more) {
		if ((rc = add_to(rd->rule, rd->e)) == EV_OK)
			rc = read_one(rd, c, &each, &rd->rule->to[rd->rule->tos - 1]);
		more = v->kind == EV_ARRAY && ev_iter_next(&it, &none, &each);
	}
	return rc;
}

enum ev_code
ev_rule_read_to(struct ev_rules_reader *rd, const struct ev_val v[EV_TO_MEMBERS])
{
	static const char *const names[] = { "shards", "partitionKey", "retry", "dlq", "input" };
	struct common c = {
		.shards = &v[EV_TO_SHARDS],
		.key = &v[EV_TO_KEY],
		.dlq = v[EV_TO_DLQ].kind != EV_ABSENT ? &v[EV_TO_DLQ] : &rd->dlq,
		.input = &v[EV_TO_INPUT],
		.retry = rd->retry,
	};
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; v[EV_TO_TO].kind == EV_ABSENT && i < EV_TO_TO; i++)
		if (v[i].kind != EV_ABSENT)
			return ev_rules_refuse(
			    rd, v[i].raw.p, "%s: there is no `to` that it is about", names[i]);
	if (v[EV_TO_RETRY].kind != EV_ABSENT)
		rc = ev_rule_read_retry(rd, &v[EV_TO_RETRY], &c.retry);
	if (rc == EV_OK)
		rc = make_options(rd, &c);
	if (rc == EV_OK && v[EV_TO_TO].kind != EV_ABSENT)
		rc = read_all(rd, &c, &v[EV_TO_TO]);
	ev_buf_fini(&c.options);
	return rc;
}

void
ev_rule_to_fini(struct ev_rule_to *to)
{
	free(to->address);
	free(to->dlq);
	ev_transform_fini(&to->transform);
	*to = (struct ev_rule_to){ 0 };
}
