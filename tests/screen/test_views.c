// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_views.c - the views over recordings: approved screens, and what must hold for every screen.
 *
 * Approved screens show what a stock kernel tells (a recording shipped in traces/) and what the
 * patch adds (a recording that make_patched writes).  The rest are properties, because a screen
 * that was approved once says nothing about the next moment: steps back show what steps on showed,
 * any size is drawn within its bounds, drawing twice gives one picture, and no sequence of keys
 * brings a view down.
 *
 * Usage: test_views STOCK PATCHED.  KSMTOP_SEED repeats a storm of keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "golden.h"

static struct opened files[] = {{.name = "stock"}, {.name = "patched"}};
#define NR_FILES ((int)(sizeof(files) / sizeof(*files)))

/* ---- approved screens ---- */

static const struct shot {
	const char *name, *why, *keys;
} shots[] = {
	{"overview", "counters, savings, rates, processes and what is ahead stay where they are",
	 "1"},
	{"tree", "nodes in order, the sharers of the chosen one, and what this kernel cannot tell",
	 "2 Down Down"},
	{"processes", "three sources of numbers, a dash where there is none", "3 Down"},
	{"timeline", "activity by column, scans, losses, marks and the bucket under the cursor",
	 "m A :time_75% m B :time_60% 4"},
	{"events", "now in the middle, fields with their letters, the state before and after", "5"},
	{"object", "a life around now, and what belongs to the object", "2 Down Enter"},
	{"filter", "a filter is seen, and shows what fits only", "2 Down * 5"},
};

static void take(const struct opened *file, const struct shot *shot, int width, int height,
		 enum charset charset)
{
	struct session *session = open_session(file, charset);
	struct grid *grid = grid_new(width, height, charset);
	char name[128];

	type(session, grid, ":time_60%");
	type(session, grid, shot->keys);
	snprintf(name, sizeof(name), "%s-%s-%dx%d-%s", shot->name, file->name, width, height,
		 charset == GRID_ASCII ? "ascii" : "utf8");
	if (!golden_check(grid, name, shot->why))
		fail_msg("%s differs from what was approved", name);
	grid_free(grid);
	session_free(session);
}

static void test_shots(void **state)
{
	(void)state;
	for (int f = 0; f < NR_FILES; f++)
		for (size_t i = 0; i < sizeof(shots) / sizeof(*shots); i++)
			for (int charset = GRID_UTF8; charset <= GRID_ASCII; charset++) {
				take(&files[f], &shots[i], 80, 24, (enum charset)charset);
				take(&files[f], &shots[i], 120, 40, (enum charset)charset);
			}
}

/* ---- time ---- */

static void test_there_and_back(void **state)
{
	static const char *const views[] = {"1", "2 Down", "3 Down", "4", "5", "2 Down Enter"};

	(void)state;
	for (int f = 0; f < NR_FILES; f++)
		for (size_t v = 0; v < sizeof(views) / sizeof(*views); v++) {
			there_and_back(&files[f], views[v], "Right", "Left");
			there_and_back(&files[f], views[v], "]", "[");
			there_and_back(&files[f], views[v], ")", "(");
		}
}

/* The way does not matter, only where one is: jumped to, or stepped to from either side. */
static void test_moment_alone(void **state)
{
	static const char *const views[] = {"1", "2", "3", "4", "5"};

	(void)state;
	for (int f = 0; f < NR_FILES; f++)
		for (size_t v = 0; v < sizeof(views) / sizeof(*views); v++) {
			struct grid *grid = grid_new(120, 40, GRID_ASCII);
			struct session *session;
			struct cell *cells;

			session = open_session(&files[f], GRID_ASCII);
			type(session, grid, ":time_50%");
			type(session, grid, views[v]);
			cells = keep(grid);
			session_free(session);
			session = open_session(&files[f], GRID_ASCII);
			type(session, grid, ":time_50% Left Left :time_end :time_50%");
			type(session, grid, views[v]);
			expect_same(grid, cells, views[v], session_t(session));
			session_free(session);
			free(cells);
			grid_free(grid);
		}
}

/* ---- any size ---- */

static void test_sizes(void **state)
{
	(void)state;
	for (int f = 0; f < NR_FILES; f++)
		for (int v = 0; views_all[v]; v++) {
			struct session *session = open_session(&files[f], GRID_UTF8);
			struct grid *grid = grid_new(80, 24, GRID_UTF8);

			type(session, grid, ":time_60% 2 Down");
			assert_true(session_show(session, views_all[v]->id));
			for (int width = 1; width <= 200; width += width < 12 ? 1 : 11)
				for (int height = 1; height <= 60; height += height < 8 ? 1 : 5)
					draw_guarded(session, views_all[v], width, height);
			grid_free(grid);
			session_free(session);
		}
}

/* ---- any keys ---- */

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* What a user may type, in the words of a key script; drawn from at random. */
/* clang-format off */
static const char *const random_words[] = {
	"1", "2", "3", "4", "5", "6", "7", "x", "i", "a", "A", "v", "V", "b", "e", "S", "Right", "Left", "Shift-Right", "Shift-Left", "[", "]",
	"(", ")", "w", "Up", "Down", "PgUp", "PgDn", "g", "G", "h", "l", "Tab", "Enter", "u",
	"Space", "s", "*", "F", "n", "N", "+", "-", "0", "K", "y", "Y", "o", "Ctrl-O", "Home",
	"End", "m", "A", "'", "B", "Esc", ":time_33%", ":time_90%", ":find_node", ":find_ksm",
	":find_1", ":sort_items", ":columns_nid", ":filter_err_==_0", ":filter_items_>_1",
	":ascii",
};
/* clang-format on */

static void test_keys(void **state)
{
	const char *text = getenv("KSMTOP_SEED");
	uint32_t seed = text ? (uint32_t)strtoul(text, NULL, 0) : 2026;

	(void)state;
	printf("KSMTOP_SEED=%" PRIu32 "\n", seed);
	for (int f = 0; f < NR_FILES; f++) {
		struct session *session = open_session(&files[f], GRID_UTF8);
		struct grid *grid = grid_new(80, 24, GRID_UTF8);

		type(session, grid, ":time_50%");
		for (int i = 0; i < 300; i++) {
			struct cell *cells;

			if (i % 30 == 0)
				grid_resize(grid, 80 + (int)(random_next(&seed) % 100),
					    24 + (int)(random_next(&seed) % 30));
			type(session, grid,
			     random_words[random_next(&seed) %
					  (sizeof(random_words) / sizeof(*random_words))]);
			while (session_take_effect(session).kind != EFFECT_NONE)
				continue;
			cells = keep(grid);
			session_draw(session, grid);
			expect_same(grid, cells, "drawn twice", session_t(session));
			free(cells);
		}
		grid_free(grid);
		session_free(session);
	}
}

/* ---- what keys do ---- */

/* Copying the equivalent command, in every view, names the file and the moment. */
static void test_commands(void **state)
{
	static const struct {
		const char *keys, *start;
	} cases[] = {
		{"1 Y", "ksmtop report "}, {"2 Y", "ksmtop list "},
		{"3 Y", "ksmtop list "},   {"4 Y", "ksmtop events "},
		{"5 Y", "ksmtop events "}, {"2 Down Enter Y", "ksmtop show "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct session *session = open_session(&files[0], GRID_ASCII);
		struct grid *grid = grid_new(120, 40, GRID_ASCII);
		struct effect effect;

		type(session, grid, ":time_60%");
		type(session, grid, cases[i].keys);
		effect = session_take_effect(session);
		assert_int_equal(effect.kind, EFFECT_COPY);
		assert_memory_equal(effect.text, cases[i].start, strlen(cases[i].start));
		assert_non_null(strstr(effect.text, files[0].source.file));
		grid_free(grid);
		session_free(session);
	}
}

/* Sorting by items puts no larger node below a smaller one, and the cursor keeps its object. */
static void test_sort(void **state)
{
	(void)state;
	for (int f = 0; f < NR_FILES; f++) {
		struct session *session = open_session(&files[f], GRID_ASCII);
		struct grid *grid = grid_new(120, 40, GRID_ASCII);
		unsigned long last = ULONG_MAX;
		struct ref before;
		int rows = 0;

		type(session, grid, ":time_60% 2 Down Down");
		before = session_object(session);
		type(session, grid, ":sort_items");
		assert_true(ref_equal(before, session_object(session)));
		type(session, grid, "g");
		for (int y = 5; y < 36; y++) {
			char row[1024], pfn[32];
			unsigned long items;
			char *node;

			row_text(grid, y, row, sizeof(row));
			node = strstr(row, "node#");
			if (!node || node - row > 10 ||
			    sscanf(node, "%*s %31s %lu", pfn, &items) != 2 || pfn[0] != '0')
				continue;
			assert_true(items <= last);
			last = items;
			rows++;
		}
		assert_true(rows >= 2);
		grid_free(grid);
		session_free(session);
	}
}

/* A filter on the node under the cursor leaves that node, in the same words in the events. */
static void test_filter_this(void **state)
{
	struct session *session = open_session(&files[0], GRID_ASCII);
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	uint64_t t;

	(void)state;
	type(session, grid, ":time_60% 2 Down *");
	assert_memory_equal(session_filter(session), "pfn == 0x", 9);
	assert_true(grid_holds(grid, session_filter(session) + 7));
	t = session_t(session);
	type(session, grid, "5 Left"); /* to an event that names it, not just the one before */
	assert_true(session_t(session) < t);
	assert_true(grid_holds(grid, session_filter(session) + 7));
	type(session, grid, "F");
	assert_string_equal(session_filter(session), "");
	grid_free(grid);
	session_free(session);
}

/* w goes to an event that touched the object; Ctrl-O comes back. */
static void test_when_changed(void **state)
{
	struct session *session = open_session(&files[0], GRID_ASCII);
	struct grid *grid = grid_new(80, 24, GRID_ASCII);
	uint64_t t, changed;
	struct ref object;

	(void)state;
	type(session, grid, ":time_60% 2 Down Down");
	t = session_t(session);
	object = session_object(session);
	assert_int_equal(object.table, TABLE_NODE);
	type(session, grid, "w");
	changed = session_t(session);
	assert_true(changed < t);
	assert_int_equal(history_touch(files[0].source.history, object, changed - 1, 1), changed);
	type(session, grid, "Ctrl-O");
	assert_int_equal(session_t(session), t);
	grid_free(grid);
	session_free(session);
}

/* With the patch a chain folds its dups away and back; its dup's parent is the chain. */
static void test_fold(void **state)
{
	struct session *session = open_session(&files[1], GRID_ASCII);
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct history_cursor cursor;
	union row row;

	(void)state;
	type(session, grid, ":time_60% 2");
	assert_int_equal(history_list(files[1].source.history, ALL_NODES, (struct ref){0},
				      session_moment(session), &cursor),
			 0);
	do
		assert_int_equal(history_next(&cursor, &row), 1);
	while (row.node.kind != NODE_CHAIN);
	session_select(session, row.any.ref);
	session_draw(session, grid);
	assert_true(grid_holds(grid, "|- node#"));
	type(session, grid, "Space");
	assert_false(grid_holds(grid, "|- node#"));
	type(session, grid, "Space Down u");
	assert_true(grid_holds(grid, "|- node#"));
	assert_true(ref_equal(session_object(session), row.any.ref));
	grid_free(grid);
	session_free(session);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shots),        cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_moment_alone), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_keys),         cmocka_unit_test(test_commands),
		cmocka_unit_test(test_sort),         cmocka_unit_test(test_filter_this),
		cmocka_unit_test(test_when_changed), cmocka_unit_test(test_fold),
	};
	int failed;

	if (argc != 1 + NR_FILES) {
		fprintf(stderr, "usage: test_views STOCK PATCHED\n");
		return 2;
	}
	for (int i = 0; i < NR_FILES; i++)
		if (!open_file(&files[i], argv[i + 1]))
			return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < NR_FILES; i++)
		recording_close(files[i].recording);
	return failed;
}
