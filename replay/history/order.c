// SPDX-License-Identifier: GPL-2.0-only
/*
 * order.c - spans sorted by what a list goes by, and the next one of them that holds at a moment.
 *
 * An order is an array of span ids sorted by a two-part key: the list's owner first, its order
 * within second, birth last.  All lists are ranges of orders.
 *
 * The hard idea is to pass over what does not hold at the moment asked without looking at it: of
 * every 32 rows (and of every 32 such blocks, and so on) there is the earliest birth, the latest
 * death, and in 64 buckets of time whether anything at all held.  A gap between two cycles of
 * merging and unmerging is empty for whole levels.  Blocks are made when an order is sorted; rows
 * that die later only make them say "maybe" too often.
 *
 * An order is sorted (order_sort.c) when it is first needed after new rows, or all at once: settle.c.
 */
#include "history/order_key.h"
#include "history/tables.h"

enum table order_table(enum order_id id)
{
	switch (id) {
	case ORDER_MM_NUMBER:
	case ORDER_MM_ADDR:
		return TABLE_MM;
	case ORDER_NODE:
	case ORDER_NODE_ADDR:
	case ORDER_DUP_CHAIN:
	case ORDER_NODE_KPFN:
		return TABLE_NODE;
	case ORDER_ITEM_MM:
	case ORDER_ITEM_ANON:
	case ORDER_ITEM_ADDR:
		return TABLE_ITEM;
	case ORDER_MAPPING_TGID:
	case ORDER_MAPPING_PFN:
		return TABLE_MAPPING;
	case ORDER_ANON_VMA:
		return TABLE_ANON_VMA;
	case ORDER_VMA_ANON:
	case ORDER_VMA_ALL:
	case ORDER_VMA_MM:
	case ORDER_VMA_ADDR:
		return TABLE_VMA;
	case ORDER_PAGE:
		return TABLE_PAGE;
	default:
		return TABLE_NONE;
	}
}

#define NID_MAX	 2046	/* this one and all above together */

uint32_t order_nid(int64_t nid)
{
	return (nid < 0 ? 0 : nid >= NID_MAX ? NID_MAX : (uint32_t)nid + 1) << 21;
}

struct order_key order_key_of(const struct segment *seg, enum order_id id, uint32_t row)
{
	return order_key(seg, id, row);
}

/* ---- blocks ---- */
static uint64_t nr_blocks(uint64_t nr)
{
	return (nr + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

static uint64_t buckets_between(const struct order *order, uint32_t born, uint32_t died)
{
	uint32_t a = born >> order->bucket_shift, b = died == ALIVE ? 63 : died >> order->bucket_shift;

	a = a > 63 ? 63 : a;
	b = b > 63 ? 63 : b;
	return (~0ull >> (63 - (b - a))) << a;
}

static void make_blocks(const struct segment *seg, enum table table, struct order *order)
{
	const uint32_t *rows = order->rows.data;
	uint64_t below = 0, n = nr_blocks(order->nr_sorted), nr = order->nr_sorted;
	struct block *blocks = order->blocks.data;

	for (uint64_t first = 0; first < nr; first += BLOCK_ROWS) {
		uint64_t end = first + BLOCK_ROWS < nr ? first + BLOCK_ROWS : nr;
		struct block block = { .min_born = UINT32_MAX };

		for (uint64_t i = end; i < end + BLOCK_ROWS && i < nr; i++)
			__builtin_prefetch(span_at(seg, table, rows[i]));
		for (uint64_t i = first; i < end; i++) {
			const struct span *span = span_at(seg, table, rows[i]);
			uint32_t born = span_born(span), died = span->died;

			block.min_born = born < block.min_born ? born : block.min_born;
			block.max_died = died > block.max_died ? died : block.max_died;
			if (died >= born)
				block.buckets |= buckets_between(order, born, died);
		}
		blocks[first / BLOCK_ROWS] = block;
	}
	while (n > 1) {
		uint64_t up = below + n;

		for (uint64_t i = 0; i < n; i++) {
			const struct block *from = &blocks[below + i];
			struct block *to = &blocks[up + i / BLOCK_ROWS];

			if (i % BLOCK_ROWS == 0)
				*to = (struct block){ .min_born = UINT32_MAX };
			to->min_born = from->min_born < to->min_born ? from->min_born : to->min_born;
			to->max_died = from->max_died > to->max_died ? from->max_died : to->max_died;
			to->buckets |= from->buckets;
		}
		below = up;
		n = nr_blocks(n);
	}
}

static uint64_t vma_last_page(const struct segment *seg, uint32_t row)
{
	const struct vma_data *vma = data_at(seg, TABLE_VMA, row);
	uint64_t pages = vma->end > vma->start ? (vma->end - vma->start) >> 12 : 0;

	return pages && vma->pgoff <= UINT64_MAX - (pages - 1) ? vma->pgoff + pages - 1 :
	       pages ? UINT64_MAX : vma->pgoff;
}

/* As far as a VMA reaches in the terms that the order is sorted by. */
static uint64_t vma_last(const struct segment *seg, enum order_id id, uint32_t row)
{
	const struct vma_data *vma = data_at(seg, TABLE_VMA, row);

	if (id == ORDER_VMA_ANON)
		return vma_last_page(seg, row);
	return vma->end > vma->start ? vma->end - 1 : vma->start;
}

static bool has_ends(enum order_id id)
{
	return id == ORDER_VMA_ANON || id == ORDER_VMA_ALL;
}

/* The furthest that any VMA of a block reaches: with the order by where they begin, an interval tree. */
static void make_ends(const struct segment *seg, enum order_id id, struct order *order)
{
	uint64_t *ends = order->ends.data, below = 0, n = nr_blocks(order->nr_sorted);

	memset(ends, 0, order->ends.nr * sizeof(*ends));
	for (uint64_t i = 0; i < order->nr_sorted; i++) {
		uint64_t last = vma_last(seg, id, ((uint32_t *)order->rows.data)[i]);
		uint64_t *end = &ends[i / BLOCK_ROWS];

		*end = last > *end ? last : *end;
	}
	while (n > 1) {
		for (uint64_t i = 0; i < n; i++) {
			uint64_t *end = &ends[below + n + i / BLOCK_ROWS];

			*end = ends[below + i] > *end ? ends[below + i] : *end;
		}
		below += n;
		n = nr_blocks(n);
	}
}

static uint64_t nr_all_blocks(uint64_t nr)
{
	uint64_t all = 0;

	do {
		nr = nr_blocks(nr);
		all += nr;
	} while (nr > 1);
	return all;
}

static int make_order(const struct segment *seg, enum order_id id, struct order *order)
{
	enum table table = order_table(id);
	uint64_t nr = nr_spans(seg, table);

	if (pool_resize(&order->rows, nr) != 0 ||
	    (has_ends(id) && pool_resize(&order->ends, nr_all_blocks(nr)) != 0) ||
	    pool_resize(&order->blocks, nr_all_blocks(nr)) != 0)
		return -ENOMEM;
	order->nr_sorted = 0;	/* until it is */
	if (order_sort(seg, id, nr, order->rows.data) != 0)
		return -ENOMEM;
	order->nr_sorted = nr;
	order->bucket_shift = 0;
	while (seg->last >> order->bucket_shift >= 64)
		order->bucket_shift++;
	make_blocks(seg, table, order);
	if (has_ends(id))
		make_ends(seg, id, order);
	return id == ORDER_VMA_ANON ? tally_make(seg, id, order) : 0;
}

int order_ready(const struct history *h, const struct segment *seg, enum order_id id)
{
	struct order *order = (struct order *)&seg->orders[id];

	if (order->nr_sorted == nr_spans(seg, order_table(id)))
		return id != ORDER_VMA_ANON || order->tallied_deaths == seg->tables[TABLE_VMA].deaths.nr ?
			0 : tally_make(seg, id, order);
	if (!h->patched && (id == ORDER_DUP_CHAIN || id == ORDER_NODE_KPFN || id == ORDER_ITEM_ANON ||
			    id == ORDER_NODE_ADDR || id == ORDER_ITEM_ADDR || id == ORDER_VMA_ADDR))
		return 0;	/* a stock kernel tells nothing to sort by */
	if (id == ORDER_NODE && seg->tree_ranked != seg->tree.nr)
		tree_rank(seg);
	return make_order(seg, id, order);
}

/* ---- searching ---- */
uint64_t order_lower(const struct segment *seg, enum order_id id, uint32_t k1, uint64_t k2)
{
	const uint32_t *rows = seg->orders[id].rows.data;
	struct order_key key = { .k1 = k1, .k2 = k2 }, at;

	return BISECT(0, seg->orders[id].nr_sorted, i,
		      (at = order_key_of(seg, id, rows[i]), order_less(&at, &key)));
}

uint64_t order_position(const struct segment *seg, enum order_id id, uint32_t row)
{
	struct order_key key = order_key_of(seg, id, row), at;
	const uint32_t *rows = seg->orders[id].rows.data;

	/* Rows with the same key lie in the order of their ids. */
	return BISECT(0, seg->orders[id].nr_sorted, i,
		      (at = order_key_of(seg, id, rows[i]),
		       order_less(&at, &key) || (!order_less(&key, &at) && rows[i] < row)));
}

static bool block_may(const struct order *order, const struct block *block, uint32_t t)
{
	uint32_t bucket = t >> (order->bucket_shift & 31);

	return block->min_born <= t && t < block->max_died &&
	       block->buckets >> (bucket > 63 ? 63 : bucket) & 1;
}

/*
 * How many rows from `at` on (forward), or before it, are in one aligned block that holds nothing
 * at t: the largest such block.
 */
static uint64_t rows_to_pass(const struct order *order, uint64_t at, uint32_t t, bool forward)
{
	const struct block *level = order->blocks.data;
	uint64_t n = nr_blocks(order->nr_sorted), size = BLOCK_ROWS, pass = 0;

	while (n && at % size == 0) {
		uint64_t i = forward ? at / size : at / size - 1;

		if (i >= n || block_may(order, &level[i], t))
			break;
		pass = size;
		level += n;
		if (n == 1)
			break;
		n = nr_blocks(n);
		size *= BLOCK_ROWS;
	}
	return pass;
}

uint64_t order_next(const struct place *place, enum order_id id, uint64_t at, uint64_t hi)
{
	const struct order *order = &place->seg->orders[id];
	enum table table = order_table(id);

	while (at < hi) {
		uint64_t pass = rows_to_pass(order, at, place->t, true);

		if (pass) {
			at += pass;
			continue;
		}
		for (uint64_t end = (at / BLOCK_ROWS + 1) * BLOCK_ROWS; at < end && at < hi; at++)
			if (span_holds(place->seg, table,
				       span_at(place->seg, table, ((uint32_t *)order->rows.data)[at]),
				       place->t, place->known))
				return at;
	}
	return hi;
}

uint64_t order_prev(const struct place *place, enum order_id id, uint64_t at, uint64_t lo)
{
	const struct order *order = &place->seg->orders[id];
	enum table table = order_table(id);

	while (at > lo) {
		uint64_t pass = rows_to_pass(order, at, place->t, false), end;

		if (pass) {
			at = at - lo > pass ? at - pass : lo;
			continue;
		}
		for (end = (at - 1) / BLOCK_ROWS * BLOCK_ROWS; at > end && at > lo; at--)
			if (span_holds(place->seg, table,
				       span_at(place->seg, table,
					       ((uint32_t *)order->rows.data)[at - 1]),
				       place->t, place->known))
				return at - 1;
	}
	return NO_POSITION;
}

/* Like rows_to_pass(), and also what ends before `first`. */
static uint64_t rows_short_of(const struct order *order, uint64_t first, uint64_t at)
{
	const uint64_t *level = order->ends.data;
	uint64_t n = nr_blocks(order->nr_sorted), size = BLOCK_ROWS, pass = 0;

	while (n && at % size == 0 && at / size < n && level[at / size] < first) {
		pass = size;
		level += n;
		if (n == 1)
			break;
		n = nr_blocks(n);
		size *= BLOCK_ROWS;
	}
	return pass;
}

uint64_t order_next_reaching(const struct place *place, enum order_id id, uint64_t first, uint64_t at,
			     uint64_t hi)
{
	const struct order *order = &place->seg->orders[id];

	while (at < hi) {
		uint64_t pass = rows_to_pass(order, at, place->t, true);
		uint64_t shorter = rows_short_of(order, first, at);

		if (pass || shorter) {
			at += pass > shorter ? pass : shorter;
			continue;
		}
		for (uint64_t end = (at / BLOCK_ROWS + 1) * BLOCK_ROWS; at < end && at < hi; at++) {
			uint32_t row = ((uint32_t *)order->rows.data)[at];

			if (vma_last(place->seg, id, row) >= first &&
			    span_holds(place->seg, TABLE_VMA, span_at(place->seg, TABLE_VMA, row),
				       place->t, place->known))
				return at;
		}
	}
	return hi;
}
