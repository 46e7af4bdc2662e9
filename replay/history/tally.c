// SPDX-License-Identifier: GPL-2.0-only
/*
 * tally.c - how many rows of an order's range hold at a moment, without looking at them.
 *
 * A walk of the whole interval tree is answered by two numbers: how many VMAs it has, and how many of
 * them stand before the one where the walk stopped.  Both are counts over a range of the order by
 * anon_vma and page index, at one moment.
 *
 * The hard idea: what holds at t is what was born by t less what had died by t, and each of these is a
 * count in a sorted array.  So beside the order lie its rows' births and deaths, sorted within every 32
 * rows, within every 32 such blocks, and so on.  A range is some dozens of whole blocks and a few
 * single rows, each a binary search: O(log^2 n).
 *
 * An observer who knows more than t also knows of rows found later; those are looked at one by one,
 * from the list of what was found.  Only VMAs are counted so: 32 bytes a row.
 */
#include "history/tables.h"

static uint64_t level_rows(unsigned level)
{
	uint64_t rows = BLOCK_ROWS;

	while (level-- > 0)
		rows *= BLOCK_ROWS;
	return rows;
}

static unsigned nr_levels(uint64_t nr)
{
	unsigned levels = 1;

	while (level_rows(levels - 1) < nr)
		levels++;
	return levels;
}

/* Births at an even `part`, deaths behind them. */
static uint32_t *tallies_of(const struct order *order, unsigned level, unsigned part)
{
	return (uint32_t *)order->tallies.data + (2 * level + part) * order->nr_sorted;
}

/* ---- making them ---- */
static void merge(const uint32_t *from, uint32_t *to, uint64_t a, uint64_t middle, uint64_t end)
{
	for (uint64_t i = a, j = middle, k = a; k < end; k++)
		to[k] = j == end || (i < middle && from[i] <= from[j]) ? from[i++] : from[j++];
}

/* Sorts every `rows` * 32 elements of `from`, sorted in runs of `rows`, into `to`. */
static void sort_runs(uint32_t *from, uint32_t *to, uint32_t *spare, uint64_t rows, uint64_t nr)
{
	for (unsigned pass = 0; pass < 5; pass++, rows *= 2) {
		uint32_t *out = pass % 2 ? spare : to;

		for (uint64_t a = 0; a < nr; a += 2 * rows)
			merge(from, out, a, a + rows < nr ? a + rows : nr,
			      a + 2 * rows < nr ? a + 2 * rows : nr);
		from = out;
	}
}

int tally_make(const struct segment *seg, enum order_id id, struct order *order)
{
	uint64_t nr = order->nr_sorted;
	unsigned levels = nr_levels(nr);
	struct pool spare;
	uint32_t *rows;

	order->tallied_deaths = seg->tables[order_table(id)].deaths.nr;
	if (!nr)
		return 0;
	pool_init(&spare, sizeof(uint32_t), NULL);
	if (pool_resize(&order->tallies, 2 * levels * nr) != 0 || pool_resize(&spare, 2 * nr) != 0) {
		pool_fini(&spare);
		return -ENOMEM;
	}
	rows = spare.data;
	for (unsigned part = 0; part < 2; part++) {
		for (uint64_t i = 0; i < nr; i++) {
			const struct span *span = span_at(seg, order_table(id),
							  ((uint32_t *)order->rows.data)[i]);

			rows[i] = part ? span->died : span->born;
		}
		for (unsigned level = 0; level < levels; level++)
			sort_runs(level ? tallies_of(order, level - 1, part) : rows,
				  tallies_of(order, level, part), rows + nr, level ? level_rows(level - 1) : 1,
				  nr);
	}
	pool_fini(&spare);
	return 0;
}

/* ---- asking them ---- */
static uint64_t upto(const uint32_t *sorted, uint64_t nr, uint32_t t)
{
	return BISECT(0, nr, i, sorted[i] <= t);
}

/* The largest block that begins at `at` and ends by `hi`: its rows; 0: not even a smallest one. */
static uint64_t block_at(const struct order *order, uint64_t at, uint64_t hi, unsigned *ret_level)
{
	uint64_t found = 0, rows = BLOCK_ROWS;

	for (unsigned level = 0; at % rows == 0; level++, rows *= BLOCK_ROWS) {
		uint64_t nr = at + rows < order->nr_sorted ? rows : order->nr_sorted - at;

		if (at + nr > hi || level == nr_levels(order->nr_sorted))
			break;
		*ret_level = level;
		found = nr;
	}
	return found;
}

static uint64_t found_later(const struct place *place, enum order_id id, uint64_t lo, uint64_t hi)
{
	enum table table = order_table(id);
	const struct pool *found = &place->seg->tables[table].found;
	uint64_t nr = 0;

	for (uint64_t i = found->nr; i > 0; i--) {
		uint32_t row = *(uint32_t *)pool_at(found, i - 1);
		const struct span *span = span_at(place->seg, table, row);
		uint64_t at;

		if (span->born <= place->t)
			break;
		if (!span_holds(place->seg, table, span, place->t, place->known))
			continue;
		at = order_position(place->seg, id, row);
		nr += at >= lo && at < hi;
	}
	return nr;
}

uint64_t tally(const struct place *place, enum order_id id, uint64_t lo, uint64_t hi)
{
	const struct order *order = &place->seg->orders[id];
	uint64_t nr = 0, rows;
	unsigned level = 0;

	for (uint64_t at = lo; at < hi; at += rows) {
		rows = block_at(order, at, hi, &level);
		if (rows) {
			nr += upto(tallies_of(order, level, 0) + at, rows, place->t) -
			      upto(tallies_of(order, level, 1) + at, rows, place->t);
		} else {
			const struct span *span = span_at(place->seg, order_table(id),
							  ((uint32_t *)order->rows.data)[at]);

			nr += span->born <= place->t && place->t < span->died;
			rows = 1;
		}
	}
	return place->known > place->t ? nr + found_later(place, id, lo, hi) : nr;
}

int history_vmas_before(const struct history *h, struct ref anon_vma, struct ref vma,
			struct moment when, uint64_t *ret_nr)
{
	struct history_cursor cursor;
	struct place place;
	uint32_t object;
	uint64_t hi;
	int ret = history_list(h, VMAS_OF_ANON_VMA, anon_vma, when, &cursor);

	if (ret == 0)
		ret = history_place(h, when, &place);
	if (ret != 0)
		return ret;
	hi = cursor.hi;
	if (!ref_is_none(vma)) {
		ret = vma.table == TABLE_VMA ? ref_object(h, place.seg, vma, &object) : -EINVAL;
		if (ret != 0)
			return ret;
		object = object_span(place.seg, TABLE_VMA, object, place.t, place.known);
		if (object == NO_ID)
			return -ENOENT;
		hi = order_position(place.seg, ORDER_VMA_ANON, object);
		if (hi < cursor.lo || hi > cursor.hi)
			return -ENOENT;
	}
	*ret_nr = tally(&place, ORDER_VMA_ANON, cursor.lo, hi);
	return 0;
}
