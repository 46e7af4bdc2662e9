// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_dump.c - a state dump against the rows: each dumped row at its own event.
 *
 * A dump writes down what the kernel has, record by record, while other things go on: ksm_thread_mutex
 * keeps nodes and items still, each anon_vma's lock its VMAs while they are written.  So a dumped
 * row is compared with the rebuilt one as it is at that record's event; what the dump has and we
 * have not is found (it holds from before the recording), what differs is a finding and the dump is
 * believed.
 *
 * Only a dump that is complete says that something is *not* there: its counts of records agree with
 * what arrived, its result is 0 and no event was lost meanwhile.  Then rows that began before it and
 * were not in it end, and everything that holds is confirmed.
 *
 * Not here: the dump's sysfs-like counters; they are compared as findings at its end.
 */
#include <stdlib.h>

#include "history/build.h"
#include "history/build_patched.h"

struct dump {
	int64_t id;
	uint32_t begin, group_begin;
	bool running, lost;
	uint32_t group;			/* the anon_vma whose VMAs come now, or NO_ID */
	int64_t group_left;
	int64_t nr_nodes, nr_items, nr_anon_vmas, nr_vmas, nr_mms;
	uint64_t last_position;		/* of the tree node dumped last, and its nid */
	int64_t last_nid;
	uint32_t last_item;		/* the stable item dumped last, or NO_ID */
	uint64_t *seen[NR_TABLES];	/* a bit per object id */
	uint32_t room[NR_TABLES];
};

static struct dump *dump_of(struct builder *b)
{
	if (!b->dump)
		b->dump = calloc(1, sizeof(*b->dump));
	if (!b->dump)
		build_fail(b, -ENOMEM);
	return b->dump;
}

void build_dump_fini(struct builder *b)
{
	for (unsigned i = 0; b->dump && i < NR_TABLES; i++)
		free(b->dump->seen[i]);
	free(b->dump);
	b->dump = NULL;
}

void build_dump_lost(struct builder *b)
{
	b->dump_complete = false;
	if (b->dump) {
		b->dump->lost = true;
		b->dump->last_item = NO_ID;
	}
}

/* Its rows were named by the segment before. */
void build_dump_give_up(struct builder *b)
{
	if (b->dump)
		b->dump->running = false;
}

bool build_dump_runs(const struct builder *b)
{
	return b->dump && b->dump->running;
}

/* ---- what was seen ---- */
static void see(struct builder *b, enum table table, uint32_t object)
{
	struct dump *dump = b->dump;
	uint32_t word = object / 64;

	if (object == NO_ID)
		return;
	if (word >= dump->room[table]) {
		uint32_t room = word * 2 + 64;
		uint64_t *seen = realloc(dump->seen[table], room * sizeof(*seen));

		if (!seen) {
			build_fail(b, -ENOMEM);
			return;
		}
		memset(seen + dump->room[table], 0, (room - dump->room[table]) * sizeof(*seen));
		dump->seen[table] = seen;
		dump->room[table] = room;
	}
	dump->seen[table][word] |= 1ull << (object & 63);
}

static bool was_seen(const struct dump *dump, enum table table, uint32_t object)
{
	return object / 64 < dump->room[table] &&
	       dump->seen[table][object / 64] >> (object & 63) & 1;
}

static void finding(struct builder *b, enum finding_id id, struct ref object, int64_t expected,
		    int64_t found)
{
	struct stored_finding *stored;

	/* The first dump has nothing to be compared with. */
	if (!b->dump_seen)
		return;
	stored = pool_grow(&b->h->findings, 1);
	if (!stored) {
		build_fail(b, -ENOMEM);
		return;
	}
	*stored = (struct stored_finding){
		.event = b->seg->base + b->now, .object = object, .expected = expected, .found = found,
		.id = (uint16_t)id,
		.severity = expected == found ? 0 : b->dump_complete ? 2 : 1,
	};
	if (stored->severity == 2)
		build_notable(b, NOTABLE_FINDING, 2, (uint64_t)id, object);
}

/* ---- records ---- */
static void dump_begin(struct builder *b, const struct args_P_DUMP_BEGIN *args)
{
	struct dump *dump = dump_of(b);

	if (!dump)
		return;
	build_dump_fini(b);
	dump = dump_of(b);
	if (!dump)
		return;
	dump->id = args->dump;
	dump->begin = b->now;
	dump->running = true;
	dump->group = NO_ID;
	dump->last_position = NO_ID;
	dump->last_item = NO_ID;
	dump->last_nid = -1;
}

static void dump_node(struct builder *b, const struct args_P_DUMP_NODE *args)
{
	uint32_t span = node_alive(b, (uint64_t)args->node), chain = NO_ID;
	struct node_more more = { .kpfn = (uint64_t)args->kpfn, .nid = (int16_t)args->nid,
				  .kind = args->kind < NODE_UNKNOWN ? (uint8_t)args->kind : NODE_UNKNOWN,
				  .place = args->place ? NODE_ON_MIGRATE_LIST : NODE_IN_TREE,
				  .position = NO_ID, .evidence = EVIDENCE_DUMPED, .chain = NO_ID };
	bool known = span != NO_ID, same = false;

	b->dump->nr_nodes++;
	if (args->chain) {
		chain = node_get(b, (uint64_t)args->chain);
		more.chain = chain == NO_ID ? NO_ID : span_object(b->seg, TABLE_NODE, chain);
	}
	if (known) {
		struct node_more *old = more_at(b->seg, TABLE_NODE, span);

		known = old->kind != NODE_UNKNOWN;	/* else only its address was */
		same = old->kpfn == more.kpfn && old->kind == more.kind && old->place == more.place &&
		       old->chain == more.chain;
		more.position = old->position;
		if (same)
			more = *old;
	}
	if (more.place == NODE_IN_TREE && more.position == NO_ID)
		more.position = chain != NO_ID ?
			((struct node_more *)more_at(b->seg, TABLE_NODE, chain))->position :
			tree_place_new(b, b->dump->last_nid == args->nid ? b->dump->last_position : NO_ID,
				       (int)args->nid);
	span = span != NO_ID ? node_change(b, span, &more)
		     : node_make(b, (uint64_t)args->node, &more, SPAN_FOUND);
	if (span == NO_ID)
		return;
	see(b, TABLE_NODE, span_object(b->seg, TABLE_NODE, span));
	build_confirm_row(b, TABLE_NODE, span_object(b->seg, TABLE_NODE, span));
	if (more.place == NODE_IN_TREE && more.kind != NODE_DUP) {
		b->dump->last_position = more.position;
		b->dump->last_nid = args->nid;
	}
	if (!same)
		finding(b, known ? FINDING_DUMP_NODE_DIFFERS : FINDING_DUMP_NODE_MISSING,
			make_ref(b->seg, TABLE_NODE, span_object(b->seg, TABLE_NODE, span)), 1, 0);
}

/* A dump lists a hlist from its head; what was put in as the newest goes behind the one before. */
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
	uint32_t id = item_change(b, span, node, more);

	if (id != span)
		span_at(b->seg, TABLE_ITEM, span)->owner_flags &= ~(uint32_t)SPAN_NAMED_END;
	return id;
}

static void dump_item(struct builder *b, const struct args_P_DUMP_ITEM *args)
{
	uint32_t mm = build_mm(b, (uint64_t)args->mm), span, node = NO_ID;
	uint32_t had = build_find(b, TABLE_ITEM, (uint64_t)args->item >> 3);
	struct item_more more = { .address = (uint64_t)args->address & ~0xfffull, .anon_vma = NO_ID,
				  .state = args->state <= ITEM_STABLE ? (uint8_t)args->state : ITEM_NEW,
				  .evidence = EVIDENCE_DUMPED };
	bool known, same;

	b->dump->nr_items++;
	if (mm == NO_ID)
		return;
	if (more.state == ITEM_STABLE) {
		node = node_get(b, (uint64_t)args->node);
		node = node == NO_ID ? NO_ID : span_object(b->seg, TABLE_NODE, node);
		more.anon_vma = anon_vma_get(b, (uint64_t)args->anon_vma);
		more.index_seqnr = (uint64_t)args->index;
	} else if (more.state == ITEM_UNSTABLE) {
		more.index_seqnr = (uint64_t)args->seqnr;
	}
	span = item_get(b, (uint64_t)args->item, mm, more.address, SPAN_FOUND);
	if (span == NO_ID)
		return;
	known = span == had;
	same = known && ((struct item_data *)data_at(b->seg, TABLE_ITEM, span))->node == node &&
	       item_state(b->seg, span, b->now) == more.state;
	if (!same && !known && span_is(span_at(b->seg, TABLE_ITEM, span), SPAN_FOUND))
		item_found_as(b, span, node, &more);
	else if (!same)
		span = differs(b, span, node, &more);
	if (span == NO_ID)
		return;
	if (!same && node != NO_ID)
		behind_last_item(b, span, node);
	b->dump->last_item = node != NO_ID ? span : NO_ID;
	see(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
	build_confirm_row(b, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span));
	if (!same)
		finding(b, known ? FINDING_DUMP_ITEM_DIFFERS : FINDING_DUMP_ITEM_MISSING,
			make_ref(b->seg, TABLE_ITEM, span_object(b->seg, TABLE_ITEM, span)), 1, 0);
}

static void dump_mm(struct builder *b, const struct args_P_DUMP_MM *args)
{
	uint32_t mm = build_mm(b, (uint64_t)args->mm);
	struct process *process;
	struct mm_data data;

	b->dump->nr_mms++;
	if (mm == NO_ID)
		return;
	data = *build_mm_data(b, mm);
	data.tgid = (int32_t)args->tgid;
	data.tgid_evidence = EVIDENCE_DUMPED;
	data.start_time_ns = (uint64_t)args->start_time;
	data.in_ksm = 1;
	memcpy(data.comm, args->comm, sizeof(data.comm));
	build_mm_update(b, mm, &data);
	see(b, TABLE_MM, mm);
	build_confirm_row(b, TABLE_MM, mm);
	process = build_process(b, data.tgid);
	if (process)
		process->mm = mm;
}

/* ---- anon_vmas: each one's VMAs follow it, under its lock ---- */
static void group_ends(struct builder *b)
{
	struct dump *dump = b->dump;

	if (dump->group == NO_ID || dump->group_left != 0 || dump->lost) {
		dump->group = NO_ID;
		return;
	}
	for (uint32_t i = ((struct anon_vma_data *)data_at(b->seg, TABLE_ANON_VMA, dump->group))->newest;
	     i != NO_ID; i = ((struct vma_data *)data_at(b->seg, TABLE_VMA, i))->older) {
		const struct span *span = span_at(b->seg, TABLE_VMA, i);

		if (span->died == ALIVE && span->born < dump->group_begin &&
		    !was_seen(dump, TABLE_VMA, span_object(b->seg, TABLE_VMA, i))) {
			finding(b, FINDING_DUMP_VMA_SURPLUS,
				make_ref(b->seg, TABLE_VMA, span_object(b->seg, TABLE_VMA, i)), 0, 1);
			vma_gone(b, i);
			span_at(b->seg, TABLE_VMA, i)->owner_flags &= ~(uint32_t)SPAN_NAMED_END;
		}
	}
	dump->group = NO_ID;
}

static void dump_anon_vma(struct builder *b, const struct args_P_DUMP_ANON_VMA *args)
{
	struct dump *dump = b->dump;
	uint32_t had = build_find(b, TABLE_ANON_VMA, (uint64_t)args->anon_vma >> 3);
	bool known = had != NO_ID && span_at(b->seg, TABLE_ANON_VMA, had)->died == ALIVE;
	uint32_t id = anon_vma_get(b, (uint64_t)args->anon_vma), root, parent;

	dump->nr_anon_vmas++;
	if (id == NO_ID)
		return;
	root = anon_vma_get(b, (uint64_t)args->root);
	parent = anon_vma_get(b, (uint64_t)args->parent);
	anon_vma_change(b, id, root, parent);
	dump->group = id;
	dump->group_begin = b->now;
	dump->group_left = args->nr_vmas;
	see(b, TABLE_ANON_VMA, id);
	build_confirm_row(b, TABLE_ANON_VMA, id);
	if (!known)
		finding(b, FINDING_DUMP_ANON_VMA_MISSING, make_ref(b->seg, TABLE_ANON_VMA, id), 1, 0);
}

static void dump_vma(struct builder *b, const struct args_P_DUMP_VMA *args)
{
	uint32_t mm = args->mm ? build_find(b, TABLE_MM, (uint64_t)args->mm >> 3) : NO_ID, span;
	struct vma_data data = { .start = (uint64_t)args->start, .end = (uint64_t)args->end,
				 .pgoff = (uint64_t)args->pgoff, .flags = (uint64_t)args->flags,
				 .anon_vma = anon_vma_get(b, (uint64_t)args->anon_vma),
				 .mm = mm == NO_ID ? NO_ID : span_object(b->seg, TABLE_MM, mm) };
	const struct vma_data *old;
	bool known;

	b->dump->nr_vmas++;
	b->dump->group_left--;
	span = vma_alive(b, (uint64_t)args->vma, data.anon_vma);
	known = span != NO_ID;
	old = known ? data_at(b->seg, TABLE_VMA, span) : NULL;
	if (!known || old->start != data.start || old->end != data.end || old->pgoff != data.pgoff) {
		span = vma_make(b, (uint64_t)args->vma, &data, SPAN_FOUND);
		if (span == NO_ID)
			return;
		finding(b, known ? FINDING_DUMP_VMA_DIFFERS : FINDING_DUMP_VMA_MISSING,
			make_ref(b->seg, TABLE_VMA, span_object(b->seg, TABLE_VMA, span)), 1, 0);
	}
	see(b, TABLE_VMA, span_object(b->seg, TABLE_VMA, span));
	build_confirm_row(b, TABLE_VMA, span_object(b->seg, TABLE_VMA, span));
	if (b->dump->group_left == 0)
		group_ends(b);
}

/* ---- its end ---- */
static void end_unseen(struct builder *b, enum table table, enum finding_id id)
{
	uint32_t nr = nr_spans(b->seg, table);

	for (uint32_t i = 0; i < nr; i++) {
		const struct span *span = span_at(b->seg, table, i);
		uint32_t object;

		if (span->died != ALIVE || span->born >= b->dump->begin ||
		    (table == TABLE_ITEM && b->mms[span_owner(span)].dead))
			continue;
		object = span_object(b->seg, table, i);
		if (was_seen(b->dump, table, object))
			continue;
		/* Chains that lost their dups and nodes between lists are in no tree to be dumped. */
		if (table == TABLE_NODE &&
		    ((struct node_more *)more_at(b->seg, table, i))->place == NODE_NOWHERE)
			continue;
		finding(b, id, make_ref(b->seg, table, object), 0, 1);
		if (table == TABLE_ITEM)
			build_item_end(b, i, 0);
		else
			node_gone(b, i);
		span_at(b->seg, table, i)->owner_flags &= ~(uint32_t)SPAN_NAMED_END;
	}
}

static void dump_end(struct builder *b, const struct args_P_DUMP_END *args)
{
	struct dump *dump = b->dump;
	bool complete = !dump->lost && args->result == 0 && args->nr_nodes == dump->nr_nodes &&
			args->nr_items == dump->nr_items && args->nr_vmas == dump->nr_vmas &&
			args->nr_anon_vmas == dump->nr_anon_vmas && args->nr_mms == dump->nr_mms;
	struct ref none = { 0 };

	if (complete) {
		end_unseen(b, TABLE_ITEM, FINDING_DUMP_ITEM_SURPLUS);
		end_unseen(b, TABLE_NODE, FINDING_DUMP_NODE_SURPLUS);
		build_confirm(b, &b->seg->confirm_items, NO_ID);
		build_confirm(b, &b->seg->confirm_nodes, 0);
		b->dump_seen = b->dump_complete = true;
		finding(b, FINDING_DUMP_CHAINS, none, args->nr_chains, b->counts.chains);
		finding(b, FINDING_DUMP_DUPS, none, args->nr_dups, b->counts.dups);
		finding(b, FINDING_DUMP_STABLE_ITEMS, none, args->pages_shared + args->pages_sharing,
			b->counts.items_stable);
	}
	dump->running = false;
}

bool build_dump_event(struct builder *b, const struct event *ev)
{
	if (ev->kind < EVENT_P_DUMP_BEGIN || ev->kind > EVENT_P_DUMP_END)
		return false;
	build_activity(b, ACTIVITY_OTHER);
	if (ev->kind == EVENT_P_DUMP_BEGIN) {
		dump_begin(b, EVENT_ARGS(ev, P_DUMP_BEGIN));
		return true;
	}
	/* A record of a dump whose begin is not here, or of another one. */
	if (!b->dump || !b->dump->running || b->dump->id != EVENT_ARGS(ev, P_DUMP_END)->dump)
		return true;
	if (ev->kind != EVENT_P_DUMP_VMA)
		group_ends(b);
	switch (ev->kind) {
	case EVENT_P_DUMP_MM:
		dump_mm(b, EVENT_ARGS(ev, P_DUMP_MM));
		break;
	case EVENT_P_DUMP_NODE:
		dump_node(b, EVENT_ARGS(ev, P_DUMP_NODE));
		break;
	case EVENT_P_DUMP_ITEM:
		dump_item(b, EVENT_ARGS(ev, P_DUMP_ITEM));
		break;
	case EVENT_P_DUMP_ANON_VMA:
		dump_anon_vma(b, EVENT_ARGS(ev, P_DUMP_ANON_VMA));
		break;
	case EVENT_P_DUMP_VMA:
		dump_vma(b, EVENT_ARGS(ev, P_DUMP_VMA));
		break;
	default:
		dump_end(b, EVENT_ARGS(ev, P_DUMP_END));
		break;
	}
	return true;
}
