/* SPDX-License-Identifier: MIT */
/* A type pattern, a line feed, a type: what is no regex is compared with a second, plainer matcher.
 */
#include "event/type.h"

#include <stdlib.h>

#include "json/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { SHORT = 14 }; /* bytes of a glob that the plain matcher can try in all ways */

static bool
plain(const char *glob, struct ev_slice s)
{
	size_t k = 1;

	if (*glob == '\0')
		return s.n == 0;
	while (k < s.n && ((unsigned char)s.p[k] & 0xc0) == 0x80)
		k++;
	if (*glob == '*')
		return plain(glob + 1, s) ||
		    (s.n > 0 && plain(glob, (struct ev_slice){ s.p + k, s.n - k }));
	if (s.n == 0 || (*glob != '?' && *glob != *s.p))
		return false;
	if (*glob != '?')
		k = 1;
	return plain(glob + 1, (struct ev_slice){ s.p + k, s.n - k });
}

/* The type as the scanner would give it. */
static void
match(struct ev_types *t, const char *pattern, struct ev_slice text)
{
	struct ev_buf raw = EV_BUF(1 << 24);
	struct ev_err e = { 0 };
	struct ev_val v;
	bool yes;

	if (ev_str_encode(text, &raw, &e) != EV_OK)
		abort();
	v = (struct ev_val){ .raw = ev_buf_view(&raw), .kind = EV_STRING };
	if (ev_types_match(t, &v, &yes, &e) != EV_OK) {
		if (e.code != EV_DATA || *pattern != '/')
			abort();
	} else if (*pattern != '/' && strlen(pattern) <= SHORT && text.n <= SHORT &&
	    ev_utf8_ok(ev_slice_str(pattern)) && yes != plain(pattern, text)) {
		abort();
	}
	ev_buf_fini(&raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const uint8_t *lf = n > 0 ? memchr(p, '\n', n) : NULL;
	size_t len = lf != NULL ? (size_t)(lf - p) : n;
	struct ev_types t = { 0 };
	struct ev_slice text = { "", 0 };
	struct ev_err e = { 0 };
	const char *warn;
	char *pattern = calloc(1, len + 1);

	if (pattern == NULL)
		abort();
	if (len > 0)
		memcpy(pattern, p, len);
	if (lf != NULL)
		text = (struct ev_slice){ (const char *)lf + 1, n - len - 1 };
	if (ev_types_add(&t, pattern, &warn, &e) == EV_OK && ev_utf8_ok(text))
		match(&t, pattern, text);
	ev_types_fini(&t);
	free(pattern);
	return 0;
}
