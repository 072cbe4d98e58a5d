/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/time.h"
#include "cli/ack.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/stats.h"
#include "event/schema.h"
#include "event/stamp.h"
#include "event/text.h"
#include "json/lines.h"
#include "target/target.h"

enum {
	WARN_BYTES = 256 * 1024, /* what EventBridge, SNS and SQS take */
	TEE_BYTES = 16 << 20,    /* lines that wait until they are durable */
	MAX_TAGS = 64
};

struct conf {
	struct ev_events events; /* first: holds ev_common */
	const char *from, *entity, *type_from, *key_from, *time_from, *id_from, *id;
	struct ev_list types, tags; /* of types one at most */
	uint64_t max_size;          /* UINT64_MAX: not given */
	const char *schema, *to;
	bool tee, ack, check, dry_run;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 0, "from", EV_OPT_CHOICE, "envelope|json|text", AT(from), "Input",
	    "what the lines are: events, payloads, or plain text; json with --entity, else "
	    "envelope" },
	{ 0, "entity", EV_OPT_STR, "NAME", AT(entity), NULL,
	    "the event's member that holds the payload" },
	{ 0, "type", EV_OPT_LIST, "TYPE", AT(types), "Stamping", "type of events that have none" },
	{ 0, "type-from", EV_OPT_STR, "PATH", AT(type_from), NULL, "take the type from a string" },
	{ 0, "key-from", EV_OPT_STR, "PATH", AT(key_from), NULL,
	    "take the partitionKey from a string or a number" },
	{ 0, "time-from", EV_OPT_STR, "PATH", AT(time_from), NULL,
	    "take the timestamp from RFC 3339 or epoch seconds or milliseconds" },
	{ 0, "id-from", EV_OPT_STR, "PATH,...", AT(id_from), NULL,
	    "make the id from the type and these values: the same fact has the same id" },
	{ 0, "id", EV_OPT_CHOICE, "uuid7|uuid4", AT(id), NULL, "make a random id" },
	{ 0, "tag", EV_OPT_LIST, "NAME=VALUE", AT(tags), NULL,
	    "add a tag, unless the event has it" },
	{ 0, "schema", EV_OPT_DIR, "DIR", AT(schema), "Checks",
	    "check every event against the JSON Schema DIR/TYPE.json" },
	{ 0, "max-size", EV_OPT_SIZE, "SIZE", AT(max_size), NULL,
	    "refuse larger events; 0 never; without it, above 256K a warning" },
	{ 0, "check", EV_OPT_FLAG, NULL, AT(check), NULL,
	    "check options, schemas and addresses, read nothing" },
	{ 0, "dry-run", EV_OPT_FLAG, NULL, AT(dry_run), NULL,
	    "read and check everything, publish nothing" },
	{ 0, "to", EV_OPT_ADDRESS, "ADDRESS", AT(to), "Output",
	    "publish durably to an address instead of stdout" },
	{ 0, "tee", EV_OPT_FLAG, NULL, AT(tee), NULL,
	    "with --to: write events to stdout too, once they are durable" },
	{ 0, "ack", EV_OPT_FLAG, NULL, AT(ack), NULL,
	    "as a worker's stage: answer its batches here although stdout is a pipe" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

static const struct ev_opt *const tables[] = { options, ev_opt_events, NULL };

static const struct ev_example examples[] = {
	{ "evpub --type order-submitted --entity order --key-from order.id --time-from placed "
	  "--id-from id "
	  "orders.json",
	    "orders become events; published again they have the same ids" },
	{ "evpub --to hub.ndjson --faults faults.ndjson --tag stage=test shop.ndjson",
	    "publish events durably, with a tag; the broken ones become faults" },
	{ "evpub --from text --type line-logged --entity line --id-from line --to lake:lake "
	  "shop.log",
	    "keep the lines of a log in a lake" },
	{ NULL, NULL },
};

struct pub {
	const struct conf *conf;
	const char *tag[2 * MAX_TAGS + 1]; /* K, V, …, NULL */
	char *keys[MAX_TAGS];              /* owned; names of --tag */
	size_t tags;
	bool text;
	struct ev_paths set;
	struct ev_stamp stamp;
	struct ev_schemas schemas;
	struct ev_lines lines; /* of events or payloads */
	struct ev_text texts;  /* of plain text */
	struct ev_in *in;      /* of one of them */
	struct ev_slice line;  /* what came in */
	unsigned long no;
	struct ev_scan scan; /* of events that were made here */
	struct ev_target target;
	struct ev_faults faults;
	struct ev_out out;
	struct ev_ack ack;
	struct ev_buf pending; /* --tee: lines that are not yet durable */
	bool to, tee,
	    broken; /* broken: the output failed; nothing more may be written or acknowledged */
	struct ev_stats stats;
	struct ev_progress progress;
	uint64_t seen; /* bytes read when progress was shown last */
	uint64_t published, large;
};

static void
set_defaults(void *arg)
{
	struct conf *conf = arg;

	conf->max_size = UINT64_MAX;
}

/*
 * Options.
 */

static enum ev_code
check_stamps(const struct conf *c, bool payload, struct ev_err *e)
{
	if (c->types.n + (c->type_from != NULL) > 1)
		return ev_fail(
		    e, EV_USAGE, "--type and --type-from: one of them, once, was wanted");
	if (c->id != NULL && c->id_from != NULL)
		return ev_fail(e, EV_USAGE, "--id and --id-from: one of them was wanted");
	if (!payload)
		return c->entity == NULL
		    ? EV_OK
		    : ev_fail(
			  e, EV_USAGE, "--entity is of use with --from json and --from text only");
	if (c->entity == NULL)
		return ev_fail(e, EV_USAGE,
		    "--from %s wants --entity, the name of the payload in the event", c->from);
	if (c->types.n == 0 && c->type_from == NULL)
		return ev_fail(
		    e, EV_USAGE, "a payload has no type; --type or --type-from was wanted");
	return EV_OK;
}

/* A line of text has no members: all that can be taken from it is itself. */
static enum ev_code
check_text(const struct conf *c, struct ev_err *e)
{
	const struct {
		const char *name, *path;
	} from[] = {
		{ "type", c->type_from },
		{ "key", c->key_from },
		{ "time", c->time_from },
		{ "id", c->id_from },
	};
	size_t i;

	for (i = 0; i < sizeof(from) / sizeof(*from); i++)
		if (from[i].path != NULL && strcmp(from[i].path, c->entity) != 0)
			return ev_fail(e, EV_USAGE,
			    "--%s-from %s: text has no members; the whole line is '%s'",
			    from[i].name, from[i].path, c->entity);
	return EV_OK;
}

static enum ev_code
check_conf(struct pub *p, struct ev_err *e)
{
	const struct conf *c = p->conf;
	bool payload = c->from != NULL ? strcmp(c->from, "envelope") != 0 : c->entity != NULL;
	enum ev_code rc;

	p->text = c->from != NULL && strcmp(c->from, "text") == 0;
	if ((rc = check_stamps(c, payload, e)) != EV_OK)
		return rc;
	if (p->text && (rc = check_text(c, e)) != EV_OK)
		return rc;
	if (c->tee && c->to == NULL)
		return ev_fail(e, EV_USAGE, "--tee is of use with --to only");
	if (c->tee && (strcmp(c->to, "-") == 0 || strcmp(c->to, "fd:1") == 0))
		return ev_fail(e, EV_USAGE, "--tee writes to stdout, and so does --to %s", c->to);
	return EV_OK;
}

/* What is read must not be written to: it would feed itself. */
static enum ev_code
check_loops(const struct conf *c, char *const *names, struct ev_err *e)
{
	static char only_stdin[] = "-";
	char *const none[] = { only_stdin, NULL };
	const char *faults = c->events.faults, *to = c->to != NULL ? c->to : "-";

	for (names = *names != NULL ? names : none; *names != NULL; names++) {
		if (ev_address_same(*names, to))
			return ev_fail(e, EV_USAGE, "%s is the output too", *names);
		if (faults != NULL && ev_address_same(*names, faults))
			return ev_fail(
			    e, EV_USAGE, "%s is where --faults goes, %s", *names, faults);
	}
	return EV_OK;
}

/* Adds a tag, or replaces the value of one of that name. */
static enum ev_code
add_tag(struct pub *p, const char *k, const char *v, struct ev_err *e)
{
	size_t i;

	for (i = 0; i < p->tags && strcmp(p->tag[2 * i], k) != 0; i++)
		;
	if (i == MAX_TAGS)
		return ev_fail(e, EV_USAGE, "more than %d tags", MAX_TAGS);
	p->tag[2 * i] = k;
	p->tag[2 * i + 1] = v;
	p->tags += i == p->tags;
	return EV_OK;
}

static enum ev_code
add_tags(struct pub *p, struct ev_err *e)
{
	const struct ev_list *list = &p->conf->tags;
	const char *const *kv;
	enum ev_code rc = EV_OK;
	const char *eq;
	size_t i;

	for (kv = p->conf->events.tags; *kv != NULL && rc == EV_OK; kv += 2)
		rc = add_tag(p, kv[0], kv[1], e);
	for (i = 0; i < list->n && rc == EV_OK; i++) {
		eq = strchr(list->v[i], '=');
		if (eq == NULL || eq == list->v[i])
			return ev_fail(e, EV_USAGE, "--tag %s: NAME=VALUE was wanted", list->v[i]);
		if (i == MAX_TAGS)
			return ev_fail(e, EV_USAGE, "more than %d tags", MAX_TAGS);
		p->keys[i] = strndup(list->v[i], (size_t)(eq - list->v[i]));
		rc = p->keys[i] == NULL ? ev_fail_mem(e) : add_tag(p, p->keys[i], eq + 1, e);
	}
	return rc;
}

static enum ev_code
init_stamp(struct pub *p, struct ev_err *e)
{
	const struct conf *c = p->conf;
	const struct ev_stamp_args args = {
		.entity = c->entity,
		.type = c->types.n > 0 ? c->types.v[0] : NULL,
		.type_from = c->type_from,
		.key_from = c->key_from,
		.time_from = c->time_from,
		.id_from = c->id_from,
		.id = c->id,
		.tags = p->tag,
	};

	return ev_stamp_init(&p->stamp, &args, &p->set, e);
}

/* Everything that can be wrong before anything is opened. */
static enum ev_code
prepare(struct pub *p, char **names, struct ev_err *e)
{
	const struct conf *c = p->conf;
	enum ev_code rc;

	if ((rc = check_conf(p, e)) != EV_OK || (rc = check_loops(c, names, e)) != EV_OK ||
	    (rc = add_tags(p, e)) != EV_OK || (rc = ev_event_paths(&p->set, e)) != EV_OK ||
	    (rc = init_stamp(p, e)) != EV_OK)
		return rc;
	if (c->schema != NULL && (rc = ev_schemas_load(&p->schemas, c->schema, e)) != EV_OK)
		return rc;
	if (c->to != NULL && (rc = ev_target_check(c->to, &p->set, e)) != EV_OK)
		return rc;
	return c->events.faults != NULL ? ev_target_check(c->events.faults, &p->set, e) : EV_OK;
}

/*
 * Output.
 */

static void
show_stats(struct pub *p)
{
	p->stats.read = p->text ? p->published + p->faults.taken : p->lines.events + p->lines.bad;
	p->stats.bytes = p->in->bytes;
	p->stats.more[0] = (struct ev_counter){ "written", p->published };
	p->stats.more[1] = (struct ev_counter){ "faults", p->faults.taken };
	p->stats.more[2] = (struct ev_counter){ "stamped", p->stamp.stamped };
	p->stats.more[3] = (struct ev_counter){ "large", p->large };
	ev_stats_show(&p->stats, &p->conf->events.common);
}

/* Makes durable what was published and shows the lines that wait for it: they are acknowledged. */
static enum ev_code
commit(struct pub *p, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = ev_faults_sync(&p->faults, e)) != EV_OK)
		return rc;
	if (p->to && (rc = ev_target_sync(&p->target, e)) != EV_OK)
		return rc;
	if (p->tee) {
		rc = ev_out_add(&p->out, ev_buf_view(&p->pending), e);
		ev_buf_clear(&p->pending);
		if (rc != EV_OK)
			return rc;
	}
	if ((!p->to || p->tee) && (rc = ev_out_flush(&p->out, e)) != EV_OK)
		return rc;
	return ev_ack_answer(&p->ack, e);
}

/*
 * Before a wait: an idle pipe holds nothing back. A lake's segment stays open until it is due, or
 * a batch waits for an answer.
 */
static enum ev_code
pass_on(struct pub *p, struct ev_err *e)
{
	enum ev_code rc;

	if (!p->to || p->tee || ev_ack_due(&p->ack))
		return commit(p, e);
	if ((rc = ev_faults_sync(&p->faults, e)) != EV_OK)
		return rc;
	return ev_target_flush(&p->target, e);
}

/* Passes on, and waits for input here, since a lake may want its seal and the user some counts
 * meanwhile. */
static enum ev_code
idle(void *arg, struct ev_err *e)
{
	struct pub *p = arg;
	enum ev_code rc;
	int nap;

	for (;;) {
		rc = pass_on(p, e);
		p->broken = rc != EV_OK;
		if (rc != EV_OK)
			return rc;
		nap = p->to ? ev_target_nap(&p->target) : 0;
		rc = ev_sig_wait(p->in->fd, nap > 0 ? nap : -1, e);
		if (rc != EV_NO || ev_sig_stop() != 0)
			return rc == EV_NO ? EV_OK : rc;
		if (ev_sig_stats())
			show_stats(p);
	}
}

/* A batch ends. It goes on at once; an answer waits for a pause, and may be one for several. */
static enum ev_code
barrier(void *arg, struct ev_err *e)
{
	struct pub *p = arg;
	enum ev_code rc = EV_OK;

	if (p->ack.last)
		p->ack.barriers++;
	else if ((rc = commit(p, e)) == EV_OK)
		rc = ev_ack_barrier(&p->ack, &p->out, e);
	p->broken = rc != EV_OK;
	return rc;
}

/* The line leaves pending: it became a fault. */
static void
take_back(struct ev_buf *pending, struct ev_slice line)
{
	char *at = pending->p, *end = at + pending->n, *lf;

	for (; at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (ev_slice_eq(line, (struct ev_slice){ at, (size_t)(lf - at) })) {
			memmove(at, lf + 1, (size_t)(end - lf - 1));
			pending->n -= line.n + 1;
			return;
		}
	}
}

/* An event that its destination found bad only when it was made durable. */
static enum ev_code
conflict(void *arg, struct ev_slice line, struct ev_err *e)
{
	struct pub *p = arg;
	enum ev_code rc = ev_faults_take(&p->faults, line, e);

	if (rc == EV_OK) {
		p->published--;
		take_back(&p->pending, line);
	}
	return rc;
}

static enum ev_code
settle(void *arg, struct ev_err *e)
{
	struct pub *p = arg;

	return ev_faults_sync(&p->faults, e);
}

static enum ev_code
open_output(struct pub *p, char **names, struct ev_err *e)
{
	const struct conf *c = p->conf;
	const char *to = c->dry_run ? "null:" : c->to;
	const char *faults = c->dry_run && c->events.faults != NULL ? "null:" : c->events.faults;
	enum ev_code rc;

	p->to = to != NULL;
	p->tee = c->tee && !c->dry_run;
	p->pending = (struct ev_buf)EV_BUF(SIZE_MAX / 2);
	if ((rc = ev_faults_open(&p->faults, faults, "evpub", getenv("EVHUB_BATCH"), p->tag, e)) !=
	    EV_OK)
		return rc;
	if (p->to && (rc = ev_target_open(&p->target, to, &p->set, e)) != EV_OK)
		return rc;
	p->target.conflict = conflict;
	p->target.settle = settle;
	p->target.arg = p;
	if (!p->to)
		ev_sig_watch(STDOUT_FILENO);
	if ((!p->to || p->tee) && (rc = ev_out_open(&p->out, STDOUT_FILENO, "stdout", e)) != EV_OK)
		return rc;
	rc = ev_ack_init(&p->ack, names, p->to && !p->tee, c->ack, e);
	if (rc == EV_OK && p->target.forgetful && (p->tee || p->ack.on))
		rc = ev_fail(e, EV_USAGE, "%s makes nothing durable (sync=none), which %s must", to,
		    p->tee ? "--tee" : "a worker");
	return rc;
}

static enum ev_code
open_input(struct pub *p, char **names, struct ev_err *e)
{
	const struct ev_events *events = &p->conf->events;
	const char *const *list = (const char *const *)names;
	enum ev_code rc;

	if (p->text)
		ev_text_init(&p->texts, list, events->max_line);
	else if ((rc = ev_lines_open(&p->lines, list, events->max_line, &p->set, events->trust,
		      getenv("EVHUB_SCAN"), e)) != EV_OK)
		return rc;
	p->target.inputs = p->faults.target.inputs = list;
	p->in = p->text ? &p->texts.in : &p->lines.in;
	p->in->idle = idle;
	p->in->arg = p->lines.arg = p->texts.arg = p;
	p->lines.barrier = p->texts.barrier = p->ack.on ? barrier : NULL;
	p->stats.start = ev_mono();
	ev_progress_init(&p->progress, &events->common, !p->to || p->tee, ev_progress_total(list));
	return ev_scan_init(&p->scan, &p->set, false, getenv("EVHUB_SCAN"), e);
}

/* The values of an event that was made here. */
static enum ev_code
scan_made(struct pub *p, struct ev_slice line, struct ev_err *e)
{
	unsigned long skipped;
	enum ev_code rc;

	if ((rc = ev_scan_block(&p->scan, line, e)) != EV_OK)
		return rc;
	return ev_scan_line(&p->scan, &line, &skipped, e);
}

static enum ev_code
check_size(struct pub *p, struct ev_slice line, struct ev_err *e)
{
	const struct conf *c = p->conf;
	bool strict = c->max_size != UINT64_MAX;
	uint64_t limit = strict ? c->max_size : WARN_BYTES;

	if (line.n <= limit || limit == 0)
		return EV_OK;
	if (strict)
		return ev_fail(e, EV_DATA,
		    "an event of %zu bytes, wanted at most %llu (--max-size)", line.n,
		    (unsigned long long)limit);
	if (p->large++ == 0 && !c->events.common.quiet)
		ev_warn("%s:%lu: an event of %zu bytes; some engines refuse more than %d "
			"(--max-size refuses it here, "
			"--max-size 0 is silent)",
		    p->in->name, p->no, line.n, WARN_BYTES);
	return EV_OK;
}

/* Writes a complete event. val: its values, NULL when nobody asks. */
static enum ev_code
write_event(struct pub *p, struct ev_slice line, const struct ev_val *val, struct ev_err *e)
{
	enum ev_code rc;

	if (!p->to)
		return ev_out_line(&p->out, line, e);
	p->target.name = p->in->name;
	p->target.line = p->no;
	if ((rc = ev_target_put(&p->target, line, val, e)) != EV_OK || !p->tee)
		return rc;
	if ((rc = ev_buf_adds(&p->pending, line, e)) != EV_OK ||
	    (rc = ev_buf_addc(&p->pending, '\n', e)) != EV_OK)
		return rc;
	return p->pending.n >= TEE_BYTES ? commit(p, e) : EV_OK;
}

/* Stamps, checks and writes the current line. */
static enum ev_code
publish(struct pub *p, struct ev_err *e)
{
	const struct ev_val *val = p->lines.scan.val;
	struct ev_slice line;
	enum ev_code rc;

	rc = p->text ? ev_stamp_text(&p->stamp, p->line, &line, e)
		     : ev_stamp_line(&p->stamp, p->line, val, &line, e);
	if (rc != EV_OK || (rc = check_size(p, line, e)) != EV_OK)
		return rc;
	/* one that is long enough may be nested too deep, now that it is a payload */
	if (line.p != p->line.p && (p->schemas.n > 0 || p->target.wants || line.n > 2 * EV_DEPTH)) {
		if ((rc = scan_made(p, line, e)) != EV_OK)
			return rc;
		val = p->scan.val;
	}
	if (p->schemas.n > 0 &&
	    (rc = ev_schemas_check(&p->schemas, line, &val[EV_TYPE], e)) != EV_OK)
		return rc;
	if ((rc = write_event(p, line, val, e)) == EV_OK)
		p->published++;
	return rc;
}

/*
 * The loop.
 */

static enum ev_code
next(struct pub *p, struct ev_err *e)
{
	enum ev_code rc = p->text ? ev_text_next(&p->texts, e) : ev_lines_next(&p->lines, e);

	p->line = p->text ? p->texts.line : p->lines.line;
	p->no = p->text ? p->texts.no : p->lines.no;
	if (p->in->bytes != p->seen) {
		p->seen = p->in->bytes;
		ev_progress_step(&p->progress, p->seen, p->published);
		if (ev_sig_stats())
			show_stats(p);
	}
	return rc;
}

/* Where the bad event stands. */
static void
place(const struct pub *p, struct ev_err *e)
{
	ev_err_name(e, p->in->name);
	if (e->col == 0)
		ev_err_place(e, p->no, p->line, 0);
	e->line = p->no;
}

static enum ev_code
loop(struct pub *p, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (rc == EV_OK) {
		rc = next(p, e);
		if (rc == EV_OK) {
			rc = publish(p, e);
			p->broken = rc != EV_OK && rc != EV_DATA;
			if (rc == EV_DATA && e->name == NULL)
				place(p, e);
		}
		if (rc == EV_DATA)
			rc = ev_faults_take(&p->faults, p->line, e);
	}
	if (rc == EV_DATA && p->text)
		ev_text_unread(&p->texts, true);
	else if (rc == EV_DATA)
		ev_lines_unread(&p->lines, true);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
work(struct pub *p, struct ev_err *e)
{
	const struct ev_common *common = &p->conf->events.common;
	enum ev_code rc = loop(p, e), end = EV_OK;

	if (!p->broken && !p->target.failed)
		end = commit(p, e);

	ev_progress_end(&p->progress);
	if (rc == EV_OK)
		rc = end;
	if (p->target.torn + p->faults.target.torn > 0)
		ev_note(common,
		    "%llu bytes of torn last lines were cut off (a file's are kept in .torn)",
		    (unsigned long long)(p->target.torn + p->faults.target.torn));
	if (p->large > 1)
		ev_note(common, "%llu events of more than %d bytes", (unsigned long long)p->large,
		    WARN_BYTES);
	if (p->conf->dry_run && rc == EV_OK)
		ev_note(common, "%llu events would be published, %llu would be faults",
		    (unsigned long long)p->published, (unsigned long long)p->faults.taken);
	if (common->stats != NULL)
		show_stats(p);
	return rc == EV_OK && p->faults.taken > 0 ? EV_PARTIAL : rc;
}

static void
close_all(struct pub *p)
{
	size_t i;

	if (ev_out_close(&p->out, true, NULL) != EV_OK) {
		/* it drops what was not acknowledged: nothing can fail */
	}
	ev_lines_close(&p->lines);
	ev_text_close(&p->texts);
	ev_target_close(&p->target);
	ev_faults_close(&p->faults);
	ev_scan_fini(&p->scan);
	ev_stamp_fini(&p->stamp);
	ev_schemas_fini(&p->schemas);
	ev_paths_fini(&p->set);
	ev_buf_fini(&p->pending);
	for (i = 0; i < MAX_TAGS; i++)
		free(p->keys[i]);
}

static enum ev_code
run(void *arg, char **names, struct ev_err *e)
{
	struct pub p = { .conf = arg };
	enum ev_code rc = prepare(&p, names, e);

	if (rc == EV_OK && !p.conf->check) {
		if ((rc = open_output(&p, names, e)) == EV_OK &&
		    (rc = open_input(&p, names, e)) == EV_OK) {
			ev_note_stdin(arg, names);
			rc = work(&p, e);
		}
	}
	close_all(&p);
	return rc;
}

static const struct ev_cmd evpub = {
	.name = "evpub",
	.summary = "turns payloads into valid envelopes and publishes them, to stdout or durably "
		   "to an address",
	.operands = "[FILE...]",
	.max = SIZE_MAX,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.init = set_defaults,
	.run = run,
};

int
main(int argc, char **argv)
{
	return ev_main(&evpub, argc, argv);
}
