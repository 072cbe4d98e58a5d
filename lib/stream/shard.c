/* SPDX-License-Identifier: MIT */
#include "stream/shard.h"

#include "base/hash.h"

const char ev_shard_hash_names[] = "xxh3, kinesis, murmur2, crc32";

static enum ev_code
by_xxh3(struct ev_slice key, uint32_t shards, uint32_t *out, struct ev_err *e)
{
	(void)e;
	*out = (uint32_t)(ev_xxh3(key.p, key.n) % shards);
	return EV_OK;
}

enum { MD5 = 16 /* bytes */ };

static enum ev_code
md5(struct ev_slice key, unsigned char sum[MD5], struct ev_err *e)
{
	struct ev_digest d;
	enum ev_code rc = ev_digest_init(&d, "MD5", e);

	if (rc != EV_OK)
		return rc;
	if ((rc = ev_digest_add(&d, key.p, key.n, e)) == EV_OK)
		rc = ev_digest_sum(&d, sum, e);
	ev_digest_fini(&d);
	return rc;
}

/*
 * floor(sum * shards / 2^128). AWS rounds the width of a range down and gives the rest to the last
 * one; that moves a border by less than `shards` of the 2^128 numbers, which no key will ever hit.
 */
static enum ev_code
by_kinesis(struct ev_slice key, uint32_t shards, uint32_t *out, struct ev_err *e)
{
	unsigned char sum[MD5];
	uint64_t carry = 0;
	enum ev_code rc = md5(key, sum, e);

	if (rc != EV_OK)
		return rc;
	for (size_t i = MD5; i-- > 0;)
		carry = ((uint64_t)sum[i] * shards + carry) >> 8;
	*out = (uint32_t)carry;
	return EV_OK;
}

/* Austin Appleby's MurmurHash2 with Kafka's seed, on little-endian words. */
static uint32_t
murmur2(struct ev_slice key)
{
	const uint32_t m = 0x5bd1e995;
	const unsigned char *p = (const unsigned char *)key.p;
	uint32_t h = 0x9747b28c ^ (uint32_t)key.n;
	size_t n = key.n;

	for (; n >= 4; n -= 4, p += 4) {
		uint32_t k =
		    ((uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]) * m;

		h = h * m ^ (k ^ k >> 24) * m;
	}
	if (n > 0) {
		while (n-- > 0)
			h ^= (uint32_t)p[n] << 8 * n;
		h *= m;
	}
	h = (h ^ h >> 13) * m;
	return h ^ h >> 15;
}

static enum ev_code
by_murmur2(struct ev_slice key, uint32_t shards, uint32_t *out, struct ev_err *e)
{
	(void)e;
	*out = (murmur2(key) & 0x7fffffff) % shards;
	return EV_OK;
}

/* IEEE 802.3, reflected, four bits at a time. */
static uint32_t
crc32(struct ev_slice key)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
		0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t c = 0xffffffff;

	for (size_t i = 0; i < key.n; i++) {
		c ^= (unsigned char)key.p[i];
		c = table[c & 15] ^ c >> 4;
		c = table[c & 15] ^ c >> 4;
	}
	return ~c;
}

static enum ev_code
by_crc32(struct ev_slice key, uint32_t shards, uint32_t *out, struct ev_err *e)
{
	(void)e;
	*out = crc32(key) % shards;
	return EV_OK;
}

const struct ev_shard_hash *
ev_shard_hash_find(struct ev_slice name)
{
	static const struct ev_shard_hash hashes[] = {
		{ "xxh3", by_xxh3 },
		{ "kinesis", by_kinesis },
		{ "murmur2", by_murmur2 },
		{ "crc32", by_crc32 },
	};

	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++)
		if (ev_slice_eq(name, ev_slice_str(hashes[i].name)))
			return &hashes[i];
	return NULL;
}
