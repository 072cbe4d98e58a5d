/* SPDX-License-Identifier: MIT */
/*
 * The n-th allocation fails, for every n until none is left to fail: each failure is told as EV_SYS
 * and, under a sanitizer, leaks nothing. Linked with -Wl,--wrap=… for each function that is wrapped
 * below.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/io.h"
#include "tap.h"
#include "json/splice.h"
#include "json/str.h"
#include "json/value.h"
#include "match/explain.h"
#include "match/match.h"

/* The linker's names; weak, so that a program that was linked without --wrap can say so. */
void *__real_malloc(size_t n) __attribute__((weak));
void *__real_calloc(size_t n, size_t size) __attribute__((weak));
void *__real_realloc(void *p, size_t n) __attribute__((weak));
void *__real_XXH3_createState(void) __attribute__((weak));
void *__real_EVP_MD_CTX_new(void) __attribute__((weak));
void *__real_EVP_MD_fetch(void *ctx, const char *name, const char *properties)
    __attribute__((weak));
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_XXH3_createState(void);
void *__wrap_EVP_MD_CTX_new(void);
void *__wrap_EVP_MD_fetch(void *ctx, const char *name, const char *properties);

/* Allocations that succeed before one fails; below 0: it has failed, or none is to. */
static long good = -1;

static bool
fails(void)
{
	return good >= 0 && good-- == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *
__wrap_XXH3_createState(void)
{
	return fails() ? NULL : __real_XXH3_createState();
}

void *
__wrap_EVP_MD_CTX_new(void)
{
	return fails() ? NULL : __real_EVP_MD_CTX_new();
}

void *
__wrap_EVP_MD_fetch(void *ctx, const char *name, const char *properties)
{
	return fails() ? NULL : __real_EVP_MD_fetch(ctx, name, properties);
}

/* Two lines, the first longer than a block, so that the reader has to grow. */
static const char *const names[] = { "nomem-lines", NULL };

static enum ev_code
do_in(struct ev_err *e)
{
	struct ev_slice block;
	enum ev_code rc;
	struct ev_in in;
	bool fresh;

	ev_in_init(&in, names, EV_MAX_LINE);
	while ((rc = ev_in_block(&in, &block, &fresh, e)) == EV_OK)
		;
	ev_in_close(&in);
	return rc == EV_NO ? EV_OK : rc;
}

static enum ev_code
do_out(struct ev_err *e)
{
	struct ev_out o;
	enum ev_code rc = ev_out_open(&o, STDERR_FILENO, "stderr", e),
		     closed = ev_out_close(&o, true, e);

	return rc == EV_OK ? closed : rc;
}

static enum ev_code
do_hash(struct ev_err *e)
{
	struct ev_hasher h;
	enum ev_code rc = ev_hasher_init(&h, e);

	ev_hasher_fini(&h);
	return rc;
}

static enum ev_code
do_digest(struct ev_err *e)
{
	struct ev_digest d;
	enum ev_code rc = ev_digest_init(&d, "SHA256", e);

	ev_digest_fini(&d);
	return rc;
}

static enum ev_code
do_file(struct ev_err *e)
{
	struct ev_buf b = EV_BUF(1 << 22);
	enum ev_code rc = ev_file_read(AT_FDCWD, *names, &b, e);

	if (rc == EV_OK)
		rc = ev_file_replace(AT_FDCWD, "nomem-copy", ev_buf_view(&b), e);
	if (rc == EV_OK)
		rc = ev_dir_make(AT_FDCWD, "nomem-a/b", e);
	ev_buf_fini(&b);
	return rc;
}

static enum ev_code
do_str(struct ev_err *e)
{
	struct ev_buf a = EV_BUF(1000), b = EV_BUF(1000), c = EV_BUF(1000);
	struct ev_slice text;
	enum ev_code rc = ev_str_view(EV_LIT("\"a\\n\""), &a, &text, e);

	if (rc == EV_OK)
		rc = ev_str_encode(EV_LIT("\1\2\3\4\5\6\7\1\2\3\4\5\6\7"), &b, e);
	if (rc == EV_OK)
		rc = ev_base64(text, &c, e);
	if (rc == EV_OK)
		rc = ev_buf_addf(&c, e, "%200d", 1);
	ev_buf_fini(&a);
	ev_buf_fini(&b);
	ev_buf_fini(&c);
	return rc;
}

static enum ev_code
do_splice(struct ev_err *e)
{
	struct ev_slice line = EV_LIT("{\"a\":{\"b\":1,\"c\\n\":[1,2,3]}}");
	struct ev_buf b = EV_BUF(1000);
	enum ev_code rc = ev_splice_set(line, EV_LIT("a[\"c\\n\"][1]"), EV_LIT("9"), &b, e);

	if (rc == EV_OK)
		rc = ev_splice_set(line, EV_LIT("x.y.z"), line, &b, e);
	if (rc == EV_OK)
		rc = ev_splice_delete(line, EV_LIT("a.b"), &b, e);
	if (rc == EV_OK)
		rc = ev_splice_rename(line, EV_LIT("a.b"), EV_LIT("d"), &b, e);
	ev_buf_fini(&b);
	return rc;
}

static enum ev_code
do_value(struct ev_err *e)
{
	struct ev_value *v;
	enum ev_code rc = ev_value_load("nomem-value", 1000, &v, e);

	ev_value_free(v);
	return rc;
}

static enum ev_code
do_match(struct ev_err *e)
{
	static const char text[] = "{\"a\":[{\"k\":\"x\\n\",\"v\":1},{\"v\":2}],\"r\":\"q\"}\n                                                                                ";
	static const char *const rules[] = { "{\"a\":{\"k\":[{\"prefix\":\"x\"},{\"wildcard\":{\"equals-ignore-case\":\"*X*\"}}],\"v\":[{\"numeric\":[\">\",0]},7]}}",
		"{\"$or\":[{\"r\":[{\"regex\":\"q\"},{\"anything-but\":[\"z\"]}]},{\"r\":[{\"cidr\":\"10.0.0.0/8\"},{\"exists\":false}]}]}" };
	struct ev_explanation x = { 0 };
	struct ev_matching g = { 0 };
	struct ev_match m = { 0 };
	struct ev_scan s = { 0 };
	struct ev_slice line, block = { text, strlen(text) - 80 };
	unsigned long skipped;
	enum ev_code rc = EV_OK;
	uint32_t i;

	for (i = 0; i < 2 && rc == EV_OK; i++)
		rc = ev_match_add(&m, ev_slice_str(rules[i]), i, e);
	if (rc == EV_OK)
		rc = ev_match_build(&m, e);
	if (rc == EV_OK)
		rc = ev_matching_init(&g, &m, e);
	if (rc == EV_OK)
		rc = ev_scan_init(&s, &m.paths, false, NULL, e);
	if (rc == EV_OK)
		rc = ev_scan_block(&s, block, e);
	if (rc == EV_OK)
		rc = ev_scan_line(&s, &line, &skipped, e);
	if (rc == EV_OK)
		rc = ev_matching_run(&g, &s, e);
	if (rc == EV_OK && g.rules != 2)
		rc = EV_DATA;
	if (rc == EV_OK)
		rc = ev_explain(&x, ev_slice_str(rules[0]), line, e);
	if (rc == EV_OK && (!x.match || x.n != 2))
		rc = EV_DATA;
	ev_explanation_fini(&x);
	ev_scan_fini(&s);
	ev_matching_fini(&g);
	ev_match_fini(&m);
	return rc;
}

static enum ev_code
do_bad_value(struct ev_err *e)
{
	struct ev_value *v;
	enum ev_code rc = ev_value_parse(EV_LIT("{\"a\":[1,2,{\"b\":1,\"b\":2}]}"), &v, e);

	ev_value_free(v);
	return rc == EV_DATA ? EV_OK : rc;
}

static const struct {
	const char *name;
	enum ev_code (*run)(struct ev_err *e);
} works[] = {
	{ "the line reader", do_in },
	{ "matching", do_match },
	{ "the writer", do_out },
	{ "the hasher", do_hash },
	{ "the digest", do_digest },
	{ "files", do_file },
	{ "strings", do_str },
	{ "splices", do_splice },
	{ "a tree", do_value },
	{ "a tree that is refused", do_bad_value },
};

static void
fail_each(const char *name, enum ev_code (*run)(struct ev_err *e))
{
	size_t n = 0, wrong = 0;
	char what[80];
	bool failed;

	do {
		struct ev_err e = { 0 };
		enum ev_code rc;

		good = (long)n;
		rc = run(&e);
		failed = good < 0; /* then the n-th allocation was asked for */
		good = -1;
		if (failed ? rc != EV_SYS || e.code != EV_SYS || e.text[0] == '\0' : rc != EV_OK) {
			wrong++;
			printf("# allocation %zu: status %d, %s\n", n, rc, e.text);
		}
	} while (failed && n++ < 10000);
	printf("# %zu allocations\n", n);
	snprintf(what, sizeof(what), "%s: every failed allocation is told", name);
	ok_as(wrong == 0 && n > 0 && n < 10000, what);
}

static bool
write_inputs(void)
{
	static const char value[] =
	    "{\"a\":[1,2.5,\"x\",null,{\"b\":true}],\"a much longer name than the others\":{}}";
	int fd = open(*names, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool written = fd >= 0 && ftruncate(fd, 3 * EV_BLOCK) == 0 && lseek(fd, 0, SEEK_END) > 0 &&
	    ev_write_all(fd, "\n{}\n", 4, NULL) == EV_OK && close(fd) == 0;

	return written &&
	    ev_file_replace(AT_FDCWD, "nomem-value", ev_slice_str(value), NULL) == EV_OK;
}

int
main(void)
{
	if (__real_malloc == NULL || __real_XXH3_createState == NULL || __real_EVP_MD_fetch == NULL)
		tap_skip_all("linked without --wrap");
	ok(write_inputs());
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++) {
		struct ev_err e = { 0 };

		ok_as(works[i].run(&e) == EV_OK,
		    works[i].name); /* what the libraries keep is allocated now */
		fail_each(works[i].name, works[i].run);
	}
	return tap_done();
}
