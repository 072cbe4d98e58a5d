/* SPDX-License-Identifier: MIT */
/*
 * distinct COPIES < EVENTS: the events COPIES times, each copy with ids of its own (`-1`, `-2`, …
 * behind the first "id":"…" of the line), so that none is a duplicate.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
put_line(const char *line, size_t n, unsigned long copy)
{
	const char *id = memmem(line, n, "\"id\":\"", 6);
	const char *end = id != NULL ? memchr(id + 6, '"', n - (size_t)(id + 6 - line)) : NULL;
	size_t head = end != NULL ? (size_t)(end - line) : n;

	if (fwrite(line, 1, head, stdout) != head)
		return -1;
	if (end != NULL && printf("-%lu", copy) < 0)
		return -1;
	return fwrite(line + head, 1, n - head, stdout) == n - head ? 0 : -1;
}

static int
put_copy(const char *text, size_t n, unsigned long copy)
{
	while (n > 0) {
		const char *lf = memchr(text, '\n', n);
		size_t len = lf != NULL ? (size_t)(lf - text) + 1 : n;

		if (put_line(text, len, copy) != 0)
			return -1;
		text += len;
		n -= len;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned long copies = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, i;
	size_t n = 0, cap = 1 << 20, got;
	char *text = malloc(cap), *more;

	if (copies == 0) {
		fprintf(stderr, "usage: distinct COPIES < EVENTS\n");
		return 2;
	}
	while (text != NULL && (got = fread(text + n, 1, cap - n, stdin)) > 0) {
		n += got;
		if (n < cap)
			continue;
		cap *= 2;
		more = realloc(text, cap);
		if (more == NULL)
			free(text);
		text = more;
	}
	for (i = 1; text != NULL && i <= copies; i++)
		if (put_copy(text, n, i) != 0)
			break;
	free(text);
	return text == NULL || i <= copies || fflush(stdout) != 0 ? 5 : 0;
}
