/* SPDX-License-Identifier: MIT */
#include "stream/head.h"

#include <ctype.h>
#include <fcntl.h>

#include "base/bytes.h"
#include "base/file.h"
#include "stream/slot.h"

void
ev_head_put(unsigned char body[EV_HEAD], const struct ev_head *h)
{
	ev_le_put(body, h->gen, 8);
	ev_le_put(body + 8, h->base, 8);
	ev_le_put(body + 16, h->next, 8);
	ev_le_put(body + 24, h->bytes, 8);
	ev_le_put(body + 32, h->synced, 8);
	ev_le_put(body + 40, (uint64_t)h->ms, 8);
	memcpy(body + 48, h->boot, EV_BOOT);
}

void
ev_head_get(const unsigned char body[EV_HEAD], struct ev_head *h)
{
	h->gen = ev_le_get(body, 8);
	h->base = ev_le_get(body + 8, 8);
	h->next = ev_le_get(body + 16, 8);
	h->bytes = ev_le_get(body + 24, 8);
	h->synced = ev_le_get(body + 32, 8);
	h->ms = (int64_t)ev_le_get(body + 40, 8);
	memcpy(h->boot, body + 48, EV_BOOT);
}

enum ev_code
ev_head_read(int fd, struct ev_head *h, struct ev_err *e)
{
	unsigned char body[EV_HEAD];
	enum ev_code rc;
	bool blank;

	*h = (struct ev_head){ 0 };
	if (fd < 0)
		return EV_NO;
	if ((rc = ev_slot_read(fd, body, EV_HEAD, &blank, "HEAD", e)) == EV_OK)
		ev_head_get(body, h);
	return rc;
}

enum ev_code
ev_head_write(int fd, const struct ev_head *h, struct ev_err *e)
{
	unsigned char body[EV_HEAD];

	ev_head_put(body, h);
	return ev_slot_write(fd, body, EV_HEAD, "HEAD", e);
}

static unsigned
hex(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

enum ev_code
ev_boot_id(unsigned char id[EV_BOOT], struct ev_err *e)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	struct ev_buf text = EV_BUF(256);
	size_t digits = 0;
	enum ev_code rc = ev_file_read(AT_FDCWD, path, &text, e);

	for (size_t i = 0; rc == EV_OK && i < text.n && digits < 2 * EV_BOOT; i++) {
		unsigned char *to = &id[digits / 2];

		if (!isxdigit((unsigned char)text.p[i]))
			continue;
		*to = (unsigned char)(digits % 2 == 0 ? hex(text.p[i]) << 4 : *to | hex(text.p[i]));
		digits++;
	}
	ev_buf_fini(&text);
	if (rc == EV_OK && digits < 2 * EV_BOOT)
		rc = ev_fail(e, EV_SYS, "%s holds no UUID", path);
	return rc;
}
