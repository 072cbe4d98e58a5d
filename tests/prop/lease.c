/* SPDX-License-Identifier: MIT */
/*
 * Property: owners of a queue that come and go, some by kill -9, end every event, and no event
 * twice. A shared counter is the clock, so that nothing depends on how fast they are.
 */
#include "stream/lease.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "prop/prop.h"
#include "tap.h"

enum {
	EVENTS = 15000,
	OWNERS = 4,
	KILLS = 100,
	ATONCE = 5,     /* leases an owner takes at once */
	VISIBLE = 60,   /* ticks */
	TIMES = 64,     /* receives that are told apart */
	PATIENCE = 120, /* s */
};

/* What all processes know. An event's members are written by its owners alone. */
struct known {
	_Atomic int64_t clock;
	_Atomic unsigned twice;  /* leases with a number that another one had */
	_Atomic unsigned early;  /* events leased while somebody's lease held */
	_Atomic unsigned undone; /* events leased after they were done */
	_Atomic unsigned leases, late;
	struct {
		_Atomic int64_t until;     /* of the last lease that is known */
		_Atomic uint64_t receives; /* bit N: there was a lease with receives N + 1 */
		_Atomic unsigned begun;    /* an owner was about to say done */
		_Atomic unsigned done;     /* and heard that it was his to say */
	} event[EVENTS];
};

static struct known *known;
static struct ev_stream stream;

static void
must(enum ev_code rc, const struct ev_err *e)
{
	if (rc == EV_OK)
		return;
	fprintf(stderr, "# %s\n", e->text);
	abort();
}

/* Called under the queue's lock: nobody changes the event meanwhile. */
static bool
look(void *arg, uint64_t seq, bool held)
{
	uint64_t *r = arg;

	if (held)
		return false;
	if (known->event[seq].done)
		known->undone++;
	if (known->event[seq].until > known->clock)
		known->early++;
	return prop_below(r, 16) == 0;
}

static void
note_lease(const struct ev_lease *l, int64_t until)
{
	uint64_t bit = 1ull << (l->receives - 1 < TIMES ? l->receives - 1 : TIMES - 1);

	known->leases++;
	known->event[l->seq].until = until;
	if ((atomic_fetch_or(&known->event[l->seq].receives, bit) & bit) != 0 &&
	    l->receives < TIMES)
		known->twice++;
}

static void
end_lease(struct ev_queue *q, uint64_t *r, const struct ev_lease *l)
{
	struct ev_err e = { 0 };
	enum ev_code rc;
	size_t late;

	switch (prop_below(r, 8)) {
	case 0: /* forgotten: it runs out */
		return;
	case 1:
		known->event[l->seq].until = 0;
		rc = ev_queue_back(q, l, known->clock + (int64_t)prop_below(r, VISIBLE), &e);
		if (rc != EV_OK && rc != EV_NO)
			must(rc, &e);
		return;
	default:
		known->event[l->seq].begun = 1;
		must(ev_queue_done(q, l, 1, &late, &e), &e);
		known->late += late != 0;
		known->event[l->seq].done += late == 0;
	}
}

static void
own(uint64_t seed)
{
	struct ev_err e = { 0 };
	struct ev_lease l[ATONCE];
	struct ev_queue q;
	uint64_t r = seed;

	must(ev_queue_open(&q, &stream, "workers", 0, &e), &e);
	while (q.group.next < EVENTS) {
		int64_t wake, now = ++known->clock;
		size_t got;

		must(ev_queue_lease(&q, EVENTS, now, VISIBLE, l, 1 + prop_below(&r, ATONCE), &got,
			 &wake, look, &r, &e),
		    &e);
		for (size_t i = 0; i < got; i++)
			note_lease(&l[i], now + VISIBLE);
		for (size_t i = 0; i < got; i++)
			end_lease(&q, &r, &l[i]);
	}
	ev_queue_close(&q);
	_exit(0);
}

static pid_t
start(uint64_t *r)
{
	uint64_t seed = prop_next(r);
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (pid == 0)
		own(seed);
	return pid;
}

/* Everything before the floor was ended by somebody. */
static bool
floor_is_sound(uint64_t *floor)
{
	struct ev_err e = { 0 };
	int64_t owner;
	enum ev_code rc = ev_group_look(&stream, "workers", 0, floor, &owner, &e);

	if (rc == EV_NO)
		*floor = 0;
	else
		must(rc, &e);
	for (uint64_t i = 0; i < *floor; i++)
		if (!known->event[i].begun)
			return false;
	return true;
}

struct seen {
	unsigned kills, bad_ends;
	bool sound;
	uint64_t floor;
};

/* Waits for the owners, killing one now and then and starting another for it. */
static void
watch(struct seen *s, pid_t pid[OWNERS], uint64_t *r)
{
	size_t left = OWNERS;

	for (int i = 0; left > 0 && i < PATIENCE * 1000 / 2; i++) {
		size_t k = prop_below(r, OWNERS);
		int status;

		poll(NULL, 0, 2);
		s->sound = floor_is_sound(&s->floor) && s->sound;
		if (pid[k] > 0 && s->kills < KILLS)
			kill(pid[k], SIGKILL);
		if (pid[k] == 0 ||
		    waitpid(pid[k], &status, s->kills < KILLS ? 0 : WNOHANG) != pid[k])
			continue;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
			s->kills++;
			pid[k] = start(r);
			continue;
		}
		s->bad_ends += status != 0;
		pid[k] = 0;
		left--;
	}
	for (size_t k = 0; k < OWNERS; k++)
		if (pid[k] > 0)
			kill(pid[k], SIGKILL);
	s->sound = floor_is_sound(&s->floor) && s->sound;
}

/* Leases that nobody heard of: the numbers missing below the greatest one. */
static unsigned
unheard(uint64_t receives)
{
	unsigned n = 0;

	for (; receives != 0; receives >>= 1)
		n += (receives & 1) == 0;
	return n;
}

static void
judge(const struct seen *s)
{
	unsigned often = 0, never = 0, lost = 0;

	for (size_t i = 0; i < EVENTS; i++) {
		often += known->event[i].done > 1;
		never += known->event[i].done == 0;
		lost += unheard(known->event[i].receives);
	}
	printf("# %u leases, %u came late, %u owners killed, %u heard no answer\n", known->leases,
	    known->late, s->kills, never);
	ok_as(s->floor == EVENTS, "every event was ended");
	ok_as(s->bad_ends == 0, "no owner failed");
	ok_as(s->sound, "the floor only ever moved over what an owner had ended");
	ok_as(often == 0, "no event was acknowledged twice");
	ok_as(never <= s->kills, "one was not only where its owner was killed");
	ok_as(known->undone == 0, "none was leased after it was acknowledged");
	ok_as(known->early == 0, "none was leased while a lease held");
	ok_as(known->twice == 0, "every lease of an event has a number of its own");
	ok_as(
	    lost <= s->kills * ATONCE, "and no number is left out, but where an owner was killed");
}

int
main(int argc, char **argv)
{
	uint64_t r = prop_seed(argc, argv);
	struct seen seen = { .sound = true };
	struct ev_err e = { 0 };
	pid_t pid[OWNERS];

	known =
	    mmap(NULL, sizeof(*known), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (known == MAP_FAILED)
		abort();
	must(ev_stream_open(&stream, "stream", "", true, &e), &e);
	for (size_t i = 0; i < OWNERS; i++)
		pid[i] = start(&r);
	watch(&seen, pid, &r);
	judge(&seen);
	ev_stream_close(&stream);
	return tap_done();
}
