/* SPDX-License-Identifier: MIT */
/*
 * Property: an edited line is the tree edited and nothing else: it parses to the tree that the edit
 * gives, and the edit undone gives the bytes of the line again.
 */
#include "json/splice.h"

#include "prop/prop.h"
#include "tap.h"
#include "json/str.h"
#include "json/value.h"

enum { ROUNDS = 10000, FAN = 4, NODES = 400, LINE = 64 * 1024 };

static const char *const names[] = { "a", "b", "id", "\xc3\xa9", "q\"\\", "", "x.y", "items", "\n",
	"0" };
enum { NAMES = sizeof(names) / sizeof(*names) };

/* The model: nodes in an array, children by number. Members of an object have names of their own.
 */
struct node {
	char kind; /* '{', '[', or 's' for a scalar */
	const char *scalar;
	size_t kids, kid[FAN], name[FAN]; /* name: into names */
};

struct tree {
	struct node node[NODES];
	size_t n;
	uint64_t *r;
};

static size_t
grow(struct tree *t, int depth)
{
	static const char *const scalars[] = { "0", "-1.5e3", "\"\"", "\"}{][,:\\\"\"", "true",
		"null", "\"\\u00e9\xe2\x82\xac\"", "12345" };
	struct node k = { 's', scalars[prop_below(t->r, 8)], 0, { 0 }, { 0 } };
	size_t at = t->n++, pick = prop_below(t->r, 10);

	if (depth == 0)
		k.kind = '{';
	else if (depth < 5 && t->n < NODES - 100)
		k.kind = pick < 4 ? '{' : pick < 6 ? '[' : 's';
	if (k.kind != 's')
		k.kids = prop_below(t->r, FAN + 1);
	for (size_t i = 0; i < k.kids; i++) {
		k.name[i] = i * 2 + prop_below(t->r, 2); /* all different */
		k.kid[i] = grow(t, depth + 1);
	}
	t->node[at] = k;
	return at;
}

static void
blanks(struct tree *t, struct ev_buf *b, bool wide)
{
	static const char *const some[] = { "", "", "", " ", "\t", " \r ", "  " };

	if (wide && ev_buf_adds(b, ev_slice_str(some[prop_below(t->r, 7)]), NULL) != EV_OK)
		exit(2);
}

static void
add(struct ev_buf *b, const char *text)
{
	if (ev_buf_adds(b, ev_slice_str(text), NULL) != EV_OK)
		exit(2);
}

/* A name as JSON, now and then with an escape that it would not need. */
static void
show_name(struct tree *t, struct ev_buf *b, size_t name, bool wide)
{
	if (wide && *names[name] == 'i' && prop_below(t->r, 2) != 0)
		add(b, strcmp(names[name], "id") == 0 ? "\"\\u0069d\"" : "\"\\u0069tems\"");
	else if (ev_str_encode(ev_slice_str(names[name]), b, NULL) != EV_OK)
		exit(2);
}

/* wide: with white space and needless escapes. */
static void
show(struct tree *t, size_t at, struct ev_buf *b, bool wide)
{
	const struct node *k = &t->node[at];

	if (k->kind == 's') {
		add(b, k->scalar);
		return;
	}
	add(b, k->kind == '{' ? "{" : "[");
	for (size_t i = 0; i < k->kids; i++) {
		add(b, i > 0 ? "," : "");
		blanks(t, b, wide);
		if (k->kind == '{') {
			show_name(t, b, k->name[i], wide);
			blanks(t, b, wide);
			add(b, ":");
			blanks(t, b, wide);
		}
		show(t, k->kid[i], b, wide);
		blanks(t, b, wide);
	}
	if (k->kids == 0)
		blanks(t, b, wide);
	add(b, k->kind == '{' ? "}" : "]");
}

/* Appends the step to path, in one of its forms. */
static void
add_step(struct tree *t, struct ev_buf *path, const struct node *k, size_t i)
{
	const char *name = names[k->name[i]];
	bool bare = *name != '\0' && strpbrk(name, ".\"\\\n") == NULL;

	if (k->kind == '[') {
		if (ev_buf_addf(path, NULL, "[%zu]", i) != EV_OK)
			exit(2);
	} else if (bare && prop_below(t->r, 4) != 0) {
		add(path, path->n > 0 ? "." : "");
		add(path, name);
	} else {
		add(path, "[");
		if (ev_str_encode(ev_slice_str(name), path, NULL) != EV_OK)
			exit(2);
		add(path, "]");
	}
}

/* Walks to a random child: its parent, and which one. False when the root is empty. */
static bool
choose(struct tree *t, struct ev_buf *path, size_t *parent, size_t *which)
{
	size_t at = 0;

	if (t->node[0].kids == 0)
		return false;
	for (;;) {
		*parent = at;
		*which = prop_below(t->r, t->node[at].kids);
		add_step(t, path, &t->node[at], *which);
		at = t->node[at].kid[*which];
		if (t->node[at].kids == 0 || prop_below(t->r, 3) == 0)
			return true;
	}
}

static bool
same_tree(struct ev_slice line, struct tree *t)
{
	struct ev_value *got = NULL, *want = NULL;
	struct ev_buf model = EV_BUF(LINE);
	bool same;

	show(t, 0, &model, false);
	same = ev_value_parse(line, &got, NULL) == EV_OK &&
	    ev_value_parse(ev_buf_view(&model), &want, NULL) == EV_OK && ev_value_equal(got, want);
	ev_value_free(got);
	ev_value_free(want);
	ev_buf_fini(&model);
	return same;
}

/* What stands at the chosen place, as it was written. */
static struct ev_slice
old_value(struct tree *t, size_t at, struct ev_buf *b)
{
	show(t, at, b, false);
	return ev_buf_view(b);
}

/* One edit of the line in b->line; b->out and b->back are the results, there and back. */
struct bench {
	struct ev_buf line, path, out, back, value;
};

/* Set: a marker in the place of the value; the marker's bytes replaced by the value's give the line
 * again. */
static bool
check_set(struct bench *b, struct tree *t, size_t parent, size_t which)
{
	static const char marker[] = "\"\\u004darker\"";
	size_t kid = t->node[parent].kid[which];
	struct node old = t->node[kid];
	const char *at;
	size_t head, tail;
	bool good;

	if (ev_splice_set(ev_buf_view(&b->line), ev_buf_view(&b->path), EV_LIT("\"\\u004darker\""),
		&b->out, NULL) != EV_OK)
		return false;
	t->node[kid] = (struct node){ 's', marker, 0, { 0 }, { 0 } };
	good = same_tree(ev_buf_view(&b->out), t);
	t->node[kid] = old;
	at = strstr(ev_buf_str(&b->out), marker);
	if (!good || at == NULL)
		return false;
	head = (size_t)(at - b->out.p);
	tail = b->out.n - head - (sizeof(marker) - 1);
	return head + tail < b->line.n && memcmp(b->line.p, b->out.p, head) == 0 &&
	    memcmp(b->line.p + b->line.n - tail, b->out.p + b->out.n - tail, tail) == 0;
}

static bool
check_delete(struct bench *b, struct tree *t, size_t parent, size_t which)
{
	struct node old = t->node[parent];
	struct node *k = &t->node[parent];
	bool good;

	if (ev_splice_delete(ev_buf_view(&b->line), ev_buf_view(&b->path), &b->out, NULL) != EV_OK)
		return false;
	k->kids--;
	memmove(k->kid + which, k->kid + which + 1, (k->kids - which) * sizeof(*k->kid));
	memmove(k->name + which, k->name + which + 1, (k->kids - which) * sizeof(*k->name));
	good = same_tree(ev_buf_view(&b->out), t);
	t->node[parent] = old;
	if (!good || old.kind != '{')
		return good;
	if (ev_splice_delete(ev_buf_view(&b->out), ev_buf_view(&b->path), &b->back, NULL) !=
		EV_NO ||
	    !ev_slice_eq(ev_buf_view(&b->back), ev_buf_view(&b->out)))
		return false;
	/* set again, at the end of its object */
	ev_buf_clear(&b->back);
	return ev_splice_set(ev_buf_view(&b->out), ev_buf_view(&b->path),
		   old_value(t, old.kid[which], &b->value), &b->back, NULL) == EV_OK &&
	    same_tree(ev_buf_view(&b->back), t);
}

static bool
check_rename(struct bench *b, struct tree *t, size_t parent, size_t which)
{
	struct node *k = &t->node[parent];
	size_t old = k->name[which],
	       fresh = NAMES - 1 - prop_below(t->r, 2); /* FAN * 2 and more are free */
	bool good;

	if (k->kind != '{')
		return ev_splice_rename(ev_buf_view(&b->line), ev_buf_view(&b->path), EV_LIT("x"),
			   &b->out, NULL) == EV_USAGE;
	good = ev_splice_rename(ev_buf_view(&b->line), ev_buf_view(&b->path),
		   ev_slice_str(names[fresh]), &b->out, NULL) == EV_OK;
	k->name[which] = fresh;
	good = good && same_tree(ev_buf_view(&b->out), t);
	k->name[which] = old;
	for (size_t i = 0; i < k->kids && good; i++)
		if (i != which)
			good = ev_splice_rename(ev_buf_view(&b->line), ev_buf_view(&b->path),
				   ev_slice_str(names[k->name[i]]), &b->back, NULL) == EV_DATA;
	return good;
}

/* A member that is not there goes in and out again without a trace. */
static bool
check_fresh(struct bench *b, struct tree *t)
{
	static const char *const paths[] = { "fresh", "fresh.x", "fresh[\"\\n\"].y.z" };
	struct ev_slice path = ev_slice_str(paths[prop_below(t->r, 3)]);
	bool good =
	    ev_splice_set(ev_buf_view(&b->line), path, EV_LIT("[0]"), &b->out, NULL) == EV_OK &&
	    ev_splice_delete(ev_buf_view(&b->out), EV_LIT("fresh"), &b->back, NULL) == EV_OK &&
	    ev_slice_eq(ev_buf_view(&b->back), ev_buf_view(&b->line));

	ev_buf_clear(&b->back);
	return good && ev_splice_delete(ev_buf_view(&b->line), path, &b->back, NULL) == EV_NO &&
	    ev_slice_eq(ev_buf_view(&b->back), ev_buf_view(&b->line));
}

static void
clear(struct bench *b)
{
	ev_buf_clear(&b->out);
	ev_buf_clear(&b->back);
	ev_buf_clear(&b->value);
}

int
main(int argc, char **argv)
{
	static bool (*const checks[])(struct bench *, struct tree *, size_t, size_t) = { check_set,
		check_delete, check_rename };
	static const char *const what[] = { "a value is replaced and nothing else",
		"a member or element is deleted and nothing else",
		"a member is renamed and nothing else" };
	struct bench b = { EV_BUF(LINE), EV_BUF(LINE), EV_BUF(LINE), EV_BUF(LINE), EV_BUF(LINE) };
	size_t wrong[3] = { 0 }, wrong_fresh = 0, edits = 0;
	uint64_t r = prop_seed(argc, argv);
	static struct tree t;

	t.r = &r;
	for (int i = 0; i < ROUNDS; i++) {
		size_t parent, which;

		t.n = 0;
		grow(&t, 0);
		clear(&b);
		ev_buf_clear(&b.line);
		ev_buf_clear(&b.path);
		show(&t, 0, &b.line, true);
		if (!check_fresh(&b, &t) && wrong_fresh++ == 0)
			printf(
			    "# fresh: %s\n# gives %s\n", ev_buf_str(&b.line), ev_buf_str(&b.out));
		if (!choose(&t, &b.path, &parent, &which))
			continue;
		edits++;
		for (size_t k = 0; k < 3; k++) {
			clear(&b);
			if (!checks[k](&b, &t, parent, which) && wrong[k]++ == 0)
				printf("# %s of %s\n# gives %s\n", ev_buf_str(&b.path),
				    ev_buf_str(&b.line), ev_buf_str(&b.out));
		}
	}
	for (size_t k = 0; k < 3; k++)
		ok_as(wrong[k] == 0, what[k]);
	ok_as(wrong_fresh == 0, "a new member comes and goes without a trace");
	ok_as(edits > ROUNDS / 2, "most lines have something to edit");
	ev_buf_fini(&b.line);
	ev_buf_fini(&b.path);
	ev_buf_fini(&b.out);
	ev_buf_fini(&b.back);
	ev_buf_fini(&b.value);
	return tap_done();
}
