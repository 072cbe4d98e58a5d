/* SPDX-License-Identifier: MIT */
/* The conformance suite beside the source tree: all that reads JSON gives its verdicts. */
#include <fcntl.h>

#include "base/file.h"
#include "json/scan.h"

#include "tap.h"

/* Whether text is accepted. */
static bool
by_check(struct ev_slice text)
{
	size_t off;

	return ev_json_check(text, &off, NULL) == EV_OK;
}

/* Whether the scanner finds one value in text and nothing else. */
static bool
by_scanner(const char *isa, struct ev_slice text)
{
	struct ev_scan s = { 0 };
	struct ev_slice line;
	unsigned long skipped;
	bool one = ev_scan_init(&s, NULL, false, isa, NULL) == EV_OK &&
	    ev_scan_block(&s, text, NULL) == EV_OK &&
	    ev_scan_line(&s, &line, &skipped, NULL) == EV_OK &&
	    ev_scan_line(&s, &line, &skipped, NULL) == EV_NO;

	ev_scan_fini(&s);
	return one;
}

/* isa: of a scanner, which takes lines; NULL: the byte-by-byte check. */
static const struct reader {
	const char *name, *isa;
} readers[] = {
	{ "the byte-by-byte check", NULL },
	{ "the scalar scanner", "scalar" },
	{ "the AVX2 scanner", "avx2" },
};

/* AVX2 alone may be missing. */
static bool
is_here(const struct reader *r)
{
	struct ev_scan s = { 0 };
	bool here = r->isa == NULL || strcmp(r->isa, "avx2") != 0 ||
	    ev_scan_init(&s, NULL, false, r->isa, NULL) == EV_OK;

	ev_scan_fini(&s);
	return here;
}

/* Line ends become blanks, but inside strings, where they are wrong. */
static void
join_lines(char *p, size_t n)
{
	bool string = false;

	for (size_t i = 0; i < n; i++) {
		if (string && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			string = !string;
		else if (!string && (p[i] == '\n' || p[i] == '\r'))
			p[i] = ' ';
	}
}

/* The verdict of one file. A byte order mark at its start is the line reader's to drop. */
static bool
accepted(const struct reader *r, const char *path)
{
	struct ev_buf b = EV_BUF(1 << 24);
	struct ev_slice text;
	bool yes = false;

	if (ev_file_read(AT_FDCWD, path, &b, NULL) == EV_OK &&
	    ev_buf_reserve(&b, 64, NULL) == EV_OK) {
		memset(b.p + b.n, '\n', 64);
		if (r->isa != NULL)
			join_lines(b.p, b.n);
		text = ev_buf_view(&b);
		if (ev_slice_begins(text, EV_LIT("\xef\xbb\xbf")))
			text = (struct ev_slice){ text.p + 3, text.n - 3 };
		yes = r->isa == NULL ? by_check(text) : by_scanner(r->isa, text);
	}
	ev_buf_fini(&b);
	return yes;
}

/* One row of the table: "name\tverdict\t…". */
static bool
agrees(const struct reader *r, const char *dir, char *row, const char **name)
{
	char path[4096], *verdict = strchr(row, '\t');

	*name = row;
	if (verdict == NULL)
		return false;
	*verdict++ = '\0';
	snprintf(path, sizeof(path), "%s/test_parsing/%s", dir, row);
	return accepted(r, path) == (strncmp(verdict, "accept\t", 7) == 0);
}

static void
run(const struct reader *r, const char *dir, FILE *table)
{
	char row[512], what[128];
	size_t files = 0, wrong = 0;
	const char *name;

	rewind(table);
	if (fgets(row, sizeof(row), table) == NULL) /* the headings */
		return;
	while (fgets(row, sizeof(row), table) != NULL) {
		files++;
		if (!agrees(r, dir, row, &name) && ++wrong <= 20)
			printf("# %s: %s\n", r->name, name);
	}
	printf("# %zu files\n", files);
	snprintf(what, sizeof(what), "%s gives every verdict of the suite", r->name);
	ok_as(wrong == 0 && files > 300, what);
}

int
main(void)
{
	const char *shared = getenv("SHARED");
	char dir[2048], path[2100];
	FILE *table;

	snprintf(dir, sizeof(dir), "%s/conformance/jsontestsuite",
	    shared != NULL ? shared : "../shared");
	snprintf(path, sizeof(path), "%s/expected.tsv", dir);
	table = fopen(path, "r");
	if (table == NULL)
		tap_skip_all("the suite is not here: conformance/jsontestsuite/expected.tsv");
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		if (is_here(&readers[i]))
			run(&readers[i], dir, table);
		else
			printf("# not on this processor: %s\n", readers[i].name);
	}
	fclose(table);
	return tap_done();
}
