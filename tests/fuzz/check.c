/* SPDX-License-Identifier: MIT */
/* Any text through the byte-by-byte check: what it accepts makes a tree but for what a tree cannot
 * hold; no cut of what it refuses becomes valid. */
#include <stdint.h>
#include <stdlib.h>

#include "json/num.h"
#include "json/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
refused_for_a_reason(const struct ev_err *e)
{
	static const char *const reasons[] = { "duplicate object key", "real number overflow",
		"too big", "too small", "invalid Unicode", "NUL byte in object key" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strncmp(e->text, reasons[i], strlen(reasons[i])) == 0)
			return true;
	return false;
}

static void
as_number(struct ev_slice s)
{
	struct ev_num a, b = { 0, 0, { "", 0 } };
	int64_t v;

	if (!ev_num_ok(s))
		return;
	a = ev_num_read(s);
	if (ev_num_cmp(&a, &a) != 0 || (ev_num_cmp(&a, &b) < 0) != (a.sign < 0))
		abort();
	if (ev_num_int(s, &v) && (v > 0) - (v < 0) != a.sign)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ev_slice text = { (const char *)data, size };
	struct ev_value *tree;
	struct ev_err e = { 0 };
	size_t off, again;

	if (ev_json_check(text, &off, &e) == EV_OK) {
		if (off != size)
			abort();
		if (ev_value_parse(text, &tree, &e) != EV_OK && !refused_for_a_reason(&e))
			abort();
		ev_value_free(tree);
		as_number(text);
	} else {
		if (off > size || e.code != EV_DATA || e.text[0] == '\0')
			abort();
		/* what stands before the place is the beginning of something: a cut there is
		 * refused, if at all, at its end */
		if (off < size &&
		    ev_json_check((struct ev_slice){ text.p, off }, &again, NULL) != EV_OK &&
		    again != off)
			abort();
	}
	return 0;
}
