// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_steppers.c - what the steppers look like, over the recordings that are shipped.
 *
 * Approved screens show a walk with its reasons, the rule that misses mappings, a recovery half way
 * and one that fell back to killing, a collapse that met poison.  Panes close as they opened, the help
 * lists no key that does nothing, and no size of the terminal draws over the edge.
 *
 * Usage: test_steppers TRACES
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
#include "golden.h"
#include "truth_file.h"
#include "view/stepper.h"

static const struct shot {
	const char *name, *why, *trace, *keys;
} shots[] = {
	{"episodes", "the dearest first, a dash where a kind has no such cost, what the chosen one came to",
	 "walk-20k-200-whole", "7 s s g"},
	{"episodes-kinds", "kinds with their own costs, those that run now marked, later ones dim",
	 "poison-copy-fails", ":time_start :view_walk b n 7"},
	{"walk", "what the interval tree offered in order, runs folded, the reason for each, who waited",
	 "walk-20k-200-whole", ":time_start :view_walk b n n Right Right Right"},
	{"walk-unfolded", "the same with every VMA on a line of its own",
	 "walk-20k-200-whole", ":time_start :view_walk b n n Right Right Right Space"},
	{"walk-pass-2", "what pass 1 left to pass 2 is visited there, and what it had is skipped",
	 "walk-fork-whole", ":time_start :view_walk b a a n"},
	{"walk-what-if", "the naive rule misses mappings, named with process and address",
	 "walk-mremap-address", ":time_start :view_walk e x"},
	{"walk-what-if-within", "in the middle of a walk: the answer is the whole walk's, and says so",
	 "walk-mremap-address", ":time_start :view_walk b n x"},
	{"walk-end", "a walk that left mappings behind, at its end with its totals",
	 "walk-mremap-address", ":time_start :view_walk e"},
	{"recovery", "half way: phases, dups before and now, which mappings moved and where to",
	 "poison-recover", ":time_start :view_recovery b i i"},
	{"recovery-compare", "what the failure had done without recovery, beside what recovery did so far",
	 "poison-recover", ":time_start :view_recovery b i i k"},
	{"recovery-no-memory", "the dup itself is mapped, beyond max_page_sharing; and so it came here",
	 "poison-alloc-fails", ":time_start :view_recovery b i x"},
	{"recovery-kill", "no healthy dup: who was listed, who was told, who touched it later",
	 "poison-copy-fails", ":time_start :view_recovery b :time_end"},
	{"recovery-search", "a search through the tree, beside what the published figures lead to expect",
	 "poison-search-17161-posted", ":time_start :view_recovery e"},
	{"collapse", "512 pages: copied so far, poison met, what is being put back",
	 "collapse-poison-anon", ":time_start :view_collapse b a a a Right Right"},
	{"collapse-over", "one that was given up before any page was named: none is to come",
	 "collapse-poison-anon", ":time_end :view_collapse e"},
	{"steps-kill", "a kill list's duration as the kernel counted it, and what lies between its events",
	 "poison-copy-fails", ":time_start :view_recovery b :time_end 7 g j Enter e"},
	{"steps", "a migration as sentences, the walk in it to be opened",
	 "poison-recover", ":time_start :view_steps b Right Right"},
	{"steps-ptes", "a migration's ptes below their walk, figures first",
	 "poison-recover", ":time_start :view_steps b i i Right Right"},
	{"steps-stayed", "a migration that failed: why the page stayed, below its end",
	 "stale", ":time_start 7 g j Enter e"},
	{"steps-unlisted", "who maps the page and is not on the kill list",
	 "poison-kill", ":time_start 7 g j Enter e"},
};

/* Of every other scenario that is recorded: what its dearest or first episode of the kind looks like at its end. */
#define DEAREST		":time_end 7 s s Enter e"
#define RECOVERY	":time_start :view_recovery e"
#define FIRST_OF(kind)	":time_start 7 :filter_kind_==_\"" kind "\" g Enter e"
static const struct { const char *trace, *keys; } ends[] = {
	{"walk-20k-2-whole", DEAREST}, {"walk-20k-2-linear", DEAREST}, {"walk-20k-200-linear", DEAREST},
	{"walk-20k-long", DEAREST}, {"walk-reclaim", DEAREST}, {"walk-fork-address", DEAREST},
	{"walk-fork-linear", DEAREST}, {"walk-mremap-whole", DEAREST}, {"walk-mremap-linear", DEAREST},
	{"poison-busy", RECOVERY}, {"poison-dump", RECOVERY}, {"poison-swap", RECOVERY}, {"poison-fork", RECOVERY},
	{"poison-no-dup", RECOVERY}, {"poison-kill", RECOVERY}, {"poison-search-17161", RECOVERY},
	{"poison-search-17161-search", RECOVERY}, {"collapse-poison-shmem", ":time_start :view_collapse e"},
	{"numa", FIRST_OF("migration")}, {"lifecycle", FIRST_OF("scan")}, {"reasons", FIRST_OF("scan")},
	{"power-cut", FIRST_OF("scan")}, {"debian", FIRST_OF("scan")}, {"stock-merge", FIRST_OF("scan")},
};

/* Whose pages a collapse met, and that this is inferred: the process of the truth file, at both sizes. */
static void test_owner(void **state)
{
	static const char *const traces[] = {"collapse-poison-anon", "collapse-poison-shmem"};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct json_object *truth = open_truth(traces[i / 2]), *processes;
		struct grid *grid = i % 2 ? grid_new(120, 40, GRID_ASCII) : grid_new(80, 24, GRID_ASCII);
		struct session *session;
		struct opened file;
		char owner[64];

		assert_true(json_object_object_get_ex(truth, "processes", &processes));
		assert_int_equal(json_object_array_length(processes), 1);
		snprintf(owner, sizeof(owner), "collapse-poison %" PRId64,
			 number_of(json_object_array_get_idx(processes, 0), "pid"));
		open_trace(&file, traces[i / 2]);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, ":time_start :view_collapse e");
		assert_true(grid_holds(grid, "WHOSE PAGES"));
		assert_true(grid_holds(grid, "nothing by now says whose mm that is"));
		type(session, grid, ":time_end");
		assert_true(grid_holds(grid, owner));
		assert_true(grid_holds(grid, "(I?) at 0x"));
		grid_free(grid);
		session_free(session);
		close_trace(&file);
		json_object_put(truth);
	}
}

/* What a walk missed is a column, a filter and an order, by the name that the command line has for it. */
static void test_missed(void **state)
{
	struct grid *grid = grid_new(140, 40, GRID_ASCII);
	struct session *session;
	struct opened file;

	(void)state;
	open_trace(&file, "walk-mremap-address");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start 7 :filter_missed_>_0");
	assert_true(grid_holds(grid, "MISSED"));
	assert_true(grid_holds(grid, " 1 M ") || grid_holds(grid, " 2 M "));
	assert_true(grid_holds(grid, " walk "));
	assert_false(grid_holds(grid, " scan "));
	assert_false(grid_holds(grid, "no episode fits"));
	type(session, grid, ":filter_missed_>_100000");
	assert_true(grid_holds(grid, "no episode fits"));
	type(session, grid, ":filter_kind_==_\"walk\"");
	type(session, grid, ":sort_missed");
	assert_true(grid_holds(grid, "MISSED"));
	assert_false(grid_holds(grid, "no column"));
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/* In a migration i and I go from walk to walk and to its ends, and x asks for the walk under the cursor. */
static void test_migration(void **state)
{
	struct grid *grid = grid_new(80, 24, GRID_ASCII);
	struct session *session;
	struct opened file;
	int nr = 0;

	(void)state;
	open_trace(&file, "stale");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start 7 g j Enter b x");
	assert_true(grid_holds(grid, "in no walk"));
	assert_false(grid_holds(grid, "what it came to"));
	for (; !grid_holds(grid, "what it came to"); nr++) {
		assert_true(nr < 1000);
		type(session, grid, "i");
		assert_true(grid_holds(grid, "rmap_walk_ksm") || grid_holds(grid, "The migration ends"));
	}
	assert_true(nr > 2);
	for (; nr; nr--)
		type(session, grid, "I");
	assert_true(grid_holds(grid, "The page is a KSM page") || grid_holds(grid, "A migration of pages begins"));
	type(session, grid, "I I");
	assert_true(grid_holds(grid, "no earlier walk in this episode"));
	type(session, grid, "i x");
	assert_int_equal(session_view(session)->id, VIEW_WALK);
	assert_true(grid_holds(grid, "WHAT-IF"));
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/*
 * Walks that came to the same stand on one line, Space shows them all; the hint bar says what the keys do in this
 * kind of episode, and the notes below its end can be read to the last.
 */
static void test_folded(void **state)
{
	struct grid *grid = grid_new(80, 24, GRID_ASCII);
	struct session *session;
	struct opened file;

	(void)state;
	open_trace(&file, "stale");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start 7 g j Enter e");
	assert_true(grid_holds(grid, " walks from "));
	assert_true(grid_holds(grid, "I i walk"));
	assert_false(grid_holds(grid, "mapping  "));
	assert_true(grid_holds(grid, "Space unfolds"));
	type(session, grid, "Space");
	assert_false(grid_holds(grid, "Space unfolds"));
	assert_false(grid_holds(grid, " walks from "));
	type(session, grid, "Space");
	assert_true(grid_holds(grid, " walks from "));
	/* the notes */
	assert_true(grid_holds(grid, "rows 1-"));
	assert_true(grid_holds(grid, "stayed where it was"));
	type(session, grid, "Tab G");
	assert_false(grid_holds(grid, "rows 1-"));
	assert_false(grid_holds(grid, "stayed where it was"));
	type(session, grid, "Down");
	type(session, grid, "g");
	assert_true(grid_holds(grid, "rows 1-"));
	type(session, grid, "Down");
	assert_true(grid_holds(grid, "rows 2-"));
	assert_true(grid_holds(grid, "The migration ends"));	/* that is where it stays */
	grid_free(grid);
	session_free(session);
	close_trace(&file);

	grid = grid_new(120, 40, GRID_ASCII);
	open_trace(&file, "poison-kill");
	session = open_session(&file, GRID_ASCII);
	type(session, grid, ":time_start 7 :filter_kind_==_\"kill-list\" g Enter e");
	assert_true(grid_holds(grid, "b e ends"));
	assert_false(grid_holds(grid, "I i "));
	assert_false(grid_holds(grid, "Space fold"));
	assert_false(grid_holds(grid, "x what-if"));
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

/* The row that the cursor stands on is what ] and w go by, also before it was ever moved; so is a stepper's episode. */
static void test_unmoved(void **state)
{
	static const char *const views[] = {"7", ":view_walk", ":view_recovery", ":view_steps"};
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct opened file;

	(void)state;
	open_trace(&file, "poison-recover");
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++)
		for (int key = 0; key < 2; key++) {
			struct session *session = open_session(&file, GRID_ASCII);

			type(session, grid, ":time_50%");
			type(session, grid, views[i]);
			type(session, grid, key ? "w" : "]");
			assert_false(grid_holds(grid, "nothing is selected"));
			if (!key)
				assert_int_equal(session_object(session).table, TABLE_EPISODE);
			session_free(session);
		}
	/* Where there is no episode of the kind the hint bar offers no steps. */
	for (int i = 0; i < 2; i++) {
		struct session *session = open_session(&file, GRID_ASCII);

		type(session, grid, i ? ":view_recovery" : ":view_collapse");
		assert_int_equal(grid_holds(grid, "b e ends"), i);
		assert_false(grid_holds(grid, "f filter"));
		session_free(session);
	}
	close_trace(&file);
	grid_free(grid);
}

static void take(const struct opened *file, const struct shot *shot, int width, int height,
		 enum charset charset)
{
	struct session *session = open_session(file, charset);
	struct grid *grid = grid_new(width, height, charset);
	char name[128];

	type(session, grid, shot->keys);
	snprintf(name, sizeof(name), "stepper-%s-%dx%d-%s", shot->name, width, height,
		 charset == GRID_ASCII ? "ascii" : "utf8");
	if (!golden_check(grid, name, shot->why))
		fail_msg("%s differs from what was approved", name);
	grid_free(grid);
	session_free(session);
}

static void test_shots(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shots) / sizeof(*shots); i++) {
		struct opened file;

		open_trace(&file, shots[i].trace);
		for (int charset = GRID_UTF8; charset <= GRID_ASCII; charset++) {
			take(&file, &shots[i], 80, 24, (enum charset)charset);
			take(&file, &shots[i], 120, 40, (enum charset)charset);
		}
		close_trace(&file);
	}
}

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct shot shot = {.why = "how an episode of this scenario ended, its totals and its reasons",
				    .trace = ends[i].trace, .keys = ends[i].keys};
		struct opened file;
		char name[64];

		snprintf(name, sizeof(name), "end-%s", ends[i].trace);
		shot.name = name;
		open_trace(&file, shot.trace);
		take(&file, &shot, 80, 24, GRID_UTF8);
		take(&file, &shot, 120, 40, GRID_UTF8);
		close_trace(&file);
	}
}

/* Their own key, q and Esc close a pane; only then q goes up. */
static void test_panes(void **state)
{
	static const struct { const char *trace, *view, *key, *holds; } cases[] = {
		{"poison-recover", ":view_recovery b i", "k", "WITHOUT RECOVERY"},
		{"poison-recover", ":view_recovery b i", "x", "WHAT-IF"},
		{"walk-mremap-address", ":view_walk b", "x", "WHAT-IF"},
		{"lifecycle", "3 :time_end g", "W", "WHY NOT MERGED"},
		{"walk-mremap-whole", "2 :time_end g", "x", "OFFERED"},
	};
	static const char *const closing[] = {"q", "Esc", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grid *grid = grid_new(80, 24, GRID_ASCII);
		struct session *session;
		enum view_id view;
		struct opened file;

		open_trace(&file, cases[i].trace);
		session = open_session(&file, GRID_ASCII);
		type(session, grid, ":time_start");
		type(session, grid, cases[i].view);
		view = session_view(session)->id;
		for (int c = 0; c < 3; c++) {
			assert_false(grid_holds(grid, cases[i].holds));
			type(session, grid, cases[i].key);
			assert_true(grid_holds(grid, cases[i].holds));
			assert_true(grid_holds(grid, "q close"));
			type(session, grid, closing[c] ? closing[c] : cases[i].key);
			assert_false(grid_holds(grid, cases[i].holds));
			assert_int_equal(session_view(session)->id, view);
			assert_int_equal(session_take_effect(session).kind, EFFECT_NONE);
		}
		grid_free(grid);
		session_free(session);
		close_trace(&file);
	}
}

/* Every key that the help lists in a view does something there, or says what it would need. */
static void test_help(void **state)
{
	static const char *const nothing[] = {"has nothing to do here", "does nothing here", "no columns",
					      "nothing to search in"};
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct session *session;
	struct opened file;
	struct keymap map;

	(void)state;
	keymap_init(&map);
	for (int v = 0; views_all[v]; v++) {
		open_trace(&file, views_all[v]->id == VIEW_COLLAPSE ? "collapse-poison-anon" : "poison-recover");
		for (int i = 0; i < NR_ACTIONS; i++) {
			uint32_t key = map.keys[i][0];
			char line[512];

			if (key == K_NONE || keymap_find(&map, views_all[v]->id, key) != (enum action)i)
				continue;
			session = open_session(&file, GRID_ASCII);
			type(session, grid, ":time_start :find_e :time_50% :object_node#2");
			session_show(session, views_all[v]->id);
			session_key(session, key);
			session_draw(session, grid);
			row_text(grid, 38, line, sizeof(line));
			for (size_t n = 0; n < sizeof(nothing) / sizeof(*nothing); n++)
				if (strstr(line, nothing[n]))
					fail_msg("%s in %s: %s", action_table[i].name,
						 view_names[views_all[v]->id], line);
			session_free(session);
		}
		close_trace(&file);
	}
	grid_free(grid);
}

static void test_sizes(void **state)
{
	static const char *const names[] = {"poison-copy-fails", "collapse-poison-anon", "walk-fork-whole",
					    "stock-merge"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct grid *grid = grid_new(80, 24, GRID_UTF8);
		struct session *session;
		struct opened file;

		open_trace(&file, names[i]);
		session = open_session(&file, GRID_UTF8);
		type(session, grid, ":time_40%");
		for (int v = 0; views_all[v]; v++) {
			if (!stepper_is_view(views_all[v]->id))
				continue;
			assert_true(session_show(session, views_all[v]->id));
			type(session, grid, "e b Right x Space");
			for (int width = 1; width <= 200; width += width < 12 ? 1 : 17)
				for (int height = 1; height <= 60; height += height < 8 ? 1 : 7)
					draw_guarded(session, views_all[v], width, height);
		}
		grid_free(grid);
		session_free(session);
		close_trace(&file);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shots),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_unmoved),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_panes),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_sizes),
	};

	return traces_given(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
