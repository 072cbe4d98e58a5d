/* SPDX-License-Identifier: MIT */
#ifndef EV_STREAM_COUNT_H
#define EV_STREAM_COUNT_H

#include <stdint.h>

#include "base/slice.h"

/* Lines by their LF. */
uint64_t ev_lf_count(struct ev_slice s);

/* The offset behind the n-th LF, from 1; s.n if there are fewer. */
size_t ev_lf_skip(struct ev_slice s, uint64_t n);

#endif
