// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_why_not_merged.c - the reason why a page is not shared, against pages whose reason is known.
 *
 * A small recording has one page for each reason.  The lab's lifecycle scenario has one process for
 * each of several reasons, named by role in its truth file; at the end of some scan each must be told.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain/why_not_merged.h"
#include "trace/diag.h"
#include "trace/sample.h"
#include "walk_story.h"

#define ITEM_N(n)	(ITEM + 0x40 * (n))
#define AT(n)		(ADDRESS - 0x2000 + 0x1000 * (n))
#define VMA_PLAIN	(V1 + 0x1000)
#define VMA_DEVICE	(V1 + 0x2000)

/* VMA_DEVICE has VM_PFNMAP.  Pages 0..7 of V0: 0 shared, 1 unique, 2 changing, 3 smart skip, 4 write-protect, 5 seen once, 6 and 7 none. */
#define REASONS									\
	WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),			\
	WR(11, 0, 2201, P_ANON_VMA_NEW, AV, AV, AV),				\
	WR(12, 0, 2201, P_VMA_INSERT, AV, VMA_PLAIN, MM_A, 0x400000, 0x404000, 0x400, 0x73), \
	WR(13, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, AT(0), AT(8), 0x500, 0x80100073), \
	WR(14, 0, 2201, P_VMA_INSERT, AV, VMA_DEVICE, MM_A, 0x300000, 0x302000, 0x300, 0x100473), \
	WR(20, 0, 91, KSM_START_SCAN, 1, 0),					\
	WR(21, 0, 91, P_ITEM_NEW, ITEM_N(0), MM_A, AT(0)),			\
	WR(22, 0, 91, P_ITEM_NEW, ITEM_N(1), MM_A, AT(1)),			\
	WR(23, 0, 91, P_ITEM_NEW, ITEM_N(2), MM_A, AT(2)),			\
	WR(24, 0, 91, P_ITEM_NEW, ITEM_N(3), MM_A, AT(3)),			\
	WR(25, 0, 91, P_ITEM_NEW, ITEM_N(4), MM_A, AT(4)),			\
	WR(26, 0, 91, KSM_STOP_SCAN, 1, 5),					\
	WR(30, 0, 91, KSM_START_SCAN, 2, 5),					\
	WR(31, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),				\
	WR(32, 0, 91, P_ITEM_APPEND, ITEM_N(0), MM_A, AT(0), NODE, AV, 0x500, 1),	\
	WR(33, 0, 91, P_ITEM_UNSTABLE, ITEM_N(1), MM_A, AT(1), 0, 2),		\
	WR(34, 0, 91, P_ITEM_SCAN, ITEM_N(2), MM_A, AT(2), 2, 2),		\
	WR(35, 0, 91, P_ITEM_SCAN, ITEM_N(3), MM_A, AT(3), 2, 3),		\
	WR(36, 0, 91, P_ITEM_SCAN, ITEM_N(4), MM_A, AT(4), 2, 6),		\
	WR(37, 0, 91, P_ITEM_NEW, ITEM_N(5), MM_A, AT(5)),			\
	WR(37, 0, 91, P_ITEM_SCAN, ITEM_N(5), MM_A, AT(5), 2, 2), /* no checksum yet */ \
	WR(38, 0, 91, P_SCAN_SUM, MM_A, 2, 2, 2),				\
	WR(38, 0, 91, P_SCAN_SUM, MM_A, 2, 6, 1),				\
	WR(39, 0, 91, KSM_STOP_SCAN, 2, 6)

struct heard { uint32_t nr; struct why_not list[64]; };

static int hear(const struct why_not *why, void *arg)
{
	struct heard *heard = arg;

	assert_non_null(why->text);
	if (heard->nr < 64)
		heard->list[heard->nr++] = *why;
	return 0;
}

static struct heard ask(struct recording *recording, int32_t pid, uint64_t first, uint64_t last, uint64_t t)
{
	struct episode_source source = written_source(recording);
	struct heard heard = { 0 };
	struct diag diag = { 0 };
	struct ref mm;

	if (history_find_pid(source.history, pid, moment_at(t), &mm) == 0)
		assert_int_equal(why_not_merged(&source, mm, first, last, moment_at(t), hear, &heard, &diag),
				 0);
	return heard;
}

static void each_page_has_its_reason(void **state)
{
	static const struct { enum not_merged reason; uint64_t first, nr_pages; } expected[] = {
		{ NOT_MERGED_WRONG_KIND, 0x300000, 2 },
		{ NOT_MERGED_NOT_ASKED, 0x400000, 4 },
		{ NOT_MERGED_SHARED, AT(0), 1 },
		{ NOT_MERGED_UNIQUE, AT(1), 1 },
		{ NOT_MERGED_CHANGING, AT(2), 1 },
		{ NOT_MERGED_SMART_SKIP, AT(3), 1 },
		{ NOT_MERGED_WP_FAILED, AT(4), 1 },
		{ NOT_MERGED_NOT_TWICE, AT(5), 1 },
		{ NOT_MERGED_NO_PAGE, AT(6), 2 },
		{ NOT_MERGED_NOT_TWICE, 0, 1 },		/* the mm's sums */
		{ NOT_MERGED_CHANGING, 0, 1 },
		{ NOT_MERGED_WP_FAILED, 0, 1 },
		{ NOT_MERGED_NO_VMA, 0, 0 },		/* and what lies beside all these */
	};
	const struct written story[] = { REASONS };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct heard heard = ask(recording, 2201, 0, UINT64_MAX, sizeof(story) / sizeof(*story));

	(void)state;
	assert_int_equal(heard.nr, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		assert_int_equal(heard.list[i].reason, expected[i].reason);
		assert_int_equal(heard.list[i].first, expected[i].first);
		assert_int_equal(heard.list[i].nr_pages, expected[i].nr_pages);
	}
	/* A range: the last two pages that have an item. */
	heard = ask(recording, 2201, (uint64_t)AT(4), (uint64_t)AT(5) + 0xfff, sizeof(story) / sizeof(*story));
	assert_int_equal(heard.nr, 5);
	assert_int_equal(heard.list[0].reason, NOT_MERGED_WP_FAILED);
	assert_int_equal(heard.list[1].reason, NOT_MERGED_NOT_TWICE);
	/* A range with room around a VMA and a page of the next: no VMA is known there, which is doubtful. */
	heard = ask(recording, 2201, 0x2fe000, 0x400fff, sizeof(story) / sizeof(*story));
	assert_true(heard.nr > 4);
	assert_int_equal(heard.list[0].reason, NOT_MERGED_NO_VMA);
	assert_int_equal(heard.list[0].first, 0x2fe000);
	assert_int_equal(heard.list[0].nr_pages, 2);
	assert_true(heard.list[0].doubtful);
	assert_int_equal(heard.list[1].reason, NOT_MERGED_WRONG_KIND);
	assert_int_equal(heard.list[2].reason, NOT_MERGED_NO_VMA);
	assert_int_equal(heard.list[2].first, 0x302000);
	assert_int_equal(heard.list[2].last, 0x3ff000);
	assert_int_equal(heard.list[2].nr_pages, 0xfe);
	assert_int_equal(heard.list[3].reason, NOT_MERGED_NOT_ASKED);
	assert_int_equal(heard.list[3].nr_pages, 1);
	for (uint32_t i = 4; i < heard.nr; i++)
		assert_int_equal(heard.list[i].first, 0);
	/* To the end of all addresses, and the page at 0: no run begins there. */
	heard = ask(recording, 2201, 0, UINT64_MAX - 1, sizeof(story) / sizeof(*story));
	assert_int_equal(heard.list[0].first, 0x1000);
	/* Before the first scan ended nobody had come by, whatever came later. */
	heard = ask(recording, 2201, 0, UINT64_MAX, 4);
	assert_int_equal(heard.nr, 3);
	assert_int_equal(heard.list[1].reason, NOT_MERGED_NOT_SCANNED);
	assert_int_equal(heard.list[1].nr_pages, 8);
	recording_close(recording);
}

/* Of an mm that was there before, not every item was told of: a page without one may have one. */
static void a_page_may_have_an_item_that_was_not_told(void **state)
{
	struct written story[] = { REASONS };
	const struct written first = WR(10, 0, 91, P_ITEM_UNSTABLE, ITEM_N(9), MM_A, 0x700000, 0, 1);
	size_t nr = sizeof(story) / sizeof(*story);

	(void)state;
	for (int found = 0; found <= 1; found++) {
		struct recording *recording = written_open(story, nr);
		struct episode_source source = written_source(recording);
		struct heard heard = { 0 };
		struct diag diag = { 0 };
		unsigned without = 0;
		struct ref mm;

		assert_int_equal(history_find(source.history, TABLE_MM, (uint64_t)MM_A, 0, moment_at(nr), &mm), 0);
		assert_int_equal(why_not_merged(&source, mm, 0, UINT64_MAX, moment_at(nr), hear, &heard, &diag), 0);
		for (uint32_t i = 0; i < heard.nr; i++) {
			if (heard.list[i].reason != NOT_MERGED_NO_PAGE && heard.list[i].reason != NOT_MERGED_WRONG_KIND)
				continue;
			without++;
			assert_int_equal(heard.list[i].doubtful, found);
		}
		assert_int_equal(without, 2);
		recording_close(recording);
		story[0] = first;
	}
}

/*
 * Pages 2, 3 and 4 become the zero page.  The items of 2 and 3 go; at 3 ksmd finds a page of its own again, which
 * goes, too.  What the scans of long ago said is still known of 2 alone, and is not sure.
 */
static void a_zero_page_outlives_its_item(void **state)
{
	const struct written story[] = { REASONS,
		WR(40, 0, 91, KSM_START_SCAN, 3, 6),
		WR(41, 0, 91, P_ITEM_SCAN, ITEM_N(2), MM_A, AT(2), 3, 4),
		WR(42, 0, 91, P_ITEM_SCAN, ITEM_N(3), MM_A, AT(3), 3, 4),
		WR(43, 0, 91, KSM_STOP_SCAN, 3, 6),
		WR(50, 0, 91, KSM_START_SCAN, 4, 6),
		WR(51, 0, 91, P_ITEM_FREE, ITEM_N(2), MM_A, AT(2)),
		WR(52, 0, 91, P_ITEM_FREE, ITEM_N(3), MM_A, AT(3)),
		WR(53, 0, 91, P_ITEM_NEW, ITEM_N(6), MM_A, AT(3)),
		WR(54, 0, 91, KSM_STOP_SCAN, 4, 5),
		WR(60, 0, 91, KSM_START_SCAN, 5, 5),
		WR(61, 0, 91, P_ITEM_FREE, ITEM_N(6), MM_A, AT(3)),
		WR(62, 0, 91, P_ITEM_SCAN, ITEM_N(4), MM_A, AT(4), 5, 4),
		WR(63, 0, 91, KSM_STOP_SCAN, 5, 4),
		WR(70, 0, 91, KSM_START_SCAN, 6, 4),
		WR(71, 0, 91, KSM_STOP_SCAN, 6, 4) };
	static const struct { enum not_merged reason; uint64_t first, nr_pages; char evidence; bool doubtful; }
	expected[] = {
		{ NOT_MERGED_ZERO_PAGE, AT(2), 1, EVIDENCE_INFERRED, true },
		{ NOT_MERGED_NO_PAGE, AT(3), 1, EVIDENCE_INFERRED, false },
		{ NOT_MERGED_ZERO_PAGE, AT(4), 1, EVIDENCE_TRACED, false },
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	uint64_t nr = sizeof(story) / sizeof(*story);
	struct heard heard = ask(recording, 2201, (uint64_t)AT(2), (uint64_t)AT(4) + 0xfff, nr);

	(void)state;
	assert_true(heard.nr >= 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(heard.list[i].reason, expected[i].reason);
		assert_int_equal(heard.list[i].first, expected[i].first);
		assert_int_equal(heard.list[i].nr_pages, expected[i].nr_pages);
		assert_int_equal(heard.list[i].evidence, expected[i].evidence);
		assert_int_equal(heard.list[i].doubtful, expected[i].doubtful);
	}
	assert_int_equal(heard.list[0].seqnr, 3);
	/* While it had its page again, it was met once. */
	heard = ask(recording, 2201, (uint64_t)AT(3), (uint64_t)AT(3) + 0xfff, nr - 7);
	assert_true(heard.nr >= 1);
	assert_int_equal(heard.list[0].reason, NOT_MERGED_NOT_TWICE);
	recording_close(recording);
}

/* ---- lifecycle ---- */
static int32_t pid_of_role(const char *dat, const char *role)
{
	struct json_object *truth, *processes;
	int32_t pid = 0;
	char path[4096];

	snprintf(path, sizeof(path), "%.*s.truth.json", (int)(strlen(dat) - 4), dat);
	truth = json_object_from_file(path);
	if (truth && json_object_object_get_ex(truth, "processes", &processes))
		for (size_t i = 0; i < json_object_array_length(processes); i++) {
			struct json_object *process = json_object_array_get_idx(processes, i);

			if (strcmp(json_object_get_string(json_object_object_get(process, "role")), role) == 0)
				pid = json_object_get_int(json_object_object_get(process, "pid"));
		}
	json_object_put(truth);
	return pid;
}

/* Is the reason told of that process at the end of some scan? */
static bool is_told(struct recording *recording, int32_t pid, enum not_merged reason)
{
	const struct history *h = recording_history(recording);
	struct history_cursor cursor;
	union row row;

	assert_int_equal(history_list(h, ALL_EPISODES, (struct ref){ 0 }, moment_at(history_last(h)),
				      &cursor), 0);
	while (history_next(&cursor, &row) > 0) {
		struct heard heard;

		if (row.episode.kind != EPISODE_SCAN || !row.episode.ended)
			continue;
		heard = ask(recording, pid, 0, UINT64_MAX, row.fact.died);
		for (uint32_t i = 0; i < heard.nr; i++)
			if (heard.list[i].reason == reason && heard.list[i].nr_pages)
				return true;
	}
	return false;
}

static void lifecycle_has_one_process_a_reason(void **state)
{
	static const struct { const char *role; enum not_merged reason; } cases[] = {
		{ "volatile", NOT_MERGED_CHANGING }, { "pinned", NOT_MERGED_WP_FAILED },
		{ "zero", NOT_MERGED_ZERO_PAGE }, { "writer", NOT_MERGED_UNIQUE },
		{ "writer", NOT_MERGED_SHARED }, { "writer", NOT_MERGED_SMART_SKIP },
	};
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++) {
		const char *slash = strrchr(*path, '/');
		struct recording *recording;

		if (!slash || strcmp(slash, "/lifecycle.dat") != 0)
			continue;
		recording = recording_open_whole(*path);
		assert_non_null(recording);
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			int32_t pid = pid_of_role(*path, cases[i].role);

			if (!is_told(recording, pid, cases[i].reason))
				print_error("%s: %s (%d) is never said to be %s\n", *path, cases[i].role, pid,
					    not_merged_word(cases[i].reason));
			assert_true(is_told(recording, pid, cases[i].reason));
			nr++;
		}
		recording_close(recording);
	}
	if (!nr)
		skip();
}

/* ---- VMAs of a sample ---- */
struct told { struct why_not runs[8]; uint32_t nr; };

static int hear_run(const struct why_not *why, void *arg)
{
	struct told *told = arg;

	assert_true(told->nr < 8);
	told->runs[told->nr++] = *why;
	return 0;
}

static void sampled_vmas_say_what_is_not_asked(void **state)
{
	static const struct sample_map maps[] = {
		{ 0x1000, 0x3000, 0, SAMPLE_MAP_ANON, "" },		/* two VMAs side by side: one run */
		{ 0x3000, 0x4000, 0, 0, "/bin/x" },
		{ 0x4000, 0x6000, 0, SAMPLE_MAP_ANON | SAMPLE_MAP_MERGEABLE, "" },
		{ 0x6000, 0x7000, 0, SAMPLE_MAP_SHARED, "" },
		{ 0x7000, 0x9000, 0, SAMPLE_MAP_ANON | SAMPLE_MAP_NOFLAGS, "" },
		{ 0x9000, 0x9000, 0, 0, "" },
		{ 0xa000, 0x20000, 0, SAMPLE_MAP_ANON, "" },
	};
	struct sample sample = { .kind = SAMPLE_MAPS };
	struct sample_builder b;
	struct told told = { 0 };
	size_t head;

	(void)state;
	sample_builder_init(&b);
	sample_begin(&b, SAMPLE_MAPS, 42, 1);
	assert_int_equal(sample_end(&b, 2), 0);
	head = b.size;		/* of a sample without anything in it */
	sample_builder_reset(&b);
	sample_begin(&b, SAMPLE_MAPS, 42, 1);
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		sample_add_map(&b, &maps[i]);
	assert_int_equal(sample_end(&b, 2), 0);
	sample.payload = b.data + head;
	sample.size = (uint32_t)(b.size - head);
	assert_int_equal(why_not_merged_maps(&sample, 5, 0x2000, 0xbfff, moment_at(5), hear_run, &told), 0);
	assert_int_equal(told.nr, 3);
	assert_int_equal(told.runs[0].reason, NOT_MERGED_NOT_ASKED);
	assert_int_equal(told.runs[0].first, 0x2000);
	assert_int_equal(told.runs[0].nr_pages, 2);
	assert_int_equal(told.runs[0].last, 0x3000);
	assert_int_equal(told.runs[0].evidence, EVIDENCE_DUMPED);
	assert_false(told.runs[0].doubtful);
	assert_int_equal(told.runs[1].reason, NOT_MERGED_WRONG_KIND);
	assert_int_equal(told.runs[1].first, 0x6000);
	assert_int_equal(told.runs[2].first, 0xa000);
	assert_int_equal(told.runs[2].nr_pages, 2);
	/* madvise() is traced by nobody: an event later it may be another. */
	told.nr = 0;
	assert_int_equal(why_not_merged_maps(&sample, 5, 0, UINT64_MAX, moment_at(6), hear_run, &told), 0);
	assert_int_equal(told.nr, 3);
	assert_int_equal(told.runs[2].nr_pages, 0x16);
	assert_true(told.runs[0].doubtful && told.runs[1].doubtful && told.runs[2].doubtful);
	sample_builder_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sampled_vmas_say_what_is_not_asked),
		cmocka_unit_test(each_page_has_its_reason),
		cmocka_unit_test(a_page_may_have_an_item_that_was_not_told),
		cmocka_unit_test(a_zero_page_outlives_its_item),
		cmocka_unit_test(lifecycle_has_one_process_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
