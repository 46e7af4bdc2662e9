// SPDX-License-Identifier: GPL-2.0-only
/*
 * vma_set.c - the interval tree of one anon_vma, flattened and kept.
 *
 * A set made at moment a still holds at b when no vma_insert or vma_remove, and no row of a dump,
 * lies between: the kinds of events are an array in memory, so looking is cheaper than listing, unless
 * very many events lie between; then the set is simply made again.
 *
 * The hard idea is in vma_set_covering(): walking down from the last VMA that starts at or before the
 * address, the largest end so far says when no further one can reach it.
 */
#include "explain/vma_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVENTS 100000u

static bool changes_vmas(enum event_kind kind)
{
	return kind == EVENT_P_VMA_INSERT || kind == EVENT_P_VMA_REMOVE || kind == EVENT_P_DUMP_VMA ||
	       kind == EVENT_P_ANON_VMA_FREE || kind == EVENT_P_DUMP_END;
}

static bool still_holds(const struct vma_set *set, const struct episode_source *source,
			struct ref anon_vma, struct moment when)
{
	uint64_t a = set->when.t, b = when.t;

	if (!ref_equal(set->anon_vma, anon_vma) || set->when.known_by != when.known_by)
		return false;
	if (a > b) {
		a = when.t;
		b = set->when.t;
	}
	if (b - a > LOOK_EVENTS)
		return false;
	for (uint64_t n = a + 1; n <= b; n++)
		if (changes_vmas(event_index_kind(source->events, n)))
			return false;
	return true;
}

static int compare_start(const void *a, const void *b, void *arg)
{
	const struct set_vma *vmas = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (vmas[x].start != vmas[y].start)
		return vmas[x].start < vmas[y].start ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int add(struct vma_set *set, const struct vma_row *vma)
{
	if (set->nr == set->room) {
		uint32_t room = set->room ? set->room * 2 : 256;
		struct set_vma *vmas = realloc(set->vmas, room * sizeof(*vmas));

		if (!vmas)
			return -ENOMEM;
		set->vmas = vmas;
		set->room = room;
	}
	set->vmas[set->nr++] = (struct set_vma){ vma->start, vma->end, vma->pgoff, vma->ref, vma->mm,
						     vma->name.addr };
	set->doubtful |= vma->fact.doubt != DOUBT_NONE;
	return 0;
}

static int sort(struct vma_set *set)
{
	uint64_t reach = 0;

	free(set->by_start);
	free(set->reach);
	set->by_start = calloc(set->nr + 1, sizeof(*set->by_start));
	set->reach = calloc(set->nr + 1, sizeof(*set->reach));
	if (!set->by_start || !set->reach)
		return -ENOMEM;
	for (uint32_t i = 0; i < set->nr; i++)
		set->by_start[i] = i;
	qsort_r(set->by_start, set->nr, sizeof(*set->by_start), compare_start, set->vmas);
	for (uint32_t i = 0; i < set->nr; i++) {
		if (set->vmas[set->by_start[i]].end > reach)
			reach = set->vmas[set->by_start[i]].end;
		set->reach[i] = reach;
	}
	return 0;
}

int vma_set_ready(struct vma_set *set, const struct episode_source *source, struct ref anon_vma,
		  struct moment when)
{
	struct history_cursor cursor;
	union row row;
	int more = 0, ret;

	if (still_holds(set, source, anon_vma, when)) {
		set->when = when;
		return 0;
	}
	set->nr = 0;
	set->doubtful = false;
	set->anon_vma = (struct ref){ 0 };
	ret = history_list(source->history, VMAS_OF_ANON_VMA, anon_vma, when, &cursor);
	while (ret == 0 && (more = history_next(&cursor, &row)) > 0)
		ret = add(set, &row.vma);
	if (ret == 0)
		ret = more;
	if (ret == 0)
		ret = sort(set);
	if (ret == 0) {
		set->anon_vma = anon_vma;
		set->when = when;
	}
	return ret;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t vma_set_covering(const struct vma_set *set, uint64_t address, uint32_t *ret_at, uint32_t max)
{
	uint32_t lo = 0, hi = set->nr, nr = 0;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (set->vmas[set->by_start[mid]].start <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo > 0 && set->reach[lo - 1] > address) {
		uint32_t at = set->by_start[--lo];

		if (set->vmas[at].end > address) {
			if (nr < max)
				ret_at[nr] = at;
			nr++;
		}
	}
	if (nr > 1)
		qsort(ret_at, nr < max ? nr : max, sizeof(*ret_at), compare_u32);
	return nr;
}

void vma_set_fini(struct vma_set *set)
{
	free(set->vmas);
	free(set->by_start);
	free(set->reach);
	memset(set, 0, sizeof(*set));
}
