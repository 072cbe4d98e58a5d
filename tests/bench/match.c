/* SPDX-License-Identifier: MIT */
/*
 * match [--trust] EVENTS RULES...: how many events a second a set of rules takes, and how many rules
 * they meet. One thread, the events in memory, JSON parsed each time, nothing written. RULES: a file
 * of lines {"pattern":…}. tests/bench/match.sh builds it and runs the shared sets.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/time.h"
#include "json/lines.h"
#include "match/match.h"

enum { SECONDS = 1, PAD = 64 };

static struct ev_err err;

static void
need(enum ev_code rc)
{
	if (rc == EV_OK)
		return;
	fprintf(stderr, "match: %s\n", err.text);
	exit(2);
}

static void
load_rules(struct ev_match *m, const char *path)
{
	const char *const names[] = { path, NULL };
	struct ev_paths set = { 0 };
	struct ev_lines l;
	uint32_t number, rules = 0;
	enum ev_code rc;

	need(ev_paths_add(&set, EV_LIT("pattern"), &number, &err));
	need(ev_lines_open(&l, names, EV_MAX_LINE, &set, false, NULL, &err));
	while ((rc = ev_lines_next(&l, &err)) == EV_OK)
		need(ev_match_add(m, l.scan.val[number].raw, rules++, &err));
	need(rc == EV_NO ? EV_OK : rc);
	ev_lines_close(&l);
	ev_paths_fini(&set);
	need(ev_match_build(m, &err));
}

/* All events once, in blocks of the reader's size. */
static void
pass(struct ev_scan *s, struct ev_matching *g, const struct ev_buf *b, uint64_t *events,
    uint64_t *matches)
{
	size_t at, end;

	for (at = 0; at < b->n; at = end) {
		struct ev_slice line;
		unsigned long skipped;
		enum ev_code rc;

		for (end = at + EV_BLOCK < b->n ? at + EV_BLOCK : b->n; b->p[end - 1] != '\n'; end++)
			;
		need(ev_scan_block(s, (struct ev_slice){ b->p + at, end - at }, &err));
		while ((rc = ev_scan_line(s, &line, &skipped, &err)) == EV_OK) {
			need(ev_matching_run(g, s, &err));
			++*events;
			*matches += g->rules;
		}
		need(rc == EV_NO ? EV_OK : rc);
	}
}

static void
run(const struct ev_buf *b, const char *path, bool trust)
{
	const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	uint64_t events = 0, matches = 0, passes = 0, start, cpu;
	struct ev_match m = { 0 };
	struct ev_matching g;
	struct ev_scan s;
	double seconds;

	load_rules(&m, path);
	need(ev_matching_init(&g, &m, &err));
	need(ev_scan_init(&s, &m.paths, trust, getenv("EVHUB_SCAN"), &err));
	start = ev_cpu();
	do {
		pass(&s, &g, b, &events, &matches);
		passes++;
		cpu = ev_cpu() - start;
	} while (cpu < SECONDS * 1000000000ULL);
	seconds = (double)cpu / 1e9;
	printf("%-40s %8.0f events/s %6.0f MB/s %9llu matches\n", name, (double)events / seconds,
	    (double)(b->n * passes) / seconds / 1e6, (unsigned long long)(matches / passes));
	ev_scan_fini(&s);
	ev_matching_fini(&g);
	ev_match_fini(&m);
}

int
main(int argc, char **argv)
{
	bool trust = argc > 1 && strcmp(argv[1], "--trust") == 0;
	struct ev_buf b = EV_BUF((size_t)1 << 31);
	int i = trust ? 2 : 1;

	if (argc < i + 2) {
		fprintf(stderr, "usage: match [--trust] EVENTS RULES...\n");
		return 2;
	}
	need(ev_file_read(AT_FDCWD, argv[i++], &b, &err));
	need(ev_buf_reserve(&b, PAD, &err));
	if (b.n == 0 || b.p[b.n - 1] != '\n')
		need(ev_buf_addc(&b, '\n', &err));
	for (; i < argc; i++)
		run(&b, argv[i], trust);
	ev_buf_fini(&b);
	return 0;
}
