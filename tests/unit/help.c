/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "cli/help.h"
#include "cli/text.h"
#include "tap.h"

struct conf {
	struct ev_common common;
	struct ev_list types;
	uint64_t limit;
	const char *dir, *to, *maybe;
};

#define AT(member) offsetof(struct conf, member)

static const struct ev_opt options[] = {
	{ 't', "type", EV_OPT_LIST, "PATTERN", AT(types), "Selection",
	    "keep events of this type: 'a:b', [x] or a\\b, --not others, and go on with many more "
	    "words until the line is full" },
	{ 'n', NULL, EV_OPT_COUNT, "N", AT(limit), "Output", "stop after N events" },
	{ 0, "dir", EV_OPT_DIR, "DIR", AT(dir), NULL, ".hidden or not" },
	{ 0, "an-option-with-a-long-name", EV_OPT_ADDRESS, "ADDRESS", AT(to), NULL, "where to" },
	{ 0, "maybe", EV_OPT_CHOICE, "[=one|two]", AT(maybe), NULL, "one, two or neither" },
	{ 0, "hidden", EV_OPT_STR, "X", AT(maybe), NULL, NULL },
	{ 0, NULL, EV_OPT_FLAG, NULL, 0, NULL, NULL }
};
static const struct ev_opt *const tables[] = { options, NULL };

static const struct ev_example examples[] = { { "evtest -t 'a' x", "\"quoted\"" }, { NULL, NULL } };

static const struct ev_cmd cmd = { .name = "evtest",
	.summary = "it tests",
	.operands = "[FILE...]",
	.examples = examples,
	.tables = tables };

static const struct ev_cmd subs[] = {
	{ .name = "put", .summary = "puts", .operands = "LAKE [SOURCE...]", .tables = tables },
	{ .name = "get", .summary = "it's a get", .operands = "LAKE ID..." },
	{ .name = NULL }
};
static const struct ev_cmd parent = { .name = "evmany", .summary = "has subcommands", .sub = subs };

static struct ev_buf out = EV_BUF(1 << 20);

static const char *
help(bool brief, size_t width)
{
	ev_buf_clear(&out);
	return ev_help(&cmd, &cmd, brief, width, &out, NULL) == EV_OK ? ev_buf_str(&out)
								      : "(failed)";
}

static const char *
dump(const struct ev_cmd *root, const char *format)
{
	ev_buf_clear(&out);
	return ev_dump(root, format, &out, NULL) == EV_OK ? ev_buf_str(&out) : "(failed)";
}

/* The longest line of the options. */
static size_t
widest(const char *text)
{
	size_t most = 0;

	for (text = strstr(text, "\nSelection"); *text != '\0'; text += *text == '\n') {
		size_t n = strcspn(text, "\n");

		if (strncmp(text, "A switch", 8) == 0)
			break;
		most = n > most ? n : most;
		text += n;
	}
	return most;
}

static bool
has(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		return true;
	printf("# in: %s\n", text);
	return false;
}

static void
help_is_folded_to_the_width(void)
{
	ok(has(help(false, 60), "  -t, --type PATTERN          keep events of this type:\n"
	    "                              'a:b', [x] or a\\b, --not\n"));
	ok(widest(help(false, 60)) <= 60 && widest(help(false, 60)) > 50);
	ok_as(widest(help(false, 1000)) <= 100, "never wider than 100 columns");
	ok_as(widest(help(false, 1)) <= 52, "on a very narrow terminal a column of words stays");
	ok(has(help(false, 80),
	    "\n      --an-option-with-a-long-name ADDRESS\n                              where "
	    "to\n"));
	ok(has(help(true, 20), "      --an-option-with-a-long-name ADDRESS  where to\n"));
}

static void
the_json_dump_has_every_option_on_its_line(void)
{
	const char *json = dump(&cmd, "json");

	ok(has(json,
	    "{\"name\":\"evtest\",\"summary\":\"it "
	    "tests\",\"operands\":\"[FILE...]\",\"examples\":[\n"
	    "{\"run\":\"evtest -t 'a' x\",\"what\":\"\\\"quoted\\\"\"}],\"options\":[\n"
	    "{\"name\":\"type\",\"letter\":\"t\",\"kind\":\"list\",\"arg\":\"PATTERN\","
	    "\"optional\":false,"
	    "\"group\":\"Selection\",\"help\":\"keep events of this type: 'a:b', [x] or a\\\\b, "
	    "--not"));
	ok(has(json,
	    "\n{\"name\":null,\"letter\":\"n\",\"kind\":\"count\",\"arg\":\"N\",\"optional\":"
	    "false,"));
	ok(has(json,
	    "\n{\"name\":\"maybe\",\"letter\":null,\"kind\":\"choice\",\"arg\":\"one|two\","
	    "\"optional\":true,"
	    "\"group\":\"Output\""));
	ok(has(json, "\"kind\":\"flag\",\"arg\":null") && strstr(json, "hidden\"") == NULL);
	ok(has(json, "],\"subcommands\":[]}\n"));
	json = dump(&parent, "json");
	ok(has(json, "],\"subcommands\":[\n{\"name\":\"put\",") &&
	    has(json, "]},\n{\"name\":\"get\",") && has(json, "]}]}\n"));
}

static void
the_manual_is_mdoc(void)
{
	const char *man = dump(&cmd, "man");

	ok(has(man, ".Ss Selection\n.Bl -tag -width Ds\n.It Fl t , Fl Fl type Ns = Ns Ar PATTERN\n"
	    "Keep events of this type: \\&'a:b', [x] or a\\eb, \\-\\-not others,"));
	ok(has(man, ".El\n.Ss Output\n.Bl -tag -width Ds\n.It Fl n Ar N\nStop after N events.\n"));
	ok(has(man, ".It Fl Fl dir Ns = Ns Ar DIR\n\\&.hidden or not.\n"));
	ok(has(man,
	    ".It Fl Fl maybe Ns Oo = Ns Ar one|two Oc\nOne, two or neither.\n.El\n.Ss Common\n"));
	ok(strstr(man, "hidden Ns") == NULL);
	man = dump(&parent, "man");
	ok(has(man, ".Ss evmany put\nPuts.\n.Bl -tag -width Ds\n.It Fl t ,"));
	ok(has(man, ".El\n.Ss evmany get\nIt's a get.\n.Ss Common\n.Bl"));
	ok_as(strstr(strstr(man, "Fl Fl quiet") + 1, "Fl Fl quiet") == NULL,
	    "what is common stands there once");
}

static void
shells_are_told_what_completes_a_value(void)
{
	const char *text = dump(&cmd, "bash");

	ok(has(
	    text, "\t' --type=' | ' --type' | ' -t') set -- none ;;\n\t' -n') set -- none ;;\n"));
	ok(has(text, "\t' --dir=' | ' --dir') set -- folders ;;\n"));
	ok(has(text, "\t' --maybe=') set -- words 'one two' ;;\n"));
	ok(has(
	    text, "set -- words '--type -n --dir --an-option-with-a-long-name --maybe --quiet "));
	ok(strstr(text, "hidden") == NULL && has(text, "\ncomplete -F _evtest evtest\n"));
	ok(has(dump(&parent, "bash"), "\t\tput | get) sub=$word && break ;;\n"));

	text = dump(&cmd, "zsh");
	ok(has(text, "#compdef evtest\n"));
	ok(has(text,
	    "\t\t'*'{-t+,--type=}'[keep events of this type: '\\''a:b'\\'', \\[x\\] or a\\\\b, "
	    "--not"));
	ok(has(text,
	    "\t\t-n+'[stop after N events]:N: '\n\t\t--dir='[.hidden or not]:DIR:_files -/'\n"));
	ok(has(text, "\t\t--maybe=-'[one, two or neither]::one|two:(one two)'\n"));
	ok(has(dump(&parent, "zsh"), "\t\t\t'get:it'\\''s a get'\n"));

	text = dump(&cmd, "fish");
	ok(has(text,
	    "complete -c evtest -s t -l type -r -f -d 'keep events of this type: \\'a:b\\', [x] or "
	    "a\\\\b,"));
	ok(has(text, "complete -c evtest -s n -r -f -d 'stop after N events'\n"));
	ok(has(text, "complete -c evtest -l maybe -f -a 'one two' -d"));
	ok(has(dump(&parent, "fish"),
	    "complete -c evmany -n __fish_use_subcommand -f -a get -d 'it\\'s a get'\n"));
}

static void
a_buffer_that_is_too_small_is_an_error(void)
{
	static const char *const formats[] = { "json", "man", "bash", "zsh", "fish" };
	size_t i, limit;
	bool refused = true;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		for (limit = 0; limit < 500; limit++) {
			struct ev_buf small = EV_BUF(limit);
			struct ev_err e = { 0 };

			refused = refused && ev_dump(&parent, formats[i], &small, &e) == EV_SYS &&
			    e.code == EV_SYS;
			ev_buf_fini(&small);
		}
	ok_as(refused, "every dump notices that its buffer is full");
}

static void
text_is_measured_in_code_points(void)
{
	ok(ev_text_width(EV_LIT("")) == 0 && ev_text_width(EV_LIT("gr\303\274n")) == 4);
	ok_as(ev_text_width(EV_LIT("\303(\377\360\237\230\200")) == 4,
	    "a byte that is no UTF-8 counts as one");
	ok(ev_text_cut(EV_LIT("\303\274\303\274x"), 2) == 4 && ev_text_cut(EV_LIT("ab"), 9) == 2);
}

static void
text_for_a_terminal_has_no_controls(void)
{
	char text[] = "a\033[1m\177\302\233b\302\240\355\240\200\364\220\200\200\300\200\303";
	size_t n = ev_text_plain(text, sizeof(text) - 1);

	tap_is(text, n, "a.[1m..b\302\240?????????\?\?", 20,
	    "C0, DEL, C1 are dots; surrogates, too large, overlong and torn are ?", __FILE__,
	    __LINE__);
}

static void
json_strings_are_escaped(void)
{
	ev_buf_clear(&out);
	ok(ev_text_json(&out, EV_LIT("a\"\\\n\0\037\303\274\377/"), NULL) == EV_OK);
	is_str(ev_buf_str(&out), "\"a\\\"\\\\\\n\\u0000\\u001f\303\274\357\277\275/\"");
}

int
main(void)
{
	help_is_folded_to_the_width();
	the_json_dump_has_every_option_on_its_line();
	the_manual_is_mdoc();
	shells_are_told_what_completes_a_value();
	a_buffer_that_is_too_small_is_an_error();
	text_is_measured_in_code_points();
	text_for_a_terminal_has_no_controls();
	json_strings_are_escaped();
	ev_buf_fini(&out);
	return tap_done();
}
