// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_record.c - each record of a dump against the row that the events led to.
 *
 * Everything that a record says is compared: a node's kind, chain, kpfn, nid, list, its place in its
 * tree and among its chain's dups and how many items it has; an item's state, node, anon_vma, linear
 * page index and its place on the hlist; an anon_vma's root and parent; a VMA's bounds and mm; an
 * mm's process and how many items it has.  Each difference is one finding with the kernel's value
 * and ours; objects are told by their numbers.  Then the dump is believed: the row is mended.
 *
 * Order.  A dump lists nodes as the tree has them and dups and items from the head of their hlist.
 * A row that the dump has and we had not goes behind the one dumped before it.
 *
 * The kernel's UNSTABLE_FLAG outlives the unstable tree: it stays on an item until ksmd comes by
 * again (remove_rmap_item_from_tree(), mm/ksm.c), so it is compared with the row's own state, not
 * with item_state(), which knows of the resets.
 */
#include "history/build_dump.h"

static struct ref node_ref(const struct builder *b, uint32_t span)
{
	return make_ref(b->seg, TABLE_NODE, span_object(b->seg, TABLE_NODE, span));
}

static int64_t number_of(const struct builder *b, enum table table, uint32_t object)
{
	return object == NO_ID ? 0 : (int64_t)object_number(b->seg, table, object) + (table == TABLE_MM);
}

static void compare(struct builder *b, enum finding_id id, struct ref object, int64_t kernel, int64_t ours)
{
	if (kernel != ours)
		dump_finding(b, id, object, kernel, ours);
}

/* ---- stable nodes ---- */
static void compare_node(struct builder *b, struct ref ref, const struct node_more *kernel,
			 const struct node_more *ours)
{
	compare(b, FINDING_DUMP_NODE_KIND, ref, kernel->kind, ours->kind);
	compare(b, FINDING_DUMP_NODE_CHAIN, ref, number_of(b, TABLE_NODE, kernel->chain),
		number_of(b, TABLE_NODE, ours->chain));
	compare(b, FINDING_DUMP_NODE_KPFN, ref, (int64_t)kernel->kpfn, (int64_t)ours->kpfn);
	compare(b, FINDING_DUMP_NODE_NID, ref, kernel->nid, ours->nid);
	compare(b, FINDING_DUMP_NODE_PLACE, ref, kernel->place, ours->place);
}

static bool same_node(const struct node_more *a, const struct node_more *b)
{
	return a->kpfn == b->kpfn && a->kind == b->kind && a->place == b->place &&
	       a->chain == b->chain && a->nid == b->nid;
}

/* Its place in the tree: ours if it stands behind the last one, a new one there if not. */
static uint64_t place_in_tree(struct builder *b, uint64_t ours, int nid, struct ref ref)
{
	struct dump *dump = b->dump;
	uint64_t behind = dump->last_nid == nid ? dump->last_position : NO_ID;
	uint32_t rank = ours < b->seg->tree.nr ?
		((struct tree_place *)pool_at(&b->seg->tree, ours))->rank : 0;

	if (behind == NO_ID)
		dump->last_rank = 0;
	if (ours != NO_ID && (!rank || rank > dump->last_rank)) {
		dump->last_rank = rank ? rank : dump->last_rank;
		return ours;
	}
	if (ours != NO_ID)
		dump_finding(b, FINDING_DUMP_NODE_ORDER, ref, (int64_t)dump->last_rank + 1, rank);
	return tree_place_new(b, behind, nid);
}

/* The same among the dups of a chain: they come head first, and keys grow towards the head. */
static uint64_t place_in_chain(struct builder *b, uint64_t ours, uint32_t chain, struct ref ref)
{
	struct dump *dump = b->dump;
	bool first = dump->chain != chain;
	uint64_t key;

	if (ours && (first || ours < dump->dup_key))
		key = ours;
	else if (first)
		key = dup_key_of_head(b);
	else
		key = dump->dup_key - (dump->dup_key > 1);
	if (ours && key != ours)
		dump_finding(b, FINDING_DUMP_DUP_ORDER, ref, (int64_t)key, (int64_t)ours);
	dump->chain = chain;
	dump->dup_key = key;
	return key;
}

static void place_node(struct builder *b, struct node_more *more, const struct node_more *ours, struct ref ref)
{
	bool stays = ours && ours->place == NODE_IN_TREE && ours->nid == more->nid;

	if (more->place != NODE_IN_TREE)
		return;
	if (more->kind == NODE_DUP && more->chain != NO_ID) {
		more->position = ((struct node_more *)more_at(b->seg, TABLE_NODE,
			object_last(b->seg, TABLE_NODE, more->chain)))->position;
		more->dup_key = place_in_chain(b, ours && ours->chain == more->chain ? ours->dup_key : 0,
					       more->chain, ref);
		return;
	}
	more->position = place_in_tree(b, stays && ours->kind != NODE_DUP ? ours->position : NO_ID,
				       more->nid, ref);
	b->dump->last_position = more->position;
	b->dump->last_nid = more->nid;
}

static uint32_t items_now(const struct builder *b, uint32_t object)
{
	return object < b->node_items.nr ? ((struct node_live *)pool_at(&b->node_items, object))->items : 0;
}

static uint32_t item_alive_from(const struct builder *b, uint32_t item)
{
	while (item != NO_ID && (span_at(b->seg, TABLE_ITEM, item)->died != ALIVE ||
				 b->mms[span_owner(span_at(b->seg, TABLE_ITEM, item))].dead))
		item = ((struct item_data *)data_at(b->seg, TABLE_ITEM, item))->older;
	return item;
}

void record_node(struct builder *b, const struct args_P_DUMP_NODE *args)
{
	struct node_more more = { .kpfn = (uint64_t)args->kpfn, .nid = (int16_t)args->nid,
				  .kind = args->kind >= 0 && args->kind < NODE_UNKNOWN ?
					(uint8_t)args->kind : NODE_UNKNOWN,
				  .place = args->place ? NODE_ON_MIGRATE_LIST : NODE_IN_TREE,
				  .position = NO_ID, .evidence = EVIDENCE_DUMPED, .chain = NO_ID };
	uint32_t chain = args->chain ? node_get(b, (uint64_t)args->chain) : NO_ID;
	uint32_t span = node_alive(b, (uint64_t)args->node), object;
	struct node_more ours = { 0 };
	struct ref ref = { 0 };
	bool known = false;

	b->dump->nr_nodes++;
	b->dump->last_item = b->dump->next_item = NO_ID;
	more.chain = chain == NO_ID ? NO_ID : span_object(b->seg, TABLE_NODE, chain);
	if (span != NO_ID) {
		ref = node_ref(b, span);
		ours = *(struct node_more *)more_at(b->seg, TABLE_NODE, span);
		known = ours.kind != NODE_UNKNOWN;	/* else only its address was */
	}
	if (known)
		compare_node(b, ref, &more, &ours);
	place_node(b, &more, span != NO_ID ? &ours : NULL, ref);
	if (known && same_node(&more, &ours) && more.position == ours.position &&
	    more.dup_key == ours.dup_key)
		more = ours;	/* its evidence, too */
	span = span != NO_ID ? node_change(b, span, &more)
		     : node_make(b, (uint64_t)args->node, &more, SPAN_FOUND);
	if (span == NO_ID)
		return;
	object = span_object(b->seg, TABLE_NODE, span);
	dump_see(b, TABLE_NODE, object);
	build_confirm_row(b, TABLE_NODE, object);
	if (!known)
		dump_finding(b, FINDING_DUMP_NODE_MISSING, node_ref(b, span), 1, 0);
	else if (more.kind != NODE_CHAIN)
		compare(b, FINDING_DUMP_NODE_ITEMS, ref, args->hlist_len, items_now(b, object));
	b->dump->next_item = item_alive_from(b, ((struct node_data *)data_at(b->seg, TABLE_NODE,
									     object))->newest);
}

/* ---- items ---- */
/* What was put in as the newest goes behind the one before. */
static void behind_last_item(struct builder *b, uint32_t span, uint32_t node)
{
	struct item_data *data = data_at(b->seg, TABLE_ITEM, span), *last;
	struct node_data *on = data_at(b->seg, TABLE_NODE, node);

	if (b->dump->last_item == NO_ID || on->newest != span)
		return;
	last = data_at(b->seg, TABLE_ITEM, b->dump->last_item);
	if (last->node != node)
		return;
	on->newest = data->older;
	data->older = last->older;
	last->older = span;
}

/* The dump is believed: the row had been wrong for a while. */
static uint32_t differs(struct builder *b, uint32_t span, uint32_t node, const struct item_more *more)
{
	uint32_t id = item_change(b, span, node, more, false);

	if (id != span)
		span_at(b->seg, TABLE_ITEM, span)->owner_flags &= ~(uint32_t)SPAN_NAMED_END;
	return id;
}

static void compare_item(struct builder *b, struct ref ref, uint32_t node, const struct item_more *kernel,
			 uint32_t our_node, const struct item_more *ours)
{
	compare(b, FINDING_DUMP_ITEM_STATE, ref, kernel->state,
		ours->state == ITEM_THROWN && kernel->state != ITEM_THROWN ? ITEM_NEW : ours->state);
	compare(b, FINDING_DUMP_ITEM_NODE, ref, number_of(b, TABLE_NODE, node),
		number_of(b, TABLE_NODE, our_node));
	if (kernel->state != ours->state)
		return;
	compare(b, FINDING_DUMP_ITEM_ANON_VMA, ref, number_of(b, TABLE_ANON_VMA, kernel->anon_vma),
		number_of(b, TABLE_ANON_VMA, ours->anon_vma));
	compare(b, kernel->state == ITEM_STABLE ? FINDING_DUMP_ITEM_INDEX : FINDING_DUMP_ITEM_SEQNR, ref,
		(int64_t)kernel->index_seqnr, (int64_t)ours->index_seqnr);
}

/* Is it the item that the hlist should have next? */
static void compare_order(struct builder *b, uint32_t span, bool known)
{
	struct dump *dump = b->dump;
	struct item_data *data = data_at(b->seg, TABLE_ITEM, span);

	if (known && dump->next_item != NO_ID && dump->next_item != span)
		dump_finding(b, FINDING_DUMP_ITEM_ORDER,
			     make_ref(b->seg, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span)),
			     (int64_t)(span_addr(span_at(b->seg, TABLE_ITEM, span))),
			     (int64_t)(span_addr(span_at(b->seg, TABLE_ITEM, dump->next_item))));
	dump->last_item = span;
	dump->next_item = item_alive_from(b, data->older);
}

static struct item_more dumped_item(struct builder *b, const struct args_P_DUMP_ITEM *args, uint32_t *ret_node)
{
	struct item_more more = { .address = (uint64_t)args->address & ~0xfffull, .anon_vma = NO_ID,
				  .state = args->state >= 0 && args->state <= ITEM_STABLE ?
					(uint8_t)args->state : ITEM_NEW,
				  .evidence = EVIDENCE_DUMPED };

	*ret_node = NO_ID;
	if (more.state == ITEM_STABLE) {
		*ret_node = node_get(b, (uint64_t)args->node);
		*ret_node = *ret_node == NO_ID ? NO_ID : span_object(b->seg, TABLE_NODE, *ret_node);
		more.anon_vma = anon_vma_get(b, (uint64_t)args->anon_vma);
		more.index_seqnr = (uint64_t)args->index;
	} else if (more.state == ITEM_UNSTABLE) {
		more.index_seqnr = (uint64_t)args->seqnr;
	}
	return more;
}

/* May a gap since that event, as far as it is known by now, hide that an unstable tree was thrown away? */
static bool reset_is_hidden(const struct builder *b, uint64_t event)
{
	uint64_t now = b->seg->base + b->now;

	return b->loss_now && lost_between(b->h, event, now, (struct exclusion){
		.known_by = now, .mutex = true, .kinds = UINT64_C(1) << COUNT_UNSTABLE_RESET });
}

/*
 * Is it of an unstable tree that was thrown away?  Then its row says so.  A scan begins by throwing away the
 * tree of the one before, and ksm_scan.seqnr grows when a scan ends: so a tree that is one behind is there
 * or not, and only the events tell which: it is if the last one that names its scan is of that tree's, and no gap
 * since then may hide that the next has begun.
 */
static void of_thrown_tree(const struct builder *b, bool known, const struct item_more *ours,
			   struct item_more *more)
{
	int64_t seqnr = (int64_t)more->index_seqnr;

	if (more->state != ITEM_UNSTABLE)
		return;
	if (known && !ours->unsure && (ours->state == ITEM_UNSTABLE || ours->state == ITEM_THROWN) &&
	    ours->index_seqnr == more->index_seqnr && !reset_is_hidden(b, 0))
		more->state = ours->state;
	else if (seqnr < b->reset_seqnr || seqnr < b->dump->seqnr - 1)
		more->state = ITEM_THROWN;
	else if (seqnr != b->dump->seqnr && (seqnr != b->tree_seqnr || reset_is_hidden(b, b->tree_event)))
		more->unsure = true;
}

/* An item that is not known was there before the beginning, but where all that hang there were told. */
static uint32_t found_on(const struct builder *b, uint32_t node, uint32_t anon_vma)
{
	return build_was_whole(b, TABLE_NODE, node) ||
	       (anon_vma != NO_ID && made_at(b->seg, TABLE_ANON_VMA, anon_vma)) ? 0 : SPAN_FOUND;
}

void record_item(struct builder *b, const struct args_P_DUMP_ITEM *args)
{
	uint32_t mm = build_mm(b, (uint64_t)args->mm), span, node, our_node;
	uint32_t had = build_find(b, TABLE_ITEM, (uint64_t)args->item >> 3);
	struct item_more more, ours;
	bool known, same;
	struct ref ref;

	b->dump->nr_items++;
	if (mm == NO_ID)
		return;
	more = dumped_item(b, args, &node);
	span = item_get(b, (uint64_t)args->item, mm, more.address, found_on(b, node, more.anon_vma));
	if (span == NO_ID)
		return;
	known = span == had;
	ours = *(struct item_more *)more_at(b->seg, TABLE_ITEM, span);
	our_node = ((struct item_data *)data_at(b->seg, TABLE_ITEM, span))->node;
	ref = make_ref(b->seg, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
	of_thrown_tree(b, known, &ours, &more);
	same = known && !ours.unsure && !more.unsure && our_node == node && ours.state == more.state && ours.anon_vma == more.anon_vma &&
	       ours.index_seqnr == more.index_seqnr;
	if (known && !ours.unsure)
		compare_item(b, ref, node, &more, our_node, &ours);
	else if (!known)
		dump_finding(b, FINDING_DUMP_ITEM_MISSING, ref, 1, 0);
	if (!same && !known && span_is(span_at(b->seg, TABLE_ITEM, span), SPAN_FOUND))
		item_found_as(b, span, node, &more);
	else if (!same)
		span = differs(b, span, node, &more);
	if (span == NO_ID)
		return;
	if (!same && node != NO_ID)
		behind_last_item(b, span, node);
	if (node != NO_ID)
		compare_order(b, span, same);
	dump_see(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
	build_confirm_row(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
}

/* ---- mms ---- */
static int64_t eight_bytes(const char *comm)
{
	int64_t value;

	memcpy(&value, comm, sizeof(value));
	return value;
}

/* A dump does not say of a process that is exiting which it is. */
static void compare_mm(struct builder *b, struct ref ref, const struct args_P_DUMP_MM *args,
		       const struct mm_data *ours)
{
	if (args->tgid && ours->tgid)
		compare(b, FINDING_DUMP_MM_TGID, ref, args->tgid, ours->tgid);
	if (args->start_time && ours->start_time_ns && ours->tgid_evidence != EVIDENCE_INFERRED)
		compare(b, FINDING_DUMP_MM_START, ref, args->start_time, (int64_t)ours->start_time_ns);
	if (args->comm[0] && ours->comm[0])
		compare(b, FINDING_DUMP_MM_COMM, ref, eight_bytes(args->comm), eight_bytes(ours->comm));
}

void record_mm(struct builder *b, const struct args_P_DUMP_MM *args)
{
	uint32_t mm = build_mm(b, (uint64_t)args->mm), since;
	struct process *process;
	struct mm_data data;
	struct ref ref;
	bool is_new;

	b->dump->nr_mms++;
	if (mm == NO_ID)
		return;
	ref = make_ref(b->seg, TABLE_MM, mm);
	data = *build_mm_data(b, mm);
	is_new = span_at(b->seg, TABLE_MM, mm)->born == b->now;
	since = span_at(b->seg, TABLE_MM, object_last(b->seg, TABLE_MM, mm))->born;
	if (is_new || (!data.in_ksm && since < b->dump->begin)) {
		dump_finding(b, FINDING_DUMP_MM_MISSING, ref, 1, 0);
	} else {
		compare_mm(b, ref, args, &data);
		compare(b, FINDING_DUMP_MM_ITEMS, ref, args->nr_items, b->mms[mm].items);
	}
	if (args->tgid) {
		data.tgid = (int32_t)args->tgid;
		data.tgid_evidence = EVIDENCE_DUMPED;
		data.start_time_ns = (uint64_t)args->start_time;
		memcpy(data.comm, args->comm, sizeof(data.comm));
	}
	data.in_ksm = 1;
	if (memcmp(&data, build_mm_data(b, mm), sizeof(data)) != 0)
		build_mm_update(b, mm, &data, args->tgid != 0);
	dump_see(b, TABLE_MM, mm);
	build_confirm_row(b, TABLE_MM, mm);
	process = args->tgid ? build_process(b, data.tgid) : NULL;
	if (process)
		build_mm_is_of(b, mm, process);
}

/* ---- anon_vmas and their VMAs ---- */
void record_anon_vma(struct builder *b, const struct args_P_DUMP_ANON_VMA *args)
{
	struct dump *dump = b->dump;
	uint32_t had = build_find(b, TABLE_ANON_VMA, (uint64_t)args->anon_vma >> 3);
	bool known = had != NO_ID && span_at(b->seg, TABLE_ANON_VMA, had)->died == ALIVE;
	uint32_t id = anon_vma_get(b, (uint64_t)args->anon_vma), root, parent;
	const struct anon_vma_data *ours;
	struct ref ref;

	dump->nr_anon_vmas++;
	if (id == NO_ID)
		return;
	root = anon_vma_get(b, (uint64_t)args->root);
	parent = anon_vma_get(b, (uint64_t)args->parent);
	ref = make_ref(b->seg, TABLE_ANON_VMA, id);
	ours = data_at(b->seg, TABLE_ANON_VMA, object_last(b->seg, TABLE_ANON_VMA, id));
	if (known && ours->root != NO_ID)
		compare(b, FINDING_DUMP_ANON_VMA_ROOT, ref, number_of(b, TABLE_ANON_VMA, root),
			number_of(b, TABLE_ANON_VMA, ours->root));
	if (known && ours->parent != NO_ID)
		compare(b, FINDING_DUMP_ANON_VMA_PARENT, ref, number_of(b, TABLE_ANON_VMA, parent),
			number_of(b, TABLE_ANON_VMA, ours->parent));
	anon_vma_change(b, id, root, parent);
	dump->group = id;
	dump->group_begin = b->now;
	dump->group_left = args->nr_vmas;
	dump_see(b, TABLE_ANON_VMA, id);
	build_confirm_row(b, TABLE_ANON_VMA, id);
}

static void compare_vma(struct builder *b, uint32_t span, const struct vma_data *kernel,
			const struct vma_data *ours)
{
	struct ref ref = make_ref(b->seg, TABLE_VMA, span_object(b->seg, TABLE_VMA, span));

	compare(b, FINDING_DUMP_VMA_START, ref, (int64_t)kernel->start, (int64_t)ours->start);
	compare(b, FINDING_DUMP_VMA_END, ref, (int64_t)kernel->end, (int64_t)ours->end);
	compare(b, FINDING_DUMP_VMA_PGOFF, ref, (int64_t)kernel->pgoff, (int64_t)ours->pgoff);
	if (ours->mm != NO_ID)
		compare(b, FINDING_DUMP_VMA_MM, ref, number_of(b, TABLE_MM, kernel->mm),
			number_of(b, TABLE_MM, ours->mm));
}

void record_vma(struct builder *b, const struct args_P_DUMP_VMA *args)
{
	uint32_t mm = args->mm ? build_find(b, TABLE_MM, (uint64_t)args->mm >> 3) : NO_ID, span;
	struct vma_data data = { .start = (uint64_t)args->start, .end = (uint64_t)args->end,
				 .pgoff = (uint64_t)args->pgoff, .flags = (uint64_t)args->flags,
				 .anon_vma = anon_vma_get(b, (uint64_t)args->anon_vma),
				 .mm = mm == NO_ID ? NO_ID : span_object(b->seg, TABLE_MM, mm) };
	struct vma_data ours = data;
	bool known;

	b->dump->nr_vmas++;
	/* Of an anon_vma whose own record is in a gap that nobody has told of yet. */
	if (data.anon_vma != b->dump->group)
		b->dump->group = NO_ID;
	b->dump->group_left--;
	span = vma_alive(b, (uint64_t)args->vma, data.anon_vma);
	known = span != NO_ID;
	if (known) {
		ours = *(struct vma_data *)data_at(b->seg, TABLE_VMA, span);
		compare_vma(b, span, &data, &ours);
	}
	/* vm_flags change without an event: no finding. */
	if (!known || ours.start != data.start || ours.end != data.end || ours.pgoff != data.pgoff ||
	    ours.mm != data.mm || ours.flags != data.flags) {
		span = vma_make(b, (uint64_t)args->vma, &data, SPAN_FOUND);
		if (span == NO_ID)
			return;
	}
	if (!known && data.anon_vma != NO_ID && dump_knows_anon_vma(b, data.anon_vma))
		dump_finding(b, FINDING_DUMP_VMA_MISSING,
			     make_ref(b->seg, TABLE_VMA, span_object(b->seg, TABLE_VMA, span)), 1, 0);
	dump_see(b, TABLE_VMA, span_object(b->seg, TABLE_VMA, span));
	build_confirm_row(b, TABLE_VMA, span_object(b->seg, TABLE_VMA, span));
	if (b->dump->group_left == 0)
		dump_group_ends(b);
}
