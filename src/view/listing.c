// SPDX-License-Identifier: GPL-2.0-only
/*
 * listing.c - moving, clicking and searching in the lists of a view.
 *
 * Every view with a list did the same five things: make the feed, find the cursor, let view_list.c
 * move it, select what it came to, and look for a text.  They are here once; what differs is asked of
 * the view's listings.
 *
 * The rows are made anew for each key: they are a query at a moment, and nothing of it is kept.
 *
 * Not here: drawing, and lists that are no rows of a feed (a ranking, the steps of an episode).
 */
#include "listing.h"

#include "view_util.h"

/* The listing that has the focus; NULL: that part of the view is none. */
static const struct listing *focused(struct session *session)
{
	const struct listing *listing = session_view(session)->listings;
	int part = session_view_state(session)->focus;

	for (; listing && listing->open; listing++)
		if (listing->part == part)
			return listing;
	return NULL;
}

static const struct listing *searched(struct session *session)
{
	const struct listing *listing = focused(session);

	if (listing && listing->describe)
		return listing;
	for (listing = session_view(session)->listings; listing && listing->open; listing++)
		if (listing->describe)
			return listing;
	return NULL;
}

static void choose(const struct listing *listing, void *own, const struct scene *scene, struct row_key key,
		   enum action how)
{
	if (listing->choose)
		listing->choose(own, scene, key, how);
	else if (!listing->apart && !ref_is_none(key.ref))
		session_select(scene->session, key.ref);
}

bool listing_act(struct session *session, void *own, enum action action)
{
	const struct listing *listing = focused(session);
	struct view_list *list;
	struct row_key cursor;
	struct scene scene;
	struct feed feed;

	if (!listing || !scene_init(&scene, session))
		return false;
	list = listing->open(own, &scene, &feed, &cursor);
	if (!list || !view_list_act(list, &feed, cursor, action))
		return false;
	choose(listing, own, &scene, list->cursor, action);
	return true;
}

void listing_moved(struct session *session, void *own)
{
	const struct listing *listing = focused(session);
	struct view_list *list;
	struct row_key cursor;
	struct scene scene;
	struct feed feed;
	int delta;

	if (!listing || !scene_init(&scene, session))
		return;
	list = listing->open(own, &scene, &feed, &cursor);
	if (!list)
		return;
	delta = view_list_mouse(list, &session_view_state(session)->lists[listing->part]);
	/* a row of time that was not left is no reason to go anywhere */
	if (view_list_move(list, &feed, cursor, delta) && (delta || !list->cursor.event))
		choose(listing, own, &scene, list->cursor, ACTION_NONE);
}

int listing_find(struct session *session, void *own, const char *text, int dir, bool wrap)
{
	const struct listing *listing = searched(session);
	struct view_list *list;
	struct row_key cursor;
	struct scene scene;
	struct feed feed;
	int found;

	if (!listing || !scene_init(&scene, session))
		return 0;
	list = listing->open(own, &scene, &feed, &cursor);
	if (!list)
		return 0;
	found = view_list_find(list, &feed, cursor, text, dir, wrap, listing->describe);
	if (found == 1)
		choose(listing, own, &scene, list->cursor, ACTION_FIND);
	return found;
}

bool listing_row(const struct listing *listing, void *own, const struct scene *scene, struct list_row *ret)
{
	struct scene at = *scene;
	struct row_key cursor;
	struct feed feed;

	return listing->open(own, &at, &feed, &cursor) && util_current(&feed, cursor, ret);
}

struct ref listing_selected(const struct listing *listing, void *own, const struct scene *scene)
{
	struct scene at = *scene;
	struct row_key cursor;
	struct list_row row;
	struct feed feed;

	if (!listing->open(own, &at, &feed, &cursor))
		return (struct ref){0};
	if (!ref_is_none(cursor.ref) && !*session_filter(scene->session))
		return cursor.ref;
	return util_current(&feed, cursor, &row) ? row.key.ref : cursor.ref;
}

struct ref listing_shown(const struct scene *scene, struct row_key cursor, const struct list_window *window)
{
	if (window->cursor >= 0 && (ref_is_none(cursor.ref) || *session_filter(scene->session)))
		return window->rows[window->cursor].key.ref;
	return cursor.ref;
}

bool listing_act_on(const struct scene *scene, enum action action, struct ref object)
{
	switch (action) {
	case ACTION_OPEN:
		util_open(scene, object);
		return true;
	case ACTION_WHEN_CHANGED:
		util_when_changed(scene, object);
		return true;
	case ACTION_THIS:
		util_filter_this(scene, object);
		return true;
	case ACTION_SAME_PREV:
	case ACTION_SAME_NEXT:
		session_select(scene->session, object);
		return false;
	default:
		return false;
	}
}
