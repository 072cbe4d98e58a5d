/* SPDX-License-Identifier: MIT */
#include "target/target.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/scheme.h"

static const struct ev_scheme *const schemes[] = {
	&ev_scheme_file,
	&ev_scheme_exec,
	&ev_scheme_fd,
	&ev_scheme_lake,
	&ev_scheme_null,
	&ev_scheme_stream,
};

#define SCHEMES "'-', a path, exec:, fd:N, file:, lake:, null: or stream:"

static bool
is_scheme_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (!first && c >= '0' && c <= '9');
}

/* The length of the scheme that s begins with, without its colon; 0: there is none. */
static size_t
scheme_length(const char *s)
{
	size_t n = 0;

	while (is_scheme_char(s[n], n == 0))
		n++;
	return n >= 2 && s[n] == ':' ? n : 0;
}

static const struct ev_scheme *
find_scheme(struct ev_slice name)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (ev_slice_eq(name, ev_slice_str(schemes[i]->name)))
			return schemes[i];
	return NULL;
}

/* A copy with every %23 as '#'. */
static char *
decode(struct ev_slice s)
{
	char *out = malloc(s.n + 1), *to = out;
	size_t i;

	if (out == NULL)
		return NULL;
	for (i = 0; i < s.n; i++) {
		if (ev_slice_begins((struct ev_slice){ s.p + i, s.n - i }, EV_LIT("%23"))) {
			*to++ = '#';
			i += 2;
		} else {
			*to++ = s.p[i];
		}
	}
	*to = '\0';
	return out;
}

enum ev_code
ev_address_parse(struct ev_address *a, const char *address, struct ev_err *e)
{
	const char *hash = strrchr(address, '#');
	struct ev_slice rest = ev_slice_str(address);
	size_t n = scheme_length(address);

	*a = (struct ev_address){ 0 };
	if (n != 0)
		a->scheme = find_scheme((struct ev_slice){ address, n });
	if (a->scheme != NULL && a->scheme->whole)
		hash = NULL;
	if (hash != NULL)
		rest.n = (size_t)(hash - address);
	if (rest.n == 0)
		return ev_fail(e, EV_USAGE, "an empty address; wanted " SCHEMES);
	if (ev_slice_eq(rest, EV_LIT("-")))
		a->scheme = &ev_scheme_fd;
	if (a->scheme == NULL && n != 0 && strncmp(address + n, "://", 3) == 0)
		return ev_fail(
		    e, EV_USAGE, "unknown scheme '%.*s://'; wanted " SCHEMES, (int)n, address);
	if (a->scheme == NULL) {
		a->scheme = &ev_scheme_file;
	} else if (rest.p[0] != '-') {
		rest.p += n + 1;
		rest.n -= n + 1;
	}
	a->rest = decode(rest);
	a->opts = decode(ev_slice_str(hash != NULL ? hash + 1 : ""));
	if (a->rest != NULL && a->opts != NULL)
		return EV_OK;
	ev_address_fini(a);
	return ev_fail_mem(e);
}

void
ev_address_fini(struct ev_address *a)
{
	free(a->rest);
	free(a->opts);
	*a = (struct ev_address){ 0 };
}

enum ev_code
ev_opts_next(const char **opts, struct ev_slice *k, struct ev_slice *v, struct ev_err *e)
{
	const char *s = *opts, *eq;
	size_t n = strcspn(s, "&");

	if (*s == '\0')
		return EV_NO;
	eq = memchr(s, '=', n);
	if (eq == NULL || eq == s)
		return ev_fail(e, EV_USAGE,
		    "'%.*s' behind the '#' of an address; wanted NAME=VALUE "
		    "(a '#' in a name is %%23)",
		    (int)n, s);
	*k = (struct ev_slice){ s, (size_t)(eq - s) };
	*v = (struct ev_slice){ eq + 1, n - k->n - 1 };
	*opts = s + n + (s[n] == '&');
	return EV_OK;
}

enum ev_code
ev_opts_none(const char *scheme, const char *opts, struct ev_err *e)
{
	struct ev_slice k, v;
	enum ev_code rc = ev_opts_next(&opts, &k, &v, e);

	if (rc == EV_NO)
		return EV_OK;
	if (rc == EV_OK)
		rc = ev_fail(e, EV_USAGE,
		    "unknown option '%.*s' of a %s address, which has none "
		    "(a '#' in a name is %%23)",
		    EV_FMT(k), scheme);
	return rc;
}

/* What an address stands for on this machine; false where there is no such file or folder yet. */
static bool
place(const char *address, int standard, struct stat *st)
{
	struct ev_address a;
	bool found;

	if (ev_address_parse(&a, address, NULL) != EV_OK)
		return false;
	if (a.scheme == &ev_scheme_fd)
		found = fstat(strcmp(a.rest, "-") == 0 ? standard : (int)strtol(a.rest, NULL, 10),
			    st) == 0;
	else
		found = a.scheme != &ev_scheme_null && a.scheme != &ev_scheme_exec &&
		    stat(a.rest, st) == 0;
	ev_address_fini(&a);
	return found && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));
}

bool
ev_address_same(const char *source, const char *destination)
{
	struct stat a, b;

	return place(source, STDIN_FILENO, &a) && place(destination, STDOUT_FILENO, &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Names the address in a failure that is not about an event. */
static enum ev_code
named(const char *address, enum ev_code rc, struct ev_err *e)
{
	if (rc != EV_OK && rc != EV_DATA)
		ev_err_name(e, address);
	return rc;
}

enum ev_code
ev_target_check(const char *address, struct ev_paths *set, struct ev_err *e)
{
	struct ev_address a;
	enum ev_code rc;

	if ((rc = ev_address_parse(&a, address, e)) != EV_OK)
		return rc;
	rc = a.scheme->check(a.rest, a.opts, set, e);
	ev_address_fini(&a);
	return named(address, rc, e);
}

enum ev_code
ev_target_open(struct ev_target *t, const char *address, struct ev_paths *set, struct ev_err *e)
{
	struct ev_address a;
	enum ev_code rc;

	*t = (struct ev_target){ .address = address };
	if ((rc = ev_address_parse(&a, address, e)) != EV_OK)
		return rc;
	rc = a.scheme->check(a.rest, a.opts, set, e);
	if (rc == EV_OK)
		rc = a.scheme->open(t, a.rest, a.opts, set, e);
	if (rc == EV_OK)
		t->scheme = a.scheme;
	ev_address_fini(&a);
	return named(address, rc, e);
}

enum ev_code
ev_target_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	enum ev_code rc = t->scheme->put(t, line, val, e);

	if (rc == EV_OK)
		t->events++;
	return named(t->address, rc, e);
}

enum ev_code
ev_target_flush(struct ev_target *t, struct ev_err *e)
{
	return named(t->address, t->scheme->flush(t, e), e);
}

int
ev_target_nap(const struct ev_target *t)
{
	return t->scheme->nap != NULL ? t->scheme->nap(t) : 0;
}

enum ev_code
ev_target_sync(struct ev_target *t, struct ev_err *e)
{
	enum ev_code rc = t->scheme->sync(t, e);

	if (rc == EV_OK)
		t->durable = t->forgetful ? 0 : t->events;
	else
		t->failed = true;
	return named(t->address, rc, e);
}

void
ev_target_close(struct ev_target *t)
{
	if (t->scheme != NULL)
		t->scheme->close(t);
	*t = (struct ev_target){ 0 };
}
