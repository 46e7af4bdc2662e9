// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stale.c - what rmap_items do not know about a page's mappings, and when ksmd finds out.
 *
 * By hand: a parent's item leaves while the child's mapping stays; an item whose VMA is unmapped; an
 * mm that enters while a scan runs.  Then the lab: the page that the stale scenario cannot migrate, at
 * that very moment and after ksmd came by, and the walks that the naive rule lets fail, each held
 * against the truth file.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/stale.h"
#include "trace/diag.h"
#include "walk_story.h"

#define ITEM_B	(ITEM + 0x40)

static struct stale_page look(const struct episode_source *source, int64_t node, struct moment when)
{
	struct diag diag = { 0 };
	struct stale_page page;
	struct ref ref;

	assert_int_equal(history_find(source->history, TABLE_NODE, (uint64_t)node, 0, when, &ref), 0);
	assert_int_equal(stale_page(source, ref, when, &page, &diag), 0);
	return page;
}

static const struct stale_entry *entry_of(const struct stale_page *page, int32_t tgid, uint64_t address)
{
	for (uint32_t i = 0; i < page->nr; i++)
		if (page->entries[i].tgid == tgid && page->entries[i].address == address)
			return &page->entries[i];
	return NULL;
}

/* The walk of walk_story.h leaves the fork: 20 events.  Then scan 1 finds it. */
#define LEFT_STORY								\
	WR(1, 0, 2201, P_MM_ENTER, MM_B, 0, 0, ""),				\
	WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),			\
	WR(11, 0, 2201, P_ANON_VMA_NEW, AV, AV, AV),				\
	WR(12, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073), \
	WR(14, 0, 91, P_ITEM_NEW, ITEM, MM_A, ADDRESS),				\
	WR(15, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),				\
	WR(16, 0, 91, P_ITEM_APPEND, ITEM, MM_A, ADDRESS, NODE, AV, INDEX, 1),	\
	WR(18, 0, 2201, P_VMA_INSERT, AV, V2, MM_B, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073), \
	WR(19, 0, 2202, P_MM_OWNER, MM_B, 2202, 2000, "vm-b"),			\
	WR(20, 0, 2201, P_VMA_REMOVE, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073), \
	WR(21, 0, 91, KSM_START_SCAN, 1, 1),	/* event 11 */			\
	WR(22, 0, 91, P_ITEM_DETACH, ITEM, MM_A, ADDRESS, NODE, 2),		\
	WR(23, 0, 91, P_ITEM_FREE, ITEM, MM_A, ADDRESS),			\
	WR(24, 0, 91, P_SCAN_SUM, MM_A, 1, 11, 1),				\
	WR(25, 1, 88, P_WALK_BEGIN, 7, PFN, NODE, 2, 0, 2, 1, 3),		\
	WR(26, 1, 88, P_WALK_END, 7, 0, 0, 0, 0, 0, 0, 1, 20000)

static void a_mapping_that_no_item_reaches(void **state)
{
	const struct written story[] = {
		LEFT_STORY,	/* 16 events */
		WR(30, 0, 91, P_ITEM_NEW, ITEM_B, MM_B, ADDRESS),
		WR(31, 0, 91, P_ITEM_APPEND, ITEM_B, MM_B, ADDRESS, NODE, AV, INDEX, 1),
		WR(32, 0, 91, KSM_STOP_SCAN, 1, 1),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct stale_page page = look(&source, NODE, moment_at(8));
	const struct stale_entry *entry;

	(void)state;
	/* Forked: the parent's item leads to both. */
	assert_int_equal(page.nr_kinds[STALE_REACHED], 2);
	assert_int_equal(page.nr, 2);
	stale_page_fini(&page);

	/* The parent unmapped: its item leads to the child only, and has no VMA of its own. */
	page = look(&source, NODE, moment_at(10));
	entry = entry_of(&page, 2201, (uint64_t)ADDRESS);
	assert_non_null(entry);
	assert_int_equal(entry->kind, STALE_ITEM);
	assert_int_equal(entry->since, 10);
	assert_int_equal(entry->repair, REPAIR_NEXT_SCAN);
	assert_int_equal(entry->repaired, 0);
	assert_int_equal(entry_of(&page, 2202, (uint64_t)ADDRESS)->kind, STALE_REACHED);
	stale_page_fini(&page);
	/* The scan runs and has not come by yet; with hindsight it does at event 12. */
	page = look(&source, NODE, moment_hindsight(11));
	entry = entry_of(&page, 2201, (uint64_t)ADDRESS);
	assert_int_equal(entry->repair, REPAIR_THIS_SCAN);
	assert_int_equal(entry->repaired, 12);
	stale_page_fini(&page);

	/* After the walk: one mapping is left, and it is known which. */
	page = look(&source, NODE, moment_at(16));
	assert_int_equal(page.count.mapcount, 1);
	assert_int_equal(page.count.event, 16);
	assert_int_equal(page.nr_beyond, 1);
	assert_int_equal(page.nr, 1);
	entry = &page.entries[0];
	assert_int_equal(entry->tgid, 2202);
	assert_int_equal(entry->kind, STALE_UNREACHED);
	assert_true(entry->known);
	assert_int_equal(entry->since, 12);
	assert_int_equal(entry->nr_scans, 0);
	assert_int_equal(entry->repair, REPAIR_THIS_SCAN);
	assert_int_equal(entry->repaired, 0);
	stale_page_fini(&page);
	page = look(&source, NODE, moment_hindsight(16));
	assert_int_equal(page.entries[0].repaired, 18);
	stale_page_fini(&page);
	/* An event later it may have been written to; what was counted is not forgotten. */
	page = look(&source, NODE, moment_at(17));
	assert_int_equal(page.count.event, 16);
	assert_int_equal(page.nr_maybe, 1);
	assert_false(page.entries[0].known);
	assert_int_equal(page.nr_known_then, 1);
	stale_page_fini(&page);

	/* ksmd came by. */
	page = look(&source, NODE, moment_at(18));
	assert_int_equal(page.nr_kinds[STALE_REACHED], 1);
	assert_int_equal(page.nr, 1);
	stale_page_fini(&page);
	recording_close(recording);
}

/* A VMA that is trimmed leaves its tree at event 7 and is back at event 8; at event 9 it goes for good. */
static void a_vma_that_is_split_is_not_away(void **state)
{
	const struct written story[] = {
		WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),
		WR(11, 0, 2201, P_ANON_VMA_NEW, AV, AV, AV),
		WR(12, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073),
		WR(14, 0, 91, P_ITEM_NEW, ITEM, MM_A, ADDRESS),
		WR(15, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),
		WR(16, 0, 91, P_ITEM_APPEND, ITEM, MM_A, ADDRESS, NODE, AV, INDEX, 1),
		WR(20, 0, 2201, P_VMA_REMOVE, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073),
		WR(21, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x1000, 0x500, 0x80100073),
		WR(22, 0, 2201, P_VMA_REMOVE, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x1000, 0x500, 0x80100073),
		WR(23, 0, 2201, P_MM_ENTER, MM_B, 0, 0, ""),
		WR(24, 0, 91, KSM_START_SCAN, 1, 1),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	static const struct { uint64_t t; bool hindsight; int kind; uint64_t since; bool doubtful; } told[] = {
		{ 6, false, STALE_REACHED, 0, false },
		{ 7, false, STALE_ITEM, 7, true },	/* nobody can know then that it comes back */
		{ 7, true, STALE_REACHED, 0, false },
		{ 8, false, STALE_REACHED, 0, false },
		{ 9, false, STALE_ITEM, 9, true },
		{ 9, true, STALE_ITEM, 9, false },
		{ 10, false, STALE_ITEM, 9, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		struct stale_page page = look(&source, NODE, told[i].hindsight ? moment_hindsight(told[i].t) :
					      moment_at(told[i].t));
		const struct stale_entry *entry = entry_of(&page, 2201, (uint64_t)ADDRESS);

		assert_non_null(entry);
		assert_int_equal(entry->kind, told[i].kind);
		if (told[i].kind == STALE_ITEM) {
			assert_int_equal(entry->since, told[i].since);
			assert_int_equal(entry->doubtful, told[i].doubtful);
		}
		stale_page_fini(&page);
	}
	recording_close(recording);
}

static void whole_scans_are_counted(void **state)
{
	const struct written story[] = {
		LEFT_STORY,	/* 16 events */
		WR(30, 0, 91, P_SCAN_SUM, MM_B, 1, 11, 1),	/* ksmd leaves it without having found the page */
		WR(32, 0, 91, KSM_STOP_SCAN, 1, 1),
		WR(33, 0, 91, KSM_START_SCAN, 2, 1),
		WR(34, 0, 91, KSM_STOP_SCAN, 2, 1),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	static const struct { uint64_t t; uint32_t nr; enum stale_repair repair; } cases[] = {
		{ 16, 0, REPAIR_THIS_SCAN }, { 17, 0, REPAIR_NEXT_SCAN }, { 18, 1, REPAIR_NEXT_SCAN },
		{ 19, 1, REPAIR_THIS_SCAN }, { 20, 2, REPAIR_NEXT_SCAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stale_page page = look(&source, NODE, moment_at(cases[i].t));

		assert_int_equal(page.nr, 1);
		assert_int_equal(page.entries[0].nr_scans, cases[i].nr);
		assert_int_equal(page.entries[0].repair, cases[i].repair);
		stale_page_fini(&page);
	}
	recording_close(recording);
}

/* Where ksmd does not go, nothing is repaired: the VMA is not mergeable, or the mm not in KSM. */
static void never_and_next(void **state)
{
	const struct written not_mergeable[] = {
		WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),
		WR(11, 0, 2201, P_ANON_VMA_NEW, AV, AV, AV),
		WR(12, 0, 2201, P_MM_ENTER, MM_B, 2202, 1000, "vm-b"),
		WR(13, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073),
		WR(14, 0, 2201, P_VMA_INSERT, AV, V2, MM_B, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x100073),
		WR(15, 0, 91, P_ITEM_NEW, ITEM, MM_A, ADDRESS),
		WR(16, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),
		WR(17, 0, 91, P_ITEM_APPEND, ITEM, MM_A, ADDRESS, NODE, AV, INDEX, 1),
		WR(18, 0, 91, P_ITEM_DETACH, ITEM, MM_A, ADDRESS, NODE, 0),
	};
	const struct written late[] = {
		WR(9, 0, 91, KSM_START_SCAN, 1, 1), WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),
		WR(11, 0, 2201, P_ANON_VMA_NEW, AV, AV, AV),
		WR(12, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073),
		WR(15, 0, 91, P_ITEM_NEW, ITEM, MM_A, ADDRESS),
		WR(16, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),
		WR(17, 0, 91, P_ITEM_APPEND, ITEM, MM_A, ADDRESS, NODE, AV, INDEX, 1),
		WR(18, 0, 2201, P_VMA_REMOVE, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073),
	};
	struct recording *recording = written_open(not_mergeable, sizeof(not_mergeable) / sizeof(*not_mergeable));
	struct episode_source source = written_source(recording);
	struct stale_page page = look(&source, NODE, moment_at(9));

	(void)state;
	/* ksmd found another page at the parent's address: that is no mapping any more. */
	assert_null(entry_of(&page, 2201, (uint64_t)ADDRESS));
	assert_int_equal(page.nr, 1);
	assert_int_equal(page.entries[0].repair, REPAIR_NEVER);
	assert_false(page.entries[0].known);
	stale_page_fini(&page);
	/* Before it did so nobody could know; with hindsight it may already have been so. */
	page = look(&source, NODE, moment_at(8));
	assert_int_equal(entry_of(&page, 2201, (uint64_t)ADDRESS)->kind, STALE_REACHED);
	stale_page_fini(&page);
	page = look(&source, NODE, moment_hindsight(8));
	assert_int_equal(entry_of(&page, 2201, (uint64_t)ADDRESS)->kind, STALE_CHANGED);
	assert_true(entry_of(&page, 2201, (uint64_t)ADDRESS)->doubtful);
	stale_page_fini(&page);
	recording_close(recording);

	recording = written_open(late, sizeof(late) / sizeof(*late));
	source = written_source(recording);
	page = look(&source, NODE, moment_at(8));
	assert_int_equal(page.entries[0].kind, STALE_ITEM);
	assert_int_equal(page.entries[0].repair, REPAIR_NEXT_SCAN);
	stale_page_fini(&page);
	recording_close(recording);
}

/* ---- the lab ---- */
static struct json_object *truth_of(const char *path)
{
	char name[4096];

	snprintf(name, sizeof(name), "%.*s.truth.json", (int)(strlen(path) - 4), path);
	return json_object_from_file(name);
}

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

/* What the truth file saw of (pid, address, pfn) then. */
static struct json_object *truth_mapping(struct json_object *truth, const char *when)
{
	struct json_object *mappings = json_object_object_get(truth, "mappings");

	for (size_t i = 0; i < json_object_array_length(mappings); i++)
		if (strcmp(text_of(json_object_array_get_idx(mappings, i), "when"), when) == 0)
			return json_object_array_get_idx(mappings, i);
	fail_msg("the truth file has no \"%s\"", when);
	return NULL;
}

static struct stale_page look_at_pfn(const struct episode_source *source, struct json_object *mapping,
				     struct moment when, const struct stale_entry **ret_entry)
{
	uint64_t pfn = strtoull(text_of(mapping, "pfn"), NULL, 16);
	struct stale_page page = { 0 };
	struct history_cursor cursor;
	union row row;

	assert_int_equal(history_list(source->history, ALL_NODES, (struct ref){ 0 }, when, &cursor), 0);
	while (history_next(&cursor, &row) > 0)
		if (row.node.kpfn == pfn)
			page = look(source, (int64_t)row.node.name.addr, when);
	assert_int_equal(page.node.kpfn, pfn);
	*ret_entry = entry_of(&page, json_object_get_int(json_object_object_get(mapping, "pid")),
			      strtoull(text_of(mapping, "address"), NULL, 16));
	assert_non_null(*ret_entry);
	return page;
}

static void check_stale(const char *path)
{
	struct recording *recording = recording_open_whole(path);
	struct json_object *truth = truth_of(path);
	const struct stale_entry *entry;
	struct stale_log log = { 0 };
	struct stale_failure failure;
	struct episode_source source;
	struct stale_page page;
	struct diag diag;
	char text[400];
	uint32_t nr = 0;

	assert_non_null(recording);
	assert_non_null(truth);
	source = written_source(recording);
	assert_int_equal(stale_log_read(&log, &source), 0);
	for (uint32_t i = 0; i < log.nr; i++) {
		nr++;
		assert_int_equal(stale_explain(&source, log.walks[i].episode,
					       moment_hindsight(history_last(source.history)), &failure, &diag), 0);
		assert_int_equal(failure.nr_left, 2);
		assert_int_equal(failure.nr_no_item, 2);
		assert_int_equal(failure.nr_by_rule, 0);
		stale_failure_text(&failure, text, sizeof(text));
		assert_non_null(strstr(text, "no rmap_item is known to lead to 2"));
		stale_failure_fini(&failure);
		/* The page is where it was, and the child's mapping is the one that nothing leads to. */
		page = look_at_pfn(&source, truth_mapping(truth, "after the first migration"),
				   moment_hindsight(log.walks[i].end), &entry);
		assert_int_equal(entry->kind, STALE_UNREACHED);
		assert_true(entry->known);
		assert_int_equal(page.count.mapcount, 2);
		assert_int_equal(entry->repair, REPAIR_THIS_SCAN);
		/* It was repaired by the scan that ran, as foretold. */
		assert_true(entry->repaired > log.walks[i].end);
		assert_int_equal(event_index_kind(source.events, entry->repaired), EVENT_P_ITEM_APPEND);
		assert_true(history_scan_step(source.history, entry->repaired, -1) < log.walks[i].end);
		stale_page_fini(&page);
	}
	assert_true(nr > 0);
	assert_int_equal(stale_log_ended(&log, history_last(source.history)), nr);
	for (uint32_t i = 0; i < nr; i++) {
		const struct stale_walk *walk = &log.walks[i];
		uint32_t newest = nr;

		assert_int_equal(stale_log_ended(&log, walk->end), i + 1);
		assert_true(stale_log_failures(&log, walk->node, walk->end, &newest) > 0);
		assert_int_equal(newest, i);
		newest = nr;
		(void)stale_log_failures(&log, walk->node, walk->end - 1, &newest);
		assert_true(newest == nr || newest < i);
	}
	page = look_at_pfn(&source, truth_mapping(truth, "after the second migration"),
			   moment_at(history_last(source.history)), &entry);
	assert_int_equal(entry->kind, STALE_REACHED);
	assert_int_equal(page.nr_kinds[STALE_REACHED], page.nr);
	stale_page_fini(&page);
	stale_log_fini(&log);
	json_object_put(truth);
	recording_close(recording);
}

/* Under the naive rule walks fail for as many mappings as the truth file found left; else none does. */
static void check_rule(const char *path)
{
	struct recording *recording = recording_open_whole(path);
	struct json_object *truth = truth_of(path), *walk;
	struct stale_log log = { 0 };
	struct stale_failure failure;
	struct episode_source source;
	struct diag diag;
	uint32_t left, nr = 0;

	assert_non_null(recording);
	assert_non_null(truth);
	source = written_source(recording);
	walk = json_object_array_get_idx(json_object_object_get(truth, "walks"), 0);
	left = (uint32_t)json_object_get_int(json_object_object_get(walk, "left_on_old_pfn"));
	assert_int_equal(stale_log_read(&log, &source), 0);
	for (uint32_t i = 0; i < log.nr; i++) {
		nr++;
		assert_int_equal(stale_explain(&source, log.walks[i].episode,
					       moment_hindsight(history_last(source.history)), &failure, &diag), 0);
		assert_int_equal(failure.nr_left, left);
		assert_int_equal(failure.nr_by_rule, left);
		assert_int_equal(failure.nr_no_item, 0);
		stale_failure_fini(&failure);
	}
	assert_int_equal(nr > 0, left > 0);
	stale_log_fini(&log);
	json_object_put(truth);
	recording_close(recording);
}

static void the_lab_s_walks(void **state)
{
	uint32_t nr[2] = { 0, 0 };

	(void)state;
	for (char **path = lab_recordings(); *path; path++) {
		const char *name = strrchr(*path, '/') ? strrchr(*path, '/') + 1 : *path;

		if (!strcmp(name, "stale.dat")) {
			check_stale(*path);
			nr[0]++;
		} else if (!strncmp(name, "walk-mremap-", 12) || !strncmp(name, "walk-fork-", 10)) {
			check_rule(*path);
			nr[1]++;
		}
	}
	assert_true(nr[0] > 0);
	assert_true(nr[1] >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_that_no_item_reaches),
		cmocka_unit_test(a_vma_that_is_split_is_not_away),
		cmocka_unit_test(whole_scans_are_counted),
		cmocka_unit_test(never_and_next),
		cmocka_unit_test(the_lab_s_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
