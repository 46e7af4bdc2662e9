// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_segments.c - random batches and evicted segments equal one batch over what is retained.
 *
 * Live use seals a segment now and then and drops the oldest.  Whatever is still retained must be
 * answered like a history that was fed at once and forgot nothing: the same rows with the same
 * births, confirmations and doubt.
 *
 * Not compared is what a seam cannot keep: refs name a segment (what they lead to is compared), and
 * generations and short numbers count objects that were dropped.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture.h"

/* Refs name a segment, addresses do not.  Generations and numbers count what a seam forgets. */
static void number_ref(const struct history *h, struct ref *ref, struct moment when)
{
	union row row;

	if (ref_is_none(*ref) || ref->table == TABLE_MAPPING || ref->table == TABLE_EPISODE) {
		*ref = (struct ref){ .table = ref->table };
		return;
	}
	if (history_row(h, *ref, when, &row) != 0) {
		*ref = (struct ref){ 0 };	/* gone by then: a seam may have forgotten it */
		return;
	}
	/* Every named row has its name at the same place. */
	ref->id = (uint32_t)(row.node.name.addr ^ row.node.kpfn * (ref->table == TABLE_NODE));
	ref->segment = 0;
}

static void without_refs(const struct history *h, union row *row, struct moment when)
{
	enum table table = row->any.ref.table;

	number_ref(h, &row->any.ref, when);
	switch (table) {
	case TABLE_MM:
		number_ref(h, &row->mm.parent, when);
		row->mm.name.generation = row->mm.name.number = 0;
		break;
	case TABLE_NODE:
		number_ref(h, &row->node.chain, when);
		row->node.name.generation = row->node.name.number = 0;
		break;
	case TABLE_ITEM:
		number_ref(h, &row->item.mm, when);
		number_ref(h, &row->item.node, when);
		number_ref(h, &row->item.anon_vma, when);
		row->item.name.generation = row->item.name.number = 0;
		break;
	case TABLE_MAPPING:
		number_ref(h, &row->mapping.mm, when);
		number_ref(h, &row->mapping.node, when);
		break;
	case TABLE_ANON_VMA:
		number_ref(h, &row->anon_vma.root, when);
		number_ref(h, &row->anon_vma.parent, when);
		row->anon_vma.name.generation = row->anon_vma.name.number = 0;
		break;
	case TABLE_VMA:
		number_ref(h, &row->vma.anon_vma, when);
		number_ref(h, &row->vma.mm, when);
		row->vma.name.generation = row->vma.name.number = 0;
		break;
	case TABLE_PAGE:
		number_ref(h, &row->page.node, when);
		row->page.name.generation = row->page.name.number = 0;
		break;
	default:
		break;
	}
}

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(union row)); }

/* As a set for each relation: the order of equal keys may differ behind a seam. */
static struct picture picture_plain(const struct history *h, struct moment when)
{
	struct picture picture = picture_take(h, when);
	uint32_t first = 0;

	for (uint32_t i = 0; i < picture.nr; i++)
		without_refs(h, &picture.rows[i], when);
	for (uint32_t i = 1; i <= picture.nr; i++) {
		if (i < picture.nr && picture.relations[i] == picture.relations[first])
			continue;
		qsort(&picture.rows[first], i - first, sizeof(union row), by_bytes);
		first = i;
	}
	/* Totals of events count what is retained. */
	picture.counters.nr_merges = picture.counters.nr_merge_failures = 0;
	picture.counters.nr_removals = picture.counters.nr_nodes_gone = picture.counters.nr_zero_pages = 0;
	return picture;
}

static void segments_answer_like_one(const struct storm *storm, const struct history *h, uint64_t *rng)
{
	struct history_options options = {
		.stock = !storm->patched, .segment_events = 60 + (uint32_t)(storm_random(rng) % 200),
		.keep_segments = (uint32_t)(storm_random(rng) % 4),
	};
	struct history *live;

	assert_int_equal(history_new(&options, &live), 0);
	assert_int_equal(storm_feed(storm, live, 0, storm->nr_events, 1 + storm_random(rng)), 0);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t t = some_moment(h, rng);
		struct picture a, b;

		if (t < history_first(live)) {
			struct history_cursor cursor;

			if (t < history_first(live) - 1)
				assert_int_equal(history_list(live, ALL_ITEMS, (struct ref){ 0 },
							      moment_at(t), &cursor), -ESTALE);
			continue;
		}
		a = picture_plain(h, moment_at(t));
		b = picture_plain(live, moment_at(t));
		if (a.nr != b.nr || memcmp(a.rows, b.rows, a.nr * sizeof(*a.rows)))
			print_differences(&a, &b);
		pictures_equal(&a, &b, "one segment, many");
		picture_free(&a);
		picture_free(&b);
	}
	/* A ref taken in one segment is good in the next, or says that it is stale. */
	for (unsigned i = 0; i < 4; i++) {
		uint64_t t = history_first(live) + storm_random(rng) %
			     (history_last(live) - history_first(live) + 1);
		struct picture then = picture_take(live, moment_at(t));

		for (uint32_t r = 0; r < then.nr; r++) {
			union row row;
			int ret = history_row(live, then.rows[r].any.ref, moment_at(history_last(live)),
					      &row);

			assert_true(ret == 0 || ret == -ENOENT || ret == -ESTALE);
			if (ret == 0)
				assert_true(ref_equal(row.any.ref, then.rows[r].any.ref));
		}
		picture_free(&then);
	}
	history_free(live);
}

PROPERTY(segments_answer_like_one)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments_answer_like_one),
	};

	properties_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
