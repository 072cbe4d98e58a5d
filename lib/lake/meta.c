/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "lake/fields.h"
#include "lake/segment.h"

enum ev_code
ev_meta_write(const struct ev_meta *m, int level, struct ev_buf *out, struct ev_err *e)
{
	return ev_buf_addf(out, e,
	    "{\"ulid\":\"%s\",\"ts0\":%" PRId64 ",\"ts1\":%" PRId64 ",\"n\":%" PRIu64
	    ",\"order\":\"arrival\",\"level\":%d,\"source\":[],\"replaces\":[],\"tombs\":[]}",
	    m->ulid, m->ts0, m->ts1, m->n, level);
}

enum ev_code
ev_meta_read(struct ev_slice bytes, struct ev_meta *m, struct ev_err *e)
{
	static const char *const paths[] = { "ulid", "ts0", "ts1", "n", NULL };
	struct ev_err why = { 0 };
	struct ev_fields f;
	enum ev_code rc = ev_fields_read(&f, bytes, paths, &why);

	if (rc != EV_OK)
		rc = ev_fail(e, EV_SYS, "META is damaged: %s", why.text);
	else if (!ev_field_text(&f.scan.val[0], m->ulid, sizeof(m->ulid)) ||
	    strlen(m->ulid) != sizeof(m->ulid) - 1 || !ev_field_int(&f.scan.val[1], &m->ts0) ||
	    !ev_field_int(&f.scan.val[2], &m->ts1) || !ev_field_uint(&f.scan.val[3], &m->n))
		rc = ev_fail(e, EV_SYS, "META is damaged: ulid, ts0, ts1 or n is not there");
	ev_fields_fini(&f);
	return rc;
}
