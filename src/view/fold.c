// SPDX-License-Identifier: GPL-2.0-only
/*
 * fold.c - a list of numbered rows in which runs of rows that are alike take one line each.
 *
 * A run is found from any of its rows by looking to both sides, so that no line has to be counted from
 * the beginning: the window goes up from the row in question until it is half full, then down, and takes
 * what is left over at one end at the other.
 *
 * Not here: what rows are and what makes them alike (walk_panes.c: VMAs; step_list.c: steps).
 */
#include "fold.h"

static bool folds(const struct fold *fold, uint32_t i)
{
	bool near = fold->cursor != FOLD_NO_CURSOR && i + 1 >= fold->cursor && i <= fold->cursor + 1;

	return !fold->unfolded && !near && fold->alike(fold->rows, i, i);
}

/* Do these neighbours stand on one line, if that is long enough? */
static bool joined(const struct fold *fold, uint32_t a)
{
	return folds(fold, a) && folds(fold, a + 1) && fold->alike(fold->rows, a, a + 1);
}

/* The line that a row stands on. */
static struct fold_line line_of(const struct fold *fold, uint32_t i)
{
	uint32_t first = i, last = i;

	while (first && joined(fold, first - 1))
		first--;
	while (last + 1 < fold->nr && joined(fold, last))
		last++;
	if (last - first + 1 < FOLD_LEAST)
		return (struct fold_line){i, 1};
	return (struct fold_line){first, last - first + 1};
}

void fold_window(const struct fold *fold, uint32_t here, int height, struct fold_window *ret)
{
	struct fold_line above[FOLD_LINES_MAX], below[FOLD_LINES_MAX], line;
	int nr_above = 0, nr_below = 0, up, down;

	*ret = (struct fold_window){.here = -1};
	height = height > FOLD_LINES_MAX ? FOLD_LINES_MAX : height;
	if (!fold->nr || height < 1)
		return;
	here = here < fold->nr ? here : fold->nr - 1;
	line = line_of(fold, here);
	for (uint32_t end = line.first; end && nr_above < height; end = above[nr_above++].first)
		above[nr_above] = line_of(fold, end - 1);
	for (uint32_t i = line.first; i < fold->nr && nr_below < height; nr_below++) {
		below[nr_below] = line_of(fold, i);
		i = below[nr_below].first + below[nr_below].nr;
	}
	up = nr_above < height / 2 ? nr_above : height / 2;
	down = nr_below < height - up ? nr_below : height - up;
	up = nr_above < height - down ? nr_above : height - down;
	for (int i = up; i; i--)
		ret->lines[ret->nr++] = above[i - 1];
	ret->here = ret->nr;
	for (int i = 0; i < down; i++)
		ret->lines[ret->nr++] = below[i];
}
