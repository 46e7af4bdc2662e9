// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_items.c - rmap_items and mms of the patched kernel, where every change is traced.
 *
 * An item is new, in the unstable tree since a scan, or on a stable node; each change is a span.
 * The unstable tree is thrown away at every scan's start: that is one entry in the list of resets,
 * not a new span for each of its items.  Who reads an "unstable" row looks whether a reset came
 * between (item_state()), and the counts move everything from unstable to new at once.
 *
 * merge_across_nodes=0 has one unstable tree per nid and one reset event for each; they come
 * together, so the first one stands for all.
 *
 * Not here: dumps (build_dump.c), what samples say.
 */
#include "history/build.h"
#include "history/build_patched.h"

uint8_t item_state(const struct segment *seg, uint32_t span, uint32_t t)
{
	const struct item_more *more;
	uint64_t i;

	if (!seg->tables[TABLE_ITEM].more.nr)
		return ITEM_STABLE;
	more = more_at(seg, TABLE_ITEM, span);
	if (more->state != ITEM_UNSTABLE)
		return more->state == ITEM_THROWN ? ITEM_NEW : more->state;
	i = pool_events_upto(&seg->resets, t);
	if (i && *(uint32_t *)pool_at(&seg->resets, i - 1) > span_at(seg, TABLE_ITEM, span)->born)
		return ITEM_NEW;
	return ITEM_UNSTABLE;
}

/* ---- rows ---- */
/*
 * A new item has nothing but its identity, which whatever changes it names.  What leaves a node or the
 * unstable tree is detached first, by an event that does not name its anon_vma.
 */
static uint32_t named_end(const struct builder *b, uint32_t span, const struct item_more *to)
{
	const struct item_more *more = more_at(b->seg, TABLE_ITEM, span);

	return more->state == ITEM_NEW && to->state != ITEM_NEW ? SPAN_NAMED_END : 0;
}

uint32_t item_change(struct builder *b, uint32_t span, uint32_t node, const struct item_more *more,
		     bool anew)
{
	const struct span *old = span_at(b->seg, TABLE_ITEM, span);
	const struct item_data *data = data_at(b->seg, TABLE_ITEM, span);
	uint64_t key = old->addr_gen;
	uint32_t mm = span_owner(old), id;

	if (!anew && data->node == node && !memcmp(more, more_at(b->seg, TABLE_ITEM, span), sizeof(*more)) &&
	    item_state(b->seg, span, b->now) == more->state)
		return span;
	build_item_end(b, span, named_end(b, span, more));
	id = build_span(b, TABLE_ITEM, span, key, mm, 0);
	if (id == NO_ID)
		return NO_ID;
	item_place(b, id, mm, node, more);
	return id;
}

static uint32_t item_make(struct builder *b, uint64_t addr, uint32_t mm, uint64_t address, uint32_t flags)
{
	struct item_more more = { .address = address, .anon_vma = NO_ID, .state = ITEM_NEW,
				  .evidence = flags & SPAN_FOUND ? EVIDENCE_INFERRED
								 : EVIDENCE_TRACED };
	uint32_t old = build_find(b, TABLE_ITEM, addr >> 3), id;
	uint32_t gen;

	if (build_was_whole(b, TABLE_MM, mm))
		flags &= ~(uint32_t)SPAN_FOUND;
	gen = build_generation(b, TABLE_ITEM, addr >> 3, old, &flags);
	if (old != NO_ID && span_at(b->seg, TABLE_ITEM, old)->died == ALIVE)
		build_item_end(b, old, 0);
	id = build_span(b, TABLE_ITEM, NO_ID, addr_key(addr, gen), mm, flags);
	if (id != NO_ID)
		item_place(b, id, mm, NO_ID, &more);
	return id;
}

uint32_t item_get(struct builder *b, uint64_t addr, uint32_t mm, uint64_t address, uint32_t flags)
{
	uint32_t id = build_find(b, TABLE_ITEM, addr >> 3);
	const struct span *span;

	if (id != NO_ID) {
		span = span_at(b->seg, TABLE_ITEM, id);
		/* rmap_item->address carries flags in its low bits. */
		if (span->died == ALIVE && span_owner(span) == mm && !b->mms[mm].dead &&
		    !((((struct item_more *)more_at(b->seg, TABLE_ITEM, id))->address ^ address) >> 12))
			return id;
	}
	return item_make(b, addr, mm, address, flags);
}

void item_off_node(struct builder *b, uint32_t span, bool unsure)
{
	struct item_more more = *(struct item_more *)more_at(b->seg, TABLE_ITEM, span);

	if (b->mms[span_owner(span_at(b->seg, TABLE_ITEM, span))].dead)
		return;
	more.state = ITEM_NEW;
	more.anon_vma = NO_ID;
	more.index_seqnr = 0;
	more.evidence = unsure ? EVIDENCE_INFERRED : EVIDENCE_TRACED;
	more.unsure = unsure;
	more.merged = false;
	item_change(b, span, NO_ID, &more, true);
}

void item_found_as(struct builder *b, uint32_t span, uint32_t node, const struct item_more *more)
{
	uint32_t mm = span_owner(span_at(b->seg, TABLE_ITEM, span));

	item_counts(b, span, -1);
	b->mms[mm].items--;
	item_place(b, span, mm, node, more);
}

/* ---- mms ---- */
/* Only MM_ENTERED is about ksmd: the others come for every process. */
static void mm_owner(struct builder *b, uint64_t addr, const struct args_P_MM_OWNER *args,
		     enum mm_origin origin, uint64_t parent)
{
	uint32_t span = build_find(b, TABLE_MM, addr >> 3), mm = NO_ID, from;
	struct mm_data data = { .parent = NO_ID, .origin = (uint8_t)origin };
	struct process *process;
	bool enters, is_new;

	if (span != NO_ID && span_at(b->seg, TABLE_MM, span)->died == ALIVE) {
		mm = span_object(b->seg, TABLE_MM, span);
		data = *build_mm_data(b, mm);
		if (origin == MM_FORKED || origin == MM_EXECED)
			data.origin = (uint8_t)origin;
	}
	if (parent) {
		from = build_find(b, TABLE_MM, parent >> 3);
		data.parent = from == NO_ID || span_at(b->seg, TABLE_MM, from)->died != ALIVE ?
			NO_ID : span_object(b->seg, TABLE_MM, from);
	}
	enters = origin == MM_ENTERED && !data.in_ksm;
	data.in_ksm |= origin == MM_ENTERED;
	data.tgid_evidence = EVIDENCE_TRACED;
	if (args && args->tgid) {	/* 0: nobody runs on it yet */
		data.tgid = (int32_t)args->tgid;
		data.start_time_ns = (uint64_t)args->start_time;
		memcpy(data.comm, args->comm, sizeof(data.comm));
	}
	if (mm != NO_ID)
		build_mm_update(b, mm, &data, origin == MM_ENTERED && args && args->tgid);
	else
		mm = build_mm_new(b, addr, &data, false);
	/* Whether it is in KSM was said by an earlier event. */
	if (mm != NO_ID && !data.in_ksm)
		span_at(b->seg, TABLE_MM, object_last(b->seg, TABLE_MM, mm))->owner_flags |= SPAN_DERIVED;
	if (enters)
		build_notable(b, NOTABLE_MM_ENTERED, 0, 0, make_ref(b->seg, TABLE_MM, mm));
	process = mm != NO_ID && data.tgid ? build_process(b, data.tgid) : NULL;
	if (!process)
		return;
	if (process->mm != NO_ID && process->mm != mm)	/* exec: what the old one mapped has gone */
		build_mappings_end(b, process);
	is_new = process->mm != mm;
	build_mm_is_of(b, mm, process);
	if (is_new && data.origin == MM_FORKED && data.parent != NO_ID && !b->mms[data.parent].dead)
		build_mappings_forked(b, data.parent, mm);
}

static void mm_execed(struct builder *b, const struct args_P_MM_EXEC *args)
{
	struct args_P_MM_OWNER owner = { .mm = args->mm, .tgid = args->tgid,
					 .start_time = args->start_time };

	memcpy(owner.comm, args->comm, sizeof(owner.comm));
	mm_owner(b, (uint64_t)args->mm, &owner, MM_EXECED, 0);
}

static void mm_left(struct builder *b, uint64_t addr)
{
	uint32_t mm = build_mm(b, addr);
	struct mm_data data;

	if (mm == NO_ID)
		return;
	data = *build_mm_data(b, mm);
	if (!data.in_ksm) {	/* its coming was lost: it was in KSM until now */
		data.in_ksm = 1;
		build_mm_update(b, mm, &data, false);
	}
	data.in_ksm = 0;
	build_mm_update(b, mm, &data, false);
	build_notable(b, NOTABLE_MM_LEFT, 0, b->mms[mm].stable, make_ref(b->seg, TABLE_MM, mm));
}

/* ---- events ---- */
/* Recovery hangs items elsewhere, too: that merges nothing. */
static enum activity append(struct builder *b, const struct event *ev)
{
	const struct args_P_ITEM_APPEND *args = EVENT_ARGS(ev, P_ITEM_APPEND);
	bool merged = !build_recovers(b, ev->pid);
	uint32_t mm = build_mm(b, (uint64_t)args->mm), node = node_get(b, (uint64_t)args->node), span;
	struct item_more more = { .address = (uint64_t)args->address & ~0xfffull,
				  .index_seqnr = (uint64_t)args->index, .anon_vma = NO_ID,
				  .state = ITEM_STABLE, .evidence = EVIDENCE_TRACED, .merged = merged };
	enum activity activity = merged ? ACTIVITY_MERGES : ACTIVITY_ITEMS;

	if (mm == NO_ID || node == NO_ID)
		return activity;
	if (args->anon_vma)
		more.anon_vma = anon_vma_get(b, (uint64_t)args->anon_vma);
	span = item_get(b, (uint64_t)args->item, mm, more.address, SPAN_FOUND);
	if (span == NO_ID)
		return activity;
	item_change(b, span, span_object(b->seg, TABLE_NODE, node), &more, true);
	mapping_appended(b, mm, more.address, node);
	b->mms[mm].merges += merged;
	return activity;
}

static uint32_t named_item(struct builder *b, uint64_t item, uint64_t mm_addr, uint64_t address)
{
	uint32_t mm = build_mm(b, mm_addr);

	return mm == NO_ID ? NO_ID : item_get(b, item, mm, address & ~0xfffull, SPAN_FOUND);
}

void build_tree_of(struct builder *b, int64_t seqnr)
{
	b->tree_seqnr = seqnr;
	b->tree_event = b->seg->base + b->now;
}

static void unstable(struct builder *b, const struct args_P_ITEM_UNSTABLE *args)
{
	uint32_t span = named_item(b, (uint64_t)args->item, (uint64_t)args->mm, (uint64_t)args->address);
	struct item_more more = { .address = (uint64_t)args->address & ~0xfffull,
				  .index_seqnr = (uint64_t)args->seqnr, .anon_vma = NO_ID,
				  .state = ITEM_UNSTABLE, .evidence = EVIDENCE_TRACED };

	build_tree_of(b, args->seqnr);
	if (span != NO_ID)
		item_change(b, span, NO_ID, &more, true);
}

static void reset(struct builder *b, int64_t seqnr)
{
	uint32_t *reset = pool_grow(&b->seg->resets, 1);

	b->reset_seqnr = seqnr;
	build_tree_of(b, seqnr);
	if (!reset) {
		build_fail(b, -ENOMEM);
		return;
	}
	*reset = b->now;
	b->counts.items_new += b->counts.items_unstable;
	b->counts.items_unstable = 0;
	for (uint32_t mm = 0; mm < b->nr_mms_room; mm++)
		b->mms[mm].unstable = 0;
	build_counts_due(b);
}

static void item_freed(struct builder *b, const struct args_P_ITEM_FREE *args)
{
	uint32_t span = build_find(b, TABLE_ITEM, (uint64_t)args->item >> 3);

	if (span == NO_ID || span_at(b->seg, TABLE_ITEM, span)->died != ALIVE ||
	    b->mms[span_owner(span_at(b->seg, TABLE_ITEM, span))].dead)
		span = named_item(b, (uint64_t)args->item, (uint64_t)args->mm, (uint64_t)args->address);
	if (span != NO_ID)
		build_item_end(b, span, ((struct item_more *)more_at(b->seg, TABLE_ITEM, span))->state == ITEM_NEW ?
			       SPAN_NAMED_END : 0);
}

/* Named by an event that finds it anywhere: on which node, if any, is not known. */
static uint32_t item_anywhere(struct builder *b, uint64_t item, uint64_t mm, uint64_t address, uint64_t on)
{
	uint32_t had = build_find(b, TABLE_ITEM, item >> 3), span = named_item(b, item, mm, address);
	uint32_t node = on ? node_get(b, on) : NO_ID;
	struct item_more more;

	if (span == NO_ID || span == had)
		return span;
	more = *(struct item_more *)more_at(b->seg, TABLE_ITEM, span);
	more.unsure = true;
	if (node != NO_ID) {
		more.state = ITEM_STABLE;
		node = span_object(b->seg, TABLE_NODE, node);
	}
	item_found_as(b, span, node, &more);
	return span;
}

static void detach(struct builder *b, const struct args_P_ITEM_DETACH *args)
{
	uint32_t span = item_anywhere(b, (uint64_t)args->item, (uint64_t)args->mm, (uint64_t)args->address,
				      (uint64_t)args->node), on;

	if (span == NO_ID)
		return;
	on = ((struct item_data *)data_at(b->seg, TABLE_ITEM, span))->node;
	mapping_detached(b, span_owner(span_at(b->seg, TABLE_ITEM, span)),
			 (uint64_t)args->address & ~0xfffull, on, args->site);
	item_off_node(b, span, false);
}

/* From a stable node, and not only to go to another. */
static bool is_removal(const struct args_P_ITEM_DETACH *args)
{
	enum { REMERGE = 3, RECOVERY = 8 };	/* KSMTOP_DETACH_* */

	return args->node && args->site != REMERGE && args->site != RECOVERY;
}

bool build_item_event(struct builder *b, const struct event *ev)
{
	enum activity activity = ACTIVITY_OTHER;
	uint32_t span;

	switch (ev->kind) {
	case EVENT_P_MM_ENTER:
	case EVENT_P_MM_OWNER:	/* the same fields */
		mm_owner(b, (uint64_t)EVENT_ARGS(ev, P_MM_OWNER)->mm, EVENT_ARGS(ev, P_MM_OWNER),
			 ev->kind == EVENT_P_MM_ENTER ? MM_ENTERED : MM_FOUND, 0);
		break;
	case EVENT_P_MM_FORK:
		mm_owner(b, (uint64_t)EVENT_ARGS(ev, P_MM_FORK)->mm, NULL, MM_FORKED,
			 (uint64_t)EVENT_ARGS(ev, P_MM_FORK)->parent_mm);
		break;
	case EVENT_P_MM_EXEC:
		mm_execed(b, EVENT_ARGS(ev, P_MM_EXEC));
		break;
	case EVENT_P_MM_LEAVE:
		mm_left(b, (uint64_t)EVENT_ARGS(ev, P_MM_LEAVE)->mm);
		break;
	case EVENT_P_MM_FREE:
		build_mm_end(b, (uint64_t)EVENT_ARGS(ev, P_MM_FREE)->mm);
		break;
	case EVENT_P_ITEM_NEW:
		span = build_mm(b, (uint64_t)EVENT_ARGS(ev, P_ITEM_NEW)->mm);
		if (span != NO_ID)
			item_make(b, (uint64_t)EVENT_ARGS(ev, P_ITEM_NEW)->item, span,
				  (uint64_t)EVENT_ARGS(ev, P_ITEM_NEW)->address & ~0xfffull, 0);
		break;
	case EVENT_P_ITEM_FREE:
		item_freed(b, EVENT_ARGS(ev, P_ITEM_FREE));
		break;
	case EVENT_P_ITEM_UNSTABLE:
		unstable(b, EVENT_ARGS(ev, P_ITEM_UNSTABLE));
		break;
	case EVENT_P_UNSTABLE_RESET:
		reset(b, EVENT_ARGS(ev, P_UNSTABLE_RESET)->seqnr);
		break;
	case EVENT_P_ITEM_APPEND:
		activity = append(b, ev);
		break;
	case EVENT_P_ITEM_DETACH:
		detach(b, EVENT_ARGS(ev, P_ITEM_DETACH));
		activity = is_removal(EVENT_ARGS(ev, P_ITEM_DETACH)) ? ACTIVITY_REMOVALS : ACTIVITY_ITEMS;
		break;
	case EVENT_P_ITEM_SCAN:
		build_tree_of(b, EVENT_ARGS(ev, P_ITEM_SCAN)->seqnr);
		span = item_anywhere(b, (uint64_t)EVENT_ARGS(ev, P_ITEM_SCAN)->item,
				     (uint64_t)EVENT_ARGS(ev, P_ITEM_SCAN)->mm,
				     (uint64_t)EVENT_ARGS(ev, P_ITEM_SCAN)->address, 0);
		if (span != NO_ID)
			build_touch(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
		break;
	case EVENT_P_SCAN_SUM:
		build_touch(b, TABLE_MM, build_mm(b, (uint64_t)EVENT_ARGS(ev, P_SCAN_SUM)->mm));
		break;
	default:
		return false;
	}
	build_activity(b, activity);
	return true;
}
