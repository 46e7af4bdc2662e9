// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_list.c - one scrolling list for every view, over anything with a next and a previous row.
 *
 * The hard idea is in the header: a list remembers an object and the line it stands on, not row
 * numbers.  Filling a window means: place the feed at the object, go back as many rows as there
 * are lines above it, then read on until the window is full.  Near the ends there are fewer rows
 * than lines; then the window slides, and the remembered line stays what it was, so that drawing
 * changes nothing.
 *
 * Moving is done in terms of the window *as drawn* (the line may have slid), which is what the
 * person looks at.
 *
 * It does not draw rows: each view has its own columns.
 */
#include "view_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

#include "view_order.h"

/* Rows that one key press (not a picture) may pass over. */
#define MOVE_BUDGET 100000

void view_list_fini(struct view_list *list)
{
	event_filter_free(list->filter);
	free(list->filter_text);
	order_free(list->order);
	*list = (struct view_list){0};
}

void view_list_filter(struct view_list *list, struct feed *feed)
{
	const char *text = session_filter(feed->scene->session);
	struct diag diag;

	if (!list->filter_text || strcmp(list->filter_text, text)) {
		event_filter_free(list->filter);
		list->filter = NULL;
		free(list->filter_text);
		list->filter_text = strdup(text);
		if (*text && event_filter_new(text, &list->filter, &diag))
			list->filter = NULL;
	}
	feed->filter = list->filter;
}

static bool key_equal(struct row_key a, struct row_key b)
{
	return ref_equal(a.ref, b.ref) && a.event == b.event;
}

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

/* A search in a direction of its own: what the last one passed over does not count. */
static void begin(struct feed *feed, struct row_key key)
{
	feed->budget = feed->room;
	feed_seek(feed, key);
}

/* Rows in front of @key into rows[0 .. nr), in order; how many there were. */
static int read_back(struct feed *feed, struct row_key key, struct list_row *rows, int nr)
{
	int done = 0;

	begin(feed, key);
	while (done < nr && feed_prev(feed, &rows[nr - 1 - done]) == 1)
		done++;
	memmove(rows, rows + nr - done, (size_t)done * sizeof(*rows));
	return done;
}

void view_list_window(struct view_list *list, struct feed *feed, struct row_key cursor, int height,
		      struct list_window *ret)
{
	int line, above, err = 1;

	ret->nr = 0;
	ret->cursor = -1;
	ret->exact = ret->exhausted = false;
	height = clamp(height, 0, LIST_WINDOW_MAX);
	list->height = height;
	if (!height)
		return;
	line = clamp(list->line, 0, height - 1);

	above = ret->nr = read_back(feed, cursor, ret->rows, line);
	begin(feed, cursor);
	while (ret->nr < height && (err = feed_next(feed, &ret->rows[ret->nr])) == 1)
		ret->nr++;
	ret->exhausted = err == -EAGAIN;

	/* Near the end there are too few below, or none: the window slides, and more stand above. */
	if (ret->nr < height && above == line) {
		struct row_key first = ret->nr ? ret->rows[0].key : cursor;
		int more = height - ret->nr, got;

		memmove(ret->rows + more, ret->rows, (size_t)ret->nr * sizeof(*ret->rows));
		got = read_back(feed, first, ret->rows, more);
		memmove(ret->rows + got, ret->rows + more, (size_t)ret->nr * sizeof(*ret->rows));
		ret->nr += got;
		above += got;
	}
	if (ret->nr)
		ret->cursor = clamp(above, 0, ret->nr - 1);
	ret->exact = ret->nr && key_equal(ret->rows[ret->cursor].key, cursor);
	list->drawn_line = ret->cursor < 0 ? 0 : ret->cursor;
}

/* The row that the cursor stands on, which is the next one or, at the end, the last. */
static int place(struct feed *feed, struct row_key cursor, struct list_row *ret)
{
	int err;

	feed_seek(feed, cursor);
	err = feed_next(feed, ret);
	if (err != 1) {
		feed_seek_end(feed);
		err = feed_prev(feed, ret);
	}
	return err;
}

bool view_list_move(struct view_list *list, struct feed *feed, struct row_key cursor, int64_t delta)
{
	struct list_row row, to;
	int64_t moved = 0;

	feed->budget = MOVE_BUDGET;
	if (place(feed, cursor, &to) != 1)
		return false;
	feed_seek(feed, to.key);
	if (delta > 0)
		feed_next(feed, &row); /* over the row itself */
	while (moved != delta) {
		if ((delta > 0 ? feed_next(feed, &row) : feed_prev(feed, &row)) != 1)
			break;
		to = row;
		moved += delta > 0 ? 1 : -1;
	}
	list->cursor = to.key;
	if (list->height > 0)
		list->line = clamp(list->drawn_line + (int)moved, 0, list->height - 1);
	return true;
}

bool view_list_end(struct view_list *list, struct feed *feed, bool last)
{
	struct list_row row;
	int err;

	feed->budget = MOVE_BUDGET;
	if (last)
		feed_seek_end(feed);
	else
		feed_seek(feed, (struct row_key){0});
	err = last ? feed_prev(feed, &row) : feed_next(feed, &row);
	if (err != 1)
		return false;
	list->cursor = row.key;
	list->line = last && list->height > 0 ? list->height - 1 : 0;
	return true;
}

bool view_list_act(struct view_list *list, struct feed *feed, struct row_key cursor,
		   enum action action)
{
	int page = list->height > 2 ? list->height - 1 : 1;

	switch (action) {
	case ACTION_UP:
		view_list_move(list, feed, cursor, -1);
		return true;
	case ACTION_DOWN:
		view_list_move(list, feed, cursor, 1);
		return true;
	case ACTION_PAGE_UP:
		view_list_move(list, feed, cursor, -page);
		return true;
	case ACTION_PAGE_DOWN:
		view_list_move(list, feed, cursor, page);
		return true;
	case ACTION_TOP:
		view_list_end(list, feed, false);
		return true;
	case ACTION_BOTTOM:
		view_list_end(list, feed, true);
		return true;
	default:
		return false;
	}
}

bool text_holds(const char *line, const char *text)
{
	bool capitals = false;

	for (const char *c = text; *c; c++)
		capitals |= isupper((unsigned char)*c) != 0;
	return (capitals ? strstr(line, text) : strcasestr(line, text)) != NULL;
}

int view_list_find(struct view_list *list, struct feed *feed, struct row_key cursor, const char *text,
		   int dir, bool wrap, row_describe_fn describe)
{
	struct list_row row;
	char line[512];
	int there = 1;

	feed->budget = MOVE_BUDGET;
	if (wrap && dir < 0)
		feed_seek_end(feed);
	else
		feed_seek(feed, wrap ? (struct row_key){0} : cursor);
	if (!wrap && dir > 0)
		feed_next(feed, &row);	/* over the cursor's own */
	for (int left = MOVE_BUDGET; left; left--) {
		there = dir > 0 ? feed_next(feed, &row) : feed_prev(feed, &row);
		if (there != 1)
			return there;
		describe(feed->scene, &row, line, sizeof(line));
		if (text_holds(line, text)) {
			list->cursor = row.key;
			return 1;
		}
	}
	return -EAGAIN;
}

void view_list_place(struct view_list *list, const struct scene *scene, struct list *place_,
		     const struct list_window *window, struct pane pane, int y)
{
	place_->top = 0;
	place_->cursor = window->cursor < 0 ? 0 : (uint64_t)window->cursor;
	list->drawn_line = (int)place_->cursor;
	list_place(place_, (uint64_t)window->nr, pane.x - scene->body.x, pane.y - scene->body.y + y,
		   pane.width, pane.height - y);
}

int view_list_mouse(const struct view_list *list, const struct list *place_)
{
	return (int)place_->cursor - list->drawn_line;
}
