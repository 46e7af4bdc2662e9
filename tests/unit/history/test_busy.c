// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_busy.c - a node's number of items at any moment is what its list of items has.
 *
 * Three nodes share hundreds of items, which move between them thousands of times, so that their logs
 * are long; a process exits and takes its items along at once; a dump finds items that were there
 * before, which an observer with hindsight knows of and one at the moment does not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define MM(i)	(int64_t)(0xffff888100000000ull + 0x400 * (i))
#define NODE(i)	(int64_t)(0xffff888110000000ull + 0x40 * (i))
#define ITEM(i)	(int64_t)(0xffff888120000000ull + 0x40 * (i))
#define NR_ITEMS 300u
#define NR_NODES 3u

static uint64_t noise(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static int64_t mm_of(uint32_t item)
{
	return item % 10 == 9 ? MM(1) : MM(0);
}

static void move(struct feed *f, uint32_t item, uint32_t *from, uint32_t to)
{
	if (*from != NR_NODES)
		*FEED(f, P_ITEM_DETACH) = (struct args_P_ITEM_DETACH){
			ITEM(item), mm_of(item), item * 4096, NODE(*from), 0 };
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){
		ITEM(item), mm_of(item), item * 4096, NODE(to), 0, item, 1 };
	*from = to;
}

static void find_one(struct feed *f, uint32_t item, uint32_t node)
{
	FEED(f, P_DUMP_BEGIN)->dump = item;
	*FEED(f, P_DUMP_ITEM) = (struct args_P_DUMP_ITEM){ item, ITEM(item), mm_of(item), item * 4096, 2, 0,
							   NODE(node), 0, item };
}

static void compare(const struct history *h, struct moment when)
{
	for (uint32_t n = 0; n < NR_NODES; n++) {
		struct history_cursor cursor;
		uint64_t nr = 0, told;
		struct ref node;
		union row row;

		if (history_find(h, TABLE_NODE, (uint64_t)NODE(n), 0, when, &node) != 0 ||
		    history_list(h, ITEMS_OF_NODE, node, when, &cursor) != 0)
			continue;
		while (history_next(&cursor, &row) == 1)
			nr++;
		assert_int_equal(history_count(h, ITEMS_OF_NODE, node, when, &told, NULL), 0);
		assert_int_equal(told, nr);
		if (history_row(h, node, when, &row) == 0)
			assert_int_equal(row.node.nr_items, nr);
	}
}

static void counts_are_lists(void **state)
{
	uint32_t on[NR_ITEMS];
	struct feed *f = feed_new(false);
	uint64_t seed = 3;

	(void)state;
	for (uint32_t i = 0; i < NR_ITEMS; i++)
		on[i] = NR_NODES;
	for (uint32_t n = 0; n < NR_NODES; n++)
		*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ NODE(n), 100 + n, 0, 0 };
	for (uint32_t step = 0; step < 6000; step++) {
		uint32_t i = (uint32_t)(noise(&seed) % NR_ITEMS);

		if (step == 4000) {
			FEED(f, P_MM_FREE)->mm = MM(1);
			for (uint32_t j = 9; j < NR_ITEMS; j += 10)
				on[j] = NR_NODES;
		}
		if (step % 700 == 350)
			find_one(f, NR_ITEMS + step, step % NR_NODES);
		else
			move(f, i, &on[i], (uint32_t)(noise(&seed) % NR_NODES));
		if (step % 1000 == 999)
			feed_flush(f);
		for (int n = 0; step % 1000 == 999 && n < 200; n++) {
			uint64_t t = n ? noise(&seed) % history_last(f->h) : history_last(f->h);

			compare(f->h, n % 2 ? moment_hindsight(t) : moment_at(t));
		}
	}
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(counts_are_lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
