/* SPDX-License-Identifier: MIT */
#include "match/pred.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/hash.h"

void
ev_pred_fini(struct ev_pred *p)
{
	free((char *)(uintptr_t)p->text.p);
	free(p->part);
	free(p->inner);
	ev_regex_fini(&p->regex);
	*p = (struct ev_pred){ .op = EV_OP_EXISTS };
}

void
ev_preds_fini(struct ev_preds *p)
{
	uint32_t i;

	for (i = 0; i < p->n; i++)
		ev_pred_fini(&p->v[i]);
	free(p->v);
	free(p->table);
	*p = (struct ev_preds){ 0 };
}

static bool
same_bound(const struct ev_bound *a, const struct ev_bound *b)
{
	return a->set == b->set && a->open == b->open &&
	    (!a->set || ev_quick_cmp(&a->num, &b->num) == 0);
}

static bool
same(const struct ev_pred *a, const struct ev_pred *b)
{
	if (a->op != b->op || a->path != b->path)
		return false;
	if (a->op == EV_OP_NUMBER || a->op == EV_OP_RANGE)
		return same_bound(&a->low, &b->low) && same_bound(&a->high, &b->high);
	if (a->op == EV_OP_NOT)
		return a->inners == b->inners &&
		    memcmp(a->inner, b->inner, a->inners * sizeof(*a->inner)) == 0;
	return ev_slice_eq(a->text, b->text);
}

static uint64_t
hash(const struct ev_pred *p)
{
	uint64_t h = (uint64_t)p->op << 32 | p->path;

	if (p->op == EV_OP_NUMBER || p->op == EV_OP_RANGE)
		h ^= (p->low.num.top ^ (uint64_t)p->low.num.exp) * 31 ^
		    (p->high.num.top ^ (uint64_t)p->high.num.exp);
	else if (p->op == EV_OP_NOT)
		h ^= ev_xxh3(p->inner, p->inners * sizeof(*p->inner));
	else
		h ^= ev_xxh3(p->text.p, p->text.n);
	return h * 0x9e3779b97f4a7c15ULL >> 32;
}

static uint32_t *
slot(const struct ev_preds *p, const struct ev_pred *want)
{
	uint32_t i = (uint32_t)hash(want) & (p->slots - 1);

	while (p->table[i] != 0 && !same(&p->v[p->table[i] - 1], want))
		i = (i + 1) & (p->slots - 1);
	return &p->table[i];
}

static enum ev_code
grow(struct ev_preds *p, struct ev_err *e)
{
	struct ev_preds wider = *p;
	uint32_t i;

	if (p->n == p->cap) {
		wider.cap = p->cap == 0 ? 64 : p->cap * 2;
		wider.v = realloc(p->v, wider.cap * sizeof(*wider.v));
		if (wider.v == NULL)
			return ev_fail_mem(e);
		p->v = wider.v;
		p->cap = wider.cap;
	}
	if (p->n < p->slots / 2)
		return EV_OK;
	wider.slots = p->slots == 0 ? 128 : p->slots * 2;
	wider.table = calloc(wider.slots, sizeof(*wider.table));
	if (wider.table == NULL)
		return ev_fail_mem(e);
	for (i = 0; i < p->n; i++)
		*slot(&wider, &p->v[i]) = i + 1;
	free(p->table);
	*p = wider;
	return EV_OK;
}

enum ev_code
ev_preds_take(struct ev_preds *p, struct ev_pred *want, uint32_t *number, struct ev_err *e)
{
	enum ev_code rc = grow(p, e);
	uint32_t *at;

	if (rc != EV_OK) {
		ev_pred_fini(want);
		return rc;
	}
	at = slot(p, want);
	if (*at == 0) {
		p->v[p->n++] = *want;
		*at = p->n;
	} else {
		ev_pred_fini(want);
	}
	*number = *at - 1;
	return EV_OK;
}

/* The first part stands at the beginning, the last at the end, the others in between, each as early
 * as it can. */
bool
ev_pred_wild(const struct ev_pred *p, struct ev_slice text)
{
	const struct ev_slice first = p->part[0], last = p->part[p->parts - 1];
	uint32_t i;

	if (text.n < first.n + last.n || !ev_slice_begins(text, first) ||
	    !ev_slice_ends(text, last))
		return false;
	text.p += first.n;
	text.n -= first.n + last.n;
	for (i = 1; i + 1 < p->parts; i++) {
		const char *at = memmem(text.p, text.n, p->part[i].p, p->part[i].n);

		if (at == NULL)
			return false;
		at += p->part[i].n;
		text.n -= (size_t)(at - text.p);
		text.p = at;
	}
	return true;
}

bool
ev_pred_range(const struct ev_pred *p, const struct ev_quick *number)
{
	int low = p->low.set ? ev_quick_cmp(number, &p->low.num) : 1;
	int high = p->high.set ? ev_quick_cmp(number, &p->high.num) : -1;

	return (low > 0 || (low == 0 && !p->low.open)) &&
	    (high < 0 || (high == 0 && !p->high.open));
}

static unsigned
read_ipv4(struct ev_slice text, unsigned char addr[16])
{
	unsigned part = 0, value = 0, digits = 0;
	size_t i;

	for (i = 0; i <= text.n; i++) {
		char c = i < text.n ? text.p[i] : '.';

		if (c >= '0' && c <= '9' && digits < 3) {
			value = value * 10 + (unsigned)(c - '0');
			digits++;
		} else if (c == '.' && digits > 0 && value <= 255 && part < 4) {
			addr[part++] = (unsigned char)value;
			value = digits = 0;
		} else {
			return 0;
		}
	}
	return part == 4 ? 4 : 0;
}

unsigned
ev_address_read(struct ev_slice text, unsigned char addr[16])
{
	char copy[INET6_ADDRSTRLEN + 1];

	if (text.n < 2 || text.n >= sizeof(copy))
		return 0;
	if (memchr(text.p, ':', text.n) == NULL)
		return read_ipv4(text, addr);
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return strlen(copy) == text.n && inet_pton(AF_INET6, copy, addr) == 1 ? 6 : 0;
}

void
ev_address_mask(unsigned char addr[16], unsigned bits)
{
	unsigned i;

	for (i = 0; i<16; i++, bits = bits> 8 ? bits - 8 : 0)
		addr[i] &= (unsigned char)(bits >= 8 ? 0xff : 0xff00U >> bits);
}
