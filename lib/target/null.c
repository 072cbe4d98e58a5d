/* SPDX-License-Identifier: MIT */
/* null: counts and drops. */
#include "target/scheme.h"

static enum ev_code
null_check(const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	(void)set;
	if (*rest != '\0')
		return ev_fail(e, EV_USAGE, "'%s' behind null:, which takes nothing", rest);
	return ev_opts_none("null:", opts, e);
}

static enum ev_code
null_open(
    struct ev_target *t, const char *rest, const char *opts, struct ev_paths *set, struct ev_err *e)
{
	(void)t;
	(void)rest;
	(void)opts;
	(void)set;
	(void)e;
	return EV_OK;
}

static enum ev_code
null_put(struct ev_target *t, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	(void)t;
	(void)line;
	(void)val;
	(void)e;
	return EV_OK;
}

static enum ev_code
null_sync(struct ev_target *t, struct ev_err *e)
{
	(void)t;
	(void)e;
	return EV_OK;
}

static void
null_close(struct ev_target *t)
{
	(void)t;
}

const struct ev_scheme ev_scheme_null = {
	.name = "null",
	.check = null_check,
	.open = null_open,
	.put = null_put,
	.flush = null_sync,
	.sync = null_sync,
	.close = null_close,
};
