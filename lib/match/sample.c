/* SPDX-License-Identifier: MIT */
#include "match/sample.h"

#include "base/hash.h"
#include "json/str.h"

/*
 * A number without sign and with at most 12 digits; *s moves behind it. *scale: 10 to the power of
 * its decimals.
 */
static bool
read_decimal(const char **s, uint64_t *v, uint64_t *scale)
{
	size_t digits = 0;
	bool point = false;

	*v = 0;
	*scale = 1;
	for (; (**s >= '0' && **s <= '9') || (**s == '.' && !point && digits > 0); ++*s) {
		if (**s == '.') {
			point = true;
			continue;
		}
		if (++digits > 12)
			return false;
		*v = *v * 10 + (uint64_t)(**s - '0');
		*scale *= point ? 10 : 1;
	}
	return digits > 0 && (*s)[-1] != '.';
}

/* The part num / den of 2^64, less one; num is not above den, and den is below 2^63. */
static uint64_t
part_of_hashes(uint64_t num, uint64_t den)
{
	uint64_t part = 0;
	int i;

	if (num == den)
		return UINT64_MAX;
	for (i = 0; i < 64; i++) {
		num *= 2;
		part = part * 2 + (num >= den);
		num -= num >= den ? den : 0;
	}
	return part - 1;
}

static enum ev_code
parse(const char *text, uint64_t *below, struct ev_err *e)
{
	uint64_t num, den, scale, one;
	const char *s = text;
	bool ok = read_decimal(&s, &num, &scale);

	if (ok && strcmp(s, "%") == 0) {
		den = 100 * scale;
	} else {
		ok = ok && scale == 1 && *s++ == '/' && read_decimal(&s, &den, &one) && one == 1 &&
		    *s == '\0';
	}
	if (!ok || num == 0 || num > den)
		return ev_fail(e, EV_USAGE, "found %s, wanted a part such as 1/100 or 2.5%%", text);
	*below = part_of_hashes(num, den);
	return EV_OK;
}

enum ev_code
ev_sample_init(struct ev_sample *s, const char *text, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc;

	*s = (struct ev_sample){ .tmp = EV_BUF(0) };
	rc = parse(text, &s->below, e);
	return rc != EV_OK ? rc : ev_paths_add(set, EV_LIT("id"), &s->id, e);
}

enum ev_code
ev_sample_match(struct ev_sample *s, struct ev_slice line, const struct ev_scan *scan, bool *yes,
    struct ev_err *e)
{
	const struct ev_val *id = &scan->val[s->id];
	struct ev_slice text = id->kind == EV_ABSENT ? line : id->raw;
	enum ev_code rc = EV_OK;

	if (id->kind == EV_STRING) {
		s->tmp.max = id->raw.n;
		rc = ev_str_view(id->raw, &s->tmp, &text, e);
	}
	*yes = rc == EV_OK && ev_xxh3(text.p, text.n) <= s->below;
	return rc;
}

void
ev_sample_fini(struct ev_sample *s)
{
	ev_buf_fini(&s->tmp);
}
