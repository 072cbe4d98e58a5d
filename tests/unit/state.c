/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/newer.h"
#include "state/unique.h"
#include "tap.h"

/* A run: the store and both memories, over the file "state" of the test's own folder. */
struct run {
	struct ev_store store;
	struct ev_unique unique;
	struct ev_newer newer;
	struct ev_err e;
};

static int64_t now = 1000000;

static enum ev_code
begin(struct run *r, const char *path, const char *batch, int64_t window)
{
	r->e = (struct ev_err){ 0 };
	ev_unique_init(&r->unique, &r->store, window);
	ev_newer_init(&r->newer, &r->store);
	return ev_store_open(&r->store, path, batch, &r->e);
}

static bool
commit(struct run *r)
{
	return ev_unique_prune(&r->unique, now, &r->e) == EV_OK &&
	    ev_newer_prune(&r->newer, &r->e) == EV_OK && ev_store_commit(&r->store, &r->e) == EV_OK;
}

static bool
end(struct run *r)
{
	bool good = commit(r);

	ev_store_close(&r->store);
	return good;
}

static struct ev_val
val(const char *raw)
{
	struct ev_val v = { .raw = ev_slice_str(raw), .kind = EV_NUMBER };

	v.kind = *raw == '"' ? EV_STRING
	    : *raw == 'n'    ? EV_NULL
	    : *raw == '\0'   ? EV_ABSENT
			     : EV_NUMBER;
	return v;
}

/* 1: fresh, 0: seen, -1: failed. */
static int
see(struct run *r, const char *raw)
{
	struct ev_val v = val(raw);
	bool fresh;

	return ev_unique_see(&r->unique, &v, now, &fresh, &r->e) == EV_OK ? fresh : -1;
}

static int
newer(struct run *r, const char *key, const char *timestamp, const char *id)
{
	struct ev_val k = val(key), t = val(timestamp), i = val(id);
	bool pass;

	return ev_newer_see(&r->newer, &k, &t, &i, &pass, &r->e) == EV_OK ? pass : -1;
}

static void
forget(void)
{
	(void)unlink("state");
	(void)unlink("state-wal");
}

static void
a_key_is_fresh_once(void)
{
	struct run r;

	ok(begin(&r, NULL, NULL, -1) == EV_OK);
	ok(see(&r, "\"a\"") == 1);
	ok(see(&r, "\"a\"") == 0);
	ok_as(see(&r, "\"\\u0061\"") == 0, "escapes make no difference");
	ok(see(&r, "\"b\"") == 1);
	ok(see(&r, "\"\"") == 1 && see(&r, "\"\"") == 0);
	ok(see(&r, "7") == 1 && see(&r, "7") == 0);
	ok_as(see(&r, "\"7\"") == 1, "a string is no number");
	ok_as(see(&r, "") == 1 && see(&r, "") == 1, "what is absent is always fresh");
	ok_as(see(&r, "null") == 1 && see(&r, "null") == 1, "and so is null");
	ok(end(&r));
}

static void
long_keys_differ_in_every_byte(void)
{
	char a[1003], b[1003];
	struct run r;

	memset(a, 'x', sizeof(a) - 1);
	a[0] = a[1001] = '"';
	a[1002] = '\0';
	memcpy(b, a, sizeof(b));
	b[1000] = 'y';
	ok(begin(&r, NULL, NULL, -1) == EV_OK);
	ok(see(&r, a) == 1 && see(&r, b) == 1 && see(&r, a) == 0 && see(&r, b) == 0);
	ok(end(&r));
}

static void
a_file_remembers_what_was_committed(void)
{
	struct run r;

	forget();
	ok(begin(&r, "state", NULL, -1) == EV_OK);
	ok(see(&r, "\"a\"") == 1 && commit(&r) && see(&r, "\"b\"") == 1);
	ev_store_close(&r.store);
	ok(begin(&r, "state", NULL, -1) == EV_OK);
	ok_as(see(&r, "\"a\"") == 0, "committed: seen");
	ok_as(see(&r, "\"b\"") == 1, "not committed: fresh");
	ok(end(&r));
}

static void
a_batch_sent_again_passes_once_per_run(void)
{
	struct run r;

	forget();
	ok(begin(&r, "state", "src 0 17", -1) == EV_OK);
	ok(see(&r, "\"a\"") == 1 && see(&r, "\"a\"") == 0 && end(&r));
	ok(begin(&r, "state", "src 0 17", -1) == EV_OK);
	ok_as(see(&r, "\"a\"") == 1 && see(&r, "\"a\"") == 0, "again, once");
	ok(see(&r, "\"b\"") == 1 && end(&r));
	ok(begin(&r, "state", "src 0 18", -1) == EV_OK);
	ok_as(see(&r, "\"a\"") == 0 && see(&r, "\"b\"") == 0 && end(&r),
	    "in the next batch they are seen");
	ok(begin(&r, "state", NULL, -1) == EV_OK);
	ok_as(see(&r, "\"a\"") == 0 && see(&r, "\"c\"") == 1 && end(&r), "and without a batch");
	ok(begin(&r, "state", NULL, -1) == EV_OK);
	ok_as(see(&r, "\"c\"") == 0 && end(&r), "two runs without a batch are not the same batch");
}

static void
a_window_ends(void)
{
	struct run r;

	forget();
	ok(begin(&r, "state", NULL, 1000) == EV_OK);
	ok(see(&r, "\"a\"") == 1);
	now += 999;
	ok(see(&r, "\"b\"") == 1 && see(&r, "\"a\"") == 0);
	now += 1;
	ok_as(see(&r, "\"a\"") == 1 && see(&r, "\"b\"") == 0,
	    "the window counts from the event that passed");
	now += 999;
	ok(see(&r, "\"b\"") == 1 && see(&r, "\"a\"") == 0 && end(&r));
	now += 5000;
	ok(begin(&r, "state", NULL, 1000) == EV_OK && end(&r));
	ok(begin(&r, "state", NULL, -1) == EV_OK);
	ok_as(see(&r, "\"a\"") == 1, "what is outside the window leaves the file");
	ok(end(&r));
}

static void
rows_are_bounded(void)
{
	struct run r;

	ok(begin(&r, NULL, NULL, -1) == EV_OK);
	r.store.rows = 3;
	ok(see(&r, "1") == 1 && see(&r, "2") == 1 && see(&r, "3") == 1 && see(&r, "4") == 1 &&
	    commit(&r));
	ok_as(see(&r, "2") == 0 && see(&r, "3") == 0 && see(&r, "4") == 0 && see(&r, "1") == 1,
	    "the oldest is forgotten");
	ok(newer(&r, "\"k1\"", "9", "") == 1 && newer(&r, "\"k2\"", "9", "") == 1 &&
	    newer(&r, "\"k3\"", "9", "") == 1);
	ok(newer(&r, "\"k1\"", "9", "") == 1 && newer(&r, "\"k4\"", "9", "") == 1 && commit(&r));
	ok_as(newer(&r, "\"k1\"", "8", "") == 0, "a key that changed lately is kept");
	ok_as(newer(&r, "\"k2\"", "8", "") == 1, "that which changed longest ago is forgotten");
	ok(end(&r));
}

static void
older_events_are_dropped(void)
{
	struct run r;

	ok(begin(&r, NULL, NULL, -1) == EV_OK);
	ok(newer(&r, "\"k\"", "10", "\"b\"") == 1);
	ok(newer(&r, "\"k\"", "9", "\"z\"") == 0);
	ok_as(newer(&r, "\"k\"", "10", "\"b\"") == 1, "the same event again is not older");
	ok_as(newer(&r, "\"k\"", "10", "\"a\"") == 0, "of one timestamp the greater id is newer");
	ok(newer(&r, "\"k\"", "10", "\"ba\"") == 1 && newer(&r, "\"k\"", "10", "\"b\"") == 0);
	ok_as(newer(&r, "\"k\"", "10", "") == 1, "without an id the timestamp decides");
	ok(newer(&r, "\"k\"", "1.1e1", "\"a\"") == 1 && newer(&r, "\"k\"", "10", "\"c\"") == 0);
	ok_as(newer(&r, "\"other\"", "1", "\"a\"") == 1, "keys are apart");
	ok_as(newer(&r, "", "1", "\"a\"") == 1 && newer(&r, "7", "1", "\"a\"") == 1,
	    "without a key it passes");
	ok_as(newer(&r, "\"k\"", "", "\"a\"") == 1 && newer(&r, "\"k\"", "1.5", "\"a\"") == 1,
	    "and without a timestamp");
	ok_as(newer(&r, "\"k\"", "-9223372036854775808", "\"a\"") == 0, "any 64 bits will do");
	ok(end(&r));
}

static void
a_batch_sent_again_is_judged_as_before(void)
{
	struct run r;
	int i;

	forget();
	ok(begin(&r, "state", "b1", -1) == EV_OK);
	ok(newer(&r, "\"k\"", "5", "\"a\"") == 1 && end(&r));
	for (i = 0; i < 3; i++) {
		ok(begin(&r, "state", "b2", -1) == EV_OK);
		ok(newer(&r, "\"k\"", "4", "\"a\"") == 0 && newer(&r, "\"k\"", "6", "\"a\"") == 1);
		ok(newer(&r, "\"k\"", "8", "\"a\"") == 1 && newer(&r, "\"k\"", "7", "\"a\"") == 0 &&
		    end(&r));
	}
	ok(begin(&r, "state", "b2", -1) == EV_OK);
	ok_as(newer(&r, "\"k\"", "6", "\"a\"") == 1 && end(&r), "also the half of it");
	ok(begin(&r, "state", "b3", -1) == EV_OK);
	ok_as(newer(&r, "\"k\"", "7", "\"a\"") == 0 && newer(&r, "\"k\"", "8", "\"a\"") == 1 &&
		end(&r),
	    "the next batch knows the newest of all runs");
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* A state file with another byte in its header, where SQLite keeps such numbers big endian. */
static void
make_file(long at, int byte)
{
	struct run r;
	FILE *f;

	forget();
	if (begin(&r, "state", NULL, -1) != EV_OK || !end(&r))
		abort();
	f = fopen("state", "r+");
	if (f == NULL || fseek(f, at, SEEK_SET) != 0 || fputc(byte, f) == EOF || fclose(f) != 0)
		abort();
}

static void
what_is_not_ours_is_refused_and_left_alone(void)
{
	struct stat before, after;
	struct run r;

	forget();
	write_file("state",
	    "this is no SQLite file, but long enough that nobody could take it for an empty one, "
	    "is it not? "
	    "It has more than a hundred bytes.\n");
	ok(begin(&r, "state", NULL, -1) == EV_USAGE);
	is_str(r.e.text, "state is no state file: it is no SQLite file");
	make_file(71, 'X');
	ok(stat("state", &before) == 0 && begin(&r, "state", NULL, -1) == EV_USAGE);
	is_str(r.e.text, "state is no state file: it is another program's SQLite file");
	ok(stat("state", &after) == 0 && before.st_size == after.st_size &&
	    before.st_mtime == after.st_mtime);
	ok(access("state-wal", F_OK) != 0);
	ok(begin(&r, "no/such/folder", NULL, -1) == EV_SYS);
	ok(begin(&r, "", NULL, -1) == EV_USAGE);
	ok(begin(&r, ":memory:", NULL, -1) == EV_USAGE);
}

static void
a_newer_file_is_refused(void)
{
	struct run r;

	make_file(63, 2);
	ok(begin(&r, "state", NULL, -1) == EV_USAGE);
	is_str(r.e.text, "state file state has version 2, wanted 1");
}

static void
an_empty_file_becomes_one(void)
{
	struct run r;

	forget();
	write_file("state", "");
	ok(begin(&r, "state", NULL, -1) == EV_OK && see(&r, "1") == 1 && end(&r));
	ok(begin(&r, "state", NULL, -1) == EV_OK && see(&r, "1") == 0 && end(&r));
}

static void
one_process_holds_it(void)
{
	int status = -1;
	struct run r;
	pid_t pid;

	forget();
	ok(begin(&r, "state", NULL, -1) == EV_OK && see(&r, "1") == 1 && commit(&r));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct run other;

		_exit((int)begin(&other, "state", NULL, -1));
	}
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == (int)EV_AGAIN);
	ok(see(&r, "1") == 0 && see(&r, "2") == 1 && end(&r));
	ok(begin(&r, "state", NULL, -1) == EV_OK && see(&r, "2") == 0 && end(&r));
}

static void
the_log_does_not_grow_without_end(void)
{
	struct stat st;
	struct run r;
	char key[32];
	int i;

	forget();
	ok(begin(&r, "state", NULL, 0) == EV_OK);
	for (i = 0; i < 30000; i++) {
		snprintf(key, sizeof(key), "\"key-%d\"", i);
		now++;
		if (see(&r, key) != 1 || (i % 100 == 0 && !commit(&r)))
			break;
	}
	ok(i == 30000 && stat("state-wal", &st) == 0);
	ok_as(st.st_size < 8 << 20, "the write-ahead log stays small");
	ok(end(&r));
	ok_as(access("state-wal", F_OK) != 0, "and is gone at the end");
}

int
main(void)
{
	a_key_is_fresh_once();
	long_keys_differ_in_every_byte();
	a_file_remembers_what_was_committed();
	a_batch_sent_again_passes_once_per_run();
	a_window_ends();
	rows_are_bounded();
	older_events_are_dropped();
	a_batch_sent_again_is_judged_as_before();
	what_is_not_ours_is_refused_and_left_alone();
	a_newer_file_is_refused();
	an_empty_file_becomes_one();
	one_process_holds_it();
	the_log_does_not_grow_without_end();
	forget();
	return tap_done();
}
