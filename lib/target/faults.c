/* SPDX-License-Identifier: MIT */
/* Bad events on their way to the address of --faults. */
#include "base/io.h"
#include "base/time.h"
#include "event/event.h"
#include "event/fault.h"
#include "target/target.h"

/*
 * The end of every failure to keep a fault: the destination is at fault, not the event, and a
 * reader that went away is no quiet end. e keeps the message.
 */
static enum ev_code
failed(const struct ev_faults *f, enum ev_code rc, struct ev_err *e)
{
	struct ev_err why = { 0 };

	if (rc == EV_OK || rc == EV_AGAIN)
		return rc;
	if (e != NULL) {
		why = *e;
		*e = (struct ev_err){ 0 };
	}
	ev_fail(e, EV_SYS, "cannot write a fault: %s", why.text);
	ev_err_name(e, f->target.address);
	return EV_SYS;
}

static enum ev_code
open_rest(struct ev_faults *f, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = ev_digest_init(&f->sha1, "SHA1", e)) != EV_OK)
		return rc;
	return f->target.wants ? ev_scan_init(&f->scan, &f->set, false, NULL, e) : EV_OK;
}

enum ev_code
ev_faults_open(struct ev_faults *f, const char *address, const char *function, const char *batch,
    const char *const *tags, struct ev_err *e)
{
	enum ev_code rc;

	*f = (struct ev_faults){ .function = function, .batch = batch, .tags = tags };
	if (address == NULL)
		return EV_OK;
	f->line = (struct ev_buf)EV_BUF(SIZE_MAX / 2); /* its record was bounded when it was read */
	rc = ev_event_paths(&f->set, e);
	if (rc == EV_OK)
		rc = ev_target_open(&f->target, address, &f->set, e);
	if (rc == EV_OK && f->target.forgetful) {
		ev_err_name(e, address);
		rc = ev_fail(
		    e, EV_USAGE, "its sync=none keeps no fault; wanted one that is durable");
	}
	f->on = rc == EV_OK;
	if (rc == EV_OK)
		rc = open_rest(f, e);
	if (rc != EV_OK)
		ev_faults_close(f);
	return rc;
}

/* The values of the fault event, for a destination that asks. */
static enum ev_code
scan(struct ev_faults *f, struct ev_err *e)
{
	struct ev_slice line;
	unsigned long skipped;
	enum ev_code rc;

	if ((rc = ev_buf_reserve(&f->line, EV_PAD, e)) != EV_OK)
		return rc;
	memset(f->line.p + f->line.n, '\n', EV_PAD);
	if ((rc = ev_scan_block(&f->scan, ev_buf_view(&f->line), e)) != EV_OK)
		return rc;
	return ev_scan_line(&f->scan, &line, &skipped, e);
}

static enum ev_code
put(struct ev_faults *f, struct ev_slice record, const struct ev_err *why, struct ev_err *e)
{
	struct ev_fault fault = {
		.function = f->function,
		.batch = f->batch,
		.record = record,
		.now = ev_now(),
		.err = why,
		.said = f->said,
		.tags = f->tags,
	};
	enum ev_code rc;

	ev_buf_clear(&f->line);
	if ((rc = ev_fault_write(&fault, &f->sha1, &f->line, e)) != EV_OK)
		return rc;
	if (f->target.wants && (rc = scan(f, e)) != EV_OK)
		return rc;
	return ev_target_put(&f->target, ev_buf_view(&f->line), f->scan.val, e);
}

enum ev_code
ev_faults_take(struct ev_faults *f, struct ev_slice record, struct ev_err *e)
{
	struct ev_err why = *e;
	enum ev_code rc;

	if (!f->on || record.p == NULL || why.code != EV_DATA)
		return why.code;
	*e = (struct ev_err){ 0 };
	rc = put(f, record, &why, e);
	if (rc != EV_OK)
		return failed(f, rc, e);
	f->taken++;
	return EV_OK;
}

enum ev_code
ev_faults_sync(struct ev_faults *f, struct ev_err *e)
{
	return f->on ? failed(f, ev_target_sync(&f->target, e), e) : EV_OK;
}

void
ev_faults_close(struct ev_faults *f)
{
	ev_target_close(&f->target);
	ev_scan_fini(&f->scan);
	ev_paths_fini(&f->set);
	ev_digest_fini(&f->sha1);
	ev_buf_fini(&f->line);
	f->on = false;
}
