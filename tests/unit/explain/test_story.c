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
#include <string.h>

#include <cmocka.h>

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

			assert_int_equal(narrate_step(episode, i, &narration), 0);
			assert_true(narration.text[0] && narration.function && narration.file);
			assert_true(strlen(narration.text) < NARRATE_MAX - 1);
			assert_int_equal(narration.text[strlen(narration.text) - 1], '.');
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

static void every_step_has_a_sentence(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++)
		nr += tell_all(*path);
	print_message("%u episodes\n", nr);
	if (!nr)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_is_told),
		cmocka_unit_test(what_is_missing_is_noted),
		cmocka_unit_test(a_story_ends_at_the_moment),
		cmocka_unit_test(a_walk_without_its_beginning),
		cmocka_unit_test(every_step_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
