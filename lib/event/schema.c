/* SPDX-License-Identifier: MIT */
/* A folder of schemas, one per type of event. */
#include "event/schema.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "event/schema_node.h"
#include "json/iter.h"
#include "json/str.h"

enum { MAX_FILES = 4096, MAX_TEXT = 1 << 20 };

static enum ev_code
add(struct ev_schemas *s, const char *folder, const char *file, struct ev_err *e)
{
	size_t n = strlen(file) - strlen(".json"), cap = s->n + 1;
	struct ev_buf path = EV_BUF(SIZE_MAX / 2);
	struct ev_schema *v;
	enum ev_code rc;

	if (s->n == MAX_FILES)
		return ev_fail(e, EV_USAGE, "more than %d schemas in %s", MAX_FILES, folder);
	v = realloc(s->v, cap * sizeof(*v));
	if (v == NULL)
		return ev_fail_mem(e);
	s->v = v;
	v = &s->v[s->n++];
	*v = (struct ev_schema){ .text = EV_BUF(MAX_TEXT) };
	if ((rc = ev_buf_addf(&path, e, "%s/%s", folder, file)) != EV_OK)
		return rc;
	v->path = path.p;
	v->type = strndup(file, n);
	return v->type == NULL ? ev_fail_mem(e) : EV_OK;
}

static enum ev_code
list(struct ev_schemas *s, const char *folder, struct ev_err *e)
{
	DIR *d = opendir(folder);
	enum ev_code rc = EV_OK;
	const struct dirent *f;

	if (d == NULL) {
		ev_fail_sys(e, "cannot open the schemas in %s", folder);
		return e != NULL ? e->code = EV_USAGE : EV_USAGE;
	}
	while (rc == EV_OK) {
		errno = 0;
		f = readdir(d);
		if (f == NULL)
			break;
		if (f->d_name[0] != '.' && ev_slice_ends(ev_slice_str(f->d_name), EV_LIT(".json")))
			rc = add(s, folder, f->d_name, e);
	}
	if (rc == EV_OK && errno != 0)
		rc = ev_fail_sys(e, "cannot list %s", folder);
	closedir(d);
	if (rc == EV_OK && s->n == 0)
		rc = ev_fail(e, EV_USAGE, "no schema in %s; TYPE.json was wanted", folder);
	return rc;
}

static int
by_type(const void *a, const void *b)
{
	return strcmp(((const struct ev_schema *)a)->type, ((const struct ev_schema *)b)->type);
}

/* Writes the file and the place into the text: the error outlives the name of the file. */
static void
name_file(const struct ev_schema *s, struct ev_err *e)
{
	struct ev_err why;

	if (e == NULL)
		return;
	why = *e;
	*e = (struct ev_err){ 0 };
	ev_fail(e, why.code, "%s:%lu:%lu: %s", s->path, why.line, why.col, why.text);
	memcpy(e->near, why.near, sizeof(e->near));
	e->caret = why.caret;
}

enum ev_code
ev_schemas_load(struct ev_schemas *s, const char *folder, struct ev_err *e)
{
	enum ev_code rc;
	size_t i;

	*s = (struct ev_schemas){ NULL, 0 };
	if ((rc = list(s, folder, e)) != EV_OK)
		return rc;
	qsort(s->v, s->n, sizeof(*s->v), by_type);
	for (i = 0; i < s->n && rc == EV_OK; i++) {
		rc = ev_file_read(AT_FDCWD, s->v[i].path, &s->v[i].text, e);
		if (rc == EV_OK && (rc = ev_schema_compile(&s->v[i], e)) != EV_OK)
			name_file(&s->v[i], e);
	}
	return rc;
}

enum ev_code
ev_schemas_check(
    struct ev_schemas *s, struct ev_slice line, const struct ev_val *type, struct ev_err *e)
{
	struct ev_buf tmp = EV_BUF(SIZE_MAX / 2);
	struct ev_schema key = { .type = NULL };
	const struct ev_schema *found = NULL;
	struct ev_slice text = { "", 0 };
	enum ev_code rc = EV_OK;

	if (type->kind == EV_STRING)
		rc = ev_str_view(type->raw, &tmp, &text, e);
	if (rc == EV_OK && (key.type = strndup(text.p, text.n)) == NULL)
		rc = ev_fail_mem(e);
	if (rc == EV_OK && strlen(key.type) == text.n)
		found = bsearch(&key, s->v, s->n, sizeof(*s->v), by_type);
	if (rc == EV_OK && found == NULL) {
		rc = ev_fail(e, EV_DATA, "no schema for the type %.*s",
		    text.n < 80 ? (int)text.n : 80, text.p);
		ev_err_place(
		    e, 0, line, type->kind != EV_ABSENT ? (size_t)(type->raw.p - line.p) : 0);
	}
	if (rc == EV_OK)
		rc = ev_schema_check(found, line, e);
	free(key.type);
	ev_buf_fini(&tmp);
	return rc;
}

void
ev_schemas_fini(struct ev_schemas *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		ev_schema_drop(&s->v[i]);
		ev_buf_fini(&s->v[i].text);
		free(s->v[i].type);
		free(s->v[i].path);
	}
	free(s->v);
	*s = (struct ev_schemas){ NULL, 0 };
}
