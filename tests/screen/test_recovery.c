// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_recovery.c - the recovery and collapse steppers against the scenarios' truth files.
 *
 * Everybody that the truth says mapped the failing page is listed, with its SIGBUS or its move; the
 * page where khugepaged met poison is the one that was injected; and what was not tried is not said
 * to have failed.
 *
 * Usage: test_recovery TRACES
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "truth_file.h"
#include "view/recovery_facts.h"
#include "view/stepper.h"

/* What the process's page at that time was: 0 where the truth does not say. */
static uint64_t truth_pfn(struct json_object *truth, int64_t pid, const char *when)
{
	struct json_object *mappings = json_object_object_get(truth, "mappings");

	for (size_t i = 0; i < json_object_array_length(mappings); i++) {
		struct json_object *mapping = json_object_array_get_idx(mappings, i);

		if (number_of(mapping, "pid") == pid &&
		    !strcmp(json_object_get_string(json_object_object_get(mapping, "when")), when))
			return strtoull(json_object_get_string(json_object_object_get(mapping, "pfn")),
					NULL, 16);
	}
	return 0;
}

static const struct recovery_process *find_process(const struct recovery_facts *facts, int64_t pid)
{
	for (uint32_t i = 0; i < facts->nr_processes; i++)
		if (facts->processes[i].tgid == pid)
			return &facts->processes[i];
	return NULL;
}

/* Everybody that the truth says mapped the failing page is listed, with its SIGBUS or its move. */
static void check_recovery(struct json_object *truth, const struct stepping *s,
			   const struct recovery_facts *facts, uint32_t *ret_nr)
{
	struct json_object *processes = json_object_object_get(truth, "processes");
	uint64_t victim = s->row.totals.recovery.pfn;

	for (size_t i = 0; i < json_object_array_length(processes); i++) {
		struct json_object *process = json_object_array_get_idx(processes, i);
		int64_t pid = number_of(process, "pid");
		const struct recovery_process *shown = find_process(facts, pid);

		if (truth_pfn(truth, pid, "before") != victim)
			continue;
		assert_non_null(shown);
		assert_int_equal(shown->nr_told + shown->nr_touched, number_of(process, "sigbus"));
		assert_int_equal(shown->moved_fresh + shown->moved_dup > 0,
				 s->row.totals.recovery.outcome == 0);
		assert_true(shown->nr_mapped == shown->nr_listed);
		++*ret_nr;
	}
}

static void test_recovery_truth(void **state)
{
	static const char *const names[] = {"poison-recover", "poison-copy-fails", "poison-kill",
					    "poison-no-dup", "poison-alloc-fails", "poison-fork",
					    "poison-busy", "poison-dump"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct json_object *truth = open_truth(names[i]);
		struct grid *grid = grid_new(80, 24, GRID_ASCII);
		struct session *session;
		struct opened file;
		struct episode_row row;
		uint32_t nr = 0;

		open_trace(&file, names[i]);
		session = open_session(&file, GRID_ASCII);
		for (uint32_t n = 1; !stepper_choose(session, n, &row); n++) {
			static struct recovery_facts facts;
			struct stepping s;

			if (row.kind != EPISODE_RECOVERY)
				continue;
			session_show(session, VIEW_RECOVERY);
			type(session, grid, ":time_end");
			assert_true(stepping_init(&s, session));
			recovery_facts(&s, &facts);
			check_recovery(truth, &s, &facts, &nr);
		}
		assert_true(nr >= 4);
		session_free(session);
		grid_free(grid);
		close_trace(&file);
		json_object_put(truth);
	}
}

/* Mappings are the kernel's mapcount, items are called items: neither stands for the other. */
static void test_mappings_counted(void **state)
{
	static const char *const names[] = {"poison-swap", "poison-fork", "poison-recover"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct grid *grid = grid_new(120, 40, GRID_ASCII);
		static struct recovery_facts facts;
		struct session *session;
		struct opened file;
		struct stepping s;
		char expected[80];

		open_trace(&file, names[i]);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, ":time_start :view_recovery b e");
		assert_true(stepping_init(&s, session));
		recovery_facts(&s, &facts);
		snprintf(expected, sizeof(expected), ", of %" PRIu32 "; items lead to %" PRIu32,
			 facts.moved + facts.failed, facts.nr_items);
		assert_true(grid_holds(grid, expected));
		type(session, grid, "b i");
		snprintf(expected, sizeof(expected), ", of %" PRId32 "; items lead to %" PRIu32,
			 s.row.totals.recovery.mapcount_before, facts.nr_items);
		assert_true(grid_holds(grid, expected));
		session_free(session);
		grid_free(grid);
		close_trace(&file);
	}
}

/* The page where khugepaged met poison is the one that the scenario injected. */
static void test_collapse_truth(void **state)
{
	static const char *const names[] = {"collapse-poison-anon", "collapse-poison-shmem"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct json_object *truth = open_truth(names[i]);
		const char *notes = json_object_get_string(json_object_object_get(truth, "notes"));
		struct grid *grid = grid_new(80, 24, GRID_ASCII);
		char expected[64];
		struct session *session;
		struct opened file;
		int bad;

		assert_int_equal(sscanf(notes, "bad page is number %d", &bad), 1);
		open_trace(&file, names[i]);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, ":time_start :view_collapse e");
		snprintf(expected, sizeof(expected), "poison in page %d", bad);
		assert_true(grid_holds(grid, expected));
		assert_int_equal(grid_at(grid, 5 + bad % 64, 5 + bad / 64)->cp, '!');
		session_free(session);
		grid_free(grid);
		close_trace(&file);
		json_object_put(truth);
	}
}

/* What was not tried did not fail, and what was not found is not there. */
static void test_not_tried(void **state)
{
	static const struct { const char *trace, *keys, *holds, *holds_not; } cases[] = {
		{"poison-no-dup", ":time_start :view_recovery b :time_end", "it is in no chain", "nothing searched"},
		{"poison-kill", ":time_start :view_recovery b :time_end", ". 6 unlink", "failed"},
		{"poison-kill", ":time_start :view_recovery b :time_end", "recovery is off", "mutex waited"},
		{"poison-copy-fails", ":time_start :view_recovery b :time_end", ". 6 unlink", "! 6 unlink"},
		{"poison-copy-fails", ":time_start :view_recovery b e K k", "by touch 8", "by touch 0"},
		/* the failing node is gone: the others are listed, and it is not called one outside a chain */
		{"poison-recover", "7 g Enter e 2",
		 "not there now", "no stable node"},
		{"poison-recover", "7 g Enter e 2 u", "is not there", "outside a chain"},
		{"lifecycle", ":time_start 1", "enters KSM", "nothing notable"},
		{"walk-fork-whole", ":time_50% 7 g 6", "walk-fork 5", "-1"},
		{"stock-merge", "2 :time_end :object_node#19 :filter_object_==_\"node#16\" : Esc", "node#16  ",
		 "node#19  "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grid *grid = grid_new(120, 40, GRID_ASCII);
		struct session *session;
		struct opened file;

		open_trace(&file, cases[i].trace);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, cases[i].keys);
		if (!grid_holds(grid, cases[i].holds) || grid_holds(grid, cases[i].holds_not))
			fail_msg("%s: \"%s\" is not shown, or \"%s\" is", cases[i].trace, cases[i].holds,
				 cases[i].holds_not);
		grid_free(grid);
		session_free(session);
		close_trace(&file);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recovery_truth),
		cmocka_unit_test(test_mappings_counted),
		cmocka_unit_test(test_collapse_truth),
		cmocka_unit_test(test_not_tried),
	};

	return traces_given(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
