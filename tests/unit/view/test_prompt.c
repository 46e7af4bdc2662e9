// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_prompt.c - line editing: whole characters only, a bound on length, the lines typed before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "view/key.h"
#include "view/prompt.h"

static void type(struct prompt *prompt, const char *text)
{
	for (; *text; text++)
		prompt_key(prompt, (unsigned char)*text);
}

static void test_editing(void **state)
{
	struct prompt *p = calloc(1, sizeof(*p));

	(void)state;
	prompt_open(p, PROMPT_COMMAND, "time ");
	type(p, "12");
	prompt_key(p, K_LEFT);
	prompt_key(p, 0xe9);
	assert_string_equal(p->text, "time 1\xc3\xa9" "2");
	prompt_key(p, K_LEFT);
	prompt_key(p, K_DELETE);
	assert_string_equal(p->text, "time 12");
	prompt_key(p, K_HOME);
	prompt_key(p, K_BACKSPACE);	/* nothing before it */
	assert_string_equal(p->text, "time 12");
	prompt_key(p, KEY_CTRL('E'));
	prompt_key(p, KEY_CTRL('W'));
	assert_string_equal(p->text, "time ");
	prompt_key(p, KEY_CTRL('U'));
	assert_string_equal(p->text, "");
	assert_int_equal(prompt_key(p, K_BACKSPACE), PROMPT_CANCELLED);
	assert_int_equal(prompt_key(p, K_ENTER), PROMPT_ACCEPTED);
	assert_int_equal(prompt_key(p, 7), PROMPT_IGNORED);
	assert_int_equal(prompt_key(p, K_PAGE_UP), PROMPT_IGNORED);
	free(p);
}

static void test_past(void **state)
{
	struct prompt *p = calloc(1, sizeof(*p));

	(void)state;
	for (int i = 0; i < PROMPT_PAST + 5; i++) {
		char line[2] = { (char)('a' + i), 0 };

		prompt_open(p, PROMPT_FIND, line);
		prompt_close(p, true);
		prompt_open(p, PROMPT_FIND, line);	/* the same again is kept once */
		prompt_close(p, true);
	}
	prompt_open(p, PROMPT_FIND, "not kept");
	prompt_close(p, false);
	prompt_open(p, PROMPT_COMMAND, "");
	prompt_key(p, K_UP);
	assert_string_equal(p->text, "");	/* another kind has its own past */
	prompt_close(p, false);
	prompt_open(p, PROMPT_FIND, "");
	prompt_key(p, K_UP);
	assert_string_equal(p->text, "u");
	for (int i = 0; i < 100; i++)
		prompt_key(p, K_UP);
	assert_string_equal(p->text, "f");
	prompt_key(p, K_DOWN);
	assert_string_equal(p->text, "g");
	free(p);
}

/* Random keys never cut a character and never leave the array. */
static void test_random(void **state)
{
	static const uint32_t keys[] = { 'a', ' ', 0xe9, 0x6f22, 0x1f600, K_LEFT, K_RIGHT, K_HOME, K_END,
					 K_BACKSPACE, K_DELETE, 23, 21, K_UP, K_DOWN };
	struct prompt *p = calloc(1, sizeof(*p));

	(void)state;
	srand(2);
	prompt_open(p, PROMPT_FILTER, "");
	for (int i = 0; i < 100000; i++) {
		utf8proc_int32_t cp;

		if (rand() % 200 == 0) {
			prompt_close(p, true);
			prompt_open(p, PROMPT_FILTER, "");
		}
		/* letters more often, or the line never fills */
		prompt_key(p, keys[rand() % 2 ? rand() % 5 : rand() % 15]);
		assert_in_range(p->length, 0, PROMPT_MAX - 1);
		assert_in_range(p->cursor, 0, p->length);
		assert_int_equal(strlen(p->text), p->length);
		for (int at = 0; at < p->length;) {
			utf8proc_ssize_t nr = utf8proc_iterate((utf8proc_uint8_t *)p->text + at, -1, &cp);

			assert_true(nr > 0);
			at += (int)nr;
		}
		assert_true((p->text[p->cursor] & 0xc0) != 0x80);
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_editing), cmocka_unit_test(test_past), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
