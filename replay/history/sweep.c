// SPDX-License-Identifier: GPL-2.0-only
/*
 * sweep.c - going past every row that holds at a moment, in the order in which they lie.
 *
 * A list puts rows in order, and fills in for each what it says of itself: a miss of the cache or two
 * a row.  Who has to look at all of them and needs only who belongs to whom goes through the tables
 * from one end to the other instead: a few nanoseconds a row.
 *
 * Objects are called by where they lie in the moment's segment, so that an array can be as long as
 * history_sweep_room() and be indexed by them; history_swept() makes a ref of the few that matter.
 * Doubt is not looked at.
 */
#include "history/tables.h"

uint32_t history_sweep_room(const struct history *h, enum table table, struct moment when)
{
	struct place place;

	return table > TABLE_NONE && table < TABLE_EPISODE && history_place(h, when, &place) == 0 ?
		nr_spans(place.seg, table) : 0;
}

struct ref history_swept(const struct history *h, enum table table, uint32_t index, struct moment when)
{
	struct place place;

	if (index >= history_sweep_room(h, table, when) || history_place(h, when, &place) != 0)
		return (struct ref){ 0 };
	return make_ref(place.seg, table, span_object(place.seg, table, index));
}

int history_sweep_nodes(const struct history *h, struct moment when, history_sweep_node_fn fn, void *arg)
{
	struct place place;
	uint64_t nr;
	int ret = history_place(h, when, &place);

	if (ret != 0)
		return ret;
	nr = spans_known_upto(place.seg, TABLE_NODE, place.known);
	for (uint32_t i = 0; i < nr && ret == 0; i++) {
		const struct span *span = span_at(place.seg, TABLE_NODE, i);
		struct swept_node node = { .kpfn = span_pfn(span), .kind = NODE_UNKNOWN };

		if (!span_holds(place.seg, TABLE_NODE, span, place.t, place.known))
			continue;
		if (place.seg->tables[TABLE_NODE].more.nr) {
			const struct node_more *more = more_at(place.seg, TABLE_NODE, i);

			node.kpfn = more->kpfn;
			node.kind = more->kind;
		}
		node.node = span_object(place.seg, TABLE_NODE, i);
		ret = fn(&node, arg);
	}
	return ret;
}

int history_sweep_items(const struct history *h, struct moment when, history_sweep_item_fn fn, void *arg)
{
	struct place place;
	uint64_t nr;
	int ret = history_place(h, when, &place);

	if (ret != 0)
		return ret;
	nr = spans_known_upto(place.seg, TABLE_ITEM, place.known);
	for (uint32_t i = 0; i < nr && ret == 0; i++) {
		const struct span *span = span_at(place.seg, TABLE_ITEM, i);
		uint32_t node = ((const struct item_data *)data_at(place.seg, TABLE_ITEM, i))->node;
		struct swept_item item = { node, span_owner(span), NOT_SWEPT };

		if (node == NO_ID || !span_holds(place.seg, TABLE_ITEM, span, place.t, place.known))
			continue;
		if (place.seg->tables[TABLE_ITEM].more.nr)
			item.anon_vma = ((const struct item_more *)
					 more_at(place.seg, TABLE_ITEM, i))->anon_vma;
		ret = fn(&item, arg);
	}
	return ret;
}

int history_sweep_vmas(const struct history *h, struct moment when, history_sweep_vma_fn fn, void *arg)
{
	struct place place;
	uint64_t nr;
	int ret = history_place(h, when, &place);

	if (ret != 0)
		return ret;
	nr = spans_known_upto(place.seg, TABLE_VMA, place.known);
	for (uint32_t i = 0; i < nr && ret == 0; i++) {
		const struct vma_data *data = data_at(place.seg, TABLE_VMA, i);
		struct swept_vma vma = { data->anon_vma, data->mm };

		if (span_holds(place.seg, TABLE_VMA, span_at(place.seg, TABLE_VMA, i), place.t, place.known))
			ret = fn(&vma, arg);
	}
	return ret;
}

/*
 * Which node is looked up, a search a row; an inferred row follows from an item, which is swept, unless it
 * was inherited by fork or moved with its VMA.
 */
int history_sweep_mappings(const struct history *h, struct moment when, history_sweep_mapping_fn fn,
			   void *arg)
{
	struct place place;
	uint64_t nr;
	int ret = history_place(h, when, &place);

	if (ret != 0)
		return ret;
	nr = spans_known_upto(place.seg, TABLE_MAPPING, place.known);
	for (uint32_t i = 0; i < nr && ret == 0; i++) {
		const struct span *span = span_at(place.seg, TABLE_MAPPING, i);
		const struct mapping_data *data = data_at(place.seg, TABLE_MAPPING, i);
		struct swept_mapping mapping = { NOT_SWEPT, data->mapcount };

		if ((data->evidence == EVIDENCE_INFERRED && !span_is(span, SPAN_TENTATIVE)) ||
		    !span_holds(place.seg, TABLE_MAPPING, span, place.t, place.known))
			continue;
		if (ref_object(h, place.seg, node_ref_of_pfn(h, &place, data->pfn), &mapping.node) != 0)
			mapping.node = NOT_SWEPT;
		ret = fn(&mapping, arg);
	}
	return ret;
}
