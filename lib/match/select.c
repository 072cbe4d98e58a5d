/* SPDX-License-Identifier: MIT */
#include "match/select.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "event/event.h"
#include "json/str.h"
#include "match/match.h"
#include "match/where.h"

#define AT(member) offsetof(struct ev_select_args, member)

const struct ev_opt ev_opt_select[] = {
	{ 't', "type", EV_OPT_LIST, "PATTERN", AT(types), "Selecting events",
	    "keep events of this type: exact, a glob as order-*, or /regex/; several: any of "
	    "them" },
	{ 0, "since", EV_OPT_WHEN, "TIME", AT(since), NULL,
	    "keep events with this timestamp or a later one" },
	{ 0, "until", EV_OPT_WHEN, "TIME", AT(until), NULL,
	    "keep events with an earlier timestamp" },
	{ 0, "key", EV_OPT_LIST, "KEY", AT(keys), NULL,
	    "keep events with this partitionKey; several: any of them" },
	{ 0, "tag", EV_OPT_LIST, "NAME=VALUE", AT(tags), NULL,
	    "keep events with this tag, a string or a number of that text; several: all of them" },
	{ 0, "where", EV_OPT_LIST, "CONDITION", AT(where), NULL,
	    "keep events that meet the condition, as 'order.total >= 100'; several: all of them" },
	{ 0, "where-any", EV_OPT_LIST, "CONDITION", AT(where_any), NULL,
	    "keep events that meet one of the conditions given by this option" },
	{ 'p', "pattern", EV_OPT_STR, "PATTERN", AT(pattern), NULL,
	    "keep events that match this event pattern, as EventBridge has them (see evfilter(1))" },
	{ 'P', "pattern-file", EV_OPT_FILE, "FILE", AT(pattern_file), NULL,
	    "the same, with the pattern in a file" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL },
};

struct tag {
	struct ev_slice value; /* borrowed */
	uint32_t path;
};

struct ev_select_rules {
	uint32_t type, timestamp, key; /* paths, where asked for */
	struct ev_slice *keys;         /* owned; the text borrowed */
	struct tag *tags;              /* owned */
	struct ev_where *where, *any;  /* owned */
	size_t n_keys, n_tags, n_where, n_any;
	struct ev_buf tmp;
	bool patterned;
	struct ev_match match; /* rule 0 is --pattern, rule 1 --pattern-file */
	struct ev_matching matching;
	struct ev_scan scan; /* the line once more, for the patterns' paths */
};

bool
ev_select_plain(const struct ev_select_args *args)
{
	return args->keys.n + args->tags.n + args->where.n + args->where_any.n == 0 &&
	    args->pattern == NULL && args->pattern_file == NULL;
}

bool
ev_select_asked(const struct ev_select_args *args)
{
	return !ev_select_plain(args) || args->types.n > 0 || args->since.set || args->until.set;
}

/* An empty vector for n elements; NULL only when memory ran out. */
static void *
vector(size_t n, size_t size)
{
	return calloc(n + 1, size);
}

static enum ev_code
need(struct ev_paths *set, enum ev_member member, uint32_t *path, struct ev_err *e)
{
	return ev_paths_add(set, ev_slice_str(ev_member_name[member]), path, e);
}

static enum ev_code
add_types(struct ev_select *s, const struct ev_list *types, struct ev_paths *set, struct ev_err *e)
{
	const char *warn;
	enum ev_code rc;
	size_t i;

	for (i = 0; i < types->n; i++) {
		if ((rc = ev_types_add(&s->types, types->v[i], &warn, e)) != EV_OK) {
			ev_err_name(e, "--type");
			return rc;
		}
		if (warn != NULL)
			ev_warn("--type %s: %s", types->v[i], warn);
	}
	return types->n == 0 ? EV_OK : need(set, EV_TYPE, &s->rules->type, e);
}

static enum ev_code
add_times(
    struct ev_select *s, const struct ev_select_args *args, struct ev_paths *set, struct ev_err *e)
{
	s->has_since = args->since.set;
	s->since = args->since.ms;
	s->has_until = args->until.set;
	s->until = args->until.ms;
	return s->has_since || s->has_until ? need(set, EV_TIMESTAMP, &s->rules->timestamp, e)
					    : EV_OK;
}

static enum ev_code
add_keys(
    struct ev_select_rules *r, const struct ev_list *keys, struct ev_paths *set, struct ev_err *e)
{
	r->keys = vector(keys->n, sizeof(*r->keys));
	if (r->keys == NULL)
		return ev_fail_mem(e);
	for (; r->n_keys < keys->n; r->n_keys++)
		r->keys[r->n_keys] = ev_slice_str(keys->v[r->n_keys]);
	return keys->n == 0 ? EV_OK : need(set, EV_KEY, &r->key, e);
}

/* The path of a tag: tags["NAME"]. */
static enum ev_code
tag_path(struct ev_slice name, struct ev_paths *set, uint32_t *path, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(1 << 20);
	enum ev_code rc;

	if (!ev_utf8_ok(name))
		return ev_fail(e, EV_USAGE, "the name of the tag is no UTF-8");
	if ((rc = ev_buf_adds(&text, EV_LIT("tags["), e)) == EV_OK &&
	    (rc = ev_str_encode(name, &text, e)) == EV_OK &&
	    (rc = ev_buf_addc(&text, ']', e)) == EV_OK)
		rc = ev_paths_add(set, ev_buf_view(&text), path, e);
	ev_buf_fini(&text);
	return rc;
}

static enum ev_code
read_tag(struct tag *tag, const char *text, struct ev_paths *set, struct ev_err *e)
{
	const char *eq = strchr(text, '=');

	if (eq == NULL || eq == text)
		return ev_fail(e, EV_USAGE, "found '%s', wanted NAME=VALUE", text);
	tag->value = ev_slice_str(eq + 1);
	return tag_path((struct ev_slice){ text, (size_t)(eq - text) }, set, &tag->path, e);
}

static enum ev_code
add_tags(
    struct ev_select_rules *r, const struct ev_list *tags, struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc;

	r->tags = vector(tags->n, sizeof(*r->tags));
	if (r->tags == NULL)
		return ev_fail_mem(e);
	for (; r->n_tags < tags->n; r->n_tags++)
		if ((rc = read_tag(&r->tags[r->n_tags], tags->v[r->n_tags], set, e)) != EV_OK) {
			ev_err_name(e, "--tag");
			return rc;
		}
	return EV_OK;
}

static enum ev_code
add_where(struct ev_where **v, size_t *n, const struct ev_list *list, const char *option,
    struct ev_paths *set, struct ev_err *e)
{
	enum ev_code rc;

	*v = vector(list->n, sizeof(**v));
	if (*v == NULL)
		return ev_fail_mem(e);
	for (; *n < list->n; ++*n)
		if ((rc = ev_where_init(&(*v)[*n], ev_slice_str(list->v[*n]), set, e)) != EV_OK) {
			ev_err_name(e, option);
			return rc;
		}
	return EV_OK;
}

static enum ev_code
add_pattern_file(struct ev_select_rules *r, const char *path, uint32_t rule, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(EV_PATTERN);
	enum ev_code rc = ev_file_read(AT_FDCWD, path, &text, e);

	if (rc == EV_OK) {
		rc = ev_match_add(&r->match, ev_buf_view(&text), rule, e);
		ev_err_name(e, path);
	} else { /* a file that cannot be read is wrong configuration */
		rc = EV_USAGE;
		if (e != NULL)
			e->code = rc;
	}
	ev_buf_fini(&text);
	return rc;
}

static enum ev_code
add_patterns(struct ev_select_rules *r, const struct ev_select_args *args, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	uint32_t rules = 0;

	if (args->pattern != NULL &&
	    (rc = ev_match_add(&r->match, ev_slice_str(args->pattern), rules++, e)) != EV_OK)
		ev_err_name(e, "--pattern");
	if (rc == EV_OK && args->pattern_file != NULL)
		rc = add_pattern_file(r, args->pattern_file, rules++, e);
	if (rc != EV_OK || rules == 0)
		return rc;
	r->patterned = true;
	if ((rc = ev_match_build(&r->match, e)) != EV_OK ||
	    (rc = ev_matching_init(&r->matching, &r->match, e)) != EV_OK)
		return rc;
	return ev_scan_init(&r->scan, &r->match.paths, args->events.trust, NULL, e);
}

/* *yes: whether all patterns match. */
static enum ev_code
match_patterns(struct ev_select_rules *r, const struct ev_scan *scan, bool *yes, struct ev_err *e)
{
	enum ev_code rc;

	*yes = true;
	if (!r->patterned)
		return EV_OK;
	if ((rc = ev_scan_again(&r->scan, scan, e)) == EV_OK &&
	    (rc = ev_matching_run(&r->matching, &r->scan, e)) == EV_OK)
		*yes = r->matching.rules == r->match.rules;
	return rc;
}

enum ev_code
ev_select_init(
    struct ev_select *s, const struct ev_select_args *args, struct ev_paths *set, struct ev_err *e)
{
	struct ev_select_rules *r = calloc(1, sizeof(*r));
	enum ev_code rc;

	*s = (struct ev_select){ .rules = r };
	if (r == NULL)
		return ev_fail_mem(e);
	if ((rc = add_types(s, &args->types, set, e)) != EV_OK ||
	    (rc = add_times(s, args, set, e)) != EV_OK ||
	    (rc = add_keys(r, &args->keys, set, e)) != EV_OK ||
	    (rc = add_tags(r, &args->tags, set, e)) != EV_OK ||
	    (rc = add_where(&r->where, &r->n_where, &args->where, "--where", set, e)) != EV_OK ||
	    (rc = add_where(&r->any, &r->n_any, &args->where_any, "--where-any", set, e)) !=
		EV_OK ||
	    (rc = add_patterns(r, args, e)) != EV_OK)
		ev_select_fini(s);
	return rc;
}

static bool
in_time(const struct ev_select *s, const struct ev_val *v)
{
	int64_t ms;

	return v->kind == EV_NUMBER && ev_num_int(v->raw, &ms) &&
	    (!s->has_since || ms >= s->since) && (!s->has_until || ms < s->until);
}

static bool
has_key(const struct ev_select_rules *r, const struct ev_val *v)
{
	size_t i;

	for (i = 0; v->kind == EV_STRING && i < r->n_keys; i++)
		if (ev_str_eq(v->raw, r->keys[i]))
			return true;
	return false;
}

static bool
has_tags(const struct ev_select_rules *r, const struct ev_scan *scan)
{
	bool yes = true;
	size_t i;

	for (i = 0; i < r->n_tags && yes; i++) {
		const struct ev_val *v = &scan->val[r->tags[i].path];

		yes = (v->kind == EV_STRING && ev_str_eq(v->raw, r->tags[i].value)) ||
		    (v->kind == EV_NUMBER && ev_slice_eq(v->raw, r->tags[i].value));
	}
	return yes;
}

/* *yes: whether all of w hold, or with want set, whether one does. */
static enum ev_code
conditions(const struct ev_where *w, size_t n, bool want, const struct ev_scan *scan,
    struct ev_buf *tmp, bool *yes, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	size_t i;

	*yes = n == 0 || !want;
	for (i = 0; i < n && rc == EV_OK; i++) {
		rc = ev_where_match(&w[i], scan, tmp, yes, e);
		if (*yes == want)
			break;
	}
	return rc;
}

enum ev_code
ev_select_match(struct ev_select *s, const struct ev_scan *scan, bool *yes, struct ev_err *e)
{
	struct ev_select_rules *r = s->rules;
	enum ev_code rc;

	*yes = true;
	if (s->types.n > 0 &&
	    ((rc = ev_types_match(&s->types, &scan->val[r->type], yes, e)) != EV_OK || !*yes))
		return rc;
	*yes = (!(s->has_since || s->has_until) || in_time(s, &scan->val[r->timestamp])) &&
	    (r->n_keys == 0 || has_key(r, &scan->val[r->key])) && has_tags(r, scan);
	if (!*yes)
		return EV_OK;
	if ((rc = conditions(r->where, r->n_where, false, scan, &r->tmp, yes, e)) != EV_OK || !*yes)
		return rc;
	if ((rc = conditions(r->any, r->n_any, true, scan, &r->tmp, yes, e)) != EV_OK || !*yes)
		return rc;
	return match_patterns(r, scan, yes, e);
}

static void
free_where(struct ev_where *v, size_t n)
{
	while (n > 0)
		ev_where_fini(&v[--n]);
	free(v);
}

void
ev_select_fini(struct ev_select *s)
{
	struct ev_select_rules *r = s->rules;

	ev_types_fini(&s->types);
	if (r != NULL) {
		free(r->keys);
		free(r->tags);
		free_where(r->where, r->n_where);
		free_where(r->any, r->n_any);
		ev_buf_fini(&r->tmp);
		ev_scan_fini(&r->scan);
		ev_matching_fini(&r->matching);
		ev_match_fini(&r->match);
		free(r);
	}
	*s = (struct ev_select){ 0 };
}
