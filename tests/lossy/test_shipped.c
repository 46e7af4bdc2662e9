// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_shipped.c - a recording with gaps claims nothing that the recording without them denies.
 *
 *	test_shipped [-v] [-m] DIRECTORY SEEDS [SECONDS [NAME]]
 *
 * Each recording of the directory (or the one that NAME begins) loses one random sub-buffer, and several,
 * for each seed, and is opened again; when the SECONDS are over, no further seeds are tried.
 * With -m nothing is compared, only measured.  At many moments, with and without hindsight, every row that is not
 * doubtful must be in the whole recording, attribute by attribute.  Right at the end of a complete dump
 * no row of a patched recording that is known by then may be doubtful for a gap, but some mappings: a dump reads no
 * page tables and has no page's mapcount.  If the gap hid a walk, the end of a VMA or process, a recovery or a
 * migrated page, one may have left by it and come back unseen; and whether the page that a sample saw was a KSM page
 * is not known before the counts that tell that no stable node went.  At the end every episode that is not doubtful
 * must be one of the whole recording's, with the same times and totals.  A list that is called whole must lack none
 * of the whole recording's rows, and no number of the kernel's contradict what was rebuilt.
 *
 * Printed for one sub-buffer: how long rows were doubtful, beside what an oracle makes of it that
 * knows which events went (rowtime.h); with hindsight at most 1.5 times as long, in sum and in the median.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "facts.h"
#include "pair.h"
#include "rowtime.h"

#define NR_MOMENTS	40u
#define MANY_EVENTS	5000u		/* then so many moments are too slow */

static bool verbose, only_measure;
static unsigned nr_failures;
static uint64_t nr_whole_lists, nr_sure, nr_doubtful, nr_episodes, nr_episodes_doubtful;
/* Mappings behind complete dumps: of them doubtful; and not so without the gap. */
static uint64_t nr_maps, nr_maps_doubtful, nr_maps_for_gap;
static struct rowtime_totals totals;

/* ---- comparing ---- */
static void fail(const struct pair *pair, struct moment when, const union row *row, const char *what)
{
	char text[FACT_TEXT];

	if (nr_failures++ > 40 && !verbose)
		return;
	fact_text(recording_history(pair->lossy), row, when, text);
	fprintf(stderr, "%s seed %llu cuts %u event %llu (%llu)%s: %s%s\n", pair->name,
		(unsigned long long)pair->seed, pair->nr_cuts, (unsigned long long)when.t,
		(unsigned long long)pair->real[when.t], when.t == when.known_by ? "" : " hindsight", text, what);
}

static const enum relation whole_lists[] = { ALL_NODES, ALL_ITEMS, ALL_MMS };

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The addresses of the list, sorted; to be freed. */
static uint64_t *names_of(const struct history *h, enum relation relation, struct moment when, uint64_t *ret_nr)
{
	struct history_cursor cursor;
	uint64_t *names = NULL, nr = 0, room = 0;
	union row row;

	if (history_list(h, relation, (struct ref){ 0 }, when, &cursor) != 0)
		exit(1);
	while (history_next(&cursor, &row) == 1) {
		if (nr == room) {
			room = room ? room * 2 : 256;
			names = realloc(names, room * sizeof(*names));
		}
		names[nr++] = row.node.name.addr;
	}
	if (nr)
		qsort(names, nr, sizeof(*names), by_value);
	*ret_nr = nr;
	return names;
}

/* A list that is called whole lacks no row that the whole recording has: a gap takes none without a word. */
static void compare_lists(struct pair *pair, struct moment when)
{
	const struct history *whole = recording_history(pair->whole), *lossy = recording_history(pair->lossy);
	struct moment then = moment_at(pair->real[when.t]);

	for (unsigned r = 0; history_is_patched(lossy) && r < sizeof(whole_lists) / sizeof(*whole_lists); r++) {
		uint64_t nr, *names, *name;
		struct history_cursor cursor;
		union row row;

		if (!history_is_whole(lossy, whole_lists[r], (struct ref){ 0 }, when) ||
		    history_list(whole, whole_lists[r], (struct ref){ 0 }, then, &cursor) != 0)
			continue;
		nr_whole_lists++;
		names = names_of(lossy, whole_lists[r], when, &nr);
		while (history_next(&cursor, &row) == 1) {
			/* Dumps tell of the mms that ksmd scans, and nobody of all others. */
			if (row.any.ref.table == TABLE_MM && !row.mm.in_ksm)
				continue;
			name = nr ? bsearch(&row.node.name.addr, names, nr, sizeof(*names), by_value) : NULL;
			if (name || row.fact.doubt)
				continue;
			nr_failures++;
			fprintf(stderr, "%s seed %llu cuts %u event %llu (%llu)%s: list %d is called whole and lacks %llx\n",
				pair->name, (unsigned long long)pair->seed, pair->nr_cuts, (unsigned long long)when.t,
				(unsigned long long)then.t, when.t == when.known_by ? "" : " hindsight",
				whole_lists[r], (unsigned long long)row.node.name.addr);
		}
		free(names);
	}
}

/* What a sample says is written down at the last event before it, which may be one that was not lost. */
static bool is_sampled(const union row *row)
{
	return row->any.ref.table == TABLE_MAPPING || row->any.ref.table == TABLE_MM;
}

/* The first dump finds an unstable tree of which no event has told: it may be that of the scan before, thrown away. */
static bool is_untold_tree(const struct pair *pair, struct moment when, const struct item_row *item)
{
	const struct history *whole = recording_history(pair->whole);
	struct moment then = moment_at(pair->real[when.t]);
	struct ref ref;
	union row row;

	return item->state == ITEM_UNSTABLE &&
	       history_find(whole, TABLE_ITEM, item->name.addr, 0, then, &ref) == 0 &&
	       history_row(whole, ref, then, &row) == 0 && row.fact.doubt;
}

/* The mappings that the whole recording is sure of at a moment, sorted; read when first asked for. */
struct sure_maps { struct sure_map { uint64_t tgid, address, pfn; } *maps; uint64_t nr, room; bool read; };

static int by_map(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sure_map));
}

static void sure_maps_read(struct sure_maps *sure, const struct pair *pair, struct moment when)
{
	uint64_t t = pair->real[when.t];
	struct history_cursor cursor;
	union row row;

	sure->read = true;
	if (history_list(recording_history(pair->whole), ALL_MAPPINGS, (struct ref){ 0 },
			 when.t == when.known_by ? moment_at(t) : moment_hindsight(t), &cursor) != 0)
		return;
	while (history_next(&cursor, &row) == 1) {
		if (row.fact.doubt)
			continue;
		if (sure->nr == sure->room) {
			sure->room = sure->room ? 2 * sure->room : 1024;
			sure->maps = realloc(sure->maps, sure->room * sizeof(*sure->maps));
			if (!sure->maps)
				abort();
		}
		sure->maps[sure->nr++] = (struct sure_map){ (uint64_t)row.mapping.tgid, row.mapping.address,
							    row.mapping.pfn };
	}
	if (sure->nr)
		qsort(sure->maps, sure->nr, sizeof(*sure->maps), by_map);
}

/* Is it as doubtful in the whole recording? */
static bool is_doubtful_anyway(struct sure_maps *sure, const struct pair *pair, struct moment when,
			       const struct mapping_row *mapping)
{
	struct sure_map asked = { (uint64_t)mapping->tgid, mapping->address, mapping->pfn };

	if (!sure->read)
		sure_maps_read(sure, pair, when);
	return !sure->nr || !bsearch(&asked, sure->maps, sure->nr, sizeof(asked), by_map);
}

/* Of what went, is anything a way in which a mapping leaves and may come back unseen (kinds.c)? */
static bool may_have_left(const struct pair *pair)
{
	struct event_index *events = recording_events(pair->whole);

	for (uint64_t i = 0; i < pair->nr_gone; i++) {
		switch (event_index_kind(events, pair->gone[i])) {
		case EVENT_P_MM_EXEC: case EVENT_P_MM_LEAVE: case EVENT_P_MM_FREE: case EVENT_P_VMA_REMOVE:
		case EVENT_P_WALK_BEGIN: case EVENT_P_WALK_ITEM: case EVENT_P_WALK_VMA:
		case EVENT_P_RECOVERY_BEGIN: case EVENT_P_RECOVERY_MOVE: case EVENT_P_NODE_KPFN:
			return true;
		default:
			break;
		}
	}
	return false;
}

static bool lies_behind_all_gaps(const struct history *h, uint64_t t)
{
	struct history_loss loss;

	for (uint32_t i = 0; history_loss(h, i, &loss) == 0; i++)
		if (!loss.before || loss.before > t)
			return false;
	return true;
}

/* A mapping that may have left in the gap, and what is doubtful without it or was found later. */
static bool may_be_doubtful(struct sure_maps *sure, const struct pair *pair, struct moment when,
			    const union row *row)
{
	const struct history *h = recording_history(pair->lossy);

	if (row->fact.known > when.t)
		return true;
	if (row->any.ref.table == TABLE_ITEM)
		return is_untold_tree(pair, when, &row->item);
	if (row->any.ref.table != TABLE_MAPPING)
		return false;
	nr_maps_doubtful++;
	if (is_doubtful_anyway(sure, pair, when, &row->mapping))
		return true;
	nr_maps_for_gap++;
	return row->fact.doubt == DOUBT_PAGE_FLAG || !lies_behind_all_gaps(h, when.t) || may_have_left(pair);
}

static void compare(struct pair *pair, struct moment when, bool after_dump)
{
	const struct history *whole = recording_history(pair->whole), *lossy = recording_history(pair->lossy);
	struct fact_set set, late;
	struct sure_maps sure = { 0 };
	uint64_t real = pair->real[when.t];

	fact_set_init(&set, whole, moment_hindsight(real));
	fact_set_init(&late, whole, moment_hindsight(pair->real[when.t + 1] ? pair->real[when.t + 1] - 1 : real));
	for (unsigned r = 0; r < nr_fact_relations; r++) {
		struct history_cursor cursor;
		union row row;

		if (history_list(lossy, fact_relations[r], (struct ref){ 0 }, when, &cursor) != 0)
			continue;
		while (history_next(&cursor, &row) == 1) {
			bool is_so = fact_set_has(&set, lossy, &row, when) ||
				     (is_sampled(&row) && fact_set_has(&late, lossy, &row, when));

			nr_maps += after_dump && row.any.ref.table == TABLE_MAPPING;
			if (!row.fact.doubt) {
				nr_sure++;
				if (!is_so)
					fail(pair, when, &row, " is not so");
				continue;
			}
			nr_doubtful++;
			if (after_dump && history_is_patched(lossy) && !may_be_doubtful(&sure, pair, when, &row))
				fail(pair, when, &row, " is doubtful behind a dump");
		}
	}
	free(sure.maps);
	fact_set_fini(&set);
	fact_set_fini(&late);
	compare_lists(pair, when);
}

/* ---- episodes ---- */
static bool same_episode(const struct episode_row *a, const struct episode_row *b)
{
	return a->kind == b->kind && a->tid == b->tid && a->begin_ns == b->begin_ns && a->ended == b->ended &&
	       a->end_ns == b->end_ns && memcmp(&a->totals, &b->totals, sizeof(a->totals)) == 0;
}

/* Those of the whole recording stand in order of their begins, and so do those that are left. */
static void compare_episodes(struct pair *pair)
{
	struct moment when = moment_hindsight(pair->last);
	struct moment all = moment_hindsight(event_index_last(recording_events(pair->whole)));
	struct history_cursor cursor, in_whole;
	union row row, real = { .any.ref.table = TABLE_NONE };

	if (history_list(recording_history(pair->lossy), ALL_EPISODES, (struct ref){ 0 }, when, &cursor) != 0 ||
	    history_list(recording_history(pair->whole), ALL_EPISODES, (struct ref){ 0 }, all, &in_whole) != 0)
		return;
	while (history_next(&cursor, &row) == 1) {
		if (row.fact.doubt) {
			nr_episodes_doubtful++;
			continue;
		}
		nr_episodes++;
		while (!same_episode(&row.episode, &real.episode) && history_next(&in_whole, &real) == 1)
			;
		if (same_episode(&row.episode, &real.episode))
			continue;
		nr_failures++;
		fprintf(stderr, "%s seed %llu cuts %u: episode %u (kind %u, event %llu) is not so\n", pair->name,
			(unsigned long long)pair->seed, pair->nr_cuts, row.episode.number, row.episode.kind,
			(unsigned long long)row.fact.born);
		history_list(recording_history(pair->whole), ALL_EPISODES, (struct ref){ 0 }, all, &in_whole);
	}
}

/* ---- what the kernel's numbers contradict ---- */
#define MAX_FINDINGS 200u
struct findings { struct finding found[MAX_FINDINGS]; uint32_t nr; };

static int add_finding(const struct finding *finding, void *arg)
{
	struct findings *all = arg;

	if (finding->severity == 2 && all->nr < MAX_FINDINGS)
		all->found[all->nr++] = *finding;
	return 0;
}

/* A gap makes nothing contradict the kernel: what does so must do so in the whole recording. */
static void compare_findings(struct pair *pair)
{
	struct findings whole = { .nr = 0 }, lossy = { .nr = 0 };

	if (history_check(recording_history(pair->whole), add_finding, &whole) != 0 ||
	    history_check(recording_history(pair->lossy), add_finding, &lossy) != 0)
		exit(1);
	for (uint32_t i = 0; i < lossy.nr; i++) {
		const struct finding *f = &lossy.found[i];
		bool is_so = false;

		for (uint32_t k = 0; k < whole.nr; k++)
			is_so |= strcmp(whole.found[k].id, f->id) == 0 && whole.found[k].found == f->found &&
				 whole.found[k].expected == f->expected;
		if (is_so)
			continue;
		nr_failures++;
		fprintf(stderr, "%s seed %llu cuts %u event %llu: %s, kernel %lld, rebuilt %lld: is not so\n", pair->name,
			(unsigned long long)pair->seed, pair->nr_cuts, (unsigned long long)f->event, f->id,
			(long long)f->expected, (long long)f->found);
	}
}

/* The dump that ends at event e is complete, and no gap touches it or comes before its next event. */
static bool is_complete_dump(const struct pair *pair, uint64_t e)
{
	struct event_index *lossy = recording_events(pair->lossy);
	const struct history *h = recording_history(pair->lossy);
	uint64_t begin = e;
	struct event end;

	/* One that gave way to somebody says so. */
	if (event_index_kind(lossy, e) != EVENT_P_DUMP_END || event_index_event(lossy, e, &end) != 0 ||
	    EVENT_ARGS(&end, P_DUMP_END)->result != 0)
		return false;
	while (begin > 1 && event_index_kind(lossy, begin) != EVENT_P_DUMP_BEGIN)
		begin--;
	for (uint32_t i = 0; i < history_nr_losses(h); i++) {
		struct history_loss loss;

		history_loss(h, i, &loss);
		if ((!loss.before || loss.before > begin) && loss.after < e)
			return false;
	}
	return pair->real[e] - pair->real[begin] == e - begin;
}

static void look(struct pair *pair)
{
	const struct history *h = recording_history(pair->lossy);
	bool many = pair->last > MANY_EVENTS;
	uint64_t step = pair->last / (many ? NR_MOMENTS / 4 : NR_MOMENTS) + 1, near = many ? 2 : 12;

	for (uint64_t t = 1; t <= pair->last; t += step) {
		compare(pair, moment_at(t), false);
		compare(pair, moment_hindsight(t), false);
	}
	for (uint32_t i = 0; i < history_nr_losses(h); i++) {
		struct history_loss loss;

		history_loss(h, i, &loss);
		for (uint64_t t = loss.after; t <= loss.after + 2 && t <= pair->last; t++)
			compare(pair, moment_hindsight(t ? t : 1), false);
		for (uint64_t t = loss.before - 1; loss.before && t <= loss.before + near && t <= pair->last; t++) {
			compare(pair, moment_at(t ? t : 1), false);
			compare(pair, moment_hindsight(t ? t : 1), false);
		}
	}
	for (uint64_t e = 1; e <= pair->last; e++) {
		if (is_complete_dump(pair, e)) {
			compare(pair, moment_at(e), true);
			compare(pair, moment_hindsight(e), true);
		}
	}
	compare_episodes(pair);
	compare_findings(pair);
}

/* ---- one recording ---- */
static void one(struct pair *pair, void *arg)
{
	(void)arg;
	if (!only_measure)
		look(pair);
	if (pair->nr_cuts == 1 && history_is_patched(recording_history(pair->whole))) {
		struct rowtime time = rowtime_measure(pair->whole, pair->lossy, pair->real, pair->gone, pair->nr_gone);

		rowtime_add(&totals, &time);
		printf("%-28s seed %-3llu ", pair->name, (unsigned long long)pair->seed);
		rowtime_print(&time, verbose);
	}
}

int main(int argc, char **argv)
{
	struct pairs pairs;
	unsigned nr_runs;

	for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
		verbose |= strcmp(argv[1], "-v") == 0;
		only_measure |= strcmp(argv[1], "-m") == 0;
	}
	if (!pairs_asked(&pairs, argc, argv)) {
		fprintf(stderr, "usage: test_shipped [-v] [-m] DIRECTORY SEEDS [SECONDS [NAME]]\n");
		return 2;
	}
	pairs.single = only_measure;
	nr_runs = pairs_each(&pairs, one, NULL);
	printf("%u recordings with gaps, %llu certain rows, %llu doubtful; %llu certain episodes, %llu doubtful; %u facts wrong\n",
	       nr_runs, (unsigned long long)nr_sure, (unsigned long long)nr_doubtful,
	       (unsigned long long)nr_episodes, (unsigned long long)nr_episodes_doubtful, nr_failures);
	printf("behind complete dumps: %llu mappings, %llu of them doubtful, %llu for a gap alone\n",
	       (unsigned long long)nr_maps, (unsigned long long)nr_maps_doubtful,
	       (unsigned long long)nr_maps_for_gap);
	if (!rowtime_print_totals(&totals) && argc <= 4) {
		printf("that is more than 1.5 times, with hindsight\n");
		nr_failures++;
	}
	return nr_failures || !nr_runs || ((!nr_sure || !nr_whole_lists) && !only_measure);
}
