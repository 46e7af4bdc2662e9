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
#include <assert.h>

#include "history/build.h"

/* Would it be counted, had it no items? */
static bool countable(const struct segment *seg, uint32_t span)
{
	uint8_t kind;

	if (!seg->tables[TABLE_NODE].more.nr)
		return !span_is(span_at(seg, TABLE_NODE, span), SPAN_FOUND);
	kind = ((const struct node_more *)more_at(seg, TABLE_NODE, span))->kind;
	return kind == NODE_PLAIN || kind == NODE_DUP;
}

static void count(struct builder *b, int by)
{
	struct pool *pool = &b->seg->empty_nodes;
	struct empty_count *last = pool->nr ? pool_at(pool, pool->nr - 1) : NULL;

	b->nr_empty += (uint32_t)by;
	if (last && last->event == b->now) {
		last->nr = b->nr_empty;
		if (pool->nr > 1 && last[-1].nr == last->nr)
			pool->nr--;
		return;
	}
	last = build_grow(b, pool);
	if (last)
		*last = (struct empty_count){ b->now, b->nr_empty };
}

static struct node_live *items_on(struct builder *b, uint32_t node)
{
	if (node >= b->node_items.nr && pool_resize(&b->node_items, nr_spans(b->seg, TABLE_NODE)) != 0) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	return pool_at(&b->node_items, node);
}

void empty_node_counts(struct builder *b, uint32_t span, int by)
{
	struct node_live *live = items_on(b, span_object(b->seg, TABLE_NODE, span));

	if (live && !live->items && countable(b->seg, span))
		count(b, by);
}

void empty_item_counts(struct builder *b, uint32_t node, int by)
{
	struct node_live *live = node == NO_ID ? NULL : items_on(b, node);
	bool changes;

	if (!live)
		return;
	changes = live->items == (by > 0 ? 0 : 1);
	live->items += (uint32_t)by;
	busy_node_counts(b, node, live);
	if (changes && countable(b->seg, object_last(b->seg, TABLE_NODE, node)))
		count(b, -by);
}

void empty_item_of_mm(struct builder *b, uint32_t item, uint32_t mm)
{
	uint32_t *older;

	if (item < b->mm_items.nr)
		return;			/* placed before */
	assert(item == b->mm_items.nr);	/* each is placed when it is made */
	older = build_grow(b, &b->mm_items);
	if (!older)
		return;
	*older = b->mms[mm].newest;
	b->mms[mm].newest = item;
}

void empty_mm_gone(struct builder *b, uint32_t mm)
{
	uint32_t item = b->mms[mm].newest;

	while (item != NO_ID) {
		uint32_t older = *(uint32_t *)pool_at(&b->mm_items, item);

		if (older != NO_ID)
			__builtin_prefetch(data_at(b->seg, TABLE_ITEM, older));
		if (span_at(b->seg, TABLE_ITEM, item)->died == ALIVE)
			empty_item_counts(b, ((struct item_data *)data_at(b->seg, TABLE_ITEM, item))->node,
					  -1);
		item = older;
	}
	b->mms[mm].newest = NO_ID;
}

void empty_carry(struct builder *b)
{
	struct segment *seg = b->seg;

	pool_resize(&b->node_items, 0);
	pool_resize(&b->mm_items, 0);
	b->nr_empty = 0;
	for (uint32_t i = 0; i < b->nr_mms_room; i++)
		b->mms[i].newest = NO_ID;
	for (uint32_t i = 0; i < nr_spans(seg, TABLE_NODE); i++)
		if (span_at(seg, TABLE_NODE, i)->died == ALIVE)
			empty_node_counts(b, i, 1);
	for (uint32_t i = 0; i < nr_spans(seg, TABLE_ITEM); i++) {
		empty_item_of_mm(b, i, span_owner(span_at(seg, TABLE_ITEM, i)));
		empty_item_counts(b, ((struct item_data *)data_at(seg, TABLE_ITEM, i))->node, 1);
	}
}

/* With hindsight: a node onto which an item was found later had it all the time. */
static uint32_t count_empty(const struct place *place)
{
	const struct segment *seg = place->seg;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < nr_spans(seg, TABLE_NODE); i++)
		nr += span_holds(seg, TABLE_NODE, span_at(seg, TABLE_NODE, i), place->t, place->known) &&
		      countable(seg, i) && !node_nr_items(place, span_object(seg, TABLE_NODE, i));
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
