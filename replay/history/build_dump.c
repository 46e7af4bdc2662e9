// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_dump.c - a state dump: its begin and end, and what was not in it.
 *
 * A dump writes down what the kernel has, record by record, while other things go on: ksm_thread_mutex
 * keeps nodes and items still, each anon_vma's lock its VMAs while they are written.  So a dumped
 * row is compared with the rebuilt one as it is at that record's event (build_record.c); what the
 * dump has and we have not is found (it holds from before the recording), what differs is a finding
 * and the dump is believed.
 *
 * Only a dump that is complete says that something is *not* there: its counts of records agree with
 * what arrived, its result is 0 and no event was lost meanwhile.  Then rows that began before it and
 * were not in it end, and everything that holds is confirmed.  Of anon_vmas it lists only those of
 * stable items and of mergeable VMAs, so one that is not in it may still be there.
 */
#include <stdlib.h>

#include "history/build_dump.h"

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
	pool_resize(&b->anon_vmas_dumped, 0);
	if (b->dump) {
		b->dump->lost = true;
		b->dump->last_item = b->dump->next_item = NO_ID;
	}
}

/* Its rows were named by the segment before. */
void build_dump_give_up(struct builder *b)
{
	pool_resize(&b->anon_vmas_dumped, 0);
	if (b->dump)
		b->dump->running = false;
}

bool build_dump_runs(const struct builder *b)
{
	return b->dump && b->dump->running;
}

/* ---- what was seen ---- */
void dump_see(struct builder *b, enum table table, uint32_t object)
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

static bool dump_has_seen(const struct dump *dump, enum table table, uint32_t object)
{
	return object / 64 < dump->room[table] &&
	       dump->seen[table][object / 64] >> (object & 63) & 1;
}

/* Of anon_vmas whose VMAs were dumped, a byte per object id. */
static void anon_vma_dumped(struct builder *b, uint32_t object)
{
	struct anon_vma_data *data = data_at(b->seg, TABLE_ANON_VMA, object);
	struct whole *whole;

	/* Again only behind a gap: until then the first time holds. */
	if (object < b->anon_vmas_dumped.nr && *(uint8_t *)pool_at(&b->anon_vmas_dumped, object))
		return;
	whole = pool_grow(&b->seg->whole_vmas, 1);
	if (!whole) {
		build_fail(b, -ENOMEM);
		return;
	}
	*whole = (struct whole){ b->now, data->whole };
	data->whole = (uint32_t)b->seg->whole_vmas.nr;
	if (object >= b->anon_vmas_dumped.nr && pool_resize(&b->anon_vmas_dumped, object + 1) != 0)
		build_fail(b, -ENOMEM);
	else
		*(uint8_t *)pool_at(&b->anon_vmas_dumped, object) = 1;
}

bool dump_knows_anon_vma(struct builder *b, uint32_t anon_vma)
{
	if (anon_vma < b->anon_vmas_dumped.nr && *(uint8_t *)pool_at(&b->anon_vmas_dumped, anon_vma))
		return true;
	return anon_vma >= b->seg->tables[TABLE_ANON_VMA].carried.nr &&
	       !span_is(span_at(b->seg, TABLE_ANON_VMA, anon_vma), SPAN_FOUND);
}

void dump_finding(struct builder *b, enum finding_id id, struct ref object, int64_t expected,
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
	b->dump->nr_differing += stored->severity != 0;
	if (stored->severity == 2)
		build_notable(b, NOTABLE_FINDING, 2, (uint64_t)id, object);
}

/* ---- begin ---- */
static void dump_begin(struct builder *b, const struct args_P_DUMP_BEGIN *args)
{
	struct dump *dump;

	build_dump_fini(b);
	dump = dump_of(b);
	if (!dump)
		return;
	dump->id = args->dump;
	dump->begin = b->now;
	dump->seqnr = args->seqnr;
	dump->running = true;
	dump->group = dump->last_item = dump->next_item = dump->chain = NO_ID;
	dump->last_position = NO_ID;
	dump->last_nid = -1;
	/* Places that are there now are compared by rank; what is placed meanwhile has none. */
	if (b->dump_seen)
		tree_rank(b->seg);
}

/* ---- anon_vmas: each one's VMAs follow it, under its lock ---- */
void dump_group_ends(struct builder *b)
{
	struct dump *dump = b->dump;

	if (dump->group == NO_ID || dump->group_left != 0 || dump->lost) {
		dump->group = NO_ID;
		return;
	}
	for (uint32_t i = ((struct anon_vma_data *)data_at(b->seg, TABLE_ANON_VMA, dump->group))->newest;
	     i != NO_ID; i = ((struct vma_data *)data_at(b->seg, TABLE_VMA, i))->older) {
		const struct span *span = span_at(b->seg, TABLE_VMA, i);
		uint32_t object;

		if (span->died != ALIVE || span->born >= dump->group_begin)
			continue;
		object = span_object(b->seg, TABLE_VMA, i);
		if (dump_has_seen(dump, TABLE_VMA, object))
			continue;
		dump_finding(b, FINDING_DUMP_VMA_SURPLUS, make_ref(b->seg, TABLE_VMA, object), 0, 1);
		vma_gone(b, i, 0);
	}
	anon_vma_dumped(b, dump->group);
	dump->group = NO_ID;
}

/* ---- end ---- */
/* Chains that lost their dups and nodes between lists are in no tree to be dumped. */
static bool is_in_no_list(const struct builder *b, enum table table, uint32_t span)
{
	return table == TABLE_NODE &&
	       ((struct node_more *)more_at(b->seg, table, span))->place == NODE_NOWHERE;
}

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
		if (dump_has_seen(b->dump, table, object))
			continue;
		if (is_in_no_list(b, table, i)) {
			if (build_is_doubtful(b, table, i))	/* what was so before a gap has gone */
				node_gone(b, i);
			continue;
		}
		dump_finding(b, id, make_ref(b->seg, table, object), 0, 1);
		if (table == TABLE_ITEM)
			build_item_end(b, i, 0);
		else
			node_gone(b, i);
	}
}

static bool has_vmas(const struct builder *b, uint32_t anon_vma)
{
	uint32_t i = ((struct anon_vma_data *)data_at(b->seg, TABLE_ANON_VMA, anon_vma))->newest;

	while (i != NO_ID && span_at(b->seg, TABLE_VMA, i)->died != ALIVE)
		i = ((struct vma_data *)data_at(b->seg, TABLE_VMA, i))->older;
	return i != NO_ID;
}

static void anon_vma_name_only(struct builder *b, uint32_t anon_vma)
{
	anon_vma_change(b, anon_vma, NO_ID, NO_ID);
	build_confirm_row(b, TABLE_ANON_VMA, anon_vma);
}

/*
 * What a complete dump does not list and a gap made doubtful may have gone long ago: KSM has no use for it, so
 * it is let go.  If it is there, the next event that names it finds it again.  But an anon_vma with a VMA that
 * was seen since the gap is there, though no more is certain of it than its name.
 */
static void let_go(struct builder *b, enum table table)
{
	for (uint32_t i = 0; i < nr_spans(b->seg, table); i++) {
		const struct span *span = span_at(b->seg, table, i);
		uint32_t object = span_object(b->seg, table, i);

		if (span->died != ALIVE || dump_has_seen(b->dump, table, object) ||
		    (table == TABLE_MM && b->mms[object].items) || !build_is_doubtful(b, table, i))
			continue;
		if (table == TABLE_MM)
			build_mm_end(b, span_addr(span));
		else if (table == TABLE_VMA)
			vma_gone(b, i, 0);
		else if (has_vmas(b, object))
			anon_vma_name_only(b, object);
		else
			anon_vma_gone(b, object, 0);
		span_at(b->seg, table, i)->owner_flags &= ~(uint32_t)SPAN_NAMED_END;
	}
}

/* Mms that ksmd should have, and has not. */
static void leave_unseen(struct builder *b)
{
	uint32_t nr = nr_spans(b->seg, TABLE_MM);

	for (uint32_t i = 0; i < nr; i++) {
		const struct span *span = span_at(b->seg, TABLE_MM, i);
		struct mm_data data = *(struct mm_data *)data_at(b->seg, TABLE_MM, i);
		uint32_t mm;

		if (span->died != ALIVE || span->born >= b->dump->begin || !data.in_ksm)
			continue;
		mm = span_object(b->seg, TABLE_MM, i);
		if (dump_has_seen(b->dump, TABLE_MM, mm))
			continue;
		dump_finding(b, FINDING_DUMP_MM_SURPLUS, make_ref(b->seg, TABLE_MM, mm), 0, 1);
		data.in_ksm = 0;
		build_mm_update(b, mm, &data, false);
	}
}

/* Those with UNSTABLE_FLAG, in the tree or thrown away with it: the kernel's pages_unshared. */
static int64_t count_unshared(const struct builder *b)
{
	uint32_t nr = nr_spans(b->seg, TABLE_ITEM);
	int64_t unshared = 0;

	for (uint32_t i = 0; i < nr; i++) {
		const struct span *span = span_at(b->seg, TABLE_ITEM, i);
		uint8_t state = ((struct item_more *)more_at(b->seg, TABLE_ITEM, i))->state;

		unshared += span->died == ALIVE && !b->mms[span_owner(span)].dead &&
			    (state == ITEM_UNSTABLE || state == ITEM_THROWN);
	}
	return unshared;
}

static bool is_complete(const struct dump *dump, const struct args_P_DUMP_END *args)
{
	return !dump->lost && args->result == 0 && args->nr_nodes == dump->nr_nodes &&
	       args->nr_items == dump->nr_items && args->nr_vmas == dump->nr_vmas &&
	       args->nr_anon_vmas == dump->nr_anon_vmas && args->nr_mms == dump->nr_mms;
}

uint64_t build_dump_root(const struct builder *b, const struct event *ev, uint64_t after)
{
	const struct dump *dump = b->dump;
	const struct anon_vma_data *data;
	const struct span *span;

	if (ev->kind != EVENT_P_DUMP_VMA || !dump || !dump->running || dump->group == NO_ID ||
	    EVENT_ARGS(ev, P_DUMP_VMA)->dump != dump->id || after < b->seg->base + dump->group_begin)
		return 0;
	span = span_at(b->seg, TABLE_ANON_VMA, dump->group);
	data = data_at(b->seg, TABLE_ANON_VMA, object_last(b->seg, TABLE_ANON_VMA, dump->group));
	if (span_addr(span) != ((uint64_t)EVENT_ARGS(ev, P_DUMP_VMA)->anon_vma & ~7ull) || data->root == NO_ID)
		return 0;
	return span_addr(span_at(b->seg, TABLE_ANON_VMA, data->root));
}

/* The kernel's counters are as they are at its end. */
static void compare_counters(struct builder *b, const struct args_P_DUMP_END *args, bool agreed)
{
	struct ref none = { 0 };

	if (agreed) {	/* else each difference was told */
		dump_finding(b, FINDING_DUMP_NODES, none, args->nr_nodes, b->dump->nr_nodes);
		dump_finding(b, FINDING_DUMP_ITEMS, none, args->nr_items, b->dump->nr_items);
		dump_finding(b, FINDING_DUMP_MMS, none, args->nr_mms, b->dump->nr_mms);
		dump_finding(b, FINDING_DUMP_ANON_VMAS, none, args->nr_anon_vmas, b->dump->nr_anon_vmas);
		dump_finding(b, FINDING_DUMP_VMAS, none, args->nr_vmas, b->dump->nr_vmas);
	}
	dump_finding(b, FINDING_DUMP_CHAINS, none, args->nr_chains, b->counts.chains);
	dump_finding(b, FINDING_DUMP_DUPS, none, args->nr_dups, b->counts.dups);
	dump_finding(b, FINDING_DUMP_STABLE_ITEMS, none, args->pages_shared + args->pages_sharing,
		     b->counts.items_stable);
	dump_finding(b, FINDING_DUMP_SHARED, none, args->pages_shared,
		     (int64_t)b->counts.nodes - b->nr_empty);
	dump_finding(b, FINDING_DUMP_UNSHARED, none, args->pages_unshared, count_unshared(b));
}

static void dump_end(struct builder *b, const struct args_P_DUMP_END *args)
{
	bool agreed;

	if (is_complete(b->dump, args)) {
		end_unseen(b, TABLE_ITEM, FINDING_DUMP_ITEM_SURPLUS);
		end_unseen(b, TABLE_NODE, FINDING_DUMP_NODE_SURPLUS);
		leave_unseen(b);
		if (b->loss_now) {
			let_go(b, TABLE_MM);
			let_go(b, TABLE_VMA);
			let_go(b, TABLE_ANON_VMA);
		}
		build_confirm(b, &b->seg->confirm_items, NO_ID);
		build_confirm(b, &b->seg->confirm_nodes, 0);
		build_all_told(b);
		agreed = b->dump_complete && !b->dump->nr_differing;
		b->dump_seen = b->dump_complete = true;
		build_sweeps_judge(b);
		compare_counters(b, args, agreed);
	}
	b->dump->running = false;
}

bool build_dump_event(struct builder *b, const struct event *ev)
{
	if (ev->kind < EVENT_P_DUMP_BEGIN || ev->kind > EVENT_P_DUMP_END)
		return false;
	build_activity_told(b);
	if (ev->kind == EVENT_P_DUMP_BEGIN) {
		dump_begin(b, EVENT_ARGS(ev, P_DUMP_BEGIN));
		return true;
	}
	/* A record of a dump whose begin is not here, or of another one. */
	if (!b->dump || !b->dump->running || b->dump->id != EVENT_ARGS(ev, P_DUMP_END)->dump)
		return true;
	if (ev->kind != EVENT_P_DUMP_VMA)
		dump_group_ends(b);
	switch (ev->kind) {
	case EVENT_P_DUMP_MM:
		record_mm(b, EVENT_ARGS(ev, P_DUMP_MM));
		break;
	case EVENT_P_DUMP_NODE:
		record_node(b, EVENT_ARGS(ev, P_DUMP_NODE));
		break;
	case EVENT_P_DUMP_ITEM:
		record_item(b, EVENT_ARGS(ev, P_DUMP_ITEM));
		break;
	case EVENT_P_DUMP_ANON_VMA:
		record_anon_vma(b, EVENT_ARGS(ev, P_DUMP_ANON_VMA));
		break;
	case EVENT_P_DUMP_VMA:
		record_vma(b, EVENT_ARGS(ev, P_DUMP_VMA));
		break;
	default:
		dump_end(b, EVENT_ARGS(ev, P_DUMP_END));
		break;
	}
	return true;
}
