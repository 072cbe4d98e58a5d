/* SPDX-License-Identifier: MIT */
/*
 * cpu [-n N] COMMAND [ARG...]: runs the command (N times, one after the other) and writes to
 * descriptor 3 what it and its children took: "CPU WALL RSS", seconds of user and system time,
 * seconds of the clock, KiB of resident memory at most; each is the median. Ends with the
 * command's status, at the first that is not 0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 1000 };

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

/* One run. Returns its status. */
static int
run(char **argv, double *cpu, double *wall, double *rss)
{
	struct rusage use;
	double began = now();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close(3);
		execvp(argv[0], argv);
		fprintf(stderr, "cpu: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) < 0) {
		fprintf(stderr, "cpu: %s\n", strerror(errno));
		return 5;
	}
	*wall = now() - began;
	*cpu = seconds(use.ru_utime) + seconds(use.ru_stime);
	*rss = (double)use.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	static double cpu[RUNS], wall[RUNS], rss[RUNS];
	int i, n = 1, status = 0;

	if (argc > 3 && strcmp(argv[1], "-n") == 0) {
		n = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || n < 1 || n > RUNS) {
		fprintf(stderr, "usage: cpu [-n N] COMMAND [ARG...]\n");
		return 2;
	}
	for (i = 0; i < n && status == 0; i++)
		status = run(argv + 1, &cpu[i], &wall[i], &rss[i]);
	dprintf(3, "%.5f %.5f %.0f\n", median(cpu, i), median(wall, i), median(rss, i));
	return status;
}
