// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_blast.c - the blast radius against what memory failures really did.
 *
 * By hand: a page of a chain with one other dup, and what poisoning that dup, or the fork of a sharer,
 * changes.  Then each recovery in each recording that can be had here is foretold at the event before
 * it, and held against what the kernel went on to record, and against the processes that the lab's
 * own truth file says mapped the page.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/blast.h"
#include "trace/diag.h"
#include "walk_story.h"

#define CHAIN	(NODE + 0x40)
#define DUP	(NODE + 0x80)
#define ITEM_B	(ITEM + 0x40)
#define PUT_BACK								\
	WR(30, 1, 88, P_WALK_BEGIN, 8, PFN, NODE, 3, 0, 0, 0, 3),		\
	WR(31, 1, 88, P_WALK_ITEM, 8, 1, ITEM, AV, MM_A, ADDRESS, 0, -1, 0),	\
	WR(32, 1, 88, P_WALK_VMA, 8, 1, ITEM, V0, MM_A, 0x80100073, 0, 1, 0, 1),	\
	WR(33, 1, 88, P_WALK_UNLOCK, 8, 1, ITEM, 1, 1, 100),			\
	WR(34, 1, 88, P_WALK_ITEM, 8, 2, ITEM, AV, MM_A, ADDRESS, 0, -1, 0),	\
	WR(35, 1, 88, P_WALK_VMA, 8, 2, ITEM, V2, MM_B, 0x80100073, 0, 1, 1, 2),	\
	WR(36, 1, 88, P_WALK_UNLOCK, 8, 2, ITEM, 1, 1, 100),			\
	WR(37, 1, 88, P_WALK_END, 8, 0, 6, 2, 2, 2, 0, 2, 1000)

static void a_chain_saves_its_sharers(void **state)
{
	const struct written story[] = {
		WALK_STORY, WALK_STORY_END,	/* 20 events; the walk migrates */
		PUT_BACK,			/* 8 events */
		WR(40, 0, 91, P_CHAIN_MAKE, CHAIN, NODE, 0),
		WR(41, 0, 91, P_DUP_ADD, CHAIN, DUP, 0x1c0078, 0),
		WR(42, 0, 91, P_ITEM_NEW, ITEM_B, MM_B, ADDRESS + 0x1000),
		WR(43, 0, 91, P_ITEM_APPEND, ITEM_B, MM_B, ADDRESS + 0x1000, DUP, AV, INDEX + 1, 1),
		WR(44, 0, 300, MEMORY_FAILURE_EVENT, 0x1c0078, 4, 2),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct diag diag = { 0 };
	struct blast blast, *list;
	struct ref node;
	uint32_t nr;

	(void)state;
	assert_int_equal(history_find(source.history, TABLE_NODE, (uint64_t)NODE, 0, moment_at(28), &node), 0);
	/* Within the migration nobody maps it, and nobody can. */
	assert_int_equal(blast_page(&source, node, moment_at(20), &blast, &diag), 0);
	assert_int_equal(blast.why, BLAST_NOT_MAPPED);
	assert_false(blast.doubtful);
	blast_fini(&blast);
	/* In the middle of it the one that was not reached yet. */
	assert_int_equal(blast_page(&source, node, moment_at(14), &blast, &diag), 0);
	assert_int_equal(blast.nr_killed_without, 1);
	assert_int_equal(blast.victims[0].tgid, 2202);
	assert_true(blast.victims[0].known);
	blast_fini(&blast);
	/* Alone: both processes that may map it die, the fork too. */
	assert_int_equal(blast_page(&source, node, moment_at(28), &blast, &diag), 0);
	assert_int_equal(blast.why, BLAST_NO_CHAIN);
	assert_int_equal(blast.nr_killed_without, 2);
	assert_int_equal(blast.nr_killed_with, 2);
	assert_int_equal(blast.victims[0].tgid, 2201);
	assert_int_equal(blast.victims[1].tgid, 2202);
	blast_fini(&blast);
	/* With a dup both move to its copy. */
	assert_int_equal(blast_page(&source, node, moment_at(32), &blast, &diag), 0);
	assert_int_equal(blast.why, BLAST_MOVED);
	assert_int_equal(blast.healthy_pfn, 0x1c0078);
	assert_int_equal(blast.nr_moved, 2);
	assert_int_equal(blast.nr_killed_with, 0);
	blast_fini(&blast);
	/* The dup's page fails: nothing healthy is left. */
	assert_int_equal(blast_page(&source, node, moment_at(33), &blast, &diag), 0);
	assert_int_equal(blast.why, BLAST_NO_HEALTHY_DUP);
	assert_int_equal(blast.nr_killed_with, 2);
	blast_fini(&blast);
	/* Ranked: the same two pages, the more deadly one first; one of them when one is asked for. */
	assert_int_equal(blast_rank(&source, moment_at(33), 10, &list, &nr, &diag), 0);
	assert_int_equal(nr, 2);
	assert_int_equal(list[0].nr_killed_with, 2);
	assert_int_equal(list[0].node.kpfn, PFN);
	assert_int_equal(list[1].node.kpfn, 0x1c0078);
	blast_list_free(list, nr);
	assert_int_equal(blast_rank(&source, moment_at(33), 1, &list, &nr, &diag), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(list[0].node.kpfn, PFN);
	blast_list_free(list, nr);
	recording_close(recording);
}

/*
 * The parent's page goes and with it its item: a fork may map the page still, and no item says so; so may the older
 * fork, whose VMA holds its index too.
 */
static void a_page_without_items_is_ranked(void **state)
{
	const struct written story[] = {
		WALK_STORY, WALK_STORY_END,	/* 20 events; the walk migrates: nothing is mapped */
		WR(40, 0, 91, P_NODE_INSERT, NODE + 0x100, PFN + 1, 0, 0),
		WR(41, 0, 91, P_ITEM_NEW, ITEM_B, MM_A, ADDRESS + 0x1000),
		WR(42, 0, 91, P_ITEM_APPEND, ITEM_B, MM_A, ADDRESS + 0x1000, NODE + 0x100, AV, INDEX + 1, 1),
		WR(43, 0, 2201, P_MM_FORK, MM_A, MM_B + 0x400, 0, "vm-a"),
		WR(44, 0, 2201, P_VMA_INSERT, AV, V2 + 0x98, MM_B + 0x400, ADDRESS - 0x2000, ADDRESS + 0x2000,
		   0x500, 0x80100073),
		WR(45, 0, 2203, P_MM_OWNER, MM_B + 0x400, 2203, 3000, "vm-c"),
		WR(46, 0, 91, P_ITEM_DETACH, ITEM_B, MM_A, ADDRESS + 0x1000, NODE + 0x100, 2),
		WR(47, 0, 91, P_ITEM_FREE, ITEM_B, MM_A, ADDRESS + 0x1000),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct diag diag = { 0 };
	struct blast *list;
	uint32_t nr;

	(void)state;
	assert_int_equal(blast_rank(&source, moment_at(27), 10, &list, &nr, &diag), 0);
	for (uint32_t i = 0; i < nr; i++) {
		if (list[i].node.kpfn != PFN + 1)
			continue;
		assert_int_equal(list[i].node.nr_items, 0);
		assert_int_equal(list[i].nr_victims, 2);
		assert_int_equal(list[i].victims[0].tgid, 2202);
		assert_false(list[i].victims[0].known);
		assert_int_equal(list[i].victims[1].tgid, 2203);
		assert_false(list[i].victims[1].known);
		assert_true(list[i].victims[1].dies);
		assert_true(list[i].doubtful);
		blast_list_free(list, nr);
		recording_close(recording);
		return;
	}
	fail_msg("the page is not ranked");
}

/* ---- the lab ---- */
static bool is_victim(const struct blast *blast, int32_t tgid)
{
	for (uint32_t i = 0; i < blast->nr_victims; i++)
		if (blast->victims[i].tgid == tgid)
			return true;
	return false;
}

/* Children that no item knows are in no mapping of the truth file: those of another role than the sharers'. */
static uint32_t nr_strangers(struct json_object *truth)
{
	struct json_object *processes = json_object_object_get(truth, "processes");
	uint32_t nr = 0;

	for (size_t i = 0; processes && i < json_object_array_length(processes); i++) {
		const char *role = json_object_get_string(
			json_object_object_get(json_object_array_get_idx(processes, i), "role"));

		nr += strncmp(role, "early", 5) != 0 && strncmp(role, "late", 4) != 0 &&
		      strncmp(role, "sharer", 6) != 0;
	}
	return nr;
}

/* The processes that the truth file saw with that pfn before are the victims, with the child of one of them. */
static void check_truth(const char *dat, const struct blast *blast, uint64_t pfn, bool first)
{
	struct json_object *truth, *mappings;
	char path[4096];
	uint32_t nr = 0;

	snprintf(path, sizeof(path), "%.*s.truth.json", (int)(strlen(dat) - 4), dat);
	truth = json_object_from_file(path);
	if (!truth || !json_object_object_get_ex(truth, "mappings", &mappings)) {
		json_object_put(truth);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(mappings); i++) {
		struct json_object *map = json_object_array_get_idx(mappings, i);

		if (strcmp(json_object_get_string(json_object_object_get(map, "when")), "before") != 0 ||
		    strtoull(json_object_get_string(json_object_object_get(map, "pfn")), NULL, 16) != pfn)
			continue;
		nr++;
		if (!is_victim(blast, json_object_get_int(json_object_object_get(map, "pid"))))
			print_error("%s: pid %d is no victim\n", dat,
				    json_object_get_int(json_object_object_get(map, "pid")));
		assert_true(is_victim(blast, json_object_get_int(json_object_object_get(map, "pid"))));
	}
	/* Of 17,161 nodes it names one sharer. */
	if (nr && !strstr(dat, "poison-search"))
		assert_int_equal(blast->nr_victims, nr + (first ? nr_strangers(truth) : 0));
	json_object_put(truth);
}

/* KSMTOP_RECOVERY_OUTCOMES */
#define LONG 2000u		/* events in front of a recovery */
enum { RECOVERED = 0, NO_CHAIN = 1, PARTLY = 4, OFF = 5 };

static uint32_t row_items(const struct episode_source *source, const struct episode_row *row)
{
	union row node;

	assert_int_equal(history_row(source->history, row->object, moment_at(row->fact.born), &node), 0);
	return node.node.nr_items;
}

/* Right before it, and at its first event, hindsight tells how it went; an event earlier it foretells. */
static void check_hindsight(const struct episode_source *source, const struct episode_row *row)
{
	const struct recovery_totals *totals = &row->totals.recovery;
	struct diag diag = { 0 };
	struct blast blast;

	for (uint64_t t = row->fact.born - 2; t <= row->fact.born + 1; t++) {
		bool near = t + 1 == row->fact.born || t == row->fact.born;
		uint32_t nr_mappings = 0, nr_dying = 0;

		assert_int_equal(blast_page(source, row->object, moment_hindsight(t), &blast, &diag), 0);
		assert_int_equal(blast.recovery, near && totals->outcome != OFF ? row->number : 0);
		assert_int_equal(blast.evidence, blast.recovery ? EVIDENCE_TRACED : EVIDENCE_MODELLED);
		for (uint32_t i = 0; i < blast.nr_victims; i++) {
			nr_mappings += blast.victims[i].nr_mappings;
			nr_dying += blast.victims[i].dies ? blast.victims[i].nr_mappings : 0;
			assert_true(!near || blast.victims[i].known);
		}
		if (near)
			assert_int_equal(nr_mappings, totals->mapcount_before);
		if (blast.recovery)
			assert_int_equal(nr_dying, totals->failed);
		assert_int_equal(blast.doubtful, !blast.recovery && (blast.nr_moved || blast.nr_maybe));
		blast_fini(&blast);
	}
}

/* All of its mappings moved: at no moment before may it be said that some are out of an item's reach. */
static void check_before(const struct episode_source *source, const struct episode_row *row)
{
	struct diag diag = { 0 };
	struct blast blast;

	if (row->totals.recovery.outcome != RECOVERED || row->fact.born > LONG)
		return;
	for (uint64_t t = 1; t < row->fact.born; t++) {
		if (blast_page(source, row->object, moment_at(t), &blast, &diag) != 0)
			continue;
		assert_int_not_equal(blast.why, BLAST_PARTIAL);
		blast_fini(&blast);
	}
}

static void check_recovery(const struct episode_source *source, const char *path,
			   const struct episode_row *row, bool first)
{
	const struct recovery_totals *totals = &row->totals.recovery;
	struct diag diag = { 0 };
	uint32_t nr_mappings = 0, nr_sure = 0;
	struct blast blast;

	assert_int_equal(blast_page(source, row->object, moment_at(row->fact.born), &blast, &diag), 0);
	for (uint32_t i = 0; i < blast.nr_victims; i++) {
		nr_mappings += blast.victims[i].nr_mappings;
		nr_sure += blast.victims[i].known ? blast.victims[i].nr_mappings : 0;
	}
	/*
	 * Partly: what was swapped out is still an item's place, and is told as possible.  The mapping that
	 * was moved is then all that there was.
	 */
	if (totals->outcome == PARTLY) {
		assert_int_equal(totals->mapcount_before, totals->moved + totals->failed);
		assert_int_equal(nr_sure, 0);
		assert_int_equal(nr_mappings, row_items(source, row));
	} else {
		assert_int_equal(nr_mappings, totals->mapcount_before);
	}
	assert_true(blast.doubtful || !blast.nr_moved);
	check_truth(path, &blast, totals->pfn, first);
	switch (totals->outcome) {
	case RECOVERED:
		assert_int_equal(blast.why, BLAST_MOVED);
		assert_int_equal(blast.nr_killed_with, 0);
		assert_int_equal(nr_mappings, totals->moved);
		if (totals->nr_copies == 1)
			assert_int_equal(blast.healthy_pfn, totals->chosen_kpfn);
		break;
	case NO_CHAIN:
		assert_int_equal(blast.why, BLAST_NO_CHAIN);
		assert_int_equal(blast.nr_killed_with, blast.nr_killed_without);
		break;
	default:	/* the copy failed, no mutex, it is off: what no history can know, so it is doubtful */
		break;
	}
	blast_fini(&blast);
}

static void recoveries_are_foretold(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++) {
		struct recording *recording = recording_open_whole(*path);
		struct episode_source source;
		bool first = true;
		struct ref ref;
		union row row;

		if (!recording)
			continue;
		source = written_source(recording);
		for (uint32_t i = 1; history_find_number(source.history, TABLE_EPISODE, i, &ref) == 0; i++) {
			assert_int_equal(history_row(source.history, ref,
						     moment_hindsight(history_last(source.history)), &row), 0);
			if (row.episode.kind != EPISODE_RECOVERY || !row.episode.ended ||
			    row.episode.fact.doubt || ref_is_none(row.episode.object))
				continue;
			check_recovery(&source, *path, &row.episode, first);
			check_hindsight(&source, &row.episode);
			check_before(&source, &row.episode);
			first = false;
			nr++;
		}
		recording_close(recording);
	}
	print_message("%u recoveries\n", nr);
	if (!nr)
		skip();
}

/* ---- ranking ---- */
#define TOP 20u
#define FEW_NODES 3000u

static int compare_rank(const void *a, const void *b)
{
	const struct blast *x = a, *y = b;

	if (x->nr_killed_without != y->nr_killed_without)
		return x->nr_killed_without > y->nr_killed_without ? -1 : 1;
	if (x->nr_killed_with != y->nr_killed_with)
		return x->nr_killed_with > y->nr_killed_with ? -1 : 1;
	return x->node.kpfn < y->node.kpfn ? -1 : x->node.kpfn > y->node.kpfn;
}

/* Every page looked at, and sorted. */
static void rank_one_by_one(const struct episode_source *source, struct moment when,
			    struct blast *ret_list, uint32_t *ret_nr)
{
	struct history_cursor cursor;
	struct diag diag = { 0 };
	union row row;

	*ret_nr = 0;
	assert_int_equal(history_list(source->history, ALL_NODES, (struct ref){ 0 }, when, &cursor), 0);
	while (history_next(&cursor, &row) > 0) {
		struct blast *blast = &ret_list[*ret_nr];

		if (row.node.kind == NODE_CHAIN)
			continue;
		assert_int_equal(blast_page(source, row.node.ref, when, blast, &diag), 0);
		if (blast->why == BLAST_NOT_MAPPED)
			blast_fini(blast);
		else
			++*ret_nr;
	}
	if (*ret_nr)
		qsort(ret_list, *ret_nr, sizeof(*ret_list), compare_rank);
}

static void compare_ranking(const struct episode_source *source, struct moment when)
{
	static struct blast all[FEW_NODES];
	struct history_counters counters;
	struct diag diag = { 0 };
	struct blast *list;
	uint32_t nr, nr_all;

	history_counters(source->history, when, &counters);
	if (counters.nr_nodes > FEW_NODES)
		return;
	rank_one_by_one(source, when, all, &nr_all);
	assert_int_equal(blast_rank(source, when, TOP, &list, &nr, &diag), 0);
	assert_int_equal(nr, nr_all < TOP ? nr_all : TOP);
	for (uint32_t i = 0; i < nr; i++) {
		assert_true(ref_equal(list[i].node.ref, all[i].node.ref));
		assert_int_equal(list[i].nr_killed_without, all[i].nr_killed_without);
		assert_int_equal(list[i].nr_killed_with, all[i].nr_killed_with);
	}
	blast_list_free(list, nr);
	for (uint32_t i = 0; i < nr_all; i++)
		blast_fini(&all[i]);
}

static void a_ranking_is_of_all_pages(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++) {
		struct recording *recording = recording_open_whole(*path);
		struct episode_source source;
		uint64_t last;

		if (!recording)
			continue;
		source = written_source(recording);
		last = history_last(source.history);
		for (uint64_t i = 1; i <= 4; i++)
			compare_ranking(&source, i % 2 ? moment_at(last * i / 4) : moment_hindsight(last * i / 4));
		recording_close(recording);
		nr++;
	}
	assert_true(nr > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_saves_its_sharers),
		cmocka_unit_test(a_page_without_items_is_ranked),
		cmocka_unit_test(a_ranking_is_of_all_pages),
		cmocka_unit_test(recoveries_are_foretold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
