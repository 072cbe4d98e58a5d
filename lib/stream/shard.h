/* SPDX-License-Identifier: MIT */
#ifndef EV_SHARD_H
#define EV_SHARD_H

#include <stdint.h>

#include "base/err.h"

/* Which shard a key belongs to. One row per hash; fixed in stream.json when a stream is made. */
struct ev_shard_hash {
	const char *name; /* xxh3, kinesis, murmur2, crc32 */
	/* shards is at least 1; the result is below it. Thread-safe. */
	enum ev_code (*shard)(
	    struct ev_slice key, uint32_t shards, uint32_t *out, struct ev_err *e);
};

/*
 * xxh3: XXH3-64 modulo shards. kinesis: MD5 as a big-endian 128-bit number, the hash key space
 * divided into equal ranges as AWS divides a new stream. murmur2: Kafka's default partitioner (seed
 * 0x9747b28c, sign bit cleared, modulo). crc32: librdkafka's "consistent" (IEEE CRC-32 modulo
 * shards).
 */
const struct ev_shard_hash *ev_shard_hash_find(struct ev_slice name);

/* The names with ", " between, for messages. */
extern const char ev_shard_hash_names[];

#endif
