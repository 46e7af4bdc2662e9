// SPDX-License-Identifier: GPL-2.0-only
/*
 * step_scan.c - the events of a scan as steps.
 *
 * A scan is as long as the machine is large: a run of its events that say the same of the same process is
 * one step.  What its story turns on (a page becomes a KSM page, an item is merged, anything fails or
 * moves in the stable tree) is a step of its own.
 *
 * Few of the events say which scan they are of.  Without a loss they are ksmd's between its start and its stop;
 * behind a gap that may have hidden the one or the other, only what stands between two that do say so.
 */
#include <errno.h>

#include "episode/step_reading.h"

bool step_scan_kind(enum event_kind kind)
{
	return (kind >= EVENT_KSM_START_SCAN && kind <= EVENT_KSM_ADVISOR) ||
	       (kind >= EVENT_P_NODE_INSERT && kind <= EVENT_P_SCAN_SUM);
}

/* Merged, met or passed over as is usual; anything else kept a page from being shared. */
static bool is_usual(int64_t outcome)
{
	enum { MERGED, ALREADY_STABLE, CHECKSUM_CHANGED, SMART_SKIP, ZERO_PAGE, KEPT_UNSTABLE = 9 };	/* KSMTOP_SCAN_OUTCOMES */

	return (outcome >= MERGED && outcome <= ZERO_PAGE) || outcome == KEPT_UNSTABLE;
}

/* Whose it is and what it says of it; false: its story may turn on it. */
static bool scan_alike(const struct event *ev, int64_t *ret_mm, int64_t *ret_said)
{
	*ret_mm = *ret_said = 0;
	switch (ev->kind) {
	case EVENT_P_ITEM_NEW:
	case EVENT_P_ITEM_FREE:
	case EVENT_P_ITEM_UNSTABLE:
		*ret_mm = EVENT_ARGS(ev, P_ITEM_NEW)->mm;
		return true;
	case EVENT_P_ITEM_DETACH:
		*ret_mm = EVENT_ARGS(ev, P_ITEM_DETACH)->mm;
		*ret_said = EVENT_ARGS(ev, P_ITEM_DETACH)->site;
		return true;
	case EVENT_P_ITEM_SCAN:
		*ret_mm = EVENT_ARGS(ev, P_ITEM_SCAN)->mm;
		*ret_said = EVENT_ARGS(ev, P_ITEM_SCAN)->outcome;
		return is_usual(*ret_said);
	case EVENT_P_UNSTABLE_RESET:
		*ret_said = EVENT_ARGS(ev, P_UNSTABLE_RESET)->seqnr;
		return true;
	case EVENT_KSM_MERGE_ONE_PAGE:
		*ret_mm = EVENT_ARGS(ev, KSM_MERGE_ONE_PAGE)->mm;
		return !EVENT_ARGS(ev, KSM_MERGE_ONE_PAGE)->err;
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		*ret_mm = EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->mm;
		*ret_said = EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->pfn;
		/* Without a KSM page it begins a pair: the page becomes one. */
		return EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->ksm_page && !EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->err;
	case EVENT_KSM_REMOVE_RMAP_ITEM:
		*ret_mm = EVENT_ARGS(ev, KSM_REMOVE_RMAP_ITEM)->mm;
		*ret_said = EVENT_ARGS(ev, KSM_REMOVE_RMAP_ITEM)->pfn;
		return true;
	case EVENT_KSM_ENTER:
	case EVENT_KSM_EXIT:
		*ret_mm = EVENT_ARGS(ev, KSM_ENTER)->mm;
		return true;
	default:
		return ev->kind == EVENT_KSM_REMOVE_KSM_PAGE;
	}
}

/* The scan that the event is of; -1: it does not say. */
static int64_t scan_of(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_KSM_START_SCAN: return EVENT_ARGS(ev, KSM_START_SCAN)->seq;
	case EVENT_KSM_STOP_SCAN: return EVENT_ARGS(ev, KSM_STOP_SCAN)->seq;
	case EVENT_P_UNSTABLE_RESET: return EVENT_ARGS(ev, P_UNSTABLE_RESET)->seqnr;
	case EVENT_P_ITEM_UNSTABLE: return EVENT_ARGS(ev, P_ITEM_UNSTABLE)->seqnr;
	case EVENT_P_ITEM_SCAN: return EVENT_ARGS(ev, P_ITEM_SCAN)->seqnr;
	case EVENT_P_SCAN_SUM: return EVENT_ARGS(ev, P_SCAN_SUM)->seqnr;
	default: return -1;
	}
}

static bool lost_since(const struct reading *r, uint64_t event)
{
	return history_nr_losses(r->e->source.history) &&
	       history_may_lack(r->e->source.history, EVENT_KSM_STOP_SCAN, event, r->n, r->e->when.known_by);
}

/* Behind a gap that may have hidden where a scan ended and the next began, only an event that says so is this one's. */
static bool is_of_scan(struct reading *r, const struct event *ev)
{
	int64_t scan = scan_of(ev);

	if (scan >= 0 && scan != r->e->row.seqnr) {
		r->over = r->sure || !r->e->row.begin_lost;
		return false;
	}
	if (scan >= 0)
		r->sure = r->n;
	return r->sure || !r->e->row.begin_lost;
}

void step_scan_drop_unsure(struct reading *r)
{
	if (r->e->nr_steps > r->sure_steps && lost_since(r, r->sure))
		r->e->nr_steps = r->sure_steps;
}

int step_scan_event(struct reading *r, const struct event *ev)
{
	struct step *last = r->e->nr_steps ? &r->e->steps[r->e->nr_steps - 1] : NULL;
	int64_t mm, said;
	struct step *step;
	bool alike;

	if (ev->pid != r->e->row.tid)
		return 0;
	if (!is_of_scan(r, ev))
		return 0;
	alike = scan_alike(ev, &mm, &said);
	if (alike && last && !lost_since(r, last->last_event) && last->kind == STEP_SCANNED && last->verdict == (uint8_t)ev->kind &&
	    !(last->flags & STEP_TURN) && mm == r->mm && said == r->said && !r->e->unfolded) {
		last->last_event = r->n;
		last->nr++;
		r->sure_steps = r->sure == r->n ? r->e->nr_steps : r->sure_steps;
		return 0;
	}
	step = step_add(r, ev->kind == EVENT_KSM_START_SCAN ? STEP_BEGIN :
			ev->kind == EVENT_KSM_STOP_SCAN ? STEP_END : STEP_SCANNED);
	if (!step)
		return -ENOMEM;
	r->mm = mm;
	r->said = said;
	r->sure_steps = r->sure == r->n ? r->e->nr_steps : r->sure_steps;
	if (step->kind == STEP_SCANNED) {
		step->verdict = (uint8_t)ev->kind;
		step->flags |= alike ? 0 : STEP_TURN;
	}
	return 0;
}

_Static_assert(NR_EVENT_KINDS <= 256, "a scan's step keeps the kind of event in a byte");
