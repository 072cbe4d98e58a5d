/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sig.h"
#include "cli/help.h"
#include "cli/near.h"
#include "cli/opt.h"

/* Descriptors 0 to 2 that are closed would be taken by the first files that are opened. */
static bool
open_std(void)
{
	/* reads from stdin and writes to stdout fail */
	static const int how[] = { O_WRONLY, O_RDONLY, O_WRONLY };
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", how[fd]) != fd)
			return false;
	return true;
}

/* One start of a command: cmd is root, or the subcommand of root that was asked for. */
struct start {
	const struct ev_cmd *root, *cmd;
	char **operand; /* owned array */
	void *conf;     /* owned */
};

static bool
has_table(const struct ev_cmd *cmd, const struct ev_opt *table)
{
	const struct ev_opt *const *t = cmd->tables;

	while (t != NULL && *t != NULL && *t != table)
		t++;
	return t != NULL && *t != NULL;
}

/* What holds before the options are read. */
/* EVHUB_TAG_ACCOUNT and its like, where they say something. */
static void
read_tags(struct ev_events *events)
{
	static const struct {
		const char *tag, *variable;
	} standard[EV_STANDARD_TAGS] = {
		{ "account", "EVHUB_TAG_ACCOUNT" },
		{ "region", "EVHUB_TAG_REGION" },
		{ "stage", "EVHUB_TAG_STAGE" },
		{ "source", "EVHUB_TAG_SOURCE" },
		{ "functionname", "EVHUB_TAG_FUNCTIONNAME" },
		{ "pipeline", "EVHUB_TAG_PIPELINE" },
	};
	const char **kv = events->tags;

	for (size_t i = 0; i < EV_STANDARD_TAGS; i++) {
		const char *v = getenv(standard[i].variable);

		if (v == NULL || *v == '\0')
			continue;
		*kv++ = standard[i].tag;
		*kv++ = v;
	}
}

static void
set_defaults(const struct ev_cmd *cmd, void *conf)
{
	struct ev_common *c = conf;

	c->color = c->progress = "auto";
	if (has_table(cmd, ev_opt_events)) {
		struct ev_events *events = conf;
		const char *faults = getenv("EVHUB_FAULTS");

		events->max_line = EV_MAX_LINE;
		read_tags(events);
		events->faults = faults != NULL && *faults != '\0' ? faults : NULL;
	}
	if (cmd->init != NULL)
		cmd->init(conf);
}

static enum ev_code
parse(struct start *s, const struct ev_cmd *cmd, char *const *args, struct ev_err *e)
{
	size_t size = cmd->conf > sizeof(struct ev_common) ? cmd->conf : sizeof(struct ev_common);
	struct ev_common *c;
	enum ev_code rc;

	ev_opt_fini(s->cmd, s->conf);
	free(s->conf);
	s->cmd = cmd;
	s->conf = calloc(1, size);
	if (s->conf == NULL)
		return ev_fail_mem(e);
	set_defaults(cmd, s->conf);
	rc = ev_opt_parse(cmd, args, s->conf, s->operand, e);
	c = s->conf;
	ev_say_init(s->root->name, c->color);
	return rc;
}

static enum ev_code
no_such_sub(const struct ev_cmd *root, const char *word, struct ev_err *e)
{
	struct ev_near near = { .wrong = word };
	const struct ev_cmd *sub;

	for (sub = root->sub; sub->name != NULL; sub++)
		ev_near_try(&near, sub->name);
	if (near.best != NULL)
		return ev_fail(e, EV_USAGE, "unknown subcommand '%s'; did you mean '%s'?", word,
		    near.best);
	return ev_fail(e, EV_USAGE, "unknown subcommand '%s'; see --help", word);
}

/* Parses again with the subcommand's tables, its word taken out: options may stand before it. */
static enum ev_code
parse_sub(struct start *s, char **args, struct ev_err *e)
{
	const char *word = s->operand[0];
	const struct ev_cmd *sub = s->root->sub;
	char **at = args;

	while (sub->name != NULL && strcmp(sub->name, word) != 0)
		sub++;
	if (sub->name == NULL)
		return no_such_sub(s->root, word, e);
	while (*at != word)
		at++;
	for (; *at != NULL; at++)
		at[0] = at[1];
	return parse(s, sub, args, e);
}

static bool
asks(const struct ev_common *c)
{
	return c->help || c->brief || c->version != NULL || c->dump != NULL;
}

/* --help, --version and their like: answered on stdout. */
static enum ev_code
answer(const struct start *s, struct ev_err *e)
{
	const struct ev_common *c = s->conf;
	struct ev_buf out = EV_BUF(1 << 20);
	enum ev_code rc;

	if (c->dump != NULL)
		rc = ev_dump(s->root, c->dump, &out, e);
	else if (c->version != NULL)
		rc = ev_version(s->root, c->version, &out, e);
	else
		rc = ev_help(s->root, s->cmd, !c->help, ev_columns(STDOUT_FILENO), &out, e);
	if (rc == EV_OK && (rc = ev_write_all(STDOUT_FILENO, out.p, out.n, e)) != EV_OK)
		ev_err_name(e, "stdout");
	ev_buf_fini(&out);
	return rc;
}

static enum ev_code
check_operands(const struct start *s, struct ev_err *e)
{
	size_t n = 0, max = s->cmd->operands != NULL ? s->cmd->max : 0;
	struct ev_buf usage = EV_BUF(4096);

	while (s->operand[n] != NULL)
		n++;
	if (n >= s->cmd->min && n <= max)
		return EV_OK;
	if (ev_usage(s->root, s->cmd, &usage, NULL) != EV_OK)
		return ev_fail_mem(e);
	if (n > max)
		ev_fail(e, EV_USAGE, "one operand too many, '%s'; usage: %s", s->operand[max],
		    ev_buf_str(&usage));
	else
		ev_fail(e, EV_USAGE, "%s; usage: %s", n == 0 ? "no operand" : "not enough operands",
		    ev_buf_str(&usage));
	ev_buf_fini(&usage);
	return EV_USAGE;
}

static enum ev_code
run(struct start *s, char **args, struct ev_err *e)
{
	enum ev_code rc = parse(s, s->root, args, e);

	if (rc == EV_OK && s->root->sub != NULL && !asks(s->conf)) {
		if (s->operand[0] == NULL)
			return ev_fail(e, EV_USAGE, "which subcommand? see %s --help",
			    s->root->name);
		rc = parse_sub(s, args, e);
	}
	if (rc != EV_OK)
		return rc;
	if (asks(s->conf))
		return answer(s, e);
	if ((rc = check_operands(s, e)) != EV_OK)
		return rc;
	return s->cmd->run(s->conf, s->operand, e);
}

/* What the process ends with. Once all is in order it dies of the signal that asked it to stop. */
static int
end(enum ev_code rc, const struct ev_err *e)
{
	ev_say_bar("");
	if (rc == EV_PIPE)
		ev_sig_die(SIGPIPE);
	if (rc != EV_OK && e->code != EV_OK)
		ev_say_err(e);
	if (rc <= EV_PARTIAL && rc != EV_USAGE && ev_sig_stop() != 0)
		ev_sig_die(ev_sig_stop());
	return (int)rc;
}

int
ev_main(const struct ev_cmd *cmd, int argc, char **argv)
{
	struct start s = { .root = cmd, .cmd = cmd };
	struct ev_err e = { 0 };
	enum ev_code rc;

	ev_say_init(cmd->name, "auto");
	if (!open_std())
		return EV_SYS;
	s.operand = calloc((size_t)argc + 1, sizeof(*s.operand));
	rc = s.operand == NULL ? ev_fail_mem(&e) : ev_sig_init(&e);
	if (rc == EV_OK)
		rc = run(&s, argc > 0 ? argv + 1 : argv, &e);
	ev_opt_fini(s.cmd, s.conf);
	free(s.conf);
	free(s.operand);
	return end(rc, &e);
}
