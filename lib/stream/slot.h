/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_SLOT_H
#define EV_STREAM_SLOT_H

#include <stdint.h>

#include "base/err.h"

/*
 * A small record replaced in place: two slots at 0 and 4096 that are written in turn, so that the
 * one before stays whole. A body is n bytes, of which the first 8 are its generation; XXH3-64 of
 * it follows. Of two slots the one with a right hash and the greater generation counts.
 */
enum { EV_SLOT_AT = 4096, EV_SLOT_BODY = 64 /* greatest n */, EV_SLOT_HASH = 8 };

/* The body that counts, in a file of `size` bytes; NULL: none. *blank: nothing was ever begun but
 * the very first one. */
const unsigned char *ev_slot_pick(const unsigned char *file, size_t size, size_t n, bool *blank);

/* Copies the body that counts. EV_NO: there is none; *blank as above. name: for messages. */
enum ev_code ev_slot_read(
    int fd, unsigned char *body, size_t n, bool *blank, const char *name, struct ev_err *e) EV_MUST;

/* Writes the body to the slot of its generation. Not synced. */
enum ev_code ev_slot_write(
    int fd, const unsigned char *body, size_t n, const char *name, struct ev_err *e) EV_MUST;

/* Takes the room for both slots, so that a later write needs none; EV_NO: it has it already. */
enum ev_code ev_slot_make(int fd, size_t n, const char *name, struct ev_err *e) EV_MUST;

#endif
