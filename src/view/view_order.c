// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_order.c - the order of a list's rows by a column, for one moment.
 *
 * The tables have one order each, and no index by "items" or "profit": those change with every
 * event.  So sorting reads the rows that fit the filter, once for a moment, and keeps the order
 * of their names.  That is honest only for lists which a step may read whole: beyond
 * SORT_ROWS_MAX it refuses, and the view says that a filter is needed first.
 *
 * Ties keep the natural order (the index of a row takes part in the comparison), so the picture
 * does not depend on the sorting function.
 */
#include "view_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sorting {
	union row row;
	uint64_t index;
};

struct sort_by {
	const struct scene *scene;
	row_compare_fn compare;
	int column;
	bool descending;
};

uint64_t order_find(const struct sort_order *order, struct ref ref)
{
	for (uint64_t i = 0; i < order->nr; i++)
		if (ref_equal(order->refs[i], ref))
			return i;
	return 0;
}

void order_free(struct sort_order *order)
{
	if (!order)
		return;
	free(order->filter);
	free(order->refs);
	free(order);
}

static int compare_rows(const void *first, const void *second, void *argument)
{
	const struct sorting *a = first, *b = second;
	const struct sort_by *by = argument;
	int order = by->compare(by->scene, by->column, &a->row, &b->row);

	if (order)
		return by->descending ? -order : order;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Reads what the feed gives, from its first row on.  The rows, or NULL and *ret_err. */
static struct sorting *read_rows(struct feed *feed, uint64_t *ret_nr, int *ret_err)
{
	struct sorting *rows = NULL;
	uint64_t nr = 0, room = 0;
	struct list_row row;
	int err;

	feed->budget = SORT_ROWS_MAX;
	feed_seek(feed, (struct row_key){0});
	while ((err = feed_next(feed, &row)) == 1 && nr < SORT_ROWS_MAX) {
		if (nr == room) {
			struct sorting *more;

			room = room ? 2 * room : 256;
			more = realloc(rows, room * sizeof(*rows));
			if (!more) {
				err = -ENOMEM;
				break;
			}
			rows = more;
		}
		rows[nr] = (struct sorting){.row = row.row, .index = nr};
		nr++;
	}
	*ret_nr = nr;
	*ret_err = err == 1 || err == -EAGAIN ? -E2BIG : err;
	return rows;
}

static struct sort_order *order_new(const struct sorting *rows, uint64_t nr,
				    const struct order_stamp *stamp, const char *filter)
{
	struct sort_order *order = calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->stamp = *stamp;
	order->filter = strdup(filter);
	order->refs = malloc((nr ? nr : 1) * sizeof(*order->refs));
	if (!order->filter || !order->refs) {
		order_free(order);
		return NULL;
	}
	for (uint64_t i = 0; i < nr; i++)
		order->refs[i] = rows[i].row.any.ref;
	order->nr = nr;
	return order;
}

static bool stamp_equal(const struct order_stamp *a, const struct order_stamp *b)
{
	return a->when.t == b->when.t && a->when.known_by == b->when.known_by &&
	       a->last == b->last && a->relation == b->relation &&
	       ref_equal(a->parent, b->parent) && a->column == b->column &&
	       a->descending == b->descending;
}

int view_list_sort(struct view_list *list, struct feed *feed, row_compare_fn compare, int column,
		   bool descending)
{
	struct order_stamp stamp = {
		.when = feed->scene->when,
		.last = history_last(feed->scene->history),
		.relation = feed->relation,
		.parent = feed->object,
		.column = column,
		.descending = descending,
	};
	const char *filter = list->filter_text ? list->filter_text : "";
	struct sort_by by = {feed->scene, compare, column, descending};
	struct sort_order *order;
	struct sorting *rows;
	uint64_t nr;
	int err;

	if (!list->order || !stamp_equal(&list->order->stamp, &stamp) ||
	    strcmp(list->order->filter, filter)) {
		rows = read_rows(feed, &nr, &err);
		feed->budget = feed->room;
		if (err) {
			free(rows);
			return err;
		}
		if (nr)
			qsort_r(rows, nr, sizeof(*rows), compare_rows, &by);
		order = order_new(rows, nr, &stamp, filter);
		free(rows);
		if (!order)
			return -ENOMEM;
		order_free(list->order);
		list->order = order;
	}
	feed->kind = FEED_SORTED;
	feed->sorted = list;
	feed->at = 0;
	return 0;
}
