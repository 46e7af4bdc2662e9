// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_tree.c - stable nodes of the patched kernel: trees, chains, dups, the migrate list.
 *
 * The hard idea is order.  The kernel's trees are sorted by content, which nobody records; an insert
 * says behind which node it went.  So each nid has one list of places, in order, from which nothing
 * is ever taken away: a node that leaves keeps its place, a new one goes right behind its
 * predecessor's.  The places of the nodes alive at any moment are then in that moment's order,
 * and a place's rank, counted when a list is asked for, is a sort key for all times at once.
 *
 * A chain takes over its first dup's place; dups stand behind their chain as in its hlist.  That
 * grows at the head, and a dup with room is moved to the head (dup_head): so each gets a key larger
 * than all before, and the room between two keys is for what a dump finds between two dups.
 *
 * chain/dup transitions mirror alloc_stable_node_chain(), stable_node_chain_add_dup(),
 * __stable_node_dup_del(), stable_node_dup() of mm/ksm.c, Linux 6.12.
 *
 * What is named without having been seen before is found: a row from before the recording.
 */
#include "history/build.h"
#include "history/build_patched.h"

/* ---- places ---- */
static uint32_t place_new(struct builder *b, uint32_t behind)
{
	struct pool *pool = &b->seg->tree;
	uint32_t id = (uint32_t)pool->nr;
	struct tree_place *place = pool_grow(pool, 1);

	if (!place) {
		build_fail(b, -ENOMEM);
		return NO_ID;
	}
	place->next = NO_ID;
	if (behind != NO_ID) {
		struct tree_place *before = pool_at(pool, behind);

		place->next = before->next;
		before->next = id;
	}
	b->seg->tree_ranked = 0;
	return id;
}

/* The place in front of a nid's first node. */
static uint32_t place_first(struct builder *b, int nid)
{
	struct pool *pool = &b->seg->tree_heads;
	struct tree_head *head;

	for (uint64_t i = 0; i < pool->nr; i++) {
		head = pool_at(pool, i);
		if (head->nid == nid)
			return head->place;
	}
	head = pool_grow(pool, 1);
	if (!head) {
		build_fail(b, -ENOMEM);
		return NO_ID;
	}
	*head = (struct tree_head){ .nid = nid, .place = place_new(b, NO_ID) };
	return head->place;
}

void tree_rank(const struct segment *seg)
{
	uint32_t rank = 0;

	for (uint64_t i = 0; i < seg->tree_heads.nr; i++) {
		uint32_t place = ((struct tree_head *)pool_at(&seg->tree_heads, i))->place;

		for (; place != NO_ID; place = ((struct tree_place *)pool_at(&seg->tree, place))->next)
			((struct tree_place *)pool_at(&seg->tree, place))->rank = ++rank;
	}
	((struct segment *)seg)->tree_ranked = seg->tree.nr;
}

/* ---- rows ---- */
uint32_t node_alive(struct builder *b, uint64_t addr)
{
	uint32_t id = build_find(b, TABLE_NODE, addr >> 3);

	return id != NO_ID && span_at(b->seg, TABLE_NODE, id)->died == ALIVE ? id : NO_ID;
}

static void node_counts(struct builder *b, uint32_t span, int by)
{
	count_span(b->seg, TABLE_NODE, span, b->now, &b->counts, by);
	empty_node_counts(b, span, by);
}

uint32_t node_make(struct builder *b, uint64_t addr, const struct node_more *more, uint32_t flags)
{
	uint32_t old = build_find(b, TABLE_NODE, addr >> 3), id;
	uint32_t gen = build_generation(b, TABLE_NODE, addr >> 3, old, &flags);

	/* Nobody was a dup of a chain before that was made. */
	if (more->chain != NO_ID && build_was_whole(b, TABLE_NODE, more->chain))
		flags &= ~(uint32_t)SPAN_FOUND;
	if (old != NO_ID && span_at(b->seg, TABLE_NODE, old)->died == ALIVE) {
		node_gone(b, old);	/* unseen: it may have gone long ago */
	}
	id = build_span(b, TABLE_NODE, NO_ID, addr_key(addr, gen), OWNER_NONE, flags);
	if (id == NO_ID)
		return NO_ID;
	*(struct node_data *)data_at(b->seg, TABLE_NODE, id) = (struct node_data){ NO_ID, NO_ID };
	*(struct node_more *)more_at(b->seg, TABLE_NODE, id) = *more;
	build_set(b, TABLE_NODE, addr >> 3, id);
	node_counts(b, id, 1);
	return id;
}

/* The node's span now: found if it was not known. */
uint32_t node_get(struct builder *b, uint64_t addr)
{
	static const struct node_more unknown = { .nid = -1, .kind = NODE_UNKNOWN, .chain = NO_ID,
						  .place = NODE_NOWHERE, .position = NO_ID,
						  .evidence = EVIDENCE_INFERRED };
	uint32_t id = node_alive(b, addr);

	return id != NO_ID || !addr ? id : node_make(b, addr, &unknown, SPAN_FOUND);
}

/*
 * An event made it so, which means that it was otherwise just before, even if the row, behind a gap, says the
 * same.  SPAN_DERIVED: the event does not name all of it.
 */
static uint32_t node_event(struct builder *b, uint32_t span, const struct node_more *more, uint32_t flags)
{
	struct span *old = span_at(b->seg, TABLE_NODE, span);
	uint64_t key = old->addr_gen;
	uint32_t id;

	if (old->born == b->now && !span_is(old, SPAN_FOUND)) {
		node_counts(b, span, -1);
		*(struct node_more *)more_at(b->seg, TABLE_NODE, span) = *more;
		old->owner_flags |= flags;
		node_counts(b, span, 1);
		return span;
	}
	node_counts(b, span, -1);
	build_end(b, TABLE_NODE, span, 0);
	id = build_span(b, TABLE_NODE, span, key, OWNER_NONE, flags);
	if (id == NO_ID)
		return NO_ID;
	*(struct node_data *)data_at(b->seg, TABLE_NODE, id) = (struct node_data){ NO_ID, NO_ID };
	*(struct node_more *)more_at(b->seg, TABLE_NODE, id) = *more;
	build_set(b, TABLE_NODE, key >> 10, id);
	node_counts(b, id, 1);
	return id;
}

uint32_t node_change(struct builder *b, uint32_t span, const struct node_more *more)
{
	if (!memcmp(more, more_at(b->seg, TABLE_NODE, span), sizeof(*more)))
		return span;
	return node_event(b, span, more, 0);
}

/* Its items are off it by events of their own; what is left over was lost. */
void node_gone(struct builder *b, uint32_t span)
{
	uint32_t object = span_object(b->seg, TABLE_NODE, span);
	uint32_t item = ((struct node_data *)data_at(b->seg, TABLE_NODE, object))->newest;

	while (item != NO_ID) {
		uint32_t older = ((struct item_data *)data_at(b->seg, TABLE_ITEM, item))->older;

		if (span_at(b->seg, TABLE_ITEM, item)->died == ALIVE) {
			item_off_node(b, item, true);
			span_at(b->seg, TABLE_ITEM, item)->owner_flags &= ~(uint32_t)SPAN_NAMED_END;
		}
		item = older;
	}
	node_counts(b, span, -1);
	build_end(b, TABLE_NODE, span, 0);
}

static struct node_more more_of(struct builder *b, uint32_t span)
{
	struct node_more more = *(struct node_more *)more_at(b->seg, TABLE_NODE, span);

	more.evidence = EVIDENCE_TRACED;
	return more;
}

uint32_t tree_place_new(struct builder *b, uint64_t position, int nid)
{
	return place_new(b, position != NO_ID ? (uint32_t)position : place_first(b, nid));
}

static uint32_t place_behind(struct builder *b, uint64_t pred, int nid)
{
	uint32_t span = pred ? node_get(b, pred) : NO_ID, place = NO_ID;

	if (span != NO_ID)
		place = (uint32_t)((struct node_more *)more_at(b->seg, TABLE_NODE, span))->position;
	return tree_place_new(b, place, nid);
}

#define DUP_KEY_ROOM (UINT64_C(1) << 24)

uint64_t dup_key_of_head(struct builder *b)
{
	if (b->nr_dup_keys < DUP_KEY_MAX / DUP_KEY_ROOM)
		b->nr_dup_keys++;
	return b->nr_dup_keys * DUP_KEY_ROOM;
}

/* ---- events ---- */
static void insert(struct builder *b, const struct args_P_NODE_INSERT *args)
{
	struct node_more more = { .kpfn = (uint64_t)args->kpfn, .nid = (int16_t)args->nid,
				  .kind = NODE_PLAIN, .place = NODE_IN_TREE, .chain = NO_ID,
				  .evidence = EVIDENCE_TRACED };
	uint32_t span;

	more.position = place_behind(b, (uint64_t)args->pred, (int)args->nid);
	span = node_alive(b, (uint64_t)args->node);
	if (span != NO_ID)	/* comes back from the migrate list */
		node_event(b, span, &more, 0);
	else
		node_make(b, (uint64_t)args->node, &more, 0);
}

static void replace(struct builder *b, const struct args_P_NODE_REPLACE *args)
{
	uint32_t old = node_get(b, (uint64_t)args->old_node), span;
	struct node_more more, gone;

	if (old == NO_ID)
		return;
	gone = more_of(b, old);
	more = gone;
	more.kpfn = (uint64_t)args->kpfn;
	more.nid = (int16_t)args->nid;
	gone.place = NODE_NOWHERE;
	gone.position = NO_ID;
	gone.kind = gone.kind == NODE_DUP ? NODE_PLAIN : gone.kind;
	gone.chain = NO_ID;
	gone.dup_key = 0;
	node_event(b, old, &gone, SPAN_DERIVED);
	span = node_alive(b, (uint64_t)args->node);
	if (span != NO_ID)
		node_event(b, span, &more, SPAN_DERIVED);
	else
		node_make(b, (uint64_t)args->node, &more, SPAN_DERIVED);
}

static void chain_make(struct builder *b, const struct args_P_CHAIN_MAKE *args)
{
	uint32_t node = node_get(b, (uint64_t)args->node), chain;
	struct node_more more = { .nid = (int16_t)args->nid, .kind = NODE_CHAIN, .place = NODE_IN_TREE,
				  .chain = NO_ID, .evidence = EVIDENCE_TRACED };
	struct node_more dup;

	if (node == NO_ID || node == node_alive(b, (uint64_t)args->chain))
		return;		/* no chain is its own dup */
	dup = more_of(b, node);
	more.position = dup.position;
	chain = node_make(b, (uint64_t)args->chain, &more, 0);
	if (chain == NO_ID)
		return;
	dup.kind = NODE_DUP;
	dup.chain = chain;
	dup.place = NODE_IN_TREE;
	dup.nid = (int16_t)args->nid;
	dup.dup_key = dup_key_of_head(b);
	node = node_event(b, node, &dup, SPAN_DERIVED);
	build_notable(b, NOTABLE_CHAIN_MADE, 0, dup.kpfn, make_ref(b->seg, TABLE_NODE, chain));
}

/* Added to the chain, or (not `added`) moved to its head. */
static void to_dup(struct builder *b, uint64_t chain_addr, uint64_t node_addr, uint64_t kpfn, int nid,
		   bool added)
{
	uint32_t chain = node_get(b, chain_addr), node;
	struct node_more more = { .kpfn = kpfn, .nid = (int16_t)nid, .kind = NODE_DUP,
				  .place = NODE_IN_TREE, .evidence = EVIDENCE_TRACED };

	node = node_alive(b, node_addr);
	if (chain == NO_ID || node == chain)
		return;
	more.chain = span_object(b->seg, TABLE_NODE, chain);
	more.dup_key = dup_key_of_head(b);
	more.position = ((struct node_more *)more_at(b->seg, TABLE_NODE, chain))->position;
	if (node != NO_ID && added)
		node_event(b, node, &more, 0);
	else if (node != NO_ID)
		node_change(b, node, &more);
	else
		node_make(b, node_addr, &more, 0);
	build_touch(b, TABLE_NODE, more.chain);
}

/* A node is taken out of everything before it is freed; a chain goes as it is. */
static bool is_as_freed(const struct node_more *more, uint64_t kpfn, bool chain)
{
	return chain ? more->kind == NODE_CHAIN :
	       more->kind == NODE_PLAIN && more->place == NODE_NOWHERE && more->kpfn == kpfn;
}

static void freed(struct builder *b, uint64_t addr, uint64_t kpfn, bool chain)
{
	uint32_t span = node_get(b, addr);

	if (span == NO_ID)
		return;
	if (chain)
		build_notable(b, NOTABLE_CHAIN_GONE, 0, 0,
			      make_ref(b->seg, TABLE_NODE, span_object(b->seg, TABLE_NODE, span)));
	node_gone(b, span);
	if (is_as_freed(more_at(b->seg, TABLE_NODE, span), kpfn, chain))
		span_at(b->seg, TABLE_NODE, span)->owner_flags |= SPAN_NAMED_END;
}

/* What an event that names both says of a copied row: is the rest of it as sure as it was before? */
static uint32_t name_page(struct node_more *more, uint64_t kpfn, int nid)
{
	more->kpfn = kpfn;
	if (more->nid < 0)
		more->nid = (int16_t)nid;
	return more->nid == nid ? 0 : SPAN_DERIVED;
}

static void collapse(struct builder *b, const struct args_P_CHAIN_COLLAPSE *args)
{
	uint32_t chain = node_get(b, (uint64_t)args->chain), node = node_get(b, (uint64_t)args->node);
	struct node_more plain;

	if (chain == NO_ID || node == NO_ID || chain == node)
		return;
	plain = more_of(b, node);
	plain.kind = NODE_PLAIN;
	plain.chain = NO_ID;
	plain.dup_key = 0;
	plain.position = ((struct node_more *)more_at(b->seg, TABLE_NODE, chain))->position;
	plain.place = NODE_IN_TREE;
	node_event(b, node, &plain, name_page(&plain, (uint64_t)args->kpfn, (int)args->nid));
	/* No dup_del and no chain_free follow: this is the chain's end. */
	freed(b, (uint64_t)args->chain, 0, true);
}

/* Off whatever it was on, to `place`. */
static void move(struct builder *b, const struct args_P_NODE_ERASE *args, enum node_place place)
{
	uint32_t span = node_get(b, (uint64_t)args->node), flags;
	struct node_more more;

	if (span == NO_ID)
		return;
	more = more_of(b, span);
	flags = name_page(&more, (uint64_t)args->kpfn, (int)args->nid);
	more.place = (uint8_t)place;
	if (more.kind != NODE_CHAIN)
		more.kind = NODE_PLAIN;
	else
		flags = SPAN_DERIVED;
	more.chain = NO_ID;
	more.dup_key = 0;
	more.position = NO_ID;
	node_event(b, span, &more, flags);
}

static void kpfn_changed(struct builder *b, const struct args_P_NODE_KPFN *args)
{
	uint32_t span = node_get(b, (uint64_t)args->node);
	struct node_more more;

	if (span == NO_ID)
		return;
	more = more_of(b, span);
	more.kpfn = (uint64_t)args->kpfn;
	/* Which tree it is in is stable_node->nid: that changes only when it is inserted again. */
	node_event(b, span, &more, SPAN_DERIVED);
}

bool build_tree_event(struct builder *b, const struct event *ev)
{
	const struct args_P_DUP_ADD *dup;
	enum activity activity = ACTIVITY_OTHER;

	switch (ev->kind) {
	case EVENT_P_NODE_INSERT:
		insert(b, EVENT_ARGS(ev, P_NODE_INSERT));
		activity = ACTIVITY_NODES_MADE;
		break;
	case EVENT_P_NODE_ERASE:
		move(b, EVENT_ARGS(ev, P_NODE_ERASE), NODE_NOWHERE);
		break;
	case EVENT_P_NODE_REPLACE:
		replace(b, EVENT_ARGS(ev, P_NODE_REPLACE));
		break;
	case EVENT_P_NODE_KPFN:
		kpfn_changed(b, EVENT_ARGS(ev, P_NODE_KPFN));
		build_episode_event(b, ev);
		activity = ACTIVITY_MIGRATIONS;
		break;
	case EVENT_P_NODE_FREE:
		freed(b, (uint64_t)EVENT_ARGS(ev, P_NODE_FREE)->node,
		      (uint64_t)EVENT_ARGS(ev, P_NODE_FREE)->kpfn, false);
		activity = ACTIVITY_NODES_GONE;
		break;
	case EVENT_P_CHAIN_MAKE:
		chain_make(b, EVENT_ARGS(ev, P_CHAIN_MAKE));
		activity = ACTIVITY_CHAINS;
		break;
	case EVENT_P_CHAIN_COLLAPSE:
		collapse(b, EVENT_ARGS(ev, P_CHAIN_COLLAPSE));
		activity = ACTIVITY_CHAINS;
		break;
	case EVENT_P_CHAIN_FREE:
		freed(b, (uint64_t)EVENT_ARGS(ev, P_CHAIN_FREE)->node, 0, true);
		activity = ACTIVITY_CHAINS;
		break;
	case EVENT_P_DUP_ADD:
	case EVENT_P_DUP_HEAD:
		dup = EVENT_ARGS(ev, P_DUP_ADD);	/* both have the same fields */
		to_dup(b, (uint64_t)dup->chain, (uint64_t)dup->node, (uint64_t)dup->kpfn,
		       (int)dup->nid, ev->kind == EVENT_P_DUP_ADD);
		activity = ACTIVITY_DUPS;
		break;
	case EVENT_P_DUP_DEL:
		move(b, EVENT_ARGS(ev, P_NODE_ERASE), NODE_NOWHERE);	/* the same fields */
		activity = ACTIVITY_DUPS;
		break;
	case EVENT_P_MIGRATE_ADD:
		move(b, EVENT_ARGS(ev, P_NODE_ERASE), NODE_ON_MIGRATE_LIST);	/* and one more */
		activity = ACTIVITY_MIGRATIONS;
		break;
	case EVENT_P_MIGRATE_DEL:
		move(b, EVENT_ARGS(ev, P_NODE_ERASE), NODE_NOWHERE);
		activity = ACTIVITY_MIGRATIONS;
		break;
	default:
		return false;
	}
	build_activity(b, activity);
	return true;
}
