// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_ahead.c - what the next events are about, before they are applied.
 *
 * An event of a stock kernel names an item and a page by their addresses.  Finding their rows is three
 * dependent cache misses: the map's directory, the line with the id, the row.  The hard idea is to take
 * them in four steps, each a group of events behind the one before, so that what a step looks at has
 * arrived: directories three groups ahead, ids two, rows one, and what these lead to.
 *
 * What was found is kept: when its event is applied, the maps are told where the key's line is
 * (addrmap_turn_to_spot()), and whatever then asks for that key or sets it does not search.  An event of
 * something that succeeded will need a line, so one is made here if there is none.
 *
 * Nothing here changes what an event does: a map that is not told searches, and finds the same.  The
 * spots are of one segment's maps; build_ahead() begins anew where that is told.
 */
#include "history/build.h"

/* Prefetches are no side effects to gcc: it drops calls, and loops, of functions that do nothing else. */
#define KEEP_CALL() __asm__ volatile("")

enum ahead_flag {
	AHEAD_ITEM = 1, AHEAD_NODE = 2,
	AHEAD_ENDS = 4,		/* a node that ends takes the item along that was not named */
	AHEAD_MAKE = 8,
};

static void ask(struct builder *b, const struct event *ev, struct ahead *ahead)
{
	uint64_t item = 0, pfn;
	uint32_t flags;

	switch (ev->kind) {
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		item = (uint64_t)EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->rmap_item;
		pfn = (uint64_t)EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->pfn;
		flags = EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->err ? AHEAD_NODE | AHEAD_ITEM :
			AHEAD_NODE | AHEAD_ITEM | AHEAD_MAKE;
		break;
	case EVENT_KSM_REMOVE_RMAP_ITEM:
		item = (uint64_t)EVENT_ARGS(ev, KSM_REMOVE_RMAP_ITEM)->rmap_item;
		pfn = (uint64_t)EVENT_ARGS(ev, KSM_REMOVE_RMAP_ITEM)->pfn;
		flags = AHEAD_NODE | AHEAD_ITEM;
		break;
	case EVENT_KSM_REMOVE_KSM_PAGE:
		pfn = (uint64_t)EVENT_ARGS(ev, KSM_REMOVE_KSM_PAGE)->pfn;
		flags = AHEAD_NODE | AHEAD_ENDS;
		break;
	default:
		*ahead = (struct ahead){ .flags = 0 };
		return;
	}
	ahead->flags = flags;
	addrmap_ask(&b->addrs[TABLE_NODE], &ahead->node, build_key(pfn), PFN_SPREAD, PFN_BITS);
	if (flags & AHEAD_ITEM)
		addrmap_ask(&b->addrs[TABLE_ITEM], &ahead->item, build_key(item >> 3), ITEM_SPREAD, ITEM_BITS);
	else
		ahead->item.place = 0;
}

static void locate(struct builder *b, struct ahead *ahead)
{
	bool make = ahead->flags & AHEAD_MAKE;

	if (ahead->flags & AHEAD_NODE)
		addrmap_locate(&b->addrs[TABLE_NODE], &ahead->node, make);
	if (ahead->flags & AHEAD_ITEM)
		addrmap_locate(&b->addrs[TABLE_ITEM], &ahead->item, make);
}

static void ask_for_rows(struct builder *b, const struct ahead *ahead)
{
	uint32_t id = addrmap_id_there(&b->addrs[TABLE_NODE], &ahead->node);

	KEEP_CALL();
	if (id != NO_ID) {
		__builtin_prefetch(span_at(b->seg, TABLE_NODE, id), 1);
		__builtin_prefetch(pool_at(&b->node_items, id), 1);
	}
	id = addrmap_id_there(&b->addrs[TABLE_ITEM], &ahead->item);
	if (id != NO_ID)
		__builtin_prefetch(span_at(b->seg, TABLE_ITEM, id), 1);
}

static void ask_for_item(struct builder *b, const struct ahead *ahead)
{
	uint32_t id = NO_ID;

	KEEP_CALL();
	if (ahead->flags & AHEAD_ENDS)
		id = addrmap_id_there(&b->addrs[TABLE_NODE], &ahead->node);
	if (id != NO_ID)
		id = ((const struct node_data *)data_at(b->seg, TABLE_NODE, id))->newest;
	if (id != NO_ID)
		__builtin_prefetch(span_at(b->seg, TABLE_ITEM, id), 1);
}

/* One step of a group of events, or of as many as there are. */
static void step_ahead(struct builder *b, uint32_t step, const struct event *events, struct ahead *ahead,
		       uint32_t nr)
{
	switch (step) {
	case 0:
		for (uint32_t i = 0; i < nr; i++)
			ask(b, &events[i], &ahead[i]);
		break;
	case 1:
		for (uint32_t i = 0; i < nr; i++)
			locate(b, &ahead[i]);
		break;
	case 2:
		for (uint32_t i = 0; i < nr; i++)
			ask_for_rows(b, &ahead[i]);
		break;
	default:
		for (uint32_t i = 0; i < nr; i++)
			ask_for_item(b, &ahead[i]);
	}
}

void build_ahead(struct builder *b, const struct event *events, uint32_t nr, uint32_t at, bool anew)
{
	if (b->h->patched)
		return;
	for (uint32_t step = 0; step < AHEAD_STEPS; step++) {
		uint32_t distance = AHEAD_STEPS - 1 - step;

		/* At the beginning, all groups up to there. */
		for (uint32_t g = anew ? 0 : distance; g <= distance; g++) {
			uint32_t first = at + g * AHEAD_GROUP;

			if (first < nr)
				step_ahead(b, step, events + first, &b->ahead[first % NR_AHEAD],
					   nr - first < AHEAD_GROUP ? nr - first : AHEAD_GROUP);
		}
	}
}

void build_turn_to(struct builder *b, uint32_t at)
{
	const struct ahead *ahead = &b->ahead[at % NR_AHEAD];

	addrmap_turn_to_spot(&b->addrs[TABLE_NODE], &ahead->node);
	addrmap_turn_to_spot(&b->addrs[TABLE_ITEM], &ahead->item);
}
