// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_steppers.c - the list of episodes and the steppers, over the recordings that are shipped.
 *
 * Approved screens show a walk with its reasons, the rule that misses mappings, a recovery half way
 * and one that fell back to killing, a collapse that met poison.  The properties: as many steps back
 * as on show the same pictures, in every unit, also where several positions share a moment; the
 * position follows a moment that was changed elsewhere; what a recovery is said to have come to is
 * what the scenario's own truth file says.
 *
 * Usage: test_steppers TRACES
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
#include "golden.h"
#include "view/format.h"
#include "view/recovery_facts.h"
#include "view/stepper.h"
#include "view/walk_panes.h"

static const char *traces;

static void open_trace(struct opened *file, const char *name)
{
	char path[512];

	*file = (struct opened){.name = name};
	snprintf(path, sizeof(path), "%s/%s.dat", traces, name);
	if (!open_file(file, path))
		fail_msg("%s cannot be opened", name);
	file->source.file = name;
}

static void close_trace(struct opened *file)
{
	recording_close(file->recording);
}

/* ---- approved screens ---- */

static const struct shot {
	const char *name, *why, *trace, *keys;
} shots[] = {
	{"episodes", "the dearest first, a dash where a kind has no such cost, what the chosen one came to",
	 "walk-20k-200-whole", "7 :sort_hold g"},
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
};

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

/* ---- back as forth ---- */

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
	type(session, grid, ":time_start :view_steps b");
	session_mouse(session, MOUSE_PRESS, 10, 3 + 3 + 1 + 5);	/* the sixth step */
	assert_true(stepping_init(&s, session));
	assert_int_equal(s.cursor.step, 5);
	assert_int_equal(session_t(session), s.step->event);
	session_free(session);
	close_trace(&file);
	grid_free(grid);
}

/* ---- what is shown against the kernel's own counts ---- */

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

/* ---- against the truth files ---- */

static struct json_object *open_truth(const char *name)
{
	struct json_object *truth;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.truth.json", traces, name);
	truth = json_object_from_file(path);
	assert_non_null(truth);
	return truth;
}

static int64_t number_of(struct json_object *object, const char *name)
{
	return json_object_get_int64(json_object_object_get(object, name));
}

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
					    "poison-no-dup", "poison-alloc-fails", "poison-fork"};

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

/* ---- panes and search ---- */

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

/* ---- the help tells the truth ---- */

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

/* What was not tried did not fail, and what was not found is not there. */
static void test_not_tried(void **state)
{
	static const struct { const char *trace, *keys, *holds, *holds_not; } cases[] = {
		{"poison-no-dup", ":time_start :view_recovery b :time_end", "it is in no chain", "nothing searched"},
		{"poison-kill", ":time_start :view_recovery b :time_end", ". 6 unlink", "failed"},
		{"poison-kill", ":time_start :view_recovery b :time_end", "recovery is off", "mutex waited"},
		{"poison-copy-fails", ":time_start :view_recovery b :time_end", ". 6 unlink", "! 6 unlink"},
		{"poison-copy-fails", ":time_start :view_recovery b e K k", "by touch 8", "by touch 0"},
		{"lifecycle", ":time_start 1", "enters KSM", "nothing notable"},
		{"walk-fork-whole", ":time_50% 7 g 6", "walk-fork 5", "-1"},
		{"stock-merge", "2 :time_end :object_node#19 :filter_items_>_300 : Esc", "node#16  ",
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

/* ---- what is known when ---- */

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

/* ---- any size, and recordings without such episodes ---- */

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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shots),	       cmocka_unit_test(test_on_and_back),
		cmocka_unit_test(test_one_instant),    cmocka_unit_test(test_totals),
		cmocka_unit_test(test_recovery_truth), cmocka_unit_test(test_collapse_truth),
		cmocka_unit_test(test_missed_truth),   cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_engineer),       cmocka_unit_test(test_known_by),
		cmocka_unit_test(test_panes),	       cmocka_unit_test(test_search),
		cmocka_unit_test(test_help),	       cmocka_unit_test(test_not_tried),
		cmocka_unit_test(test_enter),	       cmocka_unit_test(test_clicks),
	};

	if (argc < 2)
		return 2;
	traces = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
