// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stock_tasks.c - processes of a stock kernel: whose an mm is, and what its exit leaves.
 *
 * An exit is traced, the departure of its items is not: they are ksmd's until its cursor is known to have
 * been at the mm, a count tells, or the address is another mm's.  Threads, forks and the one that
 * enters KSM on behalf of another decide whose an mm is.
 */
#include "stock.h"

/* ksmd, seen at an item of that mm that it could not merge. */
static void feed_cursor(struct feed *f, uint64_t mm)
{
	feed_merge(f, 0, 900, ITEM(900), mm, -14);
}

/* Where ksmd is seen after the exit: in an mm by its number, or: */
enum seen { STOP = 0, B = 1, C = 2, D = 3, BEGIN = -1, END = -2, PARTNER = -3 };

static void see(struct feed *f, enum seen what)
{
	switch (what) {
	case BEGIN:
		FEED(f, KSM_START_SCAN);
		break;
	case END:
		FEED(f, KSM_STOP_SCAN);
		break;
	case PARTNER:
		feed_merge(f, 0, 200, ITEM(20), MM(1), 0);
		feed_merge(f, 2, 200, ITEM(21), MM(3), -14);
		break;
	default:
		feed_cursor(f, MM(what));
	}
}

/*
 * ksmd keeps the items of an mm that exits until its cursor, which is before them, has been seen in
 * two places.
 */
static void an_exit_leaves_the_items_to_ksmd(void **state)
{
	static const struct { const char *what; enum seen seen[6]; int gone; } cases[] = {
		{ "one place may be where it was", { B }, -1 },
		{ "the same place again", { B, B, B }, -1 },
		{ "two places", { B, C }, 1 },
		{ "two places, later", { B, B, C, D }, 2 },
		{ "the exited mm itself, then another: it may have been there twice", { C }, -1 },
		{ "the end of the scan alone: it may have got there before", { END }, -1 },
		{ "it rests between two scans", { END, BEGIN }, -1 },
		{ "it rests, then goes on", { END, BEGIN, B }, 2 },
		{ "a whole scan in which nothing merges", { END, BEGIN, END }, 2 },
		{ "a scan ends after it was seen", { B, END }, 1 },
		{ "a partner's mm is not its place", { B, PARTNER, B }, -1 },
		{ "the end of a scan was not seen", { B, BEGIN }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		uint64_t before, left, at[6] = { 0 };
		struct history_counters all;
		union row row;
		struct ref mm;
		int nr = 0;

		feed_enter(f, MM_A);
		feed_enter(f, MM(1));
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		before = feed_merge(f, 1, 100, ITEM(2), MM(1), 0);
		left = feed_exit(f, MM_A);
		for (; cases[i].seen[nr] != STOP; nr++) {
			see(f, cases[i].seen[nr]);
			at[nr] = f->next - 1;
		}
		feed_flush(f);
		mm = find(f->h, TABLE_MM, MM_A, before);
		for (int step = -1; step < nr; step++) {
			uint64_t t = step < 0 ? left : at[step];
			bool gone = cases[i].gone >= 0 && step >= cases[i].gone;

			assert_int_equal(history_row(f->h, mm, moment_at(t), &row), gone ? -ENOENT : 0);
			history_counters(f->h, moment_at(t), &all);
			assert_int_equal(all.nr_stable_items, gone ? 1 : 2);
			if (gone)
				continue;
			assert_true(row.mm.exited);
			assert_int_equal(row.fact.doubt, DOUBT_UNTRACED);
			assert_int_equal(count(f->h, ITEMS_OF_MM, mm, moment_at(t)), 1);
			assert_int_equal(doubt_at(f, ITEM(1), t), DOUBT_UNTRACED);
		}
		assert_int_equal(history_row(f->h, mm, moment_at(before), &row), 0);
		assert_false(row.mm.exited);
		assert_int_equal(row.fact.doubt, DOUBT_NONE);
		feed_free(f);
	}
}

/* The kernel counts them still, or not at all any more. */
static void a_count_tells_of_those_that_exited(void **state)
{
	static const struct { const char *shared, *sharing; int items; uint8_t doubt; } cases[] = {
		{ "1", "1", 2, DOUBT_NONE },
		{ "1", "0", 2, DOUBT_UNTRACED },	/* one of the two, nobody knows which */
		{ "0", "0", 0, DOUBT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		struct history_counters all;
		uint64_t left;

		feed_ksm_counters(f, "0", "0");
		feed_enter(f, MM_A);
		feed_enter(f, MM_B);
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		feed_merge(f, 1, 100, ITEM(2), MM_B, 0);
		left = feed_exit(f, MM_A);
		feed_flush(f);
		feed_ksm_counters(f, cases[i].shared, cases[i].sharing);
		history_counters(f->h, moment_at(left), &all);
		assert_int_equal(all.nr_stable_items, cases[i].items);
		assert_int_equal(all.nr_mms, cases[i].items ? 2 : 1);
		if (cases[i].items)
			assert_int_equal(doubt_at(f, ITEM(1), left), cases[i].doubt);
		feed_free(f);
	}
}

/* The address of an mm that exited is another's once it enters, or merges. */
static void an_exited_mm_is_not_the_next_one(void **state)
{
	(void)state;
	for (int lost = 0; lost <= 1; lost++) {
		struct feed *f = feed_new(true);
		uint64_t before, now;
		struct ref old, new;
		union row row;

		feed_enter(f, MM_A);
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		before = feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
		feed_exit(f, MM_A);
		now = lost ? 0 : feed_enter(f, MM_A);
		feed_merge(f, 0, 200, ITEM(3), MM_A, 0);
		now = feed_merge(f, 1, 200, ITEM(4), MM_A, 0);
		feed_flush(f);
		old = find(f->h, TABLE_MM, MM_A, before);
		new = find(f->h, TABLE_MM, MM_A, now);
		assert_false(ref_equal(old, new));
		assert_int_equal(history_row(f->h, old, moment_at(now), &row), -ENOENT);
		assert_int_equal(history_row(f->h, new, moment_at(now), &row), 0);
		assert_false(row.mm.exited);
		assert_int_equal(count(f->h, ITEMS_OF_MM, new, moment_at(now)), 2);
		feed_free(f);
	}
}

/* ksmd names an item that it still has: it was there until then, and the mm is no new one. */
static void a_removal_after_the_exit_names_the_old_mm(void **state)
{
	struct feed *f = feed_new(true);
	struct history_counters all;
	uint64_t left, removed;
	struct ref mm, item;
	union row row;

	(void)state;
	feed_enter(f, MM_A);
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
	left = feed_exit(f, MM_A);
	removed = feed_remove_item(f, 100, ITEM(2), MM_A);
	feed_flush(f);
	history_counters(f->h, moment_at(removed), &all);
	assert_int_equal(all.nr_mms, 1);
	assert_int_equal(all.nr_removals, 1);
	assert_int_equal(count(f->h, ALL_ITEMS, none, moment_at(removed)), 1);
	item = find(f->h, TABLE_ITEM, ITEM(2), left);
	assert_int_equal(history_row(f->h, item, moment_hindsight(left), &row), 0);
	assert_int_equal(row.fact.doubt, DOUBT_NONE);
	mm = find(f->h, TABLE_MM, MM_A, removed);
	assert_int_equal(history_row(f->h, mm, moment_at(removed), &row), 0);
	assert_true(row.mm.exited);
	feed_free(f);
}

/* Neither the thread nor who made it was named before, and there is always room for one of them only. */
static void a_thread_is_of_the_process_that_made_it(void **state)
{
	struct feed *f = feed_new(true);

	(void)state;
	for (int32_t pid = 1000; pid < 1600; pid += 2) {
		struct args_TASK_NEWTASK *task;
		uint64_t entered;
		union row row;

		f->pid = pid;
		task = FEED(f, TASK_NEWTASK);
		task->pid = pid + 1;
		task->clone_flags = 0x10000;	/* CLONE_THREAD */
		f->pid = pid + 1;
		entered = feed_enter(f, MM_A + 0x1000 * (uint64_t)pid);
		feed_flush(f);
		assert_int_equal(history_row(f->h, find(f->h, TABLE_MM, MM_A + 0x1000 * (uint64_t)pid, entered),
					     moment_at(entered), &row), 0);
		assert_int_equal(row.mm.tgid, pid);
	}
	feed_free(f);
}

static void fork_claims_the_mm(void **state)
{
	struct feed *f = feed_new(true);
	struct args_TASK_NEWTASK *task;
	uint64_t entered, forked;
	union row row;
	struct ref mm;

	(void)state;
	f->pid = 10;
	feed_enter(f, MM_A);
	entered = feed_enter(f, MM_B);		/* ksm_fork() */
	task = FEED(f, TASK_NEWTASK);
	task->pid = 11;
	strcpy(task->comm, "child");
	forked = f->next - 1;
	feed_flush(f);
	mm = find(f->h, TABLE_MM, MM_B, forked);
	assert_int_equal(history_row(f->h, mm, moment_at(entered), &row), 0);
	assert_int_equal(row.mm.tgid, 10);
	assert_true(row.mm.tgid_doubtful);
	assert_int_equal(history_row(f->h, mm, moment_at(forked), &row), 0);
	assert_int_equal(row.mm.tgid, 11);
	assert_int_equal(row.fact.born, forked);	/* what is known of it changed ... */
	assert_int_equal(row.fact.first, entered);	/* ... but it was there before */
	assert_int_equal(row.fact.last, NEVER);
	assert_int_equal(row.mm.origin, MM_FORKED);
	assert_true(ref_equal(row.mm.parent, find(f->h, TABLE_MM, MM_A, forked)));
	assert_string_equal(row.mm.comm, "child");
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exit_leaves_the_items_to_ksmd),
		cmocka_unit_test(a_count_tells_of_those_that_exited),
		cmocka_unit_test(an_exited_mm_is_not_the_next_one),
		cmocka_unit_test(a_removal_after_the_exit_names_the_old_mm),
		cmocka_unit_test(a_thread_is_of_the_process_that_made_it),
		cmocka_unit_test(fork_claims_the_mm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
