/* SPDX-License-Identifier: MIT */
#ifndef EV_SCAN_H
#define EV_SCAN_H

#include "json/path.h"

/*
 * The scanner: lines of JSON in, slices of the wanted values out. A first
 * stage (SIMD) marks the structural characters of a whole block, a walk per
 * line checks the grammar over these marks and captures what the paths
 * want. Full RFC 8259 and UTF-8 validation unless trust is set.
 * One scanner serves one thread.
 */
enum ev_kind { EV_ABSENT, EV_NULL, EV_FALSE, EV_TRUE, EV_NUMBER, EV_STRING, EV_ARRAY, EV_OBJECT };

enum { EV_DEPTH = 512 };

/* A captured value: its very bytes, quotes and brackets included. Borrowed from the block. */
struct ev_val {
	struct ev_slice raw;
	enum ev_kind kind;
	bool twice;     /* its member stood more than once in its object: this is the last one */
	uint8_t whole;  /* of a number without an exponent: digits before the point, if at most 7;
			   else 0 */
	uint32_t path;  /* number of the path that captured it */
	uint32_t place; /* with ev_paths.through: where in arrays it sits, in ev_scan.place; 0: in
			   none */
};

/* An element of an array, within the element `outer` of an outer array (0: there is none). */
struct ev_place {
	uint32_t outer;
	uint32_t array; /* number of the array in its line */
	uint32_t index;
};

struct ev_scan {
	const struct ev_paths *paths; /* borrowed; may be NULL */
	bool trust;                   /* valid JSON, no duplicate of a wanted member: stop early */
	struct ev_val *val;           /* owned; by path number: the value, or EV_ABSENT. For a path
				       * with [*] the last one */
	struct ev_val *many;          /* owned; all values of paths with [*], in order; with
				       * ev_paths.through all leaves, and val is not used */
	size_t manys;
	struct ev_place *place; /* owned; see ev_val.place */
	uint32_t places;
	struct ev_slice block;     /* borrowed */
	size_t at;                 /* of block: where the next line begins */
	struct ev_slice value;     /* the line's value, without white space around it; borrowed */
	struct ev_scan_work *work; /* owned; positions, stacks */
};

/*
 * Which first stage: NULL chooses the best that the processor has,
 * "scalar" or "avx2" force one. EV_USAGE for an unknown or unsupported name.
 */
enum ev_code ev_scan_init(struct ev_scan *s, const struct ev_paths *paths, bool trust,
    const char *isa, struct ev_err *e) EV_MUST;

/*
 * Begins a block: whole lines. Where the last one lacks its LF, an LF must stand behind the
 * block all the same; EV_PAD bytes behind it must be readable. Borrowed until the next one.
 */
enum ev_code ev_scan_block(struct ev_scan *s, struct ev_slice block, struct ev_err *e) EV_MUST;

/*
 * The next line that is not blank. *line: its bytes without the LF and a CR before it.
 * *skipped: blank lines passed over
 * before it. Captures are in s->val, good until the next call.
 * EV_NO at the end of the block. EV_DATA when it is no JSON value; e then
 * has the place within the line (as line 1: the caller knows the number), and
 * the scan goes on with the next line.
 */
enum ev_code ev_scan_line(
    struct ev_scan *s, struct ev_slice *line, unsigned long *skipped, struct ev_err *e) EV_MUST;

/*
 * Walks the line that `other` has just read (EV_OK) once more, for the paths of s, whose captures
 * are good until the next call. The first stage is not run again. s was made with the same trust.
 */
enum ev_code ev_scan_again(
    struct ev_scan *s, const struct ev_scan *other, struct ev_err *e) EV_MUST;

void ev_scan_fini(struct ev_scan *s);

/*
 * Checks that text is one JSON value with white space around it, byte by
 * byte. Slow and obvious: it finds the place of an error for the scanner
 * and is its reference in tests. On EV_DATA, *off is the offset of the
 * first byte that cannot be, and e says what was found and wanted.
 */
enum ev_code ev_json_check(struct ev_slice text, size_t *off, struct ev_err *e) EV_MUST;

#endif
