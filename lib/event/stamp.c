/* SPDX-License-Identifier: MIT */
#include "event/stamp.h"

#include "json/str.h"

/* path without the entity's name in front of it, where that stands there. *whole: nothing is left.
 */
static struct ev_slice
below_entity(const char *entity, struct ev_slice path, bool *whole)
{
	struct ev_slice name = ev_slice_str(entity != NULL ? entity : "");
	char next = name.n < path.n ? path.p[name.n] : '\0';

	*whole = false;
	if (name.n == 0 || !ev_slice_begins(path, name))
		return path;
	*whole = path.n == name.n;
	if (next == '.')
		return (struct ev_slice){ path.p + name.n + 1, path.n - name.n - 1 };
	if (next == '[')
		return (struct ev_slice){ path.p + name.n, path.n - name.n };
	return path;
}

static enum ev_code
add_pick(struct ev_stamp *s, struct ev_pick *pick, struct ev_slice path, struct ev_paths *set,
    struct ev_err *e)
{
	enum ev_code rc;
	uint32_t i;

	pick->text = path;
	path = below_entity(s->args.entity, path, &pick->whole);
	if (pick->whole)
		return EV_OK;
	if ((rc = ev_paths_add(set, path, &pick->path, e)) != EV_OK)
		return rc;
	for (i = 0; i < set->n; i++)
		if (set->node[i].path == pick->path + 1 && set->node[i].many)
			return ev_fail(e, EV_USAGE,
			    "'%.*s' may be many values; a path without [*] was wanted",
			    EV_FMT(path));
	return EV_OK;
}

static enum ev_code
add_path(struct ev_stamp *s, struct ev_pick *pick, const char *path, struct ev_paths *set,
    struct ev_err *e)
{
	return path != NULL ? add_pick(s, pick, ev_slice_str(path), set, e) : EV_OK;
}

/* The length of the first path of a list: a comma in a quoted name does not end it. */
static size_t
path_length(const char *list)
{
	bool quoted = false;
	size_t n;

	for (n = 0; list[n] != '\0' && (quoted || list[n] != ','); n++) {
		if (quoted && list[n] == '\\' && list[n + 1] != '\0')
			n++;
		else if (list[n] == '"')
			quoted = !quoted;
	}
	return n;
}

static enum ev_code
add_ids(struct ev_stamp *s, struct ev_paths *set, struct ev_err *e)
{
	const char *list = s->args.id_from;
	enum ev_code rc = EV_OK;
	size_t n;

	while (list != NULL && rc == EV_OK) {
		if (s->ids == EV_STAMP_IDS)
			return ev_fail(e, EV_USAGE, "more than %d paths for an id", EV_STAMP_IDS);
		n = path_length(list);
		rc = add_pick(s, &s->id[s->ids++], (struct ev_slice){ list, n }, set, e);
		list = list[n] == ',' ? list + n + 1 : NULL;
	}
	return rc;
}

/* Text from the command line as JSON. */
static enum ev_code
encode(const char *what, const char *text, struct ev_buf *out, struct ev_err *e)
{
	if (!ev_utf8_ok(ev_slice_str(text)))
		return ev_fail(e, EV_USAGE, "%s is no UTF-8", what);
	return ev_str_encode(ev_slice_str(text), out, e);
}

static enum ev_code
add_type(struct ev_stamp *s, struct ev_err *e)
{
	const char *type = s->args.type;

	if (type == NULL)
		return EV_OK;
	if (*type == '\0' || strcmp(type, "fault") == 0)
		return ev_fail(e, EV_USAGE,
		    *type == '\0' ? "an empty type" : "the type 'fault' is reserved for faults");
	return encode("the type", type, &s->type_text, e);
}

static enum ev_code
add_entity(struct ev_stamp *s, struct ev_err *e)
{
	const char *name = s->args.entity;
	size_t i;

	if (name == NULL)
		return EV_OK;
	for (i = 0; i < EV_MEMBERS; i++)
		if (i != EV_RAW && strcmp(name, ev_member_name[i]) == 0)
			return ev_fail(e, EV_USAGE,
			    "'%s' is a member of the envelope; another name for the payload "
			    "was wanted",
			    name);
	if (*name == '\0')
		return ev_fail(e, EV_USAGE, "an empty name for the payload");
	return encode("the payload's name", name, &s->entity, e);
}

/* The path of an event's own tag: tags["name"]; its name is the JSON at quoted. */
static enum ev_code
add_tag_path(
    struct ev_stamp_tag *tag, struct ev_slice quoted, struct ev_paths *set, struct ev_err *e)
{
	struct ev_buf path = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc = ev_buf_addf(&path, e, "tags[%.*s]", EV_FMT(quoted));

	if (rc == EV_OK)
		rc = ev_paths_add(set, ev_buf_view(&path), &tag->path, e);
	ev_buf_fini(&path);
	return rc;
}

/* Appends "k":"v" and a comma to tags, which does not move: it was reserved. */
static enum ev_code
add_tag(struct ev_stamp *s, const char *k, const char *v, struct ev_paths *set, struct ev_err *e)
{
	struct ev_stamp_tag *tag = &s->tag[s->ntags];
	size_t from = s->tags.n, colon;
	enum ev_code rc;

	if (s->ntags == EV_STAMP_TAGS)
		return ev_fail(e, EV_USAGE, "more than %d tags", EV_STAMP_TAGS);
	if (*k == '\0')
		return ev_fail(e, EV_USAGE, "a tag without a name; NAME=VALUE was wanted");
	if ((rc = encode("a tag", k, &s->tags, e)) != EV_OK)
		return rc;
	colon = s->tags.n;
	if ((rc = ev_buf_addc(&s->tags, ':', e)) != EV_OK ||
	    (rc = encode("a tag", v, &s->tags, e)) != EV_OK)
		return rc;
	s->ntags++;
	tag->text = (struct ev_slice){ s->tags.p + from, s->tags.n - from };
	/* only payloads have no tags of their own */
	return s->args.entity != NULL
	    ? EV_OK
	    : add_tag_path(tag, (struct ev_slice){ s->tags.p + from, colon - from }, set, e);
}

static enum ev_code
add_tags(struct ev_stamp *s, struct ev_paths *set, struct ev_err *e)
{
	const char *const *t;
	enum ev_code rc;
	size_t room = 0;

	if (s->args.tags == NULL)
		return EV_OK;
	for (t = s->args.tags; *t != NULL; t++)
		room += 6 * strlen(*t) + 4; /* every byte might become \u00xx */
	rc = ev_buf_reserve(&s->tags, room, e);
	for (t = s->args.tags; *t != NULL && rc == EV_OK; t += 2)
		rc = add_tag(s, t[0], t[1], set, e);
	return rc;
}

enum ev_code
ev_stamp_init(
    struct ev_stamp *s, const struct ev_stamp_args *args, struct ev_paths *set, struct ev_err *e)
{
	const struct ev_buf none = EV_BUF(SIZE_MAX / 2);
	enum ev_code rc;

	*s = (struct ev_stamp){ .args = *args };
	s->tags = s->entity = s->type_text = s->out = s->payload = s->tmp = s->key_text = none;
	if ((rc = add_type(s, e)) != EV_OK || (rc = add_entity(s, e)) != EV_OK ||
	    (rc = add_path(s, &s->type, args->type_from, set, e)) != EV_OK ||
	    (rc = add_path(s, &s->key, args->key_from, set, e)) != EV_OK ||
	    (rc = add_path(s, &s->time, args->time_from, set, e)) != EV_OK ||
	    (rc = add_ids(s, set, e)) != EV_OK || (rc = add_tags(s, set, e)) != EV_OK ||
	    (s->ids > 0 && (rc = ev_digest_init(&s->sha1, "SHA1", e)) != EV_OK))
		ev_stamp_fini(s);
	return rc;
}

void
ev_stamp_fini(struct ev_stamp *s)
{
	ev_buf_fini(&s->tags);
	ev_buf_fini(&s->entity);
	ev_buf_fini(&s->type_text);
	ev_buf_fini(&s->out);
	ev_buf_fini(&s->payload);
	ev_buf_fini(&s->tmp);
	ev_buf_fini(&s->key_text);
	ev_digest_fini(&s->sha1);
}
