/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "tap.h"

static void
known_hashes_come_out(void)
{
	/* of xxHash's own xxhsum -H3 */
	ok(ev_xxh3("", 0) == 0x2d06800538d394c2);
	ok(ev_xxh3(NULL, 0) == 0x2d06800538d394c2);
	ok(ev_xxh3("a", 1) == 0xe6c632b61e964e1f);
	ok(ev_xxh3("abc", 3) == 0x78af5f94892f3950);
}

static void
pieces_hash_as_the_whole(void)
{
	unsigned char text[5000];
	struct ev_hasher h;
	size_t good = 0, tried = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 31 >> 3);
	for (size_t piece = 1; piece < 300; piece += 7, tried++) {
		if (ev_hasher_init(&h, NULL) != EV_OK)
			break;
		for (size_t i = 0; i < sizeof(text); i += piece)
			ev_hasher_add(
			    &h, text + i, sizeof(text) - i < piece ? sizeof(text) - i : piece);
		ev_hasher_add(&h, NULL, 0);
		good += ev_hasher_sum(&h) == ev_xxh3(text, sizeof(text)) &&
		    ev_hasher_sum(&h) == ev_hasher_sum(&h);
		ev_hasher_fini(&h);
	}
	ok_as(good == tried,
	    "bytes in pieces give the sum of the whole, as often as it is asked for");
	ev_hasher_fini(&h);
	ok_as(h.state == NULL, "fini may come twice");
}

static void
is_digest(struct ev_digest *d, const char *text, const char *want, size_t n)
{
	unsigned char sum[32];
	char hex[65] = "";

	ok(ev_digest_add(d, text, strlen(text), NULL) == EV_OK);
	ok(ev_digest_sum(d, sum, NULL) == EV_OK);
	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	is_str(hex, want);
}

/* The vectors of FIPS 180. */
static void
known_digests_come_out(void)
{
	struct ev_err e = { 0 };
	struct ev_digest d;

	ok(ev_digest_init(&d, "SHA256", &e) == EV_OK);
	is_digest(
	    &d, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 32);
	is_digest(&d, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 32);
	ok(ev_digest_add(&d, "a", 1, &e) == EV_OK);
	is_digest(&d, "bc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 32);
	ev_digest_fini(&d);
	ev_digest_fini(&d);
	ok(ev_digest_init(&d, "SHA1", &e) == EV_OK);
	is_digest(&d, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d", 20);
	ev_digest_fini(&d);
	ok(ev_digest_init(&d, "SHA-0", &e) == EV_SYS);
	is_str(e.text, "OpenSSL offers no digest SHA-0");
	ok_as(d.ctx == NULL, "nothing is held after a failure");
}

int
main(void)
{
	known_hashes_come_out();
	pieces_hash_as_the_whole();
	known_digests_come_out();
	return tap_done();
}
