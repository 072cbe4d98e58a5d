/* SPDX-License-Identifier: MIT */
#include "lake/network.h"

#include <linux/magic.h>
#include <stddef.h>

const char *
ev_network_fs(unsigned long type)
{
	static const struct {
		unsigned long type;
		const char *name;
	} known[] = {
		{ NFS_SUPER_MAGIC, "NFS" },
		{ SMB_SUPER_MAGIC, "SMB" },
		{ 0xff534d42, "SMB" }, /* CIFS */
		{ 0xfe534d42, "SMB" }, /* SMB2 */
		{ AFS_SUPER_MAGIC, "AFS" },
		{ CODA_SUPER_MAGIC, "Coda" },
		{ 0x00c36400, "Ceph" },
	};

	/* the kernel's type is 32 bits wide, statfs's member is signed */
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if ((type & 0xffffffff) == known[i].type)
			return known[i].name;
	return NULL;
}
