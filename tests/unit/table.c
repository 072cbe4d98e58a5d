/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/table.h"
#include "tap.h"

static char text[1 << 20];

static const struct ev_col cols[] = {
	{ "type", EV_CELL_STR },
	{ "events", EV_CELL_INT },
	{ "bytes", EV_CELL_SIZE },
	{ "first", EV_CELL_TIME },
	{ "spent", EV_CELL_DURATION },
	{ "sealed", EV_CELL_BOOL },
	{ "share", EV_CELL_BAR }
};

#define COLS (sizeof(cols) / sizeof(*cols))

/* A report of two rows, and of one with nothing known. */
static enum ev_code
report(const struct ev_common *c, int fd)
{
	const struct ev_cell rows[3][COLS] = { { ev_cell_str(EV_LIT("order-submitted")),
						   ev_cell_int(1200), ev_cell_int(1536),
						   ev_cell_int(1793577600000), ev_cell_int(1500),
						   ev_cell_int(1), ev_cell_int(1200) },
		{ ev_cell_str(EV_LIT("a\"\033b\303\274")), ev_cell_int(-5), ev_cell_int(0),
		    ev_cell_int(0), ev_cell_int(0), ev_cell_int(0), ev_cell_int(50) },
		{ { .known = false } } };
	struct ev_table t;
	struct ev_out out;
	enum ev_code rc = ev_out_open(&out, fd, "out", NULL);
	size_t i;

	ev_table_open(&t, c, cols, COLS, &out);
	for (i = 0; rc == EV_OK && i < 3; i++)
		rc = ev_table_row(&t, rows[i], NULL);
	if (ev_table_close(&t, false, NULL) != EV_OK || ev_out_close(&out, false, NULL) != EV_OK)
		return EV_SYS;
	return rc;
}

static const char *
on_file(struct ev_common c, enum ev_code (*what)(const struct ev_common *, int))
{
	int fd = open("shown", O_RDWR | O_CREAT | O_TRUNC, 0600);
	enum ev_code rc = what(&c, fd);
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return rc == EV_OK ? text : "(failed)";
}

static const char *
on_terminal(unsigned short columns, struct ev_common c)
{
	struct winsize w = { .ws_row = 24, .ws_col = columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave = -1;
	enum ev_code rc;
	ssize_t n;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0 ||
	    ioctl(slave, TIOCSWINSZ, &w) < 0)
		tap_skip_all("no pseudo terminals");
	rc = report(&c, slave);
	n = read(master, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(slave);
	close(master);
	return rc == EV_OK ? text : "(failed)";
}

static void
a_pipe_gets_an_object_per_line(void)
{
	static const char want[] = "{\"type\":\"order-submitted\",\"events\":1200,\"bytes\":1536,"
				   "\"first\":1793577600000,\"spent\":1500,\"sealed\":true}\n"
				   "{\"type\":\"a\\\"\\u001bb\303\274\",\"events\":-5,\"bytes\":0,"
				   "\"first\":0,\"spent\":0,\"sealed\":false}\n"
				   "{\"type\":null,\"events\":null,\"bytes\":null,\"first\":null,"
				   "\"spent\":null,\"sealed\":null}\n";

	is_str(on_file((struct ev_common){ 0 }, report), want);
	is_str(on_file((struct ev_common){ .json = true, .table = true }, report), want);
	on_terminal(80, (struct ev_common){ .json = true });
	ok(strncmp(text, "{\"type\":", 8) == 0);
}

static void
a_table_is_aligned(void)
{
	is_str(on_file((struct ev_common){ .table = true }, report),
	    "type             events  bytes  first                     spent  sealed  share\n"
	    "order-submitted    1200   1.5K  2026-11-02T00:00:00.000Z   1.5s  yes     "
	    "########################\n"
	    "a\".b\303\274                -5     0B  1970-01-01T00:00:00.000Z    0ms  no      #\n"
	    "\n");
}

static void
bars_have_eighths_where_utf8_is_shown(void)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	on_file((struct ev_common){ .table = true }, report);
	ok(strstr(text, "no      \342\226\210\n") != NULL);
	ok(strstr(text, "yes     \342\226\210\342\226\210\342\226\210") != NULL);
	setenv("TERM", "dumb", 1);
	on_file((struct ev_common){ .table = true }, report);
	ok(strstr(text, "no      #\n") != NULL);
}

/* Whether no line is wider than this. */
static bool
fits(const char *s, size_t width)
{
	for (; *s != '\0'; s += strcspn(s, "\n"), s += *s == '\n')
		if (strcspn(s, "\r\n") > width)
			return false;
	return true;
}

static void
a_terminal_gets_a_table_that_fits(void)
{
	setenv("LC_ALL", "C", 1);
	on_terminal(97, (struct ev_common){ 0 });
	ok(strncmp(text, "type             events", 23) == 0);
	on_terminal(90, (struct ev_common){ 0 });
	ok_as(strstr(text, "\norder-submitted    1200   1.5K") != NULL && fits(text, 90),
	    "bars give way first");
	on_terminal(76, (struct ev_common){ 0 });
	ok(strstr(text, "\norder-submit~    1200   1.5K") != NULL && fits(text, 76));
	on_terminal(20, (struct ev_common){ 0 });
	ok_as(strstr(text, "\norder-s~    1200   1.5K") != NULL,
	    "text is not cut below 8, numbers never");
}

static void
the_heading_is_bold_in_colour(void)
{
	ev_say_init("evtest", "always");
	on_terminal(200, (struct ev_common){ 0 });
	ok(strncmp(text, "\033[1mtype", 8) == 0 && strstr(text, "share\033[0m\r\n") != NULL);
	ev_say_init("evtest", "never");
	on_terminal(200, (struct ev_common){ 0 });
	ok(strchr(text, '\033') == NULL);
}

static enum ev_code
many(const struct ev_common *c, int fd)
{
	static const struct ev_col two[] = { { "n", EV_CELL_INT }, { "name", EV_CELL_STR } };
	enum ev_code rc = EV_OK;
	struct ev_table t;
	struct ev_out out;
	int i;

	if (ev_out_open(&out, fd, "out", NULL) != EV_OK)
		return EV_SYS;
	ev_table_open(&t, c, two, 2, &out);
	for (i = 0; rc == EV_OK && i < 2500; i++) {
		struct ev_cell row[2] = { ev_cell_int(i),
			ev_cell_str(i < 2000 ? EV_LIT("x") : EV_LIT("longer")) };

		rc = ev_table_row(&t, row, NULL);
	}
	if (ev_table_close(&t, false, NULL) != EV_OK || ev_table_close(&t, false, NULL) != EV_OK ||
	    ev_out_close(&out, false, NULL) != EV_OK)
		return EV_SYS;
	return rc;
}

static void
many_rows_are_printed_in_parts(void)
{
	const char *s;
	int lines = 0;

	on_file((struct ev_common){ .table = true }, many);
	for (s = text; *s != '\0'; s++)
		lines += *s == '\n';
	ok(lines == 2501);
	ok(strncmp(text, "  n  name\n  0  x\n", 17) == 0 && strstr(text + 1, "name") != NULL);
	ok_as(strstr(strstr(text, "name") + 1, "name") == NULL, "one heading");
	ok_as(strstr(text, "\n2499  longer\n") != NULL,
	    "what is wider than the first rows is shown whole in a pipe");
}

static enum ev_code
none(const struct ev_common *c, int fd)
{
	struct ev_table t = { .n = 0 };
	struct ev_out out;

	if (ev_table_close(&t, false, NULL) != EV_OK || ev_out_open(&out, fd, "out", NULL) != EV_OK)
		return EV_SYS;
	ev_table_open(&t, c, cols, COLS, &out);
	if (ev_table_close(&t, false, NULL) != EV_OK)
		return EV_SYS;
	return ev_out_close(&out, false, NULL);
}

int
main(void)
{
	setenv("LC_ALL", "C", 1);
	setenv("TERM", "xterm", 1);
	ev_say_init("evtest", "never");
	a_pipe_gets_an_object_per_line();
	a_table_is_aligned();
	bars_have_eighths_where_utf8_is_shown();
	a_terminal_gets_a_table_that_fits();
	the_heading_is_bold_in_colour();
	many_rows_are_printed_in_parts();
	is_str(on_file((struct ev_common){ .table = true }, none), "");
	return tap_done();
}
