/* SPDX-License-Identifier: MIT */
#include "cli/text.h"

/* Length of a well-formed UTF-8 sequence (Unicode, table 3-7) at the front, 0 for none. */
static size_t
well_formed(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	if (p[0] == 0xe0 || p[0] == 0xf0)
		low = p[0] == 0xe0 ? 0xa0 : 0x90;
	if (p[0] == 0xed || p[0] == 0xf4)
		high = p[0] == 0xed ? 0x9f : 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t
ev_text_step(struct ev_slice s)
{
	size_t len;

	if (s.n == 0)
		return 0;
	len = well_formed((const unsigned char *)s.p, s.n);
	return len == 0 ? 1 : len;
}

static struct ev_slice
behind(struct ev_slice s, size_t n)
{
	return (struct ev_slice){ s.p + n, s.n - n };
}

size_t
ev_text_width(struct ev_slice s)
{
	size_t width = 0;

	for (; s.n > 0; width++)
		s = behind(s, ev_text_step(s));
	return width;
}

size_t
ev_text_cut(struct ev_slice s, size_t width)
{
	size_t all = s.n;

	for (; s.n > 0 && width > 0; width--)
		s = behind(s, ev_text_step(s));
	return all - s.n;
}

size_t
ev_text_plain(char *p, size_t n)
{
	size_t from = 0, to = 0, len;

	while (from < n) {
		const unsigned char *u = (const unsigned char *)p + from;

		len = well_formed(u, n - from);
		if (len == 0)
			p[to++] = '?';
		else if (u[0] < 0x20 || u[0] == 0x7f || (u[0] == 0xc2 && u[1] < 0xa0))
			p[to++] = '.';
		else {
			memmove(p + to, p + from, len);
			to += len;
		}
		from += len == 0 ? 1 : len;
	}
	return to;
}

static enum ev_code
json_byte(struct ev_buf *b, unsigned char c, struct ev_err *e)
{
	static const char named[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
	const char *at = c != '\0' ? strchr(named, c) : NULL;

	if (at != NULL)
		return ev_buf_addf(b, e, "\\%c", letter[at - named]);
	if (c < 0x20)
		return ev_buf_addf(b, e, "\\u%04x", c);
	return ev_buf_addc(b, (char)c, e);
}

enum ev_code
ev_text_json(struct ev_buf *b, struct ev_slice s, struct ev_err *e)
{
	enum ev_code rc = ev_buf_addc(b, '"', e);

	while (rc == EV_OK && s.n > 0) {
		size_t len = well_formed((const unsigned char *)s.p, s.n);

		if (len == 1)
			rc = json_byte(b, (unsigned char)*s.p, e);
		else if (len == 0)
			rc = ev_buf_add(b, "\xef\xbf\xbd", 3, e);
		else
			rc = ev_buf_add(b, s.p, len, e);
		s = behind(s, len == 0 ? 1 : len);
	}
	return rc == EV_OK ? ev_buf_addc(b, '"', e) : rc;
}
