/* SPDX-License-Identifier: MIT */
#ifndef EV_WALK_H
#define EV_WALK_H

#include "json/scan.h"
#include "json/stage.h"

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
};

/* Keeps a value for the path that ends at node, if one does. twice: see struct ev_val. */
void ev_walk_keep(struct ev_scan *s, const struct ev_pnode *node, struct ev_val v);

/*
 * Steps into element `index` of array number `array`, from the place `outer`: what is kept is kept
 * there. False: out of memory.
 */
bool ev_walk_enter(struct ev_scan *s, uint32_t outer, uint32_t array, uint32_t index);

/* Withdraws what was captured at and below node, among the values of [*] those from number `from`
 * on. */
void ev_walk_forget(struct ev_scan *s, uint32_t node, size_t from);

/* The child of node whose member's name is key (raw, inside of the quotes); 0: none. */
uint32_t ev_walk_child(const struct ev_paths *set, uint32_t node, struct ev_slice key);

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

/* The end of the number or literal at p (whose line ends in LF), and its kind; NULL when it is
 * none. */
const char *ev_walk_scalar(const char *p, enum ev_kind *kind);

#endif
