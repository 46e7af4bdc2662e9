// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_order_sort.c - rows sorted by their keys against a plain stable sort.
 *
 * Rows of mappings (a key of 64 and 26 bits) and of pages (54 bits), with keys that differ in few bits and in
 * many, in one place and spread, all the same, in order and against it; few rows, that are sorted by
 * insertion, and many, that are dealt into buckets of which some are crowded and most empty.  Keys that differ in
 * too many bits to be packed are sorted whole.  Equal keys stay in the order of their rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "history/build.h"
#include "history/order_key.h"

#define NR_ROWS 40000u

struct pattern { uint64_t addr_mask, addr_base; uint32_t owner_mask; };

static const struct pattern patterns[] = {
	{ UINT64_MAX, 0, 0x3ffffff },			/* too many bits to be packed */
	{ 0xffff, 0x7f0000000000, 0 },
	{ 0xfffffffff, 0x550000000000, 7 },
	{ 3, 0x1000, 1 },				/* hardly anything */
	{ 0, 0x1000, 0 },				/* nothing at all */
	{ UINT64_C(1) << 50 | 0xff, 0, 0 },		/* two crowds, far apart */
	{ 0xff000, 0, 0x2000001 },
};

static uint64_t noise(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct segment *sorting;		/* qsort() passes nothing on */
static enum order_id sorted_by;

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	struct order_key kx = order_key_of(sorting, sorted_by, x), ky = order_key_of(sorting, sorted_by, y);

	if (kx.k1 != ky.k1)
		return kx.k1 < ky.k1 ? -1 : 1;
	if (kx.k2 != ky.k2)
		return kx.k2 < ky.k2 ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void check(enum order_id id, uint32_t nr)
{
	uint32_t *out = malloc(nr * sizeof(*out)), *plain = malloc(nr * sizeof(*plain));

	assert_non_null(out);
	assert_non_null(plain);
	for (uint32_t i = 0; i < nr; i++)
		plain[i] = i;
	sorted_by = id;
	qsort(plain, nr, sizeof(*plain), compare);
	assert_int_equal(order_sort(sorting, id, nr, out), 0);
	assert_memory_equal(out, plain, nr * sizeof(*out));
	free(out);
	free(plain);
}

/* `way`: 0 as it comes, 1 rising, -1 falling. */
static void fill(const struct pattern *pattern, uint32_t nr, int way)
{
	uint64_t seed = 88172645463325252u;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t at = way > 0 ? i : way < 0 ? nr - i : noise(&seed);
		uint64_t addr = pattern->addr_base + (at & pattern->addr_mask);
		struct span *map = span_at(sorting, TABLE_MAPPING, i), *page = span_at(sorting, TABLE_PAGE, i);

		map->addr_gen = addr_key(addr, 1);
		map->owner_flags = (uint32_t)(way ? 0 : noise(&seed)) & pattern->owner_mask;
		page->addr_gen = pfn_key(addr, 1);
	}
}

static void test_against_qsort(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 23, 25, 200, 3000, NR_ROWS };
	struct history h = { .patched = true };

	(void)state;
	assert_int_equal(segment_new(&h, 0, 0, &sorting), 0);
	assert_non_null(pool_grow(&sorting->tables[TABLE_MAPPING].spans, NR_ROWS));
	assert_non_null(pool_grow(&sorting->tables[TABLE_PAGE].spans, NR_ROWS));
	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++)
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (int way = -1; way <= 1; way++) {
				fill(&patterns[p], sizes[s], way);
				check(ORDER_MAPPING_TGID, sizes[s]);
				check(ORDER_PAGE, sizes[s]);
			}
	segment_free(sorting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
