/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sig.h"
#include "cli/near.h"
#include "cli/opt.h"
#include "tap.h"

struct conf {
	struct ev_events events;
	bool count;
	const char *str, *maybe, *choice, *file, *address;
	struct ev_list types;
	uint64_t limit, size;
	int fd;
	int64_t window;
	struct ev_when since;
	char **words;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt first[] = {
	{ 't', "type", EV_OPT_LIST, "PATTERN", AT(types), "Selection", "keep events of this type" },
	{ 0, "since", EV_OPT_WHEN, "TIME", AT(since), NULL, "keep events from then on" },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL }
};

static const struct ev_opt second[] = {
	{ 'c', "count", EV_OPT_FLAG, NULL, AT(count), NULL, "count" },
	{ 'n', NULL, EV_OPT_COUNT, "N", AT(limit), "Output", "stop after N events" },
	{ 0, "string", EV_OPT_STR, "TEXT", AT(str), NULL, "any text" },
	{ 'm', "maybe", EV_OPT_STR, "[=PATH]", AT(maybe), NULL, "a path or nothing" },
	{ 0, "choice", EV_OPT_CHOICE, "red|green", AT(choice), NULL, "a colour" },
	{ 0, "file", EV_OPT_FILE, "FILE", AT(file), NULL, "a file" },
	{ 0, "to", EV_OPT_ADDRESS, "ADDRESS", AT(address), NULL, "where to" },
	{ 0, "size", EV_OPT_SIZE, "SIZE", AT(size), NULL, "a size" },
	{ 0, "window", EV_OPT_DURATION, "DURATION", AT(window), NULL, "a duration" },
	{ 0, "fd", EV_OPT_FD, "FD", AT(fd), NULL, "a descriptor" },
	{ 0, "secret", EV_OPT_FLAG, NULL, AT(count), NULL, NULL },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL }
};

static const struct ev_opt *const tables[] = { first, second, ev_opt_common, ev_opt_events, NULL };

/* What the command does is said by its operands. */
static enum ev_code
run(void *arg, char **operand, struct ev_err *e)
{
	struct conf *conf = arg;
	const char *what = operand[0] != NULL ? operand[0] : "";

	if (strcmp(what, "pipe") == 0)
		return EV_PIPE;
	if (strcmp(what, "term") == 0)
		raise(SIGTERM);
	if (strcmp(what, "no") == 0)
		return EV_NO;
	if (strcmp(what, "note") == 0) {
		ev_note(&conf->events.common, "a %s", "note");
		ev_warn("a\033warning");
	}
	if (strcmp(what, "open") == 0) {
		ev_warn("%s",
		    open("/dev/null", O_RDONLY) > STDERR_FILENO ? "a number of its own"
								: "a taken number");
		return ev_write_all(STDOUT_FILENO, "x", 1, e);
	}
	if (strcmp(what, "bad") == 0 || strcmp(what, "cut") == 0) {
		static const char line[] = "{\"gr\303\274\303\237e\":[{\"prefixx\":1}]}";
		char text[300];
		int pad = *what == 'c' ? 200 : 0;

		snprintf(text, sizeof(text), "%*s%s", pad, "", line);
		ev_fail(e, EV_DATA, "unknown operator \"prefixx\"");
		ev_err_place(e, 12, ev_slice_str(text), (size_t)pad + 14);
		ev_err_name(e, "rules.json");
		return EV_DATA;
	}
	if (strcmp(what, "faults") == 0)
		ev_warn("%s %llu", conf->events.faults != NULL ? conf->events.faults : "none",
		    (unsigned long long)conf->events.max_line);
	return EV_OK;
}

static const struct ev_example examples[] = {
	{ "evtest -t 'order-*' shop.ndjson", "the orders" },
	{ NULL, NULL }
};

static const struct ev_cmd cmd = {
	.name = "evtest",
	.summary = "tests options",
	.operands = "[FILE...]",
	.max = 2,
	.examples = examples,
	.tables = tables,
	.conf = sizeof(struct conf),
	.run = run,
};

static const struct ev_cmd subs[] = { { .name = "put",
					  .summary = "puts",
					  .operands = "LAKE [SOURCE...]",
					  .min = 1,
					  .max = SIZE_MAX,
					  .tables = tables,
					  .conf = sizeof(struct conf),
					  .run = run },
	{ .name = "none", .summary = "has no options and no operands", .run = run },
	{ .name = NULL } };

static const struct ev_cmd parent = { .name = "evmany", .summary = "has subcommands", .sub = subs };

/* The last run: of the parser alone, or of a whole command. */
static struct conf conf;
static char *operand[32];
static struct ev_err err;
static char out[65536], errors[8192];

/* The words as an argv, whose strings may be written to. Valid until the next call. */
static char **
argv_of(const char *const *words, int *n)
{
	static char *argv[32], store[4096];
	size_t used = 0;

	for (*n = 0; words[*n] != NULL; ++*n) {
		size_t size = strlen(words[*n]) + 1;

		argv[*n] = memcpy(store + used, words[*n], size);
		used += size;
	}
	argv[*n] = NULL;
	return argv;
}

static enum ev_code
parse(const char *const *words)
{
	int n;

	ev_opt_fini(&cmd, &conf);
	conf = (struct conf){ .limit = 77 };
	err = (struct ev_err){ 0 };
	return ev_opt_parse(&cmd, argv_of(words, &n), &conf, operand, &err);
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static void
slurp(int fd, char *to, size_t size)
{
	ssize_t n = pread(fd, to, size - 1, 0);

	to[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int
scratch(void)
{
	char name[] = "optXXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || unlink(name) < 0)
		abort();
	return fd;
}

/* Starts the command in a process of its own, the descriptors in `shut` closed. The wait status. */
static int
start(const struct ev_cmd *c, const char *shut, const char *const *words)
{
	int o = scratch(), e = scratch(), n, status = -1;
	char **argv = argv_of(words, &n);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(o, STDOUT_FILENO);
		dup2(e, STDERR_FILENO);
		close(o);
		close(e);
		for (; *shut != '\0'; shut++)
			close(*shut - '0');
		_exit(ev_main(c, n, argv));
	}
	waitpid(pid, &status, 0);
	slurp(o, out, sizeof(out));
	slurp(e, errors, sizeof(errors));
	return status;
}

#define START(...) start(&cmd, "", (const char *const[]){ "evtest", __VA_ARGS__, NULL })
#define MANY(...) start(&parent, "", (const char *const[]){ "evmany", __VA_ARGS__, NULL })
#define STATUS(s) (WIFEXITED(s) ? WEXITSTATUS(s) : -1)
#define SIGNAL(s) (WIFSIGNALED(s) ? WTERMSIG(s) : 0)

static void
long_options_take_values_in_two_ways(void)
{
	ok(PARSE("--string=a=b", "--choice", "green") == EV_OK);
	is_str(conf.str, "a=b");
	is_str(conf.choice, "green");
	ok(PARSE("--string=", "--string", "--count") == EV_OK && strcmp(conf.str, "--count") == 0);
	ok_as(!conf.count, "what follows an option that wants a value is its value");
}

static void
letters_come_alone_in_bundles_and_with_values(void)
{
	ok(PARSE("-qct", "a", "-tb", "-n5") == EV_OK);
	ok_as(conf.count && conf.events.common.quiet && conf.limit == 5, "flags in a bundle, -n5");
	ok(conf.types.n == 2 && conf.types.v[2] == NULL);
	is_str(conf.types.v[0], "a");
	is_str(conf.types.v[1], "b");
}

static void
operands_stand_anywhere(void)
{
	ok(PARSE("one", "-c", "-", "--", "-t", "--") == EV_OK);
	ok(conf.count && operand[4] == NULL);
	is_str(operand[0], "one");
	is_str(operand[1], "-");
	is_str(operand[2], "-t");
	is_str(operand[3], "--");
}

static void
a_command_stands_behind_two_dashes(void)
{
	struct ev_cmd with = cmd;
	int n;

	with.words = AT(words);
	conf = (struct conf){ .limit = 77 };
	ok(ev_opt_parse(&with,
	       argv_of((const char *const[]){ "one", "-c", "--", "sh", "-c", "--", NULL }, &n),
	       &conf, operand, &err) == EV_OK);
	ok_as(conf.count && operand[1] == NULL, "the command is no operand");
	is_str(operand[0], "one");
	ok(conf.words != NULL && conf.words[3] == NULL);
	is_str(conf.words[0], "sh");
	is_str(conf.words[1], "-c");
	is_str(conf.words[2], "--");
	conf = (struct conf){ .limit = 77 };
	ok(ev_opt_parse(&with, argv_of((const char *const[]){ "one", NULL }, &n), &conf, operand,
	       &err) == EV_OK);
	ok_as(conf.words == NULL, "without the dashes there is none");
	ok(ev_opt_parse(&with, argv_of((const char *const[]){ "one", "--", NULL }, &n), &conf, operand,
	       &err) == EV_OK);
	ok_as(conf.words != NULL && conf.words[0] == NULL, "an empty one can be told apart");
}

static void
a_flag_is_turned_off(void)
{
	ok(PARSE("-c", "--no-count") == EV_OK && !conf.count);
	ok(PARSE("--no-count", "-c") == EV_OK && conf.count);
	ok_as(PARSE("--no-string") == EV_USAGE, "only a flag has a --no-");
}

static void
an_optional_value_needs_its_equals_sign(void)
{
	ok(PARSE("--maybe", "x") == EV_OK && strcmp(conf.maybe, "") == 0 &&
	    strcmp(operand[0], "x") == 0);
	ok(PARSE("--maybe=x") == EV_OK && strcmp(conf.maybe, "x") == 0);
	ok(PARSE("-cm") == EV_OK && conf.count && strcmp(conf.maybe, "") == 0);
	ok(PARSE("-mx") == EV_OK && strcmp(conf.maybe, "x") == 0);
	ok(PARSE("--stats=json") == EV_OK && strcmp(conf.events.common.stats, "json") == 0);
}

static void
values_are_read_by_their_kind(void)
{
	ok(PARSE("--size", "64K", "--window", "1.5s", "--since", "2026-11-02") == EV_OK);
	ok(conf.size == 65536 && conf.window == 1500);
	ok(conf.since.set && conf.since.ms == INT64_C(1793577600000) &&
	    conf.since.width == 86400000);
	ok(PARSE("--since", "-10m") == EV_OK && conf.since.set);
	ok(PARSE("-n", "18446744073709551615") == EV_OK && conf.limit == UINT64_MAX);
	ok(PARSE("--fd", "1") == EV_OK && conf.fd == 1);
}

/* The arguments are refused with this message, and nothing is kept of the option. */
static void
refused(const char *want, enum ev_code rc)
{
	tap_is(err.text, strlen(err.text), want, strlen(want), want, __FILE__, __LINE__);
	ok(rc == EV_USAGE);
}

static void
a_wrong_value_says_option_found_and_wanted(void)
{
	refused("-n: found '5x'; wanted a whole number", PARSE("-n5x"));
	refused("-n: found ''; wanted a whole number", PARSE("-n", ""));
	refused("-n: found '-1'; wanted a whole number", PARSE("-n", "-1"));
	refused("-n: found '18446744073709551616'; wanted a whole number below 2^64",
	    PARSE("-n", "18446744073709551616"));
	refused("--choice: found 'blue'; wanted red|green", PARSE("--choice=blue"));
	refused("--choice: found 're'; wanted red|green", PARSE("--choice=re"));
	refused("--stats: found 'xml'; wanted json", PARSE("--stats=xml"));
	refused("--file: FILE was wanted, found nothing", PARSE("--file="));
	refused("--to: ADDRESS was wanted, found nothing", PARSE("--to", ""));
	refused("--fd: descriptor 999 is not open", PARSE("--fd=999"));
	refused("--fd: found 'x'; wanted the number of a descriptor", PARSE("--fd=x"));
	refused("--string wants TEXT, and nothing follows", PARSE("--string"));
	refused("-t wants PATTERN, and nothing follows", PARSE("-ct"));
	refused("--count takes no value, found '1'", PARSE("--count=1"));
	ok(PARSE("--since", "never") == EV_USAGE && strncmp(err.text, "--since: ", 9) == 0);
	ok(PARSE("--size", "5X") == EV_USAGE && strstr(err.text, "5X") != NULL);
}

static void
an_unknown_option_suggests_the_nearest(void)
{
	refused("unknown option '--cuont'; did you mean '--count'?", PARSE("--cuont=5"));
	refused("unknown option '--sin'; did you mean '--since'?", PARSE("--sin", "x"));
	refused("unknown option '--hlep'; did you mean '--help'?", PARSE("--hlep"));
	refused("unknown option '--nothing-like-it'; see --help", PARSE("--nothing-like-it"));
	refused("unknown option '--secre'; see --help", PARSE("--secre"));
	refused("unknown option '--'; see --help", PARSE("--=x"));
	refused("unknown option '-x'; see --help", PARSE("-x"));
	refused("unknown option '-x' in '-cx'; see --help", PARSE("-cx"));
}

static void
a_word_is_near_when_few_letters_differ(void)
{
	static const struct {
		const char *wrong, *word;
		bool near;
	} rows[] = { { "count", "count", true }, { "coutn", "count", true },
		{ "conut", "count", true }, { "cont", "count", true }, { "counnt", "count", true },
		{ "ocutn", "count", true }, { "cnoutx", "count", false },
		{ "xyunt", "count", true }, { "xyznt", "count", false },
		{ "max", "max-line", true }, { "m", "max-line", false }, { "", "to", false },
		{ "xy", "to", false } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ev_near n = { .wrong = rows[i].wrong };

		ev_near_try(&n, rows[i].word);
		ok_as((n.best != NULL) == rows[i].near, rows[i].wrong);
	}
}

static void
help_opens_with_an_example(void)
{
	char *example, *usage, *type, *limit;

	ok(STATUS(START("--help")) == 0 && *errors == '\0');
	example = strstr(out, "  evtest -t 'order-*' shop.ndjson\n      the orders\n");
	usage = strstr(out, "Usage: evtest [OPTION...] [FILE...]\n");
	type =
	    strstr(out, "\nSelection:\n  -t, --type PATTERN          keep events of this type\n");
	limit = strstr(out, "  -n N  ");
	ok(example != NULL && usage > example && type > usage && limit > type);
	ok_as(strstr(out, "\nReading events:\n      --faults ADDRESS") != NULL,
	    "shared rows stand under their heading");
	ok_as(strstr(out, "\nOptions:") == NULL,
	    "a row without a group belongs to that of the row before");
	ok(strstr(out, "      --maybe[=PATH]") == NULL &&
	    strstr(out, "  -m, --maybe[=PATH]") != NULL);
	ok(strstr(out, "secret") == NULL && strstr(out, "dump-options") == NULL);
	ok_as(strstr(strstr(out, "--quiet") + 1, "--quiet") == NULL,
	    "a table that is listed twice is shown once");
}

static void
the_short_help_has_a_line_per_option(void)
{
	ok(STATUS(START("-h")) == 0);
	ok(strncmp(out, "Usage: evtest [OPTION...] [FILE...]\n\n  -t, --type", 45) == 0);
	ok(strstr(out, "Examples") == NULL &&
	    strstr(out, "keep events of this type\n      --since") != NULL);
}

static void
help_of_subcommands(void)
{
	ok(STATUS(MANY("--help")) == 0);
	ok(strstr(out, "\nSubcommands:\n  put       puts\n  none      has no") != NULL);
	ok(STATUS(MANY("put", "--help")) == 0 &&
	    strstr(out, "Usage: evmany put [OPTION...] LAKE [SOURCE...]\n"));
	ok(STATUS(MANY("none", "-h")) == 0 &&
	    strncmp(out, "Usage: evmany none [OPTION...]\n", 31) == 0);
	ok(STATUS(MANY("--version")) == 0 && strncmp(out, "evmany (evhub) ", 15) == 0);
	ok_as(strchr(out, '\n') == out + strlen(out) - 1, "the version is one line");
}

static void
subcommands_are_found(void)
{
	ok_as(STATUS(MANY("-q", "--color", "never", "put", "note", "-tx")) == 0,
	    "options stand before and behind");
	is_str(errors, "evmany: a.warning\n");
	ok(STATUS(MANY("none")) == 0);
	ok(STATUS(MANY("putt")) == 2);
	is_str(errors, "evmany: unknown subcommand 'putt'; did you mean 'put'?\n");
	ok(STATUS(MANY("-q")) == 2);
	is_str(errors, "evmany: which subcommand? see evmany --help\n");
	ok(STATUS(MANY("put")) == 2);
	is_str(errors, "evmany: no operand; usage: evmany put [OPTION...] LAKE [SOURCE...]\n");
	ok(STATUS(MANY("none", "x")) == 2);
	is_str(errors, "evmany: one operand too many, 'x'; usage: evmany none [OPTION...]\n");
}

static void
the_status_is_what_run_returned(void)
{
	ok(STATUS(START("x", "y")) == 0 && *errors == '\0');
	ok(STATUS(START("no")) == 1 && *errors == '\0');
	ok(STATUS(START("x", "y", "z")) == 2);
	ok(STATUS(start(&cmd, "", (const char *const[]){ NULL })) == 0);
}

static void
an_error_shows_its_place_with_a_caret(void)
{
	ok(STATUS(START("bad")) == 4);
	is_str(errors, "evtest: rules.json:12:15: unknown operator \"prefixx\"\n"
	    "  {\"gr\303\274\303\237e\":[{\"prefixx\":1}]}\n"
	    "              ^\n");
	ok(STATUS(START("cut")) == 4);
	ok_as(
	    strstr(errors, "\n...  ") != NULL, "a line that is cut at its front begins with dots");
	ok(strchr(strchr(errors, '\n') + 1, '^') - strrchr(errors, '^') == 0);
	ok(STATUS(START("--color=always", "bad")) == 4 &&
	    strstr(errors, "\033[1;31m^\033[0m\n") != NULL);
	ok(strncmp(errors, "\033[1mevtest:\033[0m rules.json:", 27) == 0);
}

static void
a_process_dies_of_its_signal(void)
{
	ok(SIGNAL(START("pipe")) == SIGPIPE && *errors == '\0');
	ok(SIGNAL(START("term")) == SIGTERM && *errors == '\0');
	ok_as(SIGNAL(start(&cmd, "", (const char *const[]){ "evtest", "-q", "term", NULL })) ==
		SIGTERM,
	    "the same with -q");
}

static void
closed_descriptors_are_not_taken_by_files(void)
{
	ok_as(STATUS(start(&cmd, "1", (const char *const[]){ "evtest", "open", NULL })) == 5,
	    "writing to a closed stdout fails");
	is_str(errors, "evtest: a number of its own\nevtest: write: Bad file descriptor\n");
	ok(STATUS(start(&cmd, "0", (const char *const[]){ "evtest", "open", NULL })) == 0);
	is_str(errors, "evtest: a number of its own\n");
	ok(STATUS(start(&cmd, "012", (const char *const[]){ "evtest", "open", NULL })) == 5);
	ok(STATUS(start(&cmd, "1", (const char *const[]){ "evtest", "--help", NULL })) == 5);
}

static void
notes_are_silenced_and_made_harmless(void)
{
	ok(STATUS(START("note")) == 0);
	is_str(errors, "evtest: a note\nevtest: a.warning\n");
	ok(STATUS(START("-q", "note")) == 0);
	is_str(errors, "evtest: a.warning\n");
}

static void
faults_come_from_the_option_or_the_environment(void)
{
	unsetenv("EVHUB_FAULTS");
	START("faults");
	is_str(errors, "evtest: none 16777216\n");
	setenv("EVHUB_FAULTS", "lake:x", 1);
	START("faults", "--max-line=1K");
	is_str(errors, "evtest: lake:x 1024\n");
	START("faults", "--faults", "null:");
	is_str(errors, "evtest: null: 16777216\n");
	setenv("EVHUB_FAULTS", "", 1);
	START("faults");
	is_str(errors, "evtest: none 16777216\n");
	unsetenv("EVHUB_FAULTS");
}

static void
colour_obeys_the_environment(void)
{
	ok(STATUS(START("bad")) == 4 && strchr(errors, '\033') == NULL);
	setenv("CLICOLOR_FORCE", "1", 1);
	ok(STATUS(START("bad")) == 4 && strchr(errors, '\033') != NULL);
	ok(STATUS(START("--color=never", "bad")) == 4 && strchr(errors, '\033') == NULL);
	setenv("NO_COLOR", "1", 1);
	ok(STATUS(START("bad")) == 4 && strchr(errors, '\033') == NULL);
	ok(STATUS(START("--color=always", "bad")) == 4 && strchr(errors, '\033') != NULL);
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
}

int
main(void)
{
	long_options_take_values_in_two_ways();
	letters_come_alone_in_bundles_and_with_values();
	operands_stand_anywhere();
	a_command_stands_behind_two_dashes();
	a_flag_is_turned_off();
	an_optional_value_needs_its_equals_sign();
	values_are_read_by_their_kind();
	a_wrong_value_says_option_found_and_wanted();
	an_unknown_option_suggests_the_nearest();
	ev_opt_fini(&cmd, &conf);
	a_word_is_near_when_few_letters_differ();
	help_opens_with_an_example();
	the_short_help_has_a_line_per_option();
	help_of_subcommands();
	subcommands_are_found();
	the_status_is_what_run_returned();
	an_error_shows_its_place_with_a_caret();
	a_process_dies_of_its_signal();
	closed_descriptors_are_not_taken_by_files();
	notes_are_silenced_and_made_harmless();
	faults_come_from_the_option_or_the_environment();
	colour_obeys_the_environment();
	return tap_done();
}
