// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk_items.c - the rmap_items of a walk, each with its hold in either pass.
 *
 * Both passes go over the same list in the same order, so matching is a pointer that moves along;
 * only where events were lost does it have to look further.  An item that the history does not know
 * (it came to be before the recording could see it) is matched by where it is.
 *
 * Not here: what is drawn of them (walk_panes.c).
 */
#include "walk_items.h"

#include <stdlib.h>

static struct walk_item *room_for(struct open_episode *open, uint32_t *room)
{
	struct walk_item *more;

	if (open->nr_items == *room) {
		*room = *room ? *room * 2 : 64;
		more = realloc(open->items, *room * sizeof(*more));
		if (!more)
			return NULL;
		open->items = more;
	}
	return &open->items[open->nr_items++];
}

/* The item at or after *at, going round once; NO_STEP when it is not there. */
static uint32_t find(const struct open_episode *open, uint32_t at, struct ref item, uint64_t addr)
{
	for (uint32_t i = 0; i < open->nr_items; i++) {
		const struct walk_item *known = &open->items[(at + i) % open->nr_items];

		if (ref_is_none(item) ? ref_is_none(known->item) && known->item_addr == addr
				      : ref_equal(known->item, item))
			return (at + i) % open->nr_items;
	}
	return NO_STEP;
}

static bool add_holds(struct stepping *s, uint32_t *room)
{
	uint32_t nr = episode_nr_holds(s->episode), at = 0;

	for (uint32_t i = 0; i < nr; i++) {
		const struct hold *hold = episode_hold(s->episode, i);
		unsigned int pass = hold->pass == 2;
		uint32_t found = pass ? find(s->open, at, hold->item, hold->item_addr) : NO_STEP;
		struct walk_item *item;

		if (found != NO_STEP) {
			s->open->items[found].hold[pass] = i;
			if (ref_is_none(s->open->items[found].mm)) {	/* its hold in pass 1 had lost its beginning */
				s->open->items[found].mm = hold->mm;
				s->open->items[found].address = hold->address;
			}
			at = found + 1;
			continue;
		}
		item = room_for(s->open, room);
		if (!item)
			return false;
		*item = (struct walk_item){hold->item, hold->mm, hold->item_addr, hold->address, false, {NO_STEP, NO_STEP}};
		item->hold[pass] = i;
	}
	return true;
}

/* What hung on the node when the walk began and was not come to. */
static bool add_others(struct stepping *s, uint32_t *room)
{
	uint32_t nr_held = s->open->nr_items, at = 0;
	struct moment when = {s->row.fact.born, s->open->when.known_by};
	struct history_cursor cursor;
	union row row;

	if (s->row.object.table != TABLE_NODE ||
	    history_list(s->scene.history, ITEMS_OF_NODE, s->row.object, when, &cursor))
		return true;
	while (history_next(&cursor, &row) == 1) {
		uint32_t found = nr_held ? find(s->open, at, row.item.ref, 0) : NO_STEP;
		struct walk_item *item;

		if (found != NO_STEP) {
			at = found + 1;
			continue;
		}
		item = room_for(s->open, room);
		if (!item)
			return false;
		*item = (struct walk_item){row.item.ref, row.item.mm, row.item.name.addr, row.item.address,
					   row.item.fact.doubt != DOUBT_NONE, {NO_STEP, NO_STEP}};
	}
	return true;
}

const struct walk_item *walk_items(struct stepping *s, uint32_t *ret_nr)
{
	uint32_t room = 0;

	if (!s->open->items_known && (!add_holds(s, &room) || !add_others(s, &room)))
		s->open->nr_items = 0;
	s->open->items_known = true;
	*ret_nr = s->open->nr_items;
	return s->open->items;
}

uint32_t walk_item_of(struct stepping *s, uint32_t hold)
{
	unsigned int pass = hold != NO_STEP && episode_hold(s->episode, hold)->pass == 2;
	const struct walk_item *items;
	uint32_t nr;

	items = walk_items(s, &nr);
	for (uint32_t i = 0; i < nr && hold != NO_STEP; i++)
		if (items[i].hold[pass] == hold)
			return i;
	return NO_STEP;
}
