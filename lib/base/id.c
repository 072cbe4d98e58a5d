/* SPDX-License-Identifier: MIT */
#include "base/id.h"

#include <errno.h>
#include <sys/random.h>

enum { ID_BYTES = 16, TIME_BYTES = 6 };

/* So few bytes come whole or not at all; only the wait for the first entropy is interruptible. */
static enum ev_code
random_bytes(unsigned char *p, size_t n, struct ev_err *e)
{
	ssize_t got;

	do
		got = getrandom(p, n, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? ev_fail_sys(e, "getrandom") : EV_OK;
}

/* 48 bits, big endian; a time that they cannot hold becomes the nearest that they can. */
static void
put_time(unsigned char *p, int64_t ms)
{
	const int64_t max = ((int64_t)1 << 48) - 1;
	uint64_t v = (uint64_t)(ms < 0 ? 0 : ms > max ? max : ms);

	for (int i = TIME_BYTES - 1; i >= 0; i--, v >>= 8)
		p[i] = (unsigned char)v;
}

/* Sets version and variant (RFC 9562, 4) and prints. */
static void
print_uuid(char out[EV_UUID], unsigned char id[ID_BYTES], unsigned version)
{
	static const char hex[] = "0123456789abcdef";
	char *to = out;

	id[6] = (unsigned char)((id[6] & 0x0f) | version << 4);
	id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
	for (int i = 0; i < ID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = hex[id[i] >> 4];
		*to++ = hex[id[i] & 15];
	}
	*to = '\0';
}

enum ev_code
ev_ulid(char out[EV_ULID], int64_t ms, struct ev_err *e)
{
	static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";
	unsigned char id[ID_BYTES];
	enum ev_code rc = random_bytes(id + TIME_BYTES, ID_BYTES - TIME_BYTES, e);
	unsigned bits = 0, have = 2; /* 26 letters hold 130 bits: two zeros lead */
	char *to = out;

	if (rc != EV_OK)
		return rc;
	put_time(id, ms);
	for (int i = 0; i < ID_BYTES; i++) {
		bits = bits << 8 | id[i];
		for (have += 8; have >= 5; have -= 5)
			*to++ = crockford[bits >> (have - 5) & 31];
	}
	*to = '\0';
	return EV_OK;
}

enum ev_code
ev_uuid4(char out[EV_UUID], struct ev_err *e)
{
	unsigned char id[ID_BYTES];
	enum ev_code rc = random_bytes(id, sizeof(id), e);

	if (rc == EV_OK)
		print_uuid(out, id, 4);
	return rc;
}

enum ev_code
ev_uuid7(char out[EV_UUID], int64_t ms, struct ev_err *e)
{
	unsigned char id[ID_BYTES];
	enum ev_code rc = random_bytes(id + TIME_BYTES, ID_BYTES - TIME_BYTES, e);

	if (rc != EV_OK)
		return rc;
	put_time(id, ms);
	print_uuid(out, id, 7);
	return EV_OK;
}

static enum ev_code
add_part(struct ev_digest *d, struct ev_slice part, struct ev_err *e)
{
	unsigned char len[8];
	uint64_t n = part.n;
	enum ev_code rc;

	for (size_t i = 0; i < sizeof(len); i++, n >>= 8)
		len[i] = (unsigned char)n;
	rc = ev_digest_add(d, len, sizeof(len), e);
	return rc == EV_OK ? ev_digest_add(d, part.p, part.n, e) : rc;
}

enum ev_code
ev_uuid5(char out[EV_UUID], struct ev_digest *sha1, const unsigned char ns[16],
    const struct ev_slice *part, size_t parts, struct ev_err *e)
{
	unsigned char sum[20];
	enum ev_code rc = ev_digest_add(sha1, ns, 16, e);

	for (size_t i = 0; rc == EV_OK && i < parts; i++)
		rc = add_part(sha1, part[i], e);
	if (rc != EV_OK || (rc = ev_digest_sum(sha1, sum, e)) != EV_OK)
		return rc;
	print_uuid(out, sum, 5);
	return EV_OK;
}
