/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * listing.h - a list of a view, said once: what stands in it and what choosing a row means.
 *
 * view_list.h knows cursors and windows, but not whose they are.  A listing ties one to a view: which
 * part of the view it is (Tab), where its rows come from, where its cursor stands, and what follows
 * when it moves.  From that come moving and paging, the mouse, searching and "the row under the
 * cursor", so a view writes none of them:
 *
 *	static const struct listing listings[] = {
 *		{.part = 0, .open = open_nodes, .describe = describe}, {0},
 *	};
 *	const struct view view_x = { .listings = listings, .moved = listing_moved, .find = listing_find, ... };
 *
 * and its act() ends with `return listing_act(session, own, action)`.
 *
 * A view's lists are the focused one's; searching falls back to the first that can be searched.
 */
#ifndef KSMTOP_LISTING_H
#define KSMTOP_LISTING_H

#include "view_list.h"

struct listing {
	int part; /* index into view_state.lists */
	bool apart; /* its cursor is its own: nothing is selected when it moves */
	/*
	 * The list with its feed and the cursor in it; may change scene->when to what the rows are told at.
	 * NULL: there is no such list now.
	 */
	struct view_list *(*open)(void *own, struct scene *scene, struct feed *feed,
				  struct row_key *ret_cursor);
	/*
	 * The cursor has come to that row by `how`: a moving action, ACTION_FIND, ACTION_NONE for the mouse.
	 * NULL: the row's object is selected, unless the listing stands apart.
	 */
	void (*choose)(void *own, const struct scene *scene, struct row_key key, enum action how);
	row_describe_fn describe; /* a row as text; NULL: it is not searched in */
};

/* What a view's act(), moved() and find() are for its listings. */
bool listing_act(struct session *session, void *own, enum action action);
void listing_moved(struct session *session, void *own);
int listing_find(struct session *session, void *own, const char *text, int dir, bool wrap);

/* The row under the cursor of this listing, the first one if none was chosen; false: no row. */
bool listing_row(const struct listing *listing, void *own, const struct scene *scene, struct list_row *ret);
/*
 * The object that the view is about: the cursor's, also when it is not there at this moment, but never
 * one that the filter hides.  The second is for a draw() that has the window already.
 */
struct ref listing_selected(const struct listing *listing, void *own, const struct scene *scene);
struct ref listing_shown(const struct scene *scene, struct row_key cursor, const struct list_window *window);

/*
 * Keys that mean the same for any object under a cursor: open, when it changed, filter for it, its
 * events.  False: not one of them, or the session goes on with it.
 */
bool listing_act_on(const struct scene *scene, enum action action, struct ref object);

#endif /* KSMTOP_LISTING_H */
