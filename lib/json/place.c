/* SPDX-License-Identifier: MIT */
#include "json/place.h"

#include "json/str.h"

/* Bytes of the escape that s begins with, the second half of a surrogate pair included. */
static size_t
escape_len(struct ev_slice s)
{
	static const char high[] = "89abAB";

	if (s.n < 6 || s.p[1] != 'u')
		return 2;
	return s.n >= 12 && (s.p[2] | 0x20) == 'd' && strchr(high, s.p[3]) != NULL &&
		s.p[6] == '\\' && s.p[7] == 'u' && (s.p[8] | 0x20) == 'd' &&
		strchr("cdefCDEF", s.p[9]) != NULL
	    ? 12
	    : 6;
}

size_t
ev_place_string(struct ev_slice raw, size_t off)
{
	size_t at = 1, done = 0;

	while (done < off && at + 1 < raw.n) {
		struct ev_slice rest = { raw.p + at, raw.n - 1 - at };
		char quoted[16] = "\"";
		struct ev_buf text = EV_BUF(sizeof(quoted));
		size_t len = 1, bytes = 1;

		if (*rest.p == '\\' && (len = escape_len(rest)) <= rest.n) {
			memcpy(quoted + 1, rest.p, len);
			quoted[len + 1] = '"';
			if (ev_str_decode((struct ev_slice){ quoted, len + 2 }, &text, NULL) ==
			    EV_OK)
				bytes = text.n;
			ev_buf_fini(&text);
		}
		at += len;
		done += bytes;
	}
	return at < raw.n ? at : raw.n;
}

size_t
ev_place_error(const struct ev_err *why, struct ev_slice text)
{
	unsigned long line = 1;
	size_t at = 0;

	for (; line < why->line && at < text.n; at++)
		line += text.p[at] == '\n';
	at += why->col > 0 ? why->col - 1 : 0;
	return at < text.n ? at : text.n;
}
