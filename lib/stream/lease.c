/* SPDX-License-Identifier: MIT */
#include "stream/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "stream/segment.h"

/*
 * The ring: EV_LEASES records, that of an event at its number modulo EV_LEASES, each of four
 *little-endian u64:
 *
 *	number, until (epoch ms), receives | owner's pid << 32, state | check << 32
 *
 * check is the low half of the XXH3-64 of the 28 bytes before it. A record that is torn, or another
 *event's, says that this event was not leased yet. A record lies within one page, so that kill -9
 *does not tear it.
 */
enum { RECORD = 32, CHECKED = 28, WINDOW = 256 /* records */, PATH = EV_GROUP_NAME + 32 };

enum state { FREE, LEASED, PAUSED, DONE };

struct record {
	uint64_t seq;
	int64_t until; /* LEASED, PAUSED: nobody leases it before */
	uint32_t receives, owner;
	enum state state;
};

struct ev_queue_work {
	int fd;
	char path[PATH];
	/* The part of the ring that was read last; good while the lock is held. */
	uint64_t from;
	size_t have; /* records */
	unsigned char window[WINDOW * RECORD];
};

static void
put_record(unsigned char p[RECORD], const struct record *r)
{
	ev_le_put(p, r->seq, 8);
	ev_le_put(p + 8, (uint64_t)r->until, 8);
	ev_le_put(p + 16, r->receives | (uint64_t)r->owner << 32, 8);
	ev_le_put(p + 24, r->state, 8);
	ev_le_put(p + 24, r->state | ev_xxh3(p, CHECKED) << 32, 8);
}

static struct record
get_record(const unsigned char p[RECORD])
{
	return (struct record){
		.seq = ev_le_get(p, 8),
		.until = (int64_t)ev_le_get(p + 8, 8),
		.receives = (uint32_t)ev_le_get(p + 16, 8),
		.owner = (uint32_t)(ev_le_get(p + 16, 8) >> 32),
		.state = (enum state)(uint32_t)ev_le_get(p + 24, 8),
	};
}

static bool
is_whole(const unsigned char p[RECORD])
{
	return ev_le_get(p + 24, 8) >> 32 == (uint32_t)ev_xxh3(p, CHECKED);
}

/* What is known of an event. */
static enum ev_code
look_at(struct ev_queue_work *w, uint64_t seq, struct record *r, struct ev_err *e)
{
	const unsigned char *p;

	if (seq < w->from || seq - w->from >= w->have) {
		uint64_t slot = seq % EV_LEASES;
		size_t n = EV_LEASES - slot < WINDOW ? (size_t)(EV_LEASES - slot) : WINDOW, got;
		enum ev_code rc;

		w->have = 0;
		rc = ev_seg_read(w->fd, (char *)w->window, n * RECORD, slot * RECORD, &got, e);
		if (rc != EV_OK)
			return rc;
		memset(w->window + got, 0, n * RECORD - got);
		w->from = seq;
		w->have = n;
	}
	p = w->window + (seq - w->from) * RECORD;
	*r = get_record(p);
	if (!is_whole(p) || r->seq != seq)
		*r = (struct record){ .seq = seq };
	return EV_OK;
}

/* r is what was looked at last. */
static enum ev_code
write_back(struct ev_queue_work *w, const struct record *r, struct ev_err *e)
{
	unsigned char *p = w->window + (r->seq - w->from) * RECORD;

	put_record(p, r);
	return ev_seg_write(w->fd, p, RECORD, r->seq % EV_LEASES * RECORD, e);
}

/* What others did in the meantime is known from here on. */
static enum ev_code
lock(struct ev_queue *q, struct ev_err *e)
{
	enum ev_code rc;

	while (flock(q->work->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return ev_fail_sys(e, "cannot lock %s", q->work->path);
	q->work->have = 0;
	if ((rc = ev_group_reload(&q->group, e)) != EV_OK)
		(void)flock(q->work->fd, LOCK_UN);
	return rc;
}

static void
unlock(struct ev_queue *q)
{
	(void)flock(q->work->fd, LOCK_UN);
}

static void
print_path(char path[PATH], const char *name, uint32_t shard)
{
	snprintf(path, PATH, "groups/%s/p%04" PRIu32 ".queue", name, shard);
}

enum ev_code
ev_queue_open(
    struct ev_queue *q, struct ev_stream *s, const char *name, uint32_t shard, struct ev_err *e)
{
	int64_t owner;
	enum ev_code rc;

	*q = (struct ev_queue){ .work = NULL };
	if ((rc = ev_group_share(&q->group, s, name, shard, &owner, e)) != EV_OK)
		return rc;
	q->work = calloc(1, sizeof(*q->work));
	if (q->work == NULL) {
		ev_group_close(&q->group);
		return ev_fail_mem(e);
	}
	print_path(q->work->path, name, shard);
	q->work->fd = openat(s->dir, q->work->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (q->work->fd >= 0)
		return EV_OK;
	rc = ev_fail_sys(e, "cannot open %s/%s", s->path, q->work->path);
	ev_queue_close(q);
	return rc;
}

void
ev_queue_close(struct ev_queue *q)
{
	if (q->work == NULL)
		return;
	if (q->work->fd >= 0)
		close(q->work->fd);
	free(q->work);
	q->work = NULL;
	ev_group_close(&q->group);
}

enum ev_code
ev_queue_begin(struct ev_queue *q, uint64_t seq, struct ev_err *e)
{
	enum ev_code rc = lock(q, e);

	if (rc != EV_OK)
		return rc;
	if (!q->group.known)
		rc = ev_group_commit(&q->group, seq, e);
	unlock(q);
	return rc;
}

static enum ev_code
take(struct ev_queue *q, struct record *r, int64_t until, struct ev_lease *l, struct ev_err *e)
{
	r->state = LEASED;
	r->until = until;
	r->receives += r->receives < UINT32_MAX;
	r->owner = (uint32_t)getpid();
	*l = (struct ev_lease){ r->seq, r->receives };
	return write_back(q->work, r, e);
}

enum ev_code
ev_queue_lease(struct ev_queue *q, uint64_t end, int64_t now, int64_t visibility,
    struct ev_lease *out, size_t n, size_t *got, int64_t *wake,
    bool (*pass)(void *arg, uint64_t seq, bool held), void *arg, struct ev_err *e)
{
	struct record r;
	uint64_t seq;
	enum ev_code rc;

	*got = 0;
	*wake = 0;
	if ((rc = lock(q, e)) != EV_OK)
		return rc;
	seq = q->group.next;
	if (end > seq && end - seq > EV_LEASES)
		end = seq + EV_LEASES;
	for (; seq < end && *got < n && (rc = look_at(q->work, seq, &r, e)) == EV_OK; seq++) {
		bool held = (r.state == LEASED || r.state == PAUSED) && r.until > now;

		if (r.state == DONE)
			continue;
		if (held && (*wake == 0 || r.until < *wake))
			*wake = r.until;
		if ((pass != NULL && pass(arg, seq, held)) || held)
			continue;
		if ((rc = take(q, &r, now + visibility, &out[*got], e)) != EV_OK)
			break;
		++*got;
	}
	unlock(q);
	return rc;
}

/* EV_NO: the lease is not ours any more. */
static enum ev_code
look_at_ours(struct ev_queue_work *w, const struct ev_lease *l, struct record *r, struct ev_err *e)
{
	enum ev_code rc = look_at(w, l->seq, r, e);

	if (rc != EV_OK)
		return rc;
	return r->state == LEASED && r->receives == l->receives && r->owner == (uint32_t)getpid()
	    ? EV_OK
	    : EV_NO;
}

static enum ev_code
move_floor(struct ev_queue *q, struct ev_err *e)
{
	uint64_t floor = q->group.next;
	struct record r;
	enum ev_code rc;

	while ((rc = look_at(q->work, floor, &r, e)) == EV_OK && r.state == DONE)
		floor++;
	return rc == EV_OK && floor > q->group.next ? ev_group_commit(&q->group, floor, e) : rc;
}

enum ev_code
ev_queue_done(
    struct ev_queue *q, const struct ev_lease *l, size_t n, size_t *late, struct ev_err *e)
{
	size_t lost = 0;
	enum ev_code rc;

	if ((rc = lock(q, e)) != EV_OK)
		return rc;
	for (size_t i = 0; rc == EV_OK && i < n; i++) {
		struct record r;

		if ((rc = look_at_ours(q->work, &l[i], &r, e)) == EV_OK) {
			r.state = DONE;
			rc = write_back(q->work, &r, e);
		} else if (rc == EV_NO) {
			lost++;
			rc = EV_OK;
		}
	}
	if (rc == EV_OK)
		rc = move_floor(q, e);
	unlock(q);
	if (late != NULL)
		*late = lost;
	return rc;
}

enum ev_code
ev_queue_back(struct ev_queue *q, const struct ev_lease *l, int64_t when, struct ev_err *e)
{
	struct record r;
	enum ev_code rc;

	if ((rc = lock(q, e)) != EV_OK)
		return rc;
	if ((rc = look_at_ours(q->work, l, &r, e)) == EV_OK) {
		r.state = PAUSED;
		r.until = when;
		rc = write_back(q->work, &r, e);
	}
	unlock(q);
	return rc;
}

static void
count(struct ev_queue_info *info, const struct record *r, uint64_t floor, int64_t now)
{
	if (r->seq < floor || r->seq - floor >= EV_LEASES)
		return;
	info->done += r->state == DONE;
	info->leased += r->state == LEASED && r->until > now;
	info->paused += r->state == PAUSED && r->until > now;
}

enum ev_code
ev_queue_look(struct ev_stream *s, const char *name, uint32_t shard, int64_t now,
    struct ev_queue_info *info, struct ev_err *e)
{
	unsigned char part[WINDOW * RECORD];
	char path[PATH];
	uint64_t floor = 0, at = 0;
	int64_t owner;
	size_t got = 1;
	int fd;
	enum ev_code rc;

	*info = (struct ev_queue_info){ 0 };
	if ((rc = ev_group_look(s, name, shard, &floor, &owner, e)) != EV_OK && rc != EV_NO)
		return rc;
	print_path(path, name, shard);
	fd = openat(s->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? EV_NO : ev_fail_sys(e, "cannot open %s/%s", s->path, path);
	for (rc = EV_OK; rc == EV_OK && got > 0 && at < EV_LEASES * RECORD; at += got) {
		rc = ev_seg_read(fd, (char *)part, sizeof(part), at, &got, e);
		for (size_t i = 0; rc == EV_OK && i + RECORD <= got; i += RECORD) {
			struct record r = get_record(part + i);

			if (is_whole(part + i))
				count(info, &r, floor, now);
		}
	}
	close(fd);
	return rc;
}

enum ev_code
ev_queue_forget(const struct ev_group *g, struct ev_err *e)
{
	char path[PATH];

	print_path(path, g->name, g->shard);
	if (unlinkat(g->stream->dir, path, 0) == 0 || errno == ENOENT)
		return EV_OK;
	return ev_fail_sys(e, "cannot remove %s/%s", g->stream->path, path);
}
