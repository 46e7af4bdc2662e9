// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_session.c - what keys and commands do to the explorer's state.
 *
 * Over the recording made of arithmetic (tests/screen/fixture.h), where every answer can be worked
 * out by hand.  The last test types at random for a long time: nothing may crash, leave its range
 * or make two draws of one state differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

struct test {
	struct session *session;
	struct grid *grid;
};

static int setup(void **state)
{
	struct test *test = calloc(1, sizeof(*test));

	test->session = fixture_session(true);
	test->grid = grid_new(80, 24, GRID_ASCII);
	session_set_charset(test->session, GRID_ASCII);
	session_draw(test->session, test->grid);
	*state = test;
	return 0;
}

static int teardown(void **state)
{
	struct test *test = *state;

	session_free(test->session);
	grid_free(test->grid);
	free(test);
	return 0;
}

/* The first row of the fresh picture that holds @text, -1: none. */
static int find_row(struct test *test, const char *text)
{
	int width = test->grid->width < 80 ? test->grid->width : 80;
	char row[81];

	session_draw(test->session, test->grid);
	for (int y = 0; y < test->grid->height; y++) {
		for (int x = 0; x < width; x++)
			row[x] = (char)grid_at(test->grid, x, y)->cp;
		row[width] = '\0';
		if (strstr(row, text))
			return y;
	}
	return -1;
}

static bool shows(struct test *test, const char *text)
{
	return find_row(test, text) >= 0;
}

/* Keys, then t. */
static void expect_t(struct session *session, const char *keys, uint64_t t)
{
	fixture_keys(session, keys);
	if (session_t(session) != t)
		fail_msg("after \"%s\" t is %d, not %d", keys, (int)session_t(session), (int)t);
}

static void test_steps(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	expect_t(s, "Left", 0);
	assert_true(shows(test, "this is the start"));
	expect_t(s, "Right", 1);
	assert_false(shows(test, "this is the start"));
	expect_t(s, ". .", 3);
	expect_t(s, ",", 2);
	expect_t(s, "Shift-Right", 12);
	assert_int_equal(session_previous_t(s), 2);
	expect_t(s, "{", 2);
	expect_t(s, "{", 0);
	expect_t(s, "End", 200);
	expect_t(s, "Right", 200);
	assert_true(shows(test, "this is the last event"));
	expect_t(s, "(", 150);
	expect_t(s, "(", 100);
	expect_t(s, ")", 150);
	expect_t(s, "Home )", 50);
	/* the view's own unit: notable moments */
	expect_t(s, "5 Right", 70);
	expect_t(s, "Right Right", 140);
	assert_true(shows(test, "this is the last event"));
	expect_t(s, "Left", 70);
}

static void test_object_steps(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	expect_t(s, "]", 0);
	assert_true(shows(test, "nothing is selected"));
	fixture_keys(s, "Down");	/* row 2: node#2, even events */
	expect_t(s, "]", 2);
	expect_t(s, "] ]", 6);
	expect_t(s, "[", 4);
	expect_t(s, "Right w", 4);
	expect_t(s, "w", 4);
	assert_true(shows(test, "this very event changed it"));
	expect_t(s, "[ [", 2);
	assert_true(shows(test, "no earlier event touches"));
	session_command(s, "object node#1");
	assert_true(shows(test, "selected: node#1"));
	expect_t(s, "]", 3);
	session_command(s, "object sofa");
	assert_true(shows(test, "\"sofa\" is not an object"));
	assert_int_equal(session_object(s).id, 1);
}

static void test_go_to(void **state)
{
	static const struct { const char *text; uint64_t t; } cases[] = {
		{ "50%", 100 }, { "#7", 7 }, { "'b", 0 }, { "start", 0 }, { "end", 200 }, { "17", 17 },
		{ "nonsense", 17 }, { "'x", 17 }, { "'", 17 }, { "", 17 },
	};
	struct test *test = *state;
	struct session *s = test->session;

	fixture_keys(s, "m b");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_keys(s, "t");
		fixture_type(s, cases[i].text);
		fixture_keys(s, "Enter");
		assert_int_equal(session_t(s), cases[i].t);
	}
	session_command(s, "time nonsense");
	assert_true(shows(test, "\"nonsense\" is not a moment"));
	session_command(s, "33");
	assert_int_equal(session_t(s), 33);
	session_command(s, " :  50%");
	assert_int_equal(session_t(s), 100);
}

static void test_marks(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	expect_t(s, "Right Right m A Right", 3);
	session_command(s, "mark B redis starts");
	assert_int_equal(session_mark(s, 'A'), 2);
	assert_int_equal(session_mark(s, 'B'), 3);
	assert_string_equal(session_mark_name(s, 'B'), "redis starts");
	assert_int_equal(session_mark(s, 'c'), -1);
	assert_int_equal(session_mark(s, '!'), -1);
	assert_true(shows(test, "A +0.001000  B +0.002000"));
	expect_t(s, "End ' A", 2);
	expect_t(s, "' z", 2);
	assert_true(shows(test, "there is no mark z"));
	fixture_keys(s, "m !");
	assert_true(shows(test, "a mark is one letter"));
	expect_t(s, "m Esc", 2);
	session_command(s, "mark AB");
	assert_true(shows(test, "a mark is one letter"));
}

static void test_trail(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	session_command(s, "10");
	session_command(s, "20");
	expect_t(s, "Right", 21);	/* a step: not in the trail, but where one was is not lost */
	session_command(s, "50");
	expect_t(s, "Ctrl-O", 21);
	expect_t(s, "Ctrl-O", 10);
	expect_t(s, "Ctrl-O", 0);
	expect_t(s, "Ctrl-O", 0);
	assert_true(shows(test, "no earlier place"));
	expect_t(s, "Ctrl-P Ctrl-P", 21);
	expect_t(s, "Ctrl-P", 50);
	expect_t(s, "Ctrl-P", 50);
	assert_true(shows(test, "no later place"));
	expect_t(s, "Ctrl-O Ctrl-O", 10);
	session_command(s, "99");	/* what lay ahead is forgotten */
	expect_t(s, "Ctrl-P", 99);
	expect_t(s, "Ctrl-O", 10);
	/* views are places too; the moment goes with them */
	fixture_keys(s, "5");
	assert_int_equal(session_view(s)->id, VIEW_TIMELINE);
	expect_t(s, "Ctrl-O", 10);
	assert_int_equal(session_view(s)->id, VIEW_EVENTS);
}

static void test_trail_is_bounded(void **state)
{
	struct test *test = *state;

	for (int i = 0; i < 500; i++)
		session_jump_to(test->session, (uint64_t)(i % 7 + 1));
	for (int i = 0; i < 500; i++)
		fixture_keys(test->session, i % 3 ? "Ctrl-O" : "Ctrl-P");
	for (int i = 0; i < 200; i++)
		fixture_keys(test->session, "Ctrl-O");
	for (int i = 0; i < 200; i++)
		fixture_keys(test->session, "Ctrl-P");
	assert_in_range(session_t(test->session), 1, 7);
}

static void test_find(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;
	struct list *list = &session_view_state(s)->lists[0];

	fixture_keys(s, "n");
	assert_true(shows(test, "nothing to search for yet"));
	fixture_keys(s, "/");
	fixture_type(s, "77");
	fixture_keys(s, "Enter");
	assert_int_equal(list->cursor, 76);
	fixture_keys(s, "n");
	assert_int_equal(list->cursor, 176);
	fixture_keys(s, "n");
	assert_int_equal(list->cursor, 76);	/* around the end */
	assert_true(shows(test, "none below: from the first row on"));
	fixture_keys(s, "N");
	assert_int_equal(list->cursor, 176);
	assert_true(shows(test, "none before: from the last row on"));
	fixture_keys(s, "n / 7 7 7 7 7 Enter");
	assert_true(shows(test, "no row with \"77777\""));
	assert_int_equal(list->cursor, 76);
	fixture_keys(s, "/");
	fixture_type(s, "77");
	fixture_keys(s, "Enter N");
	assert_int_equal(list->cursor, 76);
	fixture_keys(s, "/ Enter");	/* an empty search repeats the last */
	assert_int_equal(list->cursor, 176);
	fixture_keys(s, "5 n");
	assert_true(shows(test, "nothing to search in"));
}

static void test_filter(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	fixture_keys(s, "f");
	fixture_type(s, "pfn==1");
	fixture_keys(s, "Enter");
	assert_string_equal(session_filter(s), "pfn==1");
	fixture_keys(s, "5");
	assert_true(shows(test, "filter: pfn==1"));	/* in every view */
	fixture_keys(s, "f");
	fixture_type(s, "(");
	fixture_keys(s, "Enter");
	assert_string_equal(session_filter(s), "pfn==1");	/* the bad one changes nothing */
	assert_true(shows(test, "a parenthesis is not closed"));
	fixture_keys(s, "F");
	assert_string_equal(session_filter(s), "");
	assert_false(shows(test, "filter: "));
	fixture_keys(s, "f x Esc");
	assert_string_equal(session_filter(s), "");
}

static void test_columns_and_sort(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	assert_true(shows(test, "OBJECT"));
	session_command(s, "columns object");
	assert_false(shows(test, "OBJECT"));
	session_command(s, "columns nothing");
	assert_true(shows(test, "there is no column \"nothing\""));
	session_command(s, "sort sum");
	assert_int_equal(session_view_state(s)->sort, 3);
	assert_true(session_view_state(s)->descending);
	session_command(s, "sort sum");
	assert_false(session_view_state(s)->descending);
	fixture_keys(s, "s");
	assert_int_equal(session_view_state(s)->sort, -1);
	fixture_keys(s, "s s s");	/* #, time, and over the hidden object to sum */
	assert_int_equal(session_view_state(s)->sort, 3);
	fixture_keys(s, "5 s");
	assert_true(shows(test, "s does nothing here"));
}

static void test_commands(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	session_command(s, "nonsense 3");
	assert_true(shows(test, "there is no command \"nonsense\""));
	session_command(s, "up 3");
	assert_true(shows(test, "takes nothing behind it"));
	session_command(s, "zoom-in");
	assert_true(shows(test, "means nothing in this view"));
	session_command(s, "timeline");
	assert_int_equal(session_view(s)->id, VIEW_TIMELINE);
	session_command(s, "view events");
	assert_int_equal(session_view(s)->id, VIEW_EVENTS);
	session_command(s, "view lesson");
	assert_true(shows(test, "there is no view \"lesson\""));
	session_command(s, "");
	session_command(s, "   ");
	assert_int_equal(session_take_effect(s).kind, EFFECT_NONE);
}

static void test_completion(void **state)
{
	static const struct { const char *typed, *shown; } cases[] = {
		{ "hel", ":help " }, { "zoo", "nothing begins like that" }, { "sam", ":same-" },
		{ "theme hi", ":theme high-contrast" }, { "sort o", ":sort object" },
		{ "columns t", ":columns time" }, { "view t", ":view timeline" }, { "time e", ":time end" },
		{ "object anon", ":object anon_vma:" }, { "time '", ":time 'q" }, { "x", ":x" },
		{ "find f", "nothing begins like that" }, { "fi", "find  first  filter" },
		{ "tim", "time  timeline" },
	};
	struct test *test = *state;
	struct session *s = test->session;

	fixture_keys(s, "m q");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_keys(s, ":");
		fixture_type(s, cases[i].typed);
		fixture_keys(s, "Tab");
		if (!strcmp(cases[i].typed, "fi") || !strcmp(cases[i].typed, "tim"))
			fixture_keys(s, "Tab");
		if (!shows(test, cases[i].shown))
			fail_msg("\"%s\" Tab does not show \"%s\"", cases[i].typed, cases[i].shown);
		fixture_keys(s, "Ctrl-U Esc");
	}
}

static void test_effects(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;
	struct effect effect;

	fixture_keys(s, "Right y Y E Ctrl-L Ctrl-Z");
	session_command(s, "theme light");
	session_command(s, "mouse");
	effect = session_take_effect(s);
	assert_int_equal(effect.kind, EFFECT_COPY);
	assert_string_equal(effect.text, "row 1");
	assert_string_equal(session_take_effect(s).text, "ksmtop events fixture.dat --to 1");
	assert_string_equal(session_take_effect(s).text, "ksmtop-events-1.txt");
	assert_int_equal(session_take_effect(s).kind, EFFECT_REDRAW);
	assert_int_equal(session_take_effect(s).kind, EFFECT_SUSPEND);
	assert_string_equal(session_take_effect(s).text, "light");
	assert_string_equal(session_take_effect(s).text, "off");
	assert_int_equal(session_take_effect(s).kind, EFFECT_NONE);
	fixture_keys(s, "? q");		/* closes the help */
	assert_int_equal(session_take_effect(s).kind, EFFECT_NONE);
	fixture_keys(s, "q");
	assert_int_equal(session_take_effect(s).kind, EFFECT_QUIT);
	fixture_keys(s, ": a Ctrl-C");
	assert_int_equal(session_take_effect(s).kind, EFFECT_QUIT);
	for (int i = 0; i < 100; i++)
		fixture_keys(s, "Ctrl-L");	/* nobody takes them: bounded */
}

/* Whatever the width, it is said how to leave. */
static void test_too_small(void **state)
{
	static const struct { int width, height; const char *text; } cases[] = {
		{ 79, 24, "needs 80x24, this is 79x24; keys work, q leaves" },
		{ 60, 5, "needs 80x24, this is 60x5; keys work, q leaves" },
		{ 30, 5, "needs 80x24; q leaves" }, { 20, 5, "80x24; q" }, { 8, 1, "80x24; q" },
		{ 3, 1, "q" }, { 1, 1, "q" },
	};
	struct test *test = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grid *grid = grid_new(cases[i].width, cases[i].height, GRID_ASCII), *own = test->grid;

		test->grid = grid;
		if (!shows(test, cases[i].text))
			fail_msg("%dx%d", cases[i].width, cases[i].height);
		assert_false(shows(test, "~"));	/* no half of a moment */
		test->grid = own;
		grid_free(grid);
	}
}

static void test_help(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	fixture_keys(s, "?");
	assert_true(shows(test, "keys of Events"));
	assert_false(shows(test, "zoom-in"));	/* another view's */
	assert_true(find_row(test, "in this view") >= 0);
	assert_true(find_row(test, "in this view") < find_row(test, "columns"));
	assert_true(find_row(test, "columns") < find_row(test, "in every view"));
	expect_t(s, "Right", 0);
	assert_true(shows(test, "the help is open"));
	fixture_keys(s, "G");
	assert_true(shows(test, "doubtful"));
	fixture_keys(s, "/");
	fixture_type(s, "HINDSIGHT");
	assert_true(shows(test, "1-1 of 1"));
	fixture_keys(s, "Esc");
	assert_false(shows(test, "1-1 of 1"));
	fixture_keys(s, "Esc 5 ?");
	assert_true(shows(test, "keys of Timeline"));
	fixture_keys(s, "/");
	fixture_type(s, "zoom");
	assert_true(shows(test, "zoom-in"));
}

static void test_playing(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;

	fixture_keys(s, "p");
	assert_true(session_playing(s));
	session_tick(s, 5000000000);
	assert_int_equal(session_t(s), 0);
	session_tick(s, 5010000000);	/* ten milliseconds: the eleventh event, from 0 ms */
	assert_int_equal(session_t(s), 11);
	fixture_keys(s, ">");
	session_tick(s, 5020000000);
	session_tick(s, 5030000000);	/* twice as fast */
	assert_int_equal(session_t(s), 31);
	session_tick(s, UINT64_MAX);
	assert_int_equal(session_t(s), 200);
	assert_false(session_playing(s));
	fixture_keys(s, "p");
	assert_false(session_playing(s));
	fixture_keys(s, "Home p Esc");
	assert_false(session_playing(s));
	fixture_keys(s, "p");
	session_tick(s, 1);
	for (int i = 0; i < 100; i++)
		fixture_keys(s, "<");
	session_tick(s, 2);
	for (int i = 0; i < 100; i++)
		fixture_keys(s, ">");
	session_tick(s, 3);
	session_tick(s, UINT64_MAX);
	assert_int_equal(session_t(s), 200);
}

static void test_loading(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;
	struct source part = fixture_source;

	session_set_progress(s, "loading", 1, 3);
	part.nr_events = 50;
	session_set_source(s, &part);
	assert_true(shows(test, "loading  33%"));
	expect_t(s, "End", 50);
	expect_t(s, "Right", 50);
	assert_true(shows(test, "the last event loaded so far"));
	part.nr_events = 100;
	session_set_source(s, &part);
	expect_t(s, "Right", 51);
	fixture_keys(s, "Esc");
	assert_int_equal(session_take_effect(s).kind, EFFECT_INTERRUPT);
	session_set_progress(s, NULL, 0, 0);
	fixture_keys(s, "Esc");
	assert_int_equal(session_take_effect(s).kind, EFFECT_NONE);
	part.nr_events = 10;
	session_set_source(s, &part);
	assert_int_equal(session_t(s), 10);	/* never beyond what is there */
	session_set_source(s, NULL);
	fixture_keys(s, "Right End ] w t 5 Enter / 5 Enter f a Enter p G Enter");
	assert_int_equal(session_t(s), 0);
}

static void test_mouse(void **state)
{
	struct test *test = *state;
	struct session *s = test->session;
	struct list *list = &session_view_state(s)->lists[0];

	session_mouse(s, MOUSE_PRESS, 12, 1);
	assert_int_equal(session_view(s)->id, VIEW_TIMELINE);
	session_mouse(s, MOUSE_PRESS, 2, 1);
	assert_int_equal(session_view(s)->id, VIEW_EVENTS);
	shows(test, "");
	session_mouse(s, MOUSE_PRESS, 30, 8);	/* body row 5: heading, then row index 4 */
	assert_int_equal(list->cursor, 4);
	assert_int_equal(session_object(s).id, 1);
	session_mouse(s, MOUSE_PRESS, 30, 3);	/* the heading is no row */
	assert_int_equal(list->cursor, 4);
	session_mouse(s, MOUSE_WHEEL_DOWN, 30, 8);
	assert_int_equal(list->cursor, 7);
	session_mouse(s, MOUSE_DOUBLE, 30, 6);
	assert_int_equal(session_t(s), 3);
	session_command(s, "mouse");
	session_mouse(s, MOUSE_PRESS, 30, 8);
	assert_int_equal(list->cursor, 2);
	for (int x = -5; x < 200; x += 13)
		for (int y = -5; y < 60; y += 3)
			session_mouse(s, MOUSE_PRESS, x, y);
}

static void test_list(void **state)
{
	struct list list = { .cursor = 50 };

	(void)state;
	assert_int_equal(list_place(&list, 100, 0, 0, 10, 10), 41);
	list.cursor = 45;
	assert_int_equal(list_place(&list, 100, 0, 0, 10, 10), 41);	/* inside: it stays */
	list.cursor = 10;
	assert_int_equal(list_place(&list, 100, 0, 0, 10, 10), 10);
	assert_int_equal(list_place(&list, 12, 0, 0, 10, 10), 2);	/* no blanks at the end */
	assert_int_equal(list_place(&list, 5, 0, 0, 10, 10), 0);
	assert_int_equal(list.cursor, 4);
	assert_int_equal(list_place(&list, 0, 0, 0, 10, 10), 0);
	assert_int_equal(list.cursor, 0);
	assert_int_equal(list_place(&list, 3, 0, 0, 10, 0), 0);
	list.cursor = UINT64_MAX;
	assert_int_equal(list_place(&list, UINT64_MAX, 0, 0, 10, 10), UINT64_MAX - 10);
}

/* Drawing is a function of the state: twice the same, and never an escape. */
static void test_random(void **state)
{
	struct test *test = *state;
	struct grid *again = grid_new(80, 24, GRID_ASCII);
	struct session *s = test->session;

	srand(3);
	for (int i = 0; i < 40000; i++) {
		uint32_t key = rand() % 3 ? (uint32_t)(' ' + rand() % 95) :
			       rand() % 2 ? (uint32_t)(1 + rand() % 26) :
					    K_NONE + (uint32_t)(rand() % (int)(K_LAST - K_NONE));

		session_key(s, key);
		if (rand() % 50 == 0)
			session_mouse(s, (enum mouse)(rand() % 4), rand() % 80, rand() % 24);
		while (session_take_effect(s).kind != EFFECT_NONE)
			;
		assert_in_range(session_t(s), 0, FIXTURE_EVENTS);
		if (i % 10)
			continue;
		session_set_charset(s, GRID_ASCII);
		session_draw(s, test->grid);
		session_draw(s, again);
		assert_memory_equal(test->grid->cells, again->cells, sizeof(*again->cells) * 80 * 24);
		assert_int_equal(test->grid->cursor_x, again->cursor_x);
	}
	grid_free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_steps), T(test_object_steps), T(test_go_to), T(test_marks), T(test_trail),
		T(test_trail_is_bounded), T(test_find), T(test_filter), T(test_columns_and_sort),
		T(test_commands), T(test_completion), T(test_effects), T(test_help), T(test_too_small), T(test_playing),
		T(test_loading), T(test_mouse), T(test_list), T(test_random),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
