// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_episode.c - episodes found, opened and stepped through.
 *
 * One walk is small enough to be known by heart (walk_story.h): its totals, its steps, its holds' VMAs,
 * and where each unit of stepping stops.  Then every episode of every recording of the lab that can be
 * had here is held to what must be true of all: steps ascend, holds add up to the kernel's own
 * counts, the rebuilt interval trees explain each hold, and n steps back undo n steps forth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/diag.h"
#include "walk_story.h"

#define SLACK_NS 1000000u

static struct opened_episode *open_one(const struct episode_source *source, uint32_t number)
{
	struct opened_episode *episode = NULL;
	struct diag diag = { 0 };
	struct ref ref;

	assert_int_equal(history_find_number(source->history, TABLE_EPISODE, number, &ref), 0);
	assert_int_equal(episode_open(source, ref, moment_hindsight(history_last(source->history)),
				      &episode, &diag), 0);
	return episode;
}

static void a_walk_comes_to_its_totals(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct opened_episode *episode = open_one(&source, 1);
	const struct episode_row *row = episode_row(episode);
	const struct walk_totals *walk = &row->totals.walk;
	union row early;

	(void)state;
	assert_int_equal(row->kind, EPISODE_WALK);
	assert_int_equal(row->fact.born, 11);
	assert_int_equal(row->fact.died, 20);
	assert_int_equal(row->fact.doubt, DOUBT_NONE);
	assert_int_equal(row->tid, 88);
	assert_true(row->ended && walk->complete);
	assert_int_equal(walk->nr_iteration_total, 6);
	assert_int_equal(walk->visited, 2);
	assert_int_equal(walk->skip_addr_out_of_range, 2);
	assert_int_equal(walk->skip_mm_mismatch, 2);
	assert_int_equal(walk->holds, 2);
	assert_int_equal(walk->held_ns, 13000);
	assert_int_equal(walk->longest_hold_ns, 9000);
	assert_int_equal(walk->waited_ns, 1500);
	assert_int_equal(walk->duration_ns, 20000);
	assert_int_equal(walk->mapcount_before, 2);
	assert_int_equal(walk->mapcount_after, 0);
	/* An observer in the middle of it knows how it began and no more. */
	assert_int_equal(history_row(source.history, row->ref, moment_at(15), &early), 0);
	assert_false(early.episode.ended);
	assert_int_equal(early.episode.totals.walk.mapcount_before, 2);
	assert_int_equal(early.episode.totals.walk.holds, 0);
	assert_int_equal(history_row(source.history, row->ref, moment_at(10), &early), -2);
	episode_close(episode);
	recording_close(recording);
}

static void a_walk_without_an_end_says_so(void **state)
{
	const struct written story[] = { WALK_STORY };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct opened_episode *episode = open_one(&source, 1);

	(void)state;
	assert_false(episode_row(episode)->ended);
	assert_int_equal(episode_row(episode)->fact.died, NEVER);
	assert_int_equal(episode_row(episode)->totals.walk.nr_iteration_total, 0);
	assert_int_equal(episode_nr_steps(episode), 7);
	assert_int_equal(episode_nr_holds(episode), 2);
	episode_close(episode);
	recording_close(recording);
}

static void an_end_without_a_begin_has_its_totals(void **state)
{
	const struct written story[] = {
		WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"), WALK_STORY_END };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct opened_episode *episode = open_one(&source, 1);

	(void)state;
	assert_true(episode_row(episode)->begin_lost);
	assert_int_equal(episode_row(episode)->fact.doubt, DOUBT_UNKNOWN_BEFORE);
	assert_int_equal(episode_row(episode)->totals.walk.nr_iteration_total, 6);
	assert_false(episode_row(episode)->totals.walk.complete);
	episode_close(episode);
	recording_close(recording);
}

/* A scan has no figure of the kernel's own: without its begin, or its end, nobody knows how long it took. */
static void half_a_scan_has_no_duration(void **state)
{
	const struct written story[] = {
		WR(10, 0, 91, KSM_STOP_SCAN, 1, 5),
		WR(20, 0, 91, KSM_START_SCAN, 2, 5),
		WR(30, 0, 91, KSM_START_SCAN, 3, 5),
		WR(40, 0, 91, KSM_STOP_SCAN, 3, 5) };
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	uint64_t ns = 0;

	(void)state;
	for (uint32_t number = 1; number <= 3; number++) {
		struct opened_episode *episode = open_one(&source, number);

		assert_int_equal(episode_duration(episode_row(episode), &ns), number == 3);
		episode_close(episode);
	}
	assert_true(ns > 0);
	recording_close(recording);
}

static void a_hold_shows_what_the_kernel_only_summed(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	static const struct { int64_t vma; int verdict; char evidence; } expected[2][3] = {
		{ { V1, 1, 'I' }, { V0, 0, 'T' }, { V2, 2, 'I' } },
		{ { V1, 1, 'I' }, { V0, 2, 'I' }, { V2, 0, 'T' } },
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct opened_episode *episode = open_one(&source, 1);
	const struct waiter *waiters;
	const struct hold_vma *vmas;
	bool agrees;
	uint32_t nr;

	(void)state;
	for (uint32_t hold = 0; hold < 2; hold++) {
		assert_int_equal(episode_hold_vmas(episode, hold, &vmas, &nr, &agrees), 0);
		assert_int_equal(nr, 3);
		assert_true(agrees);
		for (uint32_t i = 0; i < nr; i++) {
			assert_int_equal(vmas[i].vma.name.addr, (uint64_t)expected[hold][i].vma);
			assert_int_equal(vmas[i].verdict, expected[hold][i].verdict);
			assert_int_equal(vmas[i].evidence, expected[hold][i].evidence);
		}
	}
	assert_int_equal(episode_hold_vmas(episode, 2, &vmas, &nr, &agrees), -2);
	assert_int_equal(episode_waiters(episode, &waiters, &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(waiters[0].tid, 2202);
	assert_int_equal(waiters[0].begin, 13);
	assert_int_equal(waiters[0].end, 16);
	assert_true(waiters[0].is_write);
	episode_close(episode);
	recording_close(recording);
}

static uint32_t count_moves(struct opened_episode *episode, enum episode_unit unit)
{
	struct episode_cursor cursor = { 0, NO_VMA };
	uint32_t nr = 0;

	while (episode_move(episode, &cursor, unit, 1) && nr < 1000000)
		nr++;
	return nr;
}

static void units_stop_where_they_should(void **state)
{
	const struct written story[] = { WALK_STORY, WALK_STORY_END };
	static const struct { enum episode_unit unit; uint32_t nr; } expected[] = {
		{ UNIT_EVENT, 7 }, { UNIT_VMA, 6 }, { UNIT_SKIP, 4 }, { UNIT_VISIT, 2 },
		{ UNIT_ITEM, 3 }, { UNIT_PASS, 3 },
	};
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct opened_episode *episode = open_one(&source, 1);
	struct episode_cursor cursor;

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_int_equal(count_moves(episode, expected[i].unit), expected[i].nr);
	/* From its end back to the last VMA that was skipped: V0, the same mm, in pass 2. */
	episode_move_to_end(episode, &cursor, 1);
	assert_true(episode_move(episode, &cursor, UNIT_SKIP, -1));
	assert_int_equal(cursor.vma, 1);
	assert_int_equal(episode_step(episode, cursor.step)->hold, 1);
	episode_close(episode);
	recording_close(recording);
}

/* ---- every episode there is ---- */
static void check_back_and_forth(struct opened_episode *episode, enum episode_unit unit)
{
	enum { MANY = 40 };
	struct episode_cursor at[MANY], cursor = { 0, NO_VMA };
	int nr = 0;

	while (nr < MANY && episode_move(episode, &cursor, unit, 1))
		at[nr++] = cursor;
	for (int i = nr - 2; i >= 0; i--) {
		assert_true(episode_move(episode, &cursor, unit, -1));
		assert_int_equal(cursor.step, at[i].step);
		assert_int_equal(cursor.vma, at[i].vma);
	}
}

/* Whoever comes from elsewhere to an event in the middle goes on from there, and back from there. */
static void check_from_events(struct opened_episode *episode, enum episode_unit unit)
{
	enum { MANY = 64 };
	uint32_t nr = episode_nr_steps(episode), by = nr > MANY ? nr / 8 : 1;	/* long ones have long lists of VMAs */

	for (uint32_t i = 0; i < nr; i += by) {
		uint64_t event = episode_step(episode, i)->event;
		struct episode_cursor at = episode_cursor_at(episode, event), on = at, back = at;

		assert_int_equal(episode_cursor_event(episode, at), event);
		if (episode_move(episode, &on, unit, 1))
			assert_true(episode_cursor_event(episode, on) >= event);
		if (episode_move(episode, &back, unit, -1))
			assert_true(episode_cursor_event(episode, back) <= event);
	}
}

static void check_walk(struct opened_episode *episode)
{
	const struct walk_totals *walk = &episode_row(episode)->totals.walk;
	uint64_t offered = 0, visited = 0, outside = 0, other_mm = 0, held = 0;
	const struct hold_vma *vmas;
	bool agrees;
	uint32_t nr;

	for (uint32_t i = 0; i < episode_nr_holds(episode); i++) {
		const struct hold *hold = episode_hold(episode, i);

		assert_int_equal(hold->nr_before, offered);
		offered += hold->nr_offered;
		visited += hold->nr_visited;
		outside += hold->nr_outside;
		other_mm += hold->nr_other_mm;
		held += hold->held_ns;
	}
	if (!walk->complete)
		return;
	assert_int_equal(offered, walk->nr_iteration_total);
	assert_int_equal(visited, walk->visited);
	assert_int_equal(outside, walk->skip_addr_out_of_range);
	assert_int_equal(other_mm, walk->skip_mm_mismatch);
	assert_int_equal(held, walk->held_ns);
	/* Some of them: a hold of 20,000 VMAs takes its time. */
	for (uint32_t i = 0; i < episode_nr_holds(episode); i += 1 + (uint32_t)(offered / 50000)) {
		assert_int_equal(episode_hold_vmas(episode, i, &vmas, &nr, &agrees), 0);
		assert_int_equal(nr, episode_hold(episode, i)->nr_offered);
		assert_true(agrees);
	}
}

/*
 * It took as long as the kernel measured, but for what lies between measuring and telling.  The kernel measures from
 * the wait for ksm_thread_mutex on, which the first event tells when it is over: that event's time is the beginning.
 */
static void check_recovery_times(const struct episode_source *source, const struct episode_row *row)
{
	uint64_t told, between = row->end_ns - row->begin_ns + row->totals.recovery.waited_ns;
	struct event event;

	if (!row->ended || row->begin_lost)
		return;
	assert_int_equal(event_index_event(source->events, row->fact.born, &event), 0);
	assert_int_equal(row->begin_ns, event.ts_ns);
	assert_true(episode_duration(row, &told));
	assert_true(told <= between + SLACK_NS);
	assert_true(between <= told + SLACK_NS);
}

static uint32_t check_recording(const char *path)
{
	struct recording *recording = recording_open_whole(path);
	struct episode_source source;
	struct opened_episode *episode;
	struct ref ref;
	uint32_t number;

	if (!recording)
		return 0;
	source = written_source(recording);
	for (number = 1; history_find_number(source.history, TABLE_EPISODE, number, &ref) == 0; number++) {
		episode = open_one(&source, number);
		for (uint32_t i = 1; i < episode_nr_steps(episode); i++)
			assert_true(episode_step(episode, i)->event > episode_step(episode, i - 1)->event);
		if (episode_row(episode)->ended && episode_row(episode)->kind != EPISODE_RECOVERY) {
			uint32_t last = episode_nr_steps(episode) - 1;

			assert_int_equal(episode_step(episode, last)->event,
					 episode_row(episode)->fact.died);
			assert_int_equal(episode_step(episode, last)->kind, STEP_END);
		}
		if (episode_row(episode)->kind == EPISODE_RECOVERY)
			check_recovery_times(&source, episode_row(episode));
		if (episode_row(episode)->kind == EPISODE_WALK)
			check_walk(episode);
		for (enum episode_unit unit = 0; unit < NR_UNITS; unit++) {
			check_back_and_forth(episode, unit);
			check_from_events(episode, unit);
		}
		episode_close(episode);
	}
	recording_close(recording);
	return number - 1;
}

static void all_episodes_of_the_lab(void **state)
{
	uint32_t nr = 0;

	(void)state;
	for (char **path = lab_recordings(); path && *path; path++)
		nr += check_recording(*path);
	print_message("%u episodes\n", nr);
	if (!nr)
		skip();
}

/*
 * A pte belongs to the process whose VMA's visit is told right behind it; to nobody known, if it has another
 * address than the item (a page that is no KSM page), if two come before one visit, or outside of a walk.
 */
static void a_migration_names_whose_pte_it_was(void **state)
{
	const struct written story[] = {
		WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),
		WR(11, 0, 2201, P_MM_FORK, MM_A, MM_B, 0, "vm-a"),
		WR(12, 1, 88, MM_MIGRATE_PAGES_START, .mode = 1),
		WR(13, 1, 88, SET_MIGRATION_PTE, .addr = ADDRESS),
		WR(14, 1, 88, P_WALK_BEGIN, 7, PFN, NODE, 2, 0, 0, 2, 3),
		WR(15, 1, 88, P_WALK_ITEM, 7, 1, ITEM, AV, MM_A, ADDRESS, 0, -1, 1500),
		WR(16, 1, 88, SET_MIGRATION_PTE, .addr = ADDRESS),
		WR(17, 0, 99, SET_MIGRATION_PTE, .addr = ADDRESS),
		WR(18, 1, 88, P_WALK_VMA, 7, 1, ITEM, V0, MM_A, 0x80100073, 0, 1, 2, 1),
		WR(19, 1, 88, P_WALK_UNLOCK, 7, 1, ITEM, 1, 1, 9000),
		WR(20, 1, 88, P_WALK_ITEM, 7, 2, ITEM, AV, MM_A, ADDRESS, 0, -1, 0),
		WR(21, 1, 88, P_WALK_VMA, 7, 2, ITEM, V0, MM_A, 0x80100073, 2, 0, 1, 1),
		WR(22, 1, 88, SET_MIGRATION_PTE, .addr = ADDRESS),
		WR(23, 1, 88, P_WALK_VMA, 7, 2, ITEM, V2, MM_B, 0x80100073, 0, 1, 1, 0),
		WR(24, 1, 88, SET_MIGRATION_PTE, .addr = ADDRESS + 0x1000),
		WR(25, 1, 88, P_WALK_VMA, 7, 2, ITEM, V1, MM_B, 0x80100073, 0, 1, 0, 0),
		WR(26, 1, 88, SET_MIGRATION_PTE, .addr = ADDRESS),
		WR(27, 1, 88, SET_MIGRATION_PTE, .addr = ADDRESS),
		WR(28, 1, 88, P_WALK_VMA, 7, 2, ITEM, V1, MM_B, 0x80100073, 0, 1, 0, 0),
		WR(29, 1, 88, P_WALK_UNLOCK, 7, 2, ITEM, 1, 1, 4000),
		WR(30, 1, 88, P_WALK_END, 7, 2, 6, 2, 2, 2, 0, 0, 20000),
		WR(31, 1, 88, MM_MIGRATE_PAGES, .succeeded = 1) };
	static const char whose[] = "?AB???";
	struct recording *recording = written_open(story, sizeof(story) / sizeof(*story));
	struct episode_source source = written_source(recording);
	struct opened_episode *episode = open_one(&source, 1);
	uint32_t nr = 0;

	(void)state;
	assert_int_equal(episode_row(episode)->kind, EPISODE_MIGRATION);
	for (uint32_t i = 0; i < episode_nr_steps(episode); i++) {
		const struct step *step = episode_step(episode, i);
		struct ref ref = { 0 };

		if (step->kind != STEP_PTE)
			continue;
		assert_true(nr < sizeof(whose) - 1);
		if (whose[nr] != '?')
			assert_int_equal(history_find(source.history, TABLE_MM,
						      (uint64_t)(whose[nr] == 'A' ? MM_A : MM_B), 0,
						      moment_hindsight(step->event), &ref), 0);
		assert_true(ref_equal(step->ref, ref));
		nr++;
	}
	assert_int_equal(nr, sizeof(whose) - 1);
	episode_close(episode);
	recording_close(recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_comes_to_its_totals),
		cmocka_unit_test(a_walk_without_an_end_says_so),
		cmocka_unit_test(an_end_without_a_begin_has_its_totals),
		cmocka_unit_test(half_a_scan_has_no_duration),
		cmocka_unit_test(a_hold_shows_what_the_kernel_only_summed),
		cmocka_unit_test(units_stop_where_they_should),
		cmocka_unit_test(a_migration_names_whose_pte_it_was),
		cmocka_unit_test(all_episodes_of_the_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
