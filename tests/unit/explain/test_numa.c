// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_numa.c - pages that move between memory nodes, and what becomes of their stable nodes.
 *
 * By hand: one stable node whose page moves, step by step to the migrate list and from there to each
 * of its ends; at every event the fate is what the kernel has done so far and no more.  Then the
 * lab's scenario, held against its truth file: which pages moved, from and to which pfn, and that X met
 * an equal page and Y did not.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/numa.h"
#include "walk_story.h"

#define HOME	(NODE + 0x40)
#define CHAIN	(NODE + 0x80)

/* 1: HOME in tree 1, 2: NODE in tree 0, 4: its page moves to node 1, 5-7: taken out, listed, off the list */
#define MOVE_STORY							\
	WR(10, 0, 91, P_NODE_INSERT, HOME, 0x2000, 1, 0),		\
	WR(11, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),			\
	WR(12, 0, 91, P_NODE_KPFN, HOME, 0x2000, 0x2001, 1, 1),		\
	WR(13, 0, 55, P_NODE_KPFN, NODE, PFN, 0x2002, 0, 1),		\
	WR(14, 0, 91, P_NODE_ERASE, NODE, 0x2002, 0),			\
	WR(15, 0, 91, P_MIGRATE_ADD, NODE, 0x2002, 0, 1),		\
	WR(16, 0, 91, P_MIGRATE_DEL, NODE, 0x2002, 1, 2)

static struct numa_story follow(const struct episode_source *source, uint64_t t)
{
	struct numa_log log = { 0 };
	struct numa_story story;

	assert_int_equal(numa_log_read(&log, source, UINT64_MAX), 0);
	assert_int_equal(log.nr, 1);
	assert_int_equal(log.moves[0].event, 4);
	assert_int_equal(log.moves[0].old_nid, 0);
	assert_int_equal(log.moves[0].nid, 1);
	assert_int_equal(numa_log_nr(&log, 3), 0);
	assert_int_equal(numa_log_nr(&log, 4), 1);
	numa_follow(source, &log.moves[0], moment_at(t), &story);
	numa_log_fini(&log);
	return story;
}

static void step_by_step(void **state)
{
	const struct written story[] = { MOVE_STORY, WR(17, 0, 91, P_NODE_INSERT, NODE, 0x2002, 1, HOME) };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	static const enum numa_fate fates[] = { [4] = NUMA_WRONG_TREE, NUMA_WRONG_TREE, NUMA_ON_LIST, NUMA_TAKEN,
						NUMA_IN_TREE };
	struct numa_story end;

	(void)state;
	for (uint64_t t = 4; t <= 8; t++)
		assert_int_equal(follow(&source, t).fate, fates[t]);
	end = follow(&source, 8);
	assert_int_equal(end.listed, 6);
	assert_int_equal(end.taken, 7);
	assert_int_equal(end.settled, 8);
	assert_int_equal(end.tree_nid, 1);
	assert_true(end.doubtful);	/* nobody sampled merge_across_nodes */
	/* What came later is not known before. */
	assert_int_equal(follow(&source, 6).settled, 0);
	recording_close(recording);
}

static void ends(void **state)
{
	const struct written met[] = { MOVE_STORY, WR(17, 0, 91, P_CHAIN_MAKE, CHAIN, HOME, 1),
				       WR(18, 0, 91, P_DUP_ADD, CHAIN, NODE, 0x2002, 1) };
	const struct written freed[] = { MOVE_STORY, WR(17, 0, 91, P_NODE_FREE, NODE, 0x2002, 1) };
	const struct written again[] = { MOVE_STORY, WR(17, 0, 55, P_NODE_KPFN, NODE, 0x2002, 0x2003, 1, 1) };
	struct recording *recording = written_open(met, sizeof(met) / sizeof(*met));
	struct episode_source source = written_source(recording);
	struct numa_story end = follow(&source, 9);
	struct ref chain;

	(void)state;
	assert_int_equal(end.fate, NUMA_MET_EQUAL);
	assert_int_equal(end.settled, 9);
	assert_int_equal(history_find(source.history, TABLE_NODE, (uint64_t)CHAIN, 0, moment_at(9), &chain), 0);
	assert_true(ref_equal(end.chain, chain));
	recording_close(recording);

	recording = written_open(freed, sizeof(freed) / sizeof(*freed));
	source = written_source(recording);
	assert_int_equal(follow(&source, 8).fate, NUMA_FREED);
	assert_int_equal(follow(&source, 8).settled, 8);
	assert_int_equal(follow(&source, 7).fate, NUMA_TAKEN);
	recording_close(recording);

	recording = written_open(again, sizeof(again) / sizeof(*again));
	source = written_source(recording);
	assert_int_equal(follow(&source, 8).fate, NUMA_MOVED_ON);
	recording_close(recording);
}

static struct numa_page page_of(const struct episode_source *source, int64_t node, uint64_t t, bool *ret_wrong)
{
	struct moment when = moment_at(t);
	struct numa_page page;
	struct ref ref;
	union row row;

	assert_int_equal(history_find(source->history, TABLE_NODE, (uint64_t)node, 0, when, &ref), 0);
	assert_int_equal(history_row(source->history, ref, when, &row), 0);
	numa_page(source, &row.node, when, &page);
	*ret_wrong = numa_is_wrong(source, &row.node, &page, when);
	return page;
}

static void where_a_page_is(void **state)
{
	const struct written story[] = { MOVE_STORY };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct history_cursor cursor;
	struct numa_page page;
	union row row;
	bool wrong;

	(void)state;
	/* Sorted by its page's node: inferred.  Told by the move itself: traced. */
	page = page_of(&source, NODE, 3, &wrong);
	assert_int_equal(page.nid, 0);
	assert_int_equal(page.evidence, EVIDENCE_INFERRED);
	assert_false(wrong);
	page = page_of(&source, NODE, 4, &wrong);
	assert_int_equal(page.nid, 1);
	assert_int_equal(page.evidence, EVIDENCE_TRACED);
	assert_int_equal(page.event, 4);
	assert_true(wrong);
	/* On its way it is in no tree, so in no wrong one. */
	page_of(&source, NODE, 6, &wrong);
	assert_false(wrong);
	/* A move within one node is known too, and no move of the log. */
	page = page_of(&source, HOME, 3, &wrong);
	assert_int_equal(page.evidence, EVIDENCE_TRACED);
	assert_false(wrong);
	/* The trees apart. */
	for (uint32_t nid = 0; nid < 3; nid++) {
		uint32_t nr = 0;

		assert_int_equal(history_list(source.history, NODES_OF_NID, ref_of_nid(nid), moment_at(4), &cursor), 0);
		while (history_next(&cursor, &row) > 0) {
			assert_int_equal(row.node.nid, nid);
			nr++;
		}
		assert_int_equal(nr, nid < 2);
	}
	recording_close(recording);
}

/* What the list of nodes in no tree holds at a moment: how many, and the place of the last. */
static uint32_t off_trees(const struct episode_source *source, uint64_t t, uint8_t *ret_place)
{
	struct ref none = { 0 };
	struct history_cursor cursor;
	uint32_t nr = 0;
	union row row;

	assert_int_equal(history_list(source->history, NODES_OFF_TREES, none, moment_at(t), &cursor), 0);
	for (; history_next(&cursor, &row) > 0; nr++)
		*ret_place = row.node.place;
	assert_int_equal(history_prev(&cursor, &row), nr > 0);
	return nr;
}

static void lists_apart(void **state)
{
	const struct written story[] = { MOVE_STORY, WR(17, 0, 91, P_NODE_INSERT, NODE, 0x2002, 1, HOME) };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	static const uint32_t nr[] = { [4] = 0, 1, 1, 1, 0 };
	static const uint8_t places[] = { [5] = NODE_NOWHERE, NODE_ON_MIGRATE_LIST, NODE_NOWHERE };
	struct history_cursor cursor;
	union row row;
	uint8_t place;

	(void)state;
	for (uint64_t t = 4; t <= 8; t++) {
		assert_int_equal(off_trees(&source, t, &place), nr[t]);
		if (nr[t])
			assert_int_equal(place, places[t]);
		/* Where it is off the trees it stands in none of them. */
		assert_int_equal(history_list(source.history, NODES_OF_NID, ref_of_nid(0), moment_at(t), &cursor), 0);
		assert_int_equal(history_next(&cursor, &row), t < 5);
	}
	recording_close(recording);
}

/* ---- the lab ---- */
static uint64_t truth_pfn(struct json_object *truth, const char *when)
{
	struct json_object *mappings = json_object_object_get(truth, "mappings");

	for (size_t i = 0; i < json_object_array_length(mappings); i++) {
		struct json_object *map = json_object_array_get_idx(mappings, i);

		if (strcmp(json_object_get_string(json_object_object_get(map, "when")), when) == 0)
			return strtoull(json_object_get_string(json_object_object_get(map, "pfn")), NULL, 16);
	}
	fail_msg("the truth file has no mapping \"%s\"", when);
	return 0;
}

static void check_lab(const char *path)
{
	struct recording *recording = recording_open_whole(path);
	struct numa_log log = { 0 };
	struct numa_story story;
	struct json_object *truth;
	struct episode_source source;
	char name[4096];
	bool wrong;

	snprintf(name, sizeof(name), "%.*s.truth.json", (int)(strlen(path) - 4), path);
	truth = json_object_from_file(name);
	assert_non_null(recording);
	assert_non_null(truth);
	source = written_source(recording);
	assert_int_equal(numa_log_read(&log, &source, UINT64_MAX), 0);
	assert_int_equal(log.nr, 2);
	for (uint32_t i = 0; i < 2; i++) {
		bool is_x = log.moves[i].old_kpfn == truth_pfn(truth, "X merged on node 0");
		struct moment end = moment_at(history_last(source.history));
		union row row;

		assert_int_equal(log.moves[i].old_kpfn,
				 truth_pfn(truth, is_x ? "X merged on node 0" : "Y merged on node 0"));
		assert_int_equal(log.moves[i].kpfn,
				 truth_pfn(truth, is_x ? "X moved to node 1" : "Y moved to node 1"));
		assert_int_equal(history_row(source.history, log.moves[i].node, end, &row), 0);
		assert_int_equal(row.node.kpfn, truth_pfn(truth, is_x ? "X after ksmd" : "Y after ksmd"));
		numa_follow(&source, &log.moves[i], moment_at(log.moves[i].event), &story);
		assert_int_equal(story.fate, NUMA_WRONG_TREE);
		assert_false(story.doubtful);
		page_of(&source, (int64_t)row.node.name.addr, log.moves[i].event, &wrong);
		assert_true(wrong);
		numa_follow(&source, &log.moves[i], end, &story);
		assert_int_equal(story.fate, is_x ? NUMA_MET_EQUAL : NUMA_IN_TREE);
		assert_int_equal(story.tree_nid, 1);
		page_of(&source, (int64_t)row.node.name.addr, end.t, &wrong);
		assert_false(wrong);
	}
	numa_log_fini(&log);
	json_object_put(truth);
	recording_close(recording);
}

static void the_lab_s_pages(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); *path; path++)
		if (strlen(*path) > 9 && strcmp(*path + strlen(*path) - 9, "/numa.dat") == 0) {
			check_lab(*path);
			nr++;
		}
	assert_true(nr > 0);
}

/* With one tree for all nodes a page that moves is in no wrong tree: stale.dat has such a move. */
static void one_tree_for_all(void **state)
{
	struct recording *recording = recording_open_whole(TRACES_DIR "/stale.dat");
	struct numa_log log = { 0 };
	struct numa_story story;
	struct episode_source source;

	(void)state;
	assert_non_null(recording);
	source = written_source(recording);
	assert_int_equal(numa_log_read(&log, &source, UINT64_MAX), 0);
	assert_int_equal(log.nr, 1);
	numa_follow(&source, &log.moves[0], moment_at(log.moves[0].event), &story);
	assert_int_equal(story.fate, NUMA_ONE_TREE);
	numa_log_fini(&log);
	recording_close(recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_by_step),
		cmocka_unit_test(ends),
		cmocka_unit_test(where_a_page_is),
		cmocka_unit_test(lists_apart),
		cmocka_unit_test(the_lab_s_pages),
		cmocka_unit_test(one_tree_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
