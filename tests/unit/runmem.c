/* SPDX-License-Identifier: MIT */
/*
 * The n-th allocation of the runner fails, for every n until none is left to fail: each failure is
 * told as EV_SYS, leaves no process behind and, under a sanitizer, leaks nothing. Linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tap.h"
#include "work/run.h"

/* The linker's names; weak, so that a program that was linked without --wrap can say so. */
void *__real_malloc(size_t n) __attribute__((weak));
void *__real_calloc(size_t n, size_t size) __attribute__((weak));
void *__real_realloc(void *p, size_t n) __attribute__((weak));
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/* Allocations that succeed before one fails; below 0: it has failed, or none is to. */
static long good = -1;

static bool
fails(void)
{
	return good >= 0 && good-- == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static struct ev_faults faults;

static enum ev_code
on_done(void *arg, const struct ev_micro *b, struct ev_err *e)
{
	(void)b;
	(void)e;
	++*(int *)arg;
	return EV_OK;
}

/* Four events through that script, to the end. */
static enum ev_code
run(const char *script, bool worker, struct ev_err *e)
{
	static const char *const lines[] = { "{\"id\":\"a\",\"partitionKey\":\"k\"}",
		"{\"id\":\"poison\"}", "{\"id\":\"\\u0062\",\"triggers\":[{\"id\":\"t\"}]}",
		"{\"id\":\"c\",\"partitionKey\":\"k\"}" };
	const char *const command[] = { "sh", "-c", script, NULL };
	int done = 0;
	const struct ev_run_args args = {
		.command = command,
		.worker = worker,
		.inflight = 2,
		.retries = 1,
		.back_off = 1,
		.faults = &faults,
		.done = on_done,
		.arg = &done,
	};
	struct ev_micro b = { .id = "b" };
	enum ev_code rc = EV_OK, end;
	struct ev_run r;
	size_t i;

	if ((rc = ev_run_open(&r, &args, e)) != EV_OK)
		return rc;
	for (i = 0; i < 4 && rc == EV_OK; i++)
		rc = ev_micro_add(&b, ev_slice_str(lines[i]), i, e);
	if (rc == EV_OK && (rc = ev_run_put(&r, &b, e)) == EV_OK)
		rc = ev_run_settle(&r, -1, e);
	end = ev_run_close(&r, e);
	ev_micro_fini(&b);
	return rc == EV_OK && end == EV_OK && done != 1 ? EV_DATA : rc != EV_OK ? rc : end;
}

static enum ev_code
do_once(struct ev_err *e)
{
	return run("! grep -q poison", false, e);
}

/* Names two items the first time. */
static enum ev_code
do_worker(struct ev_err *e)
{
	return run("n=0; while IFS= read -r l; do [ -n \"$l\" ] || case $((n += 1)) in "
		   "1) echo '{\"batch\":1,\"batchItemFailures\":[{\"itemIdentifier\":\"#1\"},"
		   "{\"itemIdentifier\":\"\\u0062\"}]}' >&$EVHUB_ACK;; "
		   "*) echo ok $n >&$EVHUB_ACK; esac; done",
	    true, e);
}

static void
fail_each(const char *name, enum ev_code (*work)(struct ev_err *))
{
	size_t n = 0, wrong = 0;
	char what[128];
	bool failed;

	do {
		struct ev_err e = { 0 };
		enum ev_code rc;

		good = (long)n;
		rc = work(&e);
		failed = good < 0; /* then the n-th allocation was asked for */
		good = -1;
		if (failed ? rc != EV_SYS || e.code != EV_SYS || e.text[0] == '\0' : rc != EV_OK) {
			wrong++;
			printf("# allocation %zu: status %d, %s\n", n, rc, e.text);
		}
	} while (failed && n++ < 10000);
	printf("# %zu allocations\n", n);
	snprintf(what, sizeof(what), "%s: every failed allocation is told", name);
	ok_as(wrong == 0 && n > 0 && n < 10000, what);
	ok_as(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no process is left");
}

int
main(void)
{
	struct ev_err e = { 0 };

	if (__real_malloc == NULL)
		tap_skip_all("linked without --wrap");
	signal(SIGPIPE, SIG_IGN);
	ok(ev_faults_open(&faults, "null:", "evtest", NULL, NULL, &e) == EV_OK);
	ok(do_once(&e) == EV_OK); /* what the libraries keep is allocated now */
	fail_each("a command per part", do_once);
	ok(do_worker(&e) == EV_OK);
	fail_each("a worker", do_worker);
	ev_faults_close(&faults);
	return tap_done();
}
