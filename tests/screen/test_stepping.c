// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stepping.c - moving through an episode: as many steps back as on come to the same picture.
 *
 * In every unit, also where several positions share a moment; the position follows a moment that was
 * changed elsewhere, a click goes to what it hits, and in the middle nothing is told of the end.
 *
 * Usage: test_stepping TRACES
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "view/format.h"
#include "view/stepper.h"

#define STEPS 40

struct place {
	uint64_t t;
	uint32_t step, vma;
	struct cell *cells;
};

static struct place place_of(struct session *session, const struct grid *grid)
{
	const struct session_episode *at = session_episode(session);

	return (struct place){session_t(session), at->step, at->vma, keep(grid)};
}

static bool moved(struct session *session, const struct place *from)
{
	const struct session_episode *at = session_episode(session);

	return session_t(session) != from->t || at->step != from->step || at->vma != from->vma;
}

static void on_and_back(const struct opened *file, const char *start, const char *on, const char *back)
{
	struct session *session = open_session(file, GRID_ASCII);
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct place places[STEPS + 1];
	char what[128];
	int nr = 0;

	snprintf(what, sizeof(what), "%s %s %s", file->name, start, on);
	type(session, grid, start);
	type(session, grid, on);
	type(session, grid, ": Esc");	/* no message is left, and a pane stays */
	for (;;) {
		places[nr++] = place_of(session, grid);
		if (nr > STEPS)
			break;
		type(session, grid, on);
		type(session, grid, ": Esc");
		if (!moved(session, &places[nr - 1]))
			break;
	}
	if (nr < 2)
		fail_msg("%s: nothing to step through", what);
	for (int i = nr - 1; i >= 0; i--) {
		if (moved(session, &places[i]))
			fail_msg("%s: step %d came back elsewhere", what, i);
		expect_same(grid, places[i].cells, what, places[i].t);
		free(places[i].cells);
		type(session, grid, back);
		type(session, grid, ": Esc");
	}
	grid_free(grid);
	session_free(session);
}

static void test_on_and_back(void **state)
{
	static const struct {
		const char *trace, *start;
		const char *units[8];	/* pairs: on, back */
	} cases[] = {
		{"walk-fork-whole", ":time_start :view_walk b",
		 {"Right", "Left", "i", "I", "v", "V", "n", "N"}},
		{"walk-20k-2-whole", ":time_start :view_walk b i", {"Right", "Left", "s", "S", "n", "N"}},
		{"walk-20k-200-whole", ":time_start :view_walk b n", {"i", "I", "Down", "Up"}},
		{"walk-mremap-whole", ":time_start :view_walk b", {"a", "A", "Right", "Left"}},
		{"poison-recover", ":time_start :view_recovery b",
		 {"Right", "Left", "v", "V", "i", "I", "a", "A"}},
		{"poison-copy-fails", ":time_start :view_recovery b", {"Right", "Left", "a", "A"}},
		{"poison-recover", ":time_start :view_recovery b k", {"Right", "Left"}},
		{"poison-alloc-fails", ":time_start :view_recovery b x", {"Right", "Left", "a", "A"}},
		{"walk-mremap-address", ":time_start :view_walk b x", {"Right", "Left", "i", "I"}},
		{"walk-fork-whole", ":time_start :view_walk b K", {"Right", "Left", "v", "V"}},
		{"collapse-poison-shmem", ":time_start :view_collapse b",
		 {"Right", "Left", "a", "A", "Shift-Right", "Shift-Left"}},
		{"poison-no-dup", ":time_start :view_steps b", {"Right", "Left", "i", "I"}},
		{"numa", ":time_start :view_steps b", {"Right", "Left"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct opened file;

		open_trace(&file, cases[i].trace);
		for (int u = 0; u < 8 && cases[i].units[u]; u += 2)
			on_and_back(&file, cases[i].start, cases[i].units[u], cases[i].units[u + 1]);
		close_trace(&file);
	}
}

/* A moment changed in another view moves the position, and Ctrl-O brings both back. */
static void test_one_instant(void **state)
{
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct session *session;
	struct stepping s;
	struct opened file;
	uint64_t t;

	(void)state;
	open_trace(&file, "walk-fork-whole");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start :view_walk b n n");
	t = session_t(session);
	type(session, grid, "5 Right Right Right :view_walk");
	assert_int_equal(session_t(session), t + 3);
	assert_true(stepping_init(&s, session));
	assert_true(s.step->event <= t + 3);
	assert_true(s.cursor.step + 1 == episode_nr_steps(s.episode) ||
		    episode_step(s.episode, s.cursor.step + 1)->event > t + 3);
	type(session, grid, ":time_start");
	assert_true(grid_holds(grid, "still to begin"));
	type(session, grid, "Right");
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.cursor.step, 0);
	assert_int_equal(session_t(session), s.row.fact.born);
	type(session, grid, "n n Right 7");
	assert_true(stepper_is_view(VIEW_WALK));
	type(session, grid, ":time_end Ctrl-O Ctrl-O");
	assert_int_equal(session_view(session)->id, VIEW_WALK);
	assert_true(stepping_init(&s, session));
	assert_int_not_equal(s.cursor.vma, NO_VMA);
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/* Enter on an event of a walk, and on the timeline, opens it where it stands. */
static void test_enter(void **state)
{
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct session *session;
	struct opened file;
	uint64_t t;

	(void)state;
	open_trace(&file, "walk-fork-whole");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start :view_walk b n n");
	t = session_t(session);
	type(session, grid, "5 Enter");
	assert_int_equal(session_view(session)->id, VIEW_WALK);
	assert_int_equal(session_t(session), t);
	type(session, grid, "4 Enter");
	assert_int_equal(session_view(session)->id, VIEW_WALK);
	type(session, grid, "u");
	assert_int_equal(session_view(session)->id, VIEW_EPISODES);
	/* q goes up from below a tab, and leaves only from there. */
	type(session, grid, "Enter q");
	assert_int_equal(session_view(session)->id, VIEW_EPISODES);
	assert_int_equal(session_take_effect(session).kind, EFFECT_NONE);
	type(session, grid, "q");
	assert_int_equal(session_take_effect(session).kind, EFFECT_QUIT);
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/* A click goes to the item, the VMA or the step that it hits. */
static void test_clicks(void **state)
{
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct session *session;
	struct stepping s;
	struct opened file;

	(void)state;
	open_trace(&file, "walk-20k-200-whole");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start :view_walk b n");
	session_mouse(session, MOUSE_PRESS, 10, 3 + 3 + 1 + 4);	/* the fifth item */
	session_draw(session, grid);
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.step->kind, STEP_ITEM);
	assert_int_equal(s.step->hold, 4);
	type(session, grid, "Right");
	session_mouse(session, MOUSE_PRESS, 60, 3 + 3 + 1 + 1);	/* the second VMA */
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.cursor.vma, 1);
	assert_int_equal(s.step->hold, 4);
	session_free(session);
	close_trace(&file);
	open_trace(&file, "poison-recover");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start :view_steps b Space");
	session_mouse(session, MOUSE_PRESS, 10, 3 + 3 + 1 + 5);	/* the sixth step */
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.cursor.step, 5);
	assert_int_equal(session_t(session), s.step->event);
	type(session, grid, "Space e");
	assert_true(grid_holds(grid, " ptes: "));
	session_mouse(session, MOUSE_PRESS, 10, 3 + 3 + 1 + 3);	/* the fourth line: a run stands above it */
	assert_true(stepping_init(&s, session));
	assert_true(s.cursor.step > 3);
	assert_int_equal(session_t(session), s.step->event);
	session_free(session);
	close_trace(&file);
	grid_free(grid);
}

/* A step on never leads to an earlier moment, whatever it goes by, and a step back never to a later one. */
static void test_time_goes_on(void **state)
{
	static const char *const traces[] = {"walk-20k-2-whole", "walk-mremap-whole", "walk-fork-address"};
	static const char *const keys[][2] = {{"Right", "Left"}, {"s", "S"}, {"n", "N"}, {"i", "I"}};
	struct grid *grid = grid_new(120, 40, GRID_ASCII);

	(void)state;
	for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++) {
		struct session *session;
		struct opened file;

		open_trace(&file, traces[i]);
		session = open_session(&file, GRID_ASCII);
		for (int k = 0; k < 16; k++) {	/* one key, then another */
			type(session, grid, ":time_start :view_walk b");
			for (int n = 0; n < 12; n++) {
				uint64_t t = session_t(session);
				bool back = n >= 6;

				type(session, grid, keys[n % 2 ? k / 4 : k % 4][back]);
				assert_true(back ? session_t(session) <= t : session_t(session) >= t);
			}
		}
		session_free(session);
		close_trace(&file);
	}
	grid_free(grid);
}

/* Of what is still to come a list of steps says that it is, in every stepper; with hindsight all is told. */
static void test_nothing_ahead(void **state)
{
	static const struct { const char *trace, *keys, *text; } cases[] = {
		{"stale", ":time_start 7 g j Enter b", "The migration ends"},
		{"poison-kill", ":time_start :view_recovery b", "Recovery ends"},
		{"poison-kill", ":time_start :view_recovery b", "SIGBUS goes to"},
		{"collapse-poison-anon", ":time_start :view_collapse b", "is isolated"},
	};
	struct grid *grid = grid_new(120, 40, GRID_ASCII);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct session *session;
		struct opened file;

		open_trace(&file, cases[i].trace);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, cases[i].keys);
		assert_false(grid_holds(grid, cases[i].text));
		assert_true(grid_holds(grid, "still to come"));
		type(session, grid, "K");
		assert_true(grid_holds(grid, cases[i].text));
		assert_false(grid_holds(grid, "still to come"));
		session_free(session);
		close_trace(&file);
	}
	grid_free(grid);
}

/* t takes a time of the trace clock as `events` prints it: digits with a point, and nothing else. */
static void test_absolute_time(void **state)
{
	struct grid *grid = grid_new(80, 24, GRID_ASCII);
	struct event_record record;
	struct session *session;
	struct opened file;
	char keys[64];

	(void)state;
	open_trace(&file, "poison-recover");
	session = open_session(&file, GRID_ASCII);
	for (uint64_t t = 3; t < 200; t += 40) {
		assert_int_equal(event_index_read(recording_events(file.recording), t, &record), 0);
		type(session, grid, ":time_end");
		snprintf(keys, sizeof(keys), ":time_%" PRIu64 ".%09" PRIu64, record.ts_ns / 1000000000,
			 record.ts_ns % 1000000000);
		type(session, grid, keys);
		assert_int_equal(session_t(session), t);
	}
	type(session, grid, ":time_12.34x");
	assert_true(grid_holds(grid, "is not a moment"));
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/* A search goes by the sentences of the steps, around the end; what is not there moves nothing. */
static void test_search(void **state)
{
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct session *session;
	struct stepping s;
	struct opened file;
	uint32_t first;

	(void)state;
	open_trace(&file, "poison-recover");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start :view_recovery b :find_(fresh_copy)");
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.step->kind, STEP_MOVE);
	first = s.cursor.step;
	type(session, grid, "n");
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.step->kind, STEP_MOVE);
	assert_true(s.cursor.step > first);
	type(session, grid, "n n n");
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.cursor.step, first);	/* there are four */
	assert_true(grid_holds(grid, "from the first row on"));
	type(session, grid, ":find_no_such_text");
	assert_true(grid_holds(grid, "no row with \"no such text\""));
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.cursor.step, first);
	/* in a walk n is the next visit: an empty search repeats the last */
	type(session, grid, ":time_end :view_walk b :find_VMA n");
	assert_int_equal(session_view(session)->id, VIEW_WALK);
	type(session, grid, "/ Enter");
	assert_false(grid_holds(grid, "no row with"));
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/*
 * In the middle of an episode nothing is said of its end, whichever way one came; with hindsight
 * all is.  At its end both say the same.
 */
static void test_known_by(void **state)
{
	static const struct { const char *trace, *middle, *totals; } cases[] = {
		{"walk-mremap-address", ":time_start :view_walk b Right", "mapcount 3 -> 2  by"},
		{"walk-20k-200-whole", ":time_start :view_walk b n", NULL},	/* the VMAs that it offered */
		{"poison-recover", ":time_start :view_recovery b i i", "s, recovered"},
		{"poison-copy-fails", ":time_start :view_recovery b Right", "s, no healthy dup"},
		{"collapse-poison-anon", ":time_start :view_collapse b a", "given up"},
		{"poison-recover", ":time_start :view_steps b Right", "pages moved 1, not 0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grid *grid = grid_new(120, 40, GRID_ASCII);
		struct session *session;
		const char *totals = cases[i].totals;
		struct opened file;
		struct cell *cells;
		char offered[32];

		open_trace(&file, cases[i].trace);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, cases[i].middle);
		if (!totals) {
			struct stepping s;
			struct episode_row row;

			assert_true(stepping_init(&s, session));
			assert_int_equal(stepper_choose(session, s.row.number, &row), 0);
			totals = format_count(offered, row.totals.walk.nr_iteration_total);
		}
		assert_false(grid_holds(grid, totals));
		assert_true(grid_holds(grid, "it still runs"));
		cells = keep(grid);
		type(session, grid, "e Right Left");
		type(session, grid, cases[i].middle);
		expect_same(grid, cells, cases[i].trace, session_t(session));
		type(session, grid, "K Esc");
		assert_true(grid_holds(grid, totals));
		assert_false(grid_holds(grid, "it still runs"));
		type(session, grid, "K e Esc");
		assert_true(grid_holds(grid, totals));
		free(cells);
		grid_free(grid);
		session_free(session);
		close_trace(&file);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_and_back),
		cmocka_unit_test(test_one_instant),
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_clicks),
		cmocka_unit_test(test_time_goes_on),
		cmocka_unit_test(test_nothing_ahead),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_absolute_time),
		cmocka_unit_test(test_known_by),
	};

	return traces_given(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
