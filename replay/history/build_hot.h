/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_hot.h - inside a history: the steps that nearly every event takes, where the compiler sees them.
 *
 * A stock recording is millions of merges and removals, each of which makes or ends a row, counts it, and
 * links it.  Out of line each step is a call that looks up again what the one before it had; here the table
 * and the kernel are constants and most of it falls away.  There is no second copy of a rule: build_span(),
 * item_place() and the others are these, called with what is not known before.
 *
 * Whatever is rare is a call: growing a pool, writing counts down, a recording whose clocks may be apart.
 */
#ifndef KSMTOP_BUILD_HOT_H
#define KSMTOP_BUILD_HOT_H

#include "history/build.h"

#define COUNT_CHANGES 1024u	/* counts are written down every so many changes */
#define BUSY_CHANGES 1024u	/* busy.c */
#define BUSY_CHANGES_OF_DUPS 32u

/* ---- rows ---- */
/* The row behind the last one, zero; NULL without memory. */
ALWAYS_INLINE struct span *hot_row(struct builder *b, enum table table)
{
	struct pool *rows = &b->seg->tables[table].spans;

	if (rows->nr < rows->nr_room)
		return span_at(b->seg, table, (uint32_t)rows->nr++);
	return build_grow(b, rows);
}

ALWAYS_INLINE bool hot_push(struct builder *b, struct pool *pool, uint32_t value)
{
	if (pool->nr == pool->nr_room && pool_reserve(pool, pool->nr + 1) != 0) {
		build_fail(b, -ENOMEM);
		return false;
	}
	((uint32_t *)pool->data)[pool->nr++] = value;
	return true;
}

/* build_span() */
ALWAYS_INLINE uint32_t hot_span(struct builder *b, enum table table, uint32_t before, uint64_t addr_gen,
				uint32_t owner, uint32_t flags)
{
	struct spans *spans = &b->seg->tables[table];
	uint32_t id = (uint32_t)spans->spans.nr;
	struct span *span;

	if (spans->spans.nr >= NO_ID - 1) {
		build_fail(b, -EFBIG);
		return NO_ID;
	}
	span = hot_row(b, table);
	if (!span || (spans->more.element_size && !build_grow(b, &spans->more)))
		return NO_ID;
	flags |= (owner & ~SPAN_FLAGS) | SPAN_LAST | (before == NO_ID ? SPAN_FIRST : 0);
	*span = (struct span){ .addr_gen = addr_gen, .born = b->now, .died = ALIVE, .link = id,
			       .owner_flags = flags };
	if (before != NO_ID) {
		struct span *last = span_at(b->seg, table, before);

		if (b->h->options.clock_skew_ns)
			build_note_order(b, table, id, last->died < b->now ? last->died : last->born);
		span->link = last->link;	/* to the first one */
		last->link = id;
		last->owner_flags &= ~SPAN_LAST;
	}
	if (flags & SPAN_FOUND)
		hot_push(b, &spans->found, id);
	return id;
}

/* build_end() */
ALWAYS_INLINE void hot_end(struct builder *b, enum table table, uint32_t id, uint32_t flags)
{
	struct span *span = span_at(b->seg, table, id);

	span->died = b->now;
	span->owner_flags |= flags;
	hot_push(b, &b->seg->tables[table].deaths, id);
}

/* build_generation() */
ALWAYS_INLINE uint32_t hot_generation(struct builder *b, enum table table, uint64_t key, uint32_t old,
				      uint32_t *flags)
{
	uint32_t gen = b->past_maps[table].order ? build_past_generation(b, table, key) : 0, last;

	/* A dead one that was carried, because a row named it, may be the older one. */
	last = old == NO_ID ? 0 : span_gen(span_at(b->seg, table, old));
	gen = last > gen ? last : gen;
	if (*flags & SPAN_FOUND && (gen || (table == TABLE_NODE && build_was_whole(b, TABLE_NODE, NO_ID))))
		*flags &= ~(uint32_t)SPAN_FOUND;
	return gen < MAX_GENERATION ? gen + 1 : gen;
}

/* ---- counts ---- */
/* build_changes() */
ALWAYS_INLINE void hot_changes(struct builder *b)
{
	if (b->counts_event != b->now) {
		if (b->counts_changes >= COUNT_CHANGES)
			build_write_counts(b);
		b->counts_event = b->now;
	}
	b->counts_changes++;
	b->changed_ns = b->now_ns;
}

/* build_mm_changes() */
ALWAYS_INLINE void hot_mm_changes(struct builder *b, uint32_t mm)
{
	struct mm_live *live = &b->mms[mm];

	if (live->counted != b->now) {
		if (live->changes >= COUNT_CHANGES)
			build_write_mm_counts(b, mm);
		live->counted = b->now;
	}
	live->changes++;
	live->changed_ns = b->now_ns;
}

/* build_activity() */
ALWAYS_INLINE void hot_activity(struct builder *b, enum activity activity)
{
	uint8_t *pair = (uint8_t *)b->seg->activity.data + (b->now - 1) / 2;

	*pair |= (uint8_t)(ACTIVITY_CODE(activity) << ((b->now - 1) % 2 * 4));
	b->activity_sums[activity]++;
}

/* Would a node without items be counted as one: empty.c? */
ALWAYS_INLINE bool hot_is_countable(const struct segment *seg, uint32_t span)
{
	uint8_t kind;

	if (!seg->tables[TABLE_NODE].more.element_size)
		return !span_is(span_at(seg, TABLE_NODE, span), SPAN_FOUND);
	kind = ((const struct node_more *)more_at(seg, TABLE_NODE, span))->kind;
	return kind == NODE_PLAIN || kind == NODE_DUP;
}

ALWAYS_INLINE struct node_live *hot_node_live(struct builder *b, uint32_t node)
{
	if (node >= b->node_items.nr && pool_resize(&b->node_items, (node | 1023u) + 1) != 0) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	return (struct node_live *)b->node_items.data + node;
}

/* empty_node_counts() */
ALWAYS_INLINE void hot_node_counts(struct builder *b, uint32_t span, int by)
{
	struct node_live *live = hot_node_live(b, span_object(b->seg, TABLE_NODE, span));

	if (live && !live->items && hot_is_countable(b->seg, span))
		b->nr_empty += (uint32_t)by;
}

/* An item comes to a node (NO_ID: none), or leaves it. */
ALWAYS_INLINE void hot_item_counts(struct builder *b, uint32_t node, int by)
{
	struct node_live *live = node == NO_ID ? NULL : hot_node_live(b, node);
	uint32_t last = node, many = b->h->patched ? BUSY_CHANGES_OF_DUPS : BUSY_CHANGES;
	bool changes;

	if (!live)
		return;
	changes = live->items == (by > 0 ? 0 : 1);
	live->items += (uint32_t)by;
	if (++live->changes >= many)
		busy_node_counts(b, node, live);
	if (!changes)
		return;
	if (!span_is(span_at(b->seg, TABLE_NODE, node), SPAN_LAST))
		last = object_last(b->seg, TABLE_NODE, node);
	if (hot_is_countable(b->seg, last))
		b->nr_empty -= (uint32_t)by;
}

/* build_mm() */
ALWAYS_INLINE uint32_t hot_mm(struct builder *b, uint64_t addr)
{
	const struct near_mm *near = build_near_mm(b, build_key(addr >> 3));

	return near->key == build_key(addr >> 3) && near->key ? near->mm : build_mm(b, addr);
}

/* ---- items ---- */
/* build_hint() */
ALWAYS_INLINE void hot_hint(struct builder *b, uint32_t id, uint32_t mm)
{
	struct pool *hints = &b->seg->mm_hint;

	if (id / HINT_SPANS >= hints->nr && pool_resize(hints, id / HINT_SPANS + 1) != 0) {
		build_fail(b, -ENOMEM);
		return;
	}
	((uint64_t *)hints->data)[id / HINT_SPANS] |= 1ull << (mm & 63);
}

/* item_counts() */
ALWAYS_INLINE void hot_item_state_counts(struct builder *b, uint32_t id, uint32_t mm, uint32_t node, int by)
{
	if (node != NO_ID)
		b->mms[mm].stable += (uint32_t)by;
	if (!b->seg->tables[TABLE_ITEM].more.element_size)	/* stock: neither another state nor vague */
		b->counts.items_stable += (uint32_t)by;
	else
		item_state_counts(b, id, by);
}

/* item_place() */
ALWAYS_INLINE void hot_item_place(struct builder *b, uint32_t id, uint32_t mm, uint32_t node,
				  const struct item_more *more)
{
	struct span *span = span_at(b->seg, TABLE_ITEM, id);
	struct item_data *data = (struct item_data *)(span + 1);

	*data = (struct item_data){ .node = node, .older = NO_ID };
	if (more)
		*(struct item_more *)more_at(b->seg, TABLE_ITEM, id) = *more;
	if (node != NO_ID) {
		struct node_data *on = data_at(b->seg, TABLE_NODE, node);

		data->older = on->newest;
		on->newest = id;
	}
	build_set(b, TABLE_ITEM, span->addr_gen >> 10, id);
	hot_hint(b, id, mm);
	hot_mm_changes(b, mm);
	b->mms[mm].items++;
	hot_item_state_counts(b, id, mm, node, 1);
	hot_item_counts(b, node, 1);
	/* Each is placed when it is made, some once more when they are found. */
	if (id == b->mm_items.nr && hot_push(b, &b->mm_items, b->mms[mm].newest))
		b->mms[mm].newest = id;
}

/* build_item_end() */
ALWAYS_INLINE void hot_item_end(struct builder *b, uint32_t id, uint32_t flags)
{
	const struct span *span = span_at(b->seg, TABLE_ITEM, id);
	uint32_t mm = span_owner(span), node = ((const struct item_data *)(span + 1))->node;

	if (b->mms[mm].dead)		/* ended with its mm; counted there */
		return;
	hot_mm_changes(b, mm);
	b->mms[mm].items--;
	hot_item_state_counts(b, id, mm, node, -1);
	hot_item_counts(b, node, -1);
	hot_end(b, TABLE_ITEM, id, flags);
}

#endif /* KSMTOP_BUILD_HOT_H */
