/* SPDX-License-Identifier: MIT */
/* The rules as a table, what they sent, and the rules of others. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/table.h"
#include "evroute.h"
#include "match/rules_eventbridge.h"

enum { IMPORT = 64 << 20 }; /* bytes of a file of somebody else's rules */

/* Ends a report on out, which fails with rc so far. */
static enum ev_code
end_report(struct ev_table *t, struct ev_out *out, enum ev_code rc, struct ev_err *e)
{
	enum ev_code end = ev_table_close(t, rc != EV_OK, e);

	rc = rc == EV_OK ? end : rc;
	end = ev_out_close(out, rc != EV_OK, e);
	return rc == EV_OK ? end : rc;
}

/*
 * --list
 */

enum { L_RULE, L_ENABLED, L_PRIORITY, L_CONDITIONS, L_TO, L_DESCRIPTION, L_COLS };

/* JSON of the file on one line: a line feed in it stands between values. */
static enum ev_code
add_flat(struct ev_slice raw, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	bool between = false;
	size_t i;

	for (i = 0; i < raw.n && rc == EV_OK; i++) {
		between = raw.p[i] == '\n' || (between && strchr(" \t\r", raw.p[i]) != NULL);
		if (!between && raw.p[i] != '\r')
			rc = ev_buf_addc(out, raw.p[i], e);
	}
	return rc;
}

/* The conditions as the file has them: eventType="order-*" where=["…"] */
static enum ev_code
add_conditions(
    const struct ev_rules *r, const struct ev_rule *rule, struct ev_buf *out, struct ev_err *e)
{
	static const char *const names[] = { "eventType", "pattern", "where", "binding", "policy",
		"size" };
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names) && rc == EV_OK; i++) {
		const struct ev_slice raw = evroute_member(r, rule, names[i]);

		if (raw.p == NULL)
			continue;
		rc = ev_buf_addf(out, e, "%s%s=", out->n > 0 ? " " : "", names[i]);
		if (rc == EV_OK)
			rc = add_flat(raw, out, e);
	}
	return rc;
}

static enum ev_code
add_targets(const struct ev_rule *rule, struct ev_buf *out, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = 0; i < rule->tos && rc == EV_OK; i++)
		rc = ev_buf_addf(out, e, "%s%s", i > 0 ? ", " : "", rule->to[i].address);
	return rc == EV_OK && rule->tos == 0 ? ev_buf_addc(out, '-', e) : rc;
}

static struct ev_slice
optional(const char *s)
{
	return s != NULL ? ev_slice_str(s) : (struct ev_slice){ NULL, 0 };
}

static enum ev_code
list_rule(
    struct ev_table *t, const struct ev_rules *r, const struct ev_rule *rule, struct ev_err *e)
{
	struct ev_buf conditions = EV_BUF(SIZE_MAX / 2), to = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc;

	if ((rc = add_conditions(r, rule, &conditions, e)) == EV_OK &&
	    (rc = add_targets(rule, &to, e)) == EV_OK) {
		const struct ev_cell cells[L_COLS] = {
			[L_RULE] = ev_cell_str(ev_slice_str(rule->id)),
			[L_ENABLED] = ev_cell_int(rule->enabled),
			[L_PRIORITY] = ev_cell_int(rule->priority),
			[L_CONDITIONS] = ev_cell_str(ev_buf_view(&conditions)),
			[L_TO] = ev_cell_str(ev_buf_view(&to)),
			[L_DESCRIPTION] = ev_cell_str(optional(rule->description)),
		};

		rc = ev_table_row(t, cells, e);
	}
	ev_buf_fini(&conditions);
	ev_buf_fini(&to);
	return rc;
}

enum ev_code
evroute_list(struct evroute *f, struct ev_err *e)
{
	static const struct ev_col cols[L_COLS] = {
		[L_RULE] = { "rule", EV_CELL_STR },
		[L_ENABLED] = { "enabled", EV_CELL_BOOL },
		[L_PRIORITY] = { "priority", EV_CELL_INT },
		[L_CONDITIONS] = { "conditions", EV_CELL_STR },
		[L_TO] = { "to", EV_CELL_STR },
		[L_DESCRIPTION] = { "description", EV_CELL_STR },
	};
	struct ev_table t = { 0 };
	struct ev_out out = { 0 };
	enum ev_code rc;
	size_t i;

	if ((rc = evroute_rules_load(f, false, false, &f->rules, e)) != EV_OK ||
	    (rc = ev_out_open(&out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	ev_table_open(&t, &f->conf->events.common, cols, L_COLS, &out);
	for (i = 0; i < f->rules->rules.n && rc == EV_OK; i++)
		rc = list_rule(&t, &f->rules->rules, &f->rules->rules.rule[i], e);
	return end_report(&t, &out, rc, e);
}

/*
 * --dry-run and --stats
 */

enum { R_RULE, R_MATCHED, R_TO, R_EVENTS, R_FAULTS, R_COLS };

static enum ev_code
report_sender(struct ev_table *t, const struct evroute_rules *r, const struct evroute_sender *who,
    struct ev_err *e)
{
	const struct ev_cell none = { .known = false };
	const struct ev_rule *rule = who->rule;
	const struct ev_cell cells[R_COLS] = {
		[R_RULE] = ev_cell_str(optional(rule != NULL ? rule->id : NULL)),
		[R_MATCHED] =
		    rule != NULL ? ev_cell_int((int64_t)r->matched[rule - r->rules.rule]) : none,
		[R_TO] = ev_cell_str(ev_slice_str(who->address)),
		[R_EVENTS] = ev_cell_int((int64_t)who->events),
		[R_FAULTS] = ev_cell_int((int64_t)who->faults),
	};

	return ev_table_row(t, cells, e);
}

enum { T_TO, T_EVENTS, T_BYTES, T_RETRIES, T_COLS };

static enum ev_code
report_dest(struct ev_table *t, const struct evroute_dest *d, struct ev_err *e)
{
	const struct ev_cell cells[T_COLS] = {
		[T_TO] = ev_cell_str(ev_slice_str(d->address)),
		[T_EVENTS] = ev_cell_int((int64_t)d->events),
		[T_BYTES] = ev_cell_int((int64_t)d->bytes),
		[T_RETRIES] = ev_cell_int((int64_t)d->retries),
	};

	return ev_table_row(t, cells, e);
}

static enum ev_code
report_rules(
    const struct evroute *f, const struct ev_common *how, struct ev_out *out, struct ev_err *e)
{
	static const struct ev_col cols[R_COLS] = {
		[R_RULE] = { "rule", EV_CELL_STR },
		[R_MATCHED] = { "matched", EV_CELL_INT },
		[R_TO] = { "to", EV_CELL_STR },
		[R_EVENTS] = { "events", EV_CELL_INT },
		[R_FAULTS] = { "faults", EV_CELL_INT },
	};
	enum ev_code rc = EV_OK, end;
	struct ev_table t;
	size_t i;

	ev_table_open(&t, how, cols, R_COLS, out);
	for (i = 0; i < f->rules->senders && rc == EV_OK; i++)
		rc = report_sender(&t, f->rules, &f->rules->sender[i], e);
	end = ev_table_close(&t, rc != EV_OK, e);
	return rc == EV_OK ? end : rc;
}

static enum ev_code
report_dests(
    const struct evroute *f, const struct ev_common *how, struct ev_out *out, struct ev_err *e)
{
	static const struct ev_col cols[T_COLS] = {
		[T_TO] = { "address", EV_CELL_STR },
		[T_EVENTS] = { "events", EV_CELL_INT },
		[T_BYTES] = { "bytes", EV_CELL_SIZE },
		[T_RETRIES] = { "retries", EV_CELL_INT },
	};
	enum ev_code rc = EV_OK, end;
	struct ev_table t;
	size_t i;

	ev_table_open(&t, how, cols, T_COLS, out);
	for (i = 0; i < f->dests && rc == EV_OK; i++)
		rc = report_dest(&t, f->dest[i], e);
	end = ev_table_close(&t, rc != EV_OK, e);
	return rc == EV_OK ? end : rc;
}

enum ev_code
evroute_report(struct evroute *f, int fd, struct ev_err *e)
{
	struct ev_common how = f->conf->events.common;
	struct ev_out out = { 0 };
	enum ev_code rc, end;

	if (fd == STDERR_FILENO) {
		how.json = how.stats != NULL && strcmp(how.stats, "json") == 0;
		how.table = true;
	}
	if ((rc = ev_out_open(&out, fd, fd == STDERR_FILENO ? "stderr" : "stdout", e)) != EV_OK)
		return rc;
	rc = report_rules(f, &how, &out, e);
	if (rc == EV_OK && fd == STDERR_FILENO)
		rc = report_dests(f, &how, &out, e);
	end = ev_out_close(&out, rc != EV_OK, e);
	return rc == EV_OK ? end : rc;
}

/*
 * --import-eventbridge
 */

static void
warn_import(void *arg, const struct ev_err *why)
{
	const struct evroute *f = arg;
	struct ev_err e = *why;

	ev_err_name(&e, f->conf->import);
	ev_say_err(&e);
}

enum ev_code
evroute_import(struct evroute *f, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(IMPORT), rules = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc = ev_file_read(AT_FDCWD, f->conf->import, &text, e);

	if (rc == EV_OK &&
	    (rc = ev_rules_from_eventbridge(ev_buf_view(&text), &rules, warn_import, f, e)) !=
		EV_OK)
		ev_err_name(e, f->conf->import);
	if (rc == EV_OK && (rc = ev_write_all(STDOUT_FILENO, rules.p, rules.n, e)) != EV_OK)
		ev_err_name(e, "stdout");
	ev_buf_fini(&text);
	ev_buf_fini(&rules);
	return rc;
}
