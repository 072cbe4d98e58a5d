/* SPDX-License-Identifier: MIT */
#ifndef EV_ID_H
#define EV_ID_H

#include <stdint.h>

#include "base/hash.h"

/*
 * Identifiers as text with a NUL: 26 letters of a ULID, 36 of a UUID, lower case both (JSON shows a
 * ULID in upper case).
 */
enum { EV_ULID = 27, EV_UUID = 37 };

/*
 * Random ones take getrandom(2). ms is epoch milliseconds; one that 48 bits cannot hold becomes the
 * nearest that they can.
 */
enum ev_code ev_ulid(char out[EV_ULID], int64_t ms, struct ev_err *e) EV_MUST;
enum ev_code ev_uuid4(char out[EV_UUID], struct ev_err *e) EV_MUST;
enum ev_code ev_uuid7(char out[EV_UUID], int64_t ms, struct ev_err *e) EV_MUST;

/*
 * UUIDv5 (RFC 9562, 5.5) over parts under a namespace of 16 bytes. Each part is preceded by its
 * length as 8 bytes, little endian, so that ("a","bc") and ("ab","c") differ. sha1 is a digest
 * that the caller made.
 */
enum ev_code ev_uuid5(char out[EV_UUID], struct ev_digest *sha1, const unsigned char ns[16],
    const struct ev_slice *part, size_t parts, struct ev_err *e) EV_MUST;

#endif
