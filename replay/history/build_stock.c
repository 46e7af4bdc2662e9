// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_stock.c - what the events of an unpatched kernel say about items and stable nodes.
 *
 * The hard idea: these events say that something happened, hardly ever to what.  A merge with err 0
 * hangs an item on the page of a pfn; there is no event when it leaves.  So a row begins with the
 * merge and stays until something contradicts it: the item is merged elsewhere, its node is removed,
 * its mm exits, a sample says otherwise.  In between it is doubtful (fact.c).
 *
 * mm/ksm.c, 6.4 to 6.18:
 * - try_to_merge_two_pages() merges a page with itself first (ksm_page NULL: it becomes a KSM page, a
 *   new stable node) and its partner with it second.  If the second fails, break_cow() undoes the
 *   first, which no event tells: the first is tentative until the second's err is 0.
 * - remove_node_from_stable_tree() says ksm_remove_rmap_item for all items but the last, then
 *   ksm_remove_ksm_page.  ksmd notices late that a page is gone, and its pfn may carry a new KSM
 *   page by then: what is removed is the oldest node of that pfn that is alive.
 * - ksm_merge_one_page comes for zero pages only: the item leaves whatever node it hung on.
 *
 * Not here: who the processes are (build_task.c), what samples say (build_sample.c).
 */
#include "history/build_hot.h"

/* ---- nodes ---- */
/* The first of these generations, newest first, that is alive; what is dead between them goes. */
static uint32_t alive_from(struct builder *b, uint32_t node)
{
	while (node != NO_ID && span_at(b->seg, TABLE_NODE, node)->died != ALIVE)
		node = ((struct node_data *)data_at(b->seg, TABLE_NODE, node))->previous;
	return node;
}

static uint32_t node_new(struct builder *b, uint64_t pfn, uint32_t flags)
{
	uint32_t old = build_find(b, TABLE_NODE, pfn);
	uint32_t gen = hot_generation(b, TABLE_NODE, pfn, old, &flags), id;

	id = hot_span(b, TABLE_NODE, NO_ID, pfn_key(pfn, gen), OWNER_NONE, flags);
	if (id == NO_ID)
		return NO_ID;
	*(struct node_data *)data_at(b->seg, TABLE_NODE, id) =
		(struct node_data){ .newest = NO_ID, .previous = alive_from(b, old) };
	build_set(b, TABLE_NODE, pfn, id);
	b->counts.nodes++;
	hot_node_counts(b, id, 1);
	return id;
}

/* The newest node of that pfn, found if there is none. */
static uint32_t node_of(struct builder *b, uint64_t pfn)
{
	uint32_t id = build_find(b, TABLE_NODE, pfn);

	if (id != NO_ID && span_at(b->seg, TABLE_NODE, id)->died == ALIVE)
		return id;
	return node_new(b, pfn, SPAN_FOUND);
}

static uint32_t node_oldest(struct builder *b, uint64_t pfn)
{
	uint32_t oldest = NO_ID, id = alive_from(b, build_find(b, TABLE_NODE, pfn));

	while (id != NO_ID) {
		struct node_data *data = data_at(b->seg, TABLE_NODE, id);

		oldest = id;
		id = data->previous = alive_from(b, data->previous);
	}
	return oldest == NO_ID ? node_new(b, pfn, SPAN_FOUND) : oldest;
}

/* Ends the node and every item still on it. */
static void node_end(struct builder *b, uint32_t node, uint32_t flags)
{
	uint32_t item = ((struct node_data *)data_at(b->seg, TABLE_NODE, node))->newest;

	while (item != NO_ID) {
		uint32_t older = ((struct item_data *)data_at(b->seg, TABLE_ITEM, item))->older;

		if (span_at(b->seg, TABLE_ITEM, item)->died == ALIVE)
			build_item_end(b, item, 0);
		item = older;
	}
	build_end(b, TABLE_NODE, node, flags);
	b->counts.nodes--;
	empty_node_counts(b, node, -1);
}

/* ---- items ---- */
void build_item_end(struct builder *b, uint32_t id, uint32_t flags)
{
	hot_item_end(b, id, flags);
}

void item_place(struct builder *b, uint32_t id, uint32_t mm, uint32_t node, const struct item_more *more)
{
	hot_item_place(b, id, mm, node, more);
}

ALWAYS_INLINE uint32_t item_on_node(struct builder *b, uint64_t addr, uint32_t mm, uint32_t node, uint32_t flags)
{
	uint32_t old = build_find(b, TABLE_ITEM, addr >> 3), before = NO_ID, id;
	uint32_t gen;

	if (flags & SPAN_FOUND &&
	    (build_was_whole(b, TABLE_MM, mm) || build_was_whole(b, TABLE_NODE, node == NO_ID ? NO_ID :
		span_object(b->seg, TABLE_NODE, node))))
		flags &= ~(uint32_t)SPAN_FOUND;
	gen = hot_generation(b, TABLE_ITEM, addr >> 3, old, &flags);
	if (old != NO_ID) {
		const struct span *span = span_at(b->seg, TABLE_ITEM, old);

		if (span->died == ALIVE)
			build_item_end(b, old, 0);
		if (span_owner(span) == mm)
			before = old;
		if (before != NO_ID)
			gen = span_gen(span);
	}
	id = hot_span(b, TABLE_ITEM, before, addr_key(addr, gen), mm, flags);
	if (id == NO_ID)
		return NO_ID;
	hot_item_place(b, id, mm, node, NULL);
	return id;
}

/* ---- events ---- */
static void pair_undone(struct builder *b, uint64_t pfn)
{
	struct merge_pair *pair = &b->pair;

	if (pair->active && pair->pfn == pfn &&
	    span_at(b->seg, TABLE_NODE, pair->node)->died == ALIVE) {
		hot_changes(b);
		node_end(b, pair->node, 0);
	}
	pair->active = false;
}

static void merge_failed(struct builder *b, uint64_t pfn, uint64_t item, uint32_t mm, bool on_ksm_page)
{
	uint32_t span = build_find(b, TABLE_ITEM, item >> 3), node = build_find(b, TABLE_NODE, pfn);

	if (span != NO_ID)
		build_touch(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
	build_touch(b, TABLE_MM, mm);
	if (on_ksm_page) {
		build_touch(b, TABLE_NODE, node);
		pair_undone(b, pfn);
	}
	b->pair.active = false;
	hot_activity(b, ACTIVITY_MERGE_FAILURES);
}

/*
 * The mm of an item that ksmd tries to merge.  One that exited cannot merge any more
 * (find_mergeable_vma()), so success means that another has its address, whose ksm_enter was lost.
 * The first event behind a gap may be that of a partner.
 */
ALWAYS_INLINE uint32_t merging_mm(struct builder *b, uint64_t addr, int64_t err, bool partner)
{
	uint32_t mm = hot_mm(b, addr);

	if (mm != NO_ID && b->mms[mm].exited && !err) {
		build_mm_end(b, addr);
		mm = build_mm(b, addr);
	}
	if (!partner && b->loss_now != b->seg->base + b->now && (mm != b->cursor || b->nr_behind != b->leavers.nr))
		build_cursor_at_mm(b, mm);
	return mm;
}

static void merge_with_ksm_page(struct builder *b, const struct args_KSM_MERGE_WITH_KSM_PAGE *args)
{
	uint64_t pfn = (uint64_t)args->pfn, item = (uint64_t)args->rmap_item;
	bool partner = args->ksm_page && b->pair.active && b->pair.pfn == pfn;
	uint32_t mm = merging_mm(b, (uint64_t)args->mm, args->err, partner), node, flags = 0, id;

	if (mm == NO_ID)
		return;
	if (args->err) {
		merge_failed(b, pfn, item, mm, args->ksm_page);
		return;
	}
	hot_changes(b);
	if (args->ksm_page) {
		node = node_of(b, pfn);
		if (b->pair.active && b->pair.node == node &&
		    b->pair.span + 1 == nr_spans(b->seg, TABLE_ITEM))
			flags = SPAN_PARTNER;
		b->pair.active = false;
	} else {
		node = node_new(b, pfn, 0);
		flags = SPAN_TENTATIVE;
	}
	if (node == NO_ID)
		return;
	id = item_on_node(b, item, mm, node, flags);
	if (flags & SPAN_TENTATIVE)
		b->pair = (struct merge_pair){ .pfn = pfn, .span = id, .node = node, .active = true };
	b->mms[mm].merges++;
	hot_activity(b, ACTIVITY_MERGES);
}

static void merge_one_page(struct builder *b, const struct args_KSM_MERGE_ONE_PAGE *args)
{
	uint32_t mm = merging_mm(b, (uint64_t)args->mm, args->err, false);
	uint32_t span = build_find(b, TABLE_ITEM, (uint64_t)args->rmap_item >> 3);

	build_touch(b, TABLE_MM, mm);
	if (span != NO_ID) {
		build_touch(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
		/* cmp_and_merge_page() took it off its node before. */
		if (span_at(b->seg, TABLE_ITEM, span)->died == ALIVE) {
			hot_changes(b);
			hot_item_end(b, span, 0);
		}
	}
	hot_activity(b, args->err ? ACTIVITY_MERGE_FAILURES : ACTIVITY_ZERO_PAGES);
}

/*
 * The mm that ksmd names for an item it still has.  After __ksm_exit() ksmd keeps the mm_slot, its
 * items and a reference on the mm until its scan comes by, so without a ksm_enter in between the
 * address is still the mm that left, not a new one.  NO_ID: one that left before this segment.
 */
static uint32_t mm_of_item(struct builder *b, uint64_t addr)
{
	uint32_t mm = build_mm_alive(b, addr), span;

	if (mm != NO_ID)
		return mm;
	span = build_find(b, TABLE_MM, addr >> 3);
	if (span != NO_ID)
		return span_object(b->seg, TABLE_MM, span);
	return build_was_there(b, TABLE_MM, addr >> 3) ? NO_ID : build_mm(b, addr);
}

/* A removal was taken for that of the wrong node, perhaps: then items may be missing that the kernel has. */
static void sets_unknown(struct builder *b)
{
	b->items_complete = false;
	for (uint32_t i = 0; i < b->nr_mms_room; i++)
		b->mms[i].complete = false;
}

static bool may_have_moved(const struct builder *b, uint32_t node)
{
	uint32_t newest = ((struct node_data *)data_at(b->seg, TABLE_NODE, node))->newest;
	uint32_t named = newest == NO_ID ? span_at(b->seg, TABLE_NODE, node)->born :
			 span_at(b->seg, TABLE_ITEM, newest)->born;

	return moves_from(b->h, b->seg->base + named, b->seg->base + b->now) < b->seg->base + b->now;
}

/*
 * The node that ksmd removes: the one that the burst before has named by an item on it, else the oldest one of
 * that pfn.  If there are two, or if another's page may be there by now, nobody can say whether it was that one.
 */
static uint32_t node_removed(struct builder *b, uint64_t pfn, uint32_t mm, uint32_t item)
{
	uint32_t node = NO_ID;

	if (item != NO_ID && mm != NO_ID && span_at(b->seg, TABLE_ITEM, item)->died == ALIVE &&
	    span_owner(span_at(b->seg, TABLE_ITEM, item)) == mm)
		node = ((struct item_data *)data_at(b->seg, TABLE_ITEM, item))->node;
	if (node != NO_ID && span_pfn(span_at(b->seg, TABLE_NODE, node)) != pfn)
		node = NO_ID;
	if (node == NO_ID && b->removal.node != NO_ID && b->removal.pfn == pfn)
		node = b->removal.node;
	if (node == NO_ID) {
		node = node_oldest(b, pfn);
		if (node != NO_ID && (build_find(b, TABLE_NODE, pfn) != node || may_have_moved(b, node)))
			sets_unknown(b);
	}
	b->removal = (struct removal){ pfn, node };
	return node;
}

static void remove_rmap_item(struct builder *b, const struct args_KSM_REMOVE_RMAP_ITEM *args)
{
	uint32_t mm = mm_of_item(b, (uint64_t)args->mm), node, span;
	uint64_t item = (uint64_t)args->rmap_item;

	hot_changes(b);
	span = build_find(b, TABLE_ITEM, item >> 3);
	node = node_removed(b, (uint64_t)args->pfn, mm, span);
	if (mm == NO_ID || b->mms[mm].dead) {		/* the item ended with it */
		build_touch(b, TABLE_MM, mm);
		if (node != NO_ID)
			build_touch(b, TABLE_NODE, span_object(b->seg, TABLE_NODE, node));
	} else {
		if (span == NO_ID || span_at(b->seg, TABLE_ITEM, span)->died != ALIVE ||
		    span_owner(span_at(b->seg, TABLE_ITEM, span)) != mm ||
		    ((struct item_data *)data_at(b->seg, TABLE_ITEM, span))->node != node)
			span = item_on_node(b, item, mm, node, SPAN_FOUND);
		if (span != NO_ID)
			hot_item_end(b, span, SPAN_NAMED_END);
	}
	b->pair.active = false;
	hot_activity(b, ACTIVITY_REMOVALS);
}

static void remove_ksm_page(struct builder *b, uint64_t pfn)
{
	uint32_t node;

	hot_changes(b);
	node = node_removed(b, pfn, NO_ID, NO_ID);
	b->removal.node = NO_ID;
	if (node == NO_ID)
		return;
	node_end(b, node, SPAN_NAMED_END);
	b->pair.active = false;
	hot_activity(b, ACTIVITY_NODES_GONE);
}

bool build_stock_event(struct builder *b, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		if (b->h->patched)
			return false;
		merge_with_ksm_page(b, EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE));
		return true;
	case EVENT_KSM_MERGE_ONE_PAGE:
		if (b->h->patched)
			return false;
		merge_one_page(b, EVENT_ARGS(ev, KSM_MERGE_ONE_PAGE));
		return true;
	case EVENT_KSM_REMOVE_RMAP_ITEM:
		if (b->h->patched)
			return false;
		remove_rmap_item(b, EVENT_ARGS(ev, KSM_REMOVE_RMAP_ITEM));
		return true;
	case EVENT_KSM_REMOVE_KSM_PAGE:
		if (b->h->patched)
			return false;
		remove_ksm_page(b, (uint64_t)EVENT_ARGS(ev, KSM_REMOVE_KSM_PAGE)->pfn);
		return true;
	default:
		return false;
	}
}
