// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_invariants.c - violations are found where they were made, and nowhere else.
 *
 * Small recordings break one rule each; an unbroken one has no finding.  Recordings of the lab whose
 * scenario provokes a violation have it, under the rule that provokes it and not under the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "explain/invariants.h"
#include "walk_story.h"

#define CHAIN	(NODE + 0x40)

struct found { const char *id; uint32_t nr; uint64_t first; int severity; };

static int count(const struct finding *finding, void *arg)
{
	struct found *found = arg;

	if (found->id && strcmp(finding->id, found->id) != 0)
		return 0;
	if (!found->nr++) {
		found->first = finding->event;
		found->severity = finding->severity;
	}
	return 0;
}

static struct found check(struct recording *recording, const char *id)
{
	struct episode_source source = written_source(recording);
	struct found found = { .id = id };

	assert_int_equal(invariants_check(&source, moment_hindsight(history_last(source.history)), count,
					  &found), 0);
	return found;
}

static void an_unbroken_walk_has_no_finding(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));

	(void)state;
	assert_int_equal(check(recording, NULL).nr, 0);
	recording_close(recording);
}

static void a_walk_that_leaves_mappings(void **state)
{
	const struct written story[] = {
		WALK_STORY, WR(29, 1, 88, P_WALK_END, 7, 0, 6, 2, 2, 2, 0, 3, 20000) };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct found found = check(recording, "walk-missed-mapping");

	(void)state;
	assert_int_equal(found.nr, 1);
	assert_int_equal(found.first, 20);
	assert_int_equal(found.severity, 2);
	/* Three mappings, two places. */
	assert_int_equal(check(recording, "mapping-unreachable").nr, 1);
	recording_close(recording);
}

static void a_walk_that_the_trees_do_not_explain(void **state)
{
	/* The hold of pass 1 is said to have skipped two VMAs more than the tree has. */
	const struct written story[] = {
		WR(9, 0, 1, P_MM_LEAVE, MM_B), WALK_STORY,
		WR(29, 1, 88, P_WALK_ITEM, 7, 2, ITEM, AV, MM_A, ADDRESS, 0, -1, 0),
		WR(30, 1, 88, P_WALK_UNLOCK, 7, 2, ITEM, 2, 0, 10),
		WR(31, 1, 88, P_WALK_END, 7, 2, 8, 2, 4, 2, 0, 0, 20000) };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));

	(void)state;
	assert_int_equal(check(recording, "walk-model-differs").nr, 1);
	recording_close(recording);
}

static void a_chain_with_one_dup_is_told_after_a_whole_scan(void **state)
{
	const struct written story[] = {
		WALK_STORY, WALK_STORY_END,
		WR(40, 0, 91, KSM_START_SCAN, 1, 1),
		WR(41, 0, 91, P_CHAIN_MAKE, CHAIN, NODE, 0),
		WR(42, 0, 91, KSM_STOP_SCAN, 1, 1),
		WR(43, 0, 91, KSM_START_SCAN, 2, 1),
		WR(44, 0, 91, KSM_STOP_SCAN, 2, 1),	/* event 25 */
		WR(45, 0, 91, KSM_START_SCAN, 3, 1),
		WR(46, 0, 91, KSM_STOP_SCAN, 3, 1),
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct found found = check(recording, NULL);

	(void)state;
	assert_int_equal(found.nr, 1);
	assert_int_equal(found.first, 25);
	recording_close(recording);
}

static void an_item_whose_vma_went(void **state)
{
	const struct written story[] = {
		WALK_STORY, WALK_STORY_END,
		WR(40, 0, 2201, P_VMA_REMOVE, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0),
		WR(41, 0, 91, KSM_START_SCAN, 1, 1),
		WR(42, 0, 91, KSM_STOP_SCAN, 1, 1),
		WR(43, 0, 91, KSM_START_SCAN, 2, 1),
		WR(44, 0, 91, KSM_STOP_SCAN, 2, 1),	/* event 25 */
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct found found = check(recording, "item-stale");

	(void)state;
	assert_int_equal(found.nr, 1);
	assert_int_equal(found.first, 25);
	recording_close(recording);
}

/* ---- the lab ---- */
static bool is_scenario(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, name, strlen(name)) == 0;
}

static void scenarios_have_their_findings(void **state)
{
	static const struct { const char *scenario, *id; bool expected; } cases[] = {
		{ "walk-mremap-address", "walk-missed-mapping", true },
		{ "walk-mremap-linear", "walk-missed-mapping", false },
		{ "walk-mremap-whole", "walk-missed-mapping", false },
		{ "walk-fork-address", "walk-missed-mapping", true },
		{ "walk-fork-linear", "walk-missed-mapping", false },
		{ "stale", "mapping-unreachable", true },
		{ "numa", "node-in-wrong-tree", true },
		{ "stale", "node-in-wrong-tree", false },
		{ "lifecycle", "walk-missed-mapping", false },
	};
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct recording *recording;
			struct found found;

			if (!is_scenario(*path, cases[i].scenario) || strstr(*path, "stock"))
				continue;
			recording = recording_open_whole(*path);
			if (!recording)
				continue;
			found = check(recording, cases[i].id);
			if ((found.nr > 0) != cases[i].expected)
				print_error("%s: %s %u\n", *path, cases[i].id, found.nr);
			assert_true((found.nr > 0) == cases[i].expected);
			/* And never may the model of a walk differ. */
			assert_int_equal(check(recording, "walk-model-differs").nr, 0);
			recording_close(recording);
			nr++;
		}
	}
	print_message("%u cases\n", nr);
	if (!nr)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unbroken_walk_has_no_finding),
		cmocka_unit_test(a_walk_that_leaves_mappings),
		cmocka_unit_test(a_walk_that_the_trees_do_not_explain),
		cmocka_unit_test(a_chain_with_one_dup_is_told_after_a_whole_scan),
		cmocka_unit_test(an_item_whose_vma_went),
		cmocka_unit_test(scenarios_have_their_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
