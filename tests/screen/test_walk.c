// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_walk.c - the walk stepper against the kernel's own counts and the scenario's truth.
 *
 * What was stepped over adds up to what walk_end counted, what the naive rule misses is as much as
 * the scenario found left on the old page, and an engineer comes from opening a file to the copied
 * answer in the keys written here.  Migration ptes are named as the visits behind them say.
 *
 * Usage: test_walk TRACES
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
#include "view/stepper.h"
#include "view/walk_panes.h"
#include "view/why_pte.h"

/* At the end of every walk the parts that were stepped over add up to walk_end's counts. */
static void test_totals(void **state)
{
	static const char *const names[] = {"walk-20k-2-whole", "walk-20k-200-linear", "walk-fork-address",
					    "walk-mremap-address", "walk-reclaim", "poison-kill"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct grid *grid = grid_new(80, 24, GRID_ASCII);
		struct episode_row row;
		struct session *session;
		struct opened file;
		uint32_t nr = 0;

		open_trace(&file, names[i]);
		session = open_session(&file, GRID_ASCII);
		for (uint32_t n = 1; !stepper_choose(session, n, &row); n++) {
			const struct walk_totals *w = &row.totals.walk;
			struct walk_sums sums;
			struct stepping s;

			if (row.kind != EPISODE_WALK || !row.ended)
				continue;
			session_show(session, VIEW_WALK);
			type(session, grid, "b e");
			assert_true(stepping_init(&s, session));
			assert_int_equal(s.row.number, n);
			walk_so_far(&s, &sums);
			assert_int_equal(sums.offered, w->nr_iteration_total);
			assert_int_equal(sums.visited, w->visited);
			assert_int_equal(sums.outside, w->skip_addr_out_of_range);
			assert_int_equal(sums.other_mm, w->skip_mm_mismatch);
			assert_int_equal(sums.held_ns, w->held_ns);
			nr++;
		}
		assert_true(nr > 0);
		session_free(session);
		grid_free(grid);
		close_trace(&file);
	}
}

/* As many mappings as the truth found on the old page are named as missed by the naive rule. */
static void test_missed_truth(void **state)
{
	struct json_object *truth = open_truth("walk-mremap-address");
	struct json_object *walk =
		json_object_array_get_idx(json_object_object_get(truth, "walks"), 0);
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct session *session;
	struct opened file;
	int nr = 0;

	(void)state;
	open_trace(&file, "walk-mremap-address");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start :view_walk e x");
	for (int y = 0; y < grid->height; y++) {
		char row[512];

		row_text(grid, y, row, sizeof(row));
		nr += strstr(row, "! address would miss") != NULL;
		assert_null(strstr(row, "! linear would miss"));
		assert_null(strstr(row, "! whole would miss"));
	}
	assert_int_equal(nr, number_of(walk, "left_on_old_pfn"));
	session_free(session);
	grid_free(grid);
	close_trace(&file);
	json_object_put(truth);
}

/* What a walk will do with a VMA is told when it did it, or with hindsight. */
static void test_ahead(void **state)
{
	static const char *const names[] = {"walk-20k-2-whole", "walk-20k-200-linear", "poison-kill"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct grid *grid = grid_new(120, 40, GRID_ASCII);
		struct session *session;
		struct opened file;

		open_trace(&file, names[i]);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, ":time_start :view_walk b");
		assert_true(grid_holds(grid, "still to come"));
		assert_false(grid_holds(grid, "VISIT"));
		assert_false(grid_holds(grid, "address outside"));
		type(session, grid, "K");
		assert_true(grid_holds(grid, "VISIT"));
		type(session, grid, "K n");
		assert_true(grid_holds(grid, "VISIT"));
		session_free(session);
		grid_free(grid);
		close_trace(&file);
	}
}

/* The walk whose longest hold is the longest of all */
static struct episode_row worst_walk(struct session *session)
{
	struct episode_row row, worst = {0};

	for (uint32_t n = 1; !stepper_choose(session, n, &row); n++)
		if (row.kind == EPISODE_WALK &&
		    row.totals.walk.longest_hold_ns > worst.totals.walk.longest_hold_ns)
			worst = row;
	return worst;
}

/*
 * An engineer with a customer's trace: the worst walk, its end, back to the first VMA that it skipped,
 * what the narrow rule would have done, copied out.
 */
static void test_engineer(void **state)
{
	struct grid *grid = grid_new(80, 24, GRID_ASCII);
	struct session *session;
	struct episode_row worst;
	struct effect effect;
	struct opened file;
	struct stepping s;
	char narrow[80];

	(void)state;
	open_trace(&file, "walk-20k-200-whole");
	session = open_session(&file, GRID_ASCII);
	worst = worst_walk(session);
	type(session, grid, ":time_end");
	type(session, grid, "7 s s Enter e");
	assert_int_equal(session_view(session)->id, VIEW_WALK);
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.row.number, worst.number);
	/* Where the rule is narrow, each hold looks at the one VMA that maps the page */
	snprintf(narrow, sizeof(narrow), "rule address: nr_iteration_total %" PRIu32, worst.totals.walk.holds);
	assert_int_equal(s.step->kind, STEP_END);
	type(session, grid, "S");
	assert_true(stepping_init(&s, session));
	assert_int_not_equal(s.cursor.vma, NO_VMA);
	assert_true(grid_holds(grid, "pass 1 has had it") || grid_holds(grid, "outside the VMA"));
	type(session, grid, "x y");
	effect = session_take_effect(session);
	assert_int_equal(effect.kind, EFFECT_COPY);
	assert_non_null(strstr(effect.text, narrow));
	assert_non_null(strstr(effect.text, "the model agrees"));
	session_free(session);
	grid_free(grid);
	close_trace(&file);
}

/* Runs are stopped at once: from the end back to the first skipped VMA is as many keys as there are runs. */
static void test_back_to_first_skipped(void **state)
{
	struct opened file;
	struct session *session;
	struct episode_row worst;
	struct grid *grid = grid_new(80, 24, GRID_ASCII);
	struct stepping s;
	uint32_t nr = 0, step, vma;

	(void)state;
	open_trace(&file, "walk-20k-2-whole");
	session = open_session(&file, GRID_ASCII);
	worst = worst_walk(session);
	type(session, grid, ":time_end");
	type(session, grid, "7 s s Enter e");
	do {
		assert_true(stepping_init(&s, session));
		step = s.cursor.step;
		vma = s.cursor.vma;
		type(session, grid, "S");
		assert_true(stepping_init(&s, session));
		nr++;
	} while (step != s.cursor.step || vma != s.cursor.vma);
	assert_true(nr > 2);
	assert_true(nr <= 2 * worst.totals.walk.holds + 1);
	assert_int_equal(s.cursor.vma, 0);
	assert_int_equal(s.step->hold, 0);
	assert_true(worst.totals.walk.nr_iteration_total > 10000);
	assert_true(grid_holds(grid, "no earlier run of skipped VMAs"));
	session_free(session);
	grid_free(grid);
	close_trace(&file);
}

/* ---- whose pte ---- */

/* Named from what stands before; the visit that the pte belongs to is told right behind it. */
static void check_pte(const struct scene *scene, uint64_t nr)
{
	struct event_index *events = recording_events(scene->recording);
	struct why_pte pte;
	struct event visit;
	uint64_t visited;
	union row mm;
	int32_t pid;

	assert_int_equal(event_index_event(events, nr, &visit), 0);
	pid = visit.pid;
	do
		assert_int_equal(event_index_event(events, ++nr, &visit), 0);
	while (visit.kind != EVENT_P_WALK_VMA || visit.pid != pid);
	visited = (uint64_t)EVENT_ARGS(&visit, P_WALK_VMA)->mm;
	assert_true(why_pte(scene, scene->when.t, &pte));
	assert_int_equal(history_row(scene->history, pte.mm, scene->when, &mm), 0);
	assert_int_equal(pte.is_fork, mm.mm.name.addr != visited);
	assert_true(pte.pfn);
	assert_false(ref_is_none(pte.node));
}

static void test_ptes(void **state)
{
	static const char *const names[] = {"walk-fork-whole", "walk-mremap-linear", "poison-recover"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct opened file;
		struct session *session;
		uint32_t found = 0;
		struct scene scene;

		open_trace(&file, names[i]);
		session = open_session(&file, GRID_ASCII);
		assert_true(scene_init(&scene, session));
		for (uint64_t n = 1; n <= history_last(scene.history); n++) {
			enum event_kind kind = event_index_kind(recording_events(scene.recording), n);

			if (kind != EVENT_SET_MIGRATION_PTE && kind != EVENT_REMOVE_MIGRATION_PTE)
				continue;
			scene.when = moment_at(n);
			check_pte(&scene, n);
			found++;
		}
		assert_true(found >= 6);
		session_free(session);
		close_trace(&file);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ptes),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_missed_truth),
		cmocka_unit_test(test_engineer),
		cmocka_unit_test(test_back_to_first_skipped),
	};

	return traces_given(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
