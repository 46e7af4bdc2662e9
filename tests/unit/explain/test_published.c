// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_published.c - what the published figures lead to expect.
 *
 * The two measured points come out as they were published, what lies between lies between, and more
 * nodes never take less time, up to numbers that only a hostile recording holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "explain/published.h"

static void test_points(void **state)
{
	(void)state;
	assert_int_equal(published_search_ns(0), 0);
	assert_int_equal(published_search_ns(17161), 900000);
	assert_int_equal(published_search_ns(1310721), 28800000);
	assert_in_range(published_search_ns(200000), 4000000, 6000000);
}

static void test_order(void **state)
{
	uint64_t before = 0;

	(void)state;
	for (uint64_t nr = 1; nr; nr = nr > UINT64_MAX / 3 ? 0 : nr * 3) {
		uint64_t ns = published_search_ns(nr);

		assert_true(ns >= before);
		before = ns;
	}
	assert_true(published_search_ns(UINT64_MAX) >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_points), cmocka_unit_test(test_order) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
