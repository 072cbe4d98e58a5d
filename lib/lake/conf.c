/* SPDX-License-Identifier: MIT */
#include "lake/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "lake/fields.h"
#include "lake/segment.h"

enum { MAX = 65536 };
#define MAX_SEGMENT ((uint64_t)1 << 40)

enum { FORMAT, VERSION, ID, FRAME, SEGMENT, HASH, HOUR };

static enum ev_code
damaged(struct ev_err *e, const char *what)
{
	return ev_fail(e, EV_SYS, "lake.json is damaged: %s", what);
}

static enum ev_code
take(struct ev_lake *l, const struct ev_val *v, struct ev_err *e)
{
	char format[16], hash[16];
	uint64_t version, frame;

	if (!ev_field_text(&v[FORMAT], format, sizeof(format)) || strcmp(format, "evlake") != 0 ||
	    !ev_field_uint(&v[VERSION], &version))
		return damaged(e, "format \"evlake\" and a version were wanted");
	if (version > 1)
		return ev_fail(e, EV_USAGE,
		    "lake.json has version %" PRIu64 "; this evhub reads version 1", version);
	if (version != 1)
		return damaged(e, "there is no version 0");
	if (!ev_field_text(&v[ID], l->id, sizeof(l->id)) || strlen(l->id) != sizeof(l->id) - 1)
		return damaged(e, "id is no ULID");
	if (!ev_field_uint(&v[FRAME], &frame) || frame < 1 || frame > EV_FRAME)
		return damaged(e, "frame is no number from 1 to 1048576");
	if (!ev_field_uint(&v[SEGMENT], &l->segment) || l->segment < 1 || l->segment > MAX_SEGMENT)
		return damaged(e, "segment is no number of bytes");
	if (!ev_field_text(&v[HASH], hash, sizeof(hash)) || strcmp(hash, "xxh3-64") != 0)
		return damaged(e, "hash is not \"xxh3-64\"");
	if (v[HOUR].kind != EV_TRUE && v[HOUR].kind != EV_FALSE)
		return damaged(e, "hour is neither true nor false");
	l->frame = (uint32_t)frame;
	l->hour = v[HOUR].kind == EV_TRUE;
	return EV_OK;
}

enum ev_code
ev_conf_read(struct ev_lake *l, struct ev_err *e)
{
	static const char *const paths[] = { "format", "version", "id", "frame", "segment", "hash",
		"hour", NULL };
	struct ev_buf text = EV_BUF(MAX);
	struct ev_err why = { 0 };
	struct ev_fields f = { 0 };
	enum ev_code rc = ev_file_read(l->dir, "lake.json", &text, &why);

	if (rc != EV_OK) {
		rc = why.sys == ENOENT ? EV_NO : ev_fail(e, rc, "%s", why.text);
	} else if (ev_fields_read(&f, ev_buf_view(&text), paths, &why) != EV_OK) {
		rc = damaged(e, why.text);
	} else if ((rc = take(l, f.scan.val, e)) == EV_OK) {
		rc = ev_sha256(ev_buf_view(&text), l->root, e);
	}
	ev_fields_fini(&f);
	ev_buf_fini(&text);
	return rc;
}

enum ev_code
ev_conf_print(const struct ev_lake *l, struct ev_buf *out, struct ev_err *e)
{
	return ev_buf_addf(out, e,
	    "{\"format\":\"evlake\",\"version\":1,\"id\":\"%s\",\"frame\":%" PRIu32
	    ",\"segment\":%" PRIu64 ",\"hash\":\"xxh3-64\",\"hour\":%s}\n",
	    l->id, l->frame, l->segment, l->hour ? "true" : "false");
}

enum ev_code
ev_conf_write(struct ev_lake *l, struct ev_err *e)
{
	struct ev_buf text = EV_BUF(MAX);
	enum ev_code rc;

	if ((rc = ev_ulid(l->id, ev_now(), e)) != EV_OK)
		return rc;
	for (char *p = l->id; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	rc = ev_conf_print(l, &text, e);
	if (rc == EV_OK)
		rc = ev_file_replace(l->dir, "lake.json", ev_buf_view(&text), e);
	ev_buf_fini(&text);
	return rc;
}
