/* SPDX-License-Identifier: MIT */
/* Times, durations and sizes from any text; a time that is read prints and reads back. */
#include "base/time.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t nows[] = { 0, 1793614830456, INT64_MIN, INT64_MAX };
	struct ev_slice s = { (const char *)data, size };
	int64_t ms, width, back;
	char text[EV_TIME], amount[32];
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(nows) / sizeof(*nows); i++) {
		if (ev_time_parse(s, nows[i], &ms, &width, NULL) != EV_OK)
			continue;
		ev_time_print(text, ms);
		if (width < 0 ||
		    ev_time_parse(ev_slice_str(text), 0, &back, &width, NULL) != EV_OK ||
		    back != ms)
			abort();
	}
	if (ev_duration_parse(s, &ms, NULL) == EV_OK) {
		ev_duration_print(amount, ms);
		if (ms < 0 || ev_duration_parse(ev_slice_str(amount), &back, NULL) != EV_OK ||
		    back > ms)
			abort();
	}
	if (ev_size_parse(s, &bytes, NULL) == EV_OK)
		ev_size_print(amount, bytes);
	return 0;
}
