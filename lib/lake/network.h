/* SPDX-License-Identifier: MIT */
#ifndef EV_LAKE_NETWORK_H
#define EV_LAKE_NETWORK_H

/* The name of a network file system by the type that statfs(2) gives; NULL for any other. */
const char *ev_network_fs(unsigned long type);

#endif
