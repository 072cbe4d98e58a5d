/* SPDX-License-Identifier: MIT */
/* Lakes in the working folder, for tests: text in, text out. A failure of the test itself aborts.
 */
#ifndef LAKES_H
#define LAKES_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "lake/lake.h"

static inline void
must(int good, const struct ev_err *e)
{
	if (good)
		return;
	fprintf(stderr, "# %s\n", e->text);
	abort();
}

/* printf at the end of b. */
static inline void __attribute__((format(printf, 2, 3)))
addf(struct ev_buf *b, const char *fmt, ...)
{
	struct ev_err e = { 0 };
	va_list ap;
	char *p;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) < 0)
		abort();
	va_end(ap);
	must(ev_buf_add(b, p, strlen(p), &e) == EV_OK, &e);
	free(p);
}

/* A line with this id, time and, as its payload, x. */
static inline void
add_event(struct ev_buf *b, const char *id, long long ms, const char *x)
{
	addf(b, "{\"id\":\"%s\",\"type\":\"t\",\"timestamp\":%lld,\"x\":\"%s\"}\n", id, ms, x);
}

/* What a put did. */
struct did {
	enum ev_code rc;
	struct ev_err e;
	uint64_t taken, acked, kept, duplicates, conflicts, segments;
};

/* Puts the lines of text; a copy of its own, so that the scanner has what it wants behind it. */
static inline struct did
put_text(const char *dir, struct ev_slice text, const struct ev_put_args *args)
{
	struct did d = { .rc = EV_OK };
	struct ev_paths set = { 0 };
	struct ev_scan scan;
	struct ev_lake lake;
	struct ev_put put;
	struct ev_slice line;
	unsigned long blank, no = 0;
	char *copy = malloc(text.n + EV_PAD);

	memcpy(copy, text.p, text.n);
	memset(copy + text.n, '\n', EV_PAD);
	must(ev_event_paths(&set, &d.e) == EV_OK &&
		ev_scan_init(&scan, &set, false, NULL, &d.e) == EV_OK,
	    &d.e);
	must(ev_scan_block(&scan, (struct ev_slice){ copy, text.n }, &d.e) == EV_OK, &d.e);
	d.rc = ev_lake_open(&lake, dir, EV_LAKE_PUT, &d.e);
	if (d.rc == EV_OK) {
		must(ev_put_open(&put, &lake, args, &d.e) == EV_OK, &d.e);
		while (d.rc == EV_OK && ev_scan_line(&scan, &line, &blank, &d.e) == EV_OK) {
			struct ev_event ev = ev_event_view(line, scan.val);

			d.rc = ev_put_add(&put, &ev, "text", ++no, &d.e);
			if (d.rc == EV_OK && ev_put_due(&put))
				d.rc = ev_put_seal(&put, &d.e);
		}
		if (d.rc == EV_OK)
			d.rc = ev_put_seal(&put, &d.e);
		d.taken = put.taken;
		d.acked = put.acked;
		d.kept = put.kept;
		d.duplicates = put.duplicates;
		d.conflicts = put.conflicts;
		d.segments = put.segments;
		ev_put_close(&put);
		ev_lake_close(&lake);
	}
	ev_scan_fini(&scan);
	ev_paths_fini(&set);
	free(copy);
	return d;
}

/* All lines of the lake, appended to out. since, until: -1 for none. */
static inline enum ev_code
query_text(const char *dir, bool by_time, long long since, long long until, struct ev_buf *out)
{
	struct ev_paths set = { 0 };
	struct ev_select select = {
		.has_since = since != -1, .since = since, .has_until = until != -1, .until = until
	};
	struct ev_select_args asked = { .since = { since != -1, since, 0 },
		.until = { until != -1, until, 0 } };
	struct ev_query_args args = { .select = &select, .paths = &set, .by_time = by_time };
	struct ev_err e = { 0 };
	struct ev_lake lake;
	struct ev_query q;
	enum ev_code rc;

	must(
	    ev_event_paths(&set, &e) == EV_OK && ev_select_init(&select, &asked, &set, &e) == EV_OK,
	    &e);
	must(ev_lake_open(&lake, dir, EV_LAKE_READ, &e) == EV_OK, &e);
	must(ev_query_open(&q, &lake, &args, &e) == EV_OK, &e);
	while ((rc = ev_query_next(&q, &e)) == EV_OK)
		must(ev_buf_adds(out, q.line, &e) == EV_OK && ev_buf_addc(out, '\n', &e) == EV_OK,
		    &e);
	ev_query_close(&q);
	ev_lake_close(&lake);
	ev_select_fini(&select);
	ev_paths_fini(&set);
	return rc == EV_NO ? EV_OK : rc;
}

/* The lines with this id, appended to out. */
static inline enum ev_code
get_text(const char *dir, const char *id, struct ev_buf *out)
{
	struct ev_err e = { 0 };
	struct ev_lake lake;
	enum ev_code rc;

	must(ev_lake_open(&lake, dir, EV_LAKE_READ, &e) == EV_OK, &e);
	rc = ev_lake_get(&lake, ev_slice_str(id), out, &e);
	must(rc == EV_OK || rc == EV_NO, &e);
	ev_lake_close(&lake);
	return rc;
}

static inline void
keep_report(void *arg, const char *place, const char *what)
{
	addf(arg, "%s: %s\n", place, what);
}

/* What verify says of the lake, appended to out. */
static inline enum ev_code
verify_text(const char *dir, unsigned how, struct ev_buf *out)
{
	const struct ev_verify_args args = { .how = how, .report = keep_report, .arg = out };
	struct ev_verified seen;
	struct ev_err e = { 0 };
	enum ev_code rc = ev_lake_verify(dir, &args, &seen, &e);

	if (rc != EV_OK && rc != EV_NO)
		addf(out, "verify: %s\n", e.text);
	return rc;
}

static inline void
remove_lake(const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		abort();
}

#endif
