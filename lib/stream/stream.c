/* SPDX-License-Identifier: MIT */
#include "stream/stream.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "stream/conf.h"
#include "stream/segment.h"

/* EV_NO: there is none. */
static enum ev_code
read_conf(struct ev_stream *s, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(EV_STREAM_JSON);
	struct ev_err why = { 0 };
	enum ev_code rc = ev_file_read(s->dir, "stream.json", &text, &why);

	if (rc != EV_OK)
		rc = why.sys == ENOENT ? EV_NO : ev_fail(e, rc, "%s", why.text);
	else
		rc = ev_stream_conf_parse(&s->conf, ev_buf_view(&text), e);
	ev_buf_fini(&text);
	return rc;
}

/* A folder becomes a stream when it is empty, or holds what somebody left who was making one. */
static enum ev_code
check_empty(struct ev_stream *s, struct ev_err *e)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;
	enum ev_code rc = EV_OK;

	if (dir == NULL) {
		rc = ev_fail_sys(e, "cannot read %s", s->path);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == EV_OK && (de = readdir(dir)) != NULL) {
		const char *n = de->d_name;
		bool ours = n[0] == '.' || strncmp(n, "stream.json.", 12) == 0 ||
		    (n[0] == 'p' && strlen(n) == 5 && strspn(n + 1, "0123456789") == 4);

		if (!ours)
			rc = ev_fail(e, EV_USAGE, "%s is no stream and not empty: it holds '%s'",
			    s->path, n);
	}
	closedir(dir);
	return rc;
}

static enum ev_code
make_shards(struct ev_stream *s, struct ev_err *e)
{
	char folder[EV_SEG_PATH];

	for (uint32_t i = 0; i < s->conf.shards; i++) {
		ev_seg_folder(folder, i, NULL);
		if (mkdirat(s->dir, folder, 0777) < 0 && errno != EEXIST)
			return ev_fail_sys(e, "cannot make %s/%s", s->path, folder);
	}
	return ev_dir_sync(s->dir, ".", e);
}

/* stream.json comes last, so that what has one is whole. */
static enum ev_code
make_parts(struct ev_stream *s, const char *options, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(EV_STREAM_JSON);
	char id[EV_ULID];
	enum ev_code rc;

	ev_stream_conf_init(&s->conf);
	if ((rc = check_empty(s, e)) != EV_OK ||
	    (rc = ev_stream_conf_options(&s->conf, options, e)) != EV_OK ||
	    (rc = ev_ulid(id, ev_now(), e)) != EV_OK || (rc = make_shards(s, e)) != EV_OK)
		return rc;
	for (size_t i = 0; i < sizeof(id); i++)
		s->conf.id[i] = (char)toupper((unsigned char)id[i]);
	rc = ev_stream_conf_print(&s->conf, &text, e);
	if (rc == EV_OK)
		rc = ev_file_replace(s->dir, "stream.json", ev_buf_view(&text), e);
	ev_buf_fini(&text);
	return rc;
}

/* The lock on the folder makes two that come at once agree on one. */
static enum ev_code
make_stream(struct ev_stream *s, const char *options, struct ev_err *e)
{
	enum ev_code rc;

	while (flock(s->dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return ev_fail_sys(e, "cannot lock %s", s->path);
	rc = read_conf(s, e);
	if (rc == EV_NO)
		rc = make_parts(s, options, e);
	(void)flock(s->dir, LOCK_UN); /* of a lock that is held: it cannot fail */
	return rc;
}

static enum ev_code
open_folder(struct ev_stream *s, bool make, struct ev_err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	enum ev_code rc;

	s->dir = open(s->path, flags);
	if (s->dir < 0 && errno == ENOENT && make) {
		if ((rc = ev_dir_make(AT_FDCWD, s->path, e)) != EV_OK)
			return rc;
		s->dir = open(s->path, flags);
	}
	if (s->dir >= 0)
		return EV_OK;
	if (errno == ENOENT || errno == ENOTDIR)
		return ev_fail(e, EV_USAGE, "%s is no stream: there is no such folder", s->path);
	return ev_fail_sys(e, "cannot open %s", s->path);
}

enum ev_code
ev_stream_open(
    struct ev_stream *s, const char *path, const char *options, bool make, struct ev_err *e)
{
	enum ev_code rc;

	*s = (struct ev_stream){ .dir = -1, .path = path };
	if ((rc = ev_stream_check(options, e)) != EV_OK || (rc = open_folder(s, make, e)) != EV_OK)
		return rc;
	rc = read_conf(s, e);
	if (rc == EV_NO)
		rc = make ? make_stream(s, options, e)
			  : ev_fail(e, EV_USAGE, "%s is no stream: it holds no stream.json", path);
	if (rc == EV_OK)
		rc = ev_stream_conf_agrees(&s->conf, options, e);
	if (rc != EV_OK)
		ev_stream_close(s);
	return rc;
}

enum ev_code
ev_stream_check(const char *options, struct ev_err *e)
{
	struct ev_stream_conf c;

	ev_stream_conf_init(&c);
	return ev_stream_conf_options(&c, options, e);
}

void
ev_stream_close(struct ev_stream *s)
{
	if (s->path != NULL && s->dir >= 0)
		close(s->dir);
	*s = (struct ev_stream){ .dir = -1 };
}
