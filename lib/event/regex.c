/* SPDX-License-Identifier: MIT */
#include "event/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	STEPS = 1000000, /* some 10 ms */
	HEAP_KIB = 8192,
	STACK_MAX = 1024 * 1024, /* bytes; grows from 32 KiB when a match asks for it */
};

static enum ev_code
bad_pattern(int code, size_t off, struct ev_slice pattern, struct ev_slice whole, struct ev_err *e)
{
	PCRE2_UCHAR text[160];

	if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
		text[0] = '\0';
	ev_fail(e, EV_USAGE, "regular expression: %s", (const char *)text);
	ev_err_place(e, 0, whole, (size_t)(pattern.p - whole.p) + off);
	return EV_USAGE;
}

static enum ev_code
prepare(struct ev_regex *r, struct ev_err *e)
{
	r->data = pcre2_match_data_create(1, NULL);
	r->context = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->context == NULL)
		return ev_fail_mem(e);
	pcre2_set_match_limit(r->context, STEPS);
	pcre2_set_depth_limit(r->context, STEPS);
	pcre2_set_heap_limit(r->context, HEAP_KIB);
	/* where there is no JIT, matching is slower and needs no stack */
	if (pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE) != 0)
		return EV_OK;
	r->stack = pcre2_jit_stack_create(32 * 1024, STACK_MAX, NULL);
	if (r->stack == NULL)
		return ev_fail_mem(e);
	pcre2_jit_stack_assign(r->context, NULL, r->stack);
	return EV_OK;
}

enum ev_code
ev_regex_init(struct ev_regex *r, struct ev_slice pattern, struct ev_slice whole, struct ev_err *e)
{
	const uint32_t how = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
	enum ev_code rc;
	PCRE2_SIZE off;
	int code;

	*r = (struct ev_regex){ 0 };
	r->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, how, &code, &off, NULL);
	if (r->code == NULL)
		return bad_pattern(code, off, pattern, whole, e);
	rc = prepare(r, e);
	if (rc != EV_OK)
		ev_regex_fini(r);
	return rc;
}

enum ev_code
ev_regex_match(const struct ev_regex *r, struct ev_slice text, bool *yes, struct ev_err *e)
{
	int n = pcre2_match(r->code, (PCRE2_SPTR)text.p, text.n, 0, 0, r->data, r->context);

	*yes = n >= 0;
	if (n >= 0 || n == PCRE2_ERROR_NOMATCH ||
	    (n <= PCRE2_ERROR_UTF8_ERR1 && n >= PCRE2_ERROR_UTF8_ERR21))
		return EV_OK;
	if (n == PCRE2_ERROR_NOMEMORY)
		return ev_fail_mem(e);
	return ev_fail(
	    e, EV_DATA, "a regular expression reached its limit on a text of %zu bytes", text.n);
}

bool
ev_regex_anchored(const struct ev_regex *r)
{
	uint32_t options = 0;

	(void)pcre2_pattern_info(r->code, PCRE2_INFO_ALLOPTIONS, &options);
	return (options & PCRE2_ANCHORED) != 0;
}

void
ev_regex_fini(struct ev_regex *r)
{
	pcre2_jit_stack_free(r->stack);
	pcre2_match_context_free(r->context);
	pcre2_match_data_free(r->data);
	pcre2_code_free(r->code);
	*r = (struct ev_regex){ 0 };
}
