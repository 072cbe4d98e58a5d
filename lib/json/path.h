/* SPDX-License-Identifier: MIT */
#ifndef EV_PATH_H
#define EV_PATH_H

#include <stdint.h>

#include "base/err.h"

/*
 * A set of wanted paths, compiled into a trie that drives the scanner.
 * A path is `order.items[0].sku`, `tags["a.b"]`, `items[*].sku`: members by
 * name (letters, digits, `_`, `-`, `$`, `@`, `/` and bytes above 0x7f stand bare; any
 * other name is a JSON string in brackets), elements by number from 0, or
 * all of them. Read-only once built: threads may share it.
 */
enum ev_path_limits { EV_PATH_MAX = 65536 /* paths in a set */ };

struct ev_pnode {
	struct ev_slice key;          /* owned by the set; a member's name, unescaped */
	int64_t index;                /* of an element; -1: a member, -2: every element */
	uint32_t parent, child, next; /* node numbers; 0: none (0 is the root) */
	uint32_t members;             /* children that are members */
	uint32_t path;                /* 1 + number of the path that ends here; 0: none */
	bool many;                    /* below a [*]: may be captured more than once */
};

struct ev_paths {
	struct ev_pnode *node; /* owned; node[0] is the root */
	uint32_t n, cap;
	uint32_t paths;  /* numbers given out, from 0 */
	uint32_t *table; /* owned; members by (parent, name): node numbers, 0 for empty */
	uint32_t slots;  /* of table, a power of two */
	/*
	 * Arrays are transparent, as patterns want it: a.b meets {"a":[{"b":1}]}. All leaves (no
	 * objects, no arrays) of a path are captured, with the elements they sit in. Set before the
	 * first scan; such paths have no [].
	 */
	bool through;
};

/* Any zeroed struct ev_paths is an empty set. */

/*
 * Adds a path; the same path twice has one number. EV_USAGE when text is no
 * path: the place in e is an offset in text.
 */
enum ev_code ev_paths_add(
    struct ev_paths *set, struct ev_slice text, uint32_t *number, struct ev_err *e) EV_MUST;

/* The root's number is 0. Adds the member called name (unescaped) below parent, or finds it. */
enum ev_code ev_paths_member(struct ev_paths *set, uint32_t parent, struct ev_slice name,
    uint32_t *node, struct ev_err *e) EV_MUST;

/* Gives the node's path a number, or finds it. */
enum ev_code ev_paths_number(
    struct ev_paths *set, uint32_t node, uint32_t *number, struct ev_err *e) EV_MUST;

/* The child of parent whose name, unescaped, is name; 0: none. */
uint32_t ev_paths_find(const struct ev_paths *set, uint32_t parent, struct ev_slice name);

void ev_paths_fini(struct ev_paths *set);

#endif
