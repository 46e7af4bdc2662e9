// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_empty.c - stable nodes without items are counted apart, at every moment.
 *
 * A node gets empty when its last item is merged elsewhere or its mm exits; it stops being counted
 * when ksmd notices or an item comes back.  A table of moments says how many there are of both
 * kinds; the same table holds for known_by = t and with hindsight.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define MM_A	0xffff888100000000ull
#define MM_B	0xffff888100000800ull
#define ITEM(i)	(0xffff888200000000ull + 64ull * (i))
#define NODE(i)	(0xffff888300000000ull + 64ull * (i))

struct expected { uint64_t t, nodes, empty; };

static void compare(const struct history *h, const struct expected *expected, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct moment whens[] = { moment_at(expected[i].t), moment_hindsight(expected[i].t) };
		struct history_counters now;

		for (unsigned j = 0; j < 2; j++) {
			history_counters(h, whens[j], &now);
			if (now.nr_nodes != expected[i].nodes || now.nr_nodes_empty != expected[i].empty)
				fail_msg("event %llu: %llu nodes, %llu empty",
					 (unsigned long long)expected[i].t,
					 (unsigned long long)now.nr_nodes,
					 (unsigned long long)now.nr_nodes_empty);
		}
	}
}
#define COMPARE(h, expected) compare(h, expected, sizeof(expected) / sizeof(*(expected)))

static void stock_nodes_get_empty(void **state)
{
	static const struct expected expected[] = {
		{ 0, 0, 0 }, { 2, 0, 0 }, { 3, 1, 0 }, { 4, 1, 0 }, { 5, 2, 0 }, { 6, 2, 0 },
		{ 7, 2, 0 },	/* one of two moves from 100 to 101 */
		{ 8, 2, 0 }, { 10, 2, 0 },	/* B exits, ksmd still has the other */
		{ 11, 2, 1 },	/* ksmd has been past it: 100 is empty */
		{ 12, 2, 0 },	/* an item comes back to it */
		{ 13, 2, 0 }, { 15, 2, 0 },	/* A exits */
		{ 16, 2, 2 },	/* a whole scan later */
		{ 17, 1, 1 },	/* ksmd notices 100 */
		{ 18, 0, 0 },
	};
	struct feed *f = feed_new(true);

	(void)state;
	feed_enter(f, MM_A);
	feed_enter(f, MM_B);
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	feed_merge(f, 0xdead0, 100, ITEM(2), MM_B, 0);
	feed_merge(f, 0, 101, ITEM(3), MM_A, 0);
	feed_merge(f, 0xdead0, 101, ITEM(4), MM_A, 0);
	feed_merge(f, 0xdead0, 101, ITEM(1), MM_A, 0);
	feed_exit(f, MM_B);
	FEED(f, KSM_STOP_SCAN);
	FEED(f, KSM_START_SCAN);
	feed_merge(f, 0, 102, ITEM(6), MM_A, -14);
	feed_merge(f, 0xdead0, 100, ITEM(5), MM_A, 0);
	feed_exit(f, MM_A);
	FEED(f, KSM_STOP_SCAN);
	FEED(f, KSM_START_SCAN);
	FEED(f, KSM_STOP_SCAN);
	feed_remove_page(f, 100);
	feed_remove_page(f, 101);
	feed_flush(f);
	COMPARE(f->h, expected);
	assert_int_equal(history_settle(f->h), 0);
	COMPARE(f->h, expected);
	feed_free(f);
}

/* Of a node from before the recording nobody knows what hangs on it. */
static void stock_found_nodes_are_not_empty(void **state)
{
	static const struct expected expected[] = { { 1, 1, 0 }, { 2, 1, 0 } };
	struct feed *f = feed_new(true);

	(void)state;
	feed_merge(f, 0xdead0, 100, ITEM(1), MM_A, 0);
	feed_exit(f, MM_A);
	feed_flush(f);
	COMPARE(f->h, expected);
	feed_free(f);
}

static void append(struct feed *f, unsigned item, unsigned node, uint64_t mm)
{
	struct args_P_ITEM_APPEND *args = FEED(f, P_ITEM_APPEND);

	args->item = (int64_t)ITEM(item);
	args->node = (int64_t)NODE(node);
	args->mm = (int64_t)mm;
	args->address = 0x1000 * (int64_t)item;
}

static void detach(struct feed *f, unsigned item, unsigned node, uint64_t mm)
{
	struct args_P_ITEM_DETACH *args = FEED(f, P_ITEM_DETACH);

	args->item = (int64_t)ITEM(item);
	args->node = (int64_t)NODE(node);
	args->mm = (int64_t)mm;
	args->address = 0x1000 * (int64_t)item;
}

static void patched_nodes_get_empty(void **state)
{
	static const struct expected expected[] = {
		{ 2, 1, 1 },	/* inserted, before its first item */
		{ 3, 1, 0 }, { 4, 1, 0 }, { 5, 1, 0 },
		{ 6, 1, 1 },	/* the second one is off it, too */
		{ 7, 1, 1 },	/* made a dup of a chain, which has no page and does not count */
		{ 8, 1, 0 }, { 9, 1, 1 }, { 10, 0, 0 },
	};
	struct feed *f = feed_new(false);
	struct args_P_CHAIN_MAKE *chain;

	(void)state;
	FEED(f, P_MM_ENTER)->mm = (int64_t)MM_A;
	FEED(f, P_NODE_INSERT)->node = (int64_t)NODE(1);
	append(f, 1, 1, MM_A);
	append(f, 2, 1, MM_A);
	detach(f, 1, 1, MM_A);
	detach(f, 2, 1, MM_A);
	chain = FEED(f, P_CHAIN_MAKE);
	chain->chain = (int64_t)NODE(2);
	chain->node = (int64_t)NODE(1);
	append(f, 3, 1, MM_A);
	FEED(f, P_MM_FREE)->mm = (int64_t)MM_A;
	FEED(f, P_NODE_FREE)->node = (int64_t)NODE(1);
	feed_flush(f);
	assert_true(history_is_patched(f->h));
	COMPARE(f->h, expected);
	feed_free(f);
}

/* chain_collapse is the chain's last event: no dup_del and no chain_free follow. */
static void collapse_ends_a_chain(void **state)
{
	struct feed *f = feed_new(false);
	struct args_P_CHAIN_MAKE *chain;
	struct args_P_CHAIN_COLLAPSE *collapse;
	struct history_counters now;
	struct ref ref;
	union row row;

	(void)state;
	FEED(f, P_NODE_INSERT)->node = (int64_t)NODE(1);
	chain = FEED(f, P_CHAIN_MAKE);
	chain->chain = (int64_t)NODE(2);
	chain->node = (int64_t)NODE(1);
	collapse = FEED(f, P_CHAIN_COLLAPSE);
	collapse->chain = (int64_t)NODE(2);
	collapse->node = (int64_t)NODE(1);
	feed_flush(f);
	history_counters(f->h, moment_at(2), &now);
	assert_int_equal(now.nr_chains, 1);
	assert_int_equal(now.nr_dups, 1);
	history_counters(f->h, moment_at(3), &now);
	assert_int_equal(now.nr_chains, 0);
	assert_int_equal(now.nr_dups, 0);
	assert_int_equal(now.nr_nodes, 1);
	assert_int_equal(history_find(f->h, TABLE_NODE, NODE(2), 0, moment_at(2), &ref), 0);
	assert_int_equal(history_row(f->h, ref, moment_at(3), &row), -ENOENT);
	assert_int_equal(history_find(f->h, TABLE_NODE, NODE(1), 0, moment_at(3), &ref), 0);
	assert_int_equal(history_row(f->h, ref, moment_at(3), &row), 0);
	assert_int_equal(row.node.kind, NODE_PLAIN);
	assert_int_equal(row.node.place, NODE_IN_TREE);
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_nodes_get_empty),
		cmocka_unit_test(stock_found_nodes_are_not_empty),
		cmocka_unit_test(patched_nodes_get_empty),
		cmocka_unit_test(collapse_ends_a_chain),
	};

	return cmocka_run_group_tests_name("history-empty", tests, NULL, NULL);
}
