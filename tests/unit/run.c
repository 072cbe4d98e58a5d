/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sig.h"
#include "tap.h"
#include "work/run.h"

static char text[1 << 20];

/* The file's contents as a string; "(none)" when there is no such file. */
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

static size_t
count_in(const char *path, const char *part)
{
	const char *at = contents(path);
	size_t n = 0;

	for (; (at = strstr(at, part)) != NULL; at += strlen(part))
		n++;
	return n;
}

static bool
holds(const char *s, const char *part)
{
	if (strstr(s, part) != NULL)
		return true;
	printf("# '%s' lacks '%s'\n", s, part);
	return false;
}

/* A runner, and what it did. */
struct bench {
	struct ev_run run;
	struct ev_faults faults;
	struct ev_micro b;
	char done[4096];     /* "id:items " of each batch that was done */
	enum ev_code refuse; /* what done returns */
	bool durable;        /* each batch's faults were there when it was done */
	uint64_t seq;
	struct ev_err e;
};

static struct bench bench;

static enum ev_code
on_done(void *arg, const struct ev_micro *b, struct ev_err *e)
{
	struct bench *x = arg;
	size_t n = strlen(x->done);

	snprintf(x->done + n, sizeof(x->done) - n, "%s:%zu ", b->id, b->n);
	x->durable = count_in("faults", "\"type\":\"fault\"") == x->run.faults;
	return x->refuse == EV_OK ? EV_OK : ev_fail(e, x->refuse, "refused");
}

static const char *const *
sh(const char *script)
{
	static const char *argv[4];

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[3] = NULL;
	return argv;
}

static void
open_with(struct ev_run_args a, bool faults)
{
	static const char *const files[] = { "out", "faults", "tries", "starts", "ids" };
	size_t i;

	memset(&bench, 0, sizeof(bench));
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(files[i]);
	ok(ev_faults_open(
	       &bench.faults, faults ? "faults" : NULL, "evtest", NULL, NULL, &bench.e) == EV_OK);
	a.faults = &bench.faults;
	a.done = on_done;
	a.arg = &bench;
	a.back_off = a.back_off != 0 ? a.back_off : 1;
	ok(ev_run_open(&bench.run, &a, &bench.e) == EV_OK);
}

static enum ev_code
close_all(void)
{
	enum ev_code rc = ev_run_close(&bench.run, &bench.e);

	ev_faults_close(&bench.faults);
	ev_micro_fini(&bench.b);
	return rc;
}

static void
add(const char *line)
{
	if (ev_micro_add(&bench.b, ev_slice_str(line), bench.seq++, NULL) != EV_OK)
		exit(1);
}

static enum ev_code
put(const char *id)
{
	enum ev_code rc;

	snprintf(bench.b.id, sizeof(bench.b.id), "%s", id);
	rc = ev_run_put(&bench.run, &bench.b, &bench.e);
	if (bench.e.code != EV_OK)
		printf("# %s\n", bench.e.text);
	return rc;
}

/* Lines "0" to "n-1", with a poison in place of the number `bad`. */
static void
add_numbers(int n, int bad)
{
	char line[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%d", i);
		add(i == bad ? "poison" : line);
	}
}

/* Those lines but the poison, as "0\n1\n…". */
static const char *
numbers(int n, int bad)
{
	static char s[1 << 16];
	size_t at = 0;
	int i;

	s[0] = '\0';
	for (i = 0; i < n; i++)
		if (i != bad)
			at += (size_t)snprintf(s + at, sizeof(s) - at, "%d\n", i);
	return s;
}

/* The greatest number of starts that one poison among n may cost. */
static uint64_t
bound(uint64_t n)
{
	uint64_t square = n * n, log = 0; /* of n squared: 2 log2(n) */

	while (square >>= 1)
		log++;
	return log + 2;
}

/* --- a command per batch --- */

static void
a_batch_is_done(void)
{
	open_with(
	    (struct ev_run_args){ .command = sh("cat >>out; echo $EVHUB_BATCH >>ids") }, true);
	add("{\"id\":1}");
	add("{\"id\":2}");
	ok(put("s 0 17") == EV_OK);
	ok_as(bench.b.n == 0 && bench.b.bytes.n == 0, "its contents are taken");
	add("{\"id\":3}");
	ok(put("s 0 19") == EV_OK);
	ok(put("s 0 20") == EV_OK);
	is_str(bench.done, "s 0 17:2 s 0 19:1 s 0 20:0 ");
	is_str(contents("out"), "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
	is_str(contents("ids"), "s 0 17\ns 0 19\n");
	ok(bench.run.batches == 3 && bench.run.invocations == 2 && bench.run.faulty == 0);
	ok_as(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK, "nothing is open");
	ok(ev_run_fd(&bench.run) == -1);
	ok(close_all() == EV_OK);
	ok(close_all() == EV_OK);
}

static void
statuses_decide(void)
{
	static const struct {
		const char *script;
		enum ev_code rc;
		const char *says;
	} want[] = {
		{ "exit 0", EV_OK, "" },
		{ "exit 3", EV_OK, "" },
		{ "head -n 1 >/dev/null", EV_OK, "" },
		{ "echo no such flag >&2; exit 2", EV_USAGE,
		    "'sh' ended with status 2: no such flag" },
		{ "no-such-command", EV_USAGE, "'sh' ended with status 127: " },
		{ "exit 126", EV_USAGE, "'sh' ended with status 126" },
		{ "exit 5", EV_SYS, "'sh' ended with status 5" },
		{ "exit 6", EV_AGAIN, "'sh' ended with status 6" },
		{ "kill -9 $$", EV_AGAIN, "'sh' was killed by signal 9 (Killed)" },
		{ "exit 4", EV_DATA, "event 0: 'sh' ended with status 4" },
		{ "echo bad >&2; exit 1", EV_DATA, "event 0: 'sh' ended with status 1: bad" },
		{ "exit 7", EV_DATA, "event 0: 'sh' ended with status 7" },
		{ "exit 125", EV_DATA, "event 0: 'sh' ended with status 125" },
	};
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		printf("# %s\n", want[i].script);
		open_with((struct ev_run_args){ .command = sh(want[i].script) }, false);
		add("{\"id\":1}");
		add("{\"id\":2}");
		ok(put("b") == want[i].rc);
		ok(holds(bench.e.text, want[i].says));
		is_str(bench.done, want[i].rc == EV_OK ? "b:2 " : "");
		ok(bench.run.faulty == (strcmp(want[i].script, "exit 3") == 0));
		ok(close_all() == EV_OK);
	}
	open_with((struct ev_run_args){ .command =
					    (const char *const[]){ "no-such-command", "x", NULL } },
	    true);
	add("{\"id\":1}");
	ok(put("b") == EV_USAGE);
	is_str(bench.e.text, "cannot run 'no-such-command': No such file or directory");
	ok_as(bench.run.faults == 0, "a typo makes no fault");
	ok(close_all() == EV_OK);
}

/* Takes all or nothing: a part with a poison is refused. */
#define PICKY                                                                                      \
	"cat >in; if grep -q poison in; then echo \"it is poison\" >&2; exit %d; fi; cat in >>out"

static void
poison_is_found(int n, int bad, int status)
{
	char script[256], fault[128];

	snprintf(script, sizeof(script), PICKY, status);
	open_with((struct ev_run_args){ .command = sh(script) }, true);
	add_numbers(n, bad);
	printf("# %d of %d\n", bad, n);
	ok(put("b") == EV_OK);
	is_str(contents("out"), n > 1 ? numbers(n, bad) : "(none)");
	ok(bench.run.faults == 1 && count_in("faults", "\"type\":\"fault\"") == 1);
	snprintf(fault, sizeof(fault), "\"message\":\"'sh' ended with status %d: it is poison\"",
	    status);
	ok(count_in("faults", fault) == 1);
	ok(count_in("faults", "\"record\":\"poison\"") == 1);
	ok_as(bench.durable, "its fault was there when the batch was done");
	ok(holds(bench.done, "b:") && bench.run.batches == 1);
	ok_as(bench.run.invocations <= bound((uint64_t)n), "within the bound");
	ok(close_all() == EV_OK);
}

static void
poison_is_found_anywhere(void)
{
	static const int places[] = { 0, 1, 499, 500, 624, 999 };
	int n, bad;
	size_t i;

	for (n = 1; n <= 9; n++)
		for (bad = 0; bad < n; bad++)
			poison_is_found(n, bad, n % 2 ? 4 : 1);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		poison_is_found(1000, places[i], 125);
}

static void
several_poisons_are_found(void)
{
	char script[256];
	int i;

	snprintf(script, sizeof(script), PICKY, 1);
	open_with((struct ev_run_args){ .command = sh(script), .max_faults = 4 }, true);
	for (i = 0; i < 20; i++)
		add(i == 3 || i == 4 || i == 11 || i == 12 || i == 19 ? "poison" : "x");
	ok(put("b") == EV_OK);
	ok(bench.run.faults == 5 && count_in("faults", "\"type\":\"fault\"") == 5);
	ok_as(count_in("out", "x") == 15, "the others pass once each");
	is_str(bench.done, "b:20 ");
	ok(close_all() == EV_OK);
}

static void
too_many_faults_in_a_row_are_a_stop(void)
{
	open_with((struct ev_run_args){ .command = sh("exit 1"), .max_faults = 3 }, true);
	add_numbers(2, -1);
	ok(put("b") == EV_OK);
	add_numbers(2, -1);
	ok_as(put("c") == EV_DATA, "counted across batches");
	ok(holds(bench.e.text, "3 events in a row became faults, the last one as 'sh' ended"));
	ok(bench.run.faults == 3 && count_in("faults", "\"type\":\"fault\"") == 3);
	is_str(bench.done, "b:2 ");
	ok(close_all() == EV_OK);
}

static void
a_fault_has_the_same_id_again(void)
{
	char first[256];
	int i;

	for (i = 0; i < 2; i++) {
		open_with((struct ev_run_args){ .command = sh("exit 1") }, true);
		add("{\"id\":\"a\"}");
		ok(put("s 0 17") == EV_OK);
		ok(bench.faults.batch == NULL);
		ok(close_all() == EV_OK);
		contents("faults")[0] == '{' ? (void)0 : exit(1);
		text[45] = '\0';
		if (i == 0)
			memcpy(first, text, 46);
		else
			is_str(text, first);
	}
}

static void
the_end_of_stderr_is_the_message(void)
{
	open_with(
	    (struct ev_run_args){
		.command = sh("i=0; while [ $i -lt 900 ]; do echo line $i >&2; i=$((i + 1)); done; "
			      "printf 'a\\tb\\n\\n' >&2; exit 1") },
	    true);
	add("{\"id\":1}");
	ok(put("b") == EV_OK);
	ok(count_in("faults", "\"message\":\"'sh' ended with status 1: line 8") == 1);
	ok(count_in("faults", "line 898 line 899 a b\",\"stack") == 1);
	ok_as(count_in("faults", "line 700\\nline 701") == 1, "its stack holds more of it");
	ok(close_all() == EV_OK);
}

/* Fails that often, with what `how` is, and then does its work. */
#define FAILS(times, how)                                                                          \
	"echo >>tries; if [ $(wc -l <tries) -le " times " ]; then " how "; fi; cat >>out"

static void
what_is_transient_is_sent_again(void)
{
	open_with((struct ev_run_args){ .command = sh(FAILS("3", "exit 6")), .retries = 3 }, true);
	add("x");
	ok(put("b") == EV_OK);
	is_str(contents("out"), "x\n");
	ok(bench.run.retries == 3 && bench.run.invocations == 4 && bench.run.faults == 0);
	ok(close_all() == EV_OK);

	open_with(
	    (struct ev_run_args){ .command = sh(FAILS("3", "kill -9 $$")), .retries = 2 }, true);
	add("x");
	ok(put("b") == EV_AGAIN);
	ok(holds(bench.e.text, "'sh' was killed by signal 9 (Killed); gave up after 2 retries"));
	is_str(bench.done, "");
	is_str(contents("out"), "(none)");
	ok(close_all() == EV_OK);

	open_with((struct ev_run_args){ .command = sh(FAILS("1", "cat >/dev/null; exit 6")),
		      .retries = UINT64_MAX,
		      .max_age = 60000 },
	    true);
	add("x");
	ok_as(put("b") == EV_OK, "within the age");
	ok(close_all() == EV_OK);
}

static void
past_its_age_nothing_is_retried(void)
{
	open_with(
	    (struct ev_run_args){
		.command = sh("exit 6"), .retries = UINT64_MAX, .max_age = 1, .back_off = 2 },
	    true);
	add("x");
	ok(put("b") == EV_AGAIN);
	ok(close_all() == EV_OK);
}

static void
what_is_given_up_may_become_a_fault(void)
{
	char script[256];

	snprintf(script, sizeof(script), PICKY, 6);
	open_with(
	    (struct ev_run_args){ .command = sh(script), .retries = 2, .give_up_fault = true },
	    true);
	add_numbers(8, 5);
	ok(put("b") == EV_OK);
	is_str(contents("out"), numbers(8, 5));
	ok(bench.run.faults == 1 && count_in("faults", "\"record\":\"poison\"") == 1);
	ok(bench.run.retries == 2);
	ok_as(bench.run.invocations <= 2 + bound(8), "once given up, parts are sent once");
	ok(close_all() == EV_OK);
}

static void
past_its_time_it_is_ended(void)
{
	open_with((struct ev_run_args){ .command = sh("echo thinking >&2; read x <never"),
		      .timeout = 200 },
	    true);
	add("x");
	ok(put("b") == EV_AGAIN);
	ok(holds(bench.e.text, "'sh' did not end within 200 ms: thinking"));
	ok(close_all() == EV_OK);

	open_with((struct ev_run_args){ .command = sh(FAILS("1", "cat never | cat")),
		      .retries = UINT64_MAX,
		      .timeout = 500 },
	    true);
	add("x");
	ok_as(put("b") == EV_OK, "and the next one may do it");
	is_str(contents("out"), "x\n");
	ok(close_all() == EV_OK);
}

static void
what_fails_beside_it_stops(void)
{
	struct ev_faults full;

	open_with((struct ev_run_args){ .command = sh("cat >/dev/null") }, true);
	bench.refuse = EV_SYS;
	add("x");
	ok_as(put("b") == EV_SYS, "a commit that fails");
	is_str(bench.e.text, "refused");
	ok(close_all() == EV_OK);

	open_with((struct ev_run_args){ .command = sh("exit 1") }, true);
	ok(ev_faults_open(&full, "/dev/full", "evtest", NULL, NULL, &bench.e) == EV_OK);
	bench.run.args.faults = &full;
	add("x");
	ok_as(put("b") == EV_SYS, "a fault that cannot be kept");
	is_str(bench.done, "");
	ev_faults_close(&full);
	ok(close_all() == EV_OK);
}

/* --- workers --- */

/* For each line that is not blank, in $l, `each`; for a barrier, the $n-th, `then`. */
#define WORKER(each, then)                                                                         \
	"echo >>starts; n=0; while IFS= read -r l; do if [ -n \"$l\" ]; then " each                \
	"; else n=$((n + 1)); " then "; fi; done"
#define OUT "echo \"$l\" >>out"
#define OK "echo ok $n >&$EVHUB_ACK"
/* Whether this is the first start. */
#define FIRST "[ $(wc -l <starts) -eq 1 ]"

static size_t
starts(void)
{
	return count_in("starts", "\n");
}

static void
a_worker_answers(void)
{
	int i;

	open_with(
	    (struct ev_run_args){
		.command = sh("echo ok 0 >&$EVHUB_ACK; echo $EVHUB_BATCH >>ids; " WORKER(OUT, OK)),
		.worker = true,
		.timeout = 60000 },
	    true);
	for (i = 0; i < 5; i++) {
		add_numbers(3, -1);
		ok(put("s 0 worker") == EV_OK);
		ok(bench.run.open <= 1);
	}
	ok(ev_run_fd(&bench.run) >= 0);
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	ok(bench.run.open == 0 && bench.run.batches == 5);
	ok(put("s 0 worker") == EV_OK);
	ok_as(bench.run.batches == 6, "an empty batch is done at once");
	is_str(contents("ids"), "s 0 worker\n");
	ok(starts() == 1 && bench.run.invocations == 5);
	ok(close_all() == EV_OK);
	ok_as(strncmp(contents("out"), "0\n1\n2\n0\n1\n2\n0", 13) == 0, "in order");
}

static void
several_batches_are_in_flight(void)
{
	int i;

	open_with((struct ev_run_args){ .command = sh(WORKER(OUT, "[ $((n % 4)) -ne 0 ] || " OK)),
		      .worker = true,
		      .inflight = 4 },
	    true);
	for (i = 0; i < 4; i++) {
		add("x");
		ok(put("b") == EV_OK);
	}
	ok(put("b") == EV_OK);
	ok_as(bench.run.batches + bench.run.open == 5, "one answer for all of them");
	for (i = 0; i < 4; i++) {
		add("x");
		ok(put("b") == EV_OK);
	}
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(bench.done, "b:1 b:1 b:1 b:1 b:0 b:1 b:1 b:1 b:1 ");
	ok(starts() == 1);
	ok(close_all() == EV_OK);
}

static void
settling_has_a_limit(void)
{
	open_with(
	    (struct ev_run_args){ .command = sh(WORKER(":", "read x <gate; " OK)), .worker = true },
	    true);
	add("x");
	ok(put("b") == EV_OK);
	ok(ev_run_settle(&bench.run, 0, &bench.e) == EV_NO);
	ok(ev_run_settle(&bench.run, 20, &bench.e) == EV_NO);
	ok(bench.run.open == 1);
	ok(close(open("gate", O_WRONLY)) == 0);
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	ok(close_all() == EV_OK);

	open_with(
	    (struct ev_run_args){ .command = sh(WORKER(":", "read x <never")), .worker = true },
	    true);
	add("x");
	ok(put("b") == EV_OK);
	ok_as(close_all() == EV_OK, "what is open is given up");
	is_str(bench.done, "");
}

/* A worker whose first start goes wrong. */
static void
falls(const char *script, const char *says)
{
	int i;

	printf("# %s\n", says);
	open_with((struct ev_run_args){ .command = sh(script),
		      .worker = true,
		      .inflight = 2,
		      .timeout = 60000,
		      .retries = 1 },
	    true);
	for (i = 0; i < 3; i++) {
		add_numbers(2, -1);
		ok(put("b") == EV_OK);
	}
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(bench.done, "b:2 b:2 b:2 ");
	ok(starts() == 2 && bench.run.retries == 1 && bench.run.faults == 0);
	ok(close_all() == EV_OK);

	unlink("starts");
	open_with(
	    (struct ev_run_args){ .command = sh(script), .worker = true, .timeout = 60000 }, true);
	add_numbers(2, -1);
	(void)(put("b") == EV_OK && ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	ok_as(bench.e.code == EV_AGAIN && holds(bench.e.text, says), "and its message");
	ok(close_all() == EV_OK);
}

static void
a_worker_that_falls_is_started_again(void)
{
	falls(WORKER(OUT, "if " FIRST "; then exit 6; fi; " OK), "'sh' ended with status 6");
	falls(WORKER(OUT, "if " FIRST "; then kill -9 $$; fi; " OK), "was killed by signal 9");
	falls(WORKER(OUT, "if " FIRST "; then exit 0; fi; " OK),
	    "ended with status 0 without an answer; wanted 'ok K' for each blank line");
	falls(WORKER(OUT, "if " FIRST "; then echo ok 7 >&$EVHUB_ACK; fi; " OK),
	    "'sh' answered for batch 7, wanted one of those after 0 and up to 1");
	falls(WORKER(OUT, "if " FIRST "; then echo hello >&$EVHUB_ACK; fi; " OK),
	    "'sh' answered 'hello', wanted 'ok K' or {\"batch\":K,");
	falls(WORKER(OUT, "if " FIRST "; then echo 'ok -1' >&$EVHUB_ACK; fi; " OK),
	    "'sh' answered 'ok -1', wanted");
	falls(WORKER(OUT, "if " FIRST "; then echo '{\"batch\":1}' >&$EVHUB_ACK; fi; " OK),
	    "'sh' answered '{\"batch\":1}', wanted");
}

static void
an_answer_twice_ends_it(void)
{
	int i;

	open_with((struct ev_run_args){ .command = sh(WORKER(OUT,
					    OK "; if [ $n -eq 2 ] && " FIRST "; then " OK
					       "; read x <never; fi")),
		      .worker = true,
		      .retries = 1 },
	    true);
	for (i = 0; i < 4; i++) {
		add("x");
		ok(put("b") == EV_OK);
	}
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(bench.done, "b:1 b:1 b:1 b:1 ");
	ok(starts() == 2);
	ok(close_all() == EV_OK);
}

static void
one_that_ends_after_some_work_is_merely_started_again(void)
{
	int i;

	open_with((struct ev_run_args){ .command = sh(WORKER(OUT, OK "; [ $n -lt 2 ] || exit 0")),
		      .worker = true,
		      .inflight = 3 },
	    true);
	for (i = 0; i < 6; i++) {
		add("x");
		ok(put("b") == EV_OK);
	}
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	ok(bench.run.batches == 6 && bench.run.retries == 0);
	ok(starts() >= 3);
	ok_as(count_in("out", "x") >= 6, "nothing is lost");
	ok(close_all() == EV_OK);
}

static void
a_worker_is_judged_by_its_status(void)
{
	open_with((struct ev_run_args){ .command = sh("exit 2"), .worker = true }, true);
	add("x");
	ok((put("b") == EV_OK ? ev_run_settle(&bench.run, -1, &bench.e) : bench.e.code) ==
	    EV_USAGE);
	ok(close_all() == EV_OK);
	open_with(
	    (struct ev_run_args){ .command = sh("echo disk full >&2; exit 5"), .worker = true },
	    true);
	add("x");
	ok((put("b") == EV_OK ? ev_run_settle(&bench.run, -1, &bench.e) : bench.e.code) == EV_SYS);
	is_str(bench.e.text, "'sh' ended with status 5: disk full");
	ok(close_all() == EV_OK);
	open_with((struct ev_run_args){ .command = (const char *const[]){ "no-such-command", NULL },
		      .worker = true },
	    true);
	add("x");
	ok(put("b") == EV_USAGE);
	ok(close_all() == EV_OK);
}

static void
poison_kills_a_worker(int inflight)
{
	int i;

	open_with(
	    (struct ev_run_args){
		.command = sh(WORKER("case $l in poison) echo bad >&2; exit 4;; esac; " OUT, OK)),
		.worker = true,
		.inflight = (size_t)inflight },
	    true);
	for (i = 0; i < 5; i++) {
		add_numbers(7, i == 2 ? 4 : -1);
		ok(put("b") == EV_OK);
	}
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(bench.done, "b:7 b:7 b:7 b:7 b:7 ");
	ok(bench.run.faults == 1 &&
	    count_in("faults", "'sh' ended with status 4: bad\",\"stack") == 1);
	ok(bench.durable);
	ok(count_in("faults", "\"record\":\"poison\"") == 1);
	ok(count_in("out", "4\n") >= 4 && count_in("out", "6\n") >= 5);
	ok(close_all() == EV_OK);
}

static void
a_silent_worker_is_ended(void)
{
	open_with(
	    (struct ev_run_args){
		.command = sh("grep -v '^$' >>out"), .worker = true, .timeout = 200 },
	    true);
	add("x");
	ok((put("b") == EV_OK ? ev_run_settle(&bench.run, -1, &bench.e) : bench.e.code) ==
	    EV_AGAIN);
	ok(holds(
	    bench.e.text, "'sh' did not answer within 200 ms (a stage that drops blank lines"));
	ok(holds(bench.e.text, "needs --ack"));
	ok(close_all() == EV_OK);
}

/* More than pipes hold, to one that reads nothing, one that says much before it reads. */
static void
nobody_waits_for_ever(void)
{
	char *line = malloc(1 << 20);

	memset(line, 'x', (1 << 20) - 1);
	line[(1 << 20) - 1] = '\0';
	open_with(
	    (struct ev_run_args){ .command = sh("read x <never"), .worker = true, .timeout = 200 },
	    true);
	add(line);
	ok((put("b") == EV_OK ? ev_run_settle(&bench.run, -1, &bench.e) : bench.e.code) ==
	    EV_AGAIN);
	ok(close_all() == EV_OK);

	open_with(
	    (struct ev_run_args){
		.command = sh("exec <&-; read x <never"), .worker = true, .timeout = 200 },
	    true);
	add(line);
	ok((put("b") == EV_OK ? ev_run_settle(&bench.run, -1, &bench.e) : bench.e.code) ==
	    EV_AGAIN);
	ok(close_all() == EV_OK);

	open_with(
	    (struct ev_run_args){
		.command =
		    sh("i=0; while [ $i -lt 3000 ]; do echo 01234567890123456789012345678901 >&2; "
		       "i=$((i + 1)); done; " WORKER("echo ${#l} >>out", OK)),
		.worker = true },
	    true);
	add(line);
	ok(put("b") == EV_OK && ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(contents("out"), "1048575\n");
	ok(close_all() == EV_OK);
	free(line);
}

/* Says at barrier 1 that those fail, and ok from then on; a barrier leaves a `-` in out. */
#define NAMES(failures)                                                                            \
	WORKER(OUT,                                                                                \
	    "echo - >>out; if [ $n -eq 1 ]; then echo "                                            \
	    "'{\"batch\":1,\"batchItemFailures\":[" failures "]}' >&$EVHUB_ACK; else " OK "; fi")
#define ID(id) "{\"itemIdentifier\":\"" id "\"}"

static void
what_is_named_is_sent_again_alone(void)
{
	static const struct {
		const char *script, *again;
	} want[] = {
		{ NAMES(""), "" },
		{ NAMES(ID("b")), "{\"id\":\"b\"}\n-\n" },
		{ NAMES(ID("#2")), "{\"id\":\"b\"}\n-\n" },
		{ NAMES(ID("b") "," ID("#1")),
		    "{\"id\":\"a\",\"partitionKey\":\"k\"}\n{\"id\":\"b\"}\n-\n"
		    "{\"id\":\"c\",\"partitionKey\":\"k\"}\n-\n" },
		{ NAMES(ID("a")),
		    "{\"id\":\"a\",\"partitionKey\":\"k\"}\n-\n{\"id\":\"c\",\"partitionKey\":"
		    "\"k\"}\n-\n" },
		{ NAMES(ID("c")), "{\"id\":\"c\",\"partitionKey\":\"k\"}\n-\n" },
	};
	static const char sent[] = "{\"id\":\"a\",\"partitionKey\":\"k\"}\n{\"id\":\"b\"}\n"
				   "{\"id\":\"c\",\"partitionKey\":\"k\"}\n-\n";
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		open_with(
		    (struct ev_run_args){
			.command = sh(want[i].script), .worker = true, .retries = 1 },
		    true);
		add("{\"id\":\"a\",\"partitionKey\":\"k\"}");
		add("{\"id\":\"b\"}");
		add("{\"id\":\"c\",\"partitionKey\":\"k\"}");
		ok(put("b") == EV_OK && ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
		is_str(bench.done, "b:3 ");
		ok(strncmp(contents("out"), sent, sizeof(sent) - 1) == 0);
		is_str(text + sizeof(sent) - 1, want[i].again);
		ok(starts() == 1);
		ok(close_all() == EV_OK);
	}
}

static void
a_later_batch_waits_for_its_key(void)
{
	open_with((struct ev_run_args){ .command = sh("read x <gate; " NAMES(ID("a"))),
		      .worker = true,
		      .inflight = 2,
		      .retries = 1 },
	    true);
	add("{\"id\":\"a\",\"partitionKey\":\"k\"}");
	ok(put("b") == EV_OK);
	add("{\"id\":\"b\",\"partitionKey\":\"k\"}");
	add("{\"id\":\"c\",\"partitionKey\":\"l\"}");
	ok(put("b") == EV_OK);
	ok(close(open("gate", O_WRONLY)) == 0);
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(bench.done, "b:1 b:2 ");
	ok_as(strstr(contents("out"),
		  "-\n{\"id\":\"a\",\"partitionKey\":\"k\"}\n-\n{\"id\":\"b\",\"partitionKey\":"
		  "\"k\"}\n-\n") != NULL,
	    "it is sent again behind it");
	ok(count_in("out", "\"c\"") == 1);
	ok(close_all() == EV_OK);
}

/* Never does what has the id "bad". */
#define STUBBORN                                                                                   \
	WORKER("case $l in *bad*) f=1;; *) " OUT ";; esac",                                        \
	    "if [ \"$f\" ]; then f=; echo '{\"batch\":'$n',\"batchItemFailures\":[" ID(            \
		"bad") "]}' "                                                                      \
		       ">&$EVHUB_ACK; else " OK "; fi")

static void
what_is_always_named_is_given_up(void)
{
	open_with(
	    (struct ev_run_args){ .command = sh(STUBBORN), .worker = true, .retries = 2 }, true);
	add("{\"id\":\"a\"}");
	add("{\"id\":\"bad\"}");
	ok((put("b") == EV_OK ? ev_run_settle(&bench.run, -1, &bench.e) : bench.e.code) ==
	    EV_AGAIN);
	ok(holds(bench.e.text, "'sh' named 1 of 1 events that failed; gave up after 2 retries"));
	is_str(bench.done, "");
	ok(close_all() == EV_OK);

	open_with(
	    (struct ev_run_args){
		.command = sh(STUBBORN), .worker = true, .retries = 2, .give_up_fault = true },
	    true);
	add("{\"id\":\"a\"}");
	add("{\"id\":\"bad\"}");
	add("{\"id\":\"c\"}");
	ok(put("b") == EV_OK && ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(bench.done, "b:3 ");
	is_str(contents("out"), "{\"id\":\"a\"}\n{\"id\":\"c\"}\n");
	ok(bench.run.faults == 1 && count_in("faults", "\"record\":{\"id\":\"bad\"}") == 1);
	ok(close_all() == EV_OK);
}

static void
another_id_needs_another_worker(void)
{
	open_with((struct ev_run_args){ .command = sh("echo $EVHUB_BATCH >>ids; " WORKER(OUT, OK)),
		      .worker = true,
		      .inflight = 4 },
	    true);
	add("x");
	ok(put("s 0 worker") == EV_OK);
	add("y");
	ok(put("s 1 worker") == EV_OK);
	ok(ev_run_settle(&bench.run, -1, &bench.e) == EV_OK);
	is_str(contents("ids"), "s 0 worker\ns 1 worker\n");
	is_str(contents("out"), "x\ny\n");
	is_str(bench.done, "s 0 worker:1 s 1 worker:1 ");
	ok(close_all() == EV_OK);
}

/* In a process of its own: it never forgets that it was asked to stop. */
static void
a_stop_comes_before_a_retry(bool worker)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct ev_run_args a = { .command = sh("cat >/dev/null; exit 6"),
			.retries = UINT64_MAX,
			.back_off = 60000 };

		if (worker)
			a.command = sh(WORKER("[ $l = x ] || exit 6", "kill -TERM $PPID; " OK));
		else
			a.command = sh("kill -TERM $PPID; exit 6");
		a.worker = worker;
		a.done = on_done;
		a.arg = &bench;
		memset(&bench, 0, sizeof(bench));
		if (ev_sig_init(NULL) != EV_OK || ev_run_open(&bench.run, &a, NULL) != EV_OK)
			_exit(10);
		add("x");
		if (!worker)
			_exit(put("b") == EV_NO && bench.done[0] == '\0' ? 20 : 30);
		if (put("b") != EV_OK || ev_run_settle(&bench.run, -1, NULL) != EV_OK)
			_exit(40);
		add("y");
		status = put("c") == EV_NO || ev_run_settle(&bench.run, -1, NULL) == EV_NO;
		_exit(status && strcmp(bench.done, "b:1 ") == 0 ? 20 : 50);
	}
	ok(waitpid(pid, &status, 0) == pid);
	ok_as(WIFEXITED(status) && WEXITSTATUS(status) == 20,
	    worker ? "a worker may answer, but is not started again" : "nothing is sent again");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	setenv("PATH", "/usr/bin:/bin",
	    1); /* a folder there that may not be read changes what is said */
	ok(mkfifo("never", 0600) == 0 && mkfifo("gate", 0600) == 0);
	a_batch_is_done();
	statuses_decide();
	poison_is_found_anywhere();
	several_poisons_are_found();
	too_many_faults_in_a_row_are_a_stop();
	a_fault_has_the_same_id_again();
	the_end_of_stderr_is_the_message();
	what_is_transient_is_sent_again();
	past_its_age_nothing_is_retried();
	what_is_given_up_may_become_a_fault();
	past_its_time_it_is_ended();
	what_fails_beside_it_stops();
	a_worker_answers();
	several_batches_are_in_flight();
	settling_has_a_limit();
	a_worker_that_falls_is_started_again();
	an_answer_twice_ends_it();
	one_that_ends_after_some_work_is_merely_started_again();
	a_worker_is_judged_by_its_status();
	poison_kills_a_worker(1);
	poison_kills_a_worker(3);
	a_silent_worker_is_ended();
	nobody_waits_for_ever();
	what_is_named_is_sent_again_alone();
	a_later_batch_waits_for_its_key();
	what_is_always_named_is_given_up();
	another_id_needs_another_worker();
	a_stop_comes_before_a_retry(false);
	a_stop_comes_before_a_retry(true);
	return tap_done();
}
