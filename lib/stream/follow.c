/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "stream/segment.h"

/* Writers change a segment or HEAD, in the folder of the shard. */
static bool
watch(int fd, struct ev_stream *s, uint32_t shard)
{
	char folder[EV_SEG_PATH], path[64 + EV_SEG_PATH];

	ev_seg_folder(folder, shard, NULL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", s->dir, folder);
	return inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE) >= 0;
}

/* Where the kernel gives no watch, looking once in EV_FOLLOW_POLL has to do. */
enum ev_code
ev_follow_open(struct ev_follow *f, struct ev_stream *s, uint32_t shard_first, uint32_t shards,
    struct ev_err *e)
{
	*f = (struct ev_follow){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK) };
	if (shard_first + shards > s->conf.shards || shard_first + shards < shard_first) {
		ev_follow_close(f);
		return ev_fail(e, EV_USAGE, "the stream has %u shards", (unsigned)s->conf.shards);
	}
	for (uint32_t i = 0; i < shards && f->fd >= 0; i++)
		if (!watch(f->fd, s, shard_first + i))
			ev_follow_close(f);
	return EV_OK;
}

void
ev_follow_drain(struct ev_follow *f)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (f->fd >= 0 && read(f->fd, events, sizeof(events)) > 0)
		;
}

void
ev_follow_close(struct ev_follow *f)
{
	if (f->fd > 0)
		close(f->fd);
	f->fd = -1;
}
