/* SPDX-License-Identifier: MIT */
/* The scanner on any bytes: no crash, both first stages and the byte-by-byte check agree. */
#include "json/scan.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
	size_t events, bad, bytes;
};

static struct verdict
run(const struct ev_paths *set, const char *isa, bool trust, struct ev_slice block)
{
	struct verdict v = { 0, 0, 0 };
	struct ev_slice line;
	unsigned long skipped;
	struct ev_scan s;
	enum ev_code rc;

	if (ev_scan_init(&s, set, trust, isa, NULL) != EV_OK)
		return v;
	if (ev_scan_block(&s, block, NULL) == EV_OK)
		while ((rc = ev_scan_line(&s, &line, &skipped, NULL)) != EV_NO) {
			size_t off;

			if (!trust && (ev_json_check(line, &off, NULL) == EV_OK) != (rc == EV_OK))
				abort();
			v.events += rc == EV_OK;
			v.bad += rc == EV_DATA;
			for (uint32_t i = 0; rc == EV_OK && i < set->paths; i++)
				v.bytes += s.val[i].raw.n;
		}
	ev_scan_fini(&s);
	return v;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "a", "a.b", "a[*]", "c[0]", "a[*].b" };
	struct ev_paths set = { 0 };
	struct verdict slow, fast;
	struct ev_slice block;
	uint32_t number;
	char *p;
	size_t i;

	p = malloc(size + 64);
	if (p == NULL)
		return 0;
	if (size > 0)
		memcpy(p, data, size);
	memset(p + size, '\n', 64);
	block = (struct ev_slice){ p, size };
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (ev_paths_add(&set, ev_slice_str(paths[i]), &number, NULL) != EV_OK)
			abort();
	slow = run(&set, "scalar", false, block);
	fast = run(&set, NULL, false, block);
	if (slow.events != fast.events || slow.bad != fast.bad || slow.bytes != fast.bytes)
		abort();
	run(&set, "scalar", true, block);
	run(&set, NULL, true, block);
	ev_paths_fini(&set);
	free(p);
	return 0;
}
