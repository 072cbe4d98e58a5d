/* SPDX-License-Identifier: MIT */
/* One event: the rules that it meets, what leaves for it, and where; what cannot leave. */
#include <stdlib.h>

#include "base/time.h"
#include "event/fault.h"
#include "evroute.h"
#include "json/splice.h"
#include "json/str.h"

/* Tags of a fault: the standard ones, the target, and the end. */
enum { FAULT_TAGS = 2 * EV_STANDARD_TAGS + 3 };

/*
 * Faults.
 */

/* There is one for each address that a line could not go to: the id tells them apart. */
static enum ev_code
fault_batch(struct evroute *f, const char *address, struct ev_err *e)
{
	const char *batch = f->batch != NULL ? f->batch : "";

	ev_buf_clear(&f->fault_batch);
	return ev_buf_addf(&f->fault_batch, e, "%s %s", batch, address);
}

static void
fault_tags(const struct evroute *f, const char *address, const char *tags[FAULT_TAGS])
{
	const char *const *kv = f->conf->events.tags;
	size_t n = 0;

	for (; kv[n] != NULL; n++)
		tags[n] = kv[n];
	if (address != NULL) {
		tags[n++] = "target";
		tags[n++] = address;
	}
	tags[n] = NULL;
}

enum ev_code
evroute_fault(struct evroute *f, struct evroute_dest *to, const struct evroute_sender *who,
    struct ev_slice line, struct ev_err *e)
{
	const char *tags[FAULT_TAGS];
	const struct ev_err why = *e;
	const struct ev_fault fault = {
		.function = "evroute",
		.pipeline = who != NULL && who->rule != NULL ? who->rule->id : NULL,
		.batch = who != NULL ? ev_buf_str(&f->fault_batch) : f->batch,
		.record = line,
		.now = ev_now(),
		.err = &why,
		.tags = tags,
	};
	size_t off = SIZE_MAX;
	enum ev_code rc;

	*e = (struct ev_err){ 0 };
	fault_tags(f, who != NULL ? who->address : NULL, tags);
	ev_buf_clear(&f->fault_line);
	if ((rc = ev_fault_write(&fault, &f->sha1, &f->fault_line, e)) != EV_OK)
		return rc;
	f->fault_count++;
	f->fault.dest = to;
	return evroute_put(f, &f->fault, ev_buf_view(&f->fault_line), NULL, &off, e);
}

/* There are no faults of faults: the place for them is wrong, not the event. */
static enum ev_code
fault_failed(const struct evroute_sender *who, struct ev_err *e)
{
	const struct ev_err why = *e;

	if (why.code == EV_AGAIN)
		return EV_AGAIN;
	*e = (struct ev_err){ .name = who->dest->address };
	return ev_fail(e, EV_SYS, "cannot write a fault: %s", why.text);
}

/* The end: there is no place for what cannot go where who wanted it. */
static enum ev_code
stop(struct evroute *f, const struct evroute_sender *who, const char *name, unsigned long no,
    struct ev_err *e)
{
	if (who->fault)
		return fault_failed(who, e);
	if (e->code != EV_DATA)
		return e->code;
	f->ended = true;
	evroute_own_name(who->dest->address, e);
	ev_err_name(e, name);
	e->line = no;
	return EV_DATA;
}

enum ev_code
evroute_divert(struct evroute *f, struct evroute_sender *who, struct ev_slice line,
    const char *name, unsigned long no, struct ev_err *e)
{
	struct evroute_dest *to = who->dead;
	enum ev_code rc;

	if (to == NULL && e->code == EV_DATA)
		to = f->faults;
	if (to == NULL || who->fault)
		return stop(f, who, name, no, e);
	who->faults++;
	e->name = name;
	e->line = no;
	if ((rc = fault_batch(f, who->address, NULL)) != EV_OK)
		return ev_fail_mem(e);
	return evroute_fault(f, to, who, line, e);
}

/*
 * What leaves.
 */

/* `["id","id"]`, of the rules that the event meets. */
static enum ev_code
list_hits(struct evroute *f, struct ev_err *e)
{
	const struct ev_ruling *g = &f->rules->ruling;
	enum ev_code rc = EV_OK;
	size_t i;

	ev_buf_clear(&f->value);
	for (i = 0; i < g->hits && rc == EV_OK; i++)
		if ((rc = ev_buf_addc(&f->value, i == 0 ? '[' : ',', e)) == EV_OK)
			rc = ev_str_encode(ev_slice_str(g->hit[i]->id), &f->value, e);
	return rc == EV_OK ? ev_buf_addc(&f->value, ']', e) : rc;
}

/* The event as it leaves. */
static enum ev_code
begin_event(struct evroute *f, struct ev_err *e)
{
	enum ev_code rc;

	f->event++;
	f->line = f->lines.line;
	f->inputs = 0;
	ev_buf_clear(&f->made);
	if (f->conf->annotate == NULL || f->rules->ruling.hits == 0)
		return EV_OK;
	ev_buf_clear(&f->annotated);
	if ((rc = list_hits(f, e)) != EV_OK ||
	    (rc = ev_splice_set(f->line, ev_slice_str(evroute_annotate(f->conf)),
		 ev_buf_view(&f->value), &f->annotated, e)) != EV_OK)
		return rc;
	f->line = ev_buf_view(&f->annotated);
	return EV_OK;
}

static struct ev_slice
input_text(const struct evroute *f, size_t i)
{
	const struct evroute_input *in = &f->input[i];

	return in->own ? f->line : (struct ev_slice){ ev_buf_view(&f->made).p + in->at, in->n };
}

static enum ev_code
add_input(struct evroute *f, bool own, size_t at, struct ev_err *e)
{
	if (f->inputs == f->input_cap) {
		size_t cap = f->input_cap == 0 ? 8 : 2 * f->input_cap;
		struct evroute_input *input = realloc(f->input, cap * sizeof(*input));

		if (input == NULL)
			return ev_fail_mem(e);
		f->input = input;
		f->input_cap = cap;
	}
	f->input[f->inputs++] =
	    (struct evroute_input){ .own = own, .at = at, .n = f->made.n - at, .off = SIZE_MAX };
	return EV_OK;
}

/* The event itself as an input; they are all the same one. */
static enum ev_code
own_input(struct evroute *f, size_t *input, struct ev_err *e)
{
	for (*input = 0; *input < f->inputs; (*input)++)
		if (f->input[*input].own)
			return EV_OK;
	return add_input(f, true, f->made.n, e);
}

/* What the rule makes of the event. */
static enum ev_code
make_input(struct evroute *f, const struct evroute_sender *who, size_t *input, struct ev_err *e)
{
	const struct ev_slice name = ev_slice_str(who->rule->id);
	const struct ev_transform_vars vars = {
		.rule_arn = name, .rule_name = name, .ingested = ev_now()
	};
	size_t at = f->made.n;
	enum ev_code rc;

	rc = ev_transform_run(
	    &who->to->transform, &f->lines.scan, f->lines.line, &vars, &f->made, e);
	*input = f->inputs;
	return rc == EV_OK ? add_input(f, false, at, e) : rc;
}

/* Whether d has this input of this event already; remembers it. */
static enum ev_code
seen_before(struct evroute *f, struct evroute_dest *d, size_t input, bool *yes, struct ev_err *e)
{
	size_t i;

	if (d->event != f->event)
		d->gots = 0;
	d->event = f->event;
	*yes = false;
	for (i = 0; i < d->gots && !*yes; i++)
		*yes = d->got[i] == input ||
		    ev_slice_eq(input_text(f, d->got[i]), input_text(f, input));
	if (*yes)
		return EV_OK;
	if (d->gots == d->got_cap) {
		size_t cap = d->got_cap == 0 ? 4 : 2 * d->got_cap;
		size_t *got = realloc(d->got, cap * sizeof(*got));

		if (got == NULL)
			return ev_fail_mem(e);
		d->got = got;
		d->got_cap = cap;
	}
	d->got[d->gots++] = input;
	return EV_OK;
}

/* The event goes where who wants it. */
static enum ev_code
send(struct evroute *f, struct evroute_sender *who, struct ev_err *e)
{
	bool own = who->to == NULL || who->to->transform.work == NULL, seen, same;
	enum ev_code rc;
	size_t i;

	rc = own ? own_input(f, &i, e) : make_input(f, who, &i, e);
	if (rc == EV_DATA)
		return evroute_divert(f, who, f->lines.line, f->lines.in.name, f->lines.no, e);
	if (rc != EV_OK || (rc = seen_before(f, who->dest, i, &seen, e)) != EV_OK || seen)
		return rc;
	/* what is in a firm one's address is taken from the event, whatever the input is */
	same = who->dest->firm || input_text(f, i).p == f->lines.line.p;
	return evroute_put(
	    f, who, input_text(f, i), same ? f->lines.scan.val : NULL, &f->input[i].off, e);
}

enum ev_code
evroute_send(struct evroute *f, struct ev_err *e)
{
	struct evroute_rules *r = f->rules;
	const struct ev_ruling *g = &r->ruling;
	size_t i, k, rule;
	enum ev_code rc;

	if ((rc = ev_ruling_run(&r->ruling, &f->lines.scan, f->lines.line, e)) != EV_OK ||
	    (rc = begin_event(f, e)) != EV_OK)
		return rc;
	for (i = 0; i < g->hits && rc == EV_OK; i++) {
		rule = (size_t)(g->hit[i] - r->rules.rule);
		r->matched[rule]++;
		for (k = r->first[rule]; k < r->first[rule + 1] && rc == EV_OK; k++)
			rc = send(f, &r->sender[k], e);
	}
	if (g->hits > 0)
		return rc;
	f->unmatched++;
	return f->conf->unmatched != NULL ? send(f, &r->sender[r->senders - 1], e) : EV_OK;
}
