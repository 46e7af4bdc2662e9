// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_grid_write.c - a grid as text, roles, ANSI and SVG, byte for byte.
 *
 * Export and documentation go through here; a look that leaks into the next line, or a '<' that
 * breaks an SVG, would be seen by others first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "screen/grid_write.h"

static struct grid *picture(void)
{
	struct grid *grid = grid_new(8, 2, GRID_UTF8);
	struct pane pane = grid_pane(grid);

	pane_text(pane, 0, 0, ROLE_TEXT, "a<");
	pane_text(pane, 2, 0, ROLE_FAULT, "!");
	pane_text(pane, 4, 0, ROLE_VISITED, "\xe6\xbc\xa2");
	pane_fill(pane, 0, 1, 8, 1, ROLE_TITLE);
	pane_text(pane, 1, 1, ROLE_TITLE, "&");
	return grid;
}

static void expect(int err, char *text, const char *wanted)
{
	assert_int_equal(err, 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_text(void **state)
{
	struct grid *grid = picture();
	char *text = NULL;
	int err;

	(void)state;
	err = grid_write_text(grid, &text);
	expect(err, text, "a<! \xe6\xbc\xa2\n &\n");
	err = grid_write_roles(grid, &text);
	expect(err, text, "..!.vv..\nTTTTTTTT\n");
	grid_free(grid);
}

static void test_ansi(void **state)
{
	struct grid *grid = picture();
	struct theme theme;
	char *text = NULL;
	int err;

	(void)state;
	theme_shipped(&theme, "dark");
	err = grid_write_ansi(grid, &theme, DEPTH_TRUE, &text);
	expect(err, text, "a<\033[0;38;2;227;84;190m!\033[0m \033[0;38;2;176;208;251m\xe6\xbc\xa2\033[0m  \n"
	       "\033[0;7m &      \033[0m\n");
	err = grid_write_ansi(grid, &theme, DEPTH_256, &text);
	expect(err, text, "a<\033[0;38;5;206m!\033[0m \033[0;38;5;153m\xe6\xbc\xa2\033[0m  \n"
	       "\033[0;7m &      \033[0m\n");
	err = grid_write_ansi(grid, &theme, DEPTH_16, &text);
	expect(err, text, "a<\033[0;35m!\033[0m \033[0;36m\xe6\xbc\xa2\033[0m  \n\033[0;7m &      \033[0m\n");
	err = grid_write_ansi(grid, &theme, DEPTH_MONO, &text);
	expect(err, text, "a<\033[0;1;7m!\033[0m \033[0;1m\xe6\xbc\xa2\033[0m  \n\033[0;7m &      \033[0m\n");
	grid_free(grid);
}

static void test_svg(void **state)
{
	struct grid *grid = picture();
	struct theme theme;
	char *text = NULL;

	(void)state;
	theme_shipped(&theme, "dark");
	assert_int_equal(grid_write_svg(grid, &theme, &text), 0);
	assert_memory_equal(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"72\" height=\"36\"", 62);
	assert_non_null(strstr(text, "fill=\"#1c1c1c\"/>"));	/* the background */
	assert_non_null(strstr(text, ">a&lt;</text>"));
	assert_non_null(strstr(text, "textLength=\"9\" fill=\"#e354be\">!</text>"));
	assert_non_null(strstr(text, "textLength=\"18\" fill=\"#b0d0fb\">\xe6\xbc\xa2</text>"));
	/* reversed: a rectangle in the text's colour, the text in the background's */
	assert_non_null(strstr(text, "<rect x=\"0\" y=\"18\" width=\"72\" height=\"18\" fill=\"#e6e6e6\"/>"));
	assert_non_null(strstr(text, "fill=\"#1c1c1c\"> &amp;</text>"));
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	free(text);
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text), cmocka_unit_test(test_ansi), cmocka_unit_test(test_svg),
	};

	return cmocka_run_group_tests_name("grid_write", tests, NULL, NULL);
}
