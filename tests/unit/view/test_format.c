// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_format.c - numbers as people read them, at the edges where rounding would lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "view/format.h"

static void test_numbers(void **state)
{
	char b[FORMAT_MAX];

	(void)state;
	assert_string_equal(format_count(b, 0), "0");
	assert_string_equal(format_count(b, 999), "999");
	assert_string_equal(format_count(b, 1000), "1 000");
	assert_string_equal(format_count(b, UINT64_MAX), "18 446 744 073 709 551 615");
	assert_string_equal(format_delta(b, 0), "0");
	assert_string_equal(format_delta(b, 1208), "+1 208");
	assert_string_equal(format_delta(b, INT64_MIN), "-9 223 372 036 854 775 808");
	assert_string_equal(format_bytes(b, 1023), "1023 B");
	assert_string_equal(format_bytes(b, 1024), "1.0 KiB");
	assert_string_equal(format_bytes(b, 1048575), "1023.9 KiB");
	assert_string_equal(format_bytes(b, UINT64_MAX), "15.9 EiB");
	assert_string_equal(format_duration(b, 0), "0 ns");
	assert_string_equal(format_duration(b, 999), "999 ns");
	assert_string_equal(format_duration(b, 1999999), "2.0 ms");	/* rounded, as texts are */
	assert_string_equal(format_duration(b, 38590), "38.6 us");
	assert_string_equal(format_duration(b, 999949999), "999.9 ms");
	assert_string_equal(format_duration(b, 999950000), "1.0 s");
	assert_string_equal(format_duration(b, 960000000), "960.0 ms");
	assert_string_equal(format_duration(b, 532000000), "532.0 ms");
	assert_string_equal(format_duration(b, UINT64_MAX), "307445734 min");
	assert_string_equal(format_moment(b, 12481033999), "+12.481033");
	assert_string_equal(format_moment(b, 0), "+0.000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_numbers) };

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
