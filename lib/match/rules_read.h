/* SPDX-License-Identifier: MIT */
#ifndef EV_RULES_READ_H
#define EV_RULES_READ_H

#include "event/type.h"
#include "json/iter.h"
#include "match/rules.h"
#include "match/rules_binding.h"
#include "match/where.h"

/* What the files that read and apply rules share. */
struct ev_rule_work {
	size_t order; /* in the file, from 0 */
	/* Conditions as they stand in the text; empty: not there. */
	struct ev_slice types, pattern, where, binding, policy, size;
	char **type; /* owned; what set borrows */
	size_t n_type;
	struct ev_types set;
	bool loose;                 /* the engine knows less than set: a `?` is in it */
	struct ev_where *condition; /* owned */
	struct ev_slice *expr;      /* owned; conditions in the text, with quotes */
	size_t conditions;
	struct ev_binding bind;
	bool body;         /* policy is over the event, not over its tags */
	uint64_t min, max; /* bytes of the line */
	uint32_t parts;    /* patterns of the engine that must all match */
};

struct ev_rules_work {
	uint32_t *rule_of; /* owned; by number of the engine: the rule's place in ev_rules.rule */
	uint32_t numbers, cap;
	uint32_t *always; /* owned; places of the enabled rules that have no pattern */
	uint32_t n_always;
};

struct ev_retry {
	uint32_t attempts;
	int64_t age;
};

struct ev_rules_reader {
	struct ev_rules *r;
	struct ev_slice text;
	struct ev_rule *rule; /* at hand; NULL: none */
	void (*warn)(void *arg, const struct ev_err *why);
	void *arg;
	size_t warnings;
	struct ev_err *e;
	/* of the file */
	bool dash;
	struct ev_retry retry;
	struct ev_val dlq;
};

/* EV_USAGE: rule, text and the place in the file. */
enum ev_code ev_rules_refuse(struct ev_rules_reader *rd, const char *at, const char *fmt, ...)
    EV_PRINTF(3, 4);

/* "MEMBER: found KIND, wanted WHAT". */
enum ev_code ev_rules_wanted(
    struct ev_rules_reader *rd, const char *member, const struct ev_val *v, const char *what);

/*
 * Passes on why, which speaks of part, a JSON value in the file; quoted: of the text of that JSON
 * string.
 */
enum ev_code ev_rules_relay(struct ev_rules_reader *rd, const char *member, struct ev_slice part,
    bool quoted, const struct ev_err *why);

void ev_rules_warn(struct ev_rules_reader *rd, const char *at, const char *fmt, ...)
    EV_PRINTF(3, 4);

/*
 * The members of an object by their number in names, EV_ABSENT where missing. Refuses anything
 * else, an unknown member and one that stands twice.
 */
enum ev_code ev_rules_members(struct ev_rules_reader *rd, const char *what,
    const struct ev_val *object, const char *const *names, size_t n, struct ev_val *v) EV_MUST;

/* The text of a string that is not empty and has no control characters; owned by the caller. */
enum ev_code ev_rules_string(
    struct ev_rules_reader *rd, const char *member, const struct ev_val *v, char **text) EV_MUST;

enum ev_code ev_rules_bool(
    struct ev_rules_reader *rd, const char *member, const struct ev_val *v, bool *yes) EV_MUST;
enum ev_code ev_rules_int(struct ev_rules_reader *rd, const char *member, const struct ev_val *v,
    int64_t min, int64_t max, int64_t *n) EV_MUST;

/* A string, or the strings of a list that is not empty, one after the other: *v becomes the next.
 */
struct ev_rules_list {
	struct ev_val v;
	struct ev_iter it;
	bool list;
	size_t n;
};
enum ev_code ev_rules_list_next(
    struct ev_rules_reader *rd, const char *member, struct ev_rules_list *l, bool *more) EV_MUST;

/* One rule, an object of the file, into rd->rule, which is zeroed. */
enum ev_code ev_rule_read(struct ev_rules_reader *rd, const struct ev_val *object) EV_MUST;
void ev_rule_fini(struct ev_rule *rule);

/* `retry`, over what *retry holds. */
enum ev_code ev_rule_read_retry(
    struct ev_rules_reader *rd, const struct ev_val *v, struct ev_retry *retry) EV_MUST;

/* `to` and what belongs to it. */
enum ev_rule_to_member {
	EV_TO_SHARDS,
	EV_TO_KEY,
	EV_TO_RETRY,
	EV_TO_DLQ,
	EV_TO_INPUT,
	EV_TO_TO,
	EV_TO_MEMBERS
};
enum ev_code ev_rule_read_to(
    struct ev_rules_reader *rd, const struct ev_val v[EV_TO_MEMBERS]) EV_MUST;
void ev_rule_to_fini(struct ev_rule_to *to);

/* `binding`. */
enum ev_code ev_binding_read(
    struct ev_rules_reader *rd, struct ev_binding *b, const struct ev_val *v) EV_MUST;

/* The conditions of rd->rule that can be made patterns go to the engine. */
enum ev_code ev_rule_compile(struct ev_rules_reader *rd) EV_MUST;

/* What --check says of rd->rule, of a pattern of it, and of all rules in their order. */
void ev_rule_check(struct ev_rules_reader *rd);
void ev_rule_check_pattern(struct ev_rules_reader *rd, struct ev_slice pattern);
void ev_rules_check(struct ev_rules_reader *rd);

/* *yes: whether the conditions hold that the engine does not know, or not well enough. */
enum ev_code ev_rule_holds(const struct ev_rule *rule, const struct ev_scan *scan,
    struct ev_slice line, struct ev_buf *tmp, bool *yes, struct ev_err *e) EV_MUST;

#endif
