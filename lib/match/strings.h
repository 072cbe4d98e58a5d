/* SPDX-License-Identifier: MIT */
#ifndef EV_STRINGS_H
#define EV_STRINGS_H

#include "match/match.h"

/*
 * The string predicates of one path, on the text as it is or on the folded text: a hash table for
 * equality; sorted lists of beginnings and ends for prefixes and suffixes, where also the wildcards
 * hang whose first or last part is not empty; and for the other wildcards a table by the first two
 * bytes of their longest part. What most look-ups need stands in the tables themselves: among
 * 10,000 rules each step to a predicate is a cache miss.
 */
struct ev_affix {
	struct ev_slice text; /* borrowed from the predicate */
	uint32_t
	    shorter; /* 1 + the longest other entry that this one begins (or ends) with; 0: none */
	uint32_t first, n; /* of ev_strings.pred */
};

struct ev_affixes {
	struct ev_affix *v; /* owned; sorted */
	uint64_t *key;      /* owned; of each its first (or last) eight bytes as a number: most
			       comparisons end there */
	uint32_t n;
	uint64_t seen[4]; /* a bit per byte that an entry begins (or ends) with */
	bool all;         /* there is an empty one */
	bool from_end;    /* suffixes: compared from the last byte on */
};

struct ev_gram {
	uint16_t key; /* two bytes; one in the high half when the part has only one */
	uint32_t pred;
	struct ev_slice text; /* the part; borrowed */
};

struct ev_equal {
	uint64_t key;  /* a text of up to eight bytes, or the hash of a longer one */
	uint32_t len;  /* of the text */
	uint32_t pred; /* 1 + predicate, 0 for empty */
};

struct ev_strings {
	struct ev_equal *table; /* owned; of equality */
	uint32_t slots;
	uint64_t lens; /* a bit per length that an entry has, the last one for 63 and more */
	struct ev_affixes prefixes, suffixes;
	struct ev_words pred;  /* of the affixes; with EV_WILD it is a wildcard, to be looked at */
	struct ev_gram *gram;  /* owned; sorted by key; those of one byte after those of two */
	uint32_t grams, pairs; /* pairs: how many have two bytes */
	uint64_t *seen;        /* owned; a bit per pair of bytes that begins a gram */
};

#define EV_WILD (1U << 31)

/* Who is told of each predicate that is true; of some perhaps twice. */
struct ev_hits {
	const struct ev_preds *preds; /* borrowed */
	void (*hit)(void *arg, uint32_t pred);
	void *arg;
};

/* list: numbers of predicates, all of this path and folded alike. */
enum ev_code ev_strings_init(struct ev_strings *s, const struct ev_preds *preds,
    const struct ev_words *list, struct ev_err *e) EV_MUST;
void ev_strings_find(const struct ev_strings *s, const struct ev_hits *to, struct ev_slice text);
void ev_strings_fini(struct ev_strings *s);

#endif
