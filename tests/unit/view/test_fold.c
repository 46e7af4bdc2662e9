// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_fold.c - the window of a folded list, held against one that counts all lines from the beginning.
 *
 * A run is found from its middle and the window grows outwards from the row in question; counted from
 * the first row on the same lines must come out, in the same place, for every cursor, height and mixture of
 * rows.  Rows are letters: capitals are never folded, equal small ones that are neighbours are alike.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view/fold.h"

static bool alike(const void *rows, uint32_t a, uint32_t b)
{
	const char *letters = rows;

	return letters[a] >= 'a' && letters[a] == letters[b];
}

static bool shown(const struct fold *fold, uint32_t i)
{
	uint32_t cursor = fold->cursor;

	return fold->unfolded || (cursor != FOLD_NO_CURSOR && (i == cursor || i + 1 == cursor || i == cursor + 1)) ||
	       !alike(fold->rows, i, i);
}

/* All lines, from the first row on. */
static uint32_t all_lines(const struct fold *fold, struct fold_line *lines)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < fold->nr;) {
		uint32_t end = i + 1;

		while (!shown(fold, i) && end < fold->nr && !shown(fold, end) && alike(fold->rows, i, end))
			end++;
		if (end - i < FOLD_LEAST)
			end = i + 1;
		lines[nr++] = (struct fold_line){i, end - i};
		i = end;
	}
	return nr;
}

static void expect(const struct fold *fold, uint32_t here, int height)
{
	struct fold_line lines[64];
	uint32_t nr = all_lines(fold, lines), at = 0, top;
	struct fold_window window;

	fold_window(fold, here, height, &window);
	here = here < fold->nr ? here : fold->nr - 1;
	while (lines[at].first + lines[at].nr <= here)
		at++;
	top = at > (uint32_t)height / 2 ? at - (uint32_t)height / 2 : 0;
	top = nr <= (uint32_t)height ? 0 : top > nr - (uint32_t)height ? nr - (uint32_t)height : top;
	assert_int_equal(window.nr, nr < (uint32_t)height ? nr : (uint32_t)height);
	assert_int_equal(window.here, at - top);
	for (int i = 0; i < window.nr; i++) {
		assert_int_equal(window.lines[i].first, lines[top + (uint32_t)i].first);
		assert_int_equal(window.lines[i].nr, lines[top + (uint32_t)i].nr);
	}
}

static void as_counted_from_the_beginning(void **state)
{
	uint32_t seed = 7;
	char rows[41];

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t nr = 1 + (seed >> 8) % 40;

		for (uint32_t i = 0; i < nr; i++) {
			seed = seed * 1664525 + 1013904223;
			rows[i] = i && seed >> 24 < 200 ? rows[i - 1] : "Aabc"[seed >> 16 & 3];
		}
		for (uint32_t cursor = 0; cursor <= nr; cursor++)
			for (int height = 1; height < 44; height += 3)
				for (int unfolded = 0; unfolded < 2; unfolded++) {
					struct fold fold = {nr, cursor < nr ? cursor : FOLD_NO_CURSOR, unfolded,
							    alike, rows};

					expect(&fold, cursor, height);
				}
	}
}

static void what_is_drawn(void **state)
{
	struct fold fold = {.nr = 12, .cursor = 11, .alike = alike, .rows = "aaaaaVbbbaaa"};
	struct fold_window window;

	(void)state;
	fold_window(&fold, 11, 20, &window);	/* a run of five, then V, three b, and the cursor's with two more */
	assert_int_equal(window.nr, 8);
	assert_int_equal(window.lines[0].nr, 5);
	assert_int_equal(window.here, 7);
	fold.unfolded = true;
	fold_window(&fold, 11, 20, &window);
	assert_int_equal(window.nr, 12);
	fold.nr = 0;
	fold_window(&fold, 0, 20, &window);
	assert_int_equal(window.nr, 0);
	assert_int_equal(window.here, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_counted_from_the_beginning),
		cmocka_unit_test(what_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
