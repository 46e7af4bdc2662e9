// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stock.c - what a stock kernel's events mean, rule by rule: merges, nodes that die, counts.
 *
 * Each test feeds a few events by hand and asks for rows, lists and counters at the moments that
 * matter.  The rules: a pair's first merge is tentative, the oldest node of a pfn is
 * the one that ksmd notices to be dead, an item merged elsewhere leaves.  A count that equals the rebuilt
 * set confirms it, unless what came and went between may have done so by accident.
 *
 * Processes are test_stock_tasks.c's, migrations test_stock_moves.c's.
 */
#include "stock.h"

static void pair_is_tentative_until_its_partner(void **state)
{
	struct feed *f = feed_new(true);
	union row row;
	uint64_t a, b;
	struct ref item;

	(void)state;
	feed_enter(f, MM_A);
	a = feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	b = feed_merge(f, 0xdead0, 100, ITEM(2), MM_A, 0);
	feed_flush(f);
	item = find(f->h, TABLE_ITEM, ITEM(1), a);
	assert_int_equal(history_row(f->h, item, moment_at(a), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_TENTATIVE);
	assert_int_equal(row.fact.evidence, 'I');
	assert_int_equal(history_row(f->h, item, moment_hindsight(a), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_NONE);
	assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, ITEM(2), b), moment_at(b), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_NONE);
	assert_int_equal(row.item.node.table, TABLE_NODE);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(b)), 2);
	assert_int_equal(count(f->h, ITEMS_OF_NODE, row.item.node, moment_at(b)), 2);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_at(a)), 1);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_at(a - 1)), 0);
	feed_free(f);
}

static void failed_partner_undoes_the_pair(void **state)
{
	struct feed *f = feed_new(true);
	uint64_t a, b;

	(void)state;
	a = feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	b = feed_merge(f, 0xdead0, 100, ITEM(2), MM_A, -14);
	feed_flush(f);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(a)), 1);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(b)), 0);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_at(b)), 0);
	feed_free(f);
}

static void the_oldest_node_of_a_pfn_is_removed(void **state)
{
	struct feed *f = feed_new(true);
	struct ref old, new;
	uint64_t second, removed;
	union row row;

	(void)state;
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
	feed_merge(f, 0, 100, ITEM(3), MM_A, 0);	/* the pfn was used again */
	second = feed_merge(f, 1, 100, ITEM(4), MM_A, 0);
	feed_remove_item(f, 100, ITEM(2), MM_A);
	removed = feed_remove_page(f, 100);
	feed_flush(f);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_at(second)), 2);
	assert_int_equal(history_find(f->h, TABLE_NODE, 100, 1, moment_at(second), &old), 0);
	assert_int_equal(history_find(f->h, TABLE_NODE, 100, 2, moment_at(second), &new), 0);
	assert_int_equal(history_row(f->h, old, moment_at(second), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_UNTRACED);
	assert_int_equal(history_row(f->h, old, moment_at(removed), &row), -ENOENT);
	assert_int_equal(history_row(f->h, new, moment_at(removed), &row), 0);
	assert_int_equal(row.node.nr_items, 2);
	assert_int_equal(row.node.name.generation, 2);
	assert_int_equal(row.node.kpfn, 100);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(removed)), 2);
	/* Named by the burst: sure until then, for who knows it. */
	assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, ITEM(2), second),
				     moment_hindsight(second), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_NONE);
	feed_free(f);
}

static void an_item_merged_elsewhere_leaves(void **state)
{
	struct feed *f = feed_new(true);
	uint64_t moved;
	struct ref item;
	union row row;

	(void)state;
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
	feed_merge(f, 0, 200, ITEM(3), MM_A, 0);
	feed_merge(f, 1, 200, ITEM(4), MM_A, 0);
	moved = feed_merge(f, 1, 200, ITEM(1), MM_A, 0);
	feed_flush(f);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(moved)), 4);
	assert_int_equal(count(f->h, ITEMS_OF_NODE, find(f->h, TABLE_NODE, 100, moved), moment_at(moved)),
			 1);
	assert_int_equal(count(f->h, ITEMS_OF_NODE, find(f->h, TABLE_NODE, 200, moved), moment_at(moved)),
			 3);
	item = find(f->h, TABLE_ITEM, ITEM(1), moved);
	assert_int_equal(history_life(f->h, item, 1, KNOWN_HINDSIGHT, &row), 0);
	assert_int_equal(row.fact.born, moved);
	assert_int_equal(history_life(f->h, item, 0, KNOWN_HINDSIGHT, &row), 0);
	assert_int_equal(row.fact.died, moved);
	assert_int_equal(history_life(f->h, item, 2, KNOWN_HINDSIGHT, &row), -ENOENT);
	assert_int_equal(history_touch(f->h, item, moved, -1), 1);
	assert_int_equal(history_touch(f->h, item, 1, 1), moved);
	feed_free(f);
}

static void what_was_there_before_is_found(void **state)
{
	struct feed *f = feed_new(true);
	uint64_t merged, named;

	(void)state;
	feed_merge(f, 1, 50, ITEM(9), MM_B, -1);
	merged = feed_merge(f, 1, 100, ITEM(1), MM_A, 0);
	named = feed_remove_item(f, 100, ITEM(2), MM_A);
	feed_flush(f);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_at(merged - 1)), 0);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_hindsight(merged - 1)), 1);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_hindsight(0)), 1);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(named)), 1);
	feed_free(f);
}

static void a_count_confirms_the_set(void **state)
{
	static const struct { const char *merging; uint8_t doubt; } cases[] = {
		{ "2", DOUBT_NONE },		/* as many as rebuilt: those */
		{ "1", DOUBT_UNTRACED },	/* one has left, nobody knows which */
		{ "3", DOUBT_UNTRACED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		struct history_counters all;
		uint64_t scanned;

		f->pid = 1;
		FEED(f, TASK_NEWTASK)->pid = 42;	/* so 42 is a process, not a thread of one */
		f->pid = 42;
		feed_enter(f, MM_A);
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		scanned = feed_merge(f, 1, 100, ITEM(2), MM_A, 0) + 1;
		FEED(f, KSM_STOP_SCAN);
		feed_flush(f);
		assert_int_equal(doubt_at(f, ITEM(1), scanned), DOUBT_UNTRACED);
		history_counters(f->h, moment_at(scanned), &all);
		assert_int_equal(all.nr_doubtful_items, 2);
		feed_merging_pages(f, cases[i].merging);
		assert_int_equal(doubt_at(f, ITEM(1), scanned), cases[i].doubt);
		assert_int_equal(doubt_at(f, ITEM(2), scanned), cases[i].doubt);
		feed_free(f);
	}
}

/*
 * A page that a fork or mremap brought to another address is the KSM page already: its item joins a full
 * node (cmp_and_merge_page()).  So more items than max_page_sharing are no sign that some have left.
 */
static void a_forked_page_joins_a_full_node(void **state)
{
	struct feed *f = feed_new(true);
	uint64_t last = 0;
	union row row;

	(void)state;
	feed_enter(f, MM_A);
	feed_flush(f);
	feed_pairs(f, SAMPLE_KSM, 0, (const char *const[][2]){
		{ "max_page_sharing", "3" }, { "pages_shared", "0" }, { "pages_sharing", "0" }, { NULL } });
	for (unsigned nr = 0; nr < 5; nr++)
		last = feed_merge(f, nr, 100, ITEM(nr), MM_A, 0);
	feed_flush(f);
	feed_ksm_counters(f, "1", "4");
	assert_int_equal(history_row(f->h, find(f->h, TABLE_NODE, 100, last), moment_at(last), &row), 0);
	assert_int_equal(row.node.nr_items, 5);
	assert_false(history_worth(f->h, ITEMS_OF_NODE, row.any.ref, moment_at(last)).doubtful);
	assert_int_equal(doubt_at(f, ITEM(0), last), DOUBT_NONE);
	feed_free(f);
}

static int by_severity(const struct finding *finding, void *arg)
{
	((unsigned *)arg)[finding->severity]++;
	return 0;
}

/* Between two samples with no event between them items left untraced: the first is judged without them. */
static void a_later_sample_takes_nothing_from_an_earlier_one(void **state)
{
	static const struct { const char *sharing; unsigned contradicts; } cases[] = { { "1", 0 }, { "2", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		unsigned nr[3] = { 0 };
		uint64_t last;
		struct ref mm;
		union row row;

		feed_flush(f);
		feed_ksm_counters(f, "0", "0");
		f->pid = 1;
		FEED(f, TASK_NEWTASK)->pid = 42;
		f->pid = 42;
		feed_enter(f, MM_A);
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		last = feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
		feed_flush(f);
		f->now_ns += 1000000;	/* no change is in flight any more */
		feed_ksm_counters(f, "1", cases[i].sharing);
		feed_merging_pages(f, "0");
		mm = find(f->h, TABLE_MM, MM_A, last);
		assert_int_equal(history_row(f->h, mm, moment_at(last), &row), 0);
		assert_int_equal(count(f->h, ITEMS_OF_MM, mm, moment_at(last)), 0);
		assert_int_equal(history_check(f->h, by_severity, nr), 0);
		assert_int_equal(nr[2], cases[i].contradicts);
		assert_int_equal(nr[1], 0);
		feed_free(f);
	}
}

/* Counts that are written down where a live recording stands now are those of now, not of the event before. */
static void counts_settled_are_of_the_last_event(void **state)
{
	struct feed *f = feed_new(true);
	struct history_mm_counters now;
	struct ref mm;

	(void)state;
	feed_enter(f, MM_A);
	for (unsigned i = 0; i < 24; i++) {
		uint64_t t = feed_merge(f, i, 100, ITEM(i), MM_A, 0);

		feed_flush(f);
		assert_int_equal(history_settle(f->h), 0);
		mm = find(f->h, TABLE_MM, MM_A, t);
		for (uint64_t back = 0; back < 2 && back <= i; back++) {
			assert_int_equal(history_mm_counters(f->h, mm, moment_at(t - back), &now), 0);
			assert_int_equal(now.nr_stable_items, i + 1 - back);
		}
	}
	feed_free(f);
}

/*
 * What is tried, what is merged with a KSM page and what with the zero page are numbers of their own, and the
 * same ones where the patch tells of a success by an event of its own beside the kernel's.
 */
static void merges_mean_the_same_on_both_kernels(void **state)
{
	(void)state;
	for (int stock = 0; stock <= 1; stock++) {
		struct feed *f = feed_new(stock);
		struct history_counters all;

		feed_enter(f, MM_A);
		for (unsigned i = 1; i <= 2; i++) {
			feed_merge(f, i - 1, 100, ITEM(i), MM_A, 0);
			if (!stock)
				*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){
					(int64_t)ITEM(i), (int64_t)MM_A, 0x1000 * i, 0x5000, 0, i, i };
		}
		feed_merge(f, 0, 200, ITEM(3), MM_A, -14);
		for (int i = 0; i < 4; i++)
			*FEED(f, KSM_MERGE_ONE_PAGE) = (struct args_KSM_MERGE_ONE_PAGE){
				9, (int64_t)ITEM(4 + i), (int64_t)MM_A, i == 3 ? -14 : 0 };
		feed_flush(f);
		history_counters(f->h, moment_at(history_last(f->h)), &all);
		assert_int_equal(all.nr_merges, 2);
		assert_int_equal(all.nr_merge_failures, 2);
		assert_int_equal(all.nr_zero_pages, 3);
		feed_free(f);
	}
}

/* Two generations of a pfn: the burst names an item of the newer one, so that is removed, not the oldest. */
static void the_burst_tells_which_node_is_removed(void **state)
{
	struct feed *f = feed_new(true);
	uint64_t removed;
	union row row;

	(void)state;
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
	feed_merge(f, 0, 100, ITEM(3), MM_A, 0);
	feed_merge(f, 1, 100, ITEM(4), MM_A, 0);
	feed_remove_item(f, 100, ITEM(4), MM_A);
	removed = feed_remove_page(f, 100);
	feed_flush(f);
	assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, ITEM(1), removed), moment_at(removed), &row), 0);
	assert_int_equal(row.item.node.table, TABLE_NODE);
	assert_int_equal(history_row(f->h, row.item.node, moment_at(removed), &row), 0);
	assert_int_equal(row.node.name.generation, 1);
	assert_int_equal(row.node.nr_items, 2);
	assert_int_equal(count(f->h, ALL_NODES, none, moment_at(removed)), 1);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(removed)), 2);
	feed_free(f);
}

/* Without a burst either of two may be meant: a number that fits from then on may do so by accident. */
static void a_removal_of_either_of_two_spoils_the_sets(void **state)
{
	(void)state;
	for (int two = 0; two <= 1; two++) {
		struct feed *f = feed_new(true);
		uint64_t last;

		feed_flush(f);
		feed_ksm_counters(f, "0", "0");
		feed_enter(f, MM_A);
		feed_merge(f, 0, two ? 100 : 200, ITEM(1), MM_A, 0);
		feed_merge(f, 1, two ? 100 : 200, ITEM(11), MM_A, 0);
		feed_merge(f, 0, 100, ITEM(2), MM_A, 0);
		feed_merge(f, 1, 100, ITEM(12), MM_A, 0);
		last = feed_remove_page(f, two ? 100 : 200);
		FEED(f, KSM_STOP_SCAN);
		feed_flush(f);
		feed_ksm_counters(f, "1", "1");
		assert_int_equal(doubt_at(f, ITEM(2), last + 1), two ? DOUBT_UNTRACED : DOUBT_NONE);
		feed_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pair_is_tentative_until_its_partner),
		cmocka_unit_test(failed_partner_undoes_the_pair),
		cmocka_unit_test(the_oldest_node_of_a_pfn_is_removed),
		cmocka_unit_test(an_item_merged_elsewhere_leaves),
		cmocka_unit_test(what_was_there_before_is_found),
		cmocka_unit_test(a_count_confirms_the_set),
		cmocka_unit_test(a_forked_page_joins_a_full_node),
		cmocka_unit_test(a_later_sample_takes_nothing_from_an_earlier_one),
		cmocka_unit_test(counts_settled_are_of_the_last_event),
		cmocka_unit_test(merges_mean_the_same_on_both_kernels),
		cmocka_unit_test(the_burst_tells_which_node_is_removed),
		cmocka_unit_test(a_removal_of_either_of_two_spoils_the_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
