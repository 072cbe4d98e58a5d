/* SPDX-License-Identifier: MIT */
/* Which options go together, and what they are when they are not given. */
#include "evreplay.h"

#include <stdlib.h>

enum {
	COMMAND_EVENTS = 100, /* of a batch */
	PRINT_EVENTS = 10000, /* between two commits without a COMMAND */
	RETRIES = 10,
	QUEUE_EVENTS = 10,
	RECEIVES = 10,
	VISIBILITY = 30000, /* ms */
	FAULTS_IN_A_ROW = 100,
	MOST_LEASED = 10000,
	MOST_INFLIGHT = 1024,
	MOST_JOBS = 1024
};

static const char *
name_if(bool given, const char *name)
{
	return given ? name : NULL;
}

/* The first of the options for a COMMAND that was given; NULL: none. */
static const char *
for_command(const struct conf *c)
{
	const char *const given[] = {
		name_if(c->batch_bytes != EVREPLAY_UNSET, "--batch-bytes"),
		name_if(c->window >= 0, "--window"),
		name_if(c->retries != EVREPLAY_UNSET, "--retries"),
		name_if(c->max_age >= 0, "--max-age"),
		name_if(c->give_up != NULL, "--give-up"),
		name_if(c->max_faults != EVREPLAY_UNSET, "--max-faults"),
		name_if(c->timeout >= 0, "--timeout"),
		name_if(c->worker, "--worker"),
		name_if(c->inflight != EVREPLAY_UNSET, "--inflight"),
		name_if(c->jobs != EVREPLAY_UNSET, "--jobs"),
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		if (given[i] != NULL)
			return given[i];
	return NULL;
}

static enum ev_code
no_sense(struct ev_err *e, const char *option, const char *why)
{
	return ev_fail(e, EV_USAGE, "%s: %s", option, why);
}

/* One wrong pair of options. */
struct pair {
	bool wrong;
	const char *option, *why;
};

static enum ev_code
check_pairs(const struct pair *p, size_t n, struct ev_err *e)
{
	for (size_t i = 0; i < n; i++)
		if (p[i].wrong)
			return no_sense(e, p[i].option, p[i].why);
	return EV_OK;
}

static bool
is_time(const struct conf *c)
{
	return c->order != NULL && strcmp(c->order, "time") == 0;
}

static enum ev_code
check_command(const struct conf *c, struct ev_err *e)
{
	bool positions = c->group != NULL || c->state != NULL;
	const char *option = for_command(c);
	const struct pair with[] = {
		{ c->words != NULL && c->words[0] == NULL, "--", "a COMMAND was wanted behind it" },
		{ c->dry_run, "--dry-run", "a COMMAND would not be run" },
		{ c->commit != NULL, "--commit", "a COMMAND says itself what is done" },
		{ c->unsynced, "--unsynced", "a COMMAND gets only what is durable" },
		{ !c->worker && c->inflight != EVREPLAY_UNSET, "--inflight", "only with --worker" },
	};
	const struct pair without[] = {
		{ option != NULL, option, "a COMMAND was wanted behind '--'" },
		{ c->batch != EVREPLAY_UNSET && !positions, "--batch",
		    "a COMMAND behind '--', --group or --state was wanted" },
		{ c->commit != NULL && !positions, "--commit", "only with --group or --state" },
	};

	if (c->words != NULL)
		return check_pairs(with, sizeof(with) / sizeof(*with), e);
	return check_pairs(without, sizeof(without) / sizeof(*without), e);
}

static enum ev_code
check_positions(const struct conf *c, bool lake, struct ev_err *e)
{
	const struct pair pairs[] = {
		{ c->group != NULL && c->state != NULL, "--group",
		    "a position has one place, not --state too" },
		{ c->dry_run, "--dry-run", "nothing is sent, so that no position can move" },
		{ c->unsynced, "--unsynced",
		    "a position never moves over what could still vanish" },
		{ !lake && is_time(c), "--order time",
		    "has no positions: all is read before the first event goes" },
		{ lake && c->order != NULL && !is_time(c), "--order arrival",
		    "a position in a lake is a time" },
	};

	if (c->group == NULL && c->state == NULL)
		return EV_OK;
	return check_pairs(pairs, sizeof(pairs) / sizeof(*pairs), e);
}

static enum ev_code
check_source(const struct conf *c, const char *scheme, struct ev_err *e)
{
	bool stream = strcmp(scheme, "stream") == 0, lake = strcmp(scheme, "lake") == 0;
	bool number = c->offset != NULL && c->offset[0] >= '0' && c->offset[0] <= '9';
	const struct pair pairs[] = {
		{ !stream && c->group != NULL, "--group",
		    "only a stream has groups; use --state FILE" },
		{ !stream && c->shard != EVREPLAY_UNSET, "--shard", "only a stream has shards" },
		{ !stream && c->jobs != EVREPLAY_UNSET, "--jobs",
		    "only a stream has shards to divide" },
		{ !stream && c->unsynced, "--unsynced",
		    "only a stream has events that could still vanish" },
		{ lake && number, "--offset", "a lake has no offsets; wanted earliest or latest" },
		{ !lake && c->follow && is_time(c), "--follow",
		    "what has no end cannot be put in order of time" },
		{ c->follow && c->dry_run, "--dry-run", "would never end with --follow" },
	};
	enum ev_code rc = check_pairs(pairs, sizeof(pairs) / sizeof(*pairs), e);

	return rc == EV_OK ? check_positions(c, lake, e) : rc;
}

static enum ev_code
check_jobs(const struct conf *c, struct ev_err *e)
{
	const struct pair pairs[] = {
		{ c->jobs == 0 || c->jobs > MOST_JOBS, "--jobs", "wanted 1 to 1024" },
		{ c->state != NULL, "--jobs", "a state file has one owner; use --group" },
		{ c->shard != EVREPLAY_UNSET, "--jobs", "--shard leaves nothing to divide" },
		{ c->limit != UINT64_MAX, "--jobs", "--limit counts in one process" },
		{ c->rate != NULL, "--jobs", "--rate counts in one process" },
		{ is_time(c), "--jobs", "--order time wants one process" },
	};

	if (c->jobs == EVREPLAY_UNSET)
		return EV_OK;
	return check_pairs(pairs, sizeof(pairs) / sizeof(*pairs), e);
}

static enum ev_code
check_queue(const struct conf *c, struct ev_err *e)
{
	const char *paced = c->rate != NULL ? "--rate" : "--speed";
	const struct pair with[] = {
		{ c->group == NULL || c->words == NULL, "--queue",
		    "--group and a COMMAND behind '--' were wanted" },
		{ c->retries != EVREPLAY_UNSET, "--retries",
		    "a queue gives events back; see --max-receives" },
		{ c->max_age >= 0, "--max-age", "a queue gives events back; see --max-receives" },
		{ c->give_up != NULL, "--give-up",
		    "a queue gives events back; see --max-receives" },
		{ c->window >= 0, "--window", "a queue leases what is there" },
		{ c->inflight != EVREPLAY_UNSET, "--inflight", "not with --queue" },
		{ c->worker, "--worker", "not with --queue, which gives back whole batches" },
		{ c->rate != NULL || c->speed != NULL, paced, "not with --queue" },
		{ c->order != NULL, "--order", "not with --queue; see --ordered" },
		{ c->visibility == 0, "--visibility", "wanted more than 0" },
	};
	const struct pair without[] = {
		{ c->visibility >= 0, "--visibility", "only with --queue" },
		{ c->max_receives != EVREPLAY_UNSET, "--max-receives", "only with --queue" },
		{ c->ordered, "--ordered", "only with --queue" },
	};

	if (c->queue)
		return check_pairs(with, sizeof(with) / sizeof(*with), e);
	return check_pairs(without, sizeof(without) / sizeof(*without), e);
}

static enum ev_code
check_numbers(const struct conf *c, struct ev_err *e)
{
	size_t digits = c->offset != NULL ? strspn(c->offset, "0123456789") : 0;
	const struct pair pairs[] = {
		{ c->batch == 0, "--batch", "wanted at least 1" },
		{ c->batch_bytes == 0, "--batch-bytes", "wanted at least 1" },
		{ c->inflight == 0 ||
			(c->inflight > MOST_INFLIGHT && c->inflight != EVREPLAY_UNSET),
		    "--inflight", "wanted 1 to 1024" },
		{ c->max_faults == 0, "--max-faults", "wanted at least 1" },
		{ c->shard > UINT32_MAX && c->shard != EVREPLAY_UNSET, "--shard",
		    "there are at most 1024" },
	};

	if (c->offset != NULL && strcmp(c->offset, "earliest") != 0 &&
	    strcmp(c->offset, "latest") != 0 &&
	    (digits == 0 || digits > 18 || c->offset[digits] != '\0'))
		return ev_fail(e, EV_USAGE,
		    "--offset: found '%s', wanted a number, earliest or latest", c->offset);
	return check_pairs(pairs, sizeof(pairs) / sizeof(*pairs), e);
}

static uint64_t
number_or(uint64_t given, uint64_t otherwise)
{
	return given != EVREPLAY_UNSET ? given : otherwise;
}

/* A COMMAND that takes longer than a lease would work beside another one on the same events. */
static void
set_queue(struct conf *c)
{
	c->batch = number_or(c->batch, QUEUE_EVENTS);
	c->batch = c->batch < MOST_LEASED ? c->batch : MOST_LEASED;
	c->retries = 0;
	c->max_receives =
	    number_or(c->max_receives, c->select.events.faults != NULL ? RECEIVES : 0);
	c->visibility = c->visibility > 0 ? c->visibility : VISIBILITY;
	c->timeout = c->timeout > 0 ? c->timeout : c->visibility;
}

/* One owner of retries: a runner inside of another one leaves them to it. */
static void
set_defaults(struct conf *c)
{
	bool positions = c->group != NULL || c->state != NULL;
	bool nested = getenv("EVHUB_BATCH") != NULL;

	if (c->queue)
		set_queue(c);
	if (c->words != NULL)
		c->batch = number_or(c->batch, COMMAND_EVENTS);
	else if (positions)
		c->batch = number_or(c->batch, PRINT_EVENTS);
	c->batch_bytes = number_or(c->batch_bytes, c->words != NULL ? EV_MAX_LINE : UINT64_MAX);
	c->retries = number_or(c->retries, nested ? 0 : RETRIES);
	c->max_faults = number_or(c->max_faults, FAULTS_IN_A_ROW);
	c->inflight = number_or(c->inflight, 1);
	c->max_age = c->max_age > 0 ? c->max_age : 0;
	c->timeout = c->timeout > 0 ? c->timeout : 0;
	c->give_up = c->give_up != NULL ? c->give_up : "stop";
}

enum ev_code
evreplay_check(struct conf *c, const char *address, struct ev_err *e)
{
	struct ev_address a;
	enum ev_code rc;

	if ((rc = ev_address_parse(&a, address, e)) != EV_OK)
		return rc;
	if ((rc = check_numbers(c, e)) == EV_OK &&
	    (rc = check_source(c, a.scheme->name, e)) == EV_OK &&
	    (rc = check_queue(c, e)) == EV_OK && (rc = check_command(c, e)) == EV_OK)
		rc = check_jobs(c, e);
	ev_address_fini(&a);
	if (rc == EV_OK)
		set_defaults(c);
	return rc;
}
