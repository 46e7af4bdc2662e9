// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_sort.c - all rows of a table, sorted by their keys.
 *
 * Of the 96 bits of a key only those from the lowest to the highest in which any two rows differ matter.
 * By the highest of these, a dozen at most, the rows' numbers are dealt into buckets, in the array that is the result;
 * then each bucket, some hundred rows as a rule, is sorted by the rest: its keys are fetched and packed with
 * the row's number into one, and sorted digit by digit in the CPU's cache.
 *
 * The hard idea is to touch no new memory: a first touch costs more here than anything done with it.  What
 * a bucket needs is used again for the next.  Keys are computed once for each of the passes instead of being
 * written down; with the order as a constant that is a few instructions.
 *
 * Rows with the same key stay in the order of their numbers.  Rows that come in order are not sorted.  Keys that
 * differ in too many bits to be packed are sorted whole.
 */
#include <stdlib.h>

#include "history/order_key.h"

#define TOP_BITS	12u	/* at most; fewer where that makes buckets of less than ... */
#define BUCKET_BITS	10u	/* ... so many rows */
#define DIGIT_BITS	8u
#define DIGITS		(1u << DIGIT_BITS)
#define FEW		24u	/* rows that are sorted by insertion */
#define AHEAD		16u

/* Bits of a key that any two rows differ in: from the lowest to the highest of them. */
struct key_bits { uint64_t mask; unsigned shift, nr; };

struct packing { struct key_bits high, low; unsigned rest, row_bits; bool in_order; };

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

ALWAYS_INLINE struct packing look(const struct segment *seg, enum order_id id, uint64_t nr)
{
	struct order_key first = order_key(seg, id, 0), last = first;
	uint64_t differ1 = 0, differ2 = 0;
	struct packing packing = { .row_bits = nr > 1 ? 64 - (unsigned)__builtin_clzll(nr - 1) : 1 };
	bool descends = false;
	unsigned nr_bits, top;

	for (uint64_t i = 0; i < nr; i++) {
		struct order_key key = order_key(seg, id, (uint32_t)i);

		differ1 |= key.k1 ^ first.k1;
		differ2 |= key.k2 ^ first.k2;
		descends |= order_less(&key, &last);
		last = key;
	}
	packing.in_order = !descends;
	packing.high = key_bits(differ1);
	packing.low = key_bits(differ2);
	nr_bits = packing.high.nr + packing.low.nr;
	top = packing.row_bits > BUCKET_BITS ? packing.row_bits - BUCKET_BITS : 1;
	top = top > TOP_BITS ? TOP_BITS : top;
	packing.rest = nr_bits > top ? nr_bits - top : 0;
	return packing;
}

static bool can_be_packed(const struct packing *packing)
{
	return packing->high.nr + packing->low.nr <= 64 && packing->low.nr < 64 &&
	       packing->rest + packing->row_bits <= 64;
}

ALWAYS_INLINE uint64_t packed(const struct segment *seg, enum order_id id, const struct packing *packing,
			      uint32_t row)
{
	struct order_key key = order_key(seg, id, row);

	return (key.k1 >> packing->high.shift & packing->high.mask) << packing->low.nr |
	       (key.k2 >> packing->low.shift & packing->low.mask);
}

/* ---- one bucket ---- */
struct scratch { uint64_t *rows; uint64_t nr_room; };

static int scratch_room(struct scratch *scratch, uint64_t nr)
{
	if (nr <= scratch->nr_room)
		return 0;
	nr += nr / 2;
	free(scratch->rows);
	scratch->rows = malloc(2 * nr * sizeof(*scratch->rows));
	scratch->nr_room = scratch->rows ? nr : 0;
	return scratch->rows ? 0 : -ENOMEM;
}

static void insert_rows(uint64_t *rows, uint64_t nr)
{
	for (uint64_t i = 1; i < nr; i++) {
		uint64_t row = rows[i], j = i;

		for (; j > 0 && rows[j - 1] > row; j--)
			rows[j] = rows[j - 1];
		rows[j] = row;
	}
}

/* Sorts by the bits from `shift` to `end`: the array that has the result, `rows` or `spare`. */
static uint64_t *sort_digits(uint64_t *rows, uint64_t *spare, uint64_t nr, unsigned shift, unsigned end)
{
	for (; shift < end; shift += DIGIT_BITS) {
		uint32_t at[DIGITS] = { 0 }, sum = 0;
		uint64_t *swap = rows;

		for (uint64_t i = 0; i < nr; i++)
			at[rows[i] >> shift & (DIGITS - 1)]++;
		if (at[rows[0] >> shift & (DIGITS - 1)] == nr)
			continue;
		for (uint32_t i = 0; i < DIGITS; i++) {
			uint32_t count = at[i];

			at[i] = sum;
			sum += count;
		}
		for (uint64_t i = 0; i < nr; i++)
			spare[at[rows[i] >> shift & (DIGITS - 1)]++] = rows[i];
		rows = spare;
		spare = swap;
	}
	return rows;
}

ALWAYS_INLINE int sort_bucket(const struct segment *seg, enum order_id id, const struct packing *packing,
			      struct scratch *scratch, uint32_t *out, uint64_t nr)
{
	uint64_t *rows, rest = packing->rest ? UINT64_MAX >> (64 - packing->rest) : 0;
	uint32_t row_mask = (uint32_t)(UINT64_MAX >> (64 - packing->row_bits));

	if (nr < 2 || !rest)		/* they are in the order of their numbers */
		return 0;
	if (scratch_room(scratch, nr) != 0)
		return -ENOMEM;
	rows = scratch->rows;
	for (uint64_t i = 0; i < nr; i++) {
		__builtin_prefetch(span_at(seg, order_table(id), out[i + AHEAD < nr ? i + AHEAD : i]));
		rows[i] = (packed(seg, id, packing, out[i]) & rest) << packing->row_bits | out[i];
	}
	if (nr <= FEW)
		insert_rows(rows, nr);
	else
		rows = sort_digits(rows, rows + scratch->nr_room, nr, packing->row_bits,
				   packing->row_bits + packing->rest);
	for (uint64_t i = 0; i < nr; i++)
		out[i] = (uint32_t)rows[i] & row_mask;
	return 0;
}

ALWAYS_INLINE int sort_packed(const struct segment *seg, enum order_id id, const struct packing *packing,
			      uint64_t nr, uint32_t *out)
{
	uint32_t at[(1u << TOP_BITS) + 1] = { 0 };
	struct scratch scratch = { 0 };
	int ret = 0;

	for (uint64_t i = 0; i < nr; i++)
		at[(packed(seg, id, packing, (uint32_t)i) >> packing->rest) + 1]++;
	for (uint32_t i = 0; i < 1u << TOP_BITS; i++)
		at[i + 1] += at[i];
	for (uint64_t i = 0; i < nr; i++)
		out[at[packed(seg, id, packing, (uint32_t)i) >> packing->rest]++] = (uint32_t)i;
	/* Each bucket ends now where at[] says, and begins where the one before ends. */
	for (uint32_t i = 0, begin = 0; i < 1u << TOP_BITS && ret == 0; begin = at[i++])
		ret = sort_bucket(seg, id, packing, &scratch, out + begin, at[i] - begin);
	free(scratch.rows);
	return ret;
}

/* ---- by whole keys ---- */
#define WIDE_DIGIT_BITS	11u
#define WIDE_DIGITS	(1u << WIDE_DIGIT_BITS)

struct sort_row { uint64_t k2; uint32_t k1, row; };

static uint32_t digit_of(const struct sort_row *row, unsigned shift, bool k1)
{
	return (uint32_t)((k1 ? row->k1 : row->k2) >> shift) & (WIDE_DIGITS - 1);
}

static void sort_digit(const struct sort_row *from, struct sort_row *to, uint64_t nr, unsigned shift, bool k1)
{
	uint32_t at[WIDE_DIGITS] = { 0 }, sum = 0;

	for (uint64_t i = 0; i < nr; i++)
		at[digit_of(&from[i], shift, k1)]++;
	for (uint32_t i = 0; i < WIDE_DIGITS; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (uint64_t i = 0; i < nr; i++)
		to[at[digit_of(&from[i], shift, k1)]++] = from[i];
}

static int sort_wide(const struct segment *seg, enum order_id id, const struct packing *packing, uint64_t nr,
		     uint32_t *out)
{
	struct pool scratch;
	struct sort_row *rows, *spare;

	pool_init(&scratch, sizeof(*rows), NULL);
	rows = pool_grow(&scratch, 2 * nr);
	if (!rows)
		return -ENOMEM;
	spare = rows + nr;
	for (uint64_t i = 0; i < nr; i++) {
		struct order_key key = order_key_of(seg, id, (uint32_t)i);

		rows[i] = (struct sort_row){ .k2 = key.k2, .k1 = key.k1, .row = (uint32_t)i };
	}
	for (unsigned pass = 0; pass < 2; pass++) {
		const struct key_bits *bits = pass ? &packing->high : &packing->low;

		for (unsigned done = 0; done < bits->nr; done += WIDE_DIGIT_BITS) {
			struct sort_row *result = spare;

			sort_digit(rows, spare, nr, bits->shift + done, pass);
			spare = rows;
			rows = result;
		}
	}
	for (uint64_t i = 0; i < nr; i++)
		out[i] = rows[i].row;
	pool_fini(&scratch);
	return 0;
}

ALWAYS_INLINE int sort_by(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out)
{
	struct packing packing = look(seg, id, nr);

	if (!packing.in_order)
		return can_be_packed(&packing) ? sort_packed(seg, id, &packing, nr, out) :
						 sort_wide(seg, id, &packing, nr, out);
	for (uint64_t i = 0; i < nr; i++)
		out[i] = (uint32_t)i;
	return 0;
}

int order_sort(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out)
{
	if (!nr)
		return 0;
	switch (id) {		/* the large ones */
	case ORDER_ITEM_MM:
		return sort_by(seg, ORDER_ITEM_MM, nr, out);
	case ORDER_NODE:
		return sort_by(seg, ORDER_NODE, nr, out);
	default:
		return sort_by(seg, id, nr, out);
	}
}
