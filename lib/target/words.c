/* SPDX-License-Identifier: MIT */
/* The words of a command line, divided as a shell does it; nothing is expanded. */
#include <stdlib.h>

#include "target/scheme.h"

/* Where we are in the text, and the bytes of the words so far, each with a NUL behind it. */
struct split {
	const char *text;
	size_t at;
	char *to;
	size_t n;
};

static enum ev_code
wrong(const struct split *s, size_t at, const char *what, struct ev_err *e)
{
	ev_fail(e, EV_USAGE, "%s", what);
	ev_err_place(e, 0, ev_slice_str(s->text), at);
	return EV_USAGE;
}

/* From one quote to the other. Between double ones a backslash quotes only what it must. */
static enum ev_code
quoted(struct split *s, struct ev_err *e)
{
	size_t from = s->at++;
	char quote = s->text[from];

	for (; s->text[s->at] != quote; s->at++) {
		if (quote == '"' && s->text[s->at] == '\\' && s->text[s->at + 1] != '\0' &&
		    strchr("\"\\$`", s->text[s->at + 1]) != NULL)
			s->at++;
		if (s->text[s->at] == '\0')
			return wrong(s, from, "this quote is not closed", e);
		*s->to++ = s->text[s->at];
	}
	s->at++;
	return EV_OK;
}

static enum ev_code
next_word(struct split *s, struct ev_err *e)
{
	enum ev_code rc = EV_OK;

	while (rc == EV_OK && s->text[s->at] != '\0' && strchr(" \t\n", s->text[s->at]) == NULL) {
		if (s->text[s->at] == '\'' || s->text[s->at] == '"') {
			rc = quoted(s, e);
			continue;
		}
		if (strchr("|&;<>()", s->text[s->at]) != NULL)
			return wrong(s, s->at,
			    "this is for a shell: wanted it quoted, or the whole as sh -c '...'",
			    e);
		if (s->text[s->at] == '\\' && s->text[++s->at] == '\0')
			return wrong(s, s->at - 1, "nothing behind this backslash", e);
		*s->to++ = s->text[s->at++];
	}
	*s->to++ = '\0';
	s->n++;
	return rc;
}

enum ev_code
ev_words_split(const char *text, char ***words, struct ev_err *e)
{
	size_t n = strlen(text), most = n / 2 + 2, i;
	struct split s = { .text = text };
	enum ev_code rc = EV_OK;
	char **v, *p;

	/* one block: the pointers, then the bytes, which are never more than those of text */
	v = malloc(most * sizeof(*v) + n + 1);
	if (v == NULL)
		return ev_fail_mem(e);
	s.to = p = (char *)(v + most);
	for (;;) {
		s.at += strspn(text + s.at, " \t\n");
		if (text[s.at] == '\0' || (rc = next_word(&s, e)) != EV_OK)
			break;
	}
	if (rc == EV_OK && s.n == 0)
		rc = ev_fail(e, EV_USAGE, "a command was wanted");
	if (rc != EV_OK) {
		free(v);
		return rc;
	}
	for (i = 0; i < s.n; i++) {
		v[i] = p;
		p += strlen(p) + 1;
	}
	v[s.n] = NULL;
	*words = v;
	return EV_OK;
}
