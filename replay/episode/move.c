// SPDX-License-Identifier: GPL-2.0-only
/*
 * move.c - stepping through an episode by its own units, back exactly as forth.
 *
 * Most units are "the next step of which something is true".  VMAs of a walk are finer than steps: the
 * ones that were only summed have no event.  A cursor therefore has a second part, the VMA within the
 * hold, and moving by VMA walks the list of the hold that one is in, going over to the next hold
 * that was offered any.  Only holds that one enters are looked up.
 *
 * Going back by a unit leads to where going forward by it would have come from.
 */
#include "episode/opened.h"

/* Is this step one at which the unit stops?  */
static bool stops(const struct opened_episode *e, enum episode_unit unit, uint32_t at)
{
	const struct step *step = &e->steps[at], *before = at ? &e->steps[at - 1] : NULL;

	switch (unit) {
	case UNIT_EVENT:
		return true;
	case UNIT_ITEM:
		return step->kind == STEP_ITEM || step->kind == STEP_BEGIN || step->kind == STEP_END;
	case UNIT_PASS:
		return (step->kind == STEP_ITEM && (!before || before->phase != step->phase ||
						    before->kind == STEP_BEGIN)) ||
		       step->kind == STEP_BEGIN || step->kind == STEP_END;
	case UNIT_STEP:
		return step->kind != STEP_ITEM_MOVED && step->kind != STEP_UNLOCK;
	case UNIT_VISIT:
		return step->kind == STEP_VMA && step->verdict == 0;
	case UNIT_MAPPING:
		return step->kind == STEP_MOVE || step->kind == STEP_PTE || step->kind == STEP_TASK ||
		       step->kind == STEP_PAGE;
	case UNIT_WALK:
		return step->kind == STEP_WALK || step->kind == STEP_BEGIN || step->kind == STEP_END;
	case UNIT_PHASE:
		return !before || before->phase != step->phase;
	default:
		return false;
	}
}

/* The cursor's VMA for a step of its own, so that one can go on by VMA from there. */
static uint32_t vma_of_step(struct opened_episode *e, uint32_t step)
{
	const struct hold_vma *vmas;
	uint32_t nr;

	if (e->steps[step].kind != STEP_VMA || e->steps[step].hold == NO_STEP ||
	    episode_hold_vmas(e, e->steps[step].hold, &vmas, &nr, NULL) != 0)
		return NO_VMA;
	for (uint32_t i = 0; i < nr; i++)
		if (vmas[i].event == e->steps[step].event)
			return i;
	return NO_VMA;
}

/*
 * The step that shows this VMA: its own, else that of the last one before it that has one, since it was come by
 * behind that; before all of these the hold's lock.
 */
static uint32_t step_of_vma(const struct opened_episode *e, const struct hold *hold,
			    const struct hold_vma *vmas, int64_t at)
{
	while (at >= 0 && !vmas[at].event)
		at--;
	for (uint32_t i = hold->first_step; at >= 0 && i < hold->first_step + hold->nr_steps; i++)
		if (e->steps[i].event == vmas[at].event)
			return i;
	return hold->first_step;
}

/* Skipped ones come in runs for one reason, thousands long: each is stopped at once, at its first VMA. */
static bool wanted(const struct hold_vma *vmas, int64_t i, enum episode_unit unit)
{
	return unit == UNIT_VMA ||
	       (vmas[i].verdict != 0 && (!i || vmas[i - 1].verdict != vmas[i].verdict));
}

/* From `vma` of that hold (exclusive) on: the next wanted one there. */
static bool within(struct opened_episode *e, uint32_t hold, int64_t vma, enum episode_unit unit, int dir,
		   struct episode_cursor *cursor)
{
	const struct hold_vma *vmas;
	uint32_t nr;

	if (episode_hold_vmas(e, hold, &vmas, &nr, NULL) != 0)
		return false;
	if (vma == INT64_MAX)
		vma = nr;
	for (vma += dir; vma >= 0 && vma < nr; vma += dir) {
		if (!wanted(vmas, vma, unit))
			continue;
		cursor->vma = (uint32_t)vma;
		cursor->step = step_of_vma(e, &e->holds[hold], vmas, vma);
		return true;
	}
	return false;
}

/* Nothing to stop at in it: so that a hold need not be looked up. */
static bool has_wanted(const struct hold *hold, enum episode_unit unit)
{
	return unit == UNIT_VMA ? hold->nr_offered > 0
				: hold->nr_offered > hold->nr_visited;
}

/*
 * From where one goes on, exclusive, at an event of the hold that no VMA under the cursor belongs to: forwards
 * from the last one that was come by, backwards from the first that was not.
 */
static int64_t vma_beside(struct opened_episode *e, uint32_t hold, uint64_t event, int dir)
{
	const struct hold_vma *vmas;
	int64_t at = -1;
	uint32_t nr, i;

	if (episode_hold_vmas(e, hold, &vmas, &nr, NULL) != 0)
		return -1;
	for (i = 0; i < nr && vmas[i].event <= event; i++)
		if (vmas[i].event)
			at = i;
	return dir > 0 ? at : i;
}

static bool move_by_vma(struct opened_episode *e, struct episode_cursor *cursor,
			enum episode_unit unit, int dir)
{
	const struct step *step = &e->steps[cursor->step];
	int64_t hold, vma = dir > 0 ? -1 : INT64_MAX;

	if (!e->nr_holds)
		return false;
	if (step->hold != NO_STEP) {
		hold = step->hold;
		if (cursor->vma != NO_VMA)
			vma = cursor->vma;
		else if (step->kind == STEP_ITEM && dir < 0)
			vma = 0;
		else if (step->kind == STEP_UNLOCK && dir > 0)
			vma = e->holds[hold].nr_offered;
		else
			vma = vma_beside(e, (uint32_t)hold, step->event, dir);
	} else if (step->kind == STEP_BEGIN) {
		hold = dir > 0 ? 0 : -1;
	} else {
		hold = dir > 0 ? e->nr_holds : (int64_t)e->nr_holds - 1;
	}
	for (; hold >= 0 && hold < e->nr_holds; hold += dir) {
		if (has_wanted(&e->holds[hold], unit) &&
		    within(e, (uint32_t)hold, vma, unit, dir, cursor))
			return true;
		vma = dir > 0 ? -1 : INT64_MAX;
	}
	return false;
}

bool episode_move(struct opened_episode *e, struct episode_cursor *cursor, enum episode_unit unit,
		  int dir)
{
	int64_t at;

	if (cursor->step >= e->nr_steps || !dir)
		return false;
	dir = dir > 0 ? 1 : -1;
	if (unit == UNIT_VMA || unit == UNIT_SKIP)
		return move_by_vma(e, cursor, unit, dir);
	/* From a summed VMA the step that one stands on is behind, not under, the cursor. */
	at = cursor->step;
	if (dir < 0 && cursor->vma != NO_VMA && vma_of_step(e, cursor->step) != cursor->vma)
		at++;
	for (at += dir; at >= 0 && at < e->nr_steps; at += dir) {
		if (!stops(e, unit, (uint32_t)at))
			continue;
		cursor->step = (uint32_t)at;
		cursor->vma = vma_of_step(e, cursor->step);
		return true;
	}
	return false;
}

bool episode_move_to_vma(struct opened_episode *e, struct episode_cursor *cursor, uint32_t hold,
			 uint32_t vma)
{
	const struct hold_vma *vmas;
	uint32_t nr;

	if (episode_hold_vmas(e, hold, &vmas, &nr, NULL) != 0 || vma >= nr)
		return false;
	cursor->step = step_of_vma(e, &e->holds[hold], vmas, vma);
	cursor->vma = vma;
	return true;
}

void episode_move_to_end(const struct opened_episode *e, struct episode_cursor *cursor, int dir)
{
	cursor->step = dir < 0 || !e->nr_steps ? 0 : e->nr_steps - 1;
	cursor->vma = NO_VMA;
}

struct episode_cursor episode_cursor_at(struct opened_episode *e, uint64_t t)
{
	uint32_t nr = (uint32_t)BISECT(0, e->nr_steps, i, e->steps[i].event <= t), step = nr ? nr - 1 : 0;

	return (struct episode_cursor){ step, nr ? vma_of_step(e, step) : NO_VMA };
}

uint64_t episode_cursor_event(const struct opened_episode *e, struct episode_cursor cursor)
{
	return cursor.step < e->nr_steps ? e->steps[cursor.step].event : 0;
}
