/* SPDX-License-Identifier: MIT */
#ifndef EV_SAMPLE_H
#define EV_SAMPLE_H

#include "base/buf.h"
#include "json/scan.h"

/*
 * A part of all events that depends on their ids alone: the same one in every run, and a smaller
 * part is in every greater one. What has no id goes by all its bytes.
 */
struct ev_sample {
	uint64_t below;    /* hashes up to this one are in it */
	uint32_t id;       /* path */
	struct ev_buf tmp; /* owned */
};

/* text: `1/100` or `2.5%`, above none and up to all. Adds the path of the id to set. */
enum ev_code ev_sample_init(
    struct ev_sample *s, const char *text, struct ev_paths *set, struct ev_err *e) EV_MUST;

/* *yes: whether the scanned event, whose bytes are line, is in the sample. */
enum ev_code ev_sample_match(struct ev_sample *s, struct ev_slice line, const struct ev_scan *scan,
    bool *yes, struct ev_err *e) EV_MUST;

/* Safe on a zeroed one. */
void ev_sample_fini(struct ev_sample *s);

#endif
