/* SPDX-License-Identifier: MIT */
/*
 * Lines that an address did not take: those that failed for a time are sent again, the poisonous
 * ones are found by halves, and what cannot go there is set aside.
 */
#include <sys/random.h>

#include "base/sig.h"
#include "base/time.h"
#include "evroute.h"

enum {
	BACK_OFF = 100,           /* ms, the first; doubles */
	BACK_OFF_MAX = EV_MINUTE, /* of one */
	IN_A_ROW = 100 /* events that make an address fail, with none between that does not */
};

/* Sends what is left of items from..to again, and makes it durable. */
static enum ev_code
resend(struct evroute_dest *d, size_t from, size_t to, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	for (i = from; i < to && rc == EV_OK; i++) {
		if (d->item[i].done)
			continue;
		rc = evroute_offer(d, &d->item[i], evroute_kept(d, &d->item[i]), NULL, e);
		if (rc == EV_DATA && d->open)
			rc = evroute_divert_item(d, &d->item[i], e);
	}
	if (rc == EV_OK)
		rc = evroute_make_durable(d, e);
	for (i = from; i < to && rc == EV_OK; i++) {
		if (!d->item[i].done)
			d->refused = 0;
		d->item[i].done = true;
	}
	return rc;
}

static size_t
left(const struct evroute_dest *d, size_t from, size_t to)
{
	size_t i, n = 0;

	for (i = from; i < to; i++)
		n += !d->item[i].done;
	return n;
}

/* Whether a line of who's may be tried once more, after `tries` of it within ms. */
static bool
may_retry(const struct evroute_sender *who, uint32_t tries, int64_t ms)
{
	const struct ev_rule_to *to = who->to;

	return tries < (to != NULL ? to->attempts : EV_RETRY_ATTEMPTS) &&
	    ms < (to != NULL ? to->age : EV_RETRY_AGE);
}

/* Whether the runner round us is who tries again: there is one owner of retries. */
static bool
leaves_retries(const struct evroute_dest *d, const struct evroute_sender *who)
{
	const struct ev_rule_to *to = who->to;

	return d->f->batch != NULL &&
	    (to == NULL || (to->attempts == EV_RETRY_ATTEMPTS && to->age == EV_RETRY_AGE));
}

/*
 * Diverts what may not be tried any more, for the reason in e. EV_OK: the rest may; e still holds
 * it.
 */
static enum ev_code
give_up(struct evroute_dest *d, size_t from, size_t to, uint32_t tries, uint64_t since,
    struct ev_err *e)
{
	const int64_t ms = (int64_t)((ev_mono() - since) / 1000000);
	const struct ev_err why = *e;
	enum ev_code rc;
	size_t i;

	for (i = from; i < to; i++) {
		struct evroute_item *it = &d->item[i];

		if (it->done)
			continue;
		if (leaves_retries(d, it->who))
			return EV_AGAIN;
		if (may_retry(it->who, tries, ms))
			continue;
		*e = why;
		if ((rc = evroute_divert_item(d, it, e)) != EV_OK)
			return rc;
	}
	*e = why;
	return EV_OK;
}

/* Exponential back-off with full jitter. False: a signal asked to stop. */
static bool
back_off(uint32_t tries)
{
	uint64_t most = tries < 10 ? (uint64_t)BACK_OFF << tries : (uint64_t)BACK_OFF_MAX;
	uint64_t random = 0, until;

	most = most > BACK_OFF_MAX ? BACK_OFF_MAX : most;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = most; /* without luck it waits for the longest time */
	until = ev_mono() + random % (most + 1) * 1000000;
	while (ev_sig_stop() == 0 && ev_mono() < until)
		if (ev_sig_wait(-1, (int)((until - ev_mono()) / 1000000) + 1, NULL) != EV_NO)
			break;
	return ev_sig_stop() == 0;
}

/* Sends again what failed for a time, as long as the rules allow it. */
static enum ev_code
retry(struct evroute_dest *d, size_t from, size_t to, struct ev_err *e)
{
	const uint64_t since = ev_mono();
	enum ev_code rc = EV_AGAIN;
	uint32_t tries;

	for (tries = 0; rc == EV_AGAIN && !d->f->ended; tries++) {
		if ((rc = give_up(d, from, to, tries, since, e)) != EV_OK)
			return rc;
		if (left(d, from, to) == 0) {
			*e = (struct ev_err){ 0 };
			return EV_OK;
		}
		if (tries == 0)
			ev_note(&d->f->conf->events.common, "%s: %s; trying again", d->address,
			    e->text);
		if (!back_off(tries))
			return EV_AGAIN;
		*e = (struct ev_err){ 0 };
		d->retries++;
		rc = resend(d, from, to, e);
	}
	return rc;
}

/* Sets the one poisonous item aside. An address that takes none any more is broken itself. */
static enum ev_code
set_aside(struct evroute_dest *d, struct evroute_item *it, struct ev_err *e)
{
	const struct ev_err why = *e;

	if (++d->refused <= IN_A_ROW)
		return evroute_divert_item(d, it, e);
	d->f->ended = true;
	*e = (struct ev_err){ .name = d->address };
	return ev_fail(
	    e, EV_DATA, "it refused %d events in a row, the last one: %s", IN_A_ROW, why.text);
}

/*
 * What follows from rc, how sending items from..to has ended, e being its reason: what failed for a
 * time is sent again, what is poison is found by halves and set aside.
 */
static enum ev_code
settle(struct evroute_dest *d, size_t from, size_t to, enum ev_code rc, struct ev_err *e)
{
	size_t middle = from, half;

	if (rc == EV_AGAIN)
		rc = retry(d, from, to, e);
	if (rc != EV_DATA || d->f->ended)
		return rc;
	half = left(d, from, to) / 2;
	if (half == 0) {
		while (middle < to && d->item[middle].done)
			middle++;
		return middle < to ? set_aside(d, &d->item[middle], e) : rc;
	}
	for (; half > 0; middle++)
		half -= !d->item[middle].done;
	*e = (struct ev_err){ 0 };
	rc = settle(d, from, middle, resend(d, from, middle, e), e);
	return rc == EV_OK ? settle(d, middle, to, resend(d, middle, to, e), e) : rc;
}

/* The same for all items of d, which are forgotten when all is well. */
enum ev_code
evroute_settle(struct evroute_dest *d, enum ev_code rc, struct ev_err *e)
{
	if (rc != EV_OK && !d->firm) {
		d->busy = true;
		rc = settle(d, 0, d->items, rc, e);
		d->busy = false;
	}
	if (rc == EV_OK)
		evroute_forget(d);
	return rc;
}
