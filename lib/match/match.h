/* SPDX-License-Identifier: MIT */
#ifndef EV_MATCH_H
#define EV_MATCH_H

#include "json/scan.h"
#include "match/pred.h"

/*
 * Many event patterns (the pattern language of EventBridge) against one event at a time. Each
 * pattern is multiplied out to conjunctions of fields; a field is met by a leaf of its path of
 * which one of its predicates is true. Every conjunction hangs under the predicates of its rarest
 * field, so that the cost of an event follows the predicates that are true of it, not the number of
 * rules.
 */
enum {
	EV_PATTERN = 64 * 1024, /* bytes of a pattern */
	EV_CONJUNCTIONS = 1024, /* of one pattern, its $or multiplied out */
	EV_TRIES =
	    4 << 20 /* choices of array elements tried for one conjunction before giving up */
};

struct ev_field {
	uint32_t path;
	uint32_t first, n; /* of ev_match.list: its predicates */
	bool absent;       /* {"exists":false} is among its alternatives */
	uint32_t at, len;  /* of its list in the pattern's text */
};

struct ev_conjunction {
	uint32_t rule;
	uint32_t first, n; /* of ev_match.member: its fields */
	uint32_t body;     /* of ev_match.body: the same in the form that matching reads; 0: none */
};

struct ev_words {
	uint32_t *v; /* owned */
	size_t n, cap;
};

/* Of each number p a list: v[from[p]] to v[from[p + 1]]. */
struct ev_lists {
	uint32_t *v, *from; /* owned */
};

struct ev_match {
	struct ev_paths paths; /* what the scanner has to capture */
	struct ev_preds preds;
	struct ev_words list, member;
	struct ev_field *field; /* owned */
	uint32_t fields, field_cap;
	struct ev_conjunction *conjunction; /* owned */
	uint32_t conjunctions, conjunction_cap;
	uint32_t rules; /* 1 + greatest rule number */
	/* made by ev_match_build */
	struct ev_sieve *sieve; /* owned; per path */
	/*
	 * The conjunctions one after the other: rule, number of fields, and for each field, the
	 * rarest first, its path, whether absence meets it, the number of its predicates and these.
	 * Those under one predicate are neighbours: among 10,000 rules each jump is a cache miss.
	 */
	struct ev_words body;
	struct ev_lists hung;   /* under a predicate: bodies, to be tried when it is true */
	struct ev_lists alone;  /* of a predicate: the rules that need no more than it */
	struct ev_lists denies; /* of a predicate: the NOTs that it makes false */
	struct ev_words always; /* bodies that need no predicate to be true */
	uint8_t *role;          /* owned; per predicate: enum ev_role */
	uint32_t most;          /* fields of a conjunction */
};

/* What becomes of a predicate that is true. */
enum ev_role {
	EV_CARRIES = 1, /* bodies hang under it */
	EV_DECIDES = 2, /* rules need no more than it */
	EV_DENIES = 4,  /* it makes a NOT false */
	EV_PLACED = 8   /* it shares a conjunction: the elements where it is true count */
};

/* Any zeroed struct ev_match is an empty set; paths.through is set by the first ev_match_add. */

/*
 * Adds a pattern under a rule number of the caller's. EV_USAGE says what is wrong with line and
 * column in text; the set is as good as before then.
 */
enum ev_code ev_match_add(
    struct ev_match *m, struct ev_slice text, uint32_t rule, struct ev_err *e) EV_MUST;

/*
 * Makes the set ready; no pattern can be added afterwards. From here on it is read-only and may be
 * shared by threads, each with an ev_matching of its own.
 */
enum ev_code ev_match_build(struct ev_match *m, struct ev_err *e) EV_MUST;
void ev_match_fini(struct ev_match *m);

/* What one thread needs to match events against a set. */
struct ev_matching {
	const struct ev_match *match; /* borrowed */
	uint32_t *rule;               /* owned; numbers of the rules that the last event meets */
	uint32_t rules;
	struct ev_matching_work *work; /* owned */
};

enum ev_code ev_matching_init(
    struct ev_matching *g, const struct ev_match *m, struct ev_err *e) EV_MUST;

/*
 * Matches the line that scan, whose paths are the set's, has just read. EV_DATA: the event cannot
 * be decided (a regex limit, too many array elements to choose from): a fault, never a "no".
 */
enum ev_code ev_matching_run(
    struct ev_matching *g, const struct ev_scan *scan, struct ev_err *e) EV_MUST;
void ev_matching_fini(struct ev_matching *g);

#endif
