/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/stats.h"
#include "tap.h"

static char text[4096];

/* What ev_stats_show writes on stderr. */
static const char *
shown(const struct ev_stats *s, const char *form)
{
	struct ev_common c = { .stats = form };
	int kept = dup(STDERR_FILENO), fd = open("shown", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	if (kept < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	ev_stats_show(s, &c);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(fd);
	return text;
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

int
main(void)
{
	struct ev_stats s = {
		.read = 3, .bytes = 2048, .more = { { "matched", 2 }, { "written", 1 } }
	};
	double wall = 0, cpu = -1;
	long rate = 0;

	ev_say_init("evtest", "never");
	s.start = ev_mono() - 2000000000;
	ok(begins(shown(&s, ""), "evtest: read 3 (2.0K), matched 2, written 1; wall "));
	ok(begins(shown(&s, NULL), "evtest: read 3"));
	ok_as(strchr(text, '\n') == text + strlen(text) - 1, "one line");

	shown(&s, "json");
	ok(begins(text,
	    "{\"command\":\"evtest\",\"read\":3,\"bytes\":2048,\"matched\":2,\"written\":1,"
	    "\"wall\":"));
	ok(strstr(text, "wall") != NULL &&
	    sscanf(strstr(text, "\"wall"), "\"wall\":%lf,\"cpu\":%lf,\"events_per_second\":%ld",
		&wall, &cpu, &rate) == 3);
	ok(wall >= 2 && cpu >= 0 && cpu < wall);
	ok_as(rate == (long)(3 / wall), "the rate is by wall clock");

	s = (struct ev_stats){ .start = ev_mono(), .read = UINT64_MAX, .bytes = UINT64_MAX };
	ok_as(strstr(shown(&s, "json"), "\"read\":18446744073709551615,") != NULL,
	    "counters are of 64 bits");
	s = (struct ev_stats){ .start = ev_mono() };
	ok_as(strstr(shown(&s, ""), "evtest: read 0 (0B); wall ") != NULL,
	    "nothing read is no division by zero");
	return tap_done();
}
