// SPDX-License-Identifier: GPL-2.0-only
/*
 * named.c - which events have named a row as it was: the rows confirmed one by one.
 *
 * Where nothing was lost, that an event names an object which is known tells nothing new, and is not
 * written down.  Behind a gap it confirms the row, and the builder notes so: few, in the order of events.
 * They are asked for by object, so an order lies beside them that is sorted when somebody asks, like
 * the orders of rows, or when no more comes.
 *
 * And what a stock kernel names of a mapping: not its address, but the mm and the page of every merge, which
 * may have made the pte anew.
 *
 * What such an event is worth is fact.c's.
 */
#include <stdlib.h>

#include "history/tables.h"

static int by_object(const void *a, const void *b, void *arg)
{
	const struct row_confirmation *rows = arg, *x = &rows[*(const uint32_t *)a],
				      *y = &rows[*(const uint32_t *)b];

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

/* Sorted when somebody asks, like the orders, or when no more comes. */
bool confirm_rows_ready(const struct segment *seg)
{
	struct pool *order = &((struct segment *)seg)->confirm_order;
	uint64_t nr = seg->confirm_rows.nr;

	if (order->nr == nr)
		return true;
	if (pool_resize(order, nr) != 0)
		return false;
	for (uint32_t i = 0; i < nr; i++)
		*(uint32_t *)pool_at(order, i) = i;
	qsort_r(order->data, nr, sizeof(uint32_t), by_object, seg->confirm_rows.data);
	return true;
}

const struct row_confirmation *named_at(const struct segment *seg, uint64_t i)
{
	return pool_at(&seg->confirm_rows, *(uint32_t *)pool_at(&seg->confirm_order, i));
}

static bool is_named_by(const struct row_confirmation *c, enum table table, uint32_t object, uint32_t t)
{
	return c->table < table || (c->table == table &&
	       (c->object < object || (c->object == object && c->event <= t)));
}

uint64_t named_upto(const struct segment *seg, enum table table, uint32_t object, uint32_t t)
{
	if (!seg->confirm_rows.nr || !confirm_rows_ready(seg))
		return 0;
	return BISECT(0, seg->confirm_rows.nr, i, is_named_by(named_at(seg, i), table, object, t));
}

uint64_t named_before(const struct segment *seg, enum table table, uint32_t object, uint32_t t)
{
	uint64_t upto = named_upto(seg, table, object, t);
	const struct row_confirmation *c = upto ? named_at(seg, upto - 1) : NULL;

	return c && c->table == table && c->object == object ? c->event : NEVER;
}

/* Was an item of that mm (NO_ID: anybody's) hung on the node behind event a, up to b? */
static bool came_to_node(const struct segment *seg, uint32_t node, uint32_t mm, uint64_t a, uint64_t b)
{
	uint32_t item = ((struct node_data *)data_at(seg, TABLE_NODE, node))->newest;

	for (; item != NO_ID; item = ((struct item_data *)data_at(seg, TABLE_ITEM, item))->older) {
		const struct span *span = span_at(seg, TABLE_ITEM, item);
		uint64_t born = seg->base + span->born;

		if (born <= a)
			return false;
		if (born <= b && (mm == NO_ID || span_owner(span) == mm) && !span_is(span, SPAN_FOUND))
			return true;
	}
	return false;
}

bool merged_between(const struct history *h, const struct place *place, uint32_t mapping, uint64_t a, uint64_t b)
{
	const struct segment *seg = place->seg;
	const struct mapping_data *data = data_at(seg, TABLE_MAPPING, mapping);

	if (a < seg->base || b > seg->base + seg->last || order_ready(h, seg, ORDER_NODE) != 0)
		return true;
	for (uint64_t at = order_lower(seg, ORDER_NODE, 0, data->pfn); at < seg->orders[ORDER_NODE].nr_sorted; at++) {
		uint32_t node = ((uint32_t *)seg->orders[ORDER_NODE].rows.data)[at];

		if (span_pfn(span_at(seg, TABLE_NODE, node)) != data->pfn)
			return false;
		if (came_to_node(seg, span_object(seg, TABLE_NODE, node), data->mm, a, b))
			return true;
	}
	return false;
}
