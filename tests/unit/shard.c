/* SPDX-License-Identifier: MIT */
#include "stream/shard.h"

#include "tap.h"

static uint32_t
shard_of(const char *hash, const char *key, uint32_t shards)
{
	const struct ev_shard_hash *h = ev_shard_hash_find(ev_slice_str(hash));
	struct ev_err e = { 0 };
	uint32_t got = UINT32_MAX;

	if (h == NULL || h->shard(ev_slice_str(key), shards, &got, &e) != EV_OK)
		return UINT32_MAX;
	return got;
}

struct expect {
	const char *key;
	uint32_t shards, shard;
};

static void
all_are(const char *hash, const struct expect *x, size_t n)
{
	char what[96];

	for (size_t i = 0; i < n; i++) {
		uint32_t got = shard_of(hash, x[i].key, x[i].shards);

		snprintf(what, sizeof(what), "%s: \"%.40s\" of %lu shards goes to %lu", hash,
		    x[i].key, (unsigned long)x[i].shards, (unsigned long)x[i].shard);
		if (!ok_as(got == x[i].shard, what))
			printf("# got %lu\n", (unsigned long)got);
	}
}

/* xxHash's own sums, as in the unit test of lib/base: 0x2d06800538d394c2, 0xe6c632b61e964e1f,
 * 0x78af5f94892f3950 */
static void
xxh3_takes_the_remainder_of_64_bits(void)
{
	static const struct expect x[] = {
		{ "", 1000, 138 },
		{ "a", 1000, 719 },
		{ "abc", 1000, 104 },
		{ "abc", 1, 0 },
	};

	all_are("xxh3", x, sizeof(x) / sizeof(*x));
}

/* Computed with Python: min(int.from_bytes(hashlib.md5(key).digest(), "big") // (2**128 // n), n -
 * 1). */
static void
kinesis_divides_the_key_space_evenly(void)
{
	static const struct expect x[] = {
		{ "", 1, 0 },
		{ "", 2, 1 },
		{ "a", 2, 0 },
		{ "abc", 3, 1 },
		{ "o-17", 3, 2 },
		{ "customer-4711", 5, 3 },
		{ "customer-4711", 4, 2 },
		{ "order-submitted", 7, 5 },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 6, 3 },
		{ "abc", 1000, 562 },
		{ "o-17", 1024, 775 },
		{ "", UINT32_MAX, 3558706392 },
		{ "a", UINT32_MAX, 214005177 },
	};

	all_are("kinesis", x, sizeof(x) / sizeof(*x));
}

/* The vectors of Kafka's own UtilsTest; without the sign bit all of the hash is below INT32_MAX. */
static void
murmur2_is_kafkas(void)
{
	static const struct {
		const char *key;
		int32_t hash;
	} v[] = {
		{ "21", -973932308 },
		{ "foobar", -790332482 },
		{ "a-little-bit-long-string", -985981536 },
		{ "a-little-bit-longer-string", -1486304829 },
		{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
		{ "abc", 479470107 },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		uint32_t positive = (uint32_t)v[i].hash & INT32_MAX;
		struct expect x[] = {
			{ v[i].key, 0x80000000, positive },
			{ v[i].key, 12, positive % 12 },
		};

		all_are("murmur2", x, 2);
	}
}

/* Computed with Python's zlib.crc32. */
static void
crc32_is_that_of_zip(void)
{
	static const struct expect x[] = {
		{ "", UINT32_MAX, 0 },
		{ "a", UINT32_MAX, 0xe8b7be43 },
		{ "abc", UINT32_MAX, 0x352441c2 },
		{ "customer-4711", UINT32_MAX, 0x3f2953af },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", UINT32_MAX, 0x1fddd877 },
		{ "order-submitted", 7, 0x5c3dc387 % 7 },
	};

	all_are("crc32", x, sizeof(x) / sizeof(*x));
}

static void
names_are_found_whole(void)
{
	static const char *const name[] = { "xxh3", "kinesis", "murmur2", "crc32" };
	const char *all = ev_shard_hash_names;

	for (size_t i = 0; i < 4; i++) {
		const struct ev_shard_hash *h = ev_shard_hash_find(ev_slice_str(name[i]));

		ok_as(h != NULL && strcmp(h->name, name[i]) == 0, name[i]);
		ok_as(
		    strncmp(all, name[i], strlen(name[i])) == 0, "it is the next one in the list");
		all += strlen(name[i]) + (i < 3 ? 2 : 0);
	}
	ok_as(*all == '\0', "the list names no other");
	ok(ev_shard_hash_find(EV_LIT("xxh")) == NULL);
	ok(ev_shard_hash_find(EV_LIT("xxh32")) == NULL);
	ok(ev_shard_hash_find(EV_LIT("")) == NULL);
}

static void
bytes_above_ascii_and_NUL_are_hashed_as_they_are(void)
{
	static const char *const name[] = { "xxh3", "kinesis", "murmur2", "crc32" };

	for (size_t i = 0; i < 4; i++) {
		const struct ev_shard_hash *h = ev_shard_hash_find(ev_slice_str(name[i]));
		uint32_t a = 0, b = 0;

		ok(h->shard(EV_LIT("a\0b"), 1u << 30, &a, NULL) == EV_OK);
		ok(h->shard(EV_LIT("a\0c"), 1u << 30, &b, NULL) == EV_OK);
		ok_as(a != b, "what stands behind a NUL counts");
	}
}

int
main(void)
{
	xxh3_takes_the_remainder_of_64_bits();
	kinesis_divides_the_key_space_evenly();
	murmur2_is_kafkas();
	crc32_is_that_of_zip();
	names_are_found_whole();
	bytes_above_ascii_and_NUL_are_hashed_as_they_are();
	return tap_done();
}
