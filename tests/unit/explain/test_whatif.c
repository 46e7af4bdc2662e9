// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_whatif.c - the model of a walk against walks that the kernel really did.
 *
 * A walk that is known by heart (walk_story.h: mremap and fork) tells what each rule must come to.  Then
 * each walk of each recording that can be had here is modelled under the rule it was recorded under,
 * and must come to the kernel's own counts, all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "explain/whatif.h"
#include "trace/diag.h"
#include "walk_story.h"

static struct ref episode_ref(const struct episode_source *source, uint32_t number)
{
	struct ref ref = { 0 };

	assert_int_equal(history_find_number(source->history, TABLE_EPISODE, number, &ref), 0);
	return ref;
}

static void rules_differ_as_they_should(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct diag diag = { 0 };
	struct whatif *w = NULL;

	(void)state;
	assert_int_equal(whatif_walk(&source, episode_ref(&source, 1), moment_at(20), ALL_RULES, &w, &diag), 0);
	assert_true(w->rules[RULE_WHOLE].is_recorded && w->rules[RULE_WHOLE].agrees);
	assert_int_equal(w->rules[RULE_WHOLE].nr_iteration_total, 6);
	assert_int_equal(w->rules[RULE_WHOLE].nr_missed, 0);
	/* vm_pgoff based: the two VMAs that hold the page, in either pass. */
	assert_int_equal(w->rules[RULE_LINEAR].nr_iteration_total, 4);
	assert_int_equal(w->rules[RULE_LINEAR].visited, 2);
	assert_int_equal(w->rules[RULE_LINEAR].skip_mm_mismatch, 2);
	assert_int_equal(w->rules[RULE_LINEAR].nr_missed, 0);
	/* By address: after mremap no VMA lies at that page offset. */
	assert_int_equal(w->rules[RULE_ADDRESS].nr_iteration_total, 0);
	assert_int_equal(w->rules[RULE_ADDRESS].nr_missed, 2);
	assert_int_equal(w->rules[RULE_ADDRESS].missed[0]->tgid, 2201);
	assert_int_equal(w->rules[RULE_ADDRESS].missed[0]->address, ADDRESS);
	assert_int_equal(w->rules[RULE_ADDRESS].missed[0]->evidence, EVIDENCE_TRACED);
	assert_int_equal(w->rules[RULE_ADDRESS].missed[1]->tgid, 2202);
	whatif_free(w);
	recording_close(recording);
}

static void a_page_without_a_walk(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct diag diag = { 0 };
	struct whatif *w = NULL;
	struct ref node;

	(void)state;
	assert_int_equal(history_find(source.history, TABLE_NODE, (uint64_t)NODE, 0, moment_at(10), &node), 0);
	assert_int_equal(whatif_page(&source, node, moment_at(10), ALL_RULES, &w, &diag), 0);
	/* Nothing stops it, and nobody counted mappings: what it would not come by only might exist. */
	assert_int_equal(w->rules[RULE_WHOLE].nr_iteration_total, 6);
	assert_int_equal(w->rules[RULE_ADDRESS].nr_missed, 0);
	assert_int_equal(w->rules[RULE_ADDRESS].nr_maybe, 2);
	assert_false(w->rules[RULE_WHOLE].is_recorded);
	whatif_free(w);
	/*
	 * Before the fork there was one place.  Even at the append it may have been written to: stable_tree_append()
	 * comes after try_to_merge_with_ksm_page() has let go of the pte and of mmap_lock.
	 */
	for (uint64_t t = 7; t <= 8; t++) {
		assert_int_equal(whatif_page(&source, node, moment_at(t), ALL_RULES, &w, &diag), 0);
		assert_int_equal(w->rules[RULE_ADDRESS].nr_maybe, 1);
		assert_int_equal(w->rules[RULE_ADDRESS].nr_missed, 0);
		assert_int_equal(w->rules[RULE_WHOLE].nr_iteration_total, 4);
		whatif_free(w);
	}
	/* The walk that comes saw that pte: with hindsight it was mapped all the time. */
	assert_int_equal(whatif_page(&source, node, moment_hindsight(7), ALL_RULES, &w, &diag), 0);
	assert_int_equal(w->rules[RULE_ADDRESS].nr_missed, 1);
	assert_int_equal(w->rules[RULE_ADDRESS].missed[0]->evidence, EVIDENCE_INFERRED);
	whatif_free(w);
	recording_close(recording);
}

static void nothing_to_model_is_said(void **state)
{
	const struct written story[] = {
		WR(10, 0, 1, MM_MIGRATE_PAGES_START, .mode = 1), WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct diag diag = { 0 };
	struct whatif *w = NULL;

	(void)state;
	assert_int_equal(whatif_walk(&source, episode_ref(&source, 1), moment_at(2), ALL_RULES, &w, &diag), -22);
	assert_non_null(strstr(diag.what, "is not a walk"));
	assert_int_equal(whatif_walk(&source, episode_ref(&source, 2), moment_at(2), ALL_RULES, &w, &diag), -2);
	assert_null(w);
	recording_close(recording);
}

/* ---- all recorded walks ---- */
static uint32_t check_recording(const char *path)
{
	struct recording *recording = recording_open_whole(path);
	struct episode_source source;
	struct diag diag = { 0 };
	uint32_t nr = 0;
	struct ref ref;
	union row row;

	if (!recording)
		return 0;
	source = written_source(recording);
	for (uint32_t i = 1; history_find_number(source.history, TABLE_EPISODE, i, &ref) == 0; i++) {
		struct whatif *w = NULL;

		assert_int_equal(history_row(source.history, ref,
					     moment_hindsight(history_last(source.history)), &row), 0);
		if (row.episode.kind != EPISODE_WALK || !row.episode.totals.walk.complete ||
		    row.episode.fact.doubt || ref_is_none(row.episode.object))
			continue;
		assert_int_equal(whatif_walk(&source, ref, moment_hindsight(history_last(source.history)),
					     ALL_RULES, &w, &diag), 0);
		if (!w->rules[row.episode.totals.walk.rule].agrees)
			print_error("%s: episode %u differs\n", path, i);
		assert_true(w->rules[row.episode.totals.walk.rule].agrees);
		/* The rules that are meant to be complete miss only what no item leads to. */
		for (uint32_t j = 0; j < w->rules[RULE_WHOLE].nr_missed; j++)
			assert_true(ref_is_none(w->rules[RULE_WHOLE].missed[j]->item));
		for (uint32_t j = 0; j < w->rules[RULE_LINEAR].nr_missed; j++)
			assert_true(ref_is_none(w->rules[RULE_LINEAR].missed[j]->item));
		if (row.episode.totals.walk.visited)
			nr++;
		whatif_free(w);
	}
	recording_close(recording);
	return nr;
}

static void model_equals_record(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++)
		nr += check_recording(*path);
	print_message("%u walks with visits\n", nr);
	if (!nr)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_differ_as_they_should),
		cmocka_unit_test(a_page_without_a_walk),
		cmocka_unit_test(nothing_to_model_is_said),
		cmocka_unit_test(model_equals_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
