/* SPDX-License-Identifier: MIT */
/* Without a COMMAND: events on stdout, or with --dry-run their counts. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/table.h"
#include "evreplay.h"

static enum ev_code
put_line(struct replay *r, struct lane *l, const struct item *it, struct ev_err *e)
{
	enum ev_code rc = ev_out_line(&r->out, it->line, e);

	(void)l;
	r->sent += rc == EV_OK;
	return rc;
}

static enum ev_code
sync_output(struct replay *r, struct ev_err *e)
{
	enum ev_code rc = ev_out_flush(&r->out, e);

	if (rc == EV_OK && r->durable && fdatasync(STDOUT_FILENO) < 0) {
		rc = ev_fail_sys(e, "cannot make the output durable");
		ev_err_name(e, "stdout");
	}
	r->stuck = r->stuck || rc != EV_OK;
	return rc;
}

/* What was written becomes durable, then the position that says so. */
static enum ev_code
commit(struct replay *r, struct lane *l, struct ev_err *e)
{
	enum ev_code rc;

	evreplay_done(l, &l->from->at);
	if (!r->positions || !l->moved || r->stuck)
		return EV_OK;
	rc = sync_output(r, e);
	return rc == EV_OK ? evreplay_commit(r, l, e) : rc;
}

const struct sink evreplay_print = { put_line, commit, commit, commit };

static enum ev_code
count_line(struct replay *r, struct lane *l, const struct item *it, struct ev_err *e)
{
	(void)l;
	return ev_tally_add(&r->tally, &it->type, it->timed ? &it->ms : NULL, e);
}

static enum ev_code
nothing(struct replay *r, struct lane *l, struct ev_err *e)
{
	(void)r;
	(void)l;
	(void)e;
	return EV_OK;
}

const struct sink evreplay_count = { count_line, nothing, nothing, nothing };

enum ev_code
evreplay_report(struct replay *r, struct ev_err *e)
{
	static const struct ev_col cols[] = {
		{ "type", EV_CELL_STR },
		{ "events", EV_CELL_INT },
		{ "first", EV_CELL_TIME },
		{ "last", EV_CELL_TIME },
	};
	enum ev_code rc = EV_OK, end;
	struct ev_table t;
	size_t i;

	ev_tally_sort(&r->tally);
	ev_table_open(
	    &t, &r->conf->select.events.common, cols, sizeof(cols) / sizeof(*cols), &r->out);
	for (i = 0; i < r->tally.n && rc == EV_OK; i++) {
		const struct ev_tally_row *row = &r->tally.row[i];
		struct ev_cell first = ev_cell_int(row->first), last = ev_cell_int(row->last);

		first.known = last.known = row->timed;
		rc = ev_table_row(&t,
		    (struct ev_cell[]){ ev_cell_str((struct ev_slice){ row->type, row->n }),
			ev_cell_int((int64_t)row->events), first, last },
		    e);
	}
	end = ev_table_close(&t, rc != EV_OK, e);
	return rc != EV_OK ? rc : end;
}

/*
 * A crash may have left a line half written. Its event is behind the position and comes again, so
 * that the line is only ended: the next event must not be glued to it.
 */
static enum ev_code
end_torn_line(struct replay *r, const struct stat *st, struct ev_err *e)
{
	int how = fcntl(STDOUT_FILENO, F_GETFL), fd;
	enum ev_code rc = EV_OK;
	char last;

	if (how < 0 || (how & O_APPEND) == 0 || st->st_size == 0)
		return EV_OK;
	/* stdout is open for writing only; a file that may not be read is left as it is */
	fd = open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return EV_OK;
	if (pread(fd, &last, 1, st->st_size - 1) != 1) {
		rc = ev_fail_sys(e, "cannot read the end of the output");
		ev_err_name(e, "stdout");
	} else if (last != '\n') {
		rc = ev_out_add(&r->out, EV_LIT("\n"), e);
	}
	close(fd);
	return rc;
}

enum ev_code
evreplay_open_print(struct replay *r, struct ev_err *e)
{
	struct stat st;

	if (!r->positions)
		return EV_OK;
	if (fstat(STDOUT_FILENO, &st) < 0)
		return ev_fail_sys(e, "cannot look at stdout");
	r->durable = S_ISREG(st.st_mode);
	if (r->durable)
		return end_torn_line(r, &st, e);
	if (r->conf->commit != NULL)
		return EV_OK;
	return ev_fail(e, EV_USAGE,
	    "stdout is no file, so that nobody knows what became of the events; give a COMMAND "
	    "behind '--', or --commit written to lose what the next stage loses");
}
