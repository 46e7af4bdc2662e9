// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_story.c - what is told of an episode.
 *
 * The walk that is known by heart is told word by word.  Every step of every episode of every recording
 * that can be had here has a sentence, with a function of the kernel, and no story contradicts its
 * episode: a line belongs to an event of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/collapse.h"
#include "explain/narrate.h"
#include "trace/diag.h"
#include "walk_story.h"

struct heard {
	uint32_t nr[STORY_NOTE + 1];
	uint64_t last;
	char title[NARRATE_MAX], totals[2 * NARRATE_MAX], steps[16][NARRATE_MAX];
};

static int hear(const struct story_line *line, void *arg)
{
	struct heard *heard = arg;

	assert_true(line->narration.text[0]);
	if (line->part == STORY_STEP && heard->nr[STORY_STEP] < 16)
		strcpy(heard->steps[heard->nr[STORY_STEP]], line->narration.text);
	if (line->part == STORY_TITLE)
		strcpy(heard->title, line->narration.text);
	if (line->part == STORY_TOTAL && heard->nr[STORY_TOTAL] < 2)
		strcat(heard->totals, line->narration.text);
	if (line->part == STORY_STEP) {
		assert_true(line->event >= heard->last);
		heard->last = line->event;
	}
	heard->nr[line->part]++;
	return 0;
}

static void a_walk_is_told(void **state)
{
	static const char *const expected[] = {
		"A walk of node#1 (pfn 0x1c0077) begins, purpose: migrate; interval trees are asked by the rule "
		"\"whole\"; the page's mapcount is 2.",
		"Pass 1: the anon_vma of item#1 (mm A (vm-a 2201) at 0x7f0000002000) is locked after waiting "
		"1.5 us; its interval tree is asked for every VMA.",
		"The VMA of mm A (vm-a 2201) covers 0x7f0000002000 and is of the item's own mm: rmap_one() "
		"visits it, mapcount 2 -> 1.",
		"The anon_vma of item#1 is unlocked, after 9.0 us; skipped meanwhile: 1 VMA that does not cover "
		"the address, 1 of the wrong mm for this pass.",
		"Pass 2: the anon_vma of item#1 (mm A (vm-a 2201) at 0x7f0000002000) is locked at once; its "
		"interval tree is asked for every VMA.",
		"The VMA of mm B (vm-b 2202) covers 0x7f0000002000 and is of another mm, as after a fork: "
		"rmap_one() visits it, mapcount 1 -> 0.",
		"The anon_vma of item#1 is unlocked, after 4.0 us; skipped meanwhile: 1 VMA that does not cover "
		"the address, 1 of the wrong mm for this pass.",
		"The walk ends (rwc->done) after 20.0 us: 6 VMAs offered, 2 visited, 2 outside, 2 of another "
		"mm; the mapcount is 0.",
	};
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct heard heard = { 0 };
	struct diag diag = { 0 };
	struct ref ref;

	(void)state;
	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, 1, &ref), 0);
	assert_int_equal(story_tell(&source, ref, moment_hindsight(20), hear, &heard, &diag), 0);
	assert_int_equal(heard.nr[STORY_TITLE], 1);
	assert_int_equal(heard.nr[STORY_STEP], sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_string_equal(heard.steps[i], expected[i]);
	/* Counts, times, one waiter, three rules, two missed mappings. */
	assert_int_equal(heard.nr[STORY_TOTAL], 8);
	assert_int_equal(heard.nr[STORY_NOTE], 0);
	recording_close(recording);
}

static void what_is_missing_is_noted(void **state)
{
	const struct written story[] = { WALK_STORY };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct heard heard = { 0 };
	struct diag diag = { 0 };
	struct ref ref;

	(void)state;
	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, 1, &ref), 0);
	assert_int_equal(story_tell(&source, ref, moment_hindsight(19), hear, &heard, &diag), 0);
	assert_int_equal(heard.nr[STORY_NOTE], 1);
	recording_close(recording);
}

/* At each moment inside the walk: the steps up to it, and nothing of what comes of it. */
static void a_story_ends_at_the_moment(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	static const uint32_t nr_steps[] = { 1, 2, 2, 3, 4, 4, 5, 6, 7, 8 };	/* events 11 to 20; 13, 16: others' */
	struct diag diag = { 0 };
	struct ref ref;

	(void)state;
	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, 1, &ref), 0);
	for (uint64_t t = 11; t <= 20; t++) {
		struct heard heard = { 0 };

		assert_int_equal(story_tell(&source, ref, moment_at(t), hear, &heard, &diag), 0);
		assert_int_equal(heard.nr[STORY_STEP], nr_steps[t - 11]);
		assert_true(heard.last <= t);
		assert_int_equal(heard.nr[STORY_NOTE], t < 20);
		assert_int_equal(heard.nr[STORY_TOTAL] > 1, t == 20);
		assert_int_equal(!strstr(heard.title, "which goes on"), t == 20);
	}
	recording_close(recording);
}

static uint32_t nr_walks;	/* of migrations, whose end was told */

static uint32_t tell_all(const char *path)
{
	struct recording *recording = recording_open_whole(path);
	struct episode_source source;
	struct diag diag = { 0 };
	uint32_t nr = 0;
	struct ref ref;

	if (!recording)
		return 0;
	source = written_source(recording);
	for (; history_find_number(source.history, TABLE_EPISODE, nr + 1, &ref) == 0 && nr < 100; nr++) {
		struct moment when = moment_hindsight(history_last(source.history));
		struct opened_episode *episode;
		struct heard heard = { 0 };

		assert_int_equal(episode_open(&source, ref, when, &episode, &diag), 0);
		for (uint32_t i = 0; i < episode_nr_steps(episode); i++) {
			struct narration narration;

			assert_int_equal(narrate_step(episode, i, episode_moment(episode).known_by, &narration), 0);
			assert_true(narration.text[0] && narration.function && narration.file);
			assert_true(strlen(narration.text) < NARRATE_MAX - 1);
			assert_int_equal(narration.text[strlen(narration.text) - 1], '.');
			/* At its beginning nobody knows what a walk of a migration came to. */
			if (episode_row(episode)->kind == EPISODE_MIGRATION && episode_step(episode, i)->kind == STEP_WALK) {
				bool ends = strstr(narration.text, " -> ");

				assert_int_equal(narrate_step(episode, i, episode_step(episode, i)->event, &narration), 0);
				assert_null(strstr(narration.text, " -> "));
				nr_walks += ends;
			}
		}
		/* A walk of thousands of VMAs takes long under the rule "whole". */
		if (episode_row(episode)->totals.walk.nr_iteration_total < 100000)
			assert_int_equal(story_tell(&source, ref, when, hear, &heard, &diag), 0);
		episode_close(episode);
	}
	recording_close(recording);
	return nr;
}

/* The recording begins in the middle of a walk: what only its first event says is not told, and nothing twice. */
static void a_walk_without_its_beginning(void **state)
{
	const struct written story[] = {
		WR(26, 1, 88, P_WALK_ITEM, 7, 2, ITEM, AV, MM_A, ADDRESS, 0, -1, 0),
		WR(27, 1, 88, P_WALK_VMA, 7, 2, ITEM, V2, MM_B, 0x80100073, 0, 1, 1, 0),
		WR(28, 1, 88, P_WALK_UNLOCK, 7, 2, ITEM, 1, 1, 4000), WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct heard heard = { 0 };
	struct diag diag = { 0 };
	struct ref ref;
	union row row;

	(void)state;
	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, 1, &ref), 0);
	assert_int_equal(history_row(source.history, ref, moment_hindsight(4), &row), 0);
	assert_true(row.episode.begin_lost && row.episode.ended);
	assert_int_equal(story_tell(&source, ref, moment_hindsight(4), hear, &heard, &diag), 0);
	assert_string_equal(heard.title, "Episode 1: walk by tid 88, without a beginning");
	assert_int_equal(heard.nr[STORY_STEP], 4);
	assert_string_equal(heard.steps[0], "Pass 2: the anon_vma of item 0xffff888200000000 (mm 0xffff888101000000 at "
			    "0x7f0000002000) is locked at once; its interval tree is asked for every VMA.");
	assert_non_null(strstr(heard.totals, "held 1 time, 4.0 us at the longest, 4.0 us in all, and waited for 0 ns, "
			       "as far as its events are there; mapcount ? -> 0."));
	assert_int_equal(heard.nr[STORY_NOTE], 2);
	recording_close(recording);
}

/* ---- what is folded ---- */
struct lines { uint32_t nr; struct story_line line[128]; };

static int keep(const struct story_line *line, void *arg)
{
	struct lines *lines = arg;

	if (lines->nr < 128)
		lines->line[lines->nr++] = *line;
	return 0;
}

static const char *text_at(const struct lines *lines, enum story_part part, uint64_t event)
{
	for (uint32_t i = 0; i < lines->nr; i++)
		if (lines->line[i].part == part && lines->line[i].event == event)
			return lines->line[i].narration.text;
	return "";
}

static const char *function_at(const struct lines *lines, uint64_t event)
{
	for (uint32_t i = 0; i < lines->nr; i++)
		if (lines->line[i].part == STORY_STEP && lines->line[i].event == event)
			return lines->line[i].narration.function;
	return "";
}

static struct lines *told(struct recording *recording, uint32_t number, uint64_t known_by, bool all)
{
	struct episode_source source = written_source(recording);
	struct lines *lines = calloc(1, sizeof(*lines));
	struct moment when = { history_last(source.history), known_by };
	struct diag diag = { 0 };
	struct ref ref;

	assert_non_null(lines);
	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, number, &ref), 0);
	assert_int_equal((all ? story_tell_all : story_tell)(&source, ref, when, keep, lines, &diag), 0);
	return lines;
}

#define KSMD		31
#define SCANNED(us, item, outcome) WR(us, 0, KSMD, P_ITEM_SCAN, item, MM_A, ADDRESS, 3, outcome)
enum { OTHER_NID = 5, LOCK_FAILED = 7, KEPT_UNSTABLE = 9 };	/* KSMTOP_SCAN_OUTCOMES */

/* What differs in its outcome is no run, what failed is told each time, and a run ends at the moment asked. */
static void only_what_is_alike_is_folded(void **state)
{
	const struct written story[] = {
		WR(1, 0, KSMD, KSM_START_SCAN, 3, 7),			/* 1 */
		SCANNED(2, ITEM, KEPT_UNSTABLE), SCANNED(3, ITEM + 64, KEPT_UNSTABLE),
		SCANNED(4, ITEM + 128, KEPT_UNSTABLE),			/* 4 */
		SCANNED(5, ITEM + 192, OTHER_NID), SCANNED(6, ITEM + 256, LOCK_FAILED),
		SCANNED(7, ITEM + 320, LOCK_FAILED),			/* 7 */
		WR(8, 0, KSMD, P_NODE_INSERT, 0xffff888300000000, 0x77, 0, 0),
		WR(9, 0, KSMD, P_NODE_INSERT, 0xffff888300000040, 0x78, 0, 0xffff888300000000),
		WR(10, 0, KSMD, KSM_STOP_SCAN, 3, 7),			/* 10 */
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct lines *folded = told(recording, 1, KNOWN_HINDSIGHT, false);
	struct lines *all = told(recording, 1, KNOWN_HINDSIGHT, true), *middle = told(recording, 1, 3, false);

	(void)state;
	assert_non_null(strstr(text_at(folded, STORY_STEP, 2), "kept unstable. The same 2 times more, up to event 4."));
	assert_string_equal(text_at(folded, STORY_STEP, 3), "");
	assert_non_null(strstr(text_at(folded, STORY_STEP, 5), "other nid."));
	assert_null(strstr(text_at(folded, STORY_STEP, 5), "more"));
	assert_non_null(strstr(text_at(folded, STORY_STEP, 6), "lock failed."));
	assert_non_null(strstr(text_at(folded, STORY_STEP, 7), "lock failed."));
	assert_non_null(strstr(text_at(folded, STORY_STEP, 8), "pfn 0x77 becomes a KSM page"));
	assert_non_null(strstr(text_at(folded, STORY_STEP, 9), "pfn 0x78 becomes a KSM page"));
	for (uint64_t n = 1; n <= 10; n++) {
		assert_string_not_equal(text_at(all, STORY_STEP, n), "");
		assert_null(strstr(text_at(all, STORY_STEP, n), "more"));
	}
	assert_non_null(strstr(text_at(middle, STORY_STEP, 2), "The same 1 time more, up to event 3."));
	for (uint64_t n = 4; n <= 10; n++)
		assert_string_equal(text_at(middle, STORY_STEP, n), "");
	free(folded);
	free(all);
	free(middle);
	recording_close(recording);
}

/* A stock kernel's merges: the first of a pair is no other merge, and another KSM page is not the same one. */
static void merges_are_alike_with_the_same_page_only(void **state)
{
	const struct written story[] = {
		WR(1, 0, KSMD, KSM_START_SCAN, 3, 7),
		WR(2, 0, KSMD, KSM_MERGE_WITH_KSM_PAGE, 0, 0x77, ITEM, MM_A, 0),
		WR(3, 0, KSMD, KSM_MERGE_WITH_KSM_PAGE, 0xffff888300000000, 0x77, ITEM + 64, MM_A, 0),
		WR(4, 0, KSMD, KSM_MERGE_WITH_KSM_PAGE, 0xffff888300000000, 0x77, ITEM + 128, MM_A, 0),
		WR(5, 0, KSMD, KSM_MERGE_WITH_KSM_PAGE, 0xffff888300000040, 0x78, ITEM + 192, MM_A, 0),
		WR(6, 0, KSMD, KSM_STOP_SCAN, 3, 7),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct lines *lines = told(recording, 1, KNOWN_HINDSIGHT, false);

	(void)state;
	assert_null(strstr(text_at(lines, STORY_STEP, 2), "more"));
	assert_non_null(strstr(text_at(lines, STORY_STEP, 3), "pfn 0x77. The same 1 time more, up to event 4."));
	assert_non_null(strstr(text_at(lines, STORY_STEP, 5), "pfn 0x78."));
	free(lines);
	recording_close(recording);
}

#define LONG 200

/* Of a long scan what it turns on is told wherever it stands, and the rest counted by what it is. */
static void a_long_scan_is_folded_by_what_it_is(void **state)
{
	static struct args_P_ITEM_NEW made[LONG];
	static struct written story[2 * LONG + 3];
	struct args_P_NODE_INSERT insert = { (int64_t)0xffff888300000000, 0x77, 0, 0 };
	struct args_KSM_START_SCAN begin = { 3, LONG };
	struct recording *recording;
	struct lines *folded;
	uint32_t nr = 0, counted = 0;

	(void)state;
	story[nr++] = (struct written){ 1, 0, KSMD, EVENT_KSM_START_SCAN, &begin };
	for (int i = 0; i < LONG; i++) {
		made[i] = (struct args_P_ITEM_NEW){ (int64_t)(ITEM + 64 * (i / 2)), MM_A, ADDRESS + 4096 * (i / 2) };
		story[nr] = (struct written){ nr + 1, 0, KSMD, i & 1 ? EVENT_P_ITEM_FREE : EVENT_P_ITEM_NEW, &made[i] };
		nr++;
		if (i == LONG / 2) {
			story[nr] = (struct written){ nr + 1, 0, KSMD, EVENT_P_NODE_INSERT, &insert };
			nr++;
		}
	}
	story[nr] = (struct written){ nr + 1, 0, KSMD, EVENT_KSM_STOP_SCAN, &begin };
	nr++;
	recording = written_open(story, nr);
	folded = told(recording, 1, KNOWN_HINDSIGHT, false);
	assert_non_null(strstr(text_at(folded, STORY_STEP, LONG / 2 + 3), "pfn 0x77 becomes a KSM page"));
	for (uint32_t i = 0; i < folded->nr; i++) {
		unsigned int more, items_made, items_freed;
		char rest[4];

		if (folded->line[i].part == STORY_STEP &&
		    sscanf(folded->line[i].narration.text, "%u more events; items made: %u, items freed: %u%3s", &more,
			   &items_made, &items_freed, rest) == 4) {
			assert_int_equal(more, items_made + items_freed);
			counted += more;
		} else if (folded->line[i].part == STORY_STEP) {
			counted++;
		}
	}
	assert_int_equal(counted, nr);
	free(folded);
	recording_close(recording);
}

/* ---- collapses ---- */
#define KHUGEPAGED	34
#define OTHER_MM	0xff1100000013f400
#define RANGE		0x200000000000
#define COLLAPSED(us, index, pfn, step) WR(us, 0, KHUGEPAGED, P_COLLAPSE_PAGE, OTHER_MM, RANGE, index, pfn, step)

/*
 * A copy fails, the page is handled, the next collapse cannot swap it in, somebody touches it: who gave up,
 * why, and whose pages they were, each not before it can be known.
 */
static void why_a_collapse_is_given_up(void **state)
{
	const struct written story[] = {
		WR(1, 0, KHUGEPAGED, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		COLLAPSED(2, 0, 0x70, 0), COLLAPSED(3, 1, 0x71, 0),
		COLLAPSED(4, 0, 0x70, 1), COLLAPSED(5, 1, 0x71, 2),
		COLLAPSED(6, 0, 0x70, 3), COLLAPSED(7, 1, 0x71, 3),
		WR(8, 0, KHUGEPAGED, P_COLLAPSE_END, OTHER_MM, RANGE, 30, 0x200),
		WR(9, 0, 9, MEMORY_FAILURE_EVENT, 0x71, 13, 3),
		WR(10, 0, KHUGEPAGED, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		WR(11, 0, KHUGEPAGED, MM_COLLAPSE_HUGE_PAGE_SWAPIN, OTHER_MM, 0, 511, 0),
		WR(12, 0, KHUGEPAGED, P_COLLAPSE_END, OTHER_MM, RANGE, 0, 0x200),
		WR(13, 0, 56, SIGNAL_GENERATE, 7, 4, "toucher", 56, 0, 0),
		WR(14, 0, 77, P_COLLAPSE_BEGIN, OTHER_MM, RANGE + 0x200000, 0x400, 0),
		WR(15, 0, 77, P_COLLAPSE_PAGE, OTHER_MM, RANGE + 0x200000, 0, 0x90, 0),
		WR(16, 0, 77, MM_COLLAPSE_HUGE_PAGE_ISOLATE, 0x91, 0, 1, 17),
		WR(17, 0, 77, P_COLLAPSE_END, OTHER_MM, RANGE + 0x200000, 17, 0x400),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct lines *first = told(recording, 1, KNOWN_HINDSIGHT, false);
	struct lines *second = told(recording, 2, KNOWN_HINDSIGHT, false), *then = told(recording, 2, 12, false);
	struct lines *third = told(recording, 3, KNOWN_HINDSIGHT, false);

	(void)state;
	assert_string_equal(function_at(first, 2), "__collapse_huge_page_isolate");
	assert_string_equal(function_at(first, 5), "__collapse_huge_page_copy");
	assert_string_equal(function_at(first, 6), "__collapse_huge_page_copy_failed");
	assert_non_null(strstr(text_at(first, STORY_NOTE, 9), "Page 1 (pfn 0x71) is handled as bad memory"));
	assert_non_null(strstr(text_at(second, STORY_STEP, 12), "could not be had by do_swap_page()"));
	assert_string_equal(function_at(second, 12), "__collapse_huge_page_swapin");
	assert_non_null(strstr(text_at(second, STORY_NOTE, 9), "collapse 1 could not copy it (event 5)"));
	assert_non_null(strstr(text_at(second, STORY_NOTE, 13), "taken to be toucher's (pid 56)"));
	assert_string_equal(text_at(then, STORY_NOTE, 13), "");
	assert_non_null(strstr(text_at(then, STORY_NOTE, 0), "Whose pages they are is not known"));
	assert_string_equal(function_at(third, 17), "__collapse_huge_page_isolate");
	assert_non_null(strstr(text_at(third, STORY_NOTE, 0), "Whose pages they are is not known"));
	free(first);
	free(second);
	free(then);
	free(third);
	recording_close(recording);
}

#define VMA_OF(us, pid, kind, mm) WR(us, 0, pid, kind, 0xff1100000000a000, 0xff1100000000b000, mm, RANGE, RANGE + 0x1000, 0, 0)

static struct collapse_owner owner_at(struct recording *recording, uint64_t known_by, bool *ret_known)
{
	struct episode_source source = written_source(recording);
	struct collapse_owner owner = { 0 };
	struct opened_episode *opened;
	struct diag diag;
	struct ref ref;

	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, 1, &ref), 0);
	assert_int_equal(episode_open(&source, ref, moment_at(history_last(source.history)), &opened, &diag), 0);
	*ret_known = collapse_owner(opened, known_by, &owner);
	episode_close(opened);
	return owner;
}

/* Who changes a VMA of the mm is its owner, but for a fork: then it is the task made; each not before it is known. */
static void whose_pages_a_collapse_met(void **state)
{
	enum { OTHER = 0x77, CLONE_VM = 0x100 };
	const struct written forked[] = {
		VMA_OF(1, 60, P_VMA_INSERT, OTHER), VMA_OF(2, 60, P_VMA_INSERT, OTHER_MM),
		WR(3, 0, 60, TASK_NEWTASK, 61, "child", 0x11), VMA_OF(4, 60, P_VMA_REMOVE, OTHER),
		WR(5, 0, KHUGEPAGED, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		WR(6, 0, KHUGEPAGED, P_COLLAPSE_END, OTHER_MM, RANGE, 1, 0x200),
	};
	/* A thread is no other process, and what khugepaged itself does says nothing. */
	const struct written own[] = {
		VMA_OF(1, 60, P_VMA_INSERT, OTHER), VMA_OF(2, 62, P_VMA_INSERT, OTHER_MM),
		WR(3, 0, 62, TASK_NEWTASK, 63, "thread", CLONE_VM), VMA_OF(4, KHUGEPAGED, P_VMA_REMOVE, OTHER_MM),
		WR(5, 0, KHUGEPAGED, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		WR(6, 0, KHUGEPAGED, P_COLLAPSE_END, OTHER_MM, RANGE, 1, 0x200),
	};
	/* Nothing before it; behind it first another mm. */
	const struct written later[] = {
		WR(1, 0, KHUGEPAGED, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		WR(2, 0, KHUGEPAGED, P_COLLAPSE_END, OTHER_MM, RANGE, 1, 0x200),
		VMA_OF(3, 60, P_VMA_REMOVE, OTHER), VMA_OF(4, 64, P_VMA_REMOVE, OTHER_MM),
	};
	struct recording *recording = written_open(forked, sizeof(forked) / sizeof(*forked));
	struct collapse_owner owner;
	bool known;

	(void)state;
	owner = owner_at(recording, 6, &known);
	assert_true(known);
	assert_int_equal(owner.by, OWNER_FORKED);
	assert_int_equal(owner.pid, 61);
	assert_int_equal(owner.event, 3);
	assert_string_equal(owner.comm, "child");
	recording_close(recording);

	recording = written_open(own, sizeof(own) / sizeof(*own));
	owner = owner_at(recording, 6, &known);
	assert_true(known);
	assert_int_equal(owner.by, OWNER_CHANGED_VMAS);
	assert_int_equal(owner.pid, 62);
	recording_close(recording);

	recording = written_open(later, sizeof(later) / sizeof(*later));
	owner_at(recording, 3, &known);
	assert_false(known);
	owner = owner_at(recording, 4, &known);
	assert_true(known);
	assert_int_equal(owner.pid, 64);
	recording_close(recording);
}

#define MAPPED_HUGEPAGE	5	/* SCAN_PTE_MAPPED_HUGEPAGE: what madvise(MADV_COLLAPSE) of a file answers */

static uint32_t nr_collapses_failed(const struct history *h)
{
	struct notable notable;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < history_nr_notables(h); i++)
		nr += history_notable(h, i, &notable) == 0 && notable.kind == NOTABLE_COLLAPSE_FAILED;
	return nr;
}

/* The sentence of an episode's last step; `ret_done`: what its row says. */
static struct narration told_end(struct recording *recording, uint32_t number, bool *ret_done)
{
	struct episode_source source = written_source(recording);
	struct opened_episode *opened;
	struct narration ret;
	struct diag diag;
	struct ref ref;

	assert_int_equal(history_find_number(source.history, TABLE_EPISODE, number, &ref), 0);
	assert_int_equal(episode_open(&source, ref, moment_at(history_last(source.history)), &opened, &diag), 0);
	assert_int_equal(narrate_step(opened, episode_nr_steps(opened) - 1, KNOWN_HINDSIGHT, &ret), 0);
	*ret_done = collapse_is_done(&episode_row(opened)->totals.collapse);
	episode_close(opened);
	return ret;
}

/* The same answer where all was copied and where nothing was: the first made a huge page, the second met one. */
static void whether_a_collapse_succeeded(void **state)
{
	static struct args_P_COLLAPSE_PAGE pages[COLLAPSE_PAGES];
	struct written story[COLLAPSE_PAGES + 4] = {
		WR(1, 0, 77, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		[COLLAPSE_PAGES + 1] = WR(801, 0, 77, P_COLLAPSE_END, OTHER_MM, RANGE, MAPPED_HUGEPAGE, 0x200),
		WR(802, 0, 77, P_COLLAPSE_BEGIN, OTHER_MM, RANGE, 0x200, 0),
		WR(803, 0, 77, P_COLLAPSE_END, OTHER_MM, RANGE, MAPPED_HUGEPAGE, 0x200),
	};
	struct recording *recording;
	struct narration all, met;
	bool done;

	(void)state;
	for (int64_t i = 0; i < COLLAPSE_PAGES; i++) {
		pages[i] = (struct args_P_COLLAPSE_PAGE){ OTHER_MM, RANGE, i, 0x1000 + i, i % 8 ? 1 : 4 };
		story[i + 1] = (struct written){ (uint64_t)i + 2, 0, 77, EVENT_P_COLLAPSE_PAGE, &pages[i] };
	}
	recording = written_open(story, sizeof(story) / sizeof(*story));
	all = told_end(recording, 1, &done);
	assert_true(done);
	assert_non_null(strstr(all.text, "one huge page"));
	assert_int_equal(all.evidence, EVIDENCE_INFERRED);
	met = told_end(recording, 2, &done);
	assert_false(done);
	assert_non_null(strstr(met.text, "given up"));
	assert_int_equal(nr_collapses_failed(recording_history(recording)), 1);
	recording_close(recording);
}

/* A machine check that the current task consumed adds that task; all others still have to ask. */
static void who_is_put_on_the_kill_list(void **state)
{
	const struct written story[] = {
		WR(1, 0, 9, P_KILL_BEGIN, 0x71, 0xffff888300000000, 1), WR(2, 0, 9, P_KILL_END, 0x71, 0, 100),
		WR(3, 0, 9, P_KILL_BEGIN, 0x72, 0xffff888300000000, 0), WR(4, 0, 9, P_KILL_END, 0x72, 0, 100),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct lines *forced = told(recording, 1, KNOWN_HINDSIGHT, false);
	struct lines *plain = told(recording, 2, KNOWN_HINDSIGHT, false);

	(void)state;
	assert_non_null(strstr(text_at(forced, STORY_STEP, 1), "in whose context the failure was met"));
	assert_non_null(strstr(text_at(forced, STORY_STEP, 1), "PR_MCE_KILL_EARLY"));
	assert_null(strstr(text_at(plain, STORY_STEP, 3), "context"));
	assert_non_null(strstr(text_at(plain, STORY_STEP, 3), "PR_MCE_KILL_EARLY"));
	free(forced);
	free(plain);
	recording_close(recording);
}

static void every_step_has_a_sentence(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++)
		nr += tell_all(*path);
	print_message("%u episodes\n", nr);
	if (!nr)
		skip();
	assert_true(nr_walks > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_is_told),
		cmocka_unit_test(what_is_missing_is_noted),
		cmocka_unit_test(a_story_ends_at_the_moment),
		cmocka_unit_test(a_walk_without_its_beginning),
		cmocka_unit_test(only_what_is_alike_is_folded),
		cmocka_unit_test(merges_are_alike_with_the_same_page_only),
		cmocka_unit_test(a_long_scan_is_folded_by_what_it_is),
		cmocka_unit_test(why_a_collapse_is_given_up),
		cmocka_unit_test(whose_pages_a_collapse_met),
		cmocka_unit_test(whether_a_collapse_succeeded),
		cmocka_unit_test(who_is_put_on_the_kill_list),
		cmocka_unit_test(every_step_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
