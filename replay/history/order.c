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
 * Sorting is a radix sort over the bits that differ, skipped where rows come in order anyway.  It
 * runs when an order is first needed after new rows, or all at once: settle.c.
 */
#include <stdlib.h>

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

#define RANK_MAX ((1u << 29) - 1)	/* behind all: in no tree */
#define NID_MAX	 2046	/* this one and all above together */

uint32_t order_nid(int64_t nid)
{
	return (nid < 0 ? 0 : nid >= NID_MAX ? NID_MAX : (uint32_t)nid + 1) << 21;
}

/*
 * 96 bits: nid (11), rank of its place (29; build_tree.c), and the dup's place in its chain's hlist
 * (56; the chain itself stands before).
 */
static struct order_key node_key(const struct segment *seg, uint32_t row)
{
	const struct node_more *more;
	uint32_t rank = RANK_MAX;
	uint64_t within;

	if (!seg->tables[TABLE_NODE].more.nr)
		return (struct order_key){ span_pfn(span_at(seg, TABLE_NODE, row)), 0 };
	more = more_at(seg, TABLE_NODE, row);
	if (more->position < seg->tree.nr)
		rank = ((struct tree_place *)pool_at(&seg->tree, more->position))->rank;
	within = rank >= RANK_MAX ? span_object(seg, TABLE_NODE, row) + UINT64_C(1) :
		 more->kind == NODE_DUP ? DUP_KEY_MAX + 1 - more->dup_key : 0;
	rank = rank > RANK_MAX ? RANK_MAX : rank;
	return (struct order_key){ .k1 = order_nid(more->nid) | rank >> 8,
				   .k2 = (uint64_t)(rank & 0xff) << 56 | within };
}

struct order_key order_key_of(const struct segment *seg, enum order_id id, uint32_t row)
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

/* ---- sorting ---- */
struct sort_row { uint64_t k2; uint32_t k1, row; };

#define DIGIT_BITS 11u

static uint32_t digit_of(const struct sort_row *row, unsigned shift, bool k1)
{
	return (uint32_t)((k1 ? row->k1 : row->k2) >> shift) & ((1u << DIGIT_BITS) - 1);
}

static void sort_digit(const struct sort_row *from, struct sort_row *to, uint64_t nr, unsigned shift,
		       bool k1)
{
	uint32_t at[1u << DIGIT_BITS] = { 0 }, sum = 0;

	for (uint64_t i = 0; i < nr; i++)
		at[digit_of(&from[i], shift, k1)]++;
	for (uint32_t i = 0; i < 1u << DIGIT_BITS; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (uint64_t i = 0; i < nr; i++)
		to[at[digit_of(&from[i], shift, k1)]++] = from[i];
}

/* Sorts `rows` with `spare` as second buffer: returns the one that holds the result. */
static struct sort_row *sort_rows(struct sort_row *rows, struct sort_row *spare, uint64_t nr)
{
	uint64_t differ2 = 0, differ1 = 0;

	for (uint64_t i = 1; i < nr; i++) {
		differ2 |= rows[i].k2 ^ rows[0].k2;
		differ1 |= rows[i].k1 ^ rows[0].k1;
	}
	for (unsigned pass = 0; pass < 2; pass++) {
		uint64_t differ = pass ? differ1 : differ2;

		for (unsigned shift = 0; shift < 64 && differ >> shift; shift += DIGIT_BITS) {
			struct sort_row *result = spare;

			while (!(differ >> shift & 1))
				shift++;
			sort_digit(rows, spare, nr, shift, pass);
			spare = rows;
			rows = result;
		}
	}
	return rows;
}

/* ---- blocks ---- */
static uint64_t nr_blocks(uint64_t nr)
{
	return (nr + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

static uint64_t buckets_between(const struct order *order, uint32_t born, uint32_t died)
{
	uint32_t a = born / order->bucket_events, b = died == ALIVE ? 63 : died / order->bucket_events;

	a = a > 63 ? 63 : a;
	b = b > 63 ? 63 : b;
	return (~0ull >> (63 - (b - a))) << a;
}

static void make_blocks(const struct segment *seg, enum table table, struct order *order)
{
	const uint32_t *rows = order->rows.data;
	uint64_t below = 0, n = nr_blocks(order->nr_sorted), at = 0;
	struct block *blocks = order->blocks.data;

	for (uint64_t i = 0; i < order->nr_sorted; i++) {
		const struct span *span = span_at(seg, table, rows[i]);
		struct block *block = &blocks[i / BLOCK_ROWS];
		uint32_t born = span_born(span);

		if (i + BLOCK_ROWS < order->nr_sorted)
			__builtin_prefetch(span_at(seg, table, rows[i + BLOCK_ROWS]));
		if (i % BLOCK_ROWS == 0)
			*block = (struct block){ .min_born = UINT32_MAX };
		block->min_born = born < block->min_born ? born : block->min_born;
		block->max_died = span->died > block->max_died ? span->died : block->max_died;
		if (span->died >= born)
			block->buckets |= buckets_between(order, born, span->died);
	}
	while (n > 1) {
		uint64_t up = below + n;

		for (uint64_t i = 0; i < n; i++) {
			const struct block *from = &blocks[below + i];
			struct block *to = &blocks[up + i / BLOCK_ROWS];

			at = i;
			if (at % BLOCK_ROWS == 0)
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

static bool less(const struct order_key *a, const struct order_key *b)
{
	return a->k1 != b->k1 ? a->k1 < b->k1 : a->k2 < b->k2;
}

/* Sorts all rows of the table into `out` by their whole keys. */
static int sort_wide(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out)
{
	struct sort_row *rows = malloc(nr * sizeof(*rows)), *spare = malloc(nr * sizeof(*rows)), *sorted;

	if (!rows || !spare) {
		free(rows);
		free(spare);
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < nr; i++) {
		struct order_key key = order_key_of(seg, id, (uint32_t)i);

		rows[i] = (struct sort_row){ .k2 = key.k2, .k1 = key.k1, .row = (uint32_t)i };
	}
	sorted = sort_rows(rows, spare, nr);
	for (uint64_t i = 0; i < nr; i++)
		out[i] = sorted[i].row;
	free(rows);
	free(spare);
	return 0;
}

/* Bits of a key that any two rows differ in: from the lowest to the highest of them. */
struct key_bits { uint64_t mask; unsigned shift, nr; };

static struct key_bits key_bits(uint64_t differ)
{
	struct key_bits bits = { .mask = 0 };

	if (!differ)
		return bits;
	bits.shift = (unsigned)__builtin_ctzll(differ);
	bits.nr = 64 - (unsigned)__builtin_clzll(differ) - bits.shift;
	bits.mask = bits.nr == 64 ? UINT64_MAX : (UINT64_C(1) << bits.nr) - 1;
	return bits;
}

static void sort_packed_digit(const uint64_t *from, uint64_t *to, uint64_t nr, unsigned shift)
{
	uint32_t at[1u << DIGIT_BITS] = { 0 }, sum = 0, mask = (1u << DIGIT_BITS) - 1;

	for (uint64_t i = 0; i < nr; i++)
		at[from[i] >> shift & mask]++;
	for (uint32_t i = 0; i <= mask; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (uint64_t i = 0; i < nr; i++)
		to[at[from[i] >> shift & mask]++] = from[i];
}

/* The same where what differs and the row fit 64 bits together: half the memory. */
static int sort_packed(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out,
		       struct key_bits high, struct key_bits low, unsigned row_bits)
{
	uint64_t *rows = malloc(nr * sizeof(*rows)), *spare = malloc(nr * sizeof(*rows)), *swap;

	if (!rows || !spare) {
		free(rows);
		free(spare);
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < nr; i++) {
		struct order_key key = order_key_of(seg, id, (uint32_t)i);
		uint64_t k1 = key.k1 >> high.shift & high.mask, k2 = key.k2 >> low.shift & low.mask;

		rows[i] = (k1 << low.nr | k2) << row_bits | i;
	}
	/* They come in the order of their rows, and equal keys stay in it. */
	for (unsigned shift = row_bits; shift < row_bits + high.nr + low.nr; shift += DIGIT_BITS) {
		sort_packed_digit(rows, spare, nr, shift);
		swap = rows;
		rows = spare;
		spare = swap;
	}
	for (uint64_t i = 0; i < nr; i++)
		out[i] = (uint32_t)(rows[i] & ((UINT64_C(1) << row_bits) - 1));
	free(rows);
	free(spare);
	return 0;
}

static int sort_order(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out)
{
	unsigned row_bits = nr > 1 ? 64 - (unsigned)__builtin_clzll(nr - 1) : 1;
	struct order_key first = order_key_of(seg, id, 0), last = first;
	uint64_t differ1 = 0, differ2 = 0;
	struct key_bits high, low;
	bool in_order = true;

	for (uint64_t i = 0; i < nr; i++) {
		struct order_key key = order_key_of(seg, id, (uint32_t)i);

		differ1 |= key.k1 ^ first.k1;
		differ2 |= key.k2 ^ first.k2;
		in_order = in_order && !less(&key, &last);
		last = key;
		out[i] = (uint32_t)i;
	}
	if (in_order)
		return 0;
	high = key_bits(differ1);
	low = key_bits(differ2);
	if (high.nr + low.nr + row_bits > 64 || low.nr == 64)
		return sort_wide(seg, id, nr, out);
	return sort_packed(seg, id, nr, out, high, low, row_bits);
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
	if (sort_order(seg, id, nr, order->rows.data) != 0)
		return -ENOMEM;
	order->nr_sorted = nr;
	order->bucket_events = (uint32_t)(seg->last / 64 + 1);
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
	const struct order *order = &seg->orders[id];
	uint64_t lo = 0, hi = order->nr_sorted;

	while (lo < hi) {
		uint64_t mid = (lo + hi) / 2;
		struct order_key key = order_key_of(seg, id, ((uint32_t *)order->rows.data)[mid]);

		if (key.k1 < k1 || (key.k1 == k1 && key.k2 < k2))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint64_t order_position(const struct segment *seg, enum order_id id, uint32_t row)
{
	struct order_key key = order_key_of(seg, id, row);
	const uint32_t *rows = seg->orders[id].rows.data;
	uint64_t lo = 0, hi = seg->orders[id].nr_sorted;

	while (lo < hi) {
		uint64_t mid = (lo + hi) / 2;
		struct order_key at = order_key_of(seg, id, rows[mid]);

		/* Rows with the same key lie in the order of their ids. */
		if (less(&at, &key) || (!less(&key, &at) && rows[mid] < row))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool block_may(const struct order *order, const struct block *block, uint32_t t)
{
	uint32_t bucket = t / order->bucket_events;

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
