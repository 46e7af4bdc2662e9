// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_sort.c - all rows of a table, sorted by their keys.
 *
 * A radix sort, least significant digit first, so that rows with the same key stay in the order in which
 * they came.  The hard idea is to sort little: of the 96 bits of a key only those from the lowest to the
 * highest in which any two rows differ; and where these and the row's number fit into 64 bits together, as
 * in all large tables they do, one number is all that is moved.  Keys are asked for once: the first pass
 * writes them down, and what differs is known behind it.  Rows that come in order are not sorted at all.
 *
 * All digits are counted in one pass, which packs.  The memory is one mapping with huge pages, for page
 * faults cost more here than sorting.
 */
#include "history/order_key.h"

#define DIGIT_BITS 12u
#define MAX_DIGITS (64u / DIGIT_BITS + 1)
#define DIGITS (1u << DIGIT_BITS)

/* What the first pass saw: which bits of k1 and k2 differ, and whether the rows are in order as they are. */
struct seen { uint64_t differ2; uint32_t differ1; bool in_order; };

/* Keys are left in k1 and k2. */
static inline __attribute__((always_inline)) struct seen
write_keys(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *k1, uint64_t *k2)
{
	struct order_key first = order_key(seg, id, 0), last = first;
	struct seen seen = { .in_order = true };
	bool descends = false;

	for (uint64_t i = 0; i < nr; i++) {
		struct order_key key = order_key(seg, id, (uint32_t)i);

		seen.differ1 |= key.k1 ^ first.k1;
		seen.differ2 |= key.k2 ^ first.k2;
		descends |= order_less(&key, &last);
		last = key;
		k1[i] = key.k1;
		k2[i] = key.k2;
	}
	seen.in_order = !descends;
	return seen;
}

static struct seen write_keys_of(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *k1,
				 uint64_t *k2)
{
	switch (id) {		/* the large ones */
	case ORDER_ITEM_MM:
		return write_keys(seg, ORDER_ITEM_MM, nr, k1, k2);
	case ORDER_NODE:
		return write_keys(seg, ORDER_NODE, nr, k1, k2);
	default:
		return write_keys(seg, id, nr, k1, k2);
	}
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

/* ---- in one number ---- */
static void sums_of(uint32_t *at, unsigned bits)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < 1u << bits; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
}

static void sort_packed(uint64_t *rows, uint64_t *spare, uint64_t nr, uint32_t *out, struct key_bits high,
			struct key_bits low, unsigned row_bits)
{
	unsigned bits = high.nr + low.nr, nr_digits = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
	unsigned digit_bits = (bits + nr_digits - 1) / nr_digits;
	uint32_t at[MAX_DIGITS][DIGITS] = { { 0 } }, mask = (1u << digit_bits) - 1;

	for (uint64_t i = 0; i < nr; i++) {
		uint64_t key = (out[i] >> high.shift & high.mask) << low.nr | (rows[i] >> low.shift & low.mask);

		rows[i] = key << row_bits | i;
		for (unsigned digit = 0; digit < nr_digits; digit++, key >>= digit_bits)
			at[digit][key & mask]++;
	}
	for (unsigned digit = 0; digit < nr_digits; digit++) {
		unsigned shift = row_bits + digit * digit_bits;
		uint32_t *to = at[digit];
		uint64_t *swap = rows;

		sums_of(to, digit_bits);
		for (uint64_t i = 0; i < nr; i++)
			spare[to[rows[i] >> shift & mask]++] = rows[i];
		rows = spare;
		spare = swap;
	}
	for (uint64_t i = 0; i < nr; i++)
		out[i] = (uint32_t)(rows[i] & ((UINT64_C(1) << row_bits) - 1));
}

/* ---- by whole keys ---- */
struct sort_row { uint64_t k2; uint32_t k1, row; };

static uint32_t digit_of(const struct sort_row *row, unsigned shift, bool k1)
{
	return (uint32_t)((k1 ? row->k1 : row->k2) >> shift) & (DIGITS - 1);
}

static void sort_digit(const struct sort_row *from, struct sort_row *to, uint64_t nr, unsigned shift, bool k1)
{
	uint32_t at[DIGITS] = { 0 };

	for (uint64_t i = 0; i < nr; i++)
		at[digit_of(&from[i], shift, k1)]++;
	sums_of(at, DIGIT_BITS);
	for (uint64_t i = 0; i < nr; i++)
		to[at[digit_of(&from[i], shift, k1)]++] = from[i];
}

static int sort_wide(const uint64_t *k2, uint64_t nr, uint32_t *out, const struct seen *seen)
{
	struct pool scratch;
	struct sort_row *rows, *spare;

	pool_init(&scratch, sizeof(*rows), NULL);
	rows = pool_grow(&scratch, 2 * nr);
	if (!rows)
		return -ENOMEM;
	spare = rows + nr;
	for (uint64_t i = 0; i < nr; i++)
		rows[i] = (struct sort_row){ .k2 = k2[i], .k1 = out[i], .row = (uint32_t)i };
	for (unsigned pass = 0; pass < 2; pass++) {
		uint64_t differ = pass ? seen->differ1 : seen->differ2;

		for (unsigned shift = 0; shift < 64 && differ >> shift; shift += DIGIT_BITS) {
			struct sort_row *result = spare;

			while (!(differ >> shift & 1))
				shift++;
			sort_digit(rows, spare, nr, shift, pass);
			spare = rows;
			rows = result;
		}
	}
	for (uint64_t i = 0; i < nr; i++)
		out[i] = rows[i].row;
	pool_fini(&scratch);
	return 0;
}

int order_sort(const struct segment *seg, enum order_id id, uint64_t nr, uint32_t *out)
{
	unsigned row_bits = nr > 1 ? 64 - (unsigned)__builtin_clzll(nr - 1) : 1;
	struct key_bits high, low;
	struct pool scratch;
	struct seen seen;
	uint64_t *rows;
	int ret = 0;

	if (!nr)
		return 0;
	pool_init(&scratch, sizeof(*rows), NULL);
	rows = pool_grow(&scratch, 2 * nr);
	if (!rows)
		return -ENOMEM;
	seen = write_keys_of(seg, id, nr, out, rows);
	high = key_bits(seen.differ1);
	low = key_bits(seen.differ2);
	if (seen.in_order) {
		for (uint64_t i = 0; i < nr; i++)
			out[i] = (uint32_t)i;
	} else if (high.nr + low.nr + row_bits > 64 || low.nr == 64) {
		ret = sort_wide(rows, nr, out, &seen);
	} else {
		sort_packed(rows, rows + nr, nr, out, high, low, row_bits);
	}
	pool_fini(&scratch);
	return ret;
}
