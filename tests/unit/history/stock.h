/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stock.h - what the tests of stock kernels share: addresses, and questions that must have an answer.
 */
#ifndef KSMTOP_TEST_STOCK_H
#define KSMTOP_TEST_STOCK_H

#include "feed_sample.h"

#define MM_A	0xffff888100000000ull
#define MM_B	0xffff888100000800ull
#define MM(i)	(MM_A + 0x800ull * (uint64_t)(i))
#define ITEM(i)	(0xffff888200000000ull + 64ull * (i))

static const struct ref none;

static inline uint64_t count(const struct history *h, enum relation relation, struct ref parent,
			     struct moment when)
{
	uint64_t nr = UINT64_MAX;

	assert_int_equal(history_count(h, relation, parent, when, &nr, NULL), 0);
	return nr;
}

static inline struct ref find(const struct history *h, enum table table, uint64_t addr, uint64_t t)
{
	struct ref ref = { 0 };

	assert_int_equal(history_find(h, table, addr, 0, moment_at(t), &ref), 0);
	return ref;
}

static inline uint8_t doubt_at(struct feed *f, uint64_t item, uint64_t t)
{
	union row row;

	assert_int_equal(history_row(f->h, find(f->h, TABLE_ITEM, item, t), moment_at(t), &row), 0);
	return row.fact.doubt;
}

#endif /* KSMTOP_TEST_STOCK_H */
