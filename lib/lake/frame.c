/* SPDX-License-Identifier: MIT */
#include "lake/frame.h"

#include <errno.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/io.h"

enum ev_code
ev_pread_all(int fd, void *p, size_t n, uint64_t off, struct ev_err *e)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = pread(fd, to, n, (off_t)off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ev_fail_sys(e, "read");
		if (got == 0)
			return ev_fail(e, EV_SYS, "the file ends at byte %llu, %zu bytes too early",
			    (unsigned long long)off, n);
		to += got;
		off += (uint64_t)got;
		n -= (size_t)got;
	}
	return EV_OK;
}

static enum ev_code
make_cctx(struct ev_packer *p, int level, struct ev_err *e)
{
	if (p->ctx == NULL && (p->ctx = ZSTD_createCCtx()) == NULL)
		return ev_fail_mem(e);
	if (ZSTD_isError(ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_checksumFlag, 1)))
		return ev_fail(e, EV_SYS, "zstd refuses level %d", level);
	return EV_OK;
}

enum ev_code
ev_pack(
    struct ev_packer *p, struct ev_slice raw, int level, struct ev_slice *packed, struct ev_err *e)
{
	size_t bound = ZSTD_compressBound(raw.n), n;
	enum ev_code rc;

	if ((rc = make_cctx(p, level, e)) != EV_OK)
		return rc;
	ev_buf_clear(&p->out);
	if ((rc = ev_buf_reserve(&p->out, bound, e)) != EV_OK)
		return rc;
	n = ZSTD_compress2(p->ctx, p->out.p, bound, raw.p, raw.n);
	if (ZSTD_isError(n))
		return ev_fail(e, EV_SYS, "zstd: %s", ZSTD_getErrorName(n));
	p->out.n = n;
	*packed = ev_buf_view(&p->out);
	return EV_OK;
}

void
ev_packer_fini(struct ev_packer *p)
{
	ZSTD_freeCCtx(p->ctx);
	p->ctx = NULL;
	ev_buf_fini(&p->out);
}

enum ev_code
ev_frame_packed(struct ev_unpacker *u, int fd, const struct ev_frame *f, struct ev_slice *packed,
    struct ev_err *e)
{
	enum ev_code rc;

	ev_buf_clear(&u->in);
	if ((rc = ev_buf_reserve(&u->in, f->clen, e)) != EV_OK ||
	    (rc = ev_pread_all(fd, u->in.p, f->clen, f->off, e)) != EV_OK)
		return rc;
	u->in.n = f->clen;
	if (ev_xxh3(u->in.p, u->in.n) != f->xxh3)
		return ev_fail(e, EV_SYS, "the frame at byte %llu is damaged: its hash differs",
		    (unsigned long long)f->off);
	*packed = ev_buf_view(&u->in);
	return EV_OK;
}

enum ev_code
ev_frame_read(
    struct ev_unpacker *u, int fd, const struct ev_frame *f, struct ev_slice *raw, struct ev_err *e)
{
	struct ev_slice packed;
	enum ev_code rc;
	size_t n;

	if ((rc = ev_frame_packed(u, fd, f, &packed, e)) != EV_OK)
		return rc;
	if (ZSTD_getFrameContentSize(packed.p, packed.n) != f->rlen)
		return ev_fail(e, EV_SYS, "the frame at byte %llu does not hold %u bytes",
		    (unsigned long long)f->off, f->rlen);
	if (u->ctx == NULL && (u->ctx = ZSTD_createDCtx()) == NULL)
		return ev_fail_mem(e);
	ev_buf_clear(&u->out);
	if ((rc = ev_buf_reserve(&u->out, (size_t)f->rlen + EV_PAD, e)) != EV_OK)
		return rc;
	n = ZSTD_decompressDCtx(u->ctx, u->out.p, f->rlen, packed.p, packed.n);
	if (ZSTD_isError(n) || n != f->rlen)
		return ev_fail(e, EV_SYS, "the frame at byte %llu is damaged: zstd: %s",
		    (unsigned long long)f->off,
		    ZSTD_isError(n) ? ZSTD_getErrorName(n) : "too short");
	u->out.n = n;
	memset(u->out.p + n, 0, EV_PAD);
	*raw = ev_buf_view(&u->out);
	if (raw->n > 0 && raw->p[raw->n - 1] != '\n')
		return ev_fail(e, EV_SYS, "the frame at byte %llu does not end with a whole line",
		    (unsigned long long)f->off);
	return EV_OK;
}

void
ev_unpacker_fini(struct ev_unpacker *u)
{
	ZSTD_freeDCtx(u->ctx);
	u->ctx = NULL;
	ev_buf_fini(&u->in);
	ev_buf_fini(&u->out);
}
