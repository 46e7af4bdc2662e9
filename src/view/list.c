// SPDX-License-Identifier: GPL-2.0-only
/*
 * list.c - a cursor over rows and the window in which they are drawn.
 *
 * Rows are 64-bit: a list may have millions.  The window follows the cursor as little as it can,
 * so that a list does not jump while the cursor moves inside it, and it never shows blank space
 * below the last row while there are rows above the first.
 *
 * Not here: what the rows are; views that cannot number their rows use the window only.
 */
#include "session_private.h"

uint64_t list_place(struct list *list, uint64_t nr_rows, int x, int y, int width, int height)
{
	uint64_t window = height > 0 ? (uint64_t)height : 1;

	list->x = x;
	list->y = y;
	list->width = width;
	list->height = height;
	list->nr_rows = nr_rows;
	if (list->cursor >= nr_rows)
		list->cursor = nr_rows ? nr_rows - 1 : 0;
	if (list->top > list->cursor)
		list->top = list->cursor;
	if (list->cursor - list->top >= window)
		list->top = list->cursor - window + 1;
	if (nr_rows <= window)
		list->top = 0;
	else if (list->top > nr_rows - window)
		list->top = nr_rows - window;
	return list->top;
}

static void list_move(struct list *list, int64_t rows)
{
	if (rows < 0)
		list->cursor = list->cursor < (uint64_t)-rows ? 0 : list->cursor - (uint64_t)-rows;
	else
		list->cursor += (uint64_t)rows;
	if (list->cursor >= list->nr_rows)
		list->cursor = list->nr_rows ? list->nr_rows - 1 : 0;
}

bool list_act(struct list *list, enum action action)
{
	int page = list->height > 1 ? list->height - 1 : 1;

	switch (action) {
	case ACTION_UP: list_move(list, -1); return true;
	case ACTION_DOWN: list_move(list, 1); return true;
	case ACTION_PAGE_UP: list_move(list, -page); return true;
	case ACTION_PAGE_DOWN: list_move(list, page); return true;
	case ACTION_TOP: list->cursor = 0; return true;
	case ACTION_BOTTOM: list->cursor = list->nr_rows ? list->nr_rows - 1 : 0; return true;
	case ACTION_PAN_LEFT: list->pan = list->pan > 8 ? list->pan - 8 : 0; return true;
	case ACTION_PAN_RIGHT: list->pan = list->pan < 1000 ? list->pan + 8 : list->pan; return true;
	default: return false;
	}
}
