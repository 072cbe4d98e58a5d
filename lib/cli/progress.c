/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/text.h"

#define SECOND UINT64_C(1000000000)

enum { BAR = 20, LONGEST = 512 };

static bool
wanted(const struct ev_common *c, bool events)
{
	const char *when = c->progress != NULL ? c->progress : "auto";

	if (c->quiet || strcmp(when, "never") == 0)
		return false;
	if (strcmp(when, "always") == 0)
		return true;
	return isatty(STDERR_FILENO) && !(events && isatty(STDOUT_FILENO));
}

void
ev_progress_init(struct ev_progress *p, const struct ev_common *c, bool events, uint64_t total)
{
	bool always = c->progress != NULL && strcmp(c->progress, "always") == 0;

	*p = (struct ev_progress){ .on = wanted(c, events), .total = total, .start = ev_mono() };
	p->next = always ? p->start : p->start + 2 * SECOND;
}

/* "[#####...............]  25%  1.0G of 4.0G, 410.0M/s, 7.5s left" */
static void
with_total(char line[LONGEST], const struct ev_progress *p, uint64_t bytes, double rate,
    const char *per_second)
{
	double part = bytes < p->total ? (double)bytes / (double)p->total : 1.0;
	uint64_t rest = bytes < p->total ? p->total - bytes : 0;
	double left = rate > 0 ? (double)rest / rate : 0;
	size_t full = (size_t)(part * BAR);
	char done[32], all[32], eta[32], bar[BAR + 1];

	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	ev_size_print(done, bytes);
	ev_size_print(all, p->total);
	ev_duration_print(eta, left < 1e12 ? (int64_t)left * 1000 : 0);
	snprintf(line, LONGEST, "%s: [%s] %3d%%  %s of %s, %s/s, %s left", ev_prog(), bar,
	    (int)(part * 100), done, all, per_second, eta);
}

static void
show(const struct ev_progress *p, uint64_t now, uint64_t bytes, uint64_t events)
{
	double rate = now > p->start ? (double)bytes * 1e9 / (double)(now - p->start) : 0;
	char line[LONGEST], done[32], per_second[32];
	size_t columns = ev_columns(STDERR_FILENO);

	ev_size_print(per_second, (uint64_t)rate);
	ev_size_print(done, bytes);
	if (p->total > 0)
		with_total(line, p, bytes, rate, per_second);
	else
		snprintf(line, sizeof(line), "%s: %s, %llu events, %s/s", ev_prog(), done,
		    (unsigned long long)events, per_second);
	/* a full last column would make the terminal begin a new line */
	line[ev_text_cut(ev_slice_str(line), columns - 1)] = '\0';
	ev_say_bar(line);
}

void
ev_progress_step(struct ev_progress *p, uint64_t bytes, uint64_t events)
{
	uint64_t now;

	if (!p->on || bytes == p->bytes)
		return;
	p->bytes = bytes;
	now = ev_mono();
	if (now < p->next)
		return;
	p->next = now + SECOND / 10;
	show(p, now, bytes, events);
}

void
ev_progress_end(struct ev_progress *p)
{
	if (p->on)
		ev_say_bar("");
	p->on = false;
}

uint64_t
ev_progress_total(const char *const *names)
{
	static const char *const only_stdin[] = { "-", NULL };
	uint64_t total = 0;
	struct stat st;

	if (names == NULL || *names == NULL)
		names = only_stdin;
	for (; *names != NULL; names++) {
		int rc = strcmp(*names, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(*names, &st);

		if (rc < 0 || !S_ISREG(st.st_mode))
			return 0;
		total += (uint64_t)st.st_size;
	}
	return total;
}
