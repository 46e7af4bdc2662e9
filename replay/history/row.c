// SPDX-License-Identifier: GPL-2.0-only
/*
 * row.c - a span as the public row that says what it means.
 *
 * Links between objects are object ids within the segment; here they become refs.  What a
 * recording cannot know (the user address of a stock kernel's rmap_item, a node's kind) is said to
 * be unknown, not zero by accident.
 *
 * Not here: evidence and doubt, see fact.c.
 */
#include "history/tables.h"

static struct name name_of(const struct segment *seg, enum table table, uint32_t object)
{
	const struct span *span = span_at(seg, table, object);
	bool by_pfn = table == TABLE_PAGE || (table == TABLE_NODE && !seg->tables[TABLE_NODE].more.nr);

	return (struct name){ .addr = by_pfn ? span_pfn(span) : span_addr(span),
			      .generation = span_gen(span),
			      .number = object_number(seg, table, object) };
}

static void mm_fill(const struct segment *seg, uint32_t id, struct mm_row *ret)
{
	const struct mm_data *data = data_at(seg, TABLE_MM, id);

	ret->parent = make_ref(seg, TABLE_MM, data->parent);
	ret->tgid = data->tgid;
	ret->tgid_evidence = data->tgid_evidence;
	ret->tgid_doubtful = data->tgid_doubtful;
	ret->in_ksm = data->in_ksm;
	ret->exited = data->exited;
	ret->origin = data->origin;
	memcpy(ret->comm, data->comm, sizeof(ret->comm));
	ret->comm[sizeof(ret->comm) - 1] = 0;
	ret->start_time_ns = data->start_time_ns;
}

/* A chain has no items itself: what its dups have. */
static void chain_fill(const struct history *h, const struct place *place, uint32_t chain,
		       struct node_row *ret)
{
	const struct segment *seg = place->seg;
	uint64_t at, hi;

	if (order_ready(h, seg, ORDER_DUP_CHAIN) != 0)
		return;
	at = order_lower(seg, ORDER_DUP_CHAIN, chain, 0);
	hi = order_lower(seg, ORDER_DUP_CHAIN, chain + 1, 0);
	for (; (at = order_next(place, ORDER_DUP_CHAIN, at, hi)) < hi; at++) {
		uint32_t dup = ((uint32_t *)seg->orders[ORDER_DUP_CHAIN].rows.data)[at];

		ret->nr_dups++;
		ret->nr_items += node_nr_items(place, span_object(seg, TABLE_NODE, dup));
	}
}

static void node_fill(const struct history *h, const struct place *place, uint32_t object, uint32_t id, struct node_row *ret)
{
	const struct segment *seg = place->seg;
	const struct node_more *more;

	ret->nr_items = node_nr_items(place, object);
	if (!seg->tables[TABLE_NODE].more.nr) {
		ret->kpfn = span_pfn(span_at(seg, TABLE_NODE, id));
		ret->name.addr = 0;
		ret->nid = -1;
		ret->kind = NODE_UNKNOWN;
		return;
	}
	more = more_at(seg, TABLE_NODE, id);
	ret->kpfn = more->kpfn;
	ret->chain = make_ref(seg, TABLE_NODE, more->chain);
	ret->nid = more->nid;
	ret->kind = more->kind;
	ret->place = more->place;
	if (more->kind == NODE_CHAIN)
		chain_fill(h, place, object, ret);
}

static void item_fill(const struct place *place, uint32_t id, struct item_row *ret)
{
	const struct segment *seg = place->seg;
	const struct item_data *data = data_at(seg, TABLE_ITEM, id);
	const struct item_more *more;

	ret->mm = make_ref(seg, TABLE_MM, span_owner(span_at(seg, TABLE_ITEM, id)));
	ret->node = make_ref(seg, TABLE_NODE, data->node);
	ret->state = ITEM_STABLE;
	if (!seg->tables[TABLE_ITEM].more.nr)
		return;
	more = more_at(seg, TABLE_ITEM, id);
	ret->address = more->address;
	ret->has_address = true;
	ret->state = item_state(seg, id, place->t);
	ret->anon_vma = make_ref(seg, TABLE_ANON_VMA, more->anon_vma);
	ret->has_index = more->state == ITEM_STABLE;
	if (ret->has_index)
		ret->index = more->index_seqnr;
	else
		ret->seqnr = (int64_t)more->index_seqnr;
}

static void mapping_fill(const struct history *h, const struct place *place, uint32_t id,
			 struct mapping_row *ret)
{
	const struct segment *seg = place->seg;
	const struct mapping_data *data = data_at(seg, TABLE_MAPPING, id);
	const struct span *span = span_at(seg, TABLE_MAPPING, id);

	ret->tgid = span_owner(span) < MAPPING_OF_MM ? (int32_t)span_owner(span) : 0;
	ret->address = span_addr(span);
	ret->pfn = data->pfn;
	ret->mapcount = data->mapcount;
	ret->mm = make_ref(seg, TABLE_MM, data->mm);
	ret->node = node_ref_of_pfn(h, place, data->pfn);
}

static void vma_fill(const struct segment *seg, uint32_t id, struct vma_row *ret)
{
	const struct vma_data *data = data_at(seg, TABLE_VMA, id);

	ret->anon_vma = make_ref(seg, TABLE_ANON_VMA, data->anon_vma);
	ret->mm = make_ref(seg, TABLE_MM, data->mm);
	ret->start = data->start;
	ret->end = data->end;
	ret->pgoff = data->pgoff;
	ret->flags = data->flags;
}

/*
 * The stable node is the one at the moment, which has a doubt of its own; on a stock kernel else the one that it had
 * when it was poisoned.
 */
static void page_fill(const struct history *h, const struct place *place, uint32_t id, struct page_row *ret)
{
	const struct page_data *data = data_at(place->seg, TABLE_PAGE, id);

	ret->node = node_ref_of_pfn(h, place, ret->name.addr);
	ret->state = data->state;
	if (ref_is_none(ret->node))
		ret->node = make_ref(place->seg, TABLE_NODE, data->node);
}

void row_fill(const struct history *h, const struct place *place, enum table table, uint32_t id,
	      union row *ret)
{
	const struct segment *seg = place->seg;
	uint32_t object = span_object(seg, table, id);

	memset(ret, 0, sizeof(*ret));
	fact_fill(h, place, table, id, &ret->fact);
	fact_extent(h, place, table, object, id, &ret->fact);
	ret->any.ref = make_ref(seg, table, object);
	switch (table) {
	case TABLE_MM:
		ret->mm.name = name_of(seg, table, object);
		mm_fill(seg, id, &ret->mm);
		break;
	case TABLE_ANON_VMA:
		ret->anon_vma.name = name_of(seg, table, object);
		ret->anon_vma.root = make_ref(seg, TABLE_ANON_VMA,
			((struct anon_vma_data *)data_at(seg, table, id))->root);
		ret->anon_vma.parent = make_ref(seg, TABLE_ANON_VMA,
			((struct anon_vma_data *)data_at(seg, table, id))->parent);
		break;
	case TABLE_VMA:
		ret->vma.name = name_of(seg, table, object);
		vma_fill(seg, id, &ret->vma);
		break;
	case TABLE_NODE:
		ret->node.name = name_of(seg, table, object);
		node_fill(h, place, object, id, &ret->node);
		break;
	case TABLE_ITEM:
		ret->item.name = name_of(seg, table, object);
		item_fill(place, id, &ret->item);
		break;
	case TABLE_MAPPING:
		mapping_fill(h, place, id, &ret->mapping);
		break;
	case TABLE_PAGE:
		ret->page.name = name_of(seg, table, object);
		page_fill(h, place, id, &ret->page);
		break;
	default:
		break;
	}
}

/* ---- episodes: rows of their own kind ---- */
/* What was not known before its end is taken away. */
static void totals_of_running(uint8_t kind, union episode_totals *totals)
{
	union episode_totals all = *totals;

	memset(totals, 0, sizeof(*totals));
	switch (kind) {
	case EPISODE_WALK:
		totals->walk.walk_id = all.walk.walk_id;
		totals->walk.pfn = all.walk.pfn;
		totals->walk.rmap_one = all.walk.rmap_one;
		totals->walk.mapcount_before = all.walk.mapcount_before;
		totals->walk.purpose = all.walk.purpose;
		totals->walk.rule = all.walk.rule;
		break;
	case EPISODE_KILL_LIST:
		totals->kill.pfn = all.kill.pfn;
		totals->kill.force_early = all.kill.force_early;
		break;
	case EPISODE_RECOVERY:
		totals->recovery.pfn = all.recovery.pfn;
		totals->recovery.mapcount_before = all.recovery.mapcount_before;
		totals->recovery.waited_ns = all.recovery.waited_ns;
		break;
	case EPISODE_COLLAPSE:
		totals->collapse.address = all.collapse.address;
		totals->collapse.hpfn = all.collapse.hpfn;
		totals->collapse.is_shmem = all.collapse.is_shmem;
		break;
	case EPISODE_MIGRATION:
		totals->migration.mode = all.migration.mode;
		totals->migration.reason = all.migration.reason;
		break;
	default:
		break;
	}
}

/* In a gap since its begin some of it may have gone; of one that has not ended, its end. */
static uint8_t episode_doubt(const struct history *h, const struct episode_row *row, uint64_t known_by)
{
	struct exclusion less = { .known_by = known_by, .kinds = kinds_of_episode((enum episode_kind)row->kind) };

	if (row->begin_lost)
		return DOUBT_UNKNOWN_BEFORE;
	if (row->end_lost || lost_between(h, row->fact.born, row->ended ? row->fact.died : known_by, less))
		return DOUBT_LOSS;
	return DOUBT_NONE;
}

uint64_t history_episode_seen(const struct history *h, struct ref episode)
{
	if (episode.table != TABLE_EPISODE || episode.id >= h->episodes.nr)
		return 0;
	return ((struct episode *)pool_at(&h->episodes, episode.id))->seen;
}

int episode_fill(const struct history *h, uint32_t i, struct moment when, union row *ret)
{
	const struct episode *episode;

	if (i >= h->episodes.nr)
		return -ENOENT;
	episode = pool_at(&h->episodes, i);
	if (episode->known > when.known_by)
		return -ENOENT;
	memset(ret, 0, sizeof(*ret));
	ret->episode.fact = (struct fact){ .born = episode->first, .known = episode->known,
					   .first = episode->first, .last = NEVER,
					   .confirmed = episode->known, .died = NEVER,
					   .evidence = EVIDENCE_TRACED };
	ret->episode.ref = (struct ref){ .id = i, .table = TABLE_EPISODE };
	ret->episode.number = i + 1;
	ret->episode.kind = episode->kind;
	ret->episode.tid = episode->tid;
	memcpy(ret->episode.comm, episode->comm, sizeof(ret->episode.comm));
	ret->episode.object = episode->object;
	ret->episode.seqnr = episode->seqnr;
	ret->episode.begin_ns = episode->begin_ns;
	ret->episode.totals = episode->totals;
	ret->episode.begin_lost = episode->flags & EPISODE_BEGIN_UNSEEN;
	if (episode->last && episode->last <= when.known_by) {
		ret->episode.fact.died = ret->episode.fact.last = episode->last;
		ret->episode.end_ns = episode->end_ns;
		ret->episode.end_lost = episode->flags & EPISODE_END_UNSEEN;
		ret->episode.ended = !ret->episode.end_lost;
	}
	if (!ret->episode.ended)
		totals_of_running(episode->kind, &ret->episode.totals);
	ret->episode.fact.doubt = episode_doubt(h, &ret->episode, when.known_by);
	return 0;
}

int history_row(const struct history *h, struct ref ref, struct moment when, union row *ret_row)
{
	struct place place;
	uint32_t object, span;
	int ret;

	if (ref.table == TABLE_EPISODE)
		return episode_fill(h, ref.id, when, ret_row);
	ret = history_place(h, when, &place);
	if (ret == 0)
		ret = ref_object(h, place.seg, ref, &object);
	if (ret != 0)
		return ret;
	span = object_span(place.seg, ref.table, object, place.t, place.known);
	if (span == NO_ID)
		return -ENOENT;
	row_fill(h, &place, ref.table, span, ret_row);
	return 0;
}
