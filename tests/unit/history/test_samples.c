// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_samples.c - what a look at /proc and /sys does to rows and to what they are worth, in tables.
 *
 * A sweep of a page table makes, keeps and ends mappings: only where it looked, only if it is whole, and
 * tentatively if the mm was changing.  A sampled number is doubtful as soon as an event changed
 * what it counted, and not before.  Where kpageflags marks every anonymous page, a page counts if a
 * certain stable node has it and it is mapped twice, and a sweep does not say more than that.  A count
 * is worth what the weakest of its rows is.
 */
#include "feed_sample.h"

#define PID	42
#define MM_A	0xffff888100000000ull
#define MM_B	0xffff888100000800ull
#define ITEM(i)	(0xffff888200000000ull + 64ull * (i))
#define PAGE	4096ull

struct sweep {
	bool incomplete;
	uint32_t cut;				/* bytes that are missing at its end */
	bool early;				/* it began before the last event */
	uint32_t mapcount;			/* of its pages, 0: 2 */
	const char *smaps;			/* how many pages of KSM's smaps counts behind it, NULL: not said */
	struct { uint64_t first, end; } range;	/* pages that it looked at */
	struct { uint64_t page, pfn; } pages[4];
};

static void feed_sweep(struct feed *f, const struct sweep *sweep)
{
	struct sample sample = { .kind = SAMPLE_PAGES, .tgid = PID, .end_ns = f->now_ns + 2,
				 .begin_ns = sweep->early ? f->now_ns - 1 : f->now_ns + 1 };
	struct sample_builder sb;

	if (sweep->smaps)
		feed_pairs(f, SAMPLE_KSM_PAGES, PID, (const char *const[][2]){
			{ SAMPLE_KSM_PAGES_NAME, sweep->smaps }, { NULL } });
	sample_builder_init(&sb);
	sample_begin(&sb, SAMPLE_PAGES, PID, sample.begin_ns);
	sample_add_pages_head(&sb, PAGE, !sweep->incomplete);
	if (sweep->range.end)
		sample_add_range(&sb, sweep->range.first * PAGE, sweep->range.end * PAGE);
	for (unsigned i = 0; i < 4 && sweep->pages[i].page; i++)
		sample_add_page(&sb, sweep->pages[i].page * PAGE, sweep->pages[i].pfn,
				sweep->mapcount ? sweep->mapcount : 2);
	feed_sample(f, &sb, &sample, sweep->cut);
}

/* NULL: a recording that does not say. */
static void feed_host(struct feed *f, const char *page_flag)
{
	feed_pairs(f, SAMPLE_HOST, 0, (const char *const[][2]){ { "release", "6" },
		{ page_flag ? SAMPLE_PAGE_FLAG_NAME : NULL, page_flag }, { NULL } });
}

/* Process 42 with mm A in KSM, and mm B of somebody; kpageflags tells KSM pages from others. */
static struct feed *start(void)
{
	struct feed *f = feed_new(true);

	feed_host(f, "exact");
	f->pid = 1;
	FEED(f, TASK_NEWTASK)->pid = PID;
	f->pid = PID;
	feed_enter(f, MM_A);
	f->pid = 1;
	feed_enter(f, MM_B);
	feed_flush(f);
	return f;
}

static struct ref find_mm(const struct feed *f, uint64_t addr)
{
	struct ref ref;

	assert_int_equal(history_find(f->h, TABLE_MM, addr, 0, moment_at(f->next - 1), &ref), 0);
	return ref;
}

/* ---- sweeps ---- */
enum { GONE, KEPT, TOLD, NEW };	/* told: a row of the same object begins */
static const struct sweeps {
	const char *what;
	struct sweep first, second;
	struct { uint64_t page, pfn; int state; uint8_t doubt; } mappings[4];
} sweeps[] = {
	{ "seen again",
	  { .pages = { { 1, 100 }, { 5, 101 } } }, { .pages = { { 1, 100 }, { 5, 101 } } },
	  { { 1, 100, KEPT, DOUBT_NONE }, { 5, 101, KEPT, DOUBT_NONE } } },
	{ "seen again, and more map it: of the same mapping more is known",
	  { .pages = { { 1, 100 } } }, { .mapcount = 5, .pages = { { 1, 100 } } },
	  { { 1, 100, TOLD, DOUBT_NONE } } },
	{ "not seen any more",
	  { .pages = { { 1, 100 }, { 5, 101 } } }, { .pages = { { 5, 101 } } },
	  { { 1, 100, GONE, 0 }, { 5, 101, KEPT, DOUBT_NONE } } },
	{ "another page there",
	  { .pages = { { 1, 100 } } }, { .pages = { { 1, 200 } } },
	  { { 1, 100, GONE, 0 }, { 1, 200, NEW, DOUBT_NONE } } },
	{ "more",
	  { .pages = { { 5, 100 } } }, { .pages = { { 1, 100 }, { 5, 100 }, { 9, 100 } } },
	  { { 1, 100, NEW, 0 }, { 5, 100, KEPT, DOUBT_NONE }, { 9, 100, NEW, DOUBT_NONE } } },
	{ "looked at a part only",
	  { .pages = { { 1, 100 }, { 5, 101 } } }, { .incomplete = true, .range = { 1, 3 } },
	  { { 1, 100, GONE, 0 }, { 5, 101, KEPT, DOUBT_UNTRACED } } },
	{ "looked at nothing",
	  { .pages = { { 1, 100 } } }, { .incomplete = true },
	  { { 1, 100, KEPT, DOUBT_UNTRACED } } },
	{ "cut short: who comes later in it has not gone",
	  { .pages = { { 1, 100 }, { 5, 101 }, { 9, 102 } } },
	  { .cut = 1, .pages = { { 1, 100 }, { 9, 102 } } },
	  { { 1, 100, KEPT, DOUBT_UNTRACED }, { 5, 101, KEPT, DOUBT_UNTRACED },
	    { 9, 102, KEPT, DOUBT_UNTRACED } } },
	{ "the mm changed meanwhile",
	  { .pages = { { 1, 100 } } }, { .early = true, .pages = { { 1, 100 }, { 5, 101 } } },
	  { { 1, 100, KEPT, DOUBT_UNTRACED }, { 5, 101, NEW, DOUBT_TENTATIVE } } },
};

static void a_sweep_makes_keeps_and_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(*sweeps); i++) {
		struct feed *f = start();
		uint64_t first = f->next - 1, now, nr = 0, expected = 0;
		struct history_cursor cursor;
		union row row;

		feed_sweep(f, &sweeps[i].first);
		feed_merge(f, 1, 300, ITEM(1), MM_A, 0);
		feed_flush(f);
		now = f->next - 1;
		feed_sweep(f, &sweeps[i].second);
		for (unsigned m = 0; m < 4 && sweeps[i].mappings[m].page; m++) {
			bool there = false;

			expected += sweeps[i].mappings[m].state != GONE;
			assert_int_equal(history_list(f->h, MAPPINGS_OF_MM, find_mm(f, MM_A), moment_at(now),
						      &cursor), 0);
			while (history_next(&cursor, &row) == 1) {
				if (row.mapping.address != sweeps[i].mappings[m].page * PAGE ||
				    row.mapping.pfn != sweeps[i].mappings[m].pfn)
					continue;
				there = true;
				if (row.fact.evidence != EVIDENCE_DUMPED ||
				    row.fact.doubt != sweeps[i].mappings[m].doubt ||
				    row.fact.first != (sweeps[i].mappings[m].state == NEW ? now : first) ||
				    row.fact.born != (sweeps[i].mappings[m].state == KEPT ? first : now))
					fail_msg("%s: page %d: doubt %d, since %d", sweeps[i].what,
						 (int)sweeps[i].mappings[m].page, row.fact.doubt,
						 (int)row.fact.born);
			}
			if (there != (sweeps[i].mappings[m].state != GONE))
				fail_msg("%s: page %d", sweeps[i].what, (int)sweeps[i].mappings[m].page);
		}
		assert_int_equal(history_count(f->h, ALL_MAPPINGS, (struct ref){ 0 }, moment_at(now), &nr, NULL), 0);
		assert_int_equal(nr, expected);
		feed_free(f);
	}
}

/*
 * A pte that two sweeps saw was there all the time between them, unless it may have been made anew: by a merge of
 * that mm with that page, or by a migration and another one back.
 */
static void a_mapping_may_be_anew(void **state)
{
	enum { NOTHING, MERGE, MIGRATION };
	static const struct { const char *what; int happens; uint64_t pfn, mm; uint8_t doubt; } cases[] = {
		{ "nothing", NOTHING, 0, 0, DOUBT_NONE },
		{ "a merge with another page", MERGE, 200, MM_A, DOUBT_NONE },
		{ "a merge of another mm", MERGE, 100, MM_B, DOUBT_NONE },
		{ "a merge of that mm with that page", MERGE, 100, MM_A, DOUBT_UNTRACED },
		{ "a migration", MIGRATION, 0, 0, DOUBT_UNTRACED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static const struct sweep seen = { .pages = { { 1, 100 } } };
		struct feed *f = start();
		struct history_cursor cursor;
		uint64_t between;
		union row row;

		feed_merge(f, 1, 100, ITEM(1), MM_A, 0);
		feed_flush(f);
		feed_sweep(f, &seen);
		FEED(f, KSM_START_SCAN);
		between = f->next - 1;
		if (cases[i].happens == MERGE)
			feed_merge(f, 1, cases[i].pfn, ITEM(2), cases[i].mm, 0);
		if (cases[i].happens == MIGRATION) {
			FEED(f, MM_MIGRATE_PAGES_START);
			FEED(f, MM_MIGRATE_PAGES)->succeeded = 1;
		}
		FEED(f, KSM_STOP_SCAN);
		feed_flush(f);
		feed_sweep(f, &seen);
		assert_int_equal(history_list(f->h, ALL_MAPPINGS, (struct ref){ 0 }, moment_hindsight(between), &cursor),
				 0);
		assert_int_equal(history_next(&cursor, &row), 1);
		if (row.fact.doubt != cases[i].doubt)
			fail_msg("%s: doubt %d", cases[i].what, row.fact.doubt);
		feed_free(f);
	}
}

/* ---- kernels that mark every anonymous page ---- */
#define NODE	0xffff888300000000ull
enum { ABSENT = -1 };

/* The doubt of page 1's mapping, ABSENT if it has none; the counters have to agree. */
static int doubt_of_mapping(const struct feed *f)
{
	struct history_counters counters;
	struct history_cursor cursor;
	int doubt = ABSENT;
	union row row;

	assert_int_equal(history_list(f->h, ALL_MAPPINGS, (struct ref){ 0 }, moment_at(f->next - 1), &cursor), 0);
	while (history_next(&cursor, &row) == 1) {
		assert_int_equal(row.mapping.address, PAGE);
		doubt = row.fact.doubt;
	}
	history_counters(f->h, moment_at(f->next - 1), &counters);
	assert_int_equal(counters.nr_mappings, doubt != ABSENT);
	assert_int_equal(counters.nr_doubtful_mappings, doubt > DOUBT_NONE);
	/* A sweep is one process': somebody else may always have more. */
	assert_true(history_worth(f->h, ALL_MAPPINGS, (struct ref){ 0 }, moment_at(f->next - 1)).doubtful);
	return doubt;
}

static void a_marked_page_of_a_stock_kernel(void **state)
{
	static const struct { const char *flag; bool counted; uint32_t mapcount; uint64_t pfn; int doubt; } cases[] = {
		{ "exact", false, 1, 500, DOUBT_NONE },
		{ "exact", true, 2, 100, DOUBT_NONE },
		{ "anonymous", true, 2, 100, DOUBT_NONE },
		{ "anonymous", false, 2, 100, DOUBT_PAGE_FLAG },	/* the node may be gone */
		{ "anonymous", true, 1, 100, DOUBT_PAGE_FLAG },		/* its page may be anybody's by now */
		{ "anonymous", true, 2, 500, DOUBT_PAGE_FLAG },
		{ "whatever", true, 2, 500, DOUBT_PAGE_FLAG },
		{ NULL, true, 2, 500, DOUBT_PAGE_FLAG },
		{ NULL, true, 2, 100, DOUBT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		int doubt;

		feed_host(f, cases[i].flag);
		feed_ksm_counters(f, "0", "0");
		feed_enter(f, MM_A);
		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
		FEED(f, KSM_STOP_SCAN);
		feed_flush(f);
		if (cases[i].counted)
			feed_ksm_counters(f, "1", "1");
		feed_sweep(f, &(struct sweep){ .mapcount = cases[i].mapcount, .pages = { { 1, cases[i].pfn } } });
		doubt = doubt_of_mapping(f);
		if (doubt != cases[i].doubt)
			fail_msg("case %zu: doubt %d", i, doubt);
		feed_free(f);
	}
}

/* smaps counts the pages behind the sweep: as many as have a node, more, or fewer. */
static void smaps_counts_the_pages(void **state)
{
	static const struct {
		const char *what, *smaps;
		uint32_t mapcount;
		bool moved;
		uint64_t others[2];
		int doubt;
	} cases[] = {
		{ "as many, though mapped once", "1", 1, false, { 0 }, DOUBT_NONE },
		{ "a freed page with a node, shared by fork", "0", 2, false, { 0 }, DOUBT_PAGE_FLAG },
		{ "two have a node, one is KSM's", "1", 2, false, { 200 }, DOUBT_PAGE_FLAG },
		{ "two have a node, both are", "2", 1, false, { 200 }, DOUBT_NONE },
		{ "one without a node does not count", "1", 1, false, { 900 }, DOUBT_NONE },
		{ "more than have a node: some are elsewhere", "3", 1, false, { 0 }, DOUBT_PAGE_FLAG },
		{ "not said", NULL, 1, false, { 0 }, DOUBT_PAGE_FLAG },
		{ "as many, but nodes may have got other pages", "1", 1, true, { 0 }, DOUBT_PAGE_FLAG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(true);
		struct sweep sweep = { .mapcount = cases[i].mapcount, .smaps = cases[i].smaps, .pages = { { 1, 100 } } };
		struct history_cursor cursor;
		union row row;

		feed_host(f, "anonymous");
		feed_ksm_counters(f, "0", "0");
		feed_enter(f, MM_A);
		for (unsigned n = 0; n < 2; n++) {
			feed_merge(f, 0, 100 + 100 * n, ITEM(2 * n), MM_A, 0);
			feed_merge(f, 1, 100 + 100 * n, ITEM(2 * n + 1), MM_A, 0);
		}
		if (cases[i].moved) {
			FEED(f, MM_MIGRATE_PAGES_START);
			FEED(f, MM_MIGRATE_PAGES)->succeeded = 1;
		}
		FEED(f, KSM_STOP_SCAN);
		feed_flush(f);
		feed_ksm_counters(f, "2", "2");
		for (unsigned n = 0; n < 2 && cases[i].others[n]; n++) {
			sweep.pages[1 + n].page = 5 + n;
			sweep.pages[1 + n].pfn = cases[i].others[n];
		}
		feed_sweep(f, &sweep);
		assert_int_equal(history_list(f->h, ALL_MAPPINGS, (struct ref){ 0 }, moment_at(f->next - 1), &cursor), 0);
		assert_int_equal(history_next(&cursor, &row), 1);
		if (row.fact.doubt != cases[i].doubt)
			fail_msg("%s: doubt %d", cases[i].what, row.fact.doubt);
		feed_free(f);
	}
}

enum dumped { NO_DUMP, DUMP, DUMP_AND_LOSS };
static struct feed *patched(enum dumped dumped)
{
	struct feed *f = feed_new(false);

	feed_host(f, "anonymous");
	FEED(f, P_DUMP_BEGIN)->dump = 1;
	*FEED(f, P_DUMP_NODE) = (struct args_P_DUMP_NODE){ .dump = 1, .node = NODE, .kpfn = 100 };
	if (dumped != NO_DUMP)
		*FEED(f, P_DUMP_END) = (struct args_P_DUMP_END){ .dump = 1, .nr_nodes = 1 };
	FEED(f, KSM_START_SCAN);
	if (dumped == DUMP_AND_LOSS)
		feed_loss(f, f->next - 1, 9);
	FEED(f, KSM_STOP_SCAN);
	f->events[f->nr - 1].loss = f->nr_losses;
	feed_flush(f);
	return f;
}

static void a_marked_page_of_a_patched_kernel(void **state)
{
	static const struct { enum dumped dumped; uint32_t mapcount; uint64_t pfn; int doubt; } cases[] = {
		{ NO_DUMP, 2, 100, DOUBT_NONE },
		{ NO_DUMP, 2, 500, DOUBT_PAGE_FLAG },
		{ DUMP, 2, 100, DOUBT_NONE },
		{ DUMP, 1, 100, DOUBT_PAGE_FLAG },
		{ DUMP, 2, 500, ABSENT },		/* no node has it */
		{ DUMP_AND_LOSS, 2, 100, DOUBT_PAGE_FLAG },
		{ DUMP_AND_LOSS, 2, 500, DOUBT_PAGE_FLAG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = patched(cases[i].dumped);
		int doubt;

		feed_sweep(f, &(struct sweep){ .mapcount = cases[i].mapcount, .pages = { { 1, cases[i].pfn } } });
		doubt = doubt_of_mapping(f);
		if (doubt != cases[i].doubt)
			fail_msg("case %zu: doubt %d", i, doubt);
		/* Its node goes: whatever the page is now, no node has it. */
		if (cases[i].dumped == DUMP && cases[i].pfn == 100) {
			*FEED(f, P_NODE_FREE) = (struct args_P_NODE_FREE){ .node = NODE };
			feed_flush(f);
			feed_sweep(f, &(struct sweep){ .pages = { { 1, 100 } } });
			assert_int_equal(doubt_of_mapping(f), ABSENT);
		}
		feed_free(f);
	}
}

/* Sampled before any node was known: the dump tells what the page was, and the move what it still was. */
static void a_dump_tells_what_the_pages_were(void **state)
{
	enum made { BEFORE_ALL, AFTER_THE_SAMPLE, ANOTHER_PAGE };
	static const struct { uint64_t pfn; uint32_t mapcount; enum made made; int doubt, hindsight; } cases[] = {
		{ 100, 2, BEFORE_ALL, DOUBT_UNTRACED, DOUBT_NONE },
		{ 100, 1, BEFORE_ALL, DOUBT_PAGE_FLAG, DOUBT_PAGE_FLAG },
		{ 100, 2, AFTER_THE_SAMPLE, DOUBT_PAGE_FLAG, DOUBT_PAGE_FLAG },
		{ 100, 2, ANOTHER_PAGE, DOUBT_PAGE_FLAG, DOUBT_PAGE_FLAG },
		{ 500, 2, BEFORE_ALL, ABSENT, ABSENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(false);
		struct history_cursor cursor;
		uint64_t dumped;
		union row row;
		int doubt;

		*FEED(f, P_MM_ENTER) = (struct args_P_MM_ENTER){ .mm = MM_A, .tgid = PID, .comm = "proc" };
		feed_flush(f);
		feed_host(f, "anonymous");
		feed_sweep(f, &(struct sweep){ .mapcount = cases[i].mapcount, .pages = { { 1, cases[i].pfn } } });
		assert_int_equal(doubt_of_mapping(f), DOUBT_PAGE_FLAG);
		if (cases[i].made == AFTER_THE_SAMPLE)
			*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 100 };
		if (cases[i].made == ANOTHER_PAGE)
			*FEED(f, P_NODE_KPFN) = (struct args_P_NODE_KPFN){ .node = NODE, .old_kpfn = 99, .kpfn = 100 };
		FEED(f, P_DUMP_BEGIN)->dump = 1;
		*FEED(f, P_DUMP_NODE) = (struct args_P_DUMP_NODE){ .dump = 1, .node = NODE, .kpfn = 100 };
		*FEED(f, P_DUMP_MM) = (struct args_P_DUMP_MM){ .dump = 1, .mm = MM_A, .tgid = PID, .comm = "proc" };
		*FEED(f, P_DUMP_END) = (struct args_P_DUMP_END){ .dump = 1, .nr_nodes = 1, .nr_mms = 1 };
		dumped = f->next - 1;
		feed_flush(f);
		doubt = doubt_of_mapping(f);
		if (doubt != cases[i].doubt)
			fail_msg("case %zu: doubt %d", i, doubt);
		*FEED(f, P_RECOVERY_MOVE) = (struct args_P_RECOVERY_MOVE){ .pfn = (int64_t)cases[i].pfn, .to_kpfn = 7,
			.mm = MM_A, .address = PAGE };
		feed_flush(f);
		doubt = ABSENT;
		assert_int_equal(history_list(f->h, ALL_MAPPINGS, (struct ref){ 0 }, moment_hindsight(dumped), &cursor), 0);
		while (history_next(&cursor, &row) == 1)
			doubt = row.fact.doubt;
		if (doubt != cases[i].hindsight)
			fail_msg("case %zu, hindsight: doubt %d", i, doubt);
		feed_free(f);
	}
}

/* ---- numbers that grow old ---- */
enum happens { SCAN_ENDS, TASK, MERGE_A, MERGE_B, FAILS, REMOVAL, NODE_GOES, EXIT_A, EXIT_B };

static void happen(struct feed *f, enum happens what)
{
	switch (what) {
	case SCAN_ENDS: FEED(f, KSM_STOP_SCAN); break;
	case TASK: FEED(f, TASK_NEWTASK)->pid = 77; break;
	case MERGE_A: feed_merge(f, 1, 100, ITEM(8), MM_A, 0); break;
	case MERGE_B: feed_merge(f, 1, 100, ITEM(9), MM_B, 0); break;
	case FAILS: feed_merge(f, 1, 100, ITEM(8), MM_A, -14); break;
	case REMOVAL: feed_remove_item(f, 100, ITEM(1), MM_A); break;
	case NODE_GOES: feed_remove_page(f, 100); break;
	case EXIT_A: feed_exit(f, MM_A); break;
	case EXIT_B: feed_exit(f, MM_B); break;
	}
	feed_flush(f);
}

static void a_sample_is_older_than_a_change(void **state)
{
	static const struct { enum happens what; bool ksm, a; } cases[] = {
		{ SCAN_ENDS, false, false }, { TASK, false, false }, { FAILS, false, false },
		{ MERGE_A, true, true }, { MERGE_B, true, false }, { REMOVAL, true, true },
		{ NODE_GOES, true, true }, { EXIT_A, false, true }, { EXIT_B, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ref none = { 0 }, mm;
		struct feed *f = start();
		int ksm, process;
		uint64_t then;

		feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
		feed_merge(f, 1, 100, ITEM(2), MM_B, 0);
		FEED(f, KSM_START_SCAN);
		f->now_ns += 1000000;	/* what came before is over when the samples begin */
		FEED(f, TASK_NEWTASK)->pid = 76;
		feed_flush(f);
		then = f->next - 1;
		mm = find_mm(f, MM_A);
		feed_pairs(f, SAMPLE_KSM, 0, (const char *const[][2]){ { "pages_shared", "1" }, { NULL } });
		feed_pairs(f, SAMPLE_PROCESS, PID, (const char *const[][2]){ { "comm", "x" }, { NULL } });
		f->now_ns += 1000000;
		ksm = history_sample_before(f->h, SAMPLE_KSM, 0, then);
		process = history_sample_before(f->h, SAMPLE_PROCESS, PID, then);
		assert_true(ksm >= 0 && process >= 0);
		happen(f, cases[i].what);
		assert_false(history_sample_outdated(f->h, (uint32_t)ksm, none, then));
		assert_false(history_sample_outdated(f->h, (uint32_t)process, mm, then));
		if (history_sample_outdated(f->h, (uint32_t)ksm, none, f->next - 1) != cases[i].ksm ||
		    history_sample_outdated(f->h, (uint32_t)process, mm, f->next - 1) != cases[i].a)
			fail_msg("case %zu", i);
		assert_false(history_sample_outdated(f->h, 99, none, f->next - 1));
		feed_free(f);
	}
}

/* ---- what a count is worth ---- */
static void expect_worth(const struct feed *f, enum relation relation, struct ref parent, uint64_t t,
			 char evidence, bool doubtful)
{
	struct history_worth worth = history_worth(f->h, relation, parent, moment_at(t));

	if (worth.evidence != evidence || worth.doubtful != doubtful)
		fail_msg("relation %d at %d: %c%s", relation, (int)t, worth.evidence, worth.doubtful ? "?" : "");
}

static void a_count_is_worth_its_weakest_row(void **state)
{
	struct feed *f = start();
	uint64_t made, scanned, swept, later, many;
	struct ref a, b, node;

	(void)state;
	a = find_mm(f, MM_A);
	b = find_mm(f, MM_B);
	feed_merge(f, 0, 100, ITEM(1), MM_A, 0);
	made = feed_merge(f, 1, 100, ITEM(2), MM_A, 0);
	FEED(f, KSM_STOP_SCAN);
	feed_flush(f);
	scanned = f->next - 1;
	feed_pairs(f, SAMPLE_PROCESS, PID, (const char *const[][2]){
		{ "comm", "x" }, { "ksm_merging_pages", "2" }, { NULL } });
	FEED(f, KSM_START_SCAN);
	feed_flush(f);
	swept = f->next - 1;
	feed_sweep(f, &(struct sweep){ .pages = { { 1, 100 }, { 2, 100 } } });
	FEED(f, KSM_STOP_SCAN);
	later = f->next - 1;
	feed_flush(f);
	assert_int_equal(history_find(f->h, TABLE_NODE, 100, 0, moment_at(later), &node), 0);

	expect_worth(f, ITEMS_OF_MM, a, made - 1, 'I', true);		/* tentative */
	expect_worth(f, ITEMS_OF_MM, a, made, 'I', true);		/* the first of the two */
	expect_worth(f, ITEMS_OF_MM, a, scanned, 'I', false);		/* as many as the kernel counts */
	expect_worth(f, ITEMS_OF_NODE, node, scanned, 'I', false);
	expect_worth(f, ITEMS_OF_MM, a, later, 'I', true);
	expect_worth(f, ITEMS_OF_NODE, node, later, 'I', true);
	expect_worth(f, ITEMS_OF_MM, b, later, 'I', false);		/* none */
	expect_worth(f, MAPPINGS_OF_MM, a, scanned, 'I', true);		/* nobody looked yet */
	expect_worth(f, MAPPINGS_OF_MM, a, swept, 'D', false);
	expect_worth(f, MAPPINGS_OF_MM, a, later, 'D', true);
	for (unsigned i = 3; i < 1000; i++)
		feed_merge(f, 1, 100, ITEM(i), MM_B, 0);
	feed_flush(f);
	many = f->next - 1;
	expect_worth(f, ITEMS_OF_MM, b, many, 'I', true);
	assert_false(history_mm_changed(f->h, a, scanned, many));
	assert_true(history_mm_changed(f->h, b, scanned, many));
	assert_true(history_mm_changed(f->h, a, made - 2, made));
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sweep_makes_keeps_and_ends),
		cmocka_unit_test(a_mapping_may_be_anew),
		cmocka_unit_test(smaps_counts_the_pages),
		cmocka_unit_test(a_marked_page_of_a_stock_kernel),
		cmocka_unit_test(a_marked_page_of_a_patched_kernel),
		cmocka_unit_test(a_dump_tells_what_the_pages_were),
		cmocka_unit_test(a_sample_is_older_than_a_change),
		cmocka_unit_test(a_count_is_worth_its_weakest_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
