/* SPDX-License-Identifier: MIT */
/* What is allowed in a rule, but hardly meant. */
#include "event/event.h"
#include "json/iter.h"
#include "json/str.h"
#include "match/rules_read.h"

enum { SEVERAL = 64 }; /* things compared with each other, at most */

/* Whether a rule has a condition at all. */
static bool
asks(const struct ev_rule *rule)
{
	const struct ev_rule_work *w = rule->work;

	return w->types.n + w->pattern.n + w->where.n + w->policy.n + w->size.n > 0 ||
	    (w->binding.n > 0 && w->bind.exchange != EV_FANOUT);
}

static void
check_key(struct ev_rules_reader *rd)
{
	const struct ev_binding *b = &rd->rule->work->bind;
	size_t i;

	for (i = 0; b->exchange == EV_TOPIC && i < b->words; i++) {
		struct ev_slice word = b->word[i].text;

		if (b->word[i].kind != EV_WORD || word.n < 2 ||
		    (memchr(word.p, '*', word.n) == NULL && memchr(word.p, '#', word.n) == NULL))
			continue;
		ev_rules_warn(rd, b->key_raw.p,
		    "\"%.*s\" is a word like any other: * and # stand for whole words, and words "
		    "are divided by dots; %s",
		    word.n > 60 ? 60 : EV_FMT(word),
		    b->dash ? "an eventType may be meant"
			    : "an eventType may be meant, or \"separator\":\"-\"");
	}
}

static void
check_targets(struct ev_rules_reader *rd)
{
	const struct ev_rule_to *to = rd->rule->to;
	size_t i, k, n = rd->rule->tos < SEVERAL ? rd->rule->tos : SEVERAL;

	for (i = 1; i < n; i++)
		for (k = 0; k < i; k++)
			if (strcmp(to[k].address, to[i].address) == 0 &&
			    ev_slice_eq(to[k].input, to[i].input)) {
				ev_rules_warn(rd, rd->text.p + to[i].off,
				    "the target %.80s twice: it gets each event once",
				    to[i].address);
				break;
			}
}

/* The alternatives of the pattern's own member `type`; EV_ABSENT: it has none. */
static struct ev_val
pattern_types(const struct ev_rule_work *w)
{
	struct ev_iter it = ev_iter_view(w->pattern.n > 0 ? w->pattern : EV_LIT("{}"));
	struct ev_slice key;
	struct ev_val v;

	while (ev_iter_next(&it, &key, &v))
		if (ev_str_eq(key, EV_LIT("type")) && v.kind == EV_ARRAY)
			return v;
	return (struct ev_val){ .raw = EV_LIT("[]"), .kind = EV_ABSENT };
}

/* Whether a type, a JSON string, meets all that the rule says of types, as far as that is cheap to
 * say. */
static bool
type_meets(struct ev_rule_work *w, const struct ev_val *alternatives, struct ev_slice type)
{
	struct ev_iter it = ev_iter_view(alternatives->raw);
	struct ev_val v = { .raw = type, .kind = EV_STRING }, each;
	struct ev_buf tmp = { 0 };
	struct ev_slice none;
	bool yes = true;

	if (w->n_type > 0 && ev_types_match(&w->set, &v, &yes, NULL) != EV_OK)
		yes = true;
	if (yes && ev_binding_match(&w->bind, &v, &tmp, &yes, NULL) != EV_OK)
		yes = true;
	ev_buf_fini(&tmp);
	if (!yes || alternatives->kind == EV_ABSENT)
		return yes;
	while (ev_iter_next(&it, &none, &each))
		if (each.kind != EV_STRING || ev_slice_eq(each.raw, type))
			return true;
	return false;
}

/* Whether each of the strings fails to meet all that the rule says of types. */
static bool
none_meets(struct ev_rule_work *w, const struct ev_val *alternatives, struct ev_slice list)
{
	struct ev_rules_list l = { .v = { .raw = list, .kind = ev_kind_of(list) } };
	bool more;
	size_t n;

	for (n = 0; n < SEVERAL; n++) {
		if (ev_rules_list_next(NULL, NULL, &l, &more) != EV_OK || !more)
			return n > 0;
		if (l.v.kind != EV_STRING || type_meets(w, alternatives, l.v.raw))
			return false;
	}
	return false;
}

/* A few exact types in one condition, and none of them meets the others. */
static void
check_types(struct ev_rules_reader *rd)
{
	struct ev_rule_work *w = rd->rule->work;
	struct ev_val alternatives = pattern_types(w);
	const char *const *names;
	bool never = false;
	size_t n, i;

	if (ev_types_exact(&w->set, &names, &n) && n > 0)
		never = none_meets(w, &alternatives, w->types);
	if (!never && alternatives.kind == EV_ARRAY)
		never = none_meets(w, &alternatives, alternatives.raw);
	for (i = 0; i < w->bind.words && w->bind.word[i].kind == EV_WORD; i++)
		;
	if (!never && w->bind.words > 0 && i == w->bind.words && !w->bind.dash)
		never = none_meets(w, &alternatives, w->bind.key_raw);
	if (never)
		ev_rules_warn(rd, rd->text.p + rd->rule->off,
		    "can never match: no type meets all that eventType, pattern and binding say of "
		    "it");
}

void
ev_rule_check(struct ev_rules_reader *rd)
{
	struct ev_rule_work *w = rd->rule->work;

	if (rd->warn == NULL)
		return;
	if (!asks(rd->rule) && w->binding.n == 0)
		ev_rules_warn(
		    rd, rd->text.p + rd->rule->off, "has no condition: it meets every event");
	ev_rule_check_pattern(rd, w->pattern);
	ev_rule_check_pattern(rd, w->policy);
	check_key(rd);
	check_types(rd);
	check_targets(rd);
}

void
ev_rules_check(struct ev_rules_reader *rd)
{
	const struct ev_rule *stop = NULL;
	size_t i;

	for (i = 0; i < rd->r->n; i++) {
		struct ev_rule *rule = &rd->r->rule[i];

		rd->rule = rule;
		if (stop != NULL && rule->enabled)
			ev_rules_warn(rd, rd->text.p + rule->off,
			    "is never reached: the rule \"%.60s\" meets every event and stops",
			    stop->id);
		if (stop == NULL && rule->enabled && rule->stop && !asks(rule))
			stop = rule;
	}
	rd->rule = NULL;
}
