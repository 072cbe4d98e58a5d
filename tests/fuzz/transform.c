/* SPDX-License-Identifier: MIT */
/* An input, a line that is `--`, an event: no crash; a refusal says where; what comes out is one
 * line of JSON. */
#include "event/transform.h"

#include <stdint.h>
#include <stdlib.h>

#include "event/event.h"

enum { PAD = 64, OUT = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run(const struct ev_transform *t, const struct ev_paths *set, struct ev_slice events)
{
	const struct ev_transform_vars vars = { EV_LIT("arn:\"rule\""), EV_LIT("rule"),
		1700000000000 };
	struct ev_buf out = EV_BUF(OUT);
	struct ev_scan s = { 0 };
	struct ev_slice line;
	unsigned long skipped;
	size_t off;

	if (ev_scan_init(&s, set, false, NULL, NULL) == EV_OK &&
	    ev_scan_block(&s, events, NULL) == EV_OK)
		while (ev_scan_line(&s, &line, &skipped, NULL) == EV_OK) {
			ev_buf_clear(&out);
			if (line.n < 512 && *s.value.p == '{' &&
			    ev_transform_run(t, &s, line, &vars, &out, NULL) == EV_OK &&
			    (ev_json_check(ev_buf_view(&out), &off, NULL) != EV_OK ||
				memchr(out.p, '\n', out.n) != NULL))
				abort();
		}
	ev_scan_fini(&s);
	ev_buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *cut = size > 0 ? memmem(p, size, "\n--\n", 4) : NULL;
	struct ev_paths set = { 0 };
	struct ev_transform t;
	struct ev_err e = { 0 };
	struct ev_slice input;
	size_t n, off;
	char *event;

	if (cut == NULL)
		return 0;
	input = (struct ev_slice){ p, (size_t)(cut - p) };
	if (ev_json_check(input, &off, NULL) != EV_OK)
		return 0;
	n = size - input.n - 4;
	event = malloc(n + PAD);
	if (event == NULL)
		return 0;
	memcpy(event, cut + 4, n);
	memset(event + n, '\n', PAD);
	if (ev_event_paths(&set, NULL) == EV_OK) {
		if (ev_transform_init(&t, input, &set, &e) == EV_OK) {
			run(&t, &set, (struct ev_slice){ event, n });
			ev_transform_fini(&t);
		} else if (e.line == 0 || e.text[0] == '\0') {
			abort();
		}
	}
	ev_paths_fini(&set);
	free(event);
	return 0;
}
