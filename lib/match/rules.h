/* SPDX-License-Identifier: MIT */
#ifndef EV_RULES_H
#define EV_RULES_H

#include "event/transform.h"
#include "match/match.h"

/*
 * A file of rules: the one form that evroute and, later, evmap read. No I/O here.
 *
 *	[ {"id":"big-orders","eventType":"order-*","pattern":{…},"where":["order.total >= 100"],
 *	   "to":["stream:hub/big"], …}, … ]
 *
 * or {"rules":[…],"separator":"-","retry":{…},"dlq":…}, whose other members are the defaults of its
 * rules. share/schemas/rules.json lists all members.
 */
enum {
	EV_RULES_TEXT = 64 << 20,     /* bytes of a file */
	EV_RULES_WARNINGS = 200,      /* told of one file */
	EV_RETRY_ATTEMPTS = 185,      /* the most, and the default */
	EV_RETRY_AGE_MIN = 60 * 1000, /* ms */
	EV_RETRY_AGE = 86400 * 1000   /* ms; the most, and the default */
};

struct ev_rule_to {            /* one target of a rule */
	char *address;         /* owned; with the rule's shards and partitionKey made options of a
					stream: address */
	char *dlq;             /* owned, NULL: none; its own, else the rule's, else the file's */
	size_t off, dlq_off;   /* of the two in the text, for messages */
	struct ev_slice input; /* the JSON of `input`, borrowed from the rules' text; empty: the
				  event itself */
	struct ev_transform transform;
	uint32_t attempts; /* retry: after the first, 0 to 185 */
	int64_t age;       /* ms, 60 s to a day */
};

struct ev_rule {
	char *id, *description; /* owned; description NULL: none */
	bool enabled, stop;
	int64_t priority;      /* greater first; ties in the order of the file */
	struct ev_rule_to *to; /* owned; none: matched lines go where the command says */
	size_t tos;
	size_t off;                /* of the rule in the text, for messages */
	struct ev_rule_work *work; /* owned; its conditions */
};

struct ev_rules {
	struct ev_buf text;   /* owned; the file */
	struct ev_rule *rule; /* owned, in order of priority; the disabled ones too */
	size_t n;
	struct ev_match match; /* patterns and all that could be made one */
	struct ev_paths set;   /* the envelope's paths (ev_event_paths), then what conditions and
				  transforms want; targets add theirs, before a scanner uses it */
	struct ev_rules_work *work; /* owned */
};

/*
 * Compiles text, which is taken over, also when this fails. warn is called for what --check says
 * (may be NULL); its error has line, column and a text that names the rule, as e has for EV_USAGE;
 * neither has the name of the file. *r holds nothing after a failure.
 */
enum ev_code ev_rules_load(struct ev_rules *r, struct ev_buf *text,
    void (*warn)(void *arg, const struct ev_err *why), void *arg, struct ev_err *e) EV_MUST;

/*
 * For whoever finds something wrong with a rule later (an address that no target understands): puts
 * `rule "id": ` before e's text and adds the place of offset off.
 */
void ev_rules_blame(
    const struct ev_rules *r, const struct ev_rule *rule, size_t off, struct ev_err *e);
void ev_rules_fini(struct ev_rules *r);

/*
 * What one thread needs to apply rules. Threads may share rules without a regular expression in
 * where or eventType.
 */
struct ev_ruling {
	const struct ev_rules *rules; /* borrowed */
	const struct ev_rule **hit;   /* owned; the enabled rules that the last event meets, by
					 priority, cut behind one that stops */
	size_t hits;
	struct ev_ruling_work *work; /* owned */
};
enum ev_code ev_ruling_init(
    struct ev_ruling *g, const struct ev_rules *r, struct ev_err *e) EV_MUST;

/*
 * Judges the line that `plain`, a scanner over r->set, has just read. EV_DATA: it cannot be
 * decided; a fault, never a no.
 */
enum ev_code ev_ruling_run(struct ev_ruling *g, const struct ev_scan *plain, struct ev_slice line,
    struct ev_err *e) EV_MUST;
void ev_ruling_fini(struct ev_ruling *g);

/* Why one rule, on its own and as if enabled, meets an event or does not. */
struct ev_rule_verdict {
	bool met;
	const char *condition; /* the first that failed: "eventType", "pattern", "where", "binding",
				  "policy", "size"; NULL: none */
	/* Of that condition; borrowed from the rules, the line and text. Empty: nothing to say. */
	struct ev_slice path;   /* where in the event it looks: `order.total` */
	struct ev_slice wanted; /* as it stands in the rule */
	struct ev_slice found;  /* JSON; empty: nothing is there */
	struct ev_slice why;    /* more, in words */
	struct ev_buf text;     /* owned */
};

/*
 * The plain definition of each condition, one after the other: slow, and the reference of
 * ev_ruling_run. scan and line as there. EV_DATA: it cannot be decided. *v needs no preparation;
 * fini also after a failure.
 */
enum ev_code ev_rule_explain(const struct ev_rule *rule, const struct ev_scan *plain,
    struct ev_slice line, struct ev_rule_verdict *v, struct ev_err *e) EV_MUST;
void ev_rule_verdict_fini(struct ev_rule_verdict *v);

#endif
