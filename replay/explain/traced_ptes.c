// SPDX-License-Identifier: GPL-2.0-only
/*
 * traced_ptes.c - the ptes that walks and recoveries took from a KSM page or gave it, and its mapcount by their events.
 *
 * A visit that lowered the mapcount took the pte at the item's address away, one that raised it put it there: only the
 * callbacks that unmap, migrate or put back do either (try_to_unmap_one(), try_to_migrate_one(), remove_migration_pte()).
 * What else happens to a pte is not traced, but that of a migration entry nothing can: a fault waits for it.  A swap
 * entry may be brought back by a fault once the page is unlocked, and nobody tells.
 *
 * A mapcount is a fact of its own event.  It holds for the moments up to the next one too if that is the same and
 * nothing came in between that maps a page: it can only have fallen, and then it would have had to rise again.
 *
 * Only the last few episodes of a node are read: an unmapping that is older is forgotten, and its place is possible.
 */
#include "explain/traced_ptes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/array.h"
#include "trace/diag.h"

#define ROWS_LOOK	64u	/* episodes of the node, of which those that change ptes are read */
#define EVENTS_LOOK	512u
enum { VISITED = 0 };						/* KSMTOP_VERDICTS */

/* The episodes of the node that had begun by t, and of which they are known to be. */
struct page_episodes { struct episode_row rows[TRACED_EPISODES_MAX]; uint32_t nr; };

static bool changes_ptes(const struct episode_row *row)
{
	uint8_t purpose = row->totals.walk.purpose;

	return row->kind == EPISODE_RECOVERY || row->kind == EPISODE_KILL_LIST ||
	       (row->kind == EPISODE_WALK && (row->begin_lost || (purpose >= PURPOSE_UNMAP && purpose <= PURPOSE_MIGRATED)));
}

/* The last ones, in their order. */
static void find_episodes(const struct history *h, struct ref node, struct moment when, struct page_episodes *ret)
{
	struct history_cursor cursor;
	union row row;

	ret->nr = 0;
	if (history_list(h, EPISODES_ABOUT, node, when, &cursor) != 0)
		return;
	history_seek_end(&cursor);
	for (uint32_t i = 0; i < ROWS_LOOK && ret->nr < TRACED_EPISODES_MAX && history_prev(&cursor, &row) > 0; i++)
		if (row.episode.fact.born <= when.t && changes_ptes(&row.episode))
			ret->rows[ret->nr++] = row.episode;
	for (uint32_t i = 0; i < ret->nr / 2; i++) {
		struct episode_row swap = ret->rows[i];

		ret->rows[i] = ret->rows[ret->nr - 1 - i];
		ret->rows[ret->nr - 1 - i] = swap;
	}
}

static int add(struct traced_ptes *ptes, const struct traced_pte *pte)
{
	if (ARRAY_ROOM(ptes->list, ptes->nr, ptes->room) != 0)
		return -ENOMEM;
	ptes->list[ptes->nr++] = *pte;
	return 0;
}

static struct ref mm_at(const struct history *h, int64_t addr, uint64_t event)
{
	struct ref mm;

	return addr && history_find(h, TABLE_MM, (uint64_t)addr, 0, moment_at(event), &mm) == 0 ? mm
												: (struct ref){ 0 };
}

/* `until` and `failed`: of a pte that a visit takes away. */
static int read_visit(struct opened_episode *opened, uint32_t i, uint64_t until, bool failed,
		      struct traced_ptes *ptes)
{
	const struct step *step = episode_step(opened, i);
	const struct hold *hold = episode_hold(opened, step->hold);
	const struct args_P_WALK_VMA *args;
	struct traced_pte pte;
	struct event ev;

	if (!hold || step->verdict != VISITED || episode_step_event(opened, i, &ev) != 0)
		return 0;
	args = EVENT_ARGS(&ev, P_WALK_VMA);
	if (args->mapcount == args->mapcount_before)
		return 0;
	pte = (struct traced_pte){ .vma = step->ref, .address = hold->address & ~UINT64_C(0xfff),
				   .event = step->event, .mapped = args->mapcount > args->mapcount_before,
				   .until = until, .failed = failed };
	pte.mm = mm_at(episode_source(opened)->history, args->mm, step->event);
	return add(ptes, &pte);
}

static int read_move(struct opened_episode *opened, uint32_t i, struct traced_ptes *ptes)
{
	const struct step *step = episode_step(opened, i);
	const struct args_P_RECOVERY_MOVE *args;
	struct event ev;

	if (episode_step_event(opened, i, &ev) != 0)
		return 0;
	args = EVENT_ARGS(&ev, P_RECOVERY_MOVE);
	if (args->err || step->verdict == MOVE_FAILED || !args->to_kpfn)
		return 0;
	return add(ptes, &(struct traced_pte){
		.mm = mm_at(episode_source(opened)->history, args->mm, step->event),
		.address = (uint64_t)args->address & ~UINT64_C(0xfff), .event = step->event, .until = NEVER });
}

/* The moment that an observer of `when` looks back from. */
static struct moment as_known(const struct episode_source *source, struct moment when)
{
	uint64_t last = history_last(source->history);

	return moment_at(when.known_by < last ? when.known_by : last);
}

static int read_episode(const struct episode_source *source, const struct episode_row *row, struct moment when,
			bool failed, struct traced_ptes *ptes)
{
	uint64_t until = failed || row->totals.walk.purpose == PURPOSE_MIGRATE ? NEVER :
			 row->ended ? row->fact.died : NEVER;
	struct opened_episode *opened;
	struct diag diag = { 0 };
	int ret = row->kind == EPISODE_KILL_LIST ? -ENOENT :
		  episode_open(source, row->ref, as_known(source, when), &opened, &diag);

	if (ret)
		return ret == -ENOMEM ? ret : 0;
	for (uint32_t i = 0; ret == 0 && i < episode_nr_steps(opened); i++) {
		const struct step *step = episode_step(opened, i);

		if (step->event > when.known_by)
			break;
		if (step->kind == STEP_VMA)
			ret = read_visit(opened, i, until, failed, ptes);
		else if (step->kind == STEP_MOVE)
			ret = read_move(opened, i, ptes);
	}
	episode_close(opened);
	return ret;
}

int traced_ptes_read(const struct episode_source *source, struct ref node, struct moment when,
		     struct traced_ptes *ret_ptes)
{
	struct traced_ptes ptes = { 0 };
	struct page_episodes episodes;
	bool failed = false;
	int ret = 0;

	find_episodes(source->history, node, when, &episodes);
	for (uint32_t i = 0; ret == 0 && i < episodes.nr; i++) {
		const struct episode_row *row = &episodes.rows[i];

		failed |= row->kind != EPISODE_WALK;
		if (row->kind == EPISODE_WALK && row->fact.born < when.t && row->totals.walk.purpose == PURPOSE_MIGRATE)
			ptes.all_entries = row->ended && !row->begin_lost && row->totals.walk.complete &&
					   row->fact.doubt == DOUBT_NONE &&
					   !traced_may_map(source, row->fact.died, when.t, when.known_by);
		ret = read_episode(source, &episodes.rows[i], when, failed, &ptes);
	}
	if (ret) {
		traced_ptes_fini(&ptes);
		return ret;
	}
	*ret_ptes = ptes;
	return 0;
}

void traced_ptes_fini(struct traced_ptes *ptes)
{
	free(ptes->list);
	memset(ptes, 0, sizeof(*ptes));
}

/* ---- the mapcount ---- */
bool traced_may_map(const struct episode_source *source, uint64_t a, uint64_t b, uint64_t known_by)
{
	if (b > a + EVENTS_LOOK || history_may_lack(source->history, EVENT_UNKNOWN, a, b, known_by))
		return true;
	for (uint64_t n = a + 1; n < b; n++) {
		switch (event_index_kind(source->events, n)) {
		case EVENT_KSM_MERGE_ONE_PAGE:
		case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		case EVENT_P_ITEM_APPEND:
		case EVENT_P_MM_FORK:
		case EVENT_TASK_NEWTASK:
		case EVENT_P_VMA_INSERT:
			return true;
		default:
			break;
		}
	}
	return false;
}

/* What a step of a walk or a recovery says of the page's mapcount, before and after it: false if it says nothing. */
static bool count_of_step(struct opened_episode *opened, uint32_t i, int64_t *ret_before, int64_t *ret_mapcount)
{
	const struct args_P_WALK_VMA *visit;
	const struct step *step = episode_step(opened, i);
	bool walk = episode_row(opened)->kind == EPISODE_WALK;
	struct event ev;

	if ((step->kind != STEP_BEGIN && step->kind != STEP_END && (!walk || step->kind != STEP_VMA)) ||
	    episode_step_event(opened, i, &ev) != 0)
		return false;
	switch (ev.kind) {
	case EVENT_P_WALK_BEGIN:
		*ret_mapcount = EVENT_ARGS(&ev, P_WALK_BEGIN)->mapcount;
		break;
	case EVENT_P_WALK_VMA:
		visit = EVENT_ARGS(&ev, P_WALK_VMA);
		*ret_mapcount = visit->mapcount;
		/* Of a VMA that was not visited it is not told. */
		*ret_before = visit->verdict == VISITED ? visit->mapcount_before : visit->mapcount;
		return true;
	case EVENT_P_WALK_END:
		*ret_mapcount = EVENT_ARGS(&ev, P_WALK_END)->mapcount;
		break;
	case EVENT_P_RECOVERY_BEGIN:
		*ret_mapcount = EVENT_ARGS(&ev, P_RECOVERY_BEGIN)->mapcount;
		break;
	case EVENT_P_RECOVERY_END:
		*ret_mapcount = EVENT_ARGS(&ev, P_RECOVERY_END)->mapcount;
		break;
	default:
		return false;
	}
	*ret_before = *ret_mapcount;
	return true;
}

/* What the page's mapcount was right before that event, the next that tells one. */
struct next_count { uint64_t event; int64_t before; };

/* The last count by `when` of that episode, and the first behind it that the observer knows. */
static void count_episode(const struct episode_source *source, const struct episode_row *row, struct moment when,
			  struct mapped_count *count, struct next_count *next)
{
	struct opened_episode *opened;
	struct diag diag = { 0 };
	int64_t before, mapcount;

	if (episode_open(source, row->ref, as_known(source, when), &opened, &diag) != 0)
		return;
	for (uint32_t i = 0; !next->event && i < episode_nr_steps(opened); i++) {
		const struct step *step = episode_step(opened, i);

		if (!count_of_step(opened, i, &before, &mapcount) || step->event > when.known_by)
			continue;
		if (step->event <= when.t)
			*count = (struct mapped_count){ mapcount, step->event, EVIDENCE_TRACED };
		else
			*next = (struct next_count){ step->event, before };
	}
	episode_close(opened);
}

static bool counts(const struct episode_row *row)
{
	return row->kind == EPISODE_WALK || row->kind == EPISODE_RECOVERY;
}

/* The first walk or recovery of the node behind `last`, the last that had begun by then: what it counts first. */
static void count_later(const struct episode_source *source, struct ref node, struct ref last, struct moment when,
			struct next_count *next)
{
	struct moment then = as_known(source, when);
	struct mapped_count none = { 0 };
	struct history_cursor cursor;
	union row row;

	if (then.t <= when.t || history_list(source->history, EPISODES_ABOUT, node, then, &cursor) != 0 ||
	    history_seek(&cursor, last) != 0 || history_next(&cursor, &row) <= 0)
		return;
	while (!next->event && history_next(&cursor, &row) > 0)
		if (counts(&row.episode))
			count_episode(source, &row.episode, when, &none, next);
}

void traced_count(const struct episode_source *source, struct ref node, struct moment when, struct mapped_count *ret)
{
	struct mapped_count count = { .mapcount = -1 };
	struct next_count next = { 0 };
	struct history_cursor cursor;
	struct ref last = { 0 };
	union row row;

	*ret = count;
	if (history_list(source->history, EPISODES_ABOUT, node, when, &cursor) != 0)
		return;
	history_seek_end(&cursor);
	while (!count.evidence && history_prev(&cursor, &row) > 0) {
		if (!counts(&row.episode) || row.episode.fact.born > when.t)
			continue;
		if (ref_is_none(last))
			last = row.episode.ref;
		count_episode(source, &row.episode, when, &count, &next);
	}
	if (!count.evidence)
		return;
	if (!next.event && when.known_by > when.t && count.event < when.t)
		count_later(source, node, last, when, &next);
	if (count.event < when.t && next.event && next.before == count.mapcount &&
	    !traced_may_map(source, count.event, next.event, when.known_by))
		count.event = when.t;
	*ret = count;
}
