/* SPDX-License-Identifier: MIT */
#include "event/regex.h"

#include <stdlib.h>

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
prepare(struct ev_regex_work *w, struct ev_err *e)
{
	uint32_t jit = 0;

	w->data = pcre2_match_data_create(1, NULL);
	w->context = pcre2_match_context_create(NULL);
	if (w->data == NULL || w->context == NULL)
		return ev_fail_mem(e);
	pcre2_set_match_limit(w->context, STEPS);
	pcre2_set_depth_limit(w->context, STEPS);
	pcre2_set_heap_limit(w->context, HEAP_KIB);
	/* where there is no JIT, matching is slower and needs no stack */
	if (pcre2_config(PCRE2_CONFIG_JIT, &jit) < 0 || jit == 0)
		return EV_OK;
	w->stack = pcre2_jit_stack_create(32 * 1024, STACK_MAX, NULL);
	if (w->stack == NULL)
		return ev_fail_mem(e);
	pcre2_jit_stack_assign(w->context, NULL, w->stack);
	return EV_OK;
}

void
ev_regex_work_fini(struct ev_regex_work *w)
{
	pcre2_jit_stack_free(w->stack);
	pcre2_match_context_free(w->context);
	pcre2_match_data_free(w->data);
	*w = (struct ev_regex_work){ 0 };
}

enum ev_code
ev_regex_init(struct ev_regex *r, struct ev_slice pattern, struct ev_slice whole, struct ev_err *e)
{
	const uint32_t how = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
	PCRE2_SIZE off;
	int code;

	*r = (struct ev_regex){ .own = calloc(1, sizeof(*r->own)) };
	if (r->own == NULL)
		return ev_fail_mem(e);
	r->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, how, &code, &off, NULL);
	if (r->code == NULL) {
		ev_regex_fini(r);
		return bad_pattern(code, off, pattern, whole, e);
	}
	(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* or matching interprets it */
	return EV_OK;
}

enum ev_code
ev_regex_match_with(const struct ev_regex *r, struct ev_regex_work *w, struct ev_slice text,
    bool *yes, struct ev_err *e)
{
	enum ev_code rc;
	int n;

	if (w->data == NULL && (rc = prepare(w, e)) != EV_OK) {
		ev_regex_work_fini(w);
		return rc;
	}
	n = pcre2_match(r->code, (PCRE2_SPTR)text.p, text.n, 0, 0, w->data, w->context);
	*yes = n >= 0;
	if (n >= 0 || n == PCRE2_ERROR_NOMATCH ||
	    (n <= PCRE2_ERROR_UTF8_ERR1 && n >= PCRE2_ERROR_UTF8_ERR21))
		return EV_OK;
	if (n == PCRE2_ERROR_NOMEMORY)
		return ev_fail_mem(e);
	return ev_fail(
	    e, EV_DATA, "a regular expression reached its limit on a text of %zu bytes", text.n);
}

enum ev_code
ev_regex_match(const struct ev_regex *r, struct ev_slice text, bool *yes, struct ev_err *e)
{
	return ev_regex_match_with(r, r->own, text, yes, e);
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
	if (r->own != NULL)
		ev_regex_work_fini(r->own);
	free(r->own);
	pcre2_code_free(r->code);
	*r = (struct ev_regex){ 0 };
}
