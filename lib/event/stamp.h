/* SPDX-License-Identifier: MIT */
#ifndef EV_STAMP_H
#define EV_STAMP_H

#include "base/buf.h"
#include "base/hash.h"
#include "event/event.h"

/*
 * Stamping: a payload becomes an envelope, an incomplete envelope becomes complete, a complete one
 * stays as it is. What an event says itself wins over every option. The envelope's members come
 * first in what is built; all other bytes are those that came in.
 */
struct ev_stamp_args {
	const char *entity; /* the line is the payload under this name; NULL: it is an envelope */
	const char *type;   /* at most one of the two */
	const char *type_from; /* a path */
	const char *key_from;
	const char *time_from;
	const char *id_from;     /* paths with commas between them */
	const char *id;          /* "uuid7", "uuid4"; at most one of the two */
	const char *const *tags; /* K, V, …, NULL; NULL: none */
};

/*
 * Where a value is taken from. Paths look into the line; of a payload they may also be written as
 * they stand in the event that leaves: with the entity's name in front.
 */
struct ev_pick {
	struct ev_slice text; /* borrowed; p NULL: nothing is taken */
	bool whole;           /* the payload itself */
	uint32_t path;
};

struct ev_stamp_tag {
	uint32_t path;        /* of the event's own tag of that name */
	struct ev_slice text; /* "k":"v", into tags */
};

enum { EV_STAMP_IDS = 16, EV_STAMP_TAGS = 64 };

struct ev_stamp {
	struct ev_stamp_args args; /* borrowed */
	struct ev_pick type, key, time, id[EV_STAMP_IDS];
	size_t ids, ntags;
	struct ev_stamp_tag tag[EV_STAMP_TAGS];
	struct ev_buf tags;      /* all tags with commas between them */
	struct ev_buf entity;    /* as JSON */
	struct ev_buf type_text; /* the fixed type, as JSON */
	struct ev_buf out;       /* the event */
	struct ev_buf payload;   /* of text, as JSON */
	struct ev_buf tmp;       /* decoded strings */
	struct ev_buf key_text;  /* a key made of a number, as JSON */
	struct ev_digest sha1;
	uint64_t stamped; /* events that were built or completed */
};

/*
 * args is copied, its strings are borrowed. Adds its paths to set, which holds the envelope's
 * (ev_event_paths). EV_USAGE: a bad path, entity, type or tag; too many. *s needs no preparation
 * and holds nothing after a failure.
 */
enum ev_code ev_stamp_init(struct ev_stamp *s, const struct ev_stamp_args *args,
    struct ev_paths *set, struct ev_err *e) EV_MUST;

/*
 * *out: the complete event, line itself where nothing is to be added, else borrowed until the next
 * call with EV_PAD LFs behind it. line, val: a scanned line, with the values of the set.
 * EV_DATA: no event comes of it; e has the place in line (line number 0: the caller knows it).
 */
enum ev_code ev_stamp_line(struct ev_stamp *s, struct ev_slice line, const struct ev_val *val,
    struct ev_slice *out, struct ev_err *e) EV_MUST;

/* The same for a payload of plain text, which becomes a JSON string. EV_DATA where it is no UTF-8.
 */
enum ev_code ev_stamp_text(
    struct ev_stamp *s, struct ev_slice text, struct ev_slice *out, struct ev_err *e) EV_MUST;

void ev_stamp_fini(struct ev_stamp *s);

#endif
