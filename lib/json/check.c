/* SPDX-License-Identifier: MIT */
#include "json/scan.h"
#include "json/str.h"

/* RFC 8259 as it stands there, one byte after the other. */
struct check {
	struct ev_slice text;
	size_t at;
	size_t depth;
	char closer[EV_DEPTH]; /* of every open array and object */
	struct ev_err *e;
};

static enum ev_code
wanted(struct check *c, const char *what)
{
	unsigned char b;

	if (c->at >= c->text.n)
		return ev_fail(c->e, EV_DATA, "found the end of the text, wanted %s", what);
	b = (unsigned char)c->text.p[c->at];
	if (b > 0x20 && b < 0x7f)
		return ev_fail(c->e, EV_DATA, "found '%c', wanted %s", b, what);
	return ev_fail(c->e, EV_DATA, "found byte 0x%02x, wanted %s", b, what);
}

/* The byte at hand, -1 at the end. */
static int
peek(const struct check *c)
{
	return c->at < c->text.n ? (unsigned char)c->text.p[c->at] : -1;
}

static bool
take(struct check *c, int byte)
{
	if (peek(c) != byte)
		return false;
	c->at++;
	return true;
}

static void
space(struct check *c)
{
	while (take(c, ' ') || take(c, '\t') || take(c, '\n') || take(c, '\r'))
		;
}

static enum ev_code
digits(struct check *c, const char *what)
{
	if (peek(c) < '0' || peek(c) > '9')
		return wanted(c, what);
	while (peek(c) >= '0' && peek(c) <= '9')
		c->at++;
	return EV_OK;
}

static enum ev_code
number(struct check *c)
{
	enum ev_code rc = EV_OK;

	(void)take(c, '-');
	if (take(c, '0')) {
		if (peek(c) >= '0' && peek(c) <= '9')
			return wanted(c, "no digit behind a leading 0");
	} else {
		rc = digits(c, "a digit");
	}
	if (rc == EV_OK && take(c, '.'))
		rc = digits(c, "a digit behind the point");
	if (rc == EV_OK && (take(c, 'e') || take(c, 'E'))) {
		if (!take(c, '+'))
			(void)take(c, '-');
		rc = digits(c, "a digit of the exponent");
	}
	return rc;
}

static enum ev_code
escape(struct check *c)
{
	int b = peek(c);

	if (b <= 0 || strchr("\"\\/bfnrtu", b) == NULL)
		return wanted(c, "one of \" \\ / b f n r t u behind a backslash");
	c->at++;
	for (int i = 0; b == 'u' && i < 4; i++) {
		int h = peek(c);

		if (h <= 0 || strchr("0123456789abcdefABCDEF", h) == NULL)
			return wanted(c, "four hexadecimal digits behind \\u");
		c->at++;
	}
	return EV_OK;
}

static enum ev_code
utf8(struct check *c)
{
	size_t bad;
	size_t n = ev_utf8_next((struct ev_slice){ c->text.p + c->at, c->text.n - c->at }, &bad);

	c->at += n != 0 ? n : bad;
	return n != 0 ? EV_OK : wanted(c, "UTF-8");
}

/* From its opening quote on. */
static enum ev_code
string(struct check *c)
{
	enum ev_code rc = EV_OK;

	c->at++;
	while (rc == EV_OK && !take(c, '"')) {
		if (take(c, '\\'))
			rc = escape(c);
		else if (peek(c) < 0)
			rc = wanted(c, "the '\"' that ends the string");
		else if (peek(c) < 0x20)
			rc = wanted(c, "an escape for a control character");
		else
			rc = utf8(c);
	}
	return rc;
}

static enum ev_code
literal(struct check *c, const char *word)
{
	for (const char *w = word; *w != '\0'; w++)
		if (!take(c, *w))
			return wanted(c, word);
	return EV_OK;
}

/* A value that is no array and no object. */
static enum ev_code
scalar(struct check *c)
{
	static const char *const words[] = { "true", "false", "null" };
	int b = peek(c);

	if (b == '"')
		return string(c);
	if (b == '-' || (b >= '0' && b <= '9'))
		return number(c);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (b == words[i][0])
			return literal(c, words[i]);
	if (c->at == 0 && ev_slice_begins(c->text, EV_LIT("\xef\xbb\xbf")))
		return wanted(c, "a value; a byte order mark may only begin the first line");
	return wanted(c, "a value");
}

/* A member up to its value. */
static enum ev_code
name(struct check *c)
{
	enum ev_code rc;

	space(c);
	if (peek(c) != '"')
		return wanted(c, "a member's name in quotes");
	if ((rc = string(c)) != EV_OK)
		return rc;
	space(c);
	return take(c, ':') ? EV_OK : wanted(c, "':'");
}

/* Opens an array or object: *value: whether a value comes next, not its end. */
static enum ev_code
begin(struct check *c, bool *value)
{
	char closer = peek(c) == '{' ? '}' : ']';

	if (c->depth == EV_DEPTH)
		return wanted(c, "no more than 512 levels");
	c->at++;
	c->closer[c->depth++] = closer;
	space(c);
	*value = peek(c) != closer;
	return *value && closer == '}' ? name(c) : EV_OK;
}

/* What follows a value: ends of arrays and objects, a comma (*value) or the end of the text. */
static enum ev_code
after(struct check *c, bool *value)
{
	for (space(c); c->depth > 0 && take(c, c->closer[c->depth - 1]); space(c))
		c->depth--;
	*value = c->depth > 0;
	if (c->depth == 0)
		return peek(c) < 0 ? EV_OK : wanted(c, "the end of the text");
	if (!take(c, ','))
		return wanted(c, c->closer[c->depth - 1] == '}' ? "',' or '}'" : "',' or ']'");
	return c->closer[c->depth - 1] == '}' ? name(c) : EV_OK;
}

enum ev_code
ev_json_check(struct ev_slice text, size_t *off, struct ev_err *e)
{
	struct check c = { .text = text, .e = e };
	enum ev_code rc = EV_OK;
	bool value = true;

	while (rc == EV_OK && value) {
		bool opened;

		space(&c);
		opened = peek(&c) == '{' || peek(&c) == '[';
		rc = opened ? begin(&c, &value) : scalar(&c);
		if (rc == EV_OK && !(opened && value))
			rc = after(&c, &value);
	}
	*off = c.at;
	return rc;
}
