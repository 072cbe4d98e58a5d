/* SPDX-License-Identifier: MIT */
/* Any text that is UTF-8 as a JSON string and back; any JSON string decoded, compared and encoded
 * again. */
#include <stdint.h>
#include <stdlib.h>

#include "json/scan.h"
#include "json/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
there_and_back(struct ev_slice text)
{
	struct ev_buf json = EV_BUF(1 << 24), back = EV_BUF(1 << 24);
	size_t off;

	if (ev_str_encode(text, &json, NULL) != EV_OK ||
	    ev_json_check(ev_buf_view(&json), &off, NULL) != EV_OK)
		abort();
	if (ev_str_decode(ev_buf_view(&json), &back, NULL) != EV_OK ||
	    !ev_slice_eq(ev_buf_view(&back), text))
		abort();
	if (!ev_str_eq(ev_buf_view(&json), text))
		abort();
	ev_buf_fini(&json);
	ev_buf_fini(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ev_slice in = { (const char *)data, size }, text;
	struct ev_buf tmp = EV_BUF(1 << 24);
	size_t off;

	if (ev_utf8_ok(in))
		there_and_back(in);
	if (size >= 2 && data[0] == '"' && data[size - 1] == '"' &&
	    ev_json_check(in, &off, NULL) == EV_OK) {
		if (ev_str_view(in, &tmp, &text, NULL) != EV_OK || !ev_str_eq(in, text))
			abort();
		there_and_back(text);
	}
	ev_buf_clear(&tmp);
	if (ev_base64(in, &tmp, NULL) != EV_OK || tmp.n != (size + 2) / 3 * 4)
		abort();
	ev_buf_fini(&tmp);
	return 0;
}
