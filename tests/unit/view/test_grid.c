// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_grid.c - cells: clipping, widths, hostile text, bars and columns.
 *
 * What must hold whatever a view does: nothing outside the pane changes, no control character and
 * no half wide character is ever in a cell.  The property test at the end draws at random and
 * checks just that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/grid.h"

/* The text of a row, code points above ASCII as one '#', tails as '<'. */
static const char *row_text(const struct grid *grid, int y)
{
	static char text[256];
	int x;

	for (x = 0; x < grid->width && x < 255; x++) {
		uint32_t cp = grid_at(grid, x, y)->cp;

		text[x] = cp == GRID_TAIL ? '<' : cp < 0x7f ? (char)cp : '#';
	}
	text[x] = '\0';
	return text;
}

static void test_text(void **state)
{
	static const struct { const char *text, *row; int width; } cases[] = {
		{ "abc", "abc     ", 3 },
		{ "", "        ", 0 },
		{ "abcdefghij", "abcdefg#", 10 },
		{ "a\tb\nc\033[31m", "a?b?c?[#", 10 },	/* no control reaches a cell */
		{ "a\xc3\xa9z", "a#z     ", 3 },
		{ "a\xff\xfez", "a??z    ", 4 },		/* broken UTF-8 */
		{ "a\xe2\x82", "a??     ", 3 },
		{ "e\xcc\x81z", "ez      ", 2 },		/* combining: left out */
		{ "a\xe2\x80\xae" "b", "ab      ", 2 },	/* right-to-left override: left out */
		{ "\xe6\xbc\xa2\xe5\xad\x97", "#<#<    ", 4 },
		{ "abcdefg\xe6\xbc\xa2", "abcdefg#", 9 },	/* half a character is none */
		{ "\x7f", "?       ", 1 },
	};
	struct grid *grid = grid_new(8, 1, GRID_UTF8);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		grid_clear(grid);
		assert_int_equal(pane_text(grid_pane(grid), 0, 0, ROLE_TEXT, cases[i].text),
				 cases[i].width);
		assert_int_equal(text_width(cases[i].text), cases[i].width);
		assert_string_equal(row_text(grid, 0), cases[i].row);
	}
	grid_free(grid);
}

static void test_wide_overwritten(void **state)
{
	struct grid *grid = grid_new(6, 1, GRID_UTF8);
	struct pane pane = grid_pane(grid);

	(void)state;
	pane_text(pane, 0, 0, ROLE_TEXT, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2");
	pane_put(pane, 1, 0, ROLE_TEXT, 'x');
	assert_string_equal(row_text(grid, 0), " x#<#<");
	pane_put(pane, 2, 0, ROLE_TEXT, 'y');
	assert_string_equal(row_text(grid, 0), " xy #<");
	pane_put(pane, 3, 0, ROLE_TEXT, 0x6f22);
	assert_string_equal(row_text(grid, 0), " xy#< ");
	grid_free(grid);
}

static void test_ascii(void **state)
{
	struct grid *grid = grid_new(12, 1, GRID_ASCII);

	(void)state;
	pane_text(grid_pane(grid), 0, 0, ROLE_TEXT, "na\xc3\xafve \xe6\xbc\xa2!");
	assert_string_equal(row_text(grid, 0), "na?ve ?" "?!   ");
	pane_glyph(grid_pane(grid), 11, 0, ROLE_TEXT, GLYPH_VLINE);
	assert_int_equal(grid_at(grid, 11, 0)->cp, '|');
	grid_free(grid);
}

static void test_fit(void **state)
{
	static const struct { int width; enum align align; const char *text, *row; } cases[] = {
		{ 6, ALIGN_LEFT, "abc", "abc   ..." },
		{ 6, ALIGN_RIGHT, "abc", "   abc..." },
		{ 3, ALIGN_LEFT, "abc", "abc......" },
		{ 3, ALIGN_LEFT, "abcd", "ab~......" },
		{ 3, ALIGN_RIGHT, "abcd", "~cd......" },
		{ 1, ALIGN_LEFT, "abcd", "~........" },
		{ 0, ALIGN_LEFT, "abcd", "........." },
		{ -5, ALIGN_LEFT, "abcd", "........." },
		{ 4, ALIGN_LEFT, "ab\xe6\xbc\xa2z", "ab~ ....." },
		{ 4, ALIGN_RIGHT, "z\xe6\xbc\xa2" "ab", " ~ab....." },
	};
	struct grid *grid = grid_new(9, 1, GRID_ASCII);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pane_text(grid_pane(grid), 0, 0, ROLE_TEXT, ".........");
		pane_fit(grid_pane(grid), 0, 0, cases[i].width, cases[i].align, ROLE_TEXT, cases[i].text);
		assert_string_equal(row_text(grid, 0), cases[i].row);
	}
	grid_free(grid);
}

static void test_wrap(void **state)
{
	static const struct { int width, rows; const char *text, *first; } cases[] = {
		{ 10, 2, "one two three", "one two   " },
		{ 13, 1, "one two three", "one two three" },
		{ 3, 3, "abcdefgh", "abc" },
		{ 5, 2, "a\nb", "a    " },
		{ 1, 1, "\xe6\xbc\xa2", "#" },
		{ 0, 0, "abc", "" },
		{ 4, 0, "", "    " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grid *grid = grid_new(cases[i].width, 5, GRID_UTF8);
		int rows = pane_wrap(grid_pane(grid), 0, 0, cases[i].width, ROLE_TEXT, cases[i].text);

		assert_int_equal(rows, cases[i].rows);
		if (cases[i].width)
			assert_string_equal(row_text(grid, 0), cases[i].first);
		grid_free(grid);
	}
}

static void test_bar(void **state)
{
	static const struct { uint64_t value, max; const char *row; } cases[] = {
		{ 0, 100, "....." }, { 1, 100, "#...." }, { 50, 100, "##..." }, { 99, 100, "####." },
		{ 100, 100, "#####" }, { 200, 100, "#####" }, { 5, 0, "....." },
		{ UINT64_MAX / 2, UINT64_MAX, "##..." }, { UINT64_MAX, UINT64_MAX, "#####" },
	};
	struct grid *grid = grid_new(5, 1, GRID_ASCII);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pane_bar(grid_pane(grid), 0, 0, 5, ROLE_BAR, cases[i].value, cases[i].max);
		assert_string_equal(row_text(grid, 0), cases[i].row);
	}
	grid->charset = GRID_UTF8;
	pane_bar(grid_pane(grid), 0, 0, 5, ROLE_BAR, 11, 40);	/* a column and three eighths */
	assert_int_equal(grid_at(grid, 0, 0)->cp, 0x2588);
	assert_int_equal(grid_at(grid, 1, 0)->cp, 0x258d);
	assert_int_equal(grid_at(grid, 2, 0)->cp, 0x00b7);
	pane_bar(grid_pane(grid), 0, 0, INT_MAX, ROLE_BAR, 1, 1);	/* absurd: nothing */
	grid_free(grid);
}

static void test_spark(void **state)
{
	const uint64_t values[] = { 0, 1, 500, 1000, GRID_NO_VALUE, 2000 };
	struct grid *grid = grid_new(6, 1, GRID_ASCII);

	(void)state;
	pane_spark(grid_pane(grid), 0, 0, ROLE_BAR, values, 6, 1000);
	assert_string_equal(row_text(grid, 0), "_.=@?@");
	assert_int_equal(grid_at(grid, 4, 0)->role, ROLE_DOUBT);
	grid_free(grid);
}

static void test_columns(void **state)
{
	static const struct column columns[] = {
		{ "a", "AAA", 5, 0, 0, ALIGN_RIGHT }, { "b", "BBB", 5, 1, 0, ALIGN_LEFT },
		{ "c", "CCC", 5, 0, 1, ALIGN_LEFT }, { "d", "DDD", 5, 1, 2, ALIGN_LEFT },
	};
	struct column_place places[4];
	struct grid *grid = grid_new(40, 1, GRID_ASCII);

	(void)state;
	columns_fit(columns, 4, 0xf, -1, 26, places);		/* just enough */
	assert_int_equal(places[3].x, 21);
	assert_int_equal(places[3].width, 5);
	columns_fit(columns, 4, 0xf, -1, 25, places);		/* one too few: d goes, b takes the room */
	assert_int_equal(places[3].width, 0);
	assert_int_equal(places[1].width, 10);
	assert_int_equal(places[2].x, 20);
	columns_fit(columns, 4, 0xf, -1, 1, places);		/* a and b never go */
	assert_int_equal(places[0].width, 5);
	assert_int_equal(places[1].width, 5);
	assert_int_equal(places[2].width, 0);
	columns_fit(columns, 4, 0xf, 3, 20, places);		/* nor does the one sorted by: c goes first */
	assert_int_equal(places[3].width, 5);
	assert_int_equal(places[2].width, 0);
	columns_fit(columns, 4, 0x5, -1, 40, places);		/* nobody grows */
	assert_int_equal(places[1].width, 0);
	assert_int_equal(places[2].x, 9);
	columns_fit(columns, 4, 0xf, -1, 31, places);
	columns_heading(grid_pane(grid), 0, columns, 4, places, 0, true);
	assert_string_equal(row_text(grid, 0), "    vAAA BBB     CCC   DDD              ");
	columns_heading(grid_pane(grid), 0, (const struct column[]){ { "e", "EEE", 3, 0, 0, ALIGN_RIGHT } }, 1,
			(const struct column_place[]){ { 10, 3 } }, 0, true);	/* no room beside the word: the blank before it */
	assert_int_equal(row_text(grid, 0)[9], 'v');
	grid_free(grid);
}

static void test_nesting(void **state)
{
	struct grid *grid = grid_new(10, 4, GRID_ASCII);
	struct pane outer = pane_sub(grid_pane(grid), 2, 1, 6, 2);
	struct pane inner = pane_sub(outer, -1, -1, 4, 2);

	(void)state;
	pane_fill(inner, 0, 0, 100, 100, ROLE_FAULT);
	pane_text(pane_sub(outer, 5, 1, 50, 50), 0, 0, ROLE_TEXT, "xyz");
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 10; x++)
			assert_int_equal(grid_at(grid, x, y)->role == ROLE_FAULT,
					 y == 1 && x >= 2 && x < 5);
	assert_string_equal(row_text(grid, 2), "       ~  ");
	assert_int_equal(pane_sub(outer, INT_MAX, 0, INT_MAX, 1).width, 0);
	grid_free(grid);
}

static void draw_anything(struct pane pane)
{
	static const char *const texts[] = { "plain", "\xe6\xbc\xa2\xe5\xad\x97", "\033]0;x\a", "\xff" };
	int x = rand() % 40 - 10, y = rand() % 20 - 5, size = rand() % 40 - 5;
	const char *text = texts[rand() % 4];

	switch (rand() % 7) {
	case 0: pane_text(pane, x, y, ROLE_NEW, text); break;
	case 1: pane_fit(pane, x, y, size, rand() % 2 ? ALIGN_LEFT : ALIGN_RIGHT, ROLE_NEW, text); break;
	case 2: pane_fill(pane, x, y, size, size, ROLE_NEW); break;
	case 3: pane_box(pane_sub(pane, x, y, size, size), ROLE_NEW, text); break;
	case 4: pane_bar(pane, x, y, size, ROLE_NEW, (uint64_t)rand(), RAND_MAX); break;
	case 5: pane_wrap(pane, x, y, size, ROLE_NEW, text); break;
	case 6: pane_paint(pane, x, y, size, size, ROLE_NEW); break;
	}
}

static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 5000; round++) {
		struct grid *grid = grid_new(20, 8, rand() % 2 ? GRID_ASCII : GRID_UTF8);
		int x0 = rand() % 10, y0 = rand() % 4, width = rand() % 12, height = rand() % 5;
		struct pane pane = pane_sub(grid_pane(grid), x0, y0, width, height);

		for (int i = 0; i < 10; i++)
			draw_anything(pane);
		for (int y = 0; y < 8; y++)
			for (int x = 0; x < 20; x++) {
				const struct cell *cell = grid_at(grid, x, y);
				bool inside = x >= x0 && x < x0 + width && y >= y0 && y < y0 + height;

				assert_true(cell->cp == GRID_TAIL || cell->cp >= ' ');
				assert_true(cell->cp != 0x7f);
				if (!inside)
					assert_true(cell->cp == ' ' && cell->role == ROLE_TEXT);
				if (cell->cp == GRID_TAIL)
					assert_true(x > 0 && grid_at(grid, x - 1, y)->cp > 0x1100);
				if (grid->charset == GRID_ASCII)
					assert_in_range(cell->cp, ' ', '~');
			}
		grid_free(grid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text), cmocka_unit_test(test_wide_overwritten),
		cmocka_unit_test(test_ascii), cmocka_unit_test(test_fit), cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_bar), cmocka_unit_test(test_spark), cmocka_unit_test(test_columns),
		cmocka_unit_test(test_nesting), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
