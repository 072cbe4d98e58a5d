/* SPDX-License-Identifier: MIT */
#ifndef EV_WALK_H
#define EV_WALK_H

#include <endian.h>

#include "json/scan.h"
#include "json/stage.h"

/*
 * What a member's name led to, at this position in an object of this node. Objects of one kind have
 * their members in one order: comparing with what stood there before, instead of looking every name
 * up, made matching in arrays a tenth faster. For names of up to EV_WALK_NAME bytes, as they stand.
 */
struct ev_walk_guess {
	uint64_t head, tail; /* the first and the last eight bytes; head alone up to eight */
	uint32_t len, parent, child;
};

enum { EV_WALK_NAME = 16, EV_WALK_GUESSES = 256 };

/* What the scanner and its two walks share. */
struct ev_scan_work {
	const struct ev_isa *isa;
	uint32_t *pos; /* owned; positions of the block, or of one line when by_line */
	size_t cap;
	const uint32_t *next;  /* the first position of the next line */
	const uint32_t *first; /* of the current line: its first position, */
	const char *base;      /* and what positions count from */
	bool by_line; /* the first stage found something bad in the block: each line on its own */
	uint32_t *touched; /* owned; paths with a value in this line */
	uint32_t touches;
	uint32_t *seen;    /* owned; per node: the object instance that had its member */
	uint32_t instance; /* number of the object being walked, for seen */
	size_t many_cap, place_cap;
	uint32_t arrays; /* numbers given out in this line */
	uint32_t here;   /* the place of the value being walked */
	bool no_memory;
	uint8_t close[EV_DEPTH + 1]; /* per level: the bracket that closes it */
	struct ev_walk_guess guess[EV_WALK_GUESSES];
};

/* A number or literal: where it ends, NULL when it is none. */
struct ev_scalar {
	const char *end;
	enum ev_kind kind;
	uint8_t whole; /* see struct ev_val */
};

/* Reads the one at p, whose line ends in LF. */
struct ev_scalar ev_walk_scalar(const char *p);

/* Makes room in s->many, in s->place. False: out of memory. */
bool ev_walk_more_values(struct ev_scan *s);
bool ev_walk_more_places(struct ev_scan *s);

/* Where the next of s->many goes; NULL: out of memory. */
static inline struct ev_val *
ev_walk_next(struct ev_scan *s)
{
	if (s->manys >= s->work->many_cap && !ev_walk_more_values(s))
		return NULL;
	return &s->many[s->manys++];
}

/*
 * Keeps a value, which ends at end, for the path that ends at node. twice: see struct ev_val.
 * Member by member into its place: to copy a struct that was just put together, the processor waits
 * until the narrow stores are out of its queue, which took an eighth of the time of matching.
 */
static inline void
ev_walk_keep(
    struct ev_scan *s, const struct ev_pnode *node, const char *p, struct ev_scalar v, bool twice)
{
	const uint32_t path = node->path - 1;
	struct ev_val *to;

	if (s->paths->through) {
		to = v.kind < EV_ARRAY ? ev_walk_next(s) : NULL;
		if (to == NULL)
			return;
	} else {
		to = &s->val[path];
		if (to->kind == EV_ABSENT)
			s->work->touched[s->work->touches++] = path;
	}
	to->raw.p = p;
	to->raw.n = (size_t)(v.end - p);
	to->kind = v.kind;
	to->twice = twice;
	to->whole = v.whole;
	to->path = path;
	to->place = s->work->here;
	if (node->many && !s->paths->through && (to = ev_walk_next(s)) != NULL)
		*to = s->val[path];
}

/*
 * Steps into element `index` of array number `array`, from the place `outer`: what is kept is kept
 * there. False: out of memory.
 */
static inline bool
ev_walk_enter(struct ev_scan *s, uint32_t outer, uint32_t array, uint32_t index)
{
	if (s->places >= s->work->place_cap && !ev_walk_more_places(s))
		return false;
	s->place[s->places] = (struct ev_place){ outer, array, index };
	s->work->here = s->places++;
	return true;
}

/* Withdraws what was captured at and below node, among the values of [*] those from number `from`
 * on. */
void ev_walk_forget(struct ev_scan *s, uint32_t node, size_t from);

/* The child of node whose member's name is key (raw, inside of the quotes); 0: none. */
uint32_t ev_walk_find(const struct ev_paths *set, uint32_t node, struct ev_slice key);

/* The same for member number `at` of its object, in a block with its padding. */
static inline uint32_t
ev_walk_child(const struct ev_scan *s, uint32_t node, struct ev_slice key, uint32_t at)
{
	struct ev_walk_guess *g = &s->work->guess[(node * 16 + at) % EV_WALK_GUESSES];
	uint64_t head, tail = 0;

	if (key.n > EV_WALK_NAME)
		return ev_walk_find(s->paths, node, key);
	memcpy(&head, key.p, 8);
	if (key.n > 8)
		memcpy(&tail, key.p + key.n - 8, 8);
	else if (key.n < 8) /* the key's bytes alone: those behind move out */
		head = le64toh(head) << (64 - 8 * key.n) % 64;
	if (g->head != head || g->tail != tail || g->len != key.n || g->parent != node) {
		g->child = ev_walk_find(s->paths, node, key);
		g->head = head;
		g->tail = tail;
		g->len = (uint32_t)key.n;
		g->parent = node;
	}
	return g->child;
}

/*
 * The full walk over the positions at t, which count from base: checks the grammar, captures.
 * Returns the position behind the value, NULL when it is none.
 */
const uint32_t *ev_walk_full(
    struct ev_scan *s, const char *base, const uint32_t *t, struct ev_slice *value);

/*
 * The lazy walk over a valid line without white space around it: stops when all wanted values are
 * there. False: it is no JSON after all.
 */
bool ev_walk_lazy(struct ev_scan *s, struct ev_slice line);

#endif
