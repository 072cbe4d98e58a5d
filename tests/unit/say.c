/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/opt.h"
#include "tap.h"

static int master, terminal, file;

static void
open_all(void)
{
	struct winsize w = { .ws_row = 24, .ws_col = 97 };

	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		tap_skip_all("no pseudo terminals");
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (terminal < 0 || ioctl(terminal, TIOCSWINSZ, &w) < 0)
		tap_skip_all("no pseudo terminals");
	file = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || dup2(file, STDERR_FILENO) < 0)
		abort();
}

/* What was said on stderr since the last call. */
static const char *
said(void)
{
	static char text[16384];
	static off_t from;
	ssize_t n = pread(file, text, sizeof(text) - 1, from);

	text[n > 0 ? n : 0] = '\0';
	from += n > 0 ? n : 0;
	return text;
}

static void
is_said(const char *want)
{
	const char *got = said();

	is_str(got, want);
}

static void
colour_needs_a_terminal_that_has_it(void)
{
	ev_say_init("evtest", "auto");
	setenv("TERM", "xterm", 1);
	ok(ev_color(terminal) && !ev_color(file));
	setenv("TERM", "dumb", 1);
	ok(!ev_color(terminal));
	unsetenv("TERM");
	ok(!ev_color(terminal));
	setenv("TERM", "xterm", 1);
}

static void
the_environment_decides_before_the_terminal(void)
{
	setenv("CLICOLOR_FORCE", "0", 1);
	ok_as(!ev_color(file), "CLICOLOR_FORCE=0 forces nothing");
	setenv("CLICOLOR_FORCE", "1", 1);
	ok(ev_color(file));
	setenv("NO_COLOR", "", 1);
	ok_as(ev_color(file), "an empty NO_COLOR is none");
	setenv("NO_COLOR", "1", 1);
	ok(!ev_color(terminal) && !ev_color(file));
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
}

static void
the_option_decides_before_all(void)
{
	setenv("NO_COLOR", "1", 1);
	ev_say_init("evtest", "always");
	ok(ev_color(file));
	unsetenv("NO_COLOR");
	ev_say_init("evtest", "never");
	ok(!ev_color(terminal));
}

static void
utf8_is_what_the_locale_says(void)
{
	setenv("LC_ALL", "", 1);
	setenv("LC_CTYPE", "de_DE.utf8", 1);
	setenv("LANG", "C", 1);
	ok_as(ev_utf8(), "LC_CTYPE before LANG, and an empty LC_ALL is none");
	setenv("LC_ALL", "C", 1);
	ok(!ev_utf8());
	setenv("LC_ALL", "C.UTF-8", 1);
	ok(ev_utf8());
	setenv("TERM", "dumb", 1);
	ok(!ev_utf8());
	setenv("TERM", "xterm", 1);
}

static void
columns_are_the_terminals(void)
{
	ok(ev_columns(terminal) == 97);
	ok(ev_columns(file) == 80);
}

static void
a_terminal_on_stdin_is_mentioned(void)
{
	struct ev_common loud = { .quiet = false }, quiet = { .quiet = true };
	char name[] = "file", dash[] = "-";

	dup2(file, STDIN_FILENO);
	ev_note_stdin(&loud, NULL);
	is_said("");
	dup2(terminal, STDIN_FILENO);
	ev_note_stdin(&loud, (char *const[]){ name, NULL });
	ev_note_stdin(&quiet, NULL);
	is_said("");
	ev_note_stdin(&loud, (char *const[]){ name, dash, NULL });
	is_said("evtest: reading events from the terminal; ^D ends; see --help\n");
	ev_note_stdin(&loud, (char *const[]){ NULL });
	ok(*said() != '\0');
}

static void
an_error_has_what_is_known_of_its_place(void)
{
	struct ev_err e = { .text = "wrong" };

	ev_say_err(&e);
	is_said("evtest: wrong\n");
	e.name = "a\nb";
	ev_say_err(&e);
	is_said("evtest: a.b: wrong\n");
	e.line = 7;
	ev_say_err(&e);
	is_said("evtest: a.b:7: wrong\n");
	e.name = NULL;
	e.col = 3;
	ev_say_err(&e);
	is_said("evtest: 7:3: wrong\n");
	e.caret = 99;
	memcpy(e.near, "abc", 4);
	ev_say_err(&e);
	ok_as(strstr(said(), "\n     ^\n") != NULL, "a caret behind the end stands behind the end");
}

static void
a_long_message_is_cut(void)
{
	static char longest[20000];

	memset(longest, 'x', sizeof(longest) - 1);
	ev_say_line(longest);
	ok(strlen(said()) < 8192);
	ok_as(said()[0] == '\0', "and is one write");
	ev_warn("%s", longest);
	ok(strlen(said()) < 8192);
}

int
main(void)
{
	open_all();
	colour_needs_a_terminal_that_has_it();
	the_environment_decides_before_the_terminal();
	the_option_decides_before_all();
	utf8_is_what_the_locale_says();
	columns_are_the_terminals();
	a_terminal_on_stdin_is_mentioned();
	an_error_has_what_is_known_of_its_place();
	a_long_message_is_cut();
	return tap_done();
}
