/* SPDX-License-Identifier: MIT */
/* The end of a segment: seek table, EVIX and its sections, as a file that is nothing else. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lake/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ev_slice
section(const char *file, const struct ev_evix *map, enum ev_section_no no)
{
	return (struct ev_slice){ file + map->section[no].off, (size_t)map->section[no].len };
}

static void
read_all(const char *file, size_t size)
{
	struct ev_index ix = { 0 };
	struct ev_evix map;
	struct ev_meta meta;
	struct ev_err e = { 0 };
	uint64_t table;
	size_t frames;

	if (size < EV_SEEK_END || ev_seek_size(file + size - EV_SEEK_END, &table, &e) != EV_OK ||
	    table > size ||
	    ev_seek_read((struct ev_slice){ file + size - table, (size_t)table }, size, &map,
		&frames, NULL, &e) != EV_OK ||
	    ev_evix_read((struct ev_slice){ file + map.off, (size_t)map.len }, &map, &e) != EV_OK)
		return;
	/* the hashes of sections would keep a fuzzer out: they are not asked here */
	if (ev_blkt_read(section(file, &map, EV_BLKT), &map, &ix, &e) == EV_OK &&
	    ev_type_read(section(file, &map, EV_TYPE_SECTION), &ix, &e) == EV_OK &&
	    ev_meta_read(section(file, &map, EV_META), &meta, &e) == EV_OK &&
	    ix.first[ix.frames] > size)
		abort();
	ev_index_fini(&ix);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1); /* exactly as long: what reads behind it is seen */

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	read_all(copy, size);
	free(copy);
	return 0;
}
