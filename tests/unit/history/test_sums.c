// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_sums.c - what counts as a merge, as a removal and as a node that has gone, and what as none of them.
 *
 * Items hang on a stable node for two reasons (ksmd merged, a recovery moved) and leave a tree for many.  Each happening
 * of a table is told to a history that knows one merged page; the numbers of the whole and of the mm must agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define MM	0xffff888100000000ll
#define ITEM	0xffff888200000000ll
#define NODE	0xffff888300000000ll
#define OTHER	0xffff888300000040ll
#define AT	0x12000ll
#define KSMD	30
#define HURT	99		/* the thread that met the bad page */

enum site { PAGE_CHANGED, ADDRESS_GONE, TRAILING, REMERGE, UNMERGE, NODE_REMOVED, MM_GONE, STALE_SEQNR, RECOVERY };

static void append(struct feed *f, int pid, int64_t node)
{
	f->pid = pid;
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM, .mm = MM, .address = AT, .node = node };
}

static void detach(struct feed *f, int pid, int64_t node, enum site site)
{
	f->pid = pid;
	*FEED(f, P_ITEM_DETACH) = (struct args_P_ITEM_DETACH){ .item = ITEM, .mm = MM, .address = AT, .node = node,
							       .site = site };
}

static void nothing(struct feed *f) { f->pid = KSMD; }
static void page_changed(struct feed *f) { detach(f, KSMD, NODE, PAGE_CHANGED); }
static void unmerged(struct feed *f) { detach(f, HURT, NODE, UNMERGE); }

static void merged_elsewhere(struct feed *f)
{
	detach(f, KSMD, NODE, REMERGE);
	append(f, KSMD, OTHER);
}

static void back_in_the_next_scan(struct feed *f)
{
	page_changed(f);
	*FEED(f, P_ITEM_UNSTABLE) = (struct args_P_ITEM_UNSTABLE){ .item = ITEM, .mm = MM, .address = AT, .seqnr = 3 };
	detach(f, KSMD, 0, STALE_SEQNR);
}

static void recovery(struct feed *f, bool ends)
{
	f->pid = HURT;
	*FEED(f, P_RECOVERY_BEGIN) = (struct args_P_RECOVERY_BEGIN){ .pfn = 100, .node = NODE, .mapcount = 1 };
	detach(f, HURT, NODE, RECOVERY);
	append(f, HURT, OTHER);
	if (ends)
		*FEED(f, P_RECOVERY_END) = (struct args_P_RECOVERY_END){ .pfn = 100, .moved = 1 };
}

static void recovered(struct feed *f) { recovery(f, true); }

static void merged_while_a_recovery_has_no_end(struct feed *f)
{
	recovery(f, false);
	merged_elsewhere(f);
}

static void merged_by_who_had_recovered(struct feed *f)
{
	recovery(f, true);
	append(f, HURT, NODE);
}

static void node_gone(struct feed *f)
{
	detach(f, KSMD, NODE, NODE_REMOVED);
	*FEED(f, P_NODE_FREE) = (struct args_P_NODE_FREE){ .node = NODE, .kpfn = 100 };
}

static const struct { const char *what; void (*fn)(struct feed *f); uint64_t merges, removals, gone; } happenings[] = {
	{ "nothing", nothing, 1, 0, 0 },
	{ "its page changed", page_changed, 1, 1, 0 },
	{ "it was unmerged", unmerged, 1, 1, 0 },
	{ "merged with another page", merged_elsewhere, 2, 0, 0 },
	{ "out of an unstable tree of the past", back_in_the_next_scan, 1, 1, 0 },
	{ "moved by a recovery", recovered, 1, 0, 0 },
	{ "merged, beside a recovery whose end is not seen", merged_while_a_recovery_has_no_end, 2, 0, 0 },
	{ "merged behind a recovery", merged_by_who_had_recovered, 2, 0, 0 },
	{ "its node has gone", node_gone, 1, 1, 1 },
};

static void each_counts_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(happenings) / sizeof(*happenings); i++) {
		struct feed *f = feed_new(false);
		struct history_mm_counters mine;
		struct history_counters all;
		struct ref mm;
		uint64_t last;

		f->pid = KSMD;
		*FEED(f, P_MM_ENTER) = (struct args_P_MM_ENTER){ .mm = MM, .tgid = 55 };
		*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 100 };
		*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = OTHER, .kpfn = 200 };
		append(f, KSMD, NODE);
		happenings[i].fn(f);
		last = f->next - 1;
		feed_event(f, EVENT_UNKNOWN);
		feed_flush(f);
		print_message("%s\n", happenings[i].what);
		history_counters(f->h, moment_at(last), &all);
		assert_int_equal(all.nr_merges, happenings[i].merges);
		assert_int_equal(all.nr_removals, happenings[i].removals);
		assert_int_equal(all.nr_nodes_gone, happenings[i].gone);
		assert_int_equal(history_find(f->h, TABLE_MM, (uint64_t)MM, 0, moment_at(last), &mm), 0);
		for (uint64_t t = last; t <= last + 1; t++) {	/* counted from the rows, and as it was built */
			assert_int_equal(history_mm_counters(f->h, mm, moment_at(t), &mine), 0);
			assert_int_equal(mine.nr_merges, happenings[i].merges);
		}
		feed_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_counts_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
