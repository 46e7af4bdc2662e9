// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_lists.c - a list that has an index of its own is what passing over the larger list gives.
 *
 * Episodes by kind and by object, both ways and counted, with hindsight too: then those whose begin was
 * lost hold before they were known, and stand apart from the others.  Items that left a node, against what
 * hung on it at each moment before.  Whether any of a table's rows or of an mm's items is doubtful, which is
 * counted where it can be, against a look at each of them; a list that may have more is doubtful, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture.h"

/* The rows of `all` that belong to it are those of the list, forwards, backwards, and from each of them on. */
static void is_part(const struct history *h, const struct picture *all, enum relation relation, struct ref parent,
		    struct moment when)
{
	struct picture part = { 0 };
	struct history_cursor cursor;
	uint32_t nr = 0;
	uint64_t count;
	union row row;

	picture_list(&part, h, relation, parent, when);
	for (uint32_t r = 0; r < all->nr; r++) {
		const struct episode_row *episode = &all->rows[r].episode;

		if (relation == EPISODES_OF_KIND ? episode->kind != parent.id :
		    relation == EPISODES_ABOUT && !ref_equal(episode->object, parent))
			continue;
		assert_true(nr < part.nr);
		assert_memory_equal(&part.rows[nr++], &all->rows[r], sizeof(union row));
	}
	assert_int_equal(nr, part.nr);
	assert_int_equal(history_count(h, relation, parent, when, &count, NULL), 0);
	assert_int_equal(count, nr);
	assert_int_equal(history_list(h, relation, parent, when, &cursor), 0);
	history_seek_end(&cursor);
	while (nr > 0) {
		assert_int_equal(history_prev(&cursor, &row), 1);
		assert_memory_equal(&row, &part.rows[--nr], sizeof(row));
	}
	assert_int_equal(history_prev(&cursor, &row), 0);
	for (; nr < part.nr; nr++) {
		assert_int_equal(history_seek(&cursor, part.rows[nr].any.ref), 0);
		assert_int_equal(history_next(&cursor, &row), 1);
		assert_memory_equal(&row, &part.rows[nr], sizeof(row));
	}
	picture_free(&part);
}

/* All episodes, by looking at each by its number. */
static struct picture every_episode(const struct history *h, struct moment when)
{
	struct picture all = { 0 };
	struct ref ref;

	for (uint32_t number = 1; history_find_number(h, TABLE_EPISODE, number, &ref) == 0; number++) {
		union row row;

		if (history_row(h, ref, when, &row) != 0 || row.fact.born > when.t)
			continue;
		all.rows = realloc(all.rows, (all.nr + 1) * sizeof(*all.rows));
		assert_non_null(all.rows);
		all.rows[all.nr++] = row;
	}
	return all;
}

static void episodes_are_filtered(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture all = every_episode(h, when);

		is_part(h, &all, ALL_EPISODES, (struct ref){ 0 }, when);
		for (uint32_t kind = 0; kind < NR_EPISODE_KINDS; kind++)
			is_part(h, &all, EPISODES_OF_KIND, ref_of_kind(kind), when);
		for (uint32_t r = 0; r < all.nr && r < 40; r++)
			if (!ref_is_none(all.rows[r].episode.object))
				is_part(h, &all, EPISODES_ABOUT, all.rows[r].episode.object, when);
		picture_free(&all);
	}
}

static bool has_item(const struct picture *items, struct ref item, uint64_t after)
{
	for (uint32_t r = 0; r < items->nr; r++)
		if (ref_equal(items->rows[r].any.ref, item) && items->rows[r].fact.died > after)
			return true;
	return false;
}

/* Sorted by pfn, the nodes that have a page, and back again; and each had it for as long as its life says. */
static void nodes_are_found_by_pfn(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture all = { 0 }, sorted = { 0 };
		struct history_cursor cursor;
		uint32_t nr = 0;
		uint64_t count;
		union row row;

		picture_list(&all, h, ALL_NODES, (struct ref){ 0 }, when);
		picture_list(&sorted, h, NODES_BY_PFN, (struct ref){ 0 }, when);
		for (uint32_t r = 0; r < all.nr; r++)
			nr += all.rows[r].node.kpfn != 0;
		assert_int_equal(sorted.nr, nr);
		assert_int_equal(history_count(h, NODES_BY_PFN, (struct ref){ 0 }, when, &count, NULL), 0);
		assert_int_equal(count, nr);
		for (uint32_t r = 0; r < nr; r++) {
			const struct node_row *node = &sorted.rows[r].node;
			bool found = false;

			assert_true(node->kpfn && (!r || sorted.rows[r - 1].node.kpfn <= node->kpfn));
			assert_int_equal(history_row(h, node->ref, when, &row), 0);
			assert_memory_equal(&row, node, sizeof(*node));
			for (uint32_t l = 0; !found &&
			     history_pfn_life(h, node->kpfn, l, when.known_by, &row) == 0; l++) {
				assert_int_equal(row.node.kpfn, node->kpfn);
				found = ref_equal(row.any.ref, node->ref) && row.fact.born <= t &&
					(row.fact.died == NEVER || row.fact.died > t);
			}
			assert_true(found);
		}
		assert_int_equal(history_list(h, NODES_BY_PFN, (struct ref){ 0 }, when, &cursor), 0);
		history_seek_end(&cursor);
		while (nr > 0) {
			assert_int_equal(history_prev(&cursor, &row), 1);
			assert_memory_equal(&row, &sorted.rows[--nr], sizeof(row));
		}
		assert_int_equal(history_prev(&cursor, &row), 0);
		picture_free(&all);
		picture_free(&sorted);
	}
}

static void items_that_left_hung_there(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	(void)storm;
	for (unsigned i = 0; i < 3; i++) {
		struct moment when = moment_at(some_moment(h, rng));
		struct picture nodes = { 0 };

		picture_list(&nodes, h, ALL_NODES, (struct ref){ 0 }, when);
		for (uint32_t r = 0; r < nodes.nr; r++) {
			struct picture gone = { 0 }, now = { 0 };
			struct ref node = nodes.rows[r].any.ref;

			picture_list(&gone, h, ITEMS_GONE_FROM_NODE, node, when);
			picture_list(&now, h, ITEMS_OF_NODE, node, when);
			for (uint32_t g = 0; g < gone.nr; g++) {
				assert_true(gone.rows[g].fact.died <= when.t);
				assert_true(ref_equal(gone.rows[g].item.node, node));
			}
			/* Whoever hung there at a moment before has left since, or still does. */
			for (uint64_t t = when.t; t > 0; t -= t < 37 ? t : 37) {
				struct picture then = { 0 };
				union row row;

				if (history_row(h, node, moment_at(t), &row) != 0)
					continue;
				picture_list(&then, h, ITEMS_OF_NODE, node, moment_at(t));
				for (uint32_t n = 0; n < then.nr; n++)
					assert_true(has_item(&gone, then.rows[n].any.ref, t) ||
						    has_item(&now, then.rows[n].any.ref, 0));
				picture_free(&then);
			}
			picture_free(&gone);
			picture_free(&now);
		}
		picture_free(&nodes);
	}
}

static bool is_any_doubtful(const struct history *h, enum relation relation, struct ref parent, struct moment when)
{
	struct picture rows = { 0 };
	bool doubtful = !history_is_whole(h, relation, parent, when);

	picture_list(&rows, h, relation, parent, when);
	for (uint32_t r = 0; r < rows.nr; r++)
		doubtful |= rows.rows[r].fact.doubt != DOUBT_NONE;
	picture_free(&rows);
	return doubtful;
}

static void doubts_are_those_of_the_rows(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	static const enum relation tables[] = { ALL_MMS, ALL_NODES, ALL_ITEMS, ALL_MAPPINGS };

	(void)storm;
	for (unsigned i = 0; i < 12; i++) {
		uint64_t t = some_moment(h, rng);
		struct moment when = i % 2 ? moment_at(t) : moment_hindsight(t);
		struct picture mms = { 0 };

		for (unsigned n = 0; n < sizeof(tables) / sizeof(*tables); n++)
			assert_int_equal(history_doubts(h, tables[n], (struct ref){ 0 }, when),
					 is_any_doubtful(h, tables[n], (struct ref){ 0 }, when));
		picture_list(&mms, h, ALL_MMS, (struct ref){ 0 }, when);
		for (uint32_t r = 0; r < mms.nr; r++)
			assert_int_equal(history_doubts(h, ITEMS_OF_MM, mms.rows[r].any.ref, when),
					 is_any_doubtful(h, ITEMS_OF_MM, mms.rows[r].any.ref, when));
		picture_free(&mms);
	}
}

PROPERTY(episodes_are_filtered)
PROPERTY(nodes_are_found_by_pfn)
PROPERTY(items_that_left_hung_there)
PROPERTY(doubts_are_those_of_the_rows)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_episodes_are_filtered),
		cmocka_unit_test(test_nodes_are_found_by_pfn),
		cmocka_unit_test(test_items_that_left_hung_there),
		cmocka_unit_test(test_doubts_are_those_of_the_rows),
	};

	properties_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
