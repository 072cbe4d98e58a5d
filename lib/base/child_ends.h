/* SPDX-License-Identifier: MIT */
#ifndef EV_CHILD_ENDS_H
#define EV_CHILD_ENDS_H

#include <unistd.h>

#include "base/child.h"

/* Our ends of a child's pipes. */
static inline void
ev_fd_shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void
ev_child_shut(struct ev_child *c)
{
	ev_fd_shut(&c->in);
	ev_fd_shut(&c->err);
	ev_fd_shut(&c->ack);
	ev_fd_shut(&c->fd);
}

#endif
