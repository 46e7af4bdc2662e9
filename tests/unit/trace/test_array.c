// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_array.c - growing arrays and searching sorted ones, at their edges.
 *
 * Everything above counts on both: a search that is off by one row shows another object's state, and an array
 * that lost an element, or took memory that is not there, does so in twenty places.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/array.h"

static void search_finds_the_first_that_is_not_before(void **state)
{
	(void)state;
	for (uint32_t nr = 0; nr < 40; nr++)
		for (uint32_t lo = 0; lo <= nr; lo++)
			for (uint32_t first = 0; first <= nr + 1; first++) {
				uint32_t expected = first < lo ? lo : first > nr ? nr : first;

				assert_int_equal(BISECT(lo, nr, i, i < first), expected);
			}
	assert_int_equal(BISECT(5, 3, i, true), 5);	/* nothing to look at */
	assert_int_equal(BISECT(0, UINT64_MAX, i, i < UINT64_C(1) << 63), UINT64_C(1) << 63);
}

/* Only what lies in the range is looked at, and of that no more than the logarithm. */
static void search_looks_at_few(void **state)
{
	unsigned int nr = 0;

	(void)state;
	assert_int_equal(BISECT(1000, 1001000, i, (nr++, assert_in_range(i, 1000, 1000999), i < 77777)), 77777);
	assert_in_range(nr, 1, 20);
}

static void an_array_keeps_what_is_in_it(void **state)
{
	uint32_t *array = NULL, nr = 0, room = 0, moved = 0;

	(void)state;
	for (; nr < 5000; nr++) {
		uint32_t before = room;

		assert_int_equal(ARRAY_ROOM(array, nr, room), 0);
		assert_true(room > nr);
		moved += room != before;
		array[nr] = nr * 3;
	}
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(array[i], i * 3);
	assert_in_range(moved, 2, 12);		/* it doubles */
	free(array);
}

static void an_array_too_large_is_refused(void **state)
{
	char element = 'x', *array = &element;
	uint32_t room = (UINT32_MAX / 2) + 1, one = 1;
	struct { char bytes[1 << 20]; } *large = NULL;

	(void)state;
	assert_int_equal(ARRAY_ROOM(array, room, room), -ENOMEM);
	assert_ptr_equal(array, &element);
	assert_int_equal(room, (UINT32_MAX / 2) + 1);
	/* More bytes than a size_t can count. */
	assert_int_equal(array_room(&large, one, &one, SIZE_MAX / 2 + 1), -ENOMEM);
	assert_null(large);
	assert_int_equal(one, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_finds_the_first_that_is_not_before),
		cmocka_unit_test(search_looks_at_few),
		cmocka_unit_test(an_array_keeps_what_is_in_it),
		cmocka_unit_test(an_array_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
