// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_formats.c - what of a format text reaches libtraceevent.
 *
 * Protects both sides of format_guard.c: texts as kernels print them pass unchanged, and the shapes
 * that crashed libtraceevent 1.7.1 (found by fuzzing, and the three traps of deep
 * nesting, of long chains and of division by zero) do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/format_guard.h"

#define HEAD "name: thing\nID: 7\nformat:\n"
#define COMMON "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"
#define FIELD(declaration) "\tfield:" declaration ";\toffset:8;\tsize:4;\tsigned:0;\n"

static void test_kernel_texts_pass(void **state)
{
	static const char *const declarations[] = {
		FIELD("int a"), FIELD("void * p"), FIELD("const struct page * page"), FIELD("char comm[16]"),
		FIELD("__data_loc char[] name"), FIELD("__rel_loc u8[] buf"), FIELD("unsigned long args[6]"),
		FIELD("struct robust_list_head * * head_ptr"), FIELD("enum migrate_mode mode"),
		FIELD("char comm[TASK_COMM_LEN]"), FIELD("int a") FIELD("int b"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(declarations) / sizeof(declarations[0]); i++) {
		struct format_guard guard = { 0 };
		char text[1000], *copy;

		snprintf(text, sizeof(text), "%s%s%s\nprint fmt: \"%%d/%%s (%%u)\", REC->a, REC->b / 1000\n", HEAD,
			 COMMON, declarations[i]);
		copy = format_guard_text(text, &guard);
		assert_non_null(copy);
		assert_string_equal(copy, text);
		assert_int_equal(guard.nr_dropped, 0);
		assert_false(guard.print_dropped);
		free(copy);
	}
}

static void test_hostile_fields(void **state)
{
	static const char *const lines[] = {
		FIELD(""), FIELD("a"), FIELD("*a"), FIELD("int *"), FIELD("int a["), FIELD("int a]"),
		FIELD("int 5"), FIELD("[4] a"), FIELD("int a[1/0]"), FIELD("int (a)"), "\tfield:int a;\n",
		"\tfield:int a;\toffset:70000;\tsize:4;\tsigned:0;\n", "\tfield:int a;\toffset:-1;\tsize:4;\tsigned:0;\n",
		"\tfield:int a;\toffset:8;\tsize:99999999999;\tsigned:0;\n", "\tint a;\toffset:8;\tsize:4;\tsigned:0;\n",
		"\tfield:int a;\toffset:8;\tsize:4;\tsigned:0;x\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct format_guard guard = { 0 };
		char text[1000], *copy;

		snprintf(text, sizeof(text), "%s%s%s\nprint fmt: \"\"\n", HEAD, COMMON, lines[i]);
		copy = format_guard_text(text, &guard);
		assert_non_null(copy);
		if (guard.nr_dropped != 1)
			fail_msg("not dropped: %s", lines[i]);
		assert_string_equal(copy, HEAD COMMON "\nprint fmt: \"\"\n");
		free(copy);
	}
}

static void check_print_dropped(const char *print)
{
	struct format_guard guard = { 0 };
	size_t size = strlen(print) + 1000;
	char *text = malloc(size), *copy;

	assert_non_null(text);
	snprintf(text, size, "%s%s%s\nprint fmt: \"%%d\", %s\n", HEAD, COMMON, FIELD("int a"), print);
	copy = format_guard_text(text, &guard);
	assert_non_null(copy);
	if (!guard.print_dropped)
		fail_msg("not dropped: %.60s", print);
	assert_non_null(strstr(copy, "print fmt: \"\"\n"));
	free(copy);
	free(text);
}

static void test_hostile_prints(void **state)
{
	static const char *const units[] = { "(", "(int)", "!", "-", "1?1:", "1+", "[", "{" };
	char *print = malloc(40001);

	(void)state;
	check_print_dropped("1 / 0");
	check_print_dropped("1 %0");
	check_print_dropped("REC->a / REC->a");
	check_print_dropped("\"never closed");
	check_print_dropped("\"%*ph\", REC->a");
	/* Of fields that are not there: tep_parse_event() does not look. */
	check_print_dropped("\"%s\", __print_symbolic(REC->nosuch, {0, \"x\"})");
	check_print_dropped("\"%s\", __print_flags(REC -> nosuch, \"|\", {1, \"x\"})");
	check_print_dropped("\"%s\", __print_symbolic(REC, {0, \"x\"})");
	assert_non_null(print);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i]);

		for (size_t at = 0; at + n <= 40000; at += n)
			strcpy(print + at, units[i]);
		check_print_dropped(print);
	}
	free(print);
}

static void test_heads(void **state)
{
	static const char *const wrongs[] = {
		"", "name:", "name: x\n", "name: x\nID: 70000\nformat:\n", "name: x\nID: a\nformat:\n",
		"name: \nID: 7\nformat:\n", "name: a b\nID: 7\nformat:\n", "name: x\nID: -7\nformat:\n",
	};
	struct format_guard guard;

	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		assert_int_equal(format_guard_head(wrongs[i], &guard), -EBADMSG);
		assert_null(format_guard_text(wrongs[i], &guard));
	}
	assert_int_equal(format_guard_head(HEAD, &guard), 0);
	assert_string_equal(guard.name, "thing");
	assert_int_equal(guard.type, 7);
	free(guard.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_texts_pass),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_hostile_prints),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
