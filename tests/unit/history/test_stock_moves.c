// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stock_moves.c - what a migration leaves of what was known of pfns on a stock kernel.
 *
 * folio_migrate_ksm() changes a stable node's kpfn, and a stock kernel does not tell which: only that some
 * pages were moved, by migrate_pages()' begin and end.  So a number that still is right does not show that
 * the pfns are; what an event has named since is known again.
 */
#include "stock.h"

static uint64_t feed_migration(struct feed *f, int32_t pid, bool begin, int64_t succeeded)
{
	int32_t ksmd = f->pid;

	f->pid = pid;
	if (begin)
		FEED(f, MM_MIGRATE_PAGES_START);
	else
		FEED(f, MM_MIGRATE_PAGES)->succeeded = succeeded;
	f->pid = ksmd;
	return f->next - 1;
}

/* Two items on pfn 100; then the steps; then the kernel counts them. */
static void a_migration_ends_what_was_known_of_pfns(void **state)
{
	enum { STOP, BEGIN, MOVED, FAILED, OTHER_BEGIN, OTHER_MOVED, OTHER_FAILED, NAMED };
	static const struct { const char *what; int before[3], after[5]; uint8_t item, node; } cases[] = {
		{ "none", { 0 }, { 0 }, DOUBT_NONE, DOUBT_NONE },
		{ "before they were merged", { BEGIN, MOVED }, { 0 }, DOUBT_NONE, DOUBT_NONE },
		{ "it moved pages", { 0 }, { BEGIN, MOVED }, DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "it moved none", { 0 }, { BEGIN, FAILED }, DOUBT_NONE, DOUBT_NONE },
		{ "it began before", { BEGIN }, { MOVED }, DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "it runs", { BEGIN }, { 0 }, DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "it runs, but another ended", { BEGIN }, { OTHER_BEGIN, OTHER_FAILED }, DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "its begin is not in the recording", { 0 }, { MOVED }, DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "its end is lost, the next one failed", { 0 }, { BEGIN, BEGIN, FAILED }, DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "the longer one moved none", { 0 }, { BEGIN, OTHER_BEGIN, OTHER_MOVED, FAILED },
		  DOUBT_UNTRACED, DOUBT_UNTRACED },
		{ "neither moved any", { 0 }, { BEGIN, OTHER_BEGIN, OTHER_FAILED, FAILED }, DOUBT_NONE, DOUBT_NONE },
		{ "one was merged with that pfn since", { 0 }, { BEGIN, MOVED, NAMED }, DOUBT_UNTRACED, DOUBT_NONE },
		{ "and again", { 0 }, { BEGIN, MOVED, NAMED, BEGIN, MOVED }, DOUBT_UNTRACED, DOUBT_UNTRACED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		struct history_counters all;
		uint64_t merged = 0, last;
		const char *sharing = "1";
		union row row;

		feed_flush(f);
		feed_ksm_counters(f, "0", "0");
		feed_enter(f, MM_A);
		for (size_t step = 0; step < 8; step++) {
			int what = step < 3 ? cases[i].before[step] : cases[i].after[step - 3];

			if (step == 3) {
				feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
				merged = feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
			}
			if (what == NAMED) {
				feed_merge(f, 1, 100, ITEM(3), MM_A, 0);
				sharing = "2";
			} else if (what) {
				feed_migration(f, what >= OTHER_BEGIN ? 7 : 6, what == BEGIN || what == OTHER_BEGIN,
					       what == MOVED || what == OTHER_MOVED ? 3 : 0);
			}
		}
		FEED(f, KSM_STOP_SCAN);
		last = f->next - 1;
		feed_flush(f);
		feed_ksm_counters(f, "1", sharing);
		assert_int_equal(doubt_at(f, ITEM(1), last), cases[i].item);
		assert_int_equal(history_row(f->h, find(f->h, TABLE_NODE, 100, last), moment_at(last), &row), 0);
		assert_int_equal(row.fact.doubt, cases[i].node);
		history_counters(f->h, moment_at(last), &all);
		assert_int_equal(all.nr_doubtful_nodes, cases[i].node != DOUBT_NONE);
		assert_int_equal(all.nr_doubtful_items, cases[i].item == DOUBT_NONE ? 0 :
				 all.nr_stable_items - (cases[i].node == DOUBT_NONE));
		/* With hindsight the number reaches back to the merge, or not. */
		assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, ITEM(1), merged + 1),
					     moment_hindsight(merged + 1), &row), 0);
		if (cases[i].item == DOUBT_NONE)
			assert_int_equal(row.fact.doubt, DOUBT_NONE);
		feed_free(f);
	}
}

/* A page that was found to be a KSM page may have been made one by a migration only. */
static void a_migrated_page_was_not_there_before(void **state)
{
	(void)state;
	for (int moved = 0; moved <= 1; moved++) {
		struct feed *f = feed_new(true);
		uint64_t named;
		union row row;

		feed_enter(f, MM_A);
		feed_migration(f, 6, true, 0);
		feed_migration(f, 6, false, moved);
		named = feed_merge(f, 1, 100, ITEM(1), MM_A, 0);
		feed_flush(f);
		assert_int_equal(history_row(f->h, find(f->h, TABLE_NODE, 100, named), moment_hindsight(1), &row), 0);
		assert_int_equal(row.fact.doubt, moved ? DOUBT_UNTRACED : DOUBT_NONE);
		feed_free(f);
	}
}

/* While it runs it may move any page; who knows that it moved none knows better. */
static void a_migration_that_runs_may_move_any_page(void **state)
{
	struct feed *f = feed_new(true);
	uint64_t runs;
	union row row;

	(void)state;
	feed_flush(f);
	feed_ksm_counters(f, "0", "0");
	feed_enter(f, MM_A);
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
	feed_migration(f, 6, true, 0);
	FEED(f, KSM_STOP_SCAN);
	runs = f->next - 1;
	feed_flush(f);
	feed_ksm_counters(f, "1", "1");
	feed_migration(f, 6, false, 0);
	feed_flush(f);
	assert_int_equal(doubt_at(f, ITEM(1), runs), DOUBT_UNTRACED);
	assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, ITEM(1), runs), moment_hindsight(runs), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_NONE);
	feed_free(f);
}

/* Without the events that tell of migrations a page may have been migrated at any time. */
static void untraced_migrations_leave_every_pfn_doubtful(void **state)
{
	(void)state;
	for (int untraced = 0; untraced <= 1; untraced++) {
		struct history_options options = { .stock = true, .moves_untraced = untraced };
		struct feed *f = feed_new(true);
		uint64_t merged, last;

		history_free(f->h);
		assert_int_equal(history_new(&options, &f->h), 0);
		feed_ksm_counters(f, "0", "0");
		feed_enter(f, MM_A);
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		merged = feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
		FEED(f, KSM_STOP_SCAN);
		last = f->next - 1;
		feed_flush(f);
		feed_ksm_counters(f, "1", "1");
		assert_int_equal(doubt_at(f, ITEM(2), merged), DOUBT_NONE);
		assert_int_equal(doubt_at(f, ITEM(2), last), untraced ? DOUBT_UNTRACED : DOUBT_NONE);
		feed_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_migration_ends_what_was_known_of_pfns),
		cmocka_unit_test(a_migrated_page_was_not_there_before),
		cmocka_unit_test(a_migration_that_runs_may_move_any_page),
		cmocka_unit_test(untraced_migrations_leave_every_pfn_doubtful),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
