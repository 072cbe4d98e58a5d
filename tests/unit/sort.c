/* SPDX-License-Identifier: MIT */
#include "base/sort.h"

#include <errno.h>
#include <unistd.h>

#include "tap.h"

enum { SMALL = 64 * 1024 };

static struct ev_err e;

static int64_t
number(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)(*seed >> 33);
}

/* Adds n records of about `size` bytes, with `keys` different keys; says whether they come back in
 * order. */
static bool
comes_back(size_t n, size_t size, int64_t keys, size_t memory)
{
	struct ev_sort s;
	struct ev_slice r;
	uint64_t seed = 1, sum = 0, got = 0;
	int64_t key, last_key = -1;
	unsigned long no, last_no = 0;
	size_t i, count = 0;
	bool good = true;
	char *text = malloc(size + 32);

	if (text == NULL || ev_sort_init(&s, memory, "/tmp", &e) != EV_OK)
		return false;
	memset(text, 'x', size + 32);
	for (i = 0; i < n && good; i++) {
		key = number(&seed) % keys;
		sum += (uint64_t)key * 31 + i;
		text[snprintf(text, 32, "%zu ", i)] = 'x';
		good =
		    ev_sort_add(&s, key,
			(struct ev_slice){ text, 24 + size / (1 + i % 3) - size / 4 }, &e) == EV_OK;
	}
	while (good && ev_sort_next(&s, &key, &r, &e) == EV_OK) {
		no = strtoul(r.p, NULL, 10);
		good = key > last_key || (key == last_key && no > last_no);
		good = good && r.n == 24 + size / (1 + no % 3) - size / 4 && r.p[r.n - 1] == 'x';
		got += (uint64_t)key * 31 + no;
		last_key = key;
		last_no = no;
		count++;
	}
	ev_sort_fini(&s);
	free(text);
	return good && count == n && got == sum && e.code == EV_OK;
}

static void
nothing_comes_from_nothing(void)
{
	struct ev_sort s;
	struct ev_slice r;
	int64_t key;

	ok(ev_sort_init(&s, SMALL, "/tmp", &e) == EV_OK);
	ok(ev_sort_next(&s, &key, &r, &e) == EV_NO);
	ok(ev_sort_next(&s, &key, &r, &e) == EV_NO);
	ev_sort_fini(&s);
	ev_sort_fini(&s);
}

static void
empty_records_and_extreme_keys_are_kept(void)
{
	struct ev_sort s;
	struct ev_slice r;
	int64_t key = 0;

	ok(ev_sort_init(&s, SMALL, "/tmp", &e) == EV_OK);
	ok(ev_sort_add(&s, INT64_MAX, EV_LIT(""), &e) == EV_OK);
	ok(ev_sort_add(&s, INT64_MIN, EV_LIT("low"), &e) == EV_OK);
	ok(ev_sort_next(&s, &key, &r, &e) == EV_OK && key == INT64_MIN);
	is_slice(r, "low");
	ok(ev_sort_next(&s, &key, &r, &e) == EV_OK && key == INT64_MAX && r.n == 0);
	ok(ev_sort_next(&s, &key, &r, &e) == EV_NO);
	ev_sort_fini(&s);
}

static void
a_missing_folder_is_said(void)
{
	struct ev_sort s;
	struct ev_err err = { .code = EV_OK };
	enum ev_code rc = EV_OK;
	char big[1024] = "";
	int i;

	ok(ev_sort_init(&s, SMALL, "/nonexistent", &err) == EV_OK);
	for (i = 0; i < 100 && rc == EV_OK; i++)
		rc = ev_sort_add(&s, i, (struct ev_slice){ big, sizeof(big) }, &err);
	ok_as(rc == EV_SYS && err.sys == ENOENT, "what does not fit into memory needs the folder");
	ok(strstr(err.text, "/nonexistent") != NULL);
	ev_sort_fini(&s);
}

int
main(void)
{
	nothing_comes_from_nothing();
	empty_records_and_extreme_keys_are_kept();
	ok_as(comes_back(1000, 40, 1 << 20, 1 << 20), "what fits stays in memory");
	ok_as(comes_back(1000, 40, 3, 1 << 20), "ties keep their order in memory");
	ok_as(comes_back(20000, 100, 1 << 20, SMALL), "what does not fit is merged from runs");
	ok_as(comes_back(20000, 100, 5, SMALL), "ties keep their order across runs");
	ok_as(comes_back(40000, 400, 1000, SMALL), "more runs than are merged at once make levels");
	ok_as(comes_back(300, 300000, 1000, SMALL),
	    "records larger than memory and window come back whole");
	a_missing_folder_is_said();
	return tap_done();
}
