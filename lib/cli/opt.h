/* SPDX-License-Identifier: MIT */
#ifndef EV_OPT_H
#define EV_OPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/say.h"

/*
 * One table per command: its rows drive the parser, --help, the OPTIONS of the man page, the
 * completions of bash, zsh and fish, and a JSON dump.
 */
enum ev_opt_kind {
	EV_OPT_FLAG,     /* bool; --no-NAME turns it off */
	EV_OPT_STR,      /* const char *; the last one counts */
	EV_OPT_LIST,     /* struct ev_list; may be given several times */
	EV_OPT_COUNT,    /* uint64_t */
	EV_OPT_FD,       /* int; a descriptor number */
	EV_OPT_SIZE,     /* uint64_t, bytes: 64K */
	EV_OPT_DURATION, /* int64_t, ms: 1.5s */
	EV_OPT_WHEN,     /* struct ev_when */
	EV_OPT_CHOICE,   /* const char *; one of arg's words, divided by '|' */
	EV_OPT_FILE,     /* const char *; a path */
	EV_OPT_DIR,      /* const char *; a folder */
	EV_OPT_ADDRESS   /* const char *; an address (see target/target.h) */
};

struct ev_list {
	const char **v; /* owned, NULL-terminated once not empty; the strings are argv's */
	size_t n;
};

struct ev_when {
	bool set;
	int64_t ms, width; /* as ev_time_parse */
};

struct ev_opt {
	char letter;           /* 0: none */
	const char *name;      /* without one and without a letter a row ends the table */
	enum ev_opt_kind kind;
	/*
	 * Name of the argument, NULL for a flag. "[=WHAT]" makes it optional (EV_OPT_CHOICE and
	 * EV_OPT_STR: "" when left out).
	 */
	const char *arg;
	size_t off;            /* of the member in the command's conf */
	const char *group;     /* heading in --help and the man page; NULL: that of the row before */
	const char *help;      /* one sentence, no full stop, no capital; NULL: hidden */
};

/*
 * What every command has; conf begins with it. Rows: ev_opt_common, always the last table of a
 * command, whether it lists it or not, and ev_opt_report for commands that print reports (see
 * cli/table.h).
 */
struct ev_common {
	bool help, brief, quiet; /* brief: -h */
	const char *version;  /* --version[=long] */
	const char *color;    /* auto, always, never */
	const char *progress; /* auto, always, never */
	const char *stats;    /* NULL: none; "" or "json" */
	bool json, table;     /* reports: forced form */
	const char *dump;     /* --dump-options=FORMAT: json, man, bash, zsh, fish; hidden */
};
extern const struct ev_opt ev_opt_common[];
extern const struct ev_opt ev_opt_report[]; /* --json, --table */

enum { EV_STANDARD_TAGS = 6 };

/* What every reader of events has, behind ev_common in conf. Rows: ev_opt_events. */
struct ev_events {
	struct ev_common common;
	uint64_t max_line; /* EV_MAX_LINE unless given */
	bool trust;
	const char *faults; /* ADDRESS, from --faults or else EVHUB_FAULTS; NULL: none */
	const char *tags[2 * EV_STANDARD_TAGS + 1]; /* K, V, …, NULL: account, region, stage, source, functionname and
	                                             * pipeline, from EVHUB_TAG_<NAME> where set and not empty */
};
extern const struct ev_opt ev_opt_events[];

struct ev_example {
	const char *run;  /* a command line that a shell runs as it is, in a folder with share/tour's files */
	const char *what; /* what it does, a short sentence */
};

struct ev_cmd {
	const char *name;                  /* "evfilter"; of a subcommand "put" */
	const char *summary;               /* one sentence for NAME and --help */
	const char *operands;              /* "LAKE [SOURCE...]"; NULL: none are allowed */
	size_t min, max;                   /* number of operands; SIZE_MAX: any */
	/*
	 * Offset in conf of a `char **`: the words behind "--", NULL-terminated, are no operands but a
	 * command to run. It stays NULL without "--". 0: the command has none, "--" only ends the options.
	 */
	size_t words;
	const struct ev_example *examples; /* ended by { NULL, NULL } */
	const struct ev_opt *const *tables; /* ended by NULL (NULL: none); all offsets are in conf */
	size_t conf;                       /* sizeof its conf, which begins with struct ev_common */
	/* Sets the defaults of a zeroed conf; may be NULL. */
	void (*init)(void *conf);
	/* Does the work. operand is NULL-terminated. Returns what becomes the exit status. */
	enum ev_code (*run)(void *conf, char **operand, struct ev_err *e);
	const struct ev_cmd *sub;          /* subcommands, ended by one without a name; then run is NULL */
};

/*
 * The whole life of a command: parses argv, answers --help and --version, sets up signals, runs,
 * shows the error on stderr (name:line:col: text, the line and a caret), and returns the exit
 * status; dies of the signal when one asked to stop or the output's reader went away. A stdin,
 * stdout or stderr that is closed is opened on /dev/null first (stdin so that reads fail, stdout so that writes do), so that
 * no file takes its number.
 */
int ev_main(const struct ev_cmd *cmd, int argc, char **argv);

/* The rows of a command: `struct ev_rows r = { .cmd = cmd }; while (ev_rows_next(&r)) … r.row`. */
struct ev_rows {
	const struct ev_cmd *cmd;
	const struct ev_opt *row;
	const char *group; /* of row; never NULL */
	bool common;       /* row is one of ev_opt_common */
	size_t table;
};
bool ev_rows_next(struct ev_rows *r);

/* The argument's text without the "[=" and "]" of an optional one; "" for a flag. */
struct ev_slice ev_opt_arg(const struct ev_opt *o, bool *optional);

/* Takes the next word of a choice's argument off the front of *words; false when none is left. */
bool ev_opt_word(struct ev_slice *words, struct ev_slice *word);

/*
 * Parses args (argv without the name, NULL-terminated) into conf by the tables of cmd. Operands are
 * collected in operand, which has room for all args and a NULL. With subcommands it stops behind the
 * first operand, the subcommand. EV_USAGE names the option, what was found and what was wanted.
 */
enum ev_code ev_opt_parse(const struct ev_cmd *cmd, char *const *args, void *conf, char **operand,
    struct ev_err *e) EV_MUST;

/* Frees the lists in conf. */
void ev_opt_fini(const struct ev_cmd *cmd, void *conf);

#endif
