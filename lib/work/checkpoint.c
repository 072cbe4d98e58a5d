/* SPDX-License-Identifier: MIT */
#include "work/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"
#include "json/str.h"
#include "json/value.h"

#define FORMAT "evreplay-state"

enum { LIMIT = 1 << 20, SHARDS = 1024 };

static struct ev_slice
member(const struct ev_value *v, const char *name)
{
	return ev_value_str(ev_value_get(v, ev_slice_str(name)));
}

/* *n as it was: there is no such member, or it is no number from 0 on. */
static bool
number(const struct ev_value *v, const char *name, int64_t *n)
{
	int64_t got;

	if (!ev_value_int(ev_value_get(v, ev_slice_str(name)), &got))
		return false;
	*n = got;
	return true;
}

static bool
text(char *out, size_t room, struct ev_slice s)
{
	if (s.p == NULL || s.n >= room || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

static bool
read_pass(const struct ev_value *v, struct ev_position *at)
{
	char set[17], *end;

	if (!number(v, "upto", &at->upto) || at->upto < 1 || !number(v, "timestamp", &at->ms) ||
	    !text(at->id, sizeof(at->id), member(v, "id")) ||
	    !text(set, sizeof(set), member(v, "segments")))
		return false;
	at->set = strtoull(set, &end, 16);
	return *end == '\0';
}

static bool
read_entry(const struct ev_value *v, struct ev_checkpoint_entry *en)
{
	const struct ev_value *pass = ev_value_get(v, EV_LIT("pass"));
	int64_t shard = -1, next = -1;

	*en = (struct ev_checkpoint_entry){ 0 };
	if (!number(v, "shard", &shard) || shard < 0 || shard >= SHARDS ||
	    !number(v, "next", &next) || next < 0 ||
	    !text(en->mark, sizeof(en->mark), member(v, "of")))
		return false;
	en->shard = (uint32_t)shard;
	en->at.at = (uint64_t)next;
	return pass == NULL || read_pass(pass, &en->at);
}

static enum ev_code
no_state(const char *path, struct ev_err *e)
{
	return ev_fail(e, EV_USAGE, "%s is no state file of evreplay", path);
}

static enum ev_code
read_state(struct ev_checkpoint *c, const struct ev_value *root, const struct ev_source *s,
    struct ev_err *e)
{
	const struct ev_value *list = ev_value_get(root, EV_LIT("positions"));
	struct ev_slice scheme = member(root, "source");
	int64_t version = 0;
	size_t n = ev_value_count(list);

	if (!ev_slice_eq(member(root, "format"), EV_LIT(FORMAT)) ||
	    !number(root, "version", &version) || ev_value_kind(list) != EV_ARRAY || n > SHARDS)
		return no_state(c->path, e);
	if (version != 1)
		return ev_fail(e, EV_USAGE, "%s is of version %lld; this program knows 1", c->path,
		    (long long)version);
	if (!ev_slice_eq(scheme, ev_slice_str(s->kind->scheme)))
		return ev_fail(e, EV_USAGE, "%s holds positions of another kind of source, %.*s",
		    c->path, EV_FMT(scheme));
	c->entry = calloc(n + 1, sizeof(*c->entry));
	if (c->entry == NULL)
		return ev_fail_mem(e);
	for (; c->n < n; c->n++)
		if (!read_entry(ev_value_at(list, c->n), &c->entry[c->n]))
			return no_state(c->path, e);
	return EV_OK;
}

static enum ev_code
check_source(struct ev_checkpoint *c, struct ev_source *s, struct ev_err *e)
{
	enum ev_code rc = EV_OK;
	bool same = true;

	for (size_t i = 0; rc == EV_OK && same && i < c->n; i++)
		rc = ev_source_check(s, &c->entry[i].at, c->entry[i].mark, &same, e);
	if (rc != EV_OK || same)
		return rc;
	return ev_fail(e, EV_USAGE,
	    "%s holds positions of another source: %s was made anew, cut or rotated; remove %s to "
	    "begin at its start",
	    c->path, s->address, c->path);
}

static enum ev_code
load(struct ev_checkpoint *c, struct ev_source *s, struct ev_err *e)
{
	struct ev_buf bytes = EV_BUF(LIMIT);
	struct ev_value *root = NULL;
	enum ev_code rc = EV_OK;

	if (faccessat(AT_FDCWD, c->path, F_OK, AT_EACCESS) < 0 && errno == ENOENT)
		return EV_OK;
	rc = ev_file_read(AT_FDCWD, c->path, &bytes, e);
	if (rc == EV_OK && ev_value_parse(ev_buf_view(&bytes), &root, NULL) != EV_OK)
		rc = no_state(c->path, e);
	if (rc == EV_OK)
		rc = read_state(c, root, s, e);
	ev_value_free(root);
	ev_buf_fini(&bytes);
	return rc == EV_OK ? check_source(c, s, e) : rc;
}

static enum ev_code
taken(int fd, const char *path, struct ev_err *e)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
	long owner = n > 0 ? strtol(pid, NULL, 10) : 0;

	if (owner > 0)
		return ev_fail(e, EV_AGAIN,
		    "%s is in use by process %ld or a command that it started", path, owner);
	return ev_fail(e, EV_AGAIN, "%s is in use by another process", path);
}

/* FILE itself is replaced, so that the lock has a file of its own. */
static enum ev_code
lock(struct ev_checkpoint *c, struct ev_err *e)
{
	struct ev_buf name = EV_BUF(1 << 16);
	char pid[24];
	int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	enum ev_code rc;

	if ((rc = ev_buf_addf(&name, e, "%s.lock", c->path)) != EV_OK)
		return rc;
	c->lock = open(ev_buf_str(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (c->lock < 0)
		rc = ev_fail_sys(e, "cannot open %s", ev_buf_str(&name));
	else if (flock(c->lock, LOCK_EX | LOCK_NB) < 0)
		rc = errno == EWOULDBLOCK ? taken(c->lock, c->path, e)
					  : ev_fail_sys(e, "cannot lock %s", ev_buf_str(&name));
	else if (ftruncate(c->lock, 0) < 0 || pwrite(c->lock, pid, (size_t)n, 0) != n)
		rc = ev_fail_sys(e, "cannot write %s", ev_buf_str(&name));
	ev_buf_fini(&name);
	return rc;
}

enum ev_code
ev_checkpoint_open(struct ev_checkpoint *c, const char *path, struct ev_source *s, struct ev_err *e)
{
	enum ev_code rc;

	*c = (struct ev_checkpoint){ .path = path, .lock = -1 };
	if ((rc = lock(c, e)) == EV_OK)
		rc = load(c, s, e);
	if (rc != EV_OK)
		ev_checkpoint_close(c);
	return rc;
}

bool
ev_checkpoint_find(
    const struct ev_checkpoint *c, const struct ev_source_lane *l, struct ev_position *at)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->entry[i].shard == l->shard) {
			*at = c->entry[i].at;
			return true;
		}
	return false;
}

static enum ev_code
write_entry(const struct ev_checkpoint_entry *en, struct ev_buf *out, struct ev_err *e)
{
	const struct ev_position *p = &en->at;
	enum ev_code rc;

	rc = ev_buf_addf(out, e, "{\"shard\":%u,\"next\":%llu,\"of\":\"%s\"", en->shard,
	    (unsigned long long)p->at, en->mark);
	if (rc == EV_OK && p->upto > 0 &&
	    (rc = ev_buf_addf(out, e,
		 ",\"pass\":{\"upto\":%lld,\"segments\":\"%016llx\",\"timestamp\":%lld,\"id\":",
		 (long long)p->upto, (unsigned long long)p->set, (long long)p->ms)) == EV_OK &&
	    (rc = ev_str_encode(ev_slice_str(p->id), out, e)) == EV_OK)
		rc = ev_buf_addc(out, '}', e);
	return rc == EV_OK ? ev_buf_addc(out, '}', e) : rc;
}

static enum ev_code
save(const struct ev_checkpoint *c, const struct ev_source *s, struct ev_err *e)
{
	struct ev_buf out = EV_BUF(LIMIT);
	enum ev_code rc;

	rc = ev_buf_addf(&out, e,
	    "{\"format\":\"" FORMAT "\",\"version\":1,\"source\":\"%s\",\"positions\":[",
	    s->kind->scheme);
	for (size_t i = 0; rc == EV_OK && i < c->n; i++) {
		if (i > 0)
			rc = ev_buf_addc(&out, ',', e);
		if (rc == EV_OK)
			rc = write_entry(&c->entry[i], &out, e);
	}
	if (rc == EV_OK && (rc = ev_buf_addf(&out, e, "]}\n")) == EV_OK)
		rc = ev_file_replace(AT_FDCWD, c->path, ev_buf_view(&out), e);
	ev_buf_fini(&out);
	return rc;
}

/* The lane's entry, a new one at the end. */
static enum ev_code
entry_of(struct ev_checkpoint *c, uint32_t shard, struct ev_checkpoint_entry **en, struct ev_err *e)
{
	struct ev_checkpoint_entry *v;
	size_t i = 0;

	while (i < c->n && c->entry[i].shard != shard)
		i++;
	if (i == c->n) {
		v = realloc(c->entry, (c->n + 1) * sizeof(*v));
		if (v == NULL)
			return ev_fail_mem(e);
		c->entry = v;
		c->entry[c->n++] = (struct ev_checkpoint_entry){ .shard = shard };
	}
	*en = &c->entry[i];
	return EV_OK;
}

enum ev_code
ev_checkpoint_commit(struct ev_checkpoint *c, struct ev_source *s, const struct ev_source_lane *l,
    const struct ev_position *at, struct ev_err *e)
{
	struct ev_checkpoint_entry *en = NULL;
	enum ev_code rc;

	if ((rc = entry_of(c, l->shard, &en, e)) != EV_OK ||
	    (rc = ev_source_mark(s, at, en->mark, e)) != EV_OK)
		return rc;
	en->at = *at;
	return save(c, s, e);
}

void
ev_checkpoint_close(struct ev_checkpoint *c)
{
	if (c->path == NULL)
		return;
	if (c->lock >= 0)
		close(c->lock);
	free(c->entry);
	*c = (struct ev_checkpoint){ .lock = -1 };
}
