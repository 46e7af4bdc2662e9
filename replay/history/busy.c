// SPDX-License-Identifier: GPL-2.0-only
/*
 * busy.c - how many items a stable node has at a moment, without going through those that it ever had.
 *
 * A content that many processes have keeps its node for the whole recording, and items come and go on it
 * by the million.  From its many-th change on (build_hot.h; fewer where chains are known, whose rows add up hundreds of
 * full dups; a stock kernel's nodes of max_page_sharing items need no log), a node's number of items is written down after
 * each event that changed it.  Each entry leads to the one before and to one further back, chosen as in
 * a skew-binary list, so that the entry of any moment is O(log n) steps from the newest.
 *
 * Where the log begins is kept in the node's row, whose owner nothing else uses.  What a log cannot
 * tell (before its first entry, rows that were found later) is counted one by one.
 */
#include "history/build.h"

static struct node_count *entry_at(const struct segment *seg, uint32_t i)
{
	return pool_at(&seg->node_counts, i);
}

static struct span *first_span(const struct segment *seg, uint32_t node)
{
	return span_at(seg, TABLE_NODE, node);
}

/* The newest entry of the node, NO_ID: it has none. */
static uint32_t newest_entry(const struct segment *seg, uint32_t node)
{
	uint32_t log = span_owner(first_span(seg, node));

	return log == OWNER_NONE ? NO_ID : *(uint32_t *)pool_at(&seg->busy_nodes, log);
}

static void add_entry(struct builder *b, uint32_t *newest, uint32_t nr)
{
	uint32_t id = (uint32_t)b->seg->node_counts.nr;
	struct node_count *entry = pool_grow(&b->seg->node_counts, 1), *last, *one, *two;

	if (!entry) {
		build_fail(b, -ENOMEM);
		return;
	}
	*entry = (struct node_count){ .event = b->now, .nr = nr, .previous = *newest, .skip = id };
	if (*newest != NO_ID) {
		last = entry_at(b->seg, *newest);
		one = entry_at(b->seg, last->skip);
		two = entry_at(b->seg, one->skip);
		entry->depth = last->depth + 1;
		/* Two skips of the same length make one of twice that. */
		entry->skip = last->depth - one->depth == one->depth - two->depth ? one->skip : *newest;
	}
	*newest = id;
}

void busy_node_counts(struct builder *b, uint32_t node, struct node_live *live)
{
	struct segment *seg = b->seg;
	struct span *span = first_span(seg, node);
	uint32_t *newest;

	if (span_owner(span) == OWNER_NONE) {
		if (seg->busy_nodes.nr >= OWNER_NONE || seg->node_counts.nr >= NO_ID)
			return;
		newest = pool_grow(&seg->busy_nodes, 1);
		if (!newest) {
			build_fail(b, -ENOMEM);
			return;
		}
		*newest = NO_ID;
		span->owner_flags = (span->owner_flags & SPAN_FLAGS) | (uint32_t)(seg->busy_nodes.nr - 1);
	}
	newest = pool_at(&seg->busy_nodes, span_owner(span));
	if (*newest != NO_ID && entry_at(seg, *newest)->event == b->now)
		entry_at(seg, *newest)->nr = live->items;
	else
		add_entry(b, newest, live->items);
}

/* When the i-th of the items that were found was: they lie in that order. */
static uint32_t found_at(const struct segment *seg, uint64_t i)
{
	return span_at(seg, TABLE_ITEM, *(uint32_t *)pool_at(&seg->tables[TABLE_ITEM].found, i))->born;
}

/* Is there an item that the observer knows of and that was found only after t? */
static bool found_after(const struct place *place)
{
	const struct pool *found = &place->seg->tables[TABLE_ITEM].found;
	uint64_t at = BISECT(0, found->nr, i, found_at(place->seg, i) <= place->t);

	return at < found->nr && found_at(place->seg, at) <= place->known;
}

static bool logged(const struct place *place, uint32_t node, uint32_t *ret_nr)
{
	uint32_t i = newest_entry(place->seg, node);

	if (i == NO_ID || place->known < place->t || (place->known > place->t && found_after(place)))
		return false;
	while (i != NO_ID && entry_at(place->seg, i)->event > place->t) {
		const struct node_count *entry = entry_at(place->seg, i);

		i = entry->previous != NO_ID && entry_at(place->seg, entry->skip)->event > place->t ?
			entry->skip : entry->previous;
	}
	if (i == NO_ID)
		return false;
	*ret_nr = entry_at(place->seg, i)->nr;
	return true;
}

uint32_t node_nr_items(const struct place *place, uint32_t node)
{
	uint32_t item = ((struct node_data *)data_at(place->seg, TABLE_NODE, node))->newest, nr = 0;

	if (logged(place, node, &nr))
		return nr;
	for (; item != NO_ID;
	     item = ((struct item_data *)data_at(place->seg, TABLE_ITEM, item))->older)
		nr += span_holds(place->seg, TABLE_ITEM, span_at(place->seg, TABLE_ITEM, item),
				 place->t, place->known);
	return nr;
}
