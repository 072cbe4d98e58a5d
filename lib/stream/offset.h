/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_OFFSET_H
#define EV_STREAM_OFFSET_H

#include <stdint.h>

/* groups/GROUP/pNNNN.off: two slots (see slot.h) of this. */
enum { EV_OFFSET = 32 /* bytes of a slot's body */ };
#define EV_OFFSET_NONE UINT64_MAX /* next: nothing was committed; it names the owner only */

struct ev_offset {
	uint64_t gen, next, owner; /* owner: the pid of who wrote it */
	int64_t ms;                /* epoch; when */
};

void ev_offset_put(unsigned char body[EV_OFFSET], const struct ev_offset *o);
void ev_offset_get(const unsigned char body[EV_OFFSET], struct ev_offset *o);

#endif
