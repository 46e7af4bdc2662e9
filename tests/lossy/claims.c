// SPDX-License-Identifier: GPL-2.0-only
/*
 * claims.c - see claims.h.
 *
 * Keys and values are compared by 64-bit hashes; the texts are kept for people.  Sets are sorted by key once
 * they are complete, and once more by group to find what a list lacks.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"

#define TEXT_MAX 1200

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	return hash;
}

void claims_init(struct claims *claims)
{
	*claims = (struct claims){ 0 };
}

void claims_fini(struct claims *claims)
{
	for (uint64_t i = 0; i < claims->nr; i++)
		free(claims->list[i].text);
	free(claims->list);
}

static struct claim *add(struct claims *claims, bool doubtful, const char *group, const char *key, const char *value)
{
	char text[TEXT_MAX];
	struct claim *claim;

	if (claims->nr == claims->room) {
		claims->room = claims->room ? claims->room * 2 : 256;
		claims->list = realloc(claims->list, claims->room * sizeof(*claims->list));
	}
	claim = &claims->list[claims->nr++];
	snprintf(text, sizeof(text), "%s%s%s: %s", group ? group : "", group ? ": " : "", key, value);
	*claim = (struct claim){ .value = hash_of(value), .group = group ? hash_of(group) : 0, .text = strdup(text),
				 .doubtful = doubtful };
	claim->key = hash_of(key) * 31 + claim->group;
	return claim;
}

#define FORMAT(buf, format)					\
	do {							\
		va_list args;					\
		va_start(args, format);				\
		vsnprintf(buf, sizeof(buf), format, args);	\
		va_end(args);					\
	} while (0)

void claim(struct claims *claims, bool doubtful, const char *value, const char *format, ...)
{
	char key[TEXT_MAX / 2];

	FORMAT(key, format);
	add(claims, doubtful, NULL, key, value);
}

void claim_number(struct claims *claims, bool doubtful, int64_t value, const char *format, ...)
{
	char key[TEXT_MAX / 2], number[24];

	FORMAT(key, format);
	snprintf(number, sizeof(number), "%" PRId64, value);
	add(claims, doubtful, NULL, key, number);
}

void claim_entry(struct claims *claims, bool doubtful, const char *group, const char *format, ...)
{
	char key[TEXT_MAX / 2];

	FORMAT(key, format);
	add(claims, doubtful, group, key, "yes");
}

void claim_whole(struct claims *claims, bool doubtful, const char *group)
{
	add(claims, doubtful, group, "all", "yes")->whole = true;
}

/* ---- comparing ---- */
static int by_key(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->doubtful - y->doubtful;	/* the certain ones first */
}

static int by_group(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return x->group < y->group ? -1 : x->group > y->group;
}

static uint64_t lower(const struct claims *claims, uint64_t value, bool group)
{
	uint64_t lo = 0, hi = claims->nr;

	while (lo < hi) {
		uint64_t mid = (lo + hi) / 2;

		if ((group ? claims->list[mid].group : claims->list[mid].key) < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first whose value is among those that may be so; NULL. */
static const struct claim *find(const struct claims *in, const struct claim *claim)
{
	uint64_t i = lower(in, claim->key, false);
	bool certain = i < in->nr && !in->list[i].doubtful;

	for (; i < in->nr && in->list[i].key == claim->key && !(certain && in->list[i].doubtful); i++)
		if (in->list[i].value == claim->value)
			return &in->list[i];
	return NULL;
}

static void sort(struct claims *claims, int (*compare)(const void *, const void *))
{
	if (claims->nr)
		qsort(claims->list, claims->nr, sizeof(*claims->list), compare);
}

static void find_lacking(const struct claims *whole, const struct claims *lossy, uint64_t group,
			 struct compared *compared, wrong_fn fn, void *arg)
{
	for (uint64_t i = lower(whole, group, true); i < whole->nr && whole->list[i].group == group; i++) {
		uint64_t at = lower(lossy, whole->list[i].key, false);

		if (whole->list[i].doubtful || whole->list[i].whole || whole->list[i].other ||
		    (at < lossy->nr && lossy->list[at].key == whole->list[i].key))
			continue;
		compared->nr_wrong++;
		fn(whole->list[i].text, "is lacking in a list that is said to lack none", arg);
	}
}

struct compared claims_compare(struct claims *whole, struct claims *lossy, wrong_fn fn, void *arg)
{
	struct compared compared = { 0 };

	sort(whole, by_key);
	sort(lossy, by_key);
	for (uint64_t i = 0; i < lossy->nr; i++) {
		const struct claim *claim = &lossy->list[i];

		compared.nr_doubtful += claim->doubtful;
		compared.nr_certain += !claim->doubtful;
		if (claim->doubtful || claim->whole || find(whole, claim))
			continue;
		compared.nr_wrong++;
		fn(claim->text, "is not so", arg);
	}
	sort(whole, by_group);
	for (uint64_t i = 0; i < lossy->nr; i++) {
		if (!lossy->list[i].whole || lossy->list[i].doubtful)
			continue;
		compared.nr_whole++;
		find_lacking(whole, lossy, lossy->list[i].group, &compared, fn, arg);
	}
	return compared;
}
