/* SPDX-License-Identifier: MIT */
/*
 * The files of a stream. The first byte says which: stream.json, options, HEAD and .off, or an
 * index and the segment that it belongs to (behind as many bytes of index as the second byte says).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stream/conf.h"
#include "stream/head.h"
#include "stream/index.h"
#include "stream/mend.h"
#include "stream/offset.h"
#include "stream/slot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read and printed reads back as the same. */
static void
read_conf(const char *p, size_t n)
{
	struct ev_stream_conf c, back;
	struct ev_buf text = EV_BUF(1 << 20), again = EV_BUF(1 << 20);
	struct ev_err e = { 0 };

	if (ev_stream_conf_parse(&c, (struct ev_slice){ p, n }, &e) == EV_OK &&
	    strspn(c.id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == 26 &&
	    (ev_stream_conf_print(&c, &text, &e) != EV_OK ||
		ev_stream_conf_parse(&back, ev_buf_view(&text), &e) != EV_OK ||
		ev_stream_conf_print(&back, &again, &e) != EV_OK ||
		!ev_slice_eq(ev_buf_view(&text), ev_buf_view(&again))))
		abort();
	ev_buf_fini(&text);
	ev_buf_fini(&again);
}

/* A stream that was made with options agrees with them. */
static void
read_options(const char *p, size_t n)
{
	struct ev_stream_conf c;
	char *text = strndup(p, n);

	ev_stream_conf_init(&c);
	if (text != NULL && ev_stream_conf_options(&c, text, NULL) == EV_OK &&
	    strstr(text, "&") == NULL && ev_stream_conf_agrees(&c, text, NULL) != EV_OK)
		abort();
	free(text);
}

static void
read_slots(const unsigned char *p, size_t n)
{
	const unsigned char *body;
	struct ev_head h;
	struct ev_offset o;
	bool blank;

	body = ev_slot_pick(p, n, EV_HEAD, &blank);
	if (body != NULL)
		ev_head_get(body, &h);
	body = ev_slot_pick(p, n, EV_OFFSET, &blank);
	if (body != NULL)
		ev_offset_get(body, &o);
}

static int
file_of(const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		exit(1);
	return fd;
}

/* Whatever the index says: the lines decide, and afterwards it fits them. */
static void
mend(const unsigned char *p, size_t n)
{
	size_t entries = n > 0 ? p[0] : 0, index = entries < n ? entries : 0;
	int idx = file_of(p + 1, index), seg = file_of(p + 1 + index, n > 0 ? n - 1 - index : 0);
	struct ev_mend m = { .seg = seg, .idx = idx, .index = 16, .rewrite = UINT64_MAX, .seq = 5 };
	struct ev_mend again = m;
	struct ev_entry en;
	uint64_t i;

	if (ev_mend_run(&m, n, NULL) != EV_OK)
		abort();
	again.readonly = true;
	if (ev_mend_run(&again, n, NULL) != EV_OK || again.wrong || again.end != m.end ||
	    again.seq != m.seq || again.entries != m.entries)
		abort();
	if (ev_idx_find(idx, EV_BY_BYTE, INT64_MAX, &i, &en, NULL) == EV_OK &&
	    (i + 1 != m.entries || en.byte >= m.end || en.seq >= m.seq))
		abort();
	close(seg);
	close(idx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy;

	if (size == 0)
		return 0;
	copy = malloc(size); /* exactly as long: what reads behind it is seen */
	if (copy == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (data[0] == 'j')
		read_conf((char *)copy, size - 1);
	else if (data[0] == 'o')
		read_options((char *)copy, size - 1);
	else if (data[0] == 's')
		read_slots(copy, size - 1);
	else
		mend(copy, size - 1);
	free(copy);
	return 0;
}
