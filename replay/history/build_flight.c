// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_flight.c - changes that were in flight while a sample was taken.
 *
 * The kernel changes a counter and writes the event of it one after the other; its thread can be
 * preempted in between, for any time.  Who reads the counter then sees the change before or after the
 * trace does.  How far that can go needs no guess, but mm/ksm.c: all these counters
 * (ksm_pages_shared, ksm_pages_sharing, ksm_stable_node_chains, ksm_stable_node_dups,
 * ksm_merging_pages) change under ksm_thread_mutex, so one change is in flight at most, and its thread
 * keeps the mutex until it is complete.  Hence:
 *
 * - A change that is told afterwards may have been seen if its event is the very first under the mutex
 *   behind the sample.  Had another come before it, the change would not have begun.  Only
 *   ksm_remove_rmap_item stands between such a change and its event (remove_node_from_stable_tree()).
 * - A change that is told beforehand may not have been seen if no event under the mutex lies between its
 *   own and the sample's begin.  With one there, it was complete.
 *
 * Where events were lost behind the sample the one in question may be among them: then the state up to the
 * next event counts in, and judging such a sample sees the gap.
 */
#include "history/build.h"

/* The kernel's enum ksmtop_detach_site. */
enum {
#define SITE(name, words) SITE_##name,
	KSMTOP_DETACH_SITES(SITE)
#undef SITE
};

/* It shows where the mutex's holder is, though some changes it tells of need more than the mutex. */
static bool shows_holder(uint16_t kind)
{
	return kind == EVENT_KSM_START_SCAN || kind == EVENT_KSM_STOP_SCAN ||
	       kind == EVENT_KSM_MERGE_ONE_PAGE || kind == EVENT_KSM_MERGE_WITH_KSM_PAGE ||
	       kind == EVENT_KSM_REMOVE_KSM_PAGE || build_is_under_mutex(kind);
}

/* remove_node_from_stable_tree() and ksm_recovery_move_hlist() count first. */
static bool counts_first(const struct event *ev)
{
	int64_t site = EVENT_ARGS(ev, P_ITEM_DETACH)->site;

	return site == SITE_NODE_REMOVED || site == SITE_RECOVERY;
}

static bool is_told_afterwards(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_P_ITEM_APPEND:	/* stable_tree_append() */
	case EVENT_P_CHAIN_MAKE:	/* alloc_stable_node_chain() */
	case EVENT_P_DUP_ADD:		/* stable_node_chain_add_dup() and its callers */
	case EVENT_P_DUP_DEL:		/* __stable_node_dup_del() */
		return true;
	case EVENT_P_ITEM_DETACH:
		return counts_first(ev);
	default:
		return false;
	}
}

static bool is_told_beforehand(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_P_CHAIN_COLLAPSE:	/* stable_node_dup() */
	case EVENT_P_CHAIN_FREE:	/* free_stable_node_chain() */
		return true;
	case EVENT_P_ITEM_DETACH:	/* remove_rmap_item_from_tree(): one that was on a node */
		return EVENT_ARGS(ev, P_ITEM_DETACH)->node && !counts_first(ev);
	default:
		return false;
	}
}

void build_note_flight(struct builder *b, const struct event *ev)
{
	uint64_t now = b->seg->base + b->now;
	struct flight *last = &b->flights[(b->nr_flights - 1) % NR_FLIGHTS];

	if (!shows_holder(ev->kind))
		return;
	for (; b->samples_followed < b->h->samples.nr; b->samples_followed++) {
		struct history_sample *sample = pool_at(&b->h->samples, b->samples_followed);

		if (is_told_afterwards(ev) || b->loss_now > sample->end)
			sample->to = now;
	}
	if (b->nr_flights && !last->next)
		last->next = now;
	if (is_told_beforehand(ev))
		b->flights[b->nr_flights++ % NR_FLIGHTS] = (struct flight){ .event = now };
}

uint64_t build_flight_from(const struct builder *b, uint64_t begin)
{
	for (uint64_t i = b->nr_flights; i > 0 && b->nr_flights - i < NR_FLIGHTS; i--) {
		const struct flight *flight = &b->flights[(i - 1) % NR_FLIGHTS];

		if (flight->event <= begin)
			return flight->next && flight->next <= begin ? begin : flight->event - 1;
	}
	return begin;
}
