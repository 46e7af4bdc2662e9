/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view_list.h - one scrolling list for every view, over anything with a next and a previous row.
 *
 * A table of a recording may hold millions of rows alive at a moment, and has no row numbers: the
 * rows between two moments shift.  So a list is not "row 4711 on top" but "this object, on this
 * line": its cursor names an object (or an event) and the line of the window where that stands.
 * The window is filled from there, a few rows up and a few down.  Stepping in time therefore
 * leaves everything in its place, and going back finds everything where it was, even if the
 * object under the cursor died in between: then its place is shown, and it comes back with it.
 *
 * Rows come from a *feed*, a value on the stack:
 *	feed_relation()	rows of a table at the moment, in the order of enum relation
 *	feed_events()	events of the recording, 0 standing for "before the first"
 *	feed_touches()	the events that touched one object
 * A filter and an accept function pass over rows.  How many may be passed over is bounded
 * (`budget`), so that no picture costs a walk over everything; list_window says when that bound
 * was met.
 *
 * view_list_sort() makes the list follow a column.  It reads all rows that fit and keeps their
 * order for that moment: for lists of at most SORT_ROWS_MAX rows, else the natural order stays and
 * it says so.
 *
 * Costs: a picture is O(rows shown + rows passed over), each row O(log n).
 */
#ifndef KSMTOP_VIEW_LIST_H
#define KSMTOP_VIEW_LIST_H

#include "row_field.h"
#include "scene.h"

#define LIST_WINDOW_MAX 256   /* rows of a window; more are not drawn */
#define LIST_BUDGET     20000 /* rows that one search may pass over ... */
#define EVENT_BUDGET    4000  /* ... and events, which have to be read for it */
#define SORT_ROWS_MAX   20000

/* What names a row over time: an object or an event number.  {0} is the first row. */
struct row_key {
	struct ref ref;
	uint64_t event;
};

struct list_row {
	struct row_key key;
	union row row; /* of feed_relation() only */
};

struct feed;
typedef bool (*feed_accept_fn)(const struct feed *feed, const struct list_row *row);

/* Private but for accept and arg. */
struct feed {
	const struct scene *scene;
	feed_accept_fn accept;       /* NULL: all */
	const void *arg;             /* for accept */
	struct event_filter *filter; /* borrowed, NULL: all */
	filter_lookup_fn lookup;     /* of a row's values; NULL: row_field() */
	uint32_t room;               /* rows that one search may pass over ... */
	uint32_t budget;             /* ... and that this one still may */
	enum feed_kind { FEED_RELATION, FEED_EVENTS, FEED_TOUCHES, FEED_SORTED } kind;
	struct history_cursor cursor;
	enum relation relation;
	struct ref object;
	uint64_t at; /* events: the number that comes next; sorted: the index */
	const struct view_list *sorted;
};

int feed_relation(struct feed *feed, const struct scene *scene, enum relation relation,
		  struct ref parent);
void feed_events(struct feed *feed, const struct scene *scene);
void feed_touches(struct feed *feed, const struct scene *scene, struct ref object);

/* Stands before the row of that key, or where it would be. */
void feed_seek(struct feed *feed, struct row_key key);
void feed_seek_end(struct feed *feed);
/* 1 and a row, 0 at the end, -EAGAIN when the budget is used up. */
int feed_next(struct feed *feed, struct list_row *ret);
int feed_prev(struct feed *feed, struct list_row *ret);

/* ---- the list ---- */

struct view_list {
	struct row_key cursor;
	int line;                    /* of the window, where the cursor stands */
	int height, drawn_line;      /* as last drawn: for paging and the mouse */
	struct event_filter *filter; /* of filter_text */
	char *filter_text;
	struct sort_order *order; /* of the last view_list_sort() */
};

struct list_window {
	struct list_row rows[LIST_WINDOW_MAX];
	int nr;
	int cursor;     /* index of the cursor's row, -1: none */
	bool exact;     /* that row is the one the cursor names */
	bool exhausted; /* the budget ended before the window was full */
};

void view_list_fini(struct view_list *list);

/* Makes the session's filter the feed's; one that does not parse hides nothing. */
void view_list_filter(struct view_list *list, struct feed *feed);

/* How two rows follow one another by a column: <0, 0, >0. */
typedef int (*row_compare_fn)(const struct scene *scene, int column, const union row *a,
			      const union row *b);
/*
 * Sorts what the feed gives (its filter included); afterwards the feed gives the sorted rows.
 * -E2BIG: too many rows, the feed is as it was; -ENOMEM.
 */
int view_list_sort(struct view_list *list, struct feed *feed, row_compare_fn compare, int column,
		   bool descending);

/* What stands on a window of @height rows.  Changes nothing but height and drawn_line. */
void view_list_window(struct view_list *list, struct feed *feed, struct row_key cursor, int height,
		      struct list_window *ret);

/*
 * Moves by @delta rows from @cursor, as far as there are rows: true and the new key, which is then
 * list->cursor as well.  The line follows, within the window.
 */
bool view_list_move(struct view_list *list, struct feed *feed, struct row_key cursor,
		    int64_t delta);
/* First or last row. */
bool view_list_end(struct view_list *list, struct feed *feed, bool last);
/*
 * What UP DOWN PAGE_UP PAGE_DOWN TOP BOTTOM do.  False: the action is none of these.
 */
bool view_list_act(struct view_list *list, struct feed *feed, struct row_key cursor,
		   enum action action);
/* The row that a text is found in, from the cursor on or around the end: describe() gives a row's text. */
typedef void (*row_describe_fn)(const struct scene *scene, const struct list_row *row, char *buf,
				size_t size);
/* The answers are those of a view's find(). */
int view_list_find(struct view_list *list, struct feed *feed, struct row_key cursor, const char *text,
		   int dir, bool wrap, row_describe_fn describe);

/*
 * The session's list (for the mouse) follows the window; and back: how many rows the mouse moved
 * the cursor since.  The list fills @pane from row @y on.
 */
void view_list_place(struct view_list *list, const struct scene *scene, struct list *place,
		     const struct list_window *window, struct pane pane, int y);
int view_list_mouse(const struct view_list *list, const struct list *place);

/* Is @text in @line?  Smart case: capitals count when the text has some. */
bool text_holds(const char *line, const char *text);

#endif /* KSMTOP_VIEW_LIST_H */
