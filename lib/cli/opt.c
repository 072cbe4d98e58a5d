/* SPDX-License-Identifier: MIT */
#include "cli/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "cli/near.h"

#define COMMON(member) offsetof(struct ev_common, member)
#define EVENTS(member) offsetof(struct ev_events, member)
#define WHEN "auto|always|never"

const struct ev_opt ev_opt_common[] = {
	{ 'q', "quiet", EV_OPT_FLAG, NULL, COMMON(quiet), "Common", "say nothing but errors" },
	{ 0, "color", EV_OPT_CHOICE, WHEN, COMMON(color), NULL,
	    "colour: on a terminal, always or never" },
	{ 0, "progress", EV_OPT_CHOICE, WHEN, COMMON(progress), NULL,
	    "progress on stderr: on a terminal after 2 seconds, always or never" },
	{ 0, "stats", EV_OPT_CHOICE, "[=json]", COMMON(stats), NULL,
	    "counts, rates and waits on stderr at the end; SIGUSR1 asks for them at once" },
	{ 'h', NULL, EV_OPT_FLAG, NULL, COMMON(brief), NULL, "a short help" },
	{ 0, "help", EV_OPT_FLAG, NULL, COMMON(help), NULL, "this help, with examples" },
	{ 0, "version", EV_OPT_CHOICE, "[=long]", COMMON(version), NULL,
	    "the version; long: how it was built" },
	{ 0, "dump-options", EV_OPT_CHOICE, "json|man|bash|zsh|fish", COMMON(dump), NULL, NULL },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL }
};

const struct ev_opt ev_opt_report[] = {
	{ 0, "json", EV_OPT_FLAG, NULL, COMMON(json), "Report",
	    "a JSON object per line, also on a terminal" },
	{ 0, "table", EV_OPT_FLAG, NULL, COMMON(table), NULL,
	    "a table for people, also in a pipe" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL }
};

const struct ev_opt ev_opt_events[] = {
	{ 0, "faults", EV_OPT_ADDRESS, "ADDRESS", EVENTS(faults), "Reading events",
	    "where bad events go, as faults, instead of stopping at the first; else EVHUB_FAULTS" },
	{ 0, "max-line", EV_OPT_SIZE, "SIZE", EVENTS(max_line), NULL,
	    "the longest line that is read (16M)" },
	{ 0, "trust", EV_OPT_FLAG, NULL, EVENTS(trust), NULL,
	    "the input is known to be valid JSON: look only as far as needed" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL }
};

static bool
ends(const struct ev_opt *o)
{
	return o->name == NULL && o->letter == 0;
}

/* Table i of the command's own, which may list the common one, then the common one, then NULL. */
static const struct ev_opt *
table_at(const struct ev_cmd *cmd, size_t i)
{
	const struct ev_opt *const *t = cmd->tables;

	for (; t != NULL && *t != NULL; t++)
		if (*t != ev_opt_common && i-- == 0)
			return *t;
	return i == 0 ? ev_opt_common : NULL;
}

bool
ev_rows_next(struct ev_rows *r)
{
	const struct ev_opt *t;

	if (r->row != NULL && !ends(r->row + 1)) {
		r->row++;
	} else {
		t = table_at(r->cmd, r->row == NULL ? r->table : ++r->table);
		if (t == NULL)
			return false;
		r->common = t == ev_opt_common;
		r->row = t;
		r->group = r->group != NULL ? r->group : "Options";
	}
	if (r->row->group != NULL)
		r->group = r->row->group;
	return true;
}

struct ev_slice
ev_opt_arg(const struct ev_opt *o, bool *optional)
{
	struct ev_slice s = ev_slice_str(o->arg != NULL ? o->arg : "");

	*optional = ev_slice_begins(s, EV_LIT("[="));
	if (*optional) {
		s.p += 2;
		s.n -= 3;
	}
	return s;
}

bool
ev_opt_word(struct ev_slice *words, struct ev_slice *word)
{
	const char *bar = words->n > 0 ? memchr(words->p, '|', words->n) : NULL;

	*word = (struct ev_slice){ words->p, bar != NULL ? (size_t)(bar - words->p) : words->n };
	words->p += word->n + (bar != NULL);
	words->n -= word->n + (bar != NULL);
	return word->n > 0;
}

static enum ev_code
set_str(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	(void)o;
	(void)e;
	*(const char **)at = val;
	return EV_OK;
}

static enum ev_code
set_path(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	if (*val == '\0')
		return ev_fail(e, EV_USAGE, "%s was wanted, found nothing", o->arg);
	return set_str(o, at, val, e);
}

static enum ev_code
set_list(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	struct ev_list *l = at;
	const char **v = realloc(l->v, (l->n + 2) * sizeof(*v));

	(void)o;
	if (v == NULL)
		return ev_fail_mem(e);
	l->v = v;
	v[l->n++] = val;
	v[l->n] = NULL;
	return EV_OK;
}

static enum ev_code
set_count(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	unsigned long long n = 0;

	(void)o;
	errno = 0;
	if (*val != '\0' && val[strspn(val, "0123456789")] == '\0')
		n = strtoull(val, NULL, 10);
	else
		errno = EINVAL;
	if (errno != 0)
		return ev_fail(e, EV_USAGE, "found '%s'; wanted a whole number%s", val,
		    errno == ERANGE ? " below 2^64" : "");
	*(uint64_t *)at = n;
	return EV_OK;
}

static enum ev_code
set_fd(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	uint64_t n;

	if (set_count(o, &n, val, NULL) != EV_OK || n > INT_MAX)
		return ev_fail(e, EV_USAGE, "found '%s'; wanted the number of a descriptor", val);
	if (fcntl((int)n, F_GETFD) < 0)
		return ev_fail(e, EV_USAGE, "descriptor %s is not open", val);
	*(int *)at = (int)n;
	return EV_OK;
}

static enum ev_code
set_size(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	(void)o;
	return ev_size_parse(ev_slice_str(val), at, e);
}

static enum ev_code
set_duration(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	(void)o;
	return ev_duration_parse(ev_slice_str(val), at, e);
}

static enum ev_code
set_when(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	struct ev_when *w = at;

	(void)o;
	w->set = true;
	return ev_time_parse(ev_slice_str(val), ev_now(), &w->ms, &w->width, e);
}

static enum ev_code
set_choice(const struct ev_opt *o, void *at, const char *val, struct ev_err *e)
{
	struct ev_slice words, word;
	bool optional;

	words = ev_opt_arg(o, &optional);
	while (ev_opt_word(&words, &word))
		if (ev_slice_eq(word, ev_slice_str(val)))
			return set_str(o, at, val, e);
	words = ev_opt_arg(o, &optional);
	return ev_fail(e, EV_USAGE, "found '%s'; wanted %.*s", val, EV_FMT(words));
}

static enum ev_code (*const setters[])(const struct ev_opt *o, void *at, const char *val,
    struct ev_err *e) = {
	[EV_OPT_STR] = set_str,
	[EV_OPT_LIST] = set_list,
	[EV_OPT_COUNT] = set_count,
	[EV_OPT_FD] = set_fd,
	[EV_OPT_SIZE] = set_size,
	[EV_OPT_DURATION] = set_duration,
	[EV_OPT_WHEN] = set_when,
	[EV_OPT_CHOICE] = set_choice,
	[EV_OPT_FILE] = set_path,
	[EV_OPT_DIR] = set_path,
	[EV_OPT_ADDRESS] = set_path
};

struct parse {
	const struct ev_cmd *cmd;
	void *conf;
	char *const *next; /* the arguments not yet looked at */
};

static void *
member(const struct parse *p, const struct ev_opt *o)
{
	return (char *)p->conf + o->off;
}

/* shown: the option as it was written, without its value. */
static enum ev_code
set(const struct parse *p, const struct ev_opt *o, struct ev_slice shown, const char *val,
    struct ev_err *e)
{
	struct ev_err why = { 0 };
	enum ev_code rc = setters[o->kind](o, member(p, o), val, &why);

	if (rc != EV_OK)
		ev_fail(e, rc, "%.*s: %s", EV_FMT(shown), why.text);
	return rc;
}

/* The value of an option that stands alone: the next argument, or "" where it is optional. */
static enum ev_code
set_alone(struct parse *p, const struct ev_opt *o, struct ev_slice shown, struct ev_err *e)
{
	bool optional;
	struct ev_slice arg = ev_opt_arg(o, &optional);

	if (o->kind == EV_OPT_FLAG)
		*(bool *)member(p, o) = true;
	else if (optional)
		*(const char **)member(p, o) = "";
	else if (*p->next == NULL)
		return ev_fail(e, EV_USAGE, "%.*s wants %.*s, and nothing follows", EV_FMT(shown),
		    EV_FMT(arg));
	else
		return set(p, o, shown, *p->next++, e);
	return EV_OK;
}

static const struct ev_opt *
find_long(const struct ev_cmd *cmd, struct ev_slice name)
{
	struct ev_rows r = { .cmd = cmd };

	while (ev_rows_next(&r))
		if (r.row->name != NULL && ev_slice_eq(ev_slice_str(r.row->name), name))
			return r.row;
	return NULL;
}

static const struct ev_opt *
find_letter(const struct ev_cmd *cmd, char letter)
{
	struct ev_rows r = { .cmd = cmd };

	while (ev_rows_next(&r))
		if (r.row->letter == letter)
			return r.row;
	return NULL;
}

static enum ev_code
unknown(const struct ev_cmd *cmd, struct ev_slice shown, struct ev_err *e)
{
	char wrong[64];
	struct ev_near near = { .wrong = wrong };
	struct ev_rows r = { .cmd = cmd };

	snprintf(wrong, sizeof(wrong), "%.*s", (int)shown.n - 2, shown.p + 2);
	while (ev_rows_next(&r))
		if (r.row->name != NULL && r.row->help != NULL)
			ev_near_try(&near, r.row->name);
	if (near.best != NULL)
		return ev_fail(e, EV_USAGE, "unknown option '%.*s'; did you mean '--%s'?",
		    EV_FMT(shown), near.best);
	return ev_fail(e, EV_USAGE, "unknown option '%.*s'; see --help", EV_FMT(shown));
}

/* arg: "--name", "--name=value" or "--no-name". */
static enum ev_code
parse_long(struct parse *p, const char *arg, struct ev_err *e)
{
	const char *eq = strchr(arg, '=');
	struct ev_slice shown = { arg, eq != NULL ? (size_t)(eq - arg) : strlen(arg) };
	struct ev_slice name = { arg + 2, shown.n - 2 };
	const struct ev_opt *o = find_long(p->cmd, name);
	bool off = false;

	if (o == NULL && ev_slice_begins(name, EV_LIT("no-"))) {
		o = find_long(p->cmd, (struct ev_slice){ name.p + 3, name.n - 3 });
		off = o != NULL && o->kind == EV_OPT_FLAG;
		o = off ? o : NULL;
	}
	if (o == NULL)
		return unknown(p->cmd, shown, e);
	if (eq != NULL && o->kind == EV_OPT_FLAG)
		return ev_fail(e, EV_USAGE, "%.*s takes no value, found '%s'", EV_FMT(shown),
		    eq + 1);
	if (eq != NULL)
		return set(p, o, shown, eq + 1, e);
	if (!off)
		return set_alone(p, o, shown, e);
	*(bool *)member(p, o) = false;
	return EV_OK;
}

static enum ev_code
unknown_letter(const char *shown, const char *arg, struct ev_err *e)
{
	if (arg[2] == '\0')
		return ev_fail(e, EV_USAGE, "unknown option '%s'; see --help", shown);
	return ev_fail(e, EV_USAGE, "unknown option '%s' in '%s'; see --help", shown, arg);
}

/* arg: "-abc", letters of flags; the last may take a value, which may follow at once. */
static enum ev_code
parse_letters(struct parse *p, const char *arg, struct ev_err *e)
{
	char shown[3] = "-";
	enum ev_code rc = EV_OK;
	const char *at;

	for (at = arg + 1; rc == EV_OK && *at != '\0'; at++) {
		const struct ev_opt *o = find_letter(p->cmd, *at);

		shown[1] = *at;
		if (o == NULL)
			return unknown_letter(shown, arg, e);
		if (o->kind != EV_OPT_FLAG && at[1] != '\0')
			return set(p, o, ev_slice_str(shown), at + 1, e);
		rc = set_alone(p, o, ev_slice_str(shown), e);
	}
	return rc;
}

static enum ev_code
parse_option(struct parse *p, const char *arg, struct ev_err *e)
{
	return arg[1] == '-' ? parse_long(p, arg, e) : parse_letters(p, arg, e);
}

/* What follows "--", into the room behind the operands: the "--" has left a word for the NULL. */
static void
take_words(struct parse *p, char **to)
{
	*(char ***)(void *)((char *)p->conf + p->cmd->words) = to;
	while (*p->next != NULL)
		*to++ = *p->next++;
	*to = NULL;
}

enum ev_code
ev_opt_parse(const struct ev_cmd *cmd, char *const *args, void *conf, char **operand,
    struct ev_err *e)
{
	struct parse p = { .cmd = cmd, .conf = conf, .next = args };
	enum ev_code rc = EV_OK;
	bool options = true;
	size_t n = 0;

	while (rc == EV_OK && *p.next != NULL && (cmd->sub == NULL || n == 0)) {
		char *arg = *p.next++;

		if (options && strcmp(arg, "--") == 0) {
			options = false;
			if (cmd->words != 0)
				break;
		}
		else if (options && arg[0] == '-' && arg[1] != '\0')
			rc = parse_option(&p, arg, e);
		else
			operand[n++] = arg;
	}
	operand[n++] = NULL;
	if (rc == EV_OK && cmd->words != 0 && !options)
		take_words(&p, operand + n);
	return rc;
}

void
ev_opt_fini(const struct ev_cmd *cmd, void *conf)
{
	struct ev_rows r = { .cmd = cmd };

	while (conf != NULL && ev_rows_next(&r))
		if (r.row->kind == EV_OPT_LIST) {
			struct ev_list *l = (struct ev_list *)(void *)((char *)conf + r.row->off);

			free(l->v);
			*l = (struct ev_list){ NULL, 0 };
		}
}
