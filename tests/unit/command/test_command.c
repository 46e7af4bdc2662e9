// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_command.c - the command line's parser and the list of named values.
 *
 * Both take hostile input: a line typed by a person and texts from a recording.  What is proved
 * here is what a golden run cannot reach well: every kind of broken UTF-8, lists that overflow,
 * options on either side of the command, several letters in a word, what `record` must not touch.
 *
 * The commands themselves are tested by running them (tests/golden).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "command/fields_json.h"
#include "command/invocation.h"
#include "trace/diag.h"

/* ---- text_clean ---- */

static void test_text_clean(void **state)
{
	static const struct { const char *text, *clean; } cases[] = {
		{ "", "" },
		{ "qemu: a/b", "qemu: a/b" },
		{ "\033[31m", "\\x1b[31m" },
		{ "a\nb\tc\177", "a\\x0ab\\x09c\\x7f" },
		{ "\303\251", "\303\251" },
		{ "\342\202\254", "\342\202\254" },
		{ "\360\237\230\200", "\360\237\230\200" },
		{ "\303", "\\xc3" },			/* cut */
		{ "\342\202", "\\xe2\\x82" },
		{ "\300\200", "\\xc0\\x80" },		/* overlong */
		{ "\340\200\200", "\\xe0\\x80\\x80" },
		{ "\360\200\200\200", "\\xf0\\x80\\x80\\x80" },
		{ "\355\240\200", "\\xed\\xa0\\x80" },	/* a surrogate */
		{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80" },	/* above U+10FFFF */
		{ "\302\233", "\\xc2\\x9b" },		/* C1: CSI */
		{ "\377\376", "\\xff\\xfe" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t length = text_clean(buf, sizeof(buf), cases[i].text);

		assert_string_equal(buf, cases[i].clean);
		assert_int_equal(length, strlen(cases[i].clean));
	}
}

/* Never a part of a character or of an escape, never a byte too far. */
static void test_text_clean_cut(void **state)
{
	static const char text[] = "a\303\251\033b\342\202\254";
	char whole[64];

	(void)state;
	text_clean(whole, sizeof(whole), text);
	for (size_t size = 1; size <= sizeof(whole); size++) {
		char buf[65];
		size_t length;

		memset(buf, '#', sizeof(buf));
		length = text_clean(buf, size, text);
		assert_true(length < size);
		assert_int_equal(buf[length], 0);
		assert_int_equal(buf[size], '#');
		assert_memory_equal(buf, whole, length);
	}
}

/* ---- fields ---- */

static void test_fields(void **state)
{
	struct fields fields;
	struct filter_value value;
	struct json_object *object;

	(void)state;
	fields_reset(&fields);
	fields_number(&fields, "nr", -3);
	fields_hex(&fields, "pfn", 0xffffffffffffffffull);
	fields_text(&fields, "comm", "a\"b");
	fields_text(&fields, "none", NULL);
	fields_bool(&fields, "doubtful", true);
	object = fields_json(&fields);
	assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		"{\"nr\":-3,\"pfn\":\"0xffffffffffffffff\",\"comm\":\"a\\\"b\",\"none\":null,"
		"\"doubtful\":true}");
	json_object_put(object);
	assert_true(fields_lookup(&fields, "kpfn", &value));
	assert_int_equal(value.number, -1);
	assert_true(value.is_hex);
	assert_true(fields_lookup(&fields, "nr", &value));
	assert_false(value.is_hex);
	assert_true(fields_lookup(&fields, "comm", &value));
	assert_true(value.is_string);
	assert_false(value.is_hex);
	assert_string_equal(value.string, "a\"b");
	assert_false(fields_lookup(&fields, "none", &value));
	assert_false(fields_lookup(&fields, "nothing", &value));
}

/* Texts beyond the list's memory are cut, and everything else still stands. */
static void test_fields_full(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	char text[1000];
	struct fields fields;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	fields_reset(&fields);
	for (size_t i = 0; i < 6; i++)
		fields_text(&fields, names[i], text);
	for (size_t i = 0; i < 6; i++) {
		const struct named_value *field = fields_find(&fields, names[i]);
		size_t left = i < 4 ? 999 : i == 4 ? FIELDS_TEXT - 4000 - 1 : 0;

		assert_non_null(field);
		assert_int_equal(strlen(field->text), left);
	}
}

/* ---- the command line ---- */

#define LINE_WORDS 12

static int parse(const char *words, struct invocation *ret, struct diag *diag)
{
	static char text[256];
	static char *argv[LINE_WORDS + 1];
	int argc = 0;

	snprintf(text, sizeof(text), "ksmtop %s", words);
	for (char *word = strtok(text, " "); word && argc < LINE_WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	memset(diag, 0, sizeof(*diag));
	return invocation_parse(argc, argv, ret, diag);
}

static void test_parse(void **state)
{
	static const struct { const char *line; enum command_id id; int nr_args; } cases[] = {
		{ "", COMMAND_EXPLORE, 0 },
		{ "run.dat", COMMAND_EXPLORE, 1 },
		{ "--help", COMMAND_EXPLORE, 0 },
		{ "list run.dat nodes", COMMAND_LIST, 2 },
		{ "--json list run.dat nodes", COMMAND_LIST, 2 },
		{ "list --at 5 run.dat nodes --json", COMMAND_LIST, 2 },
		{ "list run.dat -- --json", COMMAND_LIST, 2 },
		{ "diff a.dat 1 2", COMMAND_DIFF, 3 },
		{ "record -- list --json x", COMMAND_RECORD, 3 },
		{ "record make -j 2", COMMAND_RECORD, 3 },
		{ "./list", COMMAND_EXPLORE, 1 },
		{ "list --help", COMMAND_LIST, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct invocation invocation;
		struct diag diag;

		assert_int_equal(parse(cases[i].line, &invocation, &diag), 0);
		assert_int_equal(invocation.command->id, cases[i].id);
		assert_int_equal(invocation.nr_args, cases[i].nr_args);
		invocation_fini(&invocation);
	}
}

static void test_parse_wrong(void **state)
{
	static const struct { const char *line, *word; } cases[] = {
		{ "lsit run.dat nodes", "lsit" },
		{ "list run.dat", "FILE TABLE" },
		{ "list a b c", "c" },
		{ "list run.dat nodes --bogus", "--bogus" },
		{ "list run.dat nodes --json=yes", "--json" },
		{ "list run.dat nodes --at", "--at" },
		{ "record -x", "-x" },
		{ "snap run.dat --json", "--json" },
		{ "recover", "SPOOL" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct invocation invocation;
		struct diag diag;
		char text[DIAG_TEXT_SIZE];

		assert_int_equal(parse(cases[i].line, &invocation, &diag), -EINVAL);
		assert_non_null(strstr(diag_text(&diag, text, sizeof(text)), cases[i].word));
		assert_non_null(strstr(text, "--help"));
		assert_non_null(invocation.command);
	}
}

static void test_values(void **state)
{
	struct invocation invocation;
	struct diag diag;
	int pos = 0;

	(void)state;
	assert_int_equal(parse("record -e a -o f --event=b:c -ed --only -- x -e y", &invocation, &diag), 0);
	assert_string_equal(invocation_next(&invocation, OPTION_EVENT, &pos), "a");
	assert_string_equal(invocation_next(&invocation, OPTION_EVENT, &pos), "b:c");
	assert_string_equal(invocation_next(&invocation, OPTION_EVENT, &pos), "d");
	assert_null(invocation_next(&invocation, OPTION_EVENT, &pos));
	assert_string_equal(invocation_value(&invocation, OPTION_EVENT), "d");
	assert_string_equal(invocation_value(&invocation, OPTION_OUTPUT), "f");
	assert_true(invocation_has(&invocation, OPTION_ONLY));
	assert_false(invocation_has(&invocation, OPTION_DURATION));
	assert_string_equal(invocation.args[1], "-e");
	invocation_fini(&invocation);
}

/* The table itself: names are unique, every option is taken by some command, letters too. */
static void test_table(void **state)
{
	uint64_t taken = 0;

	(void)state;
	for (int i = 0; i < NR_COMMANDS; i++) {
		uint32_t letters = 0;

		taken |= command_table[i].options;
		for (int j = 0; j < i; j++)
			assert_string_not_equal(command_table[i].name, command_table[j].name);
		for (int o = 0; o < NR_OPTIONS; o++) {
			char letter = option_table[o].letter;
			uint32_t bit = letter ? 1u << (letter & 31) : 0;

			if (!(command_table[i].options & (UINT64_C(1) << o)))
				continue;
			assert_int_equal(letters & bit, 0);
			letters |= bit;
		}
	}
	assert_true(NR_OPTIONS < 64 && taken == (UINT64_C(1) << NR_OPTIONS) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_clean), cmocka_unit_test(test_text_clean_cut),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_fields_full),
		cmocka_unit_test(test_parse), cmocka_unit_test(test_parse_wrong),
		cmocka_unit_test(test_values), cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
