/* SPDX-License-Identifier: MIT */
#include "evroute.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "json/splice.h"

#define AT(member) offsetof(struct evroute_conf, member)

static const struct ev_opt options[] = {
	{ 'r', "rules", EV_OPT_FILE, "RULES", AT(rules), "Rules",
	    "the file of rules; SIGHUP loads it again" },
	{ 0, "check", EV_OPT_FLAG, NULL, AT(check), NULL,
	    "load rules and check addresses with all warnings, then stop: 0 or 2" },
	{ 0, "list", EV_OPT_FLAG, NULL, AT(list), NULL, "show the rules, then stop" },
	{ 0, "explain", EV_OPT_FLAG, NULL, AT(explain), NULL,
	    "send nothing; show for each event and rule whether it matches, and else why not" },
	{ 0, "test", EV_OPT_FILE, "CASES", AT(test), NULL,
	    "compare the rules that each event of CASES meets with those it says, then stop: 0 or "
	    "1" },
	{ 0, "import-eventbridge", EV_OPT_FILE, "FILE", AT(import), NULL,
	    "write a file of rules made of those that EventBridge's API exported, then stop" },
	{ 0, "unmatched", EV_OPT_ADDRESS, "ADDRESS", AT(unmatched), "Sending events",
	    "where events go that no rule matches" },
	{ 0, "annotate", EV_OPT_STR, "[=PATH]", AT(annotate), NULL,
	    "add the ids of all rules that match to the event, as an array at PATH (rules)" },
	{ 0, "dry-run", EV_OPT_FLAG, NULL, AT(dry_run), NULL,
	    "send nothing; show how many events each rule would send where" },
	{ 0, "ack", EV_OPT_FLAG, NULL, AT(ack), NULL,
	    "as a worker's stage: answer its batches here although stdout is a pipe" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_events, ev_opt_report, NULL };

static const struct ev_example examples[] = {
	{ "evroute -r shop.json shop.ndjson", "every event to where the rules want it" },
	{ "evroute -r shop.json --dry-run shop.ndjson", "how many would go where" },
	{ "head -n 1 shop.ndjson | evroute -r shop.json --explain",
	    "why a rule does not match an event" },
	{ "evroute --import-eventbridge export-eventbridge.json >rules.json",
	    "rules from what EventBridge's API exported" },
	{ NULL, NULL },
};

/*
 * Life.
 */

static void
show_stats(struct evroute *f)
{
	const struct ev_common *common = &f->conf->events.common;
	struct ev_stats *s = &f->stats;
	struct ev_err e = { 0 };
	uint64_t sent = 0, retries = 0;
	size_t i;

	for (i = 0; i < f->dests; i++) {
		sent += f->dest[i]->events;
		retries += f->dest[i]->retries;
	}
	s->read = f->lines.events + f->lines.bad;
	s->bytes = f->lines.in.bytes;
	s->more[0] = (struct ev_counter){ "unmatched", f->unmatched };
	s->more[1] = (struct ev_counter){ "sent", sent };
	s->more[2] = (struct ev_counter){ "faults", f->fault_count };
	s->more[3] = (struct ev_counter){ "waits", f->waits };
	s->more[4] = (struct ev_counter){ "retries", retries };
	ev_stats_show(s, common);
	if (evroute_report(f, STDERR_FILENO, &e) != EV_OK)
		ev_say_err(&e);
}

static enum ev_code
commit(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc = evroute_commit(f, e);

	if (rc == EV_OK)
		rc = ev_ack_answer(&f->ack, e);
	f->ended |= rc != EV_OK;
	return rc;
}

/* Called when the input pauses, and when a signal or a nap ended the wait. */
static enum ev_code
idle(void *arg, struct ev_err *e)
{
	struct evroute *f = arg;
	enum ev_code rc = EV_OK;

	f->waits++;
	if (ev_sig_stats())
		show_stats(f);
	if (ev_sig_reload())
		rc = evroute_reload(f, e);
	if (rc == EV_OK && ev_ack_due(&f->ack))
		rc = commit(f, e);
	if (rc == EV_OK)
		rc = evroute_flush(f, &f->lines.in.nap, e);
	f->ended |= rc != EV_OK;
	return rc;
}

/* A batch ends. It goes on at once; an answer waits for a pause, and may be one for several. */
static enum ev_code
barrier(void *arg, struct ev_err *e)
{
	struct evroute *f = arg;
	enum ev_code rc = EV_OK;

	if (f->ack.last)
		f->ack.barriers++;
	else if ((rc = commit(f, e)) == EV_OK &&
	    (rc = ev_ack_barrier(&f->ack, &f->out, e)) == EV_OK)
		rc = ev_out_flush(&f->out, e);
	f->ended |= rc != EV_OK;
	return rc;
}

/* What is looked at once per block. */
static enum ev_code
tick(struct evroute *f, struct ev_err *e)
{
	if (evroute_full(f))
		return evroute_commit(f, e);
	if (f->lines.in.bytes == f->bytes)
		return EV_OK;
	f->bytes = f->lines.in.bytes;
	ev_progress_step(&f->progress, f->bytes, f->lines.events);
	if (ev_sig_stats())
		show_stats(f);
	return ev_sig_reload() ? evroute_reload(f, e) : EV_OK;
}

/* A bad event becomes a fault, if there is a place for it. */
static enum ev_code
bad_event(struct evroute *f, struct ev_err *e)
{
	if (f->faults == NULL || f->lines.line.p == NULL)
		return EV_DATA;
	return evroute_fault(f, f->faults, NULL, f->lines.line, e);
}

static enum ev_code
next(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc = tick(f, e);

	f->ended |= rc != EV_OK;
	if (rc == EV_OK)
		rc = ev_lines_next(&f->lines, e);
	if (rc != EV_OK)
		return rc;
	rc = evroute_send(f, e);
	f->ended |= rc != EV_OK && rc != EV_DATA;
	if (rc == EV_DATA && e->name == NULL) {
		e->line = f->lines.no;
		ev_err_name(e, f->lines.in.name);
	}
	return rc;
}

static enum ev_code
loop(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (rc == EV_OK) {
		rc = next(f, e);
		if (rc == EV_DATA && !f->ended) {
			rc = bad_event(f, e);
			f->ended |= rc != EV_OK && rc != EV_DATA;
		}
	}
	if (rc == EV_DATA)
		ev_lines_unread(&f->lines, true);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
work(struct evroute *f, struct ev_err *e)
{
	const struct ev_common *common = &f->conf->events.common;
	struct ev_err why = { 0 };
	enum ev_code rc = loop(f, e), end = EV_OK;

	if (!f->ended)
		end = commit(f, &why);
	else if (rc == EV_DATA)
		end = evroute_commit(f, &why); /* what precedes it */
	if (rc == EV_OK && end != EV_OK) {
		rc = end;
		*e = why;
	}
	ev_progress_end(&f->progress);
	if (common->stats != NULL)
		show_stats(f);
	if (rc == EV_OK && f->conf->dry_run)
		rc = evroute_report(f, STDOUT_FILENO, e);
	return rc == EV_OK && f->fault_count > 0 ? EV_PARTIAL : rc;
}

/*
 * Begin and end.
 */

static enum ev_code
check_conf(const struct evroute_conf *c, char *const *names, struct ev_err *e)
{
	bool reads = !c->list && c->test == NULL && c->import == NULL;
	int modes = c->check + c->list + c->explain + (c->test != NULL) + (c->import != NULL);

	if (c->rules == NULL && c->import == NULL)
		return ev_fail(e, EV_USAGE, "-r RULES, the file of rules, was wanted");
	if (modes > 1)
		return ev_fail(e, EV_USAGE,
		    "--check, --list, --explain, --test and --import-eventbridge: one of them was "
		    "wanted");
	if (!reads && *names != NULL)
		return ev_fail(
		    e, EV_USAGE, "found the operand '%s', but no events are read", *names);
	return EV_OK;
}

static enum ev_code
check_annotate(const struct evroute_conf *c, struct ev_err *e)
{
	struct ev_buf out = EV_BUF(4096);
	enum ev_code rc;

	if (c->annotate == NULL)
		return EV_OK;
	rc = ev_splice_set(EV_LIT("{}"), ev_slice_str(evroute_annotate(c)), EV_LIT("[]"), &out, e);
	ev_buf_fini(&out);
	if (rc == EV_DATA) { /* an event may have the array that the path wants */
		*e = (struct ev_err){ 0 };
		return EV_OK;
	}
	if (rc != EV_OK) {
		ev_err_name(e, "--annotate");
		e->line = 0;
	}
	return rc;
}

static enum ev_code
open_all(struct evroute *f, struct ev_err *e)
{
	const struct ev_events *events = &f->conf->events;
	const char *const *names = (const char *const *)f->names;
	const char *isa = getenv("EVHUB_SCAN");
	enum ev_code rc;

	ev_sig_reloads();
	if ((rc = ev_digest_init(&f->sha1, "SHA1", e)) != EV_OK ||
	    (rc = evroute_rules_load(f, false, true, &f->rules, e)) != EV_OK ||
	    (rc = ev_ack_init(
		 &f->ack, f->names, !evroute_writes_stdout(f->rules), f->conf->ack, e)) != EV_OK ||
	    (rc = evroute_check_worker(f, f->rules, e)) != EV_OK)
		return rc;
	if (f->ack.on && !f->ack.last &&
	    (rc = ev_out_open(&f->out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	if ((rc = ev_scan_init(&f->scan, &f->rules->rules.set, false, isa, e)) != EV_OK ||
	    (rc = ev_lines_open(&f->lines, names, events->max_line, &f->rules->rules.set,
		 events->trust, isa, e)) != EV_OK)
		return rc;
	if (evroute_writes_stdout(f->rules))
		ev_sig_watch(STDOUT_FILENO);
	f->lines.in.idle = idle;
	f->lines.barrier = f->ack.on ? barrier : NULL;
	f->lines.in.arg = f->lines.arg = f;
	f->stats.start = ev_mono();
	ev_progress_init(&f->progress, &events->common, evroute_writes_stdout(f->rules),
	    ev_progress_total(names));
	return EV_OK;
}

static void
close_all(struct evroute *f, struct ev_err *e)
{
	size_t i;

	if (ev_out_close(&f->out, true, NULL) != EV_OK) {
		/* it drops: nothing can fail */
	}
	for (i = 0; i < f->dests; i++)
		evroute_own_name(f->dest[i]->address, e);
	ev_lines_close(&f->lines);
	evroute_dests_close(f, true);
	evroute_rules_free(f->rules);
	ev_scan_fini(&f->scan);
	ev_digest_fini(&f->sha1);
	ev_buf_fini(&f->log);
	ev_buf_fini(&f->text);
	ev_buf_fini(&f->annotated);
	ev_buf_fini(&f->made);
	ev_buf_fini(&f->value);
	ev_buf_fini(&f->fault_line);
	ev_buf_fini(&f->fault_batch);
	free(f->input);
}

static enum ev_code
route(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc = open_all(f, e);

	if (rc != EV_OK)
		return rc;
	ev_note_stdin(&f->conf->events.common, f->names);
	return work(f, e);
}

static enum ev_code
check(struct evroute *f, struct ev_err *e)
{
	return evroute_rules_load(f, true, false, &f->rules, e);
}

/* What is to be done, of which check_conf has found one thing. */
static enum ev_code (*mode(const struct evroute_conf *c))(struct evroute *, struct ev_err *)
{
	const struct {
		bool asked;
		enum ev_code (*run)(struct evroute *, struct ev_err *);
	} modes[] = {
		{ c->check, check },
		{ c->list, evroute_list },
		{ c->explain, evroute_explain },
		{ c->test != NULL, evroute_test },
		{ c->import != NULL, evroute_import },
	};
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (modes[i].asked)
			return modes[i].run;
	return route;
}

static enum ev_code
run(void *arg, char **names, struct ev_err *e)
{
	const struct ev_buf any = EV_BUF(SIZE_MAX / 2); /* lines were bounded when they were read */
	const struct evroute_conf *c = arg;
	struct evroute f = { .conf = c,
		.names = names,
		.fault = { .fault = true },
		.log = any,
		.text = any,
		.annotated = any,
		.made = any,
		.value = any,
		.fault_line = any,
		.fault_batch = any,
		.batch = getenv("EVHUB_BATCH") };
	enum ev_code rc;

	if (f.batch != NULL && *f.batch == '\0')
		f.batch = NULL;
	if ((rc = check_conf(c, names, e)) == EV_OK && (rc = check_annotate(c, e)) == EV_OK)
		rc = mode(c)(&f, e);
	close_all(&f, e);
	return rc;
}

static const struct ev_cmd evroute = {
	.name = "evroute",
	.summary = "matches every event against a file of rules, and delivers it to the addresses "
		   "of each rule that matches",
	.operands = "[FILE...]",
	.max = SIZE_MAX,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct evroute_conf),
	.run = run,
};

int
main(int argc, char **argv)
{
	return ev_main(&evroute, argc, argv);
}
