/* SPDX-License-Identifier: MIT */
#ifndef EV_RULES_BINDING_H
#define EV_RULES_BINDING_H

#include "base/buf.h"
#include "json/scan.h"

/*
 * A binding as RabbitMQ has it. The routing key is the event's type, whose words stand between
 * dots; with the separator "-" every `-` of type and key counts as a dot. An event without a string
 * for its type has no routing key and meets neither direct nor topic.
 */
enum ev_exchange { EV_NO_BINDING, EV_DIRECT, EV_TOPIC, EV_HEADERS, EV_FANOUT };

struct ev_binding_word {
	enum { EV_WORD, EV_WORD_ANY, EV_WORD_ANYS } kind; /* itself, `*`, `#` */
	struct ev_slice text;                             /* borrowed from key */
};

struct ev_binding {
	enum ev_exchange exchange;
	bool dash;
	char *key;                    /* owned */
	struct ev_binding_word *word; /* owned */
	size_t words;
	struct ev_slice key_raw; /* in the rules' text */
	struct ev_buf headers;   /* owned; a pattern over the members of tags */
};

/* Whether the routing key is met, if the exchange looks at it. tmp is overwritten. */
enum ev_code ev_binding_match(const struct ev_binding *b, const struct ev_val *type,
    struct ev_buf *tmp, bool *yes, struct ev_err *e) EV_MUST;

/* Whether text meets the words. */
bool ev_binding_meets(const struct ev_binding *b, struct ev_slice text);

/*
 * Appends an alternative of a pattern, `"order.paid"` or `{"wildcard":"order.*"}`, that every type
 * meets which meets the words; others may, too.
 */
enum ev_code ev_binding_pattern(
    const struct ev_binding *b, struct ev_buf *out, struct ev_err *e) EV_MUST;

/*
 * Appends such an alternative for a text in which EV_STAR, never twice in a row, is any run of
 * bytes: a literal, a prefix, a suffix or a wildcard. No text in a rules file has that byte.
 */
enum { EV_STAR = 1 };
enum ev_code ev_stars_pattern(struct ev_slice stars, struct ev_buf *out, struct ev_err *e) EV_MUST;
void ev_binding_fini(struct ev_binding *b);

#endif
