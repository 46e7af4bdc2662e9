// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_state.c - memory nodes, stale, blast, what-if and why-not: screens over the lab's recordings.
 *
 * Approved screens say what a scenario looks like; what they say is then held against the scenario's
 * truth file, which was written by code that shares nothing with these views: the page that met an equal
 * one, the mapping that no item leads to, the mappings that the naive rule misses, the processes that
 * map a page.  And what holds for every screen: n steps back show what n steps on showed, any
 * size stays within its bounds, any keys leave one picture.
 *
 * Usage: test_state FOLDER (of the recordings).  KSMTOP_SEED repeats a storm of keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "golden.h"

enum { NUMA, STALE, MREMAP, POISON, LIFECYCLE, NR_FILES };
static struct opened files[NR_FILES] = {
	[NUMA] = {.name = "numa"},           [STALE] = {.name = "stale"},
	[MREMAP] = {.name = "walk-mremap-address"}, [POISON] = {.name = "poison-recover"},
	[LIFECYCLE] = {.name = "lifecycle"},
};
static struct json_object *truths[NR_FILES];

/* ---- approved screens ---- */

/* To the first move between nids, to the first failed walk: wherever the recording has them. */
#define FIRST_MOVE ":time_end 8 Tab Tab g Enter"
#define FIRST_FAILURE ":time_end 9 Tab Tab g Enter"

static const struct shot {
	int file;
	const char *name, *why, *keys;
} shots[] = {
	{NUMA, "numa-moved", "a page on another nid than its stable node's tree is marked, before and after", FIRST_MOVE},
	{NUMA, "numa-settled", "each move's way through the migrate list, to the tree or an equal page",
	 ":time_end 8 Tab g"},
	{STALE, "stale-failed", "mappings that no item leads to, why the walk failed, when ksmd repairs it",
	 FIRST_FAILURE},
	{STALE, "stale-hindsight", "with hindsight the event that repaired it stands beside the forecast",
	 FIRST_FAILURE " K Tab"},
	{MREMAP, "stale-moved", "a rule that does not ask for moved VMAs is the reason of a failure", ":time_end 9 Tab"},
	{MREMAP, "what-if", "each mapping of a page under each rule, those missed marked", ":time_end 2 x"},
	{POISON, "blast", "pages ranked by what they would kill, and what becomes of each process",
	 ":time_50% :blast"},
	{LIFECYCLE, "why-not", "reasons by runs of addresses, each with its event, and a sentence",
	 ":time_end 3 Down W"},
};

static void take(const struct shot *shot, int width, int height, enum charset charset)
{
	struct session *session = open_session(&files[shot->file], charset);
	struct grid *grid = grid_new(width, height, charset);
	char name[128];

	type(session, grid, shot->keys);
	type(session, grid, ": Esc");	/* no message is left, and a pane stays */
	snprintf(name, sizeof(name), "%s-%dx%d-%s", shot->name, width, height,
		 charset == GRID_ASCII ? "ascii" : "utf8");
	if (!golden_check(grid, name, shot->why))
		fail_msg("%s differs from what was approved", name);
	grid_free(grid);
	session_free(session);
}

static void test_shots(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shots) / sizeof(*shots); i++)
		for (int charset = GRID_UTF8; charset <= GRID_ASCII; charset++) {
			take(&shots[i], 80, 24, (enum charset)charset);
			take(&shots[i], 120, 40, (enum charset)charset);
		}
}

/* ---- against the truth files ---- */

struct seen {
	struct session *session;
	struct grid *grid;
};

static struct seen see(int file, const char *keys, int width, int height)
{
	struct seen seen = {open_session(&files[file], GRID_ASCII), grid_new(width, height, GRID_ASCII)};

	type(seen.session, seen.grid, keys);
	return seen;
}

static void seen_end(struct seen *seen)
{
	grid_free(seen->grid);
	session_free(seen->session);
}

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

static int number_of(struct json_object *object, const char *name)
{
	return json_object_get_int(json_object_object_get(object, name));
}

/* The i-th mapping that the truth file saw then, NULL past the last. */
static struct json_object *truth_mapping(int file, const char *when, size_t i)
{
	struct json_object *mappings = json_object_object_get(truths[file], "mappings");

	for (size_t at = 0; at < json_object_array_length(mappings); at++) {
		struct json_object *map = json_object_array_get_idx(mappings, at);

		if (!strcmp(text_of(map, "when"), when) && i-- == 0)
			return map;
	}
	return NULL;
}

/* The row that holds all of these texts; false: none does. */
static bool row_with(const struct grid *grid, const char *a, const char *b, char *row, size_t size)
{
	for (int y = 0; y < grid->height; y++) {
		row_text(grid, y, row, size);
		if (strstr(row, a) && strstr(row, b))
			return true;
	}
	return false;
}

static void expect_row(const struct grid *grid, const char *a, const char *b, const char *text)
{
	char row[1024];

	if (!row_with(grid, a, b, row, sizeof(row)))
		fail_msg("no row with %s and %s", a, b);
	if (!strstr(row, text))
		fail_msg("\"%s\" is not in: %s", text, row);
}

/* The first event of a kind, 0 if there is none. */
static uint64_t first_event(struct event_index *events, enum event_kind kind)
{
	for (uint64_t t = 1; t <= event_index_last(events); t++)
		if (event_index_kind(events, t) == kind)
			return t;
	return 0;
}

static void test_numa_truth(void **state)
{
	const char *before = text_of(truth_mapping(NUMA, "X merged on node 0", 0), "pfn");
	const char *moved = text_of(truth_mapping(NUMA, "X moved to node 1", 0), "pfn");
	const char *other = text_of(truth_mapping(NUMA, "Y moved to node 1", 0), "pfn");
	const char *equal = text_of(truth_mapping(NUMA, "X merged on node 1", 0), "pfn");
	struct seen seen = see(NUMA, FIRST_MOVE, 120, 40);

	(void)state;
	/* Where X moved: its stable node is in the tree of nid 0, its page on 1. */
	expect_row(seen.grid, before, moved, "in the wrong tree");
	expect_row(seen.grid, "now ", moved, "in the tree of nid 0");
	expect_row(seen.grid, moved, "node#", "!1");
	seen_end(&seen);
	/* In the end: X in a chain with the equal page, Y alone in the tree of nid 1. */
	seen = see(NUMA, ":time_end 8", 120, 40);
	expect_row(seen.grid, before, moved, "met an equal page");
	expect_row(seen.grid, text_of(truth_mapping(NUMA, "Y merged on node 0", 0), "pfn"), other,
		   "in the right tree");
	assert_true(grid_holds(seen.grid, "2 dups"));
	assert_true(grid_holds(seen.grid, equal));
	assert_false(grid_holds(seen.grid, "!1"));
	seen_end(&seen);
}

/* The first row that holds the text, -1: none. */
static int row_of(const struct grid *grid, const char *text)
{
	char row[1024];

	for (int y = 0; y < grid->height; y++) {
		row_text(grid, y, row, sizeof(row));
		if (strstr(row, text))
			return y;
	}
	return -1;
}

/* X on the migrate list, at both sizes: a list of its own, in which the keys move, and which a command prints. */
static void test_migrate_list(void **state)
{
	const char *moved = text_of(truth_mapping(NUMA, "X moved to node 1", 0), "pfn");
	struct event_index *events = recording_events(files[NUMA].recording);
	uint64_t added = first_event(events, EVENT_P_MIGRATE_ADD), taken = first_event(events, EVENT_P_MIGRATE_DEL);
	char keys[64], place[64];

	(void)state;
	assert_true(added && taken > added);
	snprintf(place, sizeof(place), "%s   listed  1", moved);
	for (int size = 0; size < 2; size++) {
		int width = size ? 120 : 80, height = size ? 40 : 24;
		struct seen seen;
		struct effect effect;

		snprintf(keys, sizeof(keys), "8 :time_%" PRIu64, added - 1);
		seen = see(NUMA, keys, width, height);
		assert_true(grid_holds(seen.grid, "MIGRATE LIST"));
		assert_false(grid_holds(seen.grid, "listed"));
		type(seen.session, seen.grid, ":time_start");
		assert_true(grid_holds(seen.grid, "nothing is known to be on it"));
		type(seen.session, seen.grid, ":time_end");
		assert_true(grid_holds(seen.grid, "  empty"));
		snprintf(keys, sizeof(keys), ":time_%" PRIu64 " Tab Down", added);
		type(seen.session, seen.grid, keys);
		assert_true(row_of(seen.grid, place) > row_of(seen.grid, "MIGRATE LIST"));
		assert_int_equal(session_object(seen.session).table, TABLE_NODE);
		type(seen.session, seen.grid, "y");
		effect = session_take_effect(seen.session);
		assert_non_null(strstr(effect.text, moved));
		type(seen.session, seen.grid, "Y");
		effect = session_take_effect(seen.session);
		assert_non_null(strstr(effect.text, "--filter 'place == \"migrate list\"'"));
		/* Off it, and not in the right tree yet. */
		snprintf(keys, sizeof(keys), ":time_%" PRIu64, taken);
		type(seen.session, seen.grid, keys);
		assert_true(grid_holds(seen.grid, "off it"));
		assert_false(grid_holds(seen.grid, "listed"));
		seen_end(&seen);
	}
}

static void test_stale_truth(void **state)
{
	struct json_object *left = truth_mapping(STALE, "after the first migration", 0);
	struct json_object *moved = truth_mapping(STALE, "after the second migration", 0);
	char pid[24];
	struct seen seen = see(STALE, FIRST_FAILURE, 120, 40);

	(void)state;
	snprintf(pid, sizeof(pid), " %d ", number_of(left, "pid"));
	expect_row(seen.grid, pid, text_of(left, "address"), "no item");
	expect_row(seen.grid, pid, text_of(left, "address"), "in this scan");
	assert_true(grid_holds(seen.grid, text_of(left, "pfn")));
	assert_true(grid_holds(seen.grid, "no rmap_item is known to lead to 2 of them"));
	seen_end(&seen);
	/* ksmd came by, and the second migration took it along. */
	seen = see(STALE, ":time_end 9", 120, 40);
	expect_row(seen.grid, pid, text_of(moved, "address"), "reached");
	assert_true(grid_holds(seen.grid, text_of(moved, "pfn")));
	seen_end(&seen);
}

/* Under the naive rule exactly those are missed that the truth file found on the old pfn; under no other. */
static void test_what_if_truth(void **state)
{
	struct json_object *walk = json_object_array_get_idx(json_object_object_get(truths[MREMAP], "walks"), 0);
	int left = number_of(walk, "left_on_old_pfn"), missed = 0;
	struct seen seen = see(MREMAP, ":time_end 2 x", 120, 40);
	struct json_object *map;
	char row[1024], heading[1024], pid[24];
	size_t at;

	(void)state;
	assert_true(row_with(seen.grid, "MAPPING", "wh ad li", heading, sizeof(heading)));
	at = (size_t)(strstr(heading, "wh ad li") - heading);
	for (size_t i = 0; (map = truth_mapping(MREMAP, "before", i)); i++) {
		bool moved = strncmp(text_of(map, "address"), "0x31", 4) == 0;

		snprintf(pid, sizeof(pid), " %d ", number_of(map, "pid"));
		if (!row_with(seen.grid, pid, text_of(map, "address"), row, sizeof(row)))
			fail_msg("no row of pid%sat %s", pid, text_of(map, "address"));
		assert_int_equal(row[at], '*');
		assert_int_equal(row[at + 3], moved ? '!' : '*');
		assert_int_equal(row[at + 6], '*');
		missed += moved;
	}
	assert_int_equal(missed, left);
	seen_end(&seen);
}

/* The event before the first recovery. */
static uint64_t before_recovery(void)
{
	const struct history *h = files[POISON].source.history;
	struct history_cursor cursor;
	union row row;

	assert_int_equal(history_list(h, ALL_EPISODES, (struct ref){0}, moment_hindsight(history_last(h)), &cursor), 0);
	while (history_next(&cursor, &row) == 1)
		if (row.episode.kind == EPISODE_RECOVERY)
			return row.fact.born - 1;
	fail_msg("no recovery in the recording");
	return 0;
}

/* Everybody whom the truth file saw with a page of the ranking is among its processes. */
static void test_blast_truth(void **state)
{
	struct json_object *map;
	char row[1024], pid[24], keys[64];

	(void)state;
	snprintf(keys, sizeof(keys), ":time_%" PRIu64 " :blast", before_recovery());
	for (size_t i = 0; (map = truth_mapping(POISON, "before", i)); i++) {
		struct seen seen = see(POISON, keys, 120, 40);
		char find[64];

		snprintf(find, sizeof(find), ":find_%s", text_of(map, "pfn"));
		if (!row_with(seen.grid, "- node#", text_of(map, "pfn"), row, sizeof(row)))
			type(seen.session, seen.grid, find);
		snprintf(pid, sizeof(pid), " %d ", number_of(map, "pid"));
		if (!row_with(seen.grid, "- node#", text_of(map, "pfn"), row, sizeof(row)))
			fail_msg("no page %s", text_of(map, "pfn"));
		expect_row(seen.grid, pid, "mapping", "moves to a copy");
		seen_end(&seen);
	}
}

/* ---- what holds for every screen ---- */

static void test_there_and_back(void **state)
{
	static const char *const views[] = {"8", "8 Down Tab", "9 Down", ":blast", "2 Down x", "3 Down W"};

	(void)state;
	for (int f = 0; f < NR_FILES; f++)
		for (size_t v = 0; v < sizeof(views) / sizeof(*views); v++) {
			there_and_back(&files[f], views[v], "Right", "Left");
			there_and_back(&files[f], views[v], ")", "(");
		}
}

static void test_sizes(void **state)
{
	static const enum view_id views[] = {VIEW_NUMA, VIEW_STALE, VIEW_BLAST, VIEW_TREE, VIEW_PROCESSES};

	(void)state;
	for (int f = 0; f < NR_FILES; f++)
		for (size_t v = 0; v < sizeof(views) / sizeof(*views); v++) {
			struct session *session = open_session(&files[f], GRID_UTF8);
			struct grid *grid = grid_new(80, 24, GRID_UTF8);

			type(session, grid, ":time_80% 3 W 2 Down x");
			assert_true(session_show(session, views[v]));
			for (int width = 1; width <= 200; width += width < 12 ? 2 : 17)
				for (int height = 1; height <= 60; height += height < 8 ? 1 : 9)
					draw_guarded(session, session_view(session), width, height);
			grid_free(grid);
			session_free(session);
		}
}

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* clang-format off */
static const char *const random_words[] = {
	"2", "3", "5", "6", "8", "9", ":blast", "x", "X", "W", "Right", "Left", "Shift-Right", "Shift-Left",
	"[", "]", "(", ")", "w", "Up", "Down", "PgUp", "PgDn", "g", "G", "h", "l", "Tab", "Tab", "Enter", "u",
	"Space", "s", "*", "F", "n", "N", "K", "y", "Y", "o", "Ctrl-O", "Home", "End", "Esc", ":time_33%",
	":time_70%", ":find_node", ":find_0x", ":sort_failed", ":sort_items", ":filter_items_>_1",
	":why-not_0x1000-0x7fffffffffff", ":why-not_zebra", ":ascii", "k", "q", "a", "i", "b", "e", "v", "7",
	":view_recovery", ":view_walk", ":view_steps", ":find_mapping", "?", "1", "4",
};
/* clang-format on */

static void test_keys(void **state)
{
	const char *text = getenv("KSMTOP_SEED");
	uint32_t seed = text ? (uint32_t)strtoul(text, NULL, 0) : 42;

	(void)state;
	printf("KSMTOP_SEED=%" PRIu32 "\n", seed);
	for (int f = 0; f < NR_FILES; f++) {
		struct session *session = open_session(&files[f], GRID_UTF8);
		struct grid *grid = grid_new(80, 24, GRID_UTF8);

		type(session, grid, ":time_50%");
		for (int i = 0; i < 250; i++) {
			struct cell *cells;

			if (i % 30 == 0)
				grid_resize(grid, 80 + (int)(random_next(&seed) % 100),
					    24 + (int)(random_next(&seed) % 30));
			type(session, grid, random_words[random_next(&seed) %
							 (sizeof(random_words) / sizeof(*random_words))]);
			while (session_take_effect(session).kind != EFFECT_NONE)
				continue;
			cells = keep(grid);
			session_draw(session, grid);
			expect_same(grid, cells, "drawn twice", session_t(session));
			free(cells);
		}
		grid_free(grid);
		session_free(session);
	}
}

/* In a hurry a picture may leave the ranking out; once finished it is the one that is drawn at leisure. */
static void test_hurry(void **state)
{
	struct session *hurried = open_session(&files[POISON], GRID_UTF8);
	struct session *patient = open_session(&files[POISON], GRID_UTF8);
	struct grid *grid = grid_new(120, 40, GRID_UTF8);
	uint64_t last = files[POISON].source.nr_events;
	int nr_unfinished = 0;

	(void)state;
	session_hurry(hurried, true);
	session_show(hurried, VIEW_BLAST);
	session_show(patient, VIEW_BLAST);
	for (uint64_t i = 1; i <= 12; i++) {
		struct cell *cells;

		session_jump_to(patient, last * i / 12);
		session_draw(patient, grid);
		assert_false(session_unfinished(patient));
		cells = keep(grid);
		session_jump_to(hurried, last * i / 12);
		session_draw(hurried, grid);
		if (session_unfinished(hurried)) {
			nr_unfinished++;
			if (i == 1)
				assert_true(grid_holds(grid, "are being ranked"));
			session_finish(hurried);
			session_draw(hurried, grid);
			assert_false(session_unfinished(hurried));
		}
		expect_same(grid, cells, "finished", session_t(hurried));
		free(cells);
	}
	assert_true(nr_unfinished > 0);
	grid_free(grid);
	session_free(hurried);
	session_free(patient);
}

/* What Y copies runs: it names a command that there is, the file and the moment. */
static void test_commands(void **state)
{
	static const struct { int file; const char *keys, *start; } cases[] = {
		{NUMA, "8 Y", "ksmtop list numa.dat nodes"},     {STALE, "9 Y", "ksmtop check stale.dat"},
		{POISON, ":blast Y", "ksmtop blast poison-recover.dat"},
		{MREMAP, "2 x Y", "ksmtop whatif walk-mremap-address.dat --pfn 0x"},
		{LIFECYCLE, "3 W Y", "ksmtop why-not-merged lifecycle.dat --mm 0x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seen seen = see(cases[i].file, ":time_90%", 80, 24);
		struct effect effect;

		type(seen.session, seen.grid, cases[i].keys);
		effect = session_take_effect(seen.session);
		assert_int_equal(effect.kind, EFFECT_COPY);
		assert_memory_equal(effect.text, cases[i].start, strlen(cases[i].start));
		seen_end(&seen);
	}
}

/* o names a function of the kernel in every view that stands at an event of the kernel's. */
static void test_source(void **state)
{
	static const int which[] = {NUMA, STALE, MREMAP, POISON, LIFECYCLE};

	(void)state;
	for (size_t f = 0; f < sizeof(which) / sizeof(*which); f++)
		for (int v = 0; views_all[v]; v++) {
			struct seen seen = see(which[f], ":time_50%", 80, 24);
			struct event_index *events = recording_events(files[which[f]].recording);
			uint64_t t = first_event(events, EVENT_P_ITEM_APPEND);
			struct effect effect;

			/* An event that an episode of every kind may be chosen at or before. */
			session_jump_to(seen.session, t ? t : first_event(events, EVENT_P_WALK_BEGIN));
			assert_true(session_show(seen.session, views_all[v]->id));
			type(seen.session, seen.grid, "o");
			effect = session_take_effect(seen.session);
			if (effect.kind == EFFECT_NONE && views_all[v]->under == '7') {
				seen_end(&seen); /* no such episode in this recording */
				continue;
			}
			if (effect.kind != EFFECT_SOURCE)
				fail_msg("view %s: o names no function", view_names[views_all[v]->id]);
			assert_non_null(strstr(effect.text, ".c:"));
			seen_end(&seen);
		}
}

static bool open_all(const char *folder)
{
	char path[4096];

	for (int i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s.dat", folder, files[i].name);
		if (!open_file(&files[i], path))
			return false;
		files[i].path = NULL; /* of this function */
		snprintf(path, sizeof(path), "%s.dat", files[i].name);
		files[i].source.file = strdup(path);
		snprintf(path, sizeof(path), "%s/%s.truth.json", folder, files[i].name);
		truths[i] = json_object_from_file(path);
		if (!truths[i]) {
			fprintf(stderr, "test_state: %s cannot be read\n", path);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shots),          cmocka_unit_test(test_numa_truth),
		cmocka_unit_test(test_migrate_list),
		cmocka_unit_test(test_stale_truth),    cmocka_unit_test(test_what_if_truth),
		cmocka_unit_test(test_blast_truth),    cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_sizes),          cmocka_unit_test(test_keys),
		cmocka_unit_test(test_commands),       cmocka_unit_test(test_source),
		cmocka_unit_test(test_hurry),
	};
	int failed;

	if (argc != 2 || !open_all(argv[1])) {
		fprintf(stderr, "usage: test_state FOLDER\n");
		return 2;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < NR_FILES; i++) {
		recording_close(files[i].recording);
		free((char *)files[i].source.file);
		json_object_put(truths[i]);
	}
	return failed;
}
