// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_theme.c - every shipped theme can be read by everybody; every wrong theme says where.
 *
 * Held for each shipped theme: contrast of every colour against its background at least 4.5:1, and
 * any two different colours at least 15 apart (CIE76) for normal, protan, deutan and tritan vision,
 * in true colour; the seven roles that carry marks differ from one another at every depth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"
#include "view/theme.h"

#define LEAST_CONTRAST	4.5
#define LEAST_DISTANCE	15.0

/* `default` is the terminal's own: black or white, whichever stands out. */
static uint32_t rgb_of(const struct theme *theme, uint32_t color)
{
	if (color == COLOR_DEFAULT)
		return color_contrast(theme->on, 0xffffff) > color_contrast(theme->on, 0) ? 0xffffff : 0;
	return color & COLOR_RGB ? color & 0xffffff : palette_rgb(color);
}

static void check_pair(const struct theme *theme, enum role a, enum role b, enum theme_depth depth)
{
	uint32_t one = theme_look(theme, a, depth).color, two = theme_look(theme, b, depth).color;

	if (one == two)
		return;
	for (int vision = 0; vision < NR_VISIONS; vision++) {
		double distance = color_distance(rgb_of(theme, one), rgb_of(theme, two),
						 (enum vision)vision);

		if (distance < LEAST_DISTANCE)
			fail_msg("%s: %s and %s are %.1f apart for vision %d", theme->name, role_name(a),
				 role_name(b), distance, vision);
	}
}

static void check_contrast(const struct theme *theme, enum role role, enum theme_depth depth)
{
	uint32_t color = theme_look(theme, role, depth).color;
	double contrast = color_contrast(rgb_of(theme, color), theme->on);

	if (contrast < LEAST_CONTRAST)
		fail_msg("%s: %s has a contrast of %.2f at depth %d", theme->name, role_name(role),
			 contrast, (int)depth);
}

static void test_shipped(void **state)
{
	int nr = 0;

	(void)state;
	for (; theme_names[nr]; nr++) {
		struct theme theme;

		assert_int_equal(theme_shipped(&theme, theme_names[nr]), 0);
		assert_string_equal(theme.name, theme_names[nr]);
		for (int a = 0; a < NR_ROLES; a++) {
			check_contrast(&theme, (enum role)a, DEPTH_TRUE);
			check_contrast(&theme, (enum role)a, DEPTH_256);
			for (int b = a + 1; b < NR_ROLES; b++)
				check_pair(&theme, (enum role)a, (enum role)b, DEPTH_TRUE);
		}
	}
	assert_int_equal(nr, 5);
	assert_string_equal(theme_names[0], "dark");
	assert_int_equal(theme_shipped(&(struct theme){ 0 }, "nobody's"), -2);
}

/* Roles with a mark of their own look different wherever there are colours. */
static void test_marks_differ(void **state)
{
	static const enum role roles[] = { ROLE_TEXT, ROLE_VISITED, ROLE_CURSOR, ROLE_CHANGED, ROLE_NEW,
					   ROLE_FAULT, ROLE_DOUBT };

	(void)state;
	for (int i = 0; theme_names[i]; i++) {
		struct theme theme;

		theme_shipped(&theme, theme_names[i]);
		for (int depth = DEPTH_16; depth <= DEPTH_TRUE && strcmp(theme.name, "mono"); depth++)
			for (int a = 0; a < 7; a++)
				for (int b = a + 1; b < 7; b++) {
					struct look one = theme_look(&theme, roles[a], (enum theme_depth)depth);
					struct look two = theme_look(&theme, roles[b], (enum theme_depth)depth);

					if (one.color == two.color && one.style == two.style)
						fail_msg("%s: %s looks like %s at depth %d", theme.name,
							 role_name(roles[a]), role_name(roles[b]), depth);
				}
	}
}

static void test_mono_has_no_colour(void **state)
{
	(void)state;
	for (int i = 0; theme_names[i]; i++) {
		struct theme theme;

		theme_shipped(&theme, theme_names[i]);
		for (int role = 0; role < NR_ROLES; role++)
			assert_int_equal(theme_look(&theme, (enum role)role, DEPTH_MONO).color,
					 COLOR_DEFAULT);
	}
}

static void test_computed(void **state)
{
	static const char text[] =
		"name: mine\non: \"#000000\"\nroles:\n"
		"  visited: {color: \"#b0d0fb\"}\n"
		"  new: {color: bright-green, style: bold underline}\n"
		"  bar: {color: 208, ansi: yellow, mono: dim}\n"
		"  good: {like: new, mono: reverse}\n";
	struct theme theme;

	(void)state;
	assert_int_equal(theme_load(&theme, "mine", text, sizeof(text) - 1, NULL), 0);
	assert_int_equal(theme_look(&theme, ROLE_VISITED, DEPTH_TRUE).color, COLOR_RGB | 0xb0d0fb);
	assert_int_equal(theme_look(&theme, ROLE_VISITED, DEPTH_256).color, 153);
	assert_int_equal(theme_look(&theme, ROLE_NEW, DEPTH_16).color, 10);
	assert_int_equal(theme_look(&theme, ROLE_NEW, DEPTH_MONO).style, STYLE_BOLD | STYLE_UNDERLINE);
	assert_int_equal(theme_look(&theme, ROLE_BAR, DEPTH_256).color, 208);
	assert_int_equal(theme_look(&theme, ROLE_BAR, DEPTH_16).color, 3);
	assert_int_equal(theme_look(&theme, ROLE_BAR, DEPTH_MONO).style, STYLE_DIM);
	assert_int_equal(theme_look(&theme, ROLE_GOOD, DEPTH_256).color, 10);
	assert_int_equal(theme_look(&theme, ROLE_GOOD, DEPTH_MONO).style, STYLE_REVERSE);
	assert_int_equal(theme_look(&theme, ROLE_FAULT, DEPTH_TRUE).color, COLOR_DEFAULT);
}

static void test_errors(void **state)
{
	static const struct { const char *text; uint32_t line, column; const char *what; } cases[] = {
		{ "", 0, 0, "empty" },
		{ "roles: {txt: {color: red}}", 1, 9, "no role \"txt\"" },
		{ "roles:\n  text: {color: reddish}", 2, 17, "\"reddish\" is not a colour" },
		{ "roles:\n  text: {color: \"#12345\"}", 2, 17, "not a colour" },
		{ "roles:\n  text: {color: \"# 1234a\"}", 2, 17, "not a colour" },
		{ "roles:\n  text: {color: 256}", 2, 17, "not a colour" },
		{ "roles:\n  text: {style: blink}", 2, 17, "\"blink\" is not a style" },
		{ "roles:\n  text: {ansi: 208}", 2, 16, "not a colour" },
		{ "roles:\n  text: {like: bar}", 2, 16, "no role \"bar\" stands above" },
		{ "roles:\n  text: {colour: red}", 2, 10, "has no \"colour\"" },
		{ "roles:\n  text: [red]", 2, 9, "is not {color: ...}" },
		{ "roles: 3", 1, 8, "not a mapping" },
		{ "title: x", 1, 1, "has no \"title\"" },
		{ "on: red", 1, 5, "on is not" },
		{ "on: default", 1, 5, "on is not" },
		{ "- a", 1, 1, "does not begin" },
		{ "name: [", 0, 0, "" },
		{ "a: \xff\xfe", 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct theme theme = { .name = "kept" };
		struct diag diag = { 0 };

		assert_int_equal(theme_load(&theme, "x.yaml", cases[i].text, strlen(cases[i].text), &diag),
				 -22);
		assert_string_equal(theme.name, "kept");
		if (!strstr(diag.what, cases[i].what))
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, diag.what, cases[i].what);
		if (cases[i].line) {
			assert_int_equal(diag.at, cases[i].line);
			assert_int_equal(diag.column, cases[i].column);
		}
	}
}

static void test_hostile(void **state)
{
	size_t size = 60000;
	char *text = malloc(70000);
	struct theme theme;

	(void)state;
	memset(text, '[', 70000);
	assert_true(theme_load(&theme, "deep", text, size, NULL) < 0);
	assert_int_equal(theme_load(&theme, "big", text, 70000, NULL), -7);
	memset(text, '{', size);
	assert_true(theme_load(&theme, "deep", text, size, NULL) < 0);
	for (size_t i = 0; i < size; i++)
		text[i] = i % 2 ? ' ' : '-';	/* nested by indentation */
	assert_true(theme_load(&theme, "deep", text, size, NULL) < 0);
	free(text);
	/* a mapping that contains itself */
	assert_true(theme_load(&theme, "loop", "roles: &a {text: *a}", 20, NULL) < 0);
}

/* A theme that was damaged anyhow is refused or read; nothing in between, and never a crash. */
static void test_mutations(void **state)
{
	static const char text[] =
		"name: mine\non: \"#000000\"\nroles:\n  text: {color: default}\n"
		"  visited: {color: \"#b0d0fb\", ansi: cyan bold, mono: bold}\n"
		"  new: &n {like: visited, style: bold underline}\n  good: *n\n";
	char copy[sizeof(text)];
	int nr_read = 0;

	(void)state;
	srand(4);
	for (int i = 0; i < 1500; i++) {
		struct theme theme = { .name = "kept" };
		size_t size = rand() % 4 ? sizeof(text) - 1 : (size_t)rand() % sizeof(text);

		memcpy(copy, text, sizeof(text));
		for (int n = rand() % 4; n >= 0; n--)
			copy[(size_t)rand() % sizeof(text)] = (char)(rand() % 2 ? rand() : " :{}[]*&#\"\n-"[rand() % 12]);
		if (!theme_load(&theme, "x", copy, size, NULL)) {
			nr_read++;
			for (int role = 0; role < NR_ROLES; role++)
				assert_true(theme_look(&theme, (enum role)role, DEPTH_16).color < 16 ||
					    theme_look(&theme, (enum role)role, DEPTH_16).color == COLOR_DEFAULT);
		} else {
			assert_string_equal(theme.name, "kept");
		}
	}
	assert_in_range(nr_read, 10, 1490);
}

static void test_arithmetic(void **state)
{
	(void)state;
	assert_true(fabs(color_contrast(0, 0xffffff) - 21) < 0.01);
	assert_true(fabs(color_contrast(0x777777, 0xffffff) - 4.48) < 0.01);
	assert_true(fabs(color_distance(0, 0xffffff, VISION_NORMAL) - 100) < 0.1);
	assert_true(color_distance(0x12ab34, 0x12ab34, VISION_TRITAN) < 1e-9);
	/* red and green are far apart for most people and near for deuteranopes */
	assert_true(color_distance(0xcd0000, 0x6e7d00, VISION_NORMAL) > 60);
	assert_true(color_distance(0xcd0000, 0x6e7d00, VISION_DEUTAN) < 30);
	assert_int_equal(palette_rgb(208), 0xff8700);
	assert_int_equal(palette_rgb(255), 0xeeeeee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped), cmocka_unit_test(test_marks_differ),
		cmocka_unit_test(test_mono_has_no_colour), cmocka_unit_test(test_computed),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
