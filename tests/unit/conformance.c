/* SPDX-License-Identifier: MIT */
/* The shared conformance cases of patterns: every one gives its verdict. */
#include "json/iter.h"
#include "json/lines.h"
#include "json/str.h"
#include "match/explain.h"
#include "match/match.h"

#include "tap.h"

enum { SRC, PATTERN, EVENT, EVENT_TEXT, MATCH, PATTERN_TEXT, VALID, PATHS };

static const char *const paths[] = { "src", "pattern", "event", "event_text", "match",
	"pattern_text", "valid" };

/* A block for the scanner: text with an LF and padding behind. */
static struct ev_slice
padded(struct ev_buf *b, struct ev_slice text)
{
	static const char pad[EV_PAD] = "\n";

	ev_buf_clear(b);
	if (ev_buf_adds(b, text, NULL) != EV_OK || ev_buf_add(b, pad, sizeof(pad), NULL) != EV_OK)
		exit(2);
	return (struct ev_slice){ b->p, text.n };
}

/* "true", "false", or "error" when it is no event or no pattern. */
static const char *
verdict(struct ev_slice pattern, struct ev_slice event, bool trust)
{
	struct ev_buf block = EV_BUF(64 << 20);
	struct ev_match m = { 0 };
	struct ev_matching g = { 0 };
	struct ev_scan s = { 0 };
	struct ev_slice line;
	unsigned long skipped;
	const char *v = "error";

	if (ev_match_add(&m, pattern, 0, NULL) == EV_OK && ev_match_build(&m, NULL) == EV_OK &&
	    ev_matching_init(&g, &m, NULL) == EV_OK &&
	    ev_scan_init(&s, &m.paths, trust, NULL, NULL) == EV_OK &&
	    ev_scan_block(&s, padded(&block, event), NULL) == EV_OK &&
	    ev_scan_line(&s, &line, &skipped, NULL) == EV_OK && *s.value.p == '{' &&
	    ev_matching_run(&g, &s, NULL) == EV_OK)
		v = g.rules > 0 ? "true" : "false";
	ev_scan_fini(&s);
	ev_matching_fini(&g);
	ev_match_fini(&m);
	ev_buf_fini(&block);
	return v;
}

/* The same by the plain definition. */
static const char *
explained(struct ev_slice pattern, struct ev_slice event)
{
	struct ev_explanation x;
	const char *v = "error";

	if (ev_explain(&x, pattern, event, NULL) == EV_OK) {
		v = x.match ? "true" : "false";
		ev_explanation_fini(&x);
	}
	return v;
}

static bool
same_name(struct ev_slice a, struct ev_slice b)
{
	struct ev_buf text = EV_BUF(1 << 20);
	bool same = ev_str_decode(a, &text, NULL) == EV_OK && ev_str_eq(b, ev_buf_view(&text));

	ev_buf_fini(&text);
	return same;
}

/* Whether a member stands twice in some object: --trust says that an earlier stage has ruled that
 * out. */
static bool
twice(struct ev_slice raw)
{
	struct ev_iter it = ev_iter_view(raw), rest;
	struct ev_slice name, other;
	struct ev_val v, w;

	while (ev_iter_next(&it, &name, &v)) {
		for (rest = it; name.n > 0 && ev_iter_next(&rest, &other, &w);)
			if (same_name(name, other))
				return true;
		if ((v.kind == EV_OBJECT || v.kind == EV_ARRAY) && twice(v.raw))
			return true;
	}
	return false;
}

/* An event in one line: line breaks between its tokens are blanks. */
static void
flatten(struct ev_buf *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->p[i] == '\n')
			b->p[i] = ' ';
}

static bool
right(const struct ev_val *v)
{
	struct ev_buf tmp = EV_BUF(1 << 20);
	struct ev_slice pattern = v[PATTERN].raw, event = v[EVENT].raw, want = v[MATCH].raw;
	bool good = true, trust;

	if (v[EVENT].kind == EV_ABSENT) {
		if (ev_str_decode(v[EVENT_TEXT].raw, &tmp, NULL) != EV_OK)
			return false;
		flatten(&tmp);
		event = ev_buf_view(&tmp);
	}
	if (want.p[0] == '"')
		want = EV_LIT("error");
	if (!ev_slice_eq(ev_slice_str(explained(pattern, event)), want)) {
		printf("# explain: %.*s\n# %.*s\n", EV_FMT(v[SRC].raw), EV_FMT(pattern));
		good = false;
	}
	for (trust = false; good; trust = true) {
		const char *got = verdict(pattern, event, trust);

		good = ev_slice_eq(ev_slice_str(got), want);
		if (!good)
			printf("# %s%.*s\n# %.*s\n# wanted %.*s, got %s\n", trust ? "trust: " : "",
			    EV_FMT(v[SRC].raw), EV_FMT(pattern), EV_FMT(want), got);
		if (trust || want.p[0] == 'e' || twice(event))
			break;
	}
	ev_buf_fini(&tmp);
	return good;
}

static bool
right_about_validity(const struct ev_val *v)
{
	struct ev_buf text = EV_BUF(1 << 20);
	struct ev_err e = { 0 };
	struct ev_match m = { 0 };
	bool valid, good;

	if (ev_str_decode(v[PATTERN_TEXT].raw, &text, NULL) != EV_OK)
		return false;
	valid = ev_match_add(&m, ev_buf_view(&text), 0, &e) == EV_OK;
	good = valid == (v[VALID].kind == EV_TRUE) &&
	    (valid || (e.line > 0 && e.col > 0 && e.text[0] != '\0'));
	if (!good)
		printf("# %.*s\n# %.*s\n# wanted %.*s, got %lu:%lu %s\n", EV_FMT(v[SRC].raw),
		    EV_FMT(v[PATTERN_TEXT].raw), EV_FMT(v[VALID].raw), e.line, e.col, e.text);
	ev_match_fini(&m);
	ev_buf_fini(&text);
	return good;
}

static void
run(const char *folder, const char *file, bool (*check)(const struct ev_val *v), const char *what)
{
	char path[4096];
	const char *names[] = { path, NULL };
	struct ev_paths set = { 0 };
	struct ev_err e = { 0 };
	struct ev_lines l;
	size_t good = 0, all = 0;
	uint32_t i, number;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	for (i = 0; i < PATHS; i++)
		if (ev_paths_add(&set, ev_slice_str(paths[i]), &number, NULL) != EV_OK)
			exit(2);
	if (ev_lines_open(&l, names, EV_MAX_LINE, &set, false, NULL, &e) != EV_OK)
		exit(2);
	while (ev_lines_next(&l, &e) == EV_OK) {
		all++;
		good += check(l.scan.val);
	}
	printf("# %s: %zu of %zu\n", file, good, all);
	ok_as(all > 0 && good == all, what);
	ev_lines_close(&l);
	ev_paths_fini(&set);
}

int
main(void)
{
	const char *shared = getenv("EVHUB_SHARED");
	char folder[2048], file[4096];
	FILE *f;

	snprintf(folder, sizeof(folder), "%s/conformance", shared != NULL ? shared : "../shared");
	snprintf(file, sizeof(file), "%s/patterns.ndjson", folder);
	f = fopen(file, "r");
	if (f == NULL)
		tap_skip_all("no shared conformance cases here");
	fclose(f);
	run(folder, "patterns.ndjson", right, "every case matches as it says");
	run(folder, "invalid.ndjson", right_about_validity,
	    "every pattern is valid or refused as it says");
	return tap_done();
}
