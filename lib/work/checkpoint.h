/* SPDX-License-Identifier: MIT */
#ifndef EV_CHECKPOINT_H
#define EV_CHECKPOINT_H

#include "work/source.h"

/*
 * `--state FILE`: positions in a source, kept in a small JSON file that is replaced as a whole. It
 * remembers what it points into: the id of a stream or a lake, a file with what it begins with. A
 * source that was made anew is refused, not silently passed over. One process at a time holds it.
 */
struct ev_checkpoint {
	const char *path; /* borrowed */
	int lock;         /* of FILE.lock; a COMMAND is to inherit it */
	struct ev_checkpoint_entry {
		uint32_t shard;
		struct ev_position at;
		char mark[EV_SOURCE_MARK];
	} * entry; /* owned */
	size_t n;
};

/*
 * Takes the lock and reads the file, if there is one. EV_AGAIN: another process has it, e names it.
 * EV_USAGE: it is no such file, or holds positions of another source. *c needs no preparation and
 * holds nothing after a failure.
 */
enum ev_code ev_checkpoint_open(
    struct ev_checkpoint *c, const char *path, struct ev_source *s, struct ev_err *e) EV_MUST;

/* The position of a lane. false: there is none. */
bool ev_checkpoint_find(
    const struct ev_checkpoint *c, const struct ev_source_lane *l, struct ev_position *at);

/* Durable when it returns EV_OK. */
enum ev_code ev_checkpoint_commit(struct ev_checkpoint *c, struct ev_source *s,
    const struct ev_source_lane *l, const struct ev_position *at, struct ev_err *e) EV_MUST;

/* Safe on a zeroed one. */
void ev_checkpoint_close(struct ev_checkpoint *c);

#endif
