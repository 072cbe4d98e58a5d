/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sig.h"
#include "event/event.h"
#include "tap.h"
#include "target/scheme.h"

/* Lines are kept, a barrier is answered, and each start leaves a mark. */
#define ANSWERS                                                                                    \
	"exec:sh -c 'echo >>starts; echo ok 0 >&$EVHUB_ACK; k=0; while read -r l; do "             \
	"case $l in \"\") k=$((k + 1)); echo ok $k >&$EVHUB_ACK;; *) echo \"$l\" >>got;; esac; "   \
	"done'"

/* Answers a barrier with what is given. */
#define ANSWERS_AS(text)                                                                           \
	"exec:sh -c 'echo ok 0 >&$EVHUB_ACK; k=0; while read -r l; do case $l in "                 \
	"\"\") k=$((k + 1)); printf \"%s\\n\" \"" text "\" >&$EVHUB_ACK;; esac; done'"

static char text[1 << 20];

static const char *
contents(const char *path)
{
	struct ev_buf b = EV_BUF(sizeof(text) - 1);

	if (ev_file_read(AT_FDCWD, path, &b, NULL) != EV_OK)
		return "(none)";
	memcpy(text, ev_buf_str(&b), b.n + 1);
	ev_buf_fini(&b);
	return text;
}

/* The words with bars between them, or the message and where its caret stands. */
static const char *
words(const char *line)
{
	static char out[512];
	struct ev_err e = { 0 };
	char **v, **w;

	if (ev_words_split(line, &v, &e) != EV_OK) {
		snprintf(out, sizeof(out), "%d:%lu %s", e.code, e.col, e.text);
		return out;
	}
	for (out[0] = '\0', w = v; *w != NULL; w++)
		snprintf(
		    out + strlen(out), sizeof(out) - strlen(out), "%s%s", w == v ? "" : "|", *w);
	free(v);
	return out;
}

static void
words_are_a_shells(void)
{
	is_str(words("cat"), "cat");
	is_str(words("  a\tb\n c  "), "a|b|c");
	is_str(words("a 'b c' d"), "a|b c|d");
	is_str(words("a\"b c\"'d e'f"), "ab cd ef");
	is_str(words("'' \"\""), "|");
	is_str(words("\\'a\\ b\\\\"), "'a b\\");
	is_str(words("'a\\b' \"a\\b\\\"\\\\\\$\""), "a\\b|a\\b\"\\$");
	is_str(words("$HOME `x` * ~ # {a,b} x=1 !"), "$HOME|`x`|*|~|#|{a,b}|x=1|!");
	is_str(words("sh -c 'a | b; (c) >d &'"), "sh|-c|a | b; (c) >d &");
	is_str(words("a \\| b"), "a|||b");
	is_str(words(""), "2:0 a command was wanted");
	is_str(words(" \t"), "2:0 a command was wanted");
	is_str(words("a 'b c"), "2:3 this quote is not closed");
	is_str(words("a \"b 'c'\\\""), "2:3 this quote is not closed");
	is_str(words("\"a\\"), "2:1 this quote is not closed");
	is_str(words("a\\"), "2:2 nothing behind this backslash");
	is_str(words("a | b"),
	    "2:3 this is for a shell: wanted it quoted, or the whole as sh -c '...'");
	is_str(words("a >b"),
	    "2:3 this is for a shell: wanted it quoted, or the whole as sh -c '...'");
	is_str(words("a b;"),
	    "2:4 this is for a shell: wanted it quoted, or the whole as sh -c '...'");
}

static void
it_takes_no_options(void)
{
	struct ev_address a;

	ok(ev_address_parse(&a, "exec:a #b=c %23 d", NULL) == EV_OK);
	is_str(a.rest, "a #b=c # d");
	is_str(a.opts, "");
	ev_address_fini(&a);
	ok_as(!ev_address_same("exec", "exec:exec"), "a command is no file");
}

/* A target; what happens to it in a row, and what came of it. */
struct place {
	struct ev_target t;
	struct ev_paths set;
	struct ev_err e;
};

static bool
open_place(struct place *p, const char *address)
{
	unlink("got");
	unlink("starts");
	*p = (struct place){ 0 };
	return ev_event_paths(&p->set, &p->e) == EV_OK &&
	    ev_target_open(&p->t, address, &p->set, &p->e) == EV_OK;
}

static void
close_place(struct place *p)
{
	ev_target_close(&p->t);
	ev_paths_fini(&p->set);
}

static enum ev_code
put(struct place *p, const char *line)
{
	return ev_target_put(&p->t, ev_slice_str(line), NULL, &p->e);
}

/* Puts and syncs so many times: the code that this ends with, and what it says. */
static void
delivers(const char *address, int times, const char *want)
{
	enum ev_code rc = EV_OK;
	char out[400];
	struct place p;

	ok(open_place(&p, address));
	for (int i = 0; i < times && rc == EV_OK; i++)
		if ((rc = put(&p, "{}")) == EV_OK)
			rc = ev_target_sync(&p.t, &p.e);
	snprintf(out, sizeof(out), "%d%s%s", rc, rc == EV_OK ? "" : " ", p.e.text);
	close_place(&p);
	is_str(out, want);
}

static void
it_runs_once_per_sync(void)
{
	struct place p;

	ok(open_place(&p, "exec:sh -c 'echo >>starts; cat >>got'"));
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("starts"), "(none)");
	ok(put(&p, "a") == EV_OK && put(&p, "b") == EV_OK && ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("got"), "a\nb\n");
	is_str(contents("starts"), "\n");
	ok(p.t.durable == 2);
	ok_as(ev_target_sync(&p.t, &p.e) == EV_OK, "nothing is new");
	ok(put(&p, "c") == EV_OK && ev_target_flush(&p.t, &p.e) == EV_OK && put(&p, "d") == EV_OK);
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("got"), "a\nb\nc\nd\n");
	is_str(contents("starts"), "\n\n");
	close_place(&p);
}

static void
it_is_asked_once_it_answers(void)
{
	struct place p;

	ok(open_place(&p, ANSWERS));
	for (int i = 0; i < 4; i++)
		ok(put(&p, "a") == EV_OK && ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("got"), "a\na\na\na\n");
	ok_as(strlen(contents("starts")) <= 2,
	    "started once more at most, if the first was done before it said so");
	close_place(&p);
}

static void
answers_that_are_wrong(void)
{
	delivers(ANSWERS_AS("ok 2"), 2,
	    "6 it answered 'ok 2' after 1 batches, of which 0 were answered");
	delivers(ANSWERS_AS("ok -1"), 2,
	    "6 it answered 'ok -1' after 1 batches, of which 0 were answered");
	delivers(ANSWERS_AS("done"), 2,
	    "6 it answered 'done' after 1 batches, of which 0 were answered");
	delivers(ANSWERS_AS("ok 1\nok 1"), 2,
	    "6 it answered 'ok 1' after 1 batches, of which 1 were answered");
}

/* A barrier of which events failed: the message names them. */
static void
answers_of_events_that_failed(void)
{
#define SOME "{\\\"batch\\\":1,\\\"batchItemFailures\\\":[{\\\"itemIdentifier\\\":\\\"e-7\\\"}]}"
	delivers(ANSWERS_AS(SOME), 2,
	    "4 1 events failed: "
	    "{\"batch\":1,\"batchItemFailures\":[{\"itemIdentifier\":\"e-7\"}]}");
	delivers(ANSWERS_AS("{\\\"batch\\\":$k,\\\"batchItemFailures\\\":[]}"), 2, "0");
}

static void
what_its_status_means(void)
{
	delivers("exec:sh -c 'cat >/dev/null'", 2, "0");
	delivers("exec:sh -c 'cat >/dev/null; exit 3'", 2, "0");
	delivers("exec:sh -c 'cat >/dev/null; exit 1'", 1, "4 it ended with status 1");
	delivers("exec:sh -c 'exit 4'", 1, "4 it ended with status 4");
	delivers("exec:sh -c 'cat >/dev/null; exit 6'", 1, "6 it ended with status 6");
	delivers("exec:sh -c 'kill -9 $$'", 1, "6 it was killed by signal 9 (Killed)");
	delivers("exec:sh -c 'exit 2'", 1, "2 it ended with status 2");
	delivers("exec:sh -c 'exit 5'", 1, "5 it ended with status 5");
	delivers("exec:./nosuch", 1, "2 cannot run './nosuch': No such file or directory");
}

static void
its_last_words(void)
{
	/* its stderr goes on to ours, which is of no interest here */
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO);
	delivers("exec:sh -c 'echo one >&2; echo two >&2; echo >&2; exit 1'", 1,
	    "4 it ended with status 1: two");
	delivers("exec:sh -c 'printf alone >&2; exit 1'", 1, "4 it ended with status 1: alone");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
}

/* It may end before it has read all: then its status tells, as that of head(1). */
static void
one_that_reads_no_more(void)
{
	static char line[1024];
	struct place p;

	memset(line, 'x', sizeof(line) - 1);
	ok(open_place(&p, "exec:sh -c 'echo >>starts; head -c 3 >>got'"));
	for (int round = 0; round < 2; round++) {
		bool good = true;

		for (int i = 0; i < 3000; i++)
			good = good && put(&p, line) == EV_OK;
		ok(good && ev_target_sync(&p.t, &p.e) == EV_OK);
	}
	is_str(contents("got"), "xxxxxx");
	is_str(contents("starts"), "\n\n");
	close_place(&p);
}

static void
one_that_answered_and_left(void)
{
	delivers("exec:sh -c 'echo ok 0 >&$EVHUB_ACK; read -r l; read -r b && echo ok 1 "
		 ">&$EVHUB_ACK; true'",
	    3, "6 it ended before it answered");
}

static void
nothing_is_lost_in_a_narrow_pipe(void)
{
	static char line[70000], want[400000];
	size_t n = 0;
	struct place p;

	ok(open_place(&p, "exec:sh -c 'sleep 0.1; cat >>got'"));
	for (int i = 0; i < 5; i++) {
		memset(line, 'a' + i, sizeof(line) - 1);
		ok(put(&p, line) == EV_OK);
		n += (size_t)sprintf(want + n, "%s\n", line);
	}
	ok(ev_target_sync(&p.t, &p.e) == EV_OK);
	ok_as(strcmp(contents("got"), want) == 0, "more than a pipe holds arrives whole");
	close_place(&p);
}

/* A stage that drops blank lines stands before the one that would answer. */
static void
a_barrier_that_is_lost(void)
{
	struct place p;

	ok(open_place(&p,
	    "exec:sh -c 'echo \"${EVHUB_ACK:+asked}\" >>starts; [ -z \"$EVHUB_ACK\" ] || echo ok 0 "
	    ">&$EVHUB_ACK; "
	    "grep . >>got'"));
	for (int i = 0; i < 3; i++)
		ok(put(&p, "a") == EV_OK && ev_target_sync(&p.t, &p.e) == EV_OK);
	is_str(contents("got"), "a\na\na\n");
	ok_as(strstr(contents("starts"), "asked\n\n") != NULL, "it is asked no more");
	close_place(&p);
}

static void
what_was_not_synced_is_given_up(void)
{
	struct place p;

	ok(open_place(&p, "exec:sh -c 'cat >>got; echo end >>got'"));
	ok(put(&p, "a") == EV_OK);
	close_place(&p);
	is_str(contents("got"), "(none)");
}

int
main(void)
{
	if (ev_sig_init(NULL) != EV_OK)
		return 1;
	words_are_a_shells();
	it_takes_no_options();
	it_runs_once_per_sync();
	it_is_asked_once_it_answers();
	answers_that_are_wrong();
	answers_of_events_that_failed();
	what_its_status_means();
	its_last_words();
	one_that_reads_no_more();
	one_that_answered_and_left();
	nothing_is_lost_in_a_narrow_pipe();
	a_barrier_that_is_lost();
	what_was_not_synced_is_given_up();
	return tap_done();
}
