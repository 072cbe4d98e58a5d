/* SPDX-License-Identifier: MIT */
/*
 * lone N COMMAND: runs the shell's COMMAND, a pipe, and hands it N lines (read from stdin once, one
 * line), each after the pipe was idle for 50 ms. Prints the median and the greatest time, in
 * milliseconds, until the line came out.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 1000, LONGEST = 4096 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static pid_t
start(const char *command, int *to, int *from)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe(in) < 0 || pipe(out) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*to = in[1];
	*from = out[0];
	return pid;
}

/* Sends the line and waits for all of it. Negative: it did not come within 5 seconds. */
static double
once(int to, int from, const char *line, size_t n)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	char back[LONGEST];
	double began = now();
	size_t got = 0;
	ssize_t k;

	if (write(to, line, n) != (ssize_t)n)
		return -1;
	while (got < n) {
		if (poll(&p, 1, 5000) <= 0)
			return -1;
		k = read(from, back + got, sizeof(back) - got);
		if (k <= 0)
			return -1;
		got += (size_t)k;
	}
	return memcmp(back, line, n) == 0 ? now() - began : -1;
}

int
main(int argc, char **argv)
{
	static double ms[RUNS];
	char line[LONGEST];
	int to, from, i, n = argc == 3 ? atoi(argv[1]) : 0;
	struct timespec idle = { .tv_nsec = 50 * 1000 * 1000 };

	if (n < 1 || n > RUNS || fgets(line, sizeof(line), stdin) == NULL) {
		fprintf(stderr, "usage: lone N COMMAND <LINE\n");
		return 2;
	}
	if (start(argv[2], &to, &from) < 0)
		return 5;
	(void)once(
	    to, from, line, strlen(line)); /* the first waits for the start of the commands */
	for (i = 0; i < n; i++) {
		nanosleep(&idle, NULL);
		ms[i] = once(to, from, line, strlen(line));
		if (ms[i] < 0) {
			fprintf(stderr, "lone: the line did not come out within 5 s\n");
			return 1;
		}
	}
	close(to);
	(void)wait(NULL);
	qsort(ms, (size_t)n, sizeof(*ms), by_value);
	printf("%.2f %.2f\n", ms[n / 2], ms[n - 1]);
	return 0;
}
