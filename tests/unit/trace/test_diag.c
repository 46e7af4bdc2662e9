/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_diag.c - the sentences that a user gets to read.
 *
 * Protects: the order of file, place, finding, expectation, cause and advice; cutting of overlong
 * and hostile texts; and that a NULL diag passes errors through.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace/diag.h"

static const char *text(const struct diag *diag)
{
	static char buf[DIAG_TEXT_SIZE];

	return diag_text(diag, buf, sizeof(buf));
}

static void test_places(void **state)
{
	struct diag diag;

	(void)state;
	assert_int_equal(diag_set(&diag, -EBADMSG, "section %d is cut", 18), -EBADMSG);
	assert_string_equal(text(&diag), "section 18 is cut");
	diag_file(&diag, "a.dat");
	assert_string_equal(text(&diag), "a.dat: section 18 is cut");
	diag_offset(&diag, "a.dat", 4096);
	diag_expected(&diag, "at most %d", 5);
	assert_string_equal(text(&diag),
			    "a.dat: byte 4096: section 18 is cut (expected at most 5)");
	diag_event(&diag, "a.dat", 7);
	diag_advice(&diag, "run x");
	assert_string_equal(text(&diag),
			    "a.dat: event 7: section 18 is cut (expected at most 5); run x");
	diag_line(&diag, "keys.yaml", 3, 9);
	assert_string_equal(
		text(&diag),
		"keys.yaml: line 3, column 9: section 18 is cut (expected at most 5); run x");
	diag_line(&diag, "keys.yaml", 3, 0);
	assert_non_null(strstr(text(&diag), "line 3: "));
}

static void test_causes(void **state)
{
	struct diag diag;

	(void)state;
	diag_set(&diag, -EIO, "short read");
	diag_offset(&diag, "f", 10);
	diag_advice(&diag, "look");
	assert_int_equal(diag_wrap(&diag, "no header"), -EIO);
	diag_wrap(&diag, "cannot open");
	assert_string_equal(text(&diag), "f: cannot open: no header: byte 10: short read; look");
	diag_set(&diag, -EIO, "anew");
	assert_string_equal(text(&diag), "anew");
}

static void test_hostile(void **state)
{
	char lots[4000], small[8];
	struct diag diag;

	(void)state;
	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = '\0';
	diag_set(&diag, -EINVAL, "%s", lots);
	assert_int_equal(strlen(diag.what), sizeof(diag.what) - 1);
	assert_string_equal(diag.what + sizeof(diag.what) - 4, "...");
	diag_file(&diag, lots);
	diag_expected(&diag, "%s", lots);
	diag_advice(&diag, "%s", lots);
	for (int i = 0; i < 5; i++)
		diag_wrap(&diag, "%s", lots);
	assert_true(strlen(text(&diag)) < DIAG_TEXT_SIZE - 1);
	diag_set(&diag, -EINVAL, "a\033[2Jb\nc\177");
	assert_string_equal(text(&diag), "a?[2Jb?c?");
	assert_string_equal(diag_text(&diag, small, sizeof(small)), "a?[2...");
	/* What some terminals take for an escape sequence, and what is no UTF-8: JSON must not have it. */
	diag_set(&diag, -EINVAL, "\xc2\x9b" "2J\x9b" "2J \xff \xc3\xa9 \xed\xa0\x80 \xc0\xaf \xe2\x82");
	assert_string_equal(text(&diag), "??2J?2J ? \xc3\xa9 ??? ?? ??");
	/* A character of three bytes is not cut in the middle. */
	for (size_t i = 0; i + 3 < sizeof(lots); i += 3)
		memcpy(lots + i, "\xe2\x82\xac", 4);
	diag_set(&diag, -EINVAL, "%s", lots);
	assert_memory_equal(diag.what + strlen(diag.what) - 6, "\xe2\x82\xac...", 6);
}

static void test_null(void **state)
{
	(void)state;
	assert_int_equal(diag_set(NULL, -ENOENT, "x"), -ENOENT);
	diag_file(NULL, "x");
	diag_offset(NULL, "x", 1);
	diag_expected(NULL, "x");
	diag_advice(NULL, "x");
	assert_int_equal(diag_wrap(NULL, "x"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
