/* SPDX-License-Identifier: MIT */
/*
 * First line: where key, time, type and id come from, and the payload's name, divided by blanks, '-' for
 * nothing; second line: what is stamped. What comes out is a valid event, and is left alone the second time.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/io.h"
#include "event/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 5 };

static const char *const tags[] = { "stage", "dev", "a\"b", "", NULL };

/* Scans and stamps line; false when no event comes of it. */
static bool
stamp(const struct ev_stamp_args *args, struct ev_slice line, struct ev_buf *out, bool *same)
{
	struct ev_paths set = { 0 };
	struct ev_scan scan = { 0 };
	struct ev_slice event;
	struct ev_err e = { 0 };
	struct ev_stamp s;
	unsigned long skipped;
	bool made = false;
	enum ev_code rc;

	if (ev_event_paths(&set, NULL) != EV_OK || ev_stamp_init(&s, args, &set, NULL) != EV_OK) {
		ev_paths_fini(&set);
		return false;
	}
	if (ev_scan_init(&scan, &set, false, NULL, NULL) == EV_OK && ev_scan_block(&scan, line, NULL) == EV_OK &&
	    ev_scan_line(&scan, &line, &skipped, NULL) == EV_OK && line.p[0] == '{') {
		rc = ev_stamp_line(&s, line, scan.val, &event, &e);
		if ((rc == EV_OK) != (e.code == EV_OK) || (rc != EV_OK && e.text[0] == '\0'))
			abort();
		made = rc == EV_OK && ev_buf_adds(out, event, NULL) == EV_OK && ev_buf_reserve(out, EV_PAD, NULL) == EV_OK;
		*same = made && event.p == line.p;
	}
	ev_scan_fini(&scan);
	ev_stamp_fini(&s);
	ev_paths_fini(&set);
	return made;
}

/* Cuts the first line into words; NULL for those that are "-" or missing. */
static void
cut(char *text, const char *word[WORDS])
{
	size_t i;

	for (i = 0; i < WORDS && *text != '\0'; i++) {
		word[i] = strcmp(text, "-") == 0 || strncmp(text, "- ", 2) == 0 ? NULL : text;
		text += strcspn(text, " ");
		if (*text != '\0')
			*text++ = '\0';
	}
}

static void
run(char *first, struct ev_slice line)
{
	const char *word[WORDS] = { NULL };
	struct ev_stamp_args args = { .tags = tags }, none = { .entity = NULL };
	struct ev_buf once = EV_BUF(1 << 20), twice = EV_BUF(1 << 20);
	bool same = false;
	size_t off;

	cut(first, word);
	args.key_from = word[0];
	args.time_from = word[1];
	args.type_from = word[2];
	args.id_from = word[3];
	args.entity = word[4];
	if (args.type_from == NULL)
		args.type = "t";
	if (stamp(&args, line, &once, &same)) {
		if (ev_json_check(ev_buf_view(&once), &off, NULL) != EV_OK)
			abort();
		memset(once.p + once.n, '\n', EV_PAD);
		if (!stamp(&none, ev_buf_view(&once), &twice, &same) || !same)
			abort();
	}
	ev_buf_fini(&once);
	ev_buf_fini(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1 + EV_PAD), *lf;
	size_t n;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	memset(text + size, '\n', EV_PAD + 1);
	lf = memchr(text, '\n', size + 1);
	n = (size_t)(lf - text);
	if (size > n && memchr(text, '\0', n) == NULL) {
		*lf = '\0';
		run(text, (struct ev_slice){ lf + 1, size - n - 1 });
	}
	free(text);
	return 0;
}
