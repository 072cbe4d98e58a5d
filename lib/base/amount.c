/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/digits.h"
#include "base/time.h"

struct unit {
	const char *name;
	uint64_t n;
};

/* In each table the names for people ascend first; a row without a name ends them. */
static const struct unit durations[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60000 },
	{ "h", 3600000 },
	{ "d", 86400000 },
	{ "", 1000 },
	{ "w", 604800000 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "B", 1 },
	{ "K", 1ull << 10 },
	{ "M", 1ull << 20 },
	{ "G", 1ull << 30 },
	{ "T", 1ull << 40 },
	{ "", 1 },
	{ "k", 1ull << 10 },
	{ "KB", 1ull << 10 },
	{ "KiB", 1ull << 10 },
	{ "MB", 1ull << 20 },
	{ "MiB", 1ull << 20 },
	{ "GB", 1ull << 30 },
	{ "GiB", 1ull << 30 },
	{ "TB", 1ull << 40 },
	{ "TiB", 1ull << 40 },
	{ NULL, 0 },
};

/* Takes ".5" if it is there; false when no digit follows the point. */
static bool
take_fraction(struct ev_slice *s, struct ev_slice *digits)
{
	*digits = (struct ev_slice){ s->p, 0 };
	if (!ev_take_char(s, '.'))
		return true;
	*digits = (struct ev_slice){ s->p, ev_digits(*s) };
	ev_skip(s, digits->n);
	return digits->n != 0;
}

/* The integer part of 0.digits times n; from the last digit on, so that nothing overflows. */
static uint64_t
fraction_of(struct ev_slice digits, uint64_t n)
{
	uint64_t f = 0;

	for (size_t i = digits.n; i > 0; i--)
		f = ((uint64_t)(digits.p[i - 1] - '0') * n + f) / 10;
	return f;
}

/* A number and a unit. NULL, or what was wanted: form is the form in general. */
static const char *
parse(struct ev_slice s, const struct unit *unit, const char *form, uint64_t max, uint64_t *v)
{
	struct ev_slice whole = { s.p, ev_digits(s) }, part;
	int64_t n;

	ev_skip(&s, whole.n);
	if (!take_fraction(&s, &part) || whole.n == 0)
		return form;
	while (unit->name != NULL && !ev_slice_eq(ev_slice_str(unit->name), s))
		unit++;
	if (unit->name == NULL)
		return form;
	if (part.n != 0 && unit->n == 1)
		return "no fraction of the smallest unit";
	if (!ev_take_int(&whole, whole.n, &n) || __builtin_mul_overflow((uint64_t)n, unit->n, v) ||
	    __builtin_add_overflow(*v, fraction_of(part, unit->n), v) || *v > max)
		return "less";
	return NULL;
}

enum ev_code
ev_duration_parse(struct ev_slice s, int64_t *ms, struct ev_err *e)
{
	uint64_t v;
	const char *wanted =
	    parse(s, durations, "a number with ms, s, m, h, d or w, such as 1.5s", INT64_MAX, &v);

	if (wanted != NULL)
		return ev_fail(e, EV_USAGE, "found the duration \"%.*s\", wanted %s",
		    EV_FMT(ev_shown(s)), wanted);
	*ms = (int64_t)v;
	return EV_OK;
}

enum ev_code
ev_size_parse(struct ev_slice s, uint64_t *bytes, struct ev_err *e)
{
	uint64_t v;
	const char *wanted =
	    parse(s, sizes, "a number with or without K, M, G or T, such as 64K", UINT64_MAX, &v);

	if (wanted != NULL)
		return ev_fail(
		    e, EV_USAGE, "found the size \"%.*s\", wanted %s", EV_FMT(ev_shown(s)), wanted);
	*bytes = v;
	return EV_OK;
}

/* In the greatest unit for people that it reaches, with one digit behind the point, cut off. */
static void
print(char *out, size_t room, uint64_t v, const struct unit *unit)
{
	uint64_t tenths;

	while (unit[1].n > unit->n && v >= unit[1].n)
		unit++;
	tenths = v / unit->n * 10 + v % unit->n * 10 / unit->n;
	if (unit->n == 1)
		snprintf(out, room, "%llu%s", (unsigned long long)v, unit->name);
	else
		snprintf(out, room, "%llu.%u%s", (unsigned long long)(tenths / 10),
		    (unsigned)(tenths % 10), unit->name);
}

void
ev_duration_print(char out[32], int64_t ms)
{
	uint64_t v = (uint64_t)ms;

	if (ms < 0)
		*out = '-';
	print(out + (ms < 0), 32 - (size_t)(ms < 0), ms < 0 ? 0 - v : v, durations);
}

void
ev_size_print(char out[32], uint64_t bytes)
{
	print(out, 32, bytes, sizes);
}
