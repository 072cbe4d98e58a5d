/* SPDX-License-Identifier: MIT */
#include "work/partial.h"

#include "json/num.h"
#include "json/str.h"
#include "work/names.h"

/* What an item is known by: JSON strings, and an array; p is NULL where it has none. */
struct names_of {
	struct ev_slice id, key, triggers;
};

struct mark {
	struct ev_job *j;
	const struct ev_part *part;
	struct ev_names sent;   /* ids of the part's items */
	struct ev_names named;  /* the answer's identifiers */
	struct ev_names cause;  /* ids and trigger ids of those */
	struct ev_names failed; /* keys of items that failed */
	struct ev_names held;   /* keys of items that are to be done before those */
	struct ev_buf tmp;
};

/* The last duplicate wins. Only called for what is JSON. */
static struct names_of
names_of_object(struct ev_slice object)
{
	struct names_of n = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	struct ev_iter it = ev_iter_view(object);
	struct ev_slice name;
	struct ev_val v;

	while (it.object && ev_iter_next(&it, &name, &v))
		if (v.kind == EV_STRING && ev_str_eq(name, EV_LIT("id")))
			n.id = v.raw;
		else if (v.kind == EV_STRING && ev_str_eq(name, EV_LIT("partitionKey")))
			n.key = v.raw;
		else if (v.kind == EV_ARRAY && ev_str_eq(name, EV_LIT("triggers")))
			n.triggers = v.raw;
	return n;
}

static struct names_of
names_of_item(const struct ev_job *j, size_t item)
{
	struct ev_slice line = ev_micro_line(&j->b, item);
	size_t off;

	if (ev_json_check(line, &off, NULL) != EV_OK)
		line.n = 0; /* nothing is known about it */
	return names_of_object(line);
}

/* raw, a JSON string or none, is added. */
static enum ev_code
add(struct mark *m, struct ev_names *to, struct ev_slice raw, struct ev_err *e)
{
	struct ev_slice text;
	enum ev_code rc;

	if (raw.p == NULL)
		return EV_OK;
	rc = ev_str_view(raw, &m->tmp, &text, e);
	return rc != EV_OK ? rc : ev_names_add(to, text, e);
}

/* EV_OK: it is there; EV_NO: not, or raw is none. */
static enum ev_code
look(struct mark *m, const struct ev_names *in, struct ev_slice raw, struct ev_err *e)
{
	struct ev_slice text;
	enum ev_code rc;

	if (raw.p == NULL)
		return EV_NO;
	rc = ev_str_view(raw, &m->tmp, &text, e);
	return rc != EV_OK ? rc : ev_names_have(in, text) ? EV_OK : EV_NO;
}

/* The number in `#LINE`, which is one of the part; 0: it is none. */
static size_t
line_number(const struct mark *m, struct ev_slice raw)
{
	struct ev_slice text = { raw.p + 1, raw.n - 2 };
	int64_t n;

	if (text.n < 2 || text.p[0] != '#')
		return 0;
	text.p++;
	text.n--;
	if (!ev_num_ok(text) || !ev_num_int(text, &n) || n < 1 ||
	    (uint64_t)n > m->part->to - m->part->from)
		return 0;
	return (size_t)n;
}

static unsigned char *
state_of(const struct mark *m, size_t at)
{
	return &m->j->state[m->j->list[at]];
}

/* Whether all that the answer names was sent; else *unknown. */
static enum ev_code
check_sent(struct mark *m, const struct ev_answer *a, struct ev_slice *unknown, struct ev_err *e)
{
	struct ev_iter it = ev_iter_view(a->failures);
	enum ev_code rc = EV_OK;
	struct ev_slice id;
	size_t i;

	for (i = m->part->from; i < m->part->to && rc == EV_OK; i++)
		rc = add(m, &m->sent, names_of_item(m->j, m->j->list[i]).id, e);
	while (rc == EV_OK && ev_answer_next(&it, &id)) {
		if (id.p != NULL && line_number(m, id) != 0)
			continue;
		rc = look(m, &m->sent, id, e);
		if (rc == EV_NO)
			*unknown = id.p != NULL ? id : EV_LIT("null");
	}
	return rc == EV_NO ? EV_OK : rc;
}

/* The id and the trigger ids, one after the other. */
static bool
next_cause(struct names_of *of, struct ev_iter *triggers, struct ev_slice *raw)
{
	struct ev_slice name;
	struct ev_val v;

	*raw = of->id;
	of->id.p = NULL;
	while (raw->p == NULL && ev_iter_next(triggers, &name, &v))
		*raw = names_of_object(v.raw).id;
	return raw->p != NULL;
}

static enum ev_code
add_causes(struct mark *m, struct names_of of, struct ev_err *e)
{
	struct ev_iter triggers = ev_iter_view(of.triggers);
	enum ev_code rc = EV_OK;
	struct ev_slice raw;

	while (rc == EV_OK && next_cause(&of, &triggers, &raw))
		rc = add(m, &m->cause, raw, e);
	return rc;
}

/* EV_OK: it has a cause in common with one that was named; EV_NO: none. */
static enum ev_code
look_causes(struct mark *m, struct names_of of, struct ev_err *e)
{
	struct ev_iter triggers = ev_iter_view(of.triggers);
	enum ev_code rc = EV_NO;
	struct ev_slice raw;

	while (rc == EV_NO && next_cause(&of, &triggers, &raw))
		rc = look(m, &m->cause, raw, e);
	return rc;
}

/* Takes the identifiers down: those of lines in the states, the others in m->named. */
static enum ev_code
take_named(struct mark *m, const struct ev_answer *a, struct ev_err *e)
{
	struct ev_iter it = ev_iter_view(a->failures);
	enum ev_code rc = EV_OK;
	struct ev_slice id;
	size_t i, n;

	for (i = m->part->from; i < m->part->to; i++)
		*state_of(m, i) = EV_WAITS;
	while (rc == EV_OK && ev_answer_next(&it, &id)) {
		n = line_number(m, id);
		if (n != 0)
			*state_of(m, m->part->from + n - 1) = EV_FAILED;
		else
			rc = add(m, &m->named, id, e);
	}
	return rc;
}

/* Items that were named fail, and so do those that have a cause in common with them. */
static enum ev_code
mark_failed(struct mark *m, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	struct names_of of;
	size_t i;

	for (i = m->part->from; i < m->part->to && rc == EV_OK; i++) {
		of = names_of_item(m->j, m->j->list[i]);
		if ((rc = look(m, &m->named, of.id, e)) == EV_OK)
			*state_of(m, i) = EV_FAILED;
		if (rc == EV_NO)
			rc = EV_OK;
		if (rc == EV_OK && *state_of(m, i) == EV_FAILED)
			rc = add_causes(m, of, e);
	}
	for (i = m->part->from; i < m->part->to && rc == EV_OK; i++) {
		rc = look_causes(m, names_of_item(m->j, m->j->list[i]), e);
		if (rc == EV_OK)
			*state_of(m, i) = EV_FAILED;
		else if (rc == EV_NO)
			rc = EV_OK;
	}
	return rc;
}

/* The keys of what is to be done of the jobs before. */
static enum ev_code
hold_earlier(struct mark *m, struct ev_job *const *job, size_t n, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t k, i;

	for (k = 0; k < n; k++)
		for (i = 0; i < job[k]->b.n && rc == EV_OK; i++)
			if (job[k]->state[i] != EV_PASSED)
				rc = add(m, &m->held, names_of_item(job[k], i).key, e);
	return rc;
}

/* What becomes of an item that was sent, by what precedes it. */
static enum ev_code
settle(struct mark *m, size_t item, struct ev_slice key, struct ev_err *e)
{
	unsigned char *state = &m->j->state[item];
	enum ev_code rc = look(m, &m->held, key, e);

	if (rc == EV_OK) {
		*state = EV_WAITS;
		return EV_OK;
	}
	if (rc == EV_NO && *state == EV_FAILED)
		return add(m, &m->failed, key, e);
	if (rc == EV_NO)
		rc = look(m, &m->failed, key, e);
	if (rc == EV_OK)
		return add(m, &m->held, key, e);
	if (rc == EV_NO)
		*state = EV_PASSED;
	return rc == EV_NO ? EV_OK : rc;
}

/* All items in their order: those sent pass, fail or wait, the others hold up what follows. */
static enum ev_code
settle_all(struct mark *m, struct ev_partial *p, struct ev_err *e)
{
	size_t i, at = m->part->from;
	enum ev_code rc = EV_OK;
	struct ev_slice key;

	for (i = 0; i < m->j->b.n && rc == EV_OK; i++) {
		if (m->j->state[i] == EV_PASSED)
			continue;
		key = names_of_item(m->j, i).key;
		if (at == m->part->to || m->j->list[at] != i) {
			rc = add(m, &m->held, key, e);
			continue;
		}
		at++;
		rc = settle(m, i, key, e);
		p->passed += m->j->state[i] == EV_PASSED;
		p->failed += m->j->state[i] == EV_FAILED;
	}
	return rc;
}

enum ev_code
ev_partial_mark(struct ev_job *const *job, size_t which, const struct ev_answer *a,
    struct ev_partial *p, struct ev_err *e)
{
	struct ev_job *j = job[which];
	struct mark m = {
		.j = j, .part = &j->part[j->parts - 1], .tmp = EV_BUF(SIZE_MAX / 2), /* of a line */
	};
	enum ev_code rc;

	*p = (struct ev_partial){ 0 };
	rc = check_sent(&m, a, &p->unknown, e);
	if (rc == EV_OK && p->unknown.p == NULL && (rc = take_named(&m, a, e)) == EV_OK &&
	    (rc = mark_failed(&m, e)) == EV_OK && (rc = hold_earlier(&m, job, which, e)) == EV_OK)
		rc = settle_all(&m, p, e);
	ev_names_fini(&m.sent);
	ev_names_fini(&m.named);
	ev_names_fini(&m.cause);
	ev_names_fini(&m.failed);
	ev_names_fini(&m.held);
	ev_buf_fini(&m.tmp);
	return rc;
}
