/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/progress.h"
#include "tap.h"

static char text[8192];

static int
to_file(void)
{
	return open("shown", O_RDWR | O_CREAT | O_TRUNC, 0600);
}

/* Both ends of a terminal of 40 columns; false where there are none. */
static bool
to_terminal(int *master, int *slave)
{
	struct winsize w = { .ws_row = 24, .ws_col = 40 };

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0)
		return false;
	*slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
	return *slave >= 0 && ioctl(*slave, TIOCSWINSZ, &w) == 0;
}

/* Makes fd stderr for the time of one call of `show`. */
static void
with_stderr(int fd, void (*show)(void *), void *arg)
{
	int kept = dup(STDERR_FILENO);

	if (kept < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	show(arg);
	dup2(kept, STDERR_FILENO);
	close(kept);
}

struct scene {
	struct ev_common c;
	uint64_t total, bytes, events;
	bool due, told,
	    second; /* the 2 seconds are over; a message comes; a second step follows at once */
};

static void
play(void *arg)
{
	const struct scene *s = arg;
	struct ev_progress p;

	ev_progress_init(&p, &s->c, false, s->total);
	p.start -= 2000000000;
	if (s->due)
		p.next = 0;
	ev_progress_step(&p, s->bytes, s->events);
	if (s->second)
		ev_progress_step(&p, s->bytes + 1, s->events);
	if (s->told)
		ev_warn("a message");
	ev_progress_end(&p);
}

static const char *
on_file(struct scene s)
{
	int fd = to_file();
	ssize_t n;

	with_stderr(fd, play, &s);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

static const char *
on_terminal(struct scene s)
{
	int master, slave;
	size_t n = 0;
	ssize_t r;

	if (!to_terminal(&master, &slave))
		tap_skip_all("no pseudo terminals");
	with_stderr(slave, play, &s);
	if (write(slave, "\001", 1) != 1) /* marks the end: a read may give less than was written */
		abort();
	while ((n == 0 || text[n - 1] != '\001') && (r = read(master, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	text[n > 0 ? n - 1 : 0] = '\0';
	close(slave);
	close(master);
	return text;
}

static void
nothing_is_shown_unless_people_watch(void)
{
	is_str(on_file((struct scene){ .total = 100, .bytes = 50, .due = true }), "");
	is_str(on_file((struct scene){
		   .c = { .progress = "auto" }, .total = 100, .bytes = 50, .due = true }),
	    "");
	is_str(on_terminal((struct scene){ .total = 100, .bytes = 50 }), "");
	is_str(on_terminal((struct scene){
		   .c = { .quiet = true, .progress = "always" }, .bytes = 50, .due = true }),
	    "");
	is_str(
	    on_terminal((struct scene){ .c = { .progress = "never" }, .bytes = 50, .due = true }),
	    "");
}

static void
always_means_at_once_and_everywhere(void)
{
	on_file((struct scene){ .c = { .progress = "always" }, .total = 2048, .bytes = 512 });
	ok(strstr(text, "\revtest: [#####...............]  25%  512B of 2.0K, ") == text);
	ok(strstr(text, " left\033[K\r\033[K") == text + strlen(text) - 12);
	on_file((struct scene){ .c = { .progress = "always" }, .bytes = 4096, .events = 7 });
	ok(strstr(text, "\revtest: 4.0K, 7 events, ") == text &&
	    strstr(text, "/s\033[K\r\033[K") != NULL);
}

static void
a_line_fits_the_terminal(void)
{
	is_str(on_terminal((struct scene){ .total = 2048, .bytes = 2048, .due = true }),
	    "\revtest: [####################] 100%  2.\033[K\r\033[K");
}

static void
more_than_the_total_is_all_of_it(void)
{
	on_file((struct scene){ .c = { .progress = "always" }, .total = 10, .bytes = 20 });
	ok(strstr(text, "[####################] 100%  20B of 10B, ") != NULL &&
	    strstr(text, ", 0ms left") != NULL);
}

static void
a_message_wipes_the_line_first(void)
{
	on_terminal((struct scene){ .bytes = 1, .due = true, .told = true });
	ok(strstr(text, "B/s\033[K\r\033[Kevtest: a message\r\n") != NULL);
	ok_as(strcmp(strstr(text, "message"), "message\r\n") == 0,
	    "and at the end there is nothing left to wipe");
}

static void
it_is_shown_ten_times_a_second_at_most(void)
{
	on_terminal((struct scene){ .bytes = 1, .due = true, .second = true });
	ok(strstr(text, "1B, ") != NULL && strstr(text, "2B, ") == NULL);
}

static void
a_total_is_known_of_regular_files(void)
{
	int fd = open("five", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ok(fd >= 0 && write(fd, "12345", 5) == 5);
	close(fd);
	ok(ev_progress_total((const char *const[]){ "five", "five", NULL }) == 10);
	ok(ev_progress_total((const char *const[]){ "five", "/dev/null", NULL }) == 0);
	ok(ev_progress_total((const char *const[]){ "five", "absent", NULL }) == 0);
	fd = open("five", O_RDONLY);
	ok(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	ok(ev_progress_total(NULL) == 5 &&
	    ev_progress_total((const char *const[]){ "-", "five", NULL }) == 10);
}

int
main(void)
{
	ev_say_init("evtest", "never");
	nothing_is_shown_unless_people_watch();
	always_means_at_once_and_everywhere();
	a_line_fits_the_terminal();
	more_than_the_total_is_all_of_it();
	a_message_wipes_the_line_first();
	it_is_shown_ten_times_a_second_at_most();
	a_total_is_known_of_regular_files();
	return tap_done();
}
