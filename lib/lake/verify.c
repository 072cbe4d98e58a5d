/* SPDX-License-Identifier: MIT */
#include "lake/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "lake/conf.h"

void
ev_verify_report(struct ev_verifier *v, const char *place, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	v->seen->wrong++;
	v->args->report(v->args->arg, place, what);
}

enum ev_code
ev_verify_failed(
    struct ev_verifier *v, const char *place, enum ev_code rc, struct ev_err *why, struct ev_err *e)
{
	size_t n = strlen(place);
	const char *text = why->text;

	if (rc == EV_OK)
		return EV_OK;
	if (rc == EV_AGAIN || why->sys == EMFILE ||
	    why->sys == ENOMEM) { /* this tells of us, not of the lake */
		if (e != NULL && e->code == EV_OK)
			*e = *why;
		return rc;
	}
	if (strncmp(text, place, n) == 0 && text[n] == ':')
		text += n + 2;
	ev_verify_report(v, place, "%s", text);
	*why = (struct ev_err){ 0 };
	return EV_OK;
}

/* lake.json byte by byte: what was read is what would be written. */
static enum ev_code
check_conf(struct ev_verifier *v, struct ev_err *e)
{
	struct ev_buf want = EV_BUF(4096), text = EV_BUF(65536);
	struct ev_err why = { 0 };
	enum ev_code rc;

	if ((rc = ev_conf_print(&v->lake, &want, e)) == EV_OK) {
		rc = ev_file_read(v->lake.dir, "lake.json", &text, &why);
		if (rc == EV_OK && !ev_slice_eq(ev_buf_view(&want), ev_buf_view(&text)))
			ev_verify_report(v, "lake.json", "not as the lake writes it");
		rc = ev_verify_failed(v, "lake.json", rc, &why, e);
	}
	ev_buf_fini(&want);
	ev_buf_fini(&text);
	return rc;
}

static void
on_catalog(void *arg, const char *what)
{
	ev_verify_report(arg, "catalog.db", "%s", what);
}

/* A file that no row knows. A put may have made it since the rows were read: its row came first. */
static enum ev_code
check_file(struct ev_verifier *v, const char *path, struct ev_err *e)
{
	const char *name = strrchr(path, '/') + 1;
	char ulid[27];
	int64_t state = -1;
	size_t i;
	enum ev_code rc;

	for (i = 0; i < 26 && name[i] != '\0'; i++)
		ulid[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
	ulid[i] = '\0';
	if ((rc = ev_catalog_state(v->lake.catalog, ulid, &state, e)) == EV_OK &&
	    (state < 0 || strcmp(name + i, ".ndjson.zst") != 0))
		ev_verify_report(v, path, "the catalog does not know this file");
	return rc;
}

/* All files below a folder; partitions are two levels deep at most. */
static enum ev_code
walk(struct ev_verifier *v, const char *path, int depth, struct ev_err *e)
{
	int fd = openat(v->lake.dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;
	enum ev_code rc = EV_OK;

	if (dir == NULL) {
		ev_verify_report(v, path, "cannot be read: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return EV_OK;
	}
	while (rc == EV_OK && (de = readdir(dir)) != NULL) {
		char child[sizeof(de->d_name) + 128];
		struct stat st;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, de->d_name);
		if (fstatat(v->lake.dir, child, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue; /* gone since */
		rc = S_ISDIR(st.st_mode) && depth < 2 ? walk(v, child, depth + 1, e)
						      : check_file(v, child, e);
	}
	closedir(dir);
	return rc;
}

/* What is live, of one moment. */
static enum ev_code
snapshot(struct ev_verifier *v, struct ev_segs *live, int64_t *seq, struct ev_err *e)
{
	struct ev_seg_filter f = { .state = EV_LIVE };
	struct ev_catalog *c = v->lake.catalog;
	enum ev_code rc;

	if ((rc = ev_catalog_begin(c, false, e)) != EV_OK)
		return rc;
	if ((rc = ev_catalog_segs(c, &f, live, e)) == EV_OK)
		rc = ev_catalog_seq(c, seq, e);
	ev_catalog_rollback(c);
	return rc;
}

static enum ev_code
check_lake(struct ev_verifier *v, struct ev_err *e)
{
	unsigned how = v->args->how;
	bool inside = how != EV_VERIFY_CHAIN, chain = how != EV_VERIFY_QUICK;
	struct ev_segs live = { 0 };
	struct ev_err why = { 0 };
	int64_t seq = 0;
	enum ev_code rc;

	if ((rc = check_conf(v, e)) != EV_OK)
		return rc;
	rc = ev_catalog_check(v->lake.catalog, on_catalog, v, &why);
	if (rc == EV_OK)
		rc = snapshot(v, &live, &seq, &why);
	if (rc != EV_OK)
		return ev_verify_failed(v, "catalog.db", rc, &why, e);
	for (size_t i = 0; rc == EV_OK && inside && i < live.n; i++)
		rc = ev_verify_segment(v, &live.v[i], e);
	if (rc == EV_OK && inside)
		rc = ev_verify_failed(v, "catalog.db", walk(v, "data", 0, &why), &why, e);
	if (rc == EV_OK)
		rc = ev_verify_chain(v, &live, seq, chain, e);
	free(live.v);
	return rc;
}

enum ev_code
ev_lake_verify(
    const char *path, const struct ev_verify_args *args, struct ev_verified *seen, struct ev_err *e)
{
	struct ev_verifier v = { .args = args, .seen = seen };
	struct ev_err why = { 0 };
	enum ev_code rc;

	*seen = (struct ev_verified){ 0 };
	rc = ev_lake_open(&v.lake, path, EV_LAKE_READ, &why);
	if (rc == EV_USAGE) /* no lake, or a newer one */
		return ev_fail(e, rc, "%s", why.text);
	if (rc == EV_OK)
		rc = check_lake(&v, e);
	else
		rc = ev_verify_failed(&v, path, rc, &why, e);
	ev_lake_close(&v.lake);
	return rc == EV_OK && seen->wrong > 0 ? EV_NO : rc;
}
