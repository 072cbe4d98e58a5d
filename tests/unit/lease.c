/* SPDX-License-Identifier: MIT */
#include "stream/lease.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static struct ev_stream stream;

/* These stand before libc's: SIGKILL instead of the call of this number, 0: of none. */
static long fatal, calls;

static void
step(void)
{
	if (fatal != 0 && ++calls == fatal)
		kill(getpid(), SIGKILL);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite");
	step();
	return real(fd, p, n, at);
}

int
fdatasync(int fd)
{
	static int (*real)(int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	step();
	return real(fd);
}

static void
must(enum ev_code rc, const struct ev_err *e)
{
	if (rc == EV_OK)
		return;
	fprintf(stderr, "# %s\n", e->text);
	abort();
}

static void
open_queue(struct ev_queue *q, const char *name)
{
	struct ev_err e = { 0 };

	must(ev_queue_open(q, &stream, name, 0, &e), &e);
}

/* Leases up to n of [floor, end) at time now for 100 ms; how many. */
static size_t
lease(struct ev_queue *q, uint64_t end, int64_t now, struct ev_lease *out, size_t n)
{
	struct ev_err e = { 0 };
	int64_t wake;
	size_t got;

	must(ev_queue_lease(q, end, now, 100, out, n, &got, &wake, NULL, NULL, &e), &e);
	return got;
}

/* Whether it still was ours. */
static bool
done(struct ev_queue *q, const struct ev_lease *l)
{
	struct ev_err e = { 0 };
	size_t late;

	must(ev_queue_done(q, l, 1, &late, &e), &e);
	return late == 0;
}

static uint64_t
floor_of(const char *name)
{
	struct ev_err e = { 0 };
	uint64_t next = 0;
	int64_t owner;
	enum ev_code rc = ev_group_look(&stream, name, 0, &next, &owner, &e);

	return rc == EV_OK ? next : 0;
}

static void
leases_come_lowest_first_and_run_out(void)
{
	struct ev_lease l[8], again[8];
	struct ev_err e = { 0 };
	struct ev_queue q;
	int64_t wake;
	size_t got;

	open_queue(&q, "basic");
	ok_as(lease(&q, 0, 1000, l, 8) == 0, "no events, no leases");
	ok_as(lease(&q, 3, 1000, l, 2) == 2 && l[0].seq == 0 && l[1].seq == 1,
	    "the lowest come first, no more than are wanted");
	ok_as(l[0].receives == 1 && l[1].receives == 1, "they are received for the first time");
	ok_as(lease(&q, 3, 1001, l + 2, 8) == 1 && l[2].seq == 2, "what is leased is passed over");
	must(ev_queue_lease(&q, 3, 1050, 100, again, 8, &got, &wake, NULL, NULL, &e), &e);
	ok_as(got == 0 && wake == 1100, "when all are leased, wake is the end of the first lease");
	ok_as(lease(&q, 3, 1099, again, 8) == 0, "a lease holds until its last millisecond");
	ok_as(lease(&q, 3, 1100, again, 8) == 2 && again[0].seq == 0 && again[0].receives == 2,
	    "what ran out is leased again, and counted");
	ok_as(!done(&q, &l[0]), "who lost his lease is told so");
	ok_as(lease(&q, 3, 1199, l, 8) == 1 && l[0].seq == 2, "and the other one's lease stands");
	ok_as(done(&q, &again[0]) && floor_of("basic") == 1, "done by him who has it, it is done");
	ok_as(!done(&q, &again[0]), "what is done cannot be done again");
	ev_queue_close(&q);
	ev_queue_close(&q);
	ok_as(q.work == NULL, "close may come twice");
}

static void
a_queue_begins_once(void)
{
	struct ev_lease l;
	struct ev_queue q;

	open_queue(&q, "begin");
	ok(ev_queue_begin(&q, 7, NULL) == EV_OK && floor_of("begin") == 7);
	ok_as(lease(&q, 9, 1000, &l, 1) == 1 && l.seq == 7,
	    "what is before its beginning is not leased");
	ok_as(ev_queue_begin(&q, 3, NULL) == EV_OK && floor_of("begin") == 7,
	    "once it has begun it stays where it is");
	ev_queue_close(&q);
}

static void
a_late_end_of_a_lease_nobody_took_counts(void)
{
	struct ev_lease l;
	struct ev_queue q;

	open_queue(&q, "late");
	ok(lease(&q, 1, 1000, &l, 1) == 1);
	ok_as(lease(&q, 0, 5000, &l, 1) == 0 && done(&q, &l),
	    "done after the lease ran out, before anybody else");
	ok(floor_of("late") == 1);
	ev_queue_close(&q);
}

static void
the_floor_moves_over_done_ones_only(void)
{
	struct ev_lease l[5];
	struct ev_err e = { 0 };
	struct ev_queue q;
	size_t late;

	open_queue(&q, "floor");
	ok(lease(&q, 5, 1000, l, 5) == 5);
	ok_as(done(&q, &l[2]) && done(&q, &l[1]) && floor_of("floor") == 0,
	    "it stays before the first that is not done");
	ok_as(
	    done(&q, &l[0]) && floor_of("floor") == 3, "it moves over all that is done behind it");
	must(ev_queue_done(&q, l + 3, 2, &late, &e), &e);
	ok_as(late == 0 && floor_of("floor") == 5, "several at once");
	must(ev_queue_done(&q, l, 5, &late, &e), &e);
	ok_as(late == 5, "all of them are late now");
	ev_queue_close(&q);
}

static void
what_is_given_back_waits(void)
{
	struct ev_lease l[2], again[2];
	struct ev_queue q;

	open_queue(&q, "back");
	ok(lease(&q, 2, 1000, l, 2) == 2);
	ok(ev_queue_back(&q, &l[0], 1010, NULL) == EV_OK);
	ok_as(lease(&q, 2, 1009, again, 2) == 0, "it is not leased before its time");
	ok_as(lease(&q, 2, 1010, again, 2) == 1 && again[0].seq == 0 && again[0].receives == 2,
	    "then it is, and the times are counted on");
	ok_as(ev_queue_back(&q, &l[0], 0, NULL) == EV_NO && !done(&q, &l[0]),
	    "what was given back is not ours any more");
	ok_as(ev_queue_back(&q, &again[0], 0, NULL) == EV_OK && lease(&q, 2, 1011, again, 2) == 1,
	    "a time that is over is now");
	ev_queue_close(&q);
}

struct passed {
	uint64_t seq[8];
	bool held[8];
	size_t n;
	uint64_t over; /* passed over */
};

static bool
note_pass(void *arg, uint64_t seq, bool held)
{
	struct passed *p = arg;

	if (p->n < 8) {
		p->seq[p->n] = seq;
		p->held[p->n++] = held;
	}
	return seq == p->over;
}

static void
the_caller_may_pass_over_events(void)
{
	struct passed p = { .over = 3 };
	struct ev_lease l[4];
	struct ev_err e = { 0 };
	struct ev_queue q;
	int64_t wake;
	size_t got;

	open_queue(&q, "pass");
	ok(lease(&q, 3, 1000, l, 3) == 3);
	ok(done(&q, &l[1]) && ev_queue_back(&q, &l[2], 2000, NULL) == EV_OK);
	must(ev_queue_lease(&q, 6, 1001, 100, l, 2, &got, &wake, note_pass, &p, &e), &e);
	ok_as(got == 2 && l[0].seq == 4 && l[1].seq == 5, "it is not leased, those behind it are");
	ok_as(p.n == 5 && p.seq[0] == 0 && p.held[0] && p.seq[1] == 2 && p.held[1],
	    "he is told of those that are leased or paused, not of those that are done");
	ok_as(p.seq[2] == 3 && !p.held[2] && p.seq[3] == 4 && !p.held[3] && p.seq[4] == 5,
	    "and of all that could be leased, in their order");
	ev_queue_close(&q);
}

static void
the_ring_goes_round(void)
{
	static struct ev_lease l[EV_LEASES + 1];
	struct ev_err e = { 0 };
	struct ev_queue q;
	size_t late;

	open_queue(&q, "ring");
	for (int lap = 0; lap < 2; lap++) {
		uint64_t from = (uint64_t)lap * EV_LEASES;

		ok_as(lease(&q, UINT64_MAX, 1000, l, EV_LEASES + 1) == EV_LEASES &&
			l[0].seq == from && l[EV_LEASES - 1].seq == from + EV_LEASES - 1,
		    "no more are leased than the ring holds");
		ok_as(l[0].receives == 1 && l[EV_LEASES - 1].receives == 1,
		    "none of them was received before");
		must(ev_queue_done(&q, l + 1, EV_LEASES - 1, &late, &e), &e);
		ok_as(late == 0 && floor_of("ring") == from, "the first one holds the floor");
		ok_as(lease(&q, UINT64_MAX, 1001, l + 1, 1) == 0, "and with it the ring");
		ok_as(done(&q, &l[0]) && floor_of("ring") == from + EV_LEASES, "until it is done");
	}
	ev_queue_close(&q);
}

static void
owners_share_it_and_keep_others_out(void)
{
	struct ev_lease l[2];
	struct ev_err e = { 0 };
	struct ev_queue a, b;
	struct ev_group g;
	int64_t owner;

	open_queue(&a, "shared");
	open_queue(&b, "shared");
	ok_as(lease(&a, 2, 1000, l, 1) == 1 && lease(&b, 2, 1000, l + 1, 1) == 1 && l[1].seq == 1,
	    "two owners lease different events");
	ok_as(ev_group_open(&g, &stream, "shared", 0, &owner, &e) == EV_AGAIN,
	    "a plain consumer is kept out");
	ok_as(done(&b, &l[1]) && done(&a, &l[0]) && floor_of("shared") == 2,
	    "each ends his own, and the floor is one");
	ok_as(lease(&b, 3, 1000, l, 1) == 1 && l[0].seq == 2, "both know it");
	ev_queue_close(&a);
	ok(ev_group_open(&g, &stream, "shared", 0, &owner, NULL) == EV_AGAIN);
	ev_queue_close(&b);
	ok_as(ev_group_open(&g, &stream, "shared", 0, &owner, NULL) == EV_OK && g.next == 2,
	    "he may come when the last owner is gone");
	e = (struct ev_err){ 0 };
	ok(ev_queue_open(&a, &stream, "shared", 0, &e) == EV_AGAIN);
	ok_as(a.work == NULL && e.text[0] != '\0', "and keeps owners out, who hold nothing then");
	ev_group_close(&g);
}

/* Overwrites a byte of the record of event seq. */
static void
damage(const char *name, uint64_t seq)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "stream/groups/%s/p0000.queue", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || pwrite(fd, "\xff", 1, (off_t)(seq * 32 + 9)) != 1)
		abort();
	close(fd);
}

/* Another process leases what it can below end. */
static void
lease_elsewhere(const char *name, uint64_t end)
{
	struct ev_lease l[8];
	struct ev_queue q;
	pid_t pid = fork();

	if (pid == 0) {
		open_queue(&q, name);
		_exit(lease(&q, end, 1001, l, 8) == 0);
	}
	if (pid < 0 || waitpid(pid, &(int){ 0 }, 0) != pid)
		abort();
}

static void
losing_the_ring_repeats_events_and_loses_none(void)
{
	struct ev_lease l[4], again[4];
	struct ev_queue q;

	open_queue(&q, "lost");
	ok(lease(&q, 4, 1000, l, 4) == 4);
	ok(done(&q, &l[0]) && done(&q, &l[2]));
	damage("lost", 2);
	damage("lost", 3);
	ok_as(lease(&q, 4, 1001, again, 4) == 2 && again[0].seq == 2 && again[1].seq == 3 &&
		again[0].receives == 1,
	    "a record that is not whole: its event comes again, the others do not");
	ok_as(done(&q, &l[1]) && floor_of("lost") == 2, "the floor does not move over it");
	damage("lost", 2);
	lease_elsewhere("lost", 4);
	ok_as(!done(&q, &again[0]), "another process that has it now is not robbed of it");
	ev_queue_close(&q);
	ok(unlink("stream/groups/lost/p0000.queue") == 0);
	open_queue(&q, "lost");
	ok_as(lease(&q, 4, 1002, l, 4) == 2 && l[0].seq == 2,
	    "without the ring all behind the floor comes again");
	ok_as(done(&q, &l[1]) && done(&q, &l[0]) && floor_of("lost") == 4, "and is done");
	ev_queue_close(&q);
}

static void
moving_the_group_forgets_the_ring(void)
{
	struct ev_queue_info info;
	struct ev_lease l[4];
	struct ev_queue q;
	struct ev_group g;
	int64_t owner;

	ok_as(ev_queue_look(&stream, "moved", 0, 1000, &info, NULL) == EV_NO,
	    "a group that is no queue");
	open_queue(&q, "moved");
	ok(lease(&q, 4, 1000, l, 4) == 4);
	ok(done(&q, &l[0]) && done(&q, &l[3]) && ev_queue_back(&q, &l[2], 1050, NULL) == EV_OK);
	ok(ev_queue_look(&stream, "moved", 0, 1001, &info, NULL) == EV_OK);
	ok_as(info.leased == 1 && info.paused == 1 && info.done == 1,
	    "a look tells what is leased, paused, and done beyond the floor");
	ok(ev_queue_look(&stream, "moved", 0, 1100, &info, NULL) == EV_OK);
	ok_as(info.leased == 0 && info.paused == 0 && info.done == 1, "now");
	ev_queue_close(&q);
	ok(ev_group_open(&g, &stream, "moved", 0, &owner, NULL) == EV_OK);
	ok(ev_queue_forget(&g, NULL) == EV_OK && ev_group_commit(&g, 0, NULL) == EV_OK);
	ok_as(ev_queue_forget(&g, NULL) == EV_OK, "there may be nothing to forget");
	ev_group_close(&g);
	open_queue(&q, "moved");
	ok_as(lease(&q, 4, 1002, l, 4) == 4 && l[3].seq == 3 && l[3].receives == 1,
	    "what was done comes again");
	ev_queue_close(&q);
}

static void
a_full_disk_leases_nothing(void)
{
	struct rlimit old, none = { 4096, RLIM_INFINITY };
	struct ev_lease l;
	struct ev_err e = { 0 };
	struct ev_queue q;
	int64_t wake;
	size_t got;

	open_queue(&q, "full");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	none.rlim_max = old.rlim_max;
	ok(lease(&q, 128, 1000, (struct ev_lease[128]){ { 0 } }, 128) == 128);
	setrlimit(RLIMIT_FSIZE, &none);
	ok(ev_queue_lease(&q, 129, 1000, 100, &l, 1, &got, &wake, NULL, NULL, &e) == EV_SYS);
	setrlimit(RLIMIT_FSIZE, &old);
	ok_as(got == 0 && strstr(e.text, "File too large") != NULL, "the error says why");
	ok_as(lease(&q, 129, 1000, &l, 1) == 1 && l.seq == 128 && l.receives == 1,
	    "once there is room again, it works on");
	ev_queue_close(&q);
}

/* Memory that forked processes share. */
static void *
share(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* Ends three of four events and gives one back. Bits of what was begun to be ended, and of what
 * was. */
static void
work_a_little(const char *name, _Atomic unsigned *begun, _Atomic unsigned *acked)
{
	static const int order[] = { 1, 0, 3 };
	struct ev_lease l[4];
	struct ev_queue q;

	open_queue(&q, name);
	if (lease(&q, 4, 1000, l, 4) != 4 || ev_queue_back(&q, &l[2], 1500, NULL) != EV_OK)
		abort();
	for (size_t i = 0; i < 3; i++) {
		*begun |= 1u << order[i];
		if (!done(&q, &l[order[i]]))
			abort();
		*acked |= 1u << order[i];
	}
	ev_queue_close(&q);
}

/* After a death at any call that writes, all that was not ended comes again, and nothing that was.
 */
static void
death_at_every_call_loses_nothing(void)
{
	_Atomic unsigned *seen = share(2 * sizeof(*seen));
	char name[32], what[96];
	int status = -1;

	for (long n = 1; n < 100 && status != 0; n++) {
		unsigned again = 0;
		struct ev_lease l[4];
		struct ev_queue q;
		size_t got;
		pid_t pid;

		seen[0] = seen[1] = 0;
		snprintf(name, sizeof(name), "death-%ld", n);
		pid = fork();
		if (pid == 0) {
			fatal = n;
			work_a_little(name, &seen[0], &seen[1]);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid ||
		    (status != 0 && (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)))
			abort();
		open_queue(&q, name);
		got = lease(&q, 4, 9999, l, 4);
		for (size_t i = 0; i < got; i++) {
			again |= 1u << l[i].seq;
			if (!done(&q, &l[i]))
				abort();
		}
		snprintf(what, sizeof(what),
		    "killed at call %ld: what was not begun to be ended comes again", n);
		ok_as((again | seen[0]) == 15, what);
		snprintf(what, sizeof(what),
		    "killed at call %ld: nothing that was acknowledged does", n);
		ok_as((again & seen[1]) == 0, what);
		ok_as(floor_of(name) == 4, "and the rest is done");
		ev_queue_close(&q);
	}
	ok_as(status == 0, "in the end no call was left to die at");
}

int
main(void)
{
	struct ev_err e = { 0 };

	must(ev_stream_open(&stream, "stream", "", true, &e), &e);
	leases_come_lowest_first_and_run_out();
	a_queue_begins_once();
	a_late_end_of_a_lease_nobody_took_counts();
	the_floor_moves_over_done_ones_only();
	what_is_given_back_waits();
	the_caller_may_pass_over_events();
	the_ring_goes_round();
	owners_share_it_and_keep_others_out();
	losing_the_ring_repeats_events_and_loses_none();
	moving_the_group_forgets_the_ring();
	a_full_disk_leases_nothing();
	death_at_every_call_loses_nothing();
	ev_stream_close(&stream);
	return tap_done();
}
