/* SPDX-License-Identifier: MIT */
/*
 * First line: an address, also read as a template and as a command line; second line: an event that
 * fills the template.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/io.h"
#include "event/event.h"
#include "target/scheme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse(const char *address)
{
	struct ev_slice k, v;
	struct ev_address a;
	struct ev_err e = { 0 };
	const char *opts;

	if (ev_address_parse(&a, address, &e) != EV_OK) {
		if (e.code != EV_USAGE || e.text[0] == '\0')
			abort();
		return;
	}
	if (a.scheme == NULL || strlen(a.rest) > strlen(address))
		abort();
	for (opts = a.opts; ev_opts_next(&opts, &k, &v, NULL) == EV_OK;)
		if (k.n == 0 || v.p + v.n > a.opts + strlen(a.opts))
			abort();
	ev_address_fini(&a);
}

/* The words of a command line are no longer than it is. */
static void
split(const char *text)
{
	struct ev_err e = { 0 };
	char **words;
	size_t n = 0;

	if (ev_words_split(text, &words, &e) != EV_OK) {
		if (e.code != EV_USAGE || e.text[0] == '\0' || e.col > strlen(text))
			abort();
		return;
	}
	for (char **w = words; *w != NULL; w++)
		n += strlen(*w) + 1;
	if (n == 0 || n > strlen(text) + 1)
		abort();
	free(words);
}

/* Slashes that are no part of a field. */
static size_t
slashes(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '{')
			text = strchr(text, '}');
		n += *text == '/';
	}
	return n;
}

static size_t
slashes_in(struct ev_slice s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == '/';
	return n;
}

/* The values of an event never add a folder, nor name the one above. */
static void
expand(const struct ev_template *t, const char *text, const struct ev_paths *set, struct ev_slice line)
{
	struct ev_buf out = EV_BUF(1 << 20);
	unsigned long skipped;
	struct ev_scan scan;

	if (ev_scan_init(&scan, set, false, NULL, NULL) != EV_OK)
		return;
	if (ev_scan_block(&scan, line, NULL) == EV_OK && ev_scan_line(&scan, &line, &skipped, NULL) == EV_OK &&
	    ev_template_expand(t, scan.val, &out, NULL) == EV_OK) {
		if (slashes_in(ev_buf_view(&out)) != slashes(text) || strlen(ev_buf_str(&out)) < out.n)
			abort();
		if (strcmp(text, "{x}") == 0 && (strcmp(out.p, "..") == 0 || strcmp(out.p, ".") == 0))
			abort();
	}
	ev_scan_fini(&scan);
	ev_buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1 + EV_PAD), *lf;
	struct ev_paths set = { 0 };
	struct ev_template t;
	size_t n;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	memset(text + size, '\n', EV_PAD + 1);
	lf = strchr(text, '\n');
	n = (size_t)(lf - text);
	if (memchr(text, '\0', n) == NULL && n < 4096) {
		*lf = '\0';
		parse(text);
		split(text);
		if (ev_event_paths(&set, NULL) == EV_OK && ev_template_parse(&t, text, &set, NULL) == EV_OK) {
			if (size > n)
				expand(&t, text, &set, (struct ev_slice){ lf + 1, size - n - 1 });
			ev_template_fini(&t);
		}
		ev_paths_fini(&set);
	}
	free(text);
	return 0;
}
