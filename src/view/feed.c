// SPDX-License-Identifier: GPL-2.0-only
/*
 * feed.c - where a list's rows come from.
 *
 * A feed stands between two rows and gives the next or the previous one; it hides whether they
 * are rows of a table at a moment, events, the events of one object, or an order that was sorted
 * for a column.  All four can be placed by a key that is not (any more) among them: then the feed
 * stands where it would be.
 *
 * Filters cost a look at every row passed over, so the feed carries a budget.  When it is used up
 * the feed says -EAGAIN and stays where it is; the same call with a new budget goes on.
 *
 * It does not know windows, cursors or keys: view_list.c does.
 */
#include <errno.h>

#include "view_list.h"
#include "view_order.h"

int feed_relation(struct feed *feed, const struct scene *scene, enum relation relation,
		  struct ref parent)
{
	*feed = (struct feed){.scene = scene,
			      .room = LIST_BUDGET,
			      .budget = LIST_BUDGET,
			      .kind = FEED_RELATION,
			      .relation = relation,
			      .object = parent};
	return history_list(scene->history, relation, parent, scene->when, &feed->cursor);
}

void feed_events(struct feed *feed, const struct scene *scene)
{
	*feed = (struct feed){
		.scene = scene, .room = EVENT_BUDGET, .budget = EVENT_BUDGET, .kind = FEED_EVENTS};
}

void feed_touches(struct feed *feed, const struct scene *scene, struct ref object)
{
	*feed = (struct feed){.scene = scene,
			      .room = EVENT_BUDGET,
			      .budget = EVENT_BUDGET,
			      .kind = FEED_TOUCHES,
			      .object = object};
}

/* The lowest event of the list: 0 stands for "before the first". */
static uint64_t first_event(const struct feed *feed)
{
	uint64_t first = history_first(feed->scene->history);

	return first > 1 ? first : feed->filter || feed->kind == FEED_TOUCHES ? 1 : 0;
}

void feed_seek(struct feed *feed, struct row_key key)
{
	switch (feed->kind) {
	case FEED_RELATION:
		if (ref_is_none(key.ref))
			history_list(feed->scene->history, feed->relation, feed->object,
				     feed->scene->when, &feed->cursor);
		else if (feed->cursor.history)
			history_seek(&feed->cursor, key.ref);
		break;
	case FEED_SORTED:
		feed->at = order_find(feed->sorted->order, key.ref);
		break;
	default:
		feed->at = key.event;
	}
}

void feed_seek_end(struct feed *feed)
{
	if (feed->kind == FEED_RELATION && feed->cursor.history)
		history_seek_end(&feed->cursor);
	else if (feed->kind == FEED_RELATION)
		return;
	else if (feed->kind == FEED_SORTED)
		feed->at = feed->sorted->order->nr;
	else
		feed->at = history_last(feed->scene->history) + 1;
}

/* One row on or back, whether it fits or not: 1, or 0 at the end. */
static int step_event(struct feed *feed, int dir, struct list_row *ret)
{
	uint64_t last = history_last(feed->scene->history), first = first_event(feed);

	if (feed->at < first)
		feed->at = first;
	if (dir > 0 ? feed->at > last : feed->at <= first)
		return 0;
	if (dir < 0)
		feed->at--;
	ret->key = (struct row_key){.event = feed->at};
	if (dir > 0)
		feed->at++;
	return 1;
}

static int step_touch(struct feed *feed, int dir, struct list_row *ret)
{
	uint64_t event;

	if (dir > 0)
		event = history_touch(feed->scene->history, feed->object,
				      feed->at ? feed->at - 1 : 0, 1);
	else
		event = history_touch(feed->scene->history, feed->object, feed->at, -1);
	if (!event)
		return 0;
	ret->key = (struct row_key){.event = event};
	feed->at = dir > 0 ? event + 1 : event;
	return 1;
}

static int step_sorted(struct feed *feed, int dir, struct list_row *ret)
{
	const struct sort_order *order = feed->sorted->order;

	if (dir > 0 ? feed->at >= order->nr : feed->at == 0)
		return 0;
	ret->key = (struct row_key){.ref = order->refs[dir > 0 ? feed->at++ : --feed->at]};
	return history_row(feed->scene->history, ret->key.ref, feed->scene->when, &ret->row) ? 0
											     : 1;
}

static int step(struct feed *feed, int dir, struct list_row *ret)
{
	int err;

	switch (feed->kind) {
	case FEED_EVENTS:
		return step_event(feed, dir, ret);
	case FEED_TOUCHES:
		return step_touch(feed, dir, ret);
	case FEED_SORTED:
		return step_sorted(feed, dir, ret);
	default:
		break;
	}
	/* The parent does not exist at this moment: history_list() gave no cursor. */
	if (!feed->cursor.history)
		return 0;
	err = dir > 0 ? history_next(&feed->cursor, &ret->row)
		      : history_prev(&feed->cursor, &ret->row);
	if (err == 1)
		ret->key = (struct row_key){.ref = ret->row.any.ref};
	return err;
}

static bool fits(struct feed *feed, const struct list_row *row)
{
	struct event_index *index = recording_events(feed->scene->recording);
	struct event_record record;

	if (feed->accept && !feed->accept(feed, row))
		return false;
	if (!feed->filter || feed->kind == FEED_SORTED)
		return true;
	if (feed->kind == FEED_RELATION) {
		struct row_context context = {.scene = feed->scene, .row = &row->row};

		return event_filter_match_row(feed->filter, feed->lookup ? feed->lookup : row_field, &context);
	}
	return !event_index_read(index, row->key.event, &record) &&
	       event_filter_match(feed->filter, index, &record);
}

static int walk(struct feed *feed, int dir, struct list_row *ret)
{
	while (feed->budget) {
		int err = step(feed, dir, ret);

		if (err != 1 || fits(feed, ret))
			return err;
		feed->budget--;
	}
	return -EAGAIN;
}

int feed_next(struct feed *feed, struct list_row *ret)
{
	return walk(feed, 1, ret);
}

int feed_prev(struct feed *feed, struct list_row *ret)
{
	return walk(feed, -1, ret);
}
