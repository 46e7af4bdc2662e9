// SPDX-License-Identifier: GPL-2.0-only
/*
 * picture.c - see picture.h.
 *
 * A picture is large (every list of every object), so two of them are compared row by row and only
 * the first difference is printed; print_differences() shows all of them where the order of rows is
 * not part of the question.
 *
 * Rows are compared as bytes: a new member of a row is compared without anybody thinking of it.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture.h"

#define STORM_EVENTS 700

static uint64_t first_seed = 1;
static uint32_t nr_storms = 24;

static void picture_add(struct picture *picture, uint32_t relation, const union row *row)
{
	if (picture->nr == picture->room) {
		picture->room = picture->room ? picture->room * 2 : 256;
		picture->rows = realloc(picture->rows, picture->room * sizeof(*picture->rows));
		picture->relations = realloc(picture->relations,
					     picture->room * sizeof(*picture->relations));
		assert(picture->rows && picture->relations);
	}
	picture->relations[picture->nr] = relation;
	picture->rows[picture->nr++] = *row;
}

void picture_list(struct picture *picture, const struct history *h, enum relation relation,
		  struct ref parent, struct moment when)
{
	struct history_cursor cursor;
	union row row;

	assert_int_equal(history_list(h, relation, parent, when, &cursor), 0);
	while (history_next(&cursor, &row) == 1)
		picture_add(picture, relation, &row);
}

static void picture_parents(struct picture *picture, const struct history *h, enum relation relation,
			    enum table table, struct moment when)
{
	uint32_t nr = picture->nr;

	for (uint32_t i = 0; i < nr; i++)
		if (picture->rows[i].any.ref.table == table && picture->relations[i] <= ALL_EPISODES)
			picture_list(picture, h, relation, picture->rows[i].any.ref, when);
}

struct picture picture_take(const struct history *h, struct moment when)
{
	struct picture picture = { 0 };

	for (enum relation relation = ALL_MMS; relation <= ALL_EPISODES; relation++)
		picture_list(&picture, h, relation, (struct ref){ 0 }, when);
	picture_parents(&picture, h, ITEMS_OF_NODE, TABLE_NODE, when);
	picture_parents(&picture, h, MAPPINGS_OF_NODE, TABLE_NODE, when);
	picture_parents(&picture, h, DUPS_OF_CHAIN, TABLE_NODE, when);
	picture_parents(&picture, h, ITEMS_OF_MM, TABLE_MM, when);
	picture_parents(&picture, h, MAPPINGS_OF_MM, TABLE_MM, when);
	picture_parents(&picture, h, VMAS_OF_MM, TABLE_MM, when);
	picture_parents(&picture, h, VMAS_OF_ANON_VMA, TABLE_ANON_VMA, when);
	picture_parents(&picture, h, ITEMS_OF_ANON_VMA, TABLE_ANON_VMA, when);
	history_counters(h, when, &picture.counters);
	return picture;
}

void picture_free(struct picture *picture)
{
	free(picture->rows);
	free(picture->relations);
}

void print_row(const char *what, const union row *row)
{
	fprintf(stderr, "  %s table %u id %x born %llu died %lld known %llu confirmed %llu of %llu to %lld %c doubt %u\n",
		what, row->any.ref.table, row->any.ref.id, (unsigned long long)row->fact.born,
		(long long)row->fact.died, (unsigned long long)row->fact.known,
		(unsigned long long)row->fact.confirmed, (unsigned long long)row->fact.first,
		(long long)row->fact.last, row->fact.evidence, row->fact.doubt);
}

void pictures_equal(const struct picture *a, const struct picture *b, const char *what)
{
	uint32_t nr = a->nr < b->nr ? a->nr : b->nr;

	for (uint32_t i = 0; i < nr; i++) {
		if (a->relations[i] == b->relations[i] &&
		    !memcmp(&a->rows[i], &b->rows[i], sizeof(union row)))
			continue;
		fprintf(stderr, "%s: row %u of relations %u, %u\n", what, i, a->relations[i],
			b->relations[i]);
		print_row("one  ", &a->rows[i]);
		print_row("other", &b->rows[i]);
		fail();
	}
	if (a->nr != b->nr) {
		fprintf(stderr, "%s: %u rows, %u rows\n", what, a->nr, b->nr);
		print_row("first too many", a->nr > nr ? &a->rows[nr] : &b->rows[nr]);
		fail();
	}
	if (memcmp(&a->counters, &b->counters, sizeof(a->counters))) {
		fprintf(stderr, "%s: counters differ\n", what);
		for (unsigned i = 0; i < sizeof(a->counters) / 8; i++)
			fprintf(stderr, " %lld/%lld", ((const long long *)&a->counters)[i],
				((const long long *)&b->counters)[i]);
		fail();
	}
}

/* Prints what only one of them has; both are sorted by relation and bytes. */
void print_differences(const struct picture *a, const struct picture *b)
{
	for (uint32_t i = 0, j = 0; i < a->nr || j < b->nr;) {
		int order = i == a->nr ? 1 : j == b->nr ? -1 :
			    (int)a->relations[i] - (int)b->relations[j];

		if (order == 0)
			order = memcmp(&a->rows[i], &b->rows[j], sizeof(union row));
		if (order < 0)
			print_row("only one  ", &a->rows[i]);
		if (order > 0)
			print_row("only other", &b->rows[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

/* ---- storms ---- */
struct history *storm_build(const struct storm *storm, uint64_t last, uint64_t batch_seed)
{
	struct history_options options = { .stock = !storm->patched };
	struct history *h;

	assert_int_equal(history_new(&options, &h), 0);
	assert_int_equal(storm_feed(storm, h, 0, last, batch_seed), 0);
	assert_int_equal(history_last(h), last);
	return h;
}

uint64_t some_moment(const struct history *h, uint64_t *rng)
{
	return storm_random(rng) % (history_last(h) + 1);
}

void for_storms(property_fn property)
{
	for (uint32_t i = 0; i < nr_storms; i++) {
		uint64_t seed = first_seed + i, rng = seed * 77;
		struct storm *storm = storm_new(seed, STORM_EVENTS, seed % 2, seed % 4 >= 2);
		struct history *h = storm_build(storm, storm->nr_events, 0);

		fprintf(stderr, "\rKSMTOP_SEED=%llu ", (unsigned long long)seed);
		property(storm, h, &rng);
		history_free(h);
		storm_free(storm);
	}
	fprintf(stderr, "\r");
}

void properties_setup(void)
{
	if (getenv("KSMTOP_SEED")) {
		first_seed = strtoull(getenv("KSMTOP_SEED"), NULL, 10);
		nr_storms = 1;
	}
	if (getenv("KSMTOP_STORMS"))
		nr_storms = (uint32_t)strtoul(getenv("KSMTOP_STORMS"), NULL, 10);
}
