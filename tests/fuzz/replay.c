/* SPDX-License-Identifier: MIT */
/* The main of a fuzz target without libFuzzer: runs the files named, and those of the folders named, as inputs. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
die(const char *name)
{
	perror(name);
	exit(EXIT_FAILURE);
}

static void
run_file(const char *name)
{
	FILE *f = fopen(name, "rb");
	uint8_t *p;
	long n = -1;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		die(name);
	rewind(f);
	p = malloc((size_t)n + (n == 0)); /* its exact size, so that a sanitizer sees a read behind it */
	if (p == NULL || fread(p, 1, (size_t)n, f) != (size_t)n)
		die(name);
	fclose(f);
	fprintf(stderr, "%s\n", name); /* the last one named is the one that failed */
	LLVMFuzzerTestOneInput(p, (size_t)n);
	free(p);
}

static void
run_dir(DIR *d, const char *dir)
{
	char name[4096];
	struct dirent *ent;

	while ((ent = readdir(d)) != NULL) {
		if (ent->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", dir, ent->d_name) >= (int)sizeof(name))
			die(dir);
		run_file(name);
	}
}

int
main(int argc, char **argv)
{
	DIR *d;
	int i;

	for (i = 1; i < argc; i++) {
		d = opendir(argv[i]);
		if (d == NULL) {
			run_file(argv[i]);
			continue;
		}
		run_dir(d, argv[i]);
		closedir(d);
	}
	return 0;
}
