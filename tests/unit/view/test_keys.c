// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_keys.c - names of keys, the action table, and the user's keys.yaml.
 *
 * The table is the single source of help, hints, commands and the man page, so its consistency is
 * a test and not a habit: no key twice in one view, no line too long for the help at 80 columns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "trace/diag.h"
#include "view/action.h"

static void test_names(void **state)
{
	static const struct { const char *name; uint32_t key; } cases[] = {
		{ "a", 'a' }, { "A", 'A' }, { "Space", ' ' }, { "space", ' ' }, { "Ctrl-A", 1 },
		{ "ctrl-z", 26 }, { "PgUp", K_PAGE_UP }, { "shift-left", K_SHIFT_LEFT },
		{ "\xc3\xa9", 0xe9 }, { "'", '\'' },
		/* what a terminal cannot tell apart, or never sends, is refused */
		{ "Ctrl-I", K_NONE }, { "Ctrl-M", K_NONE }, { "Ctrl-H", K_NONE }, { "Ctrl-1", K_NONE },
		{ "Ctrl-", K_NONE }, { "Ctrl-AB", K_NONE }, { "F1", K_NONE }, { "", K_NONE },
		{ " ", K_NONE }, { "ab", K_NONE }, { "unknown key", K_NONE }, { "\xff", K_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(key_parse(cases[i].name), cases[i].key);
}

static void round_trip(uint32_t key)
{
	char name[KEY_NAME_MAX];

	assert_int_equal(key_parse(key_label(key, name, sizeof(name))), key);
}

static void test_names_and_back(void **state)
{
	char tiny[4];

	(void)state;
	for (uint32_t key = 1; key < 0x2000; key++)
		if (key != 8 && key != 9 && key != 13 && (key < 27 || key >= ' ') && key != 0x7f)
			round_trip(key);
	for (uint32_t key = K_NONE + 1; key < K_UNKNOWN; key++)
		round_trip(key);
	assert_string_equal(key_label(K_SHIFT_RIGHT, tiny, sizeof(tiny)), "Shi");
}

static void test_table(void **state)
{
	struct keymap map;
	enum action a, b;
	uint32_t key;

	(void)state;
	keymap_init(&map);
	assert_false(keymap_clash(&map, &a, &b, &key));
	for (int i = 0; i < NR_ACTIONS; i++) {
		const struct action_info *info = &action_table[i];
		char shown[KEYS_PER_ACTION * KEY_NAME_MAX];

		assert_int_equal(action_find(info->name), i);
		assert_true(strlen(info->name) <= 12);
		assert_in_range(strlen(info->help), 1, 46);
		assert_true(info->views);
		/* every default key has a name that could be parsed */
		assert_string_equal(keymap_text(&map, (enum action)i, -1, shown, sizeof(shown)), info->keys);
	}
	for (int i = 0; i < NR_VIEWS; i++) {
		assert_int_equal(view_find(view_names[i]), i);
		if (i != VIEW_OBJECT)	/* `:object` is the view, `:object X` selects X */
			assert_int_equal(action_find(view_names[i]), ACTION_NONE);
	}
}

static void test_find(void **state)
{
	struct keymap map;

	(void)state;
	keymap_init(&map);
	assert_int_equal(keymap_find(&map, VIEW_TREE, 'q'), ACTION_UP_OR_QUIT);
	assert_int_equal(keymap_find(&map, VIEW_TREE, ' '), ACTION_FOLD);
	assert_int_equal(keymap_find(&map, VIEW_TIMELINE, ' '), ACTION_NONE);
	assert_int_equal(keymap_find(&map, VIEW_TIMELINE, '+'), ACTION_ZOOM_IN);
	assert_int_equal(keymap_find(&map, VIEW_TREE, '+'), ACTION_NONE);
	assert_int_equal(keymap_find(&map, VIEW_TREE, K_NONE), ACTION_NONE);
}

static int load(struct keymap *map, const char *text, struct diag *diag)
{
	keymap_init(map);
	return keymap_load(map, "keys.yaml", text, strlen(text), diag);
}

static void test_load(void **state)
{
	struct keymap map;
	struct diag diag;

	(void)state;
	assert_int_equal(load(&map, "", &diag), 0);
	assert_int_equal(load(&map, "# nothing\n", &diag), 0);
	assert_int_equal(load(&map, "copy: [Y, Ctrl-Y]\ncopy-command: []\nplay: P\n", &diag), 0);
	assert_int_equal(keymap_find(&map, VIEW_TREE, 'Y'), ACTION_COPY);
	assert_int_equal(keymap_find(&map, VIEW_TREE, KEY_CTRL('y')), ACTION_COPY);
	assert_int_equal(keymap_find(&map, VIEW_TREE, 'y'), ACTION_NONE);
	assert_int_equal(keymap_find(&map, VIEW_TREE, 'P'), ACTION_PLAY);
	assert_int_equal(keymap_find(&map, VIEW_TREE, 'p'), ACTION_NONE);
	/* two actions may swap keys */
	assert_int_equal(load(&map, "mark: t\ntime: m\n", &diag), 0);
	/* one key for two actions that no view has both of */
	assert_int_equal(load(&map, "zoom-in: Space\n", &diag), 0);
}

static void test_load_errors(void **state)
{
	static const struct { const char *text, *said; } cases[] = {
		{ "copy: q", "the key q means both \"copy\" and \"q\"" },
		{ "play: [Space]\n", "the key Space means both \"fold\" and \"play\"" },
		{ "cpoy: y", "1:1" }, { "cpoy: y", "no action called \"cpoy\"" },
		{ "copy: y\nplay: F5", "2:7" }, { "play: F5", "\"F5\" is not a key" },
		{ "play: 3", "the key 3 belongs to a view" },
		{ "play: {a: b}", "neither a key nor a list" },
		{ "play: [[a]]", "is not a key" },
		{ "play: [a, b, e, i, r]", "more than 4 keys" },
		{ "[a]: b", "no action called" },
		{ "- a", "keys.yaml" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = { 0 };
		struct keymap map, fresh;
		char text[DIAG_TEXT_SIZE];

		keymap_init(&fresh);
		assert_int_equal(load(&map, cases[i].text, &diag), -22);
		assert_memory_equal(&map, &fresh, sizeof(map));
		diag_text(&diag, text, sizeof(text));
		assert_non_null(strstr(text, "keys.yaml"));
		if (strchr(cases[i].said, ':') == cases[i].said + 1) {
			char place[16];

			snprintf(place, sizeof(place), "%u:%u", (unsigned)diag.at, diag.column);
			assert_string_equal(place, cases[i].said);
		} else if (!strstr(text, cases[i].said)) {
			fail_msg("\"%s\" says \"%s\"", cases[i].text, text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_names_and_back),
		cmocka_unit_test(test_table), cmocka_unit_test(test_find), cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_errors),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
