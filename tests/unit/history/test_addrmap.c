// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_addrmap.c - the map from addresses to ids against a plain array.
 *
 * Keys of every distance, spread and size of groups: neighbours that share a line, neighbours whose distance
 * makes them share none, keys that differ in the highest bits only, and more of them than the
 * directory first has room for.  Each is set, found, set anew, found again; keys beside them are not
 * found, and a line that was located holds while the map grows, whoever made it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/addrmap.h"

#define NR_KEYS 20000u
#define NONE UINT32_MAX

struct pattern { uint64_t first, step; };

static const struct pattern patterns[] = {
	{ 0, 1 }, { 0, 8 }, { 7, 8 }, { 0x1fffff102078b8, 13 }, { 0x100000, 16 }, { 3, 512 },
	{ 0, UINT64_C(1) << 38 },
};

static uint64_t key_of(const struct pattern *pattern, uint32_t i)
{
	/* Not in order: 7919 has no factor in common with the number of keys. */
	return (pattern->first + (uint64_t)i * 7919 % NR_KEYS * pattern->step) << 10 >> 10;
}

static void check_pattern(const struct pattern *pattern, uint8_t spread, uint8_t bits)
{
	struct addr_spot first, last, none;
	struct addrmap map;

	addrmap_init(&map, spread, bits);
	assert_int_equal(addrmap_find(&map, key_of(pattern, 0)), NONE);
	addrmap_ask(&map, &none, key_of(pattern, 0), spread, bits);
	addrmap_locate(&map, &none, false);
	assert_int_equal(none.place, 0);
	assert_int_equal(addrmap_id_there(&map, &none), NONE);
	addrmap_ask(&map, &last, key_of(pattern, NR_KEYS - 1), spread, bits);
	addrmap_locate(&map, &last, true);
	assert_int_not_equal(last.place, 0);
	assert_int_equal(addrmap_id_there(&map, &last), NONE);
	for (uint32_t i = 0; i < NR_KEYS; i++) {
		assert_int_equal(addrmap_find(&map, key_of(pattern, i)), NONE);
		assert_int_equal(addrmap_set(&map, key_of(pattern, i), i), 0);
	}
	addrmap_ask(&map, &first, key_of(pattern, 0), spread, bits);
	addrmap_locate(&map, &first, false);
	assert_int_equal(addrmap_id_there(&map, &first), 0);
	assert_int_equal(addrmap_id_there(&map, &last), NR_KEYS - 1);
	for (uint32_t i = 0; i < NR_KEYS; i++) {
		assert_int_equal(addrmap_find(&map, key_of(pattern, i)), i);
		assert_int_equal(addrmap_set(&map, key_of(pattern, i), NR_KEYS + i), 0);
	}
	for (uint32_t i = 0; i < NR_KEYS; i++) {
		assert_int_equal(addrmap_find(&map, key_of(pattern, NR_KEYS - 1 - i)), 2 * NR_KEYS - 1 - i);
		if (pattern->step > 1)
			assert_int_equal(addrmap_find(&map, key_of(pattern, i) + 1), NONE);
	}
	assert_int_equal(addrmap_id_there(&map, &first), NR_KEYS);
	/* Told whose turn it is, it finds that one; told of none, whatever it is asked for. */
	addrmap_turn_to_spot(&map, &first);
	assert_int_equal(addrmap_find(&map, key_of(pattern, 0)), NR_KEYS);
	addrmap_turn_to_spot(&map, &none);
	assert_int_equal(addrmap_find(&map, key_of(pattern, NR_KEYS - 1)), 2 * NR_KEYS - 1);
	addrmap_turn_to_spot(&map, &first);
	assert_int_equal(addrmap_set(&map, key_of(pattern, NR_KEYS - 1), 5), 0);
	assert_int_equal(addrmap_find(&map, key_of(pattern, NR_KEYS - 1)), 5);
	addrmap_fini(&map);
	assert_int_equal(addrmap_find(&map, key_of(pattern, 0)), NONE);
	addrmap_fini(&map);
}

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		check_pattern(&patterns[i], 0, 4);
		check_pattern(&patterns[i], 3, 4);
		check_pattern(&patterns[i], 3, 6);
	}
}

/* What neighbours share is what the map is for. */
static void test_neighbours_share_a_line(void **state)
{
	struct addrmap map;

	(void)state;
	addrmap_init(&map, 3, 4);
	for (uint64_t i = 0; i < 1600; i++)
		assert_int_equal(addrmap_set(&map, 0x1fffff10200000 + i * 8, (uint32_t)i), 0);
	assert_int_equal(map.nr, 100);
	addrmap_fini(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_neighbours_share_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
