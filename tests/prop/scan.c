/* SPDX-License-Identifier: MIT */
/*
 * Property: the AVX2 path, the scalar path and the byte-by-byte check give the same verdict on
 * mutated lines, alone and among neighbours, and the two paths capture the same bytes.
 */
#include "json/scan.h"

#include "prop/prop.h"
#include "tap.h"

enum { ROUNDS = 40000, LINE = 2048 };

static const char long_seed[] =
    "{\"id\":\"5\",\"type\":\"order-submitted\",\"timestamp\":1700000000000,"
    "\"tags\":{\"source\":\"shop\"},\"order\":{\"total\":12.50,\"items\":[{\"sku\":\"a\\\"b\"},"
    "{\"sku\":\"\\u00e9\\ud83d\\ude00\"}],\"note\":null}}";
static const char mixed_seed[] = "{\"a\":[[[[]]],{},{\"b\":{}}],\"id\":-0.0e-0,\"type\":true,"
				 "\"x\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}";
static const char path_seed[] = "{\"path\":\"C:\\\\Windows\\\\System32\\\\cmd.exe /c \\\"dir\\\"\","
				"\"id\":12345678901234567890,\"type\":\"\"}";

static const char *const seeds[] = { long_seed, mixed_seed, path_seed,
	"  {\t\"id\" : \"\\\\\\\\\\\"\" , \"order\" : { \"items\" : [ 1 , 2 , false ] } }  ",
	"[1,2,3]", "\"text\"", "-1.5E+10", "null" };

static const char bytes[] = "{}[]:,\"\\ "
			    "\t\r0123456789-+.eEtrufalsn/"
			    "bx\x01\x1a\x0c\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x80\xbf\xed\xa0\xff";

static size_t
mutate(uint64_t *r, char *p, size_t n)
{
	size_t k = prop_below(r, 4);

	while (k-- > 0 && n > 0) {
		size_t at = prop_below(r, n), m;

		switch (prop_below(r, 4)) {
		case 0:
			p[at] = bytes[prop_below(r, sizeof(bytes) - 1)];
			break;
		case 1: /* out */
			memmove(p + at, p + at + 1, n - at - 1);
			n--;
			break;
		case 2: /* in */
			if (n + 1 < LINE / 2) {
				memmove(p + at + 1, p + at, n - at);
				p[at] = bytes[prop_below(r, sizeof(bytes) - 1)];
				n++;
			}
			break;
		default: /* a piece again */
			m = prop_below(r, n - at) + 1;
			if (n + m < LINE / 2) {
				memmove(p + at + m, p + at, n - at);
				n += m;
			}
			break;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\n')
			p[i] = ' ';
	return n;
}

struct side {
	struct ev_scan scan;
	enum ev_code rc[3];
	struct ev_val val[3][4];
	size_t manys[3];
};

static void
run(struct side *s, struct ev_slice block)
{
	struct ev_slice line;
	unsigned long skipped;
	int i, k;

	memset(s->rc, 0xff, sizeof(s->rc));
	memset(s->val, 0, sizeof(s->val));
	if (ev_scan_block(&s->scan, block, NULL) != EV_OK)
		return;
	for (i = 0; i < 3; i++) {
		s->rc[i] = ev_scan_line(&s->scan, &line, &skipped, NULL);
		if (s->rc[i] != EV_OK)
			continue;
		for (k = 0; k < 4; k++)
			s->val[i][k] = s->scan.val[k];
		s->manys[i] = s->scan.manys;
	}
}

static bool
same(const struct side *a, const struct side *b)
{
	int i, k;

	for (i = 0; i < 3; i++) {
		if (a->rc[i] != b->rc[i])
			return false;
		for (k = 0; k < 4; k++)
			if (a->val[i][k].kind != b->val[i][k].kind ||
			    !ev_slice_eq(a->val[i][k].raw, b->val[i][k].raw))
				return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	static const char *const paths[] = { "id", "type", "order.items[*].sku", "order" };
	uint64_t seed = prop_seed(argc, argv), r = seed;
	struct side fast, slow;
	struct ev_paths set = { 0 };
	char text[2 * LINE], block[4 * LINE];
	size_t differ = 0, wrong = 0, accepted = 0, i;
	uint32_t number;

	for (i = 0; i < 4; i++)
		if (ev_paths_add(&set, ev_slice_str(paths[i]), &number, NULL) != EV_OK)
			return 2;
	if (ev_scan_init(&slow.scan, &set, false, "scalar", NULL) != EV_OK)
		return 2;
	if (ev_scan_init(&fast.scan, &set, false, "avx2", NULL) != EV_OK)
		tap_skip_all("this processor has no AVX2");
	for (i = 0; i < ROUNDS; i++) {
		const char *from = seeds[prop_below(&r, sizeof(seeds) / sizeof(*seeds))];
		size_t n = strlen(from), pad = prop_below(&r, 70), all, off;
		bool good, blank;

		memcpy(text, from, n);
		n = mutate(&r, text, n);
		text[n] = '\0';
		all = (size_t)snprintf(block, sizeof(block), "{\"id\":\"%*s\"}\n", (int)pad, "");
		memcpy(block + all, text, n);
		all += n;
		memcpy(block + all, "\n{\"id\":2}\n", 10);
		all += 10;
		memset(block + all, '"', 64);
		run(&fast, (struct ev_slice){ block, all });
		run(&slow, (struct ev_slice){ block, all });
		blank = strspn(text, " \t\r") == n;
		good = ev_json_check((struct ev_slice){ text, n }, &off, NULL) == EV_OK;
		accepted += good;
		if (!same(&fast, &slow) && differ++ == 0)
			printf("# paths differ on: %s\n", text);
		if ((fast.rc[0] != EV_OK || (!blank && (fast.rc[1] == EV_OK) != good) ||
			fast.rc[blank ? 1 : 2] != EV_OK) &&
		    wrong++ == 0)
			printf("# the check says %d, the scanner %d: %s\n", good, fast.rc[1], text);
	}
	printf("# %zu of %d accepted\n", accepted, ROUNDS);
	ok_as(differ == 0, "AVX2 and scalar agree");
	ok_as(wrong == 0,
	    "the scanner accepts what the byte-by-byte check accepts, and its neighbours");
	ok_as(
	    accepted > ROUNDS / 10 && accepted < ROUNDS - ROUNDS / 10, "both verdicts are common");
	ev_scan_fini(&fast.scan);
	ev_scan_fini(&slow.scan);
	ev_paths_fini(&set);
	return tap_done();
}
