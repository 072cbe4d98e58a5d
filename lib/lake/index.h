/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_INDEX_H
#define EV_LAKE_INDEX_H

#include "lake/frame.h"

/*
 * What stands behind the frames of a segment: EVIX, the index, and the zstd seek table, each in a
 * skippable frame (evlake(5)). Here are bytes only, no files.
 */
enum {
	EV_FRAMES = 4096, /* frames in a segment at most */
	EV_SEEK_END = 9,  /* bytes at the end of a segment that tell how long the seek table is */
	EV_EVIX_HEAD =
	    8 + 16 + 16 * 28 /* bytes of EVIX that hold its header and up to 16 sections */
};

struct ev_type_n {
	uint32_t type, n; /* number of a name, events of this type */
};

/* Frames and types. */
struct ev_index {
	struct ev_frame *frame; /* owned */
	size_t frames;
	struct ev_slice *type; /* owned; the names' bytes are borrowed from the section */
	size_t types;
	struct ev_type_n
	    *tally;      /* owned; of frame k: first[k] to first[k + 1], ascending by type */
	uint32_t *first; /* owned; frames + 1 */
};

/* Where a section is in the file. */
struct ev_section {
	uint64_t off, len, xxh3;
};
enum ev_section_no { EV_BLKT, EV_TYPE_SECTION, EV_IDTB, EV_META, EV_SECTIONS };

struct ev_evix {
	uint64_t off, len; /* in the file, its 8 bytes of header included */
	struct ev_section section[EV_SECTIONS];
};

/*
 * Appends EVIX and the seek table to out; *map says where its sections are. EVIX follows the last
 * frame.
 */
enum ev_code ev_index_write(const struct ev_index *ix, struct ev_slice ids, struct ev_slice meta,
    struct ev_buf *out, struct ev_evix *map, struct ev_err *e) EV_MUST;

/* Bytes that the seek table of a file with this end takes. EV_SYS: it is no seek table. */
enum ev_code ev_seek_size(const char end[EV_SEEK_END], uint64_t *size, struct ev_err *e) EV_MUST;

/*
 * Checks the seek table of a file of `size` bytes, and finds EVIX. *frames: how many come before
 * it. out may be NULL, else gets clen and rlen of each frame.
 */
enum ev_code ev_seek_read(struct ev_slice table, uint64_t size, struct ev_evix *map, size_t *frames,
    struct ev_frame *out, struct ev_err *e) EV_MUST;

/*
 * Reads the header from the first bytes of EVIX (EV_EVIX_HEAD, or all there are). map->off and len
 * are set. EV_USAGE: a newer version.
 */
enum ev_code ev_evix_read(struct ev_slice head, struct ev_evix *map, struct ev_err *e) EV_MUST;

/* Reads the sections; ix is zeroed before. blkt: frames must fill the file up to EVIX without gaps.
 */
enum ev_code ev_blkt_read(
    struct ev_slice blkt, const struct ev_evix *map, struct ev_index *ix, struct ev_err *e) EV_MUST;
enum ev_code ev_type_read(struct ev_slice type, struct ev_index *ix, struct ev_err *e) EV_MUST;

void ev_index_fini(struct ev_index *ix);

#endif
