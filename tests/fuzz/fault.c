/* SPDX-License-Identifier: MIT */
/*
 * Any record and any words make a fault that is one line of JSON, not too deep, with the record in
 * it.
 */
#include "event/fault.h"

#include <stdlib.h>

#include "json/scan.h"
#include "json/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The fault must hold the record as one of three. */
static void
look(struct ev_slice fault, struct ev_slice record)
{
	static const char head[] = "\"uow\":{\"record\":";
	const char *at = memmem(fault.p, fault.n, head, sizeof(head) - 1);
	struct ev_buf want = EV_BUF(1 << 24);
	struct ev_slice rest;
	struct ev_err e = { 0 };
	size_t off;

	if (at == NULL || memchr(fault.p, '\n', fault.n) != NULL ||
	    ev_json_check(fault, &off, &e) != EV_OK)
		abort();
	at += sizeof(head) - 1;
	rest = (struct ev_slice){ at, fault.n - (size_t)(at - fault.p) };
	if (ev_slice_begins(rest, record) && ev_json_check(record, &off, NULL) == EV_OK)
		return;
	if (ev_utf8_ok(record)
		? ev_str_encode(record, &want, &e) != EV_OK
		: ev_buf_addc(&want, '"', &e) != EV_OK || ev_base64(record, &want, &e) != EV_OK)
		abort();
	if (!ev_slice_begins(rest, ev_buf_view(&want)))
		abort();
	ev_buf_fini(&want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ev_slice record = { n > 0 ? (const char *)p : "", n };
	struct ev_buf out = EV_BUF(1 << 26);
	struct ev_err e = { 0 }, why = { 0 };
	struct ev_fault f = { .function = "fuzz", .record = record, .err = &why };
	struct ev_digest sha1;

	if (memchr(record.p, '\n', n) != NULL) /* a record is a line */
		return 0;
	ev_fail(&why, EV_DATA, "found %.*s", (int)(n < 100 ? n : 100), record.p);
	ev_err_place(&why, 1, record, n / 2);
	if (ev_digest_init(&sha1, "SHA1", &e) != EV_OK ||
	    ev_fault_write(&f, &sha1, &out, &e) != EV_OK)
		abort();
	look(ev_buf_view(&out), record);
	ev_digest_fini(&sha1);
	ev_buf_fini(&out);
	return 0;
}
