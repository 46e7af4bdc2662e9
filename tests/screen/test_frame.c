// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_frame.c - golden screens of the frame: every part of it in both sizes and both charsets.
 *
 * Views have goldens of their own; what is held here is what all of them share: that nothing
 * overlaps at 80x24, that the moment and the way out are always there, and that ASCII and UTF-8
 * put every word at the same place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "golden.h"

struct shot {
	const char *name, *why, *keys, *type;
	bool unloaded;
};

static const struct shot shots[] = {
	{ "list", "a list, its cursor and the event that changed a row; the moment in the title",
	  "Right Right Right Down Down", NULL, false },
	{ "timeline", "bars, sparklines with a gap, boxes and wrapped text in both charsets",
	  "5 Right", NULL, false },
	{ "help", "the help lists this view's keys, and the marks, and can be left", "?", NULL, false },
	{ "help-search", "searching narrows the help while one types", "? /", "mark", false },
	{ "prompt", "what is typed stands in the last row, with the cursor behind it", ":", "time +1",
	  false },
	{ "complete", "Tab on an ambiguous word lists what it could become", ": s Tab", NULL, false },
	{ "wrong-key", "a key without a meaning is named and changes nothing", "Right Q", NULL, false },
	{ "unloaded", "before a recording is there the frame is complete all the same", "", NULL, true },
};

static void take(const struct shot *shot, int width, int height, enum charset charset)
{
	struct session *session = fixture_session(!shot->unloaded);
	struct grid *grid = grid_new(width, height, charset);
	char name[128];

	session_set_charset(session, charset);
	session_draw(session, grid);
	fixture_keys(session, shot->keys);
	if (shot->type)
		fixture_type(session, shot->type);
	session_draw(session, grid);
	snprintf(name, sizeof(name), "frame-%s-%dx%d-%s", shot->name, width, height,
		 charset == GRID_ASCII ? "ascii" : "utf8");
	if (!golden_check(grid, name, shot->why))
		fail_msg("%s differs from what was approved", name);
	grid_free(grid);
	session_free(session);
}

static void test_shots(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shots) / sizeof(shots[0]); i++)
		for (int charset = GRID_UTF8; charset <= GRID_ASCII; charset++) {
			take(&shots[i], 80, 24, (enum charset)charset);
			take(&shots[i], 120, 40, (enum charset)charset);
		}
}

static void test_filter_and_marks(void **state)
{
	struct session *session = fixture_session(true);
	struct grid *grid = grid_new(80, 24, GRID_ASCII);

	(void)state;
	session_set_charset(session, GRID_ASCII);
	session_draw(session, grid);
	fixture_keys(session, "Shift-Right m A Shift-Right m B f");
	fixture_type(session, "pfn == 0x1c0077 && err != 0");
	fixture_keys(session, "Enter K");
	session_draw(session, grid);
	assert_true(golden_check(grid, "frame-filter-marks-80x24-ascii",
				 "filter, marks and hindsight are shown while they are in force"));
	grid_free(grid);
	session_free(session);
}

/* Same words at the same places: cells differ between the charsets only where a glyph stands. */
static void test_charsets_agree(void **state)
{
	struct session *session = fixture_session(true);
	struct grid *utf8 = grid_new(80, 24, GRID_UTF8), *ascii = grid_new(80, 24, GRID_ASCII);

	(void)state;
	session_draw(session, utf8);
	session_set_charset(session, GRID_ASCII);
	session_draw(session, ascii);
	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 80; x++) {
			const struct cell *a = grid_at(utf8, x, y), *b = grid_at(ascii, x, y);

			assert_int_equal(a->role, b->role);
			assert_in_range(b->cp, ' ', '~');
			if (a->cp < 0x7f)
				assert_int_equal(a->cp, b->cp);
		}
	grid_free(utf8);
	grid_free(ascii);
	session_free(session);
}

/* Any size draws; below the least one says so, and growing brings the picture back. */
static void test_sizes(void **state)
{
	struct session *session = fixture_session(true);
	struct grid *grid = grid_new(80, 24, GRID_ASCII), *again = grid_new(80, 24, GRID_ASCII);

	(void)state;
	session_set_charset(session, GRID_ASCII);
	session_draw(session, again);
	for (int width = 1; width <= 200; width += 7)
		for (int height = 1; height <= 60; height += 5) {
			grid_resize(grid, width, height);
			session_draw(session, grid);
			if (width >= 80 && height >= 24)
				assert_int_equal(grid_at(grid, 1, 0)->cp, 'k');
			else	/* "needs 80x24 ...", "80x24; q", "q" */
				assert_int_equal(grid_at(grid, 0, 0)->cp,
						 width >= 21 ? 'n' : width >= 8 ? '8' : 'q');
			session_key(session, K_DOWN);
			session_key(session, K_UP);
		}
	grid_resize(grid, 80, 24);
	session_draw(session, grid);
	assert_memory_equal(grid->cells, again->cells, sizeof(*grid->cells) * 80 * 24);
	grid_free(grid);
	grid_free(again);
	session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shots),
		cmocka_unit_test(test_filter_and_marks),
		cmocka_unit_test(test_charsets_agree),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
