/* SPDX-License-Identifier: MIT */
#ifndef EV_HASH_H
#define EV_HASH_H

#include <stdint.h>

#include "base/err.h"

/* XXH3-64, seed 0. */
uint64_t ev_xxh3(const void *p, size_t n);

/* XXH3-64 of bytes that come in pieces. */
struct ev_hasher {
	void *state; /* owned */
};
enum ev_code ev_hasher_init(struct ev_hasher *h, struct ev_err *e) EV_MUST;
void ev_hasher_add(struct ev_hasher *h, const void *p, size_t n);
uint64_t ev_hasher_sum(const struct ev_hasher *h);
void ev_hasher_fini(struct ev_hasher *h);

/* "SHA256", "SHA1" for UUIDv5 only and "MD5" for Kinesis' shards only, by OpenSSL; the same use. */
struct ev_digest {
	void *ctx; /* owned */
};
enum ev_code ev_digest_init(struct ev_digest *d, const char *name, struct ev_err *e) EV_MUST;
enum ev_code ev_digest_add(struct ev_digest *d, const void *p, size_t n, struct ev_err *e) EV_MUST;
/* Writes 32, 20 or 16 bytes. Ready for new input afterwards. */
enum ev_code ev_digest_sum(struct ev_digest *d, unsigned char *out, struct ev_err *e) EV_MUST;
void ev_digest_fini(struct ev_digest *d);

#endif
