/* SPDX-License-Identifier: MIT */
#include "json/num.h"

#include "tap.h"

static int
cmp(const char *a, const char *b)
{
	struct ev_num x = ev_num_read(ev_slice_str(a)), y = ev_num_read(ev_slice_str(b));

	return ev_num_cmp(&x, &y);
}

static void
numbers_compare_by_value(void)
{
	/* each row ascends; within a cell, what a blank divides is equal */
	static const char *const rows[][8] = {
		{ "-9e99999999999999999999", "-1e400", "-3.5", "-1e-400", "0 -0 0.0 -0.00 0e5 0E-7",
		    "1e-400", "0.1 0.10 1e-1 0.001e2 10e-2",
		    "0.1000000000000000055511151231257827" },
		{ "9007199254740992", "9007199254740993 9007199254740993.0 9.007199254740993e15",
		    "9007199254740994", "1e16", "18446744073709551615", "18446744073709551616",
		    "1e400", "1e999999999999999999999" },
		{ "-300.01", "-300 -300.0 -3e2 -30e1 -3E+2 -0.3e3", "-299.99999", "299.9",
		    "300 300.0 3e2 30e1 3E+2 0.003e5 300.000e-0", "300.00000000000000000000000001",
		    "301", "3000" },
		{ "1", "1.000000000001", "1.01", "1.1", "1.10000001", "1.9", "10", "100 1e2" },
	};
	size_t wrong = 0, compared = 0;

	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		char copy[8][128], *cell[64];
		size_t of[64], n = 0;

		for (size_t i = 0; i < 8; i++) {
			snprintf(copy[i], sizeof(copy[i]), "%s", rows[r][i]);
			for (char *w = strtok(copy[i], " "); w != NULL; w = strtok(NULL, " ")) {
				of[n] = i;
				cell[n++] = w;
			}
		}
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < n; k++, compared++) {
				int want = of[i] < of[k] ? -1 : of[i] > of[k],
				    got = cmp(cell[i], cell[k]);

				if ((got > 0) - (got < 0) != want && wrong++ < 10)
					printf("# %s and %s: %d\n", cell[i], cell[k], got);
			}
		}
	}
	printf("# %zu pairs\n", compared);
	ok(wrong == 0 && compared > 300);
}

static void
parts(const char *raw, int sign, int64_t exp, const char *text)
{
	struct ev_num n = ev_num_read(ev_slice_str(raw));

	if (!ok_as(n.sign == sign && n.exp == exp, raw))
		printf("# sign %d, exponent %lld\n", n.sign, (long long)n.exp);
	is_slice(n.text, text);
}

static void
numbers_are_taken_apart(void)
{
	parts("0", 0, 0, "");
	parts("-0.000e9", 0, 0, "");
	parts("7", 1, 1, "7");
	parts("-7", -1, 1, "7");
	parts("1200", 1, 4, "12");
	parts("0.05", 1, -1, "5");
	parts("100.250", 1, 3, "100.25");
	parts("0.000120e3", 1, 0, "12");
	parts("5e-3", 1, -2, "5");
	parts("5e+3", 1, 4, "5");
	parts("1e9223372036854775807", 1, INT64_MAX, "1");
	parts("12e9223372036854775807", 1, INT64_MAX, "12");
	parts("1e-9223372036854775808", 1, INT64_MIN + 1, "1");
	parts("0.01e-9223372036854775808", 1, INT64_MIN, "1");
	parts("1e99999999999999999999999", 1, INT64_MAX, "1");
}

static void
integers_of_64_bits_are_read(void)
{
	static const struct {
		const char *raw;
		bool is;
		int64_t v;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "0e99", true, 0 },
		{ "0.0", true, 0 },
		{ "1", true, 1 },
		{ "3e2", true, 300 },
		{ "300.000", true, 300 },
		{ "1.5e1", true, 15 },
		{ "1.5", false, 0 },
		{ "0.5", false, 0 },
		{ "5e-1", false, 0 },
		{ "50e-1", true, 5 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "-9223372036854775809", false, 0 },
		{ "9.223372036854775807e18", true, INT64_MAX },
		{ "9223372036854775807.5", false, 0 },
		{ "1e18", true, 1000000000000000000 },
		{ "1e19", false, 0 },
		{ "1e400", false, 0 },
		{ "1e-400", false, 0 },
		{ "1e99999999999999999999", false, 0 },
		{ "10000000000000000000000e-22", true, 1 },
		{ "1700000000000", true, 1700000000000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t v = 99;
		bool is = ev_num_int(ev_slice_str(cases[i].raw), &v);

		ok_as(is == cases[i].is && v == (is ? cases[i].v : 99), cases[i].raw);
	}
}

static void
the_grammar_is_that_of_json(void)
{
	static const char *const good[] = { "0", "-0", "1", "10", "0.5", "-0.5e-5", "1E+5", "1e400",
		"123456789012345678901234567890" };
	static const char *const bad[] = { "", "-", "+1", "01", "-01", ".5", "1.", "1.e1", "1e",
		"1e+", "0x1", "1 ", " 1", "1,2", "NaN", "Infinity", "1_0", "[1]", "\"1\"", "true",
		"1e5.5", "--1", "1\t1" };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok_as(ev_num_ok(ev_slice_str(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_as(!ev_num_ok(ev_slice_str(bad[i])), bad[i]);
	ok(!ev_num_ok((struct ev_slice){ NULL, 0 }));
	ok(!ev_num_ok((struct ev_slice){ "1\0", 2 }));
}

int
main(void)
{
	numbers_compare_by_value();
	numbers_are_taken_apart();
	integers_of_64_bits_are_read();
	the_grammar_is_that_of_json();
	return tap_done();
}
