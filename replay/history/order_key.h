/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * order_key.h - inside a history: what each order is sorted by.
 *
 * Sorting asks for the key of every row of a table, so that it has to see the order as a constant;
 * who searches asks for a few, with order_key_of().
 */
#ifndef KSMTOP_ORDER_KEY_H
#define KSMTOP_ORDER_KEY_H

#include "history/tables.h"

#define RANK_MAX ((1u << 29) - 1)	/* behind all: not known */

/*
 * 96 bits: nid (11), rank of its place (29; build_tree.c), and the dup's place in its chain's hlist
 * (56; the chain itself stands before).
 */
ALWAYS_INLINE struct order_key node_key(const struct segment *seg, uint32_t row)
{
	const struct node_more *more;
	uint32_t rank = RANK_MAX;
	uint64_t within;

	if (!seg->tables[TABLE_NODE].more.nr)
		return (struct order_key){ span_pfn(span_at(seg, TABLE_NODE, row)), 0 };
	more = more_at(seg, TABLE_NODE, row);
	if (more->place != NODE_IN_TREE)
		return (struct order_key){ .k1 = order_nid(-1) };	/* as they left: all gone soon, in that order */
	if (more->position < seg->tree.nr)
		rank = ((struct tree_place *)pool_at(&seg->tree, more->position))->rank;
	within = rank >= RANK_MAX ? span_object(seg, TABLE_NODE, row) + UINT64_C(1) :
		 more->kind == NODE_DUP ? DUP_KEY_MAX + 1 - more->dup_key : 0;
	rank = rank > RANK_MAX ? RANK_MAX : rank;
	return (struct order_key){ .k1 = order_nid(more->nid) | rank >> 8,
				   .k2 = (uint64_t)(rank & 0xff) << 56 | within };
}

ALWAYS_INLINE struct order_key order_key(const struct segment *seg, enum order_id id, uint32_t row)
{
	const struct span *span;
	const struct vma_data *vma;
	const struct mapping_data *map;

	switch (id) {
	case ORDER_MM_NUMBER:
		return (struct order_key){ span_owner(span_at(seg, TABLE_MM, row)), 0 };
	case ORDER_NODE:
		return node_key(seg, row);
	case ORDER_DUP_CHAIN:
		return (struct order_key){
			DUP_KEY_MAX + 1 - ((struct node_more *)more_at(seg, TABLE_NODE, row))->dup_key,
			((struct node_more *)more_at(seg, TABLE_NODE, row))->chain };
	case ORDER_NODE_KPFN:
		return (struct order_key){ ((struct node_more *)more_at(seg, TABLE_NODE, row))->kpfn, 0 };
	case ORDER_ITEM_MM:
		span = span_at(seg, TABLE_ITEM, row);
		if (seg->tables[TABLE_ITEM].more.nr)
			return (struct order_key){
				((struct item_more *)more_at(seg, TABLE_ITEM, row))->address,
				span_owner(span) };
		return (struct order_key){ span_addr(span), span_owner(span) };
	case ORDER_ITEM_ANON:
		return (struct order_key){
			((struct item_more *)more_at(seg, TABLE_ITEM, row))->address,
			((struct item_more *)more_at(seg, TABLE_ITEM, row))->anon_vma };
	case ORDER_MAPPING_TGID:
		span = span_at(seg, TABLE_MAPPING, row);
		return (struct order_key){ span_addr(span), span_owner(span) };
	case ORDER_MAPPING_PFN:
		span = span_at(seg, TABLE_MAPPING, row);
		map = data_at(seg, TABLE_MAPPING, row);
		return (struct order_key){ (uint64_t)span_owner(span) << 42 | span_addr(span) >> 12,
					   (uint32_t)map->pfn };
	case ORDER_ANON_VMA:
		return (struct order_key){ span_addr(span_at(seg, TABLE_ANON_VMA, row)), 0 };
	case ORDER_VMA_ANON:
		vma = data_at(seg, TABLE_VMA, row);
		return (struct order_key){ vma->pgoff, vma->anon_vma };
	case ORDER_VMA_ALL:
		vma = data_at(seg, TABLE_VMA, row);
		return (struct order_key){ vma->start, vma->anon_vma };
	case ORDER_VMA_MM:
		vma = data_at(seg, TABLE_VMA, row);
		return (struct order_key){ vma->start, vma->mm };
	case ORDER_PAGE:
		return (struct order_key){ span_pfn(span_at(seg, TABLE_PAGE, row)), 0 };
	case ORDER_MM_ADDR:
	case ORDER_NODE_ADDR:
	case ORDER_ITEM_ADDR:
	case ORDER_VMA_ADDR:
		return (struct order_key){ span_at(seg, order_table(id), row)->addr_gen >> 10, 0 };
	default:
		return (struct order_key){ 0, 0 };
	}
}

static inline bool order_less(const struct order_key *a, const struct order_key *b)
{
	return a->k1 != b->k1 ? a->k1 < b->k1 : a->k2 < b->k2;
}

/* Sorts the first `nr` rows of its table into `out`: 0 or -ENOMEM. */
int order_sort(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out);

#endif /* KSMTOP_ORDER_KEY_H */
