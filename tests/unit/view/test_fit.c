// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_fit.c - no text is ever cut inside a number.
 *
 * A screen once said "of 7 999 835 offered  it", "took 4.0" and, with leading digits gone, "6.0 KiB"
 * of 16.0.  The table says what short text looks like; the property cuts random sentences of words,
 * numbers, counts and times at every width and from either end, and looks at what the cut parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/grid.h"

#define WIDE 120

static void shown(const struct grid *grid, int width, char *buf)
{
	for (int x = 0; x < width; x++)
		buf[x] = (char)grid_at(grid, x, 0)->cp;
	buf[width] = '\0';
}

static void test_table(void **state)
{
	static const struct { int width; enum align align; const char *text, *row; } cases[] = {
		{ 9, ALIGN_RIGHT, "7 999 835", "7 999 835" },
		{ 8, ALIGN_RIGHT, "7 999 835", " 7999835" },
		{ 6, ALIGN_RIGHT, "7 999 835", " 7999k" },
		{ 4, ALIGN_RIGHT, "7 999 835", "7.9M" },
		{ 2, ALIGN_LEFT, "7 999 835", "7M" },
		{ 1, ALIGN_RIGHT, "7 999 835", "~" },
		{ 4, ALIGN_RIGHT, "10 000 000", " 10M" },
		/* a pid, an event: no count, and worth nothing in part */
		{ 6, ALIGN_RIGHT, "4194304", "     ~" },
		{ 7, ALIGN_RIGHT, "16.0 KiB", "      ~" },
		{ 7, ALIGN_LEFT, "16.0 KiB", "~      " },
		{ 12, ALIGN_LEFT, "held 4.0 ms, longest", "held 4.0 ms~" },
		{ 11, ALIGN_LEFT, "held 4.0 ms, longest", "held~      " },
		{ 16, ALIGN_LEFT, "of 7 999 835 offered", "of 7 999 835~   " },
		{ 12, ALIGN_LEFT, "of 7 999 835 offered", "of~         " },
		{ 11, ALIGN_LEFT, "anon_vma#21", "anon_vma#21" },
		{ 10, ALIGN_LEFT, "anon_vma#21", "anon_vma#~" },
		{ 10, ALIGN_LEFT, "0xff11000021064280", "~         " },
		{ 8, ALIGN_LEFT, "khugepaged", "khugepa~" },
		{ 20, ALIGN_RIGHT, "poison-search-17161-posted.dat", "~ch-17161-posted.dat" },
		{ 16, ALIGN_RIGHT, "poison-search-17161-posted.dat", "    ~-posted.dat" },
		{ 20, ALIGN_LEFT, "item#5 0x7f0020005000", "item#5~             " },
		{ 18, ALIGN_RIGHT, "poison-search-17161-posted.dat", "~-17161-posted.dat" },
	};
	struct grid *grid = grid_new(WIDE, 1, GRID_ASCII);
	char row[WIDE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pane_fit(grid_pane(grid), 0, 0, cases[i].width, cases[i].align, ROLE_TEXT, cases[i].text);
		shown(grid, cases[i].width, row);
		assert_string_equal(row, cases[i].row);
	}
	grid_free(grid);
}

/* A sentence, and where its numbers with their units begin and end. */
struct sentence {
	char text[256];
	size_t length, nr, start[8], end[8];
};

__attribute__((format(printf, 3, 4)))
static void add(struct sentence *s, bool number, const char *format, ...)
{
	va_list args;

	if (s->length)
		s->text[s->length++] = ' ';
	s->start[s->nr] = s->length;
	va_start(args, format);
	s->length += (size_t)vsnprintf(s->text + s->length, sizeof(s->text) - s->length, format, args);
	va_end(args);
	s->end[s->nr] = s->length;
	s->nr += number;
}

static void make(struct sentence *s)
{
	static const char *const words[] = {"walk", "of", "offered,", "(pfn", "vm-a", "mapcount"};

	*s = (struct sentence){.length = 0};
	for (int nr = 1 + rand() % 6; nr; nr--)
		switch (rand() % 5) {
		case 0:
			add(s, true, "0x%x", (unsigned int)rand());
			break;
		case 1:
			add(s, true, "%d %03d", 1 + rand() % 999, rand() % 1000);
			break;
		case 2:
			add(s, true, "%d.%d %s", rand() % 1000, rand() % 10, rand() % 2 ? "ms" : "KiB");
			break;
		case 3:
			add(s, true, "node#%d", rand() % 1000);
			s->start[s->nr - 1] += strlen("node#");
			break;
		default:
			add(s, false, "%s", words[rand() % 6]);
		}
}

/* Does parting the sentence at @at leave half a number on either side? */
static bool parts_number(const struct sentence *s, size_t at)
{
	for (size_t i = 0; i < s->nr; i++)
		if (s->start[i] < at && at < s->end[i])
			return true;
	return false;
}

static void test_property(void **state)
{
	struct grid *grid = grid_new(WIDE, 1, GRID_ASCII);
	struct sentence s;
	char row[WIDE + 1];

	(void)state;
	srand(1);
	for (int i = 0; i < 3000; i++) {
		make(&s);
		for (int width = 1; width < (int)s.length && width < WIDE; width++) {
			char *mark;

			grid_clear(grid);
			pane_fit(grid_pane(grid), 0, 0, width, ALIGN_LEFT, ROLE_TEXT, s.text);
			shown(grid, width, row);
			mark = strchr(row, '~');
			if (mark && (strncmp(row, s.text, (size_t)(mark - row)) || parts_number(&s, (size_t)(mark - row))))
				fail_msg("\"%s\" in %d columns: \"%s\"", s.text, width, row);
			pane_fit(grid_pane(grid), 0, 0, width, ALIGN_RIGHT, ROLE_TEXT, s.text);
			shown(grid, width, row);
			mark = strchr(row, '~');
			if (mark && mark[1] && parts_number(&s, s.length - strlen(mark + 1)))
				fail_msg("\"%s\" in %d columns: \"%s\"", s.text, width, row);
		}
	}
	grid_free(grid);
}

/* Text over a pane's edge, and a paragraph with too few rows, say that there is more. */
static void test_edge(void **state)
{
	struct grid *grid = grid_new(20, 2, GRID_ASCII);
	char row[21];

	(void)state;
	assert_int_equal(pane_text(grid_pane(grid), 5, 0, ROLE_TEXT, "took 4.0 ms so far"), 18);
	shown(grid, 20, row);
	assert_string_equal(row, "     took 4.0 ms so~");
	grid_clear(grid);
	assert_int_equal(pane_wrap(grid_pane(grid), 0, 0, 20, ROLE_TEXT,
				   "79 999 VMAs offered, 79 995 outside and 2 visited"), 3);
	shown(grid, 20, row);
	assert_string_equal(row, "79 999 VMAs offered,");
	for (int x = 0; x < 20; x++)
		row[x] = (char)grid_at(grid, x, 1)->cp;
	assert_string_equal(row, "79 995 outside and~ ");
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_property), cmocka_unit_test(test_edge),
	};

	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
