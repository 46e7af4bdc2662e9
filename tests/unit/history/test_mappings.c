// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_mappings.c - what each event of the patched kernel says about a pte.
 *
 * One page is merged at one address; then one thing happens.  A table says for each thing where the
 * page is mapped afterwards, how that is known, and how sure it is with hindsight.  At the end: what a gap leaves
 * sure of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define MM	(int64_t)0xffff888100000000ll
#define CHILD	(int64_t)0xffff888100000800ll
#define ITEM	(int64_t)0xffff888200000000ll
#define NODE	(int64_t)0xffff888300000000ll
#define AV	(int64_t)0xffff888400000000ll
#define VMA	(int64_t)0xffff888500000000ll
#define NEW_VMA	(int64_t)0xffff888500000100ll
#define AT	0x12000

static void vma(struct feed *f, bool in, int64_t which, int64_t start, int64_t end, int64_t pgoff)
{
	struct args_P_VMA_INSERT args = { .anon_vma = AV, .vma = which, .mm = MM, .start = start,
					  .end = end, .pgoff = pgoff };

	if (in)
		*FEED(f, P_VMA_INSERT) = args;
	else
		memcpy(FEED(f, P_VMA_REMOVE), &args, sizeof(args));
}

/* A VMA of pages 16 .. 19, the third of which is merged; the last event is the append. */
static struct feed *merged(void)
{
	struct feed *f = feed_new(false);

	*FEED(f, P_MM_ENTER) = (struct args_P_MM_ENTER){ .mm = MM, .tgid = 55, .comm = "proc" };
	*FEED(f, P_ANON_VMA_NEW) = (struct args_P_ANON_VMA_NEW){ .anon_vma = AV, .root = AV, .parent = AV };
	vma(f, true, VMA, 0x10000, 0x14000, 16);
	*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 100 };
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM, .mm = MM, .address = AT,
		.node = NODE, .anon_vma = AV, .index = 18 };
	return f;
}

static void walk(struct feed *f, int64_t pfn, int64_t purpose, int64_t before, int64_t after)
{
	*FEED(f, P_WALK_BEGIN) = (struct args_P_WALK_BEGIN){ .walk = 9, .pfn = pfn, .node = NODE,
							     .purpose = purpose };
	*FEED(f, P_WALK_ITEM) = (struct args_P_WALK_ITEM){ .walk = 9, .pass = 1, .item = ITEM,
		.anon_vma = AV, .mm = MM, .address = AT };
	*FEED(f, P_WALK_VMA) = (struct args_P_WALK_VMA){ .walk = 9, .pass = 1, .item = ITEM, .vma = VMA,
		.mm = MM, .answer = 1, .mapcount_before = before, .mapcount = after };
	*FEED(f, P_WALK_END) = (struct args_P_WALK_END){ .walk = 9 };
}

/* ---- things that happen ---- */
static void nothing(struct feed *f) { (void)f; }

static void munmap_part(struct feed *f)
{
	vma(f, false, VMA, 0x10000, 0x14000, 16);
	vma(f, true, VMA, 0x10000, 0x12000, 16);
	vma(f, true, NEW_VMA, 0x13000, 0x14000, 19);
}

static void split(struct feed *f)
{
	vma(f, false, VMA, 0x10000, 0x14000, 16);
	vma(f, true, VMA, 0x10000, 0x12000, 16);
	vma(f, true, NEW_VMA, 0x12000, 0x14000, 18);
}

static void mremap_all(struct feed *f)
{
	vma(f, true, NEW_VMA, 0x50000, 0x54000, 16);
	vma(f, false, VMA, 0x10000, 0x14000, 16);
}

static void unmap_walk(struct feed *f) { walk(f, 100, 1, 1, 0); }
static void unmap_walk_in_vain(struct feed *f) { walk(f, 100, 1, 1, 1); }
static void other_walk(struct feed *f) { walk(f, 100, 4, 1, 0); }

static void migrate(struct feed *f)
{
	walk(f, 100, 2, 1, 0);
	*FEED(f, P_NODE_KPFN) = (struct args_P_NODE_KPFN){ .node = NODE, .old_kpfn = 100, .kpfn = 200 };
	walk(f, 200, 3, 0, 1);
}

static void walk_behind_mremap(struct feed *f)
{
	mremap_all(f);
	walk(f, 100, 1, 1, 0);	/* VMA is in no tree any more: the item's own address */
}

static void recovery(struct feed *f)
{
	*FEED(f, P_RECOVERY_MOVE) = (struct args_P_RECOVERY_MOVE){ .pfn = 100, .item = ITEM, .mm = MM,
		.address = AT, .to_kpfn = 300, .target = 1 };
}

static void recovery_in_vain(struct feed *f)
{
	recovery(f);
	((struct args_P_RECOVERY_MOVE *)&f->args[f->nr - 1])->target = 2;
}

static void kill_list(struct feed *f)
{
	*FEED(f, P_KILL_TASK) = (struct args_P_KILL_TASK){ .pfn = 100, .tgid = 55, .mm = MM, .vma = VMA,
		.address = AT, .covers = 1, .mapped = 1 };
}

static void page_changed(struct feed *f)
{
	*FEED(f, P_ITEM_DETACH) = (struct args_P_ITEM_DETACH){ .item = ITEM, .mm = MM, .address = AT,
		.node = NODE, .site = 0 };
}

static void merged_again(struct feed *f)
{
	page_changed(f);
	((struct args_P_ITEM_DETACH *)&f->args[f->nr - 1])->site = 3;
}

static void exec(struct feed *f)
{
	*FEED(f, P_MM_EXEC) = (struct args_P_MM_EXEC){ .old_mm = MM, .mm = CHILD, .tgid = 55 };
}

static void mm_free(struct feed *f) { FEED(f, P_MM_FREE)->mm = MM; }

static void exits_by_a_thread(struct feed *f)
{
	*FEED(f, TASK_NEWTASK) = (struct args_TASK_NEWTASK){ .pid = 77, .clone_flags = 0x10100 };
	f->events[f->nr - 1].pid = 55;
	*FEED(f, SCHED_PROCESS_EXIT) = (struct args_SCHED_PROCESS_EXIT){ .pid = 77, .group_dead = 1 };
}

static const struct happening {
	const char *name;
	void (*fn)(struct feed *f);
	uint64_t address, pfn;		/* 0: not mapped */
	char evidence;
	bool ended_surely;		/* with hindsight it held until then */
} happenings[] = {
	{ "nothing", nothing, AT, 100, 'I', false },
	{ "munmap of part", munmap_part, 0, 0, 0, false },
	{ "split", split, AT, 100, 'I', false },
	{ "mremap", mremap_all, 0x52000, 100, 'I', false },
	{ "a walk unmaps", unmap_walk, 0, 0, 0, true },
	{ "a walk in vain", unmap_walk_in_vain, AT, 100, 'I', false },
	{ "a walk for something else", other_walk, AT, 100, 'I', false },
	{ "migration", migrate, AT, 200, 'T', true },
	{ "a walk behind mremap", walk_behind_mremap, 0x52000, 100, 'I', false },
	{ "recovery", recovery, AT, 300, 'T', true },
	{ "recovery in vain", recovery_in_vain, AT, 100, 'I', false },
	{ "kill list", kill_list, AT, 100, 'T', true },
	{ "page changed", page_changed, 0, 0, 0, false },
	{ "merged again", merged_again, AT, 100, 'I', false },
	{ "exec", exec, 0, 0, 0, false },
	{ "mm freed", mm_free, 0, 0, 0, false },
	{ "the last thread exits", exits_by_a_thread, 0, 0, 0, false },
};

static uint32_t mappings(const struct history *h, struct moment when, union row *ret)
{
	struct history_cursor cursor;
	uint32_t nr = 0;
	union row row;

	assert_int_equal(history_list(h, ALL_MAPPINGS, (struct ref){ 0 }, when, &cursor), 0);
	while (history_next(&cursor, &row) == 1) {
		*ret = row;
		nr++;
	}
	return nr;
}

static void each_thing_says_where_it_is_mapped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(happenings) / sizeof(*happenings); i++) {
		const struct happening *what = &happenings[i];
		struct feed *f = merged();
		uint64_t before = f->next - 1;
		union row row;

		what->fn(f);
		feed_event(f, EVENT_UNKNOWN);	/* the same thread goes on */
		feed_flush(f);
		print_message("%s\n", what->name);
		assert_int_equal(mappings(f->h, moment_at(before), &row), 1);
		assert_int_equal(row.mapping.tgid, 55);
		assert_int_equal(row.mapping.address, AT);
		assert_int_equal(row.fact.evidence, EVIDENCE_INFERRED);
		/* Even at that very event it may have been written to: ksmd has dropped all locks since it set the pte. */
		assert_int_equal(row.fact.doubt, DOUBT_TENTATIVE);
		assert_int_equal(mappings(f->h, moment_hindsight(before), &row), 1);
		assert_int_equal(mappings(f->h, moment_at(f->next - 1), &row), what->pfn != 0);
		if (what->pfn) {
			assert_int_equal(row.mapping.address, what->address);
			assert_int_equal(row.mapping.pfn, what->pfn);
			assert_int_equal(row.fact.evidence, what->evidence);
			assert_int_not_equal(row.fact.doubt, DOUBT_NONE);
		}
		/* Seen by something since: it was there all the time. */
		for (uint64_t t = before; what->ended_surely && t <= before + 1; t++) {
			assert_int_equal(mappings(f->h, moment_hindsight(t), &row), 1);
			assert_int_equal(row.fact.doubt, DOUBT_NONE);
		}
		feed_free(f);
	}
}

static int nothing_comes_or_goes(const struct history_change *change, void *arg)
{
	const struct history *h = arg;

	if (change->ref.table != TABLE_MAPPING)
		return 0;
	assert_true(change->born && change->died);
	assert_true(history_learned(h, change->ref, change->event));
	return 0;
}

/* A kill list finds the pte that is there: the same one, however often it is found. */
static void a_kill_list_moves_nothing(void **state)
{
	struct feed *f = merged();
	uint64_t before = f->next - 1;
	union row first, row;

	(void)state;
	kill_list(f);
	feed_event(f, EVENT_UNKNOWN);
	kill_list(f);
	feed_flush(f);
	assert_int_equal(mappings(f->h, moment_at(before), &first), 1);
	assert_int_equal(history_changes(f->h, before, f->next - 1, nothing_comes_or_goes, f->h), 0);
	for (uint64_t t = before + 1; t < f->next; t++) {
		assert_int_equal(mappings(f->h, moment_at(t), &row), 1);
		assert_true(ref_equal(row.mapping.ref, first.mapping.ref));
		assert_int_equal(row.fact.first, first.fact.first);
		assert_int_equal(row.fact.evidence, EVIDENCE_TRACED);
		assert_int_equal(row.fact.confirmed, t == before + 2 ? before + 1 : t);
		assert_int_equal(row.fact.doubt, t == before + 2 ? DOUBT_UNTRACED : DOUBT_NONE);
	}
	feed_free(f);
}

/* Copied when the child's process is known, to it; and nobody's if the parent had left. */
static void fork_copies(void **state)
{
	struct feed *f = merged();
	struct history_cursor cursor;
	struct ref child;
	uint64_t last;
	union row row;

	(void)state;
	*FEED(f, P_MM_FORK) = (struct args_P_MM_FORK){ .parent_mm = MM, .mm = CHILD };
	*FEED(f, P_MM_ENTER) = (struct args_P_MM_ENTER){ .mm = CHILD };
	feed_flush(f);
	assert_int_equal(mappings(f->h, moment_at(f->next - 1), &row), 1);
	*FEED(f, P_MM_OWNER) = (struct args_P_MM_OWNER){ .mm = CHILD, .tgid = 56 };
	feed_flush(f);
	last = f->next - 1;
	assert_int_equal(mappings(f->h, moment_at(last), &row), 2);
	assert_int_equal(history_find(f->h, TABLE_MM, (uint64_t)CHILD, 0, moment_at(last), &child), 0);
	assert_int_equal(history_list(f->h, MAPPINGS_OF_MM, child, moment_at(last), &cursor), 0);
	assert_int_equal(history_next(&cursor, &row), 1);
	assert_int_equal(row.mapping.tgid, 56);
	assert_int_equal(row.mapping.address, AT);
	assert_int_equal(row.mapping.pfn, 100);
	assert_int_equal(row.fact.evidence, EVIDENCE_INFERRED);
	assert_int_equal(row.fact.doubt, DOUBT_TENTATIVE);
	assert_int_equal(history_next(&cursor, &row), 0);
	feed_free(f);
}

/* An mm whose process is not known owns its mappings, until it is. */
static void an_mm_without_a_process(void **state)
{
	struct feed *f = feed_new(false);
	struct history_cursor cursor;
	uint64_t last;
	struct ref mm;
	union row row;

	(void)state;
	*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 100 };
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM, .mm = MM, .address = AT,
		.node = NODE, .anon_vma = AV, .index = 18 };
	last = f->next - 1;
	*FEED(f, P_MM_OWNER) = (struct args_P_MM_OWNER){ .mm = MM, .tgid = 55 };
	feed_flush(f);
	assert_int_equal(history_find(f->h, TABLE_MM, (uint64_t)MM, 0, moment_at(last), &mm), 0);
	for (uint64_t t = last; t <= last + 1; t++) {
		assert_int_equal(history_list(f->h, MAPPINGS_OF_MM, mm, moment_at(t), &cursor), 0);
		assert_int_equal(history_next(&cursor, &row), 1);
		assert_int_equal(row.mapping.tgid, t == last ? 0 : 55);
		assert_true(ref_equal(row.mapping.mm, mm));
		assert_int_equal(history_next(&cursor, &row), 0);
	}
	feed_free(f);
}

/* ---- gaps ---- */
static enum doubt doubt_at(const struct feed *f, uint64_t t)
{
	union row row;

	assert_int_equal(mappings(f->h, moment_hindsight(t), &row), 1);
	return (enum doubt)row.fact.doubt;
}

/* One event of that kind is lost, and the kernel's counts say so; returns the event behind the gap. */
static uint64_t gap(struct feed *f, enum ksmtop_count lost)
{
	struct args_P_COUNTS *counts = FEED(f, P_COUNTS);
	uint64_t after = f->next - 1;

	counts = FEED(f, P_COUNTS);
	counts->nr[COUNT_COUNTS] = 1;
	counts->nr[lost] = 1;
	f->losses[f->nr_losses++] = (struct event_loss){ .after_nr = after, .before_nr = f->next - 1, .nr_lost = 1,
							 .before_ns = f->now_ns };
	f->events[f->nr - 1].loss = f->nr_losses;
	return f->next - 1;
}

/*
 * Whoever maps the page later has mapped it all the time since the gap, unless the gap hid a way to leave from which
 * it comes back unseen.  Before the gap: unless it hid a coming.
 */
static void seen_behind_a_gap(void **state)
{
	static const struct { enum ksmtop_count lost; bool behind, before; } kinds[] = {
		{ COUNT_ITEM_DETACH, true, true },	/* ksmd found that it had been written to */
		{ COUNT_DUMP_ITEM, true, true },
		{ COUNT_ITEM_APPEND, true, false },
		{ COUNT_VMA_INSERT, true, false },
		{ COUNT_VMA_REMOVE, false, false },	/* mremap may bring another page's mapping there */
		{ COUNT_WALK_VMA, false, false },	/* swapped out, it comes back by a fault */
		{ COUNT_MM_FREE, false, false },
		{ COUNT_NODE_KPFN, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct feed *f = merged();
		uint64_t before = f->next - 1, behind = gap(f, kinds[i].lost);

		kill_list(f);
		feed_flush(f);
		print_message("kind %d\n", kinds[i].lost);
		assert_int_equal(doubt_at(f, behind) == DOUBT_NONE, kinds[i].behind);
		assert_int_equal(doubt_at(f, before) == DOUBT_NONE, kinds[i].before);
		feed_free(f);
	}
}

/* ksmd appends the item anew: what maps the page then may not have mapped it before, though the row said so. */
static void appended_behind_a_gap(void **state)
{
	static const int64_t pages[] = { 100, 0 };	/* 0: nobody knows the page of that node */

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct feed *f = merged();
		uint64_t behind = gap(f, COUNT_ITEM_DETACH), append;

		*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM, .mm = MM, .address = AT,
			.node = pages[i] ? NODE : NODE + 0x40, .anon_vma = AV, .index = 18 };
		append = f->next - 1;
		feed_event(f, EVENT_UNKNOWN);
		kill_list(f);
		feed_flush(f);
		assert_int_not_equal(doubt_at(f, behind), DOUBT_NONE);
		if (pages[i])
			assert_int_equal(doubt_at(f, append), DOUBT_NONE);
		feed_free(f);
	}
}

/* A walk unmaps at one of two addresses, and the item that would tell at which is not known. */
static void one_of_two_went(void **state)
{
	struct feed *f = merged();
	union row row;

	(void)state;
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM + 0x40, .mm = MM, .address = AT + 0x1000,
		.node = NODE, .anon_vma = AV, .index = 19 };
	*FEED(f, P_WALK_BEGIN) = (struct args_P_WALK_BEGIN){ .walk = 9, .pfn = 100, .node = NODE, .purpose = 1 };
	*FEED(f, P_WALK_ITEM) = (struct args_P_WALK_ITEM){ .walk = 9, .pass = 2, .item = ITEM + 0x80,
		.anon_vma = AV, .mm = CHILD, .address = AT };
	*FEED(f, P_WALK_VMA) = (struct args_P_WALK_VMA){ .walk = 9, .pass = 2, .item = ITEM + 0x80, .vma = VMA,
		.mm = MM, .answer = 1, .mapcount_before = 2, .mapcount = 1 };
	feed_flush(f);
	assert_int_equal(mappings(f->h, moment_at(f->next - 2), &row), 2);
	assert_int_equal(mappings(f->h, moment_at(f->next - 1), &row), 0);
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing_says_where_it_is_mapped),
		cmocka_unit_test(a_kill_list_moves_nothing),
		cmocka_unit_test(fork_copies),
		cmocka_unit_test(an_mm_without_a_process),
		cmocka_unit_test(seen_behind_a_gap),
		cmocka_unit_test(appended_behind_a_gap),
		cmocka_unit_test(one_of_two_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
