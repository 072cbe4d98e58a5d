/* SPDX-License-Identifier: MIT */
/* A file of rules, and who sends what where by it; loading it again. */
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "evroute.h"
#include "json/iter.h"
#include "json/str.h"

#define STDOUT "-"

static void
warn_rule(void *arg, const struct ev_err *why)
{
	const struct evroute *f = arg;
	struct ev_err e = *why;

	ev_err_name(&e, f->conf->rules);
	ev_say_err(&e);
}

static enum ev_code
compile(struct evroute *f, bool warn, struct ev_rules *rules, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(EV_RULES_TEXT);
	enum ev_code rc = ev_file_read(AT_FDCWD, f->conf->rules, &text, e);

	if (rc != EV_OK) {
		ev_buf_fini(&text);
		return rc;
	}
	rc = ev_rules_load(rules, &text, warn ? warn_rule : NULL, f, e);
	if (rc != EV_OK)
		ev_err_name(e, f->conf->rules);
	return rc;
}

/* One sender for each target of each rule (one for a rule without), and one for --unmatched. */
static enum ev_code
list_senders(const struct evroute *f, struct evroute_rules *r, struct ev_err *e)
{
	const struct ev_rules *rules = &r->rules;
	size_t i, k, n = 1;

	for (i = 0; i < rules->n; i++)
		n += rules->rule[i].tos > 0 ? rules->rule[i].tos : 1;
	r->sender = calloc(n, sizeof(*r->sender));
	r->first = calloc(rules->n + 1, sizeof(*r->first));
	r->matched = calloc(rules->n + 1, sizeof(*r->matched));
	if (r->sender == NULL || r->first == NULL || r->matched == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < rules->n; i++) {
		const struct ev_rule *rule = &rules->rule[i];

		r->first[i] = r->senders;
		for (k = 0; k < rule->tos; k++)
			r->sender[r->senders++] = (struct evroute_sender){
				.rule = rule, .to = &rule->to[k], .address = rule->to[k].address
			};
		if (rule->tos == 0)
			r->sender[r->senders++] =
			    (struct evroute_sender){ .rule = rule, .address = STDOUT };
	}
	r->first[i] = r->senders;
	if (f->conf->unmatched != NULL)
		r->sender[r->senders++] = (struct evroute_sender){ .address = f->conf->unmatched };
	return EV_OK;
}

/*
 * Addresses.
 */

/* What is read must not be written to: it would feed itself. */
static enum ev_code
check_loop(const struct evroute *f, const char *address, struct ev_err *e)
{
	static char only_stdin[] = "-";
	char *const none[] = { only_stdin, NULL };
	char *const *name = *f->names != NULL ? f->names : none;

	for (; *name != NULL; name++)
		if (ev_address_same(*name, address))
			return ev_fail(e, EV_USAGE, "%s is read as well as written",
			    strcmp(*name, "-") == 0 ? "stdin" : *name);
	return EV_OK;
}

/* A stdout that cannot be written to is a failure, as in every command, and no slip in the rules.
 */
static enum ev_code
check_address(const char *address, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc = ev_target_check(address, set, e);

	if (rc == EV_USAGE && evroute_same(address, STDOUT))
		rc = e->code = EV_SYS;
	return rc;
}

/* Checks an address and, where open is set, gets its dest. */
static enum ev_code
use(struct evroute *f, struct evroute_rules *r, const char *address, bool open,
    struct evroute_dest **dest, struct ev_err *e)
{
	enum ev_code rc;

	if ((rc = check_loop(f, address, e)) == EV_OK &&
	    (rc = check_address(address, &r->rules.set, e)) == EV_OK)
		return open ? evroute_dest_get(f, address, &r->rules.set, dest, e) : EV_OK;
	ev_err_name(e, address);
	evroute_own_name(address, e);
	return rc;
}

/* Names the rule and the place in it of an address that is none. */
static enum ev_code
blame(const struct evroute *f, const struct evroute_rules *r, const struct evroute_sender *who,
    bool dead, enum ev_code rc, struct ev_err *e)
{
	const struct ev_rule_to *to = who->to;
	struct ev_err why = *e;

	if (rc != EV_USAGE || to == NULL)
		return rc;
	*e = (struct ev_err){ 0 };
	ev_fail(e, EV_USAGE, "%s", why.text);
	ev_err_name(e, f->conf->rules);
	ev_rules_blame(&r->rules, who->rule, dead ? to->dlq_off : to->off, e);
	return rc;
}

static enum ev_code
use_sender(struct evroute *f, struct evroute_rules *r, struct evroute_sender *who, bool open,
    struct ev_err *e)
{
	const char *dlq = who->to != NULL ? who->to->dlq : NULL;
	enum ev_code rc;

	if (who->rule != NULL && !who->rule->enabled)
		open = false;
	rc = use(f, r, who->address, open, &who->dest, e);
	if (rc != EV_OK || dlq == NULL)
		return blame(f, r, who, false, rc, e);
	if (evroute_same(who->address, dlq))
		rc = ev_fail(e, EV_USAGE, "%s: the dlq of a target cannot be that target", dlq);
	else
		rc = use(f, r, dlq, open, &who->dead, e);
	return blame(f, r, who, true, rc, e);
}

bool
evroute_writes_stdout(const struct evroute_rules *r)
{
	size_t i;

	for (i = 0; i < r->senders; i++)
		if (evroute_same(r->sender[i].address, STDOUT))
			return true;
	return false;
}

/* Faults in the middle of events would spoil them. */
static enum ev_code
check_faults(const struct evroute *f, const struct evroute_rules *r, struct ev_err *e)
{
	const char *faults = f->conf->events.faults;

	if (faults == NULL || (!evroute_same(faults, STDOUT) && !ev_address_same("fd:1", faults)))
		return EV_OK;
	return evroute_writes_stdout(r)
	    ? ev_fail(e, EV_USAGE, "--faults %s is where the events go", faults)
	    : EV_OK;
}

static enum ev_code
use_all(struct evroute *f, struct evroute_rules *r, bool open, struct ev_err *e)
{
	const char *faults = f->conf->events.faults;
	enum ev_code rc = check_faults(f, r, e);
	size_t i;

	for (i = 0; i < r->senders && rc == EV_OK; i++)
		rc = use_sender(f, r, &r->sender[i], open, e);
	if (rc == EV_OK && faults != NULL)
		rc = use(f, r, faults, open, &f->faults, e);
	return rc;
}

void
evroute_rules_free(struct evroute_rules *r)
{
	if (r == NULL)
		return;
	ev_ruling_fini(&r->ruling);
	ev_rules_fini(&r->rules);
	free(r->sender);
	free(r->first);
	free(r->matched);
	free(r);
}

enum ev_code
evroute_rules_load(
    struct evroute *f, bool warn, bool open, struct evroute_rules **rules, struct ev_err *e)
{
	struct evroute_rules *r = calloc(1, sizeof(*r));
	enum ev_code rc;

	if (r == NULL)
		return ev_fail_mem(e);
	if ((rc = compile(f, warn, &r->rules, e)) == EV_OK &&
	    (rc = list_senders(f, r, e)) == EV_OK && (rc = use_all(f, r, false, e)) == EV_OK &&
	    open)
		rc = use_all(f, r, true, e);
	if (rc == EV_OK)
		rc = ev_ruling_init(&r->ruling, &r->rules, e);
	if (rc != EV_OK) {
		evroute_rules_free(r);
		return rc;
	}
	*rules = r;
	return EV_OK;
}

/*
 * Loading again.
 */

static void
mark_used(const struct evroute *f, const struct evroute_rules *r)
{
	size_t i;

	for (i = 0; i < f->dests; i++)
		f->dest[i]->used = f->dest[i] == f->faults;
	for (i = 0; i < r->senders; i++) {
		if (r->sender[i].dest != NULL)
			r->sender[i].dest->used = true;
		if (r->sender[i].dead != NULL)
			r->sender[i].dead->used = true;
	}
}

/* The counts go on for a rule of the same id, and for its targets of the same address. */
static void
take_counts(const struct evroute_rules *from, struct evroute_rules *to)
{
	size_t i, k;

	for (i = 0; i < to->rules.n; i++)
		for (k = 0; k < from->rules.n; k++)
			if (strcmp(to->rules.rule[i].id, from->rules.rule[k].id) == 0)
				to->matched[i] = from->matched[k];
	for (i = 0; i < to->senders; i++)
		for (k = 0; k < from->senders; k++) {
			struct evroute_sender *a = &to->sender[i], *b = &from->sender[k];

			if (strcmp(evroute_id(a), evroute_id(b)) != 0 ||
			    strcmp(a->address, b->address) != 0)
				continue;
			a->events = b->events;
			a->faults = b->faults;
		}
}

/* The scanners read by other paths from the rest of the block on. */
static enum ev_code
change_scanners(struct evroute *f, struct ev_err *e)
{
	const struct ev_paths *set = &f->rules->rules.set;
	const char *isa = getenv("EVHUB_SCAN");
	struct ev_scan *scan = &f->lines.scan;
	const struct ev_slice rest = { scan->block.p + scan->at, scan->block.n - scan->at };
	enum ev_code rc;

	ev_scan_fini(&f->scan);
	ev_scan_fini(scan);
	if ((rc = ev_scan_init(&f->scan, set, false, isa, e)) != EV_OK ||
	    (rc = ev_scan_init(scan, set, f->conf->events.trust, isa, e)) != EV_OK)
		return rc;
	return rest.n > 0 ? ev_scan_block(scan, rest, e) : EV_OK;
}

/* All is durable. Targets that look at values do so by the numbers that their paths have now. */
static enum ev_code
put_in_force(struct evroute *f, struct evroute_rules *r, struct ev_err *e)
{
	struct ev_paths *set = &r->rules.set;
	enum ev_code rc = EV_OK;
	size_t i;

	mark_used(f, r);
	evroute_dests_close(f, false);
	for (i = 0; i < f->dests && rc == EV_OK; i++) {
		struct evroute_dest *d = f->dest[i];

		if (d->set != set && d->open && !d->target.wants)
			d->set = set;
		else if (d->set != set)
			rc = evroute_dest_again(d, set, e);
	}
	take_counts(f->rules, r);
	evroute_rules_free(f->rules);
	f->rules = r;
	return rc == EV_OK ? change_scanners(f, e) : rc;
}

static bool
forgetful(const struct evroute_dest *d)
{
	return d != NULL && d->target.forgetful;
}

enum ev_code
evroute_check_worker(const struct evroute *f, const struct evroute_rules *r, struct ev_err *e)
{
	size_t i;

	for (i = 0; f->ack.on && i < r->senders; i++)
		if (forgetful(r->sender[i].dest) || forgetful(r->sender[i].dead))
			return ev_fail(e, EV_USAGE,
			    "rule \"%s\" has an address with sync=none, which makes nothing "
			    "durable; a worker must",
			    evroute_id(&r->sender[i]));
	return EV_OK;
}

enum ev_code
evroute_reload(struct evroute *f, struct ev_err *e)
{
	struct evroute_rules *r = NULL;
	struct ev_err why = { 0 };
	enum ev_code rc = evroute_rules_load(f, false, true, &r, &why);

	/* who answers the batches was settled at the start */
	if (rc == EV_OK && f->ack.on && evroute_writes_stdout(r) != evroute_writes_stdout(f->rules))
		rc = ev_fail(
		    &why, EV_USAGE, "a worker's rules cannot begin or cease to write to stdout");
	if (rc == EV_OK)
		rc = evroute_check_worker(f, r, &why);
	if (rc != EV_OK) {
		evroute_rules_free(r);
		ev_say_err(&why);
		ev_warn("the rules stay as they are");
		mark_used(f, f->rules);
		evroute_dests_close(f, false);
		return EV_OK;
	}
	if ((rc = evroute_commit(f, e)) != EV_OK) {
		evroute_rules_free(r);
		return rc;
	}
	rc = put_in_force(f, r, e);
	if (rc == EV_OK)
		ev_note(&f->conf->events.common, "%zu rules loaded again", r->rules.n);
	return rc;
}

/*
 * For reports.
 */

struct ev_slice
evroute_member(const struct ev_rules *r, const struct ev_rule *rule, const char *name)
{
	const struct ev_slice text = { r->text.p + rule->off, r->text.n - rule->off };
	struct ev_iter it = ev_iter_view(text);
	struct ev_slice key;
	struct ev_val v;

	while (ev_iter_next(&it, &key, &v))
		if (ev_str_eq(key, ev_slice_str(name)))
			return v.raw;
	return (struct ev_slice){ NULL, 0 };
}

const char *
evroute_id(const struct evroute_sender *who)
{
	return who->rule != NULL ? who->rule->id : "";
}
