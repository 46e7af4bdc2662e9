// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold.c - every VMA that an interval tree offered while a walk held its lock.
 *
 * The patched kernel writes an event only for VMAs that were visited (or invalid) and sums the rest.
 * While the anon_vma is locked its interval tree does not change, so the rebuilt tree at the event of
 * the lock, asked for the same pages, is the list; events of the hold are laid over it by the address
 * of the VMA.  The verdicts of the others follow from rmap_walk_ksm()'s two tests.
 *
 * A walk that stops does so at a VMA that it visited: what the tree would have offered after the
 * number that the kernel counted was never looked at.  Whether the rebuilt list explains the kernel's
 * sums is told, not assumed: events may be lost, or the tree never dumped.
 */
#include <errno.h>

#include "episode/opened.h"

enum { VISITED, OUTSIDE, OTHER_MM, INVALID };	/* KSMTOP_VERDICTS */

static void judge(const struct hold *hold, struct hold_vma *vma)
{
	bool own = !ref_is_none(hold->mm) && ref_equal(vma->vma.mm, hold->mm);

	vma->evidence = EVIDENCE_INFERRED;
	/* where events of the hold may be missing the walk may have stopped in front of it, or been refused there */
	vma->doubtful = vma->vma.fact.doubt != DOUBT_NONE || hold->lacks;
	if (hold->address < vma->vma.start || hold->address >= vma->vma.end)
		vma->verdict = OUTSIDE;
	else if (own != (hold->pass == 1))
		vma->verdict = OTHER_MM;
	else
		vma->verdict = VISITED;
}

static int list_vmas(struct opened_episode *e, const struct hold *hold)
{
	struct moment when = { hold->begin, e->when.known_by };
	struct history_cursor cursor;
	union row row;
	int more = 0, ret;

	if (when.known_by < when.t)
		when.known_by = when.t;
	e->nr_vmas = 0;
	if (ref_is_none(hold->anon_vma) || hold->begin_lost)	/* what it was asked for is not known */
		return 0;
	ret = history_vmas_stab(e->source.history, hold->anon_vma, hold->first, hold->last, when, &cursor);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	while ((more = history_next(&cursor, &row)) > 0) {
		if (hold->end && !hold->lacks && e->nr_vmas == hold->nr_offered)
			break;
		if (ARRAY_ROOM(e->vmas, e->nr_vmas, e->room_vmas) != 0)
			return -ENOMEM;
		e->vmas[e->nr_vmas] = (struct hold_vma){ .vma = row.vma };
		judge(hold, &e->vmas[e->nr_vmas++]);
	}
	return more < 0 ? more : 0;
}

/* Lays the hold's events over the list, in order: false if one has no place there. */
static bool lay_events(struct opened_episode *e, const struct hold *hold)
{
	uint32_t at = 0;
	bool all = true;
	struct event ev;

	for (uint32_t i = hold->first_step; i < hold->first_step + hold->nr_steps; i++) {
		const struct args_P_WALK_VMA *args;

		if (e->steps[i].kind != STEP_VMA ||
		    event_index_event(e->source.events, e->steps[i].event, &ev) != 0)
			continue;
		args = EVENT_ARGS(&ev, P_WALK_VMA);
		while (at < e->nr_vmas && e->vmas[at].vma.name.addr != (uint64_t)args->vma)
			at++;
		if (at == e->nr_vmas)
			return false;
		all &= e->vmas[at].verdict == args->verdict ||
		       (e->vmas[at].verdict == VISITED && args->verdict == INVALID);
		e->vmas[at].event = e->steps[i].event;
		e->vmas[at].verdict = (uint8_t)args->verdict;
		e->vmas[at].answer = args->answer != 0;
		e->vmas[at].mapcount_before = (int32_t)args->mapcount_before;
		e->vmas[at].mapcount_after = (int32_t)args->mapcount;
		e->vmas[at].evidence = EVIDENCE_TRACED;
		e->vmas[at++].doubtful = false;
	}
	return all;
}

static bool sums_agree(const struct opened_episode *e, const struct hold *hold)
{
	uint64_t nr[4] = { 0 };

	for (uint32_t i = 0; i < e->nr_vmas; i++)
		nr[e->vmas[i].verdict & 3]++;
	return hold->end && nr[VISITED] == hold->nr_visited && nr[OUTSIDE] == hold->nr_outside &&
	       nr[OTHER_MM] == hold->nr_other_mm && nr[INVALID] == hold->nr_invalid;
}

int episode_hold_vmas(struct opened_episode *e, uint32_t i, const struct hold_vma **ret_vmas,
		      uint32_t *ret_nr, bool *ret_agrees)
{
	int ret = i < e->nr_holds ? 0 : -ENOENT;

	if (ret == 0 && e->vmas_hold != i) {
		e->vmas_hold = NO_STEP;
		ret = list_vmas(e, &e->holds[i]);
		if (ret == 0) {
			e->vmas_agree = lay_events(e, &e->holds[i]);
			e->vmas_agree &= sums_agree(e, &e->holds[i]);
			e->vmas_hold = i;
		}
	}
	if (ret)
		return ret;
	*ret_vmas = e->vmas;
	*ret_nr = e->nr_vmas;
	if (ret_agrees)
		*ret_agrees = e->vmas_agree;
	return 0;
}
