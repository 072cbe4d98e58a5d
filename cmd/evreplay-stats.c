/* SPDX-License-Identifier: MIT */
/* --stats and SIGUSR1. */
#include "evreplay.h"

#include <unistd.h>

void
evreplay_add_run(struct counts *c, const struct ev_run *run)
{
	c->batches += run->batches;
	c->invocations += run->invocations;
	c->retries += run->retries;
}

static struct counts
count(const struct replay *r)
{
	struct counts c = {
		.read = r->source.read,
		.bytes = r->source.bytes,
		.sent = r->sent,
		.faults = r->faults.taken,
		.waits = r->waits,
	};

	c.batches = r->earlier.batches;
	c.invocations = r->earlier.invocations;
	c.retries = r->earlier.retries;
	for (size_t i = 0; i < r->lanes; i++)
		evreplay_add_run(&c, &r->lane[i].run);
	return c;
}

void
evreplay_add_counts(struct counts *sum, const struct counts *c)
{
	sum->read += c->read;
	sum->bytes += c->bytes;
	sum->sent += c->sent;
	sum->faults += c->faults;
	sum->waits += c->waits;
	sum->batches += c->batches;
	sum->invocations += c->invocations;
	sum->retries += c->retries;
}

void
evreplay_show_counts(const struct conf *conf, uint64_t start, const struct counts *c)
{
	struct ev_stats s = {
		.start = start,
		.read = c->read,
		.bytes = c->bytes,
		.more = {
			{ conf->words != NULL ? "done" : "written", c->sent },
			{ "faults", c->faults },
			{ "waits", c->waits },
			{ conf->words != NULL ? "batches" : NULL, c->batches },
			{ "invocations", c->invocations },
			{ "retries", c->retries },
		},
	};

	ev_stats_show(&s, &conf->select.events.common);
}

void
evreplay_show_stats(const struct replay *r)
{
	struct counts c = count(r);

	evreplay_show_counts(r->conf, r->start, &c);
}

/* A lost count is no failure of the work. */
void
evreplay_end_stats(const struct replay *r)
{
	struct counts c = count(r);

	if (r->report >= 0 && write(r->report, &c, sizeof(c)) < 0)
		return;
	if (r->report < 0 && r->conf->select.events.common.stats != NULL)
		evreplay_show_counts(r->conf, r->start, &c);
}
