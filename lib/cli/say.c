/* SPDX-License-Identifier: MIT */
#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/opt.h"
#include "cli/text.h"

/* stderr is the process's own, and so is what is known about it. */
static const char *prog = "evhub", *color = "auto";
static bool bar_shown;

/* A message. No allocation, so that it tells of memory that ran out; what does not fit is cut. */
struct line {
	char p[8192];
	size_t n;
};

static void
add_bytes(struct line *l, const char *p, size_t n)
{
	size_t room = sizeof(l->p) - 1 - l->n;

	if (n > room)
		n = room;
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

/* Adds text that anybody may have written. */
static void
add_plain(struct line *l, const char *text)
{
	size_t from = l->n;

	add_bytes(l, text, strlen(text));
	l->n = from + ev_text_plain(l->p + from, l->n - from);
}

static void
add(struct line *l, const char *text)
{
	add_bytes(l, text, strlen(text));
}

static void
add_color(struct line *l, const char *escape)
{
	if (ev_color(STDERR_FILENO))
		add(l, escape);
}

static void
send(struct line *l)
{
	struct ev_err lost = { 0 };

	l->p[sizeof(l->p) - 1 == l->n ? l->n : l->n++] = '\n';
	if (ev_write_all(STDERR_FILENO, l->p, l->n, &lost) != EV_OK)
		return; /* nobody is left to tell */
}

/* A line that begins with the wiping of a bar. */
static void
begin(struct line *l)
{
	l->n = 0;
	if (bar_shown)
		add(l, "\r\033[K");
	bar_shown = false;
}

static void
begin_prog(struct line *l)
{
	begin(l);
	add_color(l, "\033[1m");
	add(l, prog);
	add(l, ":");
	add_color(l, "\033[0m");
	add(l, " ");
}

const char *
ev_prog(void)
{
	return prog;
}

void
ev_say_init(const char *name, const char *when)
{
	prog = name;
	color = when != NULL ? when : "auto";
}

static void EV_PRINTF(1, 0)
say(const char *fmt, va_list ap)
{
	char text[2048];
	struct line l;

	vsnprintf(text, sizeof(text), fmt, ap);
	begin_prog(&l);
	add_plain(&l, text);
	send(&l);
}

void
ev_note(const struct ev_common *c, const char *fmt, ...)
{
	va_list ap;

	if (c != NULL && c->quiet)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
ev_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
ev_note_stdin(const struct ev_common *c, char *const *names)
{
	bool reads = names == NULL || *names == NULL;

	for (; names != NULL && *names != NULL; names++)
		reads = reads || strcmp(*names, "-") == 0;
	if (reads && isatty(STDIN_FILENO))
		ev_note(c, "reading events from the terminal; ^D ends; see --help");
}

/* The caret stands under the byte at e->caret of near, counted in what is shown. */
static void
add_near(struct line *l, const struct ev_err *e)
{
	bool cut = e->col > (unsigned long)e->caret + 1;
	struct ev_slice near = ev_slice_str(e->near);
	char before[sizeof(e->near)];
	size_t n = e->caret < near.n ? e->caret : near.n, width;

	memcpy(before, near.p, n);
	n = ev_text_plain(before, n);
	width = ev_text_width((struct ev_slice){ before, n });
	add(l, cut ? "\n..." : "\n  ");
	add_plain(l, e->near);
	add(l, cut ? "\n   " : "\n  ");
	while (width-- > 0)
		add(l, " ");
	add_color(l, "\033[1;31m");
	add(l, "^");
	add_color(l, "\033[0m");
}

void
ev_say_err(const struct ev_err *e)
{
	char place[64] = "";
	struct line l;

	begin_prog(&l);
	if (e->line != 0 && e->col != 0)
		snprintf(place, sizeof(place), "%lu:%lu: ", e->line, e->col);
	else if (e->line != 0)
		snprintf(place, sizeof(place), "%lu: ", e->line);
	if (e->name != NULL) {
		add_plain(&l, e->name);
		add(&l, *place != '\0' ? ":" : ": ");
	}
	add(&l, place);
	add_plain(&l, e->text);
	if (e->near[0] != '\0')
		add_near(&l, e);
	send(&l);
}

void
ev_say_line(const char *text)
{
	struct line l;

	begin(&l);
	add(&l, text);
	send(&l);
}

void
ev_say_bar(const char *text)
{
	struct line l;

	if (*text == '\0' && !bar_shown)
		return;
	l.n = 0;
	add(&l, "\r");
	add(&l, text);
	add(&l, "\033[K");
	bar_shown = *text != '\0';
	if (write(STDERR_FILENO, l.p, l.n) < 0)
		bar_shown = false;
}

static bool
env_set(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0';
}

static bool
env_is(const char *name, const char *value)
{
	const char *v = getenv(name);

	return v != NULL && strcmp(v, value) == 0;
}

bool
ev_color(int fd)
{
	if (strcmp(color, "auto") != 0)
		return strcmp(color, "always") == 0;
	if (env_set("NO_COLOR"))
		return false;
	if (env_set("CLICOLOR_FORCE") && !env_is("CLICOLOR_FORCE", "0"))
		return true;
	return env_set("TERM") && !env_is("TERM", "dumb") && isatty(fd);
}

bool
ev_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	size_t i;

	if (env_is("TERM", "dumb"))
		return false;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (env_set(names[i])) {
			const char *v = getenv(names[i]);

			return strcasestr(v, "utf-8") != NULL || strcasestr(v, "utf8") != NULL;
		}
	return false;
}

size_t
ev_columns(int fd)
{
	struct winsize w;

	return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}
