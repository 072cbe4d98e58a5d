/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "target/target.h"
#include "tap.h"

static const char *const tags[] = { "stage", "test", NULL };
static char text[1 << 16];

/* The file's contents as a string; "(none)" when there is no such file. */
static const char *
contents(const char *path)
{
	struct ev_buf b = EV_BUF(sizeof(text) - 1);

	if (ev_file_read(AT_FDCWD, path, &b, NULL) != EV_OK)
		return "(none)";
	memcpy(text, ev_buf_str(&b), b.n + 1);
	ev_buf_fini(&b);
	return text;
}

static bool
holds(const char *path, const char *part)
{
	if (strstr(contents(path), part) != NULL)
		return true;
	printf("# %s lacks %s: %s\n", path, part, text);
	return false;
}

static struct ev_err
bad_event(void)
{
	struct ev_err e = { 0 };

	ev_fail(&e, EV_DATA, "no id");
	ev_err_name(&e, "shop");
	e.line = 7;
	return e;
}

static void
a_bad_event_becomes_a_fault(void)
{
	struct ev_err e = { 0 };
	struct ev_faults f;

	ok(ev_faults_open(&f, "faults", "evtest", "b-1", tags, &e) == EV_OK);
	e = bad_event();
	ok(ev_faults_take(&f, EV_LIT("{\"type\":\"x\" }"), &e) == EV_OK);
	ok_as(e.code == EV_OK, "the failure is cleared");
	ok(f.taken == 1);
	ok(ev_faults_sync(&f, &e) == EV_OK);
	ok(holds("faults", "\"type\":\"fault\""));
	ok(holds("faults", "\"functionname\":\"evtest\""));
	ok(holds("faults", "\"stage\":\"test\""));
	ok(holds("faults", "\"record\":{\"type\":\"x\" }"));
	ok(holds("faults", "no id"));
	ev_faults_close(&f);
}

static void
without_an_address_the_failure_stays(void)
{
	struct ev_err e = { 0 };
	struct ev_faults f;

	ok(ev_faults_open(&f, NULL, "evtest", NULL, NULL, &e) == EV_OK);
	e = bad_event();
	ok(ev_faults_take(&f, EV_LIT("{}"), &e) == EV_DATA);
	is_str(e.text, "no id");
	ok(f.taken == 0);
	ok(ev_faults_sync(&f, &e) == EV_OK);
	ev_faults_close(&f);
}

static void
what_was_not_kept_cannot_be_a_fault(void)
{
	struct ev_err e = { 0 };
	struct ev_faults f;

	ok(ev_faults_open(&f, "null:", "evtest", NULL, NULL, &e) == EV_OK);
	e = bad_event();
	ok(ev_faults_take(&f, (struct ev_slice){ NULL, 0 }, &e) == EV_DATA);
	e = (struct ev_err){ 0 };
	ev_fail(&e, EV_SYS, "disk");
	ok_as(ev_faults_take(&f, EV_LIT("{}"), &e) == EV_SYS, "only bad events become faults");
	is_str(e.text, "disk");
	ok(f.taken == 0);
	ev_faults_close(&f);
}

static void
faults_are_events_for_templates(void)
{
	struct ev_err e = { 0 };
	struct ev_faults f;

	ok(ev_faults_open(&f, "by/{tags.functionname}/{uow.record.type}", "evtest", NULL, NULL, &e) == EV_OK);
	e = bad_event();
	ok(ev_faults_take(&f, EV_LIT("{\"type\":\"x\"}"), &e) == EV_OK);
	ok(ev_faults_sync(&f, &e) == EV_OK);
	ok(access("by/evtest/x", F_OK) == 0);
	e = bad_event();
	ok_as(ev_faults_take(&f, EV_LIT("{}"), &e) == EV_SYS, "a fault that cannot be placed stops the command");
	is_str(e.text, "cannot write a fault: uow.record.type is missing; "
		       "the destination's '{uow.record.type}' wants a value");
	ev_faults_close(&f);
}

static void
there_are_no_faults_of_faults(void)
{
	struct ev_err e = { 0 };
	struct ev_faults f;
	char address[32];
	int fd[2];

	ok(ev_faults_open(&f, "/dev/full", "evtest", NULL, NULL, &e) == EV_OK);
	e = bad_event();
	ok(ev_faults_take(&f, EV_LIT("{}"), &e) == EV_OK);
	ok(ev_faults_sync(&f, &e) == EV_SYS);
	is_str(e.name, "/dev/full");
	is_str(e.text, "cannot write a fault: write: No space left on device");
	ev_faults_close(&f);
	ok(pipe(fd) == 0);
	close(fd[0]);
	snprintf(address, sizeof(address), "fd:%d", fd[1]);
	e = (struct ev_err){ 0 };
	ok(ev_faults_open(&f, address, "evtest", NULL, NULL, &e) == EV_OK);
	e = bad_event();
	ok(ev_faults_take(&f, EV_LIT("{}"), &e) == EV_OK);
	ok_as(ev_faults_sync(&f, &e) == EV_SYS, "a reader of faults that went away is no quiet end");
	ev_faults_close(&f);
	close(fd[1]);
}

static void
a_bad_address_is_usage(void)
{
	struct ev_err e = { 0 };
	struct ev_faults f;

	ok(ev_faults_open(&f, "gopher://x", "evtest", NULL, NULL, &e) == EV_USAGE);
	ok(!f.on);
	ev_faults_close(&f);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	a_bad_event_becomes_a_fault();
	without_an_address_the_failure_stays();
	what_was_not_kept_cannot_be_a_fault();
	faults_are_events_for_templates();
	there_are_no_faults_of_faults();
	a_bad_address_is_usage();
	return tap_done();
}
