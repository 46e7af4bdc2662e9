// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_tally.c - how many VMAs an interval tree has, and which cover an address, against listing them.
 *
 * One anon_vma gets thousands of VMAs, which come and go while it is asked, so that its sums have three
 * levels and grow stale between questions; a dump in the middle finds some that were there before.
 * Every answer is compared with going through the list, for an observer at the moment and for one with
 * hindsight.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define MM	0xffff888100000000ll
#define TREE	0xffff888110000000ll
#define OTHER	0xffff888110000100ll
#define NR_VMAS	2500u
#define VMA(i)	(int64_t)(0xffff888120000000ull + 192ull * (i))

static uint64_t noise(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* In no order of address or page index; some long ones, some of the same index. */
static void place(uint32_t i, struct args_P_VMA_INSERT *args)
{
	uint64_t start = (i * 7919ull % NR_VMAS) * 0x4000, pages = i % 100 ? 1 + i % 5 : 4000;

	*args = (struct args_P_VMA_INSERT){ .anon_vma = i % 50 ? TREE : OTHER, .vma = VMA(i), .mm = MM,
		.start = (int64_t)start, .end = (int64_t)(start + pages * 4096),
		.pgoff = (int64_t)(i % 3 ? start >> 12 : i % 1000) };
}

static void change(struct feed *f, uint32_t i, bool in)
{
	struct args_P_VMA_INSERT args;

	place(i, &args);
	memcpy(feed_event(f, in ? EVENT_P_VMA_INSERT : EVENT_P_VMA_REMOVE), &args, sizeof(args));
}

/* A dump of one anon_vma with one VMA that nobody told of. */
static void find_one(struct feed *f, uint32_t i)
{
	struct args_P_VMA_INSERT args;

	place(i, &args);
	FEED(f, P_DUMP_BEGIN)->dump = i;
	*FEED(f, P_DUMP_ANON_VMA) = (struct args_P_DUMP_ANON_VMA){ i, args.anon_vma, args.anon_vma, 0, 9 };
	*FEED(f, P_DUMP_VMA) = (struct args_P_DUMP_VMA){ i, args.anon_vma, args.vma, args.mm, args.start,
							 args.end, args.pgoff, 0 };
}

static void compare_covering(const struct history *h, struct ref tree, uint64_t address, struct moment when)
{
	struct history_cursor all, some;
	uint64_t nr = 0, nr_some = 0;
	union row row;

	assert_int_equal(history_list(h, VMAS_BY_START, tree, when, &all), 0);
	assert_int_equal(history_vmas_covering(h, tree, address, when, &some), 0);
	while (history_next(&all, &row) == 1)
		nr += row.vma.start <= address && address < row.vma.end;
	while (history_next(&some, &row) == 1) {
		assert_true(row.vma.start <= address && address < row.vma.end);
		nr_some++;
	}
	assert_int_equal(nr_some, nr);
}

static void compare(const struct history *h, int64_t addr, struct moment when, uint64_t *seed)
{
	struct history_cursor cursor;
	uint64_t nr = 0, told;
	struct ref tree;
	union row row;

	if (history_find(h, TABLE_ANON_VMA, (uint64_t)addr, 0, when, &tree) != 0)
		return;
	assert_int_equal(history_list(h, VMAS_OF_ANON_VMA, tree, when, &cursor), 0);
	for (; history_next(&cursor, &row) == 1; nr++) {
		if (noise(seed) % 16)
			continue;
		assert_int_equal(history_vmas_before(h, tree, row.vma.ref, when, &told), 0);
		assert_int_equal(told, nr);
	}
	assert_int_equal(history_vmas_before(h, tree, (struct ref){ 0 }, when, &told), 0);
	assert_int_equal(told, nr);
	assert_int_equal(history_count(h, VMAS_OF_ANON_VMA, tree, when, &told, NULL), 0);
	assert_int_equal(told, nr);
	compare_covering(h, tree, noise(seed) % (NR_VMAS * 0x4000), when);
}

static void tallies_are_counts(void **state)
{
	static bool in[NR_VMAS];
	struct feed *f = feed_new(false);
	uint64_t seed = 5;

	(void)state;
	for (uint32_t step = 0; step < 9000; step++) {
		uint32_t i = (uint32_t)(noise(&seed) % NR_VMAS);

		if (step > 3000 && step % 500 == 7 && !in[i]) {
			find_one(f, i);
			in[i] = true;
			continue;
		}
		in[i] = !in[i];
		change(f, i, in[i]);
		if (step % 450 != 449)
			continue;
		feed_flush(f);
		for (int n = 0; n < 6; n++) {
			uint64_t t = n ? noise(&seed) % history_last(f->h) : history_last(f->h);

			compare(f->h, n % 3 ? TREE : OTHER, n % 2 ? moment_hindsight(t) : moment_at(t), &seed);
		}
	}
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tallies_are_counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
