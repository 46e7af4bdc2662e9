// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stock.c - what a stock kernel's events mean, rule by rule.
 *
 * Each test feeds a few events by hand and asks for rows, lists and counters at the moments that
 * matter.  The rules are design.md's: a pair's first merge is tentative, the oldest node of a pfn is
 * the one that ksmd notices to be dead, an item merged elsewhere leaves, an exit leaves the items to ksmd.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"
#include "trace/sample_block.h"

#define MM_A	0xffff888100000000ull
#define MM_B	0xffff888100000800ull
#define MM(i)	(MM_A + 0x800ull * (uint64_t)(i))
#define ITEM(i)	(0xffff888200000000ull + 64ull * (i))

static uint64_t count(const struct history *h, enum relation relation, struct ref parent,
		      struct moment when)
{
	uint64_t nr = UINT64_MAX;

	assert_int_equal(history_count(h, relation, parent, when, &nr, NULL), 0);
	return nr;
}

static struct ref find(const struct history *h, enum table table, uint64_t addr, uint64_t t)
{
	struct ref ref = { 0 };

	assert_int_equal(history_find(h, table, addr, 0, moment_at(t), &ref), 0);
	return ref;
}

static const struct ref none;

static uint8_t doubt_at(struct feed *f, uint64_t item, uint64_t t)
{
	union row row;

	assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, item, t), moment_at(t), &row), 0);
	return row.fact.doubt;
}

/* A sample of these pairs (name, value ... NULL), taken just now. */
static void feed_sample(struct feed *f, uint16_t kind, int32_t tgid, const char *const pairs[][2])
{
	struct sample_builder sb;
	struct sample sample = { .kind = kind, .tgid = tgid, .begin_ns = f->now_ns + 1,
				 .end_ns = f->now_ns + 2 };

	sample_builder_init(&sb);
	sample_begin(&sb, kind, tgid, sample.begin_ns);
	for (unsigned i = 0; pairs[i][0]; i++)
		sample_add_pair(&sb, pairs[i][0], pairs[i][1]);
	assert_int_equal(sample_end(&sb, sample.end_ns), 0);
	sample.payload = sb.data + SAMPLE_HEAD;
	sample.size = (uint32_t)(sb.size - SAMPLE_HEAD);
	assert_int_equal(history_feed_sample(f->h, &sample, 0), 0);
	sample_builder_fini(&sb);
}

static void feed_merging_pages(struct feed *f, const char *merging)
{
	feed_sample(f, SAMPLE_PROCESS, 42, (const char *const[][2]){
		{ "comm", "proc" }, { "start_time", "7" }, { "ksm_merging_pages", merging }, { NULL } });
}

static void feed_ksm_counters(struct feed *f, const char *shared, const char *sharing)
{
	feed_sample(f, SAMPLE_KSM, 0, (const char *const[][2]){
		{ "pages_shared", shared }, { "pages_sharing", sharing }, { NULL } });
}

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

/* ksmd, seen at an item of that mm that it could not merge. */
static void feed_cursor(struct feed *f, uint64_t mm)
{
	feed_merge(f, 0, 900, ITEM(900), mm, -14);
}

/*
 * ksmd keeps the items of an mm that exits until its cursor, which is before them, has been seen in
 * two places.
 */
static void an_exit_leaves_the_items_to_ksmd(void **state)
{
	enum { BEGIN = -1, END = -2, PARTNER = -3, REMOVED = -4, B = 1, C = 2, D = 3, STOP = 0 };
	static const struct { const char *what; int seen[6]; int gone; } cases[] = {
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
			switch (cases[i].seen[nr]) {
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
				feed_cursor(f, MM(cases[i].seen[nr]));
			}
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
	feed_sample(f, SAMPLE_KSM, 0, (const char *const[][2]){
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

/*
 * folio_migrate_ksm() changes a stable node's kpfn, which a stock kernel does not trace: a number that still is
 * right does not show that the pfns are.  Two items on pfn 100; then the steps; then the kernel counts them.
 */
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
		cmocka_unit_test(a_migration_ends_what_was_known_of_pfns),
		cmocka_unit_test(a_migrated_page_was_not_there_before),
		cmocka_unit_test(a_migration_that_runs_may_move_any_page),
		cmocka_unit_test(untraced_migrations_leave_every_pfn_doubtful),
		cmocka_unit_test(the_burst_tells_which_node_is_removed),
		cmocka_unit_test(a_removal_of_either_of_two_spoils_the_sets),
		cmocka_unit_test(pair_is_tentative_until_its_partner),
		cmocka_unit_test(failed_partner_undoes_the_pair),
		cmocka_unit_test(the_oldest_node_of_a_pfn_is_removed),
		cmocka_unit_test(an_item_merged_elsewhere_leaves),
		cmocka_unit_test(an_exit_leaves_the_items_to_ksmd),
		cmocka_unit_test(a_count_tells_of_those_that_exited),
		cmocka_unit_test(an_exited_mm_is_not_the_next_one),
		cmocka_unit_test(a_removal_after_the_exit_names_the_old_mm),
		cmocka_unit_test(what_was_there_before_is_found),
		cmocka_unit_test(fork_claims_the_mm),
		cmocka_unit_test(a_count_confirms_the_set),
		cmocka_unit_test(a_forked_page_joins_a_full_node),
		cmocka_unit_test(counts_settled_are_of_the_last_event),
		cmocka_unit_test(a_later_sample_takes_nothing_from_an_earlier_one),
		cmocka_unit_test(merges_mean_the_same_on_both_kernels),
		cmocka_unit_test(a_thread_is_of_the_process_that_made_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
