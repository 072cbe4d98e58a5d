/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "lake/segment.h"

enum { PIECE = 256 * 1024 };

static void
hex(const unsigned char sum[32], char out[65])
{
	for (int i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static enum ev_code
sum_all(int fd, char *piece, struct ev_hasher *h, struct ev_digest *d, struct ev_sums *sums,
    struct ev_err *e)
{
	enum ev_code rc;
	ssize_t n;

	for (;;) {
		n = pread(fd, piece, PIECE, (off_t)sums->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ev_fail_sys(e, "read");
		if (n == 0)
			return EV_OK;
		ev_hasher_add(h, piece, (size_t)n);
		if (d != NULL && (rc = ev_digest_add(d, piece, (size_t)n, e)) != EV_OK)
			return rc;
		sums->size += (uint64_t)n;
	}
}

enum ev_code
ev_file_sums(int fd, bool sha, struct ev_sums *sums, struct ev_err *e)
{
	struct ev_hasher h = { 0 };
	struct ev_digest d = { 0 };
	char *piece = malloc(PIECE);
	unsigned char sum[32];
	enum ev_code rc;

	*sums = (struct ev_sums){ 0 };
	rc = piece != NULL ? ev_hasher_init(&h, e) : ev_fail_mem(e);
	if (rc == EV_OK && sha)
		rc = ev_digest_init(&d, "SHA256", e);
	if (rc == EV_OK)
		rc = sum_all(fd, piece, &h, sha ? &d : NULL, sums, e);
	if (rc == EV_OK)
		sums->xxh3 = ev_hasher_sum(&h);
	if (rc == EV_OK && sha && (rc = ev_digest_sum(&d, sum, e)) == EV_OK)
		hex(sum, sums->sha256);
	free(piece);
	ev_hasher_fini(&h);
	ev_digest_fini(&d);
	return rc;
}

enum ev_code
ev_sha256(struct ev_slice s, char out[65], struct ev_err *e)
{
	struct ev_digest d = { 0 };
	unsigned char sum[32];
	enum ev_code rc;

	if ((rc = ev_digest_init(&d, "SHA256", e)) == EV_OK &&
	    (rc = ev_digest_add(&d, s.p, s.n, e)) == EV_OK &&
	    (rc = ev_digest_sum(&d, sum, e)) == EV_OK)
		hex(sum, out);
	ev_digest_fini(&d);
	return rc;
}
