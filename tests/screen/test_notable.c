// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_notable.c - what stands out in a recording, in words, on the screens that list it; and what each event was.
 *
 * Who opens a recording is to be led to what went wrong in it: a migration that failed, a walk that left mappings,
 * whom a signal went to.  A sentence names its page or process, never "none" or an episode's number, and tells a
 * walk's duration apart from how long a lock was held.
 *
 * Usage: test_notable TRACES
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explore.h"
#include "event/event_index.h"
#include "view/why.h"

static const struct { const char *trace, *keys, *holds, *holds_not; } cases[] = {
	{"walk-fork-address", "4 :time_start", "! +0.326186     migrate walk (address) left 4 mappings of node#", "nothing"},
	{"walk-fork-address", "4 :time_start", "~ +0.328765     migration failed: 1 page not moved, 20 walks", "nothing"},
	{"walk-fork-address", "1 :time_start", "migration failed: 1 page not moved, 20 walks", "nothing notable"},
	/* n goes there; what stands there is the end of that walk and of that migration */
	{"walk-fork-address", "4 :time_start n", "why: the walk ends", "no later"},
	{"walk-fork-address", "4 :time_start n n", "migrated 0 pages, 1 failed", "no later"},
	{"walk-fork-address", "4 :time_start n n n", "no later notable moment", "nothing stands out"},
	{"stale", "4 :time_start", "migrate walk (linear) left 2 mappings of node#", "left 4"},
	{"walk-fork-linear", "4 :time_start", "WORTH A LOOK", " left "},
	{"walk-20k-200-whole", "4 :time_start", "lock held 88.5 ms in a walk of 3.6 s of node#", "episode#"},
	{"poison-kill", "4 :time_start", "SIGBUS to poison-kill 57", "SIGBUS, "},
	{"poison-kill", "4 :time_start", ": recovery is off; 0 moved, mapcount 4", "episode#"},
	{"poison-kill", "4 :time_start", ": 2 processes", "episode#"},
	{"poison-recover", "4 :time_start", "recovered; 4 moved, mapcount 0", "episode#"},
	{"collapse-poison-anon", "4 :time_start", "failed: copy_poisoned_page (30)", "none failed"},
};

/* 80x24: what the recording has comes before what it has not, and one line leads to what stands out. */
static const struct { const char *trace, *keys, *holds, *holds_not; } small[] = {
	{"walk-20k-200-whole", "4 :time_start", " rmap walks  ", " chains "},
	{"walk-20k-200-whole", "4 :time_start", "lock held 88.5 ms in a walk of 3.6 s of node#", "WORTH A LOOK"},
	{"walk-20k-200-whole", "4 :time_end", "lock held 32.0 ms", "nothing stands out"},
	{"poison-kill", "4 :time_start", " poison  ", " chains "},
	{"poison-kill", "4 :time_start", " rmap walks  ", " dups "},
	{"lifecycle", "4 :time_start", " chains  ", " poison "},
	{"debian", "4 :time_start", " zero pages  ", "not traced by this kernel"},
};

static void check(const char *trace, const char *keys, const char *holds, const char *holds_not, int width, int height)
{
	struct grid *grid = grid_new(width, height, GRID_ASCII);
	struct session *session;
	struct opened file;

	open_trace(&file, trace);
	session = open_session(&file, GRID_ASCII);
	type(session, grid, keys);
	if (!grid_holds(grid, holds) || grid_holds(grid, holds_not))
		fail_msg("%s, %s: \"%s\" is not shown, or \"%s\" is", trace, keys, holds, holds_not);
	grid_free(grid);
	session_free(session);
	close_trace(&file);
}

static void test_what_stands_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(cases[i].trace, cases[i].keys, cases[i].holds, cases[i].holds_not, 120, 40);
}

static void test_small_timeline(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(small) / sizeof(*small); i++)
		check(small[i].trace, small[i].keys, small[i].holds, small[i].holds_not, 80, 24);
}

/* ---- sentences of single events ---- */
static bool says(const char *sentence, const char *word) { return strstr(sentence, word) != NULL; }

/* What no sentence of an event of that kind may say; NULL: fine. */
static const char *wrong(const struct event *event, uint64_t nr_dumps, const char *sentence)
{
	static const char *const never[] = { " none ", " none.", ": none", "in none", "how many events of each kind" };

	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (says(sentence, never[i]))
			return "a name for what has none";
	switch (event->kind) {
	case EVENT_MEMORY_FAILURE_EVENT:
		return says(sentence, "a stable node") ? "a node that nobody knows of" :
		       !says(sentence, "result recovered") || !says(sentence, "page (") ? "bare numbers" : NULL;
	case EVENT_SIGNAL_GENERATE:
		return EVENT_ARGS(event, SIGNAL_GENERATE)->sig == 7 &&
		       (!says(sentence, "SIGBUS to ") || !says(sentence, "(BUS_MCEERR_A")) ? "bare numbers" : NULL;
	case EVENT_P_DUMP_MM: case EVENT_P_DUMP_ITEM: case EVENT_P_DUMP_VMA:
		return nr_dumps > 1 && says(sentence, "a process") ? "no process at a later dump" : NULL;
	case EVENT_P_DUMP_NODE:
		return says(sentence, "a stable node") ? "no node at a dump" : NULL;
	case EVENT_P_DUMP_ANON_VMA:
		return says(sentence, "anon_vma#") ? NULL : "no anon_vma at a dump";
	case EVENT_P_COUNTS:
		return says(sentence, "this CPU has traced ") ? NULL : "no count";
	default:
		return NULL;
	}
}

static void test_sentences(void **state)
{
	static const char *const traces[] = { "poison-kill", "poison-recover", "collapse-poison-anon",
					      "walk-fork-address", "stale", "numa", "reasons" };

	(void)state;
	for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++) {
		uint64_t nr_dumps = 0, nr_told = 0;
		struct session *session;
		struct opened file;
		struct scene scene;

		open_trace(&file, traces[i]);
		session = open_session(&file, GRID_ASCII);
		assert_true(scene_init(&scene, session));
		for (uint64_t nr = 1; nr <= history_last(scene.history); nr++) {
			char sentence[WHY_MAX];
			struct event event;
			const char *fault;

			if (event_index_event(recording_events(scene.recording), nr, &event) ||
			    event.kind == EVENT_UNKNOWN || !event.args)
				continue;
			nr_dumps += event.kind == EVENT_P_DUMP_BEGIN;
			nr_told++;
			why_event(&scene, nr, sentence, sizeof(sentence));
			fault = wrong(&event, nr_dumps, sentence);
			if (fault)
				fail_msg("%s, event %" PRIu64 ": %s: \"%s\"", traces[i], nr, fault, sentence);
		}
		assert_true(nr_dumps > 0 && nr_told > nr_dumps);
		session_free(session);
		close_trace(&file);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_stands_out),
		cmocka_unit_test(test_small_timeline),
		cmocka_unit_test(test_sentences),
	};

	return traces_given(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
