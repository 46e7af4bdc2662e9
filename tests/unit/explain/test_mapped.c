// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_mapped.c - who maps a page at every event of a walk or a recovery, held to the events themselves.
 *
 * In the lab's recordings each walk that unmaps, migrates or puts back and each recovery is replayed by hand from its
 * events: which ptes were taken away by then, which were put back, which will be taken away later on, and the
 * newest mapcount.  mapped_find(), which every model asks, must say the same at each of their moments:
 *
 * - what was taken away is no place, known or possible;
 * - with hindsight what is taken away later, and what was put back, is known;
 * - no more are known than were counted last, and where the walk takes all of them, exactly those that are still there;
 * - what the history's mapping rows are sure of is a known place: there is one relation of mappings;
 * - the what-if has the same mappings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/mapped.h"
#include "explain/whatif.h"
#include "trace/diag.h"
#include "walk_story.h"

#define MAX_PTES 64

static const char *traces;

struct pte { uint64_t mm, address, event; bool mapped; };

/* One walk or recovery, as its events tell it. */
struct replay {
	struct episode_source source;
	struct episode_row episode;
	struct pte ptes[MAX_PTES];
	uint32_t nr;
	struct { uint64_t event; int64_t mapcount; } counts[MAX_PTES * 4];
	uint32_t nr_counts;
	uint64_t first, last;
};

static uint64_t nr_moments, nr_gone, nr_later, nr_exact;

static void count(struct replay *r, uint64_t n, int64_t mapcount)
{
	assert_true(r->nr_counts < MAX_PTES * 4);
	r->counts[r->nr_counts].event = n;
	r->counts[r->nr_counts++].mapcount = mapcount;
}

static void add(struct replay *r, int64_t mm, uint64_t address, uint64_t n, bool mapped)
{
	assert_true(r->nr < MAX_PTES);
	r->ptes[r->nr++] = (struct pte){ (uint64_t)mm, address & ~UINT64_C(0xfff), n, mapped };
}

static void read_walk(struct replay *r, int64_t walk)
{
	uint64_t address = 0;
	struct event ev;

	for (uint64_t n = r->first; n <= r->last; n++) {
		if (event_index_event(r->source.events, n, &ev) != 0)
			continue;
		if (ev.kind == EVENT_P_WALK_BEGIN && EVENT_ARGS(&ev, P_WALK_BEGIN)->walk == walk)
			count(r, n, EVENT_ARGS(&ev, P_WALK_BEGIN)->mapcount);
		else if (ev.kind == EVENT_P_WALK_END && EVENT_ARGS(&ev, P_WALK_END)->walk == walk)
			count(r, n, EVENT_ARGS(&ev, P_WALK_END)->mapcount);
		else if (ev.kind == EVENT_P_WALK_ITEM && EVENT_ARGS(&ev, P_WALK_ITEM)->walk == walk)
			address = (uint64_t)EVENT_ARGS(&ev, P_WALK_ITEM)->address;
		if (ev.kind != EVENT_P_WALK_VMA || EVENT_ARGS(&ev, P_WALK_VMA)->walk != walk)
			continue;
		count(r, n, EVENT_ARGS(&ev, P_WALK_VMA)->mapcount);
		if (!EVENT_ARGS(&ev, P_WALK_VMA)->verdict &&
		    EVENT_ARGS(&ev, P_WALK_VMA)->mapcount != EVENT_ARGS(&ev, P_WALK_VMA)->mapcount_before)
			add(r, EVENT_ARGS(&ev, P_WALK_VMA)->mm, address, n,
			    EVENT_ARGS(&ev, P_WALK_VMA)->mapcount > EVENT_ARGS(&ev, P_WALK_VMA)->mapcount_before);
	}
}

static void read_recovery(struct replay *r)
{
	struct event ev;

	for (uint64_t n = r->first; n <= r->last; n++) {
		if (event_index_event(r->source.events, n, &ev) != 0)
			continue;
		if (ev.kind == EVENT_P_RECOVERY_BEGIN)
			count(r, n, EVENT_ARGS(&ev, P_RECOVERY_BEGIN)->mapcount);
		else if (ev.kind == EVENT_P_RECOVERY_END)
			count(r, n, EVENT_ARGS(&ev, P_RECOVERY_END)->mapcount);
		else if (ev.kind == EVENT_P_RECOVERY_MOVE && !EVENT_ARGS(&ev, P_RECOVERY_MOVE)->err &&
			 EVENT_ARGS(&ev, P_RECOVERY_MOVE)->to_kpfn)
			add(r, EVENT_ARGS(&ev, P_RECOVERY_MOVE)->mm, (uint64_t)EVENT_ARGS(&ev, P_RECOVERY_MOVE)->address,
			    n, false);
	}
}

static const struct mapped *place_of(const struct replay *r, const struct mapped_list *list, const struct pte *pte)
{
	union row row;

	for (uint32_t i = 0; i < list->nr; i++)
		if (list->list[i].address == pte->address &&
		    history_row(r->source.history, list->list[i].mm, moment_at(pte->event), &row) == 0 &&
		    row.mm.name.addr == pte->mm)
			return &list->list[i];
	return NULL;
}

/* The last thing that happened to that pte by n, and the first behind it; NULL: nothing. */
static const struct pte *last_of(const struct replay *r, uint32_t i, uint64_t n)
{
	const struct pte *last = NULL;

	for (uint32_t at = 0; at < r->nr; at++)
		if (r->ptes[at].mm == r->ptes[i].mm && r->ptes[at].address == r->ptes[i].address &&
		    r->ptes[at].event <= n)
			last = &r->ptes[at];
	return last;
}

static void check_ptes(const struct replay *r, const struct mapped_list *list, struct moment when)
{
	bool hindsight = when.known_by == KNOWN_HINDSIGHT;

	for (uint32_t i = 0; i < r->nr; i++) {
		const struct mapped *place = place_of(r, list, &r->ptes[i]);
		const struct pte *last = last_of(r, i, when.t);

		if (last && !last->mapped && place)
			fail_msg("@%llu: 0x%llx was taken away at %llu", (unsigned long long)when.t,
				 (unsigned long long)r->ptes[i].address, (unsigned long long)last->event);
		nr_gone += last && !last->mapped;
		if (last && last->mapped && (!place || (hindsight && !place->known)))
			fail_msg("@%llu: 0x%llx was put back at %llu", (unsigned long long)when.t,
				 (unsigned long long)r->ptes[i].address, (unsigned long long)last->event);
		if (!last && !r->ptes[i].mapped && hindsight && (!place || !place->known || place->doubtful))
			fail_msg("@%llu: 0x%llx is taken away at %llu", (unsigned long long)when.t,
				 (unsigned long long)r->ptes[i].address, (unsigned long long)r->ptes[i].event);
		if (!last && r->ptes[i].mapped && hindsight && place)
			fail_msg("@%llu: 0x%llx is put back at %llu only", (unsigned long long)when.t,
				 (unsigned long long)r->ptes[i].address, (unsigned long long)r->ptes[i].event);
		nr_later += !last && hindsight;
	}
}

/* How many may be known: all of them where the episode takes each away that there was. */
static void check_count(const struct replay *r, const struct mapped_list *list, struct moment when,
			const struct mapped_count *counted)
{
	int64_t newest = -1, total = 0, by_then = 0;

	for (uint32_t i = 0; i < r->nr_counts; i++)
		if (r->counts[i].event <= when.t)
			newest = r->counts[i].mapcount;
	for (uint32_t i = 0; i < r->nr; i++) {
		total += !r->ptes[i].mapped;
		by_then += !r->ptes[i].mapped && r->ptes[i].event <= when.t;
	}
	if (newest >= 0)
		assert_int_equal(counted->mapcount, newest);
	if (newest >= 0 && list->nr_known > newest)
		fail_msg("@%llu: %u known of %lld", (unsigned long long)when.t, list->nr_known, (long long)newest);
	if (when.known_by != KNOWN_HINDSIGHT || !total || !r->nr_counts || r->counts[0].mapcount != total)
		return;
	assert_int_equal(list->nr_known, total - by_then);
	nr_exact++;
}

static void check_rows(const struct replay *r, const struct mapped_list *list, struct moment when)
{
	struct history_cursor cursor;
	bool found;
	union row row;

	assert_int_equal(history_list(r->source.history, MAPPINGS_OF_NODE, r->episode.object, when, &cursor), 0);
	while (history_next(&cursor, &row) > 0) {
		if (row.fact.doubt)
			continue;
		found = false;
		for (uint32_t i = 0; i < list->nr; i++)
			found |= list->list[i].known && list->list[i].address == row.mapping.address &&
				 list->list[i].tgid == row.mapping.tgid;
		if (!found)
			fail_msg("@%llu: pid %d at 0x%llx is a certain mapping", (unsigned long long)when.t,
				 row.mapping.tgid, (unsigned long long)row.mapping.address);
	}
}

static void check_whatif(const struct replay *r, const struct mapped_list *list, struct moment when)
{
	struct whatif *whatif;
	struct diag diag = { 0 };

	assert_int_equal(whatif_page(&r->source, r->episode.object, when, 1u << RULE_LINEAR, &whatif, &diag), 0);
	assert_int_equal(whatif->mappings.nr, list->nr);
	assert_int_equal(whatif->mappings.nr_known, list->nr_known);
	whatif_free(whatif);
}

static void check_moment(const struct replay *r, struct moment when)
{
	struct mapped_count counted;
	struct mapped_list list;
	union row row;

	if (history_row(r->source.history, r->episode.object, when, &row) != 0)
		return;		/* a recovery frees its node */
	mapped_count(&r->source, r->episode.object, when, &counted);
	assert_int_equal(mapped_find(&r->source, r->episode.object, when, counted.mapcount, MAPPED_PTES, &list), 0);
	mapped_judge_then(&list, &counted, when);
	check_ptes(r, &list, when);
	check_count(r, &list, when, &counted);
	check_rows(r, &list, when);
	check_whatif(r, &list, when);
	mapped_fini(&list);
	nr_moments++;
}

static void check_episode(struct replay *r)
{
	r->first = r->episode.fact.born;
	r->last = r->episode.fact.died;
	r->nr = r->nr_counts = 0;
	if (r->episode.kind == EPISODE_WALK)
		read_walk(r, (int64_t)r->episode.totals.walk.walk_id);
	else
		read_recovery(r);
	for (uint64_t n = r->first; n <= r->last; n++) {
		check_moment(r, moment_at(n));
		check_moment(r, moment_hindsight(n));
	}
}

static void check_recording(const char *name)
{
	struct recording *recording;
	struct replay replay = { 0 };
	struct history_cursor cursor;
	char path[4096];
	uint64_t last;
	union row row;

	snprintf(path, sizeof(path), "%s/%s.dat", traces, name);
	recording = recording_open_whole(path);
	assert_non_null(recording);
	replay.source = written_source(recording);
	last = history_last(replay.source.history);
	assert_int_equal(history_list(replay.source.history, ALL_EPISODES, (struct ref){ 0 }, moment_at(last), &cursor), 0);
	while (history_next(&cursor, &row) > 0) {
		if ((row.episode.kind != EPISODE_WALK && row.episode.kind != EPISODE_RECOVERY) ||
		    row.episode.object.table != TABLE_NODE || !row.episode.ended)
			continue;
		print_message("%s %u ", name, row.episode.number);
		replay.episode = row.episode;
		check_episode(&replay);
	}
	recording_close(recording);
}

static void inside_walks_and_recoveries(void **state)
{
	static const char *const names[] = {
		"poison-alloc-fails", "poison-busy", "poison-copy-fails", "poison-fork", "poison-kill", "poison-no-dup",
		"poison-recover", "poison-swap", "stale", "walk-fork-address", "walk-fork-linear", "walk-fork-whole",
		"walk-mremap-address", "walk-mremap-linear", "walk-mremap-whole", "walk-reclaim", "numa",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		check_recording(names[i]);
	print_message("\n%llu moments: %llu ptes gone, %llu still to go or to come; at %llu all were named\n",
		      (unsigned long long)nr_moments, (unsigned long long)nr_gone, (unsigned long long)nr_later,
		      (unsigned long long)nr_exact);
	assert_true(nr_moments > 1000 && nr_gone > 1000 && nr_later > 500 && nr_exact > 300);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(inside_walks_and_recoveries) };

	if (argc != 2)
		return 1;
	traces = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
