// SPDX-License-Identifier: GPL-2.0-only
/*
 * empty.c - stable nodes without items.
 *
 * A stable node whose last item left stays in its tree until ksmd comes by and notices that the page
 * is gone (ksm_get_folio(), mm/ksm.c), or for good if the page was poisoned.  The kernel's
 * pages_shared counts nodes with items only (stable_tree_append() adds one for a node's first item,
 * remove_rmap_item_from_tree() takes it away with the last), so these are counted apart.
 *
 * The hard idea: an mm that dies takes its items along without ending them one by one, yet each of
 * them leaves a node.  So the items of an mm are chained, and its death costs a walk over them.
 * What is written down is the number after each event that changed it, nothing in the rows.
 *
 * A node of which it is not known whether it has items is not empty: on a stock kernel one that was
 * there before the recording, on the patched one a node that no insert and no dump described.
 */
#include "history/build_hot.h"

void empty_write(struct builder *b)
{
	struct pool *pool = &b->seg->empty_nodes;
	struct empty_count *last = pool->nr ? pool_at(pool, pool->nr - 1) : NULL;

	b->nr_empty_written = b->nr_empty;
	if (last && last->event == b->now) {	/* a sample, after the event */
		last->nr = b->nr_empty;
		return;
	}
	last = build_grow(b, pool);
	if (last)
		*last = (struct empty_count){ b->now, b->nr_empty };
}

void empty_node_counts(struct builder *b, uint32_t span, int by)
{
	hot_node_counts(b, span, by);
}

void empty_mm_gone(struct builder *b, uint32_t mm)
{
	uint32_t item = b->mms[mm].newest;

	while (item != NO_ID) {
		uint32_t older = *(uint32_t *)pool_at(&b->mm_items, item);

		if (older != NO_ID)
			__builtin_prefetch(data_at(b->seg, TABLE_ITEM, older));
		if (span_at(b->seg, TABLE_ITEM, item)->died == ALIVE)
			hot_item_counts(b, ((struct item_data *)data_at(b->seg, TABLE_ITEM, item))->node, -1);
		item = older;
	}
	b->mms[mm].newest = NO_ID;
}

void empty_carry(struct builder *b)
{
	struct segment *seg = b->seg;

	pool_resize(&b->node_items, 0);
	pool_resize(&b->mm_items, 0);
	b->nr_empty = b->nr_empty_written = 0;
	for (uint32_t i = 0; i < b->nr_mms_room; i++)
		b->mms[i].newest = NO_ID;
	for (uint32_t i = 0; i < nr_spans(seg, TABLE_NODE); i++)
		if (span_at(seg, TABLE_NODE, i)->died == ALIVE)
			empty_node_counts(b, i, 1);
	for (uint32_t i = 0; i < nr_spans(seg, TABLE_ITEM); i++) {
		uint32_t mm = span_owner(span_at(seg, TABLE_ITEM, i));

		if (hot_push(b, &b->mm_items, b->mms[mm].newest))
			b->mms[mm].newest = i;
		hot_item_counts(b, ((struct item_data *)data_at(seg, TABLE_ITEM, i))->node, 1);
	}
}

/* With hindsight: a node onto which an item was found later had it all the time. */
static uint32_t count_empty(const struct place *place)
{
	const struct segment *seg = place->seg;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < nr_spans(seg, TABLE_NODE); i++)
		nr += span_holds(seg, TABLE_NODE, span_at(seg, TABLE_NODE, i), place->t, place->known) &&
		      hot_is_countable(seg, i) && !node_nr_items(place, span_object(seg, TABLE_NODE, i));
	return nr;
}

static bool found_later(const struct place *place, enum table table)
{
	const struct pool *found = &place->seg->tables[table].found;

	return found->nr && place->known > place->t &&
	       span_at(place->seg, table, *(uint32_t *)pool_at(found, found->nr - 1))->born > place->t;
}

uint32_t empty_nodes_at(const struct place *place)
{
	uint64_t i;

	if (found_later(place, TABLE_NODE) || found_later(place, TABLE_ITEM))
		return count_empty(place);
	i = pool_events_upto(&place->seg->empty_nodes, place->t);
	return i ? ((struct empty_count *)pool_at(&place->seg->empty_nodes, i - 1))->nr : 0;
}
