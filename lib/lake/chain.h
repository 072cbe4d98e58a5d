/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_CHAIN_H
#define EV_LAKE_CHAIN_H

#include "lake/lake.h"

/*
 * chain.ndjson: a line per sealing transaction, each with the SHA-256 of the line before it (LF
 * included), the first with that of lake.json. One writer at a time: it holds the catalog's write
 * transaction, or LOCK EX.
 */
struct ev_chain_file {
	char ulid[27]; /* upper case */
	char sha256[65];
};
struct ev_chain_line {
	int64_t seq;
	char why[16], prev[65];
	struct ev_chain_file *add; /* owned */
	size_t adds;
	char (*remove)[27]; /* owned */
	size_t removes;
};

/* EV_SYS: it is no such line, byte for byte. Without its LF. fini it also after a failure. */
enum ev_code ev_chain_parse(
    struct ev_slice text, struct ev_chain_line *line, struct ev_err *e) EV_MUST;
/* Appends the line with its LF. */
enum ev_code ev_chain_print(
    const struct ev_chain_line *line, struct ev_buf *out, struct ev_err *e) EV_MUST;
void ev_chain_fini(struct ev_chain_line *line);

/* The end of the chain. */
struct ev_chain {
	int fd;        /* owned */
	uint64_t size; /* bytes that count */
	int64_t seq;   /* of the last line, 0 before the first */
	char prev[65]; /* what the next line says of it */
};

/*
 * Opens the chain and cuts a last line that is torn, or whose transaction the catalog does not
 * know. EV_SYS: the catalog knows of a later one. *c needs no preparation and holds nothing after a
 * failure.
 */
enum ev_code ev_chain_open(struct ev_chain *c, struct ev_lake *l, struct ev_err *e) EV_MUST;

/* Appends a transaction that adds files, durably. *seq: its number. */
enum ev_code ev_chain_add(struct ev_chain *c, const char *why, struct ev_chain_file *add,
    size_t adds, int64_t *seq, struct ev_err *e) EV_MUST;
void ev_chain_close(struct ev_chain *c);

#endif
