/* SPDX-License-Identifier: MIT */
#include "cli/stats.h"

#include "base/time.h"
#include "cli/emit.h"

/* Seconds, and what of n falls on one of them. */
static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static uint64_t
per_second(uint64_t n, uint64_t ns)
{
	return ns == 0 ? 0 : (uint64_t)((double)n / seconds(ns));
}

static void
show_json(struct ev_emit *m, const struct ev_stats *s, uint64_t wall)
{
	const struct ev_counter *k;

	ev_emit(m, "{\"command\":");
	ev_emit_json(m, ev_prog());
	ev_emit(m, ",\"read\":%llu,\"bytes\":%llu", (unsigned long long)s->read,
	    (unsigned long long)s->bytes);
	for (k = s->more; k->name != NULL; k++) {
		ev_emit(m, ",");
		ev_emit_json(m, k->name);
		ev_emit(m, ":%llu", (unsigned long long)k->n);
	}
	ev_emit(m, ",\"wall\":%.6f,\"cpu\":%.6f", seconds(wall), seconds(ev_cpu()));
	ev_emit(m, ",\"events_per_second\":%llu,\"bytes_per_second\":%llu}",
	    (unsigned long long)per_second(s->read, wall),
	    (unsigned long long)per_second(s->bytes, wall));
}

static void
show_text(struct ev_emit *m, const struct ev_stats *s, uint64_t wall)
{
	char size[32], rate[32];
	const struct ev_counter *k;

	ev_size_print(size, s->bytes);
	ev_size_print(rate, per_second(s->bytes, wall));
	ev_emit(m, "%s: read %llu (%s)", ev_prog(), (unsigned long long)s->read, size);
	for (k = s->more; k->name != NULL; k++)
		ev_emit(m, ", %s %llu", k->name, (unsigned long long)k->n);
	ev_emit(m, "; wall %.3fs, cpu %.3fs, %llu events/s, %s/s", seconds(wall), seconds(ev_cpu()),
	    (unsigned long long)per_second(s->read, wall), rate);
}

void
ev_stats_show(const struct ev_stats *s, const struct ev_common *c)
{
	bool json = c->stats != NULL && strcmp(c->stats, "json") == 0;
	struct ev_buf line = EV_BUF(4096);
	struct ev_emit m = { &line, NULL, EV_OK };
	uint64_t wall = ev_mono() - s->start;

	if (json)
		show_json(&m, s, wall);
	else
		show_text(&m, s, wall);
	if (m.rc == EV_OK)
		ev_say_line(ev_buf_str(&line));
	ev_buf_fini(&line);
}
