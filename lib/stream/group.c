/* SPDX-License-Identifier: MIT */
/* groups/GROUP/pNNNN.off and .lock: how far a consumer group is in a shard, and whose it is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/time.h"
#include "stream/offset.h"
#include "stream/slot.h"
#include "stream/stream.h"

enum { PATH = 16 + EV_GROUP_NAME + 24 };

struct ev_group_work {
	int fd; /* .off */
	bool failed;
	struct ev_offset at;
};

void
ev_offset_put(unsigned char body[EV_OFFSET], const struct ev_offset *o)
{
	ev_le_put(body, o->gen, 8);
	ev_le_put(body + 8, o->next, 8);
	ev_le_put(body + 16, o->owner, 8);
	ev_le_put(body + 24, (uint64_t)o->ms, 8);
}

void
ev_offset_get(const unsigned char body[EV_OFFSET], struct ev_offset *o)
{
	o->gen = ev_le_get(body, 8);
	o->next = ev_le_get(body + 8, 8);
	o->owner = ev_le_get(body + 16, 8);
	o->ms = (int64_t)ev_le_get(body + 24, 8);
}

static void
path_of(char out[PATH], const char *name, uint32_t shard, const char *suffix)
{
	snprintf(out, PATH, "groups/%s/p%04" PRIu32 "%s", name, shard, suffix);
}

enum ev_code
ev_group_name_check(const char *name, struct ev_err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-";
	size_t n = strlen(name);

	if (n > 0 && n <= EV_GROUP_NAME && strspn(name, good) == n && *name != '.')
		return EV_OK;
	return ev_fail(e, EV_USAGE,
	    "'%.60s' is no name of a group: up to %d letters, digits, '.', '_' and '-' were "
	    "wanted, "
	    "no '.' first",
	    name, EV_GROUP_NAME);
}

/* What stands in the file. Without a position (EV_OK too) next is EV_OFFSET_NONE. */
static enum ev_code
read_offset(int fd, struct ev_offset *o, const char *path, struct ev_err *e)
{
	unsigned char body[EV_OFFSET];
	bool blank;
	enum ev_code rc = ev_slot_read(fd, body, EV_OFFSET, &blank, path, e);

	*o = (struct ev_offset){ .next = EV_OFFSET_NONE };
	if (rc == EV_OK)
		ev_offset_get(body, o);
	else if (rc == EV_NO && blank)
		rc = EV_OK; /* what was begun last was the very first one */
	else if (rc == EV_NO)
		rc = ev_fail(e, EV_SYS, "%s is damaged: neither of its slots has its hash", path);
	return rc;
}

/* Makes the group's folder, durably. */
static enum ev_code
make_folder(struct ev_stream *s, const char *name, struct ev_err *e)
{
	char path[PATH];

	snprintf(path, sizeof(path), "groups/%s", name);
	return ev_dir_make(s->dir, path, e);
}

static enum ev_code
open_file(struct ev_group *g, const char *suffix, int *fd, struct ev_err *e)
{
	char path[PATH];
	enum ev_code rc;

	path_of(path, g->name, g->shard, suffix);
	*fd = openat(g->stream->dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (*fd < 0 && errno == ENOENT) {
		if ((rc = make_folder(g->stream, g->name, e)) != EV_OK)
			return rc;
		*fd = openat(g->stream->dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	}
	return *fd < 0 ? ev_fail_sys(e, "cannot open %s", path) : EV_OK;
}

/* EV_NO: somebody else has it. */
static enum ev_code
try_lock(int fd, int how, struct ev_err *e)
{
	while (flock(fd, how | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return EV_NO;
		if (errno != EINTR)
			return ev_fail_sys(e, "cannot lock a group");
	}
	return EV_OK;
}

static enum ev_code
lock(struct ev_group *g, int how, struct ev_err *e)
{
	static const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
	enum ev_code rc = try_lock(g->lock, how, e);

	if (rc != EV_NO)
		return rc;
	nanosleep(&moment, NULL); /* who looks holds it for an instant */
	return try_lock(g->lock, how, e);
}

/* Writes a position and our pid, durably. The other slot stays whole until then: after a failure
 * neither is written again. */
static enum ev_code
write_offset(struct ev_group *g, uint64_t next, struct ev_err *e)
{
	struct ev_group_work *w = g->work;
	unsigned char body[EV_OFFSET];
	struct ev_offset o = { w->at.gen + 1, next, (uint64_t)getpid(), ev_now() };
	enum ev_code rc;

	ev_offset_put(body, &o);
	rc = ev_slot_write(w->fd, body, EV_OFFSET, "the position of a group", e);
	while (rc == EV_OK && fdatasync(w->fd) < 0)
		if (errno != EINTR)
			rc = ev_fail_sys(e, "cannot sync the position of group %s", g->name);
	w->failed = rc != EV_OK;
	if (rc == EV_OK)
		w->at = o;
	return rc;
}

static enum ev_code
reload(struct ev_group *g, struct ev_err *e)
{
	char path[PATH];
	enum ev_code rc;

	path_of(path, g->name, g->shard, ".off");
	if ((rc = read_offset(g->work->fd, &g->work->at, path, e)) != EV_OK)
		return rc;
	g->known = g->work->at.next != EV_OFFSET_NONE;
	g->next = g->known ? g->work->at.next : 0;
	return EV_OK;
}

/* The file of the position, with room for both slots, and its name durable. */
static enum ev_code
open_offset(struct ev_group *g, struct ev_err *e)
{
	char path[PATH];
	enum ev_code rc;

	if ((rc = open_file(g, ".off", &g->work->fd, e)) != EV_OK)
		return rc;
	rc = ev_slot_make(g->work->fd, EV_OFFSET, "the position of a group", e);
	if (rc != EV_OK)
		return rc == EV_NO ? EV_OK : rc;
	if (fsync(g->work->fd) < 0)
		return ev_fail_sys(e, "cannot sync the position of group %s", g->name);
	snprintf(path, sizeof(path), "groups/%s", g->name);
	return ev_dir_sync(g->stream->dir, path, e);
}

static enum ev_code
taken(struct ev_group *g, int64_t *owner, struct ev_err *e)
{
	uint64_t next;
	enum ev_code rc = ev_group_look(g->stream, g->name, g->shard, &next, owner, e);

	if (rc != EV_OK && rc != EV_NO)
		return rc;
	if (*owner == 0)
		return ev_fail(e, EV_AGAIN, "group %s, shard %" PRIu32 ": another process has it",
		    g->name, g->shard);
	return ev_fail(e, EV_AGAIN,
	    "group %s, shard %" PRIu32 ": process %" PRId64
	    ", or a command that it started, has it",
	    g->name, g->shard, *owner);
}

static enum ev_code
open_group(struct ev_group *g, int how, int64_t *owner, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = ev_group_name_check(g->name, e)) != EV_OK ||
	    (rc = open_file(g, ".lock", &g->lock, e)) != EV_OK)
		return rc;
	if ((rc = lock(g, how, e)) != EV_OK)
		return rc == EV_NO ? taken(g, owner, e) : rc;
	if ((rc = open_offset(g, e)) != EV_OK || (rc = reload(g, e)) != EV_OK)
		return rc;
	return how == LOCK_EX ? write_offset(g, g->work->at.next, e) : EV_OK;
}

static enum ev_code
open_as(struct ev_group *g, struct ev_stream *s, const char *name, uint32_t shard, int how,
    int64_t *owner, struct ev_err *e)
{
	enum ev_code rc;

	*owner = 0;
	*g = (struct ev_group){ .stream = s, .name = name, .shard = shard, .lock = -1 };
	g->work = calloc(1, sizeof(*g->work));
	if (g->work == NULL)
		return ev_fail_mem(e);
	g->work->fd = -1;
	if (shard >= s->conf.shards)
		rc = ev_fail(e, EV_USAGE, "there is no shard %" PRIu32 ": the stream has %" PRIu32,
		    shard, s->conf.shards);
	else
		rc = open_group(g, how, owner, e);
	if (rc != EV_OK)
		ev_group_close(g);
	return rc;
}

enum ev_code
ev_group_open(struct ev_group *g, struct ev_stream *s, const char *name, uint32_t shard,
    int64_t *owner, struct ev_err *e)
{
	return open_as(g, s, name, shard, LOCK_EX, owner, e);
}

enum ev_code
ev_group_share(struct ev_group *g, struct ev_stream *s, const char *name, uint32_t shard,
    int64_t *owner, struct ev_err *e)
{
	return open_as(g, s, name, shard, LOCK_SH, owner, e);
}

enum ev_code
ev_group_reload(struct ev_group *g, struct ev_err *e)
{
	return reload(g, e);
}

enum ev_code
ev_group_commit(struct ev_group *g, uint64_t next, struct ev_err *e)
{
	enum ev_code rc;

	if (g->work->failed)
		return ev_fail(e, EV_SYS, "a commit of group %s failed before", g->name);
	if ((rc = write_offset(g, next, e)) == EV_OK) {
		g->known = true;
		g->next = next;
	}
	return rc;
}

void
ev_group_close(struct ev_group *g)
{
	if (g->work == NULL)
		return;
	if (g->work->fd >= 0)
		close(g->work->fd);
	if (g->lock >= 0)
		close(g->lock); /* and with it the lock, unless a COMMAND inherited it */
	free(g->work);
	g->work = NULL;
	g->lock = -1;
}

/* Whether somebody holds the group's lock. */
static enum ev_code
is_locked(struct ev_stream *s, const char *name, uint32_t shard, bool *yes, struct ev_err *e)
{
	char path[PATH];
	enum ev_code rc;
	int fd;

	*yes = false;
	path_of(path, name, shard, ".lock");
	fd = openat(s->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? EV_OK : ev_fail_sys(e, "cannot open %s", path);
	rc = try_lock(fd, LOCK_EX, e);
	*yes = rc == EV_NO;
	close(fd);
	return rc == EV_NO ? EV_OK : rc;
}

enum ev_code
ev_group_look(struct ev_stream *s, const char *name, uint32_t shard, uint64_t *next, int64_t *owner,
    struct ev_err *e)
{
	struct ev_offset o;
	char path[PATH];
	enum ev_code rc;
	bool locked;
	int fd;

	*next = 0;
	*owner = 0;
	if ((rc = ev_group_name_check(name, e)) != EV_OK)
		return rc;
	path_of(path, name, shard, ".off");
	fd = openat(s->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? EV_NO : ev_fail_sys(e, "cannot open %s", path);
	rc = read_offset(fd, &o, path, e);
	close(fd);
	if (rc != EV_OK || (rc = is_locked(s, name, shard, &locked, e)) != EV_OK)
		return rc;
	*owner = locked ? (int64_t)o.owner : 0;
	if (o.next == EV_OFFSET_NONE)
		return EV_NO;
	*next = o.next;
	return EV_OK;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum ev_code
add_name(char ***names, size_t *n, const char *name, struct ev_err *e)
{
	char **more = realloc(*names, (*n + 1) * sizeof(*more));

	if (more == NULL)
		return ev_fail_mem(e);
	*names = more;
	more[*n] = strdup(name);
	if (more[*n] == NULL)
		return ev_fail_mem(e);
	++*n;
	return EV_OK;
}

enum ev_code
ev_group_list(struct ev_stream *s, char ***names, size_t *n, struct ev_err *e)
{
	int fd = openat(s->dir, "groups", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum ev_code rc = EV_OK;
	struct dirent *de;
	DIR *dir;

	*names = NULL;
	*n = 0;
	if (fd < 0)
		return errno == ENOENT ? EV_OK : ev_fail_sys(e, "cannot open groups");
	dir = fdopendir(fd);
	if (dir == NULL) {
		rc = ev_fail_sys(e, "cannot read groups");
		close(fd);
		return rc;
	}
	while (rc == EV_OK && (de = readdir(dir)) != NULL)
		if (ev_group_name_check(de->d_name, NULL) == EV_OK)
			rc = add_name(names, n, de->d_name, e);
	closedir(dir);
	if (rc == EV_OK && *n > 0)
		qsort(*names, *n, sizeof(**names), compare);
	while (rc != EV_OK && *n > 0)
		free((*names)[--*n]);
	if (rc != EV_OK) {
		free(*names);
		*names = NULL;
	}
	return rc;
}
