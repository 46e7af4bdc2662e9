// SPDX-License-Identifier: GPL-2.0-only
/*
 * list.c - ordered lists of what holds at a moment, walked with a cursor both ways.
 *
 * Nearly every relation is a range of an order (order.c): the parent picks the range, the blocks
 * pass over what does not hold.  The items of a node are different: they hang on the node in a
 * chain from the newest to the oldest, as the kernel walks its hlist, so that list needs no sorting.
 * Walking it backwards starts from its head each time; a hlist is some hundred items long.
 *
 * A cursor stands between two rows: `at` is the position of the next one.  It holds while nothing
 * is fed.  Not here: counting (counters.c), lists of episodes (episode_list.c).
 */
#include "history/tables.h"

struct relation_desc { uint8_t order, parent; bool by_k1; };

#define NO_ORDER NR_ORDERS

static struct relation_desc describe(const struct history *h, enum relation relation)
{
	switch (relation) {
	case NODES_BY_PFN:
		return (struct relation_desc){ h->patched ? ORDER_NODE_KPFN : ORDER_NODE, 0, false };
	case ALL_MMS:		return (struct relation_desc){ ORDER_MM_NUMBER, 0, false };
	case ALL_NODES:
	case NODES_OF_NID:
	case NODES_OFF_TREES:	return (struct relation_desc){ ORDER_NODE, 0, false };
	case ALL_ITEMS:		return (struct relation_desc){ ORDER_ITEM_MM, 0, true };
	case ALL_ANON_VMAS:	return (struct relation_desc){ ORDER_ANON_VMA, 0, false };
	case ALL_VMAS:		return (struct relation_desc){ ORDER_VMA_ALL, 0, true };
	case ALL_MAPPINGS:	return (struct relation_desc){ ORDER_MAPPING_TGID, 0, true };
	case ALL_PAGES:		return (struct relation_desc){ ORDER_PAGE, 0, false };
	case DUPS_OF_CHAIN:	return (struct relation_desc){ ORDER_DUP_CHAIN, TABLE_NODE, false };
	case ITEMS_OF_NODE:
	case ITEMS_GONE_FROM_NODE: return (struct relation_desc){ NO_ORDER, TABLE_NODE, false };
	case MAPPINGS_OF_NODE:	return (struct relation_desc){ ORDER_MAPPING_PFN, TABLE_NODE, false };
	case ITEMS_OF_MM:	return (struct relation_desc){ ORDER_ITEM_MM, TABLE_MM, false };
	case MAPPINGS_OF_MM:	return (struct relation_desc){ ORDER_MAPPING_TGID, TABLE_MM, false };
	case VMAS_OF_ANON_VMA:	return (struct relation_desc){ ORDER_VMA_ANON, TABLE_ANON_VMA, false };
	case VMAS_BY_START:	return (struct relation_desc){ ORDER_VMA_ALL, TABLE_ANON_VMA, false };
	case ITEMS_OF_ANON_VMA:	return (struct relation_desc){ ORDER_ITEM_ANON, TABLE_ANON_VMA, false };
	case VMAS_OF_MM:	return (struct relation_desc){ ORDER_VMA_MM, TABLE_MM, false };
	default:		return (struct relation_desc){ NO_ORDER, 0, false };
	}
}

/* Lists that hang on the node in a chain. */
static bool is_of_node(enum relation relation)
{
	return relation == ITEMS_OF_NODE || relation == ITEMS_GONE_FROM_NODE;
}

enum table relation_table(enum relation relation)
{
	if (is_of_node(relation))
		return TABLE_ITEM;
	if (relation == ALL_EPISODES || relation == EPISODES_OF_KIND || relation == EPISODES_ABOUT)
		return TABLE_EPISODE;
	return relation == NODES_BY_PFN ? TABLE_NODE : order_table(describe(NULL, relation).order);
}

/* What the order's first key part is for the lists of this parent. */
static uint32_t parent_key(const struct place *place, enum relation relation, uint32_t object)
{
	uint32_t span;
	int32_t tgid;

	switch (relation) {
	case MAPPINGS_OF_NODE:
		if (place->seg->tables[TABLE_NODE].more.nr) {
			span = object_span(place->seg, TABLE_NODE, object, place->t, place->known);
			return span == NO_ID ? NO_ID : (uint32_t)
				((struct node_more *)more_at(place->seg, TABLE_NODE, span))->kpfn;
		}
		return (uint32_t)span_pfn(span_at(place->seg, TABLE_NODE, object));
	case MAPPINGS_OF_MM:
		span = object_span(place->seg, TABLE_MM, object, place->t, place->known);
		if (span == NO_ID)
			return OWNER_NONE;
		tgid = ((struct mm_data *)data_at(place->seg, TABLE_MM, span))->tgid;
		return tgid > 0 && (uint32_t)tgid < MAPPING_OF_MM ? (uint32_t)tgid :
								    MAPPING_OF_MM + object;
	default:
		return object;
	}
}

/* A list, and of those of a parent only up to the key `last`. */
static int list_upto(const struct history *h, enum relation relation, struct ref parent, struct moment when,
		     uint64_t last, struct history_cursor *ret_cursor)
{
	struct relation_desc desc = describe(h, relation);
	struct history_cursor cursor = { .history = h, .when = when, .relation = relation,
					 .parent = parent };
	uint32_t object = NO_ID, k1;
	struct place place;
	int ret;

	if ((unsigned)relation >= NR_RELATIONS ||
	    (relation != EPISODES_ABOUT && parent.table != desc.parent))
		return -EINVAL;
	if (relation_table(relation) == TABLE_EPISODE) {
		ret = episode_list(h, &cursor);
		if (ret == 0)
			*ret_cursor = cursor;
		return ret;
	}
	ret = history_place(h, when, &place);
	if (ret == 0 && desc.parent)
		ret = ref_object(h, place.seg, parent, &object);
	if (ret == 0 && desc.order != NO_ORDER)
		ret = order_ready(h, place.seg, desc.order);
	if (ret != 0)
		return ret;
	if (is_of_node(relation)) {
		cursor.lo = object;
		cursor.at = ((struct node_data *)data_at(place.seg, TABLE_NODE, object))->newest;
	} else if (desc.parent) {
		k1 = parent_key(&place, relation, object);
		cursor.lo = order_lower(place.seg, desc.order, k1, 0);
		cursor.hi = k1 == NO_ID ? cursor.lo :
			    last == UINT64_MAX ? order_lower(place.seg, desc.order, k1 + 1, 0) :
						 order_lower(place.seg, desc.order, k1, last + 1);
		cursor.at = cursor.lo;
	} else if (relation == NODES_OF_NID) {
		cursor.lo = order_lower(place.seg, desc.order, order_nid(parent.id), 0);
		cursor.hi = order_lower(place.seg, desc.order, order_nid((int64_t)parent.id + 1), 0);
		cursor.at = cursor.lo;
	} else {
		cursor.hi = place.seg->orders[desc.order].nr_sorted;
		if (relation == NODES_OFF_TREES)	/* a stock kernel's are sorted by page */
			cursor.hi = h->patched ? order_lower(place.seg, desc.order, order_nid(0), 0) : 0;
		if (relation == NODES_BY_PFN)	/* chains have no page: pfn 0 */
			cursor.at = cursor.lo = order_lower(place.seg, desc.order, 0, 1);
	}
	*ret_cursor = cursor;
	return 0;
}

int history_list(const struct history *h, enum relation relation, struct ref parent,
		 struct moment when, struct history_cursor *ret_cursor)
{
	return list_upto(h, relation, parent, when, UINT64_MAX, ret_cursor);
}

/* What begins behind `last` is not asked for; what ends before `first` is passed over. */
static int stab(const struct history *h, enum relation relation, struct ref anon_vma, uint64_t first,
		uint64_t last, struct moment when, struct history_cursor *ret_cursor)
{
	int ret = list_upto(h, relation, anon_vma, when, last, ret_cursor);

	if (ret == 0)
		ret_cursor->first = first;
	return ret;
}

int history_vmas_stab(const struct history *h, struct ref anon_vma, uint64_t first, uint64_t last,
		      struct moment when, struct history_cursor *ret_cursor)
{
	return stab(h, VMAS_OF_ANON_VMA, anon_vma, first, last, when, ret_cursor);
}

int history_vmas_covering(const struct history *h, struct ref anon_vma, uint64_t address,
			  struct moment when, struct history_cursor *ret_cursor)
{
	return stab(h, VMAS_BY_START, anon_vma, address, address, when, ret_cursor);
}

/* ---- the items of a node ---- */
static bool item_holds(const struct place *place, uint64_t item)
{
	return span_holds(place->seg, TABLE_ITEM, span_at(place->seg, TABLE_ITEM, (uint32_t)item),
			  place->t, place->known);
}

static uint32_t item_older(const struct place *place, uint64_t item)
{
	return ((struct item_data *)data_at(place->seg, TABLE_ITEM, (uint32_t)item))->older;
}

/* Did it leave the node by then?  One that came and went at one event was not there. */
static bool item_left(const struct place *place, uint64_t item)
{
	const struct span *span = span_at(place->seg, TABLE_ITEM, (uint32_t)item);
	uint32_t died = span_died(place->seg, TABLE_ITEM, span);

	return span->born <= place->known && died <= place->t && span_born(span) < died;
}

static uint32_t chain_next(const struct place *place, struct history_cursor *cursor)
{
	while (cursor->at != NO_ID) {
		uint32_t item = (uint32_t)cursor->at;

		cursor->at = item_older(place, item);
		if (cursor->relation == ITEMS_OF_NODE ? item_holds(place, item) : item_left(place, item))
			return item;
	}
	return NO_ID;
}

static uint32_t chain_prev(const struct place *place, struct history_cursor *cursor)
{
	uint32_t found = NO_ID;
	uint32_t i = ((struct node_data *)data_at(place->seg, TABLE_NODE, (uint32_t)cursor->lo))->newest;

	for (; i != NO_ID && i != cursor->at; i = item_older(place, i))
		if (item_holds(place, i))
			found = i;
	if (found != NO_ID)
		cursor->at = found;
	return found;
}

static int chain_seek(const struct place *place, struct history_cursor *cursor, uint32_t object)
{
	uint32_t i = ((struct node_data *)data_at(place->seg, TABLE_NODE, (uint32_t)cursor->lo))->newest;

	for (; i != NO_ID; i = item_older(place, i))
		if (item_holds(place, i) && span_object(place->seg, TABLE_ITEM, i) == object)
			break;
	if (i == NO_ID)
		return -ENOENT;
	cursor->at = i;
	return 0;
}

/* ---- walking ---- */
static int step_span(struct history_cursor *cursor, const struct place *place, int dir, uint32_t *ret_row)
{
	enum order_id order;
	uint64_t at;

	if (cursor->relation == ITEMS_GONE_FROM_NODE && dir < 0)
		return -EINVAL;
	if (is_of_node(cursor->relation)) {
		*ret_row = dir > 0 ? chain_next(place, cursor) : chain_prev(place, cursor);
		return *ret_row != NO_ID;
	}
	order = describe(cursor->history, cursor->relation).order;
	if (cursor->first && dir < 0)
		return -EINVAL;		/* stabbing goes forward, as the kernel does */
	at = cursor->first ? order_next_reaching(place, order, cursor->first, cursor->at, cursor->hi) :
	     dir > 0 ? order_next(place, order, cursor->at, cursor->hi)
		     : order_prev(place, order, cursor->at, cursor->lo);
	if (at == NO_POSITION || at >= cursor->hi) {
		cursor->at = dir > 0 ? cursor->hi : cursor->lo;
		return 0;
	}
	cursor->at = at + (dir > 0);
	*ret_row = ((uint32_t *)place->seg->orders[order].rows.data)[at];
	return 1;
}

int list_next_span(struct history_cursor *cursor, const struct place *place, uint32_t *ret_row)
{
	return step_span(cursor, place, 1, ret_row);
}

static int step(struct history_cursor *cursor, int dir, union row *ret_row)
{
	struct place place;
	uint32_t row;
	int ret;

	if (relation_table(cursor->relation) == TABLE_EPISODE)
		return episode_list_step(cursor, dir, ret_row);
	ret = history_place(cursor->history, cursor->when, &place);
	if (ret != 0)
		return ret;
	ret = step_span(cursor, &place, dir, &row);
	if (ret <= 0)
		return ret;
	if (cursor->relation == ITEMS_GONE_FROM_NODE)
		place.t = span_died(place.seg, TABLE_ITEM, span_at(place.seg, TABLE_ITEM, row)) - 1;
	row_fill(cursor->history, &place, relation_table(cursor->relation), row, ret_row);
	return 1;
}

int history_next(struct history_cursor *cursor, union row *ret_row)
{
	return step(cursor, 1, ret_row);
}

int history_prev(struct history_cursor *cursor, union row *ret_row)
{
	return step(cursor, -1, ret_row);
}

int history_seek(struct history_cursor *cursor, struct ref ref)
{
	enum order_id order = describe(cursor->history, cursor->relation).order;
	struct place place;
	uint32_t object, span;
	uint64_t at;
	int ret;

	if (ref.table != relation_table(cursor->relation))
		return -EINVAL;
	if (ref.table == TABLE_EPISODE) {
		episode_seek(cursor, ref.id);
		return 0;
	}
	ret = history_place(cursor->history, cursor->when, &place);
	if (ret == 0)
		ret = ref_object(cursor->history, place.seg, ref, &object);
	if (ret != 0)
		return ret;
	if (cursor->relation == ITEMS_GONE_FROM_NODE)
		return -EINVAL;
	if (cursor->relation == ITEMS_OF_NODE)
		return chain_seek(&place, cursor, object);
	span = object_span(place.seg, ref.table, object, place.t, place.known);
	if (span == NO_ID)
		span = object;
	at = order_position(place.seg, order, span);
	cursor->at = at < cursor->lo ? cursor->lo : at > cursor->hi ? cursor->hi : at;
	return 0;
}

int history_seek_key(struct history_cursor *cursor, uint64_t key)
{
	struct relation_desc desc = describe(cursor->history, cursor->relation);
	uint32_t k1 = 0, first;
	struct place place;
	uint64_t at;
	int ret;

	if (relation_table(cursor->relation) == TABLE_EPISODE) {
		episode_seek(cursor, key > NO_ID ? NO_ID : key ? (uint32_t)key - 1 : 0);
		return 0;
	}
	if (desc.order == NO_ORDER)
		return -EINVAL;
	ret = history_place(cursor->history, cursor->when, &place);
	if (ret != 0)
		return ret;
	if (desc.by_k1) {
		k1 = key > NO_ID - 1 ? NO_ID : (uint32_t)key;
		if (cursor->relation == ALL_ITEMS) {
			const struct spans *mms = &place.seg->tables[TABLE_MM];

			first = k1 < mms->first_number ? 0 : k1 - mms->first_number;
			k1 = first < mms->numbers.nr ? *(uint32_t *)pool_at(&mms->numbers, first)
						     : NO_ID;
		}
		at = order_lower(place.seg, desc.order, k1, 0);
	} else {
		if (cursor->lo < place.seg->orders[desc.order].nr_sorted && desc.parent)
			k1 = order_key_of(place.seg, desc.order,
				((uint32_t *)place.seg->orders[desc.order].rows.data)[cursor->lo]).k1;
		at = order_lower(place.seg, desc.order, k1, key);
	}
	cursor->at = at < cursor->lo ? cursor->lo : at > cursor->hi ? cursor->hi : at;
	return 0;
}

void history_seek_end(struct history_cursor *cursor)
{
	cursor->at = is_of_node(cursor->relation) ? NO_ID : cursor->hi;
}
