/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/bytes.h"
#include "lake/ids.h"
#include "tap.h"

static int
by_hash(const void *a, const void *b)
{
	const struct ev_id_at *x = a, *y = b;

	return (x->h > y->h) - (x->h < y->h);
}

struct found {
	const struct ev_id_at *id;
	size_t *hits; /* per id: times its own frame was named */
};

static enum ev_code
on_hit(void *arg, size_t i, uint32_t frame, struct ev_err *e)
{
	struct found *f = arg;

	(void)e;
	if (f->id[i].frame == frame)
		f->hits[i]++;
	return EV_OK;
}

/*
 * Writes the table of n ids into a file, at an offset, and looks all of them up: at once, and one
 * by one.
 */
static int
all_found(size_t n)
{
	struct ev_id_at *id = calloc(n + 1, sizeof(*id));
	uint64_t *h = calloc(n + 1, sizeof(*h));
	size_t *hits = calloc(n + 1, sizeof(*hits)), i, good = 0;
	struct ev_buf b = EV_BUF(1 << 26);
	struct ev_err e = { 0 };
	struct found f = { id, hits };
	struct ev_ids t;
	char name[32];

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "id-%zu", i);
		id[i] = (struct ev_id_at){ ev_xxh3(name, strlen(name)), (uint32_t)(i * 4096 / n) };
	}
	qsort(id, n, sizeof(*id), by_hash);
	for (i = 0; i < n; i++)
		h[i] = id[i].h;
	if (ev_buf_add(&b, "12345", 5, &e) != EV_OK || ev_ids_write(id, n, &b, &e) != EV_OK)
		return 0;
	t = (struct ev_ids){ open("table", O_RDWR | O_CREAT | O_TRUNC, 0666), 5, b.n - 5 };
	if (t.fd < 0 || write(t.fd, b.p, b.n) != (ssize_t)b.n ||
	    ev_ids_match(&t, h, n, on_hit, &f, &e) != EV_OK)
		return 0;
	for (i = 0; i < n; i++) {
		f = (struct found){ id + i, hits + i };
		if (ev_ids_match(&t, h + i, 1, on_hit, &f, &e) == EV_OK && hits[i] == 2)
			good++;
	}
	close(t.fd);
	ev_buf_fini(&b);
	free(id);
	free(h);
	free(hits);
	return good == n;
}

/*
 * formats: bits is the least b >= 1 with n >> b <= 32; an entry is fp << 12 | frame, fp = (h <<
 * bits) >> 36.
 */
static void
the_layout_is_the_one_of_the_format(void)
{
	const struct ev_id_at id[] = { { 0x0123456789abcdefu, 7 }, { 0x8000000000000000u, 4095 } };
	const unsigned char want[] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, /* dir: 0, 1, 2 */
		0x07, 0xc0, 0x8a, 0x46, 0x02, /* 0x2468ac << 12 | 7 */
		0xff, 0x0f, 0x00, 0x00, 0x00 };
	struct ev_buf b = EV_BUF(1 << 16);
	struct ev_err e = { 0 };

	ok_as(ev_ids_bits(0) == 1 && ev_ids_bits(1) == 1 && ev_ids_bits(64) == 1 &&
		ev_ids_bits(65) == 1,
	    "the directory never has 0 bits");
	ok(ev_ids_bits(66) == 2 && ev_ids_bits(1000000) == 15);
	ok(ev_ids_write(id, 2, &b, &e) == EV_OK);
	ok_as(
	    b.n == sizeof(want) && memcmp(b.p, want, sizeof(want)) == 0, "two ids, byte for byte");
	ev_buf_fini(&b);
}

/* Every byte of a table flipped: an answer or EV_SYS, never a crash. */
static void
damage_is_no_danger(void)
{
	struct ev_id_at id[100];
	uint64_t h[100];
	size_t hits[100] = { 0 }, i, answers = 0;
	struct found f = { id, hits };
	struct ev_buf b = EV_BUF(1 << 16);
	struct ev_err e = { 0 };
	struct ev_ids t;

	for (i = 0; i < 100; i++)
		id[i] = (struct ev_id_at){ h[i] = i << 57, (uint32_t)i };
	ok(ev_ids_write(id, 100, &b, &e) == EV_OK);
	t = (struct ev_ids){ open("flipped", O_RDWR | O_CREAT | O_TRUNC, 0666), 0, b.n };
	for (i = 0; i < 8 * b.n; i++) {
		enum ev_code rc;

		b.p[i / 8] ^= (char)(1 << i % 8);
		e = (struct ev_err){ 0 };
		if (pwrite(t.fd, b.p, b.n, 0) != (ssize_t)b.n)
			abort();
		rc = ev_ids_match(&t, h, 100, on_hit, &f, &e);
		answers += rc == EV_OK || rc == EV_SYS;
		b.p[i / 8] ^= (char)(1 << i % 8);
	}
	ok_as(answers == 8 * b.n, "a flipped bit gives an answer or an error");
	close(t.fd);
	ev_buf_fini(&b);
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 2, 31, 32, 33, 64, 65, 66, 1000, 40000 };
	char what[64];

	the_layout_is_the_one_of_the_format();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(what, sizeof(what), "all of %zu ids are found", sizes[i]);
		ok_as(all_found(sizes[i]), what);
	}
	damage_is_no_danger();
	return tap_done();
}
