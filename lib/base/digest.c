/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>

#include "base/hash.h"

enum ev_code
ev_digest_init(struct ev_digest *d, const char *name, struct ev_err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	int good = ctx != NULL && md != NULL && EVP_DigestInit_ex(ctx, md, NULL);

	EVP_MD_free(md); /* ctx holds its own reference */
	if (!good) {
		EVP_MD_CTX_free(ctx);
		d->ctx = NULL;
		return ev_fail(e, EV_SYS, "OpenSSL offers no digest %s", name);
	}
	d->ctx = ctx;
	return EV_OK;
}

enum ev_code
ev_digest_add(struct ev_digest *d, const void *p, size_t n, struct ev_err *e)
{
	if (!EVP_DigestUpdate(d->ctx, p, n))
		return ev_fail(e, EV_SYS, "digest of %zu bytes failed in OpenSSL", n);
	return EV_OK;
}

enum ev_code
ev_digest_sum(struct ev_digest *d, unsigned char *out, struct ev_err *e)
{
	/* without a name the digest begins anew */
	if (!EVP_DigestFinal_ex(d->ctx, out, NULL) || !EVP_DigestInit_ex(d->ctx, NULL, NULL))
		return ev_fail(e, EV_SYS, "digest failed in OpenSSL");
	return EV_OK;
}

void
ev_digest_fini(struct ev_digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}
